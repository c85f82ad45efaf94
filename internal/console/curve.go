package console

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
)

// curveLook is how the nth line of a drawing looks: lines differ in colour and in their dashes.
var curveLook = []struct{ class, dash string }{{"text-primary", ""}, {"text-orange", "8 4"}, {"text-purple", "2 4"}}

// named is a curve with what it is called.
type namedCurve struct {
	name  string
	curve measure.Curve
}

// drawing draws survival curves from 0 to the time upTo, with a mark at each of ticks.
func (k *call) drawing(title, note string, upTo float64, ticks []view.AxisMark, curves ...namedCurve) view.Curve {
	out := view.Curve{Title: title, Note: note, X: ticks, Empty: ui.Empty{Icon: "activity", Title: k.T("insight.too_few"), Text: k.T("insight.too_few_text")}}
	for y := 0; y <= 100; y += 25 {
		out.Y = append(out.Y, view.AxisMark{At: place(view.CurveHigh * float64(100-y) / 100), Text: strconv.Itoa(y) + "%"})
	}
	for _, c := range curves {
		if c.curve.N < fewest {
			continue
		}
		look := curveLook[len(out.Lines)%len(curveLook)]
		path, band := curvePaths(c.curve, upTo)
		out.Lines = append(out.Lines, view.CurveLine{Name: k.T("insight.line", "name", c.name, "n", k.Words.Number(c.curve.N), "ends", k.Words.Number(c.curve.Ends)), Path: path, Band: band, Dash: look.dash, Class: look.class})
	}
	if len(out.Lines) > 0 {
		out.Table = k.curveTable(title, curves, ticks, upTo)
	}
	return out
}

// fewest is how many stays a curve needs to be drawn.
const fewest = measure.LeastCurve

func place(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// curvePaths are the steps of a curve, and the band of its limits where there are any. The line ends where fewer than 10 are
// still at risk, and with the time looked at.
func curvePaths(c measure.Curve, upTo float64) (path, band string) {
	x := func(t float64) string { return place(view.CurveWide * min(t, upTo) / upTo) }
	y := func(s float64) string { return place(view.CurveHigh * (1 - s)) }
	var line, low, high strings.Builder
	line.WriteString("M0 0")
	var back []string
	last, lows := 0.0, y(1)
	for _, p := range c.Points {
		if p.Time > upTo || p.Thin && last > 0 {
			break
		}
		fmt.Fprintf(&line, "H%sV%s", x(p.Time), y(p.Survival))
		fmt.Fprintf(&high, "H%sV%s", x(p.Time), y(p.High))
		back = append(back, fmt.Sprintf("V%sH%s", lows, x(p.Time)))
		lows, last = y(p.Low), p.Time
	}
	end := x(min(c.Last, upTo))
	if len(c.Points) == 0 || last == 0 && len(back) == 0 {
		return line.String() + "H" + end, ""
	}
	line.WriteString("H" + end)
	low.WriteString("M0 0" + high.String() + "H" + end + "V" + lows)
	for i := len(back) - 1; i >= 0; i-- {
		_, at, _ := strings.Cut(back[i], "H")
		low.WriteString("H" + at + strings.TrimSuffix(back[i], "H"+at))
	}
	return line.String(), low.String() + "H0Z"
}

// curveTable is the curve read at the marks of the axis.
func (k *call) curveTable(label string, curves []namedCurve, ticks []view.AxisMark, upTo float64) ui.Table {
	t := ui.Table{Label: label, Columns: []ui.Column{{Title: k.T("insight.time")}}}
	for _, c := range curves {
		t.Columns = append(t.Columns, ui.Column{Title: c.name, Num: true})
	}
	for _, tick := range ticks {
		at, err := strconv.ParseFloat(tick.At, 64)
		if err != nil {
			continue
		}
		row := ui.Row{Cells: []templ.Component{ui.Text(tick.Text)}}
		for _, c := range curves {
			row.Cells = append(row.Cells, ui.Text(k.curveAt(c.curve, at/view.CurveWide*upTo)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// curveAt says a curve's share at a time with its limits.
func (k *call) curveAt(c measure.Curve, t float64) string {
	p, known := c.At(t)
	switch {
	case !known || c.N < fewest:
		return "–"
	case !p.Drawn:
		return percent(p.Survival)
	}
	return k.T("insight.with_limits", "share", percent(p.Survival), "low", percent(p.Low), "high", percent(p.High))
}
