package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Need is one line of the table of routes: a pattern of http.ServeMux and the powers that it takes, none where anybody may.
type Need struct {
	Pattern string
	Powers  []rights.Power
	Veiled  rights.Power // who holds it sees the page under a veil; "" = nobody
}

// Needs lists the routes of a console with these parts, for those who examine them all.
func Needs(d Deps) []Need {
	var out []Need
	for _, one := range (&Console{deps: d}).routes() {
		out = append(out, Need{one.pattern, one.needs(), one.or})
	}
	return out
}

// may reports whether the person holds all of these powers and reaches far enough for them.
func (k *call) may(powers ...rights.Power) bool {
	who := rights.Of(k.User)
	return !slices.ContainsFunc(powers, func(p rights.Power) bool { return who.Ask(p).Refused() })
}

// unnamed stands where a list of members would: the person sees figures, and no names.
func (k *call) unnamed(label string) ui.Table {
	return ui.Table{Label: label, Empty: ui.Empty{Icon: "lock", Title: k.T("rights.no_names"), Text: k.T("rights.no_names_text", "role", k.roleWord(k.User.Role))}}
}

// refusal is a request that the person's rights do not cover; the page says what is missing and whom to ask.
type refusal struct {
	rights.Refusal
	pattern string
}

func (e *refusal) Error() string {
	if e.Far {
		return fmt.Sprintf("%s takes %q of the whole organisation", e.pattern, e.Power)
	}
	return fmt.Sprintf("%s takes %q, role %q does not hold it", e.pattern, e.Power, e.Role)
}

// Unwrap gives the code.
func (e *refusal) Unwrap() error {
	return &community.Error{Code: community.CodeForbidden, Msg: e.Error()}
}

// refusalEvery is how often the same refusal of the same person is put on record.
const refusalEvery = time.Minute

// allowed decides whether the person may use a route. A refusal is on record: who, what, why.
func (c *Console) allowed(k *call, one route) error {
	r := one.ask(rights.Of(k.User))
	if !r.Refused() {
		return nil
	}
	no := &refusal{r, one.pattern}
	if fresh, _ := c.byRefusal.Allow(k.who() + " " + one.pattern); fresh {
		if err := c.deps.People.NoteRefusal(k.ctx(), k.User, one.pattern, no.Error()); err != nil {
			return err
		}
	}
	return no
}

// ask decides whether somebody may use a route, under a veil if need be.
func (r route) ask(who rights.Who) rights.Refusal {
	if r.or != "" && !who.Ask(r.or).Refused() {
		return rights.Refusal{}
	}
	return r.strictly(who)
}

// strictly decides whether somebody may use a route and see all of it.
func (r route) strictly(who rights.Who) rights.Refusal {
	for _, p := range r.needs() {
		if no := who.Ask(p); no.Refused() {
			return no
		}
		if r.whole && who.Reach != rights.Whole {
			return rights.Refusal{Power: p, Role: who.Role, Far: true, Roles: rights.Holders(p)}
		}
	}
	return rights.Refusal{}
}

// explain says a refusal in words: what is missing, who holds it, whom to ask. The names are those of people who can change
// it: owners and admins who may sign in.
func (k *call) explain(no *refusal, p *ui.Panel) error {
	p.Text = k.T("rights.refused", "power", k.T("power."+string(no.Power)), "role", k.T("role."+string(no.Role)))
	if no.Far {
		p.Text = k.T("rights.refused_far", "power", k.T("power."+string(no.Power)), "reach", k.T("far."+string(rights.Of(k.User).Reach)))
	}
	var roles []string
	for _, r := range no.Roles {
		roles = append(roles, k.T("role."+string(r)))
	}
	p.Facts = append(p.Facts, ui.Option{Value: k.T("rights.holders"), Text: strings.Join(roles, k.T("list.comma"))})
	users, err := k.c.deps.People.Users(k.ctx(), k.User.Org)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Enabled && u.ID != k.User.ID && !rights.Of(u).Ask(rights.Users).Refused() {
			p.People = append(p.People, ui.Option{Value: named(u.Name, u.Login), Text: k.T("role." + u.Role)})
		}
	}
	p.Ask = k.T("rights.ask")
	if len(p.People) == 0 {
		p.Ask = k.T("rights.ask_nobody")
	}
	return nil
}

// standing is a person's role and reach as a session remembers them, to notice when they change.
func standing(u community.User) string {
	who := rights.Of(u)
	keys := slices.Clone(who.Groups)
	slices.Sort(keys)
	return fmt.Sprintf("%s %s %v", who.Role, who.Reach, keys)
}

// notice tells a person whose role or reach changed since their last request, once, on the next page that they see; the session
// goes on under a fresh token.
func (c *Console) notice(k *call) error {
	was, now := c.sessions.GetString(k.ctx(), sessStand), standing(k.User)
	if was == now {
		return nil
	}
	c.sessions.Put(k.ctx(), sessStand, now)
	if was == "" {
		return nil
	}
	role, reach := rights.Of(k.User).Role, rights.Of(k.User).Reach
	c.sessions.Put(k.ctx(), sessNote, k.T("rights.changed", "role", k.T("role."+string(role)), "reach", k.T("far."+string(reach))))
	return c.sessions.RenewToken(k.ctx())
}
