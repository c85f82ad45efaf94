package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// Find looks up the key of a group or member that a book calls by a name or id.
type Find func(name string) (int64, error)

// Named puts keys in the place of the groups and members that a book written by hand calls by name or id (texts in
// lists of groups or members). Everything else stays; a book without such texts, and what is not JSON, comes back as it
// is.
func Named(raw json.RawMessage, group, member Find) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // numbers as they were written
	var book map[string]any
	if dec.Decode(&book) != nil {
		return raw, nil // Parse says what is wrong
	}
	n := lookup{find: map[string]Find{typeGroups: group, typeMembers: member}}
	n.object(book, BookFields())
	if n.err != nil || !n.changed {
		return raw, n.err
	}
	return json.Marshal(book)
}

// lookup walks a book along its fields.
type lookup struct {
	find    map[string]Find
	changed bool
	err     error
}

func (n *lookup) object(doc map[string]any, fields []Field) {
	for _, f := range fields {
		n.field(doc, f)
	}
	params, _ := doc["params"].(map[string]any)
	kinds := Kinds()
	if i := slices.IndexFunc(kinds, func(k Schema) bool { return k.Name == doc["kind"] }); i >= 0 {
		n.object(params, kinds[i].Fields)
	}
}

func (n *lookup) field(doc map[string]any, f Field) {
	switch value := doc[f.Name].(type) {
	case map[string]any:
		n.object(value, f.Fields)
	case []any:
		for i := range value {
			if one, ok := value[i].(map[string]any); ok {
				n.object(one, f.Fields)
			} else if name, _ := value[i].(string); name != "" && n.find[f.Type] != nil && n.err == nil {
				value[i] = n.key(f.Type, name)
			}
		}
	}
}

func (n *lookup) key(what, name string) json.Number {
	key, err := n.find[what](name)
	n.err, n.changed = err, true
	return json.Number(strconv.FormatInt(key, 10))
}
