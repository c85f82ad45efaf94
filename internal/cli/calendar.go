package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// Calendars is the content calendar and the topic queue.
type Calendars interface {
	Calendar(ctx context.Context, g community.GroupKey, from, to string) (plan.Calendar, error)
	Item(ctx context.Context, id community.ID) (plan.Item, error)
	Outlook(ctx context.Context, i plan.Item) (plan.Outlook, error)
	SaveItem(ctx context.Context, user string, id community.ID, seen int64, content plan.Content, note string) (plan.Item, error)
	MoveItem(ctx context.Context, user string, id community.ID, date, at, reason string) (plan.Item, error)
	AskItem(ctx context.Context, user string, id community.ID, reason string) (plan.Item, error)
	ApproveItem(ctx context.Context, user string, id community.ID, version int, override string) (plan.Item, error)
	SkipItem(ctx context.Context, user string, id community.ID, reason string) (plan.Item, error)
	Propose(ctx context.Context, g community.GroupKey, from, to string) (plan.Proposal, error)
	Fill(ctx context.Context, user string, g community.GroupKey, from, to string, only []string, reason string) ([]plan.Item, error)
	Fixtures(ctx context.Context) ([]plan.Fixture, error)
	Punctuality(ctx context.Context, g community.GroupKey, month string) ([]plan.Punctuality, error)
	Topics(ctx context.Context, waiting bool) ([]plan.Topic, error)
	AddTopic(ctx context.Context, user string, t plan.Topic) (plan.Topic, error)
	DropTopic(ctx context.Context, user string, id community.ID, reason string) error
	Outcomes(ctx context.Context, id community.ID) ([]plan.PlaceOutcome, error)
	OutcomePicture(ctx context.Context, lang string, id community.ID) ([]byte, error)
}

type calendarCmd struct {
	List    calendarListCmd    `cmd:"" help:"列出条目|list items"`
	Mix     calendarMixCmd     `cmd:"" help:"70/20/10 配比：近 28 天和含计划|the 70/20/10 mix: of the last 28 days, and with what is planned"`
	Show    calendarShowCmd    `cmd:"" help:"一个条目和三有三不|one item with its content check"`
	Add     calendarAddCmd     `cmd:"" help:"新建草稿|make a draft"`
	Move    calendarMoveCmd    `cmd:"" help:"改期|put on another date"`
	Ask     calendarAskCmd     `cmd:"" help:"送审|ask for approval"`
	Approve calendarApproveCmd `cmd:"" help:"批准|approve"`
	Skip    calendarSkipCmd    `cmd:"" help:"跳过|leave out"`
	Fill    calendarFillCmd    `cmd:"" help:"一键填充：先看提议，加 --plan 排入|fill: shows what is proposed; --plan plans it"`
	Slots   calendarSlotsCmd   `cmd:"" help:"档期，及某月守时|slots, and how they were kept in a month"`
	Outcome calendarOutcomeCmd `cmd:"" help:"投票结果|how a poll came out"`
	Topics  topicListCmd       `cmd:"" help:"话题库|the topic queue"`
	Topic   topicAddCmd        `cmd:"" help:"加话题|add a topic"`
	Drop    topicDropCmd       `cmd:"" help:"移出话题|take a topic out"`
}

func (c *call) calendars(h *House) (Calendars, error) { return inOrg(c, h, h.Calendars) }

// itemLine is an item as verbs print it.
type itemLine struct {
	ID       string      `json:"id" col:"编号|id"`
	Date     string      `json:"date" col:"日期|date"`
	At       string      `json:"at" col:"时间|time"`
	Title    string      `json:"title" col:"标题|title"`
	Class    string      `json:"class" col:"类别|class"`
	Format   string      `json:"format" col:"形式|format"`
	State    string      `json:"state" col:"状态|state"`
	Slot     string      `json:"slot" col:"档期|slot"`
	Minutes  int64       `json:"minutes"`
	Fen      int64       `json:"fen"`
	Serves   string      `json:"serves"`
	Version  int         `json:"version" col:"版本|version"`
	Approved int         `json:"approved_version"`
	Asker    string      `json:"asker"`
	Approver string      `json:"approver"`
	Override string      `json:"override"`
	Reason   string      `json:"reason"`
	Why      string      `json:"why" col:"原因|why"`
	Text     string      `json:"text"`
	Options  []string    `json:"options"`
	Places   []placeLine `json:"places"`
}

// placeLine is an item in one group.
type placeLine struct {
	Group     string `json:"group"`
	Due       Moment `json:"due_at"`
	Broadcast string `json:"broadcast"` // "" = not handed over
	State     string `json:"state"`
	Missed    string `json:"missed"`
}

func lineOfItem(i plan.Item) itemLine {
	return itemLine{i.ID.String(), i.Date, i.At, i.Title, string(i.Class), i.Format, string(i.State), i.Fixture, i.Minutes, i.Fen, i.Serves, i.Version, i.Approved, i.Asker, i.Approver, i.Override, i.Reason, i.Why, i.Text, append([]string{}, i.Options...),
		mapped(i.Places, func(p plan.Place) placeLine {
			line := placeLine{Group: p.Name, Due: Moment(p.Due), State: string(p.State), Missed: p.Missed}
			if !p.Broadcast.IsZero() {
				line.Broadcast = p.Broadcast.String()
			}
			return line
		})}
}

// calendarDays are the days asked for; embedded.
type calendarDays struct {
	Group string `placeholder:"GROUP" help:"只看这个群|this group only"`
	From  string `placeholder:"DATE" help:"从哪天，默认今天|from, by default today"`
	To    string `placeholder:"DATE" help:"到哪天，默认 7 天|to, by default 7 days"`
}

func (q calendarDays) of(c *call, h *House) (Calendars, community.GroupRow, string, string, error) {
	desk, err := c.desk(h)
	if err != nil {
		return nil, community.GroupRow{}, "", "", err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return nil, g, "", "", err
	}
	from := q.From
	if from == "" {
		from = c.program.now().In(zoneNamed(g.Zone)).Format(time.DateOnly)
	}
	to := q.To
	if to == "" {
		day, err := time.Parse(time.DateOnly, from)
		if err != nil {
			return nil, g, "", "", community.Errorf(community.CodeBadInput, "from: want 2006-01-02")
		}
		to = day.AddDate(0, 0, 6).Format(time.DateOnly)
	}
	cal, err := c.calendars(h)
	return cal, g, from, to, err
}

type calendarListCmd struct{ calendarDays }

func (calendarListCmd) Shape() any { return rowsOf[itemLine]() }
func (calendarListCmd) Examples() []example {
	return []example{{"calendar list --group '#books' --from 2026-12-01 --to 2026-12-31", [2]string{"一个群的十二月", "December of a group"}}}
}

// Do lists items.
func (q *calendarListCmd) Do(c *call, h *House) error {
	cal, g, from, to, err := q.of(c, h)
	if err != nil {
		return err
	}
	v, err := cal.Calendar(c.ctx, g.Key, from, to)
	if err != nil {
		return err
	}
	return printList(c, mapped(v.Items, lineOfItem), len(v.Items))
}

// mixLine is the share of a class over 28 days. Below 20 posts it is not judged (few).
type mixLine struct {
	Of        string  `json:"of" col:"范围|of"` // "real" or "projected"
	Class     string  `json:"class" col:"类别|class"`
	Posts     int     `json:"posts" col:"条数|posts"`
	N         int     `json:"of_posts" col:"共|of"`
	Share     float64 `json:"share" col:"占比|share"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Target    float64 `json:"target" col:"目标|target"`
	Reach     float64 `json:"share_by_reach"`
	Minutes   float64 `json:"share_by_minutes"`
	P         float64 `json:"p" col:"p|p"`
	Few       bool    `json:"too_few_to_judge" col:"太少|too few"`
	Unclassed int     `json:"unclassed"`
}

type calendarMixCmd struct{ calendarDays }

func (calendarMixCmd) Shape() any          { return rowsOf[mixLine]() }
func (calendarMixCmd) Examples() []example { return nil }

// Do prints the mix.
func (q *calendarMixCmd) Do(c *call, h *House) error {
	cal, g, from, to, err := q.of(c, h)
	if err != nil {
		return err
	}
	v, err := cal.Calendar(c.ctx, g.Key, from, to)
	if err != nil {
		return err
	}
	var out []mixLine
	for _, one := range []struct {
		name string
		mix  plan.Mix
	}{{"real", v.Real}, {"projected", v.Projected}} {
		for i, class := range plan.Classes() {
			m := one.mix
			out = append(out, mixLine{one.name, string(class), m.Posts[i], m.N, m.Share(class), m.Low[i], m.High[i], class.Target(), m.ShareOf(class), m.ShareIn(class), m.P, m.Few, m.Unclassed})
		}
	}
	return printList(c, out, len(out))
}

// itemShape is one item with what is known of it.
type itemShape struct {
	itemLine
	Says    string        `json:"says" col:"发出|says"` // with its label
	Ad      string        `json:"ad" col:"广告|ad"`     // class, price or link; "" = none
	Beyond  []string      `json:"beyond" col:"超出|beyond"`
	Remarks []plan.Remark `json:"remarks"`
	Found   []string      `json:"-" col:"三有三不|check"`
}

type calendarShowCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (calendarShowCmd) Shape() any          { return itemShape{} }
func (calendarShowCmd) Examples() []example { return nil }

// Do shows an item.
func (q *calendarShowCmd) Do(c *call, h *House) error {
	return c.onItem(h, q.ID, func(cal Calendars, id community.ID) (plan.Item, error) { return cal.Item(c.ctx, id) })
}

// onItem does something with an item and shows it as it is then.
func (c *call) onItem(h *House, text string, do func(Calendars, community.ID) (plan.Item, error)) error {
	id, err := idOf(text)
	if err != nil {
		return err
	}
	cal, err := c.calendars(h)
	if err != nil {
		return err
	}
	i, err := do(cal, id)
	if err != nil {
		return err
	}
	return c.printItem(cal, i)
}

func (c *call) printItem(cal Calendars, i plan.Item) error {
	o, err := cal.Outlook(c.ctx, i)
	if code := community.CodeOf(err); err != nil && code != community.CodeTooLarge && code != community.CodeBadInput {
		return err
	}
	out := itemShape{itemLine: lineOfItem(i), Says: o.Says.Link.Whole(o.Says.Text), Ad: o.Ad, Beyond: []string{}, Remarks: append([]plan.Remark{}, o.Remarks...)}
	for _, p := range o.Beyond {
		for _, b := range p.List {
			out.Beyond = append(out.Beyond, fmt.Sprintf("%s: %s %d/%d", p.Name, b.Code, b.Have, b.Of))
		}
	}
	for _, r := range o.Remarks {
		out.Found = append(out.Found, strings.TrimSpace(r.Rule+" "+r.Sentence)+";")
	}
	return printOne(c, out)
}

type calendarAddCmd struct {
	Group   []string `required:"" placeholder:"GROUP" help:"发到哪些群（可重复）|which groups (repeatable)"`
	Text    string   `help:"正文，可先空着|the text; may stay empty at first"`
	Title   string   `help:"标题，只给自己看|a title, for yourselves only"`
	Class   string   `required:"" enum:"useful,interactive,promotion" help:"类别：useful 实用、interactive 互动、promotion 营销|class: useful, interactive or promotion"`
	Format  string   `default:"other" help:"形式：article、voice_live、short_video、poll、other|format: article, voice_live, short_video, poll or other"`
	Minutes int64    `help:"成本：分钟|cost: minutes"`
	Money   string   `placeholder:"YUAN" help:"成本：元|cost: yuan"`
	Serves  string   `default:"goal" help:"服务于群目标（goal）或其中一个指标|the groups' goal as a whole (goal), or a figure of one of its targets"`
	Date    string   `required:"" placeholder:"DATE" help:"日期，按各群时区|date, in each group's zone"`
	At      string   `required:"" placeholder:"HH:MM" help:"时间|time"`
	Slot    string   `help:"档期的编号|id of its slot"`
	Option  []string `help:"投票选项（可重复）|option of a poll (repeatable)"`
	Reason  string   `placeholder:"TEXT" help:"超出配比的原因|why it goes beyond the mix"`
	named
}

func (calendarAddCmd) Shape() any { return itemShape{} }
func (calendarAddCmd) Examples() []example {
	return []example{{"calendar add --group '#books' --class useful --format article --minutes 30 --date 2026-12-01 --at 08:30 --slot morning --text '怎么记住一本书？你会怎么做？'", [2]string{"排一条早报", "plan a morning report"}}}
}

// Do makes a draft.
func (q *calendarAddCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	content := plan.Content{Title: q.Title, Text: q.Text, Class: plan.Class(q.Class), Format: q.Format, Minutes: q.Minutes, Serves: q.Serves, Date: q.Date, At: q.At, Fixture: q.Slot, Options: q.Option, Reason: q.Reason}
	if content.Title == "" {
		content.Title = firstWords(q.Text)
	}
	if content.Groups, err = c.groupKeys(desk, q.Group); err != nil {
		return err
	}
	if q.Money != "" {
		if content.Fen, err = community.ParseAmount(q.Money); err != nil {
			return community.Errorf(community.CodeBadInput, "money: %w", err)
		}
	}
	cal, err := c.calendars(h)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	i, err := cal.SaveItem(c.ctx, who, community.ID{}, 0, content, q.Reason)
	if err != nil {
		return err
	}
	return c.printItem(cal, i)
}

// itemArgs are those of verbs that change an item.
type itemArgs struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

func (itemArgs) Shape() any          { return itemShape{} }
func (itemArgs) Examples() []example { return nil }

func (q *itemArgs) change(c *call, h *House, do func(cal Calendars, who string, id community.ID) (plan.Item, error)) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return c.onItem(h, q.ID, func(cal Calendars, id community.ID) (plan.Item, error) { return do(cal, who, id) })
}

type calendarMoveCmd struct {
	itemArgs
	Date string `required:"" placeholder:"DATE" help:"日期|date"`
	At   string `placeholder:"HH:MM" help:"时间|time"`
}

// Do puts an item on another date.
func (q *calendarMoveCmd) Do(c *call, h *House) error {
	return q.change(c, h, func(cal Calendars, who string, id community.ID) (plan.Item, error) {
		return cal.MoveItem(c.ctx, who, id, q.Date, q.At, q.Reason)
	})
}

type calendarAskCmd struct{ itemArgs }

// Do asks for approval.
func (q *calendarAskCmd) Do(c *call, h *House) error {
	return q.change(c, h, func(cal Calendars, who string, id community.ID) (plan.Item, error) {
		return cal.AskItem(c.ctx, who, id, q.Reason)
	})
}

type calendarApproveCmd struct {
	ID       string `arg:"" help:"编号|id"`
	Version  int    `placeholder:"N" help:"看过的是第几版，默认现在这版|the version that was seen, by default the one now"`
	Override string `placeholder:"TEXT" help:"没有别人能批准时：为什么不经第二个人就发|where nobody else may approve: why it goes without a second person"`
	named
}

func (calendarApproveCmd) Shape() any          { return itemShape{} }
func (calendarApproveCmd) Examples() []example { return nil }

// Do approves.
func (q *calendarApproveCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return c.onItem(h, q.ID, func(cal Calendars, id community.ID) (plan.Item, error) {
		version := q.Version
		if version == 0 {
			i, err := cal.Item(c.ctx, id)
			if err != nil {
				return i, err
			}
			version = i.Version
		}
		return cal.ApproveItem(c.ctx, who, id, version, q.Override)
	})
}

type calendarSkipCmd struct{ itemArgs }

// Do leaves an item out.
func (q *calendarSkipCmd) Do(c *call, h *House) error {
	return q.change(c, h, func(cal Calendars, who string, id community.ID) (plan.Item, error) {
		return cal.SkipItem(c.ctx, who, id, q.Reason)
	})
}

// fillLine is one proposed item, or a slot that stays empty and why.
type fillLine struct {
	Date  string `json:"date" col:"日期|date"`
	At    string `json:"at" col:"时间|time"`
	Slot  string `json:"slot" col:"档期|slot"`
	Class string `json:"class" col:"类别|class"`
	Title string `json:"title" col:"标题|title"`
	State string `json:"state" col:"状态|state"` // proposed, left, or that of the item made
	Why   string `json:"why" col:"原因|why"`
	ID    string `json:"id" col:"编号|id"`
}

type calendarFillCmd struct {
	calendarDays
	Plan bool `name:"plan" help:"排入|plan it"`
	named
}

func (calendarFillCmd) Shape() any { return rowsOf[fillLine]() }
func (calendarFillCmd) Examples() []example {
	return []example{{"calendar fill --group '#books' --from 2026-12-01 --to 2026-12-07", [2]string{"先看提议", "see what is proposed"}}, {"calendar fill --group '#books' --from 2026-12-01 --to 2026-12-07 --plan", [2]string{"排入", "plan it"}}}
}

// Do fills.
func (q *calendarFillCmd) Do(c *call, h *House) error {
	cal, g, from, to, err := q.of(c, h)
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return community.Errorf(community.CodeBadInput, "group: name one")
	}
	out := []fillLine{}
	if q.Plan {
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		items, err := cal.Fill(c.ctx, who, g.Key, from, to, nil, "")
		if err != nil {
			return err
		}
		for _, i := range items {
			out = append(out, fillLine{i.Date, i.At, i.Fixture, string(i.Class), i.Title, string(i.State), "", i.ID.String()})
		}
		return printList(c, out, len(out))
	}
	p, err := cal.Propose(c.ctx, g.Key, from, to)
	if err != nil {
		return err
	}
	for _, i := range p.Items {
		out = append(out, fillLine{i.Date, i.At, i.Fixture, string(i.Class), i.Title, "proposed", "", ""})
	}
	for _, l := range p.Left {
		out = append(out, fillLine{Date: l.Date, Slot: l.Fixture, State: "left", Why: l.Why})
	}
	return printList(c, out, len(out))
}

// slotLine is a slot; with a group and a month also how it was kept.
type slotLine struct {
	ID      string `json:"id" col:"编号|id"`
	Name    string `json:"name" col:"档期|slot"`
	Every   string `json:"every" col:"多久|every"`
	From    string `json:"from" col:"从|from"`
	To      string `json:"to" col:"到|to"`
	Class   string `json:"class" col:"类别|class"` // "" = what the mix lacks
	Format  string `json:"format" col:"形式|format"`
	Minutes int64  `json:"minutes"`
	Turns   int    `json:"turns" col:"应发|turns"`
	OnTime  int    `json:"on_time" col:"准时|on time"`
	Off     int    `json:"off" col:"当天不在时段|off"`
	Missed  int    `json:"missed" col:"没发|missed"`
}

type calendarSlotsCmd struct {
	Group string `placeholder:"GROUP" help:"哪个群的守时|how a group kept them"`
	Month string `placeholder:"2006-01" help:"哪个月，默认本月|which month, by default this one"`
}

func (calendarSlotsCmd) Shape() any          { return rowsOf[slotLine]() }
func (calendarSlotsCmd) Examples() []example { return nil }

// Do lists slots.
func (q *calendarSlotsCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	cal, err := c.calendars(h)
	if err != nil {
		return err
	}
	list, err := cal.Fixtures(c.ctx)
	if err != nil {
		return err
	}
	kept := map[string]plan.Punctuality{}
	if g.Key != 0 {
		month := q.Month
		if month == "" {
			month = c.program.now().UTC().Format("2006-01")
		}
		lines, err := cal.Punctuality(c.ctx, g.Key, month)
		if err != nil {
			return err
		}
		for _, l := range lines {
			kept[l.Fixture] = l
		}
	}
	return printList(c, mapped(list, func(f plan.Fixture) slotLine {
		k := kept[f.ID]
		return slotLine{f.ID, f.Name, f.Every, f.From, f.To, string(f.Class), f.Format, f.Minutes, k.Turns, k.OnTime, k.Off, k.Missed}
	}), len(list))
}

// outcomeLine is how a poll came out in one group.
type outcomeLine struct {
	Group   string `json:"group" col:"群|group"`
	Option  string `json:"option" col:"选项|option"` // "" = a question without options
	Votes   int    `json:"votes" col:"票|votes"`
	Voters  int    `json:"voters" col:"人|voters"`
	Present int    `json:"members" col:"群里共|members"`
	Until   Moment `json:"until" col:"截止|until"`
}

type calendarOutcomeCmd struct {
	fresh `kong:"-"`
	ID    string `arg:"" help:"编号|id"`
	PNG   string `name:"png" placeholder:"FILE" help:"结果图存到哪里|where the picture goes"`
}

func (calendarOutcomeCmd) Shape() any          { return rowsOf[outcomeLine]() }
func (calendarOutcomeCmd) Examples() []example { return nil }

// Do prints how a poll came out.
func (q *calendarOutcomeCmd) Do(c *call, h *House) error {
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	cal, err := c.calendars(h)
	if err != nil {
		return err
	}
	i, err := cal.Item(c.ctx, id)
	if err != nil {
		return err
	}
	list, err := cal.Outcomes(c.ctx, id)
	if err != nil {
		return err
	}
	if q.PNG != "" {
		raw, err := cal.OutcomePicture(c.ctx, "zh-CN", id)
		if err != nil {
			return err
		}
		if _, err := toFile(c.path(q.PNG), func(w io.Writer) (int64, error) {
			n, err := w.Write(raw)
			return int64(n), err
		}); err != nil {
			return err
		}
	}
	out := []outcomeLine{}
	for _, o := range list {
		if len(i.Options) == 0 {
			out = append(out, outcomeLine{o.Name, "", 0, o.Voters, o.Present, Moment(o.Until)})
		}
		for n, option := range i.Options {
			out = append(out, outcomeLine{o.Name, option, o.Votes[n], o.Voters, o.Present, Moment(o.Until)})
		}
	}
	return printList(c, out, len(out))
}

// topicLine is a topic of the queue.
type topicLine struct {
	ID      string   `json:"id" col:"编号|id"`
	Title   string   `json:"title" col:"标题|title"`
	Class   string   `json:"class" col:"类别|class"`
	Format  string   `json:"format" col:"形式|format"`
	State   string   `json:"state" col:"状态|state"`
	Options []string `json:"options"`
	Text    string   `json:"text"`
	Created Moment   `json:"created_at" col:"加入|added"`
	Used    Moment   `json:"used_at"`
}

func lineOfTopic(t plan.Topic) topicLine {
	return topicLine{t.ID.String(), t.Title, string(t.Class), t.Format, string(t.State), append([]string{}, t.Options...), t.Text, Moment(t.Created), Moment(t.Used)}
}

type topicListCmd struct {
	Waiting bool `help:"只看等着用的|those that wait only"`
}

func (topicListCmd) Shape() any          { return rowsOf[topicLine]() }
func (topicListCmd) Examples() []example { return nil }

// Do lists topics.
func (q *topicListCmd) Do(c *call, h *House) error {
	cal, err := c.calendars(h)
	if err != nil {
		return err
	}
	list, err := cal.Topics(c.ctx, q.Waiting)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfTopic), len(list))
}

type topicAddCmd struct {
	Text   string   `required:"" help:"话题或问题|the topic or question"`
	Title  string   `help:"标题|a title"`
	Class  string   `default:"interactive" enum:"useful,interactive,promotion" help:"类别|class"`
	Format string   `default:"other" help:"形式|format"`
	Option []string `help:"投票选项（可重复）|option of a poll (repeatable)"`
	Reason string   `placeholder:"TEXT" help:"几乎一样的问过：为什么再来|why it comes again although something almost the same came"`
	named
}

func (topicAddCmd) Shape() any          { return topicLine{} }
func (topicAddCmd) Examples() []example { return nil }

// Do adds a topic.
func (q *topicAddCmd) Do(c *call, h *House) error {
	cal, err := c.calendars(h)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	t := plan.Topic{Title: q.Title, Text: q.Text, Class: plan.Class(q.Class), Format: q.Format, Options: q.Option, Reason: q.Reason}
	if t.Title == "" {
		t.Title = firstWords(q.Text)
	}
	if t, err = cal.AddTopic(c.ctx, who, t); err != nil {
		return err
	}
	return printOne(c, lineOfTopic(t))
}

type topicDropCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

func (topicDropCmd) Shape() any          { return topicLine{} }
func (topicDropCmd) Examples() []example { return nil }

// Do takes a topic out and prints it as it is then.
func (q *topicDropCmd) Do(c *call, h *House) error {
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	cal, err := c.calendars(h)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	if err := cal.DropTopic(c.ctx, who, id, q.Reason); err != nil {
		return err
	}
	list, err := cal.Topics(c.ctx, false)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.ID == id {
			return printOne(c, lineOfTopic(t))
		}
	}
	return nil
}
