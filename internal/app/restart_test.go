package app_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/store/storetest"
)

// TestMuteEndsByItselfAlthoughTheHouseWasClosedMeanwhile mutes for an hour, closes, and opens two hours later.
func TestMuteEndsByItselfAlthoughTheHouseWasClosedMeanwhile(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		var ahead atomic.Int64
		cfg := config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}}
		ctx := t.Context()
		open := func() (*app.App, func()) {
			a, err := app.Open(ctx, app.Options{Config: cfg, Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
			check(t, err)
			running, stop := context.WithCancel(ctx)
			ended := make(chan error, 1)
			go func() { ended <- a.Run(running) }()
			return a, func() {
				stop()
				check(t, <-ended)
				check(t, a.Close())
			}
		}
		a, end := open()
		org, err := a.Store().Org(ctx, "徒步社", false)
		check(t, err)
		_, err = a.Hands(org, nil).SaveAccount(ctx, "test", community.Account{Connector: "sim", Name: "群助手", Enabled: true, Settings: []byte(`{"scene":"quiet"}`)}, "")
		check(t, err)
		var m community.MemberRow
		await(t, func() bool {
			rows, _, err := a.Store().For(community.Scope{Org: org}).FindMembers(ctx, community.MemberFilter{Text: "大刘"})
			if err != nil || len(rows) != 1 {
				return false
			}
			m = rows[0]
			return true
		})
		groups, _, err := a.Store().For(community.Scope{Org: org}).FindGroups(ctx, community.GroupFilter{})
		check(t, err)
		is := func(a *app.App, verb community.Verb, want community.State) func() bool {
			return func() bool {
				rows, _, err := a.Store().For(community.Scope{Org: org}).FindActions(ctx, community.ActionFilter{Group: groups[0].Key, Verb: verb})
				return err == nil && len(rows) > 0 && rows[0].State == want
			}
		}
		_, err = a.Hands(org, nil).Act(ctx, "test", []community.Action{{Verb: community.Mute, Group: groups[0].Key, Target: m.Key, Seconds: 3600}}, "刷屏")
		check(t, err)
		await(t, is(a, community.Mute, community.Confirmed))
		end()
		ahead.Store(int64(2 * time.Hour))
		a, end = open()
		defer end()
		await(t, func() bool {
			return is(a, community.Unmute, community.Confirmed)() || is(a, community.Unmute, community.Acked)()
		})
	})
}
