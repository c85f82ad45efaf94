package cli

import "reflect"

// outdoor is a command that works without an open house.
type outdoor interface{ Run(c *call) error }

// indoor is a command that works in the open house, here or inside the server that holds it.
type indoor interface {
	Do(c *call, h *House) error
}

// dangerous is a command that asks before it begins; "" = nothing dangerous about this use of it.
type dangerous interface{ Effect() [2]string }

// secretive is a command that wants secrets typed before it begins: one for each prompt, in this order.
type secretive interface{ Prompts() [][2]string }

// asking verbs ask the person something before they run, wherever they run; what was answered comes back as arguments.
type asking interface {
	Asks(c *call) (args []string, err error)
}

// reading is a command whose answer comes from the projections: in a server it waits a little until they hold what
// happened before it was asked.
type reading interface{ Reads() }

// fresh is embedded by commands that read the projections.
type fresh struct{}

// Reads marks the command.
func (fresh) Reads() {}

// documented is what every command says about itself beyond its one line: what it prints with --json (the zero value of
// the type) and how to use it.
type documented interface {
	Shape() any
	Examples() []example
}

// example is a command line without the program's name, and what it does.
type example struct {
	line  string
	words [2]string
}

// rowsOf is the shape of a verb that prints a list.
func rowsOf[T any]() any { return list[T]{} }

// shapeText is the line of documentation for a shape; "" when the verb prints no data.
func shapeText(v any) string {
	if v == nil {
		return ""
	}
	if s, ok := v.(string); ok {
		return s
	}
	return shapeOf(reflect.TypeOf(v))
}
