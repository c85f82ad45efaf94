package view

import "qunluo/internal/console/view/ui"

// SignIn is the sign-in page.
type SignIn struct {
	Login, Next string
	Err         string // said
	Hint        string // demo: login and password in words
	NeedsSetup  bool
	Code        bool // a field for a code is there, for everybody: it tells nothing about whose login it is
}

// Setup is the first page of a new installation.
type Setup struct {
	Action string
	Fields []ui.Input
}
