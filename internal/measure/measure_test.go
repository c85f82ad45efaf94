package measure_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// rows is a source made of rows; days named in unknown are not covered.
type rows struct {
	days    []measure.DayRow
	unknown map[measure.Day]bool
	size    int64
	silent  int64
}

func (r rows) DayRows(_ context.Context, groups []community.GroupKey, from, to measure.Day, fn func(measure.DayRow) error) error {
	for _, row := range r.days {
		if row.Day >= from && row.Day <= to {
			if err := fn(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r rows) DaySums(ctx context.Context, groups []community.GroupKey, from, to measure.Day, fn func(*measure.DaySum) error) error {
	return measure.SumRows(func(each func(measure.DayRow) error) error { return r.DayRows(ctx, groups, from, to, each) }, fn)
}

func (r rows) Covered(_ context.Context, places []measure.Place, from, to measure.Day) ([][]bool, error) {
	out := make([][]bool, len(places))
	for i := range out {
		for d := from; d <= to; d++ {
			out[i] = append(out[i], !r.unknown[d])
		}
	}
	return out, nil
}

func (r rows) Roster(_ context.Context, _ []measure.Place, from, to measure.Day) ([]int64, error) {
	return slices.Repeat([]int64{r.size}, int(to-from)+1), nil
}

func (r rows) Silent(context.Context, []community.GroupKey) (int64, int64, error) {
	return r.silent, max(r.size, 0), nil
}

// said is a day on which members say so many messages each, all text at one hour.
func said(d measure.Day, hour int, counts map[community.MemberKey]int64) measure.DayRow {
	row := measure.DayRow{Group: 1, Day: d, Events: 1}
	for m := community.MemberKey(1); m < 200; m++ {
		if n := counts[m]; n > 0 {
			row.Speech = append(row.Speech, measure.Speech{Member: m, Cells: []measure.Cell{{Hour: hour, Count: n}}})
			row.Messages += n
			row.Speakers++
		}
	}
	return row
}

type counts = map[community.MemberKey]int64

func day(t *testing.T, s string) measure.Day {
	t.Helper()
	d, err := measure.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func run(t *testing.T, src measure.Source, from, to measure.Day) measure.Activity {
	t.Helper()
	a, err := measure.Measure(t.Context(), src, []measure.Place{{Group: 1, Zone: shanghai}}, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func TestTrailingWindowsAreInclusive(t *testing.T) {
	d := day(t, "2026-03-31")
	a := run(t, rows{days: []measure.DayRow{
		said(d-30, 9, counts{1: 1}), said(d-29, 9, counts{2: 1}), said(d-7, 9, counts{3: 1}), said(d-6, 9, counts{4: 1}), said(d, 9, counts{5: 1, 2: 1}),
	}, size: 10}, d-1, d)
	last := a.Daily[1]
	if last.DAU != 2 || last.WAU != 3 || last.MAU != 4 {
		t.Errorf("DAU, WAU, MAU = %d, %d, %d, want 2, 3 (4, 5, 2), 4 (2, 3, 4, 5)", last.DAU, last.WAU, last.MAU)
	}
	if before := a.Daily[0]; before.MAU != 4 {
		t.Errorf("MAU of the day before = %d, want 4 (1, 2, 3, 4)", before.MAU)
	}
}

func TestMeansDivideByCoveredDays(t *testing.T) {
	d := day(t, "2026-03-31")
	src := rows{days: []measure.DayRow{said(d-9, 9, counts{1: 1, 2: 1}), said(d-5, 9, counts{1: 1})}, size: -1, unknown: map[measure.Day]bool{d: true, d - 1: true}}
	a := run(t, src, d-9, d)
	near(t, "mean DAU", a.MeanDAU.Value, 3.0/8)
	if a.Coverage != (measure.Coverage{Covered: 8, Of: 10}) || a.MeanDAU.Withheld != "" {
		t.Errorf("coverage %+v, withheld %q: a fifth unknown is still enough", a.Coverage, a.MeanDAU.Withheld)
	}
	src.unknown[d-2] = true
	if a := run(t, src, d-9, d); a.MeanDAU.Withheld != measure.LowCover {
		t.Errorf("three of ten days unknown: withheld %q, want %q", a.MeanDAU.Withheld, measure.LowCover)
	}
}

func TestRatesNeedTheirPopulation(t *testing.T) {
	d := day(t, "2026-03-31")
	src := rows{days: []measure.DayRow{said(d, 9, counts{1: 3, 2: 1}), said(d-1, 9, counts{1: 1})}, size: 40, silent: 12}
	a := run(t, src, d-1, d)
	near(t, "stickiness", a.Stickiness.Value, (3.0/30)/2)
	near(t, "speaking rate", a.SpeakingRate.Value, 2.0/40)
	near(t, "never spoke", a.NeverSpoke.Value, 12.0/40)
	if a.SpeakingRate.Grey || !a.Stickiness.Grey {
		t.Errorf("grey: speaking rate of 40 %v, stickiness of 2 %v", a.SpeakingRate.Grey, a.Stickiness.Grey)
	}
	src.size = -1
	if a := run(t, src, d-1, d); a.SpeakingRate.Withheld != measure.NoRoster {
		t.Errorf("without a roster: %+v", a.SpeakingRate)
	}
	if a := run(t, rows{size: 40}, d-1, d); a.Stickiness.Withheld != measure.NoData || a.OneMessage.Withheld != measure.NoData {
		t.Errorf("without a word: stickiness %+v, one message %+v", a.Stickiness, a.OneMessage)
	}
}

func TestSpreadOverSpeakers(t *testing.T) {
	d := day(t, "2026-03-31")
	a := run(t, rows{days: []measure.DayRow{said(d, 9, counts{1: 1, 2: 1, 3: 1, 4: 7})}, size: -1}, d, d)
	near(t, "Gini of 1, 1, 1, 7", a.Gini.Value, 0.45)
	near(t, "median", a.Median, 1)
	if a.P90 != 7 {
		t.Errorf("p90 = %d, want 7", a.P90)
	}
	near(t, "top 1 %: at least one", a.Top1.Value, 0.7)
	near(t, "one message", a.OneMessage.Value, 0.75)
	if len(a.Top) != 4 || a.Top[0].Member != 4 || a.Top[1].Member != 1 || a.Top[3].Member != 3 {
		t.Errorf("talkers %v: most first, ties in order of member", a.Top)
	}
	many := counts{}
	for m := range 11 {
		many[community.MemberKey(m+1)] = int64(m + 1)
	}
	a = run(t, rows{days: []measure.DayRow{said(d, 9, many)}, size: -1}, d, d)
	near(t, "top 10 % of 11 are two", a.Top10.Value, 21.0/66)
}

func TestHeatCountsTheHoursThatWere(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	spring, autumn := day(t, "2026-03-29"), day(t, "2026-10-25") // Sundays
	for _, c := range []struct {
		day   measure.Day
		hour  int
		hours int
	}{{spring, 2, 0}, {spring, 3, 1}, {autumn, 2, 2}, {autumn, 3, 1}} {
		src := rows{days: []measure.DayRow{said(c.day, 3, counts{1: 4})}, size: -1}
		a, err := measure.Measure(t.Context(), src, []measure.Place{{Group: 1, Zone: berlin}}, c.day, c.day)
		if err != nil {
			t.Fatal(err)
		}
		slot := a.Heat[6][c.hour]
		if slot.Hours != c.hours || slot.Known != (c.hours > 0) {
			t.Errorf("%s at %d: %+v, want %d hours", c.day, c.hour, slot, c.hours)
		}
		if at3 := a.Heat[6][3]; at3.Mean != 4 {
			t.Errorf("%s at 3: mean %v, want 4", c.day, at3.Mean)
		}
	}
}

func TestDaysAreCutInTheZone(t *testing.T) {
	for _, c := range []struct {
		at   string
		zone *time.Location
		day  string
		hour int
	}{
		{"2026-01-01T16:00:00Z", shanghai, "2026-01-02", 0},
		{"2026-01-01T15:59:59Z", shanghai, "2026-01-01", 23},
		{"1969-12-31T23:00:00Z", time.UTC, "1969-12-31", 23},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		d, hour := measure.DayOf(at.UnixMilli(), c.zone)
		if d.String() != c.day || hour != c.hour {
			t.Errorf("%s in %s: %s %d, want %s %d", c.at, c.zone, d, hour, c.day, c.hour)
		}
	}
	if d := day(t, "2026-03-30"); d.Weekday() != 0 || (d-1).Weekday() != 6 || measure.Day(-4).Weekday() != 6 {
		t.Error("2026-03-30 is a Monday, 1969-12-28 a Sunday")
	}
}

func TestOneMembersSpeech(t *testing.T) {
	d := day(t, "2026-03-31") // a Tuesday
	src := rows{days: []measure.DayRow{said(d-1, 8, counts{1: 2, 2: 5}), said(d, 9, counts{1: 1})}}
	a, err := measure.MeasureMember(t.Context(), src, []measure.Place{{Group: 1, Zone: shanghai}}, 1, d-2, d)
	if err != nil {
		t.Fatal(err)
	}
	if a.Messages != 3 || a.Days != 2 || a.Hours[8] != 2 || a.Hours[9] != 1 || a.Weekdays[0] != 2 || a.Weekdays[1] != 1 || a.Classes[community.Text] != 3 || a.Daily[1] != 2 {
		t.Errorf("speech = %+v", a)
	}
	if _, err := measure.MeasureMember(t.Context(), src, nil, 1, d, d-1); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("days that run back give %v", err)
	}
}
