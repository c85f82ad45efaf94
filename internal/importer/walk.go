package importer

import (
	"encoding/json"
	"errors"
	"io"
)

// walk goes through a JSON document of any size, holding at most one captured value. It checks only the structure it
// needs; captured values are checked by whoever parses them.
type walk struct {
	r        io.Reader
	buf      []byte
	pos, end int
	off      int64 // bytes before buf
	err      error
	raw      []byte
}

func newWalk(r io.Reader) *walk { return &walk{r: r, buf: make([]byte, 64<<10)} }

var errCut = errors.New("the file ends in the middle")

// more fills the buffer; false at the end of the file or on an error.
func (w *walk) more() bool {
	if w.err != nil {
		return false
	}
	w.off += int64(w.end)
	w.pos, w.end = 0, 0
	for w.end == 0 && w.err == nil {
		w.end, w.err = w.r.Read(w.buf)
	}
	return w.end > 0
}

// ended is the error for a file that stops too early.
func (w *walk) ended() error {
	if w.err != nil && !errors.Is(w.err, io.EOF) {
		return w.err
	}
	return errCut
}

// peek gives the next byte that is no space.
func (w *walk) peek() (byte, error) {
	for {
		for w.pos < w.end {
			switch c := w.buf[w.pos]; c {
			case ' ', '\t', '\r', '\n':
				w.pos++
			default:
				return c, nil
			}
		}
		if !w.more() {
			return 0, w.ended()
		}
	}
}

func (w *walk) want(c byte) error {
	got, err := w.peek()
	if err != nil {
		return err
	}
	if got != c {
		return errSyntax
	}
	w.pos++
	return nil
}

const errSyntax = labError("not valid JSON")

// object calls fn for every key of an object; fn must take the value (skip, capture, object or array).
func (w *walk) object(fn func(key string) error) error {
	if err := w.want('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		c, err := w.peek()
		switch {
		case err != nil:
			return err
		case c == '}':
			w.pos++
			return nil
		case !first:
			if err := w.want(','); err != nil {
				return err
			}
		}
		key, err := w.key()
		if err != nil {
			return err
		}
		if err := fn(key); err != nil {
			return err
		}
	}
}

// key reads a key and its colon.
func (w *walk) key() (string, error) {
	if c, err := w.peek(); err != nil || c != '"' {
		if err == nil {
			err = errSyntax
		}
		return "", err
	}
	raw, whole, err := w.capture(MaxName)
	if err != nil {
		return "", err
	}
	var key string
	if !whole || json.Unmarshal(raw, &key) != nil {
		return "", errSyntax
	}
	return key, w.want(':')
}

// array calls fn for every element, from 1; fn must take the value.
func (w *walk) array(fn func(i int64) error) error {
	if err := w.want('['); err != nil {
		return err
	}
	for i := int64(1); ; i++ {
		c, err := w.peek()
		switch {
		case err != nil:
			return err
		case c == ']':
			w.pos++
			return nil
		case i > 1:
			if err := w.want(','); err != nil {
				return err
			}
		}
		if err := fn(i); err != nil {
			return err
		}
	}
}

// skip passes over a value.
func (w *walk) skip() error { return w.value(-1) }

// capture takes a value of at most limit bytes; of a longer one it gives the beginning and whole = false. The bytes are
// valid until the next call.
func (w *walk) capture(limit int) (raw []byte, whole bool, err error) {
	w.raw = w.raw[:0]
	if err := w.value(limit); err != nil {
		return w.raw, false, err
	}
	if len(w.raw) > limit {
		return w.raw[:limit], false, nil
	}
	return w.raw, true, nil
}

// value passes over a value and keeps up to limit+1 of its bytes.
func (w *walk) value(limit int) error {
	if _, err := w.peek(); err != nil {
		return err
	}
	nest, quoted, escaped, scalar := 0, false, false, false
	for {
		start := w.pos
		for w.pos < w.end {
			c := w.buf[w.pos]
			if quoted {
				w.pos++
				switch {
				case escaped:
					escaped = false
				case c == '\\':
					escaped = true
				case c == '"':
					if quoted = false; nest == 0 {
						w.keep(start, limit)
						return nil
					}
				}
				continue
			}
			switch c {
			case '"':
				if scalar {
					return errSyntax
				}
				quoted = true
			case '{', '[':
				if scalar {
					return errSyntax
				}
				if nest++; nest > maxDepth {
					return errTooDeep
				}
			case '}', ']', ',', ' ', '\t', '\r', '\n', ':':
				if nest == 0 { // the end of a number or word, which belongs to whoever called
					w.keep(start, limit)
					if !scalar {
						return errSyntax
					}
					return nil
				}
				if c == '}' || c == ']' {
					if nest--; nest == 0 {
						w.pos++
						w.keep(start, limit)
						return nil
					}
				}
			default:
				scalar = scalar || nest == 0
			}
			w.pos++
		}
		w.keep(start, limit)
		if !w.more() {
			if scalar && errors.Is(w.err, io.EOF) {
				return nil
			}
			return w.ended()
		}
	}
}

func (w *walk) keep(start, limit int) {
	if room := limit + 1 - len(w.raw); room > 0 {
		w.raw = append(w.raw, w.buf[start:min(w.pos, start+room)]...)
	}
}

// text captures a string, or a number as it stands; anything else is "".
func (w *walk) text() (string, error) {
	raw, whole, err := w.capture(MaxLine)
	if err != nil || !whole {
		return "", err
	}
	s, err := labText(raw)
	if err != nil {
		return "", nil
	}
	return s, nil
}

// topKeys lists the keys of the outermost object as far as the head of a file goes, and those of the first object in
// an array "messages": by tokens, so that a picture in front of them does no harm.
func topKeys(head []byte) (top, first map[string]bool) {
	top, first = map[string]bool{}, map[string]bool{}
	w := newWalk(&cleaner{r: &headReader{b: trimBOM(head)}})
	_ = w.object(func(key string) error { // a head that ends in the middle has told what it could
		top[key] = true
		if c, err := w.peek(); key != "messages" || err != nil || c != '[' {
			return w.skip()
		}
		return w.array(func(i int64) error {
			if c, err := w.peek(); i > 1 || err != nil || c != '{' {
				return w.skip()
			}
			return w.object(func(key string) error {
				first[key] = true
				return w.skip()
			})
		})
	})
	return top, first
}

// firstKeys lists the keys of the first object of a document that is an array.
func firstKeys(head []byte) map[string]bool {
	keys := map[string]bool{}
	w := newWalk(&headReader{b: trimBOM(head)})
	_ = w.array(func(i int64) error { // a head that ends in the middle has told what it could
		if c, err := w.peek(); i > 1 || err != nil || c != '{' {
			return errHeard
		}
		return w.object(func(key string) error {
			keys[key] = true
			return w.skip()
		})
	})
	return keys
}

// walk gives a walk over a file without its byte order mark, and what closes the file.
func (f File) walk() (*walk, func() error, error) {
	in, err := f.Open()
	if err != nil {
		return nil, nil, err
	}
	return newWalk(&cleanBOM{r: in}), in.Close, nil
}

func trimBOM(b []byte) []byte {
	if len(b) >= 3 && string(b[:3]) == string(bom) {
		return b[3:]
	}
	return b
}

type headReader struct{ b []byte }

func (h *headReader) Read(p []byte) (int, error) {
	if len(h.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, h.b)
	h.b = h.b[n:]
	return n, nil
}
