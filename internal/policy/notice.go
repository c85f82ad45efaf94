package policy

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// awaited is a removal whose public notice (公示) waits until it is known to have happened.
type awaited struct {
	Action community.ID        `json:"action"`
	Member community.MemberKey `json:"member"`
	Name   string              `json:"name,omitempty"`
	Reason string              `json:"reason,omitempty"`
	Rule   string              `json:"rule,omitempty"`

	Article int   `json:"article,omitempty"`
	At      int64 `json:"at"`
	Held    bool  `json:"held,omitempty"` // nobody has released it yet
}

// How long a removal is waited for, and how long its notice is worth sending, in ms.
const (
	awaitsFor   = 7 * daySeconds * 1000
	noticeLasts = 600_000
)

// await notes that a removal was decided. A later one about the same member takes its place.
func (s *State) await(rb *Rulebook, now int64, x awaited) {
	if rb.book.RemovedText == "" {
		return
	}
	kept := s.without(now, x.Member)
	x.At = now
	s.now.Awaited = append(kept, x)
}

// brokeRules is what a notice says of a removal by hand: a person's own reason is not for the public.
const brokeRules = "违反群规"

// awaitActs notes the removals that a person asked for.
func (s *State) awaitActs(rb *Rulebook, ev *community.Event, d *community.Decision) {
	for _, a := range d.Actions {
		if a.Verb == community.Remove {
			s.await(rb, ev.At, awaited{Action: a.ID, Member: a.Target, Reason: brokeRules, Rule: a.Rule, Article: rb.article(a.Rule)})
		}
	}
}

// without is what is still waited for, but for one member.
func (s *State) without(now int64, who community.MemberKey) []awaited {
	var kept []awaited
	for _, a := range s.now.Awaited {
		if a.Member != who && a.At > now-awaitsFor {
			kept = append(kept, a)
		}
	}
	return kept
}

// forgetRemoval ends the waiting for a member's removal.
func (s *State) forgetRemoval(now int64, who community.MemberKey) {
	s.now.Awaited = s.without(now, who)
}

// freed lets a held removal be waited for under the action that a person let go.
func (s *State) freed(a community.Action) {
	all := append([]awaited(nil), s.now.Awaited...)
	for i := range all {
		if all[i].Member == a.Target {
			all[i].Action, all[i].Held = a.ID, false
		}
	}
	s.now.Awaited = all
}

// stepReceipt answers what became of an action: a removal that is done for sure is made public.
func stepReceipt(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	if len(s.now.Awaited) == 0 {
		return nil
	}
	var r community.ReceiptData
	if json.Unmarshal(ev.Body.Data, &r) != nil {
		return nil
	}
	for _, a := range s.now.Awaited {
		if a.Action != r.Action {
			continue
		}
		switch {
		case r.State == community.Confirmed, r.State == community.Acked && r.User != "": // a person says that they did it
			return s.publish(rb, ev, a)
		case r.State == community.Failed || r.State == community.Cancelled:
			s.forgetRemoval(ev.At, a.Member)
		}
		return nil
	}
	return nil
}

// removedNow makes the notice about a member who left, where a removal was waited for. Who went by themselves was not removed.
func (s *State) removedNow(rb *Rulebook, ev *community.Event, who community.MemberKey) []community.Decision {
	for _, a := range s.now.Awaited {
		if a.Member != who {
			continue
		}
		if a.Held || ev.Body.Reason == "left" && ev.Body.Caused.IsZero() {
			s.forgetRemoval(ev.At, who)
			return nil
		}
		return s.publish(rb, ev, a)
	}
	return nil
}

// publish makes the public notice of removals, once for each; of one that nobody released there is none.
func (s *State) publish(rb *Rulebook, ev *community.Event, gone ...awaited) []community.Decision {
	var d community.Decision
	for _, a := range gone {
		s.forgetRemoval(ev.At, a.Member)
		if rb.book.RemovedText == "" || a.Held {
			continue
		}
		if d.ID.IsZero() {
			d = decide(rb, s, ev, a.Member)
			d.Verdict, d.Why, d.Article = community.Served, "removed", a.Article
		}
		d.Actions = append(d.Actions, community.Action{
			ID: community.DeriveID(ev.ID, "notice", len(d.Actions)), Decision: d.ID, Group: ev.Group, Verb: community.Send, Text: a.notice(rb, ev),
			Cause: community.BySystem, Rule: a.Rule, Deadline: ev.At + noticeLasts,
		})
	}
	return some(d)
}

// notice is the text about a removal.
func (a awaited) notice(rb *Rulebook, ev *community.Event) string {
	name := a.Name
	if name == "" && ev.Type == community.MemberLeft {
		name = community.Who{Name: ev.Body.Name, Card: ev.Body.Card}.Shown()
	}
	switch {
	case name == "":
		name = "一位成员" // the platform did not name them
	case rb.book.MaskNames:
		name = Masked(name)
	}
	template := rb.book.RemovedText
	if cite := Cite(rb.book.Version, a.Article); cite != "" && !strings.Contains(template, "{version}") {
		template += "\n依据：" + cite
	}
	return fill(strings.NewReplacer("{reason}", a.Reason).Replace(rb.cited(template, a.Article)), rb, name)
}

// Masked keeps the first character of a name.
func Masked(name string) string {
	_, n := utf8.DecodeRuneInString(name)
	return name[:n] + "**"
}
