// Package app puts the house together: it is the only room that knows everybody. Main and the end-to-end tests both
// start from Open; nothing runs until Run.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // days are cut in zones that the machine may not know

	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect"
	"qunluo/internal/connect/dingtalk"
	"qunluo/internal/connect/discord"
	"qunluo/internal/connect/feishu"
	"qunluo/internal/connect/irc"
	"qunluo/internal/connect/mp"
	"qunluo/internal/connect/onebot"
	"qunluo/internal/connect/satori"
	"qunluo/internal/connect/sim"
	"qunluo/internal/connect/telegram"
	"qunluo/internal/connect/wechaty"
	"qunluo/internal/connect/wecom"
	"qunluo/internal/connect/wecombot"
	"qunluo/internal/connect/wecomhook"
	"qunluo/internal/console"
	"qunluo/internal/engine"
	"qunluo/internal/hold"
	"qunluo/internal/i18n"
	"qunluo/internal/intake"
	"qunluo/internal/jobs"
	"qunluo/internal/llm"
	"qunluo/internal/media"
	"qunluo/internal/policy"
	"qunluo/internal/safehttp"
	"qunluo/internal/scan"
	"qunluo/internal/store"
)

// Options are what a house is built from. Zero values mean: the real clock, no scenes but the simulator's own.
type Options struct {
	Config config.Config
	Held   *hold.Hold // the data directory's lock where the caller has it: it goes with the house; nil = Open takes it
	Log    *slog.Logger
	Clock  func() time.Time
	Scenes []sim.Scene // offered by the simulator
	// Scanner is the command that reads one picture (scan.Verb); nil = our own program.
	Scanner []string
	Dev     bool // development mode: the gallery of the console's kit
	// ModelWithin bounds a call of a language model; 0 = llm.Timeout.
	ModelWithin time.Duration
}

// App is an installed house.
type App struct {
	cfg     config.Config
	log     *slog.Logger
	clock   func() time.Time
	dev     bool
	held    *hold.Hold
	store   *store.Store
	library *policy.Library
	engine  *engine.Engine
	intake  *intake.Intake
	jobs    *jobs.Runner
	wires   *wires
	live    *live
	// tableNews tells whoever shows a shared table that it changed.
	tableNews *tableNews
	project   chan struct{} // wakes the projections
	imports   *imports
	rosters   rosters
	// driftTurns are *sync.Mutex by account: its differences are read or settled by one at a time.
	driftTurns sync.Map
	striking   sync.Mutex // strikes by hand are given one by one
	reaching   sync.Mutex // reaches are tended one by one
	handing    sync.Mutex // carrying out handovers
	pasts      pasts      // what versions of rules changed for members
	asking     sync.Mutex // questions about codes are asked and settled one by one
	sending    sync.Mutex // sends by plan pass the guard one by one
	reading    sync.Mutex // held while a platform is asked for totals of articles: one asks, the others find them told
	words      *i18n.Catalogue
	teller     *teller
	llm        *llm.Client
	gate       *gate
	shelf      *media.Shelf
	scanner    *scan.Reader
	presses    *presses
	batching   sync.Mutex // batches of posters are drawn one after another
	began      int64      // UTC ms
	guests     *guests
	arms       atomic.Pointer[ruleArms] // what rules say two ways now
	served     atomic.Value             // string: where the doors stand, once they are open
	ready      chan struct{}            // closed when Run has started
	stopping   chan struct{}            // closed when Run is told to end: long jobs break off
	spaces     spaces
}

// decider fits the room policy into the belt's table of deciders.
type decider struct{ *policy.Decider }

func (d decider) New(g community.GroupKey) engine.Fold { return d.Decider.New(g) }

func (d decider) Restore(g community.GroupKey, raw []byte) (engine.Fold, error) {
	return d.Decider.Restore(g, raw)
}

// Open takes the lock of the data directory, opens the store and wires the rooms; nothing moves before Run. hold.ErrTaken
// when somebody else writes there: two who keep state of one log in memory would each be wrong.
func Open(ctx context.Context, o Options) (*App, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	held := o.Held
	if held == nil {
		var err error
		if held, err = hold.Take(o.Config.DataDir); err != nil {
			return nil, fmt.Errorf("lock %s: %w", o.Config.DataDir, err)
		}
	}
	words, err := i18n.New()
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	st, err := store.Open(ctx, store.Options{URL: o.Config.Database.URL, DataDir: o.Config.DataDir, Clock: o.Clock})
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	a := &App{
		cfg: o.Config, log: o.Log, clock: o.Clock, dev: o.Dev, held: held, store: st, library: policy.NewLibrary(contents(st)),
		words: words, live: newLive(), tableNews: newTableNews(), presses: newPresses(), project: make(chan struct{}, 1), ready: make(chan struct{}),
		stopping: make(chan struct{}),
	}
	if _, err := st.StopRuns(ctx); err != nil {
		return nil, errors.Join(err, st.Close(), held.Close())
	}
	a.shelf = media.New(filepath.Join(o.Config.DataDir, mediaFolder), st, safehttp.New(o.Config.Notify.Allow), o.Clock, missingPart(words))
	if a.scanner, err = newScanner(o.Scanner); err != nil {
		return nil, errors.Join(err, st.Close(), held.Close())
	}
	a.engine = engine.New(engine.Options{
		Store: st, Clock: o.Clock, Media: a.shelf, Private: o.Config.Intake.PrivateChats,
		Deciders:  []engine.Decider{decider{policy.NewDecider(a.library)}},
		Sessions:  func(k community.AccountKey) connect.Session { return a.wires.session(k) },
		Committed: a.committed, Notice: a.notice, Varies: a.varied, Exclusive: guard{a},
	})
	a.intake = intake.New(a.engine, o.Clock)
	a.jobs = jobs.New(jobs.Options{Store: st, Handlers: a.handlers(), Periodic: periodic(), Clock: o.Clock, Owner: owner(), Log: o.Log})
	a.wires = newWires(a, a.connectors(o.Scenes))
	a.llm = newModelClient(o)
	if a.teller, err = newTeller(a); err != nil {
		return nil, errors.Join(err, st.Close(), held.Close())
	}
	if _, err := a.capabilityKey(ctx); err != nil { // notices are finished within transactions, where none can be made
		return nil, errors.Join(err, st.Close(), held.Close())
	}
	if a.gate, err = newGate(a, o.Config.DataDir); err != nil {
		return nil, errors.Join(err, st.Close(), held.Close())
	}
	a.began = a.millis()
	a.imports = newImports(a, filepath.Join(o.Config.DataDir, "imports"))
	if a.guests, err = newGuests(a); err != nil {
		return nil, errors.Join(err, st.Close(), held.Close())
	}
	if err := a.readRuleArms(ctx); err != nil {
		return nil, errors.Join(err, st.Close(), held.Close())
	}
	return a, nil
}

// contents reads what rulebooks name by its hash.
func contents(st *store.Store) policy.Assets {
	return func(hash string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		return st.Asset(ctx, hash)
	}
}

// connectors is the table of what one may connect, in the order in which pages offer it.
func (a *App) connectors(scenes []sim.Scene) []connect.Connector {
	web := http.DefaultClient
	return []connect.Connector{
		wecom.New(web),
		wecombot.New(web),
		wecomhook.New(web),
		mp.New(web),
		onebot.New(web),
		telegram.New(web),
		discord.New(web),
		feishu.New(web),
		dingtalk.New(web),
		satori.New(web),
		wechaty.New(nil),
		irc.New(nil),
		sim.New(a.millis, a.waitUntil, scenes...),
	}
}

// owner names this process for leases.
func owner() string {
	host, _ := os.Hostname() // an empty host name still leaves the process id
	return host + ":" + strconv.Itoa(os.Getpid()) + ":" + strconv.FormatInt(time.Now().UnixNano(), 36)
}

// Close gives everything back. Run must have ended.
func (a *App) Close() error {
	a.imports.wait()
	return errors.Join(a.engine.Close(), a.store.Close(), a.held.Close())
}

// Store is for those who test the house and for the command line's own needs.
func (a *App) Store() *store.Store { return a.store }

// Engine is the belt.
func (a *App) Engine() *engine.Engine { return a.engine }

// Intake is the belt's door.
func (a *App) Intake() *intake.Intake { return a.intake }

// Imports is how histories come in, and what people bring by hand.
func (a *App) Imports() console.Importer { return a.imports }

// Wires is what is known of connections.
func (a *App) Wires() console.Wires { return a.wires }

// Jobs is the durable work.
func (a *App) Jobs() *jobs.Runner { return a.jobs }

func (a *App) millis() int64 { return a.clock().UnixMilli() }

// waitUntil returns nil once the clock has reached until (UTC ms), or ctx's error.
func (a *App) waitUntil(ctx context.Context, until int64) error {
	for {
		left := time.Duration(min(until-a.millis(), time.Minute.Milliseconds())) * time.Millisecond
		if left <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(left) // at most a minute: a clock that jumps is noticed
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// committed tells whoever waits for news: jobs, projections, open pages.
func (a *App) committed(c engine.Commit) {
	a.jobs.Wake()
	select {
	case a.project <- struct{}{}:
	default:
	}
	a.live.committed(c)
	a.guests.north.Committed()
}

// Run keeps the house working until ctx ends: the belt's door, jobs, projections and connections. The first part that
// fails for good ends all.
func (a *App) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	parts := map[string]func(context.Context) error{
		"intake":      a.intake.Run,
		"jobs":        a.jobs.Run,
		"projections": func(ctx context.Context) error { return a.store.RunProjections(ctx, a.project) },
		"connections": a.wires.run,
		"points":      a.keepPoints,
		"votes":       a.keepVotes,
		"draws":       a.keepDraws,
		"live Q&As":   a.keepLiveQAs,
		"outlets":     a.keepOutlets,
		"rest":        a.keepRest,
		"bots":        a.guests.north.Run,
		"bots to go":  a.guests.outward.Run,
	}
	defer context.AfterFunc(ctx, func() { close(a.stopping) })()
	var wg sync.WaitGroup
	for name, run := range parts {
		wg.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("stopped", "part", name, "err", err)
				stop(err)
			}
		})
	}
	close(a.ready)
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Now is the house's time in UTC milliseconds.
func (a *App) Now() int64 { return a.millis() }
