package app_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// aLive lays down a live Q&A that begins in two days and takes questions now.
func (n *night) aLive() plan.LiveQA {
	n.t.Helper()
	starts := n.app.Now() + 48*time.Hour.Milliseconds()
	q, err := n.app.LiveQAs(n.org, nil).New(n.t.Context(), "ming", plan.LiveQA{Group: n.group.Key, LiveTerms: plan.DefaultLive(), Starts: starts, Opens: starts - 72*time.Hour.Milliseconds()}, "")
	check(n.t, err)
	return q
}

// asked gives the questions of a live Q&A by number.
func (n *night) asked(id community.ID) map[int]plan.LiveQuestion {
	n.t.Helper()
	_, list, _, err := n.app.LiveQAs(n.org, nil).ByID(n.t.Context(), id)
	check(n.t, err)
	out := map[int]plan.LiveQuestion{}
	for _, a := range list {
		out[a.No] = a
	}
	return out
}

// todos are the tasks whose text says something.
func (n *night) todos(words string) []community.TaskRow {
	n.t.Helper()
	rows, _, err := n.desk.FindTasks(n.t.Context(), community.TaskFilter{Group: n.group.Key, Page: community.Page{Limit: 100}})
	check(n.t, err)
	return slices.DeleteFunc(rows, func(r community.TaskRow) bool { return !strings.Contains(r.Text, words) })
}

// goes opens the link to the live without following it.
func (n *night) goes(path string) (int, string, string) {
	n.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(n.url + strings.TrimPrefix(path, n.url))
	check(n.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	check(n.t, err)
	return res.StatusCode, res.Header.Get("Location"), string(raw)
}

// TestLiveQAFromQuestionsToTheShelf: questions come by page and chat, ranked by votes; the link leads to the live while it is time and counts who came;
// two who answer at once do not write over each other; answers go back to each who asked, once; and each answered question is a card.
func TestLiveQAFromQuestionsToTheShelf(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, v := t.Context(), n.app.LiveQAs(n.org, nil)
		bad := plan.LiveQA{Group: n.group.Key, LiveTerms: plan.DefaultLive(), Starts: n.app.Now() - 1}
		_, err := v.New(ctx, "ming", bad, "")
		codeIs(t, "in the past", err, community.CodeBadInput)
		bad.Starts, bad.Address = n.app.Now()+3600_000, "javascript:alert(1)"
		_, err = v.New(ctx, "ming", bad, "")
		codeIs(t, "no address of the web", err, community.CodeBadInput)
		_, err = n.app.LiveQAs(n.org, []community.GroupKey{}).New(ctx, "anna", plan.LiveQA{Group: n.group.Key, LiveTerms: plan.DefaultLive(), Starts: n.app.Now() + 3600_000}, "")
		codeIs(t, "in a group that is not seen", err, community.CodeNotFound)
		q := n.aLive()
		if q.State != plan.LiveCollecting {
			t.Fatalf("it is %s", q.State)
		}
		phone := newPerson(t, n.url)
		page := "/live/" + q.Code
		link := func(name string) string {
			at, err := v.Link(ctx, q.ID, n.member(name).Key)
			check(t, err)
			return strings.TrimPrefix(at, n.url)
		}
		does := func(at string, want int, fields ...string) string {
			t.Helper()
			form := url.Values{}
			for i := 0; i < len(fields); i += 2 {
				form.Set(fields[i], fields[i+1])
			}
			code, body := n.posts(at, form)
			if code != want {
				t.Errorf("%q at %s: %d, want %d: %s", fields, at, code, want, excerpt(body))
			}
			return body
		}
		does(link("阿青"), 200, "do", "sign")
		does(link("阿青"), 200, "do", "ask", "text", "每天读多久 <script>alert(1)</script>\u202e")
		does(link("阿青"), 429, "do", "ask", "text", "还有一个")
		does(link("老周"), 200, "do", "ask", "text", "怎么请假", "hidden", "1")
		does(link("林小满"), 200, "do", "vote", "no", "2")
		does(link("米粒"), 200, "do", "vote", "no", "2")
		does(link("老周"), 409, "do", "vote", "no", "2")
		body := does(page, 200, "name", "访客<b>小王")
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<b>") || strings.Contains(body, "\u202e") || strings.Contains(body, "老周") || strings.Contains(body, "阿青") || !strings.Contains(body, "阿**") {
			t.Errorf("the page of a guest: %s", excerpt(body))
		}
		if does(page, 422, "name", " "); !strings.Contains(body, "2 号 · 匿名 · 2 票") {
			t.Errorf("the question of somebody anonymous: %s", excerpt(body))
		}
		n.talks("大刘", "提问：怎么请假？", "")
		await(t, func() bool { return len(n.asked(q.ID)) == 3 })
		if a := n.asked(q.ID)[3]; a.State != plan.AskMerged || a.Into != 2 || a.Way != plan.AskByChat {
			t.Errorf("the same in the chat = %+v", a)
		}
		if a := n.asked(q.ID)[2]; a.Votes != 3 {
			t.Errorf("votes = %+v", a)
		}
		n.told("合在一起")
		n.pass(2 * time.Minute)
		gone := n.talks("大刘", "提问 会发红包吗", "")
		await(t, func() bool { return len(n.asked(q.ID)) == 4 })
		n.happens(community.MessageDeleted, "大刘", "recall-"+gone, community.Body{Message: gone})
		await(t, func() bool { return n.asked(q.ID)[4].State == plan.AskWithdrawn })
		if a := n.asked(q.ID)[4]; a.Text != "" {
			t.Errorf("the words of a question that was recalled: %q", a.Text)
		}
		does(link("米粒"), 200, "do", "ask", "text", "能带朋友吗")
		does(link("老周"), 409, "do", "withdraw", "no", "5")
		does(link("米粒"), 200, "do", "withdraw", "no", "5")
		_, err = v.Merge(ctx, "ming", q.ID, 5, 1)
		codeIs(t, "merged what was taken back", err, community.CodeConflict)

		if code, _, body := n.goes(link("阿青") + "/go"); code != 200 || !strings.Contains(body, "还没开始") {
			t.Errorf("before its time: %d %s", code, excerpt(body))
		}
		n.pass(47*time.Hour + 10*time.Minute)
		await(t, func() bool { return len(n.todos("还没有直播地址")) == 1 })
		n.pass(40 * time.Minute)
		if code, _, body := n.goes(page + "/go"); code != 200 || !strings.Contains(body, "还没有给出直播地址") {
			t.Errorf("without an address: %d %s", code, excerpt(body))
		}
		_, err = v.SetAddress(ctx, "ming", q.ID, "ftp://x.example", "")
		codeIs(t, "no address of the web", err, community.CodeBadInput)
		_, err = v.SetAddress(ctx, "ming", q.ID, "https://live.example/room?a=1&b=2", "")
		check(t, err)
		await(t, func() bool { return len(n.todos("还没有直播地址")) == 0 })
		for _, at := range []string{link("阿青"), link("阿青"), link("米粒"), page} {
			if code, to, _ := n.goes(at + "/go"); code != http.StatusFound || to != "https://live.example/room?a=1&b=2" {
				t.Errorf("%s leads to %q (%d)", at, to, code)
			}
		}
		n.pass(80 * time.Minute) // an hour after it began it is over
		await(t, func() bool { return len(n.todos("结束了，请写")) == 1 })
		does(link("老周"), 410, "do", "ask", "text", "现在还能问吗")
		_, _, err = v.Archive(ctx, "ming", q.ID, "")
		codeIs(t, "archived before it is finished", err, community.CodeConflict)

		var both sync.WaitGroup
		codes := make([]community.Code, 2)
		seen := n.asked(q.ID)[2].Version
		for i, who := range []string{"ming", "anna"} { // two people answer at once
			both.Go(func() {
				_, err := v.Answer(ctx, who, q.ID, 2, seen, "提前一天说，"+who)
				codes[i] = community.CodeOf(err)
			})
		}
		both.Wait()
		if slices.Sort(codes); !slices.Equal(codes, []community.Code{"", community.CodeConflict}) {
			t.Errorf("answered by two at once: %q", codes)
		}
		_, err = v.SetNotes(ctx, "ming", q.ID, 0, "讲了三件事\n一、请假")
		check(t, err)
		q, back, err := v.Finish(ctx, "ming", q.ID, "")
		check(t, err)
		if back != 2 || q.State != plan.LiveAnswered {
			t.Errorf("%d answers went back, want that of who asked and of who asked the same; it is %s", back, q.State)
		}
		_, _, err = v.Finish(ctx, "ming", q.ID, "")
		codeIs(t, "finished twice", err, community.CodeConflict)
		await(t, func() bool { return len(n.todos("结束了，请写")) == 0 })
		n.told("答复：提前一天说") // who asked in the chat, in the group
		if a := n.asked(q.ID)[3]; a.Back != plan.BackGroup {
			t.Errorf("to who asked in the chat it went by %q", a.Back)
		}
		await(t, func() bool { return len(n.todos("答复：提前一天说")) == 1 }) // who asked anonymously is not named in the group
		_, err = v.Answer(ctx, "anna", q.ID, 2, 0, "别的")
		codeIs(t, "changed once it went back", err, community.CodeConflict)
		_, err = v.Answer(ctx, "anna", q.ID, 1, 0, "半小时")
		check(t, err)
		n.told("答复：半小时")
		told := len(n.sent())
		check(t, n.app.RunLiveQAs(ctx))
		if len(n.sent()) != told {
			t.Error("an answer went back twice")
		}
		if _, body := phone.get(page); !strings.Contains(body, "提前一天说") || !strings.Contains(body, "一、请假") {
			t.Errorf("the page at the end: %s", excerpt(body))
		}

		_, list, sums, err := v.ByID(ctx, q.ID)
		check(t, err)
		if sums.Signed != 2 || sums.Asked != 3 || sums.Questions != 3 || sums.Answered != 3 || sums.Told != 3 || sums.Came != 2 || sums.SignedIn != 1 || sums.Opens != 4 || sums.Unknown != 1 || list[0].No != 2 {
			t.Errorf("figures = %+v", sums)
		}
		q, cards, err := v.Archive(ctx, "ming", q.ID, "")
		check(t, err)
		kept, total, err := n.app.Essences(n.org, nil).Cards(ctx, shelf.CardFilter{Group: n.group.Key})
		check(t, err)
		if cards != 2 || total != 2 || !strings.Contains(kept[0].Text+kept[1].Text, "问：怎么请假\n答：提前一天说") || kept[0].Author != 0 && kept[1].Author != 0 {
			t.Errorf("%d cards, %+v", cards, kept)
		}
		_, err = v.Answer(ctx, "anna", q.ID, 1, 0, "别的")
		codeIs(t, "changed once it is archived", err, community.CodeConflict)
		n.pass(2 * time.Hour)
		if code, _, body := n.goes(page + "/go"); code != http.StatusGone || !strings.Contains(body, "已经结束") {
			t.Errorf("afterwards: %d %s", code, excerpt(body))
		}
	})
}

// TestWeeklyLiveQAWhereNothingCanBeDone: the next one of a series is laid down once; what stands in the way of its reminders a person is told; they wait
// for a second person; called off, they are skipped, who signed up is told by a task with the words, and none comes in its place; an answer, too,
// becomes a task; and a group that was dissolved meanwhile is said.
func TestWeeklyLiveQAWhereNothingCanBeDone(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet","abilities":"message.send=human,member.list=native"}`)
		ctx, v, g := t.Context(), n.app.LiveQAs(n.org, nil), n.group.Key
		series := plan.DefaultLiveSeries()
		series.On, series.Slot = true, "nowhere"
		codeIs(t, "a slot that is not there", v.SetSeries(ctx, "ming", g, series, ""), community.CodeBadInput)
		series.Slot = "live"
		check(t, v.SetSeries(ctx, "ming", g, series, ""))
		check(t, n.app.RunLiveSeries(ctx))
		list, total, err := v.List(ctx, g, community.Page{})
		check(t, err)
		if total != 1 || list[0].Slot != "live" || list[0].Starts-n.app.Now() > 7*24*time.Hour.Milliseconds() {
			t.Fatalf("of the series: %+v", list)
		}
		q := list[0]
		await(t, func() bool { return len(n.todos("提醒排不进内容日历")) == 1 }) // the group has no goal yet
		_, err = v.New(ctx, "ming", plan.LiveQA{Group: g, LiveTerms: plan.DefaultLive(), Slot: "live"}, "")
		codeIs(t, "a second one in the slot", err, community.CodeConflict)
		_, err = v.New(ctx, "ming", plan.LiveQA{Group: g, LiveTerms: plan.DefaultLive(), Slot: "live", Starts: q.Starts + 3*3600_000}, "")
		codeIs(t, "at a time that the slot does not hold", err, community.CodeBadInput)
		_, err = n.app.Goals(n.org, nil).SetGoal(ctx, "test", g, readingGoal(t), "")
		check(t, err)
		want := len(q.Reminders(n.app.Now()))
		items, err := v.Lay(ctx, n.id("ming"), q.ID, "")
		check(t, err)
		again, err := v.Lay(ctx, n.id("ming"), q.ID, "")
		check(t, err)
		if len(items) != want || len(again) != 0 {
			t.Fatalf("laid %d and again %d, want %d and none", len(items), len(again), want)
		}
		last := items[len(items)-1]
		if last.State != plan.ItemAsked || last.Fixture != "live" || !strings.Contains(last.Text, "/live/"+q.Code+"/go") || last.At != "20:00" {
			t.Errorf("the one at the beginning: %+v", last)
		}
		_, err = n.app.Calendars(n.org, nil).ApproveItem(ctx, n.id("ming"), last.ID, last.Version, "")
		codeIs(t, "approved by who laid it", err, community.CodeForbidden)
		_, err = n.app.Calendars(n.org, nil).ApproveItem(ctx, n.id("ben"), last.ID, last.Version, "")
		check(t, err)

		link, err := v.Link(ctx, q.ID, n.member("阿青").Key)
		check(t, err)
		if code, body := n.posts(link, url.Values{"do": {"sign"}}); code != 200 || !strings.Contains(body, "你已报名") {
			t.Errorf("signs up: %d %s", code, excerpt(body))
		}
		_, err = v.Cancel(ctx, "ming", q.ID, "")
		codeIs(t, "called off without a reason", err, community.CodeBadInput)
		_, err = v.Cancel(ctx, "ming", q.ID, "讲师生病")
		check(t, err)
		await(t, func() bool { return len(n.todos("取消：讲师生病")) == 1 }) // a task for a person, with the words
		if i, err := n.app.Calendars(n.org, nil).Item(ctx, last.ID); err != nil || i.State != plan.ItemSkipped {
			t.Errorf("its reminder: %+v, %v", i.State, err)
		}
		if code, body := n.posts(link, url.Values{"do": {"ask"}, "text": {"还办吗"}}); code != http.StatusGone || !strings.Contains(body, "讲师生病") {
			t.Errorf("asked once it was called off: %d %s", code, excerpt(body))
		}
		check(t, n.app.RunLiveSeries(ctx))
		if _, total, err = v.List(ctx, g, community.Page{}); err != nil || total != 1 {
			t.Errorf("%d in all, %v: one came in the place of what was called off", total, err)
		}

		live := n.aLive()
		a, err := v.Add(ctx, "ming", live.ID, n.member("老周").Key, "怎么请假")
		check(t, err)
		b, err := v.Add(ctx, "ming", live.ID, 0, "能不能请一天假呢")
		check(t, err)
		_, err = v.Merge(ctx, "ming", live.ID, b.No, a.No)
		check(t, err)
		_, err = v.Merge(ctx, "ming", live.ID, a.No, b.No)
		codeIs(t, "merged into what is merged", err, community.CodeConflict)
		_, err = v.Reopen(ctx, "ming", live.ID, b.No)
		check(t, err)
		_, err = v.Pass(ctx, "ming", live.ID, b.No, "")
		codeIs(t, "left out without a reason", err, community.CodeBadInput)
		_, err = v.Pass(ctx, "ming", live.ID, b.No, "和第一个一样")
		check(t, err)
		_, err = v.Answer(ctx, "ming", live.ID, a.No, 0, "提前一天说")
		check(t, err)
		moved := live
		moved.Starts, moved.Ends = live.Starts+3600_000, live.Ends+3600_000
		if live, err = v.Edit(ctx, "ming", live.ID, 0, moved, ""); err != nil || live.Starts != moved.Starts {
			t.Fatalf("moved: %+v, %v", live, err)
		}
		before, err := v.Items(ctx, live.ID)
		check(t, err)
		if len(before) != 0 {
			t.Errorf("laid though nobody laid it: %+v", before)
		}
		_, err = v.Lay(ctx, n.id("ming"), live.ID, "")
		check(t, err)
		before, err = v.Items(ctx, live.ID)
		check(t, err)
		moved.Host = "陈老师"
		live, err = v.Edit(ctx, "ming", live.ID, 0, moved, "")
		check(t, err)
		after, err := v.Items(ctx, live.ID)
		check(t, err)
		old, err := n.app.Calendars(n.org, nil).Item(ctx, before[0].ID)
		check(t, err)
		if len(after) != 2 || old.State != plan.ItemSkipped || after[0].ID == before[0].ID || !strings.Contains(after[0].Text, "陈老师") || after[0].State != plan.ItemAsked {
			t.Errorf("laid anew: %+v; the old one is %s", after, old.State)
		}
		_, err = v.Edit(ctx, "anna", live.ID, live.Version-1, moved, "")
		codeIs(t, "changed over what another changed", err, community.CodeConflict)
		n.pass(49*time.Hour + time.Minute)
		_, back, err := v.Finish(ctx, "ming", live.ID, "")
		check(t, err)
		await(t, func() bool {
			return len(n.todos("转告 老周：\n【直播答疑】你问的“怎么请假”，答复：提前一天说")) == 1
		})
		if got := n.asked(live.ID)[a.No]; back != 1 || got.Back != plan.BackTask || got.Told == 0 {
			t.Errorf("%d went back: %+v", back, got)
		}

		cut := n.aLive() // we stop right after it was finished
		b, err = v.Add(ctx, "ming", cut.ID, n.member("老周").Key, "要交押金吗")
		check(t, err)
		_, err = v.Answer(ctx, "ming", cut.ID, b.No, 0, "不用交")
		check(t, err)
		n.pass(49 * time.Hour)
		await(t, func() bool {
			cut, _, _, err = v.ByID(ctx, cut.ID)
			check(t, err)
			return cut.State == plan.LiveOn
		})
		cut.State = plan.LiveAnswered
		check(t, n.app.Store().MoveLive(ctx, cut, community.Audit{Org: n.org, User: "ming", Verb: "liveqa.finish"}))
		await(t, func() bool {
			return n.asked(cut.ID)[b.No].Back == plan.BackTask && len(n.todos("答复：不用交")) == 1
		})

		closed := n.aLive()
		n.happens(community.GroupDissolved, "群主陈默", "dissolved", community.Body{})
		await(t, func() bool { return len(n.todos("所在的群已经解散")) == 1 })
		_, err = v.New(ctx, "ming", plan.LiveQA{Group: g, LiveTerms: plan.DefaultLive(), Starts: n.app.Now() + 3600_000}, "")
		codeIs(t, "in a group that was dissolved", err, community.CodeConflict)
		_, err = v.Cancel(ctx, "ming", closed.ID, "群没了")
		check(t, err)
	})
}
