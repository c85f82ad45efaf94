package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Lives compares groups that entered decline, and keeps attempts to give them new life.
type Lives interface {
	Lives(ctx context.Context) (l measure.Lives, looked int, err error)
	Renewals(ctx context.Context, g community.GroupKey) ([]measure.Renewal, error)
	AddRenewal(ctx context.Context, user string, v measure.Renewal) (measure.Renewal, error)
	VoidRenewal(ctx context.Context, user string, id community.ID, why string) error
}

type groupLife struct {
	Group   community.ID `json:"group"`
	Name    string       `json:"group_name"`
	Entered day          `json:"entered" doc:"when it entered decline"`
	Last    day          `json:"last_talk" doc:"null = none since four weeks before the decline"`
	Until   day          `json:"until" doc:"when it ended, or until when it was watched"`
	Ended   bool         `json:"ended"`
	Gone    bool         `json:"gone" doc:"it had ended when it entered decline: it is on no curve"`
	Renewed day          `json:"renewed" doc:"of the first renewal that counts; null = none"`
	Early   int          `json:"renewals_before"`
	Late    int          `json:"renewals_after"`
}

// lives is what became of groups that entered decline, renewed against not renewed.
type lives struct {
	Looked   int         `json:"looked_at" doc:"groups"`
	Gone     int         `json:"gone"`
	N        int         `json:"n"`
	With     int         `json:"renewed"`
	Ends     int         `json:"ended"`
	Decided  bool        `json:"decidable"`
	Missing  lifeMissing `json:"missing" doc:"how many more are needed before anything can be decided"`
	Plain    *curve      `json:"not_renewed" doc:"null while nothing can be decided"`
	Anew     *curve      `json:"renewed_curve"`
	Test     rankTest    `json:"test"`
	Declined []groupLife `json:"groups" doc:"the latest first"`
}

type lifeMissing struct {
	Groups  int `json:"groups"`
	Renewed int `json:"renewed"`
	Plain   int `json:"not_renewed"`
	Ends    int `json:"ends"`
}

func getLives(c *call, _ *struct{}) (lives, error) {
	l, looked, err := room(c, c.a.deps.Rooms.Lives).Lives(c.ctx())
	m := l.Missing()
	out := lives{Looked: looked, Gone: l.Gone, N: l.N, With: l.With, Ends: l.Ends, Decided: l.Decidable(), Missing: lifeMissing{m.Groups, m.Renewed, m.Plain, m.Ends}, Test: rankTest{Withheld: measure.TooFew},
		Declined: mapped(l.Groups, func(g measure.GroupLife) groupLife {
			one := groupLife{g.GroupID, g.Name, day(g.Entered), day(g.Last), day(g.Until), g.Ended, g.Gone, 0, g.Early, g.Late}
			if g.Is {
				one.Renewed = day(g.Renewed)
			}
			return one
		})}
	if l.Decidable() {
		plain, anew := curveOf(l.Plain), curveOf(l.Anew)
		out.Plain, out.Anew, out.Test = &plain, &anew, rankTestOf(l.Test)
	}
	return out, err
}

// renewal is an attempt to give a group new life.
type renewal struct {
	ID     community.ID `json:"id"`
	Group  community.ID `json:"group"`
	Day    day          `json:"day"`
	What   string       `json:"what"`
	User   string       `json:"user"`
	At     moment       `json:"entered_at"`
	Book   bool         `json:"by_playbook" doc:"a play-book was started; else a person entered it"`
	Voided moment       `json:"voided_at" doc:"null = it counts"`
	Why    string       `json:"voided_why"`
}

func (c *call) renewals(in *struct {
	Group community.ID `query:"group"`
	paging
}) (list[renewal], error) {
	p, err := c.page(in.paging, sorting{})
	if err != nil {
		return list[renewal]{}, err
	}
	g, err := c.group(in.Group)
	if err != nil {
		return list[renewal]{}, err
	}
	ids, err := c.groupIDs()
	if err != nil {
		return list[renewal]{}, err
	}
	rows, err := room(c, c.a.deps.Rooms.Lives).Renewals(c.ctx(), g.Key)
	return part(c, p, rows, func(r measure.Renewal) renewal { return renewalOf(ids, r) }), err
}

func renewalOf(ids func(community.GroupKey) community.ID, r measure.Renewal) renewal {
	return renewal{r.ID, ids(r.Group), day(r.Day), r.What, r.User, moment(r.At), !r.Adjust.IsZero(), moment(r.Voided), r.VoidWhy}
}

// part is a page of a list that is known whole.
func part[R, T any](c *call, p community.Page, rows []R, shape func(R) T) list[T] {
	from := min(p.Offset, len(rows))
	return listed(c, p, rows[from:min(from+p.Limit, len(rows))], len(rows), shape)
}

func lifeLines() []line {
	area := community.AreaInsight
	return []line{
		on("getLives", "GET /lives", "What became of groups that entered decline, renewed against not renewed", area, []string{"GET /life"}, getLives),
		on("listRenewals", "GET /renewals", "What counts as a renewal, by day", area, []string{"GET /life"}, (*call).renewals),
		on("addRenewal", "POST /groups/{id}/renewals", "Enter an attempt to give a group new life", area, []string{"POST /life/renewals"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Day  day    `json:"day"`
				What string `json:"what" minLength:"1" maxLength:"160"`
			}
		}, g community.GroupRow) (renewal, error) {
			r, err := room(c, c.a.deps.Rooms.Lives).AddRenewal(c.ctx(), c.who(), measure.Renewal{Group: g.Key, Day: measure.Day(in.Body.Day), What: in.Body.What})
			return renewalOf(func(community.GroupKey) community.ID { return g.ID }, r), err
		})),
		on("voidRenewal", "POST /renewals/{id}/void", "Say that a renewal was entered wrongly", area, []string{"POST /life/renewals/{id}/void"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Lives).VoidRenewal(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
	}
}
