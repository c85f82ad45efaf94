package importer

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"qunluo/internal/community"
)

func timeText(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02") }

const dayLog = "[09:01] <阿敏> 早\n[09:02] <老周> 早\n"

func tarGz(t *testing.T, files map[string]string, links ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
	}
	for _, l := range links {
		w.WriteHeader(&tar.Header{Name: l, Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink})
	}
	w.Close()
	z.Close()
	return out.Bytes()
}

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	w.Close()
	return out.Bytes()
}

func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestArchivesFoldersAndFilesGiveTheSameChat(t *testing.T) {
	files := map[string]string{"2024/05/01/#读书.txt": dayLog, "2024/05/02/#读书.txt": dayLog, "2024/05/02/#闲聊.txt": dayLog, "LICENSE": "自由使用"}
	sink := newKeep()
	dir := importFiles(t, Options{}, sink, files)
	if len(dir.Units) != 2 || dir.Added != 6 || len(dir.Ignored) != 1 {
		t.Fatalf("folder: %+v", dir)
	}
	for name, text := range map[string][]byte{"a.tar.gz": tarGz(t, files, "link.txt"), "a.zip": zipped(t, files)} {
		rep := importPath(t, Options{}, sink, write(t, name, text))
		if rep.Added != 0 || rep.Duplicates != 6 || rep.Units[0].Run.Hash != dir.Units[0].Run.Hash {
			t.Errorf("%s: %+v", name, rep.Counts)
		}
	}
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write([]byte(smallLab))
	w.Close()
	if rep := importPath(t, Options{}, newKeep(), write(t, "a.jsonl.gz", gz.Bytes())); rep.Added != 11 {
		t.Errorf("gz: %+v", rep.Counts)
	}
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	set, err := OpenFS(fsys, Options{})
	if err != nil || len(set.Units) != 2 || set.Units[0].Name != "#读书" {
		t.Errorf("OpenFS: %v %+v", err, set)
	}
}

func TestBombsAreRefused(t *testing.T) {
	bomb := map[string]string{"2024-05-01.txt": strings.Repeat("[09:01] <a> 0000000000000000000000000000000000\n", 200_000)}
	for name, text := range map[string][]byte{"a.tar.gz": tarGz(t, bomb), "a.zip": zipped(t, bomb)} {
		if _, err := Open([]string{write(t, name, text)}, Options{}); community.CodeOf(err) != community.CodeTooLarge {
			t.Errorf("%s: %v, want too_large", name, err)
		}
	}
	small := map[string]string{"2024-05-01.txt": dayLog, "2024-05-02.txt": dayLog}
	if _, err := Open([]string{write(t, "b.zip", zipped(t, small))}, Options{Limits: Limits{Entries: 1}}); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("too many entries: %v", err)
	}
	if _, err := Open([]string{write(t, "b.tar.gz", tarGz(t, small))}, Options{Limits: Limits{Unpacked: 10}}); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("too many bytes: %v", err)
	}
}

func TestMembersCannotLeaveTheArchive(t *testing.T) {
	files := map[string]string{"../../2024-05-01.txt": dayLog, "/2024-05-02.txt": dayLog, "ok/2024-05-03.txt": dayLog}
	set, err := Open([]string{write(t, "a.tar.gz", tarGz(t, files))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if len(set.Units) != 1 || len(set.Units[0].Files) != 1 {
		t.Errorf("units = %+v", set.Units)
	}
	temp := set.temp
	set.Close()
	if _, err := os.Stat(temp); !os.IsNotExist(err) {
		t.Errorf("%s is still there", temp)
	}
}

func TestBrokenArchivesEndInAnError(t *testing.T) {
	for name, text := range map[string]string{"a.tar.gz": "kein", "a.zip": "PK", "a.gz": "\x1f\x8b"} {
		if _, err := Open([]string{write(t, name, []byte(text))}, Options{}); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
	if _, err := Open([]string{"/gibt/es/nicht"}, Options{}); err == nil {
		t.Error("a missing path was opened")
	}
	if _, err := Open(nil, Options{Format: "nope"}); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("unknown format: %v", err)
	}
}

func TestReportsReadWell(t *testing.T) {
	for name, text := range map[string]string{"lab.jsonl": smallLab, "result.json": smallTelegram, "留痕.csv": smallWeChat, "qq.txt": smallQQ, "chatlog.json": smallChatlog, "chatlog.csv": smallChatlogCSV,
		"weflow.json": smallWeFlow, "qqchat.json": smallQQChat, "discord.json": smallDiscord, "#irssi.log": smallIrssi, "#weechat.weechatlog": smallWeechat,
		"微信.txt": smallPaste, "名单.csv": smallRoster, "messages.html": smallTelegramHTML} {
		rep := importFiles(t, Options{At: copied}, newKeep(), map[string]string{name: text})
		golden(t, name+".zh.golden", []byte(rep.Text("zh-CN")))
		golden(t, name+".en.golden", []byte(rep.Text("en")))
	}
}

// locked is a file system whose files may not be opened.
type locked struct{ fstest.MapFS }

func (l locked) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".txt") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return l.MapFS.Open(name)
}

func TestFileThatMayNotBeReadIsNamed(t *testing.T) {
	set, err := OpenFS(locked{fstest.MapFS{"2024-05-01-读书.txt": {Data: []byte(dayLog)}}}, Options{})
	if err != nil || len(set.Units) != 0 || len(set.Ignored) != 1 || set.Ignored[0].Why != faultUnreadable {
		t.Fatalf("%v %+v", err, set)
	}
	f := set.Nothing()
	if f.Code != faultUnreadable || !strings.Contains(f.Words()[0], "没有读取权限：2024-05-01-读书.txt") || community.CodeOf(f) != community.CodeBadInput {
		t.Errorf("fault = %v", f.Words())
	}
}
