package policy

import (
	"encoding/json"
	"slices"

	"qunluo/internal/community"
)

// stepRoster counts the members of a full list, for the removal cap. Whom it proves to be removed is made public: where no
// connection tells of a removal, the next list is all that does.
func stepRoster(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	var all []json.RawMessage
	if json.Unmarshal(ev.Body.Data, &all) == nil {
		s.now.Roster = int64(len(all))
	}
	var gone []awaited
	for _, a := range s.without(ev.At, 0) {
		if slices.Contains(ev.Body.Removed, a.Member) {
			gone = append(gone, a)
		}
	}
	return s.publish(rb, ev, gone...)
}
