package fault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// Eight committers, some of which roll back, and a reader: a number that appears below the reader's cursor would be
// skipped by every projection for ever.
func TestCursorNeverSkipsBesideEightCommitters(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { committing(t, "", 4) })
	t.Run("postgres", func(t *testing.T) { committing(t, storetest.PostgresURL(t), 1) })
}

func committing(t *testing.T, url string, stores int) {
	chance, dir := seed(t), t.TempDir()
	var open []*store.Store
	for range stores {
		st, err := store.Open(t.Context(), store.Options{URL: url, DataDir: dir})
		check(t, err)
		defer func() { check(t, st.Close()) }()
		open = append(open, st)
	}
	const committers, rounds = 8, 40
	done := make(chan struct{})
	seen := make(chan []int64, 1)
	var wg sync.WaitGroup
	errs := make([]error, committers)
	kept := make([][]int64, committers)
	for c := range committers {
		mine := rand.New(rand.NewPCG(chance.Uint64(), uint64(c)))
		wg.Go(func() {
			for i := 0; i < rounds && errs[c] == nil; i++ {
				kept[c], errs[c] = commitSome(t, open[c%stores], mine, c, i, kept[c])
			}
		})
	}
	go func() { seen <- follow(t, open[0], done) }()
	wg.Wait()
	close(done)
	check(t, errors.Join(errs...))
	want := slices.Sorted(slices.Values(slices.Concat(kept...)))
	if got := <-seen; !slices.Equal(got, want) {
		t.Errorf("the reader saw %d numbers, %d were committed", len(got), len(want))
	}
}

var errOnPurpose = errors.New("rolled back on purpose")

// commitSome writes a few events in one transaction and, one time in three, takes it back.
func commitSome(t *testing.T, st *store.Store, chance *rand.Rand, c, i int, kept []int64) ([]int64, error) {
	tx, err := st.BeginLog(t.Context())
	if err != nil {
		return kept, err
	}
	n := 1 + chance.IntN(4)
	last, err := tx.Numbers(t.Context(), n)
	if err != nil {
		return kept, tx.Rollback(t.Context(), err)
	}
	var drafts []*store.Draft
	for k := range n {
		number := last - int64(n) + 1 + int64(k)
		d := &store.Draft{Key: fmt.Sprint(c, "-", i, "-", k), Event: community.Event{
			Number: number, ID: st.NewID(), Group: 1, Seq: number, Type: community.MessageCreated, OccurredAt: 1, ReceivedAt: 1, At: 1,
		}}
		d.Seal()
		drafts = append(drafts, d)
	}
	if _, err := tx.InsertEvents(t.Context(), drafts); err != nil {
		return kept, tx.Rollback(t.Context(), err)
	}
	if chance.IntN(3) == 0 {
		if err := tx.Rollback(t.Context(), errOnPurpose); !errors.Is(err, errOnPurpose) {
			return kept, err
		}
		return kept, nil
	}
	if err := tx.Commit(t.Context()); err != nil {
		return kept, err
	}
	for _, d := range drafts {
		kept = append(kept, d.Event.Number)
	}
	return kept, nil
}

// follow reads the log behind a cursor, as projections do, until everything is written; it gives what it saw.
func follow(t *testing.T, st *store.Store, done chan struct{}) []int64 {
	var seen []int64
	cursor := int64(0)
	for last := false; ; {
		select {
		case <-done:
			last = true // one more look, after which nothing can come
		case <-time.After(time.Millisecond):
		}
		for ev, err := range st.Events(t.Context(), store.EventScan{After: cursor}) {
			if err != nil {
				t.Error(err)
				return seen
			}
			cursor = ev.Number
			seen = append(seen, ev.Number)
		}
		if last {
			return seen
		}
	}
}
