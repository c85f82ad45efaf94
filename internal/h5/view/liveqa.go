package view

// Studio is the page of a live Q&A: everybody's, or a person's own.
type Studio struct {
	Title, Line string
	State       string
	Fault, Said string // "" = none
	Facts       []Fact
	Own         []string
	Home        string // this page
	Go, GoText  string // Go "" = the live cannot be reached now
	Sign        string // what the button does: sign, unsign; "" = there is none
	SignText    string
	Join        bool // a guest may sign up
	JoinNote    string
	NameLabel   string
	NameMost    int
	JoinButton  string
	Ask         bool
	AskNote     string
	Text        string // label
	Asked       string // what was typed
	Most        int
	Hidden      string
	Button      string
	ListHead    string
	List        []Asked
	Empty       string
	NotesHead   string
	Notes       []string
	Foot        string
}

// Asked is a question.
type Asked struct {
	No         string
	Line       string
	Text       []string
	Notes      []string
	AnswerHead string
	Answer     []string
	Do, DoText string // Do "" = nothing can be done with it
}
