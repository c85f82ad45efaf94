package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/digest"
	"qunluo/internal/draft"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// Digests is what the pages of 群精华 ask and change. CodeConflict: somebody changed the digest meanwhile, or its state does not allow it.
type Digests interface {
	List(ctx context.Context, g community.GroupKey, p community.Page) ([]digest.Record, int, error)
	// Get gives a digest with the messages that it names, by number.
	Get(ctx context.Context, id community.ID) (digest.Record, map[int64]community.MessageRow, error)
	Make(ctx context.Context, user string, g community.GroupKey, from, to measure.Day, lang string) (digest.Record, error)
	Edit(ctx context.Context, user string, id community.ID, version int, text string) (digest.Record, error)
	// Send hands it over as a mass send for a time (UTC ms; 0 = now).
	Send(ctx context.Context, user string, id community.ID, version int, start int64) (digest.Record, error)
	Drop(ctx context.Context, user string, id community.ID, version int, reason string) (digest.Record, error)
	Restore(ctx context.Context, user string, id community.ID) (digest.Record, error)
	// Page gives a digest's public page with the short link that counts its openings; CodeNotFound: it has none.
	Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error)
	Publish(ctx context.Context, user string, id community.ID, note string) (plan.WebPage, admit.Short, error)
	Withdraw(ctx context.Context, user string, id community.ID, reason string) error
	// SendPage tells the group of the page, once.
	SendPage(ctx context.Context, user string, id community.ID) (plan.Broadcast, error)
	Watch(ctx context.Context, g community.GroupKey) (digest.Watch, error)
	SaveWatch(ctx context.Context, user string, w digest.Watch, reason string) error
}

// digestRoutes are there where digests are made.
func (c *Console) digestRoutes() []route {
	if c.deps.Digests == nil {
		return nil
	}
	return []route{
		{pattern: "GET /digests", may: rights.SeeTexts, serve: (*Console).digestList},
		{pattern: "POST /digests", may: rights.Write, and: rights.SeeTexts, serve: (*Console).digestMake},
		{pattern: "POST /digests/watch", may: rights.Write, serve: (*Console).digestWatch},
		{pattern: "GET /digests/{id}", may: rights.SeeTexts, serve: (*Console).digestPage},
		{pattern: "GET /digests/{id}/edit", may: rights.Write, and: rights.SeeTexts, serve: (*Console).digestForm},
		{pattern: "POST /digests/{id}/edit", may: rights.Write, and: rights.SeeTexts, serve: (*Console).digestEdit},
		{pattern: "POST /digests/{id}/send", may: rights.Write, serve: (*Console).digestSend},
		{pattern: "POST /digests/{id}/drop", may: rights.Write, serve: (*Console).digestDrop},
		{pattern: "POST /digests/{id}/restore", may: rights.Write, serve: (*Console).digestRestore},
		{pattern: "POST /digests/{id}/publish", may: rights.Write, and: rights.SeeTexts, serve: step("/digests", nil, func(k *call, id community.ID) (string, error) {
			_, _, err := k.digests().Publish(k.ctx(), k.who(), id, k.form("reason"))
			return k.T("digest.published"), err
		})},
		{pattern: "POST /digests/{id}/withdraw", may: rights.Write, serve: step("/digests", nil, func(k *call, id community.ID) (string, error) {
			return k.T("digest.withdrawn"), k.digests().Withdraw(k.ctx(), k.who(), id, k.form("reason"))
		})},
		{pattern: "POST /digests/{id}/tell", may: rights.Write, serve: step("/digests", nil, func(k *call, id community.ID) (string, error) {
			_, err := k.digests().SendPage(k.ctx(), k.who(), id)
			return k.T("digest.told"), err
		})},
	}
}

func (k *call) digests() Digests { return k.c.deps.Digests(k.User.Org, k.groups) }

// digestLook is how the states of a digest look.
var digestLook = map[string][2]string{digest.Draft: {"warning", "edit"}, digest.Sent: {"good", "circle-check"}, digest.Dropped: {"", "x"}}

func digestPill(k *call, state string) templ.Component {
	return ui.Pill(digestLook[state][0], digestLook[state][1], k.T("digest.is_"+state))
}

// digestDays names the days of a digest.
func digestDays(r digest.Record) string {
	if r.Weekly() {
		return measure.Day(r.From).String() + " – " + measure.Day(r.To).String()
	}
	return measure.Day(r.To).String()
}

// digestList lists digests; of a chosen group one can be made, and drafted by itself.
func (c *Console) digestList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("digest.all_groups"), g)
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	list, total, err := k.digests().List(k.ctx(), g.Key, at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.digests"), Sub: k.T("digest.sub")}, Note: k.T("digest.choose"),
		Filters: ui.Filters{Action: "/digests", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: choice}}}}
	if g.Key != 0 {
		p.Note = ""
		if err := k.digestAsks(&p, g); err != nil {
			return err
		}
	}
	p.Table = ui.Table{Label: k.T("nav.digests"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("digest.days")}, {Title: k.T("digest.topics")}, {Title: k.T("digest.messages"), Num: true}, {Title: k.T("digest.state")}},
		Empty: ui.Empty{Icon: "book", Title: k.T("digest.none"), Text: k.T("digest.none_text")}, Pager: k.pager(at, len(list), total)}
	for _, r := range list {
		var about []string
		for _, t := range r.Found.Topics[:min(3, len(r.Found.Topics))] {
			about = append(about, t.Phrases[0])
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/digests/" + r.ID.String(), Cells: []templ.Component{ui.Name(r.GroupName), ui.Text(digestDays(r)), ui.Text(strings.Join(about, k.T("list.comma"))), ui.Figure(int64(r.Found.Messages)), digestPill(k, r.State)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// digestAsks are what can be done for a group: make one, and have them drafted.
func (k *call) digestAsks(p *view.List, g community.GroupRow) error {
	w, err := k.digests().Watch(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	yes := func(on bool) string {
		return k.T(map[bool]string{true: "digest.yes", false: "digest.no"}[on])
	}
	p.Note = k.T("digest.auto_on", "daily", yes(w.Daily), "weekly", yes(w.Weekly), "hour", w.Hour)
	if !k.may(rights.Write) {
		return nil
	}
	today, err := k.Figures.Today(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	here := []ui.Option{{Value: "g", Text: g.ID.String()}}
	var hours []ui.Option
	for i := range 24 {
		hours = append(hours, ui.Option{Value: strconv.Itoa(i), Text: strconv.Itoa(i) + ":00"})
	}
	p.Head.Actions = templ.Join(ui.ConfirmButton(ui.Opener{Target: "digest-auto", Text: k.T("digest.auto"), Icon: "clock"}), ui.ConfirmButton(ui.Opener{Target: "digest-make", Text: k.T("digest.make"), Icon: "plus"}))
	p.Asks = append(p.Asks,
		ui.Confirm{ID: "digest-make", Title: k.T("digest.make"), Object: g.Name, Effect: k.T("digest.sub"), Action: "/digests", Button: k.T("digest.make"), Fields: here, Inputs: []ui.Input{
			{Kind: "date", Name: "day", Label: k.T("digest.make_day"), Value: (today - 1).String(), Required: true},
			{Kind: "select", Name: "span", Label: k.T("digest.span"), Value: "day", Options: []ui.Option{{Value: "day", Text: k.T("digest.span_day")}, {Value: "week", Text: k.T("digest.span_week")}}}}},
		ui.Confirm{ID: "digest-auto", Title: k.T("digest.auto"), Object: g.Name, Effect: p.Note, Action: "/digests/watch", Button: k.T("form.save"), Fields: here, Inputs: []ui.Input{
			{Kind: "check", Name: "daily", Label: k.T("digest.auto_daily"), Value: ticked(w.Daily)}, {Kind: "check", Name: "weekly", Label: k.T("digest.auto_weekly"), Value: ticked(w.Weekly)},
			{Kind: "select", Name: "hour", Label: k.T("digest.auto_hour"), Value: strconv.Itoa(w.Hour), Options: hours}}})
	return nil
}

func (c *Console) digestMake(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	to, err := measure.ParseDay(k.form("day"))
	if err != nil {
		return k.refused("/digests?g="+g.ID.String(), community.Errorf(community.CodeBadInput, "day: %w", err))
	}
	from := to
	if k.form("span") == "week" {
		from = to - 6
	}
	r, err := k.digests().Make(k.ctx(), k.User.ID.String(), g.Key, from, to, k.User.Lang)
	if err != nil && r.ID.IsZero() {
		return k.refused("/digests?g="+g.ID.String(), err)
	}
	if err != nil {
		return k.refused("/digests/"+r.ID.String(), err)
	}
	return k.redirect("/digests/" + r.ID.String())
}

func (c *Console) digestWatch(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	to := "/digests?g=" + g.ID.String()
	err = k.digests().SaveWatch(k.ctx(), k.User.ID.String(), digest.Watch{Group: g.Key, Daily: k.form("daily") != "", Weekly: k.form("weekly") != "", Hour: number(k.form("hour"), 0, 23, 7), Lang: k.User.Lang}, "")
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("digest.saved"))
}

// digestHere is the digest of the path, with its messages and its group.
func (k *call) digestHere() (digest.Record, map[int64]community.MessageRow, community.GroupRow, error) {
	id, err := k.id()
	if err != nil {
		return digest.Record{}, nil, community.GroupRow{}, err
	}
	r, said, err := k.digests().Get(k.ctx(), id)
	if err != nil {
		return r, nil, community.GroupRow{}, err
	}
	groups, err := k.groupsOf([]community.GroupKey{r.Group})
	return r, said, groups[r.Group], err
}

// digestPage shows a digest: the words that will be sent, and what each part rests on.
func (c *Console) digestPage(k *call) error {
	r, said, g, err := k.digestHere()
	if err != nil {
		return err
	}
	d := r.Found
	p := view.PlanPage{Head: ui.Head{Title: k.T("nav.digests") + " " + digestDays(r), Sub: g.Name, Back: "/digests?g=" + g.ID.String()}, State: digestPill(k, r.State), Text: r.Text,
		Means: k.T("digest.count", "messages", d.Messages, "people", d.Speakers)}
	if r.Edited != 0 {
		p.Means += " · " + k.T("digest.edited")
	}
	if d.AI != "" {
		p.Means += " · " + k.T("draft.is_ai", "model", d.AI)
	}
	if err := k.digestActs(&p, r); err != nil {
		return err
	}
	if r.State == digest.Sent {
		if err := k.digestOpen(&p, r); err != nil {
			return err
		}
	}
	method := k.T("digest.method", "usual", d.Usual, "left", d.Left)
	if d.Usual < digest.Scarce {
		method = k.T("digest.method_few", "usual", d.Usual)
	}
	row := func(number int64, more string) ui.Row {
		m, ok := said[number]
		if !ok || m.Erased || m.Recalled {
			return ui.Row{Cells: []templ.Component{ui.Text(k.T("digest.gone")), ui.Text(more)}}
		}
		return ui.Row{Link: "/messages/" + g.ID.String() + "/" + strconv.FormatInt(number, 10), Cells: []templ.Component{ui.Two(gist(m.Text, 160), m.Name), ui.Text(more)}}
	}
	topics, answers, open, decided, links, thanked := k.digestTable("topics"), k.digestTable("answers"), k.digestTable("open"), k.digestTable("decided"), k.digestTable("links"), k.digestTable("thanked")
	topics.Note = method
	for _, t := range d.Topics {
		one := row(t.Quotes[0], k.T("digest.rests_on", "num", len(t.Messages), "people", t.Speakers, "phrase", t.Phrases[0], "usual", t.Usual))
		one.Cells[0] = view.Stack(ui.Name(strings.Join(t.Phrases, k.T("list.comma"))), gist(said[t.Quotes[0]].Text, 160))
		topics.Table.Rows = append(topics.Table.Rows, one)
	}
	for _, a := range d.Answers {
		why := k.T("digest.likely")
		if a.Certain {
			why = k.T("digest.certain")
		}
		if a.Thanks != 0 {
			why += " · " + k.T("digest.thanks")
		}
		one := row(a.Answer, why)
		if m, ok := said[a.Question]; ok && len(one.Link) > 0 {
			one.Cells[0] = ui.Two(k.T("digest.question_mark")+gist(m.Text, 120), k.T("digest.answer_mark")+said[a.Answer].Name+"："+gist(said[a.Answer].Text, 160))
		}
		answers.Table.Rows = append(answers.Table.Rows, one)
	}
	if d.OpenAll > len(d.Open) {
		open.Note = k.T("digest.open_all", "num", d.OpenAll, "shown", len(d.Open))
	}
	open.Table.Columns[1].Title = k.T("digest.when")
	for _, n := range d.Open {
		one := row(n, "")
		if m, ok := said[n]; ok {
			one.Cells[1] = ui.Moment(m.OccurredAt)
		}
		open.Table.Rows = append(open.Table.Rows, one)
	}
	for _, v := range d.Decided {
		decided.Table.Rows = append(decided.Table.Rows, row(v.Message, markedIn(said[v.Message].Text, v.Span)))
	}
	for _, l := range d.Links {
		links.Table.Rows = append(links.Table.Rows, row(l.Message, k.T("digest.times", "num", l.Times, "people", l.Sharers)))
	}
	for _, t := range d.Thanked {
		one := row(t.Said, k.T("digest.thanked_line", "name", said[t.Said].Name, "num", t.By))
		one.Link = "/messages/" + g.ID.String() + "/" + strconv.FormatInt(t.Messages[0], 10)
		one.Cells[0] = ui.Name(said[t.Said].Name)
		thanked.Table.Rows = append(thanked.Table.Rows, one)
	}
	for _, t := range []view.PlanTable{topics, answers, open, decided, links, thanked} {
		if len(t.Table.Rows) > 0 {
			p.Tables = append(p.Tables, t)
		}
	}
	return k.show(p.Head.Title, view.PlanShow(p), inZone(g))
}

// markedIn is the part of a text that a span names; "" where the text is no longer what it was.
func markedIn(text string, s community.Span) string {
	if s.Start < 0 || s.Start > s.End || s.End > len(text) {
		return ""
	}
	return text[s.Start:s.End]
}

func (k *call) digestTable(part string) view.PlanTable {
	return view.PlanTable{Title: k.T("digest." + part), Table: ui.Table{Label: k.T("digest." + part), Columns: []ui.Column{{Title: k.T("digest.said")}, {Title: k.T("digest.rests")}}}}
}

// digestActs are what can be done with a digest.
func (k *call) digestActs(p *view.PlanPage, r digest.Record) error {
	at := "/digests/" + r.ID.String()
	if r.Sent != "" {
		p.Links = append(p.Links, ui.Option{Value: "/broadcasts/" + r.Sent, Text: k.T("digest.go_send")})
	}
	if !k.may(rights.Write) {
		return nil
	}
	seen := []ui.Option{{Value: "version", Text: strconv.Itoa(r.Version)}}
	ask := func(name, icon string, c ui.Confirm) {
		c.ID, c.Title, c.Object, c.Action, c.Button, c.Fields = "digest-"+name, k.T("digest."+name), digestDays(r), at+"/"+name, k.T("digest."+name), seen
		p.Openers = append(p.Openers, ui.Opener{Target: c.ID, Text: c.Title, Icon: icon})
		p.Asks = append(p.Asks, c)
	}
	switch r.State {
	case digest.Draft:
		p.Links = append(p.Links, ui.Option{Value: at + "/edit", Text: k.T("digest.rewrite")})
		if err := k.rewriteAsk(p, r); err != nil {
			return err
		}
		ask("drop", "x", ui.Confirm{Effect: k.T("digest.drop_ask"), Reason: k.T("form.reason")})
		ask("send", "message", ui.Confirm{Effect: k.T("digest.send_ask")})
	case digest.Dropped:
		ask("restore", "check", ui.Confirm{Effect: k.T("digest.restore")})
	}
	return nil
}

// rewriteAsk offers to have a digest rewritten, where a model may be asked.
func (k *call) rewriteAsk(p *view.PlanPage, r digest.Record) error {
	if k.c.deps.Models == nil || r.Found.Empty() || !k.may(rights.SeeTexts) {
		return nil
	}
	s, err := k.models().Sight(k.ctx())
	if err != nil || s.Standing != draft.Ready || !s.Digests {
		return err
	}
	c := ui.Confirm{ID: "digest-rewrite", Title: k.T("draft.rewrite"), Object: digestDays(r), Effect: k.T("draft.rewrite_ask", "model", s.Model, "host", s.Host), Action: "/digests/" + r.ID.String() + "/rewrite", Button: k.T("draft.rewrite")}
	p.Openers = append(p.Openers, ui.Opener{Target: c.ID, Text: c.Title, Icon: "edit"})
	p.Asks = append(p.Asks, c)
	return nil
}

// digestOpen shows the public page of a digest that was sent, and offers to publish it, to tell its group, to take it off.
func (k *call) digestOpen(p *view.PlanPage, r digest.Record) error {
	page, s, err := k.digests().Page(k.ctx(), r.ID)
	none := community.CodeOf(err) == community.CodeNotFound
	if err != nil && !none {
		return err
	}
	at := "/digests/" + r.ID.String()
	ask := func(name, icon string, danger bool) {
		p.Openers = append(p.Openers, ui.Opener{Target: "digest-" + name, Text: k.T("digest." + name), Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, ui.Confirm{ID: "digest-" + name, Title: k.T("digest." + name), Object: digestDays(r), Effect: k.T("digest." + name + "_ask"), Action: at + "/" + name, Button: k.T("digest." + name), Danger: danger, Reason: k.T("form.reason"), Need: danger})
	}
	may := k.may(rights.Write)
	switch {
	case none || page.Withdrawn != 0:
		if may && k.c.deps.PublicURL != "" {
			ask("publish", "eye", false)
		}
	default:
		p.Links = append(p.Links, ui.Option{Value: k.c.deps.PublicURL + "/l/" + s.Slug, Text: k.T("digest.see_page")})
		if may {
			ask("tell", "message", false)
			ask("withdraw", "x", true)
		}
	}
	if !none {
		p.Stats = append(p.Stats, ui.Number{Label: k.T("drafts.opened"), Value: k.Words.Number(s.Known + s.Unknown), Note: k.T("drafts.opened_note")})
	}
	return nil
}

func (c *Console) digestForm(k *call) error {
	r, _, g, err := k.digestHere()
	if err != nil {
		return err
	}
	return k.digestWrite(http.StatusOK, r, g, r.Text, nil)
}

// digestWrite is the form of a digest's words.
func (k *call) digestWrite(status int, r digest.Record, g community.GroupRow, text string, faults []string) error {
	at := "/digests/" + r.ID.String()
	p := view.PlanForm{Head: ui.Head{Title: k.T("nav.digests") + " " + digestDays(r), Sub: g.Name, Back: at}, Action: at + "/edit", Do: k.T("digest.save"), Faults: faults,
		Hidden: []ui.Option{{Value: "version", Text: strconv.Itoa(r.Version)}},
		Groups: []view.PlanFields{{Title: k.T("digest.text"), Note: k.T("digest.text_hint"), Rows: []ui.Input{{Kind: "area", Name: "text", Label: k.T("digest.text"), Value: text, Required: true, Max: digest.MostText, Rows: 24, Focus: true}}}}}
	return k.showStatus(status, p.Head.Title, view.PlanEdit(p))
}

// digestSeen is the version that a form was made of.
func (k *call) digestSeen() int { return number(k.form("version"), 1, 1<<30, 0) }

func (c *Console) digestEdit(k *call) error {
	r, _, g, err := k.digestHere()
	if err != nil {
		return err
	}
	text := k.typed("text")
	if _, err := k.digests().Edit(k.ctx(), k.User.ID.String(), r.ID, k.digestSeen(), text); err != nil {
		if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge || code == community.CodeConflict { // what was typed stays
			return k.digestWrite(http.StatusUnprocessableEntity, r, g, text, []string{k.T("error."+string(code)+".title") + " " + k.T("error."+string(code)+".text")})
		}
		return err
	}
	return k.ok("/digests/"+r.ID.String(), k.T("digest.saved"))
}

func (c *Console) digestSend(k *call) error {
	return k.digestDo(func(id community.ID) error {
		_, err := k.digests().Send(k.ctx(), k.User.ID.String(), id, k.digestSeen(), 0)
		return err
	})
}

func (c *Console) digestDrop(k *call) error {
	return k.digestDo(func(id community.ID) error {
		_, err := k.digests().Drop(k.ctx(), k.User.ID.String(), id, k.digestSeen(), k.form("reason"))
		return err
	})
}

func (c *Console) digestRestore(k *call) error {
	return k.digestDo(func(id community.ID) error {
		_, err := k.digests().Restore(k.ctx(), k.User.ID.String(), id)
		return err
	})
}

func (k *call) digestDo(do func(community.ID) error) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/digests/" + id.String()
	if err := do(id); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("digest.saved"))
}
