// Package points keeps how members earn points (积分): by signing in, by speaking, by bringing somebody who stays, and by a
// person's hand. It decides purely: from a group's events, its rules and what is remembered of each member, to rows of a ledger
// that is only ever added to; what was wrong is taken back by a counter-entry. Here is also the weekly vote on what was said best.
package points

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Rules are how points are earned in a group. A zero amount earns nothing.
type Rules struct {
	On       bool   `json:"on"`
	Word     string `json:"word"`      // signs in
	Mine     string `json:"mine"`      // asks for one's own points
	Rank     string `json:"rank"`      // asks for the ranking
	Sign     int    `json:"sign"`      // once a day in the group's zone
	Streak   int    `json:"streak"`    // more for each further day in a row
	Most     int    `json:"most"`      // of these, at most
	Speak    int    `json:"speak"`     // for a message that counts
	SpeakCap int    `json:"speak_cap"` // by speaking, in a day
	Runes    int    `json:"runes"`     // a message counts from so many characters on
	Gap      int    `json:"gap"`       // seconds from the last that counted
	Invite   int    `json:"invite"`    // for bringing somebody who stays
	Days     int    `json:"days"`      // so many days
	Lang     string `json:"lang"`      // of what the group is told; "" = Chinese
}

// Default is what a group begins with once it is switched on.
func Default() Rules {
	return Rules{Word: "签到", Mine: "积分", Rank: "排行", Sign: 5, Streak: 1, Most: 5, Speak: 1, SpeakCap: 10, Runes: 4, Gap: 30, Invite: 20, Days: 7, Lang: "zh-CN"}
}

// Check says what is wrong with rules: community.CodeBadInput.
func (r Rules) Check() error {
	words := []string{r.Word, r.Mine, r.Rank}
	for i, w := range words {
		if w == "" || w != strings.TrimSpace(w) || utf8.RuneCountInString(w) > 20 {
			return community.Errorf(community.CodeBadInput, "words: want 1 to 20 characters each")
		}
		for _, other := range words[:i] {
			if strings.EqualFold(w, other) {
				return community.Errorf(community.CodeBadInput, "words: %q stands twice", w)
			}
		}
	}
	for _, n := range []int{r.Sign, r.Streak, r.Most, r.Speak, r.SpeakCap, r.Invite} {
		if n < 0 || n > 10_000 {
			return community.Errorf(community.CodeBadInput, "points: want 0 to 10,000")
		}
	}
	if r.Runes < 1 || r.Runes > 500 || r.Gap < 0 || r.Gap > 3600 || r.Days < 1 || r.Days > 365 {
		return community.Errorf(community.CodeBadInput, "want 1 to 500 characters, 0 to 3600 seconds, 1 to 365 days")
	}
	if r.Lang != "" && r.Lang != "zh-CN" && r.Lang != "en" {
		return community.Errorf(community.CodeBadInput, "language %q: want zh-CN or en", r.Lang)
	}
	return nil
}

// Reasons of entries.
const (
	Signed  = "sign"
	Spoke   = "speak"
	Invited = "invite"
	ByHand  = "hand"
	Undone  = "undo"
	// Recalled takes back what a message had earned that was recalled.
	Recalled = "recall"
	// Voted is a reward of the weekly vote.
	Voted = "vote"
)

// Entry is a row of the ledger. Ref is what it is for, once in a group; a later entry with the same Ref of Spoke takes its
// place while the day lasts.
type Entry struct {
	ID     community.ID        `json:"id"`
	Group  community.GroupKey  `json:"-"`
	Member community.MemberKey `json:"-"`
	Reason string              `json:"reason"`
	Amount int                 `json:"amount"`
	Ref    string              `json:"ref"`
	Event  int64               `json:"event"` // number of the event it rests on; 0 = a person's word
	At     int64               `json:"at"`
	User   string              `json:"user"`
	Note   string              `json:"note"`
	Undone bool                `json:"undone"` // a counter-entry stands
	// Message is the platform's id of the message that earned it, and Gain what this very one earned: the points of a day's
	// speaking stand in one row.
	Message string `json:"-"`
	Gain    int    `json:"-"`
}

// MayUndo reports whether the row can be taken back where it stands: counter-entries cannot, and rewards of the vote are taken
// back on the list of payouts.
func (e Entry) MayUndo() bool {
	return !e.Undone && e.Reason != Undone && e.Reason != Recalled && e.Reason != Voted
}

// Recall is a message that was taken back, by its writer or by somebody else.
type Recall struct {
	Message string // the platform's id
	Event   int64
	At      int64
}

// TakenBack is the counter-entry for a message that had earned gain in the row ref.
func TakenBack(r Recall, g community.GroupKey, m community.MemberKey, ref string, gain int) Entry {
	return Entry{Group: g, Member: m, Reason: Recalled, Amount: -gain, Ref: "recall:" + r.Message, Event: r.Event, At: r.At, Note: ref}
}

// State is what is remembered of a member.
type State struct {
	SignDay  int64  `json:"sign_day,omitempty"`
	Streak   int    `json:"streak,omitempty"`
	SpokeDay int64  `json:"spoke_day,omitempty"`
	Spoke    int    `json:"spoke,omitempty"` // points of that day
	LastAt   int64  `json:"last_at,omitempty"`
	LastText uint64 `json:"last_text,omitempty"`
}

// Answer is what is to be said to a message.
type Answer string

// Answers.
const (
	Silent    Answer = ""
	SaySigned Answer = "signed"
	SayAgain  Answer = "again" // signed in today already
	SayMine   Answer = "mine"
	SayRank   Answer = "rank"
)

// Day is the day of an instant (UTC ms) in a zone, counted from 1970-01-01.
func Day(ms int64, zone *time.Location) int64 {
	_, offset := time.UnixMilli(ms).In(zone).Zone()
	return (ms/1000 + int64(offset)) / 86400
}

// Message takes a message in: what it earns, and what is to be answered.
func Message(r Rules, zone *time.Location, s State, ev community.Event) (State, []Entry, Answer) {
	text, day := strings.TrimSpace(ev.Body.Text), Day(ev.At, zone)
	switch {
	case strings.EqualFold(text, r.Mine):
		return s, nil, SayMine
	case strings.EqualFold(text, r.Rank):
		return s, nil, SayRank
	case strings.EqualFold(text, r.Word):
		return sign(r, s, ev, day)
	}
	return speak(r, s, ev, text, day)
}

func sign(r Rules, s State, ev community.Event, day int64) (State, []Entry, Answer) {
	if s.Streak > 0 && s.SignDay >= day {
		return s, nil, SayAgain
	}
	if s.SignDay == day-1 && s.Streak > 0 {
		s.Streak++
	} else {
		s.Streak = 1
	}
	s.SignDay = day
	amount := r.Sign + min(r.Streak*(s.Streak-1), r.Most)
	if amount == 0 {
		return s, nil, SaySigned
	}
	return s, []Entry{entry(ev, Signed, amount, amount, "sign:"+itoa(int64(ev.Actor))+":"+itoa(day))}, SaySigned
}

// speak counts what is long enough, not said a moment after the last that counted and not the same again, up to the day's cap:
// flooding earns nothing. What is recalled later loses its points and leaves the cap as it is: saying it again earns no more.
func speak(r Rules, s State, ev community.Event, text string, day int64) (State, []Entry, Answer) {
	if s.SpokeDay != day {
		s.SpokeDay, s.Spoke = day, 0
	}
	hash := fnv.New64a()
	hash.Write([]byte(strings.ToLower(text)))
	same := hash.Sum64() == s.LastText
	if r.Speak == 0 || s.Spoke >= r.SpeakCap || same || utf8.RuneCountInString(text) < r.Runes || s.LastAt != 0 && ev.At-s.LastAt < int64(r.Gap)*1000 {
		return s, nil, Silent
	}
	s.LastAt, s.LastText = ev.At, hash.Sum64()
	was := s.Spoke
	s.Spoke = min(s.Spoke+r.Speak, r.SpeakCap)
	return s, []Entry{entry(ev, Spoke, s.Spoke, s.Spoke-was, "speak:"+itoa(int64(ev.Actor))+":"+itoa(day))}, Silent
}

func entry(ev community.Event, reason string, amount, gain int, ref string) Entry {
	return Entry{Group: ev.Group, Member: ev.Actor, Reason: reason, Amount: amount, Ref: ref, Event: ev.Number, At: ev.At, Message: ev.Body.Message, Gain: gain}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Guest is somebody who was brought and has to stay.
type Guest struct {
	Group   community.GroupKey
	Member  community.MemberKey
	Inviter community.MemberKey
	Event   int64
	Due     int64 // UTC ms
}

// Joined gives the guest whom a join brings; ok false = nobody brought them, or it earns nothing.
func Joined(r Rules, ev community.Event) (Guest, bool) {
	who := ev.Subject
	if who == 0 {
		who = ev.Actor
	}
	g := Guest{ev.Group, who, ev.By, ev.Number, ev.At + int64(r.Days)*86400_000}
	return g, r.Invite > 0 && ev.By != 0 && ev.By != who && who != 0
}

// Stayed is what the inviter earns, once for each they brought, however often these come.
func Stayed(r Rules, g Guest) Entry {
	return Entry{Group: g.Group, Member: g.Inviter, Reason: Invited, Amount: r.Invite, Ref: "invite:" + itoa(int64(g.Member)), Event: g.Event, At: g.Due}
}

// Row is a member in the ranking.
type Row struct {
	Place    int // equal points share a place
	Member   community.MemberKey
	MemberID community.ID
	Name     string
	Points   int64
	Signed   int64
	Spoke    int64
	Invited  int64
	Hand     int64
	Streak   int
}

// Places numbers rows that stand in order: equal points share a place.
func Places(rows []Row) {
	for i := range rows {
		if rows[i].Place = i + 1; i > 0 && rows[i].Points == rows[i-1].Points {
			rows[i].Place = rows[i-1].Place
		}
	}
}
