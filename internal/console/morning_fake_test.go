package console

import (
	"context"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/morning"
)

// newsdesk keeps morning reports in the invented house: a draft, one that was sent, one that nobody wanted, and feeds in every state.
type newsdesk struct {
	h    *house
	list *[]morning.Report
}

func newNewsdesk(h *house) newsdesk {
	if len(h.messages) < 2 {
		return newsdesk{h, &[]morning.Report{}}
	}
	pieces := []morning.Piece{
		{Kind: morning.News, Title: "西湖龙井今年提前十天开采 " + hostile, Link: "https://news.example/a/very/long/address/that/does/not/break/anywhere/because/it/has/no/blank?utm_source=rss", From: "茶报 " + hostile, Same: []string{"水报", "人民茶馆"}, Picked: true, Slug: "abc"},
		{Kind: morning.News, Title: "紫砂壶开壶要不要煮", Link: "https://news.example/b", From: "茶报"},
		{Kind: morning.Topic, Title: "徒步路线、香山", Number: h.messages[0].Number, Picked: true},
		{Kind: morning.Answer, Number: h.messages[0].Number, Answer: h.messages[1].Number, Picked: true},
		{Kind: morning.Question, Number: h.messages[1].Number}, {Kind: morning.Question, Number: 999_999}}
	return newsdesk{h, &[]morning.Report{
		{ID: fakeID(941), Group: 1, GroupName: "周末徒步群", Day: "2026-11-30", Pieces: pieces, Text: "【早报】\n1. 西湖龙井 <script>alert(1)</script>", State: morning.Draft, Version: 2, Worded: true, Edited: 4},
		{ID: fakeID(942), Group: 1, GroupName: "周末徒步群", Day: "2026-11-29", Pieces: pieces, Text: "【早报】", State: morning.Laid, Item: fakeID(501), ItemState: "sent", Place: "sent", SentAt: 1_780_000_000_000, Send: fakeID(700),
			Opens: map[string]int64{"abc": 41}, Outcome: morning.Outcome{Replies: 7, Said: 312, People: 41}, Counted: 1_780_090_000_000, Version: 5, User: "ming"},
		{ID: fakeID(943), Group: 1, GroupName: "周末徒步群", Day: "2026-11-28", Text: "–", State: morning.Dropped, Version: 2},
		{ID: fakeID(944), Group: 1, GroupName: "周末徒步群", Day: "2026-11-27", Pieces: pieces[:1], Text: "–", State: morning.Laid, Item: fakeID(502), ItemState: "skipped", Version: 2}}}
}

func (s newsdesk) change(id community.ID, fn func(*morning.Report)) (morning.Report, error) {
	i := slices.IndexFunc(*s.list, func(r morning.Report) bool { return r.ID == id })
	if i < 0 {
		return morning.Report{}, community.Errorf(community.CodeNotFound, "report: not found")
	}
	fn(&(*s.list)[i])
	return (*s.list)[i], nil
}

func (s newsdesk) List(_ context.Context, g community.GroupKey, _ community.Page) ([]morning.Report, int, error) {
	if g > 1 {
		return nil, 0, nil
	}
	return *s.list, len(*s.list), nil
}

func (s newsdesk) Get(_ context.Context, id community.ID) (morning.Report, map[int64]community.MessageRow, error) {
	r, err := s.change(id, func(*morning.Report) {})
	if err != nil {
		return r, nil, err
	}
	return r, map[int64]community.MessageRow{s.h.messages[0].Number: s.h.messages[0], s.h.messages[1].Number: s.h.messages[1]}, nil
}

func (s newsdesk) Draft(context.Context, string, community.GroupKey, string, string) (morning.Report, error) {
	return (*s.list)[0], nil
}

func (s newsdesk) Pick(_ context.Context, _ string, id community.ID, _ int, places []int) (morning.Report, error) {
	var err error
	r, missing := s.change(id, func(r *morning.Report) { err = r.Pick(places) })
	if missing != nil {
		return r, missing
	}
	return r, err
}

func (s newsdesk) Edit(_ context.Context, _ string, id community.ID, _ int, text string) (morning.Report, error) {
	if err := morning.CheckText(text); err != nil {
		return morning.Report{}, err
	}
	return s.change(id, func(r *morning.Report) { r.Text = text })
}

func (s newsdesk) Lay(_ context.Context, _ string, id community.ID, _ int, _, _ string) (morning.Report, error) {
	return s.change(id, func(r *morning.Report) { r.State, r.Item, r.ItemState = morning.Laid, fakeID(501), "asked" })
}

func (s newsdesk) Drop(_ context.Context, _ string, id community.ID, _ int, _ string) (morning.Report, error) {
	return s.change(id, func(r *morning.Report) { r.State = morning.Dropped })
}

func (s newsdesk) Restore(_ context.Context, _ string, id community.ID) (morning.Report, error) {
	return s.change(id, func(r *morning.Report) { r.State = morning.Draft })
}

func (newsdesk) Watch(_ context.Context, g community.GroupKey) (morning.Watch, error) {
	return morning.Watch{Group: g, On: true, Hour: 6, At: "08:30", Sources: []community.ID{fakeID(945)}}, nil
}

func (newsdesk) SaveWatch(context.Context, string, morning.Watch, string) error { return nil }

func (s newsdesk) Feeds(context.Context) ([]morning.Source, error) {
	if len(*s.list) == 0 {
		return nil, nil
	}
	return []morning.Source{
		{ID: fakeID(945), Name: "茶报 <script>alert(1)</script>", URL: "https://news.example/feed.xml", Every: 60, Tried: 1_780_000_000_000, Fetched: 1_780_000_000_000, Next: 1_780_003_600_000, Entries: 40},
		{ID: fakeID(946), URL: "https://news.example/" + hostile, Every: 60, Tried: 1_780_000_000_000, Failed: 3, Error: "forbidden", Next: 1_780_003_600_000},
		{ID: fakeID(947), Name: "停了的", URL: "https://old.example/", Every: 60, Off: true}, {ID: fakeID(948), Name: "新的", URL: "https://new.example/", Every: 15}}, nil
}

func (s newsdesk) AddFeed(_ context.Context, _ string, f morning.Source, _ string) (morning.Source, error) {
	f.Entries = 3
	return f, f.Check()
}

func (newsdesk) SetFeed(_ context.Context, _ string, f morning.Source, _ string) (morning.Source, error) {
	return f, nil
}

func (newsdesk) ReadFeed(_ context.Context, id community.ID) (morning.Source, error) {
	return morning.Source{ID: id, Entries: 5}, nil
}

func (newsdesk) DropFeed(context.Context, string, community.ID, string) error { return nil }
