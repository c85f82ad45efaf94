package policy

import (
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Saying is a message as far as other groups' messages are compared with it: no text.
type Saying struct {
	print   lexicon.Print
	keys    lexicon.Keys
	free    bool                 // by somebody whom nothing is held against, or one of our own accounts
	mirrors []community.GroupKey // the groups that this group's messages are copied into
}

// Bounds of a Crowd.
const (
	crowdMost    = 16_384 // messages of an organisation that are compared with: some 5 MB
	crowdWindow  = acrossMaxMinutes * 60_000
	maxElsewhere = 24 // copies that a message names
)

// Crowd remembers what was said within the last hour in the groups of each organisation that look for copies across groups, as
// prints. It is fed with every message that counts, in the order of the log, and says of each what it is a copy of. It decides
// nothing: what it says is written into the message, and only that is judged.
//
// What a batch says is kept only once the batch is committed. It is for one goroutine.
type Crowd struct {
	orgs    map[community.OrgKey]*circle
	pending []said
	sayer   sayer
}

// circle is one organisation.
type circle struct {
	prints  *lexicon.Prints[voice]
	mirrors map[community.GroupKey][]community.GroupKey
}

// voice is who said a text, where.
type voice struct {
	group    community.GroupKey
	who      community.MemberKey
	event    int64
	at       int64
	occurred int64
	free     bool
}

type said struct {
	org community.OrgKey
	Saying
	voice
}

// NewCrowd makes a Crowd that remembers nothing.
func NewCrowd() *Crowd { return &Crowd{orgs: map[community.OrgKey]*circle{}} }

func (c *Crowd) circle(org community.OrgKey) *circle {
	k := c.orgs[org]
	if k == nil {
		k = &circle{prints: lexicon.NewPrints[voice](crowdMost), mirrors: map[community.GroupKey][]community.GroupKey{}}
		c.orgs[org] = k
	}
	return k
}

// See says what a message is a copy of, in its group and others, the newest first; nothing where no other group has a copy.
//
// The same message heard twice is none. Copies in a group that mirrors this one, or that this one mirrors, are no more than one
// message. What goes back to somebody whom nothing is held against, or to one of our own accounts, is an announcement: whoever
// carries it on floods nobody.
func (c *Crowd) See(org community.OrgKey, ev *community.Event, s *Saying) []community.Elsewhere {
	k := c.circle(org)
	k.mirrors[ev.Group] = s.mirrors
	v := voice{ev.Group, ev.Actor, ev.Number, ev.At, ev.OccurredAt, s.free}
	near, again := c.near(org, k, s, &v)
	if again {
		return nil
	}
	if n := len(near); n > 0 && near[n-1].free {
		v.free = true
	}
	c.pending = append(c.pending, said{org, *s, v})
	if v.free {
		return nil
	}
	return elsewhere(near, &v)
}

// near are the copies of a message, newest first; again: it is one of them itself.
func (c *Crowd) near(org community.OrgKey, k *circle, s *Saying, v *voice) (near []voice, again bool) {
	var newest *lexicon.Print
	take := func(print *lexicon.Print, o *voice) bool {
		switch {
		case o.group == v.group && o.who == v.who && o.occurred == v.occurred:
			again = true
		case o.at <= v.at-crowdWindow || newest != nil && !newest.Alike(print):
			return true // copies are alike among themselves too
		case o.group != v.group && k.bridged(o.group, v.group):
		default:
			if near = append(near, *o); newest == nil {
				newest = print
			}
		}
		return !again
	}
	for i := len(c.pending) - 1; i >= 0; i-- {
		if p := &c.pending[i]; p.org == org && p.print.Alike(&s.print) && !take(&p.print, &p.voice) {
			return nil, true
		}
	}
	k.prints.Near(&s.print, &s.keys, v.at-crowdWindow, take)
	return near, again
}

// bridged reports whether one of two groups is copied into the other.
func (k *circle) bridged(a, b community.GroupKey) bool {
	return slices.Contains(k.mirrors[a], b) || slices.Contains(k.mirrors[b], a)
}

// elsewhere names copies, those in more groups before those in the same ones.
func elsewhere(near []voice, v *voice) []community.Elsewhere {
	near = slices.DeleteFunc(near, func(o voice) bool { return o.free })
	if !slices.ContainsFunc(near, func(o voice) bool { return o.group != v.group }) {
		return nil
	}
	if len(near) > maxElsewhere {
		near = firstOfEach(near)[:maxElsewhere]
		slices.SortStableFunc(near, func(a, b voice) int { return int(b.event - a.event) })
	}
	list, who := make([]community.Elsewhere, len(near)), []community.MemberKey{v.who}
	for i, o := range near {
		who = among(who, o.who)
		list[i] = community.Elsewhere{Group: o.group, Event: o.event, At: o.at, Who: slices.Index(who, o.who)}
	}
	return list
}

// firstOfEach puts the first copy of each group before all others.
func firstOfEach(near []voice) []voice {
	var first, more []voice
	for _, o := range near {
		if slices.ContainsFunc(first, func(x voice) bool { return x.group == o.group }) {
			more = append(more, o)
		} else {
			first = append(first, o)
		}
	}
	return append(first, more...)
}

// Hear is See and Keep of a message by somebody with a role and a mark, under a book that its group is to have and the mirrors that
// it has: a what-if, where no Keeper stands by.
func (c *Crowd) Hear(org community.OrgKey, rb *Rulebook, mirrors []community.GroupKey, ev *community.Event, role, mark community.Role) []community.Elsewhere {
	s, ok := c.sayer.say(rb, ev, role, mark)
	if !ok {
		return nil
	}
	s.mirrors = mirrors
	list := c.See(org, ev, &s)
	c.Keep()
	return list
}

// Keep remembers what was seen since the last Keep or Drop.
func (c *Crowd) Keep() {
	for i := range c.pending {
		p := &c.pending[i]
		c.circle(p.org).prints.Add(p.at, p.at-crowdWindow, &p.print, &p.keys, p.voice)
	}
	c.pending = c.pending[:0]
}

// Drop forgets what was seen since the last Keep or Drop: it was not committed.
func (c *Crowd) Drop() { c.pending = c.pending[:0] }

// Forget forgets what a member said.
func (c *Crowd) Forget(who community.MemberKey) {
	c.pending = slices.DeleteFunc(c.pending, func(p said) bool { return p.who == who })
	for _, k := range c.orgs {
		k.prints.Drop(func(v *voice) bool { return v.who == who })
	}
}

// Len is how many messages of an organisation are remembered.
func (c *Crowd) Len(org community.OrgKey) int {
	if k := c.orgs[org]; k != nil {
		return k.prints.Len()
	}
	return 0
}

// CrowdWindow is how far back copies across groups are looked for, in ms.
const CrowdWindow = crowdWindow

// sayer makes sayings, one at a time.
type sayer struct{ printer lexicon.Printer }

// say is a message as other groups' are compared with it; false: it does not count. What somebody quotes or forwards is not
// theirs, a list that grows belongs to all, and bots say the same everywhere.
func (y *sayer) say(rb *Rulebook, ev *community.Event, role, mark community.Role) (s Saying, ok bool) {
	b := &ev.Body
	if !rb.LooksAcross() || role == community.RoleBot || mark == community.RoleBot || ev.Type != community.MessageCreated || ev.Mark == community.Late || ev.Actor == 0 || b.Class == community.System || b.Class == community.RedPack {
		return s, false
	}
	text := b.Text[min(quoted(b), len(b.Text)):]
	if text == "" || lexicon.IsRollCall(text) {
		return s, false
	}
	if s.print = y.printer.Print(text); s.print.IsZero() {
		return s, false
	}
	s.keys, s.mirrors = y.printer.Keys(&s.print), rb.mirrors
	s.free = rb.immune(ev.Actor, role, mark) || role == community.RoleSelf || !b.Caused.IsZero()
	return s, true
}

// LooksAcross reports whether a group with this book takes part in the comparison.
func (rb *Rulebook) LooksAcross() bool { return len(rb.acrosses) > 0 }

// Says is the group's next event as other groups' messages are compared with it; false: it does not count, or the group takes no
// part. A line of the group's own does not count either.
func (k *Keeper) Says(ev *community.Event) (Saying, bool) {
	rb := k.inForce()
	if !rb.LooksAcross() {
		return Saying{}, false
	}
	role, mark := ev.Body.Role, community.RoleNone
	if m := k.state.members[ev.Actor]; m != nil {
		if mark = m.Mark; role == community.RoleNone {
			role = m.Role
		}
	}
	s, ok := k.sayer.say(rb, ev, role, mark)
	if ok && len(k.state.now.Lines) > 0 && k.state.now.isOwnLine(lineName(&s.print)) {
		return s, false
	}
	return s, ok
}
