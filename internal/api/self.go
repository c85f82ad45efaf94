package api

import "qunluo/internal/community"

// me is whose token it is and what it opens.
type me struct {
	User    community.ID `json:"user_id"`
	Login   string       `json:"login"`
	Name    string       `json:"name"`
	Role    string       `json:"role"`
	Token   string       `json:"token_name"`
	Scopes  []string     `json:"scopes"`
	Expires moment       `json:"expires_at"`
	Now     moment       `json:"now" doc:"the server's clock"`
}

func selfLines() []line {
	return []line{
		on("whoAmI", "GET /me", "Whose token this is, and what it opens", anyArea, nil, func(c *call, _ *struct{}) (me, error) {
			return me{c.User.ID, c.User.Login, c.User.Name, c.User.Role, c.Token.Name, mapped(c.Token.Scopes, community.TokenScope.String), moment(c.Token.Expires), moment(c.now())}, nil
		}),
	}
}

// anyArea is of operations that every token may use.
const anyArea community.TokenArea = ""
