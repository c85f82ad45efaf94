package measure

import (
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Sheet is what is known of one group over some days: the same figures in the same order for every group, so that groups stand side
// by side and reports say what pages say.
type Sheet struct {
	Group    community.GroupKey
	GroupID  community.ID
	Name     string
	From, To Day
	Lines    []Line
}

// Units of lines.
const (
	UnitCount   = "count"
	UnitMean    = "mean"   // one digit behind the point
	UnitShare   = "share"  // from 0 to 1, said in percent
	UnitNumber  = "number" // two digits behind the point
	UnitMinutes = "minutes"
	UnitDays    = "days"
	UnitWord    = "word" // a key of the catalogue
)

// TooFew is why a line has no value: there are people or days, but fewer than a value takes.
const TooFew = "too_few"

// Line is a figure of a sheet.
type Line struct {
	Metric     string // "area.name": its words stand in the catalogue
	K          int    // the day that a retention is about; else 0
	Unit       string
	Value      float64
	Num        float64 // of a share: what was counted; Value = Num / N
	Word       string  // of UnitWord
	N          int64   // what it rests on: people, messages, questions, weeks, targets
	Population string  // what N counts
	Coverage   Coverage
	Grey       bool   // fewer than 20: a ratio that may not lead
	Withheld   string // "" or why there is no value
	Path       string // the page that shows it
}

// SheetFacts are what a sheet is made of. A nil part is not shown.
type SheetFacts struct {
	From, To  Day
	Activity  Activity
	Response  Response
	Stage     *Stage
	Ruled     string   // the stage by an operator's word; "" = nobody has
	Targets   []Actual // of the goal as it stands
	HasGoal   bool
	Tiers     []TierPart // nil = the group has no tiers yet
	Retention *Retention
	Board     *Board
	Bonds     *Bonds
	Growth    *GrowthMonth
	Alarms    int // opened in the time and not over
	Reviews   int // adjustments whose day of review has come
}

// TierPart is how many members stand in a tier.
type TierPart struct {
	Tier  string
	Count int
	Of    int
}

// MakeSheet puts the figures of a group in their order.
func MakeSheet(f SheetFacts) []Line {
	b := sheetBuilder{cover: f.Activity.Coverage}
	b.activity(f)
	b.questions(f.Response)
	b.kept(f.Retention)
	b.stage(f.Stage)
	if f.Ruled != "" {
		b.lines = append(b.lines, Line{Metric: "sheet.ruled", Unit: UnitWord, Word: "stage.is_" + f.Ruled, N: 1, Population: GroupDays, Path: "/stage"})
	}
	b.goals(f)
	b.tiers(f.Tiers)
	b.board(f.Board)
	b.bonds(f.Bonds)
	b.growth(f.Growth)
	b.plain("sheet.alarms", UnitCount, float64(f.Alarms), int64(f.Alarms), GroupDays, "/duty", Coverage{})
	b.plain("sheet.reviews", UnitCount, float64(f.Reviews), int64(f.Reviews), GroupDays, "/adjustments", Coverage{})
	return b.lines
}

type sheetBuilder struct {
	lines []Line
	cover Coverage
}

// plain adds a count or a mean; where too few of the days are known it is withheld. A coverage of no days is none to judge by.
func (b *sheetBuilder) plain(metric, unit string, v float64, n int64, population, path string, c Coverage) {
	l := Line{Metric: metric, Unit: unit, Value: v, N: n, Population: population, Path: path, Coverage: c}
	if c.Of > 0 && !c.Enough() {
		l.Value, l.Withheld = 0, LowCover
	}
	b.lines = append(b.lines, l)
}

// figure adds a figure, which knows by itself whether it may be said.
func (b *sheetBuilder) figure(metric, unit string, f Figure, path string) {
	b.lines = append(b.lines, Line{Metric: metric, Unit: unit, Value: f.Value, Num: f.Num, N: int64(f.Den), Population: f.Population, Coverage: f.Coverage, Grey: f.Grey, Withheld: f.Withheld, Path: path})
}

// known adds a value that may be missing.
func (b *sheetBuilder) known(metric, unit string, v float64, why string, n int64, population, path string, c Coverage) {
	l := Line{Metric: metric, Unit: unit, Value: v, N: n, Population: population, Path: path, Coverage: c, Withheld: why}
	switch {
	case c.Of > 0 && !c.Enough():
		l.Value, l.Withheld = 0, LowCover
	case why != "":
		l.Value = 0
	}
	b.lines = append(b.lines, l)
}

func (b *sheetBuilder) activity(f SheetFacts) {
	const at = "/activity"
	a := f.Activity
	var joins, leaves, recalled int64
	for _, d := range a.Daily {
		joins, leaves, recalled = joins+d.Joins, leaves+d.Leaves, recalled+d.Recalled
	}
	if n := len(a.Daily); n == 0 || a.Daily[n-1].Roster < 0 {
		b.known("sheet.members", UnitCount, 0, NoRoster, 0, Roster, "/members", Coverage{})
	} else {
		b.plain("sheet.members", UnitCount, float64(a.Daily[n-1].Roster), a.Daily[n-1].Roster, Roster, "/members", Coverage{})
	}
	b.plain("activity.joins", UnitCount, float64(joins), joins, GroupDays, at, a.Coverage)
	b.plain("activity.leaves", UnitCount, float64(leaves), leaves, GroupDays, at, a.Coverage)
	b.plain("activity.speakers", UnitCount, float64(a.Speakers), a.Speakers, Speakers, at, a.Coverage)
	b.plain("activity.messages", UnitCount, float64(a.Messages), a.Messages, GroupDays, at, a.Coverage)
	b.plain("activity.recalled", UnitCount, float64(recalled), recalled, GroupDays, at, a.Coverage)
	if n := len(a.Daily); n > 0 {
		last := a.Daily[n-1]
		b.plain("activity.wau", UnitCount, float64(last.WAU), last.WAU, Speakers, at, last.Week)
		b.plain("activity.mau", UnitCount, float64(last.MAU), last.MAU, Speakers, at, last.Month)
	}
	mean := a.MeanDAU
	mean.Grey = false // it is over days, not over people
	b.figure("activity.mean_dau", UnitMean, mean, at)
	b.figure("activity.stickiness", UnitShare, a.Stickiness, at)
	b.figure("activity.rate", UnitShare, a.SpeakingRate, at)
	b.figure("activity.never", UnitShare, a.NeverSpoke, at)
	b.figure("activity.gini", UnitNumber, a.Gini, at)
	b.figure("activity.top1", UnitShare, a.Top1, at)
	b.figure("activity.top10", UnitShare, a.Top10, at)
	b.figure("activity.once", UnitShare, a.OneMessage, at)
	why := ""
	if a.Speakers == 0 {
		why = NoData
	}
	b.known("activity.median", UnitMean, a.Median, why, a.Speakers, Speakers, at, a.Coverage)
	b.known("activity.p90", UnitMean, float64(a.P90), why, a.Speakers, Speakers, at, a.Coverage)
}

func (b *sheetBuilder) questions(r Response) {
	const at = "/questions"
	asked := int64(r.Questions)
	b.figure("question.answered", UnitShare, r.Answered, at)
	b.plain("question.open", UnitCount, float64(r.Open), asked, Askings, at, b.cover)
	b.plain("question.certain", UnitCount, float64(r.Certain), asked, Askings, at, b.cover)
	b.plain("question.likely", UnitCount, float64(r.Likely), asked, Askings, at, b.cover)
	for _, w := range []struct {
		name  string
		v     float64
		known bool
	}{{"question.median", r.Median, r.MedianKnown}, {"question.p90", r.P90, r.P90Known}} {
		why := ""
		switch {
		case asked == 0:
			why = NoData
		case !w.known:
			why = NotReached
		}
		b.known(w.name, UnitMinutes, w.v, why, asked, Askings, at, b.cover)
	}
}

// curveLeast is how many stays a median of a curve takes.
const curveLeast = 4

func (b *sheetBuilder) kept(r *Retention) {
	if r == nil {
		return
	}
	const at = "/retention"
	for _, d := range r.Days {
		b.figure("retention.bounded", UnitShare, d.Bounded.Figure(r.Coverage), at)
		b.lines[len(b.lines)-1].K = int(d.K)
		b.figure("retention.unbounded", UnitShare, d.Unbounded.Figure(r.Coverage), at)
		b.lines[len(b.lines)-1].K = int(d.K)
	}
	b.figure("retention.w4", UnitShare, r.Week4.Figure(r.Coverage), at)
	for _, c := range []struct {
		name, population string
		curve            Curve
	}{{"retention.stay_median", Stays, r.Membership}, {"retention.part_median", Speakers, r.Participation}} {
		v, reached := c.curve.Median()
		why := ""
		switch {
		case c.curve.N < curveLeast:
			why = TooFew
		case !reached:
			why = NotReached
		}
		b.known(c.name, UnitDays, v, why, int64(c.curve.N), c.population, at, r.Coverage)
	}
	if n := len(r.Flows); n > 0 {
		b.figure("retention.rolling", UnitShare, r.Flows[n-1].Rolling(r.Coverage), at)
	}
}

func (b *sheetBuilder) stage(s *Stage) {
	if s == nil {
		return
	}
	const at = "/stage"
	weeks := Coverage{s.Usable, s.Weeks}
	b.lines = append(b.lines, Line{Metric: "stage.verdict", Unit: UnitWord, Word: "stage.is_" + s.Verdict, N: int64(s.Usable), Population: StageWeeks, Coverage: weeks, Path: at})
	why := ""
	if s.Verdict == StageYoung || s.Verdict == StageUnknown {
		why = TooFew
	}
	b.trend("stage.sen", UnitMean, s.Speakers.Sen, why, *s)
	level := 0.0
	if s.Usual > 0 {
		level = s.Level / s.Usual
	} else if why == "" {
		why = NoData
	}
	b.trend("stage.level", UnitShare, level, why, *s)
	b.withheld("stage.new_share", s.NewShare, why)
	b.withheld("stage.core", s.CoreNow, why)
	b.withheld("stage.kept", s.Kept, why)
	b.withheld("stage.spam", s.Spam, why)
	b.trend("stage.age", UnitDays, float64(s.Age), "", *s)
}

// StageWeeks is the population of what a stage rests on: usable weeks.
const StageWeeks = "weeks"

func (b *sheetBuilder) trend(metric, unit string, v float64, why string, s Stage) {
	l := Line{Metric: metric, Unit: unit, Value: v, N: int64(s.Usable), Population: StageWeeks, Coverage: Coverage{s.Usable, s.Weeks}, Withheld: why, Path: "/stage"}
	if why != "" {
		l.Value = 0
	}
	b.lines = append(b.lines, l)
}

func (b *sheetBuilder) withheld(metric string, f Figure, why string) {
	if why != "" {
		f = Figure{Withheld: why, Population: f.Population}
	}
	b.figure(metric, UnitShare, f, "/stage")
}

func (b *sheetBuilder) goals(f SheetFacts) {
	const at = "/goals"
	if !f.HasGoal {
		b.known("goal.targets", UnitShare, 0, NoData, 0, GroupDays, at, Coverage{})
		return
	}
	var met, known int64
	for _, a := range f.Targets {
		if a.State != TargetUnknown {
			known++
		}
		if a.State == TargetMet {
			met++
		}
	}
	why := ""
	if known == 0 {
		why = TooFew
	}
	share := 0.0
	if known > 0 {
		share = float64(met) / float64(known)
	}
	b.known("goal.targets", UnitShare, share, why, known, Targets, at, Coverage{})
	b.counted(float64(met))
}

// counted says what the last line counted; below 20 the counts lead.
func (b *sheetBuilder) counted(num float64) {
	l := &b.lines[len(b.lines)-1]
	l.Num, l.Grey = num, l.N < smallDenom
}

// Targets is the population of goals: targets of which it is known whether they are met.
const Targets = "targets"

func (b *sheetBuilder) tiers(parts []TierPart) {
	for _, name := range []string{"core", "normal", "lurker"} {
		i := slices.IndexFunc(parts, func(p TierPart) bool { return p.Tier == name })
		if i < 0 || parts[i].Of == 0 {
			b.known("tier.share_"+name, UnitShare, 0, TooFew, 0, Ranked, "/tiers", Coverage{})
			continue
		}
		p := parts[i]
		b.known("tier.share_"+name, UnitShare, float64(p.Count)/float64(p.Of), "", int64(p.Of), Ranked, "/tiers", Coverage{})
		b.counted(float64(p.Count))
	}
}

func (b *sheetBuilder) board(x *Board) {
	if x == nil {
		return
	}
	const at = "/board"
	b.plain("board.acquisition", UnitCount, float64(len(x.Came)), int64(len(x.Came)), Joiners, at, x.Coverage)
	b.figure("board.activation", UnitShare, x.Activated.Figure(x.Coverage), at)
	b.figure("board.retention", UnitShare, x.Week4.Figure(x.Coverage), at)
	b.figure("board.referral", UnitNumber, x.Referral.K, at)
}

func (b *sheetBuilder) bonds(x *Bonds) {
	if x == nil {
		return
	}
	b.plain("bond.edges", UnitCount, float64(x.Edges), int64(x.Edges), Pairs, "/bonds", x.Reciprocity.Coverage)
	b.figure("bond.reciprocity", UnitShare, x.Reciprocity, "/bonds")
}

func (b *sheetBuilder) growth(m *GrowthMonth) {
	if m == nil {
		return
	}
	b.figure("growth.invitation", UnitShare, m.ByInvitation(), "/growth")
	b.figure("growth.talk", UnitShare, m.OwnTalk(), "/growth")
	b.figure("growth.answers", UnitShare, m.OwnAnswers(), "/growth")
}

// Pick gives the lines of the metrics named, in that order.
func Pick(lines []Line, metrics ...string) []Line {
	var out []Line
	for _, name := range metrics {
		for _, l := range lines {
			if l.Metric == name {
				out = append(out, l)
			}
		}
	}
	return out
}

// WeeklyMetrics are the figures of a weekly report about a group, in its order.
func WeeklyMetrics() []string {
	return []string{"sheet.members", "activity.joins", "activity.leaves", "activity.speakers", "activity.messages", "question.answered", "question.open", "stage.verdict", "goal.targets",
		"tier.share_core", "tier.share_normal", "tier.share_lurker", "sheet.alarms", "sheet.reviews"}
}

// BesideRow is a figure with its value in each of the groups that stand side by side.
type BesideRow struct {
	Metric string
	K      int
	Unit   string
	Cells  []Line
}

// Beside puts sheets side by side: a row for each figure that any of them has, in the order of the sheets. A group that lacks one has
// a cell that says so.
func Beside(sheets []Sheet) []BesideRow {
	var rows []BesideRow
	for _, s := range sheets {
		for _, l := range s.Lines {
			if !slices.ContainsFunc(rows, func(r BesideRow) bool { return r.Metric == l.Metric && r.K == l.K }) {
				rows = append(rows, BesideRow{Metric: l.Metric, K: l.K, Unit: l.Unit})
			}
		}
	}
	for i := range rows {
		r := &rows[i]
		for _, s := range sheets {
			cell := Line{Metric: r.Metric, K: r.K, Unit: r.Unit, Withheld: NoData}
			if j := slices.IndexFunc(s.Lines, func(l Line) bool { return l.Metric == r.Metric && l.K == r.K }); j >= 0 {
				cell = s.Lines[j]
			}
			r.Cells = append(r.Cells, cell)
		}
	}
	return rows
}

// Bounds of groups that stand side by side.
const (
	BesideLeast = 2
	BesideMost  = 4
	besideDays  = 366
)

// CheckBeside says what is wrong with a comparison: community.CodeBadInput.
func CheckBeside(groups []community.GroupKey, from, to Day) error {
	sorted := slices.Sorted(slices.Values(groups))
	switch {
	case len(groups) < BesideLeast || len(groups) > BesideMost:
		return community.Errorf(community.CodeBadInput, "groups: want %d to %d", BesideLeast, BesideMost)
	case len(slices.Compact(sorted)) < len(groups):
		return community.Errorf(community.CodeBadInput, "groups: one stands twice")
	case from < 0 || from > to || to-from >= besideDays:
		return community.Errorf(community.CodeBadInput, "days: want 1 to %d, the first before the last", besideDays)
	}
	return nil
}

// SumFacts adds up of groups what may be added: goals, tiers, alarms and reviews. What counts people or days is measured anew over
// all of them.
func SumFacts(list []SheetFacts) (out SheetFacts) {
	parts := map[string]TierPart{}
	for _, f := range list {
		out.HasGoal = out.HasGoal || f.HasGoal
		out.Targets = append(out.Targets, f.Targets...)
		out.Alarms, out.Reviews = out.Alarms+f.Alarms, out.Reviews+f.Reviews
		for _, p := range f.Tiers {
			sum := parts[p.Tier]
			parts[p.Tier] = TierPart{p.Tier, sum.Count + p.Count, sum.Of + p.Of}
		}
	}
	for _, name := range []string{"core", "normal", "lurker"} {
		if p, ok := parts[name]; ok {
			out.Tiers = append(out.Tiers, p)
		}
	}
	return out
}

// StageLines count the groups of each stage; N is how many groups could be judged.
func StageLines(list []SheetFacts) (out []Line) {
	n := map[string]int64{}
	var judged int64
	for _, f := range list {
		if f.Stage == nil || f.Stage.Verdict == StageYoung || f.Stage.Verdict == StageUnknown {
			continue
		}
		judged++
		n[f.Stage.Verdict]++
	}
	for _, stage := range []string{StageBurst, StageStable, StageDecline} {
		l := Line{Metric: "sheet.groups_" + stage, Unit: UnitCount, Value: float64(n[stage]), N: judged, Population: JudgedGroups, Path: "/stage"}
		if judged == 0 {
			l.Value, l.Withheld = 0, TooFew
		}
		out = append(out, l)
	}
	return out
}

// JudgedGroups is the population of counts of stages: groups whose stage could be told.
const JudgedGroups = "judged_groups"

// Area is the area of a row's figure.
func (r BesideRow) Area() string {
	area, _, _ := strings.Cut(r.Metric, ".")
	return area
}
