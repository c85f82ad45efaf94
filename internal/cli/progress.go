package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// bar draws progress on a terminal, at most ten times a second.
type bar struct {
	w     io.Writer
	now   func() time.Time
	began time.Time
	last  time.Time
	label string
	drawn bool
}

// show is a call's progress function.
func (b *bar) show(label string, done, of int64) {
	now := b.now()
	if label != b.label {
		b.label, b.began, b.last = label, now, time.Time{}
	}
	finished := of > 0 && done >= of
	if now.Sub(b.last) < 100*time.Millisecond && !finished {
		return
	}
	b.last, b.drawn = now, true
	fmt.Fprint(b.w, "\r\x1b[K"+b.line(done, of, now.Sub(b.began)))
}

// line is one picture of the bar.
func (b *bar) line(done, of int64, spent time.Duration) string {
	if of <= 0 {
		return fmt.Sprintf("%s %s", b.label, grouped(done))
	}
	const cells = 30
	full := int(min(done, of) * cells / of)
	text := fmt.Sprintf("%s [%s%s] %3d%%", b.label, strings.Repeat("=", full), strings.Repeat(" ", cells-full), min(done, of)*100/of)
	if done > 0 && done < of && spent > 2*time.Second {
		left := time.Duration(float64(spent) * float64(of-done) / float64(done))
		text += " " + left.Round(time.Second).String()
	}
	return text
}

// clear removes the bar before something else is written to the terminal.
func (b *bar) clear() {
	if b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.drawn = false
	}
}

// grouped writes a number with separators: 1,234,567.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// erasing clears the bar before each write to the same terminal.
type erasing struct {
	io.Writer
	bar *bar
}

func (e erasing) Write(p []byte) (int, error) {
	e.bar.clear()
	return e.Writer.Write(p)
}
