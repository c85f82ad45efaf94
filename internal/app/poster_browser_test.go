package app_test

import (
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/poster"
)

// TestPostersWorkInABrowser looks at the pages of posters at both widths: nothing may stick out, and the browser's console stays silent.
func TestPostersWorkInABrowser(t *testing.T) {
	looksAtBothWidths(t, "poster", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx := t.Context()
		ming, press := owner.ID.String(), s.app.Posters(s.org, nil)
		l, _, err := poster.Template("referral", "zh-CN", poster.Portrait)
		check(t, err)
		l.Layers[4].Move = poster.Typed
		one, err := press.Save(ctx, ming, "拉新海报", 0, l, "第一版")
		check(t, err)
		_, err = press.Save(ctx, ming, "拉新海报", one.Version, l, "换了字")
		check(t, err)
		code, err := s.app.Codes(s.org, nil).Save(ctx, ming, admit.Code{Kind: admit.Channel, Name: "老带新", State: "ldx", Line: "每周一本书"}, "")
		check(t, err)
		check(t, press.SetForCode(ctx, ming, code.ID, "own/拉新海报", map[string]string{"n1": "300 位书友"}, ""))
		d := experiment.Definition{Name: "换张海报", Switch: experiment.Poster, Subject: code.ID.String(), Arms: [2]string{"", "thanks"}, Hoped: 0.1, PerDay: 30}
		draft, err := s.app.Experiments(s.org, nil).Save(ctx, ming, experiment.Row{Definition: d}, "")
		check(t, err)
		_, err = press.Batch(ctx, ming, poster.Order{Ref: "card/zh-CN/square", People: []map[string]string{{"name": "小林🎉"}}}, "")
		check(t, err)
		at := "/codes/" + code.ID.String()
		return []visited{
			{"list", "/posters"}, {"square", "/posters?canvas=square"}, {"page", "/posters/at?ref=own/%E6%8B%89%E6%96%B0%E6%B5%B7%E6%8A%A5/2"}, {"shipped", "/posters/at?ref=event/zh-CN/portrait&v.title=%F0%A0%AE%B7%F0%9F%8E%89"},
			{"edit", "/posters/edit?ref=own/%E6%8B%89%E6%96%B0%E6%B5%B7%E6%8A%A5"}, {"code", at}, {"handout", at + "/poster"}, {"form", "/experiments/new?switch=poster"}, {"draft", "/experiments/" + draft.ID.String()},
			{"ask", "/p/" + code.Slug},
		}
	})
}
