package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/console"
	"qunluo/internal/h5"
	"qunluo/internal/httpd"
	"qunluo/internal/mcp"
)

// Version is the program's version.
const Version = "0.1.0"

// Doors say what the doors of a running house look like.
type Doors struct {
	Demo bool
	Hint string // shown under the sign-in form of a demo
	// Listen opens the socket of a door (httpd.ConsoleDoor, httpd.LocalDoor), or finds the one it was given; nil = opens it.
	Listen func(door, address string) (net.Listener, error)
}

// maxFrame bounds what a platform may post, in bytes (trust.md §7).
const maxFrame = 1 << 20

// Needs lists every route of the console with the powers that it takes.
func (a *App) Needs() []console.Need { return console.Needs(a.consoleDeps(Doors{})) }

// consoleDeps is everything that the console is given.
func (a *App) consoleDeps(d Doors) console.Deps {
	return console.Deps{
		For: func(org community.OrgKey, groups []community.GroupKey) console.Desk {
			return a.store.For(community.Scope{Org: org, Groups: groups})
		},
		HandsFor:  func(org community.OrgKey, groups []community.GroupKey) console.Hands { return a.Hands(org, groups) },
		Figures:   func(org community.OrgKey, groups []community.GroupKey) console.Figures { return a.Figures(org, groups) },
		Plans:     func(org community.OrgKey, groups []community.GroupKey) console.Plans { return a.Plans(org, groups) },
		Duty:      func(org community.OrgKey, groups []community.GroupKey) console.Duty { return a.Duty(org, groups) },
		Phones:    phones{a},
		Reach:     a.reachOf,
		Tagged:    a.taggedOf,
		Tags:      func(org community.OrgKey, groups []community.GroupKey) console.Tags { return a.Tags(org, groups) },
		Beginning: func(org community.OrgKey) console.Beginning { return a.Beginning(org) },
		Today:     func(org community.OrgKey, groups []community.GroupKey) console.Today { return a.Today(org, groups) },
		People:    a.store, Sessions: a.store, Wires: a.wires, Books: books{a}, Importer: a.imports, Live: a.live,
		Calendars: func(org community.OrgKey, groups []community.GroupKey) console.Calendars {
			return a.Calendars(org, groups)
		},
		Gate: a.gate, Veil: a.Veil(),
		BotsFor:  func(org community.OrgKey, groups []community.GroupKey) console.Bots { return a.Hands(org, groups) },
		HooksFor: func(org community.OrgKey, groups []community.GroupKey) console.Hooks { return a.Hands(org, groups) },
		Clock:    a.clock, Log: a.log, Insecure: a.cfg.Server.Insecure, Loopback: a.loopbackOnly(), Dev: a.dev, Demo: d.Demo, DemoHint: d.Hint,
		Codes:    func(org community.OrgKey, groups []community.GroupKey) console.Codes { return a.Codes(org, groups) },
		Leads:    func(org community.OrgKey, groups []community.GroupKey) console.Leads { return a.Leads(org, groups) },
		Overlaps: func(org community.OrgKey, groups []community.GroupKey) console.Overlaps { return a.Codes(org, groups) },
		Moments:  func(org community.OrgKey) console.Moments { return a.Moments(org) },
		Articles: func(org community.OrgKey) console.Articles { return a.Articles(org) },
		Words:    func(org community.OrgKey, groups []community.GroupKey) console.Wordlists { return a.Words(org, groups) },
		Shorts:   func(org community.OrgKey, groups []community.GroupKey) console.Shorts { return a.Shorts(org, groups) },
		Persons:  func(org community.OrgKey, groups []community.GroupKey) console.Persons { return a.Persons(org, groups) },
		Standbys: func(org community.OrgKey, groups []community.GroupKey) console.Standbys {
			return a.Standbys(org, groups)
		},
		Drifts: func(org community.OrgKey, groups []community.GroupKey) console.Drifts { return a.Drifts(org, groups) },
		Appeals: func(org community.OrgKey, groups []community.GroupKey) console.Appeals {
			return a.Appeals(org, groups)
		},
		Blocklists: func(org community.OrgKey, groups []community.GroupKey) console.Blocklists {
			return a.Blocklists(org, groups)
		},
		Growths: func(org community.OrgKey, groups []community.GroupKey) console.Growths { return a.Figures(org, groups) },
		Foundings: func(org community.OrgKey, groups []community.GroupKey) console.Foundings {
			return a.Foundings(org, groups)
		},
		Digests: func(org community.OrgKey, groups []community.GroupKey) console.Digests { return a.Digests(org, groups) },
		Libraries: func(org community.OrgKey, groups []community.GroupKey) console.Libraries {
			return a.Libraries(org, groups)
		},
		Drafts: func(org community.OrgKey, groups []community.GroupKey) console.Drafts {
			return a.Manuscripts(org, groups)
		},
		Essences: func(org community.OrgKey, groups []community.GroupKey) console.Essences {
			return a.Essences(org, groups)
		},
		Tables:  func(org community.OrgKey, groups []community.GroupKey) console.Tables { return a.Tables(org, groups) },
		LiveQAs: func(org community.OrgKey, groups []community.GroupKey) console.LiveQAs { return a.LiveQAs(org, groups) },
		Draws:   func(org community.OrgKey, groups []community.GroupKey) console.Draws { return a.Draws(org, groups) },
		Mornings: func(org community.OrgKey, groups []community.GroupKey) console.Mornings {
			return a.Mornings(org, groups)
		},
		Weeklies: func(org community.OrgKey, groups []community.GroupKey) console.Weeklies {
			return a.Weeklies(org, groups)
		},
		Comparisons: func(org community.OrgKey, groups []community.GroupKey) console.Comparisons {
			return a.Figures(org, groups)
		},
		Payments: func(org community.OrgKey, groups []community.GroupKey) console.Payments {
			return a.Payments(org, groups)
		},
		Experiments: func(org community.OrgKey, groups []community.GroupKey) console.Experiments {
			return a.Experiments(org, groups)
		},
		Posters: func(org community.OrgKey, groups []community.GroupKey) console.Posters {
			return a.Posters(org, groups)
		},
		Points: func(org community.OrgKey, groups []community.GroupKey) console.Points { return a.Points(org, groups) },
		Goals:  func(org community.OrgKey, groups []community.GroupKey) console.Goals { return a.Goals(org, groups) },
		Tiers:  func(org community.OrgKey, groups []community.GroupKey) console.Tiers { return a.Tiers(org, groups) },
		Votes:  func(org community.OrgKey, groups []community.GroupKey) console.Votes { return a.Votes(org, groups) },
		Bulks:  func(org community.OrgKey, groups []community.GroupKey) console.Bulks { return a.Bulks(org, groups) },
		Shields: func(org community.OrgKey, groups []community.GroupKey) console.Shields {
			return a.Shields(org, groups)
		},
		Charters: func(org community.OrgKey, groups []community.GroupKey) console.Charters {
			return a.Charters(org, groups)
		},
		Reports: func(org community.OrgKey, groups []community.GroupKey) console.Reports {
			return a.Reports(org, groups)
		},
		Cases: func(org community.OrgKey, groups []community.GroupKey) console.Cases { return a.Cases(org, groups) },
		Suggests: func(org community.OrgKey, groups []community.GroupKey) console.Suggests {
			return a.Suggests(org, groups)
		},
		Lab: func(org community.OrgKey, groups []community.GroupKey) console.Lab { return a.Lab(org, groups) },
		Handovers: func(org community.OrgKey, groups []community.GroupKey) console.Handovers {
			return a.Handovers(org, groups)
		},
		Version: Version, PublicURL: a.cfg.Server.PublicURL,
		Tokens:  func(org community.OrgKey) console.Tokens { return a.Tokens(org) },
		Outlets: func(org community.OrgKey) console.Outlets { return a.Outlets(org) },
		Models:  func(org community.OrgKey, groups []community.GroupKey) console.Models { return a.Models(org, groups) },
		Spaces:  func(org community.OrgKey) console.Spaces { return a.Space(org) },
		IsDemo:  a.store.IsDemo,
	}
}

// Handler is the public door: the console, and what platforms call.
func (a *App) Handler(d Doors) (http.Handler, error) {
	deps := a.consoleDeps(d)
	pages, err := console.New(deps)
	if err != nil {
		return nil, err
	}
	public, err := h5.New(h5.Deps{Codes: landings{a}, Showcase: showcase{a}, Appeals: defence{a}, Charters: rulesPages{a}, Reports: whistle{a}, Tiers: mirrorPages{a}, Votes: booth{a}, Tables: sharedPages{a}, Draws: urn{a}, LiveQAs: studio{a}, Posters: handouts{a}, Exits: exits{a}, Items: landings{a}, Sheets: landings{a}, Secure: !a.cfg.Server.Insecure && !a.loopbackOnly(), Words: a.words, Clock: a.clock, Log: a.log})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle("/j/", public)
	mux.Handle("/l/", public)
	mux.Handle("/f/", public)
	mux.Handle("/i/", public)
	mux.Handle("/d/", public)
	mux.Handle("/a/", public)
	mux.Handle("/g/", public)
	mux.Handle("/y/", public)
	mux.Handle("/r/", public)
	mux.Handle("/s/", public)
	mux.Handle("/t/", public)
	mux.Handle("/v/", public)
	mux.Handle("/q/", public)
	mux.Handle("/p/", public)
	mux.Handle("/draw/", public)
	mux.Handle("/live", pages) // the console's stream; what lies below is public
	mux.Handle("/live/", public)
	mux.Handle("/h5/", public)
	programs := lazily(func() http.Handler { return a.programs(deps) })
	mux.Handle("/api/", programs)
	mux.Handle("/mcp", httpd.Headers(mcp.Handler(programs, Version)))
	mux.Handle("/abilities", public)
	mux.Handle("/abilities/", public)
	mux.HandleFunc(blocklistPath, a.handOut)
	mux.Handle("/connect/", httpd.Steady(httpd.MaxBody(maxFrame, a.wires)))
	a.guests.mount(mux)
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "服务器内部错误，请稍后再试。Something broke inside; please try again. "+httpd.RequestID(r.Context()), http.StatusInternalServerError)
	})
	return httpd.Edge(a.log, a.cfg.Server.TrustedProxies, broken, mux), nil
}

// lazily is a handler that is made when the first asks for it: describing every operation to programs takes ten megabytes, and many a
// house has none.
func lazily(made func() http.Handler) http.Handler {
	made = sync.OnceValue(made)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { made().ServeHTTP(w, r) })
}

// Local is the second listener's handler: health and metrics.
func (a *App) Local() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	counts := a.intake.Counts()
	for name, read := range map[string]func() int64{
		"received": counts.Received.Load, "repeated": counts.Repeated.Load, "private": counts.Private.Load,
		"bad": counts.Bad.Load, "second_account": counts.Second.Load,
	} {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "qunluo_intake_" + name + "_total", Help: "Events at the door: " + name + ".",
		}, func() float64 { return float64(read()) }))
	}
	reg.MustRegister(&lagCollector{a})
	return httpd.Local(a.Ready, reg)
}

// lagCollector tells how far projections are behind, when asked.
type lagCollector struct{ app *App }

var lagDesc = prometheus.NewDesc("qunluo_projection_lag", "Events of the log that a projection has not read yet.", []string{"projection"}, nil)

func (c *lagCollector) Describe(ch chan<- *prometheus.Desc) { ch <- lagDesc }

func (c *lagCollector) Collect(ch chan<- prometheus.Metric) {
	lag, err := c.app.store.Lag(context.Background())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(lagDesc, err)
		return
	}
	for name, n := range lag {
		ch <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, float64(n), name)
	}
}

// Ready says whether events can be acknowledged now: a transaction on the log begins.
func (a *App) Ready(ctx context.Context) error {
	t, err := a.store.BeginLog(ctx)
	if err != nil {
		return err
	}
	err = t.Rollback(ctx, errProbe)
	if errors.Is(err, errProbe) {
		return nil
	}
	return err
}

var errProbe = errors.New("probe")

// Served says where the doors stand.
type Served struct {
	URL   string
	Local string
	Setup string // "" = somebody can already sign in
}

// Serve opens the doors, keeps the house working and answers until ctx ends. ready is called once.
func (a *App) Serve(ctx context.Context, d Doors, ready func(Served)) error {
	h, err := a.Handler(d)
	if err != nil {
		return err
	}
	if d.Listen == nil {
		d.Listen = func(_, address string) (net.Listener, error) { return net.Listen("tcp", address) }
	}
	ln, err := listen(d, httpd.ConsoleDoor, "server.listen", a.cfg.Server.Listen)
	if err != nil {
		return err
	}
	if err := a.mayListen(ln.Addr()); err != nil {
		return errors.Join(err, ln.Close())
	}
	served := Served{URL: a.urlOf(ln.Addr())}
	a.served.Store(strings.TrimSuffix(served.URL, "/"))
	servers := []serving{{ln, h}}
	if a.cfg.Server.LocalListen != "" {
		local, err := listen(d, httpd.LocalDoor, "server.local_listen", a.cfg.Server.LocalListen)
		if err != nil {
			return errors.Join(err, ln.Close())
		}
		served.Local = "http://" + local.Addr().String()
		servers = append(servers, serving{local, a.Local()})
	}
	if served.Setup, err = a.setupIfNeeded(ctx, served.URL); err != nil {
		return err
	}
	return a.answer(ctx, servers, func() { ready(served) })
}

// listen opens the door that a setting names.
func listen(d Doors, door, setting, address string) (net.Listener, error) {
	ln, err := d.Listen(door, address)
	if err != nil {
		return nil, shutDoor{setting, address, err}
	}
	return ln, nil
}

// shutDoor is an address that cannot be listened at.
type shutDoor struct {
	setting, address string
	cause            error
}

func (e shutDoor) Error() string { return fmt.Sprintf("%s %s: %v", e.setting, e.address, e.cause) }
func (e shutDoor) Unwrap() error { return e.cause }

// Why gives the code for programs, and the setting.
func (e shutDoor) Why() (code, what string) { return string(community.CodeConflict), e.setting }

// Words says it in Chinese and English.
func (e shutDoor) Words() [2]string {
	switch {
	case errors.Is(e.cause, syscall.EADDRINUSE):
		return [2]string{
			fmt.Sprintf("%[2]s 已被别的程序占用（设置 %[1]s）：先关掉它，或换一个地址，如 --set %[1]s=127.0.0.1:0", e.setting, e.address),
			fmt.Sprintf("another program listens at %[2]s already (setting %[1]s): end it, or choose another address, e.g. --set %[1]s=127.0.0.1:0", e.setting, e.address),
		}
	case errors.Is(e.cause, errOpenDoor):
		return [2]string{
			fmt.Sprintf("%s 不只是本机能访问（设置 %s）：前面放一个 TLS 反向代理并把 server.public_url 设为它的 https 地址，或者设 server.insecure=true", e.address, e.setting),
			fmt.Sprintf("%s is open to other machines (setting %s): put a TLS reverse proxy in front and set server.public_url to its https address, or set server.insecure=true", e.address, e.setting),
		}
	}
	return [2]string{fmt.Sprintf("不能监听 %s（设置 %s）：%v", e.address, e.setting, e.cause), "cannot listen: " + e.Error()}
}

var errOpenDoor = errors.New("not loopback, and without TLS")

type serving struct {
	ln      net.Listener
	handler http.Handler
}

// answer runs the house and its servers until ctx ends or one of them fails. The doors close first: what came in is taken in to its end.
func (a *App) answer(ctx context.Context, servers []serving, ready func()) error {
	inside, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg, house sync.WaitGroup
	for _, s := range servers {
		wg.Go(func() {
			if err := httpd.Serve(ctx, s.ln, httpd.NewServer(s.handler, a.log)); err != nil && !errors.Is(err, http.ErrServerClosed) {
				stop(err)
			}
		})
	}
	house.Go(func() { stop(a.Run(inside)) })
	<-a.ready
	ready()
	<-ctx.Done()
	wg.Wait()
	leave()
	house.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// loopbackOnly says whether nobody but this machine reaches the console, and not through a relay.
func (a *App) loopbackOnly() bool {
	if a.cfg.Server.PublicURL != "" {
		return false
	}
	host, _, err := net.SplitHostPort(a.cfg.Server.Listen)
	if err != nil {
		return false
	}
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}

// mayListen refuses sign-in over plain HTTP beyond loopback unless the operator says so.
func (a *App) mayListen(at net.Addr) error {
	ap, err := netip.ParseAddrPort(at.String())
	if err != nil || ap.Addr().IsLoopback() || a.cfg.Server.Insecure || strings.HasPrefix(a.cfg.Server.PublicURL, "https://") {
		return nil
	}
	return shutDoor{"server.listen", at.String(), errOpenDoor}
}

func (a *App) urlOf(at net.Addr) string {
	if a.cfg.Server.PublicURL != "" {
		return a.cfg.Server.PublicURL
	}
	return "http://" + at.String()
}

func (a *App) setupIfNeeded(ctx context.Context, base string) (string, error) {
	need, err := a.store.NeedsSetup(ctx)
	if err != nil || !need {
		return "", err
	}
	return a.NewSetup(ctx, base)
}

// NewSetup makes a one-time set-up link, good for 15 minutes.
func (a *App) NewSetup(ctx context.Context, base string) (string, error) {
	token, hash := console.NewToken()
	if base == "" {
		base = a.cfg.Server.PublicURL
	}
	if base == "" {
		base = "http://" + a.cfg.Server.Listen
	}
	return fmt.Sprintf("%s/setup/%s", base, token), a.store.AddSetup(ctx, hash)
}

// Site opens a house over a data folder and a database ("" = SQLite in the folder) for somebody who asks its pages without a network; end gives it back.
func Site(ctx context.Context, dir, database string) (pages http.Handler, end func() error, err error) {
	cfg := config.Config{DataDir: dir, Database: config.Database{URL: database}, Server: config.Server{Listen: "127.0.0.1:0"}}
	a, err := Open(ctx, Options{Config: cfg, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	pages, err = a.Handler(Doors{})
	return pages, a.Close, err
}
