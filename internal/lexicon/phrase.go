package lexicon

import (
	"errors"
	"math/bits"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Bounds of phrases.
const (
	// MaxPhrase is how many runes a phrase may have once skip symbols are left out. It also bounds the work at any
	// position of a text.
	MaxPhrase = 64
	// MaxGap is how many skip symbols may stand between two runes of a phrase.
	MaxGap = 6
	// MaxPhrases is how many phrases one matcher takes.
	MaxPhrases = 500_000
)

// Why a text cannot be a phrase.
var (
	ErrPhraseEmpty = errors.New("the phrase has nothing to look for")
	ErrPhraseLine  = errors.New("the phrase holds a line end")
	ErrPhraseLong  = errors.New("the phrase is longer than 64 characters")
	ErrPhraseUTF8  = errors.New("the phrase is not UTF-8")
)

// Match is one phrase found in a text. All matches are found, also those that overlap or hold each other.
type Match struct {
	Phrase int            // index into the phrases that were compiled
	Span   community.Span // first to last rune of the phrase, with what was skipped between them
	View   View           // through which views it was found; 0 = as it is written
}

// Matcher finds many phrases at once. It is never changed after Compile and may be used by many goroutines.
//
// The technique: tables give each rune a small class, byte by byte, so that folding costs nothing, and skip symbols vanish; in the
// same pass every three neighbouring classes are looked up in a bitmap of the first three of all phrases, which nearly every
// position fails, and then four in another; only then is the trie walked, from this position on, which finds every phrase that begins here.
// The work is linear in the text: one that makes walking dear is read on with a [chain].
type Matcher struct {
	words   *trie // phrases as people write them: skip symbols do not count
	viewed  *trie // those of them that are looked for through views, and their initials
	literal *trie // phrases that are (nearly) nothing but symbols: every rune counts
	veil    *veil // what the views find that no class of a table can; nil where no phrase wants it
	size    int
}

// Compile makes a matcher. A phrase of two or more letters, digits or ideographs is found with up to MaxGap skip
// symbols in each of its gaps; any other phrase that holds a symbol ("C++", "💰") is found only as it is written, up to
// Fold. Where a phrase begins or ends with an ASCII letter, no letter may stand there in the text (for a digit: no
// digit): "vip" is in "加vip群" and "vip8", not in "vips". Errors (community.CodeBadInput): a phrase without any
// visible rune, not UTF-8, with a line end, or longer than MaxPhrase.
func Compile(phrases []string) (*Matcher, error) {
	list := make([]Phrase, len(phrases))
	for i, text := range phrases {
		list[i].Text = text
	}
	return CompileViews(list)
}

// CompileViews is Compile for phrases each of which is looked for through its own views. Views that do not suit a phrase
// find nothing: a word of one character has no sound that means it.
func CompileViews(phrases []Phrase) (*Matcher, error) {
	if len(phrases) > MaxPhrases {
		return nil, community.Errorf(community.CodeTooLarge, "%d phrases, at most %d", len(phrases), MaxPhrases)
	}
	words, viewed, literal, hidden := newTrie(true, len(phrases)), newTrie(true, len(phrases)), newTrie(false, len(phrases)), veilMaker{}
	var room []rune
	for i, ph := range phrases {
		if len(room) < MaxPhrase {
			room = make([]rune, roomOfRunes)
		}
		p, err := readPhrase(ph.Text, room[:MaxPhrase:MaxPhrase])
		if err != nil {
			return nil, community.Errorf(community.CodeBadInput, "phrase %d: %w", i, err)
		}
		room = room[len(p.runes):]
		p.number = int32(i)
		switch {
		case p.literal:
			literal.add(p)
		case ph.Views == 0:
			words.add(p)
		default:
			p.views = ph.Views
			viewed.addViewed(p)
			hidden.add(p)
		}
	}
	m := &Matcher{veil: hidden.finish(), size: len(phrases)}
	for _, made := range []struct {
		to   **trie
		from *trie
	}{{&m.words, words}, {&m.viewed, viewed}, {&m.literal, literal}} {
		var err error
		if *made.to, err = made.from.finish(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// roomOfRunes is for how many runes of phrases room is made at once, while a matcher is built.
const roomOfRunes = 1 << 13

// Len is the number of phrases.
func (m *Matcher) Len() int { return m.size }

// Size is about how many bytes the matcher holds.
func (m *Matcher) Size() int {
	return m.words.bytes() + m.viewed.bytes() + m.literal.bytes() + m.veil.bytes()
}

// Find appends to buf every match in text, in order of the position where the match begins (first phrases without views,
// then those with views as far as a table shows them, then literal phrases, then what else the views find), and returns buf.
// It allocates only when buf must grow.
func (m *Matcher) Find(text string, buf []Match) []Match {
	if m.words != nil {
		buf = m.words.find(text, buf)
	}
	if m.viewed != nil {
		buf = m.viewed.find(text, buf)
	}
	if m.literal != nil {
		buf = m.literal.find(text, buf)
	}
	if m.veil != nil {
		buf = m.veil.find(text, buf)
	}
	return buf
}

// phrase is a phrase ready for the trie.
type phrase struct {
	number  int32
	literal bool
	runes   []rune // folded; without skip symbols unless literal
	tight   uint64 // bit k: rune k is joined to rune k-1 as part of one ASCII word
	head    wordKind
	tail    wordKind
	views   View
	via     View // the views that were used to write the runes so
}

// CheckPhrase says whether Compile would take the phrase: nil, or one of the errors above.
func CheckPhrase(text string) error {
	_, err := readPhrase(text, nil)
	return err
}

// readPhrase reads a phrase; its runes stand in room, where they fit in.
func readPhrase(text string, room []rune) (phrase, error) {
	if !utf8.ValidString(text) {
		return phrase{}, ErrPhraseUTF8
	}
	fold := folding()
	var p phrase
	kept := 0
	for _, r := range text {
		if isLineEnd(r) {
			return phrase{}, ErrPhraseLine
		}
		if !fold.isSkip(r) {
			kept++
		}
	}
	p.literal = kept < 2 && kept < utf8.RuneCountInString(text)
	p.runes = room[:0]
	joined := false
	for _, r := range text {
		if fold.isSkip(r) && !p.literal {
			joined = false
			continue
		}
		f := fold.fold(r)
		if len(p.runes) == MaxPhrase {
			return phrase{}, ErrPhraseLong
		}
		if joined && isASCIIWord(f) {
			p.tight |= 1 << len(p.runes)
		}
		joined = isASCIIWord(f)
		p.runes = append(p.runes, f)
	}
	if !visible(p.runes) {
		return phrase{}, ErrPhraseEmpty
	}
	p.head, p.tail = asciiKind(p.runes[0]), asciiKind(p.runes[len(p.runes)-1])
	return p, nil
}

func visible(runes []rune) bool {
	for _, r := range runes {
		if r > ' ' && !isSpace(r) && r != 0x200b && r != 0xfeff {
			return true
		}
	}
	return false
}

// wordKind is what a rune continues: nothing, a word or a number.
type wordKind uint8

const (
	noWord wordKind = iota
	letters
	digits
)

func asciiKind(r rune) wordKind {
	switch {
	case isASCIILetter(r):
		return letters
	case isDigit(r):
		return digits
	}
	return noWord
}

// kindOf is asciiKind for any folded rune of a text: letters of alphabets beside Latin continue a word too.
func kindOf(r rune) wordKind {
	if r < utf8.RuneSelf {
		return asciiKind(r)
	}
	if r < 0x2e80 && isWordRune(r) {
		return letters
	}
	return noWord
}

// stands reports whether the neighbours of [start, end) let the phrase stand there: whole words at its ends.
func (p *ending) stands(fold *foldTable, text string, start, end int) bool {
	if p.head != noWord {
		if r, n := utf8.DecodeLastRuneInString(text[:start]); n > 0 && kindOf(fold.fold(r)) == p.head {
			return false
		}
	}
	if p.tail != noWord {
		if r, n := utf8.DecodeRuneInString(text[end:]); n > 0 && kindOf(fold.fold(r)) == p.tail {
			return false
		}
	}
	return p.via&Initials == 0 || amidHan(text, start, end)
}

// amidHan reports whether letters stand right beside Han, and beside nothing else but that, punctuation, or an end of the text:
// so initials are written, and names and commands mostly are not.
func amidHan(text string, start, end int) bool {
	if end-start < carefulInitials && strings.ToUpper(text[start:end]) == text[start:end] {
		return false // two or three capitals are the name of something
	}
	before, n := utf8.DecodeLastRuneInString(text[:start])
	after, m := utf8.DecodeRuneInString(text[end:])
	left, right := n > 0 && isHan(before), m > 0 && isHan(after)
	return left && (right || m == 0 || after >= 0x3000) || right && (n == 0 || before >= 0x3000)
}

// spelled tells, given which gaps of a phrase held symbols and which of those only blanks, whether blanks stand inside an ASCII word
// between all of its letters ("v x") or none ("s ex" is not one word): in a run of tight places that holds a blank, all are gapped.
func spelled(tight, gapped, blank uint64) bool {
	for tight != 0 {
		low := bits.TrailingZeros64(tight)
		run := uint64(1)<<bits.TrailingZeros64(^(tight>>low)) - 1
		run <<= low
		if blank&run != 0 && gapped&run != run {
			return false
		}
		tight &^= run
	}
	return true
}

// Hash of 32 bits, FNV-1a over runes.
const (
	hashStart32 = 2166136261
	hashPrime32 = 16777619
)

// ending is the phrase as it stands at its node.
func (t *trie) ending(p *phrase) (ending, closer) {
	e := ending{number: p.number, via: p.via, runes: uint8(len(p.runes)), head: p.head, tail: p.tail}
	more := closer{tight: p.tight, plain: hashStart32, allowed: hashStart32, views: p.views}
	if p.views == 0 {
		return e, more
	}
	for _, r := range p.runes {
		g, v := t.further(r, p.views)
		more.plain, more.allowed, more.kinds = (more.plain^uint32(r))*hashPrime32, (more.allowed^uint32(g))*hashPrime32, more.kinds|v
	}
	return e, more
}

// initialsOf is a phrase of Han written as the first letters of its syllables, those of the readings in use most; without runes
// where it cannot be.
func initialsOf(p phrase) phrase {
	c := charted()
	short := phrase{number: p.number, head: letters, tail: letters, views: p.views, via: Initials}
	for i, r := range p.runes {
		s := c.soundsOf(glyphs().fold(r))[0]
		if s == 0 {
			return phrase{}
		}
		if i > 0 {
			short.tight |= 1 << i
		}
		short.runes = append(short.runes, rune(c.names[s][0]))
	}
	return short
}
