package policy

import (
	"encoding/json"
	"regexp"
	"regexp/syntax"
	"strconv"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Bounds of patterns, besides those of all expressions. RE2 never explodes: its time grows with text and expression; these
// bound both.
const (
	maxPattern      = 1024 // bytes of an expression
	maxPatternSteps = 4000 // of one written out
)

// pattern hits when a message matches one of its regular expressions (RE2, case ignored).
type pattern struct{ expressions []*regexp.Regexp }

func patternKind() kind {
	return kind{
		schema: Schema{
			Name: "pattern", Title: words("正则表达式", "Patterns"), Sanction: true,
			Summary: words("消息与某个 RE2 正则表达式相符，不分大小写。", "A message matches a regular expression (RE2, case ignored)."),
			Reason:  words("消息含有本群不允许的内容", "the message holds what is not allowed here"),
			Fields: []Field{
				{Name: "patterns", Title: words("表达式", "Expressions"), Type: typePatterns, Max: maxRegexps, Required: true,
					Help: words("每个最长 1024 字节，整份群规最多 200 个；只看消息的前 16 KB", "each at most 1024 bytes, 200 in a book; of a message the first 16 KB are looked at")},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			var p struct{ Patterns []string }
			json.Unmarshal(params, &p)
			k := &pattern{}
			for _, text := range p.Patterns {
				if re, err := regexp.Compile("(?i)" + text); err == nil { // the fields were checked
					k.expressions = append(k.expressions, re)
				}
			}
			if b.patterns += len(p.Patterns); b.patterns > maxRegexps {
				b.add(path+".patterns", "too_many_rules", strconv.Itoa(maxRegexps))
			}
			r.does = k
		},
	}
}

// checkPattern says why an expression cannot be a pattern: a problem's code and its arguments; "" when it can.
func checkPattern(text string) (code string, args []string) {
	if len(text) > maxPattern {
		return "too_long", []string{strconv.Itoa(maxPattern)}
	}
	parsed, err := syntax.Parse("(?i)"+text, syntax.Perl)
	if err != nil {
		return "bad_regexp", []string{err.Error()}
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return "bad_regexp", []string{err.Error()}
	}
	if n := len(prog.Inst); n > maxPatternSteps {
		return "pattern_cost", []string{strconv.Itoa(n), strconv.Itoa(maxPatternSteps)}
	}
	return "", nil
}

func (k *pattern) judge(l *look, r *rule) {
	text := head(l.ev.Body.Text, maxRegexpText)
	for range k.expressions {
		if !l.mayMatch(r, text) {
			return
		}
	}
	var f *finding
	for _, re := range k.expressions {
		for _, loc := range re.FindAllStringIndex(text, maxSpans) {
			span := community.Span{Start: loc[0], End: loc[1]}
			if span.Start == span.End {
				continue // an expression that is content with nothing says nothing
			}
			if l.isAllowed(span) {
				l.spare(r, "pattern", span)
				continue
			}
			if f == nil {
				f = l.find(r, "pattern")
			}
			f.span(span)
		}
	}
}

// head is the beginning of a text, whole runes of at most n bytes.
func head(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
