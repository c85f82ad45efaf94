package console

import (
	"context"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// stage keeps live Q&As in the invented house, one in every state.
type stage struct{ h *house }

var liveStages = []plan.LiveState{plan.LivePlanned, plan.LiveCollecting, plan.LiveOn, plan.LiveOver, plan.LiveAnswered, plan.LiveArchived, plan.LiveCancelled}

func (s stage) all() []plan.LiveQA {
	var out []plan.LiveQA
	at := fakeNow.UnixMilli()
	for i, state := range liveStages {
		t := plan.DefaultLive()
		t.Title, t.Host, t.Address = "周三直播答疑 <script>alert(1)</script>", "陈老师 Very-Long-Name-Without-Spaces-ABCDEF", "https://live.example/very/long/address/that/does/not/break/anywhere/because/it/has/no/blank"
		q := plan.LiveQA{ID: fakeID(970 + i), Group: 1, GroupID: s.h.groups[0].ID, GroupName: s.h.groups[0].Name, Zone: "Asia/Shanghai", Code: "abcdefgh", LiveTerms: t, State: state, Stage: state, Slot: "live", Date: "2026-12-02", Why: hostile, Version: 2, Questions: 3, Open: 1, Notes: "讲了三件事\n<script>alert(1)</script>"}
		switch state {
		case plan.LivePlanned:
			q.Opens, q.Starts, q.Address = at+3600_000, at+86400_000, ""
		case plan.LiveCollecting:
			q.Opens, q.Starts = at-3600_000, at+86400_000
		case plan.LiveOn:
			q.Opens, q.Starts = at-86400_000, at-600_000
		default:
			q.Opens, q.Starts = at-3*86400_000, at-2*86400_000
		}
		if q.Ends = q.Starts + 3600_000; state == plan.LiveOver {
			q.State = plan.LiveOn
		}
		out = append(out, q)
	}
	return out
}

func (s stage) List(_ context.Context, g community.GroupKey, _ community.Page) ([]plan.LiveQA, int, error) {
	if g > 1 || s.h.quiet {
		return nil, 0, s.h.err
	}
	return s.all(), len(liveStages), s.h.err
}

func (s stage) ByID(_ context.Context, id community.ID) (plan.LiveQA, []plan.LiveQuestion, plan.LiveSums, error) {
	at := fakeNow.UnixMilli()
	list := []plan.LiveQuestion{{No: 2, Who: 2, MemberID: fakeID(41), Name: "阿明", Text: "每天读多久？" + hostile, Way: plan.AskByPage, State: plan.AskOpen, Made: at, Votes: 12, Guests: 3, Version: 1},
		{No: 1, Who: 3, MemberID: fakeID(42), Name: hostile, Anonymous: true, Text: strings.Repeat("很长的问题", 40), Way: plan.AskByChat, State: plan.AskAnswered, Answer: "提前一天说", By: fakeID(2).String(), At: at, Told: at, Back: plan.BackTask, Made: at, Votes: 4, Version: 3},
		{No: 3, Who: -1, Name: "小王", Text: "能带朋友吗", Way: plan.AskByPage, State: plan.AskMerged, Into: 2, Made: at, Version: 2}, {No: 4, Text: "不相干的", Way: plan.AskByHand, State: plan.AskPassed, Reason: "和主题无关", Made: at, Version: 2}, {No: 5, Who: 4, Way: plan.AskByPage, State: plan.AskWithdrawn, Version: 2}}
	if s.h.quiet {
		list = nil
	}
	for _, q := range s.all() {
		if q.ID == id {
			sums := plan.LiveSums{Signed: 6, Asked: 4, Questions: 3, Answered: 1, Told: 1, Back: map[string]int{plan.BackTask: 1}, Came: 4, SignedIn: 3, Opens: 9, Unknown: 4}
			if s.h.quiet {
				sums = plan.LiveSums{Signed: 4}
			}
			return q, list, sums, s.h.err
		}
	}
	return plan.LiveQA{}, nil, plan.LiveSums{}, community.Errorf(community.CodeNotFound, "live Q&A: not found")
}

func (s stage) People(context.Context, community.ID) ([]plan.LivePerson, error) {
	if s.h.quiet {
		return nil, s.h.err
	}
	at := fakeNow.UnixMilli()
	return []plan.LivePerson{{Who: 2, MemberID: fakeID(41), Name: "阿明", Signed: at, Opens: 2, First: at, Last: at}, {Who: -1, Name: hostile, Signed: at}, {Who: 0, Opens: 4}}, s.h.err
}

func (s stage) Slots(context.Context) ([]plan.Fixture, error) {
	return plan.DefaultFixtures(), s.h.err
}

func (s stage) Items(context.Context, community.ID) (map[int]plan.Item, error) {
	return map[int]plan.Item{0: {ID: fakeID(501), State: plan.ItemAsked}}, s.h.err
}

func (s stage) Series(context.Context, community.GroupKey) (plan.LiveSeries, error) {
	return plan.DefaultLiveSeries(), s.h.err
}

func (s stage) SetSeries(_ context.Context, _ string, g community.GroupKey, v plan.LiveSeries, _ string) error {
	s.h.note("series of %d: %v in %s, %d days, remind %v", g, v.On, v.Slot, v.Ahead, v.Remind)
	if err := v.Check(); err != nil {
		return err
	}
	return s.h.err
}

func (s stage) New(_ context.Context, _ string, q plan.LiveQA, _ string) (plan.LiveQA, error) {
	s.h.note("live in %d: %s at %d in %q, remind %v", q.Group, q.Title, q.Starts/1000, q.Slot, q.Remind)
	if err := q.LiveTerms.Check(); err != nil {
		return q, err
	}
	return s.all()[0], s.h.err
}

func (s stage) Edit(_ context.Context, _ string, _ community.ID, version int, to plan.LiveQA, _ string) (plan.LiveQA, error) {
	s.h.note("edit live %d: %s", version, to.Title)
	return s.all()[0], community.Errorf(community.CodeConflict, "changed")
}

func (s stage) SetAddress(_ context.Context, _ string, _ community.ID, address, _ string) (plan.LiveQA, error) {
	s.h.note("live is at %s", address)
	if !plan.LiveAddress(address) {
		return plan.LiveQA{}, community.Errorf(community.CodeBadInput, "address: no")
	}
	return s.all()[0], s.h.err
}

func (s stage) Lay(_ context.Context, _ string, _ community.ID, reason string) ([]plan.Item, error) {
	s.h.note("lay live: %s", reason)
	return make([]plan.Item, 2), s.h.err
}

func (s stage) Cancel(_ context.Context, _ string, _ community.ID, reason string) (plan.LiveQA, error) {
	s.h.note("cancel live: %s", reason)
	return s.all()[0], s.h.err
}

func (s stage) SetNotes(_ context.Context, _ string, _ community.ID, version int, notes string) (plan.LiveQA, error) {
	s.h.note("notes %d: %s", version, notes)
	return s.all()[0], s.h.err
}

func (s stage) Add(_ context.Context, _ string, _ community.ID, _ community.MemberKey, text string) (plan.LiveQuestion, error) {
	s.h.note("asked: %s", text)
	return plan.LiveQuestion{No: 7}, s.h.err
}

func (s stage) Answer(_ context.Context, _ string, _ community.ID, no, version int, text string) (plan.LiveQuestion, error) {
	s.h.note("answer %d as of %d: %s", no, version, text)
	if version > 5 {
		return plan.LiveQuestion{}, community.Errorf(community.CodeConflict, "changed")
	}
	return plan.LiveQuestion{No: no}, s.h.err
}

func (s stage) Pass(_ context.Context, _ string, _ community.ID, no int, reason string) (plan.LiveQuestion, error) {
	s.h.note("pass %d: %s", no, reason)
	return plan.LiveQuestion{}, s.h.err
}

func (s stage) Reopen(_ context.Context, _ string, _ community.ID, no int) (plan.LiveQuestion, error) {
	s.h.note("reopen %d", no)
	return plan.LiveQuestion{}, s.h.err
}

func (s stage) Merge(_ context.Context, _ string, _ community.ID, no, into int) (plan.LiveQuestion, error) {
	s.h.note("merge %d into %d", no, into)
	return plan.LiveQuestion{}, s.h.err
}

func (s stage) Finish(context.Context, string, community.ID, string) (plan.LiveQA, int, error) {
	s.h.note("finish live")
	return s.all()[0], 3, s.h.err
}

func (s stage) Archive(context.Context, string, community.ID, string) (plan.LiveQA, int, error) {
	s.h.note("archive live")
	return s.all()[0], 2, s.h.err
}

func (s stage) Address(q plan.LiveQA) string { return "https://qun.example/live/" + q.Code }

func (s stage) Link(context.Context, community.ID, community.MemberKey) (string, error) {
	return "https://qun.example/live/abcdefgh/" + strings.Repeat("Ab3", 16), s.h.err
}

// livePages are their pages in every state.
func livePages() map[string]string {
	g := fakeID(20).String()
	out := map[string]string{"liveqa": "/liveqa", "liveqa-of": "/liveqa?g=" + g, "liveqa-new": "/liveqa/new?g=" + g, "liveqa-series": "/liveqa/series?g=" + g, "liveqa-edit": "/liveqa/" + fakeID(971).String() + "/edit", "liveqa-links": "/liveqa/" + fakeID(971).String() + "/links",
		"liveqa-people": "/liveqa/" + fakeID(971).String() + "/people"}
	for i, s := range liveStages {
		out["liveqa-"+string(s)] = "/liveqa/" + fakeID(970+i).String()
	}
	return out
}

// askedPages are those of questions in every state.
func askedPages() map[string]string {
	out := map[string]string{}
	for _, no := range []string{"1", "2", "3", "4"} {
		out["asked-"+no] = "/liveqa/" + fakeID(972).String() + "/" + no
	}
	return out
}

func TestPagesOfLiveQAsSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		for _, quiet := range []bool{false, true} {
			h := furnished()
			h.users[0].Lang, h.quiet = lang, quiet
			v := open(t, h).as("owner")
			pages := livePages()
			if !quiet {
				for name, path := range askedPages() {
					pages[name] = path
				}
			}
			for name, path := range pages {
				status, body := v.get(path)
				if status != 200 || strings.Contains(body, "<script>alert") || strings.Contains(body, "\u202e") {
					t.Errorf("%s in %s = %d, or a name that is not shown as it is", name, lang, status)
				}
				if got := unsaid.FindAllString(body, 5); got != nil {
					t.Errorf("%s in %s leaves unsaid: %v", name, lang, got)
				}
				if name == "liveqa-answered" && strings.Contains(body, "50%") == quiet {
					t.Errorf("%s in %s: the share of three of six, or one of fewer than five: quiet %v", name, lang, quiet)
				}
			}
			if status, _ := v.get("/liveqa/" + fakeID(972).String() + "/99"); status != 404 {
				t.Errorf("a question that is not there = %d", status)
			}
		}
	}
}

// TestWhatIsDoneWithLiveQAsReachesThem: forms are read as they were typed, and what is wrong is said beside what was typed.
func TestWhatIsDoneWithLiveQAsReachesThem(t *testing.T) {
	h := furnished()
	owner := open(t, h).as("owner")
	g, home := h.groups[0].ID.String(), "/liveqa/"+fakeID(972).String()
	form := []string{"g", g, "title", "答疑", "host", "陈老师", "address", "", "word", "提问", "remind", "1440，0", "lang", "zh-CN", "slot", "", "starts", "2026-12-31 20:00", "ends", "", "opens", ""}
	with := func(key, value string) []string {
		f := slices.Clone(form)
		for i := 0; i < len(f); i += 2 {
			if f[i] == key {
				f[i+1] = value
			}
		}
		return f
	}
	for _, c := range []struct {
		to     string
		form   []string
		status int
		words  string
	}{
		{"/liveqa/new", form, 200, "已安排"}, {"/liveqa/new", with("starts", "明晚"), 422, "时间看不懂"}, {"/liveqa/new", with("remind", "一天"), 422, "提醒要写成分钟数"}, {"/liveqa/new", with("address", "javascript:alert(1)"), 422, "http"}, {"/liveqa/new", with("title", ""), 422, "标题"},
		{home + "/edit", append(slices.Clone(form), "version", "2"), 422, "已经有人改过"}, {"/liveqa/series", append(slices.Clone(form), "on", "1", "days", "3"), 200, "已保存"}, {"/liveqa/series", append(slices.Clone(form), "days", "9"), 422, "提前天数"},
		{home + "/address", []string{"address", "ftp://x"}, 200, "http://"}, {home + "/address", []string{"address", "https://live.example/1"}, 200, "已保存"}, {home + "/lay", []string{"reason", "大家要"}, 200, "2 条"}, {home + "/ask", []string{"text", "怎么报名"}, 200, "第 7 号"},
		{home + "/notes", []string{"version", "2", "notes", "讲了三件事"}, 200, "已保存"}, {home + "/2/answer", []string{"version", "1", "answer", "半小时"}, 200, "已保存"}, {home + "/2/answer", []string{"version", "6", "answer", "半小时"}, 200, "已经有人改过"}, {home + "/2/merge", []string{"into", "1"}, 200, "已保存"},
		{home + "/2/pass", []string{"reason", "和主题无关"}, 200, "已保存"}, {home + "/3/reopen", nil, 200, "已保存"}, {home + "/finish", nil, 200, "3 条"}, {home + "/archive", nil, 200, "2 张"}, {home + "/cancel", []string{"reason", "讲师生病"}, 200, "已取消"},
	} {
		if status, body := owner.post(c.to, c.form...); status != c.status || !strings.Contains(body, c.words) {
			t.Errorf("%s %q: %d, want %d and %q", c.to, c.form, status, c.status, c.words)
		}
	}
	for _, want := range []string{"live in 1: 答疑 at 1798718400 in \"\", remind [1440 0]", "series of 1: true in , 3 days, remind [1440 0]", "live is at https://live.example/1", "lay live: 大家要", "asked: 怎么报名", "notes 2: 讲了三件事", "answer 2 as of 1: 半小时", "merge 2 into 1", "pass 2: 和主题无关", "reopen 3", "finish live", "archive live", "cancel live: 讲师生病"} {
		if !slices.Contains(h.did, want) {
			t.Errorf("not done: %s; done: %q", want, h.did)
		}
	}
}

// TestLiveQAPagesAreSoundInABrowser at 1440 and 390 px, in both languages.
func TestLiveQAPagesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		pages := livePages()
		for name, path := range askedPages() {
			pages[name] = path
		}
		soundTo(t, v.base, lang, pages)
	}
}
