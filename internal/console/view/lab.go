package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// Lab is the laboratory of rules: one rule written, tried and put in force on one page.
type Lab struct {
	Head      ui.Head
	Tabs      []ui.Tab
	At        string // its address, with the rule
	Rules     string // address of the group's rulebook: its forms are below it
	Stamp     string
	Mode      templ.Component
	ModeMeans string
	Draft     bool
	AskOwner  bool // there is a draft, and only an owner may publish it
	Diff      []ui.Change
	Force     []ui.Confirm // the ways into force; the first is the main one
	Faults    []string

	Pick               ui.Filters
	Form               *RuleForm // nil: the rule as JSON, or none
	JSON               *ui.Input // nil: the rule's form, or none
	FormLink, JSONLink string

	Test RuleTest

	HasCases  bool
	CaseSums  []ui.Option
	Breaks    string // what publishing would break; "" = nothing
	Cases     ui.Table
	CasesLink string

	Days     ui.Input
	Run      bool   // the past may be tried now
	RunHere  string // where it is tried while the page loads; "" = in the background
	RunState string
	RunID    string
	Busy     bool
	Percent  int
	Older    bool // what is shown was tried with another book than the one on the desk
	Past     RuleReplay
}

// longInput is the place of the test box's text among its inputs: it takes the whole width.
const longInput = 2
