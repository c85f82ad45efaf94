package console

import (
	"context"
	"encoding/csv"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Payments is what the page of payments asks and changes.
type Payments interface {
	// Find lists payments, the latest first.
	Find(ctx context.Context, f community.PaymentFilter) ([]community.PaymentRow, int, error)
	// AddFile enters a CSV of payments in a group, all or none; known were entered before. With faults nothing was entered.
	AddFile(ctx context.Context, user string, g community.GroupKey, file io.Reader) (added []community.Payment, known int, faults []community.PaymentFault, err error)
	// Void says that a payment was entered wrongly.
	Void(ctx context.Context, user string, id community.ID, why string) error
}

// paymentRoutes are there where payments are kept.
func (c *Console) paymentRoutes() []route {
	if c.deps.Payments == nil {
		return nil
	}
	return []route{
		{pattern: "GET /payments", may: rights.SeeMoney, serve: (*Console).paymentList},
		{pattern: "GET /payments.csv", may: rights.Export, and: rights.SeeMoney, serve: (*Console).paymentSheet},
		{pattern: "POST /payments", may: rights.Pay, serve: (*Console).paymentAdd},
		{pattern: "POST /payments/{id}/void", may: rights.Pay, serve: (*Console).paymentVoid},
	}
}

func (k *call) payments() Payments { return k.c.deps.Payments(k.User.Org, k.groups) }

// paymentFilter is what the address asks for.
func (k *call) paymentFilter() (community.PaymentFilter, community.GroupRow, error) {
	g, err := k.groupNamed(k.query("g"))
	f := community.PaymentFilter{Group: g.Key, Page: k.page(listLimit)}
	if err != nil || k.query("m") == "" {
		return f, g, err
	}
	id, err := community.ParseID(k.query("m"))
	if err != nil {
		return f, g, community.Errorf(community.CodeNotFound, "member: %w", err)
	}
	m, err := k.Desk.MemberByID(k.ctx(), id)
	f.Member = m.Key
	return f, g, err
}

// paymentList shows what members paid; an owner enters and voids.
func (c *Console) paymentList(k *call) error {
	f, g, err := k.paymentFilter()
	if err != nil {
		return err
	}
	rows, total, err := k.payments().Find(k.ctx(), f)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.payments"), Sub: k.T("payment.sub")}}
	groups, err := k.groupChoice(k.T("activity.all_groups"), g)
	if err != nil {
		return err
	}
	chosen := ""
	if g.Key != 0 {
		chosen = g.ID.String()
	}
	p.Filters = ui.Filters{Action: "/payments", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: chosen, Options: groups}}}
	if k.R.URL.RawQuery != "" {
		p.Filters.Clear = "/payments"
	}
	p.Table = ui.Table{Label: p.Head.Title, Columns: []ui.Column{k.column(k.T("payment.at"), "at", f.Page), {Title: k.T("member.name")}, k.column(k.T("payment.amount"), "amount", f.Page), {Title: k.T("payment.what")}, {Title: k.T("payment.who")}, {Title: k.T("payment.state")}},
		Empty: ui.Empty{Icon: "list-check", Title: k.T("payment.none"), Text: k.T("payment.none_text")}, Pager: k.pager(f.Page, len(rows), total)}
	k.export(p.Table.Pager, "/payments.csv")
	if k.may(rights.Pay) {
		paymentForms(k, &p, groups[min(1, len(groups)):], chosen)
	}
	for _, r := range rows {
		p.Table.Rows = append(p.Table.Rows, paymentRow(k, &p, r, who))
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func paymentRow(k *call, p *view.List, r community.PaymentRow, who func(string) string) ui.Row {
	state := ui.Pill("success", "check", k.T("payment.stands"))
	if r.Voided != 0 {
		state = view.Stack(ui.Pill("secondary", "", k.T("payment.voided")), who(r.VoidedBy)+" · "+r.VoidWhy)
	}
	row := ui.Row{Cells: []templ.Component{ui.Moment(r.At), view.Stack(view.Person("/members/"+r.MemberID.String(), r.Name), ui.Visible(r.GroupName)), ui.Text(k.money(r.Amount, r.Currency)), ui.Two(ui.Visible(r.What), ui.Visible(r.Ref)), ui.Text(who(r.User)), state}}
	if r.Voided == 0 && k.may(rights.Pay) {
		ask := "void-" + r.ID.String()
		row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("payment.void"), Small: true, Icon: "x"})
		p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("payment.void"), Object: named(r.Name, "") + " " + k.money(r.Amount, r.Currency), Effect: k.T("payment.void_effect"), Action: "/payments/" + r.ID.String() + "/void", Button: k.T("payment.void"), Reason: k.T("form.reason"), Need: true, Danger: true})
	}
	return row
}

// paymentForms are the ways to enter payments: one by hand, many from a file.
func paymentForms(k *call, p *view.List, groups []ui.Option, chosen string) {
	if len(groups) == 0 {
		return
	}
	var all []ui.Option
	for _, c := range community.Currencies() {
		all = append(all, ui.Option{Value: c, Text: c})
	}
	group := ui.Input{Kind: "select", Name: "g", Label: k.T("word.group"), Value: chosen, Options: groups}
	one := ui.Confirm{ID: "pay", Title: k.T("payment.add"), Effect: k.T("payment.add_note"), Action: "/payments", Button: k.T("payment.add"), Inputs: []ui.Input{group,
		{Kind: "text", Name: "member", Label: k.T("payment.member"), Required: true, Max: 200}, {Kind: "text", Name: "amount", Label: k.T("payment.amount"), Required: true, Max: 20},
		{Kind: "select", Name: "currency", Label: k.T("payment.currency"), Value: "CNY", Options: all}, {Kind: "text", Name: "at", Label: k.T("payment.at"), Required: true, Max: 20, Value: time.UnixMilli(k.now()).In(zone(k.payZone())).Format("2006-01-02 15:04")},
		{Kind: "text", Name: "what", Label: k.T("payment.what"), Max: 200}, {Kind: "text", Name: "ref", Label: k.T("payment.ref"), Max: 200}}}
	many := ui.Confirm{ID: "pay-file", Title: k.T("payment.file"), Effect: k.T("payment.file_note"), Action: "/payments", Button: k.T("payment.file"), Inputs: []ui.Input{group,
		{Kind: "area", Name: "csv", Label: k.T("payment.pasted"), Required: true, Rows: 8, Value: "member,amount,at,currency,what,ref\n"}}}
	p.Asks = append(p.Asks, one, many)
	p.Head.Actions = view.Openers([]ui.Opener{{Target: one.ID, Text: one.Title, Icon: "plus"}, {Target: many.ID, Text: many.Title, Icon: "file-import"}})
}

// payZone is the zone that a payment's time is offered in: that of the first group.
func (k *call) payZone() string {
	g, err := k.pointGroup(k.query("g"))
	if err != nil || g.Key == 0 {
		return "Asia/Shanghai"
	}
	return g.Zone
}

// csvOf writes lines as a file.
func csvOf(lines ...[]string) string {
	var b strings.Builder
	out := csv.NewWriter(&b)
	_ = out.WriteAll(lines) // a builder takes everything
	return b.String()
}

// paymentAdd enters one payment, or those of a pasted file.
func (c *Console) paymentAdd(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	to := "/payments"
	if g.Key != 0 {
		to += "?g=" + g.ID.String()
	}
	text := k.R.PostFormValue("csv")
	if text == "" {
		text = csvOf([]string{"member", "amount", "at", "currency", "what", "ref"}, []string{k.form("member"), k.form("amount"), k.form("at"), k.form("currency"), k.form("what"), k.form("ref")})
	}
	added, known, faults, err := k.payments().AddFile(k.ctx(), k.who(), g.Key, strings.NewReader(text))
	if err != nil {
		return k.refused(to, err)
	}
	if len(faults) > 0 {
		var said []string
		for _, f := range faults[:min(len(faults), 5)] {
			why := k.T("payment.bad_"+f.What, "all", strings.Join(community.Currencies(), ", "))
			if k.R.PostFormValue("csv") != "" {
				why = k.T("payment.bad_line", "line", f.Line, "why", why)
			}
			said = append(said, why)
		}
		return k.done(to, "danger", k.T("payment.bad", "why", strings.Join(said, " · ")), community.ID{})
	}
	said := k.T("payment.added", "count", len(added))
	if known > 0 {
		said += " · " + k.T("payment.known", "count", known)
	}
	return k.ok(to, said)
}

// paymentVoid takes a payment out of the figures.
func (c *Console) paymentVoid(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done("/payments", "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.payments().Void(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/payments", err)
	}
	return k.ok("/payments", k.T("payment.void_done"))
}

// paymentSheet is the list as a file.
func (c *Console) paymentSheet(k *call) error {
	f, _, err := k.paymentFilter()
	if err != nil {
		return err
	}
	f.Page = community.Page{Limit: 200}
	_, total, err := k.payments().Find(k.ctx(), f)
	if err == nil {
		err = k.bulkExport(total)
	}
	if err != nil {
		return k.refused("/payments", err)
	}
	first := true
	head := []string{"id", k.T("payment.at"), k.T("word.group"), "member_id", k.T("member.name"), k.T("payment.amount"), k.T("payment.currency"), k.T("payment.what"), k.T("payment.ref"), k.T("payment.state")}
	return k.sheet("payments", head, func() ([][]string, error) {
		if !first {
			f.Page.Offset += f.Page.Limit
		}
		first = false
		rows, _, err := k.payments().Find(k.ctx(), f)
		out := make([][]string, len(rows))
		for i, r := range rows {
			state := k.T("payment.stands")
			if r.Voided != 0 {
				state = k.T("payment.voided")
			}
			out[i] = []string{r.ID.String(), time.UnixMilli(r.At).UTC().Format(time.RFC3339), r.GroupName, r.MemberID.String(), r.Name, community.FormatAmount(r.Amount), r.Currency, r.What, r.Ref, state}
		}
		return out, err
	})
}
