package plan

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// What a text is looked at for (三有三不): it says which problem of a member it is about (有价值), a person speaks in it or asks
// (有温度), it comes in its slot (有节奏); it does not preach, does not fill, does not sell hard.
const (
	NoProblem = "no_problem"
	NoPerson  = "no_person"
	OffSlot   = "off_slot"
	Preaching = "preaching"
	Filler    = "filler"
	HardSell  = "hard_sell"
)

// Remark is one thing found in an item, with the sentence it is about. Where something is missing it is the first sentence,
// where it ought to stand; off_slot is about the time, and names none.
type Remark struct {
	Rule     string `json:"rule"`
	Sentence string `json:"sentence"`
	Start    int    `json:"start"` // bytes of the text
	End      int    `json:"end"`
	Found    string `json:"found"` // the words; of off_slot the slot and its hours; "" = something is missing
}

// span is a part of a text, in bytes.
type span struct{ start, end int }

// sentences cuts a text at the ends of sentences and lines; blank parts are left out.
func sentences(text string) []span {
	var out []span
	start := 0
	add := func(end int) {
		part := text[start:end]
		if trimmed := strings.TrimSpace(part); trimmed != "" {
			from := start + strings.Index(part, trimmed)
			out = append(out, span{from, from + len(trimmed)})
		}
		start = end
	}
	for i, r := range text {
		size := len(string(r))
		switch {
		case strings.ContainsRune("。！？!?；;\n", r):
			add(i + size)
		case r == '.' && (i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\n'):
			add(i + 1)
		}
	}
	add(len(text))
	return out
}

// Words by which a sentence is known, in lower case. They are chosen by hand; a remark is a question to who writes, never a bar.
func remarkWords() map[string][]string {
	return map[string][]string{
		NoProblem: {"问题", "怎么", "如何", "怎样", "为什么", "不会", "不懂", "难点", "很难", "太难", "难题", "卡在", "卡住", "遇到", "避坑", "踩坑", "解决", "困扰", "烦恼", "担心", "搞不清", "分不清", "来不及",
			"没时间", "坚持不", "记不住", "失败", "求助", "哪里", "哪个", "能不能", "是不是", "要不要", "how to", "how do", "problem", "stuck", "why ", "struggl", "trouble", "cannot", "can't", "mistake", "question"},
		NoPerson: {"我", "咱", "你", "大家", "@", "？", "吗", "?", "各位", "朋友们", "同学", " i ", "i'", "we ", "you", "let's"},
		Filler:   {"早安", "晚安", "早上好", "下午好", "晚上好", "大家好", "新的一天", "元气满满", "正能量", "加油", "祝大家", "祝各位", "美好的一天", "周末愉快", "幸福安康", "开心每一天", "收到请回复", "打卡打卡", "good morning", "good night", "have a nice day", "happy friday"},
	}
}

// Remarks looks at an item. slots are the organisation's. A text of any class is asked for its problem and its person; the same
// item has the same remarks.
func Remarks(c Content, slots []Fixture) []Remark {
	words, parts, low := remarkWords(), sentences(c.Text), strings.ToLower(c.Text)
	var out []Remark
	if len(parts) > 0 {
		for _, rule := range []string{NoProblem, NoPerson} {
			if len(found(low, span{0, len(low)}, words[rule])) == 0 {
				out = append(out, remark(c.Text, rule, parts[0], ""))
			}
		}
	}
	if r, off := offSlot(c, slots); off {
		out = append(out, r)
	}
	pressure, before := pressureCues(), ""
	for _, part := range parts {
		sentence := low[min(part.start, len(low)):min(part.end, len(low))]
		if why, does := pressure.preaches(sentence); does {
			out = append(out, remark(c.Text, Preaching, part, why))
		}
		if why, does := pressure.sellsHard(before, sentence, c.Text[part.start:part.end]); does {
			out = append(out, remark(c.Text, HardSell, part, why))
		}
		before = sentence
		if list := found(low, part, words[Filler]); len(list) > 0 && empty(low[part.start:part.end], list) {
			out = append(out, remark(c.Text, Filler, part, list[0]))
		}
	}
	return out
}

func remark(text, rule string, at span, words string) Remark {
	return Remark{Rule: rule, Sentence: text[at.start:at.end], Start: at.start, End: at.end, Found: words}
}

// found lists the words that stand in a part of a text. A text whose lower case has another length is looked at without spans
// being wrong: they are those of the text itself where both agree, which holds for every script the words are of.
func found(low string, at span, words []string) []string {
	part := low[min(at.start, len(low)):min(at.end, len(low))]
	var out []string
	for _, w := range words {
		if strings.Contains(part, w) {
			out = append(out, w)
		}
	}
	return out
}

// fillerRest is how many letters a sentence may hold besides words that fill, and still say nothing.
const fillerRest = 5

// empty reports whether a sentence says next to nothing besides words.
func empty(sentence string, words []string) bool {
	for _, w := range words {
		sentence = strings.ReplaceAll(sentence, w, "")
	}
	n := 0
	for _, r := range sentence {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n <= fillerRest
}

// offSlot says that an item does not stand in its slot, or in none.
func offSlot(c Content, slots []Fixture) (Remark, bool) {
	if c.Fixture == "" {
		return Remark{Rule: OffSlot, Found: "–"}, true
	}
	f, known := FixtureNamed(slots, c.Fixture)
	if !known || f.Off {
		return Remark{Rule: OffSlot, Found: c.Fixture}, true
	}
	for _, g := range c.Groups {
		if !f.On(c.Date, g) {
			return Remark{Rule: OffSlot, Found: f.Name + " " + f.From + "-" + f.To}, true
		}
	}
	return Remark{Rule: OffSlot, Found: f.Name + " " + f.From + "-" + f.To}, !f.Holds(c.At)
}

// Label is what stands before an advertisement (《互联网广告管理办法》 art. 9; reference trust.md).
const Label = "【广告】"

// Why a text is an advertisement.
const (
	AdClass = "class" // it is of the promotion class
	AdPrice = "price" // it names a price
	AdLink  = "link"  // it leads to a shop
)

// shops are hosts where things are sold.
func shops() []string {
	return []string{"taobao.com", "tmall.com", "tb.cn", "jd.com", "3.cn", "pinduoduo.com", "yangkeduo.com", "youzan.com", "weidian.com", "vip.com", "suning.com", "xiaoe-tech.com", "xet.tech", "dangdang.com", "amazon.com", "amazon.cn"}
}

// Advertises says why an item is an advertisement; "" = it is none.
func Advertises(c Content) string {
	if c.Class == Promotion {
		return AdClass
	}
	for _, l := range append(lexicon.Links(c.Text, nil), lexicon.Links(c.Link.URL, nil)...) {
		if lexicon.HostIn(l.Host, shops()) {
			return AdLink
		}
	}
	if lexicon.HostIn(lexicon.HostOf(c.Link.URL), shops()) {
		return AdLink
	}
	if hasPrice(c.Text) {
		return AdPrice
	}
	return ""
}

// hasPrice reports whether a text names a price: ¥9.9, 99元, $5.
func hasPrice(text string) bool {
	runes := []rune(text)
	digit := func(i int) bool { return i >= 0 && i < len(runes) && unicode.IsDigit(runes[i]) }
	after := func(i int) bool { return digit(i-1) || i > 0 && runes[i-1] == ' ' && digit(i-2) }
	for i, r := range runes {
		switch {
		case strings.ContainsRune("¥￥$£€", r) && (digit(i+1) || i+2 < len(runes) && runes[i+1] == ' ' && digit(i+2)):
			return true
		case r == '元' && after(i) && (i+1 >= len(runes) || !strings.ContainsRune("旦宵月素", runes[i+1])):
			return true
		case r == '块' && after(i) && i+1 < len(runes) && runes[i+1] == '钱':
			return true
		}
	}
	return false
}

// Labelled is the text as it is sent: an advertisement begins with its label.
func Labelled(c Content) string {
	if Advertises(c) == "" {
		return c.Text
	}
	begin := strings.TrimLeft(strings.TrimSpace(c.Text), "【[（(「")
	if strings.HasPrefix(begin, "广告】") || strings.HasPrefix(begin, "广告]") || strings.HasPrefix(begin, "广告）") || strings.HasPrefix(begin, "广告)") || strings.HasPrefix(begin, "广告」") || strings.HasPrefix(begin, "广告：") {
		return c.Text
	}
	return Label + c.Text
}

// Post is what an item says in its groups: its label, its text, its options by number.
func (c Content) Post() Post {
	return Post{Text: markedFor(c.AI, Labelled(c)+optionLines(c.Options)), Link: c.Link}
}

// MachineMark stands below what a language model wrote (《人工智能生成合成内容标识办法》, in force 2025-09-01; reference trust.md).
const MachineMark = "（AI 生成，发布前经人审核）"

// Marked is a text with the mark that says that it was made by a machine, once.
func Marked(text string) string {
	if strings.Contains(text, MachineMark) {
		return text
	}
	return strings.TrimRight(text, "\n") + "\n" + MachineMark
}

// markedFor is Marked for what a model wrote.
func markedFor(ai, text string) string {
	if ai == "" {
		return text
	}
	return Marked(text)
}

// Told is one turn of a slot in a group: when it was due and when it came.
type Told struct {
	Date  string
	State TargetState // "" = nothing was planned in it
	DidAt int64       // UTC ms; 0 = not
}

// Punctuality is how a slot kept its times in a month, in one group.
type Punctuality struct {
	Fixture string `json:"slot"`
	Month   string `json:"month"`   // "2006-01"
	Turns   int    `json:"turns"`   // whose time is over
	OnTime  int    `json:"on_time"` // came in the slot
	Off     int    `json:"off"`     // came that day, but outside
	Missed  int    `json:"missed"`  // did not come
}

// Punctual counts the turns of a slot in a month that are over, from a first date on ("" = from the month's first): before it
// nobody could plan. turns are those of the group that something was planned in.
func Punctual(f Fixture, g community.GroupKey, zone *time.Location, month, since string, turns []Told, now int64) (Punctuality, error) {
	out := Punctuality{Fixture: f.ID, Month: month}
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return out, community.Errorf(community.CodeBadInput, "month: want 2006-01")
	}
	for day := first; day.Month() == first.Month(); day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		end, _ := Moment(date, f.To, zone)
		if !f.On(date, g) || end > now || date < since {
			continue
		}
		out.Turns++
		i := slices.IndexFunc(turns, func(t Told) bool { return t.Date == date && t.State == Sent })
		from, _ := Moment(date, f.From, zone)
		switch {
		case i < 0:
			out.Missed++
		case turns[i].DidAt >= from && turns[i].DidAt <= end:
			out.OnTime++
		default:
			out.Off++
		}
	}
	return out, nil
}
