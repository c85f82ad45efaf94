package api

import (
	"slices"

	"qunluo/internal/community"
)

// group is a chat group with its latest figures.
type group struct {
	ID         community.ID `json:"id"`
	Name       string       `json:"name"`
	Platform   string       `json:"platform"`
	External   string       `json:"external_id" doc:"the platform's id"`
	Mode       string       `json:"mode" enum:"observe,live" doc:"observe: every rule is in dry run"`
	Frozen     bool         `json:"frozen" doc:"automatic actions are held"`
	Zone       string       `json:"zone" doc:"days are cut here"`
	Main       string       `json:"main" doc:"name of its main group"`
	Keeper     string       `json:"keeper" doc:"id of the user who looks after it; empty = whoever is on duty"`
	Members    int          `json:"members"`
	Week       int64        `json:"messages_7d"`
	Speakers   int64        `json:"speakers_7d"`
	Last       moment       `json:"last_at" doc:"the last message"`
	Book       int          `json:"rulebook" doc:"version in force"`
	OpenTasks  int          `json:"open_tasks"`
	OpenReview int          `json:"open_review"`
	Tags       []string     `json:"tags"`
	Created    moment       `json:"created_at"`
}

func groupOf(g community.GroupRow) group {
	return group{g.ID, g.Name, string(g.Platform), g.External, string(g.Mode), g.Frozen, g.Zone, g.ParentName, g.Keeper, g.Members, g.Messages7, g.Speakers7, moment(g.LastAt), g.Book,
		g.OpenTasks, g.OpenReview, list0(g.Tags), moment(g.Created)}
}

// list0 is a list that JSON shows as one, empty or not.
func list0[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// byID is the input of operations about one thing.
type byID struct {
	ID community.ID `path:"id"`
}

func (p byID) about() community.ID { return p.ID }

// Because is the body of operations that need nothing but a reason.
type Because struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"stands in the audit trail"`
}

// Maybe is the body of operations where a reason may be given.
type Maybe struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"stands in the audit trail"`
}

// group finds the group that a filter names; the zero id is none.
func (c *call) group(id community.ID) (community.GroupRow, error) {
	if id.IsZero() {
		return community.GroupRow{}, nil
	}
	return c.desk.GroupByID(c.ctx(), id)
}

// inGroup makes an operation about the group that its path names; community.CodeNotFound: the caller sees none of that id.
func inGroup[In interface{ about() community.ID }, Out any](do func(*call, In, community.GroupRow) (Out, error)) func(*call, In) (Out, error) {
	return func(c *call, in In) (out Out, err error) {
		g, err := c.desk.GroupByID(c.ctx(), in.about())
		if err != nil {
			return out, err
		}
		return do(c, in, g)
	}
}

// groupKeys finds the keys of groups; nil = none are named.
func (c *call) groupKeys(ids []community.ID) ([]community.GroupKey, error) {
	var keys []community.GroupKey
	for _, id := range ids {
		g, err := c.desk.GroupByID(c.ctx(), id)
		if err != nil {
			return nil, err
		}
		keys = append(keys, g.Key)
	}
	return keys, nil
}

// groupIDs gives ids of groups by their keys, of those that the caller sees.
func (c *call) groupIDs() (func(community.GroupKey) community.ID, error) {
	ids := map[community.GroupKey]community.ID{}
	for page := 0; ; page++ {
		rows, _, err := c.desk.FindGroups(c.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: 200, Offset: page * 200}})
		if err != nil {
			return nil, err
		}
		for _, g := range rows {
			ids[g.Key] = g.ID
		}
		if len(rows) < 200 {
			return func(k community.GroupKey) community.ID { return ids[k] }, nil
		}
	}
}

type groupQuery struct {
	Text     string `query:"text" maxLength:"200" doc:"part of the name"`
	Platform string `query:"platform" maxLength:"20"`
	Mode     string `query:"mode" enum:"observe,live"`
	paging
	sorting
}

type modeOrder struct {
	byID
	Body struct {
		Mode string `json:"mode" enum:"observe,live"`
		Because
	}
}

type freezeOrder struct {
	byID
	Body struct {
		On bool `json:"on"`
		Because
	}
}

type groupChange struct {
	byID
	Body struct {
		Tags   *[]string     `json:"tags,omitempty" maxItems:"50"`
		Zone   *string       `json:"zone,omitempty" doc:"such as Asia/Shanghai"`
		Main   *community.ID `json:"main,omitempty" doc:"id of the main group; empty = none"`
		Keeper *string       `json:"keeper,omitempty" doc:"id of a user; empty = whoever is on duty"`
		Maybe
	}
}

type newGroup struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Platform string `json:"platform,omitempty" maxLength:"20" doc:"by default wechat"`
		Most     int64  `json:"most,omitempty" minimum:"0" maximum:"100000" doc:"how many members it holds; 0 = as is usual"`
		Maybe
	}
}

// decided is the answer of actions by hand: the decision that carries them. It can be undone at /decisions/{id}/undo.
type decided struct {
	Decision community.ID `json:"decision"`
}

func (c *call) act(reason string, a community.Action) (decided, error) {
	ids, err := c.hands.Act(c.ctx(), c.who(), []community.Action{a}, reason)
	if err != nil || len(ids) == 0 {
		return decided{}, err
	}
	return decided{ids[0]}, nil
}

type sendOrder struct {
	byID
	Body struct {
		Text   string `json:"text" minLength:"1" maxLength:"2000"`
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func groupLines() []line {
	return []line{
		on("listGroups", "GET /groups", "Groups", community.AreaPeople, []string{"GET /groups", "GET /groups.csv"}, func(c *call, in *groupQuery) (list[group], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[group]{}, err
			}
			rows, total, err := c.desk.FindGroups(c.ctx(), community.GroupFilter{Text: in.Text, Tag: in.Tag, Platform: community.Platform(in.Platform), Mode: community.Mode(in.Mode), Page: p})
			return listed(c, p, rows, total, groupOf), err
		}),
		on("getGroup", "GET /groups/{id}", "One group", community.AreaPeople, []string{"GET /groups/{id}"}, func(c *call, in *byID) (group, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.ID)
			return groupOf(g), err
		}),
		on("listTags", "GET /tags", "Tags of groups", community.AreaPeople, []string{"GET /groups"}, func(c *call, _ *struct{}) (list[string], error) {
			tags, err := c.desk.Tags(c.ctx())
			return whole(tags, func(t string) string { return t }), err
		}),
		admin(on("addGroup", "POST /groups", "A group that people bring by hand", community.AreaPeople, []string{"POST /groups/new"}, addGroup)),
		admin(on("changeGroup", "PATCH /groups/{id}", "Tags, zone, main group and keeper", community.AreaPeople, []string{"POST /groups/{id}/settings"}, changeGroup)),
		admin(on("setGroupMode", "POST /groups/{id}/mode", "Observe, or act", community.AreaPeople, []string{"POST /groups/{id}/mode"}, inGroup(func(c *call, in *modeOrder, g community.GroupRow) (none, error) {
			return did(c.hands.SetMode(c.ctx(), c.who(), g.Key, community.Mode(in.Body.Mode), in.Body.Reason))
		}))),
		on("freezeGroup", "POST /groups/{id}/freeze", "Hold automatic actions in a group, or let them go", community.AreaPeople, []string{"POST /groups/{id}/freeze"}, inGroup(func(c *call, in *freezeOrder, g community.GroupRow) (none, error) {
			return did(c.hands.Freeze(c.ctx(), c.who(), g.Key, in.Body.On, in.Body.Reason))
		})),
		on("sendToGroup", "POST /groups/{id}/send", "Say something in a group", community.AreaPeople, []string{"POST /groups/{id}/send"}, inGroup(func(c *call, in *sendOrder, g community.GroupRow) (decided, error) {
			return c.act(in.Body.Reason, community.Action{Verb: community.Send, Group: g.Key, Text: in.Body.Text})
		})),
		on("freezeAll", "POST /freeze", "Hold automatic actions everywhere, or let them go", community.AreaOrder, []string{"POST /freeze"}, func(c *call, in *struct {
			Body struct {
				On bool `json:"on"`
				Because
			}
		}) (none, error) {
			return did(c.hands.Freeze(c.ctx(), c.who(), 0, in.Body.On, in.Body.Reason))
		}),
	}
}

func addGroup(c *call, in *newGroup) (group, error) {
	made, err := c.hands.AddGroup(c.ctx(), c.who(), community.Group{Name: in.Body.Name, Platform: community.Platform(in.Body.Platform)}, in.Body.Most, in.Body.Reason)
	if err != nil {
		return group{}, err
	}
	g, err := c.desk.GroupByID(c.ctx(), made.ID)
	return groupOf(g), err
}

func changeGroup(c *call, in *groupChange) (group, error) {
	g, err := c.desk.GroupByID(c.ctx(), in.ID)
	if err != nil {
		return group{}, err
	}
	next, b := g.Group, in.Body
	if b.Tags != nil {
		next.Tags = slices.Clone(*b.Tags)
	}
	if b.Zone != nil {
		next.Zone = *b.Zone
	}
	if b.Main != nil {
		main, err := c.group(*b.Main)
		if err != nil {
			return group{}, err
		}
		next.Parent = main.Key
	}
	if b.Keeper != nil {
		next.Keeper = *b.Keeper
	}
	if err := c.hands.SetGroup(c.ctx(), c.who(), next, b.Reason); err != nil {
		return group{}, err
	}
	g, err = c.desk.GroupByID(c.ctx(), in.ID)
	return groupOf(g), err
}
