package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// Standby is where a group goes on when its account is lost.
type Standby struct {
	Head    ui.Head
	State   templ.Component
	To      string // "" = none is set
	Invite  string
	Buttons []ui.Opener
	Asks    []ui.Confirm
	Codes   ui.Table // fixed addresses that lead to the group, and where they lead now; without columns = none are kept
	Stats   []ui.Number
	People  ui.Table
	Tabs    []ui.Tab
	Away    bool // it went on elsewhere at least once
	Missing []string
	History ui.Table
}
