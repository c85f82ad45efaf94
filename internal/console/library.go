package console

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
	"qunluo/internal/shelf"
)

// Libraries is what the pages of the library ask and change. CodeConflict: an item was changed meanwhile, or put away; CodeRefused: it has
// expired and nobody says why it goes; CodeForbidden: it is exclusive to groups that the person does not see.
type Libraries interface {
	Find(ctx context.Context, f shelf.Filter) ([]shelf.Item, int, error)
	Tags(ctx context.Context) ([]string, error)
	Get(ctx context.Context, id community.ID) (shelf.Item, error)
	Standing(i shelf.Item) string
	Save(ctx context.Context, user string, id community.ID, seen int64, kind shelf.Kind, content shelf.Content, note string) (shelf.Item, error)
	Versions(ctx context.Context, id community.ID) ([]shelf.Version, error)
	Restore(ctx context.Context, user string, id community.ID, version int, note string) (shelf.Item, error)
	Archive(ctx context.Context, user string, id community.ID, away bool, reason string) (shelf.Item, error)
	ToCalendar(ctx context.Context, user string, id community.ID, o shelf.Order, content plan.Content) (plan.Item, error)
	ToBroadcast(ctx context.Context, user string, id community.ID, o shelf.Order, b plan.Broadcast) (plan.Broadcast, error)
	Preview(ctx context.Context, id community.ID, o shelf.Order) ([]shelf.Preview, error)
	// Uses lists where an item was used; beyond counts uses in groups that the person does not see.
	Uses(ctx context.Context, id community.ID) (list []shelf.Use, beyond int, err error)
	// Said counts what was said of an item by name, by its versions.
	Said(ctx context.Context, id community.ID) ([]shelf.SaidOf, error)
	// Greet lets an item greet who comes into a group; it gives the version of the rules that does. CodeRefused: it cannot.
	Greet(ctx context.Context, user string, id community.ID, g community.GroupKey, note string) (int, error)
	// Short gives the link that counts an item's openings; CodeNotFound: it has none yet.
	Short(ctx context.Context, id community.ID) (admit.Short, error)
	// Exclusive says to the members of which groups an item opens; none = to all again.
	Exclusive(ctx context.Context, user string, id community.ID, groups []community.GroupKey, reason string) (shelf.Item, error)
	Release(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	Releases(ctx context.Context, id community.ID) ([]shelf.Release, error)
	// Withheld lists what was stopped because it holds an item, in the groups that the person sees.
	Withheld(ctx context.Context, id community.ID) ([]shelf.Withheld, error)
	// Mine gives a member's own address of an exclusive item.
	Mine(ctx context.Context, user string, id, member community.ID) (string, error)
}

// libraryRoutes are there where there is a library.
func (c *Console) libraryRoutes() []route {
	if c.deps.Libraries == nil {
		return nil
	}
	return []route{
		{pattern: "GET /library", may: rights.SeeContent, serve: (*Console).libraryList},
		{pattern: "GET /library/new", may: rights.Write, serve: (*Console).libraryNew},
		{pattern: "POST /library", may: rights.Write, serve: (*Console).librarySave, upload: true},
		{pattern: "GET /library/{id}", may: rights.SeeContent, serve: (*Console).libraryPage},
		{pattern: "GET /library/{id}/edit", may: rights.Write, serve: (*Console).libraryEdit},
		{pattern: "POST /library/{id}/restore", may: rights.Write, serve: step("/library", nil, func(k *call, id community.ID) (string, error) {
			_, err := k.libraries().Restore(k.ctx(), k.who(), id, number(k.form("version"), 1, 1_000_000, 0), k.form("reason"))
			return k.T("library.restored"), err
		})},
		{pattern: "POST /library/{id}/archive", may: rights.Write, serve: step("/library", nil, func(k *call, id community.ID) (string, error) {
			_, err := k.libraries().Archive(k.ctx(), k.who(), id, k.form("away") == "1", k.form("reason"))
			return k.T("library.moved"), err
		})},
		{pattern: "POST /library/{id}/exclusive", may: rights.Publish, serve: step("/library", nil, func(k *call, id community.ID) (string, error) {
			groups, err := k.groupKeysNamed(k.R.PostForm["groups"])
			if err == nil {
				_, err = k.libraries().Exclusive(k.ctx(), k.who(), id, groups, k.form("reason"))
			}
			return k.T("library.moved"), err
		})},
		{pattern: "POST /library/{id}/release", may: rights.Publish, serve: step("/library", nil, func(k *call, id community.ID) (string, error) {
			if k.form("g") == momentsPlace {
				return k.T("library.released"), k.libraries().Release(k.ctx(), k.who(), id, shelf.Moments, k.form("reason"))
			}
			g, err := k.groupNamed(k.form("g"))
			if err == nil {
				err = k.libraries().Release(k.ctx(), k.who(), id, g.Key, k.form("reason"))
			}
			return k.T("library.released"), err
		})},
		{pattern: "POST /library/{id}/mine", may: rights.Write, serve: step("/library", nil, func(k *call, id community.ID) (string, error) {
			member, err := community.ParseID(k.form("member"))
			if err != nil {
				return "", community.Errorf(community.CodeBadInput, "member: %w", err)
			}
			at, err := k.libraries().Mine(k.ctx(), k.who(), id, member)
			return k.T("library.mine_is", "at", at), err
		})},
		{pattern: "GET /library/{id}/plan", may: rights.Write, serve: (*Console).libraryPlanForm},
		{pattern: "POST /library/{id}/plan", may: rights.Write, serve: (*Console).libraryPlan},
		{pattern: "GET /library/{id}/send", may: rights.Write, serve: (*Console).librarySendForm},
		{pattern: "POST /library/{id}/send", may: rights.Write, serve: (*Console).librarySend},
		{pattern: "GET /library/{id}/greet", may: rights.Publish, serve: (*Console).libraryGreetForm},
		{pattern: "POST /library/{id}/greet", may: rights.Publish, serve: (*Console).libraryGreet},
	}
}

func (k *call) libraries() Libraries { return k.c.deps.Libraries(k.User.Org, k.groups) }

// momentsPlace stands for moments (朋友圈) where a group is chosen.
const momentsPlace = "moments"

// libraryLook is how the standings of an item look.
var libraryLook = map[string][2]string{shelf.Good: {"good", "circle-check"}, shelf.Soon: {"warning", "clock"}, shelf.Expired: {"danger", "alert-triangle"}}

func (k *call) libraryPill(i shelf.Item) templ.Component {
	if i.Archived {
		return ui.Pill("", "x", k.T("library.is_away"))
	}
	s := k.libraries().Standing(i)
	return ui.Pill(libraryLook[s][0], libraryLook[s][1], k.T("library.is_"+s, "until", i.Expires))
}

func (k *call) kindOptions(first string) []ui.Option {
	var out []ui.Option
	if first != "" {
		out = append(out, ui.Option{Text: first})
	}
	for _, kind := range shelf.Kinds() {
		out = append(out, ui.Option{Value: string(kind), Text: k.T("library.kind_" + string(kind))})
	}
	return out
}

func tagOptions(first string, tags []string) []ui.Option {
	out := []ui.Option{{Text: first}}
	for _, t := range tags {
		out = append(out, ui.Option{Value: t, Text: t})
	}
	return out
}

// libraryList lists items.
func (c *Console) libraryList(k *call) error {
	at := k.page(listLimit)
	f := shelf.Filter{Kind: shelf.Kind(k.query("kind")), Tag: k.query("tag"), Text: k.query("q"), Archived: k.query("away") == "1", Page: at}
	list, total, err := k.libraries().Find(k.ctx(), f)
	if err != nil {
		return err
	}
	tags, err := k.libraries().Tags(k.ctx())
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.library"), Sub: k.T("library.sub")}, Filters: ui.Filters{Action: "/library", Fields: []ui.Filter{
		{Kind: "text", Name: "q", Label: k.T("library.search"), Value: f.Text},
		{Kind: "select", Name: "kind", Label: k.T("library.kind"), Value: string(f.Kind), Options: k.kindOptions(k.T("library.every_kind"))},
		{Kind: "select", Name: "tag", Label: k.T("library.tag"), Value: f.Tag, Options: tagOptions(k.T("library.every_tag"), tags)},
		{Kind: "check", Name: "away", Label: k.T("library.away"), Value: k.query("away")}}}}
	empty := ui.Empty{Icon: "copy", Title: k.T("library.none"), Text: k.T("library.none_text")}
	if k.R.URL.RawQuery != "" {
		p.Filters.Clear = "/library"
	}
	if k.may(rights.Write) {
		p.Head.Actions = view.PlanNew("/library/new", k.T("library.new"))
		empty.Button, empty.Link = k.T("library.new"), "/library/new"
	}
	p.Table = ui.Table{Label: k.T("nav.library"), Columns: []ui.Column{{Title: k.T("library.title")}, {Title: k.T("library.kind")}, {Title: k.T("library.tags")}, {Title: k.T("library.state")}, {Title: k.T("library.updated")}}, Empty: empty, Pager: k.pager(at, len(list), total)}
	for _, i := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/library/" + i.ID.String(), Cells: []templ.Component{ui.Two(i.Title, short(i.Text, 60)), ui.Text(k.T("library.kind_" + string(i.Kind))),
			ui.Text(strings.Join(i.Tags, k.T("list.comma"))), k.libraryPill(i), ui.Moment(i.Updated)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func (k *call) libraryHere() (shelf.Item, error) {
	id, err := k.id()
	if err != nil {
		return shelf.Item{}, err
	}
	return k.libraries().Get(k.ctx(), id)
}

// libraryPage shows an item: what it says where, where it was used, what it was.
func (c *Console) libraryPage(k *call) error {
	i, err := k.libraryHere()
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: i.Title, Sub: k.T("library.kind_" + string(i.Kind)), Back: "/library"}, State: k.libraryPill(i), Text: i.Text, Means: k.T("library.version_n", "num", i.Version)}
	if len(i.Tags) > 0 {
		p.Means += " · " + strings.Join(i.Tags, k.T("list.comma"))
	}
	if vars := shelf.Variables(i.Text); len(vars) > 0 {
		p.Means += " · " + k.T("library.variables", "names", shelf.Braced(vars))
	}
	if i.URL != "" {
		p.Text = strings.TrimSpace(p.Text + "\n" + i.URL)
	}
	for _, f := range i.Files {
		p.Files = append(p.Files, ui.TaskFile{Name: f.Name, Note: k.T("media.kind." + plan.KindOf(f.Type)), Link: "/files/" + f.ID.String(), Image: strings.HasPrefix(f.Type, "image/")})
	}
	if i.Poster != "" {
		p.Files = append(p.Files, ui.TaskFile{Name: i.Poster, Note: k.T("library.poster"), Link: posterPictureAt(i.Poster, 480, nil, ""), Image: true})
		p.Links = append(p.Links, ui.Option{Value: posterAt(i.Poster), Text: k.T("library.go_poster")})
	}
	k.libraryActs(&p, i)
	for _, part := range []func(*view.PlanPage, shelf.Item) error{k.libraryOpenings, k.libraryShut, k.libraryLooks, k.librarySaid, k.libraryUses, k.libraryVersions} {
		if err := part(&p, i); err != nil {
			return err
		}
	}
	return k.show(p.Head.Title, view.PlanShow(p))
}

// libraryActs are what can be done with an item.
func (k *call) libraryActs(p *view.PlanPage, i shelf.Item) {
	if !k.may(rights.Write) {
		return
	}
	at := "/library/" + i.ID.String()
	ask := func(name, icon string, away string, danger bool) {
		p.Openers = append(p.Openers, ui.Opener{Target: name, Text: k.T("library." + name), Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, ui.Confirm{ID: name, Title: k.T("library." + name), Object: i.Title, Effect: k.T("library." + name + "_effect"), Action: at + "/archive", Button: k.T("library." + name), Danger: danger, Reason: k.T("form.reason"),
			Fields: []ui.Option{{Value: "away", Text: away}}})
	}
	if i.Archived {
		ask("back", "arrow-back-up", "0", false)
		return
	}
	p.Links = append(p.Links, ui.Option{Value: at + "/edit", Text: k.T("library.edit")}, ui.Option{Value: at + "/plan", Text: k.T("library.plan")}, ui.Option{Value: at + "/send", Text: k.T("library.send")})
	if k.may(rights.Publish) && i.Poster == "" {
		p.Links = append(p.Links, ui.Option{Value: at + "/greet", Text: k.T("library.greet")})
	}
	ask("archive", "x", "1", true)
}

// libraryOpenings shows how often an item was opened by its counted link.
func (k *call) libraryOpenings(p *view.PlanPage, i shelf.Item) error {
	s, err := k.libraries().Short(k.ctx(), i.ID)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	num := func(key string, n int64) ui.Number {
		return ui.Number{Label: k.T("library." + key), Value: k.Words.Number(n), Note: k.T("library." + key + "_note")}
	}
	p.Stats = []ui.Number{num("opened", s.Known+s.Unknown), num("known", s.Known), num("people", s.People)}
	if k.c.deps.Shorts != nil {
		p.Links = append(p.Links, ui.Option{Value: "/shorts/" + s.ID.String(), Text: k.T("library.go_short")})
	}
	return nil
}

// libraryShut shows to whom an exclusive item opens and where else it may go, and offers to change it.
func (k *call) libraryShut(p *view.PlanPage, i shelf.Item) error {
	at := "/library/" + i.ID.String()
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return err
	}
	choice, one := ui.Input{Kind: "checks", Name: "groups", Label: k.T("library.members_of")}, ui.Input{Kind: "select", Name: "g", Label: k.T("word.group")}
	names := map[community.GroupKey]string{shelf.Moments: k.T("library.moments")}
	for _, g := range groups {
		o := ui.Option{Value: g.ID.String(), Text: ui.Visible(g.Name)}
		choice.Options = append(choice.Options, o)
		names[g.Key] = g.Name
		if slices.Contains(i.Groups, g.Key) {
			choice.Ticked = append(choice.Ticked, o.Value)
		} else {
			one.Options = append(one.Options, o)
		}
	}
	offer := func(name, icon string, inputs ...ui.Input) {
		c := ui.Confirm{ID: name, Title: k.T("library." + name), Object: i.Title, Effect: k.T("library." + name + "_effect"), Action: at + "/" + name, Button: k.T("library." + name), Inputs: inputs}
		if name != "mine" {
			c.Reason, c.Need = k.T("form.reason"), true
		}
		p.Openers = append(p.Openers, ui.Opener{Target: name, Text: c.Title, Icon: icon})
		p.Asks = append(p.Asks, c)
	}
	if k.may(rights.Publish) && !i.Archived {
		offer("exclusive", "shield", choice)
	}
	if !i.Exclusive {
		return nil
	}
	if k.may(rights.Write) && !i.Archived {
		offer("mine", "user-check", ui.Input{Kind: "text", Name: "member", Label: k.T("short.member"), Help: k.T("short.member_help"), Required: true})
	}
	if k.groups == nil && k.c.deps.Moments != nil {
		one.Options = append(one.Options, ui.Option{Value: momentsPlace, Text: k.T("library.moments")})
	}
	if k.may(rights.Publish) && !i.Archived {
		offer("release", "arrow-right", one)
	}
	list, err := k.libraries().Releases(k.ctx(), i.ID)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("library.shut"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("library.goes")}, {Title: k.T("library.by")}, {Title: k.T("library.when")}}}
	for _, g := range i.Groups {
		if name, seen := names[g]; seen {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Name(name), ui.Text(k.T("library.goes_members")), ui.Text("–"), ui.Text("–")}})
		}
	}
	for _, r := range list {
		if name, seen := names[r.Group]; seen {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Name(name), ui.Text(k.T("library.goes_released", "why", r.Reason)), ui.Text(who(r.User)), ui.Moment(r.At)}})
		}
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Note: k.T("library.shut_note"), Table: t})
	return k.libraryWithheld(p, i, names)
}

// libraryWithheld shows what was not sent because it holds the item.
func (k *call) libraryWithheld(p *view.PlanPage, i shelf.Item, names map[community.GroupKey]string) error {
	list, err := k.libraries().Withheld(k.ctx(), i.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	t := ui.Table{Label: k.T("library.withheld"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("library.withheld_by")}}}
	for _, w := range list {
		by := k.T("library.withheld_" + string(w.By))
		if w.Rule != "" {
			by += " · " + w.Rule
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/inbox#task-" + w.Task.String(), Cells: []templ.Component{ui.Name(named(names[w.Group], "–")), ui.Text(by)}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Note: k.T("library.withheld_note"), Table: t})
	return nil
}

// libraryLooks shows what each platform would get.
func (k *call) libraryLooks(p *view.PlanPage, i shelf.Item) error {
	list, err := k.libraries().Preview(k.ctx(), i.ID, shelf.Order{})
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("library.looks"), Columns: []ui.Column{{Title: k.T("library.platform")}, {Title: k.T("library.says")}, {Title: k.T("library.lacks")}}, Empty: ui.Empty{Icon: "eye", Title: k.T("library.looks_none"), Text: k.T("library.looks_none_text")}}
	for _, v := range list {
		var lacks []string
		if len(v.Missing) > 0 {
			lacks = append(lacks, k.T("library.missing", "names", shelf.Braced(v.Missing)))
		}
		if len(v.Lost) > 0 {
			lacks = append(lacks, k.T("library.lost", "names", strings.Join(v.Lost, k.T("list.comma"))))
		}
		if v.ByHand {
			lacks = append(lacks, k.T("library.by_hand"))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.platform(v.Platform), v.Group), ui.Text(v.Text), ui.Text(cmp.Or(strings.Join(lacks, k.T("list.comma")), "–"))}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Note: k.T("library.looks_note"), Table: t})
	return nil
}

// libraryUses shows where an item was used.
func (k *call) libraryUses(p *view.PlanPage, i shelf.Item) error {
	list, beyond, err := k.libraries().Uses(k.ctx(), i.ID)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	groups, err := k.groupsOf(groupsUsed(list))
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("library.uses"), Columns: []ui.Column{{Title: k.T("library.place")}, {Title: k.T("library.version"), Num: true}, {Title: k.T("library.by")}, {Title: k.T("library.when")}}, Empty: ui.Empty{Icon: "copy", Title: k.T("library.unused"), Text: k.T("library.unused_text")}}
	for _, u := range list {
		link := ""
		switch u.Place {
		case shelf.InCalendar:
			link = "/calendar/" + u.Ref.String()
		case shelf.InBroadcast:
			link = "/broadcasts/" + u.Ref.String()
		case shelf.InStep:
			link = "/sops/" + u.Ref.String()
		case shelf.InWelcome, shelf.InCharter, shelf.InGreeting:
			link = "/rules/" + groups[u.Groups[0]].ID.String()
		}
		note := k.T("library.in_" + u.Place)
		if u.Override != "" {
			note += " · " + k.T("library.override", "why", u.Override)
		}
		version := ui.Figure(int64(u.Version))
		if u.Named() { // whatever the latest is
			version = ui.Text(k.T("library.by_name"))
			if len(u.Groups) > 0 && u.Place == shelf.InStep {
				note += " · " + k.T("library.in_groups", "num", len(u.Groups))
			}
		}
		t.Rows = append(t.Rows, ui.Row{Link: link, Cells: []templ.Component{ui.Two(u.Title, note), version, ui.Text(who(u.User)), ui.Moment(u.At)}})
	}
	note := ""
	if beyond > 0 {
		note = k.T("library.beyond", "num", beyond)
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Note: note, Table: t})
	return nil
}

func groupsUsed(list []shelf.Use) []community.GroupKey {
	var out []community.GroupKey
	for _, u := range list {
		if u.Place == shelf.InWelcome || u.Place == shelf.InCharter || u.Place == shelf.InGreeting {
			out = append(out, u.Groups...)
		}
	}
	return out
}

// changed shows what a version changed; a field is called by its name behind a prefix.
func (k *call) changed(prefix string, changes []shelf.Change) templ.Component {
	if len(changes) == 0 {
		return ui.Text("–")
	}
	var cells []templ.Component
	for _, d := range changes {
		cells = append(cells, ui.Two(k.T(prefix+d.Field), "− "+cmp.Or(short(d.Before, 120), "–")), ui.Two("", "+ "+cmp.Or(short(d.After, 120), "–")))
	}
	return templ.Join(cells...)
}

// libraryVersions shows what an item was, with what each version changed.
func (k *call) libraryVersions(p *view.PlanPage, i shelf.Item) error {
	list, err := k.libraries().Versions(k.ctx(), i.ID)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("library.versions"), Columns: []ui.Column{{Title: k.T("library.version")}, {Title: k.T("library.changed")}, {Title: k.T("library.by")}, {Title: k.T("library.when")}}}
	for n, v := range list {
		row := ui.Row{}
		var changes []shelf.Change
		if n+1 < len(list) {
			changes = shelf.Difference(list[n+1].Content, v.Content)
		}
		row.Cells = []templ.Component{ui.Two(k.T("library.version_n", "num", v.Version), v.Note), k.changed("library.", changes), ui.Text(who(v.User)), ui.Moment(v.At)}
		if n > 0 && k.may(rights.Write) && !i.Archived {
			id := "restore-" + strconv.Itoa(v.Version)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("library.restore"), Small: true, Icon: "history"})
			p.Asks = append(p.Asks, ui.Confirm{ID: id, Title: k.T("library.restore"), Object: k.T("library.version_n", "num", v.Version), Effect: k.T("library.restore_effect"), Action: "/library/" + i.ID.String() + "/restore", Button: k.T("library.restore"),
				Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "version", Text: strconv.Itoa(v.Version)}}})
		}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Table: t})
	return nil
}

func (c *Console) libraryNew(k *call) error {
	kind := shelf.Kind(k.query("kind"))
	if !slices.Contains(shelf.Kinds(), kind) {
		kind = shelf.Post
	}
	return k.libraryForm(shelf.Item{Kind: kind}, nil)
}

func (c *Console) libraryEdit(k *call) error {
	i, err := k.libraryHere()
	if err != nil {
		return err
	}
	return k.libraryForm(i, nil)
}

// libraryForm is the form of an item.
func (k *call) libraryForm(i shelf.Item, faults []string) error {
	var kept []plan.Piece
	for _, f := range i.Files {
		kept = append(kept, plan.Piece{Kind: plan.KindOf(f.Type), File: f.ID, Name: f.Name, Type: f.Type, Bytes: f.Bytes})
	}
	p := view.PlanForm{Multi: true, Head: ui.Head{Title: k.T("library.new"), Sub: k.T("library.form_sub"), Back: "/library"}, Action: "/library", Do: k.T("form.save"), Faults: faults, Groups: []view.PlanFields{
		{Title: k.T("library.what"), Rows: []ui.Input{
			{Kind: "select", Name: "kind", Label: k.T("library.kind"), Value: string(i.Kind), Options: k.kindOptions("")},
			{Kind: "text", Name: "title", Label: k.T("library.title"), Value: i.Title, Required: true, Max: shelf.MaxTitle},
			{Kind: "area", Name: "text", Label: k.T("library.text"), Value: i.Text, Help: k.T("library.text_help"), Rows: 6, Max: shelf.MaxText},
			{Kind: "url", Name: "url", Label: k.T("library.url"), Value: i.URL, Help: k.T("library.url_help"), Max: shelf.MaxURL},
			{Kind: "text", Name: "poster", Label: k.T("library.poster"), Value: i.Poster, Help: k.T("library.poster_help")},
		}},
		{Title: k.T("library.files"), Files: pieceViews(k, "piece", kept), Rows: []ui.Input{{Kind: "file", Name: "files", Label: k.T("library.files"), Help: k.T("library.files_help"), Many: true}}},
		{Title: k.T("library.keeping"), Rows: []ui.Input{
			{Kind: "text", Name: "tags", Label: k.T("library.tags"), Value: strings.Join(i.Tags, ", "), Help: k.T("library.tags_help"), Max: 400},
			{Kind: "date", Name: "expires", Label: k.T("library.expires"), Value: i.Expires, Help: k.T("library.expires_help")},
			{Kind: "text", Name: "note", Label: k.T("library.note"), Value: k.form("note"), Help: k.T("library.note_help")},
		}},
	}}
	if !i.ID.IsZero() {
		p.Head.Title, p.Head.Back = k.T("library.edit"), "/library/"+i.ID.String()
		p.Groups[0].Rows = p.Groups[0].Rows[1:] // a kind stays
		p.Hidden = []ui.Option{{Value: "id", Text: i.ID.String()}, {Value: "seen", Text: strconv.FormatInt(i.Changed, 10)}, {Value: "kind", Text: string(i.Kind)}}
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// librarySave keeps the form.
func (c *Console) librarySave(k *call) error {
	l, err := k.letter()
	if err != nil {
		return err
	}
	i := shelf.Item{Kind: shelf.Kind(k.form("kind")), Content: shelf.Content{Title: k.form("title"), Text: k.typed("text"), URL: k.typed("url"), Poster: k.form("poster"), Tags: shelf.Tags(k.form("tags")), Expires: k.form("expires")}}
	for _, piece := range l.pieces {
		i.Files = append(i.Files, shelf.File{ID: piece.File, Name: piece.Name, Type: piece.Type, Bytes: piece.Bytes})
	}
	if text := k.form("id"); text != "" {
		if i.ID, err = community.ParseID(text); err != nil {
			return community.Errorf(community.CodeNotFound, "item: %w", err)
		}
	}
	i.Changed, _ = strconv.ParseInt(k.form("seen"), 10, 64)
	saved := i
	if len(l.faults) == 0 {
		saved, err = k.libraries().Save(k.ctx(), k.who(), i.ID, i.Changed, i.Kind, i.Content, k.form("note"))
	} else {
		return k.libraryForm(i, l.faults)
	}
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok("/library/"+saved.ID.String(), k.T("library.saved", "num", saved.Version))
	case community.CodeBadInput, community.CodeTooLarge, community.CodeRefused, community.CodeConflict, community.CodeNotFound:
		return k.libraryForm(i, []string{k.libraryFault(err)})
	}
	return err
}

// libraryFault says what is wrong with what was entered.
func (k *call) libraryFault(err error) string {
	if said := k.sayOf(err); said != "" {
		return said
	}
	return k.T("library.bad_form", "what", err.Error())
}

// libraryOrder reads what stands for variables, each in a field of its own, and why an expired item is used.
func (k *call) libraryOrder(i shelf.Item) shelf.Order {
	o := shelf.Order{Values: map[string]string{}, Override: k.form("override")}
	for _, name := range shelf.Variables(i.Text) {
		if v := k.form("var_" + name); v != "" {
			o.Values[name] = v
		}
	}
	return o
}

// libraryInputs are the fields of an order.
func (k *call) libraryInputs(i shelf.Item) []ui.Input {
	var out []ui.Input
	for _, name := range shelf.Variables(i.Text) {
		help := ""
		if slices.Contains([]string{shelf.VarGroup, shelf.VarDate, shelf.VarLink}, name) {
			help = k.T("library.var_known")
		}
		out = append(out, ui.Input{Kind: "text", Name: "var_" + name, Label: k.T("library.variable", "name", "{"+name+"}"), Value: k.form("var_" + name), Help: help})
	}
	if k.libraries().Standing(i) == shelf.Expired {
		out = append(out, ui.Input{Kind: "text", Name: "override", Label: k.T("library.override_why"), Value: k.form("override"), Help: k.T("library.override_help", "until", i.Expires), Required: true, Max: shelf.MaxReason})
	}
	return out
}

func (c *Console) libraryPlanForm(k *call) error {
	i, err := k.libraryHere()
	if err != nil {
		return err
	}
	return k.libraryPlanShow(i, nil)
}

// libraryPlanShow is the form that puts an item into the calendar.
func (k *call) libraryPlanShow(i shelf.Item, faults []string) error {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return err
	}
	choice := ui.Input{Kind: "checks", Name: "groups", Label: k.T("calendar.groups"), Ticked: k.R.PostForm["groups"]}
	for _, g := range groups {
		choice.Options = append(choice.Options, ui.Option{Value: g.ID.String(), Text: ui.Visible(g.Name)})
	}
	var classes, formats []ui.Option
	for _, class := range plan.Classes() {
		classes = append(classes, ui.Option{Value: string(class), Text: k.T("calendar.class_" + string(class))})
	}
	for _, f := range measure.AllFormats() {
		formats = append(formats, ui.Option{Value: f, Text: k.T("format.is_" + f)})
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("library.plan"), Sub: i.Title, Back: "/library/" + i.ID.String()}, Action: "/library/" + i.ID.String() + "/plan", Do: k.T("library.plan_do"), Faults: faults, Groups: []view.PlanFields{
		{Title: k.T("calendar.when"), Rows: []ui.Input{
			{Kind: "date", Name: "date", Label: k.T("calendar.date"), Value: k.form("date"), Required: true},
			{Kind: "text", Name: "at", Label: k.T("calendar.at"), Value: cmp.Or(k.form("at"), "10:00"), Max: 5, Required: true},
			{Kind: "select", Name: "class", Label: k.T("calendar.class"), Value: cmp.Or(k.form("class"), string(plan.Useful)), Options: classes},
			{Kind: "select", Name: "format", Label: k.T("calendar.format"), Value: cmp.Or(k.form("format"), measure.FormatOther), Options: formats},
			choice,
			{Kind: "text", Name: "reason", Label: k.T("calendar.reason"), Value: k.form("reason"), Help: k.T("calendar.reason_help"), Max: plan.MaxReason},
		}}}}
	if rows := k.libraryInputs(i); len(rows) > 0 {
		p.Groups = append([]view.PlanFields{{Title: k.T("library.fill"), Rows: rows}}, p.Groups...)
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// libraryPlan puts an item into the calendar, as a draft.
func (c *Console) libraryPlan(k *call) error {
	i, err := k.libraryHere()
	if err != nil {
		return err
	}
	content := plan.Content{Class: plan.Class(k.form("class")), Format: k.form("format"), Serves: plan.ServesGoal, Date: k.form("date"), At: k.form("at"), Reason: k.form("reason")}
	if content.Groups, err = k.groupKeysNamed(k.R.PostForm["groups"]); err != nil {
		return err
	}
	made, err := k.libraries().ToCalendar(k.ctx(), k.who(), i.ID, k.libraryOrder(i), content)
	if err == nil {
		return k.ok("/calendar/"+made.ID.String(), k.T("library.planned"))
	}
	if k.libraryMayTry(err) {
		return k.libraryPlanShow(i, []string{k.libraryFault(err)})
	}
	return err
}

// libraryMayTry reports whether an error is one that the person can mend in the form.
func (k *call) libraryMayTry(err error) bool {
	switch community.CodeOf(err) {
	case community.CodeBadInput, community.CodeTooLarge, community.CodeRefused, community.CodeConflict, community.CodeUnsupported:
		return true
	}
	return false
}

func (c *Console) librarySendForm(k *call) error {
	i, err := k.libraryHere()
	if err != nil {
		return err
	}
	return k.librarySendShow(i, nil)
}

// librarySendShow is the form that makes a mass send of an item.
func (k *call) librarySendShow(i shelf.Item, faults []string) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	groups, err := k.groupChoice(k.T("plan.every_group"), g)
	if err != nil {
		return err
	}
	tags, err := k.tagFilter(k.T("plan.every_tag"))
	if err != nil {
		return err
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("library.send"), Sub: i.Title, Back: "/library/" + i.ID.String()}, Action: "/library/" + i.ID.String() + "/send", Do: k.T("library.send_do"), Faults: faults, Hint: k.T("library.send_hint"),
		Groups: []view.PlanFields{{Title: k.T("plan.whom"), Rows: []ui.Input{
			{Kind: "select", Name: "tag", Label: k.T("group.tag"), Value: k.form("tag"), Options: tags.Options},
			{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.form("g"), Options: groups},
		}}}}
	if rows := k.libraryInputs(i); len(rows) > 0 {
		p.Groups = append([]view.PlanFields{{Title: k.T("library.fill"), Rows: rows}}, p.Groups...)
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// librarySend makes a draft of a mass send.
func (c *Console) librarySend(k *call) error {
	i, err := k.libraryHere()
	if err != nil {
		return err
	}
	b := plan.Broadcast{State: plan.Draft}
	if tag := k.form("tag"); tag != "" {
		b.Filter.Tags = []string{tag}
	}
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key != 0 {
		b.Filter.Groups = []community.GroupKey{g.Key}
	}
	made, err := k.libraries().ToBroadcast(k.ctx(), k.who(), i.ID, k.libraryOrder(i), b)
	if err == nil {
		return k.ok("/broadcasts/"+made.ID.String(), k.T("library.drafted"))
	}
	if k.libraryMayTry(err) {
		return k.librarySendShow(i, []string{k.libraryFault(err)})
	}
	return err
}
