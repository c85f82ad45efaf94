package storetest

import (
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// overlapsAreFound: a human who is in two groups by two accounts is shared once they are merged; another's scope sees nothing; texts sent
// by plan are found, and what a group gives that others do not is kept by version.
func overlapsAreFound(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, two, evs := twoPlatforms(t, s)
	g, other := evs[0].Group, evs[3].Group
	caughtUp(t, s)
	d := desk(s)
	before := len(must(d.SharedPeople(ctx, g))(t))
	must(s.MergeMembers(ctx, one, two, "", community.Audit{User: "test"}))(t)
	shared := must(d.SharedPeople(ctx, g))(t)
	if before != 0 || len(shared) != 1 || shared[0].Group != other || shared[0].Shared != 1 || shared[0].GroupID.IsZero() {
		t.Fatalf("shared = %+v, before the merge %d, want one person in the other group", shared, before)
	}
	list, n, err := d.SharedIn(ctx, g, 0, community.Page{})
	if err != nil || n != 1 || len(list) != 1 || len(list[0].Places) != 2 || list[0].Member.Key != one.Key {
		t.Errorf("people in both = %+v, %d (%v)", list, n, err)
	}
	if _, n, err := d.SharedIn(ctx, g, other, community.Page{}); err != nil || n != 1 {
		t.Errorf("with the other group: %d (%v)", n, err)
	}
	if _, n, err := d.SharedIn(ctx, g, 999, community.Page{}); err != nil || n != 0 {
		t.Errorf("with a group that is not: %d (%v)", n, err)
	}
	same(t, "people", must(d.GroupPeople(ctx, g))(t) > 0, true)
	narrow := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g}})
	same(t, "a narrow scope sees no other group", len(must(narrow.SharedPeople(ctx, g))(t)), 0)
	same(t, "nor does another organisation", len(must(s.For(community.Scope{Org: 2}).SharedPeople(ctx, g))(t)), 0)

	audit := community.Audit{Org: 1, User: "ming", Verb: "group.difference"}
	for i, text := range []string{"只有这里有答疑", "只有这里有作者答疑"} {
		v := must(s.PutDifference(ctx, admit.Difference{Group: g, Text: text, Against: []community.GroupKey{other}}, audit))(t)
		same(t, "version", v.Version, i+1)
	}
	versions := must(d.Differences(ctx, g))(t)
	same(t, "both stay", []any{len(versions), versions[0].Text, versions[0].Against, versions[1].Text, versions[0].User}, []any{2, "只有这里有作者答疑", []community.GroupKey{other}, "只有这里有答疑", "ming"})
	same(t, "for its page", must(s.Difference(ctx, g))(t), "只有这里有作者答疑")
	same(t, "of the other", must(s.Difference(ctx, other))(t), "")

	b := must(s.AddBroadcast(ctx, plan.Broadcast{Org: 1, Title: "答疑", Text: "本周三晚八点作者在群里答疑", Start: at("2026-01-02 20:00:00"), State: plan.Scheduled, User: "ming"}, audit))(t)
	must(s.StartBroadcast(ctx, b, []community.GroupKey{g, other}))(t)
	p := must(s.SaveSOP(ctx, plan.SOP{Org: 1, Name: "新人", Steps: []plan.Step{{ID: "a", Kind: plan.ByDay, At: "09:00", Text: "欢迎新朋友，先看群公告"}}, User: "ming"}, audit))(t)
	fine(t, s.EnterSOP(ctx, p, other, audit))
	said := must(d.Planned(ctx, []community.GroupKey{g, other}, 0))(t)
	count := map[string]int{}
	for _, one := range said {
		count[one.Source]++
	}
	same(t, "planned", count, map[string]int{admit.SaidBroadcast: 2, admit.SaidSOP: 1})
	same(t, "of the past alone", len(must(d.Planned(ctx, []community.GroupKey{g}, at("2030-01-01 00:00:00")))(t)), 0)

	code := must(s.SaveCode(ctx, admit.Code{Org: 1, Kind: admit.Group, Name: "海报", By: "ming"}, audit))(t)
	if _, opened, err := d.GroupCodes(ctx, g); err != nil || opened {
		t.Errorf("opened before any code leads to it (%v)", err)
	}
	must(s.AddEntry(ctx, code, admit.Entry{Group: g, Link: "https://example.org/a"}, nil, audit))(t)
	must(s.AddEntry(ctx, code, admit.Entry{Group: other, Link: "https://example.org/b"}, nil, audit))(t)
	sisters, opened, err := d.GroupCodes(ctx, g)
	if err != nil || !opened || len(sisters) != 1 || sisters[0] != other {
		t.Errorf("sisters = %v, opened %v (%v)", sisters, opened, err)
	}
}
