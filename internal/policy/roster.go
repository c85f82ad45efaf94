package policy

import (
	"encoding/json"

	"qunluo/internal/community"
)

// stepRoster counts the members of a full list, for the removal cap.
func stepRoster(_ *Rulebook, s *State, ev *community.Event) []community.Decision {
	var all []json.RawMessage
	if json.Unmarshal(ev.Body.Data, &all) == nil {
		s.now.Roster = int64(len(all))
	}
	return nil
}
