package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/tier"
)

// TierPeople is what tiers of a group rest on.
type TierPeople struct {
	People []tier.Person // in order of member: no bots, no accounts of ours, no staff
	Apart  int           // who is left out of those who are there
	Listed bool          // a list of members was read; otherwise who spoke within Silence days counts as there
}

// TierPeople gives what members of a group did on the days [from, to]. Where no list of members was ever read, who spoke
// within silence days counts as there.
func (d *Desk) TierPeople(ctx context.Context, g community.GroupKey, from, to measure.Day, silence int) (TierPeople, error) {
	var out TierPeople
	places, err := d.placesFor(ctx, g, "", from, to)
	if err != nil {
		return out, err
	}
	if g == 0 {
		return out, community.Errorf(community.CodeBadInput, "tiers are of one group")
	}
	t := &tierReader{d: d, place: places[0], from: from, to: to, people: map[community.MemberKey]*tier.Person{}, apart: map[community.MemberKey]bool{}}
	for _, part := range []func(context.Context) error{t.leaveOut, t.active, t.contacts, t.answers, t.strikes, t.stays, t.tags} {
		if err := part(ctx); err != nil {
			return out, err
		}
	}
	for m, p := range t.people {
		switch {
		case t.listed:
		case len(p.Active) > 0:
			p.Spans, p.Joined = tier.Spoken(p.Active, int64(silence)), p.Active[0]*86_400_000
		}
		if t.apart[m] {
			for _, s := range p.Spans {
				if s.From <= int64(to) && int64(to) <= s.To {
					out.Apart++
				}
			}
			continue
		}
		out.People = append(out.People, *p)
	}
	slices.SortFunc(out.People, func(a, b tier.Person) int { return cmp.Compare(a.Member, b.Member) })
	out.Listed = t.listed
	return out, nil
}

// tierReader reads what members did, part by part.
type tierReader struct {
	d        *Desk
	place    measure.Place
	from, to measure.Day
	people   map[community.MemberKey]*tier.Person
	apart    map[community.MemberKey]bool
	listed   bool
}

func (t *tierReader) person(m community.MemberKey) *tier.Person {
	p := t.people[m]
	if p == nil {
		p = &tier.Person{Member: m}
		t.people[m] = p
	}
	return p
}

func (t *tierReader) dayOf(ms int64) int64 {
	day, _ := measure.DayOf(ms, t.place.Zone)
	return int64(day)
}

// leaveOut reads who is a bot, an account of ours, or runs the group; and whether a list of members was ever read.
func (t *tierReader) leaveOut(ctx context.Context) error {
	list, err := rows(ctx, t.d.s, `SELECT p.member_key FROM views.people p JOIN member m ON m.key = p.member_key
WHERE p.group_key = $1 AND (p.ours OR m.bot OR m.mark IN ('bot', 'staff') OR p.role IN ('bot', 'self', 'owner', 'admin', 'staff') AND m.mark <> 'member')`, []any{int64(t.place.Group)},
		func(r *sql.Rows, m *int64) error { return r.Scan(m) })
	for _, m := range list {
		t.apart[community.MemberKey(m)] = true
	}
	if err != nil {
		return err
	}
	since, err := rows(ctx, t.d.s, `SELECT roster_since FROM views.group_fact WHERE group_key = $1`, []any{int64(t.place.Group)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	t.listed = len(since) == 1 && since[0] > 0
	return err
}

func (t *tierReader) active(ctx context.Context) error {
	return t.d.DaySums(ctx, []community.GroupKey{t.place.Group}, t.from, t.to, func(s *measure.DaySum) error {
		for _, said := range s.Said {
			p := t.person(said.Member)
			p.Active = append(p.Active, int64(s.Day))
		}
		return nil
	})
}

// contacts gives both sides of who turned to whom; bots are nobody's partners.
func (t *tierReader) contacts(ctx context.Context) error {
	type met struct {
		at, member, other int64
		reply             bool
	}
	list, err := rows(ctx, t.d.s, `SELECT x.at, x.member_key, x.other_key, x.reply FROM views.contact x WHERE x.group_key = $1 AND x.at >= $2 AND x.at < $3`+spokenBy+
		` AND NOT EXISTS (SELECT 1 FROM views.marked m WHERE m.member_key = x.other_key AND m.bot) ORDER BY x.at, x.number, x.other_key`,
		[]any{int64(t.place.Group), t.from.Start(t.place.Zone), (t.to + 1).Start(t.place.Zone)},
		func(r *sql.Rows, v *met) error { return r.Scan(&v.at, &v.member, &v.other, &v.reply) })
	for _, c := range list {
		day, a, b := t.dayOf(c.at), community.MemberKey(c.member), community.MemberKey(c.other)
		from, to := t.person(a), t.person(b)
		from.Contacts = append(from.Contacts, tier.Contact{Day: day, With: b})
		to.Contacts = append(to.Contacts, tier.Contact{Day: day, With: a, Reply: c.reply})
	}
	return err
}

func (t *tierReader) answers(ctx context.Context) error {
	list, err := t.d.questionsOf(ctx, []measure.Place{t.place}, t.from, t.to)
	for i := len(list) - 1; i >= 0; i-- {
		if state, first := list[i].State(); state != measure.OpenQuestion {
			p := t.person(first.Member)
			p.Answers = append(p.Answers, t.dayOf(first.At))
		}
	}
	for _, p := range t.people {
		slices.Sort(p.Answers)
	}
	return err
}

// strikes reads the record of strikes: one counts from its day until it ends or was taken back.
func (t *tierReader) strikes(ctx context.Context) error {
	type given struct{ member, at, ends int64 }
	list, err := rows(ctx, t.d.s, `SELECT member_key, at, CASE WHEN revoked > 0 AND revoked < expires THEN revoked ELSE expires END FROM strike WHERE group_key = $1 AND at < $2 ORDER BY at, id`,
		[]any{int64(t.place.Group), (t.to + 1).Start(t.place.Zone)}, func(r *sql.Rows, v *given) error { return r.Scan(&v.member, &v.at, &v.ends) })
	for _, s := range list {
		p := t.person(community.MemberKey(s.member))
		p.Strikes = append(p.Strikes, tier.Strike{Day: t.dayOf(s.at), Ends: t.dayOf(s.ends)})
	}
	return err
}

// tags reads what members are tagged with, and since when. A tag that was taken away is not known any more.
func (t *tierReader) tags(ctx context.Context) error {
	type given struct {
		member, at int64
		tag        string
	}
	list, err := rows(ctx, t.d.s, `SELECT x.member_key, x.created, x.tag FROM member_tag x WHERE x.created < $2 AND x.member_key IN (SELECT p.member_key FROM views.people p WHERE p.group_key = $1) ORDER BY x.member_key, x.tag`,
		[]any{int64(t.place.Group), (t.to + 1).Start(t.place.Zone)}, func(r *sql.Rows, v *given) error { return r.Scan(&v.member, &v.at, &v.tag) })
	for _, x := range list {
		if p := t.people[community.MemberKey(x.member)]; p != nil {
			p.Tags = append(p.Tags, tier.Tagged{Day: t.dayOf(x.at), Tag: x.tag})
		}
	}
	return err
}

// stays reads who was there when, where lists of members say so.
func (t *tierReader) stays(ctx context.Context) error {
	if !t.listed {
		return nil
	}
	type stay struct{ member, since, joined, left int64 }
	list, err := rows(ctx, t.d.s, `SELECT member_key, since, joined_at, left_at FROM views.stay WHERE group_key = $1 ORDER BY member_key, n`, []any{int64(t.place.Group)},
		func(r *sql.Rows, v *stay) error { return r.Scan(&v.member, &v.since, &v.joined, &v.left) })
	for _, s := range list {
		p, span := t.person(community.MemberKey(s.member)), tier.Span{To: math.MaxInt64}
		if s.left > 0 {
			span.To = t.dayOf(s.left) - 1
		}
		if span.From = t.dayOf(s.since); s.joined > 0 {
			span.From = t.dayOf(s.joined)
		}
		if len(p.Spans) == 0 {
			p.Joined = s.joined
		}
		p.Spans = append(p.Spans, span)
	}
	return err
}
