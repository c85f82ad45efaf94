package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/points"
	"qunluo/internal/tier"
)

// Points keeps what members earned.
type Points interface {
	Rules(ctx context.Context, g community.GroupKey) (points.Rules, error)
	SetRules(ctx context.Context, user string, g community.GroupKey, r points.Rules, reason string) error
	Ranking(ctx context.Context, g community.GroupKey, m community.MemberKey, from int64, page community.Page) ([]points.Row, int, error)
	Entries(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]points.Entry, error)
	Give(ctx context.Context, user string, g community.GroupKey, member community.ID, amount int, reason string) (points.Entry, error)
	Undo(ctx context.Context, user string, entry community.ID, reason string) (points.Entry, error)
}

// Payments keeps what members paid.
type Payments interface {
	Find(ctx context.Context, f community.PaymentFilter) ([]community.PaymentRow, int, error)
	Void(ctx context.Context, user string, id community.ID, why string) error
	// Add enters payments, all or none; those whose number stands already are left out.
	Add(ctx context.Context, user string, list []community.Payment) ([]community.Payment, error)
}

// Tiers keeps who is core, normal and lurker.
type Tiers interface {
	Rows(ctx context.Context, g community.GroupKey, m community.MemberKey, of tier.Tier) ([]tier.Row, error)
	Changes(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]tier.Change, int, error)
	Pin(ctx context.Context, user string, g community.GroupKey, member community.ID, to tier.Tier, reason string) error
	Benefits(ctx context.Context, g community.GroupKey) ([]tier.Benefit, error)
	UseBenefit(ctx context.Context, user string, id, member community.ID, what string) (tier.Use, error)
	TierSteps
	TierGifts
}

// Votes keeps the weekly vote.
type Votes interface {
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]points.Ballot, int, error)
	ByID(ctx context.Context, id community.ID) (points.Ballot, []points.Candidate, error)
	Open(ctx context.Context, user string, g community.GroupKey, reason string) (points.Ballot, error)
	End(ctx context.Context, user string, id community.ID, count bool, reason string) (points.Ballot, error)
	Payouts(ctx context.Context, g community.GroupKey, ballot community.ID, state string, page community.Page) ([]points.Payout, int, error)
	Pay(ctx context.Context, user string, id community.ID, note string) (points.Payout, error)
	Unpay(ctx context.Context, user string, id community.ID, reason string) (points.Payout, error)
	VoteSteps
}

type ranked struct {
	Place   int          `json:"place" doc:"equal points share a place"`
	Member  community.ID `json:"member"`
	Name    string       `json:"name"`
	Points  int64        `json:"points"`
	Signed  int64        `json:"by_signing_in"`
	Spoke   int64        `json:"by_speaking"`
	Invited int64        `json:"by_inviting"`
	Hand    int64        `json:"by_hand"`
	Streak  int          `json:"streak_days"`
}

type earned struct {
	ID     community.ID `json:"id"`
	Reason string       `json:"reason"`
	Amount int          `json:"amount"`
	At     moment       `json:"at"`
	User   string       `json:"user"`
	Note   string       `json:"note"`
	Event  int64        `json:"event" doc:"0 = a person's word"`
	Undone bool         `json:"undone"`
}

func earnedOf(e points.Entry) earned {
	return earned{e.ID, e.Reason, e.Amount, moment(e.At), e.User, e.Note, e.Event, e.Undone}
}

type rankQuery struct {
	byID
	From moment `query:"from" doc:"count from then on"`
	paging
	sorting
}

type memberInGroup struct {
	byID
	Member community.ID `path:"member" doc:"id of the member"`
	paging
}

type pointsGift struct {
	byID
	Body struct {
		Member community.ID `json:"member"`
		Amount int          `json:"amount" doc:"below 0: taken away"`
		Because
	}
}

func pointLines() []line {
	area := community.AreaPeople
	return []line{
		on("listPoints", "GET /groups/{id}/points", "A group's members by points", area, []string{"GET /points", "GET /points.csv"}, func(c *call, in *rankQuery) (list[ranked], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[ranked]{}, err
			}
			g, err := c.desk.GroupByID(c.ctx(), in.ID)
			if err != nil {
				return list[ranked]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Points).Ranking(c.ctx(), g.Key, 0, int64(in.From), p)
			if err == nil {
				err = c.mayCarryOff(p, total)
			}
			return listed(c, p, rows, total, func(r points.Row) ranked {
				return ranked{r.Place, r.MemberID, r.Name, r.Points, r.Signed, r.Spoke, r.Invited, r.Hand, r.Streak}
			}), err
		}),
		on("listPointEntries", "GET /groups/{id}/points/{member}", "What a member's points are made of, newest first", area, []string{"GET /points/members/{id}"}, func(c *call, in *memberInGroup) (list[earned], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[earned]{}, err
			}
			g, m, err := c.placed(in.ID, in.Member)
			if err != nil {
				return list[earned]{}, err
			}
			rows, err := room(c, c.a.deps.Rooms.Points).Entries(c.ctx(), g, m, p)
			out := list[earned]{Items: mapped(rows, earnedOf), Total: -1}
			if len(rows) == p.Limit {
				out.Next = c.cursor(int64(p.Offset + p.Limit))
			}
			return out, err
		}),
		on("givePoints", "POST /groups/{id}/points", "Give points, or take them away", area, []string{"POST /points/give"}, inGroup(func(c *call, in *pointsGift, g community.GroupRow) (earned, error) {
			e, err := room(c, c.a.deps.Rooms.Points).Give(c.ctx(), c.who(), g.Key, in.Body.Member, in.Body.Amount, in.Body.Reason)
			return earnedOf(e), err
		})),
		on("undoPoints", "POST /point-entries/{id}/undo", "Take an entry back", area, []string{"POST /points/undo"}, func(c *call, in *undoOrder) (earned, error) {
			e, err := room(c, c.a.deps.Rooms.Points).Undo(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return earnedOf(e), err
		}),
		on("getPointRules", "GET /groups/{id}/point-rules", "How points are earned", area, []string{"GET /points/rules"}, inGroup(func(c *call, in *byID, g community.GroupRow) (points.Rules, error) {
			return room(c, c.a.deps.Rooms.Points).Rules(c.ctx(), g.Key)
		})),
		admin(on("setPointRules", "PUT /groups/{id}/point-rules", "Change how points are earned", area, []string{"POST /points/rules"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Rules points.Rules `json:"rules"`
				Maybe
			}
		}, g community.GroupRow) (none, error) {
			return did(room(c, c.a.deps.Rooms.Points).SetRules(c.ctx(), c.who(), g.Key, in.Body.Rules, in.Body.Reason))
		}))),
		on("listPayments", "GET /payments", "What members paid, latest first", community.AreaBusiness, []string{"GET /payments", "GET /payments.csv"}, listPayments),
		admin(on("voidPayment", "POST /payments/{id}/void", "Say that a payment was entered wrongly", community.AreaBusiness, []string{"POST /payments/{id}/void"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Payments).Void(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
		on("listTiers", "GET /groups/{id}/tiers", "Where a group's members stand, the best first", area, []string{"GET /tiers"}, inGroup(func(c *call, in *struct {
			byID
			Tier string `query:"tier" enum:"core,normal,lurker"`
		}, g community.GroupRow) (list[placedIn], error) {
			rows, err := room(c, c.a.deps.Rooms.Tiers).Rows(c.ctx(), g.Key, 0, tier.Tier(in.Tier))
			return whole(rows, func(r tier.Row) placedIn {
				return placedIn{r.MemberID, r.Name, r.External, string(r.Tier), r.Place, r.Places, r.Why, string(r.Pin), r.PinUser, r.PinNote}
			}), err
		})),
		on("listTierChanges", "GET /groups/{id}/tier-changes", "Who changed tier, and why, latest first", area, []string{"GET /tiers/changes"}, func(c *call, in *groupPaging) (list[tierChange], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[tierChange]{}, err
			}
			g, err := c.desk.GroupByID(c.ctx(), in.ID)
			if err != nil {
				return list[tierChange]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Tiers).Changes(c.ctx(), g.Key, 0, p)
			return listed(c, p, rows, total, func(t tier.Change) tierChange {
				return tierChange{t.ID, t.MemberID, t.Name, string(t.Was), string(t.Tier), t.Why, t.Version, moment(t.At), t.User, t.Note}
			}), err
		}),
		on("pinTier", "POST /groups/{id}/tiers", "Put a member into a tier by hand, or take that away", area, []string{"POST /tiers/pin"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Member community.ID `json:"member"`
				Tier   string       `json:"tier" enum:"core,normal,lurker," doc:"empty = the pin is taken away"`
				Because
			}
		}, g community.GroupRow) (none, error) {
			return did(room(c, c.a.deps.Rooms.Tiers).Pin(c.ctx(), c.who(), g.Key, in.Body.Member, tier.Tier(in.Body.Tier), in.Body.Reason))
		})),
		on("listVotes", "GET /groups/{id}/votes", "A group's votes, latest first", area, []string{"GET /vote"}, func(c *call, in *groupPaging) (list[vote], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[vote]{}, err
			}
			g, err := c.desk.GroupByID(c.ctx(), in.ID)
			if err != nil {
				return list[vote]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Votes).List(c.ctx(), g.Key, p)
			return listed(c, p, rows, total, func(b points.Ballot) vote { return voteOf(b, nil) }), err
		}),
		on("getVote", "GET /votes/{id}", "One vote with its candidates", area, []string{"GET /vote/{id}"}, func(c *call, in *byID) (vote, error) {
			b, who, err := room(c, c.a.deps.Rooms.Votes).ByID(c.ctx(), in.ID)
			return voteOf(b, who), err
		}),
		on("openVote", "POST /groups/{id}/votes", "Open a vote now", area, []string{"POST /vote/open"}, inGroup(func(c *call, in *undoOrder, g community.GroupRow) (vote, error) {
			b, err := room(c, c.a.deps.Rooms.Votes).Open(c.ctx(), c.who(), g.Key, in.Body.Reason)
			return voteOf(b, nil), err
		})),
		on("endVote", "POST /votes/{id}/end", "Count a vote before its time, or call it off", area, []string{"POST /vote/{id}/end", "POST /vote/{id}/cancel"}, func(c *call, in *struct {
			byID
			Body struct {
				Count bool `json:"count" doc:"false = it is called off"`
				Because
			}
		}) (vote, error) {
			b, err := room(c, c.a.deps.Rooms.Votes).End(c.ctx(), c.who(), in.ID, in.Body.Count, in.Body.Reason)
			return voteOf(b, nil), err
		}),
		on("listPayouts", "GET /groups/{id}/payouts", "Rewards of a group's votes", area, []string{"GET /vote/payouts", "GET /vote/payouts.csv", "GET /vote/payouts.json"}, func(c *call, in *struct {
			byID
			State string `query:"state" enum:"open,paid,unclaimed"`
			paging
		}) (list[payout], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[payout]{}, err
			}
			g, err := c.desk.GroupByID(c.ctx(), in.ID)
			if err != nil {
				return list[payout]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Votes).Payouts(c.ctx(), g.Key, community.ID{}, in.State, p)
			return listed(c, p, rows, total, payoutOf), err
		}),
		on("payPayout", "POST /payouts/{id}/pay", "Say that a reward was handed over", area, []string{"POST /vote/payouts/{id}/pay"}, func(c *call, in *taskNote) (payout, error) {
			p, err := room(c, c.a.deps.Rooms.Votes).Pay(c.ctx(), c.who(), in.ID, in.Body.Note)
			return payoutOf(p), err
		}),
		on("unpayPayout", "POST /payouts/{id}/unpay", "Take that back", area, []string{"POST /vote/payouts/{id}/unpay"}, func(c *call, in *undoOrder) (payout, error) {
			p, err := room(c, c.a.deps.Rooms.Votes).Unpay(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return payoutOf(p), err
		}),
	}
}

type placedIn struct {
	Member   community.ID `json:"member"`
	Name     string       `json:"name"`
	External string       `json:"external_id"`
	Tier     string       `json:"tier"`
	Place    int          `json:"place" doc:"from 1; 0 = not ranked"`
	Places   int          `json:"places"`
	Why      string       `json:"why"`
	Pin      string       `json:"pin" doc:"by a person's hand"`
	PinUser  string       `json:"pin_user"`
	PinNote  string       `json:"pin_note"`
}

type tierChange struct {
	ID      community.ID `json:"id"`
	Member  community.ID `json:"member"`
	Name    string       `json:"name"`
	Was     string       `json:"was"`
	Tier    string       `json:"tier"`
	Why     string       `json:"why"`
	Version int          `json:"rules_version"`
	At      moment       `json:"at"`
	User    string       `json:"user"`
	Note    string       `json:"note"`
}

type vote struct {
	ID         community.ID `json:"id"`
	Group      community.ID `json:"group"`
	Called     string       `json:"group_name"`
	Week       string       `json:"week"`
	State      string       `json:"state"`
	Opens      moment       `json:"opens_at"`
	Ends       moment       `json:"ends_at"`
	Ended      moment       `json:"ended_at"`
	By         string       `json:"ended_by"`
	Why        string       `json:"why"`
	Stand      int          `json:"standing"`
	Votes      int          `json:"votes"`
	Candidates []candidate  `json:"candidates" doc:"of one vote; empty in lists"`
}

type candidate struct {
	No     int          `json:"no"`
	Member community.ID `json:"member"`
	Name   string       `json:"name"`
	Event  int64        `json:"message"`
	Text   string       `json:"text"`
	Score  int          `json:"score"`
	Votes  int          `json:"votes"`
	Place  int          `json:"place"`
	Out    string       `json:"out" doc:"why it stands no longer"`
}

func voteOf(b points.Ballot, who []points.Candidate) vote {
	return vote{b.ID, b.GroupID, b.GroupName, b.Week, b.State, moment(b.Opens), moment(b.Ends), moment(b.Ended), b.By, b.Why, b.Stand, b.Votes,
		mapped(who, func(p points.Candidate) candidate {
			return candidate{p.No, p.MemberID, p.Name, p.Event, p.Text, p.Score, p.Votes, p.Place, p.Out}
		})}
}

type payout struct {
	ID     community.ID `json:"id"`
	Vote   community.ID `json:"vote"`
	Group  string       `json:"group_name"`
	Week   string       `json:"week"`
	Member community.ID `json:"member"`
	Name   string       `json:"name"`
	Place  int          `json:"place"`
	Kind   string       `json:"kind"`
	Points int          `json:"points"`
	Prize  string       `json:"prize"`
	State  string       `json:"state"`
	Paid   moment       `json:"paid_at"`
	By     string       `json:"paid_by"`
	Note   string       `json:"note"`
}

func payoutOf(p points.Payout) payout {
	return payout{p.ID, p.Ballot, p.GroupName, p.Week, p.MemberID, p.Name, p.Place, p.Kind, p.Points, p.Prize, p.State, moment(p.PaidAt), p.PaidBy, p.Note}
}

type payment struct {
	ID       community.ID `json:"id"`
	Group    community.ID `json:"group"`
	Called   string       `json:"group_name"`
	Member   community.ID `json:"member"`
	Name     string       `json:"name"`
	At       moment       `json:"at"`
	Amount   int64        `json:"amount" doc:"minor units (分); below 0 = a refund"`
	Currency string       `json:"currency"`
	What     string       `json:"what"`
	Ref      string       `json:"ref" doc:"the shop's number"`
	Entered  moment       `json:"entered_at"`
	User     string       `json:"user"`
	Voided   moment       `json:"voided_at" doc:"null = it stands"`
	VoidedBy string       `json:"voided_by"`
	VoidWhy  string       `json:"void_why"`
}

type paymentQuery struct {
	Group    community.ID `query:"group"`
	Member   community.ID `query:"member"`
	From     moment       `query:"from"`
	To       moment       `query:"to"`
	Standing bool         `query:"standing" doc:"without those that are void"`
	paging
	sorting
}

func listPayments(c *call, in *paymentQuery) (list[payment], error) {
	p, err := c.page(in.paging, in.sorting)
	if err != nil {
		return list[payment]{}, err
	}
	g, m, err := c.placed(in.Group, in.Member)
	if err != nil {
		return list[payment]{}, err
	}
	rows, total, err := room(c, c.a.deps.Rooms.Payments).Find(c.ctx(), community.PaymentFilter{Group: g, Member: m, From: int64(in.From), To: int64(in.To), Standing: in.Standing, Page: p})
	if err == nil {
		err = c.mayCarryOff(p, total)
	}
	return listed(c, p, rows, total, func(r community.PaymentRow) payment {
		return payment{r.ID, r.GroupID, r.GroupName, r.MemberID, r.Name, moment(r.At), r.Amount, r.Currency, r.What, r.Ref, moment(r.Entered), r.User, moment(r.Voided), r.VoidedBy, r.VoidWhy}
	}), err
}
