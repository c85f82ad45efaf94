package cli

import (
	"context"
	"fmt"
	"strings"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// Digests is what the command line asks and changes of 群精华.
type Digests interface {
	List(ctx context.Context, g community.GroupKey, p community.Page) ([]digest.Record, int, error)
	Get(ctx context.Context, id community.ID) (digest.Record, map[int64]community.MessageRow, error)
	Make(ctx context.Context, user string, g community.GroupKey, from, to measure.Day, lang string) (digest.Record, error)
	Edit(ctx context.Context, user string, id community.ID, version int, text string) (digest.Record, error)
	Send(ctx context.Context, user string, id community.ID, version int, start int64) (digest.Record, error)
	Drop(ctx context.Context, user string, id community.ID, version int, reason string) (digest.Record, error)
	Restore(ctx context.Context, user string, id community.ID) (digest.Record, error)
	Publish(ctx context.Context, user string, id community.ID, note string) (plan.WebPage, admit.Short, error)
	Withdraw(ctx context.Context, user string, id community.ID, reason string) error
	SendPage(ctx context.Context, user string, id community.ID) (plan.Broadcast, error)
	Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error)
	Watch(ctx context.Context, g community.GroupKey) (digest.Watch, error)
	SaveWatch(ctx context.Context, user string, w digest.Watch, reason string) error
}

type digestCmd struct {
	List    digestListCmd    `cmd:"" help:"列出群精华|list digests"`
	Make    digestMakeCmd    `cmd:"" help:"给一个群的一天或几天做一份|make one of a day, or of some days, of a group"`
	Show    digestShowCmd    `cmd:"" help:"一份：文字，和每一条的依据|one: its words, and what each line rests on"`
	Edit    digestEditCmd    `cmd:"" help:"换成别的文字|give it other words"`
	Send    digestSendCmd    `cmd:"" help:"发到它的群（群发）|send it to its group, as a mass send"`
	Drop    digestDropCmd    `cmd:"" help:"不用这份|do not use it"`
	Restore digestRestoreCmd `cmd:"" help:"恢复不用的|take that back"`
	Page    digestPageCmd    `cmd:"" help:"它的公开网页：公开、撤回、把链接发到群|its public page: publish, withdraw, tell its group"`
	Auto    digestAutoCmd    `cmd:"" help:"自动起草：看，或改|drafted by themselves: show, or change"`
}

// DigestLine is a digest in a list.
type DigestLine struct {
	ID       string   `json:"id" col:"编号|id"`
	Group    string   `json:"group" col:"群|group"`
	From     string   `json:"from" col:"从|from"`
	To       string   `json:"to" col:"到|to"`
	Messages int      `json:"messages" col:"消息|messages"`
	People   int      `json:"people" col:"人|people"`
	Topics   []string `json:"topics" col:"话题|topics"`
	State    string   `json:"state" col:"状态|state"` // draft, sent, dropped
	Edited   bool     `json:"edited" col:"改过|edited"`
	Version  int      `json:"version"`
	Sent     string   `json:"broadcast"` // the mass send; "" = none
}

// DigestWhole is a digest with its words and what it rests on.
type DigestWhole struct {
	DigestLine
	Text  string        `json:"text"`
	Found digest.Digest `json:"found"` // messages by their number in the log
}

func lineOfDigest(r digest.Record) DigestLine {
	line := DigestLine{ID: r.ID.String(), Group: r.GroupName, From: measure.Day(r.From).String(), To: measure.Day(r.To).String(), Messages: r.Found.Messages, People: r.Found.Speakers, Topics: []string{},
		State: r.State, Edited: r.Edited != 0, Version: r.Version, Sent: r.Sent}
	for _, t := range r.Found.Topics {
		line.Topics = append(line.Topics, t.Phrases[0])
	}
	return line
}

func (c *call) digestWhole(r digest.Record, err error) error {
	if err != nil {
		return err
	}
	line := lineOfDigest(r)
	if c.json {
		return c.printJSON(DigestWhole{line, r.Text, r.Found})
	}
	if err := printOne(c, line); err != nil {
		return err
	}
	fmt.Fprintln(c.out)
	for words := range strings.Lines(r.Text) {
		fmt.Fprintln(c.out, printable(strings.TrimRight(words, "\n")))
	}
	return nil
}

// digestOf finds a digest by its id.
func (c *call) digestOf(h *House, text string) (Digests, digest.Record, error) {
	d, err := inOrg(c, h, h.Digests)
	if err != nil {
		return nil, digest.Record{}, err
	}
	id, err := community.ParseID(text)
	if err != nil {
		return nil, digest.Record{}, err
	}
	r, _, err := d.Get(c.ctx, id)
	return d, r, err
}

type digestListCmd struct {
	Group string `help:"只看一个群|of one group only"`
	paging
}

func (digestListCmd) Shape() any { return rowsOf[DigestLine]() }
func (digestListCmd) Examples() []example {
	return []example{{"digest list --group '#books' --json", [2]string{"一个群的群精华", "the digests of a group"}}}
}

// Do lists digests.
func (q *digestListCmd) Do(c *call, h *House) error {
	d, err := inOrg(c, h, h.Digests)
	if err != nil {
		return err
	}
	var g community.GroupRow
	if q.Group != "" {
		if _, g, _, err = c.place(h, q.Group, ""); err != nil {
			return err
		}
	}
	list, total, err := d.List(c.ctx, g.Key, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfDigest), total)
}

type digestMakeCmd struct {
	Group string `arg:"" help:"群|group"`
	Day   string `placeholder:"DAY" help:"哪一天，2006-01-02，默认昨天|which day, 2006-01-02, by default yesterday"`
	Days  int    `default:"1" help:"到这一天为止的几天，1 到 7|how many days up to it, 1 to 7"`
	Text  string `enum:",zh-CN,en" default:"" help:"文字用哪种语言，默认同界面|language of the words, by default that of the command line"`
}

func (digestMakeCmd) Shape() any { return DigestWhole{} }
func (digestMakeCmd) Examples() []example {
	return []example{{"digest make '#books' --day 2026-11-20 --days 7 --json", [2]string{"做一周的", "make one of a week"}}}
}

// Do makes a digest.
func (q *digestMakeCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	d, err := inOrg(c, h, h.Digests)
	if err != nil {
		return err
	}
	today, err := c.today(h, g.Key)
	if err != nil {
		return err
	}
	to := today - 1
	if q.Day != "" {
		if to, err = measure.ParseDay(q.Day); err != nil {
			return badUsage("--day 要写成 2006-01-02", "--day: want 2006-01-02")
		}
	}
	lang := q.Text
	if lang == "" {
		lang = c.lang.pick([2]string{"zh-CN", "en"})
	}
	r, err := d.Make(c.ctx, user, g.Key, to-measure.Day(q.Days-1), to, lang)
	return c.digestWhole(r, err)
}

type digestShowCmd struct {
	Digest string `arg:"" help:"编号|id"`
}

func (digestShowCmd) Shape() any          { return DigestWhole{} }
func (digestShowCmd) Examples() []example { return nil }

// Do shows a digest.
func (q *digestShowCmd) Do(c *call, h *House) error {
	_, r, err := c.digestOf(h, q.Digest)
	return c.digestWhole(r, err)
}

type digestEditCmd struct {
	Digest string `arg:"" help:"编号|id"`
	Text   string `required:"" help:"要发出的文字|the words to send"`
}

func (digestEditCmd) Shape() any          { return DigestWhole{} }
func (digestEditCmd) Examples() []example { return nil }

// Do gives a digest other words.
func (q *digestEditCmd) Do(c *call, h *House) error {
	d, r, err := c.digestOf(h, q.Digest)
	if err != nil {
		return err
	}
	r, err = d.Edit(c.ctx, user, r.ID, r.Version, q.Text)
	return c.digestWhole(r, err)
}

type digestSendCmd struct {
	Digest string `arg:"" help:"编号|id"`
	At     string `placeholder:"TIME" help:"什么时候，默认现在|when, by default now"`
}

func (digestSendCmd) Shape() any          { return DigestWhole{} }
func (digestSendCmd) Examples() []example { return nil }

// Do hands a digest over as a mass send.
func (q *digestSendCmd) Do(c *call, h *House) error {
	d, r, err := c.digestOf(h, q.Digest)
	if err != nil {
		return err
	}
	start, err := c.when(q.At)
	if err != nil {
		return err
	}
	r, err = d.Send(c.ctx, user, r.ID, r.Version, start)
	return c.digestWhole(r, err)
}

type digestDropCmd struct {
	Digest string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (digestDropCmd) Shape() any          { return DigestWhole{} }
func (digestDropCmd) Examples() []example { return nil }

// Do drops a digest.
func (q *digestDropCmd) Do(c *call, h *House) error {
	d, r, err := c.digestOf(h, q.Digest)
	if err != nil {
		return err
	}
	r, err = d.Drop(c.ctx, user, r.ID, r.Version, q.Reason)
	return c.digestWhole(r, err)
}

type digestRestoreCmd struct {
	Digest string `arg:"" help:"编号|id"`
}

func (digestRestoreCmd) Shape() any          { return DigestWhole{} }
func (digestRestoreCmd) Examples() []example { return nil }

// Do takes a drop back.
func (q *digestRestoreCmd) Do(c *call, h *House) error {
	d, r, err := c.digestOf(h, q.Digest)
	if err != nil {
		return err
	}
	r, err = d.Restore(c.ctx, user, r.ID)
	return c.digestWhole(r, err)
}

// DigestPage is the public page of a digest.
type DigestPage struct {
	Code      string `json:"code" col:"编号|code"`
	URL       string `json:"url" col:"地址|address"`
	Withdrawn bool   `json:"withdrawn" col:"已撤回|withdrawn"`
	Opened    int64  `json:"opened" col:"打开|opened"`
	Broadcast string `json:"broadcast" col:"群发|mass send"` // that told the group just now; "" = none
}

type digestPageCmd struct {
	Digest   string `arg:"" help:"编号|id"`
	Publish  bool   `xor:"do" help:"公开成网页|make it a public page"`
	Withdraw string `xor:"do" placeholder:"REASON" help:"撤回，写明原因|take it off, for this reason"`
	Tell     bool   `xor:"do" help:"把链接作为群发发到它的群，只发一次|send its link to the group as a mass send, once"`
}

func (digestPageCmd) Shape() any { return DigestPage{} }
func (digestPageCmd) Examples() []example {
	return []example{{"digest page ID --publish --json", [2]string{"公开一份发出去的群精华", "publish a digest that was sent"}}}
}

// Do shows or changes a digest's page.
func (q *digestPageCmd) Do(c *call, h *House) error {
	d, r, err := c.digestOf(h, q.Digest)
	if err != nil {
		return err
	}
	told := ""
	switch {
	case q.Publish:
		_, _, err = d.Publish(c.ctx, user, r.ID, "")
	case q.Withdraw != "":
		err = d.Withdraw(c.ctx, user, r.ID, q.Withdraw)
	case q.Tell:
		var b plan.Broadcast
		if b, err = d.SendPage(c.ctx, user, r.ID); err == nil {
			told = b.ID.String()
		}
	}
	if err != nil {
		return err
	}
	page, short, err := d.Page(c.ctx, r.ID)
	if err != nil {
		return err
	}
	base, _, _ := strings.Cut(short.Target, "/d/")
	return printOne(c, DigestPage{page.Code, base + "/l/" + short.Slug, page.Withdrawn != 0, short.Known + short.Unknown, told})
}

type digestAutoCmd struct {
	Group  string `arg:"" help:"群|group"`
	Daily  *bool  `negatable:"" help:"每天早上起草前一天的|each morning, of the day before"`
	Weekly *bool  `negatable:"" help:"每周一起草上一周的|on Mondays, of the week before"`
	Hour   int    `default:"-1" help:"几点，0 到 23，群的时区|hour, 0 to 23, in the group's zone"`
}

// DigestAuto says which digests of a group are drafted by themselves.
type DigestAuto struct {
	Group  string `json:"group" col:"群|group"`
	Daily  bool   `json:"daily" col:"每天|daily"`
	Weekly bool   `json:"weekly" col:"每周|weekly"`
	Hour   int    `json:"hour" col:"几点|hour"`
}

func (digestAutoCmd) Shape() any { return DigestAuto{} }
func (digestAutoCmd) Examples() []example {
	return []example{{"digest auto '#books' --daily --hour 7", [2]string{"每天 7 点起草前一天的", "draft that of the day before at 7 each day"}}}
}

// Do shows or changes it.
func (q *digestAutoCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	d, err := inOrg(c, h, h.Digests)
	if err != nil {
		return err
	}
	w, err := d.Watch(c.ctx, g.Key)
	if err != nil {
		return err
	}
	if q.Daily != nil || q.Weekly != nil || q.Hour >= 0 {
		if q.Daily != nil {
			w.Daily = *q.Daily
		}
		if q.Weekly != nil {
			w.Weekly = *q.Weekly
		}
		if q.Hour >= 0 {
			w.Hour = q.Hour
		}
		if w.Lang == "" {
			w.Lang = c.lang.pick([2]string{"zh-CN", "en"})
		}
		if err := d.SaveWatch(c.ctx, user, w, ""); err != nil {
			return err
		}
	}
	return printOne(c, DigestAuto{g.Name, w.Daily, w.Weekly, w.Hour})
}
