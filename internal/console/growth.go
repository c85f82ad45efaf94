package console

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// Growths is what the pages of self-growth and of claims ask.
type Growths interface {
	// Growth gives how much of a group's last months came from its members, the latest first.
	Growth(ctx context.Context, g community.GroupRow, months int) ([]measure.GrowthMonth, error)
	// Claims compares what operators are told with what is on record.
	Claims(ctx context.Context) ([]measure.Claim, error)
}

// growthRoutes are there where growth is measured.
func (c *Console) growthRoutes() []route {
	if c.deps.Growths == nil {
		return nil
	}
	return []route{
		{pattern: "GET /growth", may: rights.SeeFigures, serve: (*Console).growth},
		{pattern: "GET /claims", may: rights.SeePeople, serve: (*Console).claims},
	}
}

func (k *call) growths() Growths { return k.c.deps.Growths(k.User.Org, k.groups) }

// growthMonths are how many months a group's page shows; growthGroups how many groups a page lists.
const (
	growthMonths = 12
	growthGroups = 30
)

// growth shows a group's months, or the current month of all groups.
func (c *Console) growth(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.growth"), Sub: k.T("growth.sub")}, Note: k.T("growth.note") + k.growthMeans()}
	groups, err := k.groupChoice(k.T("growth.all"), g)
	if err != nil {
		return err
	}
	chosen := ""
	if g.Key != 0 {
		chosen = g.ID.String()
	}
	p.Filters = ui.Filters{Action: "/growth", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: chosen, Options: groups}}}
	first := k.T("growth.month")
	if g.Key == 0 {
		first = k.T("word.group")
	}
	p.Table = ui.Table{Label: k.T("nav.growth"), Empty: ui.Empty{Icon: "users", Title: k.T("insight.too_few"), Text: k.T("growth.none")}, Columns: []ui.Column{{Title: first},
		{Title: k.T("growth.invitation"), Num: true}, {Title: k.T("growth.talk"), Num: true}, {Title: k.T("growth.answers"), Num: true}}}
	if g.Key != 0 {
		months, err := k.growths().Growth(k.ctx(), g, growthMonths)
		if err != nil {
			return err
		}
		for _, m := range months {
			p.Table.Rows = append(p.Table.Rows, k.growthRow(ui.Text(m.Month), "", m))
		}
		return k.show(p.Head.Title, view.ListPage(p), inZone(g))
	}
	at := k.page(growthGroups)
	rows, total, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: at})
	if err != nil {
		return err
	}
	for _, row := range rows {
		months, err := k.growths().Growth(k.ctx(), row, 1)
		if err != nil {
			return err
		}
		m := measure.GrowthMonth{Ways: map[string]int64{}}
		if len(months) > 0 {
			m = months[0]
		}
		p.Table.Rows = append(p.Table.Rows, k.growthRow(ui.Name(row.Name), "/growth?g="+row.ID.String(), m))
	}
	p.Table.Pager = k.pager(at, len(rows), total)
	return k.show(p.Head.Title, view.ListPage(p))
}

// growthMeans are the definitions of the three shares.
func (k *call) growthMeans() (out string) {
	for _, name := range []string{"invitation", "talk", "answers"} {
		out += " " + k.T("growth."+name) + k.T("growth.colon") + k.T("growth."+name+"_means") + k.T("growth.stop")
	}
	return out
}

func (k *call) growthRow(first templ.Component, link string, m measure.GrowthMonth) ui.Row {
	hidden := ""
	if n := m.Ways[measure.ByUnknown]; n > 0 {
		hidden = k.T("growth.hidden", "n", k.Words.Number(n))
	}
	return ui.Row{Link: link, Cells: []templ.Component{first, k.shareCell(m.ByInvitation(), hidden), k.shareCell(m.OwnTalk(), ""), k.shareCell(m.OwnAnswers(), "")}}
}

// shareCell is a share with its counts; with fewer than 20 the counts lead.
func (k *call) shareCell(f measure.Figure, more string) templ.Component {
	counts := k.amount(f.Num) + "/" + k.amount(f.Den)
	lead, under := percent(f.Value), counts
	switch {
	case f.Withheld != "" && more != "":
		lead, under = k.T("growth.unknown"), ""
	case f.Withheld != "":
		lead, under = "–", ""
	case f.Grey:
		lead, under = counts, percent(f.Value)
	}
	if more != "" {
		if under != "" {
			under += " · "
		}
		under += more
	}
	return ui.Two(lead, under)
}

// claimTones are how verdicts about claims look.
var claimTones = map[string]string{measure.Agrees: "success", measure.Differs: "warning", measure.Undecided: "secondary"}

// claims lists what operators are told beside their own figures.
func (c *Console) claims(k *call) error {
	list, err := k.growths().Claims(k.ctx())
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.claims"), Sub: k.T("claim.sub")}, Note: k.T("claim.note")}
	p.Table = ui.Table{Label: k.T("nav.claims"), Columns: []ui.Column{{Title: k.T("claim.told")}, {Title: k.T("claim.verdict")}, {Title: k.T("claim.own"), Num: true}, {Title: k.T("claim.n"), Num: true}, {Title: k.T("claim.needed")}}}
	for _, one := range list {
		own, between := "–", ""
		if one.Known {
			own, between = claimValue(k, one, one.Value), k.T("experiment.between", "low", claimValue(k, one, one.Low), "high", claimValue(k, one, one.High))
		}
		needed := "–"
		if one.Verdict == measure.Undecided {
			needed = k.T("claim.need_"+one.Name, "n", k.Words.Number(one.Need))
		}
		count := k.Words.Number(one.N)
		if one.N == 0 && one.Seen > 0 {
			count = k.T("claim.of_seen", "n", k.Words.Number(one.Seen))
		}
		if one.P < 1 {
			between += " · " + k.T("claim.rank", "p", strconv.FormatFloat(one.P, 'g', 2, 64))
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.T("claim.told_"+one.Name), k.T("claim.means_"+one.Name)), ui.Pill(claimTones[one.Verdict], "", k.T("claim.is_"+one.Verdict)), ui.Two(own, between), ui.Text(count), ui.Text(needed)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func claimValue(k *call, c measure.Claim, v float64) string {
	if c.Ratio {
		return k.T("claim.times", "n", strconv.FormatFloat(v, 'f', 2, 64))
	}
	return percent(v)
}
