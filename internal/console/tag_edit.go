package console

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
	"qunluo/internal/tag"
)

// groupBar is the form above the list of groups: a tag for those that are ticked, or for all that the filter finds.
func groupBar(k *call, p *view.List) {
	if k.c.deps.Tags == nil || !k.may(rights.SetGroups) || len(p.Table.Rows) == 0 {
		return
	}
	bar := &view.BulkBar{Action: "/tags/edits/new", Kinds: []ui.Option{{Value: "put", Text: k.T("tag.put_group")}, {Value: "take", Text: k.T("tag.take_group")}}}
	for _, name := range []string{"q", "tag", "platform", "mode"} {
		if v := k.query(name); v != "" {
			bar.Keep = append(bar.Keep, ui.Option{Value: name, Text: v})
		}
	}
	p.Bulk, p.Table.Select, p.Table.Form = bar, "m", "bulk-bar"
}

// editOrder reads which groups, and what; nothing ticked and not all asked for is nobody.
func editOrder(k *call) (o tag.EditOrder, none bool, err error) {
	value := k.query
	picked := k.R.URL.Query()["m"]
	if k.R.Method == "POST" {
		value, picked = k.form, k.R.PostForm["m"]
	}
	o = tag.EditOrder{Name: value("label"), Put: value("do") != "take", Expect: number(value("expect"), 0, 1<<30, 0)}
	if value("scope") == "all" {
		o.Filter = community.GroupFilter{Text: value("q"), Tag: value("tag"), Platform: community.Platform(value("platform")), Mode: community.Mode(value("mode"))}
		return o, false, nil
	}
	for _, text := range picked {
		id, err := community.ParseID(text)
		if err != nil {
			return o, false, community.Errorf(community.CodeNotFound, "group: %w", err)
		}
		o.Picked = append(o.Picked, id)
	}
	return o, len(o.Picked) == 0, nil
}

// editFields are the fields that carry an order on.
func editFields(k *call, o tag.EditOrder) []ui.Option {
	do, scope := "take", "picked"
	if o.Put {
		do = "put"
	}
	if len(o.Picked) == 0 {
		scope = "all"
	}
	out := []ui.Option{{Value: "do", Text: do}, {Value: "scope", Text: scope}}
	for _, id := range o.Picked {
		out = append(out, ui.Option{Value: "m", Text: id.String()})
	}
	for _, f := range [][2]string{{"q", o.Filter.Text}, {"tag", o.Filter.Tag}, {"platform", string(o.Filter.Platform)}, {"mode", string(o.Filter.Mode)}} {
		if f[1] != "" {
			out = append(out, ui.Option{Value: f[0], Text: f[1]})
		}
	}
	return out
}

// tagEditLook asks for the tag and shows which groups would change.
func (c *Console) tagEditLook(k *call) error {
	o, none, err := editOrder(k)
	if err != nil {
		return err
	}
	if none {
		return k.done("/groups", "warning", k.T("bulk.nobody"), community.ID{})
	}
	title := k.T("tag.put_group")
	if !o.Put {
		title = k.T("tag.take_group")
	}
	fields := editFields(k, o)
	p := view.Insight{Head: ui.Head{Title: title, Sub: k.T("tag.edit_sub"), Back: "/groups"}, Chosen: k.T("tag.name"),
		Filters: ui.Filters{Action: "/tags/edits/new", Keep: fields, Fields: []ui.Filter{{Kind: "text", Name: "label", Label: k.T("tag.name"), Value: o.Name}}}}
	if o.Name == "" {
		p.Notes = []string{k.T("tag.name_help", "most", tag.MaxName)}
		return k.show(title, view.InsightPage(p))
	}
	v, err := k.tags().Preview(k.ctx(), o)
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
		p.Notes = []string{k.T("tag.bad", "most", tag.MaxName)}
		return k.show(title, view.InsightPage(p))
	}
	if err != nil {
		return err
	}
	p.Metrics = []view.Metric{{Label: k.T("tag.would_change"), Lead: k.Words.Number(len(v.Groups)), Means: k.T("tag.would_change_means", "num", v.Chosen)}}
	t := ui.Table{Label: k.T("nav.groups"), Columns: []ui.Column{{Title: k.T("word.group")}}, Empty: ui.Empty{Icon: "check", Title: k.T("tag.would_nothing")}}
	for _, name := range v.Names {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Name(name)}})
	}
	p.Tables = []view.PlanTable{{Title: k.T("tag.first"), Table: t}}
	if len(v.Groups) > 0 {
		ask := ui.Confirm{ID: "edit", Title: title, Object: v.Tag, Effect: k.T("tag.edit_groups_effect", "num", len(v.Groups)), Action: "/tags/edits", Button: title, Reason: k.T("form.reason"), Need: true,
			Fields: append(fields, ui.Option{Value: "label", Text: o.Name}, ui.Option{Value: "expect", Text: itoa(int64(len(v.Groups)))})}
		p.Asks, p.Openers = []ui.Confirm{ask}, []ui.Opener{{Target: ask.ID, Text: title, Icon: "check"}}
	}
	return k.show(title, view.InsightPage(p))
}

func (c *Console) tagEdit(k *call) error {
	o, none, err := editOrder(k)
	if err != nil {
		return err
	}
	if none {
		return k.done("/groups", "warning", k.T("bulk.nobody"), community.ID{})
	}
	if k.form("reason") == "" {
		return k.done("/groups", "danger", k.T("act.need_reason"), community.ID{})
	}
	e, err := k.tags().Edit(k.ctx(), k.who(), o, k.form("reason"))
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok("/tags/edits", k.T("tag.edited", "tag", ui.Visible(e.Tag), "num", e.Total))
	case community.CodeConflict:
		return k.done("/groups", "danger", k.T("tag.edit_changed"), community.ID{})
	}
	return k.tagBack("/groups", err)
}

// tagEdits lists what was changed at once, and offers to take it back.
func (c *Console) tagEdits(k *call) error {
	list, err := k.tags().Edits(k.ctx())
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("tag.edits"), Sub: k.T("tag.edits_sub")}, Tabs: tagTabs(k, "edits")}
	t := ui.Table{Label: k.T("tag.edits"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("tag.what")}, {Title: k.T("audit.who")}, {Title: k.T("tag.state")}}, Empty: ui.Empty{Icon: "history", Title: k.T("tag.no_edits"), Text: k.T("tag.no_edits_text"), Button: k.T("nav.groups"), Link: "/groups"}}
	for _, e := range list {
		what := "tag.did_take"
		if e.Put {
			what = "tag.did_put"
		}
		state := ui.Pill("good", "check", k.T("tag.stands"))
		row := ui.Row{Link: "/groups?tag=" + url.QueryEscape(e.Tag)}
		if e.Undone > 0 {
			state = ui.Pill("", "history", k.T("tag.undone", "kept", e.Kept))
		} else if k.may(rights.SetGroups) {
			id := e.ID.String()
			ask := ui.Confirm{ID: "undo-" + id, Title: k.T("tag.undo"), Object: e.Tag, Effect: k.T("tag.undo_effect", "num", e.Total), Action: "/tags/edits/undo", Button: k.T("tag.undo"), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "id", Text: id}}}
			p.Asks = append(p.Asks, ask)
			row.Actions = view.Openers([]ui.Opener{{Target: ask.ID, Text: ask.Title, Icon: "history", Small: true}})
		}
		row.Cells = []templ.Component{ui.Moment(e.At), ui.Two(k.T(what, "tag", ui.Visible(e.Tag), "num", e.Total), ui.Visible(strings.TrimSpace(e.Reason))), ui.Text(ui.Visible(who(e.User))), state}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = []view.PlanTable{{Title: k.T("tag.edits"), Table: t}}
	return k.show(p.Head.Title, view.InsightPage(p))
}

func (c *Console) tagEditUndo(k *call) error {
	id, err := k.ruleID()
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done("/tags/edits", "danger", k.T("act.need_reason"), community.ID{})
	}
	e, err := k.tags().UndoEdit(k.ctx(), k.who(), id, k.form("reason"))
	if err != nil {
		return k.tagBack("/tags/edits", err)
	}
	return k.ok("/tags/edits", k.T("tag.was_undone", "num", e.Total-e.Kept, "kept", e.Kept))
}
