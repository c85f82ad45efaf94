package cli

import (
	"context"
	"reflect"

	"qunluo/internal/community"
	"qunluo/internal/points"
)

// Votes is what the command line asks and changes of the weekly vote.
type Votes interface {
	Rules(ctx context.Context, g community.GroupKey) (points.VoteRules, error)
	SetRules(ctx context.Context, user string, g community.GroupKey, r points.VoteRules, reason string) error
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]points.Ballot, int, error)
	ByID(ctx context.Context, id community.ID) (points.Ballot, []points.Candidate, error)
	Open(ctx context.Context, user string, g community.GroupKey, reason string) (points.Ballot, error)
	Add(ctx context.Context, user string, id community.ID, event int64, reason string) (points.Candidate, error)
	Stand(ctx context.Context, user string, id community.ID, no int, stands bool, reason string) error
	// End counts a vote before its time, or (count false) calls it off.
	End(ctx context.Context, user string, id community.ID, count bool, reason string) (points.Ballot, error)
	// Link is where a member votes; m 0 = the group's page.
	Link(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error)
	// Payouts lists those of a group and a vote (0 = all); state is "", open, paid or unclaimed.
	Payouts(ctx context.Context, g community.GroupKey, ballot community.ID, state string, page community.Page) ([]points.Payout, int, error)
	Pay(ctx context.Context, user string, id community.ID, note string) (points.Payout, error)
	Unpay(ctx context.Context, user string, id community.ID, reason string) (points.Payout, error)
}

type voteCmd struct {
	List    voteListCmd    `cmd:"" help:"列出评选|list votes"`
	Show    voteShowCmd    `cmd:"" help:"一次评选和候选|one vote and its candidates"`
	Open    voteOpenCmd    `cmd:"" help:"现在开始一次|open one now"`
	Add     voteAddCmd     `cmd:"" help:"加一条候选|add a candidate"`
	Remove  voteRemoveCmd  `cmd:"" help:"移除一条候选|take a candidate out"`
	Restore voteRestoreCmd `cmd:"" help:"恢复一条候选|let a candidate stand again"`
	End     voteEndCmd     `cmd:"" help:"现在计票|count now"`
	Cancel  voteCancelCmd  `cmd:"" help:"取消，不计票|call it off"`
	Link    voteLinkCmd    `cmd:"" help:"投票链接|the link to vote"`
	Payouts votePayoutsCmd `cmd:"" help:"发奖清单|who gets what"`
	Pay     votePayCmd     `cmd:"" help:"标记奖励已发|mark a reward as paid"`
	Unpay   voteUnpayCmd   `cmd:"" help:"撤销已发标记|take that mark back"`
	Rules   voteRulesCmd   `cmd:"" help:"看或改规则|show or change the rules"`
}

// ballotLine is a vote as verbs print it.
type ballotLine struct {
	ID    string `json:"id" col:"编号|id"`
	Group string `json:"group" col:"群|group"`
	Week  string `json:"week" col:"哪一周|week"`
	State string `json:"state" col:"状态|state"` // open, ended, cancelled
	Stand int    `json:"candidates" col:"候选|candidates"`
	Votes int    `json:"votes" col:"票数|votes"`
	Opens Moment `json:"opens"`
	Ends  Moment `json:"ends" col:"截止|ends"`
	By    string `json:"ended_by"`
	Why   string `json:"why"`
}

func lineOfBallot(b points.Ballot) ballotLine {
	return ballotLine{b.ID.String(), b.GroupName, b.Week, b.State, b.Stand, b.Votes, Moment(b.Opens), Moment(b.Ends), b.By, b.Why}
}

// candidateLine is a candidate as verbs print it.
type candidateLine struct {
	No      int    `json:"no" col:"编号|no."`
	Name    string `json:"name" col:"作者|author"`
	Text    string `json:"text" col:"内容|message"`
	Score   int    `json:"score" col:"回应|answered by"`
	Votes   int    `json:"votes" col:"票数|votes"`
	Place   int    `json:"place" col:"名次|place"`
	Out     string `json:"out" col:"移出|out"` // removed, recalled, left
	OutBy   string `json:"out_by"`
	OutWhy  string `json:"out_why"`
	Added   string `json:"added_by"`
	Member  string `json:"member"`
	Message int64  `json:"message"`
}

func lineOfCandidate(c points.Candidate) candidateLine {
	return candidateLine{c.No, c.Name, c.Text, c.Score, c.Votes, c.Place, c.Out, c.OutBy, c.OutWhy, c.Added, c.MemberID.String(), c.Event}
}

// payoutLine is a reward as verbs print it.
type payoutLine struct {
	ID     string `json:"id" col:"编号|id"`
	Group  string `json:"group" col:"群|group"`
	Week   string `json:"week" col:"哪一周|week"`
	Name   string `json:"name" col:"得奖人|winner"`
	Place  int    `json:"place" col:"名次|place"`
	Kind   string `json:"kind"` // points, prize
	Points int    `json:"points" col:"积分|points"`
	Prize  string `json:"prize" col:"奖品|prize"`
	State  string `json:"state" col:"状态|state"` // open, paid
	PaidBy string `json:"paid_by" col:"发放人|paid by"`
	PaidAt Moment `json:"paid_at" col:"发放时间|paid at"`
	Note   string `json:"note" col:"备注|note"`
	Member string `json:"member"`
	Ballot string `json:"ballot"`
}

func lineOfPayout(p points.Payout, names logins) payoutLine {
	return payoutLine{p.ID.String(), p.GroupName, p.Week, p.Name, p.Place, p.Kind, p.Points, p.Prize, p.State, names.of(p.PaidBy), Moment(p.PaidAt), p.Note, p.MemberID.String(), p.Ballot.String()}
}

func (c *call) printPayout(h *House, p points.Payout) error {
	names, err := c.logins(h)
	if err != nil {
		return err
	}
	return printOne(c, lineOfPayout(p, names))
}

// votesAt opens the votes for a group, and finds a member there if one is named.
func (c *call) votesAt(h *House, group, member string) (Votes, community.GroupRow, community.Member, error) {
	_, g, m, err := c.place(h, group, member)
	if err != nil {
		return nil, g, m, err
	}
	v, err := inOrg(c, h, h.Votes)
	return v, g, m, err
}

// votesOf opens the votes, for a verb that names one thing by its id.
func (c *call) votesOf(h *House, text string) (Votes, community.ID, error) {
	id, err := idOf(text)
	if err != nil {
		return nil, id, err
	}
	v, err := inOrg(c, h, h.Votes)
	return v, id, err
}

type voteListCmd struct {
	Group string `placeholder:"GROUP" help:"在这个群|in this group"`
	paging
}

func (voteListCmd) Shape() any          { return rowsOf[ballotLine]() }
func (voteListCmd) Examples() []example { return nil }

// Do lists votes, the newest first.
func (q *voteListCmd) Do(c *call, h *House) error {
	v, g, _, err := c.votesAt(h, q.Group, "")
	if err != nil {
		return err
	}
	list, total, err := v.List(c.ctx, g.Key, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfBallot), total)
}

type voteShowCmd struct {
	ID string `arg:"" help:"评选的编号|id of the vote"`
}

// ballotFull is a vote with its candidates.
type ballotFull struct {
	ballotLine
	Candidates []candidateLine `json:"list"`
}

func (voteShowCmd) Shape() any          { return ballotFull{} }
func (voteShowCmd) Examples() []example { return nil }

// Do shows one vote.
func (q *voteShowCmd) Do(c *call, h *House) error {
	v, id, err := c.votesOf(h, q.ID)
	if err != nil {
		return err
	}
	return c.printBallot(v, id)
}

func (c *call) printBallot(v Votes, id community.ID) error {
	b, list, err := v.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	full := ballotFull{lineOfBallot(b), mapped(list, lineOfCandidate)}
	if c.json {
		return c.printJSON(full)
	}
	if err := printOne(c, full.ballotLine); err != nil {
		return err
	}
	return printParts(c, full.Candidates, []candidateLine(nil), []candidateLine(nil))
}

type voteOpenCmd struct {
	Group  string `arg:"" help:"群|group"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (voteOpenCmd) Shape() any          { return ballotFull{} }
func (voteOpenCmd) Examples() []example { return nil }

// Do opens a vote on the last seven days.
func (q *voteOpenCmd) Do(c *call, h *House) error {
	v, g, _, err := c.votesAt(h, q.Group, "")
	if err != nil {
		return err
	}
	b, err := v.Open(c.ctx, user, g.Key, q.Reason)
	if err != nil {
		return err
	}
	return c.printBallot(v, b.ID)
}

type voteAddCmd struct {
	ID      string `arg:"" help:"评选的编号|id of the vote"`
	Message int64  `arg:"" help:"消息编号|number of the message"`
	Reason  string `placeholder:"TEXT" help:"原因|why"`
}

func (voteAddCmd) Shape() any          { return ballotFull{} }
func (voteAddCmd) Examples() []example { return nil }

// Do makes a message a candidate.
func (q *voteAddCmd) Do(c *call, h *House) error {
	v, id, err := c.votesOf(h, q.ID)
	if err != nil {
		return err
	}
	if _, err := v.Add(c.ctx, user, id, q.Message, q.Reason); err != nil {
		return err
	}
	return c.printBallot(v, id)
}

type voteRemoveCmd struct {
	ID     string `arg:"" help:"评选的编号|id of the vote"`
	No     int    `arg:"" help:"候选的编号|number of the candidate"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (voteRemoveCmd) Shape() any          { return ballotFull{} }
func (voteRemoveCmd) Examples() []example { return nil }

// Do takes a candidate out.
func (q *voteRemoveCmd) Do(c *call, h *House) error {
	v, id, err := c.votesOf(h, q.ID)
	if err != nil {
		return err
	}
	if err := v.Stand(c.ctx, user, id, q.No, false, q.Reason); err != nil {
		return err
	}
	return c.printBallot(v, id)
}

type voteRestoreCmd struct {
	ID string `arg:"" help:"评选的编号|id of the vote"`
	No int    `arg:"" help:"候选的编号|number of the candidate"`
}

func (voteRestoreCmd) Shape() any          { return ballotFull{} }
func (voteRestoreCmd) Examples() []example { return nil }

// Do lets a candidate stand again.
func (q *voteRestoreCmd) Do(c *call, h *House) error {
	v, id, err := c.votesOf(h, q.ID)
	if err != nil {
		return err
	}
	if err := v.Stand(c.ctx, user, id, q.No, true, ""); err != nil {
		return err
	}
	return c.printBallot(v, id)
}

type voteEndCmd struct {
	ID     string `arg:"" help:"评选的编号|id of the vote"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (voteEndCmd) Shape() any          { return ballotFull{} }
func (voteEndCmd) Examples() []example { return nil }

// Do counts a vote before its time.
func (q *voteEndCmd) Do(c *call, h *House) error { return c.endVote(h, q.ID, true, q.Reason) }

func (c *call) endVote(h *House, text string, count bool, reason string) error {
	v, id, err := c.votesOf(h, text)
	if err != nil {
		return err
	}
	if _, err := v.End(c.ctx, user, id, count, reason); err != nil {
		return err
	}
	return c.printBallot(v, id)
}

type voteCancelCmd struct {
	ID     string `arg:"" help:"评选的编号|id of the vote"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (voteCancelCmd) Shape() any          { return ballotFull{} }
func (voteCancelCmd) Examples() []example { return nil }

// Do calls a vote off.
func (q *voteCancelCmd) Do(c *call, h *House) error { return c.endVote(h, q.ID, false, q.Reason) }

type voteLinkCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" optional:"" help:"成员；不填是群里公用的页面（只看进展）|member; without one the group's page, which only tells how it stands"`
}

// voteLinkLine is where a member votes.
type voteLinkLine struct {
	Link string `json:"link" col:"链接|link"`
}

func (voteLinkCmd) Shape() any { return voteLinkLine{} }
func (voteLinkCmd) Examples() []example {
	return []example{{"vote link 产品交流群 张三", [2]string{"私下发给本人", "give it to them in private"}}}
}

// Do prints where a member votes.
func (q *voteLinkCmd) Do(c *call, h *House) error {
	v, g, m, err := c.votesAt(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	link, err := v.Link(c.ctx, g.Key, m.Key)
	if err != nil {
		return err
	}
	return printOne(c, voteLinkLine{link})
}

type votePayoutsCmd struct {
	Group string `placeholder:"GROUP" help:"在这个群|in this group"`
	Vote  string `placeholder:"ID" help:"这次评选的|of this vote"`
	State string `enum:",open,paid,unclaimed" default:"" help:"open 待发、paid 已发、unclaimed 7 天未领|open, paid, or unclaimed for 7 days"`
	paging
}

func (votePayoutsCmd) Shape() any { return rowsOf[payoutLine]() }
func (votePayoutsCmd) Examples() []example {
	return []example{{"vote payouts --state unclaimed", [2]string{"还没领的", "what nobody fetched"}}}
}

// Do lists who gets what.
func (q *votePayoutsCmd) Do(c *call, h *House) error {
	v, g, _, err := c.votesAt(h, q.Group, "")
	if err != nil {
		return err
	}
	var ballot community.ID
	if q.Vote != "" {
		if ballot, err = idOf(q.Vote); err != nil {
			return err
		}
	}
	list, total, err := v.Payouts(c.ctx, g.Key, ballot, q.State, q.page())
	if err != nil {
		return err
	}
	names, err := c.logins(h)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(p points.Payout) payoutLine { return lineOfPayout(p, names) }), total)
}

type votePayCmd struct {
	ID   string `arg:"" help:"奖励的编号|id of the reward"`
	Note string `placeholder:"TEXT" help:"备注或凭据|note or receipt"`
	named
}

func (votePayCmd) Shape() any { return payoutLine{} }
func (votePayCmd) Examples() []example {
	return []example{{"vote pay 0C8xQ --note 顺丰123", [2]string{"vote unpay 可撤销", "vote unpay takes it back"}}}
}

// Do marks a reward as paid.
func (q *votePayCmd) Do(c *call, h *House) error {
	v, id, err := c.votesOf(h, q.ID)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	p, err := v.Pay(c.ctx, who, id, q.Note)
	if err != nil {
		return err
	}
	return c.printPayout(h, p)
}

type voteUnpayCmd struct {
	ID     string `arg:"" help:"奖励的编号|id of the reward"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
	named
}

func (voteUnpayCmd) Shape() any          { return payoutLine{} }
func (voteUnpayCmd) Examples() []example { return nil }

// Do takes the mark back.
func (q *voteUnpayCmd) Do(c *call, h *House) error {
	v, id, err := c.votesOf(h, q.ID)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	p, err := v.Unpay(c.ctx, who, id, q.Reason)
	if err != nil {
		return err
	}
	return c.printPayout(h, p)
}

type voteRulesCmd struct {
	Group  string `arg:"" help:"群|group"`
	On     bool   `help:"打开|switch on" xor:"switch"`
	Off    bool   `help:"关掉|switch off" xor:"switch"`
	Change string `placeholder:"JSON" help:"要改的几项，如 {\"weekday\":5,\"hour\":20}；weekday 0 是周日|what to change, e.g. {\"weekday\":5,\"hour\":20}; weekday 0 is Sunday"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (voteRulesCmd) Shape() any { return points.VoteRules{} }
func (voteRulesCmd) Examples() []example {
	return []example{{`vote rules 产品交流群 --on --change {"prizes":[{"points":50,"name":"书"},{"points":20}]}`, [2]string{"不带参数只看", "without flags it only shows"}}}
}

// Do shows the rules, changed where flags say so.
func (q *voteRulesCmd) Do(c *call, h *House) error {
	v, g, _, err := c.votesAt(h, q.Group, "")
	if err != nil {
		return err
	}
	was, err := v.Rules(c.ctx, g.Key)
	if err != nil {
		return err
	}
	r, err := changed(was, q.Change)
	if err != nil {
		return err
	}
	r.On = (r.On || q.On) && !q.Off
	if !reflect.DeepEqual(r, was) {
		if err := v.SetRules(c.ctx, user, g.Key, r, q.Reason); err != nil {
			return err
		}
	}
	return c.printJSON(r)
}
