package view

// Draw is the page of a draw: everybody's, or a member's own.
type Draw struct {
	Title, Line string
	State       string
	Fault, Said string // "" = none
	Own         []string
	Enter       bool // they can enter here
	Leave       bool // they can take that back
	Button      string
	Age, Undo   string
	Winners     []Fact
	More        string
	Prizes      []Fact
	Terms       []Fact
	Proof       []Fact
	How         string
	Download    string // "" = nothing to download yet
	Script      string
	Search      bool
	Searched    string
	Hit         string
	Back        string // everybody's page
	Foot        string

	WinnersHead, PrizesHead, TermsHead, ProofHead string
	FindLabel, FindButton                         string
	DownloadText, ScriptText                      string
}
