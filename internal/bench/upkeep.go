package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// Sizes and target of what the figures cost per message.
const (
	upkeepMessages = 200_000
	upkeepGroups   = 40
	upkeepMembers  = 200 // in each group
	upkeepTarget   = 2.0 // us of CPU per message
)

// upkeep measures what keeping the projections of the figures up to date costs: each of them is built anew from the same
// log, reading and decoding the events included; then the counters of days by themselves, which the target is about.
func upkeep(ctx context.Context, o Options) (rows []Row, err error) {
	dir, away, err := o.folder("upkeep")
	if err != nil {
		return nil, err
	}
	defer away()
	h, err := openHouse(ctx, base{dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	n := o.rows(upkeepMessages, 5000)
	if err := h.converse(ctx, newSpeaker(o.Seed), n); err != nil {
		return nil, err
	}
	if err := h.store.CatchUp(ctx); err != nil {
		return nil, err
	}
	var events []community.Event
	for ev, err := range h.store.Events(ctx, store.EventScan{}) {
		if err != nil {
			return nil, err
		}
		events = append(events, ev)
	}
	nothing := func() error { return nil }
	counters := &side{name: "upkeep of the counters of days", prepare: func(context.Context) error { return nil }, tidy: nothing, run: func(ctx context.Context, _ part) (int, error) {
		return len(events), h.store.CountAgain(ctx, events)
	}}
	if err := compare(ctx, o, 1, counters); err != nil {
		return nil, err
	}
	rows = append(rows, most("insight.upkeep.counters", 1e6/median(counters.rates), "us/message", upkeepTarget))
	for _, view := range []string{store.FiguresView, store.QuestionsView} {
		s := &side{name: "upkeep of " + view, prepare: func(context.Context) error { return nil }, tidy: nothing, run: func(ctx context.Context, _ part) (int, error) {
			return n, h.store.Rebuild(ctx, nil, view)
		}}
		if err := compare(ctx, o, 1, s); err != nil {
			return nil, err
		}
		rows = append(rows, most("insight.upkeep."+view, 1e6/median(s.rates), "us/message", upkeepTarget))
	}
	return rows, nil
}

// converse lets groups talk for 90 days up to now: one message in ten answers an earlier one, one in ten addresses somebody.
func (h *house) converse(ctx context.Context, s *speaker, n int) error {
	begin := (time.Now().Unix() - talkDays*86400) * 1000
	last := make([]string, upkeepGroups)
	speaks := rand.NewZipf(s.chance, 1.2, 8, upkeepMembers-1) // few speak much
	return h.appendAll(ctx, n, func(i int) community.Inbound {
		g, text := s.chance.IntN(upkeepGroups), s.line(false)
		in := community.Inbound{
			Type: community.MessageCreated, Key: strconv.Itoa(i), OccurredAt: begin + int64(i)*talkDays*86_400_000/int64(n),
			Group: community.Ref{ID: fmt.Sprint("g", g), Name: fmt.Sprintf("书友%d群", g)}, Actor: who(g, int(speaks.Uint64())),
			Body: community.Body{Text: text, Message: strconv.Itoa(i)},
		}
		switch s.chance.IntN(10) {
		case 0:
			in.Body.ReplyTo = last[g]
		case 1:
			other := who(g, int(speaks.Uint64()))
			in.Body.Text = "@" + other.Name + " " + text
			in.Body.Segments = []community.Segment{{Kind: "at", Ref: other.ID, Text: "@" + other.Name}, {Kind: "text", Text: " " + text}}
		}
		last[g] = in.Body.Message
		return in
	})
}
