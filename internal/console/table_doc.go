package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
	"qunluo/internal/table"
)

// docFields are the fields of a document of the register.
func (k *call) docFields(d table.Doc) ([]ui.Input, error) {
	users, err := k.c.deps.People.Users(k.ctx(), k.User.Org)
	if err != nil {
		return nil, err
	}
	var owners []ui.Option
	for _, u := range users {
		if u.Enabled || u.ID.String() == d.Owner {
			owners = append(owners, ui.Option{Value: u.ID.String(), Text: ui.Visible(orWord(u.Name, u.Login))})
		}
	}
	review := ""
	if d.Review > 0 {
		review = measure.Day(d.Review).String()
	}
	return []ui.Input{{Kind: "text", Name: "title", Label: k.T("table.doc_title"), Value: d.Title, Required: true, Max: table.MaxTitle}, {Kind: "url", Name: "link", Label: k.T("table.doc_link"), Value: d.Link, Required: true, Max: table.MaxCell},
		{Kind: "text", Name: "purpose", Label: k.T("table.doc_purpose"), Value: d.Purpose, Required: true, Max: table.MaxPurpose}, {Kind: "select", Name: "owner", Label: k.T("table.doc_owner"), Value: d.Owner, Options: owners},
		{Kind: "date", Name: "review", Label: k.T("table.doc_review"), Value: review}, {Kind: "number", Name: "every", Label: k.T("table.doc_every"), Help: k.T("table.doc_every_help"), Value: strconv.Itoa(d.Every)}}, nil
}

// docList is the register of documents kept elsewhere.
func (c *Console) docList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	due := k.query("due") == "1"
	at := k.page(listLimit)
	list, total, today, err := k.tables().Docs(k.ctx(), g.Key, due, at)
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	writes := k.may(rights.Write)
	p := view.List{Head: ui.Head{Title: k.T("table.docs"), Sub: k.T("table.docs_sub")}, Tabs: k.tableTabs("docs"), Filters: ui.Filters{Action: "/documents", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: choice}}},
		Presets: []ui.Tab{{Text: k.T("table.doc_all"), Link: k.here("due", ""), Here: !due}, {Text: k.T("table.doc_due"), Link: k.here("due", "1"), Here: due}}}
	if writes {
		fields, err := k.docFields(table.Doc{Owner: k.who(), Every: 90, Review: today + 90})
		if err != nil {
			return err
		}
		groups, err := k.groupChoice(k.T("table.whole"), g)
		if err != nil {
			return err
		}
		if k.groups != nil {
			groups = groups[1:]
		}
		fields = append(fields, ui.Input{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups})
		p.Head.Actions = ui.ConfirmButton(ui.Opener{Target: "doc-add", Text: k.T("table.doc_add"), Icon: "plus"})
		p.Asks = append(p.Asks, ui.Confirm{ID: "doc-add", Title: k.T("table.doc_add"), Effect: k.T("table.docs_sub"), Action: "/documents", Button: k.T("table.doc_add"), Inputs: fields})
	}
	p.Table = ui.Table{Label: k.T("table.docs"), Columns: []ui.Column{{Title: k.T("table.doc_title")}, {Title: k.T("word.group")}, {Title: k.T("table.doc_purpose")}, {Title: k.T("table.doc_owner")}, {Title: k.T("table.doc_next")}},
		Empty: ui.Empty{Icon: "link", Title: k.T("table.no_docs"), Text: k.T("table.no_docs_text")}, Pager: k.pager(at, len(list), total)}
	for _, d := range list {
		row := ui.Row{Cells: []templ.Component{view.Outside(d.Link, d.Title), k.tableOwner(d.GroupName), ui.Name(d.Purpose), ui.Name(who(d.Owner)), k.docNext(d, today, who)}}
		if writes {
			if err := k.docAsks(&p, &row, d); err != nil {
				return err
			}
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// docNext says when who may see a document is looked at next, and what was found last.
func (k *call) docNext(d table.Doc, today int64, who func(string) string) templ.Component {
	next := view.Quiet(k.T("table.doc_never"))
	switch {
	case d.Due(today):
		next = ui.Pill("danger", "alert-triangle", k.T("table.doc_is_due", "day", measure.Day(d.Review).String()))
	case d.Review > 0:
		next = ui.Pill("", "clock", measure.Day(d.Review).String())
	}
	if d.Reviewed == 0 {
		return next
	}
	return templ.Join(next, ui.Two("", k.T("table.doc_last", "who", who(d.Reviewer), "note", d.Note)))
}

func (k *call) docAsks(p *view.List, row *ui.Row, d table.Doc) error {
	id := d.ID.String()
	fields, err := k.docFields(d)
	if err != nil {
		return err
	}
	row.Actions = templ.Join(ui.ConfirmButton(ui.Opener{Target: "review-" + id, Text: k.T("table.doc_reviewed"), Small: true}), ui.ConfirmButton(ui.Opener{Target: "edit-" + id, Text: k.T("table.doc_edit"), Small: true}), ui.ConfirmButton(ui.Opener{Target: "drop-" + id, Text: k.T("table.doc_drop"), Small: true, Danger: true}))
	at := "/documents/" + id
	p.Asks = append(p.Asks,
		ui.Confirm{ID: "review-" + id, Title: k.T("table.doc_reviewed"), Object: d.Title, Effect: k.T("table.doc_reviewed_effect"), Action: at + "/review", Button: k.T("table.doc_reviewed"), Inputs: []ui.Input{{Kind: "text", Name: "note", Label: k.T("table.doc_note"), Required: true}}},
		ui.Confirm{ID: "edit-" + id, Title: k.T("table.doc_edit"), Object: d.Title, Action: at, Button: k.T("form.save"), Inputs: fields, Fields: []ui.Option{{Value: "version", Text: strconv.FormatInt(d.Version, 10)}}},
		ui.Confirm{ID: "drop-" + id, Title: k.T("table.doc_drop"), Object: d.Title, Effect: k.T("table.doc_drop_effect"), Action: at + "/drop", Button: k.T("table.doc_drop"), Reason: k.T("form.reason"), Danger: true})
	return nil
}

// docSave keeps a document: a new one, or one that was changed.
func (c *Console) docSave(k *call) error {
	d := table.Doc{Title: k.form("title"), Link: strings.TrimSpace(k.R.PostFormValue("link")), Owner: k.form("owner"), Purpose: k.typed("purpose"), Every: number(k.form("every"), 0, table.MaxEvery, 0)}
	if text := k.form("review"); text != "" {
		day, err := measure.ParseDay(text)
		if err != nil {
			return k.refused("/documents", community.Errorf(community.CodeBadInput, "review: %w", err))
		}
		d.Review = int64(day)
	}
	if k.R.PathValue("id") != "" {
		id, err := k.id()
		if err != nil {
			return err
		}
		d.ID = id
		if d.Version, err = strconv.ParseInt(k.form("version"), 10, 64); err != nil || d.Version < 1 {
			return community.Errorf(community.CodeBadInput, "version: want a number")
		}
	} else {
		g, err := k.groupNamed(k.form("g"))
		if err != nil {
			return err
		}
		d.Group = g.Key
	}
	if _, err := k.tables().SaveDoc(k.ctx(), k.who(), d, k.form("reason")); err != nil {
		return k.refused("/documents", err)
	}
	return k.ok("/documents", k.T("table.doc_saved"))
}

// docReview notes that who may see a document was looked at.
func (c *Console) docReview(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if _, err := k.tables().ReviewDoc(k.ctx(), k.who(), id, k.typed("note")); err != nil {
		return k.refused("/documents", err)
	}
	return k.ok("/documents", k.T("table.doc_review_kept"))
}

// docDrop takes a document out of the register.
func (c *Console) docDrop(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.tables().DropDoc(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/documents", err)
	}
	return k.ok("/documents", k.T("table.doc_dropped"))
}
