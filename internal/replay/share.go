package replay

import "math"

// Share is a part of a whole as thousandths, with the bounds of Wilson's interval, which holds the true share in 95 of 100 such
// counts. Of nothing, Permille is -1 and the bounds say nothing (0 to 1000).
type Share struct {
	Part     int `json:"part"`
	Of       int `json:"of"`
	Permille int `json:"permille"`
	Low      int `json:"low"`
	High     int `json:"high"`
}

// ShareOf makes the share of a part.
func ShareOf(part, of int) Share {
	if of <= 0 {
		return Share{Permille: -1, High: 1000}
	}
	const z = 1.959964
	n, p := float64(of), float64(part)/float64(of)
	mid, wing, under := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n)), 1+z*z/n
	thousandths := func(x float64) int { return int(math.Round(1000 * min(1, max(0, x)))) }
	return Share{part, of, permille(part, of), thousandths((mid - wing) / under), thousandths((mid + wing) / under)}
}

// PrecisionShare is the share of hits that were wanted.
func (s CaseSums) PrecisionShare() Share { return ShareOf(s.Found, s.Found+s.False) }

// RecallShare is the share of wanted hits that were made.
func (s CaseSums) RecallShare() Share { return ShareOf(s.Found, s.Found+s.Missed) }
