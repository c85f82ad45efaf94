package community

// MemberReported is a report (举报) of a member: Actor is who reports (0 = nobody known), Subject who is reported (0 = not said
// in a way that names one), Body.Text the reporter's words, Body.Data a ReportData.
const MemberReported Type = "member.reported"

// ReportWay is how a report came.
type ReportWay string

// Ways of reports.
const (
	ReportByChat     ReportWay = "chat"     // an answer to a message with the keyword
	ReportByPage     ReportWay = "page"     // the public page
	ReportByOperator ReportWay = "operator" // one of our people recorded it for somebody
)

// ReportKind is what somebody is reported for.
type ReportKind string

// Kinds of reports.
const (
	ReportMessage ReportKind = "message" // something said in the group
	ReportPrivate ReportKind = "private" // harassment in private chat: nothing of it stands in the log
)

// MaxReport bounds the words of a report, in characters.
const MaxReport = 1000

// ReportData is what a report says, with everything that is needed to weigh it: so it can be weighed again in replay.
type ReportData struct {
	Way      ReportWay  `json:"way"`
	Kind     ReportKind `json:"kind"`
	Event    int64      `json:"event,omitempty"`    // number of the message reported
	Message  string     `json:"message,omitempty"`  // its id on the platform
	Answer   string     `json:"answer,omitempty"`   // by chat: the platform's id of the reporter's own message
	Person   int64      `json:"person,omitempty"`   // whose account reports, where several are known to be one human's
	Here     bool       `json:"here,omitempty"`     // the reporter is on the group's member list
	Joined   int64      `json:"joined,omitempty"`   // of the reporter, as the member list tells it, UTC ms; 0 = not known
	Verified bool       `json:"verified,omitempty"` // the reporter is surely who Actor says
	User     string     `json:"user,omitempty"`     // who recorded it
	Named    string     `json:"named,omitempty"`    // who is meant, in the reporter's words, where nobody was found
}

// ReportWeighed is what policy made of a report: it stands in the decision about it.
type ReportWeighed struct {
	Case   ID         `json:"case"` // all reports about one message, or of one member without a message
	Member MemberKey  `json:"member,omitempty"`
	Event  int64      `json:"event,omitempty"`
	Kind   ReportKind `json:"kind"`
	Weight int        `json:"weight"` // percent of one reporter of standing
	Why    string     `json:"why,omitempty"`
	Total  int        `json:"total"` // of the case, in percent
	Need   int        `json:"need"`  // reporters of standing
	Flags  []string   `json:"flags,omitempty"`
	Raised bool       `json:"raised,omitempty"` // people are asked now
}

// Reasons why a report weighs less than that of a reporter of standing.
const (
	ReportUnverified  = "unverified"
	ReportSelf        = "self"        // about oneself
	ReportLimit       = "limit"       // more in a day than one may
	ReportNotMember   = "not_member"  // nobody who is in the group
	ReportNew         = "new"         // not a member for long enough
	ReportProbation   = "probation"   // still watched
	ReportWave        = "wave"        // came with a wave that the group defends itself against
	ReportAgain       = "again"       // reported this before
	ReportSamePerson  = "same_person" // another account of somebody who reported this
	ReportWeighedDown = "weighed_down"
)

// What makes reports look arranged. The reviewer is shown it; nothing follows from it.
const (
	ReportJoinedTogether  = "joined_together"
	ReportSeveralTogether = "same_together" // the same people reported somebody else, too
)

// ReportState says how far reports about one thing have come.
type ReportState string

// States of a case of reports.
const (
	ReportOpen      ReportState = "open"   // below the threshold
	ReportRaised    ReportState = "raised" // people were asked
	ReportUpheld    ReportState = "upheld"
	ReportDismissed ReportState = "dismissed"
)

// ReportVerdict is a person's word about a case of reports, with whom it concerns.
type ReportVerdict struct {
	Case      ID           `json:"case"`
	Upheld    bool         `json:"upheld,omitempty"`
	Reporters []ReporterOf `json:"reporters,omitempty"` // members only
}

// ReporterOf is one who reported, as feedback needs them.
type ReporterOf struct {
	Member MemberKey `json:"member"`
	Way    ReportWay `json:"way"`
	Answer string    `json:"answer,omitempty"`
	Weight int       `json:"weight"`
}

// ReportCase is all reports about one message, or of one member without a message.
type ReportCase struct {
	ID        ID
	Org       OrgKey
	Group     GroupKey
	Member    MemberKey
	Event     int64
	Kind      ReportKind
	State     ReportState
	Decision  ID // by which people were asked; zero = they were not
	Opened    int64
	Last      int64
	Count     int
	Total     int // percent of one reporter of standing
	Need      int
	Flags     []string
	Settled   int64
	SettledBy string
	Answer    string // to the reporters
	Strike    ID     // decision that gave a strike; zero = none
}

// ReportRow is a case with what it is about.
type ReportRow struct {
	ReportCase
	GroupID    ID
	GroupName  string
	MemberID   ID
	MemberName string
	Message    MessageRow
	Reports    []ReportLine
}

// ReportLine is one report.
type ReportLine struct {
	Event      int64
	Reporter   MemberKey
	ReporterID ID
	Name       string
	User       string
	Way        ReportWay
	Verified   bool
	At         int64
	Weight     int
	Why        string
	Words      string // "" = erased, or none
	Named      string
	Answer     string
	Upheld     int // of this reporter's earlier reports
	Rejected   int
}

// ReportFilter asks for cases of reports.
type ReportFilter struct {
	Group    GroupKey
	Member   MemberKey
	Reporter MemberKey
	State    ReportState // "" = any
	Kind     ReportKind  // "" = any
	Waiting  bool        // neither upheld nor dismissed
	From, To int64       // of the last report, UTC ms
	Page     Page
}

// ReportOrder is a report as one of our people records it for somebody.
type ReportOrder struct {
	Group    GroupKey
	Event    int64     // number of the message reported; 0 = none
	Member   MemberKey // who is reported; 0 = the author of the message
	Reporter MemberKey // who says so; 0 = somebody who is not named
	Kind     ReportKind
	Words    string
}

// ReportEnd is a person's word about a case of reports. Words are for the trail, and the reason of the strike.
type ReportEnd struct {
	Upheld bool
	Strike bool   // with Upheld: the author gets a strike for the message
	Rule   string // with Strike: under this rule's ladder; "" = the book's
	Words  string
}
