package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
	"qunluo/internal/table"
)

// Tables is what the command line asks and changes of shared tables and of the register of documents kept elsewhere.
type Tables interface {
	List(ctx context.Context, g community.GroupKey, closed bool, page community.Page) ([]table.Table, int, error)
	ByID(ctx context.Context, id community.ID) (table.Table, error)
	Rows(ctx context.Context, id community.ID) (table.Table, []table.Row, error)
	Row(ctx context.Context, id community.ID, no int64, column string) (table.Table, table.Row, []table.Edit, error)
	Add(ctx context.Context, user string, v table.Table, name string, file []byte) (table.Table, table.Brought, error)
	Set(ctx context.Context, user string, id community.ID, seen int64, want table.Table, reason string) (table.Table, error)
	Close(ctx context.Context, user string, id community.ID, on bool, reason string) (table.Table, error)
	Relink(ctx context.Context, user string, id community.ID, reason string) (table.Table, error)
	Edit(ctx context.Context, user string, id community.ID, list []table.Edit) ([]table.Edit, []table.Row, error)
	Bring(ctx context.Context, user string, id community.ID, key, name string, file []byte) (int, table.Brought, error)
	Write(ctx context.Context, id community.ID, form string, v table.View, w io.Writer) error
	Writers(ctx context.Context, list []table.Edit) (map[string]string, error)
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
	Docs(ctx context.Context, g community.GroupKey, due bool, page community.Page) (list []table.Doc, total int, today int64, err error)
	SaveDoc(ctx context.Context, user string, d table.Doc, reason string) (table.Doc, error)
	ReviewDoc(ctx context.Context, user string, id community.ID, note string) (table.Doc, error)
	DropDoc(ctx context.Context, user string, id community.ID, reason string) error
}

type tableCmd struct {
	List    tableListCmd    `cmd:"" help:"列出资料表|list shared tables"`
	New     tableNewCmd     `cmd:"" help:"新建一张|make one"`
	Show    tableShowCmd    `cmd:"" help:"一张表的行|the rows of a table"`
	Add     tableAddCmd     `cmd:"" help:"加一行|add a row"`
	Edit    tableEditCmd    `cmd:"" help:"改一格|change a cell"`
	Remove  tableRemoveCmd  `cmd:"" help:"删一行，可恢复|take a row out; it can be brought back"`
	Restore tableRestoreCmd `cmd:"" help:"恢复一行|bring a row back"`
	History tableHistoryCmd `cmd:"" help:"一行的历史|the history of a row"`
	Import  tableImportCmd  `cmd:"" help:"从文件加行|add the rows of a file"`
	Export  tableExportCmd  `cmd:"" help:"存成文件|write a file"`
	Set     tableSetCmd     `cmd:"" help:"改标题、说明、谁能用，加列|change title, note or access, add columns"`
	Link    tableLinkCmd    `cmd:"" help:"成员链接|the link for members"`
	Relink  tableRelinkCmd  `cmd:"" help:"作废所有链接|make all links void"`
	Close   tableCloseCmd   `cmd:"" help:"收起：只能看|put it away: it can only be read"`
	Reopen  tableReopenCmd  `cmd:"" help:"恢复使用|use it again"`
	Doc     tableDocCmd     `cmd:"" help:"外部文档登记|the register of documents kept elsewhere"`
}

// tableLine is a table as verbs print it.
type tableLine struct {
	ID      string         `json:"id" col:"编号|id"`
	Title   string         `json:"title" col:"标题|title"`
	Group   string         `json:"group" col:"群|group"` // "" = of the whole organisation
	Rows    int            `json:"rows" col:"行|rows"`
	Access  string         `json:"access" col:"谁能用|access"` // staff, view, edit
	Head    int64          `json:"head"`                    // number of the last edit
	Columns []table.Column `json:"columns"`
	Note    string         `json:"note"`
	Updated Moment         `json:"updated_at" col:"改动|changed"`
	Closed  Moment         `json:"closed_at" col:"收起|put away"`
}

func lineOfTable(t table.Table) tableLine {
	return tableLine{t.ID.String(), t.Title, t.GroupName, t.Rows, string(t.Access), t.Head, t.Shown(), t.Note, Moment(t.Updated), Moment(t.Closed)}
}

// tableRowLine is a row as verbs print it.
type tableRowLine struct {
	No     int64             `json:"no" col:"行|row"`
	Rev    int64             `json:"revision"`
	Gone   bool              `json:"gone"`
	Values map[string]string `json:"values"` // by the name of the column; empty cells are left out
	Text   string            `json:"-" col:"内容|cells"`
}

func lineOfRow(t table.Table, r table.Row) tableRowLine {
	out := tableRowLine{No: r.No, Rev: r.Rev, Gone: r.Gone, Values: map[string]string{}}
	var said []string
	for _, c := range t.Shown() {
		if v := r.Cells[c.ID].Value; v != "" {
			out.Values[c.Name] = v
			said = append(said, c.Name+"="+v)
		}
	}
	out.Text = strings.Join(said, " · ")
	return out
}

// tableEditLine is an edit as verbs print it.
type tableEditLine struct {
	No     int64  `json:"no" col:"次|no."`
	Verb   string `json:"verb" col:"什么|what"`    // set, add, remove, restore
	State  string `json:"state" col:"结果|result"` // kept, same, conflict, gone
	Row    int64  `json:"row" col:"行|row"`
	Column string `json:"column" col:"列|column"`
	Was    string `json:"was" col:"改前|before"`
	Value  string `json:"value" col:"改成|after"` // what was wanted; it stands there only if it was kept
	Now    string `json:"now"`                  // what the cell holds
	By     string `json:"by" col:"谁|who"`
	At     Moment `json:"at" col:"时间|at"`
}

func lineOfCellEdit(t table.Table, e table.Edit, row table.Row, who map[string]string) tableEditLine {
	col, _ := t.Column(e.Column)
	by := who[e.By]
	if by == "" {
		by = e.By
	}
	return tableEditLine{e.No, e.Verb, e.State, e.Row, col.Name, e.Was, e.Value, row.Cells[e.Column].Value, by, Moment(e.At)}
}

// tableOf finds a table by its id.
func (c *call) tableOf(h *House, text string) (Tables, table.Table, error) {
	b, err := inOrg(c, h, h.Tables)
	if err != nil {
		return nil, table.Table{}, err
	}
	id, err := idOf(text)
	if err != nil {
		return nil, table.Table{}, err
	}
	t, err := b.ByID(c.ctx, id)
	return b, t, err
}

// tableGroup finds a group by name; "" = the whole organisation.
func (c *call) tableGroup(h *House, text string) (community.GroupKey, error) {
	if text == "" {
		return 0, nil
	}
	_, g, _, err := c.place(h, text, "")
	return g.Key, err
}

type tableListCmd struct {
	Group  string `placeholder:"GROUP" help:"只看一个群的|of one group only"`
	Closed bool   `help:"看收起的|those put away"`
	paging
}

func (tableListCmd) Shape() any { return rowsOf[tableLine]() }
func (tableListCmd) Examples() []example {
	return []example{{"table list --json", [2]string{"所有资料表", "every shared table"}}}
}

// Do lists tables.
func (q *tableListCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Tables)
	if err != nil {
		return err
	}
	g, err := c.tableGroup(h, q.Group)
	if err != nil {
		return err
	}
	list, total, err := b.List(c.ctx, g, q.Closed, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfTable), total)
}

// columnOf reads NAME:KIND or NAME:choice:ONE/TWO; a * behind the name: it is needed.
func columnOf(text string) table.Column {
	name, rest, _ := strings.Cut(text, ":")
	kind, options, _ := strings.Cut(rest, ":")
	name, needed := strings.CutSuffix(strings.TrimSpace(name), "*")
	c := table.Column{Name: name, Kind: table.Kind(kind), Needed: needed}
	if kind == "" {
		c.Kind = table.Text
	}
	if options != "" {
		c.Options = strings.Split(options, "/")
	}
	return c
}

type tableNewCmd struct {
	Title  string   `arg:"" help:"标题|title"`
	Column []string `sep:"none" placeholder:"NAME:KIND" help:"一列（可重复），如 姓名*:person、人数:number、场次:choice:早/晚；类型 text、number、date、choice、check、link、person；* 必填|a column (repeatable), e.g. name*:person, guests:number, turn:choice:early/late; kinds text, number, date, choice, check, link, person; * = needed"`
	File   string   `placeholder:"FILE" help:"从 XLSX 或 CSV：第一行是列名|from XLSX or CSV: its first row names the columns"`
	Group  string   `placeholder:"GROUP" help:"哪个群的，默认整个组织|of which group, by default the whole organisation's"`
	Access string   `enum:"staff,view,edit" default:"staff" help:"谁能用：staff 后台、view 成员凭链接看、edit 成员凭链接改|who may use it: staff, view (members see by link), edit (members edit by link)"`
	Note   string   `help:"说明|a note"`
	named
}

func (tableNewCmd) Shape() any { return tableLine{} }
func (tableNewCmd) Examples() []example {
	return []example{{"table new 报名 --group '#books' --column '姓名*:person' --column '人数:number' --access edit", [2]string{"一张成员能改的报名表", "one that members may edit"}}}
}

// Do makes a table.
func (q *tableNewCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	b, err := inOrg(c, h, h.Tables)
	if err != nil {
		return err
	}
	t := table.Table{Title: q.Title, Note: q.Note, Access: table.Access(q.Access), Columns: mapped(q.Column, columnOf)}
	if t.Group, err = c.tableGroup(h, q.Group); err != nil {
		return err
	}
	var file []byte
	if q.File != "" {
		if file, err = os.ReadFile(c.path(q.File)); err != nil {
			return err
		}
	}
	t, _, err = b.Add(c.ctx, who, t, filepath.Base(q.File), file)
	if err != nil {
		return err
	}
	return printOne(c, lineOfTable(t))
}

type tableShowCmd struct {
	Table string   `arg:"" help:"编号|id"`
	Find  string   `placeholder:"TEXT" help:"行里有这段字|rows that hold this text"`
	Where []string `placeholder:"COLUMN:WAY:VALUE" sep:"none" help:"筛选（可重复），如 人数:over:2；方式 holds、is、not、over、under、empty、filled|a filter (repeatable), e.g. guests:over:2; ways holds, is, not, over, under, empty, filled"`
	By    string   `placeholder:"COLUMN" help:"按哪一列排，前加 - 为倒序|sort by a column, with - in front downwards"`
	Gone  bool     `help:"看删掉的行|the rows that were taken out"`
	Limit int      `default:"200" help:"最多几行|how many rows at most"`
}

func (tableShowCmd) Shape() any { return rowsOf[tableRowLine]() }
func (tableShowCmd) Examples() []example {
	return []example{{"table show TABLE --where '人数:over:2' --by=-人数 --json", [2]string{"筛选和排序", "filtered and sorted"}}}
}

// Do prints rows.
func (q *tableShowCmd) Do(c *call, h *House) error {
	b, t, err := c.tableOf(h, q.Table)
	if err != nil {
		return err
	}
	t, rows, err := b.Rows(c.ctx, t.ID)
	if err != nil {
		return err
	}
	v := table.View{Text: q.Find, Gone: q.Gone}
	by, down := strings.CutPrefix(q.By, "-")
	if v.Desc = down; by != "" {
		col, ok := t.Named(by)
		if !ok {
			return badUsage("没有列 %q", "there is no column %q", by)
		}
		v.Sort = col.ID
	}
	for _, text := range q.Where {
		name, rest, _ := strings.Cut(text, ":")
		way, value, _ := strings.Cut(rest, ":")
		col, ok := t.Named(name)
		if !ok {
			return badUsage("没有列 %q", "there is no column %q", name)
		}
		v.Filters = append(v.Filters, table.Filter{Column: col.ID, Way: way, Value: value})
	}
	list := t.Arrange(rows, v)
	lines := mapped(list[:min(len(list), max(q.Limit, 0))], func(r table.Row) tableRowLine { return lineOfRow(t, r) })
	return printList(c, lines, len(list))
}

// editOf does one edit and prints what became of it; an edit that was not kept fails.
func (c *call) editOf(h *House, q named, text, key string, make func(t table.Table, b Tables) (table.Edit, error)) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	b, t, err := c.tableOf(h, text)
	if err != nil {
		return err
	}
	e, err := make(t, b)
	if err != nil {
		return err
	}
	if e.Key = key; key == "" {
		e.Key = rand.Text()
	}
	list, now, err := b.Edit(c.ctx, who, t.ID, []table.Edit{e})
	if err != nil {
		return err
	}
	names, err := b.Writers(c.ctx, list)
	if err != nil {
		return err
	}
	if err := printOne(c, lineOfCellEdit(t, list[0], now[0], names)); err != nil {
		return err
	}
	if s := list[0].State; s == table.Conflict || s == table.Gone {
		return failed(community.Errorf(community.CodeConflict, "not kept: %s", s), "没有采用：别人先改了（留在历史里）", "not kept: somebody was there first (it stands in the history)")
	}
	return nil
}

type tableAddCmd struct {
	Table  string   `arg:"" help:"编号|id"`
	Values []string `arg:"" placeholder:"COLUMN=VALUE" help:"列=内容|column=value"`
	Key    string   `placeholder:"KEY" help:"自定的值：重发只算一次|a value of your own: sent again it counts once"`
	named
}

func (tableAddCmd) Shape() any { return tableEditLine{} }
func (tableAddCmd) Examples() []example {
	return []example{{"table add TABLE 姓名=大刘 人数=2", [2]string{"加一行", "add a row"}}}
}

// Do adds a row.
func (q *tableAddCmd) Do(c *call, h *House) error {
	return c.editOf(h, q.named, q.Table, q.Key, func(t table.Table, _ Tables) (table.Edit, error) {
		e := table.Edit{Verb: table.Add, Values: map[string]string{}}
		for _, text := range q.Values {
			name, value, ok := strings.Cut(text, "=")
			col, known := t.Named(name)
			if !ok || !known {
				return e, badUsage("%q：要写成 列=内容", "%q: want column=value", text)
			}
			e.Values[col.ID] = value
		}
		return e, nil
	})
}

type tableEditCmd struct {
	Table  string `arg:"" help:"编号|id"`
	Row    int64  `arg:"" help:"行号|row"`
	Column string `arg:"" help:"列|column"`
	Value  string `arg:"" help:"内容，'' 清空|value, '' empties it"`
	Seen   *int64 `placeholder:"N" help:"看到的修订号，默认现在这个|the revision that was seen, by default the one now"`
	Key    string `placeholder:"KEY" help:"自定的值：重发只算一次|a value of your own: sent again it counts once"`
	named
}

func (tableEditCmd) Shape() any { return tableEditLine{} }
func (tableEditCmd) Examples() []example {
	return []example{{"table edit TABLE 12 人数 3", [2]string{"改一格", "change a cell"}}}
}

// Do changes a cell.
func (q *tableEditCmd) Do(c *call, h *House) error {
	return c.editOf(h, q.named, q.Table, q.Key, func(t table.Table, b Tables) (table.Edit, error) {
		e := table.Edit{Verb: table.Set, Row: q.Row, Value: q.Value}
		col, ok := t.Named(q.Column)
		if !ok {
			return e, badUsage("没有列 %q", "there is no column %q", q.Column)
		}
		if e.Column = col.ID; q.Seen != nil {
			e.Seen = *q.Seen
			return e, nil
		}
		_, row, _, err := b.Row(c.ctx, t.ID, q.Row, col.ID)
		e.Seen = row.Cells[col.ID].Rev
		return e, err
	})
}

// tableRowArgs are those of verbs that do something with a whole row.
type tableRowArgs struct {
	Table string `arg:"" help:"编号|id"`
	Row   int64  `arg:"" help:"行号|row"`
	named
}

func (tableRowArgs) Shape() any          { return tableEditLine{} }
func (tableRowArgs) Examples() []example { return nil }

func (q *tableRowArgs) whole(c *call, h *House, verb string) error {
	return c.editOf(h, q.named, q.Table, "", func(t table.Table, b Tables) (table.Edit, error) {
		_, row, _, err := b.Row(c.ctx, t.ID, q.Row, "")
		return table.Edit{Verb: verb, Row: q.Row, Seen: row.Rev}, err
	})
}

type tableRemoveCmd struct{ tableRowArgs }

// Do takes a row out.
func (q *tableRemoveCmd) Do(c *call, h *House) error { return q.whole(c, h, table.Remove) }

type tableRestoreCmd struct{ tableRowArgs }

// Do brings a row back.
func (q *tableRestoreCmd) Do(c *call, h *House) error { return q.whole(c, h, table.Restore) }

type tableHistoryCmd struct {
	Table  string `arg:"" help:"编号|id"`
	Row    int64  `arg:"" help:"行号|row"`
	Column string `placeholder:"COLUMN" help:"只看一列|of one column only"`
}

func (tableHistoryCmd) Shape() any          { return rowsOf[tableEditLine]() }
func (tableHistoryCmd) Examples() []example { return nil }

// Do prints the history of a row.
func (q *tableHistoryCmd) Do(c *call, h *House) error {
	b, t, err := c.tableOf(h, q.Table)
	if err != nil {
		return err
	}
	column := ""
	if q.Column != "" {
		col, ok := t.Named(q.Column)
		if !ok {
			return badUsage("没有列 %q", "there is no column %q", q.Column)
		}
		column = col.ID
	}
	t, row, list, err := b.Row(c.ctx, t.ID, q.Row, column)
	if err != nil {
		return err
	}
	who, err := b.Writers(c.ctx, list)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(e table.Edit) tableEditLine { return lineOfCellEdit(t, e, row, who) }), len(list))
}

// tableBrought says what came of a file.
type tableBrought struct {
	Table    string   `json:"table"`
	Added    int      `json:"added" col:"加了|added"`
	Unknown  []string `json:"unknown" col:"没有对上的列|columns left out"`
	Formulas int      `json:"formulas" col:"当文字存的公式|formulas kept as text"`
}

type tableImportCmd struct {
	Table string `arg:"" help:"编号|id"`
	File  string `arg:"" help:"XLSX、CSV 或 TSV 文件|XLSX, CSV or TSV file"`
	Key   string `placeholder:"KEY" help:"自定的值：重发只算一次|a value of your own: sent again it counts once"`
	named
}

func (tableImportCmd) Shape() any { return tableBrought{} }
func (tableImportCmd) Examples() []example {
	return []example{{"table import TABLE 报名.xlsx", [2]string{"把文件里的行加进来", "add the rows of a file"}}}
}

// Do brings rows in.
func (q *tableImportCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	b, t, err := c.tableOf(h, q.Table)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(c.path(q.File))
	if err != nil {
		return err
	}
	key := q.Key
	if key == "" {
		key = rand.Text()
	}
	n, got, err := b.Bring(c.ctx, who, t.ID, key, filepath.Base(q.File), raw)
	if err != nil {
		return err
	}
	return printOne(c, tableBrought{t.ID.String(), n, append([]string{}, got.Unknown...), got.Formulas})
}

// tableWritten says what was written.
type tableWritten struct {
	File  string `json:"file" col:"文件|file"`
	Bytes int64  `json:"bytes" col:"字节|bytes"`
}

type tableExportCmd struct {
	Table string `arg:"" help:"编号|id"`
	File  string `arg:"" help:"文件，以 .xlsx 或 .csv 结尾|file that ends with .xlsx or .csv"`
}

func (tableExportCmd) Shape() any          { return tableWritten{} }
func (tableExportCmd) Examples() []example { return nil }

// counted counts what goes through.
type counted struct {
	io.Writer
	n int64
}

func (w *counted) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.n += int64(n)
	return n, err
}

// Do writes a file.
func (q *tableExportCmd) Do(c *call, h *House) error {
	b, t, err := c.tableOf(h, q.Table)
	if err != nil {
		return err
	}
	form := strings.TrimPrefix(filepath.Ext(q.File), ".")
	if form != "xlsx" && form != "csv" {
		return badUsage("文件要以 .xlsx 或 .csv 结尾", "the file ends with .xlsx or .csv")
	}
	n, err := toFile(c.path(q.File), func(w io.Writer) (int64, error) {
		out := &counted{Writer: w}
		err := b.Write(c.ctx, t.ID, form, table.View{}, out)
		return out.n, err
	})
	if err != nil {
		return err
	}
	return printOne(c, tableWritten{c.path(q.File), n})
}

type tableSetCmd struct {
	Table  string   `arg:"" help:"编号|id"`
	Title  *string  `help:"标题|title"`
	Note   *string  `help:"说明|note"`
	Access *string  `help:"谁能用：staff、view、edit|who may use it: staff, view or edit"`
	Column []string `sep:"none" placeholder:"NAME:KIND" help:"再加一列（可重复）|another column (repeatable)"`
	Drop   []string `placeholder:"COLUMN" help:"删掉一列，内容留着（可重复）|take a column out; what it held is kept (repeatable)"`
	Reason string   `placeholder:"TEXT" help:"原因|why"`
	named
}

func (tableSetCmd) Shape() any { return tableLine{} }
func (tableSetCmd) Examples() []example {
	return []example{{"table set TABLE --access view --column '电话:text'", [2]string{"改成成员只能看，再加一列", "members may only see it; another column"}}}
}

// Do changes how a table is set.
func (q *tableSetCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	b, t, err := c.tableOf(h, q.Table)
	if err != nil {
		return err
	}
	want := table.Table{Title: t.Title, Note: t.Note, Access: t.Access}
	dropped := map[string]bool{}
	for _, name := range q.Drop {
		col, ok := t.Named(name)
		if !ok {
			return badUsage("没有列 %q", "there is no column %q", name)
		}
		dropped[col.ID] = true
	}
	for _, col := range t.Shown() {
		if !dropped[col.ID] {
			want.Columns = append(want.Columns, col)
		}
	}
	want.Columns = append(want.Columns, mapped(q.Column, columnOf)...)
	if q.Title != nil {
		want.Title = *q.Title
	}
	if q.Note != nil {
		want.Note = *q.Note
	}
	if q.Access != nil {
		want.Access = table.Access(*q.Access)
	}
	if t, err = b.Set(c.ctx, who, t.ID, t.Shape, want, q.Reason); err != nil {
		return err
	}
	return printOne(c, lineOfTable(t))
}

// tableLinked is a link.
type tableLinked struct {
	Link string `json:"link" col:"链接|link"`
}

type tableLinkCmd struct {
	Table  string `arg:"" help:"编号|id"`
	Member string `placeholder:"MEMBER" help:"一个成员自己的，默认给所有人的|a member's own, by default the one for everybody"`
}

func (tableLinkCmd) Shape() any          { return tableLinked{} }
func (tableLinkCmd) Examples() []example { return nil }

// Do prints a link.
func (q *tableLinkCmd) Do(c *call, h *House) error {
	b, t, err := c.tableOf(h, q.Table)
	if err != nil {
		return err
	}
	var m community.Member
	if q.Member != "" {
		if t.Group == 0 {
			return badUsage("这张表不属于一个群：没有成员自己的链接", "the table belongs to no group: members have no link of their own")
		}
		if _, _, m, err = c.place(h, t.GroupID.String(), q.Member); err != nil {
			return err
		}
	}
	link, err := b.Link(c.ctx, t.ID, m.Key)
	if err != nil {
		return err
	}
	return printOne(c, tableLinked{link})
}

// tableArgs are those of verbs that change a whole table.
type tableArgs struct {
	Table  string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

func (tableArgs) Shape() any          { return tableLine{} }
func (tableArgs) Examples() []example { return nil }

func (q *tableArgs) change(c *call, h *House, do func(b Tables, who string, id community.ID) (table.Table, error)) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	b, t, err := c.tableOf(h, q.Table)
	if err != nil {
		return err
	}
	if t, err = do(b, who, t.ID); err != nil {
		return err
	}
	return printOne(c, lineOfTable(t))
}

type tableRelinkCmd struct{ tableArgs }

// Do makes all links void.
func (q *tableRelinkCmd) Do(c *call, h *House) error {
	return q.change(c, h, func(b Tables, who string, id community.ID) (table.Table, error) {
		return b.Relink(c.ctx, who, id, q.Reason)
	})
}

type tableCloseCmd struct{ tableArgs }

// Do puts a table away.
func (q *tableCloseCmd) Do(c *call, h *House) error {
	return q.change(c, h, func(b Tables, who string, id community.ID) (table.Table, error) {
		return b.Close(c.ctx, who, id, true, q.Reason)
	})
}

type tableReopenCmd struct{ tableArgs }

// Do takes a table out again.
func (q *tableReopenCmd) Do(c *call, h *House) error {
	return q.change(c, h, func(b Tables, who string, id community.ID) (table.Table, error) {
		return b.Close(c.ctx, who, id, false, q.Reason)
	})
}

type tableDocCmd struct {
	List   docListCmd   `cmd:"" help:"列出登记的文档|list the register"`
	Add    docAddCmd    `cmd:"" help:"登记一份|register one"`
	Review docReviewCmd `cmd:"" help:"复查了谁能看|who may see it was looked at"`
	Drop   docDropCmd   `cmd:"" help:"移出登记|take one out"`
}

// docLine is a document of the register as verbs print it.
type docLine struct {
	ID       string `json:"id" col:"编号|id"`
	Title    string `json:"title" col:"名称|title"`
	Link     string `json:"link" col:"链接|link"`
	Group    string `json:"group" col:"群|group"`
	Owner    string `json:"owner" col:"负责人|owner"`
	Purpose  string `json:"purpose" col:"用途|purpose"`
	Review   string `json:"review" col:"下次复查|next review"` // 2006-01-02; "" = none
	Every    int    `json:"every_days"`
	Due      bool   `json:"due" col:"到期|due"`
	Reviewed Moment `json:"reviewed_at" col:"上次|last"`
	Note     string `json:"note"`
}

func lineOfDoc(d table.Doc, today int64, who map[string]string) docLine {
	line := docLine{ID: d.ID.String(), Title: d.Title, Link: d.Link, Group: d.GroupName, Owner: d.Owner, Purpose: d.Purpose, Every: d.Every, Due: d.Due(today), Reviewed: Moment(d.Reviewed), Note: d.Note}
	if name := who[d.Owner]; name != "" {
		line.Owner = name
	}
	if d.Review > 0 {
		line.Review = measure.Day(d.Review).String()
	}
	return line
}

// printDoc prints a document as it is now.
func (c *call) printDoc(b Tables, d table.Doc) error {
	who, err := b.Writers(c.ctx, nil)
	if err != nil {
		return err
	}
	_, _, today, err := b.Docs(c.ctx, 0, true, community.Page{Limit: 1})
	if err != nil {
		return err
	}
	return printOne(c, lineOfDoc(d, today, who))
}

type docListCmd struct {
	Group string `placeholder:"GROUP" help:"只看一个群的|of one group only"`
	Due   bool   `help:"只看到期的|those that are due only"`
	paging
}

func (docListCmd) Shape() any { return rowsOf[docLine]() }
func (docListCmd) Examples() []example {
	return []example{{"table doc list --due --json", [2]string{"该复查权限的", "those whose readers are to be looked at"}}}
}

// Do lists the register.
func (q *docListCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Tables)
	if err != nil {
		return err
	}
	g, err := c.tableGroup(h, q.Group)
	if err != nil {
		return err
	}
	list, total, today, err := b.Docs(c.ctx, g, q.Due, q.page())
	if err != nil {
		return err
	}
	who, err := b.Writers(c.ctx, nil)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(d table.Doc) docLine { return lineOfDoc(d, today, who) }), total)
}

type docAddCmd struct {
	Title   string `arg:"" help:"名称|title"`
	Link    string `arg:"" help:"链接|link"`
	Owner   string `required:"" placeholder:"LOGIN" help:"负责人的登录名|login of who answers for it"`
	Purpose string `required:"" help:"用途|what it is for"`
	Review  string `placeholder:"DATE" help:"下次复查权限的日期|when who may see it is looked at next"`
	Every   int    `help:"之后每几天复查一次|days between two looks after that"`
	Group   string `placeholder:"GROUP" help:"哪个群的，默认整个组织|of which group, by default the whole organisation's"`
	named
}

func (docAddCmd) Shape() any { return docLine{} }
func (docAddCmd) Examples() []example {
	return []example{{"table doc add 报名表 https://docs.qq.com/sheet/x --owner lin --purpose 收报名 --review 2026-12-31 --every 90", [2]string{"登记一份腾讯文档", "register one of 腾讯文档"}}}
}

// Do registers a document.
func (q *docAddCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	b, err := inOrg(c, h, h.Tables)
	if err != nil {
		return err
	}
	u, err := c.userCalled(h, q.Owner)
	if err != nil {
		return err
	}
	d := table.Doc{Title: q.Title, Link: q.Link, Owner: u.ID.String(), Purpose: q.Purpose, Every: q.Every}
	if q.Review != "" {
		day, err := measure.ParseDay(q.Review)
		if err != nil {
			return badUsage("--review 要写成 2006-01-02", "--review: want 2006-01-02")
		}
		d.Review = int64(day)
	}
	if d.Group, err = c.tableGroup(h, q.Group); err != nil {
		return err
	}
	if d, err = b.SaveDoc(c.ctx, who, d, ""); err != nil {
		return err
	}
	return c.printDoc(b, d)
}

// docOf reads which document of the register is meant, and in whose name.
func (c *call) docOf(h *House, n named, text string) (b Tables, who string, id community.ID, err error) {
	if who, err = n.who(c, h); err != nil {
		return nil, "", id, err
	}
	if b, err = inOrg(c, h, h.Tables); err != nil {
		return nil, "", id, err
	}
	id, err = idOf(text)
	return b, who, id, err
}

type docReviewCmd struct {
	ID   string `arg:"" help:"编号|id"`
	Note string `required:"" help:"看到什么、改了什么|what was found and changed"`
	named
}

func (docReviewCmd) Shape() any          { return docLine{} }
func (docReviewCmd) Examples() []example { return nil }

// Do notes a review.
func (q *docReviewCmd) Do(c *call, h *House) error {
	b, who, id, err := c.docOf(h, q.named, q.ID)
	if err != nil {
		return err
	}
	d, err := b.ReviewDoc(c.ctx, who, id, q.Note)
	if err != nil {
		return err
	}
	return c.printDoc(b, d)
}

// docDropped says what left the register.
type docDropped struct {
	ID string `json:"id" col:"编号|id"`
}

type docDropCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

func (docDropCmd) Shape() any          { return docDropped{} }
func (docDropCmd) Examples() []example { return nil }

// Do takes a document out of the register.
func (q *docDropCmd) Do(c *call, h *House) error {
	b, who, id, err := c.docOf(h, q.named, q.ID)
	if err != nil {
		return err
	}
	if err := b.DropDoc(c.ctx, who, id, q.Reason); err != nil {
		return err
	}
	return printOne(c, docDropped{fmt.Sprint(id)})
}

// What verbs of shared tables take of whoever they are done in the name of.

// Needs is what it takes.
func (*tableNewCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*tableAddCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*tableEditCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*tableRowArgs) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*tableImportCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*tableSetCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*tableArgs) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*docAddCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*docReviewCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*docDropCmd) Needs() rights.Power { return rights.Write }
