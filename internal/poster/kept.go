package poster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"image"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Kept is a poster that can be drawn, and where it comes from.
type Kept struct {
	Ref     string // how it is named: of an own one with its version
	Name    string
	Own     bool
	Version int    // 0 = it comes with Qunluo
	Lang    string // of one that comes with Qunluo
	Layout  Layout
	Try     map[string]string // values to look at it with
	Note    string
	User    string
	At      int64
	Gone    bool // it was taken away with this version
}

// MaxName is how long the name of an own poster may be, in characters.
const MaxName = 40

// CheckName says whether an own poster may be called so: a [*Fault].
func CheckName(name string) error {
	n := utf8.RuneCountInString(name)
	if n < 1 || n > MaxName || !utf8.ValidString(name) || strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(r rune) bool { return r == '/' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		return bad("name", "要写 1 到 40 个字，不能有 /", "want 1 to 40 characters without /")
	}
	return nil
}

// Ref is how a poster is named.
type Ref struct {
	Own     bool
	Name    string
	Version int    // of an own one; 0 = the newest
	Lang    string // of one that comes with Qunluo
	Canvas  string
}

// ParseRef reads "referral/zh-CN/portrait", "referral" (Chinese, portrait), "own/NAME/3" or "own/NAME". community.CodeNotFound: it is
// none.
func ParseRef(text string) (Ref, error) {
	parts := strings.Split(text, "/")
	none := community.Errorf(community.CodeNotFound, "poster %q: there is none", text)
	if parts[0] == "own" {
		r := Ref{Own: true}
		if len(parts) < 2 || len(parts) > 3 || CheckName(parts[1]) != nil {
			return r, none
		}
		r.Name = parts[1]
		if len(parts) == 3 {
			n, err := strconv.Atoi(parts[2])
			if err != nil || n < 0 {
				return r, none
			}
			r.Version = n
		}
		return r, nil
	}
	r := Ref{Name: parts[0], Lang: "zh-CN", Canvas: Portrait}
	if len(parts) > 3 || parts[0] == "" {
		return r, none
	}
	if len(parts) > 1 {
		r.Lang = parts[1]
	}
	if len(parts) > 2 {
		r.Canvas = parts[2]
	}
	if r.Lang != "zh-CN" && r.Lang != "en" || r.Canvas != Portrait && r.Canvas != Square {
		return r, none
	}
	return r, nil
}

// String is the reference as it is written.
func (r Ref) String() string {
	if !r.Own {
		return r.Name + "/" + r.Lang + "/" + r.Canvas
	}
	if r.Version == 0 {
		return "own/" + r.Name
	}
	return "own/" + r.Name + "/" + strconv.Itoa(r.Version)
}

// Shipped gives one that comes with Qunluo; community.CodeNotFound.
func (r Ref) Shipped() (Kept, error) {
	l, try, err := Template(r.Name, r.Lang, r.Canvas)
	return Kept{Ref: r.String(), Name: r.Name, Lang: r.Lang, Layout: l, Try: try}, err
}

// TryValues are values to look at an own layout with: those of a template that has them, else the field's own name.
func TryValues(l Layout, lang string) map[string]string {
	known := tryZh("title", "周日城墙徒步", "text", "从南门走到北门，九公里，慢慢走。", "date", "12 月 6 日 9:00", "place", "南门", "host", "大刘", "price", "¥49.90", "number", "00128", "n1", "21", "n2", "3", "n3", "7")
	if lang == "en" {
		known = tryEn("title", "Sunday walk", "text", "South gate to north gate, slowly.", "date", "6 Dec, 9:00", "place", "South gate", "host", "Liu", "price", "¥49.90", "number", "00128", "n1", "21", "n2", "3", "n3", "7")
	}
	out := map[string]string{}
	for _, f := range l.Fields() {
		if out[f] = known[f]; out[f] == "" {
			out[f] = f
		}
	}
	return out
}

// Order says which posters are drawn: one for each set of values, or for each member of a group, with their own QR code where a code is
// named.
type Order struct {
	Ref    string
	People []map[string]string
	Group  community.GroupKey // 0 = People
	Code   community.ID       // of members: where their QR code leads, counted as theirs; zero = none
	Filled map[string]string  // what the fields say that are nobody's own
}

// MaxTable is how large a table of values may be, in bytes; MaxRows how many rows it may have.
const (
	MaxTable = 1 << 20
	MaxRows  = 1000
)

// ReadTable reads a CSV file whose first line names the fields: one set of values per line. Blank lines are left out. The error is a
// [*Fault].
func ReadTable(raw []byte) ([]map[string]string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	switch {
	case len(raw) > MaxTable:
		return nil, &Fault{Zh: "表格超过 1 MB", En: "the table is larger than 1 MB", Code: community.CodeTooLarge}
	case !utf8.Valid(raw):
		return nil, bad("", "表格不是 UTF-8", "the table is not UTF-8")
	}
	in := csv.NewReader(bytes.NewReader(raw))
	in.FieldsPerRecord, in.TrimLeadingSpace = -1, true
	head, err := in.Read()
	if err != nil {
		return nil, bad("", "表格第一行要写字段名", "the first line of the table names the fields")
	}
	seen := map[string]bool{}
	for i, f := range head {
		head[i] = strings.TrimSpace(f)
		if !fieldName.MatchString(head[i]) || seen[head[i]] {
			return nil, bad("", "表格第一行要写字段名（文字、数字或 _，不重复），这个不行："+head[i], "the first line names the fields (letters, digits or _, each once), not "+head[i])
		}
		seen[head[i]] = true
	}
	var out []map[string]string
	for {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil || len(row) > len(head) {
			line := 0
			if at := (*csv.ParseError)(nil); errors.As(err, &at) {
				line = at.StartLine
			} else if len(row) > 0 {
				line, _ = in.FieldPos(0)
			}
			return nil, bad("", "表格第 "+strconv.Itoa(line)+" 行格式不对", "line "+strconv.Itoa(line)+" of the table is broken")
		}
		v := map[string]string{}
		for i, cell := range row {
			v[head[i]] = cell
		}
		out = append(out, v)
		if len(out) > MaxRows {
			return nil, &Fault{Zh: "表格超过 1000 行", En: "the table has more than 1,000 lines", Code: community.CodeTooLarge}
		}
	}
	if len(out) == 0 {
		return nil, bad("", "表格没有内容", "the table has no lines")
	}
	return out, nil
}

// Batch is one set of posters to be drawn.
type Batch struct {
	ID      community.ID
	Ref     string
	Title   string
	Total   int
	Done    int
	State   string // waits, done, failed, gone
	Why     string
	Warned  []string
	Bytes   int64
	User    string
	Created int64
	Ended   int64
}

// Share is a person's own poster of a code.
type Share struct {
	Path string // of its page
	Name string
	At   int64
	Scan int64 // how often somebody scanned it, a phone once a day
}

// ForCode is which poster a code hands out; Ref "" = none.
type ForCode struct {
	Ref    string
	Filled map[string]string
	Path   string // of the page where people ask for theirs
	Asked  int64
	Shares []Share
}

// Images are decoded images by their hash.
type Images = map[string]image.Image
