package console

import (
	"context"
	"slices"
	"strconv"

	"github.com/a-h/templ"
	"github.com/xuri/excelize/v2"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// Comparisons puts groups side by side.
type Comparisons interface {
	// Beside gives the sheets of two to four groups, in their order.
	Beside(ctx context.Context, groups []community.GroupKey, from, to measure.Day) ([]measure.Sheet, error)
}

// compareRoutes are there where groups are compared.
func (c *Console) compareRoutes() []route {
	if c.deps.Comparisons == nil {
		return nil
	}
	return []route{
		{pattern: "GET /compare", may: rights.SeeFigures, serve: (*Console).compare},
		{pattern: "GET /compare.csv", may: rights.SeeFigures, serve: (*Console).compareSheet},
		{pattern: "GET /compare.xlsx", may: rights.SeeFigures, serve: (*Console).compareBook},
	}
}

// compareAsk is what the address asks for: up to four groups, and days.
type compareAsk struct {
	groups   []community.GroupRow
	from, to measure.Day
	bad      bool
}

func (k *call) compareAsk() (compareAsk, error) {
	var ask compareAsk
	for i := range measure.BesideMost {
		g, err := k.groupNamed(k.query("g" + strconv.Itoa(i+1)))
		if err != nil {
			return ask, err
		}
		if g.Key != 0 {
			ask.groups = append(ask.groups, g)
		}
	}
	today, err := k.Figures.Today(k.ctx(), 0)
	if err != nil {
		return ask, err
	}
	ask.from, ask.to = today-activitySpan, today-1
	if k.query("from")+k.query("to") != "" {
		from, to, ok := k.activityDates(today)
		if ask.bad = !ok; ok {
			ask.from, ask.to = from, to
		}
	}
	return ask, nil
}

func (a compareAsk) keys() []community.GroupKey {
	out := make([]community.GroupKey, len(a.groups))
	for i, g := range a.groups {
		out[i] = g.Key
	}
	return out
}

// beside gives the sheets that the address asks for; none where it names too few groups, or one twice.
func (k *call) beside(ask compareAsk) ([]measure.Sheet, error) {
	if measure.CheckBeside(ask.keys(), ask.from, ask.to) != nil {
		return nil, nil
	}
	return k.c.deps.Comparisons(k.User.Org, k.groups).Beside(k.ctx(), ask.keys(), ask.from, ask.to)
}

// compare shows every figure of two to four groups side by side.
func (c *Console) compare(k *call) error {
	ask, err := k.compareAsk()
	if err != nil {
		return err
	}
	list, err := k.beside(ask)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("nav.compare"), Sub: k.T("compare.sub")}, Chosen: k.T("compare.choose")}
	if err := k.compareFilters(&p, ask); err != nil {
		return err
	}
	if ask.bad {
		p.Notes = append(p.Notes, k.T("activity.bad_span", "most", activityMost))
	}
	if len(list) == 0 {
		if len(ask.groups) > 0 {
			p.Notes = append(p.Notes, k.T("compare.bad"))
		}
		p.Tables = []view.PlanTable{{Table: ui.Table{Label: p.Head.Title, Empty: ui.Empty{Icon: "users-group", Title: k.T("compare.choose"), Text: k.T("compare.choose_text")}}}}
		return k.show(p.Head.Title, view.InsightPage(p))
	}
	p.Notes = append(p.Notes, k.T("compare.note", "from", ask.from.String(), "to", ask.to.String()))
	p.Head.Actions = view.LinkButtons([][3]string{{"/compare.csv?" + k.R.URL.RawQuery, "file-import", k.T("compare.csv")}, {"/compare.xlsx?" + k.R.URL.RawQuery, "file-import", k.T("compare.xlsx")}})
	p.Tables = k.compareTables(list)
	return k.show(p.Head.Title, view.InsightPage(p))
}

func (k *call) compareFilters(p *view.Insight, ask compareAsk) error {
	options, err := k.groupChoice("–", community.GroupRow{})
	if err != nil {
		return err
	}
	p.Filters = ui.Filters{Action: "/compare"}
	for i := range measure.BesideMost {
		n := strconv.Itoa(i + 1)
		p.Filters.Fields = append(p.Filters.Fields, ui.Filter{Kind: "select", Name: "g" + n, Label: k.T("compare.nth", "num", i+1), Value: k.query("g" + n), Options: options})
	}
	p.Filters.Fields = append(p.Filters.Fields, ui.Filter{Kind: "date", Name: "from", Label: k.T("activity.from"), Value: ask.from.String()}, ui.Filter{Kind: "date", Name: "to", Label: k.T("activity.to"), Value: ask.to.String()})
	if k.R.URL.RawQuery != "" {
		p.Filters.Clear = "/compare"
	}
	return nil
}

// compareTables are the figures by area, each cell with what it rests on and a link to where it is explained.
func (k *call) compareTables(list []measure.Sheet) (out []view.PlanTable) {
	var columns []ui.Column
	columns = append(columns, ui.Column{Title: k.T("weekly.metric")})
	for _, s := range list {
		columns = append(columns, ui.Column{Title: ui.Visible(s.Name)})
	}
	at := map[string]int{}
	for _, r := range measure.Beside(list) {
		area := r.Area()
		i, known := at[area]
		if !known {
			i, at[area] = len(out), len(out)
			title := k.T("nav.compare")
			if key := "glossary." + area; k.Words.Has(key) {
				title = k.T(key)
			}
			out = append(out, view.PlanTable{Title: title, Table: ui.Table{Label: title, Columns: columns}})
		}
		row := ui.Row{Cells: []templ.Component{ui.Two(r.Cells[0].Label(k.Words), "")}}
		for j, l := range r.Cells {
			row.Cells = append(row.Cells, view.Stack(view.Link(l.Path+"?g="+list[j].GroupID.String(), l.Said(k.Words)), l.Rests(k.Words)))
		}
		out[i].Table.Rows = append(out[i].Table.Rows, row)
	}
	return out
}

// compareRows are the figures as rows of a file: a figure and a group each.
func (k *call) compareRows() (head []string, rows [][]string, err error) {
	ask, err := k.compareAsk()
	if err != nil {
		return nil, nil, err
	}
	list, err := k.beside(ask)
	if err == nil && len(list) == 0 {
		err = community.Errorf(community.CodeBadInput, "groups: want %d to %d different ones", measure.BesideLeast, measure.BesideMost)
	}
	head = []string{"metric", k.T("weekly.metric"), k.T("compare.meaning"), k.T("word.group"), k.T("weekly.value"), "value", k.T("compare.unit_n"), k.T("compare.covered"), k.T("compare.of"), k.T("compare.why"), "from", "to"}
	for _, r := range measure.Beside(list) {
		for i, l := range r.Cells {
			value := ""
			if l.Withheld == "" && l.Unit != measure.UnitWord {
				value = strconv.FormatFloat(l.Value, 'g', -1, 64)
			}
			rows = append(rows, []string{l.Metric, l.Label(k.Words), l.Means(k.Words, ask.to), list[i].Name, l.Said(k.Words), value, itoa(l.N), strconv.Itoa(l.Coverage.Covered), strconv.Itoa(l.Coverage.Of), l.Withheld, ask.from.String(), ask.to.String()})
		}
	}
	return head, rows, err
}

func (c *Console) compareSheet(k *call) error {
	head, rows, err := k.compareRows()
	if err != nil {
		return err
	}
	return k.sheet("compare", head, once(rows))
}

// once gives rows in one go.
func once(rows [][]string) func() ([][]string, error) {
	return func() ([][]string, error) {
		out := rows
		rows = nil
		return out, nil
	}
}

func (c *Console) compareBook(k *call) error {
	head, rows, err := k.compareRows()
	if err != nil {
		return err
	}
	return k.workbook("compare", k.T("nav.compare"), slices.Insert(rows, 0, head), 5, 6, 7, 8)
}

// workbook sends rows as XLSX, the first being its head: cells are texts and never formulas, but for the columns of numbers.
func (k *call) workbook(name, title string, rows [][]string, numbers ...int) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", title); err != nil {
		return err
	}
	for i, row := range rows {
		if i > 0 && k.few() > 0 {
			fewCells(row)
		}
		cells := make([]any, len(row))
		for j, text := range row {
			cells[j] = text
			if v, err := strconv.ParseFloat(text, 64); err == nil && i > 0 && slices.Contains(numbers, j) {
				cells[j] = v
			}
		}
		if err := f.SetSheetRow(title, "A"+strconv.Itoa(i+1), &cells); err != nil {
			return err
		}
	}
	k.W.Header().Set("Content-Type", exportTypes["xlsx"])
	k.W.Header().Set("Content-Disposition", `attachment; filename="`+name+`.xlsx"`)
	if err := f.Write(k.W); err != nil {
		return nil //nolint:nilerr // the browser left
	}
	return nil
}
