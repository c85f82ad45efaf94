package eval

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/lexicon"
	"qunluo/internal/wordlist"
)

const wordsArchive = "words-zh-51k.tar.gz"

// What a list may hit after lint, and how much of it must stay, in percent.
const (
	maxLinted   = 0.5
	leastStay   = 70
	fewDaysSaid = 1 // on so many days a passer-by speaks at most
)

// lint reads a list of 51,117 words that others made, lints it on the first half of an ordinary group's days, and looks on the
// second half what is left of it hits. While something is built ("train"), both halves lie before the days of the test.
func lint(_ context.Context, o Options) ([]Row, error) {
	rows, distinct, err := o.listRows()
	if err != nil {
		return nil, err
	}
	days := [4]string{"01", "10", "11", "20"}
	if o.Part == Train {
		days = [4]string{"01", "05", "06", "10"}
	}
	past, err := o.ordinary(days[0], days[1])
	if err != nil {
		return nil, err
	}
	later, err := o.ordinary(days[2], days[3])
	if err != nil {
		return nil, err
	}
	o.tell("lint: %d rows, %d words, %d messages to learn from, %d to measure", len(rows), distinct, len(past), len(later))
	list := wordlist.Lint(rows, wordlist.Present{}, time.UTC)
	report, err := judged(list, past)
	if err != nil {
		return nil, err
	}
	for _, t := range report.Reasons {
		o.Show(t.Code, strconv.Itoa(t.N), strings.Join(t.Examples, " "))
	}
	var after, before, naive count
	keep, err := matcherOf(list, func(l *wordlist.Linted) bool { return l.Verdict() == wordlist.Keep })
	if err != nil {
		return nil, err
	}
	all, err := matcherOf(list, func(l *wordlist.Linted) bool { return true })
	if err != nil {
		return nil, err
	}
	plain := substrings(rows)
	for _, t := range later {
		hit := len(keep.Find(t.text, nil)) > 0
		if hit {
			o.Show("hit", t.text)
		}
		after.add(hit)
		before.add(len(all.Find(t.text, nil)) > 0)
		naive.add(plain.in(t.text))
	}
	stay := count{report.LongKept, report.Long}
	return []Row{
		most("lint.hits", after, maxLinted).beside(naive),
		percent("lint.hits.unlinted", before).beside(naive),
		least("lint.stay", stay, leastStay),
	}, nil
}

func (o Options) listRows() (rows []wordlist.Row, distinct int, err error) {
	files, err := o.archive(wordsArchive, func(p string) bool { return strings.HasSuffix(p, ".txt") })
	seen := map[string]bool{}
	for _, f := range files {
		for line := range strings.Lines(string(f.body)) {
			rows = append(rows, wordlist.Row{Line: len(rows) + 1, Text: strings.TrimRight(line, "\r\n")})
			seen[strings.TrimSpace(line)] = true
		}
	}
	return rows, len(seen), err
}

// judged tries a list on the past; who spoke on one day only is a passer-by, whose words speak for nothing.
func judged(list []wordlist.Linted, past []talk) (wordlist.Report, error) {
	p, err := wordlist.NewPast(list)
	if err != nil {
		return wordlist.Report{}, err
	}
	spoke := map[string]map[string]bool{}
	for _, t := range past {
		if spoke[t.nick] == nil {
			spoke[t.nick] = map[string]bool{}
		}
		spoke[t.nick][t.day] = true
	}
	for _, t := range past {
		day, err := strconv.ParseInt(t.day, 10, 64)
		if err != nil {
			return wordlist.Report{}, err
		}
		p.Add(wordlist.Message{Text: t.text, Day: day, Ordinary: len(spoke[t.nick]) > fewDaysSaid})
	}
	return p.Judge(), nil
}

func matcherOf(list []wordlist.Linted, of func(*wordlist.Linted) bool) (*lexicon.Matcher, error) {
	var words []lexicon.Word
	for i := range list {
		if w := list[i].Entry.Word; of(&list[i]) && lexicon.CheckPhrase(w.Text) == nil {
			words = append(words, w)
		}
	}
	return lexicon.CompileWords(words)
}

// plainWords is the list as it is mostly used: lower case, anywhere in the text.
type plainWords struct {
	words map[string]bool
	most  int // bytes of the longest
}

func substrings(rows []wordlist.Row) plainWords {
	p := plainWords{words: map[string]bool{}}
	for _, r := range rows {
		w := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(r.Text, "\ufeff")))
		if w != "" && utf8.ValidString(w) {
			p.words[w] = true
			p.most = max(p.most, len(w))
		}
	}
	return p
}

func (p plainWords) in(text string) bool {
	text = strings.ToLower(text)
	for from := range text {
		for to := from + 1; to <= min(len(text), from+p.most); to++ {
			if p.words[text[from:to]] {
				return true
			}
		}
	}
	return false
}
