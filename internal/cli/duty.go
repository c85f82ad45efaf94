package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// Duty is who is on duty, and the alarms that go to them.
type Duty interface {
	Roster(ctx context.Context) (duty.Roster, error)
	Settings(ctx context.Context) (duty.Settings, error)
	Set(ctx context.Context, user string, set duty.Settings, reason string) error
	AddShift(ctx context.Context, user string, s duty.Shift, reason string) (duty.Shift, error)
	RemoveShift(ctx context.Context, user string, id community.ID, reason string) (duty.Shift, error)
	Change(ctx context.Context, user string, c duty.Change, reason string) (duty.Change, error)
	Unchange(ctx context.Context, user string, id community.ID, reason string) error
	Undo(ctx context.Context, user string, id community.ID) error
	Notes(ctx context.Context, n int) ([]duty.Note, error)
	AddNote(ctx context.Context, user, text string) (duty.Note, error)
	Alarms(ctx context.Context, open bool, tag string, p community.Page) ([]duty.Alarm, int, error)
	Alarm(ctx context.Context, id community.ID) (duty.Alarm, error)
	Ack(ctx context.Context, user string, id community.ID) error
	HandOn(ctx context.Context, user string, id community.ID, reason string) error
	Finish(ctx context.Context, user string, id community.ID, reason string) error
	Test(ctx context.Context, user string) (duty.Alarm, error)
	TaskHandOn(ctx context.Context, user string, task community.ID, reason string) error
	Ways(ctx context.Context, of string) ([]duty.Way, error)
	SetWays(ctx context.Context, user, of string, ways []duty.Way, reason string) error
	LockScope(ctx context.Context, o duty.LockOrder) ([]community.GroupRow, int64, error)
	Lock(ctx context.Context, user string, o duty.LockOrder) (duty.Lockdown, error)
	Unlock(ctx context.Context, user string, id community.ID, reason string) error
	Lockdowns(ctx context.Context) ([]duty.Lockdown, error)
	// QuestionWatch is how long a group's questions may stay open before somebody is told; SetQuestionWatch changes it.
	QuestionWatch(ctx context.Context, g community.GroupKey) (duty.QuestionWatch, error)
	SetQuestionWatch(ctx context.Context, user string, g community.GroupKey, set duty.QuestionWatch, reason string) error
}

type dutyCmd struct {
	Now    dutyNowCmd    `cmd:"" help:"现在谁值班，接下来是谁|who is on duty now, and who comes next"`
	List   dutyListCmd   `cmd:"" help:"列出班次|list the shifts"`
	Add    dutyAddCmd    `cmd:"" help:"加一个每周班次|add a weekly shift"`
	Remove dutyRemoveCmd `cmd:"" help:"删掉一个班次或单日调整|remove a shift or the change of a day"`
	Swap   dutySwapCmd   `cmd:"" help:"某一天换人，或另加一段|somebody else on one day, or one more stretch"`
	Undo   dutyUndoCmd   `cmd:"" help:"撤销对班次或单日调整的最后一次改动|take the last change of a shift or a day back"`
	Note   dutyNoteCmd   `cmd:"" help:"交接：写一条，或看最近的|hand-over: leave a note, or read the newest"`
	Gaps   dutyGapsCmd   `cmd:"" help:"什么时候没人|when nobody is there"`
	Set    dutySetCmd    `cmd:"" help:"时区和“收到”的分钟数|zone, and minutes to acknowledge"`
	Alarms dutyAlarmsCmd `cmd:"" help:"列出告警|list alarms"`
	Show   dutyShowCmd   `cmd:"" help:"一条告警的每一步|every step of an alarm"`
	Ack    dutyAckCmd    `cmd:"" help:"收到|acknowledge"`
	Finish dutyFinishCmd `cmd:"" help:"处理完了|it is dealt with"`
	False  dutyFalseCmd  `cmd:"" help:"舆情误报：结束并记成标注案例|a false alarm about public opinion: it ends and becomes a labelled case"`
	Test   dutyTestCmd   `cmd:"" help:"测试告警|try an alarm out"`
	Asks   dutyAsksCmd   `cmd:"" name:"questions" help:"提问多久没人回就告警、叫谁|when open questions raise an alarm, and whom it goes to"`
}

// duty gives the handle of the organisation and the people's logins by id.
func (c *call) duty(h *House) (Duty, logins, error) {
	org, err := c.orgOf(h)
	if err != nil {
		return nil, nil, err
	}
	if h.Duty == nil {
		return nil, nil, errNotHere()
	}
	names, err := c.logins(h)
	if err != nil {
		return nil, nil, err
	}
	return h.Duty(org), names, nil
}

// logins reads what people of the organisation are called.
func (c *call) logins(h *House) (logins, error) {
	org, err := c.orgOf(h)
	if err != nil {
		return nil, err
	}
	if h.People == nil {
		return nil, errNotHere()
	}
	users, err := h.People.Users(c.ctx, org)
	if err != nil {
		return nil, err
	}
	names := logins{}
	for _, u := range users {
		names[u.ID.String()] = u.Login
	}
	return names, nil
}

// logins names people by the ids that rosters and alarms hold.
type logins map[string]string

// of gives a login, or the id of somebody who is no more.
func (l logins) of(id string) string {
	if name, ok := l[id]; ok {
		return name
	}
	return id
}

// id finds a person by login; "" and "-" are nobody.
func (l logins) id(login string) (string, error) {
	if login == "" || login == "-" {
		return "", nil
	}
	for id, name := range l {
		if strings.EqualFold(name, login) {
			return id, nil
		}
	}
	return "", failed(community.Errorf(community.CodeNotFound, "user %q: not found", login), "没有登录名 %q", "there is no login %q", login)
}

// actor is who does it: a person named by --as, else the command line.
func (l logins) actor(login string) (string, error) {
	if login == "" {
		return user, nil
	}
	return l.id(login)
}

type dutyNowCmd struct {
	At string `placeholder:"TIME" help:"某个时刻，默认现在|at a moment, by default now"`
}

// onDuty is somebody on duty, or coming next.
type onDuty struct {
	Order int    `json:"order" col:"次序|order"`
	Login string `json:"login" col:"登录名|login"`
	Now   bool   `json:"now" col:"值班中|now"`
}

func (dutyNowCmd) Shape() any { return rowsOf[onDuty]() }
func (dutyNowCmd) Examples() []example {
	return []example{{"duty now", [2]string{"告警会按这个次序叫人", "alarms call people in this order"}}}
}

// Do lists who is on duty and who comes next.
func (q *dutyNowCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	roster, err := d.Roster(c.ctx)
	if err != nil {
		return err
	}
	c.speakIn(roster.Zone.String())
	at, err := c.when(q.At)
	if err != nil {
		return err
	}
	if at == 0 {
		at = c.program.now().UnixMilli()
	}
	users, now := duty.On(roster, at)
	rows := make([]onDuty, len(users))
	for i, u := range users {
		rows[i] = onDuty{i + 1, names.of(u), i < now}
	}
	return printList(c, rows, len(rows))
}

// weekNames are the days as they are typed, Monday first.
func weekNames() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

// readDays reads "mon,tue", "mon-fri" or "all".
func readDays(text string) ([]int, error) {
	names := weekNames()
	find := func(s string) int {
		for i, n := range names {
			if n == strings.ToLower(strings.TrimSpace(s)) {
				return i
			}
		}
		return -1
	}
	if text == "all" {
		return []int{0, 1, 2, 3, 4, 5, 6}, nil
	}
	var days []int
	for part := range strings.SplitSeq(text, ",") {
		first, last, span := strings.Cut(part, "-")
		from, to := find(first), find(first)
		if span {
			to = find(last)
		}
		if from < 0 || to < from {
			return nil, badUsage("星期 %q 看不懂，例如 mon、mon-fri、sat,sun、all", "day %q: want e.g. mon, mon-fri, sat,sun, all", part)
		}
		for d := from; d <= to; d++ {
			days = append(days, d)
		}
	}
	return days, nil
}

// readTimes reads "08:00-20:00"; an end that is not later lies on the next day.
func readTimes(text string) (start, end int, err error) {
	from, to, ok := strings.Cut(text, "-")
	if ok {
		if start, err = duty.ParseTime(from); err == nil {
			end, err = duty.ParseTime(to)
		}
	}
	if !ok || err != nil {
		return 0, 0, badUsage("时间 %q 看不懂，例如 08:00-20:00、20:00-08:00", "times %q: want e.g. 08:00-20:00, 20:00-08:00", text)
	}
	return start, end, nil
}

// shiftLine is a weekly shift or the change of a day.
type shiftLine struct {
	ID    string `json:"id" col:"编号|id"`
	Kind  string `json:"kind" col:"类型|kind"` // weekly, change, extra
	Day   string `json:"day" col:"日子|day"`   // mon … sun, or a date
	Times string `json:"times" col:"时间|times"`
	Login string `json:"login" col:"登录名|login"` // "" = nobody
	Shift string `json:"shift"`                 // of a change: the shift that is changed
	Note  string `json:"note" col:"备注|note"`
}

func lineOfShift(s duty.Shift, names logins) shiftLine {
	return shiftLine{s.ID.String(), "weekly", weekNames()[s.Weekday], duty.Clock(s.Start) + "-" + duty.Clock(s.End), names.of(s.User), "", ""}
}

func lineOfChange(ch duty.Change, names logins) shiftLine {
	l := shiftLine{ch.ID.String(), "extra", ch.Date, duty.Clock(ch.Start) + "-" + duty.Clock(ch.End), names.of(ch.User), "", ch.Note}
	if !ch.Shift.IsZero() {
		l.Kind, l.Shift = "change", ch.Shift.String()
	}
	return l
}

type dutyListCmd struct{}

func (dutyListCmd) Shape() any          { return rowsOf[shiftLine]() }
func (dutyListCmd) Examples() []example { return nil }

// Do lists shifts and the changes of single days.
func (dutyListCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	roster, err := d.Roster(c.ctx)
	if err != nil {
		return err
	}
	var rows []shiftLine
	for _, s := range roster.Shifts {
		rows = append(rows, lineOfShift(s, names))
	}
	for _, ch := range roster.Changes {
		rows = append(rows, lineOfChange(ch, names))
	}
	return printList(c, rows, len(rows))
}

type dutyAddCmd struct {
	Login  string `arg:"" help:"谁|who"`
	Days   string `arg:"" help:"星期：mon-fri、sat,sun、all|days: mon-fri, sat,sun, all"`
	Times  string `arg:"" help:"时间：08:00-20:00|times: 08:00-20:00"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (dutyAddCmd) Shape() any { return rowsOf[shiftLine]() }
func (dutyAddCmd) Examples() []example {
	return []example{
		{"duty add linxiao mon-fri 08:00-20:00", [2]string{"工作日白天", "weekdays by day"}},
		{"duty add zhouzhou all 20:00-08:00", [2]string{"每晚，过午夜", "every night, across midnight"}},
	}
}

// Do adds a shift for each day.
func (q *dutyAddCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	who, err := names.id(q.Login)
	if err != nil {
		return err
	}
	days, err := readDays(q.Days)
	if err != nil {
		return err
	}
	start, end, err := readTimes(q.Times)
	if err != nil {
		return err
	}
	var rows []shiftLine
	for _, day := range days {
		made, err := d.AddShift(c.ctx, user, duty.Shift{User: who, Weekday: day, Start: start, End: end}, q.Reason)
		if err != nil {
			return err
		}
		rows = append(rows, lineOfShift(made, names))
	}
	return printList(c, rows, len(rows))
}

type dutyRemoveCmd struct {
	ID     string `arg:"" help:"班次或单日调整的编号|id of a shift or a change"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

// doneID is what became of a thing with an id.
type doneID struct {
	ID    string `json:"id" col:"编号|id"`
	State string `json:"state" col:"状态|state"`
}

func (dutyRemoveCmd) Shape() any          { return doneID{} }
func (dutyRemoveCmd) Examples() []example { return nil }

// Do removes a shift or, where there is none with the id, a change.
func (q *dutyRemoveCmd) Do(c *call, h *House) error {
	d, _, err := c.duty(h)
	if err != nil {
		return err
	}
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	_, err = d.RemoveShift(c.ctx, user, id, q.Reason)
	if community.CodeOf(err) == community.CodeNotFound {
		err = d.Unchange(c.ctx, user, id, q.Reason)
	}
	if err != nil {
		return err
	}
	return printOne(c, doneID{id.String(), "removed"})
}

type dutySwapCmd struct {
	Date  string `arg:"" help:"日期 2026-05-01|date 2026-05-01"`
	Login string `arg:"" help:"换成谁；- 表示没人|who instead; - for nobody"`
	Shift string `placeholder:"SHIFT" help:"换哪个班次（duty list 的编号）|which shift (id from duty list)"`
	Times string `placeholder:"TIMES" help:"另加一段的时间|times of one more stretch"`
	Note  string `placeholder:"TEXT" help:"备注|note"`
}

func (dutySwapCmd) Shape() any { return shiftLine{} }
func (dutySwapCmd) Examples() []example {
	return []example{
		{"duty swap 2026-05-01 zhouzhou --shift 0Gm… --note 病假", [2]string{"这一天由别人顶班", "somebody else stands in on that day"}},
		{"duty swap 2026-05-01 linxiao --times 10:00-12:00", [2]string{"这一天另加一段", "one more stretch on that day"}},
	}
}

// Do keeps what is different on one date.
func (q *dutySwapCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	ch := duty.Change{Date: q.Date, Note: q.Note}
	if ch.User, err = names.id(q.Login); err != nil {
		return err
	}
	switch {
	case (q.Shift == "") == (q.Times == ""):
		return badUsage("--shift 和 --times 要给一个，也只给一个", "give one of --shift and --times")
	case q.Shift != "":
		ch.Shift, err = idOf(q.Shift)
	default:
		ch.Start, ch.End, err = readTimes(q.Times)
	}
	if err != nil {
		return err
	}
	if ch, err = d.Change(c.ctx, user, ch, q.Note); err != nil {
		return err
	}
	return printOne(c, lineOfChange(ch, names))
}

type dutyUndoCmd struct {
	ID string `arg:"" help:"班次或单日调整的编号|id of a shift or a change"`
}

func (dutyUndoCmd) Shape() any          { return doneID{} }
func (dutyUndoCmd) Examples() []example { return nil }

// Do takes the last change back.
func (q *dutyUndoCmd) Do(c *call, h *House) error {
	d, _, err := c.duty(h)
	if err != nil {
		return err
	}
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	if err := d.Undo(c.ctx, user, id); err != nil {
		return err
	}
	return printOne(c, doneID{id.String(), "undone"})
}

type dutyNoteCmd struct {
	Text string `arg:"" optional:"" help:"要写的话；不写就列出最近的|the note; without one the newest are listed"`
	As   string `placeholder:"LOGIN" help:"以谁的名义|in whose name"`
}

// noteLine is a hand-over note.
type noteLine struct {
	At    Moment `json:"at" col:"时间|time"`
	Login string `json:"login" col:"登录名|login"`
	Text  string `json:"text" col:"内容|text"`
}

func (dutyNoteCmd) Shape() any          { return rowsOf[noteLine]() }
func (dutyNoteCmd) Examples() []example { return nil }

// Do keeps a note, or lists the newest.
func (q *dutyNoteCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	who, err := names.actor(q.As)
	if err != nil {
		return err
	}
	limit := 20
	if q.Text != "" {
		if _, err := d.AddNote(c.ctx, who, q.Text); err != nil {
			return err
		}
		limit = 1
	}
	notes, err := d.Notes(c.ctx, limit)
	if err != nil {
		return err
	}
	return printList(c, mapped(notes, func(n duty.Note) noteLine { return noteLine{Moment(n.At), names.of(n.User), n.Text} }), len(notes))
}

type dutyGapsCmd struct {
	Days int `default:"7" help:"看几天，1 到 366|how many days, 1 to 366"`
}

// gapLine is a time without anybody.
type gapLine struct {
	From    Moment `json:"from" col:"从|from"`
	To      Moment `json:"to" col:"到|to"`
	Minutes int64  `json:"minutes" col:"分钟|minutes"`
}

func (dutyGapsCmd) Shape() any          { return rowsOf[gapLine]() }
func (dutyGapsCmd) Examples() []example { return nil }

// Do lists when nobody is on duty.
func (q *dutyGapsCmd) Do(c *call, h *House) error {
	if q.Days < 1 || q.Days > 366 {
		return badUsage("--days 应在 1 到 366 之间", "--days must be 1 to 366")
	}
	d, _, err := c.duty(h)
	if err != nil {
		return err
	}
	roster, err := d.Roster(c.ctx)
	if err != nil {
		return err
	}
	c.speakIn(roster.Zone.String())
	gaps := duty.Gaps(roster, c.program.now().UnixMilli(), q.Days)
	return printList(c, mapped(gaps, func(g duty.Span) gapLine { return gapLine{Moment(g.From), Moment(g.To), (g.To - g.From) / 60_000} }), len(gaps))
}

type dutySetCmd struct {
	Minutes int64  `placeholder:"N" help:"几分钟内要点“收到”，1 到 1440|minutes to acknowledge, 1 to 1440"`
	Zone    string `placeholder:"ZONE" help:"值班表的时区|time zone of the roster"`
	Reason  string `placeholder:"TEXT" help:"原因|why"`
}

// dutySettings is how duty is cut.
type dutySettings struct {
	Minutes int64  `json:"minutes" col:"分钟|minutes"`
	Zone    string `json:"zone" col:"时区|zone"`
}

func (dutySetCmd) Shape() any          { return dutySettings{} }
func (dutySetCmd) Examples() []example { return nil }

// Do changes what is given and says how it stands.
func (q *dutySetCmd) Do(c *call, h *House) error {
	d, _, err := c.duty(h)
	if err != nil {
		return err
	}
	set, err := d.Settings(c.ctx)
	if err != nil {
		return err
	}
	if q.Minutes != 0 || q.Zone != "" {
		if q.Minutes != 0 {
			set.Ack = q.Minutes * int64(time.Minute/time.Millisecond)
		}
		if q.Zone != "" {
			set.Zone = q.Zone
		}
		if err := d.Set(c.ctx, user, set, q.Reason); err != nil {
			return err
		}
	}
	return printOne(c, dutySettings{set.Ack / 60_000, set.Zone})
}

// dutyDiagnosis is the doctor's word about duty. An installation without a roster is none the worse: its alarms call the
// owners.
func dutyDiagnosis(minutes int64, shifts int) diagnosis {
	check := [2]string{"值班", "duty"}
	if shifts == 0 {
		return diagnosis{check: check, state: stateOK, meaning: [2]string{"没有班次，告警只会叫所有者（qunluo duty add）", "no shifts: alarms call the owners only (qunluo duty add)"}}
	}
	return judged(check, minutes == 0, stateWarn, [2]string{fmt.Sprintf("未来 7 天有 %d 分钟没人值班", minutes), fmt.Sprintf("%d minutes of the next 7 days without anybody", minutes)},
		[2]string{"qunluo duty gaps", "qunluo duty gaps"})
}
