package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

func by(user string) community.Audit { return community.Audit{User: user, Reason: "why"} }

func audited(t *testing.T, s *store.Store, verb string) int {
	t.Helper()
	_, n, err := desk(s).FindAudit(t.Context(), community.AuditFilter{Verb: verb})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func wants(t *testing.T, what string, err error, code community.Code) {
	t.Helper()
	if community.CodeOf(err) != code {
		t.Errorf("%s = %v, want code %q", what, err, code)
	}
}

// rosterIsKept keeps shifts, changes of dates and notes, with a row of the trail for each.
func rosterIsKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	monday := time.Now().UTC()
	for monday.Weekday() != time.Monday {
		monday = monday.AddDate(0, 0, 1)
	}
	shift := must(s.AddShift(ctx, 1, duty.Shift{User: "anna", Weekday: 0, Start: 480, End: 60}, by("x")))(t)
	_, err := s.AddShift(ctx, 1, duty.Shift{User: "anna", Weekday: 0, Start: 480, End: 60}, by("x"))
	wants(t, "the same shift again", err, community.CodeConflict)
	_, err = s.AddShift(ctx, 1, duty.Shift{User: "", Weekday: 0}, by("x"))
	wants(t, "a shift of nobody", err, community.CodeBadInput)
	swap := must(s.ChangeDuty(ctx, 1, duty.Change{Date: monday.Format(time.DateOnly), Shift: shift.ID, User: "ben"}, by("x")))(t)
	swap = must(s.ChangeDuty(ctx, 1, duty.Change{Date: swap.Date, Shift: shift.ID, User: "carl", Note: "病假"}, by("x")))(t)
	_, err = s.ChangeDuty(ctx, 1, duty.Change{Date: monday.AddDate(0, 0, 1).Format(time.DateOnly), Shift: shift.ID, User: "ben"}, by("x"))
	wants(t, "a change on another weekday", err, community.CodeBadInput)
	_, err = s.ChangeDuty(ctx, 2, duty.Change{Date: swap.Date, Shift: shift.ID, User: "ben"}, by("x"))
	wants(t, "a change of another organisation's shift", err, community.CodeNotFound)
	r := must(s.Roster(ctx, 1))(t)
	same(t, "shifts", r.Shifts, []duty.Shift{shift})
	same(t, "changes", r.Changes, []duty.Change{swap})
	same(t, "zone", r.Zone.String(), store.DefaultZone)
	if other := must(s.Roster(ctx, 2))(t); len(other.Shifts) != 0 {
		t.Errorf("another organisation sees %v", other.Shifts)
	}
	same(t, "taken back", must(s.UnchangeDuty(ctx, 1, swap.ID, by("x")))(t), swap)
	same(t, "removed", must(s.RemoveShift(ctx, 1, shift.ID, by("x")))(t), shift)
	_, err = s.RemoveShift(ctx, 1, shift.ID, by("x"))
	wants(t, "removed again", err, community.CodeNotFound)
	same(t, "undone", must(s.AddShift(ctx, 1, shift, by("x")))(t).ID, shift.ID)
	note := must(s.AddDutyNote(ctx, 1, "anna", "押金群有两单待退", by("anna")))(t)
	same(t, "notes", must(s.DutyNotes(ctx, 1, 5))(t), []duty.Note{note})
	for verb, want := range map[string]int{"duty.add": 2, "duty.change": 2, "duty.unchange": 1, "duty.remove": 1, "duty.note": 1} {
		if got := audited(t, s, verb); got != want {
			t.Errorf("%s stands %d times in the trail, want %d", verb, got, want)
		}
	}
}

// waysAreKept keeps how people are told; the trail never holds a secret.
func waysAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ways := []duty.Way{{Kind: duty.ByWebhook, Address: "https://example.com/hook", Secret: "whsec_abc"}, {Kind: duty.ByMail, Address: "a@example.com"}}
	if err := s.SetWays(ctx, 1, "anna", ways, by("x")); err != nil {
		t.Fatal(err)
	}
	same(t, "ways", must(s.Ways(ctx, "anna"))(t), ways)
	if err := s.SetWays(ctx, 1, "anna", ways[1:], by("x")); err != nil {
		t.Fatal(err)
	}
	same(t, "ways after", must(s.Ways(ctx, "anna"))(t), ways[1:])
	wants(t, "a way nobody knows", s.SetWays(ctx, 1, "anna", []duty.Way{{Kind: "pigeon", Address: "x"}}, by("x")), community.CodeBadInput)
	trail, _, err := desk(s).FindAudit(ctx, community.AuditFilter{Verb: "user.notify"})
	if err != nil || len(trail) != 2 {
		t.Fatalf("trail = %d rows, %v", len(trail), err)
	}
	for _, a := range trail {
		if s := string(a.After); s == "" || strings.Contains(s, "whsec") {
			t.Errorf("the trail holds %s", s)
		}
	}
}

// taskAlarm opens a task with its alarm and gives both.
func taskAlarm(t *testing.T, s *store.Store, n byte, g community.GroupKey) (community.Task, duty.Alarm) {
	t.Helper()
	ctx := t.Context()
	now := time.Now().UnixMilli()
	k := store.TaskFor(&community.Action{ID: community.ID{0: 1, 15: n}, Group: g, Verb: community.Remove, Target: community.MemberKey(n)}, "no_ability", now)
	tx := must(s.BeginLog(ctx))(t)
	if err := tx.OpenTask(ctx, k); err != nil {
		t.Fatal(tx.Rollback(ctx, err))
	}
	if err := tx.OpenTask(ctx, k); err != nil { // asked for again
		t.Fatal(tx.Rollback(ctx, err))
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return k, must(s.AlarmOf(ctx, 1, store.TaskAlarm(k.ID)))(t)
}

// twoTasksOfOneMember: the same again adds to what is known of the first; other words are another task.
func twoTasksOfOneMember(t *testing.T, s *store.Store) {
	ctx := t.Context()
	evs := NewLog(s).Append(t, say(tea, "anna", "hi", at("2026-01-01 10:00:00")))
	tx := must(s.BeginLog(ctx))(t)
	for i, words := range []string{"一等奖", "二等奖", "二等奖"} {
		a := community.Action{ID: community.ID{0: 2, 15: byte(i)}, Group: evs[0].Group, Verb: community.Remind, Target: evs[0].Actor, Text: words}
		if err := tx.OpenTask(ctx, store.TaskFor(&a, "no_ability", time.Now().UnixMilli())); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	rows, n, err := desk(s).FindTasks(ctx, community.TaskFilter{})
	got := map[string]int{}
	for _, r := range rows {
		got[r.Text] = r.Evidence
	}
	if err != nil || n != 2 || got["一等奖"] != 1 || got["二等奖"] != 2 {
		t.Errorf("tasks = %v of %d: %v", got, n, err)
	}
}

func closeTask(t *testing.T, s *store.Store, id community.ID) {
	t.Helper()
	ctx := t.Context()
	tx := must(s.BeginLog(ctx))(t)
	if err := tx.CloseTask(ctx, id, "done", "anna", "", 0, time.Now().UnixMilli()); err != nil {
		t.Fatal(tx.Rollback(ctx, err))
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, s *store.Store, a duty.Alarm, steps ...duty.Step) duty.Alarm {
	t.Helper()
	if ok, err := s.AddSteps(t.Context(), a, steps, nil); err != nil || !ok {
		t.Fatalf("steps %v were taken: %v, %v", steps, ok, err)
	}
	return must(s.AlarmNow(t.Context(), a.ID))(t)
}

// alarmFollowsTask: the alarm opens with its task, once, and ends with it; who takes one has the other.
func alarmFollowsTask(t *testing.T, s *store.Store) {
	ctx := t.Context()
	evs := NewLog(s).Append(t, say(tea, "anna", "hi", at("2026-01-01 10:00:00")))
	k, a := taskAlarm(t, s, 1, evs[0].Group)
	if a.State != duty.Waiting || a.Due != k.Due || len(a.Steps) != 1 || a.Group != k.Group {
		t.Fatalf("alarm = %+v", a)
	}
	asked := duty.Step{At: a.Opened + 1, What: duty.Asked, User: "anna", Until: a.Opened + 600_000}
	next := add(t, s, a, asked, duty.Step{At: a.Opened + 2, What: duty.Told, User: "anna", Way: duty.ByMail})
	if ok, err := s.AddSteps(ctx, a, []duty.Step{asked}, nil); ok || err != nil {
		t.Errorf("a step on what was read before the others = %v, %v; want nothing", ok, err)
	}
	if err := s.ClaimTask(ctx, k.ID, "ben", by("ben")); err != nil {
		t.Fatal(err)
	}
	next = must(s.AlarmNow(ctx, a.ID))(t)
	if last := next.Steps[len(next.Steps)-1]; next.State != duty.Taken || next.Holder != "ben" || last.What != duty.Acknowledged || last.User != "ben" {
		t.Errorf("after the claim: %q by %q, last step %+v", next.State, next.Holder, last)
	}
	next = add(t, s, next, duty.Step{At: k.Due, What: duty.Expired, User: "ben"})
	task := must(s.TaskNow(ctx, k.ID))(t)
	if task.State != "open" || task.Assignee != "" || task.Due <= k.Due || task.Due != next.Due {
		t.Errorf("after its deadline the task is %q of %q, due %d (alarm %d)", task.State, task.Assignee, task.Due, next.Due)
	}
	next = add(t, s, next, duty.Step{At: k.Due + 1, What: duty.Acknowledged, User: "carl"})
	if task = must(s.TaskNow(ctx, k.ID))(t); task.State != "claimed" || task.Assignee != "carl" {
		t.Errorf("after carl's word the task is %q of %q", task.State, task.Assignee)
	}
	closeTask(t, s, k.ID)
	closeTask(t, s, k.ID)
	next = must(s.AlarmNow(ctx, a.ID))(t)
	if last := next.Steps[len(next.Steps)-1]; next.State != duty.Over || last.What != duty.Done || last.User != "anna" || last.Note != "done" {
		t.Errorf("after the end: %q, last step %+v", next.State, last)
	}
	if open, n, err := desk(s).FindAlarms(ctx, true, "", community.Page{}); err != nil || n != 0 {
		t.Errorf("open alarms = %v, %v", open, err)
	}
	if _, n, err := desk(s).FindAlarms(ctx, false, "", community.Page{}); err != nil || n != 1 {
		t.Errorf("alarms = %d, %v", n, err)
	}
	if _, n, err := desk(s).FindAlarms(ctx, false, "nobody has this tag", community.Page{}); err != nil || n != 0 {
		t.Errorf("alarms about groups with a tag that none has = %d, %v", n, err)
	}
	hidden := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{999}})
	_, err := hidden.AlarmByID(ctx, a.ID)
	wants(t, "an alarm of a group outside the scope", err, community.CodeNotFound)
}

// oneOfManySteps: of many who append to the same reading one wins.
func oneOfManySteps(t *testing.T, s *store.Store) {
	evs := NewLog(s).Append(t, say(tea, "anna", "hi", at("2026-01-01 10:00:00")))
	_, a := taskAlarm(t, s, 1, evs[0].Group)
	var wg sync.WaitGroup
	won := make(chan string, 8)
	for i := range 8 {
		wg.Go(func() {
			user := fmt.Sprint("u", i)
			ok, err := s.AddSteps(t.Context(), a, []duty.Step{{At: a.Opened, What: duty.Acknowledged, User: user}}, nil)
			if err != nil {
				t.Error(err)
			}
			if ok {
				won <- user
			}
		})
	}
	wg.Wait()
	close(won)
	if len(won) != 1 {
		t.Fatalf("%d won, want 1", len(won))
	}
	now := must(s.AlarmNow(t.Context(), a.ID))(t)
	if user := <-won; now.Holder != user || len(now.Steps) != 2 {
		t.Errorf("holder %q with %d steps, want %q with 2", now.Holder, len(now.Steps), user)
	}
}

// passWorksOnce: a link is spent by the first who uses it.
func passWorksOnce(t *testing.T, s *store.Store) {
	ctx := t.Context()
	soon := time.Now().Add(time.Minute).UnixMilli()
	if err := s.AddPass(ctx, store.Pass{Hash: "h1", Purpose: "link", User: "anna", Expires: soon}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddPass(ctx, store.Pass{Hash: "old", Purpose: "link", User: "anna", Expires: soon - 120_000}); err != nil {
		t.Fatal(err)
	}
	for hash, purpose := range map[string]string{"h1": "device", "h2": "link", "old": "link"} {
		_, err := s.SpendPass(ctx, hash, purpose, store.Pass{Hash: "d-" + hash, Purpose: "device", Expires: soon})
		wants(t, hash+" as "+purpose, err, community.CodeForbidden)
	}
	same(t, "user", must(s.SpendPass(ctx, "h1", "link", store.Pass{Hash: "d1", Purpose: "device", Expires: soon}))(t), "anna")
	_, err := s.SpendPass(ctx, "h1", "link", store.Pass{Hash: "d2", Purpose: "device", Expires: soon})
	wants(t, "the link again", err, community.CodeForbidden)
	same(t, "device", must(s.Pass(ctx, "d1", "device"))(t).User, "anna")
	_, err = s.Pass(ctx, "d2", "device")
	wants(t, "a device that never was", err, community.CodeForbidden)
	if err := s.DropPass(ctx, "d1"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Pass(ctx, "d1", "device")
	wants(t, "a device that was dropped", err, community.CodeForbidden)
}

// silenceIsKept: the minutes an account did not hear, by platform's word or because we were not there.
func silenceIsKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	a := must(s.SaveAccount(ctx, community.Account{Org: 1, Connector: "sim", Platform: "sim", Name: "群助手", Enabled: true, Settings: []byte("{}")}, by("x")))(t)
	l := NewLog(s)
	l.Account = a.Key
	g := l.Append(t, say(tea, "anna", "hi", at("2026-01-01 10:00:00")))[0].Group
	const minute = 60_000
	t0 := at("2026-01-01 10:00:00")
	for _, seen := range []int64{0, 1, 2, 10} { // minutes; the house was away from 2 to 10
		if err := s.AccountHeard(ctx, a.Key, t0+seen*minute, 90_000); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.LostAccount(ctx, a.Key, "account.offline", true, t0+12*minute); err != nil {
			t.Fatal(err)
		}
	}
	alarm := must(s.AlarmOf(ctx, 1, store.AccountAlarm(a.Key)))(t)
	if alarm.State != duty.Waiting || alarm.Account != a.Key || len(alarm.Steps) != 1 {
		t.Errorf("alarm = %+v", alarm)
	}
	spans := func() []duty.Span { return duty.Missing(must(s.Silences(ctx, g, t0, t0+30*minute))(t)) }
	same(t, "missing while down", spans(), []duty.Span{{From: t0 + 2*minute, To: t0 + 10*minute}, {From: t0 + 12*minute, To: t0 + 30*minute}})
	if err := s.AccountHeard(ctx, a.Key, t0+20*minute, 90_000); err != nil {
		t.Fatal(err)
	}
	same(t, "missing", spans(), []duty.Span{{From: t0 + 2*minute, To: t0 + 10*minute}, {From: t0 + 12*minute, To: t0 + 20*minute}})
	if alarm = must(s.AlarmNow(ctx, alarm.ID))(t); alarm.State != duty.Over {
		t.Errorf("the alarm is %q after the account came back", alarm.State)
	}
	same(t, "groups", must(s.GroupsOf(ctx, a.Key))(t), []community.GroupKey{g})
}
