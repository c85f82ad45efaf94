package console

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/founding"
	"qunluo/internal/rights"
)

// Beginning leads through the first steps of an organisation.
type Beginning interface {
	// Next names the first step that is open, and how many are; "" = none, or nobody is to be reminded.
	Next(ctx context.Context) (name string, left int, err error)
	Steps(ctx context.Context) (steps []founding.FirstStep, closed bool, err error)
	// Skip leaves a step out, or takes that back. community.CodeBadInput: there is no such step.
	Skip(ctx context.Context, user, step string, skip bool) error
	Close(ctx context.Context, user string, closed bool) error
}

// beginRoutes are there where first steps are led through.
func (c *Console) beginRoutes() []route {
	if c.deps.Beginning == nil {
		return nil
	}
	return []route{
		{pattern: "GET /begin", may: rights.SetGroups, whole: true, serve: (*Console).beginPage},
		{pattern: "POST /begin", may: rights.SetGroups, whole: true, serve: (*Console).beginDo},
	}
}

// begins reports whether the person is one whom the first steps are for.
func (k *call) begins() bool {
	return k.c.deps.Beginning != nil && k.groups == nil && k.may(rights.SetGroups)
}

// beginLinks are where a step is done.
func (k *call) beginLinks(step string) (links [][3]string) {
	for _, l := range map[string][][3]string{
		founding.StepConnect: {{"/connections/new", "plug", "begin.connect_new"}, {"/connections/new?kind=sim", "eye", "begin.connect_sim"}, {"/imports", "upload", "begin.connect_import"}},
		founding.StepGoal:    {{"/groups/new", "plus", "begin.goal_new"}, {"/templates", "copy", "begin.goal_templates"}},
		founding.StepPeople:  {{"/users/new", "plus", "begin.people_new"}, {"/duty", "bell", "begin.people_duty"}},
		founding.StepLive:    {{"/groups", "users-group", "begin.live_groups"}, {"/rules", "list-check", "begin.live_rules"}},
		founding.StepSafe:    {{"/me/factor", "lock", "begin.safe_factor"}, {"/users", "users", "begin.safe_users"}, {"/settings", "settings", "begin.safe_settings"}},
	}[step] {
		if k.c.mounted(l[0], k) {
			links = append(links, [3]string{l[0], l[1], k.T(l[2])})
		}
	}
	return links
}

// beginPage shows the first steps.
func (c *Console) beginPage(k *call) error {
	steps, closed, err := c.deps.Beginning(k.User.Org).Steps(k.ctx())
	if err != nil {
		return err
	}
	next, left := founding.Next(steps)
	p := view.Begin{Head: ui.Head{Title: k.T("begin.title"), Sub: k.T("begin.sub", "left", left, "of", len(steps))}, Closed: closed}
	if left == 0 {
		p.Head.Sub = k.T("begin.all")
	}
	if k.c.mounted("/demo", k) && !k.visiting() {
		p.Head.Actions = view.LinkButton("/demo", "eye", k.T("space.load"))
	}
	for _, s := range steps {
		one := view.BeginStep{Name: s.Name, Title: k.T("begin." + s.Name), Text: k.T("begin." + s.Name + "_text"), State: "open", Links: k.beginLinks(s.Name)}
		switch {
		case s.Done:
			one.State = "done"
		case s.Skipped:
			one.State = "skipped"
		case s.Name == next:
			one.State = "next"
		}
		for _, m := range s.Missing {
			one.Missing = append(one.Missing, k.T("begin.lacks_"+m))
		}
		p.Steps = append(p.Steps, one)
	}
	return k.show(p.Head.Title, view.BeginPage(p))
}

// beginDo skips a step or takes that back, and closes or opens the whole.
func (c *Console) beginDo(k *call) error {
	b := c.deps.Beginning(k.User.Org)
	var err error
	said := k.form("do")
	switch said {
	case "skip", "unskip":
		err = b.Skip(k.ctx(), k.who(), k.form("step"), said == "skip")
	case "close", "open":
		err = b.Close(k.ctx(), k.who(), said == "close")
	default:
		err = community.Errorf(community.CodeBadInput, "do: want skip, unskip, close or open")
	}
	if err != nil {
		return k.refused("/begin", err)
	}
	return k.ok("/begin", k.T("begin.did_"+said))
}

// homeBegin puts the first steps that are open on the first page.
func homeBegin(k *call, p *view.Home) error {
	if !k.begins() {
		return nil
	}
	steps, closed, err := k.c.deps.Beginning(k.User.Org).Steps(k.ctx())
	if err != nil || closed {
		return err
	}
	next, left := founding.Next(steps)
	if next == "" {
		return nil
	}
	for _, s := range steps {
		if !s.Done && !s.Skipped {
			p.Checklist = append(p.Checklist, view.CheckStep{Title: k.T("begin." + s.Name), Text: k.T("begin." + s.Name + "_text"), Link: "/begin"})
		}
	}
	p.ChecklistTitle = k.T("checklist.title", "done", len(steps)-left, "of", len(steps))
	return nil
}

// beginBar leads on from every other page while steps are open.
func (k *call) beginBar(f *ui.Frame) error {
	if !k.begins() || k.c.deps.Demo || k.R.URL.Path == "/" || k.R.URL.Path == "/begin" || k.R.Header.Get("HX-Request") != "" {
		return nil
	}
	next, left, err := k.c.deps.Beginning(k.User.Org).Next(k.ctx())
	if next != "" {
		f.Begin = k.T("begin.bar", "left", left, "next", k.T("begin."+next))
	}
	return err
}
