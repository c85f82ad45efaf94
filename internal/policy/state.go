package policy

import (
	"time"

	"qunluo/internal/community"
)

// State is what policy remembers of one group. It is changed by [Step] only, and wholly determined by the events that
// were stepped over. It is for one goroutine.
type State struct {
	group   community.GroupKey
	now     groupState
	members map[community.MemberKey]*member
	cool    map[coolKey]int64 // until when a reply keeps silent, UTC ms
	echoes  echoes            // while the book looks for copies

	journal journal
	look    look       // scratch of the message being judged
	clock   localClock // cache, no state
}

// groupState is the part of the state that belongs to nobody. Its slices are appended to or replaced, never written
// into: so a copy of the struct is enough to go back.
type groupState struct {
	Roster    int64        `json:"roster,omitempty"`   // members present; 0 = not known
	Steps     int64        `json:"steps,omitempty"`    // events stepped over
	Unproved  bool         `json:"unproved,omitempty"` // the last message came through an unofficial gateway
	Removals  []removal    `json:"removals,omitempty"`
	Pending   []pending    `json:"pending,omitempty"`
	Recent    []sketch     `json:"recent,omitempty"`
	Awaited   []awaited    `json:"awaited,omitempty"`
	Copies    []copied     `json:"copies,omitempty"`
	Lines     []ownLine    `json:"lines,omitempty"` // the group's own lines
	Raids     []raidWatch  `json:"raids,omitempty"`
	Talk      voices       `json:"talk,omitzero"`
	Silenced  bool         `json:"silenced,omitempty"` // a person has muted everybody
	Charter   int          `json:"charter,omitempty"`  // the version in which the articles changed last, as far as this book's life goes
	Again     int          `json:"again,omitempty"`    // who agreed to an earlier version is asked again
	Reports   []reportCase `json:"reports,omitempty"`
	Invites   []invited    `json:"invites,omitempty"`
	Shield    *shielded    `json:"shield,omitempty"`
	Reporters []reporter   `json:"reporters,omitempty"`
	AtFault   []int64      `json:"at_fault,omitempty"` // numbers of messages with pictures that were at fault, newest last
}

// removal is an automatic removal that was not held back.
type removal struct {
	At     int64               `json:"at"`
	Member community.MemberKey `json:"member"`
}

// member is what is known of one member of the group.
type member struct {
	Key       community.MemberKey `json:"key"`
	Role      community.Role      `json:"role,omitempty"`
	Mark      community.Role      `json:"mark,omitempty"`   // ours to give: bot or staff; it stays when the member leaves
	Joined    int64               `json:"joined,omitempty"` // of this stay; 0 = was there before us
	Stay      community.ID        `json:"stay,omitzero"`    // the event that began this stay
	Gone      bool                `json:"gone,omitempty"`
	Left      int64               `json:"left,omitempty"`     // when the last stay ended of itself; 0 = never
	Messages  int64               `json:"messages,omitempty"` // since joining, or since first seen
	Agreement agreement           `json:"agreement,omitzero"`
	Strikes   []strike            `json:"strikes,omitempty"`
	Shadow    []shadow            `json:"shadow,omitempty"`
	Suspected []suspected         `json:"suspected,omitempty"`
	MutedTill int64               `json:"muted_till,omitempty"`
	MutedBy   community.ID        `json:"muted_by,omitzero"` // the decision
	Under     []under             `json:"under,omitempty"`   // mutes that still last beneath this one, the newest last
	floods    []ring              // by slot of the flood rule; in place, so the journal keeps what was overwritten
}

// strike is a live strike: as much of the row as the ladder and an undo need.
type strike struct {
	ID       community.ID `json:"id"`
	Decision community.ID `json:"decision"`
	Rule     string       `json:"rule"`
	Expires  int64        `json:"expires"`
}

// shadow is a strike that a dry rule would have given.
type shadow struct {
	Rule    string `json:"rule"`
	Expires int64  `json:"expires"`
}

type coolKey struct {
	rule   string
	member community.MemberKey // 0 = the whole group
}

// NewState is the state of a group about which nothing is known.
func NewState(group community.GroupKey) *State {
	return &State{group: group, members: map[community.MemberKey]*member{}, cool: map[coolKey]int64{}}
}

// journal is what must be put back when a rule panics.
type journal struct {
	group groupState
	steps []memberUndo
	rings []ringUndo
	cools []coolUndo
	echo  echoUndo
}

type memberUndo struct {
	m       *member
	saved   member
	created bool
}

type ringUndo struct {
	r     *ring
	saved ring
	slot  int
	old   stamp
}

type coolUndo struct {
	key   coolKey
	until int64
	had   bool
}

func (s *State) begin() {
	s.journal.group = s.now
	s.journal.steps = s.journal.steps[:0]
	s.journal.rings = s.journal.rings[:0]
	s.journal.cools = s.journal.cools[:0]
	s.journal.echo.kept = false
	s.now.Steps++
}

func (s *State) rollback() {
	j := &s.journal
	s.now = j.group
	s.rollbackEchoes()
	for i := len(j.rings) - 1; i >= 0; i-- {
		u := j.rings[i]
		*u.r = u.saved
		if u.slot >= 0 {
			u.saved.buf[u.slot] = u.old
		}
	}
	for i := len(j.steps) - 1; i >= 0; i-- {
		u := &j.steps[i]
		*u.m = u.saved
		if u.created {
			delete(s.members, u.m.Key)
		} else {
			s.members[u.m.Key] = u.m
		}
	}
	for i := len(j.cools) - 1; i >= 0; i-- {
		u := j.cools[i]
		if u.had {
			s.cool[u.key] = u.until
		} else {
			delete(s.cool, u.key)
		}
	}
}

// touch gives a member for writing, making one that is not known yet.
func (s *State) touch(key community.MemberKey) *member {
	m, known := s.members[key]
	if !known {
		m = &member{Key: key}
		s.members[key] = m
	}
	for i := range s.journal.steps {
		if s.journal.steps[i].m == m {
			return m
		}
	}
	s.journal.steps = append(s.journal.steps, memberUndo{m: m, saved: *m, created: !known})
	return m
}

func (s *State) setCool(key coolKey, until int64) {
	old, had := s.cool[key]
	s.journal.cools = append(s.journal.cools, coolUndo{key, old, had})
	s.cool[key] = until
}

// sweepEvery is after how many events what has ended is thrown out.
const sweepEvery = 1024

// sweep forgets cooldowns that are over and members that left unmarked and with nothing held against them.
func (s *State) sweep(now int64) {
	if s.now.Steps%sweepEvery != 0 {
		return
	}
	for key, until := range s.cool {
		if until <= now {
			delete(s.cool, key)
		}
	}
	for key, m := range s.members {
		if m.Gone && m.forgettable(now) {
			delete(s.members, key)
		}
	}
}

func (m *member) forgettable(now int64) bool {
	if m.Mark != community.RoleNone || m.justLeft(now) || m.Agreement.Agreed > 0 { // who comes back is not asked what they agreed to
		return false
	}
	for _, x := range m.Strikes {
		if x.Expires > now {
			return false
		}
	}
	for _, x := range m.Shadow {
		if x.Expires > now {
			return false
		}
	}
	return m.MutedTill <= now
}

// justLeft reports whether a member left so lately that coming back is no arrival: connections break, people change devices.
func (m *member) justLeft(now int64) bool { return m.Left > 0 && now-m.Left < backWithin }

// backWithin is how long after leaving a member counts as coming back, in ms.
const backWithin = 3_600_000

// liveStrikes counts the strikes that hold at a time: all of them, or one rule's.
func (m *member) liveStrikes(now int64, rule string) int {
	n := 0
	for _, x := range m.Strikes {
		if x.Expires > now && (rule == "" || x.Rule == rule) {
			n++
		}
	}
	return n
}

func (m *member) shadowStrikes(now int64, rule string) int {
	n := 0
	for _, x := range m.Shadow {
		if x.Expires > now && x.Rule == rule {
			n++
		}
	}
	return n
}

func (m *member) addStrike(now int64, x strike) {
	kept := make([]strike, 0, len(m.Strikes)+1)
	for _, old := range m.Strikes {
		if old.Expires > now {
			kept = append(kept, old)
		}
	}
	m.Strikes = append(kept, x)
}

func (m *member) addShadow(now int64, x shadow) {
	kept := make([]shadow, 0, len(m.Shadow)+1)
	for _, old := range m.Shadow {
		if old.Expires > now {
			kept = append(kept, old)
		}
	}
	m.Shadow = append(kept, x)
}

// localClock turns times into minutes of the day in a zone. Offsets change only at quarters of an hour, so one look-up
// serves a quarter.
type localClock struct {
	loc     *time.Location
	quarter int64
	offset  int64 // ms
	valid   bool
}

const quarterMs = 15 * 60 * 1000

// minute is the minute of the day, 0..1439.
func (c *localClock) minute(loc *time.Location, at int64) int {
	quarter := floorDiv(at, quarterMs)
	if !c.valid || c.loc != loc || c.quarter != quarter {
		_, seconds := time.UnixMilli(at).In(loc).Zone()
		*c = localClock{loc, quarter, int64(seconds) * 1000, true}
	}
	return int((floorDiv(at+c.offset, 60_000)%1440 + 1440) % 1440)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
