package view

import "qunluo/internal/console/view/ui"

// ReviewPage is the queue with one item open.
type ReviewPage struct {
	Head    ui.Head
	Tabs    []ui.Tab
	Filters ui.Filters
	Queue   []QueueLine
	Pager   *ui.Pager
	Total   int
	Empty   ui.Empty
	Item    *ReviewItem // nil: the queue is empty
}

// QueueLine is an item of the queue.
type QueueLine struct {
	Link, Name, Group, Text, Verdict string
	At                               int64
	Here, Held, Closed               bool
}

// ReviewItem is the open item.
type ReviewItem struct {
	ID                    string
	At                    int64
	Name, MemberLink      string
	Group, GroupLink      string
	Verdict, Did, Rung    string
	Held                  string // why an action waits; "" = none does
	Closed, Reason        string // what came of it; "" = open
	Reasons               []ui.Reason
	Talk                  []ui.Line
	Context, Prev, Next   string
	Appeal, AppealNote    string // address of the appeal, or where one may be written; "" = nothing to appeal against
	Report, ReportNote    string // address of the reports that it rests on; "" = it rests on none
	Reporters             []string
	Copies                string // how far the text has come in other groups; "" = it is not about that
	CopyLines             []Copy
	CopiesHidden          string
	Facts                 []ui.Option
	History               []ui.Step
	Deeds                 []Deed
	Release, Remove, Undo *ui.Confirm // nil: not offered
	Abilities             []ui.Ability
}

// Copy is a message in another group with the same text.
type Copy struct{ Group, Name, At, Link, Text string }

// Deed is a button that does something at once, also by a key.
type Deed struct {
	Action string
	Fields []ui.Option
	Text   string
	Key    string // lower case
	Icon   string
	Class  string
}
