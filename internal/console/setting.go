package console

import (
	"runtime"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

var settingRoutes = []route{
	{pattern: "GET /settings", may: rights.SeeSettings, serve: (*Console).settings},
	{pattern: "POST /settings/abilities", may: rights.Settings, serve: (*Console).settingsAbilities},
}

// settings says how this installation runs and what is not yet safe. Process settings are in the file qunluo.toml;
// nothing is changed here but the freeze switch.
func (c *Console) settings(k *call) error {
	frozen, err := k.Desk.Frozen(k.ctx())
	if err != nil {
		return err
	}
	_, groups, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: 1}})
	if err != nil {
		return err
	}
	var home view.Home
	if err := homeFreeze(k, &home); err != nil {
		return err
	}
	p := view.Settings{Head: ui.Head{Title: k.T("nav.settings"), Sub: k.T("settings.intro")}, Frozen: frozen, Freeze: home.Freeze}
	if c.deps.Tokens != nil {
		p.Head.Actions = view.LinkButton("/tokens", "plug", k.T("token.open"))
		if c.deps.Outlets != nil {
			p.Head.Actions = view.LinkButtons([][3]string{{"/outlets", "plug-connected", k.T("outlet.open")}, {"/tokens", "plug", k.T("token.open")}})
		}
		if c.deps.Models != nil {
			p.Head.Actions = templ.Join(view.LinkButton("/model", "message", k.T("model.open")), p.Head.Actions)
		}
	}
	if c.deps.Spaces != nil {
		demo := view.LinkButton("/demo", "eye", k.T("space.open"))
		if p.Head.Actions != nil {
			demo = templ.Join(p.Head.Actions, demo)
		}
		p.Head.Actions = demo
	}
	p.Facts = []ui.Option{
		{Value: k.T("settings.version"), Text: dash(c.deps.Version)},
		{Value: k.T("settings.address"), Text: dash(c.deps.PublicURL)},
		{Value: k.T("settings.groups"), Text: strconv.Itoa(groups)},
		{Value: k.T("settings.upload"), Text: strconv.FormatInt(c.deps.MaxUpload>>20, 10) + " MiB"},
		{Value: k.T("settings.session"), Text: k.T("settings.session_text", "life", k.Words.Seconds(int64(sessionLife.Seconds())), "idle", k.Words.Seconds(int64(sessionIdle.Seconds())))},
		{Value: k.T("settings.runtime"), Text: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH},
	}
	p.Checks = safety(k, c.deps)
	set, err := k.Hands.PublicAbilities(k.ctx())
	if err != nil {
		return err
	}
	p.Public = view.PublicSwitch{On: set.On, Names: set.Names, Link: k.home() + "/abilities/" + set.Org.String()}
	return k.show(p.Head.Title, view.SettingsPage(p))
}

// settingsAbilities shows or hides the public page about abilities.
func (c *Console) settingsAbilities(k *call) error {
	set := community.PublicAbilities{On: k.form("on") == "1", Names: k.form("names") == "1"}
	if err := k.Hands.SetPublicAbilities(k.ctx(), k.who(), set, ""); err != nil {
		return k.refused("/settings", err)
	}
	if set.On {
		return k.ok("/settings", k.T("ability.public_on"))
	}
	return k.ok("/settings", k.T("ability.public_off"))
}

// safety lists what is and is not yet safe.
func safety(k *call, d Deps) []view.CheckStep {
	users, err := d.People.Users(k.ctx(), k.User.Org)
	owners := 0
	for _, u := range users {
		if u.Enabled && u.Role == RoleOwner {
			owners++
		}
	}
	return []view.CheckStep{
		{Title: k.T("safety.tls"), Text: k.T("safety.tls_text"), Done: !d.Insecure},
		{Title: k.T("safety.address"), Text: k.T("safety.address_text"), Done: d.PublicURL != ""},
		{Title: k.T("safety.owners"), Text: k.T("safety.owners_text"), Done: err == nil && owners > 1, Link: "/users"},
	}
}
