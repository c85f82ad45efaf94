package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

// liveqasAreKept: a slot has one a date, a change is of what was read, questions come back as they were in the order of their votes, who signed up and
// came stands once, an answered question is one card however often it is archived, and what a member asked goes when their words are erased.
func liveqasAreKept(t *testing.T, s *store.Store) {
	ctx, l := t.Context(), NewLog(s)
	evs := l.Append(t, say(tea, "first", "提问 怎么报名", at("2026-01-01 10:00:00")), say(tea, "second", "好", at("2026-01-01 10:00:01")))
	g, one, two := evs[0].Group, int64(evs[0].Actor), int64(evs[1].Actor)
	by := func(verb string) community.Audit { return community.Audit{Org: 1, User: "ming", Verb: verb} }
	coded := func(what string, err error, want community.Code) {
		t.Helper()
		if got := community.CodeOf(err); got != want {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	terms := plan.DefaultLive()
	terms.Title, terms.Address = `答疑 <"&>`, "https://live.example/?a=1&b=2"
	q := plan.LiveQA{Org: 1, Group: g, LiveTerms: terms, Opens: 10, Starts: 100, Ends: 200, State: plan.LivePlanned, Slot: "live", Date: "2026-01-07", Maker: "ming"}
	made := must(s.AddLive(ctx, q, by("liveqa.make")))(t)
	_, err := s.AddLive(ctx, q, by("liveqa.make"))
	coded("a second one of a slot", err, community.CodeConflict)
	kept := must(desk(s).LiveByID(ctx, made.ID))(t)
	same(t, "kept", []any{kept.LiveTerms, kept.Opens, kept.Starts, kept.Ends, kept.State, kept.Slot, kept.Code, kept.Version}, []any{terms, int64(10), int64(100), int64(200), plan.LivePlanned, "live", made.Code, 1})
	if kept.Seq < evs[1].Seq {
		t.Errorf("the log is read from %d on, want from %d", kept.Seq, evs[1].Seq)
	}
	same(t, "by its address", must(s.LiveAt(ctx, made.Code))(t).ID, made.ID)
	_, err = s.LiveAt(ctx, "none")
	coded("an address of nothing", err, community.CodeNotFound)
	_, err = s.For(community.Scope{Org: 1, Groups: []community.GroupKey{}}).LiveByID(ctx, made.ID)
	coded("of a group that is not seen", err, community.CodeNotFound)
	same(t, "made for the date", []int{len(must(s.LiveMade(ctx, g, "2026-01-07"))(t)), len(must(s.LiveMade(ctx, g, "2026-01-14"))(t))}, []int{1, 0})

	now := kept
	now.State, now.Notes = plan.LiveCollecting, "笔记"
	coded("moved", s.MoveLive(ctx, now, by("liveqa.collecting")), "")
	coded("moved as it was read before", s.MoveLive(ctx, now, by("liveqa.collecting")), community.CodeConflict)
	now = must(desk(s).LiveByID(ctx, made.ID))(t)
	coded("brought on by time", s.AgeLive(ctx, now, plan.LiveOn, by("liveqa.live")), "")
	coded("brought on as it was read before", s.AgeLive(ctx, now, plan.LiveOn, by("liveqa.live")), community.CodeConflict)
	aged := must(desk(s).LiveByID(ctx, made.ID))(t)
	same(t, "time writes over nobody", []any{aged.State, aged.Version}, []any{plan.LiveOn, now.Version})
	coded("read on", s.ReadLive(ctx, kept, kept.Seq+1), "")
	coded("read by another", s.ReadLive(ctx, kept, kept.Seq+1), community.CodeConflict)
	coded("told", s.LiveTold(ctx, kept.ID, plan.NudgeAddress), "")
	same(t, "running", must(s.RunningLives(ctx))(t)[0].Told, plan.NudgeAddress)

	audit := by("liveqa.ask")
	put := func(what string, want community.Code, audit *community.Audit, list ...plan.LiveQuestion) {
		t.Helper()
		coded(what, s.ChangeLive(ctx, kept.ID, audit, func(plan.LiveQA, []plan.LiveQuestion) ([]plan.LiveQuestion, error) { return list, nil }), want)
	}
	asks := []plan.LiveQuestion{{No: 1, Who: one, Text: `怎么报名 <b>`, Way: plan.AskByChat, Message: "m1", State: plan.AskOpen, Made: 20}, {No: 2, Who: two, Anonymous: true, Text: "多少钱", Way: plan.AskByPage, State: plan.AskOpen, Made: 21}, {No: 3, Who: -1, Text: "要多少钱", Way: plan.AskByPage, State: plan.AskMerged, Into: 2, Made: 22}}
	put("asked", "", &audit, asks...)
	coded("of nothing", s.ChangeLive(ctx, community.ID{1}, nil, nil), community.CodeNotFound)
	guest := must(s.SignLive(ctx, kept.ID, 0, "小林", 30, func(plan.LiveQA) error { return nil }))(t)
	other := must(s.SignLive(ctx, kept.ID, 0, "老周", 31, func(plan.LiveQA) error { return nil }))(t)
	same(t, "guests", []int64{guest, other}, []int64{-1, -2})
	_, err = s.SignLive(ctx, kept.ID, one, "", 32, func(plan.LiveQA) error { return community.Errorf(community.CodeLate, "over") })
	coded("signed up too late", err, community.CodeLate)
	for range 2 {
		must(s.SignLive(ctx, kept.ID, one, "", 33, func(plan.LiveQA) error { return nil }))(t)
	}
	must(s.SignLive(ctx, kept.ID, other, "", 0, func(plan.LiveQA) error { return nil }))(t)
	for _, who := range []int64{0, one, two, one, 0, 0} {
		coded("opened", s.OpenLive(ctx, kept.ID, who, 40+who%7), "")
	}
	people := must(s.LivePeople(ctx, kept.ID))(t)
	by2 := map[int64]plan.LivePerson{}
	for _, p := range people {
		by2[p.Who] = p
	}
	same(t, "people", []any{len(people), people[len(people)-1].Who, by2[0].Opens, by2[one].Opens, by2[one].Signed, by2[one].Name, by2[two].Signed, by2[guest].Name, by2[other].Signed, by2[one].MemberID.IsZero(), by2[guest].MemberID.IsZero()},
		[]any{5, int64(0), 3, 2, int64(33), "first", int64(0), "小林", int64(0), false, true})

	yes := func(plan.LiveQA, plan.LiveQuestion) error { return nil }
	for range 2 {
		coded("voted", s.VoteLive(ctx, kept.ID, plan.LiveVote{No: 2, Who: one}, false, yes), "")
	}
	coded("voted for nothing", s.VoteLive(ctx, kept.ID, plan.LiveVote{No: 9, Who: one}, false, yes), community.CodeNotFound)
	coded("may not", s.VoteLive(ctx, kept.ID, plan.LiveVote{No: 1, Who: one}, false, func(q plan.LiveQA, a plan.LiveQuestion) error { return q.MayVote(a, one, 50) }), community.CodeConflict)
	list := must(s.LiveQuestions(ctx, kept.ID, one))(t)
	same(t, "ranked", []any{list[0].No, list[0].Votes, list[0].Guests, list[0].Voted, list[0].Mine, list[0].Anonymous, list[0].Name, list[1].No, list[1].Mine, list[1].Text, list[1].Name, list[2].Name}, []any{2, 1, 1, true, false, true, "second", 1, true, "怎么报名 <b>", "first", "小林"})
	coded("vote taken back", s.VoteLive(ctx, kept.ID, plan.LiveVote{No: 2, Who: one}, true, yes), "")
	same(t, "votes", must(s.LiveQuestions(ctx, kept.ID, 0))(t)[0].Votes, 0)

	answered, _ := asks[0].Answered("ming", "点链接", 60)
	put("answered", "", nil, answered)
	list = must(s.LiveQuestions(ctx, kept.ID, 0))(t)
	for _, a := range list {
		if a.No == 1 && (a.State != plan.AskAnswered || a.Answer != "点链接" || a.By != "ming" || a.Version != 2 || a.Message != "m1") {
			t.Errorf("answered = %+v", a)
		}
	}

	over := must(desk(s).LiveByID(ctx, kept.ID))(t)
	over.State = plan.LiveAnswered
	coded("finished", s.MoveLive(ctx, over, by("liveqa.finish")), "")
	same(t, "an answer is to go back", len(must(s.RunningLives(ctx))(t)), 1)
	answered.Told, answered.Back = 70, plan.BackTask
	put("told", "", nil, answered)
	same(t, "nothing is to be done", len(must(s.RunningLives(ctx))(t)), 0)
	two2, _ := asks[1].Answered("ming", "三十", 60)
	two2.Told, two2.Back = 71, plan.BackTask
	put("told all but who asked the same", "", nil, two2)
	same(t, "an answer is to go back to who asked the same", len(must(s.RunningLives(ctx))(t)), 1)

	coded("item", s.PutLiveItem(ctx, kept.ID, 1440, community.ID{7}), "")
	coded("item again", s.PutLiveItem(ctx, kept.ID, 1440, community.ID{8}), "")
	same(t, "items", must(s.LiveItems(ctx, kept.ID))(t), map[int]community.ID{1440: {8}})
	coded("no item", s.PutLiveItem(ctx, kept.ID, 1440, community.ID{}), "")
	same(t, "items gone", len(must(s.LiveItems(ctx, kept.ID))(t)), 0)

	series := store.LiveGroup{Org: 1, Group: g, Series: plan.DefaultLiveSeries()}
	series.Series.On = true
	for range 2 {
		coded("series", s.SaveLiveSeries(ctx, series, by("liveqa.series")), "")
	}
	same(t, "series", must(s.LiveGroups(ctx, 0))(t), []store.LiveGroup{series})

	end := must(desk(s).LiveByID(ctx, kept.ID))(t)
	end.State = plan.LiveArchived
	cards := []shelf.Card{{Group: g, Number: 1, Author: community.MemberKey(one), SaidAt: 60, Text: "问：怎么报名\n答：点链接", Tags: []string{"直播答疑"}, By: shelf.ByLive}, {Group: g, Number: 2, SaidAt: 61, Text: "问：多少钱\n答：三十", By: shelf.ByLive}}
	same(t, "archived", must(s.ArchiveLive(ctx, end, cards, by("liveqa.archive")))(t), 2)
	_, err = s.ArchiveLive(ctx, end, cards, by("liveqa.archive"))
	coded("archived twice", err, community.CodeConflict)
	again := must(desk(s).LiveByID(ctx, kept.ID))(t)
	same(t, "cards of a question that has one", must(s.ArchiveLive(ctx, again, cards, by("liveqa.archive")))(t), 0)
	shown, n, err := desk(s).Cards(ctx, shelf.CardFilter{Group: g})
	if err != nil || n != 2 || shown[0].Number != 0 || shown[0].By != shelf.ByLive {
		t.Errorf("cards = %+v, %v", shown, err)
	}
	_, err = desk(s).CardOf(ctx, 0)
	coded("the card of no message", err, community.CodeNotFound)
	same(t, "erased cards, one of whom asked anonymously", must(s.EraseCards(ctx, 1, []community.MemberKey{community.MemberKey(two)}, by("")))(t), 1)
	for _, a := range must(s.LiveQuestions(ctx, kept.ID, 0))(t) {
		if (a.Text == "") != (a.No == 2) {
			t.Errorf("after the erasure question %d says %q", a.No, a.Text)
		}
	}
}
