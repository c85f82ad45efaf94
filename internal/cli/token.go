package cli

import (
	"context"
	"strings"

	"qunluo/internal/community"
)

// Tokens keeps an organisation's keys to the API.
type Tokens interface {
	List(ctx context.Context) ([]community.Token, error)
	// Make gives a key's secret this once. CodeBadInput begins with the field's name.
	Make(ctx context.Context, by string, k community.Token, reason string) (community.Token, string, error)
	// Revoke ends a key at once. CodeConflict: it was ended before.
	Revoke(ctx context.Context, by string, id community.ID, reason string) error
}

type tokenCmd struct {
	List   tokenListCmd   `cmd:"" help:"列出令牌|list them"`
	Add    tokenAddCmd    `cmd:"" help:"新建令牌，只显示一次|make one; it is shown once"`
	Revoke tokenRevokeCmd `cmd:"" help:"吊销，立即失效|revoke one; it ends at once"`
}

// tokenLine is a key to the API.
type tokenLine struct {
	ID      string   `json:"id" col:"编号|id"`
	Name    string   `json:"name" col:"用途|what for"`
	User    string   `json:"user" col:"所属的人|whose"` // login
	Scopes  []string `json:"scopes" col:"范围|scopes"`
	State   string   `json:"state" col:"状态|state"` // live, expired, revoked
	Hint    string   `json:"hint" col:"末四位|ends with"`
	Created Moment   `json:"created_at" col:"建立|created"`
	Expires Moment   `json:"expires_at" col:"到期|expires"`
	Used    Moment   `json:"used_at" col:"最近使用|last used"`
}

func lineOfToken(now int64) func(community.Token) tokenLine {
	return func(t community.Token) tokenLine {
		return tokenLine{t.ID.String(), t.Name, t.Login, mapped(t.Scopes, community.TokenScope.String), t.State(now), t.Hint, Moment(t.Created), Moment(t.Expires), Moment(t.LastUsed)}
	}
}

func (c *call) tokens(h *House) (Tokens, error) { return inOrg(c, h, h.Tokens) }

func (c *call) nowMillis() int64 { return c.program.now().UnixMilli() }

type tokenListCmd struct{}

func (tokenListCmd) Shape() any          { return rowsOf[tokenLine]() }
func (tokenListCmd) Examples() []example { return nil }

// Do lists the keys, those that ended too.
func (tokenListCmd) Do(c *call, h *House) error {
	tokens, err := c.tokens(h)
	if err != nil {
		return err
	}
	all, err := tokens.List(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(all, lineOfToken(c.nowMillis())), len(all))
}

type tokenAddCmd struct {
	Name  string   `arg:"" help:"用途，1 到 40 个字|what it is for, 1 to 40 characters"`
	User  string   `required:"" placeholder:"LOGIN" help:"以谁的名义|in whose name"`
	Scope []string `sep:"," default:"all:read" placeholder:"AREA:LEVEL" help:"范围：all、people、content、order、business、insight、system 加 :read、:act 或 :admin|scopes: all, people, content, order, business, insight or system, with :read, :act or :admin"`
	Days  int      `default:"90" help:"有效几天，1 到 365|good for so many days, 1 to 365"`
}

// tokenMade is a key with its secret.
type tokenMade struct {
	tokenLine
	Token string `json:"token" col:"令牌（只显示这一次）|token (shown this once)"`
}

func (tokenAddCmd) Shape() any { return tokenMade{} }
func (tokenAddCmd) Examples() []example {
	return []example{
		{"token add 门店看板 --user linxiao --scope all:read --json", [2]string{`程序这样用：curl -H "Authorization: Bearer 令牌" 网址/api/v1/groups`, `a program uses it so: curl -H "Authorization: Bearer TOKEN" ADDRESS/api/v1/groups`}},
		{"token add 工单系统 --user linxiao --scope people:read,order:act --days 30", [2]string{"能处理待办，不能改群规", "it may deal with tasks, not change rules"}},
	}
}

// Do makes a key.
func (q *tokenAddCmd) Do(c *call, h *House) error {
	tokens, err := c.tokens(h)
	if err != nil {
		return err
	}
	u, err := c.userCalled(h, q.User)
	if err != nil {
		return err
	}
	if q.Days < 1 || q.Days > 365 {
		return badUsage("--days 应在 1 到 365 之间", "--days must be 1 to 365")
	}
	t := community.Token{User: u.ID, Name: q.Name, Expires: c.nowMillis() + int64(q.Days)*24*3600_000}
	for _, text := range q.Scope {
		s, err := community.ParseTokenScope(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		t.Scopes = append(t.Scopes, s)
	}
	made, secret, err := tokens.Make(c.ctx, user, t, "token add")
	if err != nil {
		return err
	}
	return printOne(c, tokenMade{lineOfToken(c.nowMillis())(made), secret})
}

type tokenRevokeCmd struct {
	Token  string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (tokenRevokeCmd) Shape() any          { return tokenLine{} }
func (tokenRevokeCmd) Examples() []example { return nil }

// Effect is what revoking means.
func (q *tokenRevokeCmd) Effect() [2]string {
	return [2]string{"将吊销令牌 " + q.Token + "，用它的程序立即不能再调用", "this revokes token " + q.Token + "; programs that use it can call no more"}
}

// Do ends a key.
func (q *tokenRevokeCmd) Do(c *call, h *House) error {
	tokens, err := c.tokens(h)
	if err != nil {
		return err
	}
	id, err := community.ParseID(q.Token)
	if err != nil {
		return badUsage("没有令牌 %s，见 token list", "there is no token %s; see token list", q.Token)
	}
	if err := tokens.Revoke(c.ctx, user, id, q.Reason); err != nil {
		return err
	}
	all, err := tokens.List(c.ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.ID == id {
			return printOne(c, lineOfToken(c.nowMillis())(t))
		}
	}
	return failed(nil, "没有令牌 %s", "there is no token %s", q.Token)
}
