package console

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// Deps is everything the console is given. Every field without "may be nil" is needed.
type Deps struct {
	// For makes the handle through which one person reads: an organisation and the groups they may see (nil = all).
	// Every query of the handle is bounded by them.
	For func(org community.OrgKey, groups []community.GroupKey) Desk
	// HandsFor makes the handle through which one person changes things, bounded the same way.
	HandsFor func(org community.OrgKey, groups []community.GroupKey) Hands

	// Beginning leads through an organisation's first steps; may be nil: then nobody is led.
	Beginning func(org community.OrgKey) Beginning

	Veil Veil // may be nil: nobody sees members under pseudonyms

	// Reach finds the groups that a person sees at this moment; nil of them = all. May be nil: then nobody looks after any, and
	// only groups that are named for a person bound them.
	Reach func(ctx context.Context, u community.User) ([]community.GroupKey, error)

	People   People
	Sessions SessionStore
	Gate     Gate // may be nil: there is no second factor, sessions are not listed, and nothing asks for another proof
	Figures  func(org community.OrgKey, groups []community.GroupKey) Figures
	Wires    Wires
	Books    Books    // may be nil: the rulebook pages are then absent
	Importer Importer // may be nil: the import pages are then absent
	// Duty makes the handle of who is on duty; may be nil: the pages of duty, /m among them, are then absent.
	Duty   func(org community.OrgKey, groups []community.GroupKey) Duty
	Phones Phones // may be nil: nobody comes in by a link
	Live   Live   // may be nil: pages then do not refresh by themselves
	// BotsFor keeps the attached bots of an organisation. May be nil: their pages are then absent.
	BotsFor func(org community.OrgKey, groups []community.GroupKey) Bots
	// HooksFor keeps the tokens of outside systems. May be nil: their pages are then absent.
	HooksFor func(org community.OrgKey, groups []community.GroupKey) Hooks
	// Plans makes the handle of what is sent by plan; may be nil: the pages of mass sends and SOPs are then absent.
	Plans func(org community.OrgKey, groups []community.GroupKey) Plans
	// Calendars makes the handle of the content calendar; may be nil: its pages are then absent.
	Calendars func(org community.OrgKey, groups []community.GroupKey) Calendars
	// Codes makes the handle of codes and groups' sizes; may be nil: their pages are then absent.
	Codes func(org community.OrgKey, groups []community.GroupKey) Codes
	// Leads makes the handle of potential users; may be nil: their page is then absent.
	Leads func(org community.OrgKey, groups []community.GroupKey) Leads
	// Overlaps makes the handle of what groups share; may be nil: its page is then absent.
	Overlaps func(org community.OrgKey, groups []community.GroupKey) Overlaps
	// Shorts makes the handle of short links and of what people did besides speaking; may be nil: their pages are then absent.
	Shorts func(org community.OrgKey, groups []community.GroupKey) Shorts
	// Words makes the handle of word lists; may be nil: their pages are then absent.
	Words func(org community.OrgKey, groups []community.GroupKey) Wordlists
	// Moments makes the handle of posts on employees' pages; may be nil: their pages are then absent.
	Moments func(org community.OrgKey) Moments
	// Articles makes the handle of the platform's totals of articles; may be nil: their page is then absent.
	Articles func(org community.OrgKey) Articles
	// Persons makes the handle of who is who across accounts; may be nil: merging and splitting are then absent.
	Persons func(org community.OrgKey, groups []community.GroupKey) Persons
	// Standbys makes the handle of where groups go on when their account is lost; may be nil: its pages are then absent.
	Standbys func(org community.OrgKey, groups []community.GroupKey) Standbys
	// Cases makes the handle of labelled cases; may be nil: their pages are then absent.
	Cases func(org community.OrgKey, groups []community.GroupKey) Cases
	// Blocklists makes the handle of shared lists; may be nil: their pages are then absent.
	Blocklists func(org community.OrgKey, groups []community.GroupKey) Blocklists
	// Growths makes the handle of self-growth and claims; may be nil: their pages are then absent.
	Growths func(org community.OrgKey, groups []community.GroupKey) Growths
	// Experiments makes the handle of experiments; may be nil: their pages are then absent.
	Experiments func(org community.OrgKey, groups []community.GroupKey) Experiments
	// Posters makes the handle of posters; may be nil: their pages are then absent.
	Posters func(org community.OrgKey, groups []community.GroupKey) Posters
	// Foundings makes the handle of templates of groups; may be nil: their pages are then absent.
	Foundings func(org community.OrgKey, groups []community.GroupKey) Foundings
	// Weeklies makes the handle of the weekly report; may be nil: its pages are then absent.
	Weeklies func(org community.OrgKey, groups []community.GroupKey) Weeklies
	// Mornings makes the handle of 早报; may be nil: its pages are then absent.
	Mornings func(org community.OrgKey, groups []community.GroupKey) Mornings
	// Digests makes the handle of 群精华; may be nil: its pages are then absent.
	Digests func(org community.OrgKey, groups []community.GroupKey) Digests
	// Libraries makes the handle of the library, Essences that of cards; may be nil: their pages are then absent.
	Libraries func(org community.OrgKey, groups []community.GroupKey) Libraries
	Essences  func(org community.OrgKey, groups []community.GroupKey) Essences
	// Drafts makes the handle of drafts for many channels; may be nil: their pages are then absent.
	Drafts func(org community.OrgKey, groups []community.GroupKey) Drafts
	// Tables makes the handle of shared tables; may be nil: their pages are then absent.
	Tables func(org community.OrgKey, groups []community.GroupKey) Tables
	// Comparisons puts groups side by side; may be nil: the page is then absent.
	Comparisons func(org community.OrgKey, groups []community.GroupKey) Comparisons
	// Points makes the handle of points; may be nil: their pages are then absent.
	Points func(org community.OrgKey, groups []community.GroupKey) Points
	// Payments makes the handle of what members paid; may be nil: its page is then absent.
	Payments func(org community.OrgKey, groups []community.GroupKey) Payments
	// Tiers makes the handle of who is core, normal and lurker; may be nil: its pages are then absent.
	Tiers func(org community.OrgKey, groups []community.GroupKey) Tiers
	// LiveQAs makes the handle of live Q&As; may be nil: their pages are then absent.
	LiveQAs func(org community.OrgKey, groups []community.GroupKey) LiveQAs
	// Draws makes the handle of draws; may be nil: their pages are then absent.
	Draws func(org community.OrgKey, groups []community.GroupKey) Draws
	// Votes makes the handle of the weekly vote; may be nil: its pages are then absent.
	Votes func(org community.OrgKey, groups []community.GroupKey) Votes
	// Bulks makes the guard over what touches many at once; may be nil: its pages are then absent, and nothing is held.
	Bulks func(org community.OrgKey, groups []community.GroupKey) Bulks
	// Lab makes the handle of rulebooks tried in the background; may be nil: the past is then tried while the page loads.
	Lab func(org community.OrgKey, groups []community.GroupKey) Lab
	// Suggests makes the handle of suggested changes; may be nil: their pages are then absent.
	Suggests func(org community.OrgKey, groups []community.GroupKey) Suggests
	// Appeals makes the handle of appeals; may be nil: their pages are then absent.
	Appeals func(org community.OrgKey, groups []community.GroupKey) Appeals
	// Shields makes the handle of groups' shields; may be nil: their page is then absent.
	Shields func(org community.OrgKey, groups []community.GroupKey) Shields
	// Charters makes the handle of rules as members read them; may be nil: their pages are then absent.
	Charters func(org community.OrgKey, groups []community.GroupKey) Charters
	// Reports makes the handle of members' reports; may be nil: their pages are then absent.
	Reports func(org community.OrgKey, groups []community.GroupKey) Reports
	// Drifts makes the handle of what differs between here and platforms; may be nil: the report is then absent.
	Drifts func(org community.OrgKey, groups []community.GroupKey) Drifts
	// Goals makes the handle of goals, stages and adjustments; may be nil: their pages are then absent.
	Goals func(org community.OrgKey, groups []community.GroupKey) Goals
	// Handovers makes the handle of who leaves and who takes over; may be nil: its pages are then absent.
	Handovers func(org community.OrgKey, groups []community.GroupKey) Handovers
	// Tagged narrows groups (nil = all) to those with a tag, by what it is called now; none is no nil. May be nil: nothing is then narrowed.
	Tagged func(ctx context.Context, org community.OrgKey, groups []community.GroupKey, tag string) ([]community.GroupKey, error)
	// Tags makes the handle of tags; may be nil: their pages are then absent.
	Tags func(org community.OrgKey, groups []community.GroupKey) Tags
	// Today makes the handle of what is due today; may be nil: its page is then absent.
	Today func(org community.OrgKey, groups []community.GroupKey) Today
	// Tokens keeps the keys to the API; may be nil: their pages are then absent.
	Tokens func(org community.OrgKey) Tokens
	// Models keeps the language model and drafts; may be nil: their pages are then absent.
	Models func(org community.OrgKey, groups []community.GroupKey) Models
	// Outlets keeps where outside systems are told of what happens; may be nil: its pages are then absent.
	Outlets func(org community.OrgKey) Outlets

	Clock func() time.Time // nil = time.Now
	Log   *slog.Logger     // nil = slog.Default()

	Insecure bool // server.insecure: the session cookie is sent over plain HTTP, and every page says so
	Loopback bool // only this machine can reach the server: the cookie is sent over plain HTTP, and that is no danger
	Dev      bool // development mode: the gallery at /dev/ui
	// Spaces opens the demonstration beside an organisation; nil = none can be loaded.
	Spaces func(org community.OrgKey) Spaces
	// IsDemo says whether an organisation is a demonstration: its pages carry the ribbon 演示. nil = only Demo says so.
	IsDemo func(ctx context.Context, org community.OrgKey) (bool, error)

	Demo      bool   // pages carry the ribbon 演示
	DemoHint  string // shown under the sign-in form of a demo: login and password in words
	Version   string // shown in 设置
	PublicURL string // how people reach this server, without a trailing slash; "" = as the request says
	MaxUpload int64  // bytes of one uploaded file; 0 = 512 MiB
}

// Desk is what the console reads. Every FindXs returns rows and how many there are in all, counted up to
// community.CountCap. XByID answer community.CodeNotFound when there is none or it lies outside the handle's scope.
type Desk interface {
	FindGroups(ctx context.Context, f community.GroupFilter) ([]community.GroupRow, int, error)
	GroupByID(ctx context.Context, id community.ID) (community.GroupRow, error)
	FindMembers(ctx context.Context, f community.MemberFilter) ([]community.MemberRow, int, error)
	// AllMembers gives all rows of FindMembers, in its order, many at a time.
	AllMembers(ctx context.Context, f community.MemberFilter) iter.Seq2[[]community.MemberRow, error]
	MemberByID(ctx context.Context, id community.ID) (community.Member, error)
	// Invited lists the memberships that began by a member's invitation, the latest first.
	Invited(ctx context.Context, m community.MemberKey, p community.Page) ([]community.MemberRow, int, error)
	Stays(ctx context.Context, m community.MemberKey) ([]community.Stay, error)
	Names(ctx context.Context, m community.MemberKey) ([]community.NameSpan, error)
	FindMessages(ctx context.Context, f community.MessageFilter) ([]community.MessageRow, int, error)
	// Around gives the messages next to one (by number, in the group's order), the one itself included.
	// Readings are what was read in the pictures of a message, oldest first.
	Readings(ctx context.Context, message int64) ([]community.Event, error)
	Around(ctx context.Context, g community.GroupKey, number int64, before, after int) ([]community.MessageRow, error)
	FindDecisions(ctx context.Context, f community.DecisionFilter) ([]community.DecisionRow, int, error)
	DecisionByID(ctx context.Context, id community.ID) (community.DecisionRow, error)
	// Copies says what a message was a copy of in the organisation's groups; what lies outside the scope is only counted.
	Copies(ctx context.Context, g community.GroupKey, number int64) (community.CopiesRow, error)
	FindStrikes(ctx context.Context, f community.StrikeFilter) ([]community.StrikeRow, int, error)
	FindActions(ctx context.Context, f community.ActionFilter) ([]community.ActionRow, int, error)
	FindTasks(ctx context.Context, f community.TaskFilter) ([]community.TaskRow, int, error)
	// FindJoins lists requests to be let in.
	FindJoins(ctx context.Context, f community.JoinFilter) ([]community.JoinRow, int, error)
	TaskByID(ctx context.Context, id community.ID) (community.TaskRow, error)
	FindAudit(ctx context.Context, f community.AuditFilter) ([]community.Audit, int, error)
	FindImports(ctx context.Context, p community.Page) ([]community.ImportRow, int, error)
	ImportByID(ctx context.Context, id community.ID) (community.ImportRow, error)
	// FindBooks lists a group's rulebook versions, newest first, the draft (if any) before them.
	FindBooks(ctx context.Context, g community.GroupKey, p community.Page) ([]community.BookRow, int, error)
	// RuleHits counts what each rule did since a time (UTC ms).
	RuleHits(ctx context.Context, g community.GroupKey, since int64) ([]community.RuleHits, error)
	// Accounts lists our accounts. Settings are whole, secrets included: pages must mask them.
	Accounts(ctx context.Context) ([]community.Account, error)
	// Tags lists the tags of the groups, in order.
	Tags(ctx context.Context) ([]string, error)
	AccountByID(ctx context.Context, id community.ID) (community.Account, error)
	// Frozen reports whether all automatic actions of the organisation are held.
	Frozen(ctx context.Context) (bool, error)
	// Memberships gives a member's rows, one per group they are or were in, as FindMembers would with a group.
	Memberships(ctx context.Context, m community.MemberKey) ([]community.MemberRow, error)
	// MembersByKey names members, at most 200 keys; those outside the handle's scope are left out.
	MembersByKey(ctx context.Context, keys []community.MemberKey) ([]community.Member, error)
	// Heads lists those who run groups and are there now, at most 200 groups.
	Heads(ctx context.Context, groups []community.GroupKey) ([]community.Head, error)
	// FindMuted lists members whose mute ends after now (UTC ms), by its end. g = 0: all groups; tag "": with any or none.
	FindMuted(ctx context.Context, g community.GroupKey, tag string, now int64, p community.Page) ([]community.MemberRow, int, error)
	// BookVersion gives one published version of a group's rulebook, or the draft with version 0; CodeNotFound.
	BookVersion(ctx context.Context, g community.GroupKey, version int) (community.BookRow, error)
}

// Hands is what the console changes. user is the id of the person (community.User.ID as text). Every change leaves its
// audit row in the same transaction. Besides CodeBadInput, CodeNotFound and CodeForbidden the codes are named below.
type Hands interface {
	// Act does something by a person's hand: one decision per group, ids returned in the order of groups' first
	// appearance. The actions' ID, Decision and Cause are set by the belt.
	Act(ctx context.Context, user string, actions []community.Action, reason string) ([]community.ID, error)
	// Strike gives a strike by hand, with what the ladder says; the decision's id. CodeForbidden when the member is immune.
	Strike(ctx context.Context, user string, g community.GroupKey, s community.PersonStrike, reason string) (community.ID, error)
	// HitRules are the rules for telling people about hits; SetHitRules changes them.
	HitRules(ctx context.Context) (community.HitRules, error)
	SetHitRules(ctx context.Context, user string, rules community.HitRules, reason string) error
	// Undo takes a decision back: strikes revoked, what can be undone is. CodeConflict when it was undone before.
	Undo(ctx context.Context, user string, decision community.ID, reason string) error
	// Judge closes a decision in the review queue. kind: "kept", "false_hit", "dismiss" or "release".
	Judge(ctx context.Context, user string, decision community.ID, kind, reason string) error

	// Answer does to the member of a decision what a reviewer wants, and closes the decision as kept where it is open. Ids with an
	// error: it was done, and the decision is open still.
	Answer(ctx context.Context, user string, decision community.ID, o community.ReviewOrder, reason string) ([]community.ID, error)

	// TaskClaim takes a task. CodeConflict when somebody else has it.
	TaskClaim(ctx context.Context, user string, task community.ID, note string) error
	// TaskDone reports a task as done. CodeConflict when it is closed; the message then names by whom.
	TaskDone(ctx context.Context, user string, task community.ID, note string) error
	// TaskRelease lets the held action of a task go: the program does it. CodeConflict when nothing is held (any more).
	TaskRelease(ctx context.Context, user string, task community.ID, note string) error
	// TaskRefuse reports that it cannot be done; note says why and is needed.
	TaskRefuse(ctx context.Context, user string, task community.ID, note string) error

	// Publish puts a rulebook in force and returns its version.
	Publish(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note string) (int, error)
	// SaveDraft keeps the group's one draft; an empty book deletes it.
	SaveDraft(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note string) error
	// Learn teaches a model with a group's talk of the last days (0 = 30) and people's judgements, and puts it into the draft.
	Learn(ctx context.Context, user string, g community.GroupKey, days int, note string) (community.Taught, error)
	// Freeze holds (or frees) automatic actions of one group, or of all with g = 0, within 2 s.
	Freeze(ctx context.Context, user string, g community.GroupKey, on bool, reason string) error
	// SetMode switches a group between observing and acting.
	SetMode(ctx context.Context, user string, g community.GroupKey, mode community.Mode, reason string) error
	// AddGroup makes a group that people bring by hand (人工通道); most is its size limit, 0 = as is usual. CodeConflict: there
	// is one of that name.
	AddGroup(ctx context.Context, user string, g community.Group, most int64, reason string) (community.Group, error)
	// SetGroup changes a group's tags, zone, parent and keeper.
	SetGroup(ctx context.Context, user string, g community.Group, reason string) error

	// Mark says that a member is a bot, staff, or (community.RoleMember) neither. CodeConflict when that was said already.
	Mark(ctx context.Context, user string, member community.ID, mark community.Role, reason string) error

	// SaveAccount makes (Key 0) or changes an account; the settings were checked by Wires.Check. The connection is
	// opened, closed or reopened as Enabled says.
	SaveAccount(ctx context.Context, user string, a community.Account, reason string) (community.Account, error)
	// Unrestrict takes a person's word that the platform holds an account back no longer; reason is needed. CodeConflict when
	// it was not held back.
	Unrestrict(ctx context.Context, user string, a community.AccountKey, reason string) error
	// PublicAbilities is how the public page about abilities is set; SetPublicAbilities shows or hides it.
	PublicAbilities(ctx context.Context) (community.PublicAbilities, error)
	SetPublicAbilities(ctx context.Context, user string, set community.PublicAbilities, reason string) error
	// DoChore does one of an account's chores; one that changes something leaves an audit row first.
	DoChore(ctx context.Context, user string, a community.AccountKey, name string, args json.RawMessage, reason string) (connect.Outcome, error)
	// DeleteAccount forgets a connection and its secrets; what came through it stays.
	DeleteAccount(ctx context.Context, user string, a community.AccountKey, reason string) error
}

// People keeps the persons who sign in. Logins are unique in the installation and compared without case.
type People interface {
	// UserByLogin and UserByID answer community.CodeNotFound when there is none.
	UserByLogin(ctx context.Context, login string) (community.User, error)
	UserByID(ctx context.Context, id community.ID) (community.User, error)
	Users(ctx context.Context, org community.OrgKey) ([]community.User, error)
	// SaveUser makes (Key 0) or changes a person, audited as done by `by`. CodeConflict: the login is taken, or the
	// last enabled owner of the organisation would vanish.
	SaveUser(ctx context.Context, by string, u community.User, reason string) (community.User, error)
	// NoteRefusal puts on record that a person was refused a page or a change (what: its route), and why.
	NoteRefusal(ctx context.Context, u community.User, what, why string) error
	// SetupValid says whether a set-up token (hashed by HashToken) is known, unspent and not expired at now (UTC ms).
	SetupValid(ctx context.Context, hash string, now int64) (bool, error)
	// Setup spends the token and makes the owner, with the organisation when there is none; a login that exists gets
	// the new password and the role of owner instead. CodeForbidden: the token is not valid.
	// Setup spends a set-up token: see store. CodeForbidden: it is not valid. CodeConflict: the login has a second factor, and proved is not said.
	Setup(ctx context.Context, hash string, now int64, org string, owner community.User, proved bool) (community.User, error)
	// NeedsSetup says that nobody can sign in yet.
	NeedsSetup(ctx context.Context) (bool, error)
}

// SessionStore keeps sessions. key is the SHA-256 of the cookie's token, in base64url; it is all that is stored of it.
type SessionStore interface {
	// Find gives the data of a session that has not expired.
	Find(ctx context.Context, key string) (data []byte, found bool, err error)
	Commit(ctx context.Context, key string, data []byte, expires time.Time) error
	// Delete is silent about a session that is not there.
	Delete(ctx context.Context, key string) error
}

// Figures are numbers of projections, cut into days of the group's zone (all groups: Asia/Shanghai). g = 0: all groups
// of the handle, or those with a tag where one is asked for.
type Figures interface {
	// Days gives one row per day, oldest first, the last being today; days without anything are there with zeroes.
	Days(ctx context.Context, g community.GroupKey, tag string, days int) ([]Day, error)
	// Heat counts messages by weekday (0 = Monday) and hour over the last days.
	Heat(ctx context.Context, g community.GroupKey, tag string, days int) ([7][24]int64, error)
	// Member gives what one member said in one group (0 = all): per day as Days, and per hour of the day.
	MemberDays(ctx context.Context, g community.GroupKey, m community.MemberKey, days int) ([]Day, [24]int64, error)
	// MemberClasses counts what one member said in one group (0 = all) by class of content, over the last days.
	MemberClasses(ctx context.Context, g community.GroupKey, m community.MemberKey, days int) (map[community.Class]int64, error)
	// Talkers lists who said most in the last days, most first, at most limit (1..50) of them.
	Talkers(ctx context.Context, g community.GroupKey, days, limit int) ([]Talker, error)
	// Today is the current day in the group's zone.
	Today(ctx context.Context, g community.GroupKey) (measure.Day, error)
	// Activity measures a group, the groups with a tag, or (0 and "") all of the handle, on the days [from, to].
	Activity(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) (measure.Activity, error)
	// Questions gives the questions asked on the days [from, to], the latest first, with what is held to answer them, and how
	// they were answered.
	Questions(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) ([]measure.Question, measure.Response, error)
	// History gives what retention in a group is made of, until a day.
	History(ctx context.Context, g community.GroupKey, to measure.Day) (measure.History, error)
	// Traces gives what happened on members' ways besides stays and words.
	Traces(ctx context.Context, g community.GroupKey, h measure.History) (measure.Traces, error)
	// Contacts gives who turned to whom on the days [from, to], in the order of time, and how many of the days are known.
	Contacts(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]measure.Contact, measure.Coverage, error)
	// Paid gives what stands of a group's payments on the days [from, to], by currency.
	Paid(ctx context.Context, g community.GroupKey, from, to measure.Day) (map[string][]measure.Payment, error)
	// MessagesByNumber gives messages by their place in the log, at most 1,000; those outside the handle's scope are left out.
	MessagesByNumber(ctx context.Context, numbers []int64) (map[int64]community.MessageRow, error)
}

// Talker is a member with the number of their messages in a span of days.
type Talker struct {
	Member   community.MemberKey
	MemberID community.ID
	Name     string
	Messages int64
	Days     int // on how many of the days they spoke
}

// Day is what happened on one day.
type Day struct {
	Date     string // "2006-01-02"
	Messages int64
	Speakers int64
	Joins    int64
	Leaves   int64
}

// Wires is what is known about connections while the process runs.
type Wires interface {
	// Kinds lists the connectors one may add, in the order to show them.
	Kinds() []connect.Info
	// Check says whether settings are good for a connector: CodeBadInput with the field's name in the message.
	Check(ctx context.Context, kind string, settings json.RawMessage) error
	// Health of an account; State "" when it is not running.
	Health(a community.AccountKey) connect.Health
	// Abilities of an account in a group; g = 0: in general.
	Abilities(ctx context.Context, a community.AccountKey, g community.GroupKey) (connect.Abilities, error)
	// Matrix is what can be done where: every account in general, and the groups that a filter finds under each of their
	// accounts or, where people bring them, under nobody's. total counts the groups.
	Matrix(ctx context.Context, scope community.Scope, f community.GroupFilter) (places []connect.Place, total int, err error)
	// Public is what the public page would say, with groups named or not.
	Public(ctx context.Context, org community.OrgKey, names bool) ([]community.PlatformOffer, error)
	// Test asks the platform something harmless, at most 10 s, and returns the groups it named.
	Test(ctx context.Context, a community.AccountKey) ([]community.Ref, error)
	// Chores lists what an account can do besides acting in groups; CodeUnsupported: nothing.
	Chores(ctx context.Context, a community.AccountKey) ([]connect.Chore, error)
}

// Books knows rulebooks without the console knowing their kinds.
type Books interface {
	// Check gives everything that is wrong with a rulebook for a group; empty = good. What no connection of the group can
	// carry out is wrong, and says what can be done instead.
	Check(ctx context.Context, g community.GroupKey, book json.RawMessage) []Fault
	// Replay runs a book over a group's recorded events in [from, to) (UTC ms). base nil: against nothing, else the
	// report says what is different.
	Replay(ctx context.Context, g community.GroupKey, book, base json.RawMessage, from, to int64) (ReplayReport, error)
	// Try says what the book would do about one message from a member without history.
	Try(ctx context.Context, g community.GroupKey, book json.RawMessage, text string) ([]community.Decision, error)
	// Ready makes a book ready to judge, with the content that it names.
	Ready(book json.RawMessage) (*policy.Rulebook, error)
}

// Lab tries rulebooks on a group's past in the background.
type Lab interface {
	// Start tries a book on the last days, compared with the one in force. wait nil: a job does it. CodeConflict: one is under
	// way.
	Start(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, days int, wait func(done, of int64)) (replay.Run, error)
	Runs(ctx context.Context, g community.GroupKey, p community.Page) ([]replay.Run, int, error)
	Run(ctx context.Context, id community.ID) (replay.Run, error)
	// Stop ends one that is under way; CodeConflict when it is not.
	Stop(ctx context.Context, id community.ID) error
	// Report puts what came of it beside the messages.
	Report(ctx context.Context, run replay.Run) (ReplayReport, error)
}

// Fault is one thing wrong with a document.
type Fault struct {
	Path string // "rules[3].words"
	Code string
	Text [2]string // Chinese, English
}

// ReplayReport is what a book would have done. Rows are bounded to 200, the counts are not.
type ReplayReport struct {
	From, To int64
	Events   int64
	Erased   int64 // bodies no longer there, left out
	Millis   int64
	Micros   int64 // what judging by the book alone took; 0 = not measured
	PerRule  []ReplayCount
	Rows     []community.DecisionRow
	Gone     []community.DecisionRow // only the base decided so

	Would     map[string]int64 // what the live rules would do: recall, warn, mute, remove, held, answer; nil with a base
	Concerned int64            // members to whom they would do it

	Labelled replay.CaseSums // the labelled cases under the book, those of any time
}

// ReplayCount is one rule's share; Base* are those of the base. Would counts what would follow, of a rule in dry run
// what its own ladder says.
type ReplayCount struct {
	Rule                  string
	Hits, Members         int64
	BaseHits, BaseMembers int64
	Would                 map[string]int64
}

// Importer takes chat histories.
type Importer interface {
	// Formats names what can be read; "" (by itself) is not among them.
	Formats() []string
	// Start keeps the file and begins to read it; the run goes on after ctx ends. Its row appears in FindImports; its
	// Report has "rows", "taken", "same", "rejected" and, while running, "done" and "of" in bytes.
	Start(ctx context.Context, user string, org community.OrgKey, o ImportOrder) (community.ID, error)
	// Commit reads the kept file of a dry run (its row has State "dry") in earnest, with the dry run's settings, and
	// gives the new run. CodeNotFound when the file is no longer kept, CodeConflict when something is left to decide.
	Commit(ctx context.Context, user string, org community.OrgKey, run community.ID) (community.ID, error)
	// Again tries the kept file of a dry run once more with other settings (Name and File do not count), and gives the
	// new run. CodeNotFound when the file is no longer kept.
	Again(ctx context.Context, user string, org community.OrgKey, run community.ID, o ImportOrder) (community.ID, error)
	// Await returns once a run has ended, or with ctx's error.
	Await(ctx context.Context, run community.ID) error
	// Undo takes an import back; what was decided upon one that was live is undone with it.
	Undo(ctx context.Context, user string, org community.OrgKey, run community.ID, reason string) error
}

// ImportOrder says what to import.
type ImportOrder struct {
	Name   string // file name as the person's machine had it
	File   io.Reader
	Format string             // "" = find out
	Zone   string             // for times without one; "" = Asia/Shanghai, and events say that it was guessed
	Group  community.GroupKey // 0 = as the file says, or where its source went before
	Called string             // instead of Group: a group by id or name; a name that no group has makes one
	Chats  []string           // of several in a file, by id or name; nil = all, or the one that bears the group's name
	// KeepNear takes in what another program's records are near to (same sender, second and kind of content); else such
	// rows are left out and listed.
	KeepNear bool
	At       int64 // UTC ms: when a list of members was read, or a pasted text copied; 0 = the file does not say
	Dry      bool  // read and report, write nothing
	// Live: a group that no connection hears, brought by hand: what is new is decided about as if a connection had told it.
	// Needs Group. CodeConflict where a connection hears the group.
	Live    bool
	Renamed map[string]string // old names by new ones, of people who took another name
	Show    int               // of a trial: how many messages and names the report shows; 0 = samples only
}

// Live tells that something changed.
type Live interface {
	// Subscribe gives changes until ctx ends; then the channel is closed. A reader that is slow misses some, never
	// blocks the belt; what it gets last is current.
	Subscribe(ctx context.Context) <-chan Change
}

// Change says what to read again. Org 0 concerns everybody.
type Change struct {
	Org   community.OrgKey
	Kind  string // "message", "decision", "task", "health", "import", "freeze"
	Group community.GroupKey
}
