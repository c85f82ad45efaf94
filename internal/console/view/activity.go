package view

import "qunluo/internal/console/view/ui"

// Activity is the page of activity: figures that can be explained, day by day, by hour, by weekday and by class.
type Activity struct {
	Head     ui.Head
	Filters  ui.Filters
	Chosen   string // what the filter says, in a few words
	Span     ui.Range
	Notes    []string // what the figures rest on
	Sums     []Metric
	Metrics  []Metric
	Trend    ui.Graph
	People   ui.Graph
	Heat     ui.Graph
	Hours    ui.Graph
	Weekdays ui.Graph
	Classes  ui.Graph
	Talkers  ui.Table
	Days     ui.Table
}

// Metric is a figure with everything it rests on. Lead stands large: the value, or the counts where they are too few for
// one, or "–" where it is withheld.
type Metric struct {
	Label  string
	Lead   string
	Unit   string
	Quiet  bool     // too few to be a ratio
	Counts string   // numerator and denominator, said; "" = it is a count
	Facts  []string // population, coverage, why it is withheld
	Means  string   // its definition
	Link   string   // the people behind it; "" = none
}
