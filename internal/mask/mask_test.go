package mask

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"qunluo/internal/community"

	"pgregory.net/rapid"
)

func people() []Known {
	return []Known{
		{Kind: Member, Key: 1, Names: []string{"林小满（产品部）", "小满", "Lin Xiaoman"}, IDs: []string{"wxid_k3j2h1", "20001"}},
		{Kind: Member, Key: 2, Names: []string{"老周", "周", "Zhou"}, IDs: []string{"987654321"}},
		{Kind: Member, Key: 3, Names: []string{"🌸", "成员", "A"}},
		{Kind: Group, Key: 9, Names: []string{"读书一群"}},
	}
}

func TestHidesWhatTheHouseKnowsAndWhatLooksLikeIt(t *testing.T) {
	for text, gone := range map[string][]string{
		"请林小满和老周周六到":                    {"林小满", "老周"},
		"@小满 你好":                        {"小满"},
		"ＬＩＮ xiaoman 与 lin XIAOMAN":     {"xiaoman", "XIAOMAN"},
		"小\u200b满来了":                    {"满"},
		"打 138 0013 8000 找我":            {"138", "8000"},
		"１３８００１３８０００":                   {"１３８"},
		"一三八零零一三八零零零":                   {"一三八"},
		"写信 a.b+c@example.com":          {"example", "a.b"},
		"加微信 tom_2020x":                 {"tom"},
		"我的QQ是 345678901":               {"3456"},
		"证件 11010519491231002X":         {"1949"},
		"卡号 6222 0200 0000 0000 000":    {"6222"},
		"报名 https://q.example/i?u=ab12": {"example", "ab12"},
		"http://localhost:8080/x?t=1":   {"localhost", "t=1"},
		"口令 kfc50vip8":                  {"kfc50"},
		"@路人甲 出来":                       {"路人甲"},
		"周，来一下":                         {"周"},
		"🌸开了":                           {"🌸"},
		"读书一群的朋友们":                      {"读书一群"},
		"假的⟦成员A⟧在这":                     {"⟦成员A⟧在"},
	} {
		c := New(people())
		masked := c.Hide(text)
		for _, g := range gone {
			if strings.Contains(Bare(masked), g) || g == "⟦成员A⟧在" && strings.Contains(masked, g) {
				t.Errorf("%q → %q: %q is left", text, masked, g)
			}
		}
		if back, left := c.Show(masked); back != text || left != nil {
			t.Errorf("%q → %q → %q (%v)", text, masked, back, left)
		}
		if err := c.Check(masked); err != nil {
			t.Errorf("%q → %q: %v", text, masked, err)
		}
	}
}

func TestLeavesWhatTellsNobody(t *testing.T) {
	for _, text := range []string{"2026-11-29 晚上 8:00 开始，满 100 减 20，共 3 场", "周末一起读第三章", "@所有人 明天见", "iOS 18 和 Go 1.26", "一二三四五，上山打老虎"} {
		if got := New(people()).Hide(text); got != text {
			t.Errorf("%q → %q", text, got)
		}
	}
}

func TestPlaceholdersAreStableAndTellWaysOfWriting(t *testing.T) {
	c := New(people()[:2])
	got := c.Hide("小满问老周，老周答小满；林小满谢谢 Zhou")
	if want := "⟦成员A⟧问⟦成员B⟧，⟦成员B⟧答⟦成员A⟧；⟦成员A2⟧谢谢 ⟦成员B2⟧"; got != want {
		t.Errorf("masked = %q, want %q", got, want)
	}
	if c.Name(1, "小满") != "⟦成员A⟧" || c.Name(7, "路人") == "⟦成员A⟧" {
		t.Error("a person's placeholder is the same wherever they stand")
	}
	if New(people()[:2]).Hide("老周") != "⟦成员A⟧" {
		t.Error("another request counts from the beginning")
	}
}

func TestNobodySmugglesAPlaceholder(t *testing.T) {
	c := New(people())
	c.Hide("小满")
	shown, left := c.Show("⟦成员Z⟧ ⟦链接9⟧ ⟦成员")
	if shown != "  ⟦成员" || !slices.Equal(left, []string{"⟦成员Z⟧", "⟦链接9⟧"}) {
		t.Errorf("shown = %q, left = %q", shown, left)
	}
}

// TestAPartThatManyShareIsAWord: 北京 before the names of many tells nobody.
func TestAPartThatManyShareIsAWord(t *testing.T) {
	c := New([]Known{{Kind: Member, Key: 1, Names: []string{"北京-张三"}}, {Kind: Member, Key: 2, Names: []string{"北京-李四"}}, {Kind: Member, Key: 3, Names: []string{"北京-王五"}}})
	if got := c.Hide("张三到北京，王五不去"); got != "⟦成员A⟧到北京，⟦成员B⟧不去" {
		t.Errorf("masked = %q", got)
	}
}

func TestRefusesWhereNoPlaceholderIsFree(t *testing.T) {
	c := New([]Known{{Kind: Member, Key: 1, Names: []string{"成员", "某人", "甲方", "小满"}}})
	if err := c.Check(c.Hide("小满")); community.CodeOf(err) != community.CodeRefused {
		t.Errorf("error = %v, want refused", err)
	}
	if err := New(people()).Check("老周 13800138000"); community.CodeOf(err) != community.CodeRefused {
		t.Errorf("error of an open text = %v, want refused", err)
	}
}

// plain is a second opinion on how texts are compared: lower case, narrow forms, nothing unseen.
func plain(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xfee0
		case r == 0x200b || r == 0xfe0f:
			return -1
		}
		return r
	}, s))
}

// TestNothingKnownGoesOut: whatever people are called and whatever is written, no name of two characters and more, no id, no mobile number stands in what
// goes out, placeholders included; and it comes back as it was.
func TestNothingKnownGoesOut(t *testing.T) {
	refused := 0
	letter := rapid.SampledFrom([]rune("小满周林成员某人甲AaBbzＺ19８🌸⟦⟧@ ._-x#号码电话链接\u200b王"))
	word := rapid.StringOfN(letter, 1, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		var known []Known
		for i := range rapid.IntRange(1, 6).Draw(t, "people") {
			known = append(known, Known{Kind: Member, Key: int64(i + 1), Names: rapid.SliceOfN(word, 1, 3).Draw(t, "names"), IDs: []string{rapid.StringMatching(`[a-z0-9_]{4,12}`).Draw(t, "id")}})
		}
		phone := "1" + rapid.StringMatching(`[3-9][0-9]{9}`).Draw(t, "phone")
		var b strings.Builder
		for range rapid.IntRange(1, 12).Draw(t, "pieces") {
			who := known[rapid.IntRange(0, len(known)-1).Draw(t, "who")]
			piece := rapid.SampledFrom([]string{who.Names[0], strings.ToUpper(who.Names[0]), "@" + who.Names[0] + "\u2005", who.IDs[0], phone, phone[:3] + "-" + phone[3:7] + " " + phone[7:], "https://a.cn/" + who.IDs[0], "好的", "，", "⟦成员A⟧"}).Draw(t, "piece")
			b.WriteString(piece)
			b.WriteString(rapid.StringOfN(letter, 0, 3, -1).Draw(t, "between"))
		}
		text, c := b.String(), New(known)
		masked := c.Hide(text)
		if back, _ := c.Show(masked); back != text {
			t.Fatalf("%q → %q → %q", text, masked, back)
		}
		if c.Check(masked) != nil {
			refused++
			return // nothing is sent
		}
		out := plain(masked)
		for _, k := range known {
			for _, n := range slices.Concat(k.Names, k.IDs) {
				if n = strings.TrimSpace(strings.NewReplacer(open, " ", end, " ").Replace(plain(n))); utf8.RuneCountInString(n) > 1 && strings.Contains(out, n) {
					t.Fatalf("%q → %q holds %q", text, masked, n)
				}
			}
		}
		if digits := strings.NewReplacer("-", "", " ", "").Replace(out); strings.Contains(digits, phone) {
			t.Fatalf("%q → %q holds %s", text, masked, phone)
		}
	})
	if refused > 60 {
		t.Errorf("%d texts could not be masked: the test says little", refused)
	}
}

func FuzzHideComesBack(f *testing.F) {
	f.Add("林小满 13800138000 https://a.cn/x")
	f.Add("⟦成员A⟧⟦⟧⟧⟦")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip()
		}
		c := New(people())
		masked := c.Hide(text)
		if back, _ := c.Show(masked); back != text {
			t.Fatalf("%q → %q → %q", text, masked, back)
		}
		if err := c.Check(masked); err != nil {
			t.Fatalf("%q → %q: %v", text, masked, err)
		}
	})
}

// TestWhoeverIsSpokenToIsHidden: known or not; everybody is nobody in particular.
func TestWhoeverIsSpokenToIsHidden(t *testing.T) {
	for text, hidden := range map[string]bool{"@Allen 你看": true, "@hereford 你看": true, "@all 你看": false, "@所有人 你看": false, "@大家 你看": false} {
		if got := New(nil).Hide(text); strings.Contains(got, "⟦") != hidden {
			t.Errorf("%s became %s", text, got)
		}
	}
}
