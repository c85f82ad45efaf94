package api

import (
	"context"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/replay"
)

// Appeals keeps what members wrote against decisions.
type Appeals interface {
	Find(ctx context.Context, f community.AppealFilter) ([]community.AppealRow, int, error)
	ByID(ctx context.Context, id community.ID) (community.AppealRow, error)
	Rules(ctx context.Context) (community.AppealRules, error)
	SetRules(ctx context.Context, user string, rules community.AppealRules, reason string) error
	Decide(ctx context.Context, user string, id community.ID, overturn bool, answer, despite string) error
}

// Reports keeps members' reports.
type Reports interface {
	Find(ctx context.Context, f community.ReportFilter) ([]community.ReportRow, int, error)
	ByID(ctx context.Context, id community.ID) (community.ReportRow, error)
	Settle(ctx context.Context, user string, id community.ID, end community.ReportEnd) (community.ReportRow, error)
	Give(ctx context.Context, user string, o community.ReportOrder) (community.ReportRow, error)
}

// Bulks is the guard over what touches many at once.
type Bulks interface {
	Rules(ctx context.Context) (bulk.Rules, error)
	SetRules(ctx context.Context, user string, r bulk.Rules, reason string) error
	List(ctx context.Context, state bulk.State, page community.Page) ([]bulk.Proposal, int, error)
	ByID(ctx context.Context, id community.ID) (bulk.Proposal, error)
	Items(ctx context.Context, id community.ID, state string, after, most int) ([]bulk.Item, error)
	Decide(ctx context.Context, user string, id community.ID, yes bool, answer string) (bulk.Proposal, error)
	Preview(ctx context.Context, user string, o bulk.Order) (bulk.Preview, error)
	Propose(ctx context.Context, user string, o bulk.Order, reason string) (bulk.Proposal, error)
	Cancel(ctx context.Context, user string, id community.ID, reason string) (bulk.Proposal, error)
	Undo(ctx context.Context, user string, id community.ID, reason string) (bulk.Proposal, error)
}

// Duty is who is on duty and what wakes them.
type Duty interface {
	Alarms(ctx context.Context, open bool, tag string, p community.Page) ([]duty.Alarm, int, error)
	Alarm(ctx context.Context, id community.ID) (duty.Alarm, error)
	Ack(ctx context.Context, user string, id community.ID) error
	HandOn(ctx context.Context, user string, id community.ID, reason string) error
	Finish(ctx context.Context, user string, id community.ID, reason string) error
	FalseAlarm(ctx context.Context, user string, id community.ID, reason string) error
	TaskHandOn(ctx context.Context, user string, task community.ID, reason string) error
	Notes(ctx context.Context, n int) ([]duty.Note, error)
	AddNote(ctx context.Context, user, text string) (duty.Note, error)
	Roster(ctx context.Context) (duty.Roster, error)
	DutyPlan
}

// Shields is what holds raids off.
type Shields interface {
	Of(ctx context.Context, g community.GroupKey) ([]community.Shield, error)
	On(ctx context.Context, user string, g community.GroupKey, until int64, reason string) (community.Shield, error)
	Off(ctx context.Context, user string, g community.GroupKey, reason string) (community.Shield, error)
}

// Cases keeps labelled cases.
type Cases interface {
	Find(ctx context.Context, f community.CaseFilter) ([]community.CaseRow, int, error)
	Add(ctx context.Context, user string, one community.Case) (community.Case, error)
	Remove(ctx context.Context, user string, id community.ID, reason string) error
}

// Suggests keeps suggested changes of rulebooks.
type Suggests interface {
	Find(ctx context.Context, g community.GroupKey, state string, p community.Page) ([]replay.Suggestion, int, error)
	Apply(ctx context.Context, user string, id community.ID, reason, despite string) (int, error)
	Dismiss(ctx context.Context, user string, id community.ID, reason string) error
	Weighs
}

// appeal is what a member wrote against a decision.
type appeal struct {
	ID         community.ID `json:"id"`
	State      string       `json:"state" enum:"open,upheld,overturned"`
	Created    moment       `json:"created_at"`
	Due        moment       `json:"due_at"`
	Decided    moment       `json:"decided_at"`
	By         string       `json:"decided_by"`
	Answer     string       `json:"answer" doc:"to the member"`
	About      decision     `json:"about"`
	Statements []statement  `json:"statements"`
}

type statement struct {
	At   moment `json:"at"`
	Text string `json:"text" doc:"empty = erased"`
}

func appealOf(a community.AppealRow) appeal {
	return appeal{a.ID, string(a.State), moment(a.Created), moment(a.Due), moment(a.Decided), a.DecidedBy, a.Answer, decisionOf(a.About),
		mapped(a.Statements, func(s community.Statement) statement { return statement{moment(s.At), s.Text} })}
}

type appealQuery struct {
	Group community.ID `query:"group"`
	State string       `query:"state" enum:"open,upheld,overturned"`
	paging
	sorting
}

type appealVerdict struct {
	byID
	Body struct {
		Overturn bool   `json:"overturn" doc:"true = the decision is taken back"`
		Answer   string `json:"answer" minLength:"1" maxLength:"2000" doc:"to the member"`
		Despite  string `json:"despite,omitempty" maxLength:"500" doc:"why you decide although you acted in it and nobody else can"`
	}
}

// report is a case of members' reports.
type report struct {
	ID       community.ID `json:"id"`
	State    string       `json:"state"`
	Kind     string       `json:"kind"`
	Group    community.ID `json:"group"`
	Called   string       `json:"group_name"`
	Member   community.ID `json:"member"`
	Name     string       `json:"member_name"`
	Event    int64        `json:"event"`
	Text     string       `json:"text"`
	Count    int          `json:"reports"`
	Opened   moment       `json:"opened_at"`
	Last     moment       `json:"last_at"`
	Flags    []string     `json:"flags"`
	Settled  moment       `json:"settled_at"`
	By       string       `json:"settled_by"`
	Answer   string       `json:"answer"`
	Decision community.ID `json:"decision"`
}

func reportOf(r community.ReportRow) report {
	return report{r.ID, string(r.State), string(r.Kind), r.GroupID, r.GroupName, r.MemberID, r.MemberName, r.Event, r.Message.Text, r.Count, moment(r.Opened), moment(r.Last), list0(r.Flags), moment(r.Settled), r.SettledBy,
		r.Answer, r.Decision}
}

type reportQuery struct {
	Group   community.ID `query:"group"`
	Member  community.ID `query:"member"`
	State   string       `query:"state" maxLength:"20"`
	Kind    string       `query:"kind" maxLength:"20"`
	Waiting bool         `query:"waiting" doc:"neither upheld nor dismissed"`
	paging
	sorting
}

type reportEnd struct {
	byID
	Body struct {
		Upheld bool   `json:"upheld"`
		Strike bool   `json:"strike,omitempty" doc:"with upheld: the author gets a strike"`
		Rule   string `json:"rule,omitempty" maxLength:"100"`
		Words  string `json:"words,omitempty" maxLength:"1000" doc:"to the reporters"`
	}
}

// alarm wakes whoever is on duty.
type alarm struct {
	ID      community.ID `json:"id"`
	Kind    string       `json:"kind"`
	Subject string       `json:"subject"`
	Detail  string       `json:"detail"`
	State   string       `json:"state"`
	Holder  string       `json:"holder" doc:"id of who took it"`
	Opened  moment       `json:"opened_at"`
	Due     moment       `json:"due_at"`
	Ended   moment       `json:"ended_at"`
}

func alarmOf(a duty.Alarm) alarm {
	return alarm{a.ID, a.Kind, a.Subject, a.Detail, string(a.State), a.Holder, moment(a.Opened), moment(a.Due), moment(a.Ended)}
}

func (c *call) alarmNow(id community.ID, err error) (alarm, error) {
	if err != nil {
		return alarm{}, err
	}
	a, err := room(c, c.a.deps.Rooms.Duty).Alarm(c.ctx(), id)
	return alarmOf(a), err
}

type note struct {
	ID   community.ID `json:"id"`
	At   moment       `json:"at"`
	User string       `json:"user"`
	Text string       `json:"text"`
}

func noteOf(n duty.Note) note { return note{n.ID, moment(n.At), n.User, n.Text} }

// shield holds a raid off.
type shield struct {
	ID      community.ID `json:"id"`
	On      bool         `json:"on"`
	User    string       `json:"user"`
	Reason  string       `json:"reason"`
	Began   moment       `json:"began_at"`
	Until   moment       `json:"until" doc:"null = until somebody switches it off"`
	Ended   moment       `json:"ended_at"`
	EndedBy string       `json:"ended_by"`
	Task    community.ID `json:"task" doc:"by which a person was asked for what no connection can set"`
}

func shieldOf(s community.Shield) shield {
	return shield{s.ID, s.On, s.User, s.Reason, moment(s.Began), moment(s.Until), moment(s.Ended), s.EndedBy, s.Task}
}

type shieldOrder struct {
	byID
	Body struct {
		On    bool   `json:"on"`
		Until moment `json:"until,omitempty"`
		Because
	}
}

// labelled is a labelled case.
type labelled struct {
	ID     community.ID `json:"id"`
	Group  community.ID `json:"group"`
	Called string       `json:"group_name"`
	Event  int64        `json:"event"`
	Text   string       `json:"text"`
	Wide   bool         `json:"wide" doc:"it holds for every group"`
	Want   string       `json:"want"`
	Rule   string       `json:"rule"`
	User   string       `json:"user"`
	At     moment       `json:"at"`
	Why    string       `json:"why"`
}

type caseQuery struct {
	Group community.ID `query:"group"`
	paging
	sorting
}

// suggestion is a suggested change of a rulebook.
type suggestion struct {
	ID      community.ID `json:"id"`
	State   string       `json:"state"`
	At      moment       `json:"at"`
	Seen    moment       `json:"seen_at"`
	Book    int          `json:"rulebook" doc:"version it was weighed against"`
	User    string       `json:"user" doc:"who applied or dismissed it"`
	Ended   moment       `json:"ended_at"`
	Reason  string       `json:"reason"`
	Version int          `json:"version" doc:"by which it came into force"`
}

func suggestionOf(s replay.Suggestion) suggestion {
	return suggestion{s.ID, s.State, moment(s.At), moment(s.Seen), s.Book, s.User, moment(s.Ended), s.Reason, s.Version}
}

type suggestQuery struct {
	Group community.ID `query:"group" required:"true"`
	State string       `query:"state" maxLength:"20"`
	paging
	sorting
}

// proposal is something that touches many, and what became of it.
type proposal struct {
	ID      community.ID `json:"id"`
	Kind    string       `json:"kind"`
	State   string       `json:"state"`
	User    string       `json:"user" doc:"who wants it"`
	Reason  string       `json:"reason"`
	Total   int          `json:"total"`
	People  int64        `json:"people"`
	Second  bool         `json:"second" doc:"it needed a second person"`
	Created moment       `json:"created_at"`
	Expires moment       `json:"expires_at"`
	Decided moment       `json:"decided_at"`
	Decider string       `json:"decider"`
	Answer  string       `json:"answer"`
	Starts  moment       `json:"starts_at"`
	Began   moment       `json:"began_at"`
	Ended   moment       `json:"ended_at"`
	EndedBy string       `json:"ended_by"`
	Note    string       `json:"note"`
}

func proposalOf(p bulk.Proposal) proposal {
	return proposal{p.ID, string(p.Kind), string(p.State), p.User, p.Reason, p.Total, p.People, p.Second, moment(p.Created), moment(p.Expires), moment(p.Decided), p.Decider, p.Answer, moment(p.Starts), moment(p.Began),
		moment(p.Ended), p.EndedBy, p.Note}
}

func proposed(p bulk.Proposal, err error) (proposal, error) { return proposalOf(p), err }

// touched is one of those whom a proposal touches.
type touched struct {
	N        int          `json:"n"`
	Member   community.ID `json:"member"`
	Name     string       `json:"name"`
	Group    string       `json:"group_name"`
	State    string       `json:"state" enum:"planned,done,left_out,failed,undone,kept"`
	Why      string       `json:"why"`
	Decision community.ID `json:"decision"`
	At       moment       `json:"at"`
}

func itemOf(i bulk.Item) touched {
	return touched{i.N, i.MemberID, i.Name, i.InGroup, i.State, i.Why, i.Decision, moment(i.At)}
}

type itemQuery struct {
	byID
	State string `query:"state" enum:"planned,done,left_out,failed,undone,kept"`
	After int    `query:"after" minimum:"0" doc:"n of the last one read"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type answerOrder struct {
	byID
	Body struct {
		Answer string `json:"answer,omitempty" maxLength:"500"`
	}
}

func justiceLines() []line {
	area := community.AreaOrder
	return []line{
		on("listAppeals", "GET /appeals", "Appeals", area, []string{"GET /appeals"}, func(c *call, in *appealQuery) (list[appeal], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[appeal]{}, err
			}
			g, err := c.group(in.Group)
			if err != nil {
				return list[appeal]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Appeals).Find(c.ctx(), community.AppealFilter{Group: g.Key, State: community.AppealState(in.State), Page: p})
			return listed(c, p, rows, total, appealOf), err
		}),
		on("getAppeal", "GET /appeals/{id}", "One appeal", area, []string{"GET /appeals/{id}"}, func(c *call, in *byID) (appeal, error) {
			a, err := room(c, c.a.deps.Rooms.Appeals).ByID(c.ctx(), in.ID)
			return appealOf(a), err
		}),
		on("decideAppeal", "POST /appeals/{id}/decide", "Decide an appeal", area, []string{"POST /appeals/{id}/decide"}, func(c *call, in *appealVerdict) (appeal, error) {
			rooms := room(c, c.a.deps.Rooms.Appeals)
			if err := rooms.Decide(c.ctx(), c.who(), in.ID, in.Body.Overturn, in.Body.Answer, in.Body.Despite); err != nil {
				return appeal{}, err
			}
			a, err := rooms.ByID(c.ctx(), in.ID)
			return appealOf(a), err
		}),
		on("getAppealRules", "GET /appeal-rules", "Rules of appeals", area, []string{"GET /appeals"}, func(c *call, _ *struct{}) (community.AppealRules, error) {
			return room(c, c.a.deps.Rooms.Appeals).Rules(c.ctx())
		}),
		admin(on("setAppealRules", "PUT /appeal-rules", "Change the rules of appeals", area, []string{"POST /appeals/rules"}, func(c *call, in *struct {
			Body struct {
				Rules community.AppealRules `json:"rules"`
				Maybe
			}
		}) (none, error) {
			return did(room(c, c.a.deps.Rooms.Appeals).SetRules(c.ctx(), c.who(), in.Body.Rules, in.Body.Reason))
		})),
		on("listReports", "GET /reports", "Members' reports", area, []string{"GET /reports", "GET /reports.csv"}, func(c *call, in *reportQuery) (list[report], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[report]{}, err
			}
			g, m, err := c.placed(in.Group, in.Member)
			if err != nil {
				return list[report]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Reports).Find(c.ctx(), community.ReportFilter{Group: g, Member: m, State: community.ReportState(in.State), Kind: community.ReportKind(in.Kind), Waiting: in.Waiting, Page: p})
			return listed(c, p, rows, total, reportOf), err
		}),
		on("getReport", "GET /reports/{id}", "One case of reports", area, []string{"GET /reports/{id}"}, func(c *call, in *byID) (report, error) {
			r, err := room(c, c.a.deps.Rooms.Reports).ByID(c.ctx(), in.ID)
			return reportOf(r), err
		}),
		on("settleReport", "POST /reports/{id}/settle", "End a case of reports", area, []string{"POST /reports/{id}/settle"}, func(c *call, in *reportEnd) (report, error) {
			r, err := room(c, c.a.deps.Rooms.Reports).Settle(c.ctx(), c.who(), in.ID, community.ReportEnd{Upheld: in.Body.Upheld, Strike: in.Body.Strike, Rule: in.Body.Rule, Words: in.Body.Words})
			return reportOf(r), err
		}),
		on("listAlarms", "GET /alarms", "Alarms", area, []string{"GET /duty"}, func(c *call, in *struct {
			Open bool `query:"open"`
			paging
			sorting
		}) (list[alarm], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[alarm]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Duty).Alarms(c.ctx(), in.Open, in.Tag, p)
			return listed(c, p, rows, total, alarmOf), err
		}),
		on("getAlarm", "GET /alarms/{id}", "One alarm", area, []string{"GET /duty/alarms/{id}"}, func(c *call, in *byID) (alarm, error) { return c.alarmNow(in.ID, nil) }),
		on("ackAlarm", "POST /alarms/{id}/ack", "Take an alarm", area, []string{"POST /duty/alarms/{id}/ack", "POST /m/alarms/{id}/{step}"}, func(c *call, in *byID) (alarm, error) {
			return c.alarmNow(in.ID, room(c, c.a.deps.Rooms.Duty).Ack(c.ctx(), c.who(), in.ID))
		}),
		on("handOnAlarm", "POST /alarms/{id}/hand-on", "Hand an alarm on to whoever is next", area, []string{"POST /duty/alarms/{id}/hand-on"}, func(c *call, in *undoOrder) (alarm, error) {
			return c.alarmNow(in.ID, room(c, c.a.deps.Rooms.Duty).HandOn(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("finishAlarm", "POST /alarms/{id}/finish", "Say that an alarm is over", area, []string{"POST /duty/alarms/{id}/finish"}, func(c *call, in *undoOrder) (alarm, error) {
			return c.alarmNow(in.ID, room(c, c.a.deps.Rooms.Duty).Finish(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("handOnTask", "POST /tasks/{id}/hand-on", "Hand a task on", area, []string{"POST /inbox/{id}/hand-on"}, func(c *call, in *undoOrder) (task, error) {
			return c.taskNow(in.ID, room(c, c.a.deps.Rooms.Duty).TaskHandOn(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("listDutyNotes", "GET /duty/notes", "The last notes for whoever comes next", area, []string{"GET /duty"}, func(c *call, in *struct {
			Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
		}) (list[note], error) {
			rows, err := room(c, c.a.deps.Rooms.Duty).Notes(c.ctx(), in.Limit)
			return whole(rows, noteOf), err
		}),
		on("addDutyNote", "POST /duty/notes", "Leave a note for whoever comes next", area, []string{"POST /duty/notes", "POST /m/notes"}, func(c *call, in *struct {
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"2000"`
			}
		}) (note, error) {
			n, err := room(c, c.a.deps.Rooms.Duty).AddNote(c.ctx(), c.who(), in.Body.Text)
			return noteOf(n), err
		}),
		on("listShields", "GET /groups/{id}/shields", "Shields of a group, newest first", area, []string{"GET /groups/{id}/shield"}, inGroup(func(c *call, in *byID, g community.GroupRow) (list[shield], error) {
			rows, err := room(c, c.a.deps.Rooms.Shields).Of(c.ctx(), g.Key)
			return whole(rows, shieldOf), err
		})),
		on("setShield", "POST /groups/{id}/shield", "Switch a group's shield on or off", area, []string{"POST /groups/{id}/shield"}, inGroup(func(c *call, in *shieldOrder, g community.GroupRow) (shield, error) {
			rooms := room(c, c.a.deps.Rooms.Shields)
			if in.Body.On {
				s, err := rooms.On(c.ctx(), c.who(), g.Key, int64(in.Body.Until), in.Body.Reason)
				return shieldOf(s), err
			}
			s, err := rooms.Off(c.ctx(), c.who(), g.Key, in.Body.Reason)
			return shieldOf(s), err
		})),
		on("listCases", "GET /cases", "Labelled cases", area, []string{"GET /cases"}, func(c *call, in *caseQuery) (list[labelled], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[labelled]{}, err
			}
			g, err := c.group(in.Group)
			if err != nil {
				return list[labelled]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Cases).Find(c.ctx(), community.CaseFilter{Group: g.Key, Page: p})
			return listed(c, p, rows, total, func(r community.CaseRow) labelled {
				return labelled{r.ID, r.GroupID, r.GroupName, r.Event, r.Message.Text, r.Wide, string(r.Want), r.Rule, r.User, moment(r.At), r.Why}
			}), err
		}),
		on("removeCase", "POST /cases/{id}/remove", "Take a labelled case out", area, []string{"POST /cases/{id}/remove"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Cases).Remove(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("listSuggestions", "GET /suggestions", "Suggested changes of a group's rulebook", area, []string{"GET /suggestions"}, func(c *call, in *suggestQuery) (list[suggestion], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[suggestion]{}, err
			}
			g, err := c.group(in.Group)
			if err != nil {
				return list[suggestion]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Suggests).Find(c.ctx(), g.Key, in.State, p)
			return listed(c, p, rows, total, suggestionOf), err
		}),
		admin(on("applySuggestion", "POST /suggestions/{id}/apply", "Publish a suggested change", area, []string{"POST /suggestions/{id}/apply"}, func(c *call, in *struct {
			byID
			Body struct {
				Despite string `json:"despite,omitempty" maxLength:"500" doc:"why, although labelled cases break by it"`
				Aims
				Because
			}
		}) (version, error) {
			v, err := room(c, c.a.deps.Rooms.Suggests).Apply(c.aimed(in.Body.Aims), c.who(), in.ID, in.Body.Reason, in.Body.Despite)
			return version{v}, err
		})),
		on("dismissSuggestion", "POST /suggestions/{id}/dismiss", "Dismiss a suggested change", area, []string{"POST /suggestions/{id}/dismiss"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Suggests).Dismiss(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("listProposals", "GET /proposals", "What touches many and waits for a second person, or did", area, []string{"GET /bulk"}, func(c *call, in *struct {
			State string `query:"state" maxLength:"20"`
			paging
			sorting
		}) (list[proposal], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[proposal]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Bulks).List(c.ctx(), bulk.State(in.State), p)
			return listed(c, p, rows, total, proposalOf), err
		}),
		on("getProposal", "GET /proposals/{id}", "One proposal", area, []string{"GET /bulk/{id}"}, func(c *call, in *byID) (proposal, error) {
			return proposed(room(c, c.a.deps.Rooms.Bulks).ByID(c.ctx(), in.ID))
		}),
		on("listProposalItems", "GET /proposals/{id}/items", "Whom a proposal touches", area, []string{"GET /bulk/{id}"}, func(c *call, in *itemQuery) (list[touched], error) {
			rows, err := room(c, c.a.deps.Rooms.Bulks).Items(c.ctx(), in.ID, in.State, in.After, in.Limit)
			out := whole(rows, itemOf)
			out.Total = -1
			return out, err
		}),
		on("approveProposal", "POST /proposals/{id}/approve", "Agree as the second person", area, []string{"POST /bulk/{id}/approve"}, func(c *call, in *answerOrder) (proposal, error) {
			return proposed(room(c, c.a.deps.Rooms.Bulks).Decide(c.ctx(), c.who(), in.ID, true, in.Body.Answer))
		}),
		on("refuseProposal", "POST /proposals/{id}/refuse", "Refuse as the second person", area, []string{"POST /bulk/{id}/refuse"}, func(c *call, in *answerOrder) (proposal, error) {
			return proposed(room(c, c.a.deps.Rooms.Bulks).Decide(c.ctx(), c.who(), in.ID, false, in.Body.Answer))
		}),
		on("cancelProposal", "POST /proposals/{id}/cancel", "Call off what has not begun, stop what has", area, []string{"POST /bulk/{id}/cancel"}, func(c *call, in *undoOrder) (proposal, error) {
			return proposed(room(c, c.a.deps.Rooms.Bulks).Cancel(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("undoProposal", "POST /proposals/{id}/undo", "Take back what a proposal did", area, []string{"POST /bulk/{id}/undo"}, func(c *call, in *undoOrder) (proposal, error) {
			return proposed(room(c, c.a.deps.Rooms.Bulks).Undo(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("getBulkRules", "GET /bulk-rules", "How many one person may touch alone", area, []string{"GET /bulk/rules"}, func(c *call, _ *struct{}) (bulk.Rules, error) {
			return room(c, c.a.deps.Rooms.Bulks).Rules(c.ctx())
		}),
	}
}
