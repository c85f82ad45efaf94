package cli

import (
	"context"
	"io"
	"maps"
	"os"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Leads is what the command line asks and changes of potential users.
type Leads interface {
	Rule(ctx context.Context) (measure.LeadRuleVersion, error)
	Rules(ctx context.Context) ([]measure.LeadRuleVersion, error)
	SetRule(ctx context.Context, user string, r measure.LeadRule, note string) (measure.LeadRuleVersion, error)
	Mark(ctx context.Context, r measure.LeadRule) (measure.Leads, error)
	// Enter keeps signals from a CSV, all or none.
	Enter(ctx context.Context, user string, file io.Reader) (added, known, alone int, faults []measure.SignalFault, err error)
	Named(ctx context.Context, keys []community.MemberKey) ([]community.Member, error)
}

type leadCmd struct {
	List   leadListCmd   `cmd:"" help:"谁被标记、为什么、后来怎样|who is marked, why, and what became of them"`
	Report leadReportCmd `cmd:"" help:"规则的精确率和召回率，带 n 和区间|precision and recall of the rule, with n and interval"`
	Rule   leadRuleCmd   `cmd:"" help:"看或改规则；改就是新版本|show or change the rule; a change is a new version"`
	Import leadImportCmd `cmd:"" help:"录入信号：CSV 的列是 who,kind,at,source|enter signals: the columns of the CSV are who,kind,at,source"`
}

// prospectLine is a person whom the rule marks.
type prospectLine struct {
	Member  string       `json:"member"` // "" = known by their words alone
	Name    string       `json:"name" col:"名称|name"`
	At      Moment       `json:"marked_at" col:"标记|marked"`
	Score   int          `json:"score" col:"分|score"`
	State   string       `json:"state" col:"后来|since then"` // waiting, activated, not, before, unmatched
	Active  Moment       `json:"activated_at"`
	Said    string       `json:"-" col:"理由|reasons"`
	Reasons []leadReason `json:"reasons"`
}

// leadReason is a signal that a mark rests on.
type leadReason struct {
	Kind   string `json:"kind"` // follow, menu, link, moment, signup
	Weight int    `json:"weight"`
	At     Moment `json:"at"`
	Source string `json:"source"`
}

type leadListCmd struct {
	fresh `kong:"-"`
	paging
}

func (leadListCmd) Shape() any { return rowsOf[prospectLine]() }
func (leadListCmd) Examples() []example {
	return []example{{"lead list --json", [2]string{"潜在用户和理由", "potential users and the reasons"}}}
}

// marked applies the rule as it stands.
func (c *call) marked(h *House) (p Leads, rule measure.LeadRuleVersion, l measure.Leads, err error) {
	if p, err = inOrg(c, h, h.Leads); err != nil {
		return p, rule, l, err
	}
	if rule, err = p.Rule(c.ctx); err != nil {
		return p, rule, l, err
	}
	l, err = p.Mark(c.ctx, rule.LeadRule)
	return p, rule, l, err
}

// Do lists whom the rule marks, the latest first.
func (q *leadListCmd) Do(c *call, h *House) error {
	p, _, l, err := c.marked(h)
	if err != nil {
		return err
	}
	at := q.page()
	from := min(max(0, at.Offset), len(l.List))
	part := l.List[from:min(len(l.List), from+max(1, at.Limit))]
	var keys []community.MemberKey
	for _, one := range part {
		if one.Member != 0 {
			keys = append(keys, one.Member)
		}
	}
	people, err := p.Named(c.ctx, keys)
	if err != nil {
		return err
	}
	known := map[community.MemberKey]community.Member{}
	for _, m := range people {
		known[m.Key] = m
	}
	return printList(c, mapped(part, func(one measure.Lead) prospectLine { return lineOfLead(one, known) }), len(l.List))
}

func lineOfLead(l measure.Lead, known map[community.MemberKey]community.Member) prospectLine {
	line := prospectLine{Name: l.Who, At: Moment(l.At), Score: l.Score, State: l.State, Active: Moment(l.Active), Reasons: []leadReason{}}
	if m, ok := known[l.Member]; ok {
		line.Member, line.Name = m.ID.String(), m.Name
	}
	var kinds []string
	for _, r := range l.Reasons {
		line.Reasons = append(line.Reasons, leadReason{r.Kind, r.Weight, Moment(r.At), r.Source})
		kinds = append(kinds, r.Kind)
	}
	line.Said = strings.Join(kinds, " ")
	return line
}

// leadReport is how well the rule does.
type leadReport struct {
	Version   int            `json:"rule_version" col:"规则版本|rule version"` // 0 = the default
	Marked    int            `json:"marked" col:"标记|marked"`
	Unmatched int            `json:"unmatched" col:"认不出|unmatched"`
	Precision leadShare      `json:"precision" col:"精确率|precision"`
	Recall    leadShare      `json:"recall" col:"召回率|recall"`
	Signals   map[string]int `json:"signals"` // of the last year, by kind
}

// leadShare is a share with its counts and its 95 % interval. Withheld says why there is none; too_few: below 20.
type leadShare struct {
	Ratio
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Few  bool    `json:"too_few"`
}

func shareOfLead(s measure.Share) leadShare {
	return leadShare{ratioOf(s.Figure), s.Low, s.High, s.Grey}
}

type leadReportCmd struct {
	fresh `kong:"-"`
}

func (leadReportCmd) Shape() any { return leadReport{} }
func (leadReportCmd) Examples() []example {
	return []example{{"lead report --json", [2]string{"和 30 天内激活的人对账", "held against who was activated within 30 days"}}}
}

// Do prints how well the rule does.
func (q *leadReportCmd) Do(c *call, h *House) error {
	_, rule, l, err := c.marked(h)
	if err != nil {
		return err
	}
	return printOne(c, leadReport{rule.Version, len(l.List), l.Unmatched, shareOfLead(l.Precision), shareOfLead(l.Recall), l.Signals})
}

// leadRuleLine is a version of the rule.
type leadRuleLine struct {
	Version int            `json:"version" col:"版本|version"` // 0 = the default
	Least   int            `json:"least" col:"门槛|least"`
	Days    int            `json:"days" col:"天|days"`
	Weights map[string]int `json:"weights"`
	Said    string         `json:"-" col:"分|weights"`
	Note    string         `json:"note" col:"原因|why"`
	At      Moment         `json:"at" col:"时间|at"`
}

func lineOfLeadRule(v measure.LeadRuleVersion) leadRuleLine {
	l := leadRuleLine{Version: v.Version, Least: v.Least, Days: v.Days, Weights: v.Weights, Note: v.Note, At: Moment(v.At)}
	for _, kind := range measure.SignalKinds() {
		l.Said += kind + "=" + strconv.Itoa(v.Weights[kind]) + " "
	}
	l.Said = strings.TrimSpace(l.Said)
	return l
}

type leadRuleCmd struct {
	Weight  map[string]int `placeholder:"signup=3" help:"一类信号的分，可重复：follow、menu、link、moment、signup|weight of a signal, repeatable: follow, menu, link, moment, signup"`
	Least   int            `help:"几分以上标记|marked from which score on"`
	Days    int            `help:"几天内的信号算数|days within which signals count"`
	Reason  string         `placeholder:"TEXT" help:"为什么改|why"`
	History bool           `help:"列出所有版本|list all versions"`
}

func (leadRuleCmd) Shape() any { return leadRuleLine{} }
func (leadRuleCmd) Examples() []example {
	return []example{{"lead rule --weight signup=3 --weight menu=2 --least 3 --days 30 --reason 展会来的人多", [2]string{"新版本；没写的不变", "a new version; what is not given stays"}}}
}

// Do shows or changes the rule.
func (q *leadRuleCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Leads)
	if err != nil {
		return err
	}
	if q.History {
		list, err := p.Rules(c.ctx)
		if err != nil {
			return err
		}
		return printList(c, mapped(list, lineOfLeadRule), len(list))
	}
	v, err := p.Rule(c.ctx)
	if err != nil {
		return err
	}
	if len(q.Weight) == 0 && q.Least == 0 && q.Days == 0 {
		return printOne(c, lineOfLeadRule(v))
	}
	if q.Reason == "" {
		return badUsage("要写原因：--reason", "a reason is needed: --reason")
	}
	r := v.LeadRule
	r.Weights = maps.Clone(r.Weights)
	maps.Copy(r.Weights, q.Weight)
	if q.Least != 0 {
		r.Least = q.Least
	}
	if q.Days != 0 {
		r.Days = q.Days
	}
	if v, err = p.SetRule(c.ctx, user, r, q.Reason); err != nil {
		return err
	}
	return printOne(c, lineOfLeadRule(v))
}

type leadImportCmd struct {
	File string `arg:"" help:"CSV 文件，- 为标准输入|the CSV, - = standard input"`
}

// enteredLine says what came of a file.
type enteredLine struct {
	Added int `json:"added" col:"录入|entered"`
	Known int `json:"known_before" col:"以前就有|known before"`
	Alone int `json:"without_member" col:"找不到成员|without a member"`
}

func (leadImportCmd) Shape() any { return enteredLine{} }
func (leadImportCmd) Examples() []example {
	return []example{{"lead import 报名.csv --json", [2]string{"线下报名：who,kind,at,source", "offline sign-ups: who,kind,at,source"}}}
}

// Do enters signals.
func (q *leadImportCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Leads)
	if err != nil {
		return err
	}
	in := c.in
	if q.File != "-" {
		file, err := os.Open(c.path(q.File))
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	added, known, alone, faults, err := p.Enter(c.ctx, user, in)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return badUsage("第 %d 行不对：%s；什么都没有录入", "line %d is bad: %s; nothing was entered", faults[0].Line, faults[0].What)
	}
	return printOne(c, enteredLine{added, known, alone})
}
