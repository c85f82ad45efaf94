package ui

import "github.com/a-h/templ"

// Column is a column of a Table.
type Column struct {
	Title string
	Sort  string // address that sorts by it; "" = cannot be sorted
	Dir   string // "asc" or "desc" when it is sorted by this column
	Num   bool   // right-aligned figures
	Hide  bool   // not shown on phones
}

// Row is a row of a Table, a card on phones: the first cell is its title.
type Row struct {
	ID      string // value of the tick box when the table has one
	Link    string // of the first cell; "" = none
	Cells   []templ.Component
	Actions templ.Component // nil = none
}

// Table is a list of things. With Err it shows the fault, without rows Empty.
type Table struct {
	Label   string // what the rows are, for reading aids
	Columns []Column
	Rows    []Row
	Select  string // name of the tick boxes, which belong to the form Form; "" = none
	Form    string // id of the form
	Empty   Empty
	Err     *Panel
	Pager   *Pager
}

func (t Table) actions() bool {
	for _, r := range t.Rows {
		if r.Actions != nil {
			return true
		}
	}
	return false
}

// Pager leads through a long list.
type Pager struct {
	From, To, Total int
	Over            bool   // there are more than CountCap
	Prev, Next      string // addresses; "" = none
	Export          string // address of the whole filtered list as CSV; "" = none
}

// Empty says that there is nothing, and the next step.
type Empty struct {
	Icon, Title, Text string
	Button, Link      string // "" = none
}

// Panel says what went wrong: what happened, what it means, what to do.
type Panel struct {
	Title, Text  string
	Code         string
	Request      string // request id
	Button, Link string
	Facts        []Option // what a refusal rests on (Value = what, Text = words)
	Ask          string   // whom to ask, in words; "" = nobody
	People       []Option // who they are (Value = name, Text = role)
}

// Filters is the bar above a list; filters live in the address.
type Filters struct {
	Action string // path of the list
	Fields []Filter
	Clear  string   // address without filters; "" when nothing is filtered
	Keep   []Option // hidden values that stay (Value = name, Text = value)
}

// Filter is a field of the bar.
type Filter struct {
	Kind    string // "text", "select", "date", "check"
	Name    string
	Label   string
	Value   string // "check": "1" when ticked
	Options []Option
}

// Option is a choice.
type Option struct{ Value, Text string }

// Range is a choice of days: presets as addresses.
type Range struct {
	Label   string
	Options []Tab
}

// Tab is one of several views.
type Tab struct {
	Text, Link string
	Here       bool
	Count      int // 0 = not shown
}
