package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// TestCodesWelcomeOutranksTheRules: whoever comes by a code that greets is greeted by it alone; everybody else by the rule, also
// when a greeting waited for others, and where the code has no welcome any more.
func TestCodesWelcomeOutranksTheRules(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		join := func(name, state string) {
			t.Helper()
			_, err := g.app.Engine().Apply(ctx, community.Inbound{Type: community.MemberJoined, GroupKey: g.group.Key, Key: "join-" + name, OccurredAt: g.app.Now(), Actor: community.Who{ID: "u-" + name, Name: name}, Body: community.Body{Scene: "qr", State: state}})
			check(t, err)
		}
		book, err := policy.Default(policy.PresetGeneral)
		check(t, err)
		book.Mode = community.Live
		params := func(seconds int) json.RawMessage {
			return json.RawMessage(fmt.Sprintf(`{"coalesce":%d,"entries":[{"text":"群规欢迎 {name}"}]}`, seconds))
		}
		publish := func(seconds int) {
			t.Helper()
			book.Rules = []policy.Rule{{ID: "hello", Name: "欢迎", Kind: "welcome", Mode: policy.RuleLive, Params: params(seconds)}}
			raw, err := json.Marshal(book)
			check(t, err)
			_, err = g.app.Hands(g.org, nil).Publish(plain(ctx), "ming", g.group.Key, raw, "")
			check(t, err)
		}
		publish(0)
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "海报", State: "poster", Welcome: "活码欢迎 {{name}}"}, "")
		check(t, err)
		said := func(want ...string) {
			t.Helper()
			check(t, g.app.Store().CatchUp(ctx))
			g.pass(time.Minute) // the job that greets, and the timer of greetings that wait
			var got []string
			await(t, func() bool {
				acts, _, err := g.desk.FindActions(ctx, community.ActionFilter{Group: g.group.Key, Verb: community.Send})
				got = nil
				for _, a := range acts {
					got = append(got, a.Text)
				}
				slices.Sort(got)
				return err == nil && len(got) >= len(want)
			})
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("greetings = %q, want %q", got, want)
			}
		}
		join("甲", "poster")
		join("乙", "")
		said("活码欢迎 甲", "群规欢迎 乙")
		publish(1)
		join("丙", "poster")
		said("活码欢迎 甲", "群规欢迎 乙", "活码欢迎 丙")
		c.Welcome = ""
		_, err = codes.Save(ctx, "ming", c, "")
		check(t, err)
		publish(0)
		join("丁", "poster")
		said("活码欢迎 甲", "群规欢迎 乙", "活码欢迎 丙", "群规欢迎 丁")
	})
}
