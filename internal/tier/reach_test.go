package tier

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

const oneDay = 24 * 3600e3

// A reach addresses silent lurkers who are there, and stops where one speaks or declines.
func TestReachAddressesSilentLurkersOnly(t *testing.T) {
	const now = 1000 * oneDay
	r := Reach{Text: "好久不见", Starts: now - oneDay, Ends: now + oneDay, Gap: 14, PerDay: 3}
	ok := Soul{Member: 1, Tier: Lurker, Present: true}
	with := func(change func(*Soul)) Soul { s := ok; change(&s); return s }
	for name, s := range map[string]Soul{
		"core":           with(func(s *Soul) { s.Tier = Core }),
		"gone":           with(func(s *Soul) { s.Present = false }),
		"declined":       with(func(s *Soul) { s.Declined = true }),
		"spoke since":    with(func(s *Soul) { s.LastWord = r.Starts }),
		"addressed":      with(func(s *Soul) { s.Mine = true }),
		"within the gap": with(func(s *Soul) { s.LastAsk = now - 14*oneDay + 1 }),
	} {
		if got := r.Due([]Soul{s}, now); len(got) != 0 {
			t.Errorf("%s is addressed", name)
		}
	}
	later := with(func(s *Soul) { s.LastAsk, s.LastWord = now-14*oneDay, r.Starts-1 })
	if got := r.Due([]Soul{later}, now); len(got) != 1 {
		t.Error("after the gap nobody is addressed")
	}
	many := make([]Soul, 9)
	for i := range many {
		many[i] = with(func(s *Soul) { s.Member = community.MemberKey(i) })
	}
	many[8].Mine, many[8].Asked = true, now-oneDay+1
	if got := r.Due(many, now); len(got) != 2 {
		t.Errorf("%d are addressed beside the one of today, want 2", len(got))
	}
	for name, change := range map[string]func(*Reach){"stopped": func(r *Reach) { r.Stopped = 1 }, "before its start": func(r *Reach) { r.Starts = now + 1 }, "after its end": func(r *Reach) { r.Ends = now }} {
		other := r
		change(&other)
		if got := other.Due([]Soul{ok}, now); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestReachStopsForWhoSpeaksOrDeclines(t *testing.T) {
	const now = 1000 * oneDay
	r := Reach{Starts: now - oneDay, Ends: now + oneDay}
	open := Soul{Mine: true, State: Asked, Asked: now - 5, Tier: Lurker, Present: true}
	with := func(change func(*Soul)) Soul { s := open; change(&s); return s }
	for _, c := range []struct {
		s    Soul
		want string
	}{
		{open, ""}, {with(func(s *Soul) { s.LastWord = s.Asked }), Spoke}, {with(func(s *Soul) { s.Declined = true }), Declined}, {with(func(s *Soul) { s.Tier = Normal }), Moved},
		{with(func(s *Soul) { s.Present = false }), Moved}, {with(func(s *Soul) { s.State, s.LastWord = Spoke, now }), ""}, {with(func(s *Soul) { s.Mine, s.Declined = false, true }), ""},
	} {
		if got := r.Stop(c.s, now); got != c.want {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
	if got := r.Stop(open, r.Ends); got != Over {
		t.Errorf("after its end: %q", got)
	}
}

func TestReachesAndBenefitsAreChecked(t *testing.T) {
	const now = 1000 * oneDay
	good := Reach{Text: "好", Starts: now, Ends: now + oneDay, Gap: 14, PerDay: 20}
	if err := good.Check(now); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Reach){
		"empty": func(r *Reach) { r.Text = " " }, "huge": func(r *Reach) { r.Text = strings.Repeat("大", 1001) }, "ends before": func(r *Reach) { r.Ends = now }, "for ever": func(r *Reach) { r.Ends = now + 91*oneDay },
		"too often": func(r *Reach) { r.Gap = 6 }, "nobody a day": func(r *Reach) { r.PerDay = 0 }, "everybody": func(r *Reach) { r.PerDay = 201 },
	} {
		r := good
		change(&r)
		if community.CodeOf(r.Check(now)) != community.CodeBadInput {
			t.Errorf("%s: %v", name, r.Check(now))
		}
	}
	bad := []Benefit{{Tier: "vip", Name: "x"}, {Tier: Core, Name: " "}, {Tier: Core, Name: strings.Repeat("x", 61)}, {Tier: Core, Name: "x", Means: strings.Repeat("x", 501)}}
	if slices.ContainsFunc(bad, func(b Benefit) bool { return b.Check() == nil }) || (Benefit{Tier: Core, Name: "内测"}).Check() != nil {
		t.Error("benefits are not checked")
	}
}
