package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/connect/wecom/wecomtest"
	"qunluo/internal/drift"
)

// office is a house with a 企业微信 whose platform side is ours to change.
type office struct {
	t       *testing.T
	app     *app.App
	corp    *wecomtest.Corp
	org     community.OrgKey
	account community.Account
	door    string
	held    atomic.Pointer[string] // part of the platform's paths that are not answered while it is set
}

func openOffice(t *testing.T, url string, more map[string]any) *office {
	t.Helper()
	a, doors := serve(t, url)
	ctx := t.Context()
	corp := wecomtest.New()
	corp.AddChat("wrHIKE", "周末徒步群", "owner", wecomtest.Member{ID: "wm1", Name: "老周", Joined: time.Now().Unix() - 86400, Scene: 1})
	corp.AddChat("wrREAD", "读书群", "owner", wecomtest.Member{ID: "wm2", Name: "阿敏", Joined: time.Now().Unix() - 86400, Scene: 1})
	corp.AddChat("wrOTHER", "别人的群", "helper")
	corp.Notify("wrHIKE", "周六八点西门集合")
	for i, name := range []string{"老周", "阿敏", "小何"} {
		corp.AddContact("owner", wecomtest.Contact{ID: "wm" + string(rune('1'+i)), Name: name, Remark: "徒步-" + name, Added: time.Now().Unix() - 7200, Tags: []string{"t1"}})
	}
	o := &office{t: t, app: a, corp: corp, door: doors.URL}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for at := o.held.Load(); at != nil && strings.Contains(r.URL.Path, *at); at = o.held.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		corp.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { o.held.Store(nil) })
	org, err := a.Store().Org(ctx, "测试", false)
	check(t, err)
	account, err := a.Hands(org, nil).SaveAccount(ctx, "test", community.Account{Connector: "wecom", Name: "企业微信", Enabled: true, Settings: wecomtest.Settings(srv.URL, more)}, "")
	check(t, err)
	o.org, o.account = org, account
	await(t, func() bool {
		list, _, err := o.desk().FindGroups(ctx, community.GroupFilter{})
		return err == nil && slices.ContainsFunc(list, func(g community.GroupRow) bool { return g.External == "wrREAD" && g.Members == 2 }) &&
			slices.ContainsFunc(list, func(g community.GroupRow) bool { return g.External == "wrHIKE" && g.Members == 2 })
	})
	o.chore("contact.read")
	return o
}

func (o *office) desk() interface {
	FindGroups(ctx context.Context, f community.GroupFilter) ([]community.GroupRow, int, error)
	FindTasks(ctx context.Context, f community.TaskFilter) ([]community.TaskRow, int, error)
} {
	return o.app.Store().For(community.Scope{Org: o.org})
}

func (o *office) chore(name string, args ...string) {
	o.t.Helper()
	raw := "{"
	for i := 0; i < len(args); i += 2 {
		if i > 0 {
			raw += ","
		}
		raw += `"` + args[i] + `":"` + args[i+1] + `"`
	}
	_, err := o.app.Hands(o.org, nil).DoChore(o.t.Context(), "test", o.account.Key, name, []byte(raw+"}"), "试")
	check(o.t, err)
}

// read compares now and gives what differs: "field subject here|there why ways".
func (o *office) read() (drift.Report, []string) {
	o.t.Helper()
	r, err := o.app.Drifts(o.org, nil).Read(o.t.Context(), o.account.Key)
	check(o.t, err)
	var lines []string
	for _, l := range r.Lines {
		ways := make([]string, len(l.Ways))
		for i, w := range l.Ways {
			ways[i] = string(w.Kind)
		}
		lines = append(lines, string(l.Field)+" "+l.Subject+" "+l.Here+"|"+l.There+" "+l.Why+" "+strings.Join(ways, "+"))
	}
	slices.Sort(lines)
	return r, lines
}

func (o *office) settle(r drift.Report, field drift.Field, subject string, way drift.WayKind) {
	o.t.Helper()
	i := slices.IndexFunc(r.Lines, func(l drift.Line) bool { return l.Field == field && l.Subject == subject })
	if i < 0 {
		o.t.Fatalf("no difference of %s in %s", subject, field)
	}
	_, err := o.app.Drifts(o.org, nil).Settle(o.t.Context(), "test", o.account.Key, r.Lines[i].ID, way, "试")
	check(o.t, err)
}

func sameLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestEveryDifferenceIsToldAndHasItsWayOut lets a platform change in every way without a word, and settles each difference.
func TestEveryDifferenceIsToldAndHasItsWayOut(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		o := openOffice(t, url, map[string]any{"owners": "owner"})
		first, lines := o.read()
		sameLines(t, "at first", lines, "known wrOTHER |别人的群 unchosen take")
		if read := first.Of(drift.Groups); read.State != drift.Read || read.Looked != 3 || read.At == 0 {
			t.Errorf("groups were read as %+v, want all three", read)
		}
		o.corp.DropContact("owner", "wm3")
		o.corp.AddContact("helper", wecomtest.Contact{ID: "wm1", Name: "老周", Added: 1})
		o.corp.AddContact("helper", wecomtest.Contact{ID: "wm9", Name: "新客", Added: 1})
		o.corp.Remark("owner", "wm2", "改过的备注")
		o.corp.Rename("wrHIKE", "徒步一群")
		o.corp.Notify("wrHIKE", "改到周日")
		o.corp.Give("wrREAD", "helper")
		o.corp.Leave("wrHIKE", "wm1")
		o.corp.Join("wrHIKE", wecomtest.Member{ID: "wm7", Name: "小丁", Joined: time.Now().Unix(), Scene: 3})
		second, lines := o.read()
		sameLines(t, "after changes there", lines,
			"follow wm1 owner|helper, owner differs take+ask", "follow wm3 owner| only_here take+ask", "follow wm9 |helper only_there take+ask",
			"remark wm2 徒步-阿敏|改过的备注 differs take+push", "name wrHIKE 周末徒步群|徒步一群 differs take+ask", "notice wrHIKE 周六八点西门集合|改到周日 differs take+ask",
			"owner wrREAD owner|helper differs take+ask", "members wrHIKE 老周|小丁 differs take+ask", "known wrOTHER |别人的群 unchosen take", "tags wm3 意向/高| gone take")
		sinceOf := func(r drift.Report, subject string) int64 {
			i := slices.IndexFunc(r.Lines, func(l drift.Line) bool { return l.Subject == subject })
			return r.Lines[i].Since
		}
		if sinceOf(second, "wrOTHER") != sinceOf(first, "wrOTHER") {
			t.Error("a difference that stands got another since")
		}
		o.settle(second, drift.Follow, "wm3", drift.Ask)
		o.settle(second, drift.Notice, "wrHIKE", drift.Ask)
		o.settle(second, drift.Owner, "wrREAD", drift.Ask)
		await(t, func() bool {
			tasks, _, err := o.desk().FindTasks(t.Context(), community.TaskFilter{})
			verbs := map[community.Verb]string{}
			for _, k := range tasks {
				verbs[k.Verb] = k.Text
			}
			return err == nil && len(verbs) == 3 && strings.Contains(verbs[community.HandOver], "helper") && verbs[community.Announce] == "周六八点西门集合" && strings.Contains(verbs[community.Match], "小何")
		})
		o.settle(second, drift.Follow, "wm1", drift.Take) // the helper's desk: wm9 comes with it
		o.settle(second, drift.Remark, "wm2", drift.Push) // and the owner's is read back: wm3 goes
		o.settle(second, drift.Tagged, "wm3", drift.Take)
		if got := o.corp.Did(); !slices.Contains(got, "remark wm2 徒步-阿敏") {
			t.Errorf("the platform was told %v, want our remark", got)
		}
		o.settle(second, drift.Known, "wrOTHER", drift.Take)
		var third drift.Report
		await(t, func() bool { // the connection starts anew with one owner more
			if _, err := o.app.Drifts(o.org, nil).Read(t.Context(), o.account.Key); err != nil {
				return false
			}
			third, lines = o.read()
			return !slices.ContainsFunc(third.Lines, func(l drift.Line) bool { return l.Field == drift.Known })
		})
		want := []string{"name wrHIKE 周末徒步群|徒步一群 differs take+ask", "notice wrHIKE 周六八点西门集合|改到周日 differs take+ask", "owner wrREAD owner|helper differs take+ask", "members wrHIKE 老周|小丁 differs take+ask"}
		left := slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
			return strings.HasPrefix(l, "name wrHIKE") || strings.HasPrefix(l, "members wrHIKE")
		})
		sameLines(t, "after settling", left, "follow wm3 owner| only_here take+ask", want[1], want[2]) // name and members: a reading of the new session may have brought them
		if slices.ContainsFunc(third.Lines, func(l drift.Line) bool { return l.Field == drift.Notice && l.Task.IsZero() }) {
			t.Error("the line of the notice does not name its task")
		}
		o.settle(third, drift.Notice, "wrHIKE", drift.Take)
		o.corp.Give("wrREAD", "owner") // somebody did it: the tasks close by themselves
		o.corp.AddContact("owner", wecomtest.Contact{ID: "wm3", Name: "小何", Added: 1})
		o.read()
		_, lines = o.read() // and nothing is told the other way round
		if slices.ContainsFunc(lines, func(l string) bool {
			return strings.HasPrefix(l, "owner") || strings.HasPrefix(l, "follow") || strings.HasPrefix(l, "notice")
		}) {
			t.Errorf("owner and notice still differ: %v", lines)
		}
		await(t, func() bool {
			tasks, _, err := o.desk().FindTasks(t.Context(), community.TaskFilter{})
			return err == nil && len(tasks) == 0
		})
	})
}

// TestAReadingAskedForDuringAnotherIsMade: the one under way has looked at contacts before they changed; whoever asks then is told what
// stands there now, and no part stays as being read.
func TestAReadingAskedForDuringAnotherIsMade(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		o := openOffice(t, url, map[string]any{"owners": "owner"})
		ctx, drifts := t.Context(), o.app.Drifts(o.org, nil)
		o.read()
		slow := "groupchat"
		o.held.Store(&slow)
		check(t, drifts.ReadSoon(ctx, o.account.Key))
		await(t, func() bool {
			r, err := drifts.Report(ctx, o.account.Key)
			return err == nil && r.Of(drift.Contacts).State == drift.Read && r.Of(drift.Groups).State == drift.Busy
		})
		o.corp.Remark("owner", "wm2", "改过的备注")
		check(t, drifts.ReadSoon(ctx, o.account.Key))
		o.held.Store(nil)
		await(t, func() bool {
			r, err := drifts.Report(ctx, o.account.Key)
			check(t, err)
			return slices.ContainsFunc(r.Lines, func(l drift.Line) bool { return l.Field == drift.Remark && l.Subject == "wm2" }) &&
				!slices.ContainsFunc(r.Readings, func(one drift.Reading) bool { return one.State == drift.Busy })
		})
	})
}

// TestHandOversAreFollowedUntilBothSidesAgree: asked and waiting, refused, and done there but not here.
func TestHandOversAreFollowedUntilBothSidesAgree(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		o := openOffice(t, url, nil)
		o.corp.Hold(true)
		o.chore("transfer.contacts", "from", "owner", "to", "helper", "left", "false")
		r, _ := o.read()
		if got := r.In(drift.Transfers); len(got) != 3 || got[0].Why != "waiting" || got[0].Since == 0 || got[0].Here != "owner" || got[0].There != "owner → helper" {
			t.Fatalf("hand-overs = %+v, want three that wait", got)
		}
		o.corp.Decide("wm1", false)
		o.corp.Decide("wm2", true)
		r, _ = o.read()
		whys := map[string]string{}
		for _, l := range r.In(drift.Transfers) {
			whys[l.Subject] = l.Why
		}
		if whys["wm1"] != "not_done" || whys["wm2"] != "refused" || whys["wm3"] != "waiting" {
			t.Errorf("hand-overs stand as %v", whys)
		}
		o.settle(r, drift.Handed, "wm1", drift.Take)
		o.settle(r, drift.Handed, "wm2", drift.Push) // asked once more
		o.settle(r, drift.Handed, "wm3", drift.Ask)
		o.corp.Decide("wm2", false)
		o.corp.Decide("wm3", false)
		o.chore("contact.read")
		r, _ = o.read()
		if got := r.In(drift.Transfers); len(got) != 0 {
			t.Errorf("hand-overs = %+v, want none left", got)
		}
		await(t, func() bool {
			tasks, _, err := o.desk().FindTasks(t.Context(), community.TaskFilter{})
			return err == nil && len(tasks) == 0
		})
	})
}

// TestWhatCannotBeReadIsSaid: one employee, or a whole part; what was known stays.
func TestWhatCannotBeReadIsSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		o := openOffice(t, url, nil)
		o.corp.AddContact("helper", wecomtest.Contact{ID: "wm9", Name: "新客", Added: 1})
		if _, lines := o.read(); len(lines) != 1 {
			t.Fatalf("differences = %v, want one", lines)
		}
		o.corp.Fail("externalcontact/batch/get_by_user", wecomtest.Fault{Times: 9, Of: `"owner"`, Errcode: 60011}) // whoever else reads meanwhile meets it, too
		o.corp.Fail("externalcontact/groupchat/list", wecomtest.Fault{Times: 9, Errcode: 60011})
		r, lines := o.read()
		if got := r.Of(drift.Contacts); got.State != drift.Partly || !slices.Equal(got.Unread, []string{"owner"}) {
			t.Errorf("contacts were read as %+v, want all but the owner's", got)
		}
		if got := r.Of(drift.Groups); got.State != drift.Failed || !strings.Contains(got.Why[0], "可见范围") {
			t.Errorf("groups were read as %+v, want the platform's reason", got)
		}
		if len(lines) != 1 {
			t.Errorf("differences = %v, want the known one kept", lines)
		}
		o.corp.Dissolve("wrREAD")
		o.corp.Fail("externalcontact/batch/get_by_user", wecomtest.Fault{})
		o.corp.Fail("externalcontact/groupchat/list", wecomtest.Fault{})
		r, lines = o.read()
		if !slices.Contains(lines, "known wrREAD 读书群| only_here take+ask") {
			t.Errorf("differences = %v, want the group that ended", lines)
		}
		o.settle(r, drift.Known, "wrREAD", drift.Take)
		o.settle(r, drift.Follow, "wm9", drift.Take)
		if _, lines := o.read(); len(lines) != 0 {
			t.Errorf("differences = %v, want none", lines)
		}
	})
}
