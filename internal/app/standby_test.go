package app_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

// TestLostGroupGoesOnInItsStandbyUntilItIsBack: the account is lost, what is sent goes to the standby, a co-owner is asked to
// post the invitation, who arrived is counted; when the account is back everything is as before.
func TestLostGroupGoesOnInItsStandbyUntilItIsBack(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx := t.Context()
		second, err := n.app.Hands(n.org, nil).SaveAccount(ctx, "test", community.Account{Connector: "sim", Name: "备用号", Settings: []byte(`{"scene":"quiet"}`)}, "")
		check(t, err)
		_, err = n.app.Engine().Apply(ctx, community.Inbound{Type: community.GroupCreated, Account: second.Key, Group: community.Ref{ID: "standby-1", Name: "备用群"}, Key: "made", OccurredAt: n.app.Now()},
			community.Inbound{Type: community.RosterRead, Account: second.Key, Group: community.Ref{ID: "standby-1"}, Key: "list", OccurredAt: n.app.Now(), Body: community.Body{Data: []byte(`[{"id":"newcomer","name":"谁也不认识"}]`)}})
		check(t, err)
		var to community.GroupRow
		await(t, func() bool {
			rows, _, err := n.desk.FindGroups(ctx, community.GroupFilter{Text: "备用群"})
			if err == nil && len(rows) == 1 && rows[0].Members == 1 {
				to = rows[0]
			}
			return err == nil && len(rows) == 1 && rows[0].Members == 1
		})
		book := n.app.Standbys(n.org, nil)
		for name, bad := range map[string]duty.Standby{"itself": {Group: n.group.Key, To: n.group.Key}, "nowhere": {Group: n.group.Key}} {
			if err := book.Set(ctx, "test", bad, ""); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("a standby that is %s: %v, want bad input", name, err)
			}
		}
		if err := book.Begin(ctx, "test", n.group.Key, "演练"); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("a move without a standby: %v, want not found", err)
		}
		check(t, book.Set(ctx, "test", duty.Standby{Group: n.group.Key, To: to.Key, Invite: "来备用群：12345"}, "防封号"))
		account := n.group.Accounts[0]
		say := func(what community.Type, key string) {
			_, err := n.app.Engine().Apply(ctx, community.Inbound{Type: what, Account: account, Group: community.Ref{ID: n.group.External}, Key: key, OccurredAt: n.app.Now(), Body: community.Body{Text: "封号 7 天"}})
			check(t, err)
		}
		say(community.AccountOffline, "down")
		texts := map[community.Verb]string{}
		await(t, func() bool {
			rows, _, err := n.desk.FindTasks(ctx, community.TaskFilter{Group: n.group.Key})
			for _, k := range rows {
				texts[k.Verb] = k.Text
			}
			return err == nil && len(rows) == 2
		})
		if texts[community.MoveOut] != "来备用群：12345" || texts[community.TakeOver] == "" {
			t.Errorf("tasks = %v, want the invitation and the co-owners", texts)
		}
		detours, _, err := book.Detours(ctx, n.group.Key, community.Page{})
		check(t, err)
		if len(detours) != 1 || detours[0].Ended != 0 || detours[0].ToName != "备用群" || detours[0].Members == 0 || detours[0].Alarm.IsZero() {
			t.Fatalf("detours = %+v, want one that is on", detours)
		}
		sent := func(text string) string {
			t.Helper()
			ids, err := n.app.Hands(n.org, nil).Act(ctx, "test", []community.Action{{Group: n.group.Key, Verb: community.Send, Text: text}}, "通知")
			check(t, err)
			row, err := n.desk.DecisionByID(ctx, ids[0])
			check(t, err)
			now, err := n.app.Store().ActionNow(ctx, row.Actions[0].ID)
			check(t, err)
			return now.Action.To.Group
		}
		if got := sent("今晚照常"); got != to.External {
			t.Errorf("while it is away the send goes to %q, want the standby", got)
		}
		was, err := n.desk.MemberSouls(ctx, n.group.Key)
		check(t, err)
		_, err = n.app.Engine().Apply(ctx, community.Inbound{Type: community.MemberJoined, Account: second.Key, Group: community.Ref{ID: "standby-1"}, Key: "came", OccurredAt: n.app.Now(),
			Actor: community.Who{ID: was[0].External, Name: was[0].Name}})
		check(t, err)
		await(t, func() bool {
			roll, err := book.Roll(ctx, detours[0].Standby)
			return err == nil && roll.Expected == len(was) && roll.Here == 1 && roll.New == 1
		})
		n.pass(3 * time.Minute)
		spans, err := book.Unheard(ctx, n.group.Key, detours[0].Began, 0)
		check(t, err)
		if len(spans) != 1 || spans[0].To-spans[0].From < 3*60_000 {
			t.Errorf("missing = %+v, want three minutes", spans)
		}
		say(community.AccountOnline, "up")
		detours, _, err = book.Detours(ctx, n.group.Key, community.Page{})
		check(t, err)
		if detours[0].Ended == 0 || detours[0].Why != "online" {
			t.Errorf("after the return %+v, want the detour ended", detours[0])
		}
		if got := sent("回来了"); got != n.group.External {
			t.Errorf("after the return the send goes to %q, want the group", got)
		}
		if rows, _, err := n.desk.FindTasks(ctx, community.TaskFilter{Group: n.group.Key}); err != nil || len(rows) != 0 {
			t.Errorf("open tasks = %d (%v), want none", len(rows), err)
		}
		check(t, book.Begin(ctx, "test", n.group.Key, "演练"))
		check(t, book.Begin(ctx, "test", n.group.Key, "演练")) // twice is once
		check(t, book.End(ctx, "test", n.group.Key, "演练完"))
		if err := book.End(ctx, "test", n.group.Key, "再来"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("ended twice: %v, want conflict", err)
		}
		if _, total, err := book.Detours(ctx, n.group.Key, community.Page{}); err != nil || total != 2 {
			t.Errorf("detours = %d (%v), want two", total, err)
		}
	})
}

// TestStandbyIsSetAndShownOnTheCommandLine: what the pages do is there as verbs.
func TestStandbyIsSetAndShownOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		var line struct{ Group, To, Invite string }
		w.must(t, &line, "group", "standby", "set", "#books", "--invite", "来 QQ 群 12345")
		if line.Group != "#books" || line.To != "" || line.Invite != "来 QQ 群 12345" {
			t.Errorf("set = %+v", line)
		}
		for _, args := range [][]string{{"set", "#books", "--to", "#books"}, {"set", "#books"}, {"set", "#books", "--invite", strings.Repeat("长", 1001)}} {
			if code, _, talk := w.types(t, append([]string{"group", "standby"}, args...)...); code != cli.ExitFailed || talk == "" {
				t.Errorf("standby %.3v: exit %d, want a failure with words", args, code)
			}
		}
		w.must(t, nil, "group", "standby", "move", "#books", "--reason", "演练")
		var page struct {
			Expected, Arrived int
			Detours           []struct{ Why string }
			People            []struct{ Name, How string }
		}
		w.must(t, &page, "group", "standby", "show", "#books")
		if len(page.Detours) != 1 || page.Arrived != 0 {
			t.Errorf("show = %+v, want one detour and nobody arrived", page)
		}
		var tasks rows[struct{ Verb, Text string }]
		w.must(t, nil, "group", "standby", "back", "#books", "--reason", "演练完")
		if code, _, _ := w.types(t, "group", "standby", "back", "#books", "--reason", "再来"); code != cli.ExitFailed {
			t.Errorf("back twice: exit %d, want failed", code)
		}
		w.must(t, &tasks, "task", "list")
		var list rows[struct{ Group string }]
		w.must(t, &list, "group", "standby", "list")
		if len(list.Rows) != 1 {
			t.Errorf("list = %+v", list.Rows)
		}
		w.must(t, nil, "group", "standby", "clear", "#books", "--reason", "不用了")
		w.must(t, &list, "group", "standby", "list")
		if len(list.Rows) != 0 {
			t.Errorf("after clear = %+v", list.Rows)
		}
	})
}

// TestFixedAddressLeadsToTheStandbyWhileTheAccountIsLost: from the moment of the loss the group's printed address shows the way
// into the standby, by invitation or by the standby's own code, and back after the recovery; the pages and the command line say so.
func TestFixedAddressLeadsToTheStandbyWhileTheAccountIsLost(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, codes, book := t.Context(), n.app.Codes(n.org, nil), n.app.Standbys(n.org, nil)
		made := func(name string, g community.GroupKey, link string) admit.Code {
			mayOpen(t, n.app, n.org, g)
			c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: name}, "")
			check(t, err)
			e, err := codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g, Link: link}, nil)
			check(t, err)
			c.Entries = []admit.Entry{e}
			return c
		}
		poster := made("海报", n.group.Key, "https://chat.example/hike")
		page := func(path string) (int, string) {
			t.Helper()
			res, err := http.Get(n.url + path)
			check(t, err)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			check(t, err)
			return res.StatusCode, string(body)
		}
		shows := func(when string, want bool, parts ...string) {
			t.Helper()
			code, body := page("/j/" + poster.Slug)
			for _, part := range parts {
				if code != http.StatusOK || strings.Contains(body, part) != want {
					t.Errorf("%s: the address (%d) holds %q = %v, want %v", when, code, part, !want, want)
				}
			}
		}
		check(t, book.Set(ctx, "test", duty.Standby{Group: n.group.Key, Invite: "<b>先到 https://qm.qq.com/q/abc 继续"}, ""))
		shows("before", true, "https://chat.example/hike")
		account := n.group.Accounts[0]
		say := func(what community.Type, key string) {
			_, err := n.app.Engine().Apply(ctx, community.Inbound{Type: what, Account: account, Group: community.Ref{ID: n.group.External}, Key: key, OccurredAt: n.app.Now()})
			check(t, err)
		}
		on := func(want bool) duty.Detour {
			var d duty.Detour
			await(t, func() bool {
				list, _, err := book.Detours(ctx, n.group.Key, community.Page{Limit: 1})
				if err == nil && len(list) > 0 {
					d = list[0]
				}
				return err == nil && (len(list) > 0 && list[0].Ended == 0) == want
			})
			return d
		}
		say(community.AccountOffline, "down")
		d := on(true)
		shows("while lost", true, "https://qm.qq.com/q/abc", "暂时用不了", n.group.Name, "&lt;b&gt;先到")
		shows("while lost", false, "https://chat.example/hike", "<b>先到")
		if code, body := page("/j/" + poster.Slug + "/" + d.ID.String() + "/qr"); code != http.StatusOK || !strings.HasPrefix(body, "\x89PNG") {
			t.Errorf("the QR code of the invitation = %d", code)
		}
		row, err := codes.ByID(ctx, poster.ID)
		check(t, err)
		if away, ok := row.Away(); !ok || away.Link != "https://qm.qq.com/q/abc" {
			t.Errorf("the code's row leads to %+v %v", away, ok)
		}
		if got := row.Entries[0].Scans; got != 1 {
			t.Errorf("scans of the lost group's entry = %d, want the one from before", got)
		}
		say(community.AccountOnline, "up")
		on(false)
		shows("after the recovery", true, "https://chat.example/hike")
		shows("after the recovery", false, "qm.qq.com")
		if code, _ := page("/j/" + poster.Slug + "/" + d.ID.String() + "/qr"); code != http.StatusNotFound {
			t.Errorf("the invitation's QR code is still there: %d", code)
		}
		_, err = n.app.Engine().Apply(ctx, community.Inbound{Type: community.GroupCreated, Account: account, Group: community.Ref{ID: "standby-1", Name: "备用群"}, Key: "made", OccurredAt: n.app.Now()})
		check(t, err)
		to, _, err := n.desk.FindGroups(ctx, community.GroupFilter{Text: "备用群"})
		check(t, err)
		own := made("备用海报", to[0].Key, "https://chat.example/standby")
		check(t, book.Set(ctx, "test", duty.Standby{Group: n.group.Key, To: to[0].Key, Invite: "来备用群"}, ""))
		check(t, book.Begin(ctx, "test", n.group.Key, "演练"))
		shows("moved by hand", true, "备用群", "https://chat.example/standby", "/j/"+own.Slug+"/"+own.Entries[0].ID.String()+"/qr", "来备用群")
		check(t, codes.RemoveEntry(ctx, "ming", own.ID, own.Entries[0].ID, "撤"))
		shows("without any link", true, "来备用群")
		shows("without any link", false, "/qr\"", "chat.example")
		check(t, book.End(ctx, "test", n.group.Key, "演练完"))
		shows("brought back", true, "https://chat.example/hike")
	})
}

// TestRestrictedAccountsGroupGoesOnElsewhereUntilThePlatformLetsItGo: the account hears all the time, or comes back while still
// held back: neither is a recovery.
func TestRestrictedAccountsGroupGoesOnElsewhereUntilThePlatformLetsItGo(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, book, account := t.Context(), n.app.Standbys(n.org, nil), n.group.Accounts[0]
		check(t, book.Set(ctx, "test", duty.Standby{Group: n.group.Key, Invite: "先到 https://qm.qq.com/q/abc 继续"}, ""))
		say := func(what community.Type, key string) {
			_, err := n.app.Engine().Apply(ctx, community.Inbound{Type: what, Account: account, Group: community.Ref{ID: n.group.External}, Key: key, OccurredAt: n.app.Now(), Body: community.Body{Text: "限制 7 天"}})
			check(t, err)
		}
		away := func() bool {
			list, _, err := book.Detours(ctx, n.group.Key, community.Page{Limit: 1})
			check(t, err)
			return len(list) > 0 && list[0].Ended == 0
		}
		freed := func(how string) {
			t.Helper()
			if away() {
				t.Errorf("%s: the group still goes on elsewhere", how)
			}
			if al := n.alarm(store.AccountAlarm(account)); al.State != duty.Over {
				t.Errorf("%s: the alarm is %q", how, al.State)
			}
			if rows, _, err := n.desk.FindTasks(ctx, community.TaskFilter{Group: n.group.Key}); err != nil || len(rows) != 0 {
				t.Errorf("%s: %d tasks are left (%v)", how, len(rows), err)
			}
		}
		lost := func() { // all that follows from the loss is done
			t.Helper()
			await(t, func() bool {
				rows, _, err := n.desk.FindTasks(ctx, community.TaskFilter{Group: n.group.Key})
				check(t, err)
				busy, _, err := n.app.Store().For(community.Scope{}).FindJobs(ctx, "leased", community.Page{})
				check(t, err)
				return away() && len(rows) == 2 && !slices.ContainsFunc(busy, func(j community.JobRow) bool { return j.Kind == store.JobTakeover })
			})
		}
		say(community.AccountRestricted, "held")
		lost()
		say(community.AccountOffline, "down")
		say(community.AccountOnline, "up")
		if !away() {
			t.Error("it is online and still held back, and the group goes on as before")
		}
		check(t, n.app.Hands(n.org, nil).Unrestrict(ctx, "test", account, "平台解除了"))
		freed("by a person's word")
		say(community.AccountRestricted, "held again")
		lost()
		accounts, err := n.app.Store().AllAccounts(ctx)
		check(t, err)
		one := accounts[slices.IndexFunc(accounts, func(a community.Account) bool { return a.Key == account })]
		for _, on := range []bool{false, true} {
			one.Enabled = on
			_, err := n.app.Store().SaveAccount(ctx, one, community.Audit{User: "test"})
			check(t, err)
		}
		freed("switched off and on")
	})
}
