package console

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// itemOptions offers the items of the library to be named, the last changed first; the first option names none.
func (k *call) itemOptions() ([]ui.Option, error) {
	out := []ui.Option{{Text: k.T("library.name_none")}}
	if k.c.deps.Libraries == nil {
		return out, nil
	}
	list, _, err := k.libraries().Find(k.ctx(), shelf.Filter{Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		o := ui.Option{Value: i.ID.String(), Text: ui.Visible(i.Title) + " · " + k.T("library.kind_"+string(i.Kind))}
		if k.libraries().Standing(i) == shelf.Expired {
			o.Text += " · " + k.T("library.is_expired", "until", i.Expires)
		}
		out = append(out, o)
	}
	return out, nil
}

// withNamed are options beside the item that is named already: it is offered whatever became of it. now is its id; "" = none is named.
func (k *call) withNamed(options []ui.Option, now string) []ui.Option {
	if now == "" || slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == now }) {
		return options
	}
	return append(slices.Clone(options), ui.Option{Value: now, Text: k.itemCalled(now)})
}

// itemCalled is what people call an item that may be gone.
func (k *call) itemCalled(text string) string {
	if id, err := community.ParseID(text); err == nil && k.c.deps.Libraries != nil {
		if i, err := k.libraries().Get(k.ctx(), id); err == nil {
			return ui.Visible(i.Title) + " · " + k.T("library.is_away")
		}
	}
	return k.T("library.not_there")
}

// itemField is the field of a step by which it names an item.
func (k *call) itemField(n string, s plan.Step, items []ui.Option) []ui.Input {
	if k.c.deps.Libraries == nil {
		return nil
	}
	now := ""
	if !s.Library.IsZero() {
		now = s.Library.String()
	}
	return []ui.Input{{Kind: "select", Name: "library" + n, Label: k.T("library.name_it"), Help: k.T("library.name_help"), Value: now, Options: k.withNamed(items, now)}}
}

// valueField is the one in which stands what its variables are.
func (k *call) valueField(n string, s plan.Step) []ui.Input {
	if k.c.deps.Libraries == nil {
		return nil
	}
	return []ui.Input{{Kind: "area", Name: "values" + n, Label: k.T("library.values"), Help: k.T("library.values_help"), Value: valuesText(s.Values), Rows: 2, Max: 2000}}
}

// valuesText writes what stands for variables as people do: name=value, each in a line.
func valuesText(of map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, name+"="+strings.ReplaceAll(of[name], "\n", " "))
	}
	return strings.Join(out, "\n")
}

// valuesOf reads those lines; fault is a line that is none.
func valuesOf(text string) (of map[string]string, fault string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(strings.Replace(line, "＝", "=", 1), "=")
		if name = strings.Trim(name, " {}"); !ok || name == "" {
			return nil, line
		}
		if of == nil {
			of = map[string]string{}
		}
		of[name] = strings.TrimSpace(value)
	}
	return of, ""
}

// stepSays shows what a step says: of one that names an item what that says now, and what will keep it from going.
func (k *call) stepSays(s plan.Step) (templ.Component, error) {
	if s.Library.IsZero() || k.c.deps.Libraries == nil {
		return ui.Two(short(s.Text, 80), stepCarries(k, s)), nil
	}
	i, err := k.libraries().Get(k.ctx(), s.Library)
	if code := community.CodeOf(err); code == community.CodeNotFound {
		return ui.Two(k.T("library.not_there"), k.T("library.will_ask")), nil
	}
	if err != nil {
		return nil, err
	}
	text, missing := shelf.Fill(i.Text, "", s.Values)
	missing = slices.DeleteFunc(missing, func(name string) bool {
		return slices.Contains([]string{shelf.VarGroup, shelf.VarDate, shelf.VarLink}, name)
	})
	note := k.T("library.named", "title", i.Title, "num", i.Version)
	switch standing := k.libraries().Standing(i); {
	case i.Archived:
		note += " · " + k.T("library.is_away") + k.T("list.comma") + k.T("library.will_ask")
	case standing == shelf.Expired:
		note += " · " + k.T("library.is_expired", "until", i.Expires) + k.T("list.comma") + k.T("library.will_ask")
	case len(missing) > 0:
		note += " · " + k.T("library.missing", "names", shelf.Braced(missing)) + k.T("list.comma") + k.T("library.will_ask")
	case standing == shelf.Soon:
		note += " · " + k.T("library.is_soon", "until", i.Expires)
	}
	return ui.Two(short(cmp.Or(text, i.Title), 80), note), nil
}

// librarySaid shows what was said of an item by name, by its versions.
func (k *call) librarySaid(p *view.PlanPage, i shelf.Item) error {
	list, err := k.libraries().Said(k.ctx(), i.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	t := ui.Table{Label: k.T("library.said"), Columns: []ui.Column{{Title: k.T("library.version")}, {Title: k.T("library.said_steps"), Num: true}, {Title: k.T("library.said_welcomes"), Num: true}, {Title: k.T("library.said_last")}}}
	for _, s := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("library.version_n", "num", s.Version)), ui.Figure(int64(s.Steps)), ui.Figure(int64(s.Welcomes)), ui.Moment(s.At)}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Note: k.T("library.said_note"), Table: t})
	return nil
}

func (c *Console) libraryGreetForm(k *call) error {
	i, err := k.libraryHere()
	if err != nil {
		return err
	}
	return k.libraryGreetShow(i, nil)
}

// libraryGreetShow is the form that lets an item greet who comes into a group.
func (k *call) libraryGreetShow(i shelf.Item, faults []string) error {
	groups, err := k.groupChoice(k.T("plan.choose_group"), community.GroupRow{})
	if err != nil {
		return err
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("library.greet"), Sub: i.Title, Back: "/library/" + i.ID.String()}, Action: "/library/" + i.ID.String() + "/greet", Do: k.T("library.greet_do"), Faults: faults, Hint: k.T("library.greet_hint"),
		Groups: []view.PlanFields{{Title: k.T("plan.whom"), Rows: []ui.Input{
			{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.form("g"), Options: groups, Required: true},
			{Kind: "text", Name: "note", Label: k.T("library.note"), Value: k.form("note"), Max: shelf.MaxReason}}}}}
	p.Groups = append(p.Groups, k.moveFields("adjust.offer_one")...)
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// libraryGreet puts the group's rules in force with a welcome that names the item.
func (c *Console) libraryGreet(k *call) error {
	i, err := k.libraryHere()
	if err != nil {
		return err
	}
	g, err := k.groupNamed(k.form("g"))
	switch {
	case err != nil:
		return err
	case g.Key == 0:
		return k.libraryGreetShow(i, []string{k.T("plan.choose_group")})
	case g.Book > 0 && k.unsaid():
		return k.libraryGreetShow(i, []string{k.T("adjust.ask")})
	}
	version, err := k.libraries().Greet(k.aimed(), k.who(), i.ID, g.Key, k.form("note"))
	if err == nil {
		return k.ok("/rules/"+g.ID.String(), k.T("library.greets", "group", g.Name, "num", version)+k.aimSaid(g.Key))
	}
	if k.libraryMayTry(err) {
		return k.libraryGreetShow(i, []string{k.libraryFault(err)})
	}
	return err
}
