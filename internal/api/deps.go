package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"qunluo/internal/community"
)

// Deps is everything the API is given; all of it is needed but Clock, Log and PerMinute.
type Deps struct {
	// For and HandsFor make the handles through which one person reads and changes: an organisation and the groups they may
	// see (nil = all).
	For      func(org community.OrgKey, groups []community.GroupKey) Desk
	HandsFor func(org community.OrgKey, groups []community.GroupKey) Hands
	Rooms    Rooms
	Tokens   Tokens
	// May says whether a person may use a route of the console, by its pattern ("POST /decisions/{id}/undo").
	May func(u community.User, route string) bool
	// Sees gives the groups a person may see at this moment; nil = all of their organisation.
	Sees func(ctx context.Context, u community.User) ([]community.GroupKey, error)
	// Tagged narrows groups (nil = all) to those with a tag, by what it is called now; none is no nil.
	Tagged func(ctx context.Context, org community.OrgKey, groups []community.GroupKey, tag string) ([]community.GroupKey, error)

	Clock     func() time.Time // nil = time.Now
	Log       *slog.Logger     // nil = slog.Default()
	Version   string
	PublicURL string // how people reach this server; "" = as the caller did
	PerMinute int    // calls of one token a minute; 0 = 60
}

// base is how people reach this server, without a trailing slash.
func (d Deps) base(r *http.Request) string {
	switch {
	case d.PublicURL != "":
		return strings.TrimSuffix(d.PublicURL, "/")
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// Desk is what programs read. FindXs give rows and how many there are in all, counted up to community.CountCap; XByID answer
// community.CodeNotFound when there is none or it lies outside the handle's scope.
type Desk interface {
	FindGroups(ctx context.Context, f community.GroupFilter) ([]community.GroupRow, int, error)
	GroupByID(ctx context.Context, id community.ID) (community.GroupRow, error)
	GroupByKey(ctx context.Context, g community.GroupKey) (community.GroupRow, error)
	FindMembers(ctx context.Context, f community.MemberFilter) ([]community.MemberRow, int, error)
	MemberByID(ctx context.Context, id community.ID) (community.Member, error)
	MembersByKey(ctx context.Context, keys []community.MemberKey) ([]community.Member, error)
	Memberships(ctx context.Context, m community.MemberKey) ([]community.MemberRow, error)
	Stays(ctx context.Context, m community.MemberKey) ([]community.Stay, error)
	Names(ctx context.Context, m community.MemberKey) ([]community.NameSpan, error)
	FindMessages(ctx context.Context, f community.MessageFilter) ([]community.MessageRow, int, error)
	Around(ctx context.Context, g community.GroupKey, number int64, before, after int) ([]community.MessageRow, error)
	FindDecisions(ctx context.Context, f community.DecisionFilter) ([]community.DecisionRow, int, error)
	DecisionByID(ctx context.Context, id community.ID) (community.DecisionRow, error)
	FindStrikes(ctx context.Context, f community.StrikeFilter) ([]community.StrikeRow, int, error)
	FindActions(ctx context.Context, f community.ActionFilter) ([]community.ActionRow, int, error)
	FindTasks(ctx context.Context, f community.TaskFilter) ([]community.TaskRow, int, error)
	TaskByID(ctx context.Context, id community.ID) (community.TaskRow, error)
	FindJoins(ctx context.Context, f community.JoinFilter) ([]community.JoinRow, int, error)
	FindAudit(ctx context.Context, f community.AuditFilter) ([]community.Audit, int, error)
	FindImports(ctx context.Context, p community.Page) ([]community.ImportRow, int, error)
	ImportByID(ctx context.Context, id community.ID) (community.ImportRow, error)
	FindBooks(ctx context.Context, g community.GroupKey, p community.Page) ([]community.BookRow, int, error)
	BookVersion(ctx context.Context, g community.GroupKey, version int) (community.BookRow, error)
	RuleHits(ctx context.Context, g community.GroupKey, since int64) ([]community.RuleHits, error)
	Accounts(ctx context.Context) ([]community.Account, error)
	Tags(ctx context.Context) ([]string, error)
	Frozen(ctx context.Context) (bool, error)
}

// Hands is what programs change, each time as the person whose token it is. Every change leaves its audit row. *bulk.Waits:
// a second person must agree first.
type Hands interface {
	Act(ctx context.Context, user string, actions []community.Action, reason string) ([]community.ID, error)
	Strike(ctx context.Context, user string, g community.GroupKey, s community.PersonStrike, reason string) (community.ID, error)
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
	Freeze(ctx context.Context, user string, g community.GroupKey, on bool, reason string) error
	SetMode(ctx context.Context, user string, g community.GroupKey, mode community.Mode, reason string) error
	AddGroup(ctx context.Context, user string, g community.Group, most int64, reason string) (community.Group, error)
	SetGroup(ctx context.Context, user string, g community.Group, reason string) error
	Mark(ctx context.Context, user string, member community.ID, mark community.Role, reason string) error
}
