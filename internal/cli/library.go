package cli

import (
	"context"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
	"qunluo/internal/shelf"
)

// Libraries is what the command line asks and changes of the library.
type Libraries interface {
	Find(ctx context.Context, f shelf.Filter) ([]shelf.Item, int, error)
	Get(ctx context.Context, id community.ID) (shelf.Item, error)
	Standing(i shelf.Item) string
	Save(ctx context.Context, user string, id community.ID, seen int64, kind shelf.Kind, content shelf.Content, note string) (shelf.Item, error)
	Versions(ctx context.Context, id community.ID) ([]shelf.Version, error)
	Restore(ctx context.Context, user string, id community.ID, version int, note string) (shelf.Item, error)
	Archive(ctx context.Context, user string, id community.ID, away bool, reason string) (shelf.Item, error)
	ToCalendar(ctx context.Context, user string, id community.ID, o shelf.Order, content plan.Content) (plan.Item, error)
	ToBroadcast(ctx context.Context, user string, id community.ID, o shelf.Order, b plan.Broadcast) (plan.Broadcast, error)
	Preview(ctx context.Context, id community.ID, o shelf.Order) ([]shelf.Preview, error)
	Uses(ctx context.Context, id community.ID) (list []shelf.Use, beyond int, err error)
	Said(ctx context.Context, id community.ID) ([]shelf.SaidOf, error)
	Greet(ctx context.Context, user string, id community.ID, g community.GroupKey, note string) (int, error)
	Exclusive(ctx context.Context, user string, id community.ID, groups []community.GroupKey, reason string) (shelf.Item, error)
	Release(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	Mine(ctx context.Context, user string, id, member community.ID) (string, error)
}

type libraryCmd struct {
	List     libraryListCmd     `cmd:"" help:"列出素材|list items"`
	Show     libraryShowCmd     `cmd:"" help:"一份素材|one item"`
	Add      libraryAddCmd      `cmd:"" help:"新建|make one"`
	Edit     libraryEditCmd     `cmd:"" help:"改成下一版|write the next version"`
	Versions libraryVersionsCmd `cmd:"" help:"各版本和改了什么|versions, and what each changed"`
	Restore  libraryRestoreCmd  `cmd:"" help:"恢复到某一版（写成新的一版）|write an earlier version anew"`
	Archive  libraryArchiveCmd  `cmd:"" help:"收起|put away"`
	Back     libraryBackCmd     `cmd:"" help:"取回收起的|take out again"`
	Preview  libraryPreviewCmd  `cmd:"" help:"填好变量，在各平台会是什么样|what each platform would get, with its variables filled in"`
	Uses     libraryUsesCmd     `cmd:"" help:"用在了哪里|where it was used"`
	Plan     libraryPlanCmd     `cmd:"" help:"放进内容日历（草稿）|put into the content calendar, as a draft"`
	Send     librarySendCmd     `cmd:"" help:"用来群发|make a mass send of it"`

	Said  librarySaidCmd  `cmd:"" help:"按名字发出了多少次，各版本|how often it was sent by name, by version"`
	Greet libraryGreetCmd `cmd:"" help:"用作一个群的欢迎语（按名字，总是当时的版本）|let it greet who comes into a group, by name"`

	Exclusive libraryExclusiveCmd `cmd:"" help:"设为专属：只对某些群的现任成员开放，或取消|open to the current members of some groups only, or to all again"`
	Mine      libraryMineCmd      `cmd:"" help:"给一个成员的专属链接|a member's own link to an exclusive item"`
	Release   libraryReleaseCmd   `cmd:"" help:"放行：专属内容可以发到另一个群|let an exclusive item go to another group"`
}

func (c *call) libraries(h *House) (Libraries, error) { return inOrg(c, h, h.Libraries) }

// libraryLine is an item as verbs print it.
type libraryLine struct {
	ID        string       `json:"id" col:"编号|id"`
	Kind      string       `json:"kind" col:"种类|kind"`
	Title     string       `json:"title" col:"标题|title"`
	Tags      []string     `json:"tags" col:"标签|tags"`
	Expires   string       `json:"expires" col:"有效到|good until"`
	Standing  string       `json:"standing" col:"状态|stands"` // good, soon, expired
	Version   int          `json:"version" col:"版本|version"`
	Archived  bool         `json:"archived" col:"收起|put away"`
	Exclusive bool         `json:"exclusive" col:"专属|exclusive"`
	Text      string       `json:"text"`
	URL       string       `json:"url"`
	Poster    string       `json:"poster"`
	Files     []shelf.File `json:"files"`
	Variables []string     `json:"variables"`
}

func libraryLineOf(lib Libraries) func(i shelf.Item) libraryLine {
	return func(i shelf.Item) libraryLine {
		return libraryLine{i.ID.String(), string(i.Kind), i.Title, append([]string{}, i.Tags...), i.Expires, lib.Standing(i), i.Version, i.Archived, i.Exclusive, i.Text, i.URL, i.Poster,
			append([]shelf.File{}, i.Files...), append([]string{}, shelf.Variables(i.Text)...)}
	}
}

// onLibrary does something with an item.
func (c *call) onLibrary(h *House, text string, do func(Libraries, community.ID) error) error {
	id, err := idOf(text)
	if err != nil {
		return err
	}
	lib, err := c.libraries(h)
	if err != nil {
		return err
	}
	return do(lib, id)
}

func (c *call) printLibrary(lib Libraries, i shelf.Item, err error) error {
	if err != nil {
		return err
	}
	return printOne(c, libraryLineOf(lib)(i))
}

type libraryListCmd struct {
	Kind    string `enum:",post,welcome,script,file,picture,poster" default:"" help:"种类：post、welcome、script、file、picture、poster|kind: post, welcome, script, file, picture or poster"`
	Tag     string `help:"有这个标签的|that wear this tag"`
	Text    string `help:"标题或正文里有这些字|that hold these words"`
	Expired string `placeholder:"DATE" help:"这天之前过期的|whose last day comes before this one"`
	Away    bool   `help:"看收起的|those put away"`
	paging
}

func (libraryListCmd) Shape() any { return rowsOf[libraryLine]() }
func (libraryListCmd) Examples() []example {
	return []example{{"library list --kind script --tag 售后 --json", [2]string{"售后的话术", "scripts for after the sale"}}}
}

// Do lists items.
func (q *libraryListCmd) Do(c *call, h *House) error {
	lib, err := c.libraries(h)
	if err != nil {
		return err
	}
	list, total, err := lib.Find(c.ctx, shelf.Filter{Kind: shelf.Kind(q.Kind), Tag: q.Tag, Text: q.Text, Expired: q.Expired, Archived: q.Away, Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(list, libraryLineOf(lib)), total)
}

type libraryShowCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (libraryShowCmd) Shape() any          { return libraryLine{} }
func (libraryShowCmd) Examples() []example { return nil }

// Do shows an item.
func (q *libraryShowCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		i, err := lib.Get(c.ctx, id)
		return c.printLibrary(lib, i, err)
	})
}

// libraryText is what is written of an item; embedded.
type libraryText struct {
	Title   *string  `help:"标题|title"`
	Text    *string  `help:"正文，可用变量如 {group} {date} {link}，也可自定，如 {price}|the text; may hold variables such as {group} {date} {link}, or one's own, such as {price}"`
	URL     *string  `name:"url" help:"指向的地址|where it leads"`
	Poster  *string  `help:"海报的名字|name of a poster"`
	Tags    *string  `help:"标签，逗号隔开|tags, between commas"`
	Expires *string  `placeholder:"DATE" help:"有效到哪天|the last day on which it may be sent"`
	File    []string `placeholder:"FILE" help:"文件或图片（可重复，最多 9 个）|file or picture (repeatable, at most 9)"`
}

// over puts what was given in the place of what there was.
func (q libraryText) over(c *call, h *House, was shelf.Content) (shelf.Content, error) {
	for _, f := range []struct {
		given *string
		into  *string
	}{{q.Title, &was.Title}, {q.Text, &was.Text}, {q.URL, &was.URL}, {q.Poster, &was.Poster}, {q.Expires, &was.Expires}} {
		if f.given != nil {
			*f.into = *f.given
		}
	}
	if q.Tags != nil {
		was.Tags = shelf.Tags(*q.Tags)
	}
	if len(q.File) == 0 {
		return was, nil
	}
	plans, err := c.plans(h)
	if err != nil {
		return was, err
	}
	pieces, err := c.keepPieces(plans, q.File, appFile{})
	was.Files = mapped(pieces, func(p plan.Piece) shelf.File {
		return shelf.File{ID: p.File, Name: p.Name, Type: p.Type, Bytes: p.Bytes}
	})
	return was, err
}

type libraryAddCmd struct {
	Kind string `arg:"" enum:"post,welcome,script,file,picture,poster" help:"种类：post 帖文、welcome 欢迎语、script 话术、file 文件、picture 图片、poster 海报|kind: post, welcome, script, file, picture or poster"`
	libraryText
	named
}

func (libraryAddCmd) Shape() any { return libraryLine{} }
func (libraryAddCmd) Examples() []example {
	return []example{{"library add script --title 催付 --text '{name}，{group}的名额还剩 {left} 个' --tags 售前,催付 --expires 2026-12-31", [2]string{"一条话术，到年底有效", "a script that is good until the year's end"}}}
}

// Do makes an item.
func (q *libraryAddCmd) Do(c *call, h *House) error {
	lib, err := c.libraries(h)
	if err != nil {
		return err
	}
	content, err := q.over(c, h, shelf.Content{})
	if err != nil {
		return err
	}
	if content.Title == "" {
		content.Title = firstWords(content.Text)
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	i, err := lib.Save(c.ctx, who, community.ID{}, 0, shelf.Kind(q.Kind), content, "")
	return c.printLibrary(lib, i, err)
}

type libraryEditCmd struct {
	ID string `arg:"" help:"编号|id"`
	libraryText
	Note string `placeholder:"TEXT" help:"改了什么|what was changed"`
	named
}

func (libraryEditCmd) Shape() any          { return libraryLine{} }
func (libraryEditCmd) Examples() []example { return nil }

// Do writes the next version.
func (q *libraryEditCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		was, err := lib.Get(c.ctx, id)
		if err != nil {
			return err
		}
		content, err := q.over(c, h, was.Content)
		if err != nil {
			return err
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		i, err := lib.Save(c.ctx, who, id, was.Changed, "", content, q.Note)
		return c.printLibrary(lib, i, err)
	})
}

// libraryVersion is one version with what it changed.
type libraryVersion struct {
	Version int            `json:"version" col:"版本|version"`
	At      Moment         `json:"at" col:"时间|time"`
	User    string         `json:"user" col:"谁|who"`
	Note    string         `json:"note" col:"说明|note"`
	Fields  string         `json:"-" col:"改了|changed"`
	Changed []shelf.Change `json:"changed"`
}

type libraryVersionsCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (libraryVersionsCmd) Shape() any          { return rowsOf[libraryVersion]() }
func (libraryVersionsCmd) Examples() []example { return nil }

// Do lists versions.
func (q *libraryVersionsCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		list, err := lib.Versions(c.ctx, id)
		if err != nil {
			return err
		}
		var out []libraryVersion
		for n, v := range list {
			line := libraryVersion{Version: v.Version, At: Moment(v.At), User: v.User, Note: v.Note, Changed: []shelf.Change{}}
			if n+1 < len(list) {
				line.Changed = append(line.Changed, shelf.Difference(list[n+1].Content, v.Content)...)
			}
			var fields []string
			for _, f := range line.Changed {
				fields = append(fields, f.Field)
			}
			line.Fields = strings.Join(fields, ", ")
			out = append(out, line)
		}
		return printList(c, out, len(out))
	})
}

type libraryRestoreCmd struct {
	ID      string `arg:"" help:"编号|id"`
	Version int    `arg:"" help:"哪一版|which version"`
	Note    string `placeholder:"TEXT" help:"为什么|why"`
	named
}

func (libraryRestoreCmd) Shape() any          { return libraryLine{} }
func (libraryRestoreCmd) Examples() []example { return nil }

// Do restores a version.
func (q *libraryRestoreCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		i, err := lib.Restore(c.ctx, who, id, q.Version, q.Note)
		return c.printLibrary(lib, i, err)
	})
}

// libraryMove are the arguments of verbs that put away and take out.
type libraryMove struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

func (libraryMove) Shape() any          { return libraryLine{} }
func (libraryMove) Examples() []example { return nil }

func (q *libraryMove) move(c *call, h *House, away bool) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		i, err := lib.Archive(c.ctx, who, id, away, q.Reason)
		return c.printLibrary(lib, i, err)
	})
}

type libraryArchiveCmd struct{ libraryMove }

// Do puts an item away.
func (q *libraryArchiveCmd) Do(c *call, h *House) error { return q.move(c, h, true) }

type libraryBackCmd struct{ libraryMove }

// Do takes an item out again.
func (q *libraryBackCmd) Do(c *call, h *House) error { return q.move(c, h, false) }

// libraryOrder says how an item is used; embedded.
type libraryOrder struct {
	Var      map[string]string `placeholder:"NAME=VALUE" mapsep:"none" help:"变量的值（可重复）|value of a variable (repeatable)"`
	Override string            `placeholder:"TEXT" help:"已过期仍要用的原因|why it is used although it has expired"`
}

func (q libraryOrder) order() shelf.Order { return shelf.Order{Values: q.Var, Override: q.Override} }

// libraryLook is what a platform would get.
type libraryLook struct {
	Platform string   `json:"platform" col:"平台|platform"`
	Group    string   `json:"group" col:"群|group"`
	ByHand   bool     `json:"by_hand" col:"人工|by hand"`
	Text     string   `json:"text" col:"正文|text"`
	Missing  []string `json:"missing" col:"没有值|without a value"`
	Lost     []string `json:"lost" col:"发不了|does not go"`
}

type libraryPreviewCmd struct {
	ID string `arg:"" help:"编号|id"`
	libraryOrder
}

func (libraryPreviewCmd) Shape() any          { return rowsOf[libraryLook]() }
func (libraryPreviewCmd) Examples() []example { return nil }

// Do shows what each platform would get.
func (q *libraryPreviewCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		list, err := lib.Preview(c.ctx, id, q.order())
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(p shelf.Preview) libraryLook {
			return libraryLook{string(p.Platform), p.Group, p.ByHand, p.Text, append([]string{}, p.Missing...), append([]string{}, p.Lost...)}
		}), len(list))
	})
}

// libraryUse is where an item was used.
type libraryUse struct {
	At       Moment `json:"at" col:"时间|time"`
	Place    string `json:"place" col:"用在|place"` // calendar, broadcast, welcome, charter; step, greeting: named there
	Title    string `json:"title" col:"标题|title"`
	Version  int    `json:"version" col:"版本|version"`
	User     string `json:"user" col:"谁|who"`
	Override string `json:"override" col:"过期仍用|although expired"`
	Ref      string `json:"ref" col:"编号|id"` // "" = a group's rulebook
}

type libraryUsesCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (libraryUsesCmd) Shape() any          { return rowsOf[libraryUse]() }
func (libraryUsesCmd) Examples() []example { return nil }

// Do lists uses.
func (q *libraryUsesCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		list, _, err := lib.Uses(c.ctx, id)
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(u shelf.Use) libraryUse {
			line := libraryUse{Moment(u.At), u.Place, u.Title, u.Version, u.User, u.Override, ""}
			if !u.Ref.IsZero() {
				line.Ref = u.Ref.String()
			}
			return line
		}), len(list))
	})
}

type libraryPlanCmd struct {
	ID     string   `arg:"" help:"编号|id"`
	Group  []string `required:"" placeholder:"GROUP" help:"发到哪些群（可重复）|which groups (repeatable)"`
	Date   string   `required:"" placeholder:"DATE" help:"日期|date"`
	At     string   `required:"" placeholder:"HH:MM" help:"时间|time"`
	Class  string   `required:"" enum:"useful,interactive,promotion" help:"类别：useful 实用、interactive 互动、promotion 营销|class: useful, interactive or promotion"`
	Format string   `default:"other" help:"形式：article、voice_live、short_video、poll、other|format: article, voice_live, short_video, poll or other"`
	Serves string   `default:"goal" help:"服务于群目标（goal）或其中一个指标|the groups' goal as a whole (goal), or a figure of one of its targets"`
	Slot   string   `help:"档期的编号|id of its slot"`
	Reason string   `placeholder:"TEXT" help:"超出配比的原因|why it goes beyond the mix"`
	libraryOrder
	named
}

func (libraryPlanCmd) Shape() any          { return itemShape{} }
func (libraryPlanCmd) Examples() []example { return nil }

// Do makes a draft in the calendar.
func (q *libraryPlanCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		content := plan.Content{Class: plan.Class(q.Class), Format: q.Format, Serves: q.Serves, Date: q.Date, At: q.At, Fixture: q.Slot, Reason: q.Reason}
		if content.Groups, err = c.groupKeys(desk, q.Group); err != nil {
			return err
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		i, err := lib.ToCalendar(c.ctx, who, id, q.order(), content)
		if err != nil {
			return err
		}
		cal, err := c.calendars(h)
		if err != nil {
			return err
		}
		return c.printItem(cal, i)
	})
}

type librarySendCmd struct {
	ID    string   `arg:"" help:"编号|id"`
	Tag   []string `help:"有这个标签的群（可重复，任一）|groups with this tag (repeatable, any)"`
	Group []string `placeholder:"GROUP" help:"只发这些群（可重复）|these groups only (repeatable)"`
	At    string   `placeholder:"TIME" help:"什么时候，默认现在|when, by default now"`
	Draft bool     `help:"只存草稿|keep it as a draft"`
	Force string   `placeholder:"REASON" help:"不顾拦截照发的原因|why it goes although it would be stopped"`
	libraryOrder
	named
}

func (librarySendCmd) Shape() any          { return broadcastLine{} }
func (librarySendCmd) Examples() []example { return nil }

// Do makes a mass send.
func (q *librarySendCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		b := plan.Broadcast{Filter: plan.Filter{Tags: q.Tag}, Force: q.Force}
		if b.Filter.Groups, err = c.groupKeys(desk, q.Group); err != nil {
			return err
		}
		if b.Start, err = c.when(q.At); err != nil {
			return err
		}
		if q.Draft {
			b.State = plan.Draft
		} else if err := c.confirm(fmt.Sprintf(c.lang.pick([2]string{"发给 %d 个群（0 = 按标签的所有群）", "it goes to %d groups (0 = all that the tags mean)"}), len(b.Filter.Groups))); err != nil {
			return err
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		made, err := lib.ToBroadcast(c.ctx, who, id, q.order(), b)
		if err != nil {
			return err
		}
		return printOne(c, lineOfBroadcast(made))
	})
}

type libraryExclusiveCmd struct {
	ID     string   `arg:"" help:"编号|id"`
	Group  []string `placeholder:"GROUP" help:"对哪些群的成员开放（可重复）；不写 = 不再专属|to the members of which groups (repeatable); none = it is exclusive no more"`
	Reason string   `required:"" placeholder:"TEXT" help:"原因|why"`
	named
}

func (libraryExclusiveCmd) Shape() any          { return libraryLine{} }
func (libraryExclusiveCmd) Examples() []example { return nil }

// Do makes an item exclusive.
func (q *libraryExclusiveCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		groups, err := c.groupKeys(desk, q.Group)
		if err != nil {
			return err
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		i, err := lib.Exclusive(c.ctx, who, id, groups, q.Reason)
		return c.printLibrary(lib, i, err)
	})
}

type libraryMineCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Member string `arg:"" help:"成员的编号或名字|the member's id or name"`
	named
}

func (libraryMineCmd) Shape() any          { return ownLine{} }
func (libraryMineCmd) Examples() []example { return nil }

// Do gives a member's own link.
func (q *libraryMineCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		m, err := c.member(desk, 0, q.Member)
		if err != nil {
			return err
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		at, err := lib.Mine(c.ctx, who, id, m.ID)
		if err != nil {
			return err
		}
		return printOne(c, ownLine{at})
	})
}

type libraryReleaseCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Group  string `arg:"" help:"可以发到哪个群；moments 是朋友圈|to which group it may go; moments = into employees' moments"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
	named
}

func (libraryReleaseCmd) Shape() any          { return libraryLine{} }
func (libraryReleaseCmd) Examples() []example { return nil }

// Do releases an item for a group.
func (q *libraryReleaseCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		to := shelf.Moments
		if q.Group != "moments" {
			_, g, _, err := c.place(h, q.Group, "")
			if err != nil {
				return err
			}
			to = g.Key
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		if err := lib.Release(c.ctx, who, id, to, q.Reason); err != nil {
			return err
		}
		i, err := lib.Get(c.ctx, id)
		return c.printLibrary(lib, i, err)
	})
}

// Needs is what it takes.
func (*libraryAddCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*libraryEditCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*libraryRestoreCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*libraryMove) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*libraryPlanCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*librarySendCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*libraryExclusiveCmd) Needs() rights.Power { return rights.Publish }

// Needs is what it takes.
func (*libraryMineCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*libraryReleaseCmd) Needs() rights.Power { return rights.Publish }
