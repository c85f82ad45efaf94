package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// CalendarPage is a month or a week of the content calendar.
type CalendarPage struct {
	Head    ui.Head
	Filters ui.Filters
	Tabs    []ui.Tab
	Label   string // "2026-11"
	Earlier string // addresses
	Later   string
	Now     string
	Meters  []CalendarMeter
	Fatigue string
	Hint    string // how items are moved; "" = nobody may
	Move    string // address of the page to come back to
	Days    []CalendarDay
	Week    bool
	Empty   ui.Empty // Title "" = there are items
	Tables  []PlanTable
}

// CalendarMeter shows a mix.
type CalendarMeter struct {
	Title string
	Says  string
	Tone  string // of what it says: "", "good", "warning"
	Bars  []CalendarBar
	Notes []string
}

// CalendarBar is a mix in one weight.
type CalendarBar struct {
	Label string
	Parts []CalendarPart
	Text  string
}

// CalendarPart is the share of a class: From and Wide are of 100.
type CalendarPart struct{ Class, From, Wide string }

// CalendarDay is one day.
type CalendarDay struct {
	Date, Label string
	Today, Past bool
	Fill, New   string // addresses; "" = it cannot be
	Items       []CalendarItem
	Free        []string // slots in which nothing stands
}

// CalendarItem is one item in its day.
type CalendarItem struct {
	ID, Link, Title, Time string
	Class, ClassText      string
	Note                  string
	State                 templ.Component
	Date                  string
	Move                  bool // it may be put on another day
}

// CalendarShow is one item.
type CalendarShow struct {
	Plan      PlanPage
	Facts     []ui.Option
	Ad        string
	DiffTitle string
	Fields    []CalendarField
	Picture   string // address; "" = none
}

// CalendarField is one field that differs.
type CalendarField struct {
	Label string
	Lines []ui.Change
}

// CalendarFill is a proposal.
type CalendarFill struct {
	Head   ui.Head
	Action string
	Hidden []ui.Option
	Rows   []CalendarPick
	Empty  ui.Empty
	Left   []PlanTable
	Do     string
}

// CalendarPick is one proposed item.
type CalendarPick struct {
	Held, Title, When, Class, ClassText, Note string
}
