package experiment

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Switches: what can be tried two ways.
const (
	WelcomeCode = "welcome_code" // what is said to who joins by a code's mark
	WelcomeRule = "welcome_rule" // what a welcome rule of a group says
	ReplyRule   = "reply_rule"   // what a keyword reply of a group says
	SendTime    = "send_time"    // at which time of the day an SOP's steps go out
	JoinPage    = "join_page"    // the line that a code's landing page shows
	Poster      = "poster"       // which poster whoever asks a code for theirs is given
)

// Units: to whom arms are given.
const (
	Member = "member"
	Group  = "group" // members of a group see each other: all of it has one arm
	Slot   = "slot"  // everybody has one arm for some days, then perhaps the other
)

// switched says how a switch is tried.
type switched struct {
	name, unit string
	outcomes   []string // the first is the usual one
}

func switches() []switched {
	people := []string{Spoke7, Replied7, Stay7, Stay30}
	return []switched{
		{WelcomeCode, Member, people},
		{WelcomeRule, Member, people},
		{ReplyRule, Member, []string{Spoke7, Replied7, Stay7, Stay30}},
		{SendTime, Group, []string{Talk}},
		{JoinPage, Slot, []string{JoinRate}},
		{Poster, Member, []string{Scanned7}},
	}
}

// Switches lists what can be tried.
func Switches() []string {
	var out []string
	for _, s := range switches() {
		out = append(out, s.name)
	}
	return out
}

func switchNamed(name string) (switched, bool) {
	for _, s := range switches() {
		if s.name == name {
			return s, true
		}
	}
	return switched{}, false
}

// UnitOf is the unit that a switch is tried on; "" = there is no such switch.
func UnitOf(name string) string {
	s, _ := switchNamed(name)
	return s.unit
}

// OutcomesOf lists the outcomes that a switch can be judged by.
func OutcomesOf(name string) []string {
	s, _ := switchNamed(name)
	return s.outcomes
}

// Outcomes.
const (
	Spoke7   = "spoke7"
	Replied7 = "replied7"
	Stay7    = "stay7"
	Stay30   = "stay30"
	Left24   = "left24"
	JoinRate = "join_rate"
	Talk     = "talk"
	Scanned7 = "scanned7"
)

const dayMS = 24 * 3600 * 1000

// Outcome is what an experiment is judged by.
type Outcome struct {
	Name       string
	Proportion bool  // yes or no of each member; else a figure of a group or slot
	Window     int64 // ms after the assignment until it is known
	Better     int   // +1: more is better, −1: less is
	Guard      bool  // it may only stop an experiment
}

// Outcomes lists them in the order pages show them.
func Outcomes() []Outcome {
	return []Outcome{
		{Spoke7, true, 7 * dayMS, 1, false},
		{Replied7, true, 7 * dayMS, 1, false},
		{Stay7, true, 7 * dayMS, 1, false},
		{Stay30, true, 30 * dayMS, 1, false},
		{Left24, true, dayMS, -1, true},
		{JoinRate, false, dayMS, 1, false},
		{Talk, false, dayMS, 1, false},
		{Scanned7, true, 7 * dayMS, 1, false},
	}
}

// OutcomeNamed gives one; ok is false where there is none.
func OutcomeNamed(name string) (Outcome, bool) {
	for _, o := range Outcomes() {
		if o.Name == name {
			return o, true
		}
	}
	return Outcome{}, false
}

// Definition is what is declared before the start. It does not change afterwards.
type Definition struct {
	Name      string    `json:"name"`
	Why       string    `json:"why"` // what is expected, and why
	Switch    string    `json:"switch"`
	Subject   string    `json:"subject"`        // id of the code, group or SOP
	Rule      string    `json:"rule,omitempty"` // of the group's book
	Arms      [2]string `json:"arms"`           // A: as it is today, for the record; B: what is said instead (a text, or "HH:MM")
	ShareB    int       `json:"share_b"`        // percent of members who get B; groups and slots are halved
	Primary   string    `json:"primary"`
	Secondary []string  `json:"secondary,omitempty"`
	Base      float64   `json:"base"`  // the outcome as it is today
	Sigma     float64   `json:"sigma"` // its standard deviation, where it is no share
	Hoped     float64   `json:"hoped"` // the difference that would be worth it
	Rho       float64   `json:"rho"`
	Units     int       `json:"units"`   // groups there were when it was planned; of slots as many as fit into the days
	Each      float64   `json:"each"`    // days seen per group or slot
	PerDay    float64   `json:"per_day"` // members who come a day, when it was planned
	Days      int       `json:"days"`
	Length    int       `json:"slot_days,omitempty"`
	Wash      int       `json:"wash_days,omitempty"`
	Salt      string    `json:"salt"`
	Override  string    `json:"override,omitempty"` // why it starts although the plan says that it cannot be decided
}

// Bounds of a definition.
const (
	MaxName = 60
	MaxWhy  = 500
	MaxText = 500
	MaxDays = 180
	MinDays = 7
)

// Unit is what arms are given to.
func (d Definition) Unit() string { return UnitOf(d.Switch) }

// Guards are the outcomes that may only stop it. Who is given a poster need not be in any group: nobody can be seen to leave.
func (d Definition) Guards() []string {
	if d.Unit() == Member && d.Switch != Poster {
		return []string{Left24}
	}
	return nil
}

// Usual fills in what nobody set.
func (d Definition) Usual() Definition {
	if s, ok := switchNamed(d.Switch); ok && d.Primary == "" {
		d.Primary = s.outcomes[0]
	}
	if d.ShareB == 0 || d.Unit() != Member {
		d.ShareB = 50
	}
	if d.Days == 0 {
		d.Days = 28
	}
	if d.Unit() == Slot {
		d.Length = max(1, d.Length)
		d.Units, d.Each = d.Days/d.Length, float64(d.Length-d.Wash)
	}
	if d.Unit() == Group {
		d.Each = float64(d.Days)
	}
	return d
}

// Check says what is wrong with a definition: community.CodeBadInput with the field's name first.
func (d Definition) Check() error {
	bad := func(field, want string) error {
		return community.Errorf(community.CodeBadInput, "%s: %s", field, want)
	}
	s, ok := switchNamed(d.Switch)
	if !ok {
		return bad("switch", "want one of "+strings.Join(Switches(), ", "))
	}
	for _, f := range []struct {
		name, text  string
		least, most int
	}{{"name", d.Name, 1, MaxName}, {"why", d.Why, 0, MaxWhy}, {"b", d.Arms[1], 1, MaxText}, {"override", d.Override, 0, MaxWhy}} {
		if n := utf8.RuneCountInString(f.text); n < f.least || n > f.most || !utf8.ValidString(f.text) || strings.TrimSpace(f.text) == "" && f.least > 0 {
			return community.Errorf(community.CodeBadInput, "%s: want %d to %d characters", f.name, f.least, f.most)
		}
	}
	o, known := OutcomeNamed(d.Primary)
	switch {
	case !known || !slices.Contains(s.outcomes, d.Primary):
		return bad("primary", "want one of "+strings.Join(s.outcomes, ", "))
	case d.Subject == "":
		return bad("subject", "say what is tried")
	case (d.Switch == WelcomeRule || d.Switch == ReplyRule) && d.Rule == "":
		return bad("rule", "name the rule of the group")
	case d.Days < MinDays || d.Days > MaxDays:
		return bad("days", "want 7 to 180")
	case d.ShareB < 10 || d.ShareB > 90:
		return bad("share_b", "want 10 to 90 percent")
	case !finite(d.Hoped) || d.Hoped <= 0 || o.Proportion && d.Hoped >= 1:
		return bad("hoped", "want a difference above 0, of shares below 1")
	case !finite(d.Base) || o.Proportion && (d.Base < 0 || d.Base > 1):
		return bad("base", "want a share between 0 and 1")
	case !finite(d.Rho) || d.Rho < 0 || d.Rho > 1:
		return bad("rho", "want 0 to 1")
	case !o.Proportion && (!finite(d.Sigma) || d.Sigma <= 0):
		return bad("sigma", "want the standard deviation of the outcome")
	case s.unit == Slot && (d.Length < 1 || d.Length > 14 || d.Wash < 0 || d.Wash >= d.Length):
		return bad("slot_days", "want 1 to 14 days, with fewer days of wash-out")
	case d.Arms[0] == d.Arms[1]:
		return bad("b", "both ways are the same")
	}
	for _, name := range d.Secondary {
		if name == d.Primary || !slices.Contains(s.outcomes, name) {
			return bad("secondary", "want others of "+strings.Join(s.outcomes, ", "))
		}
	}
	if d.Switch == SendTime {
		if _, err := time.Parse("15:04", d.Arms[1]); err != nil || len(d.Arms[1]) != 5 {
			return bad("b", "want a time as 20:00")
		}
	}
	return nil
}

// Ask is the definition as Plan wants it.
func (d Definition) Ask() Ask {
	o, _ := OutcomeNamed(d.Primary)
	a := Ask{Proportion: o.Proportion, Base: d.Base, Sigma: d.Sigma, Hoped: d.Hoped, Rho: d.Rho, Days: d.Days, PerDay: d.PerDay}
	if d.Unit() != Member {
		a.Clustered, a.Clusters, a.Each, a.PerDay = true, d.Units, d.Each, 0
	}
	return a
}

// Planned is the variance that the difference has at the planned end: what the confidence sequence is set by before the start.
func (d Definition) Planned() float64 {
	a := d.Ask().usual()
	s := a.sigma()
	if a.Clustered {
		k := max(1, float64(a.Clusters)/2)
		return 2 * s * s * DesignEffect(a.Each, a.Rho) / (k * max(1, a.Each))
	}
	arm := float64(Plan(a).Members)
	if have := a.PerDay * float64(a.Days) / 2; have >= 2 && (arm == 0 || have < arm) {
		arm = have
	}
	return 2 * s * s / max(2, arm)
}

// Undecidable are the plan's problems that forbid a start without an override in writing.
func (n Need) Undecidable() []string {
	var out []string
	for _, p := range n.Problems {
		if p == CannotGroups || p == CannotSize {
			out = append(out, p)
		}
	}
	return out
}

// States of an experiment.
const (
	Draft   = "draft"
	Running = "running"
	Stopped = "stopped" // nobody is given an arm any more; what was seen stays
	Decided = "decided" // with the result as it was then
)

// Row is an experiment as it is kept.
type Row struct {
	ID      community.ID
	Org     community.OrgKey
	Version int
	State   string
	Definition
	Need      Need
	User      string
	Created   int64
	Started   int64
	Ended     int64 // when nobody was given an arm any more
	EndedWhy  string
	EndedBy   string
	Decision  string // what is done with it: a, b, neither
	Reason    string
	Decider   string
	DecidedAt int64
	Result    *Result // as it was when it was decided
}

// Decisions a person may take.
const (
	TakeA       = "a"
	TakeB       = "b"
	TakeNeither = "neither"
)

// Decisions lists them.
var Decisions = []string{TakeA, TakeB, TakeNeither}

// Assignment is a unit with its arm, as it was drawn once.
type Assignment struct {
	Unit   string // key of a member or group, number of a slot
	Arm    int
	Group  community.GroupKey  // where a member was given it
	Member community.MemberKey // 0 for groups and slots
	At     int64
}
