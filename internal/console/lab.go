package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/rights"
)

// labRoutes are those of the laboratory (规则实验室): a rule is written, tried and put in force on one page.
func (c *Console) labRoutes() []route {
	return []route{
		{pattern: "GET /rules/{id}/lab", may: rights.SeeTexts, serve: (*Console).labShow},
		{pattern: "POST /rules/{id}/lab/json", may: rights.Draft, serve: (*Console).labJSON},
		{pattern: "POST /rules/{id}/lab/run", may: rights.Draft, serve: (*Console).labRun},
		{pattern: "POST /rules/{id}/lab/stop", may: rights.Draft, serve: (*Console).labStop},
	}
}

func (k *call) labs() Lab { return k.c.deps.Lab(k.User.Org, k.groups) }

// newRule begins what the laboratory's choice of rules calls a rule that is not there yet: "new:KIND".
const newRule = "new:"

// labAt is the address of the laboratory with a rule; "" = the first.
func (b bookDesk) labAt(rule string) string {
	if rule == "" {
		return b.at() + "/lab"
	}
	return b.at() + "/lab?rule=" + url.QueryEscape(rule)
}

// labShow is the laboratory with the chosen rule's form, or its JSON.
func (c *Console) labShow(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	b.lab = k.query("rule")
	if b.lab == "" && len(b.rules()) > 0 {
		b.lab = text(b.rules()[0]["id"])
	}
	return b.labForm(k, http.StatusOK)
}

// labForm shows the laboratory with the form of its rule. A rule that is none is left out: the choice is still there.
func (b bookDesk) labForm(k *call, status int) error {
	if kind, fresh := strings.CutPrefix(b.lab, newRule); fresh {
		schema, ok := schemaOf(kind)
		if !ok {
			return community.Errorf(community.CodeNotFound, "no kind of rule %q", kind)
		}
		r := map[string]any{"kind": schema.Name, "id": b.freeID(schema.Name), "name": k.Words.Pick(schema.Title), "mode": policy.RuleDry}
		return b.ruleForm(k, status, b.at()+"/new", schema, r, true, nil, nil)
	}
	i := b.labRule()
	if i < 0 && b.lab != "" {
		return community.Errorf(community.CodeNotFound, "no rule %q", b.lab)
	}
	if i < 0 || k.query("as") == "json" {
		return b.labPage(k, status, nil)
	}
	r := b.rules()[i]
	schema, ok := schemaOf(text(r["kind"]))
	if !ok {
		return b.labPage(k, status, nil)
	}
	faults := map[string]string{}
	k.faultsAt(k.c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()), "rules["+strconv.Itoa(i)+"]", faults)
	return b.ruleForm(k, status, b.at()+"/rule/"+text(r["id"]), schema, r, false, faults, nil)
}

// labRule is the place of the laboratory's rule in the book; -1 = it is not there.
func (b bookDesk) labRule() int {
	return slices.IndexFunc(b.rules(), func(r map[string]any) bool { return text(r["id"]) == b.lab })
}

// labPage is the laboratory: the rule, the test box, the labelled cases, the past, and the way into force. form nil: the rule
// is shown as JSON.
func (b bookDesk) labPage(k *call, status int, form *view.RuleForm) error {
	p := view.Lab{At: b.labAt(b.lab), Rules: b.at(), Stamp: b.stamp(), Mode: modePill(k, b.g), ModeMeans: k.T("mode." + string(b.g.Mode) + "_means"), Form: form}
	p.Head, p.Tabs = b.head(k)
	p.Pick = b.labPick(k)
	i := b.labRule()
	if i >= 0 {
		p.FormLink, p.JSONLink = b.labAt(b.lab), b.labAt(b.lab)+"&as=json"
	}
	if b.tried != nil {
		p.Test = *b.tried
	} else {
		p.Test = view.RuleTest{Action: b.at() + "/test", Inputs: (trial{joined: 30, repeat: 1}).inputs(k)}
	}
	p.Test.Rule = b.lab
	for n := range p.Test.Inputs {
		p.Test.Inputs[n].Of = "try"
	}
	if form == nil && i >= 0 {
		p.JSON = &ui.Input{Kind: "area", Name: "json", Label: k.T("lab.json"), Help: k.T("lab.json_help"), Value: strings.Join(pretty(writeDoc(b.rules()[i])), "\n"), Rows: 16, Mono: true, Required: true}
	}
	faulty := len(b.faultList(k)) > 0
	if faulty && form == nil {
		p.Faults = b.faultList(k)
	}
	if err := b.labCases(k, &p, faulty); err != nil {
		return err
	}
	if err := b.labPast(k, &p, faulty); err != nil {
		return err
	}
	if err := b.labForce(k, &p); err != nil {
		return err
	}
	return k.showStatus(status, p.Head.Title, view.LabPage(p), inZone(b.g))
}

// labPick is the choice of what the laboratory works on: a rule of the book, or a new one of a kind.
func (b bookDesk) labPick(k *call) ui.Filters {
	f := ui.Filter{Kind: "select", Name: "rule", Label: k.T("rule.rule"), Value: b.lab}
	for _, r := range b.rules() {
		f.Options = append(f.Options, ui.Option{Value: text(r["id"]), Text: ui.Visible(ruleName(r)) + " · " + k.T("rulemode."+text(r["mode"]))})
	}
	for _, s := range policy.Kinds() {
		f.Options = append(f.Options, ui.Option{Value: newRule + s.Name, Text: k.T("lab.new", "kind", k.Words.Pick(s.Title))})
	}
	return ui.Filters{Action: b.at() + "/lab", Fields: []ui.Filter{f}}
}

// labForce is how what was tried comes into force: the draft, one rule in another mode, the group itself. Only owners may.
func (b bookDesk) labForce(k *call, p *view.Lab) error {
	back := ui.Option{Value: "back", Text: b.labAt(b.lab)}
	p.Draft = b.drafted()
	if p.Diff = bookDiff(k, b.force.Body, b.raw()); !p.Draft {
		p.Diff = nil
	}
	ask, err := b.publishAsk(k, len(p.Diff))
	if err != nil {
		return err
	}
	if ask != nil {
		ask.Fields = append(ask.Fields, back)
		p.Force = append(p.Force, *ask)
	}
	if i := b.labRule(); i >= 0 && k.may(rights.Publish) {
		r := b.rules()[i]
		mode := ui.Input{Kind: "select", Name: "mode", Label: k.T("rule.mode"), Value: text(r["mode"])}
		for _, m := range ruleModes {
			mode.Options = append(mode.Options, ui.Option{Value: m, Text: k.T("rulemode." + m)})
		}
		p.Force = append(p.Force, ui.Confirm{ID: "lab-mode", Title: k.T("lab.enable"), Object: ruleName(r) + " · " + b.g.Name, Effect: k.T("lab.enable_" + string(b.g.Mode)),
			Action: b.at() + "/enable", Button: k.T("lab.enable"), Danger: b.g.Mode == community.Live, Reason: k.T("rule.publish_note"), Need: true,
			Fields: []ui.Option{{Value: "stamp", Text: b.stamp()}, {Value: "rule", Text: b.lab}, back}, Inputs: append([]ui.Input{mode}, k.despite()...)})
	}
	if ask := b.actAsk(k); ask != nil {
		ask.Fields = append(ask.Fields, back)
		p.Force = append(p.Force, *ask)
	}
	p.AskOwner = p.Draft && !k.may(rights.Publish)
	return nil
}

// labCases shows how the labelled cases stand under the book in force and under what is on the desk, and which would break.
func (b bookDesk) labCases(k *call, p *view.Lab, faulty bool) error {
	p.Cases = ui.Table{Label: k.T("nav.cases"), Columns: []ui.Column{{Title: k.T("case.message")}, {Title: k.T("case.want")}, {Title: k.T("rule.rule")}, {Title: k.T("lab.stands")}},
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("lab.none_breaks"), Text: k.T("lab.none_breaks_text")}}
	if k.c.deps.Cases == nil {
		return nil
	}
	p.HasCases, p.CasesLink = true, "/cases?g="+b.g.ID.String()
	before, was, err := k.cases().Judge(k.ctx(), b.g.Key, nil)
	if err != nil {
		return err
	}
	if was.Cases == 0 {
		p.Cases.Empty = ui.Empty{Icon: "scale", Title: k.T("case.none"), Text: k.T("case.none_text")}
		return nil
	}
	p.CaseSums = append(p.CaseSums, ui.Option{Value: k.T("lab.in_force"), Text: k.caseSum(was)})
	if faulty {
		return nil // a draft with faults judges nothing
	}
	after, is, err := k.cases().Judge(k.ctx(), b.g.Key, b.raw())
	if err != nil {
		return err
	}
	p.CaseSums = append(p.CaseSums, ui.Option{Value: k.T("lab.on_desk"), Text: k.caseSum(is)})
	newly := map[community.ID]bool{}
	for _, i := range replay.NewlyBroken(before, after) {
		newly[after[i].Case] = true
	}
	if len(newly) > 0 {
		p.Breaks = k.T("lab.breaks", "count", len(newly))
	}
	return b.brokenCases(k, p, after, newly)
}

// brokenCases lists the cases that are judged wrong by what is on the desk, those first that are right today.
func (b bookDesk) brokenCases(k *call, p *view.Lab, after []replay.Standing, newly map[community.ID]bool) error {
	rows, _, err := k.cases().Find(k.ctx(), community.CaseFilter{Group: b.g.Key, For: true, Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return err
	}
	fate := map[community.ID]replay.Fate{}
	for _, s := range after {
		fate[s.Case] = s.Fate
	}
	rows = slices.DeleteFunc(rows, func(r community.CaseRow) bool { return fate[r.ID] != replay.Broken })
	slices.SortStableFunc(rows, func(x, y community.CaseRow) int { return order(newly[y.ID]) - order(newly[x.ID]) })
	for _, r := range rows {
		stands := ui.Pill("warning", "alert-triangle", k.T("lab.broken_already"))
		if newly[r.ID] {
			stands = ui.Pill("danger", "alert-triangle", k.T("lab.broken_newly"))
		}
		said := short(r.Message.Text, 80)
		if r.Message.Erased || r.Message.Number == 0 {
			said = k.T("case.erased")
		}
		p.Cases.Rows = append(p.Cases.Rows, ui.Row{Link: "/messages/" + r.GroupID.String() + "/" + itoa(r.Event),
			Cells: []templ.Component{ui.Two(said, r.Why), ui.Text(k.T("case.want_" + string(r.Want))), ui.Text(r.Rule), stands}})
	}
	return nil
}

func order(first bool) int {
	if first {
		return 1
	}
	return 0
}

// labPast shows the newest trial on the group's past, or how far it is.
func (b bookDesk) labPast(k *call, p *view.Lab, faulty bool) error {
	p.Days = ui.Input{Kind: "select", Name: "days", Label: k.T("group.span"), Value: "30", Of: "past"}
	for _, n := range replayDays {
		p.Days.Options = append(p.Days.Options, ui.Option{Value: strconv.Itoa(n), Text: k.T("group.days", "count", n)})
	}
	p.Past = view.RuleReplay{Empty: k.notRun()}
	p.Past.Head, p.Past.Tabs = b.head(k)
	if k.c.deps.Lab == nil {
		p.RunHere = b.at() + "/replay"
		return nil
	}
	p.Run = !faulty
	runs, _, err := k.labs().Runs(k.ctx(), b.g.Key, community.Page{Limit: 1})
	if err != nil || len(runs) == 0 {
		return err
	}
	run, err := k.labs().Run(k.ctx(), runs[0].ID)
	if err != nil {
		return err
	}
	p.RunState = k.T("lab.run_"+run.State, "at", moment(run.At, b.g), "from", moment(run.From, b.g), "done", k.Words.Number(run.Done), "of", k.Words.Number(run.Of))
	p.Older = !sameBook(run.Book, b.raw())
	switch run.State {
	case replay.RunBusy:
		p.Busy, p.Percent, p.Run, p.RunID = true, int(100*run.Done/max(1, run.Of)), false, run.ID.String()
	case replay.RunFault:
		p.Past.Faults = []string{run.Error}
	case replay.RunDone:
		return b.labRan(k, p, run)
	}
	return nil
}

// labRan shows what came of a trial.
func (b bookDesk) labRan(k *call, p *view.Lab, run replay.Run) error {
	rep, err := k.labs().Report(k.ctx(), run)
	if err != nil {
		return err
	}
	p.Past.Ran = true
	more, fewer := run.More()
	p.Past.Notes = append(p.Past.Notes, k.T("lab.against", "more", k.Words.Number(more), "fewer", k.Words.Number(fewer)), replayCost(k, rep))
	if a := run.Across; a != nil {
		p.Past.Notes = append(p.Past.Notes, k.T("across.past", "groups", k.Words.Number(int64(a.Groups)), "messages", k.Words.Number(int64(a.Messages))))
	}
	replayResult(k, &p.Past, b, rep, true)
	if p.Older {
		p.Past.Asks = nil // the book on the desk is not the one that was tried
		for i := range p.Past.Counts.Rows {
			p.Past.Counts.Rows[i].Actions = nil
		}
	}
	return nil
}

// sameBook reports whether two books say the same, however they are written.
func sameBook(a, b json.RawMessage) bool {
	return string(writeDoc(plainDoc(a))) == string(writeDoc(plainDoc(b)))
}

func plainDoc(raw json.RawMessage) any {
	doc, err := readDoc(raw)
	if err != nil {
		return string(raw)
	}
	delete(doc, "version")
	return doc
}

// labRun begins a trial of the book on the desk on the group's past.
func (c *Console) labRun(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	to := k.back(b.labAt(""))
	if !b.begun() || c.deps.Lab == nil {
		return community.Errorf(community.CodeNotFound, "nothing to try in group %d", b.g.Key)
	}
	if len(b.faultList(k)) > 0 {
		return k.done(to, "danger", k.T("rule.faulty", "count", len(b.faultList(k))), community.ID{})
	}
	if _, err := k.labs().Start(k.ctx(), k.who(), b.g.Key, b.raw(), number(k.form("days"), 1, 3650, 30), nil); err != nil {
		return k.refused(to, err)
	}
	return k.redirect(to + "#past")
}

// labStop ends a trial that is under way.
func (c *Console) labStop(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	id, err := community.ParseID(k.form("run"))
	if err != nil || c.deps.Lab == nil {
		return community.Errorf(community.CodeNotFound, "trial %q", k.form("run"))
	}
	to := k.back(b.labAt(""))
	if err := k.labs().Stop(k.ctx(), id); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("lab.stopped"))
}

// labJSON takes one rule as JSON into the draft; a rule with faults is not taken.
func (c *Console) labJSON(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	b.lab = k.form("rule")
	i := b.labRule()
	if i < 0 {
		return community.Errorf(community.CodeNotFound, "no rule %q", b.lab)
	}
	body := k.R.PostFormValue("json")
	if len(body) > policy.MaxBook {
		return community.Errorf(community.CodeTooLarge, "rule of %d bytes", len(body))
	}
	to := b.labAt(b.lab) + "&as=json"
	doc, err := readDoc([]byte(body))
	if err != nil {
		return k.done(to, "danger", k.T("rule.not_json"), community.ID{})
	}
	doc["id"] = b.lab // strikes name the rule by it
	rules := b.rules()
	rules[i] = doc
	b.setRules(rules)
	if faults := b.faultList(k); len(faults) > 0 {
		return k.done(to, "danger", k.T("lab.not_taken")+" "+strings.Join(faults[:min(len(faults), 3)], " "), community.ID{})
	}
	return b.kept(k, to, k.T("rule.note_edit", "rule", ruleName(doc)))
}
