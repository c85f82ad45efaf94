package store

import (
	"context"
	"database/sql"
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
	zones := map[string]*time.Location{} // reading one costs more than the row
	return rows(ctx, d.s, "SELECT g.key, g.zone FROM chat_group g"+c.String()+" ORDER BY g.key", c.args, func(r *sql.Rows, p *measure.Place) error {
		var name string
		if err := r.Scan((*int64)(&p.Group), &name); err != nil {
			return err
		}
		if zones[name] == nil {
			zones[name] = zoneOf(name)
		}
		p.Zone = zones[name]
		return nil
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

func groupsOf(places []measure.Place) []community.GroupKey {
	keys := make([]community.GroupKey, len(places))
	for i, p := range places {
		keys[i] = p.Group
	}
	return keys
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
