package console

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/founding"
	"qunluo/internal/i18n"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// Foundings is what the console asks and changes of templates and of groups that are begun with them.
type Foundings interface {
	Templates(ctx context.Context) ([]founding.Kept, error)
	// Template gives one; Version 0 = the newest. CodeNotFound.
	Template(ctx context.Context, u founding.Use) (founding.Kept, error)
	TemplateVersions(ctx context.Context, name string) ([]founding.Kept, error)
	Uses(ctx context.Context) ([]founding.Using, error)
	// GroupUses lists what a group was begun with over time, oldest first.
	GroupUses(ctx context.Context, g community.GroupKey) ([]founding.Record, error)
	List(ctx context.Context, by founding.Filter, page community.Page) ([]founding.Record, int, error)
	// Preview says what a template would change in a group; parts nil = all.
	Preview(ctx context.Context, g community.GroupKey, u founding.Use, parts []founding.Part) (founding.Preview, error)
	Apply(ctx context.Context, user string, o founding.Order) (founding.Record, error)
	Undo(ctx context.Context, user string, id community.ID, note string) (founding.Record, error)
	Export(ctx context.Context, u founding.Use) (raw []byte, name string, err error)
	Import(ctx context.Context, user string, raw []byte, note string) (founding.Kept, error)
	// SaveFrom makes an own template of what a group has.
	SaveFrom(ctx context.Context, user string, g community.GroupKey, head founding.Template, parts []founding.Part, note string) (founding.Kept, error)
}

// templateRoutes are there where templates are kept.
func (c *Console) templateRoutes() []route {
	if c.deps.Foundings == nil {
		return nil
	}
	return []route{
		{pattern: "GET /templates", may: rights.SeeGroups, serve: (*Console).templateList},
		{pattern: "POST /templates", may: rights.Tune, whole: true, serve: (*Console).templateImport, upload: true},
		{pattern: "GET /templates/{name}", may: rights.SeeGroups, serve: (*Console).templatePage},
		{pattern: "GET /templates/{name}/file", may: rights.SeeGroups, serve: (*Console).templateFile},
		{pattern: "GET /groups/{id}/template", may: rights.SeeGroups, serve: (*Console).templateUse},
		{pattern: "POST /groups/{id}/template", may: rights.SetGroups, and: rights.Publish, serve: (*Console).templateApply},
		{pattern: "POST /groups/{id}/template/undo", may: rights.SetGroups, and: rights.Publish, serve: (*Console).templateUndo},
		{pattern: "POST /groups/{id}/template/save", may: rights.Tune, whole: true, serve: (*Console).templateSave},
	}
}

func (k *call) foundings() Foundings { return k.c.deps.Foundings(k.User.Org, k.groups) }

// mayKeep reports whether the person may keep templates: they are the whole organisation's.
func (k *call) mayKeep() bool { return k.may(rights.Tune) && rights.Of(k.User).Reach == rights.Whole }

func templateAt(u founding.Use) string {
	at := "/templates/" + u.Name + "?v=" + strconv.Itoa(u.Version)
	if u.Own {
		return at + "&own=1"
	}
	return at + "&lang=" + u.Lang
}

func usePageOf(g community.GroupRow) string { return "/groups/" + g.ID.String() + "/template" }

// templateHere is the template that the address names.
func (k *call) templateHere() (founding.Kept, error) {
	u := founding.Use{Name: clip(k.R.PathValue("name")), Own: k.query("own") == "1", Lang: k.query("lang"), Version: number(k.query("v"), 0, 1<<30, 0)}
	if u.Lang == "" {
		u.Lang = k.Words.Lang
	}
	return k.foundings().Template(k.ctx(), u)
}

// templateName is a template as it was used: with version, purpose and trade.
func (k *call) templateName(u founding.Use, title string) string {
	name := ui.Visible(title) + " v" + strconv.Itoa(u.Version)
	if what := k.usedFor(u); what != "" {
		name += " · " + what
	}
	return name
}

// usedFor is the purpose and trade of a use.
func (k *call) usedFor(u founding.Use) string {
	var out []string
	if u.Purpose != "" {
		out = append(out, k.T("template.purpose_"+u.Purpose))
	}
	if u.Preset != "" {
		out = append(out, k.T("template.preset_"+u.Preset))
	}
	return strings.Join(out, " · ")
}

func (k *call) partWords(list []founding.Part) string {
	var out []string
	for _, p := range list {
		out = append(out, k.T("template.part_"+string(p)))
	}
	return strings.Join(out, k.T("list.comma"))
}

// templateList shows the templates, and how many groups use which version.
func (c *Console) templateList(k *call) error {
	p := view.Templates{Head: ui.Head{Title: k.T("nav.templates"), Sub: k.T("template.sub")}, Means: k.T("template.means")}
	list, err := k.foundings().Templates(k.ctx())
	if err != nil {
		return err
	}
	uses, err := k.foundings().Uses(k.ctx())
	if err != nil {
		return err
	}
	shipped := ui.Table{Label: k.T("template.shipped"), Columns: []ui.Column{{Title: k.T("template.title")}, {Title: k.T("template.kpi")}, {Title: k.T("template.version")}, {Title: k.T("template.groups")}}}
	own := ui.Table{Label: k.T("template.own"), Columns: shipped.Columns, Empty: ui.Empty{Icon: "book", Title: k.T("template.no_own"), Text: k.T("template.no_own_text")}}
	for _, one := range list {
		row := ui.Row{Link: templateAt(one.Use()), Cells: []templ.Component{ui.Two(ui.Visible(one.Title), gist(one.Summary, 80)), ui.Text(k.T("template.kpi_" + one.KPI)), ui.Text("v" + strconv.Itoa(one.Version)), ui.Text(k.usedSaid(one, uses))}}
		if one.Own {
			own.Rows = append(own.Rows, row)
		} else if one.Lang == k.Words.Lang {
			shipped.Rows = append(shipped.Rows, row)
		}
	}
	log, err := k.foundingTable(founding.Filter{}, nil)
	if err != nil {
		return err
	}
	p.Tables = []view.PlanTable{{Title: k.T("template.shipped"), Note: k.T("template.shipped_note"), Table: shipped}, {Title: k.T("template.own"), Note: k.T("template.own_note"), Table: own}, {Title: k.T("template.log"), Table: log}}
	if k.mayKeep() {
		p.Drop = &ui.FileDrop{Action: "/templates", Name: "file", Label: k.T("template.file"), Help: k.T("template.file_help"), Accept: ".json,application/json", Button: k.T("template.import"),
			Inputs: []ui.Input{{Kind: "text", Name: "note", Label: k.T("template.note")}}}
	}
	return k.show(p.Head.Title, view.TemplateList(p))
}

// usedSaid says how many groups stand by each version of a template, the newest version first.
func (k *call) usedSaid(one founding.Kept, uses []founding.Using) string {
	by := map[int]int{}
	for _, u := range uses {
		if u.Use.Name == one.Name && u.Use.Own == one.Own {
			by[u.Use.Version] += u.Groups
		}
	}
	var versions []int
	for v := range by {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	slices.Reverse(versions)
	var out []string
	for _, v := range versions {
		out = append(out, k.T("template.by_version", "version", v, "count", by[v]))
	}
	if len(out) == 0 {
		return k.T("template.unused")
	}
	return strings.Join(out, k.T("list.comma"))
}

var foundingLook = map[string][2]string{founding.Done: {"good", "check"}, founding.Begun: {"info", "clock"}, founding.Undoing: {"info", "clock"}, founding.Undone: {"", "arrow-back-up"}}

// foundingTable lists foundings; with asks (of one group) they can be undone.
func (k *call) foundingTable(by founding.Filter, asks *[]ui.Confirm) (ui.Table, error) {
	t := ui.Table{Label: k.T("template.log"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("template.title")}, {Title: k.T("template.parts")}, {Title: k.T("template.state")}, {Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("form.reason")}},
		Empty: ui.Empty{Icon: "history", Title: k.T("template.no_log"), Text: k.T("template.no_log_text")}}
	at := k.page(listLimit)
	list, total, err := k.foundings().List(k.ctx(), by, at)
	if err != nil {
		return t, err
	}
	who, err := k.userNames()
	if err != nil {
		return t, err
	}
	for _, r := range list {
		look := foundingLook[r.State]
		parts := k.partWords(r.Parts)
		if len(r.Left) > 0 {
			parts += k.T("list.semicolon") + k.T("template.left", "parts", k.partWords(r.Left))
		}
		row := ui.Row{Link: "/groups/" + r.GroupID.String() + "/template", Cells: []templ.Component{ui.Name(r.GroupName), ui.Two(ui.Visible(r.Title)+" v"+strconv.Itoa(r.Use.Version), k.usedFor(r.Use)), ui.Text(parts), ui.Pill(look[0], look[1], k.T("template.is_"+r.State)),
			ui.Moment(r.At), ui.Text(who(r.User)), ui.Text(ui.Visible(r.Reason))}}
		if asks != nil && r.State == founding.Done && k.may(rights.SetGroups, rights.Publish) {
			id := "undo-" + r.ID.String()
			row.Actions = ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("template.undo"), Icon: "arrow-back-up", Small: true})
			*asks = append(*asks, ui.Confirm{ID: id, Title: k.T("template.undo"), Object: k.templateName(r.Use, r.Title), Effect: k.T("template.undo_effect", "parts", parts), Action: "/groups/" + r.GroupID.String() + "/template/undo",
				Button: k.T("template.undo"), Danger: true, Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "founding", Text: r.ID.String()}}})
		}
		t.Rows = append(t.Rows, row)
	}
	t.Pager = k.pager(at, len(list), total)
	return t, nil
}

// templatePage shows one template: what it holds, its versions, the groups that use it.
func (c *Console) templatePage(k *call) error {
	one, err := k.templateHere()
	if err != nil {
		return err
	}
	u := one.Use()
	p := view.PlanPage{Head: ui.Head{Title: ui.Visible(one.Title) + " v" + strconv.Itoa(one.Version), Back: "/templates", Sub: k.T("template.type_" + one.Type)}, State: ui.Pill("info", "list-check", k.T("template.kpi_"+one.KPI)), Means: ui.Visible(one.Summary)}
	p.Links = []ui.Option{{Value: strings.Replace(templateAt(u), "?", "/file?", 1), Text: k.T("template.export")}}
	aim := ui.Table{Label: k.T("goal.title"), Columns: []ui.Column{{Title: k.T("template.what")}, {Title: k.T("template.says")}}, Empty: ui.Empty{Icon: "list-check", Title: k.T("goal.none")}}
	if one.Goal != nil {
		for _, line := range [][2]string{{k.T("goal.goal"), one.Goal.Goal}, {k.T("goal.value"), one.Goal.Value}, {k.T("goal.targets"), strings.Join(one.Goal.Targets, k.T("list.semicolon"))}} {
			aim.Rows = append(aim.Rows, ui.Row{Cells: []templ.Component{ui.Text(line[0]), ui.Text(ui.Visible(line[1]))}})
		}
	}
	for _, g := range one.Welcome {
		aim.Rows = append(aim.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("template.part_welcome")), ui.Text(ui.Visible(g.Text))}})
	}
	steps := ui.Table{Label: k.T("template.part_plan"), Columns: []ui.Column{{Title: k.T("template.when")}, {Title: k.T("template.says")}}, Empty: ui.Empty{Icon: "clock", Title: k.T("template.no_plan")}}
	for _, s := range one.Plan {
		steps.Rows = append(steps.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.stepWhen(s)), ui.Text(ui.Visible(s.Text))}})
	}
	versions, err := k.templateVersions(one)
	if err != nil {
		return err
	}
	using, err := k.foundingTable(founding.Filter{Name: one.Name, Own: one.Own, Current: true}, nil)
	if err != nil {
		return err
	}
	p.Tables = []view.PlanTable{{Title: k.T("template.using"), Note: k.T("template.using_note"), Table: using}, {Title: k.T("template.versions"), Table: versions}, {Title: k.T("template.holds"), Note: k.T("template.holds_note", "parts", k.partWords(one.Holds())), Table: aim}, {Title: k.T("template.part_plan"), Table: steps}}
	return k.show(p.Head.Title, view.PlanShow(p))
}

// stepWhen says when a step comes.
func (k *call) stepWhen(s plan.Step) string {
	switch s.Kind {
	case plan.ByDay:
		return k.T("template.on_day", "day", s.Day, "at", s.At)
	case plan.Weekly:
		return k.T("template.on_weekday", "day", k.T("template.weekday_"+strconv.Itoa(s.Weekday)), "at", s.At)
	}
	return s.Date + " " + s.At
}

func (k *call) templateVersions(one founding.Kept) (ui.Table, error) {
	t := ui.Table{Label: k.T("template.versions"), Columns: []ui.Column{{Title: k.T("template.version")}, {Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("template.note")}, {Title: k.T("template.groups"), Num: true}}}
	uses, err := k.foundings().Uses(k.ctx())
	if err != nil {
		return t, err
	}
	groups := map[int]int{}
	for _, u := range uses {
		if u.Use.Name == one.Name && u.Use.Own == one.Own {
			groups[u.Use.Version] += u.Groups
		}
	}
	list := []founding.Kept{one}
	if one.Own {
		if list, err = k.foundings().TemplateVersions(k.ctx(), one.Name); err != nil {
			return t, err
		}
	}
	who, err := k.userNames()
	if err != nil {
		return t, err
	}
	for _, v := range list {
		at, by := ui.Moment(v.At), who(v.User)
		if !v.Own {
			at, by = ui.Text("–"), k.T("template.shipped_by")
		}
		t.Rows = append(t.Rows, ui.Row{Link: templateAt(v.Use()), Cells: []templ.Component{ui.Text("v" + strconv.Itoa(v.Version)), at, ui.Text(by), ui.Text(ui.Visible(v.Note)), ui.Figure(int64(groups[v.Version]))}})
	}
	return t, nil
}

// templateFile sends a template as a file.
func (c *Console) templateFile(k *call) error {
	one, err := k.templateHere()
	if err != nil {
		return err
	}
	raw, name, err := k.foundings().Export(k.ctx(), one.Use())
	if err != nil {
		return err
	}
	k.answered = true
	k.W.Header().Set("Content-Type", "application/json; charset=utf-8")
	k.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err = k.W.Write(raw)
	return err
}

// templateImport takes a file as a version of an own template.
func (c *Console) templateImport(k *call) error {
	up, err := k.upload()
	if err != nil {
		return k.refused("/templates", err)
	}
	raw, err := io.ReadAll(io.LimitReader(up.File, founding.MaxBytes+1))
	if err != nil {
		return uploadError(err)
	}
	one, err := k.foundings().Import(k.ctx(), k.who(), raw, clip(up.Fields["note"]))
	if err != nil {
		return k.refused("/templates", err)
	}
	return k.ok(templateAt(one.Use()), k.T("template.imported", "name", ui.Visible(one.Title), "version", one.Version))
}

// chosenUse is what the filters of a group's page say; ok false when nothing was chosen yet.
func (k *call) chosenUse() (u founding.Use, ok bool) {
	name, own := strings.CutPrefix(k.query("t"), "own:")
	if name == "" {
		return u, false
	}
	return founding.Use{Name: name, Own: own, Lang: k.Words.Lang, Purpose: k.query("purpose"), Preset: k.query("preset")}, true
}

// templateUse shows what a template would change in a group.
func (c *Console) templateUse(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	p := view.TemplateUse{Head: ui.Head{Title: k.T("template.use"), Sub: g.Name, Back: "/groups/" + g.ID.String()}, Action: usePageOf(g)}
	if p.Choose, err = k.templateChoice(g); err != nil {
		return err
	}
	if u, ok := k.chosenUse(); ok {
		if err := k.templateShow(&p, g, u); err != nil {
			return err
		}
	} else {
		p.About = k.T("template.choose_first")
	}
	past, err := k.foundingTable(founding.Filter{Group: g.Key}, &p.Asks)
	if err != nil {
		return err
	}
	p.Past = view.PlanTable{Title: k.T("template.log"), Note: k.T("template.log_note"), Table: past}
	k.saveAsk(&p, g)
	return k.show(p.Head.Title, view.TemplateApply(p), inZone(g))
}

func (k *call) templateChoice(g community.GroupRow) (ui.Filters, error) {
	f := ui.Filters{Action: usePageOf(g)}
	list, err := k.foundings().Templates(k.ctx())
	if err != nil {
		return f, err
	}
	var names []ui.Option
	for _, one := range list {
		switch {
		case one.Own:
			names = append(names, ui.Option{Value: "own:" + one.Name, Text: ui.Visible(one.Title) + " v" + strconv.Itoa(one.Version)})
		case one.Lang == k.Words.Lang:
			names = append(names, ui.Option{Value: one.Name, Text: ui.Visible(one.Title) + " v" + strconv.Itoa(one.Version)})
		}
	}
	purposes, presets := []ui.Option{{Text: k.T("template.no_purpose")}}, []ui.Option{{Text: k.T("template.no_preset")}}
	for _, p := range founding.Purposes() {
		purposes = append(purposes, ui.Option{Value: p, Text: k.T("template.purpose_" + p)})
	}
	for _, p := range founding.Presets() {
		presets = append(presets, ui.Option{Value: p, Text: k.T("template.preset_" + p)})
	}
	f.Fields = []ui.Filter{{Kind: "select", Name: "t", Label: k.T("template.title"), Value: k.query("t"), Options: names}, {Kind: "select", Name: "purpose", Label: k.T("template.purpose"), Value: k.query("purpose"), Options: purposes},
		{Kind: "select", Name: "preset", Label: k.T("template.preset"), Value: k.query("preset"), Options: presets}}
	return f, nil
}

// templateShow puts the difference on the page, part by part.
func (k *call) templateShow(p *view.TemplateUse, g community.GroupRow, u founding.Use) error {
	v, err := k.foundings().Preview(k.ctx(), g.Key, u, nil)
	if said := k.Words.Pick(connect.SayOf(err)); said != "" {
		p.Faults = []string{said}
		return nil
	}
	if err != nil {
		return err
	}
	seen, err := json.Marshal(v.Seen)
	if err != nil {
		return err
	}
	p.State = ui.Pill("info", "list-check", k.T("template.kpi_"+v.KPI))
	p.About = k.T("template.about", "name", k.templateName(v.Use, v.Title), "kpi", k.T("template.kpi_means_"+v.KPI))
	p.Hidden = []ui.Option{{Value: "t", Text: k.query("t")}, {Value: "purpose", Text: u.Purpose}, {Value: "preset", Text: u.Preset}, {Value: "version", Text: strconv.Itoa(v.Use.Version)}, {Value: "seen", Text: string(seen)}}
	p.Reason, p.Do = ui.Input{Kind: "text", Name: "reason", Label: k.T("form.reason"), Required: true}, k.T("template.apply")
	faulty := map[founding.Part]string{}
	for _, f := range v.Faults {
		faulty[f.Part] = k.Words.Pick(f.Say)
		p.Faults = append(p.Faults, k.T("template.part_"+string(f.Part))+k.T("list.colon")+k.Words.Pick(f.Say))
	}
	open := 0
	for _, d := range v.Changes {
		part := view.TemplatePart{Title: k.T("template.part_" + string(d.Part)), Note: k.T("template.same")}
		if !d.Same {
			part.Note = k.T("template.changes", "count", len(d.Changes))
			if m, ok := v.Moves[d.Part]; ok {
				part.Note += " " + k.T("template.moves", "metric", k.T("adjust.move_"+m.Metric), "way", k.T("template.way_"+strconv.FormatBool(m.Down)), "days", m.Review)
			}
			part.Diff = k.partDiff(v, d)
			if faulty[d.Part] == "" && (d.Part != founding.Welcome || faulty[founding.Rules] == "") {
				part.Box = ui.Input{Kind: "check", Name: "part_" + string(d.Part), Label: k.T("template.take"), Value: "1"}
				open++
			}
		}
		p.Parts = append(p.Parts, part)
	}
	for _, s := range v.Swaps {
		p.Notes = append(p.Notes, k.swapSaid(s))
	}
	switch {
	case !k.may(rights.SetGroups, rights.Publish):
		p.Nothing = k.T("template.not_yours")
	case open == 0:
		p.Nothing = k.T("template.nothing")
	}
	return nil
}

func (k *call) swapSaid(s founding.Swapped) string {
	where := ""
	if s.Rule != "" {
		where = ui.Visible(s.Rule) + k.T("list.colon")
	}
	if s.Off {
		return where + k.T("degrade.off")
	}
	to := k.T("degrade.nothing")
	if s.To != "" {
		to = k.T("rung." + s.To)
	}
	return where + k.T("degrade.swap", "i", s.Rung, "from", k.T("rung."+s.From), "to", to)
}

// partDiff writes a part's difference in lines.
func (k *call) partDiff(v founding.Preview, d founding.Difference) []ui.Change {
	var out []ui.Change
	if d.Part == founding.Rules || d.Part == founding.Welcome {
		now, errNow := json.Marshal(v.Now.Book)
		next, errNext := json.Marshal(d.Next)
		if errNow == nil && errNext == nil {
			return bookDiff(k, now, next)
		}
	}
	for _, c := range d.Changes {
		what := c.What
		switch d.Part {
		case founding.Goal:
			what = k.T("goal." + c.What)
		case founding.Tiers:
			if key := "tier.rule_" + c.What; k.Words.Has(key) {
				what = k.T(key)
			}
		case founding.Plan:
			what = k.planWhen(v, c)
		}
		out = append(out, ui.Change{Op: " ", Text: what})
		if c.Before != "" {
			out = append(out, ui.Change{Op: "-", Text: c.Before})
		}
		if c.After != "" {
			out = append(out, ui.Change{Op: "+", Text: c.After})
		}
	}
	return out
}

// planWhen says when a step of the template's plan comes.
func (k *call) planWhen(v founding.Preview, c founding.Change) string {
	for _, s := range v.Steps {
		if founding.When(s) == c.What && s.Text == c.After {
			return k.stepWhen(s)
		}
	}
	return c.What
}

// saveAsk lets a person keep the group as a template.
func (k *call) saveAsk(p *view.TemplateUse, g community.GroupRow) {
	if !k.mayKeep() {
		return
	}
	var types, langs []ui.Option
	for _, one := range founding.Types() {
		types = append(types, ui.Option{Value: one, Text: k.T("template.type_" + one)})
	}
	for _, one := range []string{i18n.Chinese, i18n.English} {
		langs = append(langs, ui.Option{Value: one, Text: k.T("template.lang_" + one)})
	}
	p.Head.Actions = ui.ConfirmButton(ui.Opener{Target: "save", Text: k.T("template.save"), Icon: "book"})
	p.Asks = append(p.Asks, ui.Confirm{ID: "save", Title: k.T("template.save"), Object: g.Name, Effect: k.T("template.save_effect"), Action: usePageOf(g) + "/save", Button: k.T("template.save"), Reason: k.T("template.note"), Inputs: []ui.Input{
		{Kind: "text", Name: "title", Label: k.T("template.title"), Required: true, Max: 60}, {Kind: "text", Name: "name", Label: k.T("template.name"), Help: k.T("template.name_help"), Required: true, Max: 40},
		{Kind: "select", Name: "type", Label: k.T("template.type"), Options: types}, {Kind: "select", Name: "lang", Label: k.T("template.lang"), Value: k.Words.Lang, Options: langs}}})
}

// templateApply begins the group with the template, in the parts that were ticked.
func (c *Console) templateApply(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	name, own := strings.CutPrefix(k.form("t"), "own:")
	o := founding.Order{Group: g.Key, Use: founding.Use{Name: name, Own: own, Lang: k.Words.Lang, Purpose: k.form("purpose"), Preset: k.form("preset"), Version: number(k.form("version"), 1, 1<<30, 0)}, Seen: new(founding.Marks), Reason: k.form("reason")}
	back := usePageOf(g) + "?t=" + k.form("t") + "&purpose=" + o.Use.Purpose + "&preset=" + o.Use.Preset
	if err := json.Unmarshal([]byte(k.form("seen")), o.Seen); err != nil {
		return community.Errorf(community.CodeBadInput, "seen: %w", err)
	}
	for _, p := range founding.Parts() {
		if k.form("part_"+string(p)) == "1" {
			o.Parts = append(o.Parts, p)
		}
	}
	if len(o.Parts) == 0 {
		return k.done(back, "danger", k.T("template.none_ticked"), community.ID{})
	}
	r, err := k.foundings().Apply(k.ctx(), k.who(), o)
	if err != nil {
		return k.refused(back, err)
	}
	return k.ok(usePageOf(g), k.T("template.applied", "name", k.templateName(r.Use, r.Title), "parts", k.partWords(r.Parts)))
}

// templateUndo takes a founding back.
func (c *Console) templateUndo(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	id, err := community.ParseID(k.form("founding"))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "founding: %w", err)
	}
	r, err := k.foundings().Undo(k.ctx(), k.who(), id, k.form("reason"))
	if err != nil {
		return k.refused(usePageOf(g), err)
	}
	if len(r.Left) > 0 {
		return k.done(usePageOf(g), "warning", k.T("template.undone_left", "parts", k.partWords(r.Left)), community.ID{})
	}
	return k.ok(usePageOf(g), k.T("template.undone"))
}

// templateSave keeps the group as an own template.
func (c *Console) templateSave(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	head := founding.Template{Name: k.form("name"), Title: k.typed("title"), Type: k.form("type"), Lang: k.form("lang")}
	head.Summary, head.KPI = head.Title, founding.KPIOf(head.Type)
	one, err := k.foundings().SaveFrom(k.ctx(), k.who(), g.Key, head, nil, k.form("reason"))
	if err != nil {
		return k.refused(usePageOf(g), err)
	}
	return k.ok(templateAt(one.Use()), k.T("template.saved", "name", ui.Visible(one.Title), "version", one.Version))
}

// foundedWith says on a group's page which template it was begun with.
func (k *call) foundedWith(p *view.GroupGoal, g community.GroupRow) error {
	if k.c.deps.Foundings == nil {
		return nil
	}
	p.Template = usePageOf(g)
	list, _, err := k.foundings().List(k.ctx(), founding.Filter{Group: g.Key, Current: true}, community.Page{Limit: 1})
	for _, r := range list {
		p.Founded = k.templateName(r.Use, r.Title)
	}
	return err
}
