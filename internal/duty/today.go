package duty

import (
	"cmp"
	"slices"

	"qunluo/internal/community"
)

// Part is a part of the loop that every group goes through.
type Part string

// Parts in the order of the loop.
const (
	Screening Part = "screening" // who comes in: applications, codes that run out
	Content   Part = "content"   // what is sent: slots, steps of SOPs, sends that wait for a person
	Order     Part = "rules"     // what is judged: reviews, appeals, reports, a rulebook that only watches
	Review    Part = "review"    // what is looked back at: alarms of goals and stages, adjustments
)

// Parts lists them in order.
func Parts() []Part { return []Part{Screening, Content, Order, Review} }

// Kinds of what is due.
const (
	DueRequest = "request"  // applications that wait; their deadline is a day after they came
	DueCode    = "code"     // codes that run out
	DueTask    = "task"     // cards that wait for a person
	DueSend    = "send"     // what is planned, or held back and waits for a word
	DueReview  = "decision" // messages that wait for a judgement; their deadline is a day after they came
	DueAppeal  = "appeal"
	DueReport  = "report"  // reports of members; their deadline is a day after people were asked
	DueObserve = "observe" // a connected group whose rules only watch; a person switches them on within a week
	DueAlarm   = "alarm"
	DueAdjust  = "adjustment"
	DueDoc     = "document" // documents kept elsewhere: who may see them is to be looked at
)

// Due is what waits in a group, of one kind.
type Due struct {
	Group community.GroupKey
	Part  Part
	Kind  string
	What  string // of a task the verb, of an alarm its kind; else ""
	N     int    // how many
	At    int64  // the earliest deadline, UTC ms
	Owner string // who took it on: id of a user; "" = nobody in particular
}

// waits reports whether somebody waits for an answer: then it is today's, though its day is not over.
func (d Due) waits() bool {
	return d.Kind == DueRequest || d.Kind == DueReview || d.Kind == DueReport
}

// Agenda is a group's day.
type Agenda struct {
	Group community.GroupRow
	Owner string // who does the next thing; "" = nobody
	From  string // why it is theirs: "taken", "keeper", "duty", "" = nobody's
	Next  Due    // Kind "" = nothing is due today
	Rest  []Due  // what is due after it, in order
	Late  int    // kinds whose deadline is over, the next included
}

// Day puts what is due until a moment in order, group by group: groups whose deadline is over first, by how long; then by deadline; groups
// without anything due come last, by name. on is who is on duty now, "" = nobody.
func Day(groups []community.GroupRow, dues []Due, now, until int64, on string) []Agenda {
	of := map[community.GroupKey][]Due{}
	for _, d := range dues {
		if d.At <= until || d.waits() {
			of[d.Group] = append(of[d.Group], d)
		}
	}
	out := make([]Agenda, len(groups))
	for i, g := range groups {
		out[i] = Agenda{Group: g}
		list := of[g.Key]
		if len(list) == 0 {
			continue
		}
		slices.SortFunc(list, func(a, b Due) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(slices.Index(Parts(), a.Part), slices.Index(Parts(), b.Part)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.What, b.What), cmp.Compare(a.Owner, b.Owner))
		})
		out[i].Next, out[i].Rest = list[0], list[1:]
		for _, d := range list {
			if d.At < now {
				out[i].Late++
			}
		}
		out[i].Owner, out[i].From = ownerOf(list[0], g, on)
	}
	slices.SortStableFunc(out, func(a, b Agenda) int {
		return cmp.Or(cmp.Compare(idle(a), idle(b)), cmp.Compare(a.Next.At, b.Next.At), cmp.Compare(a.Group.Name, b.Group.Name), cmp.Compare(a.Group.Key, b.Group.Key))
	})
	return out
}

func ownerOf(d Due, g community.GroupRow, on string) (who, from string) {
	switch {
	case d.Owner != "":
		return d.Owner, "taken"
	case g.Keeper != "":
		return g.Keeper, "keeper"
	case on != "":
		return on, "duty"
	}
	return "", ""
}

func idle(a Agenda) int {
	if a.Next.Kind == "" {
		return 1
	}
	return 0
}
