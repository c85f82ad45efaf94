package policy

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Change is one difference between two books.
type Change struct {
	Rule    string          `json:"rule,omitempty"`    // id; empty = the book itself, or an article
	Article string          `json:"article,omitempty"` // id
	Field   string          `json:"field"`             // "rule" or "article" when the whole of it came or went, else the field's path
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
}

// DiffBooks lists what is different in b, field by field: the book's own fields, the articles of a in a's order, then the new
// ones, and likewise the rules. Versions are not compared; an order of rules or articles that changed is one Change of field
// "order".
func DiffBooks(a, b Book) []Change {
	rulesA, rulesB := a.Rules, b.Rules
	articlesA, articlesB := a.Charter.Articles, b.Charter.Articles
	a.Rules, b.Rules, a.Charter.Articles, b.Charter.Articles, a.Version, b.Version = nil, nil, nil, nil, 0, 0
	out := append(diffObjects("", "", encode(a), encode(b)), diffArticles(articlesA, articlesB)...)
	var common [2][]string
	for _, r := range rulesA {
		k := indexRule(rulesB, r.ID)
		if k < 0 {
			out = append(out, Change{Rule: r.ID, Field: "rule", Before: encode(r)})
			continue
		}
		common[0] = append(common[0], r.ID)
		out = append(out, diffObjects(r.ID, "", encode(r), encode(rulesB[k]))...)
	}
	for _, r := range rulesB {
		if indexRule(rulesA, r.ID) < 0 {
			out = append(out, Change{Rule: r.ID, Field: "rule", After: encode(r)})
			continue
		}
		common[1] = append(common[1], r.ID)
	}
	if !slices.Equal(common[0], common[1]) {
		out = append(out, Change{Field: "order", Before: encode(common[0]), After: encode(common[1])})
	}
	return out
}

func diffArticles(a, b []Article) []Change {
	var out []Change
	var common [2][]string
	find := func(list []Article, id string) int {
		return slices.IndexFunc(list, func(x Article) bool { return x.ID == id })
	}
	for _, was := range a {
		k := find(b, was.ID)
		if k < 0 {
			out = append(out, Change{Article: was.ID, Field: "article", Before: encode(was)})
			continue
		}
		common[0] = append(common[0], was.ID)
		for _, ch := range diffObjects("", "", encode(was), encode(b[k])) {
			ch.Article = was.ID
			out = append(out, ch)
		}
	}
	for _, now := range b {
		if find(a, now.ID) < 0 {
			out = append(out, Change{Article: now.ID, Field: "article", After: encode(now)})
			continue
		}
		common[1] = append(common[1], now.ID)
	}
	if !slices.Equal(common[0], common[1]) {
		out = append(out, Change{Field: "charter.order", Before: encode(common[0]), After: encode(common[1])})
	}
	return out
}

func indexRule(rules []Rule, id string) int {
	return slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
}

// diffObjects compares two JSON objects; objects inside are gone into, everything else is compared whole.
func diffObjects(rule, path string, a, b json.RawMessage) []Change {
	if bytes.Equal(a, b) {
		return nil
	}
	fieldsA, okA := fieldsOf(a)
	fieldsB, okB := fieldsOf(b)
	if !okA || !okB {
		return []Change{{Rule: rule, Field: path, Before: a, After: b}}
	}
	var names []string
	for name := range fieldsA {
		names = append(names, name)
	}
	for name := range fieldsB {
		if _, both := fieldsA[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []Change
	for _, name := range names {
		out = append(out, diffObjects(rule, join(path, name), fieldsA[name], fieldsB[name])...)
	}
	return out
}

func fieldsOf(raw json.RawMessage) (map[string]json.RawMessage, bool) {
	var out map[string]json.RawMessage
	return out, json.Unmarshal(raw, &out) == nil && out != nil
}

// encode writes JSON in one form, whatever blanks or order its parts came in.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil // a RawMessage that is no JSON: the book was never parsed
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber() // member keys do not fit into a float
	var plain any
	if in.Decode(&plain) != nil {
		return raw
	}
	raw, _ = json.Marshal(plain)
	return raw
}
