package cli

import (
	"errors"
	"strings"

	"qunluo/internal/community"
)

// errNotHere says that this build lacks a part.
func errNotHere() error {
	return failed(nil, "这个版本不能这样做", "this build cannot do this")
}

// need gives a part of the house, or says that this build lacks it.
func need[T comparable](part T) (T, error) {
	var none T
	if part == none {
		return part, errNotHere()
	}
	return part, nil
}

// inOrg opens a part of the house for the organisation that the call works in, or says that this build lacks it.
func inOrg[T any](c *call, h *House, open func(community.OrgKey) T) (T, error) {
	var none T
	if open == nil {
		return none, errNotHere()
	}
	org, err := c.orgOf(h)
	if err != nil {
		return none, err
	}
	return open(org), nil
}

// ofAccount opens a part of the house for the organisation, and finds a connection there by its id, name or account.
func ofAccount[T any](c *call, h *House, open func(community.OrgKey) T, name string) (T, community.Account, error) {
	part, err := inOrg(c, h, open)
	if err != nil {
		return part, community.Account{}, err
	}
	desk, err := c.desk(h)
	if err != nil {
		return part, community.Account{}, err
	}
	a, err := c.account(desk, name)
	return part, a, err
}

// orgOf finds the organisation a call works in: the one named by --org, else the only one, else the only real one.
func (c *call) orgOf(h *House) (community.OrgKey, error) {
	orgs, err := h.Orgs(c.ctx)
	if err != nil {
		return 0, err
	}
	var names []string
	var real []Org
	for _, o := range orgs {
		if c.org != "" && (o.Name == c.org || o.ID.String() == c.org) {
			return o.Key, nil
		}
		names = append(names, o.Name)
		if !o.Demo {
			real = append(real, o)
		}
	}
	switch {
	case c.org != "":
		return 0, badUsage("没有组织 %s，有：%s", "there is no organisation %s; there are: %s", c.org, strings.Join(names, ", "))
	case len(orgs) == 1:
		return orgs[0].Key, nil
	case len(real) == 1:
		return real[0].Key, nil
	case len(orgs) == 0:
		return 0, failed(nil, "还没有组织：请用 qunluo setup-url 完成设置，或 qunluo user add", "there is no organisation yet: finish the set-up (qunluo setup-url) or use qunluo user add")
	}
	return 0, badUsage("有多个组织，请用 --org 指定：%s", "there are several organisations, choose with --org: %s", strings.Join(names, ", "))
}

// desk is the reading handle of the call's organisation.
func (c *call) desk(h *House) (Desk, error) {
	org, err := c.orgOf(h)
	if err != nil {
		return nil, err
	}
	return h.Desk(org), nil
}

// both is the reading and the changing handle of the call's organisation.
func (c *call) both(h *House) (Desk, Hands, error) {
	org, err := c.orgOf(h)
	if err != nil {
		return nil, nil, err
	}
	return h.Desk(org), h.Hands(org), nil
}

// group finds one group by its id, its name or the platform's id. "" gives the zero row: all groups. From then on the
// call's dates are those of the group's zone.
func (c *call) group(d Desk, text string) (community.GroupRow, error) {
	if text == "" {
		return community.GroupRow{}, nil
	}
	g, err := c.findGroup(d, text)
	if err == nil {
		c.speakIn(g.Zone)
	}
	return g, err
}

// groupKeys finds several groups, each as group does.
func (c *call) groupKeys(d Desk, names []string) ([]community.GroupKey, error) {
	var keys []community.GroupKey
	for _, name := range names {
		g, err := c.group(d, name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, g.Key)
	}
	return keys, nil
}

func (c *call) findGroup(d Desk, text string) (community.GroupRow, error) {
	id, err := community.ParseID(text)
	f := community.GroupFilter{Page: community.Page{Limit: 200}}
	if err != nil {
		f.Text = text
	}
	rows, err := allGroups(c, d, f)
	if err != nil {
		return community.GroupRow{}, err
	}
	var exact, like []community.GroupRow
	for _, r := range rows {
		switch {
		case r.ID == id && !id.IsZero():
			return r, nil
		case r.Name == text || r.External == text:
			exact = append(exact, r)
		case f.Text != "":
			like = append(like, r)
		}
	}
	if len(exact) == 0 && f.Text != "" {
		exact = like
	}
	if len(exact) == 0 && f.Text != "" { // the platform's id is not part of the name
		return c.groupByExternal(d, text)
	}
	return oneGroup(text, exact)
}

func (c *call) groupByExternal(d Desk, external string) (community.GroupRow, error) {
	rows, err := allGroups(c, d, community.GroupFilter{Page: community.Page{Limit: 200}})
	if err != nil {
		return community.GroupRow{}, err
	}
	var found []community.GroupRow
	for _, r := range rows {
		if r.External == external {
			found = append(found, r)
		}
	}
	return oneGroup(external, found)
}

func oneGroup(text string, rows []community.GroupRow) (community.GroupRow, error) {
	switch len(rows) {
	case 0:
		return community.GroupRow{}, badUsage("没有群 %q，qunluo group list 可列出", "there is no group %q; qunluo group list shows them", text)
	case 1:
		return rows[0], nil
	}
	var names []string
	for _, r := range rows[:min(len(rows), 5)] {
		names = append(names, r.ID.String()+" "+r.Name)
	}
	return community.GroupRow{}, badUsage("%q 不止一个群，请用编号：\n%s", "%q is more than one group, use the id:\n%s", text, strings.Join(names, "\n"))
}

// allGroups turns the pages.
func allGroups(c *call, d Desk, f community.GroupFilter) ([]community.GroupRow, error) {
	var out []community.GroupRow
	for {
		rows, total, err := d.FindGroups(c.ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
		f.Page.Offset += len(rows)
		if len(rows) == 0 || f.Page.Offset >= total {
			return out, nil
		}
	}
}

// member finds one member by id, name or the platform's id, within a group (0 = any).
func (c *call) member(d Desk, g community.GroupKey, text string) (community.Member, error) {
	if text == "" {
		return community.Member{}, nil
	}
	if id, err := community.ParseID(text); err == nil {
		m, err := d.MemberByID(c.ctx, id)
		if err == nil || community.CodeOf(err) != community.CodeNotFound {
			return m, err
		}
	}
	rows, _, err := d.FindMembers(c.ctx, community.MemberFilter{Group: g, Text: text, Page: community.Page{Limit: 200}})
	if err != nil {
		return community.Member{}, err
	}
	seen := map[community.MemberKey]bool{}
	var exact, like []community.Member
	for _, r := range rows {
		if seen[r.Key] {
			continue
		}
		seen[r.Key] = true
		like = append(like, r.Member)
		if r.Name == text || r.Card == text || r.External == text {
			exact = append(exact, r.Member)
		}
	}
	if len(exact) == 0 {
		exact = like
	}
	return oneMember(text, exact)
}

func oneMember(text string, found []community.Member) (community.Member, error) {
	switch len(found) {
	case 0:
		return community.Member{}, badUsage("没有成员 %q", "there is no member %q", text)
	case 1:
		return found[0], nil
	}
	var names []string
	for _, m := range found[:min(len(found), 5)] {
		names = append(names, m.ID.String()+" "+m.Name)
	}
	return community.Member{}, badUsage("%q 不止一个成员，请用编号：\n%s", "%q is more than one member, use the id:\n%s", text, strings.Join(names, "\n"))
}

// idOf reads an id argument.
func idOf(text string) (community.ID, error) {
	id, err := community.ParseID(text)
	if errors.Is(err, community.ErrBadID) {
		return id, badUsage("%q 不是编号（22 个字符）", "%q is not an id (22 characters)", text)
	}
	return id, err
}

// account finds one of our accounts by id, name or the platform's id.
func (c *call) account(d Desk, text string) (community.Account, error) {
	all, err := d.Accounts(c.ctx)
	if err != nil {
		return community.Account{}, err
	}
	id, err := community.ParseID(text)
	if err != nil {
		id = community.ID{0xff} // no account's
	}
	var found []community.Account
	for _, a := range all {
		if a.ID == id || a.Name == text || a.External == text {
			found = append(found, a)
		}
	}
	if len(found) != 1 {
		return community.Account{}, badUsage("%q 对应 %d 个连接，qunluo account list 可列出", "%q names %d connections; qunluo account list shows them", text, len(found))
	}
	return found[0], nil
}
