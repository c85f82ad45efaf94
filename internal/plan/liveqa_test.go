package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
)

const minute = int64(60_000)

// aLive is a live Q&A that begins at 100 h and takes questions from 28 h on.
func aLive() LiveQA {
	h := 60 * minute
	return LiveQA{LiveTerms: DefaultLive(), State: LivePlanned, Opens: 28 * h, Starts: 100 * h, Ends: 101 * h}
}

func codedAs(t *testing.T, what string, err error, want community.Code) {
	t.Helper()
	if got := community.CodeOf(err); got != want {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// TestLiveComesToItsStatesByTimeAndPeople: time alone brings it to its beginning, people finish and archive it, and the gate opens a quarter of an
// hour before the beginning and closes two hours after the end.
func TestLiveComesToItsStatesByTimeAndPeople(t *testing.T) {
	q, h := aLive(), 60*minute
	q.Address = "https://live.example/1"
	for _, c := range []struct {
		at    int64
		shown LiveState
		takes bool
		gate  LiveGate
	}{
		{27 * h, LivePlanned, false, GateEarly}, {28 * h, LiveCollecting, true, GateEarly}, {100*h - 15*minute - 1, LiveCollecting, true, GateEarly}, {100*h - 15*minute, LiveCollecting, true, GateOpen}, {100 * h, LiveOn, true, GateOpen},
		{101*h - 1, LiveOn, true, GateOpen}, {101 * h, LiveOver, false, GateOpen}, {103 * h, LiveOver, false, GateOpen}, {103*h + 1, LiveOver, false, GateOver},
	} {
		if got := q.Shown(c.at); got != c.shown || q.Takes(c.at) != c.takes || q.Gate(c.at) != c.gate {
			t.Errorf("at %d: %s, takes %v, gate %s, want %s, %v, %s", c.at/h, got, q.Takes(c.at), q.Gate(c.at), c.shown, c.takes, c.gate)
		}
	}
	_, err := q.Finish(99 * h)
	codedAs(t, "finished before it begins", err, community.CodeConflict)
	_, err = q.Archive()
	codedAs(t, "archived before it is finished", err, community.CodeConflict)
	codedAs(t, "changed once it began", q.MayEdit(100*h), community.CodeConflict)
	done, err := q.Finish(100*h + 1)
	codedAs(t, "finished", err, "")
	_, err = done.Finish(102 * h)
	codedAs(t, "finished twice", err, community.CodeConflict)
	_, err = done.Cancel("不办了")
	codedAs(t, "called off once finished", err, community.CodeConflict)
	kept, err := done.Archive()
	if err != nil || kept.Shown(200*h) != LiveArchived || kept.MayNote("x") == nil {
		t.Errorf("archived: %+v, %v", kept.State, err)
	}
	_, err = q.Cancel("  ")
	codedAs(t, "called off without a reason", err, community.CodeBadInput)
	off, err := q.Cancel("讲师生病")
	if err != nil || off.Gate(100*h) != GateCalled || off.Takes(100*h) || off.Nudge(102*h) != "" {
		t.Errorf("called off: %+v, %v", off, err)
	}
	q.Address = ""
	if q.Gate(100*h) != GateNoWay || q.Nudge(99*h) != NudgeAddress || q.Nudge(98*h) != "" || q.Nudge(101*h) != NudgeOver {
		t.Errorf("without an address: %s, %q", q.Gate(100*h), q.Nudge(99*h))
	}
}

// TestLiveTermsAreChecked: nothing but an address of the web, nothing in the past, no times that cannot be.
func TestLiveTermsAreChecked(t *testing.T) {
	h := 60 * minute
	for field, change := range map[string]func(*LiveQA){
		"title": func(q *LiveQA) { q.Title = " " }, "word": func(q *LiveQA) { q.Word = "提 问" }, "remind": func(q *LiveQA) { q.Remind = []int{60, 60} }, "lang": func(q *LiveQA) { q.Lang = "fr" }, "host": func(q *LiveQA) { q.Host = strings.Repeat("长", 41) },
		"starts": func(q *LiveQA) { q.Starts = 10 * h }, "ends": func(q *LiveQA) { q.Ends = q.Starts }, "opens": func(q *LiveQA) { q.Opens = q.Starts + 1 },
	} {
		q := aLive()
		change(&q)
		err := q.Check(20 * h)
		if codedAs(t, field, err, community.CodeBadInput); err != nil && !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, bad := range []string{"javascript:alert(1)", "ftp://x.example", "//x.example", "https://", "https://user@x.example/", "http://x y", "https://x.example/\u0007", "data:text/html,x", "HTTPS//x", "https:///path", strings.Repeat("x", 10)} {
		q := aLive()
		q.Address = bad
		codedAs(t, bad, q.Check(20*h), community.CodeBadInput)
	}
	q := aLive()
	q.Address = "https://meeting.tencent.com/dm/abc?x=1"
	codedAs(t, "as it should be", q.Check(20*h), "")
	for _, c := range []struct{ in, out string }{{" 小 林\n", "小 林"}, {"\u202e@evil\u200b", "evil"}, {"", ""}, {strings.Repeat("长", 21), ""}, {"\x00", ""}} {
		if got, err := LiveName(c.in); got != c.out && err == nil || (err != nil) != (c.out == "") {
			t.Errorf("name %q = %q, %v", c.in, got, err)
		}
	}
}

// TestLiveSeriesTakesTheNextTimeOfItsSlot: Wednesday 20:00 of the group's zone, today's only while it is to come.
func TestLiveSeriesTakesTheNextTimeOfItsSlot(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	f, _ := FixtureNamed(DefaultFixtures(), DefaultLiveSeries().Slot)
	for now, want := range map[string]string{"2026-11-29 10:00": "2026-12-02 20:00", "2026-12-02 19:59": "2026-12-02 20:00", "2026-12-02 20:00": "2026-12-09 20:00"} {
		at, err := time.ParseInLocation("2006-01-02 15:04", now, zone)
		if err != nil {
			t.Fatal(err)
		}
		q, comes := DefaultLiveSeries().Coming(f, 1, zone, at.UnixMilli())
		if got := time.UnixMilli(q.Starts).In(zone).Format("2006-01-02 15:04"); !comes || got != want || q.Date != want[:10] || q.Ends-q.Starts != 60*minute || q.Starts-q.Opens != 3*dayMS || q.Check(at.UnixMilli()) != nil {
			t.Errorf("after %s: %s (%v) %+v, want %s", now, got, comes, q, want)
		}
	}
	f.Groups = []community.GroupKey{2}
	if _, comes := DefaultLiveSeries().Coming(f, 1, zone, 0); comes {
		t.Error("it comes in a group that the slot leaves out")
	}
	q := aLive()
	q.Remind = []int{0, 24 * 60, 60}
	if got := q.Reminders(q.Starts - 30*60*minute + 1); fmt.Sprint(got) != fmt.Sprint([]LiveReminder{{1440, q.Starts - dayMS}, {60, q.Starts - 60*minute}, {0, q.Starts}}) {
		t.Errorf("reminders = %v", got)
	}
	if got := q.Reminders(q.Starts - 60*minute); len(got) != 1 || got[0].Minutes != 0 {
		t.Errorf("reminders an hour before = %v", got)
	}
}

// TestWhoMayAskHowOften: one a minute, three open, the same never twice by one person, and by another it is one question with two who ask.
func TestWhoMayAskHowOften(t *testing.T) {
	q := aLive()
	now := q.Opens + 10*minute
	var list []LiveQuestion
	take := func(who int64, text string, at int64) (LiveQuestion, error) {
		a, err := q.Ask(list, LiveQuestion{Who: who, Text: text}, at)
		if err == nil {
			list = append(list, a)
		}
		return a, err
	}
	_, err := take(1, "怎么报名？", q.Opens-1)
	codedAs(t, "before questions are taken", err, community.CodeConflict)
	_, err = take(1, "怎么报名？", q.Ends)
	codedAs(t, "after the end", err, community.CodeLate)
	for text, want := range map[string]community.Code{"": community.CodeBadInput, " ？！ ": community.CodeBadInput, "\xff": community.CodeBadInput, "a\x00b": community.CodeBadInput, strings.Repeat("长", 301): community.CodeTooLarge} {
		_, err := take(1, text, now)
		codedAs(t, fmt.Sprintf("%.10q", text), err, want)
	}
	a, err := take(1, " 怎么报名？ ", now)
	if err != nil || a.No != 1 || a.Text != "怎么报名？" || a.State != AskOpen {
		t.Fatalf("first = %+v, %v", a, err)
	}
	_, err = take(1, "多少钱一个月", now+59_999)
	codedAs(t, "within a minute", err, community.CodeLimited)
	_, err = take(1, "怎么报名", now+2*minute)
	codedAs(t, "the same again", err, community.CodeConflict)
	b, err := take(2, "怎么，报名!!", now)
	if err != nil || b.State != AskMerged || b.Into != 1 || b.No != 2 {
		t.Errorf("the same of another = %+v, %v", b, err)
	}
	_, err = take(2, "怎么报名", now+2*minute)
	codedAs(t, "the same again of another", err, community.CodeConflict)
	_, err = take(1, "多少钱一个月", now+2*minute)
	codedAs(t, "a second", err, "")
	_, err = take(1, "在哪里集合", now+4*minute)
	codedAs(t, "a third", err, "")
	_, err = take(1, "要带什么东西", now+6*minute)
	codedAs(t, "a fourth that is open", err, community.CodeRefused)
	list[0], err = list[0].Answered("ming", "点链接", now)
	codedAs(t, "answered", err, "")
	_, err = take(1, "要带什么东西", now+6*minute)
	codedAs(t, "a fourth after one was answered", err, "")
	c, err := take(0, "怎么报名", now)
	if err != nil || c.State != AskMerged {
		t.Errorf("of nobody who is known = %+v, %v", c, err)
	}
	_, err = take(0, "停车方便吗", now)
	codedAs(t, "another of nobody, at once", err, "")
}

// TestRankLive: votes of members first, then of guests, then the older; who asked the same counts, nobody twice, nobody for their own.
func TestRankLive(t *testing.T) {
	list := []LiveQuestion{{No: 1, Who: 1, State: AskOpen}, {No: 2, Who: 2, State: AskOpen}, {No: 3, Who: 3, State: AskOpen}, {No: 4, Who: 4, State: AskMerged, Into: 3}, {No: 5, Who: 5, State: AskPassed}, {No: 6, Who: 6, State: AskAnswered}}
	votes := []LiveVote{{1, 1}, {1, 0}, {2, -1}, {2, -2}, {3, 5}, {4, 5}, {4, 3}, {6, 7}, {6, 8}, {6, 9}, {9, 9}}
	var got []string
	for _, a := range RankLive(list, votes) {
		got = append(got, fmt.Sprintf("%d:%d+%d", a.No, a.Votes, a.Guests))
	}
	if want := "6:3+0 3:2+0 2:0+2 1:0+0 4:0+0 5:0+0"; strings.Join(got, " ") != want {
		t.Errorf("order = %s, want %s", strings.Join(got, " "), want)
	}
	if list[0].No != 1 || list[5].Votes != 0 {
		t.Error("what was handed in was changed")
	}
}

// TestWhatIsMergedFollows: into what its own was merged, and to the oldest that is left when that is taken back, with its votes.
func TestWhatIsMergedFollows(t *testing.T) {
	list := []LiveQuestion{{No: 1, Who: 1, State: AskOpen, Text: "一"}, {No: 2, Who: 2, State: AskMerged, Into: 1}, {No: 3, Who: 3, State: AskMerged, Into: 1}, {No: 4, Who: 4, State: AskOpen}}
	merged, err := list[0].Merged(list[3])
	codedAs(t, "merged", err, "")
	for _, a := range Inherit(list, merged) {
		if a.State != AskMerged || a.Into != 4 {
			t.Errorf("after the merge: %+v", a)
		}
	}
	gone, err := list[0].Withdrawn()
	codedAs(t, "taken back", err, "")
	after := Inherit(list, gone)
	if len(after) != 3 || after[0].Text != "" || after[0].Into != 2 || after[1].No != 2 || after[1].State != AskOpen || after[2].Into != 2 || after[2].State != AskMerged {
		t.Errorf("after it was taken back: %+v", after)
	}
	now := append(after, list[3])
	if got := RankLive(now, []LiveVote{{1, 4}}); got[0].No != 2 || got[0].Votes != 2 {
		t.Errorf("the votes did not follow: %+v", got)
	}
	_, err = list[0].Merged(list[0])
	codedAs(t, "into itself", err, community.CodeBadInput)
	_, err = list[1].Merged(list[3])
	codedAs(t, "what is merged already", err, community.CodeConflict)
	_, err = list[3].Merged(list[1])
	codedAs(t, "into what is merged", err, community.CodeConflict)
	back, err := list[1].Reopened()
	if err != nil || back.State != AskOpen || back.Into != 0 {
		t.Errorf("reopened: %+v, %v", back, err)
	}
	_, err = list[0].Reopened()
	codedAs(t, "reopened what is open", err, community.CodeConflict)
	pass, err := list[0].Passed("ming", "和主题无关", 7)
	if err != nil || pass.State != AskPassed || pass.Stands() {
		t.Errorf("passed: %+v, %v", pass, err)
	}
}

// TestAnswersGoBackOnce: to who asked and to who asked the same, by the best way there is, and to nobody twice.
func TestAnswersGoBackOnce(t *testing.T) {
	list := []LiveQuestion{{No: 1, Who: 1, State: AskAnswered, Answer: "点链接", Told: 5, Back: BackPrivate}, {No: 2, Who: 2, State: AskMerged, Into: 1}, {No: 3, Who: -1, State: AskAnswered, Answer: "三十"}, {No: 4, Who: 4, State: AskOpen}, {No: 5, Who: 5, State: AskMerged, Into: 4}}
	got := Backs(list)
	if len(got) != 2 || got[0].To.No != 2 || got[0].Answered.Answer != "点链接" || got[1].To.No != 3 {
		t.Errorf("answers to go back: %+v", got)
	}
	_, err := list[0].Answered("anna", "别的", 9)
	codedAs(t, "changed once it went back", err, community.CodeConflict)
	_, err = list[3].Answered("anna", " ", 9)
	codedAs(t, "no words", err, community.CodeBadInput)
	for _, c := range []struct {
		a              LiveQuestion
		private, group bool
		want           string
	}{{LiveQuestion{Who: 1}, true, true, BackPrivate}, {LiveQuestion{Who: 1}, false, true, BackGroup}, {LiveQuestion{Who: 1, Anonymous: true}, false, true, BackTask}, {LiveQuestion{Who: 1}, false, false, BackTask}, {LiveQuestion{Who: -3}, true, true, BackPage}, {LiveQuestion{}, true, true, BackPage}} {
		if got := c.a.WayBack(c.private, c.group); got != c.want {
			t.Errorf("%+v with %v, %v goes by %s, want %s", c.a, c.private, c.group, got, c.want)
		}
	}
}

// TestLiveIn: the word, then a blank or a sign, then the question.
func TestLiveIn(t *testing.T) {
	for in, want := range map[string]string{"提问 怎么报名？": "怎么报名？", "提问：怎么报名": "怎么报名", " 提问\n怎么报名": "怎么报名", "提问": "", "提问 ": "", "提问环节几点开始": "", "我想提问 怎么": "", "提问，，": "", "": ""} {
		got, ok := LiveIn("提问", in)
		if got != want && ok || ok != (want != "") {
			t.Errorf("%q = %q, %v, want %q", in, got, ok, want)
		}
	}
	if got, ok := LiveIn("ask", "ASK what now"); !ok || got != "what now" {
		t.Errorf("in capitals: %q, %v", got, ok)
	}
}

// TestSumLive: no share below five, people we do not know in no figure of people, and who came without having signed up in no share.
func TestSumLive(t *testing.T) {
	people := []LivePerson{{Who: 0, Opens: 7}, {Who: 1, Signed: 1, Opens: 2}, {Who: 2, Signed: 1}, {Who: 3, Opens: 1}, {Who: -1, Signed: 1, Opens: 1}, {Who: 4, Signed: 1}}
	list := []LiveQuestion{{No: 1, Who: 1, State: AskAnswered, Told: 3, Back: BackPrivate}, {No: 2, Who: 2, State: AskMerged, Into: 1, Told: 3, Back: BackTask}, {No: 3, Who: 1, State: AskOpen}, {No: 4, Who: 5, State: AskPassed}, {No: 5, Who: 6, State: AskWithdrawn}, {No: 6, State: AskOpen}}
	s := SumLive(list, people)
	if want := "{4 3 4 2 2 map[private:1 task:1] 3 2 11 7}"; fmt.Sprint(s) != want {
		t.Errorf("sums = %v, want %s", s, want)
	}
	if _, ok := s.Share(); ok {
		t.Error("a share of four")
	}
	s = SumLive(nil, append(people, LivePerson{Who: 9, Signed: 1}))
	if share, ok := s.Share(); !ok || share != .4 {
		t.Errorf("share = %v, %v", share, ok)
	}
}
