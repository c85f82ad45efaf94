package view

import "qunluo/internal/console/view/ui"

// PasteForm takes what a person copied by hand out of a group that no connection hears.
type PasteForm struct {
	Head   ui.Head
	Action string
	Err    string
	Inputs []ui.Input
	Note   string
}

// PasteRun shows what a pasted text would change, or changed.
type PasteRun struct {
	Head    ui.Head
	Tone    string // of Said
	Said    string // what will be, or was
	Refresh string // address to look again while it is being read; "" = it is read
	Faults  []string
	Stats   []ui.Number
	Lines   []PasteLine
	More    string
	Renames []ui.Input // who may have taken another name
	Again   string     // where the renames are sent
	Save    string     // where it is taken in; "" = nothing to take in
	Undo    *ui.Confirm
	Anew    string // the form
}

// PasteLine is a message or a person of a pasted text.
type PasteLine struct {
	Tone, Icon, Mark string // what is new about it
	Name, Text       string
	At               string // "" = not a message
}

// PasteGroups lists the groups that people bring by hand.
type PasteGroups struct {
	Title  string
	Groups []ui.Tab
	Empty  ui.Empty
}
