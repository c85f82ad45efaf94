package view

import "qunluo/internal/console/view/ui"

// Space is the page of the demonstration beside an organisation.
type Space struct {
	Head  ui.Head
	State string // loading, clearing, ready, leaving; "inside" = the person is in it; "" = there is none
	Owner bool   // the person may load, enter and delete it
	Days  ui.Input
	Done  int64
	Total int64  // 0 = not known
	Error string // why the last try stopped
	Facts []ui.Option
	Ask   ui.Confirm // before it is deleted
}
