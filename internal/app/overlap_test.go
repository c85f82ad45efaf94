package app_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// TestOverlappingGroupIsOpenedWithItsDifference: no first code leads to a group that shares a member or a text with another until somebody
// wrote what it gives that the other does not; then the join page shows it.
func TestOverlappingGroupIsOpenedWithItsDifference(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "菜单", State: "menu"}, "")
		check(t, err)
		entry := admit.Entry{Group: g.group.Key, Link: "https://chat.example/+abc"}
		if _, err := codes.AddEntry(ctx, "ming", c.ID, entry, nil); err != nil {
			t.Fatalf("a group that shares nothing is refused: %v", err)
		}
		g.join(g.group, "老周", "menu")
		g.join(g.second, "老周", "")
		g.join(g.second, "阿敏", "")
		check(t, g.app.Store().CatchUp(ctx))
		_, err = g.app.Plans(g.org, nil).NewBroadcast(ctx, "ming", plan.Broadcast{Title: "答疑", Text: "本周三晚八点作者在群里答疑，欢迎提前留言", Start: g.ms.Load() + 9*3600_000, Filter: plan.Filter{Groups: []community.GroupKey{g.group.Key, g.second.Key}}})
		check(t, err)
		entry.Group = g.second.Key
		for _, try := range []func() error{
			func() error { _, err := codes.AddEntry(ctx, "ming", c.ID, entry, nil); return err },
			func() error { _, err := codes.Order(ctx, "ming", c.ID, g.second.Key); return err },
		} {
			if err := try(); !errors.Is(err, admit.ErrSameAsOthers) || community.CodeOf(err) != community.CodeConflict || !strings.Contains(err.Error(), "读书1群") {
				t.Fatalf("opened although it overlaps: %v", err)
			}
		}
		check1 := func() admit.OverlapCheck {
			t.Helper()
			o, err := codes.Overlap(ctx, g.second.Key)
			check(t, err)
			return o
		}
		o := check1()
		if o.People != 2 || len(o.Overlaps) != 1 || o.Overlaps[0].Shared != 1 || o.Overlaps[0].Copies != 1 || o.Open || o.MayOpen() {
			t.Fatalf("overlap = %+v", o)
		}
		people, n, err := codes.SharedIn(ctx, g.second.Key, 0, community.Page{})
		if err != nil || n != 1 || people[0].Member.Name != "老周" {
			t.Errorf("people in both = %+v, %d (%v)", people, n, err)
		}
		if _, err := codes.SetDifference(ctx, "ming", g.second.Key, " "); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("an empty difference is kept: %v", err)
		}
		_, err = codes.SetDifference(ctx, "ming", g.second.Key, "只有这里每周三有作者答疑")
		check(t, err)
		if o = check1(); !o.MayOpen() || o.Difference.Text != "只有这里每周三有作者答疑" {
			t.Fatalf("with its difference = %+v", o)
		}
		d, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "海报", State: "poster"}, "")
		check(t, err)
		_, err = codes.AddEntry(ctx, "ming", d.ID, entry, nil)
		check(t, err)
		if code, body := g.scan(d.Slug, "a"); code != http.StatusOK || !strings.Contains(body, "只有这里每周三有作者答疑") || !strings.Contains(body, "别的群没有的") {
			t.Errorf("the join page = %d: %s", code, excerpt(body))
		}
		if _, body := g.scan(c.Slug, "a"); strings.Contains(body, "别的群没有的") {
			t.Error("a group of which nothing was written shows a difference")
		}
		narrow := g.app.Codes(g.org, []community.GroupKey{g.second.Key})
		if o, err := narrow.Overlap(ctx, g.second.Key); err != nil || o.Others != 0 || len(o.Overlaps) != 0 {
			t.Errorf("a narrow scope sees %+v (%v)", o, err)
		}
		if _, err := narrow.Overlap(ctx, g.group.Key); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("another's group is checked: %v", err)
		}
	})
}
