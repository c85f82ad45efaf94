package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/store"
)

// digestsAreKept: talk is read in its order with who answers whom; a digest is kept once for its days, changed by who read it last, and seen
// within its scope.
func digestsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	first := say(tea, "a", "泡几分钟？", at("2026-01-01 10:00:00"))
	first.Body.Message = "m1"
	answer := say(tea, "b", "三分钟", at("2026-01-01 10:01:00"))
	answer.Body.Message, answer.Body.ReplyTo = "m2", "m1"
	blank := say(tea, "a", "", at("2026-01-01 10:02:00"))
	events := l.Append(t, first, answer, blank)
	g := events[0].Group
	caughtUp(t, s)
	talks := must(desk(s).Talks(ctx, g))(t)
	talk := must(talks(at("2026-01-01 00:00:00"), at("2026-01-02 00:00:00"), 10))(t)
	if len(talk) != 2 || talk[0].Text != "泡几分钟？" || talk[1].ReplyTo != talk[0].Number || talk[0].Bot || talk[0].Member == talk[1].Member {
		t.Fatalf("talk = %+v", talk)
	}
	same(t, "before it", len(must(talks(0, at("2026-01-01 00:00:00"), 10))(t)), 0)
	if _, err := talks(0, at("2026-01-02 00:00:00"), 2); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("more than may be read: %v", err)
	}
	audit := community.Audit{User: "ming", Verb: "digest.make"}
	place := must(desk(s).GroupByKey(ctx, g))(t)
	r := digest.Record{Group: g, GroupID: place.ID, GroupName: place.Name, From: 20_454, To: 20_454, User: "ming", Text: "文字", Found: digest.Digest{Messages: 2, Speakers: 2, Open: []int64{talk[0].Number}, OpenAll: 1}}
	r = must(s.AddDigest(ctx, 1, r, audit))(t)
	same(t, "kept", must(desk(s).Digest(ctx, r.ID))(t), r)
	same(t, "of its days", must(desk(s).DigestOf(ctx, g, 20_454, 20_454))(t), r)
	if _, err := s.AddDigest(ctx, 1, digest.Record{Group: g, From: 20_454, To: 20_454}, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("twice of the same days: %v", err)
	}
	changed := r
	changed.Text, changed.Edited, changed.State = "改过", 5, digest.Dropped
	changed = must(s.ChangeDigest(ctx, 1, changed, audit))(t)
	same(t, "changed", must(desk(s).Digest(ctx, r.ID))(t), changed)
	if _, err := s.ChangeDigest(ctx, 1, r, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("changed as it was read before: %v", err)
	}
	if _, err := s.ChangeDigest(ctx, 2, changed, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("another organisation changes it: %v", err)
	}
	list, n, err := desk(s).Digests(ctx, 0, community.Page{})
	same(t, "list", []any{list, n, err}, []any{[]digest.Record{changed}, 1, nil})
	elsewhere := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g + 1}})
	if _, err := elsewhere.Digest(ctx, r.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("outside the scope: %v", err)
	}
	list, n, err = elsewhere.Digests(ctx, 0, community.Page{})
	same(t, "list outside the scope", []any{len(list), n, err}, []any{0, 0, nil})
	w := digest.Watch{Group: g, Org: 1, Daily: true, Hour: 7, Lang: "en"}
	if err := s.SaveDigestWatch(ctx, w, audit); err != nil {
		t.Fatal(err)
	}
	w.Daily, w.Weekly, w.Hour = false, true, 23
	if err := s.SaveDigestWatch(ctx, w, audit); err != nil {
		t.Fatal(err)
	}
	same(t, "watched", must(s.DigestWatches(ctx, 0))(t), []digest.Watch{w})
	same(t, "of another organisation", len(must(s.DigestWatches(ctx, 2))(t)), 0)
}
