package view

import "qunluo/internal/console/view/ui"

// Matrix shows what can be done where: accounts and groups as rows, verbs as columns.
type Matrix struct {
	Head    ui.Head
	Filters ui.Filters
	Verbs   []string
	Blocks  []MatrixBlock
	Empty   ui.Empty
	Pager   *ui.Pager
	Legend  []ui.Ability // what the marks mean
}

// MatrixBlock is a platform.
type MatrixBlock struct {
	Platform string
	Rows     []MatrixRow
}

// MatrixRow is an account in general, or one of its groups.
type MatrixRow struct {
	Name, Under string // the account, or the group; below: the kind of connection and its state
	Link        string
	Group       bool
	Held        bool         // the platform holds the account back
	Cells       []ui.Ability // one per verb
	Limits      []string     // said
	Checked     string       // said
}

func matrixIcon(r MatrixRow) string {
	if r.Group {
		return "users-group"
	}
	return "plug"
}
