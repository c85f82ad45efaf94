package eval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/learn"
	"qunluo/internal/policy"
)

// Targets of the classifier, in percent.
const (
	liveRecall    = 90
	liveWrong     = 0.2
	newRecall     = 50 // out of the box, by act or suspicion
	newActs       = 25 // by act
	newWrong      = 0.01
	coldAUC       = 95
	coldDraws     = 20
	coldLabels    = 200
	coldTalk      = 2000
	coldLabelSays = 4 // how much more a label counts than a line of the group's talk
)

// scorer is one way to tell advertising from talk: the higher, the more like advertising.
type scorer func(text string) float64

// scored is the scores of texts of both sorts.
type scored struct{ spam, ham []float64 }

func scoreAll(texts []labelled, score scorer) (s scored) {
	for _, t := range texts {
		if t.spam {
			s.spam = append(s.spam, score(t.text))
		} else {
			s.ham = append(s.ham, score(t.text))
		}
	}
	return s
}

func above(scores []float64, threshold float64) (c count) {
	for _, x := range scores {
		c.add(x > threshold)
	}
	return c
}

// atMost is the lowest score that no more than a percentage of the others lie above.
func atMost(scores []float64, percent float64) float64 {
	sorted := slices.Sorted(slices.Values(scores))
	return sorted[len(sorted)-1-int(percent/100*float64(len(sorted)))]
}

// auc is how often a text of the one sort scores higher than one of the other (Mann-Whitney), in percent.
func (s scored) auc() float64 {
	type one struct {
		score float64
		spam  bool
	}
	var all []one
	for _, x := range s.spam {
		all = append(all, one{x, true})
	}
	for _, x := range s.ham {
		all = append(all, one{x, false})
	}
	slices.SortFunc(all, func(a, b one) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return 0
	})
	ranks := 0.0
	for i := 0; i < len(all); {
		k := i
		for k < len(all) && all[k].score == all[i].score {
			k++
		}
		for _, x := range all[i:k] {
			if x.spam {
				ranks += float64(i+k+1) / 2
			}
		}
		i = k
	}
	n, m := float64(len(s.spam)), float64(len(s.ham))
	return 100 * (ranks - n*(n+1)/2) / (n * m)
}

// measured is the part that figures come from: the part for choosing while something is being built.
func (o Options) measured(p parts) []labelled {
	if o.Part == Train {
		return p.check
	}
	return p.test
}

// liveSpam teaches a model with one part of live rooms' lines and looks what it finds in another, whose templates it never
// saw. The threshold comes from a third.
func liveSpam(ctx context.Context, o Options) ([]Row, error) {
	p, err := o.liveRoom()
	if err != nil {
		return nil, err
	}
	lessons := append(slices.Clone(learn.Base()), examples(p.train)...)
	model := learn.Train(lessons)
	texts := o.measured(p)
	ways := []struct {
		name  string
		score scorer
	}{
		{"live", model.Score},
		{"live.logistic", rawLogistic(p.train)},
		{"live.bayes", rawBayes(p.train)},
		{"live.words", listedWords()},
	}
	var rows []Row
	for _, w := range ways {
		threshold := atMost(scoreAll(p.check, w.score).ham, liveWrong/2)
		s := scoreAll(texts, w.score)
		found, wrong := above(s.spam, threshold), above(s.ham, threshold)
		if w.name == "live" {
			rows = append(rows, least("live.found", found, liveRecall), most("live.wrong", wrong, liveWrong), told("live.auc", s.auc(), "%", len(texts)))
			o.show(texts, w.score, threshold)
			continue
		}
		rows = append(rows, percent(w.name+".found", found), percent(w.name+".wrong", wrong), told(w.name+".auc", s.auc(), "%", len(texts)))
	}
	return rows, ctx.Err()
}

// show lists what was missed or wrongly hit, to those who build.
func (o Options) show(texts []labelled, score scorer, threshold float64) {
	for _, t := range texts {
		if s := score(t.text); t.spam != (s > threshold) {
			o.Show(fmt.Sprintf("%v %.2f", t.spam, s), t.text)
		}
	}
}

func examples(texts []labelled) []learn.Example {
	out := make([]learn.Example, len(texts))
	for i, t := range texts {
		out[i] = learn.Example{Text: t.text, Spam: t.spam}
	}
	return out
}

// told is a row without a target.
func told(name string, value float64, unit string, n int) Row {
	return Row{Name: name, Value: value, Low: value, High: value, Unit: unit, N: n, Met: true}
}

// shipped looks what the model that comes along does in a group that it never saw, message by message as the rule of kind
// "learned" decides, and what it finds in live rooms.
func shipped(ctx context.Context, o Options) ([]Row, error) {
	p, err := o.liveRoom()
	if err != nil {
		return nil, err
	}
	from, to := "11", "20"
	if o.Part == Train {
		from, to = "01", "10"
	}
	talk, err := o.channel("#ubuntu-cn", from, to)
	if err != nil {
		return nil, err
	}
	rb, err := bookOf(policy.Rule{ID: "learned", Name: "learned", Kind: "learned", Mode: policy.RuleLive, Params: jsonOf(map[string]any{"model": learn.ShippedHash})})
	if err != nil {
		return nil, err
	}
	var acted, suspected count
	run := newRun(rb)
	for _, t := range talk {
		d := run.say(t)
		acted.add(d != nil && len(d.Strikes) > 0)
		suspected.add(d != nil && len(d.Strikes) == 0)
		if d != nil {
			o.Show(d.Hits[0].Why, t.nick, t.text)
		}
	}
	model := learn.Shipped()
	s := scoreAll(o.measured(p), model.Score)
	nearly := func(x float64) float64 { return x - 0.0005 } // a score is in thousandths, and reaching the threshold is enough
	return []Row{
		most("shipped.wrong", acted, newWrong), percent("shipped.suspected", suspected),
		least("shipped.found", above(s.spam, nearly(model.Suspect())), newRecall), least("shipped.found.acts", above(s.spam, nearly(model.Act())), newActs),
		percent("shipped.live.wrong", above(s.ham, nearly(model.Act()))), percent("shipped.live.suspected", above(s.ham, nearly(model.Suspect()))),
		told("shipped.auc", s.auc(), "%", len(s.spam)+len(s.ham)),
	}, ctx.Err()
}

// coldStart teaches with a few labels and the ordinary talk of the same rooms, as a group has it on its first day, and
// draws anew twenty times.
func coldStart(ctx context.Context, o Options) ([]Row, error) {
	p, err := o.liveRoom()
	if err != nil {
		return nil, err
	}
	var all []float64
	texts := o.measured(p)
	for draw := range coldDraws {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		chance := rand.New(rand.NewPCG(uint64(draw), 200))
		order := chance.Perm(len(p.train))
		lessons := slices.Clone(learn.Base())
		for _, i := range order[:min(coldLabels, len(order))] {
			t := p.train[i]
			lessons = append(lessons, learn.Example{Text: t.text, Spam: t.spam, Weight: coldLabelSays})
		}
		talk := 0
		for _, i := range order[min(coldLabels, len(order)):] {
			if t := p.train[i]; !t.spam && talk < coldTalk {
				lessons = append(lessons, learn.Example{Text: t.text})
				talk++
			}
		}
		all = append(all, scoreAll(texts, learn.Train(lessons).Score).auc())
	}
	slices.Sort(all)
	r := Row{Name: "cold.auc", Value: (all[len(all)/2-1] + all[len(all)/2]) / 2, Low: all[0], High: all[len(all)-1], Unit: "%", N: len(texts), Target: coldAUC}
	r.Met = r.Value >= r.Target
	return []Row{r}, nil
}

// listedWords is the plain way of today's bots: how many words of a small list stand in the text.
func listedWords() scorer {
	var list []string
	book, err := policy.Default(policy.PresetGeneral)
	if err == nil {
		for _, r := range book.Rules {
			if r.Kind == "keyword" {
				list = append(list, wordsOf(r)...)
			}
		}
	}
	return func(text string) float64 {
		n := 0
		for _, w := range list {
			if strings.Contains(text, w) {
				n++
			}
		}
		return float64(n)
	}
}

// run lets a book judge messages one after the other.
type run struct {
	rb     *policy.Rulebook
	state  *policy.State
	people map[string]community.MemberKey
	number int64
}

func newRun(rb *policy.Rulebook) *run {
	return &run{rb: rb, state: policy.NewState(1), people: map[string]community.MemberKey{}}
}

// who is the member with a name.
func (r *run) who(nick string) community.MemberKey {
	who, ok := r.people[nick]
	if !ok {
		who = community.MemberKey(len(r.people) + 1)
		r.people[nick] = who
	}
	return who
}

func (r *run) event(t timed) *community.Event {
	who := r.who(t.nick)
	r.number++
	n := r.number
	return &community.Event{
		Number: n, ID: community.MakeID(t.at, [10]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), Group: 1, Seq: n, Type: community.MessageCreated,
		At: t.at, OccurredAt: t.at, Actor: who, Body: community.Body{Text: t.text, Message: "m", Role: community.RoleMember},
	}
}

// say is the decision about the next message; nil = none.
func (r *run) say(t timed) *community.Decision {
	out := policy.Step(r.rb, r.state, r.event(t))
	if len(out) == 0 {
		return nil
	}
	return &out[0]
}
