package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// Weeklies is what the pages of the weekly report ask and change. Secrets are never given out.
type Weeklies interface {
	CanMail() bool
	Zone(ctx context.Context) (*time.Location, error)
	Orders(ctx context.Context) ([]measure.WeeklyOrder, error)
	Order(ctx context.Context, id community.ID) (measure.WeeklyOrder, error)
	// SaveOrder keeps an order; an empty secret keeps the one it has.
	SaveOrder(ctx context.Context, user string, v measure.WeeklyOrder, reason string) (measure.WeeklyOrder, error)
	DropOrder(ctx context.Context, user string, id community.ID, reason string) error
	PauseOrder(ctx context.Context, user string, id community.ID, on bool, reason string) error
	Runs(ctx context.Context, id community.ID) ([]measure.ReportRun, error)
	Run(ctx context.Context, id community.ID) (measure.ReportRun, error)
	SendNow(ctx context.Context, user string, id community.ID) (measure.ReportRun, error)
	// Preview composes what an order would send now.
	Preview(ctx context.Context, v measure.WeeklyOrder) (measure.Report, error)
	// Text is a report as a mail has it.
	Text(r measure.Report) string
}

// weeklyRoutes are there where weekly reports are made.
func (c *Console) weeklyRoutes() []route {
	if c.deps.Weeklies == nil {
		return nil
	}
	return []route{
		{pattern: "GET /weekly", may: rights.SeeFigures, serve: (*Console).weeklyList},
		{pattern: "GET /weekly/new", may: rights.Tune, serve: (*Console).weeklyForm},
		{pattern: "GET /weekly/preview", may: rights.SeeFigures, serve: (*Console).weeklyPreview},
		{pattern: "GET /weekly/{id}", may: rights.Tune, serve: (*Console).weeklyForm},
		{pattern: "GET /weekly/{id}/preview", may: rights.SeeFigures, serve: (*Console).weeklyPreview},
		{pattern: "GET /weekly/{id}/sent", may: rights.SeeFigures, serve: (*Console).weeklySent},
		{pattern: "POST /weekly", may: rights.Tune, serve: (*Console).weeklySave},
		{pattern: "POST /weekly/{id}", may: rights.Tune, serve: (*Console).weeklySave},
		{pattern: "POST /weekly/{id}/send", may: rights.Tune, serve: (*Console).weeklySend},
		{pattern: "POST /weekly/{id}/pause", may: rights.Tune, serve: (*Console).weeklyPause},
		{pattern: "POST /weekly/{id}/resume", may: rights.Tune, serve: (*Console).weeklyPause},
		{pattern: "POST /weekly/{id}/drop", may: rights.Tune, serve: (*Console).weeklyDrop},
	}
}

func (k *call) weeklies() Weeklies { return k.c.deps.Weeklies(k.User.Org, k.groups) }

// weeklyLook is how the states of a report look.
var weeklyLook = map[string][2]string{measure.ReportWaits: {"info", "clock"}, measure.ReportSent: {"good", "check"}, measure.ReportRetry: {"warning", "alert-triangle"}, measure.ReportFailed: {"danger", "alert-triangle"}, measure.ReportKept: {"warning", "file-import"}}

// weeklyList shows who gets the weekly report, and how the last one went.
func (c *Console) weeklyList(k *call) error {
	list, err := k.weeklies().Orders(k.ctx())
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	zone, err := k.weeklies().Zone(k.ctx())
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.weekly"), Sub: k.T("weekly.sub")}}
	links := [][3]string{{"/weekly/preview", "eye", k.T("weekly.preview")}}
	if k.may(rights.Tune) {
		links = append(links, [3]string{"/weekly/new", "plus", k.T("weekly.add")})
	}
	p.Head.Actions = view.LinkButtons(links)
	if !k.weeklies().CanMail() {
		p.Note = k.T("weekly.no_mail")
	}
	p.Table = ui.Table{Label: k.T("nav.weekly"), Columns: []ui.Column{{Title: k.T("weekly.to")}, {Title: k.T("weekly.way")}, {Title: k.T("weekly.when")}, {Title: k.T("weekly.groups")}, {Title: k.T("weekly.last")}},
		Empty: ui.Empty{Icon: "message", Title: k.T("weekly.none"), Text: k.T("weekly.none_text")}}
	for _, v := range list {
		row, err := k.weeklyRow(v, who(v.User), zone)
		if err != nil {
			return err
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func (k *call) weeklyRow(v measure.WeeklyOrder, name string, zone *time.Location) (ui.Row, error) {
	last := templ.Component(ui.Text(k.T("weekly.never")))
	runs, err := k.weeklies().Runs(k.ctx(), v.ID)
	if err != nil {
		return ui.Row{}, err
	}
	if len(runs) > 0 {
		last = view.Stack(k.weeklyState(runs[0].State), i18n.Time(max(runs[0].Done, runs[0].At), zone))
	}
	state := k.T("weekly.next", "at", i18n.Time(v.Next(k.now(), zone), zone))
	if v.Paused {
		state = k.T("weekly.paused")
	}
	row := ui.Row{Cells: []templ.Component{ui.Name(name), ui.Two(k.T("weekly."+v.Way), k.weeklyAddress(v)), ui.Two(k.weeklyWhen(v), state), ui.Text(k.weeklyGroups(v)), last}}
	row.Link = "/weekly/" + v.ID.String() + "/preview"
	if k.may(rights.Tune) {
		row.Link = "/weekly/" + v.ID.String()
	}
	return row, nil
}

func (k *call) weeklyState(state string) templ.Component {
	return ui.Pill(weeklyLook[state][0], weeklyLook[state][1], k.T("weekly.is_"+state))
}

// weeklyAddress is where a report goes; of a webhook the host alone, as the rest of an address may be a key.
func (k *call) weeklyAddress(v measure.WeeklyOrder) string {
	if v.Way != duty.ByWebhook {
		return v.Address
	}
	u, err := url.Parse(v.Address)
	if err != nil {
		return "–"
	}
	return u.Scheme + "://" + u.Host + "/…"
}

func (k *call) weeklyWhen(v measure.WeeklyOrder) string {
	return k.T("weekly.at", "day", k.T("weekday."+strconv.Itoa(v.Weekday+1)), "hour", v.Hour)
}

func (k *call) weeklyGroups(v measure.WeeklyOrder) string {
	if len(v.Groups) == 0 {
		return k.T("weekly.all_groups")
	}
	return k.T("weekly.some_groups", "num", len(v.Groups))
}

// weeklyHere is the order of the path; a new one where the path names none.
func (k *call) weeklyHere() (measure.WeeklyOrder, error) {
	if k.R.PathValue("id") == "" {
		return measure.WeeklyOrder{User: k.who(), Weekday: 0, Hour: 9, Lang: k.User.Lang, Way: duty.ByMail}, nil
	}
	id, err := k.id()
	if err != nil {
		return measure.WeeklyOrder{}, err
	}
	return k.weeklies().Order(k.ctx(), id)
}

func (c *Console) weeklyForm(k *call) error {
	v, err := k.weeklyHere()
	if err != nil {
		return err
	}
	return k.weeklyShow(http.StatusOK, v, nil)
}

// weeklyShow is the form of an order, with what was sent by it.
func (k *call) weeklyShow(status int, v measure.WeeklyOrder, faults []string) error {
	p := view.PlanForm{Head: ui.Head{Title: k.T("weekly.add"), Sub: k.T("weekly.sub"), Back: "/weekly"}, Action: "/weekly", Do: k.T("form.save"), Faults: faults}
	if !k.weeklies().CanMail() {
		p.Hint = k.T("weekly.no_mail")
	}
	fields, err := k.weeklyFields(v)
	if err != nil {
		return err
	}
	p.Groups = fields
	if !v.ID.IsZero() {
		at := "/weekly/" + v.ID.String()
		p.Head.Title, p.Action = k.T("weekly.edit"), at
		p.Head.Actions = view.LinkButtons([][3]string{{at + "/preview", "eye", k.T("weekly.preview")}})
		table, err := k.weeklyPast(v)
		if err != nil {
			return err
		}
		p.Tables = []view.PlanTable{{Title: k.T("weekly.past"), Table: table}}
	}
	return k.showStatus(status, p.Head.Title, view.PlanEdit(p))
}

func (k *call) weeklyFields(v measure.WeeklyOrder) ([]view.PlanFields, error) {
	people, err := k.c.deps.People.Users(k.ctx(), k.User.Org)
	if err != nil {
		return nil, err
	}
	zone, err := k.weeklies().Zone(k.ctx())
	if err != nil {
		return nil, err
	}
	var to, days, hours, langs []ui.Option
	for _, l := range []string{i18n.Chinese, i18n.English} {
		langs = append(langs, ui.Option{Value: l, Text: k.c.words.In(l).T("lang.name")})
	}
	for _, u := range people {
		if u.Enabled {
			to = append(to, ui.Option{Value: u.ID.String(), Text: named(u.Name, u.Login)})
		}
	}
	for i := range 7 {
		days = append(days, ui.Option{Value: strconv.Itoa(i), Text: k.T("weekday." + strconv.Itoa(i+1))})
	}
	for i := range 24 {
		hours = append(hours, ui.Option{Value: strconv.Itoa(i), Text: strconv.Itoa(i) + ":00"})
	}
	more, err := k.weeklyPick(v)
	if err != nil {
		return nil, err
	}
	return []view.PlanFields{
		{Title: k.T("weekly.to"), Rows: []ui.Input{
			{Kind: "select", Name: "user", Label: k.T("weekly.to"), Value: v.User, Options: to, Help: k.T("weekly.to_help")},
			{Kind: "select", Name: "way", Label: k.T("weekly.way"), Value: v.Way, Options: []ui.Option{{Value: duty.ByMail, Text: k.T("weekly.mail")}, {Value: duty.ByWebhook, Text: k.T("weekly.webhook")}}},
			{Kind: "text", Name: "address", Label: k.T("weekly.address"), Value: v.Address, Required: true, Max: 500, Auto: "off"},
			{Kind: "password", Name: "secret", Label: k.T("weekly.secret"), Max: 500, Auto: "new-password", Help: k.T("weekly.secret_help")}}},
		{Title: k.T("weekly.when"), Note: k.T("weekly.hour_help", "zone", zone.String()), Rows: []ui.Input{
			{Kind: "select", Name: "weekday", Label: k.T("weekly.weekday"), Value: strconv.Itoa(v.Weekday), Options: days},
			{Kind: "select", Name: "hour", Label: k.T("weekly.hour"), Value: strconv.Itoa(v.Hour), Options: hours},
			{Kind: "select", Name: "lang", Label: k.T("weekly.lang"), Value: v.Lang, Options: langs}}},
		{Title: k.T("weekly.groups"), Note: k.T("weekly.groups_note"), More: more},
	}, nil
}

// weeklyPick are the groups to choose from.
func (k *call) weeklyPick(v measure.WeeklyOrder) (*view.PlanMore, error) {
	rows, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return nil, err
	}
	more := &view.PlanMore{Title: k.T("weekly.groups_pick"), Open: len(v.Groups) > 0}
	for _, g := range rows {
		if g.Desk {
			continue
		}
		in := ui.Input{Kind: "check", Name: "in_" + g.ID.String(), Label: ui.Visible(g.Name)}
		for _, chosen := range v.Groups {
			if chosen == g.Key {
				in.Value = "1"
			}
		}
		more.Rows = append(more.Rows, in)
	}
	return more, nil
}

// weeklyPast lists what was sent by an order, with what can be done about the next.
func (k *call) weeklyPast(v measure.WeeklyOrder) (ui.Table, error) {
	t := ui.Table{Label: k.T("weekly.past"), Columns: []ui.Column{{Title: k.T("weekly.period")}, {Title: k.T("weekly.result")}, {Title: k.T("audit.at")}, {Title: k.T("weekly.tries"), Num: true}, {Title: k.T("weekly.when")}},
		Empty: ui.Empty{Icon: "clock", Title: k.T("weekly.past_none"), Text: k.T("weekly.send_effect")}}
	runs, err := k.weeklies().Runs(k.ctx(), v.ID)
	for _, r := range runs {
		by := k.T("weekly.by_calendar")
		if r.Manual {
			by = k.T("weekly.by_hand")
		}
		row := ui.Row{Cells: []templ.Component{ui.Text((r.Until - 6).String() + " – " + r.Until.String()), view.Stack(k.weeklyState(r.State), r.Error), ui.Moment(max(r.Done, r.At)), ui.Figure(int64(r.Attempts)), ui.Text(by)}}
		if r.Report != nil {
			row.Link = "/weekly/" + r.ID.String() + "/sent"
		}
		t.Rows = append(t.Rows, row)
	}
	return t, err
}

// weeklySave keeps an order.
func (c *Console) weeklySave(k *call) error {
	v, err := k.weeklyHere()
	if err != nil {
		return err
	}
	v.User, v.Way, v.Address, v.Secret, v.Lang = k.form("user"), k.form("way"), k.typed("address"), k.R.PostFormValue("secret"), k.form("lang")
	v.Weekday, v.Hour = number(k.form("weekday"), 0, 6, -1), number(k.form("hour"), 0, 23, -1)
	if v.Groups, err = k.weeklyTicked(); err != nil {
		return err
	}
	_, err = k.weeklies().SaveOrder(k.ctx(), k.who(), v, k.form("reason"))
	if fault := k.weeklyFault(err); fault != "" {
		return k.weeklyShow(http.StatusUnprocessableEntity, v, []string{fault})
	}
	if err != nil {
		return k.refused("/weekly", err)
	}
	return k.ok("/weekly", k.T("weekly.saved"))
}

// weeklyTicked are the groups that were ticked; nil = none was, which stands for all.
func (k *call) weeklyTicked() (out []community.GroupKey, err error) {
	for name := range k.R.PostForm {
		text, is := strings.CutPrefix(name, "in_")
		if !is {
			continue
		}
		g, err := k.groupNamed(text)
		if err != nil {
			return nil, err
		}
		out = append(out, g.Key)
	}
	slices.Sort(out)
	return out, nil
}

// weeklyFault says what is wrong with an order; "" = nothing that the form could mend.
func (k *call) weeklyFault(err error) string {
	switch community.CodeOf(err) {
	case community.CodeForbidden:
		return k.T("weekly.fault_user")
	case community.CodeBadInput:
		field, _, _ := strings.Cut(err.Error(), ":")
		if key := "weekly.fault_" + field; k.Words.Has(key) {
			return k.T(key)
		}
		return k.T("weekly.fault")
	}
	return ""
}

// weeklyPreview shows what would be sent now: by an order, or about all groups.
func (c *Console) weeklyPreview(k *call) error {
	v, err := k.weeklyHere()
	if err != nil {
		return err
	}
	r, err := k.weeklies().Preview(k.ctx(), v)
	if err != nil {
		return err
	}
	if k.query("as") != "" {
		return k.weeklyFile(r)
	}
	p := k.weeklyPage(r, k.T("weekly.preview_sub"), k.R.URL.Path)
	if !v.ID.IsZero() && k.may(rights.Tune) {
		k.weeklyActs(&p, v)
	}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// weeklyActs are what can be done about an order.
func (k *call) weeklyActs(p *view.Insight, v measure.WeeklyOrder) {
	at := "/weekly/" + v.ID.String()
	names := []string{"send", "pause", "drop"}
	if v.Paused {
		names[1] = "resume"
	}
	p.Says = k.T("weekly."+v.Way) + " " + k.weeklyAddress(v) + " · " + k.weeklyWhen(v)
	for _, name := range names {
		icon := map[string]string{"send": "message", "pause": "clock", "resume": "check", "drop": "x"}[name]
		p.Openers = append(p.Openers, ui.Opener{Target: "weekly-" + name, Text: k.T("weekly." + name), Icon: icon})
		p.Asks = append(p.Asks, ui.Confirm{ID: "weekly-" + name, Title: k.T("weekly." + name), Object: k.weeklyAddress(v), Effect: k.T("weekly." + name + "_effect"), Action: at + "/" + name, Button: k.T("weekly." + name), Danger: name == "drop"})
	}
}

// weeklySent shows a report as it was sent.
func (c *Console) weeklySent(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	run, err := k.weeklies().Run(k.ctx(), id)
	if err == nil && run.Report == nil {
		err = community.Errorf(community.CodeNotFound, "report %s: not composed yet", id)
	}
	if err != nil {
		return err
	}
	if k.query("as") != "" {
		return k.weeklyFile(*run.Report)
	}
	p := k.weeklyPage(*run.Report, k.T("weekly.run_sub"), k.R.URL.Path)
	p.Says = k.T("weekly.is_" + run.State)
	if run.Error != "" {
		p.Says += " · " + run.Error
	}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// weeklyPage is a report as a page: a table for all groups together, and one for each.
func (k *call) weeklyPage(r measure.Report, sub, at string) view.Insight {
	p := view.Insight{Head: ui.Head{Title: r.Title, Sub: sub, Back: "/weekly"}, Notes: []string{k.T("weekly.intro", "from", r.From, "to", r.To)}}
	p.Head.Actions = view.LinkButtons([][3]string{{at + "?as=txt", "file-import", k.T("weekly.download")}, {at + "?as=csv", "file-import", k.T("compare.csv")}})
	if r.Left > 0 {
		p.Notes = append(p.Notes, k.T("weekly.left", "num", r.Left))
	}
	for _, s := range r.Sections {
		t := ui.Table{Label: ui.Visible(s.Name), Columns: []ui.Column{{Title: k.T("weekly.metric")}, {Title: k.T("weekly.value")}, {Title: k.T("weekly.was")}, {Title: k.T("weekly.rests")}}, Empty: ui.Empty{Icon: "users-group", Title: k.T("group.none"), Text: k.T("group.none_text")}}
		for _, l := range s.Lines {
			t.Rows = append(t.Rows, ui.Row{Link: pathOf(l.Link), Cells: []templ.Component{ui.Name(l.Label), ui.Text(l.Said), ui.Text(l.Before), ui.Text(l.Rests)}})
		}
		p.Tables = append(p.Tables, view.PlanTable{Title: ui.Visible(s.Name), Table: t})
	}
	return p
}

// pathOf is an address within the console.
func pathOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.RequestURI()
}

// weeklyFile is a report as a file: as a mail has it, or as rows.
func (k *call) weeklyFile(r measure.Report) error {
	if k.query("as") == "csv" {
		return k.sheet("weekly-"+r.To, []string{k.T("word.group"), "metric", k.T("weekly.metric"), k.T("weekly.value"), "value", k.T("weekly.was"), "n", k.T("compare.covered"), k.T("compare.of"), "withheld", "link"}, once(reportRows(r)))
	}
	k.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	k.W.Header().Set("Content-Disposition", `attachment; filename="weekly-`+r.To+`.txt"`)
	_, err := k.W.Write([]byte(k.weeklies().Text(r)))
	return err
}

func reportRows(r measure.Report) (out [][]string) {
	for _, s := range r.Sections {
		for _, l := range s.Lines {
			value := ""
			if l.Value != nil {
				value = strconv.FormatFloat(*l.Value, 'g', -1, 64)
			}
			out = append(out, []string{s.Name, l.Metric, l.Label, l.Said, value, l.Before, itoa(l.N), strconv.Itoa(l.Covered), strconv.Itoa(l.Of), l.Withheld, l.Link})
		}
	}
	return out
}

func (c *Console) weeklySend(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if _, err := k.weeklies().SendNow(k.ctx(), k.who(), id); err != nil {
		return k.refused("/weekly", err)
	}
	return k.ok("/weekly/"+id.String(), k.T("weekly.sent"))
}

func (c *Console) weeklyPause(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	on := strings.HasSuffix(k.R.URL.Path, "/pause")
	if err := k.weeklies().PauseOrder(k.ctx(), k.who(), id, on, k.form("reason")); err != nil {
		return k.refused("/weekly", err)
	}
	said := "weekly.resumed"
	if on {
		said = "weekly.paused_done"
	}
	return k.ok("/weekly", k.T(said))
}

func (c *Console) weeklyDrop(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.weeklies().DropOrder(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/weekly", err)
	}
	return k.ok("/weekly", k.T("weekly.dropped"))
}
