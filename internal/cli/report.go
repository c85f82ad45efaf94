package cli

import (
	"context"

	"qunluo/internal/community"
)

// Reports is what the command line asks and changes of members' reports.
type Reports interface {
	Find(ctx context.Context, f community.ReportFilter) ([]community.ReportRow, int, error)
	ByID(ctx context.Context, id community.ID) (community.ReportRow, error)
	// Links gives where people report: in a group, and, with a member, that member.
	Links(ctx context.Context, g community.GroupKey, m community.MemberKey) (group, own string, err error)
	Give(ctx context.Context, user string, o community.ReportOrder) (community.ReportRow, error)
	// Settle ends a case. CodeConflict: it is ended. CodeForbidden: the member is immune.
	Settle(ctx context.Context, user string, id community.ID, end community.ReportEnd) (community.ReportRow, error)
}

type reportCmd struct {
	List    reportListCmd    `cmd:"" help:"举报台账|the ledger of reports"`
	Show    reportShowCmd    `cmd:"" help:"一件举报、举报人和他们以往的举报|one case, who reported and their record"`
	Give    reportGiveCmd    `cmd:"" help:"替成员登记一次举报|record a report for a member"`
	Uphold  reportUpholdCmd  `cmd:"" help:"举报成立，可同时记违规|uphold, with a strike if wanted"`
	Dismiss reportDismissCmd `cmd:"" help:"举报不成立|not upheld"`
	Link    reportLinkCmd    `cmd:"" help:"举报页面的链接|links of the report page"`
}

// reportLine is a case of reports as verbs print it.
type reportLine struct {
	ID      string   `json:"id" col:"编号|id"`
	State   string   `json:"state" col:"进展|state"` // open, raised, upheld, dismissed
	Last    Moment   `json:"last_at" col:"最近|last"`
	Group   string   `json:"group" col:"群|group"`
	Member  string   `json:"member" col:"被举报|reported"` // "" = nobody recognised
	Kind    string   `json:"kind" col:"类别|kind"`        // message, private
	Reports int      `json:"reports" col:"次数|reports"`
	Weight  float64  `json:"weight" col:"分量|weight"` // in reporters of standing
	Need    int      `json:"need" col:"需要|need"`
	Flags   []string `json:"flags" col:"异常|flags"`
	Event   int64    `json:"event" col:"序号|event"` // of the message; 0 = none
	Text    string   `json:"text" col:"消息|message"`
	Settled Moment   `json:"settled_at"`
	By      string   `json:"settled_by" col:"处理人|settled by"`
	Answer  string   `json:"answer"`
	Opened  Moment   `json:"opened_at"`
	Review  string   `json:"decision"` // by which people were asked; "" = they were not
	Strike  string   `json:"strike"`   // decision that gave a strike; "" = none
}

func lineOfReport(r community.ReportRow) reportLine {
	l := reportLine{ID: r.ID.String(), State: string(r.State), Last: Moment(r.Last), Group: r.GroupName, Member: r.MemberName, Kind: string(r.Kind), Reports: r.Count, Weight: float64(r.Total) / 100, Need: r.Need,
		Flags: append([]string{}, r.Flags...), Event: r.Event, Text: r.Message.Text, Settled: Moment(r.Settled), By: r.SettledBy, Answer: r.Answer, Opened: Moment(r.Opened)}
	if !r.Decision.IsZero() {
		l.Review = r.Decision.String()
	}
	if !r.Strike.IsZero() {
		l.Strike = r.Strike.String()
	}
	return l
}

type reportListCmd struct {
	Group  string `placeholder:"GROUP" help:"在这个群|in this group"`
	Member string `placeholder:"MEMBER" help:"举报这个成员的|about this member"`
	By     string `placeholder:"MEMBER" help:"这个成员举报的|by this member"`
	State  string `enum:",open,raised,upheld,dismissed" default:"" help:"open 未够人数、raised 等人查看、upheld 成立、dismissed 不成立|open, raised, upheld, dismissed"`
	Kind   string `enum:",message,private" default:"" help:"message 群里的消息、private 私聊骚扰|message, private"`
	paging
}

func (reportListCmd) Shape() any { return rowsOf[reportLine]() }
func (reportListCmd) Examples() []example {
	return []example{{"report list --state raised --json", [2]string{"等人查看的举报", "reports that wait for a look"}}}
}

// Do lists cases, those that wait for people first.
func (q *reportListCmd) Do(c *call, h *House) error {
	reports, err := inOrg(c, h, h.Reports)
	if err != nil {
		return err
	}
	desk, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	by, err := c.member(desk, g.Key, q.By)
	if err != nil {
		return err
	}
	rows, total, err := reports.Find(c.ctx, community.ReportFilter{Group: g.Key, Member: m.Key, Reporter: by.Key, State: community.ReportState(q.State), Kind: community.ReportKind(q.Kind), Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfReport), total)
}

type reportShowCmd struct {
	ID string `arg:"" help:"举报的编号|id of the case"`
}

// reporterLine is one report of a case.
type reporterLine struct {
	At       Moment  `json:"at" col:"时间|time"`
	Reporter string  `json:"reporter" col:"举报人|reporter"` // "" = not identified
	Verified bool    `json:"verified" col:"已核实|identified"`
	Way      string  `json:"way" col:"途径|way"` // chat, page, operator
	By       string  `json:"recorded_by"`
	Weight   float64 `json:"weight" col:"分量|weight"`
	Why      string  `json:"why" col:"原因|why"`
	Upheld   int     `json:"upheld" col:"曾成立|upheld"`
	Rejected int     `json:"rejected" col:"曾不成立|not upheld"`
	Words    string  `json:"words" col:"内容|words"`
	Named    string  `json:"named"` // whom the words mean, where nobody was recognised
}

// reportFull is a case with its reports.
type reportFull struct {
	reportLine
	Reporters []reporterLine `json:"reporters"`
}

func (reportShowCmd) Shape() any          { return reportFull{} }
func (reportShowCmd) Examples() []example { return nil }

// Do shows one case.
func (q *reportShowCmd) Do(c *call, h *House) error {
	_, r, err := q.find(c, h)
	if err != nil {
		return err
	}
	full := reportFull{lineOfReport(r), mapped(r.Reports, func(x community.ReportLine) reporterLine {
		return reporterLine{Moment(x.At), x.Name, x.Verified, string(x.Way), x.User, float64(x.Weight) / 100, x.Why, x.Upheld, x.Rejected, x.Words, x.Named}
	})}
	if c.json {
		return c.printJSON(full)
	}
	if err := printOne(c, full.reportLine); err != nil {
		return err
	}
	return printParts(c, full.Reporters, []reporterLine(nil), []reporterLine(nil))
}

func (q *reportShowCmd) find(c *call, h *House) (Reports, community.ReportRow, error) {
	var none community.ReportRow
	id, err := idOf(q.ID)
	if err != nil {
		return nil, none, err
	}
	reports, err := inOrg(c, h, h.Reports)
	if err != nil {
		return nil, none, err
	}
	r, err := reports.ByID(c.ctx, id)
	return reports, r, err
}

type reportGiveCmd struct {
	Group   string `arg:"" help:"群|group"`
	Message int64  `placeholder:"NUMBER" help:"被举报消息的序号|number of the message reported"`
	Member  string `placeholder:"MEMBER" help:"被举报的成员（没有消息时）|who is reported, where there is no message"`
	By      string `placeholder:"MEMBER" help:"谁举报的|who says so"`
	Private bool   `help:"私聊骚扰|harassment in private chat"`
	Words   string `placeholder:"TEXT" help:"发生了什么|what happened"`
}

func (reportGiveCmd) Shape() any { return reportLine{} }
func (reportGiveCmd) Examples() []example {
	return []example{{"report give 产品交流群 --message 8123 --by 小林 --words 发诈骗链接", [2]string{"成员私下告诉你的，也记进台账", "what a member told you goes into the ledger"}},
		{"report give 产品交流群 --member 老王 --private --words 私聊要加微信卖课", [2]string{"私聊骚扰，看他还在哪些群", "private harassment: see where else they are"}}}
}

// Do records a report.
func (q *reportGiveCmd) Do(c *call, h *House) error {
	reports, err := inOrg(c, h, h.Reports)
	if err != nil {
		return err
	}
	desk, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	by, err := c.member(desk, g.Key, q.By)
	if err != nil {
		return err
	}
	o := community.ReportOrder{Group: g.Key, Event: q.Message, Member: m.Key, Reporter: by.Key, Kind: community.ReportMessage, Words: q.Words}
	if q.Private {
		o.Kind = community.ReportPrivate
	}
	r, err := reports.Give(c.ctx, user, o)
	if err != nil {
		return err
	}
	return printOne(c, lineOfReport(r))
}

type reportUpholdCmd struct {
	reportShowCmd
	Strike bool   `help:"同时给作者记一次违规|and give the author a strike"`
	Rule   string `placeholder:"RULE" help:"按这条规则记，默认按群规的阶梯|under this rule, by default the book's ladder"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

// Effect says that a strike follows; "" where none does.
func (q *reportUpholdCmd) Effect() [2]string {
	if !q.Strike {
		return [2]string{}
	}
	return [2]string{"将给被举报消息的作者记一次违规，阶梯上的处罚随之执行", "the author of the message gets a strike; what the ladder says follows"}
}

func (reportUpholdCmd) Shape() any { return reportLine{} }
func (reportUpholdCmd) Examples() []example {
	return []example{{"report uphold 0Gm… --strike --rule ads --reason 变体广告 --yes", [2]string{"举报人会收到“已处理”", "the reporters hear that it was handled"}}}
}

// Do upholds a case.
func (q *reportUpholdCmd) Do(c *call, h *House) error {
	return q.settle(c, h, community.ReportEnd{Upheld: true, Strike: q.Strike, Rule: q.Rule, Words: q.Reason})
}

type reportDismissCmd struct {
	reportShowCmd
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (reportDismissCmd) Shape() any          { return reportLine{} }
func (reportDismissCmd) Examples() []example { return nil }

// Do dismisses a case.
func (q *reportDismissCmd) Do(c *call, h *House) error {
	return q.settle(c, h, community.ReportEnd{Words: q.Reason})
}

func (q *reportShowCmd) settle(c *call, h *House, end community.ReportEnd) error {
	reports, r, err := q.find(c, h)
	if err != nil {
		return err
	}
	if r, err = reports.Settle(c.ctx, user, r.ID, end); err != nil {
		return err
	}
	return printOne(c, lineOfReport(r))
}

type reportLinkCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `placeholder:"MEMBER" help:"这个成员自己的链接|this member's own link"`
}

// reportLinkLine is where people report.
type reportLinkLine struct {
	Group string `json:"group_link" col:"群的链接|group's link"`
	Own   string `json:"own_link" col:"成员的链接|member's link"`
}

func (reportLinkCmd) Shape() any { return reportLinkLine{} }
func (reportLinkCmd) Examples() []example {
	return []example{{"report link 产品交流群 --member 小林", [2]string{"成员自己的链接，举报算数", "a member's own link: what comes by it counts"}}}
}

// Do prints the links.
func (q *reportLinkCmd) Do(c *call, h *House) error {
	reports, err := inOrg(c, h, h.Reports)
	if err != nil {
		return err
	}
	_, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	group, own, err := reports.Links(c.ctx, g.Key, m.Key)
	if err != nil {
		return err
	}
	return printOne(c, reportLinkLine{group, own})
}
