package fault

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qunluo/internal/community"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// However often and in whatever order deliveries come, each fact is in the log once, with the same words, in sequences
// without holes.
func TestDeliveriesInAnyOrderAndNumberGiveTheSameEvents(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { shuffled(t, "") })
	t.Run("postgres", func(t *testing.T) { shuffled(t, storetest.PostgresURL(t)) })
}

func shuffled(t *testing.T, url string) {
	now := time.UnixMilli(firstTime + 3_600_000)
	h, err := open(t.Context(), url, t.TempDir(), "order", func() time.Time { return now })
	check(t, err)
	defer func() { check(t, h.close()) }()
	world := 0
	rapid.Check(t, func(r *rapid.T) {
		world++
		from := int64(0)
		for ev, err := range h.store.Events(t.Context(), store.EventScan{}) {
			check(t, err)
			from = ev.Number
		}
		deliveries := rapid.SliceOfN(rapid.IntRange(0, 15), 1, 40).Draw(r, "deliveries")
		for batch := range slices.Chunk(deliveries, rapid.IntRange(1, 12).Draw(r, "batch")) {
			var in []community.Inbound
			for _, n := range batch {
				in = append(in, fact(world, n, h.account))
			}
			if _, err := h.engine.Apply(t.Context(), in...); err != nil {
				r.Fatal(err)
			}
		}
		want := map[string]string{}
		for _, n := range deliveries {
			in := fact(world, n, h.account)
			want[in.Key] = in.Body.Text
		}
		got := map[string]string{}
		for ev, err := range h.store.Events(t.Context(), store.EventScan{After: from}) {
			if err != nil {
				r.Fatal(err)
			}
			if _, twice := got[ev.Body.Message]; twice {
				r.Fatalf("%s is there twice", ev.Body.Message)
			}
			got[ev.Body.Message] = ev.Body.Text
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			r.Fatalf("log = %v, want %v", got, want)
		}
	})
	gapless(t, h.store)
}

// fact is the nth thing that happened in a world: in one of three groups, at a time of its own.
func fact(world, n int, account community.AccountKey) community.Inbound {
	key := fmt.Sprintf("%d-%d", world, n)
	return community.Inbound{
		Account: account, Type: community.MessageCreated, Key: key, OccurredAt: firstTime + int64(n*n%7)*60_000,
		Group: community.Ref{ID: fmt.Sprintf("w%d-g%d", world%5, n%3)}, Actor: community.Who{ID: fmt.Sprint("m", n%4)},
		Body: community.Body{Text: strings.Repeat("话", n), Message: key},
	}
}
