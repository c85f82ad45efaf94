package shelf

import (
	"slices"
	"testing"
	"time"

	"qunluo/internal/community"
)

func TestVariablesAreFilledOrSaid(t *testing.T) {
	for _, c := range []struct {
		text    string
		kind    Kind
		values  map[string]string
		want    string
		missing []string
	}{
		{"{group}今晚见", Post, map[string]string{"group": "读书会"}, "读书会今晚见", nil},
		{"{name}，收 {price} 元，{price} 元", Post, map[string]string{"name": "阿敏"}, "阿敏，收 {price} 元，{price} 元", []string{"price"}},
		{"欢迎 {name} 来{group}，{gift}", Welcome, nil, "欢迎 {name} 来{group}，{gift}", []string{"gift"}},
		{"{} { {A} {中} {a b} {open", Post, nil, "{} { {A} {中} {a b} {open", nil},
		{"{a}", Post, map[string]string{"a": "{b}"}, "{b}", nil}, // what is filled in is not read again
		{"{{a}}", Post, map[string]string{"a": "x"}, "{x}", nil},
	} {
		if got, missing := Fill(c.text, c.kind, c.values); got != c.want || !slices.Equal(missing, c.missing) {
			t.Errorf("Fill(%q) = %q, %v; want %q, %v", c.text, got, missing, c.want, c.missing)
		}
	}
	if v := Variables("{a}{b}{a} {c_1}"); !slices.Equal(v, []string{"a", "b", "c_1"}) {
		t.Errorf("variables = %v", v)
	}
}

func TestAnItemIsGoodUntilTheEndOfItsLastDay(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	c := Content{Expires: "2026-03-10"}
	at := func(s string) int64 {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMilli()
	}
	for when, want := range map[string]string{"2026-03-02 23:59:59": Good, "2026-03-03 00:00:00": Soon, "2026-03-10 23:59:59": Soon, "2026-03-11 00:00:00": Expired} {
		if got := c.Standing(at(when), zone); got != want {
			t.Errorf("on %s it is %s, want %s", when, got, want)
		}
	}
	i := Item{Content: c}
	if err := i.MayUse(at("2026-03-11 00:00:00"), zone, " "); community.CodeOf(err) != community.CodeRefused {
		t.Errorf("expired without a word: %v", err)
	}
	if err := i.MayUse(at("2026-03-11 00:00:00"), zone, "老板要"); err != nil {
		t.Errorf("expired with a word: %v", err)
	}
	i.Archived = true
	if err := i.MayUse(at("2026-03-01 00:00:00"), zone, "老板要"); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("put away: %v", err)
	}
}

func TestWhatMayBeWritten(t *testing.T) {
	picture := File{Name: "a.png", Type: "image/png"}
	for name, c := range map[string]struct {
		kind Kind
		Content
		want community.Code
	}{
		"a post":              {Post, Content{Title: "a", Text: "b"}, community.CodeNone},
		"no text":             {Script, Content{Title: "a", Text: " "}, community.CodeBadInput},
		"no title":            {Post, Content{Text: "b"}, community.CodeBadInput},
		"no such kind":        {"song", Content{Title: "a", Text: "b"}, community.CodeBadInput},
		"a picture":           {Picture, Content{Title: "a", Files: []File{picture}}, community.CodeNone},
		"a picture that's no": {Picture, Content{Title: "a", Files: []File{{Name: "a.exe", Type: "application/octet-stream"}}}, community.CodeBadInput},
		"a file without":      {Paper, Content{Title: "a"}, community.CodeBadInput},
		"a poster without":    {Poster, Content{Title: "a"}, community.CodeBadInput},
		"a tag twice":         {Post, Content{Title: "a", Text: "b", Tags: []string{"x", "x"}}, community.CodeBadInput},
		"a day that's none":   {Post, Content{Title: "a", Text: "b", Expires: "2026-02-30"}, community.CodeBadInput},
		"an address":          {Post, Content{Title: "a", Text: "b", URL: "javascript:1"}, community.CodeBadInput},
		"a NUL":               {Post, Content{Title: "a", Text: "b\x00"}, community.CodeBadInput},
	} {
		if got := community.CodeOf(c.Content.Check(c.kind)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestARuleKeepsWhatPeopleChose(t *testing.T) {
	people := func(n ...community.MemberKey) []community.MemberKey { return n }
	rule := Rule{On: true, Reactions: 2, Replies: 3, Notice: true, Digest: true, Least: 4, Days: 7}
	good := Said{Author: 1, Text: "十个字的一句话", Words: true}
	for name, c := range map[string]struct {
		change func(*Said, *Rule)
		want   string
	}{
		"nobody":              {func(*Said, *Rule) {}, ""},
		"two react":           {func(m *Said, _ *Rule) { m.Reacted = people(2, 3) }, ByPeople},
		"one reacts twice":    {func(m *Said, _ *Rule) { m.Reacted = people(2, 2) }, ""},
		"the author reacts":   {func(m *Said, _ *Rule) { m.Reacted = people(1, 2) }, ""},
		"three answer":        {func(m *Said, _ *Rule) { m.Answered = people(2, 3, 4) }, ByPeople},
		"two answer":          {func(m *Said, _ *Rule) { m.Answered = people(2, 3) }, ""},
		"too short":           {func(m *Said, _ *Rule) { m.Reacted, m.Text = people(2, 3), "好的 " }, ""},
		"short, but chosen":   {func(m *Said, _ *Rule) { m.Noticed, m.Text = true, "好" }, ByNotice},
		"a digest's answer":   {func(m *Said, _ *Rule) { m.OfDigest = true }, ByDigest},
		"by a bot":            {func(m *Said, _ *Rule) { m.Reacted, m.Words = people(2, 3), false }, ""},
		"recalled":            {func(m *Said, _ *Rule) { m.Noticed, m.Recalled = true, true }, ""},
		"a rule hit it":       {func(m *Said, _ *Rule) { m.Noticed, m.Hit = true, true }, ""},
		"its author's erased": {func(m *Said, _ *Rule) { m.Noticed, m.Forbidden = true, true }, ""},
		"no words":            {func(m *Said, _ *Rule) { m.Noticed, m.Text = true, " " }, ""},
		"off":                 {func(m *Said, r *Rule) { m.Reacted, r.On = people(2, 3), false }, ""},
		"reactions not asked": {func(m *Said, r *Rule) { m.Reacted, r.Reactions = people(2, 3), 0 }, ""},
	} {
		m, r := good, rule
		c.change(&m, &r)
		if by, _, keep := r.Keep(m); by != c.want || keep != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", name, by, keep, c.want)
		}
	}
	var m Said
	m.Count(rule, []Mark{{MarkReaction + "a", 2, 1}, {MarkAnswer, 3, 7 * 86_400_000}, {MarkAnswer, 4, 7*86_400_000 + 1}, {MarkNotice, 5, 30 * 86_400_000}})
	if len(m.Reacted) != 1 || len(m.Answered) != 1 || !m.Noticed {
		t.Errorf("counted %+v; want what came within seven days, and the notice", m)
	}
}

func TestWhoMayOpen(t *testing.T) {
	i := Item{Exclusive: true, Groups: []community.GroupKey{1, 2}}
	for name, c := range map[string]struct {
		Reader
		want string
	}{
		"a member":       {Reader{Member: 9, Groups: []community.GroupKey{2}}, ""},
		"who left":       {Reader{Member: 9, Groups: []community.GroupKey{3}}, RefusedLeft},
		"a stranger":     {Reader{Groups: []community.GroupKey{1}}, RefusedStranger},
		"closed":         {Reader{Member: 9, Groups: []community.GroupKey{1}, Closed: true}, RefusedClosed},
		"a fourth phone": {Reader{Member: 9, Groups: []community.GroupKey{1}, Devices: MaxDevices}, RefusedDevices},
		"a known phone":  {Reader{Member: 9, Groups: []community.GroupKey{1}, Devices: MaxDevices, Known: true}, ""},
	} {
		if got := i.Open(c.Reader); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatGivesAnExclusiveItemAway(t *testing.T) {
	i := Item{Content: Content{Text: "社群的留存从第一周开始，第一周里说过话的人三个月后留下的是没说过话的人的四倍。", URL: "https://qun.example/paper"}, Exclusive: true, Groups: []community.GroupKey{1}}
	for text, want := range map[string]bool{
		i.Text: true, "转：" + i.Text + "！": true, "第一周里 说过话 的人 三个月后 留下的 是没说过话的人 的四倍": false, "从第一周开始 第一周里说过话的人 三个月后留下的是 没说过话的人的四倍": true,
		"看 https://qun.example/paper": true, "第一周开始读书啦": false, "": false,
	} {
		if got := i.Tells(text); got != want {
			t.Errorf("Tells(%q) = %v, want %v", text, got, want)
		}
	}
	few := Item{Content: Content{Text: "大家好"}}
	if few.Tells("大家好，我是新来的") {
		t.Error("what everybody writes gives nothing away")
	}
	if beyond := i.Beyond([]community.GroupKey{1, 2, 3}, []Release{{Group: 3}}); !slices.Equal(beyond, []community.GroupKey{2}) {
		t.Errorf("beyond = %v, want the group that is neither its own nor released", beyond)
	}
}
