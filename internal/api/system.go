package api

import (
	"context"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/proof"
)

// Users lists people who sign in.
type Users interface {
	Users(ctx context.Context, org community.OrgKey) ([]community.User, error)
}

// Gate keeps who is signed in where, and what is demanded of those who sign in.
type Gate interface {
	Demand(ctx context.Context, org community.OrgKey) (proof.Demand, error)
	SignIns(ctx context.Context, org community.OrgKey, user community.ID, open bool, limit int) ([]community.SignIn, error)
}

// signIn is one time that somebody signed in.
type signIn struct {
	ID      community.ID `json:"id"`
	User    community.ID `json:"user_id"`
	Login   string       `json:"login"`
	Browser string       `json:"browser" doc:"in words; empty = not known"`
	System  string       `json:"system"`
	Address string       `json:"address"`
	How     string       `json:"how" doc:"password, code, recovery"`
	Began   moment       `json:"began_at"`
	Seen    moment       `json:"seen_at"`
	Ended   moment       `json:"ended_at" doc:"null = nobody ended it"`
}

func signInOf(in community.SignIn) signIn {
	return signIn{in.ID, in.User, in.Login, in.Browser, in.System, in.Address, in.How, moment(in.Began), moment(in.Seen), moment(in.Ended)}
}

// maxSignIns is how many sign-ins are told.
const maxSignIns = 500

// demanded is what is demanded of those who sign in.
type demanded struct {
	Roles   []string `json:"roles" doc:"must have a second factor"`
	Minutes int      `json:"minutes" doc:"how long a proof is good for what is dangerous"`
}

// Veil keeps who wanted to know who stands behind a pseudonym.
type Veil interface {
	Wishes(ctx context.Context, org community.OrgKey) ([]community.Reveal, error)
}

// reveal is a wish to know who stands behind a pseudonym.
type reveal struct {
	ID      community.ID `json:"id"`
	Member  community.ID `json:"member"`
	By      string       `json:"asked_by" doc:"id of a user"`
	Reason  string       `json:"reason"`
	At      moment       `json:"at"`
	State   string       `json:"state" doc:"asked, agreed, refused"`
	Decided string       `json:"decided_by"`
	Until   moment       `json:"open_until"`
	Seen    moment       `json:"seen_at" doc:"null = whoever asked has not looked"`
}

// Health says how connections are: state, what the platform said, since when (UTC ms).
type Health func(a community.AccountKey) (state, detail string, at int64)

// record is a line of the audit trail.
type record struct {
	ID      community.ID    `json:"id"`
	At      moment          `json:"at"`
	User    string          `json:"user" doc:"id of the user, or cli, system"`
	Verb    string          `json:"verb"`
	Subject string          `json:"subject"`
	Reason  string          `json:"reason"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
}

type auditQuery struct {
	User    string `query:"user" maxLength:"40"`
	Verb    string `query:"verb" maxLength:"60"`
	Subject string `query:"subject" maxLength:"100"`
	From    moment `query:"from"`
	To      moment `query:"to"`
	paging
	sorting
}

// user is a person who signs in.
type user struct {
	ID      community.ID `json:"id"`
	Login   string       `json:"login"`
	Name    string       `json:"name"`
	Role    string       `json:"role"`
	Lang    string       `json:"lang"`
	Enabled bool         `json:"enabled"`
	Created moment       `json:"created_at"`
}

// connection is one of our accounts on a platform. Its settings, secrets among them, are not shown.
type connection struct {
	ID         community.ID `json:"id"`
	Name       string       `json:"name"`
	Platform   string       `json:"platform"`
	Connector  string       `json:"connector"`
	External   string       `json:"external_id"`
	Enabled    bool         `json:"enabled"`
	Restricted moment       `json:"restricted_since" doc:"the platform holds it back; null = it does not"`
	Why        string       `json:"restricted_why"`
	State      string       `json:"state" doc:"connecting, online, offline, failed; empty = not running"`
	Detail     string       `json:"detail"`
	Since      moment       `json:"since"`
	Created    moment       `json:"created_at"`
}

// importRun is a run of an import.
type importRun struct {
	ID       community.ID    `json:"id"`
	Name     string          `json:"name"`
	Format   string          `json:"format"`
	State    string          `json:"state"`
	Created  moment          `json:"created_at"`
	Finished moment          `json:"finished_at"`
	User     string          `json:"user"`
	Report   json.RawMessage `json:"report,omitempty"`
}

func importOf(r community.ImportRow) importRun {
	return importRun{r.ID, r.Name, r.Format, r.State, moment(r.Created), moment(r.Finished), r.User, r.Report}
}

func userOf(u community.User) user {
	return user{u.ID, u.Login, u.Name, u.Role, u.Lang, u.Enabled, moment(u.Created)}
}

func (c *call) connectionOf(a community.Account) connection {
	state, detail, at := c.a.deps.Rooms.Health(a.Key)
	return connection{a.ID, a.Name, string(a.Platform), a.Connector, a.External, a.Enabled, moment(a.Restricted), a.RestrictedWhy, state, detail, moment(at), moment(a.Created)}
}

func systemLines() []line {
	area := community.AreaSystem
	return []line{
		on("listAudit", "GET /audit", "Who did what, when and why", area, []string{"GET /audit", "GET /audit.csv"}, func(c *call, in *auditQuery) (list[record], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[record]{}, err
			}
			rows, total, err := c.desk.FindAudit(c.ctx(), community.AuditFilter{User: in.User, Verb: in.Verb, Subject: in.Subject, From: int64(in.From), To: int64(in.To), Page: p})
			return listed(c, p, rows, total, func(a community.Audit) record {
				return record{a.ID, moment(a.At), a.User, a.Verb, a.Subject, a.Reason, a.Before, a.After}
			}), err
		}),
		on("listUsers", "GET /users", "People who sign in", area, []string{"GET /users"}, func(c *call, _ *struct{}) (list[user], error) {
			rows, err := c.a.deps.Rooms.Users.Users(c.ctx(), c.User.Org)
			return whole(rows, userOf), err
		}),
		on("listSignIns", "GET /signins", "Who is signed in and was not ended, the latest first", area, []string{"GET /users/signins"}, func(c *call, _ *struct{}) (list[signIn], error) {
			rows, err := c.a.deps.Rooms.Gate.SignIns(c.ctx(), c.User.Org, community.ID{}, true, maxSignIns)
			return whole(rows, signInOf), err
		}),
		on("listSignInsOf", "GET /users/{id}/signins", "When and where one person signed in, the latest first", area, []string{"GET /users/{id}/signins"}, func(c *call, in *byID) (list[signIn], error) {
			rows, err := c.a.deps.Rooms.Gate.SignIns(c.ctx(), c.User.Org, in.ID, false, maxSignIns)
			return whole(rows, signInOf), err
		}),
		on("getDemand", "GET /users/demand", "What is demanded of those who sign in", area, []string{"GET /users/demand"}, func(c *call, _ *struct{}) (demanded, error) {
			d, err := c.a.deps.Rooms.Gate.Demand(c.ctx(), c.User.Org)
			return demanded{append([]string{}, d.Roles...), d.Minutes}, err
		}),
		on("listReveals", "GET /reveals", "Who wanted to know who stands behind a pseudonym, and what came of it", area, []string{"GET /unveil"}, func(c *call, _ *struct{}) (list[reveal], error) {
			rows, err := c.a.deps.Rooms.Veil.Wishes(c.ctx(), c.User.Org)
			return whole(rows, func(r community.Reveal) reveal {
				return reveal{r.ID, r.MemberID, r.AskedBy, r.Reason, moment(r.At), r.State, r.DecidedBy, moment(r.Until), moment(r.Seen)}
			}), err
		}),
		on("listConnections", "GET /connections", "Connections to platforms and how they are", area, []string{"GET /connections"}, func(c *call, _ *struct{}) (list[connection], error) {
			rows, err := c.desk.Accounts(c.ctx())
			return whole(rows, c.connectionOf), err
		}),
		on("listImports", "GET /imports", "Imports", area, []string{"GET /imports"}, func(c *call, in *sorted) (list[importRun], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[importRun]{}, err
			}
			rows, total, err := c.desk.FindImports(c.ctx(), p)
			return listed(c, p, rows, total, importOf), err
		}),
		on("getImport", "GET /imports/{id}", "One import", area, []string{"GET /imports/{id}"}, func(c *call, in *byID) (importRun, error) {
			r, err := c.desk.ImportByID(c.ctx(), in.ID)
			return importOf(r), err
		}),
		admin(on("undoImport", "POST /imports/{id}/undo", "Take an import back", area, []string{"POST /imports/{id}/undo"}, func(c *call, in *undoOrder) (none, error) {
			return did(c.a.deps.Rooms.Imports.Undo(c.ctx(), c.who(), c.User.Org, in.ID, in.Body.Reason))
		})),
	}
}
