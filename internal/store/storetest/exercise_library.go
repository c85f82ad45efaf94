package storetest

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

func libraryIsKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	const org = community.OrgKey(1)
	scope, by := community.Scope{Org: org}, community.Audit{User: "lin", Reason: "新写"}
	up, err := s.AddUpload(ctx, store.Upload{Medium: store.Medium{Hash: "aa", Bytes: 3, Type: "text/plain; charset=utf-8", Name: "价目.txt"}, Org: org, User: "lin"})
	fine(t, err)
	content := shelf.Content{Title: "催付话术", Text: "还剩三个名额", Tags: []string{"售前", "催付"}, Expires: "2026-12-31", Files: []shelf.File{{ID: up.ID, Name: up.Name, Type: up.Type, Bytes: 3}}}
	i, err := s.SaveLibrary(ctx, shelf.Item{Org: org, Kind: shelf.Script, Content: content}, by)
	fine(t, err)
	if pinned, err := s.PinnedMedia(ctx); err != nil || len(pinned) != 1 {
		t.Errorf("pinned = %v, %v; want the item's file", pinned, err)
	}
	old := i
	i.Text, i.Tags, i.Files = "还剩两个名额", []string{"售前"}, nil
	i, err = s.SaveLibrary(ctx, i, by)
	fine(t, err)
	if _, err := s.SaveLibrary(ctx, old, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("an edit of what was: %v, want a conflict", err)
	}
	if pinned, err := s.PinnedMedia(ctx); err != nil || len(pinned) != 1 {
		t.Errorf("pinned = %v, %v; want the file of the version before", pinned, err)
	}
	bad := shelf.Item{Org: org, Kind: shelf.Paper, Content: shelf.Content{Title: "x", Files: []shelf.File{{ID: s.NewID()}}}}
	if _, err := s.SaveLibrary(ctx, bad, by); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a file that is not kept: %v", err)
	}
	v, err := s.LibraryVersions(ctx, i.ID)
	if err != nil || len(v) != 2 || v[0].Version != 2 || v[1].Text != "还剩三个名额" || v[1].Note != "新写" {
		t.Errorf("versions = %+v, %v", v, err)
	}
	for _, f := range []struct {
		shelf.Filter
		want int
	}{{shelf.Filter{}, 1}, {shelf.Filter{Kind: shelf.Post}, 0}, {shelf.Filter{Tag: "售前"}, 1}, {shelf.Filter{Tag: "催付"}, 0}, {shelf.Filter{Text: "两个"}, 1}, {shelf.Filter{Text: "三个"}, 0},
		{shelf.Filter{Expired: "2027-01-01"}, 1}, {shelf.Filter{Expired: "2026-12-31"}, 0}, {shelf.Filter{Archived: true}, 0}} {
		if list, n, err := s.Library(ctx, scope, f.Filter); err != nil || n != f.want || len(list) != f.want {
			t.Errorf("%+v finds %d of %d, %v; want %d", f.Filter, len(list), n, err, f.want)
		}
	}
	if list, n, err := s.Library(ctx, community.Scope{Org: org + 1}, shelf.Filter{}); err != nil || n != 0 || len(list) != 0 {
		t.Errorf("another organisation finds %d, %v", n, err)
	}
	if tags, err := s.LibraryTags(ctx, org); err != nil || len(tags) != 1 || tags[0] != "售前" {
		t.Errorf("tags = %v, %v", tags, err)
	}
	use := shelf.Use{Item: i.ID, Version: 2, Place: shelf.InCalendar, Ref: s.NewID(), Title: "周五", Groups: []community.GroupKey{7}, Override: "老板要"}
	fine(t, s.UseLibrary(ctx, org, use, by))
	fine(t, s.UseLibrary(ctx, org, use, by))
	if uses, err := s.LibraryUses(ctx, i.ID); err != nil || len(uses) != 1 || uses[0].User != "lin" || uses[0].Override != "老板要" || len(uses[0].Groups) != 1 {
		t.Errorf("uses = %+v, %v; want one", uses, err)
	}
	if uses, err := s.UsedIn(ctx, shelf.InCalendar, use.Ref); err != nil || len(uses) != 1 || uses[0].Item != i.ID {
		t.Errorf("used in = %+v, %v", uses, err)
	}
	fine(t, s.ArchiveLibrary(ctx, i, true, by))
	if err := s.ArchiveLibrary(ctx, i, true, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("put away by who saw it before: %v, want a conflict", err)
	}
	if i, err = s.LibraryItem(ctx, scope, i.ID); err != nil || !i.Archived || i.Version != 2 || i.Maker != "lin" {
		t.Errorf("item = %+v, %v; want it put away", i, err)
	}
}

// turnsNameItems: a turn keeps the item that its step names and, once it is taken, what was said and in which version; turns that name the same wait
// alike, those of words alone do not.
func turnsNameItems(t *testing.T, s *store.Store) {
	ctx := t.Context()
	events := NewLog(s).Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")), say(community.Ref{ID: "books", Name: "书友群"}, "bo", "早", at("2026-01-01 10:00:01")))
	const org = community.OrgKey(1)
	item, values := s.NewID(), map[string]string{"price": "9", "who": "大家"}
	p := must(s.SaveSOP(ctx, plan.SOP{Org: org, Name: "七天", User: "lin", Steps: []plan.Step{{ID: "s1", Kind: plan.ByDay, At: "09:00", Library: item, Values: values}, {ID: "s2", Kind: plan.ByDay, At: "09:00", Text: "话"}}}, community.Audit{}))(t)
	for _, ev := range events {
		fine(t, s.EnterSOP(ctx, p, ev.Group, community.Audit{}))
	}
	for _, m := range must(s.SOPGroups(ctx, p.ID))(t) {
		slots := []plan.Slot{{Key: "s1@2026-01-02", Step: "s1", Due: m.Entered, Library: item, Values: values}, {Key: "s2@2026-01-02", Step: "s2", Due: m.Entered, Post: plan.Post{Text: "话"}}}
		fine(t, s.Materialise(ctx, p, m, slots, m.Entered+10))
	}
	list, _, err := s.Targets(ctx, community.Scope{Org: org}, p.ID, events[0].Group, community.Page{})
	fine(t, err)
	n := slices.IndexFunc(list, func(k plan.Target) bool { return k.Library == item })
	if n < 0 || len(list) != 2 || !maps.Equal(list[n].Values, values) || list[n].LibraryN != 0 || !list[1-n].Library.IsZero() {
		t.Fatalf("turns = %+v", list)
	}
	for i, k := range []plan.Target{list[n], list[1-n]} {
		like, err := s.WaitingLike(ctx, k, k.Due+60_000, 10)
		if err != nil || len(like) != 1 || like[0].Slot != k.Slot || like[0].Group != events[1].Group {
			t.Errorf("like turn %d wait %+v, %v; want that of the other group", i, like, err)
		}
	}
	k := list[n]
	k.Text, k.LibraryN, k.Link = "九元", 2, plan.Attached{URL: "https://q.example/l/x", Title: "看"}
	if taken, err := s.TakeTargets(ctx, []plan.Target{k}, func([]plan.Target) (json.RawMessage, error) { return []byte(`{}`), nil }); err != nil || len(taken) != 1 {
		t.Fatalf("taken = %+v, %v", taken, err)
	}
	if now, err := s.TargetNow(ctx, k.ID); err != nil || now.Text != "九元" || now.LibraryN != 2 || now.Link != k.Link || now.Library != item {
		t.Errorf("what was said is kept as %+v, %v", now, err)
	}
	named, err := s.SOPsNaming(ctx, org, item)
	if err != nil || len(named) != 1 || named[0].ID != p.ID || len(named[0].In) != 2 {
		t.Errorf("named in %+v, %v", named, err)
	}
	for _, other := range []struct {
		org  community.OrgKey
		item community.ID
	}{{org + 1, item}, {org, s.NewID()}} {
		if named, err := s.SOPsNaming(ctx, other.org, other.item); err != nil || len(named) != 0 {
			t.Errorf("named in %+v, %v; want nowhere", named, err)
		}
	}
}
