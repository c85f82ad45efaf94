package lexicon

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Word is an entry of a word list.
type Word struct {
	Number   int64  // names the word within its list, through all its versions; 0 = not yet given
	Text     string // a phrase: CheckPhrase
	Category string // without tabs and line ends; "" = that of the list
	Level    int    // the rung on which its hits start; 0 = as the rule says
	Views    string // in which disguises it is looked for; "auto" = as its letters suggest
	Expires  int64  // UTC ms, from when it counts no longer; 0 = never
}

// ViewsAuto lets the letters of a word say in which disguises it is looked for.
const ViewsAuto = "auto"

// MaxList is how many words a list may have.
const MaxList = 100_000

// listHead is the first line of a packed list.
const listHead = "qunluo words 1"

// CompileWords makes a matcher of words, each looked for through its own views. Views that are not known are none.
func CompileWords(list []Word) (*Matcher, error) {
	phrases := make([]Phrase, len(list))
	for i, w := range list {
		views, _ := ReadViews(w.Views, w.Text)
		phrases[i] = Phrase{Text: w.Text, Views: views}
	}
	return CompileViews(phrases)
}

// PackList writes words as the content that a rulebook names by its hash: a line for each, the same words the same bytes.
// Words must be good ones (CheckPhrase) and categories without tabs and line ends.
func PackList(list []Word) []byte {
	out := make([]byte, 0, len(listHead)+1+len(list)*40)
	out = append(append(out, listHead...), '\n')
	for _, w := range list {
		for _, n := range []int64{w.Number, int64(w.Level), w.Expires} {
			out = append(strconv.AppendInt(out, n, 10), '\t')
		}
		out = append(append(out, w.Views...), '\t')
		out = append(append(out, w.Category...), '\t')
		out = append(append(out, w.Text...), '\n')
	}
	return out
}

// UnpackList reads what PackList wrote. CodeBadInput when it is something else; CodeTooLarge above MaxList words.
func UnpackList(raw []byte) ([]Word, error) {
	head, rest, _ := bytes.Cut(raw, []byte{'\n'})
	if string(head) != listHead {
		return nil, community.Errorf(community.CodeBadInput, "word list: begins with %.20q", head)
	}
	n := bytes.Count(rest, []byte{'\n'})
	if n > MaxList {
		return nil, community.Errorf(community.CodeTooLarge, "word list: %d words, at most %d", n, MaxList)
	}
	list := make([]Word, 0, n)
	for line := range strings.Lines(string(rest)) {
		w, err := unpackWord(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, community.Errorf(community.CodeBadInput, "word list, line %d: %w", len(list)+2, err)
		}
		list = append(list, w)
	}
	return list, nil
}

func unpackWord(line string) (Word, error) {
	part := strings.SplitN(line, "\t", 6)
	if len(part) != 6 {
		return Word{}, fmt.Errorf("%d fields, want 6", len(part))
	}
	var n [3]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(part[i], 10, 64); err != nil {
			return Word{}, err
		}
	}
	w := Word{Number: n[0], Level: int(n[1]), Expires: n[2], Views: part[3], Category: part[4], Text: part[5]}
	return w, CheckPhrase(w.Text)
}

// FoldPhrase is the form in which two phrases are found in the same texts: folded, without skip symbols. A text that cannot
// be a phrase is its own form.
func FoldPhrase(text string) string {
	p, err := readPhrase(text, nil)
	if err != nil {
		return text
	}
	return string(p.runes)
}

// LettersOf gives the runes of a text that count in comparisons: folded, without skip symbols and line ends.
func LettersOf(text string, buf []rune) []rune {
	fold := folding()
	for _, r := range text {
		if !fold.isSkip(r) && !isLineEnd(r) {
			buf = append(buf, fold.fold(r))
		}
	}
	return buf
}
