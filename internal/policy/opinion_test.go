package policy

import (
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// parlour is a group with the rule about public opinion.
type parlour struct {
	t  *testing.T
	k  *Keeper
	n  int64
	at int64
}

func newParlour(t *testing.T, mode string, params map[string]any) *parlour {
	b := blank()
	b.Mode = community.Live
	b.Rules = []Rule{{ID: "opinion", Name: "舆情", Kind: "opinion", Mode: mode, Params: raised(t, params)}}
	rb, err := Parse(raised(t, b))
	if err != nil {
		t.Fatal(err)
	}
	k := newKeeper(NewLibrary(nil), 7)
	k.rb = rb
	return &parlour{t: t, k: k, at: 1_700_000_000_000}
}

// says lets a member say something, some time later; change makes it something else than plain words.
func (p *parlour) says(who community.MemberKey, text string, later int64, change ...func(*community.Event)) []community.Decision {
	p.n++
	p.at += later
	ev := community.Event{Number: p.n, ID: community.MakeID(p.at, [10]byte{byte(p.n >> 8), byte(p.n)}), Group: 7, Seq: p.n, Type: community.MessageCreated, At: p.at, OccurredAt: p.at, Actor: who,
		Body: community.Body{Text: text, Message: "m", Role: community.RoleMember}}
	for _, f := range change {
		f(&ev)
	}
	return p.k.Step(&ev)
}

// usual lets the group talk for days about what it always talks about.
func (p *parlour) usual(lines ...string) *parlour {
	for i := range 400 {
		line := "周末爬山的路线发群里"
		if len(lines) > 0 {
			line = lines[i%len(lines)]
		}
		if out := p.says(community.MemberKey(1+i%9), fmt.Sprint(line, i), 5*60_000); len(out) > 0 {
			p.t.Fatalf("ordinary talk: %+v", out)
		}
	}
	return p
}

var angry = []string{"团长，草莓发霉了", "草莓我家的也坏了，要退款", "草莓质量差，没人管", "这草莓太坑了", "草莓能退吗"}

func (p *parlour) wave(lines []string, change ...func(*community.Event)) (out []community.Decision) {
	for i, line := range lines {
		out = append(out, p.says(community.MemberKey(20+i), line, 2*60_000, change...)...)
	}
	return out
}

// TestSeveralMembersComplainingOfOneThingAlarm: once, with the subject, the thread and the growth; nothing is done to anybody.
func TestSeveralMembersComplainingOfOneThingAlarm(t *testing.T) {
	p := newParlour(t, RuleLive, map[string]any{}).usual()
	out := p.wave(angry)
	if len(out) != 1 {
		t.Fatalf("decisions = %d, want one", len(out))
	}
	d := out[0]
	if d.Verdict != community.Served || len(d.Actions)+len(d.Strikes) != 0 || !strings.HasPrefix(d.Alarm, "opinion 4 4 4 30 ") || d.Event != p.n-1 {
		t.Errorf("decision = %+v", d)
	}
	hit := d.Hits[0]
	if text := angry[3]; text[hit.Spans[0].Start:hit.Spans[0].End] != "草莓" || len(hit.Near) != 3 || !hit.Chose {
		t.Errorf("hit = %+v, want the strawberries with three messages before", hit)
	}
	if out := p.wave(angry); len(out) != 0 {
		t.Errorf("within the quiet hours it alarms again: %+v", out)
	}
	p.at += 7 * 3600_000
	if out := p.wave(angry); len(out) != 1 {
		t.Errorf("after the quiet hours: %d alarms, want one", len(out))
	}
}

// TestOrdinaryTalkAlarmsNobody: what one member says, what is no complaint, what is denied, what the group always names, what
// others said and was quoted or forwarded, bots, and a group that nothing is known of yet.
func TestOrdinaryTalkAlarmsNobody(t *testing.T) {
	for name, talk := range map[string]func() []community.Decision{
		"one member": func() (out []community.Decision) {
			p := newParlour(t, RuleLive, map[string]any{}).usual()
			for _, line := range angry {
				out = append(out, p.says(20, line, 60_000)...)
			}
			return out
		},
		"no complaint": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave([]string{"草莓到了", "草莓好甜", "草莓再来一盒", "草莓做果酱", "草莓洗了吗"})
		},
		"denied": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave([]string{"草莓不后悔", "草莓没有破损", "草莓不会退款吧", "草莓并不差劲", "草莓不是假货"})
		},
		"different things": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave([]string{"快递太慢", "电梯又坏了", "食堂太贵", "网络崩了", "空调没人管"})
		},
		"spread over hours": func() (out []community.Decision) {
			p := newParlour(t, RuleLive, map[string]any{}).usual()
			for i, line := range angry {
				out = append(out, p.says(community.MemberKey(20+i), line, 20*60_000)...)
			}
			return out
		},
		"always named": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual("草莓今天三块", "草莓明天到货").wave(angry)
		},
		"forwarded": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave(angry, func(ev *community.Event) { ev.Body.Class = community.Forward })
		},
		"bots": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave(angry, func(ev *community.Event) { ev.Body.Role = community.RoleBot })
		},
		"our own": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave(angry, func(ev *community.Event) { ev.Body.Role = community.RoleSelf })
		},
		"copies we brought": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave(angry, func(ev *community.Event) { ev.Body.Caused = ev.ID })
		},
		"late": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave(angry, func(ev *community.Event) { ev.Mark = community.Late })
		},
		"nothing usual yet": func() []community.Decision { return newParlour(t, RuleLive, map[string]any{}).wave(angry) },
		"hostile": func() []community.Decision {
			return newParlour(t, RuleLive, map[string]any{}).usual().wave([]string{"\xff\xfe投诉", "\u202e退款\u200b", strings.Repeat("垃圾", 20_000), "", "投"})
		},
	} {
		if out := talk(); len(out) != 0 {
			t.Errorf("%s: %+v", name, out[0].Hits)
		}
	}
}

// TestDryOpinionSaysSoAndAlarmsNobody: and a snapshot in the middle changes nothing.
func TestDryOpinionSaysSoAndAlarmsNobody(t *testing.T) {
	p := newParlour(t, RuleDry, map[string]any{"members": 3}).usual()
	book := p.k.rb.book
	p.k.raw = raised(t, book)
	p.wave(angry[:2])
	k, err := restore(NewLibrary(nil), 7, p.k.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	p.k = k
	out := p.wave(angry[2:3])
	if len(out) != 0 {
		t.Errorf("member 20 again: %+v", out) // the third line is said by a member who spoke already
	}
	if out = p.says(33, "草莓退款！", 60_000); len(out) != 1 || out[0].Verdict != community.DryHit || out[0].Alarm != "" || !out[0].Hits[0].Dry {
		t.Errorf("dry = %+v", out)
	}
}

func TestWordsOfComplaintAreDenied(t *testing.T) {
	for text, want := range map[string]bool{
		"我要投诉": true, "不投诉了": false, "没有投诉": false, "太慢了": true, "并不后悔": false, "I want a refund": true, "not a scam": false, "this is a scam": true,
		"refundable tickets": false, "今天天气不错": false, "不处理": true, "没人管": true, "": false,
	} {
		if got := isSour(text); got != want {
			t.Errorf("%q complains = %v, want %v", text, got, want)
		}
	}
}
