package cli

import "qunluo/internal/community"

type freezeCmd struct {
	State  string `arg:"" optional:"" enum:",on,off,status" default:"status" help:"on、off 或 status|on, off or status"`
	Group  string `placeholder:"GROUP" help:"只对一个群|only one group"`
	Reason string `placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

// freezeState is whether automatic actions are held.
type freezeState struct {
	Scope  string `json:"scope" col:"范围|scope"` // a group's id, or "all"
	Frozen bool   `json:"frozen" col:"已冻结|frozen"`
}

func (freezeCmd) Shape() any { return freezeState{} }
func (freezeCmd) Examples() []example {
	return []example{
		{"freeze on --reason 误伤", [2]string{"2 秒内停止一切自动动作", "stop every automatic action within 2 s"}},
		{"freeze off --group 产品交流群", [2]string{"恢复一个群", "let one group go on"}},
	}
}

// Do holds or frees automatic actions and says how it stands.
func (f *freezeCmd) Do(c *call, h *House) error {
	desk, hands, err := c.both(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, f.Group)
	if err != nil {
		return err
	}
	if f.State == "on" || f.State == "off" {
		if err := hands.Freeze(c.ctx, user, g.Key, f.State == "on", f.Reason); err != nil {
			return err
		}
	}
	return c.printFreeze(desk, g, f.Group)
}

func (c *call) printFreeze(desk Desk, g community.GroupRow, name string) error {
	if name == "" {
		on, err := desk.Frozen(c.ctx)
		if err != nil {
			return err
		}
		return printOne(c, freezeState{"all", on})
	}
	now, err := c.group(desk, g.ID.String())
	if err != nil {
		return err
	}
	return printOne(c, freezeState{now.ID.String(), now.Frozen})
}
