package api

import "qunluo/internal/community"

// decision is what was decided about one event, and what became of it.
type decision struct {
	ID         community.ID `json:"id"`
	At         moment       `json:"at"`
	Group      community.ID `json:"group"`
	Called     string       `json:"group_name"`
	Member     community.ID `json:"member"`
	Name       string       `json:"member_name"`
	Verdict    string       `json:"verdict" enum:"hit,dry,spared,served,faulted,judged"`
	Rules      []string     `json:"rules" doc:"ids of the rules that hit"`
	Rung       int          `json:"rung" doc:"of the ladder, from 1; 0 = none"`
	Strikes    int          `json:"strikes"`
	Actions    []deed       `json:"actions"`
	Book       int          `json:"rulebook" doc:"version then in force"`
	Event      int64        `json:"event" doc:"number of the event that was decided about"`
	Text       string       `json:"text" doc:"of the message, while it is kept"`
	Review     string       `json:"review" doc:"open = it waits in the review queue"`
	Resolution string       `json:"resolution" doc:"kept, undone, false_hit, dismissed; empty = nobody has said"`
	By         string       `json:"resolved_by" doc:"id of the user"`
	Resolved   moment       `json:"resolved_at"`
	Reason     string       `json:"reason"`
	Undoes     community.ID `json:"undoes" doc:"the decision that this one undoes"`
	User       string       `json:"user" doc:"by whose hand; empty = by a rule"`
}

// deed is an action of a decision.
type deed struct {
	ID    community.ID `json:"id"`
	Verb  string       `json:"verb"`
	State string       `json:"state"`
	Text  string       `json:"text,omitempty"`
}

func decisionOf(d community.DecisionRow) decision {
	return decision{d.ID, moment(d.At), d.GroupID, d.GroupName, d.MemberID, d.MemberName, string(d.Verdict), mapped(d.Hits, func(h community.RuleHit) string { return h.Rule }), d.Rung, len(d.Strikes),
		mapped(d.Actions, func(a community.Action) deed {
			return deed{a.ID, string(a.Verb), string(d.States[a.ID.String()]), a.Text}
		}),
		d.Book, d.Event, d.Message.Text, d.Review, d.Resolution, d.ResolvedBy, moment(d.ResolvedAt), d.Reason, d.Undoes, d.User}
}

type decisionQuery struct {
	Group   community.ID `query:"group"`
	Member  community.ID `query:"member"`
	Rule    string       `query:"rule" maxLength:"100"`
	Verdict string       `query:"verdict" enum:"hit,dry,spared,served,faulted,judged"`
	Open    bool         `query:"open" doc:"waiting in the review queue"`
	Hits    bool         `query:"hits" doc:"only those in which a rule hit, or failed"`
	From    moment       `query:"from"`
	To      moment       `query:"to"`
	paging
	sorting
}

// placed finds group and member that a filter names.
func (c *call) placed(group, member community.ID) (community.GroupKey, community.MemberKey, error) {
	g, err := c.group(group)
	if err != nil || member.IsZero() {
		return g.Key, 0, err
	}
	m, err := c.desk.MemberByID(c.ctx(), member)
	return g.Key, m.Key, err
}

func listDecisions(c *call, in *decisionQuery) (list[decision], error) {
	p, err := c.page(in.paging, in.sorting)
	if err != nil {
		return list[decision]{}, err
	}
	g, m, err := c.placed(in.Group, in.Member)
	if err != nil {
		return list[decision]{}, err
	}
	rows, total, err := c.desk.FindDecisions(c.ctx(), community.DecisionFilter{Group: g, Member: m, Tag: in.Tag, Rule: in.Rule, Verdict: community.Verdict(in.Verdict), Open: in.Open, Hits: in.Hits,
		From: int64(in.From), To: int64(in.To), Page: p})
	return listed(c, p, rows, total, decisionOf), err
}

type undoOrder struct {
	byID
	Body Because
}

type judgeOrder struct {
	byID
	Body struct {
		Kind string `json:"kind" enum:"kept,false_hit,dismiss,release"`
		Maybe
	}
}

func (c *call) decisionNow(id community.ID, err error) (decision, error) {
	if err != nil {
		return decision{}, err
	}
	d, err := c.desk.DecisionByID(c.ctx(), id)
	return decisionOf(d), err
}

func decisionLines() []line {
	area := community.AreaOrder
	return []line{
		on("listDecisions", "GET /decisions", "Decisions: the hit ledger and the review queue", area, []string{"GET /hits", "GET /hits.csv", "GET /review"}, listDecisions),
		on("getDecision", "GET /decisions/{id}", "One decision", area, []string{"GET /review"}, func(c *call, in *byID) (decision, error) { return c.decisionNow(in.ID, nil) }),
		on("undoDecision", "POST /decisions/{id}/undo", "Take a decision back", area, []string{"POST /decisions/{id}/undo", "POST /review/{id}/undo", "POST /strikes/{id}/lift"}, func(c *call, in *undoOrder) (decision, error) {
			return c.decisionNow(in.ID, c.hands.Undo(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("judgeDecision", "POST /decisions/{id}/judge", "Close a decision in the review queue", area, []string{"POST /review/{id}/judge", "POST /m/review/{id}/{kind}"}, func(c *call, in *judgeOrder) (decision, error) {
			return c.decisionNow(in.ID, c.hands.Judge(c.ctx(), c.who(), in.ID, in.Body.Kind, in.Body.Reason))
		}),
		on("listActions", "GET /actions", "Actions and how they stand", area, []string{"GET /hits"}, listActions),
		on("listStrikes", "GET /strikes", "Strikes", area, []string{"GET /strikes"}, listStrikes),
	}
}

// action is something that was, or is to be, done on a platform.
type action struct {
	ID       community.ID `json:"id"`
	Created  moment       `json:"created_at"`
	Updated  moment       `json:"updated_at"`
	Group    community.ID `json:"group"`
	Called   string       `json:"group_name"`
	Verb     string       `json:"verb"`
	Target   string       `json:"target_name"`
	State    string       `json:"state" enum:"planned,queued,sent,acked,confirmed,unknown,human_task,failed,cancelled"`
	Mode     string       `json:"mode" doc:"native, assisted, human or none"`
	Attempts int          `json:"attempts"`
	Code     string       `json:"code"`
	Detail   string       `json:"detail" doc:"the platform's words"`
	Cause    string       `json:"cause"`
	Rule     string       `json:"rule"`
	Decision community.ID `json:"decision"`
	Text     string       `json:"text"`
	User     string       `json:"user"`
}

type actionQuery struct {
	Group    community.ID `query:"group"`
	Member   community.ID `query:"member"`
	Decision community.ID `query:"decision"`
	State    string       `query:"state" enum:"planned,queued,sent,acked,confirmed,unknown,human_task,failed,cancelled"`
	Verb     string       `query:"verb" maxLength:"40"`
	paging
	sorting
}

func listActions(c *call, in *actionQuery) (list[action], error) {
	p, err := c.page(in.paging, in.sorting)
	if err != nil {
		return list[action]{}, err
	}
	g, m, err := c.placed(in.Group, in.Member)
	if err != nil {
		return list[action]{}, err
	}
	rows, total, err := c.desk.FindActions(c.ctx(), community.ActionFilter{Group: g, Tag: in.Tag, Member: m, Decision: in.Decision, State: community.State(in.State), Verb: community.Verb(in.Verb), Page: p})
	return listed(c, p, rows, total, func(a community.ActionRow) action {
		return action{a.ID, moment(a.Created), moment(a.Updated), a.GroupID, a.GroupName, string(a.Verb), a.TargetName, string(a.State), string(a.Mode), a.Attempts, string(a.Code), a.Detail, string(a.Cause),
			a.Rule, a.Decision, a.Text, a.User}
	}), err
}

// strike is one strike and its fate.
type strike struct {
	ID       community.ID `json:"id"`
	Decision community.ID `json:"decision"`
	At       moment       `json:"at"`
	Group    string       `json:"group_name"`
	Member   community.ID `json:"member"`
	Name     string       `json:"member_name"`
	Rule     string       `json:"rule"`
	Called   string       `json:"rule_name"`
	User     string       `json:"user" doc:"by whose hand; empty = by a rule"`
	Book     int          `json:"rulebook"`
	Article  int          `json:"article" doc:"of that version; 0 = none"`
	Expires  moment       `json:"expires_at"`
	Revoked  moment       `json:"revoked_at"`
	By       string       `json:"revoked_by"`
	Event    int64        `json:"event"`
	Text     string       `json:"text" doc:"the evidence"`
	Appeal   string       `json:"appeal" doc:"open, upheld, overturned; empty = nobody appealed"`
}

func strikeOf(s community.StrikeRow) strike {
	return strike{s.ID, s.Decision, moment(s.At), s.GroupName, s.MemberID, s.MemberName, s.Rule, s.Called, s.User, s.Book, s.Article, moment(s.Expires), moment(s.Revoked), s.RevokedBy, s.Event, s.Message.Text, string(s.Appeal)}
}

type strikeQuery struct {
	Group  community.ID `query:"group"`
	Member community.ID `query:"member"`
	Live   bool         `query:"live" doc:"neither expired nor revoked"`
	paging
	sorting
}

func listStrikes(c *call, in *strikeQuery) (list[strike], error) {
	p, err := c.page(in.paging, in.sorting)
	if err != nil {
		return list[strike]{}, err
	}
	g, m, err := c.placed(in.Group, in.Member)
	if err != nil {
		return list[strike]{}, err
	}
	rows, total, err := c.desk.FindStrikes(c.ctx(), community.StrikeFilter{Group: g, Member: m, Tag: in.Tag, Live: in.Live, Now: c.now(), Page: p})
	return listed(c, p, rows, total, strikeOf), err
}
