package policy

import (
	"fmt"

	"qunluo/internal/community"
)

// What rules may compute. Everything that a book can hold is bounded when it is read, and what its rules may do with one
// message is bounded by count, never by clock: so a replay meets the same bound at the same message. Words are found by one
// automaton in time of the text's length, however many there are; expressions are RE2, which never goes back, and are what
// the budget is for. A rule that is over its budget is faulted for that message: the other rules go on, the message's
// decision says so, and nothing of the rule is held against anybody.

// Limit is one bound of what a book may hold or its rules may do.
type Limit struct {
	Name  string    `json:"name"`
	Most  int64     `json:"most"`
	Title [2]string `json:"title"`
	Over  [2]string `json:"over"` // what happens beyond it
}

// Bounds of expressions.
const (
	maxRegexpText = 16 << 10  // bytes of a message that expressions look at
	maxRegexpWork = 512 << 10 // bytes that all expressions of a book together look at in one message
	maxRegexps    = 200       // of a book
)

// Limits are the bounds of a book and its rules, in the order pages show them.
func Limits() []Limit {
	refused := words("不能发布，说明是哪一项", "it is not published, and said which")
	faulted := words("这条规则对这条消息记为出错，别的规则照常", "the rule is faulted for that message, the others go on")
	return []Limit{
		{"book_bytes", MaxBook, words("一份群规的大小（字节）", "size of a book, bytes"), refused},
		{"rules", MaxRules, words("一份群规的规则数", "rules of a book"), refused},
		{"phrases", MaxPhrases, words("一份群规的词语总数（含引用的词库）", "phrases of a book, named lists included"), refused},
		{"phrase_characters", 64, words("一个词语的字数", "characters of a phrase"), refused},
		{"expressions", maxRegexps, words("一份群规的正则表达式数", "expressions of a book"), refused},
		{"expression_characters", maxRegexp, words("一个正则表达式的字数", "characters of an expression"), refused},
		{"expression_text", maxRegexpText, words("正则表达式查看一条消息的字节数", "bytes of a message that an expression looks at"), faulted},
		{"expression_work", maxRegexpWork, words("一条消息里所有正则表达式合计查看的字节数", "bytes that all expressions look at in one message"), faulted},
		{"message_bytes", community.MaxText, words("一条消息的字节数", "bytes of a message"), words("截断并标明", "it is cut and marked")},
		{"hits_places", maxSpans, words("一次命中记下的位置数", "places that a hit records"), words("其余不记", "the rest is not recorded")},
	}
}

// overBudget begins the reason of a rule that is over its budget.
const overBudget = "over_budget "

// mayMatch takes the work of an expression from the message's budget. Where it is used up, or the text is too long, the rule
// is faulted for this message.
func (l *look) mayMatch(r *rule, text string) bool {
	switch {
	case len(text) > maxRegexpText:
		l.fault(r, fmt.Sprintf("%stext %d>%d", overBudget, len(text), maxRegexpText))
		return false
	case l.work+len(text) > maxRegexpWork:
		l.fault(r, fmt.Sprintf("%swork %d>%d", overBudget, l.work+len(text), maxRegexpWork))
		return false
	}
	l.work += len(text)
	return true
}

// fault notes, once, that a rule could not judge the message.
func (l *look) fault(r *rule, why string) {
	for _, h := range l.faults {
		if h.Rule == r.ID {
			return
		}
	}
	l.faults = append(l.faults, community.RuleHit{Rule: r.ID, Kind: r.Kind, Dry: true, Why: why})
}
