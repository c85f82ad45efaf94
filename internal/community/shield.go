package community

// ShieldSet switches a group's shield (防骚扰模式) on or off: Body.Data is a ShieldData.
const ShieldSet Type = "shield.set"

// WakeShield begins the keys of the timers that end shields; the shield's id follows.
const WakeShield = "shield:"

// ShieldPart is one of the things that a shield does.
type ShieldPart string

// Parts of a shield.
const (
	ShieldLocks   ShieldPart = "locks"   // links, QR codes, name cards, mini-programs, forwards
	ShieldFlood   ShieldPart = "flood"   // tighter limits on how much one member sends
	ShieldNew     ShieldPart = "new"     // newcomers send neither links nor contacts nor media
	ShieldAtAll   ShieldPart = "at_all"  // who mentions everybody
	ShieldInvites ShieldPart = "invites" // how many one member brings
	ShieldReports ShieldPart = "reports" // private harassment is reported
)

// ShieldParts lists them in the order of pages.
var ShieldParts = []ShieldPart{ShieldLocks, ShieldFlood, ShieldNew, ShieldAtAll, ShieldInvites, ShieldReports}

// ShieldData is what a shield.set says.
type ShieldData struct {
	ID     ID     `json:"id"`
	On     bool   `json:"on"`
	Until  int64  `json:"until,omitempty"` // when it ends by itself, UTC ms; 0 = when somebody ends it
	User   string `json:"user"`
	Reason string `json:"reason,omitempty"`
}

// Shield is a shield as it was switched on.
type Shield struct {
	ID      ID
	Org     OrgKey
	Group   GroupKey
	On      bool
	User    string
	Reason  string
	Began   int64
	Until   int64
	Ended   int64
	EndedBy string // "" = by itself
	Task    ID     // by which a person was asked for what no connection can set; zero = nobody was
	Before  string // what that person found set before, in their words
	Book    int    // version of the rulebook that it lies upon
}

// ShieldHow says how a part is done in a group.
type ShieldHow struct {
	Part  ShieldPart
	Level Level  // native, assisted, human or none
	By    string // "rule": the rules recall, mute and ask; "setting": a person sets it on the platform; "page": the report page
}
