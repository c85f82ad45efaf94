package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Field describes one field of a book, a rule or a kind's params. The console's form, the check of what was entered and
// the documentation all read it.
type Field struct {
	Name     string    `json:"name"`  // JSON key
	Title    [2]string `json:"title"` // Chinese, English
	Help     [2]string `json:"help,omitzero"`
	Type     string    `json:"type"`          // one of the types below
	Min      int64     `json:"min,omitempty"` // int
	Max      int64     `json:"max,omitempty"` // int; text: characters; lists: entries
	Default  any       `json:"default,omitempty"`
	Required bool      `json:"required,omitempty"`
	Choices  []Choice  `json:"choices,omitempty"` // choice, choices
	Fields   []Field   `json:"fields,omitempty"`  // object, objects
	Carried  bool      `json:"carried,omitempty"` // the program fills it in: forms carry it along and show no field
}

// Choice is one value of a choice.
type Choice struct {
	Value string    `json:"value"`
	Title [2]string `json:"title"`
}

// Types of fields. "text" is a line, "long" several; "words" is a list of phrases, "rules" of ids of rules, "hosts" of domain names, "apps" of appids, "members" of
// inner member keys, "groups" of inner group keys, "choices" of values; "object" has Fields, "objects" is a list of such; "patterns" are expressions that punish; "library" is the id of an item of the library; "params" is whatever the
// rule's kind says.
const (
	typeText, typeLong, typeInt, typeBool, typeID    = "text", "long", "int", "bool", "id"
	typeTime, typeZone, typeChoice, typeChoices      = "time", "zone", "choice", "choices"
	typeApps, typeRules                              = "apps", "rules"
	typeWords, typeHosts, typeMembers, typeGroups    = "words", "hosts", "members", "groups"
	typeObject, typeObjects, typeParams, typeRegexps = "object", "objects", "params", "regexps"
	typePatterns, typeLibrary                        = "patterns", "library"
)

// fieldType is how a type is checked.
type fieldType struct {
	want  string                                                           // the problem's code when the JSON is of another type
	check func(c *checker, path string, raw json.RawMessage, f Field) bool // false: wrong type
}

// checker gathers problems. After maxProblems it keeps no more: the rest would not help anybody.
type checker struct{ problems Problems }

const maxProblems = 50

func (c *checker) add(path, code string, args ...string) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, Problem{Path: path, Code: code, Args: args})
	}
}

// object checks a JSON object against its fields.
func (c *checker) object(path string, raw json.RawMessage, fields []Field) bool {
	var got map[string]json.RawMessage
	if json.Unmarshal(raw, &got) != nil || got == nil {
		return false
	}
	names := make([]string, 0, len(got))
	for name := range got {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
			c.add(join(path, name), "unknown_field")
		}
	}
	for _, f := range fields {
		value, ok := got[f.Name]
		if !ok || isEmpty(value) {
			if f.Required {
				c.add(join(path, f.Name), "required")
			}
			if !ok || bytes.Equal(value, []byte("null")) {
				continue
			}
		}
		c.field(join(path, f.Name), value, f)
	}
	return true
}

func (c *checker) field(path string, raw json.RawMessage, f Field) {
	t := fieldCheck(f.Type)
	if !t.check(c, path, raw, f) {
		c.add(path, t.want)
	}
}

func isEmpty(raw json.RawMessage) bool {
	switch string(raw) {
	case "null", `""`, "[]", "{}":
		return true
	}
	return false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// fieldCheck finds a type's row. A function and not a table literal, because objects hold objects.
func fieldCheck(name string) fieldType {
	switch name {
	case typeInt:
		return fieldType{"want_number", checkInt}
	case typeBool:
		return fieldType{"want_bool", checkBool}
	case typeChoices:
		return fieldType{"want_list", checkChoices}
	case typeWords, typeHosts, typeRegexps, typePatterns, typeApps, typeRules:
		return fieldType{"want_list", checkLines}
	case typeMembers, typeGroups:
		return fieldType{"want_list", checkKeys}
	case typeObject:
		return fieldType{"want_object", func(c *checker, path string, raw json.RawMessage, f Field) bool { return c.object(path, raw, f.Fields) }}
	case typeObjects:
		return fieldType{"want_list", checkObjects}
	case typeParams:
		return fieldType{"want_object", checkIsObject}
	}
	return fieldType{"want_text", checkText}
}

func checkInt(c *checker, path string, raw json.RawMessage, f Field) bool {
	var n int64
	if json.Unmarshal(raw, &n) != nil {
		return false
	}
	if n < f.Min || n > f.Max {
		c.add(path, "out_of_range", strconv.FormatInt(f.Min, 10), strconv.FormatInt(f.Max, 10))
	}
	return true
}

func checkBool(_ *checker, _ string, raw json.RawMessage, _ Field) bool {
	var b bool
	return json.Unmarshal(raw, &b) == nil
}

func checkText(c *checker, path string, raw json.RawMessage, f Field) bool {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return false
	}
	if s == "" {
		return true
	}
	if f.Max > 0 && utf8.RuneCountInString(s) > int(f.Max) {
		c.add(path, "too_long", strconv.FormatInt(f.Max, 10))
	}
	switch f.Type {
	case typeChoice:
		c.choice(path, s, f.Choices)
	case typeID:
		if !validID(s) {
			c.add(path, "bad_id")
		}
	case typeTime:
		if _, ok := minuteOf(s); !ok {
			c.add(path, "bad_time")
		}
	case typeLibrary:
		if _, err := community.ParseID(s); err != nil {
			c.add(path, "bad_item")
		}
	case typeZone:
		if _, err := time.LoadLocation(s); err != nil || s == "Local" {
			c.add(path, "unknown_zone", s)
		}
	}
	return true
}

func (c *checker) choice(path, got string, choices []Choice) {
	var values []string
	for _, ch := range choices {
		if ch.Value == got {
			return
		}
		values = append(values, ch.Value)
	}
	c.add(path, "unknown_choice", got, strings.Join(values, ", "))
}

func checkChoices(c *checker, path string, raw json.RawMessage, f Field) bool {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return false
	}
	for i, s := range list {
		c.choice(at(path, i), s, f.Choices)
		if k := slices.Index(list, s); k < i {
			c.add(at(path, i), "duplicate", at(path, k))
		}
	}
	return true
}

func checkLines(c *checker, path string, raw json.RawMessage, f Field) bool {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return false
	}
	c.count(path, len(list), f)
	for i, s := range list {
		switch f.Type {
		case typeWords:
			if err := lexicon.CheckPhrase(s); err != nil {
				c.add(at(path, i), phraseCode(err))
			}
		case typeHosts:
			if !validHost(s) {
				c.add(at(path, i), "bad_host")
			}
		case typeApps:
			if !validApp(s) {
				c.add(at(path, i), "bad_app")
			}
		case typeRules:
			if !validID(s) {
				c.add(at(path, i), "bad_id")
			}
		case typeRegexps:
			if _, err := compileRegexp(s); err != nil {
				c.add(at(path, i), "bad_regexp", err.Error())
			}
		case typePatterns:
			if code, args := checkPattern(s); code != "" {
				c.add(at(path, i), code, args...)
			}
		}
	}
	return true
}

// phraseCode is the problem's code for what lexicon says of a phrase.
func phraseCode(err error) string {
	for _, row := range []struct {
		err  error
		code string
	}{
		{lexicon.ErrPhraseLine, "phrase_line"}, {lexicon.ErrPhraseLong, "phrase_long"}, {lexicon.ErrPhraseUTF8, "phrase_utf8"},
	} {
		if errors.Is(err, row.err) {
			return row.code
		}
	}
	return "phrase_empty"
}

func checkKeys(c *checker, path string, raw json.RawMessage, f Field) bool {
	var list []int64
	if json.Unmarshal(raw, &list) != nil {
		return false
	}
	c.count(path, len(list), f)
	for i, key := range list {
		if f.Type == typeGroups && key <= 0 {
			c.add(at(path, i), "no_group")
		}
		if k := slices.Index(list, key); f.Type == typeGroups && k < i {
			c.add(at(path, i), "duplicate", at(path, k))
		}
	}
	return true
}

func checkObjects(c *checker, path string, raw json.RawMessage, f Field) bool {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return false
	}
	c.count(path, len(list), f)
	for i, item := range list {
		if !c.object(at(path, i), item, f.Fields) {
			c.add(at(path, i), "want_object")
		}
	}
	return true
}

func checkIsObject(_ *checker, _ string, raw json.RawMessage, _ Field) bool {
	var got map[string]json.RawMessage
	return json.Unmarshal(raw, &got) == nil
}

func (c *checker) count(path string, n int, f Field) {
	if f.Max > 0 && n > int(f.Max) {
		c.add(path, "too_many", strconv.FormatInt(f.Max, 10))
	}
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func validID(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

func validHost(s string) bool {
	return s != "" && len(s) <= 253 && !strings.ContainsAny(s, " /:@?#\n\t") && !strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".")
}

func validApp(s string) bool {
	for i := range len(s) {
		if b := s[i]; b <= ' ' || b >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// minuteOf reads "HH:MM" as minutes after midnight; "24:00" is the day's end.
func minuteOf(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	h, err1 := strconv.ParseUint(s[:2], 10, 8)
	m, err2 := strconv.ParseUint(s[3:], 10, 8)
	if err1 != nil || err2 != nil || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return int(h*60 + m), true
}
