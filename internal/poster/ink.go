package poster

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Spot is a place on a picture, in pixels from the left and from the top.
type Spot struct{ X, Y float64 }

// sheet is a picture under way.
type sheet struct {
	img   *image.RGBA
	faces map[float64]font.Face
	err   error // the first thing that went wrong
}

func newSheet(wide, high int) *sheet {
	s := &sheet{img: image.NewRGBA(image.Rect(0, 0, wide, high)), faces: map[float64]font.Face{}}
	draw.Draw(s.img, s.img.Bounds(), image.White, image.Point{}, draw.Src)
	return s
}

func (s *sheet) face(size float64) font.Face {
	if s.faces[size] == nil {
		f, err := face(size)
		if err != nil {
			s.err = err
			return nil
		}
		s.faces[size] = f
	}
	return s.faces[size]
}

// wide is how long a text is.
func (s *sheet) wide(text string, size float64) float64 {
	f := s.face(size)
	if f == nil {
		return 0
	}
	return float64(font.MeasureString(f, text)) / 64
}

// Where a text stands against its spot.
const (
	atLeft   = 0.0
	atMiddle = 0.5
	atRight  = 1.0
)

// write puts a text on its baseline.
func (s *sheet) write(text string, at Spot, size, align float64, ink color.Color) {
	f := s.face(size)
	if f == nil {
		return
	}
	d := font.Drawer{Dst: s.img, Src: image.NewUniform(ink), Face: f, Dot: fixed.Point26_6{X: fixed.Int26_6((at.X - align*s.wide(text, size)) * 64), Y: fixed.Int26_6(at.Y * 64)}}
	d.DrawString(text)
}

// fill paints a shape, as far as it lies on the picture.
func (s *sheet) fill(shape []Spot, ink color.Color) {
	if len(shape) < 3 {
		return
	}
	low, high := shape[0], shape[0]
	for _, p := range shape {
		low, high = Spot{min(low.X, p.X), min(low.Y, p.Y)}, Spot{max(high.X, p.X), max(high.Y, p.Y)}
	}
	b := image.Rect(int(math.Floor(low.X)), int(math.Floor(low.Y)), int(math.Ceil(high.X))+1, int(math.Ceil(high.Y))+1).Intersect(s.img.Bounds())
	if b.Empty() {
		return
	}
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	at := func(p Spot) (float32, float32) {
		return float32(p.X - float64(b.Min.X)), float32(p.Y - float64(b.Min.Y))
	}
	r.MoveTo(at(shape[0]))
	for _, p := range shape[1:] {
		r.LineTo(at(p))
	}
	r.ClosePath()
	r.Draw(s.img, b, image.NewUniform(ink), image.Point{})
}

// box paints a rectangle.
func (s *sheet) box(x, y, wide, high float64, ink color.Color) {
	s.fill([]Spot{{x, y}, {x + wide, y}, {x + wide, y + high}, {x, y + high}}, ink)
}

// line draws a stroke through spots; dash are lengths drawn and left out in turn, nil = all is drawn.
func (s *sheet) line(path []Spot, thick float64, dash []float64, ink color.Color) {
	left, on, turn := math.Inf(1), true, 0
	if len(dash) > 0 {
		left = dash[0]
	}
	for i := 1; i < len(path); i++ {
		from, to := path[i-1], path[i]
		length := math.Hypot(to.X-from.X, to.Y-from.Y)
		for gone := 0.0; gone < length; {
			step := min(left, length-gone)
			if on {
				s.stroke(between(from, to, gone/length), between(from, to, (gone+step)/length), thick, ink)
			}
			gone, left = gone+step, left-step
			if left <= 0 {
				turn++
				left, on = dash[turn%len(dash)], !on
			}
		}
	}
}

func between(a, b Spot, share float64) Spot {
	return Spot{a.X + (b.X-a.X)*share, a.Y + (b.Y-a.Y)*share}
}

// stroke is a piece of a line, a little longer at both ends so that corners close.
func (s *sheet) stroke(a, b Spot, thick float64, ink color.Color) {
	length := math.Hypot(b.X-a.X, b.Y-a.Y)
	if length == 0 {
		return
	}
	ux, uy := (b.X-a.X)/length*thick/2, (b.Y-a.Y)/length*thick/2
	s.fill([]Spot{{a.X - ux - uy, a.Y - uy + ux}, {b.X + ux - uy, b.Y + uy + ux}, {b.X + ux + uy, b.Y + uy - ux}, {a.X - ux + uy, a.Y - uy - ux}}, ink)
}

// wrap breaks a text into lines of at most so many pixels: at blanks where there are some, else between any two characters.
func (s *sheet) wrap(text string, size, most float64) (out []string) {
	line := ""
	for _, word := range pieces(text) {
		if line != "" && s.wide(line+strings.TrimRight(word, " "), size) > most {
			out, line = append(out, strings.TrimSpace(line)), ""
		}
		line += word
	}
	if strings.TrimSpace(line) != "" {
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

// pieces are the parts of a text between which a line may break: words of letters, and every other character. A part is at most
// 40 characters long.
func pieces(text string) (out []string) {
	word, n := "", 0
	for _, r := range text {
		if word, n = word+string(r), n+1; r == ' ' || r > unicode.MaxLatin1 || n >= 40 {
			out, word, n = append(out, word), "", 0
		}
	}
	return append(out, word)
}

// signs are written otherwise where the letters lack them.
var signs = strings.NewReplacer("→", "->", "≥", ">=", "≤", "<=", "−", "-", "≈", "~")

// shown leaves out of a text what is not to be seen: control characters, and those that turn the direction of writing.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, signs.Replace(text))
}
