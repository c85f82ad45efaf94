package storetest

import (
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

// outletsAreKept: an outlet belongs to one organisation; what happened is told it once however often it is read, by whoever reads on first; what did not
// arrive waits, and is given up with an alarm; what is sent again keeps its id.
func outletsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	org := must(desk(s).GroupByKey(ctx, g))(t).Org
	u := must(s.SaveUser(ctx, "cli", community.User{Org: org, Login: "lin", Role: "owner", Enabled: true}, ""))(t)
	audit := community.Audit{User: u.ID.String(), Verb: "outlet.add"}
	o := community.Outlet{ID: s.NewID(), Org: org, User: u.ID, Name: "工单", Host: "q.example", Sealed: []byte{1, 2}, Kinds: []community.OutletKind{community.OutJoined, community.OutTask}, Groups: []community.GroupKey{g}}
	o = must(s.SaveOutlet(ctx, o, audit))(t)
	same(t, "kept", must(s.Outlet(ctx, org, o.ID))(t), o)
	if _, err := s.Outlet(ctx, org+1, o.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("of another organisation: %v, want not found", err)
	}
	twin := o
	twin.Key, twin.ID = 0, s.NewID()
	if _, err := s.SaveOutlet(ctx, twin, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a name twice: %v, want a conflict", err)
	}
	twin.Name, twin.Groups = "别的", []community.GroupKey{g + 1000}
	if _, err := s.SaveOutlet(ctx, twin, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a group that is not there: %v, want not found", err)
	}
	o.Texts, o.Paused, o.Groups = true, true, nil
	o = must(s.SaveOutlet(ctx, o, audit))(t)
	same(t, "changed", must(s.OutletByID(ctx, o.ID))(t), o)
	trail, _, err := s.For(community.Scope{Org: org}).FindAudit(ctx, community.AuditFilter{Subject: "outlet:" + o.ID.String()})
	if err != nil || len(trail) != 2 || strings.Contains(string(trail[0].After), "sealed") {
		t.Errorf("trail = %+v, %v; want two rows without secrets", trail, err)
	}
	outletsRead(t, s, l, o)
	parcelsAreSent(t, s, o, audit)
	if err := s.DropOutlet(ctx, org+1, o.ID, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation drops it: %v, want not found", err)
	}
	if err := s.DropOutlet(ctx, org, o.ID, audit); err != nil {
		t.Fatal(err)
	}
	if n := len(must(s.AllOutlets(ctx))(t)); n != 0 {
		t.Errorf("%d outlets after the last was dropped", n)
	}
	if p := must(s.PutParcel(ctx, community.Parcel{Outlet: o.Key, Ref: "late", Body: json.RawMessage(`{}`)}))(t); len(must(s.ParcelsDue(ctx, o.Key, 10))(t)) != 0 {
		t.Errorf("a parcel for what is no more is kept: %+v", p)
	}
}

// outletsRead: reading begins where the first outlet was made, and leaves out what nobody is told of and what came from files.
func outletsRead(t *testing.T, s *store.Store, l *Log, o community.Outlet) {
	ctx := t.Context()
	log, since, err := s.OutletRead(ctx)
	head := must(s.LogHead(ctx))(t)
	if err != nil || log != head || since != o.Created {
		t.Fatalf("read to %d and %d, %v; want from where it was made on, %d", log, since, err, head)
	}
	join := say(tea, "b", "", at("2026-01-01 11:00:00"))
	join.Type, join.Body = community.MemberJoined, community.Body{Scene: "qr"}
	old := say(tea, "c", "", at("2025-01-01 11:00:00"))
	old.Type, old.Body = community.MemberJoined, community.Body{}
	events := l.Append(t, say(tea, "a", "有人来吗", at("2026-01-01 10:30:00")), join)
	l.Run = 9
	l.Append(t, old)
	l.Run = 0
	list, through, err := s.HappenedInLog(ctx, log, must(s.LogHead(ctx))(t))
	if err != nil || through != must(s.LogHead(ctx))(t) || len(list) != 1 {
		t.Fatalf("happened = %+v through %d, %v; want the one who joined", list, through, err)
	}
	h := list[0]
	if h.Kind != community.OutJoined || h.Event != events[1].Number || h.Org != o.Org || h.Data.Member == "" || h.Data.Group == "" || h.Group != events[1].Group {
		t.Errorf("happened = %+v", h)
	}
	if list, _, err = s.HappenedInLog(ctx, through, through); err != nil || len(list) != 0 {
		t.Errorf("beyond the head = %+v, %v; want nothing", list, err)
	}
	if list, err = s.HappenedSince(ctx, since, since+1000); err != nil || len(list) != 0 {
		t.Errorf("timed = %+v, %v; want nothing", list, err)
	}
	p := community.Parcel{Outlet: o.Key, Ref: h.Ref, Kind: h.Kind, Group: h.Group, Event: h.Event, At: h.At, Body: json.RawMessage(`{"group_id":"g"}`)}
	if err := s.PutParcels(ctx, []community.Parcel{p, p}, log, through, since, since+5); err != nil {
		t.Fatal(err)
	}
	if err := s.PutParcels(ctx, []community.Parcel{p}, log, through, since, since+5); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("read on from where somebody else did: %v, want a conflict", err)
	}
	if err := s.PutParcels(ctx, []community.Parcel{p}, through, through, since+5, since+6); err != nil {
		t.Fatal(err)
	}
	if all, n, err := s.Parcels(ctx, o.Key, "", community.Page{}); err != nil || n != 1 || len(all) != 1 {
		t.Errorf("parcels = %+v, %v; want one of what was read three times", all, err)
	}
}

func parcelsAreSent(t *testing.T, s *store.Store, o community.Outlet, audit community.Audit) {
	ctx := t.Context()
	if due := must(s.OutletsDue(ctx))(t); len(due) != 0 {
		t.Errorf("due = %v, want none while it is paused", due)
	}
	o.Paused = false
	o = must(s.SaveOutlet(ctx, o, audit))(t)
	if due := must(s.OutletsDue(ctx))(t); len(due) != 1 || due[0] != o.ID {
		t.Errorf("due = %v, want the outlet", due)
	}
	p := must(s.ParcelsDue(ctx, o.Key, 10))(t)[0]
	tried := p
	tried.Attempts, tried.Tried, tried.Next, tried.Code, tried.Note = 1, p.Made, p.Made+3600_000, community.CodeUnreachable, strings.Repeat("长", 100)
	if err := s.ParcelTried(ctx, o, tried, true); err != nil {
		t.Fatal(err)
	}
	got := must(s.ParcelByID(ctx, o.Key, p.ID))(t)
	if got.State != community.ParcelWaiting || got.Attempts != 1 || len(got.Note) > 200 || got.Next != tried.Next {
		t.Errorf("after a try: %+v", got)
	}
	now := must(s.Outlet(ctx, o.Org, o.ID))(t)
	if now.Fails != 1 || now.Rest != p.Made+community.OutletRest(1) || now.BadCode != community.CodeUnreachable || len(must(s.OutletsDue(ctx))(t)) != 0 {
		t.Errorf("after a try: %+v, want it to rest", now)
	}
	tried.State, tried.Attempts = community.ParcelDead, community.ParcelTries
	if err := s.ParcelTried(ctx, now, tried, false); err != nil {
		t.Fatal(err)
	}
	al := must(s.AlarmOf(ctx, o.Org, "outlet:"+o.ID.String()))(t)
	if al.Kind != duty.KindOutlet || al.Detail != o.Name {
		t.Errorf("alarm = %+v", al)
	}
	if err := s.ParcelAgain(ctx, o, s.NewID(), audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a parcel that is none: %v, want not found", err)
	}
	if err := s.ParcelAgain(ctx, o, p.ID, audit); err != nil {
		t.Fatal(err)
	}
	again := must(s.ParcelsDue(ctx, o.Key, 10))(t)
	if len(again) != 1 || again[0].ID != p.ID || again[0].Attempts != 0 {
		t.Errorf("again = %+v, want the same parcel", again)
	}
	if n := must(s.GiveUpParcels(ctx, o, again[0].Made-1))(t); n != 0 {
		t.Errorf("given up %d that are young", n)
	}
	if n := must(s.GiveUpParcels(ctx, o, again[0].Made))(t); n != 1 {
		t.Errorf("given up %d, want the one that is old", n)
	}
	dead, n, err := s.Parcels(ctx, o.Key, community.ParcelDead, community.Page{})
	if err != nil || n != 1 || dead[0].ID != p.ID {
		t.Errorf("dead = %+v, %v", dead, err)
	}
	sent := dead[0]
	sent.State, sent.Status, sent.Tried, sent.Code = community.ParcelSent, 204, sent.Made+7, ""
	if err := s.ParcelTried(ctx, o, sent, false); err != nil {
		t.Fatal(err)
	}
	if now = must(s.Outlet(ctx, o.Org, o.ID))(t); now.Fails != 0 || now.Good != sent.Tried || now.Waiting != 0 || now.Dead != 0 {
		t.Errorf("after it arrived: %+v", now)
	}
	if err := s.SweepParcels(ctx, sent.Made+1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ParcelByID(ctx, o.Key, p.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("what is old is still there: %v", err)
	}
}
