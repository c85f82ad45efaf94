package app_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// TestNoCodeLeadsToAGroupWithoutAGoal: neither by hand nor on a platform that makes codes itself; a goal or a written reason opens it, and the
// reason is listed and taken back. Sub groups of one offer follow the first.
func TestNoCodeLeadsToAGroupWithoutAGoal(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes, goals := t.Context(), g.app.Codes(g.org, nil), g.app.Goals(g.org, nil)
		third := g.newGroup("读书3群")
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: "海报"}, "")
		check(t, err)
		enter := func(c admit.Code, group community.GroupKey) error {
			_, err := codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: group, Link: "https://chat.example/3"}, nil)
			return err
		}
		refused := func(err error) {
			t.Helper()
			if !errors.Is(err, measure.ErrNoGoal) || community.CodeOf(err) != community.CodeConflict {
				t.Errorf("a code leads to a group without a goal: %v", err)
			}
		}
		refused(enter(c, third.Key))
		_, err = codes.Order(ctx, "ming", c.ID, third.Key)
		refused(err)
		for _, bad := range []string{strings.Repeat("长", measure.MaxWaiver+1)} {
			if err := goals.Waive(ctx, "ming", third.Key, bad); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("a reason of %d characters: %v", len([]rune(bad)), err)
			}
		}
		check(t, goals.Waive(ctx, "ming", third.Key, "试两周"))
		check(t, enter(c, third.Key))
		check(t, goals.Waive(ctx, "ming", third.Key, " "))
		refused(enter(c, third.Key))
		_, err = goals.SetGoal(ctx, "ming", third.Key, readingGoal(t), "")
		check(t, err)
		check(t, enter(c, third.Key))
		// The sub group that follows a full one is the same offer; in a code that does not run over it is not.
		fourth := g.newGroup("读书4群")
		refused(enter(c, fourth.Key))
		over, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: "续群", Overflow: true}, "")
		check(t, err)
		refused(enter(over, fourth.Key))
		check(t, enter(over, third.Key))
		check(t, enter(over, fourth.Key))
	})
}

// TestLeaversAreAskedOnceWhy goes from the leaving to the figure on a platform that can do nothing by itself: the question is a task with the
// words to copy; its page takes one answer, which nobody can be told from. Who was removed, who left before, or is a bot is not asked.
func TestLeaversAreAskedOnceWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, goals, key := t.Context(), g.app.Goals(g.org, nil), g.group.Key
		leave := func(name, reason string) {
			g.apply(community.Inbound{Type: community.MemberLeft, Key: "l-" + name + reason, Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-" + name, Name: name}, Body: community.Body{Reason: reason}})
		}
		for _, name := range []string{"早走", "自走", "被移", "不明", "回来"} {
			g.join(g.group, name, "")
		}
		g.pass(time.Hour)
		leave("早走", "left")
		g.pass(time.Minute)
		check(t, goals.AskLeavers(ctx, "ming", key, true, "看看原因"))
		g.pass(time.Minute)
		leave("自走", "left")
		leave("被移", "kicked")
		leave("不明", "unknown")
		leave("回来", "left")
		g.pass(time.Second)
		g.join(g.group, "回来", "")
		asked := func() map[string]string {
			rows, _, err := g.desk.FindActions(ctx, community.ActionFilter{Group: key, Verb: community.Remind})
			check(t, err)
			out := map[string]string{}
			for _, r := range rows {
				out[r.TargetName] = r.Text
			}
			return out
		}
		for range 3 { // further rounds ask nobody again
			g.pass(6 * time.Minute)
			await(t, func() bool { return len(asked()) == 2 })
		}
		got := asked()
		if got["自走"] == "" || got["不明"] == "" || len(got) != 2 {
			t.Fatalf("asked = %+v", got)
		}
		tasks, _, err := g.desk.FindTasks(ctx, community.TaskFilter{Group: key})
		check(t, err)
		if len(tasks) != 2 {
			t.Errorf("tasks = %d, want one for each", len(tasks))
		}
		link := func(name string) string {
			return g.door.URL + "/q/" + got[name][strings.LastIndexByte(got[name], '/')+1:]
		}
		get := func(at string) (int, string) {
			resp, err := http.Get(at)
			check(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			check(t, err)
			return resp.StatusCode, string(body)
		}
		post := func(at string, form url.Values) (int, string) {
			resp, err := http.PostForm(at, form)
			check(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			check(t, err)
			return resp.StatusCode, string(body)
		}
		if code, body := get(link("自走")); code != http.StatusOK || !strings.Contains(body, "不清楚这个群是做什么的") || strings.Contains(body, "自走") {
			t.Errorf("the page is %d: %s", code, excerpt(body))
		}
		for want, form := range map[int]url.Values{http.StatusUnprocessableEntity: {"answer": {"never heard of"}}, http.StatusRequestEntityTooLarge: {"answer": {"noise"}, "words": {strings.Repeat("吵", measure.MaxLeaveWords+1)}}} {
			if code, body := post(link("自走"), form); code != want || !strings.Contains(body, "role=\"alert\"") {
				t.Errorf("%v is answered %d: %s", form, code, excerpt(body))
			}
		}
		for range 2 { // sent twice it counts once
			if code, body := post(link("自走"), url.Values{"answer": {measure.LeaveUnclear}, "words": {"<b>说是读书</b>，其实卖课"}}); code != http.StatusOK || !strings.Contains(body, "已经收到") {
				t.Errorf("answering gives %d: %s", code, excerpt(body))
			}
		}
		if code, _ := get(g.door.URL + "/q/none"); code != http.StatusNotFound {
			t.Errorf("an address that nobody made is %d", code)
		}
		tally, err := goals.LeaveTally(ctx, key, 30)
		check(t, err)
		if tally.Asked != 2 || tally.Answered != 1 || tally.Withheld != measure.TooFew || tally.Counts[0].Answer != measure.LeaveUnclear || tally.Counts[0].N != 1 || tally.Counts[0].Share != 0 {
			t.Errorf("tally = %+v", tally)
		}
		said, n, err := goals.LeaveSaid(ctx, key, 30, community.Page{})
		if err != nil || n != 1 || said[0].Words != "<b>说是读书</b>，其实卖课" || said[0].Answer != measure.LeaveUnclear {
			t.Errorf("said = %+v, %v", said, err)
		}
		other := g.app.Goals(g.org, []community.GroupKey{g.second.Key})
		if _, err := other.LeaveTally(ctx, key, 30); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("seen beyond one's groups: %v", err)
		}
		if all, err := other.LeaveTally(ctx, 0, 30); err != nil || all.Asked != 0 {
			t.Errorf("counted beyond one's groups: %+v, %v", all, err)
		}
		g.ms.Add(15 * 24 * time.Hour.Milliseconds())
		if code, _ := get(link("不明")); code != http.StatusGone {
			t.Errorf("after two weeks the link is %d", code)
		}
		check(t, goals.AskLeavers(ctx, "ming", key, false, ""))
		leave("回来", "left")
		g.pass(6 * time.Minute)
		g.pass(6 * time.Minute)
		if n := len(asked()); n != 2 {
			t.Errorf("switched off it has asked %d", n)
		}
	})
}

// TestOpeningAndLeavingOnTheCommandLine: why a group opens without a goal is written, listed and taken back; leavers are asked or not.
func TestOpeningAndLeavingOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		var groups rows[struct{ ID, Name string }]
		w.must(t, &groups, "group", "list")
		group := groups.Rows[0].ID
		var row struct{ Because, User string }
		w.must(t, &row, "goal", "without", group, "--because", "试两周")
		if row.Because != "试两周" || row.User == "" {
			t.Errorf("written = %+v", row)
		}
		var list rows[struct {
			Without string `json:"without_goal"`
		}]
		w.must(t, &list, "goal", "list")
		if len(list.Rows) != 1 || list.Rows[0].Without != "试两周" {
			t.Errorf("goals = %+v", list.Rows)
		}
		w.must(t, &row, "goal", "without", group, "--withdraw")
		if w.must(t, &row, "goal", "without", group); row.Because != "" {
			t.Errorf("taken back = %+v", row)
		}
		var report struct {
			Asking   bool
			Asked    int
			Withheld string
			Answers  []struct{ Answer string }
		}
		w.must(t, &report, "goal", "leavers", group, "--on")
		if !report.Asking || report.Asked != 0 || report.Withheld != measure.TooFew || len(report.Answers) != len(measure.LeaveAnswers()) {
			t.Errorf("report = %+v", report)
		}
		if w.must(t, &report, "goal", "leavers", group, "--off"); report.Asking {
			t.Error("it is still asked")
		}
		for _, bad := range [][]string{{"goal", "leavers", "--on"}, {"goal", "leavers", group, "--on", "--off"}, {"goal", "leavers", "--days", "0"}, {"goal", "without", group, "--because", strings.Repeat("长", measure.MaxWaiver+1)}, {"goal", "without", "nowhere"}} {
			if code, _, _ := w.types(t, append([]string{"--yes"}, bad...)...); code == cli.ExitDone {
				t.Errorf("%v is done", bad)
			}
		}
	})
}
