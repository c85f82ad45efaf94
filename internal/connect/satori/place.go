package satori

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"qunluo/internal/connect"
)

// keepEach is how often our place in the gateway's events is written down.
const keepEach = 5 * time.Second

const placeNote = "place"

// place is how far we have come in the gateway's events: what an event's number means is known only together with the
// epoch, which begins anew when the gateway starts over.
type place struct {
	keeper connect.Keeper

	mu      sync.Mutex
	epoch   int64 // UTC ms when it began; 0 = not known yet
	read    int64 // sn of the last event that was read
	done    int64 // sn of the last event that the host has
	kept    noted
	fresh   bool             // no event has come over this connection yet
	waiting map[string]int64 // by key: sn of what the host does not have yet
}

type noted struct {
	Epoch int64 `json:"epoch"`
	SN    int64 `json:"sn"`
}

// recall reads what was noted by an earlier run; what cannot be read is as if there were none.
func (p *place) recall(ctx context.Context) {
	notes, err := p.keeper.Kept(ctx, placeNote)
	var was noted
	if err != nil || json.Unmarshal(notes[placeNote], &was) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch, p.read, p.done, p.kept = was.Epoch, was.SN, was.SN, was
}

// begin is called when a connection is ready; it gives the number to go on after, 0 = from now.
func (p *place) begin() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fresh = true
	if p.epoch == 0 {
		p.epoch = time.Now().UnixMilli()
	}
	return p.read
}

// arrive notes an event's number and gives the epoch that its key stands in. A connection that begins with a number below
// what we had is that of a gateway that started over.
func (p *place) arrive(sn int64) (epoch string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fresh && sn > 0 && sn < p.read {
		p.epoch, p.read, p.done = time.Now().UnixMilli(), 0, 0
		clear(p.waiting)
	}
	p.fresh = false
	p.read = max(p.read, sn)
	return strconv.FormatInt(p.epoch, 10)
}

// wait notes that the host is to take what has this key.
func (p *place) wait(key string, sn int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sn > 0 {
		p.waiting[key] = sn
	}
}

// taken notes what the host has.
func (p *place) taken(batch []connect.Inbound) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, in := range batch {
		if sn, ok := p.waiting[in.Key]; ok {
			p.done = max(p.done, sn)
			delete(p.waiting, in.Key)
		}
	}
}

// keep writes the place down where it has changed. A failure is made good by the next time.
func (p *place) keep(ctx context.Context) {
	p.mu.Lock()
	now := noted{p.epoch, p.done}
	same := now == p.kept
	p.mu.Unlock()
	if same {
		return
	}
	data, err := json.Marshal(now)
	if err != nil || p.keeper.Keep(ctx, placeNote, data) != nil {
		return
	}
	p.mu.Lock()
	p.kept = now
	p.mu.Unlock()
}

// keepOn keeps the place now and then, and once more at the end.
func (p *place) keepOn(ctx context.Context) {
	for connect.Sleep(ctx, keepEach) {
		p.keep(ctx)
	}
	p.keep(context.WithoutCancel(ctx))
}
