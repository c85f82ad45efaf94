package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

var hitRoutes = []route{
	{pattern: "GET /hits", may: rights.SeeTexts, serve: (*Console).hitList},
	{pattern: "GET /hits.csv", may: rights.Export, and: rights.SeeTexts, serve: (*Console).hitSheet},
	{pattern: "POST /hits/rules", may: rights.Tune, whole: true, serve: (*Console).hitRules},
}

// hitFilter reads which hits are asked for.
func hitFilter(k *call) (community.DecisionFilter, community.GroupRow, error) {
	g, err := k.groupNamed(k.query("g"))
	return community.DecisionFilter{Group: g.Key, Tag: k.query("tag"), Rule: k.query("rule"), Verdict: community.Verdict(k.query("verdict")), Hits: true, Unresolved: k.query("open") == "1", Noticed: k.query("told"), Page: k.page(listLimit)}, g, err
}

// hitList is the ledger of hits: message, span, rule, action, whether somebody was told, what became of it.
func (c *Console) hitList(k *call) error {
	f, g, err := hitFilter(k)
	if err != nil {
		return err
	}
	rows, total, err := k.Desk.FindDecisions(k.ctx(), f)
	if err != nil {
		return err
	}
	rules, err := k.Hands.HitRules(k.ctx())
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.hits"), Sub: k.T("hits.sub")}, Note: k.hitRulesSaid(rules)}
	if p.Filters, err = hitFilters(k, g); err != nil {
		return err
	}
	p.Table = ui.Table{Label: k.T("nav.hits"), Columns: []ui.Column{{Title: k.T("hits.message")}, {Title: k.T("hits.span")}, {Title: k.T("hits.rule")}, {Title: k.T("hits.action")}, {Title: k.T("hits.told")}, {Title: k.T("hits.resolved")}},
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("hits.none"), Text: k.T("hits.none_text")}, Pager: k.pager(f.Page, len(rows), total)}
	for _, d := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/review?all=1&d=" + d.ID.String(), Cells: []templ.Component{ui.Two(short(d.Message.Text, 40), d.MemberName+" · "+d.GroupName), ui.Text(k.spanSaid(d)),
			ui.Text(strings.Join(k.hitReasons(d), k.T("list.semicolon"))), ui.Text(k.hitAction(d)), k.hitTold(d, who), k.hitResolved(d, who)}})
	}
	k.export(p.Table.Pager, "/hits.csv")
	if k.may(rights.Tune) {
		p.Asks = append(p.Asks, ui.Confirm{ID: "rules", Title: k.T("hits.rules"), Object: k.hitRulesSaid(rules), Effect: k.T("hits.rules_effect"), Action: "/hits/rules", Button: k.T("hits.rules"), Reason: k.T("form.reason"),
			Inputs: []ui.Input{{Kind: "number", Name: "minutes", Label: k.T("hits.minutes"), Value: strconv.Itoa(rules.Minutes)}, {Kind: "number", Name: "dry", Label: k.T("hits.dry"), Value: strconv.Itoa(rules.Dry)},
				{Kind: "check", Name: "all", Label: k.T("hits.all"), Value: oneIf(rules.All)}, {Kind: "check", Name: "off", Label: k.T("hits.off"), Value: oneIf(rules.Off)}}})
		p.Head.Actions = ui.ConfirmButton(ui.Opener{Target: "rules", Text: k.T("hits.rules"), Icon: "settings"})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func hitFilters(k *call, g community.GroupRow) (ui.Filters, error) {
	fields, err := decisionFilters(k, g,
		ui.Filter{Kind: "select", Name: "open", Label: k.T("hits.resolved"), Value: k.query("open"), Options: []ui.Option{{Text: k.T("list.any")}, {Value: "1", Text: k.T("hits.unresolved")}}},
		ui.Filter{Kind: "select", Name: "told", Label: k.T("hits.told"), Value: k.query("told"), Options: []ui.Option{{Text: k.T("list.any")}, {Value: "yes", Text: k.T("hits.told_yes")}, {Value: "no", Text: k.T("hits.told_no")}}})
	if err != nil {
		return ui.Filters{}, err
	}
	out := ui.Filters{Action: "/hits", Fields: fields}
	if k.query("g")+k.query("tag")+k.query("verdict")+k.query("rule")+k.query("open")+k.query("told") != "" {
		out.Clear = "/hits"
	}
	return out, nil
}

func (k *call) hitRulesSaid(r community.HitRules) string {
	if r.Off {
		return k.T("hits.rules_off")
	}
	said := k.T("hits.rules_now", "minutes", r.Minutes, "dry", r.Dry)
	if r.All {
		said += " " + k.T("hits.rules_all")
	}
	return said
}

// spanSaid quotes what was hit, in the message's own words.
func (k *call) spanSaid(d community.DecisionRow) string {
	var out []string
	for _, h := range d.Hits {
		for _, s := range h.Spans {
			if 0 <= s.Start && s.Start < s.End && s.End <= len(d.Message.Text) {
				out = append(out, "“"+short(d.Message.Text[s.Start:s.End], 20)+"”")
			}
		}
	}
	if len(out) > 3 {
		out = append(out[:3], "…")
	}
	return strings.Join(out, " ")
}

func (k *call) hitReasons(d community.DecisionRow) []string {
	var out []string
	for _, h := range d.Hits {
		r := k.reason(d, h)
		out = append(out, strings.TrimSpace(r.Rule+" v"+strconv.Itoa(r.Version)+" "+r.Why))
	}
	return out
}

// hitAction says what was done; a dry hit says so.
func (k *call) hitAction(d community.DecisionRow) string {
	if did := actionsSaid(k, d); did != "" {
		return did
	}
	return k.T("verdict." + string(d.Verdict))
}

// hitTold says who was told of a hit, when and how, or why nobody was.
func (k *call) hitTold(d community.DecisionRow, who func(string) string) templ.Component {
	text, at := k.toldSaid(d, who)
	if at == 0 {
		return ui.Text(text)
	}
	return view.Stack(ui.Moment(at), text)
}

func (k *call) toldSaid(d community.DecisionRow, who func(string) string) (string, int64) {
	n := d.Notice
	switch {
	case n.Told != 0:
		said := k.T("hits.by_way", "who", who(n.User), "way", k.T("way."+n.Way))
		if n.Holder != "" {
			said += k.T("list.semicolon") + k.T("hits.holder", "who", who(n.Holder))
		}
		return said, n.Told
	case !n.Alarm.IsZero():
		return k.T("hits.nobody_yet"), 0
	case n.Why == "" && d.Review == "open":
		return k.T("hits.waits"), 0
	case n.Why == community.NoticeOff:
		return k.T("hits.was_off"), 0
	}
	return k.T("hits.no_need"), 0
}

func (k *call) hitResolved(d community.DecisionRow, who func(string) string) templ.Component {
	switch {
	case d.Resolution != "":
		return view.Stack(ui.Pill("good", "circle-check", k.T("resolution."+d.Resolution)), who(d.ResolvedBy)+" "+moment(d.ResolvedAt, community.GroupRow{}))
	case d.Review == "open":
		return ui.Pill("warning", "clock", k.T("hits.unresolved"))
	}
	return ui.Text(k.T("hits.not_asked"))
}

// hitSheet is the ledger as a table.
func (c *Console) hitSheet(k *call) error {
	f, _, err := hitFilter(k)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	f.Page = community.Page{Limit: 200}
	if _, total, err := k.Desk.FindDecisions(k.ctx(), f); err != nil {
		return err
	} else if err := k.bulkExport(total); err != nil {
		return k.refused("/hits", err)
	}
	head := []string{k.T("hits.at"), k.T("word.group"), k.T("member.name"), k.T("hits.message"), k.T("hits.span"), k.T("hits.rule"), k.T("hits.action"), k.T("hits.told_at"), k.T("hits.told"), k.T("hits.resolved"), k.T("hits.resolved_by"), k.T("hits.resolved_at"), "id"}
	at := func(ms int64) string {
		if ms == 0 {
			return ""
		}
		return moment(ms, community.GroupRow{})
	}
	return k.sheet("hits", head, func() ([][]string, error) {
		rows, _, err := k.Desk.FindDecisions(k.ctx(), f)
		f.Page.Offset += len(rows)
		var out [][]string
		for _, d := range rows {
			told, when := k.toldSaid(d, who)
			resolved := ""
			if d.Resolution != "" {
				resolved = k.T("resolution." + d.Resolution)
			}
			out = append(out, []string{at(d.At), d.GroupName, d.MemberName, ui.Visible(d.Message.Text), k.spanSaid(d), strings.Join(k.hitReasons(d), "; "), k.hitAction(d), at(when), told, resolved, who(d.ResolvedBy), at(d.ResolvedAt), d.ID.String()})
		}
		return out, err
	})
}

// hitRules changes how people are told about hits.
func (c *Console) hitRules(k *call) error {
	rules := community.HitRules{Off: k.form("off") == "1", All: k.form("all") == "1", Minutes: number(k.form("minutes"), 0, 1<<20, 0), Dry: number(k.form("dry"), 0, 1<<20, 0)}
	if err := k.Hands.SetHitRules(k.ctx(), k.who(), rules, k.form("reason")); err != nil {
		return k.refused("/hits", err)
	}
	return k.ok("/hits", k.T("hits.saved"))
}
