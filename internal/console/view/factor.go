package view

import "qunluo/internal/console/view/ui"

// Factor is how somebody's own second factor stands.
type Factor struct {
	Head    ui.Head
	On      bool
	Must    bool   // it is demanded of their role
	Since   int64  // UTC ms
	Left    string // how many codes of the last resort are left
	Few     bool
	Picture string // data: address of the QR code; "" = none was begun
	Key     string // the same to type
	Fault   string // said at the field for a code
}

// Codes are codes of the last resort, shown this once.
type Codes struct {
	Head  ui.Head
	Codes []string
}

// Prove asks somebody who is signed in to prove themselves once more.
type Prove struct {
	Head   ui.Head
	Text   string
	Action string
	Name   string // of the field
	Label  string
	Fault  string
	Kept   []ui.Option // what was filled in: Value = name, Text = value
}
