package importer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// keep is a sink that remembers keys, as the store does.
type keep struct {
	seen map[string]bool
	rows []community.Inbound
	runs []RunInfo
	fail error
}

func newKeep() *keep { return &keep{seen: map[string]bool{}} }

func (k *keep) Append(_ context.Context, run RunInfo, rows []community.Inbound) (added, dups int, err error) {
	if k.fail != nil {
		return 0, 0, k.fail
	}
	if len(k.runs) == 0 || k.runs[len(k.runs)-1] != run {
		k.runs = append(k.runs, run)
	}
	for i := range rows {
		key := rows[i].Group.ID + "\x00" + string(rows[i].Type) + "\x00" + rows[i].Key
		if k.seen[key] {
			dups++
			continue
		}
		k.seen[key] = true
		k.rows = append(k.rows, rows[i])
		added++
	}
	return added, dups, nil
}

// importFiles writes files into a folder and imports it.
func importFiles(t *testing.T, opt Options, sink Sink, files map[string]string) Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return importPath(t, opt, sink, dir)
}

func importPath(t *testing.T, opt Options, sink Sink, paths ...string) Report {
	t.Helper()
	set, err := Open(paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	rep, err := Run(context.Background(), set, opt, sink, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, &rep)
	return rep
}

// checkSums: the figures add up, in all and in each unit, also by type.
func checkSums(t *testing.T, rep *Report) {
	t.Helper()
	if !rep.AddUp() {
		t.Errorf("report does not add up: %+v", rep.Counts)
	}
	for _, u := range rep.Units {
		if !u.AddUp() {
			t.Errorf("%s does not add up: %+v", u.Run.Name, u.Counts)
		}
		var types, events, skips int64
		for _, n := range u.Types {
			types += n
		}
		for _, n := range u.Events {
			events += n
		}
		for _, n := range u.Skips {
			skips += n
		}
		if types != u.Rows || events != u.Added+u.Duplicates+u.Near || skips != u.Skipped {
			t.Errorf("%s: types %d of %d rows, events %d of %d, skips %d of %d", u.Run.Name, types, u.Rows, events, u.Added+u.Duplicates+u.Near, skips, u.Skipped)
		}
	}
}

// realData gives a file of QL_TESTDATA or skips with the reason.
func realData(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("read whole by the run that is not short")
	}
	dir := os.Getenv("QL_TESTDATA")
	p := filepath.Join(dir, name)
	if _, err := os.Stat(p); dir == "" || err != nil {
		if strings.Contains(os.Getenv("QL_REQUIRE"), "testdata") {
			t.Fatalf("QL_REQUIRE wants testdata, but %s is not in QL_TESTDATA=%q", name, dir)
		}
		t.Skipf("QL_TESTDATA has no %s", name)
	}
	return p
}

func TestARealChannelIsCountedExactly(t *testing.T) {
	path := realData(t, "irc-ubuntu-2013-01.tar.gz")
	sink := newKeep()
	rep := importPath(t, Options{}, sink, path)
	if len(rep.Units) != 8 {
		t.Errorf("units = %d, want the 8 channels", len(rep.Units))
	}
	for _, u := range rep.Units {
		if u.Bad != 0 || u.Error != "" {
			t.Errorf("%s: %d bad rows, %s: %+v", u.Run.Name, u.Bad, u.Error, u.BadRows[:min(3, len(u.BadRows))])
		}
		if u.Run.Group.ID != "#ubuntu-cn" {
			continue
		}
		if u.Types["message"] != 28597 || u.Types["action"] != 786 || u.Files != 20 || u.Zone != "UTC" {
			t.Errorf("#ubuntu-cn: %d messages, %d actions, %d files, zone %s; want 28597, 786, 20, UTC", u.Types["message"], u.Types["action"], u.Files, u.Zone)
		}
		if u.Duplicates != 0 {
			t.Errorf("#ubuntu-cn: %d duplicates in a first import", u.Duplicates)
		}
	}
	again := importPath(t, Options{}, sink, path)
	if again.Added != 0 || again.Duplicates != rep.Added+rep.Duplicates {
		t.Errorf("second import: added %d, duplicates %d of %d", again.Added, again.Duplicates, rep.Added)
	}
	dry := importPath(t, Options{}, nil, path)
	if dry.Counts != rep.Counts || !dry.DryRun {
		t.Errorf("dry run = %+v, want %+v", dry.Counts, rep.Counts)
	}
}

const smallLab = `{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767325600,"generator":"某工具"},"meta":{"name":"晨读一群","platform":"wechat","type":"group","groupId":"45678@chatroom"}}
# 注释
{"_type":"member","platformId":"wxid_a1","accountName":"阿敏","groupNickname":"敏敏_产品","roles":[{"id":"owner"}]}
{"_type":"member","platformId":"wxid_b2","accountName":"老周"}
{"_type":"message","platformMessageId":"m1","sender":"wxid_a1","accountName":"阿敏","timestamp":1767229200,"type":0,"content":"早安\n今天读第三章"}
{"_type":"message","sender":"wxid_b2","accountName":"老周","timestamp":1767229260,"type":25,"content":"收到","replyToMessageId":"m1"}
{"_type":"message","sender":"wxid_b2","accountName":"老周","timestamp":1767229260,"type":0,"content":"收到"}
{"_type":"message","sender":"wxid_b2","accountName":"周老师","timestamp":"1767229270000","type":0.0,"content":null}
{"_type":"message","platformMessageId":"m1","sender":"wxid_a1","accountName":"阿敏","timestamp":1767229200,"type":0,"content":"早安\n今天读第三章"}
{"_type":"message","sender":"wxid_b2","timestamp":12,"type":0,"content":"1970"}
{坏行
{"_type":"message","sender":"系统消息","accountName":"","timestamp":1767229300,"type":80,"content":"\"阿敏\"邀请\"小何\"加入了群聊"}
{"_type":"message","sender":"系统消息","accountName":"","timestamp":1767229301,"type":80,"content":"\"阿敏\"邀请\"老周\"加入了群聊"}
`

func TestChatLabLinesBecomeEvents(t *testing.T) {
	sink := newKeep()
	rep := importFiles(t, Options{}, sink, map[string]string{"a.jsonl": smallLab})
	u := rep.Units[0]
	want := Counts{Rows: 13, Extra: 3, Added: 11, Duplicates: 1, Skipped: 2, Bad: 2}
	if u.Counts != want {
		t.Errorf("counts = %+v, want %+v", u.Counts, want)
	}
	if u.Run.Group != (community.Ref{ID: "45678@chatroom", Name: "晨读一群"}) || u.Run.Platform != "wechat" || u.Version != "0.0.2" || u.Exporter != "某工具" {
		t.Errorf("run = %+v, version %s, exporter %s", u.Run, u.Version, u.Exporter)
	}
	if !rep.Reservations() {
		t.Error("2 bad rows of 13 and no reservation")
	}
	first := sink.rows[0]
	if first.Key != "45678@chatroom:m1" || first.Body.Text != "早安\n今天读第三章" || first.OccurredAt != 1767229200000 || first.Actor.ID != "wxid_a1" {
		t.Errorf("first = %+v", first)
	}
	if again := importFiles(t, Options{}, sink, map[string]string{"b.jsonl": smallLab}); again.Added != 0 {
		t.Errorf("second import added %d", again.Added)
	}
}
