package storetest

import (
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/draft"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// modelCallsAreCounted: a call is on record before it goes out, no more of them than a day's limits let, and none where it is switched off or lies abroad.
func modelCallsAreCounted(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	v := draft.Default()
	v.On, v.Host, v.Model, v.Region, v.Purpose, v.Calls, v.Chars = true, "m.example", "m1", "CN", "写稿", 2, 1000
	put := func() {
		t.Helper()
		if err := s.PutSetting(ctx, 1, store.SettingModel, v, community.Audit{User: "lin", Verb: "model.set"}); err != nil {
			t.Fatal(err)
		}
	}
	put()
	same(t, "settings", must(s.ModelSettings(ctx, 1))(t), v)
	same(t, "settings of another", must(s.ModelSettings(ctx, 2))(t), draft.Default())
	ask := draft.Call{Org: 1, User: "lin", Group: g, Purpose: draft.ForPost, Host: "m.example", Region: "CN", Model: "m1", Sent: "⟦成员A⟧", SentChars: 400}
	one := must(s.BeginModelCall(ctx, ask, "CN"))(t)
	refused := func(what string, want community.Code, c draft.Call, jurisdiction string) {
		t.Helper()
		if _, err := s.BeginModelCall(ctx, c, jurisdiction); community.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	refused("abroad", community.CodeRefused, ask, "US")
	big := ask
	big.SentChars = 601
	refused("more characters than are left", community.CodeLimited, big, "CN")
	digest := ask
	digest.Purpose = draft.ForDigest
	refused("a digest", community.CodeRefused, digest, "CN")
	other := ask
	other.Host = "else.example"
	refused("another host than is set", community.CodeConflict, other, "CN")
	one.State, one.GotChars, one.TokensIn, one.TokensOut, one.Took, one.Note = draft.CallGood, 100, 20, 10, 900, "link"
	if err := s.EndModelCall(ctx, one); err != nil {
		t.Fatal(err)
	}
	one.GroupName = must(desk(s).GroupByKey(ctx, g))(t).Name
	same(t, "call", must(s.ModelCall(ctx, 1, one.ID))(t), one)
	same(t, "used", must(s.ModelUsed(ctx, 1))(t), draft.Used{Calls: 1, Chars: 500})
	if _, err := s.ModelCall(ctx, 2, one.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("of another organisation: %v", err)
	}
	must(s.BeginModelCall(ctx, ask, "CN"))(t)
	refused("more calls than a day's", community.CodeLimited, ask, "CN")
	list, n, err := s.ModelCalls(ctx, 1, community.Page{Limit: 1})
	same(t, "list", []any{len(list), n, err}, []any{1, 2, nil})
	v.On = false
	put()
	refused("switched off", community.CodeRefused, ask, "CN")
	if err := s.SweepModel(ctx); err != nil {
		t.Fatal(err)
	}
	if got := must(s.ModelCall(ctx, 1, one.ID))(t); got.Sent == "" {
		t.Error("what went out today was emptied")
	}
}

// proposalsAreKept: a proposal that waits has its job; who sees no group of it and did not make it does not find it; of two who change it one does.
func proposalsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	row := must(desk(s).GroupByKey(ctx, g))(t)
	p := draft.Proposal{Org: 1, Group: g, GroupID: row.ID, GroupName: row.Name, User: "lin", Order: draft.Order{Kind: draft.ForPost, About: "notice", Goal: "通知", Tone: "warm", Length: "short", Points: []string{"周六"}}, State: draft.Waiting, Ref: "r"}
	p = must(s.AddProposal(ctx, p))(t)
	same(t, "kept", must(s.Proposal(ctx, p.ID))(t), p)
	if jobs := must(s.ClaimJobs(ctx, "me", 100, p.Made+1000, 1000))(t); !slices.ContainsFunc(jobs, func(j store.Job) bool { return j.Kind == store.JobModel && j.Key == p.ID.String() }) {
		t.Errorf("jobs = %+v, want one that asks the model", jobs)
	}
	changed := p
	changed.State, changed.Choices, changed.Notes, changed.Model = draft.Done, []draft.Choice{{Source: draft.FromModel, Title: "t", Text: "x"}}, []string{"link", "mark"}, "m1"
	changed = must(s.ChangeProposal(ctx, changed, community.Audit{}))(t)
	same(t, "changed", must(s.Proposal(ctx, p.ID))(t), changed)
	if _, err := s.ChangeProposal(ctx, p, community.Audit{}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("changed as it was read before: %v", err)
	}
	for who, c := range map[string]struct {
		scope community.Scope
		want  int
	}{"ming": {community.Scope{Org: 1, Groups: []community.GroupKey{g + 1}}, 0}, "lin": {community.Scope{Org: 1, Groups: []community.GroupKey{g + 1}}, 1}, "owner": {community.Scope{Org: 1}, 1}, "in": {community.Scope{Org: 1, Groups: []community.GroupKey{g}}, 1}, "else": {community.Scope{Org: 2}, 0}} {
		if _, n, err := s.Proposals(ctx, c.scope, who, "r", community.Page{}); err != nil || n != c.want {
			t.Errorf("%s finds %d, %v; want %d", who, n, err, c.want)
		}
	}
	b := must(s.AddBroadcast(ctx, plan.Broadcast{Org: 1, Title: "t", Text: "x", State: plan.Draft, User: "lin", AI: "m1"}, community.Audit{User: "lin"}))(t)
	if got := must(s.BroadcastByID(ctx, community.Scope{Org: 1}, b.ID))(t); got.AI != "m1" {
		t.Errorf("mass send = %+v, want its model", got)
	}
	must(s.AddTopic(ctx, plan.Topic{Org: 1, Title: "t", Text: "x", Class: plan.Interactive, Format: "poll", AI: "m1"}, community.Audit{User: "lin"}))(t)
	if list := must(s.Topics(ctx, 1, true))(t); len(list) != 1 || list[0].AI != "m1" {
		t.Errorf("topics = %+v, want its model", list)
	}
}

// everyNameIsKnown: as people are called now, as they were, in one group or the other, with their ids; of other groups only where they are asked for.
func everyNameIsKnown(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	named := func(group community.Ref, id, name, card string, when int64) community.Inbound {
		in := say(group, id+name, "早", when)
		in.Actor = community.Who{ID: id, Name: name, Card: card}
		return in
	}
	evs := l.Append(t, named(tea, "anna", "安娜", "运营-安娜", at("2026-01-01 10:00:00")), named(tea, "anna", "Anna", "", at("2026-01-02 10:00:00")), named(threeGroups[1], "ben", "本本", "", at("2026-01-02 11:00:00")))
	if err := s.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	names := func(groups []community.GroupKey) (out []string) {
		for _, n := range must(s.KnownNames(ctx, 1, groups))(t) {
			if n.Member != 0 {
				out = append(out, n.Name)
			}
		}
		return out
	}
	in := names([]community.GroupKey{evs[0].Group})
	for _, want := range []string{"安娜", "运营-安娜", "Anna", "anna"} {
		if !slices.Contains(in, want) {
			t.Errorf("names of a group = %q, want %q among them", in, want)
		}
	}
	if slices.Contains(in, "本本") || !slices.Contains(names(nil), "本本") {
		t.Errorf("names = %q in the group, %q in all", in, names(nil))
	}
}
