package cli

import (
	"context"
	"errors"
	"strings"

	"qunluo/internal/community"
)

// Spaces loads a demonstration beside an organisation, and deletes it whole.
type Spaces interface {
	// Now gives it and what stands in it; CodeNotFound: there is none.
	Now(ctx context.Context) (community.DemoSpace, community.SpaceCounts, error)
	// Load asks for it; CodeConflict: there is one.
	Load(ctx context.Context, user string, days int, seed uint64) (community.DemoSpace, error)
	// Delete closes it and asks for its deletion; CodeNotFound: there is none.
	Delete(ctx context.Context, user, reason string) error
	// Await waits until what was asked for is done; here = no server runs, and it is done at once.
	Await(ctx context.Context, here bool, progress func(label string, done, of int64)) error
}

type spaceCmd struct {
	Load   spaceLoadCmd   `cmd:"" help:"载入演示数据：一个单独的组织，和真实的群分开|load demo data: an organisation of its own, apart from the real groups"`
	Show   spaceShowCmd   `cmd:"" help:"演示空间里有什么，做到哪了|what stands there, and how far it is"`
	Delete spaceDeleteCmd `cmd:"" help:"整个删除，什么都不留|delete it whole"`
}

// spaceLine is a demonstration and what stands in it.
type spaceLine struct {
	ID        string `json:"id" col:"编号|id"`
	Name      string `json:"name" col:"名称|name"`
	State     string `json:"state" col:"状态|state"` // loading, ready, leaving
	Days      int    `json:"days" col:"天数|days"`
	Groups    int    `json:"groups" col:"群|groups"`
	People    int    `json:"people" col:"人|people"`
	Messages  int64  `json:"messages" col:"消息|messages"`
	Records   int64  `json:"records" col:"记录|records"`
	Decisions int64  `json:"decisions" col:"判定|decisions"`
	Step      string `json:"step" col:"正在做|doing"`
	Done      int64  `json:"done" col:"已做|done"`
	Total     int64  `json:"total" col:"共|of"` // 0 = not known
	Error     string `json:"error" col:"停在|stopped at"`
	Began     Moment `json:"began" col:"开始|began"`
	Loaded    Moment `json:"loaded" col:"载入|loaded"`
}

func lineOfSpace(p community.DemoSpace, n community.SpaceCounts) spaceLine {
	return spaceLine{p.ID.String(), p.Name, string(p.State), p.Days, n.Groups, n.People, n.Messages, n.Records, n.Decisions, p.Step, p.Done, p.Total, p.Error, Moment(p.Began), Moment(p.Ended)}
}

func (c *call) spaces(h *House) (Spaces, error) { return inOrg(c, h, h.Spaces) }

// space gives the demonstration, or says that there is none.
func (c *call) space(h *House) (Spaces, spaceLine, error) {
	spaces, err := c.spaces(h)
	if err != nil {
		return nil, spaceLine{}, err
	}
	p, n, err := spaces.Now(c.ctx)
	if community.CodeOf(err) == community.CodeNotFound {
		err = failed(err, "没有演示空间；space load 载入", "there is no demo space; space load makes one")
	}
	return spaces, lineOfSpace(p, n), err
}

type spaceLoadCmd struct {
	Days int    `default:"90" help:"历史有多少天，7 到 365|how many days of history, 7 to 365"`
	Seed uint64 `default:"1" help:"种子：相同的种子讲同一个故事|seed: the same seed tells the same story"`
}

func (spaceLoadCmd) Shape() any { return spaceLine{} }
func (spaceLoadCmd) Examples() []example {
	return []example{{"space load --days 30", [2]string{"一个月的虚构历史，放在单独的空间里", "an invented month, in a space of its own"}}}
}

// Validate bounds the days; called by the parser.
func (q *spaceLoadCmd) Validate() error {
	if q.Days < 7 || q.Days > 365 {
		return badUsage("--days 应在 7 到 365 之间", "--days must be 7 to 365")
	}
	return nil
}

// Do loads the demonstration and waits until it is there. Broken off, it is begun anew by the same command.
func (q *spaceLoadCmd) Do(c *call, h *House) error {
	spaces, err := c.spaces(h)
	if err != nil {
		return err
	}
	if _, err := spaces.Load(c.ctx, "cli", q.Days, q.Seed); err != nil {
		return err
	}
	if err := spaces.Await(c.ctx, !c.served, c.progress); err != nil {
		return err
	}
	_, line, err := c.space(h)
	if err != nil {
		return err
	}
	return printOne(c, line)
}

type spaceShowCmd struct{}

func (spaceShowCmd) Shape() any          { return spaceLine{} }
func (spaceShowCmd) Examples() []example { return nil }

// Do shows the demonstration.
func (spaceShowCmd) Do(c *call, h *House) error {
	_, line, err := c.space(h)
	if err != nil {
		return err
	}
	return printOne(c, line)
}

type spaceDeleteCmd struct {
	Reason string `placeholder:"TEXT" help:"原因，写进操作记录|reason, for the audit trail"`
}

func (spaceDeleteCmd) Shape() any { return spaceLine{} }
func (spaceDeleteCmd) Examples() []example {
	return []example{{"space delete --yes", [2]string{"删除演示空间，真实的群不受影响", "delete the demo space; real groups are not touched"}}}
}

// Do deletes the demonstration whole and prints what it was. Broken off, it is gone on with by the same command.
func (q *spaceDeleteCmd) Do(c *call, h *House) error {
	spaces, line, err := c.space(h)
	if err != nil {
		return err
	}
	effect := c.lang.pick([2]string{"删除演示空间「{name}」：{groups} 个群、{people} 人、{messages} 条消息。真实的群不受影响。",
		"Delete the demo space “{name}”: {groups} groups, {people} people, {messages} messages. Real groups are not touched."})
	effect = strings.NewReplacer("{name}", line.Name, "{groups}", grouped(int64(line.Groups)), "{people}", grouped(int64(line.People)), "{messages}", grouped(line.Messages)).Replace(effect)
	if err := c.confirm(effect); err != nil {
		return err
	}
	if err := spaces.Delete(c.ctx, "cli", q.Reason); err != nil {
		return err
	}
	if err := spaces.Await(c.ctx, !c.served, c.progress); err != nil {
		return err
	}
	if _, _, err := spaces.Now(c.ctx); community.CodeOf(err) != community.CodeNotFound {
		return errors.Join(err, failed(nil, "还没有删完：再运行一次", "it is not gone yet: run it again"))
	}
	return printOne(c, line)
}
