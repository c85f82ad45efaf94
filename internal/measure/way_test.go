package measure_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// day0 is a Monday; at gives a time on a day after it.
const day0 = measure.Day(20_000)

func at(day float64) int64 { return int64((float64(day0) + day) * dayMS) }

// quietGroup is a group in UTC that was watched on days 0 … 99.
func quietGroup() measure.History {
	h := measure.History{Until: at(100), DayOf: func(ms int64) measure.Day { d, _ := measure.DayOf(ms, time.UTC); return d }}
	h.Watched = watched(day0, day0+99)
	return h
}

// party is a group of six: 1 was there before; 2 asked, was let in, spoke, was heard, stayed, and brought 3, who stayed a week and was
// heard, and 4, who left on the third day; 5 never spoke; 6 asked and never came.
func party() (measure.History, measure.Traces) {
	h := quietGroup()
	h.Stays = []measure.Stay{
		{Member: 1, Joined: at(-50), Seen: at(0)},
		{Member: 2, Joined: at(3), Source: "qr"},
		{Member: 3, Joined: at(40), Source: "invite", Inviter: 2},
		{Member: 4, Joined: at(41), Left: at(44), Source: "invite", Inviter: 2, Cause: measure.Left},
		{Member: 5, Joined: at(50)},
	}
	h.Spoke = []measure.Life{{Member: 1, First: day0, Days: []measure.Day{day0, day0 + 90}}, {Member: 2, First: day0 + 4, Days: []measure.Day{day0 + 4, day0 + 26, day0 + 80}},
		{Member: 3, First: day0 + 42, Days: []measure.Day{day0 + 42}}}
	return h, measure.Traces{
		Requests:   []measure.Request{{Member: 2, Asked: at(1), Answered: at(2), Admitted: true}, {Member: 6, Asked: at(10), Answered: at(11)}},
		Confirmed:  []measure.Moment{{Member: 2, At: at(3.5)}, {Member: 5, At: at(49)}}, // 5 confirmed before joining: another stay's
		FirstWords: []measure.Moment{{Member: 1, At: at(0.5)}, {Member: 2, At: at(4.5)}, {Member: 3, At: at(42.25)}},
		Contacts: []measure.Contact{{From: 1, To: 2, At: at(4.25)}, {From: 2, To: 2, At: at(4.75)}, {From: 1, To: 2, At: at(5)}, // before the first word; to oneself; counts
			{From: 2, To: 3, At: at(43), Reply: true}, {From: 1, To: 5, At: at(51)}, {From: 3, To: 1, At: at(60)}},
	}
}

func TestWaysBeginWithWhatIsOnRecord(t *testing.T) {
	h, tr := party()
	ways := measure.Ways(h, tr)
	var members []community.MemberKey
	for _, w := range ways {
		members = append(members, w.Member)
	}
	if !slices.Equal(members, []community.MemberKey{2, 3, 4, 5, 6}) {
		t.Fatalf("ways of %v, want 2 to 6: nobody knows when 1 joined", members)
	}
	if got, want := ways[0].At, [8]int64{at(1), at(2), at(3), at(3.5), at(4.5), at(5), at(26), at(40)}; got != want {
		t.Errorf("way of 2 = %v, want %v", got, want)
	}
	if got, want := ways[1].At, [8]int64{0, 0, at(40), 0, at(42.25), at(43), 0, 0}; got != want {
		t.Errorf("way of 3 = %v, want %v", got, want)
	}
	if ways[3].At[measure.Confirmed] != 0 || ways[3].At[measure.Heard] != 0 {
		t.Errorf("way of 5 = %v: confirmed before joining, addressed without a word", ways[3].At)
	}
}

func TestStepsCountOnlyWhoseTimeHasPassed(t *testing.T) {
	h, tr := party()
	h.Stays = append(h.Stays, measure.Stay{Member: 7, Joined: at(95)}) // its 14 days have not passed
	steps := measure.Journey(measure.Ways(h, tr), h, day0, day0+99)
	want := map[[2]measure.Point][3]int{
		{measure.Asked, measure.Admitted}: {1, 2, 0}, {measure.Admitted, measure.Joined}: {1, 1, 0}, {measure.Joined, measure.Confirmed}: {1, 4, 1},
		{measure.Joined, measure.Spoke}: {2, 4, 1}, {measure.Spoke, measure.Heard}: {2, 2, 0}, {measure.Joined, measure.Stayed}: {1, 4, 1},
		{measure.Joined, measure.Invited}: {0, 4, 1}, // 2 brought somebody on the 37th day, the step allows 35
	}
	for _, s := range steps {
		if got := [3]int{len(s.Went), len(s.Of), s.Waiting}; got != want[[2]measure.Point{s.From, s.To}] {
			t.Errorf("%d -> %d: went, of, waiting = %v, want %v", s.From, s.To, got, want[[2]measure.Point{s.From, s.To}])
		}
	}
	quiet := measure.Traces{FirstWords: tr.FirstWords}
	for i := range h.Stays {
		h.Stays[i].Inviter = 0
	}
	for _, s := range measure.Journey(measure.Ways(h, quiet), h, day0, day0+99) {
		if s.Unused != (s.To == measure.Confirmed || s.To == measure.Invited) {
			t.Errorf("%d -> %d of a group without confirmations and inviters: unused %v", s.From, s.To, s.Unused)
		}
	}
	if k := measure.MakeBoard(measure.Ways(h, quiet), h, day0, day0+99, nil).Referral.K; k.Withheld != measure.NoInviter {
		t.Errorf("K of a group whose inviters nobody names = %+v, want none", k)
	}
	if d, ok := steps[3].Took.Median(); ok || steps[3].Took.N != 5 || steps[3].Took.Ends != 2 {
		t.Errorf("joined -> spoke: median %v (%v) of %d, %d ended; want not reached, 5, 2", d, ok, steps[3].Took.N, steps[3].Took.Ends)
	}
	if d, ok := steps[4].Took.Median(); !ok || math.Abs(d-0.5) > 1e-9 { // half a day and three quarters
		t.Errorf("spoke -> heard: median %v (%v), want 0.5", d, ok)
	}
}

func TestBoardIsFiveNumbersWithThePeopleBehindThem(t *testing.T) {
	h, tr := party()
	b := measure.MakeBoard(measure.Ways(h, tr), h, day0+30, day0+70, []measure.Payment{
		{Member: 2, At: at(31), Amount: 990}, {Member: 2, At: at(32), Amount: -90}, {Member: 3, At: at(60), Amount: 100}, {Member: 5, At: at(90), Amount: 5000}})
	if !slices.Equal(b.Came, []community.MemberKey{3, 4, 5}) {
		t.Errorf("acquired %v, want 3, 4, 5", b.Came)
	}
	if f := b.Activated.Figure(b.Coverage); f.Num != 1 || f.Den != 3 {
		t.Errorf("activated %v of %v, want 1 of 3", f.Num, f.Den)
	}
	if len(b.Week4.Of) != 3 || !slices.Equal(b.Week4.Kept, []community.MemberKey{2}) { // day 28 of 2, 3 and 4 is 31, 68 and 69
		t.Errorf("week 4: %v of %v, want 2 of 2, 3, 4", b.Week4.Kept, b.Week4.Of)
	}
	r := b.Referral
	if !slices.Equal(r.Hosts, []community.MemberKey{2, 3}) || !slices.Equal(r.Guests, []community.MemberKey{3}) || !slices.Equal(r.Through, []community.MemberKey{3}) {
		t.Errorf("hosts %v, guests %v, through %v; want 2 3, 3, 3: 4 left on the third day", r.Hosts, r.Guests, r.Through)
	}
	if r.K.Num != 1 || r.K.Den != 2 || math.Abs(r.I.Value*r.C.Value-r.K.Value) > 1e-12 {
		t.Errorf("K = %v / %v = %v, I %v, C %v", r.K.Num, r.K.Den, r.K.Value, r.I.Value, r.C.Value)
	}
	if d, ok := r.Cycle.Median(); !ok || d != 38 {
		t.Errorf("cycle %v (%v), want 38 days", d, ok)
	}
	if b.Revenue.Net != 1000 || b.Revenue.Gross != 1090 || !slices.Equal(b.Revenue.Payers, []community.MemberKey{2, 3}) {
		t.Errorf("revenue %+v, want 1000 net of 1090 by 2 and 3", b.Revenue)
	}
}

func TestCourseOfAPerson(t *testing.T) {
	h := quietGroup()
	for name, c := range map[string]struct {
		asked int64
		stays []measure.Stay
		days  []measure.Day
		want  []measure.Turn
	}{
		"asked only":  {at(5), nil, nil, []measure.Turn{{measure.Applicant, at(5)}}},
		"never spoke": {0, []measure.Stay{{Joined: at(10)}}, nil, []measure.Turn{{measure.Member, at(10)}, {measure.Lapsed, at(38)}}},
		"comes back after silence": {0, []measure.Stay{{Joined: at(10)}}, []measure.Day{day0 + 12, day0 + 60, day0 + 80},
			[]measure.Turn{{measure.Member, at(10)}, {measure.Lapsed, at(40)}, {measure.Returned, at(60)}}},
		"leaves and joins again": {at(1), []measure.Stay{{Joined: at(10), Left: at(20)}, {Joined: at(90)}}, []measure.Day{day0 + 12},
			[]measure.Turn{{measure.Applicant, at(1)}, {measure.Member, at(10)}, {measure.Departed, at(20)}, {measure.Returned, at(90)}}},
		"nothing": {0, nil, nil, nil},
	} {
		if got := measure.Course(c.asked, c.stays, c.days, h); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	h.Stays = []measure.Stay{{Member: 1, Joined: at(10)}, {Member: 2, Joined: at(99)}, {Member: 3, Joined: at(0), Left: at(4)}, {Member: 9, Joined: at(-9), Seen: at(0)}}
	standings, paths := measure.Courses(h, map[community.MemberKey]int64{7: at(50)})
	if len(paths) != 4 || paths[0].Count != 1 {
		t.Errorf("paths = %v, want four of one each", paths)
	}
	member := standings[1]
	if member.Took.N != 3 || member.Took.Ends != 2 || member.Now != 1 || len(member.To) != 2 || member.To[0] != (measure.Passage{measure.Lapsed, 1, 28}) || member.To[1] != (measure.Passage{measure.Departed, 1, 4}) {
		t.Errorf("members: %+v", member)
	}
	if standings[0].Now != 1 {
		t.Errorf("applicants now = %d, want 1", standings[0].Now)
	}
}

// TestBondsAgainstASecondCount counts edges, reach and brokerage by looking at every pair.
func TestBondsAgainstASecondCount(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		n := community.MemberKey(2 + dice.IntN(12))
		var list []measure.Contact
		told := map[[2]community.MemberKey]bool{}
		for range dice.IntN(60) {
			c := measure.Contact{From: 1 + community.MemberKey(dice.IntN(int(n))), To: 1 + community.MemberKey(dice.IntN(int(n)))}
			list = append(list, c)
			if c.From != c.To {
				told[[2]community.MemberKey{c.From, c.To}] = true
			}
		}
		edges, mutual := 0, 0
		for a := range n {
			for b := range n {
				if told[[2]community.MemberKey{a + 1, b + 1}] {
					edges++
					if told[[2]community.MemberKey{b + 1, a + 1}] {
						mutual++
					}
				}
			}
		}
		got := measure.Bind(list, measure.Coverage{Covered: 1, Of: 1})
		if got.Edges != edges || int(got.Reciprocity.Num) != mutual || edges > 0 && math.Abs(got.Reciprocity.Value-float64(mutual)/float64(edges)) > 1e-9 {
			t.Fatalf("edges %d, mutual %v; want %d, %d", got.Edges, got.Reciprocity.Num, edges, mutual)
		}
		linked := func(a, b community.MemberKey) bool {
			return told[[2]community.MemberKey{a, b}] || told[[2]community.MemberKey{b, a}]
		}
		for _, m := range got.Members {
			reach, pairs, between := 0, 0, 0
			for a := community.MemberKey(1); a <= n; a++ {
				if !linked(m.Member, a) {
					continue
				}
				reach++
				for b := a + 1; b <= n; b++ {
					if linked(m.Member, b) {
						pairs++
						if !linked(a, b) {
							between++
						}
					}
				}
			}
			if m.Reach != reach || m.Couples != pairs || m.Between != between {
				t.Fatalf("member %d: reach, pairs, between = %d %d %d, want %d %d %d", m.Member, m.Reach, m.Couples, m.Between, reach, pairs, between)
			}
		}
	}
}

func TestNothingKnownIsNoNumber(t *testing.T) {
	h := measure.History{DayOf: func(int64) measure.Day { return 0 }}
	b := measure.MakeBoard(nil, h, day0, day0+6, nil)
	for _, f := range []measure.Figure{b.Activated.Figure(b.Coverage), b.Week4.Figure(b.Coverage), b.Referral.K, measure.Bind(nil, b.Coverage).Reciprocity} {
		if f.Withheld == "" || math.IsNaN(f.Value) {
			t.Errorf("a figure of nothing: %+v", f)
		}
	}
	for _, s := range measure.Journey(nil, h, day0, day0+6) {
		if len(s.Of) != 0 || s.Took.N != 0 {
			t.Errorf("a step of nobody: %+v", s)
		}
	}
}

// TestScreenedAndStraightAreCompared: who asked within two weeks before joining, and was let in, is screened; whoever was there before is
// neither.
func TestScreenedAndStraightAreCompared(t *testing.T) {
	h := quietGroup()
	var asked []measure.Request
	for m := community.MemberKey(1); m <= 24; m++ {
		s := measure.Stay{Member: m, Joined: at(20)}
		if m%2 == 0 {
			asked = append(asked, measure.Request{Member: m, Asked: at(19), Answered: at(19.5), Admitted: true})
		} else {
			s.Left, s.Cause = at(20+float64(m)), measure.Left
		}
		h.Stays = append(h.Stays, s)
	}
	h.Stays = append(h.Stays, measure.Stay{Member: 98, Joined: at(-9), Seen: at(0)}, measure.Stay{Member: 99, Joined: at(60)})
	asked = append(asked, measure.Request{Member: 99, Asked: at(30), Admitted: true}, measure.Request{Member: 1, Asked: at(19)}) // long ago; refused
	list, test := measure.SplitStays(h, measure.GateOf(asked))
	if len(list) != 2 || list[0].Source != measure.Straight || list[0].Curve.N != 13 || list[0].Curve.Ends != 12 || list[1].Source != measure.Screened || list[1].Curve.N != 12 || list[1].Curve.Ends != 0 {
		t.Fatalf("kinds = %+v", list)
	}
	if test.Withheld != "" || test.Free != 1 || test.P > 0.001 {
		t.Errorf("test = %+v, want one degree of freedom and a small p", test)
	}
	if none, test := measure.SplitStays(h, func(measure.Stay) string { return "" }); len(none) != 0 || test.Withheld == "" {
		t.Errorf("no kinds: %+v, %+v", none, test)
	}
}
