package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"qunluo/internal/community"
)

func near(t *testing.T, what string, got, want, slip float64) {
	t.Helper()
	if !(math.Abs(got-want) <= slip) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// TestWorkedNumbers holds the figures of tables and of the method page.
func TestWorkedNumbers(t *testing.T) {
	for _, c := range []struct{ p, df, want float64 }{
		{0.975, 1, 12.7062047}, {0.975, 5, 2.5705818}, {0.975, 18, 2.1009220}, {0.8, 18, 0.8620487}, {0.975, 98, 1.9844675}, {0.8, 6, 0.9057033}, {0.025, 18, -2.1009220}, {0.5, 7, 0},
	} {
		near(t, fmt.Sprintf("t(%v, %v)", c.p, c.df), TQuantile(c.p, c.df), c.want, 1e-6)
	}
	near(t, "z(.975)", NormalQuantile(0.975), 1.959963985, 1e-8)
	near(t, "t tail with many degrees", tTail(1.959963985, 1e8), 0.025, 1e-9)
	for m, want := range map[float64]float64{50: 4.6, 200: 15.7, 500: 37.9} {
		near(t, fmt.Sprintf("design effect of %v", m), DesignEffect(m, 0.074), want, 0.05)
	}
	for k, want := range map[int]float64{2: .33, 3: .10, 4: .029} {
		near(t, fmt.Sprintf("least p of %d and %d", k, k), LeastP(k, k), want, 0.005)
	}
	low, high := Wilson(7, 10)
	near(t, "Wilson low", low, 0.397, 0.0005)
	near(t, "Wilson high", high, 0.892, 0.0005)
	s := CheckSplit([2]int{4800, 5200}, 50)
	near(t, "χ² of 52:48", s.Chi2, 16, 1e-12)
	near(t, "p of 52:48", s.P, 6.334e-5, 1e-8)
	if !s.Broken || CheckSplit([2]int{4950, 5050}, 50).Broken || CheckSplit([2]int{900, 100}, 10).Broken {
		t.Error("a split of 52:48 of 10,000 is broken, 50.5:49.5 and a planned 90:10 are not")
	}
}

// TestRhoByHand compares analysis of variance with sums over every single value.
func TestRhoByHand(t *testing.T) {
	// two groups, {1,1,0} and {0,0,0}: MSB = 2/3, MSW = 1/6, n₀ = 3: ρ = (2/3−1/6)/(2/3+2/6) = 0.5
	got, ok := Rho([]Cluster{{3, 2, 2}, {3, 0, 0}})
	near(t, "rho", got, 0.5, 1e-12)
	if !ok {
		t.Error("two groups of three allow a rho")
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		var list []Cluster
		var values [][]float64
		for range 2 + rng.IntN(6) {
			own := rng.NormFloat64()
			c, v := Cluster{}, []float64(nil)
			for range 1 + rng.IntN(9) {
				y := own + rng.NormFloat64()
				c.N, c.Sum, c.Sq, v = c.N+1, c.Sum+y, c.Sq+y*y, append(v, y)
			}
			list, values = append(list, c), append(values, v)
		}
		want, known := rhoSlow(values)
		got, ok := Rho(list)
		if ok != known {
			t.Fatalf("rho of %v known = %v, want %v", values, ok, known)
		}
		if known {
			near(t, "rho", got, want, 1e-9)
		}
	}
}

func rhoSlow(groups [][]float64) (float64, bool) {
	var all []float64
	squares := 0.0
	for _, g := range groups {
		all, squares = append(all, g...), squares+float64(len(g)*len(g))
	}
	k, n := float64(len(groups)), float64(len(all))
	if k < 2 || n <= k {
		return 0, false
	}
	grand, _ := meanVar(all)
	ssb, ssw := 0.0, 0.0
	for _, g := range groups {
		m, _ := meanVar(g)
		ssb += float64(len(g)) * (m - grand) * (m - grand)
		for _, y := range g {
			ssw += (y - m) * (y - m)
		}
	}
	msb, msw, n0 := ssb/(k-1), ssw/(n-k), (n-squares/n)/(k-1)
	return min(1, max(0, (msb-msw)/(msb+(n0-1)*msw))), true
}

// TestPlanSaysWhatCannotBeDecided checks the sizes against the textbook and the warnings before a start.
func TestPlanSaysWhatCannotBeDecided(t *testing.T) {
	people := Plan(Ask{Proportion: true, Base: 0.4, Hoped: 0.1, PerDay: 20, Days: 28})
	if people.Members != 389 { // 2·(1.96+0.8416)²·0.45·0.55/0.01
		t.Errorf("members per arm = %d, want 389", people.Members)
	}
	if !slices.Contains(people.Problems, CannotSize) || people.MDE < 0.1 {
		t.Errorf("560 members for 778: problems = %v, MDE = %v", people.Problems, people.MDE)
	}
	groups := Ask{Sigma: 0.5, Hoped: 0.1, Rho: 0.074, Clustered: true, Clusters: 20, Each: 50}
	near(t, "MDE of 10 groups", MDE(groups, 10), (2.1009220+0.8620487)*math.Sqrt(2*0.25*4.626/500), 1e-6)
	few := Plan(Ask{Sigma: 0.5, Hoped: 0.4, Rho: 0.074, Clustered: true, Clusters: 6, Each: 50})
	if !slices.Contains(few.Problems, CannotGroups) || len(few.Undecidable()) == 0 {
		t.Errorf("6 groups: problems = %v", few.Problems)
	}
	eight := Plan(Ask{Sigma: 0.5, Hoped: 0.9, Rho: 0.074, Clustered: true, Clusters: 8, Each: 50})
	if len(eight.Undecidable()) != 0 || !eight.Once {
		t.Errorf("8 groups, a large difference: %+v", eight)
	}
	if n := Plan(Ask{}); len(n.Undecidable()) == 0 {
		t.Errorf("nothing known: %+v", n)
	}
}

// TestSequenceIsTheMixture checks the limits against the likelihood ratio of the method page, and Excludes against the limits.
func TestSequenceIsTheMixture(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for range 2000 {
		s := NewSequence(0.05, math.Exp(rng.Float64()*10-12))
		v, d := math.Exp(rng.Float64()*10-12), rng.NormFloat64()*0.3
		g := Gap{Diff: d, Var: v, Df: 1e9}
		ratio := math.Sqrt(v/(v+s.Tau2)) * math.Exp(s.Tau2*d*d/(2*v*(v+s.Tau2)))
		if got := s.Excludes(g, 0); got != (ratio > 1/s.Alpha) && math.Abs(ratio*s.Alpha-1) > 1e-6 {
			t.Fatalf("excludes = %v with a ratio of %v", got, ratio)
		}
		for _, df := range []float64{2, 18, 1e9} {
			g.Df = df
			low, high, ok := s.Limits(g)
			if ok && s.Excludes(g, 0) != (low > 0 || high < 0) && math.Min(math.Abs(low), math.Abs(high)) > 1e-9 {
				t.Fatalf("df %v: limits %v … %v, excludes %v", df, low, high, s.Excludes(g, 0))
			}
		}
	}
	if (NewSequence(0.05, 0.01).Excludes(Gap{Diff: 1}, 0)) {
		t.Error("without a spread nothing is excluded")
	}
}

// TestPermutation is exact in cases counted by hand.
func TestPermutation(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2}, []float64{3, 4}, 2.0 / 6}, {[]float64{1, 2, 3}, []float64{4, 5, 6}, 0.1}, {[]float64{1, 1, 1, 1}, []float64{2, 2, 2, 2}, 2.0 / 70},
		{[]float64{1, 1}, []float64{1, 1}, 1},
	} {
		if p, ok := Permute(c.a, c.b); !ok || math.Abs(p-c.want) > 1e-12 {
			t.Errorf("p of %v and %v = %v (%v), want %v", c.a, c.b, p, ok, c.want)
		}
	}
	if _, ok := Permute(nil, []float64{1}); ok {
		t.Error("an empty arm cannot be compared")
	}
}

// TestCUPEDTakesOutThePast compares its variance with 1 − r², and leaves those alone who have none.
func TestCUPEDTakesOutThePast(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var y, x []float64
	var seen []bool
	for range 5000 {
		p := rng.NormFloat64()
		x, y, seen = append(x, p), append(y, 0.8*p+0.6*rng.NormFloat64()), append(seen, true)
	}
	mean, before := meanVar(y)
	after := CUPED(y, x, seen)
	meanAfter, spread := meanVar(after)
	near(t, "mean", meanAfter, mean, 1e-9)
	near(t, "variance left", spread/before, 0.36, 0.02)
	seen[0] = false
	if got := CUPED(y, x, seen)[0]; got != y[0] {
		t.Errorf("without a past %v became %v", y[0], got)
	}
	if got := CUPED([]float64{1, 2, 3}, []float64{1, 1, 1}, []bool{true, true, true}); !slices.Equal(got, []float64{1, 2, 3}) {
		t.Errorf("without a spread: %v", got)
	}
}

// TestHolm corrects as by hand.
func TestHolm(t *testing.T) {
	got := Holm([]float64{0.04, 0.01, 0.03})
	for i, want := range []float64{0.06, 0.03, 0.06} {
		near(t, "holm", got[i], want, 1e-12)
	}
}

// TestArmsAreStickyAndEven: the same salt and unit the same arm, another salt another deal, shares as planned, groups halved.
func TestArmsAreStickyAndEven(t *testing.T) {
	n, moved := [2]int{}, 0
	for i := range 20_000 {
		u := fmt.Sprint(i)
		arm := ArmOf("salt", u, 30)
		if arm != ArmOf("salt", u, 30) {
			t.Fatal("an arm changed")
		}
		n[arm]++
		if ArmOf("salt", u, 50) != ArmOf("other", u, 50) {
			moved++
		}
	}
	if s := CheckSplit(n, 30); s.P < 0.001 {
		t.Errorf("split %v, p = %v", n, s.P)
	}
	if moved < 9500 || moved > 10500 {
		t.Errorf("another salt moves %d of 20,000", moved)
	}
	groups := []string{"1", "2", "3", "4", "5", "6", "7"}
	dealt := Deal("salt", groups)
	b := 0
	for _, arm := range dealt {
		b += arm
	}
	if len(dealt) != 7 || b < 3 || b > 4 {
		t.Errorf("dealt %v", dealt)
	}
	slices.Reverse(groups)
	if again := Deal("salt", append(groups, "1")); fmt.Sprint(again) != fmt.Sprint(dealt) {
		t.Errorf("the order of the list changed the deal: %v, %v", again, dealt)
	}
}

// TestSwitchBack: pairs of slots hold one of each arm; the first days of a slot are washed out.
func TestSwitchBack(t *testing.T) {
	s := Switch{Length: 3, Wash: 1}
	for pair := range 20 {
		sum := 0
		for day := pair * 6; day < pair*6+6; day++ {
			slot, arm, counts := s.Slot("x", day)
			if slot != day/3 || counts != (day%3 != 0) {
				t.Fatalf("day %d: slot %d, counts %v", day, slot, counts)
			}
			sum += arm
		}
		if sum != 3 {
			t.Fatalf("pair %d has B on %d of 6 days", pair, sum)
		}
	}
	if _, _, counts := s.Slot("x", -1); counts {
		t.Error("before the start nothing counts")
	}
}

func welcomeTrial() Definition {
	return Definition{Name: "x", Switch: WelcomeCode, Subject: "c", Arms: [2]string{"a", "b"}, ShareB: 50, Primary: Spoke7, Secondary: []string{Replied7, Stay7}, Base: 0.4, Hoped: 0.2, PerDay: 20, Days: 28}
}

func members(rng *rand.Rand, n int, a, b float64) []Seen {
	list := make([]Seen, n)
	for i := range list {
		arm := i % 2
		y := 0.0
		if rng.Float64() < []float64{a, b}[arm] {
			y = 1
		}
		list[i] = Seen{Arm: arm, Day: i * 28 / n, Y: y}
	}
	return list
}

// TestVerdicts goes through what may be said.
func TestVerdicts(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 2))
	for _, c := range []struct {
		name     string
		assigned [2]int
		primary  []Seen
		guard    []Seen
		over     bool
		want     string
	}{
		{"a broken split", [2]int{400, 600}, members(rng, 1000, .1, .9), nil, false, VerdictSplit},
		{"harm", [2]int{500, 500}, members(rng, 1000, .4, .8), members(rng, 1000, .1, .5), false, VerdictHarm},
		{"better", [2]int{500, 500}, members(rng, 1000, .3, .7), members(rng, 1000, .1, .1), false, VerdictBetter},
		{"worse", [2]int{500, 500}, members(rng, 1000, .7, .3), members(rng, 1000, .1, .1), false, VerdictWorse},
		{"few", [2]int{5, 5}, members(rng, 10, 0, 1), nil, false, VerdictFew},
		{"nobody", [2]int{}, nil, nil, false, VerdictFew},
		{"nobody at the end", [2]int{}, nil, nil, true, VerdictCannot},
		{"not yet", [2]int{100, 100}, members(rng, 200, .4, .4), nil, false, VerdictNotYet},
		{"none", [2]int{100, 100}, members(rng, 200, .4, .4), nil, true, VerdictNone},
	} {
		r := LookAt(welcomeTrial(), Data{Assigned: c.assigned, Today: 28, Over: c.over, By: map[string][]Seen{Spoke7: c.primary, Left24: c.guard}})
		if r.Verdict != c.want {
			t.Errorf("%s: verdict = %s, want %s", c.name, r.Verdict, c.want)
		}
		if r.Withheld != (c.want == VerdictSplit) || r.Withheld && len(r.Points)+len(r.Guards)+len(r.Seconds) > 0 {
			t.Errorf("%s: a broken split shows nothing: %+v", c.name, r)
		}
		if !r.Sane() {
			t.Errorf("%s: not a number in %+v", c.name, r)
		}
	}
}

func groupDays(groups, days int, lift float64, rng *rand.Rand) []Seen {
	var list []Seen
	for g := range groups {
		own := rng.NormFloat64()
		for day := range days {
			list = append(list, Seen{Arm: g % 2, Cluster: fmt.Sprint(g), Day: day, Y: own + float64(g%2)*lift + rng.NormFloat64()*0.1, Past: own, HasPast: true})
		}
	}
	return list
}

// TestFewGroupsAreLookedAtOnce: by permutation at the end; below eight not at all; with ten an arm the sequence speaks.
func TestFewGroupsAreLookedAtOnce(t *testing.T) {
	d := Definition{Name: "x", Switch: SendTime, Subject: "s", Arms: [2]string{"09:00", "20:00"}, ShareB: 50, Primary: Talk, Sigma: 1, Hoped: 1, Rho: 0.9, Units: 8, Each: 28, Days: 28}
	rng := rand.New(rand.NewPCG(1, 9))
	look := func(groups int, lift float64, over bool) Result {
		r := LookAt(d, Data{Assigned: [2]int{(groups + 1) / 2, groups / 2}, Today: 28, Over: over, By: map[string][]Seen{Talk: groupDays(groups, 28, lift, rng)}})
		if !r.Sane() {
			t.Errorf("not a number in %+v", r)
		}
		return r
	}
	for _, c := range []struct {
		groups int
		lift   float64
		over   bool
		want   string
	}{{8, 50, false, VerdictOnce}, {8, 50, true, VerdictBetter}, {8, -50, true, VerdictWorse}, {8, 0, true, VerdictNone}, {6, 50, true, VerdictCannot}, {1, 0, true, VerdictCannot}, {0, 0, true, VerdictCannot}, {24, 8, false, VerdictBetter}, {24, 0, false, VerdictNotYet}} {
		if r := look(c.groups, c.lift, c.over); r.Verdict != c.want {
			t.Errorf("%d groups, lift %v, over %v: %s, want %s", c.groups, c.lift, c.over, r.Verdict, c.want)
		}
	}
	if r := look(24, 0.3, false); !r.Adjusted || r.Verdict != VerdictBetter {
		t.Errorf("what was known before takes out what groups are apart: %+v", r.Arms)
	}
}

// TestLooksAreNeverNoNumbers throws anything at a look.
func TestLooksAreNeverNoNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(99, 1))
	for i := range 400 {
		d := welcomeTrial()
		if i%2 == 1 {
			d = Definition{Switch: JoinPage, Primary: JoinRate, Sigma: 0.3, Hoped: 0.1, Units: 28, Each: 1, Days: 28, ShareB: 50}
		}
		n := rng.IntN(80)
		by := map[string][]Seen{}
		for _, o := range Outcomes() {
			for range n {
				by[o.Name] = append(by[o.Name], Seen{Arm: rng.IntN(2), Cluster: fmt.Sprint(rng.IntN(30)), Day: rng.IntN(40), Y: float64(rng.IntN(2)), Past: rng.Float64(), HasPast: rng.IntN(2) == 0})
			}
		}
		r := LookAt(d, Data{Assigned: [2]int{rng.IntN(50), rng.IntN(50)}, Today: rng.IntN(40), Over: rng.IntN(2) == 0, By: by})
		if !r.Sane() || r.Verdict == "" {
			t.Fatalf("%+v", r)
		}
	}
}

// TestDefinitionsAreChecked names the field that is wrong.
func TestDefinitionsAreChecked(t *testing.T) {
	if err := welcomeTrial().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Definition){
		"switch":    func(d *Definition) { d.Switch = "weather" },
		"name":      func(d *Definition) { d.Name = " " },
		"b: want":   func(d *Definition) { d.Arms[1] = "" },
		"b: both":   func(d *Definition) { d.Arms[1] = d.Arms[0] },
		"primary":   func(d *Definition) { d.Primary = Talk },
		"days":      func(d *Definition) { d.Days = 3 },
		"share_b":   func(d *Definition) { d.ShareB = 99 },
		"hoped":     func(d *Definition) { d.Hoped = math.NaN() },
		"base":      func(d *Definition) { d.Base = 1.2 },
		"rho":       func(d *Definition) { d.Rho = -1 },
		"secondary": func(d *Definition) { d.Secondary = []string{Spoke7} },
		"subject":   func(d *Definition) { d.Subject = "" },
		"rule":      func(d *Definition) { d.Switch = ReplyRule },
	} {
		d := welcomeTrial()
		spoil(&d)
		err := d.Check()
		if community.CodeOf(err) != community.CodeBadInput || len(err.Error()) < len(name) || err.Error()[:len(name)] != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheOtherWordsAreSaidInstead: with the same name, and with what stands behind.
func TestTheOtherWordsAreSaidInstead(t *testing.T) {
	for _, c := range []struct{ said, a, b, want string }{
		{"欢迎 小明 来到 读书会！", "欢迎 {name} 来到 {group}！", "{name}，说说你在读什么？", "小明，说说你在读什么？"},
		{"欢迎 小明\n请先确认群规", "欢迎 {name}", "你好 {name}（{group}）", "你好 小明（本群）\n请先确认群规"},
		{"你好", "你好", "{name}，早", "新朋友，早"},
		{"别的话", "欢迎 {name}", "你好", ""},
		{"欢迎 {name}！", "欢迎 {name}！", "好 {name}", "好 {name}"},
		{"", "欢迎", "好", ""},
	} {
		got, ok := Instead(c.said, c.a, c.b, "新朋友", "本群")
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("instead of %q: %q (%v), want %q", c.said, got, ok, c.want)
		}
	}
}
