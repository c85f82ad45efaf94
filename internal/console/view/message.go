package view

import "qunluo/internal/console/view/ui"

// MessagePage is a message among its neighbours.
type MessagePage struct {
	Head           ui.Head
	Talk           []ui.Line
	Earlier, Later string
	Facts          []ui.Option
	Decisions      []ui.Step
	Copies         []ui.Option  // what was sent into other groups: the group, and what became of it
	Recall         *ui.Confirm  // nil: it cannot be recalled
	Strike         *ui.Confirm  // nil: nothing can be held against its author
	Shelf          []ui.Confirm // on the group's shelf of best messages, and off it
	Case           *ui.Confirm  // nil: it cannot become a labelled case
	Report         *ui.Confirm  // nil: nobody can be reported for it
}
