package store

import (
	"context"
	"fmt"

	"qunluo/internal/community"
)

// trailed are the types of events that a person's history shows besides words, coming and going. They are rare and the log
// holds few of them among many messages: an index of the log itself would make every message dearer to take in.
var trailed = map[community.Type]bool{
	community.FollowerAdded: true, community.FollowerRemoved: true, community.Scanned: true, community.MenuClicked: true, community.ReactionAdded: true,
}

// trail notes that a person did something that their history shows.
func (f *figures) trail(ev *community.Event) {
	if trailed[ev.Type] && ev.Actor != 0 {
		f.did = append(f.did, []any{int64(ev.Actor), ev.Number, int64(ev.Group)})
	}
}

func (f *figures) flushTrail(ctx context.Context) error {
	_, err := f.t.dialect.bulk(ctx, f.t, `INSERT INTO views.trail (member_key, number, group_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, f.did)
	f.did = f.did[:0]
	return err
}

// trailLength is how much of a person's trail is shown.
const trailLength = 50

// Trail lists what a member did besides speaking, the latest first: followed, left, scanned, clicked, reacted.
func (d *Desk) Trail(ctx context.Context, m community.MemberKey) ([]community.Event, error) {
	var c clause
	c.and("t.member_key = ?", int64(m))
	d.in(&c, "g")
	return rows(ctx, d.s, `SELECT `+eventOf+`
FROM views.trail t JOIN chat_group g ON g.key = t.group_key JOIN event e ON e.number = t.number`+c.String()+fmt.Sprintf(` ORDER BY t.number DESC LIMIT %d`, trailLength), c.args, scanEvent)
}
