package app

import (
	"context"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/h5"
	"qunluo/internal/poster"
)

// landings tells the public pages what a code's address shows.
type landings struct{ app *App }

// Landing gives what an address shows now; where nothing is left, people are asked for the next code at once.
func (l landings) Landing(ctx context.Context, slug string) (h5.Landing, error) {
	code, err := l.app.store.CodeBySlug(ctx, slug)
	if err != nil {
		return h5.Landing{}, err
	}
	page := h5.Landing{Slug: slug, Name: code.Name, Line: code.Line, Closed: code.Closed != 0, Code: code.Key}
	if page.Closed {
		return page, nil
	}
	sizes, err := l.app.sizes(ctx, code.Org, groupsOf([]admit.Code{code}))
	if err != nil {
		return page, err
	}
	now := l.app.spread(code, sizes, l.app.millis())
	aways, err := l.app.aways(ctx, code.Org)
	if err != nil {
		return page, err
	}
	if away, ok := admit.Leads(code, now, aways); ok {
		return awayLanding(page, away), nil
	}
	if !now.Found {
		return page, l.app.watchCode(ctx, code.Org, code.ID) // a group that was opened meanwhile is taken in
	}
	page.Found, page.Name, page.Entry, page.Key = true, now.Entry.GroupName, now.Entry.ID, now.Entry.Key
	page.Link, page.Until = now.Entry.Link, now.Entry.Expires
	size := sizes[now.Entry.Group]
	page.Group, page.Members = int64(now.Entry.Group), size.Members
	if size.Full() && code.LeadsOn(now.Entry, size) {
		page.Name, err = l.app.Codes(code.Org, nil).leadsInto(ctx, code, now.Entry)
	}
	return page, err
}

// awayLanding is the page of a group that goes on elsewhere. Its scans are the code's, of no entry: they use up none.
func awayLanding(page h5.Landing, away admit.Away) h5.Landing {
	page.Found, page.Away, page.Name, page.From, page.Invite, page.Link, page.Line = true, true, away.To, away.Group, away.Words, away.Link, ""
	if page.Name == "" {
		page.Name = away.Group
	}
	switch {
	case away.Slug != "":
		page.Picture, page.Entry = away.Slug, away.Entry
	case away.Link != "":
		page.Picture, page.Entry = page.Slug, away.ID
	}
	return page
}

// Picture gives the QR code of an entry that a code shows or showed: the kept picture, or one drawn from the link.
func (l landings) Picture(ctx context.Context, slug string, entry community.ID) ([]byte, string, error) {
	code, err := l.app.store.CodeBySlug(ctx, slug)
	if err != nil {
		return nil, "", err
	}
	for _, e := range code.Entries {
		if e.ID != entry || e.Removed != 0 || code.Closed != 0 || !e.Shows() {
			continue
		}
		if e.Picture != "" {
			body, err := l.app.store.Picture(ctx, e.Picture)
			return body, "image/jpeg", err
		}
		body, err := poster.QR(e.Link)
		return body, "image/png", err
	}
	return l.awayPicture(ctx, code, entry)
}

// awayPicture draws the way into the standby of a group that a code leads to.
func (l landings) awayPicture(ctx context.Context, code admit.Code, detour community.ID) ([]byte, string, error) {
	aways, err := l.app.aways(ctx, code.Org)
	if err != nil {
		return nil, "", err
	}
	for _, e := range code.Entries {
		if away, ok := aways[e.Group]; ok && away.ID == detour && away.Link != "" && code.Closed == 0 && e.Removed == 0 {
			body, err := poster.QR(away.Link)
			return body, "image/png", err
		}
	}
	return nil, "", community.Errorf(community.CodeNotFound, "entry %s: not found", detour)
}

// Scanned counts one scan, and that somebody is on the way into the group.
func (l landings) Scanned(ctx context.Context, page h5.Landing) error {
	if page.Group != 0 && page.Members >= 0 {
		l.app.comings.add(community.GroupKey(page.Group), l.app.millis(), page.Members)
	}
	day, err := l.app.store.For(community.Scope{}).Today(ctx, 0)
	if err != nil {
		return err
	}
	return l.app.store.CountScan(ctx, page.Code, page.Key, int64(day))
}
