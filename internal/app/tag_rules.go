package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
	"qunluo/internal/tag"
)

// jobTags runs every rule once a day, after the day's tiers are decided.
const (
	jobTags   = "tags"
	tagsEach  = time.Hour
	tagsAfter = 2 * time.Hour // past midnight in the default zone
)

// Troubles of rules that did nothing.
const (
	troubleTag   = "tag_gone"   // a tag that it names is gone
	troubleGroup = "group_gone" // a group that it names is gone
)

// trialNames bounds whom a trial names.
const trialNames = 20

// tagRound runs the rules whose day has come. What goes wrong with one does not keep the others waiting.
func (a *App) tagRound(ctx context.Context, _ store.Job) error {
	zone := zoneFor(store.DefaultZone)
	day, _ := measure.DayOf(a.millis()-tagsAfter.Milliseconds(), zone)
	cut := day.Start(zone) + tagsAfter.Milliseconds()
	due, err := a.store.TagRulesDue(ctx, cut)
	if err != nil {
		return err
	}
	var errs []error
	for _, d := range due {
		t := a.Tags(d.Org, nil)
		rule, err := a.store.TagRule(ctx, d.Org, d.ID)
		if err == nil {
			_, err = t.run(ctx, "system", rule)
		}
		if code := community.CodeOf(err); err != nil && code != community.CodeConflict && code != community.CodeNotFound {
			errs = append(errs, fmt.Errorf("rule %s: %w", d.ID, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(errs...)
}

// Rules lists the live rules.
func (t tags) Rules(ctx context.Context) ([]tag.Version, error) {
	if err := t.whole(); err != nil {
		return nil, err
	}
	return t.app.store.TagRules(ctx, t.org)
}

// Rule gives a live rule with all its versions, the latest first. CodeNotFound.
func (t tags) Rule(ctx context.Context, id community.ID) (tag.Version, []tag.Version, error) {
	if err := t.whole(); err != nil {
		return tag.Version{}, nil, err
	}
	v, err := t.app.store.TagRule(ctx, t.org, id)
	if err != nil {
		return v, nil, err
	}
	all, err := t.app.store.TagRuleVersions(ctx, t.org, id)
	return v, all, err
}

// checked says what is wrong with a rule that is to be kept, the groups it names included.
func (t tags) checked(ctx context.Context, r tag.Rule, reason string) (string, error) {
	if err := t.whole(); err != nil {
		return "", err
	}
	if err := r.Check(); err != nil {
		return "", err
	}
	reason, err := said(reason)
	if err != nil {
		return "", err
	}
	_, trouble, err := t.reach(ctx, r)
	if err == nil && trouble != "" {
		err = community.Errorf(community.CodeNotFound, "rule: %s", trouble)
	}
	return reason, err
}

// AddRule keeps a new rule; on: it runs from the next day on. CodeConflict: the tag has a rule. CodeNotFound: it names a group or a tag
// of groups that there is not.
func (t tags) AddRule(ctx context.Context, user string, r tag.Rule, on bool, reason string) (tag.Version, error) {
	reason, err := t.checked(ctx, r, reason)
	if err != nil {
		return tag.Version{}, err
	}
	return t.app.store.AddTagRule(ctx, t.org, r, on, t.audit(user, "", "", reason))
}

// SetRule keeps a new version of a rule; base is the one that was changed. CodeConflict: somebody changed it since.
func (t tags) SetRule(ctx context.Context, user string, id community.ID, base int, r tag.Rule, on bool, reason string) (tag.Version, error) {
	reason, err := t.checked(ctx, r, reason)
	if err != nil {
		return tag.Version{}, err
	}
	return t.app.store.SetTagRule(ctx, t.org, id, base, r, on, t.audit(user, "", "", reason))
}

// EndRule takes a rule away: what it had put on is taken off, or (keep) stays as put there by hand.
func (t tags) EndRule(ctx context.Context, user string, id community.ID, keep bool, reason string) (touched int, err error) {
	if err := t.whole(); err != nil {
		return 0, err
	}
	if reason, err = said(reason); err != nil {
		return 0, err
	}
	return t.app.store.EndTagRule(ctx, t.org, id, keep, t.audit(user, "", "", reason))
}

// TryRule says what a rule would do now and does nothing; id is that of the rule it would replace, zero = of none.
func (t tags) TryRule(ctx context.Context, r tag.Rule, id community.ID) (tag.Trial, error) {
	if err := t.whole(); err != nil {
		return tag.Trial{}, err
	}
	if err := r.Check(); err != nil {
		return tag.Trial{}, err
	}
	name, err := t.app.store.TagNow(ctx, t.org, r.Scope, r.Tag)
	if err != nil {
		return tag.Trial{}, err
	}
	r.Tag = name
	out, trouble, err := t.settle(ctx, r, tag.ByRule(id))
	if err != nil || trouble != "" {
		return tag.Trial{Trouble: trouble}, err
	}
	return t.named(ctx, out)
}

// RunRule runs a rule at once: what the daily round does. CodeConflict: somebody changed it meanwhile.
func (t tags) RunRule(ctx context.Context, user string, id community.ID) (tag.Trial, error) {
	if err := t.whole(); err != nil {
		return tag.Trial{}, err
	}
	v, err := t.app.store.TagRule(ctx, t.org, id)
	if err != nil {
		return tag.Trial{}, err
	}
	return t.run(ctx, user, v)
}

func (t tags) run(ctx context.Context, user string, v tag.Version) (tag.Trial, error) {
	out, trouble, err := t.settle(ctx, v.Rule, tag.ByRule(v.ID))
	if err != nil {
		return tag.Trial{}, err
	}
	if trouble != "" {
		return tag.Trial{Trouble: trouble}, t.app.store.TagRuleTrouble(ctx, v, trouble)
	}
	if err := t.app.store.CommitTagRun(ctx, t.org, v, out, t.audit(user, "", "", "")); err != nil {
		return tag.Trial{}, err
	}
	return t.named(ctx, out)
}

// reach gives the groups that a rule looks at. trouble: a group or tag that it names is gone.
func (t tags) reach(ctx context.Context, r tag.Rule) (groups []community.GroupRow, trouble string, err error) {
	f := community.GroupFilter{Bare: r.Scope != tag.Group}
	if r.GroupTag != "" {
		list, err := t.desk().TagList(ctx, tag.Group)
		if err != nil {
			return nil, "", err
		}
		if f.Tag, err = t.app.store.TagNow(ctx, t.org, tag.Group, r.GroupTag); err != nil {
			return nil, "", err
		}
		if !slices.ContainsFunc(list, func(one tag.Tag) bool { return one.Name == f.Tag }) {
			return nil, troubleTag, nil
		}
	}
	for _, id := range r.Groups {
		g, err := t.desk().GroupByID(ctx, id)
		if community.CodeOf(err) == community.CodeNotFound {
			return nil, troubleGroup, nil
		}
		if err != nil {
			return nil, "", err
		}
		f.Keys = append(f.Keys, g.Key)
	}
	for g, err := range t.desk().AllGroups(ctx, f) {
		if err != nil {
			return nil, "", err
		}
		groups = append(groups, g)
	}
	return groups, "", nil
}

// settle asks a rule about everybody it looks at and compares that with who wears the tag.
func (t tags) settle(ctx context.Context, r tag.Rule, source string) (tag.Outcome, string, error) {
	groups, trouble, err := t.reach(ctx, r)
	if err != nil || trouble != "" {
		return tag.Outcome{}, trouble, err
	}
	fits := map[tag.Target]string{}
	for _, g := range groups {
		known, m, err := t.known(ctx, r, g)
		if err != nil {
			return tag.Outcome{}, "", err
		}
		for _, k := range known {
			to := k.Target
			if r.Scope == tag.Person {
				to = tag.Target{Member: k.Member}
			}
			if _, there := fits[to]; there {
				continue
			}
			if ok, why := r.Fits(k, m); ok {
				if r.Scope == tag.Person {
					why += " @ " + g.Name
				}
				fits[to] = why
			}
		}
	}
	have, err := t.app.store.TagHave(ctx, t.org, r.Scope, r.Tag)
	return tag.Settle(source, fits, have), "", err
}

// known gives what a rule may ask about in a group.
func (t tags) known(ctx context.Context, r tag.Rule, g community.GroupRow) ([]tag.Known, tag.Moment, error) {
	m := tag.Moment{Now: t.app.millis()}
	if r.Scope != tag.Group {
		list, today, err := t.desk().TagKnown(ctx, g, r.Back())
		m.Today = today
		return list, m, err
	}
	today, err := t.desk().Today(ctx, g.Key)
	if err != nil {
		return nil, m, err
	}
	m.Today = int64(today)
	k := tag.Known{Target: tag.Target{Group: g.Key}, Members: g.Members, Created: g.Created, Platform: string(g.Platform), Mode: string(g.Mode), Name: g.Name}
	if back := r.Back(); back > 0 {
		err = t.desk().DayRows(ctx, []community.GroupKey{g.Key}, today-measure.Day(back), today-1, func(row measure.DayRow) error {
			k.Daily = append(k.Daily, tag.Spoken{Day: int64(row.Day), Messages: row.Messages})
			return nil
		})
	}
	return []tag.Known{k}, m, err
}

// named says of an outcome how many and, of the first, who.
func (t tags) named(ctx context.Context, out tag.Outcome) (tag.Trial, error) {
	v := tag.Trial{Put: len(out.Put), Take: len(out.Take), Keep: out.Keep, Hand: out.Hand, No: out.No}
	sample := append(slices.Clone(out.Put[:min(trialNames, len(out.Put))]), out.Take[:min(trialNames, len(out.Take))]...)
	var members []community.MemberKey
	groups := map[community.GroupKey]community.GroupRow{}
	var keys []community.GroupKey
	for _, c := range sample {
		if c.Member != 0 {
			members = append(members, c.Member)
		}
		if c.Group != 0 {
			keys = append(keys, c.Group)
		}
	}
	people, err := t.desk().MembersByKey(ctx, members)
	if err != nil {
		return v, err
	}
	if len(keys) > 0 {
		for g, err := range t.desk().AllGroups(ctx, community.GroupFilter{Keys: keys, Bare: true}) {
			if err != nil {
				return v, err
			}
			groups[g.Key] = g
		}
	}
	for _, c := range sample {
		line := tag.TrialLine{Put: c.Put, Why: c.Why, GroupID: groups[c.Group].ID, GroupName: groups[c.Group].Name}
		for _, m := range people {
			if m.Key == c.Member {
				line.MemberID, line.Name = m.ID, m.Name
				if line.Name == "" {
					line.Name = m.External
				}
			}
		}
		v.Lines = append(v.Lines, line)
	}
	return v, nil
}
