package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

var sopRoutes = []route{
	{pattern: "GET /sops", may: rights.SeeContent, serve: (*Console).sopList},
	{pattern: "GET /sops/new", may: rights.Write, serve: (*Console).sopForm},
	{pattern: "POST /sops", may: rights.Write, serve: (*Console).sopSave, upload: true},
	{pattern: "POST /sops/check", may: rights.Write, serve: (*Console).sopCheck, upload: true},
	{pattern: "GET /sops/{id}", may: rights.SeeContent, serve: (*Console).sopPage},
	{pattern: "GET /sops/{id}/edit", may: rights.Write, serve: (*Console).sopForm},
	{pattern: "POST /sops/{id}/groups", may: rights.Write, serve: (*Console).sopAdd},
	{pattern: "POST /sops/{id}/leave", may: rights.Write, serve: (*Console).sopLeave},
	{pattern: "POST /sops/{id}/move", may: rights.Write, serve: (*Console).sopMove},
}

// sopList shows the SOPs.
func (c *Console) sopList(k *call) error {
	rows, err := k.plans().SOPs(k.ctx(), k.query("tag"))
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.sops"), Sub: k.T("plan.sop_sub"), Actions: view.PlanNew("/sops/new", k.T("plan.sop_new"))}}
	p.Table = ui.Table{Label: k.T("nav.sops"), Columns: []ui.Column{{Title: k.T("plan.sop_name")}, {Title: k.T("plan.state")}, {Title: k.T("plan.steps"), Num: true}, {Title: k.T("plan.targets"), Num: true}, {Title: k.T("plan.is_sent"), Num: true}, {Title: k.T("plan.open"), Num: true}, {Title: k.T("plan.gone"), Num: true}},
		Empty: ui.Empty{Icon: "clock", Title: k.T("plan.sop_none"), Text: k.T("plan.sop_none_text"), Button: k.T("plan.sop_new"), Link: "/sops/new"}}
	for _, s := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/sops/" + s.ID.String(), Cells: []templ.Component{ui.Two(s.Name, k.T("plan.version", "num", s.Version)), planPill(k, string(s.State)), ui.Figure(int64(len(s.Steps))),
			ui.Figure(int64(s.Groups)), ui.Figure(int64(s.Counts.Sent)), ui.Figure(int64(s.Counts.Open())), ui.Figure(int64(s.Counts.Failed + s.Counts.NotSent))}})
	}
	if err := k.byTag(&p, "/sops"); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// blanks is how many empty steps the form offers; a step whose text is emptied goes.
const blanks = 2

// sopForm shows the steps of an SOP, or empty ones for a new one.
func (c *Console) sopForm(k *call) error {
	s := plan.SOP{}
	if k.R.PathValue("id") != "" {
		id, err := k.id()
		if err != nil {
			return err
		}
		if s, err = k.plans().SOP(k.ctx(), id); err != nil {
			return err
		}
	}
	return k.sopEdit(sopForm{SOP: s})
}

// sopForm is an SOP as its form holds it, with what is wrong with it.
type sopForm struct {
	plan.SOP
	faults []string
	found  []plan.StepFinding
}

func (k *call) sopEdit(s sopForm) error {
	p := view.PlanForm{Multi: true, Head: ui.Head{Title: k.T("plan.sop_new"), Sub: k.T("plan.sop_edit_sub"), Back: "/sops"}, Faults: s.faults, Action: "/sops", Do: k.T("plan.save"), Ask: "/sops/check", AskText: k.T("plan.sop_check"),
		Groups: []view.PlanFields{{Title: k.T("plan.sop_name"), Rows: []ui.Input{{Kind: "text", Name: "name", Label: k.T("plan.sop_name"), Value: s.Name, Required: true, Max: plan.MaxTitle},
			{Kind: "text", Name: "force", Label: k.T("plan.force"), Value: s.Force, Help: k.T("plan.sop_force_help")}}}}}
	if !s.ID.IsZero() {
		p.Head.Title, p.Head.Back = s.Name, "/sops/"+s.ID.String()
		p.Hidden = []ui.Option{{Value: "id", Text: s.ID.String()}, {Value: "version", Text: strconv.Itoa(s.Version)}}
	}
	items, err := k.itemOptions()
	if err != nil {
		return err
	}
	steps := append(append([]plan.Step{}, s.Steps...), make([]plan.Step, blanks)...)
	for i, step := range steps {
		p.Hidden = append(p.Hidden, ui.Option{Value: "id" + strconv.Itoa(i), Text: step.ID})
		fields := stepFields(k, i, step, items)
		if found := s.foundIn(i + 1); len(found) > 0 {
			table := foundTable(k, found)
			table.Title = k.T("plan.step_found", "num", i+1)
			p.Tables = append(p.Tables, table)
		}
		p.Groups = append(p.Groups, fields)
	}
	p.Groups = append(p.Groups, k.moveFields("adjust.offer_sop")...)
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// foundIn are the findings about one step.
func (s sopForm) foundIn(step int) []plan.Finding {
	var out []plan.Finding
	for _, f := range s.found {
		if f.Step == step {
			out = append(out, f.Finding)
		}
	}
	return out
}

func stepFields(k *call, i int, s plan.Step, items []ui.Option) view.PlanFields {
	n := strconv.Itoa(i)
	more := k.pieceFields(letterOf(s.Post(), n))
	more.Rows = append([]ui.Input{{Kind: "text", Name: "link" + n, Label: k.T("plan.add_link"), Value: s.Link.URL, Help: k.T("plan.add_link_help"), Max: plan.MaxLink},
		{Kind: "text", Name: "link_title" + n, Label: k.T("plan.link_title"), Value: s.Link.Title, Help: k.T("plan.link_title_help"), Max: plan.MaxLinkTitle}}, more.Rows...)
	kinds := []ui.Option{}
	for _, kind := range plan.StepKinds {
		kinds = append(kinds, ui.Option{Value: string(kind), Text: k.T("plan.kind_" + string(kind))})
	}
	days := []ui.Option{}
	for d := 1; d <= 7; d++ {
		days = append(days, ui.Option{Value: strconv.Itoa(d), Text: k.T("plan.weekday_" + strconv.Itoa(d))})
	}
	return view.PlanFields{Title: k.T("plan.step", "num", i+1), Rows: append([]ui.Input{
		{Kind: "select", Name: "kind" + n, Label: k.T("plan.when"), Value: string(s.Kind), Options: kinds}, {Kind: "text", Name: "at" + n, Label: k.T("plan.clock"), Value: s.At, Help: k.T("plan.clock_help")},
		{Kind: "number", Name: "day" + n, Label: k.T("plan.day"), Value: strconv.Itoa(s.Day), Help: k.T("plan.day_help")}, {Kind: "select", Name: "weekday" + n, Label: k.T("plan.weekday"), Value: strconv.Itoa(s.Weekday), Options: days},
		{Kind: "text", Name: "date" + n, Label: k.T("plan.date"), Value: s.Date, Help: "2026-12-31"}, {Kind: "area", Name: "text" + n, Label: k.T("plan.text"), Value: s.Text, Rows: 3, Max: plan.MaxText},
	}, k.itemField(n, s, items)...), More: &view.PlanMore{Title: k.T("plan.sop_pieces"), Rows: append(k.valueField(n, s), more.Rows...), Files: more.Files, Open: s.Link.URL != "" || len(s.Pieces) > 0 || !s.Library.IsZero()}}
}

// maxStepFields is how many parts of a form one step takes at most, with the files it kept.
const maxStepFields = 42

// sopAsked reads the form: steps without a text are left out, and with them what they carried.
func sopAsked(k *call) (s sopForm, err error) {
	files, faults, err := k.given(maxStepFields * (plan.MaxSteps + blanks))
	if err != nil {
		return s, err
	}
	s.Name, s.faults = k.form("name"), faults
	if text := k.form("id"); text != "" {
		id, err := community.ParseID(text)
		if err != nil {
			return s, community.Errorf(community.CodeNotFound, "SOP: %w", err)
		}
		if s.SOP, err = k.plans().SOP(k.ctx(), id); err != nil {
			return s, err
		}
		s.Name, s.Steps, s.Version = k.form("name"), nil, number(k.form("version"), 1, 1<<30, 0)
	}
	s.Force = k.form("force")
	for i := range plan.MaxSteps + blanks {
		n := strconv.Itoa(i)
		text := k.typed("text" + n)
		item := k.form("library" + n)
		if text == "" && item == "" {
			continue
		}
		l, err := k.lettered(files, n)
		if err != nil {
			return s, err
		}
		s.faults = append(s.faults, l.faults...)
		step := plan.Step{ID: k.form("id" + n), Kind: plan.StepKind(k.form("kind" + n)), At: k.form("at" + n), Text: text, Link: l.card(text), Pieces: l.all(), ByLink: l.byLink}
		if item != "" {
			if step.Library, err = community.ParseID(item); err != nil {
				return s, community.Errorf(community.CodeNotFound, "item: %w", err)
			}
			if step.Text != "" || step.Link.URL != "" || len(step.Pieces) > 0 {
				s.faults = append(s.faults, k.T("library.name_or_words", "num", i+1))
			}
			var fault string
			if step.Values, fault = valuesOf(k.typed("values" + n)); fault != "" {
				s.faults = append(s.faults, k.T("library.bad_value", "num", i+1, "line", fault))
			}
		}
		switch step.Kind {
		case plan.ByDay:
			step.Day = number(k.form("day"+n), 0, plan.MaxDay, -1)
		case plan.Weekly:
			step.Weekday = number(k.form("weekday"+n), 1, 7, 0)
		case plan.OnDate:
			step.Date = k.form("date" + n)
		}
		s.Steps = append(s.Steps, step)
	}
	return s, nil
}

// sopSave makes an SOP or a new version of one.
func (c *Console) sopSave(k *call) error {
	s, err := sopAsked(k)
	if err != nil {
		return err
	}
	if len(s.faults) > 0 {
		return k.sopEdit(s)
	}
	if !s.ID.IsZero() && k.unsaid() {
		s.faults = []string{k.T("adjust.ask")}
		return k.sopEdit(s)
	}
	made, err := k.plans().SaveSOP(k.aimed(), k.who(), s.SOP, k.form("reason"))
	switch community.CodeOf(err) {
	case community.CodeNone:
		said := k.T("plan.sop_saved", "name", made.Name, "num", made.Version)
		if !s.ID.IsZero() {
			said += k.aimSaid(0)
		}
		return k.ok("/sops/"+made.ID.String(), said)
	case community.CodeBadInput, community.CodeTooLarge, community.CodeRefused:
		return k.sopChecked(s)
	}
	return k.refused("/sops", err)
}

// sopCheck shows the form again with what is wrong with its steps, and saves nothing.
func (c *Console) sopCheck(k *call) error {
	s, err := sopAsked(k)
	if err != nil {
		return err
	}
	return k.sopChecked(s)
}

// sopChecked shows what was written, with what is wrong with it.
func (k *call) sopChecked(s sopForm) error {
	found, err := k.plans().CheckSOP(k.ctx(), s.SOP)
	s.found = found
	steps := make([]plan.Finding, len(found))
	for i, f := range found {
		steps[i] = f.Finding
	}
	switch code := community.CodeOf(err); {
	case code == community.CodeBadInput || code == community.CodeTooLarge:
		s.faults = append(s.faults, k.T("plan.bad_steps")+" ("+err.Error()+")")
	case code == community.CodeNotFound:
		s.faults = append(s.faults, k.T("plan.piece_gone"))
	case err != nil:
		return err
	case plan.Impossible(steps):
		s.faults = append(s.faults, k.T("plan.sop_refused"))
	case plan.Refused(steps) && s.Force == "":
		s.faults = append(s.faults, k.T("plan.sop_links_refuse"))
	}
	return k.sopEdit(s)
}

// sopPage shows the groups in an SOP and what was sent.
func (c *Console) sopPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	s, err := k.plans().SOP(k.ctx(), id)
	if err != nil {
		return err
	}
	members, err := k.plans().SOPGroups(k.ctx(), id)
	if err != nil {
		return err
	}
	limits, err := k.plans().Limits(k.ctx())
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	list, total, err := k.plans().Targets(k.ctx(), id, 0, at)
	if err != nil {
		return err
	}
	table, asks, err := targetTable(k, list, limits, total, at)
	if err != nil {
		return err
	}
	groups, err := k.groupChoice(k.T("plan.choose_group"), community.GroupRow{})
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: s.Name, Sub: k.T("plan.version", "num", s.Version), Back: "/sops"}, State: planPill(k, string(s.State)), Means: k.T("plan.sop_means_" + string(s.State)), Stats: countStats(k, s.Counts),
		Asks: asks, Links: []ui.Option{{Value: "/sops/" + id.String() + "/edit", Text: k.T("plan.edit")}}}
	said, err := sopSteps(k, s)
	if err != nil {
		return err
	}
	p.Tables = []view.PlanTable{said, sopMembers(k, &p, s, members), {Title: k.T("plan.results"), Table: table}}
	sopAsks(k, &p, s, members, groups)
	return k.show(s.Name, view.PlanShow(p))
}

func sopSteps(k *call, s plan.SOP) (view.PlanTable, error) {
	t := ui.Table{Label: k.T("plan.steps"), Columns: []ui.Column{{Title: k.T("plan.when")}, {Title: k.T("plan.clock")}, {Title: k.T("plan.text")}}}
	for _, step := range s.Steps {
		when := map[plan.StepKind]string{plan.ByDay: k.T("plan.on_day", "num", step.Day), plan.Weekly: k.T("plan.weekday_" + strconv.Itoa(step.Weekday)), plan.OnDate: step.Date}[step.Kind]
		says, err := k.stepSays(step)
		if err != nil {
			return view.PlanTable{}, err
		}
		row := ui.Row{Cells: []templ.Component{ui.Two(when, step.ID), ui.Text(step.At), says}}
		if !step.Library.IsZero() {
			row.Link = "/library/" + step.Library.String()
		}
		t.Rows = append(t.Rows, row)
	}
	return view.PlanTable{Title: k.T("plan.steps"), Table: t}, nil
}

// stepCarries names what goes with a step's text.
func stepCarries(k *call, s plan.Step) string {
	var out []string
	if s.Link.URL != "" {
		out = append(out, s.Link.Title)
	}
	for _, p := range s.Pieces {
		out = append(out, k.T("media.kind."+p.Kind)+" "+p.Called())
	}
	return strings.Join(out, " · ")
}

func sopMembers(k *call, p *view.PlanPage, s plan.SOP, list []plan.Member) view.PlanTable {
	t := ui.Table{Label: k.T("plan.in_groups"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("plan.entered")}, {Title: k.T("plan.next")}, {Title: k.T("plan.is_sent"), Num: true}, {Title: k.T("plan.gone"), Num: true}},
		Empty: ui.Empty{Icon: "users-group", Title: k.T("plan.no_groups"), Text: k.T("plan.no_groups_text")}}
	for _, m := range list {
		next := ui.Text(k.T("plan.left"))
		if m.Left == 0 {
			next = ui.Text("–")
			if m.Next != 0 {
				next = ui.Moment(m.Next)
			}
		}
		row := ui.Row{Link: "/groups/" + m.GroupID.String(), Cells: []templ.Component{ui.Name(m.GroupName), ui.Moment(m.Entered), next, ui.Figure(int64(m.Counts.Sent)), ui.Figure(int64(m.Counts.Failed + m.Counts.NotSent))}}
		if m.Left == 0 {
			ask := "leave-" + m.GroupID.String()
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("plan.leave"), Icon: "x", Small: true})
			p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("plan.leave"), Object: m.GroupName, Effect: k.T("plan.leave_effect", "open", m.Counts.Open()), Action: "/sops/" + s.ID.String() + "/leave",
				Button: k.T("plan.leave"), Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "g", Text: m.GroupID.String()}}})
		}
		t.Rows = append(t.Rows, row)
	}
	return view.PlanTable{Title: k.T("plan.in_groups"), Table: t}
}

func sopAsks(k *call, p *view.PlanPage, s plan.SOP, members []plan.Member, groups []ui.Option) {
	in, people := 0, 0
	for _, m := range members {
		if m.Left == 0 {
			in, people = in+1, people+m.People
		}
	}
	at := "/sops/" + s.ID.String()
	p.Openers = []ui.Opener{{Target: "enter", Text: k.T("plan.enter"), Icon: "users-group"}}
	p.Asks = append(p.Asks, ui.Confirm{ID: "enter", Title: k.T("plan.enter"), Object: s.Name, Effect: k.T("plan.enter_effect"), Action: at + "/groups", Button: k.T("plan.enter"), Reason: k.T("form.reason"),
		Inputs: []ui.Input{{Kind: "select", Name: "g", Label: k.T("word.group"), Options: groups, Required: true}}})
	key, to, reach := "sop_pause", plan.Paused, ""
	if s.State != plan.Running {
		key, to, reach = "sop_resume", plan.Running, k.T("plan.sop_reach", "groups", in, "people", people)
	}
	p.Openers = append(p.Openers, ui.Opener{Target: key, Text: k.T("plan." + key), Icon: "clock"})
	p.Asks = append(p.Asks, ui.Confirm{ID: key, Title: k.T("plan." + key), Object: s.Name, Effect: k.T("plan."+key+"_effect", "open", s.Counts.Open()) + reach, Action: at + "/move", Button: k.T("plan." + key),
		Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "to", Text: string(to)}}})
}

// sopChange does something to the SOP of the path and comes back to its page.
func (k *call) sopChange(said string, do func(id community.ID) error) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/sops/" + id.String()
	if err := do(id); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T(said))
}

// sopAdd lets a group enter.
func (c *Console) sopAdd(k *call) error {
	return k.sopChange("plan.entered_done", func(id community.ID) error {
		g, err := k.groupNamed(k.form("g"))
		if err == nil && g.Key == 0 {
			err = community.Errorf(community.CodeBadInput, "group: none chosen")
		}
		if err != nil {
			return err
		}
		return k.plans().AddToSOP(k.ctx(), k.who(), id, g.Key, k.form("reason"))
	})
}

// sopLeave takes a group out.
func (c *Console) sopLeave(k *call) error {
	return k.sopChange("plan.left_done", func(id community.ID) error {
		g, err := k.groupNamed(k.form("g"))
		if err != nil {
			return err
		}
		return k.plans().RemoveFromSOP(k.ctx(), k.who(), id, g.Key, k.form("reason"))
	})
}

// sopMove pauses an SOP or lets it go on.
func (c *Console) sopMove(k *call) error {
	return k.sopChange("plan.moved", func(id community.ID) error {
		return k.plans().MoveSOP(k.ctx(), k.who(), id, plan.State(k.form("to")), k.form("reason"))
	})
}
