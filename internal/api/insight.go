package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/measure"
)

// Goals keeps goals, stages and adjustments.
type Goals interface {
	Goal(ctx context.Context, g community.GroupKey) (measure.GoalVersion, error)
	SetGoal(ctx context.Context, user string, g community.GroupKey, goal measure.Goal, reason string) (measure.GoalVersion, error)
	Waiver(ctx context.Context, g community.GroupKey) (measure.Waiver, error)
	Waive(ctx context.Context, user string, g community.GroupKey, words string) error
	LeaveWatch(ctx context.Context, g community.GroupKey) (measure.LeaveWatch, error)
	AskLeavers(ctx context.Context, user string, g community.GroupKey, on bool, reason string) error
	LeaveTally(ctx context.Context, g community.GroupKey, days int) (measure.LeaveTally, error)
	GoalList(ctx context.Context, tag string, page community.Page) ([]measure.GoalRow, int, error)
	Stage(ctx context.Context, g community.GroupKey) (measure.Stage, []measure.Week, error)
	AddAdjustment(ctx context.Context, user string, v measure.Adjustment) (measure.Adjustment, error)
	Adjustments(ctx context.Context, f measure.AdjustFilter, page community.Page) ([]measure.Adjustment, int, error)
	Adjustment(ctx context.Context, id community.ID) (measure.Adjustment, error)
	Review(ctx context.Context, user string, id community.ID, keep bool, note string) (measure.Adjustment, error)
	StageSteps
}

// Figures are numbers of projections.
type Figures interface {
	Today(ctx context.Context, g community.GroupKey) (measure.Day, error)
	Activity(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) (measure.Activity, error)
	Questions(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) ([]measure.Question, measure.Response, error)
	History(ctx context.Context, g community.GroupKey, to measure.Day) (measure.History, error)
	Contacts(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]measure.Contact, measure.Coverage, error)
	Board(ctx context.Context, g community.GroupKey, from, to measure.Day) (b measure.Board, currency string, others map[string]int64, err error)
	Travels(ctx context.Context, g community.GroupKey, from, to measure.Day) (measure.Travels, error)
}

// Experiments keeps experiments.
type Experiments interface {
	Find(ctx context.Context, state string, p community.Page) ([]experiment.Row, int, error)
	Start(ctx context.Context, user string, id community.ID, override string) (experiment.Row, error)
	Stop(ctx context.Context, user string, id community.ID, reason string) error
	Decide(ctx context.Context, user string, id community.ID, decision, reason string) error
	Drop(ctx context.Context, user string, id community.ID, reason string) error
	Trials
}

// Weeklies keeps orders of the weekly report.
type Weeklies interface {
	Orders(ctx context.Context) ([]measure.WeeklyOrder, error)
	Order(ctx context.Context, id community.ID) (measure.WeeklyOrder, error)
	PauseOrder(ctx context.Context, user string, id community.ID, on bool, reason string) error
	DropOrder(ctx context.Context, user string, id community.ID, reason string) error
	Runs(ctx context.Context, id community.ID) ([]measure.ReportRun, error)
	SendNow(ctx context.Context, user string, id community.ID) (measure.ReportRun, error)
	SaveOrder(ctx context.Context, user string, v measure.WeeklyOrder, reason string) (measure.WeeklyOrder, error)
	Run(ctx context.Context, id community.ID) (measure.ReportRun, error)
	Preview(ctx context.Context, v measure.WeeklyOrder) (measure.Report, error)
}

// figure is a number with what it is made of.
type figure struct {
	Value    float64 `json:"value"`
	Num      float64 `json:"num"`
	Den      float64 `json:"den"`
	Grey     bool    `json:"grey" doc:"den is below 20: show the counts first"`
	Withheld string  `json:"withheld" doc:"why there is no number; empty = there is"`
}

func figureOf(f measure.Figure) figure { return figure{f.Value, f.Num, f.Den, f.Grey, f.Withheld} }

// activity is what was said on days; definitions are on the console's page of words and figures.
type activity struct {
	From         string    `json:"from"`
	To           string    `json:"to"`
	Groups       int       `json:"groups"`
	Covered      int       `json:"days_covered" doc:"days on which somebody listened"`
	Of           int       `json:"days"`
	Messages     int64     `json:"messages"`
	Speakers     int64     `json:"speakers"`
	MeanDAU      figure    `json:"mean_dau"`
	Stickiness   figure    `json:"stickiness"`
	SpeakingRate figure    `json:"speaking_rate"`
	NeverSpoke   figure    `json:"never_spoke"`
	Median       float64   `json:"messages_median"`
	P90          int64     `json:"messages_p90"`
	Gini         figure    `json:"gini"`
	Top1         figure    `json:"top_1_percent"`
	Top10        figure    `json:"top_10_percent"`
	OneMessage   figure    `json:"one_message"`
	Hours        [24]int64 `json:"hours"`
	Weekdays     [7]int64  `json:"weekdays" doc:"from Monday"`
}

type activityQuery struct {
	Group community.ID `query:"group" doc:"without one: all groups, or those with a tag"`
	Tag   string       `query:"tag" maxLength:"100"`
	Days  int          `query:"days" minimum:"1" maximum:"366" default:"30" doc:"so many days until yesterday"`
}

func (c *call) span(q *activityQuery) (g community.GroupKey, from, to measure.Day, err error) {
	row, err := c.group(q.Group)
	if err != nil {
		return 0, 0, 0, err
	}
	today, err := room(c, c.a.deps.Rooms.Figures).Today(c.ctx(), row.Key)
	return row.Key, today - measure.Day(q.Days), today - 1, err
}

func getActivity(c *call, in *activityQuery) (activity, error) {
	g, from, to, err := c.span(in)
	if err != nil {
		return activity{}, err
	}
	a, err := room(c, c.a.deps.Rooms.Figures).Activity(c.ctx(), g, in.Tag, from, to)
	return activity{a.From.String(), a.To.String(), a.Groups, a.Coverage.Covered, a.Coverage.Of, a.Messages, a.Speakers, figureOf(a.MeanDAU), figureOf(a.Stickiness), figureOf(a.SpeakingRate), figureOf(a.NeverSpoke),
		a.Median, a.P90, figureOf(a.Gini), figureOf(a.Top1), figureOf(a.Top10), figureOf(a.OneMessage), a.Hours, a.Weekdays}, err
}

// goal is a version of a group's goal.
type goal struct {
	Group   community.ID     `json:"group"`
	Called  string           `json:"group_name"`
	Goal    string           `json:"goal"`
	Value   string           `json:"value" doc:"what members get out of it"`
	Targets []measure.Target `json:"targets"`
	Version int              `json:"version" doc:"0 = there is none yet"`
	User    string           `json:"user"`
	Reason  string           `json:"reason"`
	At      moment           `json:"at"`
}

func goalOf(id community.ID, name string, v measure.GoalVersion) goal {
	return goal{id, name, v.Goal.Goal, v.Value, list0(v.Targets), v.Version, v.User, v.Reason, moment(v.At)}
}

// stage is where a group stands in its life.
type stage struct {
	Verdict  string  `json:"verdict"`
	ByAge    string  `json:"by_age"`
	Age      int     `json:"age_days"`
	Usable   int     `json:"usable_weeks"`
	Weeks    int     `json:"weeks"`
	Level    float64 `json:"level" doc:"median weekly speakers of the last four usable weeks"`
	Usual    float64 `json:"usual" doc:"median of the last 26 weeks"`
	NewShare figure  `json:"new_share"`
	Spam     figure  `json:"spam"`
	Kept     figure  `json:"kept"`
}

// adjustment is a change of which somebody said what it should move.
type adjustment struct {
	ID      community.ID `json:"id"`
	Group   community.ID `json:"group"`
	Kind    string       `json:"kind"`
	What    string       `json:"what"`
	Ref     string       `json:"ref"`
	Metric  string       `json:"metric"`
	Down    bool         `json:"down" doc:"it should fall"`
	By      float64      `json:"by" doc:"by which share; 0 = any"`
	Day     string       `json:"day"`
	Review  string       `json:"review" doc:"the day on which somebody looks again"`
	User    string       `json:"user"`
	State   string       `json:"state"`
	Decided moment       `json:"decided_at"`
	Decider string       `json:"decider"`
	Note    string       `json:"note"`
}

func (c *call) adjustmentOf(v measure.Adjustment, err error) (adjustment, error) {
	if err != nil {
		return adjustment{}, err
	}
	ids, err := c.groupIDs()
	if err != nil {
		return adjustment{}, err
	}
	return adjustmentIn(ids, v), nil
}

func adjustmentIn(ids func(community.GroupKey) community.ID, v measure.Adjustment) adjustment {
	return adjustment{v.ID, ids(v.Group), v.Kind, v.What, v.Ref, v.Metric, v.Down, v.By, v.Day.String(), v.Review.String(), v.User, v.State, moment(v.Decided), v.Decider, v.Note}
}

type adjustQuery struct {
	Group community.ID `query:"group"`
	State string       `query:"state" maxLength:"20"`
	Kind  string       `query:"kind" maxLength:"20"`
	paging
	sorting
}

// Trial is an experiment.
type Trial struct {
	ID       community.ID          `json:"id"`
	State    string                `json:"state"`
	Version  int                   `json:"version"`
	Plan     experiment.Definition `json:"plan"`
	User     string                `json:"user"`
	Created  moment                `json:"created_at"`
	Started  moment                `json:"started_at"`
	Ended    moment                `json:"ended_at"`
	EndedWhy string                `json:"ended_why"`
	Decision string                `json:"decision" doc:"a, b or neither; empty = not decided"`
	Reason   string                `json:"reason"`
	Decider  string                `json:"decider"`
	Decided  moment                `json:"decided_at"`
}

func trialOf(r experiment.Row) Trial {
	return Trial{r.ID, r.State, r.Version, r.Definition, r.User, moment(r.Created), moment(r.Started), moment(r.Ended), r.EndedWhy, r.Decision, r.Reason, r.Decider, moment(r.DecidedAt)}
}

// weekly is an order of the weekly report. Its secret is never shown.
type weekly struct {
	ID      community.ID   `json:"id"`
	User    string         `json:"user"`
	Groups  []community.ID `json:"groups" doc:"empty = all that the user sees"`
	Weekday int            `json:"weekday" doc:"0 = Monday"`
	Hour    int            `json:"hour"`
	Lang    string         `json:"lang"`
	Way     string         `json:"way" enum:"mail,webhook"`
	Paused  bool           `json:"paused"`
	Created moment         `json:"created_at"`
}

type weeklyRun struct {
	ID       community.ID `json:"id"`
	State    string       `json:"state"`
	Manual   bool         `json:"manual"`
	Attempts int          `json:"attempts"`
	Error    string       `json:"error"`
	Until    string       `json:"until" doc:"the last day it is about"`
	At       moment       `json:"at"`
	Done     moment       `json:"done_at"`
}

func weeklyRunOf(r measure.ReportRun) weeklyRun {
	return weeklyRun{r.ID, r.State, r.Manual, r.Attempts, r.Error, r.Until.String(), moment(r.At), moment(r.Done)}
}

// waiver is why a group opens without a goal.
type waiver struct {
	Because string `json:"because" maxLength:"300" doc:"empty = nobody wrote that"`
	User    string `json:"user" readOnly:"true"`
	At      moment `json:"at" readOnly:"true"`
}

// leaveAnswer is how often those who left gave an answer.
type leaveAnswer struct {
	Answer string  `json:"answer"`
	N      int     `json:"n"`
	Share  float64 `json:"share" doc:"of all answers; 0 where withheld"`
	Low    float64 `json:"low" doc:"95 % interval (Wilson)"`
	High   float64 `json:"high"`
}

// leavers is what those who left a group answered in the last 90 days.
type leavers struct {
	Asking   bool          `json:"asking"`
	Asked    int           `json:"asked"`
	Answered int           `json:"answered"`
	Withheld string        `json:"withheld" doc:"too_few: there are too few answers for shares"`
	Answers  []leaveAnswer `json:"answers"`
}

func getLeavers(c *call, g community.GroupKey) (out leavers, err error) {
	p := room(c, c.a.deps.Rooms.Goals)
	w, err := p.LeaveWatch(c.ctx(), g)
	if err != nil {
		return out, err
	}
	t, err := p.LeaveTally(c.ctx(), g, 90)
	out = leavers{Asking: w.Since > 0, Asked: t.Asked, Answered: t.Answered, Withheld: t.Withheld, Answers: []leaveAnswer{}}
	for _, v := range t.Counts {
		out.Answers = append(out.Answers, leaveAnswer{v.Answer, v.N, v.Share, v.Low, v.High})
	}
	return out, err
}

func leaveLines(area community.TokenArea) []line {
	waiverOf := func(c *call, g community.GroupKey) (waiver, error) {
		w, err := room(c, c.a.deps.Rooms.Goals).Waiver(c.ctx(), g)
		return waiver{w.Words, w.User, moment(w.At)}, err
	}
	return []line{
		on("getWaiver", "GET /groups/{id}/goal/without", "Why a group opens without a goal", area, []string{"GET /groups/{id}/goal/without"}, inGroup(func(c *call, in *byID, g community.GroupRow) (waiver, error) {
			return waiverOf(c, g.Key)
		})),
		admin(on("setWaiver", "PUT /groups/{id}/goal/without", "Write why a group opens without a goal; empty takes it back", area, []string{"POST /groups/{id}/goal/without"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Because string `json:"because" maxLength:"300"`
			}
		}, g community.GroupRow) (waiver, error) {
			if err := room(c, c.a.deps.Rooms.Goals).Waive(c.ctx(), c.who(), g.Key, in.Body.Because); err != nil {
				return waiver{}, err
			}
			return waiverOf(c, g.Key)
		}))),
		on("getLeavers", "GET /groups/{id}/leavers", "What those who left a group answered in the last 90 days", area, []string{"GET /leavers"}, inGroup(func(c *call, in *byID, g community.GroupRow) (leavers, error) {
			return getLeavers(c, g.Key)
		})),
		admin(on("askLeavers", "PUT /groups/{id}/leavers", "Have those who leave a group asked why, or not", area, []string{"POST /leavers"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Asking bool `json:"asking"`
				Because
			}
		}, g community.GroupRow) (leavers, error) {
			if err := room(c, c.a.deps.Rooms.Goals).AskLeavers(c.ctx(), c.who(), g.Key, in.Body.Asking, in.Body.Reason); err != nil {
				return leavers{}, err
			}
			return getLeavers(c, g.Key)
		}))),
	}
}

func insightLines() []line {
	area := community.AreaInsight
	return append(leaveLines(area),
		on("getActivity", "GET /activity", "Activity of a group, of groups with a tag, or of all", area, []string{"GET /activity", "GET /activity.csv"}, getActivity),
		on("listGoals", "GET /goals", "Groups with their goals", area, []string{"GET /goals"}, func(c *call, in *tagQuery) (list[goal], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[goal]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Goals).GoalList(c.ctx(), in.Tag, p)
			return listed(c, p, rows, total, func(r measure.GoalRow) goal { return goalOf(r.GroupID, r.Name, r.GoalVersion) }), err
		}),
		on("getGoal", "GET /groups/{id}/goal", "A group's goal", area, []string{"GET /groups/{id}/goal"}, inGroup(func(c *call, in *byID, g community.GroupRow) (goal, error) {
			v, err := room(c, c.a.deps.Rooms.Goals).Goal(c.ctx(), g.Key)
			return goalOf(g.ID, g.Name, v), err
		})),
		admin(on("setGoal", "PUT /groups/{id}/goal", "Set a group's goal", area, []string{"POST /groups/{id}/goal"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Goal    string           `json:"goal" maxLength:"500"`
				Value   string           `json:"value" maxLength:"500"`
				Targets []measure.Target `json:"targets" maxItems:"50"`
				Because
			}
		}, g community.GroupRow) (goal, error) {
			v, err := room(c, c.a.deps.Rooms.Goals).SetGoal(c.ctx(), c.who(), g.Key, measure.Goal{Goal: in.Body.Goal, Value: in.Body.Value, Targets: in.Body.Targets}, in.Body.Reason)
			return goalOf(g.ID, g.Name, v), err
		}))),
		on("getStage", "GET /groups/{id}/stage", "Where a group stands in its life", area, []string{"GET /stage"}, inGroup(func(c *call, in *byID, g community.GroupRow) (stage, error) {
			s, _, err := room(c, c.a.deps.Rooms.Goals).Stage(c.ctx(), g.Key)
			return stage{s.Verdict, s.ByAge, s.Age, s.Usable, s.Weeks, s.Level, s.Usual, figureOf(s.NewShare), figureOf(s.Spam), figureOf(s.Kept)}, err
		})),
		on("listAdjustments", "GET /adjustments", "Changes and what they should move", area, []string{"GET /adjustments"}, func(c *call, in *adjustQuery) (list[adjustment], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[adjustment]{}, err
			}
			g, err := c.group(in.Group)
			if err != nil {
				return list[adjustment]{}, err
			}
			ids, err := c.groupIDs()
			if err != nil {
				return list[adjustment]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Goals).Adjustments(c.ctx(), measure.AdjustFilter{Group: g.Key, State: in.State, Kind: in.Kind}, p)
			return listed(c, p, rows, total, func(v measure.Adjustment) adjustment { return adjustmentIn(ids, v) }), err
		}),
		on("getAdjustment", "GET /adjustments/{id}", "One change", area, []string{"GET /adjustments/{id}"}, func(c *call, in *byID) (adjustment, error) {
			return c.adjustmentOf(room(c, c.a.deps.Rooms.Goals).Adjustment(c.ctx(), in.ID))
		}),
		on("reviewAdjustment", "POST /adjustments/{id}/review", "Say that a change stays, or was taken back", area, []string{"POST /adjustments/{id}/review"}, func(c *call, in *struct {
			byID
			Body struct {
				Keep bool   `json:"keep"`
				Note string `json:"note" minLength:"1" maxLength:"1000"`
			}
		}) (adjustment, error) {
			return c.adjustmentOf(room(c, c.a.deps.Rooms.Goals).Review(c.ctx(), c.who(), in.ID, in.Body.Keep, in.Body.Note))
		}),
		on("listExperiments", "GET /experiments", "Experiments", area, []string{"GET /experiments"}, func(c *call, in *struct {
			State string `query:"state" maxLength:"20"`
			paging
			sorting
		}) (list[Trial], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[Trial]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Experiments).Find(c.ctx(), in.State, p)
			return listed(c, p, rows, total, trialOf), err
		}),
		admin(on("actOnExperiment", "POST /experiments/{id}/{act}", "Start, stop, decide or drop an experiment", area, []string{"POST /experiments/{id}/{act}"}, actOnExperiment)),
		on("listWeeklies", "GET /weekly-reports", "Orders of the weekly report", area, []string{"GET /weekly"}, func(c *call, _ *struct{}) (list[weekly], error) {
			ids, err := c.groupIDs()
			if err != nil {
				return list[weekly]{}, err
			}
			rows, err := room(c, c.a.deps.Rooms.Weeklies).Orders(c.ctx())
			return whole(rows, func(o measure.WeeklyOrder) weekly { return weeklyOf(ids, o) }), err
		}),
		on("listWeeklyRuns", "GET /weekly-reports/{id}/runs", "What an order of the weekly report sent", area, []string{"GET /weekly/{id}/sent"}, func(c *call, in *byID) (list[weeklyRun], error) {
			rows, err := room(c, c.a.deps.Rooms.Weeklies).Runs(c.ctx(), in.ID)
			return whole(rows, weeklyRunOf), err
		}),
		admin(on("sendWeekly", "POST /weekly-reports/{id}/send", "Send a weekly report now", area, []string{"POST /weekly/{id}/send"}, func(c *call, in *byID) (weeklyRun, error) {
			r, err := room(c, c.a.deps.Rooms.Weeklies).SendNow(c.ctx(), c.who(), in.ID)
			return weeklyRunOf(r), err
		})),
		admin(on("pauseWeekly", "POST /weekly-reports/{id}/pause", "Pause an order of the weekly report, or let it go on", area, []string{"POST /weekly/{id}/pause", "POST /weekly/{id}/resume"}, func(c *call, in *struct {
			byID
			Body struct {
				On bool `json:"on" doc:"true = paused"`
				Maybe
			}
		}) (none, error) {
			return did(room(c, c.a.deps.Rooms.Weeklies).PauseOrder(c.ctx(), c.who(), in.ID, in.Body.On, in.Body.Reason))
		})),
		admin(on("dropWeekly", "POST /weekly-reports/{id}/drop", "End an order of the weekly report", area, []string{"POST /weekly/{id}/drop"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Weeklies).DropOrder(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
	)
}

type experimentAct struct {
	byID
	Act  string `path:"act" enum:"start,stop,decide,drop"`
	Body struct {
		Decision string `json:"decision,omitempty" enum:"a,b,neither," doc:"with decide"`
		Reason   string `json:"reason,omitempty" maxLength:"500" doc:"with start: why, although the plan says that it cannot be decided"`
	}
}

func actOnExperiment(c *call, in *experimentAct) (none, error) {
	rooms := room(c, c.a.deps.Rooms.Experiments)
	switch in.Act {
	case "start":
		_, err := rooms.Start(c.ctx(), c.who(), in.ID, in.Body.Reason)
		return did(err)
	case "stop":
		return did(rooms.Stop(c.ctx(), c.who(), in.ID, in.Body.Reason))
	case "decide":
		return did(rooms.Decide(c.ctx(), c.who(), in.ID, in.Body.Decision, in.Body.Reason))
	}
	return did(rooms.Drop(c.ctx(), c.who(), in.ID, in.Body.Reason))
}
