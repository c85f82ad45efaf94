// Package feishu is the leaf for 飞书 (Lark) groups, by a self-built app with the bot ability: events come as callbacks, what we
// do goes by HTTP.
//
// Written from the platform's own documents (open.feishu.cn: 将事件发送至开发者服务器, 接收事件, 自建应用获取 tenant_access_token,
// im-v1 message, chat, chat-members, chat-announcement, pin, image); no real tenant has been asked yet.
package feishu

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

// Connector makes sessions of 飞书 apps.
type Connector struct{ client *http.Client }

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. client makes all calls; nil = http.DefaultClient.
func New(client *http.Client) *Connector { return &Connector{client} }

const official = "https://open.feishu.cn"

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "feishu", Title: [2]string{"飞书(自建应用机器人)", "Feishu / Lark (app bot)"}, Platform: "lark", Called: true,
		Summary: [2]string{
			"用企业自建应用接入飞书群。在开发者后台开启机器人能力，把事件请求地址填成本连接的地址，并订阅接收消息、消息撤回、成员进群退群、群信息变更。按官方文档编写，尚未在真实企业核对；更新群公告的格式尤其如此。",
			"Feishu groups by a self-built app. Enable the bot ability, enter this connection's address as the request URL for events, and subscribe to messages, " +
				"recalls, members coming and going and changed groups. Written from the documents, not yet checked with a real tenant, the form of announcements above all.",
		},
		Fields: []connect.Field{
			{Name: "app_id", Kind: connect.KindText, Required: true, Title: [2]string{"App ID", "App ID"}, Help: [2]string{"开发者后台 → 凭证与基础信息，形如 cli_…。", "Developer console → credentials; looks like cli_…."}},
			{Name: "app_secret", Kind: connect.KindSecret, Required: true, Title: [2]string{"App Secret", "App Secret"}},
			{Name: "verification_token", Kind: connect.KindSecret, Title: [2]string{"Verification Token", "Verification Token"}, Help: [2]string{"事件与回调 → 加密策略。它和 Encrypt Key 至少填一个，否则收不到事件。", "Events and callbacks → encryption. At least one of it and the Encrypt Key, or no events are taken."}},
			{Name: "encrypt_key", Kind: connect.KindSecret, Title: [2]string{"Encrypt Key", "Encrypt Key"}, Help: [2]string{"建议设置：事件加密并带签名。", "Recommended: events are then encrypted and signed."}},
			{Name: "all_messages", Kind: connect.KindBool, Default: "false", Title: [2]string{"能看到所有消息", "Sees every message"}, Help: [2]string{"应用有“获取群组中所有消息”权限时打开；否则只收到 @ 机器人的消息。", "On when the app may read all messages of a group (im:message.group_msg); otherwise it hears only what addresses it."}},
			{Name: "base_url", Kind: connect.KindURL, Default: official, Title: [2]string{"接口地址", "Base address"}, Help: [2]string{"Lark 国际版填 https://open.larksuite.com。", "For Lark: https://open.larksuite.com."}},
		},
		Defaults: connect.Abilities{Verbs: declared(), Media: sendable()},
	}
}

// Open checks the settings and prepares a session.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	v, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.ContainsAny(v["app_id"], " /?&") || len(v["app_id"]) > 100:
		return nil, community.Errorf(community.CodeBadInput, "settings: app_id must look like cli_…")
	case !strings.HasPrefix(v["base_url"], "http"):
		return nil, community.Errorf(community.CodeBadInput, "settings: base_url must begin with https://")
	}
	s := &Session{
		api: webapi.New(c.client, v["base_url"], v["app_secret"], v["verification_token"], v["encrypt_key"]), app: v["app_id"], secret: v["app_secret"],
		token: v["verification_token"], key: v["encrypt_key"], all: v.Bool("all_messages"), look: make(chan struct{}, 1), learned: map[community.Verb]time.Time{}, images: map[string]string{},
	}
	s.tell.Host = host
	s.host = host
	s.feed = connect.NewFeed(host, func(err error) { s.tell.Tell("online", err) })
	return s, nil
}

// Session is one app.
type Session struct {
	api                     *webapi.Client
	host                    connect.Host
	app, secret, token, key string
	all                     bool
	access                  webapi.Token
	tell                    webapi.Teller
	feed                    *connect.Feed // of what we did ourselves: 飞书 does not tell it
	echoes                  connect.Echoes
	look                    chan struct{} // is the platform there? asked after a call that failed

	mu      sync.Mutex
	running bool
	learned map[community.Verb]time.Time
	images  map[string]string // what the platform calls pictures that we uploaded, by hash
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.HTTPReceiver = (*Session)(nil)
	_ connect.MemberLister = (*Session)(nil)
	_ connect.GroupLister  = (*Session)(nil)
	_ connect.MediaReader  = (*Session)(nil)
)

const (
	lookEach  = 2 * time.Minute
	lookAgain = 5 * time.Second
)

// Run keeps looking whether the platform is there until ctx ends.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	workers.Go(func() { s.feed.Run(ctx) })
	s.setRunning(true)
	defer s.tell.Tell("offline", nil)
	defer s.setRunning(false)
	s.tell.Tell("connecting", nil)
	for {
		pause := lookEach
		if err := s.greet(ctx); err != nil && ctx.Err() == nil {
			state := "connecting"
			if community.CodeOf(err) == community.CodeForbidden {
				state = "failed"
			}
			s.tell.Tell(state, err)
			pause = lookAgain
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-s.look:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *Session) setRunning(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = on
}

// greet asks who we are: proof that secret and network are well.
func (s *Session) greet(ctx context.Context) error {
	var got struct {
		Bot struct {
			ID   string `json:"open_id"`
			Name string `json:"app_name"`
		} `json:"bot"`
	}
	if err := s.call(ctx, webapi.Call{Method: http.MethodGet, Path: "/open-apis/bot/v3/info"}, &got); err != nil {
		return err
	}
	s.tell.Known(got.Bot.ID, got.Bot.Name)
	if s.token == "" && s.key == "" {
		s.tell.Tell("online", connect.Trouble(community.CodeBadInput, "没有填 Verification Token 或 Encrypt Key：可以发消息，但收不到事件。", "Neither Verification Token nor Encrypt Key is set: messages go out, events are not taken."))
		return nil
	}
	s.tell.Tell("online", nil)
	return nil
}

// doubt has the platform looked at now.
func (s *Session) doubt() {
	select {
	case s.look <- struct{}{}:
	default:
	}
}

func declared() map[community.Verb]community.Ability {
	out := map[community.Verb]community.Ability{}
	for verb := range recipes {
		out[verb] = community.Ability{Level: community.Native, Evidence: "declared"}
	}
	out[community.ListMember] = community.Ability{Level: community.Native, Evidence: "declared"}
	return out
}

// sendable: pictures stand inside a message (document 上传图片: 10 MB); files would be messages of their own.
func sendable() connect.Media {
	return connect.Media{Upload: map[string]int64{"image": 10 << 20}, Only: map[string][]string{"image": {"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"}}}
}

const lessonLives = 6 * time.Hour

// Abilities says what the app can do. What its rank in a group does not allow shows when it is tried.
func (s *Session) Abilities(string) connect.Abilities {
	verbs := declared()
	s.mu.Lock()
	defer s.mu.Unlock()
	for verb, at := range s.learned {
		if time.Since(at) < lessonLives {
			verbs[verb] = community.Ability{Level: community.None, Evidence: "learned", Note: "not there", Checked: at.UnixMilli()}
		}
	}
	return connect.Abilities{Verbs: verbs, ReadsAll: s.all, Media: sendable()}
}
