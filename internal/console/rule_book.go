package console

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
)

var ruleRoutes = []route{
	{pattern: "GET /rules", may: rights.SeeOrder, serve: (*Console).ruleGroups},
	{pattern: "GET /rules/{id}", may: rights.SeeOrder, serve: (*Console).rulePage},
	{pattern: "POST /rules/{id}/begin", may: rights.Draft, serve: (*Console).ruleBegin},
	{pattern: "GET /rules/{id}/book", may: rights.SeeOrder, serve: (*Console).ruleBook},
	{pattern: "POST /rules/{id}/book", may: rights.Draft, serve: (*Console).ruleBookSave},
	{pattern: "GET /rules/{id}/new", may: rights.SeeOrder, serve: (*Console).ruleNew},
	{pattern: "POST /rules/{id}/new", may: rights.Draft, serve: (*Console).ruleAdd},
	{pattern: "GET /rules/{id}/rule/{rule}", may: rights.SeeOrder, serve: (*Console).ruleEdit},
	{pattern: "POST /rules/{id}/rule/{rule}", may: rights.Draft, serve: (*Console).ruleSave},
	{pattern: "POST /rules/{id}/rule/{rule}/move", may: rights.Draft, serve: (*Console).ruleMove},
	{pattern: "POST /rules/{id}/rule/{rule}/mode", may: rights.Draft, serve: (*Console).ruleMode},
	{pattern: "POST /rules/{id}/rule/{rule}/delete", may: rights.Draft, serve: (*Console).ruleDelete},
	{pattern: "GET /rules/{id}/test", may: rights.SeeTexts, serve: (*Console).ruleTest},
	{pattern: "POST /rules/{id}/test", may: rights.Draft, serve: (*Console).ruleTry},
	{pattern: "GET /rules/{id}/replay", may: rights.SeeTexts, serve: (*Console).ruleReplay},
	{pattern: "POST /rules/{id}/publish", may: rights.Publish, serve: (*Console).rulePublish},
	{pattern: "POST /rules/{id}/enable", may: rights.Publish, serve: (*Console).ruleEnable},
	{pattern: "POST /rules/{id}/degrade", may: rights.Draft, serve: (*Console).ruleDegrade},
	{pattern: "POST /rules/{id}/learn", may: rights.Draft, serve: (*Console).ruleLearn},
	{pattern: "POST /rules/{id}/discard", may: rights.Draft, serve: (*Console).ruleDiscard},
	{pattern: "GET /rules/{id}/versions", may: rights.SeeOrder, serve: (*Console).ruleVersions},
	{pattern: "POST /rules/{id}/rollback", may: rights.Publish, serve: (*Console).ruleRollback},
	{pattern: "GET /rules/{id}/json", may: rights.SeeOrder, serve: (*Console).ruleJSON},
	{pattern: "POST /rules/{id}/json", may: rights.Draft, serve: (*Console).ruleJSONSave},
}

// bookDesk is a group's rulebook on the desk: the one in force, the draft, and the one that pages work on (the draft,
// else the one in force).
type bookDesk struct {
	g     community.GroupRow
	force community.BookRow // Version 0 = there is none
	draft community.BookRow // State "" = there is none
	doc   map[string]any
	tried *view.RuleTest // what the test box answered; nil = nothing was tried

	lab string // the page is the laboratory's, with this rule or "new:KIND"; "" = the book's own pages
}

func (b bookDesk) drafted() bool { return b.draft.State != "" }
func (b bookDesk) begun() bool   { return b.doc != nil }

// at is the address of the group's rulebook.
func (b bookDesk) at() string { return "/rules/" + b.g.ID.String() }

// stamp names the state of the draft that a form was made from: a form that comes back to another one is refused.
func (b bookDesk) stamp() string {
	if b.drafted() {
		return "d" + itoa(b.draft.At)
	}
	return "v" + strconv.Itoa(b.force.Version)
}

// bookHere reads the book of the group in the path.
func bookHere(k *call) (bookDesk, error) {
	g, err := k.groupHere()
	if err != nil {
		return bookDesk{}, err
	}
	if k.c.deps.Books == nil {
		return bookDesk{}, community.Errorf(community.CodeNotFound, "no rulebooks here")
	}
	b := bookDesk{g: g}
	if g.Book > 0 {
		if b.force, err = k.Desk.BookVersion(k.ctx(), g.Key, g.Book); err != nil {
			return b, err
		}
	}
	draft, err := k.Desk.BookVersion(k.ctx(), g.Key, 0)
	if err != nil && community.CodeOf(err) != community.CodeNotFound {
		return b, err
	}
	body := b.force.Body
	if err == nil && len(draft.Body) > 0 {
		draft.State = "draft"
		b.draft, body = draft, draft.Body
	}
	if len(body) == 0 {
		return b, nil
	}
	b.doc, err = readDoc(body)
	return b, err
}

// bookChange reads the book for a change: it must exist, and the form must fit its state.
func bookChange(k *call) (bookDesk, error) {
	b, err := bookHere(k)
	if err != nil {
		return b, err
	}
	if !b.begun() {
		return b, community.Errorf(community.CodeNotFound, "group %d has no rulebook", b.g.Key)
	}
	if got := k.form("stamp"); got != b.stamp() {
		return b, community.Errorf(community.CodeConflict, "the draft changed meanwhile: form %s, now %s", got, b.stamp())
	}
	return b, nil
}

// refuse leads back to the book with the reason; where there is no book to go back to, the error stands alone.
func (b bookDesk) refuse(k *call, err error) error {
	if b.g.Key == 0 {
		return err
	}
	return k.refused(b.at(), err)
}

// readDoc reads a JSON object, numbers as they stand.
func readDoc(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil || doc == nil {
		return nil, community.Errorf(community.CodeBadInput, "rulebook: no JSON object")
	}
	return doc, nil
}

func writeDoc(doc any) json.RawMessage {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		panic(err) // decoded JSON and plain values only
	}
	return bytes.TrimSpace(out.Bytes())
}

// raw is the book as JSON.
func (b bookDesk) raw() json.RawMessage { return writeDoc(b.doc) }

// rules gives the rules of the book; what is no object is left out.
func (b bookDesk) rules() []map[string]any {
	list, _ := b.doc["rules"].([]any)
	var out []map[string]any
	for _, r := range list {
		if m, ok := r.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (b bookDesk) setRules(rules []map[string]any) {
	list := make([]any, len(rules))
	for i, r := range rules {
		list[i] = r
	}
	b.doc["rules"] = list
}

// ruleHere finds the rule of the path; CodeNotFound.
func (b bookDesk) ruleHere(k *call) (int, error) {
	want := k.R.PathValue("rule")
	i := slices.IndexFunc(b.rules(), func(r map[string]any) bool { return text(r["id"]) == want })
	if i < 0 {
		return i, community.Errorf(community.CodeNotFound, "no rule %q", want)
	}
	return i, nil
}

// text is a JSON value as a person writes it.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case int:
		return strconv.Itoa(v)
	case int64:
		return itoa(v)
	case bool:
		if v {
			return "1"
		}
	}
	return ""
}

// typed is the book as policy knows it, for reading; what does not fit is left empty.
func typed(raw json.RawMessage) policy.Book {
	var book policy.Book
	json.Unmarshal(raw, &book) //nolint:errcheck // a draft may be half done
	return book
}

// keep saves the book on the desk as the draft.
func (b bookDesk) keep(k *call, note string) error {
	return k.Hands.SaveDraft(k.ctx(), k.who(), b.g.Key, b.raw(), note)
}

// said gives a fault's sentence without its path.
func (k *call) said(f Fault) string {
	return strings.TrimSpace(strings.TrimPrefix(k.Words.Pick(f.Text), f.Path))
}

// kept saves the draft and goes on, or says why not.
func (b bookDesk) kept(k *call, to, note string) error {
	if err := b.keep(k, note); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("rule.draft_saved", "what", note))
}

// ruleMode switches one rule of the draft between live, dry run and off.
func (c *Console) ruleMode(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	i, err := b.ruleHere(k)
	if err != nil {
		return err
	}
	mode := k.form("mode")
	if !slices.Contains(ruleModes, mode) {
		return community.Errorf(community.CodeBadInput, "mode %q", mode)
	}
	r := b.rules()[i]
	r["mode"] = mode
	return b.kept(k, b.at()+"#rule-"+text(r["id"]), k.T("rule.note_mode", "rule", ruleName(r), "mode", k.T("rulemode."+mode)))
}

// ruleModes are the modes of a rule in the order in which pages offer them.
var ruleModes = []string{policy.RuleLive, policy.RuleDry, policy.RuleOff}

func ruleName(r map[string]any) string {
	if n := text(r["name"]); n != "" {
		return n
	}
	return text(r["id"])
}

// ruleMove moves one rule of the draft up or down.
func (c *Console) ruleMove(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	i, err := b.ruleHere(k)
	if err != nil {
		return err
	}
	rules, to := b.rules(), i+1
	if k.form("dir") == "up" {
		to = i - 1
	}
	if to < 0 || to >= len(rules) {
		return k.redirect(b.at())
	}
	rules[i], rules[to] = rules[to], rules[i]
	b.setRules(rules)
	return b.kept(k, b.at()+"#rule-"+text(rules[to]["id"]), k.T("rule.note_move", "rule", ruleName(rules[to])))
}

// ruleDelete takes one rule out of the draft.
func (c *Console) ruleDelete(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	i, err := b.ruleHere(k)
	if err != nil {
		return err
	}
	rules := b.rules()
	name := ruleName(rules[i])
	b.setRules(slices.Delete(rules, i, i+1))
	return b.kept(k, b.at(), k.T("rule.note_delete", "rule", name))
}

// ruleBegin starts a draft from a preset or from another group's book.
func (c *Console) ruleBegin(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if b.drafted() {
		return k.refused(b.at(), community.Errorf(community.CodeConflict, "there is a draft"))
	}
	if from := k.form("from"); from != "" {
		other, err := k.groupNamed(from)
		if err != nil {
			return err
		}
		if other.Book == 0 {
			return k.done(b.at(), "danger", k.T("rule.from_none", "group", other.Name), community.ID{})
		}
		row, err := k.Desk.BookVersion(k.ctx(), other.Key, other.Book)
		if err != nil {
			return err
		}
		if b.doc, err = readDoc(row.Body); err != nil {
			return err
		}
		b.doc["zone"], b.doc["group"] = b.g.Zone, b.g.Name
		return b.kept(k, b.at(), k.T("rule.note_copy", "group", other.Name))
	}
	book, err := policy.Starter(k.form("preset"))
	if err != nil {
		return err
	}
	raw, err := json.Marshal(book)
	if err != nil {
		return err
	}
	if b.doc, err = readDoc(raw); err != nil {
		return err
	}
	b.doc["zone"], b.doc["group"] = b.g.Zone, b.g.Name
	return b.kept(k, b.at(), k.T("rule.note_preset", "name", book.Name))
}

// ruleDiscard deletes the draft.
func (c *Console) ruleDiscard(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if err := k.Hands.SaveDraft(k.ctx(), k.who(), b.g.Key, nil, k.T("rule.note_discard")); err != nil {
		return k.refused(b.at(), err)
	}
	return k.ok(b.at(), k.T("rule.discarded"))
}

// rulePublish puts the draft in force.
func (c *Console) rulePublish(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	if !b.drafted() {
		return k.refused(b.at(), community.Errorf(community.CodeConflict, "there is no draft"))
	}
	return b.publish(k, b.doc, k.form("reason"), k.told())
}

// publish puts a book in force in the group's own mode: observing or live is said on the group's page, not by a book.
func (b bookDesk) publish(k *call, doc map[string]any, note, tell string) error {
	to := k.back(b.at())
	if note == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if b.g.Book > 0 && k.unsaid() {
		return k.done(to, "danger", k.T("adjust.ask"), community.ID{})
	}
	doc["mode"] = string(community.Observe)
	if b.g.Mode == community.Live {
		doc["mode"] = string(community.Live)
	}
	raw := writeDoc(doc)
	if faults := k.c.deps.Books.Check(k.ctx(), b.g.Key, raw); len(faults) > 0 {
		return k.done(to, "danger", k.T("rule.faulty", "count", len(faults)), community.ID{})
	}
	v, err := b.putInForce(k, raw, note, tell)
	if err != nil {
		return k.refused(to, err)
	}
	said := k.T("rule.published_"+text(doc["mode"]), "v", v, "group", b.g.Name)
	if b.g.Book > 0 {
		said += k.aimSaid(b.g.Key)
	}
	if err := k.Hands.SaveDraft(k.ctx(), k.who(), b.g.Key, nil, k.T("rule.note_published", "v", v)); err != nil {
		return k.halfDone(to, said, err)
	}
	return k.ok(to, said)
}

// ruleRollback publishes an old version anew.
func (c *Console) ruleRollback(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	v := number(k.form("version"), 1, 1<<30, 0)
	if v == 0 {
		return community.Errorf(community.CodeBadInput, "version %q", k.form("version"))
	}
	row, err := k.Desk.BookVersion(k.ctx(), b.g.Key, v)
	if err != nil {
		return err
	}
	doc, err := readDoc(row.Body)
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done(b.at()+"/versions", "danger", k.T("act.need_reason"), community.ID{})
	}
	if b.drafted() {
		return k.done(b.at(), "danger", k.T("rule.rollback_draft"), community.ID{})
	}
	tell, err := b.rollbackTells(k, doc)
	if err != nil {
		return k.refused(b.at()+"/versions", err)
	}
	return b.publish(k, doc, k.T("rule.note_rollback", "v", v, "why", k.form("reason")), tell)
}

// rollbackTells is what the group is told of an earlier version that comes back, where that was asked for; "" = nothing.
func (b bookDesk) rollbackTells(k *call, doc map[string]any) (string, error) {
	if k.form("tell") != "1" || k.c.deps.Charters == nil {
		return "", nil
	}
	n, err := k.charters().Notice(k.ctx(), b.g.Key, writeDoc(doc))
	return n.Text, err
}

// bookRoutes are there where rulebooks are.
func (c *Console) bookRoutes() []route {
	if c.deps.Books == nil {
		return nil
	}
	return slices.Concat(ruleRoutes, c.labRoutes())
}
