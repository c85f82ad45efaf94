package view

import "qunluo/internal/console/view/ui"

// Inbox is the queue of what waits for a person.
type Inbox struct {
	Head    ui.Head
	Tabs    []ui.Tab
	Filters ui.Filters
	Tasks   []ui.Task
	Empty   ui.Empty
	Pager   *ui.Pager
}
