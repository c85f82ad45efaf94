package app

import (
	"cmp"
	"context"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// Matrix is what can be done where: every account in general, and the groups that a filter finds under each of their
// accounts, or under nobody's. total counts the groups. It is ordered by platform, account and group.
func (w *wires) Matrix(ctx context.Context, scope community.Scope, f community.GroupFilter) (places []connect.Place, total int, err error) {
	desk := w.app.store.For(scope)
	accounts, err := desk.Accounts(ctx)
	if err != nil {
		return nil, 0, err
	}
	groups, total, err := desk.FindGroups(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	slices.SortStableFunc(accounts, func(a, b community.Account) int { return cmp.Compare(a.Platform, b.Platform) })
	for _, a := range accounts {
		if f.Platform != "" && a.Platform != f.Platform {
			continue
		}
		if places, err = w.placesOf(ctx, a, groups, places); err != nil {
			return nil, 0, err
		}
	}
	for _, g := range groups {
		if len(g.Accounts) == 0 {
			places = append(places, connect.Place{Platform: g.Platform, Group: g.ID, GroupName: g.Name, Can: connect.ByHand(g.Platform)})
		}
	}
	slices.SortStableFunc(places, func(a, b connect.Place) int { return cmp.Compare(a.Platform, b.Platform) })
	return places, total, nil
}

// placesOf adds an account in general, and its groups of a page.
func (w *wires) placesOf(ctx context.Context, a community.Account, groups []community.GroupRow, places []connect.Place) ([]connect.Place, error) {
	at := connect.Place{Platform: a.Platform, Account: a.ID, AccountName: a.Name, Connector: a.Connector, State: w.Health(a.Key).State, Restricted: a.Restricted}
	if !a.Enabled {
		at.State = "off"
	}
	var err error
	if at.Can, err = w.Abilities(ctx, a.Key, 0); err != nil && community.CodeOf(err) != community.CodeNotFound {
		return nil, err
	}
	places = append(places, at)
	for _, g := range groups {
		if !slices.Contains(g.Accounts, a.Key) {
			continue
		}
		at.Group, at.GroupName = g.ID, g.Name
		if at.Can, err = w.Abilities(ctx, a.Key, g.Key); err != nil && community.CodeOf(err) != community.CodeNotFound {
			return nil, err
		}
		places = append(places, at)
	}
	return places, nil
}

// publicSetting is the name of the setting of the public page about abilities.
const publicSetting = "public_abilities"

// PublicAbilities is how the public page is set.
func (h *hands) PublicAbilities(ctx context.Context) (set community.PublicAbilities, err error) {
	if _, err = h.app.store.Setting(ctx, h.org, publicSetting, &set); err != nil {
		return set, err
	}
	orgs, err := h.app.store.Orgs(ctx)
	for _, o := range orgs {
		if o.Key == h.org {
			set.Org = o.ID
		}
	}
	return set, err
}

// SetPublicAbilities shows or hides the public page.
func (h *hands) SetPublicAbilities(ctx context.Context, user string, set community.PublicAbilities, reason string) error {
	return h.app.store.PutSetting(ctx, h.org, publicSetting, set, h.audit(user, "setting.public_abilities", "", reason))
}

// publicGroups is how many groups the public page looks through; more would not change what is possible on a platform.
const publicGroups = 2000

// Public gives what the public page says of an organisation: per platform what can be done, and what happens instead. No
// account is named, and groups only where the operator wants that.
func (w *wires) Public(ctx context.Context, org community.OrgKey, names bool) ([]community.PlatformOffer, error) {
	var all []connect.Place
	for page := (community.Page{Limit: 200}); page.Offset < publicGroups; page.Offset += page.Limit {
		places, total, err := w.Matrix(ctx, community.Scope{Org: org}, community.GroupFilter{Page: page})
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			if p.State != "off" && (page.Offset == 0 || !p.Group.IsZero()) {
				all = append(all, p)
			}
		}
		if page.Offset+page.Limit >= total {
			break
		}
	}
	var out []community.PlatformOffer
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Platform == all[0].Platform {
			n++
		}
		out = append(out, publicOf(all[:n], names))
		all = all[n:]
	}
	return out, nil
}

func publicOf(places []connect.Place, names bool) community.PlatformOffer {
	p := community.PlatformOffer{Platform: places[0].Platform, Groups: []string{}}
	offers := connect.Offers(places)
	can := func(v community.Verb) bool {
		i := slices.IndexFunc(offers, func(o community.VerbOffer) bool { return o.Verb == v })
		return i >= 0 && offers[i].Best != community.None
	}
	for i := range offers {
		if act := policy.ActOf(offers[i].Verb); offers[i].Worst == community.None && act != "" {
			offers[i].Instead = policy.Instead(act, can)
		}
	}
	p.Offers = offers
	if names {
		for _, at := range places {
			if at.GroupName != "" && !slices.Contains(p.Groups, at.GroupName) {
				p.Groups = append(p.Groups, at.GroupName)
			}
		}
	}
	return p
}

// showcase tells the public pages what may be said about abilities.
type showcase struct{ app *App }

// Abilities gives what is shown of an organisation, or (zero id) of the first that shows anything. community.CodeNotFound
// where nothing is shown.
func (s showcase) Abilities(ctx context.Context, id community.ID) ([]community.PlatformOffer, error) {
	orgs, err := s.app.store.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	real := slices.ContainsFunc(orgs, func(o store.Org) bool { return !o.Demo })
	for _, o := range orgs {
		if !id.IsZero() && o.ID != id || id.IsZero() && o.Demo && real {
			continue // nobody comes to a demonstration who did not ask for it
		}
		var set community.PublicAbilities
		if _, err := s.app.store.Setting(ctx, o.Key, publicSetting, &set); err != nil {
			return nil, err
		}
		if set.On {
			return s.app.wires.Public(ctx, o.Key, set.Names)
		}
	}
	return nil, community.Errorf(community.CodeNotFound, "no abilities are shown")
}
