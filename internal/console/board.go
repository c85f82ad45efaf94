package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

var boardRoutes = []route{
	{pattern: "GET /board", may: rights.SeeFigures, serve: (*Console).board},
	{pattern: "GET /board/people", may: rights.SeePeople, serve: (*Console).boardPeople},
	{pattern: "GET /journey", may: rights.SeeFigures, serve: (*Console).journey},
	{pattern: "GET /journey/people", may: rights.SeePeople, serve: (*Console).journeyPeople},
	{pattern: "GET /bonds", may: rights.SeePeople, serve: (*Console).bonds},
}

// oneGroupAsk is activityAsk of one group: that of the address, or the first there is.
func (k *call) oneGroupAsk() (activityAsk, error) {
	ask, err := k.activityAsk()
	if err != nil || ask.group.Key != 0 {
		return ask, err
	}
	ask.tag = ""
	ask.group, err = k.pointGroup("")
	return ask, err
}

// oneGroupPage begins a page about one group and some days, called after name in the menu. Where there is no group yet it is empty.
func (k *call) oneGroupPage(ask activityAsk, name, sub, at string) (view.Insight, error) {
	p := view.Insight{Head: ui.Head{Title: k.T(name), Sub: k.T(sub)}}
	if ask.group.Key == 0 {
		p.Tables = []view.PlanTable{{Table: ui.Table{Label: p.Head.Title, Empty: ui.Empty{Icon: "users-group", Title: k.T("board.no_group"), Text: k.T("board.no_group_text")}}}}
		return p, nil
	}
	if err := k.insightHead(&p, ask, at); err != nil {
		return p, err
	}
	p.Filters.Fields = slices.DeleteFunc(p.Filters.Fields, func(f ui.Filter) bool { return f.Name == "tag" })
	p.Filters.Fields[0].Options = p.Filters.Fields[0].Options[min(1, len(p.Filters.Fields[0].Options)):] // all groups is no choice
	if ask.bad {
		p.Notes = append(p.Notes, k.T("activity.bad_span", "most", activityMost))
	}
	return p, nil
}

// peopleOf is the address of the people behind a figure.
func peopleOf(at string, ask activityAsk, pairs ...string) string {
	link := at + "?g=" + ask.group.ID.String() + "&from=" + ask.from.String() + "&to=" + ask.to.String()
	for i := 0; i+1 < len(pairs); i += 2 {
		link += "&" + pairs[i] + "=" + pairs[i+1]
	}
	return link
}

// traced is what a group's members did, with what happened on their ways.
func (k *call) traced(ask activityAsk) (measure.History, measure.Traces, error) {
	h, err := k.Figures.History(k.ctx(), ask.group.Key, ask.to)
	if err != nil {
		return h, measure.Traces{}, err
	}
	tr, err := k.Figures.Traces(k.ctx(), ask.group.Key, h)
	return h, tr, err
}

func (k *call) travelsOf(ask activityAsk) (measure.Travels, error) {
	h, tr, err := k.traced(ask)
	if err != nil {
		return measure.Travels{}, err
	}
	return measure.Travel(h, tr, ask.from, ask.to), nil
}

// paidOf gives the payments of the currency most were made in, and what was paid in the others.
func (k *call) paidOf(ask activityAsk) (currency string, list []measure.Payment, others []string, err error) {
	all, err := k.Figures.Paid(k.ctx(), ask.group.Key, ask.from, ask.to)
	currency, list, rest := measure.Leading(all)
	for _, c := range community.Currencies() {
		if sum, ok := rest[c]; ok {
			others = append(others, k.money(sum, c))
		}
	}
	return currency, list, others, err
}

// money writes an amount in minor units.
func (k *call) money(amount int64, currency string) string {
	plain := community.FormatAmount(amount)
	sign, rest := "", plain
	if amount < 0 {
		sign, rest = "-", plain[1:]
	}
	return sign + k.Words.Number(max(amount, -amount)/100) + rest[len(rest)-3:] + " " + currency
}

func (k *call) boardOf(ask activityAsk) (b measure.Board, currency string, others []string, err error) {
	h, tr, err := k.traced(ask)
	if err != nil {
		return b, "", nil, err
	}
	currency, paid, others, err := k.paidOf(ask)
	return measure.MakeBoard(measure.Ways(h, tr), h, ask.from, ask.to, paid), currency, others, err
}

// board shows acquisition, activation, retention, referral and revenue of one group.
func (c *Console) board(k *call) error {
	ask, err := k.oneGroupAsk()
	if err != nil {
		return err
	}
	p, err := k.oneGroupPage(ask, "nav.board", "board.sub", "/board")
	if err != nil {
		return err
	}
	if ask.group.Key == 0 {
		return k.show(p.Head.Title, view.InsightPage(p))
	}
	b, currency, others, err := k.boardOf(ask)
	if err != nil {
		return err
	}
	p.Notes = append(p.Notes, k.T("board.unit"), k.T("board.edge"), k.T("board.before"))
	p.Metrics = boardMetrics(k, ask, b, currency, others)
	return k.show(p.Head.Title, view.InsightPage(p), inZone(ask.group))
}

func boardMetrics(k *call, ask activityAsk, b measure.Board, currency string, others []string) []view.Metric {
	cover := k.covered(b.Coverage, 1)
	came := view.Metric{Label: k.T("board.acquisition"), Lead: k.Words.Number(len(b.Came)), Unit: k.T("unit.people"), Link: peopleOf("/board/people", ask, "what", "came"), Means: k.T("board.acquisition_means"),
		Facts: []string{k.T("board.population_came"), cover}}
	if b.Asked > 0 {
		came.Facts = append([]string{k.T("board.asked", "count", k.Words.Number(b.Asked), "num", len(b.Admitted.Went), "den", len(b.Admitted.Of))}, came.Facts...)
	}
	share := func(name, what string, f measure.Figure, write func(float64) string, more ...string) view.Metric {
		m := k.metric(f, write, k.T("board.counts_"+name, "num", k.amount(f.Num), "den", k.amount(f.Den)), k.T("board.population_"+name), 1)
		m.Label, m.Means, m.Link = k.T("board."+name), k.T("board."+name+"_means"), peopleOf("/board/people", ask, "what", what)
		m.Facts = append(more, m.Facts...)
		return m
	}
	r := b.Referral
	guests := []string{k.T("board.guests", "guests", k.Words.Number(len(r.Guests)), "through", k.Words.Number(len(r.Through)), "waiting", k.Words.Number(r.Waiting))}
	if days, ok := r.Cycle.Median(); ok {
		guests = append(guests, k.T("board.cycle", "days", tenth(days), "n", k.Words.Number(r.Cycle.N)))
	}
	out := []view.Metric{came,
		share("activation", "activated", b.Activated.Figure(b.Coverage), percent, k.T("board.waiting", "count", k.Words.Number(b.Activated.Waiting))),
		share("retention", "week4", b.Week4.Figure(b.Coverage), percent),
		share("referral", "guests", r.K, func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }, guests...)}
	revenue := view.Metric{Label: k.T("board.revenue"), Lead: "–", Means: k.T("board.revenue_means"), Link: peopleOf("/board/people", ask, "what", "paid"), Facts: []string{k.T("board.no_payment")}}
	if currency != "" {
		revenue.Lead = k.money(b.Revenue.Net, currency)
		revenue.Facts = []string{k.T("board.paid", "count", k.Words.Number(len(b.Revenue.Payers)), "gross", k.money(b.Revenue.Gross, currency))}
	}
	if len(others) > 0 {
		revenue.Facts = append(revenue.Facts, k.T("board.others", "sums", strings.Join(others, " · ")))
	}
	return append(out, revenue)
}

// boardPeople lists the people behind one of the five numbers.
func (c *Console) boardPeople(k *call) error {
	ask, err := k.oneGroupAsk()
	if err != nil {
		return err
	}
	b, _, _, err := k.boardOf(ask)
	if err != nil {
		return err
	}
	of, kept := []community.MemberKey(nil), []community.MemberKey(nil)
	name := k.query("what")
	switch name {
	case "came":
		of, kept = b.Came, b.Came
	case "activated":
		of, kept = b.Activated.Of, b.Activated.Went
	case "week4":
		of, kept = b.Week4.Of, b.Week4.Kept
	case "guests":
		of, kept = b.Referral.Guests, b.Referral.Through
	case "paid":
		of, kept = b.Revenue.Payers, b.Revenue.Payers
	default:
		return community.Errorf(community.CodeNotFound, "figure %q", name)
	}
	return k.counted(ask, k.T("board.people_"+name), peopleOf("/board", ask), of, kept)
}

// counted lists those whom a figure counts, and which of them count above the line.
func (k *call) counted(ask activityAsk, title, back string, of, kept []community.MemberKey) error {
	return k.showCounted(countedPeople{head: ui.Head{Title: title, Sub: k.T("board.people_sub", "kept", len(kept), "of", len(of), "from", ask.from.String(), "to", ask.to.String()), Back: back},
		column: k.T("board.counted"), yes: k.T("board.yes"), no: k.T("board.no"), empty: ui.Empty{Icon: "users", Title: k.T("board.nobody"), Text: k.T("board.nobody_text")}, of: of, kept: kept}, ask.group)
}

// countedPeople are the people behind a share: all it looks at, and those it keeps, in words.
type countedPeople struct {
	head     ui.Head
	column   string // what is asked of each
	yes, no  string
	empty    ui.Empty
	of, kept []community.MemberKey
}

// showCounted shows the people behind a share of one group.
func (k *call) showCounted(c countedPeople, g community.GroupRow) error {
	page := k.page(listLimit)
	first := min(page.Offset, len(c.of))
	shown := c.of[first:min(first+page.Limit, len(c.of))]
	known, err := k.membersOf(shown)
	if err != nil {
		return err
	}
	t := ui.Table{Label: c.head.Title, Columns: []ui.Column{{Title: k.T("member.name")}, {Title: c.column}}, Pager: k.pager(page, len(shown), len(c.of)), Empty: c.empty}
	for _, key := range shown {
		row := ui.Row{Cells: []templ.Component{ui.Text("–"), ui.Pill("secondary", "", c.no)}}
		if slices.Contains(c.kept, key) {
			row.Cells[1] = ui.Pill("success", "check", c.yes)
		}
		if m, ok := known[key]; ok {
			row.Link, row.Cells[0] = "/members/"+m.ID.String(), ui.Name(named(m.Name, m.External))
		}
		t.Rows = append(t.Rows, row)
	}
	return k.show(c.head.Title, view.ListPage(view.List{Head: c.head, Table: t}), inZone(g))
}

// bonds shows who talks with whom in one group.
func (c *Console) bonds(k *call) error {
	ask, err := k.oneGroupAsk()
	if err != nil {
		return err
	}
	p, err := k.oneGroupPage(ask, "nav.bonds", "bond.sub", "/bonds")
	if err != nil {
		return err
	}
	if ask.group.Key == 0 {
		return k.show(p.Head.Title, view.InsightPage(p))
	}
	list, cover, err := k.Figures.Contacts(k.ctx(), ask.group.Key, ask.from, ask.to)
	if err != nil {
		return err
	}
	b := measure.Bind(list, cover)
	p.Notes = append(p.Notes, k.T("bond.edges_mean"), k.T("bond.thread"))
	m := k.metric(b.Reciprocity, percent, k.T("bond.counts", "num", k.amount(b.Reciprocity.Num), "den", k.amount(b.Reciprocity.Den)), k.T("bond.population"), 1)
	m.Label, m.Means = k.T("bond.reciprocity"), k.T("bond.reciprocity_means")
	p.Metrics = []view.Metric{m, {Label: k.T("bond.edges"), Lead: k.Words.Number(b.Edges), Means: k.T("bond.edges_means"), Facts: []string{k.T("bond.messages", "count", k.Words.Number(b.Messages)), k.covered(cover, 1)}},
		{Label: k.T("bond.talkers"), Lead: k.Words.Number(len(b.Members)), Unit: k.T("unit.people"), Means: k.T("bond.talkers_means"), Facts: []string{k.covered(cover, 1)}}}
	t, err := bondTable(k, b)
	if err != nil {
		return err
	}
	p.Tables = []view.PlanTable{{Title: k.T("bond.list"), Note: k.T("bond.list_note"), Table: t}}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(ask.group))
}

func bondTable(k *call, b measure.Bonds) (ui.Table, error) {
	page := k.page(listLimit)
	first := min(page.Offset, len(b.Members))
	shown := b.Members[first:min(first+page.Limit, len(b.Members))]
	t := ui.Table{Label: k.T("bond.list"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("bond.reach"), Num: true}, {Title: k.T("bond.sent"), Num: true}, {Title: k.T("bond.received"), Num: true}, {Title: k.T("bond.brokerage"), Num: true}},
		Empty: ui.Empty{Icon: "message", Title: k.T("bond.none"), Text: k.T("bond.none_text")}, Pager: k.pager(page, len(shown), len(b.Members))}
	keys := make([]community.MemberKey, len(shown))
	for i := range shown {
		keys[i] = shown[i].Member
	}
	known, err := k.membersOf(keys)
	for _, s := range shown {
		between := ui.Text(k.T("bond.pairs", "num", s.Between, "den", s.Couples))
		if f := s.Brokerage(b.Reciprocity.Coverage); f.Withheld == "" && !f.Grey {
			between = ui.Text(percent(f.Value))
		}
		row := ui.Row{Cells: []templ.Component{ui.Text("–"), ui.Figure(int64(s.Reach)), ui.Figure(int64(s.Sent)), ui.Figure(int64(s.Received)), between}}
		if m, ok := known[s.Member]; ok {
			row.Link, row.Cells[0] = "/members/"+m.ID.String(), ui.Name(named(m.Name, m.External))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, err
}
