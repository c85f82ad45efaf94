package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// viewsDialect is the part of dialect that projections and search need.
type viewsDialect interface {
	// beginViews starts a transaction of the projections. No other process may be in one.
	beginViews() string
	// countViews asks how many tables the views have.
	countViews() string
	// dropViews leaves an empty schema "views".
	dropViews(ctx context.Context, tx *sql.Tx) error
	// searchTerm and searchOps print a query of the text index: a quoted term, and the words between terms.
	searchTerm(text string, prefix bool) string
	searchOps() (and, or string)
	// searchTidy is run after many rows have left the text index; "" = nothing to do.
	searchTidy() string
}

// beginViews is a plain BEGIN: an immediate one would lock the log's file as well.
func (sqliteDialect) beginViews() string { return "BEGIN" }

func (sqliteDialect) countViews() string {
	return `SELECT count(*) FROM views.sqlite_master WHERE type = 'table' AND name = 'cursor'`
}

func (sqliteDialect) dropViews(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT name FROM views.sqlite_master WHERE type = 'table' AND name NOT LIKE 'search\__%' ESCAPE '\'`)
	if err != nil {
		return err
	}
	names, err := texts(rows)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := tx.ExecContext(ctx, `DROP TABLE views.`+name); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}

func texts(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

func (sqliteDialect) searchTerm(text string, prefix bool) string {
	out := `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	if prefix {
		out += "*"
	}
	return out
}

func (sqliteDialect) searchOps() (and, or string) { return " AND ", " OR " }

func (sqliteDialect) searchTidy() string {
	return `INSERT INTO views.search (search) VALUES ('optimize')`
}

// beginViews waits for a transaction that a process left behind when it was killed: the server may still be ending it, and
// what it read of the cursor would be taken in twice. What is read after that is of one moment, as on SQLite: a member who is
// marked as a bot between two readings of one transaction would otherwise be seen in the log and not in the registry.
func (postgresDialect) beginViews() string {
	return "BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE views.cursor IN SHARE ROW EXCLUSIVE MODE"
}

func (postgresDialect) countViews() string {
	return `SELECT count(*) FROM information_schema.tables WHERE table_schema = 'views' AND table_name = 'cursor'`
}

func (postgresDialect) dropViews(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DROP SCHEMA IF EXISTS views CASCADE; CREATE SCHEMA views`)
	return err
}

func (postgresDialect) searchTerm(text string, prefix bool) string {
	out := `'` + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(text) + `'`
	if prefix {
		out += ":*"
	}
	return out
}

func (postgresDialect) searchOps() (and, or string) { return " & ", " | " }

func (postgresDialect) searchTidy() string { return "" }
