package app_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/draft"
	"qunluo/internal/plan"
)

// writesFromPoints is a model that puts the first point into its text.
func writesFromPoints(t *testing.T) *fakeModel {
	return newFakeModel(t, func(data string) string {
		_, point, _ := strings.Cut(data, `"points":["`)
		point, _, _ = strings.Cut(point, `"`)
		return `{"title": "周六香山", "text": "周六一起去香山，九点地铁口见。` + point + `。想来的请接龙。"}`
	})
}

// TestTheModelIsSetTriedAndUsedThroughItsPages: off at first; set, tried without a call, drafted, used in a mass send under the mark, looked up, switched off.
func TestTheModelIsSetTriedAndUsedThroughItsPages(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", reachable)
		f := writesFromPoints(t)
		_, body := s.get("/model")
		if !strings.Contains(body, "没有设置") || !strings.Contains(body, "还没有送出过任何内容") {
			t.Error("the page does not say that nothing is set")
		}
		body = s.does("/model", "/model/mask", url.Values{"text": {"请大刘带队，电话 13800138000"}})
		if !strings.Contains(body, "⟦电话1⟧") || strings.Contains(body, `<p class="wrap text-break">请大刘`) || len(f.heard()) != 0 {
			t.Errorf("tried without a model: %s", excerpt(body))
		}
		code, body := s.send("/model/edit", "/model/edit", url.Values{"url": {"http://evil.example/v1"}, "model": {"m1"}, "purpose": {"写草稿"}, "region": {"CN"}, "calls": {"10"}, "chars": {"100000"}, "keep": {"30"}, "on": {"1"}})
		if code != 422 || !strings.Contains(body, "http:// 只能用于数字地址") || !strings.Contains(body, "evil.example") {
			t.Errorf("a bad address: %d", code)
		}
		body = s.does("/model/edit", "/model/edit", url.Values{"url": {f.URL + "/v1"}, "key": {"sk-page-key"}, "model": {"m1"}, "purpose": {"写草稿"}, "region": {"CN"}, "calls": {"10"}, "chars": {"100000"}, "keep": {"30"}, "on": {"1"}})
		if !strings.Contains(body, "可以使用") || strings.Contains(body, "sk-page-key") {
			t.Errorf("set: %s", excerpt(body))
		}
		body = s.does("/wordings/new", "/wordings", url.Values{"kind": {"post"}, "about": {"event"}, "goal": {"请大家周六去香山"}, "tone": {"warm"}, "length": {"middle"}, "points": {"找大刘报名"}, "g": {s.group.ID.String()}})
		var at string
		await(t, func() bool {
			list, _, err := s.app.Models(s.org, nil).Proposals(t.Context(), "", community.Page{})
			check(t, err)
			at = "/wordings/" + list[0].ID.String()
			return len(list) == 1 && list[0].State == draft.Done
		})
		_, body = s.get(at)
		if !strings.Contains(body, "找大刘报名。想来的请接龙") || !strings.Contains(body, "AI 生成") || !strings.Contains(body, "群落模板") {
			t.Errorf("draft: %s", excerpt(body))
		}
		if sent := f.heard(); len(sent) != 1 || strings.Contains(sent[0], "大刘") || f.keys[0] != "Bearer sk-page-key" {
			t.Errorf("sent %q", sent)
		}
		use := regexp.MustCompile(`/broadcasts/new\?draft=[^"]*choice=0[^"]*`).FindString(body)
		_, body = s.get(strings.ReplaceAll(use, "&amp;", "&"))
		if use == "" || !strings.Contains(body, "周六一起去香山") || !strings.Contains(body, `name="draft"`) {
			t.Fatalf("the form at %q does not hold the draft", use)
		}
		id := strings.TrimPrefix(at, "/wordings/")
		body = s.does("/broadcasts/new", "/broadcasts", url.Values{"text": {"周六去香山，改过了"}, "title": {"香山"}, "g": {s.group.ID.String()}, "draft": {id}, "choice": {"0"}})
		if !strings.Contains(body, plan.MachineMark) {
			t.Errorf("the mass send has no mark: %s", excerpt(body))
		}
		s.does("/broadcasts/new", "/broadcasts", url.Values{"text": {"这条是自己写的，周日也去"}, "title": {"自己写"}, "g": {s.group.ID.String()}, "draft": {id}, "choice": {"1"}})
		list, _, err := s.app.Plans(s.org, nil).Broadcasts(t.Context(), "", community.Page{})
		check(t, err)
		for _, b := range list {
			if (b.AI == "m1") != strings.Contains(b.Text, plan.MachineMark) || (b.AI == "m1") != (b.Title == "香山") {
				t.Errorf("mass send = %+v", b)
			}
		}
		calls, _, err := s.app.Models(s.org, nil).Calls(t.Context(), community.Page{})
		check(t, err)
		_, body = s.get("/model/calls/" + calls[0].ID.String())
		if !strings.Contains(body, "⟦成员A⟧") || strings.Contains(body, "找大刘") {
			t.Errorf("call: %s", excerpt(body))
		}
		body = s.does("/model", "/model/switch", url.Values{"reason": {"停用"}})
		if !strings.Contains(body, "已关闭") {
			t.Errorf("switched off: %s", excerpt(body))
		}
	})
}

// TestModelPagesWorkInABrowser looks at the pages at both widths: nothing may stick out, and the browser's console stays silent.
func TestModelPagesWorkInABrowser(t *testing.T) {
	looksAtBothWidths(t, "model", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx, f := t.Context(), writesFromPoints(t)
		m := s.app.Models(s.org, nil)
		ask := func(kind draft.Purpose) draft.Proposal {
			o := draft.Order{Kind: kind, About: "event", Goal: "请大家周六去香山，风雨无阻", Tone: "lively", Length: "long", Points: []string{"报名找大刘，电话 13800138000", "路线 https://example.com/a/very/long/address/that/does/not/end?u=zhou77", "带水和帽子"}, Lang: owner.Lang}
			p, err := m.DraftNow(ctx, owner.ID.String(), s.group.Key, o)
			check(t, err)
			return p
		}
		plain := ask(draft.ForPost)
		v := draft.Default()
		v.On, v.Model, v.Purpose, v.Region = true, "m1-large-instruct-2026", "把要点写成群通知的草稿", "CN"
		_, err := m.Set(ctx, owner.ID.String(), v, f.URL+"/v1", "sk-k", "试")
		check(t, err)
		written, question := ask(draft.ForPost), ask(draft.ForQuestion)
		calls, _, err := m.Calls(ctx, community.Page{})
		check(t, err)
		return []visited{{"settings", "/settings"}, {"model", "/model"}, {"edit", "/model/edit"}, {"call", "/model/calls/" + calls[0].ID.String()}, {"list", "/wordings"}, {"new", "/wordings/new"}, {"new-question", "/wordings/new?kind=question"},
			{"plain", "/wordings/" + plain.ID.String()}, {"written", "/wordings/" + written.ID.String()}, {"question", "/wordings/" + question.ID.String()},
			{"broadcast", "/broadcasts/new?draft=" + written.ID.String() + "&choice=0"}, {"calendar", "/calendar/new?draft=" + written.ID.String() + "&choice=0"}}
	})
}
