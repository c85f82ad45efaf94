package app

import (
	"context"
	"io"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// leads marks potential users, bounded as hands are.
type leads struct{ *hands }

// Leads makes the handle for marking potential users.
func (a *App) Leads(org community.OrgKey, groups []community.GroupKey) leads {
	return leads{a.Hands(org, groups)}
}

// leadPast is how far back signals are looked at.
const leadPast = 365 * day

// Rule is the rule as it stands; Rules lists its versions, the newest first.
func (l leads) Rule(ctx context.Context) (measure.LeadRuleVersion, error) {
	return l.app.store.LeadRule(ctx, l.org)
}

// Rules lists the versions of the rule, the newest first.
func (l leads) Rules(ctx context.Context) ([]measure.LeadRuleVersion, error) {
	return l.app.store.LeadRules(ctx, l.org)
}

// SetRule keeps a new version of the rule.
func (l leads) SetRule(ctx context.Context, user string, r measure.LeadRule, note string) (measure.LeadRuleVersion, error) {
	if err := r.Check(); err != nil {
		return measure.LeadRuleVersion{}, err
	}
	if note = strings.TrimSpace(note); note == "" {
		return measure.LeadRuleVersion{}, community.Errorf(community.CodeBadInput, "note: say why")
	}
	return l.app.store.SetLeadRule(ctx, l.org, r, note, l.audit(user, "lead.rule", "", note))
}

// Mark applies a rule to the signals of the last year and compares it with who was activated.
func (l leads) Mark(ctx context.Context, r measure.LeadRule) (measure.Leads, error) {
	if err := r.Check(); err != nil {
		return measure.Leads{}, err
	}
	now := l.app.millis()
	signals, err := l.desk().Signals(ctx, now-leadPast)
	if err != nil {
		return measure.Leads{}, err
	}
	active, err := l.desk().Activations(ctx, 0)
	if err != nil {
		return measure.Leads{}, err
	}
	return measure.MarkLeads(signals, active, r, now), nil
}

// Enter keeps signals from a CSV (see measure.ReadSignals), all or none; known is how many were there before, alone how many are of people
// whom no member is found for. With faults nothing was entered.
func (l leads) Enter(ctx context.Context, user string, file io.Reader) (added, known, alone int, faults []measure.SignalFault, err error) {
	lines, faults, err := measure.ReadSignals(file, zoneFor(store.DefaultZone))
	if err != nil || len(faults) > 0 {
		return 0, 0, 0, faults, err
	}
	return l.EnterLines(ctx, user, lines)
}

// EnterLines keeps signals as Enter does.
func (l leads) EnterLines(ctx context.Context, user string, lines []measure.SignalLine) (added, known, alone int, faults []measure.SignalFault, err error) {
	for _, line := range lines {
		if what := line.Fault(); what != "" {
			faults = append(faults, measure.SignalFault{Line: line.Line, What: what})
		}
	}
	if len(faults) > 0 || len(lines) == 0 {
		return 0, 0, 0, faults, nil
	}
	list, seen := make([]measure.Signal, len(lines)), map[string]community.MemberKey{}
	latest := l.app.millis() + int64(24*time.Hour/time.Millisecond)
	for i, line := range lines {
		if line.At > latest {
			return 0, 0, 0, []measure.SignalFault{{Line: line.Line, What: "time"}}, nil
		}
		key, ok := seen[line.Who]
		if !ok {
			if key, err = l.called(ctx, line.Who); err != nil {
				return 0, 0, 0, nil, err
			}
			seen[line.Who] = key
		}
		if key == 0 {
			alone++
		}
		list[i] = measure.Signal{Member: key, Who: line.Who, Kind: line.Kind, At: line.At, Source: line.Source}
	}
	added, err = l.app.store.AddSignals(ctx, l.org, list, l.audit(user, "lead.signals", "", ""))
	return added, len(list) - added, alone, nil, err
}

// called finds the one member whom a text means; 0 = none, or several.
func (l leads) called(ctx context.Context, who string) (community.MemberKey, error) {
	if id, err := community.ParseID(who); err == nil {
		m, err := l.desk().MemberByID(ctx, id)
		if err == nil || community.CodeOf(err) != community.CodeNotFound {
			return m.Key, err
		}
	}
	list, err := l.desk().MembersCalled(ctx, who)
	if err != nil || len(list) != 1 {
		return 0, err
	}
	return list[0], nil
}

// Named names members, at most 200.
func (l leads) Named(ctx context.Context, keys []community.MemberKey) ([]community.Member, error) {
	return l.desk().MembersByKey(ctx, keys)
}
