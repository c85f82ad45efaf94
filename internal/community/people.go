package community

// Platform names a chat platform: "qq", "wechat", "wecom", "mp" (公众号), "telegram", "discord", "lark" (飞书), "dingtalk", "irc", "gitter", "sim".
type Platform string

// Role is what a member is in a group at a moment.
type Role string

// Roles. Bot and Staff are ours to give; the others come from the platform.
const (
	RoleNone   Role = ""
	RoleMember Role = "member"
	RoleAdmin  Role = "admin"
	RoleOwner  Role = "owner"
	RoleBot    Role = "bot"
	RoleStaff  Role = "staff"
	RoleSelf   Role = "self" // one of our own accounts
)

// Immune reports whether sanctions never apply to the role: owner, admins, own accounts and staff.
func (r Role) Immune() bool {
	switch r {
	case RoleAdmin, RoleOwner, RoleStaff, RoleSelf:
		return true
	}
	return false
}

// Certainty says how sure a fact is.
type Certainty string

// Certainties of an event or an identity.
const (
	Observed Certainty = ""         // in the record
	Inferred Certainty = "inferred" // from snapshots or parsed sentences
	Reported Certainty = "reported" // told by a person
	NameOnly Certainty = "name_only"
)

// Who is a person as a platform or a file names them.
type Who struct {
	ID        string    `json:"id,omitempty"`   // the platform's id; for NameOnly the name itself
	Name      string    `json:"name,omitempty"` // account name at the time
	Card      string    `json:"card,omitempty"` // name in the group (群昵称) at the time
	Role      Role      `json:"role,omitempty"`
	Certainty Certainty `json:"certainty,omitempty"`
	Also      string    `json:"also,omitempty"` // a further id of the same person on the platform (QQ: the uid beside the number)

	Union string   `json:"union,omitempty"` // the id by which one maker of platforms knows the same human everywhere (unionid)
	Tags  []string `json:"tags,omitempty"`  // on a list of contacts: what they are tagged with there

	// On a member list, where the platform tells how the person came:
	JoinedAt int64  `json:"joined_at,omitempty"` // UTC ms
	Scene    string `json:"scene,omitempty"`     // as Body.Scene
	State    string `json:"state,omitempty"`     // the code's own mark
	Inviter  string `json:"inviter,omitempty"`   // the platform's id
}

// Shown is the name a person in the group would see: the group name if there is one, else the account name, else the id.
func (w Who) Shown() string {
	switch {
	case w.Card != "":
		return w.Card
	case w.Name != "":
		return w.Name
	}
	return w.ID
}

// Ref is a group as a platform names it.
type Ref struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Desk says that this is no chat group but an account's own log (账号台): what happens outside of any group, such as
	// followers, scans, contacts. Its ID is the account's on the platform. Lists of groups leave desks out.
	Desk bool `json:"desk,omitempty"`
}

// Mode says whether a group's automatic rules act.
type Mode string

// Modes of a group.
const (
	Observe Mode = "observe" // every rule counts as dry run
	Live    Mode = "live"
)

// Group is a chat group under care.
type Group struct {
	Key      GroupKey
	ID       ID
	Org      OrgKey
	Platform Platform
	External string // the platform's id of the group
	Name     string
	Zone     string // IANA name; days are cut here
	Mode     Mode
	Frozen   bool // automatic actions are held
	Desk     bool // an account's own log, no chat group (see Ref.Desk)
	Parent   GroupKey
	Keeper   string // user id of who looks after it; "" = whoever is on duty
	Created  int64
	Tags     []string
}

// Member is one identity on one platform.
type Member struct {
	Key       MemberKey
	ID        ID
	Org       OrgKey
	Platform  Platform
	External  string
	Name      string
	Certainty Certainty // NameOnly: known by name alone
	Bot       bool      // no figure counts what they say
	Mark      Role      // what a person of ours said they are: RoleBot, RoleStaff, RoleMember (neither); "" = nobody said anything
	Created   int64
}

// Account is one of our own accounts on a platform: the login of a connection.
type Account struct {
	Key       AccountKey
	ID        ID
	Org       OrgKey
	Platform  Platform
	Connector string // name of the leaf: "sim", "onebot"
	Name      string
	External  string // the platform's id of our account, once known
	Settings  []byte // JSON, as the connector's schema says
	Enabled   bool
	Created   int64
	// Restricted is since when (UTC ms) the platform holds the account back; 0 = it does not. Nothing is done with it
	// until a person says so.
	Restricted    int64
	RestrictedWhy string // what the platform said then
}
