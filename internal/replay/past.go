package replay

import (
	"container/heap"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// past is one book's run over a recorded group: what the record's machine did is left out, timers are rung by itself.
type past struct {
	rb    *policy.Rulebook
	state *policy.State
	wakes wakeHeap
	rung  map[string]bool // keys asked for and not rung yet: asking twice gives one
}

func newPast(group community.GroupKey, rb *policy.Rulebook) *past {
	return &past{rb: rb.AsLive(), state: policy.NewState(group), rung: map[string]bool{}}
}

// leftOut reports whether an event is no part of a what-if: books and timers of the record, outcomes of its actions.
func leftOut(ev *community.Event) bool {
	switch ev.Type {
	case community.RulebookPublished, community.TimerFired, community.ActionReceipt:
		return true
	}
	return !ev.Body.Caused.IsZero()
}

// step rings the timers that are due and judges the event. At and Mark must be set for the order of occurrence.
func (p *past) step(ev *community.Event, decided func(*community.Event, []community.Decision)) {
	p.ring(ev.At, ev.Group, decided)
	out := policy.Step(p.rb, p.state, ev)
	p.keep(ev, out)
	decided(ev, out)
}

func (p *past) keep(ev *community.Event, out []community.Decision) {
	for i := range out {
		for _, w := range out[i].Wakes {
			if p.rung[w.Key] {
				continue
			}
			p.rung[w.Key] = true
			heap.Push(&p.wakes, wake{w, ev.ID})
		}
	}
}

// ring lets every timer fire that is due at or before a time, in the order of their times.
func (p *past) ring(until int64, group community.GroupKey, decided func(*community.Event, []community.Decision)) {
	for len(p.wakes) > 0 && p.wakes[0].At <= until {
		w := heap.Pop(&p.wakes).(wake)
		delete(p.rung, w.Key)
		ev := &community.Event{
			ID: community.DeriveID(w.cause, w.Key, 0), Group: group, Type: community.TimerFired,
			At: w.At, OccurredAt: w.At, ReceivedAt: w.At, Body: community.Body{Message: w.Key},
		}
		out := policy.Step(p.rb, p.state, ev)
		p.keep(ev, out)
		decided(ev, out)
	}
}

// wake is a timer that was asked for, with the event that led to it.
type wake struct {
	community.Wake
	cause community.ID
}

// wakeHeap has the earliest timer first, of equals by key.
type wakeHeap []wake

func (h wakeHeap) Len() int      { return len(h) }
func (h wakeHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h wakeHeap) Less(i, j int) bool {
	if h[i].At != h[j].At {
		return h[i].At < h[j].At
	}
	return h[i].Key < h[j].Key
}

// Push and Pop are container/heap's.
func (h *wakeHeap) Push(x any) { *h = append(*h, x.(wake)) }

// Pop is container/heap's.
func (h *wakeHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
