package measure

import (
	"cmp"
	"slices"

	"qunluo/internal/community"
)

// Question is a message that asks, with what followed it.
type Question struct {
	Number  int64 // place in the log
	Group   community.GroupKey
	At      int64 // UTC ms
	Member  community.MemberKey
	Answers []Answer // of other members, in any order
}

// Answer is a message held to answer a question.
type Answer struct {
	Number int64
	At     int64 // UTC ms
	Member community.MemberKey
	By     Evidence
}

// States of a question.
const (
	AnsweredCertain = "certain" // the platform says which message answers it
	AnsweredLikely  = "likely"  // a name or the course of the talk says so
	OpenQuestion    = "open"
)

// State says whether a question is answered, and by which message: the first of those with the better kind of evidence,
// certain before likely.
func (q Question) State() (state string, first Answer) {
	if len(q.Answers) == 0 {
		return OpenQuestion, Answer{}
	}
	first = slices.MinFunc(q.Answers, func(a, b Answer) int {
		return cmp.Or(cmp.Compare(likely(a), likely(b)), cmp.Compare(a.At, b.At), cmp.Compare(a.Number, b.Number))
	})
	if first.By.Certain() {
		return AnsweredCertain, first
	}
	return AnsweredLikely, first
}

func likely(a Answer) int {
	if a.By.Certain() {
		return 0
	}
	return 1
}

// Response is how questions were answered (methods.md §1.1). Times are minutes. Open questions are waits that had not ended
// when they were last looked at: they stand in the curve, and no mean of the answered ones is given.
type Response struct {
	Questions, Certain, Likely, Open int
	Answered                         Figure // of the questions; population Askings
	Waits                            Curve  // the survival of questions: the share that is still open
	Median, P90                      float64
	MedianKnown, P90Known            bool // half, nine tenths were answered within the time looked at
}

// Askings is the population of figures of questions: messages of members that ask.
const Askings = "questions"

// Respond measures questions. until says until when (UTC ms) a question was watched: now, or the end of what is on record of
// its group.
func Respond(questions []Question, until func(community.GroupKey) int64, c Coverage) Response {
	r := Response{Questions: len(questions)}
	waits := make([]Lived, 0, len(questions))
	for _, q := range questions {
		state, first := q.State()
		switch state {
		case AnsweredCertain:
			r.Certain++
		case AnsweredLikely:
			r.Likely++
		default:
			r.Open++
			waits = append(waits, Lived{End: minutes(until(q.Group) - q.At)})
			continue
		}
		waits = append(waits, Lived{End: minutes(first.At - q.At), Cause: Left})
	}
	r.Answered = ratio(float64(r.Certain+r.Likely), float64(r.Questions), Askings, c)
	r.Waits = Survive(waits)
	r.Median, r.MedianKnown = r.Waits.Median()
	r.P90, r.P90Known = r.Waits.Quantile(0.9)
	return r
}

// minutes is a length of time; where a clock ran back it is none.
func minutes(ms int64) float64 { return float64(max(0, ms)) / minuteMS }
