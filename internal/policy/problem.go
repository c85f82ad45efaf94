package policy

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with a book.
type Problem struct {
	Path string   `json:"path"` // "rules[2].params.windows[0].seconds"
	Code string   `json:"code"` // a row of problemWords
	Args []string `json:"args,omitempty"`
}

// Problems is everything that is wrong with a book, in the book's order. [Parse] wraps it in an error with
// community.CodeBadInput; doors take it out with errors.As and word it.
type Problems []Problem

// problemWords are the sentences for each code: Chinese, English. {0}, {1} are the arguments.
var problemWords = map[string][2]string{
	"not_json":         {"不是有效的 JSON：{0}", "is not valid JSON: {0}"},
	"want_text":        {"应为文字", "must be text"},
	"want_number":      {"应为整数", "must be a whole number"},
	"want_bool":        {"应为 true 或 false", "must be true or false"},
	"want_list":        {"应为列表", "must be a list"},
	"want_object":      {"应为对象", "must be an object"},
	"unknown_field":    {"没有这个字段", "is not a known field"},
	"unknown_kind":     {"没有“{0}”这种规则", "there is no kind of rule called {0}"},
	"unknown_choice":   {"不能是“{0}”，可选：{1}", "cannot be {0}, choose from: {1}"},
	"unknown_zone":     {"没有“{0}”这个时区", "there is no time zone {0}"},
	"required":         {"必须填写", "is required"},
	"out_of_range":     {"应在 {0} 到 {1} 之间", "must be between {0} and {1}"},
	"too_many":         {"最多 {0} 项", "may have at most {0} entries"},
	"too_long":         {"最长 {0} 个字", "may have at most {0} characters"},
	"bad_id":           {"只能用小写字母、数字、- 和 _，最长 40 个", "may hold only a-z, 0-9, - and _, at most 40"},
	"bad_time":         {"应写作 HH:MM", "must be written HH:MM"},
	"phrase_empty":     {"没有可以查找的字", "has nothing to look for"},
	"phrase_line":      {"词语里不能换行", "may not hold a line end"},
	"phrase_long":      {"词语最长 64 个字", "may have at most 64 characters"},
	"phrase_utf8":      {"不是 UTF-8 文字", "is not UTF-8"},
	"bad_item":         {"不是素材编号", "is not the id of an item"},
	"text_or_item":     {"文字和素材只能有一个", "text and item: want one of them"},
	"bad_host":         {"不是域名", "is not a domain name"},
	"bad_regexp":       {"正则表达式不对：{0}", "is not a usable regular expression: {0}"},
	"pattern_cost":     {"这个表达式太费时：展开后有 {0} 步，最多 {1} 步", "costs too much: {0} steps when written out, at most {1}"},
	"too_many_rules":   {"整份群规里最多 {0} 个表达式", "a rulebook may have at most {0} patterns"},
	"bad_hash":         {"不是内容的编号（64 位十六进制）", "is not the name of content (64 hex digits)"},
	"unknown_asset":    {"没有内容 {0}…，它可能来自另一处安装", "there is no content {0}…; it may come from another installation"},
	"bad_asset":        {"内容 {0}… 不能用：{1}", "content {0}… cannot be used: {1}"},
	"list_or_words":    {"要么写词语，要么引用词库，不能两样都有", "names a word list or holds phrases, not both"},
	"duplicate":        {"与 {0} 重复", "repeats {0}"},
	"nothing_to_do":    {"至少要选一项", "needs at least one choice"},
	"no_group":         {"没有这个群，或者你看不到它", "there is no such group, or it is out of your sight"},
	"mirror_self":      {"不能转发给自己", "may not copy into itself"},
	"mirror_loop":      {"“{0}”已经在转发到本群，这样会来回转", "{0} copies into this group already: that would go round in a circle"},
	"bad_app":          {"不是小程序的 appid", "is not the appid of a mini-program"},
	"too_many_regexps": {"全部规则的正则表达式最多 {0} 个", "may have at most {0} expressions in all rules"},

	"cannot":                     {"这个群的任何连接都做不到 {0}", "no connection of the group can do {0}"},
	"cannot member.mute recall":  {"这个群不能禁言个人。可改为：撤回并记违规，再犯移出", "single members cannot be muted in this group. Instead: recall and count the strike; remove at the next"},
	"cannot member.mute warn":    {"这个群不能禁言个人，也不能撤回别人的消息。可改为：警告并记违规，再犯移出", "single members cannot be muted in this group, nor others' messages recalled. Instead: warn and count the strike; remove at the next"},
	"cannot member.mute":         {"这个群不能禁言个人，也没有别的能做。可改为：去掉这一步", "single members cannot be muted in this group, and nothing else can be done. Instead: leave the step out"},
	"cannot member.remove warn":  {"这个群的任何连接都不能移出成员。可改为：警告并记违规", "no connection of the group can remove members. Instead: warn and count the strike"},
	"cannot member.remove":       {"这个群的任何连接都不能移出成员，也没有别的能做。可改为：去掉这一步", "no connection of the group can remove members, and nothing else can be done. Instead: leave the step out"},
	"cannot message.recall warn": {"这个群的任何连接都不能撤回别人的消息。可改为：警告", "no connection of the group can recall others' messages. Instead: warn"},
	"cannot message.recall":      {"这个群的任何连接都不能撤回别人的消息，也没有别的能做。可改为：去掉这一步", "no connection of the group can recall others' messages, and nothing else can be done. Instead: leave the step out"},
	"cannot message.send":        {"这个群的任何连接都不能发消息。可改为：停用这条规则，或去掉这一步", "no connection of the group can send. Instead: switch the rule off, or leave the step out"},

	"confirm_twice":         {"群规确认只能有一条规则，已经有“{0}”", "only one rule may ask for agreement; there is “{0}” already"},
	"confirm_reminds_late":  {"提醒要早于期限", "must come before the deadline"},
	"article_title":         {"与 {0} 的标题相同：两条写成一条，或换个标题", "has the title of {0}: make them one, or give it another"},
	"article_no_rule":       {"“{1}”说由规则 {0} 执行，可群规里没有这条规则", "“{1}” says that the rule {0} enforces it, and there is no such rule"},
	"article_no_sanction":   {"规则 {0} 不处罚任何人，不能执行“{1}”", "the rule {0} punishes nobody; it cannot enforce “{1}”"},
	"article_never_removes": {"“{1}”是退出规则，可规则 {0} 从不移出：给规则一个会移出的阶梯，或把条文放到别的层级", "“{1}” is a rule of exit, and the rule {0} never removes: give the rule a ladder that does, or the article another level"},
	"article_contradicts":   {"规则 {0} 已经执行“{1}”，那一条与“{2}”不在同一层级：一次违规不能既是又不是退出规则", "the rule {0} enforces “{1}” already, which has another level than “{2}”: one breach cannot be of both"},
	"article_off":           {"“{1}”说由规则“{0}”执行，可它停用了：现在只能由人判断", "“{1}” says that the rule “{0}” enforces it, which is off: people judge for now"},
	"article_dry":           {"“{1}”说由规则“{0}”执行，可它还在试运行：现在不会处罚", "“{1}” says that the rule “{0}” enforces it, which is a dry run: nothing is done for now"},
	"article_base_removes":  {"“{1}”是基础规则，可规则“{0}”第一次就移出：放到退出规则更清楚", "“{1}” is a base rule, and the rule “{0}” removes at the first breach: it would be clearer among the rules of exit"},
	"rule_no_article":       {"规则“{0}”会处罚，却没有一条条文讲到它：处罚时只能引用版本", "the rule “{0}” punishes, and no article speaks of it: a sanction can cite the version only"},

	"needs_text":   {"要含有 {text}，否则副本里没有原文", "must hold {text}, or copies say nothing"},
	"mute_seconds": {"禁言需要时长", "a mute needs its length in seconds"},
}

// Words is the problem as a sentence: Chinese, English.
func (p Problem) Words() [2]string {
	words := problemWords[p.Code]
	for lang := range words {
		for i, arg := range p.Args {
			words[lang] = strings.ReplaceAll(words[lang], fmt.Sprintf("{%d}", i), arg)
		}
		words[lang] = strings.TrimSpace(p.Path + " " + words[lang])
	}
	return words
}

// Error is the list in English, for logs.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Words()[1]
	}
	return strings.Join(lines, "; ")
}
