// Package table decides what becomes of shared tables (资料表): which columns they have, which values fit a cell, whether an edit holds or
// meets another, how rows are filtered and sorted, and what of a file becomes rows.
package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Bounds. Characters are code points.
const (
	MaxColumns = 40
	MaxRows    = 10_000  // that are there, of one table
	MaxCells   = 200_000 // of one file or paste
	MaxCell    = 2_000   // characters
	MaxOptions = 50      // of a choice
	MaxTitle   = 80
	MaxNote    = 500
	MaxName    = 40 // of a column, an option or a person
	MaxKey     = 80 // of an edit, in bytes
)

// Kind is what a column holds.
type Kind string

// Kinds of columns. What a cell holds is kept as text: a number in its shortest decimal form, a date as 2006-01-02, a tick as "1".
const (
	Text   Kind = "text"
	Number Kind = "number"
	Date   Kind = "date"
	Choice Kind = "choice"
	Check  Kind = "check"
	Link   Kind = "link"
	Person Kind = "person" // a name as people write it; it is tied to no member
)

// Kinds lists them as forms offer them.
func Kinds() []Kind { return []Kind{Text, Number, Date, Choice, Check, Link, Person} }

// Known reports whether there is such a kind.
func (k Kind) Known() bool { return slices.Contains(Kinds(), k) }

// Column is a column of a table.
type Column struct {
	ID      string   `json:"id"` // "c1": given once and never again
	Name    string   `json:"name"`
	Kind    Kind     `json:"kind"`
	Options []string `json:"options,omitempty"` // of a choice
	Needed  bool     `json:"needed,omitempty"`  // no row is added without, and it is not emptied
	Gone    bool     `json:"gone,omitempty"`    // taken out; what its cells held is kept
}

// Access says who besides those who sign in sees a table.
type Access string

// Who sees and edits a table by its link.
const (
	StaffOnly   Access = "staff"
	MembersSee  Access = "view"
	MembersEdit Access = "edit"
)

// Known reports whether there is such an access.
func (a Access) Known() bool { return a == StaffOnly || a == MembersSee || a == MembersEdit }

// Table is a shared table without its rows.
type Table struct {
	Key       int64
	ID        community.ID
	Org       community.OrgKey
	Group     community.GroupKey // 0 = of the whole organisation: whoever sees only some groups does not see it
	GroupID   community.ID
	GroupName string
	Title     string
	Note      string
	Columns   []Column
	Access    Access
	Link      int64 // counts how often the links were made anew: older ones lead nowhere
	Head      int64 // number of the last edit
	Shape     int64 // number of the edit that changed columns or settings last
	Rows      int   // that are there
	User      string
	Created   int64 // UTC ms
	Updated   int64
	Closed    int64 // put away; 0 = in use
}

// Shown lists the columns that are there.
func (t *Table) Shown() []Column {
	out := make([]Column, 0, len(t.Columns))
	for _, c := range t.Columns {
		if !c.Gone {
			out = append(out, c)
		}
	}
	return out
}

// Column finds one that is there by its id.
func (t *Table) Column(id string) (Column, bool) {
	for _, c := range t.Columns {
		if c.ID == id && !c.Gone {
			return c, true
		}
	}
	return Column{}, false
}

// Named finds a column that is there by its id or name.
func (t *Table) Named(text string) (Column, bool) {
	text = strings.TrimSpace(text)
	if c, ok := t.Column(text); ok {
		return c, true
	}
	for _, c := range t.Shown() {
		if strings.EqualFold(c.Name, text) {
			return c, true
		}
	}
	return Column{}, false
}

// nextColumn is an id that no column of a list has had.
func nextColumn(list []Column) string {
	most := 0
	for _, c := range list {
		if n, err := strconv.Atoi(strings.TrimPrefix(c.ID, "c")); err == nil {
			most = max(most, n)
		}
	}
	return "c" + strconv.Itoa(most+1)
}

// Check puts a table in order: spaces trimmed, columns given their ids. CodeBadInput, CodeTooLarge, with a sentence for people.
func (t *Table) Check() error {
	t.Title, t.Note = strings.TrimSpace(clean(t.Title)), strings.TrimSpace(clean(t.Note))
	switch {
	case t.Title == "" || utf8.RuneCountInString(t.Title) > MaxTitle:
		return Fault(community.CodeBadInput, fmt.Sprintf("标题要有 1 到 %d 个字。", MaxTitle), fmt.Sprintf("a title has 1 to %d characters", MaxTitle))
	case utf8.RuneCountInString(t.Note) > MaxNote:
		return Fault(community.CodeTooLarge, fmt.Sprintf("说明最多 %d 个字。", MaxNote), fmt.Sprintf("a note has at most %d characters", MaxNote))
	case !t.Access.Known():
		return Fault(community.CodeBadInput, "谁能用：只有 staff、view、edit。", "access: want staff, view or edit")
	case len(t.Shown()) == 0:
		return Fault(community.CodeBadInput, "至少要有一列。", "a table has at least one column")
	case len(t.Columns) > MaxColumns:
		return Fault(community.CodeTooLarge, fmt.Sprintf("有 %d 列，最多 %d 列（删掉的也算）。", len(t.Columns), MaxColumns), fmt.Sprintf("%d columns, at most %d (those taken out count)", len(t.Columns), MaxColumns))
	}
	names, ids := map[string]bool{}, map[string]bool{}
	for i := range t.Columns {
		c := &t.Columns[i]
		if err := c.check(); err != nil {
			return err
		}
		if c.ID == "" {
			c.ID = nextColumn(t.Columns)
		}
		if ids[c.ID] || !c.Gone && names[strings.ToLower(c.Name)] {
			return Fault(community.CodeBadInput, "有两列都叫“"+c.Name+"”。", "two columns are called “"+c.Name+"”")
		}
		ids[c.ID] = true
		if !c.Gone {
			names[strings.ToLower(c.Name)] = true
		}
	}
	return nil
}

func (c *Column) check() error {
	c.Name = strings.TrimSpace(clean(c.Name))
	if c.Name == "" || utf8.RuneCountInString(c.Name) > MaxName || strings.ContainsAny(c.Name, "\n\t") {
		return Fault(community.CodeBadInput, fmt.Sprintf("列名要有 1 到 %d 个字，不能换行。", MaxName), fmt.Sprintf("the name of a column has 1 to %d characters and no line break", MaxName))
	}
	if !c.Kind.Known() {
		return Fault(community.CodeBadInput, "“"+c.Name+"”的类型不认识。", "the kind of “"+c.Name+"” is not known")
	}
	if c.Kind != Choice {
		c.Options = nil
		return nil
	}
	var options []string
	for _, o := range c.Options {
		if o = strings.TrimSpace(clean(o)); o != "" && !slices.Contains(options, o) {
			options = append(options, o)
		}
	}
	if c.Options = options; len(options) == 0 || len(options) > MaxOptions {
		return Fault(community.CodeBadInput, fmt.Sprintf("“%s”要有 1 到 %d 个选项。", c.Name, MaxOptions), fmt.Sprintf("“%s” has 1 to %d options", c.Name, MaxOptions))
	}
	for _, o := range options {
		if utf8.RuneCountInString(o) > MaxName {
			return Fault(community.CodeBadInput, fmt.Sprintf("选项最多 %d 个字。", MaxName), fmt.Sprintf("an option has at most %d characters", MaxName))
		}
	}
	return nil
}

// Reshape gives the columns that a table has after some were renamed, added or taken out: want lists those that stay, by their ids, and new
// ones without. A column may become text and otherwise keeps its kind, because what its cells hold was checked for it.
func Reshape(have, want []Column) ([]Column, error) {
	var out []Column
	kept := map[string]bool{}
	for _, w := range want {
		if w.ID == "" {
			out = append(out, w)
			continue
		}
		i := slices.IndexFunc(have, func(c Column) bool { return c.ID == w.ID })
		if i < 0 || kept[w.ID] {
			return nil, Fault(community.CodeConflict, "列已经变了：重新打开再改。", "the columns have changed: look again")
		}
		if w.Kind != have[i].Kind && w.Kind != Text {
			return nil, Fault(community.CodeBadInput, "“"+have[i].Name+"”不能换成别的类型，只能换成文字。", "“"+have[i].Name+"” keeps its kind, or becomes text")
		}
		kept[w.ID], w.Gone = true, false
		out = append(out, w)
	}
	for _, c := range have {
		if !kept[c.ID] {
			c.Gone = true
			out = append(out, c)
		}
	}
	for i := range out {
		if out[i].ID == "" {
			out[i].ID = nextColumn(append(slices.Clone(have), out...))
		}
	}
	return out, nil
}

// fault is an error with a sentence for people.
type fault struct {
	code community.Code
	say  [2]string
}

// Fault makes an error with a code and a sentence, Chinese and English.
func Fault(code community.Code, zh, en string) error { return &fault{code, [2]string{zh, en}} }

func (f *fault) Error() string { return f.say[1] }

// Say is the sentence in both languages.
func (f *fault) Say() [2]string { return f.say }

// As gives the code to community.CodeOf.
func (f *fault) As(target any) bool {
	e, ok := target.(**community.Error)
	if ok {
		*e = &community.Error{Code: f.code, Msg: f.say[1]}
	}
	return ok
}
