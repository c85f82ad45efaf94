package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Kinds of a person's decision (community.PersonDecision).
const (
	personAct      = "act"
	personBot      = "bot" // an attached bot, which is no person: the cap on removals and immunity hold
	personUndo     = "undo"
	personFalseHit = "false_hit"
	personDismiss  = "dismiss"
	personKept     = "kept" // looked at and found right
	personRelease  = "release"
	personStrikes  = "strike"
	personReport   = "report" // about a case of reports alone
	personListed   = "listed" // nobody's word: a shared list says so
)

// sketch is what an undo or a release must know about a decision that acted.
type sketch struct {
	Decision community.ID       `json:"decision"`
	At       int64              `json:"at"`
	Actions  []community.Action `json:"actions"`
}

// maxRecent bounds how many acting decisions a group remembers for undo; they are also forgotten with the strikes' age.
const maxRecent = 1000

// remember keeps a decision's actions for an undo. Sends are kept without their text.
func (s *State) remember(rb *Rulebook, d *community.Decision) {
	if len(d.Actions) == 0 {
		return
	}
	k := sketch{Decision: d.ID, At: d.At}
	for _, a := range d.Actions {
		a.Text = ""
		k.Actions = append(k.Actions, a)
	}
	old := s.now.Recent
	for len(old) > 0 && (old[0].At <= d.At-rb.memory || len(old) >= maxRecent) {
		old = old[1:]
	}
	s.now.Recent = append(old, k)
}

func (s *State) recall(id community.ID) (sketch, bool) {
	for _, k := range s.now.Recent {
		if k.Decision == id {
			return k, true
		}
	}
	return sketch{}, false
}

// held finds an action that waits for a person.
func (s *State) held(id community.ID) (community.Action, bool) {
	for _, k := range s.now.Recent {
		for _, a := range k.Actions {
			if a.ID == id {
				return a, a.Hold != ""
			}
		}
	}
	return community.Action{}, false
}

// stepPerson carries a person's decision out.
func stepPerson(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	d := decide(rb, s, ev, subject(ev))
	var p community.PersonDecision
	if err := json.Unmarshal(ev.Body.Data, &p); err != nil {
		d.Verdict, d.Why = community.Faulted, "person.decided: "+err.Error()
		return []community.Decision{d}
	}
	d.Verdict, d.User, d.Why = community.Judged, p.User, p.Kind
	if p.Reason != "" {
		d.Why += ": " + p.Reason
	}
	switch p.Kind {
	case personAct:
		s.personActs(ev, &d, p)
		s.awaitActs(rb, ev, &d)
	case personBot:
		s.botActs(rb, ev, &d, p)
	case personUndo, personFalseHit:
		s.undo(ev, &d, p)
	case personKept, personReport:
		// what was decided stands
	case personDismiss:
		d.Cancel = one(p.Action)
		s.letGo(p.Action)
	case personRelease:
		s.release(ev, &d, p)
	case personStrikes:
		s.personStrike(rb, ev, &d, p)
	case personListed:
		s.listed(rb, ev, &d, p)
	default:
		d.Verdict, d.Why = community.Faulted, fmt.Sprintf("person.decided: unknown kind %q", p.Kind)
	}
	if p.Report != nil && d.Verdict == community.Judged && (p.Strike == nil || len(d.Strikes) > 0) {
		s.verdict(rb, ev, &d, p.Report)
	}
	s.remember(rb, &d)
	return []community.Decision{d}
}

func one(id community.ID) []community.ID {
	if id.IsZero() {
		return nil
	}
	return []community.ID{id}
}

// personActs gives a person's actions their ids and ends.
func (s *State) personActs(ev *community.Event, d *community.Decision, p community.PersonDecision) {
	for _, a := range p.Actions {
		s.addAction(ev, d, a, community.ByPerson)
		if a.Verb == community.MuteAll {
			s.silence(!a.Refuse)
		}
	}
}

// silence keeps in mind that a person muted everybody; one who lifts that has lifted a defence's mute, too.
func (s *State) silence(on bool) {
	s.now.Silenced = on
	if on {
		return
	}
	s.now.Raids = slices.Clone(s.now.Raids)
	for i := range s.now.Raids {
		s.now.Raids[i].Muted = false
	}
}

// botActs does what an attached bot wants, within what a rule may: nothing is held against who is immune, and removals
// beyond the cap, or where the group is heard through an unofficial gateway, wait for a person.
func (s *State) botActs(rb *Rulebook, ev *community.Event, d *community.Decision, p community.PersonDecision) {
	for _, a := range p.Actions {
		sanction := a.Verb == community.Mute || a.Verb == community.Remove
		known := member{}
		if m := s.members[a.Target]; m != nil {
			known = *m
		}
		if sanction && rb.immune(a.Target, known.Role, known.Mark) {
			d.Verdict, d.Member = community.Spared, a.Target
			continue
		}
		hold := ""
		if a.Verb == community.Remove {
			hold = s.holdRemoval(rb, ev.At, a.Target, s.now.Unproved)
		}
		s.addAction(ev, d, a, community.ByBot)
		d.Actions[len(d.Actions)-1].Hold = hold
	}
}

// addAction finishes an action and keeps the member's mute in step.
func (s *State) addAction(ev *community.Event, d *community.Decision, a community.Action, cause community.Cause) {
	a.ID, a.Decision, a.Group, a.Cause = community.DeriveID(ev.ID, string(cause), len(d.Actions)), d.ID, ev.Group, cause
	a.Hold = ""
	if d.Member == 0 {
		d.Member = a.Target
	}
	switch a.Verb {
	case community.Mute:
		if a.Until == 0 {
			a.Until = ev.At + a.Seconds*1000
		}
		a.Seconds = (a.Until - ev.At) / 1000
		a.Deadline = ev.At + muteLasts
		m := s.touch(a.Target)
		m.mute(ev.At, a.Until, d.ID)
		d.Wakes = append(d.Wakes, unmuteWake(a.Target, a.Until))
	case community.Unmute:
		m := s.touch(a.Target)
		m.unmute()
	}
	d.Actions = append(d.Actions, a)
}

// undo takes back what a decision did: its strikes no longer count, what is not done yet is cancelled, a mute that still
// lasts gives way to what held before it, and whoever was removed is to be asked back by a person. A recall and a sent text
// cannot be taken back by us.
func (s *State) undo(ev *community.Event, d *community.Decision, p community.PersonDecision) {
	d.Undoes = p.Decision
	s.revoke(ev, d, p)
	k, known := s.recall(p.Decision)
	if !known { // forgotten by now: the door may say itself what is to be done
		s.personActs(ev, d, p)
		return
	}
	for _, a := range k.Actions {
		d.Cancel = append(d.Cancel, a.ID)
		s.letGo(a.ID)
		s.forgetRemoval(ev.At, a.Target)
		if d.Member == 0 {
			d.Member = a.Target
		}
		s.restore(ev, d, a)
	}
}

// revoke drops the strikes that a decision gave. Only its own member can hold them.
func (s *State) revoke(ev *community.Event, d *community.Decision, p community.PersonDecision) {
	who := subject(ev)
	if k, ok := s.recall(p.Decision); ok && len(k.Actions) > 0 {
		who = k.Actions[0].Target
	}
	m := s.members[who]
	if m == nil || !m.holds(p.Decision) {
		m = s.holder(p.Decision)
	}
	if m == nil {
		return
	}
	m = s.touch(m.Key)
	d.Member = m.Key
	var kept []strike
	for _, x := range m.Strikes {
		if x.Decision == p.Decision {
			d.Revoke = append(d.Revoke, x.ID)
			continue
		}
		kept = append(kept, x)
	}
	m.Strikes = kept
}

func (m *member) holds(decision community.ID) bool {
	for _, x := range m.Strikes {
		if x.Decision == decision {
			return true
		}
	}
	return false
}

// holder finds whose strike a decision gave. At most one member has it, so the order of looking cannot be seen.
func (s *State) holder(decision community.ID) *member {
	for _, m := range s.members {
		if m.holds(decision) {
			return m
		}
	}
	return nil
}

// release lets a held action go: a new action with the person as its cause, the held one cancelled. Where it was released
// or dismissed before, nothing follows, and the decision says so.
func (s *State) release(ev *community.Event, d *community.Decision, p community.PersonDecision) {
	a, ok := s.held(p.Action)
	if !ok {
		d.Why = "release: no such action is held"
		return
	}
	d.Cancel = one(p.Action)
	s.letGo(p.Action)
	s.addAction(ev, d, a, community.ByPerson)
	s.freed(d.Actions[len(d.Actions)-1])
}

// letGo notes that an action is held no longer, so that a later release finds nothing.
func (s *State) letGo(id community.ID) {
	all := append([]sketch(nil), s.now.Recent...)
	for i, k := range all {
		for n, a := range k.Actions {
			if a.ID != id {
				continue
			}
			actions := append([]community.Action(nil), k.Actions...)
			actions[n].Hold = ""
			all[i].Actions = actions
		}
	}
	s.now.Recent = all
}

const wakeUnmute = "unmute:"

func unmuteWake(who community.MemberKey, until int64) community.Wake {
	return community.Wake{Key: fmt.Sprintf("%s%d:%d", wakeUnmute, who, until), At: until}
}

// stepTimer answers a timer that policy asked for. Others' timers pass.
func stepTimer(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	key := ev.Body.Message
	if strings.HasPrefix(key, wakeWelcome) {
		return greetAll(rb, s, ev)
	}
	if strings.HasPrefix(key, wakeConfirm) {
		return stepConfirmDue(rb, s, ev)
	}
	if strings.HasPrefix(key, wakeRaid) {
		return stepRaidOver(rb, s, ev)
	}
	rest, ok := strings.CutPrefix(key, wakeUnmute)
	if !ok {
		return nil
	}
	who, _, _ := strings.Cut(rest, ":")
	n, err := strconv.ParseInt(who, 10, 64)
	if err != nil {
		return nil
	}
	return s.liftMute(rb, ev, community.MemberKey(n))
}

// liftMute ends a mute whose time has come. Where the platform carried the mute out it has ended already; lifting it
// again does no harm.
func (s *State) liftMute(rb *Rulebook, ev *community.Event, who community.MemberKey) []community.Decision {
	m := s.members[who]
	if m == nil || m.MutedTill == 0 || m.MutedTill > ev.At {
		return nil // lifted, left, or muted for longer meanwhile
	}
	d := decide(rb, s, ev, who)
	d.Verdict, d.Why = community.Served, "mute_over"
	s.addAction(ev, &d, community.Action{Verb: community.Unmute, Target: who}, community.BySystem)
	return []community.Decision{d}
}
