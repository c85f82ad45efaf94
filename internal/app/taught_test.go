package app_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/learn"
	"qunluo/internal/policy"
)

// learning is a live book with one rule, which judges by the shipped model.
func learning(t *testing.T) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"version": 1, "mode": "live", "rules": []map[string]any{
		{"id": "learned", "name": "学习判断", "kind": "learned", "mode": "live", "params": map[string]string{"model": learn.ShippedHash}},
	}})
	check(t, err)
	return raw
}

// verdict waits for what was decided about a message; "" after the belt has gone on without deciding anything.
func (s *shift) verdict(m community.MessageRow) community.DecisionRow {
	s.t.Helper()
	rows, _, err := s.desk.FindDecisions(s.t.Context(), community.DecisionFilter{Group: s.group.Key, Page: community.Page{Limit: 50}})
	check(s.t, err)
	for _, d := range rows {
		if d.Event == m.Number {
			return d
		}
	}
	return community.DecisionRow{}
}

// TestACorrectionTeachesTheGroupsModel: a person says that a hit was wrong; taught anew, the model lets such a text pass, but
// only once somebody has published it; what was decided before is replayed as it was.
func TestACorrectionTeachesTheGroupsModel(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx := t.Context()
		hands := s.app.Hands(s.org, nil)
		check(t, hands.SetMode(ctx, "ming", s.group.Key, community.Live, "开始"))
		_, err := hands.Publish(plain(ctx), "ming", s.group.Key, learning(t), "学习判断")
		check(t, err)
		m := s.member("大刘")
		text := "兼职家教，一天三百，感兴趣加微信jiao7788"
		first := s.verdict(s.says(m, text))
		if first.Verdict != community.Hit || len(first.Hits) != 1 || !strings.HasPrefix(first.Hits[0].Why, "learned ") {
			t.Fatalf("decision = %+v, want the shipped model to hit", first.Decision)
		}
		check(t, hands.Judge(ctx, "ming", first.ID, "false_hit", "是本群的家教群友"))
		for _, talk := range []string{"今天爬哪座山", "早上八点南门集合", "记得带水", "群里谁有登山杖借一下"} {
			s.says(m, talk)
		}
		s.does("/rules/"+s.group.ID.String(), "/rules/"+s.group.ID.String()+"/learn", url.Values{"days": {"30"}})
		draft, err := s.desk.BookVersion(ctx, s.group.Key, 0)
		check(t, err)
		var book policy.Book
		check(t, json.Unmarshal(draft.Body, &book))
		model := strings.Trim(string(book.Rules[0].Params), `{}"`)
		if strings.Contains(model, learn.ShippedHash) || !strings.HasPrefix(model, "model") {
			t.Fatalf("the draft's rule has params %s, want a model of the group's own", book.Rules[0].Params)
		}
		if d := s.verdict(s.says(s.member("大刘"), text+"！")); d.Verdict != community.Hit {
			t.Errorf("before it is published: %+v, want the old model to hit", d.Decision)
		}
		_, err = hands.Publish(plain(ctx), "ming", s.group.Key, draft.Body, "本群的模型")
		check(t, err)
		if d := s.verdict(s.says(m, text+"～")); d.Verdict != "" {
			t.Errorf("after it is published: %+v, want nothing", d.Decision)
		}
		report, err := s.app.AsDecided(ctx, s.group.Key)
		check(t, err)
		if report.Different != 0 || report.Decisions == 0 {
			t.Errorf("replayed as decided: %+v, want every decision the same", report)
		}
	})
}

func TestTeachingNeedsARulebookAndSaneDays(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		hands := s.app.Hands(s.org, nil)
		if _, err := hands.Learn(t.Context(), "ming", s.group.Key, 30, ""); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("without a rulebook: %v, want not_found", err)
		}
		for _, days := range []int{-1, 5000} {
			if _, err := hands.Learn(t.Context(), "ming", s.group.Key, days, ""); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("%d days: %v, want bad_input", days, err)
			}
		}
		if _, err := hands.Learn(t.Context(), "ming", 999, 30, ""); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("unknown group: %v, want not_found", err)
		}
	})
}
