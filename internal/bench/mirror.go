package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// Sizes of mirror.
const (
	mirrorTargets = 20
	mirrorCopies  = 100_000 // over all targets
	mirrorCuts    = 50
	mirrorCutFor  = 200 * time.Millisecond
)

// mirrored lets one group be copied into twenty while the line is cut again and again, and counts copies that are missing
// and copies that stand twice.
func mirrored(ctx context.Context, o Options) (rows []Row, err error) {
	dir, away, err := o.folder("mirror")
	if err != nil {
		return nil, err
	}
	defer away()
	l, err := openLine(ctx, o, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.seen(ctx); err != nil {
		return nil, err
	}
	if err := l.mirrors(ctx); err != nil {
		return nil, err
	}
	l.session.sent = map[community.ID]int{}
	began := time.Now()
	n := o.rows(mirrorCopies, 40*mirrorTargets) / mirrorTargets
	if err := l.post(ctx, n, max(2, int(mirrorCuts*o.Scale))); err != nil {
		return nil, err
	}
	if err := l.settled(ctx, n*mirrorTargets, 2*time.Minute); err != nil {
		return nil, err
	}
	lost, doubled := l.tally(n * mirrorTargets)
	took := time.Since(began).Seconds()
	o.tell("mirror: %d messages into %d groups in %.0f s, the line cut %d times: %d copies lost, %d doubled",
		n, mirrorTargets, took, max(2, int(mirrorCuts*o.Scale)), lost, doubled)
	return []Row{
		most("mirror.lost", float64(lost), "copies", 0),
		most("mirror.doubled", float64(doubled), "copies", 0),
		told("mirror.copies", float64(n*mirrorTargets), "copies"),
		told("mirror.rate", float64(n*mirrorTargets)/took, "copies/s"),
	}, nil
}

// mirrors publishes the book that copies the first group into the next twenty.
func (l *line) mirrors(ctx context.Context) error {
	var to []community.GroupKey
	for g := range mirrorTargets {
		to = append(to, l.keys[groupOf(g+1)])
	}
	params, err := json.Marshal(map[string]any{"to": to, "from": "all", "text": "{text}", "hours": 48})
	if err != nil {
		return err
	}
	book, err := policy.Default(policy.PresetGeneral)
	if err != nil {
		return err
	}
	book.Version, book.Mode = 1, community.Live
	book.Rules = []policy.Rule{{ID: "mirror", Name: "同步", Kind: "mirror", Mode: policy.RuleLive, Params: params}}
	if l.book, err = json.Marshal(book); err != nil {
		return err
	}
	return l.house.publish(ctx, []community.GroupKey{l.keys[groupOf(0)]})
}

// post lets n messages be said, never more than a few hundred copies ahead of what went out, and cuts the line between.
func (l *line) post(ctx context.Context, n, cuts int) error {
	for i := range n {
		if cuts > 0 && i%max(1, n/cuts) == 1 {
			l.cutFor(ctx, mirrorCutFor)
		}
		text := fmt.Sprintf("第 %d 条通知", i)
		for {
			_, err := l.session.World().Say(groupOf(0), memberOf(0, i%wireMembers).ID, text)
			if err == nil {
				break
			}
			if community.CodeOf(err) != community.CodeBusy {
				return err
			}
			if err := pause(ctx, wireTick); err != nil {
				return err
			}
		}
		for (i+1)*mirrorTargets-l.tried() > 20*mirrorTargets {
			if err := pause(ctx, wireTick); err != nil {
				return err
			}
		}
	}
	return nil
}

// tried counts the copies that were called for at least once.
func (l *line) tried() int {
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	return len(l.session.called)
}

// cutFor cuts the line and mends it after a while; what is said meanwhile is decided all the same.
func (l *line) cutFor(ctx context.Context, d time.Duration) {
	set := func(on bool) {
		l.session.mu.Lock()
		defer l.session.mu.Unlock()
		l.session.cut = on
	}
	set(true)
	l.ended.Go(func() {
		_ = pause(ctx, d) // mended when the measurement ends, too
		set(false)
	})
}

// settled waits until every copy is confirmed; it gives up, without an error, when nothing moves any more for as long as
// patience says: then copies are missing, and the tally shows it.
func (l *line) settled(ctx context.Context, want int, patience time.Duration) error {
	last, since := -1, time.Now()
	for {
		got, err := l.confirmed(ctx)
		if err != nil || got >= want {
			return err
		}
		if got != last {
			last, since = got, time.Now()
		}
		if time.Since(since) > patience {
			return nil
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// confirmed counts the copies of which the belt knows that they stand in their group.
func (l *line) confirmed(ctx context.Context) (n int, err error) {
	return l.store.CountActions(ctx, community.Send, community.Confirmed)
}

// tally counts copies that the platform never did, and those that it did more than once.
func (l *line) tally(want int) (lost, doubled int) {
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	for _, n := range l.session.sent {
		doubled += n - 1
	}
	return want - len(l.session.sent), doubled
}
