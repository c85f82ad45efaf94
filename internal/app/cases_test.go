package app_test

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// wordBook is a live book that takes one word for advertising.
func wordBook(t *testing.T, word string) json.RawMessage {
	t.Helper()
	b, err := policy.Default(policy.PresetGeneral)
	check(t, err)
	params, err := json.Marshal(map[string]any{"lists": []map[string]any{{"words": []string{word}}}})
	check(t, err)
	b.Mode, b.RemovalsPct, b.Rules = community.Live, 0, []policy.Rule{{ID: "ads", Name: "广告", Kind: "keyword", Mode: policy.RuleLive, Params: params}}
	raw, err := json.Marshal(b)
	check(t, err)
	return raw
}

// decision waits for the decision about a message.
func (s *shift) decision(number int64) community.DecisionRow {
	s.t.Helper()
	var got community.DecisionRow
	await(s.t, func() bool {
		rows, _, err := s.desk.FindDecisions(s.t.Context(), community.DecisionFilter{Group: s.group.Key})
		for _, d := range rows {
			if d.Event == number {
				got = d
			}
		}
		return err == nil && !got.ID.IsZero()
	})
	return got
}

// TestCorrectionsBecomeCasesThatGuardThePublishing: a false hit and a strike by hand are cases; a book that breaks one of them
// is refused unless a person says why, and that stays in the trail.
func TestCorrectionsBecomeCasesThatGuardThePublishing(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, hands, cases := t.Context(), s.app.Hands(s.org, nil), s.app.Cases(s.org, nil)
		_, err := hands.Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "团购"), "第一版")
		check(t, err)
		m := s.member("大刘")
		wrong, missed := s.says(m, "上次的团购真好吃"), s.says(m, "代购包包加我")
		d := s.decision(wrong.Number)
		s.does("/review?d="+d.ID.String(), "/review/"+d.ID.String()+"/judge", url.Values{"kind": {"false_hit"}, "reason": {"闲聊"}})
		page := messagePath(s, missed.Number)
		s.does(page, page+"/strike", url.Values{"reason": {"漏掉的广告"}, "rule": {"ads"}})
		list, n, err := cases.Find(ctx, community.CaseFilter{Group: s.group.Key})
		check(t, err)
		if n != 2 || list[0].Want != community.WantHit || list[0].Event != missed.Number || list[1].Want != community.WantNone || list[1].Rule != "ads" || list[1].Why != "闲聊" {
			t.Fatalf("cases = %+v", list)
		}
		_, sum, err := cases.Judge(ctx, s.group.Key, nil)
		check(t, err)
		if sum.Broken != 2 || sum.Precision() != 0 {
			t.Errorf("under the book that was wrong: %+v", sum)
		}
		_, err = hands.Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "代购"), "改对了")
		check(t, err)
		_, err = hands.Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "团购"), "改回去")
		if community.CodeOf(err) != community.CodeConflict || !strings.Contains(err.Error(), "2 labelled") {
			t.Fatalf("a book that breaks two cases: %v, want a conflict", err)
		}
		v, err := cases.Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "团购"), "改回去", "活动期间宁可多拦")
		check(t, err)
		trail, _, err := s.desk.FindAudit(ctx, community.AuditFilter{Verb: "rulebook.publish"})
		check(t, err)
		if v != 3 || !strings.Contains(string(trail[0].After), "活动期间宁可多拦") || !strings.Contains(string(trail[0].After), list[0].ID.String()) {
			t.Errorf("version %d, trail = %s", v, trail[0].After)
		}
		if _, body := s.get("/cases?g=" + s.group.ID.String()); !strings.Contains(body, "判错") || !strings.Contains(body, "上次的团购真好吃") || !strings.Contains(body, "准确率 0.0 %") {
			t.Errorf("the page of cases: %s", excerpt(body))
		}
		rep, err := s.app.AsDecided(ctx, s.group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %d different", rep.Different)
		}
	})
}

// TestCasesAreAddedAndRemovedByHand: with bad input at each door.
func TestCasesAreAddedAndRemovedByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, cases := t.Context(), s.app.Cases(s.org, nil)
		said := s.says(s.member("大刘"), "扫我头像领资料")
		good := community.Case{Group: s.group.Key, Event: said.Number, Want: community.WantHit, Why: "引流"}
		for name, change := range map[string]func(c *community.Case){
			"no reason": func(c *community.Case) { c.Why = " " }, "want": func(c *community.Case) { c.Want = "maybe" },
			"huge": func(c *community.Case) { c.Why = strings.Repeat("长", 5000) }, "no message": func(c *community.Case) { c.Event = 1 << 40 }, "group": func(c *community.Case) { c.Group = 999 },
		} {
			bad := good
			change(&bad)
			if _, err := cases.Add(ctx, "ming", bad); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		page := messagePath(s, said.Number)
		s.does(page, page+"/case", url.Values{"want": {"hit"}, "reason": {"引流\u202e"}, "wide": {"1"}})
		one, err := cases.Add(ctx, "ming", good) // twice: the same case
		check(t, err)
		standings, sum, err := cases.Judge(ctx, s.group.Key, nil)
		check(t, err)
		if len(standings) != 1 || standings[0].Fate != replay.Broken || sum.Missed != 1 {
			t.Errorf("standings = %+v, %+v", standings, sum)
		}
		s.does("/cases", "/cases/"+one.ID.String()+"/remove", url.Values{"reason": {"重复"}})
		if _, n, err := cases.Find(ctx, community.CaseFilter{}); err != nil || n != 0 {
			t.Errorf("%d cases left (%v)", n, err)
		}
	})
}

func messagePath(s *shift, number int64) string {
	return "/messages/" + s.group.ID.String() + "/" + strconv.FormatInt(number, 10)
}
