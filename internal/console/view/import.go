package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// ImportList is the runs and the form for a new one.
type ImportList struct {
	Head ui.Head
	Drop ui.FileDrop
	Runs ui.Table
}

// ImportRun is one run.
type ImportRun struct {
	Head         ui.Head
	State        templ.Component
	Means        string // what the state means
	Running      bool
	Percent      int // 0 = not known
	Stats        []ui.Number
	Adds         string // the sum in words
	Wrong        bool   // it does not add up
	Units, Bad   ui.Table
	MoreBad      string
	Skips        []ui.Option
	Faults       []string
	Commit, Undo *ui.Confirm // nil: not offered
}
