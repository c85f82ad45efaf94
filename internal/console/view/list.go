package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// List is a page of one filtered list.
type List struct {
	Head    ui.Head
	Tabs    []ui.Tab
	Filters ui.Filters
	Presets []ui.Tab // filters at one click
	Note    string   // what the figures mean; "" = nothing to say
	Table   ui.Table
	Asks    []ui.Confirm
	Bulk    *BulkBar // what may be done to many of the rows; nil = nothing
	Live    string   // kinds of change that read the table again; "" = none
}

// GroupGoal is what a group is for, with its targets.
type GroupGoal struct {
	Goal, Value string // "" = nobody has written it
	Edit        string // address of the form
	Stage       string // address of its stage
	Table       ui.Table
	Template    string // address of the page of its template; "" = none
	Founded     string // which template it stands by; "" = none
}

// GroupPage is one group.
type GroupPage struct {
	Goal        *GroupGoal // nil: goals are not kept here
	Channel     []ui.Tab   // what people do next in a group that they bring by hand; empty = a connection does
	Head        ui.Head
	Shield      string // address of its shield; "" = there is none
	Shielded    bool
	Overlap     string // address of what it shares with other groups; "" = not known here
	Tags        string // address of the page of its tags; "" = none
	Standby     string // address of where it goes on when its account is lost; "" = not known here
	ID          string
	Action      string // address of the group: its forms are below it
	Mode        templ.Component
	Observing   bool
	Frozen      bool
	Owner       bool
	Span        ui.Range
	Stats       []ui.Number
	Trend, Heat ui.Graph
	Talkers     ui.Table
	Talk        []ui.Line
	Quiet       ui.Empty
	Facts       []ui.Option
	Abilities   []ui.Ability
	ModeAsk     ui.Confirm
	FreezeAsk   ui.Confirm
	SettingsAsk ui.Confirm
	CapAsk      *ui.Confirm // nil = no forecast
	SendNote    string
	Rules       string
	Members     string
	Review      string
}

// BulkBar offers what may be done to those who are ticked, or to all whom the filter finds.
type BulkBar struct {
	Action string
	Keep   []ui.Option // the filter: Value = name, Text = value
	Kinds  []ui.Option
}

// chipClass is the look of a tag: colours are names of the kit's.
func chipClass(colour string) string {
	if colour == "" {
		return "bg-secondary-lt"
	}
	return "bg-" + colour + "-lt"
}
