package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// PlanForm is a form of what is sent by plan, with what it would do once that was asked.
type PlanForm struct {
	Head     ui.Head
	Faults   []string
	Action   string
	Hidden   []ui.Option // Value = name, Text = value
	Groups   []PlanFields
	Ask      string // address of the button that only asks; "" = none
	AskText  string
	Do       string // the button that does it
	Wait     bool   // it may not be done yet; Hint says why
	Hint     string
	HintLink ui.Option // where to go about it: Value = address; "" = nowhere
	Stats    []ui.Number
	Tables   []PlanTable
	Multi    bool // it holds files
}

// PlanFields are fields that belong together.
type PlanFields struct {
	Title string
	Note  string
	Rows  []ui.Input
	Files []PlanFile // kept already
	More  *PlanMore  // folded below; nil = nothing
}

// PlanMore are fields that are folded until somebody wants them.
type PlanMore struct {
	Title string
	Rows  []ui.Input
	Files []PlanFile
	Open  bool
}

// PlanFile is a file that a form keeps until it is sent.
type PlanFile struct {
	Field string
	ID    string
	Name  string
	Note  string
	Link  string
	Image bool
}

// PlanTable is a table with its title.
type PlanTable struct {
	Title string
	Note  string
	Table ui.Table
}

// PlanPage is one mass send or SOP.
type PlanPage struct {
	Head    ui.Head
	State   templ.Component
	Means   string
	Openers []ui.Opener
	Links   []ui.Option // further addresses: Value = address, Text = words
	Asks    []ui.Confirm
	Stats   []ui.Number
	Curves  []Curve
	Text    string
	Files   []ui.TaskFile
	Talk    []ui.Line // messages around the one it is about
	Tables  []PlanTable
	Busy    bool // something is under way that ends soon: the page looks again by itself
}

// live are the kinds of change that the page follows.
func (p PlanPage) live() string {
	if p.Busy {
		return "task decision every:3s"
	}
	return "task decision"
}
