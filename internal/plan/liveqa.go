package plan

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// LiveState is how far a live Q&A (直播答疑) has come.
type LiveState string

// States of a live Q&A, in the order in which it comes to them; it is called off before it is answered or not at all.
const (
	LivePlanned    LiveState = "planned"    // laid down, no questions yet
	LiveCollecting LiveState = "collecting" // takes questions and votes
	LiveOn         LiveState = "live"       // it has begun; takes questions until its end
	LiveAnswered   LiveState = "answered"   // finished: what was answered goes back to who asked
	LiveArchived   LiveState = "archived"   // each answered question is a card on the shelf
	LiveCancelled  LiveState = "cancelled"
)

// LiveOver is how a live Q&A is shown whose time is over while nobody has finished it yet.
const LiveOver LiveState = "over"

// LiveTerms is what people write of a live Q&A.
type LiveTerms struct {
	Title   string `json:"title"`
	Host    string `json:"host,omitempty"`    // who answers
	Address string `json:"address,omitempty"` // where the live is, http or https; "" = not known yet
	Word    string `json:"word"`              // begins a question in the chat: "提问 …"
	Remind  []int  `json:"remind"`            // minutes before the beginning at which the group is reminded; 0 = when it begins
	Lang    string `json:"lang"`              // of what the group is told
}

// LiveQA is one live Q&A of a group. Times are UTC ms.
type LiveQA struct {
	ID        community.ID
	Org       community.OrgKey
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	Zone      string
	Code      string // of its public address
	LiveTerms
	Opens   int64 // from then on questions are taken
	Starts  int64
	Ends    int64
	State   LiveState
	Slot    string // of the calendar; "" = none
	Date    string // "2006-01-02" of the slot
	Notes   string // what was said, written down by people
	Maker   string
	Why     string // why it was called off
	Created int64
	Seq     int64  // up to where the group's log was read for questions
	Told    string // what people were told of it last: a nudge, or that it was called off
	Version int

	Questions int // that stand: open or answered
	Open      int // of those, not answered yet

	Stage LiveState // how people see it at the moment at which it was read
}

// LiveSeries says how a group's live Q&As come back.
type LiveSeries struct {
	On    bool   `json:"on"`
	Slot  string `json:"slot"` // of the calendar
	Ahead int    `json:"days"` // days before it begins from which questions are taken
	LiveTerms
}

// DefaultLiveSeries is a series as forms begin with it: the calendar's slot of Wednesday 20:00, questions from 3 days before. It is off.
func DefaultLiveSeries() LiveSeries {
	return LiveSeries{Slot: "live", Ahead: 3, LiveTerms: DefaultLive()}
}

// DefaultLive are terms as forms begin with them: a reminder a day before, and one when it begins.
func DefaultLive() LiveTerms {
	return LiveTerms{Title: "直播答疑", Word: "提问", Remind: []int{24 * 60, 0}, Lang: "zh-CN"}
}

// Bounds of a live Q&A.
const (
	MaxLiveTitle    = 60 // characters
	MaxLiveWord     = 10
	MaxLiveHost     = 40
	MaxLiveRemind   = 4
	MaxRemind       = 7 * 24 * 60 // minutes before the beginning
	MaxLiveAhead    = 7           // days
	MaxLiveNotes    = 8000        // characters
	MaxQuestion     = 300
	MaxLiveAnswer   = 2000
	MaxLiveName     = 20
	LiveOpenEach    = 3             // open questions that one person may have
	LiveAskPause    = 60_000        // ms between two questions of one person
	LiveEarly       = 15 * 60_000   // ms before the beginning from which the link leads to the live
	LiveLate        = 2 * 3600_000  // ms after the end until which it does
	LiveFew         = 5             // signed up below which no share is told
	LiveAddressTask = 60 * 60_000   // ms before the beginning at which a person is asked for a missing address
	maxLive         = 12 * 3600_000 // ms that one may last
	maxLivePlanned  = 92 * 24 * 3600_000
)

// Check says what is wrong with terms: CodeBadInput, naming the field.
func (t LiveTerms) Check() error {
	bad := func(field, format string, args ...any) error {
		return community.Errorf(community.CodeBadInput, field+": "+format, args...)
	}
	switch n := utf8.RuneCountInString(t.Word); {
	case strings.TrimSpace(t.Title) == "" || utf8.RuneCountInString(t.Title) > MaxLiveTitle || !oneLine(t.Title):
		return bad("title", "want 1 to %d characters", MaxLiveTitle)
	case utf8.RuneCountInString(t.Host) > MaxLiveHost || !oneLine(t.Host):
		return bad("host", "want at most %d characters", MaxLiveHost)
	case t.Address != "" && !LiveAddress(t.Address):
		return bad("address", "want an address that begins with http:// or https://")
	case n == 0 || n > MaxLiveWord || !oneLine(t.Word) || len(strings.Fields(t.Word)) != 1:
		return bad("word", "want 1 to %d characters without blanks", MaxLiveWord)
	case t.Lang != "zh-CN" && t.Lang != "en":
		return bad("lang", "want zh-CN or en")
	case len(t.Remind) > MaxLiveRemind:
		return bad("remind", "want at most %d", MaxLiveRemind)
	}
	for i, m := range t.Remind {
		if m < 0 || m > MaxRemind || slices.Contains(t.Remind[:i], m) {
			return bad("remind", "want minutes from 0 to %d, each once", MaxRemind)
		}
	}
	return nil
}

// Announces reports whether reminders say the same of two terms: the address is not in them.
func (t LiveTerms) Announces(o LiveTerms) bool {
	return t.Title == o.Title && t.Host == o.Host && t.Word == o.Word && t.Lang == o.Lang && slices.Equal(t.Remind, o.Remind)
}

// oneLine reports whether a text can be kept and stands on one line.
func oneLine(text string) bool { return legible(text) && !strings.ContainsAny(text, "\r\n") }

// LiveAddress reports whether an address is one that a browser may be sent to: http or https, with a host.
func LiveAddress(text string) bool {
	if !webAddress(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && u.User == nil
}

// Check says what is wrong with a live Q&A that is to come: CodeBadInput, naming the field.
func (q LiveQA) Check(now int64) error {
	bad := func(field, words string) error {
		return community.Errorf(community.CodeBadInput, "%s: %s", field, words)
	}
	if err := q.LiveTerms.Check(); err != nil {
		return err
	}
	switch {
	case q.Starts <= now:
		return bad("starts", "its time is over")
	case q.Starts > now+maxLivePlanned:
		return bad("starts", "want within three months")
	case q.Ends <= q.Starts || q.Ends > q.Starts+maxLive:
		return bad("ends", "want after it begins, at most 12 hours")
	case q.Opens > q.Starts || q.Opens < q.Starts-MaxLiveAhead*dayMS:
		return bad("opens", "want at most 7 days before it begins")
	}
	return nil
}

// Check says what is wrong with a series: CodeBadInput, naming the field.
func (s LiveSeries) Check() error {
	if s.Ahead < 1 || s.Ahead > MaxLiveAhead {
		return community.Errorf(community.CodeBadInput, "days: want 1 to %d", MaxLiveAhead)
	}
	return s.LiveTerms.Check()
}

// Coming is the next live Q&A of a series in its slot, from a moment on: of the slot's next day whose beginning is still to come. false: the
// slot does not come within 7 days.
func (s LiveSeries) Coming(f Fixture, g community.GroupKey, zone *time.Location, now int64) (LiveQA, bool) {
	for i := range 8 {
		date := time.UnixMilli(now).In(zone).AddDate(0, 0, i).Format(time.DateOnly)
		starts, err := Moment(date, f.From, zone)
		ends, other := Moment(date, f.To, zone)
		if !f.On(date, g) || err != nil || other != nil || starts <= now {
			continue
		}
		return LiveQA{Group: g, LiveTerms: s.LiveTerms, Slot: f.ID, Date: date, Starts: starts, Ends: ends, Opens: starts - int64(s.Ahead)*dayMS, State: LivePlanned}, true
	}
	return LiveQA{}, false
}

// Running reports whether a live Q&A still waits for its end by time or by people.
func (q LiveQA) Running() bool {
	return q.State == LivePlanned || q.State == LiveCollecting || q.State == LiveOn
}

// At is the state to which time alone has brought a live Q&A: people do the rest.
func (q LiveQA) At(now int64) LiveState {
	switch {
	case !q.Running():
		return q.State
	case now >= q.Starts:
		return LiveOn
	case now >= q.Opens:
		return LiveCollecting
	}
	return LivePlanned
}

// Shown is the state as people see it.
func (q LiveQA) Shown(now int64) LiveState {
	if s := q.At(now); s != LiveOn || now < q.Ends {
		return s
	}
	return LiveOver
}

// Takes reports whether questions and votes are taken.
func (q LiveQA) Takes(now int64) bool {
	s := q.Shown(now)
	return s == LiveCollecting || s == LiveOn
}

func (q LiveQA) is() error { return community.Errorf(community.CodeConflict, "it is %s", q.State) }

// MayEdit says whether its terms may be changed: CodeConflict once it began.
func (q LiveQA) MayEdit(now int64) error {
	if s := q.At(now); s != LivePlanned && s != LiveCollecting {
		return q.is()
	}
	return nil
}

// MayAddress says whether the address of the live may be set: until two hours after the end. CodeConflict.
func (q LiveQA) MayAddress(now int64) error {
	if !q.Running() || now > q.Ends+LiveLate {
		return q.is()
	}
	return nil
}

// Finish ends a live Q&A that has begun: its answers go back to who asked. CodeConflict: it has not begun, or ended before.
func (q LiveQA) Finish(now int64) (LiveQA, error) {
	if q.At(now) != LiveOn {
		return q, q.is()
	}
	q.State = LiveAnswered
	return q, nil
}

// Archive closes a live Q&A for good. CodeConflict: it is not finished.
func (q LiveQA) Archive() (LiveQA, error) {
	if q.State != LiveAnswered {
		return q, q.is()
	}
	q.State = LiveArchived
	return q, nil
}

// Cancel calls it off, with a reason that everybody reads. CodeConflict: it is finished or was called off; CodeBadInput: no reason.
func (q LiveQA) Cancel(reason string) (LiveQA, error) {
	switch {
	case !q.Running():
		return q, q.is()
	case strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > MaxReason || !legible(reason):
		return q, community.Errorf(community.CodeBadInput, "reason: want 1 to %d characters", MaxReason)
	}
	q.State, q.Why = LiveCancelled, strings.TrimSpace(reason)
	return q, nil
}

// MaySign says whether people may sign up, or take it back: until its end. CodeLate.
func (q LiveQA) MaySign(now int64) error {
	if !q.Running() || now >= q.Ends {
		return community.Errorf(community.CodeLate, "it is over")
	}
	return nil
}

// LiveName is how a guest is called: on one line, without what would reorder it. CodeBadInput: nothing is left, or too much.
func LiveName(text string) (string, error) {
	if !legible(text) {
		return "", community.Errorf(community.CodeBadInput, "name: cannot be read")
	}
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) || r == '@' {
			return -1
		}
		return r
	}, text)), " ")
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxLiveName {
		return "", community.Errorf(community.CodeBadInput, "name: want 1 to %d characters", MaxLiveName)
	}
	return text, nil
}

// MayNote says whether notes may be written down. CodeTooLarge, CodeBadInput; CodeConflict: it is closed.
func (q LiveQA) MayNote(notes string) error {
	switch {
	case q.State == LiveArchived || q.State == LiveCancelled:
		return q.is()
	case !legible(notes):
		return community.Errorf(community.CodeBadInput, "notes: not UTF-8, or it holds a NUL")
	case utf8.RuneCountInString(notes) > MaxLiveNotes:
		return community.Errorf(community.CodeTooLarge, "notes: more than %d characters", MaxLiveNotes)
	}
	return nil
}

// Why a person is asked to see to a live Q&A.
const (
	NudgeAddress = "address" // it begins within the hour, and nobody has said where
	NudgeOver    = "over"    // it is over and waits for its answers
	NudgeClosed  = "closed"  // the group was closed meanwhile
)

// Nudge says why a person is asked now; "" = not at all.
func (q LiveQA) Nudge(now int64) string {
	switch {
	case !q.Running():
		return ""
	case now >= q.Ends:
		return NudgeOver
	case q.Address == "" && now >= q.Starts-LiveAddressTask:
		return NudgeAddress
	}
	return ""
}

// LiveReminder is one post by which the group is reminded.
type LiveReminder struct {
	Minutes int   // before the beginning
	At      int64 // UTC ms
}

// Reminders are those that are still to come, the first one first.
func (q LiveQA) Reminders(now int64) []LiveReminder {
	var out []LiveReminder
	for _, m := range q.Remind {
		if at := q.Starts - int64(m)*minuteMS; at > now {
			out = append(out, LiveReminder{m, at})
		}
	}
	slices.SortFunc(out, func(a, b LiveReminder) int { return cmp.Compare(a.At, b.At) })
	return out
}

// LiveGate says what the link to the live does at a moment.
type LiveGate string

// What it does.
const (
	GateOpen   LiveGate = "open"   // leads to the live
	GateEarly  LiveGate = "early"  // says when it begins
	GateNoWay  LiveGate = "no_way" // it is time, and nobody has said where the live is
	GateOver   LiveGate = "over"   // it is over
	GateCalled LiveGate = "called" // it was called off
)

// Gate says what the link does: it leads to the live from a quarter of an hour before the beginning until two hours after the end.
func (q LiveQA) Gate(now int64) LiveGate {
	switch {
	case q.State == LiveCancelled:
		return GateCalled
	case now > q.Ends+LiveLate:
		return GateOver
	case now < q.Starts-LiveEarly:
		return GateEarly
	case !LiveAddress(q.Address):
		return GateNoWay
	}
	return GateOpen
}

// States of a question.
const (
	AskOpen      = "open"
	AskAnswered  = "answered"
	AskMerged    = "merged"    // asks what another asks; who asked it gets that one's answer
	AskPassed    = "passed"    // not taken, with a reason
	AskWithdrawn = "withdrawn" // by who asked
)

// Ways by which a question came.
const (
	AskByPage = "page"
	AskByChat = "chat"
	AskByHand = "hand" // a person of the house wrote it down
)

// Ways by which an answer went back to who asked.
const (
	BackPrivate = "private" // in private, by the connection
	BackGroup   = "group"   // in the group, to them by name
	BackTask    = "task"    // a person is asked to say it, with the words
	BackPage    = "page"    // stands on their own page; nobody knows who they are
)

// LiveQuestion is a question to a live Q&A.
type LiveQuestion struct {
	No        int
	Who       int64 // a member's key; below 0 = a guest of the page; 0 = nobody is known
	MemberID  community.ID
	Name      string // of who asked
	Anonymous bool   // the others do not see who asked
	Text      string
	Way       string
	Message   string // the platform's id of the message in the chat; "" = none
	State     string
	Into      int // of a merged one: the number of the other
	Answer    string
	By        string // who answered, or passed it
	At        int64  // when
	Reason    string // why it was passed
	Made      int64
	Told      int64  // when its answer went back; 0 = not yet
	Back      string // by which way
	Version   int

	Votes  int  // of members, those who asked the same included, who asked it not
	Guests int  // of guests of the page, counted apart
	Mine   bool // asked by who looks
	Voted  bool // by who looks
}

// Stands reports whether it is on the list that people see.
func (a LiveQuestion) Stands() bool { return a.State == AskOpen || a.State == AskAnswered }

// LiveVote is a vote for a question.
type LiveVote struct {
	No  int
	Who int64 // as of LiveQuestion
}

// RankLive counts votes and puts questions in order: those that stand, by votes of members, then of guests, then the older one; what was merged,
// passed or withdrawn stands behind. A vote for a question that was merged counts for the other, each person once and nobody for their own.
func RankLive(list []LiveQuestion, votes []LiveVote) []LiveQuestion {
	out := slices.Clone(list)
	at := map[int]int{}
	for i, a := range out {
		at[a.No] = i
	}
	home := func(no int) (int, bool) {
		for range out {
			i, known := at[no]
			if !known || out[i].Into == 0 {
				return i, known
			}
			no = out[i].Into
		}
		return 0, false
	}
	for _, a := range list {
		if a.State == AskMerged && a.Who != 0 {
			votes = append(votes, LiveVote{a.No, a.Who})
		}
	}
	seen := map[[2]int64]bool{}
	for _, v := range votes {
		i, known := home(v.No)
		if !known || v.Who == 0 || v.Who == out[i].Who || seen[[2]int64{int64(i), v.Who}] {
			continue
		}
		seen[[2]int64{int64(i), v.Who}] = true
		if v.Who > 0 {
			out[i].Votes++
		} else {
			out[i].Guests++
		}
	}
	behind := func(a LiveQuestion) int {
		switch {
		case a.Stands():
			return 0
		case a.State == AskMerged:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b LiveQuestion) int {
		return cmp.Or(cmp.Compare(behind(a), behind(b)), cmp.Compare(b.Votes, a.Votes), cmp.Compare(b.Guests, a.Guests), cmp.Compare(a.No, b.No))
	})
	return out
}

// Ask says what becomes of a question that somebody asks now, among all of the live Q&A so far. One that asks what another asks is merged into
// it: who asked gets its answer, and counts for it. CodeBadInput, CodeTooLarge: the words; CodeConflict: not yet, or they asked this before;
// CodeLate: it is over; CodeLimited: too soon after their last; CodeRefused: too many of theirs are open.
func (q LiveQA) Ask(before []LiveQuestion, a LiveQuestion, now int64) (LiveQuestion, error) {
	a.Text = strings.TrimSpace(a.Text)
	switch n := utf8.RuneCountInString(a.Text); {
	case !legible(a.Text) || bareText(a.Text) == "":
		return a, community.Errorf(community.CodeBadInput, "text: no words")
	case n > MaxQuestion:
		return a, community.Errorf(community.CodeTooLarge, "text: more than %d characters", MaxQuestion)
	}
	if !q.Takes(now) {
		if q.At(now) == LivePlanned {
			return a, community.Errorf(community.CodeConflict, "questions are taken later")
		}
		return a, community.Errorf(community.CodeLate, "it is over")
	}
	a.State, a.Into, a.Made, a.No = AskOpen, 0, now, 1
	open := 0
	for _, b := range before {
		a.No = max(a.No, b.No+1)
		if b.Who != a.Who || a.Who == 0 {
			continue
		}
		if b.State == AskOpen || b.State == AskMerged && named(before, b.Into).State == AskOpen {
			open++
		}
		if b.Made > now-LiveAskPause {
			return a, community.Errorf(community.CodeLimited, "one question a minute")
		}
	}
	if i := SameQuestion(a.Text, before); i >= 0 {
		same := before[i]
		if same.State == AskMerged {
			same = named(before, same.Into)
		}
		if a.Who != 0 && (same.Who == a.Who || before[i].Who == a.Who || slices.ContainsFunc(before, func(b LiveQuestion) bool { return b.Who == a.Who && b.State == AskMerged && b.Into == same.No })) {
			return a, community.Errorf(community.CodeConflict, "they asked this before: number %d", same.No)
		}
		a.State, a.Into = AskMerged, same.No
	}
	if open >= LiveOpenEach {
		return a, community.Errorf(community.CodeRefused, "%d of their questions are open", open)
	}
	return a, nil
}

// named is the question of a number; the zero one where there is none.
func named(list []LiveQuestion, no int) LiveQuestion {
	if i := slices.IndexFunc(list, func(a LiveQuestion) bool { return a.No == no }); i >= 0 {
		return list[i]
	}
	return LiveQuestion{}
}

// SameQuestion finds among questions that stand or were merged one that asks the same words, or nearly (lexicon.Print); -1 = none.
func SameQuestion(text string, list []LiveQuestion) int {
	var printer lexicon.Printer
	mine, bare := printer.Print(text), bareText(text)
	return slices.IndexFunc(list, func(b LiveQuestion) bool {
		if !b.Stands() && b.State != AskMerged {
			return false
		}
		theirs := printer.Print(b.Text)
		return bareText(b.Text) == bare || !mine.IsZero() && mine.Alike(&theirs)
	})
}

// MayVote says whether somebody may vote for a question. CodeLate: no votes are taken; CodeConflict: it is their own; CodeNotFound: it does not
// stand open.
func (q LiveQA) MayVote(a LiveQuestion, who, now int64) error {
	switch {
	case !q.Takes(now):
		return community.Errorf(community.CodeLate, "no votes are taken")
	case a.State != AskOpen:
		return community.Errorf(community.CodeNotFound, "question %d is not open", a.No)
	case who == 0 || a.Who == who:
		return community.Errorf(community.CodeConflict, "nobody votes for their own")
	}
	return nil
}

// Answered is a question with an answer. CodeConflict: it was merged, taken back, or its answer went back already; CodeBadInput, CodeTooLarge.
func (a LiveQuestion) Answered(user, text string, now int64) (LiveQuestion, error) {
	text = strings.TrimSpace(text)
	switch {
	case a.State == AskMerged || a.State == AskWithdrawn || a.Told != 0:
		return a, community.Errorf(community.CodeConflict, "question %d is %s", a.No, cmp.Or(a.Back, a.State))
	case text == "" || !legible(text):
		return a, community.Errorf(community.CodeBadInput, "answer: no words")
	case utf8.RuneCountInString(text) > MaxLiveAnswer:
		return a, community.Errorf(community.CodeTooLarge, "answer: more than %d characters", MaxLiveAnswer)
	}
	a.State, a.Answer, a.By, a.At, a.Reason = AskAnswered, text, user, now, ""
	return a, nil
}

// Passed is a question that is not taken, for a reason. CodeConflict: it is not open; CodeBadInput: no reason.
func (a LiveQuestion) Passed(user, reason string, now int64) (LiveQuestion, error) {
	switch {
	case a.State != AskOpen:
		return a, community.Errorf(community.CodeConflict, "question %d is %s", a.No, a.State)
	case strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > MaxReason || !legible(reason):
		return a, community.Errorf(community.CodeBadInput, "reason: want 1 to %d characters", MaxReason)
	}
	a.State, a.By, a.At, a.Reason = AskPassed, user, now, strings.TrimSpace(reason)
	return a, nil
}

// Reopened is a question that stands open again after it was passed or merged. CodeConflict: it was neither, or its answer went back.
func (a LiveQuestion) Reopened() (LiveQuestion, error) {
	if a.State != AskPassed && a.State != AskMerged || a.Told != 0 {
		return a, community.Errorf(community.CodeConflict, "question %d is %s", a.No, a.State)
	}
	a.State, a.Into, a.By, a.At, a.Reason = AskOpen, 0, "", 0, ""
	return a, nil
}

// Merged is a question that asks what another one asks. CodeConflict: one of them does not stand so; CodeBadInput: they are the same.
func (a LiveQuestion) Merged(into LiveQuestion) (LiveQuestion, error) {
	switch {
	case a.No == into.No:
		return a, community.Errorf(community.CodeBadInput, "into: it is the same question")
	case a.State != AskOpen:
		return a, community.Errorf(community.CodeConflict, "question %d is %s", a.No, a.State)
	case !into.Stands():
		return a, community.Errorf(community.CodeConflict, "question %d is %s", into.No, into.State)
	}
	a.State, a.Into = AskMerged, into.No
	return a, nil
}

// Withdrawn is a question that who asked it took back: its words are gone. CodeConflict: it was answered, or is gone already.
func (a LiveQuestion) Withdrawn() (LiveQuestion, error) {
	if a.State != AskOpen && a.State != AskMerged && a.State != AskPassed || a.Told != 0 {
		return a, community.Errorf(community.CodeConflict, "question %d is %s", a.No, a.State)
	}
	a.State, a.Into, a.Text = AskWithdrawn, 0, ""
	return a, nil
}

// Inherit says which questions change when one does: those that were merged into one that is merged itself follow it; of those that were merged
// into one that was taken back the oldest stands in its place, with the votes. All that changed are given, that one included.
func Inherit(list []LiveQuestion, changed LiveQuestion) []LiveQuestion {
	var below []LiveQuestion
	for _, a := range list {
		if a.State == AskMerged && a.Into == changed.No && a.No != changed.No {
			below = append(below, a)
		}
	}
	slices.SortFunc(below, func(a, b LiveQuestion) int { return cmp.Compare(a.No, b.No) })
	to := changed.Into
	if changed.State == AskWithdrawn && len(below) > 0 {
		to = below[0].No
		below[0].State, below[0].Into = AskOpen, 0
		changed.Into = to
	}
	out := []LiveQuestion{changed}
	for _, a := range below {
		if to == 0 {
			break
		}
		if a.State == AskMerged {
			a.Into = to
		}
		out = append(out, a)
	}
	return out
}

// Back is an answer that goes back to who asked, as far as that is still to be done.
type Back struct {
	To       LiveQuestion // whose answer it is
	Answered LiveQuestion // which was answered: the same, or the one that it was merged into
}

// Backs lists the answers that are still to go back, by number.
func Backs(list []LiveQuestion) []Back {
	var out []Back
	for _, a := range list {
		of := a
		if a.State == AskMerged {
			of = named(list, a.Into)
		}
		if of.State == AskAnswered && a.Told == 0 {
			out = append(out, Back{a, of})
		}
	}
	slices.SortFunc(out, func(a, b Back) int { return cmp.Compare(a.To.No, b.To.No) })
	return out
}

// WayBack chooses how an answer goes back: in private where the connection can, else in the group by name where it can and they did not ask
// anonymously, else a person says it. Whom nobody knows finds it on their own page.
func (a LiveQuestion) WayBack(private, group bool) string {
	switch {
	case a.Who <= 0:
		return BackPage
	case private:
		return BackPrivate
	case group && !a.Anonymous:
		return BackGroup
	}
	return BackTask
}

// Earliest is the first moment from one on that does not lie in the quiet hours.
func (l Limits) Earliest(at int64, zone *time.Location) int64 { return l.quietEnd(at, zone) }

// LiveIn reads a question from what somebody wrote in the chat: the word, then the question. false: it is none.
func LiveIn(word, text string) (string, bool) {
	text = strings.TrimSpace(text)
	if word == "" || len(text) < len(word) || !strings.EqualFold(text[:len(word)], word) {
		return "", false
	}
	rest := text[len(word):]
	asked := strings.TrimSpace(strings.TrimLeft(rest, " \t\r\n　:：，,、"))
	return asked, asked != "" && len(asked) < len(rest) // "提问环节…" is no question: a blank or a sign follows the word
}

// LiveSums are the figures of a live Q&A. Members are people whom we know; guests are people of the page, by their link.
type LiveSums struct {
	Signed    int            // signed up
	Asked     int            // people who asked
	Questions int            // that stand, or were merged
	Answered  int            // of those, with an answer
	Told      int            // answers that went back to who asked, by whatever way
	Back      map[string]int // of those, by way
	Came      int            // people who opened the link while it led to the live
	SignedIn  int            // of those, who had signed up
	Opens     int            // openings, known and unknown
	Unknown   int            // of those, by nobody we know
}

// Share is how many of those who signed up came; false: fewer than LiveFew signed up, and a share would say nothing.
func (s LiveSums) Share() (float64, bool) {
	if s.Signed < LiveFew {
		return 0, false
	}
	return float64(s.SignedIn) / float64(s.Signed), true
}

// LivePerson is somebody of a live Q&A.
type LivePerson struct {
	Who      int64 // as of LiveQuestion; 0 = openings by nobody we know
	MemberID community.ID
	Name     string
	Signed   int64 // when they signed up; 0 = they did not
	Opens    int   // of the link, while it led to the live
	First    int64
	Last     int64
}

// SumLive adds up the figures of a live Q&A.
func SumLive(list []LiveQuestion, people []LivePerson) LiveSums {
	out := LiveSums{Back: map[string]int{}}
	asked, by := map[int64]bool{}, map[int]string{}
	for _, a := range list {
		by[a.No] = a.State
	}
	for _, a := range list {
		if a.State == AskMerged || a.Stands() {
			out.Questions++
		}
		if a.State == AskAnswered || a.State == AskMerged && by[a.Into] == AskAnswered {
			out.Answered++
		}
		if a.Who != 0 && a.State != AskWithdrawn {
			asked[a.Who] = true
		}
		if a.Told != 0 {
			out.Told++
			out.Back[a.Back]++
		}
	}
	out.Asked = len(asked)
	for _, p := range people {
		out.Opens += p.Opens
		if p.Who == 0 {
			out.Unknown += p.Opens
			continue
		}
		if p.Signed != 0 {
			out.Signed++
		}
		if p.Opens > 0 {
			out.Came++
			if p.Signed != 0 {
				out.SignedIn++
			}
		}
	}
	return out
}
