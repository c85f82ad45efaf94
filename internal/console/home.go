package console

import (
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

var homeRoutes = []route{
	{pattern: "GET /{$}", may: rights.Enter, serve: (*Console).home},
	{pattern: "POST /freeze", may: rights.Freeze, whole: true, serve: (*Console).freeze},
}

// homeDays is the span of the figures on Home, heatDays that of the heat map.
const (
	homeDays = 7
	heatDays = 28
)

// home is the first page: what waits, what runs, what happened.
func (c *Console) home(k *call) error {
	p := view.Home{Head: ui.Head{Title: k.T("nav.home"), Sub: k.T("rights.home", "role", k.roleWord(k.User.Role), "reach", k.reachWord(k.User))}, Work: k.may(rights.Work), Wires: k.may(rights.SeeGroups), Charts: k.may(rights.SeeFigures)}
	for _, part := range []struct {
		takes rights.Power
		fill  func(*call, *view.Home) error
	}{{rights.Enter, homeFreeze}, {rights.SeeFigures, homeTag}, {rights.Work, homeTasks}, {rights.SeeFigures, homeFigures}, {rights.SeeGroups, homeConnections}, {rights.SetGroups, homeBegin}} {
		if !k.may(part.takes) {
			continue
		}
		if err := part.fill(k, &p); err != nil {
			return err
		}
	}
	return k.show(k.T("nav.home"), view.HomePage(p), withCharts)
}

func homeFreeze(k *call, p *view.Home) (err error) {
	if p.Frozen, err = k.Desk.Frozen(k.ctx()); err != nil {
		return err
	}
	p.Freeze = ui.Confirm{ID: "freeze", Action: "/freeze", Danger: !p.Frozen, Reason: k.T("form.reason"), Need: true}
	if p.Frozen {
		p.Freeze.Title, p.Freeze.Effect, p.Freeze.Button = k.T("freeze.off"), k.T("freeze.off_effect"), k.T("freeze.off")
		p.Freeze.Fields = []ui.Option{{Value: "on", Text: "0"}}
	} else {
		p.Freeze.Title, p.Freeze.Effect, p.Freeze.Button = k.T("freeze.on"), k.T("freeze.on_effect"), k.T("freeze.on")
		p.Freeze.Fields = []ui.Option{{Value: "on", Text: "1"}}
	}
	if k.may(rights.Freeze) && k.groups == nil {
		p.Head.Actions = view.FreezeButton(p.Frozen)
	}
	return nil
}

func homeTasks(k *call, p *view.Home) error {
	rows, total, err := k.Desk.FindTasks(k.ctx(), community.TaskFilter{Tag: k.query("tag"), Page: community.Page{Limit: 5}})
	if err != nil {
		return err
	}
	_, review, err := k.Desk.FindDecisions(k.ctx(), community.DecisionFilter{Tag: k.query("tag"), Open: true, Page: community.Page{Limit: 1}})
	if err != nil {
		return err
	}
	p.Tasks = ui.Table{Label: k.T("nav.inbox"), Columns: []ui.Column{{Title: k.T("home.task")}, {Title: k.T("home.due"), Hide: true}},
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("home.no_tasks"), Text: k.T("home.no_tasks_text")}}
	for _, t := range rows {
		p.Tasks.Rows = append(p.Tasks.Rows, ui.Row{Link: "/inbox#task-" + t.ID.String(), Cells: []templ.Component{ui.Text(taskWhat(k, t)), ui.Text(timeLeft(k, t.Due))}})
	}
	open := ui.Number{Label: k.T("home.open_tasks"), Value: k.Words.Number(total), Unit: k.T("unit.things"), Note: k.T("home.now"), Link: "/inbox" + tagQuery(k)}
	wait := ui.Number{Label: k.T("home.open_review"), Value: k.Words.Number(review), Unit: k.T("unit.messages"), Note: k.T("home.now")}
	if k.c.mounted("/review", k) {
		wait.Link = "/review" + tagQuery(k)
	}
	p.Stats = append(p.Stats, open, wait)
	return nil
}

// tagQuery keeps the tag on the way to a list.
func tagQuery(k *call) string {
	if tag := k.query("tag"); tag != "" {
		return "?tag=" + url.QueryEscape(tag)
	}
	return ""
}

// homeTag offers the tags; without any there is nothing to choose.
func homeTag(k *call, p *view.Home) error {
	f, err := k.tagFilter(k.T("activity.all_tags"))
	if err != nil || len(f.Options) < 2 {
		return err
	}
	p.Filters = ui.Filters{Action: "/", Fields: []ui.Filter{f}}
	if f.Value != "" {
		p.Filters.Clear = "/"
	}
	return nil
}

func homeFigures(k *call, p *view.Home) error {
	days, err := k.Figures.Days(k.ctx(), 0, k.query("tag"), 2*homeDays)
	if err != nil {
		return err
	}
	before, now := split(days, homeDays)
	p.Stats = append(p.Stats,
		ui.Number{Label: k.T("home.messages"), Value: k.Words.Number(sum(now, Day.messages)), Unit: k.T("unit.messages"), Note: k.T("home.week", "change", change(k, sum(before, Day.messages), sum(now, Day.messages)))},
		ui.Number{Label: k.T("home.joins"), Value: k.Words.Number(sum(now, Day.joins)), Unit: k.T("unit.people"), Note: k.T("home.left", "n", sum(now, Day.leaves))})
	p.Trend = trend(k, "trend", now)
	heat, err := k.Figures.Heat(k.ctx(), 0, k.query("tag"), heatDays)
	if err != nil {
		return err
	}
	p.Heat = heatMap(k, "heat", heat)
	return nil
}

// trend draws messages and speakers per day.
func trend(k *call, id string, days []Day) ui.Graph {
	g := ui.Graph{ID: id, Title: k.T("home.trend"), Kind: "lines", Unit: k.T("unit.messages"),
		Series: []ui.Series{{Name: k.T("home.series_messages")}, {Name: k.T("home.series_speakers"), Right: true}},
		Empty:  ui.Empty{Icon: "activity", Title: k.T("home.quiet"), Text: k.T("home.quiet_text")}}
	for _, d := range days {
		g.Labels = append(g.Labels, d.Date[max(0, len(d.Date)-5):])
		g.Series[0].Data = append(g.Series[0].Data, d.Messages)
		g.Series[1].Data = append(g.Series[1].Data, d.Speakers)
	}
	return g
}

// heatMap draws messages by weekday and hour.
func heatMap(k *call, id string, heat [7][24]int64) ui.Graph {
	g := ui.Graph{ID: id, Title: k.T("home.heat"), Kind: "heat", Unit: k.T("unit.messages"), Empty: ui.Empty{Icon: "activity", Title: k.T("home.quiet"), Text: k.T("home.quiet_text")}}
	for h := range 24 {
		g.Labels = append(g.Labels, strconv.Itoa(h))
	}
	for d := range heat {
		g.Rows = append(g.Rows, k.T("weekday."+strconv.Itoa(d+1)))
		g.Heat = append(g.Heat, heat[d][:])
	}
	return g
}

func (d Day) messages() int64 { return d.Messages }
func (d Day) joins() int64    { return d.Joins }
func (d Day) leaves() int64   { return d.Leaves }

func sum(days []Day, of func(Day) int64) (n int64) {
	for _, d := range days {
		n += of(d)
	}
	return n
}

// split cuts the last n days off.
func split(days []Day, n int) (before, last []Day) {
	at := max(0, len(days)-n)
	return days[:at], days[at:]
}

// change says how a number moved against the span before; without one it says so.
func change(k *call, before, now int64) string {
	switch {
	case before == 0:
		return k.T("home.change_none")
	case now == before:
		return k.T("home.change_same")
	}
	percent := (now - before) * 100 / before
	sign := "+"
	if percent < 0 {
		sign = ""
	}
	return k.T("home.change", "p", sign+strconv.FormatInt(percent, 10))
}

func homeConnections(k *call, p *view.Home) error {
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return err
	}
	p.Links = ui.Table{Label: k.T("nav.connections"), Columns: []ui.Column{{Title: k.T("connection.name")}, {Title: k.T("connection.health")}},
		Empty: ui.Empty{Icon: "plug", Title: k.T("connection.none"), Text: k.T("connection.none_text")}}
	if k.c.mounted("/connections", k) {
		p.Links.Empty.Button, p.Links.Empty.Link = k.T("connection.add"), "/connections"
	}
	for _, a := range accounts {
		p.Links.Rows = append(p.Links.Rows, ui.Row{Cells: []templ.Component{ui.Two(a.Name, k.platform(a.Platform)), healthPill(k, a, k.c.deps.Wires.Health(a.Key))}})
	}
	return nil
}

// healthPill says how a connection is, never by colour alone.
func healthPill(k *call, a community.Account, h connect.Health) templ.Component {
	if !a.Enabled {
		return ui.Pill("", "ban", k.T("health.disabled"))
	}
	if a.Restricted != 0 {
		return ui.Pill("danger", "lock", k.T("health.restricted"))
	}
	switch h.State {
	case "online":
		return ui.Pill("good", "plug-connected", k.T("health.online"))
	case "connecting":
		return ui.Pill("info", "refresh", k.T("health.connecting"))
	case "failed":
		return ui.Pill("danger", "alert-triangle", k.T("health.failed"))
	}
	return ui.Pill("warning", "plug", k.T("health.offline"))
}

// platform says a platform's name.
func (k *call) platform(p community.Platform) string {
	if key := "platform." + string(p); k.Words.Has(key) {
		return k.T(key)
	}
	return string(p)
}

// freeze holds or frees all automatic actions.
func (c *Console) freeze(k *call) error {
	on := k.form("on") == "1"
	reason := k.form("reason")
	if reason == "" {
		return k.done("/", "danger", k.T("freeze.need_reason"), community.ID{})
	}
	if err := k.Hands.Freeze(k.ctx(), k.who(), 0, on, reason); err != nil {
		return k.refused("/", err)
	}
	if on {
		return k.done("/", "warning", k.T("freeze.is_on"), community.ID{})
	}
	return k.ok("/", k.T("freeze.is_off"))
}
