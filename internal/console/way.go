package console

import (
	"net/http"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/rights"
)

var wayRoutes = []route{
	{pattern: "GET /users/{id}/notify", may: rights.Users, serve: (*Console).wayForm},
	{pattern: "POST /users/{id}/notify", may: rights.Users, serve: (*Console).waySave},
	{pattern: "GET /me/notify", may: rights.Enter, serve: (*Console).wayForm},
	{pattern: "POST /me/notify", may: rights.Enter, serve: (*Console).waySave},
}

// wayRows is how many ways the form offers.
const wayRows = 3

// wayOf is whose ways the page is about: one's own, or those of the person in the path.
func (c *Console) wayOf(k *call) (community.User, string, error) {
	if k.R.PathValue("id") == "" {
		return k.User, "/me/notify", nil
	}
	u, err := c.oneUser(k)
	return u, "/users/" + u.ID.String() + "/notify", err
}

func (c *Console) wayForm(k *call) error {
	u, at, err := c.wayOf(k)
	if err != nil {
		return err
	}
	ways, err := k.Duty.Ways(k.ctx(), u.ID.String())
	if err != nil {
		return err
	}
	f, err := wayFields(k, u, at, ways, nil)
	if err != nil {
		return err
	}
	return k.show(f.Head.Title, view.FormPage(f))
}

// wayFields asks for ways in the order they are tried. A secret that is set is not shown; left empty it stays.
func wayFields(k *call, u community.User, at string, ways []duty.Way, faults []string) (view.Form, error) {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: 100}})
	f := view.Form{Head: ui.Head{Title: k.T("way.title", "name", named(u.Name, u.Login)), Sub: k.T("way.intro"), Back: strings.TrimSuffix(at, "/notify")}, Action: at, Button: k.T("form.save"), Faults: faults}
	kinds := []ui.Option{{Value: "", Text: k.T("way.none")}}
	for _, kind := range duty.WayKinds() {
		kinds = append(kinds, ui.Option{Value: kind, Text: k.T("way." + kind)})
	}
	names := []ui.Option{{Value: "", Text: k.T("way.no_group")}}
	for _, g := range groups {
		names = append(names, ui.Option{Value: g.ID.String(), Text: g.Name})
	}
	for i := range max(wayRows, len(ways)) {
		var w duty.Way
		if i < len(ways) {
			w = ways[i]
		}
		n := strconv.Itoa(i)
		address, group := w.Address, ""
		if w.Kind == duty.ByGroup {
			address, group = "", w.Address
		}
		f.Fields = append(f.Fields, ui.Input{Kind: "select", Name: "kind" + n, Label: k.T("way.nth", "n", i+1), Options: kinds, Value: w.Kind},
			ui.Input{Name: "address" + n, Label: k.T("way.address"), Value: address, Max: 500, Auto: "off", Help: k.T("way.address_help")},
			ui.Input{Kind: "select", Name: "group" + n, Label: k.T("way.group_label"), Options: names, Value: group},
			ui.Input{Kind: "password", Name: "secret" + n, Label: k.T("way.secret"), Max: 500, Auto: "new-password", Help: k.T("way.secret_help")})
	}
	return f, err
}

// readWays reads the form; a webhook without a new secret keeps the one it has.
func readWays(k *call, old []duty.Way) []duty.Way {
	var out []duty.Way
	for i := range duty.MaxWays {
		n := strconv.Itoa(i)
		w := duty.Way{Kind: k.form("kind" + n), Address: strings.TrimSpace(k.R.PostFormValue("address" + n)), Secret: k.R.PostFormValue("secret" + n)}
		switch w.Kind {
		case "":
			continue
		case duty.ByGroup:
			w.Address = k.form("group" + n)
		}
		if w.Kind != duty.ByWebhook {
			w.Secret = ""
		}
		out = append(out, w)
	}
	return duty.KeepSecrets(out, old)
}

func (c *Console) waySave(k *call) error {
	u, at, err := c.wayOf(k)
	if err != nil {
		return err
	}
	old, err := k.Duty.Ways(k.ctx(), u.ID.String())
	if err != nil {
		return err
	}
	ways := readWays(k, old)
	err = k.Duty.SetWays(k.ctx(), k.who(), u.ID.String(), ways, "")
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeNotFound {
		field, _, _ := strings.Cut(err.Error(), ":")
		fault := k.T("way.fault")
		if key := "way.fault_" + strings.Fields(field + " x")[0]; k.Words.Has(key) {
			fault = k.T(key)
		}
		f, err := wayFields(k, u, at, ways, []string{fault})
		if err != nil {
			return err
		}
		return k.showStatus(http.StatusUnprocessableEntity, f.Head.Title, view.FormPage(f))
	}
	if err != nil {
		return err
	}
	return k.ok(at, k.T("way.saved"))
}
