package api

import (
	"context"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
)

// Charters keeps the public page of a group's rules, and who agreed to them.
type Charters interface {
	Page(ctx context.Context, g community.GroupKey) (p community.CharterPage, address string, err error)
	SetPage(ctx context.Context, user string, g community.GroupKey, closed, another bool, reason string) (community.CharterPage, error)
	// Preview is the public page of a book that is not published, as HTML.
	Preview(ctx context.Context, g community.GroupKey, book json.RawMessage, lang string) ([]byte, error)
	Confirmations(ctx context.Context, f community.ConfirmationFilter) ([]community.ConfirmationRow, int, error)
	Confirm(ctx context.Context, user string, g community.GroupKey, member community.ID, note string) (int, error)
}

// Articles is how articles of an account are read.
type Articles interface {
	May(ctx context.Context, a community.AccountKey) error
	Days(ctx context.Context, a community.AccountKey, days int) ([]measure.ArticleSpan, error)
	List(ctx context.Context, a community.AccountKey, days int, p community.Page) ([]measure.ArticleRow, int, error)
	Read(ctx context.Context, a community.AccountKey) error
}

// Leads is who is likely to become active.
type Leads interface {
	Rule(ctx context.Context) (measure.LeadRuleVersion, error)
	SetRule(ctx context.Context, user string, r measure.LeadRule, note string) (measure.LeadRuleVersion, error)
	Mark(ctx context.Context, r measure.LeadRule) (measure.Leads, error)
	// EnterLines keeps signals, all or none; with faults nothing was entered.
	EnterLines(ctx context.Context, user string, lines []measure.SignalLine) (added, known, alone int, faults []measure.SignalFault, err error)
}

// Settings is what one sets for the whole organisation.
type Settings interface {
	PublicAbilities(ctx context.Context) (community.PublicAbilities, error)
	SetPublicAbilities(ctx context.Context, user string, set community.PublicAbilities, reason string) error
}

// charterPage is the public page of a group's rules.
type charterPage struct {
	Address string `json:"address" doc:"empty = nobody outside can read it"`
	Closed  moment `json:"closed_at" doc:"null = open"`
}

// confirmed is a member's word that they agree to the rules.
type confirmed struct {
	Member  community.ID `json:"member"`
	Name    string       `json:"name"`
	Version int          `json:"version"`
	Way     string       `json:"way"`
	At      moment       `json:"at"`
}

// settings is how an installation is set for an organisation.
type settings struct {
	Version string `json:"program_version"`
	Public  bool   `json:"public_abilities" doc:"a page shows what can be done in groups"`
	Names   bool   `json:"public_names" doc:"with the names of connections"`
}

type leadRule struct {
	Rule    measure.LeadRule `json:"rule"`
	Version int              `json:"version" doc:"0 = nobody wrote one"`
	Note    string           `json:"note"`
	At      moment           `json:"at"`
}

func leadRuleOf(v measure.LeadRuleVersion) leadRule {
	return leadRule{v.LeadRule, v.Version, v.Note, moment(v.At)}
}

func (c *call) charterNow(g community.GroupKey) (charterPage, error) {
	p, address, err := room(c, c.a.deps.Rooms.Charters).Page(c.ctx(), g)
	return charterPage{address, moment(p.Closed)}, err
}

func restLines() []line {
	order, content, insight, system, people := community.AreaOrder, community.AreaContent, community.AreaInsight, community.AreaSystem, community.AreaPeople
	charters := func(c *call) Charters { return room(c, c.a.deps.Rooms.Charters) }
	return []line{
		on("getCharterPage", "GET /groups/{id}/charter-page", "The public page of a group's rules", order, []string{"GET /rules/{id}/charter"}, inGroup(func(c *call, in *byID, g community.GroupRow) (charterPage, error) {
			return c.charterNow(g.Key)
		})),
		admin(on("setCharterPage", "PUT /groups/{id}/charter-page", "Open or shut the public page of a group's rules, or give it another address", order, []string{"POST /rules/{id}/charter/page"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Closed  bool `json:"closed"`
				Another bool `json:"another_address,omitempty"`
				Maybe
			}
		}, g community.GroupRow) (charterPage, error) {
			if _, err := charters(c).SetPage(c.ctx(), c.who(), g.Key, in.Body.Closed, in.Body.Another, in.Body.Reason); err != nil {
				return charterPage{}, err
			}
			return c.charterNow(g.Key)
		}))),
		on("listConfirmed", "GET /groups/{id}/confirmed", "Who agreed to a group's rules", order, []string{"GET /rules/{id}/confirmed"}, inGroup(func(c *call, in *struct {
			byID
			Version int  `query:"version" minimum:"0" doc:"0 = any"`
			Missing bool `query:"missing" doc:"those who did not instead"`
			paging
			sorting
		}, g community.GroupRow) (list[confirmed], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[confirmed]{}, err
			}
			rows, total, err := charters(c).Confirmations(c.ctx(), community.ConfirmationFilter{Group: g.Key, Version: in.Version, Missing: in.Missing, Page: p})
			return listed(c, p, rows, total, func(r community.ConfirmationRow) confirmed {
				return confirmed{r.MemberID, r.MemberName, r.Version, string(r.Way), moment(r.At)}
			}), err
		})),
		on("addConfirmed", "POST /groups/{id}/confirmed", "Note that a member told a person of ours that they agree", order, []string{"POST /rules/{id}/confirmed"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Member community.ID `json:"member"`
				Note   string       `json:"note" minLength:"1" maxLength:"500"`
			}
		}, g community.GroupRow) (struct {
			Version int `json:"version"`
		}, error) {
			n, err := charters(c).Confirm(c.ctx(), c.who(), g.Key, in.Body.Member, in.Body.Note)
			return struct {
				Version int `json:"version"`
			}{n}, err
		})),
		on("readArticles", "POST /connections/{id}/articles/read", "Ask the platform now how often articles were read", content, []string{"POST /articles/{id}/read"}, func(c *call, in *byID) (none, error) {
			a, err := c.account(in.ID)
			if err != nil {
				return none{}, err
			}
			return did(c.a.deps.Rooms.Articles(c.User.Org).Read(c.ctx(), a.Key))
		}),
		on("getConnection", "GET /connections/{id}", "One connection to a platform, and how it is", system, []string{"GET /connections/{id}"}, func(c *call, in *byID) (connection, error) {
			a, err := c.account(in.ID)
			return c.connectionOf(a), err
		}),
		on("getUser", "GET /users/{id}", "One of those who sign in", system, []string{"GET /users/{id}"}, func(c *call, in *byID) (user, error) {
			rows, err := c.a.deps.Rooms.Users.Users(c.ctx(), c.User.Org)
			for _, u := range rows {
				if u.ID == in.ID {
					return userOf(u), nil
				}
			}
			if err == nil {
				err = community.Errorf(community.CodeNotFound, "user %s: not found", in.ID)
			}
			return user{}, err
		}),
		on("getSettings", "GET /settings", "How the installation is set for the organisation", system, []string{"GET /settings"}, func(c *call, _ *struct{}) (settings, error) {
			set, err := c.settings().PublicAbilities(c.ctx())
			return settings{c.a.deps.Version, set.On, set.Names}, err
		}),
		admin(on("setPublicAbilities", "PUT /settings/abilities", "Show or hide the public page about abilities", system, []string{"POST /settings/abilities"}, func(c *call, in *struct {
			Body struct {
				On    bool `json:"on"`
				Names bool `json:"names"`
				Maybe
			}
		}) (none, error) {
			return did(c.settings().SetPublicAbilities(c.ctx(), c.who(), community.PublicAbilities{On: in.Body.On, Names: in.Body.Names}, in.Body.Reason))
		})),
		on("getLeadRule", "GET /lead-rule", "By what somebody counts as a lead", insight, []string{"GET /leads"}, func(c *call, _ *struct{}) (leadRule, error) {
			v, err := room(c, c.a.deps.Rooms.Leads).Rule(c.ctx())
			return leadRuleOf(v), err
		}),
		admin(on("setLeadRule", "PUT /lead-rule", "Change by what somebody counts as a lead", insight, []string{"POST /leads/rule"}, func(c *call, in *struct {
			Body struct {
				Rule measure.LeadRule `json:"rule"`
				Note string           `json:"note" minLength:"1" maxLength:"500"`
			}
		}) (leadRule, error) {
			v, err := room(c, c.a.deps.Rooms.Leads).SetRule(c.ctx(), c.who(), in.Body.Rule, in.Body.Note)
			return leadRuleOf(v), err
		})),
		on("addAdjustment", "POST /groups/{id}/adjustments", "Note a change and the figure that it should move", insight, []string{"POST /adjustments"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Kind  string  `json:"kind" minLength:"1" maxLength:"40"`
				What  string  `json:"what" minLength:"1" maxLength:"500"`
				Moves string  `json:"moves" enum:"speakers,messages,joins,leaves,answered"`
				Falls bool    `json:"falls,omitempty"`
				By    float64 `json:"moves_by,omitempty" minimum:"0" maximum:"100" doc:"by which share, 0.2 is a fifth; 0 = by any"`
				Days  int     `json:"review_days" minimum:"7" maximum:"180"`
			}
		}, g community.GroupRow) (adjustment, error) {
			today, err := room(c, c.a.deps.Rooms.Figures).Today(c.ctx(), g.Key)
			if err != nil {
				return adjustment{}, err
			}
			b := in.Body
			return c.adjustmentOf(room(c, c.a.deps.Rooms.Goals).AddAdjustment(c.ctx(), c.who(), measure.Adjustment{Group: g.Key, Kind: b.Kind, What: b.What, Metric: b.Moves, Down: b.Falls, By: b.By, Day: today, Review: today + measure.Day(b.Days)}))
		})),
		on("startPlaybook", "POST /groups/{id}/playbook", "Make a task of every step against a decline", insight, []string{"POST /stage/playbook"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Steps []string `json:"steps" minItems:"1" maxItems:"20"`
				Days  int      `json:"review_days" minimum:"7" maximum:"180"`
			}
		}, g community.GroupRow) (adjustment, error) {
			today, err := room(c, c.a.deps.Rooms.Figures).Today(c.ctx(), g.Key)
			if err != nil {
				return adjustment{}, err
			}
			return c.adjustmentOf(room(c, c.a.deps.Rooms.Goals).StartPlaybook(c.ctx(), c.who(), g.Key, in.Body.Steps, today+measure.Day(in.Body.Days)))
		})),
		admin(on("undoTemplate", "POST /groups/{id}/template/undo", "Take back what a template changed in a group", people, []string{"POST /groups/{id}/template/undo"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Began community.ID `json:"began" doc:"see listGroupTemplates"`
				Because
			}
		}, g community.GroupRow) (began, error) {
			foundings := room(c, c.a.deps.Rooms.Foundings)
			rows, err := foundings.GroupUses(c.ctx(), g.Key)
			if err != nil {
				return began{}, err
			}
			for _, r := range rows {
				if r.ID == in.Body.Began {
					return undone(foundings.Undo(c.ctx(), c.who(), r.ID, in.Body.Reason))
				}
			}
			return began{}, community.Errorf(community.CodeNotFound, "template of group %s: not found", g.ID)
		}))),
		on("tryHook", "POST /hooks/{id}/try", "What would come of an outside system's call, or send it", system, []string{"POST /hooks/{id}/try", "GET /hooks/{id}/try"}, func(c *call, in *struct {
			byID
			Body struct {
				Post community.Post `json:"post"`
				Send bool           `json:"send,omitempty"`
			}
		}) (community.Posted, error) {
			return room(c, c.a.deps.Rooms.Bots).TryHook(c.ctx(), in.ID, in.Body.Post, in.Body.Send)
		}),
		on("getWeekly", "GET /weekly-reports/{id}", "One order of the weekly report", insight, []string{"GET /weekly/{id}"}, func(c *call, in *byID) (weekly, error) {
			ids, err := c.groupIDs()
			if err != nil {
				return weekly{}, err
			}
			o, err := room(c, c.a.deps.Rooms.Weeklies).Order(c.ctx(), in.ID)
			return weeklyOf(ids, o), err
		}),
	}
}

func undone(r founding.Record, err error) (began, error) { return beganOf(r), err }

func (c *call) settings() Settings { return room(c, c.a.deps.Rooms.Settings) }

// account finds a connection; community.CodeNotFound.
func (c *call) account(id community.ID) (community.Account, error) {
	rows, err := c.desk.Accounts(c.ctx())
	for _, a := range rows {
		if a.ID == id {
			return a, nil
		}
	}
	if err == nil {
		err = community.Errorf(community.CodeNotFound, "connection %s: not found", id)
	}
	return community.Account{}, err
}
