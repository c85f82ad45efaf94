package lexicon

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// The tables that are made from public character data: where they come from stands in tables/README.md.
var (
	//go:embed tables/simplified.bin
	simplifiedTable []byte
	//go:embed tables/sound.bin
	soundTable []byte
	//go:embed tables/parts.bin
	partsTable []byte
	//go:embed tables/emoji.bin
	emojiTable []byte
	//go:embed tables/words.bin
	wordsTable []byte
	//go:embed tables/single.bin
	singleTable []byte
)

// The characters that the tables know.
const (
	firstHan = 0x3400
	lastHan  = 0x9fff
	hanCount = lastHan - firstHan + 1
)

func unpack(table []byte) []byte {
	out, err := io.ReadAll(flate.NewReader(bytes.NewReader(table)))
	if err != nil {
		panic(err) // the table is part of the program
	}
	return out
}

// syllable names a syllable without its tone; 0 is none.
type syllable = uint16

// maxSounds is how many readings of a character count.
const maxSounds = 3

// chart is what is known about characters.
type chart struct {
	names   []string                      // by syllable
	sounds  [hanCount][maxSounds]syllable // by character, the usual one first
	spelled map[string]syllable
	parts   string           // lines: a character, then what it is made of
	partsAt [hanCount]uint32 // 1 + where the lines of a character begin in parts; 0 = none
	family  map[rune]uint16  // part → how many ways have it
	emoji   map[rune]string  // picture → characters by whose sound it is read
	words   []byte
	single  []byte
	apart   [hanCount]atomic.Pointer[[]element] // by character, once somebody asked
}

// charted is worked out at first use and never changed, but for what is kept of characters taken apart.
var charted = sync.OnceValue(makeChart)

func makeChart() *chart {
	c := &chart{names: []string{""}, spelled: map[string]syllable{}, family: map[rune]uint16{}, emoji: map[rune]string{}}
	var also []string // by syllable: the characters that are read so too
	for line := range strings.Lines(string(unpack(soundTable))) {
		name, chars, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		mostly, rest, _ := strings.Cut(chars, "|")
		c.spelled[name] = syllable(len(c.names))
		for _, r := range mostly {
			c.addSound(r, syllable(len(c.names)))
		}
		c.names, also = append(c.names, name), append(also, rest)
	}
	for i, chars := range also {
		for _, r := range chars {
			c.addSound(r, syllable(i+1))
		}
	}
	c.parts = string(unpack(partsTable))
	at := 0
	for line := range strings.Lines(c.parts) {
		if r, _ := utf8.DecodeRuneInString(line); c.partsAt[r-firstHan] == 0 {
			c.partsAt[r-firstHan] = uint32(at) + 1
		}
		for i, part := range strings.TrimSuffix(line, "\n") {
			if i > 0 {
				c.family[part]++
			}
		}
		at += len(line)
	}
	for line := range strings.Lines(string(unpack(emojiTable))) {
		picture, chars, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		c.emoji[pictureKey(picture)] = chars
	}
	c.words, c.single = unpack(wordsTable), unpack(singleTable)
	return c
}

// keycap is the mark that frames the digit before it.
const keycap = 0x20e3

// pictureKey is a picture as one number: a framed digit lies beyond all runes.
func pictureKey(s string) rune {
	r, n := utf8.DecodeRuneInString(s)
	if next, _ := utf8.DecodeRuneInString(s[n:]); next == keycap {
		return utf8.MaxRune + 1 + r
	}
	return r
}

func (c *chart) addSound(r rune, s syllable) {
	for i := range c.sounds[r-firstHan] {
		if c.sounds[r-firstHan][i] == 0 {
			c.sounds[r-firstHan][i] = s
			return
		}
	}
}

func isTabled(r rune) bool { return firstHan <= r && r <= lastHan }

// soundsOf gives the readings of a character; what follows the last one is 0.
func (c *chart) soundsOf(r rune) [maxSounds]syllable {
	if !isTabled(r) {
		return [maxSounds]syllable{}
	}
	return c.sounds[r-firstHan]
}

// alike reports whether two characters may be read the same.
func (c *chart) alike(a, b rune) bool {
	x, y := c.soundsOf(a), c.soundsOf(b)
	for _, s := range x {
		if s != 0 && (s == y[0] || s == y[1] || s == y[2]) {
			return true
		}
	}
	return false
}

// ways goes through the ways in which a character is taken apart.
func (c *chart) ways(r rune) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if !isTabled(r) || c.partsAt[r-firstHan] == 0 {
			return
		}
		rest := c.parts[c.partsAt[r-firstHan]-1:]
		for line := range strings.Lines(rest) {
			head, n := utf8.DecodeRuneInString(line)
			if head != r || !yield(strings.TrimSuffix(line[n:], "\n")) {
				return
			}
		}
	}
}

// Of how many characters a part may be one, to say something about how they look: of a common character, and of an odd one.
const (
	maxFamily    = 400
	maxOddFamily = 800
)

// element is a part of a character, and of how many characters it is one.
type element struct {
	r      rune
	family uint16
}

// isTelling reports whether two characters that share the part look alike by it; odd is what is not written often.
func (e element) isTelling(odd bool) bool {
	if odd {
		return e.family <= maxOddFamily
	}
	return e.family <= maxFamily
}

// elements are the parts of a character. They are worked out once.
func (c *chart) elements(r rune) []element {
	if !isTabled(r) {
		return nil
	}
	at := &c.apart[r-firstHan]
	if done := at.Load(); done != nil {
		return *done
	}
	var out []element
	for way := range c.ways(r) {
		for _, part := range way {
			e := element{part, c.family[part]}
			if e.family <= maxStroke && !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	at.Store(&out)
	return out
}

// maxStroke is of how many characters a part may be one, to be more than a stroke.
const maxStroke = 1200

// looksLike reports whether a character of a text may be taken for another by its looks: one is a part of the other, or
// they share one that few characters have.
func (c *chart) looksLike(r, want rune) bool {
	x, y := c.elements(r), c.elements(want)
	for _, q := range y {
		if q.r == r {
			return true
		}
	}
	odd := c.singleCost(r) >= oddLooks
	for _, p := range x {
		if p.r == want || p.isTelling(odd) && slices.Contains(y, p) {
			return true
		}
	}
	return false
}

// lookMask has a bit for a character and one for each of its parts: two that look alike have one in common.
func (c *chart) lookMask(r rune) uint64 {
	bit := func(r rune) uint64 { return 1 << (uint32(r) * 0x9e3779b1 >> 26) }
	mask := bit(r)
	for _, part := range c.elements(r) {
		mask |= bit(part.r)
	}
	return mask
}
