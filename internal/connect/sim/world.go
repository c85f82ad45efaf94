// Package sim keeps groups in memory with members that talk, join, leave and spam: a platform for demo, drills and
// tests, behind the same contract as the real ones.
//
// A World holds the groups. What happens in it (Say, Join, Happen, …) reaches every attached Session whose account is
// in the group, and obeys what was done there: a muted member's message is not delivered, a removed member cannot
// speak. What our side did stands in Sent and Deeds.
//
// In events about a member (joined, left, updated, muted) Actor is that member, Subject as well where somebody else did
// it, and By is who did it. In message.deleted Actor recalled and Subject had written it.
package sim

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// keep bounds what a World remembers of messages, sends and deeds, each.
const keep = 10_000

// Member is somebody in a simulated group.
type Member struct {
	community.Who       // Role: member (also when empty), admin or owner
	Bot           bool  // talks, but is no person
	MutedUntil    int64 // UTC ms; 0 = not muted
}

// Sent is a message that our side sent.
type Sent struct {
	ID       string // the platform's
	Group    string
	Text     string // with the mention in front
	ReplyTo  string
	Mention  string // the platform's id of who was mentioned
	Segments []community.Segment
	Action   community.ID
	At       int64
	Recalled bool
}

// Deed is anything else that our side did.
type Deed struct {
	Verb    community.Verb
	Action  community.ID
	Group   string
	Member  string
	Message string // recall: the message; approve: the flag
	Text    string
	Until   int64 // mute: its end, UTC ms
	Block   bool
	Refuse  bool
	At      int64
}

// World is a platform in memory. It may be shared by sessions and used by several goroutines.
type World struct {
	clock func() int64
	born  string // makes ids of different worlds differ

	mu       sync.Mutex
	last     int64
	groups   []*group
	messages map[string]*message
	order    []string // of messages, for forgetting the oldest
	requests map[string]connect.Inbound
	sent     []Sent
	deeds    []Deed
	hearers  []*Session
	files    map[string][]byte        // content by the address that segments name
	media    map[string]connect.Media // what a group takes, where not everything
}

type group struct {
	community.Ref
	members  []*Member
	blocked  map[string]bool
	allMuted bool
	notice   string
}

type message struct {
	group, author string
	text          string
	at            int64
	recalled      bool
}

// NewWorld makes an empty world whose time is clock's (UTC milliseconds).
func NewWorld(clock func() int64) *World {
	return &World{
		clock: clock, born: strconv.FormatInt(clock(), 36),
		messages: map[string]*message{}, requests: map[string]connect.Inbound{}, files: map[string][]byte{}, media: map[string]connect.Media{},
	}
}

// AddGroup founds a group. Nobody is told; a group that exists already gets the members it lacks.
func (w *World) AddGroup(id, name string, members ...Member) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.group(id)
	if g == nil {
		g = &group{Ref: community.Ref{ID: id, Name: name}, blocked: map[string]bool{}}
		w.groups = append(w.groups, g)
	}
	for _, m := range members {
		if g.member(m.ID) == nil {
			g.add(m)
		}
	}
}

// Groups lists all groups in the order of their founding.
func (w *World) Groups() []community.Ref {
	w.mu.Lock()
	defer w.mu.Unlock()
	refs := make([]community.Ref, len(w.groups))
	for i, g := range w.groups {
		refs[i] = g.Ref
	}
	return refs
}

// Members lists who is in a group, in the order of joining; nil when there is no such group.
func (w *World) Members(groupID string) []Member {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.group(groupID)
	if g == nil {
		return nil
	}
	list := make([]Member, len(g.members))
	for i, m := range g.members {
		list[i] = *m
	}
	return list
}

// Member finds one member of a group.
func (w *World) Member(groupID, id string) (Member, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g := w.group(groupID); g != nil {
		if m := g.member(id); m != nil {
			return *m, true
		}
	}
	return Member{}, false
}

// Sent lists what our side sent, oldest first, at most the last 10,000.
func (w *World) Sent() []Sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// Deeds lists what else our side did, oldest first, at most the last 10,000.
func (w *World) Deeds() []Deed {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.deeds)
}

// Notice is a group's announcement, and AllMuted whether only its admins may speak.
func (w *World) Notice(groupID string) (text string, allMuted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g := w.group(groupID); g != nil {
		return g.notice, g.allMuted
	}
	return "", false
}

func (w *World) group(id string) *group {
	for _, g := range w.groups {
		if g.ID == id {
			return g
		}
	}
	return nil
}

func (g *group) member(id string) *Member {
	for _, m := range g.members {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (g *group) add(m Member) {
	if m.Role == community.RoleNone {
		m.Role = community.RoleMember
	}
	g.members = append(g.members, &m)
}

func (g *group) drop(id string) {
	g.members = slices.DeleteFunc(g.members, func(m *Member) bool { return m.ID == id })
}

// mayAct reports whether the member is the owner or an admin.
func (m *Member) mayAct() bool {
	return m.Role == community.RoleOwner || m.Role == community.RoleAdmin
}

// nextID names a message or an event: unique in this world, and unlike those of a world born at another time.
func (w *World) nextID(prefix string) string {
	w.last++
	return strings.Join([]string{prefix, w.born, strconv.FormatInt(w.last, 10)}, "-")
}

func (w *World) remember(id string, m *message) {
	w.messages[id] = m
	w.order = append(w.order, id)
	if len(w.order) > keep {
		delete(w.messages, w.order[0])
		w.order = w.order[1:]
	}
}

func bounded[T any](list []T, item T) []T {
	if len(list) >= keep {
		list = list[1:]
	}
	return append(list, item)
}
