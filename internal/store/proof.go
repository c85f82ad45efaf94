package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// class is what a column holds, whichever database keeps it.
type class byte

const (
	classInteger  class = 'i'
	classBoolean  class = 'b'
	classReal     class = 'r'
	classText     class = 't'
	classBytes    class = 'y'
	classDocument class = 'j'
)

// declared leads from the name of a type, as SQLite's schema or PostgreSQL's catalogue spells it, to what it holds.
var declared = map[string]class{
	"bigint": classInteger, "integer": classInteger, "boolean": classBoolean, "double precision": classReal,
	"text": classText, "bytea": classBytes, "jsonb": classDocument,
}

// column and layout are what is common to a table on both databases. Columns stand in the order of their names: those that came later
// by a migration stand elsewhere in each installation.
type column struct {
	name  string
	class class
}

type layout struct {
	table   string
	columns []column
}

// ledger is where migrations note what was applied. Its times and ids are each database's own; the numbers are of the schema.
const ledger = "goose_db_version"

// columnsOfMain lists the columns of the log's tables; views are left out, they are made from the log.
var columnsOfMain = map[string]string{
	"sqlite": `SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
	"postgres": `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'`,
}

// layouts lists the tables in the order of their names.
func layouts(ctx context.Context, d dialect, db answering) ([]layout, error) {
	found, err := db.QueryContext(ctx, columnsOfMain[d.name()])
	if err != nil {
		return nil, coded(d, err)
	}
	defer found.Close()
	by := map[string]*layout{}
	for found.Next() {
		var table, name, kind string
		if err := found.Scan(&table, &name, &kind); err != nil {
			return nil, err
		}
		if table == halfMark || table == ledger && name != "version_id" {
			continue
		}
		class, ok := declared[strings.ToLower(kind)]
		if !ok {
			return nil, fmt.Errorf("%s.%s is declared %q, which cannot be compared", table, name, kind)
		}
		if by[table] == nil {
			by[table] = &layout{table: table}
		}
		by[table].columns = append(by[table].columns, column{name, class})
	}
	list := make([]layout, 0, len(by))
	for _, s := range by {
		slices.SortFunc(s.columns, func(a, b column) int { return strings.Compare(a.name, b.name) })
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b layout) int { return cmp.Compare(a.table, b.table) })
	return list, found.Err()
}

// quoted is a name as SQL takes it.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (s layout) names() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name
	}
	return names
}

// selects is the columns as a statement lists them.
func (s layout) selects() string {
	names := s.names()
	for i := range names {
		names[i] = quoted(names[i])
	}
	return strings.Join(names, ", ")
}

// tally adds rows up. What it comes to is the sum of the rows' SHA-256 modulo 2^256: the order in which a database gives them back does
// not matter, and equal rows count each. It finds what was lost or changed by accident; against somebody who makes rows up there is the
// hash of a backup's file.
type tally struct {
	layout layout
	rows   int64
	sum    [4]uint64
	row    []byte // of the row before: used again
}

// add takes a row in its canonical form: for each column its class, or n for null, and the value; of variable length with the length in
// front. It is the same for equal values on every database.
func (t *tally) add(values []any) error {
	b := t.row[:0]
	for i, c := range t.layout.columns {
		if values[i] == nil {
			b = append(b, 'n')
			continue
		}
		b = append(b, byte(c.class))
		switch v := values[i].(type) {
		case int64:
			b = binary.BigEndian.AppendUint64(b, uint64(v))
		case bool:
			b = strconv.AppendBool(b, v)
		case float64:
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(max(v, 0)+min(v, 0))) // -0 is 0
		case []byte:
			b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
		case string:
			if c.class == classDocument {
				plain, err := canonical(v)
				if err != nil {
					return fmt.Errorf("%s.%s: %w", t.layout.table, c.name, err)
				}
				v = plain
			}
			b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
		}
	}
	t.row = b
	h := sha256.Sum256(b)
	var carry uint64
	for i := 3; i >= 0; i-- {
		t.sum[i], carry = bits.Add64(t.sum[i], binary.BigEndian.Uint64(h[i*8:]), carry)
	}
	t.rows++
	return nil
}

// total hashes the sum with the names of table and columns and the number of rows.
func (t *tally) total() community.TableSum {
	h := sha256.New()
	fmt.Fprintf(h, "qunluo table 1\n%q %q %d\n", t.layout.table, t.layout.names(), t.rows)
	for _, part := range t.sum {
		_ = binary.Write(h, binary.BigEndian, part) // a hash takes everything
	}
	return community.TableSum{Rows: t.rows, Hash: hex.EncodeToString(h.Sum(nil))}
}

// canonical is a JSON document with its keys sorted, without spaces, and every number as digits and an exponent: PostgreSQL keeps
// documents in an order and with numbers of its own.
func canonical(document string) (string, error) {
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("no JSON: %w", err)
	}
	if d.More() {
		return "", errors.New("no JSON: something stands behind it")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(plainNumbers(v))
	return strings.TrimSuffix(b.String(), "\n"), err
}

func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case json.Number:
		return json.Number(plainNumber(string(v)))
	}
	return v
}

// plainNumber writes a JSON number as digits without zeros at either end and an exponent: 1.50 and 0.15e1 are both 15e-1.
func plainNumber(n string) string {
	digits, exponent, _ := strings.Cut(strings.ToLower(n), "e")
	e, err := strconv.Atoi(cmp.Or(exponent, "0"))
	if err != nil {
		return n // an exponent that no database takes
	}
	digits, minus := strings.CutPrefix(digits, "-")
	whole, part, _ := strings.Cut(digits, ".")
	all := whole + part
	e -= len(part)
	short := strings.TrimRight(all, "0")
	e += len(all) - len(short)
	if short = strings.TrimLeft(short, "0"); short == "" {
		return "0"
	}
	if e != 0 {
		short += "e" + strconv.Itoa(e)
	}
	if minus {
		short = "-" + short
	}
	return short
}

// reading gives the rows of a table one by one, as values of the class that their column has: int64, bool, float64, string, []byte or nil.
type reading struct {
	layout layout
	rows   *sql.Rows
	values []any
	into   []any
}

func read(ctx context.Context, d dialect, db answering, s layout) (*reading, error) {
	found, err := db.QueryContext(ctx, `SELECT `+s.selects()+` FROM `+quoted(s.table)) //nolint:gosec // names are the schema's own
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.table, coded(d, err))
	}
	r := &reading{layout: s, rows: found, values: make([]any, len(s.columns)), into: make([]any, len(s.columns))}
	for i := range r.values {
		r.into[i] = &r.values[i]
	}
	return r, nil
}

// next gives the next row, which is good until it is called again; nil after the last.
func (r *reading) next() ([]any, error) {
	if !r.rows.Next() {
		return nil, r.rows.Err()
	}
	if err := r.rows.Scan(r.into...); err != nil {
		return nil, fmt.Errorf("%s: %w", r.layout.table, err)
	}
	for i, c := range r.layout.columns {
		v, ok := c.class.value(r.values[i])
		if !ok {
			return nil, fmt.Errorf("%s.%s holds a %T, which does not fit its column", r.layout.table, c.name, r.values[i])
		}
		r.values[i] = v
	}
	return r.values, nil
}

// value is what a driver gave as a value of the class.
func (c class) value(v any) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case int64:
		switch c {
		case classInteger:
			return v, true
		case classBoolean:
			return v != 0, v == 0 || v == 1
		case classDocument: // SQLite takes a document that is a number alone for one
			return strconv.FormatInt(v, 10), true
		}
	case bool:
		return v, c == classBoolean
	case float64:
		if c == classDocument {
			return strconv.FormatFloat(v, 'g', -1, 64), true
		}
		return v, c == classReal
	case string:
		return v, c == classText || c == classDocument
	case []byte:
		switch c {
		case classBytes:
			if v == nil {
				v = []byte{} // empty, not null: the driver tells them apart by the type
			}
			return v, true
		case classText, classDocument:
			return string(v), true
		}
	}
	return nil, false
}

// fitsPostgres says what PostgreSQL would not take of a row that SQLite holds.
func (s layout) fitsPostgres(values []any) error {
	for i, c := range s.columns {
		if text, ok := values[i].(string); ok && (strings.ContainsRune(text, 0) || !utf8.ValidString(text)) {
			return community.Errorf(community.CodeUnsupported, "%s.%s holds text that PostgreSQL does not take (a NUL, or no UTF-8): %.40q", s.table, c.name, text)
		}
	}
	return nil
}

// sumsOf adds up every table that db holds, as of one instant if db is a transaction.
func sumsOf(ctx context.Context, d dialect, db answering, progress func(table string, rows int64)) (map[string]community.TableSum, error) {
	list, err := layouts(ctx, d, db)
	if err != nil {
		return nil, err
	}
	sums := make(map[string]community.TableSum, len(list))
	for _, s := range list {
		t := &tally{layout: s}
		if err := eachRow(ctx, d, db, s, func(values []any) error {
			if t.rows%1000 == 0 {
				progress(s.table, t.rows)
			}
			return t.add(values)
		}); err != nil {
			return nil, err
		}
		sums[s.table] = t.total()
	}
	return sums, nil
}

// eachRow hands over every row of a table.
func eachRow(ctx context.Context, d dialect, db answering, s layout, do func(values []any) error) error {
	r, err := read(ctx, d, db, s)
	if err != nil {
		return err
	}
	defer r.rows.Close()
	for {
		values, err := r.next()
		if err != nil || values == nil {
			return err
		}
		if err := do(values); err != nil {
			return err
		}
	}
}
