// Package demo keeps an invented community, 青梧读写社: its people, what they said in ninety days, and how they go on
// talking. A visitor meets it before any group of their own is connected.
//
// Everything is made from a seed and a given instant: the room reads no clock, no disk and no net, and the same arguments
// give the same events. People, sentences, links and codes are invented; links stay within the names that RFC 2606
// reserves (example, invalid).
package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"qunluo/internal/community"
)

// Days is the length of the written story, in days of the community's zone.
const Days = 90

// ObserveDays is how many days from the story's first the groups are only observed: people keep order by hand, and the
// rulebook merely counts.
const ObserveDays = 14

// Zone is the community's time zone; its offset never changes.
const Zone = "Asia/Shanghai"

// Platform ids of the three groups.
const (
	Main = "demo-main"
	Sub1 = "demo-sub-1"
	Sub2 = "demo-sub-2"
)

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
	offset = 8 * hour // of Zone
)

// Group is one of the demo's groups.
type Group struct {
	Ref    community.Ref
	Parent string // platform id of the main group; "" for the main group itself
	Goal   [2]string
}

// Groups lists the main group first, then its two sub groups.
func Groups() []Group {
	return []Group{
		{Ref: community.Ref{ID: Main, Name: "青梧读写社｜主群"}, Goal: [2]string{"一起读完，慢慢写好", "Read to the end, write a little better"}},
		{Ref: community.Ref{ID: Sub1, Name: "青梧｜每日练笔打卡营"}, Parent: Main, Goal: [2]string{"每天两百字", "Two hundred characters a day"}},
		{Ref: community.Ref{ID: Sub2, Name: "青梧｜副业实验室"}, Parent: Main, Goal: [2]string{"靠写字挣到第一块钱", "The first yuan earned by writing"}},
	}
}

// Bot is our own account in all three groups. It says nothing by itself; what it sends is the work of the rulebook.
func Bot() community.Who {
	return community.Who{ID: "demo-bot", Name: "青梧小助手", Card: "青梧小助手（机器人）", Role: community.RoleSelf}
}

// Staff is the owner and the two moderators, in this order. They are members of every group.
func Staff() []community.Who {
	c := loadContent()
	var staff []community.Who
	for i := range c.people {
		if p := newPerson(c.people[i], i); p.tier == tierStaff {
			staff = append(staff, p.who(maxTime))
		}
	}
	return staff
}

// MomentKind says what a person of the operator team does in the console at a Moment.
type MomentKind string

// Kinds of moments.
const (
	GoLive   MomentKind = "go_live"   // switch the group's rules from observe to live
	FalseHit MomentKind = "false_hit" // mark the decision about message Key as false and undo it, if there is one
)

// Moment is something a person does in the console during the history, so that it cannot be an event of the platform.
type Moment struct {
	At    int64 // UTC ms
	Kind  MomentKind
	Group string // platform id
	Key   string // FalseHit: Inbound.Key of the message wrongly hit
	User  string // name of the moderator
	Why   string
}

// History is what happened in the days (1 to Days, else cut to that) up to and without end, UTC ms: sorted by OccurredAt,
// beginning with one roster.read per group. Keys are unique and depend on seed and end only.
//
// The history cannot know what the rulebook does meanwhile. Whoever plays it must leave out what became impossible: words
// of a member who is muted or gone, the recall of a message already recalled, the removal of a member who is no longer
// there.
func History(seed uint64, end int64, days int) []community.Inbound {
	return tell(seed, end).cut(end, days)
}

// Moments is what the operator team does in the console during History with the same arguments, sorted by At.
func Moments(seed uint64, end int64, days int) []Moment {
	w := tell(seed, end)
	from := w.start(days)
	kept := slices.DeleteFunc(w.moments, func(m Moment) bool { return m.At < from || m.At >= end })
	if live := w.dayStart(ObserveDays); live < from {
		for i, g := range Groups() { // the story's start was cut off: the rules are live from the first minute
			kept = append(kept, Moment{At: from + int64(i), Kind: GoLive, Group: g.Ref.ID, User: "阿梧", Why: goLiveWhy})
		}
	}
	slices.SortStableFunc(kept, func(a, b Moment) int { return cmp.Compare(a.At, b.At) })
	return kept
}

const goLiveWhy = "观察两周，误判率可接受，正式启用"

// tell makes the whole story that ends on the day of end.
func tell(seed uint64, end int64) *world {
	w := newWorld(seed, end)
	w.gather()
	w.breakRules()
	w.playScenes()
	for d := range Days {
		w.liveDay(d)
	}
	w.speakOnce()
	w.number()
	return w
}

// start is where a history of that many days begins, UTC ms: a midnight of the zone.
func (w *world) start(days int) int64 {
	return w.dayStart(Days - min(max(days, 1), Days))
}

// cut takes the days' events out of the story and puts the rosters at their head.
func (w *world) cut(end int64, days int) []community.Inbound {
	from := w.start(days)
	out := make([]community.Inbound, 0, len(w.events)+3)
	for i, g := range Groups() {
		out = append(out, w.roster(g.Ref, from+int64(i)))
	}
	for _, ev := range w.events {
		if ev.OccurredAt > from+int64(len(Groups())) && ev.OccurredAt < end {
			out = append(out, ev)
		}
	}
	return out
}

// roster is the full member list of a group at an instant.
func (w *world) roster(g community.Ref, at int64) community.Inbound {
	list := []community.Who{Bot()}
	for _, p := range w.people {
		if p.present(g.ID, at) {
			list = append(list, p.who(at))
		}
	}
	data, err := json.Marshal(list)
	if err != nil {
		panic(err) // plain strings always marshal
	}
	return community.Inbound{Type: community.RosterRead, Key: fmt.Sprintf("roster-%s-%d", g.ID, at), OccurredAt: at,
		Group: g, Actor: Bot(), Body: community.Body{Data: data}}
}

// number sorts the events, drops a line that repeats the one before it in its group, and gives keys and message ids in
// the order of time.
func (w *world) number() {
	slices.SortStableFunc(w.events, func(a, b community.Inbound) int { return cmp.Compare(a.OccurredAt, b.OccurredAt) })
	last := map[string]string{}
	ids := map[string]string{}
	kept := w.events[:0]
	for _, ev := range w.events {
		if ev.Type == community.MessageCreated {
			if last[ev.Group.ID] == ev.Body.Text {
				continue
			}
			last[ev.Group.ID] = ev.Body.Text
			ids[ev.Body.Message] = fmt.Sprintf("dm-%06d", len(ids)+1)
		}
		kept = append(kept, ev)
	}
	w.events = kept[:0]
	for _, ev := range kept {
		if ev.Body.Message != "" {
			if ids[ev.Body.Message] == "" {
				continue // the recall of a line that was dropped
			}
			ev.Body.Message = ids[ev.Body.Message]
		}
		ev.Body.ReplyTo = ids[ev.Body.ReplyTo]
		ev.Key = fmt.Sprintf("d-%06d", len(w.events)+1)
		if ev.Type == community.MessageCreated {
			ev.Key = ev.Body.Message
		}
		w.events = append(w.events, ev)
	}
	for i := range w.moments {
		w.moments[i].Key = ids[w.moments[i].Key]
	}
}
