package view

// Vote is the page on which a member votes, or which tells how a vote stands.
type Vote struct {
	Title, Line string
	Who, State  string
	Fault, Said string // "" = none
	Form        bool
	Prizes      []Fact
	Choices     []Choice
	Button      string
	Foot        string
}

// Choice is a candidate of a vote.
type Choice struct {
	No, Title, Text string
	Notes           []string
	Mine            bool
	Off             bool // they cannot choose it
}
