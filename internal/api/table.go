package api

import (
	"context"
	"io"

	"qunluo/internal/community"
	"qunluo/internal/table"
)

// Tables keeps shared tables and the register of documents kept elsewhere.
type Tables interface {
	List(ctx context.Context, g community.GroupKey, closed bool, page community.Page) ([]table.Table, int, error)
	ByID(ctx context.Context, id community.ID) (table.Table, error)
	Rows(ctx context.Context, id community.ID) (table.Table, []table.Row, error)
	Row(ctx context.Context, id community.ID, no int64, column string) (table.Table, table.Row, []table.Edit, error)
	Add(ctx context.Context, user string, v table.Table, name string, file []byte) (table.Table, table.Brought, error)
	Edit(ctx context.Context, user string, id community.ID, list []table.Edit) ([]table.Edit, []table.Row, error)
	Set(ctx context.Context, user string, id community.ID, seen int64, want table.Table, reason string) (table.Table, error)
	Close(ctx context.Context, user string, id community.ID, on bool, reason string) (table.Table, error)
	Relink(ctx context.Context, user string, id community.ID, reason string) (table.Table, error)
	Bring(ctx context.Context, user string, id community.ID, key, name string, file []byte) (int, table.Brought, error)
	Write(ctx context.Context, id community.ID, form string, v table.View, w io.Writer) error
	// Link is where a member sees or edits a table; 0 = where everybody does.
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
	SaveDoc(ctx context.Context, user string, d table.Doc, reason string) (table.Doc, error)
	ReviewDoc(ctx context.Context, user string, id community.ID, note string) (table.Doc, error)
	DropDoc(ctx context.Context, user string, id community.ID, reason string) error
	Docs(ctx context.Context, g community.GroupKey, due bool, page community.Page) (list []table.Doc, total int, today int64, err error)
}

// sharedTable is a shared table without its rows.
type sharedTable struct {
	ID      community.ID   `json:"id"`
	Group   *community.ID  `json:"group" doc:"null = of the whole organisation"`
	Title   string         `json:"title"`
	Note    string         `json:"note"`
	Access  string         `json:"access" enum:"staff,view,edit" doc:"who besides staff: nobody, members see by link, members edit by link"`
	Columns []table.Column `json:"columns"`
	Rows    int            `json:"rows"`
	Head    int64          `json:"head" doc:"number of the last edit"`
	Shape   int64          `json:"shape" doc:"to be given back with a change of the columns"`
	Updated moment         `json:"updated_at"`
	Closed  moment         `json:"closed_at" doc:"put away: it can only be read"`
}

func sharedTableOf(t table.Table) sharedTable {
	out := sharedTable{ID: t.ID, Title: t.Title, Note: t.Note, Access: string(t.Access), Columns: t.Shown(), Rows: t.Rows, Head: t.Head, Shape: t.Shape, Updated: moment(t.Updated), Closed: moment(t.Closed)}
	if t.Group != 0 {
		out.Group = &t.GroupID
	}
	return out
}

// sharedRow is a row of a shared table.
type sharedRow struct {
	No    int64                 `json:"no"`
	Rev   int64                 `json:"revision"`
	Gone  bool                  `json:"gone" doc:"taken out; it can be brought back"`
	Cells map[string]table.Cell `json:"cells" doc:"by column: v the value, r the revision to be given back with an edit; a cell that nobody wrote is missing and has revision 0"`
}

// sharedEdit is an edit and what became of it.
type sharedEdit struct {
	No     int64  `json:"no"`
	Verb   string `json:"verb" enum:"set,add,remove,restore"`
	State  string `json:"state" enum:"kept,same,conflict,gone" doc:"conflict: somebody was there first, gone: the row was taken out; nothing was written then"`
	Row    int64  `json:"row"`
	Column string `json:"column"`
	Value  string `json:"value" doc:"what was wanted"`
	Was    string `json:"was"`
	Now    string `json:"now" doc:"what the cell holds"`
	Rev    int64  `json:"revision" doc:"of the cell"`
	At     moment `json:"at"`
}

func sharedEditOf(e table.Edit, row table.Row) sharedEdit {
	return sharedEdit{e.No, e.Verb, e.State, e.Row, e.Column, e.Value, e.Was, row.Cells[e.Column].Value, row.Cells[e.Column].Rev, moment(e.At)}
}

type tableOrder struct {
	Body struct {
		Title   string `json:"title" minLength:"1" maxLength:"80"`
		Note    string `json:"note,omitempty" maxLength:"500"`
		Access  string `json:"access" enum:"staff,view,edit"`
		Columns []struct {
			Name    string   `json:"name" minLength:"1" maxLength:"40"`
			Kind    string   `json:"kind" enum:"text,number,date,choice,check,link,person"`
			Options []string `json:"options,omitempty" maxItems:"50"`
			Needed  bool     `json:"needed,omitempty"`
		} `json:"columns" minItems:"1" maxItems:"40"`
	}
}

type tableEdit struct {
	byID
	Body struct {
		Verb   string            `json:"verb" enum:"set,add,remove,restore"`
		Row    int64             `json:"row,omitempty" doc:"but of add"`
		Column string            `json:"column,omitempty" maxLength:"10" doc:"of set: id of the column"`
		Seen   int64             `json:"seen,omitempty" doc:"the revision that was seen: of the cell (set) or of the row (remove)"`
		Value  string            `json:"value,omitempty" maxLength:"2000"`
		Values map[string]string `json:"values,omitempty" doc:"of add: by column"`
		Key    string            `json:"key" minLength:"1" maxLength:"80" doc:"of your own, printable ASCII: with it the edit counts once, whoever sends it again and whenever"`
	}
}

// registered is a document of the register.
type registered struct {
	ID      community.ID  `json:"id"`
	Group   *community.ID `json:"group"`
	Title   string        `json:"title"`
	Link    string        `json:"link"`
	Owner   string        `json:"owner" doc:"id of who answers for it"`
	Purpose string        `json:"purpose"`
	Review  string        `json:"review" doc:"2006-01-02, when who may see it is looked at next; empty = never"`
	Due     bool          `json:"due"`
	Last    moment        `json:"reviewed_at"`
	Note    string        `json:"note"`
	Version int64         `json:"version" doc:"to be given back with a change"`
}

func tableLines() []line {
	const area = community.AreaContent
	return []line{
		on("listTables", "GET /tables", "Shared tables", area, []string{"GET /tables"}, func(c *call, in *struct {
			Group  community.ID `query:"group"`
			Closed bool         `query:"closed" doc:"those put away"`
			paging
		}) (list[sharedTable], error) {
			g, err := c.group(in.Group)
			if err != nil {
				return list[sharedTable]{}, err
			}
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[sharedTable]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Tables).List(c.ctx(), g.Key, in.Closed, p)
			return listed(c, p, rows, total, sharedTableOf), err
		}),
		on("addTable", "POST /groups/{id}/tables", "Make a shared table of a group", area, []string{"POST /tables", "GET /tables/new"}, inGroup(func(c *call, in *struct {
			byID
			tableOrder
		}, g community.GroupRow) (sharedTable, error) {
			t := table.Table{Group: g.Key, Title: in.Body.Title, Note: in.Body.Note, Access: table.Access(in.Body.Access)}
			for _, col := range in.Body.Columns {
				t.Columns = append(t.Columns, table.Column{Name: col.Name, Kind: table.Kind(col.Kind), Options: col.Options, Needed: col.Needed})
			}
			t, _, err := room(c, c.a.deps.Rooms.Tables).Add(c.ctx(), c.who(), t, "", nil)
			return sharedTableOf(t), err
		})),
		on("getTable", "GET /tables/{id}", "One shared table", area, []string{"GET /tables/{id}"}, func(c *call, in *byID) (sharedTable, error) {
			t, err := room(c, c.a.deps.Rooms.Tables).ByID(c.ctx(), in.ID)
			return sharedTableOf(t), err
		}),
		on("listTableRows", "GET /tables/{id}/rows", "All rows of a shared table, those taken out included", area, []string{"GET /tables/{id}/rows"}, func(c *call, in *byID) (list[sharedRow], error) {
			_, rows, err := room(c, c.a.deps.Rooms.Tables).Rows(c.ctx(), in.ID)
			return whole(rows, func(r table.Row) sharedRow { return sharedRow{r.No, r.Rev, r.Gone, r.Cells} }), err
		}),
		on("editTable", "POST /tables/{id}/edit", "Change a cell, add a row, take one out or bring it back; what meets another is not kept and says so", area,
			[]string{"POST /tables/{id}/edit", "POST /tables/{id}/add", "GET /tables/{id}/add", "POST /tables/{id}/rows/{no}", "POST /tables/{id}/rows/{no}/remove", "POST /tables/{id}/rows/{no}/restore", "POST /tables/{id}/rows/{no}/back"}, func(c *call, in *tableEdit) (sharedEdit, error) {
				b := in.Body
				e := table.Edit{Key: b.Key, Verb: b.Verb, Row: b.Row, Column: b.Column, Seen: b.Seen, Value: b.Value, Values: b.Values}
				list, now, err := room(c, c.a.deps.Rooms.Tables).Edit(c.ctx(), c.who(), in.ID, []table.Edit{e})
				if err != nil {
					return sharedEdit{}, err
				}
				return sharedEditOf(list[0], now[0]), nil
			}),
		on("getTableRow", "GET /tables/{id}/rows/{no}", "The history of a row, the newest first, what was not kept included; at most 200", area, []string{"GET /tables/{id}/rows/{no}"}, func(c *call, in *struct {
			byID
			No int64 `path:"no"`
		}) (list[sharedEdit], error) {
			_, row, edits, err := room(c, c.a.deps.Rooms.Tables).Row(c.ctx(), in.ID, in.No, "")
			return whole(edits, func(e table.Edit) sharedEdit { return sharedEditOf(e, row) }), err
		}),
		on("listOutsideDocuments", "GET /documents", "The register of documents kept elsewhere", area, []string{"GET /documents"}, func(c *call, in *struct {
			Due bool `query:"due" doc:"only those whose readers are to be looked at by now"`
			paging
		}) (list[registered], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[registered]{}, err
			}
			rows, total, today, err := room(c, c.a.deps.Rooms.Tables).Docs(c.ctx(), 0, in.Due, p)
			return listed(c, p, rows, total, func(d table.Doc) registered { return registeredOf(d, today) }), err
		}),
	}
}
