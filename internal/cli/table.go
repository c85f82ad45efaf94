package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// Every verb prints one shape. Values to print are structs: the json tag names a field for programs, the col tag
// ("中文|English") for people; a field without col is for programs only. Moment prints as a time.

// Moment is a time in UTC milliseconds: RFC 3339 in JSON, "-" for people when 0 (null in JSON).
type Moment int64

// MarshalJSON gives RFC 3339 in UTC, or null.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + time.UnixMilli(int64(m)).UTC().Format("2006-01-02T15:04:05.000Z") + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Moment) UnmarshalJSON(b []byte) error {
	var at *time.Time
	if err := json.Unmarshal(b, &at); err != nil {
		return err
	}
	*m = 0
	if at != nil {
		*m = Moment(at.UnixMilli())
	}
	return nil
}

// list is the shape of verbs that print rows.
type list[T any] struct {
	Rows  []T  `json:"rows"`
	Total int  `json:"total"`          // of all pages, counted up to 10,000
	More  bool `json:"more,omitempty"` // there are more rows than Total says
}

// printList prints rows and how many there are in all.
func printList[T any](c *call, rows []T, total int) error {
	if c.json {
		if rows == nil {
			rows = []T{}
		}
		return c.printJSON(list[T]{rows, min(total, countCap), total > countCap})
	}
	columns := columnsOf(reflect.TypeFor[T]())
	lines := [][]string{c.heads(columns)}
	for _, row := range rows {
		lines = append(lines, c.cells(columns, reflect.ValueOf(row)))
	}
	writeTable(c.out, lines)
	c.foot(len(rows), total)
	return nil
}

// printOne prints a single value: an object, or a line for each field.
func printOne[T any](c *call, v T) error {
	if c.json {
		return c.printJSON(v)
	}
	columns := columnsOf(reflect.TypeFor[T]())
	heads, cells := c.heads(columns), c.cells(columns, reflect.ValueOf(v))
	lines := make([][]string, len(heads))
	for i := range heads {
		lines[i] = []string{heads[i], cells[i]}
	}
	writeTable(c.out, lines)
	return nil
}

func (c *call) printJSON(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// foot tells, on stderr, that not all rows were shown.
func (c *call) foot(shown, total int) {
	switch {
	case total > countCap:
		c.say("超过 %d 行，请缩小范围", "more than %d rows: narrow the question", countCap)
	case total > shown:
		c.say("显示 %d / %d 行，翻页见 --help", "%d of %d rows; --help says how to turn pages", shown, total)
	}
}

func columnsOf(t reflect.Type) []reflect.StructField {
	var out []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if f.Tag.Get("col") != "" {
			out = append(out, f)
		}
	}
	return out
}

func (c *call) heads(columns []reflect.StructField) []string {
	out := make([]string, len(columns))
	for i, f := range columns {
		out[i] = c.lang.split(f.Tag.Get("col"))
	}
	return out
}

func (c *call) cells(columns []reflect.StructField, row reflect.Value) []string {
	out := make([]string, len(columns))
	for i, f := range columns {
		out[i] = c.cell(row.FieldByIndex(f.Index).Interface())
	}
	return out
}

func (c *call) cell(v any) string {
	switch v := v.(type) {
	case Moment:
		if v == 0 {
			return "-"
		}
		return time.UnixMilli(int64(v)).In(c.zone()).Format("2006-01-02 15:04:05")
	case bool:
		return c.lang.pick(map[bool][2]string{true: {"是", "yes"}, false: {"否", "no"}}[v])
	case []string:
		return printable(strings.Join(v, " "))
	case map[string]int64:
		parts := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+" "+strconv.FormatInt(v[name], 10))
		}
		return strings.Join(parts, ", ")
	case *int64:
		if v == nil {
			return "-"
		}
		return strconv.FormatInt(*v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return printable(fmt.Sprint(v))
}

// printable keeps a name or message from moving the cursor or hiding text: control and direction characters are shown
// as escapes (trust.md §8).
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r >= 0x200B && r <= 0x200D || r == 0xFEFF {
			return '\uFFFD'
		}
		return r
	}, s)
}

// maxLine bounds a line said to a person, in characters: what was typed may be quoted in it, however long.
const maxLine = 400

// tidy makes words for people safe to print: line by line, without what moves the cursor or hides text, none too long.
func tidy(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i, line := range lines {
		lines[i] = printable(shortened(line))
	}
	return strings.Join(lines, "\n")
}

// shortened cuts the middle out of a line that is too long: its end often says what to do.
func shortened(line string) string {
	runes := []rune(line)
	if len(runes) <= maxLine {
		return line
	}
	return string(runes[:maxLine/2]) + " … " + string(runes[len(runes)-maxLine/4:])
}

// writeTable aligns columns by the width of characters on a terminal.
func writeTable(w io.Writer, lines [][]string) {
	var widths []int
	for _, line := range lines {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(cell))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		for i, cell := range line {
			b.WriteString(cell)
			if i < len(line)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-columns(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	_, _ = io.WriteString(w, b.String()) // a closed pipe ends the program by itself
}

// columns is how many cells of a terminal a text takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			if !unicode.Is(unicode.Mn, r) {
				n++
			}
		}
	}
	return n
}

// shapeOf describes what a verb prints with --json: field names and kinds, read from the type. A type within itself is "…".
func shapeOf(t reflect.Type) string { return shape(t, nil) }

func shape(t reflect.Type, above []reflect.Type) string {
	switch {
	case slices.Contains(above, t):
		return "…"
	case t == reflect.TypeFor[Moment]():
		return "time"
	case t == reflect.TypeFor[json.RawMessage]():
		return "any"
	case t.Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()):
		return "text"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return shape(t.Elem(), above)
	case reflect.Slice, reflect.Array:
		return "[" + shape(t.Elem(), above) + "]"
	case reflect.Map:
		return "{" + shape(t.Key(), above) + ": " + shape(t.Elem(), above) + "}"
	case reflect.Struct:
		return shapeOfStruct(t, append(above, t))
	case reflect.Bool:
		return "bool"
	case reflect.String:
		return "text"
	case reflect.Interface:
		return "any"
	}
	return "number"
}

func shapeOfStruct(t reflect.Type, above []reflect.Type) string {
	var parts []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		parts = append(parts, name+": "+shape(f.Type, above))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
