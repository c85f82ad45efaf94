package lexicon

import (
	"strings"
	"testing"
)

func TestCopiesAreAlikeHoweverTheyWereChanged(t *testing.T) {
	for _, list := range [][]string{
		{"周末团建去哪里玩大家快来报名呀", "周.末团建去哪里❤玩大家快来报名呀", "周末团健去哪里玩大家快來报名呀 889", "【周末团建】去那里玩，大家快来报名呀！！"},
		{"新店开业全场五折欢迎光临", "新店开业全场五拆 欢-迎-光-临 12", "🔥新店开业全扬五折欢迎光临🔥", "新店开业全场五折欢迎光监"},
		{"小店开张ab77cd快来", "小店开张ab88cd快来呀", "🎉小店开涨ab99cd快来"},
		{"grand opening of our little shop this weekend", "grand opening of our litle shop this weekend!!", "Grand * opening of our little shop thjs weekend 77"},
		{"@阿青 请把昨天的会议纪要发给我", "@小满 @老周 请把昨天的会议纪要发给我", "xiaoy: 请把昨天的会议纪要发给我[微笑]"},
		{"QRST7-UVWX-YZAB", "QRST7-UVWX-YZAB 417", "QR★ST7-UVEX-YZAB 905"},
		{"2046 7811云游+开团[a今晚到]", "2046 7811云游+开团[a今夜到] 31", "2046 78.11云游+开困[a今晚到]"},
		{"看 shop.example.com/summer77", "→ shop.example.com/summer77 ←", "shop.example.com/summer77 好"},
		{"找 ab12cd34", "ab12cd34", "ＡＢ１２ＣＤ３４ 呢"},
		{strings.Repeat("今天的天气真是不错我们一起出去走走吧", 30), strings.Repeat("今天的天汽真是不错我们一起出去走走吧", 30)},
	} {
		var m Printer
		first := m.Print(list[0])
		for _, text := range list[1:] {
			if p := m.Print(text); !p.Alike(&first) || !first.Alike(&p) {
				t.Errorf("%.60q is no copy of %.60q", text, list[0])
			}
		}
	}
}

func TestDifferentTextsAreNotAlike(t *testing.T) {
	texts := []string{
		"周末团建去哪里玩大家快来报名呀", "明天上午十点在三楼会议室开会", "老师今天的数学作业是第几页的", "物业说今晚十点到明早六点停水",
		"stardiviner: 我也很开心啊", "stardiviner: 一样讨厌下雨天", "stardiviner: suffix是什么", "我家小孩三年级了作业好多啊写到十点",
		"看 https://a.example.com/1", "看 https://a.example.com/2", "sudo apt-get update", "sudo apt-get install vim",
		"spring-outing-photos.zip : 上传到 north-storage-server 没有能够成功", "winter-course-recordings.mp4 : 上传到 south-backup-machine 没有能够成功",
		"the quick brown fox jumps over the lazy dog", "we will meet at the station tomorrow morning at nine",
	}
	var m Printer
	for i, a := range texts {
		p := m.Print(a)
		for _, b := range texts[:i] {
			if q := m.Print(b); p.Alike(&q) {
				t.Errorf("%q counts as a copy of %q", a, b)
			}
		}
	}
}

func TestSmallTalkHasNoPrint(t *testing.T) {
	var m Printer
	for _, text := range []string{"", "好的", "哈哈哈哈哈", "收到 收到", "👍👍👍👍👍👍👍👍👍👍", "666666666666", "13:45 20.5", "@小满 好的好的", "[捂脸][捂脸][捂脸][捂脸]", "ok thank you", "收到，谢谢老师，辛苦了", "祝大家新年快乐，身体健康，万事如意！", "欢迎新人加入我们大家庭", "!!!!????", "\x00\x01\u200b"} {
		if p := m.Print(text); !p.IsZero() {
			t.Errorf("%q has a print: %+v", text, p)
		}
	}
}

// TestNamesAreNoHidingPlace: what stands where a name could stand is left out only as often as people do that.
func TestNamesAreNoHidingPlace(t *testing.T) {
	var m Printer
	if p := m.Print("@周末团建 @去哪里玩 @大家快来 @报名呀名 @额有限先 @到先得哦"); p.IsZero() {
		t.Error("a text made of names has no print")
	}
}

func FuzzPrint(f *testing.F) {
	for _, s := range []string{"周末团建去哪里玩大家快来报名呀", "[a]", "@", "@a ", "a: ", "[", "\xff\xfe周末", "www.a.com/b 12ab34cd", strings.Repeat("长", 400)} {
		f.Add(s, s+"!")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var m Printer
		p, q := m.Print(a), m.Print(b)
		if again := m.Print(a); again != p {
			t.Fatalf("%q has two prints", a)
		}
		if p.Alike(&q) != q.Alike(&p) {
			t.Fatalf("%q and %q are alike from one side only", a, b)
		}
		if !p.IsZero() && !p.Alike(&p) {
			t.Fatalf("%q is no copy of itself", a)
		}
		raw := p.AppendTo(nil)
		if back, ok := PrintFrom(raw); len(raw) != PrintSize || !ok || back != p {
			t.Fatalf("%q: written and read: %+v, want %+v", a, back, p)
		}
	})
}

func BenchmarkPrint(b *testing.B) {
	_, talk := wordsAndTalk(4096)
	var m Printer
	before, i := cpuSeconds(b), 0
	b.ReportAllocs()
	for b.Loop() {
		p := m.Print(talk[i%len(talk)])
		if p.IsZero() {
			b.Fatal("no print")
		}
		i++
	}
	b.ReportMetric((cpuSeconds(b)-before)/float64(b.N)*1e6, "CPU-µs")
}
