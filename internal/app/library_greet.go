package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

// fromLibrary puts what an item of the library says now in the place of its mark in what a rule says. It writes nothing: what was decided names
// the item alone. What goes with the words is given back, and whose the item is. An item that cannot go becomes a task for a person.
func (a *App) fromLibrary(ctx context.Context, act *community.Action) (post plan.Post, org community.OrgKey, err error) {
	if act.Library.Item.IsZero() || act.Library.Version > 0 {
		return post, 0, nil
	}
	if org, err = a.store.OrgOf(ctx, act.Group); err != nil {
		return post, 0, err
	}
	post, i, err := a.Libraries(org, nil).greeting(ctx, act.Library.Item, act.Group, act.Library.Name)
	if err == nil {
		act.Text = strings.Replace(act.Text, community.LibraryMark, post.Text, 1)
		act.Library.Version = i.Version
		return post, org, nil
	}
	why, err := unsaid(i, err)
	if err != nil {
		return plan.Post{}, org, err
	}
	return plan.Post{}, org, a.greetByHand(ctx, org, act, *why)
}

// greeting is what an item says to somebody who comes: as draw, but nothing is made for it. CodeUnsupported: it is a poster, which would have to be.
func (l libraries) greeting(ctx context.Context, id community.ID, g community.GroupKey, name string) (plan.Post, shelf.Item, error) {
	i, err := l.Get(ctx, id)
	if err != nil {
		return plan.Post{}, i, err
	}
	at := l.app.millis()
	if err := i.MayUse(at, libraryZone(), ""); err != nil {
		return plan.Post{}, i, err
	}
	if i.Poster != "" {
		return plan.Post{}, i, connect.Trouble(community.CodeUnsupported, "海报不能作欢迎语：用它的图片做一份素材", "a poster cannot be a welcome: make an item of its picture")
	}
	values, err := l.values(ctx, shelf.Order{Values: map[string]string{shelf.VarName: name}}, []community.GroupKey{g}, at)
	if err != nil {
		return plan.Post{}, i, err
	}
	link, err := l.countedAlready(ctx, i)
	if err != nil {
		return plan.Post{}, i, err
	}
	post, missing := filled(i, shelf.Welcome, link, values)
	if missing = slices.DeleteFunc(missing, func(name string) bool {
		return "{"+name+"}" == community.RulesMark || "{"+name+"}" == community.ConfirmMark
	}); len(missing) > 0 {
		names := shelf.Braced(missing)
		return post, i, connect.Trouble(community.CodeBadInput, "素材里的变量没有值："+names, "nothing stands for variables of the item: "+names)
	}
	post.Text = cmp.Or(post.Text, i.Title)
	return post, i, nil
}

// countedAlready is the link of an item as it is: the one that counts when there is one, else the address itself.
func (l libraries) countedAlready(ctx context.Context, i shelf.Item) (plan.Attached, error) {
	base, title := l.app.publicURL(), shortened(i.Title, plan.MaxLinkTitle)
	if base == "" || i.Short.IsZero() {
		return plan.Attached{URL: i.URL, Title: title}, nil
	}
	s, err := l.app.store.ShortByID(ctx, l.org, i.Short)
	if err != nil || !i.Leads() {
		return plan.Attached{}, err
	}
	return plan.Attached{URL: base + "/l/" + s.Slug, Title: title}, nil
}

// carried puts what goes with the words of an item beside them, as the group's connection takes it.
func (a *App) carried(ctx context.Context, org community.OrgKey, act *community.Action, post plan.Post) error {
	if post.Link.URL == "" && len(post.Pieces) == 0 {
		return nil
	}
	g, err := a.store.For(community.Scope{Org: org}).GroupByKey(ctx, act.Group)
	if err != nil {
		return err
	}
	post.Text = act.Text
	fit, _ := plan.Fit(post, a.way(ctx, g).Takes, a.publicURL())
	act.Text, act.Segments = fit.Link.Whole(fit.Text), segments(fit)
	return nil
}

// greetByHand makes of a greeting whose item cannot go a task for a person: one is enough as long as it is open.
func (a *App) greetByHand(ctx context.Context, org community.OrgKey, act *community.Action, why plan.Said) error {
	desk, item := a.store.For(community.Scope{Org: org}), a.base()+"/library/"+act.Library.Item.String()
	open, _, err := desk.FindTasks(ctx, community.TaskFilter{Group: act.Group, Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(open, func(k community.TaskRow) bool {
		return k.Verb == community.Todo && (k.State == "open" || k.State == "claimed") && strings.Contains(k.Text, item)
	}) {
		*act = community.Action{ID: act.ID, Decision: act.Decision, Group: act.Group, Verb: community.Send, Cause: act.Cause, Rule: act.Rule} // without words: not said
		return nil
	}
	words, err := a.wordsOf(ctx, org)
	if err != nil {
		return err
	}
	said := words.T("library.welcome_stopped", "who", act.Library.Name, "item", why.Found, "why", words.Pick(why.Why))
	*act = community.Action{ID: act.ID, Decision: act.Decision, Group: act.Group, Verb: community.Todo, Target: act.Target, Event: act.Event, Cause: act.Cause, Rule: act.Rule, Until: a.millis() + day, Text: said + "\n" + item}
	return nil
}

// greets reports whether a book says an item by name to those who come.
func greets(raw []byte, item community.ID) bool {
	if !bytes.Contains(raw, []byte(item.String())) {
		return false
	}
	return slices.Contains(itemsGreeting(raw), item)
}

// itemsGreeting lists the items that a book names in welcomes that are on, each once.
func itemsGreeting(raw []byte) (out []community.ID) {
	var book policy.Book
	if json.Unmarshal(raw, &book) != nil {
		return nil
	}
	for _, r := range book.Rules {
		var p struct{ Entries []struct{ Library string } }
		if r.Kind != "welcome" || r.Mode == policy.RuleOff || json.Unmarshal(r.Params, &p) != nil {
			continue
		}
		for _, e := range p.Entries {
			if id, err := community.ParseID(e.Library); err == nil && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// greetings lists the groups of the handle whose book in force names an item in a welcome, and counts the others.
func (l libraries) greetings(ctx context.Context, id community.ID) (list []shelf.Use, beyond int, err error) {
	err = l.app.store.For(community.Scope{Org: l.org}).BooksInForce(ctx, func(b store.Book) error {
		if !greets(b.Body, id) {
			return nil
		}
		if l.groups != nil && !slices.Contains(l.groups, b.Group) {
			beyond++
			return nil
		}
		list = append(list, shelf.Use{Item: id, Version: b.Version, Place: shelf.InGreeting, Groups: []community.GroupKey{b.Group}, User: b.User, At: b.At})
		return nil
	})
	for n := range list {
		if err != nil {
			break
		}
		var g community.GroupRow
		g, err = l.mine(ctx, list[n].Groups[0])
		list[n].Title = g.Name
	}
	return list, beyond, err
}

// greetable says what keeps the items that a new book names, and the book in force does not, from greeting in a group; their links are made,
// so that openings count. CodeRefused with the reason in words.
func (h *hands) greetable(ctx context.Context, user string, g community.GroupRow, raw []byte) error {
	named := itemsGreeting(raw)
	if len(named) == 0 {
		return nil
	}
	var before []community.ID
	if g.Book > 0 {
		now, err := h.app.store.BookBody(ctx, g.Key, g.Book)
		if err != nil {
			return err
		}
		before = itemsGreeting(now)
	}
	l := h.app.Libraries(h.org, h.groups)
	for _, id := range named {
		if slices.Contains(before, id) {
			continue
		}
		i, err := l.own(ctx, id)
		if err == nil {
			_, err = l.counted(ctx, user, i)
		}
		var post plan.Post
		if err == nil {
			post, _, err = l.greeting(ctx, id, g.Key, "–")
		}
		if err != nil {
			why, err := unsaid(i, err)
			if err != nil {
				return err
			}
			return connect.Trouble(community.CodeRefused, "欢迎语选的素材“"+why.Found+"”："+why.Why[0]+"。", "The item “"+why.Found+"” that a welcome names: "+why.Why[1]+".")
		}
		away, err := (&plans{hands: h}).givenAway(ctx, post, id, []community.GroupKey{g.Key})
		if err != nil {
			return err
		}
		for _, f := range away {
			return connect.Trouble(community.CodeRefused, f.Link+"："+f.Reason[0]+"；"+f.Instead[0]+"。", f.Link+": "+f.Reason[1]+"; "+f.Instead[1]+".")
		}
	}
	return nil
}

// keepCounting makes the link that an item wants since it was changed, where a welcome names it: when somebody comes nothing is made.
func (l libraries) keepCounting(ctx context.Context, user string, i shelf.Item) error {
	if !i.Short.IsZero() || l.app.publicURL() == "" || !i.Leads() {
		return nil
	}
	list, beyond, err := l.greetings(ctx, i.ID)
	if err == nil && len(list)+beyond > 0 {
		_, err = l.counted(ctx, user, i)
	}
	return err
}

// Greet lets an item greet who comes into a group: the rulebook in force is published anew with a welcome that names it, in the place of what
// greets those from anywhere now; those of some source stay. CodeRefused: the item cannot greet there, with the reason.
func (l libraries) Greet(ctx context.Context, user string, id community.ID, g community.GroupKey, note string) (int, error) {
	i, err := l.own(ctx, id)
	if err != nil {
		return 0, err
	}
	group, err := l.mine(ctx, g)
	if err != nil {
		return 0, err
	}
	book, err := l.inForce(ctx, group)
	if err != nil {
		return 0, err
	}
	if book.Rules, err = greetWith(book.Rules, i); err != nil {
		return 0, err
	}
	raw, err := json.Marshal(book)
	if err != nil {
		return 0, err
	}
	return l.Publish(ctx, user, g, raw, cmp.Or(note, i.Title))
}

// greetWith are rules whose first live welcome names an item for those from anywhere; one is added where none is on.
func greetWith(rules []policy.Rule, i shelf.Item) ([]policy.Rule, error) {
	rules = slices.Clone(rules)
	entry := map[string]any{"library": i.ID.String()}
	n := slices.IndexFunc(rules, func(r policy.Rule) bool { return r.Kind == "welcome" && r.Mode == policy.RuleLive })
	if n < 0 {
		id := "greet"
		for slices.ContainsFunc(rules, func(r policy.Rule) bool { return r.ID == id }) {
			id += "-"
		}
		params, err := json.Marshal(map[string]any{"entries": []any{entry}})
		return append(rules, policy.Rule{ID: id, Name: "欢迎新人", Kind: "welcome", Mode: policy.RuleLive, Params: params}), err
	}
	var params map[string]any
	if err := json.Unmarshal(rules[n].Params, &params); err != nil {
		return nil, err
	}
	var entries []any
	list, _ := params["entries"].([]any)
	for _, e := range list {
		if one, ok := e.(map[string]any); ok && (one["scene"] != nil && one["scene"] != "" || one["state"] != nil && one["state"] != "") {
			entries = append(entries, e)
		}
	}
	params["entries"] = append(entries, entry)
	var err error
	rules[n].Params, err = json.Marshal(params)
	return rules, err
}
