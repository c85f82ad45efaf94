package console

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
	"qunluo/internal/table"
)

// rowField is a field of a row as it came: what is shown again, and what somebody else wrote meanwhile.
type rowField struct {
	value  string
	theirs string // said; "" = nobody did
}

// rowInputs are the fields of a row, each with what it held and the revision that was seen.
func (k *call) rowInputs(t table.Table, row table.Row, sent map[string]rowField) []ui.Input {
	var out, beside []ui.Input
	for _, c := range t.Shown() {
		cell := row.Cells[c.ID]
		in := ui.Input{Kind: "text", Name: "v_" + c.ID, Label: ui.Visible(c.Name), Value: cell.Value, Required: c.Needed && c.Kind != table.Check, Max: table.MaxCell}
		if back, ok := sent[c.ID]; ok {
			in.Value, in.Err = back.value, back.theirs
		}
		switch c.Kind {
		case table.Text:
			in.Kind, in.Rows = "area", 2
		case table.Date:
			in.Kind = "date"
		case table.Check:
			in.Kind = "check"
		case table.Choice:
			in.Kind, in.Options = "select", []ui.Option{{Text: k.T("table.none_chosen")}}
			known := in.Value == ""
			for _, o := range c.Options {
				known = known || o == in.Value
				in.Options = append(in.Options, ui.Option{Value: o, Text: ui.Visible(o)})
			}
			if !known {
				in.Options = append(in.Options, ui.Option{Value: in.Value, Text: ui.Visible(in.Value)})
			}
		}
		out = append(out, in)
		beside = append(beside, ui.Input{Kind: "hidden", Name: "was_" + c.ID, Value: cell.Value}, ui.Input{Kind: "hidden", Name: "seen_" + c.ID, Value: strconv.FormatInt(cell.Rev, 10)})
	}
	return append(out, beside...)
}

// readRow reads the fields of a row out of a form.
func (k *call) readRow(t table.Table) (values map[string]string, fields []table.Change, sent map[string]rowField) {
	values, sent = map[string]string{}, map[string]rowField{}
	for _, c := range t.Shown() {
		v := k.typed("v_" + c.ID)
		seen, _ := strconv.ParseInt(k.form("seen_"+c.ID), 10, 64)
		values[c.ID], sent[c.ID] = v, rowField{value: v}
		fields = append(fields, table.Change{Column: c.ID, Was: strings.ReplaceAll(k.R.PostFormValue("was_"+c.ID), "\r\n", "\n"), Seen: seen, Value: v, Dropped: !k.R.PostForm.Has("seen_" + c.ID)})
	}
	return values, fields, sent
}

// tableRowForm is the form for another row.
func (c *Console) tableRowForm(k *call) error { return k.tableRowNew(nil, nil) }

func (k *call) tableRowNew(sent map[string]rowField, faults []string) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	t, err := k.tables().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	home := "/tables/" + id.String()
	p := view.PlanForm{Head: ui.Head{Title: k.T("table.add_row"), Sub: t.Title, Back: home}, Action: home + "/add", Do: k.T("table.add_row"), Faults: faults, Hidden: []ui.Option{{Value: "key", Text: rand.Text()}},
		Groups: []view.PlanFields{{Title: t.Title, Rows: k.rowInputs(t, table.Row{}, sent)}}}
	return k.showFaults(p.Head.Title, faults, view.PlanEdit(p))
}

func (c *Console) tableRowAdd(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	t, err := k.tables().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	values, _, sent := k.readRow(t)
	if _, _, err := k.tables().Edit(k.ctx(), k.who(), id, []table.Edit{{Key: k.form("key"), Verb: table.Add, Values: values}}); err != nil {
		said, err := k.tableSaid(err)
		if err != nil {
			return err
		}
		return k.tableRowNew(sent, said)
	}
	return k.ok("/tables/"+id.String(), k.T("table.added"))
}

// rowNo reads the {no} of the path; CodeNotFound.
func (k *call) rowNo() (int64, error) {
	no, err := strconv.ParseInt(k.R.PathValue("no"), 10, 64)
	if err != nil {
		return 0, community.Errorf(community.CodeNotFound, "row: %w", err)
	}
	return no, nil
}

// tableRowPage shows a row: as a form to who may write, and all that became of it.
func (c *Console) tableRowPage(k *call) error { return k.tableRowShow(http.StatusOK, nil, nil) }

func (k *call) tableRowShow(status int, sent map[string]rowField, faults []string) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	no, err := k.rowNo()
	if err != nil {
		return err
	}
	column := k.query("c")
	t, row, history, err := k.tables().Row(k.ctx(), id, no, column)
	if err != nil {
		return err
	}
	home := "/tables/" + id.String()
	here := home + "/rows/" + strconv.FormatInt(no, 10)
	writes := k.may(rights.Write) && t.Closed == 0
	past, asks, err := k.rowHistory(t, row, history, here, writes)
	if err != nil {
		return err
	}
	head := ui.Head{Title: k.T("table.row_no", "no", no), Sub: t.Title, Back: home}
	if !writes || row.Gone {
		p := view.PlanPage{Head: head, Tables: []view.PlanTable{k.rowFacts(t, row), past}, Asks: asks}
		if row.Gone {
			p.State = ui.Pill("", "trash", k.T("table.is_gone"))
			if writes {
				p.Openers = []ui.Opener{{Target: "restore", Text: k.T("table.restore_row"), Icon: "arrow-back-up"}}
				p.Asks = append(p.Asks, ui.Confirm{ID: "restore", Title: k.T("table.restore_row"), Effect: k.T("table.restore_effect"), Action: here + "/restore", Button: k.T("table.restore_row"), Fields: []ui.Option{{Value: "key", Text: rand.Text()}}})
			}
		}
		return k.showStatus(status, head.Title, view.PlanShow(p))
	}
	head.Actions = ui.ConfirmButton(ui.Opener{Target: "remove", Text: k.T("table.remove_row"), Icon: "trash", Danger: true})
	asks = append(asks, ui.Confirm{ID: "remove", Title: k.T("table.remove_row"), Object: row.Cells[t.Shown()[0].ID].Value, Effect: k.T("table.remove_effect"), Action: here + "/remove", Button: k.T("table.remove_row"), Danger: true,
		Fields: []ui.Option{{Value: "key", Text: rand.Text()}, {Value: "seen", Text: strconv.FormatInt(row.Rev, 10)}}})
	p := view.PlanForm{Head: head, Action: here, Do: k.T("form.save"), Faults: faults, Hidden: []ui.Option{{Value: "key", Text: rand.Text()}}, Groups: []view.PlanFields{{Title: k.T("table.cells"), Rows: k.rowInputs(t, row, sent)}}, Tables: []view.PlanTable{past}}
	if len(faults) > 0 && sent != nil && status == http.StatusConflict {
		p.HintLink = ui.Option{Value: here, Text: k.T("table.take_theirs")}
		p.Do = k.T("table.take_mine")
	}
	return k.showStatus(status, head.Title, view.TopicQueue(p, asks))
}

// rowFacts shows the cells of a row that nobody edits here.
func (k *call) rowFacts(t table.Table, row table.Row) view.PlanTable {
	out := ui.Table{Label: k.T("table.cells"), Columns: []ui.Column{{Title: k.T("table.column")}, {Title: k.T("table.value")}}}
	for _, c := range t.Shown() {
		v := row.Cells[c.ID].Value
		cell := ui.Name(v)
		if c.Kind == table.Check {
			cell = ui.Text(k.T(map[bool]string{true: "table.yes", false: "table.no"}[v == "1"]))
		}
		out.Rows = append(out.Rows, ui.Row{Cells: []templ.Component{ui.Name(c.Name), cell}})
	}
	return view.PlanTable{Title: out.Label, Table: out}
}

// rowHistory lists what became of a row; what a cell held before can be put back.
func (k *call) rowHistory(t table.Table, row table.Row, list []table.Edit, here string, writes bool) (view.PlanTable, []ui.Confirm, error) {
	who, err := k.tableWriters(list)
	out := ui.Table{Label: k.T("table.history"), Columns: []ui.Column{{Title: k.T("table.what")}, {Title: k.T("table.was")}, {Title: k.T("table.became")}, {Title: k.T("table.who")}, {Title: k.T("table.when")}}}
	var asks []ui.Confirm
	for _, e := range list {
		col, known := t.Column(e.Column)
		what := ui.Pill("", "", k.T("table.verb_"+e.Verb))
		switch {
		case e.State == table.Conflict || e.State == table.Gone:
			what = ui.Pill("warning", "alert-triangle", k.T("table.state_"+e.State))
		case e.Verb == table.Set && known:
			what = ui.Name(col.Name)
		}
		line := ui.Row{Cells: []templ.Component{what, ui.Name(k.cellText(col, e.Was)), ui.Name(k.cellText(col, e.Value)), ui.Name(who(e.By)), ui.Moment(e.At)}}
		if e.State == table.Conflict && e.Verb == table.Set && known {
			line.Cells[0] = ui.Two(k.T("table.state_"+e.State), col.Name)
		}
		now := row.Cells[e.Column]
		value := e.Was
		if e.State != table.Kept {
			value = e.Value // what was not kept can still be taken
		}
		if writes && !row.Gone && e.Verb == table.Set && known && value != now.Value {
			ask := "back" + strconv.FormatInt(e.No, 10)
			line.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("table.put"), Small: true})
			asks = append(asks, ui.Confirm{ID: ask, Title: k.T("table.put"), Object: col.Name, Effect: k.T("table.put_effect", "now", orWord(k.cellText(col, now.Value), k.T("table.nothing_in_it")), "then", orWord(k.cellText(col, value), k.T("table.nothing_in_it"))), Action: here + "/back", Button: k.T("table.put"),
				Fields: []ui.Option{{Value: "key", Text: rand.Text()}, {Value: "col", Text: col.ID}, {Value: "seen", Text: strconv.FormatInt(now.Rev, 10)}, {Value: "value", Text: value}}})
		}
		out.Rows = append(out.Rows, line)
	}
	return view.PlanTable{Title: out.Label, Note: k.T("table.history_note"), Table: out}, asks, err
}

// tableRowSave takes the cells of a row that were changed. What somebody else changed meanwhile is shown beside, and asked.
func (c *Console) tableRowSave(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	no, err := k.rowNo()
	if err != nil {
		return err
	}
	t, err := k.tables().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	here := "/tables/" + id.String() + "/rows/" + strconv.FormatInt(no, 10)
	_, fields, sent := k.readRow(t)
	list, err := t.Changes(no, k.form("key"), fields)
	var now []table.Row
	if err == nil && len(list) > 0 {
		list, now, err = k.tables().Edit(k.ctx(), k.who(), id, list)
	}
	if err != nil {
		said, err := k.tableSaid(err)
		if err != nil {
			return err
		}
		return k.tableRowShow(http.StatusUnprocessableEntity, sent, said)
	}
	if hasState(list, table.Gone) {
		return k.done(here, "danger", k.T("table.row_gone"), community.ID{})
	}
	if hasState(list, table.Conflict) {
		who, err := k.lastWriters(id, no)
		if err != nil {
			return err
		}
		var met []string
		for i, e := range list {
			if e.State != table.Conflict {
				delete(sent, e.Column)
				continue
			}
			col, _ := t.Column(e.Column)
			theirs := k.T("table.theirs", "who", who[e.Column], "value", orWord(k.cellText(col, now[i].Cells[e.Column].Value), k.T("table.nothing_in_it")))
			sent[e.Column] = rowField{e.Value, theirs}
			met = append(met, k.T("table.met", "column", ui.Visible(col.Name), "theirs", theirs, "mine", orWord(k.cellText(col, e.Value), k.T("table.nothing_in_it"))))
		}
		return k.tableRowShow(http.StatusConflict, sent, met)
	}
	return k.ok("/tables/"+id.String(), k.T("table.saved"))
}

// lastWriters says who wrote each cell of a row last.
func (k *call) lastWriters(id community.ID, no int64) (map[string]string, error) {
	_, row, history, err := k.tables().Row(k.ctx(), id, no, "")
	if err != nil {
		return nil, err
	}
	who, err := k.tableWriters(history)
	out := map[string]string{}
	for column, cell := range row.Cells {
		for _, e := range history {
			if e.No == cell.Rev {
				out[column] = who(e.By)
			}
		}
	}
	return out, err
}

// tableRowStep takes a row out, brings it back, or puts a cell back.
func tableRowStep(verb, said string) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		id, err := k.id()
		if err != nil {
			return err
		}
		no, err := k.rowNo()
		if err != nil {
			return err
		}
		here := "/tables/" + id.String() + "/rows/" + strconv.FormatInt(no, 10)
		seen, _ := strconv.ParseInt(k.form("seen"), 10, 64)
		e := table.Edit{Key: k.form("key"), Verb: verb, Row: no, Seen: seen}
		if verb == table.Set {
			e.Column, e.Value = k.form("col"), k.typed("value")
		}
		list, _, err := k.tables().Edit(k.ctx(), k.who(), id, []table.Edit{e})
		if err != nil {
			return k.refused(here, err)
		}
		if hasState(list, table.Conflict, table.Gone) {
			return k.done(here, "danger", k.T("table.changed_meanwhile"), community.ID{})
		}
		if verb == table.Remove {
			return k.ok("/tables/"+id.String(), k.T(said))
		}
		return k.ok(here, k.T(said))
	}
}
