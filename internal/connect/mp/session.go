package mp

import (
	"context"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
	"qunluo/internal/connect/wxcrypt"
)

const (
	firstPause = time.Second
	longPause  = 5 * time.Minute
	pulse      = 10 * time.Minute // between two looks while all is well
)

// Session is one Official Account.
type Session struct {
	host   connect.Host
	api    *wxapi.Client
	crypt  *wxcrypt.Crypt // nil = plain mode
	window *wxcrypt.Window
	app    string
	token  string
	can    connect.Abilities
	column int // the account's kind in the table of rights

	ill chan struct{} // somebody's call did not get through

	mu      sync.Mutex
	running bool
	waiting map[string]*caller // whose call is still open, by follower
	told    connect.Health
	call    connect.Health // what was last wrong with a call; State "" = nothing
	link    connect.Health // how calling the platform went
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.HTTPReceiver = (*Session)(nil)
	_ connect.GroupLister  = (*Session)(nil)
	_ connect.MemberLister = (*Session)(nil)
	_ connect.Chorer       = (*Session)(nil)
)

// desk is the account's own log.
func (s *Session) desk() community.Ref {
	return community.Ref{ID: s.app, Name: "公众号 " + s.app, Desk: true}
}

// Run looks from time to time whether the platform lets us call, until ctx ends; it returns ctx's error only.
func (s *Session) Run(ctx context.Context) error {
	s.set(func() {
		s.running, s.told, s.call = true, connect.Health{}, connect.Health{}
		s.link = connect.Health{State: "connecting"}
	})
	defer func() {
		s.set(func() { s.running = false })
		s.host.Report(connect.Health{State: "offline", Self: s.app, At: time.Now().UnixMilli()})
	}()
	pause := firstPause
	for {
		wait := pulse
		if err := s.look(ctx); err != nil {
			wait = pause/2 + rand.N(pause/2)
			pause = min(pause*2, longPause)
		} else {
			pause = firstPause
		}
		select {
		case <-s.ill: // this look's own
		default:
		}
		timer := time.NewTimer(wait)
		select {
		case <-s.ill:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// look asks the platform something harmless.
func (s *Session) look(ctx context.Context) error {
	return s.learn(ctx, s.api.Get(ctx, "get_api_domain_ip", url.Values{}, nil))
}

// learn takes from the outcome of a call how the connection is.
func (s *Session) learn(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	link := connect.Health{State: "online"}
	refused := wxapi.RefusalIn(err)
	switch code := community.CodeOf(err); {
	case refused != nil && refused.Meaning.Account:
		link = connect.Health{State: "failed", Code: code, Detail: err.Error(), Say: refused.Say()}
	case code == community.CodeUnreachable || code == community.CodeTimeout:
		link = connect.Health{State: "failed", Code: code, Detail: err.Error(), Say: [2]string{
			"连不上公众平台的接口，会自动重试；请检查服务器的网络。", "The platform's interfaces cannot be reached; it is retried. Check the server's network."}}
	}
	s.set(func() { s.link = link })
	if link.State != "online" {
		select {
		case s.ill <- struct{}{}:
		default:
		}
	}
	return err
}

// set changes what is known and reports the health if that is something new.
func (s *Session) set(change func()) {
	s.mu.Lock()
	change()
	h := s.link
	if h.State == "online" && s.call.Code != community.CodeNone {
		h.Code, h.Detail, h.Say = s.call.Code, s.call.Detail, s.call.Say
	}
	h.Self = s.app
	fresh := s.running && h.State != "" && h != s.told
	s.told = h
	s.mu.Unlock()
	if fresh {
		h.At = time.Now().UnixMilli()
		s.host.Report(h)
	}
}

// Abilities are those of the account's kind; the desk is its only "group".
func (s *Session) Abilities(string) connect.Abilities { return s.can }

// Groups is the account's desk: there are no groups.
func (s *Session) Groups(ctx context.Context) ([]community.Ref, error) {
	if err := s.look(ctx); err != nil {
		return nil, err
	}
	return []community.Ref{s.desk()}, nil
}

// maxFollowers bounds a reading: an account with more is known from its events alone.
const maxFollowers = 500_000

// Members reads who follows the account. CodeUnsupported: it may not ask, or there are more than half a million.
func (s *Session) Members(ctx context.Context, group string) ([]community.Who, error) {
	if group != s.app {
		return nil, community.Errorf(community.CodeNotFound, "an Official Account has no group %q", wxapi.Clip(group, 60))
	}
	if err := s.need("followers"); err != nil {
		return nil, err
	}
	var list []community.Who
	next := ""
	for {
		var page struct {
			Total int `json:"total"`
			Data  struct {
				IDs []string `json:"openid"`
			} `json:"data"`
			Next string `json:"next_openid"`
		}
		if err := s.learn(ctx, s.api.Get(ctx, "user/get", url.Values{"next_openid": {next}}, &page)); err != nil {
			return nil, err
		}
		for _, id := range page.Data.IDs {
			list = append(list, community.Who{ID: id, Role: community.RoleMember})
		}
		switch {
		case len(page.Data.IDs) == 0 || page.Next == "" || len(list) >= page.Total:
			if len(list) < page.Total {
				return nil, community.Errorf(community.CodeUnreachable, "user/get: %d of %d followers", len(list), page.Total)
			}
			return list, s.unions(ctx, list)
		case len(list) > maxFollowers:
			return nil, community.Errorf(community.CodeUnsupported, "more than %d followers", maxFollowers)
		}
		next = page.Next
	}
}

// unionBatch is of how many followers one call tells the unionid, and maxUnions of how many they are asked for.
const (
	unionBatch = 100
	maxUnions  = 10_000
)

// unions fills in by which id followers are known in the owner's other accounts. An account that may not ask, or is bound to
// no open platform, leaves it empty.
func (s *Session) unions(ctx context.Context, list []community.Who) error {
	at := map[string]*community.Who{}
	for i := range list[:min(len(list), maxUnions)] {
		at[list[i].ID] = &list[i]
	}
	for batch := range slices.Chunk(list[:min(len(list), maxUnions)], unionBatch) {
		type one struct {
			ID string `json:"openid"`
		}
		ask := make([]one, len(batch))
		for i, w := range batch {
			ask[i].ID = w.ID
		}
		var got struct {
			List []struct {
				ID    string `json:"openid"`
				Union string `json:"unionid"`
			} `json:"user_info_list"`
		}
		err := s.api.Read(ctx, "user/info/batchget", map[string]any{"user_list": ask}, &got)
		if wxapi.RefusalIn(err) != nil {
			return nil
		}
		if err := s.learn(ctx, err); err != nil {
			return err
		}
		for _, u := range got.List {
			if w := at[u.ID]; w != nil {
				w.Union = wxapi.Clip(u.Union, maxID)
			}
		}
	}
	return nil
}
