package replay

import (
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// Weighed is what a book does about messages that people judged, and where it differs from today's book. Lists hold numbers of
// messages.
type Weighed struct {
	Found    int `json:"found"`  // wanted hit and hit
	Missed   int `json:"missed"` // wanted hit and not hit
	False    int `json:"false"`  // wanted none and hit
	Clean    int `json:"clean"`  // wanted none and not hit
	Removals int `json:"false_removals"`

	Mended  []int64 `json:"mended,omitempty"`  // hit wrongly today, and not by this book
	Caught  []int64 `json:"caught,omitempty"`  // missed today, and not by this book
	Lost    []int64 `json:"lost,omitempty"`    // found today, and not by this book
	Spoiled []int64 `json:"spoiled,omitempty"` // clean today, and hit by this book

	More  int64   `json:"more"`          // messages that nobody judged, hit by this book and not today
	Fewer int64   `json:"fewer"`         // and the other way round
	New   []int64 `json:"new,omitempty"` // some of More
}

// someNew is how many messages are named that a book would newly hit.
const someNew = 20

// Judged is how many messages people judged.
func (w Weighed) Judged() int { return w.Found + w.Missed + w.False + w.Clean }

// Gain is how many judged messages are judged right that are judged wrong today.
func (w Weighed) Gain() int { return len(w.Mended) + len(w.Caught) }

// unjudgedMost is how many messages that nobody judged may change for each judged one that changes for the better: what is
// proposed rests on people's word about a fifth of what it changes at least.
const unjudgedMost = 4

// Better reports whether the book is strictly better than today's: some judged messages are put right, none is put wrong, and
// enough of what changes was judged.
func (w Weighed) Better() bool {
	return w.Gain() > 0 && len(w.Lost)+len(w.Spoiled) == 0 && w.More <= unjudgedMost*int64(len(w.Caught)) && w.Fewer <= unjudgedMost*int64(len(w.Mended))
}

// Chance is how likely the gain would be if the change did nothing good and every difference fell either way by chance, in
// thousandths (sign test, one-sided).
func (w Weighed) Chance() int {
	p := 1000
	for range w.Gain() {
		p = (p + 1) / 2
	}
	return p
}

// MinJudged is how many judged messages there must be before changes are weighed at all.
const MinJudged = 10

// Weigh judges the labelled cases under today's book and under books that might follow it, in one walk over the group's
// events (as WhatIf gives them): a case within the span is judged in its place, any other stands alone (see Cases). What cannot
// be judged is left out.
func Weigh(group community.GroupKey, today *policy.Rulebook, tried []*policy.Rulebook, labels []Labelled, events Events, span Span) (Weighed, []Weighed, error) {
	w := &weigher{span: span, books: append([]*policy.Rulebook{today}, tried...), out: make([]Weighed, len(tried)+1), wants: map[int64]community.Want{}, met: map[int64]bool{}}
	for _, c := range labels {
		if c.Group == group && c.Said.Number != 0 && !Erased(&c.Said) {
			w.wants[c.Event] = c.Want
		}
	}
	for _, rb := range w.books {
		w.pasts = append(w.pasts, newPast(group, rb))
	}
	w.hits, w.removes = make([]bool, len(w.books)), make([]bool, len(w.books))
	var leftOut int64
	if err := walk(events, span, &leftOut, w.see); err != nil {
		return Weighed{}, nil, err
	}
	for i := range labels {
		if c := &labels[i]; !w.met[c.Event] {
			w.alone(c)
		}
	}
	return w.out[0], w.out[1:], nil
}

type weigher struct {
	span    Span
	books   []*policy.Rulebook
	pasts   []*past
	out     []Weighed
	wants   map[int64]community.Want
	met     map[int64]bool
	hits    []bool // by the books, of the message under judgement
	removes []bool
}

func (w *weigher) see(ev *community.Event) {
	for k, p := range w.pasts {
		w.hits[k], w.removes[k] = false, false
		p.step(ev, func(at *community.Event, out []community.Decision) {
			if at == ev {
				w.hits[k], w.removes[k] = judged(out)
			}
		})
	}
	if ev.Type != community.MessageCreated || !w.span.holds(ev.OccurredAt) {
		return
	}
	want, known := w.wants[ev.Number]
	if known {
		w.met[ev.Number] = true
		w.count(ev.Number, want)
		return
	}
	for k := 1; k < len(w.out); k++ {
		w.out[k].unjudged(ev.Number, w.hits[0], w.hits[k])
	}
}

// judged reads from decisions whether a live rule hit, and whether somebody would be removed for it.
func judged(out []community.Decision) (hit, removed bool) {
	for i := range out {
		hit = hit || out[i].Verdict == community.Hit
		removed = removed || slices.ContainsFunc(out[i].Actions, func(a community.Action) bool { return a.Verb == community.Remove })
	}
	return hit, removed
}

// alone judges a case that is not in the span by itself.
func (w *weigher) alone(c *Labelled) {
	for k, rb := range w.books {
		s, hit := stand(rb, c)
		if s.Fate == Unknown {
			return
		}
		w.hits[k], w.removes[k] = hit, false
	}
	w.count(c.Event, c.Want)
}

func (w *weigher) count(number int64, want community.Want) {
	for k := range w.out {
		w.out[k].judge(number, want, w.hits[0], w.hits[k], w.removes[k])
	}
}

func (w *Weighed) judge(number int64, want community.Want, today, hit, removed bool) {
	wanted := want == community.WantHit
	tally := map[[2]bool]*int{{true, true}: &w.Found, {true, false}: &w.Missed, {false, true}: &w.False, {false, false}: &w.Clean}
	*tally[[2]bool{wanted, hit}]++
	if !wanted && removed {
		w.Removals++
	}
	if hit == today {
		return
	}
	changed := map[[2]bool]*[]int64{{true, true}: &w.Caught, {true, false}: &w.Lost, {false, true}: &w.Spoiled, {false, false}: &w.Mended}
	list := changed[[2]bool{wanted, hit}]
	*list = append(*list, number)
}

func (w *Weighed) unjudged(number int64, today, hit bool) {
	switch {
	case hit && !today:
		if w.More++; len(w.New) < someNew {
			w.New = append(w.New, number)
		}
	case today && !hit:
		w.Fewer++
	}
}

// Proposal is a change of a book that replay finds better, with today's figures and those it would have.
type Proposal struct {
	policy.Variant
	Today Weighed `json:"today"`
	Would Weighed `json:"would"`
}

// mostProposals bounds what is proposed at once.
const mostProposals = 10

// Choose keeps the changes that are better, the best of each field of each rule (of equals the first), most gain first.
func Choose(variants []policy.Variant, today Weighed, weighed []Weighed) []Proposal {
	best := map[string]int{}
	var out []Proposal
	for i, v := range variants {
		w := weighed[i]
		if !w.Better() {
			continue
		}
		at, known := best[place(v)]
		switch {
		case !known:
			best[place(v)] = len(out)
			out = append(out, Proposal{v, today, w})
		case w.Gain() > out[at].Would.Gain():
			out[at] = Proposal{v, today, w}
		}
	}
	slices.SortStableFunc(out, func(a, b Proposal) int { return b.Would.Gain() - a.Would.Gain() })
	return out[:min(len(out), mostProposals)]
}

// place is what a change is about; every word taken out is one of its own.
func place(v policy.Variant) string {
	parts := []string{v.Rule, v.Field}
	if v.What == policy.WordOut {
		parts = append(parts, v.After)
	}
	return strings.Join(parts, "|")
}

// Weighing is how the changes of a group's book were weighed last.
type Weighing struct {
	Group    community.GroupKey `json:"group"`
	At       int64              `json:"at"`       // UTC ms
	Days     int                `json:"days"`     // of the past
	Messages int64              `json:"messages"` // in it
	Judged   int                `json:"judged"`   // messages that people judged
	Tried    int                `json:"tried"`    // changes; 0 with fewer than MinJudged: too few
	Better   int                `json:"better"`
	Place
}

// TooFew says that people judged too few messages for a change to be weighed.
func (w Weighing) TooFew() bool { return w.Judged < MinJudged }

// States of a Suggestion.
const (
	Open      = "open"
	Applied   = "applied"
	Dismissed = "dismissed"
	Withdrawn = "withdrawn" // weighed again, it was better no longer
)

// Suggestion is a Proposal that waits for a person, or what the person said.
type Suggestion struct {
	ID      community.ID       `json:"id"`
	Group   community.GroupKey `json:"group"`
	State   string             `json:"state"`
	At      int64              `json:"at"`    // first proposed, UTC ms
	Seen    int64              `json:"seen"`  // weighed last
	Book    int                `json:"book"`  // version it was weighed against
	User    string             `json:"user"`  // who applied or dismissed it
	Ended   int64              `json:"ended"` // when
	Reason  string             `json:"reason"`
	Version int                `json:"version"` // the version by which it came into force
	Place
	Proposal
}

// Place names a group for people.
type Place struct {
	GroupID   community.ID `json:"group_id"`
	GroupName string       `json:"group_name"`
}

// Again reports whether what a person dismissed may be proposed anew: only when its gain has doubled.
func (s Suggestion) Again(p Proposal) bool { return p.Would.Gain() >= 2*s.Would.Gain() }

// Settle says what becomes of a group's suggestions once its book was weighed: what is better is open, with the figures of now;
// what a person dismissed stays so unless its gain has doubled; what is open and better no longer is withdrawn.
func Settle(w Weighing, book int, had []Suggestion, better []Proposal) []Suggestion {
	var out []Suggestion
	fresh := map[string]bool{}
	for _, p := range better {
		fresh[p.Key()] = true
		one := Suggestion{Group: w.Group, At: w.At}
		if i := slices.IndexFunc(had, func(s Suggestion) bool { return s.Key() == p.Key() }); i >= 0 {
			if had[i].State == Dismissed && !had[i].Again(p) {
				continue
			}
			one.ID = had[i].ID
			if had[i].State == Open {
				one.At = had[i].At
			}
		}
		one.State, one.Seen, one.Book, one.Proposal = Open, w.At, book, p
		out = append(out, one)
	}
	for _, s := range had {
		if s.State == Open && !fresh[s.Key()] {
			s.State, s.Ended = Withdrawn, w.At
			out = append(out, s)
		}
	}
	return out
}
