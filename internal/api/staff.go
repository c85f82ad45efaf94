package api

import (
	"context"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// Keys attaches bots and outside systems. What it gives as a token is told this once.
type Keys interface {
	AttachBot(ctx context.Context, user string, b community.Bot, reason string) (community.Bot, string, error)
	RotateBot(ctx context.Context, user string, id community.ID, reason string) (community.Bot, string, error)
	Addresses(b community.Bot) (ws, http, satori string, self int64)
	AddHook(ctx context.Context, user string, b community.Bot, signed bool, reason string) (community.Bot, string, error)
	RotateHook(ctx context.Context, user string, id community.ID, reason string) (community.Bot, string, error)
	HookAddress() string
}

// Staff changes those who sign in, as one of them.
type Staff interface {
	// Add makes somebody without a password: a person who has proven themselves gives it in the console. CodeForbidden: by holds
	// less than that. CodeConflict: the login is taken.
	Add(ctx context.Context, by, u community.User, reason string) (community.User, error)
	// Set changes name, language, role and groups; nobody is raised: CodeForbidden.
	Set(ctx context.Context, by, u community.User, reason string) (community.User, error)
	Switch(ctx context.Context, by community.User, id community.ID, on bool, reason string) (community.User, error)
	Ways(ctx context.Context, id community.ID) ([]duty.Way, error)
	// SetWays changes how somebody is told; a webhook without a secret keeps the one it has.
	SetWays(ctx context.Context, by community.User, id community.ID, ways []duty.Way, reason string) error
}

// botMade is a bot with its token.
type botMade struct {
	Bot    bot    `json:"bot"`
	Token  string `json:"token" doc:"told this once; empty where the call is answered again"`
	WS     string `json:"address_ws" doc:"OneBot by WebSocket"`
	HTTP   string `json:"address_http" doc:"OneBot by HTTP"`
	Satori string `json:"address_satori"`
	Self   string `json:"self_id" doc:"what it is to itself"`
}

func (b botMade) sealed() any { b.Token = ""; return b }

// hookMade is an outside system with its token and, where its calls are signed, its key.
type hookMade struct {
	Hook    bot    `json:"hook"`
	Token   string `json:"token" doc:"told this once; empty where the call is answered again"`
	Key     string `json:"signing_key" doc:"told this once; empty = unsigned"`
	Address string `json:"address"`
}

func (h hookMade) sealed() any { h.Token, h.Key = "", ""; return h }

func (c *call) botMade(b community.Bot, token string, err error) (botMade, error) {
	ws, http, satori, self := room(c, c.a.deps.Rooms.Keys).Addresses(b)
	return botMade{botOf(b), token, ws, http, satori, strconv.FormatInt(self, 10)}, err
}

func (c *call) hookMade(b community.Bot, token string, err error) (hookMade, error) {
	return hookMade{botOf(b), token, b.Secret, room(c, c.a.deps.Rooms.Keys).HookAddress()}, err
}

// reached are the groups that something attached may reach: those that are named, or all that the caller sees.
func (c *call) reached(ids []community.ID) ([]community.GroupKey, error) {
	if len(ids) == 0 {
		return c.sees, nil
	}
	return c.groupKeys(ids)
}

// UserOrder is what somebody who signs in is to be.
type UserOrder struct {
	Name   string         `json:"name" maxLength:"64"`
	Role   string         `json:"role" enum:"owner,admin,operator,moderator,editor,finance,analyst,auditor"`
	Lang   string         `json:"lang" enum:"zh-CN,en"`
	Reach  string         `json:"reach" enum:"org,groups,own" doc:"which groups they see: all, those named, those they look after"`
	Groups []community.ID `json:"groups,omitempty" maxItems:"500" doc:"with groups"`
	Maybe
}

// put lays an order over somebody.
func (c *call) put(u community.User, o UserOrder) (_ community.User, err error) {
	u.Org, u.Name, u.Role, u.Lang, u.Reach, u.Groups = c.User.Org, o.Name, o.Role, o.Lang, o.Reach, nil
	if o.Reach == "groups" {
		u.Groups, err = c.groupKeys(o.Groups)
	}
	return u, err
}

// way is how somebody is told. Its secret is not shown.
type way struct {
	Kind    string `json:"kind" maxLength:"20" doc:"mail, webhook, group"`
	Address string `json:"address" maxLength:"500" doc:"of a group its id"`
	Secret  string `json:"secret,omitempty" maxLength:"500" doc:"of a webhook; left out = the one that it has"`
	Signed  bool   `json:"signed,omitempty" readOnly:"true"`
}

func wayOf(w duty.Way) way { return way{w.Kind, w.Address, "", w.Secret != ""} }

func staffLines() []line {
	area := community.AreaSystem
	keys := func(c *call) Keys { return room(c, c.a.deps.Rooms.Keys) }
	staff := func(c *call) Staff { return room(c, c.a.deps.Rooms.Staff) }
	return []line{
		admin(on("attachBot", "POST /bots", "Attach a bot", area, []string{"POST /bots/new"}, func(c *call, in *struct {
			Body struct {
				Name   string         `json:"name" minLength:"1" maxLength:"40"`
				Scopes []string       `json:"scopes" minItems:"1" maxItems:"10" doc:"read, send, recall, mute, remove, approve"`
				Groups []community.ID `json:"groups,omitempty" maxItems:"1000" doc:"empty = all that the caller sees"`
				Mode   string         `json:"mode,omitempty" enum:"reverse,http," doc:"empty: it dials us; reverse: we dial its WebSocket; http: we post to it"`
				URL    string         `json:"url,omitempty" maxLength:"500"`
				Secret string         `json:"secret,omitempty" maxLength:"200" doc:"reverse: the token it wants of us; http: the key that posts are signed with"`
				Maybe
			}
		}) (botMade, error) {
			groups, err := c.reached(in.Body.Groups)
			if err != nil {
				return botMade{}, err
			}
			b := in.Body
			return c.botMade(keys(c).AttachBot(c.ctx(), c.who(), community.Bot{Name: b.Name, Scopes: mapped(b.Scopes, func(s string) community.BotScope { return community.BotScope(s) }), Groups: groups, Mode: community.BotMode(b.Mode), URL: b.URL, Secret: b.Secret}, b.Reason))
		})),
		admin(on("rotateBot", "POST /bots/{id}/rotate", "Give a bot another token; the old one ends at once", area, []string{"POST /bots/{id}/rotate"}, func(c *call, in *maybeOrder) (botMade, error) {
			return c.botMade(keys(c).RotateBot(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
		admin(on("addHook", "POST /hooks", "Let an outside system post", area, []string{"POST /hooks/new"}, func(c *call, in *struct {
			Body struct {
				Name   string         `json:"name" minLength:"1" maxLength:"40"`
				Scopes []string       `json:"scopes" minItems:"1" maxItems:"10" doc:"send, task, alarm, reading"`
				Groups []community.ID `json:"groups,omitempty" maxItems:"1000" doc:"empty = all that the caller sees"`
				Signed bool           `json:"signed,omitempty"`
				Maybe
			}
		}) (hookMade, error) {
			groups, err := c.reached(in.Body.Groups)
			if err != nil {
				return hookMade{}, err
			}
			b := in.Body
			return c.hookMade(keys(c).AddHook(c.ctx(), c.who(), community.Bot{Name: b.Name, Scopes: mapped(b.Scopes, func(s string) community.BotScope { return community.BotScope(s) }), Groups: groups}, b.Signed, b.Reason))
		})),
		admin(on("rotateHook", "POST /hooks/{id}/rotate", "Give an outside system another token and key; the old ones end at once", area, []string{"POST /hooks/{id}/rotate"}, func(c *call, in *maybeOrder) (hookMade, error) {
			return c.hookMade(keys(c).RotateHook(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
		admin(on("addUser", "POST /users", "Make somebody who may sign in once a person has given them a password in the console", area, []string{"POST /users/new"}, func(c *call, in *struct {
			Body struct {
				Login string `json:"login" minLength:"1" maxLength:"64"`
				UserOrder
			}
		}) (user, error) {
			u, err := c.put(community.User{Login: in.Body.Login, Enabled: true, Created: c.now()}, in.Body.UserOrder)
			if err == nil {
				u, err = staff(c).Add(c.ctx(), c.User, u, in.Body.Reason)
			}
			return userOf(u), err
		})),
		admin(on("setUser", "PUT /users/{id}", "Change somebody's name, language, role and groups; to raise somebody takes a person in the console", area, []string{"POST /users/{id}"}, func(c *call, in *struct {
			byID
			Body UserOrder
		}) (user, error) {
			u, err := c.put(community.User{ID: in.ID}, in.Body)
			if err == nil {
				u, err = staff(c).Set(c.ctx(), c.User, u, in.Body.Reason)
			}
			return userOf(u), err
		})),
		admin(on("switchUser", "POST /users/{id}/switch", "Let somebody sign in no longer, or again", area, []string{"POST /users/{id}/switch"}, func(c *call, in *switchOrder) (user, error) {
			u, err := staff(c).Switch(c.ctx(), c.User, in.ID, in.Body.On, in.Body.Reason)
			return userOf(u), err
		})),
		admin(on("listUserWays", "GET /users/{id}/notify", "How somebody is told, first to last", area, []string{"GET /users/{id}/notify"}, func(c *call, in *byID) (list[way], error) {
			rows, err := staff(c).Ways(c.ctx(), in.ID)
			return whole(rows, wayOf), err
		})),
		admin(on("setUserWays", "PUT /users/{id}/notify", "Change how somebody is told", area, []string{"POST /users/{id}/notify"}, func(c *call, in *struct {
			byID
			Body struct {
				Ways []way `json:"ways" maxItems:"10"`
				Maybe
			}
		}) (none, error) {
			ways := mapped(in.Body.Ways, func(w way) duty.Way { return duty.Way{Kind: w.Kind, Address: w.Address, Secret: w.Secret} })
			return did(staff(c).SetWays(c.ctx(), c.User, in.ID, ways, in.Body.Reason))
		})),
		on("dismissAlarm", "POST /alarms/{id}/false", "End an alarm about public opinion as a false one: what was said becomes a labelled case", community.AreaOrder, []string{"POST /duty/alarms/{id}/false"}, func(c *call, in *undoOrder) (alarm, error) {
			return c.alarmNow(in.ID, room(c, c.a.deps.Rooms.Duty).FalseAlarm(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
	}
}

// maybeOrder is about one thing, perhaps with a reason.
type maybeOrder struct {
	byID
	Body Maybe
}
