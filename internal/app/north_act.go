package app

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/north"
	"qunluo/internal/store"
)

// Begin decides about a bot's wish over the same belt as everybody's: it leaves a decision, actions and an audit row.
func (g *guests) Begin(ctx context.Context, b community.Bot, w north.Wish) (north.Begun, error) {
	a, err := g.action(ctx, b, w)
	if err != nil {
		return north.Begun{}, err
	}
	if a.Verb != community.Todo { // people are asked all the same
		if err := g.open(ctx, b, a.Group); err != nil {
			return north.Begun{}, err
		}
	}
	after, err := json.Marshal(a)
	if err != nil {
		return north.Begun{}, err
	}
	user := botUser(b)
	audit := community.Audit{Org: b.Org, User: user, Verb: "bot.act", Subject: subjectOf("group", int64(a.Group)), Reason: string(a.Verb), After: after}
	made, err := g.app.engine.Decide(ctx, a.Group, community.PersonDecision{Kind: "bot", User: user, Actions: []community.Action{a}}, audit)
	if err != nil {
		return north.Begun{}, err
	}
	for _, d := range made {
		if len(d.Actions) > 0 {
			return north.Begun{Number: d.Event, Action: d.Actions[0].ID, Held: d.Actions[0].Hold}, nil
		}
	}
	return north.Begun{}, community.Errorf(community.CodeForbidden, "nothing is held against this member: immune")
}

// open says that automatic actions go on in a group of the bot.
func (g *guests) open(ctx context.Context, b community.Bot, key community.GroupKey) error {
	desk := g.desk(b)
	group, err := desk.GroupByKey(ctx, key)
	if err != nil {
		return err
	}
	frozen, err := desk.Frozen(ctx)
	if err == nil && (frozen || group.Frozen) {
		err = community.Errorf(community.CodeFrozen, "automatic actions are held")
	}
	return err
}

// action makes a wish an action in the platform's words.
func (g *guests) action(ctx context.Context, b community.Bot, w north.Wish) (community.Action, error) {
	a := community.Action{Verb: w.Verb, Group: w.Group, Text: w.Text, Seconds: w.Seconds, Block: w.Block, Refuse: w.Refuse, Deadline: g.app.millis() + actLives}
	var err error
	switch w.Verb {
	case community.Send:
		err = g.message(ctx, b, w, &a)
	case community.Todo:
		a.Until = g.app.millis() + cmp.Or(w.Due, 24*60)*60_000
	case community.RecallMsg, community.Approve:
		err = g.concerning(ctx, b, w.Message, &a)
	case community.Mute, community.Unmute, community.Remove:
		err = g.target(ctx, b, w, &a)
	}
	return a, err
}

// target names the member; they must be known in the bot's groups, and no account of ours.
func (g *guests) target(ctx context.Context, b community.Bot, w north.Wish, a *community.Action) error {
	o, err := g.us(ctx, b.Org)
	if err != nil {
		return err
	}
	a.Target = community.MemberKey(w.Member)
	if w.Member == north.SelfID(b) || o.members[a.Target] {
		return community.Errorf(community.CodeBadInput, "that is the bot's own account")
	}
	found, err := g.desk(b).MembersByKey(ctx, []community.MemberKey{a.Target})
	if err == nil && len(found) == 0 {
		err = community.Errorf(community.CodeNotFound, "member %d: not found", w.Member)
	}
	return err
}

// concerning names the message or the request that an action is about.
func (g *guests) concerning(ctx context.Context, b community.Bot, number int64, a *community.Action) error {
	ev, err := g.app.store.BotEvent(ctx, &b, number)
	if err != nil {
		return err
	}
	want := map[community.Verb]community.Type{community.RecallMsg: community.MessageCreated, community.Approve: community.JoinRequested}[a.Verb]
	a.Group, a.Event, a.Target, a.Message = ev.Group, number, ev.Actor, ev.Body.Message
	if ev.Type == community.PersonDecided && a.Verb == community.RecallMsg {
		a.Target = 0
		a.Message, err = g.sentID(ctx, &ev)
		return err
	}
	if ev.Type != want || a.Message == "" {
		return community.Errorf(community.CodeNotFound, "event %d is not what %s needs", number, a.Verb)
	}
	return nil
}

// wanted is what a bot's decision wanted, and how it stands.
func (g *guests) wanted(ctx context.Context, ev *community.Event) (p community.PersonDecision, a community.Action, fates []store.ActionFate, err error) {
	if err = json.Unmarshal(ev.Body.Data, &p); err != nil {
		return p, a, nil, err
	}
	if len(p.Actions) > 0 {
		a = p.Actions[0]
	}
	fates, err = g.app.store.FatesOf(ctx, ev.Number)
	return p, a, fates, err
}

// sentID is the platform's id of a message that a decision sent.
func (g *guests) sentID(ctx context.Context, ev *community.Event) (string, error) {
	_, _, fates, err := g.wanted(ctx, ev)
	if err != nil {
		return "", err
	}
	for _, f := range fates {
		if f.Message != "" {
			return f.Message, nil
		}
	}
	return "", community.Errorf(community.CodeConflict, "message %d was not sent, or the platform gave it no id", ev.Number)
}

// message fills a send: what it answers, and who is mentioned, as the platform calls them.
func (g *guests) message(ctx context.Context, b community.Bot, w north.Wish, a *community.Action) error {
	if w.Quote != 0 {
		ev, err := g.app.store.BotEvent(ctx, &b, w.Quote)
		if err != nil {
			return err
		}
		if a.ReplyTo = ev.Body.Message; ev.Type == community.PersonDecided {
			if a.ReplyTo, err = g.sentID(ctx, &ev); err != nil {
				return err
			}
		}
	}
	for _, s := range w.Segments {
		if s.Kind == "quote" {
			continue
		}
		if s.Kind == "at" {
			if err := g.mention(ctx, b, &s, a); err != nil {
				return err
			}
		}
		a.Segments = append(a.Segments, s)
	}
	if len(a.Segments) == 1 && a.Segments[0].Kind == "text" {
		a.Segments = nil
	}
	return nil
}

// mention puts the platform's id in place of our number, and the name people know into the text.
func (g *guests) mention(ctx context.Context, b community.Bot, s *community.Segment, a *community.Action) error {
	o, err := g.us(ctx, b.Org)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(s.Ref, 10, 64)
	if err != nil {
		return community.Errorf(community.CodeBadInput, "at: %.40q is not an id of ours", s.Ref)
	}
	if number == north.SelfID(b) {
		accounts, err := g.app.store.Serving(ctx, a.Group)
		if err != nil || len(accounts) == 0 {
			return err
		}
		s.Ref = o.ids[accounts[0]]
		return nil
	}
	found, err := g.desk(b).MembersByKey(ctx, []community.MemberKey{community.MemberKey(number)})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return community.Errorf(community.CodeNotFound, "member %d: not found", number)
	}
	shown := "@" + found[0].Name
	if s.Text == "@"+s.Ref || s.Text == "" {
		a.Text = strings.Replace(a.Text, "@"+s.Ref, shown, 1)
		s.Text = shown
	}
	s.Ref = found[0].External
	return nil
}
