package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// keyword hits when a message holds a phrase of its lists, however it is disguised (lexicon.Compile).
type keyword struct {
	lists []wordList
}

// wordList is a list of phrases of one level: its own, or those of a version of a word list of the organisation, which the
// hash of its content stands for.
type wordList struct {
	Name    string   `json:"name"`
	Level   int      `json:"level"` // the rung on which its hits start; 0 = the rule's own
	Words   []string `json:"words,omitempty"`
	List    string   `json:"list,omitempty"`    // id of the word list
	Version int      `json:"version,omitempty"` // its version
	Asset   string   `json:"asset,omitempty"`   // hash of the content: lexicon.PackList
	Views   []string `json:"views,omitempty"`   // in which disguises its own words are looked for: lexicon.ReadViews
}

func keywordKind() kind {
	return kind{
		schema: Schema{
			Name: "keyword", Title: words("关键词", "Keywords"), Sanction: true,
			Summary: words("消息里出现词库里的词语；全角、大小写、夹杂符号都认得。", "A message holds a phrase of a list, whatever its width, case or inserted symbols."),
			Reason:  words("消息含有本群不允许的内容", "the message holds what is not allowed here"),
			Fields: []Field{
				{Name: "lists", Title: words("词库", "Word lists"), Type: typeObjects, Max: 100, Required: true, Fields: []Field{
					{Name: "name", Title: words("类别", "Category"), Type: typeText, Max: 40},
					{Name: "level", Title: words("从第几级处罚", "Starts at rung"), Type: typeInt, Max: maxRungs,
						Help: words("0 表示按规则的设置", "0 = as the rule says")},
					{Name: "words", Title: words("词语", "Phrases"), Type: typeWords, Max: 100_000,
						Help: words("引用词库时不填", "empty where a word list is named")},
					{Name: "list", Title: words("词库编号", "Word list"), Type: typeText, Max: 40, Carried: true},
					{Name: "version", Title: words("词库版本", "Its version"), Type: typeInt, Max: 1 << 31, Carried: true},
					{Name: "asset", Title: words("词库内容", "Its content"), Type: typeText, Max: 64, Carried: true,
						Help: words("发布词库时自动填写", "filled in when the list is published")},
					{Name: "views", Title: words("认出变体", "Disguises"), Type: typeChoices, Default: []any{lexicon.ViewsAuto}, Choices: viewChoices(), Help: words(
						"“自动”按每个词的长短只用很少误伤的；“尽量”多找，两个字的谐音、两个字母的缩写也算，适合先试运行再看；都不选只认原样（全角、大小写、夹杂符号仍认得）。引用词库时以词库里每个词的设置为准。",
						"“Automatic” uses, by each word's length, what hardly ever hits innocent talk; “as many as possible” finds more, two-syllable sounds and two-letter initials too: try it in a dry run first; none = as written (width, case and inserted symbols are still seen through). Where a word list is named, each of its words says for itself.")},
				}},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			var p struct{ Lists []wordList }
			json.Unmarshal(params, &p)
			r.does = &keyword{lists: p.Lists}
			for i, list := range p.Lists {
				at := at(path+".lists", i)
				switch {
				case list.Asset == "" && len(list.Words) == 0:
					b.add(at+".words", "required")
				case list.Asset != "" && len(list.Words) > 0:
					b.add(at+".words", "list_or_words")
				case list.Asset != "":
					b.list(at+".asset", list.Asset, r.index, i, r.Mode == RuleOff)
				}
				if r.Mode == RuleOff {
					continue
				}
				names := strings.Join(list.Views, "+")
				for _, text := range list.Words {
					views, _ := lexicon.ReadViews(names, text) // the fields were checked
					b.phrase(r.index, i, text, views)
				}
			}
		},
	}
}

func (k *keyword) onlyPhrases() bool { return true }

func (k *keyword) judge(l *look, r *rule) {
	var f *finding
	for _, m := range l.matches {
		o := l.rb.owners[m.Phrase]
		if int(o.rule) != r.index {
			continue
		}
		if l.isAllowed(m.Span) {
			l.spare(r, "keyword", m.Span)
			continue
		}
		if f == nil {
			f = l.find(r, k.why(o)+seenBy(m))
		}
		f.rung = max(f.rung, k.lists[o.list].Level)
		f.span(m.Span)
	}
	k.judgeLists(l, r, f)
}

// judgeLists does the same with the words of named lists; f is what was found so far.
func (k *keyword) judgeLists(l *look, r *rule, f *finding) {
	for _, m := range l.listed {
		own := l.rb.owned(m, r)
		if own == nil {
			continue
		}
		if l.isAllowed(m.Span) {
			l.spare(r, "keyword", m.Span)
			continue
		}
		w := l.rb.listed.word(m)
		for _, i := range own {
			list := &k.lists[i]
			if f == nil {
				f = l.find(r, whyWord(list, w)+seenBy(m))
			}
			if f.rung = max(f.rung, list.Level); w.Level > 0 {
				f.rung = max(f.rung, w.Level)
			}
			f.word(community.HitWord{List: list.List, Version: list.Version, Word: w.Number})
		}
		f.span(m.Span)
	}
}

func whyWord(list *wordList, w *lexicon.Word) string {
	if w.Category != "" {
		return "keyword " + w.Category
	}
	if list.Name != "" {
		return "keyword " + list.Name
	}
	return "keyword"
}

func (k *keyword) why(o owner) string {
	if name := k.lists[o.list].Name; name != "" {
		return "keyword " + name
	}
	return "keyword"
}

// seenBy names the views through which a word was seen, as a part of a reason; nothing for a word as it is written.
func seenBy(m lexicon.Match) string {
	if m.View == 0 {
		return ""
	}
	return " via " + m.View.String()
}

// viewChoices are the views that a list may be given.
func viewChoices() []Choice {
	return []Choice{
		{lexicon.ViewsAuto, words("自动", "Automatic")}, {lexicon.ViewsWide, words("尽量多", "As many as possible")},
		{"traditional", words("繁体", "Traditional characters")}, {"letters", words("形近字母", "Look-alike letters")}, {"digits", words("数字写法", "Numbers as words")},
		{"pinyin", words("全拼", "Spelled in pinyin")}, {"split", words("拆字", "Taken apart")}, {"emoji", words("表情替字", "Emoji stand-ins")}, {"shape", words("形近字", "Look-alike characters")},
		{"sound", words("谐音", "Same sound")}, {"swap", words("换序", "Another order")}, {"initials", words("首字母", "Initials")}, {"loose", words("弱证据也算", "Weak signs count too")},
	}
}

// maxSpans bounds the places that a hit records.
const maxSpans = 16

func (f *finding) word(w community.HitWord) {
	if len(f.words) < maxSpans && !slices.Contains(f.words, w) {
		f.words = append(f.words, w)
	}
}

func (f *finding) span(s community.Span) {
	if len(f.spans) < maxSpans {
		f.spans = append(f.spans, s)
	}
}
