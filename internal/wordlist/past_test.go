package wordlist

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// realLines gives the lines of all files with a suffix in an archive of the folder that QL_TESTDATA names, or skips.
func realLines(t *testing.T, name, suffix string, each func(file, line string)) {
	t.Helper()
	err := errors.New("QL_TESTDATA is not set")
	var file *os.File
	if dir := os.Getenv("QL_TESTDATA"); dir != "" {
		file, err = os.Open(filepath.Join(dir, name))
	}
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "testdata") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for in := tar.NewReader(packed); ; {
		head, err := in.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(head.Name, suffix) {
			continue
		}
		for lines := bufio.NewScanner(in); lines.Scan(); {
			each(head.Name, strings.ToValidUTF8(lines.Text(), ""))
		}
	}
}

// TestBigListIsTamedByTheGroupsOwnPast lints the 51,117 words on ten days of a real group and tries what is left on the ten
// days after: at most 0.5 % of messages, and at least 70 % of the words of three or more characters stay.
func TestBigListIsTamedByTheGroupsOwnPast(t *testing.T) {
	var rows []Row
	realLines(t, "words-zh-51k.tar.gz", ".txt", func(_, line string) { rows = append(rows, Row{Line: len(rows) + 1, Text: line}) })
	said := regexp.MustCompile(`^\[\d\d:\d\d\] <([^>]+)> (.*)$`)
	type spoken struct {
		who, text string
		day       int
	}
	var all []spoken
	days := map[string]map[int]bool{}
	realLines(t, "irc-ubuntu-2013-01.tar.gz", "#ubuntu-cn.txt", func(file, line string) {
		day := 0
		fmt.Sscanf(filepath.Base(filepath.Dir(file)), "%d", &day)
		if m := said.FindStringSubmatch(line); m != nil {
			all = append(all, spoken{m[1], m[2], day})
			if days[m[1]] == nil {
				days[m[1]] = map[int]bool{}
			}
			if day <= 10 {
				days[m[1]][day] = true
			}
		}
	})
	list := Lint(rows, Present{}, time.UTC)
	p, err := NewPast(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.day <= 10 {
			p.Add(Message{Text: s.text, Day: int64(s.day), Ordinary: len(days[s.who]) > 1})
		}
	}
	r := p.Judge()
	t.Logf("days 1-10: %d messages, %d ordinary; before %d, after %d (others %d), limit %g", r.Messages, r.Ordinary, r.Before, r.After, r.Others, r.Limit)
	t.Logf("%d rows: %d kept, %d quarantined, %d rejected; long %d, kept %d", r.Rows, r.Kept, r.Quarantined, r.Rejected, r.Long, r.LongKept)
	for _, w := range r.Reasons {
		t.Logf("%s %d %v", w.Code, w.N, w.Examples)
	}
	later, err := NewPast(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.day > 10 {
			later.Add(Message{Text: s.text, Day: int64(s.day), Ordinary: true})
		}
	}
	after := later.report(0)
	t.Logf("days 11-20: %d messages, before %d, after %d = %.2f %%", after.Messages, after.Before, after.After, 100*float64(after.After)/float64(after.Messages))
	t.Logf("%v", after.TopKept)
	if share := float64(after.After) / float64(after.Messages); share > .005 {
		t.Errorf("what is left hits %.2f %% of the days after, want at most 0.5 %%", share*100)
	}
	if stay := float64(r.LongKept) / float64(r.Long); stay < .7 {
		t.Errorf("of the long words %.0f %% stay, want at least 70 %%", stay*100)
	}
}
