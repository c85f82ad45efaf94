package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
	"qunluo/internal/table"
)

// tablesAreKept: an edit holds on what its writer saw and is done once; what was not kept is kept beside; whoever follows the edits holds what the table
// holds; tables are seen within their scope.
func tablesAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	v := table.Table{Org: 1, Group: g, Title: "报名", Access: table.MembersEdit, User: "ming", Columns: []table.Column{{ID: "c1", Name: "姓名", Kind: table.Person, Needed: true}, {ID: "c2", Name: "人数", Kind: table.Number}}}
	v = must(s.AddTable(ctx, v, []map[string]string{{"c1": "大刘", "c2": "2"}, {"c1": "米粒"}}, community.Audit{User: "ming"}))(t)
	got := must(desk(s).TableByID(ctx, v.ID))(t)
	same(t, "head, rows and columns", []any{got.Head, got.Rows, got.Columns, got.Link, got.GroupName}, []any{int64(2), 2, v.Columns, int64(1), tea.Name})
	edit := func(list ...table.Edit) ([]table.Edit, []table.Row) {
		t.Helper()
		out, now, err := s.EditTable(ctx, v.Key, list, nil)
		if err != nil {
			t.Fatal(err)
		}
		return out, now
	}
	first := table.Edit{Key: "a1", Verb: table.Set, Row: 1, Column: "c2", Seen: 1, Value: "３", By: "ming"}
	out, now := edit(first)
	same(t, "first", []any{out[0].State, out[0].Value, out[0].Was, out[0].No, now[0].Cells["c2"]}, []any{table.Kept, "3", "2", int64(3), table.Cell{Value: "3", Rev: 3}})
	again, _ := edit(first)
	same(t, "the same edit again", again, out)
	other := first
	other.Value = "9"
	if _, _, err := s.EditTable(ctx, v.Key, []table.Edit{other}, nil); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a key for two edits: %v", err)
	}
	stale, now := edit(table.Edit{Key: "b1", Verb: table.Set, Row: 1, Column: "c2", Seen: 1, Value: "5", By: "hua"})
	same(t, "stale", []any{stale[0].State, stale[0].Was, now[0].Cells["c2"].Value}, []any{table.Conflict, "3", "3"})
	added, now := edit(table.Edit{Key: "b2", Verb: table.Add, Values: map[string]string{"c1": "小李"}, By: "member:7"}, table.Edit{Key: "b3", Verb: table.Remove, Row: 2, Seen: 2, By: "hua"})
	same(t, "added and removed", []any{added[0].State, now[0].No, added[1].State, now[1].Gone}, []any{table.Kept, int64(5), table.Kept, true})
	late, _ := edit(table.Edit{Key: "b4", Verb: table.Set, Row: 2, Column: "c2", Seen: 0, Value: "8", By: "ming"})
	same(t, "in a row that is gone", late[0].State, table.Gone)
	for name, c := range map[string]struct {
		e    table.Edit
		code community.Code
	}{
		"no such row": {table.Edit{Key: "x1", Verb: table.Set, Row: 99, Column: "c2", Value: "1"}, community.CodeNotFound}, "no such column": {table.Edit{Key: "x2", Verb: table.Set, Row: 1, Column: "c9", Value: "1"}, community.CodeNotFound},
		"not a number": {table.Edit{Key: "x3", Verb: table.Set, Row: 1, Column: "c2", Value: "许多"}, community.CodeBadInput}, "no key": {table.Edit{Verb: table.Restore, Row: 2}, community.CodeBadInput},
	} {
		// Nothing of a list is kept when one of it is wrong.
		if _, _, err := s.EditTable(ctx, v.Key, []table.Edit{{Key: "whole" + c.e.Key, Verb: table.Add, Values: map[string]string{"c1": "不会有"}}, c.e}, nil); community.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.EditTable(ctx, v.Key, []table.Edit{{Key: "m1", Verb: table.Add, Values: map[string]string{"c1": "x"}}}, func(table.Table) error { return community.Errorf(community.CodeForbidden, "no") }); community.CodeOf(err) != community.CodeForbidden {
		t.Errorf("who may not: %v", err)
	}
	n, v2, err := s.BringRows(ctx, v.Key, "file", []map[string]string{{"c1": "甲"}, {"c1": "乙"}}, "ming", community.Audit{User: "ming"})
	same(t, "brought", []any{n, v2.Rows, err}, []any{2, 4, nil})
	n, _, err = s.BringRows(ctx, v.Key, "file", []map[string]string{{"c1": "甲"}, {"c1": "乙"}}, "ming", community.Audit{User: "ming"})
	same(t, "brought again", []any{n, err}, []any{0, nil})
	history := must(s.RowHistory(ctx, v.Key, 1, "c2"))(t)
	var states []string
	for _, e := range history {
		states = append(states, e.Verb+" "+e.State+" "+e.By)
	}
	same(t, "history", states, []string{"set conflict hua", "set kept ming", "add kept ming"})
	head, rows, err := s.TableRows(ctx, v.Key)
	whole := table.NewReplica(head, rows)
	edits := must(s.TableEdits(ctx, v.Key, 0, 1000))(t)
	follower := table.NewReplica(0, nil)
	for _, e := range edits {
		follower.Follow(e)
	}
	same(t, "a copy", []any{err, follower.Rows}, []any{nil, whole.Rows})
	same(t, "edits after a number", len(must(s.TableEdits(ctx, v.Key, edits[2].No, 2))(t)), 2)
	now2 := must(desk(s).TableByID(ctx, v.ID))(t)
	changed := now2
	changed.Title, changed.Access, changed.Link = "新名字", table.StaffOnly, 2
	changed.Columns = append(slices.Clone(v.Columns), table.Column{ID: "c3", Name: "备注", Kind: table.Text})
	changed = must(s.SetTable(ctx, changed, now2.Shape, community.Audit{User: "ming", Verb: "table.set"}))(t)
	got = must(desk(s).TableByID(ctx, v.ID))(t)
	same(t, "set", []any{got.Title, got.Access, got.Link, len(got.Columns), got.Shape, got.Head}, []any{"新名字", table.StaffOnly, int64(2), 3, changed.Head, changed.Head})
	if _, err := s.SetTable(ctx, changed, now2.Shape, community.Audit{User: "hua", Verb: "table.set"}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("set twice from the same page: %v", err)
	}
	closed := got
	closed.Closed = 5
	must(s.SetTable(ctx, closed, got.Shape, community.Audit{User: "ming", Verb: "table.close"}))(t)
	if _, _, err := s.EditTable(ctx, v.Key, []table.Edit{{Key: "late", Verb: table.Add, Values: map[string]string{"c1": "x"}}}, nil); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("in a table put away: %v", err)
	}
	// The whole organisation's tables are for those who see all of it.
	all := must(s.AddTable(ctx, table.Table{Org: 1, Title: "全部", Access: table.StaffOnly, Columns: v.Columns}, nil, community.Audit{User: "ming"}))(t)
	here := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g}})
	if _, err := here.TableByID(ctx, all.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("the organisation's table within a scope of groups: %v", err)
	}
	same(t, "the group's table there", must(here.TableByID(ctx, v.ID))(t).Title, "新名字")
	if _, err := s.For(community.Scope{Org: 2}).TableByID(ctx, v.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation: %v", err)
	}
	list, n, err := desk(s).Tables(ctx, 0, false, community.Page{})
	same(t, "in use", []any{len(list), n, err, list[0].ID}, []any{1, 1, nil, all.ID})
	list, n, err = here.Tables(ctx, g, true, community.Page{})
	same(t, "put away", []any{len(list), n, err}, []any{1, 1, nil})
	tableRaces(t, s, all)
}

// tableRaces: of many who write into the same cell at once one is kept, and every one is told truly.
func tableRaces(t *testing.T, s *store.Store, v table.Table) {
	ctx := t.Context()
	out, _, err := s.EditTable(ctx, v.Key, []table.Edit{{Key: "row", Verb: table.Add, Values: map[string]string{"c1": "大刘"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	states := make([]string, 12)
	for i := range states {
		wg.Go(func() {
			got, _, err := s.EditTable(ctx, v.Key, []table.Edit{{Key: fmt.Sprint("w", i), Verb: table.Set, Row: out[0].Row, Column: "c2", Value: fmt.Sprint(i)}}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			states[i] = got[0].State
		})
	}
	wg.Wait()
	row := must(s.TableRow(ctx, v.Key, out[0].Row))(t)
	kept := 0
	for i, state := range states {
		if state == table.Kept {
			kept++
			same(t, "the cell", row.Cells["c2"].Value, fmt.Sprint(i))
		} else {
			same(t, "state", state, table.Conflict)
		}
	}
	same(t, "kept", kept, 1)
	same(t, "history", len(must(s.RowHistory(ctx, v.Key, out[0].Row, "c2"))(t)), 13)
}

// outsideDocsAreKept: a document stands in the register with its owner until it is taken out, its review is due on its day, and of two who change it one is told.
func outsideDocsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	d := table.Doc{Org: 1, Group: g, Title: "报名表", Link: "https://docs.qq.com/sheet/x", Owner: "ming", Purpose: "收报名", Every: 90, Review: 20_454}
	d = must(s.PutDoc(ctx, d, community.Audit{User: "ming", Verb: "document.add"}))(t)
	got := must(desk(s).OutsideDoc(ctx, d.ID))(t)
	d.GroupID, d.GroupName = got.GroupID, tea.Name
	same(t, "kept", got, d)
	never := must(s.PutDoc(ctx, table.Doc{Org: 1, Title: "旧表", Link: "https://docs.qq.com/sheet/y", Owner: "hua", Purpose: "存档"}, community.Audit{User: "ming", Verb: "document.add"}))(t)
	list, n, err := desk(s).OutsideDocs(ctx, 0, 0, community.Page{})
	same(t, "register", []any{n, err, list[0].ID, list[1].ID}, []any{2, nil, d.ID, never.ID})
	list, n, err = desk(s).OutsideDocs(ctx, 0, 20_453, community.Page{})
	same(t, "the day before", []any{len(list), n, err}, []any{0, 0, nil})
	list, n, err = desk(s).OutsideDocs(ctx, g, 20_454, community.Page{})
	same(t, "on its day", []any{len(list), n, err}, []any{1, 1, nil})
	here := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g}})
	list, n, err = here.OutsideDocs(ctx, 0, 0, community.Page{})
	same(t, "within a scope", []any{len(list), n, err}, []any{1, 1, nil})
	var due []duty.Due
	for _, one := range must(desk(s).Dues(ctx))(t) {
		if one.Kind == duty.DueDoc {
			due = append(due, one)
		}
	}
	same(t, "what is due", due, []duty.Due{{Group: g, Part: duty.Review, Kind: duty.DueDoc, N: 1, At: 20_455 * 24 * 3600_000, Owner: "ming"}})
	done := got.Done(20_460, "hua", "两个人不在了，已移除", 7)
	done = must(s.PutDoc(ctx, done, community.Audit{User: "hua", Verb: "document.review"}))(t)
	same(t, "the next review", []any{done.Review, done.Version}, []any{int64(20_550), int64(2)})
	same(t, "reviewed", must(desk(s).OutsideDoc(ctx, d.ID))(t), done)
	if _, err := s.PutDoc(ctx, got, community.Audit{User: "ming", Verb: "document.set"}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("changed as it was read before: %v", err)
	}
	done.Gone = 9
	must(s.PutDoc(ctx, done, community.Audit{User: "hua", Verb: "document.drop"}))(t)
	_, n, err = desk(s).OutsideDocs(ctx, 0, 0, community.Page{})
	same(t, "taken out", []any{n, err}, []any{1, nil})
}
