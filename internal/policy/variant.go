package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Variant is a book with one thing about one rule changed: something that a person might try.
type Variant struct {
	Rule   string `json:"rule"`   // id
	What   string `json:"what"`   // which sort of change: the doors have words for it
	Field  string `json:"field"`  // path in the rule, e.g. "params.windows[0].messages"
	Before string `json:"before"` // as people read it
	After  string `json:"after"`
	From   Rule   `json:"from"` // the rule as it is
	To     Rule   `json:"to"`   // the rule as it would be
}

// Sorts of change.
const (
	WordOut  = "word_out"  // a phrase of a list less
	ViewsOff = "views_off" // a list's words are looked for as written only
	ViewsOn  = "views_on"  // a list's words are looked for through careful disguises
	NumberUp = "number_up"
	NumberDn = "number_down"
	Caution  = "caution" // a learned rule's thresholds
	ModeLive = "mode_live"
	ModeDry  = "mode_dry"
)

// Key names the change: the same change proposed again has the same key.
func (v Variant) Key() string { return v.Rule + "|" + v.What + "|" + v.Field + "|" + v.After }

// Put gives the book with the changed rule in its place. False: the rule is no longer as it was when the change was thought of.
func (v Variant) Put(b Book) (Book, bool) {
	i := indexRule(b.Rules, v.Rule)
	if i < 0 || string(encode(b.Rules[i])) != string(encode(v.From)) {
		return b, false
	}
	b.Rules = slices.Clone(b.Rules)
	b.Rules[i] = v.To
	return b, true
}

// number is a threshold that may be moved, by path in a rule's params.
type number struct {
	path  string
	least int64
	zero  bool // 0 means something of its own and stays
}

// numbers are the thresholds of kinds that have no windows.
var numbers = map[string][]number{
	"copies":    {{"copies", 2, false}, {"senders", 1, false}, {"alone", 2, true}},
	"probation": {{"hours", 1, true}, {"messages", 1, true}},
}

// windowNumbers are those of each window of a flood rule.
var windowNumbers = []number{{"messages", 1, false}, {"same", 1, true}, {"night_messages", 1, true}, {"night_same", 1, true}}

// MaxVariants bounds how many changes of one book are tried.
const MaxVariants = 60

// Variants lists single changes of a book that are worth trying, in a fixed order, at most MaxVariants. wrong are texts that
// were hit and ought not to be: only phrases that stand in one of them are taken out. A rule that is off is left alone.
func Variants(b Book, wrong []string) []Variant {
	var out []Variant
	for _, r := range b.Rules {
		s, ok := schemaOfKind(r.Kind)
		if !ok || !s.Sanction || r.Mode == RuleOff {
			continue
		}
		v := varying{rule: r, out: &out}
		v.modes()
		if v.read() {
			variers[r.Kind].vary(&v, wrong)
		}
	}
	return out[:min(len(out), MaxVariants)]
}

func schemaOfKind(name string) (Schema, bool) {
	for _, k := range kinds() {
		if k.schema.Name == name {
			return k.schema, true
		}
	}
	return Schema{}, false
}

// varier makes the changes that a kind of rule allows.
type varier func(v *varying, wrong []string)

func (f varier) vary(v *varying, wrong []string) {
	if f != nil {
		f(v, wrong)
	}
}

// variers are the kinds whose params may be changed.
var variers = map[string]varier{
	"keyword": (*varying).keywords, "flood": (*varying).windows, "copies": (*varying).thresholds, "probation": (*varying).thresholds, "learned": (*varying).caution,
}

// varying is a rule whose changes are being listed.
type varying struct {
	rule   Rule
	params map[string]any
	out    *[]Variant
}

func (v *varying) read() bool {
	v.params = map[string]any{}
	return json.Unmarshal(v.rule.Params, &v.params) == nil
}

// add lists a change of the params, which change makes in a copy of them.
func (v *varying) add(what, field, before, after string, change func(p map[string]any)) {
	var p map[string]any
	json.Unmarshal(v.rule.Params, &p) // it was read before
	change(p)
	to := v.rule
	to.Params = encode(p)
	*v.out = append(*v.out, Variant{Rule: v.rule.ID, What: what, Field: "params." + field, Before: before, After: after, From: v.rule, To: to})
}

func (v *varying) modes() {
	to, what, mode := v.rule, ModeDry, RuleDry
	if v.rule.Mode == RuleDry {
		what, mode = ModeLive, RuleLive
	}
	to.Mode = mode
	*v.out = append(*v.out, Variant{Rule: v.rule.ID, What: what, Field: "mode", Before: v.rule.Mode, After: mode, From: v.rule, To: to})
}

// move lists two steps up and two down of a threshold found in holder, whose changed copy it is put into by at.
func (v *varying) move(n number, holder map[string]any, path string, at func(p map[string]any) map[string]any) {
	now, ok := holder[n.path].(float64)
	if !ok || now == 0 && n.zero {
		return
	}
	old := int64(now)
	for _, next := range []int64{old + 1, old + max(2, old/2), old - 1, old - max(2, old/3)} {
		if next < n.least || next == old {
			continue
		}
		what := NumberUp
		if next < old {
			what = NumberDn
		}
		v.add(what, path, fmt.Sprint(old), fmt.Sprint(next), func(p map[string]any) { at(p)[n.path] = next })
	}
}

func (v *varying) thresholds([]string) {
	for _, n := range numbers[v.rule.Kind] {
		v.move(n, v.params, n.path, func(p map[string]any) map[string]any { return p })
	}
}

// objects gives the objects of a list in params.
func objects(p map[string]any, name string) []map[string]any {
	list, _ := p[name].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, x := range list {
		m, _ := x.(map[string]any)
		out = append(out, m)
	}
	return out
}

func (v *varying) windows([]string) {
	for i, w := range objects(v.params, "windows") {
		for _, n := range windowNumbers {
			v.move(n, w, fmt.Sprintf("windows[%d].%s", i, n.path), func(p map[string]any) map[string]any { return objects(p, "windows")[i] })
		}
	}
}

func (v *varying) caution([]string) {
	steps := []string{cautionLow, cautionNormal, cautionHigh}
	now, _ := v.params["caution"].(string)
	if now == "" {
		now = cautionNormal
	}
	i := slices.Index(steps, now)
	for _, k := range []int{i + 1, i - 1} {
		if i >= 0 && k >= 0 && k < len(steps) {
			v.add(Caution, "caution", now, steps[k], func(p map[string]any) { p["caution"] = steps[k] })
		}
	}
}

// keywords takes out phrases that stand in texts wrongly hit, and changes how a list's words are looked for. Lists that are
// kept as word lists of their own are left to their keepers.
func (v *varying) keywords(wrong []string) {
	for i, list := range objects(v.params, "lists") {
		phrases, own := list["words"].([]any)
		if !own {
			continue
		}
		at := func(p map[string]any) map[string]any { return objects(p, "lists")[i] }
		if len(phrases) > 1 {
			for k, x := range phrases {
				if w, _ := x.(string); w != "" && standsIn(w, wrong) {
					v.add(WordOut, fmt.Sprintf("lists[%d].words", i), w, w, func(p map[string]any) { at(p)["words"] = slices.Delete(slices.Clone(phrases), k, k+1) })
				}
			}
		}
		v.views(i, list, at)
	}
}

func (v *varying) views(i int, list map[string]any, at func(p map[string]any) map[string]any) {
	field := fmt.Sprintf("lists[%d].views", i)
	views, _ := list["views"].([]any)
	if len(views) > 0 {
		v.add(ViewsOff, field, fmt.Sprint(views...), "", func(p map[string]any) { delete(at(p), "views") })
		return
	}
	v.add(ViewsOn, field, "", "auto", func(p map[string]any) { at(p)["views"] = []any{"auto"} })
}

// standsIn reports whether a phrase stands in one of the texts, whatever its case.
func standsIn(phrase string, texts []string) bool {
	phrase = strings.ToLower(phrase)
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(t), phrase) })
}
