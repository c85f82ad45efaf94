package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/draft"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// wordingLook is how the states of a proposal look.
var wordingLook = map[string][2]string{draft.Waiting: {"", "clock"}, draft.Done: {"warning", "edit"}, draft.Taken: {"good", "circle-check"}, draft.Dropped: {"", "x"}}

func draftPill(k *call, state string) templ.Component {
	return ui.Pill(wordingLook[state][0], wordingLook[state][1], k.T("draft.is_"+state))
}

// wordingList lists what was drafted.
func (c *Console) wordingList(k *call) error {
	at := k.page(listLimit)
	list, total, err := k.models().Proposals(k.ctx(), k.who(), at)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("draft.list"), Sub: k.T("draft.sub"), Actions: templ.Join(view.LinkButton("/wordings/new?kind=question", "plus", k.T("draft.new_question")), view.LinkButton("/wordings/new", "plus", k.T("draft.new")))}}
	p.Table = ui.Table{Label: k.T("draft.list"), Columns: []ui.Column{{Title: k.T("draft.goal")}, {Title: k.T("word.group")}, {Title: k.T("draft.made_by"), Hide: true}, {Title: k.T("draft.made_at")}, {Title: k.T("draft.state")}},
		Empty: ui.Empty{Icon: "edit", Title: k.T("draft.none"), Text: k.T("draft.none_text"), Button: k.T("draft.new"), Link: "/wordings/new"}, Pager: k.pager(at, len(list), total)}
	for _, v := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/wordings/" + v.ID.String(), Cells: []templ.Component{ui.Two(gist(v.Order.Goal, 60), k.T("draft.kind_"+string(v.Order.Kind))), ui.Name(cmp.Or(v.GroupName, k.T("draft.any_group"))), ui.Name(who(v.User)), ui.When(v.Made), draftPill(k, v.State)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func (c *Console) wordingNew(k *call) error {
	o := draft.Order{Kind: draft.ForPost, About: draft.Abouts()[0], Tone: draft.Tones()[0], Length: "middle", Goal: k.query("goal")}
	if k.query("kind") == string(draft.ForQuestion) {
		o.Kind = draft.ForQuestion
	}
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	return k.wordingForm(o, g, nil)
}

// wordingForm asks what is to be written.
func (k *call) wordingForm(o draft.Order, g community.GroupRow, faults []string) error {
	s, err := k.models().Sight(k.ctx())
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("draft.any_group"), g)
	if err != nil {
		return err
	}
	said := func(prefix string, list []string) (out []ui.Option) {
		for _, v := range list {
			out = append(out, ui.Option{Value: v, Text: k.T("draft." + prefix + "_" + v)})
		}
		return out
	}
	chosen := ""
	if g.Key != 0 {
		chosen = g.ID.String()
	}
	note := k.T("draft.how_plain")
	if s.Standing == draft.Ready {
		note = k.T("draft.how_model", "model", s.Model, "host", s.Host)
	}
	rows := []ui.Input{
		{Kind: "area", Name: "goal", Label: k.T("draft.goal"), Help: k.T("draft.goal_help"), Value: o.Goal, Rows: 2, Max: draft.MaxGoal, Required: true, Focus: true},
		{Kind: "area", Name: "points", Label: k.T("draft.points"), Help: k.T("draft.points_help"), Value: strings.Join(o.Points, "\n"), Rows: 5, Max: draft.MaxPoints * (draft.MaxPoint + 1)},
		{Kind: "select", Name: "about", Label: k.T("draft.about"), Value: o.About, Options: said("about", draft.Abouts())},
		{Kind: "select", Name: "tone", Label: k.T("draft.tone"), Value: o.Tone, Options: said("tone", draft.Tones())},
		{Kind: "select", Name: "length", Label: k.T("draft.length"), Value: o.Length, Options: said("length", draft.Lengths())},
		{Kind: "select", Name: "g", Label: k.T("draft.group"), Help: k.T("draft.group_help"), Value: chosen, Options: choice},
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("draft.new"), Sub: k.T("draft.sub"), Back: "/wordings"}, Faults: faults, Action: "/wordings", Do: k.T("draft.write"), Hidden: []ui.Option{{Value: "kind", Text: string(o.Kind)}}}
	if o.Kind == draft.ForQuestion {
		p.Head.Title = k.T("draft.new_question")
		rows = slices.Delete(rows, 2, 3)
	}
	p.Groups = []view.PlanFields{{Title: k.T("draft.kind_" + string(o.Kind)), Note: note, Rows: rows}}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

func (c *Console) draftAdd(k *call) error {
	o := draft.Order{Kind: draft.Purpose(k.form("kind")), About: k.form("about"), Goal: k.typed("goal"), Tone: k.form("tone"), Length: k.form("length"), Lang: k.User.Lang}
	for line := range strings.Lines(k.typed("points")) {
		if line = strings.TrimSpace(line); line != "" {
			o.Points = append(o.Points, line)
		}
	}
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	p, err := k.models().Draft(k.ctx(), k.who(), g.Key, o)
	switch code := community.CodeOf(err); code {
	case community.CodeNone:
		return k.redirect("/wordings/" + p.ID.String())
	case community.CodeBadInput, community.CodeTooLarge: // what was typed stays
		return k.wordingForm(o, g, []string{k.T("error."+string(code)+".title") + " " + err.Error()})
	}
	return err
}

// wordingPage shows the proposals; each leads into the form where a person goes on.
func (c *Console) wordingPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	v, err := k.models().Proposal(k.ctx(), k.who(), id)
	if err != nil {
		return err
	}
	at := "/wordings/" + id.String()
	p := view.DraftPage{Head: ui.Head{Title: k.T("draft.title"), Sub: gist(v.Order.Goal, 80), Back: "/wordings"}, State: draftPill(k, v.State), Busy: v.State == draft.Waiting}
	switch {
	case v.State == draft.Waiting:
		p.Means = k.T("draft.waiting")
	case v.Model != "":
		p.Means = k.T("draft.model_was", "model", v.Model)
	}
	if v.Order.Kind == draft.ForDigest && !k.may(rights.SeeTexts) {
		v.Choices = nil // its lines tell what members said
	}
	for n, one := range v.Choices {
		p.Cards = append(p.Cards, k.draftCard(&p, v, n, one, at))
		if t := k.restTable(v, one); len(t.Table.Rows) > 0 {
			p.Tables = append(p.Tables, t)
		}
	}
	if t := k.notesTable(v); len(t.Table.Rows) > 0 {
		p.Tables = append(p.Tables, t)
	}
	var acts []templ.Component
	if link := intoLink(v.Into); link != "" {
		acts = append(acts, view.LinkButton(link, "check", k.T("draft.went")))
	}
	if v.State == draft.Done || v.State == draft.Waiting {
		ask := ui.Confirm{ID: "draft-drop", Title: k.T("draft.drop"), Object: gist(v.Order.Goal, 40), Effect: k.T("draft.drop_ask"), Action: at + "/drop", Button: k.T("draft.drop")}
		p.Asks = append(p.Asks, ask)
		acts = append(acts, ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: ask.Title}))
	}
	p.Head.Actions = templ.Join(acts...)
	return k.show(p.Head.Title, view.DraftShow(p))
}

// draftCard is one choice with what can be made of it.
func (k *call) draftCard(p *view.DraftPage, v draft.Proposal, n int, one draft.Choice, at string) view.DraftCard {
	look := map[string][2]string{draft.FromModel: {"warning", "edit"}, draft.FromTemplate: {"", "book"}, draft.FromLibrary: {"", "book"}}[one.Source]
	card := view.DraftCard{Mark: ui.Pill(look[0], look[1], k.T("draft.from_"+one.Source)), Title: one.Title, Text: one.Text}
	if v.State == draft.Dropped {
		return card
	}
	ask := func(c ui.Confirm) {
		c.ID, c.Object = fmt.Sprint(c.ID, n), gist(one.Title, 40)
		p.Asks = append(p.Asks, c)
		card.Asks = append(card.Asks, ui.Opener{Target: c.ID, Text: c.Title})
	}
	chosen := ui.Option{Value: "choice", Text: strconv.Itoa(n)}
	use := fmt.Sprintf("?draft=%s&choice=%d", v.ID, n)
	if v.Group != 0 {
		use += "&g=" + v.GroupID.String()
	}
	switch v.Order.Kind {
	case draft.ForDigest:
		ask(ui.Confirm{ID: "draft-digest-", Title: k.T("draft.use_digest"), Effect: k.T("draft.use_digest_ask"), Button: k.T("draft.use_digest"), Action: at + "/digest"})
		return card
	case draft.ForQuestion:
		ask(ui.Confirm{ID: "draft-topic-", Title: k.T("draft.use_topic"), Effect: k.T("draft.use_topic_ask"), Button: k.T("draft.use_topic"), Action: at + "/topic", Fields: []ui.Option{chosen}, Inputs: []ui.Input{
			{Kind: "text", Name: "title", Label: k.T("draft.topic_title"), Value: one.Title, Max: plan.MaxTitle}, {Kind: "area", Name: "text", Label: k.T("draft.topic_text"), Value: one.Text, Rows: 4, Max: plan.MaxText, Required: true}}})
	}
	card.Links = []ui.Option{{Value: "/calendar/new" + use, Text: k.T("draft.use_calendar")}, {Value: "/broadcasts/new" + use, Text: k.T("draft.use_broadcast")}}
	if one.Item != "" {
		card.Links = append(card.Links, ui.Option{Value: "/library/" + one.Item, Text: k.T("draft.from_library")})
	}
	return card
}

// restTable says which messages each line of a digest rests on.
func (k *call) restTable(v draft.Proposal, one draft.Choice) view.PlanTable {
	t := view.PlanTable{Title: k.T("draft.rests_on"), Table: ui.Table{Label: k.T("draft.rests_on"), Columns: []ui.Column{{Title: k.T("draft.line")}, {Title: k.T("draft.rests_on")}}}}
	for _, l := range one.Lines {
		var on []string
		for _, n := range l.Messages {
			on = append(on, "#"+strconv.FormatInt(n, 10))
		}
		row := ui.Row{Cells: []templ.Component{ui.Name(l.Text), ui.Text(strings.Join(on, k.T("list.comma")))}}
		if len(l.Messages) > 0 && v.Group != 0 {
			row.Link = "/messages/" + v.GroupID.String() + "/" + strconv.FormatInt(l.Messages[0], 10)
		}
		t.Table.Rows = append(t.Table.Rows, row)
	}
	return t
}

// notesTable says what of an answer was left out.
func (k *call) notesTable(v draft.Proposal) view.PlanTable {
	t := view.PlanTable{Title: k.T("draft.notes"), Table: ui.Table{Label: k.T("draft.notes"), Columns: []ui.Column{{Title: k.T("draft.why")}, {Title: k.T("draft.times"), Num: true}}}}
	times := map[string]int{}
	for _, n := range v.Notes {
		times[n]++
	}
	for _, n := range slices.Compact(slices.Sorted(slices.Values(v.Notes))) {
		t.Table.Rows = append(t.Table.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.leftSaid(n)), ui.Figure(int64(times[n]))}})
	}
	return t
}

// intoLink leads to what was made of a proposal.
func intoLink(into string) string {
	kind, id, _ := strings.Cut(into, ":")
	switch kind {
	case "calendar":
		return "/calendar/" + id
	case "broadcast":
		return "/broadcasts/" + id
	case "digest":
		return "/digests/" + id
	case "topic":
		return "/topics"
	}
	return ""
}

func (c *Console) draftDrop(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if _, err := k.models().Drop(k.ctx(), k.who(), id); err != nil {
		return k.refused("/wordings/"+id.String(), err)
	}
	return k.ok("/wordings", k.T("draft.dropped"))
}

// draftTopic puts a question into the queue of topics.
func (c *Console) draftTopic(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	at := "/wordings/" + id.String()
	choice := number(k.form("choice"), 0, 100, -1)
	model, err := k.models().Made(k.ctx(), k.who(), id, choice, "")
	if err != nil {
		return err
	}
	text := k.typed("text")
	t := plan.Topic{Title: cmp.Or(k.form("title"), gist(text, 20)), Text: text, Class: plan.Interactive, Format: measure.FormatOther, AI: model}
	if t, err = k.calendars().AddTopic(k.ctx(), k.who(), t); err != nil {
		return k.refused(at, err)
	}
	if _, err := k.models().Made(k.ctx(), k.who(), id, choice, "topic:"+t.ID.String()); err != nil {
		return k.refused(at, err)
	}
	return k.ok("/topics", k.T("draft.topic_added"))
}

// draftDigest takes the model's words for a digest.
func (c *Console) draftDigest(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	r, err := k.models().TakeDigest(k.ctx(), k.who(), id, "")
	if err != nil {
		return k.refused("/wordings/"+id.String(), err)
	}
	return k.ok("/digests/"+r.ID.String(), k.T("draft.digest_taken"))
}

// digestRewrite asks the model for other words of a digest.
func (c *Console) digestRewrite(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	p, err := k.models().Rewrite(k.ctx(), k.who(), id)
	if err != nil {
		return k.refused("/digests/"+id.String(), err)
	}
	return k.redirect("/wordings/" + p.ID.String())
}

// drafted is the choice that a form was opened with, or is sent back with: its text and the model that wrote it. Where there is none it is empty.
type drafted struct {
	id     community.ID
	choice int
	one    draft.Choice
	model  string
}

// draftHere reads the proposal that the address or the form names.
func (k *call) draftHere() (d drafted, err error) {
	if k.c.deps.Models == nil {
		return d, nil
	}
	text := cmp.Or(k.query("draft"), k.form("draft"))
	if text == "" {
		return d, nil
	}
	if d.id, err = community.ParseID(text); err != nil {
		return d, community.Errorf(community.CodeNotFound, "draft: %w", err)
	}
	d.choice = number(cmp.Or(k.query("choice"), k.form("choice")), 0, 100, 0)
	p, err := k.models().Proposal(k.ctx(), k.who(), d.id)
	if err != nil {
		return d, err
	}
	if d.choice < len(p.Choices) && p.Order.Kind != draft.ForDigest {
		d.one = p.Choices[d.choice]
		if d.one.Source == draft.FromModel {
			d.model = p.Model
		}
	}
	return d, nil
}

// hidden keeps the choice in a form.
func (d drafted) hidden() []ui.Option {
	if d.id.IsZero() {
		return nil
	}
	return []ui.Option{{Value: "draft", Text: d.id.String()}, {Value: "choice", Text: strconv.Itoa(d.choice)}}
}

// became notes what was made of it.
func (k *call) became(d drafted, into string) error {
	if d.id.IsZero() {
		return nil
	}
	_, err := k.models().Made(k.ctx(), k.who(), d.id, d.choice, into)
	return err
}
