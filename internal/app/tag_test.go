package app_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/plan"
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
		_, err = s.app.Hands(s.org, nil).Publish(plain(ctx), "test", s.group.Key, raw, "")
		check(t, err)
		accounts, err := s.desk.Accounts(ctx)
		check(t, err)
		m := s.member("大刘")
		_, err = s.app.Engine().Apply(ctx, community.Inbound{Account: accounts[0].Key, Type: community.MessageCreated, Key: "x", OccurredAt: s.app.Now(),
			Group: community.Ref{ID: s.group.External}, Actor: community.Who{ID: m.External, Name: m.Name}, Body: community.Body{Text: "加微信", Message: "x"}})
		check(t, err)
		await(t, func() bool { return s.member("大刘").MutedTill > s.app.Now() })
		check(t, sendsTo(s, set.Tags[0]))
		for tag, want := range map[string]int{"徒步": 1, "读书": 0} {
			sendsOf(s, tag, want)
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
			for _, page := range []string{"/", "/inbox", "/groups", "/members", "/messages", "/review", "/strikes", "/rules", "/activity", "/broadcasts", "/sops", "/codes", "/duty"} {
				if code, body := s.get(page + "?tag=" + url.QueryEscape(tag)); code != 200 {
					t.Errorf("GET %s with tag %s = %d: %s", page, tag, code, excerpt(body))
				}
			}
		}
	})
}

// sendsTo makes a mass send that waits, an SOP and a code for the groups with a tag.
func sendsTo(s *shift, tag string) error {
	ctx, plans := s.t.Context(), s.app.Plans(s.org, nil)
	_, err := plans.NewBroadcast(ctx, "test", plan.Broadcast{Title: "周六", Text: "周六出发", Filter: plan.Filter{Tags: []string{tag}}, Start: s.app.Now() + 3600_000})
	check(s.t, err)
	sop, err := plans.SaveSOP(plain(ctx), "test", plan.SOP{Name: "新群", Steps: []plan.Step{{Kind: plan.Weekly, Weekday: 1, At: "09:00", Text: "早"}}}, "")
	check(s.t, err)
	check(s.t, plans.AddToSOP(ctx, "test", sop.ID, s.group.Key, ""))
	codes := s.app.Codes(s.org, nil)
	mayOpen(s.t, s.app, s.org, s.group.Key)
	code, err := codes.Save(ctx, "test", admit.Code{Kind: admit.Group, Name: "海报"}, "")
	check(s.t, err)
	_, err = codes.AddEntry(ctx, "test", code.ID, admit.Entry{Group: s.group.Key, Link: "https://example.com/q"}, nil)
	return err
}

// sendsOf wants as many of each with a tag.
func sendsOf(s *shift, tag string, want int) {
	s.t.Helper()
	ctx, store := s.t.Context(), s.app.Store()
	if _, n, err := store.Broadcasts(ctx, community.Scope{Org: s.org}, tag, community.Page{}); err != nil || n != want {
		s.t.Errorf("mass sends with %s = %d (%v), want %d", tag, n, err, want)
	}
	if list, err := store.SOPs(ctx, community.Scope{Org: s.org}, tag); err != nil || len(list) != want {
		s.t.Errorf("SOPs with %s = %d (%v), want %d", tag, len(list), err, want)
	}
	if _, n, err := s.desk.FindCodes(ctx, admit.Filter{Tag: tag}); err != nil || n != want {
		s.t.Errorf("codes with %s = %d (%v), want %d", tag, n, err, want)
	}
}
