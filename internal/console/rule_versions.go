package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
)

// ruleVersions lists the versions and shows the difference of two (?a=&b=, 0 = the draft).
func (c *Console) ruleVersions(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	at := k.page(20)
	rows, total, err := k.Desk.FindBooks(k.ctx(), b.g.Key, at)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.RuleVersions{}
	p.Head, p.Tabs = b.head(k)
	p.Versions = ui.Table{Label: k.T("rule.versions"), Columns: []ui.Column{{Title: k.T("rule.version_word")}, {Title: k.T("rule.at")}, {Title: k.T("rule.by")}, {Title: k.T("rule.note")}}, Pager: k.pager(at, len(rows), total),
		Empty: ui.Empty{Icon: "book", Title: k.T("rule.no_versions"), Text: k.T("rule.no_versions_text")}}
	var choice []ui.Option
	for _, r := range rows {
		word, value := k.T("rule.version", "v", r.Version), strconv.Itoa(r.Version)
		if r.State == "draft" {
			word, value = k.T("rule.draft"), "0"
		}
		choice = append(choice, ui.Option{Value: value, Text: word})
		row := ui.Row{Cells: []templ.Component{ui.Text(word), ui.Moment(r.At), ui.Name(who(r.User)), ui.Text(r.Note)}}
		if r.State != "draft" && r.Version != b.force.Version && k.may(rights.Publish) {
			ask := "roll-" + value
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("rule.rollback"), Icon: "history", Small: true})
			p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("rule.rollback"), Object: b.g.Name + " · " + word, Effect: k.T("rule.rollback_effect", "v", r.Version, "now", b.force.Version), Action: b.at() + "/rollback",
				Button: k.T("rule.rollback"), Danger: true, Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "version", Text: value}}, Inputs: append(append(k.tellAsk(), k.despite()...), k.moveOffer()...)})
		}
		p.Versions.Rows = append(p.Versions.Rows, row)
	}
	if err := versionDiff(k, &p, b, choice); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.RuleVersionsPage(p))
}

// tellAsk asks whether the group is told of an earlier version that comes back, in the charter's own words.
func (k *call) tellAsk() []ui.Input {
	if k.c.deps.Charters == nil {
		return nil
	}
	return []ui.Input{{Kind: "check", Name: "tell", Label: k.T("charter.tell"), Help: k.T("charter.tell_rollback")}}
}

// versionDiff compares the two chosen versions; by default the newest two.
func versionDiff(k *call, p *view.RuleVersions, b bookDesk, choice []ui.Option) error {
	if len(choice) < 2 {
		return nil
	}
	from, to := k.query("a"), k.query("b")
	if from == "" {
		from = choice[1].Value
	}
	if to == "" {
		to = choice[0].Value
	}
	p.Compare = ui.Filters{Action: b.at() + "/versions", Fields: []ui.Filter{
		{Kind: "select", Name: "a", Label: k.T("rule.compare_from"), Value: from, Options: choice}, {Kind: "select", Name: "b", Label: k.T("rule.compare_to"), Value: to, Options: choice}}}
	var bodies [2]json.RawMessage
	var words [2]string
	for i, v := range []string{from, to} {
		n := number(v, 0, 1<<30, -1)
		if n < 0 {
			return community.Errorf(community.CodeNotFound, "version %q", v)
		}
		row, err := k.Desk.BookVersion(k.ctx(), b.g.Key, n)
		if err != nil {
			return err
		}
		bodies[i], words[i] = row.Body, k.T("rule.draft")
		if n > 0 {
			words[i] = k.T("rule.version", "v", n)
		}
	}
	p.DiffTitle = words[0] + " → " + words[1]
	p.Diff = bookDiff(k, bodies[0], bodies[1])
	p.Same = len(p.Diff) == 0
	return nil
}

// ruleJSON shows the book as JSON.
func (c *Console) ruleJSON(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b.raw(), "", "  "); err != nil {
		return err
	}
	return b.jsonForm(k, http.StatusOK, out.String(), nil)
}

func (b bookDesk) jsonForm(k *call, status int, text string, faults []string) error {
	p := view.RuleJSON{Action: b.at() + "/json", Stamp: b.stamp(), Text: text, Faults: faults}
	p.Head, p.Tabs = b.head(k)
	return k.showStatus(status, p.Head.Title, view.RuleJSONPage(p))
}

// ruleJSONSave takes a whole book as the draft. A book with faults is not taken.
func (c *Console) ruleJSONSave(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	body := k.R.PostFormValue("json")
	if len(body) > policy.MaxBook {
		return community.Errorf(community.CodeTooLarge, "rulebook of %d bytes", len(body))
	}
	doc, err := readDoc([]byte(body))
	if err != nil {
		return b.jsonForm(k, http.StatusUnprocessableEntity, body, []string{k.T("rule.not_json")})
	}
	if faults := c.deps.Books.Check(k.ctx(), b.g.Key, json.RawMessage(body)); len(faults) > 0 {
		var said []string
		for _, f := range faults {
			said = append(said, fmt.Sprintf("%s: %s", f.Path, k.said(f)))
		}
		return b.jsonForm(k, http.StatusUnprocessableEntity, body, said)
	}
	b.doc = doc
	return b.kept(k, b.at(), k.T("rule.note_json"))
}
