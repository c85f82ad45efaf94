package app_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// TestTagsFilterStrikesMutesDecisionsAndFigures asks with the group's tag and with one that no group has.
func TestTagsFilterStrikesMutesDecisionsAndFigures(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx := t.Context()
		set := s.group.Group
		set.Tags = []string{"徒步"}
		check(t, s.app.Hands(s.org, nil).SetGroup(ctx, "test", set, ""))
		book, err := policy.Default("general")
		check(t, err)
		book.Mode = community.Live
		book.Ladder = []policy.Rung{{Actions: []string{policy.ActMute}, MuteSeconds: 3600}}
		book.Rules = []policy.Rule{{ID: "ads", Name: "广告", Kind: "keyword", Mode: policy.RuleLive, Params: json.RawMessage(`{"lists":[{"name":"广告","words":["加微信"]}]}`)}}
		raw, err := json.Marshal(book)
		check(t, err)
		_, err = s.app.Hands(s.org, nil).Publish(ctx, "test", s.group.Key, raw, "")
		check(t, err)
		accounts, err := s.desk.Accounts(ctx)
		check(t, err)
		m := s.member("大刘")
		_, err = s.app.Engine().Apply(ctx, community.Inbound{Account: accounts[0].Key, Type: community.MessageCreated, Key: "x", OccurredAt: s.app.Now(),
			Group: community.Ref{ID: s.group.External}, Actor: community.Who{ID: m.External, Name: m.Name}, Body: community.Body{Text: "加微信", Message: "x"}})
		check(t, err)
		await(t, func() bool { return s.member("大刘").MutedTill > s.app.Now() })
		for tag, want := range map[string]int{"徒步": 1, "读书": 0} {
			if _, n, err := s.desk.FindStrikes(ctx, community.StrikeFilter{Tag: tag}); err != nil || n != want {
				t.Errorf("strikes with %s = %d (%v), want %d", tag, n, err, want)
			}
			if _, n, err := s.desk.FindMuted(ctx, 0, tag, s.app.Now(), community.Page{}); err != nil || n != want {
				t.Errorf("mutes with %s = %d (%v), want %d", tag, n, err, want)
			}
			if _, n, err := s.desk.FindDecisions(ctx, community.DecisionFilter{Tag: tag}); err != nil || n != want {
				t.Errorf("decisions with %s = %d (%v), want %d", tag, n, err, want)
			}
			if _, n, err := s.desk.FindActions(ctx, community.ActionFilter{Tag: tag}); err != nil || n != want {
				t.Errorf("actions with %s = %d (%v), want %d", tag, n, err, want)
			}
			if rows, _, err := s.desk.FindMessages(ctx, community.MessageFilter{Tag: tag, Text: "微信"}); err != nil || len(rows) != want {
				t.Errorf("messages with %s = %d (%v), want %d", tag, len(rows), err, want)
			}
			today, err := s.desk.Today(ctx, 0)
			check(t, err)
			if act, err := s.desk.Activity(ctx, 0, tag, today, today); err != nil || act.Messages != int64(want) {
				t.Errorf("figures with %s = %d messages (%v), want %d", tag, act.Messages, err, want)
			}
			for _, page := range []string{"/", "/inbox", "/groups", "/members", "/messages", "/review", "/strikes", "/rules", "/activity"} {
				if code, body := s.get(page + "?tag=" + url.QueryEscape(tag)); code != 200 {
					t.Errorf("GET %s with tag %s = %d: %s", page, tag, code, excerpt(body))
				}
			}
		}
	})
}
