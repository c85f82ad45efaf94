package storetest_test

import (
	"testing"

	"qunluo/internal/blocklist"
	"qunluo/internal/community"
	"qunluo/internal/draft"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
	"qunluo/internal/morning"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// TestNothingLeadsOutOfADemonstration tries everything by which something could be sent, for a real organisation and for a demonstration.
func TestNothingLeadsOutOfADemonstration(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		s, ctx := open(t), t.Context()
		home, err := s.Org(ctx, "群落", false)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.AddSpace(ctx, "演示", community.DemoSpace{Home: home, User: "cli", Days: 30}, community.Audit{User: "cli"})
		if err != nil {
			t.Fatal(err)
		}
		by := community.Audit{User: "cli"}
		for _, org := range []community.OrgKey{home, p.Org} {
			u, err := s.SaveUser(ctx, "cli", community.User{Org: org, Login: map[bool]string{true: "a", false: "b"}[org == home], Role: "owner", Enabled: true}, "")
			if err != nil {
				t.Fatal(err)
			}
			account := func(connector string) func() error {
				return func() error {
					_, err := s.SaveAccount(ctx, community.Account{Org: org, Platform: "qq", Connector: connector, Name: connector, External: connector, Settings: []byte("{}")}, by)
					return err
				}
			}
			ways := func(kind, address, secret string) func() error {
				return func() error {
					return s.SetWays(ctx, org, u.ID.String(), []duty.Way{{Kind: kind, Address: address, Secret: secret}}, by)
				}
			}
			for name, do := range map[string]func() error{
				"platform": account("onebot"),
				"bot": func() error {
					_, err := s.SaveBot(ctx, community.Bot{Org: org, Name: "b", Hash: "h"}, by)
					return err
				},
				"outlet": func() error {
					_, err := s.SaveOutlet(ctx, community.Outlet{Org: org, User: u.ID, Name: "o", Host: "example.org", Sealed: []byte{1}}, by)
					return err
				},
				"weekly report": func() error {
					_, err := s.SaveWeeklyOrder(ctx, measure.WeeklyOrder{Org: org, User: u.ID.String(), Way: "mail", Address: "a@example.org"}, by)
					return err
				},
				"feed": func() error {
					_, err := s.AddFeed(ctx, morning.Source{Org: org, URL: "https://example.org/feed"}, by)
					return err
				},
				"mail":     ways(duty.ByMail, "a@example.org", ""),
				"webhook":  ways(duty.ByWebhook, "https://example.org/hook", "signed with this"),
				"employee": ways(duty.ByWeCom, "zhou", ""),
				"list": func() error {
					_, err := s.AddSubscription(ctx, blocklist.Subscription{Org: org, Name: "l", URL: "https://example.org/list"}, by)
					return err
				},
				"model": func() error { return s.PutSetting(ctx, org, store.SettingModel, draft.Settings{}, by) },
			} {
				err := do()
				if org == p.Org && community.CodeOf(err) != community.CodeForbidden {
					t.Errorf("demonstration, %s: %v, want forbidden", name, err)
				}
				if org == home && err != nil {
					t.Errorf("real organisation, %s: %v", name, err)
				}
			}
			if err := account("sim")(); err != nil {
				t.Errorf("the simulator: %v", err)
			}
		}
	})
}
