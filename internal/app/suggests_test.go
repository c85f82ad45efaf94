package app_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// TestSuggestionIsWeighedShownAndAppliedByAPerson: a phrase that only ever hits talk is proposed to be taken out once people
// judged enough; with too few judgements nothing is; what was dismissed stays away; applying publishes an ordinary version.
func TestSuggestionIsWeighedShownAndAppliedByAPerson(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, hands, cases, suggests := t.Context(), s.app.Hands(s.org, nil), s.app.Cases(s.org, nil), s.app.Suggests(s.org, nil)
		b, err := policy.Default(policy.PresetGeneral)
		check(t, err)
		params, err := json.Marshal(map[string]any{"lists": []map[string]any{{"words": []string{"团购", "刷单"}}}})
		check(t, err)
		b.Mode, b.RemovalsPct, b.Rules = community.Observe, 0, []policy.Rule{{ID: "ads", Name: "广告", Kind: "keyword", Mode: policy.RuleLive, Params: params}}
		raw, err := json.Marshal(b)
		check(t, err)
		if _, err := suggests.Weigh(ctx, s.group.Key, 0, nil); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("without a book: %v, want a conflict", err)
		}
		_, err = hands.Publish(plain(ctx), "ming", s.group.Key, raw, "第一版")
		check(t, err)
		m := s.member("大刘")
		label := func(text string, want community.Want) {
			said := s.says(m, text)
			_, err := cases.Add(ctx, "ming", community.Case{Group: s.group.Key, Event: said.Number, Want: want, Why: "看过"})
			check(t, err)
		}
		label("昨天团购的苹果真甜", community.WantNone)
		w, err := suggests.Weigh(ctx, s.group.Key, 0, func(int64, int64) {})
		check(t, err)
		if !w.TooFew() || w.Tried != 0 {
			t.Errorf("one judgement: %+v, want too few", w)
		}
		if _, body := s.get("/suggestions"); !strings.Contains(body, "人判断过的消息太少：1 条") {
			t.Errorf("the page does not say too few: %s", excerpt(body))
		}
		for range 4 {
			label("团购群里的朋友说的", community.WantNone)
			label("刷单日结加我", community.WantHit)
			label("早上好", community.WantNone)
		}
		s.does("/suggestions", "/suggestions", url.Values{"g": {s.group.ID.String()}, "days": {"30"}})
		var one replay.Suggestion
		await(t, func() bool {
			list, _, err := suggests.Find(ctx, s.group.Key, replay.Open, community.Page{})
			if err == nil && len(list) == 1 {
				one = list[0]
			}
			return !one.ID.IsZero()
		})
		if one.What != policy.WordOut || one.Before != "团购" || len(one.Would.Mended) != 5 || one.Would.Found != 4 || one.Today.False != 5 {
			t.Errorf("suggested %s: %+v", one.Key(), one.Would)
		}
		at := "/suggestions/" + one.ID.String()
		for _, want := range []string{"去掉词「团购」", "少 5 条误判", "昨天团购的苹果真甜", "3.2 %"} {
			if _, body := s.get(at); !strings.Contains(body, want) {
				t.Errorf("the suggestion does not say %s: %s", want, excerpt(body))
			}
		}
		for name, try := range map[string]func() error{
			"no reason": func() error { _, err := suggests.Apply(plain(ctx), "ming", one.ID, " ", ""); return err },
			"huge":      func() error { return suggests.Dismiss(ctx, "ming", one.ID, strings.Repeat("长", 5000)) },
			"nobody's":  func() error { return suggests.Dismiss(ctx, "ming", s.app.Store().NewID(), "为什么") },
			"unseen": func() error {
				_, err := s.app.Suggests(s.org, []community.GroupKey{999}).Apply(plain(ctx), "ming", one.ID, "试", "")
				return err
			},
		} {
			if err := try(); err == nil {
				t.Errorf("%s: taken", name)
			}
		}

		s.does(at, at+"/dismiss", url.Values{"reason": {"先不改"}})
		_, err = suggests.Weigh(ctx, s.group.Key, 0, func(int64, int64) {})
		check(t, err)
		if list, _, _ := suggests.Find(ctx, s.group.Key, replay.Open, community.Page{}); len(list) != 0 {
			t.Errorf("dismissed, it is proposed again: %+v", list[0].Key())
		}
		for range 5 {
			label("这个团购我吃过", community.WantNone)
		}
		_, err = suggests.Weigh(ctx, s.group.Key, 0, func(int64, int64) {})
		check(t, err)
		one, err = suggests.ByID(ctx, one.ID)
		check(t, err)
		if one.State != replay.Open || len(one.Would.Mended) != 10 {
			t.Fatalf("its gain doubled: %s, %d", one.State, len(one.Would.Mended))
		}

		check(t, hands.SaveDraft(ctx, "ming", s.group.Key, raw, "草稿"))
		if body := s.does(at, at+"/apply", url.Values{"reason": {"误判多"}}); !strings.Contains(body, "还没有改") {
			t.Errorf("without a word on its figure: %s", excerpt(body))
		}
		said := url.Values{"reason": {"误判多"}, "move": {"messages"}, "move_days": {"28"}}
		if body := s.does(at, at+"/apply", said); !strings.Contains(body, "没发布的草稿") {
			t.Errorf("with a draft: %s", excerpt(body))
		}
		check(t, hands.SaveDraft(ctx, "ming", s.group.Key, nil, "删掉"))
		if body := s.does(at, at+"/apply", said); !strings.Contains(body, "第 2 版生效") {
			t.Errorf("applied: %s", excerpt(body))
		}
		now, err := s.desk.BookVersion(ctx, s.group.Key, 2)
		check(t, err)
		if now.Note != "误判多" || strings.Contains(string(now.Body), "团购") || !strings.Contains(string(now.Body), "刷单") {
			t.Errorf("in force: %s (%s)", now.Body, now.Note)
		}
		trail, n, err := s.desk.FindAudit(ctx, community.AuditFilter{Verb: "suggestion.apply"})
		check(t, err)
		if n != 1 || trail[0].Reason != "误判多" {
			t.Errorf("trail = %+v", trail)
		}
		if _, err := suggests.Apply(plain(ctx), "ming", one.ID, "再来", ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("applied twice: %v, want a conflict", err)
		}
	})
}
