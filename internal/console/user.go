package console

import (
	"net/http"
	"regexp"
	"slices"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

var userRoutes = []route{
	{pattern: "GET /users", may: rights.Users, serve: (*Console).userList},
	{pattern: "GET /users/new", may: rights.Users, serve: (*Console).userNew},
	{pattern: "POST /users/new", may: rights.Users, serve: (*Console).userAdd},
	{pattern: "GET /users/{id}", may: rights.Users, serve: (*Console).userEdit},
	{pattern: "POST /users/{id}", may: rights.Users, serve: (*Console).userSave},
	{pattern: "POST /users/{id}/switch", may: rights.Users, serve: (*Console).userSwitch},
	{pattern: "GET /me", may: rights.Enter, serve: (*Console).meForm},
	{pattern: "POST /me", may: rights.Enter, serve: (*Console).meSave},
}

// loginForm is what a login may look like.
var loginForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$`)

// LoginFits says whether a login looks as one may.
func LoginFits(login string) bool { return loginForm.MatchString(login) }

// userList shows the people who sign in.
func (c *Console) userList(k *call) error {
	users, err := c.deps.People.Users(k.ctx(), k.User.Org)
	if err != nil {
		return err
	}
	p := view.Users{Head: ui.Head{Title: k.T("nav.users"), Sub: k.T("user.intro")}}
	links := [][3]string{{"/users/new", "plus", k.T("user.add")}}
	if c.deps.Handovers != nil {
		links = slices.Insert(links, 0, [3]string{"/handovers", "arrow-right", k.T("handover.title")})
	}
	if k.gate() != nil && k.may(rights.SignIns) {
		links = slices.Insert(links, 0, [3]string{"/users/signins", "user-check", k.T("signins.all")}, [3]string{"/users/demand", "lock", k.T("demand.title")})
	}
	p.Head.Actions = view.LinkButtons(links)
	p.Table = ui.Table{Label: k.T("nav.users"), Columns: []ui.Column{{Title: k.T("user.name")}, {Title: k.T("user.role")}, {Title: k.T("far.title")}, {Title: k.T("user.state")}, {Title: k.T("user.since"), Hide: true}}}
	for _, u := range users {
		state := ui.Pill("good", "check", k.T("user.on"))
		if !u.Enabled {
			state = ui.Pill("", "ban", k.T("user.off"))
		}
		row := ui.Row{Link: "/users/" + u.ID.String(), Cells: []templ.Component{ui.Two(named(u.Name, u.Login), u.Login), ui.Text(k.roleWord(u.Role)), ui.Text(k.reachWord(u)), state, ui.Moment(u.Created)}}
		if u.ID != k.User.ID && rights.Give(rights.Of(k.User), rights.Of(u), rights.Of(u)) == nil {
			ask := switchAsk(k, u)
			p.Asks = append(p.Asks, ask)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: ask.Title, Small: true, Danger: u.Enabled})
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.UsersPage(p))
}

func switchAsk(k *call, u community.User) ui.Confirm {
	id := u.ID.String()
	ask := ui.Confirm{ID: "switch-" + id, Object: named(u.Name, u.Login), Action: "/users/" + id + "/switch", Reason: k.T("form.reason")}
	if u.Enabled {
		ask.Title, ask.Effect, ask.Button, ask.Danger = k.T("user.disable"), k.T("user.disable_effect"), k.T("user.disable"), true
		ask.Fields = []ui.Option{{Value: "on", Text: "0"}}
		return ask
	}
	ask.Title, ask.Effect, ask.Button = k.T("user.enable"), k.T("user.enable_effect"), k.T("user.enable")
	ask.Fields = []ui.Option{{Value: "on", Text: "1"}}
	return ask
}

func (c *Console) userNew(k *call) error {
	return k.showUser(http.StatusOK, community.User{Role: RoleModerator, Lang: k.Words.Lang}, nil)
}

// roleWord and reachWord say what a person may and how far they see; the words of a role that nobody knows are its own.
func (k *call) roleWord(role string) string {
	if !rights.Role(role).Known() {
		return role
	}
	return k.T("role." + role)
}

func (k *call) reachWord(u community.User) string {
	who := rights.Of(u)
	if who.Reach == rights.Chosen {
		return k.T("far.some", "n", len(who.Groups))
	}
	return k.T("far." + string(who.Reach))
}

// showUser renders the form of a person.
func (k *call) showUser(status int, u community.User, faults map[string]string) error {
	f, err := userForm(k, u, faults)
	if err != nil {
		return err
	}
	if u.Key != 0 && len(faults) == 0 {
		var links [][3]string
		if k.gate() != nil && k.may(rights.SignIns) {
			links = append(links, [3]string{"/users/" + u.ID.String() + "/signins", "user-check", k.T("signins.open")})
		}
		if k.Duty != nil {
			links = append(links, [3]string{"/users/" + u.ID.String() + "/notify", "bell", k.T("way.how")})
		}
		f.Head.Actions = view.LinkButtons(links)
	}
	return k.showStatus(status, f.Head.Title, view.FormPage(f))
}

// reachFields ask how far a person sees: all groups, those that are ticked, or their own. A house with more groups than are
// offered names others at the command line; those that a person has already are always among them.
func reachFields(k *call, u community.User, fault string) ([]ui.Input, error) {
	who := rights.Of(u)
	var reaches []ui.Option
	for _, r := range rights.Reaches() {
		reaches = append(reaches, ui.Option{Value: string(r), Text: k.T("far." + string(r))})
	}
	choice, err := k.groupChoice("", community.GroupRow{})
	if err != nil {
		return nil, err
	}
	choice = choice[1:] // all of them is not one of them
	named, err := k.groupsOf(slices.Clone(who.Groups))
	if err != nil {
		return nil, err
	}
	picked := ui.Input{Kind: "checks", Name: "groups", Label: k.T("far.groups"), Help: k.T("far.groups_help")}
	for _, key := range who.Groups {
		g, known := named[key]
		if !known {
			continue
		}
		id := g.ID.String()
		picked.Ticked = append(picked.Ticked, id)
		if !slices.ContainsFunc(choice, func(o ui.Option) bool { return o.Value == id }) {
			choice = append(choice, ui.Option{Value: id, Text: ui.Visible(g.Name)})
		}
	}
	if picked.Options = choice; len(choice) >= optionsCap {
		picked.Help = k.T("far.groups_many", "n", optionsCap)
	}
	return []ui.Input{{Kind: "select", Name: "reach", Label: k.T("far.title"), Value: string(who.Reach), Options: reaches, Help: k.T("far.help"), Err: fault}, picked}, nil
}

// userForm asks for a person; Key 0 = a new one. Only roles within one's own are offered, and the one that the person has.
func userForm(k *call, u community.User, faults map[string]string) (view.Form, error) {
	var roles, langs []ui.Option
	for _, r := range rights.Roles() {
		if rights.Within(r, rights.Role(k.User.Role)) || string(r) == u.Role {
			roles = append(roles, ui.Option{Value: string(r), Text: k.T("role."+string(r)) + k.T("user.role_"+string(r))})
		}
	}
	for _, l := range i18n.Languages {
		langs = append(langs, ui.Option{Value: l, Text: k.c.words.In(l).T("lang.name")})
	}
	f := view.Form{Head: ui.Head{Title: k.T("user.add"), Back: "/users"}, Action: "/users/new", Button: k.T("user.add"), Faults: sorted(faults)}
	password := ui.Input{Kind: "password", Name: "password", Label: k.T("user.password"), Help: k.T("setup.password_help", "n", MinPassword), Required: true, Auto: "new-password", Err: faults["password"]}
	if u.Key != 0 {
		f.Head.Title, f.Action, f.Button = named(u.Name, u.Login), "/users/"+u.ID.String(), k.T("form.save")
		password.Label, password.Help, password.Required = k.T("user.new_password"), k.T("user.new_password_help"), false
	}
	f.Fields = []ui.Input{
		{Name: "login", Label: k.T("setup.login"), Value: u.Login, Required: true, Auto: "off", Max: 64, Help: k.T("user.login_help"), Err: faults["login"]},
		{Name: "name", Label: k.T("user.name"), Value: u.Name, Max: 64, Auto: "off", Err: faults["name"]},
		{Kind: "select", Name: "role", Label: k.T("user.role"), Value: u.Role, Options: roles, Err: faults["role"]},
		{Kind: "select", Name: "lang", Label: k.T("user.lang"), Value: u.Lang, Options: langs},
		password,
	}
	far, err := reachFields(k, u, faults["reach"])
	f.Fields = slices.Insert(f.Fields, 3, far...)
	return f, err
}

// sorted gives the faults in an order that does not change.
func sorted(faults map[string]string) []string {
	var all []string
	for _, f := range faults {
		all = append(all, f)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// readUser lays the form over a person.
func readUser(k *call, u community.User) (community.User, map[string]string) {
	faults := map[string]string{}
	u.Login, u.Name, u.Role, u.Lang = k.form("login"), k.form("name"), k.form("role"), k.form("lang")
	if !LoginFits(u.Login) {
		faults["login"] = k.T("user.bad_login")
	}
	if u.Reach = k.form("reach"); u.Reach == "" {
		u.Reach = string(rights.Whole)
	}
	groups, err := k.ticked("groups")
	if err != nil {
		faults["reach"] = k.T("far.unknown")
	}
	u.Groups = nil
	if u.Reach == string(rights.Chosen) {
		u.Groups = groups
	}
	if !rights.Role(u.Role).Known() {
		faults["role"] = k.T("form.needed")
	}
	if !rights.Reach(u.Reach).Known() || u.Reach == string(rights.Chosen) && len(u.Groups) == 0 {
		faults["reach"] = k.T("far.needed")
	}
	if !slices.Contains(i18n.Languages, u.Lang) {
		u.Lang = i18n.Chinese
	}
	password := k.R.PostFormValue("password")
	if password == "" && u.Key != 0 {
		return u, faults
	}
	if fault := PasswordFault(u.Login, password); fault != "" {
		faults["password"] = k.T("password."+fault, "n", MinPassword)
	}
	if len(faults) == 0 {
		k.c.hashing.do(func() { u.Hash = HashPassword(password) })
	}
	return u, faults
}

// ticked reads the groups that are ticked under a name; CodeNotFound when one is none of those the person sees.
func (k *call) ticked(name string) ([]community.GroupKey, error) {
	var out []community.GroupKey
	for _, id := range k.R.PostForm[name] {
		if len(out) >= rights.MaxGroups {
			return nil, community.Errorf(community.CodeTooLarge, "%s: more than %d groups", name, rights.MaxGroups)
		}
		g, err := k.groupNamed(id)
		if err != nil {
			return nil, err
		}
		if g.Key != 0 && !slices.Contains(out, g.Key) {
			out = append(out, g.Key)
		}
	}
	return out, nil
}

func (c *Console) userAdd(k *call) error {
	return c.putUser(k, community.User{Org: k.User.Org, Enabled: true, Created: k.now()})
}

func (c *Console) putUser(k *call, u community.User) error {
	before := rights.Who{}
	if u.Key != 0 {
		before = rights.Of(u)
	}
	u, faults := readUser(k, u)
	if len(faults) == 0 && rights.Give(rights.Of(k.User), before, rights.Of(u)) != nil {
		faults["role"] = k.T("rights.cannot_give", "role", k.T("role."+k.User.Role))
	}
	if len(faults) == 0 {
		saved, err := c.deps.People.SaveUser(k.ctx(), k.who(), u, k.form("reason"))
		if err == nil {
			if saved.ID == k.User.ID {
				if err := c.begin(k, saved, ""); err != nil {
					return err
				}
			}
			return k.ok("/users", k.T("user.saved", "name", named(saved.Name, saved.Login)))
		}
		if community.CodeOf(err) != community.CodeConflict {
			return err
		}
		faults["login"] = k.T("user.conflict")
	}
	return k.showUser(http.StatusUnprocessableEntity, u, faults)
}

// oneUser finds the person of the path, within the organisation.
func (c *Console) oneUser(k *call) (community.User, error) {
	id, err := k.id()
	if err != nil {
		return community.User{}, err
	}
	u, err := c.deps.People.UserByID(k.ctx(), id)
	if err == nil && u.Org != k.User.Org {
		return community.User{}, community.Errorf(community.CodeNotFound, "user of another organisation")
	}
	return u, err
}

func (c *Console) userEdit(k *call) error {
	u, err := c.oneUser(k)
	if err != nil {
		return err
	}
	return k.showUser(http.StatusOK, u, nil)
}

func (c *Console) userSave(k *call) error {
	u, err := c.oneUser(k)
	if err != nil {
		return err
	}
	return c.putUser(k, u)
}

func (c *Console) userSwitch(k *call) error {
	u, err := c.oneUser(k)
	if err != nil {
		return err
	}
	if rights.Give(rights.Of(k.User), rights.Of(u), rights.Of(u)) != nil {
		return k.done("/users", "danger", k.T("rights.cannot_give", "role", k.T("role."+k.User.Role)), community.ID{})
	}
	u.Enabled = k.form("on") == "1"
	if _, err := c.deps.People.SaveUser(k.ctx(), k.who(), u, k.form("reason")); err != nil {
		return k.refused("/users", err)
	}
	if u.Enabled {
		return k.ok("/users", k.T("user.is_on", "name", named(u.Name, u.Login)))
	}
	return k.ok("/users", k.T("user.is_off", "name", named(u.Name, u.Login)))
}

// meForm lets a person change their own name and password.
func (c *Console) meForm(k *call) error {
	f := ownForm(k, k.User.Name, nil)
	var links [][3]string
	if k.gate() != nil {
		links = append(links, [3]string{"/me/signins", "user-check", k.T("signins.title")}, [3]string{"/me/factor", "lock", k.T("factor.title")})
	}
	if k.Duty != nil {
		links = append(links, [3]string{"/me/notify", "bell", k.T("way.mine")})
	}
	f.Head.Actions = view.LinkButtons(links)
	return k.show(k.T("me.title"), view.FormPage(f))
}

func ownForm(k *call, name string, faults map[string]string) view.Form {
	return view.Form{Head: ui.Head{Title: k.T("me.title"), Back: "/"}, Action: "/me", Button: k.T("form.save"), Faults: sorted(faults), Fields: []ui.Input{
		{Name: "name", Label: k.T("setup.name"), Value: name, Max: 64, Auto: "name"},
		{Kind: "password", Name: "old", Label: k.T("me.old"), Required: true, Auto: "current-password", Err: faults["old"]},
		{Kind: "password", Name: "password", Label: k.T("user.new_password"), Help: k.T("me.password_help"), Auto: "new-password", Err: faults["password"]},
		{Kind: "password", Name: "again", Label: k.T("setup.again"), Auto: "new-password", Err: faults["again"]},
	}}
}

func (c *Console) meSave(k *call) error {
	faults := map[string]string{}
	if ok, _ := c.byAccount.Allow("me " + k.who()); !ok {
		return community.Errorf(community.CodeLimited, "own password tried too often")
	}
	_, fits, err := c.recognise(k, k.User.Login, k.R.PostFormValue("old"))
	if err != nil {
		return err
	}
	if !fits {
		faults["old"] = k.T("me.wrong")
	}
	u, password := k.User, k.R.PostFormValue("password")
	u.Name = k.form("name")
	if password != "" {
		if fault := PasswordFault(u.Login, password); fault != "" {
			faults["password"] = k.T("password."+fault, "n", MinPassword)
		}
		if k.R.PostFormValue("again") != password {
			faults["again"] = k.T("password.differs")
		}
	}
	if len(faults) > 0 {
		return k.showStatus(http.StatusUnprocessableEntity, k.T("me.title"), view.FormPage(ownForm(k, u.Name, faults)))
	}
	if password != "" {
		c.hashing.do(func() { u.Hash = HashPassword(password) })
	}
	saved, err := c.deps.People.SaveUser(k.ctx(), k.who(), u, "")
	if err != nil {
		return err
	}
	if err := c.begin(k, saved, ""); err != nil {
		return err
	}
	return k.ok("/me", k.T("me.saved"))
}
