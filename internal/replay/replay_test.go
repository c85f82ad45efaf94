package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

const (
	noon = int64(1_700_020_800_000)
	hour = int64(3600_000)
	day  = 24 * hour
)

func data(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

func keyword(id, mode string, list ...string) policy.Rule {
	return policy.Rule{ID: id, Name: id, Kind: "keyword", Mode: mode, Params: data(map[string]any{"lists": []map[string]any{{"words": list}}})}
}

func book(mode community.Mode, rules ...policy.Rule) policy.Book {
	b, err := policy.Default(policy.PresetGeneral)
	if err != nil {
		panic(err)
	}
	b.Mode, b.Rules, b.Version, b.RemovalsPct = mode, rules, 1, 0
	return b
}

func ready(t testing.TB, b policy.Book) *policy.Rulebook {
	t.Helper()
	rb, err := policy.Parse(data(b))
	if err != nil {
		t.Fatal(err)
	}
	return rb
}

// record is a group's log in the making.
type record struct {
	events []community.Event
	now    int64
}

func (r *record) add(typ community.Type, who community.MemberKey, body community.Body) *community.Event {
	n := int64(len(r.events)) + 1
	r.now += 1000
	r.events = append(r.events, community.Event{
		Number: n * 2, ID: community.MakeID(r.now, [10]byte{byte(n >> 8), byte(n), 9: 3}), Group: 7, Seq: n, Type: typ,
		At: r.now, OccurredAt: r.now, ReceivedAt: r.now, Actor: who, Body: body,
	})
	return &r.events[n-1]
}

func (r *record) say(who community.MemberKey, text string) *community.Event {
	return r.add(community.MessageCreated, who, community.Body{Text: text, Message: "m", Name: "甲"})
}

func (r *record) stream() Events {
	return func(yield func(community.Event, error) bool) {
		for _, ev := range r.events {
			if !yield(ev, nil) {
				return
			}
		}
	}
}

// live decides the record as the belt would and gives what it stores.
func (r *record) live() []community.Decision {
	k := policy.NewDecider(policy.NewLibrary(nil)).New(7)
	var out []community.Decision
	for i := range r.events {
		if r.events[i].Origin != community.OriginImport {
			out = append(out, k.Step(&r.events[i])...)
		}
	}
	return out
}

func decisions(list []community.Decision) Decisions {
	return func(yield func(community.Decision, error) bool) {
		for _, d := range list {
			if !yield(d, nil) {
				return
			}
		}
	}
}

func sample() *record {
	r := &record{now: noon}
	r.add(community.RulebookPublished, 0, community.Body{Data: data(book(community.Live, keyword("ads", "live", "广告"), keyword("dry", "dry", "二手")))})
	for i := range 12 {
		r.say(community.MemberKey(1+i%3), []string{"大家好", "广-告", "二手"}[i%3])
	}
	r.add(community.RulebookPublished, 0, community.Body{Data: data(book(community.Live, keyword("ads", "live", "广告"), keyword("dry", "live", "二手")))})
	r.say(3, "卖二手")
	r.say(3, "卖二手")
	r.say(4, "广告").Origin = community.OriginImport
	return r
}

func again(t *testing.T, r *record, stored []community.Decision) Report {
	t.Helper()
	rep, err := AsDecided(policy.NewDecider(policy.NewLibrary(nil)).New(7), r.stream(), decisions(stored))
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestReplayEqualsWhatWasStored(t *testing.T) {
	r := sample()
	stored := r.live()
	rep := again(t, r, stored)
	if rep.Different != 0 || rep.Decisions != int64(len(stored)) || rep.Imported != 1 || rep.Events != 16 || rep.Messages != 14 || rep.Decisions != 10 {
		t.Errorf("report = %+v", rep)
	}
	foreign := append([]community.Decision{{Decider: "admit", Event: 2}}, stored...)
	if rep := again(t, r, foreign); rep.Different != 0 {
		t.Errorf("another decider's decision was compared: %+v", rep)
	}
}

// TestReplaySeesMarksWhereTheyWereMade: a mark made later does not excuse what was said before.
func TestReplaySeesMarksWhereTheyWereMade(t *testing.T) {
	r := &record{now: noon}
	r.add(community.RulebookPublished, 0, community.Body{Data: data(book(community.Live, keyword("ads", "live", "广告")))})
	mark := func(role community.Role) {
		r.add(community.MemberMarked, 0, community.Body{Role: role}).Subject = 1
	}
	r.say(1, "广告")
	mark(community.RoleStaff)
	r.say(1, "广告")
	mark(community.RoleMember)
	r.say(1, "广告")
	stored := r.live()
	var got []community.Verdict
	for _, d := range stored {
		got = append(got, d.Verdict)
	}
	if want := []community.Verdict{community.Hit, community.Spared, community.Hit}; !slices.Equal(got, want) {
		t.Errorf("verdicts %v, want %v", got, want)
	}
	if rep := again(t, r, stored); rep.Different != 0 || rep.Decisions != 3 {
		t.Errorf("report = %+v", rep)
	}
	o, err := WhatIf(7, ready(t, book(community.Observe, keyword("ads", "live", "广告"))), r.stream(), Span{})
	if err != nil || o.Rules[0].Hits != 2 || o.Rules[0].Spared != 1 {
		t.Errorf("what if: %+v, %v; want 2 hits and one spared", o.Rules, err)
	}
}

func TestAnyDifferenceIsFound(t *testing.T) {
	r := sample()
	for name, spoil := range map[string]func([]community.Decision) []community.Decision{
		"missing":    func(d []community.Decision) []community.Decision { return slices.Delete(d, 3, 4) },
		"changed":    func(d []community.Decision) []community.Decision { d[2].Rung++; return d },
		"other time": func(d []community.Decision) []community.Decision { d[2].At++; return d },
		"too many":   func(d []community.Decision) []community.Decision { return append(d, d[len(d)-1]) },
		"of no event": func(d []community.Decision) []community.Decision {
			last := d[len(d)-1]
			last.Event = 999
			return append(d, last)
		},
	} {
		rep := again(t, r, spoil(r.live()))
		if rep.Different != 1 || len(rep.Differences) != 1 {
			t.Errorf("%s: %d differences (%+v), want 1", name, rep.Different, rep.Differences)
		}
	}
}

func TestErasedWordsAreLeftOutButTheirStrikesCount(t *testing.T) {
	r := sample()
	stored := r.live()
	erased := 0
	for i := range r.events {
		if ev := &r.events[i]; ev.Type == community.MessageCreated && i%3 == 2 {
			ev.Body = community.Body{Role: ev.Body.Role}
			erased++
		}
	}
	rep := again(t, r, stored)
	if rep.Different != 0 || rep.Erased != int64(erased) || rep.Decisions >= int64(len(stored)) {
		t.Errorf("report = %+v, erased %d", rep, erased)
	}
}

func TestDisorderIsRefused(t *testing.T) {
	r := sample()
	r.events[3], r.events[4] = r.events[4], r.events[3]
	_, err := AsDecided(policy.NewDecider(policy.NewLibrary(nil)).New(7), r.stream(), decisions(nil))
	if community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("as decided: %v", err)
	}
	if _, err = WhatIf(7, ready(t, book(community.Live)), r.stream(), Span{}); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("what if: %v", err)
	}
	broken := errors.New("disk")
	source := func(yield func(community.Event, error) bool) { yield(community.Event{}, broken) }
	if _, err = WhatIf(7, ready(t, book(community.Live)), source, Span{}); !errors.Is(err, broken) {
		t.Errorf("source's error: %v", err)
	}
}

func TestWhatIfListsWhoWouldBeHit(t *testing.T) {
	r := sample()
	o, err := WhatIf(7, ready(t, book(community.Observe, keyword("ads", "live", "广告"), keyword("second", "dry", "二手"), keyword("off", "off", "好"))), r.stream(), Span{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range o.Examples {
		got = append(got, fmt.Sprintf("%d m%d %s %v %s", h.Event, h.Member, h.Rule, h.Spans, h.Would))
	}
	want := []string{
		"6 m2 ads [{0 7}] recall+warn", "8 m3 second [{0 6}] recall+warn", "12 m2 ads [{0 7}] mute", "14 m3 second [{0 6}] mute",
		"18 m2 ads [{0 7}] remove", "20 m3 second [{0 6}] remove", "24 m2 ads [{0 7}] remove", "26 m3 second [{0 6}] remove",
		"30 m3 second [{3 9}] remove", "32 m3 second [{3 9}] remove", "34 m4 ads [{0 6}] recall+warn",
	}
	if !slices.Equal(got, want) {
		t.Errorf("hits:\n%q\nwant\n%q", got, want)
	}
	if o.Messages != 15 || o.Hits != 11 || o.Strikes != 5 || o.LeftOut != 2 || o.Concerned != 2 || o.Caveat[0] == "" {
		t.Errorf("outcome = %+v", o)
	}
	rules := []RuleCount{
		{Rule: "ads", Kind: "keyword", Hits: 5, Chosen: 5, Members: 2, Would: map[string]int64{"recall": 2, "warn": 2, "mute": 1, "remove": 2}},
		{Rule: "second", Kind: "keyword", Dry: 6, Members: 1, Would: map[string]int64{"recall": 1, "warn": 1, "mute": 1, "remove": 4}},
	}
	if diff := cmp.Diff(rules, o.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if w := o.Would; w["recall"] != 2 || w["mute"] != 1 || w["remove"] != 2 {
		t.Errorf("would = %v", w)
	}
}

func TestSpanBeginsWithTheStrikesOfBefore(t *testing.T) {
	r := &record{now: noon}
	r.say(1, "广告")
	r.now += day
	from := r.say(1, "广告").OccurredAt
	r.now += day
	to := r.say(1, "广告").OccurredAt
	rb := ready(t, book(community.Live, keyword("ads", "live", "广告")))
	o, err := WhatIf(7, rb, r.stream(), Span{From: from, To: to})
	if err != nil || len(o.Examples) != 1 || o.Examples[0].Would != "mute" || o.Messages != 1 {
		t.Errorf("outcome = %+v, %v", o, err)
	}
	o, err = WhatIf(7, rb, r.stream(), Span{Examples: 2})
	if err != nil || len(o.Examples) != 2 || !o.Truncated || o.Hits != 3 || o.Rules[0].Hits != 3 {
		t.Errorf("outcome = %+v, %v", o, err)
	}
}

func TestWhatIfKeepsPeopleAndLeavesTheMachineOut(t *testing.T) {
	r := &record{now: noon}
	first := r.say(1, "广告")
	undo := community.PersonDecision{Kind: "undo", User: "u", Decision: community.DeriveID(first.ID, policy.Name, 0)}
	r.add(community.PersonDecided, 0, community.Body{Data: data(undo)})
	kicked := community.Body{Reason: "kicked", Caused: community.MakeID(1, [10]byte{1})}
	r.add(community.MemberLeft, 1, kicked)
	r.add(community.TimerFired, 0, community.Body{Message: "unmute:1:5"})
	r.say(1, "广告")
	o, err := WhatIf(7, ready(t, book(community.Live, keyword("ads", "live", "广告"))), r.stream(), Span{})
	if err != nil || len(o.Examples) != 2 || o.Examples[1].Rung != 1 || o.LeftOut != 2 {
		t.Errorf("outcome = %+v, %v", o, err)
	}
}

func TestWhatIfRingsItsOwnTimers(t *testing.T) {
	r := &record{now: noon}
	r.add(community.MemberJoined, 1, community.Body{Name: "甲"})
	r.add(community.MemberJoined, 2, community.Body{Name: "乙"})
	r.now += hour
	r.say(1, "大家好")
	welcome := policy.Rule{ID: "hello", Name: "hello", Kind: "welcome", Mode: "live",
		Params: json.RawMessage(`{"coalesce":5,"entries":[{"text":"欢迎 {name}"}]}`)}
	o, err := WhatIf(7, ready(t, book(community.Live, welcome)), r.stream(), Span{})
	if err != nil || len(o.Examples) != 3 || o.Examples[2].OccurredAt != noon+6000 || o.Examples[2].Would != "answer" {
		t.Errorf("outcome = %+v, %v", o, err)
	}
}

func TestDiffShowsOnlyWhatDiffers(t *testing.T) {
	r := sample()
	a := ready(t, book(community.Live, keyword("ads", "live", "广告")))
	b := ready(t, book(community.Live, keyword("ads", "live", "广告"), keyword("second", "live", "卖二手")))
	c, err := Diff(7, a, b, r.stream(), Span{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Different != 2 || c.Same != 5 || len(c.Changes) != 2 || c.Changes[0].Event != 30 || len(c.Changes[0].A) != 0 || len(c.Changes[0].B) != 1 || c.Messages != 15 {
		t.Errorf("comparison = %+v", c)
	}
	rules := []RuleDiff{
		{Rule: "ads", Both: 5, MembersA: 2, MembersB: 2, Would: map[string]int64{"recall": 2, "warn": 2, "mute": 1, "remove": 2}},
		{Rule: "second", OnlyB: 2, MembersB: 1, Would: map[string]int64{"recall": 1, "warn": 1, "mute": 1}},
	}
	if diff := cmp.Diff(rules, c.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	o, err := WhatIf(7, b, r.stream(), Span{})
	if err != nil || c.Events != o.Events || c.Concerned != o.Concerned || c.Concerned == 0 || !maps.Equal(c.Would, o.Would) {
		t.Errorf("the second book alone: %+v, %v; beside the first: %+v", o, err, c)
	}
	if c, err := Diff(7, a, a, r.stream(), Span{}); err != nil || c.Different != 0 || c.Same != 5 {
		t.Errorf("a book differs from itself: %+v, %v", c, err)
	}
}

func TestDiffOfABookWithItselfIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &record{now: noon}
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			r.now += rapid.SampledFrom([]int64{0, 500, 60_000, hour}).Draw(t, "gap")
			who := community.MemberKey(rapid.IntRange(1, 3).Draw(t, "who"))
			if rapid.IntRange(0, 9).Draw(t, "join") == 0 {
				r.add(community.MemberJoined, who, community.Body{Name: "甲"})
				continue
			}
			r.say(who, rapid.SampledFrom([]string{"好", "加我微信领", "http://a.com", "13800138000", "群规"}).Draw(t, "text"))
		}
		b, _ := policy.Default(policy.PresetCommercial)
		rb, err := policy.Parse(data(b))
		if err != nil {
			t.Fatal(err)
		}
		c, err := Diff(7, rb, rb, r.stream(), Span{})
		o, err2 := WhatIf(7, rb, r.stream(), Span{})
		if err != nil || err2 != nil || c.Different != 0 || c.Same != o.Decisions {
			t.Fatalf("%+v, %+v, %v, %v", c, o, err, err2)
		}
	})
}
