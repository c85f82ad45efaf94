package api

import (
	"context"

	"qunluo/internal/community"
)

// Outlets keeps where outside systems are told of what happens. Their signing keys are told once.
type Outlets interface {
	List(ctx context.Context) ([]community.Outlet, error)
	Get(ctx context.Context, id community.ID) (community.Outlet, error)
	Add(ctx context.Context, by string, o community.Outlet, address, reason string) (community.Outlet, string, error)
	Set(ctx context.Context, by string, o community.Outlet, address, reason string) (community.Outlet, error)
	Rotate(ctx context.Context, by string, id community.ID, reason string) (community.Outlet, string, error)
	Pause(ctx context.Context, by string, id community.ID, on bool, reason string) (community.Outlet, error)
	Drop(ctx context.Context, by string, id community.ID, reason string) error
	Test(ctx context.Context, by string, id community.ID) (community.Parcel, error)
	Parcels(ctx context.Context, id community.ID, state community.ParcelState, p community.Page) ([]community.Parcel, int, error)
	Again(ctx context.Context, by string, id, parcel community.ID, reason string) error
}

// outlet is where an outside system is told of what happens.
type outlet struct {
	ID      community.ID           `json:"id"`
	Name    string                 `json:"name"`
	Host    string                 `json:"host" doc:"of the address, which is not shown"`
	Kinds   []community.OutletKind `json:"kinds"`
	All     bool                   `json:"all_groups"`
	Groups  []community.ID         `json:"groups"`
	Texts   bool                   `json:"texts" doc:"what members wrote goes along"`
	User    community.ID           `json:"user_id" doc:"who answers for it"`
	Paused  bool                   `json:"paused"`
	Waiting int                    `json:"waiting"`
	Dead    int                    `json:"dead" doc:"given up"`
	Fails   int                    `json:"fails" doc:"tries in a row that came to nothing"`
	Rest    moment                 `json:"rests_until" doc:"null = it is tried at once"`
	Good    moment                 `json:"arrived_at"`
	Code    community.Code         `json:"failed_code"`
	Created moment                 `json:"created_at"`
}

// parcel is one thing that an outlet was told.
type parcel struct {
	ID       community.ID          `json:"id" doc:"webhook-id, the same for every try"`
	Kind     community.OutletKind  `json:"kind"`
	State    community.ParcelState `json:"state" enum:"waiting,sent,dead"`
	Attempts int                   `json:"attempts"`
	Status   int                   `json:"status" doc:"of the last answer; 0 = none came"`
	Code     community.Code        `json:"code"`
	Note     string                `json:"note"`
	Took     int64                 `json:"took_ms"`
	At       moment                `json:"happened_at"`
	Tried    moment                `json:"tried_at"`
	Next     moment                `json:"next_at"`
}

func parcelOf(p community.Parcel) parcel {
	return parcel{p.ID, p.Kind, p.State, p.Attempts, p.Status, p.Code, p.Note, p.Took, moment(p.At), moment(p.Tried), moment(p.Next)}
}

func (c *call) outlets() Outlets { return c.a.deps.Rooms.Outlets(c.User.Org) }

func (c *call) outletOf(o community.Outlet) (outlet, error) {
	out := outlet{o.ID, o.Name, o.Host, o.Kinds, o.Groups == nil, []community.ID{}, o.Texts, o.User, o.Paused, o.Waiting, o.Dead, o.Fails, moment(o.Rest), moment(o.Good), o.BadCode, moment(o.Created)}
	for _, key := range o.Groups {
		g, err := c.desk.GroupByKey(c.ctx(), key)
		if err != nil {
			return out, err
		}
		out.Groups = append(out.Groups, g.ID)
	}
	return out, nil
}

// outletNow answers with an outlet as it is after a change.
func (c *call) outletNow(id community.ID, err error) (outlet, error) {
	if err != nil {
		return outlet{}, err
	}
	o, err := c.outlets().Get(c.ctx(), id)
	if err != nil {
		return outlet{}, err
	}
	return c.outletOf(o)
}

type outletChange struct {
	byID
	Body struct {
		Name   string                 `json:"name" minLength:"1" maxLength:"40"`
		URL    string                 `json:"url,omitempty" maxLength:"1000" doc:"left out = it stays"`
		Kinds  []community.OutletKind `json:"kinds" minItems:"1" maxItems:"40"`
		Groups []community.ID         `json:"groups,omitempty" maxItems:"1000" doc:"none = all"`
		Texts  bool                   `json:"texts,omitempty"`
		Maybe
	}
}

func setOutlet(c *call, in *outletChange) (outlet, error) {
	groups, err := c.groupKeys(in.Body.Groups)
	if err != nil {
		return outlet{}, err
	}
	_, err = c.outlets().Set(c.ctx(), c.who(), community.Outlet{ID: in.ID, Name: in.Body.Name, Kinds: in.Body.Kinds, Groups: groups, Texts: in.Body.Texts, User: c.User.ID}, in.Body.URL, in.Body.Reason)
	return c.outletNow(in.ID, err)
}

// outletMade is an outlet with its signing key.
type outletMade struct {
	Outlet outlet `json:"outlet"`
	Key    string `json:"signing_key" doc:"told this once; empty where the call is answered again"`
}

func (o outletMade) sealed() any { o.Key = ""; return o }

func (c *call) outletMade(o community.Outlet, key string, err error) (outletMade, error) {
	shown, err := c.outletNow(o.ID, err)
	return outletMade{shown, key}, err
}

type parcelQuery struct {
	byID
	State community.ParcelState `query:"state" enum:"waiting,sent,dead"`
	paging
}

type parcelPath struct {
	byID
	Parcel community.ID `path:"parcel"`
	Body   Maybe
}

func outletLines() []line {
	area := community.AreaSystem
	return []line{
		on("listOutlets", "GET /outlets", "Where outside systems are told of what happens", area, []string{"GET /outlets"}, func(c *call, _ *struct{}) (list[outlet], error) {
			rows, err := c.outlets().List(c.ctx())
			out := list[outlet]{Items: make([]outlet, len(rows)), Total: len(rows)}
			for i := 0; i < len(rows) && err == nil; i++ {
				out.Items[i], err = c.outletOf(rows[i])
			}
			return out, err
		}),
		on("getOutlet", "GET /outlets/{id}", "One outlet", area, []string{"GET /outlets/{id}", "GET /outlets/{id}/edit"}, func(c *call, in *byID) (outlet, error) { return c.outletNow(in.ID, nil) }),
		on("listParcels", "GET /outlets/{id}/parcels", "What an outlet was told, the newest first", area, []string{"GET /outlets/{id}"}, func(c *call, in *parcelQuery) (list[parcel], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[parcel]{}, err
			}
			rows, total, err := c.outlets().Parcels(c.ctx(), in.ID, in.State, p)
			return listed(c, p, rows, total, parcelOf), err
		}),
		admin(on("addOutlet", "POST /outlets", "Tell an outside system of what happens; whoever does answers for it", area, []string{"POST /outlets/new"}, func(c *call, in *struct {
			Body struct {
				Name   string                 `json:"name" minLength:"1" maxLength:"40"`
				URL    string                 `json:"url" minLength:"1" maxLength:"1000"`
				Kinds  []community.OutletKind `json:"kinds" minItems:"1" maxItems:"40"`
				Groups []community.ID         `json:"groups,omitempty" maxItems:"1000" doc:"none = all"`
				Texts  bool                   `json:"texts,omitempty" doc:"what members wrote goes along"`
				Maybe
			}
		}) (outletMade, error) {
			groups, err := c.groupKeys(in.Body.Groups)
			if err != nil {
				return outletMade{}, err
			}
			return c.outletMade(c.outlets().Add(c.ctx(), c.who(), community.Outlet{Name: in.Body.Name, Kinds: in.Body.Kinds, Groups: groups, Texts: in.Body.Texts, User: c.User.ID}, in.Body.URL, in.Body.Reason))
		})),
		admin(on("rotateOutlet", "POST /outlets/{id}/rotate", "Give an outlet another signing key; the one before signs beside it for a day", area, []string{"POST /outlets/{id}/rotate"}, func(c *call, in *maybeOrder) (outletMade, error) {
			return c.outletMade(c.outlets().Rotate(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
		admin(on("setOutlet", "PUT /outlets/{id}", "Change what an outlet is told; whoever does answers for it", area, []string{"POST /outlets/{id}"}, setOutlet)),
		admin(on("pauseOutlet", "PUT /outlets/{id}/pause", "Hold an outlet, or let it go on", area, []string{"POST /outlets/{id}/pause"}, func(c *call, in *struct {
			byID
			Body struct {
				Paused bool `json:"paused"`
				Maybe
			}
		}) (outlet, error) {
			_, err := c.outlets().Pause(c.ctx(), c.who(), in.ID, in.Body.Paused, in.Body.Reason)
			return c.outletNow(in.ID, err)
		})),
		admin(on("testOutlet", "POST /outlets/{id}/test", "Send a test now, and say what came of it", area, []string{"POST /outlets/{id}/test"}, func(c *call, in *byID) (parcel, error) {
			p, err := c.outlets().Test(c.ctx(), c.who(), in.ID)
			return parcelOf(p), err
		})),
		admin(on("sendParcelAgain", "POST /outlets/{id}/parcels/{parcel}/again", "Send one thing again, under its id", area, []string{"POST /outlets/{id}/parcels/{parcel}/again"}, func(c *call, in *parcelPath) (none, error) {
			return did(c.outlets().Again(c.ctx(), c.who(), in.ID, in.Parcel, in.Body.Reason))
		})),
		admin(on("dropOutlet", "POST /outlets/{id}/drop", "Forget an outlet, its key and its log", area, []string{"POST /outlets/{id}/delete"}, func(c *call, in *undoOrder) (none, error) {
			return did(c.outlets().Drop(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
	}
}
