package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// TablePage is a shared table as a grid.
type TablePage struct {
	Head    ui.Head
	Note    string
	Access  templ.Component
	Count   string
	Home    string // address of the table: its forms and its stream are below it
	After   string // the number from which on the stream tells of edits
	Writes  bool   // the person may change it
	Edits   bool   // cells can be edited here
	Live    bool
	Hint    string
	Links   [][3]string // address, icon, words
	Openers []ui.Opener
	Asks    []ui.Confirm
	Filters ui.Filters
	Columns []TableColumn
	Table   ui.Table
}

// TableColumn is a column as the script edits its cells.
type TableColumn struct {
	ID, Name, Kind string
	Options        string // a line each
	Needed         bool
}

// TableCell is a cell of a grid.
type TableCell struct {
	Row, Column, Rev string
	Value            string // whole
	Text             string // as it is shown
	Link             string // "" = it is none
	Label            string
}
