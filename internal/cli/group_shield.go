package cli

import (
	"context"

	"qunluo/internal/community"
)

// Shields is what the command line asks and changes of shields.
type Shields interface {
	// Of lists a group's shields, the newest first; group 0: those that are on.
	Of(ctx context.Context, g community.GroupKey) ([]community.Shield, error)
	On(ctx context.Context, user string, g community.GroupKey, until int64, reason string) (community.Shield, error)
	Off(ctx context.Context, user string, g community.GroupKey, reason string) (community.Shield, error)
	// How says how each part is done in a group.
	How(ctx context.Context, g community.GroupKey) ([]community.ShieldHow, error)
}

type groupShieldCmd struct {
	State  string `arg:"" enum:"on,off,status" help:"on、off 或 status|on, off or status"`
	Group  string `arg:"" help:"群|group"`
	For    string `placeholder:"SPAN" help:"多久后自动结束，如 2h|ends by itself after, e.g. 2h"`
	Reason string `placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

// shieldHowLine is how one part of a shield is done.
type shieldHowLine struct {
	Part  string `json:"part" col:"部分|part"`   // locks, flood, new, at_all, invites, reports
	By    string `json:"by" col:"靠|by"`        // rule, setting, page
	Level string `json:"level" col:"程度|level"` // native, assisted, human, none
}

// shieldLine is a group's shield as the verb prints it.
type shieldLine struct {
	ID      string          `json:"id" col:"编号|id"` // "" = there was none yet
	Group   string          `json:"group" col:"群|group"`
	On      bool            `json:"on" col:"打开|on"`
	Began   Moment          `json:"began_at" col:"开始|began"`
	Until   Moment          `json:"until" col:"到|until"`
	Ended   Moment          `json:"ended_at" col:"结束|ended"`
	By      string          `json:"user" col:"谁|who"`
	EndedBy string          `json:"ended_by"` // "" = by its time
	Reason  string          `json:"reason" col:"原因|why"`
	Book    int             `json:"rulebook"` // the group's own, beneath it
	Before  string          `json:"before"`   // what a person found set on the platform
	Parts   []shieldHowLine `json:"parts"`
}

func (groupShieldCmd) Shape() any { return shieldLine{} }
func (groupShieldCmd) Examples() []example {
	return []example{{"group shield on 产品交流群 --for 2h --reason 有人刷广告", [2]string{"两小时后自动恢复原样", "everything is as before after two hours"}},
		{"group shield off 产品交流群", [2]string{"现在就恢复原样", "put everything back now"}}, {"group shield status 产品交流群 --json", [2]string{"每一部分靠什么做到", "how each part is done"}}}
}

// Do switches a group's shield and says how it stands.
func (q *groupShieldCmd) Do(c *call, h *House) error {
	shields, err := inOrg(c, h, h.Shields)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	switch q.State {
	case "on":
		err = q.on(c, shields, g)
	case "off":
		_, err = shields.Off(c.ctx, user, g.Key, q.Reason)
	}
	if err != nil {
		return err
	}
	return q.show(c, shields, g)
}

func (q *groupShieldCmd) on(c *call, shields Shields, g community.GroupRow) error {
	if q.Reason == "" {
		return badUsage("打开防骚扰要写原因：--reason", "a shield needs a reason: --reason")
	}
	until := int64(0)
	if q.For != "" {
		span, ok := readSpan(q.For)
		if !ok || span <= 0 {
			return badUsage("--for %q 看不懂，例如 2h、30m", "--for %q: want e.g. 2h, 30m", q.For)
		}
		until = c.program.now().Add(span).UnixMilli()
	}
	_, err := shields.On(c.ctx, user, g.Key, until, q.Reason)
	return err
}

func (q *groupShieldCmd) show(c *call, shields Shields, g community.GroupRow) error {
	list, err := shields.Of(c.ctx, g.Key)
	if err != nil {
		return err
	}
	how, err := shields.How(c.ctx, g.Key)
	if err != nil {
		return err
	}
	line := shieldLine{Group: g.Name, Parts: mapped(how, func(p community.ShieldHow) shieldHowLine { return shieldHowLine{string(p.Part), p.By, string(p.Level)} })}
	if len(list) > 0 {
		s := list[0]
		line = shieldLine{s.ID.String(), g.Name, s.On, Moment(s.Began), Moment(s.Until), Moment(s.Ended), s.User, s.EndedBy, s.Reason, s.Book, s.Before, line.Parts}
	}
	if c.json {
		return c.printJSON(line)
	}
	if err := printOne(c, line); err != nil {
		return err
	}
	return printParts(c, line.Parts, []shieldHowLine(nil), []shieldHowLine(nil))
}
