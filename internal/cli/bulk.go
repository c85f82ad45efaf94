package cli

import (
	"context"
	"time"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
)

// Bulks is what the command line asks and changes of what touches many at once.
type Bulks interface {
	Rules(ctx context.Context) (bulk.Rules, error)
	SetRules(ctx context.Context, user string, r bulk.Rules, reason string) error
	Preview(ctx context.Context, user string, o bulk.Order) (bulk.Preview, error)
	Propose(ctx context.Context, user string, o bulk.Order, reason string) (bulk.Proposal, error)
	List(ctx context.Context, state bulk.State, page community.Page) ([]bulk.Proposal, int, error)
	ByID(ctx context.Context, id community.ID) (bulk.Proposal, error)
	Items(ctx context.Context, id community.ID, state string, after, most int) ([]bulk.Item, error)
	Decide(ctx context.Context, user string, id community.ID, yes bool, answer string) (bulk.Proposal, error)
	Cancel(ctx context.Context, user string, id community.ID, reason string) (bulk.Proposal, error)
	Undo(ctx context.Context, user string, id community.ID, reason string) (bulk.Proposal, error)
	// Export lets rows of people leave the house; approved is the proposal under which they were allowed, "" = none.
	Export(ctx context.Context, user, path string, rows int, approved string) error
	// Known gives who has a login and password; CodeForbidden: nobody.
	Known(ctx context.Context, login, password string) (string, error)
}

type bulkCmd struct {
	Preview bulkPreviewCmd `cmd:"" help:"会影响谁，谁被排除，要不要第二个人|whom it would touch, who is left out, whether a second person is needed"`
	Propose bulkProposeCmd `cmd:"" help:"提交；数量多的等第二个人确认|propose it; many wait for a second person"`
	List    bulkListCmd    `cmd:"" help:"列出|list them"`
	Show    bulkShowCmd    `cmd:"" help:"一个批量操作和它的人|one of them and its people"`
	Approve bulkApproveCmd `cmd:"" help:"同意（要登录名和密码）|say yes (with login and password)"`
	Refuse  bulkRefuseCmd  `cmd:"" help:"不同意|say no"`
	Cancel  bulkCancelCmd  `cmd:"" help:"撤回，或中止剩下的|call it off, or stop the rest"`
	Undo    bulkUndoCmd    `cmd:"" help:"撤销已做的|take back what was done"`
	Rules   bulkRulesCmd   `cmd:"" help:"看或改限额|show or change the limits"`
}

// named is embedded by verbs that somebody known by name may have to answer for.
type named struct {
	As string `placeholder:"LOGIN" help:"以谁的身份，密码从终端或标准输入读|as whom; the password is read from the terminal or stdin"`
}

// Prompts asks for the password of whoever it is.
func (n *named) Prompts() [][2]string {
	if n.As == "" {
		return nil
	}
	return [][2]string{{n.As + " 的密码", "password of " + n.As}}
}

// who gives the person: by name and password, or whoever sits at the machine.
func (n *named) who(c *call, h *House) (string, error) {
	if n.As == "" {
		return user, nil
	}
	b, err := inOrg(c, h, h.Bulks)
	if err != nil {
		return "", err
	}
	return b.Known(c.ctx, n.As, c.secret())
}

// bulkLine is a run over many as verbs print it.
type bulkLine struct {
	ID       string        `json:"id" col:"编号|id"`
	Kind     string        `json:"kind" col:"操作|what"`
	State    string        `json:"state" col:"状态|state"`
	Total    int           `json:"total" col:"数量|number"`
	People   int64         `json:"people" col:"人|people"`
	User     string        `json:"proposed_by" col:"提交|proposed by"`
	Decider  string        `json:"decided_by" col:"复核|second person"`
	Second   bool          `json:"second_person_needed"`
	Created  Moment        `json:"created_at" col:"时间|time"`
	Expires  Moment        `json:"expires_at"`
	Starts   Moment        `json:"starts_at" col:"开始|starts"`
	Ended    Moment        `json:"ended_at"`
	Reason   string        `json:"reason" col:"原因|reason"`
	Answer   string        `json:"answer"`
	LeftOut  []bulk.Left   `json:"left_out"`
	Progress bulk.Progress `json:"progress"`
}

// linesOfBulk words runs; people are called by their logins.
func (c *call) linesOfBulk(h *House, list ...bulk.Proposal) ([]bulkLine, error) {
	names, err := c.logins(h)
	if err != nil {
		return nil, err
	}
	return mapped(list, func(p bulk.Proposal) bulkLine { return lineOfBulk(p, names) }), nil
}

func (c *call) printBulk(h *House, p bulk.Proposal) error {
	lines, err := c.linesOfBulk(h, p)
	if err != nil {
		return err
	}
	return printOne(c, lines[0])
}

func lineOfBulk(p bulk.Proposal, names logins) bulkLine {
	return bulkLine{p.ID.String(), string(p.Kind), string(p.State), p.Total, p.People, names.of(p.User), names.of(p.Decider), p.Second, Moment(p.Created), Moment(p.Expires), Moment(p.Starts), Moment(p.Ended), p.Reason, p.Answer, p.Out, p.Progress}
}

// bulkAim is what and whom; embedded by preview and propose.
type bulkAim struct {
	Kind        string   `arg:"" enum:"remove,mute,strike,tag,untag,undo" help:"remove、mute、strike、tag、untag、undo|remove, mute, strike, tag, untag, undo"`
	Group       string   `placeholder:"GROUP" help:"在这个群|in this group"`
	Member      []string `sep:"none" placeholder:"MEMBER" help:"这些成员（可重复），默认筛选出的全部|these members (repeatable), by default all whom the filter finds"`
	Text        string   `help:"名称里的字，或平台号|part of a name, or the platform's id"`
	NeverSpoke  bool     `help:"从未发言|who never spoke"`
	SilentSince string   `placeholder:"TIME" help:"自某时起没有发言，如 30d|silent since a time, e.g. 30d"`
	Source      string   `help:"入群来源|how they joined"`
	For         string   `default:"10m" placeholder:"SPAN" help:"mute：多久|mute: how long"`
	Block       bool     `help:"remove：并拒绝再次申请|remove: and refuse new requests"`
	Rule        string   `placeholder:"RULE" help:"strike：按这条规则的阶梯；undo：这条规则的判定|strike: under this rule's ladder; undo: decisions of this rule"`
	Label       string   `placeholder:"TAG" help:"tag、untag：标签|tag, untag: the tag"`
	Since       string   `placeholder:"TIME" help:"undo：从这时起的判定，如 24h|undo: decisions since then, e.g. 24h"`
	named
}

// wanted is the guard, who asks it, and for what.
func (q *bulkAim) wanted(c *call, h *House) (b Bulks, who string, o bulk.Order, err error) {
	if b, err = inOrg(c, h, h.Bulks); err != nil {
		return b, who, o, err
	}
	if who, err = q.who(c, h); err != nil {
		return b, who, o, err
	}
	o, err = q.order(c, h)
	return b, who, o, err
}

func (q *bulkAim) order(c *call, h *House) (bulk.Order, error) {
	o := bulk.Order{Kind: bulk.Kind(q.Kind), Params: bulk.Params{Block: q.Block, Tag: q.Label}}
	desk, err := c.desk(h)
	if err != nil {
		return o, err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return o, err
	}
	if o.Kind == bulk.Undo {
		o.Decisions = community.DecisionFilter{Group: g.Key, Rule: q.Rule}
		o.Decisions.From, err = c.when(q.Since)
		return o, err
	}
	d, ok := readSpan(q.For)
	if !ok {
		return o, badUsage("--for %q 看不懂，例如 10m、24h", "--for %q: want e.g. 10m, 24h", q.For)
	}
	o.Params.Seconds, o.Params.Rule = int64(d/time.Second), q.Rule
	here := true
	o.Members = community.MemberFilter{Group: g.Key, Text: q.Text, NeverSpoke: q.NeverSpoke, Source: q.Source, Present: &here}
	if o.Members.SilentSince, err = c.when(q.SilentSince); err != nil {
		return o, err
	}
	for _, text := range q.Member {
		m, err := c.member(desk, g.Key, text)
		if err != nil {
			return o, err
		}
		o.Picked = append(o.Picked, m.ID)
	}
	return o, nil
}

// bulkItemLine is one of the people.
type bulkItemLine struct {
	Member   string `json:"member" col:"编号|id"`
	Name     string `json:"name" col:"名称|name"`
	Group    string `json:"group" col:"群|group"`
	State    string `json:"state" col:"结果|state"`
	Why      string `json:"why" col:"原因|why"`
	Decision string `json:"decision"`
}

func lineOfBulkItem(it bulk.Item) bulkItemLine {
	line := bulkItemLine{Member: it.MemberID.String(), Name: it.Name, Group: it.InGroup, State: it.State, Why: it.Why}
	if !it.Decision.IsZero() {
		line.Decision = it.Decision.String()
	}
	return line
}

type bulkPreviewCmd struct{ bulkAim }

// bulkPreview is what an order would do.
type bulkPreview struct {
	Total   int            `json:"total" col:"数量|number"`
	People  int64          `json:"people" col:"人|people"`
	Second  bool           `json:"second_person_needed" col:"要第二个人|second person"`
	Others  int            `json:"others" col:"可复核的人|who could be"`
	Cool    int64          `json:"cool_seconds" col:"冷静期秒|cool-off s"`
	Soft    int            `json:"soft_limit" col:"独自上限|alone"`
	Cap     int            `json:"cap" col:"一次上限|at once"`
	Day     int            `json:"day_cap"`
	Refused string         `json:"refused" col:"不行的原因|why not"`
	LeftOut []bulk.Left    `json:"left_out"`
	Items   []bulkItemLine `json:"items"`
}

func (bulkPreviewCmd) Shape() any { return bulkPreview{} }
func (bulkPreviewCmd) Examples() []example {
	return []example{{"bulk preview remove --group 产品交流群 --never-spoke --json", [2]string{"会移出谁，谁被排除", "who would be removed, who is left out"}}}
}

// Do shows what an order would do.
func (q *bulkPreviewCmd) Do(c *call, h *House) error {
	b, who, o, err := q.wanted(c, h)
	if err != nil {
		return err
	}
	v, err := b.Preview(c.ctx, who, o)
	if err != nil {
		return err
	}
	out := bulkPreview{Total: len(v.Items), People: v.People, Second: v.Need.Second, Others: v.Others, Cool: v.Need.Cool / 1000, Soft: v.Limit.Soft, Cap: v.Limit.Run, Day: v.Limit.Day, LeftOut: v.Out, Items: mapped(v.Items, lineOfBulkItem)}
	if v.Err != nil {
		out.Refused = string(community.CodeOf(v.Err))
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	return printParts(c, mapped(v.Out, lineOfLeft), out.Items, []bulkItemLine(nil))
}

// leftLine is how many are left out for one reason.
type leftLine struct {
	Why string `col:"排除原因|left out because"`
	N   int    `col:"人数|people"`
}

func lineOfLeft(l bulk.Left) leftLine { return leftLine{l.Why, l.N} }

type bulkProposeCmd struct {
	bulkAim
	Reason string `required:"" placeholder:"TEXT" help:"原因，复核的人和当事人会问|why; the second person and those concerned may ask"`
	Expect int    `placeholder:"N" help:"预览说的数量，不一样就不提交|the number the preview said; another one is not proposed"`
}

// Effect says that many people will be touched.
func (q *bulkProposeCmd) Effect() [2]string {
	return [2]string{"将对选中的所有人执行 " + q.Kind + "，先用 bulk preview 看清楚", "this does " + q.Kind + " to everybody chosen; look with bulk preview first"}
}

func (bulkProposeCmd) Shape() any { return bulkLine{} }
func (bulkProposeCmd) Examples() []example {
	return []example{
		{"bulk propose tag --group 产品交流群 --never-spoke --label 待唤醒 --reason 唤醒活动 --yes", [2]string{"少的一个人就行", "few need one person only"}},
		{"bulk propose remove --group 产品交流群 --text 广告 --as linxiao --reason 广告号 --yes < password.txt", [2]string{"多的要第二个人：bulk approve --as", "many need a second person: bulk approve --as"}},
	}
}

// Do proposes it.
func (q *bulkProposeCmd) Do(c *call, h *House) error {
	b, who, o, err := q.wanted(c, h)
	if err != nil {
		return err
	}
	o.Expect = q.Expect
	p, err := b.Propose(c.ctx, who, o, q.Reason)
	if err != nil {
		return err
	}
	return c.printBulk(h, p)
}

type bulkListCmd struct {
	State string `enum:",waiting,approved,running,done,stopped,refused,expired,withdrawn,undoing,undone" default:"" help:"状态|state"`
	paging
}

func (bulkListCmd) Shape() any { return rowsOf[bulkLine]() }
func (bulkListCmd) Examples() []example {
	return []example{{"bulk list --state waiting", [2]string{"等第二个人的", "what waits for a second person"}}}
}

// Do lists them.
func (q *bulkListCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Bulks)
	if err != nil {
		return err
	}
	list, total, err := b.List(c.ctx, bulk.State(q.State), q.page())
	if err != nil {
		return err
	}
	lines, err := c.linesOfBulk(h, list...)
	if err != nil {
		return err
	}
	return printList(c, lines, total)
}

type bulkShowCmd struct {
	ID string `arg:"" help:"编号|id"`
}

// bulkFull is a run with its people.
type bulkFull struct {
	bulkLine
	Items []bulkItemLine `json:"items"`
}

func (bulkShowCmd) Shape() any          { return bulkFull{} }
func (bulkShowCmd) Examples() []example { return nil }

// Do shows one with its people.
func (q *bulkShowCmd) Do(c *call, h *House) error {
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	b, err := inOrg(c, h, h.Bulks)
	if err != nil {
		return err
	}
	p, err := b.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	items, err := b.Items(c.ctx, id, "", 0, 10_000)
	if err != nil {
		return err
	}
	lines, err := c.linesOfBulk(h, p)
	if err != nil {
		return err
	}
	full := bulkFull{lines[0], mapped(items, lineOfBulkItem)}
	if c.json {
		return c.printJSON(full)
	}
	if err := printOne(c, full.bulkLine); err != nil {
		return err
	}
	return printPart(c, full.Items)
}

// bulkWord is the verbs by which somebody says something about a run.
type bulkWord struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

func (bulkWord) Shape() any          { return bulkLine{} }
func (bulkWord) Examples() []example { return nil }

func (q *bulkWord) say(c *call, h *House, do func(Bulks, string, community.ID) (bulk.Proposal, error)) error {
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	b, err := inOrg(c, h, h.Bulks)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	p, err := do(b, who, id)
	if err != nil {
		return err
	}
	return c.printBulk(h, p)
}

type (
	bulkApproveCmd struct{ bulkWord }
	bulkRefuseCmd  struct{ bulkWord }
	bulkCancelCmd  struct{ bulkWord }
	bulkUndoCmd    struct{ bulkWord }
)

// Effect says that it will start.
func (q *bulkApproveCmd) Effect() [2]string {
	return [2]string{"将同意批量操作 " + q.ID, "this says yes to " + q.ID}
}

// Do says yes.
func (q *bulkApproveCmd) Do(c *call, h *House) error {
	return q.say(c, h, func(b Bulks, who string, id community.ID) (bulk.Proposal, error) {
		return b.Decide(c.ctx, who, id, true, q.Reason)
	})
}

// Do says no.
func (q *bulkRefuseCmd) Do(c *call, h *House) error {
	return q.say(c, h, func(b Bulks, who string, id community.ID) (bulk.Proposal, error) {
		return b.Decide(c.ctx, who, id, false, q.Reason)
	})
}

// Do calls it off, or stops it.
func (q *bulkCancelCmd) Do(c *call, h *House) error {
	return q.say(c, h, func(b Bulks, who string, id community.ID) (bulk.Proposal, error) {
		return b.Cancel(c.ctx, who, id, q.Reason)
	})
}

// Do takes back what was done.
func (q *bulkUndoCmd) Do(c *call, h *House) error {
	return q.say(c, h, func(b Bulks, who string, id community.ID) (bulk.Proposal, error) {
		return b.Undo(c.ctx, who, id, q.Reason)
	})
}

type bulkRulesCmd struct {
	Kind   string `arg:"" optional:"" enum:"all,remove,strike,mute,tag,untag,undo,lockdown,send,export" default:"all" help:"哪一种，要改时写|which one, to change it"`
	Soft   int    `default:"-1" help:"一人独自（24 小时）|one person alone (24 h)"`
	Run    int    `default:"-1" help:"一次最多|at once"`
	Day    int    `default:"-1" help:"24 小时最多|in 24 hours"`
	Cool   int    `default:"-1" help:"冷静期（分钟）|cool-off (minutes)"`
	Expiry int    `default:"-1" help:"多少小时内确认|hours to confirm"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

// bulkLimitLine is the limits of one kind.
type bulkLimitLine struct {
	Kind   string `json:"kind" col:"操作|what"`
	Soft   int    `json:"soft" col:"独自|alone"`
	Run    int    `json:"run" col:"一次|at once"`
	Day    int    `json:"day" col:"24 小时|24 h"`
	Cool   int    `json:"cool_minutes" col:"冷静期|cool-off"`
	Expiry int    `json:"expiry_hours" col:"确认时限|to confirm"`
}

func (bulkRulesCmd) Shape() any { return rowsOf[bulkLimitLine]() }
func (bulkRulesCmd) Examples() []example {
	return []example{{"bulk rules remove --soft 3 --reason 从严", [2]string{"收紧立刻生效，放宽要第二个所有者", "tighter holds at once, wider needs a second owner"}}}
}

// Do shows the limits, changed where flags say so.
func (q *bulkRulesCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Bulks)
	if err != nil {
		return err
	}
	r, err := b.Rules(c.ctx)
	if err != nil {
		return err
	}
	if q.Kind == "all" && max(q.Soft, q.Run, q.Day, q.Cool) >= 0 {
		return badUsage("要改哪一种？例如 bulk rules remove --soft 3", "which one? e.g. bulk rules remove --soft 3")
	}
	if max(q.Soft, q.Run, q.Day, q.Cool, q.Expiry) >= 0 {
		l := r.Limits[bulk.Kind(q.Kind)] // none of "all"
		for _, f := range []struct {
			to   *int
			said int
		}{{&l.Soft, q.Soft}, {&l.Run, q.Run}, {&l.Day, q.Day}, {&l.Cool, q.Cool}, {&r.Expiry, q.Expiry}} {
			if f.said >= 0 {
				*f.to = f.said
			}
		}
		if q.Kind != "all" {
			r.Limits[bulk.Kind(q.Kind)] = l
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		if err := b.SetRules(c.ctx, who, r, q.Reason); err != nil {
			return err
		}
	}
	var lines []bulkLimitLine
	for _, k := range bulk.Kinds {
		if k != bulk.Loosen {
			l := r.Limits[k]
			lines = append(lines, bulkLimitLine{string(k), l.Soft, l.Run, l.Day, l.Cool, r.Expiry})
		}
	}
	return printList(c, lines, len(lines))
}
