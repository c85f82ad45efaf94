package cli

import (
	"context"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// Shorts is what the command line asks and changes of short links, and what a member did besides speaking.
type Shorts interface {
	Find(ctx context.Context, p community.Page) ([]admit.Short, int, error)
	ByID(ctx context.Context, id community.ID) (admit.Short, error)
	New(ctx context.Context, user string, l admit.Short, reason string) (admit.Short, error)
	Close(ctx context.Context, user string, id community.ID, closed bool, reason string) error
	Days(ctx context.Context, id community.ID, days int) ([]admit.ShortDay, error)
	Readers(ctx context.Context, id community.ID, p community.Page) ([]admit.Reading, int, error)
	For(ctx context.Context, id, member community.ID) (string, error)
	Trail(ctx context.Context, m community.MemberKey) ([]community.Event, error)
	Leads(ctx context.Context, p community.Page) ([]admit.Lead, int, error)
}

type shortCmd struct {
	List    shortListCmd    `cmd:"" help:"列出短链|list short links"`
	New     shortNewCmd     `cmd:"" help:"新建短链|make one"`
	Readers shortReadersCmd `cmd:"" help:"谁读了，读了几次|who read it, and how often"`
	Days    shortDaysCmd    `cmd:"" help:"按天打开次数|openings by day"`
	For     shortForCmd     `cmd:"" help:"一个人自己的地址|the address of one person"`
	Trail   shortTrailCmd   `cmd:"" help:"一个人的关注、扫码、菜单点击|one person's follows, scans and menu clicks"`
	Leads   shortLeadsCmd   `cmd:"" help:"给朋友圈点赞、评论的人|who reacted to moments"`
	Close   shortCloseCmd   `cmd:"" help:"停用|close one"`
	Open    shortOpenCmd    `cmd:"" help:"再启用|open it again"`
}

// shortLine is a short link as verbs print it.
type shortLine struct {
	ID      string `json:"id" col:"编号|id"`
	Title   string `json:"title" col:"名称|name"`
	For     string `json:"for" col:"用途|for"`
	Path    string `json:"path" col:"地址|path"`
	Target  string `json:"target" col:"去处|target"`
	People  int64  `json:"readers" col:"读的人|readers"`
	Made    int64  `json:"given_to" col:"发给|given to"`
	Known   int64  `json:"opened_by_person" col:"按人打开|by person"`
	Unknown int64  `json:"opened_by_unknown" col:"不知道是谁|by unknown"`
	Created Moment `json:"created_at" col:"建立|made"`
	Closed  Moment `json:"closed_at"`
}

func lineOfShort(l admit.Short) shortLine {
	return shortLine{l.ID.String(), l.Title, l.For, "/l/" + l.Slug, l.Target, l.People, l.Made, l.Known, l.Unknown, Moment(l.Created), Moment(l.Closed)}
}

func (c *call) shorts(h *House) (Shorts, error) { return inOrg(c, h, h.Shorts) }

func (c *call) onShort(h *House, text string, do func(Shorts, community.ID) error) error {
	id, err := idOf(text)
	if err != nil {
		return err
	}
	shorts, err := c.shorts(h)
	if err != nil {
		return err
	}
	return do(shorts, id)
}

func (c *call) printShort(shorts Shorts, id community.ID) error {
	l, err := shorts.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfShort(l))
}

type shortListCmd struct{ paging }

func (shortListCmd) Shape() any          { return rowsOf[shortLine]() }
func (shortListCmd) Examples() []example { return nil }

// Do lists short links.
func (q *shortListCmd) Do(c *call, h *House) error {
	shorts, err := c.shorts(h)
	if err != nil {
		return err
	}
	list, total, err := shorts.Find(c.ctx, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfShort), total)
}

type shortNewCmd struct {
	Target string `arg:"" help:"去处，https:// 开头；定了就不能改|where it leads, https://…; it cannot be changed later"`
	Title  string `required:"" placeholder:"TEXT" help:"名称，只给自己看|a name, for yourselves"`
	For    string `enum:"article,moment,other" default:"article" help:"article 文章，moment 个人朋友圈的一帖，other 其他|article, moment (one post) or other"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (shortNewCmd) Shape() any { return shortLine{} }
func (shortNewCmd) Examples() []example {
	return []example{{"short new https://mp.weixin.qq.com/s/abc --title 第三章导读", [2]string{"给文章做一条短链", "a short link for an article"}}}
}

// Do makes a short link.
func (q *shortNewCmd) Do(c *call, h *House) error {
	shorts, err := c.shorts(h)
	if err != nil {
		return err
	}
	made, err := shorts.New(c.ctx, user, admit.Short{Title: q.Title, Target: q.Target, For: q.For}, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfShort(made))
}

// readerLine is what one person opened, as verbs print it.
type readerLine struct {
	Member string `json:"member" col:"成员|member"`
	Name   string `json:"name" col:"名字|name"`
	Opens  int64  `json:"opens" col:"打开|opens"`
	First  Moment `json:"first_at" col:"第一次|first"`
	Last   Moment `json:"last_at" col:"最近|last"`
}

type shortReadersCmd struct {
	ID string `arg:"" help:"编号|id"`
	paging
}

func (shortReadersCmd) Shape() any          { return rowsOf[readerLine]() }
func (shortReadersCmd) Examples() []example { return nil }

// Do lists who read what a short link leads to.
func (q *shortReadersCmd) Do(c *call, h *House) error {
	return c.onShort(h, q.ID, func(shorts Shorts, id community.ID) error {
		list, total, err := shorts.Readers(c.ctx, id, q.page())
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(r admit.Reading) readerLine {
			return readerLine{r.Member.ID.String(), r.Member.Name, r.Opens, Moment(r.First), Moment(r.Last)}
		}), total)
	})
}

// openedLine is one day of a short link as verbs print it.
type openedLine struct {
	Day     string `json:"day" col:"日期|day"`
	Known   int64  `json:"opened_by_person" col:"按人打开|by person"`
	Unknown int64  `json:"opened_by_unknown" col:"不知道是谁|by unknown"`
}

type shortDaysCmd struct {
	ID   string `arg:"" help:"编号|id"`
	Days int    `default:"30" help:"最近几天|days back"`
}

func (shortDaysCmd) Shape() any          { return rowsOf[openedLine]() }
func (shortDaysCmd) Examples() []example { return nil }

// Do lists openings by day.
func (q *shortDaysCmd) Do(c *call, h *House) error {
	return c.onShort(h, q.ID, func(shorts Shorts, id community.ID) error {
		list, err := shorts.Days(c.ctx, id, max(1, min(q.Days, 366)))
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(d admit.ShortDay) openedLine {
			return openedLine{time.Unix(d.Day*86400, 0).UTC().Format(time.DateOnly), d.Known, d.Unknown}
		}), len(list))
	})
}

// ownLine is one person's own address.
type ownLine struct {
	Path string `json:"path" col:"地址|path"`
}

type shortForCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Member string `arg:"" help:"成员的编号或名字|the member's id or name"`
}

func (shortForCmd) Shape() any          { return ownLine{} }
func (shortForCmd) Examples() []example { return nil }

// Do gives the address of one person.
func (q *shortForCmd) Do(c *call, h *House) error {
	return c.onShort(h, q.ID, func(shorts Shorts, id community.ID) error {
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		m, err := c.member(desk, 0, q.Member)
		if err != nil {
			return err
		}
		path, err := shorts.For(c.ctx, id, m.ID)
		if err != nil {
			return err
		}
		return printOne(c, ownLine{path})
	})
}

// trailLine is something a member did besides speaking.
type trailLine struct {
	At     Moment `json:"at" col:"时间|time"`
	Type   string `json:"type" col:"做了什么|did"`
	Mark   string `json:"mark" col:"标记|mark"`
	Detail string `json:"detail" col:"内容|what"`
}

type shortTrailCmd struct {
	Member string `arg:"" help:"成员的编号或名字|the member's id or name"`
}

func (shortTrailCmd) Shape() any          { return rowsOf[trailLine]() }
func (shortTrailCmd) Examples() []example { return nil }

// Do lists what a member did besides speaking.
func (q *shortTrailCmd) Do(c *call, h *House) error {
	shorts, err := c.shorts(h)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	m, err := c.member(desk, 0, q.Member)
	if err != nil {
		return err
	}
	list, err := shorts.Trail(c.ctx, m.Key)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(ev community.Event) trailLine {
		return trailLine{Moment(ev.OccurredAt), string(ev.Type), ev.Body.State, ev.Body.Text}
	}), len(list))
}

// leadLine is somebody who reacted to moments, as verbs print it.
type leadLine struct {
	Member   string `json:"member" col:"成员|member"`
	Name     string `json:"name" col:"名字|name"`
	Likes    int64  `json:"likes" col:"赞|likes"`
	Comments int64  `json:"comments" col:"评论|comments"`
	Last     Moment `json:"last_at" col:"最近|last"`
}

type shortLeadsCmd struct{ paging }

func (shortLeadsCmd) Shape() any          { return rowsOf[leadLine]() }
func (shortLeadsCmd) Examples() []example { return nil }

// Do lists who reacted to moments.
func (q *shortLeadsCmd) Do(c *call, h *House) error {
	shorts, err := c.shorts(h)
	if err != nil {
		return err
	}
	list, total, err := shorts.Leads(c.ctx, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(l admit.Lead) leadLine {
		return leadLine{l.Member.ID.String(), l.Member.Name, l.Likes, l.Comments, Moment(l.Last)}
	}), total)
}

type shortCloseCmd struct{ moveArgs }

func (shortCloseCmd) Shape() any          { return shortLine{} }
func (shortCloseCmd) Examples() []example { return nil }

// Do closes a short link.
func (q *shortCloseCmd) Do(c *call, h *House) error { return q.short(c, h, true) }

type shortOpenCmd struct{ moveArgs }

func (shortOpenCmd) Shape() any          { return shortLine{} }
func (shortOpenCmd) Examples() []example { return nil }

// Do opens a short link again.
func (q *shortOpenCmd) Do(c *call, h *House) error { return q.short(c, h, false) }

func (q moveArgs) short(c *call, h *House, closed bool) error {
	return c.onShort(h, q.ID, func(shorts Shorts, id community.ID) error {
		if err := shorts.Close(c.ctx, user, id, closed, q.Reason); err != nil {
			return err
		}
		return c.printShort(shorts, id)
	})
}
