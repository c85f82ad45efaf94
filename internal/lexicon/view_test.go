package lexicon

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunluo/internal/community"
)

func viewed(t testing.TB, views func(string) View, words ...string) *Matcher {
	t.Helper()
	list := make([]Phrase, len(words))
	for i, w := range words {
		list[i] = Phrase{w, views(w)}
	}
	m, err := CompileViews(list)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestWordsPartedByOthersAreNotSeenInTalk keeps to what is ordinary: what stands between may be said so, or only loose views look there.
func TestWordsPartedByOthersAreNotSeenInTalk(t *testing.T) {
	for _, c := range []struct {
		word, text string
		views      func(string) View
	}{
		{"加群", "加入群聊", WideViews}, {"没人", "没有人来", WideViews}, {"赌徒", "徒更赌", WideViews},
		{"赌徒", "赌，更徒", WideViews}, {"赌徒", "赌更更更徒", WideViews}, {"赌徒", "他赌更徒了", CarefulViews}, {"刷单返利", "刷这单个返利", CarefulViews},
	} {
		if got := viewed(t, c.views, c.word).Find(c.text, nil); len(got) != 0 {
			t.Errorf("%q in %q: found as %v", c.word, c.text, got[0].View)
		}
	}
}

func only(v View) func(string) View { return func(string) View { return v } }

func TestEachViewSeesItsDisguise(t *testing.T) {
	for _, c := range []struct {
		word, text string
		want       string // part of the text, then the view
	}{
		{"刷单返利", "快来刷單返利吧", "刷單返利 traditional"},
		{"刷單返利", "快来刷单返利吧", "刷单返利 traditional"},
		{"加vip", "来加ѵір", "加ѵір letters"},
		{"加v二", "来加v2吧", "加v2 digits"},
		{"刷单返利", "快来shuadanfanli吧", "shuadanfanli pinyin"},
		{"刷单返利", "快来 shua dan fan li 吧", "shua dan fan li pinyin"},
		{"刷单返利", "快来刷dan返li吧", "刷dan返li pinyin"},
		{"刷单返利", "快来唰单饭粒吧", "唰单饭粒 sound"},
		{"好人卡", "发女子人卡给你", "女子人卡 split"},
		{"牛肉面", "吃🐮肉面", "🐮肉面 emoji"},
		{"刷单返利", "快来刷单扳莉吧", "刷单扳莉 shape+sound"},
		{"刷单返利", "快来返利刷单吧", "返利刷单 swap"},
		{"刷单返利", "快来刷这单个返利吧", "刷这单个返利 swap"},
		{"刷单返利", "快来返单利刷吧", "返单利刷 swap"},
		{"赌徒", "他赌更徒了", "赌更徒 swap"},
		{"赌徒", "他赌更更徒了", "赌更更徒 swap"},
		{"刷单返利", "快来sdfl吧", "sdfl initials"},
		{"刷单返利", "快来刷-單…返💰利吧", "刷-單…返💰利 traditional"},
		{"刷单返利", "快来刷单返利吧", "刷单返利 "},
	} {
		var got []string
		for _, m := range viewed(t, WideViews, c.word).Find(c.text, nil) {
			got = append(got, c.text[m.Span.Start:m.Span.End]+" "+m.View.String())
		}
		if !slices.Contains(got, c.want) {
			t.Errorf("%q in %q: got %q, want %q", c.word, c.text, got, c.want)
		}
	}
}

func TestWordIsSeenThroughItsOwnViewsOnly(t *testing.T) {
	texts := map[View]string{
		Traditional: "刷單返利", Pinyin: "shuadanfanli", Sound: "唰单饭粒", Swap: "返利刷单", Initials: "来sdfl吧",
	}
	for has := range texts {
		m := viewed(t, only(has), "刷单返利")
		for v, text := range texts {
			if found := len(m.Find(text, nil)) > 0; found != (v == has) {
				t.Errorf("with %s %q is found: %v", has, text, found)
			}
		}
	}
}

// What people write anyhow must not count, however close it sounds.
func TestInnocentTalkIsNotHit(t *testing.T) {
	m := viewed(t, WideViews, "危险", "微信", "歧视", "敌人", "私聊", "女权", "我要", "处女", "变态")
	for _, text := range []string{
		"这样很危险的", "有人的地方", "尤其是我们", "他是一个好人", "with women in china", "use vi and cn", "see http://wx.example.com",
		"我们全家", "女儿全好了", "编台词", "微微一笑", "卫星在天上",
	} {
		for _, hit := range m.Find(text, nil) {
			if hit.View != 0 {
				t.Errorf("%q: %q is taken for a word by %s", text, text[hit.Span.Start:hit.Span.End], hit.View)
			}
		}
	}
}

// A view that a word has not must not be needed to find it, and not be lent by one that it has.
func TestClassesKeepViewsApart(t *testing.T) {
	for _, c := range []struct {
		word  string
		views View
		text  string
		want  string // "" = not found
	}{
		{"一下单", Traditional, "一下單", "traditional"}, {"一下单", Traditional, "1下单", ""}, {"一下單", Digits, "1下單", "digits"}, {"一下單", Digits, "1下单", ""},
		{"一下單", Traditional | Digits, "1下单", "traditional+digits"}, {"一下单", Traditional, "一下单", "plain"},
	} {
		got := ""
		for _, m := range viewed(t, only(c.views), c.word).Find(c.text, nil) {
			if got = m.View.String(); m.View == 0 {
				got = "plain"
			}
		}
		if got != c.want {
			t.Errorf("%s by %s in %s: %q, want %q", c.word, c.views, c.text, got, c.want)
		}
	}
}

func TestShortWordsGetNoDangerousViews(t *testing.T) {
	for _, c := range []struct {
		word       string
		has, lacks View
	}{
		{"好", Traditional, Pinyin | Sound | Split | Swap | Initials}, {"微信", Pinyin | Split, Sound | Swap | Initials | Loose},
		{"公众号", Sound | Swap, Initials}, {"刷单返利", Sound | Swap | Initials, Loose}, {"vip", Letters, Pinyin | Sound}, {"加v信", Sound, Swap | Initials},
	} {
		if v := CarefulViews(c.word); v&c.has != c.has || v&c.lacks != 0 {
			t.Errorf("%s: %s, want %s and not %s", c.word, v, c.has, c.lacks)
		}
	}
}

func TestSyllablesAreNeverCut(t *testing.T) {
	m := viewed(t, WideViews, "西安门", "俺们们")
	for text, want := range map[string]int{"xianmen": 1, "xi an men": 1, "jiexianmen": 1, "xianmenx": 0, "kxianmen": 0} {
		if got := len(m.Find(text, nil)); (got > 0) != (want > 0) {
			t.Errorf("%q: %d found, want %d", text, got, want)
		}
	}
}

func TestViewNamesAreReadBack(t *testing.T) {
	for v := View(1); v <= AllViews; v <<= 1 {
		if got, ok := ReadViews(v.String(), "刷单返利"); !ok || got != v {
			t.Errorf("ReadViews(%q) = %v, %v", v, got, ok)
		}
	}
	if v, ok := ReadViews("sound, pinyin", "x"); !ok || v != Sound|Pinyin {
		t.Errorf("two names: %v, %v", v, ok)
	}
	if _, ok := ReadViews("backwards", "x"); ok {
		t.Error("an unknown name was read")
	}
	if v, _ := ReadViews(ViewsAuto, "刷单返利"); v != CarefulViews("刷单返利") {
		t.Errorf("auto = %s", v)
	}
}

func TestTooManyPhrasesAreRefused(t *testing.T) {
	_, err := CompileViews(make([]Phrase, MaxPhrases+1))
	if community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("err = %v, want too_large", err)
	}
}

// TestHugeAndBrokenTextsAreRead looks at a message of a megabyte, control characters and what is not UTF-8.
func TestHugeAndBrokenTextsAreRead(t *testing.T) {
	m := viewed(t, WideViews, "刷单返利")
	for name, text := range map[string]string{
		"huge": strings.Repeat("今天天气不错，", 50_000) + "唰单饭粒", "control": strings.Repeat("\x00\x1b[2J\u202e", 1000) + "唰单饭粒",
		"broken": strings.Repeat("\xff\xfe\xe5\x88", 1000) + "唰单饭粒", "letters": strings.Repeat("xian", 40_000) + "唰单饭粒",
		"pictures": strings.Repeat("🐮", 40_000) + "唰单饭粒",
	} {
		got := m.Find(text, nil)
		if len(got) == 0 || got[len(got)-1].Span.End != len(text) {
			t.Errorf("%s: %d found", name, len(got))
		}
	}
}

// A text of many blocks is seen as one: words across their borders are found, and once.
func TestBlocksHaveNoSeams(t *testing.T) {
	m := viewed(t, only(Sound), "刷单返利")
	text := strings.Repeat("唰单饭粒。", 5000)
	got := m.Find(text, nil)
	if len(got) != 5000 {
		t.Fatalf("%d found, want 5000", len(got))
	}
	for i, hit := range got {
		if text[hit.Span.Start:hit.Span.End] != "唰单饭粒" || i > 0 && hit.Span.Start <= got[i-1].Span.Start {
			t.Fatalf("hit %d = %+v", i, hit)
		}
	}
}

// Views only add: what a list finds as it is written is found with views as well, at the same places.
func TestViewsLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[微信刷单返利加v1]{1,5}`)
		list := rapid.SliceOfN(word, 1, 8).Draw(t, "list")
		text := rapid.StringMatching(`([微信刷单返利加v1]|-| |\n|的){0,40}`).Draw(t, "text")
		plain, err := Compile(list)
		if err != nil {
			t.Fatal(err)
		}
		phrases := make([]Phrase, len(list))
		for i, w := range list {
			phrases[i] = Phrase{w, AllViews}
		}
		m, err := CompileViews(phrases)
		if err != nil {
			t.Fatal(err)
		}
		found := m.Find(text, nil)
		for _, hit := range plain.Find(text, nil) {
			if !slices.Contains(found, hit) {
				t.Fatalf("%q in %q: %+v is lost", list[hit.Phrase], text, hit)
			}
		}
	})
}

// FuzzViews holds for any text: spans lie inside it, on borders of runes, and name a phrase and only views that it has.
func FuzzViews(f *testing.F) {
	words := []string{"刷单返利", "微信", "加v信", "好人卡", "公众号"}
	m := viewed(f, WideViews, words...)
	for _, s := range []string{"唰单饭粒 wei xin", "➕v信🐮7️⃣", "女子人卡\xff", "号公众sdfl", "xi\u200ban"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, hit := range m.Find(text, nil) {
			s := hit.Span
			if s.Start < 0 || s.End <= s.Start || s.End > len(text) || !utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End]) && utf8.ValidString(text) {
				t.Fatalf("%q: span %+v", text, s)
			}
			if views := WideViews(words[hit.Phrase]); hit.View&^views != 0 {
				t.Fatalf("%q: %s was found by %s", text, words[hit.Phrase], hit.View)
			}
		}
		HiddenContacts(text, nil)
	})
}

func TestHiddenContactsAreFound(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // kind; "" = none
	}{
		{"加薇芯 abc12345", "wechat"}, {"➕v：hello123", "wechat"}, {"wei信 hello_123", "wechat"}, {"v×hello123", "wechat"}, {"徽信号 a12345678", "wechat"},
		{"q裙 12345678", "qq"}, {"扣扣 1 2 3 4 5 6 7", "qq"}, {"QQ：一二三四五六", "qq"}, {"qq ①②③④⑤⑥", "qq"},
		{"电话一三八零零一三八零零零", "phone"}, {"138.0013.8000", "phone"}, {"1⃣3⃣8⃣0⃣0⃣1⃣3⃣8⃣0⃣0⃣0⃣", "phone"},
		{"微信群里说一下", ""}, {"我在用微信 is ok", ""}, {"订单号 1380013800012", ""}, {"qq音乐真好听", ""}, {"一三五晚上见", ""}, {"加v一下", ""}, {"", ""},
	} {
		got := ""
		if found := HiddenContacts(c.text, nil); len(found) > 0 {
			got = found[0].Kind
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func BenchmarkFindViews(b *testing.B) {
	list, talk := wordsAndTalk(10_000)
	m := viewed(b, CarefulViews, list...)
	var buf []Match
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		buf = m.Find(talk[i%len(talk)], buf[:0])
		i++
	}
}

// Looking at the third character first loses nothing: what laying every phrase finds whose first two may stand there is found.
func TestThirdCharacterLosesNothing(t *testing.T) {
	words := []string{"刷单返利", "加微信号", "真人荷官", "公众号", "好人卡", "看妈妈", "微信", "加v信"}
	v := viewed(t, func(w string) View { return WideViews(w) &^ (Swap | Initials) }, words...).veil
	pieces := strings.Fields("刷 唰 单 丹 返 饭 反 利 粒 莉 加 家 嘉 微 薇 徽 信 芯 亻 言 号 好 女 子 真 针 人 仁 荷 禾 何 官 棺 公 功 众 中 卡 看 手 目 妈 马 v wei xin hao 🐮 ， 的 7️⃣ \u200b")
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "text"), "")
		got, want := v.find(text, nil), laidAll(v, text)
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Fatalf("%q (-laid +found):\n%s", text, diff)
		}
	})
}

// laidAll is find without a look at the third character.
func laidAll(v *veil, text string) []Match {
	s := &scratch{credit: 1 << 40}
	v.read(text, 0, s)
	v.spell(s)
	s.odd = -1
	s.readAt = make([]uint32, len(s.tokens))
	for i := range s.tokens {
		if i > s.odd {
			s.odd = v.nextOdd(s, i)
		}
		lay := func(x *pairIndex, a, b uint16) {
			for _, it := range x.of(a, b) {
				if it.a != a || it.b != b {
					continue
				}
				l := laying{v: v, s: s, p: &v.list[it.phrase], from: i}
				if end, via, ok := l.from0(); ok && via != 0 && !v.isTalk(s, l.p, i, end, via, l.changed) {
					v.note(s, l.p, i, end, via)
				}
			}
		}
		for _, a := range v.readingsOf(s, i) {
			for k := 0; a.next < len(s.tokens) && k < len(v.readingsOf(s, a.next)); k++ {
				lay(&v.sounds, a.key, v.readingsOf(s, a.next)[k].key)
			}
		}
		if i+1 < len(s.tokens) && s.odd < len(s.tokens) && i+maxShape > s.odd && isTabled(s.tokens[i].r) && isTabled(s.tokens[i+1].r) && !s.tokens[i+1].cut {
			for _, a := range v.looksOf(s.tokens[i].r, nil) {
				for _, b := range v.looksOf(s.tokens[i+1].r, nil) {
					lay(&v.looks, lookKey(a), lookKey(b))
				}
			}
		}
	}
	return s.found
}
