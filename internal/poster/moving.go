package poster

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"qunluo/internal/community"
)

// Bounds of moving pictures.
const (
	MaxFrames = 40
	MaxMoving = 720       // pixels of the longer side
	maxMoved  = 100 << 20 // frames × pixels, of what is taken in
	minDelay  = 2         // hundredths of a second
	maxDelay  = 1000
	colours15 = 1 << 15
	mostInGIF = 256
)

// cell is the place of a colour in a table of 15 bits.
func cell(r, g, b uint8) int { return int(r>>3)<<10 | int(g>>3)<<5 | int(b>>3) }

// table tells the nearest colour of a palette for each of 32,768 colours, found once per cell.
type table struct {
	palette color.Palette
	rgb     [][3]int
	near    [colours15]int16 // index + 1; 0 = not asked yet
}

// newTable makes a palette of at most 256 colours for frames by cutting the box of their colours at the median (Heckbert 1982), each
// third pixel looked at.
func newTable(frames []*image.RGBA) *table {
	var counts [colours15]uint32
	for _, f := range frames {
		for i := 0; i+3 < len(f.Pix); i += 12 {
			counts[cell(f.Pix[i], f.Pix[i+1], f.Pix[i+2])]++
		}
	}
	var used []int
	for c, n := range counts {
		if n > 0 {
			used = append(used, c)
		}
	}
	t := &table{}
	for _, box := range cutBoxes(used, &counts) {
		var sum [3]float64
		n := 0.0
		for _, c := range box {
			w := float64(counts[c])
			n += w
			for k := range 3 {
				sum[k] += w * float64(part5(c, k))
			}
		}
		v := [3]int{}
		for k := range 3 {
			v[k] = min(255, int(math.Round(sum[k]/n*255/31)))
		}
		t.rgb = append(t.rgb, v)
		t.palette = append(t.palette, color.RGBA{uint8(v[0]), uint8(v[1]), uint8(v[2]), 0xff})
	}
	return t
}

// part5 is red, green or blue (0 to 2) of a cell, 0 to 31.
func part5(c, k int) int { return c >> (10 - 5*k) & 31 }

func cutBoxes(used []int, counts *[colours15]uint32) [][]int {
	boxes := [][]int{used}
	for len(boxes) < mostInGIF {
		worst, axis, most := -1, 0, 0.0
		for i, b := range boxes {
			for k := range 3 {
				low, high, n := 31, 0, 0.0
				for _, c := range b {
					v := part5(c, k)
					low, high, n = min(low, v), max(high, v), n+float64(counts[c])
				}
				if spread := float64(high-low) * math.Sqrt(n); len(b) > 1 && spread > most {
					worst, axis, most = i, k, spread
				}
			}
		}
		if worst < 0 {
			break
		}
		b := boxes[worst]
		slices.SortFunc(b, func(x, y int) int {
			if d := part5(x, axis) - part5(y, axis); d != 0 {
				return d
			}
			return x - y
		})
		var all, sum uint64
		for _, c := range b {
			all += uint64(counts[c])
		}
		cut := 1
		for i, c := range b[:len(b)-1] {
			if sum += uint64(counts[c]); sum*2 >= all {
				cut = i + 1
				break
			}
			cut = i + 1
		}
		boxes[worst] = b[:cut:cut]
		boxes = append(boxes, b[cut:])
	}
	return boxes
}

// index is the nearest colour of the palette for a cell.
func (t *table) index(c int) uint8 {
	if n := t.near[c]; n > 0 {
		return uint8(n - 1)
	}
	best, least := 0, math.MaxInt
	r, g, b := part5(c, 0)*255/31, part5(c, 1)*255/31, part5(c, 2)*255/31
	for i, v := range t.rgb {
		dr, dg, db := v[0]-r, v[1]-g, v[2]-b
		if d := 3*dr*dr + 6*dg*dg + db*db; d < least {
			best, least = i, d
		}
	}
	t.near[c] = int16(best + 1)
	return uint8(best)
}

// mapped gives a frame in the palette's colours.
func (t *table) mapped(f *image.RGBA) *image.Paletted {
	out := image.NewPaletted(f.Rect, t.palette)
	for i, j := 0, 0; j < len(out.Pix); i, j = i+4, j+1 {
		out.Pix[j] = t.index(cell(f.Pix[i], f.Pix[i+1], f.Pix[i+2]))
	}
	return out
}

// EncodeGIF makes a moving picture of frames of one size that lie at (0, 0); delays are hundredths of a second, one per frame.
// Of each frame after the first only the part that changed is written. community.CodeBadInput: no frames, or of different sizes.
func EncodeGIF(frames []*image.RGBA, delays []int) ([]byte, error) {
	if len(frames) == 0 || len(frames) > MaxFrames || len(delays) != len(frames) {
		return nil, bad("", "动图要有 1 到 40 帧", "a moving picture wants 1 to 40 frames")
	}
	t := newTable(frames)
	out := gif.GIF{Config: image.Config{ColorModel: t.palette, Width: frames[0].Rect.Dx(), Height: frames[0].Rect.Dy()}}
	var last *image.Paletted
	for i, f := range frames {
		if f.Rect != frames[0].Rect {
			return nil, bad("", "各帧大小要一样", "frames want the same size")
		}
		now := t.mapped(f)
		delay := max(minDelay, min(maxDelay, delays[i]))
		if part := changed(last, now); part.Empty() && last != nil {
			out.Delay[len(out.Delay)-1] = min(65535, out.Delay[len(out.Delay)-1]+delay)
		} else {
			out.Image = append(out.Image, now.SubImage(part).(*image.Paletted))
			out.Delay, out.Disposal = append(out.Delay, delay), append(out.Disposal, gif.DisposalNone)
		}
		last = now
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &out)
	return b.Bytes(), err
}

// changed is the rectangle in which two frames differ; all of it where there is no earlier one.
func changed(a, b *image.Paletted) image.Rectangle {
	if a == nil {
		return b.Rect
	}
	var r image.Rectangle
	for y := b.Rect.Min.Y; y < b.Rect.Max.Y; y++ {
		was, now := a.Pix[y*a.Stride:][:b.Rect.Dx()], b.Pix[y*b.Stride:][:b.Rect.Dx()]
		if bytes.Equal(was, now) {
			continue
		}
		x0, x1 := 0, len(now)
		for was[x0] == now[x0] {
			x0++
		}
		for was[x1-1] == now[x1-1] {
			x1--
		}
		r = r.Union(image.Rect(x0, y, x1, y+1))
	}
	return r
}

// Motion is how a layout moves.
type Motion struct {
	Frames int // 2 to 40, of the movement
	Delay  int // hundredths of a second each
	Hold   int // hundredths of a second of the last one
	Wide   int // pixels, 120 to 720
}

// Usual fills in what nobody said.
func (m Motion) Usual() Motion {
	if m.Frames == 0 {
		m.Frames = 20
	}
	if m.Delay == 0 {
		m.Delay = 10
	}
	if m.Hold == 0 {
		m.Hold = 200
	}
	if m.Wide == 0 {
		m.Wide = 480
	}
	return m
}

// Check says what is wrong with it: a [*Fault].
func (m Motion) Check() error {
	switch {
	case m.Frames < 2 || m.Frames > MaxFrames:
		return bad("frames", "应在 2 到 40 之间", "want 2 to 40")
	case m.Delay < minDelay || m.Delay > maxDelay || m.Hold < minDelay || m.Hold > maxDelay:
		return bad("delay", "应在 2 到 1000 个百分之一秒之间", "want 2 to 1000 hundredths of a second")
	case m.Wide < 120 || m.Wide > MaxMoving:
		return bad("wide", "应在 120 到 720 像素之间", "want 120 to 720 pixels")
	}
	return nil
}

// Animate makes a moving picture of a layout whose texts come in as their layers say.
func Animate(l Layout, m Motion, values map[string]string, images map[string]image.Image, more Fonts) ([]byte, []Warned, error) {
	if m = m.Usual(); m.Check() != nil {
		return nil, nil, m.Check()
	}
	if !l.Moves() {
		return nil, nil, bad("layers", "没有会动的文字：给文字层选一种动法", "nothing on it moves: give a text layer a way to come in")
	}
	p, err := NewPress(l, m.Wide, images, more)
	if err != nil {
		return nil, nil, err
	}
	var frames []*image.RGBA
	var delays []int
	var warned []Warned
	for i := range m.Frames {
		img, w, err := p.at(values, float64(i)/float64(m.Frames-1))
		if err != nil {
			return nil, w, err
		}
		frame := image.NewRGBA(img.Rect)
		copy(frame.Pix, img.Pix)
		frames, delays, warned = append(frames, frame), append(delays, m.Delay), w
	}
	delays[len(delays)-1] = m.Hold
	out, err := EncodeGIF(frames, delays)
	return out, warned, err
}

// FromPictures makes a moving picture of still ones, each shown so many hundredths of a second; all are fitted into the first one's
// shape, of a width in pixels.
func FromPictures(list []image.Image, delay, wide int) ([]byte, error) {
	if len(list) < 2 || len(list) > MaxFrames {
		return nil, bad("", "要 2 到 40 张图", "want 2 to 40 pictures")
	}
	if err := (Motion{Frames: len(list), Delay: delay, Hold: delay, Wide: wide}).Check(); err != nil {
		return nil, err
	}
	b := list[0].Bounds()
	high := max(1, int(math.Round(float64(b.Dy())*float64(wide)/float64(b.Dx()))))
	if high > MaxMoving {
		wide, high = max(1, wide*MaxMoving/high), MaxMoving
	}
	var frames []*image.RGBA
	var delays []int
	for _, img := range list {
		f := image.NewRGBA(image.Rect(0, 0, wide, high))
		draw.Draw(f, f.Rect, image.White, image.Point{}, draw.Src)
		from := img.Bounds()
		by := min(float64(wide)/float64(from.Dx()), float64(high)/float64(from.Dy()))
		w, h := max(1, int(float64(from.Dx())*by)), max(1, int(float64(from.Dy())*by))
		at := image.Rect((wide-w)/2, (high-h)/2, (wide-w)/2+w, (high-h)/2+h)
		draw.ApproxBiLinear.Scale(f, at, img, from, draw.Over, nil)
		frames, delays = append(frames, f), append(delays, delay)
	}
	return EncodeGIF(frames, delays)
}

// countFrames walks the blocks of a GIF and counts its frames without decoding any. ok is false where it is none, or broken before
// its end (GIF89a, §§18–27).
func countFrames(raw []byte) (n int, ok bool) {
	if len(raw) < 13 || string(raw[:4]) != "GIF8" {
		return 0, false
	}
	at := 13
	if raw[10]&0x80 != 0 {
		at += 3 << (raw[10]&7 + 1)
	}
	blocks := func() bool { // length and bytes, until a length of 0
		for at < len(raw) {
			size := int(raw[at])
			at += 1 + size
			if size == 0 {
				return true
			}
		}
		return false
	}
	for at < len(raw) {
		switch raw[at] {
		case 0x3B:
			return n, n > 0
		case 0x21:
			at += 2
			if !blocks() {
				return n, false
			}
		case 0x2C:
			if at+11 > len(raw) {
				return n, false
			}
			table := raw[at+9]
			at += 10
			if table&0x80 != 0 {
				at += 3 << (table&7 + 1)
			}
			if at++; !blocks() { // one byte of code size before
				return n, false
			}
			n++
		default:
			return n, false
		}
	}
	return n, false
}

// measured says whether a file may be decoded: its pixels, and of a moving one its frames, are looked at before.
func measured(raw []byte, cfg image.Config, kind string) error {
	if kind != "gif" {
		return nil
	}
	n, ok := countFrames(raw)
	switch {
	case !ok:
		return community.Errorf(community.CodeBadInput, "picture: half a file or a broken one")
	case n*cfg.Width*cfg.Height > maxMoved:
		return community.Errorf(community.CodeTooLarge, "picture: %d frames of %d by %d pixels", n, cfg.Width, cfg.Height)
	case n > 1 && int(binary.LittleEndian.Uint16(raw[6:])) == 0:
		return community.Errorf(community.CodeBadInput, "picture: no width")
	}
	return nil
}
