package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

var auditRoutes = []route{
	{pattern: "GET /audit", may: rights.SeeAudit, serve: (*Console).auditList},
	{pattern: "GET /audit.csv", may: rights.Export, and: rights.SeeAudit, serve: (*Console).auditSheet},
}

const auditPage = 50

// auditVerbs are offered by the filter; the trail may hold others.
var auditVerbs = []string{"rulebook.publish", "rulebook.draft", "group.mode", "group.set", "member.mark", "freeze", "action.act", "decision.undo", "decision.kept",
	"decision.false_hit", "decision.dismiss", "decision.release", "task.claim", "task.done", "task.refuse", "import.start", "import.undo",
	"account.save", "account.delete", "user.save", "setup", "setup.token", "token.make", "token.revoke"}

// auditList is who did what, when and why.
func (c *Console) auditList(k *call) error {
	page := k.page(auditPage)
	f := auditFilter(k)
	f.Page = page
	rows, total, err := k.Desk.FindAudit(k.ctx(), f)
	if err != nil {
		return err
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	subjects, err := auditSubjects(k, names)
	if err != nil {
		return err
	}
	p := view.AuditList{Head: ui.Head{Title: k.T("nav.audit"), Sub: k.T("audit.intro")}, Filters: auditFilters(k, names)}
	p.Table = ui.Table{Label: k.T("nav.audit"), Pager: k.pager(page, len(rows), total),
		Columns: []ui.Column{{Title: k.T("audit.what")}, {Title: k.T("audit.who")}, {Title: k.T("audit.subject")}, {Title: k.T("audit.at")}, {Title: k.T("audit.detail")}},
		Empty:   ui.Empty{Icon: "history", Title: k.T("audit.none"), Text: k.T("audit.none_text")}}
	k.export(p.Table.Pager, "/audit.csv")
	for _, a := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []templ.Component{
			ui.Two(auditVerb(k, a.Verb), a.Reason), ui.Name(named(names[a.User], a.User)), ui.Text(auditSubject(k, a.Subject, subjects)), ui.Moment(a.At),
			view.BeforeAfter(shorten(string(a.Before), 4000), shorten(string(a.After), 4000)),
		}})
	}
	return k.show(p.Head.Title, view.AuditListPage(p))
}

func auditFilter(k *call) community.AuditFilter {
	return community.AuditFilter{User: k.query("user"), Verb: k.query("verb"), From: dayStart(k.query("from")), To: dayEnd(k.query("to"))}
}

// auditSheet is the whole filtered trail as CSV, up to community.CountCap rows; before and after go with it.
func (c *Console) auditSheet(k *call) error {
	f := auditFilter(k)
	f.Page.Limit = 200
	names, err := k.names()
	if err != nil {
		return err
	}
	if _, total, err := k.Desk.FindAudit(k.ctx(), f); err != nil {
		return err
	} else if err := k.bulkExport(min(total, community.CountCap)); err != nil {
		return k.refused("/audit", err)
	}
	head := []string{k.T("audit.at"), k.T("audit.who"), k.T("audit.what"), k.T("audit.subject"), k.T("form.reason"), k.T("audit.before"), k.T("audit.after")}
	return k.sheet("audit", head, func() ([][]string, error) {
		if f.Page.Offset > community.CountCap {
			return nil, nil
		}
		rows, _, err := k.Desk.FindAudit(k.ctx(), f)
		f.Page.Offset += f.Page.Limit
		var out [][]string
		for _, a := range rows {
			out = append(out, []string{time.UnixMilli(a.At).In(i18n.Zone(nil)).Format(time.RFC3339), named(names[a.User], a.User), a.Verb, a.Subject, a.Reason, string(a.Before), string(a.After)})
		}
		return out, err
	})
}

func auditFilters(k *call, names map[string]string) ui.Filters {
	people := []ui.Option{{Text: k.T("list.any")}, {Value: "system", Text: names["system"]}, {Value: "cli", Text: names["cli"]}}
	users, _ := k.c.deps.People.Users(k.ctx(), k.User.Org) // names were just read; without them the filter offers fewer
	for _, u := range users {
		people = append(people, ui.Option{Value: u.ID.String(), Text: named(u.Name, u.Login)})
	}
	verbs := []ui.Option{{Text: k.T("list.any")}}
	for _, v := range auditVerbs {
		verbs = append(verbs, ui.Option{Value: v, Text: auditVerb(k, v)})
	}
	f := ui.Filters{Action: "/audit", Fields: []ui.Filter{
		{Kind: "select", Name: "user", Label: k.T("audit.who"), Value: k.query("user"), Options: people},
		{Kind: "select", Name: "verb", Label: k.T("audit.what"), Value: k.query("verb"), Options: verbs},
		{Kind: "date", Name: "from", Label: k.T("list.from"), Value: k.query("from")},
		{Kind: "date", Name: "to", Label: k.T("list.to"), Value: k.query("to")},
	}}
	if k.R.URL.RawQuery != "" {
		f.Clear = "/audit"
	}
	return f
}

func auditVerb(k *call, verb string) string {
	if key := "did." + verb; k.Words.Has(key) {
		return k.T(key)
	}
	return verb
}

// auditSubjects gives the names of what audit rows are about, by "kind:id".
func auditSubjects(k *call, names map[string]string) (map[string]string, error) {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: 200}})
	if err != nil {
		return nil, err
	}
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return nil, err
	}
	subjects := map[string]string{}
	for _, g := range groups {
		subjects["group:"+strconv.FormatInt(int64(g.Key), 10)], subjects["group:"+g.ID.String()] = g.Name, g.Name
	}
	for _, a := range accounts {
		subjects["account:"+a.ID.String()] = a.Name
	}
	for id, name := range names {
		subjects["user:"+id] = name
	}
	return subjects, nil
}

// auditSubject says "group:3" or "user:<id>" by name where there is one, else as the kind in words and the id.
func auditSubject(k *call, subject string, subjects map[string]string) string {
	kind, id, found := strings.Cut(subject, ":")
	key := "subject." + kind
	if !found || !k.Words.Has(key) {
		return subject
	}
	return k.T(key) + " " + named(subjects[subject], id)
}

// dayStart and dayEnd read "2006-01-02" as the bounds of that day in Asia/Shanghai, UTC ms; 0 = none.
func dayStart(text string) int64 {
	t, err := time.ParseInLocation("2006-01-02", text, i18n.Zone(nil))
	if err != nil {
		return 0
	}
	return t.UnixMilli()
}

func dayEnd(text string) int64 {
	if at := dayStart(text); at != 0 {
		return at + 24*3600*1000
	}
	return 0
}
