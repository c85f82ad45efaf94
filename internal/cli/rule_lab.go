package cli

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// Lab tries rulebooks on a group's past.
type Lab interface {
	// Start tries a book on the last days, compared with the one in force; CodeConflict: one is under way.
	Start(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, days int, wait func(done, of int64)) (replay.Run, error)
	Runs(ctx context.Context, g community.GroupKey, p community.Page) ([]replay.Run, int, error)
	Run(ctx context.Context, id community.ID) (replay.Run, error)
	// Stop ends one that is under way; CodeConflict when it is not.
	Stop(ctx context.Context, id community.ID) error
}

// trialRunLine is a trial as verbs list it.
type trialRunLine struct {
	ID       string `json:"id" col:"编号|id"`
	At       Moment `json:"at" col:"时间|time"`
	By       string `json:"by" col:"谁|who"`
	State    string `json:"state" col:"状态|state"` // busy, done, stopped, fault
	Messages int64  `json:"messages" col:"消息|messages"`
	More     int64  `json:"more" col:"多命中|more hits"`   // than the book in force
	Fewer    int64  `json:"fewer" col:"少命中|fewer hits"` // than the book in force
	People   int64  `json:"concerned" col:"涉及人数|people concerned"`
	Micros   int64  `json:"micros" col:"判断微秒|judging µs"` // all messages together
	Error    string `json:"error" col:"原因|why not"`
}

func lineOfTrialRun(r replay.Run) trialRunLine {
	more, fewer := r.More()
	return trialRunLine{r.ID.String(), Moment(r.At), r.User, r.State, r.Messages, more, fewer, r.Concerned, r.Micros, r.Error}
}

type ruleLabCmd struct {
	Group string `arg:"" help:"群|group"`
	Book  string `arg:"" optional:"" help:"文件、- 或 群@版本、群@draft；默认草稿，没有草稿就是现行|a file, -, GROUP@VERSION or GROUP@draft; by default the draft, else the one in force"`
	Days  int    `default:"30" help:"过去几天|how many past days"`
}

// labReport is what the rule lab finds about a book: the labelled cases under it, those it would break, and the group's past.
type labReport struct {
	Cases     replay.CaseSums `json:"cases"`
	Precision replay.Share    `json:"precision"`
	Recall    replay.Share    `json:"recall"`
	Breaks    []string        `json:"breaks"` // labelled cases that stand right today and would not
	Past      replay.Run      `json:"past"`
}

// Feeds says that stdin may be the rulebook.
func (q *ruleLabCmd) Feeds() bool { return q.Book == "-" }

func (ruleLabCmd) Shape() any { return labReport{} }
func (ruleLabCmd) Examples() []example {
	return []example{{"rule lab 产品交流群 --days 30 --json", [2]string{"草稿会命中谁、判错哪些标注案例、比现行多多少", "whom the draft would hit, which labelled cases it would break, how much more than today's book"}}}
}

// Do judges the labelled cases and the past under a book.
func (q *ruleLabCmd) Do(c *call, h *House) error {
	lab, err := inOrg(c, h, h.Lab)
	if err != nil {
		return err
	}
	cases, _, g, err := c.casesIn(h, q.Group)
	if err != nil {
		return err
	}
	raw, err := q.book(c, h, g)
	if err != nil {
		return err
	}
	before, _, err := cases.Judge(c.ctx, g.Key, nil)
	if err != nil {
		return err
	}
	after, sum, err := cases.Judge(c.ctx, g.Key, raw)
	if err != nil {
		return err
	}
	run, err := lab.Start(c.ctx, user, g.Key, raw, q.Days, func(done, of int64) { c.progress("lab", done, of) })
	if err != nil {
		return err
	}
	r := labReport{Cases: sum, Precision: sum.PrecisionShare(), Recall: sum.RecallShare(), Breaks: []string{}, Past: run}
	for _, i := range replay.NewlyBroken(before, after) {
		r.Breaks = append(r.Breaks, after[i].Case.String())
	}
	if c.json {
		return c.printJSON(r)
	}
	if err := printOne(c, lineOfTrialRun(run)); err != nil {
		return err
	}
	c.say("标注案例：%d 个，判得对 %d，判错 %d，不能判 %d；会新判错 %d 个。", "labelled cases: %d, right %d, broken %d, unknown %d; newly broken %d.",
		sum.Cases, sum.Right, sum.Broken, sum.Unknown, len(r.Breaks))
	c.say("准确率 %s；召回率 %s。", "precision %s; recall %s.", shareSaid(r.Precision), shareSaid(r.Recall))
	return printPart(c, mapped(run.Rules, func(d replay.RuleDiff) RuleCount {
		return RuleCount{Rule: d.Rule, Hits: d.Both + d.OnlyB, Members: d.MembersB, BaseHits: d.Both + d.OnlyA, Would: d.Would}
	}))
}

// book is the one that is tried.
func (q *ruleLabCmd) book(c *call, h *House, g community.GroupRow) (json.RawMessage, error) {
	if q.Book != "" {
		return c.book(h, q.Book)
	}
	books, err := need(h.Books)
	if err != nil {
		return nil, err
	}
	raw, err := books.Body(c.ctx, g.Key, draftVersion)
	if community.CodeOf(err) == community.CodeNotFound {
		return books.Body(c.ctx, g.Key, 0)
	}
	return raw, err
}

// shareSaid is a share with its interval: "90.0 % (9/10, 59.6–98.2)".
func shareSaid(s replay.Share) string {
	if s.Of == 0 {
		return "–"
	}
	return permilleSaid(s.Permille) + " % (" + strconv.Itoa(s.Part) + "/" + strconv.Itoa(s.Of) + ", " + permilleSaid(s.Low) + "–" + permilleSaid(s.High) + ")"
}

func permilleSaid(n int) string { return strconv.Itoa(n/10) + "." + strconv.Itoa(n%10) }

type ruleTrialsCmd struct {
	Group string `arg:"" help:"群|group"`
	paging
}

func (ruleTrialsCmd) Shape() any          { return rowsOf[trialRunLine]() }
func (ruleTrialsCmd) Examples() []example { return nil }

// Do lists what was tried.
func (q *ruleTrialsCmd) Do(c *call, h *House) error {
	lab, err := inOrg(c, h, h.Lab)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	runs, total, err := lab.Runs(c.ctx, g.Key, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(runs, lineOfTrialRun), total)
}

type ruleStopCmd struct {
	ID string `arg:"" help:"编号，见 rule trials|id, see rule trials"`
}

func (ruleStopCmd) Shape() any          { return trialRunLine{} }
func (ruleStopCmd) Examples() []example { return nil }

// Do ends a trial under way.
func (q *ruleStopCmd) Do(c *call, h *House) error {
	lab, err := inOrg(c, h, h.Lab)
	if err != nil {
		return err
	}
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	if err := lab.Stop(c.ctx, id); err != nil {
		return err
	}
	run, err := lab.Run(c.ctx, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfTrialRun(run))
}

type ruleModeCmd struct {
	Group string `arg:"" help:"群|group"`
	Rule  string `arg:"" help:"规则的编号|id of the rule"`
	Mode  string `arg:"" enum:"live,dry,off" help:"live 启用，dry 试运行，off 停用|live, dry or off"`
	Note  string `required:"" placeholder:"TEXT" help:"为什么|why"`
	despiteFlag
	moveFlags
}

// Effect is what switching a rule means.
func (q *ruleModeCmd) Effect() [2]string {
	return [2]string{"将在群 " + q.Group + " 发布新版本：规则 " + q.Rule + " 改为 " + q.Mode, "this publishes a new version in group " + q.Group + ": rule " + q.Rule + " becomes " + q.Mode}
}

func (ruleModeCmd) Shape() any { return bookLine{} }
func (ruleModeCmd) Examples() []example {
	return []example{{"rule mode 产品交流群 ads live --note 试运行两周无误判 --moves messages --falls", [2]string{"试运行的规则正式启用", "a rule in dry run goes live"}}}
}

// Do publishes the book in force with one rule in another mode.
func (q *ruleModeCmd) Do(c *call, h *House) error {
	books, err := need(h.Books)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	raw, err := books.Body(c.ctx, g.Key, 0)
	if err != nil {
		return err
	}
	var book policy.Book
	if err := json.Unmarshal(raw, &book); err != nil {
		return err
	}
	i := slices.IndexFunc(book.Rules, func(r policy.Rule) bool { return r.ID == q.Rule })
	if i < 0 {
		return community.Errorf(community.CodeNotFound, "no rule %q in force in group %s", q.Rule, q.Group)
	}
	book.Rules[i].Mode = q.Mode
	if raw, err = json.Marshal(book); err != nil {
		return err
	}
	return c.publish(h, g.ID.String(), raw, q.Note, q.Despite, noticeFlags{NoNotice: true}, q.moveFlags)
}
