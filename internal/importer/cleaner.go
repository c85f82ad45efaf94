package importer

import "io"

// cleaner makes JSON out of what Telegram Desktop writes: control bytes stand there as \x0B, which JSON does not know.
// Inside strings \xHH becomes \u00HH; \\x stays. It also takes a byte order mark off.
type cleaner struct {
	r      io.Reader
	in     [32 << 10]byte
	out    []byte // ready to be given
	next   int
	held   []byte // the beginning of an escape at the end of what was read
	quoted bool
	begun  bool
	err    error
}

// Read gives cleaned bytes.
func (c *cleaner) Read(p []byte) (int, error) {
	for c.next == len(c.out) {
		if c.err != nil {
			return 0, c.err
		}
		c.fill()
	}
	n := copy(p, c.out[c.next:])
	c.next += n
	return n, nil
}

func (c *cleaner) fill() {
	n := copy(c.in[:], c.held)
	c.held = nil
	got, err := c.r.Read(c.in[n:])
	c.err = err
	b := c.in[:n+got]
	if !c.begun {
		if len(b) < 3 && err == nil && len(b) > 0 {
			c.held = append([]byte(nil), b...)
			c.out, c.next = c.out[:0], 0
			return
		}
		b = trimBOM(b)
		c.begun = len(b) > 0
	}
	c.out, c.next = c.out[:0], 0
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			c.quoted = !c.quoted
		case b[i] == '\\' && c.quoted:
			if len(b)-i < 4 && err == nil {
				c.held = append([]byte(nil), b[i:]...)
				return
			}
			if i+1 == len(b) {
				break
			}
			if i+3 < len(b) && b[i+1] == 'x' && isHex(b[i+2]) && isHex(b[i+3]) {
				c.out = append(c.out, '\\', 'u', '0', '0', b[i+2], b[i+3])
				i += 3
				continue
			}
			c.out = append(c.out, b[i])
			i++
		}
		c.out = append(c.out, b[i])
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
