package app

import (
	"context"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/h5"
)

// passTier is the purpose of links at which members see their own tier.
const passTier = "tier"

// tierLinkLives is how long such a link can be used.
const tierLinkLives = 180 * 24 * time.Hour

// Link is the address at which a member sees their own tier; "" = the group's rules do not let them.
func (t tiers) Link(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error) {
	book, err := t.Book(ctx, g)
	if err != nil || !book.Rules.Tell {
		return "", err
	}
	pass, err := t.app.timedLink(ctx, passTier, tierLinkLives, int64(g), int64(m))
	return t.app.base() + "/t/" + pass, err
}

// mirrorPages is what the public page of a member's tier asks.
type mirrorPages struct{ app *App }

// Tier gives what a link shows. CodeLate: its time is over. CodeNotFound: it was not made here, the rules no longer let members see it, or the member is gone.
func (p mirrorPages) Tier(ctx context.Context, link string) (h5.Tier, error) {
	var out h5.Tier
	of, err := p.app.timedOf(ctx, link, passTier, 2)
	if err != nil {
		return out, err
	}
	g, m := community.GroupKey(of[0]), community.MemberKey(of[1])
	org, err := p.app.store.OrgOf(ctx, g)
	if err != nil {
		return out, err
	}
	tiers := p.app.Tiers(org, nil)
	row, err := tiers.mine(ctx, g)
	if err != nil {
		return out, err
	}
	book, err := tiers.Book(ctx, g)
	if err != nil {
		return out, err
	}
	list, err := tiers.Rows(ctx, g, m, "")
	if err != nil {
		return out, err
	}
	if !book.Rules.Tell || len(list) == 0 {
		return out, community.Errorf(community.CodeNotFound, "no tier to be seen")
	}
	out.Group, out.Row = row.Name, list[0]
	if out.Changes, _, err = tiers.Changes(ctx, g, m, community.Page{Limit: 20}); err != nil {
		return out, err
	}
	held, err := tiers.Held(ctx, g, m)
	for _, b := range held {
		if b.Withdrawn == 0 {
			out.Benefits = append(out.Benefits, b.Name)
		}
	}
	return out, err
}
