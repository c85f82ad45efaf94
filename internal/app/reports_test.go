package app_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// reportBook is a live book that takes reports by chat and forbids nothing that is said here.
func reportBook(t *testing.T, need int) []byte {
	t.Helper()
	book, err := policy.Default(policy.PresetGeneral)
	check(t, err)
	book.Mode = community.Live
	params, err := json.Marshal(map[string]any{"need": need, "days": 0, "recall": true, "wave": 0})
	check(t, err)
	book.Rules = []policy.Rule{{ID: "report", Name: "举报", Kind: "report", Mode: policy.RuleLive, Params: params}}
	raw, err := json.Marshal(book)
	check(t, err)
	return raw
}

// answers lets a member answer a message.
func (s *shift) answers(m community.MemberRow, to community.MessageRow, text string) {
	s.t.Helper()
	ctx := s.t.Context()
	accounts, err := s.desk.Accounts(ctx)
	check(s.t, err)
	key := fmt.Sprintf("answer-%s-%d", m.External, s.app.Now())
	check(s.t, s.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, community.Inbound{
		Type: community.MessageCreated, Key: key, OccurredAt: s.app.Now(), Group: community.Ref{ID: s.external()},
		Actor: community.Who{ID: m.External, Name: m.Name}, Body: community.Body{Text: text, Message: key, ReplyTo: to.Message},
	}))
}

// reported waits until the only case of reports fits.
func (s *shift) reported(fits func(community.ReportRow) bool) community.ReportRow {
	s.t.Helper()
	var got community.ReportRow
	await(s.t, func() bool {
		rows, _, err := s.app.Reports(s.org, nil).Find(s.t.Context(), community.ReportFilter{})
		if err != nil || len(rows) == 0 || !fits(rows[0]) {
			return false
		}
		got = rows[0]
		return true
	})
	return got
}

func someMembers(s *shift, n int, but string) []community.MemberRow {
	rows, _, err := s.desk.FindMembers(s.t.Context(), community.MemberFilter{Group: s.group.Key, Page: community.Page{Limit: 50}})
	check(s.t, err)
	var out []community.MemberRow
	for _, m := range rows {
		if m.Name != but && !m.Role.Immune() && len(out) < n {
			out = append(out, m)
		}
	}
	if len(out) < n {
		s.t.Fatalf("%d members, want %d", len(out), n)
	}
	return out
}

// TestMembersReportByAnsweringAndAPersonDecides: enough answers with the keyword bring the message to review, with a recall
// meanwhile; upholding it gives a strike by hand; the reporters are told, and the reported one is told no names.
func TestMembersReportByAnsweringAndAPersonDecides(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public)
		ctx := t.Context()
		_, err := s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, reportBook(t, 2), "第一版")
		check(t, err)
		bad := s.says(s.member("大刘"), "进群领红包，先交押金")
		who := someMembers(s, 2, "大刘")
		s.answers(who[0], bad, "举报")
		s.reported(func(r community.ReportRow) bool {
			return r.Count == 1 && r.State == community.ReportOpen && r.Event == bad.Number
		})
		if _, n, err := s.desk.FindDecisions(ctx, community.DecisionFilter{Open: true}); err != nil || n != 0 {
			t.Fatalf("%d decisions wait after one report (%v)", n, err)
		}
		s.answers(who[1], bad, "举报：骗人的")
		row := s.reported(func(r community.ReportRow) bool { return r.State == community.ReportRaised })
		if row.MemberName != "大刘" || row.Total != 200 || row.Need != 2 || row.Message.Text != bad.Text {
			t.Errorf("case = %+v", row)
		}
		await(t, func() bool {
			rows, _, err := s.desk.FindActions(ctx, community.ActionFilter{Group: s.group.Key, Verb: community.RecallMsg})
			return err == nil && len(rows) == 1 && rows[0].Rule == "report"
		})
		if _, body := s.get("/review?d=" + row.Decision.String()); !strings.Contains(body, "先交押金") || !strings.Contains(body, "/reports/"+row.ID.String()) || !strings.Contains(body, who[0].Name) {
			t.Errorf("review = %s", excerpt(body))
		}
		page := "/reports/" + row.ID.String()
		if _, body := s.get(page); !strings.Contains(body, "先交押金") || !strings.Contains(body, who[1].Name) || !strings.Contains(body, "骗人的") {
			t.Errorf("page = %s", excerpt(body))
		}
		s.does(page, page+"/settle", url.Values{"do": {"strike"}, "reason": {"诈骗"}})
		row = s.reported(func(r community.ReportRow) bool { return r.State == community.ReportUpheld })
		strikes, _, err := s.desk.FindStrikes(ctx, community.StrikeFilter{Group: s.group.Key})
		check(t, err)
		if len(strikes) != 1 || strikes[0].Decision != row.Strike || strikes[0].Event != bad.Number {
			t.Errorf("strikes = %+v, case %+v", strikes, row)
		}
		d, err := s.desk.DecisionByID(ctx, row.Decision)
		check(t, err)
		if d.Resolution != "kept" || d.ResolvedBy == "" {
			t.Errorf("the suspicion = %q by %q", d.Resolution, d.ResolvedBy)
		}
		sent, _, err := s.desk.FindActions(ctx, community.ActionFilter{Group: s.group.Key, Verb: community.Send})
		check(t, err)
		said := map[string]int{}
		for _, a := range sent {
			said[a.Text]++
			for _, m := range who {
				if a.Target == strikes[0].Member && strings.Contains(a.Text, m.Name) {
					t.Errorf("the reported one is told a reporter's name: %q", a.Text)
				}
			}
		}
		if said["收到你的举报，会有人查看。"] != 2 || said["你举报的内容已处理，谢谢。"] != 2 {
			t.Errorf("said = %v", said)
		}
		if _, err := s.app.Reports(s.org, nil).Settle(ctx, "ming", row.ID, community.ReportEnd{Words: "再来"}); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("settled twice: %v, want a conflict", err)
		}
		if code, body := s.get("/reports.csv?state=upheld"); code != 200 || !strings.Contains(body, "大刘") || strings.Contains(body, who[0].Name) {
			t.Errorf("csv %d = %s", code, body)
		}
		rep, err := s.app.AsDecided(ctx, s.group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %d different: %s %s", rep.Different, rep.Differences[0].Stored, rep.Differences[0].Now)
		}
	})
}

var ownLink = regexp.MustCompile(`/r/[A-Za-z0-9_-]+`)

// TestReportPageTakesReportsAndShowsWhatBecameOfThem: by a group's link nobody is known and nothing adds up; by a member's own
// link it does; the receipt says how far it has come and nothing else. Private harassment becomes a task with the other groups.
func TestReportPageTakesReportsAndShowsWhatBecameOfThem(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public)
		ctx, reports := t.Context(), s.app.Reports(s.org, nil)
		_, err := s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, reportBook(t, 2), "第一版")
		check(t, err)
		bad := s.says(s.member("大刘"), "加我私聊有好处")
		me := someMembers(s, 1, "大刘")[0]
		group, own, err := reports.Links(ctx, s.group.Key, me.Key)
		check(t, err)
		path, mine := ownLink.FindString(group), ownLink.FindString(own)
		m := s.stranger()
		if code, body := m.get(path); code != 200 || !strings.Contains(body, "<textarea") || strings.Contains(body, me.Name) {
			t.Fatalf("the page answers %d: %s", code, excerpt(body))
		}
		for name, c := range map[string]struct {
			path   string
			fields url.Values
			want   int
		}{
			"empty": {path, url.Values{}, 422}, "nobody": {path, url.Values{"words": {"有人骚扰我"}, "kind": {"private"}}, 422}, "huge": {path, url.Values{"said": {strings.Repeat("长", 20000)}}, 413},
			"too long": {path, url.Values{"said": {strings.Repeat("a", 1001)}}, 413}, "forged": {path[:len(path)-2] + "AA", url.Values{"said": {"x"}}, 404},
		} {
			if code, _ := m.send(path, c.path, c.fields); code != c.want {
				t.Errorf("%s: answered %d, want %d", name, code, c.want)
			}
		}
		code, body := m.send(path, path, url.Values{"said": {bad.Text}, "name": {"\u202e大刘"}, "words": {"骗子<script>"}})
		if code != 200 || !strings.Contains(body, "已收到举报") || strings.Contains(body, "骗子") {
			t.Fatalf("reporting answered %d: %s", code, excerpt(body))
		}
		s.reported(func(r community.ReportRow) bool { return r.Count == 1 && r.Total == 0 })
		if code, _ := m.send(path, path, url.Values{"said": {bad.Text}, "name": {"\u202e大刘"}, "words": {"骗子<script>"}}); code != 409 {
			t.Errorf("the same twice answered %d, want 409", code)
		}
		if code, body := m.send(mine, mine, url.Values{"said": {bad.Text}}); code != 200 || !strings.Contains(body, "已收到举报") {
			t.Errorf("by my own link: %d %s", code, excerpt(body))
		}
		found := s.reported(func(r community.ReportRow) bool { return r.Total == 100 })
		if found.Event != bad.Number || found.MemberName != "大刘" {
			t.Errorf("case = %+v", found)
		}
		if code, body = m.send(mine, mine, url.Values{"kind": {"private"}, "name": {"大刘"}, "words": {"半夜发不雅内容"}}); code != 200 || !strings.Contains(body, "正在由管理员查看") {
			t.Fatalf("private harassment: %d %s", code, excerpt(body))
		}
		task := s.becomes(community.Todo, community.HumanTask)
		row := s.reported(func(r community.ReportRow) bool { return r.Kind == community.ReportPrivate })
		if !strings.HasSuffix(task.Text, "/reports/"+row.ID.String()) || row.State != community.ReportRaised {
			t.Errorf("task = %q, case %+v", task.Text, row)
		}
		page := "/reports/" + row.ID.String()
		if _, body := s.get(page); !strings.Contains(body, "这个人还在哪些群") || !strings.Contains(body, s.group.Name) || !strings.Contains(body, "半夜发不雅内容") {
			t.Errorf("page = %s", excerpt(body))
		}
		s.does(page, page+"/settle", url.Values{"do": {"dismiss"}, "reason": {"查无此事"}})
		s.becomes(community.Todo, community.Acked)
		if told := s.becomes(community.Remind, community.HumanTask); !strings.Contains(told.Text, "举报") || told.Target != me.Key {
			t.Errorf("told = %+v", told)
		}
	})
}

// TestReportRecordedForAMemberGoesToReview: by console, on the word of somebody, and refused where it says nothing.
func TestReportRecordedForAMemberGoesToReview(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public)
		ctx, reports := t.Context(), s.app.Reports(s.org, nil)
		bad := s.says(s.member("大刘"), "看我主页")
		page := fmt.Sprintf("/messages/%s/%d", s.group.ID, bad.Number)
		s.does(page, "/reports", url.Values{"g": {s.group.ID.String()}, "event": {fmt.Sprint(bad.Number)}, "kind": {"message"}, "reason": {"小林说是广告"}})
		row := s.reported(func(r community.ReportRow) bool { return r.State == community.ReportRaised })
		for name, o := range map[string]community.ReportOrder{
			"nothing": {Group: s.group.Key}, "no words": {Group: s.group.Key, Member: row.Member}, "no such message": {Group: s.group.Key, Event: 1 << 40}, "another kind": {Group: s.group.Key, Event: bad.Number, Kind: "x"},
			"long": {Group: s.group.Key, Event: bad.Number, Words: strings.Repeat("长", 1001)}, "no such group": {Group: 999, Event: bad.Number},
		} {
			if _, err := reports.Give(ctx, "ming", o); community.CodeOf(err) == community.CodeNone || community.CodeOf(err) == "internal" {
				t.Errorf("%s: %v", name, err)
			}
		}
		// judged in the queue, the case ends with it
		s.does("/review?d="+row.Decision.String(), "/review/"+row.Decision.String()+"/judge", url.Values{"kind": {"false_hit"}, "reason": {"不是广告"}})
		row = s.reported(func(r community.ReportRow) bool { return r.State == community.ReportDismissed })
		if row.Answer != "不是广告" {
			t.Errorf("case = %+v", row)
		}
	})
}

// TestReportLinksEnd: after 30 days a link opens nothing but a page that says so.
func TestReportLinksEnd(t *testing.T) {
	n := startNight(t, "", `{"scene":"quiet"}`)
	reports := n.app.Reports(n.org, nil)
	link := func() string {
		t.Helper()
		group, _, err := reports.Links(t.Context(), n.group.Key, 0)
		check(t, err)
		return ownLink.FindString(group)
	}
	old, phone := link(), newPerson(t, n.url)
	n.pass(29 * 24 * time.Hour)
	if code, body := phone.get(old); code != 200 || !strings.Contains(body, "<textarea") {
		t.Errorf("on the 29th day: %d %s", code, excerpt(body))
	}
	n.pass(25 * time.Hour)
	if code, body := phone.get(old); code != 410 || !strings.Contains(body, "已过期") || strings.Contains(body, "<textarea") {
		t.Errorf("on the 31st day: %d %s", code, excerpt(body))
	}
	if code, body := phone.send(old, old, url.Values{"said": {"骗子"}}); code != 410 || !strings.Contains(body, "已过期") {
		t.Errorf("written to when it is over: %d %s", code, excerpt(body))
	}
	if code, _ := phone.get(link()); code != 200 {
		t.Errorf("a new one = %d", code)
	}
}
