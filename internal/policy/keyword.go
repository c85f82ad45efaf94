package policy

import (
	"encoding/json"

	"qunluo/internal/community"
)

// keyword hits when a message holds a phrase of its lists, however it is disguised (lexicon.Compile).
type keyword struct {
	lists []wordList
}

// wordList is a list of phrases of one level.
type wordList struct {
	Name  string   `json:"name"`
	Level int      `json:"level"` // the rung on which its hits start; 0 = the rule's own
	Words []string `json:"words"`
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
					{Name: "words", Title: words("词语", "Phrases"), Type: typeWords, Max: 100_000, Required: true},
				}},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			var p struct{ Lists []wordList }
			json.Unmarshal(params, &p)
			r.does = &keyword{lists: p.Lists}
			if r.Mode == RuleOff {
				return
			}
			for i, list := range p.Lists {
				for _, text := range list.Words {
					b.phrase(r.index, i, text)
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
			f = l.find(r, k.why(o))
		}
		f.rung = max(f.rung, k.lists[o.list].Level)
		f.span(m.Span)
	}
}

func (k *keyword) why(o owner) string {
	if name := k.lists[o.list].Name; name != "" {
		return "keyword " + name
	}
	return "keyword"
}

// maxSpans bounds the places that a hit records.
const maxSpans = 16

func (f *finding) span(s community.Span) {
	if len(f.spans) < maxSpans {
		f.spans = append(f.spans, s)
	}
}
