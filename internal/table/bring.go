package table

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Brought is what a file or a paste holds, checked.
type Brought struct {
	Columns  []Column            // of a new table
	Rows     []map[string]string // by column id
	Unknown  []string            // heads that the table has no column for: they are left out
	Formulas int                 // cells that begin as a formula does: kept as text, never worked out
}

// MaxFaults is how many faults of a file are told at once.
const MaxFaults = 20

// TooMany refuses a file by how much it holds; 0 = that much is in bounds.
func TooMany(rows, have, columns int) error {
	switch {
	case columns > MaxColumns:
		return Fault(community.CodeTooLarge, fmt.Sprintf("表里有 %d 列，最多 %d 列：什么也没有导入。请只留要用的列。", columns, MaxColumns), fmt.Sprintf("the table has %d columns, at most %d: nothing was brought in; keep only those that are needed", columns, MaxColumns))
	case rows+have > MaxRows:
		return Fault(community.CodeTooLarge,
			fmt.Sprintf("这次有 %d 行，表里已有 %d 行；一张资料表最多 %d 行：什么也没有导入。请分成几张表，或先筛掉用不到的行。", rows, have, MaxRows),
			fmt.Sprintf("%d rows now, %d in the table already, and a table has at most %d: nothing was brought in; make several tables, or leave out rows that are not needed", rows, have, MaxRows))
	case rows*columns > MaxCells:
		return Fault(community.CodeTooLarge, fmt.Sprintf("这次有 %d 行 × %d 列，一次最多 %d 格：什么也没有导入。请分几次导入。", rows, columns, MaxCells), fmt.Sprintf("%d rows of %d columns, at most %d cells at once: nothing was brought in; bring them in parts", rows, columns, MaxCells))
	}
	return nil
}

// Head makes columns out of the first row of a file and the values below: a column is a number, a date, a link or a box when all of its values are,
// else text. CodeBadInput, CodeTooLarge.
func Head(head []string, below [][]string) ([]Column, error) {
	if len(head) > MaxColumns {
		return nil, TooMany(0, 0, len(head))
	}
	var out []Column
	for i, name := range head {
		name = strings.Join(strings.Fields(clean(name)), " ")
		if r := []rune(name); len(r) > MaxName {
			name = string(r[:MaxName])
		}
		if name == "" {
			if !slices.ContainsFunc(below, func(row []string) bool { return i < len(row) && strings.TrimSpace(row[i]) != "" }) {
				continue // nothing in it at all
			}
			name = fmt.Sprintf("列 %d", i+1)
		}
		base := name
		for n := 2; slices.ContainsFunc(out, func(c Column) bool { return strings.EqualFold(c.Name, name) }); n++ {
			name = fmt.Sprintf("%s %d", base, n)
		}
		out = append(out, Column{ID: fmt.Sprintf("c%d", i+1), Name: name, Kind: guess(i, below)})
	}
	if len(out) == 0 {
		return nil, Fault(community.CodeBadInput, "第一行要是列名：没有找到。", "the first row holds the names of the columns: there are none")
	}
	return out, nil
}

// guess says of which kind all values of a column are.
func guess(i int, below [][]string) Kind {
	for _, k := range []Kind{Number, Date, Link} {
		fits, some := true, false
		for _, row := range below {
			if i >= len(row) || strings.TrimSpace(row[i]) == "" {
				continue
			}
			some = true
			v := strings.TrimSpace(row[i])
			tidy, err := Column{Kind: k}.Clean(v)
			// A telephone number or an order number is no number: what would come out otherwise than it went in stays text.
			if err != nil || k == Number && tidy != v || k == Number && len(v) > 10 || k == Date && !strings.ContainsAny(v, "-/.年") {
				fits = false
				break
			}
		}
		if fits && some {
			return k
		}
	}
	return Text
}

// Bring reads rows under a head into the columns of a table: heads are matched with its columns by name. Where a single cell does not fit,
// nothing is brought in: the first faults are told with row and column. CodeBadInput, CodeTooLarge.
func (t *Table) Bring(head []string, below [][]string) (Brought, error) {
	var b Brought
	at := map[string]int{}
	for i, name := range head {
		if name = strings.TrimSpace(clean(name)); name == "" {
			continue
		}
		c, ok := t.Named(name)
		if _, twice := at[c.ID]; !ok || twice {
			b.Unknown = append(b.Unknown, name)
			continue
		}
		at[c.ID] = i
	}
	if len(at) == 0 {
		return b, Fault(community.CodeBadInput, "第一行没有一个列名和这张表对得上：什么也没有导入。", "no name in the first row is a column of this table: nothing was brought in")
	}
	if err := TooMany(len(below), t.Rows, len(at)); err != nil {
		return b, err
	}
	return b, t.bring(&b, at, below)
}

// BringAll reads rows into the columns that Head made of the same file.
func (t *Table) BringAll(below [][]string) (Brought, error) {
	b := Brought{Columns: t.Columns}
	at := map[string]int{}
	for _, c := range t.Columns {
		var n int
		fmt.Sscanf(c.ID, "c%d", &n)
		at[c.ID] = n - 1
	}
	if err := TooMany(len(below), 0, len(at)); err != nil {
		return b, err
	}
	return b, t.bring(&b, at, below)
}

func (t *Table) bring(b *Brought, at map[string]int, below [][]string) error {
	var zh, en []string
	for n, line := range below {
		if !slices.ContainsFunc(line, func(v string) bool { return strings.TrimSpace(v) != "" }) {
			continue
		}
		row := map[string]string{}
		for _, c := range t.Shown() {
			i, there := at[c.ID]
			raw := ""
			if there && i < len(line) {
				raw = line[i]
			}
			if rest, ok := strings.CutPrefix(raw, "'"); ok && Formula(rest) {
				raw = rest // what our own files put before it
			}
			v, err := c.Clean(raw)
			if err != nil {
				if len(zh) < MaxFaults {
					said := sayOf(err)
					zh, en = append(zh, fmt.Sprintf("第 %d 行：%s", n+2, said[0])), append(en, fmt.Sprintf("row %d: %s", n+2, said[1]))
				}
				continue
			}
			if c.Kind != Number && Formula(v) && utf8.RuneCountInString(v) > 1 {
				b.Formulas++
			}
			if v != "" {
				row[c.ID] = v
			}
		}
		b.Rows = append(b.Rows, row)
		if len(zh) >= MaxFaults {
			break
		}
	}
	if len(zh) > 0 {
		return Fault(community.CodeBadInput, "有格子填不进去，什么也没有导入。"+strings.Join(zh, " "), "some cells do not fit, nothing was brought in: "+strings.Join(en, "; "))
	}
	if len(b.Rows) == 0 {
		return Fault(community.CodeBadInput, "列名下面没有一行内容。", "there is no row below the names of the columns")
	}
	return nil
}

func sayOf(err error) [2]string {
	if f, ok := err.(*fault); ok {
		return f.say
	}
	return [2]string{err.Error(), err.Error()}
}
