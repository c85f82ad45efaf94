package cli

import (
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

type decisionCmd struct {
	List  decisionListCmd  `cmd:"" help:"列出判定|list decisions"`
	Show  decisionShowCmd  `cmd:"" help:"一个判定和它的依据|one decision and what it rests on"`
	Undo  decisionUndoCmd  `cmd:"" help:"撤销一个判定|take a decision back"`
	Judge decisionJudgeCmd `cmd:"" help:"审核：维持、误判、忽略、放行|review: keep, false hit, dismiss, release"`
}

// decisionLine is a decision as verbs print it.
type decisionLine struct {
	ID         string   `json:"id" col:"编号|id"`
	At         Moment   `json:"at" col:"时间|time"`
	Group      string   `json:"group" col:"群|group"`
	Member     string   `json:"member" col:"成员|member"`
	Verdict    string   `json:"verdict" col:"判定|verdict"`
	Rules      []string `json:"rules" col:"规则|rules"`
	Rung       int      `json:"rung" col:"阶梯|rung"`
	Actions    []string `json:"actions" col:"动作|actions"`
	Resolution string   `json:"resolution" col:"结论|resolution"`
	By         string   `json:"resolved_by"`
	Reason     string   `json:"reason"`
	Book       int      `json:"rulebook"`
	Event      int64    `json:"event" col:"序号|event"`
	Text       string   `json:"text" col:"消息|message"`
	Review     string   `json:"review" col:"审核|review"` // open: it waits in the review queue

	Words []wordlist.Named `json:"words"` // of word lists: on which it rests
}

func lineOfDecision(d community.DecisionRow) decisionLine {
	l := decisionLine{ID: d.ID.String(), At: Moment(d.At), Group: d.GroupName, Member: d.MemberName, Verdict: string(d.Verdict), Rung: d.Rung,
		Resolution: d.Resolution, By: d.ResolvedBy, Reason: d.Reason, Book: d.Book, Event: d.Event, Text: d.Message.Text, Rules: []string{}, Actions: []string{}, Review: d.Review, Words: []wordlist.Named{}}
	for _, hit := range d.Hits {
		l.Rules = append(l.Rules, hit.Rule)
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
	From    string `placeholder:"TIME" help:"从（含）|from (included)"`
	To      string `placeholder:"TIME" help:"到（不含）|to (not included)"`
	paging
}

func (decisionListCmd) Shape() any { return rowsOf[decisionLine]() }
func (decisionListCmd) Examples() []example {
	return []example{{"decision list --open", [2]string{"等你审核的", "what waits for your review"}}}
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
		Verdict: community.Verdict(q.Verdict), Open: q.Open, From: from, To: to, Page: q.page()})
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
	p := decisionPage{line[0], d.Hits, mapped(near, lineOfMessage)}
	if c.json {
		return c.printJSON(p)
	}
	if err := printOne(c, p.decisionLine); err != nil {
		return err
	}
	return printPart(c, p.Around)
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
}

func (decisionJudgeCmd) Shape() any          { return decisionLine{} }
func (decisionJudgeCmd) Examples() []example { return nil }

// Do closes a decision in the review queue.
func (q *decisionJudgeCmd) Do(c *call, h *House) error {
	return c.onDecision(h, q.ID, func(hands Hands, id community.ID) error { return hands.Judge(c.ctx, user, id, q.Kind, q.Reason) })
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
