package console

import (
	"context"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/identity"
	"qunluo/internal/rights"
)

// Persons says which accounts are one human. Every change leaves its audit row.
type Persons interface {
	// Person gives every account of the human whom a member is, that member first.
	Person(ctx context.Context, m community.MemberKey) ([]identity.Account, error)
	// Facts lists the link log, the newest first: of one member, or (0) all.
	Facts(ctx context.Context, m community.MemberKey, page community.Page) ([]identity.FactRow, int, error)
	// Suggestions lists pairs that may be one human: of one member, or (0) all. Nothing follows from them by itself.
	Suggestions(ctx context.Context, m community.MemberKey, page community.Page) ([]identity.Pair, int, error)
	// Merge says that two members are one human. CodeConflict: they are already; CodeTooLarge: too many accounts.
	Merge(ctx context.Context, user string, one, two community.ID, evidence identity.Evidence, reason string) (identity.Fact, error)
	// Split says that a member is a human of their own. CodeConflict: they are.
	Split(ctx context.Context, user string, member community.ID, reason string) (identity.Fact, error)
	// UndoFact takes a merge or split back. CodeConflict: it was, or later ones stand on it.
	UndoFact(ctx context.Context, user string, fact community.ID, reason string) (identity.Fact, error)
	// Apart says that two members are not one human, or takes that back. CodeConflict: said before.
	Apart(ctx context.Context, user string, one, two community.ID, apart bool, reason string) error
}

// personRoutes are absent where the house keeps no persons.
func (c *Console) personRoutes() []route {
	if c.deps.Persons == nil {
		return nil
	}
	return []route{
		{pattern: "GET /members/links", may: rights.SeePeople, serve: (*Console).personList},
		{pattern: "GET /members/links/log", may: rights.SeePeople, serve: (*Console).personLog},
		{pattern: "POST /members/{id}/merge", may: rights.Merge, serve: (*Console).personMerge},
		{pattern: "POST /members/{id}/split", may: rights.Merge, serve: (*Console).personSplit},
		{pattern: "POST /members/{id}/apart", may: rights.Merge, serve: (*Console).personApart},
		{pattern: "POST /members/links/{id}/undo", may: rights.Merge, serve: (*Console).personUndo},
	}
}

func personTabs(k *call, here string) []ui.Tab {
	return []ui.Tab{{Text: k.T("nav.members"), Link: "/members"}, {Text: k.T("person.suggested"), Link: "/members/links", Here: here == "suggested"},
		{Text: k.T("person.log"), Link: "/members/links/log", Here: here == "log"}}
}

// personList shows who may be one human; each pair waits for an owner's word.
func (c *Console) personList(k *call) error {
	page := k.page(listLimit)
	page.Sort = ""
	pairs, total, err := k.Persons.Suggestions(k.ctx(), 0, page)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("person.title"), Sub: k.T("person.sub"), Back: "/members"}, Tabs: personTabs(k, "suggested"), Note: k.T("person.note")}
	p.Table, p.Asks = pairTable(k, pairs, "/members/links")
	p.Table.Pager = k.pager(page, len(pairs), total)
	return k.show(p.Head.Title, view.ListPage(p))
}

// pairTable lists suggestions with the questions behind their buttons.
func pairTable(k *call, pairs []identity.Pair, back string) (ui.Table, []ui.Confirm) {
	t := ui.Table{Label: k.T("person.suggested"), Columns: []ui.Column{{Title: k.T("person.first")}, {Title: k.T("person.second")}, {Title: k.T("person.evidence")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("person.none"), Text: k.T("person.none_text")}}
	var asks []ui.Confirm
	for i, p := range pairs {
		row := ui.Row{Link: "/members/" + p.A.ID.String(), Cells: []templ.Component{accountCell(k, p.A, p.GroupsA), view.Stack(view.Link("/members/"+p.B.ID.String(), named(p.B.Name, p.B.External)), accountUnder(k, p.B, p.GroupsB)),
			ui.Two(k.T("person.by_"+string(p.Evidence)), ui.Visible(p.Value))}}
		if k.may(rights.Merge) {
			n := strconv.Itoa(i)
			both := named(p.A.Name, p.A.External) + " · " + named(p.B.Name, p.B.External)
			fields := []ui.Option{{Value: "other", Text: p.B.ID.String()}, {Value: "evidence", Text: string(p.Evidence)}, {Value: "back", Text: back}}
			merge := ui.Confirm{ID: "merge-" + n, Title: k.T("person.merge"), Object: both, Effect: k.T("person.merge_effect"), Action: "/members/" + p.A.ID.String() + "/merge",
				Button: k.T("person.merge"), Reason: k.T("form.reason"), Need: true, Fields: fields}
			apart := ui.Confirm{ID: "apart-" + n, Title: k.T("person.apart"), Object: both, Effect: k.T("person.apart_effect"), Action: "/members/" + p.A.ID.String() + "/apart",
				Button: k.T("person.apart"), Reason: k.T("form.reason"), Need: true, Fields: fields}
			asks = append(asks, merge, apart)
			row.Actions = view.Openers([]ui.Opener{{Target: merge.ID, Text: merge.Title, Icon: "users", Small: true}, {Target: apart.ID, Text: apart.Title, Icon: "x", Small: true}})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, asks
}

func accountCell(k *call, m community.Member, groups []string) templ.Component {
	return ui.Two(named(m.Name, m.External), accountUnder(k, m, groups))
}

// accountUnder is the quieter line under an account: where it is from, and groups it is in.
func accountUnder(k *call, m community.Member, groups []string) string {
	parts := []string{k.platform(m.Platform)}
	if m.Name != m.External && m.Certainty != community.NameOnly {
		parts = append(parts, m.External)
	}
	if m.Certainty == community.NameOnly {
		parts = append(parts, k.T("member.name_only"))
	}
	if len(groups) > 0 {
		parts = append(parts, strings.Join(groups, k.T("list.comma")))
	}
	return ui.Visible(strings.Join(parts, " · "))
}

// personLog shows what was merged and split, and lets an owner take it back.
func (c *Console) personLog(k *call) error {
	page := k.page(listLimit)
	page.Sort = ""
	facts, total, err := k.Persons.Facts(k.ctx(), 0, page)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("person.title"), Sub: k.T("person.sub"), Back: "/members"}, Tabs: personTabs(k, "log")}
	if p.Table, p.Asks, err = factTable(k, facts, "/members/links/log"); err != nil {
		return err
	}
	p.Table.Pager = k.pager(page, len(facts), total)
	return k.show(p.Head.Title, view.ListPage(p))
}

func factTable(k *call, facts []identity.FactRow, back string) (ui.Table, []ui.Confirm, error) {
	who, err := k.userNames()
	t := ui.Table{Label: k.T("person.log"), Columns: []ui.Column{{Title: k.T("person.what")}, {Title: k.T("person.accounts")}, {Title: k.T("person.why")}, {Title: k.T("person.when")}},
		Empty: ui.Empty{Icon: "history", Title: k.T("person.no_log"), Text: k.T("person.no_log_text")}}
	var asks []ui.Confirm
	for _, f := range facts {
		var names []string
		for _, m := range f.Accounts {
			names = append(names, named(m.Name, m.External)+" ("+k.platform(m.Platform)+")")
		}
		what := k.T("person.kind_" + string(f.Kind))
		if f.Undone {
			what += " · " + k.T("person.undone")
		}
		why := f.Reason
		if f.Evidence != "" {
			why += " (" + k.T("person.by_"+string(f.Evidence)) + ")"
		}
		row := ui.Row{Cells: []templ.Component{ui.Text(what), ui.Text(ui.Visible(strings.Join(names, k.T("list.comma")))), ui.Two(why, who(f.User)), ui.Moment(f.At)}}
		if f.Kind != identity.Undone && !f.Undone && k.may(rights.Merge) {
			ask := ui.Confirm{ID: "undo-" + f.ID.String(), Title: k.T("person.undo"), Object: strings.Join(names, k.T("list.comma")), Effect: k.T("person.undo_effect"), Action: "/members/links/" + f.ID.String() + "/undo",
				Button: k.T("person.undo"), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "back", Text: back}}}
			asks = append(asks, ask)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: ask.Title, Icon: "arrow-back-up", Small: true})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, asks, err
}

// personStep is what the changes share: a reason is needed, errors go back in words.
func personStep(k *call, said string, do func(reason string) error) error {
	to := k.back("/members/links")
	reason := k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := do(reason); err != nil {
		if key := "person.error_" + string(community.CodeOf(err)); k.Words.Has(key) {
			return k.done(to, "danger", k.T(key), community.ID{})
		}
		return k.refused(to, err)
	}
	return k.ok(to, k.T(said))
}

func (c *Console) personMerge(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	return personStep(k, "person.merged", func(reason string) error {
		other, err := memberNamed(k, k.form("other"))
		if err != nil {
			return err
		}
		_, err = k.Persons.Merge(k.ctx(), k.who(), id, other, identity.Evidence(k.form("evidence")), reason)
		return err
	})
}

// memberNamed finds one member by our id, the platform's id or the whole name; CodeNotFound when there is none or more than
// one.
func memberNamed(k *call, text string) (community.ID, error) {
	if id, err := community.ParseID(text); err == nil {
		return id, nil
	}
	var found []community.Member
	if text != "" {
		rows, _, err := k.Desk.FindMembers(k.ctx(), community.MemberFilter{Text: text, Page: community.Page{Limit: 200}})
		if err != nil {
			return community.ID{}, err
		}
		for _, r := range rows {
			if r.External == text || r.Name == text {
				found = append(found, r.Member)
			}
		}
	}
	if len(found) != 1 {
		return community.ID{}, community.Errorf(community.CodeNotFound, "member %q: %d found", text, len(found))
	}
	return found[0].ID, nil
}

func (c *Console) personSplit(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	return personStep(k, "person.parted", func(reason string) error {
		_, err := k.Persons.Split(k.ctx(), k.who(), id, reason)
		return err
	})
}

func (c *Console) personApart(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	return personStep(k, "person.said_apart", func(reason string) error {
		other, err := community.ParseID(k.form("other"))
		if err != nil {
			return community.Errorf(community.CodeBadInput, "other: %w", err)
		}
		return k.Persons.Apart(k.ctx(), k.who(), id, other, true, reason)
	})
}

func (c *Console) personUndo(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	return personStep(k, "person.taken_back", func(reason string) error {
		_, err := k.Persons.UndoFact(k.ctx(), k.who(), id, reason)
		return err
	})
}

// factsShown is how many lines of the link log the page of a member shows.
const factsShown = 5

// memberPerson fills the part of a member's page that is about the person: all accounts with where they are, what may be the
// same human, what was merged and split.
func memberPerson(k *call, p *view.MemberPage, m community.Member) ([]identity.Account, error) {
	alone := []identity.Account{{Member: m}}
	if k.Persons == nil {
		return alone, nil
	}
	accounts, err := k.Persons.Person(k.ctx(), m.Key)
	if err != nil {
		return nil, err
	}
	if len(accounts) == 0 {
		accounts = alone
	}
	p.Tags, p.Person = accounts[0].Tags, &view.PersonPart{}
	if k.c.mounted("/members/{id}/tags", k) {
		p.TagPage = "/members/" + m.ID.String() + "/tags"
	}
	here := "/members/" + m.ID.String()
	p.Person.Accounts = accountTable(k, p, accounts, here)
	if k.may(rights.Merge) {
		p.Person.Merge = ui.Opener{Target: "ask-merge", Text: k.T("person.merge_other"), Icon: "users", Small: true}
		p.Asks = append(p.Asks, ui.Confirm{ID: "ask-merge", Title: k.T("person.merge_other"), Object: named(m.Name, m.External), Effect: k.T("person.merge_effect"), Action: here + "/merge", Button: k.T("person.merge"),
			Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "back", Text: here}}, Inputs: []ui.Input{{Kind: "text", Name: "other", Label: k.T("person.other_account"), Help: k.T("person.other_help"), Required: true}}})
	}
	facts, _, err := k.Persons.Facts(k.ctx(), m.Key, community.Page{Limit: factsShown})
	if err != nil {
		return nil, err
	}
	table, asks, err := factTable(k, facts, here)
	p.Person.Log = table
	p.Asks = append(p.Asks, asks...)
	return accounts, err
}

func accountTable(k *call, p *view.MemberPage, accounts []identity.Account, back string) ui.Table {
	num := func(title string) ui.Column { return ui.Column{Title: title, Num: true} }
	t := ui.Table{Label: k.T("person.accounts"), Columns: []ui.Column{{Title: k.T("person.account")}, {Title: k.T("person.where")}, num(k.T("home.messages")), num(k.T("member.strikes")), {Title: k.T("member.last_word")}, {Title: k.T("person.tags")}}}
	for _, a := range accounts {
		var groups []string
		var messages, last int64
		strikes := 0
		for _, place := range a.Places {
			groups = append(groups, place.GroupName)
			messages, strikes, last = messages+place.Messages, strikes+place.Strikes, max(last, place.LastWord)
		}
		row := ui.Row{Link: "/members/" + a.ID.String(), Cells: []templ.Component{accountCell(k, a.Member, nil), ui.Text(ui.Visible(strings.Join(groups, k.T("list.comma")))), ui.Figure(messages), ui.Figure(int64(strikes)), lastWord(k, last), view.Chips(a.Tags)}}
		if len(accounts) > 1 && k.may(rights.Merge) {
			ask := ui.Confirm{ID: "split-" + a.ID.String(), Title: k.T("person.split"), Object: named(a.Name, a.External), Effect: k.T("person.split_effect"), Action: "/members/" + a.ID.String() + "/split",
				Button: k.T("person.split"), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "back", Text: back}}}
			p.Asks = append(p.Asks, ask)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: ask.Title, Icon: "x", Small: true})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
