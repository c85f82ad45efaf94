package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Lists of exactly those whom a figure counts. Who they are is gathered in memory from the same values that the figures
// are made of; only the rows of the page are then read.

// fewChosen is up to how many chosen members are named in a question; of more, a page is full soon.
const fewChosen = 2000

// chosen lists the members that figures count.
func (d *Desk) chosen(ctx context.Context, groups []community.GroupKey, f community.MemberFilter) ([]community.MemberRow, int, error) {
	list, err := d.choose(ctx, groups, f)
	if err != nil {
		return nil, 0, err
	}
	return d.pageOf(ctx, groups, f, list)
}

// pageOf reads the rows of a page of a list that is gathered already.
func (d *Desk) pageOf(ctx context.Context, groups []community.GroupKey, f community.MemberFilter, list []measure.Speaker) ([]community.MemberRow, int, error) {
	total := min(len(list), community.CountCap+1)
	list, err := d.arrange(ctx, groups, f, list, f.Page.Offset+limitOf(f.Page.Limit))
	if err != nil {
		return nil, 0, err
	}
	rows, err := d.rowsOf(ctx, groups, f, list[min(f.Page.Offset, len(list)):])
	return rows, total, err
}

// choose gathers everybody the filter finds, in order of member.
func (d *Desk) choose(ctx context.Context, groups []community.GroupKey, f community.MemberFilter) ([]measure.Speaker, error) {
	var list []measure.Speaker
	begun := false
	take := func(more []measure.Speaker) {
		if begun {
			more = both(list, more)
		}
		list, begun = more, true
	}
	if !f.Spoke.IsZero() {
		who, err := measure.Listen(ctx, d, groups, measure.Day(f.Spoke.From), measure.Day(f.Spoke.To))
		if err != nil {
			return nil, err
		}
		take(said(who, f.Most, f.First))
	}
	for _, m := range []struct {
		when string
		span community.DaySpan
	}{{"since >= $1 AND since < $2 AND counted", f.Joined}, {"left_at >= $1 AND left_at < $2", f.Left}} {
		if m.span.IsZero() {
			continue
		}
		who, err := d.moved(ctx, groups, m.when, m.span)
		if err != nil {
			return nil, err
		}
		take(who)
	}
	if f.Text == "" && f.Source == "" && f.Label == "" && f.Present == nil && !f.NeverSpoke && f.SilentSince == 0 {
		return list, nil
	}
	matching, err := d.matching(ctx, groups, plain(f))
	if err != nil {
		return nil, err
	}
	return both(list, matching), nil
}

// matching gives everybody that a plain filter finds, in order of member.
func (d *Desk) matching(ctx context.Context, groups []community.GroupKey, f community.MemberFilter) ([]measure.Speaker, error) {
	if !standingTells(f) {
		return d.memberKeys(ctx, groups, f, "k")
	}
	all, err := d.rollOf(ctx, groups)
	if err != nil {
		return nil, err
	}
	return all.members(f.Present, f.NeverSpoke), nil
}

// standingTells reports whether how people stand in the groups is all that a filter asks.
func standingTells(f community.MemberFilter) bool {
	return f.Text == "" && f.Source == "" && f.Label == "" && f.SilentSince == 0 && !f.Chosen()
}

// byName reports whether a list of members of several groups needs no more than their standing, and their names for its
// order.
func byName(f community.MemberFilter) bool {
	return (f.Page.Sort == "" || f.Page.Sort == "name") && standingTells(f)
}

// plain is the filter without what chooses people by figures.
func plain(f community.MemberFilter) community.MemberFilter {
	f.Spoke, f.Joined, f.Left, f.Most, f.First = community.DaySpan{}, community.DaySpan{}, community.DaySpan{}, 0, 0
	return f
}

// said is a crowd in order of member, those who said too much, or not enough to be among the first, left out.
func said(who *measure.Crowd, most int64, first int) []measure.Speaker {
	list := make([]measure.Speaker, 0, who.Len())
	if first > 0 {
		list = append(list, who.Top(first)...)
		slices.SortFunc(list, byMember)
	} else {
		who.Each(func(s measure.Speaker) bool { list = append(list, s); return true })
	}
	if most > 0 {
		list = slices.DeleteFunc(list, func(s measure.Speaker) bool { return s.Messages > most })
	}
	return list
}

func byMember(a, b measure.Speaker) int { return cmp.Compare(a.Member, b.Member) }

// both keeps of a those who are in b too; both stand in order of member.
func both(a, b []measure.Speaker) []measure.Speaker {
	var out []measure.Speaker
	for len(a) > 0 && len(b) > 0 {
		switch c := byMember(a[0], b[0]); {
		case c < 0:
			a = a[1:]
		case c > 0:
			b = b[1:]
		default:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// moved gathers who joined or left on the days of a span; when is the condition on a stay.
func (d *Desk) moved(ctx context.Context, groups []community.GroupKey, when string, span community.DaySpan) ([]measure.Speaker, error) {
	places, err := d.zonesOf(ctx, groups)
	if err != nil {
		return nil, err
	}
	found := roll{}
	for _, z := range places {
		var keys string // as one value: a hundred thousand rows of one number each would take five times as long
		err := d.s.read.QueryRowContext(ctx, `SELECT coalesce(string_agg(CAST(member_key AS TEXT), ' '), '') FROM views.stay WHERE group_key IN (`+keyList(z.groups)+`) AND `+when,
			measure.Day(span.From).Start(z.zone), (measure.Day(span.To) + 1).Start(z.zone)).Scan(&keys)
		if err != nil {
			return nil, coded(d.s.dialect, err)
		}
		if err := found.know(keys); err != nil {
			return nil, err
		}
	}
	return found.members(nil, false), nil
}

// arrange puts the chosen, who stand in order of member, in the order of the page, as far as want reaches.
func (d *Desk) arrange(ctx context.Context, groups []community.GroupKey, f community.MemberFilter, list []measure.Speaker, want int) ([]measure.Speaker, error) {
	value := func(s measure.Speaker) int64 { return s.Messages }
	switch f.Page.Sort {
	case "":
		if f.Spoke.IsZero() {
			break
		}
		return first(list, want, value, true), nil
	case "said":
		return first(list, want, value, f.Page.Desc), nil
	case "said_days":
		return first(list, want, func(s measure.Speaker) int64 { return int64(s.Days) }, f.Page.Desc), nil
	}
	only := ""
	if len(list) <= fewChosen {
		only = keyList(membersOf(list))
	}
	f = plain(f)
	if f.Page.Sort == "" || f.Page.Sort == "name" {
		f = community.MemberFilter{Group: f.Group, Page: f.Page} // who is looked for is known: names have an order over all groups
	}
	var out []measure.Speaker
	err := d.walkKeys(ctx, groups, f, only, "", func(m community.MemberKey) bool {
		if i, ok := slices.BinarySearchFunc(list, measure.Speaker{Member: m}, byMember); ok {
			out = append(out, list[i])
		}
		return len(out) < want
	})
	return out, err
}

// first gives the n first of a list by a value; ties stand in order of member.
func first(list []measure.Speaker, n int, value func(measure.Speaker) int64, down bool) []measure.Speaker {
	order := func(a, b measure.Speaker) int {
		x, y := value(a), value(b)
		if down {
			x, y = y, x
		}
		return cmp.Or(cmp.Compare(x, y), byMember(a, b))
	}
	if len(list) <= 4*n {
		list = slices.Clone(list)
		slices.SortFunc(list, order)
		return list[:min(n, len(list))]
	}
	best, cut := make([]measure.Speaker, 0, 2*n), false // sorted and cut whenever it is full: then best[n-1] bounds what may come in
	for _, s := range list {
		if cut && order(best[n-1], s) < 0 {
			continue
		}
		if best = append(best, s); len(best) == 2*n {
			slices.SortFunc(best, order)
			best, cut = best[:n], true
		}
	}
	slices.SortFunc(best, order)
	return best[:min(n, len(best))]
}

// memberKeys gives the keys that a plain filter finds; order "k" = by member, "" = as its page says.
func (d *Desk) memberKeys(ctx context.Context, groups []community.GroupKey, f community.MemberFilter, order string) ([]measure.Speaker, error) {
	var list []measure.Speaker
	return list, d.walkKeys(ctx, groups, f, "", order, func(m community.MemberKey) bool {
		list = append(list, measure.Speaker{Member: m})
		return true
	})
}

// walkKeys hands the keys that a plain filter finds to fn, until it says false; only = a list of keys to look at alone.
func (d *Desk) walkKeys(ctx context.Context, groups []community.GroupKey, f community.MemberFilter, only, order string, fn func(community.MemberKey) bool) error {
	var c clause
	source, column := d.keySource(&c, groups, f, only)
	dir := ""
	switch {
	case order == "k":
		column = "k"
	case f.Page.Desc:
		dir = " DESC"
	}
	r, err := d.s.read.QueryContext(ctx, `SELECT k FROM (`+source+`) AS keys ORDER BY `+column+dir+`, k`+dir, c.args...)
	if err != nil {
		return coded(d.s.dialect, err)
	}
	defer r.Close()
	for r.Next() {
		var m community.MemberKey
		if err := r.Scan((*int64)(&m)); err != nil {
			return err
		}
		if !fn(m) {
			return nil
		}
	}
	return r.Err()
}

// Tables that lists of members are made of: a group's people, everybody's sums, the people of several groups.
const (
	ofGroup = iota
	ofAll
	ofSome
)

func (d *Desk) tableOf(f community.MemberFilter) int {
	switch {
	case f.Group != 0:
		return ofGroup
	case d.scope.Groups == nil && f.Tag == "" && f.Source == "" && f.Label == "":
		return ofAll
	}
	return ofSome
}

// keySource selects keys (k) and what they are sorted by (v).
func (d *Desk) keySource(c *clause, groups []community.GroupKey, f community.MemberFilter, only string) (source, column string) {
	now := func() string { return c.arg(d.s.now()) } // PostgreSQL refuses a value that no condition names
	switch d.tableOf(f) {
	case ofGroup:
		c.and("p.group_key = ?", int64(f.Group))
		d.onlyThese(c, "p.member_key", only)
		groupConditions(c, f)
		value := memberSort(f.Page.Sort)
		if f.Page.Sort == "strikes" {
			value = fmt.Sprintf(liveStrikes, now())
		}
		return `SELECT p.member_key AS k, ` + value + ` AS v FROM views.people p` + c.String(), "v"
	case ofAll:
		d.anyoneConditions(c, f)
		d.onlyThese(c, "a.member_key", only)
		value := anyoneSorts[f.Page.Sort]
		if f.Page.Sort == "strikes" {
			value = `(SELECT count(*) FROM strike s WHERE s.member_key = a.member_key AND s.revoked = 0 AND s.expires > ` + now() + `)`
		}
		return `SELECT a.member_key AS k, ` + value + ` AS v FROM views.anyone a` + c.String(), "v"
	}
	c.and("p.group_key IN (" + keyList(groups) + ")")
	d.onlyThese(c, "p.member_key", only)
	peopleConditions(c, f)
	having := overConditions(c, f)
	value, ok := totalSorts[f.Page.Sort]
	switch {
	case f.Page.Sort == "":
		value = totalSorts["name"]
	case !ok:
		value = strikesIn(groups, now())
	}
	return `SELECT p.member_key AS k, ` + value + ` AS v FROM views.people p` + c.String() + ` GROUP BY p.member_key` + having, "v"
}

func (d *Desk) onlyThese(c *clause, column, only string) {
	if only != "" {
		c.and(column + " IN (" + only + ")")
	}
}

func membersOf(list []measure.Speaker) []community.MemberKey {
	keys := make([]community.MemberKey, len(list))
	for i, s := range list {
		keys[i] = s.Member
	}
	return keys
}

// rowsOf reads the rows of members, in the order given.
func (d *Desk) rowsOf(ctx context.Context, groups []community.GroupKey, f community.MemberFilter, who []measure.Speaker) ([]community.MemberRow, error) {
	keys := membersOf(who)
	var found []community.MemberRow
	var err error
	var c clause
	switch d.tableOf(f) {
	case ofGroup:
		c.and("p.group_key = ?", int64(f.Group))
		c.and("p.member_key IN (" + keyList(keys) + ")")
		found, err = d.memberRows(ctx, c, "")
	case ofAll:
		c.and("a.member_key IN (" + keyList(keys) + ")")
		found, err = d.anyoneRows(ctx, c, "", len(keys), 0)
	default:
		c.and("p.group_key IN (" + keyList(groups) + ")")
		c.and("p.member_key IN (" + keyList(keys) + ")")
		found, err = d.totalRows(ctx, c, groups, "", "min(p.shown)", "")
	}
	if err != nil {
		return nil, err
	}
	by := make(map[community.MemberKey]int, len(found))
	for i := range found {
		by[found[i].Key] = i
	}
	list := make([]community.MemberRow, 0, len(found))
	for _, s := range who {
		if i, ok := by[s.Member]; ok {
			found[i].Said, found[i].SaidDays = s.Messages, s.Days
			list = append(list, found[i])
		}
	}
	return list, nil
}

// sheetChunk is how many rows of a whole list are read at a time.
const sheetChunk = 1000

// whole gives everybody a filter finds, in its order.
func (d *Desk) whole(ctx context.Context, groups []community.GroupKey, f community.MemberFilter) ([]measure.Speaker, error) {
	gather := d.choose
	switch {
	case f.Chosen():
	case d.tableOf(f) == ofSome && byName(f):
		gather = d.matching
	default:
		return d.memberKeys(ctx, groups, f, "")
	}
	all, err := gather(ctx, groups, f)
	if err != nil {
		return nil, err
	}
	return d.arrange(ctx, groups, f, all, len(all))
}

// AllMembers gives every member that a filter finds, in its order, a thousand at a time; Limit and Offset of its page do
// not count. Who they are is decided once, at the beginning.
func (d *Desk) AllMembers(ctx context.Context, f community.MemberFilter) iter.Seq2[[]community.MemberRow, error] {
	return func(yield func([]community.MemberRow, error) bool) {
		groups, err := d.groupsAsked(ctx, f)
		if err == nil {
			err = d.labelNow(ctx, &f)
		}
		if err != nil || len(groups) == 0 {
			if err != nil {
				yield(nil, err)
			}
			return
		}
		if f.Persons {
			d.allPersons(ctx, groups, f, yield)
			return
		}
		all, err := d.whole(ctx, groups, f)
		if err != nil {
			yield(nil, err)
			return
		}
		for chunk := range slices.Chunk(all, sheetChunk) {
			rows, err := d.rowsOf(ctx, groups, f, chunk)
			if err == nil {
				err = d.dress(ctx, rows)
			}
			if !yield(rows, err) || err != nil {
				return
			}
		}
	}
}
