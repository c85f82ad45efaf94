package tier

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"qunluo/internal/community"
)

// A member worked out by hand: days 100, 86 and 72 are 0, 14 and 28 days ago; two partners within 28 days; a reply today; a
// question answered 14 days ago; a strike 30 days old.
func TestScoreOfAWorkedExample(t *testing.T) {
	p := Person{Member: 1, Active: []int64{72, 86, 100}, Answers: []int64{86},
		Contacts: []Contact{{Day: 72, With: 9}, {Day: 90, With: 2}, {Day: 100, With: 3, Reply: true}, {Day: 100, With: 3, Reply: true}},
		Strikes:  []Strike{{Day: 70, Ends: 101}, {Day: 40, Ends: 70}}}
	got := Default().Measure(&p, 100)
	want := Numbers{Activity: 1.75, Help: 1.5, Penalty: 0.5, Days: 2, Partners: 2, Replies: 1, Answers: 1, Strikes: 1, Score: 1.75*(1+math.Log(3)) + 1.5 - 0.5}
	if math.Abs(got.Score-want.Score) > 1e-9 || math.Abs(got.Score-4.672571505) > 1e-8 {
		t.Errorf("score = %.9f, want %.9f", got.Score, want.Score)
	}
	want.Score = got.Score
	if got != want {
		t.Errorf("numbers = %+v, want %+v", got, want)
	}
}

func TestHelpOfOneDayIsCapped(t *testing.T) {
	p := Person{Member: 1, Active: []int64{100}, Answers: []int64{100, 100}}
	for m := range 5 {
		p.Contacts = append(p.Contacts, Contact{Day: 100, With: community.MemberKey(m + 2), Reply: true})
	}
	if got := Default().Measure(&p, 100); got.Help != 3 || got.Replies != 5 || got.Answers != 2 {
		t.Errorf("help %v of %d replies and %d answers, want 3 of 5 and 2", got.Help, got.Replies, got.Answers)
	}
}

// group makes n members with scores n, n−1, … and a word today; all of one tier.
func group(n int, now Tier, since int64) []Standing {
	list := make([]Standing, n)
	for i := range list {
		list[i] = Standing{Member: community.MemberKey(i + 1), Now: now, Since: since, Numbers: Numbers{Score: float64(n - i)}}
	}
	return list
}

func tiersOf(list []Ruling) (core, normal, lurker int) {
	return countOf(list, Core), countOf(list, Normal), countOf(list, Lurker)
}

func TestFirstPlacingFollowsTheCuts(t *testing.T) {
	core, normal, lurker := tiersOf(Default().Decide(200, group(100, None, 0)))
	if core != 10 || normal != 40 || lurker != 50 {
		t.Errorf("%d, %d, %d: want 10, 40, 50", core, normal, lurker)
	}
}

// Ranks of 100 members are percents: what each line says of each tier.
func TestLinesLeaveRoomBetweenUpAndDown(t *testing.T) {
	r := Default()
	r.KeepShare = false
	for _, c := range []struct {
		now  Tier
		rank int
		want Tier
		why  string
	}{
		{Normal, 8, Core, Rose}, {Normal, 9, Normal, Stays}, {Core, 13, Core, Stays}, {Core, 14, Normal, Fell}, {Lurker, 8, Core, Rose},
		{Lurker, 45, Normal, Rose}, {Lurker, 46, Lurker, Stays}, {Normal, 58, Normal, Stays}, {Normal, 59, Lurker, Fell}, {Core, 59, Lurker, Fell},
	} {
		list := group(100, c.now, 100)
		got := r.Decide(200, list)[c.rank-1]
		if got.Tier != c.want || got.Why != c.why || got.Rank != c.rank || got.Percent() != float64(c.rank) {
			t.Errorf("%s at %d %%: %s (%s), want %s (%s)", c.now, c.rank, got.Tier, got.Why, c.want, c.why)
		}
	}
}

func TestChangesKeepTheirDistance(t *testing.T) {
	r := Default()
	r.KeepShare = false
	for _, c := range []struct {
		name string
		s    Standing
		want Tier
		why  string
	}{
		{"core of 13 days", Standing{Now: Core, Since: 187}, Core, Graced},
		{"core of 14 days", Standing{Now: Core, Since: 186}, Lurker, Fell},
		{"changed six days ago", Standing{Now: Normal, Since: 194}, Normal, Waits},
		{"changed a week ago", Standing{Now: Normal, Since: 193}, Lurker, Fell},
		{"no word for 89 days", Standing{Now: Normal, Since: 0, Numbers: Numbers{Score: 1e6, Quiet: 89}}, Core, Rose},
		{"no word for 90 days", Standing{Now: Normal, Since: 0, Numbers: Numbers{Score: 1e6, Quiet: 90}}, Lurker, Silent},
		{"never a word", Standing{Now: None, Numbers: Numbers{Score: 1e6, Quiet: -1}}, Lurker, Silent},
		{"pinned", Standing{Now: Normal, Since: 200, Pin: Core}, Core, Pinned},
	} {
		c.s.Member = 1000
		list := append(group(99, Normal, 0), c.s)
		got := r.Decide(200, list)
		i := slices.IndexFunc(got, func(d Ruling) bool { return d.Member == 1000 })
		if got[i].Tier != c.want || got[i].Why != c.why {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, got[i].Tier, got[i].Why, c.want, c.why)
		}
	}
}

func TestSmallGroupsHaveNoTiersButPins(t *testing.T) {
	list := group(19, Normal, 0)
	list[4].Pin = Core
	for _, d := range Default().Decide(200, list) {
		want, why := None, Few
		if d.Member == 5 {
			want, why = Core, Pinned
		}
		if d.Tier != want || d.Why != why || d.Percent() != 0 {
			t.Errorf("member %d of 19: %q (%s)", d.Member, d.Tier, d.Why)
		}
	}
	if core, _, _ := tiersOf(Default().Decide(200, group(20, None, 0))); core != 2 {
		t.Errorf("%d of 20 are core, want 2", core)
	}
	if got := Default().Decide(200, nil); len(got) != 0 {
		t.Errorf("nobody: %v", got)
	}
}

func TestTiesGoToWhoCameEarlier(t *testing.T) {
	list := []Standing{{Member: 3, Joined: 50}, {Member: 2, Joined: 50}, {Member: 1, Joined: 70}, {Member: 4}}
	for range 3 {
		got := Default().Decide(9, list)
		if got[0].Member != 4 || got[1].Member != 2 || got[2].Member != 3 || got[3].Member != 1 {
			t.Fatalf("order = %+v", got)
		}
		list = append(list[1:], list[0])
	}
}

// All are normal: five of a hundred come into the core at least, fifty become lurkers, those next to the borders, and who may
// not move does not.
func TestSharesAreKeptByThoseNextToTheBorder(t *testing.T) {
	list := group(100, Core, 100) // ranks up to 13 stay core by the lines: three too many
	list[12].Pin, list[11].Since = Core, 195
	got := Default().Decide(200, list)
	core, normal, lurker := tiersOf(got)
	if core != 10 || normal != 40 || lurker != 50 {
		t.Errorf("%d, %d, %d: want 10, 40, 50", core, normal, lurker)
	}
	for i, want := range map[int]Tier{7: Core, 8: Normal, 9: Normal, 10: Normal, 11: Core, 12: Core} {
		if got[i].Tier != want {
			t.Errorf("rank %d is %s, want %s", i+1, got[i].Tier, want)
		}
	}
	if got[9].Why != Shared || got[49].Why != Fell || got[50].Why != Shared {
		t.Errorf("why = %s, %s, %s", got[9].Why, got[49].Why, got[50].Why)
	}
}

func TestTheSilentStayLurkersWhateverTheShares(t *testing.T) {
	list := group(100, None, 0)
	for i := 20; i < 100; i++ {
		list[i].Numbers.Quiet = -1
	}
	core, normal, lurker := tiersOf(Default().Decide(200, list))
	if core != 10 || normal != 10 || lurker != 80 {
		t.Errorf("%d, %d, %d: want 10, 10 and the 80 silent", core, normal, lurker)
	}
}

func TestSharesAreComparedWithoutRounding(t *testing.T) {
	tiers := make([]Tier, 21)
	for i := range tiers {
		tiers[i] = []Tier{Core, Normal, Lurker}[min(i/2, 1)+min(i/10, 1)]
	}
	got := Default().Shares(tiers) // 2, 8, 11 of 21
	if got[0].Count != 2 || !got[0].Within || got[1].Count != 8 || !got[1].Within || got[2].Count != 11 || !got[2].Within {
		t.Errorf("shares = %+v", got)
	}
	if s := Default().Shares(append(tiers, Core))[0]; s.Within || s.Of != 22 { // 3 of 22 = 13.6 %
		t.Errorf("core = %+v", s)
	}
	if s := Default().Shares(nil)[0]; s.Within || s.Share != 0 {
		t.Errorf("of nobody: %+v", s)
	}
}

func TestRulesAreChecked(t *testing.T) {
	if err := Default().Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Rules){
		"lines crossed": func(r *Rules) { r.CoreIn = 12 }, "out before in": func(r *Rules) { r.CoreOut = 9 }, "no half-life": func(r *Rules) { r.HalfLife = 0 },
		"short grace": func(r *Rules) { r.Grace = 13 }, "few members": func(r *Rules) { r.Least = 19 }, "shares below 100": func(r *Rules) { r.Lurker.High = 40 },
		"shares above 100": func(r *Rules) { r.Lurker.Low, r.Lurker.High = 80, 90 }, "share turned round": func(r *Rules) { r.Core = Band{10, 5} }, "no such weekday": func(r *Rules) { r.Weekday = 7 },
	} {
		r := Default()
		change(&r)
		if community.CodeOf(r.Check()) != community.CodeBadInput {
			t.Errorf("%s: %v, want bad_input", name, r.Check())
		}
	}
	if _, err := Parse("vip"); community.CodeOf(err) != community.CodeBadInput {
		t.Error("vip is no tier")
	}
}

func TestDecisionsFallOnTheirWeekday(t *testing.T) {
	r := Default()
	for day, want := range map[int64]int64{20458: 20458, 20459: 20458, 20464: 20458, 20465: 20465, -3: -3, -4: -10} { // 20458 is 2026-01-05, a Monday
		if got := r.DecisionDay(day); got != want {
			t.Errorf("day %d: %d, want %d", day, got, want)
		}
	}
	r.Weekday = 6
	if got := r.DecisionDay(20458); got != 20457 {
		t.Errorf("by Sundays: %d, want 20457", got)
	}
}

func TestSpokenCountsAsThereForSoLong(t *testing.T) {
	got := Spoken([]int64{1, 5, 200, 200}, 90)
	if !slices.Equal(got, []Span{{1, 94}, {200, 289}}) {
		t.Errorf("spans = %v", got)
	}
}

// invented lives: some come early, some late, some fall silent.
func invented(rng *rand.Rand, n, days int) []Person {
	people := make([]Person, n)
	for i := range people {
		p := &people[i]
		p.Member, p.Joined = community.MemberKey(i+1), int64(rng.IntN(days))*86_400_000
		from, rate := rng.IntN(days), rng.Float64()*rng.Float64()
		p.Spans = []Span{{int64(from), int64(from + rng.IntN(days))}}
		for d := from; d < days; d++ {
			if rng.Float64() >= rate {
				continue
			}
			p.Active = append(p.Active, int64(d))
			for range rng.IntN(4) {
				p.Contacts = append(p.Contacts, Contact{int64(d), community.MemberKey(rng.IntN(n) + 1), rng.IntN(2) == 0})
			}
			if rng.IntN(5) == 0 {
				p.Answers = append(p.Answers, int64(d))
			}
			if rng.IntN(40) == 0 {
				p.Strikes = append(p.Strikes, Strike{int64(d), int64(d + 30)})
			}
		}
	}
	return people
}

func TestNumbersEqualASecondReading(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	r := Default()
	compared := 0
	for _, p := range invented(rng, 150, 400) {
		for _, day := range []int64{0, 30, 150, 399} {
			got, want := r.Measure(&p, day), naive(r, p, day)
			if math.Abs(got.Score-want.Score) > 1e-9 || got.Days != want.Days || got.Partners != want.Partners || got.Replies != want.Replies || got.Answers != want.Answers || got.Strikes != want.Strikes || got.Quiet != want.Quiet {
				t.Fatalf("member %d on day %d: %+v, want %+v", p.Member, day, got, want)
			}
			compared++
		}
	}
	if compared != 600 {
		t.Errorf("%d compared", compared)
	}
}

// naive reads the definition of the score anew: day by day, list by list.
func naive(r Rules, p Person, day int64) Numbers {
	n := Numbers{Quiet: -1}
	for age := int64(0); age < 140; age++ {
		d, w, helped := day-age, math.Pow(0.5, float64(age)/14), 0
		if slices.Contains(p.Active, d) {
			n.Activity += w
			if age < 28 {
				n.Days++
			}
			if n.Quiet < 0 {
				n.Quiet = age
			}
		}
		for i, c := range p.Contacts {
			if c.Day == d && c.Reply && !slices.ContainsFunc(p.Contacts[:i], func(o Contact) bool { return o.Day == d && o.Reply && o.With == c.With }) {
				helped++
				if age < 28 {
					n.Replies++
				}
			}
		}
		for _, a := range p.Answers {
			if a == d {
				helped++
				if age < 28 {
					n.Answers++
				}
			}
		}
		n.Help += w * float64(min(helped, r.AnswerCap))
	}
	for m := community.MemberKey(1); m <= 1000; m++ {
		if slices.ContainsFunc(p.Contacts, func(c Contact) bool { return c.With == m && c.Day <= day && c.Day > day-28 }) {
			n.Partners++
		}
	}
	for _, s := range p.Strikes {
		if s.Day <= day && s.Ends > day {
			n.Strikes++
			n.Penalty += math.Pow(0.5, float64(day-s.Day)/30)
		}
	}
	n.Score = n.Activity*(1+math.Log(1+float64(n.Partners))) + n.Help - n.Penalty
	return n
}

// What must hold of every decision over a history, whatever happened: nobody moves twice within a week or leaves the core
// within its grace, nobody silent stays above, pins hold, and the shares are kept where nobody is protected.
func TestDecisionsKeepTheirPromisesOverAHistory(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 3))
	r := Default()
	people := invented(rng, 300, 500)
	pins := map[community.MemberKey]Tier{11: Core, 12: Lurker}
	now, since := map[community.MemberKey]Tier{}, map[community.MemberKey]int64{}
	changes := 0
	for w := range 40 {
		last := int64(140 + 7*w)
		trial := r.Simulate(people, pins, last, w+1)
		for _, d := range trial.Last {
			was := now[d.Member]
			if d.Was != was {
				t.Fatalf("week %d: member %d was %q, the longer reading says %q", w, d.Member, was, d.Was)
			}
			if d.Changed() && was != None && d.Why != Pinned {
				changes++
				if last-since[d.Member] < 7 || was == Core && last-since[d.Member] < 14 {
					t.Fatalf("week %d: member %d moved after %d days from %s", w, d.Member, last-since[d.Member], was)
				}
			}
			if p := pins[d.Member]; p != None && d.Tier != p {
				t.Fatalf("week %d: pinned %s is %s", w, p, d.Tier)
			}
			if q := d.Numbers.Quiet; (q < 0 || q >= 90) && d.Tier == Core && d.Why != Pinned {
				t.Fatalf("week %d: the silent %d is core", w, d.Member)
			}
		}
		clear(now)
		old := since
		since = map[community.MemberKey]int64{}
		for _, d := range trial.Last {
			now[d.Member], since[d.Member] = d.Tier, old[d.Member]
			if d.Changed() {
				since[d.Member] = last
			}
		}
	}
	if changes < 100 {
		t.Errorf("only %d changes: the history is too quiet to prove anything", changes)
	}
}

func TestATrialCountsWhatWasNeedless(t *testing.T) {
	var people []Person
	for i := range 40 {
		p := Person{Member: community.MemberKey(i + 1), Spans: []Span{{0, 1000}}}
		for d := int64(i % 3); d < 300; d += int64(1 + i) {
			p.Active = append(p.Active, d)
		}
		people = append(people, p)
	}
	calm, hard := Default().Simulate(people, nil, 290, 30), Default().HardCuts().Simulate(people, nil, 290, 30)
	weeks, _, members, few, _ := calm.Sum()
	_, _, _, many, needless := hard.Sum()
	if weeks != 30 || members != 1200 || few >= many || needless == 0 {
		t.Errorf("%d weeks, %d member-weeks; %d changes with patience, %d without, %d of them needless", weeks, members, few, many, needless)
	}
	rows := make([]Row, len(calm.Last))
	for i, d := range calm.Last {
		rows[i] = Row{Member: d.Member, Tier: d.Tier, Since: 200}
	}
	was := Compare(Default(), Default(), people, rows, 290, 4)
	if len(was.Now.Weeks) != 4 || len(was.Today) != 0 {
		t.Errorf("the same rules: %d weeks, %d would move today", len(was.Now.Weeks), len(was.Today))
	}
	fewer := Default()
	fewer.Core = Band{20, 30}
	fewer.Lurker, fewer.Normal = Band{40, 50}, Band{20, 40}
	c := Compare(Default(), fewer, people, rows, 290, 4)
	if n, was := countOf(c.Today, Core), countOf(calm.Last, Core); n != 8-was || was < 2 { // a fifth of forty
		t.Errorf("%d would come into a larger core of 8 beside %d", n, was)
	}
}

// A reading between two decisions places newcomers and renews numbers, and moves nobody.
func TestBetweenDecisionsOnlyNewcomersArePlaced(t *testing.T) {
	var people []Person
	var rows []Row
	for i := range 40 {
		people = append(people, Person{Member: community.MemberKey(i + 1), Spans: []Span{{0, 1000}}, Active: []int64{int64(i), 100}})
		if i > 0 {
			rows = append(rows, Row{Member: community.MemberKey(i + 1), Tier: Lurker, Why: Fell})
		}
	}
	b := Book{Rules: Default(), Day: 99, Decided: Default().DecisionDay(100)}
	list, decided := b.Round(people, rows, 100)
	if decided != b.Decided || len(list) != 40 {
		t.Fatalf("decided %d, want %d; %d members", decided, b.Decided, len(list))
	}
	for _, d := range list {
		if d.Member == 1 && d.Was == None && d.Tier != None {
			continue
		}
		if d.Changed() || d.Why != Fell || d.Numbers.Score == 0 {
			t.Errorf("member %d: %q to %q (%s)", d.Member, d.Was, d.Tier, d.Why)
		}
	}
	b.Decided--
	if list, _ = b.Round(people, rows, 100); countOf(list, Core) == 0 {
		t.Error("on the day of decision somebody rises")
	}
}
