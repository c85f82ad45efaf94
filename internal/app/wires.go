package app

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console"
)

// wires keeps the connections alive: one session per enabled account, reopened when its settings change.
type wires struct {
	app   *App
	kinds []connect.Connector
	again chan struct{} // look at the accounts now
	begun chan struct{} // closed when the sessions had time to begin: who calls before that waits
	begin func()        // closes begun, once

	beside sync.WaitGroup // small work that a report started

	mu   sync.Mutex
	open map[community.AccountKey]*wire
}

// wire is one account's session.
type wire struct {
	account community.Account
	session connect.Session
	stop    context.CancelFunc
	done    chan struct{}
}

func newWires(a *App, kinds []connect.Connector) *wires {
	begun := make(chan struct{})
	return &wires{app: a, kinds: kinds, again: make(chan struct{}, 1), begun: begun, begin: sync.OnceFunc(func() { close(begun) }), open: map[community.AccountKey]*wire{}}
}

// lookEach is how often the accounts are compared with what runs, besides being told.
const lookEach = 5 * time.Second

// hearEach is how often it is noted which accounts hear their groups, in milliseconds.
const hearEach = 30_000

// reopenPause is how long a session that ended by itself rests, so that bad settings do not spin.
const reopenPause = 15 * time.Second

func (w *wires) run(ctx context.Context) error {
	defer w.closeAll()
	first := true
	heard := int64(0)
	for {
		if now := w.app.millis(); now-heard >= hearEach {
			if err := w.heard(ctx); err != nil && ctx.Err() == nil {
				w.app.log.Warn("note who hears", "err", err)
			}
			heard = now
		}
		if err := w.reconcile(ctx); err != nil && ctx.Err() == nil {
			w.app.log.Warn("look at accounts", "err", err)
		}
		if first {
			first = false
			defer time.AfterFunc(beginWithin, w.begin).Stop()
		}
		timer := time.NewTimer(lookEach)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-w.again:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// beginWithin is how long sessions get to begin before a platform's call is answered; callWaits is how long a call waits for that. A call
// that came while the program was started anew must not find the house without its connections.
const (
	beginWithin = 100 * time.Millisecond
	callWaits   = 3 * time.Second
)

// look asks for a comparison now.
func (w *wires) look() {
	select {
	case w.again <- struct{}{}:
	default:
	}
}

// reconcile opens what should run, closes what should not, reopens what changed.
func (w *wires) reconcile(ctx context.Context) error {
	accounts, err := w.app.store.AllAccounts(ctx)
	if err != nil {
		return err
	}
	want := map[community.AccountKey]community.Account{}
	for _, a := range accounts {
		if a.Enabled {
			want[a.Key] = a
		}
	}
	for key, one := range w.running() {
		if a, ok := want[key]; !ok || string(a.Settings) != string(one.account.Settings) {
			w.close(key)
		}
	}
	running := w.running()
	for key, a := range want {
		if running[key] == nil {
			w.start(ctx, a)
		}
	}
	return nil
}

func (w *wires) running() map[community.AccountKey]*wire {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[community.AccountKey]*wire, len(w.open))
	for k, v := range w.open {
		all[k] = v
	}
	return all
}

// start opens an account's session. Settings that do not open are reported as the connection's health.
func (w *wires) start(ctx context.Context, a community.Account) {
	kind := w.kindOf(ctx, a)
	host := &tellingHost{Host: w.app.intake.Host(a.Key, string(a.Platform)), app: w.app, account: a.Key}
	if kind == nil {
		host.Report(connect.Health{State: "failed", Code: community.CodeUnsupported, Detail: "no connector " + a.Connector})
		return
	}
	host.unofficial = kind.Info().Unofficial
	session, err := kind.Open(ctx, a.Settings, host)
	if err != nil {
		host.Report(connect.Health{State: "failed", Code: community.CodeOf(err), Detail: err.Error()})
		return
	}
	ctx, stop := context.WithCancel(ctx)
	one := &wire{account: a, session: session, stop: stop, done: make(chan struct{})}
	w.mu.Lock()
	w.open[a.Key] = one
	w.mu.Unlock()
	go func() {
		defer close(one.done)
		w.keep(ctx, one, host)
	}()
}

// keep runs a session; one that ends by itself is started again after a rest.
func (w *wires) keep(ctx context.Context, one *wire, host connect.Host) {
	for ctx.Err() == nil {
		err := one.session.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		detail := "ended"
		if err != nil {
			detail = err.Error()
		}
		host.Report(connect.Health{State: "failed", Code: community.CodeOf(err), Detail: detail})
		timer := time.NewTimer(reopenPause)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

func (w *wires) close(key community.AccountKey) {
	w.mu.Lock()
	one := w.open[key]
	delete(w.open, key)
	w.mu.Unlock()
	if one != nil {
		one.stop()
		<-one.done
	}
}

func (w *wires) closeAll() {
	for key := range w.running() {
		w.close(key)
	}
	w.beside.Wait()
}

func (w *wires) kind(name string) connect.Connector {
	for _, k := range w.kinds {
		if k.Info().Name == name {
			return k
		}
	}
	return nil
}

// kindOf is what opens an account: in a demonstration, whatever the account says, only the simulator with its story; nil = nothing does.
func (w *wires) kindOf(ctx context.Context, a community.Account) connect.Connector {
	p, err := w.app.store.SpaceOf(ctx, a.Org)
	switch {
	case community.CodeOf(err) == community.CodeNotFound:
		return w.kind(a.Connector)
	case err != nil || a.Connector != "sim":
		return nil
	}
	return w.app.spaceConnector(p, w.app)
}

// shut ends the sessions of an organisation's accounts.
func (w *wires) shut(org community.OrgKey) {
	for key, one := range w.running() {
		if one.account.Org == org {
			w.close(key)
		}
	}
}

// session is an account's living session; nil when there is none.
func (w *wires) session(key community.AccountKey) connect.Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.open[key]; one != nil {
		return one.session
	}
	return nil
}

// tellingHost passes health on to open pages, and has the groups read when the account comes online. What an unofficial
// gateway says is marked as such.
type tellingHost struct {
	connect.Host
	app        *App
	account    community.AccountKey
	unofficial bool
}

func (h *tellingHost) Receive(ctx context.Context, in ...connect.Inbound) error {
	for i := range in {
		in[i].Unofficial = h.unofficial
	}
	return h.Host.Receive(ctx, in...)
}

func (h *tellingHost) Report(st connect.Health) {
	before := h.app.intake.Health(h.account).State
	h.Host.Report(st)
	h.app.wires.beside.Go(func() { // reporting never blocks
		if err := h.noticed(context.Background(), st, before); err != nil {
			h.app.log.Warn("note the state of an account", "account", h.account, "err", err)
		}
	})
	if st.State == "online" && before != "online" {
		h.app.wires.beside.Go(func() { // reporting never blocks
			if err := h.app.askReconcile(context.Background(), h.account); err != nil {
				h.app.log.Warn("ask for a reading", "account", h.account, "err", err)
			}
		})
	}
	h.app.live.tell(console.Change{Kind: "health"})
}

// Keep stores a small thing for the account's session.
func (h *tellingHost) Keep(ctx context.Context, name string, value json.RawMessage) error {
	return h.app.store.PutNote(ctx, h.account, name, value)
}

// Kept reads back what the account's session stored.
func (h *tellingHost) Kept(ctx context.Context, prefix string) (map[string]json.RawMessage, error) {
	return h.app.store.Notes(ctx, h.account, prefix)
}

var _ connect.Keeper = (*tellingHost)(nil)

// Kinds lists the connectors one may add.
func (w *wires) Kinds() []connect.Info {
	infos := make([]connect.Info, len(w.kinds))
	for i, k := range w.kinds {
		infos[i] = k.Info()
	}
	return infos
}

// nowhere is a host for settings that are only being checked.
type nowhere struct{}

func (nowhere) Receive(context.Context, ...connect.Inbound) error { return nil }
func (nowhere) Report(connect.Health)                             {}

// Check says whether settings are good for a connector.
func (w *wires) Check(ctx context.Context, name string, settings json.RawMessage) error {
	kind := w.kind(name)
	if kind == nil {
		return community.Errorf(community.CodeBadInput, "connector: no %q", name)
	}
	_, err := kind.Open(ctx, settings, nowhere{})
	return err
}

// Health of an account; State "" when it is not running.
func (w *wires) Health(a community.AccountKey) connect.Health { return w.app.intake.Health(a) }

// Abilities of an account in a group; g = 0: in general.
func (w *wires) Abilities(ctx context.Context, a community.AccountKey, g community.GroupKey) (connect.Abilities, error) {
	s := w.session(a)
	if s == nil {
		return w.declared(ctx, a)
	}
	if g == 0 {
		return s.Abilities(""), nil
	}
	external, err := w.app.store.GroupExternal(ctx, g)
	if err != nil {
		return connect.Abilities{}, err
	}
	return s.Abilities(external), nil
}

// declared is what a connector claims while no session of it runs.
func (w *wires) declared(ctx context.Context, key community.AccountKey) (connect.Abilities, error) {
	accounts, err := w.app.store.AllAccounts(ctx)
	if err != nil {
		return connect.Abilities{}, err
	}
	for _, a := range accounts {
		if kind := w.kind(a.Connector); a.Key == key && kind != nil {
			return kind.Info().Defaults, nil
		}
	}
	return connect.Abilities{}, community.Errorf(community.CodeNotFound, "account %d: not found", key)
}

// testLimit bounds how long a test may take.
const testLimit = 10 * time.Second

// Test asks the platform which groups the account is in.
func (w *wires) Test(ctx context.Context, a community.AccountKey) ([]community.Ref, error) {
	ctx, stop := context.WithTimeout(ctx, testLimit)
	defer stop()
	s := w.session(a)
	if s == nil {
		return nil, community.Errorf(community.CodeUnreachable, "the connection is not running")
	}
	lister, ok := s.(connect.GroupLister)
	if !ok {
		return nil, community.Errorf(community.CodeUnsupported, "the platform does not list groups")
	}
	return lister.Groups(ctx)
}

// ServeHTTP hands calls of platforms to the session they are meant for: /connect/<account id>/…
func (w *wires) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/connect/"), "/")
	id, err := community.ParseID(name)
	if err != nil {
		http.NotFound(rw, r)
		return
	}
	late := time.NewTimer(callWaits)
	defer late.Stop()
	select {
	case <-w.begun:
	case <-late.C:
	case <-r.Context().Done():
	}
	for _, one := range w.running() {
		receiver, ok := one.session.(connect.HTTPReceiver)
		if ok && one.account.ID == id {
			receiver.ServeConnect(rw, r)
			return
		}
	}
	http.NotFound(rw, r)
}

// adopt lets a session that somebody else drives carry out an account's actions.
func (w *wires) adopt(a community.Account, s connect.Session) {
	done := make(chan struct{})
	close(done)
	w.begin()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[a.Key] = &wire{account: a, session: s, stop: func() {}, done: done}
}

// release lets an adopted session go; the account is then opened as any other.
func (w *wires) release(key community.AccountKey) { w.close(key) }
