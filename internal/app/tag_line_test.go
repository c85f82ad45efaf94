package app_test

import (
	"net/url"
	"strings"
	"testing"

	"qunluo/client"
)

// TestTagsOnTheCommandLine: a tag is put on, renamed, given by a rule, edited in many groups, undone; the day is listed.
func TestTagsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		var groups rows[struct{ ID, Name string }]
		w.must(t, &groups, "group", "list")
		group := groups.Rows[0].ID
		var put struct{ On, Changed bool }
		w.must(t, &put, "tag", "put", "读书", "--group", group)
		if !put.On || !put.Changed {
			t.Errorf("put = %+v", put)
		}
		var moved struct {
			Name string
			Worn int
		}
		w.must(t, &moved, "tag", "rename", "读书", "共读", "--reason", "更清楚")
		if moved.Worn != 1 {
			t.Errorf("renamed = %+v", moved)
		}
		w.must(t, nil, "tag", "write", "共读", "--category", "主题", "--colour", "green")
		var list rows[struct {
			Name, Category, Colour string
			Worn                   int
		}]
		w.must(t, &list, "tag", "list")
		if len(list.Rows) != 1 || list.Rows[0].Name != "共读" || list.Rows[0].Category != "主题" || list.Rows[0].Colour != "green" || list.Rows[0].Worn != 1 {
			t.Errorf("tags = %+v", list.Rows)
		}
		var trial struct {
			Put, Take, Keep int
			First           []struct{ Name, Why string }
		}
		w.must(t, &trial, "tag", "rule", "try", "沉默", "--scope", "person", "--when", "silent_days least 30", "--in", "读书") // by its older name
		if trial.Put == 0 || len(trial.First) == 0 || !strings.HasPrefix(trial.First[0].Why, "silent_days least 30 (") {
			t.Errorf("trial = %+v", trial)
		}
		would := trial.Put
		w.must(t, nil, "tag", "rule", "set", "沉默", "--scope", "person", "--when", "silent_days least 30", "--reason", "看谁不说话")
		w.must(t, &trial, "tag", "rule", "run", "沉默", "--scope", "person")
		if trial.Put != would {
			t.Errorf("ran: %+v, the trial said %d", trial, would)
		}
		w.must(t, &moved, "tag", "rule", "end", "沉默", "--scope", "person", "--reason", "试完了")
		if moved.Worn != would {
			t.Errorf("ended: %+v", moved)
		}
		var edit struct {
			ID     string
			Groups int
		}
		w.must(t, &edit, "tag", "groups", "全部", "--all")
		if edit.Groups != 1 {
			t.Errorf("preview = %+v", edit)
		}
		w.must(t, &edit, "tag", "groups", "全部", "--all", "--do", "--reason", "分组")
		w.must(t, nil, "tag", "undo", edit.ID, "--reason", "错了")
		w.must(t, &list, "tag", "list")
		for _, one := range list.Rows {
			if one.Name == "全部" && one.Worn != 0 {
				t.Errorf("after undoing %+v", one)
			}
		}
		var day rows[struct{ Name, Step string }]
		w.must(t, &day, "today", "--all")
		if len(day.Rows) != 1 || day.Rows[0].Name != "#books" {
			t.Errorf("day = %+v", day.Rows)
		}
		w.must(t, &day, "today", "--tag", "没有", "--all")
		if len(day.Rows) != 0 {
			t.Errorf("of no group: %+v", day.Rows)
		}
		for _, bad := range [][]string{{"tag", "put", "两 个", "--group", group}, {"tag", "rule", "set", "x", "--when", "tier is king", "--reason", "x"}, {"tag", "rule", "run", "没有"}, {"tag", "groups", "x"}, {"tag", "put", "x"}} {
			if code, _, _ := w.types(t, bad...); code == 0 {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}

// TestProgramsTagAndNarrowLists: a tag of the address narrows every list; tags are put on and rules tried through the API.
func TestProgramsTagAndNarrowLists(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		ctx := t.Context()
		c := s.program("owner", "all:admin")
		var groups, members client.Page[thing]
		check(t, c.Get(ctx, "/groups", nil, &groups))
		group := groups.Items[0].ID
		check(t, c.Get(ctx, "/members", url.Values{"group": {group}}, &members))
		var changed struct {
			Changed bool `json:"changed"`
		}
		check(t, c.Post(ctx, "/groups/"+group+"/tags", "tag-1", map[string]any{"tag": "徒步", "on": true}, &changed))
		if !changed.Changed {
			t.Error("the tag was not new")
		}
		member := "/members/" + members.Items[0].ID + "/tags"
		check(t, c.Post(ctx, member, "tag-2", map[string]any{"tag": "领队", "on": true, "group": group}, &changed))
		var worn client.Page[struct {
			Tag    string `json:"tag"`
			Scope  string `json:"scope"`
			Source string `json:"source"`
		}]
		check(t, c.Get(ctx, member, nil, &worn))
		if len(worn.Items) != 1 || worn.Items[0].Scope != "stay" || worn.Items[0].Source != "hand" || worn.Items[0].Tag != "领队" {
			t.Errorf("worn = %+v", worn)
		}
		for tag, want := range map[string]int{"徒步": 1, "没有": 0} {
			for _, path := range []string{"/groups", "/today", "/goals"} {
				var list client.Page[thing]
				check(t, c.Get(ctx, path, url.Values{"tag": {tag}}, &list))
				if len(list.Items) != want {
					t.Errorf("%s with %s = %d, want %d", path, tag, len(list.Items), want)
				}
			}
		}
		rule := func(fact, op, value string) map[string]any {
			return map[string]any{"rule": map[string]any{"scope": "group", "tag": "大群", "when": []map[string]any{{"fact": fact, "op": op, "value": value}}}}
		}
		var trial struct {
			Put int `json:"put"`
		}
		check(t, c.Post(ctx, "/tag-rules/try", "tag-3", rule("members", "least", "5"), &trial))
		if trial.Put != 1 {
			t.Errorf("trial = %+v", trial)
		}
		if err := c.Post(ctx, "/tag-rules/try", "tag-4", rule("tier", "is", "core"), &trial); codeOf(err) != "bad_input" {
			t.Errorf("a fact of people about groups: %v", err)
		}
	})
}
