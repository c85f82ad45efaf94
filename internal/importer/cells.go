package importer

import (
	"bytes"
	"errors"
	"io"
)

// cells reads CSV or TSV: quoted cells may hold the separator, line breaks and doubled quotes. A record is at most
// MaxLine bytes; where a quote is never closed only the line it stands in is lost.
type cells struct {
	r    io.Reader
	sep  byte
	buf  []byte
	pos  int
	eof  bool
	line int64 // line on which the record last given began, from 1
	next int64
	row  [][]byte
	text []byte
}

func newCells(r io.Reader, sep byte) *cells {
	return &cells{r: r, sep: sep, next: 1}
}

const (
	errQuote  = labError(badQuote)
	errRecord = labError(badLong)
)

// read gives the next record; its cells are valid until the next call. A labError concerns this record alone: its
// beginning comes with it, and reading goes on after the line.
func (c *cells) read() (row [][]byte, raw []byte, err error) {
	for {
		n, lines, ok, bad := c.parse()
		if ok {
			raw = c.buf[c.pos : c.pos+n]
			c.line, c.next, c.pos = c.next, c.next+lines, c.pos+n
			return c.row, raw, nil
		}
		if !bad && !c.eof && len(c.buf)-c.pos < MaxLine {
			if err := c.fill(); err != nil {
				return nil, nil, err
			}
			continue
		}
		if c.pos == len(c.buf) {
			return nil, nil, io.EOF
		}
		why := errQuote
		if !bad && len(c.buf)-c.pos >= MaxLine {
			why = errRecord
		}
		return nil, c.dropLine(), why
	}
}

// fill reads on, moving what is left to the front.
func (c *cells) fill() error {
	left := copy(c.buf[:cap(c.buf)], c.buf[c.pos:])
	c.pos = 0
	if cap(c.buf)-left < 64<<10 {
		bigger := make([]byte, left, 2*left+128<<10)
		copy(bigger, c.buf[:left])
		c.buf = bigger
	}
	c.buf = c.buf[:left]
	n, err := c.r.Read(c.buf[left:min(cap(c.buf), left+64<<10)])
	c.buf = c.buf[:left+n]
	if errors.Is(err, io.EOF) {
		c.eof, err = true, nil
	}
	return err
}

// dropLine gives up on one line.
func (c *cells) dropLine() []byte {
	rest := c.buf[c.pos:]
	n := bytes.IndexByte(rest, '\n') + 1
	if n == 0 {
		n = len(rest)
	}
	c.pos += n
	c.line = c.next
	c.next++
	return rest[:n]
}

// parse tries to read a record at pos. It answers its length in bytes and lines; not ok and not bad means: more is
// needed.
func (c *cells) parse() (n int, lines int64, ok, bad bool) {
	b := c.buf[c.pos:]
	c.row, c.text = c.row[:0], c.text[:0]
	if len(b) == 0 {
		return 0, 0, false, false
	}
	if cap(c.text) < len(b) {
		c.text = make([]byte, 0, max(len(b), 64<<10)) // cells point into it, so it must not move
	}
	i := 0
	for {
		var done, fine bool
		if i, lines, done, fine, bad = c.cell(b, i, lines); bad || !fine {
			return 0, 0, false, bad
		}
		if done {
			return i, lines, true, false
		}
	}
}

// cell reads one cell at i. done: the record ended; fine is false when more bytes are needed.
func (c *cells) cell(b []byte, i int, lines int64) (at int, n int64, done, fine, bad bool) {
	start := len(c.text)
	if i < len(b) && b[i] == '"' {
		i++
		for {
			q := bytes.IndexByte(b[i:], '"')
			if q < 0 {
				return 0, lines, false, false, c.eof
			}
			c.text = append(c.text, b[i:i+q]...)
			lines += int64(bytes.Count(b[i:i+q], []byte{'\n'}))
			i += q + 1
			if i < len(b) && b[i] == '"' {
				c.text = append(c.text, '"')
				i++
				continue
			}
			break
		}
	} else {
		for i < len(b) && b[i] != c.sep && b[i] != '\n' {
			c.text = append(c.text, b[i])
			i++
		}
		if i < len(b) && b[i] == '\n' || i == len(b) && c.eof {
			c.text = bytes.TrimSuffix(c.text, []byte{'\r'})
		}
	}
	c.row = append(c.row, c.text[start:max(start, len(c.text))])
	if i < len(b) && b[i] == '\r' && (i+1 < len(b) && b[i+1] == '\n' || i+1 == len(b) && c.eof) {
		i++
	}
	switch {
	case i == len(b):
		return i, lines + 1, true, c.eof, false
	case b[i] == '\n':
		return i + 1, lines + 1, true, true, false
	case b[i] == c.sep:
		return i + 1, lines, false, true, false
	case b[i] == '\r' && i+1 == len(b):
		return 0, lines, false, false, false
	}
	return 0, lines, false, false, true
}
