package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// listed is a list as verbs print it in JSON.
type listed[T any] struct {
	Rows []T `json:"rows"`
}

// TestDutyByCommandLine keeps a roster, tells how people are told, tries an alarm out and locks down, without a console.
func TestDutyByCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		for _, login := range []string{"anna", "ben"} {
			w.must(t, nil, "user", "add", login, "--role", "owner")
		}
		var shifts listed[struct{ ID, Kind, Day, Times, Login string }]
		w.must(t, &shifts, "duty", "add", "anna", "mon-fri", "08:00-20:00")
		if len(shifts.Rows) != 5 || shifts.Rows[4].Day != "fri" {
			t.Fatalf("added = %+v", shifts.Rows)
		}
		w.must(t, nil, "duty", "add", "ben", "all", "20:00-08:00")
		var gaps listed[struct{ Minutes int64 }]
		w.must(t, &gaps, "duty", "gaps")
		if sum := total(gaps.Rows); sum < 2*12*60-1 || sum > 2*12*60 { // on a weekend the first gap begins within a minute
			t.Errorf("gaps = %d minutes, want the two days of the weekend", sum)
		}
		monday := time.Now()
		for monday = monday.AddDate(0, 0, 7); monday.Weekday() != time.Monday; monday = monday.AddDate(0, 0, -1) {
		}
		date := monday.Format(time.DateOnly)
		var change struct{ ID, Kind, Login string }
		w.must(t, &change, "duty", "swap", date, "ben", "--shift", shifts.Rows[0].ID, "--note", "病假")
		if change.Kind != "change" || change.Login != "ben" {
			t.Errorf("swap = %+v", change)
		}
		w.must(t, nil, "duty", "undo", change.ID)
		w.must(t, nil, "duty", "remove", shifts.Rows[1].ID)
		w.must(t, nil, "duty", "undo", shifts.Rows[1].ID)
		w.must(t, &shifts, "duty", "list")
		if len(shifts.Rows) != 12 || slices.ContainsFunc(shifts.Rows, func(s struct{ ID, Kind, Day, Times, Login string }) bool { return s.Kind != "weekly" }) {
			t.Errorf("after the undoing = %+v, want 12 weekly shifts", shifts.Rows)
		}
		w.must(t, nil, "duty", "note", "押金群有两单待退", "--as", "anna")
		key := filepath.Join(w.dir, "hook.key")
		if err := os.WriteFile(key, []byte("s3cret-of-the-hook\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, talk := w.types(t, "--json", "user", "notify", "anna", "webhook:https://example.com/hook", "mail:anna@example.com", "--secret", key)
		if code != 0 || strings.Contains(out+talk, "s3cret") || !strings.Contains(out, `"signed":true`) && !strings.Contains(out, `"signed": true`) {
			t.Errorf("notify = %d: %s %s", code, out, talk)
		}
		var alarm struct{ ID, State, Kind, Holder string }
		w.must(t, &alarm, "duty", "test")
		if alarm.State != "waiting" || alarm.Kind != "test" {
			t.Errorf("test alarm = %+v", alarm)
		}
		w.must(t, &alarm, "duty", "ack", alarm.ID, "--as", "ben")
		if alarm.State != "over" || alarm.Holder != "ben" {
			t.Errorf("acknowledged = %+v", alarm)
		}
		var steps listed[struct{ What, Login string }]
		w.must(t, &steps, "duty", "show", alarm.ID)
		if len(steps.Rows) != 3 || steps.Rows[1].What != "acknowledged" || steps.Rows[1].Login != "ben" {
			t.Errorf("steps = %+v", steps.Rows)
		}
		refusals(t, w)
	})
}

func total(rows []struct{ Minutes int64 }) (sum int64) {
	for _, r := range rows {
		sum += r.Minutes
	}
	return sum
}

// refusals are what the verbs say no to: 2 for wrong usage, 1 for what cannot be done.
func refusals(t *testing.T, w terminal) {
	t.Helper()
	for line, want := range map[string]int{
		"duty add anna someday 08:00-20:00":       2,
		"duty add anna mon 8-20":                  2,
		"duty add nobody mon 08:00-20:00":         1,
		"duty swap 2026-05-01 anna":               2,
		"duty gaps --days 0":                      2,
		"duty ack 0000000000000000000000":         1,
		"duty ack x":                              2,
		"duty set --zone Mars/Olympus":            1,
		"duty set --minutes 9999":                 1,
		"user notify anna pigeon:coop":            1,
		"user notify anna webhook:https://x.test": 1,
		"user notify anna mail":                   2,
		"lockdown on --all --yes":                 2,
		"lockdown on --yes --reason x":            1,
		"lockdown off":                            1,
		"task hand-on 0000000000000000000000":     1,
	} {
		if code, out, talk := w.types(t, strings.Fields(line)...); code != want {
			t.Errorf("%s: exit %d, want %d: %s%s", line, code, want, out, talk)
		}
	}
}
