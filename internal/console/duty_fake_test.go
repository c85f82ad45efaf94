package console

import (
	"context"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/i18n"
)

// fakeDuty is a roster with a gap, alarms in every state and a lockdown. What is asked of it is noted in the house.
type fakeDuty struct {
	asks   duty.QuestionWatch
	h      *house
	roster duty.Roster
	alarms []duty.Alarm
	ways   []duty.Way
	locks  []duty.Lockdown
}

func newFakeDuty(h *house) *fakeDuty {
	at := fakeNow.UnixMilli()
	anna, ben := fakeID(1).String(), fakeID(2).String()
	d := &fakeDuty{h: h, roster: duty.Roster{Zone: i18n.Zone(nil)}}
	for day := range 7 {
		d.roster.Shifts = append(d.roster.Shifts, duty.Shift{ID: fakeID(600 + day), User: anna, Weekday: day, Start: 480, End: 1200})
		if day < 5 {
			d.roster.Shifts = append(d.roster.Shifts, duty.Shift{ID: fakeID(610 + day), User: ben, Weekday: day, Start: 1200, End: 450})
		}
	}
	d.roster.Changes = []duty.Change{{ID: fakeID(620), Date: fakeNow.In(d.roster.Zone).Format(time.DateOnly), User: ben, Start: 600, End: 750, Note: "直播答疑加人"}}
	task := func(n int) string { return "task:" + fakeID(n).String() }
	d.alarms = []duty.Alarm{
		{ID: fakeID(630), Kind: duty.KindTask, Subject: task(300), State: duty.Waiting, Opened: at - 12*60_000, Due: at + 48*60_000, Steps: []duty.Step{{At: at - 12*60_000, What: duty.Opened},
			{At: at - 12*60_000, What: duty.Asked, User: anna, Until: at - 2*60_000}, {At: at - 12*60_000 + 400, What: duty.Failed, User: anna, Way: duty.ByMail, Note: "unreachable: mail server: dial: refused"},
			{At: at - 12*60_000 + 900, What: duty.Told, User: anna, Way: duty.ByWebhook}, {At: at - 2*60_000, What: duty.PassedOn, User: anna, Note: duty.NoAnswer},
			{At: at - 2*60_000, What: duty.Asked, User: ben, Note: duty.AsOwner, Until: at + 8*60_000}, {At: at - 2*60_000 + 800, What: duty.Told, User: ben, Way: duty.ByWeCom}}},
		{ID: fakeID(631), Kind: duty.KindAccount, Subject: "account:1", Account: 1, Detail: "account.restricted: 封号 7 天", State: duty.Taken, Holder: ben, Opened: at - 90*60_000,
			Steps: []duty.Step{{At: at - 90*60_000, What: duty.Opened}, {At: at - 89*60_000, What: duty.Acknowledged, User: ben}}},
		{ID: fakeID(632), Kind: duty.KindTest, Subject: "test:1", State: duty.Over, Holder: anna, Opened: at - 300*60_000, Ended: at - 299*60_000, Steps: []duty.Step{{At: at - 300*60_000, What: duty.Opened}, {At: at - 300*60_000, What: duty.Exhausted, Note: duty.NobodyAsk}}},
	}
	d.locks = []duty.Lockdown{{ID: fakeID(640), State: duty.LockOn, User: ben, Reason: "有人发诈骗链接，\u202e反转", People: 431, Began: at - 20*60_000, Until: at + 100*60_000,
		Groups: []duty.LockedGroup{{Group: 1, On: true, State: community.Acked}, {Group: 2, On: true, State: community.HumanTask}, {Group: 3, On: true, Before: true}}},
		{ID: fakeID(641), State: duty.LockOver, User: anna, Reason: "演练", People: 100, Began: at - 2000*60_000, Ended: at - 1900*60_000, EndedBy: anna, Groups: []duty.LockedGroup{{Group: 1}}}}
	return d
}

func (d *fakeDuty) note(words ...string) error {
	d.h.mu.Lock()
	defer d.h.mu.Unlock()
	if d.h.err != nil {
		return d.h.err
	}
	d.h.did = append(d.h.did, strings.Join(words, " "))
	return nil
}

func (d *fakeDuty) read() error {
	d.h.mu.Lock()
	defer d.h.mu.Unlock()
	return d.h.err
}

func (d *fakeDuty) Roster(context.Context) (duty.Roster, error) { return d.roster, d.read() }
func (d *fakeDuty) Settings(context.Context) (duty.Settings, error) {
	return duty.Settings{Zone: "Asia/Shanghai", Ack: duty.DefaultAck}, d.read()
}
func (d *fakeDuty) Set(_ context.Context, _ string, set duty.Settings, _ string) error {
	if set.Ack < duty.MinAck {
		return community.Errorf(community.CodeBadInput, "minutes: want 1 to 1440")
	}
	return d.note("set", set.Zone)
}
func (d *fakeDuty) AddShift(_ context.Context, _ string, s duty.Shift, _ string) (duty.Shift, error) {
	s.ID = fakeID(650)
	if err := s.Check(); err != nil {
		return s, err
	}
	return s, d.note("shift", s.User, duty.Clock(s.Start), duty.Clock(s.End))
}
func (d *fakeDuty) RemoveShift(_ context.Context, _ string, id community.ID, _ string) (duty.Shift, error) {
	return duty.Shift{ID: id}, d.note("unshift", id.String())
}
func (d *fakeDuty) Change(_ context.Context, _ string, c duty.Change, _ string) (duty.Change, error) {
	c.ID = fakeID(651)
	if err := c.Check(); err != nil {
		return c, err
	}
	return c, d.note("change", c.Date, c.Shift.String(), c.User)
}
func (d *fakeDuty) Unchange(_ context.Context, _ string, id community.ID, _ string) error {
	return d.note("unchange", id.String())
}
func (d *fakeDuty) Undo(_ context.Context, _ string, id community.ID) error {
	return d.note("undo-duty", id.String())
}
func (d *fakeDuty) Notes(context.Context, int) ([]duty.Note, error) {
	return []duty.Note{{ID: fakeID(660), At: fakeNow.UnixMilli() - 3_600_000, User: fakeID(2).String(), Text: "押金群有两单待退，\n林先生的那单先不要动。"}}, d.read()
}
func (d *fakeDuty) AddNote(_ context.Context, _, text string) (duty.Note, error) {
	if text == "" {
		return duty.Note{}, community.Errorf(community.CodeBadInput, "note: empty")
	}
	return duty.Note{}, d.note("note", text)
}
func (d *fakeDuty) Alarms(_ context.Context, open bool, _ string, p community.Page) ([]duty.Alarm, int, error) {
	return cut(d.h, d.alarms, p, func(a duty.Alarm) bool { return !open || a.State != duty.Over })
}
func (d *fakeDuty) Alarm(_ context.Context, id community.ID) (duty.Alarm, error) {
	return one(d.alarms, func(a duty.Alarm) bool { return a.ID == id })
}
func (d *fakeDuty) Ack(_ context.Context, user string, id community.ID) error {
	i := slices.IndexFunc(d.alarms, func(a duty.Alarm) bool { return a.ID == id })
	if i < 0 {
		return community.Errorf(community.CodeNotFound, "alarm %s: not found", id)
	}
	if _, _, err := duty.Acknowledge(d.alarms[i], user, 0); err != nil {
		return err
	}
	return d.note("ack", user, id.String())
}
func (d *fakeDuty) HandOn(_ context.Context, user string, id community.ID, _ string) error {
	return d.note("hand-on", user, id.String())
}
func (d *fakeDuty) Finish(_ context.Context, user string, id community.ID, _ string) error {
	return d.note("finish", user, id.String())
}
func (d *fakeDuty) FalseAlarm(_ context.Context, user string, id community.ID, _ string) error {
	i := slices.IndexFunc(d.alarms, func(a duty.Alarm) bool { return a.ID == id })
	if i < 0 {
		return community.Errorf(community.CodeNotFound, "alarm %s", id)
	}
	if _, is := d.alarms[i].OpinionDecision(); !is {
		return community.Errorf(community.CodeNotFound, "alarm %s is not about public opinion", id)
	}
	return d.note("finish", "false_hit", user, id.String())
}
func (d *fakeDuty) Test(context.Context, string) (duty.Alarm, error) {
	return d.alarms[2], d.note("test")
}
func (d *fakeDuty) TaskHandOn(_ context.Context, user string, id community.ID, _ string) error {
	return d.note("task-hand-on", user, id.String())
}
func (d *fakeDuty) Missing(context.Context, duty.Alarm) ([]duty.MissingMinutes, error) {
	at := fakeNow.UnixMilli()
	return []duty.MissingMinutes{{Group: fakeID(20), Name: "Go 语言学习交流群", Spans: []duty.Span{{From: at - 90*60_000, To: at - 31*60_000}}}}, d.read()
}
func (d *fakeDuty) QuestionWatch(context.Context, community.GroupKey) (duty.QuestionWatch, error) {
	return d.asks, d.read()
}
func (d *fakeDuty) SetQuestionWatch(_ context.Context, _ string, _ community.GroupKey, set duty.QuestionWatch, _ string) error {
	d.asks = set
	return d.note("ask-watch", set.User)
}
func (d *fakeDuty) AlarmQuestions(context.Context, community.ID) ([]duty.ToldQuestion, error) {
	return []duty.ToldQuestion{{Number: 4, Open: true}, {Number: 6}}, d.read()
}
func (d *fakeDuty) Ways(context.Context, string) ([]duty.Way, error) { return d.ways, d.read() }
func (d *fakeDuty) SetWays(_ context.Context, _, of string, ways []duty.Way, _ string) error {
	if err := duty.CheckWays(ways); err != nil {
		return err
	}
	d.ways = ways
	return d.note("ways", of)
}
func (d *fakeDuty) LockScope(_ context.Context, o duty.LockOrder) ([]community.GroupRow, int64, error) {
	if o.Tag == "none" {
		return nil, 0, community.Errorf(community.CodeNotFound, "groups: none of these are there")
	}
	return d.h.groups, 441, d.read()
}
func (d *fakeDuty) Lock(_ context.Context, _ string, o duty.LockOrder) (duty.Lockdown, error) {
	return d.locks[0], d.note("lock", o.Reason)
}
func (d *fakeDuty) Unlock(_ context.Context, _ string, id community.ID, _ string) error {
	return d.note("unlock", id.String())
}
func (d *fakeDuty) Lockdowns(context.Context) ([]duty.Lockdown, error) { return d.locks, d.read() }

// fakePhones knows one link and one device, of the moderator.
type fakePhones struct{ h *house }

func (p fakePhones) refuse() error { return community.Errorf(community.CodeForbidden, "spent") }
func (p fakePhones) Link(context.Context, community.User) (string, error) {
	return "http://q.example/m/in/good", nil
}
func (p fakePhones) Look(_ context.Context, link string) error {
	if link != "good" {
		return p.refuse()
	}
	return nil
}
func (p fakePhones) Enter(_ context.Context, link string) (string, time.Duration, error) {
	if link != "good" {
		return "", 0, p.refuse()
	}
	return "device", time.Hour, nil
}
func (p fakePhones) Who(_ context.Context, device string) (community.User, error) {
	if device != "device" {
		return community.User{}, p.refuse()
	}
	u := p.h.users[0]
	return u, nil
}
func (p fakePhones) Leave(context.Context, string) error { return nil }
