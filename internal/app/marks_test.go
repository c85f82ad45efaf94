package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// TestMarkedBotLeavesTheFiguresAndComesBack goes the operator's way: the figures of past days follow each mark.
func TestMarkedBotLeavesTheFiguresAndComesBack(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		says := func(messages, speakers int64) {
			t.Helper()
			var f cli.FigureReport
			w.must(t, &f, "figures", "#books", "--from", "2024-05-01", "--to", "2024-05-03")
			if f.Messages != messages || f.Speakers != speakers {
				t.Errorf("figures say %d messages of %d speakers, want %d of %d", f.Messages, f.Speakers, messages, speakers)
			}
		}
		says(60, 3)
		var line struct{ Mark, Was string }
		w.must(t, &line, "member", "mark", "alice", "--bot", "--reason", "它是机器人")
		if line.Mark != "bot" || line.Was != "" {
			t.Errorf("marked = %+v", line)
		}
		says(40, 2)
		if code, _, talk := w.types(t, "member", "mark", "alice", "--bot", "--reason", "再来"); code != cli.ExitFailed || talk == "" {
			t.Errorf("marked twice: exit %d, %q; want a failure with words", code, talk)
		}
		for _, args := range [][]string{{"nobody", "--bot", "--reason", "x"}, {"alice"}, {"alice", "--bot"}, {"alice", "--bot", "--staff", "--reason", "x"}} {
			if code, _, _ := w.types(t, append([]string{"member", "mark"}, args...)...); code != cli.ExitUsage {
				t.Errorf("member mark %v: exit %d, want usage", args, code)
			}
		}
		w.must(t, nil, "rebuild")
		says(40, 2)
		w.must(t, &line, "member", "mark", "alice", "--person", "--reason", "标错了")
		says(60, 3)
		var trail rows[struct{ Verb, Reason string }]
		w.must(t, &trail, "audit", "list")
		if len(trail.Rows) < 2 || trail.Rows[0].Verb != "member.mark" || trail.Rows[0].Reason != "标错了" || trail.Rows[1].Reason != "它是机器人" {
			t.Errorf("audit = %+v", trail.Rows)
		}
		var page struct {
			Bot  bool
			Mark string
		}
		w.must(t, &page, "member", "show", "alice")
		if page.Bot || page.Mark != "member" {
			t.Errorf("member = %+v", page)
		}
	})
}

// TestFiguresAndListsAgreeOnTheCommandLine asks for the people and the messages behind the figures.
func TestFiguresAndListsAgreeOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		w.must(t, nil, "member", "mark", "alice", "--bot", "--reason", "机器人")
		var people rows[struct {
			Name     string
			Said     int64
			SaidDays int `json:"said_days"`
		}]
		w.must(t, &people, "member", "list", "--spoke-from", "2024-05-01", "--spoke-to", "2024-05-02", "--group", "#books")
		if len(people.Rows) != 2 || people.Rows[0].Said != 20 || people.Rows[0].SaidDays != 2 || people.Rows[0].Name == "alice" || people.Rows[1].Name == "alice" {
			t.Errorf("who spoke: %+v, want bob and carol with 20 messages on 2 days", people.Rows)
		}
		w.must(t, &people, "member", "list", "--spoke-from", "2024-05-01", "--spoke-to", "2024-05-01", "--first", "1")
		if len(people.Rows) != 1 || people.Rows[0].Said != 10 || people.Rows[0].SaidDays != 1 {
			t.Errorf("who spoke most on a day: %+v", people.Rows)
		}
		var found struct{ Total int }
		for only, want := range map[string]int{"counted": 20, "recalled": 0} {
			w.must(t, &found, "message", "search", "--only", only, "--group", "#books", "--from", "2024-05-02", "--to", "2024-05-03")
			if found.Total != want {
				t.Errorf("%s messages of a day: %d, want %d", only, found.Total, want)
			}
		}
		for _, args := range [][]string{{"--spoke-from", "2024-05-01"}, {"--spoke-from", "2024-05-02", "--spoke-to", "2024-05-01"}, {"--spoke-from", "x", "--spoke-to", "y"}, {"--first", "3"}} {
			if code, _, talk := w.types(t, append([]string{"member", "list"}, args...)...); code != cli.ExitUsage || talk == "" {
				t.Errorf("member list %v: exit %d, %q; want usage", args, code, talk)
			}
		}
		if code, out, _ := w.types(t, "member", "list", "--spoke-from", "2024-05-01", "--spoke-to", "2024-05-02"); code != cli.ExitDone || !strings.Contains(out, "messages in the span") {
			t.Errorf("for people: exit %d, %q", code, out)
		}
	})
}

// TestMarkedStaffIsSparedInEveryGroup: in one they come to later as well; the record replays to the same decisions.
func TestMarkedStaffIsSparedInEveryGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a := house(t, url)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		account, err := a.Store().SaveAccount(ctx, community.Account{Org: org, Platform: "qq", Connector: "onebot", Name: "小助手", Settings: []byte("{}")}, community.Audit{})
		check(t, err)
		said := 0
		says := func(group, who string) (community.GroupKey, []community.Decision) {
			t.Helper()
			said++
			key := who + string(rune('a'+said))
			out, err := a.Engine().Apply(ctx, community.Inbound{Account: account.Key, Type: community.MessageCreated, Key: key, Group: community.Ref{ID: group, Name: group},
				Actor: community.Who{ID: who, Name: who, Role: community.RoleMember}, Body: community.Body{Text: "加微信", Message: key}})
			check(t, err)
			return out[0].Group, out[0].Decisions
		}
		hands := a.Hands(org, nil)
		groups := map[string]community.GroupKey{}
		for _, name := range []string{"读书群", "跑步群"} {
			g, _ := says(name, "路人")
			groups[name] = g
			book, err := policy.Default(policy.PresetGeneral)
			check(t, err)
			book.Mode = community.Live
			book.Rules = []policy.Rule{{ID: "ads", Name: "广告", Kind: "keyword", Mode: policy.RuleLive, Params: json.RawMessage(`{"lists":[{"name":"广告","words":["加微信"]}]}`)}}
			raw, err := json.Marshal(book)
			check(t, err)
			_, err = hands.Publish(plain(ctx), "test", g, raw, "")
			check(t, err)
		}
		verdict := func(group string, want community.Verdict) {
			t.Helper()
			if _, list := says(group, "店长"); len(list) != 1 || list[0].Verdict != want {
				t.Errorf("in %s: %+v, want %s", group, list, want)
			}
		}
		verdict("读书群", community.Hit)
		check(t, a.Store().CatchUp(ctx))
		desk := a.Store().For(community.Scope{Org: org})
		list, _, err := desk.FindMembers(ctx, community.MemberFilter{Text: "店长"})
		check(t, err)
		check(t, hands.Mark(ctx, "ming", list[0].ID, community.RoleStaff, "店长是我们的人"))
		verdict("读书群", community.Spared)
		verdict("跑步群", community.Spared) // where nobody had seen them
		if code := community.CodeOf(hands.Mark(ctx, "ming", list[0].ID, "king", "")); code != community.CodeBadInput {
			t.Errorf("an unknown mark gives %q", code)
		}
		check(t, hands.Mark(ctx, "ming", list[0].ID, community.RoleMember, "不干了"))
		verdict("读书群", community.Hit)
		for name, g := range groups {
			if rep, err := a.AsDecided(ctx, g); err != nil || rep.Different != 0 || rep.Decisions == 0 {
				t.Errorf("replay of %s: %+v, %v", name, rep, err)
			}
		}
	})
}
