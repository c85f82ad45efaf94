package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// DraftPage shows the language model, one call of it, or what was drafted.
type DraftPage struct {
	Head   ui.Head
	State  templ.Component
	Means  string
	Alert  string // what must be known first; "" = nothing
	Facts  []ui.Option
	Cards  []DraftCard
	Form   DraftForm
	Tables []PlanTable
	Asks   []ui.Confirm
	Busy   bool // something is written right now: the page looks again by itself
}

// DraftCard is one text: a proposal, or what went out.
type DraftCard struct {
	Mark  templ.Component // where it comes from
	Title string
	Text  string
	Note  string
	Links []ui.Option // what can be made of it: Value = address
	Asks  []ui.Opener
}

// DraftForm is a small form on the page; Action "" = none.
type DraftForm struct {
	Title  string
	Note   string
	Action string
	Do     string
	Fields []ui.Input
}

// live are the kinds of change that the page follows.
func (p DraftPage) live() string {
	if p.Busy {
		return "task every:3s"
	}
	return "task"
}
