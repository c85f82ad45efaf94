package poster

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Fonts are further fonts for what the built-in ones lack, asked in order.
type Fonts []*sfnt.Font

// ReadFonts reads TTF or OTF data, or a collection of them. community.CodeBadInput: it is none.
func ReadFonts(raw []byte) (Fonts, error) {
	if one, err := sfnt.Parse(raw); err == nil {
		return Fonts{one}, nil
	}
	all, err := sfnt.ParseCollection(raw)
	if err != nil {
		return nil, bad("", "字体文件读不了", "the font file cannot be read: "+err.Error())
	}
	var out Fonts
	for i := range all.NumFonts() {
		if f, err := all.Font(i); err == nil {
			out = append(out, f)
		}
	}
	return out, nil
}

// lettering draws letters in one weight. It keeps faces and is for one goroutine.
type lettering struct {
	fonts  []*sfnt.Font
	first  int // index of the Latin font
	han    int
	faces  map[faceOf]font.Face
	which  map[rune]int // −1 = no font has it
	widths map[widthOf]fixed.Int26_6
	buf    sfnt.Buffer
	err    error
}

type faceOf struct {
	font int
	size float64
}

type widthOf struct {
	r    rune
	size float64
}

func newLettering(bold bool, more Fonts) (*lettering, error) {
	latin, han := latinLetters, letters
	if bold {
		latin, han = latinBold, boldLetters
	}
	a, err := latin()
	if err != nil {
		return nil, err
	}
	b, err := han()
	if err != nil {
		return nil, err
	}
	return &lettering{fonts: append([]*sfnt.Font{a, b}, more...), han: 1, faces: map[faceOf]font.Face{}, which: map[rune]int{}, widths: map[widthOf]fixed.Int26_6{}}, nil
}

// fontFor chooses a font for a character: below U+2000 the Latin one first, else the Chinese one; then those that were given.
func (t *lettering) fontFor(r rune) int {
	if n, known := t.which[r]; known {
		return n
	}
	order := []int{t.han}
	if r < 0x2000 {
		order = []int{t.first, t.han}
	}
	for i := t.han + 1; i < len(t.fonts); i++ {
		order = append(order, i)
	}
	got := -1
	for _, n := range order {
		if g, err := t.fonts[n].GlyphIndex(&t.buf, r); err == nil && g != 0 {
			got = n
			break
		}
	}
	t.which[r] = got
	return got
}

func (t *lettering) face(n int, size float64) font.Face {
	key := faceOf{n, size}
	if f := t.faces[key]; f != nil {
		return f
	}
	f, err := opentype.NewFace(t.fonts[n], &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		t.err = err
		return nil
	}
	t.faces[key] = f
	return f
}

// boxWide is how wide a character without a glyph is drawn, of the size.
const boxWide = 0.9

// wide is how wide a character is.
func (t *lettering) wide(r rune, size float64) fixed.Int26_6 {
	key := widthOf{r, size}
	if w, known := t.widths[key]; known {
		return w
	}
	n := t.fontFor(r)
	w := fixed.Int26_6(size * boxWide * 64)
	if n >= 0 {
		if f := t.face(n, size); f != nil {
			w, _ = f.GlyphAdvance(r)
		}
	}
	t.widths[key] = w
	return w
}

// length is how wide a line is, in pixels.
func (t *lettering) length(line string, size float64) float64 {
	var sum fixed.Int26_6
	for _, r := range line {
		sum += t.wide(r, size)
	}
	return float64(sum) / 64
}

// write draws a line from a place on its baseline, in runs of one font each.
func (t *lettering) write(s *sheet, line string, x, y, size float64, ink font.Drawer) {
	ink.Dst, ink.Dot = s.img, fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}
	run, of := strings.Builder{}, -2
	flush := func() {
		if run.Len() > 0 {
			if f := t.face(of, size); f != nil {
				ink.Face = f
				ink.DrawString(run.String())
			}
			run.Reset()
		}
	}
	for _, r := range line {
		n := t.fontFor(r)
		if n != of {
			flush()
			of = n
		}
		if n < 0 {
			at := float64(ink.Dot.X) / 64
			s.frame(at+size*0.06, y-size*0.76, size*(boxWide-0.12), size*0.8, max(1.5, size*0.05), ink.Src.At(0, 0))
			ink.Dot.X += t.wide(r, size)
			continue
		}
		run.WriteRune(r)
	}
	flush()
}

// Characters that may not begin a line, and that may not end one.
const (
	closers = "，。！？、；：》」』】）〉〕〗…—～·％%℃°,.!?;:)]}’”"
	openers = "《「『【（〈〔〖“‘([{¥￥$#@"
)

// isWord reports whether a character belongs to a word or a number that stays whole.
func isWord(r rune) bool {
	switch r {
	case '-', '_', '.', ',', '\'', '/', ':', '@', '%', '+', '&', '=', '?', '#', '~':
		return true
	}
	return r < 0x2E80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// units cuts a paragraph where a line may break: between Chinese characters, after blanks, never before what closes or after what
// opens, never inside words and numbers.
func units(text string) (out []string) {
	list := []rune(text)
	from := 0
	for i := 1; i <= len(list); i++ {
		if i < len(list) && !mayBreak(list[i-1], list[i]) {
			continue
		}
		out, from = append(out, string(list[from:i])), i
	}
	return out
}

func mayBreak(a, b rune) bool {
	switch {
	case b == ' ', strings.ContainsRune(closers, b), strings.ContainsRune(openers, a):
		return false
	case isWord(a) && isWord(b):
		return false
	case unicode.Is(unicode.Mn, b):
		return false
	}
	return true
}

// lines breaks a text into lines of at most so many pixels. A unit that is longer than a line is cut anywhere.
func (t *lettering) lines(text string, size, most float64) (out []string) {
	for _, paragraph := range strings.Split(text, "\n") {
		line, room := "", most
		flush := func() { out, line, room = append(out, strings.TrimRight(line, " ")), "", most }
		for _, u := range units(paragraph) {
			w := t.length(strings.TrimRight(u, " "), size)
			if line != "" && w > room+0.01 {
				flush()
				u = strings.TrimLeft(u, " ")
			}
			if w <= room+0.01 {
				line, room = line+u, room-t.length(u, size)
				continue
			}
			for _, r := range u {
				if w := float64(t.wide(r, size)) / 64; line != "" && w > room+0.01 {
					kept, last := line, ""
					if strings.ContainsRune(closers, r) { // it takes the character before it along
						_, n := utf8.DecodeLastRuneInString(line)
						kept, last = line[:len(line)-n], line[len(line)-n:]
					}
					if line = kept; line != "" {
						flush()
					}
					line, room = last, most-t.length(last, size)
				}
				line, room = line+string(r), room-float64(t.wide(r, size))/64
			}
		}
		flush()
	}
	return out
}

// Measures of lines, of the size of letters.
const (
	lineStep   = 1.36
	lineAscent = 1.04 // from the top of a line to its baseline
)

// fit chooses the largest size, in steps, in which a text has room, and cuts it with … where even the least is too large.
func (t *lettering) fit(text string, size, least, wide, high float64) (list []string, at float64, cut bool) {
	for at = size; ; at = max(least, math.Floor(at*0.94)) {
		list = t.lines(text, at, wide)
		if float64(len(list))*at*lineStep <= high+at*(lineStep-1) || len(list) == 1 && at == least {
			return list, at, false
		}
		if at <= least {
			break
		}
	}
	rows := max(1, int((high+at*(lineStep-1))/(at*lineStep)))
	last := []rune(list[rows-1])
	for len(last) > 0 && t.length(string(last)+"…", at) > wide {
		last = last[:len(last)-1]
	}
	list = append(list[:rows-1:rows-1], string(last)+"…")
	return list, at, true
}

// Warned is something that was done to a text so that it could be drawn.
type Warned struct {
	What  string `json:"what"`
	Text  string `json:"text,omitempty"` // the characters, or the field
	Layer int    `json:"layer"`          // from 0; −1 = no layer
}

// What was done.
const (
	NoGlyph = "no_glyph" // drawn as boxes: no font has the characters
	Emoji   = "emoji"    // left out
	Cut     = "cut"      // what did not fit ends with …
	NoValue = "no_value" // the field had no value
	NoImage = "no_image" // the image is not kept (any more)
	NoCode  = "no_code"  // the text is too long for a QR code, or there is none
)

// plainText leaves emoji out of a text, and what is not to be seen; left are the emoji.
func plainText(text string) (out string, left string) {
	var emoji []rune
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || unicode.IsSpace(r):
			return ' '
		case r == 0x200D || 0xFE00 <= r && r <= 0xFE0F || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs):
			return -1
		case isEmoji(r):
			emoji = append(emoji, r)
			return -1
		}
		return r
	}, strings.ReplaceAll(text, "\r\n", "\n"))
	return strings.TrimSpace(text), string(emoji)
}

// isEmoji reports whether a character is a picture rather than writing.
func isEmoji(r rune) bool {
	return 0x1F000 <= r && r <= 0x1FAFF || 0x2600 <= r && r <= 0x27BF && r != '★' && r != '☆' && r != '✓' || 0x2B00 <= r && r <= 0x2BFF || r == 0x20E3 || 0xE0000 <= r && r <= 0xE01EF
}
