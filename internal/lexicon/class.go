package lexicon

import (
	"slices"
	"unicode/utf8"
)

// Classes with a meaning of their own. All others number the runes of the phrases in order of first use.
const (
	classBreak  = 0 // in no phrase, or a line end: nothing goes over it
	classFirst  = 1
	classLast   = classOther - 1
	classOther  = classSkip - 1 // what begins no rune of the usual forms: to be looked at more closely
	classSkip   = 1<<16 - 1
	shortRunes  = 0x800   // the first rune of three bytes
	firstFar    = 1 << 16 // the first one of four
	firstFigure = 0x1f000 // pictures stand from here
	lastFigure  = 0x1ffff
)

// classes gives each rune its class. Runes of three bytes, the usual form of Chinese, are found byte by byte, so that none needs to be
// put together: the first two lead to a row, in which the third one stands.
type classes struct {
	low    [shortRunes]uint16
	rowOf  [1 << 13]uint32 // by the first two bytes of three: where their row begins
	rows   []uint16
	figure [lastFigure + 1 - firstFigure]uint16
	far    map[rune]uint16 // the other planes; absent: skip if the folding says so, else break
}

// Rows that stand for many pairs of bytes; where a rune of theirs gets a class, the pair gets a row of its own.
const (
	rowOther  = 0       // no rune begins so
	rowBreak  = rowSize // none of their runes is in a phrase
	rowSkip   = 2 * rowSize
	rowShared = 3 * rowSize
	rowSize   = 256
)

// newClasses has classSkip for what the folding skips and classBreak for all else. A nil folding skips nothing.
func newClasses(skips *foldTable) *classes {
	c := &classes{rows: make([]uint16, rowShared, 64*rowSize)}
	for k := range c.rows {
		if c.rows[k] = classOther; k >= rowBreak && 0x80 <= k%rowSize && k%rowSize < 0xc0 {
			if c.rows[k] = classBreak; k >= rowSkip {
				c.rows[k] = classSkip
			}
		}
	}
	for r := rune(shortRunes); r < firstFar; r += 64 {
		if utf8.ValidRune(r) {
			c.rowOf[rowIndex(r)] = rowBreak
		}
	}
	if skips == nil {
		return c
	}
	for r := rune(0); r <= lastFigure; r++ {
		if isFlat(r) && skips.isSkip(r) {
			c.set(r, classSkip)
		}
	}
	for k, row := range c.rowOf {
		if slices.Equal(c.rows[row:row+rowSize], c.rows[rowSkip:rowSkip+rowSize]) {
			c.rowOf[k] = rowSkip
		}
	}
	return c.packed()
}

// packed leaves out the rows that no pair has.
func (c *classes) packed() *classes {
	rows := slices.Clone(c.rows[:rowShared])
	for k, row := range c.rowOf {
		if row >= rowShared {
			c.rowOf[k] = uint32(len(rows))
			rows = append(rows, c.rows[row:row+rowSize]...)
		}
	}
	c.rows = rows
	return c
}

// clone is a copy with room for more rows.
func (c *classes) clone() *classes {
	out := *c
	out.rows = append(make([]uint16, 0, len(c.rows)+400*rowSize), c.rows...)
	out.far = map[rune]uint16{}
	return &out
}

// isFlat reports whether a rune stands in a table.
func isFlat(r rune) bool {
	return r < firstFar && utf8.ValidRune(r) || firstFigure <= r && r <= lastFigure
}

// rowIndex is the first two bytes of a rune of three, as rowOf has them.
func rowIndex(r rune) uint16 { return uint16(r>>12<<8 | 0x80 | r>>6&0x3f) }

func (c *classes) set(r rune, class uint16) {
	switch {
	case r < shortRunes:
		c.low[r] = class
	case r < firstFar:
		row := &c.rowOf[rowIndex(r)]
		if *row < rowShared {
			from := *row
			*row = uint32(len(c.rows))
			c.rows = append(c.rows, c.rows[from:from+rowSize]...)
		}
		c.rows[*row|0x80|uint32(r)&0x3f] = class
	case firstFigure <= r && r <= lastFigure:
		c.figure[r-firstFigure] = class
	default:
		c.far[r] = class
	}
}

// of is the class of any valid rune; false: it is in no table.
func (c *classes) of(r rune) (uint16, bool) {
	switch {
	case r < shortRunes:
		return c.low[r], true
	case r < firstFar:
		return c.rows[c.rowOf[rowIndex(r)]|0x80|uint32(r)&0x3f], true
	case firstFigure <= r && r <= lastFigure:
		return c.figure[r-firstFigure], true
	}
	class, ok := c.far[r]
	return class, ok
}

func (c *classes) bytes() int {
	return 2*(len(c.low)+len(c.rows)+len(c.figure)) + 4*len(c.rowOf) + 8*len(c.far)
}
