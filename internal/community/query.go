package community

import "encoding/json"

// The questions that doors ask and the rows they get. Every FindXs takes a filter and returns rows and how many there
// are in all, counted up to CountCap. Times are UTC milliseconds; a zero field of a filter does not filter.

// CountCap bounds every total: a total of CountCap+1 means "more than CountCap".
const CountCap = 10000

// Page is a slice of a sorted list.
type Page struct {
	Limit  int // 1..200; 0 = 50
	Offset int
	Sort   string // a column name that the question allows; "" = its default
	Desc   bool
}

// DaySpan is a span of days, both ends included, counted from 1970-01-01; each group's days are cut in its zone. The zero
// value is no condition.
type DaySpan struct {
	From, To int64
}

// IsZero reports whether the span is no condition.
func (s DaySpan) IsZero() bool { return s == DaySpan{} }

// GroupFilter asks for groups.
type GroupFilter struct {
	Text     string // part of the name
	Tag      string
	Platform Platform
	Mode     Mode
	Keys     []GroupKey
	Desks    bool // the accounts' own logs instead of chat groups
	Bare     bool // only what the groups are: rows without tags, accounts, figures and counts
	Page     Page
}

// GroupRow is a group with what lists show about it. Figures come from projections.
type GroupRow struct {
	Group
	ParentName string
	Accounts   []AccountKey
	Members    int   // on the roster now
	Messages7  int64 // in the last 7 days
	Speakers7  int64
	LastAt     int64
	Book       int // rulebook version in force
	OpenTasks  int
	OpenReview int
}

// MemberFilter asks for members of groups: one row per (group, member), or per member when Group is 0.
type MemberFilter struct {
	Group       GroupKey
	Tag         string // of the group
	Text        string // part of any name, or the platform's id
	Present     *bool  // in the group now
	NeverSpoke  bool   // 从未发言: no message of theirs is on record
	SilentSince int64  // last word before this time (or never)
	Source      string // join scene or state
	Label       string // a tag of their own, or of their latest stay in the group
	Persons     bool   // one row per person: their accounts added up; not with the spans of days below

	// Those whom figures of activity count, exactly: bots are never among them.
	Spoke  DaySpan // sent an own message on these days; the rows then have Said and SaidDays, and are sorted by Said downwards by default
	Most   int64   // with Spoke: at most so many messages
	First  int     // with Spoke: only those who said most, so many of them; ties are cut by key
	Joined DaySpan // joined on these days
	Left   DaySpan // left on these days

	Page Page // Sort: "name", "joined", "last_word", "messages", "strikes"; with Spoke also "said", "said_days"
}

// Chosen reports whether the filter asks for people whom figures count.
func (f MemberFilter) Chosen() bool {
	return !f.Spoke.IsZero() || !f.Joined.IsZero() || !f.Left.IsZero()
}

// MemberRow is a member in a list.
type MemberRow struct {
	Member
	Group     GroupKey
	GroupName string
	Card      string
	Role      Role
	JoinedAt  int64 // 0 = not known
	Scene     string
	State     string // the code's mark
	Inviter   string
	LeftAt    int64 // 0 = still there
	LastWord  int64 // 0 = never spoke
	Messages  int64
	Strikes   int // live ones
	MutedTill int64
	Said      int64    // with MemberFilter.Spoke: own messages in the span
	SaidDays  int      // and on how many days
	Tags      []string // their own
	StayTags  []string // of a row of one group: of the stay
	Accounts  int      // how many accounts the person is known by, this one included; 0 = only this one
	In        []string // of a row over all groups (Group 0): the names of the groups of the scope they are in
}

// Head is somebody who runs a group: its owner, an admin, one of ours.
type Head struct {
	Group  GroupKey
	Member MemberKey
	Name   string // as the group shows it
}

// NameSpan is a name as it was during a time. Group 0 is the account name. To 0 = still so.
type NameSpan struct {
	Group GroupKey
	Name  string
	From  int64
	To    int64
}

// Stay (在群记录) is one time in one group, from joining to leaving. A rejoin is a new stay.
type Stay struct {
	ID          ID
	Group       GroupKey
	GroupName   string
	Member      MemberKey
	JoinedAt    int64 // 0 = not known (was there when we came)
	Scene       string
	State       string
	Inviter     MemberKey
	InviterName string
	LeftAt      int64
	LeftLow     int64 // departure known as an interval (LeftLow, LeftAt]
	LeftReason  string
	Certainty   Certainty
}

// MessageFilter asks for messages. Text is searched in Chinese by pairs of characters and rechecked in the body.
type MessageFilter struct {
	Text   string
	Group  GroupKey
	Tag    string
	Member MemberKey
	Person bool // with Member: of every account of the person
	Class  *Class
	From   int64
	To     int64
	Hits   bool // only messages that a rule hit

	// What figures of activity count, exactly.
	Days     DaySpan // said on these days
	Counted  bool    // own messages of people: bots, copies of ours, system rows, red packets and recalled ones are left out
	Recalled bool    // own messages of people that were recalled

	Before int64 // numbers below this one: the cursor; 0 = newest
	Limit  int   // 1..200; 0 = 50
	Bare   bool  // without counting how many there are in all
}

// MessageRow is a message as lists and contexts show it.
type MessageRow struct {
	Number     int64
	ID         ID
	Group      GroupKey
	GroupName  string
	Seq        int64
	Type       Type
	Member     MemberKey
	MemberID   ID
	Name       string // shown name at the time
	OccurredAt int64
	Class      Class
	Text       string
	ReplyTo    string
	Recalled   bool
	Origin     Origin
	Erased     bool
	Message    string // the platform's id
}

// CopiesRow is what a message was a copy of when it came in (Body.Elsewhere), for somebody who may see some groups: Seen stand in
// these, of the others there are only numbers.
type CopiesRow struct {
	Copies, Groups             int          // in all, the message itself not counted; its own group is one
	Seen                       []MessageRow // newest first
	HiddenCopies, HiddenGroups int
}

// DecisionFilter asks for decisions: the hit ledger and the review queue.
type DecisionFilter struct {
	Group   GroupKey
	Tag     string
	Member  MemberKey
	Person  bool // with Member: of every account of the person
	Rule    string
	Verdict Verdict
	Open    bool // waiting for a person
	From    int64
	To      int64
	Page    Page

	Hits       bool   // only those in which a rule hit, or failed: the hit ledger
	Unresolved bool   // nobody has looked
	Noticed    string // "yes": somebody was told, "no": nobody was; "" = any
}

// DecisionRow is a decision with its evidence for a person to look at.
type DecisionRow struct {
	Decision
	GroupID    ID
	GroupName  string
	MemberID   ID
	MemberName string
	Message    MessageRow // the evidence event
	Review     string     // "open": it waits in the review queue; "" = it needs nobody, or somebody looked
	Resolution string     // "" open, "kept", "undone", "false_hit", "dismissed"
	ResolvedBy string
	ResolvedAt int64
	Reason     string
	States     map[string]State // of its actions, by action id
	Notice     HitNotice
	Called     map[string]string // names of its rules in the book that was in force, by their ids; without one the id stands
}

// RuleCalled is a rule of the decision for people: its name with its id, or the id alone.
func (d DecisionRow) RuleCalled(rule string) string { return ruleCalled(d.Called[rule], rule) }

func ruleCalled(name, id string) string {
	if name == "" || name == id {
		return id
	}
	return name + " (" + id + ")"
}

// StrikeFilter asks for strikes.
type StrikeFilter struct {
	Group  GroupKey
	Tag    string // of the group
	Member MemberKey
	Person bool  // with Member: of every account of the person
	Live   bool  // not expired at Now, not revoked
	Now    int64 // needed with Live
	Page   Page
}

// StrikeRow is a strike with its fate.
type StrikeRow struct {
	Strike
	Message    MessageRow // the evidence
	GroupName  string
	MemberName string
	MemberID   ID
	Revoked    int64
	RevokedBy  string
	Why        string
	Appeal     AppealState // "" = nobody appealed
	Called     string      // the rule's name in the book that was in force; "" = it has none
}

// RuleCalled is the rule for people: its name with its id, or the id alone.
func (s StrikeRow) RuleCalled() string { return ruleCalled(s.Called, s.Rule) }

// ActionFilter asks for actions.
type ActionFilter struct {
	Group    GroupKey
	Tag      string // in groups with it
	Member   MemberKey
	Decision ID
	State    State
	Verb     Verb
	Page     Page
}

// ActionRow is an action with its state.
type ActionRow struct {
	Action
	GroupID    ID
	GroupName  string
	TargetName string
	State      State
	Mode       Level
	Attempts   int
	Detail     string
	Parts      []Fate
	Code       Code
	Created    int64
	Updated    int64
	User       string
}

// JoinFilter chooses requests to be let in: those that wait, with Answered those that are over, with Number that one.
type JoinFilter struct {
	Group    GroupKey
	Tag      string
	Answered bool
	Number   int64
	Page     Page
}

// JoinAnswer is what became of a request to be let in; "" = it waits.
type JoinAnswer string

// Answers.
const (
	JoinApproved JoinAnswer = "approved" // by an action of ours
	JoinRefused  JoinAnswer = "refused"  // by an action of ours
	JoinedSince  JoinAnswer = "joined"   // they are in
	JoinSettled  JoinAnswer = "handled"  // somebody answered in the app
	JoinAgain    JoinAnswer = "again"    // they asked once more
)

// JoinRow is a request to be let in.
type JoinRow struct {
	Number    int64 // of its event
	Group     GroupKey
	GroupID   ID
	GroupName string
	Member    MemberKey
	MemberID  ID
	Name      string
	External  string
	Text      string // what they wrote
	Flag      string // the platform's word for it
	Asked     int64  // UTC ms
	Answer    JoinAnswer
	Answered  int64 // UTC ms; 0 = it waits
}

// AnswerJoin is the action that answers a request. CodeConflict: it is over.
func AnswerJoin(q JoinRow, refuse bool, text string) (Action, error) {
	if q.Answer != "" {
		return Action{}, Errorf(CodeConflict, "request %d: %s already", q.Number, q.Answer)
	}
	return Action{Verb: Approve, Group: q.Group, Target: q.Member, Event: q.Number, Message: q.Flag, Refuse: refuse, Text: text}, nil
}

// TaskFilter asks for tasks waiting for a person.
type TaskFilter struct {
	Group    GroupKey
	Tag      string
	State    string // "" = open and claimed
	Assignee string
	Page     Page
}

// TaskRow is a task card.
type TaskRow struct {
	Task
	GroupID    ID
	GroupName  string
	TargetName string
	TargetID   ID
	TargetRef  string // the platform's id of the target
	Rule       string
	Message    MessageRow // evidence
	Action     Action
	// Groups are all the groups of one request to a person, in order of their names, as far as the reader may see them;
	// empty = the task's group alone. Hidden is how many more there are.
	Groups []TaskGroup
	Hidden int
}

// Place is the group that stands for the task, and how many there are in all.
func (t TaskRow) Place() (name string, all int) {
	if len(t.Groups) == 0 {
		return t.GroupName, 1
	}
	return t.Groups[0].Name, len(t.Groups) + t.Hidden
}

// TaskGroup is one of the groups that a person is asked for in one go.
type TaskGroup struct {
	ID    ID
	Name  string
	State string // what the platform says: "sending" (to be confirmed), "sent", "failed"; "" = nothing
}

// AuditFilter asks for audit rows.
type AuditFilter struct {
	User    string
	Verb    string
	Subject string
	From    int64
	To      int64
	Page    Page
}

// JobRow is a job as the operator sees it.
type JobRow struct {
	ID       ID
	Kind     string
	Key      string
	State    string // ready, leased, done, dead
	RunAt    int64
	Attempts int
	Max      int
	Error    string
	Payload  json.RawMessage
	Created  int64
}

// ImportRow is a run of an import.
type ImportRow struct {
	Key      int64
	ID       ID
	Group    GroupKey
	Name     string // file or folder
	Format   string
	Hash     string
	State    string // running, done, reserved (with reservations), failed, undone
	Created  int64
	Finished int64
	User     string
	Report   json.RawMessage
}

// BookRow is a version of a group's rulebook.
type BookRow struct {
	Group   GroupKey
	Version int
	State   string // draft, published
	At      int64
	User    string
	Note    string
	Body    json.RawMessage
}

// User is a person who signs in to the console.
type User struct {
	Key     int64
	ID      ID
	Org     OrgKey
	Login   string
	Name    string
	Role    string     // one of package rights
	Reach   string     // "org", "groups" or "own"; "" = "org"
	Groups  []GroupKey // of "groups"
	Hash    string     // argon2id, PHC form
	Lang    string     // "zh-CN", "en"
	Enabled bool
	Created int64
}

// RuleHits is how often a rule hit in a span of time.
type RuleHits struct {
	Rule   string
	Hits   int64
	Dry    int64
	Last   int64
	Undone int64 // found to be false
}
