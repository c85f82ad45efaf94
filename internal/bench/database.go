package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"qunluo/internal/community"
)

// onPostgres lists the measurements that Options.Database can stand under. Of them only the clock's figures are told,
// with the server's work in them, and no baseline stands beside; what must not be lost is counted as on SQLite.
func onPostgres() []string { return []string{"ingest", "replay", "import", "tables"} }

// base is an empty database for one round: a file in a folder, or one of its own on PostgreSQL.
type base struct{ dir, url string }

// base makes an empty database; the function given back takes it away.
func (o Options) base(ctx context.Context, name string) (base, func(), error) {
	dir, away, err := o.folder(name)
	if err != nil || o.Database == "" {
		return base{dir: dir}, away, err
	}
	made, drop, err := createDatabase(ctx, o.Database)
	if err != nil {
		away()
		return base{}, nil, err
	}
	return base{dir, made}, func() { drop(); away() }, nil
}

// createDatabase makes a database beside the one that address leads to.
func createDatabase(ctx context.Context, address string) (made string, drop func(), err error) {
	at, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(at.Scheme, "postgres") {
		return "", nil, community.Errorf(community.CodeBadInput, "database: want postgres://…")
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("qunluo_bench_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, errors.Join(fmt.Errorf("make a database: %w", err), db.Close())
	}
	at.Path = "/" + name
	return at.String(), func() {
		_, _ = db.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)") // it stays if that fails: its name says whose it is
		_ = db.Close()
	}, nil
}

// alone runs a side without a baseline and gives what the clock says; the CPU-seconds told are this process's alone.
func alone(ctx context.Context, o Options, name string, s *side) (Row, error) {
	err := compare(ctx, o, 1, s)
	return told(name+".wall", median(s.walls), "rows/s"), err
}
