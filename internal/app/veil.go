package app

import (
	"context"
	"encoding/base32"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/seal"
	"qunluo/internal/store"
)

// veil gives members' pseudonyms, and opens one where a second person agrees.
type veil struct {
	*store.Store
	app *App
	box *seal.Box
}

// Veil is how members are called for those who may not know who they are.
func (a *App) Veil() *veil { return &veil{a.store, a, a.gate.box} }

// Bounds of a wish to know who somebody is.
const (
	revealLife    = 3600_000 // ms: an hour
	minRevealWhy  = 5        // characters
	pseudoBytes   = 5        // eight letters and digits: of 100,000 members two share one with a chance of 1 in 200
	revealsListed = 200
)

// Pseudonym is what a member is called: the same on every page of an organisation, and another in every organisation.
func (v *veil) Pseudonym(org community.OrgKey, m community.MemberKey) string {
	sum := v.box.Pseudonym("member of "+strconv.FormatInt(int64(org), 10), strconv.FormatInt(int64(m), 10), pseudoBytes)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum)
}

// Opened lists the members whom a person may know by name at this moment.
func (v *veil) Opened(ctx context.Context, u community.User) (map[community.MemberKey]bool, error) {
	list, err := v.OpenReveals(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	open := map[community.MemberKey]bool{}
	for _, r := range list {
		open[r.Member] = true
	}
	return open, nil
}

// Saw puts on record that a person looked at a name that was opened to them.
func (v *veil) Saw(ctx context.Context, u community.User, m community.MemberKey) error {
	list, err := v.OpenReveals(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Member == m && r.Seen == 0 {
			if err := v.SawReveal(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// Ask says that a person wants to know who a member is, and why. CodeBadInput: the reason says nothing. CodeNotFound. CodeConflict: asked
// before, and nobody has answered.
func (v *veil) Ask(ctx context.Context, u community.User, member community.ID, reason string) (community.Reveal, error) {
	if reason = strings.TrimSpace(reason); utf8.RuneCountInString(reason) < minRevealWhy {
		return community.Reveal{}, community.Errorf(community.CodeBadInput, "reason: at least %d characters", minRevealWhy)
	}
	return v.AskReveal(ctx, community.Reveal{Org: u.Org, MemberID: member, AskedBy: u.ID.String(), Reason: reason})
}

// Answer lets whoever asked know the name for an hour, or not. CodeForbidden: whoever asked answers themselves. CodeConflict: answered
// before.
func (v *veil) Answer(ctx context.Context, by string, org community.OrgKey, id community.ID, agree bool, why string) error {
	var until int64
	if agree {
		until = v.app.millis() + revealLife
	}
	return v.DecideReveal(ctx, org, id, until, community.Audit{User: by, Reason: strings.TrimSpace(why)})
}

// Wishes lists who wanted to know whom, the latest first.
func (v *veil) Wishes(ctx context.Context, org community.OrgKey) ([]community.Reveal, error) {
	return v.Reveals(ctx, org, revealsListed)
}
