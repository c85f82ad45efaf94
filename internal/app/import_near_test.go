package app_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/importer"
	"qunluo/internal/store"
)

// weChatTable is what one exporter makes of a chat: five messages of three seconds.
const weChatTable = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n" +
	"1,1@chatroom,1,0,0,1767229200,,早安,2026-01-01 09:00:00,,阿敏,wxid_amin\n" +
	"2,1@chatroom,3,0,0,1767229260,,[图片],2026-01-01 09:01:00,,老周,wxid_zhou\n" +
	"3,1@chatroom,49,57,0,1767229320,,收到,2026-01-01 09:02:00,,阿敏,wxid_amin\n" +
	"4,1@chatroom,1,0,0,1767229320,,好,2026-01-01 09:02:00,,阿敏,wxid_amin\n" +
	"5,1@chatroom,1,0,0,1767229380,,只有这里有,2026-01-01 09:03:00,,阿敏,wxid_amin\n"

// weChatLines is what another makes of it: the picture is an address, the quotation a text; two rows more.
const weChatLines = `{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767325600,"generator":"别的工具 1.2"},"meta":{"name":"晨读","platform":"wechat","type":"group","groupId":"1@chatroom"}}
{"_type":"message","platformMessageId":"x1","sender":"wxid_amin","accountName":"阿敏","timestamp":1767229200,"type":0,"content":"早安"}
{"_type":"message","platformMessageId":"x2","sender":"wxid_zhou","accountName":"老周","timestamp":1767229260,"type":1,"content":"http://127.0.0.1/image/9"}
{"_type":"message","platformMessageId":"x3","sender":"wxid_zhou","accountName":"老周","timestamp":1767229260,"type":0,"content":"看图"}
{"_type":"message","platformMessageId":"x4","sender":"wxid_amin","accountName":"阿敏","timestamp":1767229320,"type":0,"content":"第三句"}
{"_type":"message","platformMessageId":"x5","sender":"wxid_amin","accountName":"阿敏","timestamp":1767229320,"type":0,"content":"好"}
{"_type":"message","platformMessageId":"x6","sender":"wxid_amin","accountName":"阿敏","timestamp":1767229320,"type":0,"content":"收到"}
`

func TestRowsOfAnotherProgramAreListedNotDoubled(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		c := newClerk(t, url)
		c.takes(console.ImportOrder{}, written(t, "晨读.csv", weChatTable))
		other := written(t, "other.jsonl", weChatLines)
		want := importer.Counts{Rows: 7, Added: 2, Near: 4, Skipped: 1}
		for _, dry := range []bool{true, false} {
			rep, run := c.takes(console.ImportOrder{Dry: dry}, other)
			if rep.Counts != want || !rep.Reservations() {
				t.Errorf("dry %v: %+v, want %+v and reservations", dry, rep.Counts, want)
			}
			var near []string
			for _, n := range rep.Units[0].Nears.Samples {
				near = append(near, n.Name+" "+n.Text+" = "+n.Old+" "+n.From)
			}
			if got, want := strings.Join(near, "; "), "阿敏 早安 = 早安 wechatmsg-csv WeChatMsg; 老周 http://127.0.0.1/image/9 = [图片] wechatmsg-csv WeChatMsg; "+
				"阿敏 好 = 好 wechatmsg-csv WeChatMsg; 阿敏 收到 = 收到 wechatmsg-csv WeChatMsg"; got != want {
				t.Errorf("near = %s\nwant   %s: rows with the same words find each other first", got, want)
			}
			if !dry && run.State != "reserved" {
				t.Errorf("state = %s", run.State)
			}
		}
		c.wants("left out", map[string]int{"晨读 1@chatroom": 7})
		if rep, _ := c.takes(console.ImportOrder{}, other); rep.Added != 0 || rep.Near != 4 || rep.Duplicates != 2 {
			t.Errorf("again: %+v", rep.Counts)
		}
		if rep, _ := c.takes(console.ImportOrder{KeepNear: true}, other); rep.Added != 4 || rep.Near != 0 || !rep.Units[0].Nears.Kept || rep.Units[0].Nears.Found != 4 {
			t.Errorf("kept: %+v %+v", rep.Counts, rep.Units[0].Nears)
		}
		c.wants("kept", map[string]int{"晨读 1@chatroom": 11})
		if rep, _ := c.takes(console.ImportOrder{}, other); rep.Added != 0 || rep.Near != 0 || rep.Duplicates != 6 {
			t.Errorf("after keeping: %+v", rep.Counts)
		}
		if rep, _ := c.takes(console.ImportOrder{}, written(t, "晨读.csv", weChatTable)); rep.Added != 0 || rep.Near != 0 {
			t.Errorf("the first program's file again: %+v", rep.Counts)
		}
	})
}

// TestNearnessEndsWithAnUndoneImport: what was taken back is near to nothing.
func TestNearnessEndsWithAnUndoneImport(t *testing.T) {
	c := newClerk(t, "")
	_, run := c.takes(console.ImportOrder{}, written(t, "晨读.csv", weChatTable))
	check(t, c.a.UndoImport(t.Context(), "cli", c.org, run.ID, "试一试"))
	await(t, func() bool { busy, err := c.a.Store().Releasing(t.Context()); return err == nil && !busy })
	if rep, _ := c.takes(console.ImportOrder{}, written(t, "other.jsonl", weChatLines)); rep.Added != 6 || rep.Near != 0 {
		t.Errorf("report = %+v", rep.Counts)
	}
}

// TestWhatCameLiveIsNotDoubledByAFile: a connection heard the messages that an export brings once more.
func TestWhatCameLiveIsNotDoubledByAFile(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		c := newClerk(t, url)
		ctx := t.Context()
		account, err := c.a.Hands(c.org, nil).SaveAccount(ctx, "cli", community.Account{Platform: "qq", Connector: "onebot", Name: "助手", Settings: []byte(`{"mode":"forward","url":"ws://127.0.0.1:1"}`)}, "")
		check(t, err)
		var live []community.Inbound
		for i := range 3 {
			live = append(live, community.Inbound{Account: account.Key, Type: community.MessageCreated, Key: fmt.Sprint("live", i), OccurredAt: 1767229200_000 + int64(i)*60_000,
				Group: community.Ref{ID: "700100", Name: "Go 群"}, Actor: community.Who{ID: "10001", Name: "小林"}, Body: community.Body{Text: fmt.Sprint("第", i), Message: fmt.Sprint("live", i)}})
		}
		_, err = c.a.Engine().Apply(ctx, live...)
		check(t, err)
		file := `{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767325600,"generator":"某工具"},"meta":{"name":"Go 群","platform":"qq","type":"group","groupId":"700100"}}` + "\n"
		for i := range 4 {
			file += fmt.Sprintf(`{"_type":"message","platformMessageId":"f%d","sender":"10001","accountName":"小林","timestamp":%d,"type":0,"content":"第%d"}`+"\n", i, 1767229140+i*60, i-1)
		}
		rep, _ := c.takes(console.ImportOrder{}, written(t, "qq.jsonl", file))
		if rep.Added != 1 || rep.Near != 3 || rep.Units[0].Nears.Samples[0].From != "" {
			t.Errorf("report = %+v %+v", rep.Counts, rep.Units[0].Nears)
		}
		c.wants("together", map[string]int{"Go 群 700100": 4})
	})
}

// bodies gives the words of a group's messages in the log, whatever became of their import.
func (c clerk) bodies() []string {
	c.t.Helper()
	var out []string
	for ev, err := range c.a.Store().Events(c.t.Context(), store.EventScan{Type: community.MessageCreated}) {
		check(c.t, err)
		out = append(out, ev.Body.Text)
	}
	return out
}

// TestWordsOfAnUndoneImportAreWipedAfterSevenDays holds the clock: a moment before, all words are there; then those of
// the undone import are gone, numbers and sequences stay, and nobody else's words are touched.
func TestWordsOfAnUndoneImportAreWipedAfterSevenDays(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		var now atomic.Int64
		now.Store(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).UnixMilli())
		a := houseAt(t, url, func() time.Time { return time.UnixMilli(now.Load()) })
		c := clerk{t: t, a: a}
		var err error
		c.org, err = a.Store().Org(t.Context(), "测试", false)
		check(t, err)
		c.takes(console.ImportOrder{}, written(t, "keep.jsonl", strings.Replace(lab("wechat", "1@chatroom", "晨读"), "m1", "m-keep", 1)))
		text, err := os.ReadFile(history(t, 40))
		check(t, err)
		_, run := c.takes(console.ImportOrder{}, written(t, "undone.jsonl", string(text)+`{"_type":"message","坏行里的话":`))
		c.takes(console.ImportOrder{}, written(t, "late.jsonl", strings.Replace(lab("wechat", "1@chatroom", "晨读"), "m1", "m-late", 1)))
		check(t, a.UndoImport(t.Context(), "cli", c.org, run.ID, "试一试"))
		await(t, func() bool { busy, err := a.Store().Releasing(t.Context()); return err == nil && !busy })

		const week = 7 * 24 * 3600 * 1000
		now.Add(week - 1)
		for _, step := range []struct {
			wiped, words int
			wait         int64
		}{{0, 42, 1}, {1, 2, week}, {0, 2, 0}} {
			n, err := a.Store().WipeUndone(t.Context())
			check(t, err)
			words := 0
			got := c.bodies()
			for _, text := range got {
				if text != "" {
					words++
				}
			}
			if n != step.wiped || words != step.words || len(got) != 42 {
				t.Errorf("%d runs wiped, words of %d of %d messages left; want %d, %d of 42", n, words, len(got), step.wiped, step.words)
			}
			now.Add(step.wait)
		}
		for _, row := range c.runs() {
			if said := strings.Contains(string(row.Report), "坏行里的话"); said || row.ID == run.ID && !strings.Contains(string(row.Report), `"added": 40`) && !strings.Contains(string(row.Report), `"added":40`) {
				t.Errorf("report after the wiping = %s", row.Report)
			}
		}
		check(t, a.Store().Rebuild(t.Context(), nil))
		c.wants("figures after the wiping", map[string]int{"晨读 1@chatroom": 2})
	})
}

// TestImportThatACrashBrokeOffIsSaidToHaveStopped: a run that an earlier process left under way can be undone.
func TestImportThatACrashBrokeOffIsSaidToHaveStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		c := newClerk(t, url)
		run, err := c.a.Store().AddRun(t.Context(), c.org, community.ImportRow{Name: "half.jsonl", User: "cli"})
		check(t, err)
		if err := c.a.UndoImport(t.Context(), "cli", c.org, run.ID, "x"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("undoing a run under way: %v", err)
		}
		n, err := c.a.Store().StopRuns(t.Context())
		check(t, err)
		if rows := c.runs(); n != 1 || rows[0].State != "failed" || !strings.Contains(string(rows[0].Report), "stopped") {
			t.Errorf("%d stopped, rows = %+v", n, rows)
		}
		check(t, c.a.UndoImport(t.Context(), "cli", c.org, run.ID, "x"))
	})
}
