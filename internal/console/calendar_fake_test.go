package console

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
)

// scheduler is an invented calendar: one item of each state in the first group, and a poll that was answered.
type scheduler struct{ h *house }

func (s scheduler) item(n int, state plan.ItemState) plan.Item {
	g := s.h.groups[0]
	day := fakeNow.In(zone(g.Zone)).AddDate(0, 0, n-3).Format(time.DateOnly)
	i := plan.Item{ID: fakeID(500 + n), Org: 1, State: state, Version: 2, Approved: 1, Maker: fakeID(1).String(), Asker: fakeID(2).String(), Changed: 3, Content: plan.Content{Title: "早报 " + hostile, Text: "早安，加油！怎么记住一本书？", Class: plan.Classes()[n%3], Format: "article", Minutes: 30, Fen: 990,
		Serves: plan.ServesGoal, Groups: []community.GroupKey{g.Key}, Fixture: "morning", Date: day, At: "08:30"}, Places: []plan.Place{{Group: g.Key, GroupID: g.ID, Name: g.Name, Zone: g.Zone, Goal: 1, Due: fakeNow.UnixMilli() + 3600_000}}}
	if state == plan.ItemSent {
		i.Options = []string{"围城", "边城 " + hostile}
		i.Places[0].State, i.Places[0].DidAt, i.Places[0].Broadcast = plan.Sent, fakeNow.UnixMilli()-3600_000, fakeID(90)
	}
	return i
}

func (s scheduler) items() (out []plan.Item) {
	if s.h.quiet {
		return nil
	}
	for n, state := range []plan.ItemState{plan.ItemSent, plan.ItemSkipped, plan.ItemFailed, plan.ItemDraft, plan.ItemAsked, plan.ItemApproved} {
		out = append(out, s.item(n, state))
	}
	return out
}

func (s scheduler) Calendar(_ context.Context, _ community.GroupKey, from, to string) (plan.Calendar, error) {
	now := fakeNow.UnixMilli()
	var sent []plan.Weighed
	for n := range 24 {
		sent = append(sent, plan.Weighed{Class: plan.Classes()[n%3], At: now - int64(n)*3600_000, Reach: 40, Minutes: 10})
	}
	if s.h.quiet {
		sent = nil
	}
	return plan.Calendar{From: from, To: to, Today: fakeNow.Format(time.DateOnly), Items: s.items(), Fixtures: plan.DefaultFixtures(), Limits: plan.DefaultLimits(), Real: plan.MixOf(sent[:min(5, len(sent))], now), Projected: plan.MixOf(sent, now)}, s.h.err
}

func (s scheduler) Fixtures(context.Context) ([]plan.Fixture, error) {
	return plan.DefaultFixtures(), s.h.err
}

func (s scheduler) SaveFixtures(_ context.Context, _ string, list []plan.Fixture, _ string) error {
	if err := plan.CheckFixtures(list); err != nil {
		return err
	}
	s.h.note("%d slots", len(list))
	return s.h.err
}

func (s scheduler) Item(_ context.Context, id community.ID) (plan.Item, error) {
	for _, i := range s.items() {
		if i.ID == id {
			return i, s.h.err
		}
	}
	return plan.Item{}, community.Errorf(community.CodeNotFound, "item %s: not found", id)
}

func (s scheduler) Versions(context.Context, community.ID) ([]plan.ItemVersion, error) {
	before := s.item(3, plan.ItemDraft).Content
	before.Text, before.At = "怎么记住一本书？", "08:00"
	return []plan.ItemVersion{{Version: 1, Content: before}}, s.h.err
}

func (s scheduler) Outlook(_ context.Context, i plan.Item) (plan.Outlook, error) {
	return plan.Outlook{Remarks: plan.Remarks(i.Content, plan.DefaultFixtures()), Ad: plan.Advertises(i.Content), Says: i.Post(),
		Beyond:  []plan.PlaceBeyond{{Name: "读书群", List: []plan.Beyond{{Code: plan.BeyondPosts, Class: plan.Promotion, Have: 3, Of: 21, Share: 3.0 / 21, Target: .1}}}},
		Repeats: []plan.Former{{Title: "记书", Text: "怎么记住一本书", At: fakeNow.UnixMilli()}}}, s.h.err
}

func (s scheduler) SaveItem(_ context.Context, _ string, id community.ID, seen int64, c plan.Content, _ string) (plan.Item, error) {
	if err := c.Check(); err != nil {
		return plan.Item{}, err
	}
	if c.Class == plan.Promotion && c.Reason == "" {
		return plan.Item{}, connect.Trouble(community.CodeBadInput, "超出了配比，要写明原因：21 条里的 3 条", "beyond the mix: 3 of 21")
	}
	s.h.note("item %v %d %s %s", id.IsZero(), seen, c.Date, c.At)
	return s.item(3, plan.ItemDraft), s.h.err
}

func (s scheduler) MoveItem(_ context.Context, _ string, id community.ID, date, at, _ string) (plan.Item, error) {
	s.h.note("move %s %s", date, at)
	i, err := s.Item(context.Background(), id)
	i.Date = date
	return i, err
}

func (s scheduler) AskItem(_ context.Context, _ string, id community.ID, _ string) (plan.Item, error) {
	s.h.note("ask")
	return s.Item(context.Background(), id)
}

func (s scheduler) ApproveItem(_ context.Context, _ string, id community.ID, version int, override string) (plan.Item, error) {
	s.h.note("approve %d %s", version, override)
	return s.Item(context.Background(), id)
}

func (s scheduler) SkipItem(_ context.Context, _ string, id community.ID, reason string) (plan.Item, error) {
	s.h.note("skip %s", reason)
	return s.Item(context.Background(), id)
}

func (s scheduler) Others(context.Context, string, plan.Item) (int, error) { return 1, s.h.err }
func (s scheduler) Writers(context.Context, plan.Item) ([]string, error)   { return nil, s.h.err }

func (s scheduler) Propose(_ context.Context, g community.GroupKey, from, to string) (plan.Proposal, error) {
	p, err := plan.Fill(plan.Filling{From: from, To: to, Group: g, Zone: zone(""), Now: fakeNow.UnixMilli(), Limits: plan.DefaultLimits(), Fixtures: plan.DefaultFixtures(), Serves: plan.ServesGoal})
	if s.h.err != nil {
		err = s.h.err
	}
	return p, err
}

func (s scheduler) Fill(_ context.Context, _ string, _ community.GroupKey, from, _ string, only []string, _ string) ([]plan.Item, error) {
	s.h.note("fill %s %s", from, strings.Join(only, " "))
	return s.items(), s.h.err
}

func (s scheduler) Punctuality(_ context.Context, _ community.GroupKey, month string) ([]plan.Punctuality, error) {
	return []plan.Punctuality{{Fixture: "morning", Month: month, Turns: 20, OnTime: 17, Off: 1, Missed: 2}}, s.h.err
}

func (s scheduler) Topics(context.Context, bool) ([]plan.Topic, error) {
	if s.h.quiet {
		return nil, s.h.err
	}
	return []plan.Topic{{ID: fakeID(80), Title: "记书 " + hostile, Text: "怎么记住一本书？", Class: plan.Useful, Format: "article", State: plan.TopicWaits, Created: fakeNow.UnixMilli()}}, s.h.err
}

func (s scheduler) AddTopic(_ context.Context, _ string, t plan.Topic) (plan.Topic, error) {
	if err := t.Check(); err != nil {
		return t, err
	}
	if strings.Contains(t.Text, "记住一本书") && t.Reason == "" {
		return t, connect.Trouble(community.CodeConflict, "和“记书”几乎一样", "almost “记书”")
	}
	s.h.note("topic %s %d", t.Title, len(t.Options))
	return t, s.h.err
}

func (s scheduler) DropTopic(_ context.Context, _ string, _ community.ID, _ string) error {
	s.h.note("topic dropped")
	return s.h.err
}

func (s scheduler) Outcomes(context.Context, community.ID) ([]plan.PlaceOutcome, error) {
	i := s.item(0, plan.ItemSent)
	return []plan.PlaceOutcome{{Place: i.Places[0], Outcome: plan.Outcome{Votes: []int{7, 5}, Voters: 12, Said: 30, Present: 41}, Until: fakeNow.UnixMilli()}}, s.h.err
}

func (s scheduler) OutcomePicture(context.Context, string, community.ID) ([]byte, error) {
	return []byte("\x89PNG"), s.h.err
}

func TestCalendarSaysWhatStandsWhere(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	_, page := v.get("/calendar")
	for _, want := range []string{"内容日历", "近 28 天（已发）", "不足 20 条", "8/24", "一键填充", "等批准", "档期守时", "草稿", "周日"} {
		if !strings.Contains(page, want) {
			t.Errorf("the calendar does not say %q", want)
		}
	}
	asked := "/calendar/" + fakeID(504).String()
	_, page = v.get(asked)
	for _, want := range []string{"与上次批准（第 1 版）相比", "08:00", "早安，加油！", "不水", "21 条里的 3 条", "批准第 2 版", "几乎一样"} {
		if !strings.Contains(page, want) {
			t.Errorf("the item does not say %q", want)
		}
	}
	if _, page = v.get("/calendar/" + fakeID(500).String()); !strings.Contains(page, "12 人投票，群里共 41 人") || !strings.Contains(page, "/picture") {
		t.Error("the poll does not say how it came out")
	}
	if status, _ := v.get("/calendar/" + fakeID(700).String()); status != 404 {
		t.Errorf("an item that is not there = %d", status)
	}
	h.quiet = true
	if _, page = v.get("/calendar?view=week"); !strings.Contains(page, "这几天没有条目") {
		t.Error("the empty week does not say so")
	}
}

func TestCalendarReachesTheRoom(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	g := h.groups[0].ID.String()
	at := "/calendar/" + fakeID(503).String()
	v.post("/calendar", "groups", g, "text", "怎么读？", "class", "useful", "format", "article", "minutes", "20", "serves", "goal", "date", "2026-12-01", "at", "08:30", "slot", "morning")
	if _, page := v.post("/calendar", "groups", g, "text", "买！", "class", "promotion", "format", "article", "minutes", "20", "serves", "goal", "date", "2026-12-01", "at", "08:30"); !strings.Contains(page, "21 条里的 3 条") || !strings.Contains(page, "买！") {
		t.Error("the refused form does not show the number and what was written")
	}
	if _, page := v.post("/calendar/look", "groups", g, "text", "早安，加油！", "class", "promotion", "format", "article", "minutes", "20", "serves", "goal", "date", "2026-12-01", "at", "08:30"); !strings.Contains(page, "不水") || !strings.Contains(page, "属于营销类") {
		t.Error("looking does not show remarks and label")
	}
	v.post(at+"/move", "date", "2026-12-03")
	v.post(at + "/ask")
	v.post(at+"/approve", "version", "2", "reason", "一个人")
	v.post(at+"/skip", "reason", "放假")
	v.post("/calendar/fill", "g", g, "from", "2026-12-01", "to", "2026-12-01", "pick", "morning@2026-12-01")
	v.post("/topics", "text", "周末去哪里？", "class", "interactive", "format", "poll", "options", "山上\n水边")
	if _, page := v.post("/topics", "text", "怎么记住一本书", "class", "useful", "format", "article"); !strings.Contains(page, "几乎一样") {
		t.Error("the repeat is not refused")
	}
	v.post("/topics/" + fakeID(80).String() + "/drop")
	v.post("/calendar/slots", "slots", "[]")
	if _, page := v.post("/calendar/slots", "slots", `[{"id":"x"}]`); !strings.Contains(page, "name: want") {
		t.Error("a bad slot is not refused")
	}
	for _, want := range []string{"item true 0 2026-12-01 08:30", "move 2026-12-03 ", "ask", "approve 2 一个人", "skip 放假", "fill 2026-12-01 morning@2026-12-01", "topic 周末去哪里？ 2", "topic dropped", "0 slots"} {
		if !strings.Contains(strings.Join(h.did, "\n"), want) {
			t.Errorf("did %q, want %q in it", h.did, want)
		}
	}
}

// TestCalendarIsSoundInABrowser looks at every page at both widths and in both languages.
func TestCalendarIsSoundInABrowser(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		pages := map[string]string{"calendar": "/calendar", "calendar-week": "/calendar?view=week", "calendar-all": "/calendar?g=all", "calendar-new": "/calendar/new", "calendar-slots": "/calendar/slots", "topics": "/topics",
			"calendar-fill": "/calendar/fill?g=" + h.groups[0].ID.String() + "&from=2026-12-01&to=2026-12-07", "calendar-edit": "/calendar/" + fakeID(503).String() + "/edit"}
		for n := range 6 {
			pages[fmt.Sprint("calendar-item-", n)] = "/calendar/" + fakeID(500+n).String()
		}
		soundTo(t, v.base, lang, pages)
	}
}
