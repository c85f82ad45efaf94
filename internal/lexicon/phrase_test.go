package lexicon

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunluo/internal/community"
)

func compile(t testing.TB, phrases ...string) *Matcher {
	t.Helper()
	m, err := Compile(phrases)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPhrasesAreFoundHoweverTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		phrase, text string
		want         []string // the parts of text that match
	}{
		{"加微信", "快加微信吧", []string{"加微信"}},
		{"加微信", "快加-微…信吧", []string{"加-微…信"}},
		{"加微信", "加💰微❤️信", []string{"加💰微❤️信"}},
		{"加微信", "加\u200b微\u200d信", []string{"加\u200b微\u200d信"}},
		{"加微信", "加\n微信", nil},
		{"加微信", "加微\r\n信", nil},
		{"加微信", "加的微信", nil},
		{"加微信", "加.......微信", nil}, // seven symbols are one too many
		{"加微信", "加......微信", []string{"加......微信"}},
		{"加 微 信", "加微信", []string{"加微信"}},
		{"加VX", "加ｖｘ123", []string{"加ｖｘ"}},
		{"加vx", "加ⓥ𝐗", []string{"加ⓥ𝐗"}},
		{"加vx", "加 v x", []string{"加 v x"}},
		{"加v", "加vip群", nil},
		{"加v", "加v信", []string{"加v"}},
		{"vip", "加vip群 vip8 VIPs", []string{"vip", "vip"}},
		{"sex", "plus ex", nil},
		{"sex", "mr s ex", nil},
		{"sex", "s e x", []string{"s e x"}},
		{"sex", "s*ex", []string{"s*ex"}},
		{"free money", "FREE  MONEY! freemoney", []string{"FREE  MONEY", "freemoney"}},
		{"赌", "赌博", []string{"赌"}},
		{"𠮷野", "吃𠮷.野家", []string{"𠮷.野"}},
		{"💊", "有💊吗", []string{"💊"}},
		{"C++", "学C++和c + +，C语言", []string{"C++"}},
		{"aa", "aa aaa", []string{"aa"}},
		{"哈哈", "哈哈哈", []string{"哈哈", "哈哈"}},
		{"人民", "⼈民", []string{"⼈民"}},
		{"123", "0123 123x 1234", []string{"123"}},
	} {
		var got []string
		for _, m := range compile(t, c.phrase).Find(c.text, nil) {
			got = append(got, c.text[m.Span.Start:m.Span.End])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: got %q, want %q", c.phrase, c.text, got, c.want)
		}
	}
}

func TestImpossiblePhrasesAreRefused(t *testing.T) {
	for _, bad := range []string{"", " ", "\u200b", "a\nb", "\xff", strings.Repeat("长", MaxPhrase+1)} {
		if _, err := Compile([]string{"好", bad}); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("Compile(%q) = %v, want bad_input", bad, err)
		}
	}
	compile(t, strings.Repeat("长", MaxPhrase))
}

// naive is the definition of Find, written without any of its tricks.
func naive(phrases []string, text string) []Match {
	type at struct {
		r     rune
		start int
		end   int
	}
	var runes []at
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		runes = append(runes, at{r, i, i + n})
		i += n
	}
	bounded := func(r rune, i, j int) bool { // rune r of a phrase stands at its end; j is the neighbour in the text
		if j < 0 || j >= len(runes) || asciiKind(slowFold(r)) == noWord {
			return true
		}
		return kindOf(slowFold(runes[j].r)) != asciiKind(slowFold(r))
	}
	var out []Match
	for number, phrase := range phrases {
		kept := 0
		for _, r := range phrase {
			if !isSkip(r) {
				kept++
			}
		}
		literal := kept < 2 && kept < utf8.RuneCountInString(phrase)
		var want []rune
		var tight []bool
		sep := true
		for _, r := range phrase {
			if isSkip(r) && !literal {
				sep = true
				continue
			}
			r = slowFold(r)
			tight = append(tight, !sep && isASCIIWord(r) && isASCIIWord(want[len(want)-1]))
			want = append(want, r)
			sep = false
		}
	from:
		for i := range runes {
			if slowFold(runes[i].r) != want[0] {
				continue
			}
			j, last := i, i
			gaps, blanks := make([]int, len(want)), make([]bool, len(want))
			for k := 1; k < len(want); k++ {
				j++
				blanks[k] = true
				for ; !literal && j < len(runes) && isSkip(runes[j].r); j++ {
					gaps[k]++
					blanks[k] = blanks[k] && isSpace(runes[j].r)
				}
				if j >= len(runes) || gaps[k] > MaxGap || slowFold(runes[j].r) != want[k] {
					continue from
				}
				last = j
			}
			for k := 1; k < len(want); k++ {
				if !tight[k] || gaps[k] == 0 || !blanks[k] {
					continue
				}
				for a := k; tight[a]; a-- {
					if gaps[a] == 0 {
						continue from
					}
				}
				for a := k; a < len(want) && tight[a]; a++ {
					if gaps[a] == 0 {
						continue from
					}
				}
			}
			if bounded(want[0], i, i-1) && bounded(want[len(want)-1], last, last+1) {
				out = append(out, Match{Phrase: number, Span: community.Span{Start: runes[i].start, End: runes[last].end}})
			}
		}
	}
	return out
}

func sorted(in []Match) []Match {
	slices.SortFunc(in, func(a, b Match) int {
		return (a.Span.Start-b.Span.Start)<<32 + (a.Span.End-b.Span.End)<<16 + a.Phrase - b.Phrase
	})
	return in
}

// alphabet is small so that phrases and texts meet often, and holds every kind of rune that is treated specially.
var alphabet = []rune("aAａ1１b加微信⼈人𠮷💰-. \u3000\n\u200b\u0301vⓥ𝐯é+")

func TestMatcherFindsWhatTheDefinitionFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 4)
		var phrases []string
		for _, p := range rapid.SliceOfN(piece, 1, 12).Draw(t, "phrases") {
			if CheckPhrase(string(p)) == nil {
				phrases = append(phrases, string(p))
			}
		}
		text := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 40).Draw(t, "text"))
		m, err := Compile(phrases)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sorted(naive(phrases, text)), sorted(m.Find(text, nil))); diff != "" {
			t.Fatalf("%q in %q (-definition +matcher):\n%s", phrases, text, diff)
		}
	})
}

// wellFormed puts a line end, over which no phrase goes either, in the place of each byte that is of no rune.
func wellFormed(text string) string {
	out := []byte(text)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			out[i] = '\n'
		}
		i += n
	}
	return string(out)
}

// TestMatcherFindsWhatTheDefinitionFindsInLongTexts draws words of few characters and texts in which many of them begin, end at the end,
// lie over each other, are written with symbols between, or are cut by bytes that are no text.
func TestMatcherFindsWhatTheDefinitionFindsInLongTexts(t *testing.T) {
	rune1 := rapid.SampledFrom([]rune("加微信群聊人⼈民a1é𠮷"))
	word := rapid.SliceOfN(rune1, 1, 7)
	rapid.Check(t, func(t *rapid.T) {
		var phrases []string
		for _, p := range rapid.SliceOfN(word, 1, 40).Draw(t, "phrases") {
			phrases = append(phrases, string(p))
		}
		var b strings.Builder
		for range rapid.IntRange(0, 60).Draw(t, "pieces") {
			switch rapid.IntRange(0, 9).Draw(t, "piece") {
			case 0:
				b.WriteString(rapid.SampledFrom([]string{"\xe5", "\xe5\xbe", "\xf0\x9f\x98", "\x80", "\xc3", "\xed\xa0\x80", "\xe0\x80\x80"}).Draw(t, "broken"))
			case 1:
				b.WriteString(rapid.SampledFrom([]string{"，", " ", "😂", "\u200b", ".", "\n", "没", "没有说"}).Draw(t, "symbol"))
			case 2, 3, 4:
				b.WriteString(rapid.SampledFrom(phrases).Draw(t, "word"))
			default:
				b.WriteString(string(rapid.SliceOfN(rune1, 1, 5).Draw(t, "runes")))
			}
		}
		text := b.String()
		m, err := Compile(phrases)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sorted(naive(phrases, wellFormed(text))), sorted(m.Find(text, nil))); diff != "" {
			t.Fatalf("%q in %q (-definition +matcher):\n%s", phrases, text, diff)
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add("加微信|v x|C++|💊", "加-微信 V X c++💊")
	f.Fuzz(func(t *testing.T, list, text string) {
		var phrases []string
		for _, p := range strings.Split(list, "|") {
			if CheckPhrase(p) == nil {
				phrases = append(phrases, p)
			}
		}
		m := compile(t, phrases...)
		got := m.Find(text, nil)
		if diff := cmp.Diff(sorted(naive(phrases, wellFormed(text))), sorted(got)); diff != "" {
			t.Fatalf("%q in %q (-definition +matcher):\n%s", phrases, text, diff)
		}
	})
}

func TestFoldIsIdempotent(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if f := Fold(r); Fold(f) != f {
			t.Fatalf("Fold(%U) = %U, Fold of that = %U", r, f, Fold(f))
		}
		if got, want := folding().isSkip(r), isSkip(r); got != want {
			t.Fatalf("isSkip(%U) = %v by table, %v by definition", r, got, want)
		}
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	m := compile(t, "加微信", "刷单", "💊", "vip")
	text, buf := "今天天气不错，vip 加-微.信 💊 大家好", make([]Match, 0, 16)
	if n := testing.AllocsPerRun(100, func() { buf = m.Find(text, buf[:0]) }); n != 0 {
		t.Errorf("Find allocates %v times, want 0", n)
	}
	if len(buf) != 3 {
		t.Errorf("found %d, want 3", len(buf))
	}
}
