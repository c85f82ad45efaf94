package cli

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"

	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect"
	"qunluo/internal/hold"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// Houses is what the command line needs before a house is open. Settings come with an absolute data directory.
type Houses struct {
	// Open holds the data directory until Close: with the lock the caller gives away, or (nil) with its own, hold.ErrTaken
	// when somebody else has it.
	Open func(ctx context.Context, cfg config.Config, held *hold.Hold, log *slog.Logger) (*House, error)
	// Demo runs the invented community until ctx ends, or once.
	Demo func(ctx context.Context, o DemoOrder) error
	// Migrations lists the schema's steps, applied ones with their time; with up the others are applied first.
	Migrations func(ctx context.Context, cfg config.Config, up bool) ([]Migration, error)
	// Zoneless reports whether files to import tell times without a zone. May be nil: then nobody is asked.
	Zoneless func(paths []string, format string) (bool, error)
	// Benches names what Bench can measure.
	Benches []string
	Bench   func(ctx context.Context, name string, o BenchOrder) ([]Measured, error)
	// Evals and Insights name what Eval can measure over labelled texts: of verdicts, and of figures; Draws what of draws.
	Evals, Insights, Draws []string
	// Simulated are those of them that need no texts.
	Simulated []string

	Eval func(ctx context.Context, name string, o EvalOrder) ([]Judged, error)
	// Inspect opens a backup's database for reading and adds up its tables; any damage is an error.
	Inspect func(ctx context.Context, path string, progress func(table string, rows int64)) (map[string]community.TableSum, error)
	// Storage is databases that no house has open.
	Storage Storage
}

// Storage handles databases from outside: none is migrated, and none is changed but the one that is filled.
type Storage interface {
	// Copy fills an empty database with another and adds both up; only when they are equal, the copy can be served.
	Copy(ctx context.Context, from, to config.Config, progress func(table string, rows int64)) (Copied, error)
	// Sums adds up every table as of one instant.
	Sums(ctx context.Context, cfg config.Config, progress func(table string, rows int64)) (map[string]community.TableSum, error)
	// Begin makes an empty database ready to be filled: nobody can serve it until Finish. what is "copy" or "restore".
	Begin(ctx context.Context, cfg config.Config, what string) error
	Finish(ctx context.Context, cfg config.Config) error
}

// Copied is what a copy came to, and the files that go with the database.
type Copied struct {
	Source, Target map[string]community.TableSum
	Files          []ManifestFile
}

// House is an open installation. A nil part means that this build cannot do it, and the verb says so.
type House struct {
	Orgs  func(ctx context.Context) ([]Org, error)
	Desk  func(org community.OrgKey) Desk
	Hands func(org community.OrgKey) Hands

	People    People
	Wires     Wires
	Books     Books
	Files     Files
	Queue     Queue
	Keeping   Keeping
	Figures   func(org community.OrgKey) Figures
	Insights  func(org community.OrgKey) Insights
	Plans     func(org community.OrgKey) Plans
	Codes     func(org community.OrgKey) Codes
	Leads     func(org community.OrgKey) Leads
	Tags      func(org community.OrgKey) Tags
	Today     func(org community.OrgKey) Today
	Overlaps  func(org community.OrgKey) Overlaps
	Shorts    func(org community.OrgKey) Shorts
	Words     func(org community.OrgKey) Wordlists
	Moments   func(org community.OrgKey) Moments
	Articles  func(org community.OrgKey) Articles
	Persons   func(org community.OrgKey) Persons
	Calendars func(org community.OrgKey) Calendars
	Gate      Gate
	Veil      Veil

	Charters   func(org community.OrgKey) Charters
	Handovers  func(org community.OrgKey) Handovers
	Standbys   func(org community.OrgKey) Standbys
	Drifts     func(org community.OrgKey) Drifts
	Cases      func(org community.OrgKey) Cases
	Lab        func(org community.OrgKey) Lab
	Appeals    func(org community.OrgKey) Appeals
	Bulks      func(org community.OrgKey) Bulks
	Reports    func(org community.OrgKey) Reports
	Duty       func(org community.OrgKey) Duty
	Bots       func(org community.OrgKey) Bots
	Hooks      func(org community.OrgKey) Hooks
	Tokens     func(org community.OrgKey) Tokens
	Outlets    func(org community.OrgKey) Outlets
	Spaces     func(org community.OrgKey) Spaces
	Models     func(org community.OrgKey) Models
	Points     func(org community.OrgKey) Points
	Goals      func(org community.OrgKey) Goals
	Foundings  func(org community.OrgKey) Foundings
	Weeklies   func(org community.OrgKey) Weeklies
	Digests    func(org community.OrgKey) Digests
	Beginning  func(org community.OrgKey) Beginning
	Drafts     func(org community.OrgKey) Drafts
	Libraries  func(org community.OrgKey) Libraries
	Essences   func(org community.OrgKey) Essences
	Tables     func(org community.OrgKey) Tables
	Mornings   func(org community.OrgKey) Mornings
	Payments   func(org community.OrgKey) Payments
	Tiers      func(org community.OrgKey) Tiers
	Votes      func(org community.OrgKey) Votes
	Draws      func(org community.OrgKey) Draws
	LiveQAs    func(org community.OrgKey) LiveQAs
	Blocklists func(org community.OrgKey) Blocklists
	Suggests   func(org community.OrgKey) Suggests
	Shields    func(org community.OrgKey) Shields
	// Experiments opens experiments of an organisation.
	Experiments func(org community.OrgKey) Experiments
	// Posters opens posters of an organisation.
	Posters func(org community.OrgKey) Posters

	// Settle brings the projections to the end of the log, for a verb that reads in a house that is not served.
	Settle func(ctx context.Context) error
	// Serve opens the doors and works until ctx ends; ready is called once with where they stand.
	Serve func(ctx context.Context, listen Listen, ready func(Served)) error
	// Close gives everything back.
	Close func() error
}

// Org is an organisation of the installation.
type Org struct {
	Key  community.OrgKey
	ID   community.ID
	Name string
	Demo bool
}

// Listen opens the socket of a door by its name (httpd.ConsoleDoor, httpd.LocalDoor), or finds the one that the process was given.
type Listen func(door, address string) (net.Listener, error)

// Served says where the doors stand.
type Served struct {
	URL   string `json:"url" col:"网址|address"`
	Local string `json:"local" col:"本机|local"`
	Setup string `json:"setup" col:"设置链接|set-up link"` // "" = somebody can already sign in
}

// Desk is what the command line reads: every FindXs gives rows and how many there are in all, counted up to
// community.CountCap.
type Desk interface {
	FindGroups(ctx context.Context, f community.GroupFilter) ([]community.GroupRow, int, error)
	FindMembers(ctx context.Context, f community.MemberFilter) ([]community.MemberRow, int, error)
	MemberByID(ctx context.Context, id community.ID) (community.Member, error)
	// Invited lists the memberships that began by a member's invitation, the latest first.
	Invited(ctx context.Context, m community.MemberKey, p community.Page) ([]community.MemberRow, int, error)
	Stays(ctx context.Context, m community.MemberKey) ([]community.Stay, error)
	Names(ctx context.Context, m community.MemberKey) ([]community.NameSpan, error)
	FindMessages(ctx context.Context, f community.MessageFilter) ([]community.MessageRow, int, error)
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
	FindAudit(ctx context.Context, f community.AuditFilter) ([]community.Audit, int, error)
	FindImports(ctx context.Context, p community.Page) ([]community.ImportRow, int, error)
	FindBooks(ctx context.Context, g community.GroupKey, p community.Page) ([]community.BookRow, int, error)
	RuleHits(ctx context.Context, g community.GroupKey, since int64) ([]community.RuleHits, error)
	Accounts(ctx context.Context) ([]community.Account, error)
	Frozen(ctx context.Context) (bool, error)
}

// Hands is what the command line changes. Every change leaves its audit row in the same transaction.
type Hands interface {
	Act(ctx context.Context, user string, actions []community.Action, reason string) ([]community.ID, error)
	Strike(ctx context.Context, user string, g community.GroupKey, s community.PersonStrike, reason string) (community.ID, error)
	// HitRules are the rules for telling people about hits; SetHitRules changes them.
	HitRules(ctx context.Context) (community.HitRules, error)
	SetHitRules(ctx context.Context, user string, rules community.HitRules, reason string) error
	Undo(ctx context.Context, user string, decision community.ID, reason string) error
	Judge(ctx context.Context, user string, decision community.ID, kind, reason string) error
	TaskClaim(ctx context.Context, user string, task community.ID, note string) error
	TaskDone(ctx context.Context, user string, task community.ID, note string) error
	TaskRelease(ctx context.Context, user string, task community.ID, note string) error
	TaskRefuse(ctx context.Context, user string, task community.ID, note string) error
	Publish(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note string) (int, error)
	SaveDraft(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note string) error
	// Learn teaches a model with a group's talk of the last days and people's judgements, and puts it into the draft.
	Learn(ctx context.Context, user string, g community.GroupKey, days int, note string) (community.Taught, error)
	Freeze(ctx context.Context, user string, g community.GroupKey, on bool, reason string) error
	SetMode(ctx context.Context, user string, g community.GroupKey, mode community.Mode, reason string) error
	// AddGroup makes a group that people bring by hand; most is its size limit, 0 = as is usual.
	AddGroup(ctx context.Context, user string, g community.Group, most int64, reason string) (community.Group, error)
	SetGroup(ctx context.Context, user string, g community.Group, reason string) error
	Mark(ctx context.Context, user string, member community.ID, mark community.Role, reason string) error
	SaveAccount(ctx context.Context, user string, a community.Account, reason string) (community.Account, error)
	// Unrestrict takes a person's word that the platform holds an account back no longer; reason is needed.
	Unrestrict(ctx context.Context, user string, a community.AccountKey, reason string) error
	// PublicAbilities is how the public page about abilities is set; SetPublicAbilities shows or hides it.
	PublicAbilities(ctx context.Context) (community.PublicAbilities, error)
	SetPublicAbilities(ctx context.Context, user string, set community.PublicAbilities, reason string) error
	// DoChore does one of an account's chores; one that changes something leaves an audit row first.
	DoChore(ctx context.Context, user string, a community.AccountKey, name string, args json.RawMessage, reason string) (connect.Outcome, error)
	DeleteAccount(ctx context.Context, user string, a community.AccountKey, reason string) error
}

// People keeps the persons who sign in.
type People interface {
	UserByLogin(ctx context.Context, login string) (community.User, error)
	Users(ctx context.Context, org community.OrgKey) ([]community.User, error)
	SaveUser(ctx context.Context, by string, u community.User, reason string) (community.User, error)
	// HashPassword gives the PHC form of a password; CodeBadInput when it is too weak.
	HashPassword(login, password string) (string, error)
	// NewSetup makes a one-time set-up link and says when it expires (UTC ms).
	NewSetup(ctx context.Context) (url string, expires int64, err error)
}

// Wires is what is known about connections.
type Wires interface {
	Kinds() []connect.Info
	Check(ctx context.Context, kind string, settings json.RawMessage) error
	Health(a community.AccountKey) connect.Health
	Abilities(ctx context.Context, a community.AccountKey, g community.GroupKey) (connect.Abilities, error)
	// Matrix is what can be done where: every account in general, and the groups that a filter finds under each of their
	// accounts or, where people bring them, under nobody's. total counts the groups.
	Matrix(ctx context.Context, scope community.Scope, f community.GroupFilter) (places []connect.Place, total int, err error)
	// Public is what the public page would say, with groups named or not.
	Public(ctx context.Context, org community.OrgKey, names bool) ([]community.PlatformOffer, error)
	Test(ctx context.Context, a community.AccountKey) ([]community.Ref, error)
	// Chores lists what an account can do besides acting in groups; CodeUnsupported: nothing.
	Chores(ctx context.Context, a community.AccountKey) ([]connect.Chore, error)
}

// Books replays rulebooks over recorded events.
type Books interface {
	// Body gives a version of a group's book; 0 = the one in force, -1 = the draft (CodeNotFound when there is none).
	Body(ctx context.Context, g community.GroupKey, version int) (json.RawMessage, error)
	Replay(ctx context.Context, o ReplayOrder, progress func(done, of int64)) (ReplayReport, error)
	// Ready makes a book ready to judge, with the content that it names.
	Ready(book json.RawMessage) (*policy.Rulebook, error)
}

// ReplayOrder says what to replay: a group's live events in [From, To) (UTC ms, To 0 = now) as they were decided, or
// what a book would have done, or only the differences from a base.
type ReplayOrder struct {
	Group     community.GroupKey
	AsDecided bool
	Book      json.RawMessage
	Base      json.RawMessage
	From, To  int64
	Rows      int // how many decisions to list
}

// ReplayReport is what came of it.
type ReplayReport struct {
	Events    int64 `json:"events" col:"记录|events"`
	Messages  int64 `json:"messages" col:"消息|messages"`
	Erased    int64 `json:"erased" col:"正文已删|erased"`
	Decisions int64 `json:"decisions" col:"判定|decisions"`
	Different int64 `json:"different" col:"不同|different"` // as decided: decisions that are not equal to the byte
	Millis    int64 `json:"ms" col:"毫秒|ms"`
	// Would counts the consequences: recall, warn, mute, remove, held, answer.
	Would map[string]int64 `json:"would"`
	// Concerned is to how many members the live rules would do it.
	Concerned int64       `json:"concerned" col:"涉及人数|people concerned"`
	Rules     []RuleCount `json:"rules"`
	// Labelled are the labelled cases under the book, those of any time.
	Labelled replay.CaseSums `json:"labelled"`
	Rows     []ReplayedLine  `json:"rows"`
	Gone     []ReplayedLine  `json:"gone"` // only the base decided so
}

// RuleCount is one rule's share of a replay.
type RuleCount struct {
	Rule     string `json:"rule" col:"规则|rule"`
	Hits     int64  `json:"hits" col:"命中|hits"`
	Members  int64  `json:"members" col:"人数|members"`
	BaseHits int64  `json:"base_hits" col:"原命中|base hits"`
	Chosen   int64  `json:"chosen" col:"据此处理|chosen"` // gave the consequence
	Spared   int64  `json:"spared" col:"豁免|spared"`
	// Would counts what would follow from its hits; of a rule in dry run what its own ladder says.
	Would map[string]int64 `json:"would" col:"后果|would"`
}

// ReplayedLine is one decision of a replay with the message it rests on.
type ReplayedLine struct {
	At      Moment   `json:"at" col:"时间|time"`
	Member  string   `json:"member" col:"成员|member"`
	Verdict string   `json:"verdict" col:"判定|verdict"`
	Rules   []string `json:"rules" col:"规则|rules"`
	Does    []string `json:"does" col:"动作|actions"`
	Text    string   `json:"text" col:"消息|message"`
	Event   int64    `json:"event"`
}

// Files takes chat histories in and gives them out.
type Files interface {
	Formats() []string
	// Import reads paths (absolute) and gives the report as JSON. Dry writes nothing. An order that cannot be read at all
	// is an error with words in both languages and the code of what is wrong (see worded).
	Import(ctx context.Context, o ImportOrder, progress func(label string, done, of int64)) (ImportDone, error)
	Undo(ctx context.Context, user string, org community.OrgKey, run community.ID, reason string) error
	// Export writes a group's events in [From, To) and gives how many.
	Export(ctx context.Context, o ExportOrder, w io.Writer, progress func(done, of int64)) (int64, error)
}

// ImportOrder says what to import.
type ImportOrder struct {
	Org    community.OrgKey
	User   string
	Paths  []string
	Format string // "" = find out
	Zone   string // for times without one
	// Group is a group by id, name or the platform's id; a name that no group has makes one. "" = as the files say, or
	// where their source went before.
	Group    string
	Chats    []string // of several, by id or name; nil = all, or the one that bears the group's name
	KeepNear bool     // take in what another program's records are near to
	At       int64    // UTC ms: when a list of members was read, or a pasted text copied; 0 = the file does not say
	Dry      bool
	Live     bool              // brought by hand: what is new and young is decided about
	Renamed  map[string]string // old names by new ones
	Show     int               // of a trial: how many messages and names the report shows
}

// ImportDone is what came of an import. The figures add up: Rows + Extra = Added + Same + Near + Skipped + Rejected.
type ImportDone struct {
	Run      string          `json:"run" col:"编号|run"` // "" when dry
	Rows     int64           `json:"rows" col:"读到的行|rows read"`
	Extra    int64           `json:"extra" col:"一行多事|more events of a row"`
	Added    int64           `json:"added" col:"新增|added"`
	Same     int64           `json:"same" col:"已有|already there"`
	Near     int64           `json:"near" col:"相近|near-matches"` // left out: most likely there, from another program
	Skipped  int64           `json:"skipped" col:"略过|skipped"`
	Rejected int64           `json:"rejected" col:"拒绝|rejected"`
	Groups   int             `json:"groups" col:"群|groups"`
	Stopped  int             `json:"stopped" col:"没有读完|not read to the end"` // of the groups
	Bad      []BadLine       `json:"bad"`
	Report   json.RawMessage `json:"report"` // everything, chat by chat
	Words    [2]string       `json:"-"`      // the report for people: Chinese, English
}

// BadLine is a rejected row and why.
type BadLine struct {
	File   string `json:"file" col:"文件|file"`
	Line   int64  `json:"line" col:"行|line"`
	Reason string `json:"reason" col:"原因|reason"`
	Text   string `json:"text" col:"原文|text"`
}

// ExportOrder says what to export.
type ExportOrder struct {
	Org      community.OrgKey
	Group    community.GroupKey
	Format   string // "chatlab" or "chatlab-jsonl"
	From, To int64
}

// Queue is the durable work.
type Queue interface {
	// Jobs lists jobs in a state: ready, leased, done or dead.
	Jobs(ctx context.Context, state string, p community.Page) ([]community.JobRow, int, error)
	// Retry makes dead jobs ready again: one, or all with the zero id. It gives how many.
	Retry(ctx context.Context, id community.ID) (int64, error)
}

// Keeping looks after what is stored.
type Keeping interface {
	Projections() []string
	// Rebuild throws projections away and reads the log again; nil = all.
	Rebuild(ctx context.Context, names []string, progress func(label string, done, of int64)) ([]Rebuilt, error)
	// Snapshot writes a copy of the database, as of one instant, into a new file; CodeUnsupported on PostgreSQL.
	Snapshot(ctx context.Context, path string) error
	// Files lists what a backup holds beside the database: files that people gave.
	Files(ctx context.Context) ([]ManifestFile, error)
	// AtOneInstant adds up every table and lets dump copy the database as of the same instant, which is named for pg_dump;
	// CodeUnsupported on SQLite.
	AtOneInstant(ctx context.Context, progress func(table string, rows int64), dump func(snapshot string) error) (map[string]community.TableSum, error)
	// Facts tells the doctor what only the open store knows.
	Facts(ctx context.Context) (Facts, error)
}

// Rebuilt is a projection that was made anew.
type Rebuilt struct {
	Name   string `json:"name" col:"投影|projection"`
	Events int64  `json:"events" col:"记录|events"`
	Millis int64  `json:"ms" col:"毫秒|ms"`
}

// Facts is what the open store says about itself.
type Facts struct {
	Dialect     string // sqlite or postgres
	Version     string
	Level       int    // migration level, and the level this program wants
	Wants       int    //
	Journal     string // SQLite: "wal"
	Synchronous string // SQLite: "2" is FULL; PostgreSQL: "on"
	Integrity   string // "ok" or what is wrong
	Head        int64  // number of the last event
	Lags        map[string]int64
	Dead        int64 // jobs nobody will retry by themselves
	Oldest      int64 // UTC ms since when the oldest ready job waits; 0 = none
	Unknown     int64 // actions whose outcome is not known
	MediaFiles  int64 // pictures and files that are kept for a while; backups leave their content out
	MediaBytes  int64
	MediaMost   int64 // bytes, beyond which the longest unwanted go
}

// Figures is what a group did in a span, exact by definition.
type Figures interface {
	// Report measures a group; with the zero row the groups with the tag, or all.
	Report(ctx context.Context, g community.GroupRow, tag string, from, to int64, top int) (FigureReport, error)
}

// Migration is a step of the schema.
type Migration struct {
	Version int    `json:"version" col:"编号|number"`
	Name    string `json:"name" col:"名称|name"`
	Applied Moment `json:"applied" col:"执行时间|applied"`
}

// DemoOrder says how the invented community runs.
type DemoOrder struct {
	Dir      string // data of the demo; "" = a temporary folder that goes with it
	Days     int
	Seed     uint64
	Speed    float64 // of the live part; 1 = its own pace
	Once     bool    // end after the history, leaving a report
	Out      string  // folder of the report
	Listen   string
	Log      *slog.Logger
	Progress func(label string, done, of int64)
	Ready    func(url, login, password string)
}

// BenchOrder says how to measure.
type BenchOrder struct {
	Scale  float64 // of the amount of data; 1 = the whole measurement
	Rounds int     // of baseline and candidate each; 0 = as the bench wants
	Dir    string  // where databases are made
	Keep   string  // a folder for pages to fill once and use again; "" = fill anew
	Told   func(line string)
	// Database is the address of a PostgreSQL to measure on; "" = SQLite.
	Database string
}

// Measured is one figure of a bench.
type Measured struct {
	Name     string  `json:"name" col:"名称|name"`
	Value    float64 `json:"value" col:"值|value"`
	Unit     string  `json:"unit" col:"单位|unit"`
	Baseline float64 `json:"baseline" col:"基线|baseline"`
	Ratio    float64 `json:"ratio" col:"比值|ratio"`
	Target   float64 `json:"target" col:"目标|target"`
	Met      bool    `json:"met" col:"达到|met"`
}

// EvalOrder says what verdicts are measured with.
type EvalOrder struct {
	Data string // the folder of labelled texts
	Part string // "test" or "train"; "" = test
	Told func(line string)
	Show func(texts ...string) // single texts that were missed or wrongly hit
}

// Judged is one figure of an eval. Value, Low, High, Baseline and Target are in Unit.
type Judged struct {
	Name     string  `json:"name" col:"名称|name"`
	Value    float64 `json:"value" col:"值|value"`
	Unit     string  `json:"unit" col:"单位|unit"`
	Low      float64 `json:"low" col:"下限|low"`
	High     float64 `json:"high" col:"上限|high"`
	N        int     `json:"n" col:"样本|of"`
	Baseline float64 `json:"baseline" col:"基线|baseline"`
	Target   float64 `json:"target" col:"目标|target"`
	AtMost   bool    `json:"at_most" col:"不超过|at most"`
	Met      bool    `json:"met" col:"达到|met"`
	Skipped  string  `json:"skipped" col:"未测原因|skipped because"`
}

// Hooks keeps the tokens of outside systems that post to us. Tokens and signing keys are given once.
type Hooks interface {
	Hooks(ctx context.Context) ([]community.Bot, error)
	AddHook(ctx context.Context, user string, b community.Bot, signed bool, reason string) (community.Bot, string, error)
	RotateHook(ctx context.Context, user string, id community.ID, reason string) (community.Bot, string, error)
	DeleteHook(ctx context.Context, user string, id community.ID, reason string) error
	// TryHook says what would come of a post; with send it is done.
	TryHook(ctx context.Context, id community.ID, p community.Post, send bool) (community.Posted, error)
	HookAddress() string
}

// Bots keeps other people's programs that attach to the groups of an organisation. Tokens are given once.
type Bots interface {
	Bots(ctx context.Context) ([]community.Bot, error)
	AttachBot(ctx context.Context, user string, b community.Bot, reason string) (community.Bot, string, error)
	RotateBot(ctx context.Context, user string, id community.ID, reason string) (community.Bot, string, error)
	DeleteBot(ctx context.Context, user string, id community.ID, reason string) error
	// Addresses are where a bot finds us: OneBot by WebSocket and HTTP, Satori; SelfID is what it is to itself.
	Addresses(b community.Bot) (ws, http, satori string, self int64)
}
