package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/blocklist"
	"qunluo/internal/community"
	"qunluo/internal/safehttp"
	"qunluo/internal/store"
)

// blocklists is our own shared list and those of others that we follow, bounded as hands are.
type blocklists struct{ *hands }

// Blocklists makes the handle for shared lists.
func (a *App) Blocklists(org community.OrgKey, groups []community.GroupKey) blocklists {
	return blocklists{a.Hands(org, groups)}
}

const blocklistPath = "/blocklist/"

// Own gives our own list, its entries and where it is handed out; CodeNotFound before the first publication.
func (b blocklists) Own(ctx context.Context) (blocklist.Subscription, []blocklist.Mine, error) {
	var out blocklist.Subscription
	mine, err := b.app.store.Mine(ctx, b.org)
	if err != nil {
		return out, nil, err
	}
	l, err := b.app.store.OwnList(ctx, b.org)
	if err != nil {
		return out, mine, err
	}
	key := ed25519.PrivateKey(l.Secret).Public().(ed25519.PublicKey)
	return blocklist.Subscription{Name: l.Name, URL: b.app.base() + blocklistPath + l.ID, Key: blocklist.KeyText(key), List: l.ID, Version: l.Version, Fetched: l.Made, Hashed: l.Hashed}, mine, nil
}

// Publish signs our own list anew and hands it out. hashed false: ids stand in it as they are.
func (b blocklists) Publish(ctx context.Context, user, name string, hashed bool, reason string) (blocklist.Subscription, error) {
	var none blocklist.Subscription
	if b.groups != nil {
		return none, community.Errorf(community.CodeForbidden, "only who sees all groups may publish")
	}
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > 60 {
		return none, community.Errorf(community.CodeBadInput, "name: want 1 to 60 characters")
	}
	l, err := b.app.store.OwnList(ctx, b.org)
	if community.CodeOf(err) == community.CodeNotFound {
		l, err = newOwnList(b.org)
	}
	if err != nil {
		return none, err
	}
	mine, err := b.app.store.Mine(ctx, b.org)
	if err != nil {
		return none, err
	}
	l.Name, l.Hashed, l.Version, l.Made = name, hashed, l.Version+1, b.app.millis()
	d := blocklist.Make(blocklist.Document{List: l.ID, Name: l.Name, Version: l.Version, Made: l.Made, Salt: l.Salt, Hashed: hashed}, mine)
	if len(d.Entries) > blocklist.MaxEntries {
		return none, community.Errorf(community.CodeTooLarge, "%d entries, at most %d", len(d.Entries), blocklist.MaxEntries)
	}
	if l.Body, err = blocklist.Sign(d, l.Secret); err != nil {
		return none, err
	}
	if err := b.app.store.SaveOwnList(ctx, l, b.audit(user, "", "", reason)); err != nil {
		return none, err
	}
	out, _, err := b.Own(ctx)
	return out, err
}

func newOwnList(org community.OrgKey) (store.OwnList, error) {
	_, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return store.OwnList{}, err
	}
	random := make([]byte, 32)
	_, err = rand.Read(random)
	return store.OwnList{Org: org, ID: hex.EncodeToString(random[:16]), Salt: hex.EncodeToString(random[16:]), Secret: secret}, err
}

// Put puts an account on our own list, or changes what it says; it is handed out with the next publication.
func (b blocklists) Put(ctx context.Context, user string, m blocklist.Mine, reason string) error {
	if reason == "" {
		return community.Errorf(community.CodeBadInput, "reason: needed")
	}
	m.User, m.Why = user, reason
	if m.Added == 0 {
		m.Added = b.app.millis()
	}
	if err := m.Check(); err != nil {
		return err
	}
	return b.app.store.PutMine(ctx, b.org, m, b.audit(user, "blocklist.put", "", reason))
}

// PutMember puts a member on it, by the account we know them by.
func (b blocklists) PutMember(ctx context.Context, user string, id community.ID, class string, evidence, days int, reason string) error {
	m, err := b.desk().MemberByID(ctx, id)
	if err != nil {
		return err
	}
	if m.Certainty == community.NameOnly {
		return community.Errorf(community.CodeBadInput, "only a name is known of them: that is no account")
	}
	now := b.app.millis()
	return b.Put(ctx, user, blocklist.Mine{Platform: m.Platform, External: m.External, Class: class, Evidence: evidence, Added: now, Expires: now + int64(days)*dayMillis, Name: m.Name}, reason)
}

// Withdraw takes an account off our own list; subscribers drop it when they next read.
func (b blocklists) Withdraw(ctx context.Context, user string, platform community.Platform, external, reason string) error {
	mine, err := b.app.store.Mine(ctx, b.org)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(mine, func(m blocklist.Mine) bool {
		return m.Platform == platform && m.External == external && m.Withdrawn == 0
	})
	if i < 0 {
		return community.Errorf(community.CodeNotFound, "entry: not found")
	}
	mine[i].Withdrawn = b.app.millis()
	return b.app.store.PutMine(ctx, b.org, mine[i], b.audit(user, "blocklist.withdraw", "", reason))
}

// Subscriptions lists the lists that we follow.
func (b blocklists) Subscriptions(ctx context.Context) ([]blocklist.Subscription, error) {
	return b.app.store.Subscriptions(ctx, b.org)
}

func (b blocklists) byID(ctx context.Context, id community.ID) (blocklist.Subscription, error) {
	list, err := b.Subscriptions(ctx)
	i := slices.IndexFunc(list, func(s blocklist.Subscription) bool { return s.ID == id })
	if err == nil && i < 0 {
		err = community.Errorf(community.CodeNotFound, "list %s: not found", id)
	}
	if err != nil {
		return blocklist.Subscription{}, err
	}
	return list[i], nil
}

// Subscribe follows a list: its key is pinned, it is read at once, and for the first days it only notes.
func (b blocklists) Subscribe(ctx context.Context, user string, s blocklist.Subscription, reason string) (blocklist.Subscription, error) {
	if b.groups != nil {
		return s, community.Errorf(community.CodeForbidden, "only who sees all groups may follow a list")
	}
	if _, err := blocklist.ParseKey(s.Key); err != nil {
		return s, err
	}
	if s.Name = strings.TrimSpace(s.Name); s.Name == "" || utf8.RuneCountInString(s.Name) > 60 || len(s.URL) > 1000 {
		return s, community.Errorf(community.CodeBadInput, "name: want 1 to 60 characters")
	}
	if s.Later == "" {
		s.Later = blocklist.Hold
	}
	if s.Later != blocklist.Dry && s.Later != blocklist.Hold {
		return s, community.Errorf(community.CodeBadInput, "later: want dry or hold; refusing is switched on group by group")
	}
	s.Org, s.User = b.org, user
	_, d, err := b.app.readList(ctx, s)
	if err != nil {
		return s, err
	}
	if s, err = b.app.store.AddSubscription(ctx, s, b.audit(user, "", "", reason)); err != nil {
		return s, err
	}
	if err := b.app.keepList(ctx, s, d); err != nil {
		return s, err
	}
	return b.byID(ctx, s.ID)
}

// read is a list that was fetched and found good.
type read struct {
	blocklist.Document
	digest string
}

// readList fetches a list and looks whether it may be believed.
func (a *App) readList(ctx context.Context, s blocklist.Subscription) (blocklist.Subscription, read, error) {
	body, _, err := safehttp.New(a.cfg.Notify.Allow).Fetch(ctx, s.URL, blocklist.MaxBytes)
	if err != nil {
		return s, read{}, err
	}
	d, digest, err := blocklist.Open(body, s.Known(), a.millis())
	return s, read{d, digest}, err
}

func (a *App) keepList(ctx context.Context, s blocklist.Subscription, d read) error {
	s.Tried, s.Fetched, s.Error = a.millis(), a.millis(), ""
	s.List, s.Version, s.Digest, s.Salt, s.Hashed, s.State, s.NewKey = d.List, d.Version, d.digest, d.Salt, d.Hashed, "on", ""
	return a.store.FetchedList(ctx, s, &d.Document)
}

// Refresh reads a list again now. What cannot be believed changes nothing; a changed key stops the list until a person trusts it.
func (b blocklists) Refresh(ctx context.Context, id community.ID) (blocklist.Subscription, error) {
	s, err := b.byID(ctx, id)
	if err != nil {
		return s, err
	}
	if err := b.app.refreshList(ctx, s); err != nil {
		return s, err
	}
	return b.byID(ctx, id)
}

func (a *App) refreshList(ctx context.Context, s blocklist.Subscription) error {
	_, d, err := a.readList(ctx, s)
	if err == nil {
		return a.keepList(ctx, s, d)
	}
	s.Tried, s.Error = a.millis(), string(community.CodeOf(err))
	var other *blocklist.NewKey
	if errors.As(err, &other) {
		s.State, s.NewKey, s.Error = "stopped", other.Key, "new_key"
	}
	return errors.Join(err, a.store.FetchedList(ctx, s, nil))
}

// Trust pins the new key of a list whose key changed, and reads it.
func (b blocklists) Trust(ctx context.Context, user string, id community.ID, key, reason string) error {
	s, err := b.byID(ctx, id)
	if err != nil {
		return err
	}
	if s.NewKey == "" || s.NewKey != key {
		return community.Errorf(community.CodeConflict, "there is no such new key")
	}
	if err := b.app.store.TrustKey(ctx, s, b.audit(user, "", "", reason)); err != nil {
		return err
	}
	_, err = b.Refresh(ctx, id)
	return err
}

// Unsubscribe ends a list's effect and forgets its entries.
func (b blocklists) Unsubscribe(ctx context.Context, user string, id community.ID, reason string) error {
	s, err := b.byID(ctx, id)
	if err != nil {
		return err
	}
	return b.app.store.DropSubscription(ctx, s, b.audit(user, "", "", reason))
}

// Effects are what was set for groups about a list.
func (b blocklists) Effects(ctx context.Context, id community.ID) (map[community.GroupKey]blocklist.Effect, error) {
	if _, err := b.byID(ctx, id); err != nil {
		return nil, err
	}
	return b.app.store.ListEffects(ctx, id)
}

// Set sets what a list does in a group.
func (b blocklists) Set(ctx context.Context, user string, id community.ID, g community.GroupKey, e blocklist.Effect, reason string) error {
	if !slices.Contains(blocklist.Effects, e) {
		return community.Errorf(community.CodeBadInput, "effect: want one of %v", blocklist.Effects)
	}
	s, err := b.byID(ctx, id)
	if err != nil {
		return err
	}
	if err := b.sees(ctx, g); err != nil {
		return err
	}
	return b.app.store.SetListEffect(ctx, s, g, e, b.audit(user, "", "", reason))
}

// LetIn says that a member is let in whatever lists say, or takes that back.
func (b blocklists) LetIn(ctx context.Context, user string, id community.ID, on bool, reason string) error {
	m, err := b.desk().MemberByID(ctx, id)
	if err != nil {
		return err
	}
	return b.app.store.LetIn(ctx, m, on, b.audit(user, "", "", reason))
}

// Hits lists who was found on lists.
func (b blocklists) Hits(ctx context.Context, page community.Page) ([]blocklist.Hit, int, error) {
	return b.desk().ListHits(ctx, page)
}

// IsLetIn says whether a member is let in whatever lists say.
func (b blocklists) IsLetIn(ctx context.Context, m community.MemberKey) (bool, error) {
	return b.app.store.IsLetIn(ctx, b.org, m)
}

const (
	jobBlocklists  = "blocklists"
	blocklistsEach = 6 * time.Hour
)

// readLists reads every list that is on again; one that cannot be read keeps no other from being read.
func (a *App) readLists(ctx context.Context, _ store.Job) error {
	list, err := a.store.Subscriptions(ctx, 0)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.State != "on" {
			continue
		}
		if err := a.refreshList(ctx, s); err != nil {
			a.log.Warn("read a shared list", "list", s.ID, "err", err)
		}
	}
	return nil
}

// lookListed looks whether somebody who comes stands on a list, and has it decided: once per event and list.
func (a *App) lookListed(ctx context.Context, j store.Job) error {
	var c store.Comer
	if err := json.Unmarshal(j.Payload, &c); err != nil {
		return err
	}
	org, err := a.store.OrgOf(ctx, c.Group)
	if err != nil {
		return err
	}
	b := a.Blocklists(org, nil)
	list, err := b.Subscriptions(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	known, err := b.desk().MembersByKey(ctx, []community.MemberKey{c.Member})
	if err != nil || len(known) == 0 || known[0].Certainty == community.NameOnly {
		return err
	}
	for _, s := range list {
		if err := b.look(ctx, s, c, known[0]); err != nil {
			return err
		}
	}
	return nil
}

func (b blocklists) look(ctx context.Context, s blocklist.Subscription, c store.Comer, m community.Member) error {
	effects, err := b.app.store.ListEffects(ctx, s.ID)
	if err != nil {
		return err
	}
	effect := blocklist.In(effects[c.Group], s.Later, s.Created, b.app.millis())
	if effect == blocklist.Off || s.State != "on" {
		return nil
	}
	e, found, err := b.app.store.OnList(ctx, s.ID, blocklist.Name(m.Platform, m.External, s.Salt, s.Hashed))
	if err != nil || !found || !e.Live(b.app.millis()) {
		return err
	}
	said := string(effect)
	if allowed, err := b.app.store.IsLetIn(ctx, b.org, m.Key); err != nil || allowed {
		if said = "allowed"; err != nil {
			return err
		}
	}
	l := &community.Listed{Member: m.Key, Source: s.Name, Class: e.Class, Effect: said, Event: c.Event, Request: c.Request, Flag: c.Flag,
		Text: "共享名单“" + s.Name + "”里有这个账号。有异议请联系群主。"}
	key := fmt.Sprintf("listed:%s:%d", s.ID, c.Event)
	made, err := b.app.engine.DecideOnce(ctx, c.Group, key, community.PersonDecision{Kind: "listed", User: "system", Reason: s.Name, Listed: l},
		b.audit("system", "blocklist.found", "member:"+m.ID.String(), s.Name+": "+e.Class))
	if err != nil || len(made) == 0 {
		return err
	}
	h := blocklist.Hit{Subscription: s.ID, Source: s.Name, Group: c.Group, Member: m.Key, Class: e.Class, Effect: said, Request: c.Request, Decision: made[0].ID}
	switch made[0].Verdict {
	case community.Spared:
		h.Effect = "allowed"
	case community.DryHit:
		h.Effect = "dry"
	}
	return b.app.store.NoteListed(ctx, b.org, h, c.Event)
}

// handOut answers for our own lists: anybody may read them, they hold no names.
func (a *App) handOut(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "GET", http.StatusMethodNotAllowed)
		return
	}
	l, err := a.store.OwnListByID(r.Context(), strings.TrimPrefix(r.URL.Path, blocklistPath))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Content-Length", fmt.Sprint(len(l.Body)))
	if _, err := w.Write(l.Body); err != nil {
		a.log.Debug("hand out a shared list", "err", err)
	}
}
