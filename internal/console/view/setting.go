package view

import "qunluo/internal/console/view/ui"

// Settings says how this installation runs.
type Settings struct {
	Head   ui.Head
	Facts  []ui.Option
	Checks []CheckStep
	Frozen bool
	Freeze ui.Confirm
	Public PublicSwitch
}

// PublicSwitch is how the public page about abilities is set.
type PublicSwitch struct {
	On, Names bool
	Link      string
}

func tick(on bool) string {
	if on {
		return "1"
	}
	return ""
}
