package table

import (
	"maps"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Verbs of edits.
const (
	Set     = "set"     // a cell
	Add     = "add"     // a row
	Remove  = "remove"  // a row
	Restore = "restore" // a row
	Shape   = "shape"   // columns or settings: whoever shows the table reads it anew
)

// States of an edit.
const (
	Kept     = "kept"
	Same     = "same"     // the cell held that already
	Conflict = "conflict" // somebody was there first; what the edit wanted is kept beside
	Gone     = "gone"     // the row was taken out meanwhile
)

// Edit is what somebody wants of a table, and what became of it.
type Edit struct {
	Key    string            // made by who edits, 1 to MaxKey printable ASCII characters: sent again, it is done once
	Verb   string            // Set, Add, Remove, Restore or Shape
	Row    int64             // of Add: the number the row got
	Column string            // of Set
	Seen   int64             // the revision that was seen: of the cell (Set) or of the row (Remove)
	Value  string            // of Set
	Values map[string]string // of Add: by column

	No    int64  // its number in the table, counted from 1; it is the revision of what it wrote
	State string // Kept, Same, Conflict, Gone
	Was   string // of Set: what the cell held before
	By    string // id of who signs in, "member:KEY" or "guest:NAME"
	At    int64  // UTC ms
}

// Cell is a value and the number of the edit that wrote it.
type Cell struct {
	Value string `json:"v"`
	Rev   int64  `json:"r"`
}

// Row is a row with its cells by column; a cell that nobody wrote is missing and has revision 0.
type Row struct {
	No    int64 // the number of the edit that added it
	Rev   int64 // of the last edit in it
	Gone  bool
	Cells map[string]Cell
}

// Values gives the values of a row by column.
func (r Row) Values() map[string]string {
	out := make(map[string]string, len(r.Cells))
	for id, c := range r.Cells {
		out[id] = c.Value
	}
	return out
}

// CheckKey refuses keys that cannot be kept. CodeBadInput.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return community.Errorf(community.CodeBadInput, "key: want 1 to %d printable ASCII characters", MaxKey)
	}
	return nil
}

// Alike reports whether two edits want the same: a key stands for one thing.
func (e Edit) Alike(o Edit) bool {
	return e.Verb == o.Verb && (e.Verb == Add || e.Row == o.Row) && e.Column == o.Column && e.Value == o.Value && maps.Equal(e.Values, o.Values)
}

// Tidy puts what an edit writes into the form in which cells keep it. CodeBadInput, CodeTooLarge, CodeNotFound (no such column).
func (t *Table) Tidy(e Edit) (Edit, error) {
	if err := CheckKey(e.Key); err != nil {
		return e, err
	}
	switch e.Verb {
	case Set:
		c, ok := t.Column(e.Column)
		if !ok {
			return e, Fault(community.CodeNotFound, "没有这一列：它可能刚被删掉。", "there is no such column: it may just have been taken out")
		}
		var err error
		e.Value, err = c.Clean(e.Value)
		return e, err
	case Add:
		values, err := t.row(e.Values)
		e.Values = values
		return e, err
	}
	return e, nil
}

// row checks the values of a new row.
func (t *Table) row(raw map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(raw)) {
		if _, ok := t.Column(id); !ok {
			return nil, Fault(community.CodeNotFound, "没有这一列：它可能刚被删掉。", "there is no such column: it may just have been taken out")
		}
	}
	for _, c := range t.Shown() {
		v, err := c.Clean(raw[c.ID])
		if err != nil {
			return nil, err
		}
		if v != "" {
			out[c.ID] = v
		}
	}
	return out, nil
}

// Apply decides what becomes of an edit of a row as it stands now, and gives the row after it; no is the number the edit gets. The edit is
// tidy. What is not kept changes nothing: a value that somebody else wrote after it was seen is never written over.
func Apply(row Row, e Edit, no int64) (Row, Edit) {
	e.No = no
	switch {
	case e.Verb == Restore && !row.Gone:
		e.State = Same
		return row, e
	case e.Verb != Restore && row.Gone:
		e.State = Gone
		if e.Verb == Remove {
			e.State = Same
		}
		return row, e
	case e.Verb == Set:
		return set(row, e)
	case e.Verb == Remove && e.Seen != row.Rev:
		e.State = Conflict
		return row, e
	}
	e.State = Kept
	row.Gone, row.Rev = e.Verb == Remove, no
	return row, e
}

func set(row Row, e Edit) (Row, Edit) {
	now := row.Cells[e.Column]
	e.Was = now.Value
	switch {
	case now.Value == e.Value:
		e.State = Same
		return row, e
	case now.Rev != e.Seen:
		e.State = Conflict
		return row, e
	}
	e.State = Kept
	cells := maps.Clone(row.Cells)
	if cells == nil {
		cells = map[string]Cell{}
	}
	cells[e.Column] = Cell{e.Value, e.No}
	row.Cells, row.Rev = cells, e.No
	return row, e
}

// Added is the row that an edit adds; no is the number it gets.
func Added(e Edit, no int64) (Row, Edit) {
	e.No, e.Row, e.State = no, no, Kept
	row := Row{No: no, Rev: no, Cells: map[string]Cell{}}
	for id, v := range e.Values {
		row.Cells[id] = Cell{v, no}
	}
	return row, e
}

// Replica is a copy of a table's rows that follows its edits: a screen. Rows by their numbers, those taken out included.
type Replica struct {
	Head int64 // the last edit that was seen
	Rows map[int64]Row
	Old  bool // columns changed: the table is to be read anew
}

// NewReplica begins with rows that hold at least all edits up to head.
func NewReplica(head int64, rows []Row) *Replica {
	r := &Replica{Head: head, Rows: make(map[int64]Row, len(rows))}
	for _, row := range rows {
		r.Rows[row.No] = row
	}
	return r
}

// Follow takes an edit that was kept. Edits come in the order of their numbers; one that the copy holds already changes nothing.
func (r *Replica) Follow(e Edit) {
	r.Head = max(r.Head, e.No)
	row, known := r.Rows[e.Row]
	switch e.Verb {
	case Shape:
		r.Old = true
		return
	case Add:
		if !known {
			row, _ = Added(e, e.No)
			r.Rows[row.No] = row
		}
		return
	}
	if !known {
		return
	}
	if e.Verb == Set && row.Cells[e.Column].Rev < e.No {
		row.Cells = maps.Clone(row.Cells)
		if row.Cells == nil {
			row.Cells = map[string]Cell{}
		}
		row.Cells[e.Column] = Cell{e.Value, e.No}
	}
	if row.Rev < e.No {
		row.Rev = e.No
		row.Gone = e.Verb == Remove
	}
	r.Rows[e.Row] = row
}

// Change is a field of a form over a row, as it was shown and as it came back.
type Change struct {
	Column  string
	Was     string
	Seen    int64
	Value   string
	Dropped bool // the form did not hold it
}

// Changes makes one edit of every field of a form that its writer changed; key is the form's.
func (t *Table) Changes(row int64, key string, fields []Change) ([]Edit, error) {
	var out []Edit
	for _, f := range fields {
		c, ok := t.Column(f.Column)
		if !ok || f.Dropped {
			continue
		}
		v, err := c.Clean(f.Value)
		if err != nil {
			return nil, err
		}
		if v != f.Was {
			out = append(out, Edit{Key: key + "." + f.Column, Verb: Set, Row: row, Column: f.Column, Seen: f.Seen, Value: v})
		}
	}
	return out, nil
}
