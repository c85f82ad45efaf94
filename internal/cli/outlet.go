package cli

import (
	"context"
	"strings"

	"qunluo/internal/community"
)

// Outlets keeps where outside systems are told of what happens.
type Outlets interface {
	List(ctx context.Context) ([]community.Outlet, error)
	// Add gives the signing key this once. CodeBadInput begins with the field's name.
	Add(ctx context.Context, by string, o community.Outlet, address, reason string) (community.Outlet, string, error)
	Pause(ctx context.Context, by string, id community.ID, on bool, reason string) (community.Outlet, error)
	// Rotate gives another signing key this once; the one before signs beside it for a day.
	Rotate(ctx context.Context, by string, id community.ID, reason string) (community.Outlet, string, error)
	Drop(ctx context.Context, by string, id community.ID, reason string) error
	// Test sends at once and says what came of it.
	Test(ctx context.Context, by string, id community.ID) (community.Parcel, error)
	Parcels(ctx context.Context, id community.ID, state community.ParcelState, p community.Page) ([]community.Parcel, int, error)
	Again(ctx context.Context, by string, id, parcel community.ID, reason string) error
}

type outletCmd struct {
	List   outletListCmd   `cmd:"" help:"列出对外推送|list them"`
	Add    outletAddCmd    `cmd:"" help:"新建，签名密钥只显示一次|make one; its signing key is shown once"`
	Test   outletTestCmd   `cmd:"" help:"现在就送一条测试|send a test now"`
	Log    outletLogCmd    `cmd:"" help:"推送记录|what was sent, and what came of it"`
	Again  outletAgainCmd  `cmd:"" help:"再送一次|send one again"`
	Pause  outletPauseCmd  `cmd:"" help:"暂停|hold one"`
	Resume outletResumeCmd `cmd:"" help:"继续，补送等待中的|let one go on; what waits is sent"`
	Rotate outletRotateCmd `cmd:"" help:"更换签名密钥，旧的再用 24 小时|replace the signing key; the old one signs beside it for 24 hours"`
	Remove outletRemoveCmd `cmd:"" help:"删除|delete one"`
}

// outletLine is an outlet.
type outletLine struct {
	ID      string   `json:"id" col:"编号|id"`
	Name    string   `json:"name" col:"名称|name"`
	Host    string   `json:"host" col:"主机|host"`
	Kinds   []string `json:"kinds" col:"事情|kinds"`
	Groups  int      `json:"groups" col:"群数|groups"` // 0 = all
	Texts   bool     `json:"texts" col:"聊天内容|texts"`
	User    string   `json:"user" col:"负责人|answers for it"` // login
	Paused  bool     `json:"paused" col:"暂停|paused"`
	Waiting int      `json:"waiting" col:"等待|waiting"`
	Dead    int      `json:"dead" col:"没送到|dead"`
	Fails   int      `json:"fails" col:"连续失败|fails in a row"`
	Good    Moment   `json:"arrived_at" col:"最近送达|last arrived"`
	Created Moment   `json:"created_at" col:"建立|created"`
}

func lineOfOutlet(o community.Outlet) outletLine {
	return outletLine{o.ID.String(), o.Name, o.Host, kindTexts(o.Kinds), len(o.Groups), o.Texts, o.Login, o.Paused, o.Waiting, o.Dead, o.Fails, Moment(o.Good), Moment(o.Created)}
}

func kindTexts(list []community.OutletKind) []string {
	return mapped(list, func(k community.OutletKind) string { return string(k) })
}

// outletKey is an outlet with its signing key.
type outletKey struct {
	outletLine
	Secret string `json:"signing_key" col:"签名密钥（只显示这一次）|signing key (shown this once)"`
}

// parcelLine is one thing that an outlet was told.
type parcelLine struct {
	ID       string `json:"id" col:"编号|id"`
	Kind     string `json:"kind" col:"事情|kind"`
	State    string `json:"state" col:"状态|state"` // waiting, sent, dead
	Attempts int    `json:"attempts" col:"次数|tries"`
	Status   int    `json:"status" col:"回答|answer"` // 0 = none came
	Code     string `json:"code" col:"原因|why"`
	Took     int64  `json:"took_ms" col:"毫秒|ms"`
	At       Moment `json:"happened_at" col:"发生|happened"`
	Tried    Moment `json:"tried_at" col:"最近尝试|last try"`
}

func lineOfParcel(p community.Parcel) parcelLine {
	return parcelLine{p.ID.String(), string(p.Kind), string(p.State), p.Attempts, p.Status, string(p.Code), p.Took, Moment(p.At), Moment(p.Tried)}
}

func (c *call) outlets(h *House) (Outlets, error) { return inOrg(c, h, h.Outlets) }

// outlet finds one by id or name.
func (c *call) outlet(h *House, name string) (Outlets, community.Outlet, error) {
	outlets, err := c.outlets(h)
	if err != nil {
		return nil, community.Outlet{}, err
	}
	all, err := outlets.List(c.ctx)
	for _, o := range all {
		if o.ID.String() == name || o.Name == name {
			return outlets, o, nil
		}
	}
	if err == nil {
		err = failed(nil, "没有推送 %s，见 outlet list", "there is no outlet %s; see outlet list", name)
	}
	return nil, community.Outlet{}, err
}

type outletListCmd struct{}

func (outletListCmd) Shape() any          { return rowsOf[outletLine]() }
func (outletListCmd) Examples() []example { return nil }

// Do lists the outlets.
func (outletListCmd) Do(c *call, h *House) error {
	outlets, err := c.outlets(h)
	if err != nil {
		return err
	}
	all, err := outlets.List(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(all, lineOfOutlet), len(all))
}

type outletAddCmd struct {
	Name  string   `arg:"" help:"名称，1 到 40 个字|name, 1 to 40 characters"`
	URL   string   `arg:"" help:"https 地址|https address"`
	User  string   `required:"" placeholder:"LOGIN" help:"谁负责：他看不到的不推送，没送到先叫他|who answers for it: what they may not see is not told, and they are called first when something does not arrive"`
	Kind  []string `sep:"," default:"alarm.opened" placeholder:"KIND" help:"事情，逗号分开；all 表示全部|what it is told, with commas between; all = everything"`
	Group []string `sep:"none" placeholder:"GROUP" help:"只要这些群，可多次；不写表示全部|only these groups, repeatable; none = all"`
	Texts bool     `help:"带上成员写的内容|take along what members wrote"`
}

func (outletAddCmd) Shape() any { return outletKey{} }
func (outletAddCmd) Examples() []example {
	return []example{
		{"outlet add 工单系统 https://desk.example.org/qunluo --user linxiao --kind task.opened,task.overdue,alarm.opened", [2]string{"待办和告警进工单系统", "tasks and alarms go to a ticket system"}},
		{"outlet add 看板 https://board.example.org/in --user linxiao --kind all --group 产品交流群 --json", [2]string{"一个群的所有事情", "everything of one group"}},
	}
}

// Do makes an outlet.
func (q *outletAddCmd) Do(c *call, h *House) error {
	outlets, err := c.outlets(h)
	if err != nil {
		return err
	}
	u, err := c.userCalled(h, q.User)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	o := community.Outlet{Name: q.Name, User: u.ID, Texts: q.Texts}
	if o.Groups, err = c.groupKeys(desk, q.Group); err != nil {
		return err
	}
	for _, text := range q.Kind {
		if text = strings.TrimSpace(text); text == "all" {
			o.Kinds = community.OutletKinds
			break
		}
		o.Kinds = append(o.Kinds, community.OutletKind(text))
	}
	made, secret, err := outlets.Add(c.ctx, user, o, q.URL, "outlet add")
	if err != nil {
		return err
	}
	return printOne(c, outletKey{lineOfOutlet(made), secret})
}

// ofOutlet is a verb about one outlet.
type ofOutlet struct {
	Outlet string `arg:"" help:"编号或名称|id or name"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (ofOutlet) Shape() any          { return outletLine{} }
func (ofOutlet) Examples() []example { return nil }

type outletTestCmd struct {
	Outlet string `arg:"" help:"编号或名称|id or name"`
}

func (outletTestCmd) Shape() any          { return parcelLine{} }
func (outletTestCmd) Examples() []example { return nil }

// Do sends a test. It fails where that did not arrive.
func (q *outletTestCmd) Do(c *call, h *House) error {
	outlets, o, err := c.outlet(h, q.Outlet)
	if err != nil {
		return err
	}
	p, err := outlets.Test(c.ctx, user, o.ID)
	if err != nil {
		return err
	}
	if p.State != community.ParcelSent {
		return failed(community.Errorf(p.Code, "outlet %s: %s", o.Name, p.Note), "没有送到 %s：%s", "nothing arrived at %s: %s", o.Host, p.Note)
	}
	return printOne(c, lineOfParcel(p))
}

type outletLogCmd struct {
	Outlet string `arg:"" help:"编号或名称|id or name"`
	State  string `enum:",waiting,sent,dead" default:"" help:"waiting、sent 或 dead|waiting, sent or dead"`
	Limit  int    `default:"50" help:"最多几条，1 到 200|at most so many, 1 to 200"`
}

func (outletLogCmd) Shape() any          { return rowsOf[parcelLine]() }
func (outletLogCmd) Examples() []example { return nil }

// Do lists what an outlet was told, the newest first.
func (q *outletLogCmd) Do(c *call, h *House) error {
	outlets, o, err := c.outlet(h, q.Outlet)
	if err != nil {
		return err
	}
	if q.Limit < 1 || q.Limit > 200 {
		return badUsage("--limit 应在 1 到 200 之间", "--limit must be 1 to 200")
	}
	list, total, err := outlets.Parcels(c.ctx, o.ID, community.ParcelState(q.State), community.Page{Limit: q.Limit})
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfParcel), total)
}

type outletAgainCmd struct {
	Outlet string `arg:"" help:"编号或名称|id or name"`
	Parcel string `arg:"" help:"记录的编号，见 outlet log|id of what was sent; see outlet log"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (outletAgainCmd) Shape() any          { return outletLine{} }
func (outletAgainCmd) Examples() []example { return nil }

// Do sends one again.
func (q *outletAgainCmd) Do(c *call, h *House) error {
	outlets, o, err := c.outlet(h, q.Outlet)
	if err != nil {
		return err
	}
	id, err := community.ParseID(q.Parcel)
	if err != nil {
		return badUsage("没有记录 %s，见 outlet log", "there is no delivery %s; see outlet log", q.Parcel)
	}
	if err := outlets.Again(c.ctx, user, o.ID, id, q.Reason); err != nil {
		return err
	}
	return printOne(c, lineOfOutlet(o))
}

type outletPauseCmd struct{ ofOutlet }

// Do holds an outlet.
func (q *outletPauseCmd) Do(c *call, h *House) error { return q.pause(c, h, true) }

type outletResumeCmd struct{ ofOutlet }

// Do lets an outlet go on.
func (q *outletResumeCmd) Do(c *call, h *House) error { return q.pause(c, h, false) }

func (q *ofOutlet) pause(c *call, h *House, on bool) error {
	outlets, o, err := c.outlet(h, q.Outlet)
	if err != nil {
		return err
	}
	if o, err = outlets.Pause(c.ctx, user, o.ID, on, q.Reason); err != nil {
		return err
	}
	return printOne(c, lineOfOutlet(o))
}

type outletRotateCmd struct{ ofOutlet }

func (outletRotateCmd) Shape() any { return outletKey{} }

// Do replaces the signing key.
func (q *outletRotateCmd) Do(c *call, h *House) error {
	outlets, o, err := c.outlet(h, q.Outlet)
	if err != nil {
		return err
	}
	o, secret, err := outlets.Rotate(c.ctx, user, o.ID, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, outletKey{lineOfOutlet(o), secret})
}

type outletRemoveCmd struct{ ofOutlet }

// Effect is what deleting means.
func (q *outletRemoveCmd) Effect() [2]string {
	return [2]string{"将删除推送 " + q.Outlet + "，连同等待中的和记录", "this deletes outlet " + q.Outlet + " with what waits and its log"}
}

// Do forgets an outlet.
func (q *outletRemoveCmd) Do(c *call, h *House) error {
	outlets, o, err := c.outlet(h, q.Outlet)
	if err != nil {
		return err
	}
	if err := outlets.Drop(c.ctx, user, o.ID, q.Reason); err != nil {
		return err
	}
	return printOne(c, lineOfOutlet(o))
}
