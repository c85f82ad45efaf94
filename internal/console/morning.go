package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/morning"
	"qunluo/internal/rights"
)

// Mornings is what the pages of 早报 ask and change. CodeConflict: somebody changed the report meanwhile, or its state does not allow it.
type Mornings interface {
	List(ctx context.Context, g community.GroupKey, p community.Page) ([]morning.Report, int, error)
	// Get gives a report with the messages that it names, by number.
	Get(ctx context.Context, id community.ID) (morning.Report, map[int64]community.MessageRow, error)
	Draft(ctx context.Context, user string, g community.GroupKey, day, lang string) (morning.Report, error)
	Pick(ctx context.Context, user string, id community.ID, version int, places []int) (morning.Report, error)
	Edit(ctx context.Context, user string, id community.ID, version int, text string) (morning.Report, error)
	Lay(ctx context.Context, user string, id community.ID, version int, at, reason string) (morning.Report, error)
	Drop(ctx context.Context, user string, id community.ID, version int, reason string) (morning.Report, error)
	Restore(ctx context.Context, user string, id community.ID) (morning.Report, error)
	Watch(ctx context.Context, g community.GroupKey) (morning.Watch, error)
	SaveWatch(ctx context.Context, user string, w morning.Watch, reason string) error
	Feeds(ctx context.Context) ([]morning.Source, error)
	AddFeed(ctx context.Context, user string, f morning.Source, reason string) (morning.Source, error)
	SetFeed(ctx context.Context, user string, f morning.Source, reason string) (morning.Source, error)
	ReadFeed(ctx context.Context, id community.ID) (morning.Source, error)
	DropFeed(ctx context.Context, user string, id community.ID, reason string) error
}

// morningRoutes are there where morning reports are made.
func (c *Console) morningRoutes() []route {
	if c.deps.Mornings == nil {
		return nil
	}
	return []route{
		{pattern: "GET /morning", may: rights.SeeTexts, serve: (*Console).morningList},
		{pattern: "POST /morning", may: rights.Write, and: rights.SeeTexts, serve: (*Console).morningDraft},
		{pattern: "POST /morning/watch", may: rights.Write, serve: (*Console).morningWatch},
		{pattern: "GET /morning/feeds", may: rights.SeeContent, serve: (*Console).feedList},
		{pattern: "POST /morning/feeds", may: rights.Write, serve: (*Console).feedAdd},
		{pattern: "POST /morning/feeds/{id}/set", may: rights.Write, serve: (*Console).feedSet},
		{pattern: "POST /morning/feeds/{id}/read", may: rights.Write, serve: (*Console).feedRead},
		{pattern: "POST /morning/feeds/{id}/drop", may: rights.Write, serve: (*Console).feedDrop},
		{pattern: "GET /morning/{id}", may: rights.SeeTexts, serve: (*Console).morningPage},
		{pattern: "GET /morning/{id}/pick", may: rights.Write, and: rights.SeeTexts, serve: (*Console).morningPicks},
		{pattern: "POST /morning/{id}/pick", may: rights.Write, and: rights.SeeTexts, serve: (*Console).morningPick},
		{pattern: "GET /morning/{id}/edit", may: rights.Write, and: rights.SeeTexts, serve: (*Console).morningForm},
		{pattern: "POST /morning/{id}/edit", may: rights.Write, and: rights.SeeTexts, serve: (*Console).morningEdit},
		{pattern: "POST /morning/{id}/lay", may: rights.Write, and: rights.SeeTexts, serve: (*Console).morningLay},
		{pattern: "POST /morning/{id}/drop", may: rights.Write, and: rights.SeeTexts, serve: (*Console).morningDrop},
		{pattern: "POST /morning/{id}/restore", may: rights.Write, and: rights.SeeTexts, serve: (*Console).morningRestore},
	}
}

func (k *call) mornings() Mornings { return k.c.deps.Mornings(k.User.Org, k.groups) }

// morningPill is how the state of a report looks: its own, or that of its item of the calendar.
func morningPill(k *call, r morning.Report) templ.Component {
	switch {
	case r.State == morning.Dropped:
		return ui.Pill("", "x", k.T("morning.is_dropped"))
	case r.State == morning.Draft:
		return ui.Pill("warning", "edit", k.T("morning.is_draft"))
	case r.ItemState == "":
		return ui.Pill("warning", "clock", k.T("morning.is_laid"))
	}
	look := map[string][2]string{"draft": {"warning", "edit"}, "asked": {"warning", "user-check"}, "approved": {"", "clock"}, "sent": {"good", "circle-check"}, "skipped": {"", "x"}, "failed": {"danger", "alert-triangle"}}[r.ItemState]
	return ui.Pill(look[0], look[1], k.T("morning.item_"+r.ItemState))
}

// morningList lists reports with what became of them; of a chosen group one can be made, and drafted by itself.
func (c *Console) morningList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("morning.all_groups"), g)
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	list, total, err := k.mornings().List(k.ctx(), g.Key, at)
	if err != nil {
		return err
	}
	feeds := view.LinkButton("/morning/feeds", "link", k.T("morning.go_feeds"))
	p := view.List{Head: ui.Head{Title: k.T("nav.mornings"), Sub: k.T("morning.sub"), Actions: feeds}, Note: k.T("morning.choose"),
		Filters: ui.Filters{Action: "/morning", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: choice}}}}
	if g.Key != 0 {
		if err := k.morningAsks(&p, g); err != nil {
			return err
		}
	}
	p.Table = ui.Table{Label: k.T("nav.mornings"), Columns: []ui.Column{{Title: k.T("morning.day")}, {Title: k.T("word.group")}, {Title: k.T("morning.state")}, {Title: k.T("morning.picked"), Num: true}, {Title: k.T("morning.opens"), Num: true}, {Title: k.T("morning.replies"), Num: true}, {Title: k.T("morning.said"), Num: true}},
		Empty: ui.Empty{Icon: "book", Title: k.T("morning.none"), Text: k.T("morning.none_text")}, Pager: k.pager(at, len(list), total)}
	for _, r := range list {
		opens, replies, said := ui.Text("–"), ui.Text("–"), ui.Text("–")
		if r.SentAt != 0 {
			opens = ui.Figure(r.Opened())
		}
		if r.Counted != 0 {
			replies, said = ui.Figure(int64(r.Outcome.Replies)), ui.Figure(int64(r.Outcome.Said))
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/morning/" + r.ID.String(), Cells: []templ.Component{ui.Text(r.Day), ui.Name(r.GroupName), morningPill(k, r), ui.Figure(int64(len(r.Picked()))), opens, replies, said}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// morningAsks are what can be done for a group: make one, and have them drafted.
func (k *call) morningAsks(p *view.List, g community.GroupRow) error {
	w, err := k.mornings().Watch(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	p.Note = k.T("morning.auto_is_off", "at", w.At)
	if w.On {
		p.Note = k.T("morning.auto_is_on", "hour", w.Hour, "at", w.At)
	}
	if !k.may(rights.Write) {
		return nil
	}
	today, err := k.Figures.Today(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	feeds, err := k.mornings().Feeds(k.ctx())
	if err != nil {
		return err
	}
	here := []ui.Option{{Value: "g", Text: g.ID.String()}}
	var hours, sources, days []ui.Option
	for i := range 9 {
		hours = append(hours, ui.Option{Value: strconv.Itoa(i), Text: strconv.Itoa(i) + ":00"})
	}
	for _, f := range feeds {
		sources = append(sources, ui.Option{Value: f.ID.String(), Text: ui.Visible(cmp.Or(f.Name, f.URL))})
	}
	for i := range morning.AheadDays + 1 {
		d := (today + measure.Day(i)).String()
		days = append(days, ui.Option{Value: d, Text: d})
	}
	var ticks []string
	for _, id := range w.Sources {
		ticks = append(ticks, id.String())
	}
	inputs := []ui.Input{{Kind: "check", Name: "on", Label: k.T("morning.auto_on"), Value: ticked(w.On)},
		{Kind: "select", Name: "hour", Label: k.T("morning.auto_hour"), Value: strconv.Itoa(w.Hour), Options: hours},
		morningTimes(k.T("morning.auto_at"), w.At)}
	if len(sources) > 0 {
		inputs = append(inputs, ui.Input{Kind: "checks", Name: "source", Label: k.T("morning.auto_feeds"), Options: sources, Ticked: ticks})
	}
	p.Head.Actions = templ.Join(p.Head.Actions, ui.ConfirmButton(ui.Opener{Target: "morning-auto", Text: k.T("morning.auto"), Icon: "clock"}), ui.ConfirmButton(ui.Opener{Target: "morning-make", Text: k.T("morning.make"), Icon: "plus"}))
	p.Asks = append(p.Asks,
		ui.Confirm{ID: "morning-make", Title: k.T("morning.make"), Object: g.Name, Effect: k.T("morning.make_text"), Action: "/morning", Button: k.T("morning.make"), Fields: here, Inputs: []ui.Input{
			{Kind: "select", Name: "day", Label: k.T("morning.make_day"), Value: (today + 1).String(), Options: days}}},
		ui.Confirm{ID: "morning-auto", Title: k.T("morning.auto"), Object: g.Name, Effect: p.Note, Action: "/morning/watch", Button: k.T("form.save"), Fields: here, Inputs: inputs})
	return nil
}

// morningTimes offers the times at which a report may be sent, every five minutes, and the one that is set.
func morningTimes(label, at string) ui.Input {
	in := ui.Input{Kind: "select", Name: "at", Label: label, Value: at}
	known := false
	for m := 8 * 60; m <= 9*60; m += 5 {
		one := fmt.Sprintf("%02d:%02d", m/60, m%60)
		known = known || one == at
		in.Options = append(in.Options, ui.Option{Value: one, Text: one})
	}
	if !known {
		in.Options = append(in.Options, ui.Option{Value: at, Text: at})
	}
	return in
}

func (c *Console) morningDraft(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	r, err := k.mornings().Draft(k.ctx(), k.User.ID.String(), g.Key, k.form("day"), k.User.Lang)
	if err != nil && r.ID.IsZero() {
		return k.refused("/morning?g="+g.ID.String(), err)
	}
	if err != nil {
		return k.refused("/morning/"+r.ID.String(), err)
	}
	return k.redirect("/morning/" + r.ID.String())
}

func (c *Console) morningWatch(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	to := "/morning?g=" + g.ID.String()
	w := morning.Watch{Group: g.Key, On: k.form("on") != "", Hour: number(k.form("hour"), 0, 8, 6), At: k.form("at"), Lang: k.User.Lang}
	for _, text := range k.R.PostForm["source"] {
		id, err := community.ParseID(text)
		if err != nil {
			return k.refused(to, err)
		}
		w.Sources = append(w.Sources, id)
	}
	if err := k.mornings().SaveWatch(k.ctx(), k.User.ID.String(), w, ""); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("morning.saved"))
}

// morningHere is the report of the path, with its messages and its group.
func (k *call) morningHere() (morning.Report, map[int64]community.MessageRow, community.GroupRow, error) {
	id, err := k.id()
	if err != nil {
		return morning.Report{}, nil, community.GroupRow{}, err
	}
	r, said, err := k.mornings().Get(k.ctx(), id)
	if err != nil {
		return r, nil, community.GroupRow{}, err
	}
	groups, err := k.groupsOf([]community.GroupKey{r.Group})
	return r, said, groups[r.Group], err
}

// morningPage shows a report: its words, what was offered, and what became of it.
func (c *Console) morningPage(k *call) error {
	r, said, g, err := k.morningHere()
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("nav.mornings") + " " + r.Day, Sub: g.Name, Back: "/morning?g=" + g.ID.String()}, State: morningPill(k, r), Text: r.Text, Means: k.T("morning.picked") + " " + strconv.Itoa(len(r.Picked())) + " / " + strconv.Itoa(len(r.Pieces))}
	if r.User == "" {
		p.Means += " · " + k.T("morning.by_itself")
	}
	k.morningActs(&p, r)
	k.morningCame(&p, r)
	table := view.PlanTable{Title: k.T("morning.offered"), Table: ui.Table{Label: k.T("morning.offered"), Columns: []ui.Column{{Title: k.T("morning.kind")}, {Title: k.T("morning.what")}, {Title: k.T("morning.where")}, {Title: k.T("morning.in")}, {Title: k.T("morning.opens"), Num: true}},
		Empty: ui.Empty{Icon: "book", Title: k.T("morning.nothing"), Text: k.T("morning.nothing_text")}}}
	for _, piece := range r.Pieces {
		what, from, link := k.morningPiece(piece, said, g)
		in, opens := k.T("morning.no"), ui.Text("–")
		if piece.Picked {
			in = k.T("morning.yes")
		}
		if piece.Slug != "" {
			opens = ui.Figure(r.Opens[piece.Slug])
		}
		table.Table.Rows = append(table.Table.Rows, ui.Row{Link: link, Cells: []templ.Component{ui.Text(k.T("morning.kind_" + piece.Kind)), what, ui.Name(from), ui.Text(in), opens}})
	}
	p.Tables = append(p.Tables, table)
	return k.show(p.Head.Title, view.PlanShow(p), inZone(g))
}

// morningPiece is what a piece says, who says it, and where it can be read here ("" = elsewhere).
func (k *call) morningPiece(piece morning.Piece, said map[int64]community.MessageRow, g community.GroupRow) (what templ.Component, from, link string) {
	if piece.Kind == morning.News {
		more := short(piece.Link, 90)
		if len(piece.Same) > 0 {
			more = k.T("morning.same", "names", strings.Join(piece.Same, k.T("list.comma"))) + " · " + more
		}
		return ui.Two(piece.Title, more), piece.From, ""
	}
	m, ok := said[piece.Number]
	if !ok || m.Erased || m.Recalled {
		return ui.Two(cmp.Or(piece.Title, k.T("morning.gone")), ""), "", ""
	}
	link = "/messages/" + g.ID.String() + "/" + strconv.FormatInt(piece.Number, 10)
	switch a, answered := said[piece.Answer]; {
	case piece.Kind == morning.Topic:
		return ui.Two(piece.Title, gist(m.Text, 120)), m.Name, link
	case answered && !a.Erased && !a.Recalled:
		return ui.Two(gist(m.Text, 120), k.T("digest.answer_mark")+a.Name+"："+gist(a.Text, 120)), m.Name, link
	}
	return ui.Two(gist(m.Text, 160), ""), m.Name, link
}

// morningCame is what became of a report that came to its group.
func (k *call) morningCame(p *view.PlanPage, r morning.Report) {
	if r.SentAt == 0 {
		return
	}
	note := ""
	if r.Counted == 0 {
		note = k.T("morning.counting")
	}
	opens := ui.Number{Label: k.T("morning.opens"), Value: strconv.FormatInt(r.Opened(), 10)}
	if len(r.Opens) == 0 {
		opens.Value, opens.Note = "–", k.T("morning.not_counted")
	}
	p.Stats = []ui.Number{opens, {Label: k.T("morning.replies"), Value: strconv.Itoa(r.Outcome.Replies), Note: note},
		{Label: k.T("morning.said"), Value: strconv.Itoa(r.Outcome.Said), Note: k.T("morning.said_people", "num", r.Outcome.Said, "people", r.Outcome.People)}}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("morning.sent_at"), Note: k.T("morning.definition"), Table: ui.Table{Label: k.T("morning.sent_at"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("morning.sent_at")}},
		Rows: []ui.Row{{Link: "/broadcasts/" + r.Send.String(), Cells: []templ.Component{ui.Name(r.GroupName), ui.Moment(r.SentAt)}}}}})
}

// morningActs are what can be done with a report.
func (k *call) morningActs(p *view.PlanPage, r morning.Report) {
	at := "/morning/" + r.ID.String()
	if !r.Item.IsZero() {
		p.Links = append(p.Links, ui.Option{Value: "/calendar/" + r.Item.String(), Text: k.T("morning.go_item")})
	}
	if !k.may(rights.Write) {
		return
	}
	seen := []ui.Option{{Value: "version", Text: strconv.Itoa(r.Version)}}
	ask := func(name, icon string, c ui.Confirm) {
		c.ID, c.Title, c.Object, c.Action, c.Button, c.Fields = "morning-"+name, k.T("morning."+name), r.Day, at+"/"+name, k.T("morning."+name), seen
		p.Openers = append(p.Openers, ui.Opener{Target: c.ID, Text: c.Title, Icon: icon})
		p.Asks = append(p.Asks, c)
	}
	switch {
	case r.State == morning.Draft || r.State == morning.Laid && r.Item.IsZero():
		p.Links = append(p.Links, ui.Option{Value: at + "/pick", Text: k.T("morning.pick")}, ui.Option{Value: at + "/edit", Text: k.T("morning.edit")})
		ask("drop", "x", ui.Confirm{Effect: k.T("morning.drop_ask"), Reason: k.T("form.reason")})
		when := morning.DefaultWatch(0, 0).At
		if w, err := k.mornings().Watch(k.ctx(), r.Group); err == nil {
			when = w.At
		}
		ask("lay", "clock", ui.Confirm{Effect: k.T("morning.lay_ask"), Reason: k.T("form.reason"), Inputs: []ui.Input{morningTimes(k.T("morning.lay_at"), when)}})
	case r.State == morning.Dropped || r.ItemState == "skipped":
		ask("restore", "check", ui.Confirm{Effect: k.T("morning.restore")})
	}
}

func (c *Console) morningPicks(k *call) error {
	r, said, g, err := k.morningHere()
	if err != nil {
		return err
	}
	at := "/morning/" + r.ID.String()
	p := view.PlanForm{Head: ui.Head{Title: k.T("morning.pick") + " " + r.Day, Sub: g.Name, Back: at}, Action: at + "/pick", Do: k.T("morning.pick_do"), Hint: k.T("morning.pick_note"),
		Hidden: []ui.Option{{Value: "version", Text: strconv.Itoa(r.Version)}}}
	if r.Worded {
		p.Hint = k.T("morning.pick_lost")
	}
	for _, kind := range morning.Kinds() {
		in := ui.Input{Kind: "checks", Name: "pick", Label: k.T("morning.kind_" + kind)}
		for i, piece := range r.Pieces {
			if piece.Kind != kind {
				continue
			}
			value := strconv.Itoa(i)
			in.Options = append(in.Options, ui.Option{Value: value, Text: ui.Visible(k.morningLine(piece, said))})
			if piece.Picked {
				in.Ticked = append(in.Ticked, value)
			}
		}
		if len(in.Options) > 0 {
			p.Groups = append(p.Groups, view.PlanFields{Rows: []ui.Input{in}})
		}
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// morningLine is a piece in one line.
func (k *call) morningLine(piece morning.Piece, said map[int64]community.MessageRow) string {
	if piece.Kind == morning.News {
		line := piece.Title + " · " + piece.From
		if len(piece.Same) > 0 {
			line += " · " + k.T("morning.same", "names", strings.Join(piece.Same, k.T("list.comma")))
		}
		return line
	}
	m, ok := said[piece.Number]
	if !ok || m.Erased || m.Recalled {
		return k.T("morning.gone")
	}
	line := m.Name + "：" + gist(m.Text, 100)
	if piece.Title != "" {
		line = piece.Title + " · " + line
	}
	return line
}

func (c *Console) morningPick(k *call) error {
	return k.morningDo(func(id community.ID) error {
		if err := k.R.ParseForm(); err != nil {
			return community.Errorf(community.CodeBadInput, "form: %w", err)
		}
		var places []int
		for _, text := range k.R.PostForm["pick"] {
			places = append(places, number(text, 0, 1000, -1))
		}
		_, err := k.mornings().Pick(k.ctx(), k.User.ID.String(), id, k.morningSeen(), places)
		return err
	}, "morning.saved")
}

// morningSeen is the version that a form was made of.
func (k *call) morningSeen() int { return number(k.form("version"), 1, 1<<30, 0) }

func (c *Console) morningForm(k *call) error {
	r, _, g, err := k.morningHere()
	if err != nil {
		return err
	}
	return k.morningWrite(http.StatusOK, r, g, r.Text, nil)
}

// morningWrite is the form of a report's words.
func (k *call) morningWrite(status int, r morning.Report, g community.GroupRow, text string, faults []string) error {
	at := "/morning/" + r.ID.String()
	p := view.PlanForm{Head: ui.Head{Title: k.T("nav.mornings") + " " + r.Day, Sub: g.Name, Back: at}, Action: at + "/edit", Do: k.T("morning.save"), Faults: faults,
		Hidden: []ui.Option{{Value: "version", Text: strconv.Itoa(r.Version)}},
		Groups: []view.PlanFields{{Title: k.T("morning.text"), Note: k.T("morning.text_hint"), Rows: []ui.Input{{Kind: "area", Name: "text", Label: k.T("morning.text"), Value: text, Required: true, Max: morning.MostText, Rows: 24, Focus: true}}}}}
	return k.showStatus(status, p.Head.Title, view.PlanEdit(p))
}

func (c *Console) morningEdit(k *call) error {
	r, _, g, err := k.morningHere()
	if err != nil {
		return err
	}
	text := k.typed("text")
	if _, err := k.mornings().Edit(k.ctx(), k.User.ID.String(), r.ID, k.morningSeen(), text); err != nil {
		if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge || code == community.CodeConflict { // what was typed stays
			return k.morningWrite(http.StatusUnprocessableEntity, r, g, text, []string{k.T("error."+string(code)+".title") + " " + k.T("error."+string(code)+".text")})
		}
		return err
	}
	return k.ok("/morning/"+r.ID.String(), k.T("morning.saved"))
}

func (c *Console) morningLay(k *call) error {
	return k.morningDo(func(id community.ID) error {
		_, err := k.mornings().Lay(k.ctx(), k.User.ID.String(), id, k.morningSeen(), k.form("at"), k.form("reason"))
		return err
	}, "morning.laid")
}

func (c *Console) morningDrop(k *call) error {
	return k.morningDo(func(id community.ID) error {
		_, err := k.mornings().Drop(k.ctx(), k.User.ID.String(), id, k.morningSeen(), k.form("reason"))
		return err
	}, "morning.saved")
}

func (c *Console) morningRestore(k *call) error {
	return k.morningDo(func(id community.ID) error {
		_, err := k.mornings().Restore(k.ctx(), k.User.ID.String(), id)
		return err
	}, "morning.saved")
}

func (k *call) morningDo(do func(community.ID) error, said string) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/morning/" + id.String()
	if err := do(id); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T(said))
}

// feedList lists the feeds with how their reading goes.
func (c *Console) feedList(k *call) error {
	list, err := k.mornings().Feeds(k.ctx())
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("morning.feeds"), Sub: k.T("morning.feeds_sub"), Back: "/morning"}}
	p.Table = ui.Table{Label: k.T("morning.feeds"), Columns: []ui.Column{{Title: k.T("morning.feed")}, {Title: k.T("morning.feed_health")}, {Title: k.T("morning.feed_entries"), Num: true}, {Title: k.T("morning.feed_fetched")}, {Title: k.T("morning.feed_next")}, {}},
		Empty: ui.Empty{Icon: "link", Title: k.T("morning.feed_none"), Text: k.T("morning.feed_none_text")}}
	write := k.may(rights.Write)
	if write {
		p.Head.Actions = ui.ConfirmButton(ui.Opener{Target: "feed-add", Text: k.T("morning.feed_add"), Icon: "plus"})
		p.Asks = append(p.Asks, ui.Confirm{ID: "feed-add", Title: k.T("morning.feed_add"), Effect: k.T("morning.feed_add_text"), Action: "/morning/feeds", Button: k.T("morning.feed_add"), Inputs: append([]ui.Input{
			{Kind: "url", Name: "url", Label: k.T("morning.feed_url"), Required: true, Max: 1000}}, k.feedInputs(morning.Source{Every: 60})...)})
	}
	for _, f := range list {
		at, id := "/morning/feeds/"+f.ID.String(), "feed-"+f.ID.String()
		acts := ui.Text("")
		if write {
			acts = view.ConfirmButtons([]ui.Opener{{Target: id, Text: k.T("morning.feed_set"), Icon: "edit"}, {Target: id + "-read", Text: k.T("morning.feed_read"), Icon: "refresh"}, {Target: id + "-drop", Text: k.T("morning.feed_drop"), Icon: "x"}})
			p.Asks = append(p.Asks,
				ui.Confirm{ID: id, Title: k.T("morning.feed_set"), Object: cmp.Or(f.Name, f.URL), Action: at + "/set", Button: k.T("form.save"), Reason: k.T("form.reason"),
					Inputs: append(k.feedInputs(f), ui.Input{Kind: "check", Name: "off", Label: k.T("morning.feed_off"), Value: ticked(f.Off), Of: f.ID.String()})},
				ui.Confirm{ID: id + "-read", Title: k.T("morning.feed_read"), Object: cmp.Or(f.Name, f.URL), Action: at + "/read", Button: k.T("morning.feed_read")},
				ui.Confirm{ID: id + "-drop", Title: k.T("morning.feed_drop"), Object: cmp.Or(f.Name, f.URL), Effect: k.T("morning.feed_drop_ask", "num", f.Entries), Action: at + "/drop", Button: k.T("morning.feed_drop"), Danger: true, Reason: k.T("form.reason")})
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []templ.Component{ui.Two(cmp.Or(f.Name, f.URL), short(f.URL, 60)), k.feedPill(f), ui.Figure(int64(f.Entries)), k.feedMoment(f.Fetched), k.feedMoment(f.Next), acts}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// feedInputs are the fields of a feed that a person sets.
func (k *call) feedInputs(f morning.Source) []ui.Input {
	of := ""
	if !f.ID.IsZero() {
		of = f.ID.String()
	}
	return []ui.Input{{Kind: "text", Name: "name", Label: k.T("morning.feed_name"), Value: f.Name, Max: morning.MaxName, Of: of}, {Kind: "number", Name: "every", Label: k.T("morning.feed_every"), Value: strconv.Itoa(f.Every), Required: true, Of: of}}
}

// feedPill says how a feed's reading goes.
func (k *call) feedPill(f morning.Source) templ.Component {
	switch {
	case f.Off:
		return ui.Pill("", "x", k.T("morning.feed_is_off"))
	case f.Error != "":
		why := ""
		switch community.Code(f.Error) {
		case community.CodeForbidden, community.CodeTooLarge, community.CodeBadInput, community.CodeUnreachable, community.CodeRefused, community.CodeLate, community.CodeLimited:
			why = k.T("morning.feed_" + f.Error)
		}
		return view.Stack(ui.Pill("danger", "alert-triangle", k.T("morning.feed_failed", "num", f.Failed)), why)
	case f.Tried == 0:
		return ui.Pill("warning", "clock", k.T("morning.feed_new"))
	}
	return ui.Pill("good", "circle-check", k.T("morning.feed_ok"))
}

func (k *call) feedMoment(at int64) templ.Component {
	if at == 0 {
		return ui.Text("–")
	}
	return ui.Moment(at)
}

func (c *Console) feedAdd(k *call) error {
	f, err := k.mornings().AddFeed(k.ctx(), k.User.ID.String(), morning.Source{URL: strings.TrimSpace(k.R.PostFormValue("url")), Name: k.form("name"), Every: number(k.form("every"), 0, 1<<20, 0)}, k.form("reason"))
	if err != nil {
		return k.refused("/morning/feeds", err)
	}
	return k.ok("/morning/feeds", k.T("morning.feed_added", "num", f.Entries))
}

func (c *Console) feedSet(k *call) error {
	return k.feedDo(func(id community.ID) (string, error) {
		_, err := k.mornings().SetFeed(k.ctx(), k.User.ID.String(), morning.Source{ID: id, Name: k.form("name"), Every: number(k.form("every"), 0, 1<<20, 0), Off: k.form("off") != ""}, k.form("reason"))
		return k.T("morning.saved"), err
	})
}

func (c *Console) feedRead(k *call) error {
	return k.feedDo(func(id community.ID) (string, error) {
		f, err := k.mornings().ReadFeed(k.ctx(), id)
		return k.T("morning.feed_was_read", "num", f.Entries), err
	})
}

func (c *Console) feedDrop(k *call) error {
	return k.feedDo(func(id community.ID) (string, error) {
		return k.T("morning.saved"), k.mornings().DropFeed(k.ctx(), k.User.ID.String(), id, k.form("reason"))
	})
}

func (k *call) feedDo(do func(community.ID) (string, error)) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	said, err := do(id)
	if err != nil {
		return k.refused("/morning/feeds", err)
	}
	return k.ok("/morning/feeds", said)
}
