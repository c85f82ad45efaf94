package console

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryFileWithPeopleInItAsksTheGuard: no list of people leaves as a file uncounted; a new one stands here or asks.
func TestEveryFileWithPeopleInItAsksTheGuard(t *testing.T) {
	raw, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	nobody := []string{"/activity.csv", "/codes.csv", "/groups.csv", "/compare.csv", "/formats.csv"} // sums by day, our own codes, groups, their figures, those of formats: nobody is in them
	h := furnished()
	v := open(t, h).as("owner")
	n := 0
	for line := range strings.Lines(string(raw)) {
		method, rest, _ := strings.Cut(line, " ")
		path, _, _ := strings.Cut(rest, " ")
		if method != "GET" || !strings.HasSuffix(path, ".csv") || slices.Contains(nobody, path) {
			continue
		}
		n++
		status, _ := v.get(path)
		if i := slices.IndexFunc(h.let, func(asked string) bool { return strings.HasPrefix(asked, path+" ") }); status != 200 || i < 0 {
			t.Errorf("%s = %d without a word to the guard", path, status)
		}
	}
	if n < 7 {
		t.Errorf("%d files were looked at", n)
	}
}
