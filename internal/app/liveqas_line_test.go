package app_test

import (
	"strings"
	"testing"
	"time"

	"qunluo/internal/cli"
	"qunluo/internal/plan"
)

// TestLiveQAsOnTheCommandLine: laid down in the slot and outside of it, changed, asked, answered, merged, left out, and called off.
func TestLiveQAsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "group", "add", "读书群")
		var one cli.LiveWhole
		w.must(t, &one, "liveqa", "new", "读书群", "--host", "陈老师", "--where", "https://live.example/1")
		if one.Slot != "live" || one.Host != "陈老师" || one.Address != "https://live.example/1" || time.UnixMilli(int64(one.Starts)).UTC().Format("Mon 15:04") != "Wed 12:00" || !strings.Contains(one.Page, "/live/") {
			t.Errorf("in its slot: %+v", one)
		}
		wrong := func(words string, args ...string) {
			t.Helper()
			if code, _, talk := w.types(t, append([]string{"--yes", "liveqa"}, args...)...); code == cli.ExitDone || !strings.Contains(talk, words) {
				t.Errorf("%q: exit %d, %q, want %q", args, code, talk, words)
			}
		}
		wrong("slot", "new", "读书群")
		wrong("starts", "new", "读书群", "--slot", "none", "--starts", "2020-01-01 20:00")
		wrong("address", "new", "读书群", "--slot", "none", "--starts", "2020-01-01 20:00", "--where", "javascript:alert(1)")
		wrong("2006-01-02", "new", "读书群", "--starts", "tomorrow")
		zone, err := time.LoadLocation("Asia/Shanghai")
		check(t, err)
		soon := time.Now().In(zone).Add(26 * time.Hour)
		w.must(t, &one, "liveqa", "new", "读书群", "--slot", "none", "--starts", soon.Format("2006-01-02 15:04"), "--title", "临时答疑")
		if one.State != "collecting" || one.Slot != "" || one.Title != "临时答疑" {
			t.Errorf("outside of slots: %+v", one)
		}
		var asked, other cli.LiveAsked
		w.must(t, &asked, "liveqa", "ask", one.ID, "每天读多久")
		w.must(t, &other, "liveqa", "ask", one.ID, "能带朋友吗")
		if asked.No != 1 || asked.State != "open" || asked.Way != "hand" || other.No != 2 {
			t.Errorf("asked %+v and %+v", asked, other)
		}
		wrong("no words", "ask", one.ID, "？")
		w.must(t, &other, "liveqa", "merge", one.ID, "2", "1")
		w.must(t, &other, "liveqa", "reopen", one.ID, "2")
		w.must(t, &other, "liveqa", "pass", one.ID, "2", "--reason", "与主题无关")
		if other.State != "passed" || other.Reason != "与主题无关" {
			t.Errorf("left out: %+v", other)
		}
		w.must(t, &asked, "liveqa", "answer", one.ID, "1", "半小时", "--seen", "1")
		if asked.State != "answered" || asked.Answer != "半小时" {
			t.Errorf("answered: %+v", asked)
		}
		wrong("changed meanwhile", "answer", one.ID, "1", "一小时", "--seen", "1")
		wrong("not found", "answer", one.ID, "9", "一小时")
		w.must(t, &one, "liveqa", "address", one.ID, "https://live.example/2")
		w.must(t, &one, "liveqa", "notes", one.ID, "讲了三件事")
		w.must(t, &one, "liveqa", "edit", one.ID, "--title", "改名", "--starts", soon.Add(time.Hour).Format("2006-01-02 15:04"))
		if one.Title != "改名" || one.Address != "https://live.example/2" || one.Notes != "讲了三件事" || int64(one.Ends)-int64(one.Starts) != 3600_000 || len(one.List) != 2 || one.Figures.Answered != 1 || one.Figures.Share != nil {
			t.Errorf("changed: %+v", one)
		}
		wrong("goal", "lay", one.ID)
		wrong("collecting", "finish", one.ID)
		wrong("collecting", "archive", one.ID)
		var people rows[cli.LivePersonLine]
		w.must(t, &people, "liveqa", "people", one.ID)
		w.must(t, &one, "liveqa", "cancel", one.ID, "--reason", "讲师生病")
		if one.State != "cancelled" || one.Why != "讲师生病" || len(people.Rows) != 0 {
			t.Errorf("called off: %+v", one)
		}
		wrong("cancelled", "answer", one.ID, "1", "一小时")
		var series plan.LiveSeries
		w.must(t, &series, "liveqa", "series", "读书群", "--on", "--days", "2", "--remind", "60", "--remind", "0")
		if !series.On || series.Ahead != 2 || len(series.Remind) != 2 || series.Slot != "live" {
			t.Errorf("series = %+v", series)
		}
		w.must(t, &series, "liveqa", "series", "读书群", "--off")
		var list rows[cli.LiveLine]
		w.must(t, &list, "liveqa", "list", "--group", "读书群")
		if len(list.Rows) != 2 || series.On {
			t.Errorf("%d of them, series %+v", len(list.Rows), series)
		}
	})
}
