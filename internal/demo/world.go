package demo

import (
	"fmt"

	"qunluo/internal/community"
)

// world is the story while it is being told.
type world struct {
	content *content
	chance  chance
	first   int64 // midnight of story day 0, UTC ms
	people  []*person
	nicks   map[string]*person
	events  []community.Inbound
	moments []Moment
	used    map[heard]int64 // when it was last said
	made    int             // messages made so far, for their first ids
	prefix  string          // of message ids
	quick   bool            // live: lines follow each other within seconds
}

// heard is a thread (by id) or a stray line as a group heard it.
type heard struct {
	group string
	id    int
	line  string
}

func newWorld(seed uint64, end int64) *world {
	w := &world{content: loadContent(), chance: newChance(seed, 7), nicks: map[string]*person{}, used: map[heard]int64{}, prefix: "t"}
	today := (end-1+offset)/day*day - offset
	w.first = today - (Days-1)*day
	for i, e := range w.content.people {
		p := newPerson(e, i)
		w.people = append(w.people, p)
		w.nicks[p.nick] = p
	}
	return w
}

func (w *world) dayStart(d int) int64 { return w.first + int64(d)*day }

func (w *world) dayOf(at int64) int { return int((at - w.first) / day) }

func hourOf(at int64) int { return int((at + offset) % day / hour) }

// weekday is 0 for Sunday.
func weekday(at int64) int { return int(((at+offset)/day + 4) % 7) }

func (w *world) staff(letter string) *person {
	return w.people[map[string]int{"O": 0, "M": 1, "N": 2}[letter]]
}

func refOf(group string) community.Ref {
	for _, g := range Groups() {
		if g.Ref.ID == group {
			return g.Ref
		}
	}
	return community.Ref{ID: group}
}

// say adds a message and returns its id; "" when the person is not in the group at that time.
func (w *world) say(group string, p *person, at int64, m said) string {
	if !p.present(group, at) || m.text == "" {
		return ""
	}
	w.made++
	id := fmt.Sprintf("%s%d", w.prefix, w.made)
	body := community.Body{Text: m.text, Class: m.class, Message: id, ReplyTo: m.reply, Segments: m.segments}
	if m.reply != "" && m.class == community.Text {
		body.Class = community.Reply
	}
	w.add(community.Inbound{Type: community.MessageCreated, OccurredAt: at, Group: refOf(group), Actor: p.who(at), Body: body})
	if m.takeBack {
		w.recall(group, p, p, id, at+w.chance.between(6, 40)*second)
	}
	return id
}

func (w *world) recall(group string, by, author *person, message string, at int64) {
	ev := community.Inbound{Type: community.MessageDeleted, OccurredAt: at, Group: refOf(group), Actor: by.who(at), Body: community.Body{Message: message}}
	if by != author {
		ev.Subject = author.who(at)
	}
	w.add(ev)
}

// join brings a person in; by may be nil.
func (w *world) join(group string, p *person, at int64, scene, state string, by *person) {
	s := stay{at, maxTime}
	if old, ok := p.stays[group]; ok && old.to > at {
		s.to = old.to
	}
	p.stays[group] = s
	ev := community.Inbound{Type: community.MemberJoined, OccurredAt: at, Group: refOf(group), Actor: p.who(at), Body: community.Body{Scene: scene, State: state}}
	if by != nil {
		ev.By = by.who(at)
	}
	w.add(ev)
}

// leave takes a person out; by is the moderator who removed them, or nil.
func (w *world) leave(group string, p *person, at int64, by *person) {
	s := p.stays[group]
	s.to = at
	p.stays[group] = s
	ev := community.Inbound{Type: community.MemberLeft, OccurredAt: at, Group: refOf(group), Actor: p.who(at), Body: community.Body{Reason: "left"}}
	if by != nil {
		ev.By, ev.Body.Reason = by.who(at), "kicked"
	}
	w.add(ev)
}

func (w *world) add(ev community.Inbound) { w.events = append(w.events, ev) }
