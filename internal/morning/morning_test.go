package morning

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
)

const now = int64(1_767_225_600_000) // 2026-01-01 00:00 UTC

func TestTheSamePageHasOneKey(t *testing.T) {
	for _, pair := range [][2]string{
		{"https://www.news.example/a/?utm_source=rss&utm_medium=feed&id=7", "http://news.example/a?id=7#top"},
		{"https://NEWS.example:443/a?b=2&a=1", "https://news.example/a?a=1&b=2&spm=a2.b3"},
		{"https://mp.weixin.qq.com/s?__biz=M&mid=1&idx=1&sn=x&chksm=88&from=timeline", "https://mp.weixin.qq.com/s?__biz=M&mid=1&idx=1&sn=x"},
	} {
		if Key(pair[0]) != Key(pair[1]) {
			t.Errorf("%s: %s, %s: %s; want one", pair[0], Key(pair[0]), pair[1], Key(pair[1]))
		}
	}
	for _, pair := range [][2]string{
		{"https://news.example/a?id=7", "https://news.example/a?id=8"}, {"https://news.example/a?from=beijing", "https://news.example/a"},
		{"https://a.news.example/", "https://news.example/"}, {"https://news.example:8080/", "https://news.example/"}, {"https://news.example/A", "https://news.example/a"},
	} {
		if Key(pair[0]) == Key(pair[1]) {
			t.Errorf("%s and %s have one key", pair[0], pair[1])
		}
	}
}

func entry(from, title, link string, ago time.Duration) Entry {
	return Entry{From: from, ID: link, Title: title, Link: link, At: now - ago.Milliseconds(), Seen: now}
}

func titles(list []Piece, picked bool) []string {
	var out []string
	for _, p := range list {
		if p.Picked || !picked {
			out = append(out, p.Title)
		}
	}
	return out
}

func TestWhatSaysTheSameIsOfferedOnce(t *testing.T) {
	list := Gather(Gathering{Now: now, Entries: []Entry{
		entry("甲", "西湖龙井今年提前十天开采，首批茶农已经上山", "https://a.example/1?utm_source=rss", time.Hour),
		entry("乙", "西湖龙井今年提前十天开采 首批茶农已上山", "https://b.example/9", 2*time.Hour),
		entry("丙", "另一个标题", "https://www.a.example/1", 3*time.Hour),
		entry("甲", "每日茶价 12月30日", "https://a.example/p30", 20*time.Hour),
		entry("甲", "每日茶价 12月31日", "https://a.example/p31", 4*time.Hour),
		entry("甲", "讲过的：普洱的仓储与年份", "https://a.example/told", 5*time.Hour),
		entry("甲", "三天前的", "https://a.example/old", 72*time.Hour),
	}, Told: []Piece{{Kind: News, Title: "讲过的，普洱的仓储与年份！", Link: "https://z.example/1"}}})
	got := titles(list, false)
	if want := []string{"西湖龙井今年提前十天开采，首批茶农已经上山", "每日茶价 12月31日", "每日茶价 12月30日"}; !slices.Equal(got, want) {
		t.Fatalf("offered %q, want %q", got, want)
	}
	if !slices.Equal(list[0].Same, []string{"乙", "丙"}) {
		t.Errorf("the same is said by %v", list[0].Same)
	}
}

func TestFutureAndMissingDatesCountFromWhenTheyWereSeen(t *testing.T) {
	future := entry("甲", "明年的消息", "https://a.example/f", -400*24*time.Hour)
	undated := Entry{From: "甲", ID: "u", Title: "没写日期", Link: "https://a.example/u", Seen: now, Place: 1}
	stale := Entry{From: "甲", ID: "s", Title: "早就看到的", Link: "https://a.example/s", Seen: now - 3*day, At: now + day}
	if future.When() != now || undated.When() != now {
		t.Errorf("when = %d, %d, want %d", future.When(), undated.When(), now)
	}
	if got := titles(Gather(Gathering{Now: now, Entries: []Entry{stale, undated, future}}), false); !slices.Equal(got, []string{"明年的消息", "没写日期"}) {
		t.Errorf("offered %q", got)
	}
}

func TestAFewArePickedAndNotAllOfOneSource(t *testing.T) {
	var g Gathering
	g.Now = now
	subjects := []string{"春茶", "水质", "紫砂", "茶艺", "古树", "白茶", "黑茶", "花茶"}
	for i, s := range subjects {
		g.Entries = append(g.Entries, entry("大源", s+"的一条新闻", fmt.Sprint("https://big.example/", i), time.Duration(i)*time.Minute))
	}
	g.Entries = append(g.Entries, entry("小源", "小源的独家", "https://small.example/1", 10*time.Hour), entry("小二", "春茶的一条新闻", "https://small.example/2", 11*time.Hour))
	for n := range int64(5) {
		g.Talk = append(g.Talk, Piece{Kind: Question, Number: 100 + n}, Piece{Kind: Answer, Number: 200 + n, Answer: 300 + n}, Piece{Kind: Topic, Title: "话题", Number: 400 + n})
	}
	g.Told = []Piece{{Kind: Question, Number: 100}}
	list := Gather(g)
	count := map[string]int{}
	for _, p := range list {
		if p.Picked {
			count[p.Kind+p.From]++
		}
		if p.Kind == Question && p.Number == 100 {
			t.Error("a question that was told yesterday is offered again")
		}
	}
	if count["news大源"] != pickSource || count["news小源"] != 1 || count[Question] != 2 || count[Answer] != 2 || count[Topic] != 1 {
		t.Errorf("picked %v", count)
	}
	if list[0].Title != "春茶的一条新闻" || !list[0].Picked {
		t.Errorf("what two sources say = %+v", list[0])
	}
	r := Report{Pieces: list}
	if err := r.Pick([]int{len(list) - 1, 0}); err != nil {
		t.Fatal(err)
	}
	if got := r.Picked(); len(got) != 2 || got[0].Kind != News || got[1].Kind != Question {
		t.Errorf("picked = %+v, want news before questions", got)
	}
	for _, bad := range [][]int{{-1}, {len(list)}} {
		if err := r.Pick(bad); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("picking %v = %v", bad, err)
		}
	}
	if err := r.Pick(make([]int, MostPicked+1)); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("picking many = %v", err)
	}
}

func TestSourcesThatFailAreLeftInPeace(t *testing.T) {
	s := Source{URL: "https://a.example/feed", Every: 60}
	s = s.Read(now, community.CodeUnreachable)
	if s.Next != now+60*minute || s.Failed != 1 || s.Error != "unreachable" || s.Fetched != 0 {
		t.Errorf("after one failure: %+v", s)
	}
	for range 5 {
		s = s.Read(now, community.CodeUnreachable)
	}
	if s.Next != now+8*hour {
		t.Errorf("after six: next in %d min, want 480", (s.Next-now)/minute)
	}
	for range 100 {
		s = s.Read(now, community.CodeUnreachable)
	}
	if s.Next != now+day {
		t.Errorf("after a hundred: next in %d min, want a day", (s.Next-now)/minute)
	}
	if s = s.Read(now, community.CodeNone); s.Failed != 0 || s.Error != "" || s.Next != now+60*minute || s.Fetched != now {
		t.Errorf("after a good one: %+v", s)
	}
	if s = s.Read(now, community.CodeForbidden); s.Next != now+day {
		t.Errorf("refused: next in %d min, want a day", (s.Next-now)/minute)
	}
	for _, bad := range []Source{{URL: "ftp://a.example/", Every: 60}, {URL: "https://u:p@a.example/", Every: 60}, {URL: "a.example", Every: 60}, {URL: "https://a.example/", Every: 1}, {URL: "https://a.example/", Every: 60, Name: strings.Repeat("长", MaxName+1)}} {
		if err := bad.Check(); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestShortAddressesReplaceTheirOwnOnly(t *testing.T) {
	pieces := []Piece{{Link: "https://a.example/", Slug: "s1"}, {Link: "https://a.example/x", Slug: "s2"}, {Link: "https://a.example/none"}}
	got := Shortened("一 https://a.example/\n二（https://a.example/x）三 https://a.example/xy 四 https://a.example/x. 五 https://a.example/none", "https://me.example", pieces)
	want := "一 https://me.example/l/s1\n二（https://me.example/l/s2）三 https://a.example/xy 四 https://me.example/l/s2. 五 https://a.example/none"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestReportsAreDraftedInTheMorning(t *testing.T) {
	at := func(clock string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", "2026-01-05 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	w := Watch{On: true, Hour: 6, At: "08:30"}
	for clock, want := range map[string]bool{"05:59": false, "06:00": true, "08:29": true, "08:30": false, "12:00": false} {
		if w.Due(at(clock)) != want {
			t.Errorf("due at %s = %v", clock, !want)
		}
	}
	if For(at("08:59")) != "2026-01-05" || For(at("09:00")) != "2026-01-06" {
		t.Errorf("for %s, %s", For(at("08:59")), For(at("09:00")))
	}
	for _, bad := range []string{"07:59", "09:01", "8:30", "", "08:60", "morning"} {
		if err := CheckTime(bad); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("at %q: %v", bad, err)
		}
	}
	if err := (Watch{Hour: 9, At: "08:00"}).Check(); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("drafted at 9: %v", err)
	}
}

func TestRepliesAreCounted(t *testing.T) {
	got := Count("m1", []Said{{1, "m1"}, {1, ""}, {2, "m0"}, {3, "m1"}})
	if want := (Outcome{Replies: 2, Said: 4, People: 3}); got != want {
		t.Errorf("outcome = %+v, want %+v", got, want)
	}
	if got := Count("", []Said{{1, ""}}); got.Replies != 0 {
		t.Errorf("without the platform's word: %+v", got)
	}
}
