package console

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

var guardRoutes = []route{
	{pattern: "GET /broadcasts/limits", may: rights.SeeContent, serve: (*Console).guardPage},
	{pattern: "GET /broadcasts/limits/edit", may: rights.Tune, whole: true, serve: (*Console).limitForm},
	{pattern: "POST /broadcasts/limits", may: rights.Tune, whole: true, serve: (*Console).limitSave},
	{pattern: "POST /broadcasts/limits/undo", may: rights.Tune, whole: true, serve: (*Console).guardUndo},
	{pattern: "GET /broadcasts/links", may: rights.Tune, whole: true, serve: (*Console).linkForm},
	{pattern: "POST /broadcasts/links", may: rights.Tune, whole: true, serve: (*Console).linkSave},
	{pattern: "POST /broadcasts/links/drop", may: rights.Tune, whole: true, serve: (*Console).linkDrop},
	{pattern: "POST /broadcasts/links/reset", may: rights.Tune, whole: true, serve: (*Console).linkReset},
}

// guardPage shows quiet hours, caps and the rules about links, with what was changed and the way back.
func (c *Console) guardPage(k *call) error {
	l, err := k.plans().Limits(k.ctx())
	if err != nil {
		return err
	}
	rules, err := k.plans().LinkRules(k.ctx())
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("guard.title"), Sub: k.T("guard.sub"), Back: "/broadcasts"}}
	mine := k.may(rights.Tune)
	if mine {
		p.Links = []ui.Option{{Value: "/broadcasts/limits/edit", Text: k.T("guard.edit")}, {Value: "/broadcasts/links", Text: k.T("guard.link_new")}}
	}
	for _, f := range limitFields(k, l) {
		n := ui.Number{Label: f.Label, Value: f.Value}
		if f.Kind == "number" {
			n.Note = f.Help
		}
		p.Stats = append(p.Stats, n)
	}
	links := k.linkTable(rules, mine)
	if mine {
		p.Openers = append(p.Openers, ui.Opener{Target: "reset", Text: k.T("guard.reset"), Icon: "refresh"})
		p.Asks = append(p.Asks, ui.Confirm{ID: "reset", Title: k.T("guard.reset"), Object: k.T("guard.rules"), Effect: k.T("guard.reset_effect", "num", len(rules)), Action: "/broadcasts/links/reset", Button: k.T("guard.reset"), Reason: k.T("form.reason")})
	}
	past, asks, err := k.guardPast(mine)
	if err != nil {
		return err
	}
	p.Asks = append(p.Asks, asks...)
	p.Tables = []view.PlanTable{{Title: k.T("guard.rules"), Note: k.T("guard.rules_note"), Table: links}, {Title: k.T("guard.past"), Table: past}}
	return k.show(p.Head.Title, view.PlanShow(p))
}

func (k *call) linkTable(rules []plan.LinkRule, mine bool) ui.Table {
	t := ui.Table{Label: k.T("guard.rules"), Columns: []ui.Column{{Title: k.T("plan.rule")}, {Title: k.T("guard.since")}, {Title: k.T("plan.platform")}, {Title: k.T("plan.weight")}, {Title: k.T("plan.reason")}, {Title: k.T("plan.instead")}},
		Empty: ui.Empty{Icon: "link", Title: k.T("guard.no_rules"), Text: k.T("guard.no_rules_text")}}
	for _, r := range rules {
		weight := ui.Pill("warning", "alert-circle", k.T("plan.warns"))
		if r.Refuse {
			weight = ui.Pill("danger", "x", k.T("plan.refuses"))
		}
		seen := k.T("plan.unverified")
		if r.Verified {
			seen = k.T("guard.verified")
		}
		row := ui.Row{Cells: []templ.Component{ui.Two(k.T("guard.kind_"+string(r.Kind)), r.ID), ui.Two(r.Since, r.Source+" · "+seen), ui.Text(dash(string(r.Platform))), weight, ui.Text(k.Words.Pick(r.Reason)), ui.Text(k.Words.Pick(r.Instead))}}
		if mine {
			row.Link = "/broadcasts/links?rule=" + r.ID
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// guardPastRows is how many changes are listed.
const guardPastRows = 10

// guardPast lists the last changes; each can be put back.
func (k *call) guardPast(mine bool) (ui.Table, []ui.Confirm, error) {
	t := ui.Table{Label: k.T("guard.past"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("audit.what")}, {Title: k.T("audit.detail")}},
		Empty: ui.Empty{Icon: "history", Title: k.T("guard.no_past"), Text: k.T("guard.no_past_text")}}
	names, err := k.userNames()
	if err != nil {
		return t, nil, err
	}
	var asks []ui.Confirm
	list, err := k.guardAudit()
	if err != nil {
		return t, nil, err
	}
	for _, a := range list {
		what := k.T("guard.limits")
		if a.Subject == plan.LinksSubject {
			what = k.T("guard.rules")
		}
		before, after := differing(a.Before, a.After)
		row := ui.Row{Cells: []templ.Component{ui.Moment(a.At), ui.Text(names(a.User)), ui.Two(what, a.Reason), view.BeforeAfter(before, after)}}
		if mine {
			id := "undo-" + a.ID.String()
			row.Actions = ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("guard.undo"), Small: true, Icon: "arrow-back-up"})
			asks = append(asks, ui.Confirm{ID: id, Title: k.T("guard.undo"), Object: what, Effect: k.T("guard.undo_effect"), Action: "/broadcasts/limits/undo", Button: k.T("guard.undo"), Reason: k.T("form.reason"),
				Fields: []ui.Option{{Value: "audit", Text: a.ID.String()}}})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, asks, nil
}

func (k *call) guardAudit() ([]community.Audit, error) {
	var out []community.Audit
	for _, subject := range []string{plan.LimitsSubject, plan.LinksSubject} {
		list, _, err := k.Desk.FindAudit(k.ctx(), community.AuditFilter{Verb: "setting.set", Subject: subject, Page: community.Page{Limit: guardPastRows}})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortStableFunc(out, func(a, b community.Audit) int { return int(b.At - a.At) })
	return out[:min(len(out), guardPastRows)], nil
}

// differing keeps of two documents what is not the same in both, where they are of fields.
func differing(before, after json.RawMessage) (string, string) {
	var b, a map[string]json.RawMessage
	if json.Unmarshal(before, &b) != nil || json.Unmarshal(after, &a) != nil {
		return shorten(string(before), 400), shorten(string(after), 400)
	}
	for name, value := range a {
		if string(b[name]) == string(value) {
			delete(a, name)
			delete(b, name)
		}
	}
	was, _ := json.Marshal(b) // raw values always encode
	is, _ := json.Marshal(a)
	return string(was), string(is)
}

// limitFields are the fields of the limits, as they stand.
func limitFields(k *call, l plan.Limits) []ui.Input {
	number := func(name string, v int) ui.Input {
		return ui.Input{Kind: "number", Name: name, Label: k.T("guard." + name), Value: strconv.Itoa(v), Help: k.T("guard." + name + "_help"), Required: true}
	}
	return []ui.Input{
		{Kind: "text", Name: "quiet_from", Label: k.T("guard.quiet_from"), Value: l.QuietFrom, Help: k.T("guard.quiet_help"), Required: true, Max: 5},
		{Kind: "text", Name: "quiet_to", Label: k.T("guard.quiet_to"), Value: l.QuietTo, Help: k.T("guard.quiet_help"), Required: true, Max: 5},
		number("per_day", l.PerDay), number("per_week", l.PerWeek), number("per_member", l.PerMember), number("member_share", l.Share),
		number("late", l.Late), number("give_up", l.GiveUp), number("remind", l.Remind),
	}
}

func (c *Console) limitForm(k *call) error {
	l, err := k.plans().Limits(k.ctx())
	if err != nil {
		return err
	}
	return k.limitEdit(limitFields(k, l), nil)
}

func (k *call) limitEdit(fields []ui.Input, faults []string) error {
	fields = append(fields, ui.Input{Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: k.form("reason")})
	p := view.PlanForm{Head: ui.Head{Title: k.T("guard.limits"), Sub: k.T("guard.limits_sub"), Back: "/broadcasts/limits"}, Action: "/broadcasts/limits", Do: k.T("plan.save"), Faults: faults,
		Groups: []view.PlanFields{{Title: k.T("guard.limits"), Rows: fields}}}
	moves, err := k.limitMoves()
	if err != nil {
		return err
	}
	p.Groups = append(p.Groups, moves...)
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// limitMoves are the fields by which a person says what a change of the limits should move, and in which group that is looked at.
func (k *call) limitMoves() ([]view.PlanFields, error) {
	fields := k.moveFields("adjust.offer_limits")
	if len(fields) == 0 {
		return nil, nil
	}
	where, err := k.whereLooked()
	if err != nil {
		return nil, err
	}
	fields[0].Rows = append(fields[0].Rows, where)
	return fields, nil
}

// limitAim lets a change of the limits know what it should move and where that is looked at; said false: nobody said so.
func (k *call) limitAim() (ctx context.Context, said bool, err error) {
	if k.c.deps.Goals == nil {
		return k.ctx(), true, nil
	}
	a, e := k.aim()
	g, err := k.groupNamed(k.form("move_g"))
	a.Group = g.Key
	return measure.WithAim(k.ctx(), a), e == nil && (a.Metric == "" || g.Key != 0), err
}

// limitSave changes quiet hours and caps.
func (c *Console) limitSave(k *call) error {
	n := func(name string) int {
		v, err := strconv.Atoi(strings.TrimSpace(k.form(name)))
		if err != nil {
			return -1
		}
		return v
	}
	l := plan.Limits{QuietFrom: k.form("quiet_from"), QuietTo: k.form("quiet_to"), PerDay: n("per_day"), PerWeek: n("per_week"), PerMember: n("per_member"), Share: n("member_share"),
		Late: n("late"), GiveUp: n("give_up"), Remind: n("remind")}
	ctx, said, err := k.limitAim()
	if err != nil {
		return err
	}
	if err = l.Check(); err == nil && !said {
		return k.limitEdit(limitFields(k, l), []string{k.T("adjust.ask_limits")})
	}
	if err == nil {
		err = k.plans().SaveLimits(ctx, k.who(), l, k.form("reason"))
	}
	if community.CodeOf(err) == community.CodeBadInput {
		fields := limitFields(k, l)
		for i, f := range fields {
			if fields[i].Value = k.form(f.Name); strings.HasPrefix(err.Error(), f.Name+":") {
				fields[i].Err = k.T("guard.wrong")
			}
		}
		return k.limitEdit(fields, []string{k.T("guard.bad_limits")})
	}
	if err != nil {
		return k.refused("/broadcasts/limits", err)
	}
	return k.ok("/broadcasts/limits", k.T("guard.saved")+k.aimSaid(0))
}

// guardUndo puts back what stood before a change.
func (c *Console) guardUndo(k *call) error {
	list, err := k.guardAudit()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a community.Audit) bool { return a.ID.String() == k.form("audit") })
	if i < 0 {
		return k.refused("/broadcasts/limits", community.Errorf(community.CodeNotFound, "change: not found"))
	}
	l, rules, err := plan.GuardBefore(list[i])
	switch {
	case err != nil:
	case l == nil:
		err = k.plans().SaveLinkRules(k.ctx(), k.who(), rules, k.form("reason"))
	default:
		ctx := measure.WithAim(k.ctx(), measure.Aim{Why: k.T("guard.undo") + " " + k.form("reason")})
		err = k.plans().SaveLimits(ctx, k.who(), *l, k.form("reason"))
	}
	if err != nil {
		return k.refused("/broadcasts/limits", err)
	}
	return k.ok("/broadcasts/limits", k.T("guard.undone"))
}

// linkForm shows one rule about links, or an empty one.
func (c *Console) linkForm(k *call) error {
	rules, err := k.plans().LinkRules(k.ctx())
	if err != nil {
		return err
	}
	r := plan.LinkRule{Kind: plan.HostRule, Since: k.c.clock().UTC().Format("2006-01-02")}
	if name := k.query("rule"); name != "" {
		i := slices.IndexFunc(rules, func(r plan.LinkRule) bool { return r.ID == name })
		if i < 0 {
			return community.Errorf(community.CodeNotFound, "rule: not found")
		}
		r = rules[i]
	}
	return k.linkEdit(r, k.query("rule"), nil)
}

func (k *call) linkEdit(r plan.LinkRule, was string, faults []string) error {
	var kinds []ui.Option
	for _, kind := range plan.LinkKinds {
		kinds = append(kinds, ui.Option{Value: string(kind), Text: k.T("guard.kind_" + string(kind))})
	}
	text := func(name, value, help string, most int) ui.Input {
		return ui.Input{Kind: "text", Name: name, Label: k.T("guard." + name), Value: value, Help: help, Max: most}
	}
	area := func(name string, list []string) ui.Input {
		return ui.Input{Kind: "area", Name: name, Label: k.T("guard." + name), Value: strings.Join(list, "\n"), Help: k.T("guard.line_each"), Rows: 4, Max: 20000}
	}
	tick := func(name string, on bool) ui.Input {
		return ui.Input{Kind: "check", Name: name, Label: k.T("guard." + name), Value: map[bool]string{true: "1"}[on]}
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("guard.link_new"), Sub: k.T("guard.link_sub"), Back: "/broadcasts/limits"}, Action: "/broadcasts/links", Do: k.T("plan.save"), Faults: faults, Hidden: []ui.Option{{Value: "was", Text: was}},
		Groups: []view.PlanFields{{Title: k.T("guard.what"), Rows: []ui.Input{
			ui.Input{Kind: "text", Name: "id", Label: k.T("guard.key"), Value: r.ID, Help: k.T("guard.key_help"), Max: 60}, text("since", r.Since, k.T("guard.since_help"), 10), text("platform", string(r.Platform), k.T("guard.platform_help"), 20),
			{Kind: "select", Name: "kind", Label: k.T("guard.kind"), Value: string(r.Kind), Options: kinds}, text("source", r.Source, k.T("guard.source_help"), 200), tick("refuse", r.Refuse), tick("verified", r.Verified)}},
			{Title: k.T("guard.looks_for"), Rows: []ui.Input{area("words", r.Words), area("hosts", r.Hosts), area("ends", r.Ends)}},
			{Title: k.T("guard.says"), Rows: []ui.Input{text("reason_zh", r.Reason[0], "", 500), text("reason_en", r.Reason[1], "", 500), text("instead_zh", r.Instead[0], "", 500), text("instead_en", r.Instead[1], "", 500)}},
			{Title: k.T("form.reason"), Rows: []ui.Input{{Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: k.form("reason")}}}}}
	if was != "" {
		p.Head.Title = was
		p.Ask, p.AskText = "/broadcasts/links/drop", k.T("guard.drop")
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// linkAsked reads the form of a rule.
func linkAsked(k *call) plan.LinkRule {
	list := func(name string) []string {
		return strings.FieldsFunc(k.R.PostFormValue(name), func(r rune) bool { return r == '\n' || r == '\r' })
	}
	long := func(name string) string { return strings.TrimSpace(k.R.PostFormValue(name)) }
	return plan.LinkRule{ID: k.form("id"), Platform: community.Platform(k.form("platform")), Since: k.form("since"), Kind: plan.LinkKind(k.form("kind")), Words: list("words"), Hosts: list("hosts"), Ends: list("ends"),
		Refuse: k.form("refuse") == "1", Verified: k.form("verified") == "1", Source: k.form("source"),
		Reason: [2]string{long("reason_zh"), long("reason_en")}, Instead: [2]string{long("instead_zh"), long("instead_en")}}
}

// linkSave keeps a rule: in the place of the one that was edited, or at the end.
func (c *Console) linkSave(k *call) error {
	r, was := linkAsked(k), k.form("was")
	err := k.changeLinks(func(rules []plan.LinkRule) []plan.LinkRule {
		if i := slices.IndexFunc(rules, func(r plan.LinkRule) bool { return r.ID == was }); was != "" && i >= 0 {
			rules[i] = r
			return rules
		}
		return append(rules, r)
	})
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
		return k.linkEdit(r, was, []string{k.T("guard.bad_link"), err.Error()})
	}
	return k.linkDone(err, "guard.link_saved", r.ID)
}

// linkDrop takes a rule out.
func (c *Console) linkDrop(k *call) error {
	was := k.form("was")
	err := k.changeLinks(func(rules []plan.LinkRule) []plan.LinkRule {
		return slices.DeleteFunc(rules, func(r plan.LinkRule) bool { return r.ID == was })
	})
	return k.linkDone(err, "guard.link_dropped", was)
}

// linkReset puts the program's own rules in force again.
func (c *Console) linkReset(k *call) error {
	return k.linkDone(k.plans().SaveLinkRules(k.ctx(), k.who(), nil, k.form("reason")), "guard.link_reset", "")
}

func (k *call) changeLinks(change func([]plan.LinkRule) []plan.LinkRule) error {
	rules, err := k.plans().LinkRules(k.ctx())
	if err != nil {
		return err
	}
	return k.plans().SaveLinkRules(k.ctx(), k.who(), change(append([]plan.LinkRule{}, rules...)), k.form("reason"))
}

func (k *call) linkDone(err error, said, id string) error {
	if err != nil {
		return k.refused("/broadcasts/limits", err)
	}
	return k.ok("/broadcasts/limits", k.T(said, "id", id))
}
