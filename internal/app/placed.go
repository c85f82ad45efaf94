package app

import (
	"context"
	"errors"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
)

// placed looks whether a book fits the group it is meant for: what it wants done can be done there, and its mirrors lead
// to groups that are there and not round in a circle. The error has community.CodeBadInput and holds policy.Problems.
func (h *hands) placed(ctx context.Context, group community.GroupRow, rb *policy.Rulebook) error {
	if err := h.ownLists(ctx, rb); err != nil {
		return err
	}
	var wrong policy.Problems
	targets := map[community.GroupKey]community.GroupRow{0: group}
	for _, n := range rb.Needs() {
		g, ok := targets[n.Group]
		if !ok {
			var err error
			if g, err = h.mine(ctx, n.Group); community.CodeOf(err) == community.CodeNotFound {
				wrong = append(wrong, policy.Problem{Path: n.Path, Code: "no_group"})
				continue
			} else if err != nil {
				return err
			}
			targets[n.Group] = g
		}
		why, err := h.misplaced(ctx, group, g, n)
		if err != nil {
			return err
		}
		if why.Code != "" && !slices.ContainsFunc(wrong, func(p policy.Problem) bool { return p.Path == why.Path && p.Code == why.Code }) {
			wrong = append(wrong, why)
		}
	}
	if len(wrong) > 0 {
		return community.Errorf(community.CodeBadInput, "rulebook: %w", wrong)
	}
	return nil
}

// placedIn is placed for one who asks about a book without being anybody.
func (a *App) placedIn(ctx context.Context, g community.GroupKey, rb *policy.Rulebook) error {
	org, err := a.store.OrgOf(ctx, g)
	if err != nil {
		return err
	}
	h := a.Hands(org, nil)
	group, err := h.mine(ctx, g)
	if err != nil {
		return err
	}
	return h.placed(ctx, group, rb)
}

// misplaced says what is wrong with one need; a problem without code when nothing is.
func (h *hands) misplaced(ctx context.Context, here, there community.GroupRow, n policy.Need) (policy.Problem, error) {
	if n.Group != 0 {
		if there.Key == here.Key {
			return policy.Problem{Path: n.Path, Code: "mirror_self"}, nil
		}
		leads, err := h.leads(ctx, there, here.Key, map[community.GroupKey]bool{})
		if err != nil {
			return policy.Problem{}, err
		}
		if leads {
			return policy.Problem{Path: n.Path, Code: "mirror_loop", Args: []string{there.Name}}, nil
		}
	}
	level, err := h.app.level(ctx, there, n.Verb)
	if err != nil || level != community.None {
		return policy.Problem{}, err
	}
	var asked error
	can := func(v community.Verb) bool {
		level, err := h.app.level(ctx, there, v)
		asked = errors.Join(asked, err)
		return level != community.None
	}
	return n.Cannot(can), asked
}

// leads reports whether mirrors lead from a group to another, over however many groups.
func (h *hands) leads(ctx context.Context, from community.GroupRow, to community.GroupKey, seen map[community.GroupKey]bool) (bool, error) {
	if seen[from.Key] {
		return false, nil
	}
	seen[from.Key] = true
	rb, err := h.bookInForce(ctx, from)
	if err != nil {
		return false, err
	}
	for _, key := range rb.MirrorTargets() {
		if key == to {
			return true, nil
		}
		next, err := h.desk().GroupByKey(ctx, key)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return false, err
		}
		if leads, err := h.leads(ctx, next, to, seen); leads || err != nil {
			return leads, err
		}
	}
	return false, nil
}

// level is the best that any connection of a group can do of a verb; without a connection, what people can do by hand.
func (a *App) level(ctx context.Context, g community.GroupRow, v community.Verb) (community.Level, error) {
	if len(g.Accounts) == 0 {
		return connect.ByHand(g.Platform).Level(v), nil
	}
	best := community.None
	for _, account := range g.Accounts {
		can, err := a.wires.Abilities(ctx, account, g.Key)
		if err != nil && community.CodeOf(err) != community.CodeNotFound {
			return best, err
		}
		if l := can.Level(v); connect.Better(l, best) {
			best = l
		}
	}
	return best, nil
}

// problemsOf takes the problems out of an error.
func problemsOf(err error) policy.Problems {
	var wrong policy.Problems
	errors.As(err, &wrong)
	return wrong
}
