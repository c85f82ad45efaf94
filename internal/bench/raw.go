package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
)

// batchRows is how many rows a transaction takes, on both sides.
const batchRows = 512

// eventColumns are all columns of an event's row.
const eventColumns = `number, id, group_key, seq, account_key, dedup, body_hash, type, origin, mark, occurred_at, received_at, at,
 actor_key, subject_key, by_key, import_key, key_id, body`

const columnCount = 19

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

// rawRows reads every column of the events after a number, as they are to be inserted again.
func rawRows(ctx context.Context, path string, after int64) ([][]any, error) {
	db, err := sqlite(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, `SELECT `+eventColumns+` FROM event WHERE number > $1 ORDER BY number`, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list [][]any
	for rows.Next() {
		row, at := make([]any, columnCount), make([]any, columnCount)
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// rawSide inserts the rows in batches, durably, into a fresh file each round. Of these rows the first are there before
// the round begins: what the candidate's file holds then.
func rawSide(folder func() (string, func(), error), before, rows [][]any, batch int) *side {
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
	s.run = func(ctx context.Context) (int, error) { return len(rows), insertAll(ctx, db, rows, batch) }
	s.tidy = func() error { defer away(); return db.Close() }
	return s
}

// insertAll inserts without a way to be interrupted: the driver starts a goroutine for each statement that has one, and
// the store's writer does without too.
func insertAll(ctx context.Context, db *sql.DB, rows [][]any, batch int) error {
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
	for first := 0; first < len(rows); first += batch {
		if err := insertBatch(ctx, conn, stmt, rows[first:min(first+batch, len(rows))]); err != nil {
			return err
		}
	}
	return nil
}

func insertBatch(ctx context.Context, conn *sql.Conn, stmt *sql.Stmt, rows [][]any) error {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	_, err := conn.ExecContext(ctx, "COMMIT")
	return err
}
