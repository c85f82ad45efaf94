package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// planner is a sender whose two simulated groups and the one brought by hand have goals, and two people who may send.
type planner struct {
	*sender
	one, two, hand community.GroupKey
	lin, wu        string
}

func startPlanner(t *testing.T, dbURL string) *planner {
	s := startSender(t, dbURL)
	p := &planner{sender: s, one: s.keys["one"], two: s.keys["two"], hand: s.keys["晨读群"]}
	for _, g := range []community.GroupKey{p.one, p.two, p.hand} {
		_, err := s.app.Goals(s.org, nil).SetGoal(t.Context(), "test", g, readingGoal(t), "")
		check(t, err)
	}
	p.lin, p.wu = p.user("lin"), p.user("wu")
	return p
}

func readingGoal(t *testing.T) measure.Goal {
	t.Helper()
	goal := measure.Goal{Goal: "每周读一章", Value: "读得下去"}
	for _, text := range []string{"activity.speakers>=5/7", "question.answered>=80%/30", "activity.messages>=20/7"} {
		target, err := measure.ParseTarget(text)
		check(t, err)
		goal.Targets = append(goal.Targets, target)
	}
	return goal
}

func (p *planner) user(login string) string {
	u, err := p.app.Store().SaveUser(p.t.Context(), "test", community.User{Org: p.org, Login: login, Name: login, Role: "owner", Lang: "zh-CN", Enabled: true}, "")
	check(p.t, err)
	return u.ID.String()
}

// content is an item that goes in so many minutes (Shanghai), to a group.
func (p *planner) content(text string, minutes int, groups ...community.GroupKey) plan.Content {
	zone, err := time.LoadLocation("Asia/Shanghai")
	check(p.t, err)
	at := time.UnixMilli(p.app.Now()).In(zone).Add(time.Duration(minutes) * time.Minute)
	return plan.Content{Title: "读书 " + text, Text: text, Class: plan.Useful, Format: measure.FormatArticle, Minutes: 20, Serves: plan.ServesGoal, Groups: groups, Date: at.Format(time.DateOnly), At: at.Format("15:04")}
}

// later moves the clock on and wakes what comes back.
func (p *planner) later(d time.Duration) {
	p.stop()
	p.shift += d
	p.open()
}

func wantCode(t *testing.T, what string, err error, want community.Code) {
	t.Helper()
	if community.CodeOf(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

// TestCalendarItemGoesAfterASecondPerson walks an item from its draft to the groups, over every refusal on the way.
func TestCalendarItemGoesAfterASecondPerson(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, c := t.Context(), p.app.Calendars(p.org, nil)
		var none community.ID
		draft := p.content("怎么记住一本书？你先划线还是先抄？", 90, p.one, p.hand)
		i, err := c.SaveItem(ctx, p.lin, none, 0, draft, "")
		check(t, err)
		_, err = c.ApproveItem(ctx, p.wu, i.ID, 1, "")
		wantCode(t, "approving a draft", err, community.CodeConflict)
		i, err = c.AskItem(ctx, p.lin, i.ID, "")
		check(t, err)
		_, err = c.ApproveItem(ctx, p.lin, i.ID, 1, "我自己看过")
		wantCode(t, "who wrote it", err, community.CodeForbidden)
		_, err = c.ApproveItem(ctx, p.wu, i.ID, 2, "")
		wantCode(t, "another version", err, community.CodeConflict)
		done := make(chan error, 2) // two people at once
		zhou := p.user("zhou")
		for _, who := range []string{p.wu, zhou} {
			go func() { _, err := c.ApproveItem(ctx, who, i.ID, 1, ""); done <- err }()
		}
		a, b := community.CodeOf(<-done), community.CodeOf(<-done)
		if a == b || a != community.CodeNone && b != community.CodeNone {
			t.Errorf("two approvers at once: %q and %q, want one of them", a, b)
		}
		draft.Text = "怎么记住一本书？你先抄，还是先划线？"
		i, err = c.SaveItem(ctx, p.wu, i.ID, 0, draft, "")
		check(t, err)
		if i.State != plan.ItemDraft || i.Version != 2 || i.Approved != 1 {
			t.Errorf("after the edit = %+v, want a draft", i)
		}
		versions, err := c.Versions(ctx, i.ID)
		check(t, err)
		if d := plan.Difference(versions[1].Content, versions[0].Content, nil); len(d) != 1 || d[0].Field != "text" {
			t.Errorf("difference = %+v, want the text", d)
		}
		_, err = c.AskItem(ctx, p.wu, i.ID, "")
		check(t, err)
		_, err = c.ApproveItem(ctx, p.wu, i.ID, 2, "")
		wantCode(t, "who edited it", err, community.CodeForbidden)
		_, err = c.ApproveItem(ctx, p.lin, i.ID, 2, "") // wrote the version before, which was approved
		check(t, err)
		if p.said(draft.Text) != 0 {
			t.Error("it was said before its time")
		}
		p.later(100 * time.Minute)
		c = p.app.Calendars(p.org, nil)
		await(t, func() bool { return p.said(draft.Text) == 1 })
		await(t, func() bool {
			i, err = c.Item(ctx, i.ID)
			check(t, err)
			return i.State == plan.ItemSent && i.Places[0].State != "" && i.Places[1].State != ""
		})
		var tasks []community.TaskRow
		await(t, func() bool {
			tasks, _, err = p.desk().FindTasks(ctx, community.TaskFilter{State: "open"})
			check(t, err)
			return len(tasks) == 1
		})
		if tasks[0].Group != p.hand || tasks[0].Text != draft.Text {
			t.Errorf("tasks = %+v, want the words to paste in the group without a connection", tasks)
		}
		_, err = c.SaveItem(ctx, p.lin, i.ID, 0, draft, "")
		wantCode(t, "changing what was sent", err, community.CodeConflict)
		_, err = c.SkipItem(ctx, p.lin, i.ID, "晚了")
		wantCode(t, "skipping what was sent", err, community.CodeConflict)
		view, err := c.Calendar(ctx, p.one, i.Date, i.Date)
		check(t, err)
		if view.Real.N != 1 || view.Real.Posts[0] != 1 || !view.Real.Few || len(view.Items) != 1 {
			t.Errorf("mix = %+v of %d items", view.Real, len(view.Items))
		}
		check(t, p.app.RunCalendar(ctx)) // a second look finds nothing to do
		if list, n, err := p.app.Plans(p.org, nil).Broadcasts(ctx, "", community.Page{}); err != nil || n != 1 || list[0].Counts.All != 2 || p.said(draft.Text) != 1 {
			t.Errorf("%d mass sends, said %d times, %v; want one of each", n, p.said(draft.Text), err)
		}
	})
}

// TestCalendarRefusesWhatIsNotInOrder: no goal, a taken slot, too many promotions without a reason, nobody to approve.
func TestCalendarRefusesWhatIsNotInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, c := t.Context(), p.app.Calendars(p.org, nil)
		var none community.ID
		good := p.content("怎么选一本书？", 60*24, p.one)
		good.Fixture, good.At = "morning", "08:30"
		save := func(change func(c *plan.Content)) error {
			one := good
			change(&one)
			_, err := c.SaveItem(ctx, p.lin, none, 0, one, "")
			return err
		}
		check(t, save(func(c *plan.Content) {}))
		wantCode(t, "the slot twice", save(func(c *plan.Content) {}), community.CodeConflict)
		wantCode(t, "no class", save(func(c *plan.Content) { c.Class = "" }), community.CodeBadInput)
		wantCode(t, "no goal named", save(func(c *plan.Content) { c.Serves = "" }), community.CodeBadInput)
		wantCode(t, "a figure that no target names", save(func(c *plan.Content) { c.Serves, c.Fixture = "activity.days", "" }), community.CodeBadInput)
		check(t, save(func(c *plan.Content) { c.Serves, c.Fixture = "activity.speakers", "" }))
		wantCode(t, "no such format", save(func(c *plan.Content) { c.Format, c.Fixture = "opera", "" }), community.CodeBadInput)
		wantCode(t, "no such slot", save(func(c *plan.Content) { c.Fixture = "noon-tea" }), community.CodeBadInput)
		wantCode(t, "no such group", save(func(c *plan.Content) { c.Groups = []community.GroupKey{999} }), community.CodeNotFound)
		narrow := p.app.Calendars(p.org, []community.GroupKey{p.two})
		_, err := narrow.SaveItem(ctx, p.lin, none, 0, good, "")
		wantCode(t, "a group that is not seen", err, community.CodeNotFound)

		promote := func(hour, reason string) error {
			return save(func(c *plan.Content) {
				c.Fixture, c.Class, c.At, c.Reason = "", plan.Promotion, hour, reason
			})
		}
		check(t, promote("10:00", ""))
		err = promote("11:00", "")
		wantCode(t, "a second promotion of four", err, community.CodeBadInput)
		if said := connect.SayOf(err); !strings.Contains(said[0], "4 条里的 2 条") || !strings.Contains(said[0], "读书one") || !strings.Contains(said[1], "2 of 4") {
			t.Errorf("the number is missing in %q", said)
		}
		check(t, promote("11:00", "周年庆，全员已同意"))

		bare := p.content("", 60*24, p.two)
		i, err := c.SaveItem(ctx, p.lin, none, 0, bare, "")
		check(t, err)
		_, err = c.AskItem(ctx, p.lin, i.ID, "")
		wantCode(t, "no text", err, community.CodeBadInput)
		bare.Text = strings.Repeat("长", plan.MaxText+1)
		_, err = c.SaveItem(ctx, p.lin, i.ID, 0, bare, "")
		wantCode(t, "too long a text", err, community.CodeTooLarge)
		bare.Text, bare.Date = "昨天怎么了？", "2026-11-26"
		i, err = c.SaveItem(ctx, p.lin, i.ID, 0, bare, "")
		check(t, err)
		_, err = c.AskItem(ctx, p.lin, i.ID, "")
		wantCode(t, "its time is over", err, community.CodeBadInput)
		_, err = c.SkipItem(ctx, p.lin, i.ID, " ")
		wantCode(t, "skipping without a reason", err, community.CodeBadInput)
		i, err = c.SkipItem(ctx, p.lin, i.ID, "放假")
		check(t, err)
		if i.State != plan.ItemSkipped || i.Why != "放假" {
			t.Errorf("skipped = %+v", i)
		}
	})
}

// TestAloneNeedsAWrittenReason: where nobody else may approve, the reason stands in the item and in the trail.
func TestAloneNeedsAWrittenReason(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		p := &planner{sender: s, one: s.keys["one"]}
		_, err := s.app.Goals(s.org, nil).SetGoal(t.Context(), "test", p.one, readingGoal(t), "")
		check(t, err)
		p.lin = p.user("lin")
		ctx, c := t.Context(), s.app.Calendars(s.org, nil)
		i, err := c.SaveItem(ctx, p.lin, community.ID{}, 0, p.content("怎么读得下去？", 60, p.one), "")
		check(t, err)
		_, err = c.AskItem(ctx, p.lin, i.ID, "")
		check(t, err)
		_, err = c.ApproveItem(ctx, p.lin, i.ID, 1, "")
		wantCode(t, "nothing written", err, community.CodeForbidden)
		i, err = c.ApproveItem(ctx, p.lin, i.ID, 1, "只有我一个人值班")
		check(t, err)
		trail, _, err := s.desk().FindAudit(ctx, community.AuditFilter{Verb: "calendar.approved"})
		check(t, err)
		if i.Override != "只有我一个人值班" || len(trail) != 1 || trail[0].Reason != i.Override {
			t.Errorf("override %q, trail %+v", i.Override, trail)
		}
	})
}

// TestClosedGroupBecomesATask: the other group gets the item all the same.
func TestClosedGroupBecomesATask(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, c := t.Context(), p.app.Calendars(p.org, nil)
		text := "这周卡在哪一章？你来说说。"
		i, err := c.SaveItem(ctx, p.lin, community.ID{}, 0, p.content(text, 60, p.one, p.two), "")
		check(t, err)
		_, err = c.AskItem(ctx, p.lin, i.ID, "")
		check(t, err)
		_, err = c.ApproveItem(ctx, p.wu, i.ID, 1, "")
		check(t, err)
		_, err = p.world.Happen(connect.Inbound{Type: community.GroupDissolved, Group: community.Ref{ID: "two"}})
		check(t, err)
		await(t, func() bool {
			closed, err := p.app.Store().Closed(ctx, p.two)
			check(t, err)
			return closed
		})
		p.later(70 * time.Minute)
		c = p.app.Calendars(p.org, nil)
		await(t, func() bool {
			i, err = c.Item(ctx, i.ID)
			check(t, err)
			return i.State == plan.ItemFailed && p.said(text) == 1
		})
		var tasks []community.TaskRow
		await(t, func() bool {
			tasks, _, err = p.desk().FindTasks(ctx, community.TaskFilter{State: "open"})
			check(t, err)
			return len(tasks) == 1
		})
		if tasks[0].Verb != community.Todo || !strings.Contains(tasks[0].Text, "群已解散") || !strings.Contains(tasks[0].Text, "/calendar/"+i.ID.String()) {
			t.Errorf("tasks = %+v, want one that says the group is closed", tasks)
		}
		for _, place := range i.Places {
			if (place.Group == p.two) != strings.Contains(place.Missed, "已解散") {
				t.Errorf("place = %+v", place)
			}
		}
	})
}

// TestZoneThatChangesMovesTheItem: an item keeps its local time.
func TestZoneThatChangesMovesTheItem(t *testing.T) {
	p := startPlanner(t, "")
	ctx, c := t.Context(), p.app.Calendars(p.org, nil)
	i, err := c.SaveItem(ctx, p.lin, community.ID{}, 0, p.content("怎么读？", 60, p.one), "")
	check(t, err)
	g, err := p.desk().GroupByKey(ctx, p.one)
	check(t, err)
	was := i.Places[0].Due
	g.Zone = "America/New_York"
	check(t, p.app.Hands(p.org, nil).SetGroup(ctx, "test", g.Group, "搬家"))
	i, err = c.Item(ctx, i.ID)
	check(t, err)
	if moved := i.Places[0].Due - was; moved != 13*3600_000 {
		t.Errorf("moved by %d h, want 13", moved/3600_000)
	}
}

// TestFillMakesItemsOfTopics: what has words waits for approval, the rest for its words; asked twice nothing comes twice.
func TestFillMakesItemsOfTopics(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, c := t.Context(), p.app.Calendars(p.org, nil)
		topic := plan.Topic{Title: "记书", Text: "你最近读的一本书是什么？哪一句话让你停下来？", Class: plan.Useful, Format: measure.FormatArticle}
		_, err := c.AddTopic(ctx, p.lin, topic)
		check(t, err)
		again := topic
		again.Text = "你最近读的一本书是什么，哪一句话让你停了下来？"
		_, err = c.AddTopic(ctx, p.lin, again)
		wantCode(t, "a near copy", err, community.CodeConflict)
		again.Reason = "换个群问"
		_, err = c.AddTopic(ctx, p.lin, again)
		check(t, err)
		proposal, err := c.Propose(ctx, p.one, "2026-11-28", "2026-11-28")
		check(t, err)
		items, err := c.Fill(ctx, p.lin, p.one, "2026-11-28", "2026-11-28", nil, "")
		check(t, err)
		if len(items) != len(proposal.Items) || len(items) == 0 || items[0].State != plan.ItemAsked || items[0].Text != topic.Text || items[0].Asker != p.lin {
			t.Fatalf("filled = %+v, want as proposed, the first asked for", items)
		}
		left, err := c.Fill(ctx, p.lin, p.one, "2026-11-28", "2026-11-28", nil, "")
		check(t, err)
		if len(left) != 0 {
			t.Errorf("filled again: %+v", left)
		}
		waiting, err := c.Topics(ctx, true)
		check(t, err)
		if len(waiting) != 1 {
			t.Errorf("%d topics wait, want the second", len(waiting))
		}
		check(t, c.DropTopic(ctx, p.lin, waiting[0].ID, "不用了"))
		wantCode(t, "dropping twice", c.DropTopic(ctx, p.lin, waiting[0].ID, ""), community.CodeConflict)
		bare := community.GroupKey(0)
		_, err = c.Propose(ctx, bare, "2026-11-28", "2026-11-28")
		wantCode(t, "no group", err, community.CodeNotFound)
	})
}

// TestPollIsAnsweredInTheGroup: members answer by number; the last one counts; the outcome is a picture.
func TestPollIsAnsweredInTheGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, c := t.Context(), p.app.Calendars(p.org, nil)
		poll := p.content("下周读哪一本？", 60, p.one)
		poll.Class, poll.Format, poll.Options = plan.Interactive, measure.FormatPoll, []string{"围城", "边城"}
		i, err := c.SaveItem(ctx, p.lin, community.ID{}, 0, poll, "")
		check(t, err)
		_, err = c.OutcomePicture(ctx, "zh-CN", i.ID)
		wantCode(t, "a picture of nothing", err, community.CodeBadInput)
		_, err = c.AskItem(ctx, p.lin, i.ID, "")
		check(t, err)
		_, err = c.ApproveItem(ctx, p.wu, i.ID, 1, "")
		check(t, err)
		p.later(65 * time.Minute)
		c = p.app.Calendars(p.org, nil)
		await(t, func() bool { return p.said(i.Post().Text) == 1 })
		await(t, func() bool {
			i, err = c.Item(ctx, i.ID)
			check(t, err)
			return i.Places[0].DidAt > 0
		})
		for _, word := range [][2]string{{"lin", "1"}, {"wu", "选2"}, {"lin", "２"}, {"wu", "都好"}} {
			_, err := p.world.Say("one", word[0], word[1])
			check(t, err)
		}
		var list []plan.PlaceOutcome
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("outcomes at the end: %+v, sent at %d", list, i.Places[0].DidAt)
			}
		})
		await(t, func() bool {
			list, err = c.Outcomes(ctx, i.ID)
			check(t, err)
			return len(list) == 1 && fmt.Sprint(list[0].Votes) == "[0 2]" && list[0].Voters == 2
		})
		raw, err := c.OutcomePicture(ctx, "zh-CN", i.ID)
		check(t, err)
		if !strings.HasPrefix(string(raw), "\x89PNG") {
			t.Error("the outcome is no picture")
		}
	})
}
