package cli

import (
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

type accountChoresCmd struct {
	Account string `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
}

// choreLine is something a connection can do besides acting in groups.
type choreLine struct {
	Name    string `json:"name" col:"名字|name"`
	Title   string `json:"title" col:"做什么|what"`
	Needs   string `json:"settings" col:"要填|needs"` // a star marks what is required
	Changes bool   `json:"changes" col:"会改动平台|changes"`
	Help    string `json:"help" col:"说明|help"`
}

func (accountChoresCmd) Shape() any { return rowsOf[choreLine]() }
func (accountChoresCmd) Examples() []example {
	return []example{{"account chores 企业微信", [2]string{"先看能做什么", "first see what there is"}}}
}

// Do lists the chores of a running connection.
func (q *accountChoresCmd) Do(c *call, h *House) error {
	list, _, err := c.chores(h, q.Account)
	if err != nil {
		return err
	}
	rows := mapped(list, func(one connect.Chore) choreLine {
		needs := mapped(one.Fields, func(f connect.Field) string {
			if f.Required {
				return f.Name + "*"
			}
			return f.Name
		})
		return choreLine{one.Name, c.lang.pick(one.Title), strings.Join(needs, " "), one.Changes, c.lang.pick(one.Help)}
	})
	return printList(c, rows, len(rows))
}

type accountDoCmd struct {
	Account string            `arg:"" help:"连接的编号、名称或平台账号|the connection's id, name or account"`
	Chore   string            `arg:"" help:"做哪件事，见 account chores|which chore; see account chores"`
	With    map[string]string `placeholder:"SETTING=VALUE" mapsep:"none" help:"要填的（可重复）|what it needs (repeatable)"`
	Reason  string            `placeholder:"TEXT" help:"原因|why"`
}

// choreDone is what came of a chore: a sentence, and rows under columns.
type choreDone struct {
	Say     string          `json:"say"`
	Columns []string        `json:"columns"`
	Rows    [][]string      `json:"rows"`
	Acts    [][]connect.Act `json:"acts"` // per row: further chores that may follow, with what they need
}

func (accountDoCmd) Shape() any { return choreDone{} }
func (accountDoCmd) Examples() []example {
	return []example{{"account do 企业微信 tag.drift", [2]string{"看标签差异", "see how tags differ"}},
		{"account do 企业微信 transfer.groups --with from=zhangsan --with to=lisi --yes", [2]string{"离职交接客户群", "hand a leaver's groups over"}}}
}

// Effect is what doing it means; reading asks nothing, but which chores only read is known where the server runs.
func (q *accountDoCmd) Effect() [2]string {
	if strings.HasSuffix(q.Chore, ".list") || strings.HasSuffix(q.Chore, ".drift") || strings.HasSuffix(q.Chore, ".statistic") {
		return [2]string{}
	}
	return [2]string{"将在平台上执行 " + q.Chore, "this does " + q.Chore + " at the platform"}
}

// Do does a chore and prints what came of it.
func (q *accountDoCmd) Do(c *call, h *House) error {
	list, account, err := c.chores(h, q.Account)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(one connect.Chore) bool { return one.Name == q.Chore })
	if i < 0 {
		return badUsage("没有 %s，见 account chores", "there is no %s; see account chores", q.Chore)
	}
	given := wiring{With: q.With}
	args, err := given.settings(c, list[i].Fields, nil)
	if err != nil {
		return err
	}
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	out, err := hands.DoChore(c.ctx, user, account, q.Chore, args, q.Reason)
	if err != nil {
		if said := c.lang.pick(connect.SayOf(err)); said != "" {
			return failed(err, "%s", "%s", said)
		}
		return err
	}
	return c.printDone(out)
}

func (c *call) printDone(out connect.Outcome) error {
	done := choreDone{Say: c.lang.pick(out.Say), Columns: mapped(out.Columns, c.lang.pick), Rows: out.Rows, Acts: out.Acts}
	if c.json {
		if done.Rows == nil {
			done.Rows = [][]string{}
		}
		if done.Acts == nil {
			done.Acts = [][]connect.Act{}
		}
		return c.printJSON(done)
	}
	c.say("%s", "%s", done.Say)
	if len(done.Columns) > 0 {
		writeTable(c.out, append([][]string{done.Columns}, done.Rows...))
	}
	return nil
}

// chores finds a connection and what it can do besides acting in groups.
func (c *call) chores(h *House, account string) ([]connect.Chore, community.AccountKey, error) {
	wires, err := need(h.Wires)
	if err != nil {
		return nil, 0, err
	}
	desk, err := c.desk(h)
	if err != nil {
		return nil, 0, err
	}
	a, err := c.account(desk, account)
	if err != nil {
		return nil, 0, err
	}
	list, err := wires.Chores(c.ctx, a.Key)
	return list, a.Key, err
}
