package tier

import (
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Reach is a message to the lurkers of a group, one to each of them and never to the group.
type Reach struct {
	ID      community.ID
	Group   community.GroupKey
	Text    string
	Starts  int64 // UTC ms
	Ends    int64 // UTC ms
	Gap     int   // days between two messages to one member, of this or any other reach
	PerDay  int   // members reached in 24 hours at most
	Created int64
	User    string
	Stopped int64 // UTC ms; 0 = it goes on
	Counts  map[string]int
}

// Bounds of reaches.
const (
	MinGap     = 7
	maxGap     = 180
	maxPerDay  = 200
	maxText    = 1000
	maxReachMS = 90 * 24 * 3600e3
)

// Check says what is wrong with a reach: community.CodeBadInput.
func (r Reach) Check(now int64) error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(r.Text)); {
	case n < 1 || n > maxText:
		return community.Errorf(community.CodeBadInput, "reach: want a text of 1 to %d characters", maxText)
	case r.Ends <= max(r.Starts, now) || r.Ends-r.Starts > maxReachMS:
		return community.Errorf(community.CodeBadInput, "reach: want an end after its start, within 90 days")
	case r.Gap < MinGap || r.Gap > maxGap:
		return community.Errorf(community.CodeBadInput, "reach: want %d to %d days between two messages to one member", MinGap, maxGap)
	case r.PerDay < 1 || r.PerDay > maxPerDay:
		return community.Errorf(community.CodeBadInput, "reach: want 1 to %d members a day", maxPerDay)
	}
	return nil
}

// States of items.
const (
	Asked    = "asked"    // on its way: sent, or a task for a person
	Spoke    = "spoke"    // the member said something since
	Declined = "declined" // the member wants no more of it
	Moved    = "moved"    // no longer a lurker, or no longer there
	Over     = "over"     // the reach ended or was stopped
)

// Soul is a member as a reach sees them.
type Soul struct {
	Member   community.MemberKey
	MemberID community.ID
	Called   string
	Tier     Tier
	Present  bool
	LastWord int64 // UTC ms; 0 = none
	LastAsk  int64 // when any reach addressed them last, UTC ms; 0 = never
	Mine     bool  // this one addressed them
	State    string
	Asked    int64 // when this one did
	Ended    int64
	Declined bool
	Action   community.ID
}

// Due gives who is to be addressed now, in the order of the list: lurkers who are there, have been silent since the reach began, did not
// decline, were not addressed by this reach and by no other within the gap; at most so many in 24 hours.
func (r Reach) Due(list []Soul, now int64) []Soul {
	const dayMS = 24 * 3600e3
	if r.Stopped != 0 || now < r.Starts || now >= r.Ends {
		return nil
	}
	room := r.PerDay
	for _, s := range list {
		if s.Mine && s.Asked > now-dayMS {
			room--
		}
	}
	var out []Soul
	for _, s := range list {
		if len(out) >= room {
			break
		}
		if s.Mine || s.Tier != Lurker || !s.Present || s.Declined || s.LastWord >= r.Starts || s.LastAsk > now-int64(r.Gap)*dayMS {
			continue
		}
		out = append(out, s)
	}
	return out
}

// Stop says why the message to a member must not go on; "" = it may.
func (r Reach) Stop(s Soul, now int64) string {
	switch {
	case !s.Mine || s.State != Asked:
		return ""
	case s.Declined:
		return Declined
	case s.LastWord >= s.Asked:
		return Spoke
	case s.Tier != Lurker || !s.Present:
		return Moved
	case r.Stopped != 0 || now >= r.Ends:
		return Over
	}
	return ""
}
