package app_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/importer"
)

// gzipped packs a text; cut leaves so much of it.
func gzipped(t *testing.T, text string, cut float64) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write([]byte(text))
	check(t, errors.Join(err, w.Close()))
	return out.String()[:int(float64(out.Len())*cut)]
}

func zipOf(t *testing.T, name, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.Create(name)
	check(t, err)
	_, err = f.Write([]byte(text))
	check(t, errors.Join(err, w.Close()))
	return out.String()
}

// TestWhatCannotBeReadIsRefusedInBothLanguages: every bad input has a code, words in Chinese and English, leaves no run
// behind, and touches nothing that is there.
func TestWhatCannotBeReadIsRefusedInBothLanguages(t *testing.T) {
	c := newClerk(t, "")
	c.takes(console.ImportOrder{}, written(t, "keep.jsonl", lab("wechat", "1@chatroom", "晨读")))
	runs := len(c.runs())
	empty, junk := t.TempDir(), t.TempDir()
	check(t, os.WriteFile(filepath.Join(junk, "README"), []byte("自由使用"), 0o600))
	check(t, os.WriteFile(filepath.Join(junk, "空.txt"), nil, 0o600))
	day := strings.Repeat("[09:01] <阿敏> 早\n", 20_000)
	bomb := strings.Repeat("0", 600<<20)
	good := written(t, "good.jsonl", lab("wechat", "2@chatroom", "另一个"))
	for name, b := range map[string]struct {
		o          console.ImportOrder
		path       string
		code, what string
		is         community.Code
	}{
		"an empty file":          {path: written(t, "空.txt", ""), code: "empty_file", what: "空.txt"},
		"an empty folder":        {path: empty, code: "nothing_recognised"},
		"a folder without chats": {path: junk, code: "nothing_recognised"},
		"a file that is not":     {path: filepath.Join(empty, "没有.txt"), code: "no_such_file", what: "没有.txt", is: community.CodeNotFound},
		"a picture":              {path: written(t, "照片.png", "\x89PNG\r\n\x1a\n\x00\x00"), code: "not_recognised", what: "照片.png"},
		"a device":               {path: "/dev/null", code: "not_a_file", what: "/dev/null"},
		"half a gz":              {path: written(t, "a.jsonl.gz", gzipped(t, lab("wechat", "1@chatroom", "晨读"), 0.6)), code: "archive_broken", what: "a.jsonl.gz"},
		"half a tar.gz":          {path: written(t, "a.tar.gz", gzipped(t, strings.Repeat("x", 1000), 0.9)), code: "archive_broken", what: "a.tar.gz"},
		"half a zip":             {path: written(t, "a.zip", zipOf(t, "2024-05-01.txt", day)[:100]), code: "archive_broken", what: "a.zip"},
		"a zip that is none":     {path: written(t, "b.zip", "PK nothing"), code: "archive_broken", what: "b.zip"},
		"a zip bomb":             {path: written(t, "c.zip", zipOf(t, "2024-05-01.txt", bomb)), code: "archive_too_large", what: "c.zip", is: community.CodeTooLarge},
		"a zone that is none":    {o: console.ImportOrder{Zone: "Mars/Olympus"}, path: good, code: "bad_zone", what: "Mars/Olympus"},
		"a format that is none":  {o: console.ImportOrder{Format: "word"}, path: good, code: "unknown_format", what: "word"},
		"a chat that is none":    {o: console.ImportOrder{Chats: []string{"没有"}}, path: good, code: "no_such_chat", what: "没有"},
		"a group by an id of none, which is too long a name": {o: console.ImportOrder{Called: strings.Repeat("长", 100)}, path: good, code: "bad_group_name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := c.try(b.o, b.path)
			wantFault(t, err, b.code, b.what)
			is := b.is
			if is == "" {
				is = community.CodeBadInput
			}
			if community.CodeOf(err) != is {
				t.Errorf("code = %s, want %s", community.CodeOf(err), is)
			}
		})
	}
	if got := len(c.runs()); got != runs {
		t.Errorf("refused orders left %d runs", got-runs)
	}
	c.wants("after all that", map[string]int{"晨读 1@chatroom": 1})
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "qunluo-import-*")); len(left) > 0 {
		t.Logf("unpacked files of somebody's import: %v", left) // other tests may run beside
	}
}

// TestFolderNamesEveryFileItCouldNotRead: the reasons stand beside the names, in the reader's language.
func TestFolderNamesEveryFileItCouldNotRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"照片.png": "\x89PNG", "空.txt": "", "坏.zip": "PK"} {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	c := newClerk(t, "")
	_, _, err := c.try(console.ImportOrder{}, dir)
	wantFault(t, err, "nothing_recognised", "")
	var f *importer.Fault
	errors.As(err, &f)
	for _, want := range []string{"照片.png: 认不出格式", "空.txt: 空文件", "坏.zip: 压缩包损坏"} {
		if !strings.Contains(f.Words()[0], want) {
			t.Errorf("said %q, want %q in it", f.Words()[0], want)
		}
	}
	check(t, os.WriteFile(filepath.Join(dir, "好.jsonl"), []byte(lab("wechat", "1@chatroom", "晨读")), 0o600))
	if rep, _ := c.takes(console.ImportOrder{}, dir); rep.Added != 1 || len(rep.Ignored) != 3 {
		t.Errorf("one bad file keeps the others out: %+v, ignored %v", rep.Counts, rep.Ignored)
	}
}

// TestOfHalfAFileTheWholePartIsKept: what is cut in the middle is read as far as it is whole, and said to be cut.
func TestOfHalfAFileTheWholePartIsKept(t *testing.T) {
	c := newClerk(t, "")
	var rows []string
	for i := range 50 {
		rows = append(rows, fmt.Sprintf(`{"platformMessageId":"m%d","sender":"u1","accountName":"阿敏","timestamp":%d,"type":0,"content":"第%d"}`, i, 1767229200+i, i))
	}
	whole := `{"chatlab":{"version":"0.0.2","exportedAt":1767325600},"meta":{"name":"晨读","platform":"wechat","type":"group","groupId":"1@chatroom"},"messages":[` + strings.Join(rows, ",") + `]}`
	rep, run := c.takes(console.ImportOrder{}, written(t, "a.json", whole[:len(whole)/2]))
	u := rep.Units[0]
	if u.Why != "cut_short" || u.Added < 20 || u.Added > 25 || run.State != "reserved" {
		t.Errorf("half: %+v, why %q, state %s", u.Counts, u.Why, run.State)
	}
	for lang, want := range map[string]string{"zh-CN": "文件中途断了", "en": "the file ends in the middle"} {
		if text := rep.Text(lang); !strings.Contains(text, want) {
			t.Errorf("%s report lacks %q:\n%s", lang, want, text)
		}
	}
	if rep, _ := c.takes(console.ImportOrder{}, written(t, "a.json", whole)); rep.Added+u.Added != 50 || rep.Duplicates != u.Added {
		t.Errorf("then the whole: %+v", rep.Counts)
	}
}

// TestAHugeLineIsOneBadRow: a line, a cell and an object beyond the bounds cost themselves and nothing else.
func TestAHugeLineIsOneBadRow(t *testing.T) {
	c := newClerk(t, "")
	huge := strings.Repeat("长", 1<<20)
	lines := strings.SplitAfterN(lab("wechat", "1@chatroom", "晨读"), "\n", 2)
	rep, _ := c.takes(console.ImportOrder{}, written(t, "a.jsonl", lines[0]+`{"_type":"message","sender":"u1","accountName":"a","timestamp":1767229100,"type":0,"content":"`+huge+"\"}\n"+lines[1]))
	if rep.Bad != 1 || rep.Added != 1 || rep.Units[0].BadRows[0].Why != "too_long" {
		t.Errorf("a huge line: %+v", rep.Counts)
	}
	rep, _ = c.takes(console.ImportOrder{}, written(t, "b.csv", strings.Replace(weChatTable, "早安", huge, 1)))
	if rep.Bad == 0 || rep.Added != 4 || rep.Units[0].BadRows[0].Why != "too_long" {
		t.Errorf("a huge cell: %+v %+v", rep.Counts, rep.Units[0].BadRows)
	}
}

// TestDaysMayComeInAnyOrderAndTwice: later days first, then all, then all again: the same as all at once.
func TestDaysMayComeInAnyOrderAndTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		day := func(n int) string {
			return written(t, fmt.Sprintf("2024-05-0%d-读书.txt", n), fmt.Sprintf("[09:01] <阿敏> 第%d天\n[09:01] <阿敏> 第%d天\n=== 阿敏 is now known as 敏%d\n[09:02] <敏%d> 再说\n=== 敏%d is now known as 阿敏\n", n, n, n, n, n))
		}
		c := newClerk(t, url)
		var added int64
		for _, paths := range [][]string{{day(3)}, {day(1)}, {day(3), day(2)}, {day(2), day(1), day(3)}} {
			rep, _ := c.takes(console.ImportOrder{Zone: "UTC"}, paths...)
			added += rep.Added
		}
		if added != 15 {
			t.Errorf("added %d, want 15", added)
		}
		c.wants("in the end", map[string]int{"读书 读书": 9})
	})
}

// TestHostileNamesStayNames: what files, chats and people are called reaches no path, page or terminal as anything else.
func TestHostileNamesStayNames(t *testing.T) {
	c := newClerk(t, "")
	evil := "../../etc/\u202epasswd\x1b[31m<script>"
	path := filepath.Join(t.TempDir(), "\u202ea\nb.jsonl")
	text := fmt.Sprintf(`{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767225600,"generator":%q},"meta":{"name":%q,"platform":%q,"type":"group","groupId":%q}}`+"\n", evil, evil, "wechat", evil)
	text += fmt.Sprintf(`{"_type":"message","platformMessageId":%q,"sender":%q,"accountName":%q,"timestamp":1767229200,"type":0,"content":%q}`+"\n{坏\x1b[2J\n", evil, evil, evil, evil)
	text = strings.ReplaceAll(text, `\x1b`, `\u001b`)
	check(t, os.WriteFile(path, []byte(text), 0o600))
	rep, run := c.takes(console.ImportOrder{}, path)
	if rep.Added != 1 || rep.Bad != 1 {
		t.Fatalf("report = %+v %+v", rep.Counts, rep.Units[0].BadRows)
	}
	for _, lang := range []string{"zh-CN", "en"} {
		if said := rep.Text(lang); strings.ContainsAny(said, "\x1b\u202e") || strings.Contains(said, "a\nb") {
			t.Errorf("the report sends control characters to the terminal: %q", said)
		}
	}
	_, _, err := c.try(console.ImportOrder{Chats: []string{"x\x1b[31m"}}, path)
	wantFault(t, err, "no_such_chat", "")
	check(t, c.a.UndoImport(t.Context(), "cli", c.org, run.ID, evil))
}

// smallDisk mounts a file system of so many bytes, or skips.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted here: %v %s", err, bytes.TrimSpace(out))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return dir
}

// TestFullDiskWhileUnpackingIsSaid: the archive is refused, nothing stays behind, and with room it is read.
func TestFullDiskWhileUnpackingIsSaid(t *testing.T) {
	c := newClerk(t, "")
	path := written(t, "a.jsonl.gz", gzipped(t, lab("wechat", "1@chatroom", "晨读")+strings.Repeat("# 注释注释注释注释注释\n", 100_000), 1))
	dir := smallDisk(t, "1m")
	t.Setenv("TMPDIR", dir)
	_, _, err := c.try(console.ImportOrder{}, path)
	wantFault(t, err, "disk_full", "a.jsonl.gz")
	if community.CodeOf(err) != community.CodeBusy {
		t.Errorf("code = %s, want busy: it is worth trying again", community.CodeOf(err))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	if rep, _ := c.takes(console.ImportOrder{}, path); rep.Added != 1 {
		t.Errorf("with room: %+v", rep.Counts)
	}
}

// TestFullDiskWhileWritingLosesNothing: the import breaks off with the reason, what was acknowledged stays, and once
// there is room the same file adds the rest.
func TestFullDiskWhileWritingLosesNothing(t *testing.T) {
	dir := smallDisk(t, "7m")
	w := terminal{dir: t.TempDir(), env: []string{"QL_DATA_DIR=" + dir}}
	path := history(t, 40_000)
	code, _, talk := w.types(t, "import", path)
	if code != cli.ExitFailed || !strings.Contains(talk, "full") {
		t.Fatalf("exit %d: %s", code, talk)
	}
	check(t, exec.Command("mount", "-o", "remount,size=200m", dir).Run())
	var done cli.ImportDone
	w.must(t, &done, "import", path)
	if done.Added+done.Same != 40_000 || done.Added == 0 || done.Same == 0 {
		t.Errorf("with room: %+v; want what was acknowledged to be known and the rest added", done)
	}
	w.must(t, &done, "import", path)
	if done.Added != 0 || done.Same != 40_000 {
		t.Errorf("once more: %+v", done)
	}
}
