package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// StepKind says when a step comes.
type StepKind string

// Kinds of steps.
const (
	ByDay  StepKind = "day"    // Day days after the group entered
	Weekly StepKind = "weekly" // every week on Weekday
	OnDate StepKind = "date"   // on Date
)

// StepKinds lists the kinds in the order pages show them.
var StepKinds = []StepKind{ByDay, Weekly, OnDate}

// Step is one text of an SOP with its time, in the zone of each group.
type Step struct {
	ID      string   `json:"id"` // stays when the step is edited
	Kind    StepKind `json:"kind"`
	Day     int      `json:"day,omitempty"`     // 0 = the day of entry
	Weekday int      `json:"weekday,omitempty"` // 1 = Monday … 7 = Sunday
	Date    string   `json:"date,omitempty"`    // "2006-01-02"
	At      string   `json:"at"`                // "HH:MM"
	Text    string   `json:"text"`
	Link    Attached `json:"link,omitzero"` // goes with the text, as its pieces
	Pieces  []Piece  `json:"pieces,omitempty"`
	ByLink  bool     `json:"by_link,omitempty"` // what a platform does not take goes as a link in the text

	Library community.ID      `json:"library,omitzero"` // the item of the library that it says, as that is when it goes; then it has no text, link and pieces of its own
	Values  map[string]string `json:"values,omitempty"` // of the item's variables, by name
}

// Post is what the step says.
func (p Step) Post() Post { return Post{p.Text, p.Link, p.Pieces, p.ByLink} }

// SOP is a plan of several texts for groups that enter it one by one. Its version counts the edits; what was materialised
// before an edit keeps its text.
type SOP struct {
	ID      community.ID
	Org     community.OrgKey
	Name    string
	Version int
	Steps   []Step
	State   State
	User    string
	Created int64
	Groups  int
	Counts  Counts
	Force   string // when it is saved: why, although the link check would stop it; "" = it does not
}

// Files are the kept contents that its steps send, each once, in the order of the steps.
func (s SOP) Files() []community.ID {
	var out []community.ID
	for _, p := range s.Steps {
		for _, piece := range p.Pieces {
			if !slices.Contains(out, piece.File) {
				out = append(out, piece.File)
			}
		}
	}
	return out
}

// Bounds of an SOP.
const (
	MaxSteps = 100
	MaxDay   = 3650
)

// Check says what is wrong with an SOP: CodeBadInput or CodeTooLarge, naming the step from 1.
func (s SOP) Check() error {
	if err := checkWords(s.Name, "x"); err != nil {
		return err
	}
	if len(s.Steps) == 0 || len(s.Steps) > MaxSteps {
		return community.Errorf(community.CodeBadInput, "steps: want 1 to %d", MaxSteps)
	}
	seen := map[string]bool{}
	for i, p := range s.Steps {
		if err := p.check(); err != nil {
			return community.Errorf(community.CodeOf(err), "step %d: %w", i+1, err)
		}
		if seen[p.ID] {
			return community.Errorf(community.CodeBadInput, "step %d: id %q is taken", i+1, p.ID)
		}
		seen[p.ID] = true
	}
	return nil
}

func (p Step) check() error {
	switch {
	case p.ID == "" || len(p.ID) > 40 || strings.Contains(p.ID, "@") || !legible(p.ID):
		return community.Errorf(community.CodeBadInput, "id: want 1 to 40 bytes without @")
	case !slices.Contains(StepKinds, p.Kind):
		return community.Errorf(community.CodeBadInput, "kind: no %q", p.Kind)
	case p.Kind == ByDay && (p.Day < 0 || p.Day > MaxDay):
		return community.Errorf(community.CodeBadInput, "day: want 0 to %d", MaxDay)
	case p.Kind == Weekly && (p.Weekday < 1 || p.Weekday > 7):
		return community.Errorf(community.CodeBadInput, "weekday: want 1 (Monday) to 7")
	}
	if p.Kind == OnDate {
		if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
			return community.Errorf(community.CodeBadInput, "date: want 2006-01-02")
		}
	}
	if _, err := clockOf(p.At); err != nil {
		return community.Errorf(community.CodeBadInput, "at: %w", err)
	}
	if !p.Library.IsZero() {
		return p.checkNamed()
	}
	if len(p.Values) > 0 {
		return community.Errorf(community.CodeBadInput, "values: they are an item's of the library, and it names none")
	}
	if err := checkText(p.Text); err != nil {
		return err
	}
	if err := p.Link.check(); err != nil {
		return err
	}
	return checkPieces(p.Pieces)
}

// Bounds of what stands for an item's variables.
const (
	MaxValues = 20
	MaxValue  = 500 // characters
)

// checkNamed says what is wrong with a step that names an item of the library.
func (p Step) checkNamed() error {
	if strings.TrimSpace(p.Text) != "" || p.Link != (Attached{}) || len(p.Pieces) > 0 {
		return community.Errorf(community.CodeBadInput, "library: text, link and pieces are the item's")
	}
	if len(p.Values) > MaxValues {
		return community.Errorf(community.CodeTooLarge, "values: more than %d", MaxValues)
	}
	for name, v := range p.Values {
		if name == "" || len(name) > 32 || utf8.RuneCountInString(v) > MaxValue || !legible(name) || !legible(v) {
			return community.Errorf(community.CodeBadInput, "values: want names of at most 32 bytes with at most %d characters each", MaxValue)
		}
	}
	return nil
}

// Naming gives the steps that name an item of the library.
func (s SOP) Naming(item community.ID) []Step {
	return slices.DeleteFunc(slices.Clone(s.Steps), func(p Step) bool { return p.Library != item })
}

// StepFinding is a finding about one step of an SOP, counted from 1.
type StepFinding struct {
	Step int
	Finding
}

// Fits judges the steps of an SOP by what the groups in it can get now, by the dated limits of their platforms. Only Group
// and Takes of the rows are looked at; public is the address of this server.
func (s SOP) Fits(rows []Reach, public string, at int64) []StepFinding {
	var out []StepFinding
	for i, p := range s.Steps {
		for _, f := range fits(p.Post(), rows, public, at) {
			if f.Kind != Notice {
				out = append(out, StepFinding{i + 1, f})
			}
		}
	}
	return out
}

// NameSteps gives steps without an id one that no other step has.
func NameSteps(steps []Step) []Step {
	out := slices.Clone(steps)
	used := map[string]bool{}
	for _, p := range out {
		used[p.ID] = true
	}
	n := 0
	for i := range out {
		for out[i].ID == "" {
			n++
			if id := fmt.Sprintf("s%d", n); !used[id] {
				out[i].ID, used[id] = id, true
			}
		}
	}
	return out
}

// Slot is one step's turn in one group. Its key names step and local date, so that a turn comes once, whatever clocks do.
type Slot struct {
	Key  string
	Step string
	Due  int64
	Post

	Library community.ID // the item that it says when it goes; zero = Post says all
	Values  map[string]string
}

// maxSpan bounds how many days Due looks at; what lies longer ago was missed for good.
const maxSpan = 400

// Due gives the turns of a group in (from, to], in order of time, for a group that entered at a moment. A turn before the
// entry never comes. A time that a zone's clock leaves out or shows twice comes once.
func Due(steps []Step, entered int64, zone *time.Location, from, to int64) []Slot {
	from = max(from, entered-1, to-maxSpan*dayMS)
	if to <= from {
		return nil
	}
	begin := midday(entered, zone)
	var out []Slot
	for day := midday(from, zone).AddDate(0, 0, -1); day.UnixMilli() <= to+2*dayMS; day = day.AddDate(0, 0, 1) {
		for _, p := range steps {
			if !p.on(day, begin) {
				continue
			}
			due, ok := p.moment(day, zone)
			if ok && due > from && due <= to {
				out = append(out, Slot{Key: p.ID + "@" + day.Format(time.DateOnly), Step: p.ID, Due: due, Post: p.Post(), Library: p.Library, Values: p.Values})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Slot) int { return cmp.Compare(a.Due, b.Due) })
	return out
}

// midday stands for a local date: noon of it in UTC, where no clock jumps.
func midday(at int64, zone *time.Location) time.Time {
	here := time.UnixMilli(at).In(zone)
	return time.Date(here.Year(), here.Month(), here.Day(), 12, 0, 0, 0, time.UTC)
}

// on reports whether a step comes on a date.
func (p Step) on(day, begin time.Time) bool {
	switch p.Kind {
	case ByDay:
		return day.Equal(begin.AddDate(0, 0, p.Day))
	case Weekly:
		return (int(day.Weekday())+6)%7+1 == p.Weekday
	case OnDate:
		return day.Format(time.DateOnly) == p.Date
	}
	return false
}

func (p Step) moment(day time.Time, zone *time.Location) (int64, bool) {
	minute, err := clockOf(p.At)
	if err != nil {
		return 0, false
	}
	return time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, zone).UnixMilli(), true
}

// Member is a group in an SOP.
type Member struct {
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	Zone      string
	People    int // on the group's roster now
	Entered   int64
	Left      int64 // 0 = it is in it
	Through   int64 // turns up to here were materialised
	Next      int64 // its next turn; 0 = none within 60 days
	Counts    Counts
}
