package console

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/blocklist"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
)

// Blocklists is our own shared list and those of others that we follow.
type Blocklists interface {
	// Own gives our own list and its entries; CodeNotFound (with the entries) before it was ever published.
	Own(ctx context.Context) (blocklist.Subscription, []blocklist.Mine, error)
	Publish(ctx context.Context, user, name string, hashed bool, reason string) (blocklist.Subscription, error)
	Put(ctx context.Context, user string, m blocklist.Mine, reason string) error
	PutMember(ctx context.Context, user string, id community.ID, class string, evidence, days int, reason string) error
	Withdraw(ctx context.Context, user string, platform community.Platform, external, reason string) error

	Subscriptions(ctx context.Context) ([]blocklist.Subscription, error)
	Subscribe(ctx context.Context, user string, s blocklist.Subscription, reason string) (blocklist.Subscription, error)
	Refresh(ctx context.Context, id community.ID) (blocklist.Subscription, error)
	Trust(ctx context.Context, user string, id community.ID, key, reason string) error
	Unsubscribe(ctx context.Context, user string, id community.ID, reason string) error
	Effects(ctx context.Context, id community.ID) (map[community.GroupKey]blocklist.Effect, error)
	Set(ctx context.Context, user string, id community.ID, g community.GroupKey, e blocklist.Effect, reason string) error
	LetIn(ctx context.Context, user string, id community.ID, on bool, reason string) error
	Hits(ctx context.Context, page community.Page) ([]blocklist.Hit, int, error)
}

// blocklistRoutes are there where shared lists are kept.
func (c *Console) blocklistRoutes() []route {
	if c.deps.Blocklists == nil {
		return nil
	}
	return []route{
		{pattern: "GET /blocklists", may: rights.SeeOrder, serve: (*Console).blocklistHome},
		{pattern: "GET /blocklists/{id}", may: rights.SeeOrder, serve: (*Console).blocklistPage},
		{pattern: "POST /blocklists", may: rights.Publish, whole: true, serve: blocklistStep("/blocklists", "shared.said_followed", func(k *call) error {
			_, err := k.blocklists().Subscribe(k.ctx(), k.who(), blocklist.Subscription{Name: k.form("name"), URL: strings.TrimSpace(k.R.PostFormValue("url")), Key: k.form("key"), Later: blocklist.Effect(k.form("later"))}, k.form("reason"))
			return err
		})},
		{pattern: "POST /blocklists/publish", may: rights.Publish, whole: true, serve: blocklistStep("/blocklists", "shared.said_published", func(k *call) error {
			_, err := k.blocklists().Publish(k.ctx(), k.who(), k.form("name"), k.form("plain") != "1", k.form("reason"))
			return err
		})},
		{pattern: "POST /blocklists/entries", may: rights.Publish, whole: true, serve: blocklistStep("/blocklists", "shared.said_put", blocklistPut)},
		{pattern: "POST /blocklists/withdraw", may: rights.Publish, whole: true, serve: blocklistStep("/blocklists", "shared.said_withdrawn", func(k *call) error {
			return k.blocklists().Withdraw(k.ctx(), k.who(), community.Platform(k.form("platform")), k.form("external"), k.form("reason"))
		})},
		{pattern: "POST /blocklists/let", may: rights.Publish, whole: true, serve: blocklistStep("/blocklists", "shared.said_let", func(k *call) error {
			id, err := community.ParseID(k.form("member"))
			if err != nil {
				return community.Errorf(community.CodeBadInput, "member: %w", err)
			}
			return k.blocklists().LetIn(k.ctx(), k.who(), id, k.form("on") == "1", k.form("reason"))
		})},
		{pattern: "POST /blocklists/{id}/refresh", may: rights.Publish, whole: true, serve: blocklistStep("", "shared.said_read", func(k *call) error {
			return k.withID(func(id community.ID) error { _, err := k.blocklists().Refresh(k.ctx(), id); return err })
		})},
		{pattern: "POST /blocklists/{id}/trust", may: rights.Publish, whole: true, serve: blocklistStep("", "shared.said_trusted", func(k *call) error {
			return k.withID(func(id community.ID) error {
				return k.blocklists().Trust(k.ctx(), k.who(), id, k.form("key"), k.form("reason"))
			})
		})},
		{pattern: "POST /blocklists/{id}/drop", may: rights.Publish, whole: true, serve: blocklistStep("/blocklists", "shared.said_dropped", func(k *call) error {
			return k.withID(func(id community.ID) error { return k.blocklists().Unsubscribe(k.ctx(), k.who(), id, k.form("reason")) })
		})},
		{pattern: "POST /blocklists/{id}/set", may: rights.Publish, whole: true, serve: blocklistStep("", "shared.said_set", func(k *call) error {
			g, err := k.groupNamed(k.form("g"))
			if err != nil {
				return err
			}
			return k.withID(func(id community.ID) error {
				return k.blocklists().Set(k.ctx(), k.who(), id, g.Key, blocklist.Effect(k.form("effect")), k.form("reason"))
			})
		})},
	}
}

func (k *call) blocklists() Blocklists { return k.c.deps.Blocklists(k.User.Org, k.groups) }

func (k *call) withID(do func(community.ID) error) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	return do(id)
}

// blocklistStep makes the handler of a change; to "" = the page of the list.
func blocklistStep(to, said string, do func(k *call) error) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		back := to
		if back == "" {
			back = "/blocklists/" + k.R.PathValue("id")
		}
		err := do(k)
		if key := "shared.fault_" + string(community.CodeOf(err)); err != nil && k.Words.Has(key) {
			return k.done(back, "danger", k.T(key), community.ID{})
		}
		if err != nil {
			return k.refused(back, err)
		}
		return k.ok(back, k.T(said))
	}
}

func blocklistPut(k *call) error {
	days, evidence := number(k.form("days"), 1, 730, 180), number(k.form("evidence"), 0, 1_000_000, 1)
	who := k.form("account")
	if id, err := community.ParseID(who); err == nil {
		return k.blocklists().PutMember(k.ctx(), k.who(), id, k.form("class"), evidence, days, k.form("reason"))
	}
	platform, external, _ := strings.Cut(who, ":")
	now := k.now()
	return k.blocklists().Put(k.ctx(), k.who(), blocklist.Mine{Platform: community.Platform(platform), External: external, Class: k.form("class"), Evidence: evidence, Added: now, Expires: now + int64(days)*24*3600_000}, k.form("reason"))
}

// blocklistHome shows the lists that we follow, who was found on one, and our own.
func (c *Console) blocklistHome(k *call) error {
	p := view.PlanPage{Head: ui.Head{Title: k.T("nav.blocklists"), Sub: k.T("shared.sub")}, State: ui.Pill("info", "shield", k.T("shared.pill")), Means: k.T("shared.means")}
	if err := k.followedTable(&p); err != nil {
		return err
	}
	if err := k.foundTable(&p); err != nil {
		return err
	}
	if err := k.ownTable(&p); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.PlanShow(p))
}

func (k *call) ask(p *view.PlanPage, key, icon, action string, danger bool, inputs ...ui.Input) {
	if !k.may(rights.Publish) {
		return
	}
	p.Openers = append(p.Openers, ui.Opener{Target: key, Text: k.T("shared." + key), Icon: icon, Danger: danger})
	p.Asks = append(p.Asks, ui.Confirm{ID: key, Title: k.T("shared." + key), Effect: k.T("shared." + key + "_effect"), Action: action, Button: k.T("shared." + key), Danger: danger, Reason: k.T("form.reason"), Need: key == "put", Inputs: inputs})
}

func (k *call) effectOptions(list ...blocklist.Effect) []ui.Option {
	var out []ui.Option
	for _, e := range list {
		out = append(out, ui.Option{Value: string(e), Text: k.T("shared.effect_" + string(e))})
	}
	return out
}

func (k *call) followedTable(p *view.PlanPage) error {
	list, err := k.blocklists().Subscriptions(k.ctx())
	if err != nil {
		return err
	}
	k.ask(p, "follow", "plus", "/blocklists", false, ui.Input{Kind: "text", Name: "name", Label: k.T("shared.name"), Required: true, Max: 60}, ui.Input{Kind: "url", Name: "url", Label: k.T("shared.url"), Required: true, Max: 1000},
		ui.Input{Kind: "text", Name: "key", Label: k.T("shared.key"), Help: k.T("shared.key_help"), Required: true, Max: 60}, ui.Input{Kind: "select", Name: "later", Label: k.T("shared.later"), Options: k.effectOptions(blocklist.Hold, blocklist.Dry)})
	t := ui.Table{Label: k.T("shared.followed"), Columns: []ui.Column{{Title: k.T("shared.name")}, {Title: k.T("shared.state")}, {Title: k.T("shared.version"), Num: true}, {Title: k.T("shared.entries"), Num: true}, {Title: k.T("shared.read")}},
		Empty: ui.Empty{Icon: "shield", Title: k.T("shared.none"), Text: k.T("shared.none_text")}}
	for _, s := range list {
		t.Rows = append(t.Rows, ui.Row{Link: "/blocklists/" + s.ID.String(), Cells: []templ.Component{ui.Two(s.Name, s.URL), k.listState(s), ui.Figure(s.Version), ui.Figure(int64(s.Entries)), ui.Moment(s.Fetched)}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("shared.followed"), Note: k.T("shared.followed_note", "days", blocklist.DryDays), Table: t})
	return nil
}

func (k *call) listState(s blocklist.Subscription) templ.Component {
	switch {
	case s.State != "on":
		return ui.Pill("danger", "alert-circle", k.T("shared.is_stopped"))
	case s.Error != "":
		said := s.Error
		if key := "shared.fault_" + s.Error; k.Words.Has(key) {
			said = k.T(key)
		}
		return view.Stack(ui.Pill("warning", "alert-circle", k.T("shared.is_faulty")), said)
	}
	return ui.Pill("good", "check", k.T("shared.is_on"))
}

func (k *call) foundTable(p *view.PlanPage) error {
	hits, total, err := k.blocklists().Hits(k.ctx(), k.page(listLimit))
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("shared.found"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("shared.source")}, {Title: k.T("shared.class")}, {Title: k.T("shared.what")}, {Title: k.T("audit.at")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("shared.nobody"), Text: k.T("shared.nobody_text")}, Pager: k.pager(k.page(listLimit), len(hits), total)}
	for _, h := range hits {
		what := k.T("shared.did_" + h.Effect)
		if h.Request && h.Effect == "refuse" {
			what = k.T("shared.did_refused")
		}
		row := ui.Row{Link: "/members/" + h.MemberID.String(), Cells: []templ.Component{ui.Two(h.MemberName, h.GroupName), ui.Name(h.Source), ui.Text(k.T("shared.class_" + h.Class)), view.Link("/review?all=1&d="+h.Decision.String(), what), ui.Moment(h.At)}}
		if k.may(rights.Publish) && h.Effect != "allowed" {
			id := "let-" + h.Decision.String()
			row.Actions = ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("shared.let"), Small: true, Icon: "check"})
			p.Asks = append(p.Asks, ui.Confirm{ID: id, Title: k.T("shared.let"), Object: h.MemberName, Effect: k.T("shared.let_effect"), Action: "/blocklists/let", Button: k.T("shared.let"), Reason: k.T("form.reason"),
				Fields: []ui.Option{{Value: "member", Text: h.MemberID.String()}, {Value: "on", Text: "1"}}})
		}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("shared.found"), Note: k.T("shared.found_note"), Table: t})
	return nil
}

func (k *call) ownTable(p *view.PlanPage) error {
	own, mine, err := k.blocklists().Own(k.ctx())
	note := k.T("shared.unpublished")
	switch community.CodeOf(err) {
	case community.CodeNone:
		note = k.T("shared.published", "url", own.URL, "key", own.Key, "version", own.Version)
		if !own.Hashed {
			note += " " + k.T("shared.is_plain")
		}
	case community.CodeNotFound:
	default:
		return err
	}
	var classes []ui.Option
	for _, c := range blocklist.Classes {
		classes = append(classes, ui.Option{Value: c, Text: k.T("shared.class_" + c)})
	}
	k.ask(p, "put", "plus", "/blocklists/entries", false, ui.Input{Kind: "text", Name: "account", Label: k.T("shared.account"), Help: k.T("shared.account_help"), Value: k.query("account"), Required: true}, ui.Input{Kind: "select", Name: "class", Label: k.T("shared.class"), Options: classes},
		ui.Input{Kind: "number", Name: "evidence", Label: k.T("shared.evidence"), Value: "1"}, ui.Input{Kind: "number", Name: "days", Label: k.T("shared.days"), Value: "180"})
	k.ask(p, "publish", "upload", "/blocklists/publish", false, ui.Input{Kind: "text", Name: "name", Label: k.T("shared.own_name"), Value: own.Name, Required: true, Max: 60}, ui.Input{Kind: "check", Name: "plain", Label: k.T("shared.plain"), Value: oneIf(own.List != "" && !own.Hashed), Help: k.T("shared.plain_help")})
	t := ui.Table{Label: k.T("shared.own"), Columns: []ui.Column{{Title: k.T("shared.account")}, {Title: k.T("shared.class")}, {Title: k.T("shared.evidence"), Num: true}, {Title: k.T("shared.added")}, {Title: k.T("shared.expires")}, {Title: k.T("shared.state")}},
		Empty: ui.Empty{Icon: "shield", Title: k.T("shared.empty"), Text: k.T("shared.empty_text")}}
	for i, m := range mine {
		state := ui.Pill("good", "check", k.T("shared.stands"))
		row := ui.Row{}
		switch {
		case m.Withdrawn != 0:
			state = ui.Pill("", "x", k.T("shared.withdrawn"))
		case m.Expires <= k.now():
			state = ui.Pill("", "clock", k.T("shared.expired"))
		case k.may(rights.Publish):
			id := "withdraw-" + strconv.Itoa(i)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("shared.withdraw"), Small: true, Danger: true})
			p.Asks = append(p.Asks, ui.Confirm{ID: id, Title: k.T("shared.withdraw"), Object: string(m.Platform) + ":" + m.External, Effect: k.T("shared.withdraw_effect"), Action: "/blocklists/withdraw", Button: k.T("shared.withdraw"), Danger: true, Reason: k.T("form.reason"),
				Fields: []ui.Option{{Value: "platform", Text: string(m.Platform)}, {Value: "external", Text: m.External}}})
		}
		row.Cells = []templ.Component{ui.Two(string(m.Platform)+":"+m.External, m.Name), ui.Two(k.T("shared.class_"+m.Class), m.Why), ui.Figure(int64(m.Evidence)), ui.Moment(m.Added), ui.Moment(m.Expires), state}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("shared.own"), Note: note, Table: t})
	return nil
}

// blocklistPage shows one list that we follow, and what it does in each group.
func (c *Console) blocklistPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	list, err := k.blocklists().Subscriptions(k.ctx())
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.ID == id {
			return k.blocklistShow(s)
		}
	}
	return community.Errorf(community.CodeNotFound, "list %s: not found", id)
}

func (k *call) blocklistShow(s blocklist.Subscription) error {
	at := "/blocklists/" + s.ID.String()
	p := view.PlanPage{Head: ui.Head{Title: s.Name, Sub: s.URL, Back: "/blocklists"}, State: k.listState(s), Text: k.T("shared.pinned", "key", s.Key)}
	k.ask(&p, "refresh", "refresh", at+"/refresh", false)
	if s.NewKey != "" {
		p.Text = k.T("shared.new_key", "key", s.NewKey) + "\n" + p.Text
		k.ask(&p, "trust", "check", at+"/trust", true, ui.Input{Kind: "hidden", Name: "key", Value: s.NewKey})
	}
	k.ask(&p, "drop", "x", at+"/drop", true)
	p.Stats = []ui.Number{{Label: k.T("shared.version"), Value: itoa(s.Version)}, {Label: k.T("shared.entries"), Value: strconv.Itoa(s.Entries)}, {Label: k.T("shared.read"), Value: moment(s.Fetched, community.GroupRow{})}, {Label: k.T("shared.dry_until"), Value: moment(s.Created+blocklist.DryDays*24*3600_000, community.GroupRow{})}}
	set, err := k.blocklists().Effects(k.ctx(), s.ID)
	if err != nil {
		return err
	}
	page := k.page(listLimit)
	groups, total, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: page})
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("shared.where"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("shared.effect")}}, Pager: k.pager(page, len(groups), total), Empty: ui.Empty{Icon: "users", Title: k.T("list.none"), Text: k.T("list.none_text")}}
	for _, g := range groups {
		now := blocklist.In(set[g.Key], s.Later, s.Created, k.now())
		said := k.T("shared.effect_" + string(now))
		if g.Mode == community.Observe && now != blocklist.Off {
			said += " " + k.T("shared.observes")
		}
		row := ui.Row{Link: "/groups/" + g.ID.String(), Cells: []templ.Component{ui.Name(g.Name), ui.Text(said)}}
		if k.may(rights.Publish) {
			ask := "set-" + g.ID.String()
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("shared.set"), Small: true, Icon: "settings"})
			p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("shared.set"), Object: g.Name, Effect: k.T("shared.set_effect"), Action: at + "/set", Button: k.T("shared.set"), Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "g", Text: g.ID.String()}},
				Inputs: []ui.Input{{Kind: "select", Name: "effect", Label: k.T("shared.effect"), Options: k.effectOptions(blocklist.Effects...), Value: string(now)}}})
		}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = []view.PlanTable{{Title: k.T("shared.where"), Note: k.T("shared.where_note"), Table: t}}
	return k.show(s.Name, view.PlanShow(p))
}

// sharedHit reports whether a shared list had its way in a decision.
func sharedHit(d community.DecisionRow) bool {
	return d.Verdict == community.Hit && slices.ContainsFunc(d.Hits, func(h community.RuleHit) bool { return h.Kind == policy.SharedKind })
}
