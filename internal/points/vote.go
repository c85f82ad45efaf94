package points

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// VoteRules are how a group votes each week on what was said best in it (每周最佳内容评选).
type VoteRules struct {
	On      bool    `json:"on"`
	Weekday int     `json:"weekday"` // on which voting opens, in the group's zone; 0 = Sunday
	Hour    int     `json:"hour"`
	Hours   int     `json:"hours"` // voting lasts
	Word    string  `json:"word"`  // with a number behind it, it votes in chat
	Most    int     `json:"most"`  // candidates
	Least   int     `json:"least"` // members who must have answered a message to make it a candidate
	Lang    string  `json:"lang"`  // of what the group is told
	Prizes  []Prize `json:"prizes"`
}

// Prize is what a place earns: points, which are booked at the end, and a thing that a person hands over.
type Prize struct {
	Points int    `json:"points,omitempty"`
	Name   string `json:"name,omitempty"`
}

// UnmarshalJSON reads a whole prize: nothing of one that stood in its place is left.
func (p *Prize) UnmarshalJSON(raw []byte) error {
	type plain Prize
	var read plain
	if err := json.Unmarshal(raw, &read); err != nil {
		return err
	}
	*p = Prize(read)
	return nil
}

// Bounds of votes.
const (
	maxPlaces    = 10
	maxPrize     = 100 // characters
	maxCandidate = 30  // of one vote, those added by hand included
)

// DefaultVote is what a group begins with once it is switched on.
func DefaultVote() VoteRules {
	return VoteRules{Weekday: 0, Hour: 20, Hours: 48, Word: "投票", Most: 8, Least: 2, Lang: "zh-CN", Prizes: []Prize{{Points: 50}, {Points: 30}, {Points: 20}}}
}

// Check says what is wrong with rules: community.CodeBadInput.
func (r VoteRules) Check() error {
	bad := func(text string) error { return community.Errorf(community.CodeBadInput, "%s", text) }
	switch {
	case r.Weekday < 0 || r.Weekday > 6 || r.Hour < 0 || r.Hour > 23:
		return bad("opening: want a day 0 to 6 and an hour 0 to 23")
	case r.Hours < 1 || r.Hours > 167:
		return bad("hours: voting lasts 1 to 167 hours, so that it ends before the next begins")
	case r.Word == "" || r.Word != strings.TrimSpace(r.Word) || utf8.RuneCountInString(r.Word) > 20:
		return bad("word: want 1 to 20 characters")
	case r.Most < 2 || r.Most > 20 || r.Least < 1 || r.Least > 100:
		return bad("candidates: want 2 to 20, each answered by 1 to 100 members")
	case r.Lang != "zh-CN" && r.Lang != "en":
		return bad("lang: want zh-CN or en")
	case len(r.Prizes) > maxPlaces:
		return bad("prizes: at most 10 places")
	}
	for _, p := range r.Prizes {
		if p.Points < 0 || p.Points > 10_000 || utf8.RuneCountInString(p.Name) > maxPrize {
			return bad("prizes: want 0 to 10,000 points and at most 100 characters")
		}
	}
	return nil
}

// Opening gives the vote whose time to open was last, at a time (UTC ms): its week is the seven days before it opens.
func (r VoteRules) Opening(now int64, zone *time.Location) Ballot {
	at := time.UnixMilli(now).In(zone)
	back := (int(at.Weekday()) - r.Weekday + 7) % 7
	on := func(days int) time.Time {
		return time.Date(at.Year(), at.Month(), at.Day()-days, r.Hour, 0, 0, 0, zone)
	}
	opens := on(back)
	if opens.After(at) {
		back += 7
		opens = on(back)
	}
	return r.ballot(opens, on(back+7))
}

// Now gives a vote that a person opens out of turn.
func (r VoteRules) Now(now int64, zone *time.Location) Ballot {
	at := time.UnixMilli(now).In(zone)
	return r.ballot(at, at.AddDate(0, 0, -7))
}

func (r VoteRules) ballot(opens, from time.Time) Ballot {
	return Ballot{Week: opens.Format(time.DateOnly), From: from.UnixMilli(), Opens: opens.UnixMilli(), Ends: opens.Add(time.Duration(r.Hours) * time.Hour).UnixMilli(), Rules: r, State: BallotOpen}
}

// Due reports whether a vote may still be opened at a time: while half of its time is left, and only if its time came after
// the group was switched on.
func (b Ballot) Due(since, now int64) bool {
	return b.Opens >= since && now >= b.Opens && now < b.Opens+(b.Ends-b.Opens)/2
}

// States of a ballot.
const (
	BallotOpen   = "open"
	BallotEnded  = "ended"
	BallotCalled = "cancelled"
)

// Ballot is one week's vote in a group.
type Ballot struct {
	ID        community.ID       `json:"id"`
	Group     community.GroupKey `json:"-"`
	GroupID   community.ID       `json:"group"`
	GroupName string             `json:"group_name"`
	Week      string             `json:"week"` // the day on which it opened, in the group's zone
	From      int64              `json:"from"` // messages from then to Opens were looked at, UTC ms
	Opens     int64              `json:"opens"`
	Ends      int64              `json:"ends"`
	State     string             `json:"state"`
	Rules     VoteRules          `json:"rules"`
	Seq       int64              `json:"-"` // how far the group's log was read for votes
	Ended     int64              `json:"ended"`
	By        string             `json:"by"` // who ended it; "" = its time
	Why       string             `json:"why"`
	Stand     int                `json:"candidates"` // that stand
	Votes     int                `json:"votes"`
}

// Why a candidate stands no longer.
const (
	OutRemoved  = "removed" // by a moderator
	OutRecalled = "recalled"
	OutLeft     = "left" // the author is not in the group
)

// Candidate is a message that one may vote for.
type Candidate struct {
	No     int                 `json:"no"` // as it is called in the vote
	Member community.MemberKey `json:"-"`
	Event  int64               `json:"message"`
	Score  int                 `json:"score"` // members who answered, quoted or marked it
	Added  string              `json:"added"` // the person who added it; "" = the count
	Out    string              `json:"out"`   // why it stands no longer; "" = it stands
	OutBy  string              `json:"out_by"`
	OutWhy string              `json:"out_why"`
	Votes  int                 `json:"votes"`
	Place  int                 `json:"place"` // at the end; 0 = none
	// What is known of it now.
	MemberID community.ID    `json:"member"`
	Name     string          `json:"name"`
	Text     string          `json:"text"`
	Class    community.Class `json:"class"`
	At       int64           `json:"at"`
}

// Vote is what a member chose.
type Vote struct {
	Member community.MemberKey
	No     int
	Way    string // "page" or "chat"
	At     int64
}

// Ways of voting.
const (
	ByPage = "page"
	ByChat = "chat"
)

// Take says whether a vote counts. community.CodeLate: it is not open any more; CodeForbidden: they are not in the group, or
// no person; CodeNotFound: nobody stands under that number; CodeConflict: it is their own.
func (b Ballot) Take(list []Candidate, v Vote, may bool) error {
	if b.State != BallotOpen || v.At >= b.Ends {
		return community.Errorf(community.CodeLate, "the vote is over")
	}
	if !may {
		return community.Errorf(community.CodeForbidden, "only members of the group vote")
	}
	i := slices.IndexFunc(list, func(c Candidate) bool { return c.No == v.No && c.Out == "" })
	if i < 0 {
		return community.Errorf(community.CodeNotFound, "no candidate %d", v.No)
	}
	if list[i].Member == v.Member {
		return community.Errorf(community.CodeConflict, "nobody votes for themselves")
	}
	return nil
}

// Add gives the candidate that a moderator adds: the next number. community.CodeConflict: the message, or another of its
// author, stands already; CodeTooLarge: there are enough.
func (b Ballot) Add(list []Candidate, c Candidate) (Candidate, error) {
	if b.State != BallotOpen {
		return c, community.Errorf(community.CodeLate, "the vote is over")
	}
	if len(list) >= maxCandidate {
		return c, community.Errorf(community.CodeTooLarge, "at most %d candidates", maxCandidate)
	}
	for _, other := range list {
		if other.Event == c.Event {
			return c, community.Errorf(community.CodeConflict, "the message is candidate %d", other.No)
		}
		if other.Member == c.Member && other.Out == "" {
			return c, community.Errorf(community.CodeConflict, "candidate %d is by the same author: one for each", other.No)
		}
	}
	c.No = len(list) + 1
	return c, nil
}

// digits are those of wide text.
var digits = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9")

// VoteIn reads a vote in chat: the word and a number behind it (投票 2, 投票２号).
func VoteIn(word, text string) (no int, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) < len(word) || len(text) > len(word)+20 || !strings.EqualFold(text[:len(word)], word) {
		return 0, false
	}
	rest := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(digits.Replace(text[len(word):])), "#:："))
	no, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "号")))
	return no, err == nil && no > 0 && no < 1000
}

// Count puts the candidates that stand in order of their votes: equal votes share a place, and without a vote there is none.
// All that do not stand come behind.
func Count(list []Candidate, votes []Vote) []Candidate {
	n := map[int]int{}
	for _, v := range votes {
		n[v.No]++
	}
	out := slices.Clone(list)
	for i := range out {
		out[i].Votes, out[i].Place = n[out[i].No], 0
	}
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(down(a), down(b)), cmp.Compare(b.Votes, a.Votes), cmp.Compare(a.No, b.No))
	})
	for i := range out {
		switch {
		case out[i].Out != "" || out[i].Votes == 0:
		case i > 0 && out[i].Votes == out[i-1].Votes:
			out[i].Place = out[i-1].Place
		default:
			out[i].Place = i + 1
		}
	}
	return out
}

func down(c Candidate) int {
	if c.Out != "" {
		return 1
	}
	return 0
}

// Tied reports whether another shares a candidate's place.
func Tied(list []Candidate, place int) bool {
	n := 0
	for _, c := range list {
		if c.Place == place && place > 0 {
			n++
		}
	}
	return n > 1
}

// Kinds and states of payouts.
const (
	PayPoints  = "points"
	PayPrize   = "prize"
	PayoutOpen = "open"
	PayoutPaid = "paid"
)

// Payout (发奖) is a reward that somebody is to get: points, which are booked at once, or a thing that a person hands over.
type Payout struct {
	ID        community.ID        `json:"id"`
	Ballot    community.ID        `json:"ballot"`
	Group     community.GroupKey  `json:"-"`
	GroupName string              `json:"group"`
	Week      string              `json:"week"`
	Member    community.MemberKey `json:"-"`
	MemberID  community.ID        `json:"member"`
	Name      string              `json:"name"`
	Place     int                 `json:"place"`
	Kind      string              `json:"kind"`
	Points    int                 `json:"points"`
	Prize     string              `json:"prize"`
	State     string              `json:"state"`
	Made      int64               `json:"made"`
	PaidAt    int64               `json:"paid_at"`
	PaidBy    string              `json:"paid_by"`
	Note      string              `json:"note"`  // the receipt, or why the mark was taken back
	Times     int                 `json:"times"` // it was marked as paid
}

// Unclaimed is how long a thing lies open before it counts as not fetched, in ms.
const Unclaimed = int64(7 * 24 * 3600_000)

// Payouts is who gets what: whoever shares a place gets what the place earns.
func Payouts(list []Candidate, prizes []Prize) []Payout {
	var out []Payout
	for _, c := range list {
		if c.Place < 1 || c.Place > len(prizes) {
			continue
		}
		p := prizes[c.Place-1]
		if p.Points > 0 {
			out = append(out, Payout{Member: c.Member, Place: c.Place, Kind: PayPoints, Points: p.Points, State: PayoutPaid})
		}
		if p.Name != "" {
			out = append(out, Payout{Member: c.Member, Place: c.Place, Kind: PayPrize, Prize: p.Name, State: PayoutOpen})
		}
	}
	return out
}

// Mark gives a payout after a person said that it was paid. community.CodeConflict: it was before.
func (p Payout) Mark(user, note string, now int64) (Payout, error) {
	if p.State == PayoutPaid {
		return p, community.Errorf(community.CodeConflict, "it is marked as paid already, by %s", p.PaidBy)
	}
	p.State, p.PaidAt, p.PaidBy, p.Note = PayoutPaid, now, user, note
	p.Times++
	return p, nil
}

// Unmark takes that back, with a reason. community.CodeConflict: it is open; CodeBadInput: no reason.
func (p Payout) Unmark(reason string) (Payout, error) {
	if p.State != PayoutPaid {
		return p, community.Errorf(community.CodeConflict, "it is not marked as paid")
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return p, community.Errorf(community.CodeBadInput, "reason: say why the mark is taken back")
	}
	p.State, p.PaidAt, p.PaidBy, p.Note = PayoutOpen, 0, "", reason
	return p, nil
}

// Ref is what the points of a payout stand under in the ledger, of the last time that it was paid.
func (p Payout) Ref() string { return "vote:" + p.ID.String() + ":" + strconv.Itoa(p.Times) }
