package console

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
)

// glossary lists every metric with its definition, formula and population.
func (c *Console) glossary(k *call) error {
	p := view.Insight{Head: ui.Head{Title: k.T("nav.glossary"), Sub: k.T("glossary.sub")}}
	tables := map[string]*ui.Table{}
	areas := measure.Areas()
	for _, area := range areas {
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("glossary." + area), Table: ui.Table{Label: k.T("glossary." + area),
			Columns: []ui.Column{{Title: k.T("glossary.metric")}, {Title: k.T("activity.means")}, {Title: k.T("glossary.formula")}, {Title: k.T("glossary.population")}}}})
	}
	for i, area := range areas {
		tables[area] = &p.Tables[i].Table
	}
	for _, m := range measure.Metrics() {
		name, means := metricWords(k, m)
		t := tables[m.Area]
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(name), ui.Text(means), ui.Text(m.Formula), ui.Text(k.T("glossary.population_" + m.Population))}})
	}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// metricWords are a metric's name and its definition, with letters where a page puts a day.
func metricWords(k *call, m measure.Metric) (name, means string) {
	args := []any{"to", "d", "k", "k", "week", "w"}
	key := m.Area + "." + m.Name
	return k.T(key, args...), k.T(key+"_means", args...)
}
