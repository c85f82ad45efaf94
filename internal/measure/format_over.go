package measure

import (
	"math"
	"slices"

	"qunluo/internal/community"
)

// FormatGroup is what came to one group, received, and its polls.
type FormatGroup struct {
	Group community.GroupKey
	ID    community.ID
	Name  string
	Sent  []Sent
	Polls []FormatPollRow
}

// FormatPlace is a group in a comparison over groups.
type FormatPlace struct {
	Group    community.GroupKey
	ID       community.ID
	Name     string
	Things   int
	Sends    int
	Open     int // of those, not counted
	Offers   int64
	Answered Part // over its sends of every format
	Leaves   Part
}

// FormatOver compares formats over several groups. Its intervals hold that members of one group are alike: see overGroups.
type FormatOver struct {
	FormatReport
	Groups []FormatPlace // those that something came to, or that were asked, in the order given
	Of     int           // groups in the scope, with and without
	Unread int           // of those that something came to, in which more was said than can be read
	Asked  int           // of those that something came to, how many there are; more than len(Groups): a draw of them was looked at
}

// What intervals over groups take for granted (methods.md §7.2): on public channels members of one channel are alike by ρ ≈ 0.074. It is an
// upper value for sister groups; with fewer than rhoGroups groups of rhoMembers or more, ρ cannot be estimated, and stands at least there.
const (
	rhoUsual   = 0.074
	rhoGroups  = 10
	rhoMembers = 10
)

// cluster is what one group adds to a share.
type cluster struct{ num, den int64 }

// overGroups is a share over groups with an interval of 95 % that respects that people of one group are alike. It is Wilson's of the n / D
// independent people whom n people in groups are worth, D = 1 + (m − 1)·ρ (Donner & Klar 2000), m = Σmⱼ²/Σmⱼ, with Student's quantile of
// K − 1 degrees in place of the normal one. ρ is by one-way analysis of variance, floored at 0, and at rhoUsual where groups are few. Of one group it is
// partOf.
func overGroups(list []cluster) Part {
	var num, den, between, squares float64
	k, large := 0, 0
	for _, c := range list {
		if c.den <= 0 {
			continue
		}
		m, x := float64(c.den), float64(c.num)
		k, num, den, squares, between = k+1, num+x, den+m, squares+m*m, between+x*x/m
		if c.den >= rhoMembers {
			large++
		}
	}
	p := partOf(int64(num), int64(den))
	p.Groups, p.Design = k, 1
	if k < 2 {
		return p
	}
	rho := rhoOf(float64(k), num, den, squares, between)
	if large < rhoGroups {
		rho = max(rho, rhoUsual)
	}
	p.Design = max(1, 1+(squares/den-1)*rho)
	p.Low, p.High = wilsonAt(num/p.Design, den/p.Design, studentQuantile(float64(k-1)))
	return p
}

// rhoOf is the correlation of yes and no within groups: ρ = (MSB − MSW)/(MSB + (n₀−1)·MSW), n₀ = (N − Σmⱼ²/N)/(k−1), floored at 0.
func rhoOf(k, num, den, squares, between float64) float64 {
	if den <= k {
		return 0 // of one each nothing can be told
	}
	msb := max(0, between-num*num/den) / (k - 1)
	msw := max(0, num-between) / (den - k)
	n0 := (den - squares/den) / (k - 1)
	low := msb + (n0-1)*msw
	if low <= 0 {
		return 0
	}
	return min(1, max(0, (msb-msw)/low))
}

// thing is what a thing sent was in all groups together.
type thing struct {
	format  string
	group   int // the first that it came to
	reads   int64
	step    bool
	places  int // that it came to at all
	counted int // of the groups looked at, where it counts
	offered int64
}

// overFormat collects one format.
type overFormat struct {
	row              FormatRow
	answered, leaves []cluster
	liked            []cluster
	had, took        map[community.MemberKey]bool
}

// CompareOver sums up what came to several groups. What came to many is one thing; a member of several groups is one person, in the share by
// behaviour counted with the first group in which they were offered something.
func CompareOver(list []FormatGroup) FormatOver {
	rep := FormatOver{}
	by := map[string]*overFormat{}
	for _, f := range AllFormats() {
		by[f] = &overFormat{row: FormatRow{Format: f}, answered: make([]cluster, len(list)), leaves: make([]cluster, len(list)), liked: make([]cluster, len(list)), had: map[community.MemberKey]bool{}, took: map[community.MemberKey]bool{}}
	}
	things, home := map[SentKey]*thing{}, map[community.MemberKey]int{}
	for i, g := range list {
		rep.Polls += len(g.Polls)
		rows := CompareFormats(g.Sent, nil).Rows
		rep.Groups = append(rep.Groups, placeOf(g, rows))
		addGroup(by, i, g, rows)
		for j := range g.Sent {
			addThing(by, things, home, i, &g.Sent[j])
		}
	}
	for _, f := range Formats() {
		if by[f].row.Sends > by[f].row.Open {
			rep.Named = append(rep.Named, f)
		}
	}
	had := map[string]map[community.MemberKey]bool{}
	for f, o := range by {
		had[f] = o.had
	}
	rep.Every = offeredAll(rep.Named, had)
	reach := reachOver(by, things, len(list))
	for _, f := range AllFormats() {
		if o := by[f]; o.row.Sends > 0 || liked(o.liked) > 0 {
			rep.Rows = append(rep.Rows, o.close(rep, home, reach[f]))
		}
	}
	return rep
}

// placeOf sums one group up over its formats.
func placeOf(g FormatGroup, rows []FormatRow) FormatPlace {
	p := FormatPlace{Group: g.Group, ID: g.ID, Name: g.Name}
	for _, r := range rows {
		p.Things, p.Sends, p.Open, p.Offers = p.Things+r.Things, p.Sends+r.Sends, p.Open+r.Open, p.Offers+r.Offers
		p.Answered.Num, p.Answered.Den = p.Answered.Num+r.Answered.Num, p.Answered.Den+r.Answered.Den
		p.Leaves.Num, p.Leaves.Den = p.Leaves.Num+r.Leaves.Num, p.Leaves.Den+r.Leaves.Den
	}
	p.Answered, p.Leaves = partOf(p.Answered.Num, p.Answered.Den), partOf(p.Leaves.Num, p.Leaves.Den)
	return p
}

// addGroup adds the sums of a group, each as a cluster of its own.
func addGroup(by map[string]*overFormat, i int, g FormatGroup, rows []FormatRow) {
	for _, r := range rows {
		o := by[r.Format]
		o.row.Sends, o.row.Open, o.row.Offers, o.row.Replies = o.row.Sends+r.Sends, o.row.Open+r.Open, o.row.Offers+r.Offers, o.row.Replies+r.Replies
		o.row.Minutes, o.row.Fen, o.row.Usual, o.row.Went = o.row.Minutes+r.Minutes, o.row.Fen+r.Fen, o.row.Usual+r.Usual, append(o.row.Went, r.Went...)
		o.answered[i], o.leaves[i] = cluster{r.Answered.Num, r.Answered.Den}, cluster{r.Leaves.Num, r.Leaves.Den}
	}
	var all int64
	for _, p := range g.Polls {
		for _, n := range p.Votes {
			all += n
		}
	}
	for _, f := range Formats() {
		var n int64
		for _, p := range g.Polls {
			n += p.Votes[f]
		}
		by[f].liked[i] = cluster{n, all}
	}
}

// addThing notes a thing where it came to a group, and whom it reached there.
func addThing(by map[string]*overFormat, things map[SentKey]*thing, home map[community.MemberKey]int, i int, s *Sent) {
	o := by[s.FormatIs()]
	if o == nil {
		return
	}
	v := things[s.SentKey]
	if v == nil {
		v = &thing{format: s.FormatIs(), group: i, reads: s.Reads, step: s.Kind == SentStep, places: max(1, s.Places)}
		things[s.SentKey] = v
		o.row.Things++
		if s.Format == "" {
			o.row.Guessed++
		}
		if s.Minutes >= 0 || s.Fen >= 0 {
			o.row.Costed++
		}
	}
	if !s.Counted {
		return
	}
	v.counted, v.offered = v.counted+1, v.offered+int64(len(s.Offered))
	for _, m := range s.Offered {
		o.had[m] = true
		if _, ok := home[m]; !ok {
			home[m] = i
		}
	}
	for _, m := range s.Answered {
		o.took[m] = true
	}
}

// reachOver gives what was read of each format, by group: of things whose reads were told and that count in every group that they came to.
func reachOver(by map[string]*overFormat, things map[SentKey]*thing, n int) map[string][]cluster {
	out := map[string][]cluster{}
	for f := range by {
		out[f] = make([]cluster, n)
	}
	for _, v := range things { // sums: the order is not to be seen
		if v.reads < 0 || v.step || v.counted != v.places {
			continue
		}
		c := &out[v.format][v.group]
		c.num, c.den = c.num+min(v.reads, v.offered), c.den+v.offered
		by[v.format].row.ReadOf++
	}
	return out
}

func liked(list []cluster) (n int64) {
	for _, c := range list {
		n += c.num
	}
	return n
}

// close works the shares of a format out.
func (o *overFormat) close(rep FormatOver, home map[community.MemberKey]int, reach []cluster) FormatRow {
	r := o.row
	r.Answered, r.Leaves, r.Reach = overGroups(o.answered), overGroups(o.leaves), overGroups(reach)
	slices.Sort(r.Went)
	r.Went = slices.Compact(r.Went)
	if r.Format == FormatOther {
		return r
	}
	r.Liked = overGroups(o.liked)
	if !slices.Contains(rep.Named, r.Format) {
		return r
	}
	r.Took = keptIn(rep.Every, o.took)
	engaged := make([]cluster, len(o.answered))
	for _, m := range rep.Every {
		engaged[home[m]].den++
		if o.took[m] {
			engaged[home[m]].num++
		}
	}
	r.Engaged = overGroups(engaged)
	return r
}

// wilsonAt is Wilson's interval at a quantile z.
func wilsonAt(hits, n, z float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	p := hits / n
	mid, wide := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (mid-wide)/(1+z*z/n)), min(1, (mid+wide)/(1+z*z/n))
}
