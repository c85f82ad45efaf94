package cli

import (
	"strings"

	"qunluo/internal/community"
)

type hookCmd struct {
	List   hookListCmd   `cmd:"" help:"列出外部系统的令牌|list the tokens of outside systems"`
	Add    hookAddCmd    `cmd:"" help:"新建令牌，只显示一次|make a token; it is shown once"`
	Rotate hookRotateCmd `cmd:"" help:"换令牌和签名密钥，旧的立即失效|change token and signing key; the old ones end at once"`
	Remove hookRemoveCmd `cmd:"" help:"移除，令牌立即失效|remove one; its token ends at once"`
	Test   hookTestCmd   `cmd:"" help:"说明一次调用会怎样，--send 真的发出|say what a call would do; --send really does it"`
}

// hookLine is an outside system's token.
type hookLine struct {
	ID      string   `json:"id" col:"编号|id"`
	Name    string   `json:"name" col:"名称|name"`
	Scopes  []string `json:"scopes" col:"权限|scopes"`
	Groups  int      `json:"groups" col:"群数|groups"` // 0 = all
	Signed  bool     `json:"signed" col:"签名|signed"`
	Enabled bool     `json:"enabled" col:"启用|enabled"`
	Used    Moment   `json:"used_at" col:"最近调用|last call"`
	Created Moment   `json:"created_at" col:"建立|created"`
}

func lineOfHook(b community.Bot) hookLine {
	l := hookLine{b.ID.String(), b.Name, []string{}, len(b.Groups), b.Secret != "", b.Enabled, Moment(b.LastUsed), Moment(b.Created)}
	for _, s := range b.Scopes {
		l.Scopes = append(l.Scopes, string(s))
	}
	return l
}

// hookToken is a hook with its token and where it posts to.
type hookToken struct {
	ID      string `json:"id" col:"编号|id"`
	Name    string `json:"name" col:"名称|name"`
	Token   string `json:"token" col:"令牌（只显示这一次）|token (shown this once)"`
	Secret  string `json:"signing_key" col:"签名密钥（只显示这一次）|signing key (shown this once)"`
	Address string `json:"address" col:"地址|address"`
	Whole   string `json:"address_with_token" col:"带令牌的地址|address with the token"`
}

func tokenOfHook(b community.Bot, token string, hooks Hooks) hookToken {
	at := hooks.HookAddress()
	return hookToken{b.ID.String(), b.Name, token, b.Secret, at, at + "/" + token}
}

func (c *call) hooks(h *House) (Hooks, error) { return inOrg(c, h, h.Hooks) }

// hook finds one by id or name.
func (c *call) hook(h *House, name string) (Hooks, community.Bot, error) {
	hooks, err := c.hooks(h)
	if err != nil {
		return nil, community.Bot{}, err
	}
	all, err := hooks.Hooks(c.ctx)
	for _, b := range all {
		if b.ID.String() == name || b.Name == name {
			return hooks, b, nil
		}
	}
	if err == nil {
		err = failed(nil, "没有令牌 %s，见 hook list", "there is no hook %s; see hook list", name)
	}
	return nil, community.Bot{}, err
}

type hookListCmd struct{}

func (hookListCmd) Shape() any          { return rowsOf[hookLine]() }
func (hookListCmd) Examples() []example { return nil }

// Do lists the hooks.
func (hookListCmd) Do(c *call, h *House) error {
	hooks, err := c.hooks(h)
	if err != nil {
		return err
	}
	all, err := hooks.Hooks(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(all, lineOfHook), len(all))
}

type hookAddCmd struct {
	Name  string   `arg:"" help:"名称|name"`
	Scope []string `sep:"," default:"send" placeholder:"SCOPE" help:"权限：send 发消息、task 派待办、alarm 告警、reading 图片里的文字|scopes: send, task, alarm, reading"`
	Group []string `sep:"none" placeholder:"GROUP" help:"能用的群（可重复），默认全部|groups it may use (repeatable), by default all"`
	Sign  bool     `help:"要求 HMAC-SHA256 签名|want a signature (HMAC-SHA256)"`
}

func (hookAddCmd) Shape() any { return hookToken{} }
func (hookAddCmd) Examples() []example {
	return []example{
		{"hook add 商城 --scope send,task --group 产品交流群 --sign --json", [2]string{
			`通用写法：curl -X POST 地址 -H "Authorization: Bearer 令牌" -H "Content-Type: application/json" -H "Idempotency-Key: 订单1042" -d '{"kind":"message","group":"产品交流群","text":"订单 1042 已发货"}'；签名是 X-Qunluo-Timestamp 和 X-Qunluo-Signature: sha256=HMAC(密钥, 时间戳 + "." + 内容)`,
			`generic: curl -X POST ADDRESS -H "Authorization: Bearer TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: order-1042" -d '{"kind":"message","group":"GROUP","text":"Order 1042 is shipped"}'; signed: X-Qunluo-Timestamp, and X-Qunluo-Signature: sha256=HMAC(key, timestamp + "." + body)`}},
		{"hook add github --scope send,alarm --group 开发群", [2]string{
			`GitHub Actions 的一步：run: jq -n --arg t "$GITHUB_REPOSITORY 构建失败：$GITHUB_REF_NAME" '{kind:"alarm",text:$t}' | curl -fsS "$QUNLUO_HOOK" -H "Content-Type: application/json" -H "Idempotency-Key: $GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT" --data-binary @-`,
			`a step of GitHub Actions: run: jq -n --arg t "$GITHUB_REPOSITORY failed on $GITHUB_REF_NAME" '{kind:"alarm",text:$t}' | curl -fsS "$QUNLUO_HOOK" -H "Content-Type: application/json" -H "Idempotency-Key: $GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT" --data-binary @-`}},
	}
}

// Do makes a hook.
func (q *hookAddCmd) Do(c *call, h *House) error {
	hooks, err := c.hooks(h)
	if err != nil {
		return err
	}
	b := community.Bot{Name: q.Name}
	for _, s := range q.Scope {
		b.Scopes = append(b.Scopes, community.BotScope(strings.TrimSpace(s)))
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	if b.Groups, err = c.groupKeys(desk, q.Group); err != nil {
		return err
	}
	b, token, err := hooks.AddHook(c.ctx, user, b, q.Sign, "hook add")
	if err != nil {
		return err
	}
	return printOne(c, tokenOfHook(b, token, hooks))
}

type hookRotateCmd struct {
	Hook string `arg:"" help:"编号或名称|id or name"`
}

func (hookRotateCmd) Shape() any          { return hookToken{} }
func (hookRotateCmd) Examples() []example { return nil }

// Do changes token and signing key.
func (q *hookRotateCmd) Do(c *call, h *House) error {
	hooks, b, err := c.hook(h, q.Hook)
	if err != nil {
		return err
	}
	b, token, err := hooks.RotateHook(c.ctx, user, b.ID, "hook rotate")
	if err != nil {
		return err
	}
	return printOne(c, tokenOfHook(b, token, hooks))
}

type hookRemoveCmd struct {
	Hook   string `arg:"" help:"编号或名称|id or name"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (hookRemoveCmd) Shape() any          { return hookLine{} }
func (hookRemoveCmd) Examples() []example { return nil }

// Effect is what removing means.
func (q *hookRemoveCmd) Effect() [2]string {
	return [2]string{"将移除外部系统 " + q.Hook + "，它的令牌立即失效", "this removes hook " + q.Hook + "; its token ends at once"}
}

// Do forgets a hook.
func (q *hookRemoveCmd) Do(c *call, h *House) error {
	hooks, b, err := c.hook(h, q.Hook)
	if err != nil {
		return err
	}
	if err := hooks.DeleteHook(c.ctx, user, b.ID, q.Reason); err != nil {
		return err
	}
	b.Enabled = false
	return printOne(c, lineOfHook(b))
}

type hookTestCmd struct {
	Hook  string `arg:"" help:"编号或名称|id or name"`
	Kind  string `enum:"message,task,alarm,reading" default:"message" help:"message、task、alarm 或 reading|message, task, alarm or reading"`
	Group string `placeholder:"GROUP" help:"群的编号或名称|id or name of the group"`
	Text  string `default:"群落试发" placeholder:"TEXT" help:"内容|what it says"`
	Image string `placeholder:"URL" help:"随消息的图片网址|web address of a picture with a message"`
	Due   int64  `placeholder:"MINUTES" help:"task：几分钟内要做|task: minutes until it must be done"`
	Event int64  `placeholder:"NUMBER" help:"reading：消息的编号|reading: number of the message"`
	Send  bool   `help:"真的发出|really do it"`
}

// hookTried is what came, or would come, of a call.
type hookTried struct {
	Done bool `json:"done" col:"已做|done"`
	community.Posted
}

func (hookTestCmd) Shape() any { return hookTried{} }
func (hookTestCmd) Examples() []example {
	return []example{
		{"hook test 商城 --group 产品交流群 --text 订单已发货", [2]string{"只检查权限、群和能力", "only look at scopes, group and abilities"}},
		{"hook test 商城 --kind alarm --text 演练 --send --json", [2]string{"真的叫一次值班的人", "really wake whoever is on duty"}},
	}
}

// Do examines a call, or makes it.
func (q *hookTestCmd) Do(c *call, h *House) error {
	hooks, b, err := c.hook(h, q.Hook)
	if err != nil {
		return err
	}
	got, err := hooks.TryHook(c.ctx, b.ID, community.Post{Kind: q.Kind, Group: q.Group, Text: q.Text, Image: q.Image, Due: q.Due, Event: q.Event}, q.Send)
	if err != nil {
		return err
	}
	return printOne(c, hookTried{q.Send, got})
}
