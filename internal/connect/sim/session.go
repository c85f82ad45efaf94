package sim

import (
	"context"
	"math"
	"slices"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	maxWaiting = 4096   // events a session holds; when full, nothing more happens in its groups
	batch      = 64     // events handed over at a time
	firstPause = 500    // ms after the host took nothing; doubles up to maxPause
	maxPause   = 30_000 // ms
	slowness   = 10_000 // ms that a slow action takes
	far        = math.MaxInt64
)

// Session is our account in a world.
type Session struct {
	clock  func() int64
	wait   func(ctx context.Context, until int64) error
	host   connect.Host
	world  *World
	script Script
	self   string
	speed  float64

	handing sync.Mutex // held while a batch is with the host, so that order is kept

	mu       sync.Mutex
	waiting  []connect.Inbound
	wake     context.CancelFunc // ends Run's pause
	levels   map[community.Verb]community.Ability
	failures map[community.Verb]Failure
}

var (
	_ connect.Session       = (*Session)(nil)
	_ connect.MemberLister  = (*Session)(nil)
	_ connect.GroupLister   = (*Session)(nil)
	_ connect.HistoryReader = (*Session)(nil)
)

// World is where the session lives.
func (s *Session) World() *World { return s.world }

// Self is the platform's id of our account.
func (s *Session) Self() string { return s.self }

// Attach lets the session hear of the world. Run does it by itself; whoever drives a session by Flush calls it once.
func (s *Session) Attach() {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if !slices.Contains(s.world.hearers, s) {
		s.world.hearers = append(s.world.hearers, s)
	}
}

// Detach is the opposite of Attach; what is waiting stays.
func (s *Session) Detach() {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.hearers = slices.DeleteFunc(s.world.hearers, func(x *Session) bool { return x == s })
}

// Run lives in the world until ctx ends: it lets the script's events happen when they are due and hands over what the
// account hears, in order. What the host did not take is offered again after a pause.
func (s *Session) Run(ctx context.Context) error {
	s.Attach()
	defer s.Detach()
	s.report("online", nil)
	defer s.report("offline", nil)
	play := s.begin()
	pause := int64(firstPause)
	for {
		err := s.Flush(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.report("offline", err)
			if err := s.wait(ctx, s.clock()+pause); err != nil {
				return err
			}
			pause = min(pause*2, maxPause)
			continue
		}
		if pause > firstPause {
			pause = firstPause
			s.report("online", nil)
		}
		if play.due(s.clock()) {
			if left, err := s.let(play.moment); err != nil {
				play.moment = left // its queue or another session's is full: hand over first
				if err := s.wait(ctx, s.clock()+firstPause); err != nil {
					return err
				}
				continue
			}
			play.turn(s.clock())
			continue
		}
		if err := s.rest(ctx, play.at); err != nil {
			return err
		}
	}
}

// Flush hands over all that is waiting, in batches and in order. On an error what was not taken keeps waiting.
func (s *Session) Flush(ctx context.Context) error {
	s.handing.Lock()
	defer s.handing.Unlock()
	for {
		s.mu.Lock()
		next := slices.Clone(s.waiting[:min(batch, len(s.waiting))])
		s.mu.Unlock()
		if len(next) == 0 {
			return nil
		}
		if err := s.host.Receive(ctx, next...); err != nil {
			return err
		}
		s.mu.Lock()
		s.waiting = slices.Delete(s.waiting, 0, len(next))
		s.mu.Unlock()
	}
}

// let makes a moment happen; on CodeBusy it returns what is left of it.
func (s *Session) let(moment []connect.Inbound) ([]connect.Inbound, error) {
	for i, in := range moment {
		_, err := s.world.Happen(in)
		if community.CodeOf(err) == community.CodeBusy {
			return moment[i:], err
		}
		if err != nil {
			s.report("online", err) // the script speaks of a group that is not there: its mistake, not the world's end
		}
	}
	return nil, nil
}

// rest waits until a time or until something is heard.
func (s *Session) rest(ctx context.Context, until int64) error {
	pause, wake := context.WithCancel(ctx)
	defer wake()
	s.mu.Lock()
	heard := len(s.waiting) > 0
	s.wake = wake
	s.mu.Unlock()
	if !heard {
		_ = s.wait(pause, until)
	}
	return ctx.Err()
}

// hear puts an event into the queue; the world has made sure that there is room.
func (s *Session) hear(in connect.Inbound) {
	if in.Actor.ID == s.self {
		in.Actor.Role, in.Body.Role = community.RoleSelf, community.RoleSelf
	}
	if in.Subject.ID == s.self {
		in.Subject.Role = community.RoleSelf
	}
	if in.By.ID == s.self {
		in.By.Role = community.RoleSelf
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, in)
	if s.wake != nil {
		s.wake()
	}
}

func (s *Session) report(state string, err error) {
	h := connect.Health{State: state, Self: s.self, Name: s.self, At: s.clock()}
	if err != nil {
		h.Code, h.Detail = community.CodeOf(err), err.Error()
	}
	s.host.Report(h)
}

// in lists the attached sessions whose account is in the group; all of them for a private chat.
func (w *World) in(g *group) []*Session {
	if g == nil {
		return slices.Clone(w.hearers)
	}
	var list []*Session
	for _, s := range w.hearers {
		if g.member(s.self) != nil {
			list = append(list, s)
		}
	}
	return list
}

// room reports whether every attached session can hold n more events.
func (w *World) room(n int) bool {
	for _, s := range w.hearers {
		s.mu.Lock()
		full := len(s.waiting)+n > maxWaiting
		s.mu.Unlock()
		if full {
			return false
		}
	}
	return true
}

// play is a script at a speed: the script's time runs from the session's begin, speed times as fast as the clock.
type play struct {
	script Script
	speed  float64
	start  int64
	at     int64 // on the clock; far = over
	moment []connect.Inbound
}

func (s *Session) begin() *play {
	p := &play{script: s.script, speed: s.speed, start: s.clock(), at: far}
	p.turn(p.start)
	return p
}

func (p *play) due(now int64) bool { return p.at != far && p.at <= now }

// turn asks the script for its next moment.
func (p *play) turn(now int64) {
	p.at, p.moment = far, nil
	if p.script == nil {
		return
	}
	own := p.start + int64(float64(now-p.start)*p.speed)
	at, moment, ok := p.script.Next(own)
	if !ok {
		return
	}
	p.at = p.start + int64(math.Ceil(float64(max(at, own)-p.start)/p.speed))
	p.moment = moment
}
