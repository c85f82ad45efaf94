package measure

import (
	"math"
	"math/rand/v2"
	"testing"

	"qunluo/internal/community"
)

// TestIntervalsOverGroupsHoldWhatTheySay: people of one group are alike by ρ; over many made-up studies of few and many groups of unlike size, at
// least 95 of 100 intervals hold the true share, where Wilson's over all people alone holds far fewer.
func TestIntervalsOverGroupsHoldWhatTheySay(t *testing.T) {
	rng := rand.New(rand.NewPCG(411, 2026))
	normal := func(n int, p float64) int64 { // a binomial count, by the normal law where it is large
		if v := float64(n) * p * (1 - p); v > 20 {
			return int64(min(float64(n), max(0, math.Round(float64(n)*p+math.Sqrt(v)*rng.NormFloat64()))))
		}
		x := int64(0)
		for range n {
			if rng.Float64() < p {
				x++
			}
		}
		return x
	}
	const runs = 2000
	for _, c := range []struct {
		groups   int
		rho      float64
		share    float64
		atLeast  float64
		naiveOff bool // Wilson's of all people must miss more than one in four
	}{
		{2, 0.05, 0.3, 0.95, false}, {3, 0.074, 0.2, 0.95, true}, {5, 0.02, 0.06, 0.95, false}, {5, 0.074, 0.4, 0.95, true},
		{12, 0.074, 0.3, 0.93, true}, {30, 0.03, 0.1, 0.93, true}, {30, 0, 0.3, 0.94, false}, {100, 0.05, 0.2, 0.93, true},
	} {
		held, naive := 0, 0
		for range runs {
			var list []cluster
			var num, den int64
			for range c.groups {
				n := int(20 * math.Exp(1.2*rng.Float64()*2)) // 20 to 220 members
				p := c.share
				p += math.Sqrt(3*c.rho*p*(1-p)) * (2*rng.Float64() - 1) // evenly around the share, of variance ρ·p·(1−p)
				x := normal(n, p)
				list, num, den = append(list, cluster{x, int64(n)}), num+x, den+int64(n)
			}
			p := overGroups(list)
			if p.Num != num || p.Den != den || p.Groups != c.groups {
				t.Fatalf("overGroups = %+v, want %d of %d in %d", p, num, den, c.groups)
			}
			if p.Low <= c.share && c.share <= p.High {
				held++
			}
			if low, high := Wilson(float64(num), float64(den)); low <= c.share && c.share <= high {
				naive++
			}
		}
		got, plain := float64(held)/runs, float64(naive)/runs
		t.Logf("%3d groups, ρ %.3f, share %.2f: held %.3f, without groups %.3f", c.groups, c.rho, c.share, got, plain)
		if got < c.atLeast {
			t.Errorf("%d groups, ρ %v, share %v: held %.3f, want ≥ %v", c.groups, c.rho, c.share, got, c.atLeast)
		}
		if c.naiveOff && plain > 0.75 {
			t.Errorf("%d groups, ρ %v: without groups %.3f hold; the case shows nothing", c.groups, c.rho, plain)
		}
	}
}

// TestOneGroupOverGroupsIsTheReportOfThatGroup: figures of one group are the same by both ways.
func TestOneGroupOverGroupsIsTheReportOfThatGroup(t *testing.T) {
	list := received(3, 30)
	polls := []FormatPollRow{{Votes: map[string]int64{FormatArticle: 3, FormatVideo: 27}}}
	alone, over := CompareFormats(list, polls), CompareOver([]FormatGroup{{Group: 3, Sent: list, Polls: polls}})
	if len(alone.Rows) != len(over.Rows) || len(alone.Every) != len(over.Every) || len(alone.Every) == 0 {
		t.Fatalf("alone %+v, over %+v", alone, over)
	}
	for i, want := range alone.Rows {
		got := over.Rows[i]
		for _, p := range []*Part{&got.Reach, &got.Answered, &got.Leaves, &got.Liked, &got.Engaged} {
			p.Groups, p.Design = 0, 0
		}
		want.Reach.Low, want.Reach.High = got.Reach.Low, got.Reach.High // of nothing told
		if got.Format != want.Format || got.Things != want.Things || got.Sends != want.Sends || got.Open != want.Open || got.Guessed != want.Guessed || got.Costed != want.Costed || got.Minutes != want.Minutes || got.Offers != want.Offers ||
			got.Replies != want.Replies || got.Answered != want.Answered || got.Leaves != want.Leaves || got.Liked != want.Liked || got.Engaged != want.Engaged || len(got.Took) != len(want.Took) || len(got.Went) != len(want.Went) {
			t.Errorf("%s over = %+v\nalone = %+v", want.Format, got, want)
		}
	}
}

// TestWhatCameToManyGroupsIsOneThing: its cost counts once, its reads count once all its groups are in the report, and who is in two groups is one
// person.
func TestWhatCameToManyGroupsIsOneThing(t *testing.T) {
	shared := func(first community.MemberKey) []Sent {
		list := received(first, 30)
		list[0].Kind, list[0].Source, list[0].Places, list[0].Minutes, list[0].Reads = SentMass, community.ID{9}, 2, 40, 25
		return list
	}
	a, b := FormatGroup{Group: 1, Sent: shared(1)}, FormatGroup{Group: 2, Sent: shared(21)} // 21 … 30 are in both
	rep := CompareOver([]FormatGroup{a, b})
	row := rep.Rows[0]
	if row.Format != FormatArticle || row.Things != 1 || row.Sends != 2 || row.Costed != 1 || row.Minutes != 40 {
		t.Errorf("article = %+v; want one thing, twice, 40 minutes", row)
	}
	if row.ReadOf != 1 || row.Reach.Num != 25 || row.Reach.Den != row.Offers {
		t.Errorf("reach = %+v of %d; want 25 of all who were offered it", row.Reach, row.ReadOf)
	}
	if row.Answered.Groups != 2 || row.Answered.Design <= 1 || row.Answered.High-row.Answered.Low <= partOf(row.Answered.Num, row.Answered.Den).High-partOf(row.Answered.Num, row.Answered.Den).Low {
		t.Errorf("answered = %+v; want an interval wider than of so many people apart", row.Answered)
	}
	if n := len(rep.Every); n != 50 || row.Engaged.Den != 50 {
		t.Errorf("offered every format = %d of %d, want 50 people, each once", n, row.Engaged.Den)
	}
	if half := CompareOver([]FormatGroup{a}); half.Rows[0].ReadOf != 0 || half.Rows[0].Minutes != 20 {
		t.Errorf("of one of its groups = %+v; want its reads unknown, half its minutes", half.Rows[0])
	}
	if len(rep.Groups) != 2 || rep.Groups[0].Sends != len(a.Sent) || rep.Groups[1].Answered.Den == 0 {
		t.Errorf("groups = %+v", rep.Groups)
	}
}

// received is one thing of each format that came to a group of n members from first on, a day after another; two of them answer each.
func received(first community.MemberKey, n int) []Sent {
	const day = int64(24 * 3600_000)
	now := 100 * day
	a := Audience{From: now - 60*day, Until: now}
	for m := range n {
		a.Stays = append(a.Stays, Stay{Member: first + community.MemberKey(m), Seen: now - 60*day})
	}
	var list []Sent
	for i, f := range AllFormats() {
		at := now - int64(10-i)*day
		a.Words = append(a.Words, Word{Member: first + community.MemberKey(i), At: at + 60_000}, Word{Member: first + 9, At: at + 90_000})
		list = append(list, Sent{SentKey: SentKey{Kind: SentHand, Source: community.ID{byte(first), byte(i)}}, At: at, Guess: f, Places: 1, SentSaid: SentSaid{Minutes: SentUnknown, Fen: SentUnknown, Reads: SentUnknown}})
	}
	a.Receive(list)
	return list
}
