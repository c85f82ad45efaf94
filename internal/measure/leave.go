package measure

import (
	"errors"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// ErrNoGoal says that a group takes nobody in while nobody wrote what it is for, or why it goes without.
var ErrNoGoal = errors.New("it has no goal, value statement and targets: write them, or write why it opens without")

// MaxWaiver bounds what is written instead of a goal, in characters.
const MaxWaiver = 300

// Waiver is why a group opens without a goal, as somebody wrote it. No words = nobody did, or it was taken back.
type Waiver struct {
	Version int
	Words   string
	User    string
	At      int64
}

// CheckWaiver says what is wrong with words that take a goal's place: community.CodeBadInput.
func CheckWaiver(words string) error {
	if n := len([]rune(words)); strings.TrimSpace(words) == "" || n > MaxWaiver {
		return community.Errorf(community.CodeBadInput, "because: want 1 to %d characters", MaxWaiver)
	}
	return nil
}

// LeaveUnclear is the answer of leavers that a goal is there to prevent.
const LeaveUnclear = "unclear"

// LeaveAnswers are what people who left a group may answer to the one question why, in the order of the form: it was unclear what the group
// is for; too many messages; advertising; talk about other things; nobody answered; they were treated unfairly; they have got what they came
// for; something else.
func LeaveAnswers() []string {
	return []string{LeaveUnclear, "noise", "ads", "beside", "unheard", "unfair", "done", "other"}
}

// MaxLeaveWords bounds what a leaver adds in words, in characters.
const MaxLeaveWords = 200

// CheckLeave says what is wrong with a leaver's answer: community.CodeBadInput.
func CheckLeave(answer, words string) error {
	if !slices.Contains(LeaveAnswers(), answer) {
		return community.Errorf(community.CodeBadInput, "answer: want one of %s", strings.Join(LeaveAnswers(), ", "))
	}
	if len([]rune(words)) > MaxLeaveWords {
		return community.Errorf(community.CodeTooLarge, "words: at most %d characters", MaxLeaveWords)
	}
	return nil
}

// LeaveWatch says whether people who leave a group are asked why. Nobody is asked twice within LeaveAgain, nobody who was removed, and at
// most LeaveDaily a day.
type LeaveWatch struct {
	Group community.GroupKey
	Org   community.OrgKey
	Since int64 // UTC ms, who left before is not asked; 0 = off
}

// Bounds of asking leavers.
const (
	LeaveDaily = 20
	LeaveAgain = 90 * 24 * 3_600_000 // ms
	LeaveLives = 14 * 24 * 3_600_000 // ms that the link of a question can be used
)

// LeaveSaid is an answer as it is kept: of a day, and of nobody. Who was asked and who answered stands elsewhere.
type LeaveSaid struct {
	Group  community.GroupKey
	Day    Day
	Answer string
	Words  string
}

// LeaveCount is how often an answer was given, as a share of all answers with its 95 % interval (Wilson).
type LeaveCount struct {
	Answer    string
	N         int
	Share     float64
	Low, High float64
}

// LeaveTally is what leavers answered: Asked were asked, and Answered of them did. Who answers a question is not
// a sample of those who leave; the interval says how far chance alone reaches.
type LeaveTally struct {
	Asked, Answered int
	Counts          []LeaveCount // in the order of LeaveAnswers, each of them
	Withheld        string       // TooFew: below LeaveLeast answers no shares are told
}

// LeaveLeast is of how many answers shares are told.
const LeaveLeast = 5

// TallyLeaves counts answers.
func TallyLeaves(asked int, n map[string]int) LeaveTally {
	t := LeaveTally{Asked: asked}
	for _, v := range n {
		t.Answered += v
	}
	if t.Answered < LeaveLeast {
		t.Withheld = TooFew
	}
	for _, a := range LeaveAnswers() {
		c := LeaveCount{Answer: a, N: n[a]}
		if t.Withheld == "" {
			c.Share = float64(c.N) / float64(t.Answered)
			c.Low, c.High = Wilson(float64(c.N), float64(t.Answered))
		}
		t.Counts = append(t.Counts, c)
	}
	return t
}
