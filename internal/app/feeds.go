package app

import (
	"cmp"
	"context"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/feed"
	"qunluo/internal/i18n"
	"qunluo/internal/morning"
	"qunluo/internal/safehttp"
	"qunluo/internal/store"
)

const (
	jobFeeds      = "feeds"
	feedsEach     = 5 * time.Minute
	feedsAtOnce   = 4
	feedsARound   = 60  // at most; who is left waits for the next
	maxKnownBytes = 500 // of an ETag or a date; a longer one is not kept
)

// Feeds are those that the organisation reads.
func (p mornings) Feeds(ctx context.Context) ([]morning.Source, error) {
	return p.app.store.Feeds(ctx, p.org)
}

// whole refuses who does not see all groups: feeds are the organisation's.
func (p mornings) whole() error {
	if p.groups != nil {
		return connect.Trouble(community.CodeForbidden, "订阅源对整个组织有效：请找能看到全部群的人。", "Feeds are the organisation's: ask somebody who sees all groups.")
	}
	return nil
}

// AddFeed reads a feed at an address and keeps it with its entries; what cannot be read is not kept: CodeForbidden (an address inside a network),
// CodeTooLarge, CodeBadInput (no feed), CodeUnreachable, CodeRefused, CodeLate. CodeConflict: it is there already.
func (p mornings) AddFeed(ctx context.Context, user string, f morning.Source, reason string) (morning.Source, error) {
	if err := p.whole(); err != nil {
		return f, err
	}
	f.Org, f.Every = p.org, cmp.Or(f.Every, 60)
	if err := f.Check(); err != nil {
		return f, err
	}
	got := p.app.fetchFeed(ctx, f)
	if got.err != nil {
		return f, p.app.feedTrouble(got.err)
	}
	kept, err := p.app.store.AddFeed(ctx, f, p.audit(user, "", "", reason))
	if err != nil {
		return kept, err
	}
	got.source.ID = kept.ID
	if err := p.app.keepFeed(ctx, got); err != nil {
		return kept, err
	}
	return p.app.store.Feed(ctx, p.org, kept.ID)
}

// feedTrouble says in both languages why a feed could not be read.
func (a *App) feedTrouble(err error) error {
	code := community.CodeOf(err)
	zh, en := a.words.In(i18n.Chinese), a.words.In("en")
	switch code {
	case community.CodeForbidden, community.CodeTooLarge, community.CodeBadInput, community.CodeUnreachable, community.CodeRefused, community.CodeLate, community.CodeLimited:
		return connect.Trouble(code, zh.T("morning.feed_"+string(code)), en.T("morning.feed_"+string(code)))
	}
	return err
}

// SetFeed changes a feed's name, rhythm (minutes) and whether it is read.
func (p mornings) SetFeed(ctx context.Context, user string, f morning.Source, reason string) (morning.Source, error) {
	if err := p.whole(); err != nil {
		return f, err
	}
	was, err := p.app.store.Feed(ctx, p.org, f.ID)
	if err != nil {
		return was, err
	}
	was.Name, was.Every, was.Off = f.Name, f.Every, f.Off
	if err := was.Check(); err != nil {
		return was, err
	}
	if err := p.app.store.SetFeed(ctx, was, p.audit(user, "", "", reason)); err != nil {
		return was, err
	}
	return p.app.store.Feed(ctx, p.org, f.ID)
}

// ReadFeed reads a feed now. How it went is kept, and told.
func (p mornings) ReadFeed(ctx context.Context, id community.ID) (morning.Source, error) {
	f, err := p.app.store.Feed(ctx, p.org, id)
	if err != nil {
		return f, err
	}
	got := p.app.fetchFeed(ctx, f)
	if err := p.app.keepFeed(ctx, got); err != nil {
		return f, err
	}
	f, err = p.app.store.Feed(ctx, p.org, id)
	return f, cmp.Or(err, p.app.feedTrouble(got.err))
}

// DropFeed forgets a feed and its entries.
func (p mornings) DropFeed(ctx context.Context, user string, id community.ID, reason string) error {
	if err := p.whole(); err != nil {
		return err
	}
	f, err := p.app.store.Feed(ctx, p.org, id)
	if err != nil {
		return err
	}
	return p.app.store.DropFeed(ctx, f, p.audit(user, "", "", reason))
}

// fetchedFeed is what came of a reading.
type fetchedFeed struct {
	source  morning.Source
	entries []morning.Entry
	same    bool  // it says that nothing changed
	err     error // why it could not be read
}

// fetchFeed reads a feed by the one careful client; it keeps nothing.
func (a *App) fetchFeed(ctx context.Context, f morning.Source) fetchedFeed {
	body, header, fresh, err := safehttp.New(a.cfg.Notify.Allow).Renew(ctx, f.URL, feed.MaxBytes, safehttp.Known{ETag: f.ETag, Modified: f.Modified})
	out := fetchedFeed{source: f, same: err == nil && !fresh}
	var got feed.Feed
	if err == nil && fresh {
		got, err = feed.Read(body, f.URL, header.Get("Content-Type"))
	}
	out.source, out.err = f.Read(a.millis(), community.CodeOf(err)), err
	if err != nil || out.same {
		return out
	}
	out.source.ETag, out.source.Modified = known(header.Get("ETag")), known(header.Get("Last-Modified"))
	if out.source.Name == "" {
		out.source.Name = shortened(got.Title, morning.MaxName)
	}
	for _, i := range got.Items {
		out.entries = append(out.entries, morning.Entry{ID: i.ID, Title: i.Title, Summary: i.Summary, Link: i.Link, At: i.At})
	}
	return out
}

func known(value string) string {
	if len(value) > maxKnownBytes {
		return ""
	}
	return value
}

func (a *App) keepFeed(ctx context.Context, got fetchedFeed) error {
	return a.store.FeedRead(ctx, got.source, got.entries, got.same)
}

// feedRound reads the feeds that are due, a few at once. One that cannot be read keeps no other from being read, and is told by its state.
func (a *App) feedRound(ctx context.Context, _ store.Job) error {
	list, err := a.store.DueFeeds(ctx, feedsARound)
	if err != nil {
		return err
	}
	next := make(chan morning.Source)
	var wg sync.WaitGroup
	for range min(feedsAtOnce, len(list)) {
		wg.Go(func() {
			for f := range next {
				got := a.fetchFeed(ctx, f)
				if ctx.Err() != nil {
					return // the house closes: that is no failure of the feed
				}
				if err := a.keepFeed(ctx, got); err != nil {
					a.log.Error("keep a feed", "feed", f.ID, "err", err)
				}
			}
		})
	}
	for _, f := range list {
		select {
		case next <- f:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return ctx.Err()
}
