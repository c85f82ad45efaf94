package morning

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// States of a report. What becomes of one that is laid into the calendar, its item says.
const (
	Draft   = "draft"   // a person picks
	Laid    = "laid"    // it is an item of the calendar
	Dropped = "dropped" // a person does not want it
)

// What a report is made of.
const (
	News     = "news"     // an entry of a feed
	Answer   = "answer"   // a question of yesterday that was answered well
	Topic    = "topic"    // what was talked about more than usual
	Question = "question" // nobody answered it yet
)

// Kinds lists them in the order of a report.
func Kinds() []string { return []string{News, Topic, Answer, Question} }

// Bounds of a report.
const (
	FreshHours = 36   // how old an entry may be that is offered
	ToldDays   = 14   // what a report told within so many days is not offered again
	MostText   = 4000 // characters
	MostPicked = 20
	AheadDays  = 7 // a report may be drafted for so many days ahead
	Heard      = 24 * hour
	mostNews   = 20
	mostOther  = 10
	pickNews   = 4
	pickSource = 2 // of one source
	pickOther  = 2
	pickTopics = 1
	earliest   = "08:00"
	latest     = "09:00"
)

// Piece is something that is offered for a report.
type Piece struct {
	Kind   string       `json:"kind"`
	Title  string       `json:"title,omitempty"` // of news, of a topic
	Link   string       `json:"link,omitempty"`  // of news
	From   string       `json:"from,omitempty"`  // the source's name
	Same   []string     `json:"same,omitempty"`  // other sources that say the same
	At     int64        `json:"at,omitempty"`
	Number int64        `json:"number,omitempty"` // of a message: the question, or what was said of a topic; its words stay in the log
	Answer int64        `json:"answer,omitempty"` // number of the message that answers
	Picked bool         `json:"picked,omitempty"`
	Short  community.ID `json:"short,omitzero"` // our short link that counts who opens it
	Slug   string       `json:"slug,omitempty"`
}

// Report is a group's morning report of one day.
type Report struct {
	ID        community.ID
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	Day       string // "2006-01-02", in the group's zone
	Lang      string
	Made      int64
	User      string // "" = drafted by itself
	Pieces    []Piece
	Text      string
	Edited    int64 // when a person picked or wrote; 0 = as it was drafted
	Worded    bool  // the words are a person's
	State     string
	Item      community.ID // of the calendar; zero = none
	Version   int
	Outcome   Outcome
	Counted   int64 // when the outcome was counted for good; 0 = it is not

	ItemState string           // of its item: draft, asked, approved, sent, skipped, failed
	Place     string           // how its sending stands in the group; "" = it is not handed over
	SentAt    int64            // when it came to the group; 0 = it did not yet
	Send      community.ID     // the mass send that it became; zero = none
	Opens     map[string]int64 // by slug
}

// Picked lists what is picked, in the order of a report.
func (r Report) Picked() []Piece {
	var out []Piece
	for _, kind := range Kinds() {
		for _, p := range r.Pieces {
			if p.Picked && p.Kind == kind {
				out = append(out, p)
			}
		}
	}
	return out
}

// Opened is how often its links were opened.
func (r Report) Opened() int64 {
	var n int64
	for _, v := range r.Opens {
		n += v
	}
	return n
}

// Numbers are the messages that it names.
func (r Report) Numbers() []int64 {
	var out []int64
	for _, p := range r.Pieces {
		for _, n := range []int64{p.Number, p.Answer} {
			if n != 0 {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Watch says how a group's reports come about.
type Watch struct {
	Group   community.GroupKey
	Org     community.OrgKey
	On      bool           // each morning one is drafted by itself
	Hour    int            // from this hour of the group's zone on, 0 to 8
	At      string         // "HH:MM" when it is to be sent, 08:00 to 09:00
	Lang    string         // of the words
	Sources []community.ID // empty = all
}

// DefaultWatch is how a group's reports come about before anybody says.
func DefaultWatch(org community.OrgKey, g community.GroupKey) Watch {
	return Watch{Group: g, Org: org, Hour: 6, At: "08:30"}
}

// Check says what is wrong: CodeBadInput.
func (w Watch) Check() error {
	if w.Hour < 0 || w.Hour > 8 {
		return community.Errorf(community.CodeBadInput, "hour: want 0 to 8")
	}
	return CheckTime(w.At)
}

// CheckTime says whether a report may be sent at a time of day: CodeBadInput.
func CheckTime(at string) error {
	if _, err := time.Parse("15:04", at); err != nil || len(at) != 5 || at < earliest || at > latest {
		return community.Errorf(community.CodeBadInput, "at: want %s to %s", earliest, latest)
	}
	return nil
}

// Due reports whether the report of a day is to be drafted by itself at a local time of it.
func (w Watch) Due(local time.Time) bool {
	return w.On && local.Hour() >= w.Hour && local.Format("15:04") < w.At
}

// For is the day that a report is drafted for where nobody says: today while it may still be sent, else tomorrow.
func For(local time.Time) string {
	if local.Format("15:04") >= latest {
		local = local.AddDate(0, 0, 1)
	}
	return local.Format(time.DateOnly)
}

// Gathering is what a report may be made of.
type Gathering struct {
	Now     int64
	Entries []Entry
	Told    []Piece // of the group's reports of the last days
	Talk    []Piece // topics, answers and questions of the group, the best of each kind first
}

// Gather offers what a report may be made of, with what is picked where nobody picks. News come newest first; what says the same (the same
// address, or a title that is a near copy) is offered once and names who else says it; what was told before is not offered. The same
// question has the same answer.
func Gather(g Gathering) []Piece {
	fresh := slices.Clone(g.Entries)
	fresh = slices.DeleteFunc(fresh, func(e Entry) bool { return e.When() < g.Now-FreshHours*hour || e.When() > g.Now })
	slices.SortFunc(fresh, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(b.When(), a.When()), cmp.Compare(a.Place, b.Place), cmp.Compare(a.ID, b.ID))
	})
	var seen book
	for _, p := range g.Told {
		if p.Kind == News {
			seen.add(p.Link, p.Title, -1)
		}
	}
	var out []Piece
	for _, e := range fresh {
		if i, known := seen.find(e.Link, e.Title); known {
			if i >= 0 && e.From != out[i].From && !slices.Contains(out[i].Same, e.From) {
				out[i].Same = append(out[i].Same, e.From)
			}
			continue
		}
		if len(out) < mostNews {
			seen.add(e.Link, e.Title, len(out))
			out = append(out, Piece{Kind: News, Title: e.Title, Link: e.Link, From: e.From, At: e.When()})
		}
	}
	pickEntries(out)
	told := map[int64]bool{}
	for _, p := range g.Told {
		told[p.Number] = p.Kind != News || told[p.Number]
	}
	had := map[string]int{}
	for _, p := range g.Talk {
		if told[p.Number] || had[p.Kind] == mostOther {
			continue
		}
		most := pickOther
		if p.Kind == Topic {
			most = pickTopics
		}
		p.Picked = had[p.Kind] < most
		had[p.Kind]++
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b Piece) int { return slices.Index(Kinds(), a.Kind) - slices.Index(Kinds(), b.Kind) })
	return out
}

// pickEntries picks some news: what several sources say goes first, then the newest; few of one source.
func pickEntries(list []Piece) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(list[b].Same), len(list[a].Same)) })
	of, n := map[string]int{}, 0
	for _, i := range order {
		if n < pickNews && of[list[i].From] < pickSource {
			list[i].Picked = true
			of[list[i].From]++
			n++
		}
	}
}

// Pick picks by place in Pieces, and nothing else. CodeBadInput: a place that is not there, or too many.
func (r *Report) Pick(places []int) error {
	if len(places) > MostPicked {
		return community.Errorf(community.CodeTooLarge, "picked: at most %d", MostPicked)
	}
	for _, n := range places {
		if n < 0 || n >= len(r.Pieces) {
			return community.Errorf(community.CodeBadInput, "picked: there is no %d", n)
		}
	}
	for i := range r.Pieces {
		r.Pieces[i].Picked = slices.Contains(places, i)
	}
	return nil
}

// CheckText says what is wrong with the words of a report: CodeBadInput or CodeTooLarge.
func CheckText(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0) || strings.TrimSpace(text) == "":
		return community.Errorf(community.CodeBadInput, "text: want words to send")
	case n > MostText:
		return community.Errorf(community.CodeTooLarge, "text: %d characters, at most %d", n, MostText)
	}
	return nil
}

// Shortened puts our short addresses into a text for those of its pieces: at begins every public address. An address that merely
// begins another stays.
func Shortened(text, at string, pieces []Piece) string {
	for _, p := range pieces {
		if p.Link != "" && p.Slug != "" {
			text = replaced(text, p.Link, at+"/l/"+p.Slug)
		}
	}
	return text
}

func replaced(text, address, short string) string {
	var out strings.Builder
	for {
		i := strings.Index(text, address)
		if i < 0 {
			out.WriteString(text)
			return out.String()
		}
		end := i + len(address)
		out.WriteString(text[:i])
		if ends(text[end:]) {
			out.WriteString(short)
		} else {
			out.WriteString(address)
		}
		text = text[end:]
	}
}

// ends reports whether an address is over where rest begins: a full stop or a comma before a blank is no part of it.
func ends(rest string) bool {
	rest = strings.TrimLeft(rest, ".,;:!?)'")
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || r <= ' ' || r >= utf8.RuneSelf || r == '"' || r == '<' || r == '>'
}

// book finds what says the same.
type book struct {
	printer lexicon.Printer
	keys    map[string]int
	titles  []titled
}

type titled struct {
	bare   string
	digits string
	print  lexicon.Print
	at     int
}

func (b *book) title(text string) titled {
	return titled{bare: only(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }), digits: only(text, unicode.IsDigit), print: b.printer.Print(text)}
}

func (b *book) add(link, title string, at int) {
	if b.keys == nil {
		b.keys = map[string]int{}
	}
	b.keys[Key(link)] = at
	t := b.title(title)
	t.at = at
	b.titles = append(b.titles, t)
}

// find gives the place of what says the same; -1 = it was told before. Titles that differ in a figure are of different days or numbers
// of a series, however alike they are.
func (b *book) find(link, title string) (int, bool) {
	if at, ok := b.keys[Key(link)]; ok {
		return at, true
	}
	t := b.title(title)
	for _, o := range b.titles {
		if o.bare == t.bare || o.digits == t.digits && !t.print.IsZero() && t.print.Alike(&o.print) {
			return o.at, true
		}
	}
	return 0, false
}

// only is what of a text is kept, in lower case.
func only(text string, keep func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if keep(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// Said is a message of a member after a report came.
type Said struct {
	Member  community.MemberKey
	ReplyTo string // the platform's id of the message that it answers
}

// Outcome is what a group said within Heard after a report came.
type Outcome struct {
	Replies int `json:"replies"` // messages that answer it, where the platform tells what is answered
	Said    int `json:"said"`    // messages of members
	People  int `json:"people"`  // members who said something
}

// Count counts what members said; message is the platform's id of the report, "" = it told none.
func Count(message string, list []Said) Outcome {
	out := Outcome{Said: len(list)}
	who := map[community.MemberKey]bool{}
	for _, s := range list {
		who[s.Member] = true
		if message != "" && s.ReplyTo == message {
			out.Replies++
		}
	}
	out.People = len(who)
	return out
}
