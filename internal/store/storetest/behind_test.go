package storetest_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// TestProjectionsWaitForWhatAKilledProcessLeftBehind: the server may still be committing a batch of a process that was
// killed when the next process begins; the batch must not be taken in twice.
func TestProjectionsWaitForWhatAKilledProcessLeftBehind(t *testing.T) {
	url := storetest.PostgresURL(t)
	ctx := t.Context()
	s, err := store.Open(ctx, store.Options{URL: url, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	evs := storetest.NewLog(s).Append(t, community.Inbound{Type: community.MessageCreated, Key: "1", Group: community.Ref{ID: "tea"}, OccurredAt: 1_767_225_600_000,
		Actor: community.Who{ID: "anna", Name: "anna"}, Body: community.Body{Text: "早", Message: "1"}})
	dead, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	batch, err := dead.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := batch.ExecContext(ctx, `INSERT INTO views.cursor (name, number) VALUES ('figures', $1), ('search', $1)`, evs[0].Number); err != nil {
		t.Fatal(err)
	}
	caught := make(chan error, 1)
	go func() { caught <- s.CatchUp(ctx) }()
	waiting(t, dead)
	if err := batch.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-caught; err != nil {
		t.Fatal(err)
	}
	day, _ := measure.DayOf(evs[0].OccurredAt, time.FixedZone("", 8*3600))
	a, err := s.For(community.Scope{Org: 1}).Activity(ctx, 0, "", day, day)
	if err != nil || a.Messages != 0 {
		t.Errorf("messages = %d (%v), want 0: the other batch is said to have taken the event in", a.Messages, err)
	}
}

// waiting returns once somebody waits for a lock in the database.
func waiting(t *testing.T, db *sql.DB) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for n := 0; n == 0; {
		select {
		case <-ctx.Done():
			t.Fatal("nobody waits")
		case <-tick.C:
		}
		err := db.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
	}
}
