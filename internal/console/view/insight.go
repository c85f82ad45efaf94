package view

import "qunluo/internal/console/view/ui"

// Insight is a page of figures that rest on guesses or on time: metrics with their definitions, curves, tables.
type Insight struct {
	Head    ui.Head
	Tabs    []ui.Tab
	Filters ui.Filters
	Chosen  string // what the filter says, in a few words
	Span    ui.Range
	Presets []ui.Tab
	Says    string // how something stands that can be changed here; "" = nothing
	Openers []ui.Opener
	Asks    []ui.Confirm
	Notes   []string // what the figures rest on
	Metrics []Metric
	Lead    []PlanTable // before the drawings
	Curves  []Curve
	Grids   []Grid
	Tables  []PlanTable
}

// Curve is a drawing of steps that go down, with the interval they may be believed in. It needs no script; the table beneath
// holds the same.
type Curve struct {
	Title string
	Note  string
	Lines []CurveLine
	X, Y  []AxisMark
	Empty ui.Empty // shown when there is no line
	Table ui.Table
	Save  string // address of the drawing as a picture; "" = none
}

// CurveLine is one line: Path and Band are paths of an SVG of CurveWide by CurveHigh.
type CurveLine struct {
	Name  string
	Path  string
	Band  string // "" = no interval
	Dash  string // stroke-dasharray: lines are told apart without their colour
	Class string // text-…: its colour
}

// Size of a curve's drawing.
const (
	CurveWide = 640
	CurveHigh = 240
)

// AxisMark is a mark on an axis: At from the left, or from the top.
type AxisMark struct {
	At   string
	Text string
}

// Grid is a table of shares by cohort: each cell leads to its people.
type Grid struct {
	Title  string
	Note   string
	Heads  []string
	Rows   []GridRow
	Empty  ui.Empty
	Corner string
}

// GridRow is a cohort.
type GridRow struct {
	Name  string
	Size  string
	Cells []GridCell
}

// GridCell is a share. Text "" = not observed yet.
type GridCell struct {
	Text  string
	Sub   string // the counts
	Link  string
	Depth string // class of the background: the share in five steps
	Quiet bool
}
