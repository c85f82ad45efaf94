package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lines reads a file line by line in memory bounded by MaxLine.
type lines struct {
	br   *bufio.Reader
	buf  []byte
	n    int64 // number of the line last given, from 1
	long bool  // that line was longer than MaxLine; only its beginning was given
}

func newLines(r io.Reader) *lines {
	return &lines{br: bufio.NewReaderSize(r, 256<<10)}
}

// next gives the next line without its end (LF or CRLF) and, for the first, without a byte order mark. The bytes are
// valid until the next call. The end of the file is io.EOF; a last line without an end is a line.
func (l *lines) next() ([]byte, error) {
	l.long = false
	b, err := l.br.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		b, err = l.rest(b)
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(b) == 0) {
		return nil, err
	}
	l.n++
	if l.n == 1 {
		b = bytes.TrimPrefix(b, bom)
	}
	b = bytes.TrimSuffix(b, []byte{'\n'})
	return bytes.TrimSuffix(b, []byte{'\r'}), nil
}

// rest reads on through a line longer than the buffer, keeping at most MaxLine bytes of it.
func (l *lines) rest(head []byte) ([]byte, error) {
	l.buf = append(l.buf[:0], head...)
	for {
		b, err := l.br.ReadSlice('\n')
		room := MaxLine - len(l.buf)
		if len(b) > room {
			b, l.long = b[:room], true
		}
		l.buf = append(l.buf, b...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l.buf, err
		}
	}
}
