package admit

import (
	"strconv"
	"strings"
)

// Serial reads the number of a group that is called by a code's prefix and a number: "读书 7", "读书7". ok false: it is not.
func Serial(base, name string) (n int, ok bool) {
	rest, found := strings.CutPrefix(name, base)
	if !found || base == "" {
		return 0, false
	}
	rest = strings.TrimLeft(rest, " ")
	n, err := strconv.Atoi(rest)
	return n, err == nil && n > 0 && rest[0] != '+' && n < 1e6
}

// NextSerial is the number of the next group of a prefix, after those that are there.
func NextSerial(base string, names []string) int {
	last := 0
	for _, name := range names {
		if n, ok := Serial(base, name); ok {
			last = max(last, n)
		}
	}
	return last + 1
}
