package founding

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Fault is what is wrong with a template's file, in one sentence.
type Fault struct {
	Path   string // where: "plan[2].at"; "" = the whole
	Zh, En string
	Code   community.Code // "" = community.CodeBadInput
}

// Say is the sentence in Chinese and English.
func (f *Fault) Say() [2]string {
	if f.Path == "" {
		return [2]string{"这个模板文件不能用：" + f.Zh + "。", "this template file cannot be used: " + f.En}
	}
	return [2]string{"这个模板文件不能用：" + f.Path + " " + f.Zh + "。", "this template file cannot be used: " + f.Path + ": " + f.En}
}

// Error is the English sentence.
func (f *Fault) Error() string { return f.Say()[1] }

// As gives the code to community.CodeOf.
func (f *Fault) As(target any) bool {
	c, ok := target.(**community.Error)
	if ok {
		*c = &community.Error{Code: cmp.Or(f.Code, community.CodeBadInput), Msg: f.Error()}
	}
	return ok
}

func fault(path, zh, en string) error { return &Fault{Path: path, Zh: zh, En: en} }

func choice(path string, list []string) error {
	all := strings.Join(list, ", ")
	return fault(path, "只能是其中之一："+all, "want one of "+all)
}

// within names where a fault is that was found further inside.
func within(path string, err error) error {
	var f *Fault
	if !errors.As(err, &f) {
		return fault(path, "不对："+err.Error(), err.Error())
	}
	out := *f
	out.Path = path
	if f.Path != "" {
		out.Path += "." + f.Path
	}
	return &out
}

// Decode reads a template's file. The error is a [*Fault]: one sentence.
func Decode(raw []byte) (Template, error) {
	t, err := decode(raw)
	if err != nil {
		return t, err
	}
	return t, t.Check()
}

// decode reads a file without asking whether what it says makes sense.
func decode(raw []byte) (Template, error) {
	var t Template
	if len(raw) > MaxBytes {
		return t, &Fault{Zh: "超过 " + number(MaxBytes>>20) + " MB", En: "more than " + number(MaxBytes>>20) + " MB", Code: community.CodeTooLarge}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	var head struct {
		Format any `json:"format"`
	}
	if err := lenient(raw, &head); err != nil {
		return t, err
	}
	if said, _ := head.Format.(string); said != Format {
		return t, foreign(said)
	}
	return t, strict(raw, &t)
}

// foreign says why a file of another format is not read.
func foreign(said string) error {
	kind, number, _ := strings.Cut(said, "/")
	n, err := strconv.Atoi(number)
	switch {
	case kind != "qunluo-template" || err != nil:
		return fault("", "它没有写明自己是群模板（"+Format+"）", "it does not say that it is a template ("+Format+")")
	case n > 1:
		return fault("", "它来自更新版的群落（"+said+"），请先升级", "it is of a newer Qunluo ("+said+"): upgrade first")
	}
	return fault("", "它的格式太旧（"+said+"），现在读的是 "+Format, "its format is too old ("+said+"): this one reads "+Format)
}

func lenient(raw []byte, v any) error { return said(raw, json.Unmarshal(raw, v)) }

// strict reads JSON in which every field is known.
func strict(raw []byte, v any) error {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(v); err != nil {
		return said(raw, err)
	}
	if _, err := in.Token(); err != io.EOF {
		return fault("", "末尾多了内容", "something follows after its end")
	}
	return nil
}

// said words what encoding/json found.
func said(raw []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		line := number(1 + bytes.Count(raw[:min(int(syntax.Offset), len(raw))], []byte("\n")))
		return fault("", "第 "+line+" 行不是有效的 JSON", "line "+line+" is not valid JSON")
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return fault("", "文件不完整，只有一半", "it is only half of a file")
	case errors.As(err, &kind):
		return fault(kind.Field, "不该是 "+kind.Value, "may not be a "+kind.Value)
	}
	if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
		return fault("", "没有 "+name+" 这个字段", "there is no field "+name)
	}
	return fault("", "不是有效的 JSON："+err.Error(), "it is not valid JSON: "+err.Error())
}

// Encode writes a template as a file that people can read and edit.
func Encode(t Template) ([]byte, error) {
	t.Format = Format
	var out bytes.Buffer
	in := json.NewEncoder(&out)
	in.SetEscapeHTML(false)
	in.SetIndent("", "  ")
	err := in.Encode(t)
	return out.Bytes(), err
}

func number(n int) string { return strconv.Itoa(n) }

// sorted lists the keys of a map in order.
func sorted[K ~string, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
