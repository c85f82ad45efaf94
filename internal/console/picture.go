package console

import (
	"math"
	"mime"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/poster"
)

// album is what a page's charts are made pictures of.
type album struct {
	about  []string // group, days, what is known of them
	graphs []*ui.Graph
	curves []*view.Curve
	means  map[string]string // what a graph shows, by its id
	few    float64           // what counts less is not told; 0 = all is
}

// hides reports whether a value is too small to be told.
func (a album) hides(v float64) bool { return v > 0 && v < a.few }

// curveID names the nth curve of a page.
func curveID(n int) string { return "curve-" + strconv.Itoa(n+1) }

// offer gives every chart the address at which it is taken as a picture.
func (a album) offer(k *call) {
	for _, g := range a.graphs {
		g.Save = k.here("png", g.ID)
	}
	for i, c := range a.curves {
		c.Save = k.here("png", curveID(i))
	}
}

// chart finds one by its id; community.CodeNotFound when there is none, or nothing to draw.
func (a album) chart(w *i18n.Words, id string) (poster.Chart, error) {
	for _, g := range a.graphs {
		if g.ID == id && !g.Nothing() {
			return graphChart(w, *g, a), nil
		}
	}
	for i, c := range a.curves {
		if curveID(i) == id && len(c.Lines) > 0 {
			return curveChart(*c, a)
		}
	}
	return poster.Chart{}, community.Errorf(community.CodeNotFound, "chart %q: none, or nothing to draw", id)
}

// taken answers with a chart as a picture where the address asks for one, and reports whether it did; else every chart is offered.
func (k *call) taken(a album) (bool, error) {
	id := k.query("png")
	if id == "" {
		a.offer(k)
		return false, nil
	}
	a.few = float64(k.few())
	c, err := a.chart(k.Words, id)
	if err != nil {
		return true, err
	}
	raw, err := poster.Draw(c)
	if err != nil {
		return true, err
	}
	k.W.Header().Set("Content-Type", "image/png")
	k.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": id + ".png"}))
	_, err = k.W.Write(raw)
	return true, err
}

// graphChart is a graph as it is drawn: what is not known stays open, and what it counts is said.
func graphChart(w *i18n.Words, g ui.Graph, a album) poster.Chart {
	c := poster.Chart{Title: g.Title, Facts: append([]string{}, a.about...), Kind: g.Kind, Unit: g.Unit, Labels: g.Labels, Rows: g.Rows, Words: poster.UnknownWords{Gap: w.T("chart.unknown")}}
	if means := a.means[g.ID]; means != "" {
		c.Facts = append(c.Facts, means)
	}
	var n int64
	for _, s := range g.Series {
		row := poster.Series{Name: s.Name, Data: make([]float64, len(s.Data))}
		for i, v := range s.Data {
			if row.Data[i] = float64(v); i < len(g.Gaps) && g.Gaps[i] || a.hides(row.Data[i]) {
				row.Data[i] = math.NaN()
			} else if len(g.Series) == 1 {
				n += v
			}
		}
		c.Series = append(c.Series, row)
	}
	for _, row := range g.Means {
		cells := slices.Clone(row)
		for i, v := range cells {
			if a.hides(v) {
				cells[i] = math.NaN()
			}
		}
		c.Cells = append(c.Cells, cells)
	}
	for _, row := range g.Heat {
		cells := make([]float64, len(row))
		for i, v := range row {
			if cells[i] = float64(v); a.hides(cells[i]) {
				cells[i] = math.NaN()
			} else {
				n += v
			}
		}
		c.Cells = append(c.Cells, cells)
	}
	if n > 0 {
		c.Facts = append(c.Facts, w.T("picture.n", "num", w.Number(n), "unit", g.Unit))
	}
	return c
}

// curveChart is a curve as it is drawn: its paths are those of the page.
func curveChart(v view.Curve, a album) (poster.Chart, error) {
	c := poster.Chart{Title: v.Title, Facts: append(append([]string{}, a.about...), v.Note), Kind: poster.Steps, Frame: poster.Spot{X: view.CurveWide, Y: view.CurveHigh}}
	for _, l := range v.Lines {
		line, err := spotsOf(l.Path)
		if err != nil {
			return c, err
		}
		band, err := spotsOf(l.Band)
		if err != nil {
			return c, err
		}
		c.Steps = append(c.Steps, poster.StepCurve{Name: l.Name, Line: line, Band: band})
	}
	for _, axis := range []struct {
		from []view.AxisMark
		to   *[]poster.Mark
	}{{v.X, &c.X}, {v.Y, &c.Y}} {
		for _, m := range axis.from {
			at, err := strconv.ParseFloat(m.At, 64)
			if err != nil {
				return c, err
			}
			*axis.to = append(*axis.to, poster.Mark{At: at, Text: m.Text})
		}
	}
	return c, nil
}

// spotsOf reads a path of M, H, V and Z as pages draw them.
func spotsOf(path string) (out []poster.Spot, err error) {
	bad := func() ([]poster.Spot, error) {
		return nil, community.Errorf(community.CodeBadInput, "path %.40q: want M, H, V and Z", path)
	}
	var at poster.Spot
	for rest := strings.TrimSuffix(path, "Z"); rest != ""; {
		end := strings.IndexAny(rest[1:], "MHV") + 1
		if end == 0 {
			end = len(rest)
		}
		var figures []float64
		for _, text := range strings.Fields(rest[1:end]) {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return bad()
			}
			figures = append(figures, v)
		}
		switch {
		case rest[0] == 'M' && len(figures) == 2:
			at = poster.Spot{X: figures[0], Y: figures[1]}
		case rest[0] == 'H' && len(figures) == 1:
			at.X = figures[0]
		case rest[0] == 'V' && len(figures) == 1:
			at.Y = figures[0]
		default:
			return bad()
		}
		out, rest = append(out, at), rest[end:]
	}
	return out, nil
}

// activityAlbum are the pictures of the page of activity.
func activityAlbum(k *call, p *view.Activity, about string, a measure.Activity) album {
	said := k.T("activity.messages_means") + " " + k.T("picture.own")
	m := map[string]string{p.Trend.ID: said, p.Heat.ID: k.T("picture.heat"), p.Hours.ID: said, p.Weekdays.ID: said, p.Classes.ID: said,
		p.People.ID: k.T("picture.people") + " " + k.T("picture.n", "num", k.Words.Number(a.Speakers), "unit", k.T("unit.people"))}
	return album{about: []string{about, k.covered(a.Coverage, a.Groups)}, graphs: []*ui.Graph{&p.Trend, &p.People, &p.Heat, &p.Hours, &p.Weekdays, &p.Classes}, means: m}
}

// curvesOf are the curves of a page as its handler may change them.
func curvesOf(list []view.Curve) (out []*view.Curve) {
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}

// Chart is what a chart of an insight page is made of, for those who take it without a page. One of the three is given.
type Chart struct {
	About     string // group and days
	Activity  *measure.Activity
	Response  *measure.Response
	Retention *measure.Retention
}

// ChartNames are the charts that can be taken, by what they are made of.
func ChartNames() map[string][]string {
	return map[string][]string{"activity": {"activity-messages", "activity-people", "activity-heat", "activity-hours", "activity-weekdays", "activity-classes"}, "question": {"question-open"}, "retention": {"retention-stay", "retention-part"}}
}

// Picture draws a chart of an insight page as a PNG. community.CodeNotFound: there is none of that name, or nothing to draw.
func Picture(w *i18n.Words, name string, c Chart) ([]byte, error) {
	k := &call{Words: w}
	a, id := album{about: []string{c.About}}, name
	switch {
	case c.Activity != nil:
		p := new(view.Activity)
		activityGraphs(k, p, *c.Activity)
		a = activityAlbum(k, p, c.About, *c.Activity)
	case c.Response != nil && name == "question-open":
		a.curves, id = curvesOf(questionCurves(k, *c.Response)), curveID(0)
	case c.Retention != nil && name == "retention-stay":
		a.curves, id = curvesOf(retentionCurves(k, *c.Retention, splitCurves{kind: measure.BySource, few: true})), curveID(0)
	case c.Retention != nil && name == "retention-part":
		a.curves, id = curvesOf(retentionCurves(k, *c.Retention, splitCurves{kind: measure.BySource, few: true})), curveID(1)
	}
	chart, err := a.chart(w, id)
	if err != nil {
		return nil, err
	}
	return poster.Draw(chart)
}
