package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// persons is what a person of ours sees and says about which accounts are one human, bounded as hands are.
type persons struct{ *hands }

// Persons makes the handle through which accounts are merged and split.
func (a *App) Persons(org community.OrgKey, groups []community.GroupKey) persons {
	return persons{a.Hands(org, groups)}
}

// Person gives every account of the human whom a member is, that member first.
func (p persons) Person(ctx context.Context, m community.MemberKey) ([]identity.Account, error) {
	return p.desk().Person(ctx, m)
}

// Facts lists the link log, the newest first: of one member, or (0) all.
func (p persons) Facts(ctx context.Context, m community.MemberKey, page community.Page) ([]identity.FactRow, int, error) {
	return p.desk().PersonFacts(ctx, m, page)
}

// Suggestions lists pairs that may be one human: of one member, or (0) all. Nothing follows from them by itself.
func (p persons) Suggestions(ctx context.Context, m community.MemberKey, page community.Page) ([]identity.Pair, int, error) {
	return p.desk().Suggestions(ctx, m, page)
}

// Merge says that two members are one human. CodeConflict: they are already; CodeTooLarge: too many accounts.
func (p persons) Merge(ctx context.Context, user string, one, two community.ID, evidence identity.Evidence, reason string) (identity.Fact, error) {
	a, b, err := p.two(ctx, one, two, reason)
	if err != nil {
		return identity.Fact{}, err
	}
	if evidence != "" && evidence != identity.SameUnion && evidence != identity.SameID && evidence != identity.SameName {
		return identity.Fact{}, community.Errorf(community.CodeBadInput, "evidence %q: there is none", evidence)
	}
	return p.app.store.MergeMembers(ctx, a, b, evidence, p.audit(user, "", "", reason))
}

// two finds two members within the handle.
func (p persons) two(ctx context.Context, one, two community.ID, reason string) (a, b community.Member, err error) {
	if reason == "" {
		return a, b, community.Errorf(community.CodeBadInput, "reason: needed")
	}
	if a, err = p.desk().MemberByID(ctx, one); err == nil {
		b, err = p.desk().MemberByID(ctx, two)
	}
	return a, b, err
}

// Split says that a member is a human of their own. CodeConflict: they are.
func (p persons) Split(ctx context.Context, user string, member community.ID, reason string) (identity.Fact, error) {
	m, _, err := p.two(ctx, member, member, reason)
	if err != nil {
		return identity.Fact{}, err
	}
	return p.app.store.SplitMember(ctx, m, p.audit(user, "", "", reason))
}

// UndoFact takes a merge or split back. CodeConflict: it was, or later ones stand on it; CodeForbidden: it concerns members
// whom the handle does not reach.
func (p persons) UndoFact(ctx context.Context, user string, fact community.ID, reason string) (identity.Fact, error) {
	f, err := p.desk().PersonFact(ctx, fact)
	switch {
	case err != nil:
		return identity.Fact{}, err
	case reason == "":
		return identity.Fact{}, community.Errorf(community.CodeBadInput, "reason: needed")
	case len(f.Accounts) == 0 || len(f.Accounts) != len(f.Moves):
		return identity.Fact{}, community.Errorf(community.CodeForbidden, "fact %s: concerns members outside the groups of %s", fact, user)
	}
	return p.app.store.UndoPerson(ctx, f.Fact, f.Accounts[0], p.audit(user, "", "", reason))
}

// Apart says that two members are not one human, so that they are suggested no more, or takes that back. CodeConflict: said
// before.
func (p persons) Apart(ctx context.Context, user string, one, two community.ID, apart bool, reason string) error {
	a, b, err := p.two(ctx, one, two, reason)
	if err != nil {
		return err
	}
	return p.app.store.SetApart(ctx, a, b, apart, p.audit(user, "", "", reason))
}
