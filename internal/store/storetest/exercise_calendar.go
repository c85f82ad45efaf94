package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

func calendarKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := NewLog(s)
	group := l.Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")))[0].Group
	const org = community.OrgKey(1)
	scope := community.Scope{Org: org}
	by := community.Audit{User: "lin"}
	content := plan.Content{Title: "早报", Text: "怎么选茶？", Class: plan.Useful, Format: "article", Minutes: 30, Serves: plan.ServesGoal, Groups: []community.GroupKey{group}, Fixture: "morning", Date: "2026-01-02", At: "08:00"}
	topic, err := s.AddTopic(ctx, plan.Topic{Org: org, Title: "选茶", Text: "怎么选茶？", Class: plan.Useful, Format: "article", Options: []string{"红", "绿"}}, by)
	fine(t, err)
	content.Topic = topic.ID
	places := []plan.Place{{Group: group, Goal: 1, Name: "茶"}}
	item, err := s.SaveItem(ctx, plan.Item{Org: org, Content: content, Places: places}, by)
	fine(t, err)
	if waiting, err := s.Topics(ctx, org, true); err != nil || len(waiting) != 0 {
		t.Errorf("topics = %+v, %v; want the one used", waiting, err)
	}
	if all, err := s.Topics(ctx, org, false); err != nil || len(all) != 1 || all[0].State != plan.TopicUsed || len(all[0].Options) != 2 {
		t.Errorf("topics = %+v, %v", all, err)
	}
	if _, err := s.SaveItem(ctx, plan.Item{Org: org, Content: content, Places: places}, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("the slot twice: %v, want a conflict", err)
	}
	item, err = s.ItemByID(ctx, scope, item.ID)
	fine(t, err)
	if item.State != plan.ItemDraft || item.Version != 1 || len(item.Places) != 1 || item.Places[0].Goal != 1 || item.Places[0].Due != at("2026-01-02 08:00:00") || item.Maker != "lin" {
		t.Fatalf("item = %+v, want a draft due at 8 in Shanghai", item)
	}
	for _, other := range []community.Scope{{Org: org + 1}, {Org: org, Groups: []community.GroupKey{group + 1}}} {
		if _, err := s.ItemByID(ctx, other, item.ID); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("seen from %+v: %v", other, err)
		}
	}
	asked := item
	asked.State, asked.Asker = plan.ItemAsked, "lin"
	fine(t, s.MoveItem(ctx, asked, by))
	if err := s.MoveItem(ctx, asked, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a second who saw the same: %v, want a conflict", err)
	}
	if _, err := s.SaveItem(ctx, item, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("an edit of what was: %v, want a conflict", err)
	}
	item, err = s.ItemByID(ctx, scope, item.ID)
	fine(t, err)
	item.State, item.Approved, item.Approver = plan.ItemApproved, 1, "wu"
	fine(t, s.MoveItem(ctx, item, by))
	due, err := s.DueItems(ctx, "2026-01-02")
	fine(t, err)
	if len(due) != 1 || due[0].Approver != "wu" {
		t.Fatalf("due = %+v, want one", due)
	}
	send := plan.Broadcast{Org: org, Title: "早报", Text: content.Text, State: plan.Scheduled, Start: at("2026-01-02 08:00:00"), User: "lin", Filter: plan.Filter{Groups: []community.GroupKey{group}}}
	b, err := s.LaunchItem(ctx, due[0], send, by)
	fine(t, err)
	if _, err := s.LaunchItem(ctx, due[0], send, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("handing over twice: %v, want a conflict", err)
	}
	if item, err = s.ItemByID(ctx, scope, item.ID); err != nil || item.State != plan.ItemSent || item.Places[0].Broadcast != b.ID {
		t.Errorf("item = %+v, %v; want it sent", item, err)
	}
	if n, _, err := s.Broadcasts(ctx, scope, "", community.Page{}); err != nil || len(n) != 1 {
		t.Errorf("%d mass sends, %v; want one", len(n), err)
	}
	content.Topic, content.Date = community.ID{}, "2026-01-03"
	other, err := s.SaveItem(ctx, plan.Item{Org: org, Content: content, Places: places}, by)
	fine(t, err)
	other.State, other.Why = plan.ItemSkipped, "放假"
	fine(t, s.MoveItem(ctx, other, by))
	again, err := s.SaveItem(ctx, plan.Item{Org: org, Content: content, Places: places}, by) // the slot is free again
	fine(t, err)
	again.State = plan.ItemApproved
	fine(t, s.MoveItem(ctx, again, by))
	again.Changed++
	fine(t, s.MissPlaces(ctx, again, []community.GroupKey{group}, "群已解散", by))
	if again, err = s.ItemByID(ctx, scope, again.ID); err != nil || again.State != plan.ItemFailed || again.Why != "群已解散" || again.Places[0].Missed != "群已解散" {
		t.Errorf("item = %+v, %v; want it failed", again, err)
	}
	list, err := s.Items(ctx, scope, store.ItemFilter{From: "2026-01-03", To: "2026-01-03", Group: group, States: []plan.ItemState{plan.ItemSkipped, plan.ItemFailed}})
	if err != nil || len(list) != 2 {
		t.Errorf("%d items on the 3rd, %v; want two", len(list), err)
	}
	if v, err := s.ItemVersions(ctx, again.ID); err != nil || len(v) != 1 || v[0].User != "lin" {
		t.Errorf("versions = %+v, %v", v, err)
	}
	for n, of := range []community.Type{community.MessageCreated, community.GroupDissolved, community.MessageCreated} {
		in := say(tea, "anna", "在", at("2026-01-01 11:00:00"))
		in.Type, in.Key = of, "closing-"+string(rune('a'+n))
		l.Append(t, in)
		if closed, err := s.Closed(ctx, group); err != nil || closed != (of == community.GroupDissolved) {
			t.Errorf("after %s: closed = %v, %v", of, closed, err)
		}
	}
}
