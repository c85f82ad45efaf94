package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

var entryRoutes = []route{
	{pattern: "GET /signin", may: anybody, serve: (*Console).signInForm},
	{pattern: "POST /signin", may: anybody, serve: (*Console).signIn},
	{pattern: "POST /signout", may: anybody, serve: (*Console).signOut},
	{pattern: "GET /setup/{token}", may: anybody, serve: (*Console).setupForm},
	{pattern: "POST /setup/{token}", may: anybody, serve: (*Console).setup},
	{pattern: "POST /lang", may: anybody, serve: (*Console).setLang},
	{pattern: "POST /decisions/{id}/undo", may: rights.Judge, serve: (*Console).undo},
	{pattern: "GET /live", may: rights.Enter, serve: (*Console).live},
}

// askSignIn sends a stranger to the sign-in page; parts of pages and forms get 401, which makes htmx read the page anew.
func (c *Console) askSignIn(k *call) error {
	to := "/signin"
	if k.R.Method == http.MethodGet && k.R.URL.Path != "/" && k.R.URL.Path != "/live" {
		to += "?next=" + url.QueryEscape(k.R.URL.RequestURI())
	}
	if k.R.Header.Get("HX-Request") != "" {
		k.answered = true
		k.W.Header().Set("HX-Redirect", to)
		k.W.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	return k.redirect(to)
}

func (c *Console) signInForm(k *call) error {
	if k.User.Key != 0 {
		return k.redirect("/")
	}
	return c.signInPage(k, http.StatusOK, view.SignIn{Next: k.query("next")})
}

func (c *Console) signInPage(k *call, status int, p view.SignIn) error {
	bare, err := c.deps.People.NeedsSetup(k.ctx())
	if err != nil {
		return err
	}
	p.NeedsSetup, p.Hint, p.Code = bare, c.deps.DemoHint, c.deps.Gate != nil
	return k.showStatus(status, k.T("signin.title"), view.SignInPage(p))
}

// signIn says the same about a wrong login, a wrong password and a wrong code, after the same work.
func (c *Console) signIn(k *call) error {
	login, password := k.form("login"), k.R.PostFormValue("password")
	p := view.SignIn{Login: login, Next: k.R.PostFormValue("next")}
	for _, limit := range []struct {
		rate *httpd.Rate
		key  string
	}{{c.byAddress, httpd.ClientIP(k.ctx()).String()}, {c.byAccount, strings.ToLower(login)}} {
		if ok, wait := limit.rate.Allow(limit.key); !ok {
			k.W.Header().Set("Retry-After", "60")
			p.Err = k.T("signin.limited", "t", k.Words.Seconds(int64(wait.Seconds())+1))
			return c.signInPage(k, http.StatusTooManyRequests, p)
		}
	}
	u, how, err := c.proves(k, login, password, k.form("code"))
	if err != nil {
		return err
	}
	if how == "" {
		p.Err = k.T("signin.wrong")
		return c.signInPage(k, http.StatusUnprocessableEntity, p)
	}
	if err := c.begin(k, u, how); err != nil {
		return err
	}
	to := "/"
	if local(p.Next) {
		to = p.Next
	}
	return k.redirect(to)
}

// recognise finds the person and compares the password; for a login that nobody has it compares with nobody's.
func (c *Console) recognise(k *call, login, password string) (community.User, bool, error) {
	u, err := c.deps.People.UserByLogin(k.ctx(), login)
	known := err == nil
	if err != nil && community.CodeOf(err) != community.CodeNotFound {
		return u, false, err
	}
	hash := c.nobody
	if known {
		hash = u.Hash
	}
	if len(password) > 4*MaxPassword {
		password = password[:4*MaxPassword]
	}
	var fits bool
	c.hashing.do(func() { fits, err = passwordFits(hash, password) })
	if err != nil {
		return u, false, err
	}
	return u, fits && known && u.Enabled, nil
}

// proves finds out who it is by all that they gave, and how they proved it; "" = they did not. Whatever is wrong, all is looked at.
func (c *Console) proves(k *call, login, password, code string) (u community.User, how string, err error) {
	u, fits, err := c.recognise(k, login, password)
	if err != nil {
		return u, "", err
	}
	if c.deps.Gate == nil {
		if fits {
			how = community.ByPassword
		}
		return u, how, nil
	}
	if fits && code != "" {
		fits, _ = c.byCode.Allow(u.ID.String())
	}
	how, err = c.deps.Gate.Check(k.ctx(), u, code, fits)
	return u, how, err
}

// signOut ends the sign-in, too: its cookie opens nothing any more, wherever it was copied.
func (c *Console) signOut(k *call) error {
	if c.deps.Gate != nil {
		if err := c.deps.Gate.LeaveSignIn(k.ctx(), c.signInID(k.ctx())); err != nil {
			return err
		}
	}
	if err := c.sessions.Destroy(k.ctx()); err != nil {
		return err
	}
	return k.redirect("/signin")
}

func (c *Console) setLang(k *call) error {
	lang := k.form("lang")
	if !slices.Contains(i18n.Languages, lang) {
		return community.Errorf(community.CodeBadInput, "language %q", lang)
	}
	http.SetCookie(k.W, &http.Cookie{Name: langCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: !c.plain(), SameSite: http.SameSiteLaxMode})
	if u := k.self(); u.Key != 0 && u.Lang != lang {
		u.Lang = lang
		if _, err := c.deps.People.SaveUser(k.ctx(), u.ID.String(), u, ""); err != nil {
			return err
		}
	}
	return k.redirect(k.back("/"))
}

func (c *Console) setupForm(k *call) error {
	ok, err := c.deps.People.SetupValid(k.ctx(), HashToken(k.R.PathValue("token")), k.now())
	if err != nil {
		return err
	}
	if !ok {
		return &community.Error{Code: codeSetup, Msg: "set-up token is not valid"}
	}
	return c.setupPage(k, http.StatusOK, nil)
}

// setupPage asks for what makes an owner. A code is asked for where there may be somebody with a second factor already.
func (c *Console) setupPage(k *call, status int, faults map[string]string) error {
	bare, err := c.deps.People.NeedsSetup(k.ctx())
	if err != nil {
		return err
	}
	fields := setupFields(k, faults)
	if c.deps.Gate != nil && !bare {
		fields = append(fields, ui.Input{Name: "code", Label: k.T("signin.code"), Help: k.T("setup.code_help"), Auto: "one-time-code", Err: faults["code"]})
	}
	return k.showStatus(status, k.T("setup.title"), view.SetupPage(view.Setup{Action: k.R.URL.Path, Fields: fields}))
}

// codeSetup: the one-time link is spent, too old or wrong.
const codeSetup community.Code = "setup_link"

func setupFields(k *call, faults map[string]string) []ui.Input {
	f := func(in ui.Input) ui.Input {
		in.Label, in.Required, in.Err = k.T("setup."+in.Name), true, faults[in.Name]
		if in.Kind != "password" {
			in.Value = k.form(in.Name)
		}
		return in
	}
	password := f(ui.Input{Kind: "password", Name: "password", Auto: "new-password"})
	password.Help = k.T("setup.password_help", "n", MinPassword)
	org := f(ui.Input{Name: "org"})
	org.Help = k.T("setup.org_help")
	return []ui.Input{org, f(ui.Input{Name: "login", Auto: "username"}), f(ui.Input{Name: "name", Auto: "name"}), password,
		f(ui.Input{Kind: "password", Name: "again", Auto: "new-password"})}
}

func (c *Console) setup(k *call) error {
	faults := setupFaults(k)
	how := ""
	if len(faults) == 0 {
		var err error
		if how, faults["code"], err = c.setupProof(k); err != nil {
			return err
		}
	}
	if how == "" {
		return c.setupPage(k, http.StatusUnprocessableEntity, faults)
	}
	owner := community.User{Login: k.form("login"), Name: k.form("name"), Role: RoleOwner, Lang: k.Words.Lang, Enabled: true, Created: k.now()}
	c.hashing.do(func() { owner.Hash = HashPassword(k.R.PostFormValue("password")) })
	u, err := c.deps.People.Setup(k.ctx(), HashToken(k.R.PathValue("token")), k.now(), k.form("org"), owner, how != community.ByPassword)
	if community.CodeOf(err) == community.CodeConflict { // it was switched on meanwhile
		return c.setupPage(k, http.StatusUnprocessableEntity, map[string]string{"code": k.T("setup.code_needed")})
	}
	if community.CodeOf(err) == community.CodeForbidden {
		return &community.Error{Code: codeSetup, Msg: err.Error(), Err: err}
	}
	if err != nil {
		return err
	}
	if err := c.begin(k, u, how); err != nil {
		return err
	}
	return k.ok("/", k.T("setup.done"))
}

// setupProof says how whoever holds a link proves to be the person of the login that they name: a login that nobody has, or without a
// second factor, by the link alone; one with a second factor by a code of it, too, or one of the last resort. The link stands in for a
// lost password and no more: a lost second factor is taken away on the server (qunluo user totp reset), which is on record and ends their
// sign-ins. how "" = they do not, and fault says why. A code is looked at, and spent, only with a link that is good.
func (c *Console) setupProof(k *call) (how, fault string, err error) {
	ok, err := c.deps.People.SetupValid(k.ctx(), HashToken(k.R.PathValue("token")), k.now())
	if err == nil && !ok {
		err = &community.Error{Code: codeSetup, Msg: "set-up token is not valid"}
	}
	if err != nil {
		return "", "", err
	}
	u, err := c.deps.People.UserByLogin(k.ctx(), k.form("login"))
	if community.CodeOf(err) == community.CodeNotFound || c.deps.Gate == nil {
		return community.ByPassword, "", nil
	}
	if err != nil {
		return "", "", err
	}
	f, err := k.gate().Factor(k.ctx(), u)
	switch {
	case err != nil:
		return "", "", err
	case !f.On():
		return community.ByPassword, "", nil
	case k.form("code") == "":
		return "", k.T("setup.code_needed"), nil
	}
	if ok, wait := c.byCode.Allow(u.ID.String()); !ok {
		return "", k.T("signin.limited", "t", k.Words.Seconds(int64(wait.Seconds())+1)), nil
	}
	if how, err = k.gate().Check(k.ctx(), u, k.form("code"), true); err == nil && how == "" {
		fault = k.T("setup.code_wrong")
	}
	return how, fault, err
}

func setupFaults(k *call) map[string]string {
	faults := map[string]string{}
	for _, name := range []string{"org", "login", "name"} {
		if k.form(name) == "" {
			faults[name] = k.T("form.needed")
		}
	}
	if fault := PasswordFault(k.form("login"), k.R.PostFormValue("password")); fault != "" {
		faults["password"] = k.T("password."+fault, "n", MinPassword)
	}
	if k.R.PostFormValue("again") != k.R.PostFormValue("password") {
		faults["again"] = k.T("password.differs")
	}
	return faults
}

// undo takes a decision back, from wherever the person saw it.
func (c *Console) undo(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := k.back("/")
	if ref, err := url.Parse(k.R.Referer()); err == nil && k.R.PostFormValue("back") == "" && local(ref.RequestURI()) {
		to = ref.RequestURI()
	}
	if err := k.Hands.Undo(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("shell.undone"))
}
