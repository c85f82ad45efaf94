package learn

import (
	"math"

	"qunluo/internal/lexicon"
)

// How a group's own model is taught.
const (
	labelWeight = 4    // how often a person's word counts beside a line of talk
	mostTalk    = 8000 // lines of talk; the newest count
	heldOut     = 5    // every fifth line of talk is kept back to set the thresholds by
	enoughTalk  = 200  // lines kept back from which on they say something about one in ten thousand

	actShare, suspectShare = 0.0001, 0.003 // of ordinary talk that may reach a threshold
	actMargin, shyMargin   = 0.4, 0.1
)

// Lesson says what a model was taught with.
type Lesson struct {
	Talk    int `json:"talk"`     // lines of the group's own talk, taken for ordinary
	LeftOut int `json:"left_out"` // lines that look like advertising even so: nobody said they are not
	Ham     int `json:"ham"`      // texts that people said were hit wrongly
	Spam    int `json:"spam"`     // texts that people said were hit rightly
}

// Teach makes a group's own model: the examples that come along, the group's own talk, and what people said about
// decisions, which counts most. The talk is taken for ordinary but for lines that the shipped model would act on. Its
// thresholds lie above what the talk reaches that was kept back from a first model, and not below the shipped ones by
// more than half.
func Teach(talk []string, labels []Example) (*Model, Lesson) {
	var l Lesson
	said := map[uint64]bool{}
	lessons := Base()[:len(Base()):len(Base())]
	for _, e := range labels {
		if e.Spam {
			l.Spam++
		} else {
			l.Ham++
		}
		said[lexicon.HashExact(e.Text)] = true
		lessons = append(lessons, Example{Text: e.Text, Spam: e.Spam, Weight: labelWeight})
	}
	var own []Example
	for _, text := range talk[max(0, len(talk)-mostTalk):] {
		h := lexicon.HashExact(text)
		if said[h] || lexicon.IsBlank(text) {
			continue
		}
		said[h] = true
		if Shipped().Score(text) >= Shipped().Act() {
			l.LeftOut++
			continue
		}
		own = append(own, Example{Text: text})
	}
	l.Talk = len(own)
	act, suspect := thresholds(lessons, own)
	return Train(append(lessons, own...)).WithThresholds(act, suspect), l
}

// thresholds trains without a part of the talk and looks how high that part scores.
func thresholds(lessons, own []Example) (act, suspect float64) {
	first := lessons[:len(lessons):len(lessons)]
	var held []string
	for i, e := range own {
		if i%heldOut == 0 {
			held = append(held, e.Text)
			continue
		}
		first = append(first, e)
	}
	if len(held) < enoughTalk/heldOut {
		return Shipped().Act(), Shipped().Suspect()
	}
	m := Train(first)
	scores := make([]float64, len(held))
	for i, text := range held {
		scores[i] = m.Score(text)
	}
	act = max(Shipped().Act()/2, Threshold(scores, actShare, actMargin))
	if len(held) < enoughTalk {
		act = max(act, Shipped().Act())
	}
	suspect = max(Shipped().Suspect()/2, Threshold(scores, suspectShare, shyMargin))
	return act, math.Min(suspect, act)
}
