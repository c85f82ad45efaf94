package api

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"qunluo/internal/community"
)

// operation is one thing that a program can ask for.
type operation struct {
	name   string // "listGroups": unique, kept for ever
	way    string // method and path below /api/v1: "GET /groups/{id}"
	title  string
	area   community.TokenArea
	level  community.TokenLevel // "" = read for GET, else act
	routes []string             // of the console, that it stands for; who may use the first may use it
}

func (o operation) method() string { m, _, _ := strings.Cut(o.way, " "); return m }
func (o operation) path() string   { _, p, _ := strings.Cut(o.way, " "); return p }
func (o operation) writes() bool   { return o.method() != http.MethodGet }

func (o operation) needs() community.TokenLevel {
	switch {
	case o.level != "":
		return o.level
	case o.writes():
		return community.LevelAct
	}
	return community.LevelRead
}

// line is an operation with what it reads and answers.
type line struct {
	operation
	in, out reflect.Type
	do      func(c *call, in any) (any, error)

	besides []string // routes of the console, the right to which the answer takes, too
	params  []param
	body    *huma.Schema // nil = it takes none
	file    []int        // where the input has the file that is the body; nil = it is JSON
	most    int64        // bytes of that file
}

// upload is a file that is the body of a call, kept on disk until the call is answered. The tag most bounds it, in MiB.
type upload struct {
	*os.File
	Name string // as multipart names it; "" = it does not
}

// download is an answer that is a file.
type download struct {
	Type, Name string
	Write      func(w io.Writer) error
}

// sealed answers hold a secret that is told once: what is kept, and given when the call comes again, is without it.
type sealed interface{ sealed() any }

// param is a value in the path or the query.
type param struct {
	index  []int
	in     string // "path" or "query"
	name   string
	schema *huma.Schema
	usual  string
}

// on adds an operation. I is a struct: fields with a tag path or query, and Body; O is what it answers.
func on[I, O any](name, way, title string, area community.TokenArea, routes []string, do func(c *call, in *I) (O, error)) line {
	return line{operation: operation{name: name, way: way, title: title, area: area, routes: routes}, in: reflect.TypeFor[I](), out: reflect.TypeFor[O](), besides: revealed(reflect.TypeFor[O]()),
		do: func(c *call, in any) (any, error) { return do(c, in.(*I)) }}
}

// admin is an operation for tokens that change how the house works.
func admin(l line) line {
	l.level = community.LevelAdmin
	return l
}

// none is the answer of operations that only do something.
type none struct {
	Done bool `json:"done"`
}

// did answers an operation that only does something.
func did(err error) (none, error) { return none{err == nil}, err }

// named keeps apart types of one name in several rooms.
func named(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if dir := t.PkgPath(); dir != "" && !strings.HasSuffix(dir, "/api") {
		room := dir[strings.LastIndex(dir, "/")+1:]
		name = strings.ToUpper(room[:1]) + room[1:] + name
	}
	return name
}

// describe enters an operation into the OpenAPI document and notes how its input is read.
func (l *line) describe(doc *huma.OpenAPI) {
	reg := doc.Components.Schemas
	op := &huma.Operation{OperationID: l.name, Method: l.method(), Path: l.path(), Summary: l.title, Tags: []string{string(l.area)},
		Responses: map[string]*huma.Response{}, Security: []map[string][]string{{"token": {}}}}
	if l.area != anyArea {
		op.Extensions = map[string]any{"x-scope": string(l.area) + ":" + string(l.needs())}
	}
	op.Description = "Token: " + string(l.area) + ":" + string(l.needs()) + "."
	l.gather(reg, l.in, nil)
	for _, p := range l.params {
		op.Parameters = append(op.Parameters, &huma.Param{Name: p.name, In: p.in, Required: p.in == "path", Description: p.schema.Description, Schema: p.schema})
	}
	if f, ok := l.in.FieldByName("File"); ok && f.Type == reflect.TypeFor[upload]() {
		most, _ := strconv.ParseInt(f.Tag.Get("most"), 10, 64) // a test looks that it is there
		l.file, l.most = f.Index, most<<20
		op.RequestBody = &huma.RequestBody{Required: true, Description: fmt.Sprintf("The file, at most %d MiB; with multipart/form-data its first part that is a file.", most),
			Content: map[string]*huma.MediaType{octetType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}, multiType: {Schema: &huma.Schema{Type: huma.TypeObject,
				Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary"}}}}}}
	}
	if f, ok := l.in.FieldByName("Body"); ok {
		l.body = reg.Schema(f.Type, true, l.name+"Body")
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{jsonType: {Schema: l.body}}}
	}
	if l.writes() {
		op.Parameters = append(op.Parameters, &huma.Param{Name: keyHeader, In: "header", Required: true,
			Description: "A value of your own, 1 to 100 printable ASCII characters, new for every thing you want done. Sent again with the same call it does nothing and gives the first answer, for 72 hours; with another call it is a conflict.",
			Schema:      &huma.Schema{Type: huma.TypeString}})
		op.Responses["202"] = &huma.Response{Description: "It touches so many that a second person must agree: see the proposal.",
			Content: map[string]*huma.MediaType{jsonType: {Schema: reg.Schema(reflect.TypeFor[waiting](), true, "")}}}
	}
	op.Responses["200"] = &huma.Response{Description: "OK"}
	if l.out == reflect.TypeFor[download]() {
		op.Responses["200"].Content = map[string]*huma.MediaType{octetType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	} else {
		op.Responses["200"].Content = map[string]*huma.MediaType{jsonType: {Schema: reg.Schema(l.out, true, l.name+"Answer")}}
	}
	op.Responses["default"] = &huma.Response{Description: "An error", Content: map[string]*huma.MediaType{problemType: {Schema: reg.Schema(reflect.TypeFor[Problem](), true, "")}}}
	doc.AddOperation(op)
}

func (l *line) gather(reg huma.Registry, t reflect.Type, at []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int{}, at...), i)
		if f.Anonymous {
			l.gather(reg, f.Type, index)
			continue
		}
		for _, in := range []string{"path", "query"} {
			if name := f.Tag.Get(in); name != "" {
				l.params = append(l.params, param{index, in, name, huma.SchemaFromField(reg, f, name), f.Tag.Get("default")})
			}
		}
	}
}

// maxBody bounds the body of a call, in bytes. Rulebooks are the largest.
const maxBody = 2 << 20

// read fills the input of an operation; raw is the body. Every fault is told at once, with its place.
func (l *line) read(reg huma.Registry, r *http.Request, raw []byte) (any, error) {
	in := reflect.New(l.in)
	res := &huma.ValidateResult{}
	query := r.URL.Query()
	for name := range query {
		if !l.takes(name) {
			res.Add(place("query", name), "", "no such parameter")
		}
	}
	for _, p := range l.params {
		text := query.Get(p.name)
		if p.in == "path" {
			text = r.PathValue(p.name)
		}
		if text == "" {
			text = p.usual
		}
		if text == "" && p.in == "query" {
			continue
		}
		v, err := parse(in.Elem().FieldByIndex(p.index), text)
		if err != nil {
			res.Add(place(p.in, p.name), "", err.Error())
			continue
		}
		huma.Validate(reg, p.schema, place(p.in, p.name), huma.ModeWriteToServer, v, res)
	}
	if l.body != nil {
		if err := l.readBody(reg, raw, in.Elem().FieldByName("Body"), res); err != nil {
			return nil, err
		}
	} else if l.file == nil && len(strings.TrimSpace(string(raw))) > 0 {
		res.Add(place("body", ""), "", "this call takes none")
	}
	if len(res.Errors) > 0 {
		return nil, unfit(res.Errors)
	}
	return in.Interface(), nil
}

func (l *line) takes(name string) bool {
	for _, p := range l.params {
		if p.in == "query" && p.name == name {
			return true
		}
	}
	return false
}

func place(in, name string) *huma.PathBuffer {
	pb := huma.NewPathBuffer(nil, 0)
	pb.Push(in)
	if name != "" {
		pb.Push(name)
	}
	return pb
}

// unfit says what is wrong with an input.
func unfit(errs []error) error {
	r := &refusal{}
	for _, e := range errs {
		var d *huma.ErrorDetail
		if errors.As(e, &d) {
			r.faults = append(r.faults, Fault{d.Location, d.Message})
		}
	}
	first := Fault{Message: "not right"}
	if len(r.faults) > 0 {
		first = r.faults[0]
	}
	r.error = community.Errorf(community.CodeBadInput, "%s: %s", first.Location, first.Message)
	return r
}

// parse reads a value of the path or query into its field, and gives it as JSON would hold it.
func parse(f reflect.Value, text string) (any, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, errors.New("want UTF-8 without NUL")
	}
	if u, ok := f.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
		return text, nil
	}
	switch f.Kind() {
	case reflect.String:
		f.SetString(text)
		return text, nil
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errors.New("want a whole number")
		}
		f.SetInt(n)
		return float64(n), nil
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errors.New("want true or false")
		}
		f.SetBool(b)
		return b, nil
	}
	return nil, errors.New("cannot be read")
}

func (l *line) readBody(reg huma.Registry, raw []byte, into reflect.Value, res *huma.ValidateResult) error {
	at := place("body", "")
	if !utf8.Valid(raw) {
		res.Add(at, "", "want UTF-8")
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		res.Add(at, "", "want JSON: "+err.Error())
		return nil
	}
	if holdsNUL(v) {
		res.Add(at, "", "holds a NUL character")
		return nil
	}
	had := len(res.Errors)
	huma.Validate(reg, l.body, at, huma.ModeWriteToServer, v, res)
	if len(res.Errors) > had {
		return nil
	}
	if err := json.Unmarshal(raw, into.Addr().Interface()); err != nil {
		res.Add(at, "", err.Error())
	}
	return nil
}

// holdsNUL reports whether a document holds a character that no database keeps as text.
func holdsNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.ContainsRune(v, 0)
	case []any:
		for _, one := range v {
			if holdsNUL(one) {
				return true
			}
		}
	case map[string]any:
		for name, one := range v {
			if strings.ContainsRune(name, 0) || holdsNUL(one) {
				return true
			}
		}
	}
	return false
}

// bodyOf reads the whole body. CodeTooLarge: over maxBody. CodeBadInput with 415: it is not JSON.
func bodyOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, community.Errorf(community.CodeTooLarge, "body: over %d bytes", maxBody)
	case err != nil:
		return nil, community.Errorf(community.CodeBadInput, "body: it broke off")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); len(raw) > 0 && (err != nil || kind != jsonType) {
		return nil, &refusal{error: community.Errorf(community.CodeBadInput, "body: want Content-Type application/json"), status: http.StatusUnsupportedMediaType}
	}
	return raw, nil
}

// Types of bodies that are files.
const (
	octetType = "application/octet-stream"
	multiType = "multipart/form-data"
)

// spool keeps the file of a call on disk and gives its hash; the caller removes it. CodeTooLarge: over most bytes.
func spool(w http.ResponseWriter, r *http.Request, most int64) (up upload, sum string, err error) {
	from := io.Reader(http.MaxBytesReader(w, r.Body, most))
	switch kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case err == nil && kind == multiType:
		part, err := filePart(multipart.NewReader(from, params["boundary"]))
		if err != nil {
			return up, "", err
		}
		from, up.Name = part, part.FileName()
	case err != nil || kind == jsonType || kind == "application/x-www-form-urlencoded":
		return up, "", &refusal{error: community.Errorf(community.CodeBadInput, "body: want a file: Content-Type %s or %s", octetType, multiType), status: http.StatusUnsupportedMediaType}
	}
	if up.File, err = os.CreateTemp("", "call-*"); err != nil {
		return up, "", err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(up.File, h), from)
	if err == nil {
		_, err = up.Seek(0, io.SeekStart)
	}
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		err = community.Errorf(community.CodeTooLarge, "body: over %d bytes", most)
	case err != nil:
		err = community.Errorf(community.CodeBadInput, "body: it broke off")
	case n == 0:
		err = unfit([]error{&huma.ErrorDetail{Location: "body", Message: "want a file; this is empty"}})
	}
	return up, hex.EncodeToString(h.Sum(nil)), err
}

// filePart finds the first part of a body that is a file.
func filePart(parts *multipart.Reader) (*multipart.Part, error) {
	for range 32 {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		if part.FileName() != "" {
			return part, nil
		}
	}
	return nil, unfit([]error{&huma.ErrorDetail{Location: "body", Message: "want a part that is a file"}})
}

// gone closes a file that was kept for a call, and removes it.
func (u upload) gone() {
	if u.File != nil {
		u.Close()                //nolint:errcheck // it was read
		os.Remove(u.File.Name()) //nolint:errcheck // the system empties its temporary folder
	}
}
