package measure

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Goal is what a group is for: the goal, what it gives its members, and the figures it is held to.
type Goal struct {
	Goal    string   `json:"goal"`
	Value   string   `json:"value"` // what members get out of it
	Targets []Target `json:"targets"`
}

// Target is a figure with the value it should have over the last 7 or 30 complete days.
type Target struct {
	Metric string  `json:"metric"`  // "area.name" of Metrics, one of TargetMetrics
	AtMost bool    `json:"at_most"` // it should not be above Value; else not below
	Value  float64 `json:"value"`   // shares from 0 to 1, times in minutes
	Days   int     `json:"days"`    // 7 or 30
}

// Bounds of goals.
const (
	LeastTargets = 3
	MostTargets  = 12
	maxGoalText  = 1000 // bytes
)

// TargetMetric is a figure that a target may name.
type TargetMetric struct {
	Metric  string
	Share   bool // a share from 0 to 1, said in percent
	Minutes bool
	Month   bool // known over 30 days alone
}

// TargetMetrics lists the figures that targets may name, in the order of forms.
func TargetMetrics() []TargetMetric {
	return []TargetMetric{
		{Metric: "activity.speakers"}, {Metric: "activity.messages"}, {Metric: "activity.mean_dau"}, {Metric: "activity.joins"}, {Metric: "activity.leaves"},
		{Metric: "activity.rate", Share: true, Month: true}, {Metric: "activity.stickiness", Share: true, Month: true},
		{Metric: "activity.top10", Share: true}, {Metric: "activity.once", Share: true}, {Metric: "activity.median"},
		{Metric: "question.answered", Share: true}, {Metric: "question.open"}, {Metric: "question.median", Minutes: true}, {Metric: "question.p90", Minutes: true},
	}
}

// targetMetric finds one by its name; ok false when there is none.
func targetMetric(name string) (TargetMetric, bool) {
	list := TargetMetrics()
	i := slices.IndexFunc(list, func(m TargetMetric) bool { return m.Metric == name })
	if i < 0 {
		return TargetMetric{}, false
	}
	return list[i], true
}

// Of gives what is known of the target's figure.
func (t Target) Of() TargetMetric {
	m, _ := targetMetric(t.Metric)
	return m
}

// Check says what is wrong with a goal: community.CodeBadInput.
func (g Goal) Check() error {
	for _, text := range []string{g.Goal, g.Value} {
		if strings.TrimSpace(text) == "" || len(text) > maxGoalText {
			return community.Errorf(community.CodeBadInput, "goal and value: want 1 to %d bytes each", maxGoalText)
		}
	}
	if len(g.Targets) < LeastTargets || len(g.Targets) > MostTargets {
		return community.Errorf(community.CodeBadInput, "targets: want %d to %d", LeastTargets, MostTargets)
	}
	for i, t := range g.Targets {
		if err := t.Check(); err != nil {
			return err
		}
		for _, other := range g.Targets[:i] {
			if other.Metric == t.Metric && other.Days == t.Days && other.AtMost == t.AtMost {
				return community.Errorf(community.CodeBadInput, "targets: %s over %d days stands twice", t.Metric, t.Days)
			}
		}
	}
	return nil
}

// Check says what is wrong with a target: community.CodeBadInput.
func (t Target) Check() error {
	m, ok := targetMetric(t.Metric)
	switch {
	case !ok:
		return community.Errorf(community.CodeBadInput, "target: no figure %q", t.Metric)
	case t.Days != weekWindow && t.Days != fullWindow:
		return community.Errorf(community.CodeBadInput, "target: want 7 or 30 days")
	case m.Month && t.Days != fullWindow:
		return community.Errorf(community.CodeBadInput, "target: %s is known over 30 days alone", t.Metric)
	case math.IsNaN(t.Value) || t.Value < 0 || t.Value > 1e9:
		return community.Errorf(community.CodeBadInput, "target: want a value from 0")
	case m.Share && t.Value > 1:
		return community.Errorf(community.CodeBadInput, "target: want a share of at most 100%%")
	}
	return nil
}

// String writes a target as ParseTarget reads it.
func (t Target) String() string {
	sign, value := ">=", strconv.FormatFloat(t.Value, 'g', -1, 64)
	if t.AtMost {
		sign = "<="
	}
	if t.Of().Share {
		value = strconv.FormatFloat(math.Round(t.Value*1e8)/1e6, 'g', -1, 64) + "%"
	}
	return t.Metric + sign + value + "/" + strconv.Itoa(t.Days)
}

// ParseTarget reads "activity.speakers>=50/7" or "question.answered>=80%/30": figure, comparison, value, days.
func ParseTarget(text string) (Target, error) {
	bad := func() (Target, error) {
		return Target{}, community.Errorf(community.CodeBadInput, "target %q: want e.g. activity.speakers>=50/7 or question.answered>=80%%/30", text)
	}
	sign := ">="
	name, rest, ok := strings.Cut(text, sign)
	if !ok {
		sign = "<="
		if name, rest, ok = strings.Cut(text, sign); !ok {
			return bad()
		}
	}
	value, days, ok := strings.Cut(rest, "/")
	if !ok {
		return bad()
	}
	t := Target{Metric: strings.TrimSpace(name), AtMost: sign == "<="}
	value, percent := strings.CutSuffix(strings.TrimSpace(value), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return bad()
	}
	if t.Value = v; percent {
		t.Value = v / 100
	}
	if t.Days, err = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(days), "d")); err != nil {
		return bad()
	}
	return t, t.Check()
}

// How a target stands.
const (
	TargetMet     = "met"
	TargetMissed  = "missed"
	TargetUnknown = "unknown"
)

// NotReached: less than the share asked for was answered within the time looked at.
const NotReached = "not_reached"

// Actual is a target with what became of it.
type Actual struct {
	Target
	Figure Figure
	N      int64 // what the figure rests on: messages, speakers, questions
	State  string
}

// Against compares a target with the days it is about.
func (t Target) Against(a Activity, r Response) Actual {
	out := Actual{Target: t, State: TargetUnknown}
	out.Figure, out.N = t.figure(a, r)
	switch {
	case out.Figure.Withheld == NotReached:
		if t.AtMost {
			out.State = TargetMissed
		}
	case out.Figure.Withheld != "":
	case t.AtMost == (out.Figure.Value <= t.Value) || out.Figure.Value == t.Value:
		out.State = TargetMet
	default:
		out.State = TargetMissed
	}
	return out
}

// figure picks what a target is about, and what it rests on.
func (t Target) figure(a Activity, r Response) (Figure, int64) {
	plain := func(v float64, population string) Figure {
		f := Figure{Value: v, Num: v, Den: 1, Population: population, Coverage: a.Coverage}
		if !a.Coverage.Enough() {
			f.Value, f.Withheld = 0, LowCover
		}
		return f
	}
	asked := int64(r.Questions)
	wait := func(v float64, known bool) Figure {
		f := plain(v, Askings)
		switch {
		case f.Withheld != "":
		case r.Questions == 0:
			f.Value, f.Withheld = 0, NoData
		case !known:
			f.Value, f.Withheld = 0, NotReached
		}
		return f
	}
	var joins, leaves int64
	for _, d := range a.Daily {
		joins, leaves = joins+d.Joins, leaves+d.Leaves
	}
	switch t.Metric {
	case "activity.speakers":
		return plain(float64(a.Speakers), Speakers), a.Speakers
	case "activity.messages":
		return plain(float64(a.Messages), GroupDays), a.Messages
	case "activity.mean_dau":
		return a.MeanDAU, a.Speakers
	case "activity.joins":
		return plain(float64(joins), GroupDays), joins
	case "activity.leaves":
		return plain(float64(leaves), GroupDays), leaves
	case "activity.rate":
		return a.SpeakingRate, int64(a.SpeakingRate.Den)
	case "activity.stickiness":
		return a.Stickiness, int64(a.Stickiness.Den)
	case "activity.top10":
		return a.Top10, a.Speakers
	case "activity.once":
		return a.OneMessage, a.Speakers
	case "activity.median":
		f := plain(a.Median, Speakers)
		if f.Withheld == "" && a.Speakers == 0 {
			f.Withheld = NoData
		}
		return f, a.Speakers
	case "question.answered":
		return r.Answered, asked
	case "question.open":
		return plain(float64(r.Open), Askings), asked
	case "question.median":
		return wait(r.Median, r.MedianKnown), asked
	}
	return wait(r.P90, r.P90Known), asked
}

// Achieve compares a goal's targets with the figures of their days, which get gives for the last 7 or 30 complete days.
func (g Goal) Achieve(get func(days int) (Activity, Response, error)) ([]Actual, error) {
	type span struct {
		a Activity
		r Response
	}
	known := map[int]*span{}
	var out []Actual
	for _, t := range g.Targets {
		if known[t.Days] == nil {
			a, r, err := get(t.Days)
			if err != nil {
				return nil, err
			}
			known[t.Days] = &span{a, r}
		}
		out = append(out, t.Against(known[t.Days].a, known[t.Days].r))
	}
	return out, nil
}

// GoalVersion is a group's goal as somebody wrote it. Version 0: nobody has.
type GoalVersion struct {
	Goal
	Version int
	User    string
	Reason  string
	At      int64 // UTC ms
}

// Taken says whether this version took the goal back: since then the group has none.
func (v GoalVersion) Taken() bool { return v.Version > 0 && v.Goal.Goal == "" && len(v.Targets) == 0 }

// GoalRow is a group with its goal as it stands; Version 0 = it has none.
type GoalRow struct {
	GoalVersion
	Group   community.GroupKey
	GroupID community.ID
	Name    string
	Without string // why the group opens without a goal, as it stands now; "" = nobody wrote that
}
