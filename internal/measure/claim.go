package measure

import "math"

// Verdicts about a claim. What is told elsewhere is never taken for true or false here: it is compared with one's own figure.
const (
	Agrees    = "agrees"
	Differs   = "differs"
	Undecided = "undecided" // the page says what would be needed
)

// Claim is something that operators are told, beside one's own figure. Its words stand in the catalogue under claim and Name.
type Claim struct {
	Name      string
	Told      [2]float64 // what is told, from and to
	Ratio     bool       // Told and Value are times as many; else shares
	Value     float64
	Low, High float64 // 95 %
	Known     bool    // there is an own figure; else Value, Low and High say nothing
	N         int     // people, or judged decisions, behind it
	Seen      int     // how many there are of whom it could be asked
	P         float64 // of the log-rank test, where stays are compared; else 1
	Verdict   string
	Need      int // how many more are needed at least, as the words of the claim say of whom; 0 = not a matter of number
}

// ClaimFacts are what the claims can be compared with.
type ClaimFacts struct {
	Leavers          int     // who left in the last 90 days
	Screened, Others []Lived // stays of those who were let in after a look at them, and of those who came otherwise
	Judged, Held     int     // decisions about what members did that people looked at, and those that they upheld
}

// Bounds of claims.
const (
	claimDays   = 30  // after how many days stays are compared
	claimLeast  = 20  // of each kind, below which nothing is compared
	claimSample = 385 // for a share within 5 points: 1.96²·0.25/0.05²
	claimWide   = 0.1 // half an interval of a share that may still agree
)

// Told figures (of row and word as operators meet them).
const (
	toldGoal     = 0.78
	toldScreened = 1.63
	toldPlace    = 1.40
	toldMarks    = 0.72
	toldVouchers = 1.55
	toldRenewLow = 2.0
	toldRenewTop = 3.0
)

// Claims compares everything told with one's own figures. Where nothing is recorded that could say anything, it is undecided and Need
// says how much would be needed.
func Claims(f ClaimFacts) []Claim {
	return []Claim{
		{Name: "goal", Told: [2]float64{toldGoal, toldGoal}, Seen: f.Leavers, P: 1, Verdict: Undecided, Need: claimSample},
		screened(f.Screened, f.Others),
		{Name: "place", Told: [2]float64{toldPlace, toldPlace}, Ratio: true, P: 1, Verdict: Undecided, Need: 8},
		marks(f.Judged, f.Held),
		{Name: "vouchers", Told: [2]float64{toldVouchers, toldVouchers}, Ratio: true, P: 1, Verdict: Undecided, Need: claimSample},
		{Name: "preference", Told: [2]float64{0.65, 0.90}, P: 1, Verdict: Undecided, Need: claimSample},
		{Name: "renewal", Told: [2]float64{toldRenewLow, toldRenewTop}, Ratio: true, P: 1, Verdict: Undecided, Need: claimLeast},
	}
}

// screened compares how many of each kind are still there after 30 days: the ratio of the two survivals, its interval on the log
// scale by Greenwood. Who is let in after a look differs from others before it: the figure holds that selection.
func screened(screened, others []Lived) Claim {
	c := Claim{Name: "screened", Told: [2]float64{toldScreened, toldScreened}, Ratio: true, Seen: len(screened) + len(others), P: 1, Verdict: Undecided, Need: screenedNeed()}
	if len(screened) < claimLeast || len(others) < claimLeast {
		c.Need = max(0, claimLeast-len(screened)) + max(0, claimLeast-len(others))
		return c
	}
	a, known := Survive(screened).At(claimDays)
	b, also := Survive(others).At(claimDays)
	if test := LogRank(screened, others); test.Withheld == "" {
		c.P = test.P
	}
	if c.N = len(screened) + len(others); !known || !also || a.Survival <= 0 || b.Survival <= 0 || a.AtRisk < thinRisk || b.AtRisk < thinRisk {
		return c
	}
	spread := math.Sqrt(a.SE*a.SE/(a.Survival*a.Survival) + b.SE*b.SE/(b.Survival*b.Survival))
	if spread == 0 {
		return c // nobody left yet
	}
	c.Known, c.Value = true, a.Survival/b.Survival
	c.Low, c.High = c.Value*math.Exp(-normal975*spread), c.Value*math.Exp(normal975*spread)
	c.Verdict = c.against(1)
	if c.Verdict != Undecided {
		c.Need = 0
	}
	return c
}

// screenedNeed is how many ends of stays show a ratio as told with power 0.8: 4·(1.96+0.84)²/ln²(ratio).
func screenedNeed() int {
	return int(math.Ceil(4 * 7.849 / (math.Log(toldScreened) * math.Log(toldScreened))))
}

// against compares an interval with what is told: it differs where it leaves that out; it agrees where it holds that and leaves out
// nothing, the value of no effect.
func (c Claim) against(nothing float64) string {
	switch {
	case c.Low > c.Told[1] || c.High < c.Told[0]:
		return Differs
	case c.Low > nothing || c.High < nothing:
		return Agrees
	}
	return Undecided
}

// marks is the share of decisions about members' behaviour that people upheld, of those they looked at (Wilson).
func marks(judged, held int) Claim {
	c := Claim{Name: "marks", Told: [2]float64{toldMarks, toldMarks}, N: judged, Seen: judged, P: 1, Verdict: Undecided, Need: max(0, claimSample-judged)}
	if judged < claimLeast || held < 0 || held > judged {
		return c
	}
	c.Known, c.Value = true, float64(held)/float64(judged)
	c.Low, c.High = Wilson(float64(held), float64(judged))
	switch {
	case c.Low > c.Told[1] || c.High < c.Told[0]:
		c.Verdict, c.Need = Differs, 0
	case (c.High-c.Low)/2 <= claimWide:
		c.Verdict, c.Need = Agrees, 0
	}
	return c
}
