package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

var _ measure.Source = (*Desk)(nil)

// maxSpan bounds how many days one question may cover.
const maxSpan = 1100

// places are the groups that a question is about, with their zones.
func (d *Desk) places(ctx context.Context, g community.GroupKey, tag string) ([]measure.Place, error) {
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", tag)
	groupOrAll(&c, g)
	return rows(ctx, d.s, "SELECT g.key, g.zone FROM chat_group g"+c.String()+" ORDER BY g.key", c.args, func(r *sql.Rows, p *measure.Place) error {
		var zone string
		err := r.Scan((*int64)(&p.Group), &zone)
		p.Zone = zoneOf(zone)
		return err
	})
}

// Activity measures a group, the groups with a tag, or (0 and "") all of the scope, on the days [from, to].
func (d *Desk) Activity(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) (measure.Activity, error) {
	places, err := d.placesFor(ctx, g, tag, from, to)
	if err != nil {
		return measure.Activity{}, err
	}
	return measure.Measure(ctx, d, places, from, to)
}

func (d *Desk) placesFor(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) ([]measure.Place, error) {
	if to < from || to-from > maxSpan {
		return nil, community.Errorf(community.CodeBadInput, "from %s to %s: want 1 to %d days", from, to, maxSpan)
	}
	places, err := d.places(ctx, g, tag)
	if err == nil && g != 0 && len(places) == 0 {
		err = community.Errorf(community.CodeNotFound, "group %d: not found", g)
	}
	return places, err
}

// MemberActivity measures what one member said in a group (0 = all of the scope) on the days [from, to].
func (d *Desk) MemberActivity(ctx context.Context, g community.GroupKey, m community.MemberKey, from, to measure.Day) (measure.MemberActivity, error) {
	places, err := d.placesFor(ctx, g, "", from, to)
	if err != nil {
		return measure.MemberActivity{}, err
	}
	if g == 0 {
		if places, err = d.where(ctx, m, places); err != nil {
			return measure.MemberActivity{}, err
		}
	}
	return measure.MeasureMember(ctx, d, places, m, from, to)
}

// where keeps the groups that a member is on record in.
func (d *Desk) where(ctx context.Context, m community.MemberKey, places []measure.Place) ([]measure.Place, error) {
	known, err := rows(ctx, d.s, `SELECT group_key FROM views.people WHERE member_key = $1`, []any{int64(m)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	here := map[community.GroupKey]bool{}
	for _, g := range known {
		here[community.GroupKey(g)] = true
	}
	var list []measure.Place
	for _, p := range places {
		if here[p.Group] {
			list = append(list, p)
		}
	}
	return list, err
}

// Today is the current day in a group's zone; for all groups (0) in Asia/Shanghai.
func (d *Desk) Today(ctx context.Context, g community.GroupKey) (measure.Day, error) {
	zone := zoneOf(DefaultZone)
	if g != 0 {
		places, err := d.placesFor(ctx, g, "", 0, 0)
		if err != nil {
			return 0, err
		}
		zone = places[0].Zone
	}
	day, _ := measure.DayOf(d.s.now(), zone)
	return day, nil
}

// Covered says on which days somebody listened in each group: something happened there; or an import spans the day
// without a gap over it; or an account of ours that serves the group heard something anywhere.
func (d *Desk) Covered(ctx context.Context, places []measure.Place, from, to measure.Day) ([][]bool, error) {
	known, place := make([][]bool, len(places)), map[int64]int{}
	for i, p := range places {
		known[i], place[int64(p.Group)] = make([]bool, to-from+1), i
	}
	in := "(" + keyList(groupsOf(places)) + ")"
	runs, err := rows(ctx, d.s, `SELECT s.group_key, s.first_at, s.last_at, r.report FROM views.import_span s LEFT JOIN import_run r ON r.key = s.import_key
WHERE s.group_key IN `+in, nil, scanSpan)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		i := place[run.group]
		run.cover(known[i], places[i].Zone, from, to)
	}
	type heard struct{ group, day int64 }
	days, err := rows(ctx, d.s, `SELECT group_key, day FROM views.group_day WHERE group_key IN `+in+` AND day >= $1 AND day <= $2 AND events > 0
UNION ALL SELECT ga.group_key, a.day FROM views.account_day a JOIN group_account ga ON ga.account_key = a.account_key
WHERE ga.group_key IN `+in+` AND a.day >= $1 AND a.day <= $2 AND a.day >= ga.since / 86400000`, []any{int64(from), int64(to)},
		func(r *sql.Rows, v *heard) error { return r.Scan(&v.group, &v.day) })
	for _, h := range days {
		known[place[h.group]][measure.Day(h.day)-from] = true
	}
	return known, err
}

func groupsOf(places []measure.Place) []community.GroupKey {
	keys := make([]community.GroupKey, len(places))
	for i, p := range places {
		keys[i] = p.Group
	}
	return keys
}

// importedSpan is the time that an import covers in a group, and the gaps that its report tells of.
type importedSpan struct {
	group, first, last int64
	gaps               []struct{ From, To int64 }
}

func scanSpan(r *sql.Rows, v *importedSpan) error {
	var raw []byte
	if err := r.Scan(&v.group, &v.first, &v.last, &raw); err != nil || len(raw) == 0 {
		return err
	}
	var report struct {
		Gaps struct {
			List []struct{ From, To int64 } `json:"list"`
		} `json:"gaps"`
	}
	if json.Unmarshal(raw, &report) == nil { // a report of another form tells of no gaps
		v.gaps = report.Gaps.List
	}
	return nil
}

// cover marks the days of [from, to] that lie in the span and not wholly in a gap.
func (v importedSpan) cover(known []bool, zone *time.Location, from, to measure.Day) {
	first, _ := measure.DayOf(v.first, zone)
	last, _ := measure.DayOf(v.last, zone)
	for day := max(first, from); day <= min(last, to); day++ {
		if !v.gap(day.Start(zone), (day + 1).Start(zone)) {
			known[day-from] = true
		}
	}
}

// gap reports whether one of the gaps covers the whole of [from, to).
func (v importedSpan) gap(from, to int64) bool {
	for _, g := range v.gaps {
		if g.From <= from && g.To >= to {
			return true
		}
	}
	return false
}

// Roster gives the number of members at the end of each day, from the stays; -1 before the first member list was read.
func (d *Desk) Roster(ctx context.Context, places []measure.Place, from, to measure.Day) ([][]int64, error) {
	size, place := make([][]int64, len(places)), map[int64]int{}
	for i, p := range places {
		size[i], place[int64(p.Group)] = make([]int64, to-from+1), i
	}
	if len(places) == 0 {
		return size, nil
	}
	in := "(" + keyList(groupsOf(places)) + ")"
	if err := d.comings(ctx, places, place, in, size, from); err != nil {
		return nil, err
	}
	since, err := rows(ctx, d.s, `SELECT group_key, roster_since FROM views.group_fact WHERE roster_since > 0 AND group_key IN `+in, nil, scanTime)
	if err != nil {
		return nil, err
	}
	listed := make([]measure.Day, len(places)) // the day of the first list; 0 = none
	for _, s := range since {
		i := place[s.group]
		listed[i], _ = measure.DayOf(s.at, places[i].Zone)
	}
	for i := range size {
		var n int64
		for day := range size[i] {
			n += size[i][day]
			if size[i][day] = n; listed[i] == 0 || from+measure.Day(day) < listed[i] {
				size[i][day] = -1
			}
		}
	}
	return size, nil
}

type groupTime struct{ group, at, n int64 }

func scanTime(r *sql.Rows, v *groupTime) error { return r.Scan(&v.group, &v.at) }

// comings puts into size by how much each day changes the number of members; all that was before counts for the first.
func (d *Desk) comings(ctx context.Context, places []measure.Place, place map[int64]int, in string, size [][]int64, from measure.Day) error {
	const slack = 86_400_000 // zones differ by less than a day
	first := from.Start(time.UTC) + slack
	end := (from + measure.Day(len(size[0]))).Start(time.UTC) + slack
	for _, side := range []struct {
		column string
		by     int64
	}{{"since", 1}, {"left_at", -1}} {
		before, err := rows(ctx, d.s, `SELECT group_key, 0, count(*) FROM views.stay WHERE group_key IN `+in+` AND `+side.column+` > 0 AND `+side.column+` < $1 GROUP BY group_key`,
			[]any{first - 2*slack}, func(r *sql.Rows, v *groupTime) error { return r.Scan(&v.group, &v.at, &v.n) })
		if err != nil {
			return err
		}
		for _, b := range before {
			size[place[b.group]][0] += side.by * b.n
		}
		times, err := rows(ctx, d.s, `SELECT group_key, `+side.column+` FROM views.stay WHERE group_key IN `+in+` AND `+side.column+` > 0 AND `+side.column+` >= $1 AND `+side.column+` < $2`,
			[]any{first - 2*slack, end}, scanTime)
		if err != nil {
			return err
		}
		for _, c := range times {
			i := place[c.group]
			day, _ := measure.DayOf(c.at, places[i].Zone)
			if k := max(0, day-from); int(k) < len(size[i]) {
				size[i][k] += side.by
			}
		}
	}
	return nil
}

// Silent counts the members who are in the groups now, and those of them of whom no message is on record. Who is in
// several groups counts once; one word in any of them is enough.
func (d *Desk) Silent(ctx context.Context, groups []community.GroupKey) (silent, present int64, err error) {
	if whole, err := d.whole(ctx, groups); err != nil || whole {
		return d.silentAnywhere(ctx, err)
	}
	var c clause
	d.in(&c, "g")
	c.and("p.group_key IN (" + keyList(groups) + ")")
	c.and("p.present")
	c.and("NOT m.bot AND p.role NOT IN ('self', 'bot')")
	err = d.s.read.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(CASE WHEN word = 0 THEN 1 ELSE 0 END), 0) FROM (
SELECT max(p.last_word) AS word FROM views.people p JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key`+
		c.String()+` GROUP BY p.member_key) AS people`, c.args...).Scan(&present, &silent)
	return silent, present, coded(d.s.dialect, err)
}

// whole reports whether groups are all that the organisation has, and the handle sees them all: then sums over all groups
// answer.
func (d *Desk) whole(ctx context.Context, groups []community.GroupKey) (bool, error) {
	if d.scope.Groups != nil {
		return false, nil
	}
	var n int
	err := d.s.read.QueryRowContext(ctx, `SELECT count(*) FROM chat_group WHERE org_key = $1`, int64(d.scope.Org)).Scan(&n)
	return n == len(groups), coded(d.s.dialect, err)
}

func (d *Desk) silentAnywhere(ctx context.Context, err error) (silent, present int64, _ error) {
	if err != nil {
		return 0, 0, err
	}
	err = d.s.read.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(CASE WHEN last_word = 0 THEN 1 ELSE 0 END), 0) FROM views.anyone
WHERE org_key = $1 AND present = 1 AND ours = 0`, int64(d.scope.Org)).Scan(&present, &silent)
	return silent, present, coded(d.s.dialect, err)
}

// Days gives one row per day, the oldest first, the last being today; days without anything are there with zeroes.
// Group 0 means all groups of the scope, or those with the tag.
func (d *Desk) Days(ctx context.Context, g community.GroupKey, tag string, days int) ([]measure.Total, error) {
	today, err := d.Today(ctx, g)
	if err != nil {
		return nil, err
	}
	from := today - measure.Day(days) + 1
	places, err := d.placesFor(ctx, g, tag, from, today)
	if err != nil {
		return nil, err
	}
	return measure.Totals(ctx, d, places, from, today)
}

// Heat counts own messages by weekday (0 = Monday) and hour over the last days.
func (d *Desk) Heat(ctx context.Context, g community.GroupKey, tag string, days int) ([7][24]int64, error) {
	var heat [7][24]int64
	today, err := d.Today(ctx, g)
	if err != nil {
		return heat, err
	}
	from := today - measure.Day(days) + 1
	places, err := d.placesFor(ctx, g, tag, from, today)
	if err != nil {
		return heat, err
	}
	return measure.HeatMap(ctx, d, places, from, today)
}

// MemberDays gives what one member said in a group (0 = all of the scope) over the last days: per day, and per hour.
func (d *Desk) MemberDays(ctx context.Context, g community.GroupKey, m community.MemberKey, days int) ([]measure.Total, [24]int64, error) {
	today, err := d.Today(ctx, g)
	if err != nil {
		return nil, [24]int64{}, err
	}
	from := today - measure.Day(days) + 1
	a, err := d.MemberActivity(ctx, g, m, from, today)
	if err != nil {
		return nil, [24]int64{}, err
	}
	list := make([]measure.Total, days)
	for i, n := range a.Daily {
		list[i] = measure.Total{Date: (from + measure.Day(i)).String(), Messages: n, Speakers: min(n, 1)}
	}
	return list, a.Hours, nil
}
