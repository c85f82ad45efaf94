package duty

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qunluo/internal/community"
)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func id(n byte) community.ID { return community.ID{15: n} }

// when reads a moment of a zone.
func when(t testing.TB, z *time.Location, s string) int64 {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, z)
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixMilli()
}

// office is duty on Mondays by day and by night across midnight; 2026-05-04 is a Monday.
func office(t testing.TB) Roster {
	return Roster{Zone: zoneOf(t, "Asia/Shanghai"), Shifts: []Shift{
		{ID: id(1), User: "anna", Weekday: 0, Start: 8 * 60, End: 20 * 60},
		{ID: id(2), User: "ben", Weekday: 0, Start: 20 * 60, End: 8 * 60},
		{ID: id(3), User: "carl", Weekday: 2, Start: 0, End: 0},
	}}
}

func TestWhoIsOnDutyAndWhoComesNext(t *testing.T) {
	for _, c := range []struct {
		at   string
		want []string
		now  int
	}{
		{"2026-05-04 07:59", []string{"anna", "ben", "carl"}, 0},
		{"2026-05-04 08:00", []string{"anna", "ben", "carl"}, 1},
		{"2026-05-04 19:59", []string{"anna", "ben", "carl"}, 1},
		{"2026-05-04 20:00", []string{"ben", "carl", "anna"}, 1},
		{"2026-05-05 07:59", []string{"ben", "carl", "anna"}, 1},
		{"2026-05-05 08:00", []string{"carl", "anna", "ben"}, 0},
		{"2026-05-06 23:59", []string{"carl", "anna", "ben"}, 1},
		{"2026-05-07 00:00", []string{"anna", "ben", "carl"}, 0},
	} {
		r := office(t)
		got, now := On(r, when(t, r.Zone, c.at))
		if !reflect.DeepEqual(got, c.want) || now != c.now {
			t.Errorf("%s: on duty = %v (%d now), want %v (%d now)", c.at, got, now, c.want, c.now)
		}
	}
}

func TestNobodyIsOnAnEmptyRoster(t *testing.T) {
	if got, now := On(Roster{}, 0); len(got) != 0 || now != 0 {
		t.Errorf("on duty = %v, %d", got, now)
	}
}

func TestChangesOfOneDate(t *testing.T) {
	for name, c := range map[string]struct {
		changes []Change
		at      string
		want    string
	}{
		"somebody stands in":              {[]Change{{ID: id(9), Date: "2026-05-04", Shift: id(1), User: "carl"}}, "2026-05-04 09:00", "carl"},
		"nobody does":                     {[]Change{{ID: id(9), Date: "2026-05-04", Shift: id(1)}}, "2026-05-04 09:00", "-"},
		"only on that date":               {[]Change{{ID: id(9), Date: "2026-05-04", Shift: id(1)}}, "2026-05-11 09:00", "anna"},
		"the night belongs to its Monday": {[]Change{{ID: id(9), Date: "2026-05-04", Shift: id(2), User: "carl"}}, "2026-05-05 03:00", "carl"},
		"one more":                        {[]Change{{ID: id(9), Date: "2026-05-08", User: "dora", Start: 600, End: 660}}, "2026-05-08 10:30", "dora"},
		"one more across midnight":        {[]Change{{ID: id(9), Date: "2026-05-08", User: "dora", Start: 1380, End: 60}}, "2026-05-09 00:30", "dora"},
		"the last word counts": {[]Change{{ID: id(8), Date: "2026-05-04", Shift: id(1), User: "carl"}, {ID: id(9), Date: "2026-05-04", Shift: id(1), User: "dora"}},
			"2026-05-04 09:00", "dora"},
	} {
		r := office(t)
		r.Changes = c.changes
		users, now := On(r, when(t, r.Zone, c.at))
		got := "-"
		if now > 0 {
			got = users[0]
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestGapsAreShown(t *testing.T) {
	r := office(t)
	from := when(t, r.Zone, "2026-05-04 00:00")
	var got []string
	for _, g := range Gaps(r, from, 7) {
		got = append(got, time.UnixMilli(g.From).In(r.Zone).Format("02 15:04")+"–"+time.UnixMilli(g.To).In(r.Zone).Format("02 15:04"))
	}
	want := []string{"04 00:00–04 08:00", "05 08:00–06 00:00", "07 00:00–11 00:00"}
	if !slices.Equal(got, want) {
		t.Errorf("gaps = %v, want %v", got, want)
	}
	if gaps := Gaps(Roster{}, from, 1); len(gaps) != 1 || gaps[0].To-gaps[0].From != 24*3600*1000 {
		t.Errorf("gaps of an empty roster = %v, want one day", gaps)
	}
}

// TestShiftsThatMeetLeaveNoGap: the week of the clock on the wall is covered, so every moment is, also where daylight
// saving leaves an hour out or gives one twice.
func TestShiftsThatMeetLeaveNoGap(t *testing.T) {
	zones := []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "UTC"}
	days := []string{"2026-03-06", "2026-10-30", "2026-04-03", "2011-12-28", "2026-02-13"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		r := Roster{Zone: zone}
		for day := range 7 {
			cuts := rapid.SliceOfNDistinct(rapid.IntRange(1, DayMinutes-1), 0, 4, rapid.ID[int]).Draw(t, "cuts")
			slices.Sort(cuts)
			at := 0
			for _, cut := range append(cuts, DayMinutes) {
				r.Shifts = append(r.Shifts, Shift{ID: id(byte(len(r.Shifts) + 1)), User: fmt.Sprint("u", len(r.Shifts)%3), Weekday: day, Start: at, End: cut})
				at = cut
			}
		}
		first, err := time.ParseInLocation(time.DateOnly, rapid.SampledFrom(days).Draw(t, "from"), zone)
		if err != nil {
			t.Fatal(err)
		}
		if gaps := Gaps(r, first.UnixMilli(), 7); len(gaps) != 0 {
			t.Fatalf("gaps = %v", gaps)
		}
	})
}

// TestGapsAndDutyShareTheTime: at every moment somebody is on duty exactly where there is no gap.
func TestGapsAndDutyShareTheTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRoster(t)
		from := int64(1_777_000_000_000) + rapid.Int64Range(0, 400*24*3600*1000).Draw(t, "from")
		gaps := Gaps(r, from, 7)
		at := from + rapid.Int64Range(0, 6*24*3600*1000).Draw(t, "at")
		_, now := On(r, at)
		gap := slices.ContainsFunc(gaps, func(g Span) bool { return g.From <= at && at < g.To })
		if gap == (now > 0) {
			t.Fatalf("at %d: gap %v, %d on duty", at, gap, now)
		}
	})
}

func anyRoster(t *rapid.T) Roster {
	zone, err := time.LoadLocation(rapid.SampledFrom([]string{"Asia/Shanghai", "Europe/Berlin", "America/St_Johns"}).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	r := Roster{Zone: zone}
	user := rapid.SampledFrom([]string{"anna", "ben", "carl", "dora"})
	for n := range rapid.IntRange(0, 8).Draw(t, "shifts") {
		r.Shifts = append(r.Shifts, Shift{ID: id(byte(n + 1)), User: user.Draw(t, "user"), Weekday: rapid.IntRange(0, 6).Draw(t, "weekday"),
			Start: rapid.IntRange(0, DayMinutes-1).Draw(t, "start"), End: rapid.IntRange(0, DayMinutes).Draw(t, "end")})
	}
	return r
}

func TestMissingIsWhatNobodyHeard(t *testing.T) {
	span := func(pairs ...int64) (out []Span) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, Span{From: pairs[i], To: pairs[i+1]})
		}
		return out
	}
	for name, c := range map[string]struct {
		silences [][]Span
		want     []Span
	}{
		"no listener":               {nil, nil},
		"one":                       {[][]Span{span(5, 9, 8, 12, 20, 20)}, span(5, 12)},
		"the other heard":           {[][]Span{span(0, 10), span(10, 20)}, nil},
		"both silent for a while":   {[][]Span{span(0, 10, 20, 40), span(5, 30)}, span(5, 10, 20, 30)},
		"a third heard all of that": {[][]Span{span(0, 10), span(0, 10), nil}, nil},
	} {
		if got := Missing(c.silences); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestBadShiftsAreSaid(t *testing.T) {
	for want, err := range map[string]error{
		"user":         Shift{Weekday: 1}.Check(),
		"weekday":      Shift{User: "a", Weekday: 7}.Check(),
		"time":         Shift{User: "a", Start: DayMinutes}.Check(),
		"date":         Change{Date: "5.5.26", User: "a"}.Check(),
		"additional":   Change{Date: "2026-05-05"}.Check(),
		"at most":      Change{Date: "2026-05-05", User: "a", Note: strings.Repeat("x", MaxNote+1)}.Check(),
		"want HH:MM":   second(ParseTime("8h")),
		`"25:00": wan`: second(ParseTime("25:00")),
		`"8:00": want`: second(ParseTime("8:00")),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want one that says %q", err, want)
		}
	}
	if n, err := ParseTime("24:00"); n != DayMinutes || err != nil {
		t.Errorf("24:00 = %d, %v", n, err)
	}
}

func second(_ int, err error) error { return err }
