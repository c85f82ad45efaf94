package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// shelved says what of the library stands in the way of a mass send to groups at a moment.
func (p *plans) shelved(ctx context.Context, b plan.Broadcast, at int64) ([]plan.Finding, error) {
	uses := []shelf.Use{{Item: b.Library, Override: b.LibraryWhy}}
	if b.Library.IsZero() {
		if uses = nil; !b.ID.IsZero() {
			var err error
			if uses, err = p.app.store.UsedIn(ctx, shelf.InBroadcast, b.ID); err != nil {
				return nil, err
			}
		}
	}
	var out []plan.Finding
	for _, u := range uses {
		i, err := p.app.store.LibraryItem(ctx, community.Scope{Org: p.org}, u.Item)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if community.CodeOf(i.MayUse(at, libraryZone(), u.Override)) == community.CodeRefused {
			out = append(out, plan.Finding{Rule: "library.expired", Kind: plan.OfLibrary, Since: i.Expires, Link: i.Title, Found: i.Expires, Refuse: true, Source: "/library/" + i.ID.String(), Verified: true,
				Reason: [2]string{"素材已过有效期", "the item of the library has expired"}, Instead: [2]string{"更新素材，或写明为什么照发", "bring the item up to date, or say why it goes all the same"}})
		}
	}
	return out, nil
}

// shelfStops pauses a mass send whose item of the library expired after it was planned, and asks a person to look at it.
func (a *App) shelfStops(ctx context.Context, b plan.Broadcast, groups []community.GroupKey) (bool, error) {
	p := a.Plans(b.Org, nil)
	found, err := p.shelved(ctx, b, a.millis())
	if err != nil || len(found) == 0 || b.Force != "" || len(groups) == 0 {
		return false, err
	}
	words, err := a.wordsOf(ctx, b.Org)
	if err != nil {
		return false, err
	}
	said := words.T("library.stopped", "title", b.Title, "item", found[0].Link, "until", found[0].Found)
	order := community.PersonDecision{Kind: "act", User: system, Reason: "library", Actions: []community.Action{{
		Verb: community.Todo, Group: groups[0], Until: a.millis() + day, Text: said + "\n" + a.base() + "/broadcasts/" + b.ID.String(),
	}}}
	if _, err := a.engine.DecideOnce(ctx, groups[0], "library:"+b.ID.String(), order, p.audit(system, "library.stop", "broadcast:"+b.ID.String(), "expired")); err != nil {
		return false, err
	}
	if err := a.store.MoveBroadcast(ctx, b, plan.Paused, p.audit(system, "", "", said)); err != nil {
		return false, err
	}
	a.live.tell(taskChange(b.Org))
	return true, nil
}
