package experiment

import "math"

// Gap is a difference of two arms (B less A) with the variance of that difference and the degrees of freedom behind it.
type Gap struct {
	Diff, Var, Df float64
}

// mixture is the spread of the mixture over the variance at the planned end: the sequence is narrowest about there.
const mixture = 8

// Sequence is a confidence sequence: all its intervals together hold the true difference with probability 1 − Alpha, however often
// and whenever somebody looks. Tau2 is the variance of the normal mixture, set before the start; with few clusters the limits of the
// normal law are replaced by those of Student's t with as small a tail.
type Sequence struct {
	Alpha, Tau2 float64
}

// NewSequence makes the sequence that is narrowest about where the difference has the variance planned.
func NewSequence(alpha, planned float64) Sequence {
	if alpha <= 0 || alpha >= 1 {
		alpha = 0.05
	}
	if planned <= 0 || !finite(planned) {
		planned = 1e-4
	}
	return Sequence{alpha, mixture * planned}
}

// edge is how many standard errors the normal mixture allows at a variance: √((1+V/τ²)·(2·ln(1/α) + ln(1+τ²/V))).
func (s Sequence) edge(v float64) float64 {
	return math.Sqrt((1 + v/s.Tau2) * (2*math.Log(1/s.Alpha) + math.Log1p(s.Tau2/v)))
}

// Usable reports whether a difference says anything: a spread was seen, with at least one degree of freedom.
func (g Gap) Usable() bool { return g.Var > 0 && g.Df >= 1 && finite(g.Diff) && finite(g.Var) }

// Excludes reports whether zero lies outside of the interval: what Limits say, without solving for them.
func (s Sequence) Excludes(g Gap, zero float64) bool {
	if !g.Usable() {
		return false
	}
	t := math.Abs(g.Diff-zero) / math.Sqrt(g.Var)
	edge := s.edge(g.Var)
	return t > edge && tTail(t, g.Df) < normalTail(edge)
}

// Limits are the interval at this look; ok is false where there is none.
func (s Sequence) Limits(g Gap) (low, high float64, ok bool) {
	if !g.Usable() {
		return 0, 0, false
	}
	wide := tOfTail(normalTail(s.edge(g.Var)), g.Df) * math.Sqrt(g.Var)
	return g.Diff - wide, g.Diff + wide, finite(wide)
}

// FixedP is the two-sided p of one look planned beforehand; 1 where nothing can be said.
func (g Gap) FixedP() float64 {
	if !g.Usable() {
		return 1
	}
	return min(1, 2*tTail(math.Abs(g.Diff)/math.Sqrt(g.Var), g.Df))
}

// gapOf compares values of two arms: members' outcomes, or means of groups or slots (2K − 2 degrees of freedom with equal arms,
// Welch's otherwise).
func gapOf(a, b []float64) Gap {
	ma, va := meanVar(a)
	mb, vb := meanVar(b)
	return gapFrom(len(a), ma, va, len(b), mb, vb)
}

func gapFrom(na int, ma, va float64, nb int, mb, vb float64) Gap {
	if na < 2 || nb < 2 {
		return Gap{Diff: mb - ma}
	}
	ea, eb := va/float64(na), vb/float64(nb)
	g := Gap{Diff: mb - ma, Var: ea + eb, Df: float64(na + nb - 2)}
	if na != nb && g.Var > 0 {
		g.Df = g.Var * g.Var / (ea*ea/float64(na-1) + eb*eb/float64(nb-1))
	}
	return g
}

// Shares compares two shares of members, hits of n each. One success and one failure are added to each arm before the spread is
// taken: an arm in which all are alike has one too.
func Shares(hitsA, nA, hitsB, nB int) Gap {
	if nA < 1 || nB < 1 {
		return Gap{}
	}
	spread := func(hits, n int) float64 {
		p := float64(hits+1) / float64(n+2)
		return p * (1 - p)
	}
	g := gapFrom(nA, float64(hitsA)/float64(nA), spread(hitsA, nA), nB, float64(hitsB)/float64(nB), spread(hitsB, nB))
	return g
}

// GapOfClusters compares the means of clusters of two arms, each cluster counting once.
func GapOfClusters(a, b []Cluster) Gap { return gapOf(Means(a), Means(b)) }

// Means are the clusters' means; one in which nobody was seen has none.
func Means(list []Cluster) []float64 {
	out := make([]float64, 0, len(list))
	for _, c := range list {
		if c.N > 0 {
			out = append(out, c.Sum/float64(c.N))
		}
	}
	return out
}

// srmStop is below which p the split is held for broken.
const srmStop = 0.001

// Split is how many came into each arm against what was planned.
type Split struct {
	Assigned [2]int
	Expected [2]float64
	Chi2, P  float64
	Broken   bool // p < 0.001: no result may be shown
}

// CheckSplit compares the counts of the arms with the share of B planned, in percent.
func CheckSplit(assigned [2]int, shareB int) Split {
	s := Split{Assigned: assigned, P: 1}
	n := float64(assigned[0] + assigned[1])
	if n == 0 || shareB <= 0 || shareB >= 100 {
		return s
	}
	s.Expected = [2]float64{n * float64(100-shareB) / 100, n * float64(shareB) / 100}
	for i, e := range s.Expected {
		s.Chi2 += (float64(assigned[i]) - e) * (float64(assigned[i]) - e) / e
	}
	s.P = chiTail1(s.Chi2)
	s.Broken = s.P < srmStop
	return s
}
