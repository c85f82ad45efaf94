package cli

import (
	"context"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// Standbys says where groups go on when their account is lost.
type Standbys interface {
	List(ctx context.Context, g community.GroupKey) ([]duty.Standby, error)
	Set(ctx context.Context, user string, one duty.Standby, reason string) error
	Clear(ctx context.Context, user string, g community.GroupKey, reason string) error
	Begin(ctx context.Context, user string, g community.GroupKey, reason string) error
	End(ctx context.Context, user string, g community.GroupKey, reason string) error
	Detours(ctx context.Context, g community.GroupKey, p community.Page) ([]duty.Detour, int, error)
	// Roll holds a group's last member list against who is in its standby.
	Roll(ctx context.Context, one duty.Standby) (duty.Roll, error)
	// Unheard says when nobody heard what a group said.
	Unheard(ctx context.Context, g community.GroupKey, since, until int64) ([]duty.Span, error)
}

type standbyCmd struct {
	List  standbyListCmd  `cmd:"" help:"有备用群的群|groups with a standby"`
	Set   standbySetCmd   `cmd:"" help:"设置备用群和邀请的话|set the standby and the words of the invitation"`
	Clear standbyClearCmd `cmd:"" help:"不要备用群了|forget the standby"`
	Move  standbyMoveCmd  `cmd:"" help:"现在就改到备用群|go on in the standby now"`
	Back  standbyBackCmd  `cmd:"" help:"改回来|go on where it was"`
	Show  standbyShowCmd  `cmd:"" help:"改道、到了多少人、缺哪几分钟|the detour, who arrived, which minutes are missing"`
}

// standbyLine is a group's standby as verbs print it.
type standbyLine struct {
	Group  string `json:"group" col:"群|group"`
	ID     string `json:"group_id"`
	To     string `json:"to" col:"备用群|standby"`
	ToID   string `json:"to_id"`
	On     string `json:"to_platform" col:"平台|platform"`
	Invite string `json:"invite" col:"邀请的话|invitation"`
}

func lineOfStandby(s duty.Standby) standbyLine {
	l := standbyLine{Group: s.GroupName, ID: s.GroupID.String(), To: s.ToName, On: string(s.ToOn), Invite: s.Invite}
	if s.To != 0 {
		l.ToID = s.ToID.String()
	}
	return l
}

// standbysOf finds the handle and, where a name is given, its group.
func (c *call) standbysOf(h *House, name string) (Standbys, Desk, community.GroupRow, error) {
	org, err := c.orgOf(h)
	if err != nil {
		return nil, nil, community.GroupRow{}, err
	}
	if h.Standbys == nil {
		return nil, nil, community.GroupRow{}, errNotHere()
	}
	desk := h.Desk(org)
	g, err := c.group(desk, name)
	return h.Standbys(org), desk, g, err
}

type standbyListCmd struct{}

func (standbyListCmd) Shape() any          { return rowsOf[standbyLine]() }
func (standbyListCmd) Examples() []example { return nil }

// Do lists the groups that have a standby.
func (standbyListCmd) Do(c *call, h *House) error {
	book, _, _, err := c.standbysOf(h, "")
	if err != nil {
		return err
	}
	list, err := book.List(c.ctx, 0)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfStandby), len(list))
}

type standbySetCmd struct {
	Group  string `arg:"" help:"群|group"`
	To     string `placeholder:"GROUP" help:"备用群，可以在别的平台|the standby, on any platform"`
	Invite string `placeholder:"TEXT" help:"让大家怎么去：链接、群号|how people get there: a link, a number"`
	Reason string `placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

func (standbySetCmd) Shape() any { return standbyLine{} }
func (standbySetCmd) Examples() []example {
	return []example{{"group standby set 徒步一群 --to '#hiking' --invite '来 QQ 群 12345 继续'", [2]string{"账号出事时，发往徒步一群的话改到 #hiking", "when the account is lost, what goes to the group goes to #hiking"}}}
}

// Do sets a group's standby.
func (q *standbySetCmd) Do(c *call, h *House) error {
	book, desk, g, err := c.standbysOf(h, q.Group)
	if err != nil {
		return err
	}
	to, err := c.group(desk, q.To)
	if err != nil {
		return err
	}
	if err := book.Set(c.ctx, user, duty.Standby{Group: g.Key, To: to.Key, Invite: q.Invite}, q.Reason); err != nil {
		return err
	}
	return c.printStandby(book, g)
}

func (c *call) printStandby(book Standbys, g community.GroupRow) error {
	list, err := book.List(c.ctx, g.Key)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return printOne(c, standbyLine{Group: g.Name, ID: g.ID.String()})
	}
	return printOne(c, lineOfStandby(list[0]))
}

type standbyClearCmd struct {
	Group  string `arg:"" help:"群|group"`
	Reason string `placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

func (standbyClearCmd) Shape() any          { return standbyLine{} }
func (standbyClearCmd) Examples() []example { return nil }

// Do forgets a group's standby.
func (q *standbyClearCmd) Do(c *call, h *House) error {
	return c.changeStandby(h, q.Group, func(book Standbys, g community.GroupKey) error { return book.Clear(c.ctx, user, g, q.Reason) })
}

func (c *call) changeStandby(h *House, name string, do func(Standbys, community.GroupKey) error) error {
	book, _, g, err := c.standbysOf(h, name)
	if err != nil {
		return err
	}
	if err := do(book, g.Key); err != nil {
		return err
	}
	return c.printStandby(book, g)
}

type standbyMoveCmd struct {
	Group  string `arg:"" help:"群|group"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

func (standbyMoveCmd) Shape() any          { return standbyLine{} }
func (standbyMoveCmd) Examples() []example { return nil }

// Do lets a group go on in its standby.
func (q *standbyMoveCmd) Do(c *call, h *House) error {
	return c.changeStandby(h, q.Group, func(book Standbys, g community.GroupKey) error { return book.Begin(c.ctx, user, g, q.Reason) })
}

type standbyBackCmd struct {
	Group  string `arg:"" help:"群|group"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

func (standbyBackCmd) Shape() any          { return standbyLine{} }
func (standbyBackCmd) Examples() []example { return nil }

// Do lets a group go on where it was.
func (q *standbyBackCmd) Do(c *call, h *House) error {
	return c.changeStandby(h, q.Group, func(book Standbys, g community.GroupKey) error { return book.End(c.ctx, user, g, q.Reason) })
}

// detourLine is a time during which a group went on elsewhere.
type detourLine struct {
	ID      string `json:"id"`
	To      string `json:"to" col:"改到|to"`
	Began   Moment `json:"began" col:"开始|began"`
	By      string `json:"by" col:"谁|who"`
	Ended   Moment `json:"ended" col:"结束|ended"`
	Why     string `json:"why" col:"为什么结束|why it ended"`
	Members int64  `json:"members" col:"当时人数|members then"`
}

// soulLine is somebody of the group with how they were found in the standby.
type soulLine struct {
	ID       string `json:"id" col:"编号|id"`
	Name     string `json:"name" col:"名称|name"`
	External string `json:"external_id" col:"平台号|platform id"`
	How      string `json:"how" col:"到了|arrived"` // account, person, name; "" = not yet
	As       string `json:"as" col:"在那边叫|there called"`
}

// unheardLine is a span in which nobody heard the group.
type unheardLine struct {
	From Moment `json:"from" col:"缺 从|missing from"`
	To   Moment `json:"to" col:"到|to"`
}

// standbyPage is everything about a group's standby.
type standbyPage struct {
	standbyLine
	Expected int           `json:"expected"`
	Here     int           `json:"arrived"`
	ByName   int           `json:"arrived_by_name"`
	New      int           `json:"new"`
	Detours  []detourLine  `json:"detours"`
	People   []soulLine    `json:"people"`
	Missing  []unheardLine `json:"missing"`
	Codes    []codeLeads   `json:"codes"`
}

// codeLeads is a fixed address of the group and where it leads now.
type codeLeads struct {
	Code  string `json:"code" col:"活码|code"`
	Path  string `json:"path" col:"固定地址|fixed address"`
	Leads string `json:"leads_to" col:"现在带人去|leads to"` // a group; "" = by the invitation, or nowhere
	Away  bool   `json:"away" col:"改道中|on the detour"`
}

// codesOf are the fixed addresses that lead to a group.
func (c *call) codesOf(h *House, g community.GroupKey) ([]codeLeads, error) {
	out := []codeLeads{}
	if h.Codes == nil {
		return out, nil
	}
	codes, _, err := c.codes(h)
	if err != nil {
		return nil, err
	}
	rows, _, err := codes.Find(c.ctx, admit.Filter{Group: g, Page: community.Page{Limit: 200}})
	for _, r := range rows {
		l := codeLeads{Code: r.Name, Path: "/j/" + r.Slug}
		if away, ok := r.Away(); ok {
			l.Leads, l.Away = away.To, true
		} else if r.Now.Found {
			l.Leads = r.Now.Entry.GroupName
		}
		out = append(out, l)
	}
	return out, err
}

// rollLine is the roll in one line.
type rollLine struct {
	Expected int `col:"原群名单|on the list"`
	Here     int `col:"到了|arrived"`
	ByName   int `col:"其中只按名字|by name only"`
	New      int `col:"新人|new"`
}

type standbyShowCmd struct {
	fresh `kong:"-"`

	Group string `arg:"" help:"群|group"`
}

func (standbyShowCmd) Shape() any          { return standbyPage{} }
func (standbyShowCmd) Examples() []example { return nil }

// Do shows a group's standby, its detours, the roll and the missing minutes.
func (q *standbyShowCmd) Do(c *call, h *House) error {
	book, _, g, err := c.standbysOf(h, q.Group)
	if err != nil {
		return err
	}
	p, err := c.standbyPage(book, g)
	if err != nil {
		return err
	}
	if p.Codes, err = c.codesOf(h, g.Key); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(p)
	}
	if err := printOne(c, p.standbyLine); err != nil {
		return err
	}
	if err := printPart(c, p.Codes); err != nil {
		return err
	}
	if err := printPart(c, []rollLine{{p.Expected, p.Here, p.ByName, p.New}}); err != nil {
		return err
	}
	return printParts(c, p.Detours, p.People, p.Missing)
}

func (c *call) standbyPage(book Standbys, g community.GroupRow) (standbyPage, error) {
	p := standbyPage{standbyLine: standbyLine{Group: g.Name, ID: g.ID.String()}, People: []soulLine{}, Missing: []unheardLine{}}
	list, err := book.List(c.ctx, g.Key)
	if err != nil {
		return p, err
	}
	on, _, err := book.Detours(c.ctx, g.Key, community.Page{Limit: 20})
	if err != nil {
		return p, err
	}
	now := duty.Standby{Group: g.Key}
	if len(list) > 0 {
		now, p.standbyLine = list[0], lineOfStandby(list[0])
	}
	if len(on) > 0 && on[0].Ended == 0 {
		now = on[0].Standby
	}
	p.Detours = mapped(on, func(d duty.Detour) detourLine {
		return detourLine{d.ID.String(), d.ToName, Moment(d.Began), d.BegunBy, Moment(d.Ended), d.Why, d.Members}
	})
	roll, err := book.Roll(c.ctx, now)
	if err != nil {
		return p, err
	}
	p.Expected, p.Here, p.ByName, p.New = roll.Expected, roll.Here, roll.ByName, roll.New
	for _, one := range roll.People {
		p.People = append(p.People, soulLine{one.MemberID.String(), one.Name, one.External, one.How, one.As.Name})
	}
	if len(on) > 0 {
		spans, err := book.Unheard(c.ctx, g.Key, on[0].Began, on[0].Ended)
		if err != nil {
			return p, err
		}
		p.Missing = mapped(spans, func(s duty.Span) unheardLine { return unheardLine{Moment(s.From), Moment(s.To)} })
	}
	return p, nil
}
