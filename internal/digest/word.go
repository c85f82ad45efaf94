package digest

import (
	"iter"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// unit is what phrases are made of: one ideograph, or one word of letters and digits. Joined says that nothing but blanks between
// two words stands before it.
type unit struct {
	span   community.Span
	han    bool
	joined bool
}

// units are the units of a text, without the names it begins with and without links.
func units(text string) iter.Seq[unit] {
	return func(yield func(unit) bool) {
		links := lexicon.Links(text, nil)
		joined, blank := false, false
		for i := lexicon.AfterMentions(text); i < len(text); {
			for len(links) > 0 && links[0].Span.End <= i {
				links = links[1:]
			}
			if len(links) > 0 && i >= links[0].Span.Start {
				i, joined = links[0].Span.End, false
				continue
			}
			r, size := utf8.DecodeRuneInString(text[i:])
			switch {
			case unicode.Is(unicode.Han, r):
				if !yield(unit{community.Span{Start: i, End: i + size}, true, joined && !blank}) {
					return
				}
				i, joined, blank = i+size, true, false
			case unicode.IsLetter(r) || unicode.IsDigit(r):
				end := wordEnd(text, i)
				if !yield(unit{community.Span{Start: i, End: end}, false, joined}) {
					return
				}
				i, joined, blank = end, true, false
			default:
				joined = joined && (r == ' ' || r == '\u00a0')
				blank = joined
				i += size
			}
		}
	}
}

// wordEnd is the end of a word that begins at i: letters and digits that are no ideographs, and what joins them.
func wordEnd(text string, i int) int {
	end := i
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.Is(unicode.Han, r) {
			break
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
			i += size
			end = i
			continue
		}
		if end == i && strings.ContainsRune("'’-_.+#", r) {
			i += size
			if strings.ContainsRune("+#", r) {
				end = i // c++, c#
			}
			continue
		}
		break
	}
	return end
}

// Words that are no phrase by themselves, and that none begins or ends with.
var (
	plainWords = sync.OnceValue(func() map[string]bool {
		out := map[string]bool{}
		for _, w := range strings.Fields(plainEnglish) {
			out[w] = true
		}
		return out
	})
	notFirst   = set("的了吗呢吧啊呀哦嗯哈嘛么们着过得地之就都也还很太再又才是在和跟与把被给对个些点下来去说要会能有没不我你他她它您咱这那哪谁什怎可以为因所但而或如果等让从到向比并且即将已正好吃大小多少几第一二三四五六七八九十")
	notLast    = set("的了吗呢吧啊呀哦嗯哈嘛是我你他她它您这那哪就都也还很太再又才在和跟与把被给对个没不什怎可因所但而或如让从向比并且即将已正要会能有说第着过得之么以为")
	thanked    = sync.OnceValue(func() *lexicon.Matcher { return compiled(thanksWords) })
	deciding   = sync.OnceValue(func() *lexicon.Matcher { return compiled(decidingWords) })
	appointing = sync.OnceValue(func() *lexicon.Matcher { return compiled(appointingWords) })
)

func set(runes string) map[rune]bool {
	out := map[rune]bool{}
	for _, r := range runes {
		out[r] = true
	}
	return out
}

func compiled(list string) *lexicon.Matcher {
	var words []string
	for line := range strings.Lines(list) {
		if w := strings.TrimSpace(line); w != "" {
			words = append(words, w)
		}
	}
	m, err := lexicon.Compile(words)
	if err != nil {
		panic(err) // the list below is wrong
	}
	return m
}

const plainEnglish = `a about above after again all also always am an and any anyone anything are aren't around as ask at away back be because been
before being better both but by call came can can't cannot come could couldn't day did didn't do does doesn't doing don't done down each either else
even ever every everyone everything few find first for found from get gets getting give go goes going gonna good got great guess had happen has hasn't have
haven't having he hello help her here hey hi him his hm hmm hmmm how however i i'd i'll i'm i've idea if im in instead into is isn't it it's its just keep kind
know last least less let like little ll lol long look looking looks lot made make makes making many may maybe me mean might mine more most much must my need
needs never new next nice no nobody none nope not nothing now of off oh ok okay old on once one only or other our out over own part people please point
pretty probably problem put question quite rather re read really right run said same saw say says see seem seems seen set she should show since so some somebody
someone something sorry sort still stuff such sure take tell than thank thanks that that's the their them then there there's these they thing things
think this those though thought through time to today together too tried try trying two u up ur us use used useful user using very ve want wanted wants was
wasn't way we well went were what what's whatever when where which while who whole why will with without won't work working works would wouldn't wrong
yeah year yep yes yet you you'd you'll you're you've your yours http https www com`

const thanksWords = `
谢谢
感谢
多谢
谢了
谢啦
辛苦了
thanks
thank you
thx
ty
`

const decidingWords = `
定了
就定
决定
说好了
通过了
投票结果
decided
we agreed
agreed on
let's go with
`

const appointingWords = `
改到
改成
改为
推迟到
提前到
截止
请在
时间定
地点定
集合
见面
deadline
rescheduled
moved to
meet at
`

// thanks reports whether a text thanks somebody.
func thanks(text string) bool { _, ok := first(thanked(), text); return ok }

// decision finds the words by which a text looks like a decision, or like an appointment: that names a time, too.
func decision(text string) (community.Span, bool) {
	if span, ok := first(deciding(), text); ok {
		return span, true
	}
	if !timed(text) {
		return community.Span{}, false
	}
	return first(appointing(), text)
}

// timed reports whether a text names a time: a digit, or a Chinese number or weekday before what counts time.
func timed(text string) bool {
	before := rune(0)
	for _, r := range text {
		if r >= '0' && r <= '9' || strings.ContainsRune("点号日月时", r) && strings.ContainsRune("一二三四五六七八九十两半几", before) || strings.ContainsRune("一二三四五六日天末", r) && strings.ContainsRune("周期", before) {
			return true
		}
		before = r
	}
	return false
}

// first is the first find in a text that is a word of its own where it is written in letters.
func first(m *lexicon.Matcher, text string) (community.Span, bool) {
	for _, hit := range m.Find(text, nil) {
		if whole(text, hit.Span) {
			return hit.Span, true
		}
	}
	return community.Span{}, false
}

// whole reports whether no letter stands beside a span that begins or ends with a letter other than an ideograph.
func whole(text string, s community.Span) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:s.Start])
	after, _ := utf8.DecodeRuneInString(text[s.End:])
	head, _ := utf8.DecodeRuneInString(text[s.Start:])
	tail, _ := utf8.DecodeLastRuneInString(text[:s.End])
	return !(letter(before) && letter(head)) && !(letter(after) && letter(tail))
}

func letter(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Han, r) }

// asks reports whether a text ends as a question does.
func asks(text string) bool {
	t := strings.TrimRightFunc(text, unicode.IsSpace)
	return strings.HasSuffix(t, "?") || strings.HasSuffix(t, "？") || strings.HasSuffix(t, "吗") || strings.HasSuffix(t, "呢")
}
