package cli

import "qunluo/internal/community"

type memberMarkCmd struct {
	Member string `arg:"" help:"编号、名称或平台号|id, name or the platform's id"`
	Bot    bool   `help:"机器人：不计入任何数字，过去的日子也一样|a bot: in no figure, past days included"`
	Staff  bool   `help:"工作人员：群规不处罚|staff: rules do not sanction them"`
	Person bool   `help:"普通成员：两样都不是|an ordinary member: neither"`
	Group  string `placeholder:"GROUP" help:"在这个群里找|look in this group"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

// markedLine is what a member is marked as now.
type markedLine struct {
	ID   string `json:"id" col:"编号|id"`
	Name string `json:"name" col:"名称|name"`
	Mark string `json:"mark" col:"标记|mark"`
	Was  string `json:"was" col:"之前|before"`
}

func (memberMarkCmd) Shape() any { return markedLine{} }
func (memberMarkCmd) Examples() []example {
	return []example{
		{"member mark '^k^' --bot --reason 频道里的机器人", [2]string{"不再计入数字", "in no figure any more"}},
		{"member mark '^k^' --person --reason 标错了", [2]string{"改回来", "take it back"}},
	}
}

// Validate asks for one of the marks; called by the parser.
func (q *memberMarkCmd) Validate() error {
	n := 0
	for _, said := range []bool{q.Bot, q.Staff, q.Person} {
		if said {
			n++
		}
	}
	if n != 1 {
		return badUsage("--bot、--staff、--person 要给而且只给一个", "give one of --bot, --staff and --person")
	}
	return nil
}

// Do marks the member.
func (q *memberMarkCmd) Do(c *call, h *House) error {
	desk, hands, err := c.both(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	m, err := c.member(desk, g.Key, q.Member)
	if err != nil {
		return err
	}
	mark := community.RoleMember
	switch {
	case q.Bot:
		mark = community.RoleBot
	case q.Staff:
		mark = community.RoleStaff
	}
	if err := hands.Mark(c.ctx, user, m.ID, mark, q.Reason); err != nil {
		return err
	}
	return printOne(c, markedLine{m.ID.String(), m.Name, string(mark), string(m.Mark)})
}
