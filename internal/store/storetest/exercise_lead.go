package storetest

import (
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// leadsAreKept: a rule has versions; signals come from links that were opened and from what people enter, once each; accounts of one human
// are one person, and whoever is known by words alone is one by them.
func leadsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, two, _ := twoPlatforms(t, s)
	caughtUp(t, s)
	audit := community.Audit{Org: 1, User: "ming", Verb: "lead.rule"}
	same(t, "nobody wrote one", must(s.LeadRule(ctx, 1))(t).Version, 0)
	r := measure.DefaultLeadRule()
	must(s.SetLeadRule(ctx, 1, r, "第一版", audit))(t)
	r.Least = 2
	must(s.SetLeadRule(ctx, 1, r, "放宽", audit))(t)
	versions := must(s.LeadRules(ctx, 1))(t)
	same(t, "versions", []any{len(versions), versions[0].Version, versions[0].Least, versions[0].Note, versions[1].Least, versions[1].User}, []any{2, 2, 2, "放宽", 3, "ming"})
	same(t, "another organisation's", must(s.LeadRule(ctx, 2))(t).Version, 0)

	when := at("2026-01-05 10:00:00")
	signals := []measure.Signal{{Member: one.Key, Who: "anna", Kind: measure.SignalSignup, At: when, Source: "展会"}, {Who: "路人", Kind: measure.SignalSignup, At: when}, {Who: "路人", Kind: measure.SignalFollow, At: when + 1}, {Who: "别人", Kind: measure.SignalSignup, At: when}}
	same(t, "entered", must(s.AddSignals(ctx, 1, signals, audit))(t), 4)
	same(t, "the same again", must(s.AddSignals(ctx, 1, signals, audit))(t), 0)
	link := must(s.AddShort(ctx, admit.Short{Org: 1, Title: "攻略", Target: "https://example.org/a", For: admit.ForArticle, By: "ming"}, audit))(t)
	token := must(s.ShortFor(ctx, link, two.Key))(t)
	fine(t, s.CountOpening(ctx, link, token, 20_000))
	read := func() map[string]int {
		t.Helper()
		persons := map[int64]bool{}
		count := map[string]int{}
		for _, v := range must(desk(s).Signals(ctx, 0))(t) {
			persons[v.Person] = true
			count[v.Kind]++
			if v.Hand != (v.Kind != measure.SignalLink) || v.At <= 0 {
				t.Errorf("signal %+v", v)
			}
		}
		count["persons"] = len(persons)
		return count
	}
	same(t, "signals", read(), map[string]int{measure.SignalSignup: 3, measure.SignalFollow: 1, measure.SignalLink: 1, "persons": 4})
	must(s.MergeMembers(ctx, one, two, "", audit))(t)
	same(t, "two accounts are one person", read()["persons"], 3)
	same(t, "another organisation's signals", len(must(s.For(community.Scope{Org: 2}).Signals(ctx, 0))(t)), 0)
	same(t, "since a later time", len(must(desk(s).Signals(ctx, at("2099-01-01 00:00:00")))(t)), 0)
	same(t, "by the platform's id", must(desk(s).MembersCalled(ctx, one.External))(t)[0], one.Key)
	same(t, "nobody", len(must(desk(s).MembersCalled(ctx, "nobody at all"))(t)), 0)
	must(desk(s).Activations(ctx, 0))(t)
}
