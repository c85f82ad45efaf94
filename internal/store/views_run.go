package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"qunluo/internal/community"
)

// projection is figures made from the log and from nothing else, so that they can be made again.
type projection interface {
	name() string
	// tables are emptied before the projection is built anew.
	tables() []string
	// apply takes the next events of the log, in its order, up to and with number last. It runs in the transaction that
	// moves the cursor, and may keep in memory what it changes until flush.
	apply(ctx context.Context, t *session, events []community.Event, last int64) error
	// flush writes what is kept in memory; the cursor is moved right after it.
	flush(ctx context.Context) error
	// full reports whether so much is kept in memory that it should be flushed.
	full() bool
	// forget drops what is remembered between batches: the transaction was rolled back or the tables emptied.
	forget()
}

// Names of projections, for Rebuild and Lag.
const (
	SearchView  = "search"  // the text index
	FiguresView = "figures" // daily counters, people, stays, names, recalls, hits of rules
	// QuestionsView is who asks and which messages follow the questions.
	QuestionsView = "questions"
)

// Views names all projections.
func Views() []string { return []string{FiguresView, QuestionsView, SearchView} }

// projector follows the log. One at a time works: mu.
type projector struct {
	mu      sync.Mutex
	views   []projection
	sess    *session
	reading int // how many events it reads at a time; 0 = batchSize
}

// ReadAtATime makes projections read n events at a time instead of 10,000: a test sees without a long log that where readings end
// and where transactions end changes no figure. 0 = as usual.
func (s *Store) ReadAtATime(n int) {
	s.projector.mu.Lock()
	defer s.projector.mu.Unlock()
	s.projector.reading = n
}

// batchSize is how many events projections read at a time, and batchesAtOnce how many such readings one transaction takes at
// most. Far behind the log, a transaction is long: a row that changes again and again is then written once, and rows that lie
// together are written together.
const (
	batchSize     = 10_000
	batchesAtOnce = 20
)

// pause lies between two batches that were not full, so that a trickle of events is taken in together.
const pause = 100 * time.Millisecond

// idle is how long projections rest without being woken.
const idle = 5 * time.Second

// RunProjections follows the log until ctx ends. A value on wake says that there is something new; without one it looks
// every 5 s. A locked or full database is tried again; any other error ends it.
func (s *Store) RunProjections(ctx context.Context, wake <-chan struct{}) error {
	for {
		err := s.CatchUp(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && community.CodeOf(err) != community.CodeBusy:
			return err
		}
		if err := rest(ctx, wake, err != nil); err != nil {
			return err
		}
	}
}

// rest waits for news, at least a pause; after an error the news do not shorten it.
func rest(ctx context.Context, wake <-chan struct{}, failed bool) error {
	least := pause
	if failed {
		least, wake = time.Second, nil
	}
	if err := wait(ctx, nil, least); err != nil || failed {
		return err
	}
	return wait(ctx, wake, idle)
}

func wait(ctx context.Context, wake <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-timer.C:
	}
	return nil
}

// CatchUp brings every projection to the end of the log.
func (s *Store) CatchUp(ctx context.Context) error { return s.CatchUpWith(ctx) }

// CatchUpWith brings the named projections to the end of the log; without a name all of them.
func (s *Store) CatchUpWith(ctx context.Context, names ...string) error {
	if err := s.rezone(ctx); err != nil {
		return err
	}
	for {
		n, err := s.projectBatch(ctx, names...)
		if err != nil {
			return err
		}
		if n == 0 {
			return s.retag(ctx)
		}
	}
}

// Rebuild throws projections away and builds them anew: all of them when none is named. progress, if given, is told how
// far in the log (by number) the slowest has come, and where the log ended. A name that is none gives community.CodeBadInput.
func (s *Store) Rebuild(ctx context.Context, progress func(done, of int64), names ...string) error {
	all := Views()
	for _, name := range names {
		if !slices.Contains(all, name) {
			return community.Errorf(community.CodeBadInput, "projection %q: want one of %v", name, all)
		}
	}
	if len(names) == 0 {
		names = all
	}
	if err := s.emptyViews(ctx, names); err != nil {
		return err
	}
	var of int64
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM event`).Scan(&of); err != nil {
		return coded(s.dialect, err)
	}
	for {
		n, err := s.projectBatch(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return s.retag(ctx)
		}
		if progress == nil {
			continue
		}
		lag, err := s.Lag(ctx)
		if err != nil {
			return err
		}
		progress(max(0, of-lag.worst()), of)
	}
}

// Lag is how many numbers of the log each projection is behind.
type Lag map[string]int64

func (l Lag) worst() int64 {
	var worst int64
	for _, n := range l {
		worst = max(worst, n)
	}
	return worst
}

// Lag tells how far the projections are behind the log.
func (s *Store) Lag(ctx context.Context) (Lag, error) {
	var head int64
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM event`).Scan(&head); err != nil {
		return nil, coded(s.dialect, err)
	}
	lag := Lag{}
	for _, name := range Views() {
		lag[name] = head
	}
	rows, err := s.read.QueryContext(ctx, `SELECT name, number FROM views.cursor WHERE name <> $1`, schemaRow)
	if err != nil {
		return nil, coded(s.dialect, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var at int64
		if err := rows.Scan(&name, &at); err != nil {
			return nil, err
		}
		lag[name] = max(0, head-at)
	}
	return lag, rows.Err()
}

// project runs fn in one transaction of the projections.
func (s *Store) project(ctx context.Context, fn func(t *session) error) error {
	p := &s.projector
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.views == nil {
		p.views = []projection{&searchView{store: s}, newFigures(s), newQuestions(s)}
	}
	if p.sess == nil {
		sess, err := newSession(ctx, s.views, s.dialect)
		if err != nil {
			return err
		}
		p.sess = sess
	}
	_, err := p.sess.conn.ExecContext(ctx, s.dialect.beginViews())
	if err == nil {
		err = p.sess.end(ctx, fn(p.sess))
	}
	if err != nil {
		p.drop()
		return coded(s.dialect, err)
	}
	return nil
}

// drop forgets everything that a failed transaction may have left behind. The caller holds mu.
func (p *projector) drop() {
	for _, v := range p.views {
		v.forget()
	}
	if p.sess != nil {
		_ = p.sess.close()
		p.sess = nil
	}
}

// close gives the connection back.
func (p *projector) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
}

// projectBatch takes the next events into the projections that are furthest behind, of all or of those named; 0 when they
// are at the end.
func (s *Store) projectBatch(ctx context.Context, names ...string) (n int, err error) {
	err = s.project(ctx, func(t *session) error {
		n, err = s.nextBatch(ctx, t, names)
		return err
	})
	return n, err
}

func (s *Store) nextBatch(ctx context.Context, t *session, names []string) (int, error) {
	behind, from, until, err := s.furthestBehind(ctx, t, names)
	if err != nil {
		return 0, err
	}
	n, last, err := takeIn(ctx, t, behind, cmp.Or(s.projector.reading, batchSize), from, until)
	if err != nil || n == 0 {
		return 0, err
	}
	for _, v := range behind {
		if err := v.flush(ctx); err != nil {
			return 0, fmt.Errorf("%s, events to %d: %w", v.name(), last, err)
		}
		_, err := t.exec(ctx, `INSERT INTO views.cursor (name, number) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET number = excluded.number`, v.name(), last)
		if err != nil {
			return 0, err
		}
	}
	return n, nil
}

// takeIn lets projections take in the events after one number and up to another, as many as one transaction may hold: how many
// they were, and the number of the last. size is how many are read at a time.
func takeIn(ctx context.Context, t *session, behind []projection, size int, from, until int64) (n int, last int64, err error) {
	for last = from; n < size*batchesAtOnce; {
		events, err := readBatch(ctx, t, last, until, size)
		if err != nil || len(events) == 0 {
			return n, last, err
		}
		last = events[len(events)-1].Number
		n += len(events)
		for _, v := range behind {
			if err := v.apply(ctx, t, events, last); err != nil {
				return 0, 0, fmt.Errorf("%s, events to %d: %w", v.name(), last, err)
			}
		}
		if len(events) < size || slices.ContainsFunc(behind, projection.full) {
			break
		}
	}
	return n, last, nil
}

// furthestBehind picks the projections with the lowest cursor; until is the next higher one, 0 when there is none.
func (s *Store) furthestBehind(ctx context.Context, t *session, names []string) (behind []projection, from, until int64, err error) {
	from = -1
	for _, v := range s.projector.views {
		if len(names) > 0 && !slices.Contains(names, v.name()) {
			continue
		}
		var at int64
		err := t.one(ctx, `SELECT number FROM views.cursor WHERE name = $1`, []any{v.name()}, &at)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, 0, 0, err
		}
		switch {
		case from < 0 || at < from:
			if from >= 0 {
				until = from
			}
			behind, from = []projection{v}, at
		case at == from:
			behind = append(behind, v)
		case until == 0 || at < until:
			until = at
		}
	}
	return behind, from, until, nil
}

// goingGroups are groups that are being deleted with their organisation: projections leave them alone.
const goingGroups = `(SELECT g.key FROM demo_space p JOIN chat_group g ON g.org_key = p.org_key WHERE p.state IN ('clearing', 'leaving'))`

func readBatch(ctx context.Context, t *session, from, until int64, size int) ([]community.Event, error) {
	if until == 0 {
		until = 1<<63 - 1
	}
	rows, err := t.query(ctx, `SELECT `+eventColumns+` FROM event WHERE number > $1 AND number <= $2 AND group_key NOT IN `+goingGroups+` ORDER BY number LIMIT $3`,
		from, until, size)
	if err != nil {
		return nil, err
	}
	return scanEvents(rows)
}

func scanEvents(rows *sql.Rows) ([]community.Event, error) {
	defer rows.Close()
	var list []community.Event
	for rows.Next() {
		list = append(list, community.Event{})
		if err := scanEvent(rows, &list[len(list)-1]); err != nil {
			return nil, err
		}
	}
	return list, rows.Err()
}

func (s *Store) emptyViews(ctx context.Context, names []string) error {
	return s.project(ctx, func(t *session) error {
		for _, v := range s.projector.views {
			if !slices.Contains(names, v.name()) {
				continue
			}
			for _, table := range v.tables() {
				if _, err := t.exec(ctx, `DELETE FROM views.`+table); err != nil {
					return err
				}
			}
			if _, err := t.exec(ctx, `DELETE FROM views.cursor WHERE name = $1`, v.name()); err != nil {
				return err
			}
			v.forget()
		}
		return nil
	})
}
