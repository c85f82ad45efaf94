package digest

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// What a topic rests on at least.
const (
	LeastMessages = 3
	LeastSpeakers = 2
	// Scarce is how many messages of usual talk are too few to compare with.
	Scarce = 200
)

// Bounds of a digest.
const (
	MaxLines   = 50_000 // of a stretch; later ones are left out and counted
	MaxUsual   = 20_000 // of the usual talk
	maxTopics  = 8
	maxAnswers = 6
	maxOpen    = 10
	maxLinks   = 10
	maxDecided = 8
	maxThanked = 10
)

// Line is a message. Recalled and erased messages are not given.
type Line struct {
	Number  int64 // place in the log
	At      int64 // UTC ms
	Member  community.MemberKey
	Name    string // shown at the time
	Text    string
	ReplyTo int64 // number of the message that it answers; 0 = none, or not in the stretch
	Bot     bool  // a bot, one of our accounts, a copy of what stands elsewhere, or what a rule hit: none of people's talk
}

// Pair is a question with the message held to answer it first; Answer 0 = nobody did.
type Pair struct {
	Question, Answer int64 // numbers
	Certain          bool  // the platform says that it answers; else a name or the course of the talk does
}

// Talk is what a digest is made of.
type Talk struct {
	Lines []Line   // by time
	Pairs []Pair   // of questions among the lines
	Usual []string // texts of people in the weeks before, any order
	Named []string // names and words that are no topic: of the group, of its members
}

// Digest is what was worth reading, by numbers of messages.
type Digest struct {
	Messages int       `json:"messages"`           // of people
	Speakers int       `json:"speakers"`           // people
	Left     int       `json:"left_out,omitempty"` // messages of bots, copies, what rules hit, and beyond MaxLines
	Usual    int       `json:"usual"`              // messages of the weeks before that it was compared with
	Topics   []Topic   `json:"topics,omitempty"`
	Answers  []Answer  `json:"answers,omitempty"`
	Open     []int64   `json:"open,omitempty"` // questions that nobody answered, the latest first
	OpenAll  int       `json:"open_all"`       // how many there are in all
	Decided  []Decided `json:"decided,omitempty"`
	Links    []Shared  `json:"links,omitempty"`
	Thanked  []Thanked `json:"thanked,omitempty"`
	AI       string    `json:"ai,omitempty"` // the language model whose words a person took instead; "" = none
}

// Empty reports whether there is nothing to tell.
func (d Digest) Empty() bool {
	return len(d.Topics)+len(d.Answers)+len(d.Open)+len(d.Decided)+len(d.Links)+len(d.Thanked) == 0
}

// Topic is something that was talked about more than usual.
type Topic struct {
	Phrases  []string `json:"phrases"` // as they were first written, the most telling first; 1..3
	Messages []int64  `json:"messages"`
	Speakers int      `json:"speakers"`
	From     int64    `json:"from"`
	To       int64    `json:"to"`
	Quotes   []int64  `json:"quotes"` // 1..2 of Messages that say most
	Usual    int      `json:"usual"`  // messages of the usual talk that hold the first phrase
}

// Answer is a question that was answered well: Thanked says by whose word.
type Answer struct {
	Question int64 `json:"question"`
	Answer   int64 `json:"answer"`
	Certain  bool  `json:"certain"`
	Thanks   int64 `json:"thanks,omitempty"` // the asker's thanks; 0 = none
}

// Decided is a message with the words that make it look like a decision or an appointment.
type Decided struct {
	Message int64          `json:"message"`
	Span    community.Span `json:"span"`
}

// Shared is a link that people shared.
type Shared struct {
	Message int64          `json:"message"` // the first that holds it
	Span    community.Span `json:"span"`
	Times   int            `json:"times"`
	Sharers int            `json:"sharers"`
}

// Thanked is a member who was thanked.
type Thanked struct {
	Member   community.MemberKey `json:"member"`
	Said     int64               `json:"said"` // a message of theirs, which tells their name
	By       int                 `json:"by"`   // people
	Messages []int64             `json:"messages"`
}

// Make makes the digest of a talk.
func Make(t Talk) Digest {
	d := Digest{Usual: min(len(t.Usual), MaxUsual)}
	lines := make([]Line, 0, min(len(t.Lines), MaxLines))
	people := map[community.MemberKey]bool{}
	for _, l := range t.Lines {
		if l.Bot || len(lines) == MaxLines {
			d.Left++
			continue
		}
		lines = append(lines, l)
		people[l.Member] = true
	}
	d.Messages, d.Speakers = len(lines), len(people)
	b := book{lines: lines, at: make(map[int64]int, len(lines))}
	for i, l := range lines {
		b.at[l.Number] = i
	}
	d.Topics = topics(lines, t.Usual[:d.Usual], t.Named)
	d.Answers, d.Open = b.answers(t.Pairs)
	d.OpenAll = len(d.Open)
	d.Open = d.Open[:min(len(d.Open), maxOpen)]
	d.Decided = b.decided()
	d.Links = b.links()
	d.Thanked = b.thanked(t.Pairs)
	return d
}

// book is a stretch of talk with where its messages stand.
type book struct {
	lines []Line
	at    map[int64]int // by number
}

func (b book) line(number int64) (Line, bool) {
	i, ok := b.at[number]
	if !ok {
		return Line{}, false
	}
	return b.lines[i], true
}

// leastAsked is how much an open question says at least, in units: a shorter one is understood by those only who were there.
const leastAsked = 5

// thanksWithin is how long after an answer its asker's thanks count as thanks for it.
const thanksWithin = 60 * 60_000

// answers are the questions that were answered, the best first, and those that nobody answered.
func (b book) answers(pairs []Pair) (good []Answer, open []int64) {
	rank := map[int64]int{}
	for _, p := range pairs {
		q, ok := b.line(p.Question)
		if !ok {
			continue
		}
		if p.Answer == 0 {
			if words(q.Text) >= leastAsked {
				open = append(open, p.Question)
			}
			continue
		}
		a, ok := b.line(p.Answer)
		if !ok || a.Member == q.Member || words(a.Text) < 4 {
			continue
		}
		out := Answer{Question: p.Question, Answer: p.Answer, Certain: p.Certain, Thanks: b.thanksOf(q, a)}
		good = append(good, out)
		score := min(words(a.Text), 60)
		if p.Certain {
			score += 40
		}
		if out.Thanks != 0 {
			score += 100
		}
		rank[p.Question] = score
	}
	slices.SortFunc(good, func(x, y Answer) int {
		return cmp.Or(rank[y.Question]-rank[x.Question], cmp.Compare(x.Question, y.Question))
	})
	slices.SortFunc(open, func(x, y int64) int { return cmp.Compare(y, x) })
	return good[:min(len(good), maxAnswers)], open
}

// thanksOf finds the asker's thanks for an answer: said within the hour and to nobody else.
func (b book) thanksOf(q, a Line) int64 {
	for _, l := range b.lines[b.at[a.Number]+1:] {
		if l.At > a.At+thanksWithin {
			return 0
		}
		if l.Member != q.Member || !thanks(l.Text) {
			continue
		}
		to, ok := b.line(l.ReplyTo)
		if !ok || to.Member == a.Member {
			return l.Number
		}
	}
	return 0
}

// thanked counts who was thanked: the author of what the thanks reply to, or whom they name, or who answered that person last.
func (b book) thanked(pairs []Pair) []Thanked {
	answered := map[community.MemberKey][]Line{} // by asker
	for _, p := range pairs {
		q, asked := b.line(p.Question)
		a, ok := b.line(p.Answer)
		if asked && ok && q.Member != a.Member {
			answered[q.Member] = append(answered[q.Member], a)
		}
	}
	named := map[string]Line{}
	for _, l := range b.lines {
		if l.Name != "" {
			named[l.Name] = l
		}
	}
	rows := map[community.MemberKey]*Thanked{}
	by := map[[2]community.MemberKey]bool{}
	for _, l := range b.lines {
		if !thanks(l.Text) {
			continue
		}
		to, ok := b.line(l.ReplyTo)
		if !ok {
			to, ok = named[spokenTo(l.Text)]
		}
		if !ok {
			to, ok = lastBefore(answered[l.Member], l)
		}
		if !ok || to.Member == l.Member {
			continue
		}
		row := rows[to.Member]
		if row == nil {
			row = &Thanked{Member: to.Member, Said: to.Number}
			rows[to.Member] = row
		}
		if k := [2]community.MemberKey{to.Member, l.Member}; !by[k] {
			by[k] = true
			row.By++
		}
		row.Messages = append(row.Messages, l.Number)
	}
	var out []Thanked
	for _, row := range rows {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(x, y Thanked) int {
		return cmp.Or(y.By-x.By, len(y.Messages)-len(x.Messages), cmp.Compare(x.Messages[0], y.Messages[0]))
	})
	return out[:min(len(out), maxThanked)]
}

// lastBefore is the last answer that was given within the hour before some thanks.
func lastBefore(answers []Line, l Line) (best Line, ok bool) {
	for _, a := range answers {
		if a.At <= l.At && a.At >= l.At-thanksWithin && (!ok || a.At > best.At) {
			best, ok = a, true
		}
	}
	return best, ok
}

// spokenTo is the name at the beginning of a text, "" = none.
func spokenTo(text string) string {
	return strings.Trim(text[:lexicon.AfterMentions(text)], " \u2005\u3000@＠:：,，[]")
}

// links are the links that people shared, those of most people first.
func (b book) links() []Shared {
	type seen struct {
		row  Shared
		from map[community.MemberKey]bool
	}
	rows := map[string]*seen{}
	var buf []lexicon.Link
	for _, l := range b.lines {
		buf = lexicon.Links(l.Text, buf[:0])
		for _, link := range buf {
			key := strings.TrimRight(strings.ToLower(l.Text[link.Span.Start:link.Span.End]), "/")
			row := rows[key]
			if row == nil {
				row = &seen{row: Shared{Message: l.Number, Span: link.Span}, from: map[community.MemberKey]bool{}}
				rows[key] = row
			}
			row.row.Times++
			row.from[l.Member] = true
		}
	}
	var out []Shared
	for _, row := range rows {
		row.row.Sharers = len(row.from)
		out = append(out, row.row)
	}
	slices.SortFunc(out, func(x, y Shared) int {
		return cmp.Or(y.Sharers-x.Sharers, cmp.Compare(x.Message, y.Message), cmp.Compare(x.Span.Start, y.Span.Start))
	})
	return out[:min(len(out), maxLinks)]
}

// longestDecision is how long a decision is at most, characters: what is longer is told, not decided.
const longestDecision = 300

// decided are messages that say what was decided or appointed, in their order; of many the latest.
func (b book) decided() []Decided {
	var out []Decided
	for _, l := range b.lines {
		if utf8.RuneCountInString(l.Text) > longestDecision || asks(l.Text) {
			continue
		}
		if span, ok := decision(l.Text); ok {
			out = append(out, Decided{l.Number, span})
		}
	}
	return out[max(0, len(out)-maxDecided):]
}

// words counts what is said: characters of Chinese, words of other scripts.
func words(text string) int {
	n := 0
	for range units(text) {
		n++
	}
	return n
}

// Numbers are the messages that a digest names: those that it shows, not each one that a topic rests on.
func (d Digest) Numbers() []int64 {
	var out []int64
	for _, t := range d.Topics {
		out = append(out, t.Quotes...)
	}
	for _, a := range d.Answers {
		out = append(out, a.Question, a.Answer)
	}
	out = append(out, d.Open...)
	for _, v := range d.Decided {
		out = append(out, v.Message)
	}
	for _, l := range d.Links {
		out = append(out, l.Message)
	}
	for _, t := range d.Thanked {
		out = append(out, t.Said)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
