package console

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
	"qunluo/internal/shelf"
)

// Essences is what the pages of cards ask and change. CodeConflict: a card was changed meanwhile, is so already, or was erased; CodeRefused: the
// message cannot be kept.
type Essences interface {
	Cards(ctx context.Context, f shelf.CardFilter) ([]shelf.Card, int, error)
	Card(ctx context.Context, id community.ID) (shelf.Card, error)
	// CardOf gives the card of a message; CodeNotFound.
	CardOf(ctx context.Context, number int64) (shelf.Card, error)
	Tags(ctx context.Context) ([]string, error)
	Keep(ctx context.Context, user string, g community.GroupKey, number int64, tags []string, note string) (shelf.Card, error)
	Edit(ctx context.Context, user string, id community.ID, version int, tags []string, note string) (shelf.Card, error)
	Remove(ctx context.Context, user string, id community.ID, off bool, reason string) (shelf.Card, error)
	// EraseMember erases for good what a person said, and gives how many cards there were.
	EraseMember(ctx context.Context, user string, member community.ID, reason string) (int, error)
	Rule(ctx context.Context, g community.GroupKey) (rule shelf.Rule, own bool, err error)
	SaveRule(ctx context.Context, user string, g community.GroupKey, rule *shelf.Rule, reason string) error
}

// essenceRoutes are there where cards are kept.
func (c *Console) essenceRoutes() []route {
	if c.deps.Essences == nil {
		return nil
	}
	return []route{
		{pattern: "GET /essence", may: rights.SeeTexts, serve: (*Console).essenceList},
		{pattern: "GET /essence/rule", may: rights.SeeTexts, serve: (*Console).essenceRule},
		{pattern: "POST /essence/rule", may: rights.Tune, serve: (*Console).essenceRuleSave},
		{pattern: "GET /essence/{id}", may: rights.SeeTexts, serve: (*Console).essencePage},
		{pattern: "POST /essence/{id}/edit", may: rights.Judge, serve: step("/essence", nil, func(k *call, id community.ID) (string, error) {
			_, err := k.essences().Edit(k.ctx(), k.who(), id, number(k.form("version"), 1, 1<<30, 0), shelf.Tags(k.form("tags")), k.typed("note"))
			return k.T("essence.saved"), err
		})},
		{pattern: "POST /essence/{id}/remove", may: rights.Judge, serve: step("/essence", nil, func(k *call, id community.ID) (string, error) {
			off := k.form("off") == "1"
			_, err := k.essences().Remove(k.ctx(), k.who(), id, off, k.form("reason"))
			return k.T(map[bool]string{true: "essence.taken_off", false: "essence.put_back"}[off]), err
		})},
		{pattern: "POST /essence/{id}/erase", may: rights.Settings, whole: true, serve: step("/essence", nil, func(k *call, id community.ID) (string, error) {
			v, err := k.essences().Card(k.ctx(), id)
			if err != nil {
				return "", err
			}
			n, err := k.essences().EraseMember(k.ctx(), k.who(), v.AuthorID, k.form("reason"))
			return k.T("essence.erased_n", "num", n), err
		})},
		{pattern: "POST /messages/{id}/{number}/keep", may: rights.Judge, and: rights.SeeTexts, serve: (*Console).messageKeep},
	}
}

func (k *call) essences() Essences { return k.c.deps.Essences(k.User.Org, k.groups) }

// cardWhy says what a card rests on.
func (k *call) cardWhy(v shelf.Card) string {
	said := k.T("essence.by_" + v.By)
	if v.By == shelf.ByPeople {
		said += " · " + k.T("essence.why", "reactions", v.Why.Reactions, "replies", v.Why.Replies, "least", v.Why.Least)
	}
	return said
}

// essenceList lists and searches cards.
func (c *Console) essenceList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("digest.all_groups"), g)
	if err != nil {
		return err
	}
	tags, err := k.essences().Tags(k.ctx())
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	f := shelf.CardFilter{Group: g.Key, Tag: k.query("tag"), Text: k.query("q"), Removed: k.query("off") == "1", Page: at}
	list, total, err := k.essences().Cards(k.ctx(), f)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.essence"), Sub: k.T("essence.sub"), Actions: view.PlanNew("/essence/rule?g="+k.query("g"), k.T("essence.rule"))}, Filters: ui.Filters{Action: "/essence", Fields: []ui.Filter{
		{Kind: "text", Name: "q", Label: k.T("essence.search"), Value: f.Text},
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: choice},
		{Kind: "select", Name: "tag", Label: k.T("library.tag"), Value: f.Tag, Options: tagOptions(k.T("library.every_tag"), tags)},
		{Kind: "check", Name: "off", Label: k.T("essence.off"), Value: k.query("off")}}}}
	empty := ui.Empty{Icon: "book", Title: k.T("essence.none"), Text: k.T("essence.none_text")}
	if k.R.URL.RawQuery != "" {
		p.Filters.Clear, empty.Title, empty.Text = "/essence", k.T("essence.found_none"), k.T("essence.found_none_text")
	}
	p.Table = ui.Table{Label: k.T("nav.essence"), Columns: []ui.Column{{Title: k.T("essence.text")}, {Title: k.T("word.group")}, {Title: k.T("library.tags")}, {Title: k.T("essence.from")}, {Title: k.T("essence.said")}}, Empty: empty, Pager: k.pager(at, len(list), total)}
	for _, v := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/essence/" + v.ID.String(), Cells: []templ.Component{ui.Two(gist(v.Text, 120), cmp.Or(v.Name, k.T("essence.nobody"))), ui.Name(v.GroupName), ui.Text(strings.Join(v.Tags, k.T("list.comma"))), ui.Text(k.cardWhy(v)), ui.Moment(v.SaidAt)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// essencePage shows a card.
func (c *Console) essencePage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	v, err := k.essences().Card(k.ctx(), id)
	if err != nil {
		return err
	}
	groups, err := k.groupsOf([]community.GroupKey{v.Group})
	if err != nil {
		return err
	}
	g := groups[v.Group]
	p := view.PlanPage{Head: ui.Head{Title: k.T("essence.card"), Sub: v.GroupName, Back: "/essence"}, Text: v.Text, Means: k.cardWhy(v), State: ui.Pill("good", "circle-check", k.T("essence.is_kept"))}
	switch {
	case v.Erased != 0:
		p.State, p.Means = ui.Pill("", "x", k.T("essence.is_erased")), k.T("essence.erased_text")
	case v.Removed != 0:
		p.State = ui.Pill("", "x", k.T("essence.is_off"))
	}
	facts := ui.Table{Label: k.T("essence.facts"), Columns: []ui.Column{{Title: k.T("essence.fact")}, {Title: k.T("essence.value")}}}
	fact := func(key string, value templ.Component) {
		facts.Rows = append(facts.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("essence." + key)), value}})
	}
	if v.Erased == 0 {
		fact("author", ui.Name(cmp.Or(v.Name, k.T("essence.nobody"))))
		fact("tags", ui.Text(cmp.Or(strings.Join(v.Tags, k.T("list.comma")), "–")))
		fact("note", ui.Text(cmp.Or(v.Note, "–")))
	}
	fact("said", ui.Moment(v.SaidAt))
	fact("made", ui.Moment(v.Made))
	if v.User != "" {
		who, err := k.userNames()
		if err != nil {
			return err
		}
		fact("maker", ui.Text(who(v.User)))
	}
	there := k.T("essence.there")
	switch {
	case v.By == shelf.ByLive:
		there = k.T("essence.of_live")
	case !v.There:
		there = k.T("essence.log_gone")
	case v.Recalled:
		there = k.T("essence.recalled")
	}
	fact("message", ui.Text(there))
	if v.There {
		p.Links = append(p.Links, ui.Option{Value: messageLink(g, v.Number), Text: k.T("essence.go_message")})
	}
	p.Tables = []view.PlanTable{{Title: facts.Label, Table: facts}}
	k.cardActs(&p, v)
	return k.show(p.Head.Title, view.PlanShow(p), inZone(g))
}

// cardActs are what can be done with a card.
func (k *call) cardActs(p *view.PlanPage, v shelf.Card) {
	if v.Erased != 0 {
		return
	}
	ask := func(name, icon string, danger bool, c ui.Confirm) {
		c.ID, c.Title, c.Object, c.Button, c.Danger = "card-"+name, k.T("essence."+name), gist(v.Text, 60), k.T("essence."+name), danger
		p.Openers = append(p.Openers, ui.Opener{Target: c.ID, Text: c.Title, Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, c)
	}
	at := "/essence/" + v.ID.String()
	if k.may(rights.Judge) {
		if v.Removed != 0 {
			ask("put", "arrow-back-up", false, ui.Confirm{Effect: k.T("essence.put_effect"), Action: at + "/remove", Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "off", Text: "0"}}})
		} else {
			ask("edit", "edit", false, ui.Confirm{Effect: k.T("essence.edit_effect"), Action: at + "/edit", Fields: []ui.Option{{Value: "version", Text: strconv.Itoa(v.Version)}}, Inputs: k.cardInputs(v.Tags, v.Note)})
			ask("take", "x", true, ui.Confirm{Effect: k.T("essence.take_effect"), Action: at + "/remove", Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "off", Text: "1"}}})
		}
	}
	if k.may(rights.Settings) && v.Author != 0 && k.groups == nil {
		ask("erase", "alert-triangle", true, ui.Confirm{Effect: k.T("essence.erase_effect"), Action: at + "/erase", Reason: k.T("form.reason"), Need: true})
	}
}

func (k *call) cardInputs(tags []string, note string) []ui.Input {
	return []ui.Input{{Kind: "text", Name: "tags", Label: k.T("library.tags"), Value: strings.Join(tags, ", "), Help: k.T("library.tags_help"), Max: 400},
		{Kind: "area", Name: "note", Label: k.T("essence.note"), Value: note, Rows: 3, Max: shelf.MaxNote}}
}

// keepAsk offers to make a card of a message; nil where it cannot be.
func keepAsk(k *call, g community.GroupRow, m community.MessageRow) ([]ui.Confirm, error) {
	if k.c.deps.Essences == nil || !k.may(rights.Judge) || m.Type != community.MessageCreated || m.Recalled || m.Erased || strings.TrimSpace(m.Text) == "" {
		return nil, nil
	}
	v, err := k.essences().CardOf(k.ctx(), m.Number)
	switch {
	case err == nil && (v.Removed == 0 || v.Erased != 0):
		return nil, nil // it has one
	case err != nil && community.CodeOf(err) != community.CodeNotFound:
		return nil, err
	}
	return []ui.Confirm{{ID: "keep", Title: k.T("essence.keep"), Object: m.Name + k.T("list.colon") + short(m.Text, 60), Effect: k.T("essence.keep_effect"), Action: messageLink(g, m.Number) + "/keep", Button: k.T("essence.keep"), Inputs: k.cardInputs(v.Tags, v.Note)}}, nil
}

// messageKeep makes a card of a message by hand.
func (c *Console) messageKeep(k *call) error {
	g, m, _, err := messageHere(k, 0)
	if err != nil {
		return err
	}
	v, err := k.essences().Keep(k.ctx(), k.who(), g.Key, m.Number, shelf.Tags(k.form("tags")), k.typed("note"))
	if err != nil {
		return k.refused(messageLink(g, m.Number), err)
	}
	return k.ok("/essence/"+v.ID.String(), k.T("essence.kept"))
}

func (c *Console) essenceRule(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	rule, own, err := k.essences().Rule(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	return k.essenceRuleShow(g, rule, own, nil)
}

// essenceRuleShow is the form of a rule.
func (k *call) essenceRuleShow(g community.GroupRow, r shelf.Rule, own bool, faults []string) error {
	here := k.T("essence.rule_all")
	if g.Key != 0 {
		here = k.T("essence.rule_other", "group", ui.Visible(g.Name))
		if own {
			here = k.T("essence.rule_own", "group", ui.Visible(g.Name))
		}
	}
	num := func(name string, n int) ui.Input {
		return ui.Input{Kind: "number", Name: name, Label: k.T("essence." + name), Value: strconv.Itoa(n), Help: k.T("essence." + name + "_help"), Required: true}
	}
	check := func(name string, on bool) ui.Input {
		return ui.Input{Kind: "check", Name: name, Label: k.T("essence." + name), Value: ticked(on)}
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("essence.rule"), Sub: here, Back: "/essence"}, Action: "/essence/rule", Do: k.T("form.save"), Faults: faults, Wait: !k.may(rights.Tune) || g.Key == 0 && k.groups != nil, Groups: []view.PlanFields{
		{Title: k.T("essence.when"), Note: k.T("essence.when_note"), Rows: []ui.Input{check("on", r.On), num("reactions", r.Reactions), num("replies", r.Replies), num("days", r.Days), num("least", r.Least), check("notice", r.Notice), check("digest", r.Digest)}},
		{Title: k.T("essence.then"), Rows: []ui.Input{{Kind: "text", Name: "tags", Label: k.T("library.tags"), Value: strings.Join(r.Tags, ", "), Help: k.T("library.tags_help"), Max: 400}, {Kind: "text", Name: "reason", Label: k.T("form.reason")}}},
	}}
	if g.Key != 0 {
		p.Hidden = []ui.Option{{Value: "g", Text: g.ID.String()}}
		if own {
			p.Groups[1].Rows = append(p.Groups[1].Rows, ui.Input{Kind: "check", Name: "drop", Label: k.T("essence.drop")})
		}
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// essenceRuleSave keeps the form.
func (c *Console) essenceRuleSave(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	r := shelf.Rule{On: k.form("on") == "1", Notice: k.form("notice") == "1", Digest: k.form("digest") == "1", Tags: shelf.Tags(k.form("tags")),
		Reactions: number(k.form("reactions"), 0, shelf.MaxPeople, 0), Replies: number(k.form("replies"), 0, shelf.MaxPeople, 0), Days: number(k.form("days"), 1, shelf.MaxDays, 7), Least: number(k.form("least"), 0, shelf.MaxCard, 0)}
	kept := &r
	if k.form("drop") == "1" && g.Key != 0 {
		kept = nil
	}
	err = k.essences().SaveRule(k.ctx(), k.who(), g.Key, kept, k.form("reason"))
	switch community.CodeOf(err) {
	case community.CodeNone:
		to := "/essence"
		if g.Key != 0 {
			to += "?g=" + g.ID.String()
		}
		return k.ok(to, k.T("essence.rule_saved"))
	case community.CodeBadInput, community.CodeTooLarge:
		return k.essenceRuleShow(g, r, kept != nil, []string{k.libraryFault(err)})
	}
	return err
}
