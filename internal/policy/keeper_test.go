package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"qunluo/internal/community"
	"qunluo/internal/learn"
)

// drawBook makes a small book of all kinds that hits often.
func drawBook(t *rapid.T, version int) Book {
	book := blank()
	book.Version = version
	book.Mode = rapid.SampledFrom([]community.Mode{community.Live, community.Live, community.Observe}).Draw(t, "mode")
	mode := rapid.SampledFrom([]string{RuleLive, RuleLive, RuleDry, RuleOff})
	kinds := map[string]any{
		"keyword":   map[string]any{"lists": []wordList{{Words: []string{"广告"}}, {Level: 2, Words: []string{"赌"}}}},
		"link":      map[string]any{"allow": []string{"qq.com"}},
		"flood":     map[string]any{"windows": []floodWindow{{Seconds: int64(rapid.IntRange(1, 4).Draw(t, "s")), Messages: 3, Same: 2}}},
		"copies":    map[string]any{"minutes": 1, "copies": 2, "senders": rapid.IntRange(1, 2).Draw(t, "senders"), "alone": rapid.IntRange(0, 3).Draw(t, "alone")},
		"learned":   map[string]any{"model": learn.ShippedHash, "acts": rapid.Bool().Draw(t, "acts"), "hours": 1},
		"probation": probation{Hours: 1, Messages: 2, NoLinks: true, NoContact: true},
		"welcome":   welcome{Coalesce: int64(rapid.IntRange(0, 2).Draw(t, "coalesce")), Entries: []greeting{{Text: "欢迎 {name}"}}},
		"reply":     reply{Match: "contains", Patterns: []string{"群规"}, Text: "答", GroupCool: 2, MemberCool: 5},
	}
	for _, k := range []string{"keyword", "link", "flood", "copies", "learned", "probation", "welcome", "reply"} {
		book.Rules = append(book.Rules, Rule{ID: k, Name: k, Kind: k, Mode: mode.Draw(t, k), Params: params(kinds[k])})
	}
	return book
}

// drawEvents invents a group's log, with timers and people that answer what was decided.
func drawEvents(t *rapid.T, k *Keeper, n int) (events []*community.Event, decisions [][]byte) {
	now, wakes := noon, []community.Wake(nil)
	var known []community.Decision
	for i := range n {
		now += rapid.SampledFrom([]int64{0, 100, 900, 5000, 3600_000}).Draw(t, "gap")
		ev := &community.Event{
			Number: int64(i) + 1, ID: community.MakeID(now, [10]byte{byte(i), byte(i >> 8)}), Group: 7, Seq: int64(i) + 1,
			Type: community.MessageCreated, At: now, OccurredAt: now, Actor: community.MemberKey(rapid.IntRange(1, 3).Draw(t, "who")),
		}
		switch what := rapid.IntRange(0, 19).Draw(t, "what"); {
		case what < 11:
			ev.Body.Text = rapid.SampledFrom([]string{"你好", "广-告", "赌", "看 a.com", "宅家副业一天五百起，感兴趣加薇信kk77889", "想看片的私我", "大家快来报名参加周末的登山活动", "大家-快来报明参加周末的登山活动", "群规", "13800138000", "x"}).Draw(t, "text")
		case what < 13:
			ev.Type, ev.Body.Name = community.MemberJoined, "甲"
		case what == 13:
			ev.Type = community.MemberLeft
		case what == 14:
			ev.Type, ev.Body.Seconds = community.MemberMuted, int64(rapid.IntRange(0, 1).Draw(t, "muted"))*600
		case what == 15:
			ev.Type, ev.Body.Role = community.MemberUpdated, rapid.SampledFrom([]community.Role{"member", "admin"}).Draw(t, "role")
		case what == 16 && len(wakes) > 0:
			ev.Type, ev.Actor, ev.Body.Message = community.TimerFired, 0, rapid.SampledFrom(wakes).Draw(t, "wake").Key
		case what == 17 && len(known) > 0:
			d := rapid.SampledFrom(known).Draw(t, "undone")
			p := community.PersonDecision{Kind: rapid.SampledFrom([]string{"undo", "false_hit", "dismiss", "release"}).Draw(t, "kind"), Decision: d.ID, User: "u"}
			if len(d.Actions) > 0 {
				p.Action = d.Actions[0].ID
			}
			ev.Type, ev.Actor, ev.Body.Data = community.PersonDecided, 0, params(p)
		case what == 19:
			ev.Type, ev.Body.Role = community.MemberMarked, rapid.SampledFrom([]community.Role{"member", "staff", "bot"}).Draw(t, "mark")
		case what == 18:
			ev.Type, ev.Actor, ev.Body.Data = community.RulebookPublished, 0, params(drawBook(t, i))
		}
		var line []byte
		for _, d := range k.Step(ev) {
			line = append(append(line, Canonical(d)...), '\n')
			wakes, known = append(wakes, d.Wakes...), append(known, d)
		}
		events, decisions = append(events, ev), append(decisions, line)
	}
	return events, decisions
}

func TestRestoredKeeperDecidesTheSame(t *testing.T) {
	decider := NewDecider(NewLibrary(nil))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(t, "n")
		events, want := drawEvents(t, decider.New(7), n)
		cut := rapid.IntRange(0, n).Draw(t, "cut")
		k := decider.New(7)
		for i, ev := range events {
			if i == cut {
				shot := k.Snapshot()
				again, err := decider.Restore(7, shot)
				if err != nil {
					t.Fatal(err)
				}
				if got := again.Snapshot(); !bytes.Equal(got, shot) {
					t.Fatalf("snapshot of the restored:\n%s\nwant\n%s", got, shot)
				}
				k = again
			}
			var got []byte
			for _, d := range k.Step(ev) {
				got = append(append(got, Canonical(d)...), '\n')
			}
			if !bytes.Equal(got, want[i]) {
				t.Fatalf("event %d (%s):\n%s\nwant\n%s", i, ev.Type, got, want[i])
			}
		}
	})
}

func TestDecisionsKeepTheirPromises(t *testing.T) {
	decider := NewDecider(NewLibrary(nil))
	rapid.Check(t, func(t *rapid.T) {
		k := decider.New(7)
		_, lines := drawEvents(t, k, 60)
		seen := map[community.ID]bool{}
		unique := func(id community.ID) {
			if id.IsZero() || seen[id] {
				t.Fatalf("id %s is empty or used twice", id)
			}
			seen[id] = true
		}
		for _, line := range lines {
			if len(line) == 0 {
				continue
			}
			var d community.Decision
			if err := json.Unmarshal(line, &d); err != nil {
				t.Fatal(err)
			}
			unique(d.ID)
			if len(d.Strikes) > 1 {
				t.Fatalf("%d strikes about one event", len(d.Strikes))
			}
			chose := 0
			for _, h := range d.Hits {
				if h.Chose {
					chose++
				}
				if h.Chose && h.Dry {
					t.Fatalf("a dry hit acted: %s", line)
				}
			}
			if chose > 1 || (d.Verdict == community.DryHit || d.Verdict == community.Spared) && (len(d.Actions) > 0 || len(d.Strikes) > 0) {
				t.Fatalf("decision %s", line)
			}
			for _, a := range d.Actions {
				unique(a.ID)
			}
			for _, s := range d.Strikes {
				unique(s.ID)
			}
		}
	})
}

func TestKeeperBeginsObserving(t *testing.T) {
	k := NewDecider(NewLibrary(nil)).New(7)
	if b := k.Rulebook().Book(); b.Mode != community.Observe || b.Version != 0 {
		t.Errorf("book = %+v", b)
	}
}

func TestBadBookChangesNothing(t *testing.T) {
	k := NewDecider(NewLibrary(nil)).New(7)
	r := &room{t: t, now: noon}
	out := k.Step(r.event(community.RulebookPublished, 0, community.Body{Data: json.RawMessage(`{"mode":"loud"}`)}))
	if len(out) != 1 || out[0].Verdict != community.Faulted || k.Rulebook().Version() != 0 {
		t.Errorf("decisions = %+v", out)
	}
}

func TestForeignSnapshotsAreRefused(t *testing.T) {
	decider := NewDecider(NewLibrary(nil))
	shot := decider.New(7).Snapshot()
	if _, err := decider.Restore(8, shot); community.CodeOf(err) != community.CodeUnsupported {
		t.Errorf("another group's: %v", err)
	}
	old := bytes.Replace(shot, fmt.Appendf(nil, `"version":%d`, Version), []byte(`"version":0`), 1)
	if _, err := decider.Restore(7, old); community.CodeOf(err) != community.CodeUnsupported {
		t.Errorf("another version's: %v", err)
	}
}

func TestLibrarySharesWhatIsEqual(t *testing.T) {
	lib := NewLibrary(nil)
	raw := params(live(word("a", "广告")))
	one, err1 := lib.Parse(raw)
	two, err2 := lib.Parse(bytes.Clone(raw))
	if err1 != nil || err2 != nil || one != two {
		t.Errorf("the same bytes gave two rulebooks (%v, %v)", err1, err2)
	}
	other := live(word("a", "广告"))
	other.Version = 99
	three, err := lib.Parse(params(other))
	if err != nil || three == one || three.matcher != one.matcher {
		t.Errorf("the same phrases gave two matchers (%v)", err)
	}
}

func TestSizeGrowsWithTheGroup(t *testing.T) {
	k := NewDecider(NewLibrary(nil)).New(7)
	empty := k.Size()
	for _, ev := range talk(2000) {
		k.Step(ev)
	}
	if got := k.Size(); got < empty+300*300 || got > 10<<20 {
		t.Errorf("size of 300 members = %d, of none = %d", got, empty)
	}
}
