package app_test

import (
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// mutes lists our mutes of the whole group: "on" or "off" with their states, the oldest first.
func (n *night) mutes() []string {
	n.t.Helper()
	rows, _, err := n.desk.FindActions(n.t.Context(), community.ActionFilter{Group: n.group.Key, Verb: community.MuteAll})
	check(n.t, err)
	var out []string
	for i := len(rows) - 1; i >= 0; i-- {
		word := "on "
		if rows[i].Action.Refuse {
			word = "off "
		}
		out = append(out, word+string(rows[i].State))
	}
	return out
}

func (n *night) lock() duty.Lockdown {
	n.t.Helper()
	list, err := n.duty().Lockdowns(n.t.Context())
	check(n.t, err)
	return list[0]
}

func (n *night) locked() bool {
	n.t.Helper()
	on, err := n.app.Store().LockedDown(n.t.Context(), n.group.Key)
	check(n.t, err)
	return on
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestLockdownMutesAnnouncesAndEndsByItself: all are muted, the notice is up, and when the time is over only our mute is
// lifted.
func TestLockdownMutesAnnouncesAndEndsByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx := t.Context()
		made, err := n.duty().Lock(ctx, n.id("anna"), duty.LockOrder{All: true, Until: n.app.Now() + 3600_000, Text: "暂停发言到九点", Reason: "有人发诈骗链接"})
		check(t, err)
		if made.People < 8 || len(made.Groups) != 1 {
			t.Errorf("lockdown of %d groups with %d people", len(made.Groups), made.People)
		}
		await(t, func() bool {
			return equal(n.mutes(), []string{"on acked"}) || equal(n.mutes(), []string{"on confirmed"})
		})
		await(t, func() bool {
			rows, _, err := n.desk.FindActions(ctx, community.ActionFilter{Group: n.group.Key, Verb: community.Announce})
			return err == nil && len(rows) == 1 && (rows[0].State == community.Acked || rows[0].State == community.Confirmed)
		})
		if g, err := n.desk.GroupByKey(ctx, n.group.Key); err != nil || g.Name != n.group.Name {
			t.Errorf("under the notice the group is called %q (%v), want %q", g.Name, err, n.group.Name)
		}
		if !n.locked() {
			t.Error("senders are not told of the lockdown")
		}
		if _, err := n.duty().Lock(ctx, n.id("ben"), duty.LockOrder{All: true, Reason: "x"}); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("a second lockdown of the same groups: %v, want a conflict", err)
		}
		n.end()
		n.pass(61 * time.Minute)
		n.open()
		await(t, func() bool { return n.lock().State == duty.LockOver })
		await(t, func() bool { m := n.mutes(); return len(m) == 2 && (m[1] == "off acked" || m[1] == "off confirmed") })
		if n.locked() {
			t.Error("senders are still told of the lockdown")
		}
	})
}

// TestLockdownLeavesWhatWasBefore: a group that was muted by hand stays muted.
func TestLockdownLeavesWhatWasBefore(t *testing.T) {
	n := startNight(t, "", `{"scene":"quiet"}`)
	ctx := t.Context()
	_, err := n.app.Hands(n.org, nil).Act(ctx, n.id("anna"), []community.Action{{Verb: community.MuteAll, Group: n.group.Key}}, "夜间")
	check(t, err)
	await(t, func() bool {
		return equal(n.mutes(), []string{"on acked"}) || equal(n.mutes(), []string{"on confirmed"})
	})
	before := n.mutes()
	made, err := n.duty().Lock(ctx, n.id("anna"), duty.LockOrder{All: true, Reason: "x"})
	check(t, err)
	check(t, n.duty().Unlock(ctx, n.id("ben"), made.ID, ""))
	await(t, func() bool { return n.lock().State == duty.LockOver })
	if !equal(n.mutes(), before) {
		t.Errorf("mutes = %v, want %v as before", n.mutes(), before)
	}
	if err := n.duty().Unlock(ctx, n.id("ben"), made.ID, ""); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("ended again: %v, want a conflict", err)
	}
}

// TestLockdownWithoutHandsBecomesTasks: no connection can mute, so a person is asked; when it ends before anybody did it,
// nobody is asked any more, and there is nothing to lift. What a person did is lifted by a person.
func TestLockdownWithoutHandsBecomesTasks(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, noHands)
		ctx := t.Context()
		order := duty.LockOrder{Groups: []community.GroupKey{n.group.Key}, Reason: "x"}
		made, err := n.duty().Lock(ctx, n.id("anna"), order)
		check(t, err)
		await(t, func() bool { return equal(n.mutes(), []string{"on human_task"}) })
		check(t, n.duty().Unlock(ctx, n.id("anna"), made.ID, ""))
		await(t, func() bool { return equal(n.mutes(), []string{"on cancelled"}) && n.lock().State == duty.LockOver })
		if _, total, err := n.desk.FindTasks(ctx, community.TaskFilter{}); err != nil || total != 0 {
			t.Errorf("%d tasks wait (%v), want none", total, err)
		}
		made, err = n.duty().Lock(ctx, n.id("anna"), order)
		check(t, err)
		await(t, func() bool { return equal(n.mutes(), []string{"on cancelled", "on human_task"}) })
		tasks, _, err := n.desk.FindTasks(ctx, community.TaskFilter{})
		check(t, err)
		check(t, n.app.Hands(n.org, nil).TaskDone(ctx, n.id("anna"), tasks[0].ID, ""))
		check(t, n.duty().Unlock(ctx, n.id("anna"), made.ID, ""))
		await(t, func() bool { return equal(n.mutes(), []string{"on cancelled", "on acked", "off human_task"}) })
	})
}

// TestLockdownIsRefusedWithReasons at its door.
func TestLockdownIsRefusedWithReasons(t *testing.T) {
	n := startNight(t, "", noHands)
	for name, c := range map[string]struct {
		o    duty.LockOrder
		want community.Code
	}{
		"no groups":       {duty.LockOrder{}, community.CodeBadInput},
		"an unknown tag":  {duty.LockOrder{Tag: "没有"}, community.CodeNotFound},
		"other's groups":  {duty.LockOrder{Groups: []community.GroupKey{999}}, community.CodeNotFound},
		"an end long ago": {duty.LockOrder{All: true, Until: 5}, community.CodeBadInput},
		"an end too far":  {duty.LockOrder{All: true, Until: n.app.Now() + 8*24*3600_000}, community.CodeBadInput},
		"a text too long": {duty.LockOrder{All: true, Text: string(make([]byte, duty.MaxNote+1))}, community.CodeTooLarge},
	} {
		if _, err := n.duty().Lock(t.Context(), "x", c.o); community.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want code %q", name, err, c.want)
		}
	}
}
