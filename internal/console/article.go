package console

import (
	"context"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// Articles is what the platform says of articles' readings: totals of days that name nobody.
type Articles interface {
	// Accounts lists the accounts whose platform knows readings of articles, running or not.
	Accounts(ctx context.Context) ([]community.Account, error)
	// May says why an account's platform tells nothing: CodeUnsupported, in words.
	May(ctx context.Context, a community.AccountKey) error
	// Days gives the last days, the latest first: those that the platform did not tell are there too.
	Days(ctx context.Context, a community.AccountKey, days int) ([]measure.ArticleSpan, error)
	// List gives what the platform told of single articles in the last days.
	List(ctx context.Context, a community.AccountKey, days int, p community.Page) ([]measure.ArticleRow, int, error)
	// Read asks the platform now for the days that may still change. CodeUnsupported: accounts of this kind may not ask.
	Read(ctx context.Context, a community.AccountKey) error
}

// articleRoutes are there where totals of articles are kept.
func (c *Console) articleRoutes() []route {
	if c.deps.Articles == nil {
		return nil
	}
	return []route{
		{pattern: "GET /articles", may: rights.SeeContent, serve: (*Console).articlePage},
		{pattern: "POST /articles/{id}/read", may: rights.Write, serve: (*Console).articleRead},
	}
}

func (k *call) articles() Articles { return k.c.deps.Articles(k.User.Org) }

// articleSpans are the spans of days that the page offers.
var articleSpans = []int{7, 14, 30, 90}

// articlePage shows the platform's totals of each account, day by day, apart from what our own short links counted by person.
func (c *Console) articlePage(k *call) error {
	accounts, err := k.articles().Accounts(k.ctx())
	if err != nil {
		return err
	}
	days := articleSpans[1]
	for _, n := range articleSpans {
		if k.query("days") == strconv.Itoa(n) {
			days = n
		}
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("nav.articles"), Sub: k.T("article.sub")}, Means: k.T("article.apart")}
	for _, n := range articleSpans {
		if n != days {
			p.Links = append(p.Links, ui.Option{Value: "/articles?days=" + strconv.Itoa(n), Text: k.T("article.days", "num", n)})
		}
	}
	for _, a := range accounts {
		if err := k.articleAccount(&p, a, days); err != nil {
			return err
		}
	}
	if len(accounts) == 0 {
		p.Tables = []view.PlanTable{{Title: k.T("article.totals"), Table: ui.Table{Empty: ui.Empty{Icon: "plug", Title: k.T("article.no_account"), Text: k.T("article.no_account_text"), Button: k.T("nav.connections"), Link: "/connections"}}}}
	}
	if c.deps.Shorts != nil {
		links, err := k.articleLinks()
		if err != nil {
			return err
		}
		p.Tables = append(p.Tables, links)
	}
	return k.show(p.Head.Title, view.PlanShow(p))
}

// articleAccount adds what the platform told of one account, and what accounts of its kind cannot do.
func (k *call) articleAccount(p *view.PlanPage, a community.Account, days int) error {
	may := k.articles().May(k.ctx(), a.Key)
	if may != nil && community.CodeOf(may) != community.CodeUnsupported {
		return may
	}
	if may == nil {
		if err := k.articleTotals(p, a, days); err != nil {
			return err
		}
	} else {
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("article.totals") + " · " + a.Name, Table: ui.Table{Empty: ui.Empty{Icon: "ban", Title: k.T("article.may_not"), Text: choreFault(k, may)}}})
	}
	if cannot := k.articleCannot(a); cannot != nil {
		p.Tables = append(p.Tables, *cannot)
	}
	return nil
}

// articleTotals adds what the platform told of one account.
func (k *call) articleTotals(p *view.PlanPage, a community.Account, days int) error {
	spans, err := k.articles().Days(k.ctx(), a.Key, days)
	if err != nil {
		return err
	}
	list, total, err := k.articles().List(k.ctx(), a.Key, days, community.Page{Limit: listLimit})
	if err != nil {
		return err
	}
	told, gaps := ui.Table{Label: k.T("article.by_day"), Columns: []ui.Column{{Title: k.T("article.day")}, {Title: k.T("article.articles"), Num: true}, {Title: k.T("article.times"), Num: true}, {Title: k.T("article.shares"), Num: true}, {Title: k.T("article.source")}}}, 0
	at := map[measure.Day]measure.ArticleRead{}
	for _, s := range spans {
		at[s.Day] = s.Read
		cells := []templ.Component{ui.Text(s.Day.String()), ui.Text("–"), ui.Text("–"), ui.Text("–"), k.articleGap(s)}
		if s.State == measure.DayTold {
			cells = []templ.Component{ui.Text(s.Day.String()), ui.Figure(s.Sum.Articles), ui.Figure(s.Sum.Times), ui.Figure(s.Sum.Shares), view.Stack(ui.Moment(s.Read.Told), k.articleSource(s.Read))}
		} else if s.State != measure.DayNotYet {
			gaps++
		}
		told.Rows = append(told.Rows, ui.Row{Cells: cells})
	}
	note := k.T("article.totals_note")
	if gaps > 0 {
		note = k.T("article.gaps", "num", gaps, "all", len(spans)) + " " + note
	}
	single := ui.Table{Label: k.T("article.single"), Columns: []ui.Column{{Title: k.T("article.article")}, {Title: k.T("article.day")}, {Title: k.T("article.people"), Num: true}, {Title: k.T("article.times"), Num: true}, {Title: k.T("article.shares"), Num: true}, {Title: k.T("article.saves"), Num: true}, {Title: k.T("article.source")}},
		Empty: ui.Empty{Icon: "circle-dashed", Title: k.T("article.none"), Text: k.T("article.none_text")}}
	for _, r := range list {
		single.Rows = append(single.Rows, ui.Row{Cells: []templ.Component{ui.Text(r.Title), ui.Text(r.Day.String()), ui.Figure(r.People), ui.Figure(r.Times), ui.Figure(r.Shares), ui.Figure(r.Saves), view.Stack(ui.Moment(at[r.Day].Told), k.T("article.by_platform"))}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("article.by_day") + " · " + a.Name, Note: note, Table: told},
		view.PlanTable{Title: k.T("article.single") + " · " + a.Name, Note: k.T("article.single_note", "num", len(list), "all", total), Table: single})
	id := "read-" + a.ID.String()
	p.Openers = append(p.Openers, ui.Opener{Target: id, Text: k.T("article.read", "name", a.Name), Icon: "refresh"})
	p.Asks = append(p.Asks, ui.Confirm{ID: id, Title: k.T("article.read", "name", a.Name), Object: a.Name, Effect: k.T("article.read_effect"), Action: "/articles/" + a.ID.String() + "/read", Button: k.T("article.read", "name", a.Name)})
	return nil
}

// articleSource says that a figure is the platform's, and that it was last asked in vain where it was.
func (k *call) articleSource(r measure.ArticleRead) string {
	if r.Code != community.CodeNone {
		return k.T("article.by_platform") + " · " + k.T("article.last_failed")
	}
	return k.T("article.by_platform")
}

// articleGap says why a day has no figures.
func (k *call) articleGap(s measure.ArticleSpan) templ.Component {
	look := map[string][2]string{measure.DayNotYet: {"", "clock"}, measure.DayFailed: {"danger", "alert-triangle"}, measure.DayUnasked: {"warning", "circle-dashed"}}[s.State]
	pill := ui.Pill(look[0], look[1], k.T("article.is_"+s.State))
	if s.State != measure.DayFailed {
		return pill
	}
	return view.Stack(pill, k.T("error."+string(s.Read.Code)+".title"))
}

// articleCannot lists what accounts of this kind cannot do, and why; nil while the account does not run, or can do all.
func (k *call) articleCannot(a community.Account) *view.PlanTable {
	out, err := k.Hands.DoChore(k.ctx(), k.who(), a.Key, "can.list", []byte(`{}`), "")
	if err != nil {
		return nil
	}
	t := ui.Table{Label: k.T("article.cannot"), Columns: []ui.Column{{Title: k.T("article.ability")}, {Title: k.T("article.why")}}}
	for _, row := range out.Rows {
		if len(row) == 3 && row[2] != "" {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.mine(row[0])), ui.Text(k.mine(row[2]))}})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &view.PlanTable{Title: k.T("article.cannot") + " · " + a.Name, Note: k.Words.Pick(out.Say), Table: t}
}

// mine is the half of a text in both languages ("中文 · English") that the reader reads.
func (k *call) mine(text string) string {
	zh, en, ok := strings.Cut(text, " · ")
	if !ok {
		return text
	}
	return k.Words.Pick([2]string{zh, en})
}

// articleLinks are our own counts, by person: a table apart, never added to the platform's.
func (k *call) articleLinks() (view.PlanTable, error) {
	list, total, err := k.shorts().Find(k.ctx(), community.Page{Limit: listLimit})
	t := ui.Table{Label: k.T("article.by_person"), Columns: []ui.Column{{Title: k.T("short.title")}, {Title: k.T("article.readers"), Num: true}, {Title: k.T("article.opened_known"), Num: true}, {Title: k.T("article.opened_unknown"), Num: true}},
		Empty: ui.Empty{Icon: "link", Title: k.T("short.none"), Text: k.T("short.none_text"), Button: k.T("short.new"), Link: "/shorts/new"}}
	for _, l := range list {
		t.Rows = append(t.Rows, ui.Row{Link: "/shorts/" + l.ID.String(), Cells: []templ.Component{ui.Two(l.Title, short(l.Target, 60)), ui.Figure(l.People), ui.Figure(l.Known), ui.Figure(l.Unknown)}})
	}
	return view.PlanTable{Title: k.T("article.by_person"), Note: k.T("article.by_person_note", "num", len(list), "all", total), Table: t}, err
}

// articleRead asks the platform now.
func (c *Console) articleRead(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	if err := k.articles().Read(k.ctx(), a.Key); err != nil {
		return k.refused("/articles", err)
	}
	return k.ok("/articles", k.T("article.is_read"))
}
