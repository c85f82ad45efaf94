package lexicon

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTerm bounds a term, in runes; longer words are cut to it.
const MaxTerm = 64

// Terms gives what a search index stores for a text, each term once, in order of first appearance: of a run of Han (and
// kana, hangul) every two neighbouring characters and the last one alone; of any other run of letters and digits the
// whole word. Terms are folded, hold letters and digits only and are never empty.
func Terms(text string) []string {
	var out []string
	seen := map[string]struct{}{}
	add := func(term string) {
		if _, ok := seen[term]; !ok {
			seen[term] = struct{}{}
			out = append(out, term)
		}
	}
	for run := range runs(text) {
		if !run.han {
			add(string(run.runes))
			continue
		}
		for i := 0; i+1 < len(run.runes); i++ {
			add(string(run.runes[i : i+2]))
		}
		add(string(run.runes[len(run.runes)-1]))
	}
	return out
}

// Term is one condition of a search: the index holds the term, or one that begins with it.
type Term struct {
	Text   string
	Prefix bool
}

// Query gives the conditions that must all hold for a text to be a candidate; empty means that there is nothing to
// search for. What it finds is a superset: [Contains] rechecks the text itself.
func Query(text string) []Term {
	var out []Term
	seen := map[Term]struct{}{}
	add := func(t Term) {
		if _, ok := seen[t]; !ok {
			seen[t] = struct{}{}
			out = append(out, t)
		}
	}
	for run := range runs(text) {
		switch {
		case !run.han, len(run.runes) == 1:
			add(Term{Text: string(run.runes), Prefix: true})
		default:
			for i := 0; i+1 < len(run.runes); i++ {
				add(Term{Text: string(run.runes[i : i+2])})
			}
		}
	}
	return out
}

// Contains reports whether text holds every run of letters and digits of the query: a run of Han anywhere, any other
// run at the beginning of a word. It is the recheck behind [Query]; a query without any run is in no text.
func Contains(text, query string) bool {
	var wants []run
	for r := range runs(query) {
		wants = append(wants, r.copied())
	}
	if len(wants) == 0 {
		return false
	}
	found, missing := make([]bool, len(wants)), len(wants)
	for r := range runs(text) {
		for i, want := range wants {
			if !found[i] && r.holds(want) {
				found[i] = true
				missing--
			}
		}
		if missing == 0 {
			return true
		}
	}
	return false
}

// run is a stretch of one script's letters or digits, folded.
type run struct {
	han   bool
	runes []rune
}

func (r run) copied() run { return run{r.han, append([]rune(nil), r.runes...)} }

func (r run) holds(want run) bool {
	if r.han != want.han {
		return false
	}
	if !r.han {
		return strings.HasPrefix(string(r.runes), string(want.runes))
	}
	return strings.Contains(string(r.runes), string(want.runes))
}

// runs cuts a text. The runes of a run are only valid until the next one.
func runs(text string) func(yield func(run) bool) {
	fold := folding()
	return func(yield func(run) bool) {
		var now run
		flush := func() bool {
			if len(now.runes) == 0 {
				return true
			}
			ok := yield(now)
			now.runes = now.runes[:0]
			return ok
		}
		for _, r := range text {
			f := fold.fold(r)
			if r == utf8.RuneError || !unicode.IsLetter(f) && !unicode.IsDigit(f) {
				if !flush() {
					return
				}
				continue
			}
			if han := isHan(f); han != now.han || !han && len(now.runes) == MaxTerm {
				if !flush() {
					return
				}
				now.han = han
			}
			now.runes = append(now.runes, f)
		}
		flush()
	}
}

// isHan reports whether words of the rune's script are written without blanks between them.
func isHan(r rune) bool {
	return r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo)
}
