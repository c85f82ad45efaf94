package measure_test

import (
	"math"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// talkFacts is a group that entered decline on day 100 and is watched from day 60 to day `to`, with talk on every day up to `last`.
func talkFacts(last, to measure.Day, renewals ...measure.Day) measure.LifeFacts {
	f := measure.LifeFacts{Entered: 100, From: 60, Known: make([]bool, to-60+1), Renewals: renewals}
	for i := range f.Known {
		f.Known[i] = true
	}
	for d := f.From; d <= last; d++ {
		f.Talk = append(f.Talk, d)
	}
	return f
}

func TestGroupEndsAfter28DaysWithoutTwoWayTalk(t *testing.T) {
	gap := talkFacts(120, 200)
	for d := 125; d < 140; d++ {
		gap.Known[d-60] = false
	}
	lost := talkFacts(120, 200)
	for d := 130; d <= 200; d++ {
		lost.Known[d-60] = false
	}
	again := talkFacts(120, 200)
	again.Talk = append(again.Talk, 147)
	late := talkFacts(120, 200)
	late.Talk = append(late.Talk, 148)
	for name, c := range map[string]struct {
		facts measure.LifeFacts
		ended bool
		until measure.Day
		gone  bool
	}{
		"28 days after the last talk":              {talkFacts(120, 200), true, 148, false},
		"27 days are no end":                       {talkFacts(120, 147), false, 147, false},
		"on the 27th somebody answers":             {again, true, 175, false},
		"an answer on the day of the end":          {late, true, 176, false},
		"days nobody watched are no silence":       {gap, true, 162, false},
		"a connection that is lost ends no group":  {lost, false, 129, false},
		"it had ended when the decline was told":   {talkFacts(70, 200), true, 100, true},
		"it ends a day after":                      {talkFacts(73, 200), true, 101, false},
		"nothing on record but the day of decline": {measure.LifeFacts{Entered: 100, From: 100, Known: []bool{true}}, false, 100, false},
		"nothing at all":                           {measure.LifeFacts{Entered: 100}, false, 100, false},
	} {
		g := c.facts.Live()
		if g.Ended != c.ended || g.Until != c.until || g.Gone != c.gone {
			t.Errorf("%s: ended %v until %d gone %v, want %v %d %v", name, g.Ended, g.Until, g.Gone, c.ended, c.until, c.gone)
		}
	}
}

func TestRenewalCountsFromItsDay(t *testing.T) {
	g := talkFacts(150, 300, 90, 110, 130, 250).Live()
	if !g.Is || g.Renewed != 110 || g.Early != 1 || g.Late != 1 || g.Until != 178 {
		t.Errorf("life = %+v", g)
	}
	l := measure.CompareLives([]measure.LifeFacts{talkFacts(150, 300, 110), talkFacts(101, 300), talkFacts(200, 210, 100)})
	if l.N != 3 || l.With != 2 || l.Ends != 2 || l.Plain.N != 2 || l.Anew.N != 2 {
		t.Fatalf("lives = %+v", l)
	}
	// Not renewed: at risk (0, 10] and (0, 29]; one end at 29 with one at risk. Renewed: (10, 78] with an end, (0, 110] censored.
	p := l.Plain.Points
	a := l.Anew.Points
	if len(p) != 1 || p[0].Time != 29 || p[0].AtRisk != 1 || len(a) != 1 || a[0].Time != 78 || a[0].AtRisk != 2 || math.Abs(a[0].Survival-0.5) > 1e-12 {
		t.Errorf("curves = %+v, %+v", p, a)
	}
}

// rankByHand is the log-rank statistic of two arms by its textbook sums, at-risk sets counted anew at each end.
func rankByHand(arms [2][]measure.Lived) float64 {
	var o, e, v float64
	times := map[float64]bool{}
	for _, arm := range arms {
		for _, s := range arm {
			if s.Cause != measure.Censored {
				times[s.End] = true
			}
		}
	}
	for at := range times {
		var n, d [2]float64
		for k, arm := range arms {
			for _, s := range arm {
				if (s.Enter < at || s.Enter == 0) && s.End >= at {
					n[k]++
					if s.End == at && s.Cause != measure.Censored {
						d[k]++
					}
				}
			}
		}
		all, dead := n[0]+n[1], d[0]+d[1]
		o, e = o+d[0], e+dead*n[0]/all
		if all > 1 {
			v += dead * (all - dead) / (all - 1) * n[0] / all * n[1] / all
		}
	}
	return (o - e) * (o - e) / v
}

func TestLivesAreComparedWithoutImmortalTime(t *testing.T) {
	var facts []measure.LifeFacts
	var arms [2][]measure.Lived
	for i := range 12 {
		last := measure.Day(110 + 9*i)
		f := talkFacts(last, 260)
		end := math.Min(float64(last+28-100), 160)
		cause := measure.Dissolved
		if last+28 > 260 {
			cause = measure.Censored
		}
		if i%2 == 0 {
			r := measure.Day(105 + 8*i)
			f.Renewals = []measure.Day{r}
			arms[0] = append(arms[0], measure.Lived{Enter: 0, End: float64(r - 100)})
			arms[1] = append(arms[1], measure.Lived{Enter: float64(r - 100), End: end, Cause: cause})
		} else {
			arms[0] = append(arms[0], measure.Lived{Enter: 0, End: end, Cause: cause})
		}
		facts = append(facts, f)
	}
	l := measure.CompareLives(facts)
	if !l.Decidable() || l.N != 12 || l.With != 6 {
		t.Fatalf("lives = %+v", l)
	}
	if want := rankByHand(arms); math.Abs(l.Test.Chi2-want) > 1e-9 {
		t.Errorf("chi² = %.12f, want %.12f", l.Test.Chi2, want)
	}
	// Exposure that were counted from the beginning would give other numbers: the immortal time.
	naive := [2][]measure.Lived{}
	for _, g := range l.Groups {
		cause := measure.Censored
		if g.Ended {
			cause = measure.Dissolved
		}
		k := 0
		if g.Is {
			k = 1
		}
		naive[k] = append(naive[k], measure.Lived{Enter: 0, End: float64(g.Until - g.Entered), Cause: cause})
	}
	if math.Abs(rankByHand(naive)-l.Test.Chi2) < 1e-6 {
		t.Error("the renewal is counted from the beginning")
	}
}

func TestFewGroupsCannotBeDecided(t *testing.T) {
	for n := range 8 {
		var facts []measure.LifeFacts
		for i := range n {
			f := talkFacts(measure.Day(110+5*i), 300)
			if i%2 == 0 {
				f.Renewals = []measure.Day{104}
			}
			facts = append(facts, f)
		}
		l := measure.CompareLives(facts)
		if l.Decidable() || l.Missing().Groups != 8-n {
			t.Errorf("%d groups: missing %+v", n, l.Missing())
		}
		for _, c := range []measure.Curve{l.Plain, l.Anew} {
			for _, p := range c.Points {
				if math.IsNaN(p.Survival) || math.IsNaN(p.Low) || math.IsNaN(p.High) {
					t.Errorf("%d groups: %+v", n, p)
				}
			}
		}
	}
	var facts []measure.LifeFacts
	for i := range 9 {
		facts = append(facts, talkFacts(measure.Day(110+5*i), 300))
	}
	if m := measure.CompareLives(facts).Missing(); m != (measure.Missing{Renewed: 4}) {
		t.Errorf("none renewed: missing %+v", m)
	}
	facts = facts[:0]
	for i := range 9 {
		f := talkFacts(300, 300)
		if i%2 == 0 {
			f.Renewals = []measure.Day{105}
		}
		facts = append(facts, f)
	}
	if l := measure.CompareLives(facts); l.Decidable() || l.Missing() != (measure.Missing{Ends: 1}) {
		t.Errorf("nobody ended: missing %+v", l.Missing())
	}
}

func TestDeclineIsEnteredAtTheFirstAlarm(t *testing.T) {
	r := measure.DefaultStageRules()
	var weeks []measure.Week
	for i := range 30 {
		n := int64(60)
		if i >= 20 {
			n = max(5, 60-7*int64(i-19))
		}
		weeks = append(weeks, measure.Week{Start: measure.Day(20_003 + 7*i), Covered: 7, Speakers: n, Messages: 4 * n, Top: n})
	}
	day, ok := measure.Entered(weeks, r)
	if !ok {
		t.Fatal("never entered")
	}
	n := int(day-weeks[0].Start) / 7
	if !measure.Judge(weeks[:n], r).Alarms() || measure.Judge(weeks[:n-1], r).Alarms() || n <= 20 {
		t.Errorf("entered after %d weeks", n)
	}
	for _, few := range [][]measure.Week{nil, weeks[:3], weeks[:20]} {
		if _, ok := measure.Entered(few, r); ok {
			t.Errorf("%d steady weeks decline", len(few))
		}
	}
}

func TestTwoWayTalkNeedsTwo(t *testing.T) {
	const minute = 60_000
	for name, c := range map[string]struct {
		last, at int64
		who      community.MemberKey
		wasOp    bool
		isOp     bool
		want     bool
	}{
		"another answers":            {100 * minute, 110 * minute, 2, false, false, true},
		"the same goes on":           {100 * minute, 110 * minute, 1, false, false, false},
		"after the pause":            {100 * minute, 131 * minute, 2, false, false, false},
		"told late, close by":        {100 * minute, 95 * minute, 2, false, false, true},
		"an operator answers":        {100 * minute, 101 * minute, 2, false, true, true},
		"operators among themselves": {100 * minute, 101 * minute, 2, true, true, false},
	} {
		s, _ := measure.TalkState{}.Hear(c.last, c.wasOp)
		s = s.Said(1, c.wasOp)
		if got := s.TwoWay(c.at, c.who, c.isOp); got != c.want {
			t.Errorf("%s: two-way = %v, want %v", name, got, c.want)
		}
	}
	if (measure.TalkState{}).TwoWay(0, 2, false) {
		t.Error("the first message answers somebody")
	}
}

func TestRenewalIsChecked(t *testing.T) {
	for _, bad := range []measure.Renewal{{What: " ", Day: 100}, {What: "重开", Day: 101}, {What: "重开", Day: -2000}, {What: string(make([]byte, 501)), Day: 100}} {
		if err := bad.Check(100); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := (measure.Renewal{What: "重开", Day: 100}).Check(100); err != nil {
		t.Error(err)
	}
}
