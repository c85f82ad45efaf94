// Package discord is the leaf for Discord servers, by a bot of one's own: what happens comes over the Gateway, what we do goes
// by HTTP. A Discord server (guild) is one group; what we say goes into one channel of it, what is recalled or answered is
// found in the channel where it was said.
//
// Written from the platform's own documents (discord.com/developers/docs: topics Gateway, Opcodes and Status Codes,
// Permissions, Rate Limits; resources Channel, Guild, Message); no real server has been asked yet.
package discord

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

// Connector makes sessions of Discord bots.
type Connector struct{ client *http.Client }

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. client makes all calls; nil = http.DefaultClient.
func New(client *http.Client) *Connector { return &Connector{client} }

const official = "https://discord.com/api/v10"

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "discord", Title: [2]string{"Discord(机器人)", "Discord (bot)"}, Platform: "discord",
		Summary: [2]string{
			"用官方接口接入 Discord 服务器，一个服务器就是一个群。在开发者后台打开 Server Members 和 Message Content 两项特权意图，再把机器人邀请进服务器。按官方文档编写，尚未在真实服务器上核对。",
			"Discord servers through the official interfaces; a server is a group. Switch on the privileged intents Server Members and Message Content, " +
				"then invite the bot. Written from the documents, not yet checked against a real server.",
		},
		Fields: []connect.Field{
			{Name: "token", Kind: connect.KindSecret, Required: true, Title: [2]string{"机器人令牌", "Bot token"},
				Help: [2]string{"开发者后台 → Bot → Reset Token。", "Developer portal → Bot → Reset Token."}},
			{Name: "channel", Kind: connect.KindText, Title: [2]string{"发言频道", "Channel to speak in"},
				Help: [2]string{"频道的编号（右键复制）；留空用服务器的系统频道或第一个文字频道。", "A channel's id (right click, copy); empty = the server's system channel, or its first text channel."}},
			{Name: "server", Kind: connect.KindURL, Default: official, Title: [2]string{"接口地址", "Base address"}, Help: [2]string{"一般不改。", "Leave it as it is."}},
		},
		Defaults: connect.Abilities{Verbs: declared(), ReadsAll: true, Media: sendable()},
	}
}

// Open checks the settings and prepares a session.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	v, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.ContainsAny(v["token"], " \t/?&") || strings.HasPrefix(v["token"], "Bot"):
		return nil, community.Errorf(community.CodeBadInput, "settings: token is the bare token, without \"Bot\"")
	case v["channel"] != "" && !isID(v["channel"]):
		return nil, community.Errorf(community.CodeBadInput, "settings: channel must be a channel's id, digits only")
	case !strings.HasPrefix(v["server"], "http"):
		return nil, community.Errorf(community.CodeBadInput, "settings: server must begin with https://")
	}
	s := &Session{api: webapi.New(c.client, v["server"], v["token"]), token: v["token"], channel: v["channel"], guilds: map[string]*guild{}, learned: map[community.Verb]time.Time{}}
	s.tell.Host = host
	s.feed = connect.NewFeed(host, func(err error) { s.tell.Tell("online", err) })
	return s, nil
}

func isID(text string) bool {
	return text != "" && len(text) <= 20 && strings.Trim(text, "0123456789") == ""
}

// Session is one bot's connection.
type Session struct {
	api     *webapi.Client
	token   string
	channel string // where we speak; "" = each server's own
	feed    *connect.Feed
	tell    webapi.Teller
	echoes  connect.Echoes

	mu      sync.Mutex
	session string // of the Gateway, to be resumed
	resume  string // where
	seq     int64
	guilds  map[string]*guild
	awaited map[string]bool              // servers that READY named and that did not come yet
	learned map[community.Verb]time.Time // verbs found missing, and when
}

// guild is what we know of a server.
type guild struct {
	name, owner, home string           // home: the channel we speak in
	roles             map[string]int64 // permissions of roles
	own               []string         // our roles
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.MemberLister = (*Session)(nil)
	_ connect.GroupLister  = (*Session)(nil)
)

// Bits of permissions (topic Permissions).
const (
	mayKick       = 1 << 1
	mayBan        = 1 << 2
	mayAll        = 1 << 3
	mayManage     = 1 << 5
	mayMessages   = 1 << 13
	mayNicknames  = 1 << 27
	mayModerate   = 1 << 40
	moderatorBits = mayAll | mayKick | mayBan | mayManage | mayMessages | mayModerate
)

// needs says which permission a verb takes.
var needs = map[community.Verb]struct {
	bit  int64
	name string
}{
	community.RecallMsg: {mayMessages, "Manage Messages"}, community.Mute: {mayModerate, "Moderate Members"}, community.Unmute: {mayModerate, "Moderate Members"},
	community.Remove: {mayKick, "Kick Members"}, community.SetCard: {mayNicknames, "Manage Nicknames"}, community.Rename: {mayManage, "Manage Server"},
	community.Essence: {mayMessages, "Manage Messages"}, community.Announce: {mayMessages, "Manage Messages"},
}

func declared() map[community.Verb]community.Ability {
	out := map[community.Verb]community.Ability{}
	for verb := range recipes {
		out[verb] = community.Ability{Level: community.Native, Evidence: "declared"}
	}
	out[community.ListMember] = community.Ability{Level: community.Native, Evidence: "declared"}
	return out
}

// sendable is what a bot may attach: 10 MiB a message without boosts.
func sendable() connect.Media {
	const most = 10 << 20
	return connect.Media{Upload: map[string]int64{"image": most, "audio": most, "video": most, "file": most}, Most: 1}
}

// lessonLives is how long a missing verb is believed to be missing.
const lessonLives = 6 * time.Hour

// Abilities says what the bot can do in a server, by the permissions of its roles there.
func (s *Session) Abilities(group string) connect.Abilities {
	verbs := declared()
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.guilds[group]; g != nil && len(g.roles) > 0 {
		may := g.may(group, g.own)
		for verb, need := range needs {
			a := community.Ability{Level: community.Native, Evidence: "probed"}
			if may&(need.bit|mayAll) == 0 {
				a.Level, a.Note = community.Human, "the bot's roles lack "+need.name
			}
			verbs[verb] = a
		}
	}
	for verb, at := range s.learned {
		if time.Since(at) < lessonLives {
			verbs[verb] = community.Ability{Level: community.None, Evidence: "learned", Note: "not there", Checked: at.UnixMilli()}
		}
	}
	return connect.Abilities{Verbs: verbs, ReadsAll: true, Media: sendable()}
}

// may adds up the permissions of roles; everybody has the role that is called like the server.
func (g *guild) may(id string, roles []string) int64 {
	bits := g.roles[id]
	for _, r := range roles {
		bits |= g.roles[r]
	}
	return bits
}

// role is what a member is to us.
func (g *guild) role(id, user string, roles []string) community.Role {
	switch {
	case g == nil:
		return community.RoleNone
	case user == g.owner:
		return community.RoleOwner
	case g.may(id, roles)&^g.roles[id]&moderatorBits != 0:
		return community.RoleAdmin
	}
	return community.RoleMember
}

// Groups lists the servers that the bot is in.
func (s *Session) Groups(context.Context) ([]community.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []community.Ref
	for id, g := range s.guilds {
		out = append(out, community.Ref{ID: id, Name: g.name})
	}
	return out, nil
}
