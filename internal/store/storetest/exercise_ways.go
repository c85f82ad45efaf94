package storetest

import (
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// waysAreRead: the ways of members are read from the log: who joined by whom, first words, and who turned to whom soon after.
func waysAreRead(t *testing.T, s *store.Store) {
	l := NewLog(s)
	first := say(tea, "anna", "大家好", at("2026-01-05 10:00:00"))
	reply := say(tea, "ben", "欢迎", at("2026-01-05 10:01:00"))
	reply.Body.ReplyTo = first.Body.Message
	late := say(tea, "ben", "@anna 还在吗", at("2026-01-20 10:00:00")) // more than seven days after joining
	late.Body.Segments = []community.Segment{{Kind: "at", Ref: who("anna").ID, Text: "@anna"}, {Kind: "text", Text: " 还在吗"}}
	evs := l.Append(t, join(tea, "ben", at("2026-01-01 09:00:00")), say(tea, "ben", "早", at("2026-01-01 09:01:00")), join(tea, "anna", at("2026-01-05 09:00:00")), first, reply, late,
		join(tea, "cora", at("2026-01-06 09:00:00")))
	caughtUp(t, s)
	g, ben, anna := evs[0].Group, evs[0].Actor, evs[2].Actor
	h := must(desk(s).History(t.Context(), g, day(t, "2026-01-31")))(t)
	tr := must(desk(s).Traces(t.Context(), g, h))(t)
	same(t, "first words", len(tr.FirstWords), 2)
	same(t, "who turned to newcomers in time", tr.Contacts, []measure.Contact{{From: ben, To: anna, At: at("2026-01-05 10:01:00"), Reply: true}})
	ways := measure.Ways(h, tr)
	same(t, "people with a way", len(ways), 3)
	for _, w := range ways {
		if (w.At[measure.Heard] > 0) != (w.Member == anna) {
			t.Errorf("heard %d of member %d", w.At[measure.Heard], w.Member)
		}
	}
	list, cover, err := desk(s).Contacts(t.Context(), g, day(t, "2026-01-01"), day(t, "2026-01-31"))
	if err != nil || len(list) != 2 || cover.Of != 31 {
		t.Errorf("contacts = %+v of %+v, %v; want both", list, cover, err)
	}
	if _, _, err := desk(s).Contacts(t.Context(), 999, 1, 2); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a group that is not there: %v", err)
	}
}

// paymentsAreKept: a payment stands until it is void; the same number is entered once while it stands.
func paymentsAreKept(t *testing.T, s *store.Store) {
	l := NewLog(s)
	evs := l.Append(t, say(tea, "anna", "买了", at("2026-01-05 10:00:00")), say(community.Ref{ID: "book", Name: "书友群"}, "ben", "好", at("2026-01-05 10:00:00")))
	caughtUp(t, s)
	g, other, anna := evs[0].Group, evs[1].Group, evs[0].Actor
	audit := community.Audit{Org: 1, User: "ming", Verb: "payment.add"}
	pay := func(list ...community.Payment) []community.Payment {
		t.Helper()
		return must(s.AddPayments(t.Context(), list, audit))(t)
	}
	one := community.Payment{Group: g, Member: anna, At: at("2026-01-06 10:00:00"), Amount: 9900, Currency: "CNY", What: "年卡", Ref: "A1", User: "ming"}
	back, dollars, elsewhere := one, one, one
	back.Amount, back.Ref, back.At = -4000, "", at("2026-01-07 10:00:00")
	dollars.Amount, dollars.Currency, dollars.Ref = 1000, "USD", "A2"
	elsewhere.Group = other // the same number in another group is another order
	same(t, "entered", len(pay(one, back, dollars, elsewhere, back)), 5)
	same(t, "entered again", len(pay(one, dollars)), 0)
	paid := must(desk(s).Paid(t.Context(), g, day(t, "2026-01-06"), day(t, "2026-01-07")))(t)
	same(t, "in yuan", paid["CNY"], []measure.Payment{{Member: anna, At: one.At, Amount: 9900}, {Member: anna, At: back.At, Amount: -4000}, {Member: anna, At: back.At, Amount: -4000}})
	same(t, "in dollars", len(paid["USD"]), 1)
	list, n, err := desk(s).FindPayments(t.Context(), community.PaymentFilter{Group: g, Page: community.Page{Limit: 2}})
	if err != nil || n != 4 || len(list) != 2 || list[0].Name == "" || list[0].GroupName != "茶友群" || list[0].At != back.At {
		t.Fatalf("list = %+v of %d, %v; want the latest of 4", list, n, err)
	}
	if _, total, err := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{other}}).FindPayments(t.Context(), community.PaymentFilter{}); err != nil || total != 1 {
		t.Errorf("in the scope of another group: %d, %v", total, err)
	}
	all, _, err := desk(s).FindPayments(t.Context(), community.PaymentFilter{Group: g, Page: community.Page{Limit: 50}})
	if err != nil {
		t.Fatal(err)
	}
	id := all[slices.IndexFunc(all, func(p community.PaymentRow) bool { return p.Ref == "A1" })].ID
	audit.Verb = "payment.void"
	if err := s.VoidPayment(t.Context(), id, "ming", "记错了人", audit); err != nil {
		t.Fatal(err)
	}
	if err := s.VoidPayment(t.Context(), id, "ming", "再来", audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("void twice: %v, want a conflict", err)
	}
	paid = must(desk(s).Paid(t.Context(), g, day(t, "2026-01-06"), day(t, "2026-01-07")))(t)
	same(t, "in yuan without what is void", len(paid["CNY"]), 2)
	same(t, "the number of what is void is free", len(pay(one)), 1)
	same(t, "standing", must2(desk(s).FindPayments(t.Context(), community.PaymentFilter{Group: g, Standing: true}))(t), 4)
}

// must2 gives the number of a list.
func must2[T any](_ []T, n int, err error) func(testing.TB) int {
	return func(t testing.TB) int {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}
