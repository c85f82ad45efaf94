package console

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/replay"
	"qunluo/internal/rights"
)

// Cases is what the pages of labelled cases ask and change.
type Cases interface {
	Find(ctx context.Context, f community.CaseFilter) ([]community.CaseRow, int, error)
	// Add makes a case of a message. CodeNotFound: there is no such message.
	Add(ctx context.Context, user string, c community.Case) (community.Case, error)
	Remove(ctx context.Context, user string, id community.ID, reason string) error
	// Judge says how the cases that hold for a group stand under a book; an empty book is the one in force.
	Judge(ctx context.Context, g community.GroupKey, book json.RawMessage) ([]replay.Standing, replay.CaseSums, error)
	// Publish is Hands.Publish although labelled cases break by it; despite says why.
	Publish(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note, despite string) (int, error)
}

// caseRoutes are there where labelled cases are kept.
func (c *Console) caseRoutes() []route {
	if c.deps.Cases == nil {
		return nil
	}
	return []route{
		{pattern: "GET /cases", may: rights.SeeTexts, serve: (*Console).caseList},
		{pattern: "POST /cases/{id}/remove", may: rights.Judge, serve: (*Console).caseRemove},
		{pattern: "POST /messages/{id}/{number}/case", may: rights.Judge, serve: (*Console).caseAdd},
	}
}

func (k *call) cases() Cases { return k.c.deps.Cases(k.User.Org, k.groups) }

// caseList shows the labelled cases; of one group also how each stands under its book and under the draft.
func (c *Console) caseList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	f := community.CaseFilter{Group: g.Key, For: g.Key != 0, Want: community.Want(k.query("want")), Rule: k.query("rule"), Page: k.page(listLimit)}
	rows, total, err := k.cases().Find(k.ctx(), f)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.cases"), Sub: k.T("case.sub")}, Note: k.T("case.choose")}
	if p.Filters, err = caseFilters(k, g); err != nil {
		return err
	}
	stand, err := k.caseStandings(g, &p)
	if err != nil {
		return err
	}
	p.Table = ui.Table{Label: k.T("nav.cases"), Columns: []ui.Column{{Title: k.T("case.message")}, {Title: k.T("case.want")}, {Title: k.T("rule.rule")}},
		Empty: ui.Empty{Icon: "scale", Title: k.T("case.none"), Text: k.T("case.none_text"), Button: k.T("nav.review"), Link: "/review?all=1"}, Pager: k.pager(f.Page, len(rows), total)}
	for _, s := range stand {
		p.Table.Columns = append(p.Table.Columns, ui.Column{Title: s.title})
	}
	p.Table.Columns = append(p.Table.Columns, ui.Column{Title: k.T("case.who")}, ui.Column{Title: k.T("case.why")})
	who, err := k.userNames()
	if err != nil {
		return err
	}
	for _, row := range rows {
		p.Table.Rows = append(p.Table.Rows, k.caseRow(row, stand, who, &p))
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// caseBook is how cases stand under one book.
type caseBook struct {
	title string
	of    map[community.ID]replay.Standing
}

// caseStandings judges the cases of a group under its book and its draft, and says the sums.
func (k *call) caseStandings(g community.GroupRow, p *view.List) ([]caseBook, error) {
	if g.Key == 0 || k.c.deps.Books == nil {
		return nil, nil
	}
	var out []caseBook
	judge := func(title string, book json.RawMessage) error {
		list, sum, err := k.cases().Judge(k.ctx(), g.Key, book)
		if err != nil {
			return err
		}
		b := caseBook{title, map[community.ID]replay.Standing{}}
		for _, s := range list {
			b.of[s.Case] = s
		}
		out = append(out, b)
		p.Note = strings.TrimSpace(p.Note + " " + title + k.T("list.colon") + k.caseSum(sum))
		return nil
	}
	p.Note = ""
	if err := judge(bookWord(k, g.Book), nil); err != nil {
		return nil, err
	}
	draft, err := k.Desk.BookVersion(k.ctx(), g.Key, 0)
	if err != nil || len(draft.Body) == 0 {
		if community.CodeOf(err) == community.CodeNotFound {
			err = nil
		}
		return out, err
	}
	if len(k.c.deps.Books.Check(k.ctx(), g.Key, draft.Body)) > 0 {
		return out, nil // a draft with faults judges nothing
	}
	return out, judge(k.T("rule.draft"), draft.Body)
}

// caseSum says the sums of labelled cases under a book.
func (k *call) caseSum(s replay.CaseSums) string {
	said := k.T("case.sum", "cases", s.Cases, "right", s.Right, "broken", s.Broken, "unknown", s.Unknown)
	if p := s.PrecisionShare(); p.Of > 0 {
		said += k.T("case.precision", "percent", permille(p.Permille), "found", p.Part, "hits", p.Of, "low", permille(p.Low), "high", permille(p.High))
	}
	if r := s.RecallShare(); r.Of > 0 {
		said += k.T("case.recall", "percent", permille(r.Permille), "found", r.Part, "wanted", r.Of, "low", permille(r.Low), "high", permille(r.High))
	}
	return said
}

// permille is thousandths as per cent with one digit.
func permille(n int) string { return itoa(int64(n/10)) + "." + itoa(int64(n%10)) + " %" }

func caseFilters(k *call, g community.GroupRow) (ui.Filters, error) {
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return ui.Filters{}, err
	}
	wants := []ui.Option{{Text: k.T("list.any")}}
	for _, w := range []community.Want{community.WantHit, community.WantNone} {
		wants = append(wants, ui.Option{Value: string(w), Text: k.T("case.want_" + string(w))})
	}
	out := ui.Filters{Action: "/cases", Fields: []ui.Filter{
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups},
		{Kind: "select", Name: "want", Label: k.T("case.want"), Value: k.query("want"), Options: wants},
		{Kind: "text", Name: "rule", Label: k.T("rule.rule"), Value: k.query("rule")}}}
	if k.query("g")+k.query("want")+k.query("rule") != "" {
		out.Clear = "/cases"
	}
	return out, nil
}

func (k *call) caseRow(row community.CaseRow, stand []caseBook, who func(string) string, p *view.List) ui.Row {
	text := short(row.Message.Text, 80)
	if row.Message.Erased || row.Message.Number == 0 {
		text = k.T("case.erased")
	} else if text == "" {
		text = k.classNote(row.Message.Class)
	}
	place := row.GroupName
	if row.Wide {
		place += " · " + k.T("case.wide")
	}
	rule := row.Rule
	if rule == "" {
		rule = "–"
	}
	cells := []templ.Component{ui.Two(text, place), ui.Text(k.T("case.want_" + string(row.Want))), ui.Text(rule)}
	for _, b := range stand {
		cells = append(cells, k.caseFate(b.of[row.ID]))
	}
	ask := "remove-" + row.ID.String()
	p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("case.remove"), Object: text, Effect: k.T("case.remove_effect"), Action: "/cases/" + row.ID.String() + "/remove", Button: k.T("case.remove"), Danger: true, Reason: k.T("form.reason"), Need: true})
	return ui.Row{Link: "/messages/" + row.GroupID.String() + "/" + itoa(row.Event), Cells: append(cells, view.Stack(ui.Moment(row.At), ui.Visible(who(row.User))), ui.Text(row.Why)),
		Actions: ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("case.remove"), Icon: "x", Small: true})}
}

// caseFate shows how a case stands: right, broken, or why it cannot be judged.
func (k *call) caseFate(s replay.Standing) templ.Component {
	switch s.Fate {
	case replay.Right:
		return ui.Pill("good", "circle-check", k.T("case.right"))
	case replay.Broken:
		return ui.Pill("danger", "alert-triangle", k.T("case.broken"))
	case replay.Unknown:
		return view.Stack(ui.Pill("", "circle-dashed", k.T("case.unknown")), k.T("case.unknown_"+s.Why))
	}
	return ui.Text("–")
}

// caseRemove forgets a case.
func (c *Console) caseRemove(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done("/cases", "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.cases().Remove(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/cases", err)
	}
	return k.ok("/cases", k.T("case.removed"))
}

// caseAsk puts the question before a message becomes a labelled case; nil where it cannot.
func caseAsk(k *call, g community.GroupRow, m community.MessageRow) *ui.Confirm {
	if k.c.deps.Cases == nil || m.Type != community.MessageCreated || m.Erased {
		return nil
	}
	wants := ui.Input{Kind: "select", Name: "want", Label: k.T("case.want"), Options: []ui.Option{
		{Value: string(community.WantHit), Text: k.T("case.want_hit")}, {Value: string(community.WantNone), Text: k.T("case.want_none")}}}
	return &ui.Confirm{ID: "case", Title: k.T("case.add"), Object: m.Name + k.T("list.colon") + short(m.Text, 60), Effect: k.T("case.add_effect"), Action: messageLink(g, m.Number) + "/case",
		Button: k.T("case.add"), Reason: k.T("case.why"), Need: true, Inputs: []ui.Input{wants,
			{Kind: "text", Name: "rule", Label: k.T("rule.rule"), Help: k.T("case.rule_help"), Max: 64}, {Kind: "check", Name: "wide", Label: k.T("case.wide")}}}
}

// caseAdd labels a message.
func (c *Console) caseAdd(k *call) error {
	g, m, _, err := messageHere(k, 0)
	if err != nil {
		return err
	}
	to := messageLink(g, m.Number)
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	one := community.Case{Group: g.Key, Event: m.Number, Want: community.Want(k.form("want")), Rule: strings.TrimSpace(k.form("rule")), Wide: k.form("wide") == "1", Why: k.form("reason")}
	if _, err := k.cases().Add(k.ctx(), k.who(), one); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("case.added"))
}

// despite is the field in which a person says why a book is published although labelled cases break by it.
func (k *call) despite() []ui.Input {
	if k.c.deps.Cases == nil {
		return nil
	}
	return []ui.Input{{Kind: "text", Name: "despite", Label: k.T("case.despite"), Help: k.T("case.despite_help")}}
}

// putInForce publishes a book, and tells the group; with a reason for it, also one that breaks labelled cases.
func (b bookDesk) putInForce(k *call, raw json.RawMessage, note, tell string) (int, error) {
	if k.c.deps.Charters != nil {
		return k.charters().Publish(k.aimed(), k.who(), b.g.Key, raw, note, k.form("despite"), tell)
	}
	if why := k.form("despite"); why != "" && k.c.deps.Cases != nil {
		return k.cases().Publish(k.aimed(), k.who(), b.g.Key, raw, note, why)
	}
	return k.Hands.Publish(k.aimed(), k.who(), b.g.Key, raw, note)
}
