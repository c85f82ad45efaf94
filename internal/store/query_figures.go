package store

import (
	"context"
	"database/sql"
	"encoding/json"

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
	if g != 0 {
		c.and("g.key = ?", int64(g))
	}
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

// Covered says on which days somebody listened in a group: something happened there; or an import spans the day without
// a gap over it; or an account of ours that serves the group heard something anywhere.
func (d *Desk) Covered(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]bool, error) {
	places, err := d.placesFor(ctx, g, "", from, to)
	if err != nil {
		return nil, err
	}
	zone := places[0].Zone
	known := make([]bool, to-from+1)
	set := func(first, last measure.Day) {
		for day := max(first, from); day <= min(last, to); day++ {
			known[day-from] = true
		}
	}
	runs, err := rows(ctx, d.s, `SELECT s.first_at, s.last_at, r.report FROM views.import_span s LEFT JOIN import_run r ON r.key = s.import_key
WHERE s.group_key = $1 ORDER BY s.import_key`, []any{int64(g)}, scanSpan)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		first, _ := measure.DayOf(run.first, zone)
		last, _ := measure.DayOf(run.last, zone)
		for day := max(first, from); day <= min(last, to); day++ {
			if !run.gap(day.Start(zone), (day + 1).Start(zone)) {
				set(day, day)
			}
		}
	}
	days, err := rows(ctx, d.s, `SELECT day FROM views.group_day WHERE group_key = $1 AND day >= $2 AND day <= $3 AND events > 0
UNION SELECT a.day FROM views.account_day a JOIN group_account ga ON ga.account_key = a.account_key
WHERE ga.group_key = $1 AND a.day >= $2 AND a.day <= $3 AND a.day >= ga.since / 86400000`, []any{int64(g), int64(from), int64(to)},
		func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	for _, day := range days {
		set(measure.Day(day), measure.Day(day))
	}
	return known, err
}

// importedSpan is the time that an import covers in a group, and the gaps that its report tells of.
type importedSpan struct {
	first, last int64
	gaps        []struct{ From, To int64 }
}

func scanSpan(r *sql.Rows, v *importedSpan) error {
	var raw []byte
	if err := r.Scan(&v.first, &v.last, &raw); err != nil || len(raw) == 0 {
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
func (d *Desk) Roster(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]int64, error) {
	places, err := d.placesFor(ctx, g, "", from, to)
	if err != nil {
		return nil, err
	}
	size := make([]int64, to-from+1)
	var since int64
	err = d.s.read.QueryRowContext(ctx, `SELECT coalesce(max(roster_since), 0) FROM views.group_fact WHERE group_key = $1`, int64(g)).Scan(&since)
	if err != nil {
		return nil, coded(d.s.dialect, err)
	}
	zone := places[0].Zone
	if since == 0 || since >= (to+1).Start(zone) {
		for i := range size {
			size[i] = -1
		}
		return size, nil
	}
	return size, d.sizes(ctx, g, size, from, measure.Place{Group: g, Zone: zone}, since)
}

func (d *Desk) sizes(ctx context.Context, g community.GroupKey, size []int64, from measure.Day, p measure.Place, since int64) error {
	first, end := from.Start(p.Zone), (from + measure.Day(len(size))).Start(p.Zone)
	var n, gone int64
	err := d.s.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM views.stay WHERE group_key = $1 AND since < $2),
 (SELECT count(*) FROM views.stay WHERE group_key = $1 AND left_at > 0 AND left_at < $2)`, int64(g), first).Scan(&n, &gone)
	if err != nil {
		return coded(d.s.dialect, err)
	}
	change := make([]int64, len(size))
	for _, side := range []struct {
		query string
		by    int64
	}{
		{`SELECT since FROM views.stay WHERE group_key = $1 AND since >= $2 AND since < $3`, 1},
		{`SELECT left_at FROM views.stay WHERE group_key = $1 AND left_at >= $2 AND left_at < $3`, -1},
	} {
		times, err := rows(ctx, d.s, side.query, []any{int64(g), first, end}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
		if err != nil {
			return err
		}
		for _, at := range times {
			day, _ := measure.DayOf(at, p.Zone)
			change[day-from] += side.by
		}
	}
	n -= gone
	known, _ := measure.DayOf(since, p.Zone)
	for i := range size {
		n += change[i]
		if size[i] = n; from+measure.Day(i) < known {
			size[i] = -1
		}
	}
	return nil
}

// Silent counts the members who are in the groups now, and those of them of whom no message is on record. Who is in
// several groups counts once; one word in any of them is enough.
func (d *Desk) Silent(ctx context.Context, groups []community.GroupKey) (silent, present int64, err error) {
	var c clause
	d.in(&c, "g")
	c.and("p.group_key IN (" + keyList(groups) + ")")
	c.and("p.present")
	c.and("NOT m.bot")
	err = d.s.read.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(CASE WHEN word = 0 THEN 1 ELSE 0 END), 0) FROM (
SELECT max(p.last_word) AS word FROM views.people p JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key`+
		c.String()+` GROUP BY p.member_key) AS people`, c.args...).Scan(&present, &silent)
	return silent, present, coded(d.s.dialect, err)
}

// Days gives one row per day, the oldest first, the last being today; days without anything are there with zeroes.
// Group 0 means all groups of the scope.
func (d *Desk) Days(ctx context.Context, g community.GroupKey, days int) ([]measure.Total, error) {
	today, err := d.Today(ctx, g)
	if err != nil {
		return nil, err
	}
	from := today - measure.Day(days) + 1
	places, err := d.placesFor(ctx, g, "", from, today)
	if err != nil {
		return nil, err
	}
	return measure.Totals(ctx, d, places, from, today)
}

// Heat counts own messages by weekday (0 = Monday) and hour over the last days.
func (d *Desk) Heat(ctx context.Context, g community.GroupKey, days int) ([7][24]int64, error) {
	var heat [7][24]int64
	today, err := d.Today(ctx, g)
	if err != nil {
		return heat, err
	}
	from := today - measure.Day(days) + 1
	places, err := d.placesFor(ctx, g, "", from, today)
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
