package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// longDiff is from how many lines on a difference is folded: a whole new book would bury the page.
const longDiff = 120

// Control is one field of a form that a schema made.
type Control struct {
	ui.Input           // of simple fields
	Form     string    // "" = simple, "choices", "object", "objects"
	Ticks    []Tick    // choices
	Controls []Control // object
	Items    []Item    // objects
	Add      string    // objects: value of the button that adds an item
	Here     bool      // objects: the cursor begins at that button
	Count    string    // objects: how many there are
}

// Tick is a choice of several.
type Tick struct {
	Value, Text string
	On          bool
}

// Item is one of a list of objects.
type Item struct {
	Title    string
	Controls []Control
	Drop     string // value of the button that takes it away
}

// RuleForm is the form of a rule, or of what holds for the whole book.
type RuleForm struct {
	Head     ui.Head
	Tabs     []ui.Tab
	Action   string
	Stamp    string
	Hidden   []ui.Option
	Summary  string
	Faults   []string
	Ladders  []Ladder // ready ones; one click takes one
	Offers   []string // what can be done in place of what cannot; one click takes it
	First    []Control
	Content  string // title of Second
	Second   []Control
	More     string // title of Third, which is folded
	Third    []Control
	MoreOpen bool
	Delete   *ui.Confirm // nil: not offered
}

// Ladder is a ready ladder.
type Ladder struct {
	Do, Title, Says string
}

// RulePage is a group's rulebook.
type RulePage struct {
	Head      ui.Head
	Tabs      []ui.Tab
	At        string // address
	Stamp     string
	Begun     bool
	Presets   []Preset
	From      []ui.Option // groups whose book can be copied
	Force     string
	ForceNote string
	Draft     string // "" = no draft
	Mode      templ.Component
	ModeMeans string
	Faults    []string
	Offers    []string // what can be done in place of what cannot; one click takes it
	Clashes   []string // what the book asks for and takes back
	Rows      []RuleRow
	Kinds     []RuleKind
	Facts     []ui.Option
	Diff      []ui.Change
	Publish   *ui.Confirm // nil: not offered
	Discard   *ui.Confirm
	Learn     *ui.Confirm
}

// Preset is a book to begin with.
type Preset struct{ Name, Title, Summary string }

// RuleKind is a kind of rule that can be added.
type RuleKind struct{ Link, Title, Summary string }

// RuleRow is a rule of the book.
type RuleRow struct {
	ID, Name, Kind, Says string
	Lab                  string // where it is tried
	Mode                 string
	Modes                []ui.Option
	Hits, Dry, False     string
	Last                 int64
	HasHits              bool
	First, Final         bool
	Link, HitsLink       string
}

// RuleTest is the test box.
type RuleTest struct {
	Action  string
	Rule    string // which the laboratory shows; "" = the first
	Inputs  []ui.Input
	Tried   bool
	Outcome []string
	Parts   []ui.Part
	Rules   ui.Table
	Faults  []string
}

// RuleReplay is what a book would have done.
type RuleReplay struct {
	Head    ui.Head
	Tabs    []ui.Tab
	Filters ui.Filters
	Ran     bool
	Sum     string
	Notes   []string
	Counts  ui.Table
	Rows    []ReplayRow
	Gone    []ReplayRow
	Cut     string // said when not all rows are shown
	Publish *ui.Confirm
	Act     *ui.Confirm  // switch the group on; nil = it is, or not for this person
	Asks    []ui.Confirm // behind the buttons of the rows
	Faults  []string
	Empty   ui.Empty
}

// ReplayRow is one decision of a replay.
type ReplayRow struct {
	At               int64
	Name, MemberLink string
	Parts            []ui.Part
	Note             string
	Link             string // neighbourhood
	Did              string
	Reasons          []ui.Reason
}

// RuleVersions is the list of versions with the difference of two.
type RuleVersions struct {
	Head      ui.Head
	Tabs      []ui.Tab
	Versions  ui.Table
	Compare   ui.Filters
	DiffTitle string
	Diff      []ui.Change
	Same      bool
	Asks      []ui.Confirm
}

// RuleJSON is the book as JSON.
type RuleJSON struct {
	Head   ui.Head
	Tabs   []ui.Tab
	Action string
	Stamp  string
	Faults []string
	Text   string
}

// faultTitle stands above faults, where there are any.
func faultTitle(title string, faults []string) string {
	if len(faults) == 0 {
		return ""
	}
	return title
}

// width is how much of a row a simple field takes: long texts all of it, ticks and short ones less.
func (c Control) width() string {
	switch c.Kind {
	case "hidden":
		return "d-none"
	case "area":
		return "col-12"
	case "number":
		return "col-6 col-md-4 col-xl-3"
	}
	return "col-12 col-md-6 col-xl-4"
}
