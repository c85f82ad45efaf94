package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// revealsAreKept proves that a name opens by a second person only, to whoever asked, and on record.
func revealsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	u, other := somebody(t, s, "lin"), somebody(t, s, "zhou")
	l := NewLog(s)
	evs := l.Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")))
	anna := must(desk(s).MembersByKey(ctx, []community.MemberKey{evs[0].Actor}))(t)[0]
	wish := community.Reveal{Org: 1, MemberID: anna.ID, AskedBy: u.ID.String(), Reason: "核对申诉"}
	stranger := wish
	stranger.Org = 2
	_, err := s.AskReveal(ctx, stranger)
	wants(t, "a member of another organisation", err, community.CodeNotFound)
	v := must(s.AskReveal(ctx, wish))(t)
	_, err = s.AskReveal(ctx, wish)
	wants(t, "asked twice", err, community.CodeConflict)
	if n := len(must(s.OpenReveals(ctx, u.ID))(t)); n != 0 {
		t.Errorf("%d names are open before anybody agreed", n)
	}
	wants(t, "agreed by whoever asked", s.DecideReveal(ctx, 1, v.ID, 9e15, by(u.ID.String())), community.CodeForbidden)
	wants(t, "agreed from another organisation", s.DecideReveal(ctx, 2, v.ID, 9e15, by(other.ID.String())), community.CodeNotFound)
	fine(t, s.DecideReveal(ctx, 1, v.ID, 9e15, by(other.ID.String())))
	wants(t, "answered twice", s.DecideReveal(ctx, 1, v.ID, 0, by(other.ID.String())), community.CodeConflict)
	open := must(s.OpenReveals(ctx, u.ID))(t)
	if len(open) != 1 || open[0].Member != anna.Key || open[0].MemberID != anna.ID || open[0].DecidedBy != other.ID.String() || open[0].Why != "why" {
		t.Fatalf("open = %+v", open)
	}
	if n := len(must(s.OpenReveals(ctx, other.ID))(t)); n != 0 {
		t.Error("the name is open to whoever agreed, too")
	}
	fine(t, s.SawReveal(ctx, open[0]))
	fine(t, s.SawReveal(ctx, open[0]))
	v = must(s.AskReveal(ctx, wish))(t)
	fine(t, s.DecideReveal(ctx, 1, v.ID, 0, by(other.ID.String())))
	v = must(s.AskReveal(ctx, wish))(t)
	fine(t, s.DecideReveal(ctx, 1, v.ID, 1, by(other.ID.String()))) // over long ago
	if n := len(must(s.OpenReveals(ctx, u.ID))(t)); n != 1 {
		t.Errorf("%d names are open, want the one whose time lasts", n)
	}
	if list := must(s.Reveals(ctx, 1, 10))(t); len(list) != 3 || len(must(s.Reveals(ctx, 2, 10))(t)) != 0 {
		t.Errorf("listed = %+v", list)
	}
	roster := rosterOf(tea, at("2026-01-02 10:00:00"), "anna", "ben")
	word := say(tea, "ben", "早", at("2026-01-02 10:01:00"))
	word.Body.Role = community.RoleAdmin
	l.Append(t, roster, word)
	caughtUp(t, s)
	heads := must(desk(s).Heads(ctx, []community.GroupKey{evs[0].Group}))(t)
	if len(heads) != 1 || heads[0].Name != "ben" || heads[0].Group != evs[0].Group || heads[0].Member == 0 {
		t.Errorf("heads = %+v, want ben", heads)
	}
	if elsewhere := must(s.For(community.Scope{Org: 2}).Heads(ctx, []community.GroupKey{evs[0].Group}))(t); len(elsewhere) != 0 {
		t.Errorf("another organisation sees who runs the group: %+v", elsewhere)
	}
	for verb, want := range map[string]int{"reveal.ask": 3, "reveal.agree": 2, "reveal.refuse": 1, "reveal.see": 1} {
		if n := audited(t, s, verb); n != want {
			t.Errorf("%s is %d times on record, want %d", verb, n, want)
		}
	}
}
