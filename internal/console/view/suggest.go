package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// SuggestList is the list of suggested changes, with how the books were weighed.
type SuggestList struct {
	Head    ui.Head
	Filters ui.Filters
	Table   ui.Table
	Weighed ui.Table
	Inputs  []ui.Input // of the form that has a book weighed now
}

// Suggest is one suggested change.
type Suggest struct {
	Head    ui.Head
	State   templ.Component
	Rule    string // where the rule can be tried
	Lines   []string
	Figures ui.Table
	Diff    []ui.Change
	People  []PlanTable
	Asks    []ui.Confirm
	Openers []ui.Opener
}
