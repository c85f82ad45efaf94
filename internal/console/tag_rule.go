package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
	"qunluo/internal/tag"
)

// tagRules lists the rules: what they say, when they ran, what kept them from it.
func (c *Console) tagRules(k *call) error {
	list, err := k.tags().Rules(k.ctx())
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("tag.rules"), Sub: k.T("tag.rules_sub")}, Tabs: tagTabs(k, "rules"), Says: k.T("tag.rules_say")}
	t := ui.Table{Label: k.T("tag.rules"), Columns: []ui.Column{{Title: k.T("tag.name")}, {Title: k.T("tag.when")}, {Title: k.T("tag.ran")}, {Title: k.T("tag.changed"), Hide: true}}, Empty: ui.Empty{Icon: "filter", Title: k.T("tag.no_rules"), Text: k.T("tag.no_rules_text")}}
	for _, v := range list {
		state := ui.Pill("good", "check", k.T("tag.is_on"))
		switch {
		case v.Trouble != "":
			state = ui.Pill("danger", "alert-triangle", k.T("tag.trouble_"+v.Trouble))
		case !v.On:
			state = ui.Pill("", "", k.T("tag.is_off"))
		}
		ran := k.T("tag.never_ran")
		if v.Ran > 0 {
			ran = k.Words.Ago(v.Ran, k.now())
		}
		row := ui.Row{Cells: []templ.Component{ui.Two(ui.Visible(v.Tag), k.T("tag.scope_"+string(v.Scope))), ui.Text(k.ruleSaid(v.Rule)), view.Stack(state, ran), ui.Two(k.T("rule.version", "v", v.Version), ui.Visible(who(v.User)+" · "+v.Note))}}
		if k.may(rights.Tune) {
			row.Link = "/tags/rules/look?" + ruleQuery(v).Encode()
			id := v.ID.String()
			run := ui.Confirm{ID: "run-" + id, Title: k.T("tag.run"), Object: v.Tag, Effect: k.T("tag.run_effect"), Action: "/tags/rules/run", Button: k.T("tag.run"), Fields: []ui.Option{{Value: "id", Text: id}}}
			end := ui.Confirm{ID: "end-" + id, Title: k.T("tag.end"), Object: v.Tag, Effect: k.T("tag.end_effect"), Action: "/tags/rules/end", Button: k.T("tag.end"), Danger: true, Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "id", Text: id}},
				Inputs: []ui.Input{{Of: "end-" + id, Kind: "check", Name: "keep", Label: k.T("tag.keep")}}}
			p.Asks = append(p.Asks, run, end)
			row.Actions = view.Openers([]ui.Opener{{Target: run.ID, Text: run.Title, Icon: "refresh", Small: true}, {Target: end.ID, Text: end.Title, Icon: "trash", Small: true}})
		}
		t.Rows = append(t.Rows, row)
	}
	if k.may(rights.Tune) {
		for _, s := range tag.Scopes() {
			p.Presets = append(p.Presets, ui.Tab{Text: k.T("tag.new_rule_" + string(s)), Link: "/tags/rules/look?scope=" + string(s)})
		}
	}
	p.Tables = []view.PlanTable{{Title: k.T("tag.rules"), Table: t}}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// ruleSaid says a rule in a sentence.
func (k *call) ruleSaid(r tag.Rule) string {
	var parts []string
	for _, c := range r.When {
		parts = append(parts, k.conditionSaid(c))
	}
	join := k.T("tag.and")
	if r.Any {
		join = k.T("tag.or")
	}
	out := strings.Join(parts, join)
	if r.GroupTag != "" {
		out += k.T("tag.in_tagged", "tag", ui.Visible(r.GroupTag))
	}
	if len(r.Groups) > 0 {
		out += k.T("tag.in_groups", "num", len(r.Groups))
	}
	return out
}

func (k *call) conditionSaid(c tag.Condition) string {
	value := ui.Visible(c.Value)
	if key := "tag.value_" + c.Value; k.Words.Has(key) {
		value = k.T(key)
	}
	out := k.T("tag.fact_"+c.Fact) + " " + k.T("tag.op_"+c.Op) + " " + value
	if c.Days > 0 {
		out = k.T("tag.window", "days", c.Days) + out
	}
	return out
}

// shownConditions is how many conditions the form has room for; rules of more are written by other doors.
const shownConditions = 4

// ruleQuery is a rule as the address of its form.
func ruleQuery(v tag.Version) url.Values {
	q := url.Values{"scope": {string(v.Scope)}, "name": {v.Tag}, "id": {v.ID.String()}, "base": {strconv.Itoa(v.Version)}}
	if v.Any {
		q.Set("any", "1")
	}
	if v.GroupTag != "" {
		q.Set("in", v.GroupTag)
	}
	for _, g := range v.Groups {
		q.Add("group", g.String())
	}
	for i, c := range v.When {
		n := strconv.Itoa(i + 1)
		q.Set("fact"+n, c.Fact)
		q.Set("op"+n, c.Op)
		q.Set("value"+n, c.Value)
		if c.Days > 0 {
			q.Set("days"+n, strconv.Itoa(c.Days))
		}
	}
	return q
}

// ruleOf reads a rule of an address or a form.
func ruleOf(value func(string) string, groups []string) (r tag.Rule, id community.ID, base int, err error) {
	r = tag.Rule{Scope: tag.Scope(value("scope")), Tag: value("name"), Any: value("any") == "1", GroupTag: value("in")}
	if r.Scope == "" {
		r.Scope = tag.Person
	}
	for _, text := range groups {
		g, err := community.ParseID(text)
		if err != nil {
			return r, id, base, community.Errorf(community.CodeBadInput, "group: %w", err)
		}
		r.Groups = append(r.Groups, g)
	}
	for i := 1; i <= tag.MaxConditions; i++ {
		n := strconv.Itoa(i)
		c := tag.Condition{Fact: value("fact" + n), Op: value("op" + n), Value: value("value" + n)}
		if c.Fact == "" {
			continue
		}
		c.Days = number(value("days"+n), 1, tag.MaxDays, 0)
		fact := slices.IndexFunc(tag.Facts(), func(f tag.Fact) bool { return f.Name == c.Fact })
		if fact >= 0 && !tag.Facts()[fact].Window {
			c.Days = 0
		}
		if fact >= 0 && tag.Facts()[fact].Window && c.Days == 0 {
			c.Days = 28
		}
		r.When = append(r.When, c)
	}
	if text := value("id"); text != "" {
		if id, err = community.ParseID(text); err != nil {
			return r, id, base, community.Errorf(community.CodeNotFound, "rule: %w", err)
		}
		base = number(value("base"), 1, 1<<30, 0)
	}
	return r, id, base, nil
}

// tagLook is the form of a rule: it shows what the rule would do before it can be kept.
func (c *Console) tagLook(k *call) error {
	r, id, base, err := ruleOf(k.query, k.R.URL.Query()["group"])
	if err != nil {
		return err
	}
	if _, err := k.tagScope(string(r.Scope)); err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("tag.new_rule_" + string(r.Scope)), Sub: k.T("tag.look_sub"), Back: "/tags/rules"}, Chosen: k.T("tag.conditions"), Filters: k.ruleFields(r, id, base)}
	if !id.IsZero() {
		p.Head.Title = k.T("tag.edit_rule", "tag", ui.Visible(r.Tag))
	}
	if r.Tag != "" {
		p.Says = k.ruleSaid(r)
		if err := k.ruleTrial(&p, r, id, base); err != nil {
			return err
		}
	}
	return k.show(p.Head.Title, view.InsightPage(p))
}

func (k *call) ruleFields(r tag.Rule, id community.ID, base int) ui.Filters {
	f := ui.Filters{Action: "/tags/rules/look", Keep: []ui.Option{{Value: "scope", Text: string(r.Scope)}}}
	for _, g := range r.Groups {
		f.Keep = append(f.Keep, ui.Option{Value: "group", Text: g.String()})
	}
	if id.IsZero() {
		f.Fields = append(f.Fields, ui.Filter{Kind: "text", Name: "name", Label: k.T("tag.name"), Value: r.Tag})
	} else {
		f.Keep = append(f.Keep, ui.Option{Value: "id", Text: id.String()}, ui.Option{Value: "base", Text: strconv.Itoa(base)}, ui.Option{Value: "name", Text: r.Tag})
	}
	anyOf := ""
	if r.Any {
		anyOf = "1"
	}
	facts, ops := []ui.Option{{Text: k.T("tag.no_condition")}}, []ui.Option{}
	for _, fact := range tag.FactsOf(r.Scope) {
		facts = append(facts, ui.Option{Value: fact.Name, Text: k.T("tag.fact_" + fact.Name)})
	}
	for _, op := range []string{"is", "not", "least", "most", "has"} {
		ops = append(ops, ui.Option{Value: op, Text: k.T("tag.op_" + op)})
	}
	for i := range max(shownConditions, len(r.When)) {
		c, n := tag.Condition{}, strconv.Itoa(i+1)
		if i < len(r.When) {
			c = r.When[i]
		}
		days := ""
		if c.Days > 0 {
			days = strconv.Itoa(c.Days)
		}
		f.Fields = append(f.Fields, ui.Filter{Kind: "select", Name: "fact" + n, Label: k.T("tag.condition", "n", i+1), Value: c.Fact, Options: facts},
			ui.Filter{Kind: "select", Name: "op" + n, Label: k.T("tag.op"), Value: c.Op, Options: ops}, ui.Filter{Kind: "text", Name: "value" + n, Label: k.T("tag.value"), Value: c.Value},
			ui.Filter{Kind: "text", Name: "days" + n, Label: k.T("tag.days"), Value: days})
	}
	f.Fields = append(f.Fields, ui.Filter{Kind: "check", Name: "any", Label: k.T("tag.any"), Value: anyOf}, ui.Filter{Kind: "text", Name: "in", Label: k.T("tag.in"), Value: r.GroupTag})
	return f
}

// ruleTrial shows what a rule would do, and offers to keep it.
func (k *call) ruleTrial(p *view.Insight, r tag.Rule, id community.ID, base int) error {
	v, err := k.tags().TryRule(k.ctx(), r, id)
	if community.CodeOf(err) == community.CodeBadInput {
		p.Notes = []string{k.T("tag.bad_rule"), ui.Visible(err.Error())}
		return nil
	}
	if err != nil {
		return err
	}
	if v.Trouble != "" {
		p.Notes = []string{k.T("tag.trouble_" + v.Trouble)}
		return nil
	}
	p.Metrics = []view.Metric{{Label: k.T("tag.would_put"), Lead: k.Words.Number(v.Put), Means: k.T("tag.would_put_means")}, {Label: k.T("tag.would_take"), Lead: k.Words.Number(v.Take), Means: k.T("tag.would_take_means")},
		{Label: k.T("tag.would_keep"), Lead: k.Words.Number(v.Keep), Means: k.T("tag.would_keep_means", "hand", v.Hand, "no", v.No)}}
	p.Tables = []view.PlanTable{{Title: k.T("tag.first"), Table: k.trialTable(v)}}
	ask := ui.Confirm{ID: "keep-rule", Title: k.T("tag.keep_rule"), Object: r.Tag, Effect: k.T("tag.keep_rule_effect", "put", v.Put, "take", v.Take), Action: "/tags/rules", Button: k.T("tag.keep_rule"), Reason: k.T("form.reason"), Need: true,
		Inputs: []ui.Input{{Of: "keep-rule", Kind: "check", Name: "on", Label: k.T("tag.switch_on"), Value: "1"}}}
	q := ruleQuery(tag.Version{Rule: r, ID: id, Version: base})
	if id.IsZero() {
		q.Del("id")
	}
	for name, values := range q {
		for _, one := range values {
			ask.Fields = append(ask.Fields, ui.Option{Value: name, Text: one})
		}
	}
	slices.SortFunc(ask.Fields, func(a, b ui.Option) int { return strings.Compare(a.Value+a.Text, b.Value+b.Text) })
	p.Asks, p.Openers = []ui.Confirm{ask}, []ui.Opener{{Target: ask.ID, Text: ask.Title, Icon: "check"}}
	return nil
}

func (k *call) trialTable(v tag.Trial) ui.Table {
	t := ui.Table{Label: k.T("tag.first"), Columns: []ui.Column{{Title: k.T("tag.who")}, {Title: k.T("tag.what")}, {Title: k.T("tag.why")}}, Empty: ui.Empty{Icon: "check", Title: k.T("tag.would_nothing")}}
	for _, l := range v.Lines {
		row := ui.Row{}
		name, under := l.Name, l.GroupName
		switch {
		case !l.MemberID.IsZero():
			row.Link = "/members/" + l.MemberID.String()
		default:
			row.Link, name, under = "/groups/"+l.GroupID.String(), l.GroupName, ""
		}
		what := ui.Pill("good", "plus", k.T("tag.put"))
		if !l.Put {
			what = ui.Pill("warning", "x", k.T("tag.take"))
		}
		row.Cells = []templ.Component{ui.Two(ui.Visible(name), ui.Visible(under)), what, ui.Text(ui.Visible(l.Why))}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// tagRuleSave keeps a rule as a new one, or as a new version of one.
func (c *Console) tagRuleSave(k *call) error {
	r, id, base, err := ruleOf(k.form, k.R.PostForm["group"])
	if err != nil {
		return err
	}
	to := "/tags/rules"
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	var v tag.Version
	if id.IsZero() {
		v, err = k.tags().AddRule(k.ctx(), k.who(), r, k.form("on") == "1", k.form("reason"))
	} else {
		v, err = k.tags().SetRule(k.ctx(), k.who(), id, base, r, k.form("on") == "1", k.form("reason"))
	}
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok(to, k.T("tag.rule_saved", "tag", ui.Visible(v.Tag), "v", v.Version))
	case community.CodeBadInput:
		return k.done(to, "danger", k.T("tag.bad_rule"), community.ID{})
	case community.CodeConflict:
		return k.done(to, "danger", k.T("tag.rule_conflict"), community.ID{})
	case community.CodeNotFound:
		return k.done(to, "danger", k.T("tag.trouble_group_gone"), community.ID{})
	}
	return k.refused(to, err)
}

func (k *call) ruleID() (community.ID, error) {
	id, err := community.ParseID(k.form("id"))
	if err != nil {
		return id, community.Errorf(community.CodeNotFound, "rule: %w", err)
	}
	return id, nil
}

func (c *Console) tagRuleRun(k *call) error {
	id, err := k.ruleID()
	if err != nil {
		return err
	}
	v, err := k.tags().RunRule(k.ctx(), k.who(), id)
	if err != nil {
		return k.tagBack("/tags/rules", err)
	}
	if v.Trouble != "" {
		return k.done("/tags/rules", "danger", k.T("tag.trouble_"+v.Trouble), community.ID{})
	}
	return k.ok("/tags/rules", k.T("tag.did_run", "put", v.Put, "take", v.Take))
}

func (c *Console) tagRuleEnd(k *call) error {
	id, err := k.ruleID()
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done("/tags/rules", "danger", k.T("act.need_reason"), community.ID{})
	}
	n, err := k.tags().EndRule(k.ctx(), k.who(), id, k.form("keep") == "1", k.form("reason"))
	if err != nil {
		return k.tagBack("/tags/rules", err)
	}
	return k.ok("/tags/rules", k.T("tag.ended", "num", n))
}
