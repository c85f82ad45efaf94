package measure_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

const oneDay = int64(86400_000)

func signal(person int64, kind string, day int64) measure.Signal {
	return measure.Signal{Person: person, Member: community.MemberKey(person), Kind: kind, At: day * oneDay}
}

func TestLeadIsMarkedWhenItsSignalsReachTheRule(t *testing.T) {
	r := measure.LeadRule{Weights: map[string]int{"follow": 1, "menu": 2, "signup": 3}, Least: 3, Days: 10}
	for name, c := range map[string]struct {
		signals []measure.Signal
		day     int64 // 0 = not marked
		why     string
	}{
		"follow and menu":           {[]measure.Signal{signal(1, "follow", 100), signal(1, "menu", 105)}, 105, "follow menu"},
		"told in another order":     {[]measure.Signal{signal(1, "menu", 105), signal(1, "follow", 100)}, 105, "follow menu"},
		"a sign-up alone":           {[]measure.Signal{signal(1, "signup", 100)}, 100, "signup"},
		"each kind counts once":     {[]measure.Signal{signal(1, "follow", 100), signal(1, "follow", 101), signal(1, "follow", 102)}, 0, ""},
		"too far apart":             {[]measure.Signal{signal(1, "follow", 100), signal(1, "menu", 111)}, 0, ""},
		"the latest of a kind":      {[]measure.Signal{signal(1, "follow", 80), signal(1, "follow", 104), signal(1, "menu", 111)}, 111, "follow menu"},
		"what weighs nothing":       {[]measure.Signal{signal(1, "follow", 100), signal(1, "link", 100), signal(1, "moment", 100)}, 0, ""},
		"of the future":             {[]measure.Signal{signal(1, "signup", 900)}, 0, ""},
		"of no time":                {[]measure.Signal{signal(1, "signup", 0)}, 0, ""},
		"the first that reaches it": {[]measure.Signal{signal(1, "signup", 100), signal(1, "signup", 150)}, 100, "signup"},
	} {
		l := measure.MarkLeads(c.signals, nil, r, 500*oneDay)
		if c.day == 0 {
			if len(l.List) != 0 {
				t.Errorf("%s: marked %+v", name, l.List)
			}
			continue
		}
		if len(l.List) != 1 || l.List[0].At != c.day*oneDay {
			t.Errorf("%s: %+v", name, l.List)
			continue
		}
		var kinds []string
		for _, why := range l.List[0].Reasons {
			kinds = append(kinds, why.Kind)
		}
		if strings.Join(kinds, " ") != c.why {
			t.Errorf("%s: reasons %v, want %s", name, kinds, c.why)
		}
	}
}

func TestMarksAreJudgedOnceTheirDaysHavePassed(t *testing.T) {
	r := measure.LeadRule{Weights: map[string]int{"signup": 1}, Least: 1, Days: 1}
	for name, c := range map[string]struct {
		mark, active int64 // days; active 0 = never
		member       community.MemberKey
		want         string
	}{
		"within 30 days":       {100, 130, 1, measure.LeadActivated},
		"on the day":           {100, 100, 1, measure.LeadActivated},
		"later":                {100, 131, 1, measure.LeadNot},
		"never":                {100, 0, 1, measure.LeadNot},
		"active before":        {100, 99, 1, measure.LeadBefore},
		"30 days go on":        {190, 0, 1, measure.LeadWaiting},
		"early and still open": {190, 195, 1, measure.LeadWaiting},
		"nobody knows who":     {100, 0, 0, measure.LeadUnmatched},
	} {
		s := signal(1, "signup", c.mark)
		s.Member = c.member
		active := map[int64]int64{}
		if c.active > 0 {
			active[1] = c.active * oneDay
		}
		l := measure.MarkLeads([]measure.Signal{s}, active, r, 200*oneDay)
		if len(l.List) != 1 || l.List[0].State != c.want {
			t.Errorf("%s: %+v, want %s", name, l.List, c.want)
		}
	}
}

// TestPrecisionAndRecallByAnotherWay counts them from random histories by asking each person anew.
func TestPrecisionAndRecallByAnotherWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(220, 1))
	r := measure.DefaultLeadRule()
	for round := range 50 {
		var signals []measure.Signal
		active := map[int64]int64{}
		for person := int64(1); person <= 60; person++ {
			for _, kind := range measure.SignalKinds() {
				if rng.IntN(3) == 0 {
					signals = append(signals, signal(person, kind, 100+rng.Int64N(120)))
				}
			}
			if rng.IntN(2) == 0 {
				active[person] = (100 + rng.Int64N(150)) * oneDay
			}
		}
		now := 260 * oneDay
		got := measure.MarkLeads(signals, active, r, now)
		hit, marks, found, all := 0, 0, 0, 0
		first := int64(math.MaxInt64)
		for _, s := range signals {
			first = min(first, s.At)
		}
		for person := int64(1); person <= 60; person++ {
			marked := int64(0)
			for _, s := range signals { // the earliest moment at which the window before it weighs enough
				score := 0
				for _, kind := range measure.SignalKinds() {
					for _, o := range signals {
						if o.Person == person && o.Kind == kind && o.At <= s.At && s.At-o.At <= int64(r.Days)*oneDay {
							score += r.Weights[kind]
							break
						}
					}
				}
				if s.Person == person && score >= r.Least && (marked == 0 || s.At < marked) {
					marked = s.At
				}
			}
			at := active[person]
			if marked > 0 && marked+30*oneDay <= now && (at == 0 || at >= marked) {
				marks++
				if at > 0 && at <= marked+30*oneDay {
					hit++
				}
			}
			if at >= first {
				all++
				if marked > 0 && marked <= at && at <= marked+30*oneDay {
					found++
				}
			}
		}
		if int(got.Precision.Num) != hit || int(got.Precision.Den) != marks || int(got.Recall.Num) != found || int(got.Recall.Den) != all {
			t.Fatalf("round %d: precision %v/%v recall %v/%v, want %d/%d and %d/%d", round, got.Precision.Num, got.Precision.Den, got.Recall.Num, got.Recall.Den, hit, marks, found, all)
		}
		if marks > 0 && (got.Precision.Low > got.Precision.Value+1e-12 || got.Precision.High < got.Precision.Value-1e-12) {
			t.Errorf("interval %v–%v of %v", got.Precision.Low, got.Precision.High, got.Precision.Value)
		}
	}
}

func TestLeadsOfNobodyAreNoNumber(t *testing.T) {
	l := measure.MarkLeads(nil, nil, measure.DefaultLeadRule(), 5)
	for _, s := range []measure.Share{l.Precision, l.Recall} {
		if s.Withheld != measure.NoData || math.IsNaN(s.Value) || math.IsNaN(s.Low) || math.IsNaN(s.High) {
			t.Errorf("%+v", s)
		}
	}
}

func TestLeadRuleIsChecked(t *testing.T) {
	if err := measure.DefaultLeadRule().Check(); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]measure.LeadRule{
		"an unknown signal": {Weights: map[string]int{"stars": 1}, Least: 1, Days: 1}, "too heavy": {Weights: map[string]int{"follow": 11}, Least: 1, Days: 1}, "below zero": {Weights: map[string]int{"follow": -1, "menu": 3}, Least: 1, Days: 1},
		"never reached": {Weights: map[string]int{"follow": 1}, Least: 2, Days: 1}, "always": {Weights: map[string]int{"follow": 1}, Least: 0, Days: 1}, "no days": {Weights: map[string]int{"follow": 1}, Least: 1}, "empty": {},
	} {
		if community.CodeOf(bad.Check()) != community.CodeBadInput {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestSignalsAreReadFromAFile(t *testing.T) {
	list, faults, err := measure.ReadSignals(strings.NewReader("\ufeffat,kind,who,source\n2026-11-01 09:30,signup,张三,展会\n2026-11-02,Follow,o-1,\n"), time.UTC)
	if err != nil || len(faults) != 0 || len(list) != 2 || list[0].Source != "展会" || list[1].Kind != "follow" || list[0].At != time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC).UnixMilli() {
		t.Errorf("read %+v, %v, %v", list, faults, err)
	}
	for text, want := range map[string]measure.SignalFault{
		"": {1, "head"}, "who,kind\nx,follow\n": {1, "head"}, "who,kind,at\n,follow,2026-11-01\n": {2, "who"}, "who,kind,at\nx,stars,2026-11-01\n": {2, "kind"}, "who,kind,at\nx,follow,soon\n": {2, "time"},
		"who,kind,at\nok,follow,2026-11-01\n\xff,follow,2026-11-01\n": {3, "who"},
	} {
		if list, faults, err := measure.ReadSignals(strings.NewReader(text), time.UTC); err != nil || len(faults) == 0 || faults[0] != want || len(list) != 0 {
			t.Errorf("%q: %+v, %v, %v", text, list, faults, err)
		}
	}
}
