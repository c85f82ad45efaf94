package policy

import (
	"encoding/json"
	"slices"
)

// ListRef names a version of a word list for a book.
type ListRef struct {
	List    string // id
	Version int
	Asset   string // hash of its content
	Name    string // as hits show it
}

// ListUse is a list that a book names.
type ListUse struct {
	ListRef
	Rule string
	Mode string // of the rule: live, dry, off
	Path string // of the content's hash in the book
}

// ListsOf gives the word lists that a book names, rule by rule.
func ListsOf(book Book) (out []ListUse) {
	for i, r := range book.Rules {
		for k, l := range listsIn(r) {
			if l.Asset != "" {
				out = append(out, ListUse{ListRef{l.List, l.Version, l.Asset, l.Name}, r.ID, r.Mode, at(at("rules", i)+".params.lists", k) + ".asset"})
			}
		}
	}
	return out
}

func listsIn(r Rule) []wordList {
	var p struct{ Lists []wordList }
	if r.Kind != "keyword" || json.Unmarshal(r.Params, &p) != nil {
		return nil
	}
	return p.Lists
}

func withLists(r Rule, lists []wordList) Rule {
	r.Params = params(map[string]any{"lists": lists})
	return r
}

// MoveList names the list's new version wherever a book names the list; false when it names it nowhere, or so already. The
// book itself is left as it was.
func MoveList(book Book, to ListRef) (Book, bool) {
	moved := false
	book.Rules = slices.Clone(book.Rules)
	for i, r := range book.Rules {
		lists, here := slices.Clone(listsIn(r)), false
		for k := range lists {
			l := &lists[k]
			if l.Asset == "" || l.List != to.List || l.Version == to.Version && l.Asset == to.Asset {
				continue
			}
			l.Version, l.Asset, here = to.Version, to.Asset, true
		}
		if here {
			book.Rules[i], moved = withLists(r, lists), true
		}
	}
	return book, moved
}

// UseList lets a book use a list in a rule of its own, whose id is rule, in a mode: where the book has that rule, the mode and
// the version are set; else the rule is added as the last one.
func UseList(book Book, to ListRef, rule, mode string) (Book, bool) {
	book, moved := MoveList(book, to)
	if i := indexRule(book.Rules, rule); i >= 0 {
		if book.Rules[i].Mode != mode {
			book.Rules[i].Mode, moved = mode, true
		}
		if !slices.ContainsFunc(listsIn(book.Rules[i]), func(l wordList) bool { return l.List == to.List }) {
			lists := append(listsIn(book.Rules[i]), wordList{Name: to.Name, List: to.List, Version: to.Version, Asset: to.Asset})
			book.Rules[i], moved = withLists(book.Rules[i], lists), true
		}
		return book, moved
	}
	r := Rule{ID: rule, Name: to.Name, Kind: "keyword", Mode: mode}
	book.Rules = append(book.Rules, withLists(r, []wordList{{Name: to.Name, List: to.List, Version: to.Version, Asset: to.Asset}}))
	return book, true
}

// DropList lets a book name a list no longer; a rule that held nothing else goes with it.
func DropList(book Book, list string) (Book, bool) {
	dropped := false
	var rules []Rule
	for _, r := range book.Rules {
		lists := listsIn(r)
		rest := slices.DeleteFunc(slices.Clone(lists), func(l wordList) bool { return l.Asset != "" && l.List == list })
		if len(rest) == len(lists) {
			rules = append(rules, r)
			continue
		}
		if dropped = true; len(rest) > 0 {
			rules = append(rules, withLists(r, rest))
		}
	}
	book.Rules = rules
	return book, dropped
}
