package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Contradiction is something that a book asks for and takes back. The book may be published all the same: often a person
// means it so.
type Contradiction struct {
	Rules []string // ids of the rules that are in it, in the book's order
	Code  string   // a row of contradictionWords
	Args  []string
}

// maxContradictions bounds what is told of one book.
const maxContradictions = 50

// contradictionWords are the sentences for each code: Chinese, English. {0}, {1} are the arguments.
var contradictionWords = map[string][2]string{
	"reply_is_hit":    {"要成员发“{0}”才会回复，发了却会被“{1}”处理", "answers “{0}”, but who says it is dealt with by “{1}”"},
	"own_link":        {"群里自己发的文字里有 {0}，成员转发它会被“{1}”处理", "our own text holds {0}, and a member who passes it on is dealt with by “{1}”"},
	"allowed_phrase":  {"“{0}”在白名单里，这条规则永远查不到它", "“{0}” is on the allowlist: this rule never finds it"},
	"allowed_host":    {"{0} 在白名单里，这条规则永远查不到它", "{0} is on the allowlist: this rule never finds it"},
	"same_word":       {"“{0}”在两条规则里，后果不同：只有重的那个生效", "“{0}” stands in two rules with different consequences: only the heavier one acts"},
	"lock_over_allow": {"“{0}”允许的域名会被“{1}”锁住：类型锁只认群规的白名单", "domains that “{0}” allows are locked by “{1}”: a type lock knows the book's allowlist alone"},
	"short_window":    {"{0} 秒内最多 {1} 条，而更长的 {2} 秒内也只许 {3} 条：短的一档没有用", "{1} within {0} s, but no more than {3} within the longer {2} s: the shorter window is of no use"},
	"loose_night":     {"{0} 秒一档夜间比白天宽：夜间 {2} 条，白天 {1} 条", "by night the window of {0} s is looser than by day: {2} against {1}"},
	"start_rung":      {"从第 {0} 级开始，可阶梯只有 {1} 级", "starts at rung {0}, but the ladder has {1}"},
}

// Words is the contradiction as a sentence: Chinese, English.
func (c Contradiction) Words() [2]string {
	words := contradictionWords[c.Code]
	for lang := range words {
		for i, arg := range c.Args {
			words[lang] = strings.ReplaceAll(words[lang], fmt.Sprintf("{%d}", i), arg)
		}
	}
	return words
}

// Contradictions are those of a book, at most 50. Rules that are off are in none, and the words of lists that a book names
// are not looked at. Nil where something is wrong with the book: that is said by [Parse].
func Contradictions(raw []byte) []Contradiction {
	with := trusting()
	with.compile = func([]lexicon.Phrase) (*lexicon.Matcher, error) { return nil, nil } // what is tried is compiled by itself
	rb, err := parse(raw, with)
	if err != nil {
		return nil
	}
	f := &faultfinder{rb: rb, words: map[string]*rule{}}
	for _, r := range rb.rules {
		if r.sanction && r.StartRung > len(r.ladder) {
			f.add("start_rung", []*rule{r}, strconv.Itoa(r.StartRung), strconv.Itoa(len(r.ladder)))
		}
		switch does := r.does.(type) {
		case *keyword:
			f.keyword(r, does)
		case *link:
			f.link(r, does)
		case *flood:
			f.flood(r, does)
		}
	}
	f.spoken()
	return f.out[:min(len(f.out), maxContradictions)]
}

type faultfinder struct {
	rb    *Rulebook
	words map[string]*rule // folded, with the first rule that has them
	out   []Contradiction

	judges *Rulebook // what a text is tried on, made when the first one is; nil = nothing would object
	looked bool
}

func (f *faultfinder) add(code string, of []*rule, args ...string) {
	c := Contradiction{Code: code, Args: args}
	for _, r := range of {
		c.Rules = append(c.Rules, r.ID)
	}
	f.out = append(f.out, c)
}

// keyword looks for words that are allowed anyway, and that stand in another rule with another consequence.
func (f *faultfinder) keyword(r *rule, k *keyword) {
	allowed := map[string]bool{}
	for _, text := range f.rb.book.Allow.Phrases {
		allowed[lexicon.FoldPhrase(text)] = true
	}
	for _, list := range k.lists {
		for _, text := range list.Words {
			word := lexicon.FoldPhrase(text)
			if allowed[word] {
				f.add("allowed_phrase", []*rule{r}, text)
			}
			other, known := f.words[word]
			if known && other != r && consequence(other) != consequence(r) {
				f.add("same_word", []*rule{other, r}, text)
			}
			if !known {
				f.words[word] = r
			}
		}
	}
}

// consequence is what makes two rules' answers to the same word the same.
func consequence(r *rule) string {
	raw, err := json.Marshal(r.ladder)
	if err != nil {
		return r.ID
	}
	return fmt.Sprint(string(raw), r.StartRung, r.Remind, r.Mode)
}

// link looks for domains that are looked for and allowed, and for a lock that takes back what a rule allows.
func (f *faultfinder) link(r *rule, k *link) {
	for _, host := range k.block {
		if lexicon.HostIn(host, f.rb.hosts) || lexicon.HostIn(host, k.allow) {
			f.add("allowed_host", []*rule{r}, host)
		}
	}
	for _, other := range f.rb.rules {
		lock, ok := other.does.(*typeLock)
		if !ok || other.Mode != RuleLive || r.Mode != RuleLive || !slices.Contains(lock.Locks, "link") {
			continue
		}
		if slices.ContainsFunc(k.allow, func(host string) bool { return !lexicon.HostIn(host, f.rb.hosts) }) {
			f.add("lock_over_allow", []*rule{r, other}, r.Name, other.Name)
		}
	}
}

// flood looks for windows that another one makes useless, and for nights that allow more than days.
func (f *faultfinder) flood(r *rule, k *flood) {
	for _, w := range k.windows {
		if w.NightMessages > w.Messages {
			f.add("loose_night", []*rule{r}, fmt.Sprint(w.Seconds), strconv.Itoa(w.Messages), strconv.Itoa(w.NightMessages))
		}
		for _, longer := range k.windows {
			if longer.Seconds > w.Seconds && longer.Messages <= w.Messages && w.Same == 0 && w.NightSame == 0 {
				f.add("short_window", []*rule{r}, fmt.Sprint(w.Seconds), strconv.Itoa(w.Messages), fmt.Sprint(longer.Seconds), strconv.Itoa(longer.Messages))
				break
			}
		}
	}
}

// spoken lets a member say what the book itself asks for or says, and looks which rule would object.
func (f *faultfinder) spoken() {
	for _, r := range f.rb.rules {
		switch does := r.does.(type) {
		case *reply:
			for _, text := range does.Patterns {
				if by := f.objects(text); by != nil {
					f.add("reply_is_hit", []*rule{r, by}, text, by.Name)
				}
			}
			f.ownLinks(r, does.Text)
		case *welcome:
			for _, g := range does.Entries {
				f.ownLinks(r, g.Text)
			}
		}
	}
}

// judging is the book with those rules alone that tell by one message's words, without content from elsewhere.
func (f *faultfinder) judging() *Rulebook {
	book := f.rb.book
	book.Rules, book.Mode, book.Charter = nil, community.Live, Charter{}
	for _, r := range f.rb.rules {
		switch does := r.does.(type) {
		case *keyword:
			if slices.ContainsFunc(does.lists, func(l wordList) bool { return l.Asset != "" }) {
				continue
			}
		case *link, *typeLock, *contact, *pattern:
		default:
			continue
		}
		if r.Mode == RuleLive {
			book.Rules = append(book.Rules, r.Rule)
		}
	}
	if book.Rules == nil {
		return nil
	}
	raw, err := json.Marshal(book)
	if err != nil {
		return nil
	}
	rb, err := Parse(raw)
	if err != nil {
		return nil
	}
	return rb
}

// objects is the rule that deals with a text; nil = none.
func (f *faultfinder) objects(text string) *rule {
	if !f.looked {
		f.looked, f.judges = true, f.judging()
	}
	if f.judges == nil {
		return nil
	}
	for _, d := range Test(f.judges, Probe{Text: text}).Decisions {
		for _, hit := range d.Hits {
			if d.Verdict == community.Hit && hit.Chose {
				return f.rb.find(hit.Rule)
			}
		}
	}
	return nil
}

// ownLinks looks at the addresses in a text of ours.
func (f *faultfinder) ownLinks(r *rule, text string) {
	for _, found := range lexicon.Links(text, nil) {
		address := text[found.Span.Start:found.Span.End]
		if by := f.objects(address); by != nil {
			f.add("own_link", []*rule{r, by}, address, by.Name)
		}
	}
}
