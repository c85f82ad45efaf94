package cli

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/experiment"
)

// Experiments is what the command line asks and changes of experiments.
type Experiments interface {
	Find(ctx context.Context, state string, p community.Page) ([]experiment.Row, int, error)
	Look(ctx context.Context, id community.ID) (experiment.Row, experiment.Result, error)
	Plan(ctx context.Context, d experiment.Definition) (experiment.Definition, experiment.Need, error)
	Save(ctx context.Context, user string, row experiment.Row, reason string) (experiment.Row, error)
	Start(ctx context.Context, user string, id community.ID, override string) (experiment.Row, error)
	Stop(ctx context.Context, user string, id community.ID, reason string) error
	Decide(ctx context.Context, user string, id community.ID, decision, reason string) error
	Drop(ctx context.Context, user string, id community.ID, reason string) error
	Subjects(ctx context.Context, kind string) ([][2]string, error)
	NameOf(ctx context.Context, d experiment.Definition) string
}

type experimentCmd struct {
	Plan     experimentPlanCmd     `cmd:"" help:"算需要多少人；加 --save 存为草稿|how many are needed; with --save it is kept as a draft"`
	Subjects experimentSubjectsCmd `cmd:"" help:"能试什么|what can be tried"`
	List     experimentListCmd     `cmd:"" help:"有哪些实验|list experiments"`
	Show     experimentShowCmd     `cmd:"" help:"看一个实验现在能说什么|what may be said of one now"`
	Start    experimentStartCmd    `cmd:"" help:"开始草稿|start a draft"`
	Stop     experimentStopCmd     `cmd:"" help:"停止分配|give nobody a way any more"`
	Decide   experimentDecideCmd   `cmd:"" help:"下结论并存档|decide and archive"`
	Drop     experimentDropCmd     `cmd:"" help:"删除草稿|delete a draft"`
}

// experimentLine is an experiment as verbs print it.
type experimentLine struct {
	ID       string  `json:"id" col:"编号|id"`
	Name     string  `json:"name" col:"名称|name"`
	State    string  `json:"state" col:"状态|state"`
	Switch   string  `json:"switch" col:"试什么|switch"`
	Subject  string  `json:"subject" col:"对象|subject"`
	Unit     string  `json:"unit" col:"分给|unit"`
	Primary  string  `json:"primary" col:"主要指标|primary"`
	Hoped    float64 `json:"hoped" col:"值得换的差别|hoped for"`
	Days     int     `json:"days" col:"天数|days"`
	Started  Moment  `json:"started" col:"开始|started"`
	Decision string  `json:"decision" col:"结论|decision"`
	Reason   string  `json:"reason" col:"理由|reason"`
}

func lineOfExperiment(c *call, in Experiments, x experiment.Row) experimentLine {
	return experimentLine{x.ID.String(), x.Name, x.State, x.Switch, in.NameOf(c.ctx, x.Definition), x.Unit(), x.Primary, x.Hoped, x.Days, Moment(x.Started), x.Decision, x.Reason}
}

// experimentNeed is what an experiment needs, with the definition as it was filled in. Problems: cannot_groups, cannot_size, warn_once,
// warn_long, warn_pace.
type experimentNeed struct {
	ID       string                `json:"id" col:"编号|id"` // "" = it was not kept
	Members  int                   `json:"members_per_arm" col:"每边至少|needed per arm"`
	Daily    int                   `json:"members_per_arm_daily" col:"每天看时|looked at daily"`
	Groups   int                   `json:"units_per_arm" col:"每边群或时间段|groups or slots per arm"`
	Units    int                   `json:"units" col:"现有|there are"`
	Effect   float64               `json:"design_effect" col:"设计效应|design effect"`
	MDE      float64               `json:"smallest_difference" col:"看得出的最小差别|smallest difference"`
	Days     int                   `json:"days" col:"要几天|days"`
	Problems []string              `json:"problems" col:"注意|problems"`
	Declared experiment.Definition `json:"definition"`
}

type experimentPlanCmd struct {
	Switch  string  `arg:"" enum:"welcome_code,welcome_rule,reply_rule,send_time,join_page,poster" help:"试什么：welcome_code 活码欢迎语，welcome_rule 欢迎规则，reply_rule 关键词回复，send_time SOP 时间，join_page 进群页，poster 活码发的海报|what is tried"`
	Subject string  `arg:"" help:"对象的编号（活码、SOP；规则是“群编号 规则编号”），见 experiment subjects|id of what it is tried on, see experiment subjects"`
	B       string  `arg:"" help:"B 的文字、时间，或海报（见 poster list）|the text, time or poster (see poster list) of B"`
	Hoped   float64 `required:"" help:"值得换的差别，0.1 表示十个百分点|the difference worth it, 0.1 = ten points"`
	Name    string  `help:"名称|name"`
	Why     string  `help:"预计会怎样、为什么|what is expected, and why"`
	Primary string  `help:"主要指标，如 spoke7|primary outcome, e.g. spoke7"`
	Base    float64 `help:"现在是多少，默认按自己的历史|as it is today, by default from the own past"`
	Sigma   float64 `help:"标准差，默认按自己的历史|standard deviation, by default from the own past"`
	Rho     float64 `help:"群内相关，默认按自己的群|correlation in groups, by default from the own groups"`
	PerDay  float64 `help:"每天来几人，默认按最近 28 天|people a day, by default the last 28 days"`
	Share   int     `help:"B 占百分之几，默认 50|percent who get B, by default 50"`
	Days    int     `help:"最多几天，默认 28|at most days, by default 28"`
	Slot    int     `help:"进群页几天换一次，默认 1|join page: days per slot, by default 1"`
	Wash    int     `help:"换后几天不算|wash-out days"`
	Save    bool    `help:"存为草稿|keep it as a draft"`
}

func (experimentPlanCmd) Shape() any { return experimentNeed{} }
func (experimentPlanCmd) Examples() []example {
	return []example{
		{"experiment plan welcome_code CODE '{{name}}，你在读什么？' --hoped 0.1", [2]string{"只算需要多少人", "only how many are needed"}},
		{"experiment plan send_time SOP 20:00 --hoped 0.05 --name 晚上发 --save", [2]string{"存为草稿", "keep it as a draft"}},
	}
}

// Do works out the size.
func (q *experimentPlanCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Experiments)
	if err != nil {
		return err
	}
	d := experiment.Definition{Name: q.Name, Why: q.Why, Switch: q.Switch, Primary: q.Primary, Base: q.Base, Sigma: q.Sigma, Rho: q.Rho, PerDay: q.PerDay, Hoped: q.Hoped, ShareB: q.Share, Days: q.Days, Length: q.Slot, Wash: q.Wash}
	if d.Name == "" {
		d.Name = q.Switch
	}
	d.Subject, d.Rule, _ = strings.Cut(q.Subject, " ")
	d.Arms[1] = q.B
	d = d.Usual()
	for _, o := range experiment.OutcomesOf(d.Switch) {
		if o != d.Primary {
			d.Secondary = append(d.Secondary, o)
		}
	}
	var id community.ID
	d, need, err := in.Plan(c.ctx, d)
	if err == nil && q.Save {
		var x experiment.Row
		x, err = in.Save(c.ctx, user, experiment.Row{Definition: d}, "")
		id, need = x.ID, x.Need
	}
	if err != nil {
		return err
	}
	out := experimentNeed{Members: need.Members, Daily: need.Daily, Groups: need.Groups, Units: d.Units, Effect: need.Effect, MDE: need.MDE, Days: need.Days, Problems: append([]string{}, need.Problems...), Declared: d}
	if !id.IsZero() {
		out.ID = id.String()
	}
	return printOne(c, out)
}

type experimentSubjectsCmd struct {
	Switch string `arg:"" enum:"welcome_code,welcome_rule,reply_rule,send_time,join_page,poster" help:"试什么|what is tried"`
}

// experimentSubject is something that can be tried two ways.
type experimentSubject struct {
	ID   string `json:"id" col:"编号|id"`
	Name string `json:"name" col:"名称|name"`
}

func (experimentSubjectsCmd) Shape() any { return []experimentSubject{} }
func (experimentSubjectsCmd) Examples() []example {
	return []example{{"experiment subjects welcome_code", [2]string{"哪些活码的欢迎语能试", "which codes have a welcome to try"}}}
}

// Do lists what can be tried.
func (q *experimentSubjectsCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Experiments)
	if err != nil {
		return err
	}
	list, err := in.Subjects(c.ctx, q.Switch)
	if err != nil {
		return err
	}
	out := mapped(list, func(s [2]string) experimentSubject { return experimentSubject{s[0], s[1]} })
	if c.json {
		return c.printJSON(out)
	}
	return printList(c, out, len(out))
}

type experimentListCmd struct {
	State string `enum:",draft,running,stopped,decided" default:"" help:"draft、running、stopped 或 decided，默认全部|state, by default all"`
	paging
}

func (experimentListCmd) Shape() any { return rowsOf[experimentLine]() }
func (experimentListCmd) Examples() []example {
	return []example{{"experiment list --state decided", [2]string{"试过什么、结论是什么", "what was tried and decided"}}}
}

// Do lists experiments.
func (q *experimentListCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Experiments)
	if err != nil {
		return err
	}
	rows, total, err := in.Find(c.ctx, q.State, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, func(x experiment.Row) experimentLine { return lineOfExperiment(c, in, x) }), total)
}

// experimentReport is what may be said of an experiment. Verdicts: split (no result is shown), harm, better, worse, none, not_yet, once,
// few, cannot; "" = it is a draft. Figures are shares.
type experimentReport struct {
	experimentLine
	Verdict  string             `json:"verdict" col:"说明|verdict"`
	Day      int                `json:"day" col:"第几天|day"`
	A        int                `json:"assigned_a" col:"A 人数|in A"`
	B        int                `json:"assigned_b" col:"B 人数|in B"`
	MeanA    float64            `json:"mean_a" col:"A"`
	MeanB    float64            `json:"mean_b" col:"B"`
	Problems []string           `json:"problems" col:"注意|problems"`
	Override string             `json:"override"`
	Ended    string             `json:"ended_why"`
	Said     [2]string          `json:"arms"`
	Need     experiment.Need    `json:"need"`
	Result   *experiment.Result `json:"result"` // null = it is a draft
}

type experimentShowCmd struct {
	fresh `kong:"-"`
	ID    string `arg:"" help:"编号|id"`
}

func (experimentShowCmd) Shape() any { return experimentReport{} }
func (experimentShowCmd) Examples() []example {
	return []example{{"experiment show ID --json", [2]string{"人数、分组检查、区间和结论", "arms, split, sequence and verdict"}}}
}

// Do says what may be said now.
func (q *experimentShowCmd) Do(c *call, h *House) error {
	in, id, err := c.experimentAt(h, q.ID)
	if err != nil {
		return err
	}
	return c.experimentNow(in, id)
}

func (c *call) experimentAt(h *House, text string) (Experiments, community.ID, error) {
	id, err := idOf(text)
	if err != nil {
		return nil, id, err
	}
	in, err := inOrg(c, h, h.Experiments)
	return in, id, err
}

func (c *call) experimentNow(in Experiments, id community.ID) error {
	x, r, err := in.Look(c.ctx, id)
	if err != nil {
		return err
	}
	out := experimentReport{experimentLine: lineOfExperiment(c, in, x), Problems: append([]string{}, x.Need.Problems...), Override: x.Override, Ended: x.EndedWhy, Said: x.Arms, Need: x.Need}
	if x.State != experiment.Draft {
		out.Result, out.Verdict, out.Day, out.A, out.B, out.MeanA, out.MeanB = &r, r.Verdict, r.Day, r.Split.Assigned[0], r.Split.Assigned[1], r.Arms[0].Mean, r.Arms[1].Mean
	}
	return printOne(c, out)
}

type experimentStartCmd struct {
	ID       string `arg:"" help:"编号|id"`
	Override string `placeholder:"TEXT" help:"判断不出来也要开始的理由|why it begins although it cannot be decided"`
}

func (experimentStartCmd) Shape() any          { return experimentReport{} }
func (experimentStartCmd) Examples() []example { return nil }

// Do starts a draft.
func (q *experimentStartCmd) Do(c *call, h *House) error {
	in, id, err := c.experimentAt(h, q.ID)
	if err != nil {
		return err
	}
	if _, err := in.Start(c.ctx, user, id, q.Override); err != nil {
		if community.CodeOf(err) == community.CodeRefused {
			return badUsage("按现在的条件判断不出来：%v。要开始请用 --override 写明理由", "%v. To begin nevertheless, say why with --override", err)
		}
		return err
	}
	return c.experimentNow(in, id)
}

type experimentStopCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (experimentStopCmd) Shape() any          { return experimentReport{} }
func (experimentStopCmd) Examples() []example { return nil }

// Do stops one.
func (q *experimentStopCmd) Do(c *call, h *House) error {
	in, id, err := c.experimentAt(h, q.ID)
	if err == nil {
		err = in.Stop(c.ctx, user, id, q.Reason)
	}
	if err != nil {
		return err
	}
	return c.experimentNow(in, id)
}

type experimentDecideCmd struct {
	fresh    `kong:"-"`
	ID       string `arg:"" help:"编号|id"`
	Decision string `arg:"" enum:"a,b,neither" help:"a 不变，b 用 B，neither 都不用|a as it is, b take B, neither"`
	Reason   string `required:"" placeholder:"TEXT" help:"理由|why"`
}

func (experimentDecideCmd) Shape() any          { return experimentReport{} }
func (experimentDecideCmd) Examples() []example { return nil }

// Do archives the decision.
func (q *experimentDecideCmd) Do(c *call, h *House) error {
	in, id, err := c.experimentAt(h, q.ID)
	if err == nil {
		err = in.Decide(c.ctx, user, id, q.Decision, q.Reason)
	}
	if err != nil {
		return err
	}
	return c.experimentNow(in, id)
}

type experimentDropCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (experimentDropCmd) Shape() any          { return experimentLine{} }
func (experimentDropCmd) Examples() []example { return nil }

// Do deletes a draft.
func (q *experimentDropCmd) Do(c *call, h *House) error {
	in, id, err := c.experimentAt(h, q.ID)
	if err != nil {
		return err
	}
	x, _, err := in.Look(c.ctx, id)
	if err == nil {
		err = in.Drop(c.ctx, user, id, q.Reason)
	}
	if err != nil {
		return err
	}
	return printOne(c, lineOfExperiment(c, in, x))
}
