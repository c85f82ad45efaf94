package storetest

import (
	"bytes"
	"encoding/hex"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/draw"
	"qunluo/internal/store"
)

// drawsAreKept: terms come back byte for byte and never change once published, a slot has one draw a date, whoever enters stands once, the list is
// frozen once and only as it was read, winners are drawn once, and a prize is marked by one person.
func drawsAreKept(t *testing.T, s *store.Store) {
	ctx, l := t.Context(), NewLog(s)
	evs := l.Append(t, say(tea, "first", "我来", at("2026-01-01 10:00:00")), say(tea, "second", "我也来", at("2026-01-01 10:00:01")))
	g := evs[0].Group
	who := must(desk(s).MembersByKey(ctx, []community.MemberKey{evs[0].Actor, evs[1].Actor}))(t)
	by := func(verb string) community.Audit { return community.Audit{Org: 1, User: "ming", Verb: verb} }
	coded := func(what string, err error, want community.Code) {
		t.Helper()
		if got := community.CodeOf(err); got != want {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	terms := draw.Default()
	terms.Group, terms.Title, terms.Sponsor, terms.Contact, terms.Redeem = "茶友群", `一月抽奖 <"&>`, "茶社", "群主", "找群主"
	terms.Closes, terms.Draws = 1_000_000_000, 1_000_000_000
	d := draw.Draw{Org: 1, Group: g, State: draw.Draft, Terms: terms, Budget: terms.Worth(), Slot: "draw", Date: "2026-01-01", Maker: "ming"}
	first := must(s.AddDraw(ctx, d, by("draw.make")))(t)
	_, err := s.AddDraw(ctx, d, by("draw.make"))
	coded("a second draw of a slot", err, community.CodeConflict)
	d.Slot, d.Date = "", ""
	other := must(s.AddDraw(ctx, d, by("draw.make")))(t)
	if first.Terms.Code == other.Terms.Code || len(first.Terms.Code) != 16 {
		t.Errorf("codes %q and %q", first.Terms.Code, other.Terms.Code)
	}
	other.Slot, other.Date = "draw", "2026-01-01"
	coded("moved into a slot that is taken", s.MoveDraw(ctx, other, by("draw.edit")), community.CodeConflict)
	_, err = s.DrawAt(ctx, first.Terms.Code)
	coded("the page of a draft", err, community.CodeNotFound)

	seed := bytes.Repeat([]byte{7}, draw.SeedBytes)
	pub, err := first.Publish("qq", seed, "", 1)
	coded("publish", err, "")
	pub.Sealed = []byte("sealed")
	coded("published", s.MoveDraw(ctx, pub, by("draw.publish")), "")
	coded("published twice", s.MoveDraw(ctx, pub, by("draw.publish")), community.CodeConflict)
	kept := must(s.DrawAt(ctx, first.Terms.Code))(t)
	same(t, "published", []any{kept.State, kept.Text, kept.Commitment, string(kept.Sealed), kept.Version}, []any{draw.Published, pub.Text, draw.Commit(seed, pub.Text), "sealed", 2})
	same(t, "terms", kept.Terms, pub.Terms)
	same(t, "running", len(must(s.RunningDraws(ctx))(t)), 1)

	entry := func(i int) draw.Entry {
		return draw.Entry{Member: who[i].Key, MemberID: who[i].ID, Code: draw.EntryCode(seed, who[i].ID), Entered: int64(10 + i)}
	}
	coded("enter", s.EnterDraw(ctx, kept.ID, entry(0)), "")
	coded("enter twice", s.EnterDraw(ctx, kept.ID, entry(0)), "")
	coded("enter a draft", s.EnterDraw(ctx, other.ID, entry(0)), community.CodeLate)
	coded("leave without having entered", s.LeaveDraw(ctx, kept.ID, who[1].Key), community.CodeNotFound)
	same(t, "entered", must(desk(s).DrawByID(ctx, kept.ID))(t).Entries, 1)

	closing := kept
	closing.State, closing.ClosedAt = draw.Closed, 20
	list := []draw.Entry{entry(0)}
	coded("the second enters while it is closed", s.EnterDraw(ctx, kept.ID, entry(1)), "")
	coded("closed as it was read", s.CloseDraw(ctx, closing, list, by("draw.close")), community.CodeConflict)
	list = append(list, entry(1))
	list[1].Out = draw.OutStrike
	closing.List = draw.ListHash(draw.Codes(list))
	coded("closed", s.CloseDraw(ctx, closing, list, by("draw.close")), "")
	coded("closed twice", s.CloseDraw(ctx, closing, list, by("draw.close")), community.CodeConflict)
	coded("enter afterwards", s.EnterDraw(ctx, kept.ID, entry(1)), community.CodeLate)
	coded("leave afterwards", s.LeaveDraw(ctx, kept.ID, who[0].Key), community.CodeLate)
	all := must(s.DrawEntries(ctx, kept.ID))(t)
	page, n, err := s.DrawEntryPage(ctx, kept.ID, community.Page{})
	if err != nil || n != 2 || len(all) != 2 || page[0].Member != who[0].Key || page[0].Name != "first" || page[1].Out != draw.OutStrike {
		t.Errorf("list = %+v, page %+v, %v", all, page, err)
	}
	same(t, "of a member", must(s.DrawEntryOf(ctx, kept.ID, who[1].Key, ""))(t).Out, draw.OutStrike)
	same(t, "of a code", must(s.DrawEntryOf(ctx, kept.ID, 0, entry(0).Code))(t).Member, who[0].Key)
	_, err = s.DrawEntryOf(ctx, kept.ID, 0, "none")
	coded("no such code", err, community.CodeNotFound)

	drawn := must(s.DrawAt(ctx, first.Terms.Code))(t)
	winners := draw.Choose(drawn.Terms, seed, drawn.Commitment, "", draw.Codes(all))
	if len(winners) != 1 || winners[0].Code != entry(0).Code {
		t.Fatalf("winners = %+v", winners)
	}
	drawn.State, drawn.Seed, drawn.Sealed, drawn.DrawnAt = draw.Drawn, hex.EncodeToString(seed), nil, 30
	pay := []draw.Payout{{Code: winners[0].Code, Place: 1, Prize: "红包", Kind: draw.RedPacket, Fen: 20_00, Until: 40}}
	_, err = s.RevealDraw(ctx, drawn, []draw.Payout{{Code: "nobody", Place: 1}}, by("draw.draw"))
	coded("a winner who takes no part", err, community.CodeInternal)
	pay = must(s.RevealDraw(ctx, drawn, pay, by("draw.draw")))(t)
	_, err = s.RevealDraw(ctx, drawn, pay, by("draw.draw"))
	coded("drawn twice", err, community.CodeConflict)
	same(t, "who won", must(s.DrawWinners(ctx, kept.ID))(t)[0].Member, who[0].Key)
	end := must(desk(s).DrawByID(ctx, kept.ID))(t)
	same(t, "drawn", []any{end.Shown(), end.Text, end.Entries, end.Open, len(end.Sealed)}, []any{draw.Drawn, pub.Text, 1, 1, 0})

	open, n, err := desk(s).DrawPayouts(ctx, store.DrawPayFilter{Draw: kept.ID, State: draw.Open})
	if err != nil || n != 1 || open[0].Name != "first" || open[0].Title != terms.Title || open[0].Member != who[0].Key {
		t.Fatalf("prizes = %+v, %v", open, err)
	}
	for f, want := range map[store.DrawPayFilter]int{{Before: 39}: 0, {Before: 40}: 1, {State: draw.Paid}: 0, {Group: g}: 1, {Group: g + 1000}: 0} {
		if _, n, err := desk(s).DrawPayouts(ctx, f); err != nil || n != want {
			t.Errorf("prizes of %+v: %d, %v; want %d", f, n, err, want)
		}
	}
	paid, err := open[0].Mark("ming", "转账单 123", 35)
	coded("mark", err, "")
	coded("paid", s.MoveDrawPayout(ctx, 1, open[0], paid, by("draw.pay")), "")
	coded("paid twice", s.MoveDrawPayout(ctx, 1, open[0], paid, by("draw.pay")), community.CodeConflict)
	got := must(desk(s).DrawPayoutByID(ctx, pay[0].ID))(t)
	same(t, "paid", []any{got.State, got.PaidBy, got.Receipt, got.Times}, []any{draw.Paid, "ming", "转账单 123", 1})
	same(t, "sums", must(s.DrawSums(ctx, end, 50))(t), draw.Sums{Budget: 100_00, Worth: 100_00, Awarded: 20_00, Paid: 20_00, Left: 80_00})
	same(t, "settled", must(desk(s).DrawByID(ctx, kept.ID))(t).Shown(), draw.Settled)
	same(t, "to be told", len(must(s.RunningDraws(ctx))(t)), 1)
	coded("told of a state that is over", s.DrawTold(ctx, kept.ID, draw.Closed), "")
	same(t, "still to be told", len(must(s.RunningDraws(ctx))(t)), 1)
	coded("told", s.DrawTold(ctx, kept.ID, draw.Drawn), "")
	same(t, "running at the end", len(must(s.RunningDraws(ctx))(t)), 0)
	_, err = s.For(community.Scope{Org: 2}).DrawByID(ctx, kept.ID)
	coded("another organisation's", err, community.CodeNotFound)
	_, err = s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g + 1000}}).DrawPayoutByID(ctx, pay[0].ID)
	coded("of a group that is not seen", err, community.CodeNotFound)
	if all, n, err := desk(s).Draws(ctx, g, community.Page{}); err != nil || n != 2 || all[0].ID != other.ID {
		t.Errorf("draws = %+v, %v", all, err)
	}
}
