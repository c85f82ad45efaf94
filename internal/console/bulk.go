package console

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Bulks is what touches many people at once. *bulk.Waits: it was proposed and waits for a second person.
type Bulks interface {
	Rules(ctx context.Context) (bulk.Rules, error)
	SetRules(ctx context.Context, user string, r bulk.Rules, reason string) error
	Preview(ctx context.Context, user string, o bulk.Order) (bulk.Preview, error)
	Propose(ctx context.Context, user string, o bulk.Order, reason string) (bulk.Proposal, error)
	List(ctx context.Context, state bulk.State, page community.Page) ([]bulk.Proposal, int, error)
	ByID(ctx context.Context, id community.ID) (bulk.Proposal, error)
	Items(ctx context.Context, id community.ID, state string, after, most int) ([]bulk.Item, error)
	// MayDecide says whether somebody may be the second person; nil = they may. Others counts who could be for somebody's.
	MayDecide(ctx context.Context, user string, p bulk.Proposal) error
	Others(ctx context.Context, user string, k bulk.Kind) (int, error)
	Decide(ctx context.Context, user string, id community.ID, yes bool, answer string) (bulk.Proposal, error)
	// Cancel calls off what has not begun, and stops what has.
	Cancel(ctx context.Context, user string, id community.ID, reason string) (bulk.Proposal, error)
	Undo(ctx context.Context, user string, id community.ID, reason string) (bulk.Proposal, error)
	// Export lets rows of people leave the house; approved is the proposal under which they were allowed, "" = none.
	Export(ctx context.Context, user, path string, rows int, approved string) error
}

// bulkRoutes are there where the guard is kept.
func (c *Console) bulkRoutes() []route {
	if c.deps.Bulks == nil {
		return nil
	}
	return []route{
		{pattern: "GET /bulk", may: rights.SeePeople, serve: (*Console).bulkList},
		{pattern: "GET /bulk/new", may: rights.SeePeople, serve: (*Console).bulkNew},
		{pattern: "POST /bulk/preview", may: rights.Judge, serve: (*Console).bulkNew},
		{pattern: "POST /bulk", may: rights.Judge, risky: true, serve: (*Console).bulkAdd},
		{pattern: "GET /bulk/rules", may: rights.SeePeople, serve: (*Console).bulkRules},
		{pattern: "POST /bulk/rules", may: rights.Tune, whole: true, risky: true, serve: (*Console).bulkRulesSave},
		{pattern: "GET /bulk/{id}", may: rights.SeePeople, serve: (*Console).bulkPage},
		{pattern: "POST /bulk/{id}/approve", may: rights.Judge, risky: true, serve: bulkStep("bulk.said_approved", func(k *call, id community.ID) error {
			_, err := k.bulks().Decide(k.ctx(), k.who(), id, true, k.form("reason"))
			return err
		})},
		{pattern: "POST /bulk/{id}/refuse", may: rights.Judge, serve: bulkStep("bulk.said_refused", func(k *call, id community.ID) error {
			_, err := k.bulks().Decide(k.ctx(), k.who(), id, false, k.form("reason"))
			return err
		})},
		{pattern: "POST /bulk/{id}/cancel", may: rights.Judge, serve: bulkStep("bulk.said_cancelled", func(k *call, id community.ID) error {
			_, err := k.bulks().Cancel(k.ctx(), k.who(), id, k.form("reason"))
			return err
		})},
		{pattern: "POST /bulk/{id}/undo", may: rights.Judge, serve: bulkStep("bulk.said_undoing", func(k *call, id community.ID) error {
			_, err := k.bulks().Undo(k.ctx(), k.who(), id, k.form("reason"))
			return err
		})},
	}
}

func (k *call) bulks() Bulks { return k.c.deps.Bulks(k.User.Org, k.groups) }

func bulkStep(said string, do func(k *call, id community.ID) error) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		id, err := k.id()
		if err != nil {
			return err
		}
		to := "/bulk/" + id.String()
		err = do(k, id)
		if community.CodeOf(err) == community.CodeForbidden {
			return k.done(to, "danger", k.T("bulk.forbidden"), community.ID{})
		}
		if err != nil {
			return k.refused(to, err)
		}
		return k.ok(to, k.T(said))
	}
}

// bulkBar is the form above the list of members: what is to be done to those who are ticked, or to all whom the filter finds.
func bulkBar(k *call, p *view.List) {
	if k.c.deps.Bulks == nil || len(p.Table.Rows) == 0 {
		return
	}
	bar := &view.BulkBar{Action: "/bulk/new"}
	for name, values := range k.R.URL.Query() {
		if name != "do" && name != "m" && name != "page" {
			for _, v := range values {
				bar.Keep = append(bar.Keep, ui.Option{Value: name, Text: clip(v)})
			}
		}
	}
	slices.SortFunc(bar.Keep, func(a, b ui.Option) int { return strings.Compare(a.Value+a.Text, b.Value+b.Text) })
	for _, kind := range bulk.OnPeople {
		if kind != bulk.Undo {
			bar.Kinds = append(bar.Kinds, ui.Option{Value: string(kind), Text: k.T("bulk.do_" + string(kind))})
		}
	}
	p.Bulk, p.Table.Select, p.Table.Form = bar, "m", "bulk-bar"
}

// bulkOrder reads whom and what: the address says whom, the form what.
func bulkOrder(k *call) (bulk.Order, community.GroupRow, error) {
	value := func(name string) string {
		if v := k.form(name); v != "" {
			return v
		}
		return k.query(name)
	}
	o := bulk.Order{Kind: bulk.Kind(k.query("do"))}
	if !slices.Contains(bulk.OnPeople, o.Kind) {
		return o, community.GroupRow{}, community.Errorf(community.CodeBadInput, "do %q", o.Kind)
	}
	o.Params = bulk.Params{Seconds: int64(number(value("seconds"), 1, 30*24*3600, 600)), Block: k.form("block") == "1", Rule: k.form("rule"), Tag: value("label"), Stay: value("stay") == "1"}
	o.Expect = number(k.form("expect"), 0, 1<<30, 0)
	if o.Kind == bulk.Undo {
		g, err := k.groupNamed(value("g"))
		o.Decisions = community.DecisionFilter{Group: g.Key, Rule: value("rule")}
		if hours := number(value("hours"), 1, 24*90, 24); hours > 0 {
			o.Decisions.From = k.now() - int64(hours)*3600_000
		}
		o.Params.Rule = ""
		return o, g, err
	}
	f, g, err := memberFilter(k)
	o.Members = f
	if k.query("scope") == "all" {
		return o, g, err
	}
	for _, text := range k.R.URL.Query()["m"] {
		id, bad := community.ParseID(text)
		if bad != nil {
			return o, g, community.Errorf(community.CodeBadInput, "member: %w", bad)
		}
		o.Picked = append(o.Picked, id)
	}
	return o, g, err
}

// bulkNew shows what an order would do, and asks.
func (c *Console) bulkNew(k *call) error {
	o, g, err := bulkOrder(k)
	if err != nil {
		return k.refused("/members", err)
	}
	return k.bulkShow(o, g, nil)
}

func (k *call) bulkShow(o bulk.Order, g community.GroupRow, faults []string) error {
	p := view.PlanForm{Head: ui.Head{Title: k.T("bulk.do_" + string(o.Kind)), Sub: k.T("bulk.new_sub"), Back: k.bulkBack(o)}, Action: "/bulk?" + k.R.URL.RawQuery,
		Ask: "/bulk/preview?" + k.R.URL.RawQuery, AskText: k.T("bulk.again"), Faults: faults}
	p.Groups = []view.PlanFields{{Title: k.T("bulk.what"), Note: k.T("bulk.effect_" + string(o.Kind)), Rows: k.bulkFields(o, g)}}
	if o.Kind != bulk.Undo && len(o.Picked) == 0 && k.query("scope") != "all" {
		p.Faults, p.Wait, p.Do = append(p.Faults, k.T("bulk.nobody_ticked")), true, k.T("bulk.confirm")
		return k.show(p.Head.Title, view.PlanEdit(p))
	}
	v, err := k.bulks().Preview(k.ctx(), k.who(), o)
	switch community.CodeOf(err) {
	case community.CodeNone:
	case community.CodeBadInput, community.CodeTooLarge:
		p.Wait, p.Do, p.Hint = true, k.T("bulk.confirm"), k.T("bulk.fill")
		if community.CodeOf(err) == community.CodeTooLarge {
			p.Hint = k.T("bulk.too_many")
		}
		return k.show(p.Head.Title, view.PlanEdit(p))
	default:
		return err
	}
	p.Hidden = []ui.Option{{Value: "expect", Text: strconv.Itoa(len(v.Items))}}
	k.bulkNeeds(&p, o, v)
	p.Tables = []view.PlanTable{{Title: k.T("bulk.in"), Note: k.bulkSampleNote(len(v.Items)), Table: k.bulkPeople(v.Items[:min(len(v.Items), bulkSample)], false)}}
	if len(v.Out) > 0 {
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("bulk.out"), Table: k.bulkOut(v.Out)})
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// bulkSample is how many people a preview names.
const bulkSample = 20

func (k *call) bulkSampleNote(n int) string {
	if n <= bulkSample {
		return ""
	}
	return k.T("bulk.sample", "shown", bulkSample, "num", n)
}

func (k *call) bulkBack(o bulk.Order) string {
	if o.Kind == bulk.Undo {
		return "/bulk"
	}
	v := k.R.URL.Query()
	for _, name := range []string{"do", "m", "scope", "label", "seconds"} {
		v.Del(name)
	}
	if len(v) == 0 {
		return "/members"
	}
	return "/members?" + v.Encode()
}

// bulkFields are the fields of a kind.
func (k *call) bulkFields(o bulk.Order, g community.GroupRow) []ui.Input {
	reason := ui.Input{Kind: "text", Name: "reason", Label: k.T("bulk.reason"), Value: k.form("reason"), Help: k.T("bulk.reason_help"), Required: false}
	switch o.Kind {
	case bulk.Mute:
		var spans []ui.Option
		for _, s := range muteChoices {
			spans = append(spans, ui.Option{Value: itoa(s), Text: k.Words.Seconds(s)})
		}
		return []ui.Input{{Kind: "select", Name: "seconds", Label: k.T("bulk.seconds"), Options: spans, Value: itoa(o.Params.Seconds)}, reason}
	case bulk.Remove:
		return []ui.Input{{Kind: "check", Name: "block", Label: k.T("bulk.block"), Value: oneIf(o.Params.Block)}, reason}
	case bulk.Strike:
		return []ui.Input{{Kind: "text", Name: "rule", Label: k.T("bulk.rule"), Value: o.Params.Rule, Help: k.T("bulk.rule_help")}, reason}
	case bulk.Tag, bulk.Untag:
		return []ui.Input{{Kind: "text", Name: "label", Label: k.T("bulk.label"), Value: o.Params.Tag, Max: 30}, {Kind: "check", Name: "stay", Label: k.T("tag.bulk_stay"), Value: map[bool]string{true: "1"}[o.Params.Stay]}, reason}
	case bulk.Undo:
		groups, _ := k.groupChoice(k.T("list.any"), g) // without groups there is nothing to choose
		chosen := ""
		if g.Key != 0 {
			chosen = g.ID.String()
		}
		hours := int((k.now() - o.Decisions.From) / 3600_000)
		return []ui.Input{{Kind: "select", Name: "g", Label: k.T("word.group"), Options: groups, Value: chosen}, {Kind: "text", Name: "rule", Label: k.T("bulk.undo_rule"), Value: o.Decisions.Rule},
			{Kind: "number", Name: "hours", Label: k.T("bulk.hours"), Value: strconv.Itoa(hours)}, reason}
	}
	return []ui.Input{reason}
}

// bulkNeeds says how many, and what they need before it starts.
func (k *call) bulkNeeds(p *view.PlanForm, o bulk.Order, v bulk.Preview) {
	out := 0
	for _, l := range v.Out {
		out += l.N
	}
	p.Stats = []ui.Number{{Label: k.T("bulk.affected"), Value: k.Words.Number(int64(len(v.Items))), Note: k.T("bulk.affected_note", "people", v.People)},
		{Label: k.T("bulk.out"), Value: k.Words.Number(int64(out))},
		{Label: k.T("bulk.alone"), Value: strconv.Itoa(v.Limit.Soft), Note: k.T("bulk.alone_note", "num", v.Spent.Alone)},
		{Label: k.T("bulk.cap"), Value: strconv.Itoa(v.Limit.Run), Note: k.T("bulk.cap_note", "day", v.Limit.Day, "num", v.Spent.All)}}
	p.Do = k.T("bulk.confirm")
	switch {
	case v.Err != nil:
		p.Wait, p.Hint = true, k.T("bulk.cap_"+string(community.CodeOf(v.Err)))
	case v.Need.Second && v.Others == 0:
		p.Wait, p.Hint, p.Do = true, k.T("bulk.needs_user", "soft", v.Limit.Soft), k.T("bulk.propose")
		if k.may(rights.Users) {
			p.HintLink = ui.Option{Value: "/users/new", Text: k.T("bulk.invite")}
		}
	case v.Need.Second:
		p.Do, p.Hint = k.T("bulk.propose"), k.T("bulk.second", "soft", v.Limit.Soft, "others", v.Others)
	case v.Need.Cool > 0:
		p.Hint = k.T("bulk.cools", "t", k.Words.Seconds(v.Need.Cool/1000))
	}
}

func (k *call) bulkPeople(list []bulk.Item, fate bool) ui.Table {
	t := ui.Table{Label: k.T("bulk.in"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("word.group")}}, Empty: ui.Empty{Icon: "users", Title: k.T("bulk.nobody"), Text: k.T("bulk.nobody_text")}}
	if fate {
		t.Columns = append(t.Columns, ui.Column{Title: k.T("bulk.fate")})
	}
	for _, it := range list {
		row := ui.Row{Cells: []templ.Component{ui.Name(named(it.Name, k.T("bulk.whole"))), ui.Text(dash(it.InGroup))}}
		if !it.MemberID.IsZero() {
			row.Link = "/members/" + it.MemberID.String()
		}
		if fate {
			said := k.T("bulk.item_" + it.State)
			if it.Why != "" {
				said += k.T("list.colon") + k.bulkWhy(it.Why)
			}
			row.Cells = append(row.Cells, ui.Text(said))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// bulkWhy is why somebody was left out, or why it failed.
func (k *call) bulkWhy(why string) string {
	for _, key := range []string{"bulk.why_" + why, "error." + why + ".title"} {
		if k.Words.Has(key) {
			return k.T(key)
		}
	}
	return why
}

func (k *call) bulkOut(list []bulk.Left) ui.Table {
	t := ui.Table{Label: k.T("bulk.out"), Columns: []ui.Column{{Title: k.T("bulk.why")}, {Title: k.T("bulk.people"), Num: true}, {Title: k.T("bulk.who")}}}
	for _, l := range list {
		names := make([]string, len(l.Names))
		for i, n := range l.Names {
			names[i] = ui.Visible(n)
		}
		said := strings.Join(names, k.T("list.comma"))
		if l.N > len(l.Names) {
			said += " …"
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.bulkWhy(l.Why)), ui.Figure(int64(l.N)), ui.Text(said)}})
	}
	return t
}

// bulkAdd proposes what was previewed.
func (c *Console) bulkAdd(k *call) error {
	o, g, err := bulkOrder(k)
	if err != nil {
		return k.refused("/members", err)
	}
	if k.form("reason") == "" {
		return k.bulkShow(o, g, []string{k.T("act.need_reason")})
	}
	if o.Kind != bulk.Undo && len(o.Picked) == 0 && k.query("scope") != "all" {
		return k.bulkShow(o, g, nil)
	}
	p, err := k.bulks().Propose(k.ctx(), k.who(), o, k.form("reason"))
	switch community.CodeOf(err) {
	case community.CodeNone:
	case community.CodeConflict:
		return k.bulkShow(o, g, []string{k.T("bulk.changed")})
	case community.CodeBadInput, community.CodeTooLarge, community.CodeLimited:
		return k.bulkShow(o, g, []string{k.T("bulk.cannot")})
	default:
		return k.refused("/members", err)
	}
	return k.ok("/bulk/"+p.ID.String(), k.T("bulk.said_"+string(p.State), "num", p.Total))
}

// bulkPath is what an export is asked under: the address without the permission.
func bulkPath(k *call) (path, approved string) {
	v := k.R.URL.Query()
	approved = v.Get("bulk")
	v.Del("bulk")
	v.Del("page")
	path = k.R.URL.Path
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	return path, clip(approved)
}

// bulkExport asks the guard before rows of people leave the house.
func (k *call) bulkExport(rows int) error {
	if k.c.deps.Bulks == nil {
		return nil
	}
	path, approved := bulkPath(k)
	return k.bulks().Export(k.ctx(), k.who(), path, rows, approved)
}

// bulkFetch is where an allowed export is fetched.
func bulkFetch(p bulk.Proposal) string {
	u, err := url.Parse(p.Params.Path)
	if err != nil {
		return "/bulk"
	}
	v := u.Query()
	v.Set("bulk", p.ID.String())
	return u.Path + "?" + v.Encode()
}
