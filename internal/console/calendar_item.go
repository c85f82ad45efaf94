package console

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// calendarItem shows one item: what it says, what is to be remarked, what changed since it was approved, what became of it.
func (c *Console) calendarItem(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	i, err := k.calendars().Item(k.ctx(), id)
	if err != nil {
		return err
	}
	o, err := k.calendars().Outlook(k.ctx(), i)
	if code := community.CodeOf(err); code == community.CodeTooLarge || code == community.CodeBadInput {
		err = nil // what is too long is said when approval is asked for
	}
	if err != nil {
		return err
	}
	fixtures, err := k.calendars().Fixtures(k.ctx())
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.CalendarShow{Plan: view.PlanPage{Head: ui.Head{Title: i.Title, Back: "/calendar?at=" + i.Date}, State: k.itemPill(i.State), Means: k.T("calendar.means_" + string(i.State)), Text: o.Says.Link.Whole(o.Says.Text)}, Facts: k.itemFacts(i, fixtures, who)}
	if o.Ad != "" {
		p.Ad = k.T("calendar.ad", "why", k.T("calendar.ad_"+o.Ad))
	}
	if err := k.itemDiff(&p, i); err != nil {
		return err
	}
	p.Plan.Tables = k.outlookTables(o)
	if err := k.outcomeTable(&p, i); err != nil {
		return err
	}
	p.Plan.Tables = append(p.Plan.Tables, k.placeTable(i))
	if k.may(rights.Write) {
		if err := k.itemAsks(&p.Plan, i); err != nil {
			return err
		}
	}
	return k.show(i.Title, view.CalendarOne(p))
}

func (k *call) itemFacts(i plan.Item, fixtures []plan.Fixture, who func(string) string) []ui.Option {
	slot := k.T("calendar.no_slot")
	if f, known := plan.FixtureNamed(fixtures, i.Fixture); known {
		slot = f.Name + " " + f.From + "–" + f.To
	}
	out := []ui.Option{
		{Value: k.T("calendar.when"), Text: i.Date + " " + i.At}, {Value: k.T("calendar.slot"), Text: slot}, {Value: k.T("calendar.class"), Text: k.T("calendar.class_" + string(i.Class))},
		{Value: k.T("calendar.format"), Text: k.T("format.is_" + i.Format)}, {Value: k.T("calendar.cost"), Text: k.cost(i.Minutes, i.Fen)}, {Value: k.T("calendar.serves"), Text: k.servesName(i.Serves)},
		{Value: k.T("calendar.version"), Text: strconv.Itoa(i.Version)},
	}
	for _, f := range []struct{ key, user string }{{"by", i.Maker}, {"ask", i.Asker}} {
		if f.user != "" {
			out = append(out, ui.Option{Value: k.T("calendar." + f.key), Text: who(f.user)})
		}
	}
	if i.Approver != "" && i.Approved == i.Version {
		out = append(out, ui.Option{Value: k.T("calendar.is_approved"), Text: who(i.Approver)})
	}
	if i.Reason != "" {
		out = append(out, ui.Option{Value: k.T("calendar.reason"), Text: i.Reason})
	}
	if i.AI != "" {
		out = append(out, ui.Option{Value: k.T("calendar.text"), Text: k.T("draft.is_ai", "model", i.AI)})
	}
	if i.Override != "" {
		out = append(out, ui.Option{Value: k.T("calendar.is_approved"), Text: k.T("calendar.overridden", "why", i.Override)})
	}
	if i.Why != "" {
		out = append(out, ui.Option{Value: k.T("calendar.why"), Text: i.Why})
	}
	return out
}

func (k *call) servesName(serves string) string {
	if serves == plan.ServesGoal {
		return k.T("calendar.serves_goal")
	}
	return k.targetName(serves)
}

// itemDiff shows what changed since the version that was approved last.
func (k *call) itemDiff(p *view.CalendarShow, i plan.Item) error {
	if i.State == plan.ItemSent || i.State == plan.ItemSkipped || i.Approved == i.Version {
		return nil
	}
	if i.Approved == 0 {
		p.DiffTitle = k.T("calendar.diff_first")
		return nil
	}
	list, err := k.calendars().Versions(k.ctx(), i.ID)
	if err != nil {
		return err
	}
	names := map[community.GroupKey]string{}
	for _, place := range i.Places {
		names[place.Group] = place.Name
	}
	for _, v := range list {
		if v.Version != i.Approved {
			continue
		}
		p.DiffTitle = k.T("calendar.diff", "num", i.Approved)
		for _, d := range plan.Difference(v.Content, i.Content, names) {
			p.Fields = append(p.Fields, view.CalendarField{Label: k.T("calendar.field_" + d.Field), Lines: lineDiff(strings.Split(d.Before, "\n"), strings.Split(d.After, "\n"))})
		}
	}
	return nil
}

// outlookTables say what is beyond, what is to be remarked, what is in the way, and what it repeats.
func (k *call) outlookTables(o plan.Outlook) (out []view.PlanTable) {
	if len(o.Beyond) > 0 {
		t := ui.Table{Label: k.T("calendar.beyond"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("calendar.beyond")}}}
		for _, p := range o.Beyond {
			for _, b := range p.List {
				t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Name(p.Name), ui.Text(BeyondSaid(k.Words, b))}})
			}
		}
		out = append(out, view.PlanTable{Title: t.Label, Table: t})
	}
	t := ui.Table{Label: k.T("calendar.remarks"), Columns: []ui.Column{{Title: k.T("calendar.rule")}, {Title: k.T("calendar.sentence")}, {Title: k.T("calendar.found")}}, Empty: ui.Empty{Icon: "check", Title: k.T("calendar.remarks_none")}}
	for _, r := range o.Remarks {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("calendar.rule_" + r.Rule)), ui.Name(cmp.Or(r.Sentence, "–")), ui.Text(cmp.Or(r.Found, "–"))}})
	}
	out = append(out, view.PlanTable{Title: t.Label, Note: k.T("calendar.remarks_note"), Table: t})
	if len(o.Estimate.Findings) > 0 {
		out = append(out, foundTable(k, o.Estimate.Findings))
	}
	if len(o.Repeats) > 0 {
		t := ui.Table{Label: k.T("calendar.repeats"), Columns: []ui.Column{{Title: k.T("calendar.date")}, {Title: k.T("calendar.title")}}}
		for _, r := range o.Repeats {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(r.At), ui.Two(r.Title, gist(r.Text, 60))}})
		}
		out = append(out, view.PlanTable{Title: t.Label, Table: t})
	}
	return out
}

// placeTable lists the groups with what became of it there.
func (k *call) placeTable(i plan.Item) view.PlanTable {
	t := ui.Table{Label: k.T("calendar.places"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("calendar.when")}, {Title: k.T("calendar.place_state")}, {Title: k.T("calendar.goal_version"), Num: true}}}
	for _, p := range i.Places {
		state := ui.Text(k.T("calendar.place_waits"))
		link := "/groups/" + p.GroupID.String()
		switch {
		case p.Missed != "":
			state = ui.Text(p.Missed)
		case p.State != "":
			state = planPill(k, string(p.State))
		case i.State == plan.ItemSkipped:
			state = k.itemPill(i.State)
		}
		if !p.Broadcast.IsZero() {
			link = "/broadcasts/" + p.Broadcast.String()
		}
		due := time.UnixMilli(p.Due).In(zone(p.Zone)).Format("01-02 15:04")
		t.Rows = append(t.Rows, ui.Row{Link: link, Cells: []templ.Component{ui.Two(p.Name, p.Zone), ui.Text(due), state, ui.Figure(int64(p.Goal))}})
	}
	return view.PlanTable{Title: t.Label, Table: t}
}

// outcomeTable shows how a poll came out, or who answered a question.
func (k *call) outcomeTable(p *view.CalendarShow, i plan.Item) error {
	if i.State != plan.ItemSent && i.State != plan.ItemFailed || len(i.Options) == 0 && i.Class != plan.Interactive {
		return nil
	}
	list, err := k.calendars().Outcomes(k.ctx(), i.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	t := ui.Table{Label: k.T("calendar.outcome"), Columns: []ui.Column{{Title: k.T("word.group")}}}
	if len(i.Options) == 0 {
		t.Label = k.T("calendar.outcome_question")
	} else {
		p.Picture = "/calendar/" + i.ID.String() + "/picture"
	}
	for _, o := range i.Options {
		t.Columns = append(t.Columns, ui.Column{Title: o, Num: true})
	}
	t.Columns = append(t.Columns, ui.Column{Title: k.T("calendar.outcome_question")})
	for _, o := range list {
		row := ui.Row{Cells: []templ.Component{ui.Two(o.Name, k.T("calendar.until", "at", time.UnixMilli(o.Until).In(zone(o.Zone)).Format("01-02 15:04")))}}
		for _, n := range o.Votes {
			row.Cells = append(row.Cells, ui.Figure(int64(n)))
		}
		said := k.T("calendar.voters", "num", o.Voters, "of", o.Present)
		if len(i.Options) == 0 {
			said = k.T("calendar.said_n", "num", o.Voters, "said", o.Said, "of", o.Present)
		}
		row.Cells = append(row.Cells, ui.Text(said))
		t.Rows = append(t.Rows, row)
	}
	p.Plan.Tables = append(p.Plan.Tables, view.PlanTable{Title: t.Label, Table: t})
	return nil
}

// itemAsks offers what may be done with an item now.
func (k *call) itemAsks(p *view.PlanPage, i plan.Item) error {
	at := "/calendar/" + i.ID.String()
	offer := func(a ui.Confirm, icon string) {
		p.Openers = append(p.Openers, ui.Opener{Target: a.ID, Text: a.Title, Icon: icon, Danger: a.Danger})
		a.Object, a.Button = i.Title, a.Title
		p.Asks = append(p.Asks, a)
	}
	if i.State == plan.ItemAsked {
		if err := k.approveAsk(p, i, offer); err != nil {
			return err
		}
	}
	if i.MayEdit() != nil {
		return nil
	}
	p.Links = append(p.Links, ui.Option{Value: at + "/edit", Text: k.T("calendar.edit")})
	if i.State == plan.ItemDraft || i.State == plan.ItemFailed {
		offer(ui.Confirm{ID: "ask", Title: k.T("calendar.ask"), Effect: k.T("calendar.ask_effect"), Action: at + "/ask", Reason: k.T("form.reason")}, "check")
	}
	offer(ui.Confirm{ID: "move", Title: k.T("calendar.move"), Effect: k.T("calendar.move_effect"), Action: at + "/move", Reason: k.T("form.reason"), Inputs: []ui.Input{
		{Kind: "date", Name: "date", Label: k.T("calendar.date"), Value: i.Date, Required: true}, {Kind: "text", Name: "at", Label: k.T("calendar.at"), Value: i.At, Max: 5, Help: k.T("calendar.date_help")}}}, "clock")
	offer(ui.Confirm{ID: "skip", Title: k.T("calendar.skip"), Effect: k.T("calendar.skip_effect"), Action: at + "/skip", Reason: k.T("form.reason"), Need: true, Danger: true}, "x")
	return nil
}

// approveAsk offers approval to whom it is due: another person, or with a written reason whoever is alone.
func (k *call) approveAsk(p *view.PlanPage, i plan.Item, offer func(ui.Confirm, string)) error {
	writers, err := k.calendars().Writers(k.ctx(), i)
	if err != nil {
		return err
	}
	others, err := k.calendars().Others(k.ctx(), k.who(), i)
	if err != nil {
		return err
	}
	ask := ui.Confirm{ID: "approve", Title: k.T("calendar.approve", "num", i.Version), Effect: k.T("calendar.approve_effect", "at", i.Date+" "+i.At, "num", len(i.Places)), Action: "/calendar/" + i.ID.String() + "/approve", Fields: []ui.Option{{Value: "version", Text: strconv.Itoa(i.Version)}}}
	if own := k.who() == i.Asker || slices.Contains(writers, k.who()); own {
		if others > 0 {
			p.Means = k.T("calendar.other_needed", "num", others)
			return nil
		}
		ask.Effect += "\n" + k.T("calendar.override_effect")
		ask.Reason, ask.Need = k.T("calendar.override"), true
	}
	offer(ask, "check")
	return nil
}

// calendarNew shows an empty form.
func (c *Console) calendarNew(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if community.CodeOf(err) == community.CodeNotFound {
		g, err = community.GroupRow{}, nil
	}
	if err != nil {
		return err
	}
	date := cmp.Or(k.query("date"), time.UnixMilli(k.now()).In(zone(g.Zone)).AddDate(0, 0, 1).Format(time.DateOnly))
	d, err := k.draftHere()
	if err != nil {
		return err
	}
	i := plan.Item{Content: plan.Content{Title: d.one.Title, Text: d.one.Text, Class: plan.Useful, Format: measure.FormatArticle, Serves: plan.ServesGoal, Date: date, At: "12:30"}}
	if g.Key != 0 {
		i.Groups = []community.GroupKey{g.Key}
	}
	return k.calendarForm(i, nil, nil)
}

// calendarEdit shows the form of an item.
func (c *Console) calendarEdit(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	i, err := k.calendars().Item(k.ctx(), id)
	if err != nil {
		return err
	}
	return k.calendarForm(i, nil, nil)
}

// calendarForm shows the form of an item, with what is known of it once it was looked at.
func (k *call) calendarForm(i plan.Item, o *plan.Outlook, faults []string) error {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return err
	}
	fixtures, err := k.calendars().Fixtures(k.ctx())
	if err != nil {
		return err
	}
	choice := ui.Input{Kind: "checks", Name: "groups", Label: k.T("calendar.groups")}
	for _, g := range groups {
		choice.Options = append(choice.Options, ui.Option{Value: g.ID.String(), Text: ui.Visible(g.Name)})
		if slices.Contains(i.Groups, g.Key) {
			choice.Ticked = append(choice.Ticked, g.ID.String())
		}
	}
	slots := []ui.Option{{Text: k.T("calendar.no_slot")}}
	for _, f := range fixtures {
		slots = append(slots, ui.Option{Value: f.ID, Text: f.Name + " " + f.From + "–" + f.To})
	}
	var classes, formats []ui.Option
	for _, class := range plan.Classes() {
		classes = append(classes, ui.Option{Value: string(class), Text: k.T("calendar.class_" + string(class))})
	}
	for _, f := range measure.AllFormats() {
		formats = append(formats, ui.Option{Value: f, Text: k.T("format.is_" + f)})
	}
	serves := []ui.Option{{Value: plan.ServesGoal, Text: k.T("calendar.serves_goal")}}
	for _, m := range measure.TargetMetrics() {
		serves = append(serves, ui.Option{Value: m.Metric, Text: k.targetName(m.Metric)})
	}
	money := ""
	if i.Fen > 0 {
		money = community.FormatAmount(i.Fen)
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("calendar.new"), Sub: k.T("calendar.sub"), Back: "/calendar?at=" + i.Date}, Faults: faults, Action: "/calendar", Ask: "/calendar/look", AskText: k.T("calendar.check"), Do: k.T("calendar.save"), Groups: []view.PlanFields{
		{Title: k.T("calendar.what"), Rows: []ui.Input{
			{Kind: "area", Name: "text", Label: k.T("calendar.text"), Value: i.Text, Help: k.T("calendar.text_help"), Rows: 6, Max: plan.MaxText},
			{Kind: "area", Name: "options", Label: k.T("calendar.options"), Value: strings.Join(i.Options, "\n"), Help: k.T("calendar.options_help"), Rows: 3},
			{Kind: "text", Name: "title", Label: k.T("calendar.title"), Value: i.Title, Max: plan.MaxTitle},
			{Kind: "text", Name: "link", Label: k.T("calendar.link"), Value: i.Link.URL, Max: plan.MaxLink},
			{Kind: "text", Name: "link_title", Label: k.T("calendar.link_title"), Value: i.Link.Title, Max: plan.MaxLinkTitle},
		}},
		{Title: k.T("calendar.class"), Rows: []ui.Input{
			{Kind: "select", Name: "class", Label: k.T("calendar.class"), Value: string(i.Class), Options: classes},
			{Kind: "select", Name: "format", Label: k.T("calendar.format"), Value: i.Format, Options: formats},
			{Kind: "number", Name: "minutes", Label: k.T("calendar.minutes"), Value: strconv.FormatInt(i.Minutes, 10), Required: true},
			{Kind: "text", Name: "money", Label: k.T("calendar.money"), Value: money, Max: 20},
			{Kind: "select", Name: "serves", Label: k.T("calendar.serves"), Value: i.Serves, Options: serves},
			{Kind: "text", Name: "reason", Label: k.T("calendar.reason"), Value: i.Reason, Help: k.T("calendar.reason_help"), Max: plan.MaxReason},
		}},
		{Title: k.T("calendar.when"), Rows: []ui.Input{
			{Kind: "date", Name: "date", Label: k.T("calendar.date"), Value: i.Date, Help: k.T("calendar.date_help"), Required: true},
			{Kind: "text", Name: "at", Label: k.T("calendar.at"), Value: i.At, Max: 5, Required: true},
			{Kind: "select", Name: "slot", Label: k.T("calendar.slot"), Value: i.Fixture, Options: slots},
			choice,
		}},
	}}
	if !i.ID.IsZero() {
		p.Head.Title, p.Head.Back = k.T("calendar.edit"), "/calendar/"+i.ID.String()
		p.Hidden = []ui.Option{{Value: "id", Text: i.ID.String()}, {Value: "seen", Text: strconv.FormatInt(i.Changed, 10)}}
	}
	d, err := k.draftHere()
	if err != nil {
		return err
	}
	p.Hidden = append(p.Hidden, d.hidden()...)
	if k.c.deps.Models != nil && i.ID.IsZero() && d.id.IsZero() {
		p.HintLink = ui.Option{Value: "/wordings/new", Text: k.T("draft.new")}
	}
	if d.model != "" {
		p.Head.Sub = k.T("draft.model_was", "model", d.model)
	}
	if o != nil {
		if o.Ad != "" {
			p.Hint = k.T("calendar.ad", "why", k.T("calendar.ad_"+o.Ad))
		}
		p.Tables = k.outlookTables(*o)
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// calendarAsked reads the form.
func (k *call) calendarAsked() (plan.Item, error) {
	i := plan.Item{Content: plan.Content{Title: k.form("title"), Text: k.typed("text"), Class: plan.Class(k.form("class")), Format: k.form("format"), Serves: k.form("serves"), Reason: k.form("reason"), Fixture: k.form("slot"), Date: k.form("date"), At: k.form("at")}}
	for _, o := range strings.Split(k.typed("options"), "\n") {
		if o = strings.TrimSpace(o); o != "" {
			i.Options = append(i.Options, o)
		}
	}
	if url := k.typed("link"); url != "" {
		i.Link = plan.Attached{URL: url, Title: cmp.Or(k.form("link_title"), gist(i.Text, 20))}
	}
	i.Title = cmp.Or(i.Title, gist(i.Text, 20))
	i.Changed, _ = strconv.ParseInt(k.form("seen"), 10, 64)
	var err error
	if text := k.form("id"); text != "" {
		if i.ID, err = community.ParseID(text); err != nil {
			return i, community.Errorf(community.CodeNotFound, "item: %w", err)
		}
	}
	if i.Groups, err = k.groupKeysNamed(k.R.PostForm["groups"]); err != nil {
		return i, err
	}
	if i.Minutes, err = strconv.ParseInt(cmp.Or(k.form("minutes"), "0"), 10, 64); err != nil {
		return i, community.Errorf(community.CodeBadInput, "minutes: want a number")
	}
	if text := k.form("money"); text != "" {
		if i.Fen, err = community.ParseAmount(text); err != nil {
			return i, community.Errorf(community.CodeBadInput, "money: %w", err)
		}
	}
	return i, nil
}

// calendarLook shows the form with what is known of what was written.
func (c *Console) calendarLook(k *call) error {
	i, err := k.calendarAsked()
	if err == nil {
		err = i.Content.Check()
	}
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
		return k.calendarForm(i, nil, []string{k.T("calendar.bad_form", "what", err.Error())})
	}
	if err != nil {
		return err
	}
	rows, err := k.groupsOf(slices.Clone(i.Groups))
	if err != nil {
		return err
	}
	for _, g := range i.Groups {
		row := rows[g]
		i.Places = append(i.Places, plan.Place{Group: g, GroupID: row.ID, Name: row.Name, Zone: row.Zone, Due: i.Due(zone(row.Zone))})
	}
	o, err := k.calendars().Outlook(k.ctx(), i)
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
		return k.calendarForm(i, &o, []string{k.T("calendar.bad_form", "what", err.Error())})
	}
	if err != nil {
		return err
	}
	return k.calendarForm(i, &o, nil)
}

// calendarSave keeps the form.
func (c *Console) calendarSave(k *call) error {
	i, err := k.calendarAsked()
	d, wrong := k.draftHere()
	if wrong != nil {
		return wrong
	}
	i.AI = d.model
	saved := i
	if err == nil {
		saved, err = k.calendars().SaveItem(k.ctx(), k.who(), i.ID, i.Changed, i.Content, k.form("note"))
	}
	switch community.CodeOf(err) {
	case community.CodeNone:
		if err := k.became(d, "calendar:"+saved.ID.String()); err != nil {
			return err
		}
		return k.ok("/calendar/"+saved.ID.String(), k.T("calendar.saved", "num", saved.Version))
	case community.CodeBadInput, community.CodeTooLarge, community.CodeRefused, community.CodeConflict:
		said := k.sayOf(err)
		if said == "" {
			said = k.T("calendar.bad_form", "what", err.Error())
		}
		return k.calendarForm(i, nil, []string{said})
	}
	return err
}

// fixturePage shows the slots, and the form for them.
func (c *Console) fixturePage(k *call) error { return k.fixtureForm("", nil) }

func (k *call) fixtureForm(text string, faults []string) error {
	list, err := k.calendars().Fixtures(k.ctx())
	if err != nil {
		return err
	}
	if text == "" {
		raw, err := json.MarshalIndent(list, "", "  ")
		if err != nil {
			return err
		}
		text = string(raw)
	}
	t := ui.Table{Label: k.T("calendar.fixtures"), Columns: []ui.Column{{Title: k.T("calendar.slot")}, {Title: k.T("calendar.every")}, {Title: k.T("calendar.at")}, {Title: k.T("calendar.class")}, {Title: k.T("calendar.format")}, {Title: k.T("calendar.minutes"), Num: true}}}
	for _, f := range list {
		class := k.T("calendar.class_free")
		if f.Class != "" {
			class = k.T("calendar.class_" + string(f.Class))
		}
		every := k.T("calendar.every_"+f.Every, "day", f.Day)
		if f.Every == plan.EachWeek {
			every = k.T("calendar.every_"+f.Every, "day", k.T("vote.day_"+strconv.Itoa(f.Weekday%7)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(f.Name, f.ID), ui.Text(every), ui.Text(f.From + "–" + f.To), ui.Text(class), ui.Text(k.T("format.is_" + f.Format)), ui.Figure(f.Minutes)}})
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("calendar.fixtures"), Sub: k.T("calendar.fixtures_sub"), Back: "/calendar"}, Faults: faults, Action: "/calendar/slots", Do: k.T("calendar.save"), Wait: !k.may(rights.Tune),
		Groups: []view.PlanFields{{Title: k.T("calendar.fixtures"), Rows: []ui.Input{
			{Kind: "area", Name: "slots", Label: k.T("calendar.fixtures_json"), Value: text, Help: k.T("calendar.fixtures_help"), Rows: 14, Mono: true},
			{Kind: "text", Name: "reason", Label: k.T("form.reason")}}}}, Tables: []view.PlanTable{{Title: t.Label, Table: t}}}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// fixtureSave changes the slots.
func (c *Console) fixtureSave(k *call) error {
	text := k.typed("slots")
	var list []plan.Fixture
	err := json.Unmarshal([]byte(text), &list)
	if err == nil {
		if list == nil {
			list = []plan.Fixture{}
		}
		err = k.calendars().SaveFixtures(k.ctx(), k.who(), list, k.form("reason"))
	} else {
		err = community.Errorf(community.CodeBadInput, "%w", err)
	}
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok("/calendar/slots", k.T("calendar.fixtures_saved"))
	case community.CodeBadInput, community.CodeTooLarge:
		return k.fixtureForm(text, []string{k.T("calendar.bad_form", "what", err.Error())})
	}
	return err
}

// topicList shows the queue.
func (c *Console) topicList(k *call) error { return k.topicShow(nil) }

func (k *call) topicShow(faults []string) error {
	list, err := k.calendars().Topics(k.ctx(), false)
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("nav.topics"), Columns: []ui.Column{{Title: k.T("calendar.title")}, {Title: k.T("calendar.class")}, {Title: k.T("calendar.format")}, {Title: k.T("calendar.state")}, {Title: k.T("calendar.when")}}, Empty: ui.Empty{Icon: "message", Title: k.T("calendar.topic_none"), Text: k.T("calendar.topic_none_text")}}
	var asks []ui.Confirm
	for _, one := range list {
		row := ui.Row{Cells: []templ.Component{ui.Two(one.Title, gist(one.Text, 60)), ui.Text(k.T("calendar.class_" + string(one.Class))), ui.Text(k.T("format.is_" + one.Format)), ui.Text(k.T("calendar.topic_" + string(one.State))), ui.Moment(max(one.Created, one.Used))}}
		if one.State == plan.TopicWaits && k.may(rights.Write) {
			id := "drop-" + one.ID.String()
			row.Actions = ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("calendar.topic_drop"), Small: true, Icon: "x", Danger: true})
			asks = append(asks, ui.Confirm{ID: id, Title: k.T("calendar.topic_drop"), Object: one.Title, Effect: k.T("calendar.topic_drop_effect"), Action: "/topics/" + one.ID.String() + "/drop", Button: k.T("calendar.topic_drop"), Danger: true, Reason: k.T("form.reason")})
		}
		t.Rows = append(t.Rows, row)
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("nav.topics"), Sub: k.T("calendar.topics_sub"), Back: "/calendar"}, Faults: faults, Action: "/topics", Do: k.T("calendar.topic_new"), Wait: !k.may(rights.Write), Tables: []view.PlanTable{{Title: t.Label, Table: t}}}
	var classes, formats []ui.Option
	for _, class := range plan.Classes() {
		classes = append(classes, ui.Option{Value: string(class), Text: k.T("calendar.class_" + string(class))})
	}
	for _, f := range measure.AllFormats() {
		formats = append(formats, ui.Option{Value: f, Text: k.T("format.is_" + f)})
	}
	value := func(name, otherwise string) string {
		if len(faults) == 0 {
			return otherwise
		}
		return cmp.Or(k.typed(name), otherwise)
	}
	p.Groups = []view.PlanFields{{Title: k.T("calendar.topic_new"), Rows: []ui.Input{
		{Kind: "area", Name: "text", Label: k.T("calendar.text"), Value: value("text", ""), Required: true, Rows: 3, Max: plan.MaxText},
		{Kind: "area", Name: "options", Label: k.T("calendar.options"), Value: value("options", ""), Help: k.T("calendar.options_help"), Rows: 3},
		{Kind: "text", Name: "title", Label: k.T("calendar.title"), Value: value("title", ""), Max: plan.MaxTitle},
		{Kind: "select", Name: "class", Label: k.T("calendar.class"), Value: value("class", string(plan.Interactive)), Options: classes},
		{Kind: "select", Name: "format", Label: k.T("calendar.format"), Value: value("format", measure.FormatOther), Options: formats},
		{Kind: "text", Name: "reason", Label: k.T("calendar.topic_reason"), Value: value("reason", ""), Help: k.T("calendar.topic_reason_help"), Max: plan.MaxReason},
	}}}
	return k.show(p.Head.Title, view.TopicQueue(p, asks))
}

// topicAdd puts a topic into the queue.
func (c *Console) topicAdd(k *call) error {
	t := plan.Topic{Title: k.form("title"), Text: k.typed("text"), Class: plan.Class(k.form("class")), Format: k.form("format"), Reason: k.form("reason")}
	t.Title = cmp.Or(t.Title, gist(t.Text, 20))
	for _, o := range strings.Split(k.typed("options"), "\n") {
		if o = strings.TrimSpace(o); o != "" {
			t.Options = append(t.Options, o)
		}
	}
	_, err := k.calendars().AddTopic(k.ctx(), k.who(), t)
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok("/topics", k.T("calendar.topic_added"))
	case community.CodeBadInput, community.CodeTooLarge, community.CodeConflict:
		said := k.sayOf(err)
		if said == "" {
			said = k.T("calendar.bad_form", "what", err.Error())
		}
		return k.topicShow([]string{said})
	}
	return err
}

// topicDrop takes a topic out.
func (c *Console) topicDrop(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.calendars().DropTopic(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/topics", err)
	}
	return k.ok("/topics", k.T("calendar.topic_dropped"))
}
