package api

import (
	"context"

	"qunluo/internal/community"
)

// Spaces is the demonstration beside an organisation. Only owners load and delete it.
type Spaces interface {
	Now(ctx context.Context) (community.DemoSpace, community.SpaceCounts, error)
	Load(ctx context.Context, user string, days int, seed uint64) (community.DemoSpace, error)
	Delete(ctx context.Context, user, reason string) error
}

// demoSpace is the demonstration and what stands in it.
type demoSpace struct {
	ID     community.ID          `json:"id"`
	Name   string                `json:"name"`
	State  community.SpaceState  `json:"state" enum:"none,loading,clearing,ready,leaving" doc:"none = nothing was loaded"`
	Days   int                   `json:"days" doc:"of its history"`
	Step   string                `json:"step" doc:"what is being done now; empty when it is ready"`
	Done   int64                 `json:"done"`
	Total  int64                 `json:"total" doc:"0 = not known"`
	Error  string                `json:"error" doc:"why the last try stopped; it is tried again"`
	Holds  community.SpaceCounts `json:"holds"`
	Began  moment                `json:"began_at"`
	Loaded moment                `json:"loaded_at"`
}

func (c *call) spaces() Spaces { return c.a.deps.Rooms.Spaces(c.User.Org) }

// spaceNow answers with the demonstration as it is after a change.
func (c *call) spaceNow(err error) (demoSpace, error) {
	if err != nil {
		return demoSpace{}, err
	}
	p, n, err := c.spaces().Now(c.ctx())
	if community.CodeOf(err) == community.CodeNotFound {
		return demoSpace{State: "none"}, nil
	}
	return demoSpace{p.ID, p.Name, p.State, p.Days, p.Step, p.Done, p.Total, p.Error, n, moment(p.Began), moment(p.Ended)}, err
}

func spaceLines() []line {
	area := community.AreaSystem
	return []line{
		on("getDemoSpace", "GET /demo-space", "The demonstration beside your organisation: how far it is, what stands in it", area, []string{"GET /demo"}, func(c *call, _ *struct{}) (demoSpace, error) { return c.spaceNow(nil) }),
		admin(on("loadDemoSpace", "POST /demo-space", "Load invented groups into an organisation of their own; one whose loading was broken off is begun anew", area, []string{"POST /demo"}, func(c *call, in *struct {
			Body struct {
				Days int    `json:"days,omitempty" minimum:"7" maximum:"365" default:"90"`
				Seed uint64 `json:"seed,omitempty" default:"1" doc:"the same seed tells the same story"`
			}
		}) (demoSpace, error) {
			_, err := c.spaces().Load(c.ctx(), c.who(), in.Body.Days, in.Body.Seed)
			return c.spaceNow(err)
		})),
		admin(on("deleteDemoSpace", "POST /demo-space/delete", "Delete the demonstration whole; your own groups are not touched", area, []string{"POST /demo/delete"}, func(c *call, in *struct{ Body Maybe }) (none, error) {
			return did(c.spaces().Delete(c.ctx(), c.who(), in.Body.Reason))
		})),
	}
}
