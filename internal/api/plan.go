package api

import (
	"context"
	"maps"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// Plans keeps what is sent by plan.
type Plans interface {
	NewBroadcast(ctx context.Context, user string, b plan.Broadcast) (plan.Broadcast, error)
	Broadcasts(ctx context.Context, tag string, p community.Page) ([]plan.Broadcast, int, error)
	Broadcast(ctx context.Context, id community.ID) (plan.Broadcast, error)
	Targets(ctx context.Context, source community.ID, g community.GroupKey, p community.Page) ([]plan.Target, int, error)
	MoveBroadcast(ctx context.Context, user string, id community.ID, to plan.State, reason string) error
	Retry(ctx context.Context, user string, id community.ID, reason string) (int, error)
	Remind(ctx context.Context, user string, id community.ID) (reminded, enough int, err error)
	Override(ctx context.Context, user string, target community.ID, reason string) error
	SOPs(ctx context.Context, tag string) ([]plan.SOP, error)
	SOP(ctx context.Context, id community.ID) (plan.SOP, error)
	MoveSOP(ctx context.Context, user string, id community.ID, to plan.State, reason string) error
	AddToSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	RemoveFromSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	SOPGroups(ctx context.Context, id community.ID) ([]plan.Member, error)
	Estimate(ctx context.Context, b plan.Broadcast) (plan.Estimate, error)
	// KeepFile keeps a file that is to be sent.
	KeepFile(ctx context.Context, user, name string, data []byte) (plan.Piece, error)
	FileContent(ctx context.Context, id community.ID) (community.Medium, error)
	Limits(ctx context.Context) (plan.Limits, error)
	LinkRules(ctx context.Context) ([]plan.LinkRule, error)
	// SaveLinkRules changes the rules about links; nil = those of the program again.
	SaveLinkRules(ctx context.Context, user string, list []plan.LinkRule, reason string) error
	Steps
	SaveLimits(ctx context.Context, user string, l plan.Limits, reason string) error
}

// counts say how far what is sent by plan has come.
type counts struct {
	All     int `json:"all"`
	Waiting int `json:"waiting"`
	Blocked int `json:"blocked"`
	Sending int `json:"sending"`
	Person  int `json:"waiting_for_a_person"`
	Sent    int `json:"sent"`
	Failed  int `json:"failed"`
	NotSent int `json:"not_sent"`
}

func countsOf(c plan.Counts) counts {
	return counts{c.All, c.Waiting, c.Blocked, c.Sending, c.Person, c.Sent, c.Failed, c.NotSent}
}

// broadcast is a mass send.
type broadcast struct {
	ID      community.ID `json:"id"`
	Title   string       `json:"title"`
	Text    string       `json:"text"`
	Link    string       `json:"link"`
	Start   moment       `json:"start_at"`
	State   string       `json:"state" enum:"draft,scheduled,running,paused,cancelled,finished"`
	User    string       `json:"user"`
	Created moment       `json:"created_at"`
	Counts  counts       `json:"counts" doc:"its groups"`
}

func broadcastOf(b plan.Broadcast) broadcast {
	return broadcast{b.ID, b.Title, b.Text, b.Link.URL, moment(b.Start), string(b.State), b.User, moment(b.Created), countsOf(b.Counts)}
}

// target is what one group gets of a mass send.
type target struct {
	ID     community.ID `json:"id"`
	Group  community.ID `json:"group"`
	Called string       `json:"group_name"`
	Due    moment       `json:"due_at"`
	State  string       `json:"state" doc:"as it stands in its row; action and told say how it went on"`
	Action community.ID `json:"action"`
	Did    string       `json:"action_state"`
	Told   string       `json:"told" doc:"what the platform says of this group"`
	Detail string       `json:"detail"`
	Force  string       `json:"despite" doc:"a person lets it pass the guard, and why"`
}

func targetOf(t plan.Target) target {
	return target{t.ID, t.GroupID, t.GroupName, moment(t.Due), string(t.Kept), t.Action, string(t.Did), string(t.Told), t.Detail, t.Force}
}

type tagQuery struct {
	paging
	sorting
}

type newBroadcast struct {
	Body struct {
		Title    string         `json:"title" minLength:"1" maxLength:"100"`
		Text     string         `json:"text" minLength:"1" maxLength:"4000"`
		Link     string         `json:"link,omitempty" maxLength:"2000"`
		Groups   []community.ID `json:"groups,omitempty" maxItems:"1000" doc:"ids; with tags: those and these"`
		Tags     []string       `json:"tags,omitempty" maxItems:"50"`
		Platform string         `json:"platform,omitempty" maxLength:"20"`
		Start    moment         `json:"start_at,omitempty" doc:"null = now"`
		Despite  string         `json:"despite,omitempty" maxLength:"500" doc:"why it goes although the guard or the link check would stop it"`
	}
}

// broadcastAsked is the mass send that a call describes.
func (c *call) broadcastAsked(in *newBroadcast) (plan.Broadcast, error) {
	b := in.Body
	keys, err := c.groupKeys(b.Groups)
	return plan.Broadcast{Title: b.Title, Text: b.Text, Link: plan.Attached{URL: b.Link}, Start: int64(b.Start), Force: b.Despite,
		Filter: plan.Filter{Tags: b.Tags, Groups: keys, Platform: community.Platform(b.Platform)}}, err
}

func addBroadcast(c *call, in *newBroadcast) (broadcast, error) {
	b, err := c.broadcastAsked(in)
	if err != nil {
		return broadcast{}, err
	}
	made, err := room(c, c.a.deps.Rooms.Plans).NewBroadcast(c.ctx(), c.who(), b)
	return broadcastOf(made), err
}

func (c *call) broadcastNow(id community.ID, err error) (broadcast, error) {
	if err != nil {
		return broadcast{}, err
	}
	b, err := room(c, c.a.deps.Rooms.Plans).Broadcast(c.ctx(), id)
	return broadcastOf(b), err
}

type moveOrder struct {
	byID
	Body struct {
		State string `json:"state" enum:"running,paused,cancelled"`
		Maybe
	}
}

// sop is an SOP with its steps.
type sop struct {
	ID      community.ID `json:"id"`
	Name    string       `json:"name"`
	Version int          `json:"version"`
	State   string       `json:"state"`
	Groups  int          `json:"groups"`
	Steps   []sopStep    `json:"steps"`
	User    string       `json:"user"`
	Created moment       `json:"created_at"`
	Counts  counts       `json:"counts"`
}

type sopStep struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Day     int    `json:"day" doc:"0 = the day of entry"`
	Weekday int    `json:"weekday" doc:"1 = Monday"`
	Date    string `json:"date"`
	At      string `json:"at" doc:"HH:MM"`
	Text    string `json:"text"`
	Link    string `json:"link"`

	Library community.ID      `json:"library" doc:"the item of the library that it says, as that is then; empty = its own text"`
	Values  map[string]string `json:"values" doc:"of the item's variables"`
}

func sopOf(s plan.SOP) sop {
	return sop{s.ID, s.Name, s.Version, string(s.State), s.Groups, mapped(s.Steps, func(t plan.Step) sopStep {
		values := map[string]string{}
		maps.Copy(values, t.Values)
		return sopStep{t.ID, string(t.Kind), t.Day, t.Weekday, t.Date, t.At, t.Text, t.Link.URL, t.Library, values}
	}), s.User, moment(s.Created), countsOf(s.Counts)}
}

func (c *call) sopNow(id community.ID, err error) (sop, error) {
	if err != nil {
		return sop{}, err
	}
	s, err := room(c, c.a.deps.Rooms.Plans).SOP(c.ctx(), id)
	return sopOf(s), err
}

type sopGroup struct {
	Group   community.ID `json:"group"`
	Called  string       `json:"group_name"`
	Entered moment       `json:"entered_at"`
	Left    moment       `json:"left_at" doc:"null = it is in it"`
	Next    moment       `json:"next_at"`
	Counts  counts       `json:"counts"`
}

type sopEntry struct {
	byID
	Body struct {
		Group community.ID `json:"group"`
		Maybe
	}
}

type reminded struct {
	Reminded int `json:"reminded"`
	Enough   int `json:"reminded_before" doc:"not again: they were reminded often enough"`
}

type retried struct {
	Groups int `json:"groups"`
}

func planLines() []line {
	area := community.AreaContent
	return []line{
		on("listBroadcasts", "GET /broadcasts", "Mass sends", area, []string{"GET /broadcasts"}, func(c *call, in *tagQuery) (list[broadcast], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[broadcast]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Plans).Broadcasts(c.ctx(), in.Tag, p)
			return listed(c, p, rows, total, broadcastOf), err
		}),
		on("getBroadcast", "GET /broadcasts/{id}", "One mass send", area, []string{"GET /broadcasts/{id}"}, func(c *call, in *byID) (broadcast, error) { return c.broadcastNow(in.ID, nil) }),
		on("listBroadcastTargets", "GET /broadcasts/{id}/targets", "What each group gets of a mass send", area, []string{"GET /broadcasts/{id}"}, func(c *call, in *groupPaging) (list[target], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[target]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Plans).Targets(c.ctx(), in.ID, 0, p)
			return listed(c, p, rows, total, targetOf), err
		}),
		on("addBroadcast", "POST /broadcasts", "A new mass send", area, []string{"POST /broadcasts"}, addBroadcast),
		on("moveBroadcast", "POST /broadcasts/{id}/move", "Pause, resume or cancel a mass send", area, []string{"POST /broadcasts/{id}/move"}, func(c *call, in *moveOrder) (broadcast, error) {
			return c.broadcastNow(in.ID, room(c, c.a.deps.Rooms.Plans).MoveBroadcast(c.ctx(), c.who(), in.ID, plan.State(in.Body.State), in.Body.Reason))
		}),
		on("retryBroadcast", "POST /broadcasts/{id}/retry", "Try again where it failed", area, []string{"POST /broadcasts/{id}/retry"}, func(c *call, in *undoOrder) (retried, error) {
			n, err := room(c, c.a.deps.Rooms.Plans).Retry(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return retried{n}, err
		}),
		on("remindBroadcast", "POST /broadcasts/{id}/remind", "Remind those who have yet to confirm", area, []string{"POST /broadcasts/{id}/remind"}, func(c *call, in *byID) (reminded, error) {
			n, enough, err := room(c, c.a.deps.Rooms.Plans).Remind(c.ctx(), c.who(), in.ID)
			return reminded{n, enough}, err
		}),
		on("letTarget", "POST /broadcast-targets/{id}/let", "Let one group's send pass the guard", area, []string{"POST /broadcasts/targets/{id}/let"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Plans).Override(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("listSOPs", "GET /sops", "SOPs", area, []string{"GET /sops"}, func(c *call, in *struct {
			Tag string `query:"tag" maxLength:"100"`
		}) (list[sop], error) {
			rows, err := room(c, c.a.deps.Rooms.Plans).SOPs(c.ctx(), in.Tag)
			return whole(rows, sopOf), err
		}),
		on("getSOP", "GET /sops/{id}", "One SOP", area, []string{"GET /sops/{id}"}, func(c *call, in *byID) (sop, error) { return c.sopNow(in.ID, nil) }),
		on("listSOPGroups", "GET /sops/{id}/groups", "Groups in an SOP", area, []string{"GET /sops/{id}"}, func(c *call, in *byID) (list[sopGroup], error) {
			rows, err := room(c, c.a.deps.Rooms.Plans).SOPGroups(c.ctx(), in.ID)
			return whole(rows, func(m plan.Member) sopGroup {
				return sopGroup{m.GroupID, m.GroupName, moment(m.Entered), moment(m.Left), moment(m.Next), countsOf(m.Counts)}
			}), err
		}),
		on("moveSOP", "POST /sops/{id}/move", "Run, pause or cancel an SOP", area, []string{"POST /sops/{id}/move"}, func(c *call, in *moveOrder) (sop, error) {
			return c.sopNow(in.ID, room(c, c.a.deps.Rooms.Plans).MoveSOP(c.ctx(), c.who(), in.ID, plan.State(in.Body.State), in.Body.Reason))
		}),
		on("addToSOP", "POST /sops/{id}/groups", "Take a group into an SOP", area, []string{"POST /sops/{id}/groups"}, func(c *call, in *sopEntry) (sop, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.Body.Group)
			if err != nil {
				return sop{}, err
			}
			return c.sopNow(in.ID, room(c, c.a.deps.Rooms.Plans).AddToSOP(c.ctx(), c.who(), in.ID, g.Key, in.Body.Reason))
		}),
		on("removeFromSOP", "POST /sops/{id}/leave", "Take a group out of an SOP", area, []string{"POST /sops/{id}/leave"}, func(c *call, in *sopEntry) (sop, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.Body.Group)
			if err != nil {
				return sop{}, err
			}
			return c.sopNow(in.ID, room(c, c.a.deps.Rooms.Plans).RemoveFromSOP(c.ctx(), c.who(), in.ID, g.Key, in.Body.Reason))
		}),
		on("getSendLimits", "GET /send-limits", "Quiet hours and caps of what is sent by plan", area, []string{"GET /broadcasts/limits"}, func(c *call, _ *struct{}) (plan.Limits, error) {
			return room(c, c.a.deps.Rooms.Plans).Limits(c.ctx())
		}),
		admin(on("setSendLimits", "PUT /send-limits", "Change quiet hours and caps", area, []string{"POST /broadcasts/limits"}, func(c *call, in *struct {
			Body struct {
				Limits plan.Limits `json:"limits"`
				Aims
				LookAt community.ID `json:"look_at,omitempty" doc:"the group in which the figure is looked at: limits hold for all"`
				Maybe
			}
		}) (none, error) {
			g, err := c.group(in.Body.LookAt)
			if err != nil {
				return none{}, err
			}
			return did(room(c, c.a.deps.Rooms.Plans).SaveLimits(c.aimedAt(in.Body.Aims, g.Key), c.who(), in.Body.Limits, in.Body.Reason))
		})),
	}
}
