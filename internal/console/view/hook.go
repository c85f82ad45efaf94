package view

import "qunluo/internal/console/view/ui"

// HookToken is an outside system's token, shown once, and how to use it.
type HookToken struct {
	Head   ui.Head
	Facts  []ui.Option
	Sample string // a call that can be copied
}

// HookTry asks what a call would do, and says what it would or did.
type HookTry struct {
	Form Form
	Said string // "" = nothing was asked yet
	Bad  bool
}
