package app_test

import (
	"encoding/json"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// TestItemsThatAreNamedInABrowser looks at the pages on which items are named, and at what they say of one that has expired.
func TestItemsThatAreNamedInABrowser(t *testing.T) {
	looksAtBothWidths(t, "library", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx, me := t.Context(), owner.ID.String()
		l, plans := s.app.Libraries(s.org, nil), s.app.Plans(s.org, nil)
		save := func(kind shelf.Kind, c shelf.Content) shelf.Item {
			i, err := l.Save(ctx, me, community.ID{}, 0, kind, c, "")
			check(t, err)
			return i
		}
		post := save(shelf.Post, shelf.Content{Title: "七天里的第一天：一个很长很长的标题，看它在窄屏上会不会撑破", Text: "{group}的朋友，今晚 {hour} 点开讲，链接 {link}", URL: "https://qun.example/a/very/long/address/that/does/not/break/anywhere"})
		old := save(shelf.Script, shelf.Content{Title: "快过期的", Text: "第二天的话"})
		hello := save(shelf.Welcome, shelf.Content{Title: "进门话", Text: "{name}，欢迎来{group}"})
		steps := []plan.Step{{Kind: plan.ByDay, At: "20:00", Library: post.ID, Values: map[string]string{"hour": "八"}}, {Kind: plan.ByDay, Day: 1, At: "20:00", Library: old.ID}, {Kind: plan.ByDay, Day: 2, At: "20:00", Text: "自己的话"}}
		sop, err := plans.SaveSOP(plain(ctx), me, plan.SOP{Name: "新群七天", Steps: steps}, "")
		check(t, err)
		check(t, plans.AddToSOP(ctx, me, sop.ID, s.group.Key, ""))
		_, err = l.Greet(plain(ctx), me, hello.ID, s.group.Key, "")
		check(t, err)
		_, err = l.Save(ctx, me, old.ID, 0, "", shelf.Content{Title: "快过期的", Text: "第二天的话", Expires: "2020-01-01"}, "")
		check(t, err)
		draft, err := s.app.Store().BookBody(ctx, s.group.Key, 1)
		check(t, err)
		var book struct{ Rules []struct{ ID, Kind string } }
		check(t, json.Unmarshal(draft, &book))
		rule := ""
		for _, r := range book.Rules {
			if r.Kind == "welcome" {
				rule = r.ID
			}
		}
		at := "/library/"
		return []visited{{"item", at + post.ID.String()}, {"greeting", at + hello.ID.String()}, {"greet", at + hello.ID.String() + "/greet"}, {"sop", "/sops/" + sop.ID.String()},
			{"sop-edit", "/sops/" + sop.ID.String() + "/edit"}, {"rule", "/rules/" + s.group.ID.String() + "/rule/" + rule}}
	})
}
