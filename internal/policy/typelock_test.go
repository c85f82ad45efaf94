package policy

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func lock(locks ...string) map[string]any { return map[string]any{"locks": locks} }

// post lets member 1 post something, ten minutes later.
func (r *room) post(b community.Body) *community.Decision {
	r.now += 600 * second
	b.Message = "m"
	return r.one(r.event(community.MessageCreated, 1, b))
}

func segs(kind, ref string) []community.Segment {
	return []community.Segment{{Kind: kind, Ref: ref}}
}

func miniProgram(id string) community.Body {
	return community.Body{Text: "[卡片] 抽奖", Class: community.Share, Segments: []community.Segment{
		{Kind: "card", Ref: "https://m.q.qq.com/a/s/1", Raw: []byte(`{"data":"{\"meta\":{\"detail_1\":{\"appid\":\"` + id + `\"}}}"}`)}}}
}

// lockCases are messages that each lock must hit and no other, whatever connector or file they came by.
func lockCases() map[string][]community.Body {
	return map[string][]community.Body{
		"link": {{Text: "看 evil.example/x"}, {Text: "[链接] 好物", Class: community.Link, Segments: segs("link", "https://x.example")}, {Text: "好物", Class: community.Link}},
		"card": {{Text: "[名片]", Class: community.Card, Segments: segs("card", "10001")}, {Text: "小王", Class: community.Card}},
		"app":  {miniProgram("1109937557"), {Text: "[小程序]", Class: community.Share, Segments: segs("card", "wechaty:1")}, {Text: "点餐", Class: community.Share}, {Text: "[小程序]", Segments: []community.Segment{{Kind: "app", Raw: []byte(`{"appid":"wx1"}`)}}}},
		"file": {{Text: "[文件] 清单.xlsx", Class: community.File, Segments: segs("file", "f")}, {Text: "[音频]", Class: community.File, Segments: segs("audio", "f")}, {Text: "看这个", Segments: segs("file", "f")}},
		"image": {{Text: "[图片]", Class: community.Image, Segments: segs("image", "https://p.example/a")}, {Text: "[图片]", Class: community.Image},
			{Text: "看图[图片]", Segments: segs("image", "p")}, {Text: "对[图片]", Class: community.Reply, Segments: segs("image", "p")}},
		"voice":   {{Text: "[语音]", Class: community.Voice, Segments: segs("audio", "a")}, {Text: "", Class: community.Voice}},
		"video":   {{Text: "[视频]", Class: community.Video, Segments: segs("video", "v")}},
		"forward": {{Text: "[聊天记录]", Class: community.Forward, Segments: segs("card", "x")}},
		"long":    {{Text: strings.Repeat("长", 501)}},
		"none": {{Text: "大家好"}, {Text: "[动画表情]", Class: community.Sticker, Segments: segs("image", "a.gif")}, {Text: "[位置]", Class: community.Location, Segments: segs("card", "")},
			{Text: strings.Repeat("长", 500)}, {Text: "", Class: community.RedPack}},
	}
}

func TestEachLockHitsItsTypeAndNoOther(t *testing.T) {
	for of, messages := range lockCases() {
		for i, b := range messages {
			for _, row := range lockRows() {
				r := newRoom(t, live(rule1("lock", lock(row.name))))
				want := "-"
				if row.name == of {
					want = "hit !x rung1 strike:x recall send"
				}
				d := r.post(b)
				if got := gist(d); got != want {
					t.Errorf("%s message %d under the lock %s: %q, want %q", of, i, row.name, got, want)
				}
				if d != nil && !strings.HasPrefix(d.Hits[0].Why, "lock "+row.name) {
					t.Errorf("why = %q, want the lock %s named", d.Hits[0].Why, row.name)
				}
			}
		}
	}
}

func TestLongTextSaysHowLong(t *testing.T) {
	r := newRoom(t, live(rule1("lock", map[string]any{"locks": []string{"long"}, "long": 10})))
	if d := r.says(1, "一二三四五六七八九十一"); d == nil || d.Hits[0].Why != "lock long 11>10" {
		t.Errorf("decision = %+v", d)
	}
	r.want(r.says(1, "一二三四五六七八九十"), "-")
}

func TestLockSparesRolesAndHours(t *testing.T) {
	book := live(rule1("lock", map[string]any{"locks": []string{"file"}, "exempt": []string{"bot"}, "hours": Hours{"09:00", "12:00"}}))
	r := newRoom(t, book)
	file := community.Body{Text: "[文件]", Class: community.File}
	at := func(h int64, role community.Role) string {
		r.now = noon + h*hour
		b := file
		b.Role = role
		return gist(r.one(r.event(community.MessageCreated, 1, b)))
	}
	for _, c := range []struct {
		hour int64
		role community.Role
		hit  bool
	}{{-1, community.RoleMember, true}, {0, community.RoleMember, false}, {23, community.RoleBot, false}, {47, community.RoleMember, true}} {
		if got := at(c.hour, c.role); (got != "-") != c.hit {
			t.Errorf("%+d h as %s: %s, want a hit %v", c.hour, c.role, got, c.hit)
		}
	}
	night := newRoom(t, live(rule1("lock", map[string]any{"locks": []string{"file"}, "night_only": true})))
	night.want(night.post(file), "-")
	night.now = noon + 12*hour
	if d := night.post(file); d == nil || d.Verdict != community.Hit {
		t.Errorf("at midnight: %v, want a hit", gist(d))
	}
}

func TestLockParamsAreChecked(t *testing.T) {
	for params, want := range map[string]string{
		`{}`:                                 "rules[0].params.locks required",
		`{"locks":["telepathy"]}`:            "rules[0].params.locks[0] unknown_choice",
		`{"locks":["link","link"]}`:          "rules[0].params.locks[1] duplicate",
		`{"locks":["long"],"long":0}`:        "rules[0].params.long out_of_range",
		`{"locks":["long"],"long":99999999}`: "rules[0].params.long out_of_range",
		`{"locks":"link"}`:                   "rules[0].params.locks want_list",
		`{"locks":["link"],"hours":{"from":"25:00","to":"26:00"}}`: "rules[0].params.hours.from bad_time",
	} {
		_, err := Parse([]byte(`{"mode":"live","rules":[{"id":"x","name":"x","kind":"lock","mode":"live","params":` + params + `}]}`))
		if got := firstProblem(err); got != want {
			t.Errorf("%s: %q, want %q", params, got, want)
		}
	}
	_, err := Parse([]byte(`{"mode":"live","allow":{"apps":["wx1","a b",""]},"rules":[]}`))
	if got := firstProblem(err); got != "allow.apps[1] bad_app" {
		t.Errorf("apps: %q", got)
	}
}

// blocking are rules of every kind that judge what a message says, as strict as they can be.
func blocking() []Rule {
	all := make([]string, 0, 10)
	for _, row := range lockRows() {
		all = append(all, row.name)
	}
	rules := []Rule{
		rule1("lock", map[string]any{"locks": all, "long": 20000}),
		rule1("link", map[string]any{}),
		rule1("probation", probation{Messages: 100, NoLinks: true, NoMedia: true, NoContact: true, Words: []string{"good", "qun"}}),
		word("w", "good"),
	}
	for i := range rules {
		rules[i].ID = "r" + string(rune('a'+i))
	}
	return rules
}

// Whatever an allowed domain, mini-program or member stands in, and beside what other rules, no rule holds it against
// anybody; the same without the allow list is a hit.
func TestAllowedDomainsAppsAndMembersOutrankEveryBlockRule(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 8))
	hosts := []string{"good.example", "qun.example"}
	link := func() string {
		host := hosts[dice.IntN(2)]
		if dice.IntN(2) == 0 {
			host = "v13800138000." + host
		}
		return []string{"https://", "http://", ""}[dice.IntN(3)] + host + []string{"/", "/good/13800138000", "/x?qq=12345678&v=good", "/qun"}[dice.IntN(4)]
	}
	messages := []func() community.Body{
		func() community.Body { return community.Body{Text: "看 " + link() + " 吧"} },
		func() community.Body {
			return community.Body{Text: "[链接] 好物", Class: community.Link, Segments: segs("link", "https://a."+hosts[dice.IntN(2)]+"/x")}
		},
		func() community.Body { return miniProgram([]string{"1109937557", "wx1"}[dice.IntN(2)]) },
	}
	for n := range 600 {
		make, rules := messages[dice.IntN(3)], blocking()
		dice.Shuffle(len(rules), func(i, k int) { rules[i], rules[k] = rules[k], rules[i] })
		rules = rules[:1+dice.IntN(len(rules))]
		b := make()
		book := live(rules...)
		book.Allow.Hosts, book.Allow.Apps = hosts, []string{"1109937557", "wx1"}
		r := newRoom(t, book)
		r.one(r.event(community.MemberJoined, 1, community.Body{}))
		if d := r.post(b); d != nil && d.Verdict != community.Spared {
			t.Fatalf("%d: allowed content %+v: %s", n, b, gist(d))
		}
		book.Allow = Allow{Members: []community.MemberKey{1}}
		r = newRoom(t, book)
		r.one(r.event(community.MemberJoined, 1, community.Body{}))
		if d := r.post(b); d != nil && d.Verdict != community.Spared {
			t.Fatalf("%d: an allowed member's %+v: %s", n, b, gist(d))
		}
	}
	for i, make := range messages {
		r := newRoom(t, live(blocking()...))
		r.one(r.event(community.MemberJoined, 1, community.Body{}))
		if d := r.post(make()); d == nil || d.Verdict != community.Hit {
			t.Errorf("message %d without an allow list: %s, want a hit", i, gist(d))
		}
	}
}

// A mini-program that is not on the list beside one that is does not pass with it.
func TestAllowedAppDoesNotHideAnother(t *testing.T) {
	book := live(rule1("lock", lock("app")))
	book.Allow.Apps = []string{"wx1"}
	r := newRoom(t, book)
	b := miniProgram("wx1")
	b.Segments = slices.Concat(b.Segments, miniProgram("wx2").Segments)
	r.want(r.post(b), "hit !x rung1 strike:x recall send")
}

func firstProblem(err error) string {
	var problems Problems
	if !errors.As(err, &problems) {
		return "no problem"
	}
	return problems[0].Path + " " + problems[0].Code
}
