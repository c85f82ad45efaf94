package console

import (
	"context"
	"errors"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

// Overlaps says what a group shares with the others of an operator, and keeps what it gives that they do not.
type Overlaps interface {
	Overlap(ctx context.Context, g community.GroupKey) (admit.OverlapCheck, error)
	// SharedIn lists people of a group who are in others too, those in most groups first; other 0 = in any.
	SharedIn(ctx context.Context, g, other community.GroupKey, p community.Page) ([]admit.Double, int, error)
	// Differences lists what was written, the newest first; SetDifference writes it anew.
	Differences(ctx context.Context, g community.GroupKey) ([]admit.Difference, error)
	SetDifference(ctx context.Context, user string, g community.GroupKey, text string) (admit.Difference, error)
}

// overlapRoutes are there where overlaps are looked for.
func (c *Console) overlapRoutes() []route {
	if c.deps.Overlaps == nil {
		return nil
	}
	return []route{
		{pattern: "GET /groups/{id}/overlap", may: rights.SeePeople, serve: (*Console).overlapPage},
		{pattern: "POST /groups/{id}/difference", may: rights.Work, serve: (*Console).differenceSave},
	}
}

func (k *call) overlaps() Overlaps { return k.c.deps.Overlaps(k.User.Org, k.groups) }

func overlapAt(g community.GroupRow) string { return "/groups/" + g.ID.String() + "/overlap" }

// overlapPage shows what a group shares with others before it is opened, and what it gives that they do not.
func (c *Console) overlapPage(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	other, err := k.groupNamed(k.query("other"))
	if err != nil {
		return err
	}
	check, err := k.overlaps().Overlap(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("overlap.title"), Sub: g.Name, Back: "/groups/" + g.ID.String()}, Says: k.overlapSays(check)}
	p.Notes = []string{k.T("overlap.note_people"), k.T("overlap.note_copies", "heard", k.Words.Number(check.Heard), "others", k.Words.Number(check.Others)), k.T("overlap.note_sister"), k.T("overlap.note_open")}
	p.Openers = []ui.Opener{{Target: "difference", Text: k.T("overlap.write"), Icon: "edit"}}
	p.Asks = []ui.Confirm{{ID: "difference", Title: k.T("overlap.write"), Object: g.Name, Effect: k.T("overlap.write_effect"), Action: "/groups/" + g.ID.String() + "/difference", Button: k.T("overlap.save"),
		Inputs: []ui.Input{{Kind: "area", Name: "text", Label: k.T("overlap.difference"), Value: check.Difference.Text, Help: k.T("overlap.difference_help"), Required: true, Max: admit.MaxDifference, Rows: 3}}}}
	p.Metrics = []view.Metric{
		{Label: k.T("overlap.people"), Lead: k.Words.Number(check.People), Means: k.T("overlap.people_means")},
		{Label: k.T("overlap.said"), Lead: k.Words.Number(check.Said), Means: k.T("overlap.said_means")},
		{Label: k.T("overlap.others"), Lead: k.Words.Number(check.Others), Means: k.T("overlap.others_means")},
	}
	people, err := k.sharedTable(g, other)
	if err != nil {
		return err
	}
	history, err := k.differenceTable(g)
	if err != nil {
		return err
	}
	p.Lead = []view.PlanTable{{Title: k.T("overlap.found"), Table: k.overlapTable(g, check)}}
	p.Tables = []view.PlanTable{{Title: k.T("overlap.shared"), Note: k.overlapOf(other), Table: people}, {Title: k.T("overlap.copies"), Note: k.T("overlap.copies_note", "most", admit.CopyExamples), Table: k.copiesTable(check)}, {Title: k.T("overlap.history"), Table: history}}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(g))
}

func (k *call) overlapOf(other community.GroupRow) string {
	if other.Key == 0 {
		return ""
	}
	return k.T("overlap.only", "group", ui.Visible(other.Name))
}

// overlapSays says whether the group may be opened, and what is missing.
func (k *call) overlapSays(c admit.OverlapCheck) string {
	var names []string
	for _, o := range c.Missing() {
		names = append(names, ui.Visible(o.Name))
	}
	switch said := k.T("list.colon") + c.Difference.Text; {
	case c.Others == 0:
		return k.T("overlap.alone")
	case len(names) > 0:
		return k.T("overlap.missing", "groups", strings.Join(names, k.T("list.comma")))
	case c.Difference.Version > 0:
		return k.T("overlap.written") + said
	case len(c.Overlaps) > 0:
		return k.T("overlap.sisters")
	}
	return k.T("overlap.none")
}

func (k *call) overlapTable(g community.GroupRow, c admit.OverlapCheck) ui.Table {
	t := ui.Table{Label: k.T("overlap.found"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("overlap.shared"), Num: true}, {Title: k.T("overlap.share"), Num: true}, {Title: k.T("overlap.copies"), Num: true}, {Title: k.T("overlap.told")}},
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("overlap.none_title"), Text: k.T("overlap.none")}}
	missing := map[community.GroupKey]bool{}
	for _, o := range c.Missing() {
		missing[o.Group] = true
	}
	for _, o := range c.Overlaps {
		state := ui.Pill("good", "check", k.T("overlap.is_told"))
		switch {
		case o.Sister:
			state = ui.Pill("info", "", k.T("overlap.is_sister"))
		case missing[o.Group]:
			state = ui.Pill("warning", "alert-triangle", k.T("overlap.is_missing"))
		}
		share := "–"
		if c.People > 0 {
			share = percent(float64(o.Shared) / float64(c.People))
		}
		t.Rows = append(t.Rows, ui.Row{Link: overlapAt(g) + "?other=" + o.GroupID.String(), Cells: []templ.Component{ui.Name(o.Name), ui.Figure(int64(o.Shared)), ui.Text(share), ui.Figure(int64(o.Copies)), state}})
	}
	return t
}

// sharedTable lists the people who are in other groups too.
func (k *call) sharedTable(g, other community.GroupRow) (ui.Table, error) {
	t := ui.Table{Label: k.T("overlap.shared"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("overlap.where")}}, Empty: ui.Empty{Icon: "users", Title: k.T("overlap.nobody")}}
	at := k.page(listLimit)
	list, total, err := k.overlaps().SharedIn(k.ctx(), g.Key, other.Key, at)
	if err != nil {
		return t, err
	}
	for _, d := range list {
		var names []string
		for _, p := range d.Places {
			if p.Group != g.Key {
				names = append(names, ui.Visible(p.Name))
			}
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/members/" + d.Member.ID.String(), Cells: []templ.Component{ui.Name(d.Member.Name), ui.Text(strings.Join(names, k.T("list.comma")))}})
	}
	t.Pager = k.pager(at, len(list), total)
	return t, nil
}

// copiesTable puts near-copies beside each other.
func (k *call) copiesTable(c admit.OverlapCheck) ui.Table {
	t := ui.Table{Label: k.T("overlap.copies"), Columns: []ui.Column{{Title: k.T("overlap.mine")}, {Title: k.T("overlap.theirs")}, {Title: k.T("word.group")}}, Empty: ui.Empty{Icon: "message", Title: k.T("overlap.no_copies")}}
	for _, o := range c.Overlaps {
		for _, x := range o.Examples {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(gist(x.Mine.Text, 60), k.saidUnder(x.Mine)), ui.Two(gist(x.Theirs.Text, 60), k.saidUnder(x.Theirs)), ui.Name(o.Name)}})
		}
	}
	return t
}

// saidUnder says where a text is from, and when.
func (k *call) saidUnder(s admit.Said) string {
	if s.At == 0 {
		return k.T("overlap.from_" + s.Source)
	}
	return k.T("overlap.from_"+s.Source) + " · " + i18n.Time(s.At, nil)
}

func (k *call) differenceTable(g community.GroupRow) (ui.Table, error) {
	t := ui.Table{Label: k.T("overlap.history"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("overlap.difference")}}, Empty: ui.Empty{Icon: "history", Title: k.T("overlap.unwritten")}}
	list, err := k.overlaps().Differences(k.ctx(), g.Key)
	if err != nil {
		return t, err
	}
	who, err := k.userNames()
	if err != nil {
		return t, err
	}
	for _, v := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(v.At), ui.Text(who(v.User)), ui.Text(ui.Visible(v.Text))}})
	}
	return t, nil
}

// differenceSave keeps what a group gives that others do not.
func (c *Console) differenceSave(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	if _, err := k.overlaps().SetDifference(k.ctx(), k.who(), g.Key, k.typed("text")); err != nil {
		if community.CodeOf(err) == community.CodeBadInput {
			return k.done(overlapAt(g), "danger", k.T("overlap.bad", "most", admit.MaxDifference), community.ID{})
		}
		return k.refused(overlapAt(g), err)
	}
	return k.ok(overlapAt(g), k.T("overlap.saved"))
}

// notOpened leads to the goal or the check of a group when that is why no code may lead to it; else it goes back with the error.
func (k *call) notOpened(to string, g community.GroupKey, err error) error {
	if led, err := k.noGoal(g, err); led {
		return err
	}
	if !errors.Is(err, admit.ErrSameAsOthers) || k.c.deps.Overlaps == nil {
		return k.refused(to, err)
	}
	groups, e := k.groupsOf([]community.GroupKey{g})
	if e != nil {
		return e
	}
	return k.done(overlapAt(groups[g]), "warning", k.T("overlap.first"), community.ID{})
}
