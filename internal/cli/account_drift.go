package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/drift"
)

// Drifts tells what differs between here and a platform, and settles it.
type Drifts interface {
	// Report gives what differs, as it was read last; Read compares now.
	Report(ctx context.Context, a community.AccountKey) (drift.Report, error)
	Read(ctx context.Context, a community.AccountKey) (drift.Report, error)
	Settle(ctx context.Context, user string, a community.AccountKey, line community.ID, way drift.WayKind, reason string) ([2]string, error)
}

type driftCmd struct {
	List   driftListCmd   `cmd:"" help:"差异报告：客户、标签、欢迎语、群、交接，逐条|what differs, line by line: contacts, tags, welcomes, groups, hand-overs"`
	Settle driftSettleCmd `cmd:"" help:"处理一条差异|settle a difference"`
}

// driftLine is a difference as verbs print it.
type driftLine struct {
	ID      string   `json:"id" col:"编号|id"`
	Part    string   `json:"part" col:"部分|part"`    // contacts, tags, welcomes, groups, transfers
	Field   string   `json:"field" col:"哪里不同|what"` // follow, remark, name, tags, text, known, owner, notice, members, handed
	Subject string   `json:"subject" col:"平台编号|platform id"`
	Name    string   `json:"name" col:"名称|name"`
	Owner   string   `json:"owner" col:"员工|employee"`
	Here    string   `json:"here" col:"这里|here"`
	There   string   `json:"there" col:"平台|there"`
	Why     string   `json:"why" col:"原因|why"`
	Since   Moment   `json:"since" col:"自|since"`
	Seen    Moment   `json:"seen"`
	Ways    []string `json:"ways" col:"可以|ways"`
	Task    string   `json:"task"` // the task of the person who was asked; "" = none
}

// driftPart is how a part was read.
type driftPart struct {
	Part   string   `json:"part" col:"部分|part"`
	State  string   `json:"state" col:"状态|state"` // "", reading, read, partly, failed
	At     Moment   `json:"read_at" col:"读于|read"`
	Looked int      `json:"looked" col:"比过|compared"`
	Lines  int      `json:"lines" col:"不同|different"`
	Unread []string `json:"unread" col:"没读到|unread"`
	Why    string   `json:"why" col:"原因|why"`
}

// driftReport is an account's report.
type driftReport struct {
	Parts []driftPart `json:"parts"`
	Lines []driftLine `json:"lines"`
}

func lineOfDrift(l drift.Line) driftLine {
	out := driftLine{ID: l.ID.String(), Part: string(l.Part), Field: string(l.Field), Subject: l.Subject, Name: l.Name, Owner: l.Owner, Here: l.Here, There: l.There, Why: l.Why,
		Since: Moment(l.Since), Seen: Moment(l.Seen), Ways: mapped(l.Ways, func(w drift.Way) string { return string(w.Kind) })}
	if !l.Task.IsZero() {
		out.Task = l.Task.String()
	}
	return out
}

func (c *call) printDrift(r drift.Report, part string) error {
	out := driftReport{Parts: []driftPart{}, Lines: []driftLine{}}
	for _, one := range drift.Parts {
		if part != "" && string(one) != part {
			continue
		}
		read := r.Of(one)
		if read.Unread == nil {
			read.Unread = []string{}
		}
		out.Parts = append(out.Parts, driftPart{string(one), string(read.State), Moment(read.At), read.Looked, read.Lines, read.Unread, c.lang.pick(read.Why)})
		out.Lines = append(out.Lines, mapped(r.In(one), lineOfDrift)...)
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printPart(c, out.Parts); err != nil {
		return err
	}
	return printPart(c, out.Lines)
}

type driftListCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Part    string `enum:",contacts,tags,welcomes,groups,transfers" default:"" help:"只看这一部分：contacts 客户、tags 标签、welcomes 欢迎语、groups 群、transfers 交接|this part only: contacts, tags, welcomes, groups, transfers"`
	Read    bool   `help:"现在就和平台比一次|compare with the platform now"`
}

func (driftListCmd) Shape() any { return driftReport{} }
func (driftListCmd) Examples() []example {
	return []example{{"account drift list 企业微信 --read --json", [2]string{"现在比一次，逐条列出", "compare now, and list every difference"}}}
}

// Do lists what differs.
func (q *driftListCmd) Do(c *call, h *House) error {
	book, a, err := ofAccount(c, h, h.Drifts, q.Account)
	if err != nil {
		return err
	}
	read := book.Report
	if q.Read {
		read = book.Read
	}
	report, err := read(c.ctx, a.Key)
	if err != nil {
		return err
	}
	return c.printDrift(report, q.Part)
}

type driftSettleCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Line    string `arg:"" help:"差异的编号，见 account drift list|the difference; see account drift list"`
	Way     string `arg:"" enum:"take,push,ask" help:"take 以平台为准，push 写到平台，ask 请人去办|take: theirs comes here; push: ours is written there; ask: a person does it there"`
	Reason  string `placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

// driftSettled is what came of it.
type driftSettled struct {
	ID  string `json:"id" col:"编号|id"`
	Way string `json:"way" col:"做法|way"`
	Say string `json:"say" col:"结果|result"`
}

func (driftSettleCmd) Shape() any          { return driftSettled{} }
func (driftSettleCmd) Examples() []example { return nil }

// Effect is what doing it means.
func (q *driftSettleCmd) Effect() [2]string {
	if q.Way == "push" {
		return [2]string{"将改动平台上的内容", "this changes what stands at the platform"}
	}
	return [2]string{}
}

// Do settles a difference.
func (q *driftSettleCmd) Do(c *call, h *House) error {
	book, a, err := ofAccount(c, h, h.Drifts, q.Account)
	if err != nil {
		return err
	}
	id, err := idOf(q.Line)
	if err != nil {
		return err
	}
	said, err := book.Settle(c.ctx, user, a.Key, id, drift.WayKind(q.Way), q.Reason)
	if err != nil {
		return err
	}
	if said == [2]string{} {
		said = settledWords[drift.WayKind(q.Way)]
	}
	return printOne(c, driftSettled{q.Line, q.Way, c.lang.pick(said)})
}

// settledWords say what was done where the platform says nothing itself.
var settledWords = map[drift.WayKind][2]string{
	drift.Take: {"已照平台的改好。", "It is now as the platform has it."}, drift.Push: {"已写到平台。", "It is written to the platform."}, drift.Ask: {"已生成待办。", "A task was made."},
}
