package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/engine"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

// rulebook is policy as the belt has it.
type rulebook struct{ *policy.Decider }

func (d rulebook) New(g community.GroupKey) engine.Fold { return d.Decider.New(g) }
func (d rulebook) Restore(g community.GroupKey, raw []byte) (engine.Fold, error) {
	return d.Decider.Restore(g, raw)
}

// withRules lets the rig's groups be decided upon by books.
func (r *rig) withRules() *policy.Library {
	lib := policy.NewLibrary(nil)
	r.e = engine.New(engine.Options{Store: r.st, Deciders: []engine.Decider{rulebook{policy.NewDecider(lib)}}, Clock: func() time.Time { return r.now }})
	return lib
}

const pitch = "转让健身卡一张还有八个月有意私信"

// mutant is a copy, written otherwise.
func mutant(i int) string {
	runes := []rune(pitch)
	runes[i%len(runes)] = []rune("甲乙丙丁戊己庚辛")[i%8]
	return fmt.Sprintf("%s★%s %d", string(runes[:5]), string(runes[5:]), 1000+i*37)
}

func (r *rig) in(group, key, who, text string) community.Inbound {
	m := r.message(key, who, text)
	m.Group = community.Ref{ID: group, Name: group}
	return m
}

// publish gives groups a book with the rule.
func (r *rig) publish(params string, groups ...string) {
	book, err := policy.Starter(policy.PresetGeneral)
	check(r.t, err)
	book.Mode, book.Version, book.Charter = community.Live, 1, policy.Charter{}
	book.Rules = []policy.Rule{{ID: "across", Name: "across", Kind: "across", Mode: policy.RuleLive, Params: json.RawMessage(params)}}
	raw, err := json.Marshal(book)
	check(r.t, err)
	for _, g := range groups {
		r.apply(community.Inbound{Account: r.account, Type: community.RulebookPublished, Key: "book-" + g, OccurredAt: r.now.UnixMilli(),
			Group: community.Ref{ID: g, Name: g}, Body: community.Body{Data: raw}})
	}
}

func hits(out []engine.Outcome) (n int) {
	for _, o := range out {
		for _, d := range o.Decisions {
			if d.Verdict == community.Hit {
				n++
			}
		}
	}
	return n
}

func TestACopyInAThirdGroupIsDecidedUponAtOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		lib := r.withRules()
		r.publish(`{"acts":true}`, "a", "b", "c", "d")
		if n := hits(r.apply(r.in("a", "1", "x", mutant(1)), r.in("b", "2", "y", mutant(2)))); n != 0 {
			t.Fatalf("two copies hit: %d", n)
		}
		r.now = r.now.Add(time.Minute)
		// in one batch: a message told again, a copy, and a copy of what came in this very batch
		again := r.in("a", "1", "x", mutant(1))
		again.OccurredAt -= 60_000
		out := r.apply(again, r.in("c", "3", "x", mutant(3)), r.in("d", "4", "z", mutant(4)))
		if !out[0].Repeated || hits(out) != 2 {
			t.Fatalf("outcomes %+v", out)
		}
		if why := out[2].Decisions[0].Hits[0].Why; why != "across 30m 4/4/3" {
			t.Errorf("why = %q", why)
		}
		late := r.log()
		last := late[len(late)-1]
		if len(last.Body.Elsewhere) != 3 || last.Body.Elsewhere[0].Event != last.Number-1 {
			t.Errorf("the log keeps %+v", last.Body.Elsewhere)
		}
		// told again later, with more copies about than then: the same fact
		r.now = r.now.Add(time.Minute)
		told := r.in("d", "4", "z", mutant(4))
		told.OccurredAt -= 60_000
		if out := r.apply(told); !out[0].Repeated {
			t.Error("a message told again is another because of what was found about it")
		}
		r.replays(lib, "a", "b", "c", "d")
	})
}

// replays checks that each group by itself decides what it decided.
func (r *rig) replays(lib *policy.Library, groups ...string) {
	r.t.Helper()
	seen := map[community.GroupKey]bool{}
	for _, ev := range r.log() {
		seen[ev.Group] = true
	}
	if len(seen) != len(groups) {
		r.t.Fatalf("%d groups in the log", len(seen))
	}
	ctx := r.t.Context()
	for g := range seen {
		rep, err := replay.AsDecided(policy.NewDecider(lib).New(g), r.st.Events(ctx, store.EventScan{Group: g}), r.st.StoredDecisions(ctx, g, policy.Name))
		check(r.t, err)
		if rep.Different != 0 {
			r.t.Errorf("group %d: replay differs: %+v", g, rep.Differences)
		}
	}
}

func TestCopiesElsewhereSurviveARestart(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.withRules()
		r.publish(`{}`, "a", "b", "c")
		r.apply(r.in("a", "1", "x", mutant(1)), r.in("b", "2", "y", mutant(2)))
		lib := r.withRules() // as after a start
		r.now = r.now.Add(time.Minute)
		if n := hits(r.apply(r.in("c", "3", "z", mutant(3)))); n != 1 {
			t.Error("what was said before a restart is not compared with")
		}
		r.withRules()
		r.now = r.now.Add(2 * time.Hour)
		if n := hits(r.apply(r.in("c", "4", "z", mutant(4)))); n != 0 {
			t.Error("what was said hours before a restart is compared with")
		}
		r.replays(lib, "a", "b", "c")
	})
}

// TestABatchThatFailedIsNotRemembered: what was not committed is no copy, and what was is.
func TestABatchThatFailedIsNotRemembered(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.withRules()
		r.publish(`{}`, "a", "b", "c")
		r.apply(r.in("a", "1", "x", mutant(1)))
		bad := r.in("b", "2", "y", mutant(2))
		bad.Audit = &community.Audit{Verb: "test", After: json.RawMessage("\x00 no json")}
		_, err := r.e.Apply(t.Context(), bad, community.Inbound{Account: r.account + 999, Type: community.MessageCreated, Key: "9", Group: community.Ref{ID: "nowhere"}, Actor: community.Who{ID: "q"}, Body: community.Body{Text: "x"}})
		if err == nil {
			t.Fatal("the batch was committed")
		}
		r.now = r.now.Add(time.Minute)
		if n := hits(r.apply(r.in("c", "3", "z", mutant(3)))); n != 0 {
			t.Error("a message that was not committed counts")
		}
		if n := hits(r.apply(r.in("b", "4", "y", mutant(4)))); n != 1 {
			t.Error("committed copies were forgotten with the batch that failed")
		}
	})
}

func TestWhatAnErasedMemberSaidIsNotComparedWith(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		r.withRules()
		r.publish(`{}`, "a", "b", "c")
		r.apply(r.in("a", "1", "x", mutant(1)), r.in("b", "2", "y", mutant(2)))
		for _, ev := range r.log() {
			if ev.Type == community.MessageCreated {
				r.e.Forget(ev.Actor)
			}
		}
		if n := hits(r.apply(r.in("c", "3", "z", mutant(3)))); n != 0 {
			t.Error("forgotten words are compared with")
		}
	})
}
