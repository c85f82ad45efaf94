package console

import (
	"context"
	"slices"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// scrapbook keeps digests in the invented house: a draft, one that was sent and one that nobody wanted.
type scrapbook struct {
	h    *house
	list *[]digest.Record
}

func newScrapbook(h *house) scrapbook {
	if len(h.messages) < 2 {
		return scrapbook{h, &[]digest.Record{}}
	}
	whole := digest.Digest{Messages: 312, Speakers: 41, Left: 6, Usual: 8213, OpenAll: 12,
		Topics:  []digest.Topic{{Phrases: []string{"徒步路线", "香山"}, Messages: []int64{1, 2, 3}, Speakers: 3, Quotes: []int64{h.messages[0].Number}, Usual: 4}},
		Answers: []digest.Answer{{Question: h.messages[0].Number, Answer: h.messages[1].Number, Certain: true, Thanks: 5}}, Open: []int64{h.messages[0].Number, 999_999},
		Decided: []digest.Decided{{Message: h.messages[0].Number, Span: community.Span{End: 3}}}, Links: []digest.Shared{{Message: h.messages[1].Number, Times: 3, Sharers: 2}},
		Thanked: []digest.Thanked{{Said: h.messages[1].Number, By: 2, Messages: []int64{h.messages[0].Number}}}}
	few := digest.Digest{Messages: 2, Speakers: 1, Usual: 12}
	return scrapbook{h, &[]digest.Record{
		{ID: fakeID(933), Group: 1, From: 20_780, To: 20_780, Found: whole, Text: "群精华\n1. 徒步路线 <script>alert(1)</script>", State: digest.Draft, Version: 3, Edited: 7},
		{ID: fakeID(934), Group: 1, From: 20_774, To: 20_780, Found: few, Text: "没有特别的内容。", State: digest.Sent, Sent: fakeID(700).String(), Version: 4},
		{ID: fakeID(935), Group: 1, From: 20_779, To: 20_779, Found: few, Text: "–", State: digest.Dropped, Version: 2}}}
}

func (s scrapbook) at(id community.ID) (*digest.Record, error) {
	i := slices.IndexFunc(*s.list, func(r digest.Record) bool { return r.ID == id })
	if i < 0 {
		return nil, community.Errorf(community.CodeNotFound, "digest: not found")
	}
	return &(*s.list)[i], nil
}

func (s scrapbook) List(_ context.Context, g community.GroupKey, _ community.Page) ([]digest.Record, int, error) {
	if g > 1 {
		return nil, 0, nil
	}
	return *s.list, len(*s.list), nil
}

func (s scrapbook) Get(_ context.Context, id community.ID) (digest.Record, map[int64]community.MessageRow, error) {
	r, err := s.at(id)
	if err != nil {
		return digest.Record{}, nil, err
	}
	return *r, map[int64]community.MessageRow{s.h.messages[0].Number: s.h.messages[0], s.h.messages[1].Number: s.h.messages[1]}, nil
}

func (s scrapbook) Make(context.Context, string, community.GroupKey, measure.Day, measure.Day, string) (digest.Record, error) {
	return (*s.list)[0], nil
}

func (s scrapbook) change(id community.ID, fn func(*digest.Record)) (digest.Record, error) {
	r, err := s.at(id)
	if err != nil {
		return digest.Record{}, err
	}
	fn(r)
	return *r, nil
}

func (s scrapbook) Edit(_ context.Context, _ string, id community.ID, _ int, text string) (digest.Record, error) {
	if err := digest.CheckText(text); err != nil {
		return digest.Record{}, err
	}
	return s.change(id, func(r *digest.Record) { r.Text = text })
}

func (s scrapbook) Send(_ context.Context, _ string, id community.ID, _ int, _ int64) (digest.Record, error) {
	return s.change(id, func(r *digest.Record) { r.State = digest.Sent })
}

func (s scrapbook) Drop(_ context.Context, _ string, id community.ID, _ int, _ string) (digest.Record, error) {
	return s.change(id, func(r *digest.Record) { r.State = digest.Dropped })
}

func (s scrapbook) Restore(_ context.Context, _ string, id community.ID) (digest.Record, error) {
	return s.change(id, func(r *digest.Record) { r.State = digest.Draft })
}

func (s scrapbook) Page(_ context.Context, id community.ID) (plan.WebPage, admit.Short, error) {
	if _, err := s.at(id); err != nil || id != fakeID(934) {
		return plan.WebPage{}, admit.Short{}, community.Errorf(community.CodeNotFound, "page: not found")
	}
	return plan.WebPage{ID: fakeID(97), Code: "abcdefghij", Version: 1}, admit.Short{ID: fakeID(98), Slug: "klmnopqrst", Known: 1, Unknown: 6}, nil
}

func (s scrapbook) Publish(_ context.Context, _ string, id community.ID, note string) (plan.WebPage, admit.Short, error) {
	s.h.note("digest publish: %s", note)
	return plan.WebPage{}, admit.Short{}, s.h.err
}

func (s scrapbook) Withdraw(_ context.Context, _ string, id community.ID, reason string) error {
	s.h.note("digest withdraw: %s", reason)
	return s.h.err
}

func (s scrapbook) SendPage(context.Context, string, community.ID) (plan.Broadcast, error) {
	s.h.note("digest told")
	return plan.Broadcast{}, s.h.err
}

func (scrapbook) Watch(_ context.Context, g community.GroupKey) (digest.Watch, error) {
	return digest.Watch{Group: g, Daily: true, Hour: 7}, nil
}

func (scrapbook) SaveWatch(context.Context, string, digest.Watch, string) error { return nil }
