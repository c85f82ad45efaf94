package replay

import (
	"encoding/json"

	"qunluo/internal/community"
)

// States of a Run.
const (
	RunBusy    = "busy"
	RunDone    = "done"
	RunStopped = "stopped" // by a person
	RunFault   = "fault"   // it cannot be done: Error says why
)

// Run is a book tried on a group's recorded past, in the background.
type Run struct {
	ID        community.ID       `json:"id"`
	Group     community.GroupKey `json:"group"`
	User      string             `json:"user"`
	At        int64              `json:"at"`    // begun, UTC ms
	Ended     int64              `json:"ended"` // 0 = not yet
	From      int64              `json:"from"`  // of the span, UTC ms, included
	To        int64              `json:"to"`    // not included
	State     string             `json:"state"`
	Done      int64              `json:"done"` // events gone through
	Of        int64              `json:"of"`   // about how many there are
	Error     string             `json:"error,omitempty"`
	Book      json.RawMessage    `json:"-"` // what is tried
	Base      json.RawMessage    `json:"-"` // today's book, which it is compared with
	RunReport `json:"report"`
}

// RunReport is what came of a Run. Lists are bounded, counts are exact.
type RunReport struct {
	Messages  int64            `json:"messages"`
	Events    int64            `json:"events"`
	Different int64            `json:"different"` // events that the two books decide differently
	Rules     []RuleDiff       `json:"rules"`
	Would     map[string]int64 `json:"would,omitempty"` // what the tried book's live rules would do
	Concerned int64            `json:"concerned"`       // members to whom they would do it
	Hits      []Hit            `json:"hits,omitempty"`  // of the tried book
	Gone      []Hit            `json:"gone,omitempty"`  // only today's book hits these
	Truncated bool             `json:"truncated,omitempty"`
	Micros    int64            `json:"micros"` // what judging by the tried book alone took, all events together
	Millis    int64            `json:"millis"` // the whole run, reading included
	Across    *Across          `json:"across,omitempty"`
}

// Across says that messages were compared with those of the organisation's other groups, as if each of them had the rule.
type Across struct {
	Groups   int `json:"groups"`   // this one counted
	Messages int `json:"messages"` // of all of them
}

// ReportOf makes the report of a comparison whose first book is today's and whose second is tried.
func ReportOf(c *Comparison) RunReport {
	r := RunReport{Messages: c.Messages, Events: c.Events, Different: c.Different, Rules: c.Rules, Would: c.Would, Concerned: c.Concerned, Hits: c.Hits, Truncated: c.Truncated}
	for _, ch := range c.Changes {
		if len(ch.B) == 0 {
			r.Gone = append(r.Gone, ch.A...)
		}
	}
	return r
}

// More and Fewer count the messages that the tried book hits and today's does not, and the other way round, over all rules.
func (r RunReport) More() (more, fewer int64) {
	for _, d := range r.Rules {
		more, fewer = more+d.OnlyB, fewer+d.OnlyA
	}
	return more, fewer
}
