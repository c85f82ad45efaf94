package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// Connections is the list of our accounts on platforms.
type Connections struct {
	Head  ui.Head
	Table ui.Table
	Kinds []Kind // what may be added; empty when the person may not
}

// Kind is a connector that may be added.
type Kind struct{ Title, Summary, Link string }

// Connection is one account on a platform.
type Connection struct {
	Head   ui.Head
	Health templ.Component
	Facts  []ui.Option
	Risk   string
	Matrix ui.Table
	Form   *Form // nil when the person may not
	Asks   []ui.Confirm
}
