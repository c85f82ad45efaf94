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

// Held says since when the platform holds an account back, why, and what to do. Release: the person may let it go.
type Held struct {
	Title, Why, What string
	Release          bool
}

// Connection is one account on a platform.
type Connection struct {
	Head   ui.Head
	Health templ.Component
	Held   *Held // nil while the platform does not hold the account back
	Facts  []ui.Option
	Risk   string
	Matrix ui.Table
	Form   *Form // nil when the person may not
	Asks   []ui.Confirm
}
