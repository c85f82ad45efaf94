package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
)

// Fields that a form leaves to others: the version counts publications, the mode is the group's, rules and the charter have
// their own pages.
var notInBook = []string{"version", "mode", "rules", "charter"}

// Fields of a rule that only a rule with consequences has; the form folds them.
var sanctionFields = []string{"start_rung", "ladder", "own_strikes", "remind"}

func bookFields() []policy.Field {
	return slices.DeleteFunc(policy.BookFields(), func(f policy.Field) bool { return slices.Contains(notInBook, f.Name) })
}

// ruleFields cuts the fields of a rule into what comes first and what is folded.
func ruleFields(sanction bool) (first, folded []policy.Field) {
	var last []policy.Field
	for _, f := range policy.RuleFields() {
		switch {
		case f.Name == "kind" || f.Name == "params":
		case slices.Contains(sanctionFields, f.Name):
			if sanction {
				folded = append(folded, f)
			}
		case f.Name == "reason" && !sanction:
		case f.Name == "id":
			last = append(last, f)
		default:
			first = append(first, f)
		}
	}
	return append(first, last...), folded
}

// ruleBook shows what holds for the whole book.
func (c *Console) ruleBook(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	faults := map[string]string{}
	k.faultsAt(c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()), "", faults)
	return b.bookForm(k, http.StatusOK, b.doc, faults, nil)
}

func (b bookDesk) bookForm(k *call, status int, doc map[string]any, faults, typed map[string]string) error {
	doc = withDefaults(doc)
	m, err := k.maker(bookFields(), doc, faults)
	if err != nil {
		return err
	}
	m.typed, m.fresh = typed, true
	p := view.RuleForm{Action: b.at() + "/book", Offers: k.offer(b.g, doc), Stamp: b.stamp(), First: m.controls("", bookFields(), doc), Summary: k.T("rule.book_text"), Ladders: k.readyLadders()}
	p.Head, p.Tabs = b.head(k)
	if status != http.StatusOK {
		p.Faults = []string{k.T("form.marked")}
	}
	return k.showStatus(status, p.Head.Title, view.RuleEdit(p))
}

// withDefaults shows ladder and immunity as they hold when a book leaves them out.
func withDefaults(doc map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range doc {
		out[name] = v
	}
	if out["ladder"] == nil {
		out["ladder"] = policy.DefaultLadder()
	}
	if out["immune"] == nil {
		out["immune"] = policy.DefaultImmune()
	}
	return plain(out)
}

// ruleBookSave saves what holds for the whole book into the draft.
func (c *Console) ruleBookSave(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	r := k.reader(b.g.Key)
	got, err := r.object("", bookFields())
	if err != nil {
		return err
	}
	switch do := k.form("do"); {
	case do == "":
	case do == degradeStep:
		got = plain(withDefaults(got))
		k.degrade(b.g, got)
	case strings.HasPrefix(do, ladderStep):
		if err := takeLadder(got, do); err != nil {
			return err
		}
	default:
		return b.bookForm(k, http.StatusOK, plain(got), nil, r.typed)
	}
	for _, f := range bookFields() {
		delete(b.doc, f.Name)
	}
	for name, v := range got {
		b.doc[name] = v
	}
	faults := r.faults
	for _, f := range c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()) {
		if !strings.HasPrefix(f.Path, "rules") {
			k.faultsAt([]Fault{f}, "", faults)
		}
	}
	if len(faults) > 0 {
		return b.bookForm(k, http.StatusUnprocessableEntity, plain(got), faults, r.typed)
	}
	return b.kept(k, b.at(), k.T("rule.note_book"))
}

// ruleNew shows the form of a rule to be added.
func (c *Console) ruleNew(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	schema, ok := schemaOf(k.query("kind"))
	if !ok {
		return community.Errorf(community.CodeNotFound, "no kind of rule %q", k.query("kind"))
	}
	r := map[string]any{"kind": schema.Name, "id": b.freeID(schema.Name), "name": k.Words.Pick(schema.Title), "mode": policy.RuleDry}
	return b.ruleForm(k, http.StatusOK, b.at()+"/new", schema, r, true, nil, nil)
}

// freeID finds an id that no rule of the book has.
func (b bookDesk) freeID(kind string) string {
	for i := 1; ; i++ {
		id := kind
		if i > 1 {
			id = kind + "-" + strconv.Itoa(i)
		}
		if !slices.ContainsFunc(b.rules(), func(r map[string]any) bool { return text(r["id"]) == id }) {
			return id
		}
	}
}

// ruleEdit shows the form of a rule.
func (c *Console) ruleEdit(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	i, err := b.ruleHere(k)
	if err != nil {
		return err
	}
	r := b.rules()[i]
	schema, ok := schemaOf(text(r["kind"]))
	if !ok {
		return community.Errorf(community.CodeNotFound, "no kind of rule %q", text(r["kind"]))
	}
	faults := map[string]string{}
	k.faultsAt(c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()), fmt.Sprintf("rules[%d]", i), faults)
	return b.ruleForm(k, http.StatusOK, b.at()+"/rule/"+text(r["id"]), schema, r, false, faults, nil)
}

func (b bookDesk) ruleForm(k *call, status int, action string, schema policy.Schema, r map[string]any, fresh bool, faults, typed map[string]string) error {
	first, folded := ruleFields(schema.Sanction)
	m, err := k.maker(schema.Fields, r, faults)
	if err != nil {
		return err
	}
	m.fresh, m.typed = fresh, typed
	params, _ := r["params"].(map[string]any)
	p := view.RuleForm{Action: action, Offers: k.offer(b.g, r), Stamp: b.stamp(), Summary: k.Words.Pick(schema.Summary), Hidden: []ui.Option{{Value: "kind", Text: schema.Name}},
		First: m.controls("", first, r), Content: k.T("rule.content", "kind", k.Words.Pick(schema.Title)), Second: m.controls("params", schema.Fields, params),
		More: k.T("rule.more"), Third: m.controls("", folded, r)}
	if schema.Sanction {
		p.Ladders = k.readyLadders()
	}
	known := !strings.HasSuffix(action, "/new")
	for i := range p.First {
		if p.First[i].Name == "id" && known {
			p.First[i].Kind = "hidden" // strikes name the rule by it
		}
	}
	for _, f := range folded {
		p.MoreOpen = p.MoreOpen || r[f.Name] != nil && !fresh
	}
	p.Head, p.Tabs = b.head(k)
	p.Head.Title, p.Head.Back = ruleName(r), b.at()
	if known {
		p.Head.Sub += " · " + text(r["id"])
	}
	if known {
		p.Delete = &ui.Confirm{ID: "delete", Title: k.T("rule.delete"), Object: ruleName(r), Effect: k.T("rule.delete_effect"), Action: action + "/delete", Button: k.T("rule.delete"), Danger: true, Fields: []ui.Option{{Value: "stamp", Text: b.stamp()}}}
	}
	if msg := faults[""]; msg != "" {
		p.Faults = append(p.Faults, msg)
	}
	if msg := faults["params"]; msg != "" {
		p.Faults = append(p.Faults, p.Content+k.T("list.colon")+msg)
	}
	if status != http.StatusOK && len(p.Faults) == 0 {
		p.Faults = []string{k.T("form.marked")}
	}
	if b.lab != "" {
		p.Hidden = append(p.Hidden, ui.Option{Value: "lab", Text: b.lab})
		return b.labPage(k, status, &p)
	}
	return k.showStatus(status, p.Head.Title, view.RuleEdit(p))
}

// ladderStep begins the value of a form's button that takes a ready ladder; its name follows.
const ladderStep = "ladder:"

// readyLadders offers the ready ladders, each with what it does.
func (k *call) readyLadders() []view.Ladder {
	var out []view.Ladder
	for _, p := range policy.LadderPresets() {
		out = append(out, view.Ladder{Do: ladderStep + p.Name, Title: k.Words.Pick(p.Title), Says: k.Words.Pick(policy.LadderWords(p.Ladder))})
	}
	return out
}

// takeLadder puts a ready ladder into a rule or a book: it begins at its first rung, and breaches count.
func takeLadder(doc map[string]any, do string) error {
	p, err := policy.LadderPresetNamed(strings.TrimPrefix(do, ladderStep))
	if err != nil {
		return err
	}
	doc["ladder"] = plainList(p.Ladder)
	delete(doc, "start_rung")
	delete(doc, "remind")
	return nil
}

// posted reads a rule from the form.
func (k *call) posted(r formReader, schema policy.Schema) (map[string]any, error) {
	first, folded := ruleFields(schema.Sanction)
	out, err := r.object("", append(first, folded...))
	if err != nil {
		return nil, err
	}
	params, err := r.object("params", schema.Fields)
	if err != nil {
		return nil, err
	}
	out["kind"], out["params"] = schema.Name, params
	return plain(out), nil
}

// ruleAdd adds a rule to the draft.
func (c *Console) ruleAdd(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	return b.saveRule(k, len(b.rules()), b.at()+"/new", k.form("kind"), "rule.note_add")
}

// ruleSave changes a rule of the draft.
func (c *Console) ruleSave(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	i, err := b.ruleHere(k)
	if err != nil {
		return err
	}
	r := b.rules()[i]
	return b.saveRule(k, i, b.at()+"/rule/"+text(r["id"]), text(r["kind"]), "rule.note_edit")
}

// saveRule puts the posted rule at place i of the draft, or shows the form again with what is wrong at the fields.
func (b bookDesk) saveRule(k *call, i int, action, kind, note string) error {
	schema, ok := schemaOf(kind)
	if !ok {
		return community.Errorf(community.CodeNotFound, "no kind of rule %q", kind)
	}
	r := k.reader(b.g.Key)
	got, err := k.posted(r, schema)
	if err != nil {
		return err
	}
	rules, fresh := b.rules(), note == "rule.note_add"
	b.lab = k.form("lab")
	switch do := k.form("do"); {
	case do == "":
	case do == degradeStep:
		k.degrade(b.g, got)
	case strings.HasPrefix(do, ladderStep):
		if err := takeLadder(got, do); err != nil {
			return err
		}
	default:
		return b.ruleForm(k, http.StatusOK, action, schema, got, false, nil, r.typed)
	}
	if fresh {
		rules = append(rules, got)
	} else {
		rules[i] = got
	}
	b.setRules(rules)
	faults := r.faults
	k.faultsAt(k.c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()), fmt.Sprintf("rules[%d]", i), faults)
	if len(faults) > 0 {
		return b.ruleForm(k, http.StatusUnprocessableEntity, action, schema, got, false, faults, r.typed)
	}
	to := b.at() + "#rule-" + text(got["id"])
	if b.lab != "" {
		to = b.labAt(text(got["id"]))
	}
	return b.kept(k, to, k.T(note, "rule", ruleName(got)))
}
