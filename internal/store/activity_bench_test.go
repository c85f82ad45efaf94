package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Size of the community that the benchmark measures: 1,000,000 own messages in 90 days, 500 groups, 100,000 members.
const (
	benchGroups  = 500
	benchMembers = 100_000
	benchDays    = 90
	benchSays    = 1_000_000
)

// BenchmarkActivity asks for the figures of all groups, as the page of all groups does.
func BenchmarkActivity(b *testing.B) {
	ctx := b.Context()
	s, err := Open(ctx, Options{DataDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := crowd(ctx, s); err != nil {
		b.Fatal(err)
	}
	d := s.For(community.Scope{Org: 1})
	today, err := d.Today(ctx, 0)
	if err != nil {
		b.Fatal(err)
	}
	for _, days := range []measure.Day{7, 30, 90} {
		b.Run(fmt.Sprintf("%d-days", int64(days)), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := d.Activity(ctx, 0, "", today-days+1, today); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "p95-ms")
		})
	}
}

// crowd fills the registry and the projections with an invented community.
func crowd(ctx context.Context, s *Store) error {
	today, _ := measure.DayOf(s.now(), zoneOf(DefaultZone))
	chance := rand.New(rand.NewPCG(1, 2))
	var groups, members, people, facts, days, accounts [][]any
	for g := range benchGroups {
		groups = append(groups, []any{g + 1, fmt.Appendf(nil, "g%015d", g), 1, "qq", fmt.Sprint(g), fmt.Sprint("group ", g), DefaultZone, "observe", false, 0, 0})
		facts = append(facts, []any{g + 1, DefaultZone, 200, 2000, 0, 1, 1})
		accounts = append(accounts, []any{g + 1, 1, 0})
	}
	for m := range benchMembers {
		members = append(members, []any{m + 1, fmt.Appendf(nil, "m%015d", m), 1, "qq", fmt.Sprint(m), fmt.Sprint("member ", m), "observed", false, 0})
		people = append(people, []any{m%benchGroups + 1, m + 1, "x", "x", "x", "x", 0, "member", true, 1, 1, 1, 1, "", "", 0, 0, 0, int64(m % 3), 0, 0})
	}
	per := benchSays / benchGroups / benchDays
	for g := range benchGroups {
		for day := range benchDays {
			cells := map[cellKey]int64{}
			for range per {
				m := chance.IntN(benchMembers/benchGroups)*benchGroups + g + 1
				cells[cellKey{community.MemberKey(m), int64(chance.IntN(2)*24 + chance.IntN(24))}]++
			}
			list := merge(nil, cells)
			days = append(days, []any{g + 1, int64(today) - int64(day), per, per, len(list), 0, 0, 0, 1, 1, encodeSpeech(list)})
		}
	}
	err := s.project(ctx, func(t *session) error {
		for _, part := range []struct {
			into string
			rows [][]any
		}{
			{"INSERT INTO views.group_fact VALUES ($1, $2, $3, $4, $5, $6, $7)", facts},
			{"INSERT INTO views.people VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)", people},
			{"INSERT INTO views.group_day VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", days},
		} {
			if _, err := t.dialect.bulk(ctx, t, part.into, part.rows); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, part := range []struct {
		into string
		rows [][]any
	}{
		{"INSERT INTO chat_group VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", groups},
		{"INSERT INTO member VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", members},
		{"INSERT INTO group_account VALUES ($1, $2, $3)", accounts},
	} {
		tx, err := s.write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		for _, row := range part.rows {
			if _, err := tx.ExecContext(ctx, part.into, row...); err != nil {
				return err
			}
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}
