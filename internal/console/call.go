package console

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/proof"
	"qunluo/internal/rights"
)

// call is one request on its way: who is it, in which language, and through which handles they see and change things.
type call struct {
	c        *Console
	W        http.ResponseWriter
	R        *http.Request
	User     community.User
	person   community.User // who looks at a demonstration as User; zero = they look at their own organisation
	Words    *i18n.Words
	Desk     Desk // nil for strangers, as are Hands and Figures
	Hands    Hands
	Figures  Figures
	Codes    Codes // nil too where the house keeps no codes
	Persons  Persons
	Duty     Duty                 // nil where nothing is known of duty
	groups   []community.GroupKey // which they see, within the working scope; nil = all
	seen     []community.GroupKey // which they see, whatever the working scope; nil = all
	scoped   string               // the tag of the working scope; "" = none
	stands   proof.Standing       // zero for those who did not sign in here
	heads    []community.Head     // who runs the groups of the members that the page shows
	phone    bool                 // the page is one of the phone's
	token    string
	answered bool
}

// langCookie remembers the language of people who are not signed in.
const langCookie = "qunluo-lang"

func (c *Console) stranger(w http.ResponseWriter, r *http.Request) *call {
	lang := c.words.Choose(r.Header.Get("Accept-Language"))
	if got, err := r.Cookie(langCookie); err == nil {
		lang = got.Value
	}
	return &call{c: c, W: w, R: r, Words: c.words.In(lang)}
}

// answer finds out who asks. The call it returns can always be used to answer an error.
func (c *Console) answer(w http.ResponseWriter, r *http.Request) (*call, error) {
	k := c.stranger(w, r)
	u, st, err := c.whoIs(r.Context())
	if err != nil {
		return k, err
	}
	k.stands = st
	person := u
	u, looks, err := c.look(r.Context(), person)
	if err != nil {
		return k, err
	}
	if looks {
		k.person = person
	}
	k.token = c.formToken(w, r)
	if u.Key == 0 {
		return k, nil
	}
	if err := c.greet(k, u); err != nil {
		return k, err
	}
	return k, c.notice(k)
}

// greet gives a person their language and the handles through which they see and change things.
func (c *Console) greet(k *call, u community.User) error {
	groups, err := c.reach(k.ctx(), u)
	if err == nil {
		groups, err = c.narrow(k, u, groups)
	}
	if err != nil {
		return err
	}
	k.User, k.groups = u, groups
	k.Words = c.words.In(u.Lang)
	k.Desk = c.deps.For(u.Org, groups)
	k.Hands = c.deps.HandsFor(u.Org, groups)
	k.Figures = c.deps.Figures(u.Org, groups)
	if c.deps.Codes != nil {
		k.Codes = c.deps.Codes(u.Org, groups)
	}
	if c.deps.Persons != nil {
		k.Persons = c.deps.Persons(u.Org, groups)
	}
	if c.deps.Duty != nil {
		k.Duty = c.deps.Duty(u.Org, groups)
	}
	return k.putVeil()
}

// reach finds the groups that a person sees now; nil = all.
func (c *Console) reach(ctx context.Context, u community.User) ([]community.GroupKey, error) {
	if c.deps.Reach == nil {
		return rights.Of(u).Sees(nil, false), nil
	}
	return c.deps.Reach(ctx, u)
}

func (k *call) ctx() context.Context { return k.R.Context() }

// T says a message in the person's language.
func (k *call) T(key string, args ...any) string { return k.Words.T(key, args...) }

// who is the person as actions and audit rows name them.
func (k *call) who() string { return k.User.ID.String() }

func (k *call) now() int64 { return k.c.clock().UnixMilli() }

func (k *call) checkToken(got string) error {
	if got == "" {
		got = k.R.Header.Get("X-Form-Token")
	}
	if k.token == "" || subtle.ConstantTimeCompare([]byte(got), []byte(k.token)) != 1 {
		return &community.Error{Code: codeStale, Msg: "form token does not fit"}
	}
	return nil
}

// codeStale: the form belongs to a session that is over. Not one of community's codes: it never leaves the console.
const codeStale community.Code = "stale_form"

// id reads the {id} of the path; CodeNotFound when it is none.
func (k *call) id() (community.ID, error) {
	id, err := community.ParseID(k.R.PathValue("id"))
	if err != nil {
		return id, community.Errorf(community.CodeNotFound, "path: %w", err)
	}
	return id, nil
}

// query reads a value of the address, trimmed and bounded to 200 bytes. Where the address says nothing of a tag it is that of the working
// scope.
func (k *call) query(name string) string {
	if name == "tag" && k.scoped != "" && !k.R.URL.Query().Has("tag") && k.R.URL.Query().Get("g") == "" {
		return k.scoped
	}
	return clip(k.R.URL.Query().Get(name))
}

// form reads a value of the form, trimmed and bounded to 200 bytes; use k.R.PostFormValue for longer ones.
func (k *call) form(name string) string { return clip(k.R.PostFormValue(name)) }

// typed is a field however long, without blanks around it; its lines end as ours do.
func (k *call) typed(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(k.R.PostFormValue(name), "\r\n", "\n"))
}

func clip(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}

// page reads page number and order from the address: p (from 1), sort, dir.
func (k *call) page(limit int) community.Page {
	n, err := strconv.Atoi(k.query("p"))
	if err != nil || n < 1 {
		n = 1
	}
	n = min(n, community.CountCap/limit+1)
	return community.Page{Limit: limit, Offset: (n - 1) * limit, Sort: k.query("sort"), Desc: k.query("dir") == "desc"}
}

// here gives the address of this page with some values changed ("" removes one); changing anything but "p" goes back
// to the first page.
func (k *call) here(pairs ...string) string {
	q := k.R.URL.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] != "p" {
			q.Del("p")
		}
		if pairs[i+1] == "" {
			q.Del(pairs[i])
			continue
		}
		q.Set(pairs[i], pairs[i+1])
	}
	if len(q) == 0 {
		return k.R.URL.Path
	}
	return k.R.URL.Path + "?" + q.Encode()
}

// column makes a column that sorts by name ("" = cannot).
func (k *call) column(title, name string, p community.Page) ui.Column {
	col := ui.Column{Title: title}
	if name == "" {
		return col
	}
	next := "asc"
	if p.Sort == name {
		col.Dir = "asc"
		if p.Desc {
			col.Dir = "desc"
		} else {
			next = "desc"
		}
	}
	col.Sort = k.here("sort", name, "dir", next)
	return col
}

// pager leads through a list of total rows of which n are shown.
func (k *call) pager(p community.Page, n, total int) *ui.Pager {
	if n == 0 {
		return nil
	}
	out := &ui.Pager{From: p.Offset + 1, To: p.Offset + n, Total: total, Over: total > community.CountCap}
	at := p.Offset/p.Limit + 1
	if at > 1 {
		out.Prev = k.here("p", strconv.Itoa(at-1))
	}
	if p.Offset+n < total {
		out.Next = k.here("p", strconv.Itoa(at+1))
	}
	return out
}

// show renders a page of a signed-in person in the shell. Options: withCharts.
func (k *call) show(title string, body templ.Component, opts ...func(*ui.Frame)) error {
	return k.showStatus(http.StatusOK, title, body, opts...)
}

// withCharts loads ECharts on the page.
func withCharts(f *ui.Frame) { f.Charts = true }

func (k *call) showStatus(status int, title string, body templ.Component, opts ...func(*ui.Frame)) error {
	f := k.frame(title)
	if k.User.Key != 0 {
		if err := k.dress(f); err != nil {
			return err
		}
	}
	for _, o := range opts {
		o(f)
	}
	return k.render(status, f, body)
}

func (k *call) frame(title string) *ui.Frame {
	path := k.R.URL.RequestURI()
	if k.R.Method != http.MethodGet {
		path = "/"
	}
	return &ui.Frame{Assets: k.c.files.URL, Token: k.token, Path: path, Title: title, Insecure: k.c.deps.Insecure && !loopback(k.R.Host),
		Demo: k.c.deps.Demo, Now: k.now()}
}

// loopback reports whether a request was addressed to this very machine: then nobody can listen in between.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// dress adds what only signed-in people see: menu, badges, state of the freeze switch, the last result.
func (k *call) dress(f *ui.Frame) error {
	badges, err := k.badges()
	if err != nil {
		return err
	}
	if f.Frozen, err = k.Desk.Frozen(k.ctx()); err != nil {
		return err
	}
	f.User, f.Role = k.User.Name, k.User.Role
	if f.User == "" {
		f.User = k.User.Login
	}
	if err := k.onDuty(f); err != nil {
		return err
	}
	if err := k.scopeBar(f); err != nil {
		return err
	}
	if err := k.beginBar(f); err != nil {
		return err
	}
	if err := k.dressSpace(f); err != nil {
		return err
	}
	f.Live = k.c.deps.Live != nil
	f.Menu = k.menu(badges)
	f.Search = k.c.mounted("/messages", k)
	if said, ok := k.result(); ok {
		f.Flash = &ui.Flash{Kind: said.Kind, Text: said.Text}
		if strings.HasPrefix(said.Undo, "/") {
			f.Flash.Undo = said.Undo
		} else if said.Undo != "" && k.c.mountedPost("/decisions/{id}/undo") {
			f.Flash.Undo = "/decisions/" + said.Undo + "/undo"
		}
	}
	return nil
}

// result takes the result that waits for the next page. A live part that reads itself again is none: it shows no result, and
// the person would never see it.
func (k *call) result() (Flash, bool) {
	if k.R.Header.Get("HX-Request") != "" {
		return Flash{}, false
	}
	said, ok := k.c.sessions.Pop(k.ctx(), sessFlash).(Flash)
	if note := k.c.sessions.PopString(k.ctx(), sessNote); note != "" {
		if !ok {
			return Flash{Kind: "warning", Text: note}, true
		}
		said.Text = note + " " + said.Text
	}
	return said, ok
}

// onDuty says in the top bar who is on duty.
func (k *call) onDuty(f *ui.Frame) error {
	if k.Duty == nil {
		return nil
	}
	roster, err := k.Duty.Roster(k.ctx())
	if err != nil || len(roster.Shifts)+len(roster.Changes) == 0 {
		return err
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	now, _ := dutyNow(roster, k.now(), names)
	if f.OnDuty = k.T("duty.on_now", "who", now); now == "" {
		f.OnDuty = k.T("duty.on_nobody")
	}
	return nil
}

func (c *Console) mountedPost(path string) bool {
	for _, one := range c.table {
		if one.pattern == "POST "+path {
			return true
		}
	}
	return false
}

func (k *call) badges() (Badges, error) {
	_, tasks, err := k.Desk.FindTasks(k.ctx(), community.TaskFilter{Page: community.Page{Limit: 1}})
	if err != nil {
		return Badges{}, err
	}
	_, review, err := k.Desk.FindDecisions(k.ctx(), community.DecisionFilter{Open: true, Page: community.Page{Limit: 1}})
	if err != nil {
		return Badges{}, err
	}
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return Badges{}, err
	}
	b := Badges{Tasks: tasks, Review: review}
	if k.c.deps.Bulks != nil {
		_, proposed, err := k.bulks().List(k.ctx(), bulk.Waiting, community.Page{Limit: 1})
		if err != nil {
			return b, err
		}
		b.Tasks += proposed
	}
	if k.Duty != nil {
		if b.Alarms, err = k.waiting(); err != nil {
			return b, err
		}
	}
	for _, a := range accounts {
		if a.Enabled && (a.Restricted != 0 || k.c.deps.Wires.Health(a.Key).State != "online") {
			b.Broken++
		}
	}
	return b, nil
}

// waiting counts the alarms that nobody has acknowledged, of the newest.
func (k *call) waiting() (int, error) {
	list, _, err := k.Duty.Alarms(k.ctx(), true, "", community.Page{Limit: 200})
	n := 0
	for _, a := range list {
		if a.State == duty.Waiting {
			n++
		}
	}
	return n, err
}

func (k *call) menu(b Badges) []ui.MenuGroup {
	at := ""
	for _, e := range menu {
		if (k.R.URL.Path == e.path || strings.HasPrefix(k.R.URL.Path, e.path+"/")) && len(e.path) > len(at) {
			at = e.path
		}
	}
	var groups []ui.MenuGroup
	for _, name := range menuGroups {
		g := ui.MenuGroup{}
		if name != "" {
			g.Title = k.T("nav.group." + name)
		}
		for _, e := range menu {
			if e.group != name || !k.c.mounted(e.path, k) {
				continue
			}
			line := ui.MenuEntry{Title: k.T(e.key), Icon: e.icon, Path: e.path, Here: e.path == at}
			if e.badge != nil {
				line.Badge = e.badge(b)
			}
			g.Entries = append(g.Entries, line)
		}
		if len(g.Entries) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// render writes a page at once: a page that breaks half way is never sent.
func (k *call) render(status int, f *ui.Frame, body templ.Component) error {
	ctx := ui.With(i18n.With(k.ctx(), k.Words), f)
	shell := ui.Plain()
	switch {
	case f.Phone:
		shell = ui.Phone()
	case k.User.Key != 0:
		shell = ui.Shell()
	}
	buf := templ.GetBuffer()
	defer templ.ReleaseBuffer(buf)
	if err := shell.Render(templ.WithChildren(ctx, body), buf); err != nil {
		return err
	}
	k.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	k.W.WriteHeader(status)
	page := buf.Bytes()
	if k.few() > 0 {
		page = withoutFew(page)
	}
	if _, err := k.W.Write(page); err != nil {
		return nil //nolint:nilerr // the browser left
	}
	return nil
}

// errorPage says a code in words: what happened, what it means, what to do.
func (k *call) errorPage(err error, code community.Code, status int) error {
	name := string(code)
	if !k.Words.Has("error." + name + ".title") {
		name = string(community.CodeInternal)
	}
	p := ui.Panel{Title: k.T("error." + name + ".title"), Text: k.T("error." + name + ".text"), Code: string(code),
		Request: httpd.RequestID(k.ctx()), Button: k.T("error.home"), Link: "/"}
	if no := (*refusal)(nil); errors.As(err, &no) && k.User.Key != 0 {
		if err := k.explain(no, &p); err != nil {
			return err
		}
	}
	f := k.frame(p.Title)
	if k.phone {
		f.Phone, p.Link = true, "/m"
		return k.render(status, f, view.Fault(p))
	}
	if k.User.Key != 0 && status < 500 {
		if err := k.dress(f); err != nil {
			return k.render(status, k.frame(p.Title), view.Fault(p))
		}
	}
	f.User, f.Role = k.User.Name, k.User.Role
	return k.render(status, f, view.Fault(p))
}

// done sends the person to a page that says what came of it. undo is the decision that takes it back; zero = none.
func (k *call) done(to, kind, text string, undo community.ID) error {
	said := Flash{Kind: kind, Text: text}
	if !undo.IsZero() {
		said.Undo = undo.String()
	}
	k.c.sessions.Put(k.ctx(), sessFlash, said)
	return k.redirect(to)
}

// ok is done without a way back.
func (k *call) ok(to, text string) error { return k.done(to, "ok", text, community.ID{}) }

// refused sends the person back with the reason in words, for errors they can do something about; others pass through
// as an error page.
func (k *call) refused(to string, err error) error {
	var waits *bulk.Waits
	if errors.As(err, &waits) {
		return k.done("/bulk/"+waits.Proposal.String(), "warning", k.T("bulk.proposed"), community.ID{})
	}
	code := community.CodeOf(err)
	if statusOf(code) >= 500 && code != community.CodeBusy && statusOf(code) != http.StatusBadGateway {
		return err
	}
	if said := k.Words.Pick(connect.SayOf(err)); said != "" {
		return k.done(to, "danger", said, community.ID{})
	}
	return k.done(to, "danger", k.T("error."+string(code)+".title")+" "+k.T("error."+string(code)+".text"), community.ID{})
}

// sayOf is what an error says in the person's language; "" = it has no words of its own.
func (k *call) sayOf(err error) string { return k.Words.Pick(connect.SayOf(err)) }

// away leads to another page, whole: parts of pages, too, make the browser go there.
func (k *call) away(to string) error {
	if k.R.Header.Get("HX-Request") == "" {
		return k.redirect(to)
	}
	k.answered = true
	k.W.Header().Set("HX-Redirect", to)
	k.W.WriteHeader(http.StatusForbidden)
	return nil
}

func (k *call) redirect(to string) error {
	k.answered = true
	http.Redirect(k.W, k.R, to, http.StatusSeeOther)
	return nil
}

// back is the local address that a form names as "back", or otherwise.
func (k *call) back(otherwise string) string {
	to := k.R.PostFormValue("back")
	if local(to) {
		return to
	}
	return otherwise
}

// local reports whether an address stays on this server.
func local(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(to, "/") &&
		!strings.HasPrefix(to, "//") && !strings.Contains(to, "\\")
}

// zone is the zone of a group; Asia/Shanghai where none is known.
func zone(name string) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil && name != "" {
		return loc
	}
	return i18n.Zone(nil)
}

// step is a change of one thing of a list ("/draws"): afterwards its page is shown with what do says. fault puts an error into words of the
// room's own, "" = it has none; nil = the room has none.
func step(list string, fault func(k *call, err error) string, do func(k *call, id community.ID) (said string, err error)) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		id, err := k.id()
		if err != nil {
			return err
		}
		to := list + "/" + id.String()
		said, err := do(k, id)
		if err == nil {
			return k.ok(to, said)
		}
		if fault != nil {
			if why := fault(k, err); why != "" {
				return k.done(to, "danger", why, community.ID{})
			}
		}
		return k.refused(to, err)
	}
}

// Upload is a file on its way in.
type Upload struct {
	Fields map[string]string // the fields before the file, 4 KiB each
	Name   string
	File   io.Reader
}

// upload reads a form with one file without keeping the file: fields first (the form token is checked), the file last.
func (k *call) upload() (Upload, error) {
	up := Upload{Fields: map[string]string{}}
	parts, err := k.R.MultipartReader()
	if err != nil {
		return up, community.Errorf(community.CodeBadInput, "upload: %w", err)
	}
	for range 32 {
		part, err := parts.NextPart()
		if err != nil {
			return up, uploadError(err)
		}
		if part.FileName() != "" {
			up.Name, up.File = part.FileName(), part
			return up, k.checkToken(up.Fields["_token"])
		}
		if err := readField(part, up.Fields); err != nil {
			return up, err
		}
	}
	return up, community.Errorf(community.CodeBadInput, "upload: too many fields")
}

func readField(part *multipart.Part, into map[string]string) error {
	const most = 4 << 10
	b, err := io.ReadAll(io.LimitReader(part, most+1))
	if err != nil {
		return uploadError(err)
	}
	if len(b) > most {
		return community.Errorf(community.CodeTooLarge, "field %s of an upload", part.FormName())
	}
	into[part.FormName()] = string(b)
	return nil
}

func uploadError(err error) error {
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		return community.Errorf(community.CodeTooLarge, "upload: %w", err)
	}
	return community.Errorf(community.CodeBadInput, "upload: %w", err)
}
