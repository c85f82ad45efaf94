package measure

import (
	"math"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Kinds of adjustment: what was changed.
const (
	AdjustGate     = "gate"     // who is let in
	AdjustRule     = "rule"     // the rulebook
	AdjustPlan     = "plan"     // what is sent by plan
	AdjustTier     = "tier"     // a threshold of tiers
	AdjustPlaybook = "playbook" // steps against a decline
)

// AdjustKinds lists them as forms offer them.
func AdjustKinds() []string {
	return []string{AdjustGate, AdjustRule, AdjustPlan, AdjustTier, AdjustPlaybook}
}

// States of an adjustment.
const (
	AdjustOpen     = "open"     // its review date lies ahead
	AdjustDue      = "due"      // somebody has to decide
	AdjustKept     = "kept"     // it stays
	AdjustReverted = "reverted" // it was taken back
)

// Figures that an adjustment may name: one value a day.
const (
	MoveSpeakers = "speakers"
	MoveMessages = "messages"
	MoveJoins    = "joins"
	MoveLeaves   = "leaves"
	MoveAnswered = "answered" // of the questions asked on the day
)

// MoveMetrics lists them as forms offer them.
func MoveMetrics() []string {
	return []string{MoveSpeakers, MoveMessages, MoveJoins, MoveLeaves, MoveAnswered}
}

// Adjustment is a change with the figure that it should move, and when it is looked at.
type Adjustment struct {
	ID      community.ID
	Org     community.OrgKey
	Group   community.GroupKey
	Kind    string
	What    string // in a person's words
	Ref     string // what was changed: "book:12"; "" = nothing in particular
	Metric  string
	Down    bool    // it should fall
	By      float64 // by which share of what it was, 0 = any
	At      int64   // UTC ms
	Day     Day     // of the change, in the group's zone
	Review  Day
	User    string
	State   string
	Decided int64
	Decider string
	Note    string       // why it is kept or taken back
	Effect  *Effect      // as it was when somebody decided; nil = nobody has
	Task    community.ID // by which somebody was asked to review it
}

const (
	minReview    = 7
	maxReview    = 180
	maxAdjust    = 500 // bytes
	effectLeast  = 7   // known days on each side
	effectBefore = 28  // days that are looked at before, at most
)

// Check says what is wrong with an adjustment: community.CodeBadInput.
func (a Adjustment) Check() error {
	switch {
	case !slices.Contains(AdjustKinds(), a.Kind):
		return community.Errorf(community.CodeBadInput, "kind: want one of %s", strings.Join(AdjustKinds(), ", "))
	case strings.TrimSpace(a.What) == "" || len(a.What) > maxAdjust:
		return community.Errorf(community.CodeBadInput, "what: want 1 to %d bytes", maxAdjust)
	case len(a.Ref) > 100:
		return community.Errorf(community.CodeBadInput, "ref: at most 100 bytes")
	case !slices.Contains(MoveMetrics(), a.Metric):
		return community.Errorf(community.CodeBadInput, "metric: want one of %s", strings.Join(MoveMetrics(), ", "))
	case math.IsNaN(a.By) || a.By < 0 || a.By > 100:
		return community.Errorf(community.CodeBadInput, "by: want a share from 0")
	case a.Review < a.Day+minReview || a.Review > a.Day+maxReview:
		return community.Errorf(community.CodeBadInput, "review: want %d to %d days after the change", minReview, maxReview)
	}
	return nil
}

// Spans are the days that are compared: as many before the change as after it, at most 28 and at least seven; the day of the change
// is left out.
func (a Adjustment) Spans(today Day) (beforeFrom, beforeTo, afterFrom, afterTo Day) {
	afterFrom, afterTo = a.Day+1, min(a.Review-1, today-1)
	n := min(effectBefore, max(effectLeast, afterTo-afterFrom+1))
	return a.Day - n, a.Day - 1, afterFrom, afterTo
}

// AdjustFilter bounds a list of adjustments.
type AdjustFilter struct {
	Group community.GroupKey // 0 = all
	State string             // "" = all
	Kind  string             // "" = all
	ID    community.ID       // zero = all
}

// Unnamed is a change of which nobody said what it should move.
type Unnamed struct {
	Group community.GroupKey // 0 = of several: an SOP
	Ref   string             // "book:12", "sop:<id>"
	What  string             // the note it was made with
	User  string
	At    int64 // UTC ms
}

// NoFigure is a change of which a person said that it is to move no figure, and why.
type NoFigure struct {
	Group community.GroupKey // 0 = of several: an SOP
	Kind  string
	Ref   string
	What  string
	Why   string
	User  string
	At    int64 // UTC ms
}

// Check says what is wrong with it: community.CodeBadInput.
func (v NoFigure) Check() error {
	switch {
	case !slices.Contains(AdjustKinds(), v.Kind):
		return community.Errorf(community.CodeBadInput, "kind: want one of %s", strings.Join(AdjustKinds(), ", "))
	case v.Ref == "" || len(v.Ref) > 100:
		return community.Errorf(community.CodeBadInput, "ref: want 1 to 100 bytes")
	case strings.TrimSpace(v.Why) == "" || len(v.Why) > maxAdjust:
		return community.Errorf(community.CodeBadInput, "why: want 1 to %d bytes", maxAdjust)
	}
	return nil
}

// Effect is a figure before and after a change. It is a comparison in time and names no cause.
type Effect struct {
	Before, After   float64 // mean of the known days; of a share: pooled
	DaysB, DaysA    int     // known days
	OfB, OfA        int     // days looked at
	CountB, CountA  float64 // what a share rests on
	Diff, Low, High float64 // After − Before with its 95 % interval
	Few             bool    // fewer than seven known days on a side, or no interval: nothing may be said
	Moved           string  // MovedAsMeant, MovedAgainst or MovedNot
}

// What a figure did.
const (
	MovedAsMeant = "as_meant"
	MovedAgainst = "against"
	MovedNot     = "not_seen" // the interval holds zero
)

// Compare says what a figure did, by its days before and after the change. The interval of means is Welch's with the numbers of days
// lowered for autocorrelation, n·(1−ρ)/(1+ρ) with ρ of neighbouring days where it is above zero; that of shares is Newcombe's.
func (a Adjustment) Compare(before, after []DayValue) Effect {
	e := Effect{OfB: len(before), OfA: len(after)}
	b, n := knownOf(before), knownOf(after)
	e.DaysB, e.DaysA = len(b), len(n)
	if e.DaysB < effectLeast || e.DaysA < effectLeast {
		e.Few = true
	}
	if a.Metric == MoveAnswered {
		e.shares(b, n)
	} else {
		e.means(b, n)
	}
	e.Moved = MovedNot
	if e.Few {
		return e
	}
	switch {
	case e.Low > 0:
		e.Moved = movedWord(!a.Down)
	case e.High < 0:
		e.Moved = movedWord(a.Down)
	}
	return e
}

func movedWord(meant bool) string {
	if meant {
		return MovedAsMeant
	}
	return MovedAgainst
}

func knownOf(list []DayValue) (out []DayValue) {
	for _, v := range list {
		if v.Known {
			out = append(out, v)
		}
	}
	return out
}

func (e *Effect) means(before, after []DayValue) {
	var varB, varA, nB, nA float64
	e.Before, varB, nB = meanAndRest(before)
	e.After, varA, nA = meanAndRest(after)
	e.Diff = e.After - e.Before
	if nB < 2 || nA < 2 {
		e.Few = true
		return
	}
	seB, seA := varB/nB, varA/nA
	se := math.Sqrt(seB + seA)
	if se == 0 {
		e.Low, e.High = e.Diff, e.Diff
		return
	}
	df := (seB + seA) * (seB + seA) / (seB*seB/(nB-1) + seA*seA/(nA-1))
	wide := studentQuantile(df) * se
	e.Low, e.High = e.Diff-wide, e.Diff+wide
}

// meanAndRest gives mean, variance, and how many independent days the series is worth.
func meanAndRest(list []DayValue) (mean, variance, n float64) {
	v := make([]float64, len(list))
	for i, x := range list {
		v[i] = x.Num
	}
	if n = float64(len(v)); n < 2 {
		return meanOf(v), 0, n
	}
	mean = meanOf(v)
	for _, x := range v {
		variance += (x - mean) * (x - mean)
	}
	variance /= n - 1
	r := min(0.9, max(0, autocorrelation(v, 1)))
	return mean, variance, max(1, n*(1-r)/(1+r))
}

// studentQuantile is the 97.5 % quantile of Student's t, by Hill's expansion (Algorithm 396, 1970) around the normal one.
func studentQuantile(df float64) float64 {
	const z = 1.959963984540054
	df = max(1, df)
	if df < 3 { // the expansion is for more; exact at 1 and 2, and straight between
		exact := []float64{12.706204736174705, 4.302652729749464, 3.182446305283708}
		i := int(df)
		return exact[i-1] + (df-float64(i))*(exact[i]-exact[i-1])
	}
	g1 := (math.Pow(z, 3) + z) / 4
	g2 := (5*math.Pow(z, 5) + 16*math.Pow(z, 3) + 3*z) / 96
	g3 := (3*math.Pow(z, 7) + 19*math.Pow(z, 5) + 17*math.Pow(z, 3) - 15*z) / 384
	g4 := (79*math.Pow(z, 9) + 776*math.Pow(z, 7) + 1482*math.Pow(z, 5) - 1920*math.Pow(z, 3) - 945*z) / 92160
	return z + g1/df + g2/(df*df) + g3/math.Pow(df, 3) + g4/math.Pow(df, 4)
}

// shares pools the counts, and takes the interval of the difference from Wilson's of each share (Newcombe 1998, method 10).
func (e *Effect) shares(before, after []DayValue) {
	hitsB, hitsA := 0.0, 0.0
	for _, v := range before {
		hitsB, e.CountB = hitsB+v.Num, e.CountB+v.Den
	}
	for _, v := range after {
		hitsA, e.CountA = hitsA+v.Num, e.CountA+v.Den
	}
	if e.CountB == 0 || e.CountA == 0 {
		e.Few = true
		return
	}
	e.Few = e.Few || e.CountB < smallDenom || e.CountA < smallDenom
	e.Before, e.After = hitsB/e.CountB, hitsA/e.CountA
	e.Diff = e.After - e.Before
	lowB, highB := Wilson(hitsB, e.CountB)
	lowA, highA := Wilson(hitsA, e.CountA)
	e.Low = e.Diff - math.Hypot(e.After-lowA, highB-e.Before)
	e.High = e.Diff + math.Hypot(highA-e.After, e.Before-lowB)
}

// Wilson is the 95 % interval of a share (methods.md §7.1).
func Wilson(hits, n float64) (low, high float64) {
	return wilsonAt(hits, n, normal975)
}

// Pooled is what several adjustments of one kind did to one figure: how often it moved, of those that may be told.
type Pooled struct {
	Kind, Metric            string
	N, Few                  int // all; those of which nothing may be said
	AsMeant, Against, Still int
	Change                  float64 // median of the relative changes
	Enough                  bool    // at least PooledLeast that may be told
}

// PooledLeast is how many reviewed adjustments an effect needs before it is told.
const PooledLeast = 5

// Pool sums effects up, of one kind and figure.
func Pool(kind, metric string, list []Effect) Pooled {
	p := Pooled{Kind: kind, Metric: metric, N: len(list)}
	var changes []float64
	for _, e := range list {
		switch {
		case e.Few:
			p.Few++
			continue
		case e.Moved == MovedAsMeant:
			p.AsMeant++
		case e.Moved == MovedAgainst:
			p.Against++
		default:
			p.Still++
		}
		if e.Before > 0 {
			changes = append(changes, e.Diff/e.Before)
		}
	}
	p.Change, p.Enough = medianOf(changes), p.N-p.Few >= PooledLeast
	return p
}
