package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// Handovers gives what somebody who leaves owned to another person.
type Handovers interface {
	// Look lists what would be handed over, changing nothing.
	Look(ctx context.Context, h duty.Handover) (duty.Handover, error)
	Begin(ctx context.Context, user string, h duty.Handover) (duty.Handover, error)
	List(ctx context.Context, p community.Page) ([]duty.Handover, int, error)
	ByID(ctx context.Context, id community.ID) (duty.Handover, error)
	// Retry tries what failed once more: item n, or (0) all.
	Retry(ctx context.Context, user string, id community.ID, n int) (duty.Handover, error)
}

type transferCmd struct {
	Begin transferBeginCmd `cmd:"" help:"交接：群、客户、活码、待办、值班、计划发送|hand over groups, contacts, codes, tasks, duty and planned sends"`
	List  transferListCmd  `cmd:"" help:"列出交接|list handovers"`
	Show  transferShowCmd  `cmd:"" help:"一次交接的每一项和失败原因|every item of one with the reason of each failure"`
	Retry transferRetryCmd `cmd:"" help:"重试失败的项|try failed items again"`
}

// transferLine is an item of a handover as verbs print it.
type transferLine struct {
	N        int      `json:"n" col:"序号|n"`
	Kind     string   `json:"kind" col:"是什么|kind"` // task, alarm, shift, swap, broadcast, sop, code, group, contacts
	Name     string   `json:"name" col:"名称|name"`
	Platform string   `json:"platform" col:"平台|platform"`
	From     string   `json:"from" col:"原来|from"`
	To       string   `json:"to" col:"接手|to"`
	State    string   `json:"state" col:"结果|result"` // open, done, failed, asked
	Why      string   `json:"why" col:"原因|why"`
	Said     string   `json:"said" col:"平台的回答|said"`
	Failed   []string `json:"failed"` // what of it failed, by the platform's ids
	Subject  string   `json:"subject"`
	Task     string   `json:"task"` // the task of the person who was asked; "" = none
}

// transferPage is a handover with its items.
type transferPage struct {
	ID      string         `json:"id"`
	At      Moment         `json:"at"`
	By      string         `json:"by"`
	Reason  string         `json:"reason"`
	Done    int            `json:"done"`
	Failed  int            `json:"failed"`
	Asked   int            `json:"asked"`
	Open    int            `json:"open"`
	Items   []transferLine `json:"items"`
	DryOnly bool           `json:"dry"`
}

// transferSum is a handover in one line.
type transferSum struct {
	ID     string `json:"id" col:"编号|id"`
	At     Moment `json:"at" col:"时间|time"`
	By     string `json:"by" col:"谁|who"`
	Reason string `json:"reason" col:"原因|why"`
	Items  int    `json:"items" col:"项|items"`
	Done   int    `json:"done" col:"已转|done"`
	Failed int    `json:"failed" col:"失败|failed"`
	Asked  int    `json:"asked" col:"待人办|asked"`
	Open   int    `json:"open" col:"进行中|open"`
}

func sumOfTransfer(h duty.Handover) transferSum {
	n := h.Count()
	return transferSum{h.ID.String(), Moment(h.Created), h.By, h.Reason, len(h.Items), n.Done, n.Failed, n.Asked, n.Open}
}

func (c *call) transferPage(h duty.Handover, dry bool) transferPage {
	s := sumOfTransfer(h)
	p := transferPage{ID: s.ID, At: s.At, By: s.By, Reason: s.Reason, Done: s.Done, Failed: s.Failed, Asked: s.Asked, Open: s.Open, DryOnly: dry, Items: []transferLine{}}
	if dry {
		p.ID = ""
	}
	for _, it := range h.Items {
		l := transferLine{N: it.N, Kind: string(it.Kind), Name: it.Name, Platform: string(it.Platform), From: it.From, To: it.To, State: string(it.State), Why: it.Why,
			Said: it.Detail.Say[c.lang], Failed: it.Rest, Subject: it.Subject}
		if it.State == duty.HandAsked {
			l.Task = it.Action.String()
		}
		p.Items = append(p.Items, l)
	}
	return p
}

func (c *call) printTransfer(h duty.Handover, dry bool) error {
	p := c.transferPage(h, dry)
	if c.json {
		return c.printJSON(p)
	}
	if err := printOne(c, sumOfTransfer(h)); err != nil {
		return err
	}
	return printPart(c, p.Items)
}

func (c *call) handovers(h *House) (Handovers, error) { return inOrg(c, h, h.Handovers) }

type transferBeginCmd struct {
	fresh `kong:"-"`

	From       string `placeholder:"LOGIN" help:"离开的人的登录名|login of whoever leaves"`
	To         string `placeholder:"LOGIN" help:"接手的人的登录名|login of whoever takes over"`
	FromMember string `placeholder:"MEMBER" help:"离开的人在平台上的账号：编号、名称或平台号；合并了的账号都算|an account of theirs on a platform; merged ones go with it"`
	ToMember   string `placeholder:"MEMBER" help:"接手的人在平台上的账号|an account of whoever takes over"`
	Reason     string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
	Dry        bool   `help:"只列出会交接什么|only list what would be handed over"`
}

func (transferBeginCmd) Shape() any { return transferPage{} }
func (transferBeginCmd) Examples() []example {
	return []example{
		{"user transfer begin --from chen --to lin --from-member ChenYi --to-member LinXiao --reason 离职 --dry", [2]string{"先看会交接什么", "see first what would be handed over"}},
		{"user transfer begin --from chen --to lin --from-member ChenYi --to-member LinXiao --reason 离职 --json", [2]string{"办理；平台做不到的成为待办", "do it; what no platform can do becomes a task"}},
	}
}

// Do hands over.
func (q *transferBeginCmd) Do(c *call, h *House) error {
	hands, err := c.handovers(h)
	if err != nil {
		return err
	}
	ho, err := q.order(c, h)
	if err != nil {
		return err
	}
	if q.Dry {
		if ho, err = hands.Look(c.ctx, ho); err != nil {
			return err
		}
		return c.printTransfer(ho, true)
	}
	if ho, err = hands.Begin(c.ctx, user, ho); err != nil {
		return err
	}
	return c.printTransfer(ho, false)
}

func (q *transferBeginCmd) order(c *call, h *House) (duty.Handover, error) {
	ho := duty.Handover{Reason: q.Reason}
	desk, err := c.desk(h)
	if err != nil {
		return ho, err
	}
	for login, into := range map[string]*string{q.From: &ho.FromUser, q.To: &ho.ToUser} {
		if login == "" {
			continue
		}
		people, err := need(h.People)
		if err != nil {
			return ho, err
		}
		u, err := people.UserByLogin(c.ctx, login)
		if err != nil {
			return ho, err
		}
		*into = u.ID.String()
	}
	from, to, err := c.twoMembers(desk, q.FromMember, q.ToMember)
	ho.FromMember, ho.ToMember = from.Key, to.Key
	if err == nil && (q.From == "") != (q.To == "") {
		err = badUsage("--from 和 --to 要一起给", "give --from and --to together")
	}
	if err == nil && (q.FromMember == "") != (q.ToMember == "") {
		err = badUsage("--from-member 和 --to-member 要一起给", "give --from-member and --to-member together")
	}
	if err == nil && q.From+q.FromMember == "" {
		err = badUsage("谁离开？给 --from 或 --from-member", "who leaves? give --from or --from-member")
	}
	return ho, err
}

type transferListCmd struct{ paging }

func (transferListCmd) Shape() any          { return rowsOf[transferSum]() }
func (transferListCmd) Examples() []example { return nil }

// Do lists handovers.
func (q *transferListCmd) Do(c *call, h *House) error {
	hands, err := c.handovers(h)
	if err != nil {
		return err
	}
	list, total, err := hands.List(c.ctx, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, sumOfTransfer), total)
}

type transferShowCmd struct {
	Transfer string `arg:"" help:"编号|id"`
}

func (transferShowCmd) Shape() any          { return transferPage{} }
func (transferShowCmd) Examples() []example { return nil }

// Do shows one handover.
func (q *transferShowCmd) Do(c *call, h *House) error {
	hands, err := c.handovers(h)
	if err != nil {
		return err
	}
	id, err := idOf(q.Transfer)
	if err != nil {
		return err
	}
	ho, err := hands.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	return c.printTransfer(ho, false)
}

type transferRetryCmd struct {
	Transfer string `arg:"" help:"编号|id"`
	Item     int    `placeholder:"N" help:"只重试这一项|only this item"`
}

func (transferRetryCmd) Shape() any          { return transferPage{} }
func (transferRetryCmd) Examples() []example { return nil }

// Do tries failed items again.
func (q *transferRetryCmd) Do(c *call, h *House) error {
	hands, err := c.handovers(h)
	if err != nil {
		return err
	}
	id, err := idOf(q.Transfer)
	if err != nil {
		return err
	}
	ho, err := hands.Retry(c.ctx, user, id, q.Item)
	if err != nil {
		return err
	}
	return c.printTransfer(ho, false)
}
