package app

import (
	"log/slog"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/store/storetest"
)

// TestSilentDayOfAnOnlineConnectionIsKnown: what is online hears nothing, what is offline could not have heard anything.
func TestSilentDayOfAnOnlineConnectionIsKnown(t *testing.T) {
	ctx := t.Context()
	now := time.Now()
	a, err := Open(ctx, Options{Config: config.Config{DataDir: storetest.DataDir(t)}, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	org, err := a.store.Org(ctx, "", false)
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]community.GroupKey{}
	for _, name := range []string{"online", "offline"} {
		account, err := a.store.SaveAccount(ctx, community.Account{Org: org, Platform: "qq", Connector: "onebot", Name: name, External: name, Settings: []byte("{}")}, community.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := a.engine.Apply(ctx, community.Inbound{Account: account.Key, Type: community.MessageCreated, Key: "1", Group: community.Ref{ID: name},
			Actor: community.Who{ID: "anna"}, Body: community.Body{Text: "早"}})
		if err != nil {
			t.Fatal(err)
		}
		groups[name] = out[0].Group
		a.wires.adopt(account, nil)
		a.intake.Host(account.Key, "qq").Report(connect.Health{State: name})
	}
	now = now.Add(48 * time.Hour)
	for range 3 {
		if err := a.wires.heard(ctx); err != nil {
			t.Fatal(err)
		}
	}
	desk := a.store.For(community.Scope{Org: org})
	for name, want := range map[string]bool{"online": true, "offline": false} {
		today, err := desk.Today(ctx, groups[name])
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation("Asia/Shanghai")
		if err != nil {
			t.Fatal(err)
		}
		known, err := desk.Covered(ctx, []measure.Place{{Group: groups[name], Zone: zone}}, today-1, today)
		if err != nil || known[0][0] || known[0][1] != want {
			t.Errorf("%s: yesterday and today known = %v (%v), want false, %v", name, known, err, want)
		}
	}
}
