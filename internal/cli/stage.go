package cli

import (
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

type stageCmd struct {
	fresh    `kong:"-"`
	Group    string `arg:"" optional:"" help:"群，默认全部|group, by default all"`
	Tag      string `help:"有这个标签的群|the groups with this tag"`
	Overrule string `placeholder:"STAGE" enum:",burst,stable,decline" default:"" help:"改判成 burst、stable 或 decline|overrule: burst, stable or decline"`
	Days     int    `default:"28" help:"改判几天，1 到 366|for how many days, 1 to 366"`
	Take     bool   `name:"take-back" help:"收回改判|take the overruling back"`
	Reason   string `placeholder:"TEXT" help:"原因|why"`
	paging
}

// StageLine is a group's stage with the numbers that it rests on.
type StageLine struct {
	Group    string  `json:"group" col:"群|group"`
	Stage    string  `json:"stage" col:"阶段|stage"` // burst, stable, decline, young, unknown
	ByAge    string  `json:"by_age" col:"按年龄|by age"`
	Differ   bool    `json:"differ" col:"不一致|differ"`
	Ruled    string  `json:"overruled" col:"改判|overruled"` // "" = nobody has
	Until    string  `json:"overruled_until"`
	Why      string  `json:"overruled_because"`
	AgeDays  int     `json:"age_days" col:"天数|days"` // at least
	Usable   int     `json:"usable_weeks" col:"可用周|usable weeks"`
	Weeks    int     `json:"weeks" col:"周|weeks"`
	First    float64 `json:"speakers_first" col:"八周前|eight weeks ago"`
	Last     float64 `json:"speakers_last" col:"现在|now"`
	Sen      float64 `json:"sen" col:"Sen|Sen"` // speakers per week
	S        int     `json:"s"`                 // Mann-Kendall
	Z        float64 `json:"z"`
	P        float64 `json:"p" col:"p|p"`
	Widened  float64 `json:"variance_widened"` // for autocorrelation
	SenSaid  float64 `json:"messages_sen"`
	PSaid    float64 `json:"messages_p"`
	Level    float64 `json:"level" col:"水平|level"` // median speakers of four weeks
	Usual    float64 `json:"usual" col:"平常|usual"` // of 26 weeks
	NewShare Ratio   `json:"new_share" col:"新人|new"`
	CoreThen Ratio   `json:"core_then"`
	CoreNow  Ratio   `json:"core_now"`
	Kept     Ratio   `json:"kept"`
	Spam     Ratio   `json:"spam" col:"垃圾|spam"`
	Warns    bool    `json:"warns" col:"预警|warns"`
	Score    float64 `json:"warning_score"`
	Limit    float64 `json:"warning_limit"`
	Shifts   []Shift `json:"changes"`
}

// Shift is a change of the level of weekly speakers.
type Shift struct {
	Week   string  `json:"week" col:"周|week"` // its Monday
	Before float64 `json:"before" col:"之前|before"`
	After  float64 `json:"after" col:"之后|after"`
}

func (stageCmd) Shape() any { return rowsOf[StageLine]() }
func (stageCmd) Examples() []example {
	return []example{
		{"insight stage --json", [2]string{"所有群的阶段和证据", "the stages of all groups with their evidence"}},
		{"insight stage '#books' --overrule stable --days 28 --reason 放假后会回来", [2]string{"改判四周", "overrule it for four weeks"}},
		{"insight stage '#books' --take-back", [2]string{"收回改判", "take it back"}},
	}
}

// Do tells stages, and overrules one.
func (q *stageCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	in, err := inOrg(c, h, h.Insights)
	if err != nil {
		return err
	}
	if q.Group == "" {
		if q.Overrule != "" || q.Take {
			return badUsage("改判要给一个群", "name the group to overrule")
		}
		return q.all(c, p, in)
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	if err := q.change(c, p, in, g.Key); err != nil {
		return err
	}
	line, err := c.stageLine(p, in, g.Key, g.Name)
	if err != nil {
		return err
	}
	if err := printList(c, []StageLine{line}, 1); err != nil || c.json {
		return err
	}
	return printPart(c, line.Shifts)
}

func (q *stageCmd) change(c *call, p Goals, in Insights, g community.GroupKey) error {
	if q.Take {
		return p.Unrule(c.ctx, user, g, q.Reason)
	}
	if q.Overrule == "" {
		return nil
	}
	if q.Reason == "" {
		return badUsage("改判要写原因：--reason", "overruling needs a reason: --reason")
	}
	if q.Days < 1 || q.Days > 366 {
		return badUsage("--days 应在 1 到 366 之间", "--days must be 1 to 366")
	}
	today, err := in.Today(c.ctx, g)
	if err != nil {
		return err
	}
	_, err = p.Overrule(c.ctx, user, measure.Ruling{Group: g, Stage: q.Overrule, Reason: q.Reason, Until: today + measure.Day(q.Days)})
	return err
}

func (q *stageCmd) all(c *call, p Goals, in Insights) error {
	rows, total, err := p.GoalList(c.ctx, q.Tag, q.page())
	if err != nil {
		return err
	}
	var out []StageLine
	for _, r := range rows {
		line, err := c.stageLine(p, in, r.Group, r.Name)
		if err != nil {
			return err
		}
		out = append(out, line)
	}
	return printList(c, out, total)
}

func (c *call) stageLine(p Goals, in Insights, g community.GroupKey, name string) (StageLine, error) {
	s, weeks, err := p.Stage(c.ctx, g)
	if err != nil {
		return StageLine{}, err
	}
	l := StageLine{Group: name, Stage: s.Verdict, ByAge: s.ByAge, Differ: s.Differ(), AgeDays: s.Age, Usable: s.Usable, Weeks: s.Weeks, First: s.Speakers.First, Last: s.Speakers.Last, Sen: s.Speakers.Sen,
		S: s.Speakers.S, Z: s.Speakers.Z, P: s.Speakers.P, Widened: s.Speakers.Widened, SenSaid: s.Messages.Sen, PSaid: s.Messages.P, Level: s.Level, Usual: s.Usual,
		NewShare: ratioOf(s.NewShare), CoreThen: ratioOf(s.CoreThen), CoreNow: ratioOf(s.CoreNow), Kept: ratioOf(s.Kept), Spam: ratioOf(s.Spam), Warns: s.Warning.On, Score: s.Warning.Score, Limit: s.Warning.Limit, Shifts: []Shift{}}
	for _, one := range s.Shifts {
		l.Shifts = append(l.Shifts, Shift{weeks[one.At].Start.String(), one.Before, one.After})
	}
	list, err := p.Rulings(c.ctx, g)
	if err != nil || len(list) == 0 {
		return l, err
	}
	today, err := in.Today(c.ctx, g)
	if err == nil && list[0].Holds(today) {
		l.Ruled, l.Until, l.Why = list[0].Stage, list[0].Until.String(), list[0].Reason
	}
	return l, err
}

type stageRulesCmd struct {
	Young    int     `default:"-1" placeholder:"MONTHS" help:"年龄先验：几个月以内是爆发|prior by age: burst up to how many months"`
	Old      int     `default:"-1" placeholder:"MONTHS" help:"年龄先验：几个月以上是衰退|prior by age: decline from how many months"`
	NewShare float64 `default:"-1" placeholder:"SHARE" help:"新人占比超过，如 0.4|share of new speakers above, e.g. 0.4"`
	Slope    float64 `default:"-1" placeholder:"SHARE" help:"每周下降超过中位数的，如 0.03|a fall of more than this of the median a week, e.g. 0.03"`
	Level    float64 `default:"-1" placeholder:"SHARE" help:"现在低于平常的，如 0.7|now below this of the usual, e.g. 0.7"`
	P        float64 `name:"p" default:"-1" placeholder:"P" help:"p 小于，如 0.05|p below, e.g. 0.05"`
	Spam     float64 `default:"-1" placeholder:"SHARE" help:"命中规则的消息超过，涨了也不算爆发，如 0.2|share of messages that rules hit above which a rise is no burst, e.g. 0.2"`
	Alarm    float64 `default:"-1" placeholder:"LIMIT" help:"预警限度，1 到 20|limit of the warning, 1 to 20"`
	Reason   string  `placeholder:"TEXT" help:"原因|why"`
}

// stageRulesLine are the rules for stages.
type stageRulesLine struct {
	Young    int     `json:"young_months" col:"爆发到|burst up to"`
	Old      int     `json:"old_months" col:"衰退从|decline from"`
	NewShare float64 `json:"new_share" col:"新人占比|new"`
	Slope    float64 `json:"slope" col:"斜率|slope"`
	Level    float64 `json:"level" col:"水平|level"`
	P        float64 `json:"p" col:"p|p"`
	Spam     float64 `json:"spam" col:"垃圾|spam"`
	Alarm    float64 `json:"alarm" col:"预警|warning"`
}

func (stageRulesCmd) Shape() any { return stageRulesLine{} }
func (stageRulesCmd) Examples() []example {
	return []example{{"insight stage-rules --young 4 --old 18 --reason 我们的群活得久", [2]string{"改年龄先验", "change the prior by age"}}, {"insight stage-rules", [2]string{"只看", "only look"}}}
}

// Do shows the rules for stages, and changes them.
func (q *stageRulesCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	r, err := p.StageRules(c.ctx)
	if err != nil {
		return err
	}
	was := r
	for value, to := range map[*int]*int{&q.Young: &r.YoungMonths, &q.Old: &r.OldMonths} {
		if *value >= 0 {
			*to = *value
		}
	}
	for value, to := range map[*float64]*float64{&q.NewShare: &r.NewShare, &q.Slope: &r.Slope, &q.Level: &r.Level, &q.P: &r.P, &q.Spam: &r.Spam, &q.Alarm: &r.Alarm} {
		if *value >= 0 {
			*to = *value
		}
	}
	if r != was {
		if err := p.SetStageRules(c.ctx, user, r, q.Reason); err != nil {
			return err
		}
	}
	return printOne(c, stageRulesLine{r.YoungMonths, r.OldMonths, r.NewShare, r.Slope, r.Level, r.P, r.Spam, r.Alarm})
}
