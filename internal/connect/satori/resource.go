package satori

import (
	"encoding/json"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// The parts of Satori's resources that we read; anything else in them is passed over.

// ident is an id, which some gateways write as a number.
type ident string

// UnmarshalJSON takes a text or a whole number.
func (i *ident) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		*i = ident(text)
		return nil
	}
	if string(raw) == "null" {
		return nil
	}
	if _, err := strconv.ParseInt(string(raw), 10, 64); err != nil {
		return community.Errorf(community.CodeBadInput, "an id that is neither text nor whole number")
	}
	*i = ident(raw)
	return nil
}

type login struct {
	Platform string   `json:"platform"`
	SelfID   ident    `json:"self_id"` // older gateways
	User     *user    `json:"user"`
	Status   *int     `json:"status"`
	Features []string `json:"features"`
}

func (l *login) self() string {
	if l.User != nil && l.User.ID != "" {
		return string(l.User.ID)
	}
	return string(l.SelfID)
}

func (l *login) name() string {
	if l.User != nil {
		return l.User.shown()
	}
	return ""
}

// online reports whether the account is logged in at its platform; a gateway that does not say is believed.
func (l *login) online() bool { return l.Status == nil || *l.Status == 1 }

type user struct {
	ID    ident  `json:"id"`
	Name  string `json:"name"`
	Nick  string `json:"nick"`
	IsBot bool   `json:"is_bot"`
}

func (u *user) shown() string { return first(u.Nick, u.Name) }

type guild struct {
	ID   ident  `json:"id"`
	Name string `json:"name"`
}

// Types of channels.
const (
	channelText   = 0
	channelDirect = 1
)

type channel struct {
	ID       ident  `json:"id"`
	Type     int    `json:"type"`
	Name     string `json:"name"`
	Position int    `json:"position"`
}

type role struct {
	ID   ident  `json:"id"`
	Name string `json:"name"`
}

type member struct {
	User     *user  `json:"user"`
	Name     string `json:"name"` // older gateways
	Nick     string `json:"nick"`
	JoinedAt int64  `json:"joined_at"` // ms
	Roles    []role `json:"roles"`
}

type message struct {
	ID        ident    `json:"id"`
	Content   string   `json:"content"`
	Channel   *channel `json:"channel"`
	Guild     *guild   `json:"guild"`
	User      *user    `json:"user"`
	Member    *member  `json:"member"`
	Quote     *message `json:"quote"`
	CreatedAt int64    `json:"created_at"` // ms
}

type emoji struct {
	ID   ident  `json:"id"`
	Name string `json:"name"`
}

type event struct {
	SN        int64    `json:"sn"`
	ID        int64    `json:"id"` // older gateways: sn
	Type      string   `json:"type"`
	Timestamp int64    `json:"timestamp"` // ms
	Login     *login   `json:"login"`
	Platform  string   `json:"platform"` // older gateways
	SelfID    ident    `json:"self_id"`  // older gateways
	Guild     *guild   `json:"guild"`
	Channel   *channel `json:"channel"`
	User      *user    `json:"user"`
	Member    *member  `json:"member"`
	Operator  *user    `json:"operator"`
	Message   *message `json:"message"`
	Emoji     *emoji   `json:"emoji"`
}

// number is sn under either name.
func (e *event) number() int64 {
	if e.SN != 0 {
		return e.SN
	}
	return e.ID
}

// whose names the login that the event belongs to.
func (e *event) whose() (platform, self string) {
	if e.Login != nil {
		return e.Login.Platform, e.Login.self()
	}
	return e.Platform, string(e.SelfID)
}

// roles are what gateways call a member's rank where it is one of the usual.
var roles = map[string]community.Role{
	"owner": community.RoleOwner, "creator": community.RoleOwner, "admin": community.RoleAdmin, "administrator": community.RoleAdmin,
	"member": community.RoleMember,
}

// rankOf is a member's highest usual rank; RoleNone where the gateway's roles are of another kind.
func rankOf(list []role) community.Role {
	best := community.RoleNone
	for _, r := range list {
		for _, word := range []string{string(r.ID), r.Name} {
			found, ok := roles[strings.ToLower(word)]
			if ok && (best == community.RoleNone || best == community.RoleMember || found == community.RoleOwner) {
				best = found
			}
		}
	}
	return best
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
