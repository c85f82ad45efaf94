package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// Templates is the list of templates, with what takes a file in.
type Templates struct {
	Head   ui.Head
	Means  string
	Tables []PlanTable
	Drop   *ui.FileDrop // nil = this person may not
}

// TemplateUse is what a template would change in a group, with the form that does it.
type TemplateUse struct {
	Head    ui.Head
	Choose  ui.Filters
	About   string
	State   templ.Component
	Faults  []string
	Notes   []string // what is done instead
	Action  string
	Hidden  []ui.Option
	Parts   []TemplatePart
	Reason  ui.Input
	Do      string
	Nothing string // why there is nothing to apply; "" = there is
	Past    PlanTable
	Asks    []ui.Confirm
}

// TemplatePart is one part with its difference.
type TemplatePart struct {
	Title string
	Note  string
	Box   ui.Input // whether it is taken; Name "" = there is nothing to take
	Diff  []ui.Change
}
