package poster

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Kinds of charts.
const (
	Bars  = "bars"
	Lines = "lines"
	Heat  = "heat"
	Steps = "steps" // curves in a frame of their own, with bands
)

// Chart is a chart to be drawn, with the words that say what it is: a picture leaves the page that explains it.
type Chart struct {
	Title  string
	Facts  []string // below the title: group, days, definition, what it rests on
	Kind   string
	Unit   string
	Labels []string
	Rows   []string     // of Heat, top to bottom
	Series []Series     // of Bars and Lines; NaN = not known
	Cells  [][]float64  // of Heat, by row; NaN = not known
	Steps  []StepCurve  // of Steps, in a frame of Frame pixels
	X, Y   []Mark       // of Steps
	Frame  Spot         // its width and height
	Words  UnknownWords // what is said of what is not known
}

// Series is a named row of figures.
type Series struct {
	Name string
	Data []float64
}

// StepCurve is a line with the band it may be believed in.
type StepCurve struct {
	Name string
	Line []Spot
	Band []Spot // empty = none
}

// Mark is a mark on an axis, in the frame's pixels.
type Mark struct {
	At   float64
	Text string
}

// UnknownWords are words of the legend.
type UnknownWords struct {
	Gap string // "not known"
}

// Bounds of charts.
const (
	maxPoints = 4000 // labels, rows, points of a line
	maxLines  = 12
)

// Measures of a picture, pixels.
const (
	chartWide  = 1280
	plotHigh   = 520
	edge       = 56
	axisWide   = 90
	titleSize  = 32
	factSize   = 20
	markSize   = 17
	lineHeight = 1.5
)

// Inks of lines: told apart by people who see colours differently (Okabe and Ito, 2008), and by dashes.
var inks = []color.NRGBA{{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff}}

var dashes = [][]float64{nil, {14, 8}, {4, 7}, {14, 6, 3, 6}}

var (
	dark  = color.NRGBA{0x1f, 0x29, 0x37, 0xff}
	faint = color.NRGBA{0x6b, 0x72, 0x80, 0xff}
	rule  = color.NRGBA{0xd1, 0xd5, 0xdb, 0xff}
	blank = color.NRGBA{0xee, 0xee, 0xee, 0xff}
)

// Draw makes a PNG of a chart. community.CodeTooLarge: more points than a picture holds; community.CodeBadInput: nothing to draw, or rows
// that do not fit their labels.
func Draw(c Chart) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	text := newSheet(1, 1)
	var facts []string
	for _, f := range c.Facts {
		facts = append(facts, text.wrap(shown(f), factSize, chartWide-2*edge)...)
	}
	head := edge + titleSize + float64(len(facts))*factSize*lineHeight + 20
	legend := c.legend(text)
	s := newSheet(chartWide, int(head+float64(len(legend))*factSize*lineHeight+plotHigh+3*edge))
	s.write(shown(c.Title), Spot{edge, edge + titleSize/2}, titleSize, atLeft, dark)
	for i, f := range facts {
		s.write(f, Spot{edge, edge + titleSize + float64(i+1)*factSize*lineHeight}, factSize, atLeft, faint)
	}
	p := plot{sheet: s, chart: c, left: edge + axisWide, top: head + float64(len(legend))*factSize*lineHeight + edge, wide: chartWide - 2*edge - axisWide, high: plotHigh}
	for i, name := range legend {
		y := head + float64(i+1)*factSize*lineHeight
		s.line([]Spot{{edge, y - 6}, {edge + 48, y - 6}}, 4, dashes[i%len(dashes)], inks[i%len(inks)])
		s.write(name, Spot{edge + 60, y}, factSize, atLeft, dark)
	}
	map[string]func(){Bars: p.bars, Lines: p.lines, Heat: p.heat, Steps: p.steps}[c.Kind]()
	if s.err != nil {
		return nil, s.err
	}
	var out bytes.Buffer
	err := png.Encode(&out, s.img)
	return out.Bytes(), err
}

func (c Chart) check() error {
	wrong := func() error { return community.Errorf(community.CodeBadInput, "chart: nothing to draw") }
	rows := len(c.Labels)
	switch c.Kind {
	case Bars, Lines:
		if rows == 0 || len(c.Series) == 0 {
			return wrong()
		}
		for _, s := range c.Series {
			if len(s.Data) != rows {
				return community.Errorf(community.CodeBadInput, "chart: %d figures for %d labels", len(s.Data), rows)
			}
		}
	case Heat:
		if rows == 0 || len(c.Cells) == 0 || len(c.Cells) != len(c.Rows) {
			return wrong()
		}
		for _, row := range c.Cells {
			if len(row) != len(c.Labels) {
				return wrong()
			}
		}
	case Steps:
		if len(c.Steps) == 0 || c.Frame.X <= 0 || c.Frame.Y <= 0 {
			return wrong()
		}
		for _, l := range c.Steps {
			rows = max(rows, len(l.Line), len(l.Band)/2)
		}
	default:
		return wrong()
	}
	if rows > maxPoints || len(c.Rows) > maxPoints || len(c.Series) > maxLines || len(c.Steps) > maxLines {
		return community.Errorf(community.CodeTooLarge, "chart: at most %d points and %d lines", maxPoints, maxLines)
	}
	return nil
}

// legend names the lines, one a row.
func (c Chart) legend(s *sheet) (out []string) {
	for _, one := range c.Series {
		out = append(out, shown(one.Name))
	}
	for _, one := range c.Steps {
		out = append(out, shown(one.Name))
	}
	for i := range out {
		if list := s.wrap(out[i], factSize, chartWide-2*edge-60); len(list) > 0 {
			out[i] = list[0]
		}
	}
	return out
}

// plot is the part of a picture where the figures stand.
type plot struct {
	*sheet
	chart                 Chart
	left, top, wide, high float64
}

// scale draws the axis of values and gives its upper end.
func (p plot) scale() float64 {
	most := 0.0
	for _, s := range p.chart.Series {
		for _, v := range s.Data {
			if !math.IsNaN(v) {
				most = max(most, v)
			}
		}
	}
	step := niceStep(most / 5)
	top := max(step, math.Ceil(most/step)*step)
	for v := 0.0; v <= top+step/2; v += step {
		y := p.y(v, top)
		p.line([]Spot{{p.left, y}, {p.left + p.wide, y}}, 1, nil, rule)
		p.write(plainNumber(v), Spot{p.left - 10, y + 6}, markSize, atRight, faint)
	}
	p.write(shown(p.chart.Unit), Spot{p.left - 10, p.top - 14}, markSize, atRight, faint)
	return top
}

func (p plot) y(v, top float64) float64 { return p.top + p.high*(1-v/top) }

// niceStep is 1, 2 or 5 times a power of ten, at least so large and at least 1.
func niceStep(least float64) float64 {
	if least <= 1 {
		return 1
	}
	ten := math.Pow(10, math.Floor(math.Log10(least)))
	for _, by := range []float64{1, 2, 5, 10} {
		if by*ten >= least {
			return by * ten
		}
	}
	return 10 * ten
}

func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// names writes labels below the plot, as many as fit.
func (p plot) names(room float64) {
	longest := 0.0
	for _, l := range p.chart.Labels {
		longest = max(longest, p.sheet.wide(shown(l), markSize))
	}
	every := max(1, int(math.Ceil((longest+12)/room)))
	for i := 0; i < len(p.chart.Labels); i += every {
		p.write(shown(p.chart.Labels[i]), Spot{p.left + room*(float64(i)+0.5), p.top + p.high + 26}, markSize, atMiddle, faint)
	}
}

// gap shades a label of which nothing is known.
func (p plot) gap(i int, room float64) {
	p.box(p.left+room*float64(i), p.top, room, p.high, blank)
}

// known reports whether anything is known at a label.
func (c Chart) known(i int) bool {
	for _, s := range c.Series {
		if !math.IsNaN(s.Data[i]) {
			return true
		}
	}
	return false
}

func (p plot) ground(room float64) {
	gaps := false
	for i := range p.chart.Labels {
		if !p.chart.known(i) {
			p.gap(i, room)
			gaps = true
		}
	}
	if gaps && p.chart.Words.Gap != "" {
		p.gapKey()
	}
}

// gapKey says what the shading means, below the labels.
func (p plot) gapKey() {
	y := p.top + p.high + 44
	p.box(p.left, y, 22, 16, blank)
	p.write(shown(p.chart.Words.Gap), Spot{p.left + 32, y + 14}, markSize, atLeft, faint)
}

func (p plot) bars() {
	room := p.wide / float64(len(p.chart.Labels))
	p.ground(room)
	top := p.scale()
	thin := room * 0.8 / float64(len(p.chart.Series))
	for j, s := range p.chart.Series {
		for i, v := range s.Data {
			if !math.IsNaN(v) && v > 0 {
				y := p.y(v, top)
				p.box(p.left+room*(float64(i)+0.1)+thin*float64(j), y, thin, p.top+p.high-y, inks[j%len(inks)])
			}
		}
	}
	p.names(room)
}

func (p plot) lines() {
	room := p.wide / float64(len(p.chart.Labels))
	p.ground(room)
	top := p.scale()
	for j, s := range p.chart.Series {
		var path []Spot
		for i, v := range s.Data {
			if math.IsNaN(v) {
				p.line(path, 3, dashes[j%len(dashes)], inks[j%len(inks)])
				path = nil
				continue
			}
			path = append(path, Spot{p.left + room*(float64(i)+0.5), p.y(v, top)})
			p.box(path[len(path)-1].X-2.5, path[len(path)-1].Y-2.5, 5, 5, inks[j%len(inks)])
		}
		p.line(path, 3, dashes[j%len(dashes)], inks[j%len(inks)])
	}
	p.names(room)
}

func (p plot) heat() {
	most, gaps := 0.0, false
	for _, row := range p.chart.Cells {
		for _, v := range row {
			if !math.IsNaN(v) {
				most = max(most, v)
			}
		}
	}
	room, tall := p.wide/float64(len(p.chart.Labels)), p.high/float64(len(p.chart.Rows))
	for i, row := range p.chart.Cells {
		p.write(shown(p.chart.Rows[i]), Spot{p.left - 10, p.top + tall*(float64(i)+0.5) + 6}, markSize, atRight, faint)
		for j, v := range row {
			x, y := p.left+room*float64(j)+1, p.top+tall*float64(i)+1
			if math.IsNaN(v) {
				p.box(x, y, room-2, tall-2, blank)
				p.line([]Spot{{x, y + tall - 2}, {x + room - 2, y}}, 1, nil, rule)
				gaps = true
				continue
			}
			depth := 0.0
			if most > 0 {
				depth = v / most
			}
			p.box(x, y, room-2, tall-2, shade(depth))
			p.cell(v, Spot{x + room/2, y + tall/2 + 5}, room, depth)
		}
	}
	p.names(room)
	if gaps {
		p.gapKey()
	}
}

// cell writes a figure into its field where it fits.
func (p plot) cell(v float64, at Spot, room, depth float64) {
	text := strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	if v == 0 || p.sheet.wide(text, 14) > room-6 {
		return
	}
	ink := dark
	if depth > 0.55 {
		ink = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	}
	p.write(text, at, 14, atMiddle, ink)
}

// shade runs from white to the first ink.
func shade(depth float64) color.NRGBA {
	mix := func(to uint8) uint8 { return uint8(math.Round(0xf7 + (float64(to)-0xf7)*depth)) }
	return color.NRGBA{mix(inks[0].R), mix(inks[0].G), mix(inks[0].B), 0xff}
}

func (p plot) steps() {
	at := func(s Spot) Spot {
		return Spot{p.left + s.X/p.chart.Frame.X*p.wide, p.top + s.Y/p.chart.Frame.Y*p.high}
	}
	for _, m := range p.chart.Y {
		a, b := at(Spot{0, m.At}), at(Spot{p.chart.Frame.X, m.At})
		p.line([]Spot{a, b}, 1, nil, rule)
		p.write(shown(m.Text), Spot{a.X - 10, a.Y + 6}, markSize, atRight, faint)
	}
	for _, m := range p.chart.X {
		p.write(shown(m.Text), Spot{at(Spot{m.At, 0}).X, p.top + p.high + 26}, markSize, atMiddle, faint)
	}
	for i, l := range p.chart.Steps {
		band, line := make([]Spot, len(l.Band)), make([]Spot, len(l.Line))
		for j, s := range l.Band {
			band[j] = at(s)
		}
		for j, s := range l.Line {
			line[j] = at(s)
		}
		light := inks[i%len(inks)]
		light.A = 0x24
		p.fill(band, light)
		p.line(line, 3, dashes[i%len(dashes)], inks[i%len(inks)])
	}
}
