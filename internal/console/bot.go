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

// Bots keeps other people's programs that attach to our groups.
type Bots interface {
	Bots(ctx context.Context) ([]community.Bot, error)
	// AttachBot and RotateBot give the token, this once. CodeBadInput begins with the field; CodeConflict: the name is
	// taken.
	AttachBot(ctx context.Context, user string, b community.Bot, reason string) (community.Bot, string, error)
	RotateBot(ctx context.Context, user string, id community.ID, reason string) (community.Bot, string, error)
	DeleteBot(ctx context.Context, user string, id community.ID, reason string) error
	// Addresses are where a bot finds us: OneBot by WebSocket and HTTP, Satori; self is what it is to itself.
	Addresses(b community.Bot) (ws, http, satori string, self int64)
	// Here counts the connections of each bot now, by its key.
	Here() map[int64]int
}

var botRoutes = []route{
	{pattern: "GET /bots", may: rights.Keys, serve: (*Console).botList},
	{pattern: "GET /bots/new", may: rights.Keys, serve: (*Console).botNew},
	{pattern: "POST /bots/new", may: rights.Keys, serve: (*Console).botAdd},
	{pattern: "POST /bots/{id}/rotate", may: rights.Keys, serve: (*Console).botRotate},
	{pattern: "POST /bots/{id}/revoke", may: rights.Keys, serve: (*Console).botRevoke},
}

// botRoutes are there where the house attaches bots.
func (c *Console) botRoutes() []route {
	if c.deps.BotsFor == nil {
		return nil
	}
	return botRoutes
}

// botGroups bounds how many groups the form offers one by one; more are given by the command line.
const botGroups = 60

func (c *Console) bots(k *call) Bots { return c.deps.BotsFor(k.User.Org, k.groups) }

// botList shows the attached bots.
func (c *Console) botList(k *call) error {
	bots := c.bots(k)
	all, err := bots.Bots(k.ctx())
	if err != nil {
		return err
	}
	here := bots.Here()
	p := view.Users{Head: ui.Head{Title: k.T("bot.title"), Sub: k.T("bot.intro"), Back: "/connections", Actions: view.BotActions(c.deps.HooksFor != nil)}}
	p.Table = ui.Table{Label: k.T("bot.title"), Columns: []ui.Column{{Title: k.T("bot.name")}, {Title: k.T("bot.state")}, {Title: k.T("bot.groups"), Hide: true}, {Title: k.T("bot.used"), Hide: true}},
		Empty: ui.Empty{Icon: "plug-connected", Title: k.T("bot.none"), Text: k.T("bot.none_text")}}
	for _, b := range all {
		groups := k.T("bot.all_groups")
		if b.Groups != nil {
			groups = k.T("bot.some_groups", "n", len(b.Groups))
		}
		var scopes []string
		for _, s := range b.Scopes {
			scopes = append(scopes, k.T("bot_scope."+string(s)))
		}
		rotate, revoke := botAsks(k, b)
		p.Asks = append(p.Asks, rotate, revoke)
		p.Table.Rows = append(p.Table.Rows, ui.Row{
			Cells:   []templ.Component{ui.Two(b.Name, strings.Join(scopes, k.T("list.comma"))), botPill(k, b, here[b.Key]), ui.Text(groups), ui.When(b.LastUsed)},
			Actions: view.BotButtons(rotate, revoke),
		})
	}
	return k.show(p.Head.Title, view.UsersPage(p))
}

func botPill(k *call, b community.Bot, here int) templ.Component {
	switch {
	case !b.Enabled:
		return ui.Pill("", "ban", k.T("bot.off"))
	case here > 0:
		return ui.Pill("good", "check", k.T("bot.here", "n", here))
	}
	return ui.Pill("", "clock", k.T("bot.away"))
}

func botAsks(k *call, b community.Bot) (rotate, revoke ui.Confirm) {
	id := b.ID.String()
	rotate = ui.Confirm{ID: "rotate-" + id, Title: k.T("bot.rotate"), Object: b.Name, Effect: k.T("bot.rotate_effect"), Button: k.T("bot.rotate"), Action: "/bots/" + id + "/rotate", Reason: k.T("form.reason")}
	revoke = ui.Confirm{ID: "revoke-" + id, Title: k.T("bot.revoke"), Object: b.Name, Effect: k.T("bot.revoke_effect"), Button: k.T("bot.revoke"), Action: "/bots/" + id + "/revoke", Reason: k.T("form.reason"), Danger: true}
	return rotate, revoke
}

func (c *Console) botNew(k *call) error {
	f, err := c.botForm(k, community.Bot{Scopes: []community.BotScope{community.BotRead, community.BotSend}}, nil)
	if err != nil {
		return err
	}
	return k.show(f.Head.Title, view.FormPage(f))
}

// botForm asks for what a bot may do and where, and how it and we find each other.
func (c *Console) botForm(k *call, b community.Bot, faults map[string]string) (view.Form, error) {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: botGroups}})
	f := view.Form{Head: ui.Head{Title: k.T("bot.attach"), Back: "/bots", Sub: k.T("bot.which_help")}, Action: "/bots/new", Button: k.T("bot.attach_button"), Faults: sorted(faults)}
	f.Fields = []ui.Input{{Kind: "text", Name: "name", Label: k.T("bot.name"), Value: b.Name, Required: true, Max: 40, Auto: "off", Err: faults["name"]}}
	for _, s := range community.BotScopes {
		f.Fields = append(f.Fields, ui.Input{Kind: "check", Name: "scope_" + string(s), Label: k.T("bot.scopes") + ": " + k.T("bot_scope."+string(s)), Value: ticked(b.May(s))})
	}
	for _, g := range groups {
		f.Fields = append(f.Fields, ui.Input{Kind: "check", Name: "group_" + g.ID.String(), Label: k.T("bot.groups") + ": " + g.Name, Value: ticked(b.Groups != nil && b.Sees(g.Key))})
	}
	var modes []ui.Option
	for _, m := range []community.BotMode{community.BotDials, community.BotReverse, community.BotPush} {
		modes = append(modes, ui.Option{Value: string(m), Text: k.T("bot.mode_" + string(m))})
	}
	f.Fields = append(f.Fields,
		ui.Input{Kind: "select", Name: "mode", Label: k.T("bot.mode"), Value: string(b.Mode), Options: modes, Err: faults["mode"]},
		ui.Input{Kind: "text", Name: "url", Label: k.T("bot.url"), Help: k.T("bot.url_help"), Value: b.URL, Max: 500, Auto: "off", Err: faults["url"]},
		ui.Input{Kind: "password", Name: "secret", Label: k.T("bot.secret"), Help: k.T("bot.secret_help"), Max: 200, Auto: "new-password", Err: faults["secret"]})
	return f, err
}

func ticked(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// readBot lays the form over a new bot.
func (c *Console) readBot(k *call) (community.Bot, error) {
	b := community.Bot{Name: k.form("name"), Mode: community.BotMode(k.form("mode")), URL: k.form("url"), Secret: k.R.PostFormValue("secret")}
	for _, s := range community.BotScopes {
		if k.form("scope_"+string(s)) == "1" {
			b.Scopes = append(b.Scopes, s)
		}
	}
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: botGroups}})
	for _, g := range groups {
		if k.form("group_"+g.ID.String()) == "1" {
			b.Groups = append(b.Groups, g.Key)
		}
	}
	return b, err
}

func (c *Console) botAdd(k *call) error {
	b, err := c.readBot(k)
	if err != nil {
		return err
	}
	bots := c.bots(k)
	made, token, err := bots.AttachBot(k.ctx(), k.who(), b, "")
	if err == nil {
		return c.showToken(k, bots, made, token, k.T("bot.made", "name", made.Name))
	}
	faults := botFaults(k, b, err)
	if faults == nil {
		return err
	}
	f, err := c.botForm(k, b, faults)
	if err != nil {
		return err
	}
	return k.showStatus(http.StatusUnprocessableEntity, f.Head.Title, view.FormPage(f))
}

// botFaults finds the field that an error is about; nil = none.
func botFaults(k *call, b community.Bot, err error) map[string]string {
	if community.CodeOf(err) == community.CodeConflict {
		return map[string]string{"name": k.T("bot.taken")}
	}
	field, _, _ := strings.Cut(err.Error(), ":")
	if community.CodeOf(err) != community.CodeBadInput || !slices.Contains([]string{"name", "scopes", "url", "secret", "mode"}, field) {
		return nil
	}
	said := map[string]string{"name": k.T("bot.need_name"), "scopes": k.T("bot.need_scope"), "url": k.T("bot.need_url"), "mode": k.T("form.needed"), "secret": k.T("setting.must_be_one_line")}
	if field == "url" && b.URL != "" {
		like := "ws://127.0.0.1:5140/onebot"
		if b.Mode == community.BotPush {
			like = "http://127.0.0.1:5140/onebot"
		}
		said["url"] = k.T("bot.bad_url", "like", like)
	}
	return map[string]string{field: said[field]}
}

// showToken shows a token and where to use it. It is in this one answer and nowhere else.
func (c *Console) showToken(k *call, bots Bots, b community.Bot, token, title string) error {
	ws, plain, satori, self := bots.Addresses(b)
	p := view.BotToken{Head: ui.Head{Title: title, Back: "/bots"}, Token: token, Facts: []ui.Option{
		{Value: k.T("bot.address_ws"), Text: ws}, {Value: k.T("bot.address_http"), Text: plain}, {Value: k.T("bot.address_satori"), Text: satori}, {Value: k.T("bot.self_id"), Text: strconv.FormatInt(self, 10)}}}
	k.W.Header().Set("Cache-Control", "no-store")
	return k.show(title, view.BotTokenPage(p))
}

func (c *Console) botRotate(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	bots := c.bots(k)
	b, token, err := bots.RotateBot(k.ctx(), k.who(), id, k.form("reason"))
	if err != nil {
		return k.refused("/bots", err)
	}
	return c.showToken(k, bots, b, token, k.T("bot.rotated", "name", b.Name))
}

func (c *Console) botRevoke(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	bots := c.bots(k)
	all, err := bots.Bots(k.ctx())
	if err != nil {
		return err
	}
	name := ""
	for _, b := range all {
		if b.ID == id {
			name = b.Name
		}
	}
	if err := bots.DeleteBot(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/bots", err)
	}
	return k.ok("/bots", k.T("bot.revoked", "name", name))
}
