package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
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
	for _, tag := range []string{"", "half"} {
		for _, days := range []measure.Day{7, 30, 90} {
			b.Run(fmt.Sprintf("tag=%s/%d-days", tag, int64(days)), func(b *testing.B) {
				asked(b, func() error { _, err := d.Activity(ctx, 0, tag, today-days+1, today); return err })
			})
		}
	}
	span := community.DaySpan{From: int64(today) - 89, To: int64(today)}
	for _, tag := range []string{"", "half"} {
		for _, sort := range []string{"", "name", "last_word"} {
			b.Run(fmt.Sprintf("tag=%s/speakers-by-%s", tag, sort), func(b *testing.B) {
				asked(b, func() error {
					list, _, err := d.FindMembers(ctx, community.MemberFilter{Tag: tag, Spoke: span, Page: community.Page{Sort: sort}})
					if err == nil && len(list) != 50 {
						err = fmt.Errorf("%d rows", len(list))
					}
					return err
				})
			})
		}
	}
	one := community.GroupKey(1)
	b.Run("one-group/90-days", func(b *testing.B) {
		asked(b, func() error { _, err := d.Activity(ctx, one, "", today-89, today); return err })
	})
}

// asked tells the 95th percentile of a question's wall time and of the process's time on processors: on a machine that
// others use too only the latter says what the question costs.
func asked(b *testing.B, ask func() error) {
	var wall, cpu []float64
	for b.Loop() {
		start, spent := time.Now(), processorTime()
		if err := ask(); err != nil {
			b.Fatal(err)
		}
		wall = append(wall, time.Since(start).Seconds()*1000)
		cpu = append(cpu, (processorTime()-spent).Seconds()*1000)
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	b.ReportMetric(wall[len(wall)*95/100], "p95-ms")
	b.ReportMetric(cpu[len(cpu)*95/100], "p95-cpu-ms")
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// crowd fills the registry and the projections with an invented community.
func crowd(ctx context.Context, s *Store) error {
	today, _ := measure.DayOf(s.now(), zoneOf(DefaultZone))
	chance := rand.New(rand.NewPCG(1, 2))
	var groups, members, people, facts, days, accounts, tags, standing [][]any
	var heard daySet
	for day := range measure.Day(benchDays) {
		heard.add(today - day)
	}
	for g := range benchGroups {
		groups = append(groups, []any{g + 1, fmt.Appendf(nil, "g%015d", g), fmt.Sprint(g), fmt.Sprint("group ", g), DefaultZone})
		facts = append(facts, []any{g + 1, DefaultZone, heard.encode()})
		accounts = append(accounts, []any{g + 1, 1, 0})
		if g%2 == 0 {
			tags = append(tags, []any{g + 1, "half"})
		}
		var list []measure.Tally
		for m := g; m < benchMembers; m += benchGroups {
			list = append(list, measure.Tally{Member: community.MemberKey(m + 1), Count: int64(standsPresent | (m % 3 % 2 * standsSpoke))})
		}
		standing = append(standing, []any{g + 1, encodeTallies(list)})
	}
	for m := range benchMembers {
		members = append(members, []any{m + 1, fmt.Appendf(nil, "m%015d", m), fmt.Sprint(m), fmt.Sprint("member ", m)})
		people = append(people, []any{m%benchGroups + 1, m + 1, int64(m % 3)})
	}
	per := benchSays / benchGroups / benchDays
	for g := range benchGroups {
		for day := range benchDays {
			var cells []cellCount
			for range per {
				m := chance.IntN(benchMembers/benchGroups)*benchGroups + g + 1
				cells = append(cells, cellCount{cellKey{community.MemberKey(m), int64(chance.IntN(2)*24 + chance.IntN(24))}, 1})
			}
			detail, speakers, _ := mergeDetail(nil, packed(cells))
			days = append(days, []any{g + 1, int64(today) - int64(day), per, speakers, detail})
		}
	}
	for _, part := range []struct {
		into string
		rows [][]any
	}{
		{"INSERT INTO chat_group (key, id, org_key, platform, external_id, name, zone, mode, frozen, parent_key, created) VALUES ($1, $2, 1, 'qq', $3, $4, $5, 'observe', FALSE, 0, 0)", groups},
		{"INSERT INTO member (key, id, org_key, platform, external_id, name, called, certainty, bot, created) VALUES ($1, $2, 1, 'qq', $3, $4, $4, '', FALSE, 0)", members},
		{"INSERT INTO group_account VALUES ($1, $2, $3)", accounts},
		{"INSERT INTO group_tag VALUES ($1, $2)", tags},
	} {
		err := s.writeTx(ctx, func(t *Tx) error { _, err := t.bulk(ctx, part.into, part.rows); return err })
		if err != nil {
			return err
		}
	}
	err := s.project(ctx, func(t *session) error {
		for _, part := range []struct {
			into string
			rows [][]any
		}{
			{"INSERT INTO views.group_fact (group_key, zone, members, messages, last_at, roster_since, roster_at, heard) VALUES ($1, $2, 200, 2000, 0, 1, 1, $3)", facts},
			{`INSERT INTO views.people (group_key, member_key, shown, look, card, account, named_at, role, present, stays, stay_n, since, joined_at, scene, state,
 inviter_key, left_at, first_word, last_word, messages, muted_till, ours)
VALUES ($1, $2, 'x', 'x', 'x', 'x', 0, 'member', TRUE, 1, 1, 1, 1, '', '', 0, 0, 0, $3, 0, 0, FALSE)`, people},
			{"INSERT INTO views.standing VALUES ($1, $2)", standing},
			{`INSERT INTO views.group_day (group_key, day, events, messages, speakers, recalled, joins, leaves, change, first_number, last_number, detail, apart)
VALUES ($1, $2, $3, $3, $4, 0, 0, 0, 1, 1, 1, $5, x'')`, days},
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
	if err := s.retag(ctx); err != nil {
		return err
	}
	return s.project(ctx, func(t *session) error {
		keys := make([][]any, benchMembers)
		for m := range keys {
			keys[m] = []any{m + 1}
		}
		_, err := t.dialect.bulk(ctx, t, sumAnyone, keys)
		return err
	})
}
