package poster

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"

	"github.com/skip2/go-qrcode"
	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/vector"
)

// Press draws one layout many times, with other values each time. What never changes is drawn once. It is for one goroutine.
type Press struct {
	layout   Layout
	high     int
	images   map[string]image.Image
	plain    *lettering
	bold     *lettering
	below    *image.RGBA // the ground and the lowest layers, as far as they hold no field
	from     int         // the first layer that is drawn each time
	standing []Warned    // of what is drawn once
	sheet    *sheet
}

// NewPress readies a layout that passed Check, in a width in pixels (0 = Wide); images by hash, those not there are left out with a
// warning. more are fonts for what the built-in ones lack.
func NewPress(l Layout, wide int, images map[string]image.Image, more Fonts) (*Press, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	high := l.High()
	if wide > 0 && wide != Wide {
		by := float64(wide) / Wide
		l, high = l.scaled(by), int(math.Round(float64(high)*by))
	} else {
		wide = Wide
	}
	p := &Press{layout: l, high: high, images: images}
	var err error
	if p.plain, err = newLettering(false, more); err != nil {
		return nil, err
	}
	if p.bold, err = newLettering(true, more); err != nil {
		return nil, err
	}
	p.sheet = newSheet(wide, high)
	p.ground()
	for p.from = 0; p.from < len(l.Layers) && l.Layers[p.from].fixed(); p.from++ {
		w, err := p.layer(p.from, nil, 1)
		if err != nil {
			return nil, err
		}
		p.standing = append(p.standing, w...)
	}
	p.below = p.sheet.img
	p.sheet.img = image.NewRGBA(p.below.Rect)
	return p, nil
}

// fixed reports whether a layer looks the same each time.
func (y Layer) fixed() bool { return !fieldLike.MatchString(y.Text) && y.Move == "" }

// Draw makes the picture with values filled in. It stands until the next Draw.
func (p *Press) Draw(values map[string]string) (*image.RGBA, []Warned, error) {
	return p.at(values, 1)
}

// at draws the moment of a moving poster at which a share of its movement is over; 1 = all of it.
func (p *Press) at(values map[string]string, done float64) (*image.RGBA, []Warned, error) {
	copy(p.sheet.img.Pix, p.below.Pix)
	warned := slices.Clone(p.standing)
	for i := p.from; i < len(p.layout.Layers); i++ {
		w, err := p.layer(i, values, done)
		if err != nil {
			return nil, warned, err
		}
		warned = append(warned, w...)
	}
	if p.plain.err != nil {
		return nil, warned, p.plain.err
	}
	return p.sheet.img, warned, p.bold.err
}

// PNG makes the picture as a file.
func (p *Press) PNG(values map[string]string) ([]byte, []Warned, error) {
	img, warned, err := p.Draw(values)
	if err != nil {
		return nil, warned, err
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img)
	return out.Bytes(), warned, err
}

// Thumb is the picture in another width, as a file.
func Thumb(l Layout, wide int, values map[string]string, images map[string]image.Image, more Fonts) ([]byte, error) {
	p, err := NewPress(l, wide, images, more)
	if err != nil {
		return nil, err
	}
	out, _, err := p.PNG(values)
	return out, err
}

func (p *Press) ground() {
	top := ink(p.layout.Ground.Above, 0)
	end := top
	if p.layout.Ground.Below != "" {
		end = ink(p.layout.Ground.Below, 0)
	}
	img := p.sheet.img
	for y := range p.high {
		share := float64(y) / float64(max(1, p.high-1))
		row := img.Pix[y*img.Stride:][:img.Stride]
		for x := 0; x < len(row); x += 4 {
			// half a step of light noise in turn keeps a slow change of colour from showing bands
			lift := float64((x/4*5+y*3)%8)/8 - 0.5
			row[x], row[x+1], row[x+2], row[x+3] = blend(top.R, end.R, share, lift), blend(top.G, end.G, share, lift), blend(top.B, end.B, share, lift), 0xff
		}
	}
}

func blend(a, b uint8, share, lift float64) uint8 {
	if a == b {
		return a
	}
	return uint8(max(0, min(255, float64(a)+(float64(b)-float64(a))*share+0.5+lift)))
}

// layer draws one layer.
func (p *Press) layer(i int, values map[string]string, done float64) ([]Warned, error) {
	y := p.layout.Layers[i]
	switch y.Kind {
	case Text:
		return p.text(i, y, values, done), nil
	case Code:
		return p.code(i, y, values), nil
	case Image:
		return p.image(i, y), nil
	}
	p.sheet.shape(y, ink(y.Color, y.Opaque))
	return nil, nil
}

func (p *Press) text(i int, y Layer, values map[string]string, done float64) (warned []Warned) {
	said, without := filled(y.Text, values)
	said, emoji := plainText(signs.Replace(said))
	for _, f := range without {
		warned = append(warned, Warned{NoValue, f, i})
	}
	if emoji != "" {
		warned = append(warned, Warned{Emoji, emoji, i})
	}
	if said == "" {
		return warned
	}
	t := p.plain
	if y.Bold {
		t = p.bold
	}
	lacks := ""
	for _, r := range said {
		if r != '\n' && t.fontFor(r) < 0 && !strings.ContainsRune(lacks, r) {
			lacks += string(r)
		}
	}
	if lacks != "" {
		warned = append(warned, Warned{NoGlyph, lacks, i})
	}
	list, size, cut := t.fit(said, y.Size, y.least(), y.W, y.H)
	if cut {
		warned = append(warned, Warned{Cut, list[len(list)-1], i})
	}
	p.letters(t, y, list, size, done)
	return warned
}

// letters puts lines into the box of a layer, as far as they are there yet.
func (p *Press) letters(t *lettering, y Layer, list []string, size, done float64) {
	step := size * lineStep
	top := y.Y - size*(lineStep-1)/2
	switch slack := y.H - float64(len(list))*step + size*(lineStep-1); y.Stand {
	case "middle":
		top += slack / 2
	case "bottom":
		top += slack
	}
	left, color := math.MaxInt, ink(y.Color, y.Opaque)
	switch y.Move {
	case Typed:
		n := 0
		for _, l := range list {
			n += len([]rune(l))
		}
		left = int(math.Round(float64(n) * done))
	case Rising:
		top += (1 - done) * size
		color.A = uint8(float64(color.A) * done)
	case Blinks:
		if int(done*6)%2 == 1 && done < 1 {
			return
		}
	}
	src := image.NewUniform(color)
	for i, line := range list {
		x := y.X
		switch y.Align {
		case "middle":
			x += (y.W - t.length(line, size)) / 2
		case "right":
			x += y.W - t.length(line, size)
		}
		if letters := []rune(line); len(letters) > left {
			line = string(letters[:left])
		}
		left -= len([]rune(line))
		t.write(p.sheet, line, x, top+float64(i)*step+size*lineAscent, size, font.Drawer{Src: src})
		if left <= 0 {
			return
		}
	}
}

func (p *Press) code(i int, y Layer, values map[string]string) []Warned {
	said, without := filled(y.Text, values)
	var warned []Warned
	for _, f := range without {
		warned = append(warned, Warned{NoValue, f, i})
	}
	q, err := qrcode.New(said, qrcode.Medium)
	if said == "" || err != nil {
		return append(warned, Warned{NoCode, said, i})
	}
	q.DisableBorder = true
	squares := q.Bitmap()
	n := len(squares) + 2*quiet
	each := math.Floor(min(y.W, y.H) / float64(n))
	if each < 1 {
		return append(warned, Warned{NoCode, said, i})
	}
	side := each * float64(n)
	x, top := math.Round(y.X+(y.W-side)/2), math.Round(y.Y+(y.H-side)/2)
	p.sheet.shape(Layer{X: x, Y: top, W: side, H: side, Round: min(each*2, y.Round)}, color.NRGBA{0xff, 0xff, 0xff, 0xff})
	square := image.NewUniform(ink(y.Color, 0))
	for r, row := range squares {
		for c, on := range row {
			if on {
				at := image.Pt(int(x+each*float64(c+quiet)), int(top+each*float64(r+quiet)))
				draw.Draw(p.sheet.img, image.Rectangle{at, at.Add(image.Pt(int(each), int(each)))}, square, image.Point{}, draw.Src)
			}
		}
	}
	return warned
}

// quiet is how many squares around a QR code stay white (ISO/IEC 18004: 4).
const quiet = 4

func (p *Press) image(i int, y Layer) []Warned {
	from := p.images[y.Image]
	if from == nil {
		p.sheet.shape(Layer{X: y.X, Y: y.Y, W: y.W, H: y.H, Round: y.Round}, ink("#d1d5db", 60))
		if y.Image == "" {
			return nil // a place for one
		}
		return []Warned{{NoImage, y.Image[:8], i}}
	}
	box := image.Rect(int(y.X), int(y.Y), int(y.X+y.W), int(y.Y+y.H))
	b := from.Bounds()
	sx, sy := float64(box.Dx())/float64(b.Dx()), float64(box.Dy())/float64(b.Dy())
	if y.Whole {
		by := min(sx, sy)
		w, h := int(float64(b.Dx())*by), int(float64(b.Dy())*by)
		at := image.Pt(box.Min.X+(box.Dx()-w)/2, box.Min.Y+(box.Dy()-h)/2)
		box = image.Rectangle{at, at.Add(image.Pt(max(1, w), max(1, h)))}
	} else {
		by := max(sx, sy)
		w, h := float64(box.Dx())/by, float64(box.Dy())/by
		at := image.Pt(b.Min.X+int((float64(b.Dx())-w)/2), b.Min.Y+int((float64(b.Dy())-h)/2))
		b = image.Rectangle{at, at.Add(image.Pt(max(1, int(w)), max(1, int(h))))}
	}
	small := image.NewRGBA(image.Rect(0, 0, box.Dx(), box.Dy()))
	draw.CatmullRom.Scale(small, small.Bounds(), from, b, draw.Src, nil)
	mask := image.NewAlpha(small.Bounds())
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	outline(r, 0, 0, float64(box.Dx()), float64(box.Dy()), y.Round)
	opaque := ink("", y.Opaque).A
	r.Draw(mask, mask.Bounds(), image.NewUniform(color.Alpha{opaque}), image.Point{})
	draw.DrawMask(p.sheet.img, box, small, image.Point{}, mask, image.Point{}, draw.Over)
	return nil
}

// shape paints a rectangle, perhaps with round corners, or an ellipse.
func (s *sheet) shape(y Layer, ink color.Color) {
	b := image.Rect(int(math.Floor(y.X)), int(math.Floor(y.Y)), int(math.Ceil(y.X+y.W))+1, int(math.Ceil(y.Y+y.H))+1).Intersect(s.img.Bounds())
	if b.Empty() {
		return
	}
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	x, top := y.X-float64(b.Min.X), y.Y-float64(b.Min.Y)
	if y.Shape == Ellipse {
		corners(r, x, top, y.W, y.H, y.W/2, y.H/2)
	} else {
		outline(r, x, top, y.W, y.H, y.Round)
	}
	r.Draw(s.img, b, image.NewUniform(ink), image.Point{})
}

func outline(r *vector.Rasterizer, x, y, w, h, round float64) {
	round = min(round, w/2, h/2)
	corners(r, x, y, w, h, round, round)
}

// arc is how far the handles of a cubic curve stand from its ends to be a quarter of a circle.
const arc = 0.5522847498

// corners is a rectangle whose corners are quarters of ellipses.
func corners(r *vector.Rasterizer, x, y, w, h, rx, ry float64) {
	at := func(v float64) float32 { return float32(v) }
	kx, ky := rx*(1-arc), ry*(1-arc)
	r.MoveTo(at(x+rx), at(y))
	r.LineTo(at(x+w-rx), at(y))
	r.CubeTo(at(x+w-kx), at(y), at(x+w), at(y+ky), at(x+w), at(y+ry))
	r.LineTo(at(x+w), at(y+h-ry))
	r.CubeTo(at(x+w), at(y+h-ky), at(x+w-kx), at(y+h), at(x+w-rx), at(y+h))
	r.LineTo(at(x+rx), at(y+h))
	r.CubeTo(at(x+kx), at(y+h), at(x), at(y+h-ky), at(x), at(y+h-ry))
	r.LineTo(at(x), at(y+ry))
	r.CubeTo(at(x), at(y+ky), at(x+kx), at(y), at(x+rx), at(y))
	r.ClosePath()
}

// frame draws the edge of a box.
func (s *sheet) frame(x, y, wide, high, thick float64, ink color.Color) {
	s.box(x, y, wide, thick, ink)
	s.box(x, y+high-thick, wide, thick, ink)
	s.box(x, y, thick, high, ink)
	s.box(x+wide-thick, y, thick, high, ink)
}
