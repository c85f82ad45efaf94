package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/proof"
)

// Gate keeps second factors, and who is signed in where.
type Gate interface {
	Demand(ctx context.Context, org community.OrgKey) (proof.Demand, error)
	// Ask changes what is demanded of those who sign in. CodeBadInput.
	Ask(ctx context.Context, by string, org community.OrgKey, d proof.Demand, reason string) error
	Factor(ctx context.Context, u community.User) (community.Factor, error)
	// Begin makes a new secret, not yet in use. CodeConflict: one is in use.
	Begin(ctx context.Context, u community.User) (proof.Secret, error)
	// Confirm gives the codes of the last resort, this once. CodeForbidden: the code does not fit; minutes says by how much its clock is off.
	Confirm(ctx context.Context, by string, u community.User, code string) (codes []string, minutes int, err error)
	NewCodes(ctx context.Context, by string, u community.User) ([]string, error)
	// Reset takes a lost one away and ends the person's sign-ins. CodeBadInput: no reason. CodeConflict: there is none.
	Reset(ctx context.Context, by string, u community.User, reason string) error
	SignIns(ctx context.Context, org community.OrgKey, user community.ID, open bool, limit int) ([]community.SignIn, error)
	EndSignIns(ctx context.Context, u community.User, except community.ID, audit community.Audit) (int, error)
}

type userTOTPCmd struct {
	List    totpListCmd    `cmd:"" help:"谁开启了两步验证|who has two-step sign-in"`
	Begin   totpBeginCmd   `cmd:"" help:"给一个人新的密钥，确认后才生效|a new key for somebody, in use once confirmed"`
	Confirm totpConfirmCmd `cmd:"" help:"用验证器的数字确认，打印备用码|confirm by the authenticator's digits; prints recovery codes"`
	Codes   totpCodesCmd   `cmd:"" help:"重新生成备用码|new recovery codes"`
	Reset   totpResetCmd   `cmd:"" help:"验证器丢了：关掉它，结束所有登录|the authenticator is lost: take it away and end all sign-ins"`
	Demand  totpDemandCmd  `cmd:"" help:"查看或更改：哪些角色必须开启，验证有效多久|show or change: which roles must have it, how long a proof is good"`
}

type userSessionsCmd struct {
	List sessionsListCmd `cmd:"" help:"谁在哪里登录着|who is signed in where"`
	End  sessionsEndCmd  `cmd:"" help:"结束一个人的所有登录|end all sign-ins of somebody"`
}

// totpLine is how somebody's second factor stands.
type totpLine struct {
	Login    string `json:"login" col:"登录名|login"`
	Role     string `json:"role" col:"角色|role"`
	State    string `json:"state" col:"两步验证|two-step"` // off, begun, on
	Demanded bool   `json:"demanded" col:"必须|demanded"`
	Since    Moment `json:"since" col:"开启于|since"`
	Codes    int    `json:"codes_left" col:"备用码|codes left"`
}

func lineOfFactor(u community.User, f community.Factor, d proof.Demand) totpLine {
	state := "off"
	switch {
	case f.On():
		state = "on"
	case f.Created > 0:
		state = "begun"
	}
	return totpLine{u.Login, u.Role, state, d.Of(u.Role), Moment(f.Confirmed), f.Codes}
}

// factorOf finds a person by login and how their second factor stands.
func (c *call) factorOf(h *House, login string) (Gate, community.User, totpLine, error) {
	gate, err := need(h.Gate)
	if err != nil {
		return nil, community.User{}, totpLine{}, err
	}
	u, err := c.userCalled(h, login)
	if err != nil {
		return nil, u, totpLine{}, err
	}
	f, err := gate.Factor(c.ctx, u)
	if err != nil {
		return nil, u, totpLine{}, err
	}
	d, err := gate.Demand(c.ctx, u.Org)
	return gate, u, lineOfFactor(u, f, d), err
}

type totpListCmd struct{}

func (totpListCmd) Shape() any          { return rowsOf[totpLine]() }
func (totpListCmd) Examples() []example { return nil }

// Do lists everybody.
func (totpListCmd) Do(c *call, h *House) error {
	users, err := c.users(h)
	if err != nil {
		return err
	}
	var lines []totpLine
	for _, u := range users {
		_, _, l, err := c.factorOf(h, u.Login)
		if err != nil {
			return err
		}
		lines = append(lines, l)
	}
	return printList(c, lines, len(lines))
}

type totpBeginCmd struct {
	Login string `arg:"" help:"登录名|login"`
}

// totpKey is a new key.
type totpKey struct {
	Login   string `json:"login" col:"登录名|login"`
	Key     string `json:"key" col:"密钥（只显示这一次）|key (shown this once)"`
	Address string `json:"address" col:"二维码内容|what a QR code holds"`
}

func (totpBeginCmd) Shape() any { return totpKey{} }
func (totpBeginCmd) Examples() []example {
	return []example{{"user totp begin linxiao", [2]string{"把密钥输进验证器，再运行 user totp confirm", "type the key into an authenticator, then run user totp confirm"}}}
}

// Do makes a key.
func (q *totpBeginCmd) Do(c *call, h *House) error {
	gate, u, _, err := c.factorOf(h, q.Login)
	if err != nil {
		return err
	}
	secret, err := gate.Begin(c.ctx, u)
	if err != nil {
		return err
	}
	return printOne(c, totpKey{u.Login, secret.Key(), secret.Address([]string{"群落", "Qunluo"}[c.lang], u.Login)})
}

type totpConfirmCmd struct {
	Login string `arg:"" help:"登录名|login"`
	Code  string `arg:"" help:"验证器现在显示的 6 位数字|the 6 digits that the authenticator shows now"`
}

// totpCodes are codes of the last resort.
type totpCodes struct {
	Login string   `json:"login" col:"登录名|login"`
	Codes []string `json:"codes" col:"备用码（只显示这一次）|recovery codes (shown this once)"`
}

func (totpConfirmCmd) Shape() any          { return totpCodes{} }
func (totpConfirmCmd) Examples() []example { return nil }

// Do puts a key into use.
func (q *totpConfirmCmd) Do(c *call, h *House) error {
	gate, u, _, err := c.factorOf(h, q.Login)
	if err != nil {
		return err
	}
	codes, minutes, err := gate.Confirm(c.ctx, user, u, q.Code)
	if community.CodeOf(err) == community.CodeForbidden && minutes != 0 {
		return failed(err, "验证器的时钟和这台机器差约 %d 分钟", "the authenticator's clock and this machine's are about %d minutes apart", minutes)
	}
	if err != nil {
		return err
	}
	return printOne(c, totpCodes{u.Login, codes})
}

type totpCodesCmd struct {
	Login string `arg:"" help:"登录名|login"`
}

func (totpCodesCmd) Shape() any          { return totpCodes{} }
func (totpCodesCmd) Examples() []example { return nil }

// Do makes new codes.
func (q *totpCodesCmd) Do(c *call, h *House) error {
	gate, u, _, err := c.factorOf(h, q.Login)
	if err != nil {
		return err
	}
	codes, err := gate.NewCodes(c.ctx, user, u)
	if err != nil {
		return err
	}
	return printOne(c, totpCodes{u.Login, codes})
}

type totpResetCmd struct {
	Login  string `arg:"" help:"登录名|login"`
	Reason string `required:"" placeholder:"TEXT" help:"为什么，写进操作记录|why, for the audit trail"`
}

func (totpResetCmd) Shape() any { return totpLine{} }
func (totpResetCmd) Examples() []example {
	return []example{{"user totp reset linxiao --reason 手机丢了", [2]string{"唯一的所有者丢了手机时，这是最后的办法", "the way out when the only owner lost their phone"}}}
}

// Do takes a lost second factor away.
func (q *totpResetCmd) Do(c *call, h *House) error {
	gate, u, _, err := c.factorOf(h, q.Login)
	if err != nil {
		return err
	}
	if err := gate.Reset(c.ctx, user, u, q.Reason); err != nil {
		return err
	}
	_, _, l, err := c.factorOf(h, q.Login)
	if err != nil {
		return err
	}
	return printOne(c, l)
}

type totpDemandCmd struct {
	Role    []string `sep:"," placeholder:"ROLE" help:"必须开启的角色（可重复）；none = 没有|roles that must have it (repeatable); none = nobody"`
	Minutes int      `placeholder:"N" help:"验证有效几分钟，1 到 60|how long a proof is good, 1 to 60 minutes"`
}

// demandLine is what is demanded.
type demandLine struct {
	Roles   []string `json:"roles" col:"必须开启的角色|roles that must have it"`
	Minutes int      `json:"minutes" col:"验证有效（分钟）|a proof is good for (minutes)"`
}

func (totpDemandCmd) Shape() any { return demandLine{} }
func (totpDemandCmd) Examples() []example {
	return []example{{"user totp demand --role owner --role admin", [2]string{"所有者和管理员必须开启", "owners and admins must have it"}}}
}

// Do shows or changes what is demanded.
func (q *totpDemandCmd) Do(c *call, h *House) error {
	gate, err := need(h.Gate)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	d, err := gate.Demand(c.ctx, org)
	if err != nil {
		return err
	}
	if len(q.Role) > 0 {
		d.Roles = q.Role
		if len(q.Role) == 1 && q.Role[0] == "none" {
			d.Roles = nil
		}
	}
	if q.Minutes != 0 {
		d.Minutes = q.Minutes
	}
	if len(q.Role) > 0 || q.Minutes != 0 {
		if err := gate.Ask(c.ctx, user, org, d, "user totp demand"); err != nil {
			return err
		}
	}
	return printOne(c, demandLine{append([]string{}, d.Roles...), d.Minutes})
}

// sessionLine is one time that somebody signed in.
type sessionLine struct {
	ID      string `json:"id" col:"编号|id"`
	Login   string `json:"login" col:"登录名|login"`
	Browser string `json:"browser" col:"浏览器|browser"` // "" = not known
	System  string `json:"system" col:"系统|system"`
	Address string `json:"address" col:"地址|address"`
	How     string `json:"how" col:"凭什么|by"` // password, code, recovery
	Began   Moment `json:"began_at" col:"登录于|since"`
	Seen    Moment `json:"seen_at" col:"最近|last seen"`
	Ended   Moment `json:"ended_at" col:"结束|ended"`
}

type sessionsListCmd struct {
	Login string `arg:"" optional:"" help:"登录名，默认所有人|login, by default everybody"`
	All   bool   `help:"也列出已结束的|those that ended, too"`
}

func (sessionsListCmd) Shape() any          { return rowsOf[sessionLine]() }
func (sessionsListCmd) Examples() []example { return nil }

// maxSessions is how many sign-ins are listed.
const maxSessions = 500

// Do lists who is signed in.
func (q *sessionsListCmd) Do(c *call, h *House) error {
	gate, err := need(h.Gate)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	var who community.ID
	if q.Login != "" {
		_, u, _, err := c.factorOf(h, q.Login)
		if err != nil {
			return err
		}
		who = u.ID
	}
	list, err := gate.SignIns(c.ctx, org, who, !q.All, maxSessions)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(in community.SignIn) sessionLine {
		return sessionLine{in.ID.String(), in.Login, in.Browser, in.System, in.Address, in.How, Moment(in.Began), Moment(in.Seen), Moment(in.Ended)}
	}), len(list))
}

type sessionsEndCmd struct {
	Login  string `arg:"" help:"登录名|login"`
	Reason string `placeholder:"TEXT" help:"为什么|why"`
}

// sessionsEnded says how many were ended.
type sessionsEnded struct {
	Login string `json:"login" col:"登录名|login"`
	Ended int    `json:"ended" col:"结束了几个|ended"`
}

func (sessionsEndCmd) Shape() any          { return sessionsEnded{} }
func (sessionsEndCmd) Examples() []example { return nil }

// Do ends all sign-ins of somebody.
func (q *sessionsEndCmd) Do(c *call, h *House) error {
	gate, u, _, err := c.factorOf(h, q.Login)
	if err != nil {
		return err
	}
	n, err := gate.EndSignIns(c.ctx, u, community.ID{}, community.Audit{User: user, Reason: q.Reason})
	if err != nil {
		return err
	}
	return printOne(c, sessionsEnded{u.Login, n})
}
