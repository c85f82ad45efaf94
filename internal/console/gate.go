package console

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/poster"
	"qunluo/internal/proof"
	"qunluo/internal/rights"
)

// Gate keeps second factors, and who is signed in where. Codes are named where there are any besides CodeNotFound.
type Gate interface {
	// StandingOf says how a person stands who signed in so.
	StandingOf(ctx context.Context, u community.User, signIn community.ID) (proof.Standing, error)
	Demand(ctx context.Context, org community.OrgKey) (proof.Demand, error)
	// Ask changes what is demanded of those who sign in. CodeBadInput.
	Ask(ctx context.Context, by string, org community.OrgKey, d proof.Demand, reason string) error

	Factor(ctx context.Context, u community.User) (community.Factor, error)
	// Begin makes a new secret, not yet in use. CodeConflict: there is a second factor in use.
	Begin(ctx context.Context, u community.User) (proof.Secret, error)
	// Secret gives the one that waits to be confirmed. CodeConflict: none does.
	Secret(ctx context.Context, u community.User) (proof.Secret, error)
	// Confirm gives the codes of the last resort, this once. CodeForbidden: the code does not fit; minutes says by how much its clock
	// is off, 0 = it is not that. CodeConflict: no secret waits.
	Confirm(ctx context.Context, by string, u community.User, code string) (codes []string, minutes int, err error)
	NewCodes(ctx context.Context, by string, u community.User) ([]string, error)
	// Drop takes one's own away. CodeForbidden: it is demanded. CodeConflict: there is none.
	Drop(ctx context.Context, u community.User) error
	// Reset takes somebody else's away and ends their sign-ins. CodeBadInput: no reason. CodeForbidden: oneself. CodeConflict: there is none.
	Reset(ctx context.Context, by string, u community.User, reason string) error
	// Check says how a person proved themselves by a code, if they need one; "" = they did not. It spends the code only with really.
	Check(ctx context.Context, u community.User, code string, really bool) (how string, err error)

	AddSignIn(ctx context.Context, u community.User, in community.SignIn, was community.ID) (community.ID, error)
	SawSignIn(ctx context.Context, id community.ID, address string) error
	LeaveSignIn(ctx context.Context, id community.ID) error
	// SignIns lists the last ones of a person (zero = all), the latest first; with open those that nobody ended.
	SignIns(ctx context.Context, org community.OrgKey, user community.ID, open bool, limit int) ([]community.SignIn, error)
	// EndSignIn ends one of a person's; CodeConflict: it was ended before.
	EndSignIn(ctx context.Context, u community.User, id community.ID, audit community.Audit) error
	// EndSignIns ends all of a person's but one (zero = all), and the ways in of their phones; it counts the sign-ins.
	EndSignIns(ctx context.Context, u community.User, except community.ID, audit community.Audit) (int, error)
}

// gateRoutes are there where the house keeps second factors.
func (c *Console) gateRoutes() []route {
	if c.deps.Gate == nil {
		return nil
	}
	return []route{
		{pattern: "POST /prove", may: rights.Enter, serve: (*Console).prove, early: true},
		{pattern: "GET /me/factor", may: rights.Enter, serve: (*Console).factorPage, early: true},
		{pattern: "POST /me/factor/begin", may: rights.Enter, serve: (*Console).factorBegin, early: true, risky: true},
		{pattern: "POST /me/factor/confirm", may: rights.Enter, serve: (*Console).factorConfirm, early: true},
		{pattern: "POST /me/factor/codes", may: rights.Enter, serve: (*Console).factorCodes, risky: true},
		{pattern: "POST /me/factor/off", may: rights.Enter, serve: (*Console).factorOff, risky: true},
		{pattern: "GET /me/signins", may: rights.Enter, serve: (*Console).ownSignIns},
		{pattern: "POST /me/signins/{id}/end", may: rights.Enter, serve: (*Console).ownSignInEnd},
		{pattern: "POST /me/signins/others", may: rights.Enter, serve: (*Console).ownSignInsEnd},
		{pattern: "GET /users/signins", may: rights.SignIns, serve: (*Console).allSignIns},
		{pattern: "GET /users/demand", may: rights.SignIns, serve: (*Console).demandForm},
		{pattern: "POST /users/demand", may: rights.SignIns, serve: (*Console).demandSave},
		{pattern: "GET /users/{id}/signins", may: rights.SignIns, serve: (*Console).userSignIns},
		{pattern: "POST /users/{id}/signins/end", may: rights.SignIns, serve: (*Console).userSignInsEnd},
		{pattern: "POST /users/{id}/signins/{one}/end", may: rights.SignIns, serve: (*Console).userSignInEnd},
		{pattern: "POST /users/{id}/factor/reset", may: rights.SignIns, serve: (*Console).factorReset},
	}
}

func (k *call) gate() Gate { return k.c.deps.Gate }

// factorPage shows how the person's own second factor stands: none, begun (with the code to scan), or in use.
func (c *Console) factorPage(k *call) error { return k.showFactor(http.StatusOK, "") }

// showFactor renders the page; fault is said at the field for a code.
func (k *call) showFactor(status int, fault string) error {
	f, err := k.gate().Factor(k.ctx(), k.User)
	if err != nil {
		return err
	}
	p := view.Factor{Head: ui.Head{Title: k.T("factor.title"), Sub: k.T("factor.intro"), Back: "/me"}, On: f.On(), Since: f.Confirmed, Left: k.T("factor.left", "n", f.Codes), Few: f.Codes < 3, Fault: fault}
	if p.Must = k.stands.Demand.Of(k.User.Role); p.Must && !p.On {
		p.Head.Back = ""
	}
	if f.Created > 0 && !f.On() {
		secret, err := k.gate().Secret(k.ctx(), k.User)
		if community.CodeOf(err) == community.CodeForbidden { // sealed with another master key: it begins anew
			return k.showStatus(status, p.Head.Title, view.FactorPage(p))
		}
		if err != nil {
			return err
		}
		png, err := poster.QR(secret.Address(k.T("factor.issuer"), k.User.Login))
		if err != nil {
			return err
		}
		p.Picture, p.Key = "data:image/png;base64,"+base64.StdEncoding.EncodeToString(png), fours(secret.Key())
	}
	return k.showStatus(status, p.Head.Title, view.FactorPage(p))
}

// fours sets a blank after every four characters, as people read them aloud.
func fours(s string) string {
	var parts []string
	for c := range slices.Chunk([]byte(s), 4) {
		parts = append(parts, string(c))
	}
	return strings.Join(parts, " ")
}

func (c *Console) factorBegin(k *call) error {
	if _, err := k.gate().Begin(k.ctx(), k.User); err != nil {
		return k.refused("/me/factor", err)
	}
	return k.redirect("/me/factor")
}

// factorConfirm puts the factor into use. A code that fits but for its time tells of a clock that is wrong.
func (c *Console) factorConfirm(k *call) error {
	if ok, _ := c.byCode.Allow("confirm " + k.who()); !ok {
		return community.Errorf(community.CodeLimited, "codes tried too often")
	}
	codes, minutes, err := k.gate().Confirm(k.ctx(), k.who(), k.User, k.form("code"))
	switch {
	case community.CodeOf(err) == community.CodeForbidden && minutes != 0:
		return k.showFactor(http.StatusUnprocessableEntity, k.T("factor.clock", "n", minutes))
	case community.CodeOf(err) == community.CodeForbidden:
		return k.showFactor(http.StatusUnprocessableEntity, k.T("factor.unfit"))
	case err != nil:
		return k.refused("/me/factor", err)
	}
	return k.showCodes(codes)
}

// showCodes shows codes of the last resort, this once.
func (k *call) showCodes(codes []string) error {
	title := k.T("factor.codes")
	return k.show(title, view.CodesPage(view.Codes{Head: ui.Head{Title: title, Back: "/me/factor"}, Codes: codes}))
}

func (c *Console) factorCodes(k *call) error {
	codes, err := k.gate().NewCodes(k.ctx(), k.who(), k.User)
	if err != nil {
		return k.refused("/me/factor", err)
	}
	return k.showCodes(codes)
}

func (c *Console) factorOff(k *call) error {
	if err := k.gate().Drop(k.ctx(), k.User); err != nil {
		if community.CodeOf(err) == community.CodeForbidden {
			return k.done("/me/factor", "danger", k.T("factor.must"), community.ID{})
		}
		return k.refused("/me/factor", err)
	}
	return k.ok("/me/factor", k.T("factor.is_off"))
}

// signInRows is how many sign-ins a page lists.
const signInRows = 100

// signInTable lists sign-ins; end gives the address that ends one of them, "" = it is not offered.
func (k *call) signInTable(list []community.SignIn, names bool, end func(community.SignIn) string) (ui.Table, []ui.Confirm) {
	t := ui.Table{Label: k.T("signins.title"), Columns: []ui.Column{{Title: k.T("signins.where")}, {Title: k.T("user.state")}, {Title: k.T("signins.seen")}, {Title: k.T("signins.since"), Hide: true}},
		Empty: ui.Empty{Icon: "user-check", Title: k.T("signins.none"), Text: k.T("signins.none_text")}}
	if names {
		t.Columns = slices.Insert(t.Columns, 0, ui.Column{Title: k.T("user.name")})
	}
	mine, now := k.c.signInID(k.ctx()), k.now()
	var asks []ui.Confirm
	for _, in := range list {
		browser := k.browser(in)
		live := in.Live(now, sessionLife.Milliseconds(), sessionIdle.Milliseconds())
		row := ui.Row{Cells: []templ.Component{ui.Two(browser, k.T("signins.how_"+in.How)+k.T("list.comma")+dash(in.Address)), k.signInState(in, live, in.ID == mine), ui.When(in.Seen), ui.When(in.Began)}}
		if names {
			row.Cells = slices.Insert(row.Cells, 0, ui.Two(named(in.Name, in.Login), in.Login))
		}
		if to := end(in); live && to != "" && in.ID != mine {
			ask := ui.Confirm{ID: "end-" + in.ID.String(), Title: k.T("signins.end"), Object: named(in.Name, in.Login) + k.T("list.colon") + browser, Effect: k.T("signins.end_effect"), Button: k.T("signins.end"), Action: to, Danger: true}
			asks = append(asks, ask)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: k.T("signins.end"), Icon: "ban", Small: true, Danger: true})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, asks
}

// browser says what a sign-in came with, in words.
func (k *call) browser(in community.SignIn) string {
	switch {
	case in.Browser == "" && in.System == "":
		return k.T("signins.unknown")
	case in.Browser == "" || in.System == "":
		return in.Browser + in.System
	}
	return k.T("signins.on", "browser", in.Browser, "system", in.System)
}

func (k *call) signInState(in community.SignIn, live, mine bool) templ.Component {
	switch {
	case live && mine:
		return ui.Pill("good", "check", k.T("signins.this"))
	case live:
		return ui.Pill("good", "check", k.T("signins.live"))
	case in.Ended > 0 && in.EndedBy != "":
		return ui.Pill("", "ban", k.T("signins.ended"))
	}
	return ui.Pill("", "clock", k.T("signins.over"))
}

func (c *Console) ownSignIns(k *call) error {
	list, err := k.gate().SignIns(k.ctx(), k.User.Org, k.User.ID, false, signInRows)
	if err != nil {
		return err
	}
	p := view.Users{Head: ui.Head{Title: k.T("signins.title"), Sub: k.T("signins.intro"), Back: "/me"}}
	p.Table, p.Asks = k.signInTable(list, false, func(in community.SignIn) string { return "/me/signins/" + in.ID.String() + "/end" })
	others := ui.Confirm{ID: "others", Title: k.T("signins.others"), Object: named(k.User.Name, k.User.Login), Effect: k.T("signins.others_effect"), Button: k.T("signins.others"), Action: "/me/signins/others", Danger: true}
	p.Asks = append(p.Asks, others)
	p.Head.Actions = ui.ConfirmButton(ui.Opener{Target: others.ID, Text: others.Title, Icon: "ban", Danger: true})
	return k.show(p.Head.Title, view.UsersPage(p))
}

func (c *Console) ownSignInEnd(k *call) error { return k.endSignIn(k.User, "id", "/me/signins") }

// endSignIn ends the sign-in that the path names under a name.
func (k *call) endSignIn(u community.User, name, to string) error {
	id, err := community.ParseID(k.R.PathValue(name))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "path: %w", err)
	}
	if err := k.gate().EndSignIn(k.ctx(), u, id, community.Audit{User: k.who(), Reason: k.form("reason")}); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("signins.is_ended"))
}

func (c *Console) ownSignInsEnd(k *call) error {
	n, err := k.gate().EndSignIns(k.ctx(), k.User, c.signInID(k.ctx()), community.Audit{User: k.who()})
	if err != nil {
		return k.refused("/me/signins", err)
	}
	return k.ok("/me/signins", k.T("signins.are_ended", "n", n))
}

// allSignIns lists who is signed in now, all over the organisation.
func (c *Console) allSignIns(k *call) error {
	list, err := k.gate().SignIns(k.ctx(), k.User.Org, community.ID{}, true, signInRows)
	if err != nil {
		return err
	}
	now := k.now()
	list = slices.DeleteFunc(list, func(in community.SignIn) bool {
		return !in.Live(now, sessionLife.Milliseconds(), sessionIdle.Milliseconds())
	})
	p := view.Users{Head: ui.Head{Title: k.T("signins.all"), Sub: k.T("signins.all_intro"), Back: "/users"}}
	p.Table, p.Asks = k.signInTable(list, true, func(in community.SignIn) string {
		return "/users/" + in.User.String() + "/signins/" + in.ID.String() + "/end"
	})
	return k.show(p.Head.Title, view.UsersPage(p))
}

// userSignIns shows where somebody is signed in, and lets a second factor that was lost be taken away.
func (c *Console) userSignIns(k *call) error {
	u, err := c.oneUser(k)
	if err != nil {
		return err
	}
	f, err := k.gate().Factor(k.ctx(), u)
	if err != nil {
		return err
	}
	list, err := k.gate().SignIns(k.ctx(), k.User.Org, u.ID, false, signInRows)
	if err != nil {
		return err
	}
	at, name := "/users/"+u.ID.String(), named(u.Name, u.Login)
	p := view.Users{Head: ui.Head{Title: k.T("signins.of", "name", name), Sub: k.T("factor.none_yet"), Back: at}}
	if f.On() {
		p.Head.Sub = k.T("factor.in_use", "n", f.Codes)
	}
	p.Table, p.Asks = k.signInTable(list, false, func(in community.SignIn) string { return at + "/signins/" + in.ID.String() + "/end" })
	all := ui.Confirm{ID: "all", Title: k.T("signins.end_all"), Object: name, Effect: k.T("signins.end_all_effect"), Button: k.T("signins.end_all"), Action: at + "/signins/end", Reason: k.T("form.reason"), Danger: true}
	p.Asks = append(p.Asks, all)
	openers := []ui.Opener{{Target: all.ID, Text: all.Title, Icon: "ban", Danger: true}}
	if f.Created > 0 && u.ID != k.User.ID {
		reset := ui.Confirm{ID: "reset", Title: k.T("factor.reset"), Object: name, Effect: k.T("factor.reset_effect"), Button: k.T("factor.reset"), Action: at + "/factor/reset", Reason: k.T("form.reason"), Need: true, Danger: true}
		p.Asks = append(p.Asks, reset)
		openers = append(openers, ui.Opener{Target: reset.ID, Text: reset.Title, Icon: "refresh", Danger: true})
	}
	p.Head.Actions = view.Openers(openers)
	return k.show(p.Head.Title, view.UsersPage(p))
}

func (c *Console) userSignInEnd(k *call) error {
	u, err := c.oneUser(k)
	if err != nil {
		return err
	}
	to := "/users/" + u.ID.String() + "/signins"
	if back := k.back(to); back == "/users/signins" {
		to = back
	}
	return k.endSignIn(u, "one", to)
}

func (c *Console) userSignInsEnd(k *call) error {
	u, err := c.oneUser(k)
	if err != nil {
		return err
	}
	var except community.ID
	if u.ID == k.User.ID {
		except = c.signInID(k.ctx())
	}
	to := "/users/" + u.ID.String() + "/signins"
	n, err := k.gate().EndSignIns(k.ctx(), u, except, community.Audit{User: k.who(), Reason: k.form("reason")})
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("signins.are_ended", "n", n))
}

func (c *Console) factorReset(k *call) error {
	u, err := c.oneUser(k)
	if err != nil {
		return err
	}
	to := "/users/" + u.ID.String() + "/signins"
	err = k.gate().Reset(k.ctx(), k.who(), u, k.form("reason"))
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok(to, k.T("factor.is_reset", "name", named(u.Name, u.Login)))
	case community.CodeForbidden:
		return k.done(to, "danger", k.T("factor.not_oneself"), community.ID{})
	}
	return k.refused(to, err)
}

// demandForm asks who must have a second factor, and how long a proof is good.
func (c *Console) demandForm(k *call) error {
	d, err := k.gate().Demand(k.ctx(), k.User.Org)
	if err != nil {
		return err
	}
	return k.showDemand(http.StatusOK, d, nil)
}

func (k *call) showDemand(status int, d proof.Demand, faults map[string]string) error {
	f := view.Form{Head: ui.Head{Title: k.T("demand.title"), Sub: k.T("demand.intro"), Back: "/users"}, Action: "/users/demand", Button: k.T("form.save"), Faults: sorted(faults)}
	var roles []ui.Option
	for _, r := range rights.Roles() {
		roles = append(roles, ui.Option{Value: string(r), Text: k.T("role." + string(r))})
	}
	f.Fields = []ui.Input{
		{Kind: "checks", Name: "roles", Label: k.T("demand.roles"), Options: roles, Ticked: d.Roles, Help: k.T("demand.roles_help")},
		{Kind: "number", Name: "minutes", Label: k.T("demand.minutes"), Value: strconv.Itoa(d.Minutes), Help: k.T("demand.minutes_help", "min", proof.MinMinutes, "max", proof.MaxMinutes), Required: true, Err: faults["minutes"]},
		{Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: k.form("reason")},
	}
	return k.showStatus(status, f.Head.Title, view.FormPage(f))
}

func (c *Console) demandSave(k *call) error {
	d := proof.Demand{Roles: k.R.PostForm["roles"]}
	var err error
	if d.Minutes, err = strconv.Atoi(k.form("minutes")); err != nil {
		d.Minutes = -1
	}
	err = k.gate().Ask(k.ctx(), k.who(), k.User.Org, d, k.form("reason"))
	if community.CodeOf(err) == community.CodeBadInput {
		return k.showDemand(http.StatusUnprocessableEntity, d, map[string]string{"minutes": k.T("demand.minutes_help", "min", proof.MinMinutes, "max", proof.MaxMinutes)})
	}
	if err != nil {
		return err
	}
	return k.ok("/users", k.T("demand.saved"))
}
