package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/engine"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// tally is a decider for tests: it counts messages and says "hit" with a mute and a strike on those that hold 广告.
type tally struct{}

type count struct {
	Group    community.GroupKey
	Messages int
}

func (tally) Name() string                         { return "tally" }
func (tally) Version() int                         { return 1 }
func (tally) New(g community.GroupKey) engine.Fold { return &count{Group: g} }
func (tally) Restore(g community.GroupKey, raw []byte) (engine.Fold, error) {
	c := &count{}
	return c, json.Unmarshal(raw, c)
}
func (c *count) Snapshot() []byte { raw, _ := json.Marshal(c); return raw }
func (c *count) Size() int        { return 32 }
func (c *count) Step(ev *community.Event) []community.Decision {
	if ev.Type != community.MessageCreated || !ev.Body.Caused.IsZero() {
		return nil
	}
	if strings.Contains(ev.Body.Text, "炸") {
		panic("a rule that panics")
	}
	c.Messages++
	if !strings.Contains(ev.Body.Text, "广告") {
		return nil
	}
	verb := community.Mute
	if strings.Contains(ev.Body.Text, "说话") {
		verb = community.Send
	}
	if strings.Contains(ev.Body.Text, "移出") {
		verb = community.Remove
	}
	id := community.DeriveID(ev.ID, "ad", 0)
	a := community.Action{ID: community.DeriveID(ev.ID, "ad", 1), Decision: id, Group: ev.Group, Verb: verb, Target: ev.Actor,
		Seconds: 60, Text: "请勿发广告", Cause: community.ByRule, Rule: "ad", Event: ev.Number}
	return []community.Decision{{ID: id, Decider: "tally", Group: ev.Group, Event: ev.Number, Seq: ev.Seq, At: ev.At, Member: ev.Actor,
		Verdict: community.Hit, Hits: []community.RuleHit{{Rule: "ad", Kind: "keyword"}}, Rung: c.Messages,
		Strikes: []community.Strike{{ID: community.DeriveID(ev.ID, "ad", 2), Decision: id, Group: ev.Group, Member: ev.Actor, Rule: "ad",
			Event: ev.Number, At: ev.At, Expires: ev.At + 1000}},
		Actions: []community.Action{a}}}
}

// rig is an engine over a store with one account and a session that answers as told.
type rig struct {
	t       testing.TB
	st      *store.Store
	e       *engine.Engine
	account community.AccountKey
	session *session
	now     time.Time
	commits []engine.Commit
}

type session struct {
	also    []string // what else a send becomes
	level   community.Level
	err     error
	done    []community.Action
	members []community.Who
}

func (s *session) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func (s *session) Abilities(string) connect.Abilities {
	a := connect.Abilities{Verbs: map[community.Verb]community.Ability{}}
	for _, v := range community.Verbs {
		a.Verbs[v] = community.Ability{Level: s.level}
	}
	return a
}
func (s *session) Do(_ context.Context, a community.Action) (connect.Receipt, error) {
	s.done = append(s.done, a)
	return connect.Receipt{State: community.Acked, Message: fmt.Sprintf("out-%d", len(s.done)), Also: s.also}, s.err
}
func (s *session) Members(context.Context, string) ([]community.Who, error) { return s.members, nil }

func newRig(t testing.TB, st *store.Store) *rig {
	r := &rig{t: t, st: st, session: &session{level: community.Native}, now: time.UnixMilli(1_790_000_000_000)}
	org, err := st.Org(t.Context(), "测试", false)
	check(t, err)
	a, err := st.SaveAccount(t.Context(), community.Account{Org: org, Platform: "qq", Connector: "test", Name: "小助手", Settings: []byte("{}"), Enabled: true}, community.Audit{})
	check(t, err)
	r.account = a.Key
	r.open()
	return r
}

func (r *rig) open() {
	r.e = engine.New(engine.Options{Store: r.st, Deciders: []engine.Decider{tally{}}, Clock: func() time.Time { return r.now },
		Sessions:  func(community.AccountKey) connect.Session { return r.session },
		Committed: func(c engine.Commit) { r.commits = append(r.commits, c) }})
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) message(key, who, text string) community.Inbound {
	return community.Inbound{Account: r.account, Type: community.MessageCreated, Key: key, OccurredAt: r.now.UnixMilli(),
		Group: community.Ref{ID: "g1", Name: "读书群"}, Actor: community.Who{ID: who, Name: who}, Body: community.Body{Text: text, Message: key}}
}

func (r *rig) apply(in ...community.Inbound) []engine.Outcome {
	r.t.Helper()
	out, err := r.e.Apply(r.t.Context(), in...)
	check(r.t, err)
	return out
}

func (r *rig) log() []community.Event {
	r.t.Helper()
	var list []community.Event
	for ev, err := range r.st.Events(r.t.Context(), store.EventScan{}) {
		check(r.t, err)
		list = append(list, ev)
	}
	return list
}

func (r *rig) gapless() {
	r.t.Helper()
	next := map[community.GroupKey]int64{}
	for _, ev := range r.log() {
		next[ev.Group]++
		if ev.Seq != next[ev.Group] {
			r.t.Fatalf("event %d has seq %d, want %d", ev.Number, ev.Seq, next[ev.Group])
		}
	}
}

// both runs a test on both databases. The short run, which looks for races, leaves SQLite to the whole one where PostgreSQL must be
// there: watched for races, a database within the process takes most of the time and is not what is examined.
func both(t *testing.T, run func(t *testing.T, r *rig)) {
	if testing.Short() && storetest.Required("pg") {
		t.Run("postgres", func(t *testing.T) { run(t, newRig(t, storetest.Postgres(t))) })
		return
	}
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) { run(t, newRig(t, open(t))) })
}

func TestSameEventTwiceHasItsEffectOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		first := r.apply(r.message("1", "a", "广告"), r.message("2", "b", "早"))
		again := r.apply(r.message("1", "a", "广告"), r.message("3", "c", "早安"), r.message("3", "c", "早安"))
		if !again[0].Repeated || again[1].Repeated || !again[2].Repeated {
			t.Errorf("repeated = %v %v %v, want true false true", again[0].Repeated, again[1].Repeated, again[2].Repeated)
		}
		if len(first[0].Decisions) != 1 || len(again[0].Decisions) != 0 {
			t.Errorf("decisions = %d and %d, want 1 and 0", len(first[0].Decisions), len(again[0].Decisions))
		}
		if n := len(r.log()); n != 3 {
			t.Errorf("events = %d, want 3", n)
		}
		r.gapless()
	})
}

func TestSameKeyWithAnotherBodyIsKept(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.apply(r.message("1", "a", "早"))
		r.apply(r.message("1", "a", "晚"), r.message("1", "a", "午"))
		out := r.apply(r.message("1", "a", "晚"))
		if !out[0].Repeated {
			t.Error("the second body came again and was not recognised")
		}
		if n := len(r.log()); n != 3 {
			t.Errorf("events = %d, want 3", n)
		}
		r.gapless()
	})
}

func TestAGroupThatThePlatformMovesStaysOneGroup(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		inNew := func(key, text string) community.Inbound {
			in := r.message(key, "a", text)
			in.Group = community.Ref{ID: "g1-super", Name: "读书群"}
			return in
		}
		move := r.message("moved:g1", "a", "")
		move.Type, move.Body = community.GroupMoved, community.Body{State: "g1-super"}
		old := r.apply(r.message("1", "a", "早"))[0].Group
		early := r.apply(inNew("2", "先到的"))[0].Group
		same := r.apply(inNew("2b", "同一批里"), move, move)
		if same[0].Group != old || !same[2].Repeated {
			t.Errorf("in the batch of the move: group %d, told twice %v; want %d, true", same[0].Group, same[2].Repeated, old)
		}
		for i, in := range []community.Inbound{inNew("3", "搬好了"), r.message("4", "b", "旧号也通")} {
			if got := r.apply(in)[0].Group; got != old {
				t.Errorf("message %d after the move is in group %d, want %d", i, got, old)
			}
		}
		if early == old {
			t.Error("what came before the move was told belongs to the old group, though nobody could know")
		}
		if id, err := r.st.GroupExternal(t.Context(), old); err != nil || id != "g1-super" {
			t.Errorf("actions go to %q, %v; want g1-super", id, err)
		}
		r.open()
		if got := r.apply(inNew("5", "重启以后"))[0].Group; got != old {
			t.Errorf("after a restart the message is in group %d, want %d", got, old)
		}
	})
}

func TestLateAndSkewedEventsAreMarked(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		base := r.now.UnixMilli()
		on, late, early := r.message("1", "a", "一"), r.message("2", "a", "二"), r.message("3", "a", "三")
		late.OccurredAt, early.OccurredAt = base-5000, base+5000
		r.apply(on, late, early)
		got := r.log()
		if got[1].Mark != community.Late || got[1].At != base {
			t.Errorf("late event: mark %d at %d, want %d at %d", got[1].Mark, got[1].At, community.Late, base)
		}
		if got[2].Mark != community.Skewed || got[2].At != base {
			t.Errorf("early event: mark %d at %d, want %d at %d", got[2].Mark, got[2].At, community.Skewed, base)
		}
	})
}

func TestPanickingRuleIsStoredAsFaultedAndTheBeltGoesOn(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		out := r.apply(r.message("1", "a", "炸"), r.message("2", "a", "广告"))
		if len(out[0].Decisions) != 1 || out[0].Decisions[0].Verdict != community.Faulted {
			t.Fatalf("decisions = %+v, want one faulted", out[0].Decisions)
		}
		if len(out[1].Decisions) != 1 || out[1].Decisions[0].Verdict != community.Hit {
			t.Errorf("the next event: %+v, want a hit", out[1].Decisions)
		}
	})
}

func TestStateIsTheFoldOfTheLogAfterARestart(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		var batch []community.Inbound
		for i := range 1500 {
			batch = append(batch, r.message(fmt.Sprint(i), "a", "早"))
		}
		r.apply(batch[:700]...)
		r.apply(batch[700:]...)
		check(t, r.e.Close())
		r.open()
		out := r.apply(r.message("x", "a", "广告"))
		if got := out[0].Decisions[0].Rung; got != 1501 {
			t.Errorf("messages counted = %d, want 1501", got)
		}
	})
}

func TestAnotherCommitterIsNoticed(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.apply(r.message("1", "a", "早"))
		other := *r
		other.open()
		other.apply(other.message("2", "a", "早"))
		out := r.apply(r.message("3", "a", "广告"))
		if got := out[0].Decisions[0].Rung; got != 3 {
			t.Errorf("messages counted = %d, want 3", got)
		}
		r.gapless()
	})
}

func TestImportedEventsDecideNothingAndTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		run := engine.Run{Key: 7, Org: 1, Platform: "qq"}
		rows := []community.Inbound{r.message("1", "a", "广告"), r.message("2", "a", "早")}
		rows[0].Account, rows[1].Account = 0, 0
		added, repeated, err := r.e.Append(t.Context(), run, rows)
		check(t, err)
		if added != 2 || repeated != 0 {
			t.Errorf("added %d repeated %d, want 2 and 0", added, repeated)
		}
		added, repeated, err = r.e.Append(t.Context(), run, rows)
		check(t, err)
		if added != 0 || repeated != 2 {
			t.Errorf("second time: added %d repeated %d, want 0 and 2", added, repeated)
		}
		out := r.apply(r.message("9", "a", "广告"))
		if got := out[0].Decisions[0].Rung; got != 1 {
			t.Errorf("live messages counted = %d, want 1: imports make no state", got)
		}
		r.gapless()
	})
}

func TestPrivateChatsAndBadEventsAreRefused(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		private, huge, broken := r.message("1", "a", "嗨"), r.message("2", "a", strings.Repeat("大", community.MaxText)), r.message("3", "a", "\xff")
		private.Private = true
		out := r.apply(private, huge, broken, r.message("4", "a", "早"))
		want := []community.Code{community.CodePrivate, community.CodeTooLarge, community.CodeBadInput, ""}
		for i := range want {
			if out[i].Refused != want[i] {
				t.Errorf("event %d refused with %q, want %q", i, out[i].Refused, want[i])
			}
		}
		if n := len(r.log()); n != 1 {
			t.Errorf("events = %d, want 1", n)
		}
	})
}

func TestManySendersAtOnceLeaveNoHoles(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		var wg sync.WaitGroup
		for s := range 8 {
			wg.Go(func() {
				for i := range 20 {
					in := r.message(fmt.Sprintf("%d-%d", s, i), fmt.Sprint("m", s), "早")
					in.Group.ID = fmt.Sprint("g", i%3)
					if _, err := r.e.Apply(t.Context(), in); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := len(r.log()); n != 160 {
			t.Errorf("events = %d, want 160", n)
		}
		r.gapless()
	})
}

func TestCancelledApplyLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := r.e.Apply(ctx, r.message("1", "a", "早")); !errors.Is(err, context.Canceled) {
			t.Fatalf("err = %v, want context.Canceled", err)
		}
		r.apply(r.message("1", "a", "早"))
		if n := len(r.log()); n != 1 {
			t.Errorf("events = %d, want 1", n)
		}
		r.gapless()
	})
}
