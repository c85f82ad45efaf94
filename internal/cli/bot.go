package cli

import (
	"strings"

	"qunluo/internal/community"
)

type botCmd struct {
	List   botListCmd   `cmd:"" help:"列出接入的机器人|list the attached bots"`
	Add    botAddCmd    `cmd:"" help:"接入一个机器人，令牌只显示一次|attach a bot; its token is shown once"`
	Rotate botRotateCmd `cmd:"" help:"换令牌，旧的立即失效|change a token; the old one ends at once"`
	Remove botRemoveCmd `cmd:"" help:"移除，令牌立即失效|remove one; its token ends at once"`
}

// botLine is an attached bot.
type botLine struct {
	ID      string   `json:"id" col:"编号|id"`
	Name    string   `json:"name" col:"名称|name"`
	Scopes  []string `json:"scopes" col:"权限|scopes"`
	Groups  int      `json:"groups" col:"群数|groups"` // 0 = all
	Mode    string   `json:"mode" col:"方式|mode"`
	URL     string   `json:"url" col:"地址|address"`
	Enabled bool     `json:"enabled" col:"启用|enabled"`
	SelfID  int64    `json:"self_id" col:"号|self id"`
	Used    Moment   `json:"used_at" col:"最近活动|last heard of"`
	Created Moment   `json:"created_at" col:"建立|created"`
}

func lineOfBot(b community.Bot, bots Bots) botLine {
	_, _, _, self := bots.Addresses(b)
	l := botLine{b.ID.String(), b.Name, []string{}, len(b.Groups), string(b.Mode), b.URL, b.Enabled, self, Moment(b.LastUsed), Moment(b.Created)}
	for _, s := range b.Scopes {
		l.Scopes = append(l.Scopes, string(s))
	}
	return l
}

// botToken is a bot with its token and where it finds us.
type botToken struct {
	ID     string `json:"id" col:"编号|id"`
	Name   string `json:"name" col:"名称|name"`
	Token  string `json:"token" col:"令牌（只显示这一次）|token (shown this once)"`
	SelfID int64  `json:"self_id" col:"号|self id"`
	WS     string `json:"onebot_ws" col:"OneBot WebSocket|OneBot WebSocket"`
	HTTP   string `json:"onebot_http" col:"OneBot HTTP|OneBot HTTP"`
	Satori string `json:"satori" col:"Satori|Satori"`
}

func tokenOf(b community.Bot, token string, bots Bots) botToken {
	ws, http, satori, self := bots.Addresses(b)
	return botToken{b.ID.String(), b.Name, token, self, ws, http, satori}
}

func (c *call) bots(h *House) (Bots, error) { return inOrg(c, h, h.Bots) }

type botListCmd struct{}

func (botListCmd) Shape() any          { return rowsOf[botLine]() }
func (botListCmd) Examples() []example { return nil }

// Do lists the attached bots.
func (botListCmd) Do(c *call, h *House) error {
	bots, err := c.bots(h)
	if err != nil {
		return err
	}
	all, err := bots.Bots(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(all, func(b community.Bot) botLine { return lineOfBot(b, bots) }), len(all))
}

type botAddCmd struct {
	Name   string   `arg:"" help:"名称|name"`
	Scope  []string `sep:"," default:"read,send" placeholder:"SCOPE" help:"权限：read、send、recall、mute、remove、approve|scopes: read, send, recall, mute, remove, approve"`
	Group  []string `sep:"none" placeholder:"GROUP" help:"它看到的群（可重复），默认全部|groups it sees (repeatable), by default all"`
	Mode   string   `enum:",reverse,http" default:"" help:"空：它来连我们；reverse：我们连它；http：向它推送事件|empty: it dials us; reverse: we dial it; http: events are posted to it"`
	URL    string   `placeholder:"URL" help:"reverse 和 http 要填它的地址|its address, for reverse and http"`
	Secret bool     `help:"从终端或标准输入读它的密钥（reverse 的令牌、http 的签名密钥）|read its secret (token of reverse, signing key of http) from the terminal or stdin"`
}

// Prompts asks for the bot's own secret, if it has one.
func (q *botAddCmd) Prompts() [][2]string {
	if !q.Secret {
		return nil
	}
	return [][2]string{{"机器人的密钥", "the bot's secret"}}
}

func (botAddCmd) Shape() any { return botToken{} }
func (botAddCmd) Examples() []example {
	return []example{
		{"bot add 签到 --scope read,send --json", [2]string{"全部群，看和发；输出地址和令牌", "all groups, read and send; prints addresses and token"}},
		{"bot add 管理 --scope read,send,mute --group 周末徒步群", [2]string{"只在一个群里，可以禁言", "in one group only, may mute"}},
		{"bot add koishi --mode reverse --url ws://127.0.0.1:5140/onebot", [2]string{"由群落去连 Koishi", "Qunluo dials Koishi"}},
	}
}

// Do attaches a bot.
func (q *botAddCmd) Do(c *call, h *House) error {
	bots, err := c.bots(h)
	if err != nil {
		return err
	}
	b := community.Bot{Name: q.Name, Mode: community.BotMode(q.Mode), URL: q.URL, Secret: c.secret()}
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
	b, token, err := bots.AttachBot(c.ctx, user, b, "bot add")
	if err != nil {
		return err
	}
	return printOne(c, tokenOf(b, token, bots))
}

type botRotateCmd struct {
	Bot string `arg:"" help:"机器人的编号或名称|the bot's id or name"`
}

func (botRotateCmd) Shape() any          { return botToken{} }
func (botRotateCmd) Examples() []example { return nil }

// Do changes a token.
func (q *botRotateCmd) Do(c *call, h *House) error {
	bots, b, err := c.bot(h, q.Bot)
	if err != nil {
		return err
	}
	b, token, err := bots.RotateBot(c.ctx, user, b.ID, "bot rotate")
	if err != nil {
		return err
	}
	return printOne(c, tokenOf(b, token, bots))
}

type botRemoveCmd struct {
	Bot    string `arg:"" help:"机器人的编号或名称|the bot's id or name"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (botRemoveCmd) Shape() any          { return botLine{} }
func (botRemoveCmd) Examples() []example { return nil }

// Effect is what removing means.
func (q *botRemoveCmd) Effect() [2]string {
	return [2]string{"将移除机器人 " + q.Bot + "，它的令牌立即失效", "this removes bot " + q.Bot + "; its token ends at once"}
}

// Do forgets a bot.
func (q *botRemoveCmd) Do(c *call, h *House) error {
	bots, b, err := c.bot(h, q.Bot)
	if err != nil {
		return err
	}
	if err := bots.DeleteBot(c.ctx, user, b.ID, q.Reason); err != nil {
		return err
	}
	b.Enabled = false
	return printOne(c, lineOfBot(b, bots))
}

// bot finds an attached bot by id or name.
func (c *call) bot(h *House, name string) (Bots, community.Bot, error) {
	bots, err := c.bots(h)
	if err != nil {
		return nil, community.Bot{}, err
	}
	all, err := bots.Bots(c.ctx)
	for _, b := range all {
		if b.ID.String() == name || b.Name == name {
			return bots, b, nil
		}
	}
	if err == nil {
		err = failed(nil, "没有机器人 %s，见 bot list", "there is no bot %s; see bot list", name)
	}
	return nil, community.Bot{}, err
}
