package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Hooks keeps the tokens of outside systems that post to us.
type Hooks interface {
	Hooks(ctx context.Context) ([]community.Bot, error)
	// AddHook and RotateHook give the token and, where signed, the signing key (Secret) this once. Errors as AttachBot.
	AddHook(ctx context.Context, user string, b community.Bot, signed bool, reason string) (community.Bot, string, error)
	RotateHook(ctx context.Context, user string, id community.ID, reason string) (community.Bot, string, error)
	DeleteHook(ctx context.Context, user string, id community.ID, reason string) error
	// TryHook says what would come of a post; with send it is done.
	TryHook(ctx context.Context, id community.ID, p community.Post, send bool) (community.Posted, error)
	// HookAddress is where outside systems post to.
	HookAddress() string
}

var hookRoutes = []route{
	{pattern: "GET /hooks", may: rights.Keys, serve: (*Console).hookList},
	{pattern: "GET /hooks/new", may: rights.Keys, serve: (*Console).hookNew},
	{pattern: "POST /hooks/new", may: rights.Keys, serve: (*Console).hookAdd},
	{pattern: "GET /hooks/{id}/try", may: rights.Keys, serve: (*Console).hookTry},
	{pattern: "POST /hooks/{id}/try", may: rights.Keys, serve: (*Console).hookTried},
	{pattern: "POST /hooks/{id}/rotate", may: rights.Keys, serve: (*Console).hookRotate},
	{pattern: "POST /hooks/{id}/revoke", may: rights.Keys, serve: (*Console).hookRevoke},
}

// hookRoutes are there where the house takes posts of outside systems.
func (c *Console) hookRoutes() []route {
	if c.deps.HooksFor == nil {
		return nil
	}
	return hookRoutes
}

func (c *Console) hooks(k *call) Hooks { return c.deps.HooksFor(k.User.Org, k.groups) }

// hookList shows the tokens.
func (c *Console) hookList(k *call) error {
	all, err := c.hooks(k).Hooks(k.ctx())
	if err != nil {
		return err
	}
	p := view.Users{Head: ui.Head{Title: k.T("hook.title"), Sub: k.T("hook.intro"), Back: "/bots", Actions: view.LinkButton("/hooks/new", "plus", k.T("hook.attach"))}}
	p.Table = ui.Table{Label: k.T("hook.title"), Columns: []ui.Column{{Title: k.T("hook.name")}, {Title: k.T("hook.signed"), Hide: true}, {Title: k.T("hook.groups"), Hide: true}, {Title: k.T("hook.used"), Hide: true}},
		Empty: ui.Empty{Icon: "plug-connected", Title: k.T("hook.none"), Text: k.T("hook.none_text")}}
	for _, b := range all {
		groups := k.T("bot.all_groups")
		if b.Groups != nil {
			groups = k.T("bot.some_groups", "n", len(b.Groups))
		}
		var scopes []string
		for _, s := range b.Scopes {
			scopes = append(scopes, k.T("hook_scope."+string(s)))
		}
		rotate, revoke := hookAsks(k, b)
		p.Asks = append(p.Asks, rotate, revoke)
		p.Table.Rows = append(p.Table.Rows, ui.Row{
			Cells:   []templ.Component{ui.Two(b.Name, strings.Join(scopes, k.T("list.comma"))), hookPill(k, b), ui.Text(groups), ui.When(b.LastUsed)},
			Actions: view.HookButtons("/hooks/"+b.ID.String()+"/try", k.T("hook.try"), rotate, revoke),
		})
	}
	return k.show(p.Head.Title, view.UsersPage(p))
}

func hookPill(k *call, b community.Bot) templ.Component {
	switch {
	case !b.Enabled:
		return ui.Pill("", "ban", k.T("hook.off"))
	case b.Secret != "":
		return ui.Pill("good", "check", k.T("hook.is_signed"))
	}
	return ui.Pill("", "clock", k.T("hook.unsigned"))
}

func hookAsks(k *call, b community.Bot) (rotate, revoke ui.Confirm) {
	id := b.ID.String()
	rotate = ui.Confirm{ID: "rotate-" + id, Title: k.T("hook.rotate"), Object: b.Name, Effect: k.T("hook.rotate_effect"), Button: k.T("hook.rotate"), Action: "/hooks/" + id + "/rotate", Reason: k.T("form.reason")}
	revoke = ui.Confirm{ID: "revoke-" + id, Title: k.T("hook.revoke"), Object: b.Name, Effect: k.T("hook.revoke_effect"), Button: k.T("hook.revoke"), Action: "/hooks/" + id + "/revoke", Reason: k.T("form.reason"), Danger: true}
	return rotate, revoke
}

func (c *Console) hookNew(k *call) error {
	f, err := c.hookForm(k, community.Bot{Scopes: []community.BotScope{community.BotSend}}, false, nil)
	if err != nil {
		return err
	}
	return k.show(f.Head.Title, view.FormPage(f))
}

// hookForm asks for what an outside system may do, and where.
func (c *Console) hookForm(k *call, b community.Bot, signed bool, faults map[string]string) (view.Form, error) {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: botGroups}})
	f := view.Form{Head: ui.Head{Title: k.T("hook.attach"), Back: "/hooks", Sub: k.T("hook.which_help")}, Action: "/hooks/new", Button: k.T("hook.attach_button"), Faults: sorted(faults)}
	f.Fields = []ui.Input{{Kind: "text", Name: "name", Label: k.T("hook.name"), Value: b.Name, Required: true, Max: 40, Auto: "off", Err: faults["name"]}}
	for _, s := range community.HookScopes {
		f.Fields = append(f.Fields, ui.Input{Kind: "check", Name: "scope_" + string(s), Label: k.T("hook.scopes") + ": " + k.T("hook_scope."+string(s)), Value: ticked(b.May(s))})
	}
	for _, g := range groups {
		f.Fields = append(f.Fields, ui.Input{Kind: "check", Name: "group_" + g.ID.String(), Label: k.T("hook.groups") + ": " + g.Name, Value: ticked(b.Groups != nil && b.Sees(g.Key))})
	}
	f.Fields = append(f.Fields, ui.Input{Kind: "check", Name: "signed", Label: k.T("hook.signed"), Help: k.T("hook.signed_help"), Value: ticked(signed)})
	return f, err
}

func (c *Console) hookAdd(k *call) error {
	b, signed := community.Bot{Name: k.form("name")}, k.form("signed") == "1"
	for _, s := range community.HookScopes {
		if k.form("scope_"+string(s)) == "1" {
			b.Scopes = append(b.Scopes, s)
		}
	}
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: botGroups}})
	if err != nil {
		return err
	}
	for _, g := range groups {
		if k.form("group_"+g.ID.String()) == "1" {
			b.Groups = append(b.Groups, g.Key)
		}
	}
	made, token, err := c.hooks(k).AddHook(k.ctx(), k.who(), b, signed, "")
	if err == nil {
		return c.showHook(k, made, token, k.T("hook.made", "name", made.Name))
	}
	faults := hookFaults(k, err)
	if faults == nil {
		return err
	}
	f, err := c.hookForm(k, b, signed, faults)
	if err != nil {
		return err
	}
	return k.showStatus(http.StatusUnprocessableEntity, f.Head.Title, view.FormPage(f))
}

// hookFaults finds the field that an error is about; nil = none.
func hookFaults(k *call, err error) map[string]string {
	field, _, _ := strings.Cut(err.Error(), ":")
	switch {
	case community.CodeOf(err) == community.CodeConflict:
		return map[string]string{"name": k.T("hook.taken")}
	case community.CodeOf(err) != community.CodeBadInput:
		return nil
	case field == "name":
		return map[string]string{"name": k.T("hook.need_name")}
	case field == "scopes":
		return map[string]string{"scopes": k.T("hook.need_scope")}
	}
	return nil
}

// showHook shows a token, its signing key and a call to copy. They are in this one answer and nowhere else.
func (c *Console) showHook(k *call, b community.Bot, token, title string) error {
	at := c.hooks(k).HookAddress()
	p := view.HookToken{Head: ui.Head{Title: title, Back: "/hooks"}}
	p.Facts = []ui.Option{{Value: k.T("hook.address"), Text: at + "/" + token}, {Value: k.T("hook.header"), Text: "Authorization: Bearer " + token}}
	if b.Secret != "" {
		p.Facts = append(p.Facts, ui.Option{Value: k.T("hook.secret"), Text: b.Secret})
	}
	p.Sample = fmt.Sprintf(`curl -X POST %s -H "Authorization: Bearer %s" -H "Content-Type: application/json" -d '{"kind":"message","text":"…"}'`, at, token)
	if b.Secret != "" {
		p.Sample = fmt.Sprintf("T=$(date +%%s); B='{\"kind\":\"message\",\"text\":\"…\"}'\nS=$(printf '%%s.%%s' \"$T\" \"$B\" | openssl dgst -sha256 -hmac '%s' -r | cut -d' ' -f1)\n"+
			"curl -X POST %s -H \"Authorization: Bearer %s\" -H \"Content-Type: application/json\" -H \"X-Qunluo-Timestamp: $T\" -H \"X-Qunluo-Signature: sha256=$S\" -d \"$B\"", b.Secret, at, token)
	}
	k.W.Header().Set("Cache-Control", "no-store")
	return k.show(title, view.HookTokenPage(p))
}

// hookHere is the hook of the path.
func (c *Console) hookHere(k *call) (community.Bot, error) {
	id, err := k.id()
	if err != nil {
		return community.Bot{}, err
	}
	all, err := c.hooks(k).Hooks(k.ctx())
	if err != nil {
		return community.Bot{}, err
	}
	i := slices.IndexFunc(all, func(b community.Bot) bool { return b.ID == id })
	if i < 0 {
		return community.Bot{}, community.Errorf(community.CodeNotFound, "hook %s: not found", id)
	}
	return all[i], nil
}

func (c *Console) hookRotate(k *call) error {
	b, err := c.hookHere(k)
	if err != nil {
		return err
	}
	made, token, err := c.hooks(k).RotateHook(k.ctx(), k.who(), b.ID, k.form("reason"))
	if err != nil {
		return k.refused("/hooks", err)
	}
	return c.showHook(k, made, token, k.T("hook.rotated", "name", made.Name))
}

func (c *Console) hookRevoke(k *call) error {
	b, err := c.hookHere(k)
	if err != nil {
		return err
	}
	if err := c.hooks(k).DeleteHook(k.ctx(), k.who(), b.ID, k.form("reason")); err != nil {
		return k.refused("/hooks", err)
	}
	return k.ok("/hooks", k.T("hook.revoked", "name", b.Name))
}

// hookTry asks what a call would do.
func (c *Console) hookTry(k *call) error {
	b, err := c.hookHere(k)
	if err != nil {
		return err
	}
	f, err := hookTryForm(k, b, community.Post{Kind: community.HookMessage})
	if err != nil {
		return err
	}
	return k.show(f.Head.Title, view.HookTryPage(view.HookTry{Form: f}))
}

func hookTryForm(k *call, b community.Bot, p community.Post) (view.Form, error) {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: 200}})
	var kinds, where []ui.Option
	for _, kind := range []string{community.HookMessage, community.HookTask, community.HookAlarm, community.HookReading} {
		kinds = append(kinds, ui.Option{Value: kind, Text: k.T("hook_kind." + kind)})
	}
	for _, g := range groups {
		if b.Sees(g.Key) {
			where = append(where, ui.Option{Value: g.ID.String(), Text: g.Name})
		}
	}
	f := view.Form{Head: ui.Head{Title: k.T("hook.try_title", "name", b.Name), Back: "/hooks", Sub: k.T("hook.try_help")}, Action: "/hooks/" + b.ID.String() + "/try", Button: k.T("hook.try")}
	f.Fields = []ui.Input{
		{Kind: "select", Name: "kind", Label: k.T("hook.kind"), Value: p.Kind, Options: kinds}, {Kind: "select", Name: "group", Label: k.T("hook.group"), Value: p.Group, Options: where},
		{Kind: "text", Name: "text", Label: k.T("hook.text"), Value: p.Text, Required: true, Max: 500, Auto: "off"}, {Kind: "number", Name: "event", Label: k.T("reading.event"), Value: eventText(p.Event)}, {Kind: "check", Name: "send", Label: k.T("hook.send")},
	}
	return f, err
}

// hookTried says what a call would do, or did.
func (c *Console) hookTried(k *call) error {
	b, err := c.hookHere(k)
	if err != nil {
		return err
	}
	p, send := community.Post{Kind: k.form("kind"), Group: k.form("group"), Text: k.R.PostFormValue("text")}, k.form("send") == "1"
	p.Event, _ = strconv.ParseInt(k.form("event"), 10, 64) // what is no number is missing, and that is said
	got, failed := c.hooks(k).TryHook(k.ctx(), b.ID, p, send)
	f, err := hookTryForm(k, b, p)
	if err != nil {
		return err
	}
	page := view.HookTry{Form: f}
	page.Said, page.Bad = hookSaid(k, got, send, failed)
	return k.show(f.Head.Title, view.HookTryPage(page))
}

func eventText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// hookSaid says in words what came, or would come, of a call.
func hookSaid(k *call, got community.Posted, send bool, err error) (said string, bad bool) {
	if err != nil {
		if pair := connect.SayOf(err); pair[0] != "" {
			return k.Words.Pick(pair), true
		}
		key := "hook.error." + string(community.CodeOf(err))
		if !k.Words.Has(key) {
			key = "hook.error.internal"
		}
		return k.T(key), true
	}
	what := []string{k.T("hook_kind." + got.Kind)}
	if got.Group != "" {
		what = append(what, got.Group)
	}
	if got.Level != "" {
		what = append(what, k.T("hook_level."+string(got.Level)))
	}
	if got.Event != 0 {
		what = append(what, "#"+strconv.FormatInt(got.Event, 10))
	}
	key := "hook.would"
	if send {
		key = "hook.did"
	}
	return k.T(key, "what", strings.Join(what, k.T("list.comma"))), false
}
