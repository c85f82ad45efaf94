package experiment

import (
	"math"
	"slices"
)

// Verdicts.
const (
	VerdictSplit  = "split"   // the arms do not have the sizes planned: no result is shown
	VerdictHarm   = "harm"    // a guardrail says that B harms
	VerdictBetter = "better"  // B is better
	VerdictWorse  = "worse"   // B is worse
	VerdictNone   = "none"    // the end was reached and no difference found
	VerdictNotYet = "not_yet" // goes on
	VerdictOnce   = "once"    // few groups: it is looked at once, at the end
	VerdictFew    = "few"     // too few outcomes are known to say anything
	VerdictCannot = "cannot"  // these groups cannot decide it
)

// Seen is one outcome that became known: of a member, or of a group's or slot's day.
type Seen struct {
	Arm     int
	Cluster string // the group or slot whose arm it was; "" = the member's own
	Day     int    // of the experiment, 0 = the first, on which it was known
	Y       float64
	Past    float64 // the cluster's figure of before the start
	HasPast bool
}

// Data is what a look looks at. Today is the day of the experiment it is; Over says that nothing more will become known.
type Data struct {
	Assigned [2]int
	Today    int
	Over     bool
	By       map[string][]Seen // by outcome
}

// ArmSum is what is known of an arm.
type ArmSum struct {
	Assigned int     `json:"assigned"`
	Known    int     `json:"known"` // outcomes, or groups or slots
	Mean     float64 `json:"mean"`
	Low      float64 `json:"low"` // Wilson, of shares
	High     float64 `json:"high"`
}

// Point is the sequence on one day. Drawn is false where no interval can be given.
type Point struct {
	Day   int     `json:"day"`
	Known int     `json:"known"`
	Diff  float64 `json:"diff"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Drawn bool    `json:"drawn"`
}

// Side is another outcome beside the primary one: a guardrail, or a secondary one with its p corrected over all secondary ones.
type Side struct {
	Name  string    `json:"name"`
	Arms  [2]ArmSum `json:"arms"`
	Diff  float64   `json:"diff"`
	Low   float64   `json:"low"`
	High  float64   `json:"high"`
	Drawn bool      `json:"drawn"`
	P     float64   `json:"p"`
	Holm  float64   `json:"holm"`
	Harms bool      `json:"harms"`
}

// Result is what a look says.
type Result struct {
	Verdict   string    `json:"verdict"`
	Outcome   string    `json:"outcome"`
	Day       int       `json:"day"`
	Split     Split     `json:"split"`
	Withheld  bool      `json:"withheld"` // the split is broken: nothing below is told
	Arms      [2]ArmSum `json:"arms"`
	Points    []Point   `json:"points"`
	DecidedOn int       `json:"decided_on"` // first day on which zero lay outside; −1 = none
	P         float64   `json:"p"`          // of the permutation test, where it is looked at once; else 1
	Rho       float64   `json:"rho"`
	RhoKnown  bool      `json:"rho_known"`
	Adjusted  bool      `json:"adjusted"` // CUPED took out what was known before
	Guards    []Side    `json:"guards"`
	Seconds   []Side    `json:"seconds"`
}

// fewestKnown is below how many known outcomes in an arm of members nothing is said.
const fewestKnown = 30

// LookAt says what may be said of an experiment on a day. The order is fixed: a broken split ends it before any result; then the
// guardrails; then the primary outcome, by the confidence sequence or, where there are few groups, once at the end.
func LookAt(d Definition, data Data) Result {
	r := Result{Outcome: d.Primary, Day: data.Today, Split: CheckSplit(data.Assigned, d.ShareB), DecidedOn: -1, P: 1, Points: []Point{}, Guards: []Side{}, Seconds: []Side{}}
	if r.Split.Broken {
		r.Verdict, r.Withheld = VerdictSplit, true
		return r
	}
	seq := NewSequence(0.05, d.Planned())
	for _, name := range d.Guards() {
		r.Guards = append(r.Guards, sideOf(d, seq, name, data))
	}
	primary, adjusted := withoutPast(d, data.By[d.Primary])
	r.Adjusted = adjusted
	r.Arms = armsOf(d, data.Assigned, primary)
	r.Points, r.DecidedOn = pointsOf(d, seq, primary, data.Today)
	r.Rho, r.RhoKnown = rhoOf(primary)
	r.Verdict = verdictOf(d, &r, primary, data)
	r.seconds(d, seq, data)
	return r
}

func (r *Result) seconds(d Definition, seq Sequence, data Data) {
	var p []float64
	for _, name := range d.Secondary {
		s := sideOf(d, seq, name, data)
		r.Seconds, p = append(r.Seconds, s), append(p, s.P)
	}
	for i, h := range Holm(p) {
		r.Seconds[i].Holm = h
	}
}

// better is the sign of what is wanted.
func better(name string) float64 {
	if o, ok := OutcomeNamed(name); ok && o.Better < 0 {
		return -1
	}
	return 1
}

func verdictOf(d Definition, r *Result, primary []Seen, data Data) string {
	if slices.ContainsFunc(r.Guards, func(s Side) bool { return s.Harms }) {
		return VerdictHarm
	}
	known := min(r.Arms[0].Known, r.Arms[1].Known)
	if d.Unit() != Member {
		if known < fewArm {
			return onceVerdict(d, r, primary, data)
		}
	} else if known < fewestKnown {
		if data.Over {
			return VerdictCannot
		}
		return VerdictFew
	}
	if r.DecidedOn >= 0 {
		at := r.Points[slices.IndexFunc(r.Points, func(p Point) bool { return p.Day == r.DecidedOn })]
		return sign(at.Diff * better(d.Primary))
	}
	if data.Over {
		return VerdictNone
	}
	return VerdictNotYet
}

func sign(v float64) string {
	if v > 0 {
		return VerdictBetter
	}
	return VerdictWorse
}

// onceVerdict is for fewer than 10 groups or slots an arm: they are compared by permutation, once, at the end. Slots of which more
// are to come are waited for.
func onceVerdict(d Definition, r *Result, primary []Seen, data Data) string {
	r.DecidedOn = -1
	if !data.Over {
		return VerdictOnce
	}
	a, b := clustersOf(primary)
	if LeastP(len(a), len(b)) >= 0.05 {
		return VerdictCannot
	}
	p, ok := Permute(Means(a), Means(b))
	if !ok {
		return VerdictCannot
	}
	if r.P = p; p > 0.05 {
		return VerdictNone
	}
	return sign(GapOfClusters(a, b).Diff * better(d.Primary))
}

// sideOf is what is known of another outcome. A guardrail harms where the sequence lies on the bad side of zero.
func sideOf(d Definition, seq Sequence, name string, data Data) Side {
	list := data.By[name]
	s := Side{Name: name, Arms: armsOf(d, data.Assigned, list), P: 1, Holm: 1}
	g := gapAt(d, name, list)
	s.Diff, s.P = g.Diff, g.FixedP()
	if min(s.Arms[0].Known, s.Arms[1].Known) >= fewestKnown {
		s.Low, s.High, s.Drawn = seq.Limits(g)
	}
	if !s.Drawn {
		s.P = 1
		return s
	}
	s.Harms = seq.Excludes(g, 0) && g.Diff*better(name) < 0
	return s
}

// gapAt compares the arms over everything seen in the list.
func gapAt(d Definition, name string, list []Seen) Gap {
	if d.Unit() != Member {
		a, b := clustersOf(list)
		return GapOfClusters(a, b)
	}
	var hits, n [2]int
	for _, s := range list {
		n[s.Arm&1]++
		if s.Y > 0.5 {
			hits[s.Arm&1]++
		}
	}
	return Shares(hits[0], n[0], hits[1], n[1])
}

// clustersOf sums what was seen by cluster, in the order of their names.
func clustersOf(list []Seen) (a, b []Cluster) {
	sums, arms := map[string]*Cluster{}, map[string]int{}
	var names []string
	for _, s := range list {
		c := sums[s.Cluster]
		if c == nil {
			c = &Cluster{}
			sums[s.Cluster], arms[s.Cluster] = c, s.Arm
			names = append(names, s.Cluster)
		}
		c.N, c.Sum, c.Sq = c.N+1, c.Sum+s.Y, c.Sq+s.Y*s.Y
	}
	slices.Sort(names)
	for _, n := range names {
		if arms[n] == 0 {
			a = append(a, *sums[n])
		} else {
			b = append(b, *sums[n])
		}
	}
	return a, b
}

func rhoOf(list []Seen) (float64, bool) {
	a, b := clustersOf(list)
	if len(a)+len(b) < 2 {
		return 0, false
	}
	return Rho(append(a, b...))
}

// armsOf counts each arm; of shares with Wilson's interval.
func armsOf(d Definition, assigned [2]int, list []Seen) (out [2]ArmSum) {
	for arm := range out {
		out[arm].Assigned = assigned[arm]
	}
	if d.Unit() != Member {
		a, b := clustersOf(list)
		for arm, means := range [2][]float64{Means(a), Means(b)} {
			out[arm].Known = len(means)
			out[arm].Mean, _ = meanVar(means)
			out[arm].Low, out[arm].High = out[arm].Mean, out[arm].Mean
		}
		return out
	}
	var hits [2]int
	for _, s := range list {
		out[s.Arm&1].Known++
		if s.Y > 0.5 {
			hits[s.Arm&1]++
		}
	}
	for arm := range out {
		if out[arm].Known > 0 {
			out[arm].Mean = float64(hits[arm]) / float64(out[arm].Known)
		}
		out[arm].Low, out[arm].High = Wilson(hits[arm], out[arm].Known)
	}
	return out
}

// withoutPast takes out of the figures of groups what was known of them before the start; members who just came have no past.
func withoutPast(d Definition, list []Seen) ([]Seen, bool) {
	if d.Unit() == Member || len(list) == 0 {
		return list, false
	}
	type past struct {
		sum, n, x float64
		has       bool
	}
	by := map[string]*past{}
	var names []string
	for _, s := range list {
		p := by[s.Cluster]
		if p == nil {
			p = &past{x: s.Past, has: s.HasPast}
			by[s.Cluster] = p
			names = append(names, s.Cluster)
		}
		p.sum, p.n = p.sum+s.Y, p.n+1
	}
	slices.Sort(names)
	var y, x []float64
	var has []bool
	pasts := 0
	for _, n := range names {
		p := by[n]
		y, x, has = append(y, p.sum/p.n), append(x, p.x), append(has, p.has)
		if p.has {
			pasts++
		}
	}
	if pasts < fewArm {
		return list, false
	}
	shift, changed := map[string]float64{}, false
	for i, v := range CUPED(y, x, has) {
		shift[names[i]] = v - y[i]
		changed = changed || v != y[i]
	}
	out := slices.Clone(list)
	for i := range out {
		out[i].Y += shift[out[i].Cluster]
	}
	return out, changed
}

// pointsOf is the sequence day by day, and the first day on which zero lay outside of it.
func pointsOf(d Definition, seq Sequence, list []Seen, today int) ([]Point, int) {
	days := slices.Clone(list)
	slices.SortStableFunc(days, func(a, b Seen) int { return a.Day - b.Day })
	out, first := []Point{}, -1
	upTo := 0
	for day := 0; day <= min(today, MaxDays+60); day++ {
		before := upTo
		for upTo < len(days) && days[upTo].Day <= day {
			upTo++
		}
		if upTo == 0 || upTo == before && day < today {
			continue
		}
		seen := days[:upTo]
		g, least := gapAt(d, d.Primary, seen), leastKnown(d, seen)
		p := Point{Day: day, Known: upTo, Diff: g.Diff}
		if enough := d.Unit() == Member && least >= fewestKnown || d.Unit() != Member && least >= fewArm; enough {
			p.Low, p.High, p.Drawn = seq.Limits(g)
			if first < 0 && seq.Excludes(g, 0) {
				first = day
			}
		}
		out = append(out, p)
	}
	return out, first
}

func leastKnown(d Definition, list []Seen) int {
	if d.Unit() != Member {
		a, b := clustersOf(list)
		return min(len(a), len(b))
	}
	var n [2]int
	for _, s := range list {
		n[s.Arm&1]++
	}
	return min(n[0], n[1])
}

// Sane reports whether a result holds nothing that is no number.
func (r Result) Sane() bool {
	bad := func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
	for _, p := range r.Points {
		if bad(p.Diff) || bad(p.Low) || bad(p.High) {
			return false
		}
	}
	for _, a := range r.Arms {
		if bad(a.Mean) || bad(a.Low) || bad(a.High) {
			return false
		}
	}
	for _, s := range append(slices.Clone(r.Guards), r.Seconds...) {
		if bad(s.Diff) || bad(s.P) || bad(s.Low) || bad(s.High) {
			return false
		}
	}
	return !bad(r.P) && !bad(r.Rho) && !bad(r.Split.P)
}
