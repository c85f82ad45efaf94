package console

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/gob"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/proof"
)

// How long a session lives: from sign-in, and without a request.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = 30 * time.Minute
	seenEvery   = time.Minute // how often "last seen" is written
)

// Keys of a session's data.
const (
	sessUser  = "user"
	sessPass  = "pass"  // fingerprint of the password's hash: changing the password ends the other sessions
	sessBorn  = "born"  // UTC ms
	sessSeen  = "seen"  // UTC ms
	sessToken = "token" // the form token
	sessFlash = "flash"
	sessStand = "stand" // role and reach at the last request: a change is told
	sessNote  = "note"  // a sentence about that change, for the next page
	sessSign  = "sign"  // id of the sign-in
	sessHow   = "how"   // how the person proved themselves
	sessProof = "proof" // when they last did, UTC ms
)

// Flash is a result in words for the next page, with the way back where there is one.
type Flash struct {
	Kind string // "ok", "warning", "danger"
	Text string
	Undo string // decision id, or an address that takes it back; "" = no way back
}

// newSessions makes the manager. The token is 256 bits; only its SHA-256 reaches the store.
func newSessions(store SessionStore, insecure bool) *scs.SessionManager {
	gob.Register(Flash{})
	m := scs.New()
	m.Store = sessionStore{store}
	m.HashTokenInStore = true
	m.Lifetime = sessionLife
	m.Cookie.Name = cookieName("qunluo", insecure)
	m.Cookie.Path = "/"
	m.Cookie.HttpOnly = true
	m.Cookie.Secure = !insecure
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Persist = false
	return m
}

func cookieName(name string, insecure bool) string {
	if insecure {
		return name
	}
	return "__Host-" + name
}

// sessionStore lends a SessionStore to scs.
type sessionStore struct{ SessionStore }

var _ scs.CtxStore = sessionStore{}

func (s sessionStore) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	return s.SessionStore.Find(ctx, key)
}

func (s sessionStore) CommitCtx(ctx context.Context, key string, b []byte, expires time.Time) error {
	return s.SessionStore.Commit(ctx, key, b, expires)
}

func (s sessionStore) DeleteCtx(ctx context.Context, key string) error {
	return s.SessionStore.Delete(ctx, key)
}

// Find, Commit and Delete complete scs.Store; scs prefers the forms with a context.
func (s sessionStore) Find(key string) ([]byte, bool, error) {
	return s.SessionStore.Find(context.Background(), key)
}

// Commit: see Find.
func (s sessionStore) Commit(key string, b []byte, expires time.Time) error {
	return s.SessionStore.Commit(context.Background(), key, b, expires)
}

// Delete: see Find.
func (s sessionStore) Delete(key string) error {
	return s.SessionStore.Delete(context.Background(), key)
}

// begin opens a signed-in session under a fresh token. how says how the person proved themselves; "" = as they did before.
func (c *Console) begin(k *call, u community.User, how string) error {
	ctx := k.ctx()
	if how == "" {
		how = c.sessions.GetString(ctx, sessHow)
	}
	id, err := c.enter(k, u, how)
	if err != nil {
		return err
	}
	if err := c.sessions.RenewToken(ctx); err != nil {
		return err
	}
	now := c.clock().UnixMilli()
	c.sessions.Put(ctx, sessUser, u.ID.String())
	c.sessions.Put(ctx, sessPass, HashToken(u.Hash))
	c.sessions.Put(ctx, sessBorn, now)
	c.sessions.Put(ctx, sessSeen, now)
	c.sessions.Put(ctx, sessToken, rand.Text())
	c.sessions.Put(ctx, sessStand, standing(u))
	c.sessions.Put(ctx, sessSign, id.String())
	c.sessions.Put(ctx, sessHow, how)
	c.sessions.Put(ctx, sessProof, now)
	return nil
}

// enter puts on record that a person signs in with this browser, in the place of who did before.
func (c *Console) enter(k *call, u community.User, how string) (community.ID, error) {
	if c.deps.Gate == nil {
		return community.ID{}, nil
	}
	in := community.SignIn{How: how}
	if ip := httpd.ClientIP(k.ctx()); ip.IsValid() {
		in.Address = ip.String()
	}
	in.Browser, in.System = proof.Browser(k.R.UserAgent())
	return c.deps.Gate.AddSignIn(k.ctx(), u, in, c.signInID(k.ctx()))
}

// signInID is the sign-in that the session belongs to; zero = none.
func (c *Console) signInID(ctx context.Context) community.ID {
	id, err := community.ParseID(c.sessions.GetString(ctx, sessSign))
	if err != nil {
		return community.ID{}
	}
	return id
}

// whoIs reads the session's person, and how they stand; the zero User when nobody is signed in, the session is over or was ended,
// the person was switched off or has a new password.
func (c *Console) whoIs(ctx context.Context) (u community.User, st proof.Standing, err error) {
	text := c.sessions.GetString(ctx, sessUser)
	if text == "" {
		return u, st, nil
	}
	now := c.clock().UnixMilli()
	seen := c.sessions.GetInt64(ctx, sessSeen)
	if now-c.sessions.GetInt64(ctx, sessBorn) >= sessionLife.Milliseconds() || now-seen >= sessionIdle.Milliseconds() {
		return u, st, c.sessions.Destroy(ctx)
	}
	id, err := community.ParseID(text)
	if err != nil {
		return u, st, c.sessions.Destroy(ctx)
	}
	found, err := c.deps.People.UserByID(ctx, id)
	if community.CodeOf(err) == community.CodeNotFound {
		return u, st, c.sessions.Destroy(ctx)
	}
	if err != nil {
		return u, st, err
	}
	if !found.Enabled || !hmac.Equal([]byte(HashToken(found.Hash)), []byte(c.sessions.GetString(ctx, sessPass))) {
		return u, st, c.sessions.Destroy(ctx)
	}
	if c.deps.Gate != nil {
		if st, err = c.deps.Gate.StandingOf(ctx, found, c.signInID(ctx)); err != nil {
			return u, st, err
		}
		if !st.Open {
			return u, st, c.sessions.Destroy(ctx)
		}
	}
	if now-seen >= seenEvery.Milliseconds() {
		c.sessions.Put(ctx, sessSeen, now)
		if c.deps.Gate != nil {
			err = c.deps.Gate.SawSignIn(ctx, c.signInID(ctx), httpd.ClientIP(ctx).String())
		}
	}
	return found, st, err
}

// formCookie is the form token of people who are not signed in: the form carries the same value (double submit).
const formCookie = "qunluo-form"

// formToken gives the token that this person's forms must carry, making one for a stranger.
func (c *Console) formToken(w http.ResponseWriter, r *http.Request) string {
	if t := c.sessions.GetString(r.Context(), sessToken); t != "" {
		return t
	}
	name := cookieName(formCookie, c.plain())
	if got, err := r.Cookie(name); err == nil && len(got.Value) >= 20 && len(got.Value) <= 64 {
		return got.Value
	}
	token := rand.Text()
	http.SetCookie(w, &http.Cookie{Name: name, Value: token, Path: "/", HttpOnly: true, Secure: !c.plain(), SameSite: http.SameSiteLaxMode})
	return token
}
