package measure

import (
	"slices"
	"time"

	"qunluo/internal/community"
)

// Joinings is the population of joins whose way is known, Talk that of members' and operators' messages.
const (
	Joinings = "joins"
	TalkSaid = "talk"
)

// talkPause is after how long a silence what is said begins a new talk, in milliseconds.
const talkPause = 30 * 60 * 1000

// TalkState is where the talk of a group stands: when the last message came, and whether an operator opened the talk. Of messages that
// run back in time each begins no talk of its own: they belong to the one that is open.
type TalkState struct {
	Last     int64 `json:"last"`
	Operator bool  `json:"operator"`
	// Who spoke last, and whether an operator did.
	Who        community.MemberKey `json:"who,omitempty"`
	ByOperator bool                `json:"by_operator,omitempty"`
}

// Hear takes the next message of a person (no bot) and reports whether the talk that it belongs to was opened by an operator: the
// owner, an admin, our own account or staff. A talk begins with the first message after half an hour of silence.
func (s TalkState) Hear(at int64, operator bool) (TalkState, bool) {
	if s.Last == 0 || at-s.Last > talkPause {
		s.Operator = operator
	}
	s.Last = max(s.Last, at)
	return s, s.Operator
}

// Talked counts messages: all, and those in talks that an operator did not open.
type Talked struct{ Messages, Members int64 }

// Arrival is a joining with what the platform tells about how it came about.
type Arrival struct {
	At      int64
	Inviter community.MemberKey
	Scene   string
}

// Ways of joining as self-growth tells them apart.
const (
	ByMember   = "member"   // a member invited them
	ByOperator = "operator" // one who runs the group did
	ByOther    = "other"    // a code, a link, a search: nobody invited
	ByUnknown  = "unknown"  // the platform hides who invited
)

// WayOf says how a joining came about. Where the platform names no inviter and says nothing else than that somebody invited, it is not
// known whether it was a member.
func WayOf(j Arrival, operators map[community.MemberKey]bool) string {
	switch {
	case j.Inviter != 0 && operators[j.Inviter]:
		return ByOperator
	case j.Inviter != 0:
		return ByMember
	case j.Scene == "" || j.Scene == "invite":
		return ByUnknown
	}
	return ByOther
}

// GrowthMonth is how much of a group's month came from its members. Month is "2006-01" in the group's zone.
type GrowthMonth struct {
	Group     community.GroupKey
	Month     string
	Ways      map[string]int64 // joins by way
	Talk      Talked
	Questions int // asked by members, answered or not
	Answered  int
	ByMembers int // answered first by a member
}

// MonthOf is the month of a time in a zone.
func MonthOf(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format("2006-01")
}

// Grow puts a group's months together, the latest first: those in which anything happened.
func Grow(g community.GroupKey, zone *time.Location, joins []Arrival, talk map[string]Talked, questions []Question, operators map[community.MemberKey]bool) []GrowthMonth {
	months := map[string]*GrowthMonth{}
	of := func(month string) *GrowthMonth {
		if months[month] == nil {
			months[month] = &GrowthMonth{Group: g, Month: month, Ways: map[string]int64{}}
		}
		return months[month]
	}
	for _, j := range joins {
		of(MonthOf(j.At, zone)).Ways[WayOf(j, operators)]++
	}
	for m, t := range talk {
		of(m).Talk = t
	}
	for _, q := range questions {
		m := of(MonthOf(q.At, zone))
		m.Questions++
		state, first := q.State()
		if state == OpenQuestion {
			continue
		}
		m.Answered++
		if !operators[first.Member] {
			m.ByMembers++
		}
	}
	var names []string
	for m := range months {
		names = append(names, m)
	}
	slices.Sort(names)
	var out []GrowthMonth
	for _, m := range slices.Backward(names) {
		out = append(out, *months[m])
	}
	return out
}

// whole is the coverage of what is counted event by event.
var whole = Coverage{1, 1}

// ByInvitation is the share of joins by members' invitations, among those whose way is known.
func (m GrowthMonth) ByInvitation() Figure {
	known := m.Ways[ByMember] + m.Ways[ByOperator] + m.Ways[ByOther]
	return ratio(float64(m.Ways[ByMember]), float64(known), Joinings, whole)
}

// OwnTalk is the share of messages in talks that no operator opened.
func (m GrowthMonth) OwnTalk() Figure {
	return ratio(float64(m.Talk.Members), float64(m.Talk.Messages), TalkSaid, whole)
}

// OwnAnswers is the share of members' questions that a member answered first.
func (m GrowthMonth) OwnAnswers() Figure {
	return ratio(float64(m.ByMembers), float64(m.Questions), Askings, whole)
}
