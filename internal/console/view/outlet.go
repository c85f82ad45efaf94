package view

import "qunluo/internal/console/view/ui"

// Outlet is where an outside system is told of things: what it is, and what it was told.
type Outlet struct {
	Head   ui.Head
	Secret string // the signing key, this once; "" = it was shown before
	Sample string // how it is used, with Secret
	Back   string // where to go on to, with Secret
	Facts  []ui.Option
	Tabs   []ui.Tab
	Table  ui.Table
	Asks   []ui.Confirm
}
