package storetest

import (
	"fmt"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/morning"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// feedsAreKept: a feed is kept once for its address and read when it is due; an entry keeps when it was first seen and goes when its feed has not
// held it for so long.
func feedsAreKept(t *testing.T, s *store.Store) {
	ctx, by := t.Context(), community.Audit{User: "ming"}
	f := must(s.AddFeed(ctx, morning.Source{Org: 1, URL: "https://a.example/feed", Every: 60}, by))(t)
	same(t, "kept", must(s.Feed(ctx, 1, f.ID))(t), f)
	if _, err := s.AddFeed(ctx, morning.Source{Org: 1, URL: f.URL, Every: 60}, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("the same address twice: %v", err)
	}
	other := must(s.AddFeed(ctx, morning.Source{Org: 2, URL: f.URL, Every: 60, Off: true}, by))(t)
	if _, err := s.Feed(ctx, 1, other.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("of another organisation: %v", err)
	}
	same(t, "due", must(s.DueFeeds(ctx, 10))(t), []morning.Source{f})
	now := f.Created
	read := f.Read(now, community.CodeNone)
	read.Name, read.ETag = "甲报", `"v1"`
	entries := []morning.Entry{{ID: "1", Title: "一", Link: "https://a.example/1", At: now - 5}, {ID: "2", Title: "二", Link: "https://a.example/2"}}
	fine(t, s.FeedRead(ctx, read, entries, false))
	same(t, "due after its reading", len(must(s.DueFeeds(ctx, 10))(t)), 0)
	want := []morning.Entry{{Source: f.ID, From: "甲报", ID: "1", Title: "一", Link: "https://a.example/1", At: now - 5, Seen: now}, {Source: f.ID, From: "甲报", ID: "2", Title: "二", Link: "https://a.example/2", Seen: now, Place: 1}}
	same(t, "entries", must(s.FeedEntries(ctx, 1, nil, now))(t), want)
	same(t, "of one feed", len(must(s.FeedEntries(ctx, 1, []community.ID{f.ID}, now))(t)), 2)
	same(t, "of another feed", len(must(s.FeedEntries(ctx, 1, []community.ID{other.ID}, now))(t)), 0)
	same(t, "of another organisation", len(must(s.FeedEntries(ctx, 2, nil, 0))(t)), 0)

	const days = 24 * 3600_000
	later := read.Read(now+20*days, community.CodeNone)
	later.Name = "改名"
	fine(t, s.FeedRead(ctx, later, []morning.Entry{{ID: "2", Title: "二改", Link: "https://a.example/2"}}, false))
	got := must(s.FeedEntries(ctx, 1, nil, 0))(t)
	if len(got) != 2 || got[1].Title != "二改" || got[1].Seen != now || got[0].From != "甲报" {
		t.Errorf("read again: %+v; want the first reading's time and name, and the new title", got)
	}
	fine(t, s.FeedRead(ctx, later.Read(now+31*days, community.CodeNone), nil, true))
	got = must(s.FeedEntries(ctx, 1, nil, 0))(t)
	if len(got) != 1 || got[0].ID != "2" {
		t.Errorf("after a month: %+v; want only what still stands in the feed", got)
	}
	fine(t, s.FeedRead(ctx, later.Read(now+60*days, community.CodeNone), nil, true))
	same(t, "still in the feed after two", len(must(s.FeedEntries(ctx, 1, nil, 0))(t)), 1)

	f = must(s.Feed(ctx, 1, f.ID))(t)
	f.Off, f.Every = true, 30
	fine(t, s.SetFeed(ctx, f, by))
	same(t, "of feeds that are off", len(must(s.FeedEntries(ctx, 1, nil, 0))(t)), 0)
	f.Off = false
	fine(t, s.SetFeed(ctx, f, by))
	same(t, "due when it is on again", len(must(s.DueFeeds(ctx, 10))(t)), 1)
	f.Org = 2
	if err := s.SetFeed(ctx, f, by); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation changes it: %v", err)
	}
	f.Org = 1
	fine(t, s.DropFeed(ctx, f, by))
	fine(t, s.FeedRead(ctx, read, entries, false)) // its reading was under way
	same(t, "dropped", []int{len(must(s.Feeds(ctx, 1))(t)), len(must(s.FeedEntries(ctx, 1, nil, 0))(t))}, []int{0, 0})
	for i := range morning.MaxSources {
		must(s.AddFeed(ctx, morning.Source{Org: 3, URL: fmt.Sprint("https://a.example/", i), Every: 60}, by))(t)
	}
	if _, err := s.AddFeed(ctx, morning.Source{Org: 3, URL: "https://a.example/more", Every: 60}, by); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("one more than may be: %v", err)
	}
}

// morningsAreKept: a report is kept once for its day, changed by who read it last, seen within its scope, and tells what became of it.
func morningsAreKept(t *testing.T, s *store.Store) {
	l, ctx, by := NewLog(s), t.Context(), community.Audit{User: "ming", Verb: "morning.draft"}
	first := say(tea, "a", "早", at("2026-01-01 10:00:00"))
	answer := say(tea, "b", "收到", at("2026-01-02 09:00:00"))
	answer.Body.ReplyTo = "m1"
	late := say(tea, "a", "晚了", at("2026-01-03 10:00:00"))
	g := l.Append(t, first, answer, late)[0].Group
	caughtUp(t, s)
	place := must(desk(s).GroupByKey(ctx, g))(t)
	link := must(s.AddShort(ctx, admit.Short{Org: 1, Title: "一", Target: "https://a.example/1", For: admit.ForReport}, by))(t)
	same(t, "links of reports among people's links", len(first2(s.Shorts(ctx, 1, community.Page{}))(t)), 0)
	r := morning.Report{Group: g, GroupID: place.ID, GroupName: place.Name, Day: "2026-01-02", Lang: "zh-CN", User: "ming", Text: "文字",
		Pieces: []morning.Piece{{Kind: morning.News, Title: "一", Link: "https://a.example/1", From: "甲报", Picked: true, Short: link.ID, Slug: link.Slug}, {Kind: morning.Question, Number: 7}}}
	r = must(s.AddMorning(ctx, 1, r, by))(t)
	r.Opens = map[string]int64{link.Slug: 0}
	same(t, "kept", must(desk(s).Morning(ctx, r.ID))(t), r)
	same(t, "of its day", must(desk(s).MorningOf(ctx, g, "2026-01-02"))(t), r)
	if _, err := s.AddMorning(ctx, 1, morning.Report{Group: g, Day: "2026-01-02"}, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("twice of the same day: %v", err)
	}
	item := must(s.SaveItem(ctx, plan.Item{Org: 1, Content: plan.Content{Title: "早报", Text: "文字", Class: plan.Useful, Format: "article", Serves: plan.ServesGoal, Groups: []community.GroupKey{g}, Fixture: "morning", Date: "2026-01-02", At: "08:30"},
		Places: []plan.Place{{Group: g, Goal: 1, Name: "茶"}}}, by))(t)
	changed := r
	changed.Text, changed.Edited, changed.Worded, changed.State, changed.Item = "改过", 5, true, morning.Laid, item.ID
	changed = must(s.ChangeMorning(ctx, 1, changed, by))(t)
	fine(t, s.CountOpening(ctx, link, "", 20_455))
	fine(t, s.CountOpening(ctx, link, "", 20_456))
	changed.ItemState, changed.Place, changed.Opens = "draft", "", map[string]int64{link.Slug: 2}
	same(t, "changed", must(desk(s).Morning(ctx, r.ID))(t), changed)
	same(t, "opened", changed.Opened(), int64(2))
	if _, err := s.ChangeMorning(ctx, 1, r, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("changed as it was read before: %v", err)
	}
	if _, err := s.ChangeMorning(ctx, 2, changed, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("another organisation changes it: %v", err)
	}
	list, n, err := desk(s).Mornings(ctx, 0, community.Page{})
	same(t, "list", []any{list, n, err}, []any{[]morning.Report{changed}, 1, nil})
	elsewhere := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g + 1}})
	if _, err := elsewhere.Morning(ctx, r.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("outside the scope: %v", err)
	}
	list, n, err = elsewhere.Mornings(ctx, 0, community.Page{})
	same(t, "list outside the scope", []any{len(list), n, err}, []any{0, 0, nil})
	same(t, "told", must(s.MorningsTold(ctx, g, "2026-01-01", "2026-01-03"))(t), changed.Pieces[:1])
	same(t, "told by another day", len(must(s.MorningsTold(ctx, g, "2026-01-01", "2026-01-02"))(t)), 0)
	same(t, "uncounted", len(must(s.UncountedMornings(ctx, "2026-01-01"))(t)), 1)
	said := must(s.SaidAfter(ctx, g, at("2026-01-02 08:30:00"), at("2026-01-03 08:30:00"), 100))(t)
	if len(said) != 1 || said[0].ReplyTo != "m1" || said[0].Member == 0 {
		t.Errorf("said after it = %+v, want the one answer", said)
	}
	changed.Outcome = morning.Count("m1", said)
	fine(t, s.CountMorning(ctx, changed))
	counted := must(desk(s).Morning(ctx, r.ID))(t)
	if counted.Counted == 0 || counted.Outcome != (morning.Outcome{Replies: 1, Said: 1, People: 1}) || counted.Version != changed.Version {
		t.Errorf("counted = %+v", counted)
	}
	same(t, "uncounted afterwards", len(must(s.UncountedMornings(ctx, "2026-01-01"))(t)), 0)
	w := morning.Watch{Group: g, Org: 1, On: true, Hour: 6, At: "08:30", Lang: "en", Sources: []community.ID{r.ID}}
	fine(t, s.SaveMorningWatch(ctx, w, by))
	w.On, w.Hour, w.Sources = false, 7, nil
	fine(t, s.SaveMorningWatch(ctx, w, by))
	same(t, "watched", must(s.MorningWatches(ctx, 0))(t), []morning.Watch{w})
	same(t, "of another organisation", len(must(s.MorningWatches(ctx, 2))(t)), 0)
}

// first2 is the first of what a list with its count gives.
func first2[T any](list []T, _ int, err error) func(*testing.T) []T {
	return func(t *testing.T) []T {
		t.Helper()
		fine(t, err)
		return list
	}
}
