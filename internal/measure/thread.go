package measure

import (
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Said is a message as threads see it.
type Said struct {
	Number   int64 // place in the log
	At       int64 // UTC ms
	Member   community.MemberKey
	Name     string // what the sender is called in the group; "" = not known
	Text     string
	Mentions []community.MemberKey // who is addressed by the platform's own @, in order
	Answers  int64                 // the number of the message that the platform says is answered; 0 = it says nothing, -1 = one that is not known here
}

// Evidence is why a message is held to answer another, the strongest first (methods.md §1.1).
type Evidence int8

// Kinds of evidence. What the platform recorded is certain; what a name or the course of the talk suggests is likely.
const (
	ByReply   Evidence = 1 // the platform's reply or quotation
	ByMention Evidence = 2 // @
	ByName    Evidence = 3 // the other's name at the start
	ByThread  Evidence = 4 // who talks with whom, about what, how soon
)

// Certain reports whether the platform itself says so.
func (e Evidence) Certain() bool { return e == ByReply || e == ByMention }

// Link says that a message follows an earlier one, of somebody else unless the platform says so. To is 0 when there is none.
type Link struct {
	To   int64 // number
	By   Evidence
	Whom community.MemberKey // whom the message is addressed to, by @ or by a name at its start; 0 = nobody in particular
	Asks bool                // the message is a question
}

const (
	threadTurns = 100        // messages back that may be answered without the platform saying so
	threadSpan  = 3 * 3600e3 // ms back
	nameEnds    = 4          // separators looked at for the end of a name at the start
	nameBytes   = 64         // of a text in which a name at the start must end
	wordTerms   = 64         // terms of a message that are compared
	rareTurns   = 12         // a term that stands in more of the turns says nothing
	minuteMS    = 60_000
)

// Points for and against that a message follows an earlier one, in halves. They were chosen by hand.
const (
	toThem      = 3.0  // it is addressed to that one
	toAnother   = -3.0 // it is addressed to somebody else
	toMe        = 1.5  // that one was addressed to its sender
	toThird     = -1.5 // that one was addressed to a third
	isAsking    = 0.5  // that one is a question, and nobody has answered it
	isLatest    = 0.5  // that one is its sender's latest
	rareWord    = 1.5  // each word that only these two have, or in part
	rareMost    = 3.0  // such words that count
	withThem    = 1.0  // its sender's last message went to that one's sender, or the other way round
	namesThem   = 4.5  // that one's name stands somewhere in it
	beforeOwn   = -1.5 // its sender has spoken since
	perDoubling = -0.8 // each doubling of the messages between
	perMinutes  = -0.5 // each doubling of the minutes between
	ownLatest   = 2.0  // its sender's own latest message goes on
	ownNext     = 0.5  // and nobody spoke between
	ownWord     = 1.0
	ownSame     = 0.5  // addressed to the same one as before
	ownOther    = -2.5 // addressed to another one than before
	newPlain    = 0.0  // it begins something new
	newAsking   = 1.0  // it is a question
	newSpeaker  = 2.5  // its sender has not spoken yet
	newTo       = -3.5 // it is addressed to somebody
)

// turn is a message in the window.
type turn struct {
	number, at int64
	member     community.MemberKey
	name       string              // folded
	to         community.MemberKey // who it is addressed to; 0 = nobody in particular
	with       community.MemberKey // whose message it was held to follow; 0 = nobody's
	terms      []uint32
	before     []termPlace // where each term stands in the turn before this one that holds it
	open       bool        // a question that nobody else has followed
	latest     bool        // its sender has said nothing since
}

// Threads follows the talk of a group and says which message each one follows. It remembers the last 100 messages. Messages
// come in the order of the log; where the clock ran back, no time lies between them.
type Threads struct {
	turns []turn // the oldest first
	first int    // how many have left the window: turns[i] is the (first+i)th
	names map[string]*called
	holds termIndex
	share []float64 // of the message at hand with each turn
	at    []bool    // turns whose sender's name stands in it
}

// called is who bears a name in the window.
type called struct {
	member community.MemberKey // who used it last
	turns  int
}

// NewThreads begins with an empty window.
func NewThreads() *Threads {
	return &Threads{names: map[string]*called{}, holds: newTermIndex()}
}

// Mark is what is known of a message in the window besides what it says. With the messages themselves it is all that Threads
// remembers.
type Mark struct {
	Number   int64
	To, With community.MemberKey // whom it is addressed to, whose message it follows; 0 = nobody('s)
	Open     bool                // a question that nobody else has followed
}

// Marks gives the window, the oldest first.
func (t *Threads) Marks() []Mark {
	list := make([]Mark, len(t.turns))
	for i, c := range t.turns {
		list[i] = Mark{c.number, c.to, c.with, c.open}
	}
	return list
}

// ResumeThreads goes on where a window was left: said are the messages of the marks. A message that is gone stands there
// with its number alone.
func ResumeThreads(marks []Mark, said []Said) *Threads {
	t := NewThreads()
	for i, m := range marks {
		s := said[i]
		t.push(turn{number: m.Number, at: s.At, member: s.Member, name: foldName(s.Name), terms: termsOf(s.Text), to: m.To, with: m.With, open: m.Open})
	}
	return t
}

// Follow takes the next message and says which one it follows.
func (t *Threads) Follow(s Said) Link {
	now := turn{number: s.Number, at: s.At, member: s.Member, name: foldName(s.Name), terms: termsOf(s.Text), open: Asks(s.Text)}
	by, asks := ByMention, now.open
	if len(s.Mentions) > 0 {
		now.to = s.Mentions[0]
	} else if now.to = t.addressee(s); now.to != 0 {
		by = ByName
	}
	t.compare(&now, s.Text)
	link := Link{To: s.Answers, By: ByReply}
	i := t.placeOf(s.Answers)
	if s.Answers == 0 {
		link, i = Link{}, t.likeliest(&now)
	}
	if i >= 0 {
		p := &t.turns[i]
		now.with = p.member
		if p.member != now.member {
			p.open = false
			link = now.linkTo(p, by, s.Answers != 0)
		} else {
			now.with = p.with
		}
	}
	t.push(now)
	link.Whom, link.Asks = now.to, asks
	return link
}

// linkTo is the link to a turn: by what addressed its sender, or by the course of the talk.
func (now *turn) linkTo(p *turn, by Evidence, told bool) Link {
	switch {
	case told:
		by = ByReply
	case p.member != now.to:
		by = ByThread
	}
	return Link{To: p.number, By: by}
}

// placeOf is where the turn with a number stands; -1 = not in the window.
func (t *Threads) placeOf(number int64) int {
	if number <= 0 {
		return -1
	}
	return slices.IndexFunc(t.turns, func(c turn) bool { return c.number == number })
}

// push puts a turn into the window, and takes the oldest out.
func (t *Threads) push(now turn) {
	if len(t.turns) == threadTurns {
		t.drop()
	}
	if own := t.latestOf(now.member); own >= 0 {
		t.turns[own].latest = false
	}
	now.latest = true
	place := t.first + len(t.turns)
	now.before = make([]termPlace, len(now.terms))
	for i, w := range now.terms {
		now.before[i] = t.holds.add(w, placeAt(place, i))
	}
	t.turns = append(t.turns, now)
	if now.name == "" {
		return
	}
	c := t.names[now.name]
	if c == nil {
		c = &called{}
		t.names[now.name] = c
	}
	c.member, c.turns = now.member, c.turns+1
}

func (t *Threads) drop() {
	old := t.turns[0]
	t.turns, t.first = t.turns[1:], t.first+1
	for _, w := range old.terms {
		t.holds.leave(w)
	}
	if c := t.names[old.name]; c != nil {
		if c.turns--; c.turns == 0 {
			delete(t.names, old.name)
		}
	}
}

// compare says what the message has in common with each turn: rare words, and the names that stand in it.
func (t *Threads) compare(now *turn, text string) {
	n := len(t.turns)
	t.share, t.at = slices.Grow(t.share[:0], n)[:n], slices.Grow(t.at[:0], n)[:n]
	clear(t.share)
	clear(t.at)
	for _, w := range now.terms {
		s := t.holds.slots[t.holds.at(w)]
		if s.count == 0 || s.count > rareTurns {
			continue
		}
		for place, left := s.head, s.count; left > 0; left-- {
			i, term := place.in(t.first)
			t.share[i] += 1 / float64(s.count)
			place = t.turns[i].before[term]
		}
	}
	if now.to != 0 {
		return
	}
	for word := range strings.FieldsFuncSeq(text, endsName) {
		m := t.who(word, now.member)
		if m == 0 {
			continue
		}
		for i := range t.turns {
			if t.turns[i].member == m {
				t.at[i] = true
			}
		}
	}
}

// likeliest is the place of the turn that the message follows; -1 = it begins something new.
func (t *Threads) likeliest(now *turn) int {
	own := t.latestOf(now.member)
	best, at := begins(now, own >= 0), -1
	for i := len(t.turns) - 1; i >= 0 && now.at-t.turns[i].at <= threadSpan; i-- {
		c := &t.turns[i]
		var points float64
		if c.member == now.member {
			points = t.goesOn(now, i, i == own)
		} else {
			points = t.answers(now, i, own)
		}
		if points += t.distance(now, i); points > best {
			best, at = points, i
		}
	}
	return at
}

func (t *Threads) latestOf(m community.MemberKey) int {
	for i := len(t.turns) - 1; i >= 0; i-- {
		if t.turns[i].member == m {
			return i
		}
	}
	return -1
}

// begins are the points for beginning something new.
func begins(now *turn, spoke bool) float64 {
	points := newPlain
	if now.open {
		points += newAsking
	}
	if !spoke {
		points += newSpeaker
	}
	if now.to != 0 {
		points += newTo
	}
	return points
}

// goesOn are the points for going on with the sender's own message.
func (t *Threads) goesOn(now *turn, i int, latest bool) float64 {
	c, points := &t.turns[i], ownWord*min(t.share[i], rareMost)
	if latest {
		points += ownLatest
	}
	if i == len(t.turns)-1 {
		points += ownNext
	}
	switch {
	case now.to == 0:
	case c.to == now.to:
		points += ownSame
	default:
		points += ownOther
	}
	return points
}

// answers are the points for following a message of somebody else; own is the place of the sender's latest.
func (t *Threads) answers(now *turn, i, own int) float64 {
	c, points := &t.turns[i], rareWord*min(t.share[i], rareMost)
	switch now.to {
	case 0:
	case c.member:
		points += toThem
	default:
		points += toAnother
	}
	switch c.to {
	case 0:
	case now.member:
		points += toMe
	default:
		points += toThird
	}
	if c.open {
		points += isAsking
	}
	if c.latest {
		points += isLatest
	}
	if t.at[i] {
		points += namesThem
	}
	if own >= 0 && (t.turns[own].with == c.member || t.turns[own].to == c.member) {
		points += withThem
	}
	if c.with == now.member {
		points += withThem
	}
	if i < own {
		points += beforeOwn
	}
	return points
}

// distance are the points for what lies between: messages and minutes.
func (t *Threads) distance(now *turn, i int) float64 {
	logs := doublings()
	minutes := max(0, now.at-t.turns[i].at) / minuteMS
	return perDoubling*logs[1+len(t.turns)-i] + perMinutes*logs[1+minutes]
}

// doublings are the binary logarithms of the whole numbers that distances have.
var doublings = sync.OnceValue(func() *[threadSpan/minuteMS + 2]float64 {
	var logs [threadSpan/minuteMS + 2]float64
	for i := range logs {
		logs[i] = math.Log2(float64(max(1, i)))
	}
	return &logs
})

// addressee is whose name stands at the start of a text.
func (t *Threads) addressee(s Said) community.MemberKey {
	text := strings.TrimLeft(s.Text, "@＠ ")
	ends := 0
	for i, r := range text {
		if i > nameBytes || ends == nameEnds {
			break
		}
		if !endsName(r) {
			continue
		}
		ends++
		if m := t.who(text[:i], s.Member); m != 0 {
			return m
		}
	}
	return 0
}

func endsName(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`,.:!?()'"，。：！？（）、`, r)
}

// who bears a name in the window; 0 = nobody, or the one who speaks.
func (t *Threads) who(name string, speaks community.MemberKey) community.MemberKey {
	if len(name) < 2 || len(name) > nameBytes || utf8.RuneCountInString(name) < 2 {
		return 0
	}
	c := t.names[foldName(name)]
	if c == nil || c.member == speaks {
		return 0
	}
	return c.member
}

func foldName(s string) string { return strings.Map(lexicon.Fold, s) }

// termsOf are a text's words, and of Han every two neighbours, as hashes; each once.
func termsOf(text string) []uint32 {
	var out []uint32
	add := func(h uint32) {
		for _, x := range out {
			if x == h {
				return
			}
		}
		out = append(out, h)
	}
	word, last := uint32(0), rune(0)
	for _, r := range text {
		if len(out) == wordTerms {
			break
		}
		r = lexicon.Fold(r)
		switch {
		case unicode.Is(unicode.Han, r):
			if word != 0 {
				add(word)
				word = 0
			}
			if last != 0 {
				add(mix(mix(hanSeed, last), r))
			}
			last = r
			continue
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			word = mix(word, r)
		case word != 0:
			add(word)
			word = 0
		}
		last = 0
	}
	if word != 0 {
		add(word)
	}
	return out
}

const hanSeed = 0x9e3779b9

// mix adds a rune to a hash (FNV-1a over runes).
func mix(h uint32, r rune) uint32 {
	if h == 0 {
		h = 2166136261
	}
	return (h ^ uint32(r)) * 16777619
}
