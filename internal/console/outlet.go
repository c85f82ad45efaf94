package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Outlets keeps where outside systems are told of what happens.
type Outlets interface {
	List(ctx context.Context) ([]community.Outlet, error)
	Get(ctx context.Context, id community.ID) (community.Outlet, error)
	// Add gives the signing key this once. CodeBadInput begins with the field's name; CodeConflict: the name is taken; CodeTooLarge: there are too many.
	Add(ctx context.Context, by string, o community.Outlet, address, reason string) (community.Outlet, string, error)
	// Set leaves the address as it is where it is "". Errors as Add.
	Set(ctx context.Context, by string, o community.Outlet, address, reason string) (community.Outlet, error)
	Pause(ctx context.Context, by string, id community.ID, on bool, reason string) (community.Outlet, error)
	// Rotate gives another signing key this once; the one before signs beside it for a day.
	Rotate(ctx context.Context, by string, id community.ID, reason string) (community.Outlet, string, error)
	Drop(ctx context.Context, by string, id community.ID, reason string) error
	// Test sends at once and says what came of it.
	Test(ctx context.Context, by string, id community.ID) (community.Parcel, error)
	Parcels(ctx context.Context, id community.ID, state community.ParcelState, p community.Page) ([]community.Parcel, int, error)
	Again(ctx context.Context, by string, id, parcel community.ID, reason string) error
}

var outletRoutes = []route{
	{pattern: "GET /outlets", may: rights.Settings, serve: (*Console).outletList},
	{pattern: "GET /outlets/new", may: rights.Settings, serve: (*Console).outletNew},
	{pattern: "POST /outlets/new", may: rights.Settings, serve: (*Console).outletAdd},
	{pattern: "GET /outlets/{id}", may: rights.Settings, serve: (*Console).outletPage},
	{pattern: "GET /outlets/{id}/edit", may: rights.Settings, serve: (*Console).outletEdit},
	{pattern: "POST /outlets/{id}", may: rights.Settings, serve: (*Console).outletSet},
	{pattern: "POST /outlets/{id}/pause", may: rights.Settings, serve: (*Console).outletPause},
	{pattern: "POST /outlets/{id}/test", may: rights.Settings, serve: (*Console).outletTest},
	{pattern: "POST /outlets/{id}/rotate", may: rights.Settings, serve: (*Console).outletRotate},
	{pattern: "POST /outlets/{id}/delete", may: rights.Settings, serve: (*Console).outletDrop},
	{pattern: "POST /outlets/{id}/parcels/{parcel}/again", may: rights.Settings, serve: (*Console).outletAgain},
}

// outletRoutes are there where the house tells outside systems of things.
func (c *Console) outletRoutes() []route {
	if c.deps.Outlets == nil {
		return nil
	}
	return outletRoutes
}

func (k *call) outlets() Outlets { return k.c.deps.Outlets(k.User.Org) }

// outletList shows the outlets and how they are.
func (c *Console) outletList(k *call) error {
	all, err := k.outlets().List(k.ctx())
	if err != nil {
		return err
	}
	p := view.Users{Head: ui.Head{Title: k.T("outlet.title"), Sub: k.T("outlet.intro"), Back: "/settings", Actions: view.LinkButton("/outlets/new", "plus", k.T("outlet.new"))}}
	p.Table = ui.Table{Label: k.T("outlet.title"), Columns: []ui.Column{{Title: k.T("outlet.name")}, {Title: k.T("outlet.state")}, {Title: k.T("outlet.kinds"), Hide: true}, {Title: k.T("outlet.waiting"), Num: true}, {Title: k.T("outlet.dead"), Num: true}, {Title: k.T("outlet.good"), Hide: true}},
		Empty: ui.Empty{Icon: "plug-connected", Title: k.T("outlet.none"), Text: k.T("outlet.none_text"), Button: k.T("outlet.new"), Link: "/outlets/new"}}
	for _, o := range all {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/outlets/" + o.ID.String(),
			Cells: []templ.Component{ui.Two(o.Name, o.Host), outletPill(k, o), ui.Text(k.T("outlet.kinds_n", "n", len(o.Kinds))), ui.Figure(int64(o.Waiting)), ui.Figure(int64(o.Dead)), ui.When(o.Good)}})
	}
	return k.show(p.Head.Title, view.UsersPage(p))
}

func outletPill(k *call, o community.Outlet) templ.Component {
	switch {
	case o.Paused:
		return ui.Pill("", "clock", k.T("outlet.is_paused"))
	case o.Fails > 0:
		return ui.Pill("danger", "alert-triangle", k.T("outlet.is_failing"))
	}
	return ui.Pill("good", "check", k.T("outlet.is_on"))
}

func (c *Console) outletNew(k *call) error {
	o := community.Outlet{Kinds: []community.OutletKind{community.OutAlarm}}
	return c.outletShow(k, http.StatusOK, o, "", nil)
}

func (c *Console) outletEdit(k *call) error {
	o, err := k.outletHere()
	if err != nil {
		return err
	}
	return c.outletShow(k, http.StatusOK, o, "", nil)
}

// outletShow asks where something is sent, and what.
func (c *Console) outletShow(k *call, status int, o community.Outlet, address string, faults map[string]string) error {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	f := view.Form{Head: ui.Head{Title: k.T("outlet.new"), Sub: k.T("outlet.form_help"), Back: "/outlets"}, Action: "/outlets/new", Button: k.T("outlet.make"), Faults: sorted(faults)}
	url := ui.Input{Kind: "url", Name: "url", Label: k.T("outlet.url"), Help: k.T("outlet.url_help"), Value: address, Required: true, Max: 1000, Auto: "off", Err: faults["url"]}
	if o.Key != 0 {
		f.Head.Title, f.Head.Back, f.Action, f.Button = k.T("outlet.edit", "name", o.Name), "/outlets/"+o.ID.String(), "/outlets/"+o.ID.String(), k.T("outlet.save")
		url.Required, url.Help = false, k.T("outlet.url_keep", "host", o.Host)
	}
	kinds := ui.Input{Kind: "checks", Name: "kind", Label: k.T("outlet.kinds"), Err: faults["kinds"]}
	for _, kind := range community.OutletKinds {
		kinds.Options = append(kinds.Options, ui.Option{Value: string(kind), Text: k.T("outlet_kind." + string(kind))})
	}
	for _, kind := range o.Kinds {
		kinds.Ticked = append(kinds.Ticked, string(kind))
	}
	in := ui.Input{Kind: "checks", Name: "group", Label: k.T("outlet.groups"), Help: k.T("outlet.groups_help"), Err: faults["groups"]}
	for _, g := range groups {
		in.Options = append(in.Options, ui.Option{Value: g.ID.String(), Text: g.Name})
		if slices.Contains(o.Groups, g.Key) {
			in.Ticked = append(in.Ticked, g.ID.String())
		}
	}
	f.Fields = []ui.Input{{Kind: "text", Name: "name", Label: k.T("outlet.name"), Value: o.Name, Help: k.T("outlet.name_help"), Required: true, Max: 40, Auto: "off", Err: faults["name"]}, url, kinds, in,
		{Kind: "check", Name: "texts", Label: k.T("outlet.texts"), Help: k.T("outlet.texts_help"), Value: ticked(o.Texts)}}
	return k.showStatus(status, f.Head.Title, view.FormPage(f))
}

// outletForm reads the form into an outlet.
func (k *call) outletForm(o community.Outlet) (community.Outlet, error) {
	if err := k.R.ParseForm(); err != nil {
		return o, community.Errorf(community.CodeBadInput, "form: %w", err)
	}
	o.Name, o.Texts, o.Kinds, o.User = k.form("name"), k.form("texts") == "1", nil, k.User.ID
	for _, kind := range k.R.PostForm["kind"] {
		o.Kinds = append(o.Kinds, community.OutletKind(kind))
	}
	groups, err := k.ticked("group")
	o.Groups = groups
	return o, err
}

func (c *Console) outletAdd(k *call) error {
	o, err := k.outletForm(community.Outlet{})
	if err != nil {
		return err
	}
	made, secret, err := k.outlets().Add(k.ctx(), k.who(), o, k.R.PostFormValue("url"), "")
	if err == nil {
		return k.outletSecret(k.T("outlet.made", "name", made.Name), made, secret)
	}
	faults := outletFaults(k, err)
	if faults == nil {
		return err
	}
	return c.outletShow(k, http.StatusUnprocessableEntity, o, k.R.PostFormValue("url"), faults)
}

func (c *Console) outletSet(k *call) error {
	had, err := k.outletHere()
	if err != nil {
		return err
	}
	o, err := k.outletForm(had)
	if err != nil {
		return err
	}
	if _, err = k.outlets().Set(k.ctx(), k.who(), o, k.R.PostFormValue("url"), ""); err == nil {
		return k.ok("/outlets/"+o.ID.String(), k.T("outlet.saved"))
	}
	faults := outletFaults(k, err)
	if faults == nil {
		return err
	}
	return c.outletShow(k, http.StatusUnprocessableEntity, o, k.R.PostFormValue("url"), faults)
}

// outletFaults finds the field that an error is about; nil = none.
func outletFaults(k *call, err error) map[string]string {
	field, _, _ := strings.Cut(err.Error(), ":")
	switch code := community.CodeOf(err); {
	case code == community.CodeConflict:
		return map[string]string{"name": k.T("outlet.taken")}
	case code == community.CodeTooLarge:
		return map[string]string{"name": k.T("outlet.too_many")}
	case code == community.CodeBadInput && slices.Contains([]string{"name", "url", "kinds", "groups"}, field):
		return map[string]string{field: k.T("outlet.need_" + field)}
	}
	return nil
}

// outletSecret shows a signing key. It is in this one answer and nowhere else.
func (k *call) outletSecret(title string, o community.Outlet, secret string) error {
	k.W.Header().Set("Cache-Control", "no-store")
	p := view.Outlet{Head: ui.Head{Title: title, Back: "/outlets"}, Secret: secret, Back: "/outlets/" + o.ID.String(),
		Sample: "hook, err := client.VerifyHook(r, os.Getenv(\"QUNLUO_HOOK\"))\nif err != nil {\n\thttp.Error(w, err.Error(), http.StatusUnauthorized)\n\treturn\n}\nlog.Print(hook.ID, hook.Type, string(hook.Data))"}
	return k.show(title, view.OutletPage(p))
}

func (k *call) outletHere() (community.Outlet, error) {
	id, err := k.id()
	if err != nil {
		return community.Outlet{}, err
	}
	return k.outlets().Get(k.ctx(), id)
}

const parcelPage = 50

// outletPage shows an outlet and what it was told.
func (c *Console) outletPage(k *call) error {
	o, err := k.outletHere()
	if err != nil {
		return err
	}
	page, at := k.page(parcelPage), "/outlets/"+o.ID.String()
	state := community.ParcelState(k.query("state"))
	if !slices.Contains(community.ParcelStates, state) {
		state = ""
	}
	list, total, err := k.outlets().Parcels(k.ctx(), o.ID, state, page)
	if err != nil {
		return err
	}
	p := view.Outlet{Head: ui.Head{Title: o.Name, Sub: o.Host, Back: "/outlets"}}
	p.Facts = k.outletFacts(o)
	p.Tabs = []ui.Tab{{Text: k.T("outlet.all"), Link: at, Here: state == ""}}
	for _, s := range community.ParcelStates {
		p.Tabs = append(p.Tabs, ui.Tab{Text: k.T("parcel." + string(s)), Link: at + "?state=" + string(s), Here: state == s, Count: map[community.ParcelState]int{community.ParcelWaiting: o.Waiting, community.ParcelDead: o.Dead}[s]})
	}
	p.Table = ui.Table{Label: k.T("outlet.log"), Columns: []ui.Column{{Title: k.T("outlet.what")}, {Title: k.T("outlet.came")}, {Title: k.T("outlet.tries"), Num: true}, {Title: k.T("outlet.happened")}, {Title: k.T("outlet.tried"), Hide: true}},
		Empty: ui.Empty{Icon: "history", Title: k.T("outlet.no_log"), Text: k.T("outlet.no_log_text")}, Pager: k.pager(page, len(list), total)}
	for _, one := range list {
		row := ui.Row{Cells: []templ.Component{ui.Two(k.T("outlet_kind."+string(one.Kind)), one.ID.String()), parcelPill(k, one), ui.Figure(int64(one.Attempts)), ui.When(one.At), ui.When(one.Tried)}}
		if one.State != community.ParcelWaiting && one.Kind != community.OutTest {
			ask := ui.Confirm{ID: "again-" + one.ID.String(), Title: k.T("outlet.again"), Object: k.T("outlet_kind." + string(one.Kind)), Effect: k.T("outlet.again_effect"), Button: k.T("outlet.again"), Action: at + "/parcels/" + one.ID.String() + "/again"}
			p.Asks = append(p.Asks, ask)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: ask.Title, Small: true})
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	p.Head.Actions = k.outletActs(&p, o, at)
	return k.show(o.Name, view.OutletPage(p))
}

func (k *call) outletFacts(o community.Outlet) []ui.Option {
	var kinds []string
	for _, kind := range o.Kinds {
		kinds = append(kinds, k.T("outlet_kind."+string(kind)))
	}
	groups, texts := k.T("outlet.all_groups"), k.T("outlet.no_texts")
	if o.Groups != nil {
		groups = k.T("outlet.groups_n", "n", len(o.Groups))
	}
	if o.Texts {
		texts = k.T("outlet.with_texts")
	}
	facts := []ui.Option{{Value: k.T("outlet.kinds"), Text: strings.Join(kinds, k.T("list.comma"))}, {Value: k.T("outlet.groups"), Text: groups}, {Value: k.T("outlet.texts_short"), Text: texts}, {Value: k.T("outlet.keeper"), Text: o.Login}}
	if o.Fails > 0 {
		facts = append(facts, ui.Option{Value: k.T("outlet.is_failing"), Text: k.T("outlet.fails", "n", o.Fails, "why", k.codeSaid(o.BadCode))})
	}
	return facts
}

// codeSaid says why a try came to nothing.
func (k *call) codeSaid(code community.Code) string {
	if key := "outlet_code." + string(code); k.Words.Has(key) {
		return k.T(key)
	}
	return k.T("outlet_code.fault")
}

func parcelPill(k *call, p community.Parcel) templ.Component {
	text := k.T("parcel." + string(p.State))
	if p.Code != "" {
		text += k.T("list.comma") + k.codeSaid(p.Code)
		if p.Status != 0 {
			text += " " + strconv.Itoa(p.Status)
		}
	}
	switch p.State {
	case community.ParcelSent:
		return ui.Pill("good", "check", text)
	case community.ParcelDead:
		return ui.Pill("danger", "ban", text)
	}
	return ui.Pill("", "clock", text)
}

// outletActs are the buttons above an outlet; each that changes something asks first.
func (k *call) outletActs(p *view.Outlet, o community.Outlet, at string) templ.Component {
	open := func(c ui.Confirm) templ.Component {
		c.Object, c.Button = o.Name, c.Title
		p.Asks = append(p.Asks, c)
		return ui.ConfirmButton(ui.Opener{Target: c.ID, Text: c.Title, Danger: c.Danger})
	}
	pause := ui.Confirm{ID: "pause", Title: k.T("outlet.pause"), Effect: k.T("outlet.pause_effect"), Action: at + "/pause", Fields: []ui.Option{{Value: "on", Text: "1"}}, Reason: k.T("form.reason")}
	if o.Paused {
		pause.Title, pause.Effect, pause.Fields = k.T("outlet.resume"), k.T("outlet.resume_effect", "n", o.Waiting), nil
	}
	return templ.Join(
		open(ui.Confirm{ID: "test", Title: k.T("outlet.test"), Effect: k.T("outlet.test_effect", "host", o.Host), Action: at + "/test"}),
		open(pause),
		open(ui.Confirm{ID: "rotate", Title: k.T("outlet.rotate"), Effect: k.T("outlet.rotate_effect"), Action: at + "/rotate", Reason: k.T("form.reason")}),
		open(ui.Confirm{ID: "delete", Title: k.T("outlet.drop"), Effect: k.T("outlet.drop_effect"), Action: at + "/delete", Reason: k.T("form.reason"), Danger: true}),
		view.LinkButton(at+"/edit", "edit", k.T("outlet.change")),
	)
}

func (c *Console) outletPause(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	on, at := k.form("on") == "1", "/outlets/"+id.String()
	if _, err := k.outlets().Pause(k.ctx(), k.who(), id, on, k.form("reason")); err != nil {
		return k.refused(at, err)
	}
	if on {
		return k.ok(at, k.T("outlet.paused_done"))
	}
	return k.ok(at, k.T("outlet.resumed_done"))
}

func (c *Console) outletTest(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	at := "/outlets/" + id.String()
	p, err := k.outlets().Test(k.ctx(), k.who(), id)
	if err != nil {
		return k.refused(at, err)
	}
	if p.State == community.ParcelSent {
		return k.ok(at, k.T("outlet.test_good", "status", p.Status, "ms", p.Took))
	}
	return k.done(at, "danger", k.T("outlet.test_bad", "why", k.codeSaid(p.Code)), community.ID{})
}

func (c *Console) outletRotate(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	o, secret, err := k.outlets().Rotate(k.ctx(), k.who(), id, k.form("reason"))
	if err != nil {
		return k.refused("/outlets/"+id.String(), err)
	}
	return k.outletSecret(k.T("outlet.rotated", "name", o.Name), o, secret)
}

func (c *Console) outletDrop(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.outlets().Drop(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/outlets", err)
	}
	return k.ok("/outlets", k.T("outlet.dropped"))
}

func (c *Console) outletAgain(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	at := "/outlets/" + id.String()
	parcel, err := community.ParseID(k.R.PathValue("parcel"))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "parcel: %w", err)
	}
	if err := k.outlets().Again(k.ctx(), k.who(), id, parcel, ""); err != nil {
		return k.refused(at, err)
	}
	return k.ok(at, k.T("outlet.again_done"))
}
