package console

import (
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
)

// strikeAsk puts the question before a message's author gets a strike by hand: what the ladder would do next. nil where
// nothing can be held against them: imports never act, and who left is out of reach.
func strikeAsk(k *call, g community.GroupRow, m community.MessageRow) (*ui.Confirm, error) {
	if m.Type != community.MessageCreated || m.Origin == community.OriginImport || m.Member == 0 {
		return nil, nil
	}
	places, err := k.Desk.Memberships(k.ctx(), m.Member)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(places, func(r community.MemberRow) bool { return r.Group == g.Key && r.LeftAt == 0 })
	if i < 0 || places[i].Role.Immune() {
		return nil, nil
	}
	book, err := bookOf(k, g)
	if err != nil {
		return nil, err
	}
	rules := ui.Input{Kind: "select", Name: "rule", Label: k.T("strike.under"), Options: []ui.Option{{Text: k.T("strike.no_rule")}}}
	for _, r := range book.Rules {
		if s, ok := schemaOf(r.Kind); ok && s.Sanction {
			rules.Options = append(rules.Options, ui.Option{Value: r.ID, Text: r.Name})
		}
	}
	inputs := []ui.Input{rules}
	if all := book.Charter.Ordered(); len(all) > 0 {
		articles := ui.Input{Kind: "select", Name: "article", Label: k.T("strike.article"), Help: k.T("strike.article_help"), Options: []ui.Option{{Text: k.T("strike.no_article")}}}
		for i, a := range all {
			articles.Options = append(articles.Options, ui.Option{Value: a.ID, Text: k.T("charter.number", "no", i+1) + " " + a.Title})
		}
		inputs = []ui.Input{articles, rules}
	}
	ladder := book.Ladder
	if len(ladder) == 0 {
		ladder = policy.DefaultLadder()
	}
	return &ui.Confirm{ID: "strike", Title: k.T("strike.give"), Object: m.Name + k.T("list.colon") + short(m.Text, 60),
		Effect: k.T("strike.give_effect", "n", places[i].Strikes, "ladder", ladderSays(k, ladder)), Action: messageLink(g, m.Number) + "/strike",
		Button: k.T("strike.give_button"), Danger: true, Reason: k.T("form.reason"), Need: true, Inputs: inputs}, nil
}

// bookOf is the book in force of a group; without one, an empty book, whose ladder is the usual.
func bookOf(k *call, g community.GroupRow) (policy.Book, error) {
	if g.Book == 0 {
		return policy.Book{}, nil
	}
	row, err := k.Desk.BookVersion(k.ctx(), g.Key, g.Book)
	return typed(row.Body), err
}

// messageStrike gives the author of a message a strike by hand.
func (c *Console) messageStrike(k *call) error {
	g, m, _, err := messageHere(k, 0)
	if err != nil {
		return err
	}
	to, reason := messageLink(g, m.Number), k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if m.Origin == community.OriginImport || m.Member == 0 {
		return k.refused(to, community.Errorf(community.CodeConflict, "message %d: nothing can be held against its author", m.Number))
	}
	s := community.PersonStrike{Member: m.Member, Name: m.Name, Event: m.Number, Message: m.Message, Rule: strings.TrimSpace(k.form("rule")), Article: strings.TrimSpace(k.form("article"))}
	if m.Recalled {
		s.Message = ""
	}
	id, err := k.Hands.Strike(k.ctx(), k.who(), g.Key, s, reason)
	switch community.CodeOf(err) {
	case community.CodeForbidden:
		return k.done(to, "danger", k.T("strike.immune", "name", m.Name), community.ID{})
	case community.CodeConflict:
		return k.done(to, "danger", k.T("strike.twice", "name", m.Name), community.ID{})
	}
	if err != nil {
		return k.refused(to, err)
	}
	return k.done(to, "ok", k.T("strike.given", "name", m.Name, "group", g.Name), id)
}
