package admit

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestNearCopiesBetweenGroupsAreFound(t *testing.T) {
	mine := Hear([]Said{{Text: "本周三晚八点作者在群里答疑，欢迎提前留言"}, {Text: "好的"}, {Text: "周末一起去西湖边徒步，早上七点集合不要迟到"}, {Text: "1. 小明\n2. 小红\n3. 小刚"}})
	if mine.Len() != 2 {
		t.Errorf("compared = %d, want 2: small talk and lists say nothing", mine.Len())
	}
	for name, theirs := range map[string]string{
		"word for word":    "本周三晚八点作者在群里答疑，欢迎提前留言",
		"changed":          "本周三晚上八点作者在群里答疑，欢迎大家提前留言！！",
		"with other signs": "【本周三】晚八点、作者在群里答疑～欢迎提前留言",
	} {
		if got := mine.Copies(Hear([]Said{{Text: "天气真不错啊今天大家都出门了吗"}, {Text: theirs}})); len(got) != 1 || got[0].Theirs.Text != theirs {
			t.Errorf("%s: copies = %+v", name, got)
		}
	}
	if got := mine.Copies(Hear([]Said{{Text: "好的"}, {Text: "下周二晚上九点编辑部开选题会，请各位主编准备材料"}})); len(got) != 0 {
		t.Errorf("strangers are copies: %+v", got)
	}
	if got := Hear(nil).Copies(mine); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestGroupThatOverlapsNeedsItsDifference(t *testing.T) {
	c := OverlapCheck{Overlaps: Rank([]Overlap{{Group: 3, Shared: 1}, {Group: 4}, {Group: 5, Copies: 2}, {Group: 6, Shared: 9, Sister: true}})}
	if len(c.Overlaps) != 3 || c.Overlaps[0].Group != 6 || c.Overlaps[2].Group != 5 {
		t.Fatalf("ranked = %+v", c.Overlaps)
	}
	if got := c.Missing(); len(got) != 2 || c.MayOpen() {
		t.Errorf("missing = %+v", got)
	}
	c.Difference = Difference{Version: 1, Text: "有答疑", Against: []community.GroupKey{3}}
	if got := c.Missing(); len(got) != 1 || got[0].Group != 5 || c.MayOpen() {
		t.Errorf("one was written of: missing = %+v", got)
	}
	c.Difference.Against = append(c.Difference.Against, 5)
	if !c.MayOpen() {
		t.Error("may not be opened with its difference")
	}
	if c.Difference = (Difference{}); !(OverlapCheck{Open: true, Overlaps: c.Overlaps}).MayOpen() {
		t.Error("what is open is closed again")
	}
	if !(OverlapCheck{}).MayOpen() {
		t.Error("a group alone may not be opened")
	}
	for _, bad := range []string{"", "  ", strings.Repeat("a", MaxDifference+1), "\xff", "a\x00b"} {
		if community.CodeOf(CheckDifference(bad)) != community.CodeBadInput {
			t.Errorf("%q is taken", bad)
		}
	}
}
