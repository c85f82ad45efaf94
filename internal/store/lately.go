package store

import (
	"context"

	"qunluo/internal/community"
)

// Lately asks for the messages of all groups that were decided upon, by number in (After, Until], received from a time on.
type Lately struct {
	After, Until int64
	Since        int64 // UTC ms
	Most         int
}

const (
	latelyPage  = 1024 // numbers
	latelyPages = 64   // beyond so many nothing is looked for
)

// Lately gives them, the newest first.
func (t *Tx) Lately(ctx context.Context, q Lately) (list []community.Event, err error) {
	over := false
	for n, until := 0, q.Until; n < latelyPages && until > q.After && !over; n++ {
		from := max(q.After, until-latelyPage)
		if list, over, err = t.latelyPage(ctx, q, from, until, list); err != nil {
			return nil, err
		}
		until = from
	}
	return list, nil
}

func (t *Tx) latelyPage(ctx context.Context, q Lately, from, until int64, list []community.Event) ([]community.Event, bool, error) {
	rows, err := t.conn.QueryContext(ctx, `SELECT `+eventColumns+` FROM event WHERE number > $1 AND number <= $2 AND origin <> 1 ORDER BY number DESC`, from, until)
	if err != nil {
		return list, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var ev community.Event
		if err := scanEvent(rows, &ev); err != nil {
			return list, false, err
		}
		if ev.ReceivedAt < q.Since || len(list) == q.Most {
			return list, true, nil
		}
		if ev.Type == community.MessageCreated {
			list = append(list, ev)
		}
	}
	return list, false, rows.Err()
}
