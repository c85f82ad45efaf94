package api

import (
	"slices"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
)

// member is one identity on one platform: in a group, or over all groups.
type member struct {
	ID       community.ID `json:"id"`
	Name     string       `json:"name"`
	Card     string       `json:"card" doc:"name in the group"`
	Platform string       `json:"platform"`
	External string       `json:"external_id" doc:"the platform's id"`
	Group    string       `json:"group" doc:"name of the group; empty = over all groups"`
	In       []string     `json:"in" doc:"over all groups: those they are in"`
	Role     string       `json:"role"`
	Mark     string       `json:"mark" doc:"what a person of ours said they are: bot, staff, member"`
	Joined   moment       `json:"joined_at"`
	Scene    string       `json:"scene"`
	Inviter  string       `json:"inviter"`
	Left     moment       `json:"left_at" doc:"null = still there"`
	Last     moment       `json:"last_word" doc:"null = never spoke"`
	Messages int64        `json:"messages"`
	Strikes  int          `json:"strikes" doc:"live ones"`
	Muted    moment       `json:"muted_until"`
	Tags     []string     `json:"tags"`
	Accounts int          `json:"accounts" doc:"how many the person is known by; 0 = only this one"`
}

func memberOf(m community.MemberRow) member {
	return member{m.ID, m.Name, m.Card, string(m.Platform), m.External, m.GroupName, list0(m.In), string(m.Role), string(m.Mark), moment(m.JoinedAt), m.Scene, m.Inviter, moment(m.LeftAt),
		moment(m.LastWord), m.Messages, m.Strikes, moment(m.MutedTill), list0(m.Tags), m.Accounts}
}

// memberFull is a member with what is on record about them.
type memberFull struct {
	ID       community.ID `json:"id"`
	Name     string       `json:"name"`
	Platform string       `json:"platform"`
	External string       `json:"external_id"`
	Bot      bool         `json:"bot"`
	Mark     string       `json:"mark"`
	Known    moment       `json:"known_since"`
	Groups   []member     `json:"groups" doc:"one row for each group they are or were in"`
	Stays    []stay       `json:"stays"`
	Names    []nameSpan   `json:"names"`
}

type stay struct {
	Group   string `json:"group"`
	Joined  moment `json:"joined_at"`
	Scene   string `json:"scene"`
	State   string `json:"state" doc:"the code's mark"`
	Inviter string `json:"inviter"`
	Left    moment `json:"left_at"`
	Reason  string `json:"left_reason"`
}

type nameSpan struct {
	Name string `json:"name"`
	From moment `json:"from"`
	To   moment `json:"to" doc:"null = still so"`
}

type memberQuery struct {
	Group   community.ID `query:"group" doc:"id of a group; without one there is a row for each member over all groups"`
	Text    string       `query:"text" maxLength:"200" doc:"part of any name, or the platform's id"`
	Present string       `query:"present" enum:"true,false" doc:"in the group now"`
	Never   bool         `query:"never_spoke"`
	Silent  moment       `query:"silent_since" doc:"last word before this time, or never"`
	Source  string       `query:"source" maxLength:"100" doc:"join scene or code"`
	paging
	sorting
}

func listMembers(c *call, in *memberQuery) (list[member], error) {
	p, err := c.page(in.paging, in.sorting)
	if err != nil {
		return list[member]{}, err
	}
	g, err := c.group(in.Group)
	if err != nil {
		return list[member]{}, err
	}
	f := community.MemberFilter{Group: g.Key, Tag: in.Tag, Text: in.Text, NeverSpoke: in.Never, SilentSince: int64(in.Silent), Source: in.Source, Page: p}
	if in.Present != "" {
		here := in.Present == "true"
		f.Present = &here
	}
	rows, total, err := c.desk.FindMembers(c.ctx(), f)
	if err == nil {
		err = c.mayCarryOff(p, total)
	}
	return listed(c, p, rows, total, memberOf), err
}

// mayCarryOff refuses a page beyond the rows of people that one person may carry out of the house alone, where a list has more
// of them: reading page after page would be the export for which the console wants a second person.
func (c *call) mayCarryOff(p community.Page, total int) error {
	rules, err := room(c, c.a.deps.Rooms.Bulks).Rules(c.ctx())
	if err != nil {
		return err
	}
	if soft := rules.Limits[bulk.Export].Soft; total > soft && p.Offset+p.Limit > soft {
		return community.Errorf(community.CodeForbidden, "%d rows of people, and you may carry off %d alone: ask for less (limit, filters), export them in the console with a second person, or have the limits changed", total, soft)
	}
	return nil
}

func getMember(c *call, in *byID) (memberFull, error) {
	m, err := c.desk.MemberByID(c.ctx(), in.ID)
	if err != nil {
		return memberFull{}, err
	}
	out := memberFull{ID: m.ID, Name: m.Name, Platform: string(m.Platform), External: m.External, Bot: m.Bot, Mark: string(m.Mark), Known: moment(m.Created)}
	rows, err := c.desk.Memberships(c.ctx(), m.Key)
	if err != nil {
		return out, err
	}
	stays, err := c.desk.Stays(c.ctx(), m.Key)
	if err != nil {
		return out, err
	}
	names, err := c.desk.Names(c.ctx(), m.Key)
	out.Groups = mapped(rows, memberOf)
	out.Stays = mapped(stays, func(s community.Stay) stay {
		return stay{s.GroupName, moment(s.JoinedAt), s.Scene, s.State, s.InviterName, moment(s.LeftAt), s.LeftReason}
	})
	out.Names = mapped(names, func(n community.NameSpan) nameSpan { return nameSpan{n.Name, moment(n.From), moment(n.To)} })
	return out, err
}

// there finds a member in a group they are in now. CodeConflict: they are not.
func (c *call) there(id, in community.ID) (community.Member, community.GroupRow, error) {
	m, err := c.desk.MemberByID(c.ctx(), id)
	if err != nil {
		return m, community.GroupRow{}, err
	}
	g, err := c.desk.GroupByID(c.ctx(), in)
	if err != nil {
		return m, g, err
	}
	rows, err := c.desk.Memberships(c.ctx(), m.Key)
	if err == nil && !slices.ContainsFunc(rows, func(r community.MemberRow) bool { return r.Group == g.Key && r.LeftAt == 0 }) {
		err = community.Errorf(community.CodeConflict, "%s is not in %s", m.Name, g.Name)
	}
	return m, g, err
}

// Where is the part of orders about a member that says in which group.
type Where struct {
	Group community.ID `json:"group" doc:"id of the group"`
	Because
}

type warnOrder struct {
	byID
	Body struct {
		Where
		Text string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

type muteOrder struct {
	byID
	Body struct {
		Where
		Seconds int64 `json:"seconds" minimum:"1" maximum:"2592000"`
	}
}

type unmuteOrder struct {
	byID
	Body struct{ Where }
}

type removeOrder struct {
	byID
	Body struct {
		Where
		Block bool `json:"block,omitempty" doc:"and refuse new requests"`
	}
}

type markOrder struct {
	byID
	Body struct {
		Mark string `json:"mark" enum:"bot,staff,member" doc:"member = neither"`
		Maybe
	}
}

func (c *call) toMember(id community.ID, w Where, a community.Action) (decided, error) {
	m, g, err := c.there(id, w.Group)
	if err != nil {
		return decided{}, err
	}
	a.Group, a.Target = g.Key, m.Key
	return c.act(w.Reason, a)
}

func memberLines() []line {
	area := community.AreaPeople
	return []line{
		on("listMembers", "GET /members", "Members", area, []string{"GET /members", "GET /members.csv"}, listMembers),
		on("getMember", "GET /members/{id}", "One member, with stays and names", area, []string{"GET /members/{id}"}, getMember),
		on("warnMember", "POST /members/{id}/warn", "Warn in the group", area, []string{"POST /members/{id}/warn"}, func(c *call, in *warnOrder) (decided, error) {
			return c.toMember(in.ID, in.Body.Where, community.Action{Verb: community.Send, Text: in.Body.Text, Mention: true})
		}),
		on("muteMember", "POST /members/{id}/mute", "Mute", area, []string{"POST /members/{id}/mute"}, func(c *call, in *muteOrder) (decided, error) {
			return c.toMember(in.ID, in.Body.Where, community.Action{Verb: community.Mute, Seconds: in.Body.Seconds})
		}),
		on("unmuteMember", "POST /members/{id}/unmute", "Let speak again", area, []string{"POST /members/{id}/unmute"}, func(c *call, in *unmuteOrder) (decided, error) {
			return c.toMember(in.ID, in.Body.Where, community.Action{Verb: community.Unmute})
		}),
		on("removeMember", "POST /members/{id}/remove", "Remove from a group", area, []string{"POST /members/{id}/remove"}, func(c *call, in *removeOrder) (decided, error) {
			return c.toMember(in.ID, in.Body.Where, community.Action{Verb: community.Remove, Block: in.Body.Block})
		}),
		admin(on("markMember", "POST /members/{id}/mark", "Say that a member is a bot, staff, or neither", area, []string{"POST /members/{id}/mark"}, func(c *call, in *markOrder) (none, error) {
			return did(c.hands.Mark(c.ctx(), c.who(), in.ID, community.Role(in.Body.Mark), in.Body.Reason))
		})),
		on("listRequests", "GET /requests", "Requests to be let in", area, []string{"GET /requests"}, listRequests),
		on("answerRequest", "POST /requests/{number}", "Let in, or refuse", area, []string{"POST /requests/{number}"}, answerRequest),
	}
}

// request is somebody who asks to be let in.
type request struct {
	Number   int64        `json:"number"`
	Group    community.ID `json:"group"`
	Called   string       `json:"group_name"`
	Member   community.ID `json:"member"`
	Name     string       `json:"name"`
	External string       `json:"external_id"`
	Text     string       `json:"text" doc:"what they wrote"`
	Asked    moment       `json:"asked_at"`
	Answer   string       `json:"answer" doc:"approved, refused, joined, handled, again; empty = it waits"`
	Answered moment       `json:"answered_at"`
}

type requestQuery struct {
	Group    community.ID `query:"group"`
	Answered bool         `query:"answered" doc:"those that are over"`
	paging
	sorting
}

func listRequests(c *call, in *requestQuery) (list[request], error) {
	p, err := c.page(in.paging, in.sorting)
	if err != nil {
		return list[request]{}, err
	}
	g, err := c.group(in.Group)
	if err != nil {
		return list[request]{}, err
	}
	rows, total, err := c.desk.FindJoins(c.ctx(), community.JoinFilter{Group: g.Key, Tag: in.Tag, Answered: in.Answered, Page: p})
	return listed(c, p, rows, total, func(q community.JoinRow) request {
		return request{q.Number, q.GroupID, q.GroupName, q.MemberID, q.Name, q.External, q.Text, moment(q.Asked), string(q.Answer), moment(q.Answered)}
	}), err
}

type requestAnswer struct {
	Number int64 `path:"number" minimum:"1"`
	Body   struct {
		Answer string `json:"answer" enum:"approve,refuse"`
		Text   string `json:"text,omitempty" maxLength:"500" doc:"what a refused applicant is told, Where the platform tells it"`
		Because
	}
}

func answerRequest(c *call, in *requestAnswer) (decided, error) {
	rows, _, err := c.desk.FindJoins(c.ctx(), community.JoinFilter{Number: in.Number, Page: community.Page{Limit: 1}})
	if err != nil {
		return decided{}, err
	}
	if len(rows) == 0 {
		return decided{}, community.Errorf(community.CodeNotFound, "request %d: not found", in.Number)
	}
	a, err := community.AnswerJoin(rows[0], in.Body.Answer == "refuse", in.Body.Text)
	if err != nil {
		return decided{}, err
	}
	return c.act(in.Body.Reason, a)
}
