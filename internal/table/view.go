package table

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Ways to compare.
const (
	Holds  = "holds" // the text is in it, upper and lower case alike
	Is     = "is"
	Not    = "not"
	Over   = "over"  // greater, later
	Under  = "under" // less, earlier
	Empty  = "empty"
	Filled = "filled"
)

// Ways lists the ways to compare as forms offer them.
func Ways() []string { return []string{Holds, Is, Not, Over, Under, Empty, Filled} }

// Filter keeps rows by one column.
type Filter struct {
	Column string
	Way    string
	Value  string
}

// View is how somebody wants to see a table.
type View struct {
	Text    string   // somewhere in the row; "" = whatever
	Filters []Filter // all of them hold
	Sort    string   // column; "" = in the order in which rows came
	Desc    bool
	Gone    bool // the rows that were taken out, instead
}

// Arrange gives the rows of a view. Rows without a value come last, whichever way is sorted; equal ones in the order in which they came.
func (t *Table) Arrange(rows []Row, v View) []Row {
	out := make([]Row, 0, len(rows))
	text := strings.ToLower(strings.TrimSpace(v.Text))
	for _, r := range rows {
		if r.Gone == v.Gone && t.holdsText(r, text) && t.keeps(r, v.Filters) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Row) int { return cmp.Compare(a.No, b.No) })
	c, ok := t.Column(v.Sort)
	if !ok {
		if v.Desc {
			slices.Reverse(out)
		}
		return out
	}
	slices.SortStableFunc(out, func(a, b Row) int {
		x, y := a.Cells[c.ID].Value, b.Cells[c.ID].Value
		switch {
		case x == y:
			return 0
		case x == "":
			return 1
		case y == "":
			return -1
		case v.Desc:
			return c.compare(y, x)
		}
		return c.compare(x, y)
	})
	return out
}

func (t *Table) holdsText(r Row, text string) bool {
	if text == "" {
		return true
	}
	for _, c := range t.Shown() {
		if c.Kind != Check && strings.Contains(strings.ToLower(r.Cells[c.ID].Value), text) {
			return true
		}
	}
	return false
}

func (t *Table) keeps(r Row, filters []Filter) bool {
	for _, f := range filters {
		if c, ok := t.Column(f.Column); ok && !c.keeps(r.Cells[c.ID].Value, f) {
			return false
		}
	}
	return true
}

func (c Column) keeps(v string, f Filter) bool {
	want := f.Value
	if tidy, err := (Column{Kind: c.Kind, Options: c.Options}).Clean(want); err == nil && f.Way != Holds {
		want = tidy // ￥1,000 finds 1000
	}
	switch f.Way {
	case Empty:
		return v == ""
	case Filled:
		return v != ""
	case Is:
		return c.compare(v, want) == 0
	case Not:
		return c.compare(v, want) != 0
	case Over:
		return v != "" && c.compare(v, want) > 0
	case Under:
		return v != "" && c.compare(v, want) < 0
	}
	return strings.Contains(strings.ToLower(v), strings.ToLower(strings.TrimSpace(want)))
}

// compare orders two values: numbers by size, choices by their place in the list, all else by text.
func (c Column) compare(a, b string) int {
	switch c.Kind {
	case Number:
		x, badX := strconv.ParseFloat(a, 64)
		y, badY := strconv.ParseFloat(b, 64)
		if badX == nil && badY == nil {
			return cmp.Compare(x, y)
		}
	case Choice:
		if x, y := slices.Index(c.Options, a), slices.Index(c.Options, b); x >= 0 && y >= 0 {
			return cmp.Compare(x, y)
		}
	}
	return strings.Compare(a, b)
}
