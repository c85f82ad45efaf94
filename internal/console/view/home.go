package view

import "qunluo/internal/console/view/ui"

// Home is the first page.
type Home struct {
	Work, Wires, Charts bool // what is shown: tasks, connections, figures
	Head                ui.Head
	Frozen              bool
	Freeze              ui.Confirm
	Checklist           []CheckStep // what is not done yet
	ChecklistTitle      string
	Filters             ui.Filters
	Stats               []ui.Number
	Tasks               ui.Table
	Links               ui.Table
	Trend               ui.Graph
	Heat                ui.Graph
}

// CheckStep is a first step of a new installation.
type CheckStep struct {
	Title, Text, Link string
	Done              bool
}
