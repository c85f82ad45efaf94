package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/sim"
	"qunluo/internal/engine"
	"qunluo/internal/intake"
	"qunluo/internal/jobs"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// Sizes and bound of wire.
const (
	wireRate    = 2000 // frames a second
	wireSeconds = 15
	wireTick    = 5 * time.Millisecond
	wireGroups  = 40
	wireMembers = 200 // of each group
	wireBound   = 20  // ms from the commit to the call, p99
)

// wire measures how long after the commit an action goes out, while simulated groups talk at a steady rate: what is
// between is the job's claim, its lease and the durable mark "sent".
func wire(ctx context.Context, o Options) (rows []Row, err error) {
	dir, away, err := o.folder("wire")
	if err != nil {
		return nil, err
	}
	defer away()
	l, err := openLine(ctx, o, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.publish(ctx); err != nil {
		return nil, err
	}
	said, took, err := l.talk(ctx, o.rows(wireRate*wireSeconds, wireRate/4))
	if err != nil {
		return nil, err
	}
	waits, err := l.waits()
	if err != nil {
		return nil, err
	}
	syncs, err := fsyncs(dir, o.rows(400, 50))
	if err != nil {
		return nil, err
	}
	rate := float64(said) / took.Seconds()
	o.tell("wire: %d frames at %.0f a second, %d actions; commit to call p50 %.2f ms, p99 %.2f ms; fsync of 4 KB p99 %.2f ms",
		said, rate, len(waits), median(waits), quantile(waits, 0.99), quantile(syncs, 0.99))
	return []Row{
		most("wire.p99", quantile(waits, 0.99), "ms", wireBound),
		told("wire.p50", median(waits), "ms"),
		told("wire.rate", rate, "frames/s"),
		told("wire.actions", float64(len(waits)), "actions"),
		told("wire.fsync.p99", quantile(syncs, 0.99), "ms"),
	}, nil
}

// line is a house with simulated groups, its belt, its jobs and a session that notes when an action goes out.
type line struct {
	*house
	door    *intake.Intake
	runner  *jobs.Runner
	session *timed
	speaker *speaker
	stop    context.CancelFunc
	ended   sync.WaitGroup

	keys map[string]community.GroupKey // of the groups, by the platform's id

	mu        sync.Mutex
	committed map[community.ID]time.Time
}

// timed is a session that notes when each action is called for, and whose line can be cut.
type timed struct {
	*sim.Session
	mu     sync.Mutex
	called map[community.ID]time.Time
	cut    bool
	sent   map[community.ID]int // how often the platform really did it; nil = nobody counts
}

// Do notes the time of the first call for an action and passes it on. While the line is cut, every other call is lost on
// the way there and every other one on the way back.
func (s *timed) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	now := time.Now()
	s.mu.Lock()
	if _, again := s.called[a.ID]; !again {
		s.called[a.ID] = now
	}
	cut, there := s.cut, len(s.called)%2 == 0
	s.mu.Unlock()
	if cut && !there {
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "the line is cut")
	}
	rc, err := s.Session.Do(ctx, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.sent != nil {
		s.sent[a.ID]++
	}
	if cut {
		return connect.Receipt{}, community.Errorf(community.CodeTimeout, "the line was cut before the answer")
	}
	return rc, err
}

func openLine(ctx context.Context, o Options, dir string) (*line, error) {
	st, err := store.Open(ctx, store.Options{DataDir: dir})
	if err != nil {
		return nil, err
	}
	l := &line{house: &house{store: st}, speaker: newSpeaker(o.Seed), committed: map[community.ID]time.Time{}}
	if err := l.furnish(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	l.engine = engine.New(engine.Options{
		Store: st, Clock: time.Now, Committed: l.noted,
		Deciders: []engine.Decider{decider{policy.NewDecider(policy.NewLibrary(nil))}},
		Sessions: func(community.AccountKey) connect.Session { return l.session },
	})
	l.runner = jobs.New(jobs.Options{Store: st, Clock: time.Now, Owner: "bench", Handlers: map[string]jobs.Handler{
		store.JobAction: func(ctx context.Context, j store.Job) error {
			id, err := community.ParseID(j.Key)
			if err != nil {
				return err
			}
			return l.engine.CarryOut(ctx, id, j.Attempts)
		},
	}})
	l.door = intake.New(l.engine, time.Now)
	if err := l.populate(); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	l.run(ctx)
	return l, nil
}

// noted keeps when the actions of a commit became durable, and wakes the jobs.
func (l *line) noted(c engine.Commit) {
	now := time.Now()
	l.mu.Lock()
	for _, d := range c.Decisions {
		for _, a := range d.Actions {
			l.committed[a.ID] = now
		}
	}
	l.mu.Unlock()
	l.runner.Wake()
}

// populate fills the simulator's world; our account is an admin everywhere.
func (l *line) populate() error {
	millis := func() int64 { return time.Now().UnixMilli() }
	kind := sim.New(millis, func(ctx context.Context, until int64) error { <-ctx.Done(); return ctx.Err() },
		sim.Scene{Name: "bench", Open: func(clock func() int64) (*sim.World, sim.Script) { return sim.NewWorld(clock), nil }})
	session, err := kind.OpenSession([]byte(`{"scene":"bench"}`), l.door.Host(l.account, "sim"))
	if err != nil {
		return err
	}
	l.session = &timed{Session: session, called: map[community.ID]time.Time{}}
	for g := range wireGroups {
		members := []sim.Member{{Who: community.Who{ID: session.Self(), Name: "小助手", Role: community.RoleAdmin}}}
		for m := range wireMembers {
			members = append(members, sim.Member{Who: memberOf(g, m)})
		}
		session.World().AddGroup(groupOf(g), fmt.Sprintf("周末徒步%d群", g), members...)
	}
	return nil
}

func groupOf(g int) string { return fmt.Sprintf("wire-%d", g) }

func memberOf(g, m int) community.Who {
	return community.Who{ID: fmt.Sprintf("u-%d-%d", g, m), Name: fmt.Sprintf("山里来的风%d", m), Role: community.RoleMember}
}

func (l *line) run(ctx context.Context) {
	ctx, l.stop = context.WithCancel(ctx)
	l.session.Attach() // what is said before Run begins is heard too
	for _, part := range []func(context.Context) error{l.door.Run, l.runner.Run, l.session.Run} {
		l.ended.Go(func() { _ = part(ctx) }) // each ends with ctx's error
	}
}

func (l *line) close() error {
	l.stop()
	l.ended.Wait()
	return l.house.close()
}

// publish puts the rulebook in force in every group.
func (l *line) publish(ctx context.Context) error {
	if err := l.seen(ctx); err != nil {
		return err
	}
	keys := make([]community.GroupKey, 0, len(l.keys))
	for g := range wireGroups {
		keys = append(keys, l.keys[groupOf(g)])
	}
	return l.house.publish(ctx, keys)
}

// seen lets every group be seen once, so that it has a key.
func (l *line) seen(ctx context.Context) error {
	for g := range wireGroups {
		if _, err := l.session.World().Say(groupOf(g), memberOf(g, 0).ID, "早上好"); err != nil {
			return err
		}
	}
	l.keys = map[string]community.GroupKey{}
	for began := time.Now(); len(l.keys) < wireGroups; {
		if time.Since(began) > 30*time.Second {
			return fmt.Errorf("%d of %d groups were seen after 30 s", len(l.keys), wireGroups)
		}
		if err := pause(ctx, wireTick); err != nil {
			return err
		}
		list, _, err := l.store.For(community.Scope{Org: l.org}).FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: 200}})
		if err != nil {
			return err
		}
		for _, g := range list {
			l.keys[g.External] = g.Key
		}
	}
	return nil
}

// talk lets n frames come at the steady rate and waits until what was decided has gone out.
func (l *line) talk(ctx context.Context, n int) (said int, took time.Duration, err error) {
	began := time.Now()
	for said < n {
		due := min(n, int(time.Since(began).Seconds()*wireRate)+1)
		for said < due {
			ok, err := l.say()
			if err != nil {
				return said, 0, err
			}
			if !ok {
				break // the queue is full: the belt is behind
			}
			said++
		}
		if err := pause(ctx, wireTick); err != nil {
			return said, 0, err
		}
	}
	took = time.Since(began)
	for deadline := time.Now().Add(30 * time.Second); l.behind() > 0 && time.Now().Before(deadline); {
		if err := pause(ctx, wireTick); err != nil {
			return said, took, err
		}
	}
	return said, took, nil
}

func (l *line) say() (bool, error) {
	chance := l.speaker.chance
	g, m := chance.IntN(wireGroups), chance.IntN(wireMembers)
	_, err := l.session.World().Say(groupOf(g), memberOf(g, m).ID, l.speaker.line(rand.N(1000) < hitsIn1000))
	if community.CodeOf(err) == community.CodeBusy {
		return false, nil
	}
	return true, err
}

// behind is how many actions are committed and not called for.
func (l *line) behind() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	return len(l.committed) - len(l.session.called)
}

// waits is the time from commit to call of every action, in milliseconds. It fails when nothing was done or when actions
// never went out: speed without work is no figure.
func (l *line) waits() ([]float64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	var all []float64
	for id, called := range l.session.called {
		if at, ok := l.committed[id]; ok {
			all = append(all, max(0, called.Sub(at).Seconds()*1000))
		}
	}
	if missing := len(l.committed) - len(all); missing > 0 || len(all) == 0 {
		return nil, fmt.Errorf("%d actions went out, %d did not", len(all), missing)
	}
	return all, nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
