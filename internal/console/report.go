package console

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/proof"
	"qunluo/internal/rights"
)

// Reports is what the pages of members' reports ask and change.
type Reports interface {
	Find(ctx context.Context, f community.ReportFilter) ([]community.ReportRow, int, error)
	ByID(ctx context.Context, id community.ID) (community.ReportRow, error)
	// Of gives the case about which a decision asked people; CodeNotFound.
	Of(ctx context.Context, decision community.ID) (community.ReportRow, error)
	// Links gives where people report: in a group, and, with a member, that member.
	Links(ctx context.Context, g community.GroupKey, m community.MemberKey) (group, own string, err error)
	Give(ctx context.Context, user string, o community.ReportOrder) (community.ReportRow, error)
	// Settle ends a case. CodeConflict: it is ended, or the message is the evidence of a strike. CodeForbidden: the member is immune.
	Settle(ctx context.Context, user string, id community.ID, end community.ReportEnd) (community.ReportRow, error)
}

// reportRoutes are there where reports are kept.
func (c *Console) reportRoutes() []route {
	if c.deps.Reports == nil {
		return nil
	}
	return []route{
		{pattern: "GET /reports", may: rights.SeePeople, serve: (*Console).reportList},
		{pattern: "GET /reports.csv", may: rights.Export, and: rights.SeePeople, serve: (*Console).reportSheet},
		{pattern: "POST /reports", may: rights.Judge, serve: (*Console).reportGive},
		{pattern: "GET /reports/{id}", may: rights.SeePeople, serve: (*Console).reportPage},
		{pattern: "POST /reports/{id}/settle", may: rights.Judge, asks: settleAsks, serve: (*Console).reportSettle},
	}
}

func (k *call) reports() Reports { return k.c.deps.Reports(k.User.Org, k.groups) }

var reportStates = []community.ReportState{community.ReportOpen, community.ReportRaised, community.ReportUpheld, community.ReportDismissed}

var reportKinds = []community.ReportKind{community.ReportMessage, community.ReportPrivate}

// reportFilter reads which cases are asked for.
func reportFilter(k *call) (community.ReportFilter, community.GroupRow, error) {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return community.ReportFilter{}, g, err
	}
	f := community.ReportFilter{Group: g.Key, State: community.ReportState(k.query("state")), Kind: community.ReportKind(k.query("kind")), Page: k.page(listLimit)}
	for name, to := range map[string]*community.MemberKey{"m": &f.Member, "by": &f.Reporter} {
		if text := k.query(name); text != "" {
			id, err := community.ParseID(text)
			if err != nil {
				return f, g, community.Errorf(community.CodeBadInput, "%s: %w", name, err)
			}
			m, err := k.Desk.MemberByID(k.ctx(), id)
			if err != nil {
				return f, g, err
			}
			*to = m.Key
		}
	}
	return f, g, nil
}

// reportList is the ledger of reports, those that wait for people first.
func (c *Console) reportList(k *call) error {
	f, g, err := reportFilter(k)
	if err != nil {
		return err
	}
	rows, total, err := k.reports().Find(k.ctx(), f)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.reports"), Sub: k.T("report.sub")}}
	if p.Filters, err = reportFilters(k, g); err != nil {
		return err
	}
	p.Table = ui.Table{Label: k.T("nav.reports"), Columns: []ui.Column{{Title: k.T("report.about")}, {Title: k.T("report.state")}, {Title: k.T("report.count")}, {Title: k.T("report.last")}, {Title: k.T("report.what")}},
		Empty: ui.Empty{Icon: "alert-circle", Title: k.T("report.none"), Text: k.T("report.none_text")}, Pager: k.pager(f.Page, len(rows), total)}
	for _, r := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/reports/" + r.ID.String(), Cells: []templ.Component{ui.Two(k.reportedName(r), r.GroupName), k.reportState(r),
			ui.Text(k.T("report.of_need", "n", r.Count, "total", reportWeight(r.Total), "need", r.Need)), ui.Moment(r.Last), ui.Text(k.reportWhat(r, 60))}})
	}
	if g.Key != 0 {
		link, _, err := k.reports().Links(k.ctx(), g.Key, 0)
		if err != nil {
			return err
		}
		p.Note = k.T("report.link_note", "link", link)
	}
	k.export(p.Table.Pager, "/reports.csv")
	return k.show(p.Head.Title, view.ListPage(p))
}

// reportWeight says a weight in people: 250 % is 2.5.
func reportWeight(total int) string { return strconv.FormatFloat(float64(total)/100, 'f', -1, 64) }

func reportFilters(k *call, g community.GroupRow) (ui.Filters, error) {
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return ui.Filters{}, err
	}
	states, kinds := []ui.Option{{Text: k.T("list.any")}}, []ui.Option{{Text: k.T("list.any")}}
	for _, s := range reportStates {
		states = append(states, ui.Option{Value: string(s), Text: k.T("report.is_" + string(s))})
	}
	for _, s := range reportKinds {
		kinds = append(kinds, ui.Option{Value: string(s), Text: k.T("report.kind_" + string(s))})
	}
	out := ui.Filters{Action: "/reports", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups},
		{Kind: "select", Name: "state", Label: k.T("report.state"), Value: k.query("state"), Options: states},
		{Kind: "select", Name: "kind", Label: k.T("report.kind"), Value: k.query("kind"), Options: kinds}}}
	for _, name := range []string{"m", "by"} {
		if k.query(name) != "" {
			out.Keep = append(out.Keep, ui.Option{Value: name, Text: k.query(name)})
		}
	}
	if k.query("g")+k.query("state")+k.query("kind")+k.query("m")+k.query("by") != "" {
		out.Clear = "/reports"
	}
	return out, nil
}

func (k *call) reportedName(r community.ReportRow) string {
	if r.Member == 0 {
		return k.T("report.nobody")
	}
	return r.MemberName
}

// reportWhat is what was reported, in short.
func (k *call) reportWhat(r community.ReportRow, most int) string {
	switch {
	case r.Kind == community.ReportPrivate:
		return k.T("report.kind_private")
	case r.Message.Text != "":
		return short(r.Message.Text, most)
	case r.Message.Number != 0:
		return k.classNote(r.Message.Class)
	}
	return k.T("report.no_message")
}

func (k *call) reportState(r community.ReportRow) templ.Component {
	look := map[community.ReportState][2]string{community.ReportOpen: {"", "clock"}, community.ReportRaised: {"warning", "alert-circle"}, community.ReportUpheld: {"good", "scale"}, community.ReportDismissed: {"", "x"}}[r.State]
	pill := ui.Pill(look[0], look[1], k.T("report.is_"+string(r.State)))
	if len(r.Flags) > 0 {
		return view.Stack(pill, k.reportFlags(r.Flags))
	}
	return pill
}

func (k *call) reportFlags(flags []string) string {
	var said []string
	for _, f := range flags {
		said = append(said, k.T("report.flag_"+f))
	}
	return strings.Join(said, k.T("list.semicolon"))
}

// reportSheet is the ledger as a table.
func (c *Console) reportSheet(k *call) error {
	f, _, err := reportFilter(k)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	f.Page = community.Page{Limit: 200}
	if _, total, err := k.reports().Find(k.ctx(), f); err != nil {
		return err
	} else if err := k.bulkExport(total); err != nil {
		return k.refused("/reports", err)
	}
	head := []string{k.T("report.last"), k.T("word.group"), k.T("report.about"), k.T("report.kind"), k.T("report.what"), k.T("report.count"), k.T("report.weight"), k.T("report.need"), k.T("report.flags"), k.T("report.state"), k.T("report.settled"), k.T("report.by"), k.T("report.answer"), "id"}
	return k.sheet("reports", head, func() ([][]string, error) {
		rows, _, err := k.reports().Find(k.ctx(), f)
		f.Page.Offset += len(rows)
		var out [][]string
		for _, r := range rows {
			settled := ""
			if r.Settled != 0 {
				settled = moment(r.Settled, community.GroupRow{})
			}
			out = append(out, []string{moment(r.Last, community.GroupRow{}), r.GroupName, k.reportedName(r), k.T("report.kind_" + string(r.Kind)), k.reportWhat(r, 200), strconv.Itoa(r.Count), reportWeight(r.Total), strconv.Itoa(r.Need),
				k.reportFlags(r.Flags), k.T("report.is_" + string(r.State)), settled, who(r.SettledBy), r.Answer, r.ID.String()})
		}
		return out, err
	})
}

// reportPage shows one case: what was reported in its context, who reported it with their record, and what may be done.
func (c *Console) reportPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	r, err := k.reports().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	groups, err := k.groupsOf([]community.GroupKey{r.Group})
	if err != nil {
		return err
	}
	g := groups[r.Group]
	p := view.PlanPage{Head: ui.Head{Title: k.T("report.single") + k.T("list.colon") + k.reportedName(r), Sub: r.GroupName, Back: "/reports"}, State: k.reportState(r)}
	p.Stats = []ui.Number{{Label: k.T("report.count"), Value: strconv.Itoa(r.Count)}, {Label: k.T("report.weight"), Value: reportWeight(r.Total)}, {Label: k.T("report.need"), Value: strconv.Itoa(r.Need)}}
	p.Means = k.T("report.kind_"+string(r.Kind)) + k.T("list.semicolon") + k.T("report.means")
	if len(r.Flags) > 0 {
		p.Means = k.reportFlags(r.Flags) + k.T("list.semicolon") + k.T("report.arranged")
	}
	if r.Member != 0 {
		p.Links = append(p.Links, ui.Option{Value: "/members/" + r.MemberID.String(), Text: k.T("report.member")})
	}
	if !r.Decision.IsZero() {
		p.Links = append(p.Links, ui.Option{Value: "/review?all=1&d=" + r.Decision.String(), Text: k.T("report.review")})
	}
	if r.Event != 0 {
		near, err := k.Desk.Around(k.ctx(), r.Group, r.Event, reviewSide, reviewSide)
		if err != nil && community.CodeOf(err) != community.CodeNotFound {
			return err
		}
		p.Talk = talk(k, g, near, r.Event, nil)
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("report.reporters"), Note: k.T("report.reporters_note"), Table: k.reportersTable(r, who)})
	if r.Member != 0 {
		places, err := k.reportPlaces(r)
		if err != nil {
			return err
		}
		p.Tables = append(p.Tables, places)
	}
	if r.State == community.ReportUpheld || r.State == community.ReportDismissed {
		p.Text = k.T("report.was", "what", k.T("report.is_"+string(r.State)), "who", who(r.SettledBy), "at", moment(r.Settled, g)) + "\n" + r.Answer
		if !r.Strike.IsZero() {
			p.Links = append(p.Links, ui.Option{Value: "/review?all=1&d=" + r.Strike.String(), Text: k.T("report.strike")})
		}
		return k.show(p.Head.Title, view.PlanShow(p))
	}
	return k.reportAsks(&p, r, g)
}

// reportAsks puts the questions: uphold with a strike, uphold, dismiss.
func (k *call) reportAsks(p *view.PlanPage, r community.ReportRow, g community.GroupRow) error {
	ask := func(id, icon string, danger bool, inputs []ui.Input) {
		p.Asks = append(p.Asks, ui.Confirm{ID: id, Title: k.T("report.do_" + id), Object: k.reportedName(r) + k.T("list.colon") + k.reportWhat(r, 60), Effect: k.T("report.do_" + id + "_effect"), Action: "/reports/" + r.ID.String() + "/settle",
			Button: k.T("report.do_" + id), Danger: danger, Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "do", Text: id}}, Inputs: inputs})
		p.Openers = append(p.Openers, ui.Opener{Target: id, Text: k.T("report.do_" + id), Icon: icon, Danger: danger})
	}
	if r.Message.Number != 0 {
		give, err := strikeAsk(k, g, r.Message)
		if err != nil {
			return err
		}
		if give != nil {
			ask("strike", "scale", true, give.Inputs)
			p.Asks[len(p.Asks)-1].Effect += "\n" + give.Effect
		}
	}
	ask("uphold", "check", false, nil)
	ask("dismiss", "x", false, nil)
	return k.show(p.Head.Title, view.PlanShow(*p))
}

// reportersTable lists who reported, with what each weighs and their record. Nobody but the reviewer sees it.
func (k *call) reportersTable(r community.ReportRow, who func(string) string) ui.Table {
	t := ui.Table{Label: k.T("report.reporters"), Columns: []ui.Column{{Title: k.T("report.reporter")}, {Title: k.T("report.weight")}, {Title: k.T("report.record")}, {Title: k.T("report.at")}, {Title: k.T("report.words")}}}
	for _, x := range r.Reports {
		name, link := x.Name, ""
		switch {
		case x.Reporter != 0:
			link = "/members/" + x.ReporterID.String()
		case x.User != "":
			name = k.T("report.somebody")
		default:
			name = k.T("report.unknown")
		}
		way := k.T("report.way_" + string(x.Way))
		if x.User != "" {
			way += k.T("list.colon") + who(x.User)
		}
		weight := reportWeight(x.Weight)
		if x.Why != "" {
			weight += " " + k.T("report.why_"+x.Why)
		}
		words := short(x.Words, 200)
		if x.Named != "" && r.Member == 0 {
			words = k.T("report.named", "name", x.Named) + " " + words
		}
		t.Rows = append(t.Rows, ui.Row{Link: link, Cells: []templ.Component{ui.Two(name, way), ui.Text(weight), ui.Text(k.T("report.record_is", "upheld", x.Upheld, "rejected", x.Rejected)), ui.Moment(x.At), ui.Text(words)}})
	}
	return t
}

// reportPlaces lists the groups in which the person reported is, by any account known to be theirs.
func (k *call) reportPlaces(r community.ReportRow) (view.PlanTable, error) {
	out := view.PlanTable{Title: k.T("report.places"), Note: k.T("report.places_note"), Table: ui.Table{Label: k.T("report.places"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("member.name")}, {Title: k.T("member.strikes")}, {Title: k.T("report.there")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("report.nowhere")}}}
	accounts := []community.MemberKey{r.Member}
	if k.c.deps.Persons != nil {
		list, err := k.c.deps.Persons(k.User.Org, k.groups).Person(k.ctx(), r.Member)
		if err != nil {
			return out, err
		}
		accounts = nil
		for _, a := range list {
			accounts = append(accounts, a.Key)
		}
	}
	for _, m := range accounts {
		places, err := k.Desk.Memberships(k.ctx(), m)
		if err != nil {
			return out, err
		}
		for _, row := range places {
			there := k.T("report.is_there")
			if row.LeftAt != 0 {
				there = k.T("report.has_left")
			}
			out.Table.Rows = append(out.Table.Rows, ui.Row{Link: "/members/" + row.ID.String(), Cells: []templ.Component{ui.Text(row.GroupName), ui.Text(row.Name), ui.Text(strconv.Itoa(row.Strikes)), ui.Text(there)}})
		}
	}
	return out, nil
}

// settleAsks says how fresh a proof ending a case takes: none, but with a strike.
func settleAsks(k *call) (proof.Age, error) {
	if k.form("do") == "strike" {
		return proof.OfShift, nil
	}
	return proof.Any, nil
}

// reportSettle ends a case.
func (c *Console) reportSettle(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to, do := "/reports/"+id.String(), k.form("do")
	if do != "strike" && do != "uphold" && do != "dismiss" {
		return community.Errorf(community.CodeBadInput, "do %q", do)
	}
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	_, err = k.reports().Settle(k.ctx(), k.who(), id, community.ReportEnd{Upheld: do != "dismiss", Strike: do == "strike", Rule: k.form("rule"), Words: k.form("reason")})
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok(to, k.T("report.said_"+do))
	case community.CodeForbidden:
		return k.done(to, "danger", k.T("report.immune"), community.ID{})
	}
	return k.refused(to, err)
}

// reportAsk puts the question before a report of a message is recorded for a member; nil where nobody can be reported.
func reportAsk(k *call, g community.GroupRow, m community.MessageRow) *ui.Confirm {
	if k.c.deps.Reports == nil || m.Type != community.MessageCreated || m.Member == 0 || m.Origin == community.OriginImport {
		return nil
	}
	return &ui.Confirm{ID: "report", Title: k.T("report.give"), Object: m.Name + k.T("list.colon") + short(m.Text, 60), Effect: k.T("report.give_effect"), Action: "/reports", Button: k.T("report.give"), Reason: k.T("report.words"),
		Fields: []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "event", Text: itoa(m.Number)}, {Value: "kind", Text: string(community.ReportMessage)}}}
}

// reportMemberAsk is the same about a member, without a message; the member's own report links stand with it.
func reportMemberAsk(k *call, m community.Member, where ui.Input, at []community.MemberRow) (ask ui.Confirm, ok bool, err error) {
	if k.c.deps.Reports == nil {
		return ask, false, nil
	}
	kinds := ui.Input{Kind: "select", Name: "kind", Label: k.T("report.kind"), Value: string(community.ReportPrivate)}
	for _, kind := range []community.ReportKind{community.ReportPrivate, community.ReportMessage} {
		kinds.Options = append(kinds.Options, ui.Option{Value: string(kind), Text: k.T("report.kind_" + string(kind))})
	}
	ask = ui.Confirm{ID: "ask-report", Title: k.T("report.give"), Object: named(m.Name, m.External), Effect: k.T("report.give_member_effect"), Action: "/reports", Button: k.T("report.give"), Reason: k.T("report.words"), Need: true,
		Fields: []ui.Option{{Value: "member", Text: m.ID.String()}}, Inputs: []ui.Input{where, kinds}}
	for _, row := range at[:min(len(at), 3)] {
		_, own, err := k.reports().Links(k.ctx(), row.Group, m.Key)
		if err != nil {
			return ask, false, err
		}
		ask.Effect += "\n" + k.T("report.own_link", "group", row.GroupName, "link", own)
	}
	return ask, true, nil
}

// reportGive records a report for somebody: about a message (event) of a group, or about a member.
func (c *Console) reportGive(k *call) error {
	back := "/reports"
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return k.refused(back, err)
	}
	o := community.ReportOrder{Group: g.Key, Kind: community.ReportKind(k.form("kind")), Words: k.form("reason")}
	if n, err := strconv.ParseInt(k.form("event"), 10, 64); err == nil {
		o.Event, back = n, messageLink(g, n)
	}
	for name, to := range map[string]*community.MemberKey{"member": &o.Member, "reporter": &o.Reporter} {
		if text := k.form(name); text != "" {
			id, err := community.ParseID(text)
			if err != nil {
				return k.refused(back, community.Errorf(community.CodeBadInput, "%s: %w", name, err))
			}
			m, err := k.Desk.MemberByID(k.ctx(), id)
			if err != nil {
				return k.refused(back, err)
			}
			*to = m.Key
		}
	}
	row, err := k.reports().Give(k.ctx(), k.who(), o)
	if err != nil {
		return k.refused(back, err)
	}
	return k.ok("/reports/"+row.ID.String(), k.T("report.said_give"))
}

// reportFigures says a report's figures: "200%/300% by 4 joined_together".
func (k *call) reportFigures(figures string) string {
	var total, need, by int
	if _, err := fmt.Sscanf(figures, "%d%%/%d%% by %d", &total, &need, &by); err != nil {
		return k.T("hitwhy.report") + " " + figures
	}
	said := k.T("report.of_need", "n", by, "total", reportWeight(total), "need", need/100)
	if parts := strings.Fields(figures); len(parts) > 3 {
		said += k.T("list.semicolon") + k.reportFlags(strings.Split(parts[3], "+"))
	}
	return said
}

// reviewReport adds to an open item of the review the reports that it rests on.
func reviewReport(k *call, it *view.ReviewItem, d community.DecisionRow) error {
	if k.c.deps.Reports == nil || d.Report == nil {
		return nil
	}
	r, err := k.reports().ByID(k.ctx(), d.Report.Case)
	if err != nil {
		if community.CodeOf(err) == community.CodeNotFound {
			return nil
		}
		return err
	}
	it.Report = "/reports/" + r.ID.String()
	it.ReportNote = k.T("report.of_need", "n", r.Count, "total", reportWeight(r.Total), "need", r.Need)
	if len(r.Flags) > 0 {
		it.ReportNote += k.T("list.semicolon") + k.reportFlags(r.Flags)
	}
	for i, x := range r.Reports {
		if i == 5 {
			break
		}
		name := x.Name
		if name == "" {
			name = k.T("report.unknown")
		}
		line := ui.Visible(name) + k.T("list.colon") + k.T("report.record_is", "upheld", x.Upheld, "rejected", x.Rejected)
		if x.Why != "" {
			line += k.T("list.semicolon") + k.T("report.why_"+x.Why)
		}
		it.Reporters = append(it.Reporters, line)
	}
	return nil
}
