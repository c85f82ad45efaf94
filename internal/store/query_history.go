package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// History gives what retention in a group is made of, of the last 1,100 days until a day. Own accounts and bots are left out.
func (d *Desk) History(ctx context.Context, g community.GroupKey, to measure.Day) (measure.History, error) {
	var h measure.History
	places, err := d.placesFor(ctx, g, "", to, to)
	if err != nil {
		return h, err
	}
	if g == 0 {
		return h, community.Errorf(community.CodeBadInput, "retention is of one group")
	}
	zone := places[0].Zone
	h.DayOf = func(ms int64) measure.Day { day, _ := measure.DayOf(ms, zone); return day }
	until, err := d.watchedUntil(ctx, places)
	if err != nil {
		return h, err
	}
	if h.Until = min(until[g], (to + 1).Start(zone)); h.Until == 0 {
		return h, nil // nothing ever happened there
	}
	last := min(to, h.DayOf(h.Until))
	if err := d.spokenDays(ctx, places, last, &h); err != nil {
		return h, err
	}
	if h.Watched.From > last {
		h.Watched = measure.Watched{From: last + 1, To: last}
		return h, nil // the group began later
	}
	known, err := d.Covered(ctx, places, h.Watched.From, last)
	if err != nil {
		return h, err
	}
	h.Watched.To, h.Watched.Known = last, known[0]
	h.Stays, err = d.stayList(ctx, g)
	return h, err
}

// spokenDays reads who spoke on which day, and which day is the first on record.
func (d *Desk) spokenDays(ctx context.Context, places []measure.Place, last measure.Day, h *measure.History) error {
	g := places[0].Group
	var first int64
	if err := d.s.read.QueryRowContext(ctx, `SELECT coalesce(min(day), $1) FROM views.group_day WHERE group_key = $2 AND events > 0`, int64(last), int64(g)).Scan(&first); err != nil {
		return coded(d.s.dialect, err)
	}
	h.Watched.From = max(measure.Day(first), last-maxSpan+1)
	days := map[community.MemberKey][]measure.Day{}
	err := d.DaySums(ctx, groupsOf(places), h.Watched.From, last, func(s *measure.DaySum) error {
		for _, t := range s.Said {
			days[t.Member] = append(days[t.Member], s.Day)
		}
		return nil
	})
	for m, list := range days {
		h.Spoke = append(h.Spoke, measure.Life{Member: m, First: list[0], Days: list})
	}
	slices.SortFunc(h.Spoke, func(a, b measure.Life) int { return cmp.Compare(a.Member, b.Member) })
	return err
}

// endCauses are what events say of why a stay ended.
var endCauses = map[string]measure.Cause{"left": measure.Left, "kicked": measure.Removed, "dissolved": measure.Dissolved}

// causeOf is why a stay ended; Censored while it lasts (left 0).
func causeOf(left int64, reason string) measure.Cause {
	if left <= 0 {
		return measure.Censored
	}
	if cause, known := endCauses[reason]; known {
		return cause
	}
	return measure.Gone
}

// stayList reads the stays of a group. Who had joined before a list was read is watched since then.
func (d *Desk) stayList(ctx context.Context, g community.GroupKey) ([]measure.Stay, error) {
	return rows(ctx, d.s, `SELECT x.member_key, x.joined_at, CASE WHEN x.counted THEN 0 ELSE f.roster_since END, x.left_at, x.left_low, x.left_reason, x.scene, x.inviter_key
FROM views.stay x JOIN views.group_fact f ON f.group_key = x.group_key WHERE x.group_key = $1
 AND NOT EXISTS (SELECT 1 FROM views.people p WHERE p.group_key = x.group_key AND p.member_key = x.member_key AND p.ours)
 AND NOT EXISTS (SELECT 1 FROM views.marked m WHERE m.member_key = x.member_key AND m.bot) ORDER BY x.member_key, x.n`, []any{int64(g)},
		func(r *sql.Rows, s *measure.Stay) error {
			var reason string
			err := r.Scan((*int64)(&s.Member), &s.Joined, &s.Seen, &s.Left, &s.Low, &reason, &s.Source, (*int64)(&s.Inviter))
			s.Cause = causeOf(s.Left, reason)
			return err
		})
}
