package app

import (
	"context"
	"slices"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/h5"
	"qunluo/internal/poster"
	"qunluo/internal/store"
)

// landings tells the public pages what a code's address shows.
type landings struct{ app *App }

// Landing gives what an address shows now; where nothing is left, people are asked for the next code at once. Choosing the
// group, holding a place in it and counting the scan are one: two who come together are never shown the same last place.
func (l landings) Landing(ctx context.Context, slug string, arrives func() bool) (h5.Landing, error) {
	code, err := l.app.store.CodeBySlug(ctx, slug)
	if err != nil {
		return h5.Landing{}, err
	}
	page := h5.Landing{Slug: slug, Name: code.Name, Line: code.Line, Closed: code.Closed != 0}
	if page.Closed {
		return page, nil
	}
	if page.Line, err = l.pageLine(ctx, code); err != nil {
		return page, err
	}
	sizes, err := l.app.sizes(ctx, code.Org, groupsOf([]admit.Code{code}))
	if err != nil {
		return page, err
	}
	aways, err := l.app.aways(ctx, code.Org)
	if err != nil {
		return page, err
	}
	now, err := l.choose(ctx, code, sizes, aways, arrives)
	if err != nil {
		return page, err
	}
	if away, ok := admit.Leads(code, now, aways); ok {
		return awayLanding(page, away), nil
	}
	if !now.Found {
		return page, l.app.watchCode(ctx, code.Org, code.ID) // a group that was opened meanwhile is taken in
	}
	page.Found, page.Name, page.Entry = true, now.Entry.GroupName, now.Entry.ID
	page.Link, page.Until = now.Entry.Link, now.Entry.Expires
	if page.Difference, err = l.difference(ctx, code, now.Entry.Group); err != nil {
		return page, err
	}
	if size := sizes[now.Entry.Group]; size.Full() && code.LeadsOn(now.Entry, size) {
		page.Name, err = l.app.Codes(code.Org, nil).leadsInto(ctx, code, now.Entry)
	}
	return page, err
}

// difference is what a group gives that others do not, as its operator wrote it. Of a group that a code opened by itself it is what was
// written of the one before it.
func (l landings) difference(ctx context.Context, code admit.Code, g community.GroupKey) (string, error) {
	words, err := l.app.store.Difference(ctx, g)
	if err != nil || words != "" || code.Kind != admit.Group && !code.Overflow {
		return words, err
	}
	for _, e := range code.Entries {
		if words, err = l.app.store.Difference(ctx, e.Group); err != nil || words != "" {
			return words, err
		}
	}
	return "", nil
}

// choose chooses what an address shows; of somebody who arrives it is kept that they are on the way. Whoever is shown nothing
// has not arrived: their next look is their first.
func (l landings) choose(ctx context.Context, code admit.Code, sizes admit.Sizes, aways map[community.GroupKey]admit.Away, arrives func() bool) (now admit.Choice, err error) {
	at := l.app.millis()
	there, err := l.app.store.Held(ctx, bounded(sizes), at-holdFor)
	if err != nil {
		return now, err
	}
	now = admit.Spread(code, sizes, there, at)
	if _, away := admit.Leads(code, now, aways); !now.Found && !away || !arrives() {
		return now, nil
	}
	day, err := l.app.store.For(community.Scope{}).Today(ctx, 0)
	if err != nil {
		return now, err
	}
	err = l.app.store.Arrive(ctx, bounded(sizes), at-holdFor, at, func(held map[community.GroupKey]admit.Held) store.Arrival {
		now = admit.Spread(code, sizes, held, at)
		if _, away := admit.Leads(code, now, aways); away {
			return store.Arrival{Code: code.Key, Day: int64(day)} // the code's, of no entry: it uses up none
		}
		if !now.Found {
			return store.Arrival{}
		}
		return store.Arrival{Code: code.Key, Entry: now.Entry.Key, Day: int64(day), Group: now.Entry.Group, Members: sizes[now.Entry.Group].Members}
	})
	if err != nil { // the way in matters more than its count
		l.app.log.Warn("scan not counted", "err", err)
		now = admit.Spread(code, sizes, nil, at)
	}
	return now, nil
}

// bounded are the groups whose places can run out, as far as anybody knows.
func bounded(sizes admit.Sizes) []community.GroupKey {
	var out []community.GroupKey
	for g, size := range sizes {
		if size.Limit > 0 && size.Members >= 0 {
			out = append(out, g)
		}
	}
	slices.Sort(out)
	return out
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
