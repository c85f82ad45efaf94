package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

type accountCmd struct {
	List      accountListCmd      `cmd:"" help:"列出连接和健康状态|list connections and their health"`
	Kinds     accountKindsCmd     `cmd:"" help:"能连接什么、要填什么|what can be connected and what it needs"`
	Add       accountAddCmd       `cmd:"" help:"新增连接|add a connection"`
	Set       accountSetCmd       `cmd:"" help:"修改连接|change a connection"`
	Remove    accountRemoveCmd    `cmd:"" help:"删除连接和它的密钥，已收到的记录保留|forget a connection and its secrets; what came through it stays"`
	Release   accountReleaseCmd   `cmd:"" help:"平台已解除限制，恢复使用这个账号|the platform lets the account go: use it again"`
	Abilities accountAbilitiesCmd `cmd:"" help:"能做什么，按实测|what it can do, as probed"`
	Matrix    accountMatrixCmd    `cmd:"" help:"所有账号和群的能力矩阵|what every account can do in every group"`
	Publish   accountPublishCmd   `cmd:"" help:"公开或关闭能力页|show or close the public page of abilities"`
	Test      accountTestCmd      `cmd:"" help:"试连，列出平台说出的群|try it; lists the groups that the platform names"`
	Chores    accountChoresCmd    `cmd:"" help:"群之外还能做什么|what it can do besides acting in groups"`
	Do        accountDoCmd        `cmd:"" help:"做群之外的一件事|do one of its chores"`
	Drift     driftCmd            `cmd:"" help:"和平台的差异|what differs from the platform"`
}

// accountLine is a connection; its settings are not printed, they may hold secrets.
type accountLine struct {
	ID        string `json:"id" col:"编号|id"`
	Name      string `json:"name" col:"名称|name"`
	Connector string `json:"connector" col:"种类|kind"`
	Platform  string `json:"platform" col:"平台|platform"`
	External  string `json:"external_id" col:"平台账号|account"`
	Enabled   bool   `json:"enabled" col:"启用|enabled"`
	State     string `json:"state" col:"状态|state"`
	Detail    string `json:"detail" col:"说明|detail"`
	Since     Moment `json:"state_at" col:"自|since"`

	Restricted    Moment `json:"restricted_at" col:"被限制|restricted"` // since when the platform holds it back; nothing goes out meanwhile
	RestrictedWhy string `json:"restricted_why"`

	Say [2]string `json:"say"` // what is wrong and what to do, in Chinese and English; empty = nothing
}

func lineOfAccount(a community.Account, health connect.Health) accountLine {
	return accountLine{a.ID.String(), a.Name, a.Connector, string(a.Platform), a.External, a.Enabled, health.State, health.Detail, Moment(health.At), Moment(a.Restricted), a.RestrictedWhy, health.Say}
}

type accountListCmd struct{}

func (accountListCmd) Shape() any          { return rowsOf[accountLine]() }
func (accountListCmd) Examples() []example { return nil }

// Do lists the connections. Health is known only where the server runs.
func (accountListCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	wires, err := need(h.Wires)
	if err != nil {
		return err
	}
	all, err := desk.Accounts(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(all, func(a community.Account) accountLine { return lineOfAccount(a, wires.Health(a.Key)) }), len(all))
}

type accountKindsCmd struct{}

// connectorLine is a setting of a kind of connection.
type connectorLine struct {
	Kind     string   `json:"connector" col:"种类|kind"`
	Setting  string   `json:"setting" col:"设置|setting"`
	Title    string   `json:"title" col:"名称|title"`
	Type     string   `json:"type" col:"类型|type"`
	Required bool     `json:"required" col:"必填|required"`
	Default  string   `json:"default" col:"默认|default"`
	Choices  []string `json:"choices" col:"可选|choices"`
	Help     string   `json:"help" col:"说明|help"`
}

func (accountKindsCmd) Shape() any          { return rowsOf[connectorLine]() }
func (accountKindsCmd) Examples() []example { return nil }

// Do lists the settings of every kind of connection.
func (accountKindsCmd) Do(c *call, h *House) error {
	wires, err := need(h.Wires)
	if err != nil {
		return err
	}
	var rows []connectorLine
	for _, info := range wires.Kinds() {
		if risk := c.lang.pick(info.Risk); risk != "" {
			c.say("%s：%s", "%s: %s", info.Name, risk)
		}
		for _, f := range info.Fields {
			if f.Choices == nil {
				f.Choices = []string{}
			}
			rows = append(rows, connectorLine{info.Name, f.Name, c.lang.pick(f.Title), f.Kind, f.Required, f.Default, f.Choices, c.lang.pick(f.Help)})
		}
	}
	return printList(c, rows, len(rows))
}

// wiring is how a connection's settings are given.
type wiring struct {
	With   map[string]string `placeholder:"SETTING=VALUE" mapsep:"none" help:"设置（可重复），有哪些见 account kinds|a setting (repeatable); see account kinds"`
	Secret []string          `placeholder:"SETTING" help:"这一项从终端或标准输入读，不进命令行历史（可重复，依次各一行）|read this one from the terminal or stdin, out of the shell's history (repeatable: one line each, in this order)"`
}

// Prompts asks for the settings that are secret.
func (w wiring) Prompts() [][2]string {
	var out [][2]string
	for _, name := range w.Secret {
		out = append(out, [2]string{name, name})
	}
	return out
}

// settings puts given settings over old ones.
func (w wiring) settings(c *call, fields []connect.Field, old json.RawMessage) (json.RawMessage, error) {
	doc := map[string]any{}
	if len(old) > 0 {
		if err := json.Unmarshal(old, &doc); err != nil {
			return nil, err
		}
	}
	given := map[string]string{}
	for k, v := range w.With {
		given[k] = v
	}
	for i, name := range w.Secret {
		given[name] = c.secrets[i]
	}
	for name, value := range given {
		i := slices.IndexFunc(fields, func(f connect.Field) bool { return f.Name == name })
		if i < 0 {
			return nil, badUsage("没有设置 %s", "there is no setting %s", name)
		}
		doc[name] = typed(fields[i].Kind, value)
	}
	return json.Marshal(doc)
}

// typed writes a value as its kind wants it; what cannot be read stays a text and is refused by the check.
func typed(kind, value string) any {
	switch kind {
	case connect.KindBool:
		if b, err := strconv.ParseBool(value); err == nil {
			return b
		}
	case connect.KindNumber:
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return n
		}
	}
	return value
}

type accountAddCmd struct {
	Connector string `arg:"" help:"种类，如 onebot、sim|kind, e.g. onebot, sim"`
	Name      string `arg:"" help:"给它起的名字|a name for it"`
	Disabled  bool   `help:"先不启用|do not switch it on yet"`
	Accept    bool   `name:"accept-risk" help:"我读过这一种的风险，愿意承担（只用于有封号风险的种类）|I have read the kind's risk and take it (only for kinds that may cost the account)"`
	wiring
}

func (accountAddCmd) Shape() any { return accountLine{} }
func (accountAddCmd) Examples() []example {
	return []example{{"account kinds", [2]string{"先看要填什么", "first see what is needed"}},
		{"account add sim 演练 --with self=10000", [2]string{"加一个模拟器", "add a simulator"}},
		{"account add satori 飞书 --with url=http://127.0.0.1:5140/satori --with platform=lark --secret token", [2]string{"加网关上的一个账号", "add an account of a Satori gateway"}},
		{"account add wecom 客户群 --with corp_id=ww0000000000000000 --with agent_id=1000002 --secret secret --secret token --secret aes_key", [2]string{"企业微信，三个密钥依次输入", "企业微信; its three secrets are asked for in turn"}}}
}

// Do adds a connection; its settings are checked first.
func (q *accountAddCmd) Do(c *call, h *House) error {
	wires, err := need(h.Wires)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(wires.Kinds(), func(k connect.Info) bool { return k.Name == q.Connector })
	if i < 0 {
		return badUsage("没有种类 %s，见 account kinds", "there is no kind %s; see account kinds", q.Connector)
	}
	info := wires.Kinds()[i]
	if err := q.consent(c, info); err != nil {
		return err
	}
	raw, err := q.settings(c, info.Fields, nil)
	if err != nil {
		return err
	}
	why := "account add"
	if info.Consent != "" {
		why += " --accept-risk" // the audit keeps that the risk was taken
	}
	return c.saveAccount(h, community.Account{Connector: info.Name, Platform: info.Platform, Name: q.Name, Settings: raw, Enabled: !q.Disabled}, why)
}

// consent takes the word that the risk was read, where a kind asks for it, and says the risk where it is missing.
func (q *accountAddCmd) consent(c *call, info connect.Info) error {
	switch {
	case q.Accept && info.Consent == "":
		return badUsage("%s 不需要 --accept-risk", "%s needs no --accept-risk", info.Name)
	case info.Consent == "":
		return nil
	case q.Accept:
		q.With = maps.Clone(q.With)
		if q.With == nil {
			q.With = map[string]string{}
		}
		q.With[info.Consent] = "true"
	case typed(connect.KindBool, q.With[info.Consent]) != true:
		return saidError{words: [2]string{info.Risk[zh] + "愿意承担，请加 --accept-risk。", info.Risk[en] + " If you take this risk, add --accept-risk."}}
	}
	return nil
}

func (c *call) saveAccount(h *House, a community.Account, why string) error {
	if err := h.Wires.Check(c.ctx, a.Connector, a.Settings); err != nil {
		return err
	}
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	if a, err = hands.SaveAccount(c.ctx, user, a, why); err != nil {
		return err
	}
	return printOne(c, lineOfAccount(a, h.Wires.Health(a.Key)))
}

type accountSetCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Name    string `placeholder:"NAME" help:"新名字|new name"`
	Enable  bool   `xor:"on" help:"启用|switch on"`
	Disable bool   `xor:"on" help:"停用|switch off"`
	wiring
}

// Prompt asks for the secret setting, if there is one.
func (accountSetCmd) Shape() any             { return accountLine{} }
func (accountSetCmd) Examples() []example    { return nil }
func (accountRemoveCmd) Shape() any          { return accountLine{} }
func (accountRemoveCmd) Examples() []example { return nil }

// Do changes a connection.
func (q *accountSetCmd) Do(c *call, h *House) error {
	wires, err := need(h.Wires)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	a, err := c.account(desk, q.Account)
	if err != nil {
		return err
	}
	kinds := wires.Kinds()
	i := slices.IndexFunc(kinds, func(k connect.Info) bool { return k.Name == a.Connector })
	if i < 0 {
		return failed(nil, "这个版本不认识种类 %s", "this build does not know the kind %s", a.Connector)
	}
	if a.Settings, err = q.settings(c, kinds[i].Fields, a.Settings); err != nil {
		return err
	}
	if q.Name != "" {
		a.Name = q.Name
	}
	if q.Enable || q.Disable {
		a.Enabled = q.Enable
	}
	return c.saveAccount(h, a, "account set")
}

type accountRemoveCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Reason  string `placeholder:"TEXT" help:"原因|why"`
}

// Effect is what removing means.
func (q *accountRemoveCmd) Effect() [2]string {
	return [2]string{"将删除连接 " + q.Account + " 和它的密钥", "this forgets connection " + q.Account + " and its secrets"}
}

// Do forgets a connection.
func (q *accountRemoveCmd) Do(c *call, h *House) error {
	desk, hands, err := c.both(h)
	if err != nil {
		return err
	}
	a, err := c.account(desk, q.Account)
	if err != nil {
		return err
	}
	if err := hands.DeleteAccount(c.ctx, user, a.Key, q.Reason); err != nil {
		return err
	}
	a.Enabled = false
	return printOne(c, lineOfAccount(a, connect.Health{State: "removed"}))
}

type accountReleaseCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Reason  string `required:"" placeholder:"TEXT" help:"怎么知道平台已解除限制|how you know that the platform lets it go"`
}

// Effect is what using it again means.
func (q *accountReleaseCmd) Effect() [2]string {
	return [2]string{"将恢复使用账号 " + q.Account + "：排队和新的动作会再次发出", "account " + q.Account + " is used again: new actions go out through it"}
}

func (accountReleaseCmd) Shape() any { return accountLine{} }
func (accountReleaseCmd) Examples() []example {
	return []example{{"account release 客服号 --reason 平台已解封", [2]string{"在平台上确认之后", "after looking on the platform"}}}
}

// Do takes a person's word that a restriction is over.
func (q *accountReleaseCmd) Do(c *call, h *House) error {
	desk, hands, err := c.both(h)
	if err != nil {
		return err
	}
	a, err := c.account(desk, q.Account)
	if err != nil {
		return err
	}
	if err := hands.Unrestrict(c.ctx, user, a.Key, q.Reason); err != nil {
		return err
	}
	a.Restricted, a.RestrictedWhy = 0, ""
	return printOne(c, lineOfAccount(a, connect.Health{State: "connecting"}))
}

type accountAbilitiesCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Group   string `placeholder:"GROUP" help:"在这个群里，默认一般而言|in this group, by default in general"`
}

// abilityLine is what a connection can do of one verb.
type abilityLine struct {
	Verb     string `json:"verb" col:"动作|action"`
	Level    string `json:"level" col:"能力|level"` // native, assisted, human, none
	Evidence string `json:"evidence" col:"依据|evidence"`
	Note     string `json:"note" col:"说明|note"`
	MaxAge   int64  `json:"max_age_seconds"`
	Rate     int    `json:"rate_per_minute" col:"每分钟|per minute"`
	Checked  Moment `json:"checked_at" col:"检查时间|checked"`
}

func (accountAbilitiesCmd) Shape() any          { return rowsOf[abilityLine]() }
func (accountAbilitiesCmd) Examples() []example { return nil }

// Do lists every verb with its level.
func (q *accountAbilitiesCmd) Do(c *call, h *House) error {
	wires, err := need(h.Wires)
	if err != nil {
		return err
	}
	desk, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	a, err := c.account(desk, q.Account)
	if err != nil {
		return err
	}
	can, err := wires.Abilities(c.ctx, a.Key, g.Key)
	if err != nil {
		return err
	}
	rows := mapped(community.Verbs, func(v community.Verb) abilityLine {
		x := can.Verbs[v]
		return abilityLine{string(v), string(can.Level(v)), x.Evidence, x.Note, x.MaxAge, x.Rate, Moment(x.Checked)}
	})
	return printList(c, rows, len(rows))
}

type accountTestCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
}

// refLine is a group as the platform names it.
type refLine struct {
	ID   string `json:"external_id" col:"平台群号|platform id"`
	Name string `json:"name" col:"名称|name"`
}

func (accountTestCmd) Shape() any          { return rowsOf[refLine]() }
func (accountTestCmd) Examples() []example { return nil }

// Do asks the platform something harmless.
func (q *accountTestCmd) Do(c *call, h *House) error {
	wires, err := need(h.Wires)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	a, err := c.account(desk, q.Account)
	if err != nil {
		return err
	}
	refs, err := wires.Test(c.ctx, a.Key)
	if err != nil {
		return err
	}
	return printList(c, mapped(refs, func(r community.Ref) refLine { return refLine{r.ID, r.Name} }), len(refs))
}
