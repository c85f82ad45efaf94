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

// Tokens keeps an organisation's keys to the API.
type Tokens interface {
	// List gives the keys, the newest first, those that ended too.
	List(ctx context.Context) ([]community.Token, error)
	// Make gives a key's secret this once. CodeBadInput begins with the field's name; CodeTooLarge: the user has too many.
	Make(ctx context.Context, by string, k community.Token, reason string) (community.Token, string, error)
	// Revoke ends a key at once. CodeConflict: it was ended before.
	Revoke(ctx context.Context, by string, id community.ID, reason string) error
}

var tokenRoutes = []route{
	{pattern: "GET /tokens", may: rights.Keys, serve: (*Console).tokenList},
	{pattern: "GET /tokens/new", may: rights.Keys, serve: (*Console).tokenNew},
	{pattern: "POST /tokens/new", may: rights.Keys, serve: (*Console).tokenMake},
	{pattern: "POST /tokens/{id}/revoke", may: rights.Keys, serve: (*Console).tokenRevoke},
}

// tokenRoutes are there where the house keeps keys to the API.
func (c *Console) tokenRoutes() []route {
	if c.deps.Tokens == nil {
		return nil
	}
	return tokenRoutes
}

func (k *call) tokens() Tokens { return k.c.deps.Tokens(k.User.Org) }

// tokenList shows the keys, those that ended last.
func (c *Console) tokenList(k *call) error {
	all, err := k.tokens().List(k.ctx())
	if err != nil {
		return err
	}
	now := k.now()
	slices.SortStableFunc(all, func(a, b community.Token) int { return ended(a, now) - ended(b, now) })
	p := view.Users{Head: ui.Head{Title: k.T("token.title"), Sub: k.T("token.intro"), Back: "/settings", Actions: view.LinkButton("/tokens/new", "plus", k.T("token.new"))}}
	p.Table = ui.Table{Label: k.T("token.title"), Columns: []ui.Column{{Title: k.T("token.name")}, {Title: k.T("token.state")}, {Title: k.T("token.user"), Hide: true}, {Title: k.T("token.expires"), Hide: true}, {Title: k.T("token.used"), Hide: true}},
		Empty: ui.Empty{Icon: "plug-connected", Title: k.T("token.none"), Text: k.T("token.none_text")}}
	for _, t := range all {
		row := ui.Row{Cells: []templ.Component{ui.Two(t.Name, tokenScopes(k, t)), tokenPill(k, t.State(now)), ui.Two(t.Login, "…"+t.Hint), ui.When(t.Expires), ui.When(t.LastUsed)}}
		if t.State(now) == "live" {
			ask := ui.Confirm{ID: "revoke-" + t.ID.String(), Title: k.T("token.revoke"), Object: t.Name, Effect: k.T("token.revoke_effect"), Button: k.T("token.revoke"), Action: "/tokens/" + t.ID.String() + "/revoke",
				Reason: k.T("form.reason"), Danger: true}
			p.Asks = append(p.Asks, ask)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: k.T("token.revoke"), Icon: "ban", Small: true, Danger: true})
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.UsersPage(p))
}

func ended(t community.Token, now int64) int {
	if t.State(now) == "live" {
		return 0
	}
	return 1
}

func tokenScopes(k *call, t community.Token) string {
	var out []string
	for _, s := range t.Scopes {
		out = append(out, k.T("token_area."+string(s.Area))+k.T("list.colon")+k.T("token_level."+string(s.Level)))
	}
	return strings.Join(out, k.T("list.comma"))
}

func tokenPill(k *call, state string) templ.Component {
	switch state {
	case "live":
		return ui.Pill("good", "check", k.T("token.live"))
	case "expired":
		return ui.Pill("", "clock", k.T("token.expired"))
	}
	return ui.Pill("", "ban", k.T("token.revoked"))
}

// tokenDays are the lives that the form offers, in days.
var tokenDays = []int{30, 90, 180, 365}

func (c *Console) tokenNew(k *call) error {
	f := tokenForm(k, community.Token{Scopes: []community.TokenScope{{Area: community.AreaAll, Level: community.LevelRead}}}, 90, nil)
	return k.show(f.Head.Title, view.FormPage(f))
}

// tokenForm asks what a program may do, area by area, and for how long.
func tokenForm(k *call, t community.Token, days int, faults map[string]string) view.Form {
	f := view.Form{Head: ui.Head{Title: k.T("token.new"), Sub: k.T("token.new_sub"), Back: "/tokens"}, Action: "/tokens/new", Button: k.T("token.make"), Faults: sorted(faults)}
	var lives []ui.Option
	for _, n := range tokenDays {
		lives = append(lives, ui.Option{Value: strconv.Itoa(n), Text: k.T("token.days", "n", n)})
	}
	f.Fields = []ui.Input{{Kind: "text", Name: "name", Label: k.T("token.name"), Value: t.Name, Help: k.T("token.name_help"), Required: true, Max: 40, Auto: "off", Err: faults["name"]},
		{Kind: "select", Name: "days", Label: k.T("token.life"), Value: strconv.Itoa(days), Options: lives}}
	for _, area := range community.TokenAreas {
		levels := []ui.Option{{Text: k.T("token_level.none")}}
		for _, level := range community.TokenLevels {
			levels = append(levels, ui.Option{Value: string(level), Text: k.T("token_level." + string(level))})
		}
		in := ui.Input{Kind: "select", Name: "area_" + string(area), Label: k.T("token_area." + string(area)), Help: k.T("token_area." + string(area) + "_help"), Options: levels}
		for _, s := range t.Scopes {
			if s.Area == area {
				in.Value = string(s.Level)
			}
		}
		f.Fields = append(f.Fields, in)
	}
	return f
}

// tokenMake makes a key of the person's own and shows its secret this once.
func (c *Console) tokenMake(k *call) error {
	t := community.Token{User: k.User.ID, Name: k.form("name")}
	days, err := strconv.Atoi(k.form("days"))
	if err != nil || !slices.Contains(tokenDays, days) {
		return community.Errorf(community.CodeBadInput, "days: %q", k.form("days"))
	}
	t.Expires = k.now() + int64(days)*24*3600_000
	for _, area := range community.TokenAreas {
		if level := k.form("area_" + string(area)); level != "" {
			t.Scopes = append(t.Scopes, community.TokenScope{Area: area, Level: community.TokenLevel(level)})
		}
	}
	made, secret, err := k.tokens().Make(k.ctx(), k.who(), t, "")
	if err == nil {
		k.W.Header().Set("Cache-Control", "no-store")
		p := view.Token{Head: ui.Head{Title: k.T("token.made", "name", made.Name), Back: "/tokens"}, Secret: secret,
			Sample: "curl -H \"Authorization: Bearer " + secret + "\" " + k.home() + "/api/v1/me"}
		return k.show(p.Head.Title, view.TokenPage(p))
	}
	faults := tokenFaults(k, err)
	if faults == nil {
		return err
	}
	f := tokenForm(k, t, days, faults)
	return k.showStatus(http.StatusUnprocessableEntity, f.Head.Title, view.FormPage(f))
}

// tokenFaults finds the field that an error is about; nil = none.
func tokenFaults(k *call, err error) map[string]string {
	field, _, _ := strings.Cut(err.Error(), ":")
	code := community.CodeOf(err)
	switch {
	case code == community.CodeTooLarge:
		return map[string]string{"name": k.T("token.too_many")}
	case code == community.CodeBadInput && field == "name":
		return map[string]string{"name": k.T("token.need_name")}
	case code == community.CodeBadInput && field == "scopes":
		return map[string]string{"scopes": k.T("token.need_scope")}
	}
	return nil
}

func (c *Console) tokenRevoke(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.tokens().Revoke(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/tokens", err)
	}
	return k.ok("/tokens", k.T("token.revoked_done"))
}
