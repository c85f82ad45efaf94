package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// MemberPage is one member.
type MemberPage struct {
	Head           ui.Head
	ID             string
	Marks          []Place
	Span           ui.Range
	Stats          []ui.Number
	ByDay, ByHour  ui.Graph
	ByType         []ui.Option
	Stays, Names   ui.Table
	Trail          *ui.Table // what they did besides speaking; nil = not asked
	Confirms       *ui.Table // which versions of rules they agreed to; nil = not asked
	ConfirmButtons []ui.Opener
	Tiers          *ui.Table   // where they stand, group by group; nil = nowhere
	TierStories    []PlanTable // how they came there
	Invited        *PlanTable  // whom they brought; nil = nobody
	Paid           *PlanTable  // what they paid; nil = nothing is kept of that
	Strikes        ui.Table
	StrikeAsks     []ui.Confirm
	Decisions      []ui.Step
	Buttons        []ui.Opener
	Asks           []ui.Confirm
	Standing       string      // what a person of ours said they are; "" = nobody said anything
	MarkButtons    []ui.Opener // to say something else
	Tags           []string
	TagPage        string      // address of the page of their tags; "" = none
	Person         *PersonPart // nil = nothing is known of persons
}

// PersonPart is what a member's page says of the person: their accounts, and what was merged and split.
type PersonPart struct {
	Accounts ui.Table
	Merge    ui.Opener // Target "" = not allowed
	Log      ui.Table
}

// Place is a group with what the member is there.
type Place struct {
	Name    string
	State   templ.Component
	Strikes int
}
