package console

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/drift"
	"qunluo/internal/rights"
)

// Drifts tells what differs between here and a platform, and settles it. Every change leaves its audit row.
type Drifts interface {
	// Report gives what differs, as it was read last.
	Report(ctx context.Context, a community.AccountKey) (drift.Report, error)
	// ReadSoon asks for a new reading and does not wait for it. CodeUnreachable: the connection does not run.
	ReadSoon(ctx context.Context, a community.AccountKey) error
	// Settle goes one way out of a difference and gives the platform's words. CodeConflict: a person is at it.
	Settle(ctx context.Context, user string, a community.AccountKey, line community.ID, way drift.WayKind, reason string) ([2]string, error)
}

// driftRoutes are absent where the house compares nothing.
func (c *Console) driftRoutes() []route {
	if c.deps.Drifts == nil {
		return nil
	}
	return []route{
		{pattern: "GET /connections/{id}/drift", may: rights.Connect, serve: (*Console).driftPage},
		{pattern: "POST /connections/{id}/drift/read", may: rights.Connect, serve: (*Console).driftRead},
		{pattern: "POST /connections/{id}/drift/{line}/{way}", may: rights.Connect, serve: (*Console).driftSettle},
	}
}

// driftShown bounds how many differences of a part one page lists.
const driftShown = 100

func (k *call) drifts() Drifts { return k.c.deps.Drifts(k.User.Org, k.groups) }

func driftAt(a community.Account) string { return "/connections/" + a.ID.String() + "/drift" }

// driftPage compares what is kept here with what stands at the platform, line by line.
func (c *Console) driftPage(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	report, err := k.drifts().Report(k.ctx(), a.Key)
	if err != nil {
		return err
	}
	up := "/connections/" + a.ID.String() + "/chores"
	p := view.PlanPage{Head: ui.Head{Title: k.T("moment.drift"), Sub: a.Name, Back: up, Actions: view.PostButton(driftAt(a)+"/read", "refresh", k.T("drift.read"))}, Means: k.T("drift.means"),
		Links: []ui.Option{{Value: up + "/welcome.add", Text: k.T("moment.new_welcome")}, {Value: up + "/welcome.settle", Text: k.T("moment.take_welcome")}}}
	for _, part := range drift.Parts {
		t, asks := driftTable(k, a, report, part)
		p.Tables, p.Asks = append(p.Tables, t), append(p.Asks, asks...)
		p.Busy = p.Busy || report.Of(part).State == drift.Busy
	}
	return k.show(p.Head.Title, view.PlanShow(p))
}

// driftTable lists the differences of a part, with how it was read above them.
func driftTable(k *call, a community.Account, report drift.Report, part drift.Part) (view.PlanTable, []ui.Confirm) {
	read, lines := report.Of(part), report.In(part)
	t := view.PlanTable{Title: k.T("drift.part_" + string(part)), Note: driftNote(k, read)}
	t.Table = ui.Table{Label: t.Title, Empty: driftEmpty(k, read), Columns: []ui.Column{{Title: k.T("drift.what")}, {Title: k.T("drift.here")}, {Title: k.T("drift.there")}, {Title: k.T("drift.since")}}}
	if read.State == drift.Failed && len(lines) == 0 {
		t.Note, t.Table.Err = "", &ui.Panel{Title: k.T("drift.failed"), Text: k.Words.Pick(read.Why)}
	}
	page := k.page(driftShown)
	shown := lines[min(page.Offset, len(lines)):min(page.Offset+page.Limit, len(lines))]
	if len(lines) > driftShown {
		t.Table.Pager = k.pager(page, len(shown), max(len(lines), read.Lines))
	}
	var asks []ui.Confirm
	for _, l := range shown {
		row := ui.Row{Cells: []templ.Component{view.Stack(ui.Text(driftName(l)), k.T("drift.field_"+string(l.Field))+driftWhose(l)), ui.Text(driftSide(l.Here)), ui.Text(driftSide(l.There)),
			view.Stack(ui.Moment(l.Since), driftWhy(k, l, read))}}
		row.Actions, asks = driftWays(k, a, l, asks)
		t.Table.Rows = append(t.Table.Rows, row)
	}
	return t, asks
}

func driftName(l drift.Line) string {
	if l.Name == "" || l.Name == l.Subject {
		return l.Subject
	}
	return l.Name + " (" + l.Subject + ")"
}

func driftWhose(l drift.Line) string {
	if l.Owner == "" || l.Field == drift.Handed {
		return ""
	}
	return " · " + l.Owner
}

func driftSide(text string) string {
	if text == "" {
		return "—"
	}
	return short(ui.Visible(text), 160)
}

// driftWhy says why a line is there, and whether it is older than the last reading.
func driftWhy(k *call, l drift.Line, read drift.Reading) string {
	why := k.T("drift.why_" + string(l.Why))
	if l.Seen < read.At && read.State != drift.Busy {
		why += " " + k.T("drift.stale")
	}
	return why
}

// driftNote says how a part was read last.
func driftNote(k *call, r drift.Reading) string {
	said := k.T("drift.state_"+string(r.State), "looked", k.Words.Number(r.Looked), "lines", k.Words.Number(r.Lines), "why", k.Words.Pick(r.Why),
		"unread", short(strings.Join(r.Unread, ", "), 200))
	if r.At != 0 && r.State != drift.Busy {
		said = k.T("drift.read_at", "ago", k.Words.Ago(r.At, k.now())) + " " + said
	}
	return said
}

func driftEmpty(k *call, r drift.Reading) ui.Empty {
	if r.State == drift.Read || r.State == drift.Partly {
		return ui.Empty{Icon: "check", Title: k.T("drift.none"), Text: k.T("drift.none_text")}
	}
	return ui.Empty{Icon: "refresh", Title: k.T("drift.unread"), Text: k.T("drift.unread_text")}
}

// driftWays are the buttons of a line, each of which asks first; where a person is at it there is the way to the task.
func driftWays(k *call, a community.Account, l drift.Line, asks []ui.Confirm) (templ.Component, []ui.Confirm) {
	if !l.Task.IsZero() {
		return view.Link("/inbox", k.T("drift.asked")), asks
	}
	var buttons []ui.Opener
	for _, w := range l.Ways {
		title := k.T("drift.way_" + string(w.Kind))
		id := "way-" + l.ID.String() + "-" + string(w.Kind)
		asks = append(asks, ui.Confirm{ID: id, Title: title, Object: short(driftName(l), 80), Effect: k.T("drift.effect_" + string(w.Kind)), Action: driftAt(a) + "/" + l.ID.String() + "/" + string(w.Kind),
			Button: title, Reason: k.T("form.reason")})
		buttons = append(buttons, ui.Opener{Target: id, Text: title, Small: true})
	}
	if len(buttons) == 0 {
		return nil, asks
	}
	return view.ConfirmButtons(buttons), asks
}

func (c *Console) driftRead(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	if err := k.drifts().ReadSoon(k.ctx(), a.Key); err != nil {
		return k.refused(driftAt(a), err)
	}
	return k.ok(driftAt(a), k.T("drift.reading"))
}

func (c *Console) driftSettle(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	line, err := community.ParseID(k.R.PathValue("line"))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "path: %w", err)
	}
	way := drift.WayKind(k.R.PathValue("way"))
	said, err := k.drifts().Settle(k.ctx(), k.who(), a.Key, line, way, k.form("reason"))
	switch code := community.CodeOf(err); {
	case code == community.CodeNotFound:
		return k.done(driftAt(a), "danger", k.T("drift.gone"), community.ID{})
	case err != nil:
		return k.refused(driftAt(a), err)
	}
	if words := k.Words.Pick(said); words != "" {
		return k.ok(driftAt(a), words)
	}
	return k.ok(driftAt(a), k.T("drift.did_"+string(way)))
}
