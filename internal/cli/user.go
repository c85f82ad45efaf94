package cli

import (
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/rights"
)

type userCmd struct {
	List    userListCmd    `cmd:"" help:"列出|list them"`
	Add     userAddCmd     `cmd:"" help:"新增，密码从终端或标准输入读|add one; the password comes from the terminal or stdin"`
	Passwd  userPasswdCmd  `cmd:"" help:"换密码|change a password"`
	Role    userRoleCmd    `cmd:"" help:"换角色|change a role"`
	Scope   userScopeCmd   `cmd:"" help:"看到哪些群|which groups this person sees"`
	Enable  userEnableCmd  `cmd:"" help:"允许登录|let sign in"`
	Disable userDisableCmd `cmd:"" help:"不再允许登录|let sign in no more"`
	Notify  userNotifyCmd  `cmd:"" help:"怎样通知这个人|how this person is told about alarms"`

	TOTP     userTOTPCmd     `cmd:"" name:"totp" help:"两步验证|two-step sign-in"`
	Sessions userSessionsCmd `cmd:"" help:"登录记录|sign-ins"`

	Transfer transferCmd `cmd:"" help:"离职交接|hand over what somebody who leaves owned"`
}

// userLine is a person who signs in.
type userLine struct {
	ID      string `json:"id" col:"编号|id"`
	Login   string `json:"login" col:"登录名|login"`
	Name    string `json:"name" col:"姓名|name"`
	Role    string `json:"role" col:"角色|role"`
	Scope   string `json:"scope" col:"数据范围|scope"` // org, groups, own
	Groups  int    `json:"groups" col:"群|groups"`  // how many are named, with scope groups
	Lang    string `json:"lang" col:"语言|language"`
	Enabled bool   `json:"enabled" col:"可登录|enabled"`
	Created Moment `json:"created_at" col:"建立|created"`
}

func lineOfUser(u community.User) userLine {
	return userLine{u.ID.String(), u.Login, u.Name, u.Role, string(rights.Of(u).Reach), len(u.Groups), u.Lang, u.Enabled, Moment(u.Created)}
}

// users are the persons of the organisation.
func (c *call) users(h *House) ([]community.User, error) {
	people, err := need(h.People)
	if err != nil {
		return nil, err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return nil, err
	}
	return people.Users(c.ctx, org)
}

type userListCmd struct{}

func (userListCmd) Shape() any          { return rowsOf[userLine]() }
func (userListCmd) Examples() []example { return nil }

// Do lists the persons of the organisation.
func (userListCmd) Do(c *call, h *House) error {
	users, err := c.users(h)
	if err != nil {
		return err
	}
	return printList(c, mapped(users, lineOfUser), len(users))
}

type userAddCmd struct {
	Login string `arg:"" help:"登录名|login"`
	Name  string `placeholder:"NAME" help:"姓名，默认同登录名|name, by default the login"`
	Role  string `enum:"owner,admin,operator,moderator,editor,finance,analyst,auditor" default:"moderator" help:"owner 所有者、admin 管理员、operator 运营、moderator 版主、editor 内容编辑、finance 财务、analyst 分析员、auditor 审计员|owner, admin, operator, moderator, editor, finance, analyst or auditor"`
}

// Prompt asks for the password.
func (userAddCmd) Prompts() [][2]string { return passwordPrompt() }

func passwordPrompt() [][2]string { return [][2]string{{"新密码", "new password"}} }

func (userAddCmd) Shape() any { return userLine{} }
func (userAddCmd) Examples() []example {
	return []example{
		{"user add linxiao --name 林晓 --role moderator", [2]string{"在终端里输入两次密码", "type the password twice at the terminal"}},
		{"user add linxiao < password.txt", [2]string{"从文件的第一行读密码", "the password is the first line of a file"}},
	}
}

// Do adds a person.
func (q *userAddCmd) Do(c *call, h *House) error {
	people, err := need(h.People)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	hash, err := people.HashPassword(q.Login, c.secret())
	if err != nil {
		return err
	}
	name := q.Name
	if name == "" {
		name = q.Login
	}
	u, err := people.SaveUser(c.ctx, user, community.User{Org: org, Login: q.Login, Name: name, Role: q.Role, Hash: hash, Lang: []string{"zh-CN", "en"}[c.lang], Enabled: true}, "user add")
	if err != nil {
		return err
	}
	return printOne(c, lineOfUser(u))
}

type userPasswdCmd struct {
	Login string `arg:"" help:"登录名|login"`
}

// Prompt asks for the password.
func (userPasswdCmd) Prompts() [][2]string { return passwordPrompt() }
func (userPasswdCmd) Shape() any           { return userLine{} }
func (userPasswdCmd) Examples() []example  { return nil }

// Do changes a password.
func (q *userPasswdCmd) Do(c *call, h *House) error {
	return c.changeUser(h, q.Login, "user passwd", func(people People, u *community.User) error {
		hash, err := people.HashPassword(u.Login, c.secret())
		u.Hash = hash
		return err
	})
}

type userRoleCmd struct {
	Login string `arg:"" help:"登录名|login"`
	Role  string `arg:"" enum:"owner,admin,operator,moderator,editor,finance,analyst,auditor" help:"owner、admin、operator、moderator、editor、finance、analyst、auditor|owner, admin, operator, moderator, editor, finance, analyst or auditor"`
}

func (userRoleCmd) Shape() any          { return userLine{} }
func (userRoleCmd) Examples() []example { return nil }

// Do changes a role.
func (q *userRoleCmd) Do(c *call, h *House) error {
	return c.changeUser(h, q.Login, "user role", func(_ People, u *community.User) error {
		u.Role = q.Role
		return nil
	})
}

type userScopeCmd struct {
	Login string   `arg:"" help:"登录名|login"`
	Scope string   `arg:"" enum:"org,groups,own" help:"org 整个组织、groups 指定的群、own 自己负责的群（值班时是全部）|org: everything; groups: those named; own: those they keep, and all while on duty"`
	Group []string `sep:"none" placeholder:"GROUP" help:"groups：哪些群（可重复）|groups: which (repeatable)"`
}

func (userScopeCmd) Shape() any { return userLine{} }
func (userScopeCmd) Examples() []example {
	return []example{
		{"user scope zhou groups --group 晨读一群 --group 晨读二群", [2]string{"只看到这两个群", "sees these two groups and nothing else"}},
		{"user scope zhou own", [2]string{"看到自己负责的群，值班时看到全部", "sees the groups they keep, and all while on duty"}},
	}
}

// Do says which groups a person sees.
func (q *userScopeCmd) Do(c *call, h *House) error {
	if (q.Scope == string(rights.Chosen)) != (len(q.Group) > 0) {
		return badUsage("groups 要有 --group，org 和 own 不要", "groups takes --group, org and own do not")
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	keys, err := c.groupKeys(desk, q.Group)
	if err != nil {
		return err
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) > rights.MaxGroups {
		return badUsage("最多 %d 个群", "at most %d groups", rights.MaxGroups)
	}
	return c.changeUser(h, q.Login, "user scope", func(_ People, u *community.User) error {
		u.Reach, u.Groups = q.Scope, keys
		return nil
	})
}

type userEnableCmd struct {
	Login string `arg:"" help:"登录名|login"`
}

func (userEnableCmd) Shape() any          { return userLine{} }
func (userEnableCmd) Examples() []example { return nil }

// Do lets a person sign in.
func (q *userEnableCmd) Do(c *call, h *House) error { return c.enable(h, q.Login, true) }

type userDisableCmd struct {
	Login string `arg:"" help:"登录名|login"`
}

func (userDisableCmd) Shape() any          { return userLine{} }
func (userDisableCmd) Examples() []example { return nil }

// Do lets a person sign in no more.
func (q *userDisableCmd) Do(c *call, h *House) error { return c.enable(h, q.Login, false) }

func (c *call) enable(h *House, login string, on bool) error {
	return c.changeUser(h, login, "user enable", func(_ People, u *community.User) error {
		u.Enabled = on
		return nil
	})
}

// changeUser finds a person, changes and prints them.
func (c *call) changeUser(h *House, login, why string, change func(People, *community.User) error) error {
	people, err := need(h.People)
	if err != nil {
		return err
	}
	u, err := people.UserByLogin(c.ctx, login)
	if err != nil {
		return err
	}
	if err := change(people, &u); err != nil {
		return err
	}
	if u, err = people.SaveUser(c.ctx, user, u, why); err != nil {
		return err
	}
	return printOne(c, lineOfUser(u))
}
