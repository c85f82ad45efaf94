package connect

import (
	"context"
	"time"
)

const (
	feedSize     = 512 // events waiting for the host; when full, Put waits: that is how the other end learns to slow down
	feedBatch    = 64  // events handed over at a time
	firstOffer   = 250 * time.Millisecond
	longestOffer = 10 * time.Second
)

// Feed hands a session's events to its host, in order. A batch that is not taken is offered again until it is.
type Feed struct {
	// Taken, if it is set before Run, hears of every batch that the host has taken.
	Taken func(batch []Inbound)

	host    Host
	queue   chan Inbound
	refused func(error)
}

// NewFeed makes a feed; refused hears of every offer that the host did not take.
func NewFeed(host Host, refused func(error)) *Feed {
	return &Feed{host: host, queue: make(chan Inbound, feedSize), refused: refused}
}

// Put waits for room; ctx's error means that the event was not taken.
func (f *Feed) Put(ctx context.Context, in Inbound) error {
	if f.Try(in) {
		return nil
	}
	select {
	case f.queue <- in:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Try does not wait; false = there is no room.
func (f *Feed) Try(in Inbound) bool {
	select {
	case f.queue <- in:
		return true
	default:
		return false
	}
}

// Run delivers until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case in := <-f.queue:
			if !f.Offer(ctx, f.gather(in)...) {
				return
			}
		}
	}
}

func (f *Feed) gather(first Inbound) []Inbound {
	batch := []Inbound{first}
	for len(batch) < feedBatch {
		select {
		case in := <-f.queue:
			batch = append(batch, in)
		default:
			return batch
		}
	}
	return batch
}

// Offer hands events over past the queue, again and again until they are taken; false = ctx ended before.
func (f *Feed) Offer(ctx context.Context, batch ...Inbound) bool {
	if len(batch) == 0 {
		return true
	}
	for pause := firstOffer; ; pause = min(pause*2, longestOffer) {
		err := f.host.Receive(ctx, batch...)
		if err == nil {
			if f.Taken != nil {
				f.Taken(batch)
			}
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		f.refused(err)
		if !Sleep(ctx, pause) {
			return false
		}
	}
}

// Sleep waits; false = ctx ended first.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
