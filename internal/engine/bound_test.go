package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"qunluo/internal/community"
)

// TestNamesOfThousandsOfCharactersAreCut wherever they stand, at a whole character; the events are taken.
func TestNamesOfThousandsOfCharactersAreCut(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		long := strings.Repeat("名", 5000)
		m := r.message("m1", "a", "早")
		m.Actor.Name, m.Actor.Card, m.Body.Card = long, "\u202e"+long, long
		list, err := json.Marshal([]community.Who{{ID: "a", Name: long}, {ID: "b", Name: "短"}})
		check(t, err)
		roster := community.Inbound{Account: m.Account, Type: community.RosterRead, Key: "r1", OccurredAt: m.OccurredAt, Group: community.Ref{ID: m.Group.ID, Name: long}, Body: community.Body{Data: list}}
		out := r.apply(m, roster)
		if out[0].Number == 0 || out[1].Number == 0 {
			t.Fatalf("not taken: %+v", out)
		}
		for _, ev := range r.log() {
			for what, name := range map[string]string{"name": ev.Body.Name, "card": ev.Body.Card} {
				if len(name) > community.MaxName || !utf8.ValidString(name) {
					t.Errorf("%s %d has a %s of %d bytes", ev.Type, ev.Number, what, len(name))
				}
			}
			if ev.Type != community.RosterRead {
				continue
			}
			var got []community.Who
			check(t, json.Unmarshal(ev.Body.Data, &got))
			if len(got) != 2 || len(got[0].Name) > community.MaxName || got[1].Name != "短" {
				t.Errorf("the list has %d people, the first with a name of %d bytes", len(got), len(got[0].Name))
			}
		}
	})
}
