package view

// Item is the page of an item of the library.
type Item struct {
	Title  string
	Lines  []string // of its text
	Files  []ItemFile
	Link   string // where it leads; "" = nowhere
	Button string
	Foot   string
}

// ItemFile is a file of it.
type ItemFile struct {
	Name, Link string
	Image      bool
}
