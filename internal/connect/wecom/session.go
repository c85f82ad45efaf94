package wecom

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
	"qunluo/internal/connect/wxcrypt"
)

const (
	pulse       = 20 * time.Second // how often the platform is asked whether we may still call
	firstPause  = time.Second
	longPause   = time.Minute
	callbackIll = 10 * time.Minute // how long a refused callback is told of
	readers     = 4                // groups read at a time
)

// Session is one app of one corp.
type Session struct {
	host   connect.Host
	keeper connect.Keeper
	api    *wxapi.Client
	crypt  *wxcrypt.Crypt // nil without callbacks
	window *wxcrypt.Window

	corp     string
	agent    int64
	owners   []string // whose groups are read; empty = all visible ones
	quota    string   // how often a group may get a mass send
	welcome  string   // text for a friend just added; "" = none
	contacts bool     // read contacts and tags

	hints    hints
	welcomes chan welcome
	rolls    rolls
	masses   masses
	uploads  struct { // content that the platform has, by kind and hash
		sync.Mutex
		had map[string]upload
	}

	handingMu sync.Mutex // one writer of the list of hand-overs

	mu      sync.Mutex
	running bool
	name    string
	ills    map[string]ill // what is not well, by kind
	told    connect.Health // reported last
	alive   bool           // the last call got through
}

// ill is something that is not well.
type ill struct {
	code   community.Code
	detail string
	say    [2]string
	since  time.Time
	at     time.Time // the last time
	stops  bool      // nothing works until it is mended
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.HTTPReceiver = (*Session)(nil)
	_ connect.MemberLister = (*Session)(nil)
	_ connect.GroupLister  = (*Session)(nil)
	_ connect.Notifier     = (*Session)(nil)
	_ connect.Chorer       = (*Session)(nil)
)

// Run keeps the account's work going until ctx ends; it returns ctx's error only: what is wrong may be mended at the
// platform, so it is reported and tried again.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	s.setRunning(true)
	defer func() {
		s.setRunning(false)
		s.host.Report(connect.Health{State: "offline", Self: s.corp, Name: s.appName(), At: time.Now().UnixMilli()})
	}()
	s.report("connecting")
	if err := s.masses.load(ctx, s.keeper); err != nil {
		return err
	}
	for range readers {
		workers.Go(func() { s.readHinted(ctx) })
	}
	workers.Go(func() { s.greetFriends(ctx) })
	workers.Go(func() { s.watchMasses(ctx) })
	workers.Go(func() { s.watchDesks(ctx) })
	return s.beat(ctx)
}

// beat asks again and again whether the platform lets us call.
func (s *Session) beat(ctx context.Context) error {
	pause := firstPause
	for {
		wait := pulse
		if err := s.look(ctx); err != nil {
			wait = pause/2 + rand.N(pause/2)
			pause = min(pause*2, longPause)
		} else {
			pause = firstPause
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// look asks who we are. An account that was refused is not well because it knows itself: what it may do with contacts may
// have been taken from it, so then that is asked for too.
func (s *Session) look(ctx context.Context) error {
	var got struct {
		Name string `json:"name"`
	}
	err := s.ask(ctx, func() error {
		err := s.api.Get(ctx, "agent/get", agentQuery(s.agent), &got)
		if err == nil && s.isIll(account) {
			err = s.api.Get(ctx, "externalcontact/get_follow_user_list", url.Values{}, &struct{}{})
		}
		return err
	})
	if err == nil {
		s.mu.Lock()
		s.name = wxapi.Clip(got.Name, maxName)
		if old, ok := s.ills[trouble]; ok && time.Since(old.at) > callbackIll {
			delete(s.ills, trouble)
		}
		s.mu.Unlock()
	}
	s.report("")
	return err
}

// Kinds of ill besides trouble.
const (
	account = "account" // the platform refuses the account
	network = "network" // nobody answers
	chores  = "chores"  // work beside the calls
)

// ask makes a call and learns from what came of it how the connection is.
func (s *Session) ask(ctx context.Context, do func() error) error {
	err := do()
	if ctx.Err() != nil {
		return err
	}
	r := wxapi.RefusalIn(err)
	code := community.CodeOf(err)
	switch {
	case r != nil && r.Meaning.Account:
		s.ail(account, err, say(err))
	case code == community.CodeUnreachable || code == community.CodeTimeout:
		s.ail(network, err, [2]string{"连不上企业微信的接口，会自动重试；请检查服务器的网络和接口地址。",
			"WeCom's interfaces cannot be reached; it is retried. Check the server's network and the base address."})
	default:
		s.mu.Lock()
		s.alive = true
		s.mu.Unlock()
		s.heal(account)
		s.heal(network)
	}
	return err
}

// tellEach is how soon another ill of the same kind is told: whoever floods us with forged calls shall not flood the
// operator.
const tellEach = 10 * time.Second

// ail notes that something is not well and tells it, once.
func (s *Session) ail(kind string, err error, words [2]string) {
	s.mu.Lock()
	was, known := s.ills[kind]
	now := time.Now()
	fresh := !known || was.code != community.CodeOf(err) && now.Sub(was.since) > tellEach
	if fresh {
		was = ill{code: community.CodeOf(err), detail: err.Error(), say: words, since: now, stops: kind == account || kind == network}
	}
	was.at = now
	s.ills[kind] = was
	s.mu.Unlock()
	if fresh {
		s.report("")
	}
}

func (s *Session) isIll(kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ill := s.ills[kind]
	return ill
}

func (s *Session) heal(kind string) {
	s.mu.Lock()
	_, known := s.ills[kind]
	delete(s.ills, kind)
	s.mu.Unlock()
	if known {
		s.report("")
	}
}

// report tells how the connection is: the worst first. The same is not told twice.
func (s *Session) report(state string) {
	s.mu.Lock()
	if !s.running {
		s.mu.Unlock()
		return
	}
	h := connect.Health{State: state, Self: s.corp, Name: s.name}
	if state == "" {
		h.State = "connecting"
		if s.alive {
			h.State = "online"
		}
		for _, kind := range []string{chores, trouble, network, account} {
			if is, ok := s.ills[kind]; ok {
				h.Code, h.Detail, h.Say = is.code, is.detail, is.say
				if is.stops {
					h.State = "failed"
				}
			}
		}
	}
	same := h == s.told
	s.told = h
	s.mu.Unlock()
	if !same {
		h.At = time.Now().UnixMilli()
		s.host.Report(h)
	}
}

func (s *Session) setRunning(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = on
	if on {
		s.ills, s.told, s.alive = map[string]ill{}, connect.Health{}, false
	}
}

func (s *Session) isRunning() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

func (s *Session) appName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// offer hands events to the host until it takes them; false when ctx ended first.
func (s *Session) offer(ctx context.Context, in ...connect.Inbound) bool {
	if len(in) == 0 {
		return true
	}
	for pause := firstPause; ; pause = min(pause*2, longPause) {
		err := s.host.Receive(ctx, in...)
		if err == nil {
			s.heal(chores)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		s.ail(chores, err, [2]string{"读到的内容暂时写不进数据库，会自动重试，没有丢失。", "What was read cannot be written just now; it is retried and nothing is lost."})
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// passing reports whether trying the same later may help.
func passing(err error) bool {
	switch community.CodeOf(err) {
	case community.CodeUnreachable, community.CodeLimited, community.CodeTimeout, community.CodeBusy, community.CodeForbidden:
		return true
	}
	return errors.Is(err, context.DeadlineExceeded)
}
