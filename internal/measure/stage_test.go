package measure

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"qunluo/internal/community"
)

// lived makes weeks with these speakers, all covered, beginning on a Monday; each speaker says five things.
func lived(monday string, speakers ...int64) []Week {
	start, err := ParseDay(monday)
	if err != nil || start.Weekday() != 0 {
		panic(monday)
	}
	out := make([]Week, len(speakers))
	for i, n := range speakers {
		out[i] = Week{Start: start + Day(7*i), Covered: 7, Speakers: n, New: n / 10, Messages: 5 * n, Top: 2 * n}
		out[i].Holiday = holidayWeek(out[i].Start)
	}
	return out
}

func repeat(n int, v int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func TestStagesAreTold(t *testing.T) {
	r := DefaultStageRules()
	falling := append(repeat(20, 60), 55, 50, 46, 41, 37, 32, 28, 23)
	fresh := lived("2025-03-03", append(repeat(52, 20), 22, 25, 28, 33, 37, 41, 47, 52)...)
	for i := range fresh[52:] {
		fresh[52+i].New = fresh[52+i].Speakers / 2
	}
	for name, c := range map[string]struct {
		weeks   []Week
		verdict string
		differ  bool
	}{
		"nothing":               {nil, StageYoung, false},
		"seven weeks":           {lived("2025-03-03", repeat(7, 30)...), StageYoung, false},
		"a new group that grew": {lived("2025-03-03", 5, 8, 12, 15, 19, 22, 26, 31, 33), StageBurst, false},
		"level":                 {lived("2025-03-03", repeat(28, 60)...), StageStable, false},
		"falling":               {lived("2025-03-03", falling...), StageDecline, true},
		"old and level":         {lived("2024-03-04", repeat(70, 60)...), StageStable, true},
		"old and full of new":   {fresh, StageBurst, true},
		"a noisy level":         {lived("2025-03-03", 30, 22, 41, 28, 35, 20, 39, 31, 25, 37, 29, 33, 30, 28, 34, 27), StageStable, false},
	} {
		s := Judge(c.weeks, r)
		if s.Verdict != c.verdict || s.Differ() != c.differ {
			t.Errorf("%s: %s (age says %s), differ %v, want %s, %v", name, s.Verdict, s.ByAge, s.Differ(), c.verdict, c.differ)
		}
		if math.IsNaN(s.Level + s.Usual + s.Speakers.P + s.NewShare.Value + s.CoreNow.Value + s.Warning.Score + s.Warning.Usual + s.Warning.Recent) {
			t.Errorf("%s: NaN in %+v", name, s)
		}
	}
}

func TestStageOfAlmostNobodyIsNoNonsense(t *testing.T) {
	for _, n := range []int64{0, 1, 3} {
		s := Judge(lived("2025-03-03", repeat(30, n)...), DefaultStageRules())
		if s.Verdict != StageStable || s.Warning.On || s.Speakers.P != 1 || len(s.Shifts) != 0 {
			t.Errorf("%d speakers a week: %+v", n, s)
		}
	}
}

// TestARiseThatIsSpamIsNoBurst: with most messages hit by rules the same rise is not called a burst, and the share is said with what it
// rests on.
func TestARiseThatIsSpamIsNoBurst(t *testing.T) {
	weeks := lived("2025-03-03", 5, 8, 12, 15, 19, 22, 26, 31, 33)
	if s := Judge(weeks, DefaultStageRules()); s.Verdict != StageBurst || s.Spam.Value != 0 || s.Spam.Den == 0 || s.Spam.Withheld != "" {
		t.Errorf("without spam: %s, %+v", s.Verdict, s.Spam)
	}
	var spam, sent int64
	for i := range weeks {
		weeks[i].Spam, weeks[i].Recalled = weeks[i].Messages, weeks[i].Messages
		if i >= len(weeks)-8 {
			spam, sent = spam+weeks[i].Spam, sent+2*weeks[i].Messages
		}
	}
	s := Judge(weeks, DefaultStageRules())
	if s.Verdict != StageStable || s.Spam.Num != float64(spam) || s.Spam.Den != float64(sent) || s.Spam.Value != 0.5 {
		t.Errorf("with spam: %s, %+v", s.Verdict, s.Spam)
	}
	loose := DefaultStageRules()
	loose.Spam = 0.6
	if s := Judge(weeks, loose); s.Verdict != StageBurst {
		t.Errorf("by looser rules: %s", s.Verdict)
	}
	weeks[8].Spam = 1 << 40 // more than was said counts as all of it
	if s := Judge(weeks, loose); s.Spam.Value > 1 {
		t.Errorf("share = %v", s.Spam.Value)
	}
	for _, bad := range []float64{0, 1, -1, math.NaN()} {
		loose.Spam = bad
		if loose.Check() == nil {
			t.Errorf("a limit of %v is taken", bad)
		}
	}
}

func TestAHolidayWeekAloneChangesNoStage(t *testing.T) {
	r := DefaultStageRules()
	level := append(repeat(16, 60), 58, 62, 59, 61, 57, 60)
	weeks := lived("2025-10-06", level...) // Spring Festival 2026 begins on 17 February
	at := -1
	for i, w := range weeks {
		if w.Holiday == SpringFestival {
			at = i
		}
	}
	if at < 0 {
		t.Fatal("no week of the festival among them")
	}
	before := Judge(weeks, r)
	weeks[at].Speakers, weeks[at].Messages = 0, 0
	after := Judge(weeks, r)
	if before.Verdict != StageStable || after.Verdict != before.Verdict || after.Speakers != before.Speakers || after.Warning != before.Warning {
		t.Errorf("an empty week of the festival: %+v, want %+v", after, before)
	}
	weeks[at].Holiday = ""
	if ordinary := Judge(weeks, r); ordinary.Speakers == before.Speakers {
		t.Error("the same week without the holiday would not speak either")
	}
}

func TestAGapOfAMonthIsNotADecline(t *testing.T) {
	weeks := lived("2025-03-03", repeat(30, 60)...)
	for i := 22; i < 26; i++ {
		weeks[i] = Week{Start: weeks[i].Start, Covered: 1}
	}
	s := Judge(weeks, DefaultStageRules())
	if s.Verdict != StageStable || s.Usable != 26 || s.Weeks != 30 || s.Warning.On {
		t.Errorf("with a gap of a month: %+v", s)
	}
	for i := 18; i < 26; i++ {
		weeks[i] = Week{Start: weeks[i].Start, Covered: 1}
	}
	if s = Judge(weeks, DefaultStageRules()); s.Verdict != StageUnknown {
		t.Errorf("with eight of the last twelve weeks unknown: %s, want unknown", s.Verdict)
	}
}

func TestADeclineWarnsOnceAndTheNewLevelIsLearnt(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var speakers []int64
	for i := range 80 {
		level := 60.0
		if i >= 40 {
			level = 27
		}
		speakers = append(speakers, int64(level+4*rng.NormFloat64()))
	}
	r := DefaultStageRules()
	first, edges, on := -1, 0, false
	for i := range speakers {
		w := Warn(lived("2025-03-03", speakers[:i+1]...), r)
		if w.On && !on {
			edges++
			if first < 0 {
				first = i
			}
		}
		on = w.On
	}
	if edges != 1 || first < 40 || first > 42 || on {
		t.Errorf("warned %d times, first in week %d, still on at the end: %v; want once, within two weeks after week 40, and over", edges, first, on)
	}
}

func TestAnOldFallWarnsNobody(t *testing.T) {
	weeks := lived("2025-03-03", append(repeat(20, 60), 20, 20)...)
	if !Warn(weeks, DefaultStageRules()).On {
		t.Fatal("a fall of two weeks warns nobody")
	}
	for range 5 {
		weeks = append(weeks, Week{Start: weeks[len(weeks)-1].Start + 7})
	}
	if Warn(weeks, DefaultStageRules()).On {
		t.Error("what fell before five unknown weeks warns now")
	}
}

func TestStageRulesAreBounded(t *testing.T) {
	if err := DefaultStageRules().Check(); err != nil {
		t.Fatal(err)
	}
	for _, spoil := range []func(*StageRules){func(r *StageRules) { r.YoungMonths = 0 }, func(r *StageRules) { r.OldMonths = r.YoungMonths }, func(r *StageRules) { r.Slope = 0 },
		func(r *StageRules) { r.Level = 1 }, func(r *StageRules) { r.P = math.NaN() }, func(r *StageRules) { r.Alarm = math.Inf(1) }, func(r *StageRules) { r.NewShare = -1 }} {
		r := DefaultStageRules()
		if spoil(&r); r.Check() == nil {
			t.Errorf("%+v is accepted", r)
		}
	}
}

// TestWeeksEqualACount: weeks made from days hold what one reading of the days gives.
func TestWeeksEqualACount(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	src := newDays(rng, 100)
	to := src.from + 99
	weeks, err := Weeks(context.Background(), src, Place{1, time.UTC}, to)
	if err != nil {
		t.Fatal(err)
	}
	if len(weeks) < 13 || weeks[len(weeks)-1].Start+6 > to || weeks[len(weeks)-1].Start+13 <= to {
		t.Fatalf("%d weeks until %s", len(weeks), weeks[len(weeks)-1].Start)
	}
	first := map[int64]Day{}
	for day := src.from; day <= to; day++ {
		for m := range src.said[day] {
			if _, ok := first[m]; !ok {
				first[m] = day - Day(day.Weekday())
			}
		}
	}
	for _, w := range weeks {
		people, messages, covered := map[int64]int64{}, int64(0), 0
		for day := w.Start; day < w.Start+7; day++ {
			if day >= src.from && !src.gap[day] {
				covered++
			}
			for m, n := range src.said[day] {
				people[m] += n
				messages += n
			}
		}
		fresh, kept := int64(0), int64(0)
		for m := range people {
			if first[m] == w.Start {
				fresh++
			}
			if first[m] == w.Start-28 {
				kept++
			}
		}
		if w.Speakers != int64(len(people)) || w.Messages != messages || w.New != fresh || w.Kept != kept || w.Covered != covered {
			t.Errorf("%s: %+v, want %d speakers, %d messages, %d new, %d kept, %d covered", w.Start, w, len(people), messages, fresh, kept, covered)
		}
	}
}

// days is a source of random days.
type days struct {
	from Day
	said map[Day]map[int64]int64
	gap  map[Day]bool
}

func newDays(rng *rand.Rand, n int) *days {
	d := &days{from: 20_001, said: map[Day]map[int64]int64{}, gap: map[Day]bool{}}
	for i := range n {
		day := d.from + Day(i)
		if d.gap[day] = rng.IntN(9) == 0; d.gap[day] {
			continue
		}
		d.said[day] = map[int64]int64{}
		for range rng.IntN(9) {
			d.said[day][1+rng.Int64N(40)] += 1 + rng.Int64N(5)
		}
	}
	return d
}

func (d *days) DaySums(_ context.Context, _ []community.GroupKey, from, to Day, fn func(*DaySum) error) error {
	for day := from; day <= to; day++ {
		if len(d.said[day]) == 0 {
			continue
		}
		s := DaySum{Day: day}
		for m := range int64(50) {
			if n := d.said[day][m]; n > 0 {
				s.Said, s.Messages = append(s.Said, Tally{community.MemberKey(m), n}), s.Messages+n
			}
		}
		if err := fn(&s); err != nil {
			return err
		}
	}
	return nil
}

func (d *days) DayRows(context.Context, []community.GroupKey, Day, Day, func(DayRow) error) error {
	return nil
}

func (d *days) Covered(_ context.Context, _ []Place, from, to Day) ([][]bool, error) {
	var out []bool
	for day := from; day <= to; day++ {
		out = append(out, day >= d.from && !d.gap[day])
	}
	return [][]bool{out}, nil
}

func (d *days) Roster(_ context.Context, _ []Place, from, to Day) ([]int64, error) {
	return make([]int64, to-from+1), nil
}

func (d *days) Silent(context.Context, []community.GroupKey) (int64, int64, error) { return 0, 0, nil }
