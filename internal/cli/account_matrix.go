package cli

import (
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

type accountMatrixCmd struct {
	Text     string `arg:"" optional:"" help:"群名里的字|part of a group's name"`
	Platform string `help:"只看这个平台|this platform only"`
	Tag      string `help:"有这个标签的群|groups with this tag"`
	Verb     string `placeholder:"VERB" help:"只看这个动作，如 member.mute|this verb only, e.g. member.mute"`
	Level    string `enum:",native,assisted,human,none" default:"" help:"只看这一级：native 原生、assisted 协助、human 人工、none 不支持|this level only: native, assisted, human, none"`
	Public   bool   `help:"公开页会写什么，不含账号|what the public page says, without accounts"`
	paging
}

// matrixLine is what can be done of one verb in one place.
type matrixLine struct {
	Platform string `json:"platform" col:"平台|platform"`
	Account  string `json:"account" col:"账号|account"` // "" = by hand, or summed up for the public
	Kind     string `json:"connector"`
	Group    string `json:"group" col:"群|group"` // "" = in general
	Verb     string `json:"verb" col:"动作|action"`
	Level    string `json:"level" col:"能力|level"`
	Worst    string `json:"worst"` // the least of a platform's groups, for the public
	Instead  string `json:"instead" col:"改为|instead"`
	Evidence string `json:"evidence" col:"依据|evidence"`
	Note     string `json:"note" col:"说明|note"`
	MaxAge   int64  `json:"max_age_seconds"`
	Rate     int    `json:"rate_per_minute" col:"每分钟|per minute"`
	Size     int    `json:"group_limit"`
	Checked  Moment `json:"checked_at" col:"检查时间|checked"`
	State    string `json:"state"` // of the connection
	Held     Moment `json:"restricted_at"`

	Limits []community.Limit `json:"limits"`
}

func (accountMatrixCmd) Shape() any { return rowsOf[matrixLine]() }
func (accountMatrixCmd) Examples() []example {
	return []example{{"account matrix --verb member.mute --level none", [2]string{"哪些群不能禁言", "where nobody can be muted"}},
		{"account matrix --public --json", [2]string{"公开页会写什么", "what the public page says"}}}
}

// Do lists every account and group with every verb.
func (q *accountMatrixCmd) Do(c *call, h *House) error {
	wires, err := need(h.Wires)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	if q.Verb != "" && !slices.Contains(community.Verbs, community.Verb(q.Verb)) {
		return badUsage("没有动作 %[1]q，有：%[2]v", "there is no verb %[1]q, but: %[2]v", q.Verb, community.Verbs)
	}
	var rows []matrixLine
	if q.Public {
		list, err := wires.Public(c.ctx, org, false)
		if err != nil {
			return err
		}
		rows = q.publicLines(list)
		return printList(c, rows, len(rows))
	}
	places, _, err := wires.Matrix(c.ctx, community.Scope{Org: org}, community.GroupFilter{Text: q.Text, Tag: q.Tag, Platform: community.Platform(q.Platform), Page: q.page()})
	if err != nil {
		return err
	}
	for _, p := range places {
		rows = append(rows, q.placeLines(p)...)
	}
	return printList(c, rows, len(rows))
}

func (q *accountMatrixCmd) wants(v community.Verb, level string) bool {
	return (q.Verb == "" || q.Verb == string(v)) && (q.Level == "" || q.Level == level)
}

func (q *accountMatrixCmd) placeLines(p connect.Place) []matrixLine {
	var out []matrixLine
	for _, v := range community.Verbs {
		a := p.Can.Of(v)
		if a.Level == "" {
			a.Level = community.None
		}
		if !q.wants(v, string(a.Level)) {
			continue
		}
		if a.Limits == nil {
			a.Limits = []community.Limit{}
		}
		out = append(out, matrixLine{Platform: string(p.Platform), Account: p.AccountName, Kind: p.Connector, Group: p.GroupName, Verb: string(v), Level: string(a.Level), Worst: string(a.Level),
			Evidence: a.Evidence, Note: a.Note, MaxAge: a.MaxAge, Rate: a.Rate, Size: p.Can.GroupLimit, Checked: Moment(a.Checked), State: p.State, Held: Moment(p.Restricted), Limits: a.Limits})
	}
	return out
}

func (q *accountMatrixCmd) publicLines(list []community.PlatformOffer) []matrixLine {
	var out []matrixLine
	for _, p := range list {
		for _, o := range p.Offers {
			if (q.Platform == "" || q.Platform == string(p.Platform)) && q.wants(o.Verb, string(o.Best)) {
				out = append(out, matrixLine{Platform: string(p.Platform), Verb: string(o.Verb), Level: string(o.Best), Worst: string(o.Worst), Instead: o.Instead, Limits: []community.Limit{}})
			}
		}
	}
	return out
}

type accountPublishCmd struct {
	On    string `arg:"" enum:"on,off" help:"on 公开能力页，off 关闭|on shows the public page, off closes it"`
	Names bool   `help:"写出群的名称|name the groups"`
}

// published is how the public page is set.
type published struct {
	On    bool   `json:"on" col:"公开|public"`
	Names bool   `json:"names" col:"写群名|names"`
	Path  string `json:"path" col:"网址|address"`
}

func (accountPublishCmd) Shape() any { return published{} }
func (accountPublishCmd) Examples() []example {
	return []example{{"account publish on", [2]string{"公开各平台能做什么", "say in public what can be done on each platform"}}}
}

// Do shows or hides the public page.
func (q *accountPublishCmd) Do(c *call, h *House) error {
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	if err := hands.SetPublicAbilities(c.ctx, user, community.PublicAbilities{On: q.On == "on", Names: q.Names}, "account publish"); err != nil {
		return err
	}
	set, err := hands.PublicAbilities(c.ctx)
	if err != nil {
		return err
	}
	return printOne(c, published{set.On, set.Names, "/abilities/" + set.Org.String()})
}
