package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

var choreRoutes = []route{
	{pattern: "GET /connections/{id}/chores", may: rights.Connect, serve: (*Console).choreList},
	{pattern: "GET /connections/{id}/chores/{name}", may: rights.Connect, serve: (*Console).chorePage},
	{pattern: "POST /connections/{id}/chores/{name}", may: rights.Connect, serve: (*Console).choreDo},
}

// choreRows bounds what one page lists of an outcome.
const choreRows = 1000

// choreList shows what an account can do besides acting in groups.
func (c *Console) choreList(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	list, err := c.deps.Wires.Chores(k.ctx(), a.Key)
	if err != nil && community.CodeOf(err) != community.CodeUnsupported && community.CodeOf(err) != community.CodeUnreachable {
		return err
	}
	p := view.Chores{Head: ui.Head{Title: k.T("chore.title"), Back: "/connections/" + a.ID.String(), Sub: a.Name},
		Empty: ui.Empty{Icon: "plug", Title: k.T("chore.none"), Text: k.T("chore.none_text")}}
	if c.deps.Drifts != nil && slices.ContainsFunc(list, func(one connect.Chore) bool { return one.Name == "tag.drift" }) {
		p.Kinds = append(p.Kinds, view.Kind{Title: k.T("moment.drift"), Summary: k.T("drift.means"), Link: "/connections/" + a.ID.String() + "/drift"})
	}
	for _, one := range list {
		p.Kinds = append(p.Kinds, view.Kind{Title: k.Words.Pick(one.Title), Summary: k.Words.Pick(one.Help), Link: "/connections/" + a.ID.String() + "/chores/" + one.Name})
	}
	return k.show(p.Head.Title, view.ChoresPage(p))
}

// chore finds the account and the chore that the address names.
func (c *Console) chore(k *call) (a community.Account, one connect.Chore, err error) {
	if a, err = k.account(); err != nil {
		return a, one, err
	}
	list, err := c.deps.Wires.Chores(k.ctx(), a.Key)
	if err != nil {
		return a, one, err
	}
	for _, one := range list {
		if one.Name == k.R.PathValue("name") {
			return a, one, nil
		}
	}
	return a, one, community.Errorf(community.CodeNotFound, "no such chore")
}

func (c *Console) chorePage(k *call) error {
	a, one, err := c.chore(k)
	if err != nil {
		return err
	}
	p := view.Chore{Form: choreForm(k, a, one, nil)}
	return k.show(p.Form.Head.Title, view.ChorePage(p))
}

// choreForm is made of the chore's fields, with what was entered before.
func choreForm(k *call, a community.Account, one connect.Chore, entered map[string]string) view.Form {
	back := "/connections/" + a.ID.String() + "/chores"
	f := view.Form{Head: ui.Head{Title: k.Words.Pick(one.Title), Back: back, Sub: a.Name}, Action: back + "/" + one.Name, Button: k.T("chore.read")}
	if one.Changes {
		f.Button, f.Note = k.T("chore.change"), k.Words.Pick(one.Help)
	}
	for _, field := range one.Fields {
		in := fieldInput(k, field, entered == nil, nil)
		if entered != nil {
			in.Value = entered[field.Name]
		}
		f.Fields = append(f.Fields, in)
	}
	if one.Changes {
		f.Fields = append(f.Fields, ui.Input{Name: "_reason", Label: k.T("form.reason"), Max: 200, Auto: "off", Value: entered["_reason"]})
	}
	return f
}

// choreDo does a chore and shows on the same page what came of it.
func (c *Console) choreDo(k *call) error {
	a, one, err := c.chore(k)
	if err != nil {
		return err
	}
	entered := map[string]string{"_reason": k.form("_reason")}
	args := map[string]string{}
	for _, f := range one.Fields {
		entered[f.Name] = strings.TrimSpace(k.R.PostFormValue(f.Name))
		args[f.Name] = entered[f.Name]
		if f.Kind == connect.KindBool {
			args[f.Name] = map[bool]string{true: "true", false: "false"}[entered[f.Name] == "1"]
		}
	}
	p := view.Chore{Form: choreForm(k, a, one, entered)}
	raw, _ := json.Marshal(args) // a map of strings always encodes
	out, err := k.Hands.DoChore(k.ctx(), k.who(), a.Key, one.Name, raw, entered["_reason"])
	if err != nil {
		p.Form.Faults = []string{choreFault(k, err)}
		return k.showStatus(statusOf(community.CodeOf(err)), p.Form.Head.Title, view.ChorePage(p))
	}
	p.Said = k.Words.Pick(out.Say)
	p.Table, p.Asks = choreTable(k, a, "row", out)
	return k.showStatus(http.StatusOK, p.Form.Head.Title, view.ChorePage(p))
}

// choreFault says what went wrong: the connection's own sentence where it has one.
func choreFault(k *call, err error) string {
	if said := k.Words.Pick(connect.SayOf(err)); said != "" {
		return said
	}
	code := string(community.CodeOf(err))
	if code == string(community.CodeBadInput) || code == string(community.CodeNotFound) || code == string(community.CodeTooLarge) {
		return k.T("setting.wrong", "why", strings.TrimPrefix(err.Error(), "settings: "))
	}
	return k.T("error."+code+".title") + " " + k.T("error."+code+".text")
}

// choreTable lists what came of a chore; where more may follow from a row, it has a button that asks first. of keeps the
// ids apart where a page shows several.
func choreTable(k *call, a community.Account, of string, out connect.Outcome) (*ui.Table, []ui.Confirm) {
	if len(out.Columns) == 0 {
		return nil, nil
	}
	t := &ui.Table{Label: k.T("chore.title"), Empty: ui.Empty{Icon: "check", Title: k.T("chore.nothing")}}
	for _, title := range out.Columns {
		t.Columns = append(t.Columns, ui.Column{Title: k.Words.Pick(title)})
	}
	var asks []ui.Confirm
	for i, row := range out.Rows[:min(len(out.Rows), choreRows)] {
		var r ui.Row
		for _, cell := range row {
			r.Cells = append(r.Cells, ui.Text(cell))
		}
		if i < len(out.Acts) && len(out.Acts[i]) > 0 {
			var buttons []ui.Opener
			for j, act := range out.Acts[i] {
				ask := choreAct(k, a, act)
				ask.ID, ask.Object = fmt.Sprintf("%s-%d-%d", of, i, j), shorten(strings.Join(row[:min(len(row), 3)], " "), 80)
				asks, buttons = append(asks, ask), append(buttons, ui.Opener{Target: ask.ID, Text: ask.Title, Small: true})
			}
			r.Actions = view.ConfirmButtons(buttons)
		}
		t.Rows = append(t.Rows, r)
	}
	return t, asks
}

// choreAct asks before another chore follows from a row.
func choreAct(k *call, a community.Account, act connect.Act) ui.Confirm {
	ask := ui.Confirm{Title: k.Words.Pick(act.Title), Effect: k.T("moment.act_effect"), Action: "/connections/" + a.ID.String() + "/chores/" + act.Chore, Button: k.Words.Pick(act.Title)}
	for _, name := range slices.Sorted(maps.Keys(act.Args)) {
		ask.Fields = append(ask.Fields, ui.Option{Value: name, Text: act.Args[name]})
	}
	return ask
}
