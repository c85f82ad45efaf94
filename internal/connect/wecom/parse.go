package wecom

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
	"qunluo/internal/connect/wxcrypt"
)

// notice is what one callback says.
type notice struct {
	in      []connect.Inbound // facts that stand by themselves
	chat    string            // a customer group to be read again; "" = none
	version string            // of the group's members after it; "" = not told
	quit    map[string]string // who is said to have left it, and how
	welcome *welcome          // somebody to be greeted
	tags    bool              // the corp's tags changed
}

// welcome is a friend just added, to be greeted within 20 seconds.
type welcome struct {
	code     string
	employee string
	at       int64 // UTC ms
}

// message is the XML of an event; the fields of all kinds together.
type message struct {
	ToUserName, FromUserName, MsgType, Event, ChangeType string
	CreateTime                                           int64
	ChatId, UpdateDetail                                 string
	JoinScene, QuitScene, CurMemVer                      string
	MemChangeList                                        struct {
		Item []string
	}
	UserID, ExternalUserID, State, WelcomeCode, Source, FailReason string
}

// Bounds of what a callback may carry.
const (
	maxID    = 128 // bytes of an id
	maxState = 128 // bytes of a state
	maxItems = 1000
)

// parse reads the decrypted XML of a callback. It is pure: the same bytes always give the same keys, so a callback that
// comes again is told apart from a new one. Kinds that are not ours give an empty notice.
func parse(corp string, raw []byte) (notice, error) {
	var m message
	if err := wxcrypt.ReadXML(raw, &m); err != nil {
		return notice{}, err
	}
	for _, id := range append([]string{m.ChatId, m.UserID, m.ExternalUserID}, m.MemChangeList.Item...) {
		if len(id) > maxID {
			return notice{}, community.Errorf(community.CodeBadInput, "callback: an id of %d bytes", len(id))
		}
	}
	if m.CreateTime < 0 || m.CreateTime > 1<<40 || len(m.MemChangeList.Item) > maxItems {
		return notice{}, community.Errorf(community.CodeBadInput, "callback: CreateTime or MemChangeList out of bounds")
	}
	if m.MsgType != "event" {
		return notice{}, nil
	}
	read, ok := kinds[m.Event+"/"+m.ChangeType]
	if !ok {
		return notice{}, nil
	}
	sum := sha256.Sum256(raw)
	return read(corp, &m, hex.EncodeToString(sum[:16]))
}

// kinds is what each kind of event says. One line per kind.
var kinds = map[string]func(corp string, m *message, key string) (notice, error){
	"change_external_chat/create":                       chatCreated,
	"change_external_chat/update":                       chatChanged,
	"change_external_chat/dismiss":                      chatDismissed,
	"change_external_contact/add_external_contact":      contactAdded,
	"change_external_contact/add_half_external_contact": contactAdded,
	"change_external_contact/del_external_contact":      contactDeleted,
	"change_external_contact/del_follow_user":           contactLeft,
	"change_external_contact/edit_external_contact":     contactEdited,
	"change_external_contact/transfer_fail":             transferFailed,
	"change_external_tag/create":                        tagsChanged,
	"change_external_tag/update":                        tagsChanged,
	"change_external_tag/delete":                        tagsChanged,
	"change_external_tag/shuffle":                       tagsChanged,
}

func tagsChanged(string, *message, string) (notice, error) { return notice{tags: true}, nil }

func needs(what, value string) error {
	if value == "" {
		return community.Errorf(community.CodeBadInput, "callback: no %s", what)
	}
	return nil
}

func chatCreated(_ string, m *message, key string) (notice, error) {
	in := connect.Inbound{Type: community.GroupCreated, Key: key, OccurredAt: m.CreateTime * 1000, Group: community.Ref{ID: m.ChatId}}
	return notice{in: []connect.Inbound{in}, chat: m.ChatId}, needs("ChatId", m.ChatId)
}

func chatDismissed(_ string, m *message, key string) (notice, error) {
	in := connect.Inbound{Type: community.GroupDissolved, Key: key, OccurredAt: m.CreateTime * 1000, Group: community.Ref{ID: m.ChatId}}
	return notice{in: []connect.Inbound{in}}, needs("ChatId", m.ChatId)
}

func chatChanged(_ string, m *message, _ string) (notice, error) {
	n := notice{chat: m.ChatId}
	if m.UpdateDetail == "add_member" || m.UpdateDetail == "del_member" {
		n.version = wxapi.Clip(m.CurMemVer, maxID)
	}
	if m.UpdateDetail == "del_member" {
		n.quit = map[string]string{}
		for _, id := range m.MemChangeList.Item {
			n.quit[id] = quitReason(m.QuitScene)
		}
	}
	return n, needs("ChatId", m.ChatId)
}

// quitReason is how somebody left, by QuitScene (0 by himself, 1 removed; unverified).
func quitReason(scene string) string {
	switch scene {
	case "0":
		return "left"
	case "1":
		return "kicked"
	}
	return "unknown"
}

// desk is where the contacts of an employee live.
func desk(corp, employee string) community.Ref {
	return community.Ref{ID: corp + ":" + employee, Name: employee, Desk: true}
}

func contact(kind community.Type, corp string, m *message, key string) (connect.Inbound, error) {
	in := connect.Inbound{
		Type: kind, Key: key, OccurredAt: m.CreateTime * 1000, Group: desk(corp, m.UserID), Actor: community.Who{ID: m.ExternalUserID},
	}
	if err := needs("ExternalUserID", m.ExternalUserID); err != nil {
		return in, err
	}
	return in, needs("UserID", m.UserID)
}

func contactAdded(corp string, m *message, key string) (notice, error) {
	in, err := contact(community.FollowerAdded, corp, m, key)
	in.Body.Scene, in.Body.State = "contact", wxapi.Clip(m.State, maxState)
	n := notice{in: []connect.Inbound{in}}
	if m.WelcomeCode != "" {
		n.welcome = &welcome{code: m.WelcomeCode, employee: m.UserID, at: m.CreateTime * 1000}
	}
	return n, err
}

// contactDeleted: the employee deleted the contact, or a hand-over did.
func contactDeleted(corp string, m *message, key string) (notice, error) {
	in, err := contact(community.FollowerRemoved, corp, m, key)
	in.Body.Reason = "kicked"
	if m.Source == "DELETE_BY_TRANSFER" {
		in.Body.Reason = "transferred"
	}
	return notice{in: []connect.Inbound{in}}, err
}

// contactLeft: the contact deleted the employee.
func contactLeft(corp string, m *message, key string) (notice, error) {
	in, err := contact(community.FollowerRemoved, corp, m, key)
	in.Body.Reason = "left"
	return notice{in: []connect.Inbound{in}}, err
}

func contactEdited(corp string, m *message, key string) (notice, error) {
	in, err := contact(community.MemberUpdated, corp, m, key)
	return notice{in: []connect.Inbound{in}, tags: true}, err
}

func transferFailed(corp string, m *message, key string) (notice, error) {
	in, err := contact(community.MemberUpdated, corp, m, key)
	in.Body.Reason, in.Body.Text = "transfer_failed", wxapi.Clip(m.FailReason, maxState)
	return notice{in: []connect.Inbound{in}}, err
}

// chat is a customer group as groupchat/get tells it.
type chat struct {
	ID      string `json:"chat_id"`
	Name    string `json:"name"`
	Owner   string `json:"owner"`
	Notice  string `json:"notice"`
	Version string `json:"member_version"`
	Members []struct {
		UserID    string `json:"userid"`
		Type      int    `json:"type"`
		JoinTime  int64  `json:"join_time"`
		JoinScene int    `json:"join_scene"`
		Invitor   struct {
			UserID string `json:"userid"`
		} `json:"invitor"`
		Nickname string `json:"group_nickname"`
		Name     string `json:"name"`
		State    string `json:"state"`
	} `json:"member_list"`
	Admins []struct {
		UserID string `json:"userid"`
	} `json:"admin_list"`
}

// people is the group's members in our words.
func (c *chat) people() ([]community.Who, error) {
	if len(c.Members) == 0 {
		return nil, community.Errorf(community.CodeConflict, "group %s: the member list is empty", c.ID)
	}
	admin := map[string]bool{}
	for _, a := range c.Admins {
		admin[a.UserID] = true
	}
	list := make([]community.Who, 0, len(c.Members))
	seen := make(map[string]bool, len(c.Members))
	for _, m := range c.Members {
		if m.UserID == "" || len(m.UserID) > maxID {
			return nil, community.Errorf(community.CodeBadInput, "group %s: a member has no id, or one of %d bytes", c.ID, len(m.UserID))
		}
		if seen[m.UserID] {
			continue
		}
		seen[m.UserID] = true
		list = append(list, community.Who{
			ID: m.UserID, Name: wxapi.Clip(m.Name, maxName), Card: wxapi.Clip(m.Nickname, maxName), Role: c.role(m.UserID, m.Type, admin),
			JoinedAt: max(m.JoinTime, 0) * 1000, Scene: sceneOf(m.JoinScene), State: wxapi.Clip(m.State, maxState), Inviter: wxapi.Clip(m.Invitor.UserID, maxID),
		})
	}
	return list, nil
}

// maxName bounds a name, in bytes; names of thousands of characters exist.
const maxName = 512

// role: the owner and admins are what the platform says; other employees are staff, whom sanctions spare.
func (c *chat) role(id string, kind int, admin map[string]bool) community.Role {
	switch {
	case id == c.Owner:
		return community.RoleOwner
	case admin[id]:
		return community.RoleAdmin
	case kind == 1:
		return community.RoleStaff
	}
	return community.RoleMember
}

// sceneOf is join_scene: 1 invited directly, 2 by an invite link, 3 by a scanned code.
func sceneOf(n int) string {
	switch n {
	case 1:
		return "invite"
	case 2:
		return "link"
	case 3:
		return "qr"
	case 0:
		return ""
	}
	return "scene_" + strconv.Itoa(n)
}
