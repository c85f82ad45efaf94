package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
)

//go:embed views_schema.sqlite.sql views_schema.postgres.sql
var viewsSchemas embed.FS

// viewsVersion is the level of the projections' schema and of the code that fills it. Raising it throws every
// projection away; they are then built anew from the log. So views need no migrations, and may be left out of backups.
const viewsVersion = 10

// schemaRow is the row of views.cursor that holds the level.
const schemaRow = "schema"

// ensureViews makes the views empty where they are missing or were made by another version of the program.
func (s *Store) ensureViews(ctx context.Context) error {
	if level, err := s.viewsLevel(ctx); err != nil || level == viewsVersion {
		return err
	}
	text, err := viewsSchemas.ReadFile("views_schema." + s.dialect.name() + ".sql")
	if err != nil {
		return err
	}
	tx, err := s.views.BeginTx(ctx, nil)
	if err != nil {
		return coded(s.dialect, err)
	}
	if err := s.makeViews(ctx, tx, string(text)); err != nil {
		return errors.Join(fmt.Errorf("make views: %w", coded(s.dialect, err)), tx.Rollback())
	}
	return tx.Commit()
}

// viewsLevel is 0 when there are no views.
func (s *Store) viewsLevel(ctx context.Context) (level int64, err error) {
	var there int64
	err = s.views.QueryRowContext(ctx, s.dialect.countViews()).Scan(&there)
	if err != nil || there == 0 {
		return 0, coded(s.dialect, err)
	}
	err = s.views.QueryRowContext(ctx, `SELECT number FROM views.cursor WHERE name = $1`, schemaRow).Scan(&level)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return level, coded(s.dialect, err)
}

func (s *Store) makeViews(ctx context.Context, tx *sql.Tx, text string) error {
	if err := s.dialect.dropViews(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO views.cursor (name, number) VALUES ($1, $2)`, schemaRow, viewsVersion)
	return err
}
