package app

import (
	"context"
	"encoding/json"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/north"
)

// tell puts our numbers in place of the platform's ids.
func (g *guests) tell(ctx context.Context, b community.Bot, ev *community.Event) (north.Happening, error) {
	o, err := g.us(ctx, b.Org)
	if err != nil {
		return north.Happening{}, err
	}
	h := north.Happening{Number: ev.Number, Type: ev.Type, At: ev.OccurredAt, Group: ev.Group, Text: ev.Body.Text, Seconds: ev.Body.Seconds,
		Reason: ev.Body.Reason, Scene: ev.Body.Scene, Own: ev.Body.Role == community.RoleSelf || o.members[ev.Actor] || !ev.Body.Caused.IsZero()}
	for _, p := range []struct {
		key community.MemberKey
		to  *north.Person
	}{{ev.Actor, &h.Actor}, {ev.Subject, &h.Subject}, {ev.By, &h.By}} {
		if *p.to, err = g.who(ctx, b, o, p.key); err != nil {
			return h, err
		}
	}
	named := &h.Actor
	if named.ID == 0 {
		named = &h.Subject
	}
	if ev.Body.Name != "" {
		named.Name = ev.Body.Name
	}
	named.Card, named.Role = ev.Body.Card, ev.Body.Role
	h.Card = cards(ev)
	if h.Quote, err = g.numberOf(ctx, ev, ev.Body.ReplyTo); err != nil {
		return h, err
	}
	if ev.Type != community.MessageCreated && ev.Type != community.JoinRequested {
		if h.Message, err = g.numberOf(ctx, ev, ev.Body.Message); err != nil {
			return h, err
		}
	}
	h.Segments, err = g.segments(ctx, b, o, ev)
	return h, err
}

// cards are a member's name in the group before and after, where the event tells.
func cards(ev *community.Event) (pair [2]string) {
	var told struct {
		New string `json:"card_new"`
		Old string `json:"card_old"`
	}
	if ev.Type == community.MemberUpdated && json.Unmarshal(ev.Body.Data, &told) == nil {
		pair = [2]string{told.Old, told.New}
	}
	return pair
}

// who is a member; our own accounts are the bot itself.
func (g *guests) who(ctx context.Context, b community.Bot, o ourselves, key community.MemberKey) (north.Person, error) {
	if key == 0 {
		return north.Person{}, nil
	}
	g.mu.Lock()
	who, err := g.names.Who(ctx, key)
	g.mu.Unlock()
	p := north.Person{ID: int64(key), Name: who.Name}
	if o.members[key] {
		p.ID, p.Role = north.SelfID(b), community.RoleSelf
	}
	return p, err
}

// sentAge is how far back a message of ours is looked for among what was sent, in milliseconds.
const sentAge = 24 * 3600 * 1000

// numberOf is the number of a message that the platform calls id; 0 = not on record. What one of our accounts sent has
// the number of the event that decided it.
func (g *guests) numberOf(ctx context.Context, ev *community.Event, id string) (int64, error) {
	if id == "" {
		return 0, nil
	}
	n, err := g.app.store.SentAs(ctx, ev.Group, id, g.app.millis()-sentAge)
	if err != nil || n != 0 {
		return n, err
	}
	return g.app.store.NumberOf(ctx, ev.Group, ev.Account, community.MessageCreated, id)
}

func (g *guests) segments(ctx context.Context, b community.Bot, o ourselves, ev *community.Event) ([]community.Segment, error) {
	if len(ev.Body.Segments) == 0 {
		return nil, nil
	}
	out := make([]community.Segment, 0, len(ev.Body.Segments))
	for _, s := range ev.Body.Segments {
		switch s.Kind {
		case "at":
			key, err := g.app.store.MemberKeyOf(ctx, b.Org, o.platforms[ev.Account], s.Ref)
			if err != nil {
				return nil, err
			}
			s.Ref = ""
			if key != 0 {
				s.Ref = strconv.FormatInt(int64(key), 10)
			}
			if o.members[key] {
				s.Ref = strconv.FormatInt(north.SelfID(b), 10)
			}
		case "quote":
			continue // stands in Happening.Quote
		case "unknown":
			s.Raw = nil
		}
		out = append(out, s)
	}
	return out, nil
}

// sent is a message that a bot sent: CodeNotFound where the decision was about something else.
func (g *guests) sent(ctx context.Context, b community.Bot, ev *community.Event) (north.Happening, error) {
	p, a, fates, err := g.wanted(ctx, ev)
	if err != nil {
		return north.Happening{}, err
	}
	if a.Verb != community.Send || p.User != botUser(b) {
		return north.Happening{}, community.Errorf(community.CodeNotFound, "event %d is no message", ev.Number)
	}
	h := north.Happening{Number: ev.Number, Type: community.MessageCreated, At: ev.OccurredAt, Group: ev.Group, Text: a.Text, Own: true,
		Actor: north.Person{ID: north.SelfID(b), Name: b.Name, Role: community.RoleSelf}, State: community.Queued}
	if len(fates) > 0 {
		h.State = fates[0].State
	}
	return h, nil
}

func botUser(b community.Bot) string { return "bot:" + b.Name }
