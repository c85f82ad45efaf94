package cli

import (
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

type lockdownCmd struct {
	State  string   `arg:"" optional:"" enum:",on,off,status" default:"status" help:"on、off 或 status|on, off or status"`
	Group  []string `placeholder:"GROUP" help:"这些群（可重复）|these groups (repeatable)"`
	Tag    string   `help:"有这个标签的群|groups with this tag"`
	All    bool     `help:"所有群|all groups"`
	For    string   `placeholder:"SPAN" help:"多久后自动恢复，如 2h|ends by itself after, e.g. 2h"`
	Text   string   `placeholder:"TEXT" help:"要发的公告|notice to put up"`
	ID     string   `placeholder:"ID" help:"off：哪一次，默认最近的|off: which one, by default the newest"`
	Reason string   `placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
	named
}

// lockdownLine is a lockdown as the verb prints it.
type lockdownLine struct {
	ID     string `json:"id" col:"编号|id"`
	State  string `json:"state" col:"状态|state"` // on, ending, over
	Groups int    `json:"groups" col:"群|groups"`
	People int64  `json:"people" col:"人|people"`
	Muted  int    `json:"muted" col:"已禁言|muted"`
	Tasks  int    `json:"tasks" col:"等人做|tasks"`
	Open   int    `json:"open" col:"已恢复|open again"`
	Began  Moment `json:"began" col:"开始|began"`
	Until  Moment `json:"until" col:"到|until"`
	Ended  Moment `json:"ended" col:"结束|ended"`
	Reason string `json:"reason" col:"原因|reason"`
}

func lineOfLockdown(l duty.Lockdown) lockdownLine {
	out := lockdownLine{ID: l.ID.String(), State: l.State, Groups: len(l.Groups), People: l.People, Began: Moment(l.Began), Until: Moment(l.Until), Ended: Moment(l.Ended), Reason: l.Reason}
	for _, g := range l.Groups {
		switch {
		case !g.On:
			out.Open++
		case g.Before || g.State == community.Acked || g.State == community.Confirmed:
			out.Muted++
		case g.State == community.HumanTask:
			out.Tasks++
		}
	}
	return out
}

func (lockdownCmd) Shape() any { return rowsOf[lockdownLine]() }
func (lockdownCmd) Examples() []example {
	return []example{
		{"lockdown on --all --for 2h --text 暂停发言到九点 --reason 诈骗链接 --yes", [2]string{"所有群全员禁言两小时", "mute everybody everywhere for two hours"}},
		{"lockdown off", [2]string{"恢复成原来的样子", "put everything back"}},
	}
}

// Effect says that people will be silenced.
func (q *lockdownCmd) Effect() [2]string {
	if q.State != "on" {
		return [2]string{}
	}
	return [2]string{"将让所选群的全员禁言", "everybody in the chosen groups will be muted"}
}

// Do begins or ends a lockdown and says how they stand.
func (q *lockdownCmd) Do(c *call, h *House) error {
	d, _, err := c.duty(h)
	if err != nil {
		return err
	}
	switch q.State {
	case "on":
		err = q.begin(c, h, d)
	case "off":
		err = q.end(c, d)
	}
	if err != nil {
		return err
	}
	list, err := d.Lockdowns(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfLockdown), len(list))
}

func (q *lockdownCmd) begin(c *call, h *House, d Duty) error {
	if q.Reason == "" {
		return badUsage("封控要写原因：--reason", "a lockdown needs a reason: --reason")
	}
	o := duty.LockOrder{Tag: q.Tag, All: q.All, Text: q.Text, Reason: q.Reason}
	if q.For != "" {
		span, ok := readSpan(q.For)
		if !ok || span <= 0 {
			return badUsage("--for %q 看不懂，例如 2h、30m", "--for %q: want e.g. 2h, 30m", q.For)
		}
		o.Until = c.program.now().Add(span).UnixMilli()
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	if o.Groups, err = c.groupKeys(desk, q.Group); err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	l, err := d.Lock(c.ctx, who, o)
	if err != nil {
		return err
	}
	c.say("%s", "%s", c.lang.pick([2]string{fmt.Sprintf("已开始封控 %d 个群，%d 人", len(l.Groups), l.People), fmt.Sprintf("%d groups with %d people are being locked down", len(l.Groups), l.People)}))
	return nil
}

func (q *lockdownCmd) end(c *call, d Duty) error {
	var id community.ID
	if q.ID != "" {
		var err error
		if id, err = idOf(q.ID); err != nil {
			return err
		}
	}
	return d.Unlock(c.ctx, user, id, q.Reason)
}
