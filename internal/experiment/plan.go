package experiment

import "math"

// Why a plan cannot be decided, or what it warns of.
const (
	CannotGroups = "cannot_groups" // fewer than 8 groups in equal arms: no outcome reaches 0.05
	CannotSize   = "cannot_size"   // what could be seen at all is larger than what is hoped for
	WarnOnce     = "warn_once"     // fewer than 10 groups an arm: one test at the end, no looking before
	WarnPace     = "warn_pace"     // nobody knows how many come: whether it will ever be decided cannot be said
	WarnLong     = "warn_long"     // at the given pace it takes longer than the days set
)

// Ask is what is known before a start.
type Ask struct {
	Proportion bool    // the outcome is yes or no; else Sigma is its standard deviation
	Base       float64 // share or mean as it is today
	Sigma      float64
	Hoped      float64 // the difference that would be worth it, absolute, > 0
	Rho        float64 // correlation within a group or slot, 0 … 1
	Alpha      float64 // 0 = 0.05
	Power      float64 // 0 = 0.8
	Clustered  bool    // arms are dealt to groups or slots, not to members
	Clusters   int     // groups or slots there are, both arms together
	Each       float64 // members seen per group or slot until the end
	PerDay     float64 // members who come per day, both arms together; 0 = not known
	Days       int     // planned length
}

// Need is what comes of it.
type Need struct {
	Sigma    float64  `json:"sigma"`         // standard deviation used
	Effect   float64  `json:"design_effect"` // design effect 1 + (m−1)ρ; 1 without clusters
	Members  int      // needed per arm, looked at once at the end
	Daily    int      // needed per arm when looked at every day, to find as much
	Groups   int      // needed per arm, 0 without clusters
	MDE      float64  `json:"smallest_difference"` // the smallest difference that the groups (or members until the end) there are can show; 0 = none can
	Days     int      // until Daily members came; 0 = not known
	Once     bool     // fewer than 10 groups an arm: permutation test, one look
	LeastP   float64  `json:"least_p"` // of that test
	Problems []string `json:"problems"`
}

// fewestGroups is below how many groups, both arms together, no outcome can reach 0.05; fewArm below how many an arm means are
// compared by permutation.
const (
	fewestGroups = 8
	fewArm       = 10
)

// DesignEffect is by how much more members are needed because those of one cluster of m are alike.
func DesignEffect(m, rho float64) float64 { return max(1, 1+(m-1)*min(1, max(0, rho))) }

// dailyCost is how many times the members of one look at the end find a difference as often (80 of 100) where people look every day;
// on average it is found after 1.2 times (`qunluo eval insight` simulates both).
const dailyCost = 1.75

// Plan says what an experiment needs.
func Plan(a Ask) Need {
	a = a.usual()
	n := Need{Sigma: a.sigma(), Effect: 1, LeastP: 1}
	if a.Clustered {
		n.Effect = DesignEffect(a.Each, a.Rho)
	}
	if a.Hoped <= 0 || n.Sigma <= 0 || !finite(n.Sigma) {
		n.Problems = append(n.Problems, CannotSize)
		return n
	}
	z := NormalQuantile(1-a.Alpha/2) + NormalQuantile(a.Power)
	per := 2 * z * z * n.Sigma * n.Sigma / (a.Hoped * a.Hoped)
	n.Members = whole(per * n.Effect)
	n.Daily = whole(per * n.Effect * dailyCost)
	if a.Clustered {
		n.clusters(a)
		return n
	}
	if a.PerDay > 0 {
		n.Days = whole(2 * float64(n.Daily) / a.PerDay)
		if arm := a.PerDay * float64(a.Days) / 2; arm >= 2 {
			n.MDE = MDE(a, 0)
		}
		if a.Days > 0 && n.Days > a.Days {
			n.Problems = append(n.Problems, WarnLong)
		}
		if n.MDE > a.Hoped || a.Days > 0 && n.MDE == 0 {
			n.Problems = append(n.Problems, CannotSize)
		}
	} else {
		n.Problems = append(n.Problems, WarnPace)
	}
	return n
}

func (n *Need) clusters(a Ask) {
	k := a.Clusters / 2
	n.LeastP = LeastP(k, a.Clusters-k)
	n.Once = k < fewArm
	n.Groups = groupsNeeded(a)
	if k >= 2 && a.Each > 0 {
		n.MDE = MDE(a, k)
	}
	n.Days = a.Days
	switch {
	case a.Clusters < fewestGroups || n.LeastP >= a.Alpha:
		n.Problems = append(n.Problems, CannotGroups)
	case n.MDE == 0 || n.MDE > a.Hoped:
		n.Problems = append(n.Problems, CannotSize)
	}
	if n.Once {
		n.Problems = append(n.Problems, WarnOnce)
	}
}

// MDE is the smallest difference seen with the power asked for: with k groups an arm
// (t₀.₉₇₅,₂ₖ₋₂ + t₀.₈,₂ₖ₋₂)·√(2σ²(1+(m−1)ρ)/(k·m)); with k 0 the members who come until the end.
func MDE(a Ask, k int) float64 {
	a = a.usual()
	s := a.sigma()
	if k == 0 {
		arm := a.PerDay * float64(a.Days) / 2
		if arm < 2 {
			return 0
		}
		return (NormalQuantile(1-a.Alpha/2) + NormalQuantile(a.Power)) * math.Sqrt(2*s*s/arm)
	}
	if k < 2 || a.Each <= 0 {
		return 0
	}
	df := float64(2*k - 2)
	return (TQuantile(1-a.Alpha/2, df) + TQuantile(a.Power, df)) * math.Sqrt(2*s*s*DesignEffect(a.Each, a.Rho)/(float64(k)*a.Each))
}

// groupsNeeded is the least number of groups an arm that can show what is hoped for; 0 = more than 10,000.
func groupsNeeded(a Ask) int {
	if a.Each <= 0 {
		return 0
	}
	for k := fewestGroups / 2; k <= 10_000; k++ {
		if MDE(a, k) <= a.Hoped {
			return k
		}
	}
	return 0
}

func (a Ask) usual() Ask {
	if a.Alpha <= 0 || a.Alpha >= 1 {
		a.Alpha = 0.05
	}
	if a.Power <= 0 || a.Power >= 1 {
		a.Power = 0.8
	}
	return a
}

// sigma is the standard deviation: of a share √(p̄(1−p̄)) half-way to what is hoped for.
func (a Ask) sigma() float64 {
	if !a.Proportion {
		return a.Sigma
	}
	p := min(1, max(0, a.Base+a.Hoped/2))
	return math.Sqrt(p * (1 - p))
}

func whole(v float64) int {
	if !finite(v) || v > 1e12 {
		return 0
	}
	return int(math.Ceil(v - 1e-9))
}
