package app

import (
	"context"
	"net/http"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/north"
	"qunluo/internal/north/hook"
	"qunluo/internal/north/onebot"
	"qunluo/internal/north/satori"
	"qunluo/internal/store"
)

// guests is the house as attached bots see it.
type guests struct {
	app     *App
	north   *north.North
	outward *onebot.Outward

	mu    sync.Mutex
	ours  map[community.OrgKey]ourselves
	names *store.Directory
}

// ourselves are an organisation's accounts.
type ourselves struct {
	at        int64
	members   map[community.MemberKey]bool
	platforms map[community.AccountKey]community.Platform
	ids       map[community.AccountKey]string // what the platform calls them
}

func newGuests(a *App) (*guests, error) {
	words, err := i18n.New()
	if err != nil {
		return nil, err
	}
	g := &guests{app: a, ours: map[community.OrgKey]ourselves{}, names: a.store.NewDirectory()}
	say := func(key string, args ...any) string {
		return words.In(i18n.Chinese).T(key, args...) + " " + words.In(i18n.English).T(key, args...)
	}
	each := func(key string, args ...any) map[string]string {
		return map[string]string{"zh": words.In(i18n.Chinese).T(key, args...), "en": words.In(i18n.English).T(key, args...)}
	}
	g.north = north.New(north.Options{House: north.House{Bots: a.store, Log: g, Places: g, Hands: g, Calls: a.store}, Say: say, Each: each, Clock: a.clock, Log: a.log})
	g.outward = onebot.NewOutward(g.north)
	return g, nil
}

// mount puts the doors for bots below /north/.
func (g *guests) mount(mux *http.ServeMux) {
	const one, sat = "/north/onebot/v11", "/north/satori"
	bots := onebot.New(g.north)
	mux.Handle(one, http.StripPrefix(one, bots))
	mux.Handle(one+"/", http.StripPrefix(one, bots))
	hooks := httpd.Steady(hook.New(g.north))
	mux.Handle("/hook", hooks)
	mux.Handle("/hook/", hooks)
	mux.Handle(sat+"/", http.StripPrefix(sat, satori.New(g.north)))
}

// LogHead is the number of the last event.
func (g *guests) LogHead(ctx context.Context) (int64, error) { return g.app.store.LogHead(ctx) }

// eventPage is how many events are read for a bot at a time.
const eventPage = 200

// Happened reads what a bot may see.
func (g *guests) Happened(ctx context.Context, b community.Bot, after, until int64) ([]north.Happening, int64, error) {
	events, err := g.app.store.BotEvents(ctx, &b, after, until, eventPage)
	if err != nil {
		return nil, after, err
	}
	list := make([]north.Happening, 0, len(events))
	for i := range events {
		h, err := g.tell(ctx, b, &events[i])
		if err != nil {
			return nil, after, err
		}
		list = append(list, h)
	}
	if len(events) == eventPage {
		until = events[len(events)-1].Number
	}
	return list, until, nil
}

// Happening gives one event; a send of the bot itself is the message it became.
func (g *guests) Happening(ctx context.Context, b community.Bot, number int64) (north.Happening, error) {
	ev, err := g.app.store.BotEvent(ctx, &b, number)
	if err != nil {
		return north.Happening{}, err
	}
	if ev.Type == community.PersonDecided {
		return g.sent(ctx, b, &ev)
	}
	return g.tell(ctx, b, &ev)
}

// ourAge is how long it is believed which accounts are ours, in milliseconds.
const ourAge = 10_000

// us are the organisation's accounts.
func (g *guests) us(ctx context.Context, org community.OrgKey) (ourselves, error) {
	now := g.app.millis()
	g.mu.Lock()
	known, ok := g.ours[org]
	g.mu.Unlock()
	if ok && now-known.at < ourAge {
		return known, nil
	}
	o := ourselves{at: now, members: map[community.MemberKey]bool{}, platforms: map[community.AccountKey]community.Platform{}, ids: map[community.AccountKey]string{}}
	accounts, err := g.app.store.AllAccounts(ctx)
	if err != nil {
		return o, err
	}
	for _, a := range accounts {
		if a.Org != org {
			continue
		}
		o.platforms[a.Key] = a.Platform
		id := a.External
		if self := g.app.intake.Health(a.Key).Self; self != "" {
			id = self
		}
		if o.ids[a.Key] = id; id == "" {
			continue
		}
		key, err := g.app.store.MemberKeyOf(ctx, org, a.Platform, id)
		if err != nil {
			return o, err
		}
		if key != 0 {
			o.members[key] = true
		}
	}
	g.mu.Lock()
	g.ours[org] = o
	g.mu.Unlock()
	return o, nil
}

// Groups lists a bot's groups.
func (g *guests) Groups(ctx context.Context, b community.Bot) ([]north.Group, error) {
	rows, err := g.app.store.BotGroups(ctx, &b)
	list := make([]north.Group, len(rows))
	for i, r := range rows {
		list[i] = north.Group{Key: r.Key, ID: r.ID, Name: r.Name, Members: r.Members}
	}
	return list, err
}

// desk reads what a bot may see.
func (g *guests) desk(b community.Bot) *store.Desk {
	return g.app.store.For(community.Scope{Org: b.Org, Groups: b.Groups})
}

// Members lists who is in a group now.
func (g *guests) Members(ctx context.Context, b community.Bot, key community.GroupKey) ([]north.Person, error) {
	desk, present := g.desk(b), true
	if _, err := desk.GroupByKey(ctx, key); err != nil {
		return nil, err
	}
	o, err := g.us(ctx, b.Org)
	if err != nil {
		return nil, err
	}
	var list []north.Person
	f := community.MemberFilter{Group: key, Present: &present, Page: community.Page{Limit: 200}}
	for {
		rows, _, err := desk.FindMembers(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			list = append(list, g.person(ctx, b, o, m))
		}
		if len(rows) < f.Page.Limit {
			return list, nil
		}
		f.Page.Offset += len(rows)
	}
}

// Member gives one person of a group, or with 0 of any of the bot's.
func (g *guests) Member(ctx context.Context, b community.Bot, group community.GroupKey, id int64) (north.Person, error) {
	o, err := g.us(ctx, b.Org)
	if err != nil {
		return north.Person{}, err
	}
	keys := []community.MemberKey{community.MemberKey(id)}
	if id == north.SelfID(b) {
		keys = keys[:0]
		for key := range o.members {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		rows, err := g.desk(b).Memberships(ctx, key)
		if err != nil {
			return north.Person{}, err
		}
		for _, m := range rows {
			if m.LeftAt == 0 && (group == 0 || m.Group == group) {
				return g.person(ctx, b, o, m), nil
			}
		}
	}
	return north.Person{}, community.Errorf(community.CodeNotFound, "member %d: not found", id)
}

func (g *guests) person(ctx context.Context, b community.Bot, o ourselves, m community.MemberRow) north.Person {
	p := north.Person{ID: int64(m.Key), Name: m.Name, Card: m.Card, Role: m.Role, Joined: m.JoinedAt, LastWord: m.LastWord}
	if !o.members[m.Key] && m.Role != community.RoleSelf {
		return p
	}
	p.ID, p.Role = north.SelfID(b), community.RoleMember
	if g.Can(ctx, b, m.Group, community.Mute) == community.Native {
		p.Role = community.RoleAdmin // the platform's own word for our rank is not kept
	}
	return p
}

// Can says how well a verb can be done in a group now: as its best account can.
func (g *guests) Can(ctx context.Context, b community.Bot, key community.GroupKey, v community.Verb) community.Level {
	accounts, err := g.app.store.Serving(ctx, key)
	if err != nil || !b.Sees(key) {
		return community.None
	}
	best := community.None
	for _, a := range accounts {
		can, err := g.app.wires.Abilities(ctx, a, key)
		if err == nil && levels[can.Level(v)] > levels[best] {
			best = can.Level(v)
		}
	}
	return best
}

var levels = map[community.Level]int{community.None: 0, community.Human: 1, community.Assisted: 2, community.Native: 3}

// Fate says how an action stands.
func (g *guests) Fate(ctx context.Context, id community.ID) (community.State, community.Code, string, error) {
	f, err := g.app.store.Fate(ctx, id)
	return f.State, f.Code, f.Detail, err
}

// actLives is how long what a bot wants said or done waits for its turn, in milliseconds: then nobody wants it any more.
const actLives = int64(10 * time.Minute / time.Millisecond)
