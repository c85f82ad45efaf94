package console

import (
	"context"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Spaces is the demonstration beside an organisation: an organisation of its own, with invented people.
type Spaces interface {
	// Now gives it and what stands in it; CodeNotFound: there is none.
	Now(ctx context.Context) (community.DemoSpace, community.SpaceCounts, error)
	// Load asks for it; CodeConflict: there is one. CodeForbidden: only owners may, here and below.
	Load(ctx context.Context, user string, days int, seed uint64) (community.DemoSpace, error)
	Delete(ctx context.Context, user, reason string) error
	// Visitor is who an owner is in there; CodeNotFound: it is not open.
	Visitor(ctx context.Context) (community.User, error)
	Enter(ctx context.Context, person community.User) (community.User, error)
	Back(ctx context.Context, person community.User) error
}

// sessLook says that a session looks at the demonstration beside the organisation of its person.
const sessLook = "look"

// spaceRoutes are there where a demonstration can be loaded.
func (c *Console) spaceRoutes() []route {
	if c.deps.Spaces == nil {
		return nil
	}
	return []route{
		{pattern: "GET /demo", may: rights.Settings, serve: (*Console).spacePage},
		{pattern: "POST /demo", may: rights.Settings, serve: (*Console).spaceLoad},
		{pattern: "POST /demo/delete", may: rights.Settings, serve: (*Console).spaceDelete, risky: true},
		{pattern: "POST /demo/enter", may: rights.Settings, serve: (*Console).spaceEnter},
		{pattern: "POST /demo/leave", may: rights.Enter, serve: (*Console).spaceLeave},
	}
}

// self is who uses the browser, wherever they look.
func (k *call) self() community.User {
	if k.person.Key != 0 {
		return k.person
	}
	return k.User
}

// visiting reports whether an owner looks at the demonstration.
func (k *call) visiting() bool { return k.person.Key != 0 }

// look gives whom a person sees things as: the visitor of the demonstration while their session looks at it. Where it is gone, or they are no
// owner any more, the session looks at their own organisation again.
func (c *Console) look(ctx context.Context, person community.User) (community.User, bool, error) {
	if c.deps.Spaces == nil || person.Key == 0 || !c.sessions.GetBool(ctx, sessLook) {
		return person, false, nil
	}
	if rights.Of(person).Role != rights.Owner {
		c.sessions.Remove(ctx, sessLook)
		return person, false, nil
	}
	u, err := c.deps.Spaces(person.Org).Visitor(ctx)
	if community.CodeOf(err) == community.CodeNotFound {
		c.sessions.Remove(ctx, sessLook)
		return person, false, nil
	}
	u.Lang = person.Lang
	return u, err == nil, err
}

// ownThings are routes about what a person proves themselves with and how they are reached: a visitor of the demonstration has nothing of the kind.
func (k *call) ownThings(one route) error {
	if !k.visiting() || !strings.HasPrefix(one.pattern, "POST /me") {
		return nil
	}
	return connect.Trouble(community.CodeForbidden, "你正在演示空间里：先回到自己的组织，再改自己的密码和设置。", "You are in the demo space: go back to your own organisation to change your password and settings.")
}

// dressSpace puts the ribbon on pages of a demonstration, and offers owners the way in or back.
func (k *call) dressSpace(f *ui.Frame) error {
	if k.c.deps.IsDemo != nil && !f.Demo {
		demo, err := k.c.deps.IsDemo(k.ctx(), k.User.Org)
		if err != nil {
			return err
		}
		f.Demo = demo
	}
	if f.Visit = k.visiting(); f.Visit || k.c.deps.Spaces == nil || rights.Of(k.User).Role != rights.Owner {
		return nil
	}
	_, err := k.c.deps.Spaces(k.User.Org).Visitor(k.ctx())
	if f.Offer = err == nil; community.CodeOf(err) == community.CodeNotFound {
		err = nil
	}
	return err
}

// spacePage shows the demonstration: how to load it, how far that is, what stands in it.
func (c *Console) spacePage(k *call) error {
	p := view.Space{Head: ui.Head{Title: k.T("space.title"), Sub: k.T("space.intro"), Back: "/settings"}, Owner: rights.Of(k.User).Role == rights.Owner}
	if k.visiting() {
		p.State = "inside"
		return k.show(p.Head.Title, view.SpacePage(p))
	}
	s, n, err := c.deps.Spaces(k.User.Org).Now(k.ctx())
	if community.CodeOf(err) == community.CodeNotFound {
		p.Days = ui.Input{Kind: "select", Name: "days", Label: k.T("space.days"), Value: "90"}
		for _, d := range []int{14, 30, 90, 180} {
			p.Days.Options = append(p.Days.Options, ui.Option{Value: strconv.Itoa(d), Text: k.T("space.days_n", "n", d)})
		}
		return k.show(p.Head.Title, view.SpacePage(p))
	}
	if err != nil {
		return err
	}
	p.State, p.Done, p.Total, p.Error = string(s.State), s.Done, s.Total, s.Error
	if s.State == community.SpaceReady {
		p.Facts = []ui.Option{{Value: k.T("space.name"), Text: s.Name}, {Value: k.T("space.groups"), Text: k.Words.Number(int64(n.Groups))}, {Value: k.T("space.people"), Text: k.Words.Number(int64(n.People))},
			{Value: k.T("space.messages"), Text: k.Words.Number(n.Messages)}, {Value: k.T("space.decisions"), Text: k.Words.Number(n.Decisions)}, {Value: k.T("space.days"), Text: k.T("space.days_n", "n", s.Days)}}
	}
	p.Ask = ui.Confirm{ID: "delete", Title: k.T("space.delete"), Object: s.Name, Button: k.T("space.delete"), Action: "/demo/delete", Danger: true, Reason: k.T("form.reason"),
		Effect: k.T("space.delete_effect", "groups", k.Words.Number(int64(n.Groups)), "people", k.Words.Number(int64(n.People)), "messages", k.Words.Number(n.Messages))}
	return k.show(p.Head.Title, view.SpacePage(p))
}

// spaceSeed tells the same story in every installation.
const spaceSeed = 1

func (c *Console) spaceLoad(k *call) error {
	days, err := strconv.Atoi(k.form("days"))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "days: %w", err)
	}
	if _, err := c.deps.Spaces(k.User.Org).Load(k.ctx(), k.who(), days, spaceSeed); err != nil {
		return k.refused("/demo", err)
	}
	return k.ok("/demo", k.T("space.loading_said"))
}

func (c *Console) spaceDelete(k *call) error {
	if err := c.deps.Spaces(k.User.Org).Delete(k.ctx(), k.who(), k.form("reason")); err != nil {
		return k.refused("/demo", err)
	}
	return k.ok("/demo", k.T("space.leaving_said"))
}

func (c *Console) spaceEnter(k *call) error {
	if k.visiting() {
		return k.redirect("/")
	}
	if _, err := c.deps.Spaces(k.User.Org).Enter(k.ctx(), k.User); err != nil {
		return k.refused("/demo", err)
	}
	return c.turn(k, true)
}

func (c *Console) spaceLeave(k *call) error {
	if !k.visiting() {
		return k.redirect("/")
	}
	if err := c.deps.Spaces(k.person.Org).Back(k.ctx(), k.person); err != nil {
		return err
	}
	return c.turn(k, false)
}

// turn lets the session look elsewhere, under a fresh token; what was chosen for one organisation means nothing in the other.
func (c *Console) turn(k *call, in bool) error {
	c.sessions.Remove(k.ctx(), sessTag)
	c.sessions.Put(k.ctx(), sessLook, in)
	if err := c.sessions.RenewToken(k.ctx()); err != nil {
		return err
	}
	return k.redirect("/")
}
