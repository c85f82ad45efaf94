package plan

import (
	"encoding/json"

	"qunluo/internal/community"
)

// Subjects in the trail of what the guard is set to.
const (
	LimitsSubject = "setting:plan.limits"
	LinksSubject  = "setting:plan.link_rules"
)

// GuardBefore reads from the trail what stood before a change of the guard: limits, or rules about links; the other is nil.
// CodeNotFound: the row is about something else.
func GuardBefore(a community.Audit) (*Limits, []LinkRule, error) {
	switch {
	case a.Verb == "setting.set" && a.Subject == LinksSubject:
		rules := []LinkRule{}
		err := json.Unmarshal(a.Before, &rules)
		return nil, rules, err
	case a.Verb == "setting.set" && a.Subject == LimitsSubject:
		l := DefaultLimits()
		err := json.Unmarshal(a.Before, &l)
		return &l, nil, err
	}
	return nil, nil, community.Errorf(community.CodeNotFound, "change: not found")
}
