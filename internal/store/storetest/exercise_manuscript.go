package storetest

import (
	"sync"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

func draftsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	const org = community.OrgKey(1)
	by, scope := community.Audit{User: "lin", Reason: "新写"}, community.Scope{Org: org}
	up, err := s.AddUpload(ctx, store.Upload{Medium: store.Medium{Hash: "dd", Bytes: 3, Type: "image/png", Name: "图.png"}, Org: org, User: "lin"})
	fine(t, err)
	picture := plan.Piece{Kind: "image", File: up.ID, Name: up.Name, Type: up.Type, Bytes: 3}
	w := plan.Writing{Title: "第三章", Text: "正文", Class: plan.Useful, Pictures: []plan.Piece{picture}, To: plan.To{Groups: true, Page: true, Filter: plan.Filter{Groups: []community.GroupKey{7}}}}
	m, err := s.SaveManuscript(ctx, plan.Manuscript{Org: org, Writing: w}, by)
	fine(t, err)
	old := m
	m.Text, m.Pictures = "改过", nil
	m, err = s.SaveManuscript(ctx, m, by)
	fine(t, err)
	if _, err := s.SaveManuscript(ctx, old, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("an edit of what was: %v, want a conflict", err)
	}
	if pinned, err := s.PinnedMedia(ctx); err != nil || len(pinned) != 1 {
		t.Errorf("pinned = %v, %v; want the picture of the version before", pinned, err)
	}
	if _, err := s.SaveManuscript(ctx, plan.Manuscript{Org: org, Writing: plan.Writing{Title: "x", Text: "y", Cover: plan.Piece{File: s.NewID()}}}, by); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a picture that is not kept: %v", err)
	}
	v, err := s.ManuscriptVersions(ctx, m.ID)
	if err != nil || len(v) != 2 || v[1].Text != "正文" || v[0].Note != "新写" || len(v[0].Against(v[1].Writing)) != 2 {
		t.Errorf("versions = %+v, %v", v, err)
	}

	// Of many who send it at once one does, and what was drawn for it stays.
	box := plan.BoxChannel(s.NewID())
	for _, c := range []plan.Channel{plan.ChannelPage, box, plan.GroupsChannel("wecom")} {
		claims := make([]error, 4)
		var wg sync.WaitGroup
		for i := range claims {
			wg.Go(func() { _, claims[i] = s.ClaimChannel(ctx, m, c, by) })
		}
		wg.Wait()
		got := 0
		for _, err := range claims {
			if err == nil {
				got++
			} else if community.CodeOf(err) != community.CodeConflict {
				t.Errorf("%s: %v", c, err)
			}
		}
		if got != 1 {
			t.Errorf("%s was claimed %d times at once", c, got)
		}
	}
	if m, err = s.Manuscript(ctx, scope, m.ID); err != nil || len(m.Went) != 3 {
		t.Fatalf("went = %+v, %v", m.Went, err)
	}
	first := m.StandFor(box)
	if first.State != plan.ChannelGoing || first.Version != 2 || first.Tries != 1 || first.User != "lin" || first.Ref.IsZero() {
		t.Errorf("claimed = %+v", first)
	}
	failed := first
	failed.State, failed.Code, failed.Why, failed.Steps = plan.ChannelFailed, community.CodeLimited, [2]string{"太频繁", "too often"}, []byte(`{"cover":"c"}`)
	fine(t, s.NoteChannel(ctx, m.ID, failed))
	again, err := s.ClaimChannel(ctx, m, box, by)
	if err != nil || again.Ref != first.Ref || again.Tries != 2 || string(again.Steps) != `{"cover":"c"}` || again.Why[0] != "" {
		t.Errorf("claimed again = %+v, %v", again, err)
	}
	if err := s.NoteChannel(ctx, m.ID, failed); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("noted by the try before: %v, want a conflict", err)
	}
	again.State, again.Handle = plan.ChannelSent, "draft-1"
	fine(t, s.NoteChannel(ctx, m.ID, again))
	if _, err := s.ClaimChannel(ctx, m, box, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("sent twice: %v", err)
	}

	// Its page.
	page, err := s.PublishPage(ctx, plan.WebPage{Org: org, Kind: plan.PageOfManuscript, Ref: m.ID, Sheet: w.SheetOf(1)}, by)
	fine(t, err)
	newer, err := s.PublishPage(ctx, plan.WebPage{Org: org, Kind: plan.PageOfManuscript, Ref: m.ID, Sheet: m.SheetOf(2)}, by)
	if err != nil || newer.ID != page.ID || newer.Code != page.Code || newer.Version != 2 {
		t.Errorf("published again = %+v, %v; want the same page", newer, err)
	}
	if err := s.WithdrawPage(ctx, page, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("withdrawn by who saw what it showed before: %v", err)
	}
	fine(t, s.WithdrawPage(ctx, newer, by))
	seen, err := s.WebPageByCode(ctx, page.Code)
	if err != nil || seen.Withdrawn == 0 || seen.Why != "新写" || seen.Of != 2 || seen.Org != org {
		t.Errorf("withdrawn = %+v, %v", seen, err)
	}
	if _, err := s.WebPageOf(ctx, org+1, plan.PageOfManuscript, m.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation's page: %v", err)
	}
	short := s.NewID()
	fine(t, s.CountWebPage(ctx, page.ID, short))
	fine(t, s.CountWebPage(ctx, page.ID, s.NewID()))
	if seen, err = s.WebPageOf(ctx, org, plan.PageOfManuscript, m.ID); err != nil || seen.Short != short {
		t.Errorf("short link = %v, %v; want the first", seen.Short, err)
	}
	if v, err := s.WebPageVersions(ctx, page.ID); err != nil || len(v) != 2 || v[1].Of != 1 || len(v[1].Files()) != 1 {
		t.Errorf("versions of the page = %+v, %v", v, err)
	}
	if m, err = s.Manuscript(ctx, scope, m.ID); err != nil || m.StandFor(plan.ChannelPage).State != plan.ChannelWithdrawn || m.StandFor(plan.ChannelPage).Why[0] != "新写" {
		t.Errorf("its page stands %+v, %v", m.StandFor(plan.ChannelPage), err)
	}

	if list, n, err := s.Manuscripts(ctx, scope, false, community.Page{Limit: 10}); err != nil || n != 1 || len(list) != 1 || len(list[0].Went) != 3 {
		t.Errorf("drafts = %d of %d, %v", len(list), n, err)
	}
	if _, err := s.Manuscript(ctx, community.Scope{Org: org + 1}, m.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation's draft: %v", err)
	}
	for group, want := range map[community.GroupKey]int{7: 1, 8: 0} {
		if _, n, err := s.Manuscripts(ctx, community.Scope{Org: org, Groups: []community.GroupKey{group}}, false, community.Page{}); err != nil || n != want {
			t.Errorf("who sees group %d alone finds %d, %v; want %d", group, n, err, want)
		}
	}
	if _, err := s.Manuscript(ctx, community.Scope{Org: org, Groups: []community.GroupKey{8}}, m.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("seen by who sees none of its groups: %v", err)
	}
	fine(t, s.ArchiveManuscript(ctx, m, true, by))
	if err := s.ArchiveManuscript(ctx, m, true, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("put away by who saw it before: %v, want a conflict", err)
	}
	if _, n, err := s.Manuscripts(ctx, scope, true, community.Page{}); err != nil || n != 1 {
		t.Errorf("put away = %d, %v", n, err)
	}
}
