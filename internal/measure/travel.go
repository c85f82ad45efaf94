package measure

import "qunluo/internal/community"

// LeastCurve is how many stays a curve needs to be shown.
const LeastCurve = 4

// Travels is how members of a group went from touch point to touch point, and through standings.
type Travels struct {
	Steps     []Step
	Standings []Standing
	Paths     []Path
	Coverage  Coverage
}

// Travel measures the ways of a group's members: steps on the days [from, to], standings and paths over all that is on record.
func Travel(h History, tr Traces, from, to Day) Travels {
	standings, paths := Courses(h, tr.Asked())
	return Travels{Journey(Ways(h, tr), h, from, to), standings, paths, h.Watched.Coverage()}
}

// Leading picks the currency with the most payments, the first of community.Currencies among equals; others are the net sums of the
// rest, in minor units. Without payments currency is "".
func Leading(paid map[string][]Payment) (currency string, list []Payment, others map[string]int64) {
	for _, c := range community.Currencies() {
		if len(paid[c]) > len(list) {
			currency, list = c, paid[c]
		}
	}
	others = map[string]int64{}
	for c, rest := range paid {
		for _, p := range rest {
			if c != currency {
				others[c] += p.Amount
			}
		}
	}
	return currency, list, others
}
