package plan

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tables

	"pgregory.net/rapid"

	"qunluo/internal/community"
)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func in(t testing.TB, zone, text string) int64 {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zoneOf(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixMilli()
}

func TestQuietHoursAreThoseOfTheGroupsZone(t *testing.T) {
	const sh = "Asia/Shanghai"
	for _, tc := range []struct{ zone, at, possible string }{
		{sh, "2026-11-27 22:29", ""}, {sh, "2026-11-27 22:30", "2026-11-28 08:00"}, {sh, "2026-11-28 07:59", "2026-11-28 08:00"}, {sh, "2026-11-28 08:00", ""},
		{"America/New_York", "2026-03-08 01:30", "2026-03-08 08:00"}, // the clock jumps at 02:00
		{"Australia/Lord_Howe", "2026-04-05 01:00", "2026-04-05 08:00"},
		{"Asia/Kathmandu", "2026-05-05 23:00", "2026-05-06 08:00"},
	} {
		at := in(t, tc.zone, tc.at)
		v := Guard(DefaultLimits(), Facts{Zone: zoneOf(t, tc.zone), Due: at}, at)
		if tc.possible == "" {
			if !v.OK() {
				t.Errorf("%s %s: %+v, want free", tc.zone, tc.at, v)
			}
			continue
		}
		if v.OK() || v.Reasons[0].Code != QuietHours || v.Reasons[0].Hours != "22:30-08:00" || v.Possible != in(t, tc.zone, tc.possible) {
			t.Errorf("%s %s: %+v, want quiet hours till %s", tc.zone, tc.at, v, tc.possible)
		}
	}
}

func TestFullCapsSayTheFigureAndWhenThereIsRoom(t *testing.T) {
	zone, l := zoneOf(t, "UTC"), DefaultLimits()
	at := in(t, "UTC", "2026-11-27 12:00")
	hour := int64(3600 * 1000)
	v := Guard(l, Facts{Zone: zone, Due: at, Sends: []int64{at - 3*hour, at - 5*hour, at - 30*hour}}, at)
	if len(v.Reasons) != 1 || v.Reasons[0] != (Reason{Code: DayCap, Have: 2, Cap: 2, Possible: at + 19*hour}) {
		t.Errorf("two sends today: %+v, want the day's cap 2 of 2, possible in 19 h", v.Reasons)
	}
	var week []int64
	for i := range int64(7) {
		week = append(week, at-25*hour-i*hour)
	}
	v = Guard(l, Facts{Zone: zone, Due: at, Sends: week}, at)
	if len(v.Reasons) != 1 || v.Reasons[0].Code != WeekCap || v.Reasons[0].Have != 7 || v.Reasons[0].Possible != week[6]+7*24*hour || v.Possible != in(t, "UTC", "2026-12-03 08:00") {
		t.Errorf("seven sends this week: %+v, want the week's cap until the oldest leaves it, and the quiet hours after that", v)
	}
	if v = Guard(l, Facts{Zone: zone, Due: at, Sends: week, Force: true}, at); !v.OK() {
		t.Errorf("let pass by a person: %+v, want free", v)
	}
	if v = Guard(l, Facts{Zone: zone, Due: at, Frozen: true, Force: true}, at); v.OK() {
		t.Error("a freeze holds what a person let pass")
	}
	if v = Guard(l, Facts{Zone: zone, Due: at - 25*hour}, at); !v.Over || v.Reasons[0].Code != GaveUp {
		t.Errorf("25 h after its time: %+v, want it given up", v)
	}
}

func TestTiredMembersBlockAGroupAboveTheShare(t *testing.T) {
	zone, at := zoneOf(t, "UTC"), in(t, "UTC", "2026-11-27 12:00")
	for tired, blocked := range map[int]bool{0: false, 30: false, 31: true, 100: true} {
		v := Guard(DefaultLimits(), Facts{Zone: zone, Due: at, Members: 100, Tired: tired}, at)
		if v.OK() == blocked {
			t.Errorf("%d of 100 tired: %+v, want blocked %v", tired, v, blocked)
		}
		if blocked && v.Reasons[0] != (Reason{Code: Fatigue, Have: tired, Of: 100, Cap: 5}) {
			t.Errorf("reason = %+v, want the figures", v.Reasons[0])
		}
	}
}

// TestQuietHoursAreNeverBroken: whatever zone, limits and moment, what the guard lets go and what it promises is not quiet.
func TestQuietHoursAreNeverBroken(t *testing.T) {
	zones := []string{"UTC", "Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca"}
	rapid.Check(t, func(r *rapid.T) {
		zone := zoneOf(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		clock := func(name string) string {
			m := rapid.IntRange(0, 24*60-1).Draw(r, name)
			return time.Date(2000, 1, 1, m/60, m%60, 0, 0, time.UTC).Format("15:04")
		}
		l := DefaultLimits()
		l.QuietFrom, l.QuietTo = clock("from"), clock("to")
		at := rapid.Int64Range(1_700_000_000_000, 1_900_000_000_000).Draw(r, "at")
		sends := rapid.SliceOfN(rapid.Int64Range(at-8*dayMS, at), 0, 12).Draw(r, "sends")
		v := Guard(l, Facts{Zone: zone, Due: at, Sends: sends}, at)
		if v.OK() && l.Quiet(at, zone) {
			r.Fatalf("let go in quiet hours %s-%s at %s", l.QuietFrom, l.QuietTo, time.UnixMilli(at).In(zone))
		}
		if v.Possible != 0 && l.Quiet(v.Possible, zone) {
			r.Fatalf("promises %s, which is quiet (%s-%s)", time.UnixMilli(v.Possible).In(zone), l.QuietFrom, l.QuietTo)
		}
		if v.Possible != 0 && v.Possible <= at {
			r.Fatalf("promises a moment that has passed")
		}
		if !v.OK() && v.Possible != 0 && !Guard(l, Facts{Zone: zone, Due: v.Possible, Sends: sends}, v.Possible).OK() {
			r.Fatalf("what it promised does not hold: %+v", v)
		}
	})
}

func TestStepsComeByDayWeekAndDate(t *testing.T) {
	const ny = "America/New_York"
	steps := []Step{
		{ID: "welcome", Kind: ByDay, Day: 0, At: "09:00", Text: "欢迎"}, {ID: "third", Kind: ByDay, Day: 2, At: "02:30", Text: "第三天"},
		{ID: "mon", Kind: Weekly, Weekday: 1, At: "20:00", Text: "周一"}, {ID: "once", Kind: OnDate, Date: "2026-03-10", At: "12:00", Text: "活动"},
	}
	entered := in(t, ny, "2026-03-06 10:00") // Friday, after nine: the first step is missed for good; half past two is left out on the 8th
	var got []string
	for _, s := range Due(steps, entered, zoneOf(t, ny), entered, in(t, ny, "2026-03-17 00:00")) {
		got = append(got, s.Key+" "+time.UnixMilli(s.Due).In(zoneOf(t, ny)).Format("15:04"))
	}
	want := []string{"third@2026-03-08 01:30", "mon@2026-03-09 20:00", "once@2026-03-10 12:00", "mon@2026-03-16 20:00"}
	if !slices.Equal(got, want) {
		t.Errorf("due = %v, want %v", got, want)
	}
}

// TestEveryTurnComesOnceHoweverTimeIsCut: reading a span in pieces gives the same turns as reading it whole.
func TestEveryTurnComesOnceHoweverTimeIsCut(t *testing.T) {
	zones := []string{"UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"}
	rapid.Check(t, func(r *rapid.T) {
		zone := zoneOf(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		var steps []Step
		for i := range rapid.IntRange(1, 5).Draw(r, "steps") {
			m := rapid.IntRange(0, 24*60-1).Draw(r, "minute")
			steps = append(steps, Step{ID: string(rune('a' + i)), Kind: rapid.SampledFrom([]StepKind{ByDay, Weekly}).Draw(r, "kind"), Day: rapid.IntRange(0, 30).Draw(r, "day"),
				Weekday: rapid.IntRange(1, 7).Draw(r, "weekday"), At: time.Date(2000, 1, 1, m/60, m%60, 0, 0, time.UTC).Format("15:04"), Text: "x"})
		}
		entered := rapid.Int64Range(1_700_000_000_000, 1_800_000_000_000).Draw(r, "entered")
		to := entered + 40*dayMS
		whole := Due(steps, entered, zone, entered, to)
		var pieces []Slot
		for at := entered; at < to; {
			next := min(to, at+rapid.Int64Range(1, 3*dayMS).Draw(r, "piece"))
			pieces = append(pieces, Due(steps, entered, zone, at, next)...)
			at = next
		}
		if len(whole) != len(pieces) {
			r.Fatalf("%d turns whole, %d in pieces", len(whole), len(pieces))
		}
		seen := map[string]bool{}
		for _, s := range pieces {
			if seen[s.Key] {
				r.Fatalf("%s comes twice", s.Key)
			}
			seen[s.Key] = true
		}
	})
}

func TestMarksTellWhatBecameOfATime(t *testing.T) {
	l, due := DefaultLimits(), int64(1_790_000_000_000)
	minute := int64(60_000)
	for _, tc := range []struct {
		t    Target
		now  int64
		want Mark
	}{
		{Target{Due: due, Kept: Sending, Did: community.Confirmed, DidAt: due + 10*minute}, due + 60*minute, OnTime},
		{Target{Due: due, Kept: Sending, Did: community.Acked, DidAt: due + 11*minute}, due + 60*minute, Late},
		{Target{Due: due, Kept: Sending, Did: community.Failed, DidAt: due}, due, NoSend},
		{Target{Due: due, Kept: Sending, Did: community.HumanTask}, due + 10*minute, NoMark},
		{Target{Due: due, Kept: Sending, Did: community.HumanTask}, due + 11*minute, Overdue},
		{Target{Due: due, Kept: Waiting}, due - minute, NoMark},
		{Target{Due: due, Kept: Waiting, Ended: true}, due - minute, NoSend},
		{Target{Due: due, Kept: NotSent}, due, NoSend},
	} {
		if got := tc.t.Mark(l, tc.now); got != tc.want {
			t.Errorf("%+v at +%d min: %q, want %q", tc.t, (tc.now-due)/minute, got, tc.want)
		}
	}
}

func TestAFourthReminderWithinADayIsRefused(t *testing.T) {
	now := int64(1_790_000_000_000)
	hour := int64(3600 * 1000)
	if _, ok := MayRemind([]int64{now - 25*hour, now - 2*hour, now - hour}, now); !ok {
		t.Error("two within a day: want a third allowed")
	}
	next, ok := MayRemind([]int64{now - 3*hour, now - 2*hour, now - hour}, now)
	if ok || next != now+21*hour {
		t.Errorf("three within a day: %v, next in %d h; want refused, in 21 h", ok, (next-now)/hour)
	}
}

func TestLinksAreJudgedByThePlatformsDatedRules(t *testing.T) {
	rules, now := DefaultLinkRules(), time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC).UnixMilli()
	if err := CheckLinkRules(rules); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		text     string
		chains   []Chain
		platform community.Platform
		at       int64
		rules    []string
		refused  bool
	}{
		{"今晚八点直播", nil, "wechat", now, nil, false},
		{"分享到朋友圈集赞有礼", nil, "wechat", now, nil, false}, // wording alone is no link
		{"报名 https://example.com/a", nil, "wechat", now, nil, false},
		{"转发到群领资料 https://example.com/a", nil, "wechat", now, []string{"wechat-inducement"}, true},
		{"转发到群领资料 https://example.com/a", nil, "irc", now, nil, false},
		{"转发到群领资料 https://example.com/a", nil, "wechat", time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), nil, false},
		{"下载 https://example.com/app/v1.APK?x=1", nil, "wecom", now, []string{"wecom-download"}, true},
		{"看这里 https://t.cn/abc", []Chain{{URL: "https://t.cn/abc", Hops: []string{"https://example.com/x.exe"}}}, "wechat", now, []string{"wechat-download", "wechat-short", "short", "redirect"}, true},
		{"https://example.com/go", []Chain{{URL: "https://example.com/go", Fault: "more than 3 redirects"}}, "qq", now, []string{"redirect"}, false},
		{"https://example.com/go", []Chain{{URL: "https://example.com/go", Hops: []string{"https://www.example.com/there"}}}, "qq", now, nil, false},
		{"https://t.me/x", nil, "qq", now, []string{"abroad"}, false},
		{"https://nott.me/x", nil, "qq", now, nil, false},
	} {
		found := CheckLinks(rules, tc.text, tc.chains, tc.platform, tc.at)
		var got []string
		for _, f := range found {
			got = append(got, f.Rule)
			if f.Reason[0] == "" || f.Reason[1] == "" || f.Instead[0] == "" || f.Instead[1] == "" || f.Verified {
				t.Errorf("%s: a finding without words in both languages, or that claims to be verified: %+v", tc.text, f)
			}
		}
		if !slices.Equal(got, tc.rules) || Refused(found) != tc.refused {
			t.Errorf("%q on %s: %v refused %v, want %v, %v", tc.text, tc.platform, got, Refused(found), tc.rules, tc.refused)
		}
	}
	if err := CheckLinkRules([]LinkRule{{ID: "x", Kind: HostRule, Since: "2026-01-01", Reason: [2]string{"a", "b"}, Instead: [2]string{"a", "b"}}}); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("a rule without hosts: %v, want bad_input", err)
	}
}

func TestEstimateCountsEachPersonOnceAndForeseesTheirFatigue(t *testing.T) {
	at := in(t, "UTC", "2026-11-27 12:00")
	rows := make([]Reach, 3)
	for i := range rows {
		rows[i] = Reach{Level: community.Native, Members: []community.MemberKey{1, 2}, Facts: Facts{Zone: time.UTC}}
	}
	rows[2].Level = community.Human
	e := Foresee(DefaultLimits(), Post{Text: "x"}, rows, map[community.MemberKey]int{1: 4}, nil, "", at)
	if e.Groups != 3 || e.People != 2 || e.Levels[community.Native] != 2 || e.Blocked != 2 || !e.Ready() {
		t.Errorf("estimate = %+v, want 3 groups, 2 people, 2 native, the second and third blocked by fatigue", e)
	}
	if e.Rows[1].Verdict.Reasons[0].Code != Fatigue {
		t.Errorf("second group: %+v, want fatigue: its first member was reached five times then", e.Rows[1].Verdict)
	}
}

func TestWhatPeopleWriteIsChecked(t *testing.T) {
	ok := Step{ID: "a", Kind: ByDay, At: "09:00", Text: "早"}
	with := func(change func(*Step)) SOP {
		s := ok
		change(&s)
		return SOP{Name: "新人", Steps: []Step{s}}
	}
	if err := (SOP{Name: "新人", Steps: []Step{ok}}).Check(); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]SOP{
		"no steps": {Name: "x"}, "no name": {Steps: []Step{ok}}, "same id": {Name: "x", Steps: []Step{ok, ok}},
		"25 o'clock": with(func(p *Step) { p.At = "25:00" }), "9:00": with(func(p *Step) { p.At = "9:00" }), "empty text": with(func(p *Step) { p.Text = " " }),
		"huge": with(func(p *Step) { p.Text = strings.Repeat("长", MaxText+1) }), "kind": with(func(p *Step) { p.Kind = "yearly" }), "weekday": with(func(p *Step) { p.Kind = Weekly }),
		"date": with(func(p *Step) { p.Kind, p.Date = OnDate, "2026-02-30" }), "day": with(func(p *Step) { p.Day = -1 }), "not text": with(func(p *Step) { p.Text = "\xff" }),
	} {
		if code := community.CodeOf(s.Check()); code != community.CodeBadInput && code != community.CodeTooLarge {
			t.Errorf("%s: %v, want it refused", name, s.Check())
		}
	}
	if got := NameSteps([]Step{{}, {ID: "s1"}, {}}); got[0].ID != "s2" || got[1].ID != "s1" || got[2].ID != "s3" {
		t.Errorf("named %+v, want ids that nobody else has", got)
	}
	l := DefaultLimits()
	l.QuietFrom = "24:00"
	if err := l.Check(); community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), "quiet_from") {
		t.Errorf("limits: %v, want the field named", err)
	}
}
