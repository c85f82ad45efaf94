// Package view holds the public pages: values in, HTML out. Every word comes said.
package view

// Frame is what every page carries.
type Frame struct {
	Lang, Title, Style string
}

// Landing is the page of a code.
type Landing struct {
	Name, Line   string
	Difference   string // what the group gives that others do not; "" = nothing was written
	Invite       string // words by which people find the way; "" = none
	Picture, Alt string // Picture "" = there is none
	Hint         string // how to scan
	Until        string // "" = does not end
	Link, Button string // "" = there is only a picture
	Note         string
	Foot         string

	DifferenceTitle string
}

// Words is a page of one sentence.
type Words struct {
	Title, Text string
}

// Abilities is the public page of what can be done on each platform.
type Abilities struct {
	Title, Line, Foot string
	Platforms         []Platform
}

// Platform is what can be done on one.
type Platform struct {
	Name   string
	Offers []Offer
	Groups string // "" = not named
}

// Offer is one verb.
type Offer struct {
	Verb, Level, Means string
	Instead            string // "" = it can be done everywhere
	Class              string
}

// Appeal is a decision, how far the appeal against it has come, and where to write.
type Appeal struct {
	Title, Line   string
	Facts         []Fact
	Fault         string // "" = none
	Form          bool
	Label, Button string
	Words         string // what was typed and not taken
	Most          int    // characters
	Foot          string
}

// Fact is a line of a page.
type Fact struct {
	Name, Text string
}

// Tier is the page on which a member sees where they stand in a group, and why.
type Tier struct {
	Title, Line      string
	Reason           string
	Gives            string // heading of benefits
	Benefits         []string
	ChangesTitle     string
	Changes, Reasons []string // by change: what, and why
	Foot             string
}

// Report is the page on which a member is reported, or how far a report has come.
type Report struct {
	Title, Line                      string
	Fault                            string // "" = none
	State                            string // of a receipt; "" = the form
	Kind, Message, Private           string // labels
	IsPrivate                        bool
	NameLabel, SaidLabel, WordsLabel string
	Name, Said, Words                string // what was typed and not taken
	Button                           string
	Most                             int // characters
	Foot                             string
}

// Handout is the page on which somebody asks for their poster, or finds it.
type Handout struct {
	Title, Name, Line string
	Fault             string // "" = none
	Label, Typed      string
	Most              string // characters
	Picture, Whole    string // addresses: what is shown at once, and all of it
	Alt, Hint, Button string
	Foot              string
}
