package importer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunluo/internal/community"
)

// said reads one sentence with a roster of name → id.
func read(text string, people map[string]string) ([]community.Inbound, *Facts) {
	known := newRoster()
	for name, id := range people {
		known.add(id, name)
	}
	facts := &Facts{}
	base := community.Inbound{Key: "k", OccurredAt: 1_700_000_000_000, Body: community.Body{Text: text, Class: community.System}}
	return sentenceEvents(base, known, &recalls{}, Options{Self: community.Who{ID: "me", Name: "我"}}, facts), facts
}

// brief writes events as lines: type actor>subject by.
func brief(evs []community.Inbound) []string {
	var out []string
	for _, ev := range evs {
		s := string(ev.Type) + " " + ev.Actor.ID
		if ev.Subject.ID != "" {
			s += ">" + ev.Subject.ID
		}
		if ev.By.ID != "" {
			s += " by " + ev.By.ID
		}
		if strings.Contains(ev.Body.Source, MarkInferred) {
			s += " ?"
		}
		out = append(out, s)
	}
	return out
}

func TestSentencesOfWeChatBecomeEvents(t *testing.T) {
	people := map[string]string{"A": "a", "B": "b", "C": "c", "X": "x", "Y": "y"}
	for text, want := range map[string][]string{
		`你邀请"X、Y"加入了群聊`:                                    {"member.invited me>x", "member.invited me>y", "member.joined x by me", "member.joined y by me"},
		`"A"邀请"B、C"加入了群聊`:                                  {"member.invited a>b", "member.invited a>c", "member.joined b by a", "member.joined c by a"},
		`"A"邀请你加入了群聊，群聊参与人还有：B、C`:                          {"member.invited a>me", "member.joined me by a"},
		`"A"邀请你和"B、C"加入了群聊`:                                {"member.invited a>me", "member.invited a>b", "member.invited a>c", "member.joined me by a", "member.joined b by a", "member.joined c by a"},
		`"B"通过扫描"A"分享的二维码加入群聊`:                             {"member.joined b by a"},
		`"B"通过扫描你分享的二维码加入群聊`:                               {"member.joined b by me"},
		`你将"X、Y"移出了群聊`:                                     {"member.left x by me", "member.left y by me"},
		`你被"A"移出群聊`:                                        {"member.left me by a"},
		`"A"修改群名为“新名字”`:                                    {"group.updated a"},
		`你修改群名为“新名字”`:                                      {"group.updated me"},
		`"A"撤回了一条消息`:                                       {"message.deleted a"},
		`你撤回了一条消息`:                                         {"message.deleted me"},
		`"A"拍了拍"B"的小脑瓜`:                                    {"message.created a"},
		`A invited B, C to the group chat`:                 {"member.invited a>b", "member.invited a>c", "member.joined b by a", "member.joined c by a"},
		`"B" joined group chat via the QR code you shared`: {"member.joined b by me"},
		`You removed "X" from the group chat`:              {"member.left x by me"},
		`收到红包，请在手机上查看`:                                     {"system.text "},
	} {
		got, _ := read(text, people)
		if d := cmp.Diff(want, brief(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
}

func TestHostileNamesAreReadRight(t *testing.T) {
	for _, c := range []struct {
		text   string
		people map[string]string
		want   []string
	}{
		{`"小王"邀请"李雷、韩梅梅、"加入了群聊`, map[string]string{"小王": "w", "李雷": "l", "韩梅梅、": "h"},
			[]string{"member.invited w>l", "member.invited w>h", "member.joined l by w", "member.joined h by w"}},
		{`"A"邀请"B"加入了群聊"邀请"C"加入了群聊`, map[string]string{`A"邀请"B"加入了群聊`: "evil", "C": "c", "A": "a", "B": "b"},
			[]string{"member.invited evil>c", "member.joined c by evil"}},
		{`你邀请"张三、李四"加入了群聊`, map[string]string{"张三、李四": "one"},
			[]string{"member.invited me>one", "member.joined one by me"}},
		{`"通过扫描"小李"分享的二维码加入群聊"邀请"赵六"加入了群聊`, map[string]string{`通过扫描"小李"分享的二维码加入群聊`: "evil", "赵六": "z", "小李": "l"},
			[]string{"member.invited evil>z", "member.joined z by evil"}},
		{`"阿强(wxid_fake99)"邀请"B(wxid_b)"加入了群聊`, map[string]string{"阿强(wxid_fake99)": "wxid_evil", "B": "wxid_b", "真": "wxid_fake99"},
			[]string{"member.invited wxid_evil>wxid_b", "member.joined wxid_b by wxid_evil"}},
		{`"阿强(wxid_real)"邀请"B"加入了群聊`, map[string]string{"真人": "wxid_real", "B": "b"}, // frames nobody: the id belongs to another name
			[]string{"member.invited 阿强(wxid_real)>B ?", "member.joined B by 阿强(wxid_real) ?"}},
		{`你将"张三、李四"移出了群聊`, map[string]string{"张三": "z", "李四": "l", "张三、李四": "zl"}, // two full readings: kept whole
			[]string{"member.left 张三、李四 by me ?"}},
		{`你邀请"甲、乙"加入了群聊`, nil, []string{"member.invited me>甲 ?", "member.invited me>乙 ?", "member.joined 甲 by me ?", "member.joined 乙 by me ?"}},
		{`你邀请"甲、"加入了群聊`, nil, []string{"member.invited me>甲、 ?", "member.joined 甲、 by me ?"}},
		{`"A"邀请"B"邀请"C"加入了群聊`, nil, []string{"system.text  ?"}},
	} {
		got, facts := read(c.text, c.people)
		if d := cmp.Diff(c.want, brief(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, d)
		}
		if strings.Contains(c.want[0], "?") && facts.Doubtful != 1 {
			t.Errorf("%s: doubtful = %d, want it reported", c.text, facts.Doubtful)
		}
	}
}

func TestTwoMembersOfOneNameAreNeverMergedByName(t *testing.T) {
	known := newRoster()
	known.add("a", "小王")
	known.add("b", "小王")
	known.add("c", "老李")
	facts := &Facts{}
	base := community.Inbound{Body: community.Body{Text: `"老李"邀请"小王"加入了群聊`}}
	got := sentenceEvents(base, known, &recalls{}, Options{}, facts)
	if w := got[1].Actor; w.Certainty != community.NameOnly || w.ID != "小王" {
		t.Errorf("joined = %+v, want name_only", w)
	}
}

func TestARecallNamesItsMessageWhereTheRowDoes(t *testing.T) {
	got, _ := read(`<sysmsg type="revokemsg"><revokemsg><newmsgid>778899</newmsgid><replacemsg><![CDATA["A" 撤回了一条消息]]></replacemsg></revokemsg></sysmsg>`, map[string]string{"A": "a"})
	if d := cmp.Diff([]string{"message.deleted a"}, brief(got)); d != "" || got[0].Body.Message != "778899" {
		t.Errorf("%s message %q, want 778899", d, got[0].Body.Message)
	}
}

func TestOnlySystemRowsAreParsed(t *testing.T) {
	text := `{"_type":"header","chatlab":{"version":"0.0.2"},"meta":{"name":"群","platform":"wechat","type":"group","groupId":"1@chatroom"}}
{"_type":"message","sender":"wxid_a","accountName":"阿敏","timestamp":1767229200,"type":0,"content":"你将\"我\"移出了群聊"}
`
	_, got := readAll(t, memory("chatlab-jsonl", "x", []byte(text)), Options{})
	if len(got) != 1 || got[0].Type != community.MessageCreated {
		t.Errorf("a text message became %v", brief(got))
	}
}

// TestAKnownRosterRestoresTheExactPeople builds names from the grammar's own marks. A believed reading names exactly
// the people of the sentence; a doubted one had another full reading.
func TestAKnownRosterRestoresTheExactPeople(t *testing.T) {
	piece := rapid.SampledFrom([]string{`"`, "“", "”", "、", ",", "(", ")", "邀请", "加入了群聊", `"邀请"`, `"加入了群聊`, "通过扫描", "分享的二维码加入群聊",
		"你", "和", "甲", "乙", "\u202E", "👨‍👩‍👧", "移出了群聊", "wxid_1", " "})
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.TrimSpace(strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(t, "pieces"), "")) + "丙"
	})
	believed := 0
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfNDistinct(name, 3, 8, func(s string) string { return s }).Draw(t, "names")
		people := map[string]string{}
		for i, n := range all {
			people[n] = "id" + string(rune('a'+i))
		}
		n := rapid.IntRange(1, len(all)-1).Draw(t, "invited")
		list := strings.Join(all[1:1+n], "、")
		text := `"` + all[0] + `"邀请"` + list + `"加入了群聊`
		got, facts := read(text, people)
		if facts.Doubtful == 0 && facts.Unparsed == 0 {
			believed++
			var want []string
			for _, who := range all[1 : 1+n] {
				want = append(want, people[who])
			}
			var joined []string
			for _, ev := range got {
				if ev.Type == community.MemberJoined {
					joined = append(joined, ev.Actor.ID)
					if ev.By.ID != people[all[0]] {
						t.Fatalf("%s: invited by %s", text, ev.By.ID)
					}
				}
			}
			if d := cmp.Diff(want, joined); d != "" {
				t.Fatalf("%s (-want +got):\n%s", text, d)
			}
			return
		}
		known := newRoster()
		for name, id := range people {
			known.add(id, name)
		}
		full := 0
		for _, r := range readings(text) {
			full += len(r.full(known))
		}
		if full < 2 {
			t.Fatalf("%s: doubted with %d full readings", text, full)
		}
	})
	if believed == 0 {
		t.Error("no sentence was believed: the test proves nothing")
	}
}

func FuzzSentences(f *testing.F) {
	f.Add(`"A"邀请"B、C"加入了群聊`)
	f.Add(`"A"邀请"B"加入了群聊"邀请"C"加入了群聊`)
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := read(text, map[string]string{"A": "a", "B": "b", "、": "c"})
		if len(got) == 0 {
			t.Fatalf("%q vanished", text)
		}
	})
}
