package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// LiveQAs is what the command line asks and changes of live Q&As (直播答疑).
type LiveQAs interface {
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]plan.LiveQA, int, error)
	ByID(ctx context.Context, id community.ID) (plan.LiveQA, []plan.LiveQuestion, plan.LiveSums, error)
	People(ctx context.Context, id community.ID) ([]plan.LivePerson, error)
	Items(ctx context.Context, id community.ID) (map[int]plan.Item, error)
	Series(ctx context.Context, g community.GroupKey) (plan.LiveSeries, error)
	SetSeries(ctx context.Context, user string, g community.GroupKey, s plan.LiveSeries, reason string) error
	New(ctx context.Context, user string, q plan.LiveQA, reason string) (plan.LiveQA, error)
	Edit(ctx context.Context, user string, id community.ID, version int, to plan.LiveQA, reason string) (plan.LiveQA, error)
	SetAddress(ctx context.Context, user string, id community.ID, address, reason string) (plan.LiveQA, error)
	Lay(ctx context.Context, user string, id community.ID, reason string) ([]plan.Item, error)
	Cancel(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, error)
	SetNotes(ctx context.Context, user string, id community.ID, version int, notes string) (plan.LiveQA, error)
	Add(ctx context.Context, user string, id community.ID, member community.MemberKey, text string) (plan.LiveQuestion, error)
	Answer(ctx context.Context, user string, id community.ID, no, version int, text string) (plan.LiveQuestion, error)
	Pass(ctx context.Context, user string, id community.ID, no int, reason string) (plan.LiveQuestion, error)
	Reopen(ctx context.Context, user string, id community.ID, no int) (plan.LiveQuestion, error)
	Merge(ctx context.Context, user string, id community.ID, no, into int) (plan.LiveQuestion, error)
	Finish(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, int, error)
	Archive(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, int, error)
	Address(q plan.LiveQA) string
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
}

type liveqaCmd struct {
	List    liveqaListCmd    `cmd:"" help:"列出直播答疑|list live Q&As"`
	Show    liveqaShowCmd    `cmd:"" help:"一场：问题排行、答复、到场|one: its questions in order, answers, who came"`
	New     liveqaNewCmd     `cmd:"" help:"安排一场，默认在周三 20:00 的档期|lay one down, by default in the slot of Wednesday 20:00"`
	Edit    liveqaEditCmd    `cmd:"" help:"开始前改|change it before it begins"`
	Series  liveqaSeriesCmd  `cmd:"" help:"每周自动安排：看，或改|every week by itself: show, or change"`
	Address liveqaAddressCmd `cmd:"" help:"填直播地址|say where the live is"`
	Lay     liveqaLayCmd     `cmd:"" help:"把提醒排进内容日历并送审|lay the reminders into the calendar, for approval"`
	Ask     liveqaAskCmd     `cmd:"" help:"手工记一个问题|write a question down"`
	Answer  liveqaAnswerCmd  `cmd:"" help:"写一个问题的答复|write the answer of a question"`
	Pass    liveqaPassCmd    `cmd:"" help:"不回答一个问题，写明原因|leave a question out, and say why"`
	Merge   liveqaMergeCmd   `cmd:"" help:"把重复的问题并到另一个|merge a question into another that asks the same"`
	Reopen  liveqaReopenCmd  `cmd:"" help:"撤销不回答或合并|take either back"`
	Notes   liveqaNotesCmd   `cmd:"" help:"写直播笔记|write down what was said"`
	Finish  liveqaFinishCmd  `cmd:"" help:"结束：答复发回给提问的人|end it: answers go back to who asked"`
	Archive liveqaArchiveCmd `cmd:"" help:"存档：答过的问题成为精华卡片|archive it: each answered question becomes a card"`
	Cancel  liveqaCancelCmd  `cmd:"" help:"取消，并告诉报名的人|call it off, and tell those who signed up"`
	People  liveqaPeopleCmd  `cmd:"" help:"谁报名、谁到场|who signed up, and who came"`
	Link    liveqaLinkCmd    `cmd:"" help:"某个成员自己的链接|a member's own link"`
}

// LiveLine is a live Q&A as verbs print it.
type LiveLine struct {
	ID        string `json:"id" col:"编号|id"`
	Group     string `json:"group" col:"群|group"`
	Title     string `json:"title" col:"标题|title"`
	State     string `json:"state" col:"状态|state"` // planned, collecting, live, over, answered, archived, cancelled
	Starts    Moment `json:"starts" col:"开始|begins"`
	Ends      Moment `json:"ends"`
	Opens     Moment `json:"opens"`
	Questions int    `json:"questions" col:"问题|questions"`
	Open      int    `json:"open" col:"未答|open"`
	Slot      string `json:"slot"`
	Page      string `json:"page" col:"页面|page"`
	Address   string `json:"address"` // of the live; "" = not known yet
	Version   int    `json:"version"`
}

// LiveAsked is a question as verbs print it.
type LiveAsked struct {
	No        int    `json:"no" col:"号|no"`
	State     string `json:"state" col:"状态|state"` // open, answered, merged, passed, withdrawn
	Votes     int    `json:"votes" col:"票|votes"`  // of members
	Guests    int    `json:"guest_votes" col:"访客票|guests"`
	Name      string `json:"name" col:"提问|by"` // "" = nobody is known
	Anonymous bool   `json:"anonymous" col:"匿名|anonymous"`
	Text      string `json:"text" col:"问题|question"`
	Answer    string `json:"answer" col:"答复|answer"`
	Into      int    `json:"into"` // of a merged one; 0 = none
	Way       string `json:"way"`  // page, chat, hand
	Reason    string `json:"reason"`
	Asked     Moment `json:"asked"`
	Told      Moment `json:"told"`               // when the answer went back; 0 = not yet
	Back      string `json:"back" col:"送回|back"` // private, group, task, page; "" = not yet
	Version   int    `json:"version"`
}

// LiveFigures are the figures of a live Q&A.
type LiveFigures struct {
	Signed    int            `json:"signed_up"`
	Asked     int            `json:"people_who_asked"`
	Questions int            `json:"questions"`
	Answered  int            `json:"answered"`
	Told      int            `json:"answers_back"`
	Back      map[string]int `json:"answers_back_by_way"`
	Came      int            `json:"came"`           // people we know
	SignedIn  int            `json:"came_signed_up"` // of those who had signed up
	Opens     int            `json:"openings"`
	Unknown   int            `json:"openings_unknown"`
	Share     *float64       `json:"share"` // of those who signed up; null = fewer than 5
}

// LiveWhole is a live Q&A with everything about it.
type LiveWhole struct {
	LiveLine
	Host    string            `json:"host"`
	Word    string            `json:"word"`
	Remind  []int             `json:"remind_minutes"`
	Lang    string            `json:"language"`
	Notes   string            `json:"notes"`
	Why     string            `json:"why"`            // it was called off
	Items   map[string]string `json:"calendar_items"` // states by minutes before the beginning
	List    []LiveAsked       `json:"list"`
	Figures LiveFigures       `json:"figures"`
}

func lineOfLive(v LiveQAs, q plan.LiveQA) LiveLine {
	return LiveLine{q.ID.String(), q.GroupName, q.Title, string(q.Stage), Moment(q.Starts), Moment(q.Ends), Moment(q.Opens), q.Questions, q.Open, q.Slot, v.Address(q), q.LiveTerms.Address, q.Version}
}

func lineOfAsked(a plan.LiveQuestion) LiveAsked {
	return LiveAsked{a.No, a.State, a.Votes, a.Guests, a.Name, a.Anonymous, a.Text, a.Answer, a.Into, a.Way, a.Reason, Moment(a.Made), Moment(a.Told), a.Back, a.Version}
}

func liveFigures(s plan.LiveSums) LiveFigures {
	out := LiveFigures{s.Signed, s.Asked, s.Questions, s.Answered, s.Told, s.Back, s.Came, s.SignedIn, s.Opens, s.Unknown, nil}
	if share, ok := s.Share(); ok {
		out.Share = &share
	}
	return out
}

// printLive prints a live Q&A as it now is.
func (c *call) printLive(v LiveQAs, id community.ID, err error) error {
	if err != nil {
		return err
	}
	q, list, sums, err := v.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	items, err := v.Items(c.ctx, id)
	if err != nil {
		return err
	}
	whole := LiveWhole{lineOfLive(v, q), q.Host, q.Word, q.Remind, q.Lang, q.Notes, q.Why, map[string]string{}, mapped(list, lineOfAsked), liveFigures(sums)}
	for _, m := range slices.Sorted(maps.Keys(items)) {
		whole.Items[fmt.Sprint(m)] = string(items[m].State)
	}
	if c.json {
		return c.printJSON(whole)
	}
	if err := printOne(c, whole.LiveLine); err != nil {
		return err
	}
	share := "–"
	if whole.Figures.Share != nil {
		share = fmt.Sprintf("%.0f %%", *whole.Figures.Share*100)
	}
	fmt.Fprintln(c.out, c.lang.pick([2]string{
		fmt.Sprintf("报名 %d，到场 %d（其中报过名 %d，%s），打开 %d 次（认不出人的 %d），提问 %d 人，送回答复 %d", sums.Signed, sums.Came, sums.SignedIn, share, sums.Opens, sums.Unknown, sums.Asked, sums.Told),
		fmt.Sprintf("signed up %d, came %d (signed up: %d, %s), openings %d (unknown: %d), people who asked %d, answers back %d", sums.Signed, sums.Came, sums.SignedIn, share, sums.Opens, sums.Unknown, sums.Asked, sums.Told)}))
	return printList(c, whole.List, len(whole.List))
}

// livesOf opens the live Q&As, for a verb that names one by its id.
func (c *call) livesOf(h *House, text string) (LiveQAs, community.ID, error) {
	id, err := idOf(text)
	if err != nil {
		return nil, id, err
	}
	v, err := inOrg(c, h, h.LiveQAs)
	return v, id, err
}

type liveqaListCmd struct {
	Group string `placeholder:"GROUP" help:"在这个群|in this group"`
	paging
}

func (liveqaListCmd) Shape() any          { return rowsOf[LiveLine]() }
func (liveqaListCmd) Examples() []example { return nil }

// Do lists live Q&As, those that begin last first.
func (q *liveqaListCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	v, err := inOrg(c, h, h.LiveQAs)
	if err != nil {
		return err
	}
	list, total, err := v.List(c.ctx, g.Key, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(q plan.LiveQA) LiveLine { return lineOfLive(v, q) }), total)
}

type liveqaID struct {
	ID string `arg:"" help:"直播答疑的编号|id of the live Q&A"`
}

type liveqaShowCmd struct{ liveqaID }

func (liveqaShowCmd) Shape() any          { return LiveWhole{} }
func (liveqaShowCmd) Examples() []example { return nil }

// Do shows one live Q&A.
func (q *liveqaShowCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	return c.printLive(v, id, err)
}

// liveTerms are the flags by which a live Q&A is written.
type liveTerms struct {
	Title  string `placeholder:"TEXT" help:"标题|title"`
	Host   string `placeholder:"TEXT" help:"谁来答|who answers"`
	Where  string `placeholder:"URL" help:"直播地址，http 或 https；可以以后再填|where the live is, http or https; may be said later"`
	Word   string `placeholder:"WORD" help:"群里提问的开头词，默认 提问|the word that begins a question in the chat"`
	Remind []int  `placeholder:"MINUTES" help:"开始前几分钟提醒，可写多个，0 是开始时|minutes before the beginning at which the group is reminded, 0 = when it begins"`
	Text   string `enum:",zh-CN,en" default:"" help:"发到群里的文字用哪种语言|language of what the group is told"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (q *liveTerms) onto(t plan.LiveTerms) plan.LiveTerms {
	t.Title, t.Host, t.Address, t.Word, t.Lang = cmp.Or(q.Title, t.Title), cmp.Or(q.Host, t.Host), cmp.Or(q.Where, t.Address), cmp.Or(q.Word, t.Word), cmp.Or(q.Text, t.Lang)
	if q.Remind != nil {
		t.Remind = q.Remind
	}
	return t
}

// liveTimes are the flags by which its times are written.
type liveTimes struct {
	Starts string `placeholder:"TIME" help:"开始，群的时区，2006-01-02 15:04；不写就是档期的下一次|when it begins, in the group's zone; by default the slot's next time"`
	Ends   string `placeholder:"TIME" help:"结束，默认档期的结束或一小时后|when it ends, by default as the slot does, or an hour later"`
	Opens  string `placeholder:"TIME" help:"从什么时候起收问题，默认提前 3 天|from when on questions are taken, by default 3 days before"`
}

func (q *liveTimes) onto(to *plan.LiveQA, zone *time.Location) error {
	for _, f := range []struct {
		text string
		to   *int64
	}{{q.Starts, &to.Starts}, {q.Ends, &to.Ends}, {q.Opens, &to.Opens}} {
		if f.text == "" {
			continue
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", f.text, zone)
		if err != nil {
			return badUsage("时间要写成 2006-01-02 15:04", "times: want 2006-01-02 15:04")
		}
		*f.to = at.UnixMilli()
	}
	return nil
}

type liveqaNewCmd struct {
	Group string `arg:"" help:"群|group"`
	Slot  string `default:"live" placeholder:"SLOT" help:"内容日历里的档期；none 是不在档期里|slot of the calendar; none = outside of any"`
	liveTimes
	liveTerms
}

func (liveqaNewCmd) Shape() any { return LiveWhole{} }
func (liveqaNewCmd) Examples() []example {
	return []example{{"liveqa new 读书群 --host 陈老师 --where https://meeting.tencent.com/dm/abc", [2]string{"下一个周三 20:00", "next Wednesday at 20:00"}}}
}

// Do lays one down.
func (q *liveqaNewCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	v, err := inOrg(c, h, h.LiveQAs)
	if err != nil {
		return err
	}
	one := plan.LiveQA{Group: g.Key, LiveTerms: q.liveTerms.onto(plan.DefaultLive()), Slot: q.Slot}
	if one.Slot == "none" {
		one.Slot = ""
	}
	if err := q.liveTimes.onto(&one, zoneNamed(g.Zone)); err != nil {
		return err
	}
	made, err := v.New(c.ctx, user, one, q.Reason)
	return c.printLive(v, made.ID, err)
}

type liveqaEditCmd struct {
	liveqaID
	Slot string `placeholder:"SLOT" help:"内容日历里的档期；none 是不在档期里|slot of the calendar; none = outside of any"`
	liveTimes
	liveTerms
}

func (liveqaEditCmd) Shape() any          { return LiveWhole{} }
func (liveqaEditCmd) Examples() []example { return nil }

// Do changes one before it begins.
func (q *liveqaEditCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	was, _, _, err := v.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	to := was
	to.LiveTerms = q.liveTerms.onto(was.LiveTerms)
	if to.Slot = cmp.Or(q.Slot, was.Slot); to.Slot == "none" {
		to.Slot = ""
	}
	if err := q.liveTimes.onto(&to, zoneNamed(was.Zone)); err != nil {
		return err
	}
	if q.Starts != "" { // the other times move with it
		by := to.Starts - was.Starts
		if q.Ends == "" {
			to.Ends += by
		}
		if q.Opens == "" {
			to.Opens += by
		}
	}
	_, err = v.Edit(c.ctx, user, id, was.Version, to, q.Reason)
	return c.printLive(v, id, err)
}

type liveqaSeriesCmd struct {
	Group string `arg:"" help:"群|group"`
	On    bool   `help:"每周自动安排下一场|lay the next one down by itself every week" xor:"on"`
	Off   bool   `help:"不再自动安排|lay none down by itself any more" xor:"on"`
	Slot  string `placeholder:"SLOT" help:"内容日历里的档期，默认 live（周三 20:00）|slot of the calendar, by default live (Wednesday 20:00)"`
	Days  int    `placeholder:"N" help:"提前几天收问题，1 到 7|days before it begins from which questions are taken, 1 to 7"`
	liveTerms
}

func (liveqaSeriesCmd) Shape() any { return plan.LiveSeries{} }
func (liveqaSeriesCmd) Examples() []example {
	return []example{{"liveqa series 读书群 --on --host 陈老师", [2]string{"每个周三 20:00", "every Wednesday at 20:00"}}}
}

// Do shows how a group's live Q&As come back, changed where flags say so.
func (q *liveqaSeriesCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	v, err := inOrg(c, h, h.LiveQAs)
	if err != nil {
		return err
	}
	was, err := v.Series(c.ctx, g.Key)
	if err != nil {
		return err
	}
	to := was
	to.LiveTerms, to.Slot, to.Ahead = q.liveTerms.onto(was.LiveTerms), cmp.Or(q.Slot, was.Slot), cmp.Or(q.Days, was.Ahead)
	to.On = (was.On || q.On) && !q.Off
	if q.On || q.Off || q.Slot != "" || q.Days != 0 || q.Remind != nil || q.Title+q.Host+q.Where+q.Word+q.Text != "" {
		if err := v.SetSeries(c.ctx, user, g.Key, to, q.Reason); err != nil {
			return err
		}
		if to, err = v.Series(c.ctx, g.Key); err != nil {
			return err
		}
	}
	return c.printJSON(to)
}

type liveqaAddressCmd struct {
	liveqaID
	Where  string `arg:"" help:"直播地址，http 或 https|where the live is, http or https"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (liveqaAddressCmd) Shape() any          { return LiveWhole{} }
func (liveqaAddressCmd) Examples() []example { return nil }

// Do says where the live is.
func (q *liveqaAddressCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	_, err = v.SetAddress(c.ctx, user, id, q.Where, q.Reason)
	return c.printLive(v, id, err)
}

type liveqaLayCmd struct {
	liveqaID
	Reason string `placeholder:"TEXT" help:"超出 721 比例时为什么仍要发|why it goes although it is beyond the mix"`
}

func (liveqaLayCmd) Shape() any          { return LiveWhole{} }
func (liveqaLayCmd) Examples() []example { return nil }

// Do lays the reminders into the calendar.
func (q *liveqaLayCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	_, err = v.Lay(c.ctx, user, id, q.Reason)
	return c.printLive(v, id, err)
}

type liveqaAskCmd struct {
	liveqaID
	Text   string `arg:"" help:"问题|the question"`
	Member string `placeholder:"MEMBER" help:"谁问的|who asked it"`
}

func (liveqaAskCmd) Shape() any          { return LiveAsked{} }
func (liveqaAskCmd) Examples() []example { return nil }

// Do writes a question down.
func (q *liveqaAskCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	var member community.MemberKey
	if q.Member != "" {
		if member, err = c.liveMember(h, v, id, q.Member); err != nil {
			return err
		}
	}
	a, err := v.Add(c.ctx, user, id, member, q.Text)
	if err != nil {
		return err
	}
	return printOne(c, lineOfAsked(a))
}

// liveMember finds a member of the group of a live Q&A.
func (c *call) liveMember(h *House, v LiveQAs, id community.ID, text string) (community.MemberKey, error) {
	q, _, _, err := v.ByID(c.ctx, id)
	if err != nil {
		return 0, err
	}
	desk, err := c.desk(h)
	if err != nil {
		return 0, err
	}
	m, err := c.member(desk, q.Group, text)
	return m.Key, err
}

type liveqaNo struct {
	liveqaID
	No int `arg:"" help:"问题的号|number of the question"`
}

// about does something with a question.
func (q *liveqaNo) about(c *call, h *House, do func(v LiveQAs, id community.ID) (plan.LiveQuestion, error)) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	a, err := do(v, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfAsked(a))
}

type liveqaAnswerCmd struct {
	liveqaNo
	Text string `arg:"" help:"答复|the answer"`
	Seen int    `placeholder:"VERSION" help:"只在问题还是这个版本时写|only while the question is of this version"`
}

func (liveqaAnswerCmd) Shape() any { return LiveAsked{} }
func (liveqaAnswerCmd) Examples() []example {
	return []example{{"liveqa answer 0C8xQ 3 每天半小时就够", [2]string{"结束时发回给提问的人", "it goes back to who asked when the live Q&A is finished"}}}
}

// Do writes an answer.
func (q *liveqaAnswerCmd) Do(c *call, h *House) error {
	return q.about(c, h, func(v LiveQAs, id community.ID) (plan.LiveQuestion, error) {
		return v.Answer(c.ctx, user, id, q.No, q.Seen, q.Text)
	})
}

type liveqaPassCmd struct {
	liveqaNo
	Reason string `required:"" placeholder:"TEXT" help:"原因，提问的人看得到|why; who asked reads it"`
}

func (liveqaPassCmd) Shape() any          { return LiveAsked{} }
func (liveqaPassCmd) Examples() []example { return nil }

// Do leaves a question out.
func (q *liveqaPassCmd) Do(c *call, h *House) error {
	return q.about(c, h, func(v LiveQAs, id community.ID) (plan.LiveQuestion, error) {
		return v.Pass(c.ctx, user, id, q.No, q.Reason)
	})
}

type liveqaMergeCmd struct {
	liveqaNo
	Into int `arg:"" help:"并到哪一号|number of the other question"`
}

func (liveqaMergeCmd) Shape() any          { return LiveAsked{} }
func (liveqaMergeCmd) Examples() []example { return nil }

// Do merges a question into another.
func (q *liveqaMergeCmd) Do(c *call, h *House) error {
	return q.about(c, h, func(v LiveQAs, id community.ID) (plan.LiveQuestion, error) {
		return v.Merge(c.ctx, user, id, q.No, q.Into)
	})
}

type liveqaReopenCmd struct{ liveqaNo }

func (liveqaReopenCmd) Shape() any          { return LiveAsked{} }
func (liveqaReopenCmd) Examples() []example { return nil }

// Do lets a question stand again.
func (q *liveqaReopenCmd) Do(c *call, h *House) error {
	return q.about(c, h, func(v LiveQAs, id community.ID) (plan.LiveQuestion, error) {
		return v.Reopen(c.ctx, user, id, q.No)
	})
}

type liveqaNotesCmd struct {
	liveqaID
	Text string `arg:"" help:"笔记|the notes"`
}

func (liveqaNotesCmd) Shape() any          { return LiveWhole{} }
func (liveqaNotesCmd) Examples() []example { return nil }

// Do writes down what was said.
func (q *liveqaNotesCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	_, err = v.SetNotes(c.ctx, user, id, 0, strings.ReplaceAll(q.Text, `\n`, "\n"))
	return c.printLive(v, id, err)
}

type liveqaFinishCmd struct {
	liveqaID
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (liveqaFinishCmd) Shape() any          { return LiveWhole{} }
func (liveqaFinishCmd) Examples() []example { return nil }

// Effect says what it does.
func (liveqaFinishCmd) Effect() [2]string {
	return [2]string{"每条答复会发回给提问的人，之后不再收问题", "each answer goes back to who asked, and no more questions are taken"}
}

// Do ends it.
func (q *liveqaFinishCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	_, _, err = v.Finish(c.ctx, user, id, q.Reason)
	return c.printLive(v, id, err)
}

type liveqaArchiveCmd struct {
	liveqaID
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (liveqaArchiveCmd) Shape() any          { return LiveWhole{} }
func (liveqaArchiveCmd) Examples() []example { return nil }

// Do archives it.
func (q *liveqaArchiveCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	_, _, err = v.Archive(c.ctx, user, id, q.Reason)
	return c.printLive(v, id, err)
}

type liveqaCancelCmd struct {
	liveqaID
	Reason string `required:"" placeholder:"TEXT" help:"原因，所有人看得到|why; everybody reads it"`
}

func (liveqaCancelCmd) Shape() any          { return LiveWhole{} }
func (liveqaCancelCmd) Examples() []example { return nil }

// Effect says what it does.
func (liveqaCancelCmd) Effect() [2]string {
	return [2]string{"这场答疑会取消，没发的提醒会跳过，报名的人会得到通知", "it is called off, reminders that are not sent are skipped, and those who signed up are told"}
}

// Do calls it off.
func (q *liveqaCancelCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	_, err = v.Cancel(c.ctx, user, id, q.Reason)
	return c.printLive(v, id, err)
}

// LivePersonLine is somebody of a live Q&A as verbs print it.
type LivePersonLine struct {
	Name   string `json:"name" col:"谁|who"`
	Kind   string `json:"kind" col:"身份|kind"` // member, guest, unknown
	Member string `json:"member"`             // "" = no member
	Signed Moment `json:"signed_up" col:"报名|signed up"`
	Opens  int    `json:"openings" col:"打开|openings"`
	First  Moment `json:"first" col:"首次|first"`
	Last   Moment `json:"last"`
}

type liveqaPeopleCmd struct{ liveqaID }

func (liveqaPeopleCmd) Shape() any          { return rowsOf[LivePersonLine]() }
func (liveqaPeopleCmd) Examples() []example { return nil }

// Do lists who signed up or came.
func (q *liveqaPeopleCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	list, err := v.People(c.ctx, id)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(p plan.LivePerson) LivePersonLine {
		line := LivePersonLine{p.Name, "member", p.MemberID.String(), Moment(p.Signed), p.Opens, Moment(p.First), Moment(p.Last)}
		if p.Who <= 0 {
			line.Kind, line.Member = "guest", ""
		}
		if p.Who == 0 {
			line.Kind = "unknown"
		}
		return line
	}), len(list))
}

type liveqaLinkCmd struct {
	liveqaID
	Member string `arg:"" help:"成员|member"`
}

func (liveqaLinkCmd) Shape() any { return drawLinkLine{} }
func (liveqaLinkCmd) Examples() []example {
	return []example{{"liveqa link 0C8xQ 张三", [2]string{"私下发给本人", "give it to them in private"}}}
}

// Do prints where a member signs up, asks and goes to the live.
func (q *liveqaLinkCmd) Do(c *call, h *House) error {
	v, id, err := c.livesOf(h, q.ID)
	if err != nil {
		return err
	}
	m, err := c.liveMember(h, v, id, q.Member)
	if err != nil {
		return err
	}
	link, err := v.Link(c.ctx, id, m)
	if err != nil {
		return err
	}
	return printOne(c, drawLinkLine{link})
}
