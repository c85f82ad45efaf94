package duty

import (
	"slices"

	"qunluo/internal/community"
)

// Kinds of alarm: what somebody on duty should look at.
const (
	KindTask    = "task"    // a task waits for a person
	KindAccount = "account" // one of our accounts is lost or restricted
	KindHook    = "hook"    // an outside system says so: Detail
	KindRaid    = "raid"    // many joined a group at once: Detail
	KindOpinion = "opinion" // several members complain about one thing: Detail, see ReadOpinion
	KindHits    = "hits"    // hits of a group wait for a person: Detail
	KindWord    = "word"    // a word of a list was suspended by itself: Detail
	KindOutlet  = "outlet"  // an outside system could not be told of something: Detail is its outlet's name
	KindTest    = "test"    // nothing happened: does it reach somebody?

	KindQuestion = "question" // questions of a group are open for too long: Detail
	KindOdd      = "odd"      // a day of a group is unlike its past: Detail, see OddDay
	KindDecline  = "decline"  // a group begins to decline: Detail, see Decline
)

// States of an alarm.
const (
	Waiting = "waiting" // nobody has acknowledged it
	Taken   = "taken"   // somebody has, and sees to it
	Over    = "over"
)

// What a step of an alarm was.
const (
	Opened       = "opened"
	Asked        = "asked"        // User is to be told, and has until Until to acknowledge
	Told         = "told"         // by Way
	Failed       = "failed"       // Way did not work; Note says why
	Acknowledged = "acknowledged" // by User
	PassedOn     = "passed_on"    // User did not answer, could not be told, or handed it on (Note)
	Expired      = "expired"      // User took it and let the deadline pass
	Exhausted    = "exhausted"    // everybody was asked
	Done         = "done"
)

// Notes of steps that a program wrote: reasons as codes, said by the doors.
const (
	NoAnswer  = "no_answer"  // passed_on: the minutes are over
	NotTold   = "not_told"   // passed_on: no way worked
	HandedOn  = "handed_on"  // passed_on: by the person's own word
	AsOwner   = "owner"      // asked: nobody on the roster is left
	NoWay     = "no_way"     // failed: the person has set no way to be told
	NobodyAsk = "nobody_set" // exhausted: neither roster nor owner
)

// Step is one timed step of an alarm.
type Step struct {
	At    int64 // UTC ms
	What  string
	User  string
	Way   string // "mail", "webhook", "group", "wecom"
	Note  string
	Until int64 // asked: when it counts as not acknowledged
}

// Alarm is something that somebody on duty must acknowledge.
type Alarm struct {
	ID      community.ID
	Org     community.OrgKey
	Kind    string
	Subject string // unique while the alarm is not over: "task:<id>"
	Group   community.GroupKey
	Account community.AccountKey
	Detail  string // for the page: what the platform said
	State   string
	Holder  string // who took it
	Opened  int64
	Due     int64 // when what was taken must be done; 0 = none
	Ended   int64
	Steps   []Step
}

// DefaultAck is how long (ms) a person has to acknowledge.
const DefaultAck = 10 * 60 * 1000

// Policy says how alarms go round.
type Policy struct {
	Ack    int64    // ms a person has to acknowledge; 0 = DefaultAck
	First  string   // asked before anybody: who looks after the group; "" = nobody in particular
	Owners []string // asked after everybody on the roster, in this order
	Off    []string // may no longer sign in: never asked
}

func (p Policy) ack() int64 {
	if p.Ack <= 0 {
		return DefaultAck
	}
	return p.Ack
}

// Do is what is to be done next about an alarm.
type Do string

// What may be done.
const (
	Rest   Do = "rest"   // nothing more by itself
	Wait   Do = "wait"   // look again at Until
	Tell   Do = "tell"   // tell User by every way they have: it was decided to ask them, and nothing says it was done
	Record Do = "record" // append Steps, then look again
)

// Move is the decision about an alarm.
type Move struct {
	Do    Do
	User  string
	Until int64
	Steps []Step
}

// standing is how an alarm stands, read from its steps.
type standing struct {
	asked    []string // everybody who was asked since it was opened
	current  string   // who is being asked; "" = nobody
	until    int64
	told     bool // somebody or something answered about telling current
	reached  bool
	taken    string
	finished bool // nothing more: over or exhausted
}

func stand(a Alarm) standing {
	var s standing
	for _, step := range a.Steps {
		s.take(step)
	}
	s.finished = s.finished || a.State == Over
	return s
}

func (s *standing) take(step Step) {
	switch step.What {
	case Asked:
		s.know(step.User)
		s.current, s.until, s.told, s.reached = step.User, step.Until, false, false
	case Told:
		s.told, s.reached = s.told || step.User == s.current, s.reached || step.User == s.current
	case Failed:
		s.told = s.told || step.User == s.current
	case Acknowledged:
		s.taken, s.current, s.finished = step.User, "", false
		s.know(step.User)
	case PassedOn, Expired:
		s.taken, s.current, s.finished = "", "", false
		s.know(step.User)
	case Exhausted, Done:
		s.finished = true
	}
}

// know counts somebody among those who were asked.
func (s *standing) know(user string) {
	if !slices.Contains(s.asked, user) {
		s.asked = append(s.asked, user)
	}
}

// Next decides whom to tell about an alarm, when it counts as not acknowledged, who comes then, and when everybody was
// asked. It asks one person at a time, nobody twice, and comes to rest: after the last owner nobody is left.
func Next(a Alarm, r Roster, p Policy, now int64) Move {
	s := stand(a)
	switch {
	case s.finished:
		return Move{Do: Rest}
	case s.taken != "" && a.Due == 0:
		return Move{Do: Rest}
	case s.taken != "" && now < a.Due:
		return Move{Do: Wait, Until: a.Due}
	case s.taken != "":
		return record(Step{At: now, What: Expired, User: s.taken})
	case s.current != "" && !s.told:
		return Move{Do: Tell, User: s.current, Until: s.until}
	case s.current != "" && !s.reached:
		return record(Step{At: now, What: PassedOn, User: s.current, Note: NotTold})
	case s.current != "" && now < s.until:
		return Move{Do: Wait, Until: s.until}
	case s.current != "":
		return record(Step{At: now, What: PassedOn, User: s.current, Note: NoAnswer})
	}
	return ask(s, r, p, now)
}

func record(steps ...Step) Move { return Move{Do: Record, Steps: steps} }

// ask picks the next person: who looks after the group, who is on duty, who comes next on the roster, then the owners.
func ask(s standing, r Roster, p Policy, now int64) Move {
	users, _ := On(r, now)
	users = append([]string{p.First}, users...)
	fresh := func(u string) bool { return u != "" && !slices.Contains(s.asked, u) && !slices.Contains(p.Off, u) }
	for _, u := range users {
		if fresh(u) {
			return record(Step{At: now, What: Asked, User: u, Until: now + p.ack()})
		}
	}
	for _, u := range p.Owners {
		if fresh(u) {
			return record(Step{At: now, What: Asked, User: u, Note: AsOwner, Until: now + p.ack()})
		}
	}
	why := ""
	if len(s.asked) == 0 {
		why = NobodyAsk
	}
	return record(Step{At: now, What: Exhausted, Note: why})
}

// Acknowledge is the step by which a person takes an alarm on. community.CodeConflict when somebody else has it or it is
// over; ok false when this person has it already, so that saying it twice changes nothing.
func Acknowledge(a Alarm, user string, now int64) (step Step, ok bool, err error) {
	s := stand(a)
	switch {
	case a.State == Over:
		return Step{}, false, community.Errorf(community.CodeConflict, "the alarm is over")
	case s.taken == user:
		return Step{}, false, nil
	case s.taken != "":
		return Step{}, false, community.Errorf(community.CodeConflict, "taken by %s", s.taken)
	}
	return Step{At: now, What: Acknowledged, User: user}, true, nil
}

// HandOn is the step by which a person gives an alarm to the next on duty. community.CodeConflict when it is over or
// somebody else has it.
func HandOn(a Alarm, user string, now int64) (Step, error) {
	s := stand(a)
	switch {
	case a.State == Over:
		return Step{}, community.Errorf(community.CodeConflict, "the alarm is over")
	case s.taken != "" && s.taken != user:
		return Step{}, community.Errorf(community.CodeConflict, "taken by %s", s.taken)
	}
	return Step{At: now, What: PassedOn, User: user, Note: HandedOn}, nil
}

// After is the state and holder of an alarm once a step is appended.
func After(a Alarm, step Step) (state, holder string) {
	switch step.What {
	case Acknowledged:
		return Taken, step.User
	case PassedOn, Expired:
		return Waiting, ""
	case Done:
		return Over, a.Holder
	}
	return a.State, a.Holder
}
