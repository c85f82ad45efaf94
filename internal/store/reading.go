package store

import (
	"context"
	"encoding/json"

	"qunluo/internal/community"
)

// JobRead is the kind of job that reads the pictures of a message. Its key is the number of the message's event.
const JobRead = "read-pictures"

// NoteReading notes which message a media.read event is about; one that does not say is about none.
func (t *Tx) NoteReading(ctx context.Context, ev *community.Event) error {
	var r community.Reading
	if json.Unmarshal(ev.Body.Data, &r) != nil || r.Event == 0 {
		return nil
	}
	_, err := t.exec(ctx, `INSERT INTO reading (message, number, group_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, r.Event, ev.Number, int64(ev.Group))
	return err
}

// EventAt gives an event by its number; community.CodeNotFound.
func (s *Store) EventAt(ctx context.Context, number int64) (community.Event, error) {
	list, err := rows(ctx, s, `SELECT `+eventColumns+` FROM event WHERE number = $1`, []any{number}, scanEvent)
	return oneOf(list, err, "event", number)
}

// Readings are what was read in the pictures of a message, oldest first.
func (d *Desk) Readings(ctx context.Context, message int64) ([]community.Event, error) {
	var c clause
	c.and("r.message = ?", message)
	d.in(&c, "g")
	return rows(ctx, d.s, `SELECT `+eventOf+` FROM reading r JOIN chat_group g ON g.key = r.group_key JOIN event e ON e.number = r.number`+c.String()+` ORDER BY r.number LIMIT 50`, c.args, scanEvent)
}
