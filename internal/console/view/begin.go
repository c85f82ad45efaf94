package view

import "qunluo/internal/console/view/ui"

// Begin is the page that leads through the first steps.
type Begin struct {
	Head   ui.Head
	Steps  []BeginStep
	Closed bool
}

// BeginStep is one of them.
type BeginStep struct {
	Name, Title, Text string
	State             string // "done", "skipped", "next" (the first that is open), "open"
	Missing           []string
	Links             [][3]string // address, icon, words
}
