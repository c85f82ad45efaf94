package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/tag"
)

// labels is a house's tags as pages see them; quiet = there are none.
type labels struct {
	h     *house
	quiet bool
}

func (l labels) List(_ context.Context, scope tag.Scope) ([]tag.Tag, error) {
	if l.quiet {
		return nil, nil
	}
	return []tag.Tag{{Scope: scope, Name: "志愿者", Family: "角色", Colour: "blue", Note: "每周值一次班", Worn: 12, Auto: 3, Rule: fakeID(1).String()},
		{Scope: scope, Name: strings.Repeat("长", tag.MaxName), Worn: 1}, {Scope: scope, Name: "<b>'\"", Colour: "red"}}, nil
}

func (l labels) worn(scope tag.Scope) []tag.Worn {
	if l.quiet {
		return nil
	}
	w := tag.Worn{Tag: "志愿者", Source: tag.ByRule(fakeID(1)), Why: "messages least 1 in 7 (3) @ 读书群", At: 1}
	if scope == tag.Stay {
		w.Group = 1
	}
	return []tag.Worn{w, {Target: w.Target, Tag: "<b>'\"", Source: tag.Hand, User: "ming", At: 2}}
}

func (l labels) Put(_ context.Context, _ string, o tag.Order) (bool, error) {
	l.h.note("tag %s %s %v", o.Scope, o.Name, o.On)
	if o.Name == "坏 的" {
		return false, community.Errorf(community.CodeBadInput, "tag")
	}
	return true, nil
}
func (l labels) WornByMember(context.Context, community.MemberKey) (own, stays []tag.Worn, err error) {
	return l.worn(tag.Person), l.worn(tag.Stay), nil
}
func (l labels) WornByGroup(context.Context, community.GroupKey) ([]tag.Worn, error) {
	return l.worn(tag.Group), nil
}
func (l labels) Write(_ context.Context, _ string, v tag.Tag, _ string) error {
	l.h.note("write %s %s", v.Name, v.Colour)
	return nil
}
func (l labels) Rename(_ context.Context, _ string, _ tag.Scope, old, name string, merge bool, _ string) (int, error) {
	l.h.note("rename %s %s %v", old, name, merge)
	return 3, nil
}
func (l labels) Delete(_ context.Context, _ string, _ tag.Scope, name, _ string) (int, error) {
	l.h.note("delete %s", name)
	return 3, nil
}

func aTagRule() tag.Version {
	return tag.Version{ID: fakeID(1), Version: 2, On: true, Ran: 5, Note: "找人", Rule: tag.Rule{Scope: tag.Person, Tag: "志愿者", GroupTag: "华东", Groups: []community.ID{fakeID(20)},
		When: []tag.Condition{{Fact: "messages", Op: "least", Value: "10", Days: 28}, {Fact: "tier", Op: "not", Value: "lurker"}}}}
}

func (l labels) Rules(context.Context) ([]tag.Version, error) {
	if l.quiet {
		return nil, nil
	}
	broken := aTagRule()
	broken.ID, broken.Trouble = fakeID(2), "group_gone"
	return []tag.Version{aTagRule(), broken}, nil
}
func (l labels) Rule(context.Context, community.ID) (tag.Version, []tag.Version, error) {
	return aTagRule(), []tag.Version{aTagRule()}, nil
}
func (l labels) AddRule(_ context.Context, _ string, r tag.Rule, on bool, _ string) (tag.Version, error) {
	l.h.note("rule %s %v: %s", r.Tag, on, tag.ConditionText(r.When))
	return tag.Version{Rule: r, Version: 1}, nil
}
func (l labels) SetRule(_ context.Context, _ string, _ community.ID, base int, r tag.Rule, _ bool, _ string) (tag.Version, error) {
	if base != 2 {
		return tag.Version{}, community.Errorf(community.CodeConflict, "base")
	}
	return tag.Version{Rule: r, Version: 3}, nil
}
func (l labels) EndRule(context.Context, string, community.ID, bool, string) (int, error) {
	return 3, nil
}
func (l labels) TryRule(context.Context, tag.Rule, community.ID) (tag.Trial, error) {
	return tag.Trial{Put: 12, Take: 3, Keep: 4, Hand: 1, No: 1, Lines: []tag.TrialLine{{Put: true, Why: "messages least 10 in 28 (31)", MemberID: fakeID(50), Name: "阿敏"}, {MemberID: fakeID(51), Name: strings.Repeat("名", 40)}}}, nil
}
func (l labels) RunRule(context.Context, string, community.ID) (tag.Trial, error) {
	return tag.Trial{Put: 1}, nil
}
func (l labels) Preview(_ context.Context, o tag.EditOrder) (tag.EditPreview, error) {
	return tag.EditPreview{Tag: o.Name, Put: o.Put, Chosen: 9, Groups: []community.GroupKey{1, 2}, Names: []string{"一群", "二群"}}, nil
}
func (l labels) Edit(_ context.Context, _ string, o tag.EditOrder, _ string) (tag.Edit, error) {
	l.h.note("edit %s %v of %d", o.Name, o.Put, o.Expect)
	return tag.Edit{Tag: o.Name, Total: 2}, nil
}
func (l labels) UndoEdit(context.Context, string, community.ID, string) (tag.Edit, error) {
	return tag.Edit{Total: 2, Kept: 1}, nil
}
func (l labels) Edits(context.Context) ([]tag.Edit, error) {
	if l.quiet {
		return nil, nil
	}
	return []tag.Edit{{ID: fakeID(3), Tag: "华东", Put: true, Total: 2, User: "ming", Reason: "分区", At: 3}, {ID: fakeID(4), Tag: "华东", Total: 9, At: 2, Undone: 4, Kept: 1}}, nil
}

// agendas is a house's day; quiet = nothing is due.
type agendas struct{ quiet bool }

func (a agendas) Day(context.Context, string) ([]duty.Agenda, int64, error) {
	g := community.GroupRow{Group: community.Group{Key: 1, ID: fakeID(20), Name: "读书群" + strings.Repeat("很长", 12)}}
	if a.quiet {
		return []duty.Agenda{{Group: g}}, 1000, nil
	}
	late := duty.Agenda{Group: g, Owner: "ming", From: "keeper", Late: 1, Next: duty.Due{Part: duty.Screening, Kind: duty.DueRequest, N: 3, At: 500},
		Rest: []duty.Due{{Part: duty.Content, Kind: duty.DueTask, What: "send", N: 1, At: 1500}, {Part: duty.Order, Kind: duty.DueReview, N: 2, At: 1600}, {Part: duty.Review, Kind: duty.DueAdjust, N: 1, At: 1700}, {Part: duty.Order, Kind: duty.DueObserve, N: 1, At: 1800}}}
	return []duty.Agenda{late, {Group: g, Next: duty.Due{Part: duty.Review, Kind: duty.DueAlarm, What: "goal", N: 1, At: 2000}}, {Group: g}}, 1000, nil
}

// equipTags gives a house tags and a day.
func (h *house) equipTags(d *Deps, quiet bool) {
	d.Tags = func(community.OrgKey, []community.GroupKey) Tags { return labels{h, quiet || h.quiet} }
	d.Today = func(community.OrgKey, []community.GroupKey) Today { return agendas{quiet || h.quiet} }
	d.Tagged = func(_ context.Context, _ community.OrgKey, groups []community.GroupKey, _ string) ([]community.GroupKey, error) {
		return groups, nil
	}
}

// tagPages are the pages of tags and of the day by the names of their pictures.
func tagPages() map[string]string {
	look := "/tags/rules/look?" + ruleQuery(aTagRule()).Encode()
	return map[string]string{"tags": "/tags?scope=person", "tags-group": "/tags", "tag": "/tags/one?scope=person&name=" + "%E5%BF%97%E6%84%BF%E8%80%85", "tag-rules": "/tags/rules", "tag-look": look, "tag-look-new": "/tags/rules/look?scope=group",
		"tag-edits": "/tags/edits", "tag-edit": "/tags/edits/new?do=put&scope=all&label=x", "tags-of-group": "/groups/" + fakeID(20).String() + "/tags", "today": "/today", "today-all": "/today?all=1"}
}

func TestPagesOfTagsSayWhatTheyDo(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	for name, page := range tagPages() {
		code, body := v.get(page)
		if code != http.StatusOK {
			t.Errorf("%s = %d", page, code)
		}
		if strings.Contains(body, "<b>'") || strings.Contains(body, "{{") {
			t.Errorf("%s: a tag is not escaped, or a word is not filled", name)
		}
	}
	for page, words := range map[string][]string{
		"/today":      {"3 个入群申请等审核", "入口", "群负责人", "没有人", "<bdi>"},
		"/tags/rules": {"最近 28 天消息数 至少 10", "规则提到的群已经没有了"},
		"/tags/rules/look?" + ruleQuery(aTagRule()).Encode(): {"会贴上", "会撕掉", "messages least 10 in 28 (31)"},
	} {
		if _, body := v.get(page); !all(body, words) {
			t.Errorf("%s lacks one of %q", page, words)
		}
	}
	v.post("/tags/rules", "scope", "person", "name", "活跃", "fact1", "messages", "op1", "least", "value1", "5", "days1", "7", "on", "1", "reason", "试")
	if !slices.Contains(h.did, "rule 活跃 true: messages least 5 in 7") {
		t.Errorf("notes = %q", h.did)
	}
	if _, body := v.post("/tags/rules", "scope", "person", "name", "志愿者", "id", fakeID(1).String(), "base", "1", "fact1", "tier", "op1", "is", "value1", "core", "reason", "试"); !strings.Contains(body, "刚被别人改过") {
		t.Error("an edit of an old version is not refused in words")
	}
	if _, body := v.post("/groups/"+fakeID(20).String()+"/tags", "name", "坏 的", "on", "1"); !strings.Contains(body, "标签名不合要求") {
		t.Error("a bad name is not refused in words")
	}
}

func all(body string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(body, w) {
			return false
		}
	}
	return true
}

// TestPagesOfTagsAreSound: they fit wide and narrow windows in both languages, full and empty, without a fault in the browser.
func TestPagesOfTagsAreSound(t *testing.T) {
	soundTo(t, open(t, furnished()).base, "zh-CN", tagPages())
	h := furnished()
	h.quiet = true
	pages := tagPages()
	delete(pages, "tag")
	soundTo(t, open(t, h).base, "zh-CN", pages)
}
