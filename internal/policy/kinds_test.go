package policy

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func rule1(kind string, p any) Rule {
	return Rule{ID: "x", Name: "x", Kind: kind, Mode: RuleLive, Params: params(p)}
}

// burst lets a member speak at the given seconds after noon and lists which messages (from 1) hit.
func (r *room) burst(who community.MemberKey, text string, at ...float64) (hits []int) {
	start := r.now
	for i, s := range at {
		r.now = start + int64(s*1000)
		d := r.one(r.event(community.MessageCreated, who, community.Body{Text: text, Message: "m"}))
		if d != nil && d.Verdict == community.Hit {
			hits = append(hits, i+1)
		}
	}
	return hits
}

func TestFloodWindowsSlideExactly(t *testing.T) {
	three := func(seconds int64) Book {
		return live(rule1("flood", map[string]any{"windows": []floodWindow{{Seconds: seconds, Messages: 3}}}))
	}
	for _, c := range []struct {
		name    string
		seconds int64
		at      []float64
		want    []int
	}{
		{"the fourth within a second", 1, []float64{0, .1, .2, .999}, []int{4}},
		{"the first has just left the window", 1, []float64{0, .1, .2, 1}, nil},
		{"a burst is one breach, the next needs as many again", 1, []float64{0, .1, .2, .3, .4, .5, .6, .7}, []int{4, 8}},
		{"over an hour", 3600, []float64{0, 1200, 2400, 3599}, []int{4}},
		{"hour slides", 3600, []float64{0, 1200, 2400, 3600, 4799}, []int{5}},
	} {
		r := newRoom(t, three(c.seconds))
		if got := r.burst(1, "好", c.at...); !slices.Equal(got, c.want) {
			t.Errorf("%s: hits %v, want %v", c.name, got, c.want)
		}
	}
	r := newRoom(t, three(60))
	r.burst(1, "好", 0, 1, 2)
	if got := r.burst(2, "好", 0, 1, 2); got != nil {
		t.Errorf("members share a window: %v", got)
	}
}

func TestRepeatsAreCountedHoweverTheyAreWritten(t *testing.T) {
	r := newRoom(t, live(rule1("flood", map[string]any{"windows": []floodWindow{{Seconds: 60, Messages: 100, Same: 2}}})))
	for i, c := range []struct {
		text string
		want string
	}{
		{"便宜卖号", "-"}, {"你好", "-"}, {"便-宜卖号！", "-"}, {"👍", "-"}, {"👍", "-"}, {"👍", "-"},
		{"便宜 卖号", "hit !x rung1 strike:x recall send"}, {"便宜卖号", "-"},
	} {
		r.now += second
		d := r.one(r.event(community.MessageCreated, 1, community.Body{Text: c.text, Message: "m"}))
		if got := gist(d); got != c.want {
			t.Errorf("message %d: %q, want %q", i+1, got, c.want)
		}
		if d != nil && d.Hits[0].Why != "repeat 60s 3>2" {
			t.Errorf("why = %q", d.Hits[0].Why)
		}
	}
}

func TestNightHasItsOwnThresholds(t *testing.T) {
	book := live(rule1("flood", map[string]any{"windows": []floodWindow{{Seconds: 60, Messages: 3, NightMessages: 1}}}))
	for _, c := range []struct {
		zone string
		at   int64 // ms after noon in Shanghai
		want []int
	}{
		{"Asia/Shanghai", 0, nil},
		{"Asia/Shanghai", 11*hour - 2*second, nil},           // 22:59:58
		{"Asia/Shanghai", 11 * hour, []int{2}},               // 23:00:00
		{"Asia/Shanghai", 19*hour - second - 5, []int{2}},    // 06:59:59
		{"Asia/Shanghai", 19 * hour, nil},                    // 07:00:00
		{"America/New_York", 0, []int{2}},                    // 23:00 the day before
		{"Asia/Kolkata", 8*hour + 1800*second - second, nil}, // 17:59
	} {
		book.Zone = c.zone
		r := newRoom(t, book)
		r.now = noon + c.at
		if got := r.burst(1, "好", 0, .5); !slices.Equal(got, c.want) {
			t.Errorf("%s %+d h: hits %v, want %v", c.zone, c.at/hour, got, c.want)
		}
	}
}

func TestLateEventsAreJudgedByContentAndNotCounted(t *testing.T) {
	r := newRoom(t, live(rule1("flood", map[string]any{"windows": []floodWindow{{Seconds: 60, Messages: 1}}}), word("ads", "广告")))
	for _, text := range []string{"一", "二", "三"} {
		ev := r.event(community.MessageCreated, 1, community.Body{Text: text})
		ev.Mark = community.Late
		r.want(r.one(ev), "-")
	}
	r.want(r.one(r.event(community.MessageCreated, 1, community.Body{Text: "四"})), "-")
	ev := r.event(community.MessageCreated, 1, community.Body{Text: "广告"})
	ev.Mark = community.Late
	r.want(r.one(ev), "hit !ads rung1 strike:ads recall send")
}

func TestLinksOutsideTheListHit(t *testing.T) {
	book := live(rule1("link", map[string]any{"allow": []string{"QQ.com"}}))
	book.Allow.Hosts = []string{"gov.cn"}
	r := newRoom(t, book)
	for text, want := range map[string]string{
		"看 https://v.qq.com/x 和 www.gov.cn": "-",
		"看 evil.com/x":                      "hit !x rung1 strike:x recall send",
		"没有链接，3.14":                         "-",
	} {
		r.want(r.says(community.MemberKey(len(text)), text), want)
	}
	card := r.event(community.MessageCreated, 3, community.Body{Text: "[链接]", Class: community.Link,
		Segments: []community.Segment{{Kind: "link", Ref: "https://evil.com/a"}}})
	r.want(r.one(card), "hit !x rung1 strike:x recall send")

	r = newRoom(t, live(rule1("link", map[string]any{"block": []string{"evil.com"}})))
	r.want(r.says(1, "good.com"), "-")
	r.want(r.says(1, "a.evil.com"), "hit !x rung1 strike:x recall send")
}

func TestProbationEndsByItself(t *testing.T) {
	r := newRoom(t, live(rule1("probation", probation{Hours: 24, Messages: 3, NoLinks: true, NoMedia: true, NoContact: true, Words: []string{"出售"}})))
	hit := "hit !x rung1 strike:x recall send"
	join := func(who community.MemberKey) { r.step(r.event(community.MemberJoined, who, community.Body{})) }
	for i, c := range []struct{ text, want, why string }{
		{"大家好", "-", ""},
		{"看 a.com", hit, "probation link"},
		{"微信：hello123", hit, "probation contact wechat"},
		{"低价出-售", hit, "probation keyword"},
	} {
		who := community.MemberKey(10 + i)
		join(who)
		d := r.says(who, c.text)
		r.want(d, c.want)
		if d != nil && d.Hits[0].Why != c.why {
			t.Errorf("why = %q, want %q", d.Hits[0].Why, c.why)
		}
	}
	join(20)
	r.want(r.one(r.event(community.MessageCreated, 20, community.Body{Class: community.Image, Text: "[图片]"})), hit)
	r.want(r.says(99, "a.com"), "-") // was there before us

	join(30)
	r.says(30, "一")
	r.says(30, "二")
	r.says(30, "三")
	r.want(r.says(30, "a.com"), hit) // three messages, but not yet a day
	r.now += day
	r.want(r.says(30, "a.com"), "-")
	join(31)
	r.now += 2 * day
	r.want(r.says(31, "a.com"), hit) // two days, but never spoke
	r.says(31, "二")
	r.says(31, "三")
	r.want(r.says(31, "a.com"), "-")
	r.step(r.event(community.MemberLeft, 31, community.Body{}))
	join(31)
	r.want(r.says(31, "a.com"), "hit !x rung2 strike:x mute") // a new stay; the strike is not forgotten
}

func TestWelcomeBySource(t *testing.T) {
	book := live(rule1("welcome", welcome{Entries: []greeting{
		{Scene: "qr", State: "ad-*", Text: "扫码的 {name}"}, {Scene: "invite", Text: "受邀的 {name}"}, {Text: "{name} 来了，{group}"}}}))
	book.Group = "读书会"
	r := newRoom(t, book)
	for _, c := range []struct {
		body community.Body
		want string
	}{
		{community.Body{Name: "甲", Scene: "qr", State: "ad-7"}, "扫码的 甲"},
		{community.Body{Name: "乙", Scene: "qr", State: "x"}, "乙 来了，读书会"},
		{community.Body{Name: "丙", Card: "丙三", Scene: "invite"}, "受邀的 丙三"},
		{community.Body{}, "新朋友 来了，读书会"},
	} {
		d := r.one(r.event(community.MemberJoined, 5, c.body))
		r.want(d, "served !x send")
		if a := d.Actions[0]; a.Text != c.want || !a.Mention || a.Target != 5 || a.Deadline != r.now+120*second {
			t.Errorf("welcome = %+v, want %q", a, c.want)
		}
	}
	r.want(r.one(r.event(community.MemberJoined, 5, community.Body{Role: community.RoleSelf})), "-")
	late := r.event(community.MemberJoined, 6, community.Body{})
	late.OccurredAt -= 3 * 60 * second
	r.want(r.one(late), "-")
}

// TestAWelcomeNamesAnItem: what is decided names the item and whom it speaks to, and not its words; greetings of two items do not wait together.
func TestAWelcomeNamesAnItem(t *testing.T) {
	one, two := community.ID{1}, community.ID{2}
	entries := []greeting{{Scene: "qr", Library: one.String()}, {Library: two.String()}}
	r := newRoom(t, live(rule1("welcome", welcome{Entries: entries})))
	d := r.one(r.event(community.MemberJoined, 5, community.Body{Name: "甲{library}", Scene: "qr"}))
	r.want(d, "served !x send")
	if a := d.Actions[0]; a.Text != community.LibraryMark || a.Library != (community.FromLibrary{Item: one, Name: "甲{library}"}) {
		t.Errorf("welcome = %+v", a)
	}
	r = newRoom(t, live(rule1("welcome", welcome{Coalesce: 5, Entries: entries})))
	first := r.one(r.event(community.MemberJoined, 1, community.Body{Name: "甲", Scene: "qr"}))
	r.now += second
	r.step(r.event(community.MemberJoined, 2, community.Body{Name: "乙", Scene: "qr"}))
	other := r.one(r.event(community.MemberJoined, 3, community.Body{Name: "丙"}))
	r.now = first.Wakes[0].At
	d = r.one(r.event(community.TimerFired, 0, community.Body{Message: first.Wakes[0].Key}))
	if a := d.Actions[0]; a.Text != community.LibraryMark || a.Library != (community.FromLibrary{Item: one, Name: "甲、乙"}) {
		t.Errorf("welcome = %+v", a)
	}
	r.now = other.Wakes[0].At
	d = r.one(r.event(community.TimerFired, 0, community.Body{Message: other.Wakes[0].Key}))
	if a := d.Actions[0]; a.Library != (community.FromLibrary{Item: two, Name: "丙"}) {
		t.Errorf("welcome = %+v", a)
	}
}

func TestWhoIsOnlyBackIsNotGreetedAgain(t *testing.T) {
	r := newRoom(t, live(rule1("welcome", welcome{Entries: []greeting{{Text: "欢迎 {name}"}}})))
	comes := func() *community.Decision {
		return r.one(r.event(community.MemberJoined, 5, community.Body{Name: "甲", Scene: community.Presence}))
	}
	r.want(comes(), "served !x send")
	r.step(r.event(community.MemberLeft, 5, community.Body{Reason: community.Presence}))
	r.want(comes(), "-")
	r.step(r.event(community.MemberLeft, 5, community.Body{Reason: "kicked"}))
	r.want(comes(), "served !x send")
}

func TestJoinsWithinSecondsAreGreetedTogether(t *testing.T) {
	r := newRoom(t, live(rule1("welcome", welcome{Coalesce: 5, Entries: []greeting{{Text: "欢迎 {name}"}}})))
	first := r.one(r.event(community.MemberJoined, 1, community.Body{Name: "甲"}))
	r.want(first, "served !x")
	r.now += second
	second2 := r.one(r.event(community.MemberJoined, 2, community.Body{Name: "乙"}))
	r.want(second2, "served !x")
	r.step(r.event(community.MemberJoined, 3, community.Body{Name: "丙"}))
	r.step(r.event(community.MemberLeft, 3, community.Body{}))
	if len(first.Wakes) != 1 || len(second2.Wakes) != 0 || first.Wakes[0].At != noon+5*second {
		t.Fatalf("wakes = %v, %v", first.Wakes, second2.Wakes)
	}
	r.now = first.Wakes[0].At
	d := r.one(r.event(community.TimerFired, 0, community.Body{Message: first.Wakes[0].Key}))
	r.want(d, "served !x send")
	if a := d.Actions[0]; a.Text != "欢迎 甲、乙" || a.Mention || a.Target != 0 {
		t.Errorf("welcome = %+v", a)
	}
	r.want(r.one(r.event(community.TimerFired, 0, community.Body{Message: first.Wakes[0].Key})), "-")
}

func TestOnlyTheHighestReplyFires(t *testing.T) {
	low := with(rule1("reply", reply{Match: "contains", Patterns: []string{"退款"}, Text: "低"}), func(r *Rule) { r.ID = "low" })
	high := with(rule1("reply", reply{Match: "contains", Patterns: []string{"怎么退款"}, Priority: 5, Text: "高 {name}", Quote: true, GroupCool: 60}),
		func(r *Rule) { r.ID = "high" })
	r := newRoom(t, live(low, high, word("ads", "广告")))
	d := r.says(1, "请问怎么退款")
	r.want(d, "served !high send")
	if a := d.Actions[0]; a.Text != "高 小明" || a.ReplyTo != "m" || a.Deadline != r.now+120*second {
		t.Errorf("reply = %+v", a)
	}
	r.want(r.says(1, "怎么退款"), "served !high send") // ten minutes later it speaks again
	ev := r.event(community.MessageCreated, 2, community.Body{Text: "怎么退款"})
	r.want(r.one(ev), "served !low send") // the high one is cooling down
	r.want(r.says(2, "广告：怎么退款"), "hit !ads rung1 strike:ads recall send")
}

func TestReplyMatchesCoolsAndKeepsHours(t *testing.T) {
	for _, c := range []struct {
		rule reply
		text string
		want bool
	}{
		{reply{Match: "exact", Patterns: []string{"群规"}}, " 群规？", true},
		{reply{Match: "exact", Patterns: []string{"群规"}}, "看群规", false},
		{reply{Match: "prefix", Patterns: []string{"签到"}}, "！签到 今天", true},
		{reply{Match: "prefix", Patterns: []string{"签到"}}, "我签到", false},
		{reply{Match: "regexp", Regexps: []string{`^订单\s*\d{4,}$`}}, "订单 12345", true},
		{reply{Match: "regexp", Regexps: []string{`^HELP$`}}, "help", true},
		{reply{Match: "contains", Patterns: []string{"群规"}, Hours: Hours{"09:00", "18:00"}}, "群规", true},
		{reply{Match: "contains", Patterns: []string{"群规"}, Hours: Hours{"18:00", "09:00"}}, "群规", false},
	} {
		c.rule.Text = "答"
		r := newRoom(t, live(rule1("reply", c.rule)))
		if got := r.says(1, c.text) != nil; got != c.want {
			t.Errorf("%s %q to %q: %v, want %v", c.rule.Match, c.rule.Patterns, c.text, got, c.want)
		}
	}
	r := newRoom(t, live(rule1("reply", reply{Match: "contains", Patterns: []string{"群规"}, MemberCool: 3600, Text: "答"})))
	r.want(r.says(1, "群规"), "served !x send")
	r.want(r.says(1, "群规"), "-")
	r.want(r.says(2, "群规"), "served !x send")
	r.now += hour
	r.want(r.says(1, "群规"), "served !x send")
}

func TestAdFloodingMutesAtTheFirstHitInTheCommercialPreset(t *testing.T) {
	book := mustDefault(PresetCommercial)
	book.Mode = community.Live
	r := newRoom(t, book)
	r.now = noon
	var got []string
	for range 3 {
		r.now += 2 * second
		if d := r.one(r.event(community.MessageCreated, 1, community.Body{Text: "出闲置，便宜", Message: "m"})); d != nil {
			got = append(got, gist(d))
		}
	}
	if want := []string{"hit !ad-flood rung2 strike:ad-flood recall mute"}; !slices.Equal(got, want) {
		t.Errorf("decisions = %q, want %q", got, want)
	}
}

func TestPresetsAreSoundAndShareTheLadder(t *testing.T) {
	for _, p := range Presets() {
		book := mustDefault(p.Name)
		ready(t, book)
		if book.Mode != community.Observe || book.MemoryDays != 30 || len(book.Ladder) != 3 || !slices.Equal(book.Ladder[2].Actions, []string{ActRemove}) {
			t.Errorf("%s: %+v", p.Name, book)
		}
	}
	if _, err := Default("nope"); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("unknown preset: %v", err)
	}
}

func TestTestBoxSaysWhichRulesWouldHit(t *testing.T) {
	book := mustDefault(PresetGeneral)
	rb := ready(t, book)
	trial := Test(rb, Probe{Text: "兼职刷单找我", At: noon, Strikes: 1})
	if len(trial.Decisions) != 1 || gist(&trial.Decisions[0]) != "hit !ads rung2 strike:ads mute" {
		t.Fatalf("decisions = %+v", trial.Decisions)
	}
	var hit []string
	for _, r := range trial.Rules {
		if r.Hit != nil {
			hit = append(hit, r.ID)
		}
	}
	if !slices.Equal(hit, []string{"ads"}) || len(trial.Rules) != len(book.Rules) {
		t.Errorf("rules = %v", hit)
	}
	if got := Test(rb, Probe{Text: "hi", Repeat: 6, At: noon}); len(got.Decisions) != 1 || got.Decisions[0].Hits[0].Rule != "flood" {
		t.Errorf("repeat: %+v", got.Decisions)
	}
	if got := Test(rb, Probe{Text: "联系 13800138000", JoinedMs: hour, At: noon}); len(got.Decisions) != 1 ||
		!strings.HasPrefix(got.Decisions[0].Hits[0].Why, "probation contact") {
		t.Errorf("newcomer: %+v", got.Decisions)
	}
	join := Test(rb, Probe{Join: true, Name: "甲", Scene: "invite", At: noon})
	if n := len(join.Decisions); n != 2 || !strings.HasPrefix(join.Decisions[1].Actions[0].Text, "欢迎 甲 应朋友之邀") {
		t.Errorf("join: %+v", join.Decisions)
	}
}
