package app

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/tier"
)

// Benefits lists the benefits of a group, ended ones too.
func (t tiers) Benefits(ctx context.Context, g community.GroupKey) ([]tier.Benefit, error) {
	if err := t.sees(ctx, g); err != nil {
		return nil, err
	}
	return t.app.store.Benefits(ctx, g, community.ID{})
}

// Benefit gives one benefit.
func (t tiers) Benefit(ctx context.Context, id community.ID) (tier.Benefit, error) {
	b, err := t.app.store.Benefit(ctx, id)
	if err != nil {
		return b, err
	}
	err = t.sees(ctx, b.Group)
	return b, err
}

// AddBenefit adds a benefit: everybody in its tier holds it at once, and as long as they stand there.
func (t tiers) AddBenefit(ctx context.Context, user string, b tier.Benefit) (tier.Benefit, error) {
	if err := t.sees(ctx, b.Group); err != nil {
		return b, err
	}
	b.Name, b.Means = strings.TrimSpace(b.Name), strings.TrimSpace(b.Means)
	if err := b.Check(); err != nil {
		return b, err
	}
	return t.app.store.AddBenefit(ctx, b, t.audit(user, "", "", ""))
}

// EndBenefit withdraws a benefit from everybody; uses stay on record.
func (t tiers) EndBenefit(ctx context.Context, user string, id community.ID, reason string) error {
	b, err := t.Benefit(ctx, id)
	if err != nil {
		return err
	}
	return t.app.store.EndBenefit(ctx, b, t.audit(user, "", "", reason))
}

// Holders lists who holds a benefit and who did.
func (t tiers) Holders(ctx context.Context, id community.ID, page community.Page) ([]tier.Grant, error) {
	if _, err := t.Benefit(ctx, id); err != nil {
		return nil, err
	}
	return t.app.store.Grants(ctx, id, 0, 0, page)
}

// Held lists the benefits that a member holds and held in a group.
func (t tiers) Held(ctx context.Context, g community.GroupKey, m community.MemberKey) ([]tier.Grant, error) {
	if err := t.sees(ctx, g); err != nil {
		return nil, err
	}
	return t.app.store.Grants(ctx, community.ID{}, g, m, community.Page{Limit: 100})
}

// UseBenefit records that a member used a benefit: what, by whose word. CodeForbidden: they are not entitled to it.
func (t tiers) UseBenefit(ctx context.Context, user string, id, member community.ID, what string) (tier.Use, error) {
	b, err := t.Benefit(ctx, id)
	if err != nil {
		return tier.Use{}, err
	}
	if what = strings.TrimSpace(what); what == "" || len(what) > noteMost {
		return tier.Use{}, community.Errorf(community.CodeBadInput, "use: want what was used, in at most %d bytes", noteMost)
	}
	m, err := t.desk().MemberByID(ctx, member)
	if err != nil {
		return tier.Use{}, err
	}
	return t.app.store.UseBenefit(ctx, b, m.Key, what, t.audit(user, "", "", what))
}

// Uses lists uses in a group, the latest first; of one benefit with id.
func (t tiers) Uses(ctx context.Context, g community.GroupKey, id community.ID, page community.Page) ([]tier.Use, int, error) {
	if err := t.sees(ctx, g); err != nil {
		return nil, 0, err
	}
	return t.app.store.Uses(ctx, g, id, page)
}
