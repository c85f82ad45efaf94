package console

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/rights"
)

// Suggests is what the pages of suggested changes ask and say.
type Suggests interface {
	Find(ctx context.Context, g community.GroupKey, state string, p community.Page) ([]replay.Suggestion, int, error)
	ByID(ctx context.Context, id community.ID) (replay.Suggestion, error)
	Weighings(ctx context.Context, g community.GroupKey, p community.Page) ([]replay.Weighing, error)
	// Messages gives the messages that a suggestion names, by number.
	Messages(ctx context.Context, numbers []int64) (map[int64]community.MessageRow, error)
	// Weigh tries single changes of a group's book on its last days (0 = 30); wait nil: a job does it.
	Weigh(ctx context.Context, g community.GroupKey, days int, wait func(done, of int64)) (replay.Weighing, error)
	// Apply publishes a suggestion and gives the version; CodeConflict: it fits no longer.
	Apply(ctx context.Context, user string, id community.ID, reason, despite string) (int, error)
	Dismiss(ctx context.Context, user string, id community.ID, reason string) error
}

// suggestRoutes are there where changes are suggested.
func (c *Console) suggestRoutes() []route {
	if c.deps.Suggests == nil {
		return nil
	}
	return []route{
		{pattern: "GET /suggestions", may: rights.SeeTexts, serve: (*Console).suggestList},
		{pattern: "POST /suggestions", may: rights.Draft, serve: (*Console).suggestWeigh},
		{pattern: "GET /suggestions/{id}", may: rights.SeeTexts, serve: (*Console).suggestPage},
		{pattern: "POST /suggestions/{id}/apply", may: rights.Publish, serve: (*Console).suggestApply},
		{pattern: "POST /suggestions/{id}/dismiss", may: rights.Draft, serve: (*Console).suggestDismiss},
	}
}

func (k *call) suggests() Suggests { return k.c.deps.Suggests(k.User.Org, k.groups) }

// suggestStates are the states in the order in which the filter offers them.
var suggestStates = []string{replay.Open, replay.Applied, replay.Dismissed, replay.Withdrawn}

// suggestList shows what replay finds better, and how groups' books were weighed.
func (c *Console) suggestList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	state := k.query("state")
	if state == "" {
		state = replay.Open
	}
	at := k.page(listLimit)
	rows, total, err := k.suggests().Find(k.ctx(), g.Key, state, at)
	if err != nil {
		return err
	}
	p := view.SuggestList{Head: ui.Head{Title: k.T("nav.suggestions"), Sub: k.T("suggest.sub")}}
	if p.Filters, err = suggestFilters(k, g, state); err != nil {
		return err
	}
	p.Table = ui.Table{Label: k.T("nav.suggestions"), Columns: []ui.Column{{Title: k.T("suggest.change")}, {Title: k.T("suggest.gain")}, {Title: k.T("suggest.sure")}, {Title: k.T("suggest.seen")}},
		Empty: ui.Empty{Icon: "list-check", Title: k.T("suggest.none"), Text: k.T("suggest.none_text")}, Pager: k.pager(at, len(rows), total)}
	for _, s := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/suggestions/" + s.ID.String(), Cells: []templ.Component{ui.Two(k.suggestWhat(s), s.GroupName), ui.Text(k.suggestGain(s)), ui.Text(k.suggestSure(s)), ui.Moment(s.Seen)}})
	}
	if err := k.suggestWeighed(&p, g); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.SuggestListPage(p))
}

// suggestWeighed tells how the books were weighed, and lets a group's be weighed now.
func (k *call) suggestWeighed(p *view.SuggestList, g community.GroupRow) error {
	list, err := k.suggests().Weighings(k.ctx(), g.Key, community.Page{Limit: listLimit})
	if err != nil {
		return err
	}
	p.Weighed = ui.Table{Label: k.T("suggest.weighed"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("suggest.outcome")}, {Title: k.T("suggest.seen")}},
		Empty: ui.Empty{Icon: "clock", Title: k.T("suggest.not_weighed"), Text: k.T("suggest.not_weighed_text")}}
	for _, w := range list {
		said := k.T("suggest.tried", "tried", w.Tried, "better", w.Better, "judged", w.Judged, "messages", k.Words.Number(w.Messages), "days", w.Days)
		if w.TooFew() {
			said = k.T("suggest.too_few", "judged", w.Judged, "least", replay.MinJudged)
		}
		p.Weighed.Rows = append(p.Weighed.Rows, ui.Row{Link: "/rules/" + w.GroupID.String(), Cells: []templ.Component{ui.Text(w.GroupName), ui.Text(said), ui.Moment(w.At)}})
	}
	groups, err := k.groupChoice(k.T("suggest.choose"), g)
	if err != nil {
		return err
	}
	days := ui.Input{Kind: "select", Name: "days", Label: k.T("group.span"), Value: "30", Of: "weigh"}
	for _, n := range replayDays {
		days.Options = append(days.Options, ui.Option{Value: strconv.Itoa(n), Text: k.T("group.days", "count", n)})
	}
	p.Inputs = []ui.Input{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups, Of: "weigh"}, days}
	return nil
}

func suggestFilters(k *call, g community.GroupRow, state string) (ui.Filters, error) {
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return ui.Filters{}, err
	}
	var states []ui.Option
	for _, s := range suggestStates {
		states = append(states, ui.Option{Value: s, Text: k.T("suggest.state_" + s)})
	}
	out := ui.Filters{Action: "/suggestions", Fields: []ui.Filter{
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups},
		{Kind: "select", Name: "state", Label: k.T("suggest.state"), Value: state, Options: states}}}
	if k.query("g") != "" || state != replay.Open {
		out.Clear = "/suggestions"
	}
	return out, nil
}

// suggestWhat says a change in a sentence.
func (k *call) suggestWhat(s replay.Suggestion) string {
	name := s.From.Name
	if name == "" {
		name = s.Rule
	}
	return k.T("suggest.what_"+s.What, "rule", name, "field", k.suggestField(s), "before", s.Before, "after", s.After)
}

// suggestField names the changed field in the words of the kind's form.
func (k *call) suggestField(s replay.Suggestion) string {
	book := policy.Book{Rules: []policy.Rule{s.From}}
	return fieldTitle(k, policy.Change{Rule: s.Rule, Field: fieldPath(s.Field)}, book, book)
}

// fieldPath is a path without the places in lists.
func fieldPath(path string) string {
	out, skip := make([]byte, 0, len(path)), false
	for i := range len(path) {
		switch c := path[i]; {
		case c == '[':
			skip = true
		case c == ']':
			skip = false
		case !skip:
			out = append(out, c)
		}
	}
	return string(out)
}

// suggestGain says what replay says: fewer false hits, more caught.
func (k *call) suggestGain(s replay.Suggestion) string {
	w := s.Would
	said := k.T("suggest.gains", "mended", len(w.Mended), "caught", len(w.Caught))
	if s.Today.Removals != w.Removals {
		said += k.T("suggest.removals", "before", s.Today.Removals, "after", w.Removals)
	}
	return said
}

func (k *call) suggestSure(s replay.Suggestion) string {
	return k.T("suggest.chance", "judged", s.Would.Judged(), "gain", s.Would.Gain(), "percent", permille(s.Would.Chance()))
}

// suggestPage shows one suggestion: the difference, the figures, the people concerned, and the two answers.
func (c *Console) suggestPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	s, err := k.suggests().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	p := view.Suggest{Head: ui.Head{Title: k.suggestWhat(s), Sub: s.GroupName, Back: "/suggestions"}, State: ui.Pill(suggestTones[s.State], "list-check", k.T("suggest.state_"+s.State)),
		Rule: "/rules/" + s.GroupID.String() + "/lab?rule=" + s.Rule}
	p.Lines = append(p.Lines, k.T("suggest.says", "what", k.suggestWhat(s), "gain", k.suggestGain(s)), k.suggestSure(s), k.T("suggest.unjudged", "more", k.Words.Number(s.Would.More), "fewer", k.Words.Number(s.Would.Fewer)))
	if s.Reason != "" {
		who, err := k.userNames()
		if err != nil {
			return err
		}
		p.Lines = append(p.Lines, k.T("suggest.said", "who", ui.Visible(who(s.User)), "reason", ui.Visible(s.Reason)))
	}
	p.Figures = k.suggestFigures(s)
	before, _ := json.Marshal(policy.Book{Rules: []policy.Rule{s.From}}) // plain values
	after, _ := json.Marshal(policy.Book{Rules: []policy.Rule{s.To}})
	p.Diff = bookDiff(k, before, after)
	for _, part := range []struct {
		key  string
		list []int64
	}{{"mended", s.Would.Mended}, {"caught", s.Would.Caught}, {"new", s.Would.New}} {
		table, err := k.suggestMessages(s, part.key, part.list)
		if err != nil {
			return err
		}
		if len(table.Rows) > 0 {
			p.People = append(p.People, view.PlanTable{Title: k.T("suggest.list_" + part.key), Table: table})
		}
	}
	if s.State == replay.Open {
		k.suggestAsks(&p, s)
	}
	return k.show(p.Head.Title, view.SuggestPage(p))
}

var suggestTones = map[string]string{replay.Open: "info", replay.Applied: "good", replay.Dismissed: "", replay.Withdrawn: "warning"}

// suggestFigures puts today's figures beside those that would be, each with its interval.
func (k *call) suggestFigures(s replay.Suggestion) ui.Table {
	t := ui.Table{Label: k.T("suggest.figures"), Columns: []ui.Column{{Title: ""}, {Title: k.T("suggest.today")}, {Title: k.T("suggest.would")}}}
	row := func(key string, of func(w replay.Weighed) string) {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T(key)), ui.Text(of(s.Today)), ui.Text(of(s.Would))}})
	}
	count := func(n func(w replay.Weighed) int) func(replay.Weighed) string {
		return func(w replay.Weighed) string { return k.Words.Number(int64(n(w))) }
	}
	row("suggest.found", count(func(w replay.Weighed) int { return w.Found }))
	row("suggest.missed", count(func(w replay.Weighed) int { return w.Missed }))
	row("suggest.false", count(func(w replay.Weighed) int { return w.False }))
	row("suggest.false_removals", count(func(w replay.Weighed) int { return w.Removals }))
	row("suggest.precision", func(w replay.Weighed) string { return shareWord(replay.ShareOf(w.Found, w.Found+w.False)) })
	row("suggest.recall", func(w replay.Weighed) string { return shareWord(replay.ShareOf(w.Found, w.Found+w.Missed)) })
	return t
}

// shareWord is a share with its interval: "90.0 % (59.6 %–98.2 %)".
func shareWord(s replay.Share) string {
	if s.Of == 0 {
		return "–"
	}
	return permille(s.Permille) + " (" + permille(s.Low) + "–" + permille(s.High) + ")"
}

// suggestMessages lists messages with who said them.
func (k *call) suggestMessages(s replay.Suggestion, key string, numbers []int64) (ui.Table, error) {
	t := ui.Table{Label: k.T("suggest.list_" + key), Columns: []ui.Column{{Title: k.T("case.message")}, {Title: k.T("grouprole.member")}, {Title: k.T("suggest.when"), Hide: true}}}
	numbers = numbers[:min(len(numbers), listLimit)]
	messages, err := k.suggests().Messages(k.ctx(), numbers)
	if err != nil {
		return t, err
	}
	for _, n := range numbers {
		m, ok := messages[n]
		if !ok || m.Group != s.Group { // a case of another group: who may see this one may not see that
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("suggest.elsewhere")), ui.Text("–"), ui.Text("–")}})
			continue
		}
		said := short(m.Text, 80)
		if m.Erased {
			said = k.T("case.erased")
		} else if said == "" {
			said = k.classNote(m.Class)
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/messages/" + s.GroupID.String() + "/" + itoa(n), Cells: []templ.Component{ui.Text(said), ui.Name(m.Name), ui.Moment(m.OccurredAt)}})
	}
	return t, nil
}

func (k *call) suggestAsks(p *view.Suggest, s replay.Suggestion) {
	at := "/suggestions/" + s.ID.String()
	if k.may(rights.Publish) {
		p.Asks = append(p.Asks, ui.Confirm{ID: "apply", Title: k.T("suggest.apply"), Object: s.GroupName, Effect: k.T("suggest.apply_effect"), Action: at + "/apply", Button: k.T("suggest.apply"), Danger: true,
			Reason: k.T("rule.publish_note"), Need: true, Inputs: append(k.despite(), k.moveOf()...)})
		p.Openers = append(p.Openers, ui.Opener{Target: "apply", Text: k.T("suggest.apply"), Icon: "check"})
	} else {
		p.Lines = append(p.Lines, k.T("rule.ask_owner"))
	}
	p.Asks = append(p.Asks, ui.Confirm{ID: "dismiss", Title: k.T("suggest.dismiss"), Object: s.GroupName, Effect: k.T("suggest.dismiss_effect"), Action: at + "/dismiss", Button: k.T("suggest.dismiss"), Reason: k.T("form.reason"), Need: true})
	p.Openers = append(p.Openers, ui.Opener{Target: "dismiss", Text: k.T("suggest.dismiss"), Icon: "x"})
}

// suggestWeigh has a group's book weighed now.
func (c *Console) suggestWeigh(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return k.done("/suggestions", "danger", k.T("suggest.choose"), community.ID{})
	}
	to := "/suggestions?g=" + g.ID.String()
	if _, err := k.suggests().Weigh(k.ctx(), g.Key, number(k.form("days"), 1, 366, 30), nil); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("suggest.weighing"))
}

// suggestApply publishes a suggestion.
func (c *Console) suggestApply(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/suggestions/" + id.String()
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if k.unsaid() {
		return k.done(to, "danger", k.T("adjust.ask"), community.ID{})
	}
	v, err := k.suggests().Apply(k.aimed(), k.who(), id, k.form("reason"), k.form("despite"))
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("suggest.applied", "v", v)+k.aimSaid(0))
}

// suggestDismiss says no to a suggestion.
func (c *Console) suggestDismiss(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/suggestions/" + id.String()
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.suggests().Dismiss(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok("/suggestions", k.T("suggest.dismissed"))
}
