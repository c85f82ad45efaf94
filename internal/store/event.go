package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"iter"

	"qunluo/internal/community"
)

// eventColumns stand in the order of eventArgs and scanEvent.
const eventColumns = `number, id, group_key, seq, account_key, type, origin, mark, occurred_at, received_at, at,
 actor_key, subject_key, by_key, import_key, key_id, body`

// shape is a statement that writes events, and the values it wants. A value that need not be bound saves a part of what a
// row costs on SQLite: so nearly all rows have a statement that knows what they have in common.
type shape struct {
	fits  func(d *Draft) bool
	query string
	args  func(d *Draft, row []any) []any
}

// shapes, the narrowest first; the last fits all.
var shapes = []shape{
	{(*Draft).isTalk, insertTalk, (*Draft).talkArgs},
	{(*Draft).isPlain, insertRead, (*Draft).readArgs},
	{func(*Draft) bool { return true }, insertEvent, (*Draft).args},
}

const insertColumns = `INSERT INTO event (number, id, group_key, seq, account_key, type, origin, mark, occurred_at,
 received_at, at, actor_key, subject_key, by_key, import_key, key_id, body, dedup, body_hash)
`

const (
	insertEvent = insertColumns + `VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,0,$16,$17,$18) ON CONFLICT DO NOTHING`
	// insertTalk is for messages that came in time, and not from a file; insertRead for those that did, too.
	insertTalk = insertColumns + `VALUES ($1,$2,$3,$4,$5,'message.created',$6,0,$7,$8,$7,$9,0,0,0,0,$10,$11,$12) ON CONFLICT DO NOTHING`
	insertRead = insertColumns + `VALUES ($1,$2,$3,$4,$5,'message.created',$6,0,$7,$8,$7,$9,0,0,$10,0,$11,$12,$13) ON CONFLICT DO NOTHING`
)

const eventArgs = 18

// isPlain reports whether the draft is a message that came in time, of which only sender, time and body are to be told.
func (d *Draft) isPlain() bool {
	ev := &d.Event
	return ev.Type == community.MessageCreated && ev.Mark == community.OnTime && ev.At == ev.OccurredAt && ev.Subject == 0 && ev.By == 0
}

func (d *Draft) isTalk() bool { return d.isPlain() && d.Event.Import == 0 }

func (d *Draft) talkArgs(row []any) []any {
	return append(d.plainArgs(row), d.body, d.dedup[:], d.hash)
}

func (d *Draft) readArgs(row []any) []any {
	return append(d.plainArgs(row), d.Event.Import, d.body, d.dedup[:], d.hash)
}

func (d *Draft) plainArgs(row []any) []any {
	ev := &d.Event
	return append(row, ev.Number, ev.ID[:], int64(ev.Group), ev.Seq, int64(ev.Account), int64(ev.Origin), ev.OccurredAt, ev.ReceivedAt, int64(ev.Actor))
}

// args appends a row's values, in the order of insertEvent.
func (d *Draft) args(row []any) []any {
	ev := &d.Event
	return append(row, ev.Number, ev.ID[:], int64(ev.Group), ev.Seq, int64(ev.Account), string(ev.Type), int64(ev.Origin),
		int64(ev.Mark), ev.OccurredAt, ev.ReceivedAt, ev.At, int64(ev.Actor), int64(ev.Subject), int64(ev.By), ev.Import,
		d.body, d.dedup[:], d.hash)
}

// shapeOf is the narrowest statement that can write all drafts.
func shapeOf(drafts []*Draft) *shape {
	i := 0
	for _, d := range drafts {
		for !shapes[i].fits(d) {
			i++
		}
	}
	return &shapes[i]
}

// Draft is an event about to be written, with what its unique key is made of.
type Draft struct {
	Event community.Event
	Key   string // the source's own id; "" = made from the content
	dedup [16]byte
	hash  int64
	body  []byte
}

// keepBody is up to which size a draft's memory for a body is used again.
const keepBody = 4096

// Reset empties the draft, to be used for another event.
func (d *Draft) Reset() {
	body := d.body[:0]
	if cap(body) > keepBody {
		body = nil
	}
	*d = Draft{body: body}
}

// Seal encodes the body and computes the keys. Two drafts of the same fact have equal keys; times of receipt and
// numbers take no part. It must be called after the body is complete.
func (d *Draft) Seal() {
	d.body = encodeBody(d.body[:0], &d.Event.Body)
	d.hash = bodyHash(d.body)
	d.dedup = d.dedupKey(0)
}

// Note keeps with the event what was found about it when it came in. The fact stays the same: told again, with other findings,
// it is a repeat.
func (d *Draft) Note(list []community.Elsewhere) {
	if len(list) == 0 && len(d.Event.Body.Elsewhere) == 0 {
		return
	}
	d.Event.Body.Elsewhere = list
	d.body = encodeBody(d.body[:0], &d.Event.Body)
}

// dedupKey names the fact: account, type, the source's id and, for facts without an account (files, our own), the
// group. Facts without an id are named by group, actor, time and body. nth > 0 gives the key of a repeat with another body.
func (d *Draft) dedupKey(nth int) [16]byte {
	ev := &d.Event
	buf := make([]byte, 0, 128)
	buf = append(buf, ev.Type...)
	buf = append(buf, 0)
	if ev.Account == 0 || d.Key == "" {
		buf = binary.BigEndian.AppendUint64(buf, uint64(ev.Group))
	}
	if d.Key != "" {
		buf = append(buf, d.Key...)
	} else {
		buf = binary.BigEndian.AppendUint64(buf, uint64(ev.Actor))
		buf = binary.BigEndian.AppendUint64(buf, uint64(ev.Subject))
		buf = binary.BigEndian.AppendUint64(buf, uint64(ev.OccurredAt))
		buf = binary.BigEndian.AppendUint64(buf, uint64(d.hash))
	}
	if nth > 0 {
		buf = fmt.Appendf(buf, "#%d", nth+1)
	}
	sum := sha256.Sum256(buf)
	return [16]byte(sum[:16])
}

// bodyHash is the beginning of the SHA-256, which processors compute faster than simpler hashes.
func bodyHash(body []byte) int64 {
	sum := sha256.Sum256(body)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// InsertEvents writes the drafts, whose numbers rise. Where one is there already, nothing stays written and the indexes
// of the duplicates come back: drop them, number the rest anew and call again.
func (t *Tx) InsertEvents(ctx context.Context, drafts []*Draft) (dups []int, err error) {
	sh := shapeOf(drafts)
	rows := t.session.sheet(len(drafts), eventArgs)
	for i, d := range drafts {
		rows[i] = sh.args(d, rows[i])
	}
	n, err := t.bulk(ctx, sh.query, rows)
	if err != nil {
		return nil, fmt.Errorf("insert %d events: %w", len(drafts), err)
	}
	for i, changed := range n {
		if changed == 0 {
			dups = append(dups, i)
		}
	}
	if len(dups) > 0 {
		return dups, t.takeBack(ctx, drafts)
	}
	return nil, nil
}

// takeBack undoes an InsertEvents. Repeats are rare, and a savepoint would cost every batch a copy of each page it
// touches.
func (t *Tx) takeBack(ctx context.Context, drafts []*Draft) error {
	first, last := drafts[0].Event.Number, drafts[len(drafts)-1].Event.Number
	_, err := t.exec(ctx, `DELETE FROM event WHERE number >= $1 AND number <= $2`, first, last)
	return err
}

// Repeats looks at a draft whose key is taken. It reports true when the same fact is there already; a fact with the same
// key and another body gets the next free key (#2, #3, …) and is to be inserted. taken says which keys the draft's own
// batch uses.
func (t *Tx) Repeats(ctx context.Context, d *Draft, taken func(key [16]byte) bool) (bool, error) {
	for nth := 0; nth < maxVariants; nth++ {
		key := d.dedupKey(nth)
		var hash int64
		err := t.session.one(ctx, `SELECT body_hash FROM event WHERE account_key = $1 AND dedup = $2`,
			[]any{int64(d.Event.Account), key[:]}, &hash)
		switch {
		case err == nil && hash == d.hash:
			return true, nil
		case err != nil && err != sql.ErrNoRows:
			return false, err
		case err == sql.ErrNoRows && !taken(key):
			d.dedup = key
			return false, nil
		}
	}
	return true, nil
}

// maxVariants bounds how many different bodies are kept under one key of a platform.
const maxVariants = 16

// Dedup is the draft's unique key, for finding repeats inside a batch.
func (d *Draft) Dedup() [16]byte { return d.dedup }

// SameBody reports whether two drafts say the same.
func (d *Draft) SameBody(o *Draft) bool { return d.hash == o.hash }

// Variant gives the draft the key of the nth repeat with another body.
func (d *Draft) Variant(nth int) { d.dedup = d.dedupKey(nth) }

// scanEvent reads a row of eventColumns. body is the buffer the row's body is scanned into: the event shares it.
func scanEvent(rows *sql.Rows, ev *community.Event) error {
	var (
		id, body       []byte
		origin, mark   int64
		keyID          int64
		g, a, ac, s, b int64
	)
	err := rows.Scan(&ev.Number, &id, &g, &ev.Seq, &a, &ev.Type, &origin, &mark, &ev.OccurredAt, &ev.ReceivedAt, &ev.At,
		&ac, &s, &b, &ev.Import, &keyID, &body)
	if err != nil {
		return err
	}
	copy(ev.ID[:], id)
	ev.Group, ev.Account, ev.Origin, ev.Mark = community.GroupKey(g), community.AccountKey(a), community.Origin(origin), community.Mark(mark)
	ev.Actor, ev.Subject, ev.By = community.MemberKey(ac), community.MemberKey(s), community.MemberKey(b)
	if err := decodeBody(body, &ev.Body); err != nil {
		return fmt.Errorf("event %d: %w", ev.Number, err)
	}
	return nil
}

// pageSize is how many events a long scan reads at a time, so that no read transaction grows old (DESIGN §3 step 6).
const pageSize = 10000

// EventScan says which events to read.
type EventScan struct {
	Group    community.GroupKey // with Group: by seq; without: by number
	After    int64              // seq or number to start behind
	Until    int64              // last seq or number; 0 = to the end
	Decided  bool               // only live and sim events
	Kept     bool               // without what undone imports brought
	Type     community.Type     // only these; "" = all
	From, To int64              // occurred_at within [From, To); 0 = open
}

// Events reads the log in order, in pages.
func (s *Store) Events(ctx context.Context, scan EventScan) iter.Seq2[community.Event, error] {
	return func(yield func(community.Event, error) bool) {
		after := scan.After
		for {
			n, stop, err := s.eventPage(ctx, scan, &after, yield)
			if err != nil {
				yield(community.Event{}, err)
				return
			}
			if stop || n < pageSize {
				return
			}
		}
	}
}

func (sc EventScan) sql() (string, []any) {
	key, args := "number", []any{}
	where := ""
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	if sc.Group != 0 {
		key = "seq"
		where = "group_key = " + arg(int64(sc.Group)) + " AND "
	}
	where += key + " > " + arg(sc.After)
	if sc.Until != 0 {
		where += " AND " + key + " <= " + arg(sc.Until)
	}
	if sc.Decided {
		where += " AND origin <> 1"
	}
	if sc.Kept {
		where += " AND " + keptOnly
	}
	if sc.Type != "" {
		where += " AND type = " + arg(string(sc.Type))
	}
	if sc.From != 0 {
		where += " AND occurred_at >= " + arg(sc.From)
	}
	if sc.To != 0 {
		where += " AND occurred_at < " + arg(sc.To)
	}
	return fmt.Sprintf("SELECT %s FROM event WHERE %s ORDER BY %s LIMIT %d", eventColumns, where, key, pageSize), args
}

func (s *Store) eventPage(ctx context.Context, scan EventScan, after *int64, yield func(community.Event, error) bool) (n int, stop bool, err error) {
	scan.After = *after
	query, args := scan.sql()
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, false, coded(s.dialect, err)
	}
	defer rows.Close()
	for rows.Next() {
		var ev community.Event
		if err := scanEvent(rows, &ev); err != nil {
			return n, false, err
		}
		n++
		if *after = ev.Number; scan.Group != 0 {
			*after = ev.Seq
		}
		if !yield(ev, nil) {
			return n, true, nil
		}
	}
	return n, false, rows.Err()
}
