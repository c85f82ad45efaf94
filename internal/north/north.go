package north

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
)

const (
	wrongPerMinute = 10              // wrong tokens from one address before it is told to wait
	sendsPerMinute = 30              // of one bot into one group
	callsPerMinute = 1200            // of one bot, all together
	seatsPerBot    = 16              // connections
	usedEach       = time.Minute     // how often it is noted when a bot was last heard of
	lookEach       = 5 * time.Second // how often bots are read again besides being told
)

// Options are what a North is made of.
type Options struct {
	House House
	Say   func(key string, args ...any) string            // a sentence of the catalogue, in every language
	Each  func(key string, args ...any) map[string]string // the same, language by language
	Clock func() time.Time
	Log   *slog.Logger
}

// North knows the bots and who of them is here.
type North struct {
	o       Options
	wrong   *httpd.Rate
	sends   *httpd.Rate
	calls   *httpd.Rate
	alarms  *httpd.Rate
	commits bell // something happened
	turned  bell // bots changed
	again   chan struct{}
	looking sync.Mutex

	mu    sync.Mutex
	bots  map[string]community.Bot // by hash; enabled ones; nil before they were first read
	seats map[*Seat]struct{}
	used  map[int64]int64 // by bot: when it was noted last
	told  map[int64]int64 // by bot: Cursor
}

// New makes a North; Run keeps it.
func New(o Options) *North {
	return &North{
		o: o, wrong: httpd.NewRate(wrongPerMinute, time.Minute, o.Clock), sends: httpd.NewRate(sendsPerMinute, time.Minute, o.Clock),
		calls: httpd.NewRate(callsPerMinute, time.Minute, o.Clock), alarms: httpd.NewRate(alarmsMax, time.Minute, o.Clock), again: make(chan struct{}, 1),
		seats: map[*Seat]struct{}{}, used: map[int64]int64{}, told: map[int64]int64{},
	}
}

// Committed tells that something became durable; it never blocks.
func (n *North) Committed() { n.commits.ring() }

// Changed reads the bots again because some were added, changed or revoked: when it returns, a new token is known and an
// old one no longer. Where that fails, Run tries again.
func (n *North) Changed(ctx context.Context) {
	if n.look(ctx) == nil {
		return
	}
	select {
	case n.again <- struct{}{}:
	default:
	}
}

// Run knows the bots until ctx ends. A bot that was revoked, or may now do or see something else, loses its seats at once.
func (n *North) Run(ctx context.Context) error {
	for {
		if err := n.look(ctx); err != nil && ctx.Err() == nil {
			n.o.Log.Warn("look at bots", "err", err)
		}
		timer := time.NewTimer(lookEach)
		select {
		case <-ctx.Done():
			timer.Stop()
			n.dismiss(func(*Seat) bool { return true }, errGoing)
			return ctx.Err()
		case <-n.again:
		case <-timer.C:
		}
		timer.Stop()
	}
}

var (
	errGoing   = errors.New("the house closes")
	errRevoked = errors.New("the token was revoked, or what it allows was changed")
)

func (n *North) look(ctx context.Context) error {
	n.looking.Lock() // or an older reading could replace a newer one
	defer n.looking.Unlock()
	all, err := n.o.House.Bots.AllBots(ctx)
	if err != nil {
		return err
	}
	next := make(map[string]community.Bot, len(all))
	for _, b := range all {
		if b.Enabled {
			next[b.Hash] = b
		}
	}
	n.mu.Lock()
	changed := len(next) != len(n.bots)
	for hash, b := range next {
		changed = changed || !same(n.bots[hash], b)
	}
	n.bots = next
	n.mu.Unlock()
	if changed {
		n.dismiss(func(s *Seat) bool { return !same(next[s.bot.Hash], s.bot) }, errRevoked)
		n.turned.ring()
	}
	return nil
}

// same reports whether a bot is what it was, but for what it did meanwhile.
func same(a, b community.Bot) bool {
	return a.Key == b.Key && a.Hash == b.Hash && a.Name == b.Name && a.Mode == b.Mode && a.URL == b.URL && a.Secret == b.Secret &&
		slices.Equal(a.Scopes, b.Scopes) && (a.Groups == nil) == (b.Groups == nil) && slices.Equal(a.Groups, b.Groups)
}

func (n *North) dismiss(which func(*Seat) bool, why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := range n.seats {
		if which(s) {
			s.end(why)
		}
	}
}

// Outward lists the bots that we go to, and gives what is closed when that may have changed.
func (n *North) Outward() (list []community.Bot, turned <-chan struct{}) {
	turned = n.turned.wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, b := range n.bots {
		if b.Mode == community.BotReverse || b.Mode == community.BotPush {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b community.Bot) int { return int(a.Key - b.Key) })
	return list, turned
}

// Current is a bot as it is now; CodeForbidden when it was revoked.
func (n *North) Current(b community.Bot) (community.Bot, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, ok := n.bots[b.Hash]
	if !ok {
		return b, community.Errorf(community.CodeForbidden, "%w", errRevoked)
	}
	return now, nil
}

// Cursor is how far a bot that we go to was told what happened.
func (n *North) Cursor(b community.Bot) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return max(b.Cursor, n.told[b.Key])
}

// SetCursor notes it for as long as the process lives.
func (n *North) SetCursor(b community.Bot, number int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told[b.Key] = number
}

// Here counts the connections of each bot.
func (n *North) Here() map[int64]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	here := map[int64]int{}
	for s := range n.seats {
		here[s.bot.Key]++
	}
	return here
}

// Know finds the bot of a token. from is the caller's address: after many wrong tokens it gets CodeLimited, else a wrong
// token is CodeForbidden. CodeBusy: the bots are not read yet.
func (n *North) Know(token, from string) (community.Bot, error) { return n.know(token, from, false) }

func (n *North) know(token, from string, hook bool) (community.Bot, error) {
	n.mu.Lock()
	b, ok := n.bots[Hash(token)]
	early := n.bots == nil
	n.mu.Unlock()
	if early {
		return b, community.Errorf(community.CodeBusy, "the program has just started")
	}
	if ok && (b.Mode == community.BotHook) == hook {
		return b, nil
	}
	if ok, _ := n.wrong.Allow(from); !ok {
		return b, community.Errorf(community.CodeLimited, "too many wrong tokens")
	}
	return b, community.Errorf(community.CodeForbidden, "wrong token")
}

// Sentence says an error in words, in every language of the catalogue.
func (n *North) Sentence(err error) string {
	code := community.CodeOf(err)
	if words, ok := sentences[code]; ok {
		return n.o.Say(words, "why", err.Error())
	}
	return n.o.Say("north.internal")
}

// sentences are the catalogue's keys. Anything else is an error of ours, whose words stay in the log.
var sentences = map[community.Code]string{
	community.CodeBadInput: "north.bad_input", community.CodeTooLarge: "north.too_large", community.CodeNotFound: "north.not_found",
	community.CodeConflict: "north.conflict", community.CodeForbidden: "north.forbidden", community.CodeUnsupported: "north.unsupported",
	community.CodeRefused: "north.refused", community.CodeUnreachable: "north.unreachable", community.CodeTimeout: "north.timeout",
	community.CodeLimited: "north.limited", community.CodeFrozen: "north.frozen", community.CodeLate: "north.late",
	community.CodeBusy: "north.busy", community.CodeClock: "north.clock", CodeAsync: "north.async",
}

// CodeAsync says that a wish is decided but not done yet: a person must do or release it, or the platform takes its time.
const CodeAsync community.Code = "async"

// Note logs an error of ours behind a call, once.
func (n *North) Note(b community.Bot, what string, err error) {
	if community.CodeOf(err) == community.CodeInternal {
		n.o.Log.Error("attached bot", "bot", b.Name, "call", what, "err", err)
	}
}

// Log is where the doors write.
func (n *North) Log() *slog.Logger { return n.o.Log }

// Now is the time in UTC milliseconds.
func (n *North) Now() int64 { return n.o.Clock().UnixMilli() }

// bell wakes everybody who waits.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait gives what is closed by the next ring.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
