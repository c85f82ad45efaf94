package view

// Sheet is a page that was made of a draft or a digest.
type Sheet struct {
	Title  string
	By     string // who and when
	Blocks []SheetBlock
	Link   string // where it leads; "" = nowhere
	Button string
	Foot   string
}

// SheetBlock is a paragraph, or a picture with its name.
type SheetBlock struct {
	Picture string // its address; "" = it is text
	Text    string
}
