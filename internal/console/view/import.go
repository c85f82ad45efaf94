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
	Near         ui.Table // rows beside what they are near to
	MoreNear     string
	Rosters      ui.Table     // lists of members against those before them
	Again        *ImportAgain // nil: not offered
	Commit, Undo *ui.Confirm  // nil: not offered
}

// ImportAgain is the form under a trial that decides what the file leaves open and tries it once more.
type ImportAgain struct {
	Action string
	Guess  string // what was guessed, said; "" = nothing
	Inputs []ui.Input
	Legend string
	Chats  []ui.Input // boxes
	Button string
}
