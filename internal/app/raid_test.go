package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/policy"
)

// A wave of joins mutes the group, holds who came with it and alarms whoever is on duty, once; who was there is untouched.
func TestRaidDefendsTheGroupAndAlarmsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 0)
		params, err := json.Marshal(map[string]any{"seconds": 60, "joins": 4, "minutes": 5, "no_links": true, "mute_all": true})
		check(t, err)
		check(t, f.publishRules(policy.Rule{ID: "raid", Name: "防爆破", Kind: "raid", Mode: policy.RuleLive, Params: params}))
		for i := range 12 {
			_, err := f.world.Join("main", community.Who{ID: fmt.Sprint("r", i), Name: fmt.Sprint("账号", i)}, "link", "", "")
			check(t, err)
		}
		await(t, func() bool { _, muted := f.world.Notice("main"); return muted })
		var open []duty.Alarm
		await(t, func() bool {
			all, _, err := f.app.Duty(f.org, nil).Alarms(t.Context(), true, "", community.Page{Limit: 50})
			check(t, err)
			open = nil
			for _, a := range all {
				if a.Kind == duty.KindRaid {
					open = append(open, a)
				}
			}
			return len(open) > 0
		})
		if len(open) != 1 || !strings.Contains(open[0].Detail, "读书main: joins 60s 5>4") {
			t.Errorf("alarms = %+v, want one with the group and the figures", open)
		}
		f.sameInReplay()
	})
}
