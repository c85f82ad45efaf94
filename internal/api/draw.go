package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/draw"
)

// Draws keeps draws of prizes.
type Draws interface {
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]draw.Draw, int, error)
	ByID(ctx context.Context, id community.ID) (draw.Draw, draw.Sums, error)
	Entries(ctx context.Context, id community.ID, page community.Page) ([]draw.Entry, int, error)
	New(ctx context.Context, user string, g community.GroupKey, t draw.Terms, budget int64, slot, reason string) (draw.Draw, error)
	Edit(ctx context.Context, user string, id community.ID, version int, t draw.Terms, budget int64, slot, reason string) (draw.Draw, error)
	Publish(ctx context.Context, user string, id community.ID, version int, override, reason string) (draw.Draw, error)
	Cancel(ctx context.Context, user string, id community.ID, reason string) (draw.Draw, error)
	Mix(ctx context.Context, user string, id community.ID, number, source string) (draw.Draw, error)
	Address(d draw.Draw) string
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
	Payouts(ctx context.Context, g community.GroupKey, id community.ID, state string, page community.Page) ([]draw.Payout, int, error)
	Pay(ctx context.Context, user string, id community.ID, receipt string) (draw.Payout, error)
	Lapse(ctx context.Context, user string, id community.ID, reason string) (draw.Payout, error)
	Unpay(ctx context.Context, user string, id community.ID, reason string) (draw.Payout, error)
}

// lot is a draw.
type lot struct {
	ID         community.ID `json:"id"`
	Group      community.ID `json:"group"`
	Called     string       `json:"group_name"`
	State      string       `json:"state" doc:"draft, published, closed (the list is frozen), drawn, settled or cancelled"`
	Version    int          `json:"version"`
	Terms      lotTerms     `json:"terms"`
	Text       string       `json:"terms_text" doc:"byte for byte as they were committed to; empty while a draft"`
	Budget     int64        `json:"budget" doc:"fen"`
	Slot       string       `json:"slot"`
	Entries    int          `json:"entries"`
	Commitment string       `json:"commitment"`
	List       string       `json:"list_hash"`
	Seed       string       `json:"seed" doc:"hex; empty until it is drawn"`
	Beacon     string       `json:"beacon"`
	Source     string       `json:"beacon_source"`
	Address    string       `json:"address" doc:"where everybody sees it; /proof.json behind it is the proof"`
	Why        string       `json:"why" doc:"why it was called off"`
}

// lotTerms are what is published of a draw; times in UTC ms where they are committed to.
type lotTerms struct {
	Title   string     `json:"title" minLength:"1" maxLength:"60"`
	Sponsor string     `json:"sponsor" minLength:"1" maxLength:"60"`
	Contact string     `json:"contact" minLength:"1" maxLength:"120"`
	Prizes  []lotPrize `json:"prizes" minItems:"1" maxItems:"20"`
	Who     lotWho     `json:"who"`
	Note    string     `json:"note,omitempty" maxLength:"1000"`
	Redeem  string     `json:"redeem" minLength:"1" maxLength:"1000"`
	Days    int        `json:"days" minimum:"1" maximum:"90" doc:"within which a prize is fetched"`
	Closes  moment     `json:"closes_at"`
	Draws   moment     `json:"draws_at"`
	Beacon  string     `json:"beacon,omitempty" maxLength:"200" doc:"the public number that is mixed in, in words; empty = none"`
	Lang    string     `json:"lang" enum:"zh-CN,en"`
}

type lotPrize struct {
	Name  string `json:"name" minLength:"1" maxLength:"60"`
	Kind  string `json:"kind" enum:"red_packet,thing"`
	Count int    `json:"count" minimum:"1" maximum:"10000"`
	Fen   int64  `json:"fen" minimum:"1" maximum:"5000000" doc:"what one is worth: at most 50,000 yuan"`
}

type lotWho struct {
	Standing bool     `json:"standing" doc:"all who fulfil the conditions take part without entering"`
	Days     int      `json:"days,omitempty" minimum:"0" maximum:"3650"`
	Active   int      `json:"active,omitempty" minimum:"0" maximum:"180" doc:"days with a message, within window"`
	Window   int      `json:"window,omitempty" minimum:"0" maximum:"180"`
	Tiers    []string `json:"tiers,omitempty" maxItems:"3"`
	Clean    bool     `json:"clean,omitempty" doc:"no strike that still counts"`
}

func (c *call) lotOf(d draw.Draw) lot {
	t := d.Terms
	terms := lotTerms{Title: t.Title, Sponsor: t.Sponsor, Contact: t.Contact, Who: lotWho(t.Who), Note: t.Note, Redeem: t.Redeem, Days: t.Days, Closes: moment(t.Closes), Draws: moment(t.Draws), Beacon: t.Beacon, Lang: t.Lang,
		Prizes: mapped(t.Prizes, func(p draw.Prize) lotPrize { return lotPrize(p) })}
	return lot{d.ID, d.GroupID, d.GroupName, string(d.Shown()), d.Version, terms, d.Text, d.Budget, d.Slot, d.Entries, d.Commitment, d.List, d.Seed, d.Beacon, d.Source, room(c, c.a.deps.Rooms.Draws).Address(d), d.Why}
}

func (c *call) lotDone(d draw.Draw, err error) (lot, error) {
	if err != nil {
		return lot{}, err
	}
	return c.lotOf(d), nil
}

// drawn are the terms as the room takes them.
func (t lotTerms) drawn() draw.Terms {
	return draw.Terms{Title: t.Title, Sponsor: t.Sponsor, Contact: t.Contact, Who: draw.Who(t.Who), Note: t.Note, Redeem: t.Redeem, Days: t.Days, Closes: int64(t.Closes), Draws: int64(t.Draws), Beacon: t.Beacon, Lang: t.Lang,
		Prizes: mapped(t.Prizes, func(p lotPrize) draw.Prize { return draw.Prize(p) })}
}

// LotOrder is what a draft is made of.
type LotOrder struct {
	Terms  lotTerms `json:"terms"`
	Budget int64    `json:"budget" minimum:"1" doc:"fen that may be spent"`
	Slot   string   `json:"slot,omitempty" maxLength:"40" doc:"of the calendar; the next draw is then drafted by itself"`
	Maybe
}

type lotEntry struct {
	Member  community.ID `json:"member"`
	Name    string       `json:"name"`
	Code    string       `json:"code"`
	Entered moment       `json:"entered_at"`
	Out     string       `json:"out" doc:"why they take no part; empty = they do"`
	Place   int          `json:"place"`
}

type wonPrize struct {
	ID      community.ID `json:"id"`
	Draw    community.ID `json:"draw"`
	Member  community.ID `json:"member"`
	Name    string       `json:"name"`
	Code    string       `json:"code"`
	Place   int          `json:"place"`
	Prize   string       `json:"prize"`
	Kind    string       `json:"kind"`
	Fen     int64        `json:"fen"`
	State   string       `json:"state"`
	Until   moment       `json:"until"`
	Paid    moment       `json:"paid_at"`
	By      string       `json:"paid_by"`
	Receipt string       `json:"receipt"`
}

func wonPrizeOf(p draw.Payout) wonPrize {
	return wonPrize{p.ID, p.Draw, p.MemberID, p.Name, p.Code, p.Place, p.Prize, p.Kind, p.Fen, p.State, moment(p.Until), moment(p.PaidAt), p.PaidBy, p.Receipt}
}

func drawLines() []line {
	const area = community.AreaContent
	return []line{
		on("listDraws", "GET /groups/{id}/draws", "A group's draws, latest first", area, []string{"GET /draws"}, func(c *call, in *groupPaging) (list[lot], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[lot]{}, err
			}
			g, err := c.desk.GroupByID(c.ctx(), in.ID)
			if err != nil {
				return list[lot]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Draws).List(c.ctx(), g.Key, p)
			return listed(c, p, rows, total, c.lotOf), err
		}),
		on("getDraw", "GET /draws/{id}", "One draw", area, []string{"GET /draws/{id}"}, func(c *call, in *byID) (lot, error) {
			d, _, err := room(c, c.a.deps.Rooms.Draws).ByID(c.ctx(), in.ID)
			return c.lotDone(d, err)
		}),
		on("listDrawEntries", "GET /draws/{id}/entries", "Who takes part in a draw, and who does not: winners first", area, []string{"GET /draws/{id}"}, func(c *call, in *groupPaging) (list[lotEntry], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[lotEntry]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Draws).Entries(c.ctx(), in.ID, p)
			return listed(c, p, rows, total, func(e draw.Entry) lotEntry {
				return lotEntry{e.MemberID, e.Name, e.Code, moment(e.Entered), e.Out, e.Place}
			}), err
		}),
		on("makeDraw", "POST /groups/{id}/draws", "Draft a draw", area, []string{"POST /draws/new", "GET /draws/new"}, inGroup(func(c *call, in *struct {
			byID
			Body LotOrder
		}, g community.GroupRow) (lot, error) {
			return c.lotDone(room(c, c.a.deps.Rooms.Draws).New(c.ctx(), c.who(), g.Key, in.Body.Terms.drawn(), in.Body.Budget, in.Body.Slot, in.Body.Reason))
		})),
		on("editDraw", "PUT /draws/{id}", "Write a draft anew", area, []string{"POST /draws/{id}/edit", "GET /draws/{id}/edit"}, func(c *call, in *struct {
			byID
			Body struct {
				Version int `json:"version" minimum:"1" doc:"as it was read"`
				LotOrder
			}
		}) (lot, error) {
			return c.lotDone(room(c, c.a.deps.Rooms.Draws).Edit(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Terms.drawn(), in.Body.Budget, in.Body.Slot, in.Body.Reason))
		}),
		on("publishDraw", "POST /draws/{id}/publish", "Publish a draft: nothing of its terms changes afterwards", area, []string{"POST /draws/{id}/publish"}, func(c *call, in *struct {
			byID
			Body struct {
				Version  int    `json:"version" minimum:"1" doc:"as it was read"`
				Override string `json:"override,omitempty" maxLength:"500" doc:"why words about sharing go out although 微信 forbids to reward it"`
				Maybe
			}
		}) (lot, error) {
			return c.lotDone(room(c, c.a.deps.Rooms.Draws).Publish(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Override, in.Body.Reason))
		}),
		on("cancelDraw", "POST /draws/{id}/cancel", "Call a draw off before its entries close", area, []string{"POST /draws/{id}/cancel"}, func(c *call, in *undoOrder) (lot, error) {
			return c.lotDone(room(c, c.a.deps.Rooms.Draws).Cancel(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("mixDraw", "POST /draws/{id}/number", "Enter the public number that the terms name, and draw", area, []string{"POST /draws/{id}/number"}, func(c *call, in *struct {
			byID
			Body struct {
				Number string `json:"number" minLength:"1" maxLength:"200"`
				Source string `json:"source" minLength:"1" maxLength:"400" doc:"where everybody can read it"`
			}
		}) (lot, error) {
			return c.lotDone(room(c, c.a.deps.Rooms.Draws).Mix(c.ctx(), c.who(), in.ID, in.Body.Number, in.Body.Source))
		}),
		on("listPrizes", "GET /draws/{id}/prizes", "Prizes of a draw that were won", area, []string{"GET /prizes", "GET /prizes.csv", "GET /prizes/{id}"}, func(c *call, in *struct {
			byID
			State string `query:"state" enum:"open,paid,lapsed,unclaimed"`
			paging
		}) (list[wonPrize], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[wonPrize]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Draws).Payouts(c.ctx(), 0, in.ID, in.State, p)
			return listed(c, p, rows, total, wonPrizeOf), err
		}),
		on("payPrize", "POST /prizes/{id}/pay", "Say that a prize was handed over", area, []string{"POST /prizes/{id}/pay"}, func(c *call, in *struct {
			byID
			Body struct {
				Receipt string `json:"receipt" minLength:"1" maxLength:"1000"`
			}
		}) (wonPrize, error) {
			p, err := room(c, c.a.deps.Rooms.Draws).Pay(c.ctx(), c.who(), in.ID, in.Body.Receipt)
			return wonPrizeOf(p), err
		}),
		on("lapsePrize", "POST /prizes/{id}/lapse", "Say that nobody fetched a prize in time", area, []string{"POST /prizes/{id}/lapse"}, func(c *call, in *undoOrder) (wonPrize, error) {
			p, err := room(c, c.a.deps.Rooms.Draws).Lapse(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return wonPrizeOf(p), err
		}),
		on("unpayPrize", "POST /prizes/{id}/unpay", "Take either back", area, []string{"POST /prizes/{id}/unpay"}, func(c *call, in *undoOrder) (wonPrize, error) {
			p, err := room(c, c.a.deps.Rooms.Draws).Unpay(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return wonPrizeOf(p), err
		}),
	}
}
