package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
	"qunluo/internal/tier"
)

// jobTiers reads every group once for each of its days: the round comes often, since days end at different hours in different
// zones, and passes by groups that were read.
const (
	jobTiers  = "tiers"
	tiersEach = time.Hour
)

// Bounds of trials of rules.
const (
	trialWeeks = 26 // that a trial looks back at most
	noteMost   = 500
)

// tiers is what people see and change of tiers, bounded as hands are.
type tiers struct{ *hands }

// Tiers makes the handle of tiers.
func (a *App) Tiers(org community.OrgKey, groups []community.GroupKey) tiers {
	return tiers{a.Hands(org, groups)}
}

// tierRound decides every group that was not read up to its yesterday. What goes wrong with one does not keep the others waiting.
func (a *App) tierRound(ctx context.Context, _ store.Job) error {
	groups, err := a.store.TierGroups(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, g := range groups {
		if today, _ := measure.DayOf(a.millis(), zoneFor(g.Zone)); int64(today)-1 <= g.Day {
			continue
		}
		if _, err := a.Tiers(g.Org, nil).decide(ctx, g.Group); err != nil && community.CodeOf(err) != community.CodeConflict {
			errs = append(errs, fmt.Errorf("tiers of group %d: %w", g.Group, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(errs...)
}

// decide reads a group up to its yesterday, once.
func (t tiers) decide(ctx context.Context, g community.GroupKey) (bool, error) {
	book, err := t.app.store.TierBook(ctx, g)
	if err != nil {
		return false, err
	}
	today, err := t.desk().Today(ctx, g)
	if err != nil {
		return false, err
	}
	yesterday := int64(today) - 1
	if yesterday <= book.Day {
		return false, nil
	}
	people, err := t.people(ctx, book, yesterday, 0)
	if err != nil {
		return false, err
	}
	rows, err := t.app.store.TierRows(ctx, g, 0, "")
	if err != nil || len(people.People) == 0 && len(rows) == 0 {
		return false, err
	}
	list, decided := book.Round(people.People, rows, yesterday)
	return true, t.app.store.CommitTiers(ctx, store.TierRound{Book: book, Day: yesterday, Decided: decided, List: list})
}

// people reads what a decision at the end of a day rests on, and of as many weeks before it.
func (t tiers) people(ctx context.Context, book tier.Book, day int64, weeks int) (store.TierPeople, error) {
	from := day - book.Rules.Back() - int64(7*weeks) + 1
	return t.desk().TierPeople(ctx, book.Group, measure.Day(from), measure.Day(day), book.Rules.Silence)
}

// Book is a group's rules, and how far it was decided.
func (t tiers) Book(ctx context.Context, g community.GroupKey) (tier.Book, error) {
	if err := t.sees(ctx, g); err != nil {
		return tier.Book{}, err
	}
	return t.app.store.TierBook(ctx, g)
}

// Versions lists the versions of a group's rules, the latest first.
func (t tiers) Versions(ctx context.Context, g community.GroupKey) ([]tier.Version, error) {
	if err := t.sees(ctx, g); err != nil {
		return nil, err
	}
	return t.app.store.TierVersions(ctx, g, 50)
}

// Rows gives where the members of a group stand, the best first; of one member with m, of one tier with of.
func (t tiers) Rows(ctx context.Context, g community.GroupKey, m community.MemberKey, of tier.Tier) ([]tier.Row, error) {
	if err := t.sees(ctx, g); err != nil {
		return nil, err
	}
	return t.app.store.TierRows(ctx, g, m, of)
}

// Now decides a group at once, up to its yesterday: what the daily round does. It reports whether there was anything to read.
func (t tiers) Now(ctx context.Context, g community.GroupKey) (bool, error) {
	if err := t.sees(ctx, g); err != nil {
		return false, err
	}
	return t.decide(ctx, g)
}

// Changes lists changes, the latest first; of one member with m.
func (t tiers) Changes(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]tier.Change, int, error) {
	if err := t.sees(ctx, g); err != nil {
		return nil, 0, err
	}
	return t.app.store.TierChanges(ctx, g, m, page)
}

// Of gives where a member stands, in the groups of the handle.
func (t tiers) Of(ctx context.Context, m community.MemberKey) ([]tier.Place, error) {
	list, err := t.app.store.MemberTiers(ctx, m)
	var out []tier.Place
	for _, one := range list {
		g, err := t.mine(ctx, one.Group)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, tier.Place{Group: one.Group, GroupID: g.ID, GroupName: g.Name, Row: one.Row})
	}
	return out, err
}

// Pin puts a member into a tier by hand; None takes the pin away.
func (t tiers) Pin(ctx context.Context, user string, g community.GroupKey, member community.ID, to tier.Tier, reason string) error {
	if err := t.sees(ctx, g); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > noteMost {
		return community.Errorf(community.CodeBadInput, "pin: want a reason of at most %d bytes", noteMost)
	}
	m, err := t.desk().MemberByID(ctx, member)
	if err != nil {
		return err
	}
	here, err := t.desk().Memberships(ctx, m.Key)
	if err != nil {
		return err
	}
	if !present(here, g) {
		return community.Errorf(community.CodeNotFound, "member %s is not in this group", member)
	}
	today, err := t.desk().Today(ctx, g)
	if err != nil {
		return err
	}
	verb := "tier.pin"
	if to == tier.None {
		verb = "tier.unpin"
	}
	return t.app.store.PinTier(ctx, g, m.Key, to, int64(today), t.audit(user, verb, "", reason))
}

// present reports whether somebody is among the members of a group.
func present(list []community.MemberRow, g community.GroupKey) bool {
	for _, m := range list {
		if m.Group == g {
			return true
		}
	}
	return false
}

// named gives who the members of rulings are.
func (t tiers) named(ctx context.Context, list []tier.Ruling) (map[community.MemberKey]community.Member, error) {
	out := make(map[community.MemberKey]community.Member, len(list))
	for part := range slices.Chunk(list, 200) {
		keys := make([]community.MemberKey, len(part))
		for i, d := range part {
			keys[i] = d.Member
		}
		people, err := t.desk().MembersByKey(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, m := range people {
			out[m.Key] = m
		}
	}
	return out, nil
}

// SetRules makes a new version of a group's rules: base is the one that was changed. The next decision is by it.
func (t tiers) SetRules(ctx context.Context, user string, g community.GroupKey, base int, r tier.Rules, reason string) (int, error) {
	if err := t.sees(ctx, g); err != nil {
		return 0, err
	}
	if err := r.Check(); err != nil {
		return 0, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > noteMost {
		return 0, community.Errorf(community.CodeBadInput, "rules: want a reason of at most %d bytes", noteMost)
	}
	aim, err := t.asked(ctx, g)
	if err != nil {
		return 0, err
	}
	version, err := t.app.store.SetTierRules(ctx, t.org, g, base, r, t.audit(user, "", "", reason))
	if err != nil {
		return 0, err
	}
	return version, t.noteAim(ctx, user, aim, change{measure.AdjustTier, reason, "tier:" + strconv.Itoa(version), []community.GroupKey{g}})
}

// Try runs rules over the last weeks of a group and says what they would have done, beside those in force. It changes nothing.
func (t tiers) Try(ctx context.Context, g community.GroupKey, r tier.Rules, weeks int) (tier.Comparison, error) {
	var out tier.Comparison
	if err := t.sees(ctx, g); err != nil {
		return out, err
	}
	if err := r.Check(); err != nil {
		return out, err
	}
	if weeks < 1 || weeks > trialWeeks {
		return out, community.Errorf(community.CodeBadInput, "weeks %d: want 1 to %d", weeks, trialWeeks)
	}
	book, err := t.app.store.TierBook(ctx, g)
	if err != nil {
		return out, err
	}
	today, err := t.desk().Today(ctx, g)
	if err != nil {
		return out, err
	}
	wide := book
	wide.Rules.HalfLife, wide.Rules.Silence, wide.Rules.Reach = max(r.HalfLife, book.Rules.HalfLife), max(r.Silence, book.Rules.Silence), max(r.Reach, book.Rules.Reach)
	people, err := t.people(ctx, wide, int64(today)-1, weeks)
	if err != nil {
		return out, err
	}
	rows, err := t.app.store.TierRows(ctx, g, 0, "")
	if err != nil {
		return out, err
	}
	out = tier.Compare(book.Rules, r, people.People, rows, int64(today)-1, weeks)
	out.People, err = t.named(ctx, out.Today)
	return out, err
}
