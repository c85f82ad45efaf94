package store

import (
	"context"
	"database/sql"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// openRecall is a recall whose message has not been seen yet.
type openRecall struct {
	at, by int64
}

// recall takes a message out of the counts of the day it was said on. It stays in the log and in the text index.
func (f *figures) recall(ctx context.Context, g *groupFact, ev *community.Event) error {
	if ev.Body.Message == "" {
		return nil
	}
	said, err := f.said(ctx, ev)
	if err != nil {
		return err
	}
	if said == nil {
		return f.awaitRecalled(ctx, ev)
	}
	n, err := f.markRecalled(ctx, said.Number, ev.Group, ev.OccurredAt, ev.Number)
	if err != nil || n == 0 || !content(said) {
		return err
	}
	p, err := f.person(ctx, g, said.Actor)
	if err != nil {
		return err
	}
	if !f.isBot(said.Actor, said.Body.Role) {
		day, _ := measure.DayOf(said.OccurredAt, g.zone)
		f.day(g.key, day).recalled++
	}
	f.count(g, p, said, -1)
	return nil
}

// markRecalled marks a message as recalled; 0 when it was already.
func (f *figures) markRecalled(ctx context.Context, number int64, g community.GroupKey, at, by int64) (int64, error) {
	return f.t.exec(ctx, `INSERT INTO views.recalled (number, group_key, at, by_number) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		number, int64(g), at, by)
}

// said finds the message that a recall names: in this batch, by the key most platforms give it, or back through the
// group's log. nil when it is not on record.
func (f *figures) said(ctx context.Context, ev *community.Event) (*community.Event, error) {
	for i := range f.events {
		if said := &f.events[i]; f.isSaid(said, ev) {
			return said, nil
		}
	}
	d := Draft{Event: community.Event{Type: community.MessageCreated, Account: ev.Account, Group: ev.Group}, Key: ev.Body.Message}
	key := d.dedupKey(0)
	found, err := f.eventsWhere(ctx, `account_key = $1 AND dedup = $2`, int64(ev.Account), key[:])
	if err != nil {
		return nil, err
	}
	if len(found) == 1 && f.isSaid(&found[0], ev) {
		return &found[0], nil
	}
	return f.saidBefore(ctx, ev)
}

func (f *figures) isSaid(said, ev *community.Event) bool {
	return said.Type == community.MessageCreated && said.Group == ev.Group && said.Number < ev.Number && said.Body.Message == ev.Body.Message
}

// backPage is how many events are read at a time on the way back: nearly all recalls follow soon.
const backPage = 200

func (f *figures) saidBefore(ctx context.Context, ev *community.Event) (*community.Event, error) {
	for seq := ev.Seq; seq > 1; seq -= backPage {
		page, err := f.eventsWhere(ctx, `group_key = $1 AND seq < $2 AND seq >= $3`, int64(ev.Group), seq, seq-backPage)
		if err != nil {
			return nil, err
		}
		for i := range page {
			if f.isSaid(&page[i], ev) {
				return &page[i], nil
			}
		}
	}
	return nil, nil
}

func (f *figures) eventsWhere(ctx context.Context, where string, args ...any) ([]community.Event, error) {
	rows, err := f.t.query(ctx, `SELECT `+eventColumns+` FROM event WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	return scanEvents(rows)
}

// awaitRecalled remembers a recall that came before its message.
func (f *figures) awaitRecalled(ctx context.Context, ev *community.Event) error {
	if err := f.readRecalls(ctx); err != nil {
		return err
	}
	f.await(ev.Group, ev.Body.Message, openRecall{ev.OccurredAt, ev.Number})
	_, err := f.t.exec(ctx, `INSERT INTO views.recall_open (group_key, message, at, by_number) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		int64(ev.Group), ev.Body.Message, ev.OccurredAt, ev.Number)
	return err
}

func (f *figures) await(g community.GroupKey, message string, r openRecall) {
	if f.recalls[g] == nil {
		f.recalls[g] = map[string]openRecall{}
	}
	f.recalls[g][message] = r
}

// recalledBefore reports whether a message was recalled before it arrived, and marks it.
func (f *figures) recalledBefore(ctx context.Context, ev *community.Event) (bool, error) {
	if err := f.readRecalls(ctx); err != nil {
		return false, err
	}
	r, ok := f.recalls[ev.Group][ev.Body.Message]
	if !ok || ev.Body.Message == "" {
		return false, nil
	}
	delete(f.recalls[ev.Group], ev.Body.Message)
	_, err := f.t.exec(ctx, `DELETE FROM views.recall_open WHERE group_key = $1 AND message = $2`, int64(ev.Group), ev.Body.Message)
	if err != nil {
		return false, err
	}
	_, err = f.markRecalled(ctx, ev.Number, ev.Group, r.at, r.by)
	return true, err
}

// readRecalls reads the open recalls once.
func (f *figures) readRecalls(ctx context.Context) error {
	if f.recallsIn {
		return nil
	}
	rows, err := f.t.query(ctx, `SELECT group_key, message, at, by_number FROM views.recall_open`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var g int64
		var message string
		var r openRecall
		if err := rows.Scan(&g, &message, &r.at, &r.by); err != nil {
			return err
		}
		f.await(community.GroupKey(g), message, r)
	}
	f.recallsIn = true
	return rows.Err()
}

// ints reads one column of whole numbers.
func ints(rows *sql.Rows) ([]int64, error) {
	defer rows.Close()
	var list []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}
