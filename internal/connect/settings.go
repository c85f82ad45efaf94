package connect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Kinds of a Field.
const (
	KindText   = "text"
	KindSecret = "secret"
	KindURL    = "url" // http, https, ws or wss, with a host
	KindChoice = "choice"
	KindBool   = "bool"
	KindNumber = "number"
)

// Masked stands for a secret that is set, wherever settings are shown. Sent back, it means "leave it as it is".
const Masked = "••••••••"

// MaxSettings bounds a connection's settings, in bytes of JSON.
const MaxSettings = 64 << 10

// Values are checked settings in text form: a bool is "true" or "false", a number as strconv writes it, what was left
// out has its default.
type Values map[string]string

// Bool is the value of a bool field.
func (v Values) Bool(name string) bool { return v[name] == "true" }

// Number is the value of a number field; 0 when unset.
func (v Values) Number(name string) float64 {
	n, _ := strconv.ParseFloat(v[name], 64)
	return n
}

// ReadSettings checks settings against their schema and fills in the defaults. Every kind may also come as a string, as
// forms send it. CodeBadInput names the field and never repeats a value, which might be a secret; an unknown key names
// the nearest one that exists.
func ReadSettings(fields []Field, raw json.RawMessage) (Values, error) {
	doc, err := settingsDoc(fields, raw)
	if err != nil {
		return nil, err
	}
	out := make(Values, len(fields))
	for _, f := range fields {
		text, err := f.read(doc[f.Name])
		if err != nil {
			return nil, err
		}
		if text == "" && f.Required {
			return nil, badField(f.Name, "is required")
		}
		out[f.Name] = text
	}
	return out, nil
}

// MaskSettings is the settings as they may be shown: every secret that is set reads Masked, keys without a field are
// left out, and so is everything when raw cannot be read.
func MaskSettings(fields []Field, raw json.RawMessage) json.RawMessage {
	doc := map[string]json.RawMessage{}
	_ = json.Unmarshal(orEmpty(raw), &doc)
	shown := make(map[string]json.RawMessage, len(doc))
	for _, f := range fields {
		value, ok := doc[f.Name]
		if !ok {
			continue
		}
		if f.Kind == KindSecret && !isUnset(value) {
			value = quoted(Masked)
		}
		shown[f.Name] = value
	}
	return encodeDoc(shown)
}

// MergeSettings lays an update over what is stored and checks the whole. A key that the update leaves out, and a secret
// that still reads Masked, keep the stored value; null or "" unsets. A secret may not be kept while a url field changes
// its host: whoever may edit settings could otherwise have it sent to himself.
func MergeSettings(fields []Field, stored, update json.RawMessage) (json.RawMessage, error) {
	had := map[string]json.RawMessage{}
	if err := json.Unmarshal(orEmpty(stored), &had); err != nil {
		return nil, community.Errorf(community.CodeInternal, "stored settings are not a JSON object")
	}
	doc, err := settingsDoc(fields, update)
	if err != nil {
		return nil, err
	}
	merged := make(map[string]json.RawMessage, len(fields))
	kept := ""
	for _, f := range fields {
		value, given := doc[f.Name]
		if !given || f.Kind == KindSecret && isMasked(value) {
			value = had[f.Name]
			if f.Kind == KindSecret && !isUnset(value) {
				kept = f.Name
			}
		}
		if !isUnset(value) {
			merged[f.Name] = value
		}
	}
	if kept != "" && movesHost(fields, had, merged) {
		return nil, badField(kept, "must be entered again because the address changed")
	}
	whole := encodeDoc(merged)
	if _, err := ReadSettings(fields, whole); err != nil {
		return nil, err
	}
	return whole, nil
}

// settingsDoc reads the object and refuses keys without a field.
func settingsDoc(fields []Field, raw json.RawMessage) (map[string]json.RawMessage, error) {
	if len(raw) > MaxSettings {
		return nil, community.Errorf(community.CodeBadInput, "settings: %d bytes, at most %d", len(raw), MaxSettings)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(orEmpty(raw), &doc); err != nil {
		return nil, community.Errorf(community.CodeBadInput, "settings: not a JSON object")
	}
	names := make([]string, 0, len(doc))
	for name := range doc {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
			continue
		}
		if near := nearest(fields, name); near != "" {
			return nil, badField(shorten(name), fmt.Sprintf("is not a setting; did you mean %q?", near))
		}
		return nil, badField(shorten(name), "is not a setting")
	}
	return doc, nil
}

// read gives the field's value in text form, or its default.
func (f Field) read(raw json.RawMessage) (string, error) {
	if isUnset(raw) {
		return f.Default, nil
	}
	text, err := plain(raw)
	if err != nil {
		return "", badField(f.Name, "must be a single value")
	}
	check, ok := kinds[f.Kind]
	if !ok {
		return "", badField(f.Name, "has a kind nobody knows")
	}
	text, why := check(f, strings.TrimSpace(text))
	if why != "" {
		return "", badField(f.Name, why)
	}
	return text, nil
}

// kinds checks a value by its field's kind and says what is wrong with it, without repeating it.
var kinds = map[string]func(f Field, text string) (value, why string){
	KindText:   func(_ Field, text string) (string, string) { return text, "" },
	KindSecret: checkSecret,
	KindURL:    checkURL,
	KindChoice: checkChoice,
	KindBool:   checkBool,
	KindNumber: checkNumber,
}

func checkSecret(_ Field, text string) (string, string) {
	if text == Masked {
		return "", "is masked: enter the secret itself"
	}
	if strings.ContainsAny(text, "\r\n\x00") {
		return "", "must be one line"
	}
	return text, ""
}

func checkURL(_ Field, text string) (string, string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "ws", "wss"}, u.Scheme) {
		return "", "must be an address like ws://127.0.0.1:3001/ (http, https, ws or wss)"
	}
	return text, ""
}

func checkChoice(f Field, text string) (string, string) {
	if !slices.Contains(f.Choices, text) {
		return "", "must be one of " + strings.Join(f.Choices, ", ")
	}
	return text, ""
}

func checkBool(_ Field, text string) (string, string) {
	switch strings.ToLower(text) {
	case "true", "on", "1", "yes":
		return "true", ""
	case "false", "off", "0", "no":
		return "false", ""
	}
	return "", "must be true or false"
}

func checkNumber(_ Field, text string) (string, string) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return "", "must be a number"
	}
	return strconv.FormatFloat(n, 'f', -1, 64), ""
}

// movesHost reports whether a url field leads to another host, or to the same one by another scheme, than before.
// Unsetting it first does not help: where none was, any is another.
func movesHost(fields []Field, had, now map[string]json.RawMessage) bool {
	for _, f := range fields {
		if f.Kind != KindURL || isUnset(now[f.Name]) {
			continue
		}
		if isUnset(had[f.Name]) || origin(had[f.Name]) != origin(now[f.Name]) {
			return true
		}
	}
	return false
}

func origin(raw json.RawMessage) string {
	text, _ := plain(raw)
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return text
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// plain is the text form of a JSON string, number or bool.
func plain(raw json.RawMessage) (string, error) {
	raw = bytes.TrimSpace(raw)
	if raw[0] == '{' || raw[0] == '[' {
		return "", community.Errorf(community.CodeBadInput, "not a single value")
	}
	if raw[0] != '"' {
		return string(raw), nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err
}

func isUnset(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null" || string(raw) == `""`
}

func isMasked(raw json.RawMessage) bool {
	if len(raw) == 0 {
		return false
	}
	text, err := plain(raw)
	return err == nil && text == Masked
}

func orEmpty(raw json.RawMessage) json.RawMessage {
	if isUnset(raw) {
		return json.RawMessage("{}")
	}
	return raw
}

func quoted(text string) json.RawMessage {
	out, _ := json.Marshal(text) // a string always encodes
	return out
}

func encodeDoc(doc map[string]json.RawMessage) json.RawMessage {
	out, err := json.Marshal(doc)
	if err != nil {
		return json.RawMessage("{}") // only values that were read as JSON get here
	}
	return out
}

func badField(name, why string) error {
	return community.Errorf(community.CodeBadInput, "settings: %s %s", name, why)
}

func shorten(name string) string {
	if len(name) > 40 {
		return strconv.QuoteToASCII(name[:40]) + "…"
	}
	return strconv.QuoteToASCII(name)
}

// nearest is the field's name that differs from name by the fewest letters, at most half of them and four.
func nearest(fields []Field, name string) string {
	best, found := min(len(name), 8)/2+1, ""
	for _, f := range fields {
		if d := distance(f.Name, name); d < best {
			best, found = d, f.Name
		}
	}
	return found
}

// distance is Levenshtein's, in bytes; far apart for names too long to be a slip.
func distance(a, b string) int {
	if len(b) > 30 {
		return len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
