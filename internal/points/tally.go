package points

import (
	"cmp"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Tally goes through a week's events, in order, and knows at the end which messages the most members answered.
type Tally struct {
	posts map[string]*post // by the platform's id
	words map[string]string
	gone  map[string]bool // recalled before they came
}

type post struct {
	event  int64
	author community.MemberKey
	at     int64
	gone   bool
	to     string                      // what it answers
	people map[community.MemberKey]int // who answered or marked it, and how often
}

// NewTally begins one.
func NewTally() *Tally {
	return &Tally{map[string]*post{}, map[string]string{}, map[string]bool{}}
}

// quoteWords is how many bytes of quoted words find a message: what is shorter is said by many.
const quoteWords = 12

// talk are the classes of messages that may be voted on.
var talk = map[community.Class]bool{community.Text: true, community.Reply: true, community.Image: true, community.Video: true, community.Link: true, community.File: true,
	community.Share: true, community.Voice: true, community.Forward: true}

// Take takes an event in.
func (t *Tally) Take(ev *community.Event) {
	switch ev.Type {
	case community.MessageCreated:
		t.message(ev)
	case community.MessageDeleted:
		t.recall(ev.Body.Message)
	case community.ReactionAdded:
		t.mark(ev.Body.Message, ev.Actor, 1)
	case community.ReactionRemoved:
		t.mark(ev.Body.Message, ev.Actor, -1)
	}
}

func (t *Tally) message(ev *community.Event) {
	b := &ev.Body
	if ev.Actor == 0 || b.Message == "" || t.posts[b.Message] != nil || !talk[b.Class] || !b.Caused.IsZero() || b.Role == community.RoleSelf || b.Role == community.RoleBot {
		return
	}
	to := t.quoted(b)
	if t.gone[b.Message] {
		return
	}
	t.posts[b.Message] = &post{event: ev.Number, author: ev.Actor, at: ev.At, to: to, people: map[community.MemberKey]int{}}
	if words := strings.TrimSpace(b.Text); len(words) >= quoteWords {
		t.words[words] = b.Message
	}
	t.mark(to, ev.Actor, 1)
}

// quoted finds the message that another answers: by its id, or by its words where a platform copies only these.
func (t *Tally) quoted(b *community.Body) string {
	if b.ReplyTo != "" {
		return b.ReplyTo
	}
	for _, seg := range b.Segments {
		if seg.Kind == "quote" {
			if seg.Ref != "" {
				return seg.Ref
			}
			return t.words[strings.TrimSpace(seg.Text)]
		}
	}
	if head, _, ok := strings.Cut(b.Text, "」"); ok && strings.HasPrefix(head, "「") {
		if _, said, ok := strings.Cut(head, "："); ok {
			return t.words[strings.TrimSpace(said)]
		}
	}
	return ""
}

func (t *Tally) mark(message string, who community.MemberKey, n int) {
	p := t.posts[message]
	if p == nil || who == 0 || who == p.author {
		return
	}
	if p.people[who] += n; p.people[who] <= 0 {
		delete(p.people, who)
	}
}

func (t *Tally) recall(message string) {
	p := t.posts[message]
	if p == nil {
		t.gone[message] = true
		return
	}
	if !p.gone {
		p.gone = true
		t.mark(p.to, p.author, -1)
	}
}

// Who says what somebody may: be voted for, and be counted among those who answered.
type Who struct{ Stand, Count bool }

// Top gives the candidates: the messages that the most members answered, quoted or marked, at most one of an author. What came
// first stands before what was answered by as many.
func (t *Tally) Top(r VoteRules, who func(community.MemberKey) (Who, error)) ([]Candidate, error) {
	var all []Candidate
	for _, p := range t.posts {
		if p.gone || len(p.people) < r.Least {
			continue
		}
		author, err := who(p.author)
		if err != nil {
			return nil, err
		}
		n := 0
		for m := range p.people {
			w, err := who(m)
			if err != nil {
				return nil, err
			}
			if w.Count {
				n++
			}
		}
		if author.Stand && n >= r.Least {
			all = append(all, Candidate{Member: p.author, Event: p.event, Score: n, At: p.at})
		}
	}
	slices.SortFunc(all, func(a, b Candidate) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Event, b.Event)) })
	var out []Candidate
	taken := map[community.MemberKey]bool{}
	for _, c := range all {
		if taken[c.Member] || len(out) == r.Most {
			continue
		}
		taken[c.Member] = true
		c.No = len(out) + 1
		out = append(out, c)
	}
	return out, nil
}
