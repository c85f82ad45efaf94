package digest

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"

	"pgregory.net/rapid"
)

// chat makes lines of "name: text", a minute apart; numbers count from 1.
func chat(script ...string) (out []Line) {
	who := map[string]community.MemberKey{}
	for i, s := range script {
		name, text, _ := strings.Cut(s, ": ")
		if who[name] == 0 {
			who[name] = community.MemberKey(len(who) + 1)
		}
		out = append(out, Line{Number: int64(i + 1), At: int64(i) * 60_000, Member: who[name], Name: name, Text: text, Bot: name == "bot"})
	}
	return out
}

// usual is talk of other days.
func usual(n int) (out []string) {
	for i := range n {
		out = append(out, []string{"今天读到第三章", "早上好大家", "读书会周六见", "这本书的翻译不错"}[i%4])
	}
	return out
}

func TestTopicIsWhatWasSaidMoreThanUsual(t *testing.T) {
	d := Make(Talk{Lines: chat(
		"阿敏: 周六徒步路线改走香山吗", "老周: 香山的红叶正好，徒步路线不难", "小林: 徒步路线我标在地图上了",
		"阿敏: 今天读到第三章", "老周: 今天读到第三章了", "小林: 我也今天读到第三章", "bot: 徒步路线 徒步路线", "bot: 抽奖活动开始", "bot: 抽奖活动开始", "bot: 抽奖活动开始"), Usual: usual(400)})
	if len(d.Topics) != 1 || !slices.Contains(d.Topics[0].Phrases, "徒步路线") {
		t.Fatalf("topics = %+v, want the route alone", d.Topics)
	}
	topic := d.Topics[0]
	if !reflect.DeepEqual(topic.Messages, []int64{1, 2, 3}) || topic.Speakers != 3 || topic.From != 0 || topic.To != 120_000 || topic.Usual != 0 {
		t.Errorf("topic = %+v", topic)
	}
	if d.Messages != 6 || d.Speakers != 3 || d.Left != 4 || d.Usual != 400 {
		t.Errorf("digest = %+v", d)
	}
}

func TestOneSpeakerAndNamesAreNoTopic(t *testing.T) {
	d := Make(Talk{Lines: chat("阿敏: 量子计算真有趣", "阿敏: 量子计算的书", "阿敏: 还是量子计算", "老周: 读书一群的朋友", "小林: 读书一群好", "阿敏: 我们读书一群", "老周: 问问大刘子", "小林: 大刘子来了", "大刘子: 大刘子是我"),
		Usual: usual(400), Named: []string{"读书一群"}})
	for _, topic := range d.Topics {
		if strings.Contains(strings.Join(topic.Phrases, " "), "量子") || slices.Contains(topic.Phrases, "读书一群") || slices.Contains(topic.Phrases, "大刘子") {
			t.Errorf("topic %v: one speaker's, or a name", topic.Phrases)
		}
	}
}

func TestSurpriseIsTheLogLikelihoodRatio(t *testing.T) {
	// By hand, with the table (k, n−k, k0, n0−k0) = (10, 90, 20, 880): 2·Σ O·ln(O/E).
	var want float64
	for _, c := range [][2]float64{{10, 100 * 30.0 / 1000}, {90, 100 * 970.0 / 1000}, {20, 900 * 30.0 / 1000}, {880, 900 * 970.0 / 1000}} {
		want += 2 * c[0] * math.Log(c[0]/c[1])
	}
	if got := surprise(10, 100, 20, 900); math.Abs(got-want) > 1e-9 {
		t.Errorf("surprise = %v, want %v", got, want)
	}
	if surprise(2, 100, 20, 900) != 0 || surprise(0, 0, 0, 0) != 0 || surprise(3, 10, 0, 0) != 0 {
		t.Error("less than usual, or nothing to compare with, is no surprise")
	}
}

func TestAnswersQuestionsDecisionsLinksThanks(t *testing.T) {
	lines := chat(
		"阿敏: 押金什么时候退？", "老周: 活动结束后三天内原路退回，没到账找我", "阿敏: 谢谢老周！", "小林: 有人有第二章的笔记吗？",
		"老周: 时间定在周六早上九点，地铁口集合", "小林: 资料在 https://example.com/a", "阿敏: 我也转一下 https://example.com/a/", "大刘: 几点定了吗？")
	lines[2].ReplyTo = 2
	d := Make(Talk{Lines: lines, Pairs: []Pair{{Question: 1, Answer: 2, Certain: true}, {Question: 4}, {Question: 8}}})
	if !reflect.DeepEqual(d.Answers, []Answer{{Question: 1, Answer: 2, Certain: true, Thanks: 3}}) {
		t.Errorf("answers = %+v", d.Answers)
	}
	if !reflect.DeepEqual(d.Open, []int64{8, 4}) || d.OpenAll != 2 {
		t.Errorf("open = %v of %d", d.Open, d.OpenAll)
	}
	if len(d.Decided) != 1 || d.Decided[0].Message != 5 {
		t.Errorf("decided = %+v, want message 5 and no question", d.Decided)
	}
	if len(d.Links) != 1 || d.Links[0].Message != 6 || d.Links[0].Times != 2 || d.Links[0].Sharers != 2 {
		t.Errorf("links = %+v, want one shared twice", d.Links)
	}
	if len(d.Thanked) != 1 || d.Thanked[0].Member != lines[1].Member || d.Thanked[0].By != 1 || !reflect.DeepEqual(d.Thanked[0].Messages, []int64{3}) {
		t.Errorf("thanked = %+v", d.Thanked)
	}
	if got := d.Numbers(); !slices.IsSorted(got) || !slices.Contains(got, 2) || !slices.Contains(got, 8) {
		t.Errorf("numbers = %v", got)
	}
}

func TestAnAppointmentNamesATime(t *testing.T) {
	for text, want := range map[string]bool{
		"时间定在周六早上九点，地铁口集合": true, "活动改到 12 月 3 号": true, "报名截止到周五": true, "就定香山了": true, "deadline is Friday 5pm": true, "大家投票结果是去香山": true,
		"谁发明的截止日期，我想和他谈谈": false, "他让我改成没有文学性的": false, "今天天气不错": false, "we moved to another house": false,
	} {
		if _, got := decision(text); got != want {
			t.Errorf("decision(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestNothingMakesAnEmptyDigest(t *testing.T) {
	for _, talk := range []Talk{{}, {Lines: chat("bot: 欢迎")}, {Lines: chat("阿敏: ")}} {
		if d := Make(talk); !d.Empty() {
			t.Errorf("digest of %v = %+v", talk.Lines, d)
		}
	}
}

// TestEveryTopicIsGroundedWhateverWasSaid: three messages of two people, none of a bot, quotes among them; twice the same.
func TestEveryTopicIsGroundedWhateverWasSaid(t *testing.T) {
	word := rapid.SampledFrom([]string{"徒步", "路线", "香山", "the", "linux", "Kernel", "panic", "的", "了", " ", "，", "\u202e", "👍", "https://a.cn/x", "@阿敏 ", "2026"})
	rapid.Check(t, func(t *rapid.T) {
		var lines []Line
		for i := range rapid.IntRange(0, 40).Draw(t, "lines") {
			lines = append(lines, Line{Number: int64(i + 1), At: int64(i), Member: community.MemberKey(rapid.IntRange(1, 4).Draw(t, "who")), Name: "阿敏",
				Text: strings.Join(rapid.SliceOfN(word, 0, 8).Draw(t, "text"), ""), Bot: rapid.IntRange(0, 5).Draw(t, "bot") == 0})
		}
		talk := Talk{Lines: lines, Usual: rapid.SliceOfN(rapid.SampledFrom([]string{"徒步路线", "linux kernel", "早"}), 0, 300).Draw(t, "usual")}
		d := Make(talk)
		if !reflect.DeepEqual(d, Make(talk)) {
			t.Fatal("another digest of the same talk")
		}
		for _, topic := range d.Topics {
			who := map[community.MemberKey]bool{}
			for _, n := range topic.Messages {
				l := lines[n-1]
				if l.Bot {
					t.Fatalf("%v rests on a bot", topic.Phrases)
				}
				who[l.Member] = true
				found := false
				for _, p := range topic.Phrases { // or a part of it: a shorter phrase that is not shown beside the longer one
					r := []rune(folded(p))
					for i := range r[1:] {
						found = found || strings.Contains(folded(l.Text), string(r[i:i+2]))
					}
				}
				if !found && len(topic.Phrases) < 3 {
					t.Fatalf("%v does not stand in %q", topic.Phrases, l.Text)
				}
			}
			if len(topic.Messages) < LeastMessages || len(who) < LeastSpeakers || topic.Speakers != len(who) || len(topic.Phrases) == 0 {
				t.Fatalf("topic = %+v of %d", topic, len(who))
			}
			for _, q := range topic.Quotes {
				if !slices.Contains(topic.Messages, q) {
					t.Fatalf("quote %d is none of %v", q, topic.Messages)
				}
			}
		}
	})
}

func TestTooLongAStretchIsCutAndSaid(t *testing.T) {
	var lines []Line
	for i := range MaxLines + 7 {
		lines = append(lines, Line{Number: int64(i + 1), At: int64(i), Member: community.MemberKey(i % 9), Text: fmt.Sprint("第", i, "条")})
	}
	if d := Make(Talk{Lines: lines}); d.Messages != MaxLines || d.Left != 7 {
		t.Errorf("messages = %d, left out = %d", d.Messages, d.Left)
	}
}

func TestWatchKnowsWhatIsDue(t *testing.T) {
	w := Watch{Daily: true, Weekly: true, Hour: 7}
	for _, c := range []struct {
		weekday, hour int
		want          [][2]int64
	}{{0, 6, nil}, {0, 7, [][2]int64{{99, 99}, {93, 99}}}, {3, 23, [][2]int64{{99, 99}}}} {
		if got := w.Spans(100, c.weekday, c.hour); !reflect.DeepEqual(got, c.want) {
			t.Errorf("due on weekday %d at %d = %v, want %v", c.weekday, c.hour, got, c.want)
		}
	}
	if (Watch{Hour: 24}).Check() == nil || (Watch{Hour: 23}).Check() != nil {
		t.Error("hours are 0 to 23")
	}
}

func TestWordsOfADigestAreChecked(t *testing.T) {
	for text, want := range map[string]community.Code{"": community.CodeBadInput, " \n": community.CodeBadInput, "a\x00": community.CodeBadInput, "\xff": community.CodeBadInput, strings.Repeat("长", MostText+1): community.CodeTooLarge} {
		if got := community.CodeOf(CheckText(text)); got != want {
			t.Errorf("CheckText(%.10q) = %s, want %s", text, got, want)
		}
	}
	if err := CheckText(strings.Repeat("长", MostText)); err != nil {
		t.Error(err)
	}
}
