package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/points"
	"qunluo/internal/store"
)

// pointsAreKept: the ledger is booked once and in order, a day's speaking is one row, a recalled message loses exactly what it
// earned whichever came first, counter-entries stand once, guests are paid once, and the ranking adds all of it up.
func pointsAreKept(t *testing.T, s *store.Store) {
	ctx, l := t.Context(), NewLog(s)
	evs := l.Append(t, say(tea, "earns", "早上好", at("2026-01-01 10:00:00")), say(tea, "rests", "早", at("2026-01-01 10:00:01")))
	g, m, other := evs[0].Group, evs[0].Actor, evs[1].Actor
	rules := points.Default()
	rules.On = true
	for range 2 { // the second changes nothing of how far it was read
		if err := s.SetPoints(ctx, 1, g, rules, community.Audit{User: "ming"}); err != nil {
			t.Fatal(err)
		}
	}
	list := must(s.PointsGroups(ctx, g))(t)
	if len(list) != 1 || list[0].Rules != rules || list[0].Seq != evs[1].Seq {
		t.Fatalf("groups = %+v, want the rules, from seq %d on", list, evs[1].Seq)
	}
	seq := list[0].Seq
	book := func(b store.PointsBook) {
		t.Helper()
		b.From, b.To = seq, seq+1
		if err := s.BookPoints(ctx, g, b); err != nil {
			t.Fatal(err)
		}
		if err := s.BookPoints(ctx, g, b); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("booked twice: %v, want a conflict", err)
		}
		seq++
	}
	spoke := func(amount, gain int, message string) points.Entry {
		return points.Entry{Group: g, Member: m, Reason: points.Spoke, Amount: amount, Gain: gain, Message: message, Ref: "speak:1:1", At: 10}
	}
	ranked := func(what string, want points.Row) {
		t.Helper()
		got, _, err := s.PointsRank(ctx, g, m, 0, community.Page{})
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: ranking = %+v, %v", what, got, err)
		}
		same(t, what, []int64{got[0].Points, got[0].Signed, got[0].Spoke, got[0].Invited, got[0].Hand}, []int64{want.Points, want.Signed, want.Spoke, want.Invited, want.Hand})
	}
	sign := points.Entry{Group: g, Member: m, Reason: points.Signed, Amount: 5, Gain: 5, Message: "m0", Ref: "sign:1:1", At: 9}
	book(store.PointsBook{Entries: []points.Entry{sign, spoke(1, 1, "m1"), spoke(2, 1, "m2")}, States: map[community.MemberKey]points.State{m: {Streak: 3, Spoke: 2}}})
	ranked("a day's speaking is one row", points.Row{Points: 7, Signed: 5, Spoke: 2})
	same(t, "state", must(s.PointsState(ctx, g, m))(t), points.State{Streak: 3, Spoke: 2})

	book(store.PointsBook{Recalls: []points.Recall{{Message: "m1", Event: 4, At: 11}, {Message: "m1", Event: 5, At: 12}, {Message: "m4", Event: 6, At: 12}, {Message: "never", Event: 7}}})
	ranked("recalled twice, lost once", points.Row{Points: 6, Signed: 5, Spoke: 1})
	book(store.PointsBook{Entries: []points.Entry{spoke(3, 1, "m3"), spoke(5, 2, "m4")}})
	ranked("a recall that came first", points.Row{Points: 7, Signed: 5, Spoke: 2})
	same(t, "taken back of the row", must(s.PointsRecalled(ctx, g, "speak:1:1"))(t), -3)
	book(store.PointsBook{Recalls: []points.Recall{{Message: "m0", Event: 8, At: 13}}})
	ranked("a recalled sign-in", points.Row{Points: 2, Spoke: 2})

	given := must(s.GivePoints(ctx, 1, points.Entry{Group: g, Member: m, Reason: points.ByHand, Amount: 30, User: "ming", Note: "活动"}, community.Audit{User: "ming", Verb: "points.give"}))(t)
	back := points.Entry{Group: g, Member: m, Reason: points.Undone, Amount: -30, Ref: "undo:" + given.Ref, Note: given.Ref}
	must(s.GivePoints(ctx, 1, back, community.Audit{User: "ming", Verb: "points.undo"}))(t)
	if _, err := s.GivePoints(ctx, 1, back, community.Audit{}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("taken back twice: %v, want a conflict", err)
	}
	if e := must(s.PointsEntry(ctx, given.ID))(t); !e.Undone || e.Member != m || e.Note != "活动" {
		t.Errorf("entry = %+v, want it taken back", e)
	}
	if _, err := s.PointsEntry(ctx, s.NewID()); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("an entry that is not there: %v", err)
	}
	back = points.Entry{Group: g, Member: m, Reason: points.Undone, Amount: -2, Ref: "undo:speak:1:1", Note: "speak:1:1"}
	must(s.GivePoints(ctx, 1, back, community.Audit{User: "ming", Verb: "points.undo"}))(t)
	book(store.PointsBook{Recalls: []points.Recall{{Message: "m2", Event: 9, At: 14}}})
	ranked("of a row taken back whole, a recall takes nothing more", points.Row{Points: 0, Spoke: 2, Hand: 30})

	guest := points.Guest{Group: g, Member: other, Inviter: m, Event: 20, Due: 50}
	book(store.PointsBook{Guests: []points.Guest{guest, {Group: g, Member: other + 1000, Inviter: m, Event: 21, Due: 50}}})
	book(store.PointsBook{Gone: []community.MemberKey{other + 1000}})
	if due := must(s.GuestsDue(ctx, 49))(t); len(due) != 0 {
		t.Errorf("due before their time: %+v", due)
	}
	same(t, "due", must(s.GuestsDue(ctx, 50))(t), []points.Guest{guest})
	for range 2 {
		if err := s.GuestStayed(ctx, guest, points.Stayed(rules, guest)); err != nil {
			t.Fatal(err)
		}
	}
	ranked("paid once for a guest", points.Row{Points: 20, Spoke: 2, Hand: 30, Invited: 20})
	entries := must(s.PointsEntries(ctx, g, m, community.Page{}))(t)
	same(t, "rows of the ledger", len(entries), 9)
}
