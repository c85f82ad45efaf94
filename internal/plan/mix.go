package plan

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Class is what a post is for: seven in ten are of use, two invite people to take part, one promotes.
type Class string

// Classes of posts.
const (
	Useful      Class = "useful"      // 实用
	Interactive Class = "interactive" // 互动
	Promotion   Class = "promotion"   // 营销
)

// Classes lists them in the order of Mix's figures.
func Classes() []Class { return []Class{Useful, Interactive, Promotion} }

func (c Class) place() int { return slices.Index(Classes(), c) }

// Target is the share of the posts that a class should have (methods.md §7.1).
func (c Class) Target() float64 {
	if i := c.place(); i >= 0 {
		return targets()[i]
	}
	return 0
}

func targets() [3]float64 { return [3]float64{.7, .2, .1} }

// Bounds of the mix.
const (
	MixDays  = 28
	MixLeast = 20 // posts below which a mix is not judged
	mixSpan  = MixDays * dayMS
	mostRow  = 2    // promotions one after another
	mixAlpha = 0.05 // below it a mix differs from the target
	mostSure = 600  // posts up to which the test is exact
)

// Weighed is one post of ours in one group, sent or planned.
type Weighed struct {
	Class   Class // "" = nobody said
	At      int64 // UTC ms
	Reach   int64 // members it reached, or would
	Minutes int64 // how long it takes people, or takes to make: its cost as its item says
}

// Mix is how posts share the classes, in the order of Classes.
type Mix struct {
	N         int // posts with a class
	Unclassed int // posts without one: they are in no share
	Posts     [3]int
	Reach     [3]int64
	Minutes   [3]int64
	Low, High [3]float64 // 95 % interval of the share by posts (Wilson)
	P         float64    // of so uneven a mix if the targets held; 1 when there is nothing
	Exact     bool       // P is that of the exact multinomial test, else of Pearson's χ²
	Few       bool       // fewer than MixLeast posts: too few to judge
}

// Share is the share of a class by posts, from 0 to 1; 0 when there are none.
func (m Mix) Share(c Class) float64 { return part(int64(m.Posts[c.place()]), int64(m.N)) }

// ShareOf is the share of a class by reach.
func (m Mix) ShareOf(c Class) float64 {
	return part(m.Reach[c.place()], m.Reach[0]+m.Reach[1]+m.Reach[2])
}

// ShareIn is the share of a class by minutes.
func (m Mix) ShareIn(c Class) float64 {
	return part(m.Minutes[c.place()], m.Minutes[0]+m.Minutes[1]+m.Minutes[2])
}

func part(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// MixOf counts the posts of the MixDays days that end with a moment (UTC ms), which belongs to them.
func MixOf(list []Weighed, until int64) Mix {
	var m Mix
	for _, w := range list {
		if w.At > until || w.At <= until-mixSpan {
			continue
		}
		i := w.Class.place()
		if i < 0 {
			m.Unclassed++
			continue
		}
		m.N++
		m.Posts[i]++
		m.Reach[i] += w.Reach
		m.Minutes[i] += w.Minutes
	}
	for i := range m.Posts {
		m.Low[i], m.High[i] = Wilson(m.Posts[i], m.N)
	}
	m.P, m.Exact = uneven(m.Posts, targets())
	m.Few = m.N < MixLeast
	return m
}

// Wilson is the 95 % interval of a share (methods.md §7.1).
func Wilson(hits, n int) (low, high float64) {
	const z = 1.959963984540054
	if n == 0 {
		return 0, 1
	}
	p, k := float64(hits)/float64(n), float64(n)
	mid, wide := p+z*z/(2*k), z*math.Sqrt(p*(1-p)/k+z*z/(4*k*k))
	return max(0, (mid-wide)/(1+z*z/k)), min(1, (mid+wide)/(1+z*z/k))
}

// uneven is how likely counts at most as likely as these are under shares: the exact multinomial test, or Pearson's χ² with
// two degrees of freedom where there are so many that both agree.
func uneven(counts [3]int, shares [3]float64) (p float64, exact bool) {
	n := counts[0] + counts[1] + counts[2]
	switch {
	case n == 0:
		return 1, true
	case n > mostSure:
		chi := 0.0
		for i, c := range counts {
			want := float64(n) * shares[i]
			chi += (float64(c) - want) * (float64(c) - want) / want
		}
		return math.Exp(-chi / 2), false
	}
	logs := [3]float64{math.Log(shares[0]), math.Log(shares[1]), math.Log(shares[2])}
	fact := make([]float64, n+1)
	for i := 2; i <= n; i++ {
		fact[i] = fact[i-1] + math.Log(float64(i))
	}
	chance := func(a, b, c int) float64 {
		return fact[n] - fact[a] - fact[b] - fact[c] + float64(a)*logs[0] + float64(b)*logs[1] + float64(c)*logs[2]
	}
	seen := chance(counts[0], counts[1], counts[2]) + 1e-9
	for a := 0; a <= n; a++ {
		for b := 0; a+b <= n; b++ {
			if l := chance(a, b, n-a-b); l <= seen {
				p += math.Exp(l)
			}
		}
	}
	return min(1, p), true
}

// Ways in which a post goes beyond what a group should get.
const (
	BeyondMix     = "mix"           // the mix differs from 70/20/10, and this class is above its share
	BeyondPosts   = "promo_posts"   // more than one promotion in ten posts
	BeyondMinutes = "promo_minutes" // promotion takes more than a tenth of the minutes
	BeyondRow     = "promo_row"     // more than two promotions one after another
	BeyondQuiet   = "promo_quiet"   // promotion in quiet hours
)

// Beyond is one way in which a post goes beyond, with the figures.
type Beyond struct {
	Code   string  `json:"code"`
	Class  Class   `json:"class"`
	Have   int64   `json:"have"` // posts (or minutes) of the class, with this one; of a row: its length
	Of     int64   `json:"of"`   // of so many in MixDays days; of a row: how long it may be
	Share  float64 `json:"share"`
	Target float64 `json:"target"`
	Low    float64 `json:"low,omitempty"` // of the mix: the interval of the share
	High   float64 `json:"high,omitempty"`
	P      float64 `json:"p,omitempty"`
	Hours  string  `json:"hours,omitempty"`
}

// Against judges a post by what a group got and will have got before it (MixDays days back from it). Of fewer than MixLeast
// posts no mix is judged; one promotion is always in order, more only to a tenth.
func Against(l Limits, zone *time.Location, before []Weighed, w Weighed) []Beyond {
	list := slices.DeleteFunc(slices.Clone(before), func(b Weighed) bool { return b.At > w.At })
	slices.SortStableFunc(list, func(a, b Weighed) int { return cmp.Compare(a.At, b.At) })
	list = append(list, w)
	m := MixOf(list, w.At)
	i := w.Class.place()
	if i < 0 {
		return nil
	}
	var out []Beyond
	if !m.Few && m.P < mixAlpha && m.Share(w.Class) > w.Class.Target() {
		out = append(out, Beyond{Code: BeyondMix, Class: w.Class, Have: int64(m.Posts[i]), Of: int64(m.N), Share: m.Share(w.Class), Target: w.Class.Target(), Low: m.Low[i], High: m.High[i], P: m.P})
	}
	if w.Class != Promotion {
		return out
	}
	if m.Posts[i] > max(1, m.N/10) {
		out = append(out, Beyond{Code: BeyondPosts, Class: w.Class, Have: int64(m.Posts[i]), Of: int64(m.N), Share: m.Share(w.Class), Target: Promotion.Target()})
	}
	if all := m.Minutes[0] + m.Minutes[1] + m.Minutes[2]; !m.Few && w.Minutes > 0 && m.ShareIn(w.Class) > Promotion.Target() {
		out = append(out, Beyond{Code: BeyondMinutes, Class: w.Class, Have: m.Minutes[i], Of: all, Share: m.ShareIn(w.Class), Target: Promotion.Target()})
	}
	if row := rowOf(list); row > mostRow {
		out = append(out, Beyond{Code: BeyondRow, Class: w.Class, Have: int64(row), Of: mostRow})
	}
	if l.Quiet(w.At, zone) {
		out = append(out, Beyond{Code: BeyondQuiet, Class: w.Class, Hours: l.QuietFrom + "-" + l.QuietTo})
	}
	return out
}

// rowOf is how many promotions a list, in order of time, ends with; posts without a class end no row.
func rowOf(list []Weighed) int {
	n := 0
	for i := len(list) - 1; i >= 0; i-- {
		switch list[i].Class {
		case Promotion:
			n++
		case "":
		default:
			return n
		}
	}
	return n
}
