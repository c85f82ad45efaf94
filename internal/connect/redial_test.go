package connect

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
)

// TestPausesGrowAreJitteredAndStartOver: each end is told; pauses lie between half and the whole of what doubles, start over
// after a connection that lived, and are the longest after an end that somebody must mend.
func TestPausesGrowAreJitteredAndStartOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		wrong, lost := community.Errorf(community.CodeForbidden, "token"), errors.New("lost")
		ends := []struct {
			lives time.Duration
			err   error
			pause time.Duration // the most
			state string
		}{
			{0, lost, time.Second, "connecting"}, {0, lost, 2 * time.Second, "connecting"}, {0, lost, 4 * time.Second, "connecting"},
			{0, lost, 5 * time.Second, "connecting"}, {time.Minute, lost, time.Second, "connecting"}, {0, wrong, 5 * time.Second, "failed"},
			{0, lost, 5 * time.Second, "connecting"},
		}
		n := 0
		var ended time.Time
		r := Redial{First: time.Second, Longest: 5 * time.Second, Settled: 30 * time.Second, Hopeless: []community.Code{community.CodeForbidden},
			Tell: func(state string, err error) {
				if one := ends[n-1]; state != one.state || !errors.Is(err, one.err) {
					t.Errorf("end %d is told as %q (%v), want %q (%v)", n, state, err, one.state, one.err)
				}
				ended = time.Now()
			}}
		err := r.Run(ctx, func(ctx context.Context) error {
			if n > 0 {
				if most, took := ends[n-1].pause, time.Since(ended); took < most/2 || took > most {
					t.Errorf("pause %d took %v, want %v to %v", n, took, most/2, most)
				}
			}
			if n == len(ends) {
				stop()
				return ctx.Err()
			}
			n++
			time.Sleep(ends[n-1].lives)
			return ends[n-1].err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("at the end %v, want that the context was cancelled", err)
		}
	})
}
