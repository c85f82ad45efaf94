package storetest

import (
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
	"qunluo/internal/tag"
)

var tagAudit = community.Audit{Org: 1, User: "ming", Verb: "tag.put", Reason: "试"}

// wornNames gives what targets wear of a scope.
func wornNames(t *testing.T, s *store.Store, scope tag.Scope, m community.MemberKey, g community.GroupKey) (names []string) {
	t.Helper()
	for _, v := range must(desk(s).WornBy(t.Context(), scope, []community.MemberKey{m}, []community.GroupKey{g}))(t) {
		names = append(names, v.Tag+"/"+v.Source[:min(4, len(v.Source))])
	}
	return names
}

// tagsAreWorn: a tag is put on and taken off by hand in each scope, renamed and merged with everybody who wears it, and forgotten; older
// names lead to what it is called now; a stay's tag ends with the stay.
func tagsAreWorn(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := NewLog(s)
	evs := l.Append(t, join(tea, "a", at("2026-01-05 09:00:00")), join(tea, "b", at("2026-01-05 09:00:01")))
	caughtUp(t, s)
	g, a, b := evs[0].Group, evs[0].Actor, evs[1].Actor
	stay := must(desk(s).StayNow(ctx, g, a))(t)
	hostile := `<b>'";--`
	put := func(scope tag.Scope, name string, on bool, want int, targets ...tag.Target) {
		t.Helper()
		if n, err := s.PutTag(ctx, scope, name, on, targets, tagAudit); err != nil || n != want {
			t.Errorf("put %s %q %v: %d, %v; want %d", scope, name, on, n, err, want)
		}
	}
	put(tag.Person, "志愿者", true, 2, tag.Target{Member: a}, tag.Target{Member: b})
	put(tag.Person, "志愿者", true, 0, tag.Target{Member: a})
	put(tag.Person, hostile, true, 1, tag.Target{Member: b})
	put(tag.Stay, "新人", true, 1, tag.Target{Group: g, Member: a, Stay: stay})
	put(tag.Group, "读书", true, 1, tag.Target{Group: g})
	find := func(label string, want int) {
		t.Helper()
		for _, f := range []community.MemberFilter{{Group: g, Label: label}, {Label: label}, {Label: label, Tag: "读书"}, {Label: label, Persons: true}, {Label: label, Page: community.Page{Sort: "messages"}}} {
			if _, n, err := desk(s).FindMembers(ctx, f); err != nil || n != want {
				t.Errorf("members labelled %q (%+v) = %d, %v; want %d", label, f, n, err, want)
			}
		}
	}
	find("志愿者", 2)
	find("新人", 1)
	find(hostile, 1)
	find("没有", 0)
	rows, _, err := desk(s).FindMembers(ctx, community.MemberFilter{Group: g, Label: "新人"})
	if err != nil || len(rows) != 1 || !slices.Equal(rows[0].StayTags, []string{"新人"}) || !slices.Equal(rows[0].Tags, []string{"志愿者"}) {
		t.Errorf("rows = %+v, %v", rows, err)
	}
	// renamed: older names lead there, twice over
	if _, err := s.RenameTag(ctx, 1, tag.Group, "读书", "共读", false, tagAudit); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RenameTag(ctx, 1, tag.Group, "共读", "晨读", false, tagAudit); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"读书", "共读", "晨读"} {
		if list := must(desk(s).GroupsTagged(ctx, name))(t); !slices.Equal(list, []community.GroupKey{g}) {
			t.Errorf("groups tagged %s = %v", name, list)
		}
	}
	if list := must(desk(s).GroupsTagged(ctx, "无"))(t); list == nil || len(list) != 0 {
		t.Errorf("groups of a tag that nobody wears = %v, want none and not all", list)
	}
	// merged: a rule's and a hand's become the hand's; a name that is taken is no new name
	put(tag.Person, "义工", true, 1, tag.Target{Member: a})
	if _, err := s.RenameTag(ctx, 1, tag.Person, "义工", "志愿者", false, tagAudit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("renamed to another's name: %v", err)
	}
	if _, err := s.RenameTag(ctx, 1, tag.Person, "无", "别的", false, tagAudit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("renamed nothing: %v", err)
	}
	if n, err := s.RenameTag(ctx, 1, tag.Person, "义工", "志愿者", true, tagAudit); err != nil || n != 1 {
		t.Errorf("merged: %d, %v", n, err)
	}
	find("义工", 2)
	put(tag.Person, "义工", true, 0, tag.Target{Member: b}) // by what it is called now
	if err := s.WriteTag(ctx, 1, tag.Tag{Scope: tag.Person, Name: "志愿者", Family: "角色", Colour: "blue"}, tagAudit); err != nil {
		t.Fatal(err)
	}
	list := must(desk(s).TagList(ctx, tag.Person))(t)
	if len(list) != 2 || list[0].Name != "志愿者" || list[0].Worn != 2 || list[0].Family != "角色" || list[0].Colour != "blue" || list[1].Name != hostile {
		t.Errorf("tags = %+v", list)
	}
	for _, far := range []community.Scope{{Org: 1, Groups: []community.GroupKey{}}, {Org: 1, Groups: []community.GroupKey{999}}} {
		for _, scope := range tag.Scopes() {
			if list := must(s.For(far).TagList(ctx, scope))(t); len(list) != 0 {
				t.Errorf("who sees other groups reads of %s %+v", scope, list)
			}
			if list := must(s.For(far).WornBy(ctx, scope, []community.MemberKey{a, b}, []community.GroupKey{g}))(t); len(list) != 0 {
				t.Errorf("who sees other groups reads of worn %s %+v", scope, list)
			}
		}
	}
	if list := must(s.For(community.Scope{Org: 2}).TagList(ctx, tag.Person))(t); len(list) != 0 {
		t.Errorf("another organisation sees %+v", list)
	}
	if n, err := s.DeleteTag(ctx, 1, tag.Person, hostile, tagAudit); err != nil || n != 1 {
		t.Errorf("deleted: %d, %v", n, err)
	}
	if _, err := s.DeleteTag(ctx, 1, tag.Person, hostile, tagAudit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("deleted twice: %v", err)
	}
	// a rejoin begins without the stay's tags
	l.Append(t, leave(tea, "a", at("2026-01-06 09:00:00")), join(tea, "a", at("2026-01-07 09:00:00")))
	caughtUp(t, s)
	find("新人", 0)
	if again := must(desk(s).StayNow(ctx, g, a))(t); again == stay {
		t.Error("the rejoin is the same stay")
	}
	if got := wornNames(t, s, tag.Stay, a, g); !slices.Equal(got, []string{"新人/hand"}) {
		t.Errorf("the stay that ended wears %v", got)
	}
}

// tagRulesAreKept: rules have versions that nobody overwrites, one live rule to a tag; a run puts on and takes off what is the rule's own
// and is refused when the rule changed meanwhile.
func tagRulesAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	evs := NewLog(s).Append(t, join(tea, "a", at("2026-01-05 09:00:00")), join(tea, "b", at("2026-01-05 09:00:01")), say(tea, "b", "早", at("2026-01-05 09:30:00")))
	caughtUp(t, s)
	a, b := evs[0].Actor, evs[1].Actor
	r := tag.Rule{Scope: tag.Person, Tag: "活跃", When: []tag.Condition{{Fact: "messages", Op: "least", Value: "1", Days: 30}}}
	v := must(s.AddTagRule(ctx, 1, r, true, tagAudit))(t)
	if _, err := s.AddTagRule(ctx, 1, r, true, tagAudit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a second rule for the tag: %v", err)
	}
	r.When[0].Value = "2"
	second, err := s.SetTagRule(ctx, 1, v.ID, 1, r, true, tagAudit)
	if err != nil || second.Version != 2 || second.Tag != "活跃" {
		t.Fatalf("second version = %+v, %v", second, err)
	}
	if _, err := s.SetTagRule(ctx, 1, v.ID, 1, r, true, tagAudit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("changed by somebody who saw the first version: %v", err)
	}
	if _, err := s.SetTagRule(ctx, 2, v.ID, 2, r, true, tagAudit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("changed by another organisation: %v", err)
	}
	out := tag.Outcome{Put: []tag.Change{{Target: tag.Target{Member: a}, Put: true, Why: "x"}, {Target: tag.Target{Member: b}, Put: true, Why: "y"}}}
	if err := s.CommitTagRun(ctx, 1, v, out, tagAudit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("ran by an old version: %v", err)
	}
	if err := s.CommitTagRun(ctx, 1, second, out, tagAudit); err != nil {
		t.Fatal(err)
	}
	// by hand it is a person's; taken off by hand it stays off
	must(s.PutTag(ctx, tag.Person, "活跃", true, []tag.Target{{Member: a}}, tagAudit))(t)
	must(s.PutTag(ctx, tag.Person, "活跃", false, []tag.Target{{Member: b}}, tagAudit))(t)
	have := must(s.TagHave(ctx, 1, tag.Person, "活跃"))(t)
	if have[tag.Target{Member: a}].Source != tag.Hand || !have[tag.Target{Member: b}].No {
		t.Errorf("have = %+v", have)
	}
	if err := s.CommitTagRun(ctx, 1, second, tag.Outcome{Take: []tag.Change{{Target: tag.Target{Member: a}}}}, tagAudit); err != nil {
		t.Fatal(err)
	}
	if got := wornNames(t, s, tag.Person, a, 0); !slices.Equal(got, []string{"活跃/hand"}) {
		t.Errorf("a rule took what a person put: %v", got)
	}
	if _, err := s.RenameTag(ctx, 1, tag.Person, "活跃", "常说话", false, tagAudit); err != nil {
		t.Fatal(err)
	}
	now := must(s.TagRule(ctx, 1, v.ID))(t)
	if now.Tag != "常说话" || now.Ran == 0 || now.Version != 2 {
		t.Errorf("after renaming the rule is %+v", now)
	}
	if err := s.CommitTagRun(ctx, 1, second, out, tagAudit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("ran under the old name: %v", err)
	}
	if _, err := s.DeleteTag(ctx, 1, tag.Person, "常说话", tagAudit); err != nil {
		t.Fatal(err)
	}
	if now = must(s.TagRule(ctx, 1, v.ID))(t); now.On || now.Trouble != "tag_gone" {
		t.Errorf("a rule of a deleted tag = %+v", now)
	}
	third := must(s.SetTagRule(ctx, 1, v.ID, 2, r, true, tagAudit))(t)
	third.Tag = "常说话"
	if err := s.CommitTagRun(ctx, 1, third, out, tagAudit); err != nil {
		t.Fatal(err)
	}
	if n, err := s.EndTagRule(ctx, 1, v.ID, false, tagAudit); err != nil || n != 2 {
		t.Errorf("ended: %d, %v", n, err)
	}
	if _, err := s.TagRule(ctx, 1, v.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("an ended rule: %v", err)
	}
	if all := must(s.TagRuleVersions(ctx, 1, v.ID))(t); len(all) != 3 || all[0].Version != 3 || all[2].When[0].Value != "1" {
		t.Errorf("versions = %+v", all)
	}
	known, today, err := desk(s).TagKnown(ctx, community.GroupRow{Group: community.Group{Key: evs[0].Group}}, 30)
	if err != nil || len(known) != 2 || today == 0 || known[0].Stay.IsZero() || known[0].Joined == 0 || known[1].LastWord == 0 {
		t.Errorf("known = %+v, %v", known, err)
	}
}

// groupsAreTaggedAtOnce: an edit of many groups touches those that change, and is undone as a whole, once; what was changed since stays.
func groupsAreTaggedAtOnce(t *testing.T, s *store.Store) {
	ctx := t.Context()
	evs := NewLog(s).Append(t, join(tea, "a", at("2026-01-05 09:00:00")), join(community.Ref{ID: "books", Name: "书友群"}, "a", at("2026-01-05 09:00:01")))
	caughtUp(t, s)
	tea, other := evs[0].Group, evs[1].Group
	groups := []community.GroupKey{tea, other}
	must(s.PutTag(ctx, tag.Group, "华东", true, []tag.Target{{Group: tea}}, tagAudit))(t)
	e := must(s.EditTags(ctx, 1, "华东", true, groups, tagAudit))(t)
	if e.Total != 1 {
		t.Errorf("edit = %+v, want the one that had it not", e)
	}
	if _, err := s.EditTags(ctx, 1, "华东", true, groups, tagAudit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("nothing to change: %v", err)
	}
	off := must(s.EditTags(ctx, 1, "华东", false, groups, tagAudit))(t)
	must(s.PutTag(ctx, tag.Group, "华东", true, []tag.Target{{Group: other}}, tagAudit))(t)
	all := community.Scope{Org: 1}
	if _, err := s.UndoTagEdit(ctx, community.Scope{Org: 1, Groups: []community.GroupKey{tea}}, off.ID, tagAudit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("undone by somebody who sees one of two: %v", err)
	}
	back, err := s.UndoTagEdit(ctx, all, off.ID, tagAudit)
	if err != nil || back.Kept != 1 || back.Total != 2 {
		t.Errorf("undone = %+v, %v", back, err)
	}
	if _, err := s.UndoTagEdit(ctx, all, off.ID, tagAudit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("undone twice: %v", err)
	}
	if list := must(desk(s).GroupsTagged(ctx, "华东"))(t); len(list) != 2 {
		t.Errorf("tagged = %v", list)
	}
	if list := must(s.TagEdits(ctx, all, 10))(t); len(list) != 2 || list[0].ID != off.ID || list[0].Undone == 0 {
		t.Errorf("edits = %+v", list)
	}
}
