package plan

import (
	"fmt"
	"slices"
	"time"

	"qunluo/internal/community"
)

// Limits are what an organisation allows itself.
type Limits struct {
	QuietFrom string `json:"quiet_from"` // "22:30", in the group's zone; equal to QuietTo = no quiet hours
	QuietTo   string `json:"quiet_to"`
	PerDay    int    `json:"per_day"`      // sends by plan in a group within 24 h; 0 = no limit
	PerWeek   int    `json:"per_week"`     // and within 7 days
	PerMember int    `json:"per_member"`   // sends that reach one member over all their groups within 7 days; 0 = no limit
	Share     int    `json:"member_share"` // percent of a group's members that may pass PerMember
	Late      int    `json:"late"`         // minutes after which a send counts as late
	GiveUp    int    `json:"give_up"`      // hours after which what could not be sent is not sent any more
	Remind    int    `json:"remind"`       // hours after which somebody who has not confirmed is reminded by itself; 0 = never
}

// DefaultLimits are those before anybody changes them.
func DefaultLimits() Limits {
	return Limits{QuietFrom: "22:30", QuietTo: "08:00", PerDay: 2, PerWeek: 7, PerMember: 5, Share: 30, Late: 10, GiveUp: 24, Remind: 2}
}

// Check says what is wrong with limits: CodeBadInput with the field's name.
func (l Limits) Check() error {
	for name, text := range map[string]string{"quiet_from": l.QuietFrom, "quiet_to": l.QuietTo} {
		if _, err := clockOf(text); err != nil {
			return community.Errorf(community.CodeBadInput, "%s: %w", name, err)
		}
	}
	for _, f := range []struct {
		name            string
		value, low, top int
	}{
		{"per_day", l.PerDay, 0, 1000}, {"per_week", l.PerWeek, 0, 1000}, {"per_member", l.PerMember, 0, 1000},
		{"member_share", l.Share, 0, 100}, {"late", l.Late, 0, 24 * 60}, {"give_up", l.GiveUp, 1, 24 * 30}, {"remind", l.Remind, 0, 24},
	} {
		if f.value < f.low || f.value > f.top {
			return community.Errorf(community.CodeBadInput, "%s: want %d to %d", f.name, f.low, f.top)
		}
	}
	return nil
}

// clockOf reads "HH:MM" as minutes of the day.
func clockOf(text string) (int, error) {
	var h, m int
	if n, err := fmt.Sscanf(text, "%d:%d", &h, &m); n != 2 || err != nil || h < 0 || h > 23 || m < 0 || m > 59 || text != fmt.Sprintf("%02d:%02d", h, m) {
		return 0, fmt.Errorf("%q: want HH:MM", text)
	}
	return h*60 + m, nil
}

// Reasons why a send does not go.
const (
	QuietHours = "quiet_hours"
	DayCap     = "day_cap"
	WeekCap    = "week_cap"
	Fatigue    = "fatigue"      // too many of its members got too many sends
	Platform   = "platform_cap" // the platform allows no more mass sends in the group now
	Frozen     = "frozen"       // automatic actions are held
	Lockdown   = "lockdown"     // nothing is sent by plan
	GaveUp     = "gave_up"      // its time is over
	Closed     = "group_closed" // the group was dissolved
	TooMuch    = "too_much"     // the platform or the connection does not take what is to be sent
	FromShelf  = "library"      // the item of the library that it names cannot go now
)

// Reason is why a send does not go, with the figure and when it might (UTC ms; 0 = nobody can tell).
type Reason struct {
	Code     string `json:"code"`
	Have     int    `json:"have,omitempty"` // what there is already, or the percent of tired members
	Cap      int    `json:"cap,omitempty"`
	Of       int    `json:"of,omitempty"`    // fatigue: members
	Hours    string `json:"hours,omitempty"` // quiet hours: "22:30-08:00"
	Possible int64  `json:"possible,omitempty"`
	Said     *Said  `json:"said,omitempty"` // too_much: which limit, in words; library: what is wrong with the item
}

// Said is a limit that a send is beyond.
type Said struct {
	Rule  string    `json:"rule"`
	Found string    `json:"found"`
	Why   [2]string `json:"why"` // Chinese, English
}

// Facts is what the guard is told about a group at a moment.
type Facts struct {
	Zone     *time.Location
	Due      int64
	Sends    []int64 // when there were sends by plan in the group, the last 7 days at least
	Members  int     // present
	Tired    int     // of them: those who had as many sends as they may
	Rested   int64   // when enough of them may be reached again; 0 = not known
	Until    int64   // from when on the platform allows another one in the group; 0 = now
	Frozen   bool
	Lockdown bool
	Closed   bool      // the group was dissolved
	Unfit    []Finding // why it cannot be sent to the group at all
	Shelf    *Said     // why the item of the library that it names cannot go; nil = it can, or none is named
	Force    bool      // a person lets it pass quiet hours and caps
}

// Verdict is what the guard says.
type Verdict struct {
	Reasons  []Reason
	Possible int64 // when all reasons may be gone; 0 = not known, or nothing is in the way
	Over     bool  // it will not be sent any more
}

// OK reports whether it may go.
func (v Verdict) OK() bool { return len(v.Reasons) == 0 }

const (
	dayMS  = 24 * 3600 * 1000
	weekMS = 7 * dayMS
)

// Guard says whether a send may go to a group at a moment, and if not, why, with figures, and when it might. What a person
// lets pass is held by a freeze, a lockdown or the platform only; what the platform cannot take is over at once.
func Guard(l Limits, f Facts, at int64) Verdict {
	var v Verdict
	if f.Closed {
		return Verdict{Reasons: []Reason{{Code: Closed}}, Over: true}
	}
	if l.GiveUp > 0 && at > f.Due+int64(l.GiveUp)*3600*1000 {
		return Verdict{Reasons: []Reason{{Code: GaveUp, Cap: l.GiveUp}}, Over: true}
	}
	if f.Shelf != nil { // what would be said is not known
		return Verdict{Reasons: []Reason{{Code: FromShelf, Said: f.Shelf}}}
	}
	for _, u := range f.Unfit {
		v.Reasons = append(v.Reasons, Reason{Code: TooMuch, Said: &Said{u.Rule, u.Link + " " + u.Found, u.Reason}})
	}
	if len(f.Unfit) > 0 {
		v.Over = true
		return v
	}
	if f.Frozen {
		v.Reasons = append(v.Reasons, Reason{Code: Frozen})
	}
	if f.Lockdown {
		v.Reasons = append(v.Reasons, Reason{Code: Lockdown})
	}
	if f.Until > at {
		v.Reasons = append(v.Reasons, Reason{Code: Platform, Possible: f.Until})
	}
	if f.Force {
		if f.Until > at {
			v.Possible = f.Until
		}
		return v
	}
	if end := l.quietEnd(at, f.Zone); end > at {
		v.Reasons = append(v.Reasons, Reason{Code: QuietHours, Hours: l.QuietFrom + "-" + l.QuietTo, Possible: end})
	}
	v.Reasons = append(v.Reasons, capped(DayCap, f.Sends, l.PerDay, dayMS, at)...)
	v.Reasons = append(v.Reasons, capped(WeekCap, f.Sends, l.PerWeek, weekMS, at)...)
	if l.PerMember > 0 && f.Members > 0 && f.Tired*100 > l.Share*f.Members {
		v.Reasons = append(v.Reasons, Reason{Code: Fatigue, Have: f.Tired, Of: f.Members, Cap: l.PerMember, Possible: f.Rested})
	}
	for _, r := range v.Reasons {
		v.Possible = max(v.Possible, r.Possible)
	}
	if v.Possible > 0 {
		v.Possible = l.quietEnd(v.Possible, f.Zone)
	}
	return v
}

// capped says that a window is full.
func capped(code string, sends []int64, most int, window, at int64) []Reason {
	if most == 0 {
		return nil
	}
	recent := slices.DeleteFunc(slices.Clone(sends), func(s int64) bool { return s <= at-window })
	if len(recent) < most {
		return nil
	}
	slices.Sort(recent)
	return []Reason{{Code: code, Have: len(recent), Cap: most, Possible: recent[len(recent)-most] + window}}
}

// Quiet reports whether a moment lies in the quiet hours of a zone.
func (l Limits) Quiet(at int64, zone *time.Location) bool {
	from, err := clockOf(l.QuietFrom)
	if err != nil {
		return false
	}
	to, err := clockOf(l.QuietTo)
	if err != nil || from == to {
		return false
	}
	here := time.UnixMilli(at).In(zone)
	minute := here.Hour()*60 + here.Minute()
	if from < to {
		return minute >= from && minute < to
	}
	return minute >= from || minute < to
}

// quietEnd is the first minute from a moment on that is not quiet: the moment itself when it is not. Where a zone's clock
// jumps, what the clock then shows counts. Quiet hours leave at least one minute of each day, so the end is near.
func (l Limits) quietEnd(at int64, zone *time.Location) int64 {
	for end := at; end <= at+2*dayMS; end = end/minuteMS*minuteMS + minuteMS {
		if !l.Quiet(end, zone) {
			return end
		}
	}
	return at + dayMS // the one free minute fell into a jump of the clock
}

// Tire says how many members got as many sends as they may, and when so few are left that a group may be reached (0 = none
// is tired, or nobody can tell). times are the sends that reached each member in the last 7 days; of is how many are present.
func (l Limits) Tire(times map[community.MemberKey][]int64, of int, at int64) (tired int, rested int64) {
	if l.PerMember == 0 {
		return 0, 0
	}
	var free []int64
	for _, list := range times {
		if r := capped(Fatigue, list, l.PerMember, weekMS, at); len(r) > 0 {
			free = append(free, r[0].Possible)
		}
	}
	allowed := l.Share * of / 100
	if len(free) <= allowed {
		return len(free), 0
	}
	slices.Sort(free)
	return len(free), free[len(free)-allowed-1]
}
