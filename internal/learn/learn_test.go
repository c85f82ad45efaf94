package learn

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// small is a set of examples that trains in a moment.
func small() []Example {
	var out []Example
	for i, e := range Base() {
		if i%5 == 0 {
			out = append(out, e)
		}
	}
	return out
}

func TestSameExamplesGiveTheSameBytes(t *testing.T) {
	one, two := Train(small()).Pack(), Train(small()).Pack()
	if !bytes.Equal(one, two) {
		t.Error("trained twice, two models")
	}
	list := small()
	list[0], list[1] = list[1], list[0]
	if bytes.Equal(one, Train(list).Pack()) {
		t.Error("another order gave the same model: it cannot have been looked at")
	}
}

var update = flag.Bool("update", false, "write the shipped model anew")

// TestShippedModelIsWhatItsExamplesTeach: who changes examples, features or training makes another model, beside those that
// books already name: go test -update, then ShippedHash.
func TestShippedModelIsWhatItsExamplesTeach(t *testing.T) {
	raw := makeShipped().Pack()
	hash := hashOf(raw)
	if *update {
		if err := os.WriteFile(filepath.Join("shipped", hash+".qlm"), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if hash != ShippedHash {
		t.Errorf("the examples teach %s, shipped is %s", hash, ShippedHash)
	}
}

func TestEveryModelEverShippedIsStillThere(t *testing.T) {
	files, err := models.ReadDir("shipped")
	if err != nil || len(files) == 0 {
		t.Fatalf("no models: %v", err)
	}
	for _, f := range files {
		hash := strings.TrimSuffix(f.Name(), ".qlm")
		raw, ok := ShippedModel(hash)
		if _, err := Read(raw); !ok || err != nil || hashOf(raw) != hash {
			t.Errorf("%s: found %v, %v", hash, ok, err)
		}
	}
	if _, ok := ShippedModel("../base"); ok {
		t.Error("a path counts as a hash")
	}
}

func TestPackedModelScoresTheSame(t *testing.T) {
	m := Train(small()).WithThresholds(2.5, 1)
	raw := m.Pack()
	if len(raw) > MaxModel {
		t.Errorf("%d bytes, want at most %d", len(raw), MaxModel)
	}
	back, err := Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back.Pack(), raw) || back.Act() != 2.5 || back.Suspect() != 1 || back.Features() != m.Features() {
		t.Error("read and packed again: another model")
	}
	for _, e := range small()[:200] {
		if a, b := m.Score(e.Text), back.Score(e.Text); a != b {
			t.Fatalf("%q scores %v, then %v", e.Text, a, b)
		}
	}
}

func TestModelStaysSmallHoweverMuchItLearns(t *testing.T) {
	list := small()
	for i := range 4000 {
		var b strings.Builder
		for k := range 40 {
			b.WriteRune(rune(0x4e00 + (i*7919+k*104729+i*k)%20000))
		}
		list = append(list, Example{Text: b.String(), Spam: i%2 == 0})
	}
	if n := len(Train(list).Pack()); n > MaxModel || n < MaxModel/2 {
		t.Errorf("%d bytes, want just below %d", n, MaxModel)
	}
}

func TestShippedModelTellsTheTwoApart(t *testing.T) {
	m := Shipped()
	for _, text := range []string{
		"宅家副业一天五百起，感兴趣加薇信kk77889", "看大片搜名字加扣 88 123 4567", "内部彩票计划，稳赚不赔，进群领取 http://cp88.vip/reg", "出售实名微信号，日结，飞机@ab9988",
	} {
		if s := m.Score(text); s < m.Act() {
			t.Errorf("%q scores %v, want at least %v", text, s, m.Act())
		}
	}
	for _, text := range []string{
		"", "好", "明天几点集合？", "老师，今天的数学作业是什么", "sudo apt-get install vim 报错了", "192.168.1.1 ping 不通", "大家别信刷单返利，都是骗人的",
		"我家猫生了三只小猫，要领养的说", "$$$$", "3.14159265358979", "谁有下周的课表，发我一份谢谢", "哈哈哈哈哈哈哈哈哈哈",
	} {
		if s := m.Score(text); s >= m.Suspect() {
			t.Errorf("%q scores %v, want below %v", text, s, m.Suspect())
		}
	}
}

func TestReasonsAreWhatWasSaid(t *testing.T) {
	m := Shipped()
	text := "今天天气不错，兼职刷单日结，加微信abc12345，明天见"
	list := m.Explain(text, 4)
	if len(list) == 0 || len(list) > 4 {
		t.Fatalf("%d reasons, want one to four", len(list))
	}
	quoted := ""
	for i, r := range list {
		if r.Weight <= 0 || i > 0 && r.Weight > list[i-1].Weight || r.Span.Start < 0 || r.Span.End > len(text) || r.Span.Start >= r.Span.End {
			t.Errorf("reason %d = %+v", i, r)
		}
		quoted += text[r.Span.Start:r.Span.End] + " "
	}
	t.Log(quoted)
	if strings.Contains(quoted, "天气") || strings.Contains(quoted, "明天见") {
		t.Errorf("reasons %q: small talk speaks for advertising", quoted)
	}
}

func TestCorrectionsOutweighWhatCameAlong(t *testing.T) {
	text := "本周团购草莓，三十元一箱，加我微信caomei2020接龙"
	before := Train(small())
	list := append(small(), Example{Text: text, Weight: 8}, Example{Text: "团购樱桃，加我微信yingtao88接龙", Weight: 8})
	if a, b := before.Score(text), Train(list).Score(text); b >= a || b >= 0 {
		t.Errorf("score %v, after the correction %v: want below 0", a, b)
	}
}

func TestOneSidedAndEmptyLessonsAreHarmless(t *testing.T) {
	for name, list := range map[string][]Example{"none": nil, "blank": {{Text: ""}, {Text: "", Spam: true}}, "one side": {{Text: "你好"}, {Text: "早"}}} {
		m := Train(list)
		if s := m.Score("随便一句话"); math.IsNaN(s) || math.IsInf(s, 0) {
			t.Errorf("%s: score %v", name, s)
		}
		if _, err := Read(m.Pack()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHugeTextsAreReadUpToTheirBound(t *testing.T) {
	m := Shipped()
	for _, text := range []string{strings.Repeat("加微信", 1<<18), strings.Repeat("\xff", 1<<20), strings.Repeat("a.b/", 1<<18), strings.Repeat("\u200b", 1<<18), "\x00\x01\x02\x7f"} {
		if s := m.Score(text); math.IsNaN(s) {
			t.Errorf("score %v", s)
		}
		m.Explain(text, 5)
	}
}

func TestForeignBytesAreNoModel(t *testing.T) {
	good := Train(small()).Pack()
	for name, raw := range map[string][]byte{
		"empty": nil, "text": []byte("hello, world, this is no model at all, but long enough"), "half": good[:len(good)/2], "more": append(bytes.Clone(good), 1, 1),
		"huge": make([]byte, MaxModel+1),
	} {
		if _, err := Read(raw); community.CodeOf(err) != community.CodeBadInput && community.CodeOf(err) != community.CodeTooLarge {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(Train(small()[:40]).Pack())
	f.Add([]byte("qlm\x01"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Read(raw)
		if err != nil {
			return
		}
		if back, err := Read(m.Pack()); err != nil || back.Score("加微信") != m.Score("加微信") {
			t.Fatalf("packed again: %v", err)
		}
	})
}

func FuzzScore(f *testing.F) {
	for _, s := range []string{"", "加微信abc123", "\xff", "@a ", "[a] b", "www.a.com/b", "①②③"} {
		f.Add(s)
	}
	m := Shipped()
	f.Fuzz(func(t *testing.T, text string) {
		s := m.Score(text)
		if s != m.Score(text) || math.IsNaN(s) {
			t.Fatalf("%q scores %v", text, s)
		}
		for _, r := range m.Explain(text, 5) {
			if r.Span.Start < 0 || r.Span.End > len(text) || r.Span.Start >= r.Span.End {
				t.Fatalf("%q: reason %+v", text, r)
			}
		}
	})
}

func BenchmarkScore(b *testing.B) {
	m, list, i := Shipped(), Base(), 0
	b.ReportAllocs()
	for b.Loop() {
		m.Score(list[i%len(list)].Text)
		i++
	}
}
