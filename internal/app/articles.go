package app

import (
	"context"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

const (
	jobArticles  = "read-articles"
	articlesEach = time.Hour
)

// articleZone is where the platform of articles cuts days.
var articleZone = time.FixedZone("Asia/Shanghai", 8*3600)

// readArticles asks the accounts that know of it for the totals of the last days.
func (a *App) readArticles(ctx context.Context, _ store.Job) error {
	accounts, err := a.store.AllAccounts(ctx)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		reader, ok := a.wires.session(account.Key).(connect.ArticleReader)
		if !ok {
			continue
		}
		if err := a.readArticlesOf(ctx, account.Key, reader); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) readArticlesOf(ctx context.Context, account community.AccountKey, reader connect.ArticleReader) error {
	a.reading.Lock()
	defer a.reading.Unlock()
	now := a.millis()
	today, _ := measure.DayOf(now, articleZone)
	reads, err := a.store.ArticleReads(ctx, account, today-measure.ArticleDays, today)
	if err != nil {
		return err
	}
	for _, day := range measure.DaysToAsk(reads, now, articleZone) {
		list, err := reader.Articles(ctx, day.String())
		switch code := community.CodeOf(err); {
		case code == community.CodeUnsupported:
			return nil // accounts of this kind may not ask: their page says so
		case err != nil && ctx.Err() != nil:
			return err
		case err != nil:
			err = a.store.ArticlesUntold(ctx, account, day, code)
		default:
			err = a.store.PutArticles(ctx, account, day, list)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// articles is what a person sees of articles' readings.
type articles struct{ *hands }

// Articles makes the handle for the platform's totals of articles.
func (a *App) Articles(org community.OrgKey) articles { return articles{a.Hands(org, nil)} }

// Accounts lists the accounts whose platform knows readings of articles, running or not.
func (r articles) Accounts(ctx context.Context) ([]community.Account, error) {
	all, err := r.desk().Accounts(ctx)
	return slices.DeleteFunc(all, func(a community.Account) bool { return a.Connector != "mp" }), err
}

func (r articles) own(ctx context.Context, key community.AccountKey) error {
	a, err := r.account(ctx, key)
	if err == nil && a.Connector != "mp" {
		err = community.Errorf(community.CodeNotFound, "account %d: not found", key)
	}
	return err
}

// May says why an account's platform tells nothing: CodeUnsupported, in words. While the account does not run nobody knows:
// nil.
func (r articles) May(ctx context.Context, key community.AccountKey) error {
	if err := r.own(ctx, key); err != nil {
		return err
	}
	if reader, ok := r.app.wires.session(key).(connect.ArticleReader); ok {
		return reader.MayTell()
	}
	return nil
}

// last are the last days before today, at most 400.
func (r articles) last(days int) (from, to measure.Day) {
	today, _ := measure.DayOf(r.app.millis(), articleZone)
	return today - measure.Day(max(1, min(days, 400))), today - 1
}

// Days gives the last days of an account, the latest first: those that the platform did not tell are there too.
func (r articles) Days(ctx context.Context, key community.AccountKey, days int) ([]measure.ArticleSpan, error) {
	if err := r.own(ctx, key); err != nil {
		return nil, err
	}
	from, to := r.last(days)
	reads, err := r.app.store.ArticleReads(ctx, key, from, to)
	if err != nil {
		return nil, err
	}
	sums, err := r.app.store.ArticleSums(ctx, key, from, to)
	return measure.ArticleSpans(from, to, reads, sums, r.app.millis(), articleZone), err
}

// List gives what the platform told of single articles in the last days.
func (r articles) List(ctx context.Context, key community.AccountKey, days int, at community.Page) ([]measure.ArticleRow, int, error) {
	if err := r.own(ctx, key); err != nil {
		return nil, 0, err
	}
	from, to := r.last(days)
	return r.app.store.Articles(ctx, key, from, to, at)
}

// Read asks the platform now for the days that may still change. CodeUnreachable: the connection does not run;
// CodeUnsupported: accounts of this kind may not ask.
func (r articles) Read(ctx context.Context, key community.AccountKey) error {
	if err := r.own(ctx, key); err != nil {
		return err
	}
	reader, ok := r.app.wires.session(key).(connect.ArticleReader)
	if !ok {
		return community.Errorf(community.CodeUnreachable, "the connection is not running")
	}
	newest := measure.DaysToAsk(nil, r.app.millis(), articleZone)[0]
	list, err := reader.Articles(ctx, newest.String())
	if err != nil {
		return err
	}
	if err := r.app.store.PutArticles(ctx, key, newest, list); err != nil {
		return err
	}
	return r.app.readArticlesOf(ctx, key, reader)
}
