package eval

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/wordlist"
)

const disguiseArchive = "obfuscation-zh.tar.gz"

// disguise is one way in which words are hidden, as the data has it.
type disguise struct {
	name   string
	file   string
	target float64 // percent of sentences in which a word of theirs is found
}

func disguiseKinds() []disguise {
	return []disguise{
		{"traditional", "Traditional_transform.json", 90},
		{"pinyin", "pinyin_full_transform.json", 90},
		{"homophone", "homo_toxi_transform.json", 90},
		{"split", "chaizi_transform.json", 90},
		{"radical", "radical_transform.json", 90},
		{"swap", "Swap_transform.json", 90},
		{"initials", "pinyin_transform.json", 60},
		{"emoji", "Emoji_toxic_transform.json", 60},
	}
}

// sentence is a text with words that a list knows, and a disguise of it.
type sentence struct {
	Text     string   `json:"original_text"`
	Hidden   string   `json:"perturbed_text"`
	Entities []string `json:"toxic_entity"`
}

const (
	cleanFile   = "toxic_base.json"
	maxInnocent = 0.1 // percent of an ordinary group's messages
)

// disguises hides the marked words of sentences in eight ways and looks whether one of them is found.
func disguises(ctx context.Context, o Options) ([]Row, error) {
	files, err := o.sentences()
	if err != nil {
		return nil, err
	}
	list, err := newWatch(files[cleanFile])
	if err != nil {
		return nil, err
	}
	if err := o.tame(list); err != nil {
		o.tell("disguises: no group's past to tame the words with: %v", err)
	}
	o.tell("disguises: %d words", len(list.phrases))
	var rows []Row
	for _, d := range disguiseKinds() {
		if ctx.Err() != nil {
			return rows, ctx.Err()
		}
		rows = append(rows, o.found(list, d, files[d.file])...)
	}
	return append(rows, o.innocent(list)...), nil
}

// sentences reads the sentences of each file.
func (o Options) sentences() (map[string][]sentence, error) {
	packed, err := o.archive(disguiseArchive, func(p string) bool { return strings.HasSuffix(p, ".json") })
	if err != nil {
		return nil, err
	}
	files := map[string][]sentence{}
	for _, f := range packed {
		var list []sentence
		if err := json.Unmarshal(f.body, &list); err != nil {
			return nil, community.Errorf(community.CodeBadInput, "%s: %w", f.path, err)
		}
		files[path.Base(f.path)] = list
	}
	return files, nil
}

// watch is the list of words that is looked for: plainly, and through disguises.
type watch struct {
	number  map[string]int
	phrases []lexicon.Phrase
	plain   *lexicon.Matcher // as they are written
	careful *lexicon.Matcher // through views that hardly ever hit innocent talk
	wide    *lexicon.Matcher // through all views
	tame    *lexicon.Matcher // through all views, each word without those that lint took
	mild    *lexicon.Matcher // the same of the careful ones
	linted  *lexicon.Matcher // tame, without the words that lint holds back
}

func newWatch(clean []sentence) (*watch, error) {
	w := &watch{number: map[string]int{}}
	for _, s := range clean {
		for _, e := range s.Entities {
			if _, ok := w.number[e]; ok || lexicon.CheckPhrase(e) != nil {
				continue
			}
			w.number[e] = len(w.phrases)
			w.phrases = append(w.phrases, lexicon.Phrase{Text: e, Views: lexicon.WideViews(e)})
		}
	}
	careful, plain := slices.Clone(w.phrases), slices.Clone(w.phrases)
	for i := range careful {
		careful[i].Views, plain[i].Views = lexicon.CarefulViews(careful[i].Text), 0
	}
	for _, c := range []struct {
		to   **lexicon.Matcher
		list []lexicon.Phrase
	}{{&w.plain, plain}, {&w.careful, careful}, {&w.wide, w.phrases}} {
		var err error
		if *c.to, err = lexicon.CompileViews(c.list); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// sees reports whether a matcher finds one of the sentence's own words in its disguise.
func (w *watch) sees(m *lexicon.Matcher, s sentence) bool {
	for _, hit := range m.Find(s.Hidden, nil) {
		for _, e := range s.Entities {
			if n, ok := w.number[e]; ok && n == hit.Phrase {
				return true
			}
		}
	}
	return false
}

func (o Options) found(w *watch, d disguise, list []sentence) []Row {
	var plain, careful, wide, tame, linted count
	for _, s := range list {
		if partOf(s.Text) != o.Part {
			continue
		}
		plain.add(w.sees(w.plain, s))
		careful.add(w.sees(w.careful, s))
		tame.add(w.tame != nil && w.sees(w.tame, s))
		linted.add(w.linted != nil && w.sees(w.linted, s))
		seen := w.sees(w.wide, s)
		if wide.add(seen); !seen {
			o.Show("missed "+d.name, strings.Join(s.Entities, " "), s.Hidden)
		}
	}
	return []Row{
		least("disguise."+d.name, wide, d.target).beside(plain),
		percent("disguise."+d.name+".careful", careful).beside(plain),
		percent("disguise."+d.name+".tame", tame).beside(plain),
		percent("disguise."+d.name+".linted", linted).beside(plain),
	}
}

// innocent is how much of an ordinary group's talk the same list hits, that it would not hit as it is written.
func (o Options) innocent(w *watch) []Row {
	all, err := o.ordinary("01", "20")
	if err != nil {
		return []Row{skipped("disguise.innocent", err)}
	}
	var plain, wide, careful count
	by := map[lexicon.View]*count{}
	for v := lexicon.View(1); v <= lexicon.AllViews; v <<= 1 {
		by[v] = &count{}
	}
	for _, t := range all {
		plain.add(len(w.plain.Find(t.text, nil)) > 0)
		careful.add(disguised(w.careful.Find(t.text, nil)) != 0)
		hits := w.wide.Find(t.text, nil)
		seen := disguised(hits)
		wide.add(seen != 0)
		for v, c := range by {
			c.add(seen&v != 0)
		}
		for _, h := range hits {
			if h.View != 0 {
				o.Show("innocent "+h.View.String(), w.phrases[h.Phrase].Text, t.text[h.Span.Start:h.Span.End], t.text)
			}
		}
	}
	rows, err := o.tamed(w)
	if err != nil {
		return []Row{skipped("disguise.innocent", err)}
	}
	rows = append(rows,
		percent("disguise.innocent.plain", plain), most("disguise.innocent.careful", careful, maxInnocent), most("disguise.innocent", wide, maxInnocent))
	for v := lexicon.View(1); v <= lexicon.AllViews; v <<= 1 {
		rows = append(rows, percent("disguise.innocent."+v.String(), *by[v]))
	}
	return rows
}

// tame lints the words, with all views and with the careful ones, on the first half of the group's days.
func (o Options) tame(w *watch) error {
	past, err := o.ordinary("01", "10")
	if err != nil {
		return err
	}
	for _, c := range []struct {
		views    string
		to, kept **lexicon.Matcher
	}{{lexicon.ViewsWide, &w.tame, &w.linted}, {lexicon.ViewsAuto, &w.mild, nil}} {
		rows := make([]wordlist.Row, len(w.phrases))
		for i, p := range w.phrases {
			rows[i] = wordlist.Row{Line: i + 1, Text: p.Text, Views: c.views}
		}
		list := wordlist.Lint(rows, wordlist.Present{}, time.UTC)
		if _, err := judged(list, past); err != nil {
			return err
		}
		all, kept := slices.Clone(w.phrases), slices.Clone(w.phrases)
		for i := range list {
			all[i].Views, _ = lexicon.ReadViews(list[i].Entry.Views, all[i].Text)
			if kept[i].Views = all[i].Views; list[i].Verdict() != wordlist.Keep {
				kept[i] = lexicon.Phrase{Text: heldBack}
			}
		}
		if *c.to, err = lexicon.CompileViews(all); err != nil {
			return err
		}
		if c.kept == nil {
			continue
		}
		if *c.kept, err = lexicon.CompileViews(kept); err != nil {
			return err
		}
	}
	return nil
}

// heldBack stands for a word that is not looked for: no text holds it.
const heldBack = "\U000f0000\U000f0001\U000f0002"

// tamed is how much of the days that lint saw and of those that it did not see the words hit, as they are written and through the views
// that lint left them.
func (o Options) tamed(w *watch) ([]Row, error) {
	var rows []Row
	for _, days := range []struct{ name, from, to string }{{"seen", "01", "10"}, {"later", "11", "20"}} {
		talk, err := o.ordinary(days.from, days.to)
		if err != nil {
			return nil, err
		}
		for _, m := range []struct {
			name   string
			by     *lexicon.Matcher
			target float64
		}{{"tame", w.tame, maxInnocent}, {"careful.tame", w.mild, maxInnocent}, {"linted", w.linted, 0}} {
			var written, through count
			for _, t := range talk {
				hits := m.by.Find(t.text, nil)
				views := disguised(hits)
				written.add(slices.ContainsFunc(hits, func(h lexicon.Match) bool { return h.View == 0 }))
				through.add(views != 0)
				if views != 0 && days.name == "later" {
					o.Show("later "+m.name+" "+views.String(), t.text)
				}
			}
			name := "disguise.innocent." + m.name + "." + days.name
			rows = append(rows, percent(name+".written", written))
			if m.target > 0 && days.name == "later" {
				rows = append(rows, most(name+".views", through, m.target))
			} else {
				rows = append(rows, percent(name+".views", through))
			}
		}
	}
	return rows, nil
}

// disguised is the views of the hits that need one, those of one hit counted where it is the only such.
func disguised(hits []lexicon.Match) lexicon.View {
	var all lexicon.View
	for _, h := range hits {
		all |= h.View
	}
	return all
}
