package mp

import (
	"context"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

var _ connect.ArticleReader = (*Session)(nil)

// MayTell says why an account of this kind may not ask.
func (s *Session) MayTell() error { return s.need("totals") }

// maxArticles bounds what is kept of one day.
const maxArticles = 1000

// Articles reads the platform's totals of a day (数据统计, getarticlesummary): what people read that day of what was sent to
// all. An article that hardly anybody read is not among them (the document: readings, shares and savings are three at least).
func (s *Session) Articles(ctx context.Context, day string) ([]community.ArticleDay, error) {
	if err := s.MayTell(); err != nil {
		return nil, err
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil || day >= time.Now().In(shanghai).Format(time.DateOnly) {
		return nil, community.Errorf(community.CodeBadInput, "day: want 2006-01-02, before today")
	}
	var got struct {
		List []struct {
			ID     string `json:"msgid"`
			Title  string `json:"title"`
			People int64  `json:"int_page_read_user"`
			Times  int64  `json:"int_page_read_count"`
			Shares int64  `json:"share_count"`
			Saves  int64  `json:"add_to_fav_user"`
		} `json:"list"`
	}
	if err := s.learn(ctx, s.api.Read(ctx, "/datacube/getarticlesummary", map[string]any{"begin_date": day, "end_date": day}, &got)); err != nil {
		return nil, err
	}
	if len(got.List) > maxArticles {
		got.List = got.List[:maxArticles]
	}
	var out []community.ArticleDay
	for _, a := range got.List {
		id := a.ID
		if id == "" {
			id = a.Title // older answers name nothing else
		}
		out = append(out, community.ArticleDay{Article: wxapi.Clip(id, maxID), Title: wxapi.Clip(a.Title, 120), People: a.People, Times: a.Times, Shares: a.Shares, Saves: a.Saves})
	}
	return out, nil
}
