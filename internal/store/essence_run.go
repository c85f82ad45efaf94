package store

import (
	"context"
	"database/sql"
	"errors"

	"qunluo/internal/community"
	"qunluo/internal/shelf"
)

// EssenceWatched reports whether any rule of any organisation makes cards of what people mark.
func (s *Store) EssenceWatched(ctx context.Context) (bool, error) {
	list, err := rows(ctx, s, `SELECT DISTINCT org_key FROM essence_rule`, nil, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if err != nil {
		return false, err
	}
	for _, org := range list {
		rules, err := s.essenceRules(ctx, community.OrgKey(org))
		if err != nil {
			return false, err
		}
		for _, r := range rules {
			if r.On && (r.Reactions > 0 || r.Replies > 0 || r.Notice) {
				return true, nil
			}
		}
	}
	return false, nil
}

const essenceCursor = "log"

// NoteMarks reads the log on from where it was left, at most a page of it, and notes who marked which messages. It gives whether more waits.
// The first time it begins as many days back as marks count.
func (s *Store) NoteMarks(ctx context.Context) (more bool, err error) {
	var from int64
	err = s.read.QueryRowContext(ctx, `SELECT number FROM essence_seen WHERE part = $1`, essenceCursor).Scan(&from)
	if errors.Is(err, sql.ErrNoRows) {
		err = s.read.QueryRowContext(ctx, `SELECT coalesce(min(first_number), 1) - 1 FROM views.group_day WHERE first_number > 0 AND day >= $1`, s.now()/86_400_000-shelf.MaxDays).Scan(&from)
	}
	if err != nil {
		return false, coded(s.dialect, err)
	}
	var list []community.Event
	last, n := from, 0
	for ev, err := range s.Events(ctx, EventScan{After: from, Kept: true}) {
		if err != nil {
			return false, err
		}
		if last, n = ev.Number, n+1; n == pageSize {
			more = true
		}
		if message, _, _ := shelf.MarkOf(&ev); message != "" && ev.Actor != 0 {
			list = append(list, ev)
		}
		if more {
			break
		}
	}
	if last == from {
		return false, nil
	}
	return more, s.writeTx(ctx, func(t *Tx) error {
		for i := range list {
			if err := t.noteMark(ctx, &list[i]); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `DELETE FROM essence_mark WHERE at < $1`, s.now()-2*shelf.MaxDays*86_400_000); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO essence_seen (part, number) VALUES ($1, $2) ON CONFLICT (part) DO UPDATE SET number = excluded.number`, essenceCursor, last)
		return err
	})
}

func (t *Tx) noteMark(ctx context.Context, ev *community.Event) error {
	message, kind, taken := shelf.MarkOf(ev)
	if taken {
		_, err := t.exec(ctx, `DELETE FROM essence_mark WHERE group_key = $1 AND message = $2 AND kind = $3 AND (member_key = $4 OR kind = $5)`, int64(ev.Group), message, kind, int64(ev.Actor), shelf.MarkNotice)
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO essence_mark (group_key, message, kind, member_key, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, int64(ev.Group), message, kind, int64(ev.Actor), ev.OccurredAt); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO essence_due (group_key, message, account_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, int64(ev.Group), message, int64(ev.Account))
	return err
}

// DueCard is a message whose marks changed.
type DueCard struct {
	Org     community.OrgKey
	Group   community.GroupKey
	Message string // the platform's id
	Account community.AccountKey
}

// DueCards lists messages that the rules judge anew, at most so many.
func (s *Store) DueCards(ctx context.Context, most int) ([]DueCard, error) {
	return rows(ctx, s, `SELECT g.org_key, d.group_key, d.message, d.account_key FROM essence_due d JOIN chat_group g ON g.key = d.group_key ORDER BY d.group_key, d.message LIMIT $1`, []any{most}, func(r *sql.Rows, v *DueCard) error {
		return r.Scan((*int64)(&v.Org), (*int64)(&v.Group), &v.Message, (*int64)(&v.Account))
	})
}

// Marks lists who marked a message.
func (s *Store) Marks(ctx context.Context, v DueCard) ([]shelf.Mark, error) {
	return rows(ctx, s, `SELECT kind, member_key, at FROM essence_mark WHERE group_key = $1 AND message = $2 ORDER BY at, member_key, kind`, []any{int64(v.Group), v.Message}, func(r *sql.Rows, m *shelf.Mark) error {
		return r.Scan(&m.Kind, (*int64)(&m.Member), &m.At)
	})
}

// lookBack is how many events before a mark are searched for its message where the platform's key does not lead to it.
const lookBack = 20_000

// Marked finds the message that was marked, with what is known of it. CodeNotFound: it is not on record (any more).
func (s *Store) Marked(ctx context.Context, v DueCard) (number int64, m shelf.Said, err error) {
	ev, err := s.messageOf(ctx, v)
	if err != nil {
		return 0, m, err
	}
	return s.saidOf(ctx, ev)
}

// SaidAs gives what is known of a message by its number. CodeNotFound: it is none, or no longer there.
func (s *Store) SaidAs(ctx context.Context, number int64) (m shelf.Said, g community.GroupKey, err error) {
	list, err := rows(ctx, s, `SELECT `+eventOf+` FROM event e WHERE e.number = $1`, []any{number}, scanEvent)
	ev, err := oneOf(list, err, "message", number)
	if err != nil {
		return m, 0, err
	}
	_, m, err = s.saidOf(ctx, ev)
	return m, ev.Group, err
}

func (s *Store) saidOf(ctx context.Context, ev community.Event) (number int64, m shelf.Said, err error) {
	b := &ev.Body
	m = shelf.Said{Author: ev.Actor, At: ev.OccurredAt, Text: b.Text, Words: b.Class == community.Text && content(&ev) && b.Role != community.RoleBot, Recalled: b.Class == community.Recalled}
	var recalled, hit, gone, bot bool
	err = s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM views.recalled WHERE number = $1), EXISTS (SELECT 1 FROM views.hit WHERE event_number = $1), EXISTS (SELECT 1 FROM essence_erased WHERE member_key = $2),
 EXISTS (SELECT 1 FROM views.marked WHERE member_key = $2 AND bot) OR EXISTS (SELECT 1 FROM views.people WHERE group_key = $3 AND member_key = $2 AND ours)`, ev.Number, int64(ev.Actor), int64(ev.Group)).Scan(&recalled, &hit, &gone, &bot)
	m.Recalled, m.Hit, m.Forbidden, m.Words = m.Recalled || recalled, hit, gone, m.Words && !bot
	return ev.Number, m, coded(s.dialect, err)
}

// messageOf finds a message by the key most platforms give it, or back through the group's log.
func (s *Store) messageOf(ctx context.Context, v DueCard) (community.Event, error) {
	d := Draft{Event: community.Event{Type: community.MessageCreated, Account: v.Account, Group: v.Group}, Key: v.Message}
	key := d.dedupKey(0)
	list, err := rows(ctx, s, `SELECT `+eventOf+` FROM event e WHERE e.account_key = $1 AND e.dedup = $2`, []any{int64(v.Account), key[:]}, scanEvent)
	if err != nil {
		return community.Event{}, err
	}
	for _, ev := range list {
		if ev.Group == v.Group && ev.Type == community.MessageCreated {
			return ev, nil
		}
	}
	var last int64
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM event WHERE group_key = $1`, int64(v.Group)).Scan(&last); err != nil {
		return community.Event{}, coded(s.dialect, err)
	}
	var found community.Event
	for ev, err := range s.Events(ctx, EventScan{Group: v.Group, After: max(0, last-lookBack), Kept: true, Type: community.MessageCreated}) {
		if err != nil {
			return community.Event{}, err
		}
		if ev.Body.Message == v.Message {
			found = ev
		}
	}
	if found.Number == 0 {
		return found, community.Errorf(community.CodeNotFound, "message %q: not found", v.Message)
	}
	return found, nil
}

// SettleCard takes a message off those to be judged, and keeps its card where it becomes one (v not nil). A message that has a card keeps
// the one it has.
func (s *Store) SettleCard(ctx context.Context, due DueCard, v *shelf.Card) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `DELETE FROM essence_due WHERE group_key = $1 AND message = $2`, int64(due.Group), due.Message); err != nil || v == nil {
			return err
		}
		v.ID, v.Made = s.NewID(), s.now()
		_, err := t.addCard(ctx, due.Org, *v, community.ID{}, 0, community.Audit{User: "", Reason: v.By})
		if community.CodeOf(err) == community.CodeRefused {
			err = nil
		}
		return err
	})
}
