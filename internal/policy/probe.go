package policy

import "qunluo/internal/community"

// Probe is a message to try a book on: the test box.
type Probe struct {
	Text     string
	Class    community.Class
	Segments []community.Segment
	Role     community.Role
	Name     string
	JoinedMs int64 // how long ago the author joined, ms; 0 = was always there
	Messages int64 // how many messages the author had written before
	Strikes  int   // live strikes the author already has
	Repeat   int   // the message comes so many times within one second; 0 = once
	At       int64 // when, UTC ms: night and hours depend on it

	Unofficial bool // told by an unofficial gateway: removals are held

	Join  bool // not a message: somebody joins; Scene and State say from where
	Scene string
	State string
}

// Trial is what would follow from a Probe if the group were switched on.
type Trial struct {
	Decisions []community.Decision // usually one; with Repeat, those of all repetitions
	Rules     []TrialRule          // every rule that is on, in the book's order, with what it says
}

// TrialRule is one rule's answer in a Trial.
type TrialRule struct {
	ID   string
	Name string
	Kind string
	Mode string
	Hit  *community.RuleHit // nil: does not concern it
}

// probed is the member, group and message of a test box; nobody else ever sees them.
const probed = 1

// Test tries a message on a book. Rules in dry run answer as such; the group counts as live.
func Test(rb *Rulebook, p Probe) Trial {
	rb = rb.AsLive()
	s := NewState(probed)
	m := &member{Key: probed, Role: p.Role, Messages: p.Messages}
	if p.JoinedMs > 0 {
		m.Joined = p.At - p.JoinedMs
	}
	for i := range p.Strikes {
		m.Strikes = append(m.Strikes, strike{ID: community.MakeID(int64(i), [10]byte{}), Expires: p.At + rb.memory})
	}
	s.members[probed] = m
	origin := community.OriginLive
	if p.Unofficial {
		origin = community.OriginUnofficial
	}
	var t Trial
	if p.Join {
		t.Decisions = tryJoin(rb, s, p)
		t.Rules = trialRules(rb, t.Decisions)
		return t
	}
	for i := range max(p.Repeat, 1) {
		ev := community.Event{
			Number: int64(i) + 1, ID: community.MakeID(p.At, [10]byte{byte(i >> 8), byte(i), 9: 1}), Group: probed, Seq: int64(i) + 1,
			Type: community.MessageCreated, Origin: origin, OccurredAt: p.At, ReceivedAt: p.At, At: p.At, Actor: probed,
			Body: community.Body{Text: p.Text, Class: p.Class, Segments: p.Segments, Role: p.Role, Name: p.Name},
		}
		t.Decisions = append(t.Decisions, Step(rb, s, &ev)...)
	}
	t.Rules = trialRules(rb, t.Decisions)
	return t
}

// tryJoin lets somebody join, and the timer of a greeting that waits for others ring.
func tryJoin(rb *Rulebook, s *State, p Probe) []community.Decision {
	ev := community.Event{
		Number: 1, ID: community.MakeID(p.At, [10]byte{9: 1}), Group: probed, Seq: 1, Type: community.MemberJoined,
		OccurredAt: p.At, ReceivedAt: p.At, At: p.At, Actor: probed,
		Body: community.Body{Name: p.Name, Role: p.Role, Scene: p.Scene, State: p.State},
	}
	out := Step(rb, s, &ev)
	for _, d := range out {
		for _, w := range d.Wakes {
			timer := community.Event{
				Number: 2, ID: community.MakeID(w.At, [10]byte{9: 2}), Group: probed, Seq: 2, Type: community.TimerFired,
				OccurredAt: w.At, ReceivedAt: w.At, At: w.At, Body: community.Body{Message: w.Key},
			}
			out = append(out, Step(rb, s, &timer)...)
		}
	}
	return out
}

func trialRules(rb *Rulebook, decisions []community.Decision) []TrialRule {
	out := make([]TrialRule, len(rb.rules))
	for i, r := range rb.rules {
		out[i] = TrialRule{ID: r.ID, Name: r.Name, Kind: r.Kind, Mode: r.Mode}
		for _, d := range decisions {
			for _, hit := range d.Hits {
				if hit.Rule == r.ID && out[i].Hit == nil {
					out[i].Hit = &hit
				}
			}
		}
	}
	return out
}
