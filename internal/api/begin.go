package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/founding"
)

// Beginning leads through the first steps of an organisation.
type Beginning interface {
	Steps(ctx context.Context) (steps []founding.FirstStep, closed bool, err error)
	Skip(ctx context.Context, user, step string, skip bool) error
	Close(ctx context.Context, user string, closed bool) error
}

// firstStep is how one of them stands.
type firstStep struct {
	Name    string   `json:"name" enum:"connect,goal,people,live,safe"`
	Done    bool     `json:"done"`
	Skipped bool     `json:"skipped"`
	Missing []string `json:"missing" doc:"second, duty; tls, address, owners, factor"`
}

// firstSteps are the first steps of an organisation.
type firstSteps struct {
	Steps  []firstStep `json:"steps"`
	Closed bool        `json:"closed" doc:"nobody is reminded of them"`
}

func beginSteps(c *call) (out firstSteps, err error) {
	steps, closed, err := c.a.deps.Rooms.Beginning(c.User.Org).Steps(c.ctx())
	out = firstSteps{Steps: []firstStep{}, Closed: closed}
	for _, s := range steps {
		out.Steps = append(out.Steps, firstStep{s.Name, s.Done, s.Skipped, list0(s.Missing)})
	}
	return out, err
}

func beginLines() []line {
	return []line{
		on("getFirstSteps", "GET /begin", "The first steps of an organisation", community.AreaSystem, []string{"GET /begin"}, func(c *call, _ *struct{}) (firstSteps, error) { return beginSteps(c) }),
		admin(on("changeFirstSteps", "POST /begin", "Leave a first step out or take it up again; close or open the whole", community.AreaSystem, []string{"POST /begin"}, func(c *call, in *struct {
			Body struct {
				Do   string `json:"do" enum:"skip,unskip,close,open"`
				Step string `json:"step,omitempty" enum:"connect,goal,people,live,safe"`
			}
		}) (firstSteps, error) {
			b := c.a.deps.Rooms.Beginning(c.User.Org)
			var err error
			switch in.Body.Do {
			case "skip", "unskip":
				err = b.Skip(c.ctx(), c.who(), in.Body.Step, in.Body.Do == "skip")
			default:
				err = b.Close(c.ctx(), c.who(), in.Body.Do == "close")
			}
			if err != nil {
				return firstSteps{}, err
			}
			return beginSteps(c)
		})),
	}
}
