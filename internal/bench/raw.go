package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// batchRows is how many rows a transaction takes, on both sides.
const batchRows = 512

// eventColumns are all columns of an event's row, in the order of rawRow.
const eventColumns = `number, group_key, seq, account_key, body_hash, origin, mark, occurred_at, received_at, at,
 actor_key, subject_key, by_key, import_key, key_id, type, id, dedup, body`

const (
	numberColumns = 15
	columnCount   = numberColumns + 4
)

// rawRow is a row as a program would hold it: plain values, without a pointer that the garbage collector has to follow
// while the other side is measured.
type rawRow struct {
	numbers    [numberColumns]int64
	id, dedup  [16]byte
	kind       int // index of rawTable.kinds
	start, end int // of the body, in rawTable.bodies
}

// rawTable is all rows.
type rawTable struct {
	rows   []rawRow
	kinds  []string
	bodies []byte
}

// from is the table without its first n rows.
func (t *rawTable) from(n int) *rawTable { return &rawTable{t.rows[n:], t.kinds, t.bodies} }

func (t *rawTable) first(n int) *rawTable { return &rawTable{t.rows[:n], t.kinds, t.bodies} }

// values appends a row's values in the order of eventColumns.
func (t *rawTable) values(i int, to []any) []any {
	r := &t.rows[i]
	for _, n := range r.numbers {
		to = append(to, n)
	}
	return append(to, t.kinds[r.kind], r.id[:], r.dedup[:], t.bodies[r.start:r.end])
}

func (t *rawTable) add(rows *sql.Rows) error {
	var r rawRow
	var kind string
	var id, dedup, body []byte
	dest := make([]any, 0, columnCount)
	for i := range r.numbers {
		dest = append(dest, &r.numbers[i])
	}
	if err := rows.Scan(append(dest, &kind, &id, &dedup, &body)...); err != nil {
		return err
	}
	copy(r.id[:], id)
	copy(r.dedup[:], dedup)
	r.kind = slices.Index(t.kinds, kind)
	if r.kind < 0 {
		r.kind, t.kinds = len(t.kinds), append(t.kinds, kind)
	}
	r.start = len(t.bodies)
	t.bodies = append(t.bodies, body...)
	r.end = len(t.bodies)
	t.rows = append(t.rows, r)
	return nil
}

// rawSchema is the event table with its two unique indexes and nothing else.
const rawSchema = `CREATE TABLE event (
  number INTEGER PRIMARY KEY, id BYTEA NOT NULL, group_key BIGINT NOT NULL, seq BIGINT NOT NULL,
  account_key BIGINT NOT NULL, dedup BYTEA NOT NULL, body_hash BIGINT NOT NULL, type TEXT NOT NULL,
  origin BIGINT NOT NULL, mark BIGINT NOT NULL, occurred_at BIGINT NOT NULL, received_at BIGINT NOT NULL,
  at BIGINT NOT NULL, actor_key BIGINT NOT NULL, subject_key BIGINT NOT NULL, by_key BIGINT NOT NULL,
  import_key BIGINT NOT NULL, key_id BIGINT NOT NULL, body BYTEA NOT NULL
);
CREATE UNIQUE INDEX event_dedup ON event (account_key, dedup);
CREATE UNIQUE INDEX event_seq ON event (group_key, seq);`

const rawInsert = `INSERT INTO event (` + eventColumns + `) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19)`

// sqlite opens a database file with the settings of the store's writer, through the same driver and database/sql.
func sqlite(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=wal_autocheckpoint(4000)&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	var level int
	if err := db.QueryRow("PRAGMA synchronous").Scan(&level); err != nil || level != 2 {
		return nil, errors.Join(err, db.Close(), fmt.Errorf("synchronous reads back %d, want 2 (FULL)", level))
	}
	return db, nil
}

// rawRows reads every column of all events, as they are to be inserted again.
func rawRows(ctx context.Context, path string) (*rawTable, error) {
	db, err := sqlite(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(context.WithoutCancel(ctx), `SELECT `+eventColumns+` FROM event ORDER BY number`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	t := &rawTable{}
	for rows.Next() {
		if err := t.add(rows); err != nil {
			return nil, err
		}
	}
	return t, rows.Err()
}

// rawSide inserts the rows in batches, durably, into a fresh file each round. Of these rows the first are there before
// the round begins: what the candidate's file holds then.
func rawSide(folder func() (string, func(), error), before, table *rawTable, batch int) *side {
	var db *sql.DB
	var away func()
	s := &side{name: "raw inserts"}
	s.prepare = func(ctx context.Context) error {
		dir, gone, err := folder()
		if err != nil {
			return err
		}
		away = gone
		if db, err = sqlite(filepath.Join(dir, "raw.db")); err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, rawSchema); err != nil {
			return err
		}
		return insertAll(ctx, db, before, batch)
	}
	s.run = func(ctx context.Context, p part) (int, error) {
		first, end := p.rows(len(table.rows), batch)
		return end - first, insertAll(ctx, db, table.first(end).from(first), batch)
	}
	s.tidy = func() error { defer away(); return db.Close() }
	return s
}

// insertAll inserts without a way to be interrupted: the driver starts a goroutine for each statement that has one, and
// the store's writer does without too.
func insertAll(ctx context.Context, db *sql.DB, table *rawTable, batch int) error {
	ctx = context.WithoutCancel(ctx)
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	stmt, err := conn.PrepareContext(ctx, rawInsert)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for first := 0; first < len(table.rows); first += batch {
		if err := insertBatch(ctx, conn, stmt, table, first, min(first+batch, len(table.rows))); err != nil {
			return err
		}
	}
	return nil
}

func insertBatch(ctx context.Context, conn *sql.Conn, stmt *sql.Stmt, table *rawTable, first, end int) error {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	values := make([]any, 0, columnCount)
	for i := first; i < end; i++ {
		if _, err := stmt.ExecContext(ctx, table.values(i, values[:0])...); err != nil {
			return err
		}
	}
	_, err := conn.ExecContext(ctx, "COMMIT")
	return err
}
