package api

import (
	"context"
	"encoding/json"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/drift"
)

// Wires is what is known about connections while the process runs.
type Wires interface {
	Kinds() []connect.Info
	// Check says whether settings are good for a connector; CodeBadInput.
	Check(ctx context.Context, kind string, settings json.RawMessage) error
	Matrix(ctx context.Context, scope community.Scope, f community.GroupFilter) (places []connect.Place, total int, err error)
	// Test asks the platform something harmless, at most 10 s, and returns the groups it named.
	Test(ctx context.Context, a community.AccountKey) ([]community.Ref, error)
	Chores(ctx context.Context, a community.AccountKey) ([]connect.Chore, error)
}

// Links opens, changes and closes connections.
type Links interface {
	SaveAccount(ctx context.Context, user string, a community.Account, reason string) (community.Account, error)
	Unrestrict(ctx context.Context, user string, a community.AccountKey, reason string) error
	DeleteAccount(ctx context.Context, user string, a community.AccountKey, reason string) error
	DoChore(ctx context.Context, user string, a community.AccountKey, name string, args json.RawMessage, reason string) (connect.Outcome, error)
}

// Drifts tells what differs between here and a platform, and settles it.
type Drifts interface {
	Report(ctx context.Context, a community.AccountKey) (drift.Report, error)
	ReadSoon(ctx context.Context, a community.AccountKey) error
	Settle(ctx context.Context, user string, a community.AccountKey, line community.ID, way drift.WayKind, reason string) ([2]string, error)
}

// twoTongues is a text in both languages.
type twoTongues struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

func tongues(t [2]string) twoTongues { return twoTongues{t[0], t[1]} }

// setting is one setting of a connector, or one argument of a chore.
type setting struct {
	Name     string     `json:"name"`
	Title    twoTongues `json:"title"`
	Help     twoTongues `json:"help"`
	Kind     string     `json:"kind" enum:"text,secret,url,choice,bool,number"`
	Choices  []string   `json:"choices"`
	Default  string     `json:"default"`
	Required bool       `json:"required"`
}

func settingOf(f connect.Field) setting {
	return setting{f.Name, tongues(f.Title), tongues(f.Help), f.Kind, list0(f.Choices), f.Default, f.Required}
}

// connectionKind is a connector that can be added.
type connectionKind struct {
	Name     string     `json:"kind"`
	Platform string     `json:"platform"`
	Title    twoTongues `json:"title"`
	Summary  twoTongues `json:"summary"`
	Risk     twoTongues `json:"risk" doc:"what one must know before switching it on; empty = nothing special"`
	Consent  string     `json:"consent" doc:"the setting by which one says that the risk was read; empty = none"`
	Settings []setting  `json:"settings"`
}

func connectionKindOf(i connect.Info) connectionKind {
	return connectionKind{i.Name, string(i.Platform), tongues(i.Title), tongues(i.Summary), tongues(i.Risk), i.Consent, mapped(i.Fields, settingOf)}
}

// connectorOf finds a connector; community.CodeNotFound.
func (c *call) connectorOf(name string) (connect.Info, error) {
	kinds := c.a.deps.Rooms.Wires.Kinds()
	if i := slices.IndexFunc(kinds, func(k connect.Info) bool { return k.Name == name }); i >= 0 {
		return kinds[i], nil
	}
	return connect.Info{}, community.Errorf(community.CodeNotFound, "kind %q: there is none", name)
}

// saveConnection lays a name and settings over an account, and keeps it where they are good together.
func (c *call) saveConnection(a community.Account, name string, settings map[string]any, reason string) (connection, error) {
	kind, err := c.connectorOf(a.Connector)
	if err != nil {
		return connection{}, err
	}
	if name != "" {
		a.Name = name
	}
	if settings == nil {
		settings = map[string]any{}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return connection{}, err
	}
	if a.Settings, err = connect.MergeSettings(kind.Fields, a.Settings, raw); err != nil {
		return connection{}, err
	}
	if err := c.a.deps.Rooms.Wires.Check(c.ctx(), kind.Name, a.Settings); err != nil {
		return connection{}, err
	}
	a, err = room(c, c.a.deps.Rooms.Links).SaveAccount(c.ctx(), c.who(), a, reason)
	return c.connectionOf(a), err
}

// spot is where something can be done.
type spot struct {
	Platform   string             `json:"platform"`
	Account    *community.ID      `json:"connection" doc:"null = people do it by hand"`
	Called     string             `json:"connection_name"`
	Kind       string             `json:"kind"`
	Group      *community.ID      `json:"group" doc:"null = in general"`
	GroupName  string             `json:"group_name"`
	State      string             `json:"state" doc:"of the connection; off = switched off"`
	Restricted moment             `json:"restricted_since"`
	Verbs      map[string]ability `json:"verbs" doc:"what is left out cannot be done"`
	GroupLimit int                `json:"group_limit" doc:"members; 0 = not known"`
	ReadsAll   bool               `json:"reads_all"`
}

type ability struct {
	Level     string `json:"level" doc:"native, assisted, human"`
	Evidence  string `json:"evidence" doc:"declared, probed, learned"`
	Note      string `json:"note"`
	MaxAge    int64  `json:"max_age_seconds" doc:"only of younger messages; 0 = of any"`
	Rate      int    `json:"per_minute" doc:"0 = no limit known"`
	Checked   moment `json:"checked_at"`
	NotBefore moment `json:"not_before"`
}

func placeOf(p connect.Place) spot {
	out := spot{Platform: string(p.Platform), Called: p.AccountName, Kind: p.Connector, GroupName: p.GroupName, State: p.State, Restricted: moment(p.Restricted), Verbs: map[string]ability{}, GroupLimit: p.Can.GroupLimit, ReadsAll: p.Can.ReadsAll}
	if !p.Account.IsZero() {
		out.Account = &p.Account
	}
	if !p.Group.IsZero() {
		out.Group = &p.Group
	}
	for _, v := range community.Verbs {
		if p.Can.Level(v) == community.None {
			continue
		}
		a := p.Can.Of(v)
		out.Verbs[string(v)] = ability{string(a.Level), a.Evidence, a.Note, a.MaxAge, a.Rate, moment(a.Checked), moment(a.NotBefore)}
	}
	return out
}

// chore is what an account can do besides acting in groups.
type chore struct {
	Name    string     `json:"name"`
	Title   twoTongues `json:"title"`
	Help    twoTongues `json:"help"`
	Args    []setting  `json:"arguments"`
	Changes bool       `json:"changes" doc:"it changes something at the platform"`
}

func choreOf(one connect.Chore) chore {
	return chore{one.Name, tongues(one.Title), tongues(one.Help), mapped(one.Fields, settingOf), one.Changes}
}

func (c *call) chores(id community.ID) (community.Account, []connect.Chore, error) {
	a, err := c.account(id)
	if err != nil {
		return a, nil, err
	}
	list, err := c.a.deps.Rooms.Wires.Chores(c.ctx(), a.Key)
	if code := community.CodeOf(err); code == community.CodeUnsupported || code == community.CodeUnreachable {
		return a, nil, nil
	}
	return a, list, err
}

// choreDone is what came of a chore.
type choreDone struct {
	Said    twoTongues   `json:"said"`
	Columns []twoTongues `json:"columns"`
	Rows    [][]string   `json:"rows" doc:"at most 1,000"`
	Acts    [][]choreAct `json:"acts" doc:"which chores may follow from each row"`
}

type choreAct struct {
	Chore string            `json:"chore"`
	Title twoTongues        `json:"title"`
	Args  map[string]string `json:"arguments"`
}

// choreRows bounds what is told of an outcome.
const choreRows = 1000

func choreDoneOf(o connect.Outcome) choreDone {
	return choreDone{tongues(o.Say), mapped(o.Columns, tongues), list0(o.Rows[:min(len(o.Rows), choreRows)]), mapped(o.Acts[:min(len(o.Acts), choreRows)], func(acts []connect.Act) []choreAct {
		return mapped(acts, func(a connect.Act) choreAct { return choreAct{a.Chore, tongues(a.Title), a.Args} })
	})}
}

// spoken gives what an error tells an operator, where the connection has words of its own for it.
func spoken(err error) error {
	if say := connect.SayOf(err); say[1] != "" && community.CodeOf(err) != community.CodeInternal {
		return community.Errorf(community.CodeOf(err), "%s", say[1])
	}
	return err
}

type driftReading struct {
	Part   string     `json:"part"`
	State  string     `json:"state"`
	At     moment     `json:"read_at"`
	Looked int        `json:"looked_at"`
	Lines  int        `json:"differ" doc:"in all"`
	Unread []string   `json:"unread"`
	Why    twoTongues `json:"why" doc:"in the platform's words"`
}

type driftLine struct {
	ID      community.ID  `json:"id"`
	Part    string        `json:"part"`
	Subject string        `json:"subject" doc:"the platform's id of what differs"`
	Field   string        `json:"field"`
	Owner   string        `json:"owner" doc:"the employee whose it is; empty = none's"`
	Name    string        `json:"name"`
	Here    string        `json:"here"`
	There   string        `json:"there"`
	Why     string        `json:"why"`
	Since   moment        `json:"since"`
	Seen    moment        `json:"seen_at"`
	Ways    []string      `json:"ways" doc:"take: theirs comes here, push: ours is written there, ask: a person does it"`
	Task    *community.ID `json:"task" doc:"a person is at it"`
}

// drifted is what differs between here and a platform.
type drifted struct {
	Readings []driftReading  `json:"parts"`
	Lines    list[driftLine] `json:"lines"`
}

func driftLineOf(l drift.Line) driftLine {
	out := driftLine{l.ID, string(l.Part), l.Subject, string(l.Field), l.Owner, l.Name, l.Here, l.There, l.Why, moment(l.Since), moment(l.Seen), mapped(l.Ways, func(w drift.Way) string { return string(w.Kind) }), nil}
	if !l.Task.IsZero() {
		out.Task = &l.Task
	}
	return out
}

func getDrift(c *call, in *pagedByID) (drifted, error) {
	p, err := c.page(in.paging, sorting{})
	if err != nil {
		return drifted{}, err
	}
	a, err := c.account(in.ID)
	if err != nil {
		return drifted{}, err
	}
	r, err := room(c, c.a.deps.Rooms.Drifts).Report(c.ctx(), a.Key)
	return drifted{mapped(r.Readings, func(r drift.Reading) driftReading {
		return driftReading{string(r.Part), string(r.State), moment(r.At), r.Looked, r.Lines, list0(r.Unread), tongues(r.Why)}
	}), part(c, p, r.Lines, driftLineOf)}, err
}

// ConnectionOrder is what a connection is to be.
type ConnectionOrder struct {
	Name     string         `json:"name" minLength:"1" maxLength:"100"`
	Settings map[string]any `json:"settings" doc:"by name, see listConnectionKinds; what is left out stays"`
	Maybe
}

// connectionSettings is how a connection is set.
type connectionSettings struct {
	Kind     string         `json:"kind"`
	Settings map[string]any `json:"settings"`
}

// groupsNamed is what a platform answered.
type groupsNamed struct {
	Groups []community.Ref `json:"groups" doc:"that the platform named"`
}

// driftSettled is what became of a difference.
type driftSettled struct {
	Said twoTongues `json:"said"`
}

func connectionLines() []line {
	area := community.AreaSystem
	links := func(c *call) Links { return room(c, c.a.deps.Rooms.Links) }
	return []line{
		on("listConnectionKinds", "GET /connection-kinds", "Connectors that can be added, and their settings", area, []string{"GET /connections/new"}, func(c *call, _ *struct{}) (list[connectionKind], error) {
			return whole(c.a.deps.Rooms.Wires.Kinds(), connectionKindOf), nil
		}),
		admin(on("addConnection", "POST /connections", "Connect an account to its platform", area, []string{"POST /connections/new"}, func(c *call, in *struct {
			Body struct {
				Kind string `json:"kind" minLength:"1" maxLength:"40"`
				ConnectionOrder
			}
		}) (connection, error) {
			kind, err := c.connectorOf(in.Body.Kind)
			if err != nil {
				return connection{}, err
			}
			return c.saveConnection(community.Account{Org: c.User.Org, Platform: kind.Platform, Connector: kind.Name, Enabled: true, Created: c.now()}, in.Body.Name, in.Body.Settings, in.Body.Reason)
		})),
		admin(on("getConnectionSettings", "GET /connections/{id}/settings", "How a connection is set; secrets are masked", area, []string{"POST /connections/{id}"}, func(c *call, in *byID) (connectionSettings, error) {
			a, err := c.account(in.ID)
			if err != nil {
				return connectionSettings{}, err
			}
			kind, err := c.connectorOf(a.Connector)
			if err != nil {
				return connectionSettings{}, err
			}
			out := connectionSettings{kind.Name, map[string]any{}}
			return out, json.Unmarshal(connect.MaskSettings(kind.Fields, a.Settings), &out.Settings)
		})),
		admin(on("setConnection", "PUT /connections/{id}", "Change name and settings of a connection", area, []string{"POST /connections/{id}"}, func(c *call, in *struct {
			byID
			Body ConnectionOrder
		}) (connection, error) {
			a, err := c.account(in.ID)
			if err != nil {
				return connection{}, err
			}
			return c.saveConnection(a, in.Body.Name, in.Body.Settings, in.Body.Reason)
		})),
		admin(on("switchConnection", "POST /connections/{id}/switch", "Switch a connection on or off", area, []string{"POST /connections/{id}/switch"}, func(c *call, in *switchOrder) (connection, error) {
			a, err := c.account(in.ID)
			if err != nil {
				return connection{}, err
			}
			a.Enabled = in.Body.On
			a, err = links(c).SaveAccount(c.ctx(), c.who(), a, in.Body.Reason)
			return c.connectionOf(a), err
		})),
		admin(on("testConnection", "POST /connections/{id}/test", "Ask the platform something harmless", area, []string{"POST /connections/{id}/test"}, func(c *call, in *byID) (groupsNamed, error) {
			a, err := c.account(in.ID)
			var groups []community.Ref
			if err == nil {
				groups, err = c.a.deps.Rooms.Wires.Test(c.ctx(), a.Key)
			}
			return groupsNamed{list0(groups)}, spoken(err)
		})),
		admin(on("releaseConnection", "POST /connections/{id}/release", "Say that the platform holds an account back no longer", area, []string{"POST /connections/{id}/release"}, func(c *call, in *undoOrder) (none, error) {
			a, err := c.account(in.ID)
			if err != nil {
				return none{}, err
			}
			return did(links(c).Unrestrict(c.ctx(), c.who(), a.Key, in.Body.Reason))
		})),
		admin(on("removeConnection", "POST /connections/{id}/remove", "Forget a connection and its secrets; what came through it stays", area, []string{"POST /connections/{id}/delete"}, func(c *call, in *undoOrder) (none, error) {
			a, err := c.account(in.ID)
			if err != nil {
				return none{}, err
			}
			return did(links(c).DeleteAccount(c.ctx(), c.who(), a.Key, in.Body.Reason))
		})),
		on("listAbilities", "GET /abilities", "What can be done where: each connection in general, and its groups of a page", area, []string{"GET /connections/abilities"}, func(c *call, in *struct {
			Text     string `query:"text" maxLength:"200" doc:"part of a group's name"`
			Platform string `query:"platform" maxLength:"20"`
			paging
		}) (list[spot], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[spot]{}, err
			}
			rows, total, err := c.a.deps.Rooms.Wires.Matrix(c.ctx(), community.Scope{Org: c.User.Org, Groups: c.sees}, community.GroupFilter{Text: in.Text, Platform: community.Platform(in.Platform), Page: p})
			out := list[spot]{Items: mapped(rows, placeOf), Total: min(total, community.CountCap), More: total > community.CountCap}
			if n := p.Offset + p.Limit; n < total {
				out.Next = c.cursor(int64(n))
			}
			return out, err
		}),
		admin(on("listChores", "GET /connections/{id}/chores", "What an account can do besides acting in groups", area, []string{"GET /connections/{id}/chores"}, func(c *call, in *byID) (list[chore], error) {
			_, rows, err := c.chores(in.ID)
			return whole(rows, choreOf), err
		})),
		admin(on("getChore", "GET /connections/{id}/chores/{name}", "One chore and its arguments", area, []string{"GET /connections/{id}/chores/{name}"}, func(c *call, in *struct {
			byID
			Name string `path:"name" maxLength:"60"`
		}) (chore, error) {
			_, rows, err := c.chores(in.ID)
			for _, one := range rows {
				if one.Name == in.Name {
					return choreOf(one), nil
				}
			}
			if err == nil {
				err = community.Errorf(community.CodeNotFound, "chore %q: there is none", in.Name)
			}
			return chore{}, err
		})),
		admin(on("doChore", "POST /connections/{id}/chores/{name}", "Do a chore", area, []string{"POST /connections/{id}/chores/{name}"}, func(c *call, in *struct {
			byID
			Name string `path:"name" maxLength:"60"`
			Body struct {
				Args map[string]string `json:"arguments"`
				Maybe
			}
		}) (choreDone, error) {
			a, err := c.account(in.ID)
			if err != nil {
				return choreDone{}, err
			}
			raw, err := json.Marshal(in.Body.Args)
			if err != nil {
				return choreDone{}, err
			}
			out, err := links(c).DoChore(c.ctx(), c.who(), a.Key, in.Name, raw, in.Body.Reason)
			return choreDoneOf(out), spoken(err)
		})),
		admin(on("getDrift", "GET /connections/{id}/drift", "What differs between here and the platform, as it was read last", area, []string{"GET /connections/{id}/drift"}, getDrift)),
		admin(on("readDrift", "POST /connections/{id}/drift/read", "Ask for a new reading; it comes later", area, []string{"POST /connections/{id}/drift/read"}, func(c *call, in *byID) (none, error) {
			a, err := c.account(in.ID)
			if err != nil {
				return none{}, err
			}
			return did(spoken(room(c, c.a.deps.Rooms.Drifts).ReadSoon(c.ctx(), a.Key)))
		})),
		admin(on("settleDrift", "POST /connections/{id}/drift/{line}/{way}", "Settle a difference one way", area, []string{"POST /connections/{id}/drift/{line}/{way}"}, func(c *call, in *struct {
			byID
			Line community.ID `path:"line"`
			Way  string       `path:"way" enum:"take,push,ask"`
			Body Maybe
		}) (driftSettled, error) {
			a, err := c.account(in.ID)
			var said [2]string
			if err == nil {
				said, err = room(c, c.a.deps.Rooms.Drifts).Settle(c.ctx(), c.who(), a.Key, in.Line, drift.WayKind(in.Way), in.Body.Reason)
			}
			return driftSettled{tongues(said)}, spoken(err)
		})),
	}
}

// switchOrder switches something on or off.
type switchOrder struct {
	byID
	Body struct {
		On bool `json:"on"`
		Maybe
	}
}
