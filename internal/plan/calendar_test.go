package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qunluo/internal/community"
)

func TestWilsonIsThatOfTheBook(t *testing.T) {
	if low, high := Wilson(7, 10); math.Abs(low-.397) > .0005 || math.Abs(high-.892) > .0005 {
		t.Errorf("7 of 10: %.3f to %.3f, want .397 to .892", low, high)
	}
}

// TestUnevenIsTheExactTest compares with every sequence of n posts, drawn one by one.
func TestUnevenIsTheExactTest(t *testing.T) {
	shares := targets()
	for n := 1; n <= 8; n++ {
		chance := map[[3]int]float64{}
		for seq := range int(math.Pow(3, float64(n))) {
			p, counts := 1.0, [3]int{}
			for rest := seq; sum(counts) < n; rest /= 3 {
				p *= shares[rest%3]
				counts[rest%3]++
			}
			chance[counts] += p
		}
		for counts, seen := range chance {
			want := 0.0
			for _, other := range chance {
				if other <= seen*(1+1e-9) {
					want += other
				}
			}
			if got, exact := uneven(counts, shares); !exact || math.Abs(got-want) > 1e-9 {
				t.Errorf("%v: p = %g, want %g", counts, got, want)
			}
		}
	}
	if p, exact := uneven([3]int{700, 200, 100}, shares); exact || p != 1 {
		t.Errorf("1000 posts as they should be: p = %g, exact %v", p, exact)
	}
}

func sum(c [3]int) int { return c[0] + c[1] + c[2] }

// mixed makes posts of classes, an hour apart, the last at end.
func mixed(end int64, useful, interactive, promo int) []Weighed {
	var out []Weighed
	n := useful + interactive + promo
	for i := range n {
		c := Useful
		if i >= useful {
			c = Interactive
		}
		if i >= useful+interactive {
			c = Promotion
		}
		out = append(out, Weighed{Class: c, At: end - int64(n-1-i)*3600*1000, Reach: 10, Minutes: 10})
	}
	return out
}

func TestMixCountsTheDaysThatEnd(t *testing.T) {
	now := in(t, "UTC", "2026-11-29 10:00")
	list := append(mixed(now, 7, 2, 1), Weighed{Class: Promotion, At: now - mixSpan}, Weighed{Class: Promotion, At: now + 1}, Weighed{At: now})
	m := MixOf(list, now)
	if m.N != 10 || m.Posts != [3]int{7, 2, 1} || m.Unclassed != 1 || !m.Few || m.P < 0.99 {
		t.Errorf("mix = %+v, want 7, 2, 1 of 10, one without a class, too few", m)
	}
	if m.ShareOf(Promotion) != .1 || m.ShareIn(Useful) != .7 {
		t.Errorf("by reach %v, by minutes %v", m.ShareOf(Promotion), m.ShareIn(Useful))
	}
}

func TestWhatIsBeyondSaysTheNumber(t *testing.T) {
	utc := time.UTC
	now := in(t, "UTC", "2026-11-29 12:00")
	l := DefaultLimits()
	for name, tc := range map[string]struct {
		before []Weighed
		w      Weighed
		codes  string
	}{
		"first promotion":         {nil, Weighed{Class: Promotion, At: now}, ""},
		"second of few":           {[]Weighed{{Class: Promotion, At: now - dayMS}, {Class: Useful, At: now - 3600_000}}, Weighed{Class: Promotion, At: now}, "promo_posts"},
		"a tenth of twenty":       {mixed(now-3600_000, 14, 4, 1), Weighed{Class: Promotion, At: now, Minutes: 5}, ""},
		"more than a tenth":       {mixed(now-3600_000, 14, 4, 2), Weighed{Class: Promotion, At: now, Minutes: 10}, "promo_posts promo_minutes promo_row"},
		"minutes alone":           {mixed(now-3600_000, 16, 4, 1), Weighed{Class: Promotion, At: now, Minutes: 60}, "promo_minutes"},
		"in the night":            {nil, Weighed{Class: Promotion, At: in(t, "UTC", "2026-11-29 23:00")}, "promo_quiet"},
		"interaction over all":    {mixed(now-3600_000, 10, 14, 1), Weighed{Class: Interactive, At: now}, "mix"},
		"useful where it lacks":   {mixed(now-3600_000, 10, 14, 1), Weighed{Class: Useful, At: now}, ""},
		"what is later counts no": {[]Weighed{{Class: Promotion, At: now + 1}}, Weighed{Class: Promotion, At: now}, ""},
	} {
		var codes []string
		for _, b := range Against(l, utc, tc.before, tc.w) {
			codes = append(codes, b.Code)
		}
		if got := strings.Join(codes, " "); got != tc.codes {
			t.Errorf("%s: %q, want %q", name, got, tc.codes)
		}
	}
	b := Against(l, utc, mixed(now-3600_000, 14, 4, 2), Weighed{Class: Promotion, At: now})[0]
	if b.Have != 3 || b.Of != 21 || math.Abs(b.Share-3.0/21) > 1e-9 || b.Target != .1 {
		t.Errorf("the number = %+v, want 3 of 21", b)
	}
}

func TestDefaultFixturesAreSound(t *testing.T) {
	if err := CheckFixtures(DefaultFixtures()); err != nil {
		t.Fatal(err)
	}
	live, _ := FixtureNamed(DefaultFixtures(), "live")
	if !live.On("2026-12-02", 0) || live.On("2026-12-03", 0) { // a Wednesday
		t.Error("the live Q&A is on Wednesdays")
	}
	for name, bad := range map[string]Fixture{
		"night": {ID: "x", Name: "夜", Every: Daily, From: "23:00", To: "01:00", Format: "other"},
		"day":   {ID: "x", Name: "月", Every: EachMonth, Day: 31, From: "08:00", To: "09:00", Format: "other"},
		"id":    {ID: "X y", Name: "名", Every: Daily, From: "08:00", To: "09:00", Format: "other"},
	} {
		if err := CheckFixtures([]Fixture{bad}); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%s: %v, want bad input", name, err)
		}
	}
	if err := CheckFixtures(append(DefaultFixtures(), DefaultFixtures()[0])); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("twice: %v", err)
	}
}

func TestMomentsFollowTheZone(t *testing.T) {
	for _, tc := range []struct{ zone, date, at, want string }{
		{"Asia/Shanghai", "2026-11-30", "08:00", "2026-11-30 08:00"},
		{"America/New_York", "2026-11-01", "01:30", "2026-11-01 01:30"}, // shown twice
	} {
		got, err := Moment(tc.date, tc.at, zoneOf(t, tc.zone))
		if err != nil || got != in(t, tc.zone, tc.want) {
			t.Errorf("%+v: %d, %v", tc, got, err)
		}
	}
	gap, err := Moment("2026-03-08", "02:30", zoneOf(t, "America/New_York")) // left out
	if here := time.UnixMilli(gap).In(zoneOf(t, "America/New_York")).Format("01-02 15"); err != nil || here != "03-08 01" && here != "03-08 03" {
		t.Errorf("in the gap: %s, %v; want an hour beside it on the same day", here, err)
	}
	if _, err := Moment("2026-02-30", "08:00", time.UTC); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("30 February: %v", err)
	}
}

// TestFillKeepsMixRhythmAndFatigue draws what a group had and looks at every proposal.
func TestFillKeepsMixRhythmAndFatigue(t *testing.T) {
	zones := []*time.Location{zoneOf(t, "Asia/Shanghai"), zoneOf(t, "America/New_York"), zoneOf(t, "Australia/Lord_Howe")}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		first := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		days := rapid.IntRange(1, 14).Draw(t, "days")
		now, _ := Moment(first.Format(time.DateOnly), "00:00", zone)
		l := DefaultLimits()
		l.PerDay, l.PerWeek, l.PerMember = rapid.IntRange(0, 4).Draw(t, "per day"), rapid.IntRange(0, 14).Draw(t, "per week"), rapid.IntRange(0, 9).Draw(t, "per member")
		var had []Weighed
		for at := now; rapid.IntRange(0, 5).Draw(t, "more") > 0 && len(had) < 40; {
			at -= int64(rapid.IntRange(1, 30).Draw(t, "hours")) * 3600 * 1000
			had = append(had, Weighed{Class: rapid.SampledFrom([]Class{Useful, Interactive, Promotion, ""}).Draw(t, "class"), At: at, Minutes: 10})
		}
		f := Filling{From: first.Format(time.DateOnly), To: first.AddDate(0, 0, days-1).Format(time.DateOnly), Group: 1, Zone: zone, Now: now, Limits: l, Fixtures: DefaultFixtures(), Posts: had, Serves: ServesGoal,
			Taken: []string{"morning@" + first.Format(time.DateOnly)}, Ideas: []Idea{{ID: community.ID{1}, Title: "题", Text: "怎么选书？", Class: Useful, Format: "article"}}}
		p, err := Fill(f)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Fill(f)
		if fmt.Sprint(p) != fmt.Sprint(again) {
			t.Fatalf("asked twice: %v and %v", p, again)
		}
		all := slices.Clone(had)
		held, topics := map[string]bool{f.Taken[0]: true}, 0
		slices.SortStableFunc(p.Items, func(a, b Content) int { return int(max(-1, min(1, a.Due(zone)-b.Due(zone)))) })
		for _, c := range p.Items {
			if err := c.Check(); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			due, slot := c.Due(zone), Fixture{}
			slot, _ = FixtureNamed(f.Fixtures, c.Fixture)
			if held[c.Held()] || !slot.On(c.Date, 1) || !slot.Holds(c.At) || due <= now || l.Quiet(due, zone) {
				t.Fatalf("%+v stands twice, outside its slot, in the past or in the night", c)
			}
			if c.Topic != (community.ID{}) {
				topics++
			}
			w := Weighed{Class: c.Class, At: due, Minutes: c.Minutes}
			if beyond := Against(l, zone, all, w); c.Class == Promotion && len(beyond) > 0 {
				t.Fatalf("%+v is beyond: %+v", c, beyond)
			}
			held[c.Held()], all = true, append(all, w)
		}
		if topics > 1 {
			t.Fatalf("the topic stands in %d items", topics)
		}
		for _, cap := range []struct {
			most   int
			window int64
		}{{l.PerDay, dayMS}, {l.PerWeek, weekMS}, {l.PerMember, weekMS}} {
			for _, c := range p.Items {
				n := 0
				for _, w := range all {
					if due := c.Due(zone); w.At <= due && w.At > due-cap.window {
						n++
					}
				}
				if cap.most > 0 && n > cap.most {
					t.Fatalf("%+v: %d posts in a window that allows %d", c, n, cap.most)
				}
			}
		}
		if len(p.Items)+len(p.Left) == 0 {
			t.Fatal("neither items nor reasons")
		}
	})
}

func TestFourFilledWeeksAreSevenTwoOne(t *testing.T) {
	zone := zoneOf(t, "Asia/Shanghai")
	l := DefaultLimits()
	l.PerWeek, l.PerMember = 14, 14
	var posts []Weighed
	p, err := Fill(Filling{From: "2026-11-30", To: "2026-12-27", Group: 1, Zone: zone, Now: in(t, "Asia/Shanghai", "2026-11-29 12:00"), Limits: l, Fixtures: DefaultFixtures(), Serves: ServesGoal})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Items {
		posts = append(posts, Weighed{Class: c.Class, At: c.Due(zone), Minutes: c.Minutes})
	}
	m := MixOf(posts, in(t, "Asia/Shanghai", "2026-12-27 22:00"))
	if m.Few || m.P < .5 || m.Posts[2] == 0 || m.Posts[2] > m.N/10 {
		t.Errorf("mix = %+v", m)
	}
}

func TestOnlyASecondPersonApproves(t *testing.T) {
	now := in(t, "UTC", "2026-11-29 12:00")
	item := Item{State: ItemAsked, Version: 3, Asker: "lin", Places: []Place{{Due: now + 1}}}
	for name, tc := range map[string]struct {
		user     string
		version  int
		others   int
		override string
		want     community.Code
	}{
		"another":              {"wu", 3, 1, "", community.CodeNone},
		"who asked":            {"lin", 3, 1, "", community.CodeForbidden},
		"who wrote":            {"ming", 3, 1, "我来", community.CodeForbidden},
		"alone, nothing said":  {"lin", 3, 0, " ", community.CodeForbidden},
		"alone, in writing":    {"lin", 3, 0, "只有我一个人", community.CodeNone},
		"another saw an older": {"wu", 2, 1, "", community.CodeConflict},
	} {
		if err := item.MayApprove(tc.user, tc.version, []string{"ming"}, tc.others, tc.override, now); community.CodeOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	item.Places[0].Due = now
	if err := item.MayApprove("wu", 3, nil, 1, "", now); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("its time is over: %v", err)
	}
	item.State = ItemApproved
	if err := item.MayApprove("wu", 3, nil, 1, "", now); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("approved before: %v", err)
	}
}

func TestRemarksNameTheirSentence(t *testing.T) {
	slots := DefaultFixtures()
	good := Content{Text: "上周老周问：怎么记住一本书？我试了三周，写下三条。你会先划线还是先抄？", Fixture: "morning", Date: "2026-11-30", At: "08:00"}
	if got := Remarks(good, slots); len(got) != 0 {
		t.Errorf("a good text: %+v", got)
	}
	bad := Content{Text: "早安，加油！成功的人都自律，你应该早起。限时秒杀，仅剩3名，扫码购买。", Fixture: "morning", Date: "2026-11-30", At: "21:00"}
	rules := map[string]string{}
	for _, r := range Remarks(bad, slots) {
		rules[r.Rule] = r.Sentence
		if r.Rule != OffSlot && bad.Text[r.Start:r.End] != r.Sentence {
			t.Errorf("%+v: the span is %q", r, bad.Text[r.Start:r.End])
		}
	}
	for rule, want := range map[string]string{NoProblem: "早安，加油！", OffSlot: "", Preaching: "成功的人都自律，你应该早起。", Filler: "早安，加油！", HardSell: "限时秒杀，仅剩3名，扫码购买。"} {
		if got, there := rules[rule]; !there || got != want {
			t.Errorf("%s: %q, %v; want %q", rule, got, there, want)
		}
	}
	if _, there := rules[NoPerson]; there {
		t.Error("somebody is spoken to")
	}
}

// TestRemarksNeverBreak takes any text: spans lie inside it, at whole characters.
func TestRemarksNeverBreak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Content{Text: rapid.String().Draw(t, "text") + rapid.SampledFrom([]string{"", "加油", "İ限时"}).Draw(t, "more")}
		for _, r := range Remarks(c, nil) {
			if r.Start < 0 || r.End > len(c.Text) || r.Start > r.End || c.Text[r.Start:r.End] != r.Sentence {
				t.Fatalf("%+v in %q", r, c.Text)
			}
		}
	})
}

func TestAdvertisementsAreLabelledOnce(t *testing.T) {
	for _, tc := range []struct {
		c    Content
		want string
	}{
		{Content{Class: Promotion, Text: "新课开了"}, Label + "新课开了"},
		{Content{Class: Promotion, Text: "【广告】新课开了"}, "【广告】新课开了"},
		{Content{Class: Useful, Text: "三本书，一共 99元"}, Label + "三本书，一共 99元"},
		{Content{Class: Useful, Text: "票价 ¥ 20 起"}, Label + "票价 ¥ 20 起"},
		{Content{Class: Useful, Text: "看 https://item.jd.com/1.html"}, Label + "看 https://item.jd.com/1.html"},
		{Content{Class: Useful, Text: "2027元旦快乐，3元素周期"}, "2027元旦快乐，3元素周期"},
		{Content{Class: Useful, Text: "我们怎么看广告"}, "我们怎么看广告"},
		{Content{Class: Useful, Text: "书单", Link: Attached{URL: "https://weidian.com/x", Title: "店"}}, Label + "书单"},
	} {
		if got := Labelled(tc.c); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.c, got, tc.want)
		}
	}
}

func TestPunctualityCountsTurnsThatAreOver(t *testing.T) {
	const sh = "Asia/Shanghai"
	zone, live := zoneOf(t, sh), DefaultFixtures()[2]
	turns := []Told{{"2026-11-04", Sent, in(t, sh, "2026-11-04 20:10")}, {"2026-11-11", Sent, in(t, sh, "2026-11-11 22:10")}, {"2026-11-18", Failed, 0}}
	got, err := Punctual(live, 1, zone, "2026-11", "", turns, in(t, sh, "2026-11-25 20:30"))
	if err != nil || got != (Punctuality{"live", "2026-11", 3, 1, 1, 1}) { // the 25th is not over
		t.Errorf("%+v, %v", got, err)
	}
	if got, _ = Punctual(live, 1, zone, "2026-11", "2026-11-10", turns, in(t, sh, "2026-11-30 20:30")); got.Turns != 3 || got.Missed != 2 {
		t.Errorf("since the 10th: %+v", got)
	}
}

func TestAnswersAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int{"1": 1, "２": 2, "选3": 3, "2！": 2, " 3 ": 3, "二": 2, "投 1": 1, "+1": 1, "4": 0, "12": 0, "1和2": 0, "": 0, "我觉得 1 好": 0, "2号": 2} {
		if got := Choice(text, 3); got != want {
			t.Errorf("%q = %d, want %d", text, got, want)
		}
	}
	out := Count(3, []Answer{{1, "1", 10}, {2, "2", 11}, {1, "3", 12}, {3, "早", 13}, {2, "1", 5}})
	if fmt.Sprint(out.Votes) != "[0 1 1]" || out.Voters != 2 || out.Said != 5 {
		t.Errorf("count = %+v", out)
	}
	if out = Count(0, []Answer{{1, "好", 1}, {1, "对", 2}, {2, "嗯", 3}}); out.Voters != 2 || len(out.Votes) != 0 {
		t.Errorf("question = %+v", out)
	}
}

func TestRepeatsAreFound(t *testing.T) {
	now := in(t, "UTC", "2026-11-29 12:00")
	before := []Former{
		{ID: community.ID{1}, Text: "你最近读的一本书是什么？哪一句话让你停下来？", At: now - dayMS},
		{ID: community.ID{2}, Text: "早饭吃什么", At: now - 2*dayMS},
		{ID: community.ID{3}, Text: "早饭吃什么", At: now - 200*dayMS},
	}
	if got := Repeats("大家好，你最近读的一本书是什么，哪一句话让你停了下来？", before, now); len(got) != 1 || got[0].ID != before[0].ID {
		t.Errorf("a near copy: %+v", got)
	}
	if got := Repeats("早饭吃什么？", before, now); len(got) != 1 || got[0].ID != before[1].ID {
		t.Errorf("the same short one: %+v", got)
	}
	if got := Repeats("周末去哪里散步比较安静？", before, now); len(got) != 0 {
		t.Errorf("something else: %+v", got)
	}
}

// TestPressureIsTellingFromTalk: sentences as operators and shops write them, each beside a harmless one that shares its words.
func TestPressureIsTellingFromTalk(t *testing.T) {
	for text, want := range map[string]string{
		"读书营招生啦！！原价 299 元，今晚只要 99 元，赶紧扫码入群付款！":             HardSell,
		"老师把三年的笔记都整理好了，免费送。回复 1 马上领取，名额有限！！":               HardSell,
		"FREE notes for the first 20. Reply NOW to 10086!": HardSell,
		"You won a place. Call 0800123456 today only!":     HardSell,
		"错过再等一年": HardSell,
		"周三的问答今天截止报名，想问什么？":                               "",
		"链接在这里，点击可以看上周的记录":                                "",
		"这本书我是 30 元买的，最后一章最好看":                            "",
		"我已经回复你了，马上来":                                     "",
		"Are you free? Call me.":                          "",
		"I know a free window seat":                       "",
		"一个自律的人，从不找借口。":                                   Preaching,
		"我们都应该懂得感恩，珍惜每一天":                                 Preaching,
		"You must respect the grind and stop being lazy.": Preaching,
		"你应该先装驱动再重启":                                      "",
		"必须先备份，不然数据会丢":                                    "",
		"You should see page 30 first":                    "",
	} {
		var got []string
		for _, r := range Remarks(Content{Text: text}, nil) {
			if r.Rule == HardSell || r.Rule == Preaching {
				got = append(got, r.Rule)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %q", text, got, want)
		}
	}
}
