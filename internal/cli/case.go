package cli

import (
	"context"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/replay"
)

// Cases is what the command line asks and changes of labelled cases.
type Cases interface {
	Find(ctx context.Context, f community.CaseFilter) ([]community.CaseRow, int, error)
	Add(ctx context.Context, user string, c community.Case) (community.Case, error)
	Remove(ctx context.Context, user string, id community.ID, reason string) error
	// Judge says how the cases that hold for a group stand under a book; an empty book is the one in force.
	Judge(ctx context.Context, g community.GroupKey, book json.RawMessage) ([]replay.Standing, replay.CaseSums, error)
	// Publish puts a book in force although labelled cases break by it; despite says why.
	Publish(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note, despite string) (int, error)
}

// despiteFlag is embedded by verbs that publish a book.
type despiteFlag struct {
	Despite string `placeholder:"TEXT" help:"会判错标注案例时，写明为什么仍要发布|why it is published although labelled cases break by it"`
}

type caseCmd struct {
	List   caseListCmd   `cmd:"" help:"列出标注案例|list labelled cases"`
	Judge  caseJudgeCmd  `cmd:"" help:"在一份群规下，每个案例还判得对吗|how each case stands under a rulebook"`
	Add    caseAddCmd    `cmd:"" help:"给一条消息标注|label a message"`
	Remove caseRemoveCmd `cmd:"" help:"去掉一个案例|remove a case"`
}

// caseLine is a labelled case as verbs print it.
type caseLine struct {
	ID    string      `json:"id" col:"编号|id"`
	At    Moment      `json:"at" col:"时间|time"`
	Group string      `json:"group" col:"群|group"`
	Wide  bool        `json:"everywhere" col:"全组织|everywhere"`
	Want  string      `json:"want" col:"应当|want"` // hit or none
	Rule  string      `json:"rule" col:"规则|rule"`
	Fate  replay.Fate `json:"fate,omitempty" col:"现在|stands"` // right, broken, unknown
	Not   string      `json:"unknown_why,omitempty" col:"原因|because"`
	By    string      `json:"by" col:"谁|who"`
	Why   string      `json:"why" col:"为什么|why"`
	Event int64       `json:"event" col:"序号|event"`
	Text  string      `json:"text" col:"消息|message"`
}

func lineOfCase(r community.CaseRow) caseLine {
	return caseLine{ID: r.ID.String(), At: Moment(r.At), Group: r.GroupName, Wide: r.Wide, Want: string(r.Want), Rule: r.Rule, By: r.User, Why: r.Why, Event: r.Event, Text: r.Message.Text}
}

// casesIn opens the labelled cases, and finds the group that a question is about; it may be left out.
func (c *call) casesIn(h *House, group string) (Cases, Desk, community.GroupRow, error) {
	cases, err := inOrg(c, h, h.Cases)
	if err != nil {
		return nil, nil, community.GroupRow{}, err
	}
	desk, g, _, err := c.place(h, group, "")
	return cases, desk, g, err
}

type caseListCmd struct {
	Group string `placeholder:"GROUP" help:"对这个群有效的|that hold for this group"`
	Want  string `enum:",hit,none" default:"" help:"hit 应当命中、none 不应命中|hit or none"`
	Rule  string `help:"关于这条规则|about this rule"`
	paging
}

func (caseListCmd) Shape() any { return rowsOf[caseLine]() }
func (caseListCmd) Examples() []example {
	return []example{{"case list --group 产品交流群", [2]string{"案例，以及在现行群规下判得对不对", "the cases, and how they stand under the rulebook in force"}}}
}

// Do lists cases; of one group with how each stands under the book in force.
func (q *caseListCmd) Do(c *call, h *House) error {
	cases, _, g, err := c.casesIn(h, q.Group)
	if err != nil {
		return err
	}
	rows, total, err := cases.Find(c.ctx, community.CaseFilter{Group: g.Key, For: g.Key != 0, Want: community.Want(q.Want), Rule: q.Rule, Page: q.page()})
	if err != nil {
		return err
	}
	lines := mapped(rows, lineOfCase)
	if g.Key != 0 {
		list, _, err := cases.Judge(c.ctx, g.Key, nil)
		if err != nil {
			return err
		}
		lines = stood(lines, list)
	}
	return printList(c, lines, total)
}

// stood adds to cases how they stand.
func stood(lines []caseLine, list []replay.Standing) []caseLine {
	fates := map[string]replay.Standing{}
	for _, s := range list {
		fates[s.Case.String()] = s
	}
	for i := range lines {
		s := fates[lines[i].ID]
		lines[i].Fate, lines[i].Not = s.Fate, s.Why
	}
	return lines
}

type caseJudgeCmd struct {
	Group string `arg:"" help:"群|group"`
	Book  string `arg:"" optional:"" help:"文件、- 或 群@版本，默认现行|a file, - or GROUP@VERSION, by default the one in force"`
}

// caseReport is how the cases of a group stand under a book.
type caseReport struct {
	replay.CaseSums
	Standings []replay.Standing `json:"standings"`
}

// sumLine is the sums for a table.
type sumLine struct {
	Cases     int     `col:"案例|cases"`
	Right     int     `col:"判得对|right"`
	Broken    int     `col:"判错|broken"`
	Unknown   int     `col:"不能判|unknown"`
	Precision float64 `col:"准确率 %|precision %"`
	Recall    float64 `col:"召回率 %|recall %"`
}

// Feeds says that stdin may be the rulebook.
func (q *caseJudgeCmd) Feeds() bool { return q.Book == "-" }

func (caseJudgeCmd) Shape() any { return caseReport{} }
func (caseJudgeCmd) Examples() []example {
	return []example{{"case judge 产品交流群 book.json", [2]string{"发布前先看会判错哪些", "see before publishing which cases would break"}}}
}

// Do judges the cases under a book.
func (q *caseJudgeCmd) Do(c *call, h *House) error {
	cases, _, g, err := c.casesIn(h, q.Group)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if q.Book != "" {
		if raw, err = c.book(h, q.Book); err != nil {
			return err
		}
	}
	list, sum, err := cases.Judge(c.ctx, g.Key, raw)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(caseReport{sum, list})
	}
	if err := printOne(c, sumLine{sum.Cases, sum.Right, sum.Broken, sum.Unknown, float64(sum.Precision()) / 10, float64(sum.Recall()) / 10}); err != nil {
		return err
	}
	rows, _, err := cases.Find(c.ctx, community.CaseFilter{Group: g.Key, For: true, Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	return printPart(c, stood(mapped(rows, lineOfCase), list))
}

type caseAddCmd struct {
	Group  string `arg:"" help:"群|group"`
	Number int64  `arg:"" help:"消息的序号|number of the message"`
	Want   string `arg:"" enum:"hit,none" help:"hit 应当命中（漏判）、none 不应命中（误判）|hit: a rule ought to hit it; none: no rule may"`
	Rule   string `placeholder:"RULE" help:"关于哪条规则|which rule it is about"`
	Wide   bool   `help:"对全组织的群都有效|it holds for all groups of the organisation"`
	Why    string `required:"" placeholder:"TEXT" help:"为什么|why"`
}

func (caseAddCmd) Shape() any { return caseLine{} }
func (caseAddCmd) Examples() []example {
	return []example{{"case add 产品交流群 8123 hit --rule ads --why 漏掉的广告", [2]string{"以后的群规都要判得出它", "every later rulebook must find it"}}}
}

// Do labels a message.
func (q *caseAddCmd) Do(c *call, h *House) error {
	cases, desk, g, err := c.casesIn(h, q.Group)
	if err != nil {
		return err
	}
	m, err := c.messageAt(desk, g, q.Number)
	if err != nil {
		return err
	}
	made, err := cases.Add(c.ctx, user, community.Case{Group: g.Key, Event: m.Number, Want: community.Want(q.Want), Rule: q.Rule, Wide: q.Wide, Why: q.Why})
	if err != nil {
		return err
	}
	return printOne(c, lineOfCase(community.CaseRow{Case: made, GroupName: g.Name, Message: m}))
}

type caseRemoveCmd struct {
	ID     string `arg:"" help:"案例的编号|id of the case"`
	Reason string `required:"" placeholder:"TEXT" help:"为什么|why"`
}

// removedLine says what is gone.
type removedLine struct {
	ID      string `json:"id" col:"编号|id"`
	Removed bool   `json:"removed" col:"已去掉|removed"`
}

func (caseRemoveCmd) Shape() any          { return removedLine{} }
func (caseRemoveCmd) Examples() []example { return nil }

// Do removes a case.
func (q *caseRemoveCmd) Do(c *call, h *House) error {
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	cases, err := inOrg(c, h, h.Cases)
	if err != nil {
		return err
	}
	if err := cases.Remove(c.ctx, user, id, q.Reason); err != nil {
		return err
	}
	return printOne(c, removedLine{id.String(), true})
}
