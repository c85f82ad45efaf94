package storetest

import (
	"fmt"
	"slices"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// goalsAreKept: versions stay, the newest holds; a person's word about a stage ends the one before; a weekly look is kept once.
func goalsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	caughtUp(t, s)
	d := desk(s)
	list, n, err := d.Goals(ctx, 0, "", community.Page{})
	if err != nil || n != 1 || list[0].Version != 0 || list[0].Name != "茶友群" {
		t.Fatalf("without a goal = %+v, %v", list, err)
	}
	same(t, "no goal yet", must(d.AnyGoal(ctx))(t), false)
	goal := measure.Goal{Goal: "喝好茶", Value: "每周一款", Targets: []measure.Target{{Metric: "activity.speakers", Value: 20, Days: 7}, {Metric: "activity.messages", Value: 9, Days: 7}, {Metric: "activity.leaves", AtMost: true, Value: 2.5, Days: 30}}}
	audit := community.Audit{Org: 1, User: "ming", Verb: "goal.set", Subject: "group:1", Reason: "开年"}
	same(t, "the first", must(s.SetGoal(ctx, g, goal, audit))(t).Version, 1)
	goal.Value = "每周两款"
	same(t, "the second", must(s.SetGoal(ctx, g, goal, audit))(t).Version, 2)
	versions := must(d.GoalVersions(ctx, g))(t)
	same(t, "both stay", []any{len(versions), versions[0].Value, versions[1].Value, versions[0].Targets[2], versions[0].Reason}, []any{2, "每周两款", "每周一款", goal.Targets[2], "开年"})
	same(t, "a goal", []any{must(d.AnyGoal(ctx))(t), must(s.For(community.Scope{Org: 2}).AnyGoal(ctx))(t)}, []any{true, false})
	same(t, "counted", must(d.GoalTargets(ctx, []community.GroupKey{g, 77}))(t), map[community.GroupKey]int{g: 3})
	list, _, err = d.Goals(ctx, g, "", community.Page{})
	if err != nil || len(list) != 1 || list[0].Version != 2 || list[0].User != "ming" {
		t.Errorf("as it stands = %+v, %v", list, err)
	}
	other := s.For(community.Scope{Org: 2})
	if list, n, err := other.Goals(ctx, 0, "", community.Page{}); err != nil || n != 0 || len(list) != 0 {
		t.Errorf("another organisation sees %+v", list)
	}
	word := measure.Ruling{Group: g, Stage: measure.StageStable, Reason: "放假", User: "ming", Until: 20_600}
	first := must(s.AddRuling(ctx, word, audit))(t)
	word.Stage = measure.StageDecline
	must(s.AddRuling(ctx, word, audit))(t)
	rulings := must(d.Rulings(ctx, g))(t)
	same(t, "one stands", []any{len(rulings), rulings[0].Stage, rulings[0].Ended, rulings[1].ID, rulings[1].EndedBy}, []any{2, measure.StageDecline, int64(0), first.ID, "ming"})
	if err := s.EndRuling(ctx, g, audit); err != nil {
		t.Fatal(err)
	}
	same(t, "none stands", must(d.Rulings(ctx, g))(t)[0].Ended > 0, true)
	look := measure.StageLook{Group: g, Week: 20_450, Verdict: measure.StageStable, Warned: true}
	same(t, "looked", must(s.PutStageLook(ctx, look))(t), true)
	same(t, "once", must(s.PutStageLook(ctx, look))(t), false)
	got := must(s.StageLooks(ctx, g, 5))(t)
	same(t, "kept", []any{len(got), got[0].Week, got[0].Verdict, got[0].Warned}, []any{1, look.Week, look.Verdict, true})
}

// adjustmentsAreKept: a change waits for its day, is asked about once and decided once, with what was seen.
func adjustmentsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	caughtUp(t, s)
	d := desk(s)
	v := must(s.AddAdjustment(ctx, measure.Adjustment{Org: 1, Group: g, Kind: measure.AdjustGate, What: "先答题", Metric: measure.MoveLeaves, Down: true, By: 0.25, Day: 20_500, Review: 20_514, User: "ming"}, community.Audit{User: "ming", Verb: "adjust.add"}))(t)
	same(t, "not yet", len(must(s.AdjustmentsToReview(ctx, 20_513))(t)), 0)
	same(t, "its day", len(must(s.AdjustmentsToReview(ctx, 20_514))(t)), 1)
	task := community.DeriveID(v.ID, "task", 0)
	if err := s.AdjustmentDue(ctx, v.ID, task); err != nil {
		t.Fatal(err)
	}
	same(t, "asked once", len(must(s.AdjustmentsToReview(ctx, 20_600))(t)), 0)
	got := must(d.AdjustmentByID(ctx, v.ID))(t)
	same(t, "due", []any{got.State, got.Task, got.By, got.Down, got.Effect == nil}, []any{measure.AdjustDue, task, 0.25, true, true})
	got.State, got.Decider, got.Note, got.Effect = measure.AdjustKept, "anna", "少了", &measure.Effect{Before: 4.5, After: 2, DaysB: 14, DaysA: 13, Diff: -2.5, Low: -4, High: -1, Moved: measure.MovedAsMeant}
	if err := s.DecideAdjustment(ctx, got, community.Audit{User: "anna", Verb: "adjust.review"}); err != nil {
		t.Fatal(err)
	}
	if err := s.DecideAdjustment(ctx, got, community.Audit{User: "ben", Verb: "adjust.review"}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("decided twice: %v", err)
	}
	kept := must(d.AdjustmentByID(ctx, v.ID))(t)
	same(t, "kept", []any{kept.State, kept.Decider, kept.Note, *kept.Effect, kept.Decided > 0}, []any{measure.AdjustKept, "anna", "少了", *got.Effect, true})
	for f, want := range map[measure.AdjustFilter]int{{}: 1, {Group: g}: 1, {Group: g + 1}: 0, {State: measure.AdjustKept}: 1, {State: measure.AdjustDue}: 0, {Kind: measure.AdjustRule}: 0} {
		if list, n, err := d.Adjustments(ctx, f, community.Page{}); err != nil || n != want || len(list) != want {
			t.Errorf("%+v: %d of %d, %v, want %d", f, len(list), n, err, want)
		}
	}
	if _, err := s.For(community.Scope{Org: 2}).AdjustmentByID(ctx, v.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation sees it: %v", err)
	}
	same(t, "nothing unnamed", len(must(d.UnnamedChanges(ctx, 0))(t)), 0)
	same(t, "reports by day", len(must(d.ReportDays(ctx, g, 20_400, 20_500))(t)), 0)
}

// pastsAreKept: what stood before a change of an SOP, a way in, a cap and a setting is found again by the change, as long as it is the last
// one; and until somebody says what it should move, the change is among those of which nobody did.
func pastsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	who := community.Audit{User: "ming", Verb: "x", Reason: "试试"}
	p := must(s.SaveSOP(ctx, plan.SOP{Org: 1, Name: "七天", User: "lin", Steps: []plan.Step{{ID: "s1", Kind: plan.ByDay, At: "09:00", Text: "旧"}}}, who))(t)
	same(t, "what is new changes nothing", len(must(desk(s).UnnamedChanges(ctx, 0))(t)), 0)
	was := p
	p.Name, p.Steps = "八天", []plan.Step{{ID: "s1", Kind: plan.ByDay, At: "10:00", Text: "新"}}
	p = must(s.SaveSOP(ctx, p, who))(t)
	stale := was
	if _, err := s.SaveSOP(ctx, stale, who); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a version that is not the latest: %v, want a conflict", err)
	}
	var had plan.SOP
	if err := s.PastOf(ctx, 1, "sop:"+p.ID.String(), 2, &had); err != nil || had.Name != "七天" || had.Version != 1 || len(had.Steps) != 1 || had.Steps[0].Text != "旧" {
		t.Errorf("before version 2: %+v, %v", had, err)
	}
	c := must(s.SaveCode(ctx, admit.Code{Org: 1, Kind: admit.Group, Name: "海报", Line: "一", Tags: []string{"书"}}, who))(t)
	for i, line := range []string{"二", "三"} {
		c.Line, c.Tags = line, nil
		if c = must(s.SaveCode(ctx, c, who))(t); c.Change != i+1 {
			t.Errorf("change %d of the code, want %d", c.Change, i+1)
		}
	}
	var code admit.Code
	subject := "code:" + c.ID.String()
	if err := s.PastOf(ctx, 1, subject, 2, &code); err != nil || code.Line != "二" || len(code.Tags) != 0 {
		t.Errorf("before the second change: %+v, %v", code, err)
	}
	if err := s.PastOf(ctx, 1, subject, 1, &code); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("before the first change, after which there was another: %v, want a conflict", err)
	}
	if err := s.PastOf(ctx, 2, subject, 2, &code); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation: %v, want not found", err)
	}
	same(t, "cap", must(s.SetCap(ctx, 1, g, admit.CapRule{Most: 5}, admit.CapRule{Most: 9}, who))(t), 1)
	var cap admit.CapRule
	if err := s.PastOf(ctx, 1, fmt.Sprintf("cap:%d", g), 1, &cap); err != nil || cap.Most != 5 {
		t.Errorf("the cap before: %+v, %v", cap, err)
	}
	same(t, "limits", must(s.ChangeSetting(ctx, 1, "plan.limits", "limits", "x", plan.Limits{PerDay: 2}, plan.Limits{PerDay: 3}, who))(t), 1)
	var limits, now plan.Limits
	if err := s.PastOf(ctx, 1, "limits", 1, &limits); err != nil || limits.PerDay != 2 {
		t.Errorf("the limits before: %+v, %v", limits, err)
	}
	if _, err := s.Setting(ctx, 1, "plan.limits", &now); err != nil || now.PerDay != 3 {
		t.Errorf("the limits now: %+v, %v", now, err)
	}
	unnamed := func() (refs []string) {
		for _, v := range must(desk(s).UnnamedChanges(ctx, 0))(t) {
			refs = append(refs, v.Ref)
		}
		slices.Sort(refs)
		return refs
	}
	sop := "sop:" + p.ID.String() + ":2"
	same(t, "nobody said", unnamed(), []string{fmt.Sprintf("cap:%d:1", g), subject + ":1", subject + ":2", "limits:1", sop})
	must(s.AddAdjustment(ctx, measure.Adjustment{Org: 1, Group: g, Kind: measure.AdjustPlan, What: "八天", Ref: sop, Metric: measure.MoveLeaves, Day: 20_500, Review: 20_514, User: "ming"}, who))(t)
	if err := s.PutNoFigure(ctx, 1, measure.NoFigure{Kind: measure.AdjustGate, Ref: subject + ":2", Why: "只是说法"}, who); err != nil {
		t.Fatal(err)
	}
	same(t, "of two it was said", unnamed(), []string{fmt.Sprintf("cap:%d:1", g), subject + ":1", "limits:1"})
}

// formatsAreKept: what people say of things sent stands until they say otherwise, of what the organisation sent alone; what they entered is
// found by its group and time; polls come and go.
func formatsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")), say(tea, "b", "早", at("2026-01-01 10:01:00")))[0].Group
	caughtUp(t, s)
	who, d := community.Audit{User: "ming", Verb: "sent.say"}, desk(s)
	k := measure.SentKey{Kind: measure.SentHand, Source: s.NewID()}
	v := measure.Sent{SentKey: k, Title: "直播", At: at("2026-01-01 10:00:30"), SentSaid: measure.SentSaid{Format: measure.FormatVoice, Minutes: 90, Fen: -1, Reads: 4}}
	if err := s.SaySent(ctx, 1, v, g, who); err != nil {
		t.Fatal(err)
	}
	v.SentSaid, v.Title, v.At = measure.SentSaid{Format: measure.FormatVideo, Minutes: 30, Fen: 1200, Reads: -1}, "", 0
	if err := s.SaySent(ctx, 1, v, g, who); err != nil {
		t.Fatal(err)
	}
	same(t, "whose", must(s.HandSentIn(ctx, 1, k.Source))(t), g)
	if _, err := s.HandSentIn(ctx, 2, k.Source); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation's: %v, want not found", err)
	}
	for _, kind := range []string{measure.SentMass, measure.SentStep, measure.SentBallot} {
		if err := s.SaySent(ctx, 1, measure.Sent{SentKey: measure.SentKey{Kind: kind, Source: k.Source}}, 0, who); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("a %s that is none: %v, want not found", kind, err)
		}
	}
	from, to := at("2026-01-01 00:00:00"), at("2026-01-02 00:00:00")
	list := must(d.SentTo(ctx, g, from, to))(t)
	if len(list) != 1 || list[0].Title != "直播" || list[0].At != at("2026-01-01 10:00:30") || list[0].SentSaid != v.SentSaid || list[0].SentKey != k {
		t.Fatalf("what came = %+v", list)
	}
	same(t, "another day", len(must(d.SentTo(ctx, g, to, to+1000))(t)), 0)
	same(t, "another group", len(must(d.SentTo(ctx, g+1, from, to))(t)), 0)
	today := measure.Day(20_454)
	if had, of, err := d.GroupsSent(ctx, "", today, today); err != nil || len(had) != 1 || had[0].Key != g || of != 1 {
		t.Errorf("groups that something came to = %+v of %d, %v", had, of, err)
	}
	if had, of, err := d.GroupsSent(ctx, "", today+3, today+4); err != nil || len(had) != 0 || of != 1 {
		t.Errorf("on later days = %+v of %d, %v", had, of, err)
	}
	if had, of, err := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g + 1}}).GroupsSent(ctx, "", today, today); err != nil || len(had)+of != 0 {
		t.Errorf("of other groups = %+v of %d, %v", had, of, err)
	}
	a := must(d.Audience(ctx, g, from, to))(t)
	same(t, "words", len(a.Words), 2)
	p := must(s.AddFormatPoll(ctx, 1, measure.FormatPollRow{Group: g, Title: "哪种", Day: 20_454, Votes: map[string]int64{measure.FormatArticle: 3, measure.FormatPoll: 0}}, who))(t)
	polls := must(d.FormatPolls(ctx, g, 20_454, 20_454))(t)
	if len(polls) != 1 || polls[0].Title != "哪种" || polls[0].User != "ming" || len(polls[0].Votes) != 2 || polls[0].Votes[measure.FormatArticle] != 3 {
		t.Errorf("polls = %+v", polls)
	}
	if err := s.DropFormatPoll(ctx, 2, p.ID, who); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("dropped by another organisation: %v, want not found", err)
	}
	if err := s.DropFormatPoll(ctx, 1, p.ID, who); err != nil {
		t.Fatal(err)
	}
	same(t, "dropped", len(must(d.FormatPolls(ctx, g, 0, 30_000))(t)), 0)
}

// openQuestionsAreTold: a question open for too long is told of once, by the alarm that waits; the alarm ends when all are answered,
// and an answer that is recalled opens the question again.
func openQuestionsAreTold(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	asked := say(tea, "a", "押金怎么退？", at("2026-01-01 10:00:00"))
	second := say(tea, "b", "发票怎么开？", at("2026-01-01 10:30:00"))
	evs := l.Append(t, asked, second, say(tea, "c", "今天天气不错", at("2026-01-01 10:31:00")))
	caughtUp(t, s)
	g, from, to := evs[0].Group, at("2026-01-01 00:00:00"), at("2026-01-01 10:15:00")
	due := must(s.Overdue(ctx, g, from, to))(t)
	same(t, "one is overdue", []any{len(due), due[0].Number}, []any{1, evs[0].Number})
	al := duty.Alarm{Org: 1, Kind: duty.KindQuestion, Group: g, Detail: "茶友群: 1 > 15 min"}
	for _, until := range []int64{to, at("2026-01-01 11:00:00")} {
		list := must(s.Overdue(ctx, g, from, until))(t)
		if err := s.NotifyQuestions(ctx, al, list); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "all are told of", len(must(s.Overdue(ctx, g, from, at("2026-01-01 12:00:00")))(t)), 0)
	alarms, n, err := desk(s).FindAlarms(ctx, true, "", community.Page{})
	if err != nil || n != 1 {
		t.Fatalf("alarms = %+v, %v; want one about both", alarms, err)
	}
	about := must(desk(s).AlarmQuestions(ctx, alarms[0].ID))(t)
	same(t, "about both", []any{len(about), about[0].Open, about[1].Open}, []any{2, true, true})
	same(t, "nothing ends", must(s.EndAnsweredAlarms(ctx))(t), 0)
	reply := say(tea, "c", "在订单页", at("2026-01-01 11:10:00"))
	reply.Body.ReplyTo = asked.Body.Message
	l.Append(t, reply)
	caughtUp(t, s)
	about = must(desk(s).AlarmQuestions(ctx, alarms[0].ID))(t)
	same(t, "one is answered", []any{about[0].Open, about[1].Open}, []any{false, true})
	same(t, "still nothing ends", must(s.EndAnsweredAlarms(ctx))(t), 0)
	other := say(tea, "c", "找我开", at("2026-01-01 11:12:00"))
	other.Body.ReplyTo = second.Body.Message
	l.Append(t, recallOf(reply, at("2026-01-01 11:11:00")), other)
	caughtUp(t, s)
	about = must(desk(s).AlarmQuestions(ctx, alarms[0].ID))(t)
	same(t, "the recalled answer counts no more", []any{about[0].Open, about[1].Open}, []any{true, false})
	l.Append(t, recallOf(asked, at("2026-01-01 11:13:00")))
	caughtUp(t, s)
	same(t, "it ends", must(s.EndAnsweredAlarms(ctx))(t), 1)
	same(t, "once", must(s.EndAnsweredAlarms(ctx))(t), 0)
	watch := duty.QuestionWatch{Minutes: 30, User: "anna"}
	if err := s.SetAskWatch(ctx, g, watch, community.Audit{Org: 1, User: "ming", Verb: "question.watch", Subject: "group:1"}); err != nil {
		t.Fatal(err)
	}
	on := must(s.AskWatches(ctx, 0))(t)
	same(t, "watched", []any{len(on), on[0].Minutes, on[0].User, on[0].Name, on[0].Since > 0}, []any{1, 30, "anna", "茶友群", true})
	watch.Minutes = 0
	if err := s.SetAskWatch(ctx, g, watch, community.Audit{Org: 1, User: "ming", Verb: "question.watch", Subject: "group:1"}); err != nil {
		t.Fatal(err)
	}
	same(t, "off", len(must(s.AskWatches(ctx, g))(t)), 0)
}
