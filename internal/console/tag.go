package console

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
	"qunluo/internal/tag"
)

// Tags is what the pages of tags ask and change. Every change leaves its audit row.
type Tags interface {
	List(ctx context.Context, scope tag.Scope) ([]tag.Tag, error)
	// Put sticks a tag on one by hand, or takes it off.
	Put(ctx context.Context, user string, o tag.Order) (changed bool, err error)
	WornByMember(ctx context.Context, m community.MemberKey) (own, stays []tag.Worn, err error)
	WornByGroup(ctx context.Context, g community.GroupKey) ([]tag.Worn, error)
	Write(ctx context.Context, user string, v tag.Tag, reason string) error
	Rename(ctx context.Context, user string, scope tag.Scope, old, name string, merge bool, reason string) (moved int, err error)
	Delete(ctx context.Context, user string, scope tag.Scope, name, reason string) (off int, err error)

	Rules(ctx context.Context) ([]tag.Version, error)
	Rule(ctx context.Context, id community.ID) (tag.Version, []tag.Version, error)
	AddRule(ctx context.Context, user string, r tag.Rule, on bool, reason string) (tag.Version, error)
	SetRule(ctx context.Context, user string, id community.ID, base int, r tag.Rule, on bool, reason string) (tag.Version, error)
	EndRule(ctx context.Context, user string, id community.ID, keep bool, reason string) (touched int, err error)
	TryRule(ctx context.Context, r tag.Rule, id community.ID) (tag.Trial, error)
	RunRule(ctx context.Context, user string, id community.ID) (tag.Trial, error)

	Preview(ctx context.Context, o tag.EditOrder) (tag.EditPreview, error)
	Edit(ctx context.Context, user string, o tag.EditOrder, reason string) (tag.Edit, error)
	UndoEdit(ctx context.Context, user string, id community.ID, reason string) (tag.Edit, error)
	Edits(ctx context.Context) ([]tag.Edit, error)
}

// tagRoutes are there where tags are kept.
func (c *Console) tagRoutes() []route {
	if c.deps.Tags == nil {
		return nil
	}
	return []route{
		{pattern: "GET /tags", may: rights.SeeGroups, serve: (*Console).tagList},
		{pattern: "GET /tags/one", may: rights.SeeGroups, serve: (*Console).tagPage},
		{pattern: "POST /tags", may: rights.Tune, whole: true, serve: (*Console).tagWrite},
		{pattern: "POST /tags/rename", may: rights.Tune, whole: true, serve: (*Console).tagRename},
		{pattern: "POST /tags/delete", may: rights.Tune, whole: true, serve: (*Console).tagDelete},
		{pattern: "GET /members/{id}/tags", may: rights.SeePeople, serve: (*Console).memberTagPage},
		{pattern: "POST /members/{id}/tags", may: rights.Judge, serve: (*Console).memberTag},
		{pattern: "GET /groups/{id}/tags", may: rights.SeeGroups, serve: (*Console).groupTagPage},
		{pattern: "POST /groups/{id}/tags", may: rights.SetGroups, serve: (*Console).groupTag},
		{pattern: "GET /tags/rules", may: rights.SeePeople, whole: true, serve: (*Console).tagRules},
		{pattern: "GET /tags/rules/look", may: rights.Tune, whole: true, serve: (*Console).tagLook},
		{pattern: "POST /tags/rules", may: rights.Tune, whole: true, serve: (*Console).tagRuleSave},
		{pattern: "POST /tags/rules/run", may: rights.Tune, whole: true, serve: (*Console).tagRuleRun},
		{pattern: "POST /tags/rules/end", may: rights.Tune, whole: true, serve: (*Console).tagRuleEnd},
		{pattern: "GET /tags/edits", may: rights.SeeGroups, serve: (*Console).tagEdits},
		{pattern: "GET /tags/edits/new", may: rights.SetGroups, serve: (*Console).tagEditLook},
		{pattern: "POST /tags/edits", may: rights.SetGroups, serve: (*Console).tagEdit},
		{pattern: "POST /tags/edits/undo", may: rights.SetGroups, serve: (*Console).tagEditUndo},
	}
}

func (k *call) tags() Tags { return k.c.deps.Tags(k.User.Org, k.groups) }

// tagTabs lead between the scopes, the rules and the edits of many.
func tagTabs(k *call, here string) []ui.Tab {
	var out []ui.Tab
	for _, s := range tag.Scopes() {
		if s != tag.Group && !k.may(rights.SeePeople) {
			continue
		}
		out = append(out, ui.Tab{Text: k.T("tag.scope_" + string(s)), Link: "/tags?scope=" + string(s), Here: here == string(s)})
	}
	if k.c.mounted("/tags/rules", k) {
		out = append(out, ui.Tab{Text: k.T("tag.rules"), Link: "/tags/rules", Here: here == "rules"})
	}
	return append(out, ui.Tab{Text: k.T("tag.edits"), Link: "/tags/edits", Here: here == "edits"})
}

// tagScope reads a scope of the address or the form; people's tags are for those who see people.
func (k *call) tagScope(text string) (tag.Scope, error) {
	if text == "" {
		text = string(tag.Group)
	}
	s, err := tag.ParseScope(text)
	if err == nil && s != tag.Group && !k.may(rights.SeePeople) {
		err = community.Errorf(community.CodeForbidden, "tags of people")
	}
	return s, err
}

// tagOf is a tag as a chip of its colour.
func tagOf(v tag.Tag) templ.Component {
	return view.TagChip(v.Name, v.Colour)
}

// wearers is the list of those who wear a tag.
func wearers(v tag.Tag) string {
	if v.Scope == tag.Group {
		return "/groups?tag=" + url.QueryEscape(v.Name)
	}
	return "/members?there=all&wears=" + url.QueryEscape(v.Name)
}

func (c *Console) tagList(k *call) error {
	scope, err := k.tagScope(k.query("scope"))
	if err != nil {
		return err
	}
	list, err := k.tags().List(k.ctx(), scope)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("nav.tags"), Sub: k.T("tag.sub")}, Tabs: tagTabs(k, string(scope)), Says: k.T("tag.says_" + string(scope))}
	t := ui.Table{Label: k.T("nav.tags"), Columns: []ui.Column{{Title: k.T("tag.name")}, {Title: k.T("tag.family")}, {Title: k.T("tag.worn"), Num: true}, {Title: k.T("tag.auto"), Num: true, Hide: true}, {Title: k.T("tag.note"), Hide: true}},
		Empty: ui.Empty{Icon: "filter", Title: k.T("tag.none"), Text: k.T("tag.none_text")}}
	at := k.page(listLimit)
	from := min(at.Offset, len(list))
	part := list[from:min(len(list), from+at.Limit)]
	for _, v := range part {
		note := v.Note
		if v.Rule != "" {
			note = strings.TrimSpace(k.T("tag.has_rule") + " " + note)
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/tags/one?scope=" + string(scope) + "&name=" + url.QueryEscape(v.Name),
			Cells: []templ.Component{tagOf(v), ui.Text(ui.Visible(v.Family)), ui.Figure(int64(v.Worn)), ui.Figure(int64(v.Auto)), ui.Text(ui.Visible(note))}})
	}
	t.Pager = k.pager(at, len(part), len(list))
	if k.c.mountedPost("/tags") && k.may(rights.Tune) && k.seen == nil {
		ask := k.tagForm("new", tag.Tag{Scope: scope})
		p.Openers, p.Asks = []ui.Opener{{Target: ask.ID, Text: ask.Title, Icon: "plus"}}, []ui.Confirm{ask}
	}
	p.Tables = []view.PlanTable{{Title: k.T("tag.scope_" + string(scope)), Table: t}}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// tagForm asks how a tag looks and what it means.
func (k *call) tagForm(id string, v tag.Tag) ui.Confirm {
	colours := []ui.Option{{Text: k.T("tag.colour_none")}}
	for _, c := range tag.Colours() {
		colours = append(colours, ui.Option{Value: c, Text: k.T("tag.colour_" + c)})
	}
	ask := ui.Confirm{ID: "tag-" + id, Title: k.T("tag.new"), Effect: k.T("tag.new_effect"), Action: "/tags", Button: k.T("tag.save"),
		Fields: []ui.Option{{Value: "scope", Text: string(v.Scope)}}}
	if v.Name == "" {
		ask.Inputs = []ui.Input{{Of: ask.ID, Kind: "text", Name: "name", Label: k.T("tag.name"), Help: k.T("tag.name_help", "most", tag.MaxName), Required: true, Max: tag.MaxName}}
	} else {
		ask.Title, ask.Object, ask.Effect = k.T("tag.edit"), v.Name, k.T("tag.edit_effect")
		ask.Fields = append(ask.Fields, ui.Option{Value: "name", Text: v.Name})
	}
	ask.Inputs = append(ask.Inputs, ui.Input{Of: ask.ID, Kind: "text", Name: "family", Label: k.T("tag.family"), Value: v.Family, Max: tag.MaxFamily},
		ui.Input{Of: ask.ID, Kind: "select", Name: "colour", Label: k.T("tag.colour"), Value: v.Colour, Options: colours},
		ui.Input{Of: ask.ID, Kind: "text", Name: "note", Label: k.T("tag.note"), Value: v.Note})
	return ask
}

// tagPage shows one tag: who wears it, what may be done with it.
func (c *Console) tagPage(k *call) error {
	scope, err := k.tagScope(k.query("scope"))
	if err != nil {
		return err
	}
	list, err := k.tags().List(k.ctx(), scope)
	if err != nil {
		return err
	}
	var v tag.Tag
	for _, one := range list {
		if one.Name == k.query("name") {
			v = one
		}
	}
	if v.Name == "" {
		return community.Errorf(community.CodeNotFound, "tag %q", k.query("name"))
	}
	p := view.Insight{Head: ui.Head{Title: ui.Visible(v.Name), Sub: k.T("tag.scope_"+string(scope)) + " · " + ui.Visible(v.Family), Back: "/tags?scope=" + string(scope)}, Says: ui.Visible(v.Note)}
	t := ui.Table{Label: v.Name, Columns: []ui.Column{{Title: k.T("tag.name")}, {Title: k.T("tag.worn"), Num: true}, {Title: k.T("tag.auto"), Num: true}},
		Rows: []ui.Row{{Link: wearers(v), Cells: []templ.Component{tagOf(v), ui.Figure(int64(v.Worn)), ui.Figure(int64(v.Auto))}}}}
	p.Tables = []view.PlanTable{{Title: k.T("tag.wearers"), Note: k.T("tag.wearers_note"), Table: t}}
	if k.may(rights.Tune) && k.seen == nil {
		edit := k.tagForm("edit", v)
		fields := []ui.Option{{Value: "scope", Text: string(scope)}, {Value: "name", Text: v.Name}}
		name := ui.Confirm{ID: "tag-rename", Title: k.T("tag.rename"), Object: v.Name, Effect: k.T("tag.rename_effect", "worn", v.Worn), Action: "/tags/rename", Button: k.T("tag.rename"), Reason: k.T("form.reason"), Need: true, Fields: fields,
			Inputs: []ui.Input{{Of: "tag-rename", Kind: "text", Name: "to", Label: k.T("tag.new_name"), Required: true, Max: tag.MaxName}}}
		var others []ui.Option
		for _, one := range list {
			if one.Name != v.Name && len(others) < optionsCap {
				others = append(others, ui.Option{Value: one.Name, Text: ui.Visible(one.Name)})
			}
		}
		p.Asks = []ui.Confirm{edit, name}
		p.Openers = []ui.Opener{{Target: edit.ID, Text: edit.Title, Icon: "edit"}, {Target: name.ID, Text: name.Title, Icon: "edit"}}
		if len(others) > 0 {
			merge := ui.Confirm{ID: "tag-merge", Title: k.T("tag.merge"), Object: v.Name, Effect: k.T("tag.merge_effect", "worn", v.Worn), Action: "/tags/rename", Button: k.T("tag.merge"), Danger: true, Reason: k.T("form.reason"), Need: true,
				Fields: append([]ui.Option{{Value: "merge", Text: "1"}}, fields...), Inputs: []ui.Input{{Of: "tag-merge", Kind: "select", Name: "to", Label: k.T("tag.merge_with"), Options: others, Required: true}}}
			p.Asks, p.Openers = append(p.Asks, merge), append(p.Openers, ui.Opener{Target: merge.ID, Text: merge.Title, Icon: "arrow-right"})
		}
		gone := ui.Confirm{ID: "tag-delete", Title: k.T("tag.delete"), Object: v.Name, Effect: k.T("tag.delete_effect", "worn", v.Worn), Action: "/tags/delete", Button: k.T("tag.delete"), Danger: true, Reason: k.T("form.reason"), Need: true, Fields: fields}
		p.Asks, p.Openers = append(p.Asks, gone), append(p.Openers, ui.Opener{Target: gone.ID, Text: gone.Title, Icon: "trash", Danger: true})
	}
	return k.show(v.Name, view.InsightPage(p))
}

// tagBack says what is wrong with a tag in words, on the page where it was typed.
func (k *call) tagBack(to string, err error) error {
	switch community.CodeOf(err) {
	case community.CodeBadInput:
		return k.done(to, "danger", k.T("tag.bad", "most", tag.MaxName), community.ID{})
	case community.CodeConflict:
		return k.done(to, "danger", k.T("tag.conflict"), community.ID{})
	}
	return k.refused(to, err)
}

func (c *Console) tagWrite(k *call) error {
	scope, err := k.tagScope(k.form("scope"))
	if err != nil {
		return err
	}
	to := "/tags?scope=" + string(scope)
	v := tag.Tag{Scope: scope, Name: k.typed("name"), Family: k.typed("family"), Colour: k.form("colour"), Note: k.typed("note")}
	if err := k.tags().Write(k.ctx(), k.who(), v, k.form("reason")); err != nil {
		return k.tagBack(to, err)
	}
	return k.ok(to, k.T("tag.saved", "tag", ui.Visible(v.Name)))
}

func (c *Console) tagRename(k *call) error {
	scope, err := k.tagScope(k.form("scope"))
	if err != nil {
		return err
	}
	to := "/tags?scope=" + string(scope)
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	n, err := k.tags().Rename(k.ctx(), k.who(), scope, k.typed("name"), k.typed("to"), k.form("merge") == "1", k.form("reason"))
	if err != nil {
		return k.tagBack(to, err)
	}
	return k.ok(to, k.T("tag.renamed", "tag", ui.Visible(k.typed("to")), "worn", n))
}

func (c *Console) tagDelete(k *call) error {
	scope, err := k.tagScope(k.form("scope"))
	if err != nil {
		return err
	}
	to := "/tags?scope=" + string(scope)
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	n, err := k.tags().Delete(k.ctx(), k.who(), scope, k.typed("name"), k.form("reason"))
	if err != nil {
		return k.tagBack(to, err)
	}
	return k.ok(to, k.T("tag.deleted", "worn", n))
}

// wornTable lists tags with where they came from; each can be taken off by who may.
func (k *call) wornTable(label string, list []tag.Worn, take func(i int, v tag.Worn) *ui.Confirm) (ui.Table, []ui.Confirm, error) {
	t := ui.Table{Label: label, Columns: []ui.Column{{Title: k.T("tag.name")}, {Title: k.T("tag.from")}, {Title: k.T("tag.since"), Hide: true}}, Empty: ui.Empty{Icon: "filter", Title: k.T("tag.wears_none")}}
	who, err := k.userNames()
	if err != nil {
		return t, nil, err
	}
	var asks []ui.Confirm
	for i, v := range list {
		from := k.tagFrom(v, who)
		row := ui.Row{Cells: []templ.Component{view.TagChip(v.Tag, ""), ui.Two(from, ui.Visible(v.Why)), ui.Moment(v.At)}}
		if ask := take(i, v); ask != nil {
			asks = append(asks, *ask)
			row.Actions = view.Openers([]ui.Opener{{Target: ask.ID, Text: k.T("tag.take"), Icon: "x", Small: true}})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, asks, nil
}

// tagFrom says where a tag came from.
func (k *call) tagFrom(v tag.Worn, who func(string) string) string {
	kind, _, _ := strings.Cut(v.Source, ":")
	if v.Source == tag.Hand && v.User != "" {
		return k.T("tag.by_hand_of", "who", ui.Visible(who(v.User)))
	}
	if key := "tag.by_" + kind; k.Words.Has(key) {
		return k.T(key)
	}
	return ui.Visible(v.Source)
}

func (k *call) takeAsk(id, at string, v tag.Worn, fields ...ui.Option) *ui.Confirm {
	effect := k.T("tag.take_effect")
	if tag.Ruled(v.Source) {
		effect = k.T("tag.take_rule_effect")
	}
	return &ui.Confirm{ID: "take-" + id, Title: k.T("tag.take"), Object: v.Tag, Effect: effect, Action: at, Button: k.T("tag.take"), Reason: k.T("form.reason"), Fields: append([]ui.Option{{Value: "name", Text: v.Tag}, {Value: "on", Text: "0"}}, fields...)}
}

// putAsk asks for a tag to stick on; those there are stand in its help.
func (k *call) putAsk(id, at string, scope tag.Scope, inputs []ui.Input, fields ...ui.Option) (ui.Confirm, error) {
	list, err := k.tags().List(k.ctx(), scope)
	var names []string
	for _, v := range list[:min(len(list), 30)] {
		names = append(names, ui.Visible(v.Name))
	}
	help := k.T("tag.name_help", "most", tag.MaxName)
	if len(names) > 0 {
		help += " " + k.T("tag.there_are", "tags", strings.Join(names, k.T("list.comma")))
	}
	ask := ui.Confirm{ID: "put-" + id, Title: k.T("tag.put_" + string(scope)), Effect: k.T("tag.says_" + string(scope)), Action: at, Button: k.T("tag.put"), Reason: k.T("form.reason"), Fields: append([]ui.Option{{Value: "on", Text: "1"}}, fields...)}
	ask.Inputs = append([]ui.Input{{Of: ask.ID, Kind: "text", Name: "name", Label: k.T("tag.name"), Help: help, Required: true, Max: tag.MaxName}}, inputs...)
	return ask, err
}

// memberTagPage shows what a person and their stays wear.
func (c *Console) memberTagPage(k *call) error {
	m, places, err := memberHere(k)
	if err != nil {
		return err
	}
	own, stays, err := k.tags().WornByMember(k.ctx(), m.Key)
	if err != nil {
		return err
	}
	at, may := "/members/"+m.ID.String()+"/tags", k.may(rights.Judge)
	p := view.Insight{Head: ui.Head{Title: k.T("tag.of", "who", ui.Visible(named(m.Name, m.External))), Back: "/members/" + m.ID.String()}}
	t, asks, err := k.wornTable(k.T("tag.scope_person"), own, func(i int, v tag.Worn) *ui.Confirm {
		if !may {
			return nil
		}
		return k.takeAsk("own-"+strconv.Itoa(i), at, v, ui.Option{Value: "scope", Text: string(tag.Person)})
	})
	if err != nil {
		return err
	}
	p.Tables, p.Asks = append(p.Tables, view.PlanTable{Title: k.T("tag.scope_person"), Table: t}), asks
	byGroup := map[community.GroupKey][]tag.Worn{}
	for _, v := range stays {
		byGroup[v.Group] = append(byGroup[v.Group], v)
	}
	var keys []community.GroupKey
	var here []ui.Option
	for _, row := range places {
		keys = append(keys, row.Group)
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return err
	}
	for _, row := range places {
		id := groups[row.Group].ID.String()
		if row.LeftAt == 0 {
			here = append(here, ui.Option{Value: id, Text: ui.Visible(row.GroupName)})
		}
		if len(byGroup[row.Group]) == 0 {
			continue
		}
		t, asks, err := k.wornTable(row.GroupName, byGroup[row.Group], func(i int, v tag.Worn) *ui.Confirm {
			if !may || row.LeftAt != 0 {
				return nil
			}
			return k.takeAsk(id+"-"+strconv.Itoa(i), at, v, ui.Option{Value: "scope", Text: string(tag.Stay)}, ui.Option{Value: "group", Text: id})
		})
		if err != nil {
			return err
		}
		p.Tables, p.Asks = append(p.Tables, view.PlanTable{Title: k.T("tag.stay_in", "group", ui.Visible(row.GroupName)), Note: k.T("tag.says_stay"), Table: t}), append(p.Asks, asks...)
	}
	if may {
		ask, err := k.putAsk("person", at, tag.Person, nil, ui.Option{Value: "scope", Text: string(tag.Person)})
		if err != nil {
			return err
		}
		p.Asks, p.Openers = append(p.Asks, ask), append(p.Openers, ui.Opener{Target: ask.ID, Text: ask.Title, Icon: "plus"})
	}
	if may && len(here) > 0 {
		ask, err := k.putAsk("stay", at, tag.Stay, []ui.Input{{Of: "put-stay", Kind: "select", Name: "group", Label: k.T("word.group"), Options: here, Required: true}}, ui.Option{Value: "scope", Text: string(tag.Stay)})
		if err != nil {
			return err
		}
		p.Asks, p.Openers = append(p.Asks, ask), append(p.Openers, ui.Opener{Target: ask.ID, Text: ask.Title, Icon: "plus"})
	}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// put carries out what a form of tags orders.
func (k *call) put(to string, o tag.Order) error {
	o.Name, o.On, o.Reason = k.typed("name"), k.form("on") == "1", k.form("reason")
	changed, err := k.tags().Put(k.ctx(), k.who(), o)
	if err != nil {
		return k.tagBack(to, err)
	}
	said := map[[2]bool]string{{true, true}: "tag.was_put", {true, false}: "tag.was_taken", {false, true}: "tag.had_it", {false, false}: "tag.had_it_not"}[[2]bool{changed, o.On}]
	return k.ok(to, k.T(said, "tag", ui.Visible(o.Name)))
}

func (c *Console) memberTag(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	o := tag.Order{Scope: tag.Scope(k.form("scope")), Member: id}
	if o.Scope == tag.Stay {
		if o.Group, err = community.ParseID(k.form("group")); err != nil {
			return community.Errorf(community.CodeNotFound, "group: %w", err)
		}
	}
	if o.Scope != tag.Person && o.Scope != tag.Stay {
		return community.Errorf(community.CodeBadInput, "scope %q", o.Scope)
	}
	return k.put("/members/"+id.String()+"/tags", o)
}

// groupTagPage shows what a group wears, and where that came from.
func (c *Console) groupTagPage(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	list, err := k.tags().WornByGroup(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	at, may := "/groups/"+g.ID.String()+"/tags", k.may(rights.SetGroups)
	p := view.Insight{Head: ui.Head{Title: k.T("tag.of", "who", ui.Visible(g.Name)), Back: "/groups/" + g.ID.String()}}
	t, asks, err := k.wornTable(k.T("tag.scope_group"), list, func(i int, v tag.Worn) *ui.Confirm {
		if !may {
			return nil
		}
		return k.takeAsk("group-"+strconv.Itoa(i), at, v)
	})
	if err != nil {
		return err
	}
	p.Tables, p.Asks = []view.PlanTable{{Title: k.T("tag.scope_group"), Table: t}}, asks
	if may {
		ask, err := k.putAsk("group", at, tag.Group, nil)
		if err != nil {
			return err
		}
		p.Asks, p.Openers = append(p.Asks, ask), []ui.Opener{{Target: ask.ID, Text: ask.Title, Icon: "plus"}}
	}
	return k.show(p.Head.Title, view.InsightPage(p))
}

func (c *Console) groupTag(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	return k.put("/groups/"+id.String()+"/tags", tag.Order{Scope: tag.Group, Group: id})
}
