package view

import "qunluo/internal/console/view/ui"

// Users is the list of people who sign in.
type Users struct {
	Head  ui.Head
	Table ui.Table
	Asks  []ui.Confirm
}

// Form is a page that asks for one thing.
type Form struct {
	Head   ui.Head
	Action string
	Note   string // said above the fields, with a warning sign; "" = none
	Fields []ui.Input
	Button string
	Faults []string
}
