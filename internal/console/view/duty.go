package view

import "qunluo/internal/console/view/ui"

// Duty is who is on duty, and the alarms.
type Duty struct {
	Head     ui.Head
	Owner    bool
	Now      string // names; "" = nobody
	Next     string
	Gaps     string // said; "" = none
	Hours    []string
	Days     []DutyDay
	Add      []ui.Input
	Swap     []ui.Input
	Shifts   ui.Table
	Changes  ui.Table
	Notes    []ui.Step
	Alarms   []AlarmLine
	AlarmsOf int
	Minutes  string // how alarms go round, said
	Settings []ui.Input
	Locks    []LockLine
	Lock     []ui.Input
}

// DutyDay is a day of the grid: its hours, and the same as a list.
type DutyDay struct {
	Date, Weekday string
	Today         bool
	Cells         []DutyCell
	Lines         []DutyLine
	Gaps          []string
}

// DutyCell is some hours with the same people. Part: for a part of each hour nobody is there.
type DutyCell struct {
	Span      int
	Text      string
	Gap, Part bool
}

func (c DutyCell) class() string {
	switch {
	case c.Gap:
		return "gap"
	case c.Part:
		return "part"
	}
	return ""
}

// DutyLine is one stretch of duty.
type DutyLine struct {
	Times, Name string
	Swap        bool
}

// AlarmLine is one alarm as lists show it.
type AlarmLine struct {
	ID, What, Link string
	At             int64
	State, Tone    string
	Holder         string
	Ack            string // addresses; "" = not offered
	HandOn         string
	Finish         string
}

// Alarm is one alarm with its steps.
type Alarm struct {
	Head    ui.Head
	Line    AlarmLine
	Detail  string
	Steps   []AlarmStep
	HandOn  string
	Finish  string
	Account bool
	Missing []MissingLine
	Opinion *Opinion // nil: it is about something else
	Tables  []PlanTable
}

// Opinion is what an alarm about public opinion shows.
type Opinion struct {
	Subject string // what they complain about; "" = erased
	Figures []ui.Option
	People  ui.Table
	Thread  []ui.Line
	False   *ui.Confirm // nil: not offered
}

// AlarmStep is one timed step.
type AlarmStep struct {
	At         int64
	Clock      string // to the second
	After      string // since the beginning, said
	Icon, Tone string
	Title      string
	Text       string
}

func (s AlarmStep) tone() string {
	switch s.Tone {
	case "good":
		return "text-success"
	case "warning":
		return "text-warning"
	case "danger":
		return "text-danger"
	}
	return "text-secondary"
}

// MissingLine is when nobody heard a group.
type MissingLine struct {
	Name, Link string
	All        string
	Spans      []string
}

// LockLine is one lockdown.
type LockLine struct {
	ID               string
	At, Until, Ended int64
	State            string
	On               bool
	Who, Reason      string
	Groups           string // said
	Off              string // address; "" = not offered
}

// LockAsk asks before a lockdown.
type LockAsk struct {
	Head       ui.Head
	Groups     int
	Effect     string
	ByHand     int
	ByHandText string
	Pick       []LockPick
	Fields     []ui.Input
}

// LockPick is a group that a lockdown would take.
type LockPick struct {
	ID, Name string
	Members  int
}

// Phone is a page of the phone.
type Phone struct {
	Title  string
	Tasks  []ui.Task
	Alarms []AlarmLine
	Cases  []PhoneCase
	More   int // that are not shown
	Empty  ui.Empty
	Now    string
	Next   string
	Mine   []string
	Notes  []ui.Step
}

// PhoneCase is a decision that waits for a person.
type PhoneCase struct {
	ID, Name, Group string
	At              int64
	Text            string
	Did             string
	Reasons         []ui.Reason
	Held            bool
}

// refusalWord is the key of what a person says who does not do a task: that it cannot be done, or that what is held shall
// not be.
func refusalWord(t ui.Task) string {
	if t.Release != "" {
		return "task.decline"
	}
	return "task.cannot"
}
