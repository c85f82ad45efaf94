package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// digestKeys order the rows of each table of the figures and of the questions.
var digestKeys = map[string]string{
	"account_day": "account_key, day", "group_fact": "group_key", "group_day": "group_key, day", "circle_group": "org_key, tag, group_key",
	"circle_day": "org_key, tag, day", "standing": "group_key", "marked": "member_key", "import_span": "group_key, import_key",
	"people": "group_key, member_key", "anyone": "member_key", "stay": "member_key, group_key, n", "name_span": "member_key, group_key, kind, from_at",
	"recalled": "number", "recall_open": "group_key, message", "hit": "event_number, decision_id", "rule_day": "group_key, day, rule", "trail": "member_key, number",
	"question": "number", "answer": "question, number", "asked_day": "org_key, day, part", "thread": "group_key, import_key", "contact": "number, other_key",
}

// DigestFigures gives a hash of each table of the figures, so that figures built anew can be compared with those kept.
func (s *Store) DigestFigures(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for table, order := range digestKeys {
		sum, err := s.digest(ctx, table, order)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
		out[table] = sum
	}
	return out, nil
}

func (s *Store) digest(ctx context.Context, table, order string) (string, error) {
	r, err := s.read.QueryContext(ctx, `SELECT * FROM views.`+table+` ORDER BY `+order)
	if err != nil {
		return "", coded(s.dialect, err)
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		return "", err
	}
	cells, dest := make([][]byte, len(columns)), make([]any, len(columns))
	for i := range cells {
		dest[i] = &cells[i]
	}
	h, n := sha256.New(), 0
	for r.Next() {
		if err := r.Scan(dest...); err != nil {
			return "", err
		}
		for _, cell := range cells {
			fmt.Fprintf(h, "%d:%s", len(cell), cell)
		}
		n++
	}
	return fmt.Sprintf("%d rows %s", n, hex.EncodeToString(h.Sum(nil)[:8])), r.Err()
}
