package console

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

// TestReviewNamesCopiesInOtherGroupsAsFarAsTheyMayBeSeen: a hit across groups says in words how far the text has come, leads to the
// copies, and only counts those in groups that the reader may not see.
func TestReviewNamesCopiesInOtherGroupsAsFarAsTheyMayBeSeen(t *testing.T) {
	h := furnished()
	d := &h.decided[0]
	d.Hits = []community.RuleHit{{Rule: "across", Kind: "across", Why: "across 30m 5/4/2"}}
	seen := community.MessageRow{Number: 77, Group: 2, GroupName: "<b>二群</b>", Name: "小\u202e明", Text: "转让健身卡<script>", OccurredAt: h.messages[0].OccurredAt}
	erased := community.MessageRow{Number: 78, Group: 2, GroupName: "二群", Erased: true}
	h.copied = map[int64]community.CopiesRow{d.Event: {Copies: 4, Groups: 3, Seen: []community.MessageRow{seen, erased}, HiddenCopies: 2, HiddenGroups: 2}}
	v := open(t, h).as("owner")
	_, body := v.get("/review?d=" + d.ID.String())
	for _, want := range []string{"30 分钟内同一段话发到 4 个群，共 5 份，出自 2 人", "之前已有 4 份，在 3 个群", "/messages/" + fakeID(21).String() + "/77", "转让健身卡&lt;script&gt;", "&lt;b&gt;二群", "另有 2 份在 2 个你看不到的群里"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(body, "\u202e") || strings.Contains(body, "转让健身卡<script>") {
		t.Error("a hostile name or text comes through")
	}
	d.Hits = []community.RuleHit{{Rule: "ads", Kind: "keyword", Why: "keyword ads"}}
	if _, body := v.get("/review?d=" + d.ID.String()); strings.Contains(body, "之前已有") {
		t.Error("a hit of another kind shows copies")
	}
}

func TestReviewWithCopiesIsSoundInABrowser(t *testing.T) {
	t.Parallel()
	sound(t, []string{"/review?d=" + fakeID(200).String()}, func() *house {
		h := furnished()
		d := &h.decided[0]
		d.Hits = []community.RuleHit{{Rule: "across", Kind: "across", Why: "across 30m 5/4/2"}}
		seen := community.MessageRow{Number: 77, Group: 2, GroupName: "产品学习二群", Name: "小明", Text: "转让健身卡一张还有八个月有意私信★ 1037", OccurredAt: h.messages[0].OccurredAt}
		h.copied = map[int64]community.CopiesRow{d.Event: {Copies: 4, Groups: 3, Seen: []community.MessageRow{seen, seen}, HiddenCopies: 2, HiddenGroups: 2}}
		return h
	})
}
