package measure

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func three(t *testing.T) Goal {
	t.Helper()
	g := Goal{Goal: "一起读完十本书", Value: "每周一份笔记"}
	for _, text := range []string{"activity.speakers>=20/7", "question.answered>=80%/30", "activity.leaves<=5/30"} {
		one, err := ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		if one.String() != text {
			t.Errorf("%s is written as %s", text, one)
		}
		g.Targets = append(g.Targets, one)
	}
	return g
}

func TestGoalsAreChecked(t *testing.T) {
	if err := three(t).Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Goal){
		"no goal":     func(g *Goal) { g.Goal = " " },
		"no value":    func(g *Goal) { g.Value = "" },
		"huge":        func(g *Goal) { g.Goal = strings.Repeat("书", 400) },
		"two targets": func(g *Goal) { g.Targets = g.Targets[:2] },
		"twice":       func(g *Goal) { g.Targets = append(g.Targets, g.Targets[0]) },
		"many": func(g *Goal) {
			for range 12 {
				g.Targets = append(g.Targets, g.Targets[0])
			}
		},
	} {
		g := three(t)
		if spoil(&g); community.CodeOf(g.Check()) != community.CodeBadInput {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, bad := range []string{"", "x", "activity.speakers", "activity.speakers>=", "activity.speakers>=5", "activity.speakers>=5/8", "nothing>=5/7", "activity.rate>=5%/7", "activity.rate>=500%/30", "activity.speakers>=-1/7", "activity.speakers>=NaN/7", "activity.speakers=5/7"} {
		if _, err := ParseTarget(bad); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%q: %v, want bad input", bad, err)
		}
	}
	for _, m := range TargetMetrics() {
		known := false
		for _, one := range Metrics() {
			known = known || one.Area+"."+one.Name == m.Metric
		}
		if !known {
			t.Errorf("%s is no figure of the glossary", m.Metric)
		}
	}
}

func TestTargetsAreMetMissedOrUnknown(t *testing.T) {
	whole := Coverage{30, 30}
	a := Activity{Coverage: whole, Speakers: 25, Messages: 400, Daily: []Daily{{Leaves: 4, Joins: 2}, {Leaves: 3}}}
	r := Response{Questions: 40, Certain: 20, Likely: 8, Open: 12, Answered: ratio(28, 40, Askings, whole), Median: 12, MedianKnown: true}
	list, err := three(t).Achieve(func(int) (Activity, Response, error) { return a, r, nil })
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		state string
		value float64
		n     int64
	}{{TargetMet, 25, 25}, {TargetMissed, 0.7, 40}, {TargetMissed, 7, 7}} {
		if list[i].State != want.state || math.Abs(list[i].Figure.Value-want.value) > 1e-12 || list[i].N != want.n {
			t.Errorf("%s: %s %v n=%d, want %+v", list[i].Target, list[i].State, list[i].Figure.Value, list[i].N, want)
		}
	}
	a.Coverage, r.Answered = Coverage{20, 30}, ratio(28, 40, Askings, Coverage{20, 30})
	for _, one := range three(t).Targets {
		if got := one.Against(a, r); got.State != TargetUnknown || got.Figure.Withheld != LowCover {
			t.Errorf("%s with 20 of 30 days known: %s (%s), want unknown", one, got.State, got.Figure.Withheld)
		}
	}
	wait := Target{Metric: "question.median", AtMost: true, Value: 30, Days: 30}
	for state, r := range map[string]Response{
		TargetMet:     {Questions: 40, Median: 30, MedianKnown: true},
		TargetMissed:  {Questions: 40},
		TargetUnknown: {},
	} {
		if got := wait.Against(Activity{Coverage: whole}, r); got.State != state {
			t.Errorf("median of %+v: %s, want %s", r, got.State, state)
		}
	}
}

func valuesFrom(day Day, known bool, v ...float64) []DayValue {
	out := make([]DayValue, len(v))
	for i, x := range v {
		out[i] = DayValue{Day: day + Day(i), Known: known, Num: x}
	}
	return out
}

func TestEffectsAreComparedWithTheirInterval(t *testing.T) {
	a := Adjustment{Metric: MoveMessages, Day: 20_000}
	before := valuesFrom(1, true, 10, 14, 9, 13, 11, 12, 8, 15)
	after := valuesFrom(20, true, 20, 24, 19, 23, 21, 22, 18, 25)
	e := a.Compare(before, after)
	if e.Few || e.Moved != MovedAsMeant || e.DaysB != 8 || e.Diff != 10 {
		t.Fatalf("effect = %+v", e)
	}
	// Both sides have the same spread, no autocorrelation above zero: the plain two-sample interval with 14 degrees.
	near(t, "low", e.Low, 10-2.1447866879*math.Sqrt(2*6.0/8), 2e-3)
	near(t, "high", e.High, 10+2.1447866879*math.Sqrt(2*6.0/8), 2e-3)
	a.Down = true
	if got := a.Compare(before, after).Moved; got != MovedAgainst {
		t.Errorf("a rise where a fall was meant: %s", got)
	}
	if got := a.Compare(before, before).Moved; got != MovedNot {
		t.Errorf("nothing changed: %s", got)
	}
	if e = a.Compare(before[:6], after); !e.Few || e.Moved != MovedNot {
		t.Errorf("six days before: %+v, want too few", e)
	}
	if e = a.Compare(append(valuesFrom(1, false, 99, 99, 99), before[:6]...), after); !e.Few || e.DaysB != 6 || e.OfB != 9 {
		t.Errorf("unknown days count: %+v", e)
	}
	if e = a.Compare(nil, nil); !e.Few || math.IsNaN(e.Diff+e.Low+e.High) {
		t.Errorf("no days: %+v", e)
	}
}

func TestSharesArePooledAndCompared(t *testing.T) {
	share := func(num, den float64) (out []DayValue) {
		for i := range 10 {
			out = append(out, DayValue{Day: Day(i), Known: true, Num: num / 10, Den: den / 10})
		}
		return out
	}
	e := Adjustment{Metric: MoveAnswered}.Compare(share(48, 80), share(56, 70))
	// Newcombe 1998, method 10: 56/70 and 48/80.
	near(t, "diff", e.Diff, 0.2, 1e-12)
	near(t, "low", e.Low, 0.0524, 1e-4)
	near(t, "high", e.High, 0.3339, 1e-4)
	if e.Moved != MovedAsMeant || e.CountB != 80 || e.CountA != 70 {
		t.Errorf("effect = %+v", e)
	}
	if e = (Adjustment{Metric: MoveAnswered}).Compare(share(5, 10), share(40, 50)); !e.Few {
		t.Error("ten questions before are enough")
	}
	low, high := Wilson(7, 10)
	near(t, "7 of 10, low", low, 0.397, 5e-4)
	near(t, "7 of 10, high", high, 0.892, 5e-4)
}

func TestStudentIsFollowed(t *testing.T) {
	for df, want := range map[float64]float64{1: 12.7062, 2: 4.3027, 3: 3.1824, 5: 2.5706, 10: 2.2281, 30: 2.0423, 1e6: 1.95997} {
		near(t, "t", studentQuantile(df), want, 0.006)
	}
}

func TestAutocorrelationWidensTheInterval(t *testing.T) {
	calm, slow := valuesFrom(1, true, 10, 14, 10, 14, 10, 14, 10, 14, 10, 14, 10, 14), valuesFrom(1, true, 10, 10, 10, 14, 14, 14, 10, 10, 10, 14, 14, 14)
	other := valuesFrom(30, true, 12, 12, 13, 12, 11, 12, 12, 13, 11, 12)
	a := Adjustment{Metric: MoveMessages}
	x, y := a.Compare(calm, other), a.Compare(slow, other)
	if x.Before != y.Before || y.High-y.Low <= x.High-x.Low {
		t.Errorf("interval %v to %v of days that follow one another, %v to %v of those that do not", y.Low, y.High, x.Low, x.High)
	}
}

func TestAdjustmentsAreChecked(t *testing.T) {
	good := Adjustment{Kind: AdjustRule, What: "进群先答三个问题", Metric: MoveLeaves, Down: true, By: 0.2, Day: 20_000, Review: 20_028}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for _, spoil := range []func(*Adjustment){func(a *Adjustment) { a.Kind = "x" }, func(a *Adjustment) { a.What = "" }, func(a *Adjustment) { a.Metric = "" }, func(a *Adjustment) { a.By = math.NaN() }, func(a *Adjustment) { a.Review = a.Day + 6 }, func(a *Adjustment) { a.Review = a.Day + 181 }} {
		a := good
		if spoil(&a); community.CodeOf(a.Check()) != community.CodeBadInput {
			t.Errorf("%+v is accepted", a)
		}
	}
	b, c, d, e := good.Spans(20_100)
	if b != 19_973 || c != 19_999 || d != 20_001 || e != 20_027 {
		t.Errorf("spans = %d to %d, %d to %d", b, c, d, e)
	}
	if _, _, d, e = good.Spans(20_010); d != 20_001 || e != 20_009 {
		t.Errorf("half way = %d to %d", d, e)
	}
	few := Pool(AdjustRule, MoveLeaves, []Effect{{Before: 10, Diff: -2, Moved: MovedAsMeant}, {Few: true}})
	if few.Enough || few.N != 2 || few.Few != 1 || few.AsMeant != 1 {
		t.Errorf("of one that says something: %+v", few)
	}
}

// TestOddDaysAreFoundAndChanceIsNot: a day far from its weekdays is odd; a year of chance makes almost no alarm.
func TestOddDaysAreFoundAndChanceIsNot(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	poisson := func(mean float64) float64 {
		n, p := 0, math.Exp(-mean)
		for f := rng.Float64(); f > p; f *= rng.Float64() {
			n++
		}
		return float64(n)
	}
	var list []DayValue
	alarms, looked := 0, 0
	for i := range 12*7 + 10*365 {
		day := Day(30_000 + i) // after the table of festivals
		mean := 20.0
		if day.Weekday() > 4 {
			mean = 40
		}
		list = append(list, DayValue{Day: day, Known: true, Num: poisson(mean)})
		if i < 12*7 {
			continue
		}
		looked++
		if _, is := LookOdd(OddSpeakers, list[len(list)-OddSpan:], true); is {
			alarms++
		}
	}
	if perYear := float64(alarms) / float64(looked) * 365; perYear > 1 {
		t.Errorf("%.2f alarms a year by chance alone", perYear)
	}
	series := list[100 : 100+OddSpan]
	last := &series[OddSpan-1]
	for num, want := range map[float64]bool{0: true, 90: true, 25: false} {
		last.Num = num
		if o, is := LookOdd(OddSpeakers, series, true); is != want || is && o.Up != (num > 0) {
			t.Errorf("%v speakers: odd %v, %+v", num, is, o)
		}
	}
	last.Num = 0
	if _, is := LookOdd(OddLeaves, series, false); is {
		t.Error("too few is odd where it should not be")
	}
	last.Known = false
	if _, is := LookOdd(OddSpeakers, series, true); is {
		t.Error("an unknown day is odd")
	}
	last.Known = true
	if o, is := LookOdd(OddSpeakers, series[OddSpan-1-28:], true); is || o.Weeks >= oddLeast {
		t.Errorf("with %d weeks of past it is odd", o.Weeks)
	}
}

func TestOddSharesStayShares(t *testing.T) {
	var list []DayValue
	for i := range OddSpan {
		list = append(list, DayValue{Day: Day(30_000 + i), Known: true, Num: 2, Den: 200})
	}
	list[OddSpan-1].Num = 30
	o, is := LookOdd(OddComplaints, list, false)
	if !is || !o.Up || math.Abs(o.Usual-2) > 0.1 || o.Low < 0 || o.High > 200 || o.High < o.Usual || o.Weeks != 12 {
		t.Errorf("30 reports of 200 messages where 2 are usual: %v, %+v", is, o)
	}
	list[OddSpan-1].Num = 4
	if _, is := LookOdd(OddComplaints, list, false); is {
		t.Error("two more are odd")
	}
}
