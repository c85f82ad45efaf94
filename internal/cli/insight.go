package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// insightCmd holds the figures that rest on guesses or on time.
type insightCmd struct {
	Retention retentionCmd  `cmd:"" help:"留存：每周来的人留下多少、留多久|retention: how many of those who came stay, and how long"`
	Glossary  glossaryCmd   `cmd:"" help:"指标词典：定义、公式、人群|glossary: definition, formula and population of every figure"`
	Board     boardCmd      `cmd:"" help:"五个数（AARRR）：获客、激活、留存、推荐、收入|five numbers (AARRR): acquisition, activation, retention, referral, revenue"`
	Journey   journeyCmd    `cmd:"" help:"成员旅程：每一步走了多少、掉了谁、花多久|journey: who goes on at each step, who does not, how long it takes"`
	Bonds     bondsCmd      `cmd:"" help:"谁和谁说话|who talks with whom"`
	Stage     stageCmd      `cmd:"" help:"阶段：爆发、稳定、衰退，和依据|stage: burst, stable or decline, with the evidence"`
	Rules     stageRulesCmd `cmd:"" name:"stage-rules" help:"阶段按什么判断|what stages are told by"`
	Questions questionsCmd  `cmd:"" help:"提问与响应：谁问了、谁回了、哪些还没人回|questions: who asked, what answered, what is still open"`
	Claims    claimsCmd     `cmd:"" help:"常见说法和自己的记录对照|what operators are told, beside one's own figures"`
	Life      lifeCmd       `cmd:"" help:"群的寿命：从衰退到结束，焕新过的和没有的比|life of groups: from decline to their end, renewed against not"`
	Formats   formatsCmd    `cmd:"" help:"形式对比：文章、语音直播、短视频、投票|formats: article, voice live, short video, poll"`
	Growth    growthCmd     `cmd:"" help:"自增长：成员自己带来的|self-growth: what members bring themselves"`
	Compare   compareCmd    `cmd:"" help:"两到四个群并排|two to four groups side by side"`
	Chart     chartCmd      `cmd:"" help:"把一张图存成 PNG|keep a chart as a PNG"`
	Weekly    weeklyCmd     `cmd:"" help:"周报：谁、哪些群、什么时候|the weekly report: for whom, which groups, when"`
}

// Insights is what figures of insight are made of.
type Insights interface {
	// Today is the current day in the group's zone.
	Today(ctx context.Context, g community.GroupKey) (measure.Day, error)
	// Questions gives the questions asked on the days [from, to], the latest first, and how they were answered.
	Questions(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) ([]measure.Question, measure.Response, error)
	// History gives what retention in a group is made of, until a day.
	History(ctx context.Context, g community.GroupKey, to measure.Day) (measure.History, error)
	// Growth gives how much of a group's last months came from its members, the latest first; ReadOn brings that up to now.
	Growth(ctx context.Context, g community.GroupRow, months int) ([]measure.GrowthMonth, error)
	ReadOn(ctx context.Context, g community.GroupRow) error
	// Beside gives the sheets of two to four groups, in their order.
	Beside(ctx context.Context, groups []community.GroupKey, from, to measure.Day) ([]measure.Sheet, error)
	// Picture draws a chart of an insight page as a PNG.
	Picture(ctx context.Context, lang, name string, g community.GroupRow, tag string, from, to measure.Day) ([]byte, error)
	// Claims compares what operators are told with what is on record.
	Claims(ctx context.Context) ([]measure.Claim, error)
	// Traces gives what happened on members' ways besides stays and words.
	Traces(ctx context.Context, g community.GroupKey, h measure.History) (measure.Traces, error)
	// Contacts gives who turned to whom on the days [from, to], in the order of time, and how many of the days are known.
	Contacts(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]measure.Contact, measure.Coverage, error)
	// Paid gives what stands of a group's payments on the days [from, to], by currency.
	Paid(ctx context.Context, g community.GroupKey, from, to measure.Day) (map[string][]measure.Payment, error)
	// MembersByKey names members, at most 200 keys.
	MembersByKey(ctx context.Context, keys []community.MemberKey) ([]community.Member, error)
	// MessagesByNumber gives messages by their place in the log, at most 1,000.
	MessagesByNumber(ctx context.Context, numbers []int64) (map[int64]community.MessageRow, error)
}

// daysAsked are the groups and the days that an insight is about.
type daysAsked struct {
	Group string `arg:"" optional:"" help:"群，默认全部|group, by default all"`
	Tag   string `help:"有这个标签的群|the groups with this tag"`
	From  string `placeholder:"DAY" help:"从哪天（含，2006-01-02），默认 30 天前|from which day (included, 2006-01-02), by default 30 days ago"`
	To    string `placeholder:"DAY" help:"到哪天（含），默认今天|to which day (included), by default today"`
}

// of finds the group and the days.
func (q *daysAsked) of(c *call, h *House, back measure.Day) (in Insights, g community.GroupKey, from, to measure.Day, err error) {
	if h.Insights == nil {
		return nil, 0, 0, 0, errNotHere()
	}
	org, err := c.orgOf(h)
	if err != nil {
		return nil, 0, 0, 0, err
	}
	if q.Group != "" && q.Tag != "" {
		return nil, 0, 0, 0, badUsage("群和 --tag 只能给一个", "give a group or --tag, not both")
	}
	_, row, _, err := c.place(h, q.Group, "")
	if err != nil {
		return nil, 0, 0, 0, err
	}
	in, g = h.Insights(org), row.Key
	if to, err = in.Today(c.ctx, g); err != nil {
		return nil, 0, 0, 0, err
	}
	if q.To != "" {
		if to, err = measure.ParseDay(q.To); err != nil {
			return nil, 0, 0, 0, badUsage("--to 要写成 2006-01-02", "--to: want 2006-01-02")
		}
	}
	from = to - back + 1
	if q.From != "" {
		if from, err = measure.ParseDay(q.From); err != nil {
			return nil, 0, 0, 0, badUsage("--from 要写成 2006-01-02", "--from: want 2006-01-02")
		}
	}
	if from > to {
		return nil, 0, 0, 0, badUsage("--from 应不晚于 --to", "--from must not be after --to")
	}
	return in, g, from, to, nil
}

type questionsCmd struct {
	fresh `kong:"-"`
	daysAsked
	State string `enum:"open,likely,certain,all" default:"open" help:"列出哪些：open 待回复，likely 可能已回，certain 确定已回，all 全部|which to list"`
	Limit int    `default:"50" help:"列出几个，1 到 500|how many to list, 1 to 500"`
}

// QuestionReport is how questions were answered. Definitions: a question is a member's message that asks; what answers it is
// certain where the platform says so, likely where a name or the course of the talk says so. Times are minutes, by
// Kaplan-Meier: open questions are still waiting. -1 = that share was not reached.
type QuestionReport struct {
	From      string         `json:"from" col:"从|from"`
	To        string         `json:"to" col:"到|to"` // included
	Questions int            `json:"questions" col:"提问|questions"`
	Certain   int            `json:"certain" col:"确定已回|answered for certain"`
	Likely    int            `json:"likely" col:"可能已回|likely answered"`
	Open      int            `json:"open" col:"待回复|open"`
	Answered  Ratio          `json:"answered" col:"有回应|answered"`
	Median    float64        `json:"median_minutes" col:"响应中位数（分钟）|median response (min)"`
	P90       float64        `json:"p90_minutes" col:"响应 90 分位（分钟）|p90 response (min)"`
	List      []QuestionLine `json:"list"`
}

// QuestionLine is a question.
type QuestionLine struct {
	Number   int64   `json:"number" col:"编号|number"`
	Asked    Moment  `json:"asked" col:"时间|asked"`
	Group    string  `json:"group" col:"群|group"`
	Asker    string  `json:"asker" col:"谁问的|asker"`
	Text     string  `json:"text" col:"提问|question"`
	State    string  `json:"state" col:"状态|state"` // open, likely, certain
	Evidence string  `json:"evidence"`             // "", reply, mention, name, thread
	Minutes  float64 `json:"minutes" col:"分钟|minutes"`
	Answer   int64   `json:"answer" col:"回答|answer"` // number; 0 = none
	By       string  `json:"answered_by" col:"谁回的|answered by"`
}

func (questionsCmd) Shape() any { return QuestionReport{} }
func (questionsCmd) Examples() []example {
	return []example{
		{"insight questions '#books' --json", [2]string{"还没人回的提问", "questions nobody has answered yet"}},
		{"insight questions '#books' --state all --from 2026-01-01 --to 2026-01-31", [2]string{"一个月的全部提问", "all questions of a month"}},
	}
}

// Validate bounds the rows; called by the parser.
func (q *questionsCmd) Validate() error {
	if q.Limit < 1 || q.Limit > 500 {
		return badUsage("--limit 应在 1 到 500 之间", "--limit must be 1 to 500")
	}
	return nil
}

// Do prints how questions were answered, and those in a state.
func (q *questionsCmd) Do(c *call, h *House) error {
	in, g, from, to, err := q.of(c, h, 30)
	if err != nil {
		return err
	}
	list, r, err := in.Questions(c.ctx, g, q.Tag, from, to)
	if err != nil {
		return err
	}
	out := QuestionReport{From: from.String(), To: to.String(), Questions: r.Questions, Certain: r.Certain, Likely: r.Likely, Open: r.Open,
		Answered: ratioOf(r.Answered), Median: -1, P90: -1, List: []QuestionLine{}}
	if r.MedianKnown {
		out.Median = r.Median
	}
	if r.P90Known {
		out.P90 = r.P90
	}
	if out.List, err = q.lines(c, in, list); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	return printPart(c, out.List)
}

// lines are the questions in the state asked for.
func (q *questionsCmd) lines(c *call, in Insights, list []measure.Question) ([]QuestionLine, error) {
	out := []QuestionLine{}
	var numbers []int64
	for _, one := range list {
		state, a := one.State()
		if q.State != "all" && q.State != state || len(out) == q.Limit {
			continue
		}
		line := QuestionLine{Number: one.Number, Asked: Moment(one.At), State: state, Answer: a.Number}
		if state != measure.OpenQuestion {
			line.Evidence, line.Minutes = [...]string{"", "reply", "mention", "name", "thread"}[a.By], float64(max(0, a.At-one.At))/60_000
		}
		out, numbers = append(out, line), append(numbers, one.Number, a.Number)
	}
	said, err := in.MessagesByNumber(c.ctx, numbers)
	for i := range out {
		m := said[out[i].Number]
		out[i].Group, out[i].Asker, out[i].Text, out[i].By = m.GroupName, m.Name, m.Text, said[out[i].Answer].Name
	}
	return out, err
}

// ratioOf is a figure as it is printed.
func ratioOf(f measure.Figure) Ratio {
	return Ratio{Value: f.Value, Num: f.Num, Den: f.Den, Covered: f.Coverage.Covered, Of: f.Coverage.Of, Withheld: f.Withheld}
}
