package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"qunluo/internal/community"
	"qunluo/internal/table"
)

// aTable makes a table of the shift's group by its form.
func (s *shift) aTable(access table.Access) table.Table {
	s.t.Helper()
	s.does("/tables/new", "/tables", url.Values{"title": {"周六徒步报名"}, "g": {s.group.ID.String()}, "access": {string(access)}, "note": {"周五晚上截止"}, "c0_name": {"姓名"}, "c0_kind": {"person"}, "c0_needed": {"1"}, "c1_name": {"人数"}, "c1_kind": {"number"},
		"c2_name": {"集合"}, "c2_kind": {"choice"}, "c2_options": {"东门\r\n西门"}, "c3_name": {"到了"}, "c3_kind": {"check"}, "c4_kind": {"text"}})
	list, _, err := s.app.Tables(s.org, nil).List(s.t.Context(), s.group.Key, false, community.Page{})
	check(s.t, err)
	if len(list) != 1 || len(list[0].Columns) != 4 || list[0].Access != access || !slices.Equal(list[0].Columns[2].Options, []string{"东门", "西门"}) {
		s.t.Fatalf("made = %+v", list)
	}
	return list[0]
}

// TestSharedTablePagesWork: made, filled, changed by two who see the same, asked, put back, taken out and brought back, in the console.
func TestSharedTablePagesWork(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		tab := s.aTable(table.MembersEdit)
		home := "/tables/" + tab.ID.String()
		page := s.does(home+"/add", home+"/add", url.Values{"key": {"k1"}, "v_c1": {"大刘"}, "v_c2": {"２"}, "v_c3": {"东门"}})
		for _, want := range []string{"大刘", "东门", `data-value="2"`, "周五晚上截止", "1 行"} {
			if !strings.Contains(page, want) {
				t.Errorf("the grid lacks %q: %s", want, excerpt(page))
			}
		}
		s.does(home+"/add", home+"/add", url.Values{"key": {"k1"}, "v_c1": {"大刘"}, "v_c2": {"２"}, "v_c3": {"东门"}}) // the form sent twice
		_, rows, err := s.app.Tables(s.org, nil).Rows(t.Context(), tab.ID)
		check(t, err)
		if len(rows) != 1 {
			t.Fatalf("a form sent twice made %d rows", len(rows))
		}
		no := strconv.FormatInt(rows[0].No, 10)
		at, rev := home+"/rows/"+no, strconv.FormatInt(rows[0].Cells["c2"].Rev, 10)
		if code, body := s.send(home+"/add", home+"/add", url.Values{"key": {"k2"}, "v_c1": {""}, "v_c2": {"许多"}}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "必须填") || !strings.Contains(body, "许多") {
			t.Errorf("a row that does not fit = %d: %s", code, excerpt(body))
		}
		// Two people saw the same; the second is asked, and nothing is lost.
		seen := func(v, key string) url.Values {
			return url.Values{"key": {key}, "v_c1": {"大刘"}, "was_c1": {"大刘"}, "seen_c1": {rev}, "v_c2": {v}, "was_c2": {"2"}, "seen_c2": {rev}, "v_c3": {"东门"}, "was_c3": {"东门"}, "seen_c3": {rev}, "was_c4": {""}, "seen_c4": {"0"}}
		}
		s.does(at, at, seen("3", "a"))
		code, body := s.send(at, at, seen("5", "b"))
		for _, want := range []string{"小明 刚改成“3”", "你写的是“5”", "用我的", "用对方的", `value="5"`} {
			if code != http.StatusConflict || !strings.Contains(body, want) {
				t.Errorf("what met = %d, lacks %q: %s", code, want, excerpt(body))
			}
		}
		mine := seen("5", "c")
		mine.Set("was_c2", "3")
		_, row, history, err := s.app.Tables(s.org, nil).Row(t.Context(), tab.ID, rows[0].No, "c2")
		check(t, err)
		mine.Set("seen_c2", strconv.FormatInt(row.Cells["c2"].Rev, 10))
		if len(history) != 3 || history[0].State != table.Conflict || history[0].Value != "5" || row.Cells["c2"].Value != "3" {
			t.Errorf("history = %+v", history)
		}
		s.does(at, at, mine)
		page = s.does(at, at+"/back", url.Values{"key": {"d"}, "col": {"c2"}, "seen": {"4"}, "value": {"3"}})
		if !strings.Contains(page, "换回来了") || !strings.Contains(page, "没有采用") {
			t.Errorf("put back: %s", excerpt(page))
		}
		_, row, _, err = s.app.Tables(s.org, nil).Row(t.Context(), tab.ID, rows[0].No, "")
		check(t, err)
		if row.Cells["c2"].Value != "3" {
			t.Errorf("put back: the cell holds %q", row.Cells["c2"].Value)
		}
		if page = s.does(at, at+"/remove", url.Values{"key": {"e"}, "seen": {"1"}}); !strings.Contains(page, "这中间有人改了") {
			t.Errorf("a row that changed was taken out: %s", excerpt(page))
		}
		page = s.does(at, at+"/remove", url.Values{"key": {"f"}, "seen": {strconv.FormatInt(row.Rev, 10)}})
		if !strings.Contains(page, "还没有行") {
			t.Errorf("taken out: %s", excerpt(page))
		}
		if _, page = s.get(home + "?gone=1"); !strings.Contains(page, "大刘") {
			t.Errorf("rows taken out: %s", excerpt(page))
		}
		if page = s.does(at, at+"/restore", url.Values{"key": {"g"}}); !strings.Contains(page, "行恢复了") {
			t.Errorf("brought back: %s", excerpt(page))
		}
		// Filters, sorting and files.
		s.does(home+"/add", home+"/add", url.Values{"key": {"h"}, "v_c1": {"=cmd()"}, "v_c2": {"12"}})
		if _, page = s.get(home + "?fc=c2&fw=over&fv=9"); strings.Contains(page, "大刘") || !strings.Contains(page, "=cmd()") {
			t.Errorf("filtered: %s", excerpt(page))
		}
		if _, page = s.get(home + "/file?form=csv&sort=c2&dir=desc"); page != "\ufeff姓名,人数,集合,到了\n'=cmd(),12,,\n大刘,3,东门,\n" {
			t.Errorf("csv = %q", page)
		}
		_, page = s.get(home + "/file?form=xlsx")
		book, err := excelize.OpenReader(strings.NewReader(page))
		check(t, err)
		if got, err := book.GetRows("Sheet1"); err != nil || len(got) != 3 || got[2][0] != "'=cmd()" {
			t.Errorf("xlsx = %q, %v", got, err)
		}
		// Columns come and go; what they held is kept.
		page = s.does(home+"/settings", home+"/settings", url.Values{"seen": {"0"}, "title": {"徒步报名"}, "access": {"view"}, "c0_id": {"c1"}, "c0_name": {"谁"}, "c0_kind": {"person"}, "c1_id": {"c2"}, "c1_name": {"人数"}, "c1_kind": {"number"}, "c1_gone": {"1"}, "c2_name": {"电话"}, "c2_kind": {"text"}})
		if !strings.Contains(page, "电话") || !strings.Contains(page, "谁") || strings.Contains(page, `data-label="人数"`) || !strings.Contains(page, "成员凭链接看") {
			t.Errorf("set: %s", excerpt(page))
		}
		if code, body := s.send(home+"/settings", home+"/settings", url.Values{"seen": {"0"}, "title": {"x"}, "access": {"view"}, "c0_id": {"c1"}, "c0_name": {"谁"}, "c0_kind": {"person"}}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "别人刚改过") {
			t.Errorf("set twice from the same page = %d: %s", code, excerpt(body))
		}
		if page = s.does(home, home+"/close", url.Values{"reason": {"办完了"}}); !strings.Contains(page, "已收起") {
			t.Errorf("put away: %s", excerpt(page))
		}
	})
}

// TestMembersUseSharedTablesByTheirLinks: by the link for everybody, with a name; by their own, under theirs; what meets is asked; links end.
func TestMembersUseSharedTablesByTheirLinks(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		tab := s.aTable(table.MembersEdit)
		b, ctx := s.app.Tables(s.org, nil), t.Context()
		link := func(m community.MemberKey) string {
			t.Helper()
			at, err := b.Link(ctx, tab.ID, m)
			check(t, err)
			u, err := url.Parse(at)
			check(t, err)
			return u.Path
		}
		whole, own := link(0), link(s.member("大刘").Key)
		phone := newPerson(t, s.base)
		post := func(to string, fields url.Values) (int, string) {
			t.Helper()
			res, err := phone.http.PostForm(s.base+to, fields)
			check(t, err)
			defer res.Body.Close()
			var body bytes.Buffer
			_, err = body.ReadFrom(res.Body)
			check(t, err)
			return res.StatusCode, body.String()
		}
		if code, body := post(whole+"/new", url.Values{"key": {"g1"}, "v_c1": {"路人"}, "v_c2": {"1"}}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "请写上你的名字") {
			t.Errorf("a guest without a name = %d: %s", code, excerpt(body))
		}
		for range 2 { // the answer was lost once
			if code, body := post(whole+"/new", url.Values{"key": {"g1"}, "who": {"路人甲"}, "v_c1": {"路人"}, "v_c2": {"1"}}); code != http.StatusOK || !strings.Contains(body, "存好了") || !strings.Contains(body, "共 1 行") {
				t.Errorf("a guest's row = %d: %s", code, excerpt(body))
			}
		}
		_, rows, err := b.Rows(ctx, tab.ID)
		check(t, err)
		at, rev := "/"+strconv.FormatInt(rows[0].No, 10), strconv.FormatInt(rows[0].No, 10)
		code, page := phone.get(own + at)
		if code != http.StatusOK || !strings.Contains(page, "以“大刘”的名义") || strings.Contains(page, "<script") || len(page) > 30_000 {
			t.Errorf("a member's form = %d, %d bytes: %s", code, len(page), excerpt(page))
		}
		form := url.Values{"key": {"m1"}, "v_c1": {"路人"}, "was_c1": {"路人"}, "seen_c1": {rev}, "v_c2": {"4"}, "was_c2": {"1"}, "seen_c2": {rev}, "v_c4": {"1"}, "was_c4": {""}, "seen_c4": {"0"}}
		if code, body := post(own+at, form); code != http.StatusOK || !strings.Contains(body, "存好了") {
			t.Errorf("a member's edit = %d: %s", code, excerpt(body))
		}
		form.Set("key", "g2")
		form.Set("v_c2", "9")
		form.Set("who", "路人甲")
		if code, body := post(whole+at, form); code != http.StatusConflict || !strings.Contains(body, "别人刚改成“4”") || !strings.Contains(body, `value="9"`) {
			t.Errorf("what met = %d: %s", code, excerpt(body))
		}
		_, _, history, err := b.Row(ctx, tab.ID, rows[0].No, "c2")
		check(t, err)
		who, err := b.Writers(ctx, history)
		check(t, err)
		var told []string
		for _, e := range history {
			told = append(told, who[e.By]+" "+e.State)
		}
		if !slices.Equal(told, []string{"路人甲 conflict", "大刘 kept", "路人甲 kept"}) {
			t.Errorf("history = %q", told)
		}
		set := func(change func(*table.Table)) {
			t.Helper()
			now, err := b.ByID(ctx, tab.ID)
			check(t, err)
			change(&now)
			_, err = b.Set(ctx, "ming", tab.ID, now.Shape, now, "")
			check(t, err)
		}
		set(func(t *table.Table) { t.Access = table.MembersSee })
		if code, page := phone.get(whole + at); code != http.StatusOK || strings.Contains(page, "<form") {
			t.Errorf("a link that only shows = %d: %s", code, excerpt(page))
		}
		if code, _ := post(whole+at, form); code != http.StatusForbidden {
			t.Errorf("an edit by a link that only shows = %d", code)
		}
		if code, _ := post(whole+"/new", form); code != http.StatusNotFound {
			t.Errorf("a row by a link that only shows = %d", code)
		}
		_, err = b.Relink(ctx, "ming", tab.ID, "发错群了")
		check(t, err)
		if code, _ := phone.get(own); code != http.StatusGone {
			t.Errorf("a link made void = %d", code)
		}
		if code, page := phone.get(link(0) + "?q=路"); code != http.StatusOK || !strings.Contains(page, "路人") {
			t.Errorf("a new link = %d: %s", code, excerpt(page))
		}
		fresh := link(0)
		set(func(t *table.Table) { t.Access = table.StaffOnly })
		if code, _ := phone.get(fresh); code != http.StatusNotFound {
			t.Errorf("a table for staff by its link = %d", code)
		}
		if code, _ := phone.get("/s/abc"); code != http.StatusNotFound {
			t.Errorf("an invented link = %d", code)
		}
	})
}

// TestSharedTablesComeOutOfSpreadsheets: a workbook becomes a table, rows follow once, what is too much or does not fit brings nothing in and says why.
func TestSharedTablesComeOutOfSpreadsheets(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		b, ctx := s.app.Tables(s.org, nil), t.Context()
		sheet := func(rows int) []byte {
			book := excelize.NewFile()
			out, err := book.NewStreamWriter("Sheet1")
			check(t, err)
			check(t, out.SetRow("A1", []any{"姓名", "人数", "备注"}))
			for i := range rows {
				check(t, out.SetRow(fmt.Sprint("A", i+2), []any{fmt.Sprint("人", i), i, excelize.Cell{Formula: "=1+1"}}))
			}
			check(t, out.Flush())
			var buf bytes.Buffer
			check(t, book.Write(&buf))
			return buf.Bytes()
		}
		v, got, err := b.Add(ctx, "ming", table.Table{Title: "从表格来", Access: table.StaffOnly}, "x.xlsx", sheet(300))
		check(t, err)
		if v.Rows != 300 || len(got.Rows) != 300 || v.Columns[1].Kind != table.Number || v.Group != 0 {
			t.Errorf("made = %+v", v)
		}
		for _, c := range []struct {
			name, file string
			raw        []byte
			code       community.Code
			said       string
		}{
			{"50,000 rows with formulas", "x.xlsx", sheet(50_000), community.CodeTooLarge, "50000"},
			{"a cell that does not fit", "x.csv", []byte("姓名,人数\n甲,1\n乙,许多\n"), community.CodeBadInput, "第 3 行"},
			{"another table", "x.csv", []byte("a,b\n1,2\n"), community.CodeBadInput, "列名"},
		} {
			n, _, err := b.Bring(ctx, "ming", v.ID, "k"+c.file, c.file, c.raw)
			said, ok := err.(interface{ Say() [2]string })
			if n != 0 || community.CodeOf(err) != c.code || !ok || !strings.Contains(said.Say()[0], c.said) || !strings.Contains(said.Say()[0], "什么也没有导入") {
				t.Errorf("%s: %d, %v", c.name, n, err)
			}
		}
		for i := range 2 {
			n, _, err := b.Bring(ctx, "ming", v.ID, "once", "", []byte("备注\t姓名\n=SUM(A1)\t新来的\n"))
			if err != nil || n != 1-i {
				t.Errorf("time %d: %d rows, %v", i, n, err)
			}
		}
		v, rows, err := b.Rows(ctx, v.ID)
		check(t, err)
		if v.Rows != 301 || rows[300].Cells["c3"].Value != "=SUM(A1)" {
			t.Errorf("table = %d rows, the last %+v", v.Rows, rows[len(rows)-1])
		}
		// Whoever sees only some groups neither sees it nor makes one of the whole organisation.
		some := s.app.Tables(s.org, []community.GroupKey{s.group.Key})
		if _, err := some.ByID(ctx, v.ID); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("seen from a scope of groups: %v", err)
		}
		if _, _, err := some.Edit(ctx, "ming", v.ID, []table.Edit{{Key: "x", Verb: table.Add}}); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("changed from a scope of groups: %v", err)
		}
		if _, _, err := some.Add(ctx, "ming", table.Table{Title: "x", Access: table.StaffOnly, Columns: v.Columns}, "", nil); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("made for the whole organisation from a scope of groups: %v", err)
		}
	})
}

// TestScreensFollowASharedTable: a screen that begins with the rows and follows the stream holds what the table holds, after its connection was cut, too; an edit sent again counts
// once, and one that meets another says whose stands there.
func TestScreensFollowASharedTable(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		tab := s.aTable(table.StaffOnly)
		home := "/tables/" + tab.ID.String()
		b, ctx := s.app.Tables(s.org, nil), t.Context()
		row := func(key, name string) int64 {
			t.Helper()
			list, _, err := b.Edit(ctx, "ming", tab.ID, []table.Edit{{Key: key, Verb: table.Add, Values: map[string]string{"c1": name}}})
			check(t, err)
			return list[0].Row
		}
		first := row("r1", "大刘")
		var begin struct {
			After int64
			Rows  []struct{ No, Rev int64 }
		}
		_, page := s.get(home + "/rows")
		check(t, json.Unmarshal([]byte(page), &begin))
		if begin.After != 1 || len(begin.Rows) != 1 {
			t.Fatalf("rows = %s", page)
		}
		follow := func(last int64, want int) (told []int64) {
			t.Helper()
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+home+"/live?after=0", nil)
			check(t, err)
			req.Header.Set("Last-Event-ID", strconv.FormatInt(last, 10))
			res, err := s.http.Do(req)
			check(t, err)
			defer res.Body.Close()
			in := bufio.NewScanner(res.Body)
			for len(told) < want && in.Scan() {
				if text, ok := strings.CutPrefix(in.Text(), "id: "); ok {
					n, err := strconv.ParseInt(text, 10, 64)
					check(t, err)
					told = append(told, n)
				}
			}
			return told
		}
		row("r2", "米粒")
		if told := follow(1, 1); !slices.Equal(told, []int64{2}) {
			t.Errorf("told = %v, want what came after the last", told)
		}
		seen := strconv.FormatInt(first, 10)
		edit := func(key, value string) (int, string) {
			return s.send(home, home+"/edit", url.Values{"key": {key}, "verb": {"set"}, "row": {seen}, "col": {"c2"}, "seen": {"0"}, "value": {value}})
		}
		done := make(chan []int64)
		go func() { done <- follow(2, 2) }()
		for range 2 {
			if code, body := edit("e1", "7"); code != http.StatusOK || !strings.Contains(body, `"state":"kept","no":3`) {
				t.Errorf("an edit = %d: %s", code, body)
			}
		}
		if code, body := edit("e2", "8"); code != http.StatusConflict || !strings.Contains(body, `"value":"7"`) || !strings.Contains(body, `"theirs":"小明"`) {
			t.Errorf("an edit that meets another = %d: %s", code, body)
		}
		if code, body := edit("e3", "许多"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "要一个数") {
			t.Errorf("an edit that does not fit = %d: %s", code, body)
		}
		row("r3", "阿青")
		if told := <-done; !slices.Equal(told, []int64{3, 5}) {
			t.Errorf("told = %v, want what was kept", told)
		}
	})
}

// TestOutsideDocumentsAreReviewed: registered with an owner and a day; due on it, today too; reviewed, the next day follows.
func TestOutsideDocumentsAreReviewed(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		u, err := s.app.Store().UserByLogin(t.Context(), "ming")
		check(t, err)
		g := s.group.ID.String()
		page := s.does("/documents", "/documents", url.Values{"title": {"报名总表"}, "link": {"https://docs.qq.com/sheet/x"}, "purpose": {"收报名"}, "owner": {u.ID.String()}, "review": {"2026-01-05"}, "every": {"90"}, "g": {g}})
		if !strings.Contains(page, "报名总表") || !strings.Contains(page, "2026-01-05 到期") {
			t.Errorf("registered: %s", excerpt(page))
		}
		if page = s.does("/documents", "/documents", url.Values{"title": {"坏链接"}, "link": {"javascript:alert(1)"}, "purpose": {"x"}, "owner": {u.ID.String()}}); !strings.Contains(page, "http:// 或 https://") {
			t.Errorf("a link that is none: %s", excerpt(page))
		}
		if _, page = s.get("/today"); !strings.Contains(page, "1 份外部文档该复查权限") || !strings.Contains(page, "/documents?due=1") {
			t.Errorf("today: %s", excerpt(page))
		}
		list, n, today, err := s.app.Tables(s.org, nil).Docs(t.Context(), 0, true, community.Page{})
		check(t, err)
		if n != 1 || !list[0].Due(today) {
			t.Fatalf("due = %+v", list)
		}
		page = s.does("/documents", "/documents/"+list[0].ID.String()+"/review", url.Values{"note": {"移出了两个人"}})
		if !strings.Contains(page, "移出了两个人") || strings.Contains(page, "到期</") {
			t.Errorf("reviewed: %s", excerpt(page))
		}
		if d, err := s.app.Tables(s.org, nil).Doc(t.Context(), list[0].ID); err != nil || d.Review != today+90 {
			t.Errorf("the next review = %+v, %v", d, err)
		}
		if page = s.does("/documents", "/documents/"+list[0].ID.String()+"/drop", url.Values{"reason": {"不用了"}}); !strings.Contains(page, "还没有登记") {
			t.Errorf("taken out: %s", excerpt(page))
		}
	})
}

// TestSharedTablesOnTheCommandLine: made, filled, changed, refused when somebody was first, listed as programs read it, written and read as files.
func TestSharedTablesOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		var groups rows[struct{ ID, Name string }]
		w.must(t, &groups, "group", "list")
		var made struct{ ID, Title, Access string }
		w.must(t, &made, "table", "new", "报名", "--group", groups.Rows[0].ID, "--column", "姓名*:person", "--column", "人数:number", "--column", "场次:choice:早/晚", "--access", "edit")
		var done struct {
			State, Value string
			Row          int64
		}
		w.must(t, &done, "table", "add", made.ID, "姓名=大刘", "人数=2")
		row := strconv.FormatInt(done.Row, 10)
		w.must(t, &done, "table", "edit", made.ID, row, "人数", "3")
		if done.State != table.Kept || done.Value != "3" {
			t.Errorf("edit = %+v", done)
		}
		if code, _, talk := w.types(t, "--json", "table", "edit", made.ID, row, "人数", "9", "--seen", row); code != 1 || !strings.Contains(talk, "somebody was there first") {
			t.Errorf("a stale edit = %d: %s", code, talk)
		}
		path := filepath.Join(t.TempDir(), "more.csv")
		check(t, os.WriteFile(path, []byte("姓名,人数,场次\n米粒,5,晚\n"), 0o600))
		var brought struct{ Added int }
		w.must(t, &brought, "table", "import", made.ID, path)
		var list rows[struct {
			No     int64
			Values map[string]string
		}]
		w.must(t, &list, "table", "show", made.ID, "--where", "人数:over:2", "--by=-人数")
		if brought.Added != 1 || len(list.Rows) != 2 || list.Rows[0].Values["姓名"] != "米粒" || list.Rows[1].Values["人数"] != "3" {
			t.Errorf("rows = %+v", list.Rows)
		}
		var history rows[struct{ Verb, State, Value string }]
		w.must(t, &history, "table", "history", made.ID, row, "--column", "人数")
		if len(history.Rows) != 3 || history.Rows[0].State != table.Conflict || history.Rows[0].Value != "9" {
			t.Errorf("history = %+v", history.Rows)
		}
		out := filepath.Join(t.TempDir(), "out.xlsx")
		var written struct{ Bytes int64 }
		w.must(t, &written, "table", "export", made.ID, out)
		if raw, err := os.ReadFile(out); err != nil || int64(len(raw)) != written.Bytes || !bytes.HasPrefix(raw, []byte("PK")) {
			t.Errorf("file = %d bytes, %v", len(raw), err)
		}
		w.must(t, nil, "table", "remove", made.ID, row)
		w.must(t, nil, "table", "restore", made.ID, row)
		var link struct{ Link string }
		w.must(t, &link, "table", "link", made.ID)
		if !strings.Contains(link.Link, "/s/") {
			t.Errorf("link = %+v", link)
		}
		w.must(t, nil, "table", "set", made.ID, "--column", "电话", "--drop", "场次", "--access", "staff")
		var now rows[struct {
			Rows    int
			Columns []table.Column
		}]
		w.must(t, &now, "table", "list")
		if len(now.Rows) != 1 || now.Rows[0].Rows != 2 || len(now.Rows[0].Columns) != 3 || now.Rows[0].Columns[2].Name != "电话" {
			t.Errorf("tables = %+v", now.Rows)
		}
		w.must(t, nil, "table", "close", made.ID, "--reason", "办完了")
	})
}
