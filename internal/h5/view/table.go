package view

// SharedTable is the page on which members see a shared table: a card a row.
type SharedTable struct {
	Title, Line, Note  string
	Said               string // "" = none
	Search, SearchWord string
	Find               string
	Who                string // kept along while they search
	Add, AddText       string // address of the form for another row; "" = none
	Count              string
	Cards              []SharedCard
	Prev, Next         string // addresses; "" = none
	PrevText, NextText string
	Foot               string
}

// SharedCard is a row.
type SharedCard struct {
	ID, Title      string
	Facts          []SharedFact
	Link, LinkText string
}

// SharedFact is a cell that holds something.
type SharedFact struct {
	Name, Text string
	Link       string // "" = it is none
}

// SharedForm is one row: to be filled in, or only shown.
type SharedForm struct {
	Title, Line, Fault string
	Key                string // of what is sent
	Guest              bool   // they give a name
	Who, WhoLabel      string
	Fields             []SharedField
	Facts              []SharedFact // instead of fields: the row is only shown
	Button             string
	Back, BackText     string
	Foot               string
}

// SharedField is a cell to be filled in.
type SharedField struct {
	Name, Label string
	Kind        string // text, number, date, choice, check, link, person
	Value       string // as it will be sent
	Was, Seen   string // as it was shown
	Options     []string
	Needed      bool
	Theirs      string // somebody wrote this meanwhile, in words; "" = nobody
	None        string // the choice of nothing
	Most        string
}
