package engine_test

import (
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/engine"
)

// hit makes a decision with one action and gives the action.
func (r *rig) hit(text string) community.Action {
	r.t.Helper()
	out := r.apply(r.message("m-"+text, "spammer", text))
	return out[0].Decisions[0].Actions[0]
}

func (r *rig) state(id community.ID) community.State {
	r.t.Helper()
	now, err := r.st.ActionNow(r.t.Context(), id)
	check(r.t, err)
	return now.State
}

func (r *rig) task(id community.ID) community.Task {
	r.t.Helper()
	k, err := r.st.TaskNow(r.t.Context(), id)
	check(r.t, err)
	return k
}

func TestNativeActionIsDoneOnceAndConfirmedByItsNotice(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		a := r.hit("广告")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		check(t, r.e.CarryOut(t.Context(), a.ID, 2))
		if len(r.session.done) != 1 || r.session.done[0].To.Member != "spammer" || r.session.done[0].To.Group != "g1" {
			t.Fatalf("done = %+v, want one mute of spammer in g1", r.session.done)
		}
		if got := r.state(a.ID); got != community.Acked {
			t.Errorf("state = %s, want acked", got)
		}
		r.apply(community.Inbound{Account: r.account, Type: community.MemberMuted, Key: "n", Group: community.Ref{ID: "g1"},
			Subject: community.Who{ID: "spammer"}, Body: community.Body{Seconds: 60}})
		if got := r.state(a.ID); got != community.Confirmed {
			t.Errorf("state after the notice = %s, want confirmed", got)
		}
	})
}

func TestWhatNoConnectionCanDoBecomesATask(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.level = community.None
		a := r.hit("广告移出")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		k := r.task(a.ID)
		if k.State != "open" || k.Verb != community.Remove || k.Why != "no_ability" {
			t.Fatalf("task = %+v, want an open removal", k)
		}
		b := r.hit("又广告移出")
		check(t, r.e.CarryOut(t.Context(), b.ID, 1))
		if got := r.task(a.ID).Evidence; got != 2 {
			t.Errorf("evidence = %d, want 2: the same wish twice is one task", got)
		}
		r.apply(community.Inbound{Account: r.account, Type: community.MemberLeft, Key: "l", Group: community.Ref{ID: "g1"},
			Subject: community.Who{ID: "spammer"}, Body: community.Body{Reason: "kicked"}})
		if k := r.task(a.ID); k.State != "done" {
			t.Errorf("task after the member left = %s, want done", k.State)
		}
	})
}

func TestFirstDoneWinsAndTheSecondIsToldByWhom(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.level = community.Human
		a := r.hit("广告")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		check(t, r.e.Report(t.Context(), a.ID, "小满", "", true, community.Audit{}))
		err := r.e.Report(t.Context(), a.ID, "老周", "", true, community.Audit{})
		if community.CodeOf(err) != community.CodeConflict || err.Error() != "already done by 小满" {
			t.Errorf("err = %v, want a conflict naming 小满", err)
		}
		if got := r.state(a.ID); got != community.Acked {
			t.Errorf("state = %s, want acked", got)
		}
	})
}

func TestUnknownOutcomeOfASendIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.err = community.Errorf(community.CodeTimeout, "no answer")
		a := r.hit("广告说话")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		check(t, r.e.CarryOut(t.Context(), a.ID, 2))
		if n := len(r.session.done); n != 1 {
			t.Errorf("calls = %d, want 1", n)
		}
		if k := r.task(a.ID); k.State != "open" || k.Why != "unknown_outcome" {
			t.Errorf("task = %+v, want open, unknown_outcome", k)
		}
	})
}

func TestUnknownMuteIsRepeatedWithTheSecondsThatRemain(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.err = community.Errorf(community.CodeTimeout, "no answer")
		a := r.hit("广告")
		if err := r.e.CarryOut(t.Context(), a.ID, 1); community.CodeOf(err) != community.CodeTimeout {
			t.Fatalf("err = %v, want a timeout: try again", err)
		}
		r.session.err = nil
		check(t, r.e.CarryOut(t.Context(), a.ID, 2))
		if n := len(r.session.done); n != 2 || r.state(a.ID) != community.Acked {
			t.Errorf("calls = %d, state %s; want 2 and acked", n, r.state(a.ID))
		}
	})
}

func TestUnknownRemovalIsReadBackFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		members []community.Who
		calls   int
		state   community.State
	}{
		"gone":        {nil, 1, community.Confirmed},
		"still there": {[]community.Who{{ID: "spammer"}}, 2, community.Acked},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				r.session.err = community.Errorf(community.CodeTimeout, "no answer")
				a := r.hit("广告移出")
				if err := r.e.CarryOut(t.Context(), a.ID, 1); err == nil {
					t.Fatal("a removal without answer must be tried again")
				}
				r.session.err, r.session.members = nil, tc.members
				check(t, r.e.CarryOut(t.Context(), a.ID, 2))
				if n := len(r.session.done); n != tc.calls || r.state(a.ID) != tc.state {
					t.Errorf("calls = %d, state %s; want %d and %s", n, r.state(a.ID), tc.calls, tc.state)
				}
			})
		})
	}
}

func TestFreezeHoldsRulesButNotPeople(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		a := r.hit("广告")
		check(t, r.st.Freeze(t.Context(), 1, 0, true, community.Audit{User: "test"}))
		err := r.e.CarryOut(t.Context(), a.ID, 1)
		if w, ok := err.(*engine.Wait); !ok || w.LaterThan() > r.now.Add(2*time.Second).UnixMilli() {
			t.Fatalf("err = %v, want to wait at most 2 s", err)
		}
		if len(r.session.done) != 0 {
			t.Error("a frozen action was carried out")
		}
		check(t, r.st.Freeze(t.Context(), 1, 0, false, community.Audit{User: "test"}))
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		if r.state(a.ID) != community.Acked {
			t.Errorf("state after the thaw = %s, want acked", r.state(a.ID))
		}
	})
}

func TestOwnWordsComingBackAreEvidenceAndNotDecidedUpon(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.level = community.Human
		a := r.hit("广告说话")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		out := r.apply(r.message("pasted", "owner", "请勿发广告"))
		if len(out[0].Decisions) != 0 {
			t.Errorf("decided upon our own words: %+v", out[0].Decisions)
		}
		if got := r.state(a.ID); got != community.Confirmed {
			t.Errorf("state = %s, want confirmed", got)
		}
		if k := r.task(a.ID); k.State != "done" {
			t.Errorf("task = %s, want done", k.State)
		}
	})
}

func TestOfflineThreeTimesBecomesATask(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.err = community.Errorf(community.CodeUnreachable, "offline")
		a := r.hit("广告")
		for n := 1; n <= 2; n++ {
			if err := r.e.CarryOut(t.Context(), a.ID, n); community.CodeOf(err) != community.CodeUnreachable {
				t.Fatalf("try %d: %v, want unreachable", n, err)
			}
		}
		check(t, r.e.CarryOut(t.Context(), a.ID, 3))
		if k := r.task(a.ID); k.State != "open" || k.Why != "offline" {
			t.Errorf("task = %+v, want open because offline", k)
		}
	})
}

func TestMemberIsRemovedOnceHoweverOftenItIsWanted(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		a, b := r.hit("广告移出"), r.hit("还是广告移出")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		check(t, r.e.CarryOut(t.Context(), b.ID, 1))
		if len(r.session.done) != 1 {
			t.Errorf("removals = %d, want 1", len(r.session.done))
		}
		if got := r.state(b.ID); got != community.Cancelled {
			t.Errorf("the second wish is %s, want cancelled", got)
		}
	})
}

func TestOneAnswerEndsEveryWishForTheSame(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.level = community.Human
		a, b := r.hit("广告移出"), r.hit("还是广告移出")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		check(t, r.e.CarryOut(t.Context(), b.ID, 1))
		check(t, r.e.Report(t.Context(), a.ID, "小满", "", true, community.Audit{}))
		if x, y := r.state(a.ID), r.state(b.ID); x != community.Acked || y != community.Acked {
			t.Errorf("states = %s and %s, want both acked", x, y)
		}
	})
}

func TestRefusedActionBecomesATaskWithThePlatformsWords(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.err = community.Errorf(community.CodeRefused, "retcode 100: 权限不足")
		a := r.hit("广告")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		if k := r.task(a.ID); k.State != "open" || k.Why != "refused" {
			t.Errorf("task = %+v, want open because refused", k)
		}
		list, _, err := r.st.For(community.Scope{Org: 1}).FindActions(t.Context(), community.ActionFilter{})
		check(t, err)
		if len(list) != 1 || list[0].State != community.HumanTask || list[0].Detail != "retcode 100: 权限不足" {
			t.Errorf("actions = %+v, want one human task that keeps the platform's words", list)
		}
	})
}

func TestRemovalThatComesTooOftenIsHandedToAPerson(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.err = community.Errorf(community.CodeLimited, "too often")
		a := r.hit("广告移出")
		for n := 1; n < 5; n++ {
			if err := r.e.CarryOut(t.Context(), a.ID, n); community.CodeOf(err) != community.CodeLimited {
				t.Fatalf("try %d: %v, want limited", n, err)
			}
		}
		check(t, r.e.CarryOut(t.Context(), a.ID, 5))
		if k := r.task(a.ID); k.State != "open" || k.Why != "late" {
			t.Errorf("task = %+v, want open because late", k)
		}
	})
}

func TestMuteThatIsNeverAnsweredIsHandedToAPerson(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.err = community.Errorf(community.CodeTimeout, "no answer")
		a := r.hit("广告")
		for n := 1; n < 5; n++ {
			if err := r.e.CarryOut(t.Context(), a.ID, n); community.CodeOf(err) != community.CodeTimeout {
				t.Fatalf("try %d: %v, want a timeout", n, err)
			}
		}
		check(t, r.e.CarryOut(t.Context(), a.ID, 5))
		if k := r.task(a.ID); k.State != "open" || k.Why != "unknown_outcome" {
			t.Errorf("task = %+v, want open, unknown_outcome", k)
		}
	})
}

// TestListWithoutTheMemberClosesTheRemoval: a platform that tells nothing is read again, and that is evidence too.
func TestListWithoutTheMemberClosesTheRemoval(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.level = community.Human
		list := func(key, people string) community.Inbound {
			return community.Inbound{Account: r.account, Type: community.RosterRead, Key: key, Group: community.Ref{ID: "g1"}, OccurredAt: r.now.UnixMilli(),
				Body: community.Body{Data: []byte(people)}}
		}
		a := r.hit("广告移出")
		r.apply(list("before", `[]`)) // read before anybody was asked: says nothing
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		r.now = r.now.Add(time.Minute)
		r.apply(list("still", `[{"id":"spammer"},{"id":"owner"}]`))
		if got := r.state(a.ID); got != community.HumanTask {
			t.Fatalf("state while on the list = %s, want human_task", got)
		}
		r.apply(list("gone", `[{"id":"owner","inviter":"spammer"}]`))
		if got, k := r.state(a.ID), r.task(a.ID); got != community.Confirmed || k.State != "done" || k.Note != "roster.read" {
			t.Errorf("after the list without them: %s, task %s %q; want confirmed and done by roster.read", got, k.State, k.Note)
		}
	})
}

// TestAssistedActionIsAskedOfThePlatformAndWaitsForAPerson: the call is made once, the task stays until the platform says
// that somebody confirmed.
func TestAssistedActionIsAskedOfThePlatformAndWaitsForAPerson(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.level = community.Assisted
		a := r.hit("广告移出")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		check(t, r.e.CarryOut(t.Context(), a.ID, 2))
		if k := r.task(a.ID); len(r.session.done) != 1 || k.State != "open" || k.Why != "to_confirm" || r.state(a.ID) != community.HumanTask {
			t.Fatalf("calls %d, task %+v, state %s; want one call and an open task to confirm", len(r.session.done), k, r.state(a.ID))
		}
		data := []byte(`{"action":"` + a.ID.String() + `","state":"confirmed","receipt":{"state":"confirmed"},"mode":"assisted"}`)
		r.apply(community.Inbound{Account: r.account, Type: community.ActionReceipt, Key: "told", Group: community.Ref{ID: "g1"}, Body: community.Body{Data: data}})
		if k := r.task(a.ID); k.State != "done" || r.state(a.ID) != community.Confirmed {
			t.Errorf("after the platform's word: task %s, state %s; want done, confirmed", k.State, r.state(a.ID))
		}
	})
}
