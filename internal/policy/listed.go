package policy

import (
	"slices"
	"strings"

	"qunluo/internal/lexicon"
)

// wordsAsset is the kind of content that is a packed word list (lexicon.PackList).
const wordsAsset = "words"

// listed is the word lists that books name by hash, with one matcher for all of them: all books that name the same lists
// share it, whatever else they hold. It is never changed.
type listed struct {
	matcher *lexicon.Matcher
	lists   [][]lexicon.Word
	places  []listPlace // by phrase number of matcher
}

// listPlace is where a phrase stands.
type listPlace struct{ list, word int32 }

func compileLists(_ []string, lists [][]lexicon.Word) (*listed, error) {
	s := &listed{lists: lists}
	var all []lexicon.Word
	for i, list := range lists {
		for k := range list {
			s.places = append(s.places, listPlace{int32(i), int32(k)})
		}
		all = append(all, list...)
	}
	var err error
	s.matcher, err = lexicon.CompileWords(all)
	return s, err
}

// namedList is a list as a rule names it.
type namedList struct {
	hash  string
	words []lexicon.Word
	owner owner
}

// list hands a list that a rule names by hash to the matcher of such lists.
func (b *builder) list(path, hash string, rule, list int, off bool) {
	words, _ := b.content(path, hash, wordsAsset, func(raw []byte) (any, error) { return lexicon.UnpackList(raw) }).([]lexicon.Word)
	if words != nil && !off {
		b.lists = append(b.lists, namedList{hash, words, owner{int32(rule), int32(list)}})
	}
}

// listedWords counts the words of the lists, each list once.
func (b *builder) listedWords() (n int) {
	b.sortLists()
	for i, l := range b.lists {
		if i == 0 || b.lists[i-1].hash != l.hash {
			n += len(l.words)
		}
	}
	return n
}

// sortLists puts the lists into the order of their hashes: the same set of lists is the same matcher.
func (b *builder) sortLists() {
	slices.SortStableFunc(b.lists, func(a, b namedList) int { return strings.Compare(a.hash, b.hash) })
}

// gather makes the matcher of the named lists, or finds it made.
func (b *builder) gather() error {
	var hashes []string
	var lists [][]lexicon.Word
	for _, l := range b.lists {
		if n := len(hashes); n == 0 || hashes[n-1] != l.hash {
			hashes, lists = append(hashes, l.hash), append(lists, l.words)
			b.rb.named = append(b.rb.named, nil)
		}
		last := len(b.rb.named) - 1
		b.rb.named[last] = append(b.rb.named[last], l.owner)
	}
	if hashes == nil {
		return nil
	}
	var err error
	b.rb.listed, err = b.tools.listed(hashes, lists)
	return err
}

// inLists finds the words of named lists in the message; those that have expired when it came are none.
func (l *look) inLists() {
	s := l.rb.listed
	if s == nil {
		return
	}
	l.listed = s.matcher.Find(l.ev.Body.Text, l.listed)
	l.listed = slices.DeleteFunc(l.listed, func(m lexicon.Match) bool {
		w := s.word(m)
		return w.Expires != 0 && w.Expires <= l.ev.At
	})
}

func (s *listed) word(m lexicon.Match) *lexicon.Word {
	p := s.places[m.Phrase]
	return &s.lists[p.list][p.word]
}

// owned gives the rule's own numbers of the list in which a match stands: a rule may name a list twice.
func (rb *Rulebook) owned(m lexicon.Match, r *rule) (own []int32) {
	for _, o := range rb.named[rb.listed.places[m.Phrase].list] {
		if int(o.rule) == r.index {
			own = append(own, o.list)
		}
	}
	return own
}
