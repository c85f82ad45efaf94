package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/importer"
)

// logs packs two days of each channel as logs.tar.gz.
func logs(t *testing.T, channels ...string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, channel := range channels {
		for day := 1; day <= 2; day++ {
			text := fmt.Sprintf("[09:01] <阿敏> %s 早\n[09:02] <老周> 第%d天\n", channel, day)
			check(t, w.WriteHeader(&tar.Header{Name: fmt.Sprintf("2024/05/%02d/%s.txt", day, channel), Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}))
			_, err := w.Write([]byte(text))
			check(t, err)
		}
	}
	check(t, errors.Join(w.Close(), z.Close()))
	path := filepath.Join(t.TempDir(), "logs.tar.gz")
	check(t, os.WriteFile(path, out.Bytes(), 0o600))
	return path
}

// written writes a file of that name into a folder of its own.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	check(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// lab is a ChatLab file of one message.
func lab(platform, id, name string) string {
	return fmt.Sprintf(`{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767225600},"meta":{"name":%q,"platform":%q,"type":"group","groupId":%q}}
{"_type":"message","platformMessageId":"m1","sender":"u1","accountName":"阿敏","timestamp":1767229200,"type":0,"content":"早安"}
`, name, platform, id)
}

const qqChat = "消息记录（此消息记录为文本格式，不支持重新导入）\n\n================================================================\n消息分组:我的群\n" +
	"================================================================\n消息对象:产品讨论\n================================================================\n\n" +
	"2024-05-01 9:03:07 小林(12345678)\n周五的直播改到八点\n\n2024-05-01 9:04:07 老周(22345678)\n收到\n\n"

// clerk imports into a house.
type clerk struct {
	t   *testing.T
	a   *app.App
	org community.OrgKey
}

func newClerk(t *testing.T, url string) clerk {
	a := house(t, url)
	org, err := a.Store().Org(t.Context(), "测试", false)
	check(t, err)
	return clerk{t, a, org}
}

func (c clerk) try(o console.ImportOrder, paths ...string) (importer.Report, community.ImportRow, error) {
	rep, run, err := c.a.Import(c.t.Context(), "cli", c.org, o, paths, nil)
	if !rep.AddUp() {
		c.t.Errorf("figures do not add up: %+v", rep.Counts)
	}
	return rep, run, err
}

func (c clerk) takes(o console.ImportOrder, paths ...string) (importer.Report, community.ImportRow) {
	c.t.Helper()
	rep, run, err := c.try(o, paths...)
	check(c.t, err)
	return rep, run
}

// groups gives the groups' messages by name and platform's id, as they are on record.
func (c clerk) groups() map[string]int {
	c.t.Helper()
	check(c.t, c.a.Store().CatchUp(c.t.Context()))
	desk := c.a.Store().For(community.Scope{Org: c.org})
	rows, _, err := desk.FindGroups(c.t.Context(), community.GroupFilter{})
	check(c.t, err)
	out := map[string]int{}
	for _, g := range rows {
		_, n, err := desk.FindMessages(c.t.Context(), community.MessageFilter{Group: g.Key})
		check(c.t, err)
		out[g.Name+" "+g.External] = n
	}
	return out
}

func (c clerk) wants(when string, want map[string]int) {
	c.t.Helper()
	if got := c.groups(); !maps.Equal(got, want) {
		c.t.Errorf("%s: groups = %v, want %v", when, got, want)
	}
}

func TestImportMakesTheGroupItNames(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		c := newClerk(t, url)
		path := logs(t, "#ubuntu-cn", "#ubuntu", "#kubuntu")
		rep, _ := c.takes(console.ImportOrder{Called: "#ubuntu-cn", Dry: true, Zone: "UTC"}, path)
		if rep.Added != 4 || rep.Units[0].GroupHow != importer.TargetNew {
			t.Errorf("dry run: %+v %s", rep.Counts, rep.Units[0].GroupHow)
		}
		c.wants("after a dry run", map[string]int{})
		if rep, _ = c.takes(console.ImportOrder{Called: "#ubuntu-cn", Zone: "UTC"}, path); rep.Added != 4 || len(rep.Units) != 1 || len(rep.Ignored) != 2 {
			t.Errorf("import: %+v, %d chats, ignored %v", rep.Counts, len(rep.Units), rep.Ignored)
		}
		c.wants("after the import", map[string]int{"#ubuntu-cn #ubuntu-cn": 4})
		if rep, _ = c.takes(console.ImportOrder{Called: "#ubuntu-cn", Zone: "UTC"}, path); rep.Added != 0 || rep.Duplicates != 4 || rep.Units[0].GroupHow != importer.TargetChosen {
			t.Errorf("again: %+v %s", rep.Counts, rep.Units[0].GroupHow)
		}
	})
}

func TestNewGroupMeetsThePlatformsIDAndBearsTheChosenName(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		c := newClerk(t, url)
		path := written(t, "a.jsonl", lab("wechat", "1@chatroom", "文件里的名字"))
		c.takes(console.ImportOrder{Called: "晨读一群"}, path)
		c.wants("named", map[string]int{"晨读一群 1@chatroom": 1})
		c.takes(console.ImportOrder{}, path)
		c.wants("without a name", map[string]int{"晨读一群 1@chatroom": 1})
		c.takes(console.ImportOrder{Called: "另一个"}, path) // the id belongs to the first by now
		c.wants("another name", map[string]int{"晨读一群 1@chatroom": 1, "另一个 另一个": 1})
	})
}

func TestChosenGroupIsRememberedUntilUndone(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		c := newClerk(t, url)
		path := written(t, "qq.txt", qqChat)
		_, run := c.takes(console.ImportOrder{Called: "产品群", Zone: "Asia/Shanghai"}, path)
		rep, _ := c.takes(console.ImportOrder{Zone: "Asia/Shanghai"}, path)
		if rep.Added != 0 || rep.Units[0].GroupHow != importer.TargetRemembered || rep.Units[0].Run.Group.Name != "产品群" {
			t.Errorf("again without a name: %+v %s %+v", rep.Counts, rep.Units[0].GroupHow, rep.Units[0].Run.Group)
		}
		c.wants("remembered", map[string]int{"产品群 产品群": 2})
		check(t, c.a.UndoImport(t.Context(), "cli", c.org, run.ID, "放错了群"))
		await(t, func() bool { busy, err := c.a.Store().Releasing(t.Context()); return err == nil && !busy })
		c.takes(console.ImportOrder{Zone: "Asia/Shanghai"}, path)
		c.wants("after undoing", map[string]int{"产品群 产品群": 0, "产品讨论 产品讨论": 2})
	})
}

func TestSeveralChatsAreChosenOrMergedNeverGuessed(t *testing.T) {
	c := newClerk(t, "")
	path := logs(t, "#a", "#b", "#c")
	_, _, err := c.try(console.ImportOrder{Called: "读书"}, path)
	wantFault(t, err, "several_chats", "#a, #b, #c")
	_, _, err = c.try(console.ImportOrder{Chats: []string{"#d"}}, path)
	wantFault(t, err, "no_such_chat", "#d (#a, #b, #c)")
	c.wants("refused", map[string]int{})
	if n := len(c.runs()); n != 0 {
		t.Errorf("refused orders left %d runs", n)
	}
	c.takes(console.ImportOrder{Chats: []string{"#b"}}, path)
	c.wants("one chosen", map[string]int{"#b #b": 4})
	rep, _ := c.takes(console.ImportOrder{Chats: []string{"#a", "#c"}, Called: "读书"}, path)
	if rep.Added != 8 || len(rep.Units) != 2 {
		t.Errorf("merged: %+v of %d chats", rep.Counts, len(rep.Units))
	}
	c.wants("two merged", map[string]int{"#b #b": 4, "读书 #a": 8})
	c.takes(console.ImportOrder{}, path)
	c.wants("all, each where it went before", map[string]int{"#b #b": 4, "读书 #a": 8})
}

// TestFilesOfOneChatGoIntoOneGroup: two exports of the same chat are one chat.
func TestFilesOfOneChatGoIntoOneGroup(t *testing.T) {
	c := newClerk(t, "")
	a, b := written(t, "2023.jsonl", lab("wechat", "1@chatroom", "甲")), written(t, "2024.jsonl", strings.Replace(lab("wechat", "1@chatroom", "甲"), `"m1"`, `"m2"`, 1))
	if rep, _ := c.takes(console.ImportOrder{Called: "晨读"}, a, b); rep.Added != 2 || len(rep.Units) != 2 {
		t.Errorf("report = %+v", rep.Counts)
	}
	c.wants("both", map[string]int{"晨读 1@chatroom": 2})
}

func TestNameOfTwoGroupsIsRefusedWithTheirIDs(t *testing.T) {
	c := newClerk(t, "")
	c.takes(console.ImportOrder{}, written(t, "a.jsonl", lab("wechat", "1@chatroom", "晨读")))
	c.takes(console.ImportOrder{}, written(t, "b.jsonl", lab("qq", "700100", "晨读")))
	path := written(t, "c.jsonl", lab("wechat", "3@chatroom", "第三个"))
	_, _, err := c.try(console.ImportOrder{Called: "晨读"}, path)
	wantFault(t, err, "several_groups", "晨读 (wechat)")
	found, err := c.a.Store().GroupsCalled(t.Context(), c.org, "700100")
	check(t, err)
	c.takes(console.ImportOrder{Called: found[0].ID.String()}, path)
	c.wants("by id", map[string]int{"晨读 1@chatroom": 1, "晨读 700100": 2})
}

func TestNamesThatCannotBeAGroupsAreRefused(t *testing.T) {
	c := newClerk(t, "")
	path := written(t, "c.jsonl", lab("wechat", "3@chatroom", "第三个"))
	for _, name := range []string{" ", "a\nb", "\x00", "\xff", strings.Repeat("长", 67), " 前有空格"} {
		_, _, err := c.try(console.ImportOrder{Called: name}, path)
		wantFault(t, err, "bad_group_name", "")
	}
	for _, name := range []string{`'; DROP TABLE chat_group; --`, "<script>alert(1)</script>", "\u202eevil", strings.Repeat("x", 22), strings.Repeat("长", 66)} {
		c.takes(console.ImportOrder{Called: name, Chats: []string{"3@chatroom"}}, written(t, "c.jsonl", lab("wechat", name, "第三个")+"\n"), path)
	}
	if got := len(c.groups()); got != 5 {
		t.Errorf("%d groups, want one for each hostile name: %v", got, slices.Sorted(maps.Keys(c.groups())))
	}
}

// wantFault checks an error's code, what it names, and that it has words in both languages.
func wantFault(t *testing.T, err error, code, what string) {
	t.Helper()
	var f *importer.Fault
	if !errors.As(err, &f) || f.Code != code || !strings.Contains(f.What, what) {
		t.Errorf("error = %v, want the fault %s about %q", err, code, what)
		return
	}
	if words := f.Words(); words[0] == "" || words[1] == "" || words[0] == words[1] || community.CodeOf(err) == community.CodeInternal {
		t.Errorf("fault %s: words %q, code %s", code, words, community.CodeOf(err))
	}
}

func (c clerk) runs() []community.ImportRow {
	c.t.Helper()
	rows, _, err := c.a.Store().For(community.Scope{Org: c.org}).FindImports(c.t.Context(), community.Page{})
	check(c.t, err)
	return rows
}

// TestHelpsOwnExampleWorksOnAnEmptyHouse runs the command line that `import --help` shows.
func TestHelpsOwnExampleWorksOnAnEmptyHouse(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		text, err := os.ReadFile(logs(t, "#ubuntu-cn", "#ubuntu"))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(w.dir, "logs.tar.gz"), text, 0o600))
		_, help, _ := w.types(t, "import", "run", "--help")
		if !strings.Contains(help, "qunluo import logs.tar.gz --group '#ubuntu-cn' --zone UTC") {
			t.Fatalf("the help shows another example:\n%s", help)
		}
		var done cli.ImportDone
		w.must(t, &done, "import", "logs.tar.gz", "--group", "#ubuntu-cn", "--zone", "UTC")
		if done.Rows != 4 || done.Added != 4 || done.Groups != 1 {
			t.Errorf("import = %+v", done)
		}
		var shown rows[struct{ Name string }]
		w.must(t, &shown, "group", "list")
		if len(shown.Rows) != 1 || shown.Rows[0].Name != "#ubuntu-cn" {
			t.Errorf("groups = %+v", shown)
		}
		code, _, talk := w.types(t, "import", "logs.tar.gz", "--group", "读书")
		if code != cli.ExitUsage || !strings.Contains(talk, "#ubuntu-cn, #ubuntu") || !strings.Contains(talk, "--chat") {
			t.Errorf("several chats: exit %d, %s", code, talk)
		}
	})
}

// TestHelpNamesEveryFormat: what the help lists is what can be read.
func TestHelpNamesEveryFormat(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		_, help, _ := terminal{dir: t.TempDir()}.types(t, "--lang="+lang, "import", "run", "--help")
		help = strings.Join(strings.Fields(help), "")
		for _, f := range importer.Formats() {
			if !strings.Contains(help, f.Name) {
				t.Errorf("the help (%s) does not name %s", lang, f.Name)
			}
		}
	}
}
