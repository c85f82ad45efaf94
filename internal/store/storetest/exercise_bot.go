package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// botsAreKept proves what is kept of attached bots and what they may read.
func botsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := NewLog(s)
	other := community.Ref{ID: "other", Name: "别的群"}
	evs := l.Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")), say(other, "ben", "不该看到", at("2026-01-01 10:00:01")))
	audit := community.Audit{User: "u1", Verb: "bot.save", Reason: "试"}
	b, err := s.SaveBot(ctx, community.Bot{Org: 1, Name: "签到", Hash: "h1", Scopes: []community.BotScope{community.BotRead, community.BotSend},
		Groups: []community.GroupKey{evs[0].Group}, Enabled: true}, audit)
	if err != nil || b.Key == 0 || b.ID.IsZero() {
		t.Fatalf("save: %+v, %v", b, err)
	}
	got, err := desk(s).Bots(ctx)
	if err != nil || len(got) != 1 {
		t.Fatalf("bots = %d, %v; want 1", len(got), err)
	}
	if got[0].Cursor != evs[1].Number {
		t.Errorf("a new bot begins at %d, want the log's end %d", got[0].Cursor, evs[1].Number)
	}
	got[0].Cursor = 0
	same(t, "bot", got[0], b)
	l.Append(t, say(tea, "anna", "又来", at("2026-01-02 10:00:00")), say(other, "ben", "还是不该看到", at("2026-01-02 10:00:01")))
	head, err := s.LogHead(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := s.BotEvents(ctx, &b, 0, head, 10)
	if err != nil || len(seen) != 2 || seen[0].Body.Text != "早" || seen[1].Body.Text != "又来" {
		t.Errorf("a bot of one group sees %d events (%v)", len(seen), err)
	}
	if _, err := s.BotEvent(ctx, &b, evs[1].Number); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("an event of another group: %v, want not found", err)
	}
	if n, err := s.NumberOf(ctx, evs[0].Group, 1, community.MessageCreated, say(tea, "anna", "早", at("2026-01-01 10:00:00")).Key); err != nil || n != evs[0].Number {
		t.Errorf("number of a message = %d, %v; want %d", n, err, evs[0].Number)
	}
	if key, err := s.MemberKeyOf(ctx, 1, "sim", "u-anna"); err != nil || key != evs[0].Actor {
		t.Errorf("member = %d, %v; want %d", key, err, evs[0].Actor)
	}
	caughtUp(t, s)
	if groups, err := s.BotGroups(ctx, &b); err != nil || len(groups) != 1 || groups[0].Key != evs[0].Group || groups[0].Name != tea.Name {
		t.Errorf("groups = %+v, %v", groups, err)
	}
	if n, err := s.SentAs(ctx, evs[0].Group, "nothing", 0); err != nil || n != 0 {
		t.Errorf("sent as = %d, %v; want none", n, err)
	}
	if err := s.BotUsed(ctx, b.Key, 77, head); err != nil {
		t.Fatal(err)
	}
	b.Groups, b.Hash = nil, "h2"
	if _, err = s.SaveBot(ctx, b, audit); err != nil {
		t.Fatal(err)
	}
	all, err := s.AllBots(ctx)
	if err != nil || len(all) != 1 || all[0].Groups != nil || all[0].Hash != "h2" || all[0].LastUsed != 77 || all[0].Cursor != head {
		t.Errorf("bots = %+v, %v", all, err)
	}
	if seen, err = s.BotEvents(ctx, &b, 0, head, 10); err != nil || len(seen) != 4 {
		t.Errorf("a bot of all groups sees %d events (%v), want 4", len(seen), err)
	}
	b.Groups = []community.GroupKey{99999}
	if _, err := s.SaveBot(ctx, b, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a group that is not there: %v, want not found", err)
	}
	if err := s.DeleteBot(ctx, 2, b.ID, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation's bot: %v, want not found", err)
	}
	if err := s.DeleteBot(ctx, 1, b.ID, audit); err != nil {
		t.Fatal(err)
	}
	rows, _, err := desk(s).FindAudit(ctx, community.AuditFilter{Subject: "bot:" + b.ID.String()})
	if err != nil || len(rows) != 3 {
		t.Errorf("audit rows = %d, %v; want 3", len(rows), err)
	}
}
