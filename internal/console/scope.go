package console

import (
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// The working scope: a person narrows all lists, reports and acts over many to the groups with a tag, by the address ("?tag=") of one page or,
// until they take it back, for every page. It is read in one place, where the handles are made.

// sessTag keeps the tag that a person narrowed everything to.
const sessTag = "scope-tag"

var scopeRoutes = []route{{pattern: "POST /scope", may: rights.Enter, serve: (*Console).setScope}}

// narrow gives the groups of the working scope. A page about one thing is shown whatever the scope; so is what touches the whole
// organisation, and a page that is asked for one group.
func (c *Console) narrow(k *call, u community.User, groups []community.GroupKey) ([]community.GroupKey, error) {
	k.seen = groups
	if c.deps.Tagged == nil {
		return groups, nil
	}
	q := k.R.URL.Query()
	if k.scoped = clip(q.Get("tag")); !q.Has("tag") {
		k.scoped = c.sessions.GetString(k.ctx(), sessTag)
	}
	if k.scoped == "" || q.Get("g") != "" || strings.Contains(k.R.Pattern, "{") || c.wholeRoute(k.R.Pattern) {
		return groups, nil
	}
	return c.deps.Tagged(k.ctx(), u.Org, groups, k.scoped)
}

func (c *Console) wholeRoute(pattern string) bool {
	i := slices.IndexFunc(c.table, func(one route) bool { return one.pattern == pattern })
	return i < 0 || c.table[i].whole || pattern == "POST /scope" || pattern == "POST /signout" || pattern == "POST /lang"
}

// setScope narrows every page to the groups with a tag; "" = to all again.
func (c *Console) setScope(k *call) error {
	name := k.form("tag")
	if name == "" {
		c.sessions.Remove(k.ctx(), sessTag)
		return k.redirect(k.back("/"))
	}
	tags, err := k.everyTag()
	if err != nil {
		return err
	}
	if !slices.Contains(tags, name) {
		return community.Errorf(community.CodeNotFound, "tag %q: no group that you see has it", name)
	}
	c.sessions.Put(k.ctx(), sessTag, name)
	return k.redirect(k.back("/"))
}

// everyTag lists the tags of all groups that the person sees, whatever the working scope.
func (k *call) everyTag() ([]string, error) {
	return k.c.deps.For(k.User.Org, k.seen).Tags(k.ctx())
}

// scopeBar shows the working scope, and offers to change it.
func (k *call) scopeBar(f *ui.Frame) error {
	if k.c.deps.Tagged == nil {
		return nil
	}
	now := k.c.sessions.GetString(k.ctx(), sessTag)
	tags, err := k.everyTag()
	if err != nil || len(tags) == 0 && now == "" {
		return err
	}
	if now != "" {
		f.Scope = k.T("scope.now", "tag", ui.Visible(now))
	}
	f.Scopes = []ui.Option{{Text: k.T("scope.all")}}
	for _, name := range tags[:min(len(tags), optionsCap)] {
		f.Scopes = append(f.Scopes, ui.Option{Value: name, Text: ui.Visible(name)})
	}
	f.ScopeTag = now
	return nil
}
