package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Name is the decider's name in decisions.
const Name = "policy"

// Step says what follows from ev under the book, and writes into s what must be remembered. The result depends on
// nothing else, and is empty when nothing follows. Events of one group must come in the order of their sequence.
//
// When a rule panics, s is as it was and the only decision is one with verdict faulted that names the rule.
//
// rulebook.published is not for Step: a [Keeper] calls [Adopt] and goes on with the new book.
func Step(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	s.begin()
	out := guarded(rb, s, ev)
	s.sweep(ev.At)
	return out
}

func guarded(rb *Rulebook, s *State, ev *community.Event) (out []community.Decision) {
	s.look.judging = nil
	defer func() {
		if cause := recover(); cause != nil {
			s.rollback()
			out = []community.Decision{faulted(rb, s, ev, cause)}
		}
	}()
	return dispatch(rb, s, ev)
}

func dispatch(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	switch ev.Type {
	case community.MessageCreated:
		return stepMessage(rb, s, ev)
	case community.MessageEdited:
		return stepEdited(rb, s, ev)
	case community.MessageDeleted:
		return stepDeleted(rb, s, ev)
	case community.MemberJoined, community.FollowerAdded: // following an account is joining its desk
		return stepJoined(rb, s, ev)
	case community.MemberLeft, community.FollowerRemoved:
		return stepLeft(rb, s, ev)
	case community.MemberUpdated:
		return stepUpdated(rb, s, ev)
	case community.MemberMarked:
		return stepMarked(rb, s, ev)
	case community.MemberConfirmed:
		return stepConfirmed(rb, s, ev)
	case community.MemberMuted:
		return stepMuted(rb, s, ev)
	case community.RosterRead:
		return stepRoster(rb, s, ev)
	case community.TimerFired:
		return stepTimer(rb, s, ev)
	case community.ActionReceipt:
		return stepReceipt(rb, s, ev)
	case community.PersonDecided:
		return stepPerson(rb, s, ev)
	case community.MediaRead:
		return stepReading(rb, s, ev)
	case community.MemberReported:
		return stepReported(rb, s, ev)
	}
	return nil
}

// decisionID names policy's decision about an event.
func decisionID(ev *community.Event) community.ID { return community.DeriveID(ev.ID, Name, 0) }

// decide begins a decision about an event.
func decide(rb *Rulebook, s *State, ev *community.Event, who community.MemberKey) community.Decision {
	return community.Decision{
		ID: decisionID(ev), Decider: Name, Group: ev.Group, Event: ev.Number, Seq: ev.Seq, At: ev.At, Member: who,
		Book: rb.book.Version,
	}
}

func faulted(rb *Rulebook, s *State, ev *community.Event, cause any) community.Decision {
	d := decide(rb, s, ev, subject(ev))
	d.Verdict = community.Faulted
	name := "(none)"
	if r := s.look.judging; r != nil {
		name = r.ID
		d.Hits = []community.RuleHit{{Rule: r.ID, Kind: r.Kind}}
	}
	d.Why = "rule " + name + ": " + causeOf(cause)
	return d
}

// causeOf words a panic without anything that differs from run to run.
func causeOf(cause any) string {
	switch c := cause.(type) {
	case string:
		return c
	case error:
		return c.Error()
	}
	return fmt.Sprintf("%T", cause)
}

// subject is whom an event happened to.
func subject(ev *community.Event) community.MemberKey {
	if ev.Subject != 0 {
		return ev.Subject
	}
	return ev.Actor
}

// stepMessage judges a message.
func stepMessage(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	if !ev.Body.Caused.IsZero() || ev.Actor == 0 || s.isOurs(ev) {
		return nil
	}
	s.now.Unproved = ev.Origin == community.OriginUnofficial
	l := &s.look
	l.reset(rb, s, ev)
	m := s.touch(ev.Actor)
	if ev.Body.Role != community.RoleNone {
		m.Role = ev.Body.Role
	}
	m.Gone = false
	l.member = m
	l.judgeAll()
	var out []community.Decision
	if l.used > 0 || len(l.replies) > 0 || len(l.copies) > 0 || len(l.faults) > 0 || l.agreed != nil {
		out = l.conclude()
	}
	if rb.pictures && len(out) > 0 && len(out[0].Strikes) > 0 && len(ev.Body.Pictures()) > 0 {
		s.blame(ev.Number)
	}
	l.noteAll()
	m.Messages++
	if len(rb.opinions) > 0 && l.counts() {
		out = l.watchOpinions(out)
	}
	return out
}

// stepEdited judges what a message was made into, by its content alone: an edit is no new message, so it stands in no
// window and is answered by no reply. Its copies follow, unless what it says now is at fault. Where it completes words that
// were judged before, only what touches the new ones is found.
func stepEdited(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	if !ev.Body.Caused.IsZero() || ev.Actor == 0 || s.isOurs(ev) {
		return nil
	}
	l := &s.look
	l.reset(rb, s, ev)
	l.member = s.touch(ev.Actor)
	l.judgeAll()
	l.forgetJudged(ev)
	chosen := l.copies
	l.replies, l.copies = nil, nil
	var d community.Decision
	if l.used > 0 {
		if out := l.conclude(); len(out) > 0 {
			d = out[0]
		}
	}
	if ev.Body.Message == "" {
		return some(d) // no copy names it
	}
	atFault := d.Verdict == community.Hit
	follow(rb, s, ev, &d, func(r *rule) bool { return !atFault && slices.Contains(chosen, r) })
	return some(d)
}

// forgetJudged drops what was found in words that were judged before, when the message was still cut.
func (l *look) forgetJudged(ev *community.Event) {
	var whole community.Completion
	if len(ev.Body.Data) == 0 || json.Unmarshal(ev.Body.Data, &whole) != nil || whole.From <= 0 {
		return
	}
	n := 0
	for i, f := range l.findings[:l.used] { // they are used again: none is lost
		if slices.ContainsFunc(f.spans, func(s community.Span) bool { return s.End > whole.From }) {
			l.findings[n], l.findings[i] = f, l.findings[n]
			n++
		}
	}
	l.used = n
}

func stepDeleted(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	var d community.Decision
	follow(rb, s, ev, &d, func(*rule) bool { return false })
	return some(d)
}

func some(d community.Decision) []community.Decision {
	if d.ID.IsZero() {
		return nil
	}
	return []community.Decision{d}
}

// isOurs reports whether one of our own accounts speaks.
func (s *State) isOurs(ev *community.Event) bool {
	if ev.Body.Role != community.RoleNone {
		return ev.Body.Role == community.RoleSelf
	}
	m := s.members[ev.Actor]
	return m != nil && m.Role == community.RoleSelf
}

func (l *look) judgeAll() {
	l.read()
	for _, r := range l.rb.always {
		l.judging = r
		r.does.(judge).judge(l, r)
	}
	if len(l.matches)+len(l.listed) > 0 {
		for _, r := range l.rb.phrased {
			l.judging = r
			r.does.(judge).judge(l, r)
		}
	}
	l.judging = nil
}

func (l *look) noteAll() {
	if !l.counts() {
		return
	}
	for _, r := range l.rb.noters {
		l.judging = r
		r.does.(noter).note(l.state, l, r)
	}
	l.judging = nil
}

// conclude makes the one decision about a message.
func (l *look) conclude() []community.Decision {
	byBook(l.replies)
	byBook(l.copies)
	found := l.findings[:l.used]
	slices.SortStableFunc(found, func(a, b *finding) int { return a.rule.index - b.rule.index })
	d := decide(l.rb, l.state, l.ev, l.ev.Actor)
	immune := l.rb.immune(l.ev.Actor, l.member.Role, l.member.Mark)
	live, dry, spared, suspects := 0, 0, 0, 0
	for _, f := range found {
		framed := !immune && !f.spared && l.framed(f)
		f.spared = f.spared || immune || framed
		hit := community.RuleHit{Rule: f.rule.ID, Kind: f.rule.Kind, Spans: f.spans, Near: f.near, Dry: f.rule.dry, Why: f.why, Words: f.words}
		switch {
		case f.spared:
			hit.Why = l.whySpared(immune, framed) + sparedMark + hit.Why
			spared++
		case f.rule.dry && f.suspect:
			dry++
		case f.rule.dry:
			l.shadow(f, &d, &hit)
			dry++
		case f.suspect:
			suspects++
		default:
			live++
		}
		d.Hits = append(d.Hits, hit)
	}
	switch {
	case live > 0:
		l.sanction(found, &d)
	case suspects > 0:
		l.askPerson(found, &d)
	}
	spoken := len(d.Actions)
	l.takeAgreement(&d)
	l.answer(&d, live > 0)
	l.mirrorOut(&d, live > 0)
	switch {
	case live+suspects > 0:
		d.Verdict = community.Hit
	case len(d.Actions) > spoken || d.Confirmed > 0:
		d.Verdict = community.Served
	case dry > 0 || spared < len(d.Hits):
		d.Verdict = community.DryHit
	default:
		d.Verdict = community.Spared
	}
	if d.Verdict == community.Spared && len(d.Hits) == 0 && len(l.faults) > 0 {
		d.Verdict, d.Why = community.Faulted, "rule "+l.faults[0].Rule+": "+l.faults[0].Why
	}
	d.Hits = append(d.Hits, l.faults...)
	if len(d.Hits) == 0 {
		return nil
	}
	return []community.Decision{d}
}

// A spared hit's reason begins with why it does not count; sparedMark stands before what was found.
const (
	sparedMark    = ": "
	sparedImmune  = "immune "
	sparedAllowed = "allowed "
)

// IsSpared reads from a hit's reason that it does not count: the member is immune or the text allowed.
func IsSpared(why string) bool {
	return strings.HasPrefix(why, sparedImmune) || strings.HasPrefix(why, sparedAllowed)
}

func (l *look) whySpared(immune, framed bool) string {
	if framed {
		return sparedAllowed + "quoted"
	}
	if !immune {
		return sparedAllowed + "text"
	}
	for _, role := range []community.Role{l.member.Role, l.member.Mark} {
		if slices.Contains(l.rb.book.Immune, role) {
			return sparedImmune + string(role)
		}
	}
	if l.rb.staff[l.ev.Actor] {
		return sparedImmune + "staff"
	}
	return sparedAllowed + "member"
}

// stepJoined begins a stay and greets.
func stepJoined(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	who := subject(ev)
	if who == 0 {
		return nil
	}
	back := s.isHere(who) // and nobody told that they had left
	if ev.Body.Scene == community.Presence && back {
		return nil
	}
	m := s.touch(who)
	back = back || m.justLeft(ev.At)
	m.Joined, m.Stay, m.Gone, m.Messages = ev.At, ev.ID, false, 0
	m.unmute()
	m.Role = ev.Body.Role
	if s.now.Roster > 0 {
		s.now.Roster++
	}
	late := ev.At-ev.OccurredAt > welcomeLasts
	if m.Role == community.RoleSelf || !ev.Body.Caused.IsZero() || late && rb.asks == nil {
		return nil
	}
	d := decide(rb, s, ev, who)
	j := &arriving{rb: rb, state: s, ev: ev, member: who, out: &d}
	d.Verdict = community.DryHit
	s.askNewcomer(rb, j, m)
	if late { // it is too late for a greeting
		return greeted(d)
	}
	raided := !back && s.watchRaids(rb, j)
	tooMany := !back && s.watchInvites(rb, j)
	served, shown := s.isRaiding(rb, who, ev.At), false
	if raided {
		d.Verdict = community.Served
	}
	// a raid is not greeted; a dry rule greets beside the live one, without stopping it
	for _, r := range rb.joins {
		if r.dry && shown || !r.dry && served {
			continue
		}
		s.look.judging = r
		if !r.does.(greeter).greet(j, r) {
			continue
		}
		if r.dry {
			shown = true
			continue
		}
		served, d.Verdict = true, community.Served
	}
	if j.also != "" && !served { // nobody greets: the rule speaks for itself
		d.Actions = append(d.Actions, say(ev, rb.asks, 0, who, fill(j.also, rb, nameOf(ev)), welcomeLasts))
	}
	if tooMany {
		d.Verdict = community.Hit
	}
	return greeted(d)
}

func greeted(d community.Decision) []community.Decision {
	if len(d.Hits) == 0 {
		return nil
	}
	return []community.Decision{d}
}

// askNewcomer lets a newcomer be asked to agree to the rules.
func (s *State) askNewcomer(rb *Rulebook, j *arriving, m *member) {
	r := rb.asks
	if r == nil {
		return
	}
	s.look.judging = r
	said, asked := r.does.(*confirm).ask(j, r, m)
	s.look.judging = nil
	if asked && !r.dry {
		j.also, j.out.Verdict = said, community.Served
	}
}

// watchRaids lets every raid rule see a join; true when a live one began its defence.
func (s *State) watchRaids(rb *Rulebook, j *arriving) bool {
	live := false
	for _, r := range rb.raids {
		s.look.judging = r
		if r.does.(*raid).watch(j, r) && !r.dry {
			live = true
		}
	}
	s.look.judging = nil
	return live
}

// isHere reports whether a member is known to be in the group.
func (s *State) isHere(who community.MemberKey) bool {
	m := s.members[who]
	return m != nil && !m.Gone && (m.Joined != 0 || m.Messages > 0)
}

// stepLeft ends a stay. What is held against the member stays until it expires: leaving and coming back wipes nothing.
func stepLeft(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	who := subject(ev)
	if who == 0 || ev.Body.Reason == community.Presence {
		return nil
	}
	m := s.touch(who)
	m.Gone, m.Left, m.Joined, m.Messages, m.floods = true, ev.At, 0, 0, nil
	if ev.Body.Reason == "kicked" { // whoever was sent away comes back as a newcomer
		m.Left = 0
	}
	m.unmute()
	if s.now.Roster > 0 {
		s.now.Roster--
	}
	s.forgetArrival(who)
	return s.removedNow(rb, ev, who)
}

// forgetArrival takes a member out of the greetings that wait.
func (s *State) forgetArrival(who community.MemberKey) {
	for i, p := range s.now.Pending {
		k := slices.IndexFunc(p.Members, func(a arrival) bool { return a.Member == who })
		if k < 0 {
			continue
		}
		all := slices.Clone(s.now.Pending)
		all[i].Members = slices.Delete(slices.Clone(p.Members), k, k+1)
		s.now.Pending = all
	}
}

func stepUpdated(_ *Rulebook, s *State, ev *community.Event) []community.Decision {
	if who := subject(ev); who != 0 && ev.Body.Role != community.RoleNone {
		s.touch(who).Role = ev.Body.Role
	}
	return nil
}

// stepMarked takes over what a person of ours said about a member. The platform's role stays beside it.
func stepMarked(_ *Rulebook, s *State, ev *community.Event) []community.Decision {
	who := subject(ev)
	if who == 0 {
		return nil
	}
	m := s.touch(who)
	if m.Mark = ev.Body.Role; m.Mark == community.RoleMember {
		m.Mark = community.RoleNone
	}
	return nil
}

// echoSlack is how far the platform's word about a mute may lie from our own and still mean the same mute.
const echoSlack = 60_000

// stepMuted takes over what the platform says about a mute. The echo of our own mute changes nothing.
func stepMuted(_ *Rulebook, s *State, ev *community.Event) []community.Decision {
	who := subject(ev)
	if who == 0 || !ev.Body.Caused.IsZero() {
		return nil
	}
	m := s.touch(who)
	if ev.Body.Seconds == 0 {
		m.unmute()
		return nil
	}
	till := ev.At + ev.Body.Seconds*1000
	if m.MutedTill > till-echoSlack && m.MutedTill < till+echoSlack {
		return nil
	}
	m.mute(ev.At, till, community.ID{})
	return nil
}
