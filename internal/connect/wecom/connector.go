package wecom

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
	"qunluo/internal/connect/wxcrypt"
)

// Connector makes sessions of 企业微信 apps.
type Connector struct {
	client *http.Client
}

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. client makes the calls; nil = http.DefaultClient.
func New(client *http.Client) *Connector {
	if client == nil {
		client = http.DefaultClient
	}
	return &Connector{client: client}
}

// home is where the platform's interfaces are.
const home = "https://qyapi.weixin.qq.com/"

// maxWindow is how many calls of the last ten minutes are remembered.
const maxWindow = 200_000

// Ways to count mass sends: the corp's administrator chose one (unverified which is in force; the strictest is safe).
const (
	quotaDay   = "day"
	quotaWeek  = "week"
	quotaMonth = "month"
)

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "wecom", Title: [2]string{"企业微信客户群", "WeCom customer groups"}, Platform: "wecom",
		Summary: [2]string{
			"用企业自建应用接入客户群：成员与来源、入群活码、群发（群主点一下发送）、客户与标签、离职继承、客户朋友圈。移出、撤回、公告没有接口，会变成给群主的待办。",
			"Customer groups through the corp's own app: members and where they came from, join codes, mass sends (the owner taps Send), contacts and tags, hand-over, moments. " +
				"Removing, recalling and notices have no interface and become tasks for the owner.",
		},
		Risk: [2]string{
			"官方接口，没有封号风险。群里客户说的话读不到（需另购会话存档）；平台回调可能丢失或乱序，所以每 15 分钟会完整核对一次成员。",
			"Official interfaces, no risk for the account. What customers write cannot be read (that needs the paid archive). Callbacks may be lost or out of order, so members are compared in full every 15 minutes.",
		},
		Fields: []connect.Field{
			{Name: "corp_id", Kind: connect.KindText, Required: true, Title: [2]string{"企业 ID", "Corp id"},
				Help: [2]string{"管理后台“我的企业”最下方。", "Admin console, My Company, at the bottom."}},
			{Name: "agent_id", Kind: connect.KindNumber, Required: true, Title: [2]string{"应用 AgentId", "AgentId"},
				Help: [2]string{"自建应用的 AgentId；该应用要加进“客户联系 → API → 可调用接口的应用”。", "Of your own app; the app must be listed under Customer Contact → API."}},
			{Name: "secret", Kind: connect.KindSecret, Required: true, Title: [2]string{"应用 Secret", "App secret"},
				Help: [2]string{"自建应用的 Secret；还要把这台服务器的出口 IP 加进“企业可信 IP”。", "The app's secret. This server's public address must be on the app's allow-list."}},
			{Name: "token", Kind: connect.KindSecret, Title: [2]string{"回调 Token", "Callback token"},
				Help: [2]string{"与“接收消息 → API 接收”里的 Token 相同；不填就只靠定时核对。", "As under Receive messages → API; left empty, only the regular comparison works."}},
			{Name: "aes_key", Kind: connect.KindSecret, Title: [2]string{"回调 EncodingAESKey", "Callback EncodingAESKey"},
				Help: [2]string{"43 个字符，与管理后台相同。", "43 characters, as in the admin console."}},
			{Name: "owners", Kind: connect.KindText, Title: [2]string{"只管这些群主的群", "Only groups of these owners"},
				Help: [2]string{"群主的 userid，用逗号分开，最多 100 个；不填就是应用看得见的全部。", "Their userids, with commas, at most 100; empty = all that the app may see."}},
			{Name: "quota", Kind: connect.KindChoice, Choices: []string{quotaDay, quotaWeek, quotaMonth}, Default: quotaDay,
				Title: [2]string{"群发次数规则", "Mass-send quota"},
				Help:  [2]string{"管理员在后台选的规则：day 每群每天 1 次；week 每周 7 次；month 每月次数等于当月天数。", "As the administrator chose: day = once a day per group; week = 7 a week; month = as many as the month has days."}},
			{Name: "welcome", Kind: connect.KindText, Title: [2]string{"新客户欢迎语", "Welcome for new contacts"},
				Help: [2]string{"客户加员工为好友后 20 秒内发送；不填就不发。", "Sent within 20 seconds after a contact added an employee; empty = none."}},
			{Name: "contacts", Kind: connect.KindBool, Default: "true", Title: [2]string{"同步客户和标签", "Contacts and tags"},
				Help: [2]string{"每天核对员工的客户和标签。", "Compares the employees' contacts and tags every day."}},
			{Name: "base_url", Kind: connect.KindURL, Default: home, Title: [2]string{"接口地址", "Base address"},
				Help: [2]string{"一般不改；只有经固定 IP 的自有转发时才填它的地址。", "Leave it, unless calls go through your own relay with a fixed address."}},
		},
		Called: true, Defaults: declared(),
	}
}

// Open checks the settings and prepares a session. CodeBadInput names the field that is wrong.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	values, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	owners, err := readOwners(values["owners"])
	if err != nil {
		return nil, err
	}
	agent := int64(values.Number("agent_id"))
	crypt, err := readCrypt(values)
	switch {
	case err != nil:
		return nil, err
	case float64(agent) != values.Number("agent_id") || agent < 1:
		return nil, badSetting("agent_id must be a whole number")
	case !strings.HasPrefix(values["base_url"], "http"):
		return nil, badSetting("base_url must begin with https://")
	case len(values["corp_id"]) > 64 || strings.ContainsAny(values["corp_id"], ": /"):
		return nil, badSetting("corp_id is no corp id")
	case len(values["welcome"]) > maxMassText:
		return nil, badSetting("welcome is too long: at most 4000 bytes")
	}
	return &Session{
		host: host, keeper: connect.KeeperOf(host), api: c.api(values),
		crypt: crypt, window: wxcrypt.NewWindow(maxWindow), corp: values["corp_id"], agent: agent, owners: owners, quota: values["quota"],
		welcome: values["welcome"], contacts: values.Bool("contacts"), hints: newHints(), welcomes: make(chan welcome, 64), masses: masses{turn: make(chan struct{}, 1)}, ills: map[string]ill{},
	}, nil
}

// api is the account's client.
func (c *Connector) api(values connect.Values) *wxapi.Client {
	return wxapi.New(wxapi.Options{
		HTTP: c.client, Base: values["base_url"], Secret: values["secret"], Token: "gettoken",
		Ask: url.Values{"corpid": {values["corp_id"]}, "corpsecret": {values["secret"]}}, Meaning: meaningOf, Stale: []int{40014, 42001, 41001},
	})
}

// readCrypt is nil where callbacks are not set up; half of it is a mistake.
func readCrypt(values connect.Values) (*wxcrypt.Crypt, error) {
	token, key := values["token"], values["aes_key"]
	switch {
	case token == "" && key == "":
		return nil, nil
	case token == "":
		return nil, badSetting("token is needed with aes_key")
	case key == "":
		return nil, badSetting("aes_key is needed with token")
	}
	crypt, err := wxcrypt.New(token, key, values["corp_id"])
	if err != nil {
		return nil, badSetting(err.Error())
	}
	return crypt, nil
}

func readOwners(text string) ([]string, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，;； \t\r\n", r) })
	if len(fields) > 100 {
		return nil, badSetting("owners are more than 100")
	}
	for _, id := range fields {
		if len(id) > maxID {
			return nil, badSetting("owners holds an id that is too long")
		}
	}
	return fields, nil
}

func badSetting(text string) error {
	return community.Errorf(community.CodeBadInput, "settings: %s", text)
}
