package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/sim"
	"qunluo/internal/demo"
	"qunluo/internal/engine"
	"qunluo/internal/jobs"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
	"qunluo/internal/store"
)

// Days of history that a demonstration may have.
const (
	spaceLeastDays = 7
	spaceMostDays  = 365
)

// space loads a demonstration beside an organisation, and deletes it.
type space struct {
	app *App
	org community.OrgKey
}

// Space makes the handle of the demonstration beside an organisation.
func (a *App) Space(org community.OrgKey) space { return space{a, org} }

// Now gives the demonstration and what stands in it; community.CodeNotFound: there is none.
func (s space) Now(ctx context.Context) (community.DemoSpace, community.SpaceCounts, error) {
	p, err := s.app.store.Space(ctx, s.org)
	if err != nil {
		return p, community.SpaceCounts{}, err
	}
	c, err := s.app.store.SpaceCounts(ctx, p.Org)
	return p, c, err
}

// Load makes an organisation of its own and asks for the job that tells a history of so many days there (7 to 365). community.CodeConflict:
// there is one that is loaded, or that is being deleted; one whose loading was broken off is begun anew. community.CodeForbidden: this organisation is a demonstration itself, or
// the person is no owner.
func (s space) Load(ctx context.Context, user string, days int, seed uint64) (community.DemoSpace, error) {
	if days < spaceLeastDays || days > spaceMostDays {
		return community.DemoSpace{}, community.Errorf(community.CodeBadInput, "days: %d, want %d to %d", days, spaceLeastDays, spaceMostDays)
	}
	if err := s.owner(ctx, user); err != nil {
		return community.DemoSpace{}, err
	}
	if p, err := s.app.store.Space(ctx, s.org); err == nil && (p.State == community.SpaceLoading || p.State == community.SpaceClearing) {
		err := s.app.store.AddJob(ctx, store.Job{Kind: store.JobSpaceLoad, Key: strconv.FormatInt(int64(p.Org), 10), RunAt: s.app.millis()})
		s.app.jobs.Wake()
		return p, err // it was broken off: begun anew
	}
	p, err := s.app.store.AddSpace(ctx, demoName, community.DemoSpace{Home: s.org, User: user, Days: days, Seed: seed}, community.Audit{User: user})
	switch community.CodeOf(err) {
	case community.CodeConflict:
		err = connect.Trouble(community.CodeConflict, "已经有一个演示空间了：先删除它，才能再载入一次。", "There is a demo space already: delete it before another is loaded.")
	case community.CodeForbidden:
		err = connect.Trouble(community.CodeForbidden, "演示空间里不能再载入演示数据。", "Demo data cannot be loaded inside the demo space.")
	}
	if err == nil {
		s.app.jobs.Wake()
	}
	return p, err
}

// Delete closes the demonstration at once and asks for the job that deletes it whole. community.CodeNotFound: there is none.
func (s space) Delete(ctx context.Context, user, reason string) error {
	if err := s.owner(ctx, user); err != nil {
		return err
	}
	if err := s.app.store.LeaveSpace(ctx, s.org, community.Audit{User: user, Reason: reason}); err != nil {
		return err
	}
	s.app.wires.look()
	s.app.jobs.Wake()
	return nil
}

// spaces is what the process knows of a demonstration: one at a time is loaded or deleted.
type spaces struct {
	turn sync.Mutex

	mu    sync.Mutex
	world *sim.World // of the demonstration that was loaded here; nil = it is made from what is stored
	of    community.OrgKey
}

// spaceJob finds the demonstration that a job is about; nil when it is gone.
func (a *App) spaceJob(ctx context.Context, j store.Job) (*community.DemoSpace, error) {
	org, err := strconv.ParseInt(j.Key, 10, 64)
	if err != nil {
		return nil, err
	}
	p, err := a.store.SpaceOf(ctx, community.OrgKey(org))
	if community.CodeOf(err) == community.CodeNotFound {
		return nil, nil
	}
	return &p, err
}

// stopped is the context of work that a job does for minutes: it ends when the house is to stop. The job is then done anew after the start.
func (a *App) stopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		select {
		case <-a.stopping:
			stop()
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}

// anew is the error of work that the end of the house broke off.
type anew struct{ at int64 }

func (anew) Error() string      { return "the house stops: begun anew after the next start" }
func (e anew) LaterThan() int64 { return e.at }

// spaceEnd notes why work on a demonstration stopped, unless the house stops.
func (a *App) spaceEnd(ctx context.Context, org community.OrgKey, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return anew{a.millis()}
	}
	return errors.Join(err, a.store.SpaceTrouble(ctx, org, err.Error()))
}

// loadSpace tells the history. What an earlier try left half told is deleted first: a story is told whole or from the beginning.
func (a *App) loadSpace(ctx context.Context, j store.Job) error {
	a.spaces.turn.Lock()
	defer a.spaces.turn.Unlock()
	p, err := a.spaceJob(ctx, j)
	if err != nil || p == nil || p.State != community.SpaceLoading && p.State != community.SpaceClearing {
		return err
	}
	ctx, stop := a.stopped(ctx)
	defer stop()
	return a.spaceEnd(ctx, p.Org, a.tellSpace(ctx, *p))
}

func (a *App) tellSpace(ctx context.Context, p community.DemoSpace) error {
	if begun, err := a.store.Users(ctx, p.Org); err != nil {
		return err
	} else if len(begun) > 0 || p.State == community.SpaceClearing { // the visitor is made first and goes last
		if err := a.store.BeginSpace(ctx, p.Org, true); err != nil {
			return err
		}
		if err := a.clearSpace(ctx, p, a.store.ClearSpace); err != nil {
			return err
		}
		if err := a.store.BeginSpace(ctx, p.Org, false); err != nil {
			return err
		}
	}
	s, err := a.newSpaceStage(p)
	if err != nil {
		return err
	}
	s.o.Progress = a.spaceProgress(ctx, p.Org, s)
	if err := s.tell(ctx); err != nil {
		return err
	}
	if err := s.app.engine.Close(); err != nil {
		return err
	}
	if p, err = a.store.SpaceOf(ctx, p.Org); err != nil || p.State != community.SpaceLoading {
		return err // somebody deletes it already
	}
	s.session.Detach()
	s.clock.release(a.clock)
	if err := a.store.SpaceReady(ctx, p.Org); err != nil {
		return err
	}
	a.wires.look()
	a.jobs.Wake()
	return nil
}

// seldom is what is only shown, and therefore written down twice a second at most.
type seldom struct{ last time.Time }

func (s *seldom) due() bool {
	now := time.Now()
	if now.Sub(s.last) <= 500*time.Millisecond {
		return false
	}
	s.last = now
	return true
}

// spaceProgress notes how far the story is, twice a second at most, and ends it when somebody deletes it meanwhile.
func (a *App) spaceProgress(ctx context.Context, org community.OrgKey, s *stage) func(string, int64, int64) {
	var shown seldom
	return func(label string, done, of int64) {
		if shown.due() || done == of {
			if p, err := a.store.SpaceOf(ctx, org); err == nil && p.State != community.SpaceLoading {
				s.end = errSpaceClosed
				return
			}
			_ = a.store.SpaceProgress(ctx, org, label, done, of) // only shown
		}
	}
}

var errSpaceClosed = errors.New("the demonstration is being deleted")

// clearSpace deletes rows with the belt's memory of their groups, and shows how far it is.
func (a *App) clearSpace(ctx context.Context, p community.DemoSpace, clear func(context.Context, community.OrgKey, func(string, int64)) (int64, error)) error {
	groups, err := a.store.OrgGroups(ctx, p.Org)
	if err != nil {
		return err
	}
	a.engine.Drop(groups)
	batches, err := a.store.BatchesOf(ctx, p.Org)
	if err != nil {
		return err
	}
	for _, id := range batches { // files of the shelf without a row go by themselves, within hours
		if err := errors.Join(os.RemoveAll(a.batchDir(id)), os.RemoveAll(a.batchFile(id))); err != nil {
			return err
		}
	}
	var shown seldom
	_, err = clear(ctx, p.Org, func(table string, rows int64) {
		if shown.due() {
			_ = a.store.SpaceProgress(ctx, p.Org, table, rows, 0) // only shown
		}
	})
	return err
}

// leaveSpace deletes a closed demonstration whole. It goes on where an earlier try stopped.
func (a *App) leaveSpace(ctx context.Context, j store.Job) error {
	a.spaces.turn.Lock()
	defer a.spaces.turn.Unlock()
	p, err := a.spaceJob(ctx, j)
	if err != nil || p == nil {
		return err
	}
	ctx, stop := a.stopped(ctx)
	defer stop()
	a.wires.shut(p.Org)
	if err = a.quietSpace(ctx, p.Org); err == nil {
		err = a.clearSpace(ctx, *p, a.store.DeleteSpace)
	}
	a.spaces.mu.Lock()
	a.spaces.world = nil
	a.spaces.mu.Unlock()
	return a.spaceEnd(ctx, p.Org, err)
}

// quietFor is how long jobs that run get to end.
const quietFor = 20 * time.Second

// quietSpace waits until no job of an organisation runs; none that waits is begun.
func (a *App) quietSpace(ctx context.Context, org community.OrgKey) error {
	for until := time.Now().Add(quietFor); ; {
		running, err := a.store.StopJobs(ctx, org)
		if err != nil || running == 0 || time.Now().After(until) {
			return err
		}
		timer := time.NewTimer(100 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// newSpaceStage is the stage of a demonstration beside others: the same story, by a clock of its own, through a belt and with jobs that know
// no other organisation, and over the same database.
func (a *App) newSpaceStage(p community.DemoSpace) (*stage, error) {
	s := emptyStage(DemoOptions{Days: p.Days, Seed: p.Seed, Speed: 1, Log: a.log}, rand.Text())
	s.space, s.until, s.catchUp = &p, a.millis, a.store.CatchUp
	aside := &App{
		cfg: a.cfg, log: a.log, clock: s.clock.now, store: a.store.Aside(s.clock.now, p.Org), library: a.library, words: a.words,
		live: newLive(), tableNews: newTableNews(), presses: newPresses(), project: a.project, ready: make(chan struct{}), stopping: a.stopping,
		shelf: a.shelf, scanner: a.scanner, llm: a.llm, gate: a.gate, guests: a.guests, imports: a.imports,
	}
	aside.cfg.Server.PublicURL = "" // nobody outside is told an address
	var err error
	if aside.teller, err = newTeller(aside); err != nil {
		return nil, err
	}
	aside.engine = engine.New(engine.Options{
		Store: aside.store, Clock: s.clock.now, Media: a.shelf, Deciders: []engine.Decider{decider{policy.NewDecider(a.library)}},
		Sessions:  func(k community.AccountKey) connect.Session { return aside.wires.session(k) },
		Committed: aside.committed, Notice: aside.notice, Varies: aside.varied, Exclusive: guard{aside},
	})
	aside.jobs = jobs.New(jobs.Options{Store: aside.store, Handlers: aside.handlers(), Clock: s.clock.now, Owner: owner(), Log: a.log})
	aside.wires = newWires(aside, []connect.Connector{a.spaceConnector(p, aside)})
	s.app = aside
	a.spaces.mu.Lock()
	a.spaces.world, a.spaces.of = s.world, p.Org
	a.spaces.mu.Unlock()
	return s, nil
}

// spaceConnector is the only connection that a demonstration has: the simulator, with the story's own world as its first scene.
func (a *App) spaceConnector(p community.DemoSpace, by *App) *sim.Connector {
	scene := demoScene(p.Seed, func(clock func() int64) *sim.World { return a.spaceWorld(p, clock) })
	return sim.New(by.millis, by.waitUntil, append([]sim.Scene{scene}, sim.Scenes()...)...)
}

// spaceWorld is where the demonstration's groups go on: the world in which its history was told, or after a start one with the groups and
// members that are stored.
func (a *App) spaceWorld(p community.DemoSpace, clock func() int64) *sim.World {
	a.spaces.mu.Lock()
	defer a.spaces.mu.Unlock()
	if a.spaces.world != nil && a.spaces.of == p.Org {
		return a.spaces.world
	}
	w := sim.NewWorld(clock)
	if err := a.peopleWorld(p.Org, w); err != nil {
		a.log.Warn("the groups of the demonstration", "err", err)
		return w // made anew when the connection is opened again
	}
	a.spaces.world, a.spaces.of = w, p.Org
	return w
}

// peopleWorld puts the stored groups with those who are there now into a world.
func (a *App) peopleWorld(org community.OrgKey, w *sim.World) error {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	desk := a.store.For(community.Scope{Org: org})
	groups, _, err := desk.FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	for _, g := range groups {
		w.AddGroup(g.External, g.Name)
		f := community.MemberFilter{Group: g.Key, Page: community.Page{Limit: 200}}
		for {
			list, total, err := desk.FindMembers(ctx, f)
			if err != nil {
				return err
			}
			for _, m := range list {
				if m.LeftAt == 0 {
					who := community.Who{ID: m.External, Name: m.Name, Card: m.Card, Role: m.Role}
					if m.External == demo.Bot().ID {
						who.Role = community.RoleAdmin
					}
					w.AddGroup(g.External, g.Name, sim.Member{Who: who, Bot: m.Bot})
				}
			}
			if f.Page.Offset += len(list); len(list) == 0 || f.Page.Offset >= total {
				break
			}
		}
	}
	return nil
}

// foundSpace makes the person through whom a real owner looks at the demonstration: nobody knows their password, and nobody can sign in as
// them. The organisation is there already.
func (s *stage) foundSpace(ctx context.Context) (err error) {
	s.org = s.space.Org
	u := s.visitor()
	s.owner, err = s.app.store.SaveUser(ctx, s.space.User, u, "")
	if community.CodeOf(err) == community.CodeConflict {
		u.Login = "demo-" + rand.Text()[:6]
		s.owner, err = s.app.store.SaveUser(ctx, s.space.User, u, "")
	}
	if err != nil {
		return fmt.Errorf("visitor: %w", err)
	}
	return nil
}

// Await waits until the demonstration is loaded or gone, whichever was asked for. here: no jobs run in this process, so that the work is done
// by the caller. An error of the work is the caller's; it can be asked for again.
func (s space) Await(ctx context.Context, here bool, progress func(label string, done, of int64)) error {
	ended := make(chan error, 1)
	if here {
		p, err := s.app.store.Space(ctx, s.org)
		if err != nil {
			return err
		}
		work := s.app.loadSpace
		if p.State == community.SpaceLeaving {
			work = s.app.leaveSpace
		}
		go func() { ended <- work(ctx, store.Job{Key: strconv.FormatInt(int64(p.Org), 10)}) }()
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return errors.Join(err, ctx.Err())
		case <-tick.C:
		}
		p, err := s.app.store.Space(context.WithoutCancel(ctx), s.org)
		switch {
		case here: // the work itself says when it has ended
		case community.CodeOf(err) == community.CodeNotFound || err == nil && p.State == community.SpaceReady:
			return nil
		case err != nil:
			return err
		case p.Error != "":
			return fmt.Errorf("it stopped and will be tried again: %s", p.Error)
		case ctx.Err() != nil:
			return ctx.Err() // the job goes on
		}
		if err == nil && p.Step != "" {
			progress(p.Step, p.Done, p.Total)
		}
	}
}

// owner refuses whoever is no owner: a demonstration takes the machine's time, and its pages look like real ones.
func (s space) owner(ctx context.Context, user string) error {
	id, err := community.ParseID(user)
	if err != nil {
		return nil // the command line
	}
	u, err := s.app.store.UserByID(ctx, id)
	if err != nil {
		return err
	}
	if u.Org != s.org || rights.Of(u).Role != rights.Owner {
		return connect.Trouble(community.CodeForbidden, "只有所有者能载入、进入和删除演示空间。", "Only owners load, enter and delete the demo space.")
	}
	return nil
}

// Visitor gives the person as whom an owner looks at the demonstration. community.CodeNotFound: there is none, or it is not open.
func (s space) Visitor(ctx context.Context) (community.User, error) {
	return s.app.store.SpaceVisitor(ctx, s.org)
}

// Enter is Visitor with a row in the audit trails of both organisations. community.CodeForbidden: only owners may.
func (s space) Enter(ctx context.Context, person community.User) (community.User, error) {
	if err := s.owner(ctx, person.ID.String()); err != nil {
		return community.User{}, err
	}
	u, err := s.Visitor(ctx)
	if err != nil {
		return u, err
	}
	return u, s.app.store.NoteVisit(ctx, person, u, "demo.enter")
}

// Back notes that an owner comes back. It is so even where the demonstration is gone meanwhile.
func (s space) Back(ctx context.Context, person community.User) error {
	u, err := s.Visitor(ctx)
	if err != nil && community.CodeOf(err) != community.CodeNotFound {
		return err
	}
	return s.app.store.NoteVisit(ctx, person, u, "demo.leave")
}
