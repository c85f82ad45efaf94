package console

import (
	"context"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// mingler knows of one group that shares people and a text with the first one.
type mingler struct {
	h     *house
	alone bool
	kept  []admit.Difference
}

func (m *mingler) Overlap(_ context.Context, g community.GroupKey) (admit.OverlapCheck, error) {
	if m.alone {
		return admit.OverlapCheck{People: 1}, m.h.err
	}
	other := m.h.groups[1]
	c := admit.OverlapCheck{People: 40, Said: 7, Others: 2, Heard: 2, Overlaps: []admit.Overlap{{Group: other.Key, GroupID: other.ID, Name: other.Name, Shared: 10, Copies: 1,
		Examples: []admit.Copied{{Mine: admit.Said{Source: admit.SaidSOP, Text: "本周三晚八点作者在群里答疑，欢迎提前留言"}, Theirs: admit.Said{Source: admit.SaidMessage, Text: "本周三晚上八点作者在群里答疑，欢迎提前留言\u202e<script>", At: fakeNow.UnixMilli()}}}}}}
	if n := len(m.kept); n > 0 {
		c.Difference = m.kept[n-1]
	}
	return c, m.h.err
}

func (m *mingler) SharedIn(_ context.Context, _, _ community.GroupKey, _ community.Page) ([]admit.Double, int, error) {
	if m.alone {
		return nil, 0, m.h.err
	}
	return []admit.Double{{Member: community.Member{ID: fakeID(40), Name: "阿敏"}, Places: []admit.Place{{Group: 1, Name: "一群"}, {Group: 2, Name: "二群"}}}}, 1, m.h.err
}

func (m *mingler) Differences(context.Context, community.GroupKey) ([]admit.Difference, error) {
	return m.kept, m.h.err
}

func (m *mingler) SetDifference(_ context.Context, user string, g community.GroupKey, text string) (admit.Difference, error) {
	v := admit.Difference{Group: g, Version: len(m.kept) + 1, Text: text, User: user, At: fakeNow.UnixMilli(), Against: []community.GroupKey{m.h.groups[1].Key}}
	if err := admit.CheckDifference(text); err != nil {
		return v, err
	}
	m.kept = append(m.kept, v)
	return v, nil
}

func TestOverlapIsShownBeforeAGroupIsOpened(t *testing.T) {
	h := newHouse()
	m := &mingler{h: h}
	d := h.fullDeps()
	d.Overlaps = func(community.OrgKey, []community.GroupKey) Overlaps { return m }
	v := openWith(t, d).as("owner")
	at := "/groups/" + fakeID(20).String()
	_, page := v.get(at)
	says(t, "the group's page", page, at+"/overlap", "重合检查")
	_, page = v.get(at + "/overlap")
	says(t, "the check", page, "还没写不同之处", h.groups[1].Name, "25.0%", "阿敏", "二群", "本周三晚八点", "SOP", "还没有写过")
	if strings.Contains(page, "<script>") {
		t.Error("a text is let through")
	}
	for _, bad := range []string{"", strings.Repeat("长", 201), "\x00"} {
		if _, page = v.post(at+"/difference", "text", bad); len(m.kept) != 0 || !strings.Contains(page, "1 到 200 个字") {
			t.Errorf("%q is taken", bad)
		}
	}
	_, page = v.post(at+"/difference", "text", "只有这里有作者答疑")
	says(t, "the check", page, "不同之处已写，进群页会显示", "只有这里有作者答疑", "已写")
	m.alone = true
	_, page = v.get(at + "/overlap")
	says(t, "a group alone", page, "没有可比的群", "没有人同时在别的群")
}
