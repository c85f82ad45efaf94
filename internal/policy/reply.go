package policy

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// reply answers a message that holds a keyword. Of all replies that match, are within their hours and not cooling down,
// only the one with the highest priority speaks (of equals the first in the book).
type reply struct {
	Match       string   `json:"match"` // contains, exact, prefix, regexp
	Patterns    []string `json:"patterns,omitempty"`
	Regexps     []string `json:"regexps,omitempty"`
	Priority    int      `json:"priority"`
	GroupCool   int64    `json:"group_cooldown"`  // seconds
	MemberCool  int64    `json:"member_cooldown"` // seconds
	Hours       Hours    `json:"hours,omitzero"`  // empty = always
	Quote       bool     `json:"quote"`           // answer the message itself
	NoMention   bool     `json:"no_mention"`
	Text        string   `json:"text"`
	expressions []*regexp.Regexp
	hours       window
}

// Ways of matching.
const (
	matchContains = "contains"
	matchExact    = "exact"
	matchPrefix   = "prefix"
	matchRegexp   = "regexp"
)

const maxRegexp = 200 // characters of an expression

func replyKind() kind {
	return kind{
		schema: Schema{
			Name: "reply", Title: words("关键词回复", "Keyword reply"),
			Summary: words("消息符合关键词时自动回复；同时符合多条时，只有优先级最高的回复。", "Answers a message with a keyword; of several only the one with the highest priority."),
			Fields: []Field{
				{Name: "match", Title: words("匹配方式", "Match"), Type: typeChoice, Required: true, Default: matchContains, Choices: []Choice{
					{matchContains, words("包含", "Contains")}, {matchExact, words("完全相同", "Exact")},
					{matchPrefix, words("以它开头", "Begins with")}, {matchRegexp, words("正则表达式", "Regular expression")},
				}},
				{Name: "patterns", Title: words("关键词", "Keywords"), Type: typeWords, Max: 200},
				{Name: "regexps", Title: words("正则表达式", "Expressions"), Type: typeRegexps, Max: 10},
				{Name: "priority", Title: words("优先级", "Priority"), Type: typeInt, Min: -1000, Max: 1000,
					Help: words("数字大的先", "higher goes first")},
				{Name: "group_cooldown", Title: words("全群冷却秒数", "Cooldown of the group, seconds"), Type: typeInt, Max: 7 * daySeconds, Default: 10},
				{Name: "member_cooldown", Title: words("每人冷却秒数", "Cooldown of a member, seconds"), Type: typeInt, Max: 7 * daySeconds, Default: 60},
				{Name: "hours", Title: words("时间段", "Hours"), Type: typeObject, Fields: hoursFields()},
				{Name: "quote", Title: words("引用原消息", "Quote the message"), Type: typeBool},
				{Name: "no_mention", Title: words("不@成员", "Do not mention the member"), Type: typeBool},
				{Name: "text", Title: words("回复内容", "Answer"), Type: typeLong, Max: 2000, Required: true,
					Help: words("可用 {name} {group}", "may hold {name} {group}")},
			},
		},
		build: buildReply,
	}
}

func buildReply(b *builder, path string, r *rule, params json.RawMessage) {
	p := &reply{}
	json.Unmarshal(params, p)
	r.does = p
	p.hours = b.window(path+".hours", p.Hours)
	list := "patterns"
	if p.Match == matchRegexp {
		list = "regexps"
	}
	if p.Match == matchRegexp && len(p.Regexps) == 0 || p.Match != matchRegexp && len(p.Patterns) == 0 {
		b.add(path+"."+list, "required")
		return
	}
	if r.Mode == RuleOff {
		return
	}
	if p.Match == matchRegexp {
		for _, text := range p.Regexps {
			re, err := compileRegexp(text)
			if err == nil {
				p.expressions = append(p.expressions, re)
				b.expressions++
			}
		}
		return
	}
	for i, text := range p.Patterns {
		b.phrase(r.index, i, text, 0)
	}
}

var errLongRegexp = errors.New("longer than 200 characters")

// compileRegexp takes an RE2 expression of bounded size. It ignores case.
func compileRegexp(text string) (*regexp.Regexp, error) {
	if len(text) > maxRegexp*4 || len([]rune(text)) > maxRegexp {
		return nil, errLongRegexp
	}
	return regexp.Compile("(?i)" + text)
}

func (p *reply) onlyPhrases() bool { return p.Match != matchRegexp }

func (p *reply) judge(l *look, r *rule) {
	for range p.expressions {
		if !l.mayMatch(r, l.ev.Body.Text) {
			return
		}
	}
	if _, ok := p.fits(l, r); ok {
		l.replies = append(l.replies, r)
	}
}

// fits says whether the message asks for this reply, and where.
func (p *reply) fits(l *look, r *rule) (community.Span, bool) {
	text := l.ev.Body.Text
	for _, re := range p.expressions {
		if loc := re.FindStringIndex(text); loc != nil {
			return community.Span{Start: loc[0], End: loc[1]}, true
		}
	}
	for _, m := range l.matches {
		if int(l.rb.owners[m.Phrase].rule) == r.index && p.placed(text, m.Span) {
			return m.Span, true
		}
	}
	return community.Span{}, false
}

// placed checks that the keyword stands where the way of matching wants it.
func (p *reply) placed(text string, s community.Span) bool {
	switch p.Match {
	case matchExact:
		return lexicon.IsBlank(text[:s.Start]) && lexicon.IsBlank(text[s.End:])
	case matchPrefix:
		return lexicon.IsBlank(text[:s.Start])
	}
	return true
}

// ready reports whether a matching reply may speak now.
func (p *reply) ready(l *look, r *rule) bool {
	if p.hours != (window{}) && !p.hours.holds(l.state.clock.minute(l.rb.loc, l.ev.At)) {
		return false
	}
	at := l.ev.At
	return l.state.cool[coolKey{r.ID, 0}] <= at && l.state.cool[coolKey{r.ID, l.ev.Actor}] <= at
}

// answer lets the best live reply speak, and notes what the best dry one would have said.
func (l *look) answer(d *community.Decision, spokenFor bool) {
	if len(l.replies) == 0 || l.ev.At-l.ev.OccurredAt > replyLasts {
		return
	}
	for _, dry := range []bool{false, true} {
		if !dry && spokenFor {
			continue
		}
		if r := l.best(dry); r != nil {
			r.does.(*reply).speak(l, r, d)
		}
	}
}

func (l *look) best(dry bool) *rule {
	var best *rule
	for _, r := range l.replies {
		if p := r.does.(*reply); r.dry == dry && p.ready(l, r) && (best == nil || p.Priority > best.does.(*reply).Priority) {
			best = r
		}
	}
	return best
}

func (p *reply) speak(l *look, r *rule, d *community.Decision) {
	span, _ := p.fits(l, r)
	d.Hits = append(d.Hits, community.RuleHit{Rule: r.ID, Kind: r.Kind, Spans: []community.Span{span}, Dry: r.dry, Why: "reply", Chose: !r.dry})
	p.coolDown(l, r)
	if r.dry {
		return
	}
	a := say(l.ev, r, 0, l.ev.Actor, fill(p.Text, l.rb, nameOf(l.ev)), replyLasts)
	a.Mention = a.Mention && !p.NoMention
	if p.Quote {
		a.ReplyTo = l.ev.Body.Message
	}
	d.Actions = append(d.Actions, a)
}

// coolDown keeps the reply silent for a while.
func (p *reply) coolDown(l *look, r *rule) {
	if p.GroupCool > 0 {
		l.state.setCool(coolKey{r.ID, 0}, l.ev.At+p.GroupCool*1000)
	}
	if p.MemberCool > 0 && l.ev.Actor != 0 {
		l.state.setCool(coolKey{r.ID, l.ev.Actor}, l.ev.At+p.MemberCool*1000)
	}
}

// byBook sorts rules as the book has them.
func byBook(rules []*rule) {
	slices.SortStableFunc(rules, func(a, b *rule) int { return a.index - b.index })
}
