package console

import (
	"qunluo/internal/console/view/ui"
)

// ruleLearn teaches the group's model and leads to the replay of the draft that names it.
func (c *Console) ruleLearn(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	days := number(k.form("days"), 1, 366, 30)
	t, err := k.Hands.Learn(k.ctx(), k.who(), b.g.Key, days, k.T("learn.note"))
	if err != nil {
		return k.refused(b.at(), err)
	}
	return k.ok(b.labAt("")+"#past", k.T("learn.done", "talk", t.Talk, "ham", t.Ham, "spam", t.Spam, "left", t.LeftOut,
		"days", t.Days, "messages", t.Messages, "before", t.Before, "after", t.After, "new", t.New, "gone", t.Gone))
}

// learnAsk says what teaching means and how many days it looks at.
func (b bookDesk) learnAsk(k *call) *ui.Confirm {
	return &ui.Confirm{ID: "learn", Title: k.T("learn.title"), Object: b.g.Name, Effect: k.T("learn.effect"), Action: b.at() + "/learn", Button: k.T("learn.button"),
		Fields: []ui.Option{{Value: "stamp", Text: b.stamp()}},
		Inputs: []ui.Input{{Name: "days", Label: k.T("learn.days"), Kind: "number", Value: "30"}}}
}
