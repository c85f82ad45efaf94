package view

import "qunluo/internal/console/view/ui"

// Chores is what an account can do besides acting in groups.
type Chores struct {
	Head  ui.Head
	Empty ui.Empty
	Kinds []Kind
}

// Chore is one of them: its form, and what came of it.
type Chore struct {
	Form  Form
	Said  string // what came of it; "" = not done yet
	Table *ui.Table
	Asks  []ui.Confirm // what may follow from its rows
}
