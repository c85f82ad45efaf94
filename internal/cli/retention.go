package cli

import (
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
	"qunluo/internal/tier"
)

type retentionCmd struct {
	fresh `kong:"-"`
	daysAsked
	By    string `enum:"first,join" default:"first" help:"队列按首次发言 first 或入群 join|cohorts by first word or by joining"`
	Split string `enum:"source,gate,inviter,tier,template" default:"source" help:"比较留群时长：来路 source、有没有过审 gate、谁带来的 inviter、现在的分层 tier、来时的群模板 template|compare stays by source, gate, inviter, the tier now, or the template when they came"`
	Weeks int    `default:"12" help:"看几周的队列、各跟几周，1 到 52|how many weekly cohorts, each followed for as many weeks, 1 to 52"`
}

// RetentionReport is how a group keeps its members. Definitions: day 0 is a member's first; bounded Dk counts who spoke on exactly
// day k, unbounded Dk on day k or later; a member counts only where the whole window lies in days that were watched. Times of
// curves are days; -1 = one half was not reached.
type RetentionReport struct {
	Group     string          `json:"group" col:"群|group"`
	By        string          `json:"by" col:"队列|cohorts by"` // first, join
	From      string          `json:"from" col:"从|from"`
	To        string          `json:"to" col:"到|to"`
	Days      int             `json:"days" col:"天数|days"`
	Covered   int             `json:"covered_days" col:"有记录的天|covered days"`
	Began     int             `json:"began" col:"开始的人|began"`
	NDays     []RetentionDay  `json:"n_day"`
	Week4     Ratio           `json:"w4" col:"W4（22–28 天）|W4 (days 22-28)"`
	Silence   int             `json:"silence_days" col:"静默天数|silence (days)"`
	Part      RetentionCurve  `json:"participation"`
	Stay      RetentionCurve  `json:"membership"`
	Undated   int             `json:"undated_stays" col:"不知何时来的|stays without a beginning"`
	Inferred  int             `json:"inferred_ends" col:"推断的离群|inferred departures"`
	Wide      int             `json:"wide_ends" col:"区间超过两天|of more than two days"`
	Cohorts   []RetentionLine `json:"cohorts"`
	Flows     []RetentionFlow `json:"weeks"`
	Split     string          `json:"compared_by"` // source, gate, inviter, tier, template
	Sources   []RetentionFrom `json:"sources"`
	RankChi2  float64         `json:"log_rank_chi2"`
	RankFree  int             `json:"log_rank_degrees"`
	RankP     float64         `json:"log_rank_p"`
	RankNone  string          `json:"log_rank_withheld"` // "" or no_data
	Explained string          `json:"definition_of_survival"`
}

// RetentionDay is retention after k days.
type RetentionDay struct {
	K         int   `json:"k" col:"天|day"`
	Bounded   Ratio `json:"bounded" col:"当天|exactly"`
	Unbounded Ratio `json:"unbounded" col:"当天及以后|or later"`
}

// RetentionCurve is a Kaplan-Meier curve.
type RetentionCurve struct {
	N      int             `json:"n"`
	Ends   int             `json:"ended"`
	Median float64         `json:"median_days"`
	Points []RetentionStep `json:"points"`
}

// RetentionStep is a point of a curve: shares, with 95 % limits on the log-log scale.
type RetentionStep struct {
	Day      float64    `json:"day" col:"天|day"`
	AtRisk   int        `json:"at_risk" col:"看得到|at risk"`
	Ended    int        `json:"ended" col:"结束|ended"`
	Survival float64    `json:"survival" col:"还在|still there"`
	SE       float64    `json:"se"`
	Low      float64    `json:"low" col:"下限|low"`
	High     float64    `json:"high" col:"上限|high"`
	By       [4]float64 `json:"cumulative_incidence"` // left, removed, dissolved, gone
}

// RetentionLine is a weekly cohort. Kept and Of are by week after the first day; Of 0 = not to be seen yet.
type RetentionLine struct {
	Week  string `json:"week" col:"周|week"`
	Size  int    `json:"size" col:"人数|people"`
	Kept  []int  `json:"kept"`
	Of    []int  `json:"of"`
	Shown string `json:"-" col:"各周|by week"`
}

// RetentionFlow is what a week is made of.
type RetentionFlow struct {
	Week         string `json:"week" col:"周|week"`
	Known        bool   `json:"known" col:"有记录|known"`
	Active       int    `json:"active" col:"活跃|active"`
	New          int    `json:"new" col:"新|new"`
	Returning    int    `json:"returning" col:"连续|returning"`
	Resurrecting int    `json:"resurrecting" col:"回来|resurrecting"`
	Dormant      int    `json:"dormant" col:"沉默|dormant"`
}

// RetentionFrom is how long those stay who came in one way.
type RetentionFrom struct {
	Source string         `json:"source"`
	Curve  RetentionCurve `json:"curve"`
}

func (retentionCmd) Shape() any { return RetentionReport{} }
func (retentionCmd) Examples() []example {
	return []example{
		{"insight retention '#books' --json", [2]string{"每周队列、留存和生存曲线", "cohorts by week, retention, curves"}},
		{"insight retention '#books' --by join --to 2026-01-31 --weeks 8", [2]string{"按入群算，到某天为止", "by joining, until a day"}},
	}
}

// Validate bounds the weeks; called by the parser.
func (q *retentionCmd) Validate() error {
	if q.Weeks < 1 || q.Weeks > 52 {
		return badUsage("--weeks 应在 1 到 52 之间", "--weeks must be 1 to 52")
	}
	return nil
}

// Do prints how a group keeps its members.
func (q *retentionCmd) Do(c *call, h *House) error {
	if q.Group == "" || q.Tag != "" || q.From != "" {
		return badUsage("留存按一个群、从头算起：给一个群，不用 --tag 和 --from", "retention is of one group, from its beginning: name a group, without --tag and --from")
	}
	in, g, _, to, err := q.of(c, h, 1)
	if err != nil {
		return err
	}
	history, err := in.History(c.ctx, g, to)
	if err != nil {
		return err
	}
	kept := measure.Keep(history, q.By, q.Weeks, q.Weeks)
	kind, err := q.kind(c, h, in, g, history)
	if err != nil {
		return err
	}
	kept.Sources, kept.Test = measure.SplitStays(history, kind)
	r := reportOf(kept)
	r.Split = q.Split
	r.Group, r.From, r.To = q.Group, history.Watched.From.String(), history.Watched.To.String()
	if c.json {
		return c.printJSON(r)
	}
	if err := printOne(c, r); err != nil {
		return err
	}
	return printParts(c, r.NDays, r.Cohorts, r.Flows)
}

// kind says how stays are told apart: by an inviter's id, a source's word, screened or straight, a tier's name, or
// a template with its version.
func (q *retentionCmd) kind(c *call, h *House, in Insights, g community.GroupKey, history measure.History) (func(measure.Stay) string, error) {
	switch q.Split {
	case measure.ByGate:
		tr, err := in.Traces(c.ctx, g, history)
		return measure.GateOf(tr.Requests), err
	case measure.ByInviter:
		keys := []community.MemberKey{}
		for _, s := range history.Stays {
			if s.Inviter != 0 {
				keys = append(keys, s.Inviter)
			}
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
		ids, err := memberIDs(c, in, keys)
		names := make(map[community.MemberKey]string, len(ids))
		for i, id := range ids {
			names[keys[i]] = id
		}
		return func(s measure.Stay) string { return names[s.Inviter] }, err
	case measure.ByTemplate:
		f, err := c.foundings(h)
		if err != nil {
			return nil, err
		}
		list, err := f.GroupUses(c.ctx, g)
		return founding.StayKind(list), err
	case measure.ByTier:
		tiers, err := inOrg(c, h, h.Tiers)
		if err != nil {
			return nil, err
		}
		rows, err := tiers.Rows(c.ctx, g, 0, tier.None)
		at := make(map[community.MemberKey]string, len(rows))
		for _, r := range rows {
			at[r.Member] = string(r.Tier)
		}
		return func(s measure.Stay) string { return at[s.Member] }, err
	}
	return func(s measure.Stay) string { return s.Source }, nil
}

func reportOf(k measure.Retention) RetentionReport {
	r := RetentionReport{By: k.By, Days: k.Coverage.Of, Covered: k.Coverage.Covered, Began: k.Began, Week4: ratioOf(k.Week4.Figure(k.Coverage)), Silence: int(k.Silence.Days),
		Part: curveOf(k.Participation), Stay: curveOf(k.Membership), Undated: k.Undated, Inferred: k.Inferred, Wide: k.Wide, NDays: []RetentionDay{}, Cohorts: []RetentionLine{}, Flows: []RetentionFlow{}, Sources: []RetentionFrom{},
		RankChi2: k.Test.Chi2, RankFree: k.Test.Free, RankP: k.Test.P, RankNone: k.Test.Withheld, Explained: "Kaplan-Meier; who is still there has not ended"}
	for _, d := range k.Days {
		r.NDays = append(r.NDays, RetentionDay{int(d.K), ratioOf(d.Bounded.Figure(k.Coverage)), ratioOf(d.Unbounded.Figure(k.Coverage))})
	}
	for _, one := range k.Cohorts {
		line := RetentionLine{Week: one.Week.String(), Size: len(one.Lives)}
		for _, w := range one.Weeks {
			line.Kept, line.Of = append(line.Kept, len(w.Kept)), append(line.Of, len(w.Of))
			if len(w.Of) > 0 {
				line.Shown += strconv.Itoa(len(w.Kept)) + "/" + strconv.Itoa(len(w.Of)) + " "
			}
		}
		r.Cohorts = append(r.Cohorts, line)
	}
	for _, f := range k.Flows {
		r.Flows = append(r.Flows, RetentionFlow{f.Week.String(), f.Known, f.Active, f.New, f.Returning, f.Resurrecting, f.Dormant})
	}
	for _, s := range k.Sources {
		r.Sources = append(r.Sources, RetentionFrom{s.Source, curveOf(s.Curve)})
	}
	return r
}

func curveOf(c measure.Curve) RetentionCurve {
	out := RetentionCurve{N: c.N, Ends: c.Ends, Median: -1, Points: []RetentionStep{}}
	if at, ok := c.Median(); ok {
		out.Median = at
	}
	for _, p := range c.Points {
		step := RetentionStep{Day: p.Time, AtRisk: p.AtRisk, Ended: p.Events, Survival: p.Survival, SE: p.SE, Low: p.Low, High: p.High}
		copy(step.By[:], p.Ended[measure.Left:])
		out.Points = append(out.Points, step)
	}
	return out
}
