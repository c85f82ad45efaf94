package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Covered says on which days somebody listened in each group: something happened there; or an import spans the day
// without a gap over it; or an account of ours that serves the group was online, or heard something anywhere.
func (d *Desk) Covered(ctx context.Context, places []measure.Place, from, to measure.Day) ([][]bool, error) {
	c := &cover{d: d, places: places, place: map[int64]int{}, from: from, to: to, known: make([][]bool, len(places))}
	for i, p := range places {
		c.known[i], c.place[int64(p.Group)] = make([]bool, to-from+1), i
	}
	c.in = "(" + keyList(groupsOf(places)) + ")"
	for _, part := range []func(*cover, context.Context) error{(*cover).events, (*cover).accounts, (*cover).imports} {
		if err := part(c, ctx); err != nil {
			return nil, err
		}
	}
	return c.known, nil
}

// cover is an answer of Covered in the making.
type cover struct {
	d        *Desk
	places   []measure.Place
	place    map[int64]int // by group
	in       string        // the groups, for an IN
	from, to measure.Day
	known    [][]bool
}

// note marks a day of a group, if it is one of those asked for.
func (c *cover) note(group int64, day measure.Day) {
	if day >= c.from && day <= c.to {
		c.known[c.place[group]][day-c.from] = true
	}
}

// events marks the days on which something happened in the group.
func (c *cover) events(ctx context.Context) error {
	r, err := c.d.s.read.QueryContext(ctx, `SELECT group_key, heard FROM views.group_fact WHERE group_key IN `+c.in)
	if err != nil {
		return coded(c.d.s.dialect, err)
	}
	defer r.Close()
	for r.Next() {
		var group int64
		var raw []byte
		if err := r.Scan(&group, &raw); err != nil {
			return err
		}
		heard, err := decodeDays(raw)
		if err != nil {
			return err
		}
		heard.each(c.from, c.to, func(day measure.Day) { c.note(group, day) })
	}
	return r.Err()
}

// served is that an account of ours has been in a group since a time.
type served struct{ group, account, since int64 }

// accounts marks the days on which an account that serves the group heard something anywhere, or was online.
func (c *cover) accounts(ctx context.Context) error {
	list, err := rows(ctx, c.d.s, `SELECT group_key, account_key, since FROM group_account WHERE group_key IN `+c.in, nil,
		func(r *sql.Rows, v *served) error { return r.Scan(&v.group, &v.account, &v.since) })
	if err != nil || len(list) == 0 {
		return err
	}
	awake, err := c.awake(ctx)
	if err != nil {
		return err
	}
	for _, v := range list {
		zone := c.places[c.place[v.group]].Zone
		since, _ := measure.DayOf(v.since, zone)
		for _, day := range awake.days(v.account, zone) {
			if day >= since {
				c.note(v.group, day)
			}
		}
	}
	return nil
}

// hoursAwake are the hours (UTC ms of their beginning) in which accounts were online or heard something, in order; cut
// remembers the days they lie in, for many groups share a zone.
type hoursAwake struct {
	hours map[int64][]int64
	cut   map[string]map[int64][]measure.Day
}

func (o *hoursAwake) days(account int64, zone *time.Location) []measure.Day {
	name := zone.String()
	if o.cut[name] == nil {
		o.cut[name] = map[int64][]measure.Day{}
	}
	days, done := o.cut[name][account]
	if !done {
		for _, at := range o.hours[account] {
			if day, _ := measure.DayOf(at, zone); len(days) == 0 || days[len(days)-1] != day {
				days = append(days, day)
			}
		}
		o.cut[name][account] = days
	}
	return days
}

// awake reads when accounts were online or heard something. Zones are less than a day from UTC.
func (c *cover) awake(ctx context.Context) (*hoursAwake, error) {
	type mark struct{ account, day, hours int64 }
	list, err := rows(ctx, c.d.s, `SELECT account_key, day, hours FROM views.account_day WHERE day >= $1 AND day <= $2
UNION ALL SELECT account_key, day, hours FROM account_online WHERE day >= $1 AND day <= $2 ORDER BY 1, 2`,
		[]any{int64(c.from) - 1, int64(c.to) + 1}, func(r *sql.Rows, v *mark) error { return r.Scan(&v.account, &v.day, &v.hours) })
	o := &hoursAwake{hours: map[int64][]int64{}, cut: map[string]map[int64][]measure.Day{}}
	for _, v := range list {
		for hour := range int64(24) {
			if v.hours&(1<<hour) != 0 {
				o.hours[v.account] = append(o.hours[v.account], (v.day*24+hour)*3_600_000)
			}
		}
	}
	return o, err
}

// imports marks the days that an import spans.
func (c *cover) imports(ctx context.Context) error {
	type span struct{ group, run, first, last int64 }
	spans, err := rows(ctx, c.d.s, `SELECT group_key, import_key, first_at, last_at FROM views.import_span WHERE group_key IN `+c.in, nil,
		func(r *sql.Rows, v *span) error { return r.Scan(&v.group, &v.run, &v.first, &v.last) })
	if err != nil {
		return err
	}
	gaps := map[int64][]gap{} // an import of many groups has one report
	for _, v := range spans {
		zone := c.places[c.place[v.group]].Zone
		first, _ := measure.DayOf(v.first, zone)
		last, _ := measure.DayOf(v.last, zone)
		if last < c.from || first > c.to {
			continue
		}
		if _, read := gaps[v.run]; !read {
			if gaps[v.run], err = c.d.s.gapsOf(ctx, v.run); err != nil {
				return err
			}
		}
		for day := max(first, c.from); day <= min(last, c.to); day++ {
			if !inGap(gaps[v.run], day.Start(zone), (day + 1).Start(zone)) {
				c.note(v.group, day)
			}
		}
	}
	return nil
}

// gap is a time that a file says nothing about.
type gap struct{ From, To int64 }

// inGap reports whether one of the gaps covers the whole of [from, to).
func inGap(gaps []gap, from, to int64) bool {
	for _, g := range gaps {
		if g.From <= from && g.To >= to {
			return true
		}
	}
	return false
}

// gapsOf reads the gaps that an import's report tells of; a report of another form tells of none.
func (s *Store) gapsOf(ctx context.Context, run int64) ([]gap, error) {
	reports, err := rows(ctx, s, `SELECT report FROM import_run WHERE key = $1`, []any{run}, func(r *sql.Rows, v *[]byte) error { return r.Scan(v) })
	if err != nil || len(reports) == 0 {
		return nil, err
	}
	var report struct {
		Gaps struct {
			List []gap `json:"list"`
		} `json:"gaps"`
	}
	_ = json.Unmarshal(reports[0], &report)
	return report.Gaps.List, nil
}

// online notes the hour in which an account is heard, once: last is when it was heard before (UTC ms). So a day on which
// it was online and heard nothing is known to be silent.
func (t *Tx) online(ctx context.Context, key community.AccountKey, last, now int64) error {
	const hour = 3_600_000
	if last/hour == now/hour {
		return nil
	}
	day, bit := utcHour(now)
	_, err := t.exec(ctx, `INSERT INTO account_online (account_key, day, hours) VALUES ($1, $2, $3)
ON CONFLICT (account_key, day) DO UPDATE SET hours = account_online.hours | excluded.hours`, int64(key), day, bit)
	return err
}
