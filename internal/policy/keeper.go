package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Version is the version of what a snapshot means. A snapshot of another version must be thrown away and the events
// folded again.
const Version = 3

// Keeper folds a group's events with the book in force at each. It is for one goroutine and changes in place: who cannot
// commit what it decided drops it and folds again.
type Keeper struct {
	lib   *Library
	rb    *Rulebook
	raw   json.RawMessage // the book in force as it was published; nil = the default book
	state *State
	over  *Rulebook // the book with the shield's rules on top, while one is on

	sayer sayer

	size    int   // what Size found last
	sizedAt int64 // at which step
}

// Step says what follows from the group's next event. Book changes (rulebook.published) take effect here.
func (k *Keeper) Step(ev *community.Event) []community.Decision {
	switch {
	case ev.Type == community.RulebookPublished:
		return k.publish(ev)
	case ev.Type == community.ShieldSet:
		return k.shield(ev)
	case ev.Type == community.TimerFired && strings.HasPrefix(ev.Body.Message, community.WakeShield):
		return k.shieldOver(ev)
	}
	return Step(k.inForce(), k.state, ev)
}

// Ready says whether Step can judge the event now. It cannot while the content that a newly published book names cannot be
// read (community.CodeBadInput and CodeNotFound are no such trouble: Step reports them as a fault); whoever asks tries again
// later, so that a trouble of the moment decides nothing.
func (k *Keeper) Ready(ev *community.Event) error {
	var err error
	switch ev.Type {
	case community.RulebookPublished:
		_, err = k.lib.Parse(bookForm(ev))
	case community.ShieldSet:
		_, err = k.lib.under(k.rb)
	default:
		return nil
	}
	switch community.CodeOf(err) {
	case community.CodeNone, community.CodeBadInput, community.CodeTooLarge, community.CodeNotFound:
		return nil
	}
	return err
}

// bookForm is the one form of a published book: that of a snapshot.
func bookForm(ev *community.Event) json.RawMessage {
	raw, err := json.Marshal(ev.Body.Data)
	if err != nil {
		return ev.Body.Data // no JSON: Parse says so
	}
	return raw
}

// Rulebook is the group's book in force, without what a shield lays on top.
func (k *Keeper) Rulebook() *Rulebook { return k.rb }

// publish puts a book in force. One that cannot be read changes nothing and is reported as a fault.
func (k *Keeper) publish(ev *community.Event) []community.Decision {
	raw := bookForm(ev)
	next, err := k.lib.Parse(raw)
	if err != nil {
		d := decide(k.rb, k.state, ev, 0)
		d.Verdict, d.Why = community.Faulted, err.Error()
		return []community.Decision{d}
	}
	force := next
	if k.over != nil {
		if force, err = k.lib.under(next); err != nil {
			d := decide(k.rb, k.state, ev, 0)
			d.Verdict, d.Why = community.Faulted, err.Error()
			return []community.Decision{d}
		}
	}
	Adopt(k.state, k.inForce(), force)
	k.rb, k.raw = next, raw
	if k.over != nil {
		k.over = force
	}
	k.state.now.Steps++
	return nil
}

// snapshot is the JSON of a Keeper.
type snapshot struct {
	Version int                `json:"version"`
	Group   community.GroupKey `json:"group"`
	Book    json.RawMessage    `json:"book,omitempty"`
	Now     groupState         `json:"now"`
	Members []memberShot       `json:"members"`
	Cool    []coolShot         `json:"cool,omitempty"`
	Echoes  []byte             `json:"echoes,omitempty"`
}

type memberShot struct {
	member
	Floods [][]int64 `json:"floods,omitempty"` // by slot: time, hash, time, hash, …
}

type coolShot struct {
	Rule   string              `json:"rule"`
	Member community.MemberKey `json:"member,omitempty"`
	Until  int64               `json:"until"`
}

// Snapshot is the Keeper as JSON: equal Keepers give equal bytes.
func (k *Keeper) Snapshot() []byte {
	s := k.state
	shot := snapshot{Version: Version, Group: s.group, Book: k.raw, Now: s.now, Members: make([]memberShot, 0, len(s.members)), Echoes: s.echoes.pack()}
	for _, m := range s.members {
		shot.Members = append(shot.Members, memberShot{*m, packRings(m.floods)})
	}
	slices.SortFunc(shot.Members, func(a, b memberShot) int { return int(min(max(a.Key-b.Key, -1), 1)) })
	for key, until := range s.cool {
		shot.Cool = append(shot.Cool, coolShot{key.rule, key.member, until})
	}
	slices.SortFunc(shot.Cool, func(a, b coolShot) int {
		if a.Rule != b.Rule {
			return strings.Compare(a.Rule, b.Rule)
		}
		return int(min(max(a.Member-b.Member, -1), 1))
	})
	raw, err := json.Marshal(shot)
	if err != nil {
		panic(err) // plain values only: cannot happen
	}
	return raw
}

func packRings(rings []ring) [][]int64 {
	if rings == nil {
		return nil
	}
	out := make([][]int64, len(rings))
	for i := range rings {
		r := &rings[i]
		for n := range r.n {
			out[i] = append(out[i], r.at(n).at, int64(r.at(n).hash))
		}
	}
	return out
}

func unpackRings(packed [][]int64) []ring {
	if packed == nil {
		return nil
	}
	out := make([]ring, len(packed))
	for i, list := range packed {
		r := &out[i]
		for n := 0; n+1 < len(list); n += 2 {
			r.buf = append(r.buf, stamp{list[n], uint64(list[n+1])})
		}
		r.n = len(r.buf)
	}
	return out
}

// restore is the inverse of Snapshot.
func restore(lib *Library, group community.GroupKey, raw []byte) (*Keeper, error) {
	var shot snapshot
	if err := json.Unmarshal(raw, &shot); err != nil {
		return nil, community.Errorf(community.CodeBadInput, "policy snapshot: %w", err)
	}
	if shot.Version != Version || shot.Group != group {
		return nil, community.Errorf(community.CodeUnsupported, "policy snapshot of group %d, version %d: want group %d, version %d",
			shot.Group, shot.Version, group, Version)
	}
	k := newKeeper(lib, group)
	if shot.Book != nil {
		rb, err := lib.Parse(shot.Book)
		if err != nil {
			return nil, err
		}
		k.rb, k.raw = rb, shot.Book
	}
	k.state.now = shot.Now
	if shot.Now.Shield != nil {
		over, err := lib.under(k.rb)
		if err != nil {
			return nil, err
		}
		k.over = over
	}
	k.state.echoes = unpackEchoes(shot.Echoes)
	for _, m := range shot.Members {
		one := m.member
		one.floods = unpackRings(m.Floods)
		k.state.members[one.Key] = &one
	}
	for _, c := range shot.Cool {
		k.state.cool[coolKey{c.Rule, c.Member}] = c.Until
	}
	return k, nil
}

// sizeEvery is after how many steps Size counts anew: counting goes through all members.
const sizeEvery = 256

// Size is about how many bytes the Keeper holds, without the rulebook, which it may share. It may lag behind by some
// hundred events.
func (k *Keeper) Size() int {
	if k.size == 0 || k.state.now.Steps-k.sizedAt >= sizeEvery {
		k.size, k.sizedAt = k.measure(), k.state.now.Steps
	}
	return k.size
}

func (k *Keeper) measure() int {
	const each, perGroup = 320, 4096
	n := perGroup + len(k.raw) + len(k.state.members)*each + len(k.state.cool)*80 + len(k.state.now.Recent)*400 + len(k.state.now.Copies)*160 + len(k.state.echoes.buf)*(echoSize+40) + len(k.state.now.Lines)*24 +
		len(k.state.now.Reporters)*64 + len(k.state.now.Reports)*512 + len(k.state.now.Talk.Usual) + len(k.state.now.Talk.Said)*160 + len(k.state.now.Invites)*48
	for _, w := range k.state.now.Raids {
		n += 64 + len(w.Joins)*96 + len(w.Members)*8
	}
	for _, m := range k.state.members {
		n += len(m.Strikes)*64 + len(m.Shadow)*32 + len(m.Suspected)*40
		for i := range m.floods {
			n += 32 + len(m.floods[i].buf)*16
		}
	}
	return n
}

// Canonical is a decision as it is stored and compared: its JSON.
func Canonical(d community.Decision) []byte {
	raw, err := json.Marshal(d)
	if err != nil {
		panic(err) // plain values only: cannot happen
	}
	return raw
}
