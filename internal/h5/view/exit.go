package view

// Exit is the page that asks somebody who left a group why.
type Exit struct {
	Title, Line string
	Fault, Done string // "" = none; Done = they have answered
	Answers     []Fact // Name = what is sent
	Words, Help string
	Most        int // characters of words
	Button      string
	Foot        string
}
