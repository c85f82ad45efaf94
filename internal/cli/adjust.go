package cli

import "qunluo/internal/measure"

type adjustCmd struct {
	Add      adjustAddCmd      `cmd:"" help:"记一次调整：要动哪个数字、哪天复盘|note a change: which figure it should move, and when it is looked at"`
	List     adjustListCmd     `cmd:"" help:"列出调整|list changes"`
	Review   adjustReviewCmd   `cmd:"" help:"看前后对比；记保留或撤回|show before and after; record keep or revert"`
	Effects  adjustEffectsCmd  `cmd:"" help:"以往调整的效果|what past changes did"`
	Playbook adjustPlaybookCmd `cmd:"" help:"衰退的应对步骤：每步一件待办|steps against a decline: a task each"`
}

// adjustLine is a change with what it should move.
type adjustLine struct {
	ID     string  `json:"id" col:"编号|id"`
	State  string  `json:"state" col:"状态|state"` // open, due, kept, reverted, unnamed
	Kind   string  `json:"kind" col:"类型|kind"`   // gate, rule, plan, tier, playbook
	What   string  `json:"what" col:"内容|what"`
	Metric string  `json:"metric" col:"数字|figure"` // speakers, messages, joins, leaves, answered
	Down   bool    `json:"down" col:"下降|down"`
	By     float64 `json:"by"` // share of what it was; 0 = any
	Day    string  `json:"day" col:"改动日|changed"`
	Review string  `json:"review" col:"复盘日|review"`
	Ref    string  `json:"ref"`
	Note   string  `json:"note" col:"决定的原因|decided because"`
}

func lineOfAdjust(v measure.Adjustment) adjustLine {
	return adjustLine{v.ID.String(), v.State, v.Kind, v.What, v.Metric, v.Down, v.By, v.Day.String(), v.Review.String(), v.Ref, v.Note}
}

// effectLine is a figure before and after.
type effectLine struct {
	adjustLine
	Before  float64 `json:"before" col:"之前|before"`
	After   float64 `json:"after" col:"之后|after"`
	Diff    float64 `json:"diff" col:"差|difference"`
	Low     float64 `json:"low" col:"下限|low"` // 95 %
	High    float64 `json:"high" col:"上限|high"`
	DaysB   int     `json:"days_before" col:"之前天数|days before"` // known
	DaysA   int     `json:"days_after" col:"之后天数|days after"`
	CountB  float64 `json:"n_before"` // questions, of a share
	CountA  float64 `json:"n_after"`
	TooFew  bool    `json:"too_few" col:"太少|too few"`
	Outcome string  `json:"outcome" col:"结果|outcome"` // as_meant, against, not_seen
}

func lineOfEffect(v measure.Adjustment, e measure.Effect) effectLine {
	return effectLine{lineOfAdjust(v), e.Before, e.After, e.Diff, e.Low, e.High, e.DaysB, e.DaysA, e.CountB, e.CountA, e.Few, e.Moved}
}

type adjustAddCmd struct {
	Group  string  `arg:"" help:"群|group"`
	What   string  `arg:"" help:"改了什么|what was changed"`
	Kind   string  `enum:"gate,rule,plan,tier,playbook" default:"rule" help:"gate 入群门槛，rule 群规，plan 内容计划，tier 分层门槛，playbook 应对步骤|gate, rule, plan, tier, playbook"`
	Metric string  `enum:"speakers,messages,joins,leaves,answered" required:"" help:"要动的数字|the figure it should move"`
	Down   bool    `help:"要它下降|it should fall"`
	By     float64 `default:"0" placeholder:"SHARE" help:"幅度，如 0.1；不写不限|by which share, e.g. 0.1; left out: any"`
	Days   int     `default:"28" help:"几天后复盘，7 到 180|review after how many days, 7 to 180"`
	Ref    string  `placeholder:"REF" help:"是哪次改动，如 book:12|which change it is, e.g. book:12"`
}

func (adjustAddCmd) Shape() any { return adjustLine{} }
func (adjustAddCmd) Examples() []example {
	return []example{{"adjust add '#books' 进群先答三个问题 --kind gate --metric leaves --down --by 0.2 --days 28", [2]string{"四周后看离开有没有少两成", "see after four weeks whether a fifth fewer leave"}}}
}

// Do notes a change.
func (q *adjustAddCmd) Do(c *call, h *House) error {
	p, g, err := c.goalsAt(h, q.Group)
	if err != nil {
		return err
	}
	today, err := c.today(h, g.Key)
	if err != nil {
		return err
	}
	v, err := p.AddAdjustment(c.ctx, user, measure.Adjustment{Group: g.Key, Kind: q.Kind, What: q.What, Ref: q.Ref, Metric: q.Metric, Down: q.Down, By: q.By, Review: today + measure.Day(q.Days)})
	if err != nil {
		return err
	}
	return printOne(c, lineOfAdjust(v))
}

type adjustListCmd struct {
	Group string `arg:"" optional:"" help:"群，默认全部|group, by default all"`
	State string `enum:",open,due,kept,reverted" default:"" help:"只列这个状态|in this state only"`
	Bare  bool   `name:"unnamed" help:"列出没有写要动哪个数字的群规和 SOP 改动|list changes of rulebooks and SOPs that name no figure"`
	None  bool   `name:"no-figure" help:"列出写明不动数字的改动和原因|list changes that are to move no figure, and why"`
	paging
}

func (adjustListCmd) Shape() any { return rowsOf[adjustLine]() }
func (adjustListCmd) Examples() []example {
	return []example{{"adjust list --state due --json", [2]string{"该复盘的", "those to be reviewed"}}}
}

// Do lists changes, the newest first.
func (q *adjustListCmd) Do(c *call, h *House) error {
	p, g, err := c.goalsAt(h, q.Group)
	if err != nil {
		return err
	}
	if q.None {
		list, err := p.NoFigures(c.ctx, g.Key)
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(v measure.NoFigure) adjustLine {
			return adjustLine{State: "no_figure", Kind: v.Kind, Ref: v.Ref, What: v.What, Note: v.Why}
		}), len(list))
	}
	if q.Bare {
		list, err := p.Unnamed(c.ctx)
		if err != nil {
			return err
		}
		var out []adjustLine
		for _, v := range list {
			out = append(out, adjustLine{State: "unnamed", Ref: v.Ref, What: v.What})
		}
		return printList(c, out, len(out))
	}
	list, total, err := p.Adjustments(c.ctx, measure.AdjustFilter{Group: g.Key, State: q.State}, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfAdjust), total)
}

type adjustReviewCmd struct {
	fresh  `kong:"-"`
	ID     string `arg:"" help:"调整的编号|id of the change"`
	Decide string `arg:"" optional:"" help:"keep 保留，revert 撤回；不写只看|keep or revert; left out: only look"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (adjustReviewCmd) Shape() any { return effectLine{} }
func (adjustReviewCmd) Examples() []example {
	return []example{{"adjust review 0Gm… --json", [2]string{"只看前后，带区间和天数", "only look: before and after with interval and days"}}, {"adjust review 0Gm… keep --reason 离开少了", [2]string{"记下保留", "record that it stays"}}}
}

// Do shows before and after, and records the decision.
func (q *adjustReviewCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	if q.Decide == "" {
		v, err := p.Adjustment(c.ctx, id)
		if err != nil {
			return err
		}
		e, err := p.Effect(c.ctx, v)
		if err != nil {
			return err
		}
		return printOne(c, lineOfEffect(v, e))
	}
	if q.Decide != "keep" && q.Decide != "revert" {
		return badUsage("应是 keep 或 revert，不是 %q", "want keep or revert, not %q", q.Decide)
	}
	if q.Reason == "" {
		return badUsage("要写原因：--reason", "a reason is needed: --reason")
	}
	v, err := p.Review(c.ctx, user, id, q.Decide == "keep", q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfEffect(v, *v.Effect))
}

// pooledLine is what reviewed changes of a kind did to a figure.
type pooledLine struct {
	Kind    string  `json:"kind" col:"类型|kind"`
	Metric  string  `json:"metric" col:"数字|figure"`
	N       int     `json:"n" col:"n|n"`
	Few     int     `json:"too_few" col:"太少的|too few each"` // single ones that say nothing
	AsMeant int     `json:"as_meant" col:"按预期|as meant"`
	Against int     `json:"against" col:"相反|other way"`
	Still   int     `json:"not_seen" col:"看不出|not seen"`
	Enough  bool    `json:"enough" col:"够了|enough"` // at least five that say something
	Change  float64 `json:"median_change" col:"变化中位数|median change"`
}

type adjustEffectsCmd struct{}

func (adjustEffectsCmd) Shape() any          { return rowsOf[pooledLine]() }
func (adjustEffectsCmd) Examples() []example { return nil }

// Do sums up what reviewed changes did.
func (adjustEffectsCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	list, err := p.Effects(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(v measure.Pooled) pooledLine {
		return pooledLine{v.Kind, v.Metric, v.N, v.Few, v.AsMeant, v.Against, v.Still, v.Enough, v.Change}
	}), len(list))
}

type adjustPlaybookCmd struct {
	Group string   `arg:"" help:"群|group"`
	Step  []string `placeholder:"TEXT" help:"一步，可重复；不写用保存的|a step, repeatable; left out: those that are kept"`
	Days  int      `default:"28" help:"几天后复盘，7 到 180|review after how many days, 7 to 180"`
}

func (adjustPlaybookCmd) Shape() any { return adjustLine{} }
func (adjustPlaybookCmd) Examples() []example {
	return []example{{"adjust playbook '#books' --step 把没人回的提问都回了 --step 这周办一次问答", [2]string{"两件待办，四周后复盘", "two tasks, reviewed after four weeks"}}}
}

// Do makes a task of every step.
func (q *adjustPlaybookCmd) Do(c *call, h *House) error {
	p, g, err := c.goalsAt(h, q.Group)
	if err != nil {
		return err
	}
	steps := q.Step
	if len(steps) == 0 {
		if steps, err = p.Playbook(c.ctx); err != nil {
			return err
		}
	}
	if len(steps) == 0 {
		return badUsage("还没有保存步骤：用 --step 写", "no steps are kept yet: give --step")
	}
	today, err := c.today(h, g.Key)
	if err != nil {
		return err
	}
	v, err := p.StartPlaybook(c.ctx, user, g.Key, steps, today+measure.Day(q.Days))
	if err != nil {
		return err
	}
	return printOne(c, lineOfAdjust(v))
}
