package policy

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// opinion alarms whoever is on duty when several members complain about one thing within a short time (舆情). It does nothing
// to anybody. What the thing is, the group's own talk tells: something many of them name now and hardly anybody names
// otherwise. Our own accounts, bots, copies that we brought, and quoted or forwarded words do not count.
//
// It is a rule, and no measure beside the book: so it is tried on the past, run dry, published and explained as rules are,
// and its memory is a fold of the group's events.
type opinion struct {
	Minutes int64 `json:"minutes"`
	Members int   `json:"members"` // so many different ones on the subject
	Share   int   `json:"share"`   // percent of them who complain
	Growth  int   `json:"growth"`  // times what is usual
	Quiet   int64 `json:"quiet"`   // hours without a further alarm
	keeps   bool  // this rule writes into the group's memory, for all rules of the kind
}

// Defaults of the kind, and how far back its memory of single messages reaches.
const (
	opinionMinutes    = 30
	opinionMaxMinutes = 120
	opinionMembers    = 4
	opinionShare      = 50
	opinionGrowth     = 4
	opinionQuiet      = 6
	opinionLeast      = 3 // complaining members that are several
	maxOpined         = 512
)

func opinionKind() kind {
	return kind{
		schema: Schema{
			Name: "opinion", Title: words("舆情", "Public opinion"),
			Summary: words("好几个成员在短时间内抱怨同一件事，就通知值班的人；不处罚任何人。", "When several members complain about one thing within a short time, whoever is on duty is alarmed; nothing is done to anybody."),
			Fields: []Field{
				{Name: "minutes", Title: words("多少分钟内", "Within minutes"), Type: typeInt, Min: 5, Max: opinionMaxMinutes, Default: opinionMinutes},
				{Name: "members", Title: words("至少几个不同的成员", "From how many members"), Type: typeInt, Min: 3, Max: 50, Default: opinionMembers},
				{Name: "share", Title: words("其中抱怨的至少占百分之几", "Of them complaining, percent"), Type: typeInt, Min: 10, Max: 100, Default: opinionShare},
				{Name: "growth", Title: words("至少是平时的几倍", "Times what is usual"), Type: typeInt, Min: 2, Max: 100, Default: opinionGrowth,
					Help: words("和本群平时说起这件事的多少相比；先要听过 200 条平常的话", "against how often the group names it otherwise; 200 ordinary messages must have been heard first")},
				{Name: "quiet", Title: words("报过之后几小时内不再报", "Hours without a further alarm"), Type: typeInt, Min: 1, Max: 72, Default: opinionQuiet},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			p := &opinion{Minutes: opinionMinutes, Members: opinionMembers, Share: opinionShare, Growth: opinionGrowth, Quiet: opinionQuiet}
			json.Unmarshal(params, p)
			r.does = p
		},
	}
}

// voices are what a group says: single messages of the last hours, and how often terms are said otherwise.
type voices struct {
	Said  []opined `json:"said,omitempty"`  // oldest first
	Usual []byte   `json:"usual,omitempty"` // usualSlots counts of two bytes: messages that held a term
	All   int64    `json:"all,omitempty"`   // messages counted there
}

// opined is a message as far as opinions are concerned.
type opined struct {
	At    int64               `json:"at"`
	Event int64               `json:"event"` // number
	Who   community.MemberKey `json:"who"`
	Sour  bool                `json:"sour,omitempty"`
	Terms []uint32            `json:"terms,omitempty"`
}

const (
	usualSlots = 8192
	usualMost  = 30_000 // messages after which all counts are halved: what is usual changes
	learntFrom = 200    // messages from which on something is usual
	maxTerms   = 40     // of one message
)

func usualSlot(term uint32) int { return int(term%usualSlots) * 2 }

func (t *voices) usual(term uint32) int64 {
	if len(t.Usual) == 0 {
		return 0
	}
	return int64(binary.LittleEndian.Uint16(t.Usual[usualSlot(term):]))
}

// settle moves messages that are not needed one by one any more into what is usual. The counts are replaced, not written into.
func (t *voices) settle(n int) {
	if n == 0 {
		return
	}
	counts := make([]byte, usualSlots*2)
	copy(counts, t.Usual)
	for _, o := range t.Said[:n] {
		for _, term := range o.Terms {
			at := usualSlot(term)
			if c := binary.LittleEndian.Uint16(counts[at:]); c < 1<<16-1 {
				binary.LittleEndian.PutUint16(counts[at:], c+1)
			}
		}
	}
	if t.All += int64(n); t.All >= usualMost {
		t.All /= 2
		for at := 0; at < len(counts); at += 2 {
			binary.LittleEndian.PutUint16(counts[at:], binary.LittleEndian.Uint16(counts[at:])/2)
		}
	}
	t.Said, t.Usual = t.Said[n:], counts
}

// opinionReads is how much of a message is read, in bytes: who complains says so at once.
const opinionReads = 1000

// ownWords is what the writer says, without what is quoted, and where that begins.
func ownWords(ev *community.Event) (at int, words string) {
	at = quoted(&ev.Body)
	words = ev.Body.Text[at:]
	if len(words) <= opinionReads {
		return at, words
	}
	end := opinionReads
	for end > 0 && !utf8.RuneStart(words[end]) {
		end--
	}
	return at, words[:end]
}

// note keeps a message for all rules of the kind.
func (o *opinion) note(s *State, l *look, _ *rule) {
	if !o.keeps || l.member.Role == community.RoleBot || l.member.Mark == community.RoleBot {
		return
	}
	_, own := ownWords(l.ev)
	if own == "" {
		return
	}
	t := s.now.Talk
	old := 0
	for old < len(t.Said) && (t.Said[old].At <= l.ev.At-opinionMaxMinutes*60_000 || len(t.Said)-old >= maxOpined) {
		old++
	}
	t.settle(old)
	one := opined{At: l.ev.At, Event: l.ev.Number, Who: l.ev.Actor, Sour: isSour(own)}
	for _, x := range termsOf(own) {
		if !slices.Contains(one.Terms, x.hash) && len(one.Terms) < maxTerms {
			one.Terms = append(one.Terms, x.hash)
		}
	}
	t.Said = append(t.Said, one)
	s.now.Talk = t
}

// watchOpinions adds to what was decided about a message the alarms of rules that see a subject rise with it.
func (l *look) watchOpinions(out []community.Decision) []community.Decision {
	t := &l.state.now.Talk
	if len(t.Said) == 0 || t.Said[len(t.Said)-1].Event != l.ev.Number || !t.Said[len(t.Said)-1].Sour || t.All < learntFrom {
		return out
	}
	for _, r := range l.rb.opinions {
		l.judging = r
		if x, risen := r.does.(*opinion).watch(t, l, r); risen {
			out = l.alarm(out, r, x)
		}
	}
	l.judging = nil
	return out
}

// subjectSeen is a term as the window has it.
type subjectSeen struct {
	term          term
	messages      int
	members, sour int // different ones
	expected      int64
	events        []int64 // newest first
	curve         [6]int  // messages by sixths of the window, the oldest first
}

// growth is how many times what is usual, at most 999; a quarter of a message is always usual.
func (x *subjectSeen) growth(all int64) int64 {
	return min(999, 4*int64(x.messages)*all/(4*x.expected+all))
}

// watch looks for the subject of a complaint that rises.
func (o *opinion) watch(t *voices, l *look, r *rule) (best subjectSeen, risen bool) {
	now := t.Said[len(t.Said)-1]
	if l.state.cool[coolKey{rule: r.ID}] > now.At {
		return best, false
	}
	from := now.At - o.Minutes*60_000
	begin := len(t.Said) - 1
	for begin > 0 && t.Said[begin-1].At > from {
		begin--
	}
	window := t.Said[begin:]
	if !o.enough(window) {
		return best, false
	}
	own, words := ownWords(l.ev)
	for _, x := range termsOf(words) {
		seen := subjectOf(window, x, from, o.Minutes)
		seen.expected = t.usual(x.hash) * int64(len(window))
		if seen.members < o.Members || seen.sour < opinionLeast || seen.sour*100 < o.Share*seen.members || seen.growth(t.All) < int64(o.Growth) {
			continue
		}
		if !risen || seen.sour > best.sour || seen.sour == best.sour && seen.growth(t.All) > best.growth(t.All) {
			best, risen = seen, true
		}
	}
	best.term.span.Start += own
	best.term.span.End += own
	return best, risen
}

// enough reports whether so many members complain in the window at all, whatever about.
func (o *opinion) enough(window []opined) bool {
	var who []community.MemberKey
	for i := range window {
		if window[i].Sour && !slices.Contains(who, window[i].Who) {
			who = append(who, window[i].Who)
		}
	}
	return len(who) >= opinionLeast && len(who)*100 >= o.Share*o.Members
}

func subjectOf(window []opined, x term, from, minutes int64) subjectSeen {
	seen := subjectSeen{term: x}
	var who, sour []community.MemberKey
	for i := len(window) - 1; i >= 0; i-- {
		m := &window[i]
		if !slices.Contains(m.Terms, x.hash) {
			continue
		}
		seen.messages++
		seen.events = append(seen.events, m.Event)
		seen.curve[min(5, max(0, (m.At-from)*6/(minutes*60_000)))]++
		if !slices.Contains(who, m.Who) {
			who = append(who, m.Who)
		}
		if m.Sour && !slices.Contains(sour, m.Who) {
			sour = append(sour, m.Who)
		}
	}
	seen.members, seen.sour = len(who), len(sour)
	return seen
}

// opinionAlarm begins what Decision.Alarm says of a subject that rises: then members, those who complain, messages, minutes,
// growth, and messages by sixths of the window.
const opinionAlarm = "opinion "

// IsOpinion reads from a decision's alarm that it is one of public opinion, and gives its figures.
func IsOpinion(alarm string) (figures string, is bool) { return strings.CutPrefix(alarm, opinionAlarm) }

// maxThread bounds how many messages of the thread are named.
const maxThread = 30

// alarm puts what was seen into the decision about the message.
func (l *look) alarm(out []community.Decision, r *rule, x subjectSeen) []community.Decision {
	o := r.does.(*opinion)
	l.state.setCool(coolKey{rule: r.ID}, l.ev.At+o.Quiet*3600_000)
	figures := fmt.Sprintf("%d %d %d %d %d", x.members, x.sour, x.messages, o.Minutes, x.growth(l.state.now.Talk.All))
	hit := community.RuleHit{Rule: r.ID, Kind: r.Kind, Spans: []community.Span{x.term.span}, Near: x.events[1:min(len(x.events), maxThread)], Dry: r.dry, Chose: !r.dry, Why: opinionAlarm + figures}
	if len(out) == 0 {
		d := decide(l.rb, l.state, l.ev, l.ev.Actor)
		d.Verdict = community.DryHit
		out = append(out, d)
	}
	d := &out[0]
	d.Hits = append(d.Hits, hit)
	if r.dry {
		return out
	}
	if d.Verdict == community.DryHit || d.Verdict == community.Spared {
		d.Verdict = community.Served
	}
	d.Alarm = opinionAlarm + figures + " " + strings.Trim(strings.ReplaceAll(fmt.Sprint(x.curve), " ", ","), "[]")
	return out
}

// term is something that a text names: two Chinese characters in a row, or a word of letters.
type term struct {
	hash uint32
	span community.Span
}

// termsOf lists what a text names, in its order. Words that name nothing, and those that only complain, are left out.
func termsOf(text string) []term {
	var out []term
	sour := souringSpans(text)
	add := func(key string, start, end int) {
		span := community.Span{Start: start, End: end}
		if namesNothing[key] || slices.ContainsFunc(sour, func(s community.Span) bool { return s.Start < span.End && span.Start < s.End }) {
			return
		}
		out = append(out, term{uint32(lexicon.HashExact(key)), span})
	}
	word, from := []rune{}, 0
	var last rune
	lastAt := 0
	flush := func(end int) {
		if len(word) >= 3 {
			add(string(word), from, end)
		}
		word = word[:0]
	}
	for at, r := range text {
		f := lexicon.Fold(r)
		switch {
		case unicode.Is(unicode.Han, f):
			flush(at)
			if unicode.Is(unicode.Han, last) && !fillers[last] && !fillers[f] {
				add(string([]rune{last, f}), lastAt, at+len(string(r)))
			}
		case f < unicode.MaxASCII && unicode.IsLetter(f):
			if len(word) == 0 {
				from = at
			}
			word = append(word, f)
		default:
			flush(at)
		}
		last, lastAt = f, at
	}
	flush(len(text))
	return out
}
