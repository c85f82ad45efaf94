package lexicon

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Print is what copies of a text are known by, however each was changed: symbols put in, another number, another
// character here and there. It holds no text. The zero Print is that of a text too short to tell copies from small talk.
//
// A text is seen in up to three ways, and two texts are copies when one way says so: what is said (which characters, and
// which beside which), where it is said (which character at which place, for short texts), and whom to reach (the
// longest mixed id or the link, for texts that say nothing else). Names that are spoken to, faces like [捂脸], courtesies
// (收到，谢谢老师), digits and symbols are no part of what is said.
type Print struct {
	said   bitset
	placed bitset
	id     uint64
	kind   uint8
}

// How a text is seen.
const (
	printWide   = 1 << iota // said: eight Chinese characters or more
	printNarrow             // said: a longer text in letters
	printStrict             // placed: mostly Latin, where the same beginning is common
)

// Bounds and thresholds, chosen on the training part of the spam and the first ten days of the ordinary talk that
// "qunluo eval moderation" reads. Overlaps are Jaccard's, in percent.
const (
	wideLeast     = 8
	narrowLeast   = 24
	mostlyLatin   = 2 // a text with more Latin letters for each Chinese character is one in letters
	placedLeast   = 8
	placedMost    = 40
	maxUnits      = 320
	maxFeatures   = 96
	wideOverlap   = 44
	letterOverlap = 60
	placeOverlap  = 50
	sameOverlap   = 60
	maxMention    = 24
	maxFace       = 6
	mostlyKind    = 6   // tenths of a text
	maxCourteous  = 300 // bytes: a longer text is no courtesy
)

// PrintSize is how many bytes a Print takes in [Print.AppendTo].
const PrintSize = 8*(4+4+1) + 1

// bitset holds up to some hundred features of a text.
type bitset struct {
	words [4]uint64
	n     int
}

func (b *bitset) add(hash uint64) { b.words[hash>>6&3] |= 1 << (hash & 63) }

func (b *bitset) count() {
	b.n = bits.OnesCount64(b.words[0]) + bits.OnesCount64(b.words[1]) + bits.OnesCount64(b.words[2]) + bits.OnesCount64(b.words[3])
}

// overlaps reports whether two sets have percent of their union in common.
func (b *bitset) overlaps(o *bitset, percent int) bool {
	if b.n == 0 || o.n == 0 || 100*min(b.n, o.n) < percent*max(b.n, o.n) {
		return false
	}
	both := bits.OnesCount64(b.words[0]&o.words[0]) + bits.OnesCount64(b.words[1]&o.words[1]) +
		bits.OnesCount64(b.words[2]&o.words[2]) + bits.OnesCount64(b.words[3]&o.words[3])
	return 100*both >= percent*(b.n+o.n-both)
}

// IsZero reports whether there is nothing to compare.
func (p *Print) IsZero() bool { return p.said.n == 0 && p.placed.n == 0 && p.id == 0 }

// Alike reports whether two prints are of copies of one text.
func (p *Print) Alike(q *Print) bool {
	if p.id != 0 && p.id == q.id {
		return true
	}
	const saidAs = printWide | printNarrow
	if p.kind&saidAs == q.kind&saidAs && p.said.overlaps(&q.said, saidOverlap(p.kind)) {
		return true
	}
	least := placeOverlap
	if (p.kind|q.kind)&printStrict != 0 {
		least = sameOverlap
	}
	return p.placed.overlaps(&q.placed, least)
}

func saidOverlap(kind uint8) int {
	if kind&printNarrow != 0 {
		return letterOverlap
	}
	return wideOverlap
}

// AppendTo writes the print in PrintSize bytes.
func (p *Print) AppendTo(buf []byte) []byte {
	for _, w := range p.said.words {
		buf = binary.LittleEndian.AppendUint64(buf, w)
	}
	for _, w := range p.placed.words {
		buf = binary.LittleEndian.AppendUint64(buf, w)
	}
	return append(binary.LittleEndian.AppendUint64(buf, p.id), p.kind)
}

// PrintFrom reads what AppendTo wrote; false: raw is too short.
func PrintFrom(raw []byte) (p Print, ok bool) {
	if len(raw) < PrintSize {
		return p, false
	}
	for i := range 4 {
		p.said.words[i] = binary.LittleEndian.Uint64(raw[8*i:])
		p.placed.words[i] = binary.LittleEndian.Uint64(raw[32+8*i:])
	}
	p.id, p.kind = binary.LittleEndian.Uint64(raw[64:]), raw[72]
	p.said.count()
	p.placed.count()
	return p, true
}

// unit is a letter of what is said.
type unit struct {
	r    rune
	wide bool
}

// Printer makes prints, one at a time; it keeps its room. The zero Printer is ready.
type Printer struct {
	units  []unit
	said   []uint64
	links  []Link
	polite []Match // courtesies
	past   int     // how many of polite lie behind
	kind   int     // units inside a courtesy
	wide   int
	run    idRun
	id     uint64
	best   int
	blank  bool // a blank came since the last letter
	spaced bool // blanks stand between letters
}

// Print is the print of a text. Texts are looked at up to their 320th letter.
func (m *Printer) Print(text string) Print {
	var p Print
	if isCommand(text) {
		return p
	}
	if m.read(text); 10*m.kind >= mostlyKind*len(m.units) && m.id == 0 && len(m.links) == 0 {
		return p
	}
	narrow := len(m.units) - m.wide
	switch {
	case m.wide >= wideLeast && (narrow < narrowLeast || narrow <= mostlyLatin*m.wide):
		p.kind |= printWide
		m.wideFeatures()
	case len(m.units) >= narrowLeast:
		p.kind |= printNarrow
		m.narrowFeatures()
	default:
		m.said = m.said[:0]
		p.id = m.reaches(text)
	}
	m.fill(&p.said)
	strict := m.wide < 3 || narrow > m.wide
	if n := len(m.units); n >= placedLeast && n <= placedMost && (!strict || m.wide >= 2 || !m.spaced) {
		if strict {
			p.kind |= printStrict
		}
		for i, u := range m.units {
			p.placed.add(feature(u.r, rune(i), 3))
		}
		p.placed.count()
	}
	return p
}

// isCommand reports whether a text is an order to a program, as several people give it one after the other: "!help", "/roll".
func isCommand(text string) bool {
	if len(text) < 2 || len(text) > maxCommand || text[0] != '!' && text[0] != '/' || !isASCIILetter(rune(text[1])) {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool { return text[0] == '/' && isDigit(r) || r == '.' || isWide(r) }) < 0
}

// maxCommand is how long an order to a program is at most, in bytes.
const maxCommand = 32

// fill puts the features into a set; of many, those with the smallest hashes, so that copies keep the same ones.
func (m *Printer) fill(b *bitset) {
	least := 256
	if len(m.said) > maxFeatures {
		var ranks [256]int
		for _, h := range m.said {
			ranks[h>>56]++
		}
		least = 0
		for n := 0; n < maxFeatures; least++ {
			n += ranks[least]
		}
	}
	for _, h := range m.said {
		if int(h>>56) < least {
			b.add(h)
		}
	}
	b.count()
}

// feature mixes two runes and what they mean. Its low and its high bits are both good.
func feature(a, b, means rune) uint64 {
	h := uint64(a)*0x9e3779b97f4a7c15 ^ uint64(b)*0xc2b2ae3d27d4eb4f ^ uint64(means)*0x165667b19e3779f9
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return h ^ h>>32
}

// wideFeatures are the Chinese characters and their pairs, whatever Latin letters stand between.
func (m *Printer) wideFeatures() {
	m.said = m.said[:0]
	last := rune(0)
	for _, u := range m.units {
		if !u.wide {
			continue
		}
		m.said = append(m.said, feature(u.r, 0, 1))
		if last != 0 {
			m.said = append(m.said, feature(last, u.r, 2))
		}
		last = u.r
	}
}

// narrowFeatures are pairs and threes of letters, and the Chinese characters between them.
func (m *Printer) narrowFeatures() {
	m.said = m.said[:0]
	for i, u := range m.units {
		if u.wide {
			m.said = append(m.said, feature(u.r, 0, 1))
		}
		if i >= 1 {
			m.said = append(m.said, feature(m.units[i-1].r, u.r, 2))
		}
		if i >= 2 && !u.wide {
			m.said = append(m.said, feature(m.units[i-2].r<<8^m.units[i-1].r, u.r, 4))
		}
	}
}

// read takes the text apart.
func (m *Printer) read(text string) {
	m.units, m.wide, m.id, m.best, m.blank, m.spaced, m.run = m.units[:0], 0, 0, 0, false, false, idRun{hash: hashStart}
	m.polite, m.past, m.kind = m.polite[:0], 0, 0
	m.links = Links(text, m.links[:0])
	if len(text) <= maxCourteous {
		m.polite = courtesies().Find(text, m.polite)
	}
	fold, next := folding(), 0
	for i := AfterMentions(text); i < len(text) && len(m.units) < maxUnits; {
		for next < len(m.links) && m.links[next].Span.End <= i {
			next++
		}
		if next < len(m.links) && m.links[next].Span.Start <= i {
			i = m.links[next].Span.End
			m.endRun()
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == '[' {
			if end := faceEnd(text, i); end > i {
				i = end
				m.endRun()
				continue
			}
		}
		before := len(m.units)
		m.take(fold.fold(r))
		if len(m.units) > before && m.courteous(i) {
			m.kind++
		}
		i += n
	}
	m.endRun()
}

// courteous reports whether i lies inside a courtesy.
func (m *Printer) courteous(i int) bool {
	for m.past < len(m.polite) && m.polite[m.past].Span.End <= i {
		m.past++
	}
	return m.past < len(m.polite) && m.polite[m.past].Span.Start <= i
}

// bareMost is how many letters may stand beside a link to a site's front page that is all the text has to say.
const bareMost = 4

// reaches names whom a text that says nothing else is about: what a link leads to, else the longest id; 0 = nobody.
func (m *Printer) reaches(text string) uint64 {
	for _, l := range m.links {
		if whole := text[l.Span.Start:l.Span.End]; hasPath(whole) {
			return HashExact(whole)
		}
	}
	if len(m.links) > 0 && len(m.units) <= bareMost {
		return HashExact(m.links[0].Host)
	}
	return m.id
}

// hasPath reports whether a link leads to more than a site's front page.
func hasPath(link string) bool {
	if _, rest, ok := strings.Cut(link, "://"); ok {
		link = rest
	}
	k := strings.IndexByte(link, '/')
	return k >= 0 && k < len(link)-1
}

func (m *Printer) take(f rune) {
	if f == ' ' {
		m.blank = len(m.units) > 0
	}
	letters := len(m.units)
	m.run.take(f)
	if !m.run.on {
		m.endRun()
	}
	switch {
	case 'a' <= f && f <= 'z':
		m.units = append(m.units, unit{f, false})
	case f < utf8.RuneSelf:
	case 0x4e00 <= f && f <= 0x9fff || unicode.In(f, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		m.units = append(m.units, unit{f, true})
		m.wide++
	case unicode.In(f, unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Thai, unicode.Devanagari) && unicode.IsLetter(f):
		m.units = append(m.units, unit{f, false})
	}
	if len(m.units) > letters { // a number behind the letters is set off by a blank as well
		m.spaced, m.blank = m.spaced || m.blank, false
	}
}

// idRun is a run of letters and digits that may be somebody's id.
type idRun struct {
	on              bool
	hash            uint64
	letters, digits int
	seen            uint16 // which digits
}

func (r *idRun) take(f rune) {
	switch r.on = isASCIIWord(f) || f == '_' || f == '-' || f == '+'; {
	case !r.on:
		return
	case isDigit(f):
		r.digits++
		r.seen |= 1 << (f - '0')
	case isASCIILetter(f):
		r.letters++
	}
	r.hash = (r.hash ^ uint64(f)) * hashPrime
}

// endRun keeps the longest run that can be an id: six characters, letters and digits mixed, or a number of
// seven digits. Shorter ones are words of the trade: 64bit, 12.04.
func (m *Printer) endRun() {
	r := &m.run
	if n := r.letters + r.digits; n > m.best && (n >= 6 && r.letters >= 2 && r.digits >= 3 || r.letters == 0 && n >= 7 && bits.OnesCount16(r.seen) >= 3) {
		m.best, m.id = n, r.hash
	}
	*r = idRun{hash: hashStart}
}

// maxMentions is how many names a text may begin with that count as spoken to: more would be a hiding place.
const maxMentions = 3

// AfterMentions is where a text begins behind the names it speaks to: "xiaoy: …", "@小明 …", and "[xiaoy] …" of
// a bridge. A Chinese name is told from
// words by its @ only.
func AfterMentions(text string) int {
	from := 0
	for range maxMentions {
		n := mentionEnd(text[from:])
		if n == 0 {
			break
		}
		from += n
	}
	return from
}

// mentionEnd is the end of the name that a text begins with, and of the blank behind it; 0 = it begins with none.
func mentionEnd(text string) int {
	fold, called, symbol := folding(), false, false
	for i, n := 0, 0; i < len(text) && n <= maxMention; n++ {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case n == 0 && (r == '@' || r == '＠' || r == '['):
			called = true
		case isSpace(r) && n > 0 && (symbol || called):
			return i + size
		case isSpace(r) || isWide(fold.fold(r)) && !called:
			return 0
		}
		symbol = fold.isSkip(r)
		i += size
	}
	return 0
}

// faceEnd is the end of a face like [捂脸] or [Emm] that begins at i; i = there is none. Names of faces do not mix scripts: [s到了]
// is something said.
func faceEnd(text string, i int) int {
	n := 0
	wide, narrow := false, false
	for k, r := range text[i+1:] {
		wide, narrow = wide || isWide(r), narrow || r < utf8.RuneSelf && isASCIILetter(r|0x20)
		switch {
		case r == ']' && wide && narrow:
			return i
		case r == ']':
			return i + 1 + k + 1
		case r == '[' || isLineEnd(r) || n == maxFace:
			return i
		}
		n++
	}
	return i
}

func isWide(f rune) bool {
	return f >= 0x2e80 && unicode.In(f, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}
