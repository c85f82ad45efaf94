package policy

import (
	"fmt"
	"slices"
	"testing"

	"qunluo/internal/community"
)

func mirrorRule(change func(m map[string]any)) Rule {
	m := map[string]any{"to": []int64{21, 22}, "from": "all"}
	if change != nil {
		change(m)
	}
	return Rule{ID: "to-subs", Name: "同步到子群", Kind: "mirror", Mode: RuleLive, Params: params(m)}
}

// posts lets a member post a message with an id of its own.
func (r *room) posts(who community.MemberKey, id string, body community.Body) *community.Decision {
	r.now += 600 * second
	body.Message, body.Name = id, "小明"
	return r.one(r.event(community.MessageCreated, who, body))
}

func sendsOf(d *community.Decision) []string {
	var out []string
	if d == nil {
		return nil
	}
	for _, a := range d.Actions {
		out = append(out, fmt.Sprintf("%s %d %s", a.Verb, a.Group, a.Text))
	}
	return out
}

func check(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s = %q, want %q", what, got, want)
	}
}

func TestMirrorCopiesIntoEveryTarget(t *testing.T) {
	book := live(mirrorRule(nil))
	book.Group = "读书主群"
	r := newRoom(t, book)
	d := r.posts(5, "m1", community.Body{Text: "周三晚八点直播"})
	check(t, "copies", sendsOf(d), []string{"message.send 21 【读书主群】小明：周三晚八点直播", "message.send 22 【读书主群】小明：周三晚八点直播"})
	if d.Verdict != community.Served || d.Actions[0].ID == d.Actions[1].ID || d.Actions[0].Deadline != r.now+hour {
		t.Errorf("decision = %+v", d)
	}
}

func TestMirrorChooses(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(m map[string]any)
		body   community.Body
		copies int
	}{
		"members' talk is left alone by default": {func(m map[string]any) { delete(m, "from"); m["from"] = "admins" }, community.Body{Text: "大家好"}, 0},
		"admins are copied":                      {func(m map[string]any) { m["from"] = "admins" }, community.Body{Text: "大家好", Role: community.RoleAdmin}, 2},
		"a wanted word":                          {func(m map[string]any) { m["words"] = []string{"#通知"} }, community.Body{Text: "＃通 知 明天停水"}, 2},
		"without the wanted word":                {func(m map[string]any) { m["words"] = []string{"#通知"} }, community.Body{Text: "明天停水"}, 0},
		"an unwanted word":                       {func(m map[string]any) { m["except"] = []string{"内部"} }, community.Body{Text: "仅供内部"}, 0},
		"a class not asked for":                  {func(m map[string]any) { m["classes"] = []string{"image"} }, community.Body{Text: "字"}, 0},
		"a class that is never copied":           {nil, community.Body{Text: "红包", Class: community.RedPack}, 0},
		"our own account":                        {nil, community.Body{Text: "副本", Role: community.RoleSelf}, 0},
		"the echo of an action of ours":          {nil, community.Body{Text: "副本", Caused: community.ID{1}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, live(mirrorRule(tc.change)))
			if n := len(sendsOf(r.posts(5, "m1", tc.body))); n != tc.copies {
				t.Errorf("copies = %d, want %d", n, tc.copies)
			}
		})
	}
}

func TestMirrorNeverSpreadsWhatIsAtFault(t *testing.T) {
	r := newRoom(t, live(word("ads", "代开发票"), mirrorRule(nil)))
	d := r.posts(5, "m1", community.Body{Text: "代开发票加我"})
	if d.Verdict != community.Hit || slices.ContainsFunc(d.Actions, func(a community.Action) bool { return a.Group != 7 }) {
		t.Errorf("decision = %s with %q, want a hit that stays here", d.Verdict, sendsOf(d))
	}
	if h := d.Hits[1]; h.Rule != "to-subs" || h.Chose || h.Why != "mirror stopped: at fault" {
		t.Errorf("hit = %+v, want the mirror to say why it did not copy", h)
	}
}

func TestDryMirrorSendsNothing(t *testing.T) {
	r := newRoom(t, live(with(mirrorRule(nil), func(r *Rule) { r.Mode = RuleDry })))
	if d := r.posts(5, "m1", community.Body{Text: "早"}); d.Verdict != community.DryHit || len(d.Actions) != 0 {
		t.Errorf("decision = %s with %q, want dry and nothing sent", d.Verdict, sendsOf(d))
	}
}

func TestMediaIsCopiedAndMentionsCallNobody(t *testing.T) {
	book := live(mirrorRule(nil))
	book.Group = "主群"
	r := newRoom(t, book)
	d := r.posts(5, "m1", community.Body{Text: "@全体成员 看图[图片]", Class: community.Image, Segments: []community.Segment{
		{Kind: "at_all", Text: "全体成员"}, {Kind: "text", Text: "看图"}, {Kind: "image", Ref: "https://pic.example/1.jpg"},
	}})
	want := []community.Segment{{Kind: "text", Text: "【主群】小明："}, {Kind: "text", Text: "@全体成员 "}, {Kind: "text", Text: "看图"},
		{Kind: "image", Ref: "https://pic.example/1.jpg"}}
	if len(d.Actions) != 2 || fmt.Sprint(d.Actions[0].Segments) != fmt.Sprint(want) {
		t.Errorf("parts = %+v, want %+v", d.Actions[0].Segments, want)
	}
}

func TestCopiesAreRecalledWithTheirOriginal(t *testing.T) {
	r := newRoom(t, live(mirrorRule(nil)))
	sent := r.posts(5, "m1", community.Body{Text: "说错了"})
	r.posts(5, "m2", community.Body{Text: "这句留着"})
	recall := func() *community.Decision {
		return r.one(r.event(community.MessageDeleted, 5, community.Body{Message: "m1"}))
	}
	d := recall()
	if len(d.Actions) != 2 {
		t.Fatalf("actions = %q, want a recall per copy", sendsOf(d))
	}
	for i, a := range d.Actions {
		if a.Verb != community.RecallMsg || a.Of != sent.Actions[i].ID || a.Group != sent.Actions[i].Group {
			t.Errorf("recall %d = %+v, want of %s in %d", i, a, sent.Actions[i].ID, sent.Actions[i].Group)
		}
	}
	if again := recall(); again != nil {
		t.Errorf("recalled twice: %q", sendsOf(again))
	}
}

func TestCopiesFollowAnEditUnlessItIsAtFault(t *testing.T) {
	r := newRoom(t, live(word("ads", "代开发票"), mirrorRule(nil)))
	first := r.posts(5, "m1", community.Body{Text: "周三直播"})
	edit := func(text string) *community.Decision {
		r.now += second
		return r.one(r.event(community.MessageEdited, 5, community.Body{Text: text, Message: "m1", Name: "小明"}))
	}
	second := edit("周四直播")
	check(t, "after the edit", sendsOf(second), []string{"message.recall 21 ", "message.recall 22 ", "message.send 21 【】小明：周四直播", "message.send 22 【】小明：周四直播"})
	if second.Actions[0].Of != first.Actions[0].ID {
		t.Errorf("recalls %s, want the first copy %s", second.Actions[0].Of, first.Actions[0].ID)
	}
	third := edit("代开发票加我")
	if third.Verdict != community.Hit || len(third.Strikes) != 1 {
		t.Errorf("an edit that is at fault: %s with %d strikes, want a hit and one", third.Verdict, len(third.Strikes))
	}
	var recalled []community.ID
	for _, a := range third.Actions {
		if a.Group != 7 && a.Verb != community.RecallMsg {
			t.Errorf("spread in %d: %q", a.Group, a.Text)
		}
		if a.Group != 7 {
			recalled = append(recalled, a.Of)
		}
	}
	if !slices.Equal(recalled, []community.ID{second.Actions[2].ID, second.Actions[3].ID}) {
		t.Errorf("recalled %v, want the copies of the first edit", recalled)
	}
}

func TestMirrorForgetsWhatIsTooOldToFollow(t *testing.T) {
	r := newRoom(t, live(mirrorRule(nil)))
	r.posts(5, "m1", community.Body{Text: "旧"})
	r.now += 49 * hour
	if out := r.step(r.event(community.MessageDeleted, 5, community.Body{Message: "m1"})); len(out) != 0 {
		t.Errorf("a recall after two days is followed: %+v", out)
	}
	for i := range 1200 {
		r.posts(5, fmt.Sprint("n", i), community.Body{Text: "多"})
	}
	if n := len(r.s.now.Copies); n > maxCopied {
		t.Errorf("%d originals remembered, want at most %d", n, maxCopied)
	}
}

func TestMirrorTargetsAreListed(t *testing.T) {
	rb := ready(t, live(mirrorRule(nil), with(mirrorRule(func(m map[string]any) { m["to"] = []int64{22, 30} }), func(r *Rule) { r.ID = "b" }),
		with(mirrorRule(func(m map[string]any) { m["to"] = []int64{99} }), func(r *Rule) { r.ID, r.Mode = "c", RuleOff })))
	if got := rb.MirrorTargets(); !slices.Equal(got, []community.GroupKey{21, 22, 30}) {
		t.Errorf("targets = %v, want 21 22 30", got)
	}
}
