package cli

import (
	"context"

	"qunluo/internal/community"
)

// Appeals is what the command line asks and changes of appeals.
type Appeals interface {
	Find(ctx context.Context, f community.AppealFilter) ([]community.AppealRow, int, error)
	ByID(ctx context.Context, id community.ID) (community.AppealRow, error)
	// Link gives where the member appeals against a decision, and until when (UTC ms).
	Link(ctx context.Context, decision community.ID) (link string, until int64, err error)
	Rules(ctx context.Context) (community.AppealRules, error)
	SetRules(ctx context.Context, user string, rules community.AppealRules, reason string) error
	// Decide ends an appeal. CodeForbidden: whoever decides acted in it.
	Decide(ctx context.Context, user string, id community.ID, overturn bool, answer, despite string) error
}

type appealCmd struct {
	List   appealListCmd   `cmd:"" help:"列出申诉|list appeals"`
	Show   appealShowCmd   `cmd:"" help:"一个申诉和成员写的内容|one appeal and what the member wrote"`
	Decide appealDecideCmd `cmd:"" help:"决定：成立或维持|decide: grant it, or let the decision stand"`
	Link   appealLinkCmd   `cmd:"" help:"一个处理的申诉链接|the link to appeal against a decision"`
	Rules  appealRulesCmd  `cmd:"" help:"看或改申诉规则|show or change the rules for appeals"`
}

// appealLine is an appeal as verbs print it.
type appealLine struct {
	ID       string `json:"id" col:"编号|id"`
	State    string `json:"state" col:"状态|state"` // open, upheld, overturned
	Written  Moment `json:"written_at" col:"提交|written"`
	Due      Moment `json:"due_at" col:"答复期限|due"`
	Group    string `json:"group" col:"群|group"`
	Member   string `json:"member" col:"成员|member"`
	Decision string `json:"decision" col:"处理|decision"`
	By       string `json:"decided_by" col:"决定人|decided by"`
	Decided  Moment `json:"decided_at"`
	Answer   string `json:"answer" col:"答复|answer"`
	Despite  string `json:"despite"` // why somebody decided who had acted
}

func lineOfAppeal(a community.AppealRow) appealLine {
	return appealLine{a.ID.String(), string(a.State), Moment(a.Created), Moment(a.Due), a.About.GroupName, a.About.MemberName, a.Decision.String(), a.DecidedBy, Moment(a.Decided), a.Answer, a.Despite}
}

type appealListCmd struct {
	Group string `placeholder:"GROUP" help:"在这个群|in this group"`
	State string `enum:",open,upheld,overturned" default:"" help:"open 待处理、upheld 维持、overturned 成立|open, upheld, overturned"`
	paging
}

func (appealListCmd) Shape() any { return rowsOf[appealLine]() }
func (appealListCmd) Examples() []example {
	return []example{{"appeal list --state open", [2]string{"等你处理的申诉", "appeals that wait"}}}
}

// Do lists appeals, the most urgent first.
func (q *appealListCmd) Do(c *call, h *House) error {
	appeals, err := inOrg(c, h, h.Appeals)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	rows, total, err := appeals.Find(c.ctx, community.AppealFilter{Group: g.Key, State: community.AppealState(q.State), Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfAppeal), total)
}

type appealShowCmd struct {
	ID string `arg:"" help:"申诉的编号|id of the appeal"`
}

// statementLine is one of the member's writings.
type statementLine struct {
	At   Moment `json:"at" col:"时间|time"`
	Text string `json:"text" col:"内容|words"`
}

// appealFull is an appeal with what was written and decided.
type appealFull struct {
	appealLine
	Statements []statementLine `json:"statements"`
	About      decisionLine    `json:"about"`
}

func (appealShowCmd) Shape() any          { return appealFull{} }
func (appealShowCmd) Examples() []example { return nil }

// Do shows one appeal.
func (q *appealShowCmd) Do(c *call, h *House) error {
	_, a, err := q.find(c, h)
	if err != nil {
		return err
	}
	full := appealFull{lineOfAppeal(a), mapped(a.Statements, func(s community.Statement) statementLine { return statementLine{Moment(s.At), s.Text} }), lineOfDecision(a.About)}
	if c.json {
		return c.printJSON(full)
	}
	if err := printOne(c, full.appealLine); err != nil {
		return err
	}
	return printParts(c, full.Statements, []decisionLine{full.About}, []decisionLine(nil))
}

func (q *appealShowCmd) find(c *call, h *House) (Appeals, community.AppealRow, error) {
	var none community.AppealRow
	id, err := idOf(q.ID)
	if err != nil {
		return nil, none, err
	}
	appeals, err := inOrg(c, h, h.Appeals)
	if err != nil {
		return nil, none, err
	}
	a, err := appeals.ByID(c.ctx, id)
	return appeals, a, err
}

type appealDecideCmd struct {
	ID      string `arg:"" help:"申诉的编号|id of the appeal"`
	What    string `arg:"" enum:"overturn,uphold" help:"overturn 成立并撤销处理、uphold 维持|overturn: grant it and undo the decision; uphold: let it stand"`
	Answer  string `required:"" placeholder:"TEXT" help:"给成员的答复|answer to the member"`
	Despite string `placeholder:"TEXT" help:"参与过原处理、又没有别人时，写明为什么仍由自己决定|why whoever acted decides, where there is nobody else"`
}

func (appealDecideCmd) Shape() any { return appealLine{} }
func (appealDecideCmd) Examples() []example {
	return []example{{"appeal decide 0Gm… overturn --answer 误会，记分已撤销", [2]string{"申诉成立就是撤销原来的处理", "granting an appeal undoes the decision"}}}
}

// Do decides an appeal.
func (q *appealDecideCmd) Do(c *call, h *House) error {
	show := appealShowCmd{ID: q.ID}
	appeals, a, err := show.find(c, h)
	if err != nil {
		return err
	}
	if err := appeals.Decide(c.ctx, user, a.ID, q.What == "overturn", q.Answer, q.Despite); err != nil {
		return err
	}
	if a, err = appeals.ByID(c.ctx, a.ID); err != nil {
		return err
	}
	return printOne(c, lineOfAppeal(a))
}

type appealLinkCmd struct {
	Decision string `arg:"" help:"处理（判定）的编号|id of the decision"`
}

// linkLine is a link to appeal.
type linkLine struct {
	Link  string `json:"link" col:"链接|link"`
	Until Moment `json:"until" col:"可写到|until"`
}

func (appealLinkCmd) Shape() any          { return linkLine{} }
func (appealLinkCmd) Examples() []example { return nil }

// Do prints the link to appeal against a decision.
func (q *appealLinkCmd) Do(c *call, h *House) error {
	id, err := idOf(q.Decision)
	if err != nil {
		return err
	}
	appeals, err := inOrg(c, h, h.Appeals)
	if err != nil {
		return err
	}
	link, until, err := appeals.Link(c.ctx, id)
	if err != nil {
		return err
	}
	return printOne(c, linkLine{link, Moment(until)})
}

type appealRulesCmd struct {
	Days   int    `help:"处理后几天内可以申诉|days to appeal"`
	Answer int    `help:"收到后几天内答复|days to answer"`
	Links  string `enum:",on,off" default:"" help:"通知里带不带链接|whether notices carry the link"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

// appealRulesLine is the rules for appeals.
type appealRulesLine struct {
	Days   int  `json:"days" col:"申诉天数|days to appeal"`
	Answer int  `json:"answer_days" col:"答复天数|days to answer"`
	Links  bool `json:"links" col:"通知带链接|links in notices"`
}

func (appealRulesCmd) Shape() any { return appealRulesLine{} }
func (appealRulesCmd) Examples() []example {
	return []example{{"appeal rules --days 14 --answer 5 --reason 假期", [2]string{"不带参数只看", "without flags it only shows"}}}
}

// Do shows the rules, changed where flags say so.
func (q *appealRulesCmd) Do(c *call, h *House) error {
	appeals, err := inOrg(c, h, h.Appeals)
	if err != nil {
		return err
	}
	rules, err := appeals.Rules(c.ctx)
	if err != nil {
		return err
	}
	was := rules
	if q.Days != 0 {
		rules.Days = q.Days
	}
	if q.Answer != 0 {
		rules.Answer = q.Answer
	}
	if q.Links != "" {
		rules.Off = q.Links == "off"
	}
	if rules != was {
		if err := appeals.SetRules(c.ctx, user, rules, q.Reason); err != nil {
			return err
		}
	}
	return printOne(c, appealRulesLine{rules.Days, rules.Answer, !rules.Off})
}
