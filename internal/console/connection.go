package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

var connectionRoutes = []route{
	{pattern: "GET /connections", may: rights.SeeGroups, serve: (*Console).connectionList},
	{pattern: "GET /connections/abilities", may: rights.SeeGroups, serve: (*Console).abilityMatrix},
	{pattern: "GET /connections/new", may: rights.Connect, serve: (*Console).connectionNew},
	{pattern: "POST /connections/new", may: rights.Connect, serve: (*Console).connectionAdd},
	{pattern: "GET /connections/{id}", may: rights.SeeGroups, serve: (*Console).connectionPage},
	{pattern: "POST /connections/{id}", may: rights.Connect, serve: (*Console).connectionSave},
	{pattern: "POST /connections/{id}/switch", may: rights.Connect, serve: (*Console).connectionSwitch},
	{pattern: "POST /connections/{id}/test", may: rights.Connect, serve: (*Console).connectionTest},
	{pattern: "POST /connections/{id}/release", may: rights.Connect, serve: (*Console).connectionRelease},
	{pattern: "POST /connections/{id}/delete", may: rights.Connect, serve: (*Console).connectionDelete},
}

// matrixGroups bounds the columns of the ability matrix.
const matrixGroups = 6

// connectionList shows our accounts on platforms and what may be added.
func (c *Console) connectionList(k *call) error {
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return err
	}
	p := view.Connections{Head: ui.Head{Title: k.T("nav.connections"), Sub: k.T("connection.intro")}}
	p.Table = ui.Table{Label: k.T("nav.connections"), Columns: []ui.Column{{Title: k.T("connection.name")}, {Title: k.T("connection.health")}, {Title: k.T("connection.account")}, {Title: k.T("connection.heard")}},
		Empty: ui.Empty{Icon: "plug", Title: k.T("connection.none"), Text: k.T("connection.none_text")}}
	for _, a := range accounts {
		h := c.deps.Wires.Health(a.Key)
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/connections/" + a.ID.String(), Cells: []templ.Component{
			ui.Two(a.Name, c.kindOf(k, a)), healthPill(k, a, h), ui.Text(selfOf(a, h)), ui.When(h.At)}})
	}
	p.Head.Actions = view.ConnectionLinks(k.may(rights.Keys) && c.deps.BotsFor != nil)
	if k.may(rights.Connect) {
		for _, kind := range c.deps.Wires.Kinds() {
			p.Kinds = append(p.Kinds, view.Kind{Title: k.Words.Pick(kind.Title), Summary: k.Words.Pick(kind.Summary), Link: "/connections/new?kind=" + kind.Name})
		}
	}
	if len(p.Kinds) > 0 && c.mounted("/groups/new", k) {
		p.Kinds = append(p.Kinds, view.Kind{Title: k.T("channel.kind_title"), Summary: k.T("channel.kind_summary"), Link: "/groups/new"})
	}
	return k.show(p.Head.Title, view.ConnectionsPage(p))
}

// selfOf is our account as the platform names it.
func selfOf(a community.Account, h connect.Health) string {
	if h.Self != "" {
		return h.Self
	}
	return a.External
}

func (c *Console) kind(name string) (connect.Info, error) {
	for _, kind := range c.deps.Wires.Kinds() {
		if kind.Name == name {
			return kind, nil
		}
	}
	return connect.Info{}, community.Errorf(community.CodeNotFound, "no connector %q", name)
}

func (c *Console) kindTitle(k *call, name string) string {
	kind, err := c.kind(name)
	if err != nil {
		return name
	}
	return k.Words.Pick(kind.Title)
}

// kindOf is what an account is connected by, and its platform where that is not the connector's only one.
func (c *Console) kindOf(k *call, a community.Account) string {
	title := c.kindTitle(k, a.Connector)
	if kind, err := c.kind(a.Connector); err == nil && kind.Platform != a.Platform && a.Platform != "" {
		return title + " · " + k.platform(a.Platform)
	}
	return title
}

func (c *Console) connectionNew(k *call) error {
	kind, err := c.kind(k.query("kind"))
	if err != nil {
		return err
	}
	f := c.connectionForm(k, kind, community.Account{Name: k.Words.Pick(kind.Title)}, nil, "")
	return k.show(f.Head.Title, view.FormPage(f))
}

// connectionForm is made of the connector's schema. Secrets are shown masked; sent back so, they stay as they are.
func (c *Console) connectionForm(k *call, kind connect.Info, a community.Account, faults map[string]string, other string) view.Form {
	title := k.T("connection.add_kind", "kind", k.Words.Pick(kind.Title))
	f := view.Form{Head: ui.Head{Title: title, Back: "/connections", Sub: k.Words.Pick(kind.Summary)}, Action: "/connections/new?kind=" + kind.Name,
		Note: k.Words.Pick(kind.Risk), Button: k.T("connection.save_on")}
	if a.Key != 0 {
		f.Action, f.Button, f.Note = "/connections/"+a.ID.String(), k.T("form.save"), ""
	}
	if other != "" {
		f.Faults = append(f.Faults, other)
	}
	f.Fields = append(f.Fields, ui.Input{Name: "_name", Label: k.T("connection.called"), Value: a.Name, Required: true, Max: 64, Auto: "off", Err: faults["_name"]})
	shown := map[string]any{}
	_ = json.Unmarshal(connect.MaskSettings(kind.Fields, a.Settings), &shown) // MaskSettings always gives an object
	for _, field := range kind.Fields {
		in := fieldInput(k, field, a.Key == 0 && len(a.Settings) == 0, shown[field.Name])
		if why, ok := faults[field.Name]; ok {
			in.Err = why
			f.Faults = append(f.Faults, in.Label+": "+why)
		}
		f.Fields = append(f.Fields, in)
	}
	return f
}

func fieldInput(k *call, f connect.Field, fresh bool, value any) ui.Input {
	in := ui.Input{Kind: "text", Name: f.Name, Label: k.Words.Pick(f.Title), Help: k.Words.Pick(f.Help), Required: f.Required, Auto: "off", Max: 2000, Value: settingText(value)}
	if fresh && in.Value == "" {
		in.Value = f.Default
	}
	switch f.Kind {
	case connect.KindBool:
		in.Kind = "check"
		if in.Value == "true" {
			in.Value = "1"
		}
	case connect.KindSecret:
		in.Kind, in.Auto = "password", "new-password"
	case connect.KindChoice:
		in.Kind = "select"
		if in.Value == "" {
			in.Value = f.Default
		}
		for _, choice := range f.Choices {
			text := choice
			if key := "choice." + choice; k.Words.Has(key) {
				text = k.T(key)
			}
			in.Options = append(in.Options, ui.Option{Value: choice, Text: text})
		}
	}
	return in
}

// settingText is a setting's value as a form shows it.
func settingText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// readConnection lays the form over an account: what is wrong is told per field, what belongs to none as other.
func (c *Console) readConnection(k *call, kind connect.Info, a community.Account) (_ community.Account, faults map[string]string, other string) {
	faults = map[string]string{}
	if a.Name = k.form("_name"); a.Name == "" {
		faults["_name"] = k.T("form.needed")
	}
	update := map[string]string{}
	for _, f := range kind.Fields {
		update[f.Name] = strings.TrimSpace(k.R.PostFormValue(f.Name))
		if f.Kind == connect.KindBool {
			update[f.Name] = map[bool]string{true: "true", false: "false"}[update[f.Name] == "1"]
		}
		if f.Required && update[f.Name] == "" {
			faults[f.Name] = k.T("form.needed")
		}
	}
	raw, _ := json.Marshal(update) // a map of strings always encodes
	settings, err := connect.MergeSettings(kind.Fields, a.Settings, raw)
	if err == nil {
		a.Settings = settings
		err = c.deps.Wires.Check(k.ctx(), kind.Name, settings)
	} else if shown, bad := json.Marshal(unmask(update)); bad == nil {
		a.Settings = shown
	}
	if err != nil && len(faults) == 0 {
		other = settingFault(k, kind, err, faults)
	}
	return a, faults, other
}

// unmask leaves out what was only masked, so that a form shown again does not take the mask for a value.
func unmask(update map[string]string) map[string]string {
	out := map[string]string{}
	for name, v := range update {
		if v != connect.Masked {
			out[name] = v
		}
	}
	return out
}

// settingFault finds the field that an error names and says it there; what it cannot place it returns.
func settingFault(k *call, kind connect.Info, err error, faults map[string]string) string {
	text := strings.TrimPrefix(err.Error(), "settings: ")
	name, why, _ := strings.Cut(text, " ")
	name = strings.TrimSuffix(name, ":")
	key := "setting." + wordKey(why)
	said := k.T("setting.wrong", "why", why)
	if k.Words.Has(key) {
		said = k.T(key, "why", why)
	}
	if slices.ContainsFunc(kind.Fields, func(f connect.Field) bool { return f.Name == name }) {
		faults[name] = said
		return ""
	}
	return k.T("setting.wrong", "why", text)
}

// wordKey makes "must be a number" the key "must_be_a_number"; only letters count, at most four words.
func wordKey(why string) string {
	words := strings.FieldsFunc(strings.ToLower(why), func(r rune) bool { return r < 'a' || r > 'z' })
	return strings.Join(words[:min(4, len(words))], "_")
}

func (c *Console) connectionAdd(k *call) error {
	kind, err := c.kind(k.query("kind"))
	if err != nil {
		return err
	}
	a := community.Account{Org: k.User.Org, Platform: kind.Platform, Connector: kind.Name, Enabled: true, Created: k.now()}
	a, faults, other := c.readConnection(k, kind, a)
	if len(faults) > 0 || other != "" {
		f := c.connectionForm(k, kind, a, faults, other)
		return k.showStatus(http.StatusUnprocessableEntity, f.Head.Title, view.FormPage(f))
	}
	why := ""
	if kind.Consent != "" {
		why = k.T("connection.consented")
	}
	saved, err := k.Hands.SaveAccount(k.ctx(), k.who(), a, why)
	if err != nil {
		return k.refused("/connections", err)
	}
	return k.ok("/connections/"+saved.ID.String(), k.T("connection.added", "name", saved.Name))
}

func (k *call) account() (community.Account, error) {
	id, err := k.id()
	if err != nil {
		return community.Account{}, err
	}
	return k.Desk.AccountByID(k.ctx(), id)
}

// connectionPage shows one connection: health, abilities per group, settings.
func (c *Console) connectionPage(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	p, err := c.connectionView(k, a)
	if err != nil {
		return err
	}
	return k.show(p.Head.Title, view.ConnectionPage(p))
}

func (c *Console) connectionView(k *call, a community.Account) (view.Connection, error) {
	kind, err := c.kind(a.Connector)
	if err != nil {
		kind = connect.Info{Name: a.Connector, Title: [2]string{a.Connector, a.Connector}}
	}
	h := c.deps.Wires.Health(a.Key)
	p := view.Connection{Head: ui.Head{Title: a.Name, Back: "/connections", Sub: c.kindOf(k, a)}, Health: healthPill(k, a, h), Risk: k.Words.Pick(kind.Risk),
		Facts: []ui.Option{{Value: k.T("connection.platform"), Text: k.platform(a.Platform)}, {Value: k.T("connection.account"), Text: dash(selfOf(a, h))},
			{Value: k.T("connection.since"), Text: i18n.Time(a.Created, nil)}, {Value: k.T("connection.heard"), Text: dash(i18n.Time(h.At, nil))}}}
	if said := k.Words.Pick(h.Say); said != "" {
		p.Facts = append(p.Facts, ui.Option{Value: k.T("connection.detail"), Text: said})
	} else if h.Detail != "" {
		p.Facts = append(p.Facts, ui.Option{Value: k.T("connection.detail"), Text: h.Detail})
	}
	if kind.Called {
		p.Facts = append(p.Facts, ui.Option{Value: k.T("chore.callback"), Text: k.home() + "/connect/" + a.ID.String() + "/"})
	}
	if a.Restricted != 0 {
		p.Held = heldView(k, a)
	}
	if p.Matrix, err = c.matrix(k, a); err != nil {
		return p, err
	}
	if k.may(rights.Connect) {
		f := c.connectionForm(k, kind, a, nil, "")
		p.Form = &f
		p.Asks = []ui.Confirm{connectionSwitchAsk(k, a), connectionDeleteAsk(k, a)}
		if p.Held != nil {
			p.Held.Release = true
			p.Asks = append(p.Asks, connectionReleaseAsk(k, a))
		}
		list, _ := c.deps.Wires.Chores(k.ctx(), a.Key) // none while it does not run
		p.Head.Actions = view.ConnectionButtons("/connections/"+a.ID.String(), a.Enabled, len(list) > 0)
	}
	return p, nil
}

// home is how people and platforms reach this server.
func (k *call) home() string {
	switch {
	case k.c.deps.PublicURL != "":
		return k.c.deps.PublicURL
	case k.R.TLS != nil:
		return "https://" + k.R.Host
	}
	return "http://" + k.R.Host
}

func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

func connectionSwitchAsk(k *call, a community.Account) ui.Confirm {
	ask := ui.Confirm{ID: "switch", Object: a.Name, Action: "/connections/" + a.ID.String() + "/switch", Reason: k.T("form.reason")}
	if a.Enabled {
		ask.Title, ask.Effect, ask.Button, ask.Danger = k.T("connection.off"), k.T("connection.off_effect"), k.T("connection.off"), true
		ask.Fields = []ui.Option{{Value: "on", Text: "0"}}
		return ask
	}
	ask.Title, ask.Effect, ask.Button = k.T("connection.on"), k.T("connection.on_effect"), k.T("connection.on")
	ask.Fields = []ui.Option{{Value: "on", Text: "1"}}
	return ask
}

// heldView says since when the platform holds an account back, why, and what to do.
func heldView(k *call, a community.Account) *view.Held {
	return &view.Held{Title: k.T("connection.held", "at", i18n.Time(a.Restricted, nil), "ago", k.Words.Ago(a.Restricted, k.now())),
		Why: k.T("connection.held_why", "why", dash(ui.Visible(a.RestrictedWhy))), What: k.T("connection.held_what")}
}

func connectionReleaseAsk(k *call, a community.Account) ui.Confirm {
	return ui.Confirm{ID: "release", Title: k.T("connection.release"), Object: a.Name, Effect: k.T("connection.release_effect"),
		Action: "/connections/" + a.ID.String() + "/release", Button: k.T("connection.release"), Reason: k.T("connection.release_reason"), Need: true}
}

// connectionRelease takes the word of a person that the platform lets an account go.
func (c *Console) connectionRelease(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	to := "/connections/" + a.ID.String()
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("connection.release_need"), community.ID{})
	}
	if err := k.Hands.Unrestrict(k.ctx(), k.who(), a.Key, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("connection.released", "name", a.Name))
}

func connectionDeleteAsk(k *call, a community.Account) ui.Confirm {
	return ui.Confirm{ID: "delete", Title: k.T("connection.delete"), Object: a.Name, Effect: k.T("connection.delete_effect"), Danger: true,
		Action: "/connections/" + a.ID.String() + "/delete", Button: k.T("connection.delete"), Reason: k.T("form.reason"), Need: true}
}

// matrix shows per verb what the account can do: in general and in its groups, with evidence.
func (c *Console) matrix(k *call, a community.Account) (ui.Table, error) {
	general, err := c.deps.Wires.Abilities(k.ctx(), a.Key, 0)
	if err != nil {
		if kind, bad := c.kind(a.Connector); bad == nil {
			general = kind.Defaults // it does not run: what it would be able to do
		}
	}
	t := ui.Table{Label: k.T("connection.abilities"), Columns: []ui.Column{{Title: k.T("connection.verb")}, {Title: k.T("connection.general")}}}
	columns := []connect.Abilities{general}
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Platform: a.Platform, Page: community.Page{Limit: 200}})
	if err != nil {
		return t, err
	}
	for _, g := range groups {
		if !slices.Contains(g.Accounts, a.Key) || len(columns) > matrixGroups {
			continue
		}
		can, err := c.deps.Wires.Abilities(k.ctx(), a.Key, g.Key)
		if err != nil {
			continue
		}
		t.Columns = append(t.Columns, ui.Column{Title: shorten(g.Name, 12)})
		columns = append(columns, can)
	}
	for _, v := range community.Verbs {
		row := ui.Row{Cells: []templ.Component{ui.Text(k.T("verb." + string(v)))}}
		for _, can := range columns {
			row.Cells = append(row.Cells, ui.AbilityMark(abilityMark(k, v, can)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

func abilityMark(k *call, v community.Verb, can connect.Abilities) ui.Ability {
	level := can.Level(v)
	if level == "" {
		level = community.None
	}
	got := can.Verbs[v]
	mark := ui.Ability{Verb: k.T("verb." + string(v)), Level: string(level), Note: got.Note}
	if key := "able." + wordKey(got.Note); got.Note != "" && k.Words.Has(key) {
		mark.Note = k.T(key)
	}
	if key := "evidence." + got.Evidence; got.Evidence != "" && k.Words.Has(key) {
		mark.Evidence = k.T(key)
	}
	if got.Checked > 0 && got.Evidence != "declared" {
		mark.Evidence = k.T("evidence.checked", "t", k.Words.Ago(got.Checked, k.now()))
	}
	if mark.Evidence != "" && mark.Note == "" && got.Evidence != "declared" {
		mark.Note = mark.Evidence
	}
	if got.MaxAge > 0 {
		mark.Note = strings.TrimSpace(mark.Note + " " + k.T("evidence.max_age", "t", k.Words.Seconds(got.MaxAge)))
	}
	if got.Rate > 0 {
		mark.Note = strings.TrimSpace(mark.Note + " " + k.T("evidence.rate", "n", got.Rate))
	}
	return mark
}

func (c *Console) connectionSave(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	kind, err := c.kind(a.Connector)
	if err != nil {
		return err
	}
	next, faults, other := c.readConnection(k, kind, a)
	if len(faults) > 0 || other != "" {
		p, err := c.connectionView(k, a)
		if err != nil {
			return err
		}
		f := c.connectionForm(k, kind, next, faults, other)
		p.Form = &f
		return k.showStatus(http.StatusUnprocessableEntity, p.Head.Title, view.ConnectionPage(p))
	}
	if _, err := k.Hands.SaveAccount(k.ctx(), k.who(), next, ""); err != nil {
		return k.refused("/connections/"+a.ID.String(), err)
	}
	return k.ok("/connections/"+a.ID.String(), k.T("connection.saved"))
}

func (c *Console) connectionSwitch(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	a.Enabled = k.form("on") == "1"
	if _, err := k.Hands.SaveAccount(k.ctx(), k.who(), a, k.form("reason")); err != nil {
		return k.refused("/connections/"+a.ID.String(), err)
	}
	if a.Enabled {
		return k.ok("/connections/"+a.ID.String(), k.T("connection.is_on"))
	}
	return k.ok("/connections/"+a.ID.String(), k.T("connection.is_off"))
}

func (c *Console) connectionTest(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	to := "/connections/" + a.ID.String()
	groups, err := c.deps.Wires.Test(k.ctx(), a.Key)
	if err != nil {
		return k.refused(to, err)
	}
	var names []string
	for _, g := range groups[:min(5, len(groups))] {
		names = append(names, named(g.Name, g.ID))
	}
	return k.ok(to, k.T("connection.tested", "n", len(groups), "names", strings.Join(names, k.T("list.comma"))))
}

func (c *Console) connectionDelete(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done("/connections/"+a.ID.String(), "danger", k.T("freeze.need_reason"), community.ID{})
	}
	if err := k.Hands.DeleteAccount(k.ctx(), k.who(), a.Key, k.form("reason")); err != nil {
		return k.refused("/connections/"+a.ID.String(), err)
	}
	return k.ok("/connections", k.T("connection.deleted", "name", a.Name))
}
