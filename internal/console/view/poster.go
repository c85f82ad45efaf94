package view

import (
	"qunluo/internal/console/view/ui"
)

// Posters is the page of posters: pictures to choose from, and what was drawn for many.
type Posters struct {
	Head    ui.Head
	Note    string
	Tabs    []ui.Tab
	Shelves []PosterShelf
	Busy    bool // a batch is being drawn
	Batches PlanTable
	Forms   []PosterForm
}

// PosterShelf is a row of pictures.
type PosterShelf struct {
	Title string
	Empty *ui.Empty // where there are none
	Tiles []PosterTile
}

// PosterTile is a picture that leads to its page.
type PosterTile struct {
	Link, Picture string
	Title, Sub    string
	Wide, High    string // pixels
}

// PosterPage shows one poster.
type PosterPage struct {
	Head     ui.Head
	Picture  string
	Alt      string
	Wide     string
	High     string
	Links    [][3]string // address, icon, words
	Openers  []ui.Opener
	Asks     []ui.Confirm
	Title    string // of the form that fills it in
	Note     string
	Ref      string
	Fields   []ui.Input
	Button   string
	Warn     string // title of Warnings
	Warnings []string
	Versions *PlanTable
	Forms    []PosterForm
}

// PosterForm is a further form of a poster's page.
type PosterForm struct {
	Title, Note string
	Action      string
	Multi       bool // it holds a file
	Hidden      []ui.Option
	Fields      []ui.Input
	Button      string
}

// PosterEdit is the editor of a layout: a stage to drag on, and a form that does all of it without.
type PosterEdit struct {
	Head       ui.Head
	Faults     []string
	Stage      string // how it is used
	StagePhone string
	Picture    string // as a data address; "" = it cannot be drawn
	Alt        string
	Wide, High string // of the canvas, pixels
	Ref        string
	Base       string
	Count      string
	Top        []ui.Input
	LayoutName string
	LayersName string
	LayersNote string
	Layers     []PosterLayer
	Adds       []ui.Option // Value = what is done, Text = words
	Preview    string
	Save       string
	Undo, Redo string
	Remove     string
	Up, Down   string
	Image      ui.FileDrop
	ImageTitle string
}

// PosterLayer is one layer in the editor.
type PosterLayer struct {
	No     string
	Title  string
	Fields []ui.Input
	First  bool
	Last   bool
}

// PosterCode is the page on which a code's poster is chosen.
type PosterCode struct {
	Head    ui.Head
	Note    string
	Form    PosterForm
	Picture string // "" = none
	Alt     string
	Link    string // where people ask for theirs; "" = none is handed out
	Name    string // of Link
	Stats   []ui.Number
	Shares  PlanTable
}

// posterLive is how often the page looks again while something is drawn.
func posterLive(busy bool) string {
	if busy {
		return "every:3s"
	}
	return "every:60s"
}
