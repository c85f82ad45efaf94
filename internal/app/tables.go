package app

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
	"qunluo/internal/table"
	"qunluo/internal/wordlist/sheet"
)

// tables is what a person sees and changes of shared tables (资料表) and of the register of documents kept elsewhere, bounded as hands are.
type tables struct{ *hands }

// Tables makes the handle of shared tables.
func (a *App) Tables(org community.OrgKey, groups []community.GroupKey) tables {
	return tables{a.Hands(org, groups)}
}

// tableNews tells whoever shows a table that it changed. What changed is read from the store: a signal that is lost costs time, never an edit.
type tableNews struct {
	mu   sync.Mutex
	subs map[int64]map[chan struct{}]struct{} // by table
}

func newTableNews() *tableNews {
	return &tableNews{subs: map[int64]map[chan struct{}]struct{}{}}
}

// subscribe gives signals until ctx ends.
func (n *tableNews) subscribe(ctx context.Context, key int64) <-chan struct{} {
	ch := make(chan struct{}, 1)
	n.mu.Lock()
	if n.subs[key] == nil {
		n.subs[key] = map[chan struct{}]struct{}{}
	}
	n.subs[key][ch] = struct{}{}
	n.mu.Unlock()
	context.AfterFunc(ctx, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.subs[key], ch)
		if len(n.subs[key]) == 0 {
			delete(n.subs, key)
		}
	})
	return ch
}

// tell never blocks: who has not looked since the last signal looks at everything then.
func (n *tableNews) tell(key int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for ch := range n.subs[key] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// List lists tables of a group, or (0) of all that may be seen.
func (b tables) List(ctx context.Context, g community.GroupKey, closed bool, page community.Page) ([]table.Table, int, error) {
	return b.desk().Tables(ctx, g, closed, page)
}

// ByID gives one; CodeNotFound.
func (b tables) ByID(ctx context.Context, id community.ID) (table.Table, error) {
	return b.desk().TableByID(ctx, id)
}

// Rows gives a table with all its rows, those taken out included. Its Head is a number up to which every edit is in them.
func (b tables) Rows(ctx context.Context, id community.ID) (table.Table, []table.Row, error) {
	v, err := b.ByID(ctx, id)
	if err != nil {
		return v, nil, err
	}
	head, rows, err := b.app.store.TableRows(ctx, v.Key)
	v.Head = head
	return v, rows, err
}

// Row gives one row with its history, the newest first, of one column ("" = of all).
func (b tables) Row(ctx context.Context, id community.ID, no int64, column string) (table.Table, table.Row, []table.Edit, error) {
	v, err := b.ByID(ctx, id)
	if err != nil {
		return v, table.Row{}, nil, err
	}
	row, err := b.app.store.TableRow(ctx, v.Key, no)
	if err != nil {
		return v, row, nil, err
	}
	history, err := b.app.store.RowHistory(ctx, v.Key, no, column)
	return v, row, history, err
}

// Add keeps a new table: with columns as v says or, where there is a file, as its first row names them, and its rows. CodeForbidden: of the
// whole organisation, by somebody who sees only some groups. CodeBadInput, CodeTooLarge.
func (b tables) Add(ctx context.Context, user string, v table.Table, name string, file []byte) (table.Table, table.Brought, error) {
	var got table.Brought
	if err := b.place(ctx, v.Group); err != nil {
		return v, got, err
	}
	v.Org, v.User = b.org, user
	if len(file) > 0 {
		rows, n, err := sheet.Cells(name, file, table.MaxRows+1)
		if err != nil {
			return v, got, err
		}
		if n == 0 {
			return v, got, table.Fault(community.CodeBadInput, "文件里什么也没有。", "there is nothing in the file")
		}
		if err := table.TooMany(n-1, 0, 0); err != nil {
			return v, got, err
		}
		if v.Columns, err = table.Head(rows[0], rows[1:]); err != nil {
			return v, got, err
		}
		if n > 1 {
			if got, err = v.BringAll(rows[1:]); err != nil {
				return v, got, err
			}
		}
	}
	if err := v.Check(); err != nil {
		return v, got, err
	}
	v, err := b.app.store.AddTable(ctx, v, got.Rows, b.audit(user, "", "", ""))
	if err != nil {
		return v, got, err
	}
	v, err = b.ByID(ctx, v.ID)
	return v, got, err
}

// place says whether something may belong to a group, or (0) to the whole organisation.
func (b tables) place(ctx context.Context, g community.GroupKey) error {
	if g != 0 {
		return b.sees(ctx, g)
	}
	if b.groups != nil {
		return table.Fault(community.CodeForbidden, "你只能看到部分群：请选一个群。", "you see only some groups: choose one of them")
	}
	return nil
}

// Set changes title, note, columns and access of a table. seen is its Shape as it was read; CodeConflict: somebody was there first.
func (b tables) Set(ctx context.Context, user string, id community.ID, seen int64, want table.Table, reason string) (table.Table, error) {
	v, err := b.ByID(ctx, id)
	if err != nil {
		return v, err
	}
	v.Title, v.Note, v.Access = want.Title, want.Note, want.Access
	if v.Columns, err = table.Reshape(v.Columns, want.Columns); err != nil {
		return v, err
	}
	if err := v.Check(); err != nil {
		return v, err
	}
	return b.keep(ctx, v, seen, b.audit(user, "table.set", "", reason))
}

func (b tables) keep(ctx context.Context, v table.Table, seen int64, audit community.Audit) (table.Table, error) {
	v, err := b.app.store.SetTable(ctx, v, seen, audit)
	if err == nil {
		b.app.tableNews.tell(v.Key)
	}
	return v, err
}

// Close puts a table away: it is read and no longer changed, and its links lead nowhere; on false takes that back. CodeConflict: it was already.
func (b tables) Close(ctx context.Context, user string, id community.ID, on bool, reason string) (table.Table, error) {
	v, err := b.ByID(ctx, id)
	if err != nil {
		return v, err
	}
	if (v.Closed != 0) == on {
		return v, community.Errorf(community.CodeConflict, "nothing to change")
	}
	verb := "table.reopen"
	if v.Closed = 0; on {
		v.Closed, verb = b.app.millis(), "table.close"
	}
	return b.keep(ctx, v, v.Shape, b.audit(user, verb, "", reason))
}

// Relink makes all links of a table anew: those given out lead nowhere.
func (b tables) Relink(ctx context.Context, user string, id community.ID, reason string) (table.Table, error) {
	v, err := b.ByID(ctx, id)
	if err != nil {
		return v, err
	}
	v.Link++
	return b.keep(ctx, v, v.Shape, b.audit(user, "table.relink", "", reason))
}

// Edit decides on edits by a person and keeps them: see store.EditTable.
func (b tables) Edit(ctx context.Context, user string, id community.ID, list []table.Edit) ([]table.Edit, []table.Row, error) {
	v, err := b.ByID(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return b.app.editTable(ctx, v.Key, user, list, nil)
}

// editTable keeps edits by somebody and tells whoever shows the table.
func (a *App) editTable(ctx context.Context, key int64, by string, list []table.Edit, may func(table.Table) error) ([]table.Edit, []table.Row, error) {
	list = slices.Clone(list)
	for i := range list {
		list[i].By = by
		if list[i].Verb == table.Shape {
			return nil, nil, community.Errorf(community.CodeBadInput, "verb %s is no edit of a cell", table.Shape)
		}
	}
	out, now, err := a.store.EditTable(ctx, key, list, may)
	if err == nil {
		a.tableNews.tell(key)
	}
	return out, now, err
}

// Bring adds the rows of a file or a paste whose first row names columns; key makes them count once. CodeBadInput, CodeTooLarge with a sentence for people: nothing was
// added then.
func (b tables) Bring(ctx context.Context, user string, id community.ID, key, name string, file []byte) (int, table.Brought, error) {
	v, err := b.ByID(ctx, id)
	if err != nil {
		return 0, table.Brought{}, err
	}
	if err := table.CheckKey(key); err != nil {
		return 0, table.Brought{}, err
	}
	rows, n, err := sheet.Cells(name, file, table.MaxRows+1)
	if err != nil {
		return 0, table.Brought{}, err
	}
	if n < 2 {
		return 0, table.Brought{}, table.Fault(community.CodeBadInput, "第一行要是列名，下面至少有一行内容。", "the first row names the columns, and at least one row follows")
	}
	if err := table.TooMany(n-1, v.Rows, 0); err != nil {
		return 0, table.Brought{}, err
	}
	got, err := v.Bring(rows[0], rows[1:])
	if err != nil {
		return 0, got, err
	}
	added, _, err := b.app.store.BringRows(ctx, v.Key, key, got.Rows, user, b.audit(user, "", "", ""))
	b.app.tableNews.tell(v.Key)
	return added, got, err
}

// Write writes the rows of a view as a file, csv or xlsx; nothing in it is worked out as a formula.
func (b tables) Write(ctx context.Context, id community.ID, form string, view table.View, w io.Writer) error {
	v, rows, err := b.Rows(ctx, id)
	if err != nil {
		return err
	}
	cols, list, at := v.Shown(), v.Arrange(rows, view), -1
	return sheet.WriteCells(w, form, func() []string {
		if at++; at > len(list) {
			return nil
		}
		line := make([]string, len(cols))
		for i, c := range cols {
			if at == 0 {
				line[i] = table.Column{Kind: table.Text}.Harmless(c.Name)
				continue
			}
			line[i] = c.Harmless(list[at-1].Cells[c.ID].Value)
		}
		return line
	})
}

// Edits gives what was kept after a number, at most limit.
func (b tables) Edits(ctx context.Context, v table.Table, after int64, limit int) ([]table.Edit, error) {
	return b.app.store.TableEdits(ctx, v.Key, after, limit)
}

// News gives a signal whenever a table changed, until ctx ends.
func (b tables) News(ctx context.Context, v table.Table) <-chan struct{} {
	return b.app.tableNews.subscribe(ctx, v.Key)
}

// What begins the names of those who edit by a link.
const (
	tableMember = "member:"
	tableGuest  = "guest:"
)

// Writers says what those who edited are called now: people who sign in, members, and guests as they called themselves.
func (b tables) Writers(ctx context.Context, list []table.Edit) (map[string]string, error) {
	users, err := b.app.store.Users(ctx, b.org)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, u := range users {
		if out[u.ID.String()] = u.Name; u.Name == "" {
			out[u.ID.String()] = u.Login
		}
	}
	var keys []community.MemberKey
	for _, e := range list {
		if key, ok := memberOf(e.By); ok {
			keys = append(keys, key)
		} else if name, ok := strings.CutPrefix(e.By, tableGuest); ok {
			out[e.By] = name
		}
	}
	slices.Sort(keys)
	members, err := b.app.store.For(community.Scope{Org: b.org}).MembersByKey(ctx, slices.Compact(keys))
	for _, m := range members {
		out[tableMember+strconv.FormatInt(int64(m.Key), 10)] = m.Name
	}
	return out, err
}

func memberOf(by string) (community.MemberKey, bool) {
	text, ok := strings.CutPrefix(by, tableMember)
	n, err := strconv.ParseInt(text, 10, 64)
	return community.MemberKey(n), ok && err == nil
}

// day is today in the default zone, counted from 1970.
func (b tables) day() int64 {
	day, _ := measure.DayOf(b.app.millis(), zoneFor(store.DefaultZone))
	return int64(day)
}

// Docs lists the register of documents kept elsewhere: of a group or (0) of all, all or those whose review is due. today is counted from 1970.
func (b tables) Docs(ctx context.Context, g community.GroupKey, due bool, page community.Page) (list []table.Doc, total int, today int64, err error) {
	until := int64(0)
	if today = b.day(); due {
		until = today
	}
	list, total, err = b.desk().OutsideDocs(ctx, g, until, page)
	return list, total, today, err
}

// Doc gives one; CodeNotFound.
func (b tables) Doc(ctx context.Context, id community.ID) (table.Doc, error) {
	d, err := b.desk().OutsideDoc(ctx, id)
	if err == nil && d.Gone != 0 {
		err = community.Errorf(community.CodeNotFound, "document %s: not in the register", id)
	}
	return d, err
}

// SaveDoc keeps a document of the register, a new one (id zero) or another version of one. CodeBadInput; CodeConflict: it was changed meanwhile.
func (b tables) SaveDoc(ctx context.Context, user string, d table.Doc, reason string) (table.Doc, error) {
	verb := "document.add"
	if d.Version != 0 {
		had, err := b.Doc(ctx, d.ID)
		if err != nil {
			return d, err
		}
		verb, d.Group, d.Created, d.Reviewed, d.Reviewer, d.Note = "document.set", had.Group, had.Created, had.Reviewed, had.Reviewer, had.Note
	} else if err := b.place(ctx, d.Group); err != nil {
		return d, err
	}
	d.Org = b.org
	if err := d.Check(); err != nil {
		return d, err
	}
	users, err := b.app.store.Users(ctx, b.org)
	if err != nil {
		return d, err
	}
	if !slices.ContainsFunc(users, func(u community.User) bool { return u.ID.String() == d.Owner && u.Enabled }) {
		return d, table.Fault(community.CodeBadInput, "负责人要是能登录的人。", "owner: want somebody who signs in")
	}
	return b.app.store.PutDoc(ctx, d, b.audit(user, verb, "", reason))
}

// ReviewDoc notes that somebody looked at who may see a document, and what they found; the next review follows.
func (b tables) ReviewDoc(ctx context.Context, user string, id community.ID, note string) (table.Doc, error) {
	d, err := b.Doc(ctx, id)
	if err != nil {
		return d, err
	}
	d = d.Done(b.day(), user, note, b.app.millis())
	if err := d.Check(); err != nil {
		return d, err
	}
	return b.app.store.PutDoc(ctx, d, b.audit(user, "document.review", "", note))
}

// DropDoc takes a document out of the register.
func (b tables) DropDoc(ctx context.Context, user string, id community.ID, reason string) error {
	d, err := b.Doc(ctx, id)
	if err != nil {
		return err
	}
	d.Gone = b.app.millis()
	_, err = b.app.store.PutDoc(ctx, d, b.audit(user, "document.drop", "", reason))
	return err
}

// Link is the address at which a member sees or edits a table; member 0 = the one for everybody, who give a name themselves. CodeConflict: only staff may see it;
// CodeNotFound: the member is not in its group.
func (b tables) Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error) {
	v, err := b.ByID(ctx, id)
	if err != nil {
		return "", err
	}
	if v.Access == table.StaffOnly || v.Closed != 0 {
		return "", table.Fault(community.CodeConflict, "这张表只给后台的人看，没有链接。", "only those who sign in see this table: it has no link")
	}
	if m != 0 {
		if _, err := b.app.tableWho(ctx, v, m); err != nil {
			return "", err
		}
	}
	link, err := b.app.timedLink(ctx, passTable, tableLinkLives, v.Key, int64(m), v.Link)
	return fmt.Sprintf("%s/s/%s", b.app.base(), link), err
}
