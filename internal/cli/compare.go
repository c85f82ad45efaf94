package cli

import (
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
)

type compareCmd struct {
	fresh  `kong:"-"`
	Groups []string `arg:"" help:"两到四个群|two to four groups"`
	From   string   `placeholder:"DAY" help:"从哪天（含，2006-01-02），默认 30 天前|from which day (included, 2006-01-02), by default 30 days ago"`
	To     string   `placeholder:"DAY" help:"到哪天（含），默认昨天|to which day (included), by default yesterday"`
}

// CompareReport is every figure of some groups side by side.
type CompareReport struct {
	From    string        `json:"from" col:"从|from"`
	To      string        `json:"to" col:"到|to"`
	Groups  []string      `json:"groups"`
	Figures []CompareLine `json:"figures"`
}

// CompareLine is one figure in each of the groups, in their order.
type CompareLine struct {
	Metric string        `json:"metric"`
	Shown  string        `json:"shown" col:"数字|figure"`
	Unit   string        `json:"unit"`
	Said   string        `json:"said" col:"各群|in the groups"`
	Cells  []CompareCell `json:"cells"`
}

// CompareCell is a figure of a group. Value is null where it is withheld.
type CompareCell struct {
	Value    *float64 `json:"value"`
	Said     string   `json:"said"`
	N        int64    `json:"n"`
	Covered  int      `json:"covered"`
	Of       int      `json:"of"`
	Withheld string   `json:"withheld"` // "", no_data, low_cover, no_roster, no_inviter, not_reached, too_few
}

func (compareCmd) Shape() any { return CompareReport{} }
func (compareCmd) Examples() []example {
	return []example{{"insight compare '#books' '#films' --from 2026-01-01 --to 2026-01-31 --json", [2]string{"两个群一个月的全部数字", "all figures of two groups over a month"}}}
}

// Do prints the figures side by side.
func (q *compareCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Insights)
	if err != nil {
		return err
	}
	var keys []community.GroupKey
	out := CompareReport{Groups: []string{}, Figures: []CompareLine{}}
	for _, name := range q.Groups {
		_, g, _, err := c.place(h, name, "")
		if err != nil {
			return err
		}
		keys, out.Groups = append(keys, g.Key), append(out.Groups, g.Name)
	}
	days := daysAsked{From: q.From, To: q.To}
	_, _, from, to, err := days.of(c, h, 30)
	if err != nil {
		return err
	}
	if q.To == "" && q.From == "" {
		from, to = from-1, to-1
	}
	list, err := in.Beside(c.ctx, keys, from, to)
	if err != nil {
		return err
	}
	catalogue, err := i18n.New()
	if err != nil {
		return err
	}
	words := catalogue.In([2]string{i18n.Chinese, i18n.English}[c.lang])
	out.From, out.To = from.String(), to.String()
	for _, r := range measure.Beside(list) {
		out.Figures = append(out.Figures, compareLine(r, words))
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	return printPart(c, out.Figures)
}

func compareLine(r measure.BesideRow, words *i18n.Words) CompareLine {
	line := CompareLine{Metric: r.Metric, Shown: r.Cells[0].Label(words), Unit: r.Unit}
	var said []string
	for _, l := range r.Cells {
		cell := CompareCell{Said: l.Said(words), N: l.N, Covered: l.Coverage.Covered, Of: l.Coverage.Of, Withheld: l.Withheld}
		if l.Withheld == "" && l.Unit != measure.UnitWord {
			cell.Value = &l.Value
		}
		line.Cells, said = append(line.Cells, cell), append(said, cell.Said+" · "+l.Rests(words))
	}
	line.Said = strings.Join(said, " | ")
	return line
}
