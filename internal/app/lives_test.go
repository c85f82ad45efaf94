package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunluo/internal/cli"
)

// fadingLogs writes logs of channels that are lively for 20 weeks, then quiet, and in which from some day on one person talks alone: nobody
// answers, so they have ended 28 days later. last says until which week from the quiet on people talk.
func fadingLogs(t *testing.T, dir string, first time.Time, last map[string]int) {
	t.Helper()
	const weeks = 40
	for name, quiet := range last {
		for i := range weeks * 7 {
			day, week := first.AddDate(0, 0, i), i/7
			var text strings.Builder
			people := 0
			switch {
			case week < 20:
				people = 6
			case week < 20+quiet:
				people = 2
			}
			for who := range people {
				fmt.Fprintf(&text, "[%02d:%02d] <p%d> 早\n", 8, 5*who, (who+i*people/2)%(2*people))
			}
			text.WriteString("[20:00] <herald> 晚报\n")
			at := filepath.Join(dir, "log", day.Format("2006"), day.Format("01"), day.Format("02"))
			if err := os.MkdirAll(at, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(at, name+".txt"), []byte(text.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestLifeOfGroupsOnTheCommandLine: imported channels decline and end; with seven nothing can be decided, with nine renewed ones are
// compared with the others from the day of their renewal.
func TestLifeOfGroupsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		first := time.Now().UTC().AddDate(0, 0, -41*7)
		var none cli.LifeReport
		w.must(t, &none, "insight", "life")
		if none.Verdict != "cannot_be_decided" || none.Missing["groups"] != 8 || len(none.Groups) != 0 {
			t.Errorf("of no group = %+v", none)
		}
		channels := map[string]int{}
		for i := range 7 {
			channels[fmt.Sprintf("#c%d", i)] = 4 + 2*(i%5)
		}
		fadingLogs(t, w.dir, first, channels)
		w.must(t, nil, "import", "--zone", "UTC", filepath.Join(w.dir, "log"))
		var r cli.LifeReport
		w.must(t, &r, "insight", "life")
		if r.Declined != 7 || r.Verdict != "cannot_be_decided" || r.Missing["groups"] != 1 || r.Missing["renewed"] != 4 || r.Ended != 7 {
			t.Fatalf("of seven = %+v", r)
		}
		for _, g := range r.Groups {
			if g.State != "ended" || g.Last == "" || g.Days <= 0 {
				t.Errorf("%+v", g)
			}
		}
		more := map[string]int{"#c7": 9, "#c8": 17}
		fadingLogs(t, w.dir+"/more", first, more)
		w.must(t, nil, "import", "--zone", "UTC", filepath.Join(w.dir, "more", "log"))
		var renewal struct{ ID, Day, From string }
		for i := range 5 {
			day := first.AddDate(0, 0, 23*7+i).Format("2006-01-02")
			w.must(t, &renewal, "renewal", "add", fmt.Sprintf("#c%d", 2*i), "换主题重新开群", "--day", day)
			if renewal.Day != day || renewal.From != "entered" {
				t.Errorf("renewal = %+v", renewal)
			}
		}
		w.must(t, &r, "insight", "life")
		if r.Counted != 9 || r.Renewed < 4 || r.Verdict == "cannot_be_decided" || r.P <= 0 || r.P > 1 || r.Plain.N < 9-r.Renewed || r.Anew.N != r.Renewed || len(r.Plain.Points) == 0 {
			t.Errorf("of nine = %+v", r)
		}
		w.must(t, &renewal, "renewal", "void", renewal.ID, "--reason", "记错了")
		if renewal.From != "void" {
			t.Errorf("voided = %+v", renewal)
		}
		var after cli.LifeReport
		w.must(t, &after, "insight", "life")
		if after.Renewed != r.Renewed-1 {
			t.Errorf("renewed %d, before the void %d", after.Renewed, r.Renewed)
		}
		w.must(t, nil, "import", "--zone", "UTC", filepath.Join(w.dir, "more", "log")) // the same again
		var again cli.LifeReport
		w.must(t, &again, "insight", "life")
		if fmt.Sprint(again) != fmt.Sprint(after) {
			t.Errorf("after the same import: %+v, before %+v", again, after)
		}
		for _, bad := range [][]string{{"renewal", "add", "#nowhere", "x"}, {"renewal", "add", "#c1", "x", "--day", "2099-01-01"}, {"renewal", "add", "#c1", " "}, {"renewal", "add", "#c1", "x", "--day", "bald"},
			{"renewal", "void", renewal.ID, "--reason", "again"}, {"renewal", "void", "x", "--reason", "y"}} {
			if code, _, _ := w.types(t, bad...); code == cli.ExitDone {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}
