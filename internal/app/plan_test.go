package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect/sim"
	"qunluo/internal/plan"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// sender is a house with two groups of the simulator and one that no connection serves; its clock is the real one, moved to
// noon in Shanghai, and can be moved on. It can be closed and opened again over the same data.
type sender struct {
	t     *testing.T
	cfg   config.Config
	world *sim.World
	shift time.Duration
	app   *app.App
	org   community.OrgKey
	keys  map[string]community.GroupKey
	stop  func()
}

func startSender(t *testing.T, dbURL string) *sender {
	s := &sender{t: t, cfg: config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}}, keys: map[string]community.GroupKey{}}
	noon := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	s.shift = time.Until(noon)
	s.open()
	t.Cleanup(func() { s.stop() })
	var err error
	s.org, err = s.app.Store().Org(t.Context(), "读书会", false)
	check(t, err)
	_, err = s.app.Hands(s.org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "sim", Name: "小助手", Enabled: true, Settings: []byte(`{"scene":"senders"}`)}, "")
	check(t, err)
	await(t, func() bool {
		rows, _, err := s.desk().FindGroups(t.Context(), community.GroupFilter{})
		for _, g := range rows {
			s.keys[g.External] = g.Key
		}
		return err == nil && len(rows) == 2
	})
	tx, err := s.app.Store().BeginLog(t.Context())
	check(t, err)
	s.keys["晨读群"], err = store.NewRegistry().Group(t.Context(), tx, store.Origin{Org: s.org, Platform: "wechat"}, community.Ref{ID: "晨读群", Name: "晨读群"})
	check(t, err)
	check(t, tx.Commit(t.Context()))
	return s
}

// open opens the house and keeps it running until stop.
func (s *sender) open() {
	s.t.Helper()
	scene := sim.Scene{Name: "senders", Open: func(clock func() int64) (*sim.World, sim.Script) {
		if s.world == nil {
			s.world = sim.NewWorld(clock)
			for _, id := range []string{"one", "two"} {
				s.world.AddGroup(id, "读书"+id, sim.Member{Who: community.Who{ID: "10000", Name: "小助手", Role: community.RoleAdmin}},
					sim.Member{Who: community.Who{ID: "lin", Name: "林晓", Role: community.RoleOwner}}, sim.Member{Who: community.Who{ID: "wu", Name: "老吴"}})
			}
		}
		return s.world, nil
	}}
	a, err := app.Open(s.t.Context(), app.Options{Config: s.cfg, Scenes: []sim.Scene{scene}, Clock: func() time.Time { return time.Now().Add(s.shift) }})
	check(s.t, err)
	ctx, stop := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	s.app = a
	s.stop = func() { stop(); <-ended; check(s.t, a.Close()) }
}

func (s *sender) desk() *store.Desk { return s.app.Store().For(community.Scope{Org: s.org}) }

func (s *sender) targets(id community.ID) []plan.Target {
	s.t.Helper()
	list, _, err := s.app.Plans(s.org, nil).Targets(s.t.Context(), id, 0, community.Page{Limit: 200})
	check(s.t, err)
	return list
}

// states says where each group's send stands.
func (s *sender) states(id community.ID) string {
	var out []string
	for _, k := range s.targets(id) {
		out = append(out, fmt.Sprint(k.GroupName, " ", k.State()))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// said counts how often a text was said in the simulator's groups.
func (s *sender) said(text string) int {
	n := 0
	for _, m := range s.world.Sent() {
		if m.Text == text {
			n++
		}
	}
	return n
}

func TestMassSendReachesEveryGroupOnceAcrossARestart(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, plans := t.Context(), s.app.Plans(s.org, nil)
		const text = "今晚八点读书会直播"
		order := plan.Broadcast{Title: "直播提醒", Text: text}
		e, err := plans.Estimate(ctx, order)
		check(t, err)
		if e.Groups != 3 || e.Levels[community.Native] != 2 || e.Levels[community.Human] != 1 || e.Blocked != 0 || !e.Ready() {
			t.Fatalf("estimate = %+v, want 3 groups, 2 native, 1 by hand, nothing in the way", e)
		}
		b, err := plans.NewBroadcast(ctx, "lin", order)
		check(t, err)
		want := "晨读群 sending, 读书one sent, 读书two sent"
		await(t, func() bool { return s.states(b.ID) == want })
		s.stop()
		s.open()
		plans = s.app.Plans(s.org, nil)
		for _, k := range s.targets(b.ID) { // the work of before comes again, as after a crash
			check(t, s.app.Store().AddJob(ctx, store.Job{Kind: store.JobTarget, Key: fmt.Sprintf("%s:%d", k.ID, k.Round), RunAt: s.app.Now()}))
		}
		check(t, s.app.Store().AddJob(ctx, store.Job{Kind: store.JobBroadcast, Key: b.ID.String(), RunAt: s.app.Now()}))
		s.app.Jobs().Wake()
		s.worked()
		if n := s.said(text); n != 2 || s.states(b.ID) != want {
			t.Fatalf("said %d times, %s; want twice, %s", n, s.states(b.ID), want)
		}
		var tasks []community.TaskRow
		await(t, func() bool { // a send that no connection can do becomes a task when the belt comes to it
			tasks, _, err = s.desk().FindTasks(ctx, community.TaskFilter{})
			return err == nil && len(tasks) == 1
		})
		if tasks[0].Text != text {
			t.Fatalf("task = %+v, want the text to paste", tasks[0])
		}
		s.remindThrice(b.ID)
		check(t, s.app.Hands(s.org, nil).TaskDone(ctx, "lin", tasks[0].ID, "贴好了"))
		await(t, func() bool { return s.states(b.ID) == "晨读群 sent, 读书one sent, 读书two sent" })
		got, err := plans.Broadcast(ctx, b.ID)
		check(t, err)
		if got.Now() != plan.Finished || got.Counts.Sent != 3 {
			t.Errorf("the mass send is %s with %+v, want finished, 3 sent", got.Now(), got.Counts)
		}
	})
}

// worked waits until no work of mass sends is left.
func (s *sender) worked() {
	s.t.Helper()
	await(s.t, func() bool {
		rows, _, err := s.desk().FindJobs(s.t.Context(), "", community.Page{Limit: 200})
		return err == nil && !slices.ContainsFunc(rows, func(j community.JobRow) bool {
			return strings.HasPrefix(j.Kind, "plan-target") || j.Kind == store.JobBroadcast
		})
	})
}

func (s *sender) remindThrice(id community.ID) {
	s.t.Helper()
	for i, want := range []int{1, 1, 1, 0} {
		reminded, enough, err := s.app.Plans(s.org, nil).Remind(s.t.Context(), "lin", id)
		check(s.t, err)
		if reminded != want || enough != 1-want {
			s.t.Errorf("reminder %d: %d reminded, %d enough; want %d, %d", i+1, reminded, enough, want, 1-want)
		}
	}
}

// TestSendThatFellBetweenTwoLinesGoesOnce: the target was taken and the process ended before the belt was asked, or after it
// and before the answer was noted.
func TestSendThatFellBetweenTwoLinesGoesOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, plans := t.Context(), s.app.Plans(s.org, nil)
		b, err := plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "一", Text: "只发一次", Filter: plan.Filter{Groups: []community.GroupKey{s.keys["one"]}}})
		check(t, err)
		await(t, func() bool { return s.states(b.ID) == "读书one sent" })
		s.worked() // work that is still under way is not added once more
		k := s.targets(b.ID)[0]
		first := k.Action
		check(t, s.app.Store().NoteTarget(ctx, k, community.ID{})) // as if we had stopped before noting
		check(t, s.app.Store().AddJob(ctx, store.Job{Kind: store.JobTarget, Key: fmt.Sprintf("%s:%d", k.ID, k.Round), RunAt: s.app.Now()}))
		s.app.Jobs().Wake()
		await(t, func() bool { return s.targets(b.ID)[0].Action == first })
		if n := s.said("只发一次"); n != 1 {
			t.Errorf("said %d times, want once", n)
		}
	})
}

func TestGuardHoldsAndAPersonMayLetPass(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, plans := t.Context(), s.app.Plans(s.org, nil)
		only := plan.Filter{Groups: []community.GroupKey{s.keys["one"]}}
		for i := range 3 {
			b, err := plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "通知", Text: fmt.Sprint("第", i+1, "条"), Filter: only})
			check(t, err)
			if i < 2 {
				await(t, func() bool { return s.states(b.ID) == "读书one sent" })
				continue
			}
			await(t, func() bool { return s.states(b.ID) == "读书one blocked" })
			k := s.targets(b.ID)[0]
			if len(k.Why) != 1 || k.Why[0].Code != plan.DayCap || k.Why[0].Have != 2 || k.Why[0].Possible == 0 {
				t.Fatalf("blocked by %+v, want the day's cap with its figure and the moment it is possible", k.Why)
			}
			if err := plans.Override(ctx, "lin", k.ID, ""); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("override without a reason: %v, want bad_input", err)
			}
			check(t, plans.Override(ctx, "lin", k.ID, "紧急停课通知"))
			await(t, func() bool { return s.states(b.ID) == "读书one sent" })
			trail, _, err := s.desk().FindAudit(ctx, community.AuditFilter{Verb: "broadcast.override"})
			check(t, err)
			if len(trail) != 1 || trail[0].Reason != "紧急停课通知" {
				t.Errorf("trail = %+v, want the override with its reason", trail)
			}
		}
		if n := s.said("第3条"); n != 1 {
			t.Errorf("said %d times, want once", n)
		}
	})
}

func TestPausedAndCancelledMassSendsSendNothingUntilTheyComeBack(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, plans := t.Context(), s.app.Plans(s.org, nil)
		check(t, s.app.Hands(s.org, nil).Freeze(ctx, "lin", 0, true, "演习"))
		b, err := plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "稍后", Text: "稍后再说", Filter: plan.Filter{Groups: []community.GroupKey{s.keys["one"], s.keys["two"]}}})
		check(t, err)
		await(t, func() bool { return s.states(b.ID) == "读书one blocked, 读书two blocked" })
		if why := s.targets(b.ID)[0].Why; why[0].Code != plan.Frozen {
			t.Errorf("held by %+v, want the freeze", why)
		}
		check(t, plans.MoveBroadcast(ctx, "lin", b.ID, plan.Cancelled, "不发了"))
		check(t, s.app.Hands(s.org, nil).Freeze(ctx, "lin", 0, false, ""))
		if got := s.states(b.ID); got != "读书one not_sent, 读书two not_sent" || s.said("稍后再说") != 0 {
			t.Errorf("cancelled: %s, said %d times", got, s.said("稍后再说"))
		}
		if err := plans.MoveBroadcast(ctx, "lin", b.ID, plan.Paused, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("pausing what is cancelled: %v, want a conflict", err)
		}
		check(t, plans.MoveBroadcast(ctx, "lin", b.ID, plan.Running, "撤销取消"))
		await(t, func() bool { return s.states(b.ID) == "读书one sent, 读书two sent" })
		if n := s.said("稍后再说"); n != 2 {
			t.Errorf("said %d times, want twice", n)
		}
	})
}

func TestSOPTurnsKeepTheTextOfTheirVersion(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, plans := t.Context(), s.app.Plans(s.org, nil)
		soon := time.UnixMilli(s.app.Now()).In(time.FixedZone("", 8*3600)).Add(30 * time.Minute)
		made, err := plans.SaveSOP(plain(ctx), "lin", plan.SOP{Name: "新群七天", Steps: []plan.Step{{Kind: plan.ByDay, Day: 0, At: soon.Format("15:04"), Text: "欢迎"}}}, "")
		check(t, err)
		check(t, plans.AddToSOP(ctx, "lin", made.ID, s.keys["one"], ""))
		check(t, plans.AddToSOP(ctx, "lin", made.ID, s.keys["one"], "")) // twice is once
		if got := s.states(made.ID); got != "读书one waiting" {
			t.Fatalf("materialised %q, want one turn that waits", got)
		}
		edit := made
		edit.Steps = slices.Clone(made.Steps)
		edit.Steps[0].Text = "欢迎（新版）"
		edit, err = plans.SaveSOP(plain(ctx), "lin", edit, "")
		check(t, err)
		if _, err := plans.SaveSOP(plain(ctx), "wu", made, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("saving over another version: %v, want a conflict", err)
		}
		if k := s.targets(made.ID)[0]; k.Text != "欢迎" || k.Version != 1 || edit.Version != 2 {
			t.Errorf("after the edit: %q of version %d, want the text of version 1", k.Text, k.Version)
		}
		check(t, plans.RemoveFromSOP(ctx, "lin", made.ID, s.keys["one"], ""))
		if got := s.states(made.ID); got != "读书one not_sent" {
			t.Errorf("after the group left: %q, want not_sent", got)
		}
	})
}

func TestWhatTheLinkCheckRefusesNeedsAReason(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, plans := t.Context(), s.app.Plans(s.org, nil)
		bad := plan.Broadcast{Title: "领资料", Text: "转发到群领资料 http://127.0.0.1:1/x", Filter: plan.Filter{Platform: "wechat"}}
		if _, err := plans.NewBroadcast(ctx, "lin", bad); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("inducement: %v, want refused", err)
		}
		found, err := plans.CheckLinks(ctx, bad.Text, "wechat")
		check(t, err)
		if len(found) != 2 || found[0].Rule != "wechat-inducement" || found[1].Rule != "redirect" || found[1].Found != string(community.CodeForbidden) {
			t.Errorf("findings = %+v, want the inducement, and an address that may not be called", found)
		}
		bad.Force = "已与平台确认"
		_, err = plans.NewBroadcast(ctx, "lin", bad)
		check(t, err)
		check(t, plans.SaveLinkRules(ctx, "lin", []plan.LinkRule{}, "不查"))
		if found, err := plans.CheckLinks(ctx, bad.Text, "wechat"); err != nil || len(found) != 0 {
			t.Errorf("with an empty list: %v, %v; want no finding", found, err)
		}
	})
}
