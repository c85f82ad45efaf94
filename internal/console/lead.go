package console

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// Leads is what the page of potential users asks and changes.
type Leads interface {
	Rule(ctx context.Context) (measure.LeadRuleVersion, error)
	// Rules lists the versions of the rule, the newest first; SetRule keeps a new one.
	Rules(ctx context.Context) ([]measure.LeadRuleVersion, error)
	SetRule(ctx context.Context, user string, r measure.LeadRule, note string) (measure.LeadRuleVersion, error)
	// Mark applies a rule to what is on record.
	Mark(ctx context.Context, r measure.LeadRule) (measure.Leads, error)
	// Enter keeps signals from a CSV, all or none; known were there before, alone are of people whom no member is found for.
	Enter(ctx context.Context, user string, file io.Reader) (added, known, alone int, faults []measure.SignalFault, err error)
}

// leadRoutes are there where leads are marked.
func (c *Console) leadRoutes() []route {
	if c.deps.Leads == nil {
		return nil
	}
	return []route{
		{pattern: "GET /leads", may: rights.SeePeople, serve: (*Console).leadList},
		{pattern: "POST /leads/rule", may: rights.Tune, whole: true, serve: (*Console).leadRule},
		{pattern: "POST /leads/signals", may: rights.Steer, serve: (*Console).leadSignals},
	}
}

func (k *call) leads() Leads { return k.c.deps.Leads(k.User.Org, k.groups) }

// leadList shows whom the rule marks, why, and how well it does.
func (c *Console) leadList(k *call) error {
	rule, err := k.leads().Rule(k.ctx())
	if err != nil {
		return err
	}
	l, err := k.leads().Mark(k.ctx(), rule.LeadRule)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("nav.leads"), Sub: k.T("lead.sub")}, Says: k.leadRuleSaid(rule)}
	p.Notes = []string{k.T("lead.note_signals"), k.T("lead.note_precision"), k.T("lead.note_recall"), k.T("lead.note_fit"), k.T("lead.note_alone", "num", l.Unmatched)}
	k.leadForms(&p, rule.LeadRule)
	p.Metrics = []view.Metric{k.leadShare("precision", l.Precision), k.leadShare("recall", l.Recall),
		{Label: k.T("lead.marked"), Lead: k.Words.Number(len(l.List)), Means: k.T("lead.marked_means", "unmatched", l.Unmatched)}}
	people, err := k.leadPeople(l)
	if err != nil {
		return err
	}
	versions, err := k.leadVersions()
	if err != nil {
		return err
	}
	p.Lead = []view.PlanTable{{Title: k.T("lead.people"), Table: people}}
	p.Tables = []view.PlanTable{{Title: k.T("lead.signals"), Table: k.signalTable(l, rule.LeadRule)}, {Title: k.T("lead.versions"), Table: versions}}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// leadRuleSaid says the rule in words.
func (k *call) leadRuleSaid(v measure.LeadRuleVersion) string {
	var parts []string
	for _, kind := range measure.SignalKinds() {
		if w := v.Weights[kind]; w > 0 {
			parts = append(parts, k.T("lead.kind_"+kind)+" "+strconv.Itoa(w))
		}
	}
	version := k.T("lead.default")
	if v.Version > 0 {
		version = k.T("lead.version", "v", v.Version)
	}
	return version + k.T("list.colon") + k.T("lead.rule", "days", v.Days, "least", v.Least, "weights", strings.Join(parts, k.T("list.comma")))
}

// leadShare is a share with its interval; below 20 the counts lead, and of nothing it says what is missing.
func (k *call) leadShare(name string, s measure.Share) view.Metric {
	m := view.Metric{Label: k.T("lead." + name), Means: k.T("lead." + name + "_means"), Lead: "–", Facts: []string{"n = " + k.amount(s.Den)}}
	if s.Withheld != "" {
		m.Facts = append(m.Facts, k.T("lead.too_few"))
		return m
	}
	counts := k.T("retention.counts", "num", k.amount(s.Num), "den", k.amount(s.Den))
	m.Lead, m.Counts = percent(s.Value), counts
	if s.Grey {
		m.Lead, m.Counts, m.Quiet = counts, percent(s.Value), true
		m.Facts = append(m.Facts, k.T("lead.too_few"))
	}
	m.Facts = append(m.Facts, k.T("lead.interval", "low", percent(s.Low), "high", percent(s.High)))
	return m
}

var leadLook = map[string][2]string{measure.LeadWaiting: {"info", "clock"}, measure.LeadActivated: {"good", "check"}, measure.LeadNot: {"", ""}, measure.LeadBefore: {"", ""}, measure.LeadUnmatched: {"warning", "alert-triangle"}}

func (k *call) leadPeople(l measure.Leads) (ui.Table, error) {
	t := ui.Table{Label: k.T("lead.people"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("lead.at")}, {Title: k.T("lead.reasons")}, {Title: k.T("lead.score"), Num: true}, {Title: k.T("lead.state")}}, Empty: ui.Empty{Icon: "users", Title: k.T("lead.none"), Text: k.T("lead.none_text")}}
	at := k.page(listLimit)
	from := min(at.Offset, len(l.List))
	part := l.List[from:min(len(l.List), from+at.Limit)]
	var keys []community.MemberKey
	for _, one := range part {
		if one.Member != 0 {
			keys = append(keys, one.Member)
		}
	}
	known, err := k.membersOf(keys)
	if err != nil {
		return t, err
	}
	for _, one := range part {
		row := ui.Row{}
		name := one.Who
		if m, ok := known[one.Member]; ok {
			name, row.Link = m.Name, "/members/"+m.ID.String()
		}
		active := ""
		if one.Active > 0 {
			active = i18n.Time(one.Active, nil)
		}
		look := leadLook[one.State]
		row.Cells = []templ.Component{ui.Name(name), ui.Moment(one.At), ui.Text(k.leadReasons(one)), ui.Figure(int64(one.Score)), view.Stack(ui.Pill(look[0], look[1], k.T("lead.is_"+one.State)), active)}
		t.Rows = append(t.Rows, row)
	}
	t.Pager = k.pager(at, len(part), len(l.List))
	return t, nil
}

func (k *call) leadReasons(l measure.Lead) string {
	var out []string
	for _, r := range l.Reasons {
		said := k.T("lead.kind_"+r.Kind) + " +" + strconv.Itoa(r.Weight) + " " + i18n.Time(r.At, nil)
		if r.Source != "" {
			said += " " + gist(r.Source, 20)
		}
		out = append(out, said)
	}
	return strings.Join(out, " · ")
}

func (k *call) signalTable(l measure.Leads, r measure.LeadRule) ui.Table {
	t := ui.Table{Label: k.T("lead.signals"), Columns: []ui.Column{{Title: k.T("lead.kind")}, {Title: k.T("lead.weight"), Num: true}, {Title: k.T("lead.seen"), Num: true}}}
	for _, kind := range measure.SignalKinds() {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.T("lead.kind_"+kind), k.T("lead.from_"+kind)), ui.Figure(int64(r.Weights[kind])), ui.Figure(int64(l.Signals[kind]))}})
	}
	return t
}

func (k *call) leadVersions() (ui.Table, error) {
	t := ui.Table{Label: k.T("lead.versions"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("lead.words")}}, Empty: ui.Empty{Icon: "history", Title: k.T("lead.default")}}
	list, err := k.leads().Rules(k.ctx())
	if err != nil {
		return t, err
	}
	who, err := k.userNames()
	if err != nil {
		return t, err
	}
	for _, v := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(v.At), ui.Text(who(v.User)), ui.Two(k.leadRuleSaid(v), ui.Visible(v.Note))}})
	}
	return t, nil
}

// leadForms are the ways to change the rule and to enter signals.
func (k *call) leadForms(p *view.Insight, r measure.LeadRule) {
	var kinds []ui.Option
	for _, kind := range measure.SignalKinds() {
		kinds = append(kinds, ui.Option{Value: kind, Text: k.T("lead.kind_" + kind)})
	}
	one := ui.Confirm{ID: "signal", Title: k.T("lead.add"), Effect: k.T("lead.add_note"), Action: "/leads/signals", Button: k.T("lead.add"), Inputs: []ui.Input{
		{Kind: "text", Name: "who", Label: k.T("lead.who"), Help: k.T("lead.who_help"), Required: true, Max: 60}, {Kind: "select", Name: "kind", Label: k.T("lead.kind"), Value: measure.SignalSignup, Options: kinds},
		{Kind: "text", Name: "at", Label: k.T("lead.when"), Required: true, Max: 20, Value: i18n.Time(k.now(), nil)}, {Kind: "text", Name: "source", Label: k.T("lead.source"), Max: 60}}}
	many := ui.Confirm{ID: "signals", Title: k.T("lead.file"), Effect: k.T("lead.file_note"), Action: "/leads/signals", Button: k.T("lead.file"), Inputs: []ui.Input{{Kind: "area", Name: "csv", Label: k.T("payment.pasted"), Required: true, Rows: 8, Value: "who,kind,at,source\n"}}}
	p.Openers = []ui.Opener{{Target: one.ID, Text: one.Title, Icon: "plus"}, {Target: many.ID, Text: many.Title, Icon: "file-import"}}
	p.Asks = []ui.Confirm{one, many}
	if !k.may(rights.Tune) {
		return
	}
	rule := ui.Confirm{ID: "rule", Title: k.T("lead.change"), Effect: k.T("lead.change_note"), Action: "/leads/rule", Button: k.T("lead.save"), Reason: k.T("form.reason"), Need: true}
	for _, kind := range measure.SignalKinds() {
		rule.Inputs = append(rule.Inputs, ui.Input{Kind: "number", Name: "w_" + kind, Label: k.T("lead.weight") + k.T("list.colon") + k.T("lead.kind_"+kind), Value: strconv.Itoa(r.Weights[kind]), Required: true})
	}
	rule.Inputs = append(rule.Inputs, ui.Input{Kind: "number", Name: "least", Label: k.T("lead.least"), Value: strconv.Itoa(r.Least), Required: true}, ui.Input{Kind: "number", Name: "days", Label: k.T("lead.days"), Value: strconv.Itoa(r.Days), Required: true})
	p.Openers, p.Asks = append([]ui.Opener{{Target: "rule", Text: rule.Title, Icon: "edit"}}, p.Openers...), append(p.Asks, rule)
}

// leadRule keeps a new version of the rule.
func (c *Console) leadRule(k *call) error {
	r := measure.LeadRule{Weights: map[string]int{}, Least: number(k.form("least"), 0, 1000, -1), Days: number(k.form("days"), 0, 1000, -1)}
	for _, kind := range measure.SignalKinds() {
		r.Weights[kind] = number(k.form("w_"+kind), 0, 1000, -1)
	}
	if k.form("reason") == "" {
		return k.done("/leads", "danger", k.T("act.need_reason"), community.ID{})
	}
	v, err := k.leads().SetRule(k.ctx(), k.who(), r, k.form("reason"))
	if community.CodeOf(err) == community.CodeBadInput {
		return k.done("/leads", "danger", k.T("lead.bad_rule"), community.ID{})
	}
	if err != nil {
		return k.refused("/leads", err)
	}
	return k.ok("/leads", k.T("lead.saved", "v", v.Version))
}

// leadSignals enters one signal, or those of a pasted file.
func (c *Console) leadSignals(k *call) error {
	text := k.R.PostFormValue("csv")
	pasted := text != ""
	if !pasted {
		text = csvOf([]string{"who", "kind", "at", "source"}, []string{k.form("who"), k.form("kind"), k.form("at"), k.form("source")})
	}
	added, known, alone, faults, err := k.leads().Enter(k.ctx(), k.who(), strings.NewReader(text))
	if err != nil {
		return k.refused("/leads", err)
	}
	if len(faults) > 0 {
		var said []string
		for _, f := range faults[:min(len(faults), 5)] {
			why := k.T("lead.bad_" + f.What)
			if pasted {
				why = k.T("payment.bad_line", "line", f.Line, "why", why)
			}
			said = append(said, why)
		}
		return k.done("/leads", "danger", k.T("lead.bad", "why", strings.Join(said, " · ")), community.ID{})
	}
	return k.ok("/leads", k.T("lead.added", "added", added, "known", known, "alone", alone))
}
