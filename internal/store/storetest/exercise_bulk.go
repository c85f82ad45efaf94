package storetest

import (
	"testing"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/store"
)

// bulksAreKept: a proposal with its people is decided upon with what was spent, moves once, and counts what became of each.
func bulksAreKept(t *testing.T, s *store.Store) {
	ctx, l := t.Context(), NewLog(s)
	ev := l.Append(t, say(tea, "many", "早", at("2026-01-01 10:00:00")))[0]
	add := func(want bulk.Spent, state bulk.State, second bool) bulk.Proposal {
		t.Helper()
		items := []bulk.Item{{Group: ev.Group, Member: ev.Actor}, {Group: ev.Group, Member: ev.Actor, Ref: community.ID{1}}}
		p, err := s.AddBulk(ctx, bulk.Proposal{Org: 1, Kind: bulk.Remove, User: "anna", Reason: "x", Total: 2, People: 1, Out: []bulk.Left{{Why: "left", N: 1, Names: []string{"李"}}}}, items, 1,
			func(p bulk.Proposal, spent bulk.Spent) (bulk.Proposal, error) {
				if spent != want {
					t.Errorf("spent = %+v, want %+v", spent, want)
				}
				p.State, p.Second, p.Created = state, second, at("2026-01-01 10:00:00")
				return p, nil
			}, community.Audit{User: "anna", Verb: "bulk.propose"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := add(bulk.Spent{}, bulk.Approved, false)
	add(bulk.Spent{Alone: 2, All: 2}, bulk.Refused, true)
	add(bulk.Spent{Alone: 2, All: 2}, bulk.Waiting, true)
	if spent, err := s.BulkSpent(ctx, 1, bulk.Remove, "ben", 1); err != nil || spent != (bulk.Spent{All: 4}) {
		t.Errorf("spent by another = %+v, %v", spent, err)
	}
	_, err := s.AddBulk(ctx, bulk.Proposal{Org: 1, Kind: bulk.Remove}, nil, 1, func(p bulk.Proposal, _ bulk.Spent) (bulk.Proposal, error) {
		return p, community.Errorf(community.CodeTooLarge, "too many")
	}, community.Audit{})
	if community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("refused within = %v", err)
	}
	p.State, p.Began = bulk.Running, 7
	if err := s.MoveBulk(ctx, bulk.Approved, p, community.Audit{User: "system", Verb: "bulk.start"}); err != nil {
		t.Fatal(err)
	}
	if err := s.MoveBulk(ctx, bulk.Approved, p, community.Audit{}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("moved twice: %v, want a conflict", err)
	}
	if err := s.BulkItemIs(ctx, p.ID, bulk.Item{N: 1, State: "done", Decision: community.ID{9}}); err != nil {
		t.Fatal(err)
	}
	got, err := s.BulkByID(ctx, p.ID)
	if err != nil || got.Progress.Done != 1 || got.Progress.Planned != 1 || got.Began != 7 || len(got.Out) != 1 || got.Out[0].Names[0] != "李" {
		t.Errorf("proposal = %+v, %v", got, err)
	}
	items, err := s.BulkItems(ctx, p.ID, "planned", 0, 10)
	if err != nil || len(items) != 1 || items[0].N != 2 || items[0].Ref != (community.ID{1}) || items[0].Member != ev.Actor {
		t.Errorf("items = %+v, %v", items, err)
	}
	if times, err := s.BulkTimes(ctx, ev.Group, 1); err != nil || len(times) != 1 {
		t.Errorf("times = %v, %v", times, err)
	}
	if list, n, err := s.Bulks(ctx, community.Scope{Org: 1}, nil, "", community.Page{}); err != nil || n != 3 || list[0].State != bulk.Waiting {
		t.Errorf("list = %d, %v; want what waits first", n, err)
	}
	singles(t, s)
}

// singles examines what is done one by one: it is counted for whom and when, unless it is refused, taken back or too old.
func singles(t *testing.T, s *store.Store) {
	ctx, day := t.Context(), int64(24*3600_000)
	add := func(user string, at int64, want bulk.Spent, last int64) community.ID {
		t.Helper()
		id, err := s.AddSingle(ctx, 1, bulk.Mute, user, at-day, at, func(spent bulk.Spent, was int64) error {
			if spent != want || was != last {
				t.Errorf("spent %+v, last %d; want %+v, %d", spent, was, want, last)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := at("2026-01-05 10:00:00")
	add("anna", first, bulk.Spent{}, 0)
	second := add("anna", first+1000, bulk.Spent{Alone: 1, All: 1}, first)
	add("ben", first+2000, bulk.Spent{All: 2}, 0)
	if err := s.DropSingle(ctx, second); err != nil {
		t.Fatal(err)
	}
	_, err := s.AddSingle(ctx, 1, bulk.Mute, "anna", 0, first, func(spent bulk.Spent, _ int64) error {
		if spent != (bulk.Spent{Alone: 1, All: 2}) {
			t.Errorf("after one was taken back: %+v", spent)
		}
		return community.Errorf(community.CodeLimited, "enough")
	})
	if community.CodeOf(err) != community.CodeLimited {
		t.Errorf("refused within = %v", err)
	}
	if spent, err := s.BulkSpent(ctx, 1, bulk.Mute, "anna", first-1); err != nil || spent != (bulk.Spent{Alone: 1, All: 2}) {
		t.Errorf("spent = %+v, %v", spent, err)
	}
	add("anna", first+2*day, bulk.Spent{}, first)
	if spent, err := s.BulkSpent(ctx, 1, bulk.Mute, "anna", 0); err != nil || spent != (bulk.Spent{Alone: 1, All: 1}) {
		t.Errorf("what is too old stays: %+v, %v", spent, err)
	}
}
