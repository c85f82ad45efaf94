package measure_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

func TestWhatAsks(t *testing.T) {
	for text, want := range map[string]bool{
		"怎么安装输入法":                true,
		"有没有人用过这个":               true,
		"这个能退款吗":                 true,
		"能退款吗，急":                 true,
		"几点开始？":                  true,
		"when does it start? ":   true,
		"真的吗？😂":                  true,
		"（几点？）":                  true,
		"你吃了没":                   false,
		"那么明天见":                  false,
		"我还没吃呢":                  false,
		"他在忙着呢":                  false,
		"你呢":                     true,
		"大家好吗？":                  false,
		"有人吗":                    false,
		"How are you?":           false,
		"？？？":                    false,
		"":                       false,
		"https://a.example/?":    false,
		"see https://a.example?": false,
		"收到":                     false,
		"吗":                      false,
		"I asked why.":           false,
	} {
		if got := measure.Asks(text); got != want {
			t.Errorf("Asks(%q) = %v, want %v", text, got, want)
		}
	}
}

// talk is a conversation written as "minute who: text"; a message's number is its place from 1.
func talk(lines ...string) (list []measure.Said) {
	who := map[string]community.MemberKey{}
	for i, l := range lines {
		minute := 0
		fmt.Sscan(l, &minute)
		_, rest, _ := strings.Cut(l, " ")
		name, text, _ := strings.Cut(rest, ": ")
		if who[name] == 0 {
			who[name] = community.MemberKey(len(who) + 1)
		}
		list = append(list, measure.Said{Number: int64(i + 1), At: int64(minute) * 60_000, Member: who[name], Name: name, Text: text})
	}
	return list
}

func followed(list []measure.Said) (links []measure.Link) {
	t := measure.NewThreads()
	for _, s := range list {
		links = append(links, t.Follow(s))
	}
	return links
}

func TestEvidenceInOrder(t *testing.T) {
	list := talk(
		"0 阿明: 请问退款怎么申请？",
		"0 小红: 周末的活动几点开始？",
		"1 老王: 早上九点",
		"2 小李: @阿明 在订单页点退款",
		"3 老王: 阿明，三天内都可以",
		"4 小李: 好的",
	)
	list[2].Answers = 2
	list[3].Mentions = []community.MemberKey{1}
	links := followed(list)
	want := []measure.Link{{Asks: true}, {Asks: true}, {To: 2, By: measure.ByReply}, {To: 1, By: measure.ByMention, Whom: 1}, {To: 1, By: measure.ByName, Whom: 1}}
	if !slices.Equal(links[:5], want) {
		t.Errorf("links = %+v, want %+v", links[:5], want)
	}
	for i, certain := range []bool{2: true, 3: true, 4: false} {
		if i > 1 && links[i].By.Certain() != certain {
			t.Errorf("message %d certain = %v", i+1, !certain)
		}
	}
}

func TestThreadFollowsTheSubject(t *testing.T) {
	links := followed(talk(
		"0 cat: back again",
		"0 dan: welcome",
		"0 ann: does anybody know how to mount a usb drive?",
		"0 bob: which kernel has the new scheduler?",
		"1 cat: the drive should mount by itself, else look at fstab",
		"2 dan: the scheduler came with kernel 6",
	))
	if links[4] != (measure.Link{To: 3, By: measure.ByThread}) || links[5] != (measure.Link{To: 4, By: measure.ByThread}) {
		t.Errorf("links = %+v: by their words the fifth answers the third, the sixth the fourth", links)
	}
}

func TestNobodyAnswersThemselves(t *testing.T) {
	for _, l := range followed(talk("0 a: 怎么退款？", "0 a: 急", "1 a: a, 在线等", "2 a: @a 有人吗？")) {
		if l.To != 0 {
			t.Errorf("link %+v in a talk with oneself", l)
		}
	}
}

func TestSilenceOfHoursAnswersNothing(t *testing.T) {
	if links := followed(talk("0 a: 怎么退款？", "400 b: 早")); links[1].To != 0 {
		t.Errorf("link = %+v after seven hours", links[1])
	}
}

func TestHostileNamesAndTexts(t *testing.T) {
	for _, s := range []measure.Said{
		{}, {Name: "?", Text: "?"}, {Name: strings.Repeat("长", 10_000), Text: strings.Repeat("吗", 10_000)}, {Text: "\xff\xfe:"}, {Name: ":", Text: ": : : :"},
		{Name: " ", Text: strings.Repeat(" ", 70_000)}, {At: -1 << 62, Text: "早"}, {At: 1 << 62, Text: "晚？"}, {Mentions: []community.MemberKey{0}, Text: "@"}, {Answers: -5},
	} {
		th := measure.NewThreads()
		for i := range int64(3) {
			s.Number, s.Member = i+1, community.MemberKey(i+1)
			th.Follow(s)
		}
	}
}

// TestThreadsGoOnWhereTheyWereLeft cuts a random talk at random places: the links are those of one run.
func TestThreadsGoOnWhereTheyWereLeft(t *testing.T) {
	for seed := range uint64(20) {
		list := randomTalk(rand.New(rand.NewPCG(seed, 7)), 400)
		want := followed(list)
		chance := rand.New(rand.NewPCG(seed, 8))
		th := measure.NewThreads()
		for i, s := range list {
			if chance.IntN(20) == 0 {
				marks := th.Marks()
				var window []measure.Said
				for _, m := range marks {
					window = append(window, list[m.Number-1])
				}
				th = measure.ResumeThreads(marks, window)
			}
			if got := th.Follow(s); got != want[i] {
				t.Fatalf("seed %d, message %d: %+v after a cut, want %+v", seed, i+1, got, want[i])
			}
		}
	}
}

func randomTalk(chance *rand.Rand, n int) []measure.Said {
	words := strings.Fields("退款 订单 活动 几点 怎么 kernel drive fstab mount 谢谢 好的 快递 发票 群主 价格 会员 周末 ok yes no why")
	var lines []string
	minute := 0
	for range n {
		minute += chance.IntN(3)
		text := words[chance.IntN(len(words))] + " " + words[chance.IntN(len(words))]
		switch chance.IntN(4) {
		case 0:
			text += "？"
		case 1:
			text = fmt.Sprintf("人%d: %s", chance.IntN(12), text)
		}
		lines = append(lines, fmt.Sprintf("%d 人%d: %s", minute, chance.IntN(12), text))
	}
	return talk(lines...)
}

// TestLinksEqualANaiveReading compares with a reading that keeps every message and looks everything up anew.
func TestLinksEqualANaiveReading(t *testing.T) {
	for seed := range uint64(10) {
		list := randomTalk(rand.New(rand.NewPCG(seed, 9)), 300)
		want := naiveLinks(list)
		for i, l := range followed(list) {
			if l.To != want[i] {
				t.Fatalf("seed %d, message %d: follows %d, want %d", seed, i+1, l.To, want[i])
			}
		}
	}
}
