package app_test

import (
	"testing"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/points"
)

// TestManySharedAndPointsWorkInABrowser looks at the pages of what touches many, of shared lists and of points, at both widths:
// nothing may stick out, and the browser's console stays silent.
func TestManySharedAndPointsWorkInABrowser(t *testing.T) {
	looksAtBothWidths(t, "share", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx := t.Context()
		ming, m := owner.ID.String(), s.member("大刘")
		p, err := s.app.Bulks(s.org, nil).Propose(ctx, ming, bulk.Order{Kind: bulk.Remove, Picked: []community.ID{m.ID}, Members: community.MemberFilter{Group: s.group.Key}}, "广告号")
		check(t, err)
		lists := s.app.Blocklists(s.org, nil)
		check(t, lists.PutMember(ctx, ming, m.ID, "fraud", 3, 90, "骗押金"))
		own, err := lists.Publish(plain(ctx), ming, "徒步圈黑名单", true, "")
		check(t, err)
		own.Name = "友社的名单"
		followed, err := lists.Subscribe(ctx, ming, own, "")
		check(t, err)
		r := points.Default()
		r.On = true
		check(t, s.app.Points(s.org, nil).SetRules(ctx, ming, s.group.Key, r, ""))
		_, err = s.app.Points(s.org, nil).Give(ctx, ming, s.group.Key, m.ID, 30, "组织活动")
		check(t, err)
		g := "g=" + s.group.ID.String()
		return []visited{
			{"members", "/members?" + g}, {"preview", "/bulk/new?do=remove&scope=all&" + g}, {"mute", "/bulk/new?do=mute&scope=picked&m=" + m.ID.String() + "&" + g},
			{"undo", "/bulk/new?do=undo"}, {"bulks", "/bulk"}, {"run", "/bulk/" + p.ID.String()}, {"limits", "/bulk/rules"}, {"inbox", "/inbox"},
			{"shared", "/blocklists"}, {"followed", "/blocklists/" + followed.ID.String()},
			{"points", "/points?" + g}, {"points-rules", "/points/rules?" + g}, {"points-member", "/points/members/" + m.ID.String() + "?" + g},
		}
	})
}
