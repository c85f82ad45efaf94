package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Rhythms of slots that come back.
const (
	Daily     = "daily"
	EachWeek  = "weekly"
	EachMonth = "monthly"
)

// Fixture is a slot of the calendar that comes back (档期): the morning report, Wednesday's live Q&A, the monthly draw.
// Its days and times are those of each group's zone.
type Fixture struct {
	ID      string               `json:"id"` // lower-case letters, digits, dashes
	Name    string               `json:"name"`
	Every   string               `json:"every"`             // daily, weekly or monthly
	Weekday int                  `json:"weekday,omitempty"` // 1 = Monday
	Day     int                  `json:"day,omitempty"`     // of the month, 1 to 28
	From    string               `json:"from"`              // "HH:MM"
	To      string               `json:"to"`                // "HH:MM", after From
	Class   Class                `json:"class,omitempty"`   // "" = what the mix lacks
	Format  string               `json:"format"`
	Minutes int64                `json:"minutes"` // what one costs, as a rule
	Text    string               `json:"text,omitempty"`
	Groups  []community.GroupKey `json:"groups,omitempty"` // empty = every group
	Off     bool                 `json:"off,omitempty"`
}

// DefaultFixtures are the slots before anybody changes them. The free one at noon takes what the mix lacks.
func DefaultFixtures() []Fixture {
	return []Fixture{
		{ID: "morning", Name: "早报", Every: Daily, From: "08:00", To: "09:00", Class: Useful, Format: "article", Minutes: 30},
		{ID: "noon", Name: "午间", Every: Daily, From: "12:30", To: "13:30", Format: "other", Minutes: 10},
		{ID: "live", Name: "周三直播答疑", Every: EachWeek, Weekday: 3, From: "20:00", To: "21:00", Class: Interactive, Format: "voice_live", Minutes: 60},
		{ID: "draw", Name: "月度抽奖", Every: EachMonth, Day: 1, From: "20:00", To: "20:30", Class: Interactive, Format: "poll", Minutes: 20},
	}
}

// maxFixtures bounds how many slots an organisation has.
const maxFixtures = 50

// CheckFixtures says what is wrong with slots: CodeBadInput with the slot's id.
func CheckFixtures(list []Fixture) error {
	if len(list) > maxFixtures {
		return community.Errorf(community.CodeTooLarge, "slots: more than %d", maxFixtures)
	}
	for i, f := range list {
		if fault := f.fault(); fault != "" {
			return community.Errorf(community.CodeBadInput, "slot %q: %s", f.ID, fault)
		}
		if slices.ContainsFunc(list[:i], func(o Fixture) bool { return o.ID == f.ID }) {
			return community.Errorf(community.CodeBadInput, "slot %q stands twice", f.ID)
		}
	}
	return nil
}

func (f Fixture) fault() string {
	from, err := clockOf(f.From)
	to, other := clockOf(f.To)
	switch {
	case f.ID == "" || len(f.ID) > 40 || strings.Trim(f.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return "id: want lower-case letters, digits and dashes"
	case strings.TrimSpace(f.Name) == "" || utf8.RuneCountInString(f.Name) > 40 || !legible(f.Name):
		return "name: want 1 to 40 characters"
	case !slices.Contains([]string{Daily, EachWeek, EachMonth}, f.Every):
		return "every: want daily, weekly or monthly"
	case f.Every == EachWeek && (f.Weekday < 1 || f.Weekday > 7):
		return "weekday: want 1 (Monday) to 7"
	case f.Every == EachMonth && (f.Day < 1 || f.Day > 28):
		return "day: want 1 to 28"
	case err != nil || other != nil || from >= to:
		return "from, to: want HH:MM, the end after the beginning"
	case f.Class != "" && f.Class.place() < 0:
		return "class: want useful, interactive, promotion or none"
	case f.Format == "":
		return "format: missing"
	case f.Minutes < 0 || f.Minutes > maxMinutes:
		return "minutes: too many"
	case utf8.RuneCountInString(f.Text) > MaxText || !legible(f.Text):
		return "text: too long"
	}
	return ""
}

// On reports whether the slot comes on a date ("2006-01-02") in a group (0 = in any).
func (f Fixture) On(date string, g community.GroupKey) bool {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil || f.Off || g != 0 && len(f.Groups) > 0 && !slices.Contains(f.Groups, g) {
		return false
	}
	switch f.Every {
	case EachWeek:
		return (int(day.Weekday())+6)%7+1 == f.Weekday
	case EachMonth:
		return day.Day() == f.Day
	}
	return true
}

// Holds reports whether a time of day lies in the slot; its end belongs to it.
func (f Fixture) Holds(at string) bool { return at >= f.From && at <= f.To }

// rarity orders slots: what comes seldom is an appointment and goes before what comes each day.
func (f Fixture) rarity() int {
	return map[string]int{EachMonth: 0, EachWeek: 1, Daily: 2}[f.Every]
}

// FixtureNamed finds a slot; false when there is none.
func FixtureNamed(list []Fixture, id string) (Fixture, bool) {
	i := slices.IndexFunc(list, func(f Fixture) bool { return f.ID == id })
	if i < 0 {
		return Fixture{}, false
	}
	return list[i], true
}

// Idea is what a proposal can be made of: a topic that waits in the queue.
type Idea struct {
	ID      community.ID
	Title   string
	Text    string
	Class   Class
	Format  string
	Options []string
	AI      string // see Topic
}

// Filling is what a proposal for one group is made from.
type Filling struct {
	From, To string // dates, both included; at most MaxFill days
	Group    community.GroupKey
	Zone     *time.Location
	Now      int64
	Limits   Limits
	Fixtures []Fixture
	Posts    []Weighed // what the group got and will get
	Members  int64     // of the group, for the reach
	Taken    []string  // what is occupied: Content.Held
	Ideas    []Idea    // the oldest first; none is used twice
	Serves   string
}

// MaxFill is how many days are filled at once.
const MaxFill = 31

// Left is a slot that the proposal leaves empty, and why: a code of Reason or Beyond.
type Left struct {
	Fixture string `json:"slot"`
	Date    string `json:"date"`
	Why     string `json:"why"`
}

// Why a slot is left empty besides caps and the mix.
const (
	LeftOver  = "over"  // its time is over
	LeftTaken = "taken" // something stands in it
	LeftPace  = "pace"  // what the week still allows is kept for the days after
)

// Proposal is what Fill proposes.
type Proposal struct {
	Items []Content
	Left  []Left
}

// Fill proposes what a group may get in its free slots. What comes seldom goes first; of the rest the class goes first that
// the mix lacks most. Nothing is proposed in quiet hours, beyond a cap, or beyond the mix. The same question has the same
// answer. CodeBadInput: the dates cannot be read, or are too many.
func Fill(f Filling) (Proposal, error) {
	from, err := time.Parse(time.DateOnly, f.From)
	to, other := time.Parse(time.DateOnly, f.To)
	if err != nil || other != nil || to.Before(from) || to.Sub(from) >= MaxFill*24*time.Hour {
		return Proposal{}, community.Errorf(community.CodeBadInput, "from, to: want at most %d days", MaxFill)
	}
	w := &filler{Filling: f, used: map[community.ID]bool{}}
	w.posts = slices.Clone(f.Posts)
	for day, n := from, 1; !day.After(to); day, n = day.AddDate(0, 0, 1), n+1 {
		w.fillDay(day.Format(time.DateOnly), n)
	}
	return w.out, nil
}

type filler struct {
	Filling
	posts []Weighed
	used  map[community.ID]bool
	out   Proposal
}

func (w *filler) fillDay(date string, n int) {
	var free []Fixture
	for _, f := range w.Fixtures {
		if !f.On(date, w.Group) {
			continue
		}
		if slices.Contains(w.Taken, f.ID+"@"+date) {
			w.leave(f, date, LeftTaken)
			continue
		}
		free = append(free, f)
	}
	slices.SortStableFunc(free, func(a, b Fixture) int { return cmp.Compare(a.rarity(), b.rarity()) })
	for len(free) > 0 {
		i := w.next(free, date)
		if why := w.place(free[i], date, n); why != "" {
			w.leave(free[i], date, why)
		}
		free = slices.Delete(free, i, i+1)
	}
}

// next chooses which of a day's slots is looked at now: the rarer, then the one whose class is lacking most, then a free one.
func (w *filler) next(free []Fixture, date string) int {
	lacking := w.lacking(w.moment(free[0], date))
	best := 0
	rank := func(f Fixture) int {
		switch {
		case f.rarity() < 2:
			return f.rarity()
		case f.Class == lacking[0]:
			return 2
		case f.Class == "":
			return 3
		}
		return 4
	}
	for i, f := range free {
		if rank(f) < rank(free[best]) {
			best = i
		}
	}
	return best
}

// lacking orders the classes by how far the mix up to a moment is below their target, the most first.
func (w *filler) lacking(at int64) []Class {
	m := MixOf(w.posts, at)
	list := Classes()
	gap := func(c Class) float64 { return c.Target()*float64(m.N+1) - float64(m.Posts[c.place()]) }
	slices.SortStableFunc(list, func(a, b Class) int { return cmp.Compare(gap(b), gap(a)) })
	return list
}

func (w *filler) moment(f Fixture, date string) int64 {
	at, _ := Moment(date, f.From, w.Zone)
	return at
}

// place puts something into a slot, or says why nothing.
func (w *filler) place(f Fixture, date string, n int) string {
	at := w.moment(f, date)
	clock := f.From
	if end := w.Limits.quietEnd(at, w.Zone); end > at { // a slot that begins in quiet hours is used from their end on
		last, _ := Moment(date, f.To, w.Zone)
		if at = end; at > last {
			return QuietHours
		}
		clock = time.UnixMilli(at).In(w.Zone).Format("15:04")
	}
	if at <= w.Now {
		return LeftOver
	}
	if why := w.full(at); why != "" {
		return why
	}
	if most := w.weekly(); f.rarity() == 2 && most > 0 && w.upTo(date) >= (most*n+6)/7 {
		return LeftPace
	}
	classes := []Class{f.Class}
	if f.Class == "" {
		classes = w.lacking(at)
	}
	why := ""
	for _, c := range classes {
		post := Weighed{Class: c, At: at, Reach: w.Members, Minutes: f.Minutes}
		if beyond := w.beyond(post); beyond != "" {
			why = beyond
			continue
		}
		w.posts = append(w.posts, post)
		w.out.Items = append(w.out.Items, w.content(f, date, clock, c))
		return ""
	}
	return why
}

// beyond says how a post would break the mix, its own or that of what is planned after it.
func (w *filler) beyond(post Weighed) string {
	if list := Against(w.Limits, w.Zone, w.posts, post); len(list) > 0 {
		return list[0].Code
	}
	if post.Class != Promotion {
		return ""
	}
	for _, later := range w.posts {
		if later.At > post.At && later.Class == Promotion && len(Against(w.Limits, w.Zone, append(slices.Clone(w.posts), post), later)) > 0 {
			return BeyondRow
		}
	}
	return ""
}

// full says which cap a post would be beyond, before or after it.
func (w *filler) full(at int64) string {
	for _, c := range []struct {
		code   string
		most   int
		window int64
	}{{DayCap, w.Limits.PerDay, dayMS}, {WeekCap, w.Limits.PerWeek, weekMS}, {Fatigue, w.memberCap(), weekMS}} {
		if c.most == 0 {
			continue
		}
		around := []int64{at}
		for _, p := range w.posts {
			if p.At > at-c.window && p.At < at+c.window {
				around = append(around, p.At)
			}
		}
		if len(around) > c.most && crowded(around, c.most, c.window) {
			return c.code
		}
	}
	return ""
}

// memberCap is how often the group's members may be reached within 7 days, where nobody may be reached more often.
func (w *filler) memberCap() int {
	if w.Limits.Share >= 100 {
		return 0
	}
	return w.Limits.PerMember
}

// upTo counts the posts from the first date to one.
func (w *filler) upTo(date string) int {
	from, _ := Moment(w.From, "00:00", w.Zone)
	to, _ := Moment(date, "23:59", w.Zone)
	n := 0
	for _, p := range w.posts {
		if p.At >= from && p.At <= to {
			n++
		}
	}
	return n
}

// weekly is how many posts 7 days allow; 0 = any number.
func (w *filler) weekly() int {
	if w.memberCap() == 0 || w.Limits.PerWeek == 0 {
		return max(w.memberCap(), w.Limits.PerWeek)
	}
	return min(w.memberCap(), w.Limits.PerWeek)
}

// crowded reports whether some window holds more than so many moments.
func crowded(list []int64, most int, window int64) bool {
	slices.Sort(list)
	for i := most; i < len(list); i++ {
		if list[i]-list[i-most] < window {
			return true
		}
	}
	return false
}

func (w *filler) leave(f Fixture, date, why string) {
	w.out.Left = append(w.out.Left, Left{f.ID, date, why})
}

// content is what stands in a slot: an idea of its class, or the slot's own words.
func (w *filler) content(f Fixture, date, clock string, c Class) Content {
	out := Content{Title: f.Name + " " + date[5:], Text: f.Text, Class: c, Format: f.Format, Minutes: f.Minutes, Serves: w.Serves, Groups: []community.GroupKey{w.Group}, Fixture: f.ID, Date: date, At: clock}
	for _, idea := range w.Ideas {
		if w.used[idea.ID] || idea.Class != c || f.Class != "" && idea.Format != f.Format {
			continue
		}
		w.used[idea.ID] = true
		out.Title, out.Text, out.Format, out.Topic, out.Options, out.AI = idea.Title, idea.Text, idea.Format, idea.ID, idea.Options, idea.AI
		break
	}
	return out
}
