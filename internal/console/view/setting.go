package view

import "qunluo/internal/console/view/ui"

// Settings says how this installation runs.
type Settings struct {
	Head   ui.Head
	Facts  []ui.Option
	Checks []CheckStep
	Frozen bool
	Freeze ui.Confirm
}
