package view

import "qunluo/internal/console/view/ui"

// CodePage is one code.
type CodePage struct {
	Head     ui.Head
	Stats    []ui.Number
	Note     string
	Warnings []string
	Address  string // the whole fixed address
	QR       string // address of its picture
	Entries  ui.Table
	Days     ui.Table
	Living   bool
	Drop     ui.FileDrop
	Link     Form
	Order    Form
	Edit     ui.Confirm
	Close    ui.Confirm
	Rotate   *ui.Confirm // nil = nothing is shown
	Asks     []ui.Confirm
}
