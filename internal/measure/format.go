package measure

import (
	"math"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Formats of what is sent.
const (
	FormatArticle = "article"
	FormatVoice   = "voice_live"
	FormatVideo   = "short_video"
	FormatPoll    = "poll"
	FormatOther   = "other" // words, pictures, files: shown, and in no comparison
)

// Offered is the population of figures of formats: members who were in the group when something came.
const Offered = "offered"

// Formats lists those that are compared.
func Formats() []string { return []string{FormatArticle, FormatVoice, FormatVideo, FormatPoll} }

// AllFormats lists them as forms offer them.
func AllFormats() []string { return append(Formats(), FormatOther) }

// formatWords are words by which an option of a poll, or a post, names a format; the first that fits counts.
var formatWords = []struct {
	format string
	words  []string
}{
	{FormatPoll, []string{"投票", "接龙", "问卷", "poll", "survey", "vote"}},
	{FormatVoice, []string{"语音", "直播", "连麦", "voice", "live"}},
	{FormatVideo, []string{"短视频", "视频", "video", "clip"}},
	{FormatArticle, []string{"文章", "图文", "推文", "长文", "article", "essay"}},
}

// FormatNamed is the format that words name; "" = none.
func FormatNamed(words string) string {
	words = strings.ToLower(words)
	for _, f := range formatWords {
		if slices.ContainsFunc(f.words, func(w string) bool { return strings.Contains(words, w) }) {
			return f.format
		}
	}
	return ""
}

// formatHosts are hosts of links that are of one format.
var formatHosts = []struct{ host, format string }{
	{"mp.weixin.qq.com", FormatArticle}, {"zhihu.com", FormatArticle}, {"meeting.tencent.com", FormatVoice}, {"live.", FormatVoice}, {"v.douyin.com", FormatVideo},
	{"channels.weixin.qq.com", FormatVideo}, {"bilibili.com", FormatVideo}, {"b23.tv", FormatVideo}, {"v.qq.com", FormatVideo}, {"wj.qq.com", FormatPoll}, {"wjx.", FormatPoll},
}

// GuessFormat guesses a format from what a post carries: files first, then where its link leads, then what its link is called. What is
// none of these is FormatOther; a person may say otherwise.
func GuessFormat(text, link, title string, kinds []string) string {
	if slices.Contains(kinds, "video") {
		return FormatVideo
	}
	for _, h := range formatHosts {
		if strings.Contains(strings.ToLower(link+" "+text), h.host) {
			return h.format
		}
	}
	if named := FormatNamed(title); named != "" {
		return named
	}
	if link != "" {
		return FormatArticle // a page to be read
	}
	return FormatOther
}

// SentUnknown stands for a cost or a number of reads that nobody told.
const SentUnknown = -1

// SentKey names a thing sent: a mass send, a step of an SOP, a ballot, or what a person entered. It may come to many groups, and, a step,
// many times.
type SentKey struct {
	Kind   string // "broadcast", "sop", "ballot", "hand"
	Source community.ID
	Step   string // of an SOP
}

// Kinds of things sent.
const (
	SentMass   = "broadcast"
	SentStep   = "sop"
	SentBallot = "ballot"
	SentHand   = "hand"
)

// SentSaid is what a person said of a thing sent.
type SentSaid struct {
	Format  string // "" = as guessed
	Minutes int64  // of work; SentUnknown
	Fen     int64  // of money; SentUnknown
	Reads   int64  // how many read it, where the platform told them; SentUnknown
}

// Bounds of what is said of a thing sent.
const (
	maxSentMinutes = 60 * 24 * 30
	maxSentFen     = 100_000_000_00
	maxSentReads   = 10_000_000
)

// Check says what is wrong with it: community.CodeBadInput.
func (v SentSaid) Check() error {
	switch {
	case v.Format != "" && !slices.Contains(AllFormats(), v.Format):
		return community.Errorf(community.CodeBadInput, "format: want one of %s", strings.Join(AllFormats(), ", "))
	case v.Minutes < SentUnknown || v.Minutes > maxSentMinutes:
		return community.Errorf(community.CodeBadInput, "minutes: want 0 to %d, or -1 = not known", maxSentMinutes)
	case v.Fen < SentUnknown || v.Fen > maxSentFen:
		return community.Errorf(community.CodeBadInput, "money: want 0 to %d fen, or -1 = not known", maxSentFen)
	case v.Reads < SentUnknown || v.Reads > maxSentReads:
		return community.Errorf(community.CodeBadInput, "reads: want 0 to %d, or -1 = not known", maxSentReads)
	}
	return nil
}

// Sent is a thing that came to a group.
type Sent struct {
	SentKey
	SentSaid
	Title   string
	At      int64  // UTC ms
	Guess   string // the format that its parts suggest
	Places  int    // groups that it came to; its cost is shared among them, and reads of it are this group's only where it is one
	Voters  []community.MemberKey
	Counted bool // the 24 hours after it have passed and are on record: only then it counts

	Offered  []community.MemberKey // in the group when it came
	Answered []community.MemberKey // of those, who spoke, or voted, on it
	Replies  int                   // messages that are counted as replies
	Left     []community.MemberKey // of those, who left within 24 hours
	Usual    float64               // departures that 24 hours bring in this group; NaN = not known
}

// FormatIs is the format as a person said, or as guessed.
func (s Sent) FormatIs() string {
	if s.Format != "" {
		return s.Format
	}
	return s.Guess
}

const (
	replySpan  = 2 * 3600 * 1000  // a word in these ms after a thing, and before the next one, is a reply to it
	leaveSpan  = 24 * 3600 * 1000 // departures in these ms are set beside the usual ones
	usualSpan  = 28 * leaveSpan
	usualLeast = 7 * leaveSpan // of record that a usual rate needs
)

// Word is a message of a member.
type Word struct {
	Member community.MemberKey
	At     int64 // UTC ms
}

// Audience is what is known of a group for its things sent.
type Audience struct {
	Stays []Stay
	Words []Word // own messages, by time
	From  int64  // since when the group is on record, UTC ms
	Until int64  // until when
	Known func(from, to int64) bool
}

// Receive fills in what became of things sent to one group; list is in the order of time.
func (a Audience) Receive(list []Sent) {
	for i := range list {
		next := int64(math.MaxInt64)
		if i+1 < len(list) {
			next = list[i+1].At
		}
		a.receive(&list[i], next)
	}
}

func (a Audience) receive(s *Sent, next int64) {
	offered, left := map[community.MemberKey]bool{}, map[community.MemberKey]bool{}
	for _, stay := range a.Stays {
		if !stay.during(s.At) {
			continue
		}
		offered[stay.Member] = true
		if stay.Left != 0 && stay.Left <= s.At+leaveSpan {
			left[stay.Member] = true
		}
	}
	answered := map[community.MemberKey]bool{}
	for _, w := range a.Words {
		if w.At > s.At && w.At <= s.At+replySpan && w.At < next && offered[w.Member] {
			answered[w.Member] = true
			s.Replies++
		}
	}
	for _, m := range s.Voters {
		if offered[m] {
			answered[m] = true
		}
	}
	s.Offered, s.Answered, s.Left = keysIn(offered), keysIn(answered), keysIn(left)
	s.Usual = a.usual(s.At, len(offered))
	s.Counted = s.At >= a.From && s.At+leaveSpan <= a.Until && (a.Known == nil || a.Known(s.At, s.At+leaveSpan))
}

// begins is when a stay is first known to be.
func (s Stay) begins() int64 {
	if s.Joined != 0 {
		return s.Joined
	}
	return s.Seen
}

func (s Stay) during(at int64) bool { return s.begins() <= at && (s.Left == 0 || s.Left > at) }

// usual is how many of n members leave in 24 hours as a rule: departures of the 28 days before by the member-days of those days. NaN where
// fewer than seven of them are on record.
func (a Audience) usual(at int64, n int) float64 {
	from := max(at-usualSpan, a.From)
	if at-from < usualLeast {
		return math.NaN()
	}
	var gone, days float64
	for _, s := range a.Stays {
		begin, end := max(s.begins(), from), at
		if s.Left != 0 {
			end = min(at, s.Left)
		}
		if end > begin {
			days += float64(end-begin) / leaveSpan
		}
		if s.Left > from && s.Left <= at {
			gone++
		}
	}
	if days == 0 {
		return math.NaN()
	}
	return gone / days * float64(n)
}

func keysIn(set map[community.MemberKey]bool) []community.MemberKey {
	out := make([]community.MemberKey, 0, len(set))
	for m := range set {
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}

// FormatPollRow is a poll in which a group was asked which format it likes; a person enters what came out.
type FormatPollRow struct {
	ID    community.ID
	Group community.GroupKey
	Title string
	Day   Day
	Votes map[string]int64 // by format
	User  string
	At    int64
}

// Check says what is wrong with a poll: community.CodeBadInput.
func (p FormatPollRow) Check() error {
	if strings.TrimSpace(p.Title) == "" || len(p.Title) > maxAdjust {
		return community.Errorf(community.CodeBadInput, "title: want 1 to %d bytes", maxAdjust)
	}
	if len(p.Votes) < 2 {
		return community.Errorf(community.CodeBadInput, "options: want at least two that name formats")
	}
	for format, n := range p.Votes {
		if !slices.Contains(Formats(), format) {
			return community.Errorf(community.CodeBadInput, "option %q names no format", format)
		}
		if n < 0 || n > maxSentReads {
			return community.Errorf(community.CodeBadInput, "votes: want 0 to %d", maxSentReads)
		}
	}
	return nil
}

// Part is a share with its Wilson interval of 95 %.
type Part struct {
	Num, Den  int64
	Share     float64
	Low, High float64
	Few       bool    // of fewer than 20: the counts lead
	Groups    int     // over groups: how many have somebody in it; 0 = it is of one group alone
	Design    float64 // over groups: that many people are worth one independent one (design effect)
}

func partOf(num, den int64) Part {
	p := Part{Num: num, Den: den, Few: den < smallDenom}
	if den > 0 {
		p.Share = float64(num) / float64(den)
	}
	p.Low, p.High = Wilson(float64(num), float64(den))
	return p
}

// FormatRow is what is known of a format in one group.
type FormatRow struct {
	Format   string
	Things   int     // mass sends, steps, ballots, …
	Sends    int     // times that one came
	Open     int     // of those, whose 24 hours have not passed or are not on record: not counted
	Guessed  int     // things whose format nobody has confirmed
	Costed   int     // things of which somebody said what they cost
	Minutes  float64 // this group's part of what they cost
	Fen      float64
	Reach    Part  // reads told / members offered, of the sends of which reads are known
	ReadOf   int   // sends of which reads are known; 0 = reach is unknown
	Offers   int64 // members offered, summed over the counted sends
	Replies  int
	Answered Part    // who answered / offered, summed over sends
	Leaves   Part    // who left within 24 h / offered, summed over sends whose usual rate is known
	Usual    float64 // departures that the same hours bring as a rule
	Liked    Part    // votes for it / votes in polls that name formats
	Engaged  Part    // who answered one of its sends / members who were offered every format

	Took []community.MemberKey // who answered, of Every
	Went []community.MemberKey // who left within 24 hours of one of its sends
}

// FormatReport compares formats in a group.
type FormatReport struct {
	Rows  []FormatRow           // those that were sent or voted for, in the order of Formats, other last
	Every []community.MemberKey // who was offered every format of Named
	Named []string              // compared formats that were sent, whose sends count
	Polls int
}

// CompareFormats sums up things that were received by one group, and polls of it. A preference is shown once two formats or more came.
func CompareFormats(list []Sent, polls []FormatPollRow) FormatReport {
	rep := FormatReport{Polls: len(polls)}
	had := map[string]map[community.MemberKey]bool{}
	took := map[string]map[community.MemberKey]bool{}
	rows := map[string]*FormatRow{}
	for _, f := range AllFormats() {
		rows[f], had[f], took[f] = &FormatRow{Format: f}, map[community.MemberKey]bool{}, map[community.MemberKey]bool{}
	}
	things := map[SentKey]bool{}
	for i := range list {
		s := &list[i]
		r := rows[s.FormatIs()]
		if r == nil {
			continue
		}
		r.add(s, !things[s.SentKey])
		things[s.SentKey] = true
		if !s.Counted {
			continue
		}
		for _, m := range s.Offered {
			had[r.Format][m] = true
		}
		for _, m := range s.Answered {
			took[r.Format][m] = true
		}
	}
	var all int64
	for _, p := range polls {
		for f, n := range p.Votes {
			rows[f].Liked.Num += n
			all += n
		}
	}
	for _, f := range Formats() {
		if rows[f].Sends > rows[f].Open {
			rep.Named = append(rep.Named, f)
		}
	}
	rep.Every = offeredAll(rep.Named, had)
	for _, f := range AllFormats() {
		r := rows[f]
		if r.Sends == 0 && r.Liked.Num == 0 {
			continue
		}
		if f != FormatOther {
			r.Liked = partOf(r.Liked.Num, all)
			r.Took = keptIn(rep.Every, took[f])
			if slices.Contains(rep.Named, f) {
				r.Engaged = partOf(int64(len(r.Took)), int64(len(rep.Every)))
			}
		}
		r.close()
		rep.Rows = append(rep.Rows, *r)
	}
	return rep
}

// offeredAll are the members whom every format reached; nobody where fewer than two came.
func offeredAll(named []string, had map[string]map[community.MemberKey]bool) (out []community.MemberKey) {
	if len(named) < 2 {
		return nil
	}
	for _, m := range keysIn(had[named[0]]) {
		if !slices.ContainsFunc(named, func(f string) bool { return !had[f][m] }) {
			out = append(out, m)
		}
	}
	return out
}

func keptIn(list []community.MemberKey, set map[community.MemberKey]bool) (out []community.MemberKey) {
	for _, m := range list {
		if set[m] {
			out = append(out, m)
		}
	}
	return out
}

// add counts a send; fresh: its thing was not counted yet, so that what it cost counts once.
func (r *FormatRow) add(s *Sent, fresh bool) {
	r.Sends++
	if fresh {
		r.Things++
		if s.Format == "" {
			r.Guessed++
		}
		if s.Minutes >= 0 || s.Fen >= 0 {
			r.Costed++
			places := float64(max(1, s.Places))
			r.Minutes, r.Fen = r.Minutes+float64(max(0, s.Minutes))/places, r.Fen+float64(max(0, s.Fen))/places
		}
	}
	if !s.Counted {
		r.Open++
		return
	}
	n := int64(len(s.Offered))
	r.Offers += n
	r.Replies += s.Replies
	r.Answered.Num, r.Answered.Den = r.Answered.Num+int64(len(s.Answered)), r.Answered.Den+n
	if s.Reads >= 0 && s.Kind != SentStep && s.Places <= 1 {
		r.ReadOf++
		r.Reach.Num, r.Reach.Den = r.Reach.Num+min(s.Reads, n), r.Reach.Den+n
	}
	r.Went = append(r.Went, s.Left...)
	if !math.IsNaN(s.Usual) {
		r.Leaves.Num, r.Leaves.Den, r.Usual = r.Leaves.Num+int64(len(s.Left)), r.Leaves.Den+n, r.Usual+s.Usual
	}
}

// close works the shares out.
func (r *FormatRow) close() {
	r.Answered, r.Leaves, r.Reach = partOf(r.Answered.Num, r.Answered.Den), partOf(r.Leaves.Num, r.Leaves.Den), partOf(r.Reach.Num, r.Reach.Den)
	slices.Sort(r.Went)
	r.Went = slices.Compact(r.Went)
}
