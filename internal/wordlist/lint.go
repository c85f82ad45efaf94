package wordlist

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/lexicon"
)

// Row is a row of a file, as it is written there.
type Row struct {
	Line     int // in the file, from 1
	Text     string
	Category string
	Level    string // a number, or empty
	Views    string
	Expires  string // YYYY-MM-DD: the last day on which it counts; or empty
}

// Linted is what lint says of a row.
type Linted struct {
	Line    int      `json:"line"`
	Entry   Entry    `json:"entry"`
	Reasons []Reason `json:"reasons,omitempty"`
}

// Verdict is the strictest of the reasons'.
func (l *Linted) Verdict() Verdict {
	out := Keep
	for _, r := range l.Reasons {
		switch v := r.Verdict(); {
		case v == Reject:
			return Reject
		case v == Quarantine:
			out = Quarantine
		}
	}
	return out
}

// repeats reports whether the row is a word that stands elsewhere: in an earlier row or in the list.
func (l *Linted) repeats() bool {
	return slices.ContainsFunc(l.Reasons, func(r Reason) bool { return r.Code == "duplicate" || r.Code == "present" })
}

func (l *Linted) say(code string, args ...string) {
	l.Reasons = append(l.Reasons, Reason{code, args})
}

// Present is what the list holds already.
type Present struct {
	Words      map[string]Entry // by Entry.Fold
	Categories map[string]bool
}

// minLetters is how many letters a word of ASCII letters must have to be used without a person's word.
const minLetters = 4

// Lint looks at each row by itself: what can be no word, what would hit nearly everything, what stands twice, what the list
// has already. loc is where an expiry's day ends. What the words would have done in the past, Past tells.
func Lint(rows []Row, has Present, loc *time.Location) []Linted {
	out := make([]Linted, len(rows))
	first := make(map[string]int, len(rows))
	for i, row := range rows {
		l := &out[i]
		*l = Linted{Line: row.Line}
		l.read(row, loc)
		l.shape()
		if l.Verdict() == Reject {
			continue
		}
		fold := l.Entry.Fold()
		if line, twice := first[fold]; twice {
			l.say("duplicate", strconv.Itoa(line))
			continue
		}
		first[fold] = row.Line
		l.compare(fold, has)
	}
	noteContained(out)
	return out
}

// edges are what stands around words in files that were made by hand or cut out of others.
const edges = " \t\u3000\u00a0\ufeff,，、;；\"'“”"

func (l *Linted) read(row Row, loc *time.Location) {
	e := &l.Entry
	e.State, e.Views = Active, lexicon.ViewsAuto
	e.Text = strings.Trim(row.Text, edges)
	if e.Text != strings.TrimRight(row.Text, "\r\n") && e.Text != "" {
		l.say("trimmed")
	}
	if e.Text == "" && strings.Trim(row.Text, " \t\u3000\u00a0\ufeff") != "" {
		e.Text = row.Text
	}
	if row.Views != "" {
		if _, ok := lexicon.ReadViews(row.Views, e.Text); ok && len(row.Views) <= MaxViews && oneLine(row.Views) {
			e.Views = row.Views
		} else {
			l.say("views", shown(row.Views))
		}
	}
	e.Category = strings.TrimSpace(row.Category)
	if !oneLine(e.Category) || utf8.RuneCountInString(e.Category) > MaxName {
		l.say("category")
		e.Category = ""
	}
	if text := strings.TrimSpace(row.Level); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > MaxLevel {
			l.say("level", shown(text))
			n = 0
		}
		e.Level = n
	}
	if text := strings.TrimSpace(row.Expires); text != "" {
		end, err := ReadExpiry(text, loc)
		if err != nil {
			l.say("expires", shown(text))
		}
		e.Expires = end
	}
}

// ReadExpiry reads the last day on which a word counts (YYYY-MM-DD, YYYY/M/D) as the end of that day, UTC ms.
func ReadExpiry(text string, loc *time.Location) (int64, error) {
	var day time.Time
	var err error
	for _, form := range []string{time.DateOnly, "2006/1/2", "2006-1-2", "2006.1.2"} {
		if day, err = time.ParseInLocation(form, text, loc); err == nil {
			return day.AddDate(0, 0, 1).UnixMilli(), nil
		}
	}
	return 0, err
}

// shape judges the text alone.
func (l *Linted) shape() {
	if err := lexicon.CheckPhrase(l.Entry.Text); err != nil {
		for _, row := range []struct {
			err  error
			code string
		}{{lexicon.ErrPhraseLine, "line"}, {lexicon.ErrPhraseLong, "long"}, {lexicon.ErrPhraseUTF8, "utf8"}, {err, "empty"}} {
			if err == row.err {
				l.say(row.code)
				break
			}
		}
		l.Entry.Text = strings.ToValidUTF8(shown(l.Entry.Text), "�")
		return
	}
	letters := lexicon.LettersOf(l.Entry.Text, nil)
	ascii, digits := 0, 0
	for _, r := range letters {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case 'a' <= r && r <= 'z':
			ascii++
		}
	}
	symbols := len(letters) == 0
	switch {
	case len(letters) == 1 || symbols && utf8.RuneCountInString(l.Entry.Text) == 1:
		l.say("single")
	case symbols:
	case digits == len(letters):
		l.say("numeral")
	case ascii+digits == len(letters):
		if ascii < minLetters {
			l.say("short")
		}
		l.say("borders")
	}
}

func (l *Linted) compare(fold string, has Present) {
	if c := l.Entry.Category; c != "" && !has.Categories[c] {
		l.say("unknown", c)
	}
	old, ok := has.Words[fold]
	if !ok {
		return
	}
	l.keep(old)
	e := l.Entry
	l.Entry.Number = old.Number
	if old.Text == e.Text && old.Category == e.Category && old.Level == e.Level && old.Expires == e.Expires && old.Views == e.Views {
		l.say("present")
		return
	}
	l.say("replaces")
}

// keep leaves as it is in the list what the row does not say.
func (l *Linted) keep(old Entry) {
	e := &l.Entry
	if e.Category == "" {
		e.Category = old.Category
	}
	if e.Level == 0 {
		e.Level = old.Level
	}
	if e.Views == lexicon.ViewsAuto {
		e.Views = old.Views
	}
	if e.Expires == 0 {
		e.Expires = old.Expires
	}
}

// noteContained says of words that hold another: both hit, so the longer is needed only where it weighs more.
func noteContained(list []Linted) {
	phrases, at := kept(list)
	m, err := lexicon.Compile(phrases)
	if err != nil {
		return // every phrase was checked
	}
	var found []lexicon.Match
	for i, text := range phrases {
		found = m.Find(text, found[:0])
		for _, f := range found {
			if f.Phrase != i {
				list[at[i]].say("contains", phrases[f.Phrase])
				break
			}
		}
	}
}

// kept gives the phrases that may come into use, and of which row each is.
func kept(list []Linted) (phrases []string, at []int) {
	for i := range list {
		if list[i].Verdict() != Reject {
			phrases, at = append(phrases, list[i].Entry.Text), append(at, i)
		}
	}
	return phrases, at
}

// Settle puts every row's verdict into its entry: what is quarantined is held, with its reasons. What a person released
// before stays released.
func Settle(list []Linted, has Present) {
	for i := range list {
		l := &list[i]
		if l.Verdict() != Quarantine {
			continue
		}
		if old, ok := has.Words[l.Entry.Fold()]; ok && old.State == Active {
			l.Reasons = deleteQuarantine(l.Reasons)
			l.say("released")
			continue
		}
		l.Entry.State, l.Entry.Why = Held, joinReasons(onlyQuarantine(l.Reasons))
	}
}

func onlyQuarantine(list []Reason) (out []Reason) {
	for _, r := range list {
		if r.Verdict() == Quarantine {
			out = append(out, r)
		}
	}
	return out
}

func deleteQuarantine(list []Reason) (out []Reason) {
	for _, r := range list {
		if r.Verdict() != Quarantine {
			out = append(out, r)
		}
	}
	return out
}

// Taken are the entries that come into the list: all but the rejected.
func Taken(list []Linted) (out []Entry) {
	for i := range list {
		if list[i].Verdict() != Reject {
			out = append(out, list[i].Entry)
		}
	}
	return out
}

// Only are the rows of a verdict and a reason's code; "" = any.
func Only(list []Linted, verdict Verdict, code string) (out []Linted) {
	for i := range list {
		l := &list[i]
		if verdict != "" && l.Verdict() != verdict {
			continue
		}
		if code == "" || slices.ContainsFunc(l.Reasons, func(r Reason) bool { return r.Code == code }) {
			out = append(out, *l)
		}
	}
	return out
}
