package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/duty"
	"qunluo/internal/policy"
	"qunluo/internal/store/storetest"
)

// TestComplaintsAlarmWhoeverIsOnDuty: a subject that several members complain about opens one alarm with the decision behind it; a
// false alarm becomes a labelled case; what was decided is the same in replay.
func TestComplaintsAlarmWhoeverIsOnDuty(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		var ahead atomic.Int64
		ctx := t.Context()
		a, err := app.Open(ctx, app.Options{Config: config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}}, Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
		check(t, err)
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- a.Run(running) }()
		defer func() { stop(); check(t, <-ended); check(t, a.Close()) }()
		org, err := a.Store().Org(ctx, "小区", false)
		check(t, err)
		account, err := a.Hands(org, nil).SaveAccount(ctx, "test", community.Account{Connector: "sim", Name: "群助手", Enabled: true, Settings: []byte(`{"scene":"quiet"}`)}, "")
		check(t, err)
		n := 0
		says := func(who, text string, later time.Duration) {
			n++
			ahead.Add(int64(later))
			check(t, a.Intake().Host(account.Key, "sim").Receive(ctx, community.Inbound{Type: community.MessageCreated, Key: fmt.Sprint("said", n), OccurredAt: a.Now(), Group: community.Ref{ID: "town", Name: "小区群"},
				Actor: community.Who{ID: who, Name: who}, Body: community.Body{Text: text, Message: fmt.Sprint("said", n)}}))
		}
		says("甲", "大家好", time.Minute)
		desk := a.Store().For(community.Scope{Org: org})
		var group community.GroupRow
		await(t, func() bool {
			rows, _, err := desk.FindGroups(ctx, community.GroupFilter{Text: "小区群"})
			if err == nil && len(rows) == 1 {
				group = rows[0]
			}
			return group.Key != 0
		})
		b, err := policy.Default(policy.PresetGeneral)
		check(t, err)
		b.Mode, b.Rules = community.Live, []policy.Rule{{ID: "opinion", Name: "舆情", Kind: "opinion", Mode: policy.RuleLive, Params: json.RawMessage(`{}`)}}
		raw, err := json.Marshal(b)
		check(t, err)
		_, err = a.Hands(org, nil).Publish(plain(ctx), "ming", group.Key, raw, "第一版")
		check(t, err)
		for i := range 260 {
			says(fmt.Sprint("邻居", i%12), "今天电梯口见", 5*time.Minute)
		}
		for i, line := range []string{"快递柜又坏了", "快递柜没人管，投诉过了", "快递柜乱收费", "快递柜太差了，放不进去"} {
			says(fmt.Sprint("住户", i), line, 2*time.Minute)
		}
		var open []duty.Alarm
		await(t, func() bool {
			open, _, err = a.Duty(org, nil).Alarms(ctx, true, "", community.Page{Limit: 50})
			return err == nil && len(open) > 0
		})
		o, ok := duty.ReadOpinion(open[0].Detail)
		if len(open) != 1 || open[0].Kind != duty.KindOpinion || !ok || o.Group != "小区群" || o.Members != 4 || o.Sour != 4 || o.Messages != 4 || len(o.Curve) != 6 {
			t.Fatalf("alarms = %+v (%+v)", open, o)
		}
		id, is := open[0].OpinionDecision()
		if !is {
			t.Fatalf("the alarm names no decision: %s", open[0].Subject)
		}
		d, err := desk.DecisionByID(ctx, id)
		check(t, err)
		if d.Message.Text != "快递柜太差了，放不进去" || len(d.Hits[0].Near) != 3 || len(d.Actions) != 0 {
			t.Errorf("decision = %+v", d)
		}
		check(t, a.Hands(org, nil).Judge(ctx, "ming", id, "false_hit", "只是在吐槽"))
		check(t, a.Duty(org, nil).Finish(ctx, "ming", open[0].ID, "只是在吐槽"))
		cases, _, err := desk.FindCases(ctx, community.CaseFilter{Group: group.Key})
		check(t, err)
		if len(cases) != 1 || cases[0].Want != community.WantNone || cases[0].Rule != "opinion" || !strings.Contains(cases[0].Message.Text, "快递柜") {
			t.Errorf("cases = %+v", cases)
		}
		rep, err := a.AsDecided(ctx, group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %d different", rep.Different)
		}
	})
}
