package measure

import "slices"

// step is how many speakers have one count of messages.
type step struct{ count, speakers int64 }

// steps is how messages are spread over speakers: counts ascending, each once. A hundred thousand speakers have a few
// hundred different counts, so nobody needs to be sorted.
type steps []step

// commonCounts bounds the counts that are gathered without a map.
const commonCounts = 4096

func spreadOf(c *Crowd) steps {
	common, rare := make([]int64, commonCounts), map[int64]int64{}
	c.Each(func(s Speaker) bool {
		if s.Messages < commonCounts {
			common[s.Messages]++
		} else {
			rare[s.Messages]++
		}
		return true
	})
	var out steps
	for count, n := range common {
		if n > 0 {
			out = append(out, step{int64(count), n})
		}
	}
	first := len(out)
	for count, n := range rare {
		out = append(out, step{count, n})
	}
	slices.SortFunc(out[first:], func(a, b step) int { return int(min(max(a.count-b.count, -1), 1)) })
	return out
}

func (s steps) speakers() (n int64) {
	for _, x := range s {
		n += x.speakers
	}
	return n
}

func (s steps) messages() (n int64) {
	for _, x := range s {
		n += x.speakers * x.count
	}
	return n
}

// at gives the count at a place, from 0, of the ascending list of speakers.
func (s steps) at(place int64) int64 {
	for _, x := range s {
		if place < x.speakers {
			return x.count
		}
		place -= x.speakers
	}
	return 0
}

// median is that of the ascending list; of an even number the mean of the two in the middle. 0 when there are none.
func (s steps) median() float64 {
	n := s.speakers()
	if n == 0 {
		return 0
	}
	return float64(s.at((n-1)/2)+s.at(n/2)) / 2
}

// nearestRank is the percentile p (1–100) by the nearest rank: the smallest count that at least p percent do not exceed.
// 0 when there are none.
func (s steps) nearestRank(p int64) int64 {
	return s.at(max(0, (s.speakers()*p+99)/100-1))
}

// topSum adds up the n greatest counts.
func (s steps) topSum(n int64) (sum int64) {
	for i := len(s) - 1; i >= 0 && n > 0; i-- {
		k := min(n, s[i].speakers)
		sum += k * s[i].count
		n -= k
	}
	return sum
}

// gini says how unevenly messages are spread: 0 = evenly. G = 2·Σ i·x(i) / (n·Σx) − (n+1)/n, x ascending, i = 1…n
// (methods.md §1). The population is the speakers.
func (s steps) gini() Figure {
	var below, weighted float64
	for _, x := range s {
		k := float64(x.speakers)
		weighted += float64(x.count) * (k*below + k*(k+1)/2)
		below += k
	}
	n, sum := float64(s.speakers()), float64(s.messages())
	f := Figure{Den: n, Population: Speakers, Grey: n < smallDenom}
	if sum == 0 {
		f.Withheld = NoData
		return f
	}
	f.Num = n
	f.Value = 2*weighted/(n*sum) - (n+1)/n
	return f
}

// topShare is the share of messages of the top ceil(percent) of speakers, at least one of them.
func (s steps) topShare(percent int64, c Coverage) Figure {
	f := ratio(float64(s.topSum(TopSpeakers(s.speakers(), percent))), float64(s.messages()), Speakers, c)
	f.Grey = s.speakers() < smallDenom
	return f
}

// TopSpeakers is how many the top percent of n speakers are: ceil, at least one.
func TopSpeakers(n, percent int64) int64 { return (n*percent + 99) / 100 }
