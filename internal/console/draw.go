package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/draw"
	"qunluo/internal/i18n"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// Draws is what the pages of draws ask and change. CodeConflict: somebody changed the draw meanwhile, or its state does not allow it.
type Draws interface {
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]draw.Draw, int, error)
	ByID(ctx context.Context, id community.ID) (draw.Draw, draw.Sums, error)
	Entries(ctx context.Context, id community.ID, page community.Page) ([]draw.Entry, int, error)
	Slots(ctx context.Context) ([]plan.Fixture, error)
	New(ctx context.Context, user string, g community.GroupKey, t draw.Terms, budget int64, slot, reason string) (draw.Draw, error)
	Edit(ctx context.Context, user string, id community.ID, version int, t draw.Terms, budget int64, slot, reason string) (draw.Draw, error)
	Publish(ctx context.Context, user string, id community.ID, version int, override, reason string) (draw.Draw, error)
	Cancel(ctx context.Context, user string, id community.ID, reason string) (draw.Draw, error)
	// Mix takes the public number that the terms name, and draws.
	Mix(ctx context.Context, user string, id community.ID, number, source string) (draw.Draw, error)
	Address(d draw.Draw) string
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
	// Payouts lists those of a group and a draw (0 = all); state is "", open, paid, lapsed or unclaimed.
	Payouts(ctx context.Context, g community.GroupKey, id community.ID, state string, page community.Page) ([]draw.Payout, int, error)
	Payout(ctx context.Context, id community.ID) (draw.Payout, error)
	Pay(ctx context.Context, user string, id community.ID, receipt string) (draw.Payout, error)
	Lapse(ctx context.Context, user string, id community.ID, reason string) (draw.Payout, error)
	Unpay(ctx context.Context, user string, id community.ID, reason string) (draw.Payout, error)
}

// drawRoutes are there where draws are kept.
func (c *Console) drawRoutes() []route {
	if c.deps.Draws == nil {
		return nil
	}
	return []route{
		{pattern: "GET /draws", may: rights.SeePeople, serve: (*Console).drawList},
		{pattern: "GET /draws/new", may: rights.Reward, serve: (*Console).drawNew},
		{pattern: "POST /draws/new", may: rights.Reward, serve: (*Console).drawMake},
		{pattern: "GET /draws/{id}", may: rights.SeePeople, serve: (*Console).drawPage},
		{pattern: "GET /draws/{id}/edit", may: rights.Reward, serve: (*Console).drawForm},
		{pattern: "POST /draws/{id}/edit", may: rights.Reward, serve: (*Console).drawEdit},
		{pattern: "GET /draws/{id}/links", may: rights.SeePeople, serve: (*Console).drawLinks},
		{pattern: "POST /draws/{id}/publish", may: rights.Reward, serve: step("/draws", (*call).drawFault, func(k *call, id community.ID) (string, error) {
			_, err := k.draws().Publish(k.ctx(), k.who(), id, number(k.form("version"), 1, 1<<30, 0), k.typed("override"), "")
			return k.T("draw.published"), err
		})},
		{pattern: "POST /draws/{id}/cancel", may: rights.Reward, serve: step("/draws", (*call).drawFault, func(k *call, id community.ID) (string, error) {
			_, err := k.draws().Cancel(k.ctx(), k.who(), id, k.typed("reason"))
			return k.T("draw.cancelled"), err
		})},
		{pattern: "POST /draws/{id}/number", may: rights.Reward, serve: step("/draws", (*call).drawFault, func(k *call, id community.ID) (string, error) {
			_, err := k.draws().Mix(k.ctx(), k.who(), id, k.typed("number"), k.typed("source"))
			return k.T("draw.numbered"), err
		})},
		{pattern: "GET /prizes", may: rights.SeeMoney, serve: (*Console).prizeList},
		{pattern: "GET /prizes.csv", may: rights.Export, and: rights.SeeMoney, serve: (*Console).prizeSheet},
		{pattern: "GET /prizes/{id}", may: rights.SeeMoney, serve: (*Console).prizePage},
		{pattern: "POST /prizes/{id}/pay", may: rights.Pay, serve: step("/prizes", (*call).prizeFault, func(k *call, id community.ID) (string, error) {
			_, err := k.draws().Pay(k.ctx(), k.who(), id, k.typed("receipt"))
			return k.T("draw.paid"), err
		})},
		{pattern: "POST /prizes/{id}/lapse", may: rights.Pay, serve: step("/prizes", (*call).prizeFault, func(k *call, id community.ID) (string, error) {
			_, err := k.draws().Lapse(k.ctx(), k.who(), id, k.typed("reason"))
			return k.T("draw.paid"), err
		})},
		{pattern: "POST /prizes/{id}/unpay", may: rights.Pay, serve: step("/prizes", (*call).prizeFault, func(k *call, id community.ID) (string, error) {
			_, err := k.draws().Unpay(k.ctx(), k.who(), id, k.typed("reason"))
			return k.T("draw.paid"), err
		})},
	}
}

func (k *call) draws() Draws { return k.c.deps.Draws(k.User.Org, k.groups) }

// drawFault says in words of draws what is wrong; "" = nothing of theirs.
func (k *call) drawFault(err error) string {
	code := community.CodeOf(err)
	if code == community.CodeConflict {
		return k.T("draw.no_conflict")
	}
	var of *community.Error
	if code != community.CodeBadInput && code != community.CodeForbidden || !errors.As(err, &of) {
		return ""
	}
	field, _, _ := strings.Cut(of.Msg, ":")
	field, _, _ = strings.Cut(field, " ") // slot "x"
	if key := "draw.bad_" + field; k.Words.Has(key) {
		return k.T(key)
	}
	return ""
}

var drawLooks = map[draw.State][2]string{draw.Draft: {"warning", "edit"}, draw.Published: {"info", "clock"}, draw.Closed: {"warning", "clock"}, draw.Drawn: {"info", "check"}, draw.Settled: {"ok", "circle-check"}, draw.Called: {"", "x"}}

func (k *call) drawPill(d draw.Draw) templ.Component {
	look := drawLooks[d.Shown()]
	return ui.Pill(look[0], look[1], k.T("draw.is_"+string(d.Shown())))
}

// drawList lists draws; for a chosen group one can be drafted.
func (c *Console) drawList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("draw.all_groups"), g)
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	list, total, err := k.draws().List(k.ctx(), g.Key, at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.draws"), Sub: k.T("draw.sub")}, Filters: ui.Filters{Action: "/draws", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: choice}}}}
	var links [][3]string
	if k.may(rights.SeeMoney) {
		links = append(links, [3]string{"/prizes", "list-check", k.T("draw.payouts")})
	}
	switch {
	case !k.may(rights.Reward):
	case g.Key == 0:
		p.Note = k.T("draw.choose")
	default:
		links = append(links, [3]string{"/draws/new?g=" + g.ID.String(), "plus", k.T("draw.new")})
	}
	p.Head.Actions = view.LinkButtons(links)
	p.Table = ui.Table{Label: k.T("nav.draws"), Columns: []ui.Column{{Title: k.T("draw.title_word")}, {Title: k.T("draw.state")}, {Title: k.T("draw.entrants"), Num: true}, {Title: k.T("draw.prizes_word"), Num: true}, {Title: k.T("draw.closes")}, {Title: k.T("draw.draws")}},
		Empty: ui.Empty{Icon: "rosette-discount-check", Title: k.T("draw.none"), Text: k.T("draw.none_text")}, Pager: k.pager(at, len(list), total)}
	for _, d := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/draws/" + d.ID.String(), Cells: []templ.Component{ui.Two(d.Terms.Title, d.GroupName), k.drawPill(d), ui.Figure(int64(d.Entries)), ui.Figure(int64(d.Terms.Winners())), ui.Moment(d.Terms.Closes), ui.Moment(d.Terms.Draws)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// drawHere is the draw of the path with its money and its group.
func (k *call) drawHere() (draw.Draw, draw.Sums, community.GroupRow, error) {
	id, err := k.id()
	if err != nil {
		return draw.Draw{}, draw.Sums{}, community.GroupRow{}, err
	}
	d, sums, err := k.draws().ByID(k.ctx(), id)
	if err != nil {
		return d, sums, community.GroupRow{}, err
	}
	groups, err := k.groupsOf([]community.GroupKey{d.Group})
	return d, sums, groups[d.Group], err
}

// drawPage shows a draw: its terms, what can be checked, its money and its list.
func (c *Console) drawPage(k *call) error {
	d, sums, g, err := k.drawHere()
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: d.Terms.Title, Sub: d.GroupName, Back: "/draws?g=" + d.GroupID.String()}, State: k.drawPill(d), Means: k.drawMeans(d)}
	k.drawActs(&p, d)
	p.Stats = []ui.Number{{Label: k.T("draw.entrants"), Value: strconv.Itoa(d.Entries)}, {Label: k.T("draw.prizes_word"), Value: strconv.Itoa(d.Terms.Winners())}}
	list, err := k.drawTable(d)
	if err != nil {
		return err
	}
	p.Tables = k.drawFacts(d)
	if k.may(rights.SeeMoney) {
		p.Tables = append(p.Tables, k.drawMoney(sums))
	}
	p.Tables = append(p.Tables, list)
	return k.show(p.Head.Title, view.PlanShow(p), inZone(g))
}

// drawMoney is what came of the prizes.
func (k *call) drawMoney(sums draw.Sums) view.PlanTable {
	t := ui.Table{Label: k.T("draw.money"), Columns: []ui.Column{{Title: k.T("draw.fact")}, {Title: k.T("draw.yuan_word"), Num: true}}}
	for _, s := range []struct {
		key string
		fen int64
	}{{"budget", sums.Budget}, {"worth", sums.Worth}, {"awarded", sums.Awarded}, {"paid", sums.Paid}, {"open", sums.Open}, {"unclaimed", sums.Unclaimed}, {"lapsed", sums.Lapsed}, {"left", sums.Left}} {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("draw.sum_" + s.key)), ui.Text(draw.Yuan(s.fen))}})
	}
	return view.PlanTable{Title: k.T("draw.money"), Note: k.T("draw.money_note"), Table: t}
}

func (k *call) drawMeans(d draw.Draw) string {
	key, at := string(d.Shown()), i18n.Time(d.Terms.Draws, nil)
	switch {
	case d.State == draw.Published:
		at = i18n.Time(d.Terms.Closes, nil)
		if d.Terms.Who.Standing {
			key = "standing"
		}
	case d.State == draw.Closed && d.Terms.Beacon != "":
		key = "waits"
	}
	return k.T("draw.means_"+key, "at", at, "why", ui.Visible(d.Why), "beacon", ui.Visible(d.Terms.Beacon))
}

// drawActs are what can be done with a draw.
func (k *call) drawActs(p *view.PlanPage, d draw.Draw) {
	home := "/draws/" + d.ID.String()
	link := func(to, key string) { p.Links = append(p.Links, ui.Option{Value: to, Text: k.T(key)}) }
	if at := k.draws().Address(d); at != "" {
		link(at, "draw.public")
		link(home+"/links", "draw.links")
	}
	if d.State == draw.Drawn && k.may(rights.SeeMoney) {
		link("/prizes?d="+d.ID.String(), "draw.payouts")
	}
	if !k.may(rights.Reward) {
		return
	}
	ask := func(name, icon string, danger bool, c ui.Confirm) {
		c.ID, c.Object, c.Danger = "draw-"+name, d.Terms.Title, danger
		p.Openers = append(p.Openers, ui.Opener{Target: c.ID, Text: c.Title, Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, c)
	}
	switch {
	case d.State == draw.Draft:
		link(home+"/edit", "draw.edit")
		publish := ui.Confirm{Title: k.T("draw.publish"), Effect: k.T("draw.publish_effect"), Action: home + "/publish", Button: k.T("draw.publish"), Fields: []ui.Option{{Value: "version", Text: strconv.Itoa(d.Version)}}}
		if shares, _ := d.Terms.Asks(); len(shares) > 0 {
			publish.Inputs = []ui.Input{{Kind: "text", Name: "override", Label: k.T("draw.override"), Help: k.T("draw.override_help")}}
		}
		ask("publish", "check", false, publish)
		ask("drop", "x", true, ui.Confirm{Title: k.T("draw.drop"), Effect: k.T("draw.drop_effect"), Action: home + "/cancel", Button: k.T("draw.drop"), Reason: k.T("form.reason"), Need: true})
	case d.State == draw.Published && k.now() < d.Terms.Closes:
		ask("cancel", "x", true, ui.Confirm{Title: k.T("draw.cancel"), Effect: k.T("draw.cancel_effect"), Action: home + "/cancel", Button: k.T("draw.cancel"), Reason: k.T("form.reason"), Need: true})
	case d.State == draw.Closed && d.Terms.Beacon != "" && k.now() >= d.Terms.Draws:
		ask("number", "check", false, ui.Confirm{Title: k.T("draw.number"), Effect: k.T("draw.number_effect", "beacon", ui.Visible(d.Terms.Beacon)), Action: home + "/number", Button: k.T("draw.number"), Inputs: []ui.Input{
			{Kind: "text", Name: "number", Label: k.T("draw.number_label"), Required: true}, {Kind: "text", Name: "source", Label: k.T("draw.number_source"), Required: true}}})
	}
}

// drawFacts are the terms, the prizes and what can be checked, as tables.
func (k *call) drawFacts(d draw.Draw) []view.PlanTable {
	t := d.Terms
	facts := ui.Table{Label: k.T("draw.facts"), Columns: []ui.Column{{Title: k.T("draw.fact")}, {Title: k.T("draw.says")}}}
	add := func(to *ui.Table, key, text string) {
		if text != "" {
			to.Rows = append(to.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("draw." + key)), ui.Name(text)}})
		}
	}
	for _, p := range t.Prizes {
		facts.Rows = append(facts.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("draw.prize")), ui.Name(k.T("draw.prize_said", "name", p.Name, "kind", k.T("draw.kind_"+p.Kind), "yuan", draw.Yuan(p.Fen)) + " × " + strconv.Itoa(p.Count))}})
	}
	add(&facts, "who_takes", k.drawWho(t.Who))
	add(&facts, "note", t.Note)
	add(&facts, "closes", i18n.Time(t.Closes, nil))
	add(&facts, "draws", i18n.Time(t.Draws, nil))
	add(&facts, "redeem", k.T("draw.page_redeem_text", "days", t.Days, "how", t.Redeem))
	add(&facts, "sponsor", t.Sponsor)
	add(&facts, "contact", t.Contact)
	add(&facts, "beacon", t.Beacon)
	add(&facts, "slot", strings.TrimSpace(d.Slot+" "+d.Date))
	add(&facts, "override", d.Override)
	tables := []view.PlanTable{{Title: k.T("draw.facts"), Table: facts}}
	if d.Commitment == "" {
		return tables
	}
	proof := ui.Table{Label: k.T("draw.proof"), Columns: facts.Columns}
	add(&proof, "commitment", d.Commitment)
	add(&proof, "list_hash", d.List)
	add(&proof, "number_label", strings.TrimSpace(d.Beacon+" "+d.Source))
	add(&proof, "seed", cmp.Or(d.Seed, k.T("draw.secret")))
	return append(tables, view.PlanTable{Title: k.T("draw.proof"), Note: k.T("draw.proof_note"), Table: proof})
}

// drawWho says in words who takes part.
func (k *call) drawWho(w draw.Who) string {
	way := "draw.who_enter"
	if w.Standing {
		way = "draw.who_standing"
	}
	parts := []string{k.T(way)}
	if w.Days > 0 {
		parts = append(parts, k.T("draw.who_days", "days", w.Days))
	}
	if w.Active > 0 {
		parts = append(parts, k.T("draw.who_active", "days", w.Active, "window", w.Window))
	}
	if len(w.Tiers) > 0 {
		var names []string
		for _, t := range w.Tiers {
			names = append(names, k.T("draw.tier_"+t))
		}
		parts = append(parts, k.T("draw.who_tiers", "tiers", strings.Join(names, k.T("list.comma"))))
	}
	if w.Clean {
		parts = append(parts, k.T("draw.who_clean"))
	}
	return strings.Join(parts, k.T("draw.who_and"))
}

// drawTable is the list of a draw, page by page.
func (k *call) drawTable(d draw.Draw) (view.PlanTable, error) {
	at := k.page(listLimit)
	list, total, err := k.draws().Entries(k.ctx(), d.ID, at)
	if err != nil {
		return view.PlanTable{}, err
	}
	t := ui.Table{Label: k.T("draw.list"), Columns: []ui.Column{{Title: k.T("draw.member")}, {Title: k.T("draw.code")}, {Title: k.T("draw.entered")}, {Title: k.T("draw.result")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("draw.list_none"), Text: k.T("draw.list_none_text")}, Pager: k.pager(at, len(list), total)}
	for _, e := range list {
		result, entered := k.T("draw.takes"), ui.Moment(e.Entered)
		switch {
		case e.Out != "":
			result = k.T("draw.out_" + e.Out)
		case e.Place > 0:
			prize, _ := d.Terms.PrizeAt(e.Place)
			result = k.T("draw.won", "place", e.Place, "prize", prize.Name)
		}
		if e.Entered == 0 {
			entered = ui.Text(k.T("draw.standing_word"))
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/members/" + e.MemberID.String(), Cells: []templ.Component{ui.Name(e.Name), ui.Text(e.Code), entered, ui.Text(result)}})
	}
	return view.PlanTable{Title: k.T("draw.list"), Note: k.T("draw.list_note"), Table: t}, nil
}

// drawLinks lists where each member enters.
func (c *Console) drawLinks(k *call) error {
	d, _, _, err := k.drawHere()
	if err != nil {
		return err
	}
	home := "/draws/" + d.ID.String()
	return k.memberLinks(d.Group, home, ui.Head{Title: k.T("draw.links"), Sub: d.Terms.Title, Back: home}, k.T("draw.links_note", "link", k.draws().Address(d)), func(m community.MemberKey) (string, error) {
		return k.draws().Link(k.ctx(), d.ID, m)
	})
}

// memberLinks lists the links of a page that are its group's members' own.
func (k *call) memberLinks(g community.GroupKey, home string, head ui.Head, note string, of func(community.MemberKey) (string, error)) error {
	here := true
	at := k.page(listLimit)
	rows, total, err := k.Desk.FindMembers(k.ctx(), community.MemberFilter{Group: g, Present: &here, Text: k.query("q"), Page: at})
	if err != nil {
		return err
	}
	p := view.List{Head: head, Note: note}
	p.Filters = ui.Filters{Action: home + "/links", Fields: []ui.Filter{{Kind: "text", Name: "q", Label: k.T("member.name"), Value: k.query("q")}}}
	p.Table = ui.Table{Label: head.Title, Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("draw.link")}}, Empty: ui.Empty{Icon: "users", Title: k.T("list.none"), Text: k.T("list.none_text")}}
	for _, m := range rows {
		if m.Role == community.RoleSelf || m.Role == community.RoleBot || m.Bot {
			continue
		}
		link, err := of(m.Key)
		if err != nil {
			return k.refused(home, err)
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/members/" + m.ID.String(), Cells: []templ.Component{ui.Name(named(orWord(m.Card, m.Name), m.External)), view.Quiet(link)}})
	}
	p.Table.Pager = k.pager(at, len(rows), total)
	return k.show(p.Head.Title, view.ListPage(p))
}

// drawDraft is what a form holds: terms with their times and money as they were typed.
type drawDraft struct {
	terms                 draw.Terms
	closes, draws, budget string
	prizes, slot          string
}

const drawTime = "2006-01-02 15:04"

// draftOf writes a draw as people edit it.
func (k *call) draftOf(t draw.Terms, budget int64, slot string, zone *time.Location) drawDraft {
	out := drawDraft{terms: t, slot: slot}
	for _, f := range []struct {
		at int64
		to *string
	}{{t.Closes, &out.closes}, {t.Draws, &out.draws}} {
		if f.at > 0 {
			*f.to = time.UnixMilli(f.at).In(zone).Format(drawTime)
		}
	}
	if budget > 0 {
		out.budget = draw.Yuan(budget)
	}
	var lines []string
	for _, p := range t.Prizes {
		line := p.Name + " " + strconv.Itoa(p.Count) + " " + draw.Yuan(p.Fen)
		if p.Kind == draw.Thing {
			line += " " + k.T("draw.kind_thing")
		}
		lines = append(lines, line)
	}
	out.prizes = strings.Join(lines, "\n")
	return out
}

// drawTyped reads a form, with what cannot be read of it.
func (k *call) drawTyped(zone *time.Location) (f drawDraft, budget int64, faults []string) {
	f = drawDraft{closes: k.form("closes"), draws: k.form("draws"), budget: k.form("budget"), prizes: k.typed("prizes"), slot: k.form("slot")}
	f.terms = draw.Terms{Title: k.typed("title"), Sponsor: k.typed("sponsor"), Contact: k.typed("contact"), Note: k.typed("note"), Redeem: k.typed("redeem"), Beacon: k.typed("beacon"), Lang: k.form("lang"),
		Days: number(k.form("days"), 0, 1000, 0), Who: draw.Who{Standing: k.form("standing") != "", Clean: k.form("clean") != "", Days: number(k.form("in_days"), 0, 10_000, 0), Active: number(k.form("active"), 0, 1000, 0), Window: number(k.form("window"), 0, 1000, 30), Tiers: k.R.PostForm["tier"]}}
	for _, t := range []struct {
		text string
		to   *int64
	}{{f.closes, &f.terms.Closes}, {cmp.Or(f.draws, f.closes), &f.terms.Draws}} {
		at, err := time.ParseInLocation(drawTime, t.text, zone)
		if err != nil {
			return f, 0, []string{k.T("draw.no_when")}
		}
		*t.to = at.UnixMilli()
	}
	var ok bool
	if f.terms.Prizes, ok = readPrizeLines(f.prizes, k.T("draw.kind_thing")); !ok {
		faults = append(faults, k.T("draw.no_prizes"))
	}
	if budget = f.terms.Worth(); f.budget != "" {
		var err error
		if budget, err = fenTyped(f.budget); err != nil {
			faults = append(faults, k.T("draw.no_budget"))
		}
	}
	return f, budget, faults
}

// readPrizeLines reads prizes: "name count yuan", and a word behind it for things.
func readPrizeLines(text, thing string) (out []draw.Prize, ok bool) {
	for _, line := range strings.Split(text, "\n") {
		parts := strings.Fields(line)
		if len(parts) == 0 {
			continue
		}
		kind := draw.RedPacket
		if last := parts[len(parts)-1]; last == thing || last == "实物" || last == "thing" {
			kind, parts = draw.Thing, parts[:len(parts)-1]
		}
		if len(parts) < 3 {
			return nil, false
		}
		n, err := strconv.Atoi(parts[len(parts)-2])
		fen, bad := fenTyped(parts[len(parts)-1])
		if err != nil || bad != nil {
			return nil, false
		}
		out = append(out, draw.Prize{Name: strings.Join(parts[:len(parts)-2], " "), Kind: kind, Count: n, Fen: fen})
	}
	return out, true
}

// fenTyped reads yuan, not below nought; commas may part thousands.
func fenTyped(text string) (int64, error) {
	fen, err := community.ParseAmount(strings.ReplaceAll(text, ",", ""))
	if err == nil && fen < 0 {
		err = community.Errorf(community.CodeBadInput, "amount: below nought")
	}
	return fen, err
}

// drawWrite is the form of a draw's terms.
func (k *call) drawWrite(status int, g community.GroupRow, f drawDraft, action, back string, hidden []ui.Option, faults []string) error {
	slots := []ui.Option{{Text: k.T("draw.slot_none")}}
	list, err := k.draws().Slots(k.ctx())
	if err != nil {
		return err
	}
	for _, s := range list {
		if !s.Off {
			slots = append(slots, ui.Option{Value: s.ID, Text: s.Name + " " + s.From + "–" + s.To})
		}
	}
	var tiers []ui.Option
	for _, t := range []string{"core", "normal", "lurker"} {
		tiers = append(tiers, ui.Option{Value: t, Text: k.T("draw.tier_" + t)})
	}
	t := f.terms
	text := func(name, label, value, help string, required bool, most int) ui.Input {
		return ui.Input{Kind: "text", Name: name, Label: k.T("draw." + label), Value: value, Help: help, Required: required, Max: most}
	}
	whole := func(name string, v int) ui.Input {
		return ui.Input{Kind: "number", Name: name, Label: k.T("draw." + name), Value: strconv.Itoa(v), Required: true}
	}
	days := whole("days_redeem", t.Days)
	days.Name = "days"
	p := view.PlanForm{Head: ui.Head{Title: k.T("draw.title_word"), Sub: g.Name, Back: back}, Action: action, Do: k.T("form.save"), Faults: faults, Hidden: hidden, Groups: []view.PlanFields{
		{Title: k.T("draw.form_prizes"), Note: k.T("draw.form_prizes_note"), Rows: []ui.Input{{Kind: "area", Name: "prizes", Label: k.T("draw.prizes"), Value: f.prizes, Required: true, Rows: 4, Max: 2000}, text("budget", "budget_yuan", f.budget, "", false, 20)}},
		{Title: k.T("draw.form_terms"), Note: k.T("draw.form_terms_note", "zone", g.Zone), Rows: []ui.Input{text("title", "title", t.Title, "", true, 60), text("sponsor", "sponsor", t.Sponsor, "", true, 60), text("contact", "contact", t.Contact, "", true, 120), days,
			text("closes", "closes_at", f.closes, "", true, 20), text("draws", "draws_at", f.draws, "", false, 20), {Kind: "select", Name: "slot", Label: k.T("draw.slot"), Help: k.T("draw.slot_help"), Value: f.slot, Options: slots}, k.toldIn(cmp.Or(t.Lang, "zh-CN")),
			{Kind: "area", Name: "redeem", Label: k.T("draw.redeem"), Value: t.Redeem, Required: true, Rows: 2, Max: 1000}, {Kind: "area", Name: "note", Label: k.T("draw.note"), Value: t.Note, Rows: 2, Max: 1000},
			{Kind: "area", Name: "beacon", Label: k.T("draw.beacon_form"), Help: k.T("draw.beacon_help"), Value: t.Beacon, Rows: 2, Max: 200}}},
		{Title: k.T("draw.form_who"), Note: k.T("draw.form_who_note"), Rows: []ui.Input{{Kind: "check", Name: "standing", Label: k.T("draw.standing"), Value: oneIf(t.Who.Standing)}, whole("in_days", t.Who.Days), whole("active", t.Who.Active), whole("window", t.Who.Window),
			{Kind: "checks", Name: "tier", Label: k.T("draw.tiers"), Options: tiers, Ticked: t.Who.Tiers}, {Kind: "check", Name: "clean", Label: k.T("draw.clean"), Value: oneIf(t.Who.Clean)}}},
	}}
	return k.showStatus(status, p.Head.Title, view.PlanEdit(p))
}

// drawNew is the form of a new draft.
func (c *Console) drawNew(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return k.redirect("/draws")
	}
	t := draw.Default()
	t.Sponsor = g.Name
	return k.drawWrite(http.StatusOK, g, k.draftOf(t, 0, "", zone(g.Zone)), "/draws/new", "/draws?g="+g.ID.String(), []ui.Option{{Value: "g", Text: g.ID.String()}}, nil)
}

func (c *Console) drawMake(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return community.Errorf(community.CodeBadInput, "g: no group")
	}
	f, budget, faults := k.drawTyped(zone(g.Zone))
	again := func(faults []string) error {
		return k.drawWrite(http.StatusUnprocessableEntity, g, f, "/draws/new", "/draws?g="+g.ID.String(), []ui.Option{{Value: "g", Text: g.ID.String()}}, faults)
	}
	if len(faults) > 0 {
		return again(faults)
	}
	d, err := k.draws().New(k.ctx(), k.who(), g.Key, f.terms, budget, f.slot, "")
	if why := k.drawFault(err); err != nil && why != "" {
		return again([]string{why})
	}
	if err != nil {
		return err
	}
	return k.ok("/draws/"+d.ID.String(), k.T("draw.made"))
}

// drawForm is the form of a draft.
func (c *Console) drawForm(k *call) error {
	d, _, g, err := k.drawHere()
	if err != nil {
		return err
	}
	if err := d.MayEdit(); err != nil {
		return k.refused("/draws/"+d.ID.String(), err)
	}
	return k.drawWriteAgain(http.StatusOK, d, g, k.draftOf(d.Terms, d.Budget, d.Slot, zone(g.Zone)), nil)
}

func (k *call) drawWriteAgain(status int, d draw.Draw, g community.GroupRow, f drawDraft, faults []string) error {
	home := "/draws/" + d.ID.String()
	return k.drawWrite(status, g, f, home+"/edit", home, []ui.Option{{Value: "version", Text: cmp.Or(k.form("version"), strconv.Itoa(d.Version))}}, faults)
}

func (c *Console) drawEdit(k *call) error {
	d, _, g, err := k.drawHere()
	if err != nil {
		return err
	}
	f, budget, faults := k.drawTyped(zone(g.Zone))
	if len(faults) > 0 {
		return k.drawWriteAgain(http.StatusUnprocessableEntity, d, g, f, faults)
	}
	_, err = k.draws().Edit(k.ctx(), k.who(), d.ID, number(k.form("version"), 1, 1<<30, 0), f.terms, budget, f.slot, "")
	if why := k.drawFault(err); err != nil && why != "" {
		return k.drawWriteAgain(http.StatusUnprocessableEntity, d, g, f, []string{why})
	}
	if err != nil {
		return err
	}
	return k.ok("/draws/"+d.ID.String(), k.T("draw.saved"))
}
