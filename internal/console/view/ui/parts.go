package ui

import (
	"context"
	"math"
	"strconv"

	"github.com/a-h/templ"
)

// Head is the top of a page.
type Head struct {
	Title   string
	Back    string // address of the list it belongs to; "" = none
	Sub     string
	Actions templ.Component // nil = none
}

// Number is a figure with its unit, definition and way to the people behind it.
type Number struct {
	Label, Value, Unit string
	Note               string // definition or change, with its time base
	Link               string
	Tone               string // "", "good", "bad"
}

// Graph is a chart: Kind "lines" (Labels by Series), "bars" or "heat" (Rows by Labels). Every chart has a table twin.
type Graph struct {
	ID     string // unique on the page
	Title  string
	Kind   string
	Labels []string
	Rows   []string    // heat: names of the rows, top to bottom
	Series []Series    // lines and bars
	Heat   [][]int64   // heat: [row][label]
	Means  [][]float64 // heat of means instead of counts; NaN = unknown
	Gaps   []bool      // lines and bars: the label's values are unknown, not zero; nil = all are known
	Unit   string
	Save   string // address of the chart as a picture; "" = none
	Empty  Empty  // shown when there is nothing but zeroes
}

// Series is a named row of figures. Right puts it on a second axis.
type Series struct {
	Name  string  `json:"name"`
	Data  []int64 `json:"data"`
	Right bool    `json:"right,omitempty"`
}

// Input is a field of a form.
type Input struct {
	Kind     string // "text", "password", "url", "number", "select", "check", "checks", "area", "file", "hidden"
	Name     string
	Label    string
	Value    string // "check": "1" when ticked
	Help     string
	Err      string // said; "" = fine
	Options  []Option
	Ticked   []string // "checks": the values that are ticked
	Required bool
	Auto     string // autocomplete
	Max      int    // characters; 0 = 200
	Rows     int    // "area"; 0 = 4
	Accept   string // "file"
	Many     bool   // "file": several at once
	Mono     bool   // "area": figures and code
	Focus    bool   // the cursor begins here
	Of       string // what it belongs to, where a page holds several forms with fields of the same name; "" = the only one
}

// Confirm asks before something happens: it says the effect in numbers and repeats the object's name. Its ID is what
// the opening button's popovertarget names (see ConfirmButton).
type Confirm struct {
	ID     string
	Title  string // "移出成员"
	Object string // name of what it is done to
	Effect string // what will happen, in numbers
	Action string // address that is posted to
	Button string // verb and object
	Danger bool
	Reason string   // label of the field for a reason; "" = no field
	Need   bool     // a reason must be given
	Fields []Option // hidden values: Value = name, Text = value
	Inputs []Input  // further fields
	Form   string   // id of a form whose tick boxes go with it (bulk); "" = none
}

// Opener is the button that opens a Confirm.
type Opener struct {
	Target string // ID of the Confirm
	Text   string
	Icon   string
	Danger bool
	Small  bool
}

// Reason is why a rule decided.
type Reason struct {
	Rule    string
	Kind    string // said
	Version int
	Article int    // of that version; 0 = none
	Why     string // code with figures, said
	Dry     bool
	Link    string
}

// Step is a line of a Timeline.
type Step struct {
	At     int64
	Icon   string
	Title  string
	Actor  string
	Text   string
	Link   string
	Reason *Reason
	Tone   string // "", "good", "warning", "danger"
}

// Line is a message in its context.
type Line struct {
	ID       string
	At       int64
	Name     string
	Link     string // of the person
	Parts    []Part
	Note     string // "[图片]" and the like, said; "" = none
	Recalled bool
	Erased   bool
	Focus    bool // the one it is about
}

// Part is a piece of a text; Hit marks what a rule found.
type Part struct {
	Text string
	Hit  bool
}

// Change is a line of a DiffView: Op "+", "-" or " ".
type Change struct{ Op, Text string }

// Task is a card of something that a person must do.
type Task struct {
	ID                  string
	What                string // "从 产品交流3群 移出 张三", said; names already in it
	Why                 string // said
	Reason              *Reason
	Text                string // to copy; "" = none
	TextLabel           string
	Target              string // what to look for on the platform; "" = none
	Group               string
	Platform            string
	Evidence            []Part // the message concerned
	Asked               int    // how often; 0 and 1 are not shown
	Created             int64
	Due                 int64  // 0 = none
	Left                string // time left, said
	Share               int    // of the time used up, 0..100
	State               string // "open", "claimed", "done", "refused", "expired"
	Holder              string // who has it, "" = nobody
	Mine                bool
	Closed              string // by whom and when, said
	Done, Refuse, Claim string // addresses; "" = not offered
	Release             string // of something held: one tap lets the program do it; "" = nothing is held
	HandOn, Ack         string
	Steps               []string    // how it is done on the platform, one after the other
	Initial             string      // of the target's name, where no picture is known
	Groups              []TaskPlace // all the groups it is about; empty = Group alone
	Hidden              string      // how many more there are, said; "" = none
	Files               []TaskFile  // what goes with the text
}

// TaskPlace is one of the groups that a task is about.
type TaskPlace struct {
	Name string
	Note string // what became of it there, said
}

// TaskFile is a file that goes with a task's text.
type TaskFile struct {
	Name  string
	Note  string // its kind, said
	Link  string // to read it; "" = there is nothing to read
	Image bool   // it can be shown as a picture
}

// doneWord is the key of what a person says who did it themselves.
func doneWord(t Task) string {
	if t.Release != "" {
		return "task.did_it"
	}
	return "task.done"
}

// Ability is what a connection can do about a verb.
type Ability struct {
	Verb     string // said
	Level    string // native, assisted, human, none
	Evidence string // said
	Note     string
}

// FileDrop is a form with a file.
type FileDrop struct {
	Action string
	Name   string
	Label  string
	Help   string
	Accept string
	Button string
	Inputs []Input
	Err    string
}

// id names the field's parts; several forms of a page do not get into each other's way.
func (i Input) id(part string) string {
	if i.Of != "" {
		return part + i.Of + "-" + i.Name
	}
	return part + i.Name
}

func (i Input) of(form string) Input { i.Of = form; return i }

func (i Input) max() int {
	if i.Max == 0 {
		return 200
	}
	return i.Max
}

func (i Input) rows() int {
	if i.Rows == 0 {
		return 4
	}
	return i.Rows
}

// Nothing reports whether there is nothing to draw.
func (g Graph) Nothing() bool {
	for _, s := range g.Series {
		for _, n := range s.Data {
			if n != 0 {
				return false
			}
		}
	}
	for _, row := range g.Heat {
		for _, n := range row {
			if n != 0 {
				return false
			}
		}
	}
	for _, row := range g.Means {
		for _, v := range row {
			if v > 0 {
				return false
			}
		}
	}
	return true
}

// unknown reports whether nothing is known at a label.
func (g Graph) unknown(i int) bool { return i < len(g.Gaps) && g.Gaps[i] }

// value is what app.js draws.
func (g Graph) value() any {
	v := map[string]any{"kind": g.Kind, "labels": g.Labels, "rows": g.Rows, "series": g.Series, "heat": g.Heat, "unit": g.Unit, "title": g.Title}
	if g.Means != nil {
		v["heat"] = g.means()
	}
	if g.Gaps != nil {
		v["series"] = g.gapped()
	}
	return v
}

// means are the means with null where nothing is known.
func (g Graph) means() [][]any {
	out := make([][]any, len(g.Means))
	for i, row := range g.Means {
		out[i] = make([]any, len(row))
		for j, v := range row {
			if !math.IsNaN(v) {
				out[i][j] = v
			}
		}
	}
	return out
}

// gapped are the series with null where nothing is known.
func (g Graph) gapped() []any {
	out := make([]any, len(g.Series))
	for i, s := range g.Series {
		data := make([]any, len(s.Data))
		for j, n := range s.Data {
			if !g.unknown(j) {
				data[j] = n
			}
		}
		out[i] = map[string]any{"name": s.Name, "data": data, "right": s.Right}
	}
	return out
}

// meanWord writes a mean of the table twin.
func meanWord(ctx context.Context, v float64) string {
	if math.IsNaN(v) {
		return Say(ctx, "chart.unknown")
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// levelMark is the sign of a level: never by colour alone.
func levelMark(level string) (class, icon string) {
	switch level {
	case "native":
		return "bg-green-lt", "check"
	case "assisted":
		return "bg-blue-lt", "user-check"
	case "human":
		return "bg-yellow-lt", "hand-finger"
	}
	return "bg-secondary-lt", "x"
}

func levelClass(level string) string { class, _ := levelMark(level); return class }
func levelIcon(level string) string  { _, icon := levelMark(level); return icon }

func clockClass(share int) string {
	switch {
	case share >= 100:
		return "text-danger"
	case share >= 75:
		return "text-warning"
	}
	return "text-secondary"
}

func dangerButton(danger bool) string {
	if danger {
		return "btn btn-danger"
	}
	return "btn btn-primary"
}
