package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// Drafts is what the command line asks and changes of drafts for many channels.
type Drafts interface {
	Find(ctx context.Context, away bool, at community.Page) ([]plan.Manuscript, int, error)
	Get(ctx context.Context, id community.ID) (plan.Manuscript, error)
	Save(ctx context.Context, user string, id community.ID, seen int64, w plan.Writing, note string) (plan.Manuscript, error)
	Versions(ctx context.Context, id community.ID) ([]plan.WritingVersion, error)
	Archive(ctx context.Context, user string, id community.ID, away bool, reason string) (plan.Manuscript, error)
	Boxes(ctx context.Context) ([]community.Account, error)
	Looks(ctx context.Context, id community.ID) ([]plan.Look, error)
	Stands(ctx context.Context, id community.ID) ([]plan.Stand, error)
	Send(ctx context.Context, user string, id community.ID, channels []plan.Channel, force string) ([]plan.Stand, error)
	Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error)
	Withdraw(ctx context.Context, user string, id community.ID, reason string) error
}

type draftCmd struct {
	List     draftListCmd     `cmd:"" help:"列出稿子|list drafts"`
	Show     draftShowCmd     `cmd:"" help:"一份稿子|one draft"`
	Add      draftAddCmd      `cmd:"" help:"写一份|write one"`
	Edit     draftEditCmd     `cmd:"" help:"改成下一版|write the next version"`
	Versions draftVersionsCmd `cmd:"" help:"各版本和改了什么|versions, and what each changed"`
	Preview  draftPreviewCmd  `cmd:"" help:"在每一处会是什么样|what it becomes in each place"`
	Check    draftCheckCmd    `cmd:"" help:"每一处有什么不合适|what is found in each place"`
	Send     draftSendCmd     `cmd:"" help:"发到各处；失败的再发|send it, or again where it failed"`
	Status   draftStatusCmd   `cmd:"" help:"每一处的结果|what came of each place"`
	Withdraw draftWithdrawCmd `cmd:"" help:"撤回它的网页|withdraw its page"`
	Archive  draftArchiveCmd  `cmd:"" help:"收起|put away"`
	Back     draftBackCmd     `cmd:"" help:"取回收起的|take out again"`
}

func (c *call) drafts(h *House) (Drafts, error) { return inOrg(c, h, h.Drafts) }

// onDraft does something with a draft.
func (c *call) onDraft(h *House, text string, do func(Drafts, community.ID) error) error {
	id, err := idOf(text)
	if err != nil {
		return err
	}
	drafts, err := c.drafts(h)
	if err != nil {
		return err
	}
	return do(drafts, id)
}

// draftLine is a draft as verbs print it.
type draftLine struct {
	ID       string   `json:"id" col:"编号|id"`
	Title    string   `json:"title" col:"标题|title"`
	Version  int      `json:"version" col:"版本|version"`
	Updated  Moment   `json:"updated_at" col:"最近改动|last change"`
	Archived bool     `json:"archived" col:"收起|put away"`
	Author   string   `json:"author"`
	Text     string   `json:"text"`
	Brief    string   `json:"brief"`
	Link     string   `json:"link"`
	Pictures []string `json:"pictures"`
	Cover    string   `json:"cover"`
	Class    string   `json:"class"`
	Ad       string   `json:"advertisement"` // class, price, link; "" = it is none
	Changed  int64    `json:"changed"`
}

func draftLineOf(m plan.Manuscript) draftLine {
	return draftLine{m.ID.String(), m.Title, m.Version, Moment(m.Updated), m.Archived, m.Author, m.Text, m.Brief, m.Link.URL, append([]string{}, mapped(m.Pictures, func(p plan.Piece) string { return p.Name })...),
		m.Cover.Name, string(m.Class), m.Advertises(), m.Changed}
}

func (c *call) printDraft(m plan.Manuscript, err error) error {
	if err != nil {
		return err
	}
	return printOne(c, draftLineOf(m))
}

type draftListCmd struct {
	Away bool `help:"看收起的|those put away"`
	paging
}

func (draftListCmd) Shape() any          { return rowsOf[draftLine]() }
func (draftListCmd) Examples() []example { return nil }

// Do lists drafts.
func (q *draftListCmd) Do(c *call, h *House) error {
	drafts, err := c.drafts(h)
	if err != nil {
		return err
	}
	list, total, err := drafts.Find(c.ctx, q.Away, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, draftLineOf), total)
}

type draftShowCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (draftShowCmd) Shape() any          { return draftLine{} }
func (draftShowCmd) Examples() []example { return nil }

// Do shows a draft.
func (q *draftShowCmd) Do(c *call, h *House) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error { return c.printDraft(drafts.Get(c.ctx, id)) })
}

// draftAim are a draft's pictures and where it goes; embedded.
type draftAim struct {
	Picture  []string `placeholder:"FILE" help:"图片（可重复，最多 9 张）|picture (repeatable, at most 9)"`
	Cover    string   `placeholder:"FILE" help:"公众号文章的封面|cover of the article"`
	ToGroups *bool    `negatable:"" help:"发到群|to groups"`
	ToPage   *bool    `negatable:"" help:"做成网页|as a page"`
	Tag      []string `placeholder:"TAG" help:"有这个标签的群（可重复）|groups with this tag (repeatable)"`
	Group    []string `placeholder:"GROUP" help:"哪些群（可重复；不写就是所有符合的群）|which groups (repeatable; none = all that there are)"`
	Account  []string `placeholder:"ID" help:"放进哪些公众号的草稿箱（可重复）|into the draft boxes of which accounts (repeatable)"`
}

// over puts what was given in the place of what there was.
func (q draftAim) over(c *call, h *House, w plan.Writing) (plan.Writing, error) {
	if w.Link.URL == "" {
		w.Link = plan.Attached{}
	} else if w.Link.Title == "" {
		w.Link.Title = firstWords(w.Title)
	}
	if err := q.pictured(c, h, &w); err != nil {
		return w, err
	}
	return w, q.aimed(c, h, &w.To)
}

// pictured keeps the pictures that were given.
func (q draftAim) pictured(c *call, h *House, w *plan.Writing) error {
	if len(q.Picture) == 0 && q.Cover == "" {
		return nil
	}
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	if len(q.Picture) > 0 {
		if w.Pictures, err = c.keepPieces(plans, q.Picture, appFile{}); err != nil {
			return err
		}
	}
	if q.Cover != "" {
		w.Cover, err = c.keepFile(plans, q.Cover)
	}
	return err
}

// aimed reads where it goes.
func (q draftAim) aimed(c *call, h *House, to *plan.To) error {
	if q.ToPage != nil {
		to.Page = *q.ToPage
	}
	if len(q.Tag) > 0 {
		to.Groups, to.Filter.Tags = true, q.Tag
	}
	if len(q.Group) > 0 {
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		to.Groups = true
		if to.Filter.Groups, err = c.groupKeys(desk, q.Group); err != nil {
			return err
		}
	}
	if q.ToGroups != nil {
		to.Groups = *q.ToGroups
	}
	if len(q.Account) > 0 {
		to.Accounts = nil
		for _, text := range q.Account {
			id, err := idOf(text)
			if err != nil {
				return err
			}
			to.Accounts = append(to.Accounts, id)
		}
	}
	return nil
}

type draftAddCmd struct {
	Title     string `required:"" help:"标题|title"`
	Text      string `required:"" help:"正文，每行一段；单独一行 [图1] 是第一张图的位置|the text, a paragraph on each line; a line [pic 1] says where the first picture stands"`
	Author    string `help:"作者|author"`
	Brief     string `help:"群里用的短文，也是公众号摘要|short text for groups, and the digest of the article"`
	Link      string `help:"链接|link"`
	LinkTitle string `help:"链接标题|title of the link"`
	Class     string `enum:"useful,interactive,promotion" default:"useful" help:"类别：useful 实用、interactive 互动、promotion 营销|class: useful, interactive or promotion"`
	draftAim
	named
}

// Needs is what it takes.
func (*draftAddCmd) Needs() rights.Power { return rights.Write }

func (draftAddCmd) Shape() any { return draftLine{} }
func (draftAddCmd) Examples() []example {
	return []example{{"draft add --title 共读第三章 --text '读到第三章卡住了？今晚一起读。' --picture 封面.png --to-page --tag 读书 --json", [2]string{"一份稿子，做成网页并发到一类群", "a draft that becomes a page and goes to groups with a tag"}}}
}

// Do writes a draft.
func (q *draftAddCmd) Do(c *call, h *House) error {
	drafts, err := c.drafts(h)
	if err != nil {
		return err
	}
	w, err := q.over(c, h, plan.Writing{Title: q.Title, Author: q.Author, Text: q.Text, Brief: q.Brief, Link: plan.Attached{URL: q.Link, Title: q.LinkTitle}, Class: plan.Class(q.Class)})
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return c.printDraft(drafts.Save(c.ctx, who, community.ID{}, 0, w, ""))
}

type draftEditCmd struct {
	ID        string  `arg:"" help:"编号|id"`
	Title     *string `help:"标题|title"`
	Text      *string `help:"正文|the text"`
	Author    *string `help:"作者|author"`
	Brief     *string `help:"群里用的短文，也是公众号摘要|short text for groups, and the digest of the article"`
	Link      *string `help:"链接|link"`
	LinkTitle *string `help:"链接标题|title of the link"`
	Class     *string `enum:"useful,interactive,promotion" help:"类别：useful 实用、interactive 互动、promotion 营销|class: useful, interactive or promotion"`
	draftAim
	Note string `placeholder:"TEXT" help:"改了什么|what was changed"`
	named
}

// Needs is what it takes.
func (*draftEditCmd) Needs() rights.Power { return rights.Write }

func (draftEditCmd) Shape() any          { return draftLine{} }
func (draftEditCmd) Examples() []example { return nil }

// Do writes the next version.
func (q *draftEditCmd) Do(c *call, h *House) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error {
		was, err := drafts.Get(c.ctx, id)
		if err != nil {
			return err
		}
		w := was.Writing
		for _, f := range []struct {
			given *string
			into  *string
		}{{q.Title, &w.Title}, {q.Author, &w.Author}, {q.Text, &w.Text}, {q.Brief, &w.Brief}, {q.Link, &w.Link.URL}, {q.LinkTitle, &w.Link.Title}, {q.Class, (*string)(&w.Class)}} {
			if f.given != nil {
				*f.into = *f.given
			}
		}
		w, err = q.over(c, h, w)
		if err != nil {
			return err
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		return c.printDraft(drafts.Save(c.ctx, who, id, was.Changed, w, q.Note))
	})
}

// writtenVersion is one version with what it changed.
type writtenVersion struct {
	Version int                  `json:"version" col:"版本|version"`
	At      Moment               `json:"at" col:"时间|time"`
	User    string               `json:"user" col:"谁|who"`
	Note    string               `json:"note" col:"说明|note"`
	Fields  string               `json:"-" col:"改了|changed"`
	Changed []plan.WritingChange `json:"changed"`
}

type draftVersionsCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (draftVersionsCmd) Shape() any          { return rowsOf[writtenVersion]() }
func (draftVersionsCmd) Examples() []example { return nil }

// Do lists versions.
func (q *draftVersionsCmd) Do(c *call, h *House) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error {
		list, err := drafts.Versions(c.ctx, id)
		if err != nil {
			return err
		}
		var out []writtenVersion
		for n, v := range list {
			line := writtenVersion{Version: v.Version, At: Moment(v.At), User: v.User, Note: v.Note, Changed: []plan.WritingChange{}}
			if n+1 < len(list) {
				line.Changed = append(line.Changed, v.Against(list[n+1].Writing)...)
			}
			line.Fields = strings.Join(mapped(line.Changed, func(d plan.WritingChange) string { return d.Field }), ", ")
			out = append(out, line)
		}
		return printList(c, out, len(out))
	})
}

// draftPart is one thing that people see in a place.
type draftPart struct {
	Channel string `json:"channel" col:"去处|place"`
	Groups  int    `json:"groups" col:"群数|groups"`
	Way     string `json:"way" col:"方式|way"` // native, assisted, human; "" = no groups
	Part    string `json:"part" col:"部分|part"`
	Text    string `json:"text" col:"看到的|what is seen"`
	Cut     int    `json:"cut" col:"放不下的字数|characters left out"`
}

type draftPreviewCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (draftPreviewCmd) Shape() any          { return rowsOf[draftPart]() }
func (draftPreviewCmd) Examples() []example { return nil }

// Do shows what a draft becomes in each place.
func (q *draftPreviewCmd) Do(c *call, h *House) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error {
		looks, err := drafts.Looks(c.ctx, id)
		if err != nil {
			return err
		}
		var out []draftPart
		for _, l := range looks {
			for _, p := range l.Parts {
				out = append(out, draftPart{string(l.Channel), l.Groups, string(l.Level), p.Kind, cmp.Or(p.Text, p.Name), l.Cut})
			}
		}
		return printList(c, out, len(out))
	})
}

// draftNote is one thing found.
type draftNote struct {
	Channel  string `json:"channel" col:"去处|place"` // "" = everywhere
	Rule     string `json:"rule" col:"规则|rule"`
	Refuse   bool   `json:"refuse" col:"拦下|stops it"`
	Sentence string `json:"sentence" col:"句子|sentence"`
	Found    string `json:"found" col:"发现|found"`
	Reason   string `json:"reason" col:"原因|reason"`
	Instead  string `json:"instead"`
	Verified bool   `json:"verified"` // somebody compared it with its source
	Source   string `json:"source"`
}

type draftCheckCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (draftCheckCmd) Shape() any          { return rowsOf[draftNote]() }
func (draftCheckCmd) Examples() []example { return nil }

// Do lists what is found.
func (q *draftCheckCmd) Do(c *call, h *House) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error {
		m, err := drafts.Get(c.ctx, id)
		if err != nil {
			return err
		}
		looks, err := drafts.Looks(c.ctx, id)
		if err != nil {
			return err
		}
		var out []draftNote
		add := func(channel string, list []plan.Note) {
			for _, n := range list {
				out = append(out, draftNote{channel, n.Rule, n.Refuse, n.Sentence, strings.Trim(n.Link+" · "+n.Found, "– ·"), c.lang.pick(n.Reason), c.lang.pick(n.Instead), n.Verified, n.Source})
			}
		}
		for _, l := range looks {
			add(string(l.Channel), l.Notes)
		}
		add("", m.Wordings())
		return printList(c, out, len(out))
	})
}

// draftStand is where a draft stands in a place.
type draftStand struct {
	Channel   string `json:"channel" col:"去处|place"`
	State     string `json:"state" col:"状态|state"`
	Version   int    `json:"version" col:"版本|version"`
	Sent      int    `json:"sent" col:"已发|sent"`
	Open      int    `json:"open" col:"在办|under way"`
	Gone      int    `json:"not_sent" col:"没发成|not sent"`
	Why       string `json:"why" col:"原因|why"`
	At        Moment `json:"at" col:"时间|time"`
	Tries     int    `json:"tries"`
	Broadcast string `json:"broadcast"` // the mass send; "" = none
	Task      string `json:"task"`      // the task of a person; "" = none
	Handle    string `json:"handle"`    // the draft's id at the platform, or the page's code
	URL       string `json:"url"`       // of the page
}

// stands prints where a draft stands.
func (c *call) stands(drafts Drafts, id community.ID, list []plan.Stand) error {
	var out []draftStand
	for _, s := range list {
		n := s.Send.Counts
		line := draftStand{Channel: string(s.Channel), State: string(s.State), Version: s.Went.Version, Sent: n.Sent, Open: n.Open(), Gone: n.Failed + n.NotSent, Why: c.lang.pick(s.Went.Why), At: Moment(s.Went.At), Tries: s.Went.Tries, Handle: s.Went.Handle}
		switch {
		case s.Went.State == plan.ChannelTask:
			line.Task = s.Went.Ref.String()
		case !s.Send.ID.IsZero():
			line.Broadcast = s.Send.ID.String()
		}
		if s.Channel == plan.ChannelPage && s.Went.Handle != "" {
			_, short, err := drafts.Page(c.ctx, id)
			if err != nil {
				return err
			}
			base, _, _ := strings.Cut(short.Target, "/d/")
			line.URL = base + "/l/" + short.Slug
		}
		out = append(out, line)
	}
	return printList(c, out, len(out))
}

type draftStatusCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (draftStatusCmd) Shape() any          { return rowsOf[draftStand]() }
func (draftStatusCmd) Examples() []example { return nil }

// Do shows what came of each place.
func (q *draftStatusCmd) Do(c *call, h *House) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error {
		list, err := drafts.Stands(c.ctx, id)
		if err != nil {
			return err
		}
		return c.stands(drafts, id, list)
	})
}

type draftSendCmd struct {
	ID    string   `arg:"" help:"编号|id"`
	To    []string `placeholder:"CHANNEL" help:"去处，如 page、mp:编号、groups:wecom（可重复；不写就是所有未发的）|place, such as page, mp:ID or groups:wecom (repeatable; none = all where it has not gone)"`
	Force string   `placeholder:"REASON" help:"链接检查拦下仍要发的原因|why it goes although the link check stops it"`
	named
}

// Needs is what it takes.
func (*draftSendCmd) Needs() rights.Power { return rights.Write }

func (draftSendCmd) Shape() any { return rowsOf[draftStand]() }
func (draftSendCmd) Examples() []example {
	return []example{{"draft send ID --to page --to groups:wecom --yes", [2]string{"先做成网页，再发企业微信的群", "as a page, then to groups on WeCom"}}}
}

// Do sends a draft, after saying where.
func (q *draftSendCmd) Do(c *call, h *House) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error {
		list, err := drafts.Stands(c.ctx, id)
		if err != nil {
			return err
		}
		var where []string
		for _, s := range list {
			if slices.Contains(q.To, string(s.Channel)) || len(q.To) == 0 && s.State == plan.ChannelIdle {
				where = append(where, fmt.Sprintf("%s (%d)", s.Channel, s.Groups))
			}
		}
		if err := c.confirm(fmt.Sprintf(c.lang.pick([2]string{"发到：%s", "it goes to: %s"}), strings.Join(where, ", "))); err != nil {
			return err
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		if list, err = drafts.Send(c.ctx, who, id, mapped(q.To, func(s string) plan.Channel { return plan.Channel(s) }), q.Force); err != nil {
			return err
		}
		return c.stands(drafts, id, list)
	})
}

type draftWithdrawCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
	named
}

// Needs is what it takes.
func (*draftWithdrawCmd) Needs() rights.Power { return rights.Write }

func (draftWithdrawCmd) Shape() any          { return rowsOf[draftStand]() }
func (draftWithdrawCmd) Examples() []example { return nil }

// Do withdraws a draft's page.
func (q *draftWithdrawCmd) Do(c *call, h *House) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error {
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		if err := drafts.Withdraw(c.ctx, who, id, q.Reason); err != nil {
			return err
		}
		list, err := drafts.Stands(c.ctx, id)
		if err != nil {
			return err
		}
		return c.stands(drafts, id, list)
	})
}

// draftMove are the arguments of verbs that put away and take out.
type draftMove struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

// Needs is what it takes.
func (*draftMove) Needs() rights.Power { return rights.Write }

func (draftMove) Shape() any          { return draftLine{} }
func (draftMove) Examples() []example { return nil }

func (q *draftMove) move(c *call, h *House, away bool) error {
	return c.onDraft(h, q.ID, func(drafts Drafts, id community.ID) error {
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		return c.printDraft(drafts.Archive(c.ctx, who, id, away, q.Reason))
	})
}

type draftArchiveCmd struct{ draftMove }

// Do puts a draft away.
func (q *draftArchiveCmd) Do(c *call, h *House) error { return q.move(c, h, true) }

type draftBackCmd struct{ draftMove }

// Do takes a draft out again.
func (q *draftBackCmd) Do(c *call, h *House) error { return q.move(c, h, false) }
