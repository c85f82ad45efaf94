package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

const roomArchive = "gitter-fcc.tar.gz"

// buildingRooms are those on which the limit of the warning was chosen; all others measure it.
var buildingRooms = map[string]bool{"linux": true, "python": true, "DataScience": true}

// Targets of the warning of a decline (methods.md §4).
const (
	warnDays  = 14 // median, from a planted decline to the warning
	warnFalse = 1  // per group and year without a decline
	warnAhead = 2  // weeks before the stage itself is told
)

const (
	stageRuns   = 200 // invented series per room
	stageLong   = 70  // weeks of one
	stageBegun  = 16  // weeks before a warning counts
	stageBlock  = 4   // weeks that are drawn together
	stageSeed   = 20151005
	stageNever  = 1e6 // days: not within the series
	weekPerYear = 365.25 / 7
)

// room is the weeks of a recorded room.
type room struct {
	name  string
	weeks []measure.Week
}

// stage measures the warning of a decline: on series drawn from what is left of recorded rooms once their slow course is taken out
// (blocks of four weeks), with a decline planted in them or none; and on the rooms as they were, how long before the stage is told to
// be a decline it warned. Rooms stand in UTC weeks; no holiday is known of them, for they are of many countries.
func stage(_ context.Context, o Options) ([]Row, error) {
	rooms, err := o.rooms()
	if err != nil {
		return nil, err
	}
	rules := measure.DefaultStageRules()
	rng := rand.New(rand.NewPCG(stageSeed, 1))
	var half, slide, halfPlain, slidePlain []float64
	var quiet, quietPlain alarms
	for _, r := range rooms {
		drawn := r.noise()
		for range stageRuns {
			level := drawn.series(rng)
			quiet.watch(level, rules, warned)
			quietPlain.watch(level, rules, declared)
			at := 30 + rng.IntN(10)
			step, slow := planted(level, at, func(int) float64 { return 0.5 }), planted(level, at, func(k int) float64 { return max(0.3, math.Pow(0.9, float64(k+1))) })
			half, halfPlain = append(half, delay(step, at, rules, warned)), append(halfPlain, delay(step, at, rules, declared))
			slide, slidePlain = append(slide, delay(slow, at, rules, warned)), append(slidePlain, delay(slow, at, rules, declared))
		}
	}
	o.tell("stage: %d rooms, seed %d, %d series each of %d weeks", len(rooms), stageSeed, stageRuns, stageLong)
	rows := []Row{
		medianRow("stage.half.days", half, halfPlain, warnDays),
		medianRow("stage.slide.days", slide, slidePlain, 0),
		least("stage.half.found", within(half, 84), 0),
		quiet.row("stage.false", quietPlain),
	}
	return append(rows, ahead(o, rooms, rules)...), nil
}

// rooms reads the rooms of a part of the data.
func (o Options) rooms() ([]room, error) {
	files, err := o.archive(roomArchive, func(p string) bool {
		name, tsv := strings.CutSuffix(path.Base(p), ".tsv")
		return tsv && buildingRooms[name] == (o.Part == Train)
	})
	if err != nil {
		return nil, err
	}
	var list []room
	for _, f := range files {
		if weeks := weeksOf(string(f.body)); len(weeks) > 0 {
			list = append(list, room{strings.TrimSuffix(path.Base(f.path), ".tsv"), weeks})
		}
	}
	if len(list) == 0 {
		return nil, community.Errorf(community.CodeNotFound, "%s holds no rooms", roomArchive)
	}
	return list, nil
}

// weeksOf counts a room's complete weeks (UTC, from Monday). Columns: room, address, time, person, name, message, text.
func weeksOf(text string) []measure.Week {
	type week struct {
		people map[string]bool
		said   int64
	}
	weeks := map[measure.Day]*week{}
	for line := range strings.Lines(text) {
		f := strings.Split(line, "\t")
		if len(f) < 6 {
			continue
		}
		at, err := time.Parse(time.RFC3339, f[2])
		if err != nil {
			continue
		}
		day, _ := measure.DayOf(at.UnixMilli(), time.UTC)
		monday := day - measure.Day(day.Weekday())
		if weeks[monday] == nil {
			weeks[monday] = &week{people: map[string]bool{}}
		}
		weeks[monday].people[f[3]] = true
		weeks[monday].said++
	}
	var days []measure.Day
	for d := range weeks {
		days = append(days, d)
	}
	if len(days) == 0 {
		return nil
	}
	first, last := slices.Min(days), slices.Max(days) // those at the ends are not complete
	var out []measure.Week
	for d := first + 7; d < last; d += 7 {
		w := measure.Week{Start: d, Covered: 7}
		if have := weeks[d]; have != nil {
			w.Speakers, w.Messages = int64(len(have.people)), have.said
		}
		out = append(out, w)
	}
	return out
}

// noise is what is left of a room's weeks, as 2·√(x+3/8), once the median of nine weeks around is taken out, and its usual level.
type noise struct {
	left  []float64
	level float64
}

func (r room) noise() noise {
	y := make([]float64, len(r.weeks))
	for i, w := range r.weeks {
		y[i] = 2 * math.Sqrt(float64(w.Speakers)+0.375)
	}
	n := noise{level: middle(y)}
	for i := range y {
		n.left = append(n.left, y[i]-middle(y[max(0, i-4):min(len(y), i+5)]))
	}
	return n
}

// series draws weeks of a level life.
func (n noise) series(rng *rand.Rand) []float64 {
	var out []float64
	for len(out) < stageLong {
		at := rng.IntN(max(1, len(n.left)-stageBlock+1))
		for _, left := range n.left[at:min(len(n.left), at+stageBlock)] {
			y := max(0, n.level+left)
			out = append(out, max(0, y*y/4-0.375))
		}
	}
	return out[:stageLong]
}

// planted takes a share of what is said from week at on.
func planted(level []float64, at int, share func(k int) float64) []float64 {
	out := slices.Clone(level)
	for i := at; i < len(out); i++ {
		out[i] *= share(i - at)
	}
	return out
}

// looks is whether something is told at the end of each week.
func looks(series []float64, rules measure.StageRules, told func([]measure.Week, measure.StageRules) bool) []bool {
	weeks := make([]measure.Week, len(series))
	for i, v := range series {
		weeks[i] = measure.Week{Start: measure.Day(16_743 + 7*i), Covered: 7, Speakers: int64(math.Round(v)), Messages: int64(math.Round(5 * v))}
	}
	out := make([]bool, len(series))
	for i := range weeks {
		out[i] = told(weeks[:i+1], rules)
	}
	return out
}

// warned is whether people would be told.
func warned(weeks []measure.Week, r measure.StageRules) bool { return measure.Judge(weeks, r).Alarms() }

// declared is the plain way: the stage itself.
func declared(weeks []measure.Week, r measure.StageRules) bool {
	return measure.Judge(weeks, r).Verdict == measure.StageDecline
}

// delay is how many days after its beginning a planted decline is told. What was told already when it began does not count.
func delay(series []float64, at int, rules measure.StageRules, told func([]measure.Week, measure.StageRules) bool) float64 {
	list := looks(series, rules, told)
	for i := at; i < len(list); i++ {
		if list[i] && !list[i-1] {
			return float64(7 * (i - at + 1))
		}
	}
	return stageNever
}

// alarms counts how often something begins to be told, over so many weeks.
type alarms struct{ n, weeks int }

func (a *alarms) watch(series []float64, rules measure.StageRules, told func([]measure.Week, measure.StageRules) bool) {
	list := looks(series, rules, told)
	for i := stageBegun; i < len(list); i++ {
		a.weeks++
		if list[i] && !list[i-1] {
			a.n++
		}
	}
}

func (a alarms) perYear() float64 { return float64(a.n) / (float64(a.weeks) / weekPerYear) }

func (a alarms) row(name string, plain alarms) Row {
	r := Row{Name: name, Value: a.perYear(), Unit: "/year", N: a.weeks, Baseline: plain.perYear(), Target: warnFalse, AtMost: true}
	wide := 1.959964 * math.Sqrt(float64(a.n)+1) / (float64(a.weeks) / weekPerYear)
	r.Low, r.High, r.Met = max(0, r.Value-wide), r.Value+wide, r.Value <= warnFalse
	return r
}

// medianRow is the median of days, beside that of the plain way; 0 as a target: only told.
func medianRow(name string, days, plain []float64, target float64) Row {
	slices.Sort(days)
	n := len(days)
	wide := int(math.Ceil(1.96 * math.Sqrt(float64(n)) / 2))
	r := Row{Name: name, Value: middle(days), Unit: "d", N: n, Low: days[max(0, n/2-wide)], High: days[min(n-1, n/2+wide)], Baseline: middle(plain), Target: target, AtMost: target > 0}
	r.Met = target == 0 || r.Value <= target
	return r
}

func within(days []float64, most float64) (c count) {
	for _, d := range days {
		c.add(d <= most)
	}
	return c
}

// ahead is how many weeks before the stage of a real room was told to be a decline its warning came, within half a year.
func ahead(o Options, rooms []room, rules measure.StageRules) []Row {
	var weeks []float64
	c := count{}
	var real alarms
	for _, r := range rooms {
		series := make([]float64, len(r.weeks))
		for i, w := range r.weeks {
			series[i] = float64(w.Speakers)
		}
		early, late := looks(series, rules, warned), looks(series, rules, declared)
		real.watch(series, rules, warned)
		for i := range late {
			if !late[i] || i > 0 && late[i-1] {
				continue
			}
			first := -1 // the last time before that the warning began
			for j := max(1, i-26); j <= i; j++ {
				if early[j] && !early[j-1] {
					first = j
				}
			}
			o.tell("stage: %s is told to decline in the week of %s, warned %d weeks before (-1 = not)", r.name, r.weeks[i].Start, lead(first, i))
			c.add(first >= 0 && i-first >= warnAhead)
			if first >= 0 {
				weeks = append(weeks, float64(i-first))
			}
		}
	}
	rows := []Row{{Name: "stage.real", Value: real.perYear(), Low: real.perYear(), High: real.perYear(), Unit: "/year", N: real.weeks, Met: true}, least("stage.ahead", c, 0)}
	if len(weeks) == 0 {
		return append(rows, skipped("stage.lead", community.Errorf(community.CodeNotFound, "no room of this part is told to decline after a warning")))
	}
	r := Row{Name: "stage.lead", Value: middle(weeks), Unit: "weeks", N: len(weeks), Low: slices.Min(weeks), High: slices.Max(weeks), Target: warnAhead}
	r.Met = r.Value >= warnAhead
	return append(rows, r)
}

func lead(first, i int) int {
	if first < 0 {
		return -1
	}
	return i - first
}

// middle is the median, of an even number the mean of the two; v may be in any order.
func middle(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
