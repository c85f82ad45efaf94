package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Moments is what is posted on employees' pages (客户朋友圈), who confirmed it and who reacted.
type Moments interface {
	List(ctx context.Context, a community.AccountKey, days int) ([]community.Moment, error)
	Reactions(ctx context.Context, moment string, p community.Page) ([]community.MomentReaction, int, error)
	Sums(ctx context.Context) (map[string][2]int64, error)
	Post(ctx context.Context, user string, a community.AccountKey, order community.MomentOrder, pictures []community.ID, reason string) (string, error)
}

func (c *call) moments(h *House) (Moments, error) { return inOrg(c, h, h.Moments) }

type momentCmd struct {
	List  momentListCmd `cmd:"" help:"列出客户朋友圈和确认情况|list moments and who confirmed them"`
	Show  momentShowCmd `cmd:"" help:"一条的员工确认情况|one moment, employee by employee"`
	New   momentNewCmd  `cmd:"" help:"交给员工发一条|hand one to the employees"`
	Who   momentWhoCmd  `cmd:"" help:"谁点了赞、评论了|who liked and commented"`
	Leads shortLeadsCmd `cmd:"" help:"给朋友圈点赞、评论的人|who reacted to moments"`
}

// saidBy is an error in the connection's own words where it has some.
func (c *call) saidBy(err error) error {
	if said := c.lang.pick(connect.SayOf(err)); said != "" {
		return failed(err, "%s", "%s", said)
	}
	return err
}

// momentLine is a moment as verbs print it.
type momentLine struct {
	ID        string `json:"id" col:"编号|id"`
	At        Moment `json:"at" col:"时间|when"`
	Text      string `json:"text" col:"内容|text"`
	Pictures  int    `json:"pictures" col:"图片|pictures"`
	Link      string `json:"link" col:"链接|link"`
	Partly    bool   `json:"some_contacts_only" col:"部分可见|some see it"`
	Published int    `json:"published" col:"已发表|published"`
	Employees int    `json:"employees" col:"员工|employees"`
	Likes     int64  `json:"likes" col:"赞|likes"`
	Comments  int64  `json:"comments" col:"评论|comments"`
	Creator   string `json:"creator"`
}

type momentListCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Days    int    `default:"30" help:"最近几天，最多 30|days back, at most 30"`
}

func (momentListCmd) Shape() any { return rowsOf[momentLine]() }
func (momentListCmd) Examples() []example {
	return []example{{"moment list 企业微信 --days 7", [2]string{"最近一周的", "those of the last week"}}}
}

// Do lists moments.
func (q *momentListCmd) Do(c *call, h *House) error {
	moments, a, err := ofAccount(c, h, h.Moments, q.Account)
	if err != nil {
		return err
	}
	list, err := moments.List(c.ctx, a.Key, q.Days)
	if err != nil {
		return c.saidBy(err)
	}
	sums, err := moments.Sums(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(m community.Moment) momentLine {
		n := sums[m.ID]
		return momentLine{m.ID, Moment(m.At), m.Text, m.Pictures, m.Link, m.Partly, m.Published(), len(m.Posts), n[0], n[1], m.Creator}
	}), len(list))
}

// momentPostLine is one employee's part in a moment.
type momentPostLine struct {
	Employee  string `json:"employee" col:"员工|employee"`
	Name      string `json:"name" col:"名字|name"`
	Published bool   `json:"published" col:"已发表|published"`
}

type momentShowCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Moment  string `arg:"" help:"朋友圈编号，见 moment list|id of the moment; see moment list"`
}

func (momentShowCmd) Shape() any          { return rowsOf[momentPostLine]() }
func (momentShowCmd) Examples() []example { return nil }

// Do shows who has confirmed a moment.
func (q *momentShowCmd) Do(c *call, h *House) error {
	moments, a, err := ofAccount(c, h, h.Moments, q.Account)
	if err != nil {
		return err
	}
	list, err := moments.List(c.ctx, a.Key, 30)
	if err != nil {
		return c.saidBy(err)
	}
	for _, m := range list {
		if m.ID == q.Moment {
			return printList(c, mapped(m.Posts, func(p community.MomentPost) momentPostLine { return momentPostLine{p.Employee, p.Name, p.Published} }), len(m.Posts))
		}
	}
	return community.Errorf(community.CodeNotFound, "moment %s: not among those of the last 30 days", q.Moment)
}

// momentReactionLine is what one contact did under a moment.
type momentReactionLine struct {
	Moment   string `json:"moment" col:"朋友圈|moment"`
	Member   string `json:"member" col:"成员|member"`
	Name     string `json:"name" col:"名字|name"`
	Likes    int64  `json:"likes" col:"赞|likes"`
	Comments int64  `json:"comments" col:"评论|comments"`
	Last     Moment `json:"last_at" col:"最近|last"`
}

type momentWhoCmd struct {
	Moment string `arg:"" optional:"" help:"朋友圈编号；不填是全部|id of the moment; all by default"`
	paging
}

func (momentWhoCmd) Shape() any          { return rowsOf[momentReactionLine]() }
func (momentWhoCmd) Examples() []example { return nil }

// Do lists who reacted.
func (q *momentWhoCmd) Do(c *call, h *House) error {
	moments, err := c.moments(h)
	if err != nil {
		return err
	}
	list, total, err := moments.Reactions(c.ctx, q.Moment, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(r community.MomentReaction) momentReactionLine {
		return momentReactionLine{r.Moment, r.Member.ID.String(), r.Member.Name, r.Likes, r.Comments, Moment(r.Last)}
	}), total)
}

type momentNewCmd struct {
	Account  string   `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Text     string   `help:"内容|the text"`
	File     []string `placeholder:"FILE" help:"图片，JPG 或 PNG（可重复，最多 9 张）|picture, JPG or PNG (repeatable, at most 9)"`
	Link     string   `placeholder:"URL" help:"链接，不能与图片同时有|link, not together with pictures"`
	LinkName string   `name:"link-title" help:"链接的标题|the link's title"`
	Employee []string `placeholder:"USERID" help:"由谁发（可重复），默认全部员工|who posts it (repeatable), by default all employees"`
	Tag      []string `help:"哪些客户看得到：有这个标签的（可重复）|who sees it: contacts with this tag (repeatable)"`
	Reason   string   `placeholder:"TEXT" help:"原因|why"`
}

// momentMade is what came of handing a moment to employees.
type momentMade struct {
	ID string `json:"id" col:"编号|id"` // "" while the platform still makes the tasks
}

func (momentNewCmd) Shape() any { return momentMade{} }
func (momentNewCmd) Examples() []example {
	return []example{{"moment new 企业微信 --text 周六读书会 --file 海报.png --tag 读书/活跃 --yes", [2]string{"带图，只给有标签的客户看", "with a picture, for contacts with a tag"}}}
}

// Effect is what doing it means.
func (q *momentNewCmd) Effect() [2]string {
	return [2]string{"将交给员工在客户朋友圈发表", "this asks the employees to publish it"}
}

// Do hands a moment to the employees.
func (q *momentNewCmd) Do(c *call, h *House) error {
	moments, a, err := ofAccount(c, h, h.Moments, q.Account)
	if err != nil {
		return err
	}
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	var ids []community.ID
	for _, name := range q.File {
		piece, err := c.keepFile(plans, name)
		if err != nil {
			return err
		}
		ids = append(ids, piece.File)
	}
	order := community.MomentOrder{Text: q.Text, Link: q.Link, LinkTitle: q.LinkName, Employees: q.Employee, Tags: q.Tag}
	if order.Link != "" && order.LinkTitle == "" {
		order.LinkTitle = firstWords(q.Text)
	}
	id, err := moments.Post(c.ctx, user, a.Key, order, ids, q.Reason)
	if err != nil {
		return c.saidBy(err)
	}
	return printOne(c, momentMade{id})
}
