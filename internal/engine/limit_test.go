package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/engine"
)

// reading is a session whose platform can be read back.
type reading struct {
	*session
	history []connect.Inbound
}

func (s *reading) History(context.Context, string, int64) ([]connect.Inbound, error) {
	return s.history, nil
}

// with opens the engine over another session.
func (r *rig) with(s connect.Session) {
	r.e = engine.New(engine.Options{Store: r.st, Deciders: []engine.Decider{tally{}}, Clock: func() time.Time { return r.now },
		Sessions: func(community.AccountKey) connect.Session { return s }})
}

// limited is a session with limits.
type limited struct {
	*session
	limits []community.Limit
}

func (s *limited) Abilities(g string) connect.Abilities {
	a := s.session.Abilities(g)
	for v, able := range a.Verbs {
		able.Limits = s.limits
		a.Verbs[v] = able
	}
	return a
}

func TestLimitsHoldOverARestart(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		s := &limited{r.session, []community.Limit{{Count: 2, Window: 60, Per: community.PerAccount}, {Count: 100, Window: 86400, Per: community.PerGroup}}}
		r.with(s)
		var actions []community.Action
		for i := range 3 {
			actions = append(actions, r.hit(fmt.Sprint(i, "广告说话")))
		}
		check(t, r.e.CarryOut(t.Context(), actions[0].ID, 1))
		check(t, r.e.CarryOut(t.Context(), actions[1].ID, 1))
		r.with(s) // a new engine knows nothing but what is on disk
		err := r.e.CarryOut(t.Context(), actions[2].ID, 1)
		wait, ok := errors.AsType[*engine.Wait](err)
		if !ok || len(s.done) != 2 || r.state(actions[2].ID) != community.Queued {
			t.Fatalf("third within the minute: %v, %d calls, state %s; want a wait, 2 calls, queued", err, len(s.done), r.state(actions[2].ID))
		}
		if ahead := wait.Until - r.now.UnixMilli(); ahead < 60_000 || ahead > 66_000 {
			t.Errorf("room again in %d ms, want a minute, at most a tenth late", ahead)
		}
		r.now = time.UnixMilli(wait.Until)
		check(t, r.e.CarryOut(t.Context(), actions[2].ID, 1))
		if len(s.done) != 3 {
			t.Errorf("calls after the window = %d, want 3", len(s.done))
		}
	})
}

// TestNoWindowHoldsMoreThanItsLimit tries at every moment over ten windows and looks at every window afterwards.
func TestNoWindowHoldsMoreThanItsLimit(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		s := &limited{r.session, []community.Limit{{Count: 3, Window: 10, Per: community.PerMember}}}
		r.with(s)
		var at []int64
		for i := range 40 {
			a := r.hit(fmt.Sprint(i, "广告说话"))
			for range 60 {
				before := len(s.done)
				err := r.e.CarryOut(t.Context(), a.ID, 1)
				if len(s.done) > before {
					at = append(at, r.now.UnixMilli())
					break
				}
				if _, ok := errors.AsType[*engine.Wait](err); !ok {
					t.Fatal(err)
				}
				r.now = r.now.Add(733 * time.Millisecond)
			}
		}
		if len(at) != 40 {
			t.Fatalf("%d of 40 went out", len(at))
		}
		for i := 3; i < len(at); i++ {
			if at[i]-at[i-3] < 10_000 {
				t.Fatalf("four within %d ms: %v", at[i]-at[i-3], at[i-3:i+1])
			}
		}
		if took := at[39] - at[0]; took > 13*11_000+8_000 {
			t.Errorf("40 took %d ms: the limit is kept by doing too little", took)
		}
	})
}

func TestFirstRestrictionStopsTheAccountUntilAPersonSaysSo(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.err = community.Errorf(community.CodeRestricted, "账号被限制")
		a, b := r.hit("一广告说话"), r.hit("二广告说话")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		r.session.err = nil
		check(t, r.e.CarryOut(t.Context(), b.ID, 1))
		if len(r.session.done) != 1 {
			t.Errorf("calls = %d, want 1: nothing goes out after the restriction", len(r.session.done))
		}
		for _, id := range []community.ID{a.ID, b.ID} {
			if k := r.task(id); k.State != "open" || k.Why != "restricted" {
				t.Errorf("task = %s %q, want open, restricted", k.State, k.Why)
			}
		}
		accounts, err := r.st.AllAccounts(t.Context())
		check(t, err)
		if accounts[0].Restricted != r.now.UnixMilli() {
			t.Errorf("restricted since %d, want %d", accounts[0].Restricted, r.now.UnixMilli())
		}
		if accounts[0].RestrictedWhy != "账号被限制" {
			t.Errorf("restricted because %q", accounts[0].RestrictedWhy)
		}
		for _, on := range []bool{true, false, true} { // saving alone lifts nothing, switching off and on does
			a := accounts[0]
			a.Enabled = on
			_, err := r.st.SaveAccount(t.Context(), a, community.Audit{User: "小满", Reason: "平台已解除"})
			check(t, err)
			now, err := r.st.AllAccounts(t.Context())
			check(t, err)
			if lifted := now[0].Restricted == 0; lifted != (on && !accounts[0].Enabled) {
				t.Fatalf("switched to %v from %v: lifted %v", on, accounts[0].Enabled, lifted)
			}
			accounts = now
		}
		if accounts[0].RestrictedWhy != "" {
			t.Errorf("let go, and still %q", accounts[0].RestrictedWhy)
		}
		c := r.hit("三广告说话")
		check(t, r.e.CarryOut(t.Context(), c.ID, 1))
		if len(r.session.done) != 2 || r.state(c.ID) != community.Acked {
			t.Errorf("after a person's word: calls %d, state %s; want 2, acked", len(r.session.done), r.state(c.ID))
		}
	})
}

// TestPersonsWordEndsARestriction: once, audited with what it was; a second word finds nothing to end.
func TestPersonsWordEndsARestriction(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.err = community.Errorf(community.CodeRestricted, "账号被限制")
		check(t, r.e.CarryOut(t.Context(), r.hit("一广告说话").ID, 1))
		r.session.err = nil
		accounts, err := r.st.AllAccounts(t.Context())
		check(t, err)
		a := accounts[0]
		word := func() error {
			return r.st.Unrestrict(t.Context(), a.Org, a.Key, community.Audit{User: "小满", Reason: "手机上能发言了"})
		}
		check(t, word())
		if err := word(); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("a second word: %v, want a conflict", err)
		}
		if err := r.st.Unrestrict(t.Context(), a.Org+1, a.Key, community.Audit{}); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("another organisation's word: %v", err)
		}
		trail, _, err := r.st.For(community.Scope{Org: a.Org}).FindAudit(t.Context(), community.AuditFilter{Verb: "account.unrestrict", Page: community.Page{Limit: 9}})
		check(t, err)
		if len(trail) != 1 || trail[0].Reason != "手机上能发言了" || !strings.Contains(string(trail[0].Before), "账号被限制") {
			t.Errorf("the trail says %+v", trail)
		}
		b := r.hit("二广告说话")
		check(t, r.e.CarryOut(t.Context(), b.ID, 1))
		if r.state(b.ID) != community.Acked {
			t.Errorf("after a person's word: %s, want acked", r.state(b.ID))
		}
	})
}

// TestUnknownSendIsReadBack: what the platform shows was sent is not sent again, what it does not show is.
func TestUnknownSendIsReadBack(t *testing.T) {
	for name, tc := range map[string]struct {
		words string
		role  community.Role
		calls int
		want  community.State
	}{
		"it stands there":       {"请勿发广告", community.RoleSelf, 1, community.Confirmed},
		"somebody else said it": {"请勿发广告", community.RoleMember, 2, community.Acked},
		"it is not there":       {"早", community.RoleSelf, 2, community.Acked},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				s := &reading{session: r.session}
				r.with(s)
				r.session.err = community.Errorf(community.CodeTimeout, "no answer")
				a := r.hit("广告说话")
				if err := r.e.CarryOut(t.Context(), a.ID, 1); community.CodeOf(err) != community.CodeTimeout {
					t.Fatalf("err = %v, want a timeout: try again", err)
				}
				r.session.err = nil
				if _, soon := errors.AsType[*engine.Wait](r.e.CarryOut(t.Context(), a.ID, 2)); !soon {
					t.Error("read back at once: the platform may not show it yet")
				}
				r.now = r.now.Add(6 * time.Second)
				s.history = []connect.Inbound{{Type: community.MessageCreated, OccurredAt: r.now.UnixMilli() - 5000,
					Actor: community.Who{ID: "x", Role: tc.role}, Body: community.Body{Text: tc.words, Message: "m-77"}}}
				check(t, r.e.CarryOut(t.Context(), a.ID, 2))
				if len(s.done) != tc.calls || r.state(a.ID) != tc.want {
					t.Errorf("calls %d, state %s; want %d, %s", len(s.done), r.state(a.ID), tc.calls, tc.want)
				}
			})
		})
	}
}

// stuck is a session whose calls wait.
type stuck struct {
	*session
	begun chan struct{}
	free  chan struct{}
}

func (s *stuck) Do(context.Context, community.Action) (connect.Receipt, error) {
	s.begun <- struct{}{}
	<-s.free
	return connect.Receipt{State: community.Acked}, nil
}

func TestAccountThatStandsStillHoldsOnlyItsLane(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		s := &stuck{r.session, make(chan struct{}), make(chan struct{})}
		r.with(s)
		done := make(chan error)
		var list []community.Action
		for i := range 6 {
			list = append(list, r.hit(fmt.Sprint(i, "广告说话")))
		}
		for i := range 4 {
			go func() { done <- r.e.CarryOut(t.Context(), list[i].ID, 1) }()
			<-s.begun
		}
		var last int64
		for _, a := range list[4:] {
			wait, ok := errors.AsType[*engine.Wait](r.e.CarryOut(t.Context(), a.ID, 1))
			if !ok || wait.Until <= last || r.state(a.ID) != community.Queued {
				t.Fatalf("a fifth call: wait %+v, state %s; want a growing wait and queued", wait, r.state(a.ID))
			}
			last = wait.Until
		}
		close(s.free)
		for range 4 {
			check(t, <-done)
		}
		go func() { done <- r.e.CarryOut(t.Context(), list[4].ID, 1) }()
		<-s.begun
		check(t, <-done)
	})
}

func TestRecallOfOurOwnSendFindsItsMessage(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.session.also = []string{"out-1b", "out-1c"}
		a := r.hit("广告说话")
		check(t, r.e.CarryOut(t.Context(), a.ID, 1))
		recall := community.Action{ID: community.DeriveID(a.ID, "recall", 0), Group: a.Group, Verb: community.RecallMsg, Of: a.ID, Cause: community.BySystem}
		tx, err := r.st.BeginLog(t.Context())
		check(t, err)
		d := community.Decision{ID: community.DeriveID(a.ID, "d", 0), Group: a.Group, Verdict: community.Served, Actions: []community.Action{recall}}
		body, err := json.Marshal(d)
		check(t, err)
		check(t, tx.Decisions(t.Context(), []community.Decision{d}, [][]byte{body}, r.now.UnixMilli()))
		check(t, tx.Commit(t.Context()))
		now, err := r.st.ActionNow(t.Context(), recall.ID)
		check(t, err)
		if now.Action.To.Message != "out-1" || !slices.Equal(now.Action.To.Also, []string{"out-1b", "out-1c"}) {
			t.Errorf("to be recalled: %+v, want the ids that the platform gave our send", now.Action.To)
		}
	})
}

// aged is a session that recalls only for two minutes.
type aged struct{ *session }

func (s *aged) Abilities(g string) connect.Abilities {
	a := s.session.Abilities(g)
	a.Verbs[community.RecallMsg] = community.Ability{Level: community.Native, MaxAge: 120}
	return a
}

func TestRecallPastItsDeadlineIsHandedOutWithACorrection(t *testing.T) {
	for wait, calls := range map[time.Duration]int{time.Minute: 1, 3 * time.Minute: 0} {
		both(t, func(t *testing.T, r *rig) {
			s := &aged{r.session}
			recall := r.recallOf(r.message("m-1", "anna", "早"))
			r.with(s)
			r.now = r.now.Add(wait)
			check(t, r.e.CarryOut(t.Context(), recall.ID, 1))
			if len(s.done) != calls {
				t.Fatalf("after %s: %d calls, want %d", wait, len(s.done), calls)
			}
			if calls == 0 {
				if k := r.task(recall.ID); k.State != "open" || k.Why != "too_old" || k.Text == "" {
					t.Errorf("after %s: task %+v, want an open one with a correction to paste", wait, k)
				}
			}
		})
	}
}

// unable is a session that cannot recall.
type unable struct{ *session }

func (s *unable) Abilities(g string) connect.Abilities {
	a := s.session.Abilities(g)
	a.Verbs[community.RecallMsg] = community.Ability{Level: community.None}
	return a
}

// TestRecallOfWhatNobodyCanTakeBackIsACorrection: where the app can do what the program cannot, a person deletes; where
// nobody can, a person posts a correction.
func TestRecallOfWhatNobodyCanTakeBackIsACorrection(t *testing.T) {
	for platform, want := range map[community.Platform]string{"qq": "no_ability", "irc": "no_recall", "wechat": "no_recall"} {
		both(t, func(t *testing.T, r *rig) {
			a, err := r.st.SaveAccount(t.Context(), community.Account{Org: 1, Platform: platform, Connector: "test", Name: "另一个", Settings: []byte("{}"), Enabled: true}, community.Audit{})
			check(t, err)
			r.account = a.Key
			recall := r.recallOf(r.message("m-1", "anna", "早"))
			r.with(&unable{r.session})
			check(t, r.e.CarryOut(t.Context(), recall.ID, 1))
			if k := r.task(recall.ID); k.State != "open" || k.Why != want || (k.Text != "") != (want == "no_recall") {
				t.Errorf("%s: task %+v, want an open one because of %s", platform, k, want)
			}
		})
	}
}

// recallOf plans the recall of a message that was just said.
func (r *rig) recallOf(said community.Inbound) community.Action {
	r.t.Helper()
	ctx := r.t.Context()
	out := r.apply(said)
	recall := community.Action{ID: r.st.NewID(), Group: out[0].Group, Verb: community.RecallMsg, Event: out[0].Number, Message: said.Body.Message, Cause: community.ByPerson}
	tx, err := r.st.BeginLog(ctx)
	check(r.t, err)
	d := community.Decision{ID: r.st.NewID(), Group: out[0].Group, Verdict: community.Judged, Actions: []community.Action{recall}}
	body, err := json.Marshal(d)
	check(r.t, err)
	check(r.t, tx.Decisions(ctx, []community.Decision{d}, [][]byte{body}, r.now.UnixMilli()))
	check(r.t, tx.Commit(ctx))
	return recall
}
