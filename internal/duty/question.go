package duty

import (
	"strings"

	"qunluo/internal/community"
)

// Bounds of QuestionWatch.Minutes.
const (
	MinAskMinutes = 1
	MaxAskMinutes = 24 * 60
)

// QuestionWatch says how long a group's questions may stay open before somebody is told. The zero value watches nothing.
type QuestionWatch struct {
	Minutes int    `json:"minutes"` // 0 = off
	User    string `json:"user"`    // asked before anybody else; "" = who looks after the group, then who is on duty
	Since   int64  `json:"since"`   // UTC ms; questions before it are left out
}

// Check says what is wrong with a watch: community.CodeBadInput.
func (w QuestionWatch) Check() error {
	if w.Minutes != 0 && (w.Minutes < MinAskMinutes || w.Minutes > MaxAskMinutes) {
		return community.Errorf(community.CodeBadInput, "minutes: want %d to %d, or 0 for off", MinAskMinutes, MaxAskMinutes)
	}
	return nil
}

// questionSubject begins the subject of an alarm about open questions.
const questionSubject = "question:"

// QuestionsOf is the subject of an alarm about open questions: ref is its own.
func QuestionsOf(ref community.ID) string { return questionSubject + ref.String() }

// AboutQuestions reports whether the alarm is about open questions.
func (a Alarm) AboutQuestions() bool {
	return a.Kind == KindQuestion && strings.HasPrefix(a.Subject, questionSubject)
}

// ToldQuestion is a question that an alarm is about.
type ToldQuestion struct {
	Number int64 // place in the log
	Told   int64 // UTC ms
	Open   bool
}
