package replay

import (
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// Span says what to report on and how much of it.
type Span struct {
	From     int64 // occurred_at, UTC ms, included; 0 = from the beginning
	To       int64 // not included; 0 = to the end
	Examples int   // how many hits to keep; 0 = DefaultExamples. Counts are always exact

	// Timed, if set, is given each judging by the second book of a Diff, to call it and see what it takes.
	Timed func(judge func())
}

// DefaultExamples is how many hits are kept where nothing else is said.
const DefaultExamples = 10_000

func (s Span) holds(at int64) bool { return at >= s.From && (s.To == 0 || at < s.To) }

func (s Span) timed(judge func()) {
	if s.Timed == nil {
		judge()
		return
	}
	s.Timed(judge)
}

func (s Span) examples() int {
	if s.Examples > 0 {
		return s.Examples
	}
	return DefaultExamples
}

// Caveat stands beside every what-if: Chinese, English.
var Caveat = [2]string{
	"按已记录的发言推演：如果当时执行了这些规则，成员的行为可能会不同。",
	"This judges recorded behaviour: under these rules members might have behaved otherwise.",
}

// Hit is one rule's hit in a what-if.
type Hit struct {
	Group      community.GroupKey  `json:"group"`
	Event      int64               `json:"event"` // number
	Seq        int64               `json:"seq"`
	OccurredAt int64               `json:"occurred_at"`
	Member     community.MemberKey `json:"member"`
	Verdict    community.Verdict   `json:"verdict"` // of the whole decision
	Rule       string              `json:"rule"`
	Kind       string              `json:"kind"`
	Spans      []community.Span    `json:"spans,omitempty"`
	Why        string              `json:"why"`
	Dry        bool                `json:"dry,omitempty"`
	Chose      bool                `json:"chose,omitempty"`
	Rung       int                 `json:"rung,omitempty"`  // with Chose
	Would      string              `json:"would,omitempty"` // "recall+warn", "mute", "remove(held)", "answer"
}

// RuleCount is how often a rule hit.
type RuleCount struct {
	Rule    string `json:"rule"`
	Kind    string `json:"kind"`
	Hits    int64  `json:"hits"` // of live rules, spared ones not counted
	Dry     int64  `json:"dry"`
	Spared  int64  `json:"spared"`
	Chosen  int64  `json:"chosen"` // gave the consequence
	Members int64  `json:"members"`
	// Would counts what would follow from its hits: "recall", "warn", "mute", "remove", "held", "answer"; of a rule in dry
	// run what its shadow ladder says.
	Would map[string]int64 `json:"would"`
}

// Outcome is what one book would have done.
type Outcome struct {
	Book        int              `json:"book"`     // version
	Messages    int64            `json:"messages"` // looked at within the span
	Events      int64            `json:"events"`   // of all types within the span
	LeftOut     int64            `json:"left_out"` // what the record's machine did
	Hits        int64            `json:"hits"`
	Decisions   int64            `json:"decisions"` // events about which something was decided
	Strikes     int64            `json:"strikes"`
	Faulted     int64            `json:"faulted"`
	Rules       []RuleCount      `json:"rules"`     // in the book's order, those that never hit too
	Would       map[string]int64 `json:"would"`     // live consequences: "recall", "warn", "mute", "remove", "held", "answer"
	Concerned   int64            `json:"concerned"` // members to whom something would be done by a live rule
	Examples    []Hit            `json:"examples"`
	Truncated   bool             `json:"truncated"` // more hits than Examples
	Caveat      [2]string        `json:"caveat"`
	index       map[string]int
	seen        map[string]map[community.MemberKey]struct{}
	done        map[community.MemberKey]struct{}
	maxExamples int
}

func newOutcome(rb *policy.Rulebook, span Span) *Outcome {
	o := &Outcome{
		Book: rb.Version(), Caveat: Caveat, Would: map[string]int64{}, index: map[string]int{},
		seen: map[string]map[community.MemberKey]struct{}{}, done: map[community.MemberKey]struct{}{}, maxExamples: span.examples(),
	}
	for _, r := range rb.Book().Rules {
		if r.Mode == policy.RuleOff {
			continue
		}
		o.index[r.ID] = len(o.Rules)
		o.Rules = append(o.Rules, RuleCount{Rule: r.ID, Kind: r.Kind, Would: map[string]int64{}})
		o.seen[r.ID] = map[community.MemberKey]struct{}{}
	}
	return o
}

// WhatIf runs a book over one group's recorded events, given in the order of (occurred_at, number) and including
// imports. The group counts as switched on; rules in dry run stay dry and report what they would do. Events before the
// span are stepped over without being reported, so that strikes and windows are right at its beginning. People's
// decisions of the record are kept.
//
// Errors: the source's own; community.CodeBadInput when the events are not in order.
func WhatIf(group community.GroupKey, rb *policy.Rulebook, events Events, span Span) (*Outcome, error) {
	o := newOutcome(rb, span)
	p := newPast(group, rb)
	report := func(at *community.Event, out []community.Decision) {
		if len(out) > 0 && span.holds(at.OccurredAt) {
			o.add(at, out)
		}
	}
	err := walk(events, span, &o.LeftOut, func(ev *community.Event) {
		if span.holds(ev.OccurredAt) {
			o.see(ev)
		}
		p.step(ev, report)
	})
	return o, err
}

// walk gives the events of a what-if one by one, with the time set that they are judged by.
func walk(events Events, span Span, leftOutCount *int64, each func(*community.Event)) error {
	var now, lastAt, lastNumber int64
	for ev, err := range events {
		if err != nil {
			return err
		}
		if ev.OccurredAt < lastAt || ev.OccurredAt == lastAt && ev.Number <= lastNumber && lastNumber > 0 {
			return community.Errorf(community.CodeBadInput, "replay: event %d (%d) after %d (%d)", ev.Number, ev.OccurredAt, lastNumber, lastAt)
		}
		lastAt, lastNumber = ev.OccurredAt, ev.Number
		if span.To != 0 && ev.OccurredAt >= span.To {
			return nil
		}
		if leftOut(&ev) {
			if span.holds(ev.OccurredAt) {
				*leftOutCount++
			}
			continue
		}
		now = max(now, ev.OccurredAt)
		ev.At, ev.Mark = now, community.OnTime
		each(&ev)
	}
	return nil
}

func (o *Outcome) see(ev *community.Event) {
	o.Events++
	if ev.Type == community.MessageCreated {
		o.Messages++
	}
}

func (o *Outcome) add(ev *community.Event, out []community.Decision) {
	for i := range out {
		d := &out[i]
		if len(d.Hits) == 0 {
			continue // a person's decision, the end of a mute
		}
		o.Decisions++
		o.Strikes += int64(len(d.Strikes))
		if d.Verdict == community.Faulted {
			o.Faulted++
		}
		for _, hit := range hitsOf(ev, d) {
			o.hit(hit)
		}
	}
}

func (o *Outcome) hit(h Hit) {
	o.Hits++
	if len(o.Examples) < o.maxExamples {
		o.Examples = append(o.Examples, h)
	} else {
		o.Truncated = true
	}
	if k, ok := o.index[h.Rule]; ok {
		r := &o.Rules[k]
		switch {
		case h.spared():
			r.Spared++
		case h.Dry:
			r.Dry++
		default:
			r.Hits++
		}
		if h.Chose {
			r.Chosen++
		}
		o.seen[h.Rule][h.Member] = struct{}{}
		r.Members = int64(len(o.seen[h.Rule]))
		tally(r.Would, h.Would)
	}
	if h.Chose {
		tally(o.Would, h.Would)
		if h.Would != "" && h.Verdict == community.Hit {
			o.done[h.Member] = struct{}{}
			o.Concerned = int64(len(o.done))
		}
	}
}

// tally counts the acts of a Hit.Would.
func tally(counts map[string]int64, would string) {
	if would == "" {
		return
	}
	for act := range strings.SplitSeq(would, "+") {
		if strings.HasSuffix(act, "(held)") {
			act = "held"
		}
		counts[act]++
	}
}

func (h *Hit) spared() bool { return policy.IsSpared(h.Why) }

// hitsOf makes rows of a decision.
func hitsOf(ev *community.Event, d *community.Decision) []Hit {
	out := make([]Hit, 0, len(d.Hits))
	for _, h := range d.Hits {
		row := Hit{
			Group: d.Group, Event: d.Event, Seq: d.Seq, OccurredAt: ev.OccurredAt, Member: d.Member, Verdict: d.Verdict,
			Rule: h.Rule, Kind: h.Kind, Spans: h.Spans, Why: h.Why, Dry: h.Dry, Chose: h.Chose, Would: policy.Would(d, h),
		}
		if h.Chose {
			row.Rung = d.Rung
		}
		out = append(out, row)
	}
	return out
}

// Change is an event about which two books decide differently.
type Change struct {
	Event      int64               `json:"event"`
	Seq        int64               `json:"seq"`
	OccurredAt int64               `json:"occurred_at"`
	Member     community.MemberKey `json:"member"`
	A          []Hit               `json:"a,omitempty"`
	B          []Hit               `json:"b,omitempty"`
}

// RuleDiff compares one rule's hits under two books.
type RuleDiff struct {
	Rule  string `json:"rule"`
	Both  int64  `json:"both"`
	OnlyA int64  `json:"only_a"`
	OnlyB int64  `json:"only_b"`

	MembersA int64            `json:"members_a"`
	MembersB int64            `json:"members_b"`
	Would    map[string]int64 `json:"would"` // what would follow under the second book
}

// Comparison is where two books differ.
type Comparison struct {
	Messages  int64      `json:"messages"`
	Events    int64      `json:"events"` // of all types within the span
	LeftOut   int64      `json:"left_out"`
	Different int64      `json:"different"` // events
	Same      int64      `json:"same"`      // events that both decide upon alike
	Rules     []RuleDiff `json:"rules"`     // by id
	Changes   []Change   `json:"changes"`
	Hits      []Hit      `json:"hits,omitempty"` // the second book's, those that the first shares too
	Truncated bool       `json:"truncated"`      // more changes or hits than Examples
	// Would and Concerned are the second book's: see Outcome.
	Would     map[string]int64 `json:"would"`
	Concerned int64            `json:"concerned"`
	Caveat    [2]string        `json:"caveat"`
}

// Diff runs two books over the same events, as WhatIf does, and reports only the events that they decide differently:
// other hits, another consequence, another rung. Versions are not compared.
func Diff(group community.GroupKey, a, b *policy.Rulebook, events Events, span Span) (*Comparison, error) {
	c := &comparer{Comparison: Comparison{Caveat: Caveat, Would: map[string]int64{}}, rules: map[string]*RuleDiff{},
		seen: map[ruleSide]map[community.MemberKey]struct{}{}, done: map[community.MemberKey]struct{}{}, most: span.examples(), span: span}
	left, right := newPast(group, a), newPast(group, b)
	err := walk(events, span, &c.LeftOut, func(ev *community.Event) {
		if span.holds(ev.OccurredAt) {
			c.see(ev)
		}
		var sides [2]side
		left.step(ev, sides[0].take(ev))
		span.timed(func() { right.step(ev, sides[1].take(ev)) })
		c.compareTimers(sides)
		c.compare(ev, sides[0].hits, sides[1].hits)
	})
	for _, id := range sortedKeys(c.rules) {
		c.Rules = append(c.Rules, *c.rules[id])
	}
	return &c.Comparison, err
}

// side is what one book decided in a step: about the event, and about timers that were due before it.
type side struct {
	hits   []Hit
	timers []timed
}

type timed struct {
	ev   *community.Event
	hits []Hit
}

func (s *side) take(about *community.Event) func(*community.Event, []community.Decision) {
	return func(ev *community.Event, out []community.Decision) {
		var hits []Hit
		for i := range out {
			hits = append(hits, hitsOf(ev, &out[i])...)
		}
		if ev == about {
			s.hits = hits
		} else if len(hits) > 0 {
			s.timers = append(s.timers, timed{ev, hits})
		}
	}
}

// ruleSide is a rule under one of two books.
type ruleSide struct {
	rule string
	side int
}

type comparer struct {
	Comparison
	rules map[string]*RuleDiff
	seen  map[ruleSide]map[community.MemberKey]struct{}
	done  map[community.MemberKey]struct{}
	most  int
	span  Span
}

func (c *comparer) see(ev *community.Event) {
	c.Events++
	if ev.Type == community.MessageCreated {
		c.Messages++
	}
}

// compareTimers pairs the timers that both books asked for; what only one of them rang stands alone.
func (c *comparer) compareTimers(sides [2]side) {
	right := sides[1].timers
	for _, t := range sides[0].timers {
		k := slices.IndexFunc(right, func(o timed) bool { return o.ev.ID == t.ev.ID })
		if k < 0 {
			c.compare(t.ev, t.hits, nil)
			continue
		}
		c.compare(t.ev, t.hits, right[k].hits)
		right = slices.Delete(slices.Clone(right), k, k+1)
	}
	for _, t := range right {
		c.compare(t.ev, nil, t.hits)
	}
}

func (c *comparer) compare(ev *community.Event, a, b []Hit) {
	if len(a) == 0 && len(b) == 0 || !c.span.holds(ev.OccurredAt) {
		return
	}
	c.count(a, b)
	if room := c.most - len(c.Hits); len(b) > room {
		c.Hits, c.Truncated = append(c.Hits, b[:room]...), true
	} else {
		c.Hits = append(c.Hits, b...)
	}
	if sameHits(a, b) {
		c.Same++
		return
	}
	c.Different++
	if len(c.Changes) == c.most {
		c.Truncated = true
		return
	}
	who := ev.Actor
	if ev.Subject != 0 {
		who = ev.Subject
	}
	c.Changes = append(c.Changes, Change{Event: ev.Number, Seq: ev.Seq, OccurredAt: ev.OccurredAt, Member: who, A: a, B: b})
}

func (c *comparer) count(a, b []Hit) {
	names := map[string][2]bool{}
	for k, list := range [][]Hit{a, b} {
		for _, h := range list {
			if h.spared() {
				continue
			}
			on := names[h.Rule]
			on[k] = true
			names[h.Rule] = on
			c.concern(ruleSide{h.Rule, k}, h)
		}
	}
	for id, on := range names {
		r := c.rule(id)
		switch {
		case on[0] && on[1]:
			r.Both++
		case on[0]:
			r.OnlyA++
		default:
			r.OnlyB++
		}
	}
}

func (c *comparer) rule(id string) *RuleDiff {
	r := c.rules[id]
	if r == nil {
		r = &RuleDiff{Rule: id, Would: map[string]int64{}}
		c.rules[id] = r
	}
	return r
}

// concern counts whom a rule hits under a book, and what would follow under the second.
func (c *comparer) concern(at ruleSide, h Hit) {
	if c.seen[at] == nil {
		c.seen[at] = map[community.MemberKey]struct{}{}
	}
	c.seen[at][h.Member] = struct{}{}
	r, n := c.rule(at.rule), int64(len(c.seen[at]))
	if at.side == 0 {
		r.MembersA = n
		return
	}
	r.MembersB = n
	tally(r.Would, h.Would)
	if !h.Chose {
		return
	}
	tally(c.Would, h.Would)
	if h.Would != "" && h.Verdict == community.Hit {
		c.done[h.Member] = struct{}{}
		c.Concerned = int64(len(c.done))
	}
}

func sameHits(a, b []Hit) bool {
	if len(a) != len(b) {
		return false
	}
	one, _ := json.Marshal(a)
	two, _ := json.Marshal(b)
	return string(one) == string(two)
}

func sortedKeys(m map[string]*RuleDiff) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
