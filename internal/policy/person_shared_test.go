package policy

import (
	"encoding/json"
	"testing"

	"qunluo/internal/community"
)

// TestASharedListRefusesRequestsAndAsksAboutWhoIsIn: noted where it is dry or the group observes, outranked by immunity; a
// request is refused or held, somebody who is in is only ever held.
func TestASharedListRefusesRequestsAndAsksAboutWhoIsIn(t *testing.T) {
	for _, c := range []struct {
		what    string
		mode    community.Mode
		listed  community.Listed
		role    community.Role
		verdict community.Verdict
		verb    community.Verb
		hold    string
	}{
		{"dry", community.Live, community.Listed{Effect: "dry", Request: true}, "", community.DryHit, "", ""},
		{"observing", community.Observe, community.Listed{Effect: "refuse", Request: true}, "", community.DryHit, "", ""},
		{"refused", community.Live, community.Listed{Effect: "refuse", Request: true, Flag: "f"}, "", community.Hit, community.Approve, ""},
		{"held", community.Live, community.Listed{Effect: "hold", Request: true, Flag: "f"}, "", community.Hit, community.Approve, HoldListed},
		{"in already", community.Live, community.Listed{Effect: "refuse"}, "", community.Hit, community.Remove, HoldListed},
		{"let in here", community.Live, community.Listed{Effect: "allowed", Request: true}, "", community.Spared, "", ""},
		{"an admin", community.Live, community.Listed{Effect: "refuse"}, community.RoleAdmin, community.Spared, "", ""},
	} {
		rb := NewLibrary(nil).Default()
		rb.book.Mode = c.mode
		s := NewState(1)
		if c.role != "" {
			s.touch(7).Role = c.role
		}
		c.listed.Member, c.listed.Class, c.listed.Source = 7, "fraud", "友社"
		raw, err := json.Marshal(community.PersonDecision{Kind: "listed", User: "system", Listed: &c.listed})
		if err != nil {
			t.Fatal(err)
		}
		ev := community.Event{Number: 1, ID: community.ID{1}, Group: 1, Seq: 1, Type: community.PersonDecided, At: 1000, OccurredAt: 1000, Body: community.Body{Data: raw}}
		d := stepPerson(rb, s, &ev)[0]
		if d.Verdict != c.verdict || d.Member != 7 || d.User != "" || len(d.Strikes) != 0 {
			t.Errorf("%s: %+v, want %s", c.what, d, c.verdict)
		}
		if (c.verb == "") != (len(d.Actions) == 0) || c.verb != "" && (d.Actions[0].Verb != c.verb || d.Actions[0].Hold != c.hold || d.Actions[0].Target != 7) {
			t.Errorf("%s: actions %+v, want %s held %q", c.what, d.Actions, c.verb, c.hold)
		}
	}
}
