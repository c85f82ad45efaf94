package community

// MemberConfirmed says that a member agreed to the rules of the group otherwise than by words in it: the subject; Body.Data is
// a Confirmation. Words in the group are their own event.
const MemberConfirmed Type = "member.confirmed"

// ConfirmWay is how somebody agreed to the rules.
type ConfirmWay string

// Ways of agreeing.
const (
	ConfirmedInChat ConfirmWay = "chat" // by the words that the rules name
	ConfirmedOnPage ConfirmWay = "page" // by the box on the page that their own link opens
	ConfirmedByHand ConfirmWay = "hand" // they said so to a person of ours, who noted it
)

// ConfirmWays lists the ways in the order in which pages show them.
var ConfirmWays = []ConfirmWay{ConfirmedInChat, ConfirmedOnPage, ConfirmedByHand}

// Confirmation is that somebody agreed to a version of the rules.
type Confirmation struct {
	Version int        `json:"version"`
	Way     ConfirmWay `json:"way"`
	User    string     `json:"user,omitempty"` // by hand: who noted it
	Note    string     `json:"note,omitempty"` // by hand: how they said it
}

// ConfirmationRow is a confirmation in a list, or (Version 0) a member of the group of whom there is none.
type ConfirmationRow struct {
	Confirmation
	Number     int64 // of the event
	At         int64
	Group      GroupKey
	GroupID    ID
	GroupName  string
	Member     MemberKey
	MemberID   ID
	MemberName string
	External   string
	JoinedAt   int64 // of those without; 0 = not known
}

// ConfirmationFilter chooses confirmations.
type ConfirmationFilter struct {
	Group   GroupKey
	Member  MemberKey
	Version int
	Way     ConfirmWay
	Text    string // part of the member's name
	Missing bool   // those who are in Group and have not agreed to Version (0 = to any); Way is not looked at
	Page    Page   // Sort: "at", "name", "version"
}

// ConfirmationSums counts people.
type ConfirmationSums struct {
	Present   int                `json:"present"`   // in the group now
	Confirmed int                `json:"confirmed"` // of these, those who agreed to any version
	Current   int                `json:"current"`   // of these, those who agreed to the version asked for or a later one
	Ways      map[ConfirmWay]int `json:"ways"`      // people by the way of their latest
}

// CharterPage is the public page of a group's rules.
type CharterPage struct {
	Group   GroupKey
	Slug    string // "" = there is none yet
	Closed  int64  // UTC ms; 0 = open
	Created int64
}

// Marks that stand in what is said to a group until the words are sent, when their addresses are known: where the rules can be
// read, and where the member spoken to agrees to them.
const (
	RulesMark   = "{rules}"
	ConfirmMark = "{confirm}"
)

// CharterNotice is what a group would be told of a new version of its rules.
type CharterNotice struct {
	Version int    `json:"version"`
	Text    string `json:"text"` // "" = there are no articles to tell of
	Verb    Verb   `json:"verb"`
	Level   Level  `json:"level"`
	Changed bool   `json:"changed"` // members read a difference
}
