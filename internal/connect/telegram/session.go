package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	firstPause   = time.Second
	longestPause = time.Minute
	settled      = 30 * time.Second // a connection that lived so long starts the pauses over
	lookEach     = 20 * time.Second // webhook: how often we ask whether Telegram is still there
	maxNames     = 20_000
)

// Session is one bot's connection.
type Session struct {
	client  *http.Client
	bot     *bot.Bot
	host    connect.Host
	token   string
	secret  string // of the webhook
	address string // to be registered; "" = by the operator
	server  string
	webhook bool
	rate    int // sends per group and minute

	feed   *connect.Feed // of what we did ourselves
	echoes connect.Echoes
	urgent chan string // groups whose standing is to be asked

	mu         sync.Mutex
	running    bool
	self, name string
	selfNumber int64
	readsAll   bool // privacy mode is off
	refused    error
	groups     map[string]*standing
	learned    map[community.Verb]time.Time // verbs found missing, and when
	moved      map[string]string            // groups that became supergroups: old id to new
	uploaded   map[string]string            // what Telegram calls content we sent, by kind and hash
	names      map[string]string            // of people, by id, and ids by @name
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.HTTPReceiver = (*Session)(nil)
)

// Run works until ctx ends and returns ctx's error: a refused token or another program that fetches the updates may be
// mended at the other end, so it is reported and tried again.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	workers.Go(func() { s.feed.Run(ctx) })
	workers.Go(func() { s.probe(ctx) })
	defer workers.Wait()
	defer cancel()
	s.setRunning(true)
	defer s.setRunning(false)
	defer s.report("offline", nil)
	s.report("connecting", nil)
	pause := firstPause
	for {
		began := time.Now()
		err := s.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(began) > settled {
			pause = firstPause
		}
		wait := pause/2 + rand.N(pause/2)
		state := "connecting"
		var asked *pauseError
		switch code := community.CodeOf(err); {
		case errors.As(err, &asked):
			wait = asked.wait
		case code == community.CodeForbidden || code == community.CodeConflict:
			state, wait = "failed", longestPause
		}
		s.report(state, err)
		if !connect.Sleep(ctx, wait) {
			return ctx.Err()
		}
		pause = min(pause*2, longestPause)
	}
}

// once connects, and works until something fails.
func (s *Session) once(ctx context.Context) error {
	if err := s.greet(ctx); err != nil {
		return err
	}
	if s.webhook {
		return s.listen(ctx)
	}
	if err := s.call(ctx, "deleteWebhook", func(ctx context.Context) error {
		_, err := s.bot.DeleteWebhook(ctx, &bot.DeleteWebhookParams{})
		return err
	}); err != nil && community.CodeOf(err) != community.CodeUnsupported {
		return err
	}
	s.report("online", nil)
	return s.fetch(ctx)
}

// greet asks who we are. Any answer but a good one to this first call means that the token is no good.
func (s *Session) greet(ctx context.Context) error {
	var me *models.User
	err := s.call(ctx, "getMe", func(ctx context.Context) (err error) {
		me, err = s.bot.GetMe(ctx)
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	switch community.CodeOf(err) {
	case community.CodeNone:
	case community.CodeForbidden, community.CodeUnsupported:
		s.refused = badToken()
		return s.refused
	default:
		return err
	}
	s.refused = nil
	s.self, s.selfNumber, s.name, s.readsAll = id(me.ID), me.ID, "@"+me.Username, me.CanReadAllGroupMessages
	for _, g := range s.groups {
		g.at = time.Time{} // we may have become something else meanwhile
	}
	return nil
}

// fetch takes updates. They are confirmed to Telegram only by the next poll, when the host has them.
func (s *Session) fetch(ctx context.Context) error {
	var offset int64
	for {
		list, err := s.poll(ctx, offset)
		if err != nil {
			return err
		}
		var events []connect.Inbound
		for _, raw := range list {
			u, err := Parse(raw, s.ownID())
			if err != nil {
				s.report("online", err) // this one is given up, the others are not
			}
			offset = max(offset, u.ID+1)
			events = append(events, s.take(ctx, u)...)
		}
		if !s.feed.Offer(ctx, events...) {
			return ctx.Err()
		}
	}
}

// listen registers the webhook and looks now and then whether Telegram is there and content.
func (s *Session) listen(ctx context.Context) error {
	if s.address != "" {
		if err := s.call(ctx, "setWebhook", func(ctx context.Context) error {
			_, err := s.bot.SetWebhook(ctx, &bot.SetWebhookParams{
				URL: s.address, SecretToken: s.secret, AllowedUpdates: wanted, MaxConnections: 1, // one: updates come in order
			})
			return err
		}); err != nil {
			return err
		}
	}
	s.report("online", nil)
	for connect.Sleep(ctx, lookEach) {
		var info *models.WebhookInfo
		if err := s.call(ctx, "getWebhookInfo", func(ctx context.Context) (err error) {
			info, err = s.bot.GetWebhookInfo(ctx)
			return err
		}); err != nil {
			if community.CodeOf(err) == community.CodeForbidden {
				return badToken()
			}
			return err
		}
		if info.URL == "" {
			return connect.Trouble(community.CodeConflict, "Telegram 那里没有登记推送地址：被另一个程序取消了，或者请在这里填写公网地址。",
				"Telegram has no webhook for this bot: another program took it away, or the public address is to be filled in here")
		}
		if info.PendingUpdateCount > 0 && info.LastErrorMessage != "" {
			s.report("online", community.Errorf(community.CodeUnreachable, "Telegram cannot push (%d updates wait): %s",
				info.PendingUpdateCount, s.hush(shortened(info.LastErrorMessage))))
		}
	}
	return ctx.Err()
}

// ServeConnect takes one pushed update: 200 when the host has it on disk, 503 when it is to come again, 401 without the
// secret. An update that is not usable is reported and answered 200: Telegram would repeat it for ever.
func (s *Session) ServeConnect(w http.ResponseWriter, r *http.Request) {
	switch {
	case !s.webhook:
		http.Error(w, "this connection fetches by itself", http.StatusNotFound)
		return
	case !s.knowsSecret(r):
		http.Error(w, "wrong secret", http.StatusUnauthorized)
		return
	case r.Method != http.MethodPost:
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	case !s.isRunning():
		http.Error(w, "not running", http.StatusServiceUnavailable)
		return
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, MaxUpdate+1))
	if err != nil {
		http.Error(w, "half an update", http.StatusBadRequest)
		return
	}
	u, err := Parse(data, s.ownID())
	if err != nil {
		s.report("online", err)
		return
	}
	if err := s.host.Receive(r.Context(), s.take(r.Context(), u)...); err != nil {
		s.report("online", err)
		http.Error(w, "not taken, send it again", http.StatusServiceUnavailable)
	}
}

func (s *Session) knowsSecret(r *http.Request) bool {
	got, want := sha256.Sum256([]byte(r.Header.Get("X-Telegram-Bot-Api-Secret-Token"))), sha256.Sum256([]byte(s.secret))
	return s.secret != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// take learns from an update and gives the events that count.
func (s *Session) take(ctx context.Context, u Update) []connect.Inbound {
	if u.own != nil {
		s.learnOwn(u.own)
	}
	s.remember(u.seen)
	kept := make([]connect.Inbound, 0, len(u.Events))
	for _, in := range u.Events {
		if in.Type == community.GroupMoved {
			s.noteMove(in.Group.ID, in.Body.State)
			kept = append(kept, in)
			continue
		}
		g := s.know(ctx, in)
		if u.Service && g.isAdmin {
			continue // chat_member tells it too, and better
		}
		if in.Actor.Role == community.RoleNone || in.Actor.Role == community.RoleBot {
			if role, ok := g.admins[in.Actor.ID]; ok {
				in.Actor.Role = role
			}
		}
		kept = append(kept, s.caused(in))
	}
	return kept
}

// caused names the action of ours behind an event, where it is known.
func (s *Session) caused(in connect.Inbound) connect.Inbound {
	if in.By.Role != community.RoleSelf {
		return in
	}
	switch in.Type {
	case community.MemberMuted:
		in.Body.Caused = s.echoes.Take(muteEcho(in.Group.ID, in.Actor.ID, in.Body.Seconds > 0))
	case community.MemberLeft:
		in.Body.Caused = s.echoes.Take(leaveEcho(in.Group.ID, in.Actor.ID))
	}
	return in
}

func muteEcho(group, member string, on bool) string {
	if on {
		return "mute:" + group + ":" + member
	}
	return "unmute:" + group + ":" + member
}

func leaveEcho(group, member string) string { return "remove:" + group + ":" + member }

// remember keeps people's names for mentions, and ids for @names.
func (s *Session) remember(people []user) {
	if len(people) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) > maxNames {
		clear(s.names)
	}
	for _, u := range people {
		s.names[id(u.ID)] = first(u.FirstName, u.Username)
	}
}

func (s *Session) ownID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.self
}

func (s *Session) setRunning(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = on
}

func (s *Session) isRunning() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// revoke notes that Telegram does not know the token any more, found out by a call.
func (s *Session) revoke() {
	s.mu.Lock()
	s.refused = badToken()
	s.mu.Unlock()
	s.report("online", nil) // which says failed now
}

func (s *Session) report(state string, err error) {
	s.mu.Lock()
	h := connect.Health{State: state, Self: s.self, Name: s.name, At: time.Now().UnixMilli()}
	if s.refused != nil && state == "online" {
		h.State, err = "failed", s.refused
	}
	s.mu.Unlock()
	if err != nil && !errors.Is(err, context.Canceled) {
		h.Code, h.Detail, h.Say = community.CodeOf(err), s.hush(err.Error()), connect.SayOf(err)
	}
	s.host.Report(h)
}

// own is an event about our account doing something.
func (s *Session) own(kind community.Type, group, key string, body community.Body) connect.Inbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	return connect.Inbound{
		Type: kind, Key: key, OccurredAt: time.Now().UnixMilli(), Group: community.Ref{ID: group},
		Actor: community.Who{ID: s.self, Name: s.name, Role: community.RoleSelf}, Body: body,
	}
}
