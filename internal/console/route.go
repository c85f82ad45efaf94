package console

import (
	"net/http"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/proof"
	"qunluo/internal/rights"
)

// anybody is the power of routes that need none: whoever asks may, signed in or not.
const anybody rights.Power = "anybody"

// Roles of people who sign in that the pages name themselves.
const (
	RoleOwner     = string(rights.Owner)
	RoleModerator = string(rights.Moderator)
)

// Rights says by the table of routes who may use what: another door that does the same asks here, so that nobody may do
// through it what their pages do not let them. A route that does not exist is nobody's.
func Rights(d Deps) (may func(u community.User, pattern string) bool, patterns []string) {
	table := map[string]route{}
	for _, one := range (&Console{deps: d}).routes() {
		table[one.pattern] = one
		patterns = append(patterns, one.pattern)
	}
	return func(u community.User, pattern string) bool {
		one, ok := table[pattern]
		return ok && !one.strictly(rights.Of(u)).Refused()
	}, patterns
}

// route is a line of the table of routes.
type route struct {
	pattern string       // of http.ServeMux: "GET /members/{id}"
	may     rights.Power // what it takes; a route that names none keeps the console from starting
	and     rights.Power // what it takes besides; "" = nothing
	or      rights.Power // who holds it sees the page under a veil, without what it takes; "" = nobody. Programs never do
	whole   bool         // it touches the whole organisation: who sees only some groups may not use it
	serve   func(*Console, *call) error
	risky   bool                           // another proof is asked for where the last is old (see dangerous)
	asks    func(*call) (proof.Age, error) // the same, where what is filled in decides it; nil = it does not
	early   bool                           // it may be used by somebody who still has to set up a second factor
	phone   bool                           // a device that came in by a link may use it, with a moderator's rights
	upload  bool                           // the body is a file: the handler reads it with call.upload, which checks the form token
}

// needs lists the powers that a route takes, the first to be missing first told.
func (r route) needs() []rights.Power {
	if r.may == anybody {
		return nil
	}
	if r.and == "" {
		return []rights.Power{r.may}
	}
	return []rights.Power{r.and, r.may}
}

// undeclared names the routes whose power nobody knows.
func undeclared(table []route) []string {
	var out []string
	for _, one := range table {
		for _, p := range one.needs() {
			if !p.Known() {
				out = append(out, one.pattern)
				break
			}
		}
	}
	return out
}

// routes is the table: every page and every change, with who may use it.
func (c *Console) routes() []route {
	return c.lifted(slices.Concat(
		entryRoutes,
		homeRoutes,
		scopeRoutes,
		c.tagRoutes(),
		c.todayRoutes(),
		groupRoutes,
		c.standbyRoutes(),
		c.overlapRoutes(),
		memberRoutes,
		c.personRoutes(),
		messageRoutes,
		reviewRoutes,
		hitRoutes,
		strikeRoutes,
		c.caseRoutes(),
		c.suggestRoutes(),
		c.appealRoutes(),
		c.reportRoutes(),
		c.shieldRoutes(),
		activityRoutes,
		insightRoutes,
		c.beginRoutes(),
		c.goalRoutes(),
		c.templateRoutes(),
		boardRoutes,
		c.paymentRoutes(),
		c.codeRoutes(), requestRoutes,
		c.bookRoutes(),
		c.charterRoutes(),
		c.fileRoutes(),
		c.pasteRoutes(),
		inboxRoutes,
		c.bulkRoutes(),
		c.pointRoutes(),
		c.tierRoutes(),
		c.experimentRoutes(),
		c.posterRoutes(),
		c.growthRoutes(),
		c.weeklyRoutes(),
		c.compareRoutes(),
		c.leadRoutes(),
		c.voteRoutes(),
		c.blocklistRoutes(),
		c.planRoutes(),
		c.calendarRoutes(),
		c.shortRoutes(),
		c.wordRoutes(),
		c.momentRoutes(),
		c.articleRoutes(),
		c.digestRoutes(),
		c.essenceRoutes(),
		c.libraryRoutes(),
		c.draftRoutes(),
		c.tableRoutes(),
		c.drawRoutes(),
		c.liveqaRoutes(),
		c.morningRoutes(),
		c.dutyRoutes(),
		connectionRoutes,
		choreRoutes,
		c.driftRoutes(),
		c.botRoutes(),
		c.hookRoutes(),
		c.tokenRoutes(),
		c.outletRoutes(),
		c.modelRoutes(),
		c.spaceRoutes(),
		userRoutes,
		c.gateRoutes(),
		c.veilRoutes(),
		c.handoverRoutes(),
		auditRoutes,
		settingRoutes,
		c.devRoutes(),
	))
}

// lifted takes the way under a veil from routes where the house has none.
func (c *Console) lifted(table []route) []route {
	for i := range table {
		if c.deps.Veil == nil {
			table[i].or = ""
		}
	}
	return table
}

// entry is a line of the menu. A line whose route does not exist or is not allowed is left out; so is an empty group.
type entry struct {
	group string // "" = above the groups; else the last part of a key nav.group.*
	key   string // of the catalogue
	icon  string
	path  string
	badge func(Badges) int // work waiting for a person; nil = none
}

// menu is the side bar, top to bottom.
var menu = []entry{
	{"", "nav.home", "home", "/", nil},
	{"", "nav.inbox", "inbox", "/inbox", func(b Badges) int { return b.Tasks }},
	{"", "nav.today", "list-check", "/today", nil},
	{"people", "nav.members", "users", "/members", nil},
	{"people", "nav.groups", "users-group", "/groups", nil},
	{"people", "nav.templates", "copy", "/templates", nil},
	{"people", "nav.tags", "filter", "/tags", nil},
	{"people", "nav.requests", "user-check", "/requests", nil},
	{"people", "nav.codes", "link", "/codes", nil},
	{"content", "nav.messages", "message-search", "/messages", nil},
	{"content", "nav.calendar", "clock", "/calendar", nil},
	{"content", "nav.broadcasts", "message", "/broadcasts", nil},
	{"content", "nav.drafts", "message", "/drafts", nil},
	{"content", "nav.sops", "clock", "/sops", nil},
	{"content", "nav.moments", "eye", "/moments", nil},
	{"content", "nav.articles", "book", "/articles", nil},
	{"content", "nav.mornings", "book", "/morning", nil},
	{"content", "nav.digests", "book", "/digests", nil},
	{"content", "nav.essence", "rosette-discount-check", "/essence", nil},
	{"content", "nav.wordings", "edit", "/wordings", nil},
	{"content", "nav.library", "copy", "/library", nil},
	{"content", "nav.tables", "list-check", "/tables", nil},
	{"content", "nav.liveqa", "message", "/liveqa", nil},
	{"content", "nav.draws", "rosette-discount-check", "/draws", nil},
	{"content", "nav.shorts", "link", "/shorts", nil},
	{"content", "nav.posters", "copy", "/posters", nil},
	{"people", "nav.points", "rosette-discount-check", "/points", nil},
	{"people", "nav.vote", "list-check", "/vote", nil},
	{"order", "nav.review", "gavel", "/review", func(b Badges) int { return b.Review }},
	{"order", "nav.hits", "filter", "/hits", nil},
	{"order", "nav.rules", "book", "/rules", nil},
	{"order", "nav.words", "filter", "/words", nil},
	{"order", "nav.strikes", "scale", "/strikes", nil},
	{"order", "nav.appeals", "message", "/appeals", nil},
	{"order", "nav.reports", "alert-circle", "/reports", nil},
	{"order", "nav.blocklists", "shield", "/blocklists", nil},
	{"order", "nav.cases", "rosette-discount-check", "/cases", nil},
	{"order", "nav.suggestions", "list-check", "/suggestions", nil},
	{"order", "nav.duty", "bell", "/duty", func(b Badges) int { return b.Alarms }},
	{"insight", "nav.activity", "activity", "/activity", nil},
	{"insight", "nav.questions", "message", "/questions", nil},
	{"insight", "nav.retention", "users", "/retention", nil},
	{"insight", "nav.goals", "list-check", "/goals", nil},
	{"insight", "nav.stage", "activity", "/stage", nil},
	{"insight", "nav.life", "clock", "/life", nil},
	{"insight", "nav.leavers", "message", "/leavers", nil},
	{"insight", "nav.formats", "message", "/formats", nil},
	{"insight", "nav.adjustments", "history", "/adjustments", nil},
	{"insight", "nav.growth", "users-group", "/growth", nil},
	{"insight", "nav.leads", "user-check", "/leads", nil},
	{"insight", "nav.claims", "list-check", "/claims", nil},
	{"insight", "nav.compare", "users-group", "/compare", nil},
	{"insight", "nav.weekly", "message", "/weekly", nil},
	{"insight", "nav.board", "activity", "/board", nil},
	{"insight", "nav.journey", "arrow-right", "/journey", nil},
	{"insight", "nav.bonds", "users-group", "/bonds", nil},
	{"business", "nav.payments", "list-check", "/payments", nil},
	{"insight", "nav.tiers", "users-group", "/tiers", nil},
	{"insight", "nav.experiments", "scale", "/experiments", nil},
	{"insight", "nav.glossary", "book", "/glossary", nil},
	{"system", "nav.connections", "plug", "/connections", func(b Badges) int { return b.Broken }},
	{"system", "nav.imports", "file-import", "/imports", nil},
	{"system", "nav.users", "user-check", "/users", nil},
	{"system", "nav.audit", "history", "/audit", nil},
	{"system", "nav.settings", "settings", "/settings", nil},
}

// menuGroups is the order of the groups.
var menuGroups = []string{"", "people", "content", "order", "business", "insight", "system"}

// Badges counts work that waits for a person.
type Badges struct {
	Tasks  int // open and claimed tasks
	Review int // decisions waiting for a person
	Broken int // connections that are on and not online
	Alarms int // alarms that nobody has acknowledged
}

// statusOf translates a code for the browser.
func statusOf(code community.Code) int {
	switch code {
	case community.CodeNone:
		return http.StatusOK
	case community.CodeBadInput:
		return http.StatusUnprocessableEntity
	case community.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeStale, codeSetup:
		return http.StatusForbidden
	case community.CodeNotFound:
		return http.StatusNotFound
	case community.CodeConflict, community.CodeFrozen, community.CodeLate, community.CodeClock:
		return http.StatusConflict
	case community.CodeForbidden:
		return http.StatusForbidden
	case community.CodeLimited:
		return http.StatusTooManyRequests
	case community.CodeUnreachable, community.CodeTimeout, community.CodeRefused:
		return http.StatusBadGateway
	case community.CodeBusy:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
