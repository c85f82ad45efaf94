package console

import (
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
)

// importZones are offered where a file tells no zone; any other can be typed.
var importZones = []string{"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "UTC", "Europe/London", "America/New_York", "America/Los_Angeles"}

// importChoices is the form under a trial: what the file leaves open is decided here, and the file tried once more.
func importChoices(k *call, rep importReport, at string) (*view.ImportAgain, error) {
	chosen, err := k.groupNamed(rep.Asked.Group)
	if community.CodeOf(err) == community.CodeNotFound {
		chosen, err = community.GroupRow{}, nil
	}
	if err != nil {
		return nil, err
	}
	groups, err := k.groupChoice(k.T("import.as_file"), chosen)
	if err != nil {
		return nil, err
	}
	f := &view.ImportAgain{Action: at + "/again", Button: k.T("import.again"), Inputs: []ui.Input{{Kind: "hidden", Name: "format", Value: rep.Asked.Format}}}
	if rep.guessed() || rep.Asked.Zone != "" {
		f.Inputs = append(f.Inputs, zoneChoice(k, rep)...)
	}
	if rep.guessed() {
		f.Guess = k.T("import.guess", "zone", rep.zone())
	}
	if rep.dated() {
		in := ui.Input{Kind: "text", Name: "at", Label: k.T("import.at"), Help: k.T("import.at_help")}
		if rep.Asked.At != 0 {
			in.Value = i18n.Time(rep.Asked.At, nil)
		}
		f.Inputs = append(f.Inputs, in)
	}
	value := ""
	if chosen.Key != 0 {
		value = chosen.ID.String()
	}
	f.Inputs = append(f.Inputs, ui.Input{Kind: "select", Name: "group", Label: k.T("import.group"), Options: groups, Value: value},
		ui.Input{Kind: "text", Name: "new_group", Label: k.T("import.new_group"), Value: rep.Asked.Called})
	if len(rep.Chats) > 1 {
		f.Legend = k.T("import.which_chats")
	}
	for _, c := range rep.Chats {
		if ticked := slices.Contains(rep.Asked.Chats, c.Value); len(rep.Chats) > 1 {
			f.Chats = append(f.Chats, ui.Input{Kind: "check", Name: chatField + c.Value, Label: ui.Visible(c.Text), Value: map[bool]string{true: "1"}[ticked]})
		}
	}
	if rep.nears() > 0 {
		f.Inputs = append(f.Inputs, ui.Input{Kind: "select", Name: "near", Label: k.T("import.near_choice"), Help: k.T("import.near_help"), Value: map[bool]string{true: "keep"}[rep.Asked.KeepNear],
			Options: []ui.Option{{Text: k.T("import.near_skip")}, {Value: "keep", Text: k.T("import.near_keep")}}})
	}
	return f, nil
}

// chatField begins the names of the boxes that choose chats.
const chatField = "chat:"

// zoneChoice asks for the zone of times that have none. What is preselected while nobody has said is marked as a guess.
func zoneChoice(k *call, rep importReport) []ui.Input {
	in := ui.Input{Kind: "select", Name: "zone", Label: k.T("import.zone_ask"), Value: rep.Asked.Zone, Options: []ui.Option{{Text: k.T("import.zone_unknown")}}}
	zones := importZones
	if z := rep.Asked.Zone; z != "" && !slices.Contains(zones, z) {
		zones = append([]string{z}, zones...)
	}
	for _, z := range zones {
		in.Options = append(in.Options, ui.Option{Value: z, Text: k.T("import.zone_sure", "zone", z)})
	}
	return []ui.Input{in, {Kind: "text", Name: "zone_other", Label: k.T("import.zone_other"), Help: k.T("import.zone_other_help")}}
}

// importAgain tries the kept file once more, as the person has decided now.
func (c *Console) importAgain(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/imports/" + id.String()
	o, fault, err := importOrder(k, k.form)
	if err != nil {
		return err
	}
	if fault != "" {
		return k.done(to, "danger", fault, community.ID{})
	}
	for name := range k.R.PostForm {
		if chat, ok := strings.CutPrefix(name, chatField); ok {
			o.Chats = append(o.Chats, chat)
		}
	}
	slices.Sort(o.Chats)
	run, err := c.deps.Importer.Again(k.ctx(), k.who(), k.User.Org, id, o)
	if community.CodeOf(err) == community.CodeNotFound {
		return k.done("/imports", "danger", k.T("import.gone"), community.ID{})
	}
	if err != nil {
		return k.refused(to, err)
	}
	return k.redirect("/imports/" + run.String())
}

// importCommit reads the kept file in earnest.
func (c *Console) importCommit(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if _, err := k.Desk.ImportByID(k.ctx(), id); err != nil {
		return err
	}
	run, err := c.deps.Importer.Commit(k.ctx(), k.who(), k.User.Org, id)
	if community.CodeOf(err) == community.CodeNotFound {
		return k.done("/imports", "danger", k.T("import.gone"), community.ID{})
	}
	if err != nil {
		return k.refused("/imports/"+id.String(), err)
	}
	return k.redirect("/imports/" + run.String())
}

// importUndo takes a run back.
func (c *Console) importUndo(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	r, err := k.Desk.ImportByID(k.ctx(), id)
	if err != nil {
		return err
	}
	to, reason := "/imports/"+id.String(), k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := c.deps.Importer.Undo(k.ctx(), k.who(), k.User.Org, id, reason); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("import.undone", "name", r.Name))
}
