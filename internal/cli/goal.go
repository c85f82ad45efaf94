package cli

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Goals is what the command line asks and changes of goals, stages and adjustments.
type Goals interface {
	Goal(ctx context.Context, g community.GroupKey) (measure.GoalVersion, error)
	SetGoal(ctx context.Context, user string, g community.GroupKey, goal measure.Goal, reason string) (measure.GoalVersion, error)
	// GoalList lists groups with their goals, by name; tag "" = with any or none.
	GoalList(ctx context.Context, tag string, page community.Page) ([]measure.GoalRow, int, error)
	// Waiver gives why a group opens without a goal; Waive writes it, and no words take it back.
	Waiver(ctx context.Context, g community.GroupKey) (measure.Waiver, error)
	Waive(ctx context.Context, user string, g community.GroupKey, words string) error
	// LeaveWatch tells whether those who leave a group are asked why; AskLeavers changes that. LeaveTally counts their answers.
	LeaveWatch(ctx context.Context, g community.GroupKey) (measure.LeaveWatch, error)
	AskLeavers(ctx context.Context, user string, g community.GroupKey, on bool, reason string) error
	LeaveTally(ctx context.Context, g community.GroupKey, days int) (measure.LeaveTally, error)
	LeaveSaid(ctx context.Context, g community.GroupKey, days int, page community.Page) ([]measure.LeaveSaid, int, error)
	// Achieved compares a goal's targets with the days until the one it gives.
	Achieved(ctx context.Context, g community.GroupKey, goal measure.Goal) ([]measure.Actual, measure.Day, error)

	StageRules(ctx context.Context) (measure.StageRules, error)
	SetStageRules(ctx context.Context, user string, r measure.StageRules, reason string) error
	Stage(ctx context.Context, g community.GroupKey) (measure.Stage, []measure.Week, error)
	Rulings(ctx context.Context, g community.GroupKey) ([]measure.Ruling, error)
	Overrule(ctx context.Context, user string, v measure.Ruling) (measure.Ruling, error)
	Unrule(ctx context.Context, user string, g community.GroupKey, reason string) error

	Playbook(ctx context.Context) ([]string, error)
	StartPlaybook(ctx context.Context, user string, g community.GroupKey, steps []string, review measure.Day) (measure.Adjustment, error)

	AddAdjustment(ctx context.Context, user string, v measure.Adjustment) (measure.Adjustment, error)
	Adjustments(ctx context.Context, f measure.AdjustFilter, page community.Page) ([]measure.Adjustment, int, error)
	Adjustment(ctx context.Context, id community.ID) (measure.Adjustment, error)
	// Unnamed lists changes of the last weeks of which nobody said what they should move, the newest first.
	Unnamed(ctx context.Context) ([]measure.Unnamed, error)
	Effect(ctx context.Context, v measure.Adjustment) (measure.Effect, error)
	Review(ctx context.Context, user string, id community.ID, keep bool, note string) (measure.Adjustment, error)
	Effects(ctx context.Context) ([]measure.Pooled, error)
	// Formats compares the formats of what came to a group, with the things and polls it rests on; SaySent, AddSent and AddFormatPoll keep
	// what people say of that.
	Formats(ctx context.Context, g community.GroupKey, from, to measure.Day) (measure.FormatReport, []measure.Sent, []measure.FormatPollRow, error)
	FormatsOver(ctx context.Context, tag string, from, to measure.Day) (measure.FormatOver, error)
	SaySent(ctx context.Context, user string, k measure.SentKey, v measure.SentSaid, reason string) error
	AddSent(ctx context.Context, user string, g community.GroupKey, title string, at int64, v measure.SentSaid) (measure.SentKey, error)
	AddFormatPoll(ctx context.Context, user string, v measure.FormatPollRow) (measure.FormatPollRow, error)

	// NoFigure keeps that a change is to move no figure, and why; NoFigures lists such changes.
	NoFigure(ctx context.Context, user string, v measure.NoFigure) error
	NoFigures(ctx context.Context, g community.GroupKey) ([]measure.NoFigure, error)

	// Lives compares the groups that entered decline, renewed against not renewed; looked is how many groups were looked at.
	Lives(ctx context.Context) (l measure.Lives, looked int, err error)
	// ReadLives brings what they rest on up to now.
	ReadLives(ctx context.Context) error
	// Renewals lists what counts as renewals, by day; AddRenewal keeps one that a person enters, VoidRenewal takes it out of all counts.
	Renewals(ctx context.Context, g community.GroupKey) ([]measure.Renewal, error)
	AddRenewal(ctx context.Context, user string, v measure.Renewal) (measure.Renewal, error)
	VoidRenewal(ctx context.Context, user string, id community.ID, why string) error
}

type goalCmd struct {
	Show goalShowCmd `cmd:"" help:"一个群的目标，和最近 7/30 天做到多少|a group's goal, and what the last 7/30 days reached"`
	Set  goalSetCmd  `cmd:"" help:"写一个新版本|write a new version"`
	List goalListCmd `cmd:"" help:"所有群的目标|the goals of all groups"`

	Without goalWithoutCmd `cmd:"" help:"写明为什么没有目标也开放|write why a group opens without a goal"`
	Leavers goalLeaversCmd `cmd:"" help:"离开的人为什么离开|why those who left did"`
}

// goalsAt opens goals for a group.
func (c *call) goalsAt(h *House, group string) (Goals, community.GroupRow, error) {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return nil, community.GroupRow{}, err
	}
	_, g, _, err := c.place(h, group, "")
	return p, g, err
}

// today is a group's day in its zone.
func (c *call) today(h *House, g community.GroupKey) (measure.Day, error) {
	in, err := inOrg(c, h, h.Insights)
	if err != nil {
		return 0, err
	}
	return in.Today(c.ctx, g)
}

// reachedLine is a target against what was reached.
type reachedLine struct {
	Target string  `json:"target" col:"指标|target"` // as --target takes it
	State  string  `json:"state" col:"达到|reached"` // met, missed, unknown
	Actual float64 `json:"actual" col:"实际|actual"` // shares from 0 to 1, times in minutes
	N      int64   `json:"n" col:"n|n"`            // what it rests on
	Known  int     `json:"covered" col:"已知天|days known"`
	Of     int     `json:"of" col:"共|of"`
	Why    string  `json:"withheld"` // "", no_data, low_cover, no_roster, not_reached
}

// goalReport is a group's goal.
type goalReport struct {
	Group   string        `json:"group" col:"群|group"`
	Version int           `json:"version" col:"版本|version"` // 0 = it has none
	Goal    string        `json:"goal" col:"目标|goal"`
	Value   string        `json:"value" col:"价值|value"`
	At      Moment        `json:"at" col:"时间|at"`
	To      string        `json:"to" col:"算到|until"`
	Targets []reachedLine `json:"targets"`
}

type goalShowCmd struct {
	fresh `kong:"-"`
	Group string `arg:"" help:"群|group"`
}

func (goalShowCmd) Shape() any { return goalReport{} }
func (goalShowCmd) Examples() []example {
	return []example{{"goal show '#books' --json", [2]string{"指标对实际，带天数", "targets against what is, with the days known"}}}
}

// Do shows a group's goal.
func (q *goalShowCmd) Do(c *call, h *House) error {
	p, g, err := c.goalsAt(h, q.Group)
	if err != nil {
		return err
	}
	v, err := p.Goal(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return c.printGoal(p, g.Key, g.Name, v)
}

func (c *call) printGoal(p Goals, g community.GroupKey, name string, v measure.GoalVersion) error {
	out := goalReport{Group: name, Version: v.Version, Goal: v.Goal.Goal, Value: v.Value, At: Moment(v.At), Targets: []reachedLine{}}
	if v.Version > 0 {
		list, to, err := p.Achieved(c.ctx, g, v.Goal)
		if err != nil {
			return err
		}
		out.To = to.String()
		for _, a := range list {
			out.Targets = append(out.Targets, reachedLine{a.Target.String(), a.State, a.Figure.Value, a.N, a.Figure.Coverage.Covered, a.Figure.Coverage.Of, a.Figure.Withheld})
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	return printPart(c, out.Targets)
}

type goalSetCmd struct {
	Group  string   `arg:"" help:"群|group"`
	Goal   string   `required:"" placeholder:"TEXT" help:"目标|the goal"`
	Value  string   `required:"" placeholder:"TEXT" help:"成员得到什么|what members get out of it"`
	Target []string `required:"" placeholder:"TARGET" help:"指标，至少三个：activity.speakers>=50/7、question.answered>=80%/30|targets, at least three"`
	Reason string   `placeholder:"TEXT" help:"原因|why"`
}

func (goalSetCmd) Shape() any { return goalReport{} }
func (goalSetCmd) Examples() []example {
	return []example{{"goal set '#books' --goal 一起读完十本书 --value 每周一份笔记 --target 'activity.speakers>=50/7' --target 'question.answered>=80%/30' --target 'activity.leaves<=5/30'", [2]string{"三个指标", "three targets"}}}
}

// Do writes a new version of a group's goal.
func (q *goalSetCmd) Do(c *call, h *House) error {
	p, g, err := c.goalsAt(h, q.Group)
	if err != nil {
		return err
	}
	goal := measure.Goal{Goal: q.Goal, Value: q.Value}
	for _, text := range q.Target {
		t, err := measure.ParseTarget(text)
		if err != nil {
			return badUsage("--target %q 看不懂；可用的：%s", "--target %q: not understood; there are %s", text, strings.Join(targetNames(), " "))
		}
		goal.Targets = append(goal.Targets, t)
	}
	v, err := p.SetGoal(c.ctx, user, g.Key, goal, q.Reason)
	if err != nil {
		return err
	}
	return c.printGoal(p, g.Key, g.Name, v)
}

func targetNames() (names []string) {
	for _, m := range measure.TargetMetrics() {
		names = append(names, m.Metric)
	}
	return names
}

// goalLine is a group in the list of goals.
type goalLine struct {
	Group   string `json:"group" col:"群|group"`
	Version int    `json:"version" col:"版本|version"` // 0 = it has none
	Goal    string `json:"goal" col:"目标|goal"`
	Without string `json:"without_goal" col:"没有目标也开放|opens without"` // why; "" = it does not
	Met     int    `json:"met" col:"达到|met"`
	Missed  int    `json:"missed" col:"没达到|missed"`
	Unknown int    `json:"unknown" col:"未知|unknown"`
}

type goalListCmd struct {
	fresh `kong:"-"`
	Tag   string `help:"有这个标签的群|the groups with this tag"`
	paging
}

func (goalListCmd) Shape() any { return rowsOf[goalLine]() }
func (goalListCmd) Examples() []example {
	return []example{{"goal list --json", [2]string{"哪些群没有目标，哪些没达到", "which groups have no goal, and which miss theirs"}}}
}

// Do lists groups with their goals.
func (q *goalListCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	rows, total, err := p.GoalList(c.ctx, q.Tag, q.page())
	if err != nil {
		return err
	}
	var out []goalLine
	for _, r := range rows {
		line := goalLine{Group: r.Name, Version: r.Version, Goal: r.Goal.Goal}
		if r.Version == 0 {
			line.Without = r.Without
		}
		if r.Version > 0 {
			list, _, err := p.Achieved(c.ctx, r.Group, r.Goal)
			if err != nil {
				return err
			}
			for _, a := range list {
				*map[string]*int{measure.TargetMet: &line.Met, measure.TargetMissed: &line.Missed, measure.TargetUnknown: &line.Unknown}[a.State]++
			}
		}
		out = append(out, line)
	}
	return printList(c, out, total)
}
