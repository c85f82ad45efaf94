package store

import (
	"context"
	"database/sql"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// PutArticles keeps what a platform told of a day in the place of what it told before: however often, it is the same.
func (s *Store) PutArticles(ctx context.Context, account community.AccountKey, day measure.Day, list []community.ArticleDay) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `DELETE FROM article_day WHERE account_key = $1 AND day = $2`, int64(account), int64(day)); err != nil {
			return err
		}
		for _, a := range list {
			if _, err := t.exec(ctx, `INSERT INTO article_day (account_key, day, article, title, people, times, shares, saves) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (account_key, day, article) DO UPDATE SET people = excluded.people, times = excluded.times, shares = excluded.shares, saves = excluded.saves`,
				int64(account), int64(day), a.Article, a.Title, a.People, a.Times, a.Shares, a.Saves); err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, `INSERT INTO article_read (account_key, day, told, asked, code) VALUES ($1, $2, $3, $3, '')
ON CONFLICT (account_key, day) DO UPDATE SET told = excluded.told, asked = excluded.asked, code = ''`, int64(account), int64(day), s.now())
		return err
	})
}

// ArticlesUntold notes that a platform was asked for a day and did not tell. What it told before stays.
func (s *Store) ArticlesUntold(ctx context.Context, account community.AccountKey, day measure.Day, code community.Code) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO article_read (account_key, day, told, asked, code) VALUES ($1, $2, 0, $3, $4)
ON CONFLICT (account_key, day) DO UPDATE SET asked = excluded.asked, code = excluded.code`, int64(account), int64(day), s.now(), string(code))
		return err
	})
}

// ArticleReads tells what came of asking for the days from one to another, by day.
func (s *Store) ArticleReads(ctx context.Context, account community.AccountKey, from, to measure.Day) (map[measure.Day]measure.ArticleRead, error) {
	list, err := rows(ctx, s, `SELECT day, told, asked, code FROM article_read WHERE account_key = $1 AND day >= $2 AND day <= $3`, []any{int64(account), int64(from), int64(to)},
		func(r *sql.Rows, v *measure.ArticleRead) error {
			return r.Scan((*int64)(&v.Day), &v.Told, &v.Asked, (*string)(&v.Code))
		})
	out := map[measure.Day]measure.ArticleRead{}
	for _, v := range list {
		out[v.Day] = v
	}
	return out, err
}

// Articles lists what a platform told of the days from one to another, the latest and most read first.
func (s *Store) Articles(ctx context.Context, account community.AccountKey, from, to measure.Day, p community.Page) ([]measure.ArticleRow, int, error) {
	args := []any{int64(account), int64(from), int64(to)}
	const where = ` WHERE account_key = $1 AND day >= $2 AND day <= $3`
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM article_day`+where, args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, `SELECT day, article, title, people, times, shares, saves FROM article_day`+where+fmt.Sprintf(` ORDER BY day DESC, times DESC, article LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), args,
		func(r *sql.Rows, v *measure.ArticleRow) error {
			return r.Scan((*int64)(&v.Day), &v.Article, &v.Title, &v.People, &v.Times, &v.Shares, &v.Saves)
		})
	return list, n, err
}

// ArticleSums adds up each day's articles; People is left out: who read two articles would count twice.
func (s *Store) ArticleSums(ctx context.Context, account community.AccountKey, from, to measure.Day) (map[measure.Day]measure.ArticleSum, error) {
	type sum struct {
		day measure.Day
		measure.ArticleSum
	}
	list, err := rows(ctx, s, `SELECT day, count(*), CAST(sum(times) AS BIGINT), CAST(sum(shares) AS BIGINT) FROM article_day WHERE account_key = $1 AND day >= $2 AND day <= $3 GROUP BY day`,
		[]any{int64(account), int64(from), int64(to)}, func(r *sql.Rows, v *sum) error { return r.Scan((*int64)(&v.day), &v.Articles, &v.Times, &v.Shares) })
	out := map[measure.Day]measure.ArticleSum{}
	for _, v := range list {
		out[v.day] = v.ArticleSum
	}
	return out, err
}
