package eval

import (
	"context"
	"encoding/json"
	"path"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
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
	o.tell("disguises: %d words", len(list.words))
	var rows []Row
	for _, d := range disguiseKinds() {
		if ctx.Err() != nil {
			return rows, ctx.Err()
		}
		rows = append(rows, o.found(list, d, files[d.file]))
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
	words  []string
	number map[string]int
	plain  *lexicon.Matcher
}

func newWatch(clean []sentence) (*watch, error) {
	w := &watch{number: map[string]int{}}
	for _, s := range clean {
		for _, e := range s.Entities {
			if _, ok := w.number[e]; ok || lexicon.CheckPhrase(e) != nil {
				continue
			}
			w.number[e] = len(w.words)
			w.words = append(w.words, e)
		}
	}
	var err error
	w.plain, err = lexicon.Compile(w.words)
	return w, err
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

func (o Options) found(w *watch, d disguise, list []sentence) Row {
	var plain count
	for _, s := range list {
		if partOf(s.Text) == o.Part {
			plain.add(w.sees(w.plain, s))
		}
	}
	return least("disguise."+d.name, plain, d.target).beside(plain)
}

// innocent is how much of an ordinary group's talk the same list hits.
func (o Options) innocent(w *watch) []Row {
	all, err := o.ordinary("01", "20")
	if err != nil {
		return []Row{skipped("disguise.innocent", err)}
	}
	var plain count
	for _, t := range all {
		plain.add(len(w.plain.Find(t.text, nil)) > 0)
	}
	return []Row{percent("disguise.innocent.plain", plain)}
}
