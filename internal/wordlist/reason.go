package wordlist

import (
	"fmt"
	"strings"
)

// Verdict is what lint says of a row.
type Verdict string

// Verdicts.
const (
	Keep       Verdict = "keep"
	Quarantine Verdict = "quarantine" // taken in, but used only once a person releases it
	Reject     Verdict = "reject"
)

// Reason is why: a code and its arguments.
type Reason struct {
	Code string   `json:"code"`
	Args []string `json:"args,omitempty"`
}

// reasons is the table of codes: what follows and the sentence, Chinese and English. {0}, {1} are the arguments.
var reasons = map[string]struct {
	verdict Verdict
	words   [2]string
}{
	"empty":     {Reject, [2]string{"没有可以查找的字", "has nothing to look for"}},
	"line":      {Reject, [2]string{"词语里有换行", "holds a line end"}},
	"long":      {Reject, [2]string{"超过 64 个字", "has more than 64 characters"}},
	"utf8":      {Reject, [2]string{"不是 UTF-8 文字", "is not UTF-8"}},
	"single":    {Reject, [2]string{"只有一个字：会命中几乎所有聊天", "is one character: it would hit nearly all talk"}},
	"numeral":   {Reject, [2]string{"只有数字", "is a number"}},
	"duplicate": {Reject, [2]string{"与第 {0} 行是同一个词", "is the word of line {0}"}},
	"present":   {Reject, [2]string{"词库里已有，没有变化", "is in the list already, as it is"}},
	"expires":   {Reject, [2]string{"到期日写法不对：{0}", "has an expiry that cannot be read: {0}"}},
	"category":  {Reject, [2]string{"类别超过 40 个字或有换行", "has a category of more than 40 characters or lines"}},

	"short":  {Quarantine, [2]string{"不足四个字母：容易出现在平常的话里", "has fewer than four letters: ordinary talk is full of such"}},
	"common": {Quarantine, [2]string{"平常的话：{1} 条历史消息里有 {0} 条（每万条 {2} 条）", "is ordinary talk: in {0} of {1} past messages ({2} in 10,000)"}},
	"said":   {Quarantine, [2]string{"成员平时会说：{1} 条历史消息里有 {0} 条，而整份词库命中太多", "members say it: in {0} of {1} past messages, while the list as a whole hits too much"}},
	"likely": {Quarantine, [2]string{"用字像本群平常的话，而整份词库里这样的词命中太多", "is made like this group's ordinary talk, and such words of the list hit too much"}},

	"trimmed":  {Keep, [2]string{"去掉了首尾的空白、逗号或 BOM", "had blanks, commas or a byte order mark at its ends"}},
	"borders":  {Keep, [2]string{"只有字母：只按整词查找", "is letters only: found as a whole word only"}},
	"contains": {Keep, [2]string{"含有词“{0}”：它命中时那个词也命中", "holds the word {0}, which hits wherever this one does"}},
	"unknown":  {Keep, [2]string{"新的类别“{0}”", "brings a new category, {0}"}},
	"level":    {Keep, [2]string{"级别“{0}”看不懂，按规则的设置", "has the level {0}, which is none: as the rule says"}},
	"views":    {Keep, [2]string{"变体“{0}”看不懂，按 auto", "has the views {0}, which are none: as auto"}},
	"narrowed": {Keep, [2]string{"变体 {2} 会命中平常的话（{1} 条历史消息里有 {0} 条），这个词不再认这些变体", "would hit ordinary talk in the disguises {2} ({0} of {1} past messages), and is not looked for in these"}},
	"replaces": {Keep, [2]string{"替换词库里原有的设置", "replaces what the list says of this word"}},
	"released": {Keep, [2]string{"之前有人放行过，保持放行", "was released by a person before and stays so"}},

	"person": {Quarantine, [2]string{"{0}", "{0}"}},
	"proved": {Quarantine, [2]string{"判过 {0} 次命中，{1} 次判错：准确率上限低于一半", "of {0} judged hits {1} were wrong: at best fewer than half are right"}},
}

// Codes lists the codes of reasons, for those who check that each is worded.
func Codes() []string {
	var out []string
	for code := range reasons {
		out = append(out, code)
	}
	return out
}

// Verdict is what follows from the reason.
func (r Reason) Verdict() Verdict {
	if row, ok := reasons[r.Code]; ok {
		return row.verdict
	}
	return Keep
}

// Words is the reason as a sentence: Chinese, English.
func (r Reason) Words() [2]string {
	words := reasons[r.Code].words
	for lang := range words {
		for i, arg := range r.Args {
			words[lang] = strings.ReplaceAll(words[lang], fmt.Sprintf("{%d}", i), arg)
		}
	}
	return words
}

// String is the reason as entries keep it: the code, then its arguments, parted by "|".
func (r Reason) String() string {
	parts := []string{r.Code}
	for _, a := range r.Args {
		parts = append(parts, strings.NewReplacer("|", "/", ";", ",", "\n", " ").Replace(a))
	}
	return strings.Join(parts, "|")
}

// ParseReasons reads what entries keep: reasons parted by ";".
func ParseReasons(s string) (list []Reason) {
	for _, part := range strings.Split(s, ";") {
		if f := strings.Split(part, "|"); f[0] != "" {
			list = append(list, Reason{Code: f[0], Args: f[1:]})
		}
	}
	return list
}

func joinReasons(list []Reason) string {
	parts := make([]string, len(list))
	for i, r := range list {
		parts[i] = r.String()
	}
	return strings.Join(parts, ";")
}
