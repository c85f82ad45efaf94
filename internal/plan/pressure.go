package plan

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What makes a sentence press: it tells the reader to do something (call), and gives at least pressing of these besides: no time
// (urgency), something for nothing (bait), a price, a number to call or write to, a raised voice. One of them alone is how people talk; "报名：今天截止" tells a date.
const pressing = 2

// cues are words by which a sentence is known to press or to preach, in lower case. They are chosen by hand from how operators and
// shops write. Latin ones count as whole words.
type cues struct {
	hard                      []string // enough by themselves
	call, urgency, bait       []string
	preach, obligation, moral []string // preach is enough by itself; of the others one each
}

func pressureCues() cues {
	return cues{
		hard: []string{"限时秒杀", "秒杀价", "最后一天", "最后几个", "最后3", "仅剩", "立即购买", "立刻购买", "马上下单", "赶紧下单", "快来抢", "手慢无", "错过再等", "错过后悔", "闭眼入", "全网最低", "史上最低", "扫码购买",
			"点击购买", "私信下单", "跳楼价", "血亏", "不买就", "不买后悔", "buy now", "order now", "last chance", "limited time", "don't miss out", "act now", "hurry up and"},
		call: []string{"购买", "下单", "抢购", "开抢", "来抢", "快抢", "抢位", "抢名额", "抢到", "扫码", "私信", "加微信", "加我", "领取", "拍下", "付款", "入手", "囤货", "点击", "戳链接", "报名", "咨询", "回复",
			"call", "text", "txt", "reply", "click", "buy", "order", "subscribe", "claim", "collect", "visit", "sign up", "register", "send", "go to", "log on", "www"},
		urgency: []string{"马上", "立即", "立刻", "赶紧", "抓紧", "速来", "快来", "今天截止", "今晚截止", "最后", "仅限", "只剩", "限量", "限时", "限今天", "错过", "手慢", "倒计时", "名额有限", "秒杀", "先到先得",
			"now", "today only", "tonight only", "urgent", "urgently", "hurry", "immediately", "asap", "limited", "expires", "while stocks last", "only today", "before midnight", "don't miss", "final", "lose out", "valid"},
		bait: []string{"免费", "优惠", "特价", "折起", "折优惠", "红包", "赠送", "福利", "返现", "立减", "中奖", "大奖", "奖品", "低价", "最低价", "超值", "划算", "爆款", "白送", "买一送", "全网",
			"free", "win", "won", "winner", "prize", "prizes", "reward", "award", "awarded", "guaranteed", "bonus", "gift", "voucher", "discount", "half price", "cash", "offer", "offers", "special offer", "sale", "cheapest", "% off", "selected", "congratulations", "congrats"},
		preach: []string{"你们要", "一定要学会", "自律的人", "请自觉", "要懂得", "要学会", "成功的人", "优秀的人", "底层逻辑就是", "富人思维", "穷人思维", "思维决定", "格局决定", "人生就是", "做人要", "做人最重要",
			"successful people", "winners never", "no excuses"},
		obligation: []string{"必须", "你应该", "应该要", "都应该", "不能不", "you should", "you must", "you need to", "we must", "we should all", "everyone should", "people should", "one must"},
		moral: []string{"自律", "努力", "格局", "做人", "感恩", "成功", "优秀", "人生", "珍惜", "吃苦", "奋斗", "态度", "责任", "规矩", "素质", "自觉", "懒", "成长", "境界",
			"success", "successful", "discipline", "lazy", "excuse", "excuses", "grateful", "respect", "effort", "mindset", "virtue", "responsible", "responsibility"},
	}
}

// sellsHard gives the words by which a sentence sells hard, and whether it does. before is the sentence before it, in which what is
// promised often stands; both in lower case. as is the sentence as it was written.
func (c cues) sellsHard(before, sentence, as string) (words string, does bool) {
	if w := firstIn(sentence, c.hard); w != "" {
		return w, true
	}
	call := firstIn(sentence, c.call)
	if call == "" {
		return "", false
	}
	found := []string{call}
	for _, list := range [][]string{c.urgency, c.bait} {
		if w := firstIn(sentence, list); w != "" {
			found = append(found, w)
		} else if w := firstIn(before, list); w != "" {
			found = append(found, w)
		}
	}
	n := len(found) - 1
	if hasPrice(before + sentence) {
		n++
	}
	if raised(as) {
		n++
	}
	if numbered(sentence) {
		n++
	}
	return strings.Join(found, " · "), n >= pressing
}

// preaches gives the words by which a sentence tells people how to be, and whether it does.
func (c cues) preaches(sentence string) (words string, does bool) {
	if w := firstIn(sentence, c.preach); w != "" {
		return w, true
	}
	must, virtue := firstIn(sentence, c.obligation), firstIn(sentence, c.moral)
	return must + " · " + virtue, must != "" && virtue != ""
}

// firstIn is the first of words that stands in a text; "" = none. A word that begins or ends with a Latin letter does not count
// inside a longer one.
func firstIn(text string, words []string) string {
	for _, w := range words {
		if holds(text, w) {
			return w
		}
	}
	return ""
}

func holds(text, word string) bool {
	letter := func(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) }
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		at, end := from+i, from+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !(letter(before) && letter(rune(word[0]))) && !(letter(after) && letter(rune(word[len(word)-1]))) {
			return true
		}
		from = end
	}
}

// numberLen is how many digits a number to call or write to has at least.
const numberLen = 5

// numbered reports whether a sentence holds such a number.
func numbered(sentence string) bool {
	run := 0
	for _, r := range sentence {
		if !unicode.IsDigit(r) {
			run = 0
		} else if run++; run == numberLen {
			return true
		}
	}
	return false
}

// Signs that a voice is raised.
const (
	raisedMarks = 2 // exclamation marks
	raisedWords = 2 // words of raisedLen capitals or more
	raisedLen   = 4
)

// raised reports whether a sentence is shouted.
func raised(sentence string) bool {
	marks, words, run := 0, 0, 0
	for _, r := range sentence + " " {
		if r == '!' || r == '！' {
			marks++
		}
		if unicode.IsUpper(r) {
			run++
			continue
		}
		if run >= raisedLen && !unicode.IsLetter(r) {
			words++
		}
		run = 0
	}
	return marks >= raisedMarks || words >= raisedWords
}
