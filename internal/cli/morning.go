package cli

import (
	"context"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/morning"
)

// Mornings is what the command line asks and changes of morning reports (早报) and their feeds.
type Mornings interface {
	List(ctx context.Context, g community.GroupKey, p community.Page) ([]morning.Report, int, error)
	Get(ctx context.Context, id community.ID) (morning.Report, map[int64]community.MessageRow, error)
	Draft(ctx context.Context, user string, g community.GroupKey, day, lang string) (morning.Report, error)
	Pick(ctx context.Context, user string, id community.ID, version int, places []int) (morning.Report, error)
	Edit(ctx context.Context, user string, id community.ID, version int, text string) (morning.Report, error)
	Lay(ctx context.Context, user string, id community.ID, version int, at, reason string) (morning.Report, error)
	Drop(ctx context.Context, user string, id community.ID, version int, reason string) (morning.Report, error)
	Restore(ctx context.Context, user string, id community.ID) (morning.Report, error)
	Watch(ctx context.Context, g community.GroupKey) (morning.Watch, error)
	SaveWatch(ctx context.Context, user string, w morning.Watch, reason string) error
	Feeds(ctx context.Context) ([]morning.Source, error)
	AddFeed(ctx context.Context, user string, f morning.Source, reason string) (morning.Source, error)
	SetFeed(ctx context.Context, user string, f morning.Source, reason string) (morning.Source, error)
	ReadFeed(ctx context.Context, id community.ID) (morning.Source, error)
	DropFeed(ctx context.Context, user string, id community.ID, reason string) error
}

type morningCmd struct {
	List    morningListCmd    `cmd:"" help:"列出早报，连同点开和回复|list morning reports, with openings and replies"`
	Draft   morningDraftCmd   `cmd:"" help:"给一个群起草一天的|draft a group's report of a day"`
	Show    morningShowCmd    `cmd:"" help:"一份：可选内容、文字、结果|one: what is offered, its words, what became of it"`
	Pick    morningPickCmd    `cmd:"" help:"按序号挑选并重新措辞|pick by number and word it anew"`
	Edit    morningEditCmd    `cmd:"" help:"换成别的文字|give it other words"`
	Lay     morningLayCmd     `cmd:"" help:"排进日历并送审|put it into the calendar, for approval"`
	Drop    morningDropCmd    `cmd:"" help:"不用这份|do not use it"`
	Restore morningRestoreCmd `cmd:"" help:"恢复不用的|take that back"`
	Auto    morningAutoCmd    `cmd:"" help:"自动起草：看，或改|drafted by themselves: show, or change"`

	Feeds    feedListCmd `cmd:"" help:"订阅源|the feeds"`
	FeedAdd  feedAddCmd  `cmd:"" help:"加订阅源：现在就读一次|add a feed: it is read now"`
	FeedSet  feedSetCmd  `cmd:"" help:"改订阅源|change a feed"`
	FeedRead feedReadCmd `cmd:"" help:"现在读一次|read a feed now"`
	FeedDrop feedDropCmd `cmd:"" help:"删除订阅源|remove a feed"`
}

// MorningLine is a morning report in a list.
type MorningLine struct {
	ID      string `json:"id" col:"编号|id"`
	Day     string `json:"day" col:"日期|day"`
	Group   string `json:"group" col:"群|group"`
	State   string `json:"state" col:"状态|state"`     // draft, laid, dropped
	Item    string `json:"item_state" col:"日历|item"` // draft, asked, approved, sent, skipped, failed; "" = not in the calendar
	Picked  int    `json:"picked" col:"选了|picked"`
	Offered int    `json:"offered" col:"可选|offered"`
	Sent    Moment `json:"sent_at" col:"发到|sent"`
	Opens   int64  `json:"opens" col:"点开|opened"`
	Replies int    `json:"replies" col:"回复|replies"`
	Said    int    `json:"said_within_24h" col:"发言|said"`
	People  int    `json:"people_within_24h" col:"人|people"`
	Counted bool   `json:"counted"` // the 24 hours are over
	Edited  bool   `json:"edited"`
	Version int    `json:"version"`
	Post    string `json:"calendar_item"` // "" = none
}

// MorningPiece is something that is offered for a report.
type MorningPiece struct {
	No      int      `json:"number" col:"序号|no"` // for morning pick
	Kind    string   `json:"kind" col:"类型|kind"` // news, topic, answer, question
	Picked  bool     `json:"picked" col:"选了|picked"`
	Title   string   `json:"title" col:"内容|what"`
	From    string   `json:"from" col:"来源|from"`
	Link    string   `json:"link"`
	Same    []string `json:"same_as"`
	Message int64    `json:"message"` // number in the log; 0 = none
	Answer  int64    `json:"answer"`
	Short   string   `json:"short"` // path of our short link; "" = none
	Opens   int64    `json:"opens" col:"点开|opened"`
}

// MorningWhole is a report with its words and what is offered.
type MorningWhole struct {
	MorningLine
	Text   string         `json:"text"`
	Pieces []MorningPiece `json:"pieces"`
}

func lineOfMorning(r morning.Report) MorningLine {
	line := MorningLine{ID: r.ID.String(), Day: r.Day, Group: r.GroupName, State: r.State, Item: r.ItemState, Picked: len(r.Picked()), Offered: len(r.Pieces), Sent: Moment(r.SentAt), Opens: r.Opened(),
		Replies: r.Outcome.Replies, Said: r.Outcome.Said, People: r.Outcome.People, Counted: r.Counted != 0, Edited: r.Edited != 0, Version: r.Version}
	if !r.Item.IsZero() {
		line.Post = r.Item.String()
	}
	return line
}

// morningPieces are what a report offers; of messages the words, where they may still be told.
func morningPieces(r morning.Report, said map[int64]community.MessageRow) []MorningPiece {
	out := []MorningPiece{}
	for i, p := range r.Pieces {
		line := MorningPiece{No: i + 1, Kind: p.Kind, Picked: p.Picked, Title: p.Title, From: p.From, Link: p.Link, Same: append([]string{}, p.Same...), Message: p.Number, Answer: p.Answer, Opens: r.Opens[p.Slug]}
		if m, ok := said[p.Number]; ok && !m.Erased && !m.Recalled && line.Title == "" {
			line.Title, line.From = shortText(m.Text, 80), m.Name
		}
		if p.Slug != "" {
			line.Short = "/l/" + p.Slug
		}
		out = append(out, line)
	}
	return out
}

// shortText is a text of at most n characters in one line.
func shortText(text string, n int) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}

// morningWhole prints a report as it now is.
func (c *call) morningWhole(m Mornings, r morning.Report, err error) error {
	if err != nil {
		return err
	}
	r, said, err := m.Get(c.ctx, r.ID)
	if err != nil {
		return err
	}
	whole := MorningWhole{lineOfMorning(r), r.Text, morningPieces(r, said)}
	if c.json {
		return c.printJSON(whole)
	}
	if err := printOne(c, whole.MorningLine); err != nil {
		return err
	}
	fmt.Fprintln(c.out)
	if err := printList(c, whole.Pieces, len(whole.Pieces)); err != nil {
		return err
	}
	fmt.Fprintln(c.out)
	for words := range strings.Lines(r.Text) {
		fmt.Fprintln(c.out, printable(strings.TrimRight(words, "\n")))
	}
	return nil
}

// morningOf finds a report by its id.
func (c *call) morningOf(h *House, text string) (Mornings, morning.Report, error) {
	m, err := inOrg(c, h, h.Mornings)
	if err != nil {
		return nil, morning.Report{}, err
	}
	id, err := community.ParseID(text)
	if err != nil {
		return nil, morning.Report{}, err
	}
	r, _, err := m.Get(c.ctx, id)
	return m, r, err
}

type morningListCmd struct {
	Group string `help:"只看一个群|of one group only"`
	paging
}

func (morningListCmd) Shape() any { return rowsOf[MorningLine]() }
func (morningListCmd) Examples() []example {
	return []example{{"morning list --group '#books' --json", [2]string{"一个群的早报", "the morning reports of a group"}}}
}

// Do lists reports.
func (q *morningListCmd) Do(c *call, h *House) error {
	m, err := inOrg(c, h, h.Mornings)
	if err != nil {
		return err
	}
	var g community.GroupRow
	if q.Group != "" {
		if _, g, _, err = c.place(h, q.Group, ""); err != nil {
			return err
		}
	}
	list, total, err := m.List(c.ctx, g.Key, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfMorning), total)
}

type morningDraftCmd struct {
	Group string `arg:"" help:"群|group"`
	Day   string `placeholder:"DAY" help:"哪一天，2006-01-02，默认今天（9 点后是明天）|which day, 2006-01-02, by default today (after 9: tomorrow)"`
	Text  string `enum:",zh-CN,en" default:"" help:"文字用哪种语言，默认同界面|language of the words, by default that of the command line"`
}

func (morningDraftCmd) Shape() any { return MorningWhole{} }
func (morningDraftCmd) Examples() []example {
	return []example{{"morning draft '#books' --json", [2]string{"起草下一份早报", "draft the next report"}}}
}

// Do drafts a report.
func (q *morningDraftCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	m, err := inOrg(c, h, h.Mornings)
	if err != nil {
		return err
	}
	lang := q.Text
	if lang == "" {
		lang = c.lang.pick([2]string{"zh-CN", "en"})
	}
	r, err := m.Draft(c.ctx, user, g.Key, q.Day, lang)
	return c.morningWhole(m, r, err)
}

type morningShowCmd struct {
	Report string `arg:"" help:"编号|id"`
}

func (morningShowCmd) Shape() any          { return MorningWhole{} }
func (morningShowCmd) Examples() []example { return nil }

// Do shows a report.
func (q *morningShowCmd) Do(c *call, h *House) error {
	m, r, err := c.morningOf(h, q.Report)
	return c.morningWhole(m, r, err)
}

type morningPickCmd struct {
	Report string `arg:"" help:"编号|id"`
	Pieces []int  `required:"" placeholder:"N,…" help:"要放进去的序号，见 morning show|numbers of what goes into it, see morning show"`
}

func (morningPickCmd) Shape() any { return MorningWhole{} }
func (morningPickCmd) Examples() []example {
	return []example{{"morning pick REPORT --pieces 1,3,7", [2]string{"选第 1、3、7 条", "pick 1, 3 and 7"}}}
}

// Do picks.
func (q *morningPickCmd) Do(c *call, h *House) error {
	m, r, err := c.morningOf(h, q.Report)
	if err != nil {
		return err
	}
	places := make([]int, len(q.Pieces))
	for i, n := range q.Pieces {
		places[i] = n - 1
	}
	r, err = m.Pick(c.ctx, user, r.ID, r.Version, places)
	return c.morningWhole(m, r, err)
}

type morningEditCmd struct {
	Report string `arg:"" help:"编号|id"`
	Text   string `required:"" help:"要发出的文字|the words to send"`
}

func (morningEditCmd) Shape() any          { return MorningWhole{} }
func (morningEditCmd) Examples() []example { return nil }

// Do gives a report other words.
func (q *morningEditCmd) Do(c *call, h *House) error {
	m, r, err := c.morningOf(h, q.Report)
	if err != nil {
		return err
	}
	r, err = m.Edit(c.ctx, user, r.ID, r.Version, q.Text)
	return c.morningWhole(m, r, err)
}

type morningLayCmd struct {
	Report string `arg:"" help:"编号|id"`
	At     string `placeholder:"HH:MM" help:"几点发，08:00 到 09:00，默认同群的设置|when, 08:00 to 09:00, by default as the group has it"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (morningLayCmd) Shape() any { return MorningWhole{} }
func (morningLayCmd) Examples() []example {
	return []example{{"morning lay REPORT --at 08:30", [2]string{"排到 8 点半，等第二个人批准", "at half past eight, once a second person approves"}}}
}

// Do lays a report into the calendar.
func (q *morningLayCmd) Do(c *call, h *House) error {
	m, r, err := c.morningOf(h, q.Report)
	if err != nil {
		return err
	}
	r, err = m.Lay(c.ctx, user, r.ID, r.Version, q.At, q.Reason)
	return c.morningWhole(m, r, err)
}

type morningDropCmd struct {
	Report string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (morningDropCmd) Shape() any          { return MorningWhole{} }
func (morningDropCmd) Examples() []example { return nil }

// Do drops a report.
func (q *morningDropCmd) Do(c *call, h *House) error {
	m, r, err := c.morningOf(h, q.Report)
	if err != nil {
		return err
	}
	r, err = m.Drop(c.ctx, user, r.ID, r.Version, q.Reason)
	return c.morningWhole(m, r, err)
}

type morningRestoreCmd struct {
	Report string `arg:"" help:"编号|id"`
}

func (morningRestoreCmd) Shape() any          { return MorningWhole{} }
func (morningRestoreCmd) Examples() []example { return nil }

// Do takes a drop back.
func (q *morningRestoreCmd) Do(c *call, h *House) error {
	m, r, err := c.morningOf(h, q.Report)
	if err != nil {
		return err
	}
	r, err = m.Restore(c.ctx, user, r.ID)
	return c.morningWhole(m, r, err)
}

type morningAutoCmd struct {
	Group string   `arg:"" help:"群|group"`
	On    *bool    `negatable:"" help:"每天早上自动起草|draft one each morning"`
	Hour  int      `default:"-1" help:"几点起草，0 到 8，群的时区|hour of drafting, 0 to 8, in the group's zone"`
	At    string   `placeholder:"HH:MM" help:"几点发，08:00 到 09:00|when to send, 08:00 to 09:00"`
	Feed  []string `placeholder:"ID,…" help:"只用这些订阅源；all = 全部|of these feeds only; all = of all"`
}

// MorningAuto says how a group's reports come about.
type MorningAuto struct {
	Group string   `json:"group" col:"群|group"`
	On    bool     `json:"on" col:"自动起草|drafted"`
	Hour  int      `json:"hour" col:"几点起草|hour"`
	At    string   `json:"at" col:"几点发|at"`
	Feeds []string `json:"feeds" col:"订阅源|feeds"` // none = all
}

func (morningAutoCmd) Shape() any { return MorningAuto{} }
func (morningAutoCmd) Examples() []example {
	return []example{{"morning auto '#books' --on --hour 6 --at 08:30", [2]string{"每天 6 点起草，8 点半发", "drafted at 6, sent at half past eight"}}}
}

// Do shows or changes it.
func (q *morningAutoCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	m, err := inOrg(c, h, h.Mornings)
	if err != nil {
		return err
	}
	w, err := m.Watch(c.ctx, g.Key)
	if err != nil {
		return err
	}
	if q.On != nil || q.Hour >= 0 || q.At != "" || len(q.Feed) > 0 {
		if w, err = q.changed(c, w); err != nil {
			return err
		}
		if err := m.SaveWatch(c.ctx, user, w, ""); err != nil {
			return err
		}
	}
	out := MorningAuto{g.Name, w.On, w.Hour, w.At, []string{}}
	for _, id := range w.Sources {
		out.Feeds = append(out.Feeds, id.String())
	}
	return printOne(c, out)
}

// changed is a watch with what was asked for.
func (q *morningAutoCmd) changed(c *call, w morning.Watch) (morning.Watch, error) {
	if q.On != nil {
		w.On = *q.On
	}
	if q.Hour >= 0 {
		w.Hour = q.Hour
	}
	if q.At != "" {
		w.At = q.At
	}
	if w.Lang == "" {
		w.Lang = c.lang.pick([2]string{"zh-CN", "en"})
	}
	if len(q.Feed) > 0 {
		w.Sources = nil
		for _, text := range q.Feed {
			if text == "all" {
				continue
			}
			id, err := community.ParseID(text)
			if err != nil {
				return w, err
			}
			w.Sources = append(w.Sources, id)
		}
	}
	return w, nil
}

// FeedLine is a feed as verbs print it.
type FeedLine struct {
	ID      string `json:"id" col:"编号|id"`
	Name    string `json:"name" col:"名称|name"`
	URL     string `json:"url" col:"地址|address"`
	Every   int    `json:"every_minutes" col:"分钟|minutes"`
	Off     bool   `json:"off" col:"停|off"`
	Entries int    `json:"entries" col:"条目|entries"`
	Fetched Moment `json:"read_at" col:"读到|read"`
	Next    Moment `json:"next_at" col:"下次|next"`
	Error   string `json:"error" col:"问题|fault"` // code; "" = the last reading went well
	Failed  int    `json:"failed"`               // readings in a row
}

func lineOfFeed(f morning.Source) FeedLine {
	return FeedLine{f.ID.String(), f.Name, f.URL, f.Every, f.Off, f.Entries, Moment(f.Fetched), Moment(f.Next), f.Error, f.Failed}
}

func (c *call) feedOne(f morning.Source, err error) error {
	if err != nil {
		return err
	}
	return printOne(c, lineOfFeed(f))
}

// feedOf finds a feed by its id or its address.
func (c *call) feedOf(h *House, text string) (Mornings, morning.Source, error) {
	m, err := inOrg(c, h, h.Mornings)
	if err != nil {
		return nil, morning.Source{}, err
	}
	list, err := m.Feeds(c.ctx)
	if err != nil {
		return m, morning.Source{}, err
	}
	for _, f := range list {
		if f.ID.String() == text || f.URL == text {
			return m, f, nil
		}
	}
	return m, morning.Source{}, failed(community.Errorf(community.CodeNotFound, "feed: not found"), "没有这个订阅源：%s", "there is no such feed: %s", shortText(text, 60))
}

type feedListCmd struct{}

func (feedListCmd) Shape() any          { return rowsOf[FeedLine]() }
func (feedListCmd) Examples() []example { return nil }

// Do lists feeds.
func (feedListCmd) Do(c *call, h *House) error {
	m, err := inOrg(c, h, h.Mornings)
	if err != nil {
		return err
	}
	list, err := m.Feeds(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfFeed), len(list))
}

type feedAddCmd struct {
	URL    string `arg:"" help:"地址：RSS、Atom 或 JSON Feed|address of an RSS, Atom or JSON feed"`
	Name   string `help:"名称，默认用订阅源自己的|what we call it, by default as it calls itself"`
	Every  int    `default:"60" help:"多久读一次，分钟，15 到 1440|read every so many minutes, 15 to 1440"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (feedAddCmd) Shape() any { return FeedLine{} }
func (feedAddCmd) Examples() []example {
	return []example{{"morning feed-add https://example.com/feed.xml --every 60", [2]string{"每小时读一次", "read each hour"}}}
}

// Do adds a feed.
func (q *feedAddCmd) Do(c *call, h *House) error {
	m, err := inOrg(c, h, h.Mornings)
	if err != nil {
		return err
	}
	return c.feedOne(m.AddFeed(c.ctx, user, morning.Source{URL: q.URL, Name: q.Name, Every: q.Every}, q.Reason))
}

type feedSetCmd struct {
	Feed   string `arg:"" help:"编号或地址|id or address"`
	Name   string `help:"名称|what we call it"`
	Every  int    `help:"多久读一次，分钟，15 到 1440|read every so many minutes, 15 to 1440"`
	Off    *bool  `negatable:"" help:"停止读取|do not read it"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (feedSetCmd) Shape() any          { return FeedLine{} }
func (feedSetCmd) Examples() []example { return nil }

// Do changes a feed.
func (q *feedSetCmd) Do(c *call, h *House) error {
	m, f, err := c.feedOf(h, q.Feed)
	if err != nil {
		return err
	}
	if q.Name != "" {
		f.Name = q.Name
	}
	if q.Every != 0 {
		f.Every = q.Every
	}
	if q.Off != nil {
		f.Off = *q.Off
	}
	return c.feedOne(m.SetFeed(c.ctx, user, f, q.Reason))
}

type feedReadCmd struct {
	Feed string `arg:"" help:"编号或地址|id or address"`
}

func (feedReadCmd) Shape() any          { return FeedLine{} }
func (feedReadCmd) Examples() []example { return nil }

// Do reads a feed now.
func (q *feedReadCmd) Do(c *call, h *House) error {
	m, f, err := c.feedOf(h, q.Feed)
	if err != nil {
		return err
	}
	return c.feedOne(m.ReadFeed(c.ctx, f.ID))
}

type feedDropCmd struct {
	Feed   string `arg:"" help:"编号或地址|id or address"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (feedDropCmd) Shape() any          { return FeedLine{} }
func (feedDropCmd) Examples() []example { return nil }

// Do removes a feed.
func (q *feedDropCmd) Do(c *call, h *House) error {
	m, f, err := c.feedOf(h, q.Feed)
	if err != nil {
		return err
	}
	return c.feedOne(f, m.DropFeed(c.ctx, user, f.ID, q.Reason))
}
