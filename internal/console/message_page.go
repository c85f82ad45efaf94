package console

import (
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
)

// around is how many neighbours a message is shown with, on each side.
const around = 20

// messageHere reads the group and the message of the path, with its neighbours.
func messageHere(k *call, side int) (community.GroupRow, community.MessageRow, []community.MessageRow, error) {
	var none community.MessageRow
	g, err := k.groupHere()
	if err != nil {
		return g, none, nil, err
	}
	n, err := strconv.ParseInt(k.R.PathValue("number"), 10, 64)
	if err != nil {
		return g, none, nil, community.Errorf(community.CodeNotFound, "message: %w", err)
	}
	rows, err := k.Desk.Around(k.ctx(), g.Key, n, side, side)
	if err != nil {
		return g, none, nil, err
	}
	i := slices.IndexFunc(rows, func(m community.MessageRow) bool { return m.Number == n })
	if i < 0 {
		return g, none, nil, community.Errorf(community.CodeNotFound, "no message %d in group %d", n, g.Key)
	}
	return g, rows[i], rows, nil
}

// messagePage shows a message among its neighbours, with what was decided about it.
func (c *Console) messagePage(k *call) error {
	g, m, rows, err := messageHere(k, around)
	if err != nil {
		return err
	}
	decided, _, err := k.Desk.FindDecisions(k.ctx(), community.DecisionFilter{Group: g.Key, Member: m.Member, From: m.OccurredAt - 3600e3, To: m.OccurredAt + 24*3600e3, Page: community.Page{Limit: 100}})
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.MessagePage{Head: ui.Head{Title: k.T("message.context"), Back: "/messages?g=" + g.ID.String(), Sub: g.Name}}
	read, readings, err := k.readingFacts(m.Number)
	if err != nil {
		return err
	}
	var spans []community.Span
	for _, d := range decided {
		if readings[d.Event] {
			p.Decisions = append(p.Decisions, decisionStep(k, d, who))
		}
		if d.Event == m.Number {
			spans = append(spans, spansOf(d.Decision)...)
			p.Decisions = append(p.Decisions, decisionStep(k, d, who))
			more, err := k.copies(g, d)
			if err != nil {
				return err
			}
			p.Copies = append(p.Copies, more...)
		}
	}
	p.Talk = talk(k, g, rows, m.Number, spans)
	p.Earlier, p.Later = messageLink(g, rows[0].Number), messageLink(g, rows[len(rows)-1].Number)
	p.Facts = []ui.Option{{Value: k.T("message.at"), Text: moment(m.OccurredAt, g)}, {Value: k.T("message.class"), Text: k.className(m.Class)},
		{Value: k.T("message.origin"), Text: k.T("origin." + m.Origin.String())}, {Value: k.T("message.number"), Text: itoa(m.Number)}}
	p.Facts = append(p.Facts, read...)
	recall := k.ability(g, community.RecallMsg)
	if said := k.recallSaid(g, m, recall); said != "" {
		p.Facts = append(p.Facts, ui.Option{Value: k.T("message.recall_until"), Text: said})
	}
	if m.Type == community.MessageCreated && !m.Recalled && m.Origin != community.OriginImport {
		p.Recall = &ui.Confirm{ID: "recall", Title: k.T("act.recall"), Object: m.Name + k.T("list.colon") + short(m.Text, 60), Effect: k.T("act.recall_effect") + k.T("act.level_"+string(recall.Level)),
			Action: messageLink(g, m.Number) + "/recall", Button: k.T("act.recall_button"), Reason: k.T("form.reason"), Need: true}
	}
	keep, err := keepAsk(k, g, m)
	if err != nil {
		return err
	}
	p.Shelf = append(keep, shelfAsks(k, g, m)...)
	if p.Strike, err = strikeAsk(k, g, m); err != nil {
		return err
	}
	p.Case = caseAsk(k, g, m)
	p.Report = reportAsk(k, g, m)
	return k.show(p.Head.Title, view.Message(p), inZone(g))
}

// recallSaid says until when a message can be recalled and what comes then; "" = the question does not arise.
func (k *call) recallSaid(g community.GroupRow, m community.MessageRow, able community.Ability) string {
	if m.Type != community.MessageCreated || m.Recalled || m.Origin == community.OriginImport {
		return ""
	}
	chance := community.RecallOf(able, connect.ByHand(g.Platform).Level(community.RecallMsg), m.OccurredAt, k.now())
	switch {
	case chance.Step == community.RecallNow && chance.Until == 0:
		return k.T("message.recall_free")
	case chance.Step == community.RecallNow:
		return k.T("message.recall_left", "t", k.Words.Seconds((chance.Until-k.now()+999)/1000))
	case chance.Step == community.RecallCorrect:
		return k.T("message.recall_correct")
	case chance.Until != 0:
		return k.T("message.recall_past")
	}
	return k.T("message.recall_by_hand")
}

// talk shows messages of a group; the one numbered focus is marked.
func talk(k *call, g community.GroupRow, rows []community.MessageRow, focus int64, spans []community.Span) []ui.Line {
	var out []ui.Line
	for _, m := range rows {
		var marks []community.Span
		if m.Number == focus {
			marks = spans
		}
		out = append(out, k.line(m, marks, m.Number == focus))
	}
	return out
}

// shelfAsks offers to put a message on the group's shelf of best messages, and to take it off; nil where there is none.
func shelfAsks(k *call, g community.GroupRow, m community.MessageRow) []ui.Confirm {
	level := k.ability(g, community.Essence).Level
	if m.Type != community.MessageCreated || m.Recalled || m.Message == "" || level == community.None {
		return nil
	}
	var out []ui.Confirm
	for _, act := range []string{"essence", "unessence"} {
		out = append(out, ui.Confirm{ID: act, Title: k.T("act." + act), Object: m.Name + k.T("list.colon") + short(m.Text, 60), Effect: k.T("act."+act+"_effect") + k.T("act.level_"+string(level)),
			Action: messageLink(g, m.Number) + "/essence", Button: k.T("act." + act), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "act", Text: act}}})
	}
	return out
}

// messageEssence puts a message on the group's shelf of best messages by hand, or takes it off.
func (c *Console) messageEssence(k *call) error {
	g, m, _, err := messageHere(k, 0)
	if err != nil {
		return err
	}
	to, reason, act := messageLink(g, m.Number), k.form("reason"), "essence"
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if k.form("act") == "unessence" {
		act = "unessence"
	}
	ids, err := k.Hands.Act(k.ctx(), k.who(), []community.Action{{Verb: community.Essence, Refuse: act == "unessence", Group: g.Key, Target: m.Member, Event: m.Number, Message: m.Message}}, reason)
	if err != nil {
		return k.refused(to, err)
	}
	return k.done(to, "ok", actSaid(k, act, m.Name, g, community.Essence), first(ids))
}

// messageRecall takes a message back by hand.
func (c *Console) messageRecall(k *call) error {
	g, m, _, err := messageHere(k, 0)
	if err != nil {
		return err
	}
	to, reason := messageLink(g, m.Number), k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if m.Recalled || m.Origin == community.OriginImport {
		return k.refused(to, community.Errorf(community.CodeConflict, "message %d cannot be recalled", m.Number))
	}
	ids, err := k.Hands.Act(k.ctx(), k.who(), []community.Action{{Verb: community.RecallMsg, Group: g.Key, Target: m.Member, Event: m.Number, Message: m.Message}}, reason)
	if err != nil {
		return k.refused(to, err)
	}
	return k.done(to, "ok", actSaid(k, "recall", m.Name, g, community.RecallMsg), first(ids))
}
