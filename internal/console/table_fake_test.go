package console

import (
	"context"
	"io"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/table"
)

// ledger keeps shared tables and the register in the invented house: one in use, one that is empty, one put away; names are as hostile as elsewhere.
type ledger struct{ h *house }

const hostileCell = "\u202eevil<script>alert(1)</script>"

func (l ledger) tables() []table.Table {
	cols := []table.Column{{ID: "c1", Name: "姓名" + hostileCell, Kind: table.Person, Needed: true}, {ID: "c2", Name: "人数", Kind: table.Number}, {ID: "c3", Name: "集合", Kind: table.Choice, Options: []string{"东门", "西门"}}, {ID: "c4", Name: "到了", Kind: table.Check}, {ID: "c5", Name: "资料", Kind: table.Link}, {ID: "c6", Name: "哪天", Kind: table.Date}, {ID: "c7", Name: "备注", Kind: table.Text}}
	return []table.Table{
		{Key: 1, ID: fakeID(951), Group: 1, GroupID: fakeID(20), GroupName: "茶友一群", Title: "周六徒步报名" + hostileCell, Note: "周五晚上截止", Columns: cols, Access: table.MembersEdit, Head: 60, Rows: 42, Updated: 1_767_600_000_000},
		{Key: 2, ID: fakeID(952), Title: "物资", Columns: cols[:2], Access: table.StaffOnly, Updated: 1_767_600_000_000},
		{Key: 3, ID: fakeID(953), Group: 1, GroupID: fakeID(20), GroupName: "茶友一群", Title: "上个月的", Columns: cols, Access: table.MembersSee, Head: 9, Rows: 2, Closed: 5, Updated: 1_767_600_000_000},
	}
}

func (l ledger) List(_ context.Context, _ community.GroupKey, closed bool, _ community.Page) ([]table.Table, int, error) {
	all := l.tables()
	if closed {
		return all[2:], 1, nil
	}
	return all[:2], 2, nil
}

func (l ledger) ByID(_ context.Context, id community.ID) (table.Table, error) {
	for _, t := range l.tables() {
		if t.ID == id {
			return t, nil
		}
	}
	return table.Table{}, community.Errorf(community.CodeNotFound, "table: not found")
}

func (l ledger) Rows(ctx context.Context, id community.ID) (table.Table, []table.Row, error) {
	t, err := l.ByID(ctx, id)
	var list []table.Row
	for i := range t.Rows {
		row, _ := table.Added(table.Edit{Values: map[string]string{"c1": "大刘" + hostileCell, "c2": "2", "c3": "东门", "c4": "1", "c5": "https://example.com/" + strings.Repeat("long", 20), "c6": "2026-01-05", "c7": strings.Repeat("写得很长的备注。", 20)}}, int64(i+1))
		row.Gone = i == 1
		list = append(list, row)
	}
	return t, list, err
}

func (l ledger) Row(ctx context.Context, id community.ID, no int64, _ string) (table.Table, table.Row, []table.Edit, error) {
	t, rows, err := l.Rows(ctx, id)
	if err != nil || no < 1 || no > int64(len(rows)) {
		return t, table.Row{}, nil, community.Errorf(community.CodeNotFound, "row: not found")
	}
	return t, rows[no-1], []table.Edit{
		{No: 59, Verb: table.Set, Row: no, Column: "c2", Value: "9", Was: "2", State: table.Conflict, By: "guest:路人" + hostileCell, At: 1_767_600_000_000}, {No: 50, Verb: table.Set, Row: no, Column: "c2", Value: "2", Was: "1", State: table.Kept, By: "member:1", At: 1_767_500_000_000},
		{No: no, Verb: table.Add, Row: no, State: table.Kept, By: l.h.users[0].ID.String(), At: 1_767_400_000_000}}, nil
}

func (l ledger) Writers(context.Context, []table.Edit) (map[string]string, error) {
	return map[string]string{"member:1": "阿青" + hostileCell, "guest:路人" + hostileCell: "路人" + hostileCell}, nil
}

func (l ledger) Add(_ context.Context, _ string, v table.Table, _ string, _ []byte) (table.Table, table.Brought, error) {
	if err := v.Check(); err != nil {
		return v, table.Brought{}, err
	}
	return l.tables()[0], table.Brought{}, nil
}

func (l ledger) Set(_ context.Context, _ string, id community.ID, _ int64, want table.Table, _ string) (table.Table, error) {
	return want, want.Check()
}

func (l ledger) Close(ctx context.Context, _ string, id community.ID, _ bool, _ string) (table.Table, error) {
	return l.ByID(ctx, id)
}

func (l ledger) Relink(ctx context.Context, _ string, id community.ID, _ string) (table.Table, error) {
	return l.ByID(ctx, id)
}

func (l ledger) Edit(ctx context.Context, _ string, id community.ID, list []table.Edit) ([]table.Edit, []table.Row, error) {
	t, rows, err := l.Rows(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	var out []table.Edit
	var now []table.Row
	for _, e := range list {
		if e, err = t.Tidy(e); err != nil {
			return nil, nil, err
		}
		row := rows[0]
		if e.Verb == table.Add {
			row, e = table.Added(e, 99)
		} else {
			row, e = table.Apply(row, e, 99)
		}
		out, now = append(out, e), append(now, row)
	}
	return out, now, nil
}

func (l ledger) Bring(context.Context, string, community.ID, string, string, []byte) (int, table.Brought, error) {
	return 1, table.Brought{}, nil
}

func (l ledger) Write(_ context.Context, _ community.ID, _ string, _ table.View, w io.Writer) error {
	_, err := io.WriteString(w, "姓名\n")
	return err
}

func (l ledger) Edits(context.Context, table.Table, int64, int) ([]table.Edit, error) {
	return nil, nil
}

func (l ledger) News(context.Context, table.Table) <-chan struct{} { return nil }

func (l ledger) Link(_ context.Context, _ community.ID, m community.MemberKey) (string, error) {
	return "https://example.com/s/" + strings.Repeat("x", 40), nil
}

func (l ledger) docs() []table.Doc {
	me := l.h.users[0].ID.String()
	return []table.Doc{{ID: fakeID(956), Group: 1, GroupName: "茶友一群", Title: "报名总表" + hostileCell, Link: "https://docs.qq.com/sheet/x", Owner: me, Purpose: "收报名", Every: 90, Review: 20_000, Reviewed: 5, Reviewer: me, Note: "移出两个人", Version: 2}, {ID: fakeID(957), Title: "旧表", Link: "https://docs.qq.com/sheet/y", Owner: me, Purpose: "存档", Version: 1}}
}

func (l ledger) Docs(context.Context, community.GroupKey, bool, community.Page) ([]table.Doc, int, int64, error) {
	return l.docs(), 2, 20_500, nil
}

func (l ledger) Doc(context.Context, community.ID) (table.Doc, error) { return l.docs()[0], nil }

func (l ledger) SaveDoc(_ context.Context, _ string, d table.Doc, _ string) (table.Doc, error) {
	return d, d.Check()
}

func (l ledger) ReviewDoc(context.Context, string, community.ID, string) (table.Doc, error) {
	return l.docs()[0], nil
}

func (l ledger) DropDoc(context.Context, string, community.ID, string) error { return nil }

// tablePages are the pages of shared tables in every state.
func tablePages() map[string]string {
	at := "/tables/" + fakeID(951).String()
	return map[string]string{"tables": "/tables", "tables-closed": "/tables?closed=1", "table-new": "/tables/new", "table-from": "/tables/from", "table": at, "table-filtered": at + "?q=nobody", "table-gone": at + "?gone=1", "table-empty": "/tables/" + fakeID(952).String(), "table-closed": "/tables/" + fakeID(953).String(),
		"table-add": at + "/add", "table-row": at + "/rows/1", "table-row-gone": at + "/rows/2", "table-import": at + "/import", "table-settings": at + "/settings", "table-links": at + "/links", "documents": "/documents", "documents-due": "/documents?due=1"}
}

func TestTablePagesSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h).as("owner")
		for name, path := range tablePages() {
			status, body := v.get(path)
			if status != 200 {
				t.Errorf("%s (%s) = %d", name, path, status)
			}
			if got := unsaid.FindAllString(body, 5); got != nil {
				t.Errorf("%s in %s leaves unsaid: %v", name, lang, got)
			}
			if strings.Contains(body, "<script>alert") || strings.Contains(body, ">\u202eevil") {
				t.Errorf("%s: what people wrote is not harmless", name)
			}
		}
	}
}

// TestWhoMayOnlyReadATableIsOfferedNoEdit: no form, no script that edits, and no member by name.
func TestWhoMayOnlyReadATableIsOfferedNoEdit(t *testing.T) {
	h := furnished()
	h.users = append(h.users, community.User{Key: 77, ID: fakeID(877), Org: 1, Login: "auditor", Name: "审计", Role: "auditor", Hash: fakeHash, Lang: "zh-CN", Enabled: true})
	v := open(t, h).as("auditor")
	at := "/tables/" + fakeID(951).String()
	status, page := v.get(at)
	if status != 200 || strings.Contains(page, `data-edits="1"`) || strings.Contains(page, at+"/settings") || strings.Contains(page, at+"/file") {
		t.Errorf("the grid = %d and offers edits", status)
	}
	status, page = v.get(at + "/rows/1")
	if status != 200 || strings.Contains(page, `name="v_c1"`) || strings.Contains(page, "阿青") || !strings.Contains(page, "一位成员") {
		t.Errorf("a row = %d, offers edits or names members", status)
	}
	if status, _ := v.get(at + "/import"); status != 403 {
		t.Errorf("the form of an import = %d", status)
	}
}

// TestTablePagesInABrowser: at both widths, in both languages, without a fault of the policy or the script.
func TestTablePagesInABrowser(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		soundTo(t, open(t, h).base, lang, tablePages())
	}
}
