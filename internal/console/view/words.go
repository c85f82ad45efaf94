package view

import "qunluo/internal/console/view/ui"

// WordImport is how words come into a list as a file, and out of it.
type WordImport struct {
	Head    ui.Head
	Tabs    []ui.Tab
	Back    string
	Form    PlanForm    // its head is not shown
	Exports []ui.Option // Value = address, Text = words
	Runs    ui.Table
}
