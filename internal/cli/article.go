package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Articles is what the platform says of articles' readings: totals of days that name nobody.
type Articles interface {
	Days(ctx context.Context, a community.AccountKey, days int) ([]measure.ArticleSpan, error)
	List(ctx context.Context, a community.AccountKey, days int, p community.Page) ([]measure.ArticleRow, int, error)
	Read(ctx context.Context, a community.AccountKey) error
}

type articleCmd struct {
	Days articleDaysCmd `cmd:"" help:"按天的平台合计，缺的日子也列出|the platform's totals by day, days without any too"`
	List articleListCmd `cmd:"" help:"按文章的平台合计|the platform's totals by article"`
	Read articleReadCmd `cmd:"" help:"现在就去问平台最近 7 天的|ask the platform now for the last 7 days"`
}

// articleDayLine is one day of an account. Source says whose figure it is: always the platform's, nobody is named in it.
type articleDayLine struct {
	Day      string `json:"day" col:"日期|day"`
	State    string `json:"state" col:"状态|state"` // told, not_yet, failed, unasked
	Articles int64  `json:"articles" col:"文章|articles"`
	Times    int64  `json:"readings" col:"阅读次数|readings"`
	Shares   int64  `json:"shares" col:"分享次数|shares"`
	Source   string `json:"source" col:"来源|source"`
	Read     Moment `json:"read_at" col:"读取时间|read"`
	Asked    Moment `json:"asked_at"`
	Code     string `json:"code" col:"原因|why"`
}

// fromPlatform is the source of figures that a platform told.
const fromPlatform = "platform"

type articleDaysCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Days    int    `default:"14" help:"最近几天，最多 400|days back, at most 400"`
}

func (articleDaysCmd) Shape() any { return rowsOf[articleDayLine]() }
func (articleDaysCmd) Examples() []example {
	return []example{{"article days 公众号 --days 30", [2]string{"最近一个月，看有没有缺", "the last month, and what is missing"}}}
}

// Do lists days.
func (q *articleDaysCmd) Do(c *call, h *House) error {
	articles, a, err := ofAccount(c, h, h.Articles, q.Account)
	if err != nil {
		return err
	}
	list, err := articles.Days(c.ctx, a.Key, q.Days)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(s measure.ArticleSpan) articleDayLine {
		return articleDayLine{s.Day.String(), s.State, s.Sum.Articles, s.Sum.Times, s.Sum.Shares, fromPlatform, Moment(s.Read.Told), Moment(s.Read.Asked), string(s.Read.Code)}
	}), len(list))
}

// articleLine is one article on one day.
type articleLine struct {
	Day    string `json:"day" col:"日期|day"`
	Title  string `json:"title" col:"文章|article"`
	People int64  `json:"readers" col:"阅读人数|readers"`
	Times  int64  `json:"readings" col:"阅读次数|readings"`
	Shares int64  `json:"shares" col:"分享次数|shares"`
	Saves  int64  `json:"saved_by" col:"收藏人数|saved by"`
	Source string `json:"source" col:"来源|source"`
	ID     string `json:"id"`
}

type articleListCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Days    int    `default:"14" help:"最近几天，最多 400|days back, at most 400"`
	paging
}

func (articleListCmd) Shape() any          { return rowsOf[articleLine]() }
func (articleListCmd) Examples() []example { return nil }

// Do lists articles.
func (q *articleListCmd) Do(c *call, h *House) error {
	articles, a, err := ofAccount(c, h, h.Articles, q.Account)
	if err != nil {
		return err
	}
	list, total, err := articles.List(c.ctx, a.Key, q.Days, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(r measure.ArticleRow) articleLine {
		return articleLine{r.Day.String(), r.Title, r.People, r.Times, r.Shares, r.Saves, fromPlatform, r.Article}
	}), total)
}

type articleReadCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
}

func (articleReadCmd) Shape() any          { return rowsOf[articleDayLine]() }
func (articleReadCmd) Examples() []example { return nil }

// Do asks the platform now.
func (q *articleReadCmd) Do(c *call, h *House) error {
	articles, a, err := ofAccount(c, h, h.Articles, q.Account)
	if err != nil {
		return err
	}
	if err := articles.Read(c.ctx, a.Key); err != nil {
		return c.saidBy(err)
	}
	days := articleDaysCmd{Account: q.Account, Days: measure.ArticleDays}
	return days.Do(c, h)
}
