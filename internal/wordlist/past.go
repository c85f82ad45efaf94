package wordlist

import (
	"math"
	"slices"
	"strconv"

	"qunluo/internal/lexicon"
)

// Message is a message of the past that a list is tried on.
type Message struct {
	Text string
	Day  int64
	// Ordinary: its author spoke on two days or more and no rule or person found anything wrong with it. Only such messages
	// speak for a word's being ordinary; what advertisers said speaks against it.
	Ordinary bool
}

// Thresholds of the judgement by the past. A word that more than CommonPer10k of 10,000 ordinary messages hold is ordinary
// talk. Beyond that, words leave from the most ordinary on until what is left would hit at most Budget of the ordinary
// messages: judged on days that were kept out when the words were rated, and aiming at half of it, because the days to
// come differ from those that were seen. Below MinMessages nothing is judged.
const (
	CommonPer10k = 5.0
	Budget       = 0.005
	aim          = Budget / 2
	MinMessages  = 1000
	folds        = 5
)

// Past is a list tried on past messages. It is for one goroutine.
type Past struct {
	list    []Linted
	at      []int // by phrase: the row
	m       *lexicon.Matcher
	talk    talk
	count   []int32  // by phrase: ordinary messages that hold it as it is written
	all     []int32  // by phrase: messages that hold it
	veiled  []veiled // by phrase: ordinary messages that hold it in disguise
	hits    []heard
	days    map[int64]int
	per     [folds]int // ordinary messages
	n, good int        // messages, ordinary ones
	before  int        // messages that hold any phrase
	buf     []lexicon.Match
	runes   []rune
}

// heard is a message that holds phrases.
type heard struct {
	fold    int8    // -1: not ordinary
	phrases []int32 // as they are written
	hidden  []hidden
}

// hidden is a phrase found through views only.
type hidden struct {
	phrase int32
	views  lexicon.View
}

// veiled is in how many ordinary messages a phrase was found through views, and through which in each fold.
type veiled struct {
	n     int32
	views [folds]lexicon.View
}

// but are the views of all folds but one; of all where it is none.
func (v *veiled) but(fold int) (all lexicon.View) {
	for i, views := range v.views {
		if i != fold {
			all |= views
		}
	}
	return all
}

// NewPast begins to try a list. Rows that are rejected for their shape are counted in what the list would have hit as it
// stood, if they can be looked for at all.
func NewPast(list []Linted) (*Past, error) {
	p := &Past{list: list, days: map[int64]int{}}
	var words []lexicon.Word
	for i := range list {
		if w := list[i].Entry.Word; lexicon.CheckPhrase(w.Text) == nil {
			words, p.at = append(words, w), append(p.at, i)
		}
	}
	p.count, p.all, p.veiled = make([]int32, len(words)), make([]int32, len(words)), make([]veiled, len(words))
	p.talk = newTalk(words)
	var err error
	p.m, err = lexicon.CompileWords(words)
	return p, err
}

// Add tries the list on a message. Messages come in any order.
func (p *Past) Add(m Message) {
	p.n++
	fold := int8(-1)
	if m.Ordinary {
		day, ok := p.days[m.Day]
		if !ok {
			day = len(p.days)
			p.days[m.Day] = day
		}
		fold = int8(day % folds)
		p.per[fold]++
		p.good++
		p.runes = lexicon.LettersOf(m.Text, p.runes[:0])
		p.talk.add(int(fold), p.runes)
	}
	p.buf = p.m.Find(m.Text, p.buf[:0])
	if len(p.buf) == 0 {
		return
	}
	p.before++
	h := heard{fold: fold}
	for _, f := range p.buf {
		if k := int32(f.Phrase); f.View == 0 && !slices.Contains(h.phrases, k) {
			h.phrases = append(h.phrases, k)
			p.all[k]++
			if m.Ordinary {
				p.count[k]++
			}
		}
	}
	for _, f := range p.buf {
		if f.View != 0 {
			p.hear(&h, hidden{int32(f.Phrase), f.View}, m.Ordinary)
		}
	}
	p.hits = append(p.hits, h)
}

// hear notes a phrase that a message holds in disguise.
func (p *Past) hear(h *heard, f hidden, ordinary bool) {
	again := slices.ContainsFunc(h.hidden, func(o hidden) bool { return o.phrase == f.phrase })
	h.hidden = append(h.hidden, f)
	if !again && !slices.Contains(h.phrases, f.phrase) {
		p.all[f.phrase]++
	}
	if ordinary {
		v := &p.veiled[f.phrase]
		v.views[h.fold] |= f.views
		if !again {
			v.n++
		}
	}
}

// ladder are the steps at which words may leave: expected hits in 10,000 messages, from the most ordinary down.
func ladder() (steps []float64) {
	for e := 0; e >= -9; e-- {
		for _, m := range []float64{5, 2, 1} {
			steps = append(steps, m*math.Pow(10, float64(e)))
		}
	}
	return append(steps, 0)
}

// Judge says of every word that would hit ordinary talk so, and gives the figures before and after.
func (p *Past) Judge() Report {
	limit := math.Inf(1)
	if p.good >= MinMessages {
		p.narrow()
		limit = p.limit()
		p.quarantine(limit)
	}
	return p.report(limit)
}

// narrow takes from each word the views through which it hits ordinary talk: what people write anyhow is no disguise there. The word
// itself stays, and its other views.
func (p *Past) narrow() {
	for k, v := range p.veiled {
		l := &p.list[p.at[k]]
		if v.n == 0 || l.Verdict() == Reject {
			continue
		}
		has, _ := lexicon.ReadViews(l.Entry.Views, l.Entry.Text)
		taken := v.but(-1)
		l.Entry.Views = (has &^ taken).String()
		l.say("narrowed", strconv.Itoa(int(v.n)), strconv.Itoa(p.good), (has & taken).String())
	}
}

// still reports whether a word finds through the views it has left what it found in disguise.
func (p *Past) still(f hidden) bool {
	l := &p.list[p.at[f.phrase]]
	has, _ := lexicon.ReadViews(l.Entry.Views, l.Entry.Text)
	return l.Verdict() == Keep && f.views&^has == 0
}

// limit is the highest step of the ladder at which the words left would have hit at most the aimed share of messages on
// days that did not rate them.
func (p *Past) limit() float64 {
	steps := ladder()
	hit := make([]int, len(steps))
	for _, h := range p.hits {
		if h.fold < 0 {
			continue
		}
		least := math.Inf(1)
		for _, k := range h.phrases {
			if p.list[p.at[k]].Verdict() == Keep {
				least = min(least, p.rating(k, int(h.fold)))
			}
		}
		for _, f := range h.hidden { // what the other folds would not have taken from the word
			if p.list[p.at[f.phrase]].Verdict() == Keep && p.veiled[f.phrase].but(int(h.fold))&f.views == 0 {
				least = min(least, p.rating(f.phrase, int(h.fold)))
			}
		}
		for i, s := range steps {
			if least < s {
				hit[i]++
			}
		}
	}
	for i, s := range steps {
		if float64(hit[i]) <= aim*float64(p.good) {
			return s
		}
	}
	return 0
}

// rating is how many of 10,000 ordinary messages would hold the phrase, by what the other folds say: counted where they
// hold it, else expected from how its characters follow one another there. without < 0: by all folds.
func (p *Past) rating(k int32, without int) float64 {
	n, seen := p.good, int(p.count[k])
	if without >= 0 {
		n -= p.per[without]
		seen -= p.seenIn(k, without)
	}
	if n == 0 {
		return 0
	}
	if seen > 0 {
		return float64(seen) / float64(n) * 1e4
	}
	return p.talk.expect(int(k), without) / float64(n) * 1e4
}

// seenIn counts the ordinary messages of a fold that hold a phrase.
func (p *Past) seenIn(k int32, fold int) int {
	if p.talk.seen == nil {
		p.talk.seen = make(map[[2]int32]int32)
		for _, h := range p.hits {
			for _, f := range h.phrases {
				p.talk.seen[[2]int32{f, int32(h.fold)}]++
			}
		}
	}
	return int(p.talk.seen[[2]int32{k, int32(fold)}])
}

func (p *Past) quarantine(limit float64) {
	for k := range p.at {
		l := &p.list[p.at[k]]
		if l.Verdict() == Reject {
			continue
		}
		seen, rate := int(p.count[k]), p.rating(int32(k), -1)
		args := []string{strconv.Itoa(seen), strconv.Itoa(p.good)}
		switch {
		case seen > 1 && rate > CommonPer10k:
			l.say("common", append(args, strconv.FormatFloat(rate, 'f', 1, 64))...)
		case rate >= limit && seen > 0:
			l.say("said", args...)
		case rate >= limit:
			l.say("likely")
		}
	}
}

// Report is what lint found, for people.
type Report struct {
	Rows        int `json:"rows"`
	Kept        int `json:"kept"`
	Quarantined int `json:"quarantined"`
	Rejected    int `json:"rejected"`
	Long        int `json:"long"`      // words of three or more characters, each once
	LongKept    int `json:"long_kept"` // of these, kept

	Messages int     `json:"messages"`           // tried on
	Ordinary int     `json:"ordinary"`           // of these, ordinary
	Judged   bool    `json:"judged"`             // the past was enough to judge by
	Limit    float64 `json:"limit,omitempty"`    // words expected in so many of 10,000 messages or more left; 0 = not judged
	Before   int     `json:"before"`             // messages that the list would have hit as it stood
	After    int     `json:"after"`              // and hits with what was kept
	Others   int     `json:"others"`             // of After, not ordinary ones: what the list is for
	Top      []Top   `json:"top,omitempty"`      // the words that hit most
	TopKept  []Top   `json:"top_kept,omitempty"` // and those of the words that were kept
	Reasons  []Told  `json:"reasons,omitempty"`  // the most frequent first
}

// Top is a word that hits often.
type Top struct {
	Text    string  `json:"text"`
	Hits    int     `json:"hits"`
	Verdict Verdict `json:"verdict"`
}

// Told is how many rows a reason was said of.
type Told struct {
	Code     string   `json:"code"`
	N        int      `json:"n"`
	Examples []string `json:"examples,omitempty"`
}

// shownTop is how many words and examples a report shows.
const (
	shownTop      = 20
	shownExamples = 8
)

func (p *Past) report(limit float64) Report {
	r := Summary(p.list)
	r.Messages, r.Ordinary, r.Before, r.Judged = p.n, p.good, p.before, p.good >= MinMessages
	if r.Judged {
		r.Limit = limit
	}
	for _, h := range p.hits {
		if slices.ContainsFunc(h.phrases, func(k int32) bool { return p.list[p.at[k]].Verdict() == Keep }) || slices.ContainsFunc(h.hidden, p.still) {
			r.After++
			if h.fold < 0 {
				r.Others++
			}
		}
	}
	r.Top = p.top(func(*Linted) bool { return true })
	r.TopKept = p.top(func(l *Linted) bool { return l.Verdict() == Keep })
	return r
}

func (p *Past) top(of func(*Linted) bool) []Top {
	var out []Top
	for k, n := range p.all {
		if l := &p.list[p.at[k]]; n > 0 && of(l) {
			out = append(out, Top{l.Entry.Text, int(n), l.Verdict()})
		}
	}
	slices.SortStableFunc(out, func(a, b Top) int { return b.Hits - a.Hits })
	return out[:min(len(out), shownTop)]
}

// Summary counts a list's rows by verdict and reason.
func Summary(list []Linted) Report {
	r := Report{Rows: len(list)}
	told := map[string]*Told{}
	for i := range list {
		l := &list[i]
		long := len([]rune(l.Entry.Text)) >= 3 && !l.repeats()
		if long {
			r.Long++
		}
		switch l.Verdict() {
		case Reject:
			r.Rejected++
		case Quarantine:
			r.Quarantined++
		default:
			r.Kept++
			if long {
				r.LongKept++
			}
		}
		for _, why := range l.Reasons {
			t := told[why.Code]
			if t == nil {
				t = &Told{Code: why.Code}
				told[why.Code] = t
			}
			if t.N++; len(t.Examples) < shownExamples {
				t.Examples = append(t.Examples, l.Entry.Text)
			}
		}
	}
	for _, t := range told {
		r.Reasons = append(r.Reasons, *t)
	}
	slices.SortFunc(r.Reasons, func(a, b Told) int {
		if a.N != b.N {
			return b.N - a.N
		}
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return r
}
