package cli

import (
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

type decisionCmd struct {
	List    decisionListCmd    `cmd:"" help:"列出判定|list decisions"`
	Show    decisionShowCmd    `cmd:"" help:"一个判定和它的依据|one decision and what it rests on"`
	Undo    decisionUndoCmd    `cmd:"" help:"撤销一个判定|take a decision back"`
	Judge   decisionJudgeCmd   `cmd:"" help:"审核：维持、误判、忽略、放行|review: keep, false hit, dismiss, release"`
	Notices decisionNoticesCmd `cmd:"" help:"看或改命中怎样通知|show or change how people are told of hits"`
}

// decisionLine is a decision as verbs print it.
type decisionLine struct {
	ID         string   `json:"id" col:"编号|id"`
	At         Moment   `json:"at" col:"时间|time"`
	Group      string   `json:"group" col:"群|group"`
	Member     string   `json:"member" col:"成员|member"`
	Verdict    string   `json:"verdict" col:"判定|verdict"`
	Rules      []string `json:"rules"`
	Called     []string `json:"rules_called" col:"规则|rules"` // names with the ids
	Rung       int      `json:"rung" col:"阶梯|rung"`
	Actions    []string `json:"actions" col:"动作|actions"`
	Resolution string   `json:"resolution" col:"结论|resolution"`
	By         string   `json:"resolved_by"`
	Reason     string   `json:"reason"`
	Book       int      `json:"rulebook"`
	Event      int64    `json:"event" col:"序号|event"`
	Text       string   `json:"text" col:"消息|message"`
	Review     string   `json:"review" col:"审核|review"` // open: it waits in the review queue
	Resolved   Moment   `json:"resolved_at"`
	Notice     string   `json:"notice"` // why somebody is told, or nobody: suspect, report, held, fault, dry, acted, off; "" = not settled yet
	Told       Moment   `json:"told_at" col:"通知|told"`
	ToldWay    string   `json:"told_way"`
	ToldUser   string   `json:"told_user"` // id of who was told first
	Spans      []string `json:"spans"`     // what was hit, in the message's words

	Words []wordlist.Named `json:"words"` // of word lists: on which it rests
}

func lineOfDecision(d community.DecisionRow) decisionLine {
	l := decisionLine{ID: d.ID.String(), At: Moment(d.At), Group: d.GroupName, Member: d.MemberName, Verdict: string(d.Verdict), Rung: d.Rung,
		Resolution: d.Resolution, By: d.ResolvedBy, Reason: d.Reason, Book: d.Book, Event: d.Event, Text: d.Message.Text, Rules: []string{}, Called: []string{}, Actions: []string{}, Review: d.Review, Words: []wordlist.Named{},
		Resolved: Moment(d.ResolvedAt), Notice: d.Notice.Why, Told: Moment(d.Notice.Told), ToldWay: d.Notice.Way, ToldUser: d.Notice.User, Spans: []string{}}
	for _, hit := range d.Hits {
		for _, s := range hit.Spans {
			if 0 <= s.Start && s.Start < s.End && s.End <= len(d.Message.Text) {
				l.Spans = append(l.Spans, d.Message.Text[s.Start:s.End])
			}
		}
	}
	for _, hit := range d.Hits {
		l.Rules, l.Called = append(l.Rules, hit.Rule), append(l.Called, d.RuleCalled(hit.Rule))
	}
	for _, a := range d.Actions {
		state := d.States[a.ID.String()]
		l.Actions = append(l.Actions, strings.TrimSuffix(string(a.Verb)+":"+string(state), ":"))
	}
	return l
}

// named puts the words of word lists on which decisions rest into their lines.
func (c *call) named(h *House, rows []community.DecisionRow, lines []decisionLine) error {
	for i, d := range rows {
		words := wordlist.WordsOf(d.Decision)
		if len(words) == 0 || h.Words == nil {
			continue
		}
		w, err := c.wordlists(h)
		if err != nil {
			return err
		}
		if lines[i].Words, err = w.Named(c.ctx, words); err != nil {
			return err
		}
	}
	return nil
}

type decisionListCmd struct {
	Group   string `placeholder:"GROUP" help:"在这个群|in this group"`
	Tag     string `help:"在有这个标签的群|in groups with this tag"`
	Member  string `placeholder:"MEMBER" help:"关于这个成员|about this member"`
	Rule    string `help:"这条规则命中的|that this rule hit"`
	Verdict string `enum:",hit,dry,spared,served,faulted,judged" default:"" help:"hit、dry、spared、served、faulted、judged|hit, dry, spared, served, faulted, judged"`
	Open    bool   `help:"只看等人审核的|only those waiting for a person"`
	Hits    bool   `help:"命中台账：只看有规则命中的|the hit ledger: only those in which a rule hit"`

	Unresolved bool   `help:"只看没有处理的|only those that nobody resolved"`
	Told       string `enum:",yes,no" default:"" help:"yes 已通知到人、no 没有通知到人|yes: somebody was told of it, no: nobody was"`

	From string `placeholder:"TIME" help:"从（含）|from (included)"`
	To   string `placeholder:"TIME" help:"到（不含）|to (not included)"`
	paging
}

func (decisionListCmd) Shape() any { return rowsOf[decisionLine]() }
func (decisionListCmd) Examples() []example {
	return []example{{"decision list --open", [2]string{"等你审核的", "what waits for your review"}},
		{"decision list --hits --unresolved --told no --json", [2]string{"没人知道也没人处理的命中", "hits of which nobody was told and that nobody resolved"}}}
}

// Do lists decisions, newest first unless sorted otherwise.
func (q *decisionListCmd) Do(c *call, h *House) error {
	desk, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	from, to, err := c.span(q.From, q.To)
	if err != nil {
		return err
	}
	rows, total, err := desk.FindDecisions(c.ctx, community.DecisionFilter{Group: g.Key, Tag: q.Tag, Member: m.Key, Rule: q.Rule,
		Verdict: community.Verdict(q.Verdict), Open: q.Open, From: from, To: to, Page: q.page(), Hits: q.Hits, Unresolved: q.Unresolved, Noticed: q.Told})
	if err != nil {
		return err
	}
	lines := mapped(rows, lineOfDecision)
	if err := c.named(h, rows, lines); err != nil {
		return err
	}
	return printList(c, lines, total)
}

type decisionShowCmd struct {
	ID string `arg:"" help:"判定的编号|id of the decision"`
}

// decisionPage is a decision with its hits and the messages around it.
type decisionPage struct {
	decisionLine
	Hits   []community.RuleHit `json:"hits"`
	Around []messageLine       `json:"around"`
	Copies *copiesPage         `json:"copies,omitempty"` // of hits across groups
}

// copiesPage is what a message was a copy of. What lies outside the groups that may be seen is only counted.
type copiesPage struct {
	Copies       int           `json:"copies"`
	Groups       int           `json:"groups"`
	Seen         []messageLine `json:"seen"`
	HiddenCopies int           `json:"hidden_copies"`
	HiddenGroups int           `json:"hidden_groups"`
}

// copiesOf gives them for a decision that rests on other groups' messages; nil for another.
func (c *call) copiesOf(desk Desk, d community.DecisionRow) (*copiesPage, error) {
	for _, h := range d.Hits {
		if h.Kind != "across" {
			continue
		}
		row, err := desk.Copies(c.ctx, d.Group, d.Event)
		return &copiesPage{row.Copies, row.Groups, mapped(row.Seen, lineOfMessage), row.HiddenCopies, row.HiddenGroups}, err
	}
	return nil, nil
}

func (decisionShowCmd) Shape() any          { return decisionPage{} }
func (decisionShowCmd) Examples() []example { return nil }

// Do shows one decision, the hits with their spans, and the neighbourhood.
func (q *decisionShowCmd) Do(c *call, h *House) error {
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	d, err := desk.DecisionByID(c.ctx, id)
	if err != nil {
		return err
	}
	near, err := desk.Around(c.ctx, d.Group, d.Event, 5, 5)
	if err != nil {
		return err
	}
	line := []decisionLine{lineOfDecision(d)}
	if err := c.named(h, []community.DecisionRow{d}, line); err != nil {
		return err
	}
	copies, err := c.copiesOf(desk, d)
	if err != nil {
		return err
	}
	p := decisionPage{line[0], d.Hits, mapped(near, lineOfMessage), copies}
	if c.json {
		return c.printJSON(p)
	}
	if err := printOne(c, p.decisionLine); err != nil {
		return err
	}
	if err := printPart(c, p.Around); err != nil || copies == nil {
		return err
	}
	c.say("同一段话之前已有 %d 份，在 %d 个群；看不到的：%d 份，%d 个群。", "the same text came %d times before, in %d groups; not to be seen: %d in %d groups.",
		copies.Copies, copies.Groups, copies.HiddenCopies, copies.HiddenGroups)
	return printPart(c, copies.Seen)
}

type decisionUndoCmd struct {
	ID     string `arg:"" help:"判定的编号|id of the decision"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，当事人可能会问|why; the person concerned may ask"`
}

func (decisionUndoCmd) Shape() any { return decisionLine{} }
func (decisionUndoCmd) Examples() []example {
	return []example{{"decision undo 0Gm… --reason 误判", [2]string{"撤销记分，解除禁言", "strikes no longer count, a mute is lifted"}}}
}

// Do takes a decision back.
func (q *decisionUndoCmd) Do(c *call, h *House) error {
	return c.onDecision(h, q.ID, func(hands Hands, id community.ID) error { return hands.Undo(c.ctx, user, id, q.Reason) })
}

type decisionJudgeCmd struct {
	ID     string `arg:"" help:"判定的编号|id of the decision"`
	Kind   string `arg:"" enum:"kept,false_hit,dismiss,release" help:"kept 维持、false_hit 误判、dismiss 忽略、release 放行被拦下的动作|kept, false_hit, dismiss, release (lets a held action go)"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

func (decisionJudgeCmd) Shape() any          { return decisionLine{} }
func (decisionJudgeCmd) Examples() []example { return nil }

// Do closes a decision in the review queue.
func (q *decisionJudgeCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return c.onDecision(h, q.ID, func(hands Hands, id community.ID) error { return hands.Judge(c.ctx, who, id, q.Kind, q.Reason) })
}

// onDecision does something to a decision and prints it as it is then.
func (c *call) onDecision(h *House, text string, do func(Hands, community.ID) error) error {
	id, err := idOf(text)
	if err != nil {
		return err
	}
	desk, hands, err := c.both(h)
	if err != nil {
		return err
	}
	if err := do(hands, id); err != nil {
		return err
	}
	d, err := desk.DecisionByID(c.ctx, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfDecision(d))
}

type decisionNoticesCmd struct {
	Minutes int    `help:"同一个群两次通知至少隔几分钟|minutes between two notices about one group"`
	Dry     int    `help:"试运行一小时命中多少次时通知|dry hits within an hour that are told"`
	All     string `enum:",on,off" default:"" help:"自动处理的命中也通知|also hits that were dealt with by themselves"`
	Notices string `enum:",on,off" default:"" help:"off：不通知任何人|off: tell nobody"`
	Reason  string `placeholder:"TEXT" help:"原因|why"`
}

// hitRulesLine is the rules for telling people about hits.
type hitRulesLine struct {
	On      bool `json:"on" col:"通知|notices"`
	Minutes int  `json:"minutes" col:"间隔分钟|minutes between"`
	Dry     int  `json:"dry" col:"试运行命中|dry hits"`
	All     bool `json:"all" col:"自动处理的也通知|also those dealt with"`
}

func (decisionNoticesCmd) Shape() any { return hitRulesLine{} }
func (decisionNoticesCmd) Examples() []example {
	return []example{{"decision notices --minutes 30 --reason 太吵", [2]string{"不带参数只看", "without flags it only shows"}}}
}

// Do shows the rules, changed where flags say so.
func (q *decisionNoticesCmd) Do(c *call, h *House) error {
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	rules, err := hands.HitRules(c.ctx)
	if err != nil {
		return err
	}
	was := rules
	if q.Minutes != 0 {
		rules.Minutes = q.Minutes
	}
	if q.Dry != 0 {
		rules.Dry = q.Dry
	}
	if q.All != "" {
		rules.All = q.All == "on"
	}
	if q.Notices != "" {
		rules.Off = q.Notices == "off"
	}
	if rules != was {
		if err := hands.SetHitRules(c.ctx, user, rules, q.Reason); err != nil {
			return err
		}
	}
	return printOne(c, hitRulesLine{!rules.Off, rules.Minutes, rules.Dry, rules.All})
}
