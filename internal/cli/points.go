package cli

import (
	"context"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/points"
)

// Points is what the command line asks and changes of points.
type Points interface {
	Rules(ctx context.Context, g community.GroupKey) (points.Rules, error)
	SetRules(ctx context.Context, user string, g community.GroupKey, r points.Rules, reason string) error
	Ranking(ctx context.Context, g community.GroupKey, m community.MemberKey, from int64, page community.Page) ([]points.Row, int, error)
	Entries(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]points.Entry, error)
	Give(ctx context.Context, user string, g community.GroupKey, member community.ID, amount int, reason string) (points.Entry, error)
	Undo(ctx context.Context, user string, entry community.ID, reason string) (points.Entry, error)
}

type pointsCmd struct {
	Rank  pointsRankCmd  `cmd:"" help:"排行|the ranking"`
	Show  pointsShowCmd  `cmd:"" help:"一个成员的明细|a member's ledger"`
	Give  pointsGiveCmd  `cmd:"" help:"加减积分|give or take points"`
	Undo  pointsUndoCmd  `cmd:"" help:"撤销一笔|take an entry back"`
	Rules pointsRulesCmd `cmd:"" help:"看或改规则|show or change the rules"`
}

// pointsLine is a member in the ranking as verbs print it.
type pointsLine struct {
	Place   int    `json:"place" col:"名次|place"`
	Name    string `json:"name" col:"名称|name"`
	Points  int64  `json:"points" col:"积分|points"`
	Signed  int64  `json:"sign" col:"签到|signing in"`
	Spoke   int64  `json:"speak" col:"发言|speaking"`
	Invited int64  `json:"invite" col:"邀请|inviting"`
	Hand    int64  `json:"hand" col:"手动|by hand"`
	Streak  int    `json:"streak" col:"连续|in a row"`
	Member  string `json:"member"`
}

func lineOfPoints(r points.Row) pointsLine {
	return pointsLine{r.Place, r.Name, r.Points, r.Signed, r.Spoke, r.Invited, r.Hand, r.Streak, r.MemberID.String()}
}

// pointsAt opens points for a group, and finds a member there if one is named.
func (c *call) pointsAt(h *House, group, member string) (Points, community.GroupRow, community.Member, error) {
	_, g, m, err := c.place(h, group, member)
	if err != nil {
		return nil, g, m, err
	}
	p, err := inOrg(c, h, h.Points)
	return p, g, m, err
}

type pointsRankCmd struct {
	Group string `arg:"" help:"群|group"`
	Since string `placeholder:"TIME" help:"从这时起，如 30d|since then, e.g. 30d"`
	paging
}

func (pointsRankCmd) Shape() any { return rowsOf[pointsLine]() }
func (pointsRankCmd) Examples() []example {
	return []example{{"points rank 产品交流群 --since 7d", [2]string{"一周的排行", "the ranking of a week"}}}
}

// Do prints the ranking.
func (q *pointsRankCmd) Do(c *call, h *House) error {
	p, g, _, err := c.pointsAt(h, q.Group, "")
	if err != nil {
		return err
	}
	from, err := c.when(q.Since)
	if err != nil {
		return err
	}
	rows, total, err := p.Ranking(c.ctx, g.Key, 0, from, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfPoints), total)
}

// earnedLine is a row of the ledger as verbs print it.
type earnedLine struct {
	ID     string `json:"id" col:"编号|id"`
	At     Moment `json:"at" col:"时间|time"`
	Reason string `json:"reason" col:"原因|why"`
	Amount int    `json:"amount" col:"分数|points"`
	User   string `json:"user" col:"谁|who"`
	Note   string `json:"note" col:"说明|words"`
	Undone bool   `json:"undone" col:"已撤销|taken back"`
	Event  int64  `json:"event"`
}

func lineOfEarned(e points.Entry) earnedLine {
	return earnedLine{e.ID.String(), Moment(e.At), e.Reason, e.Amount, e.User, e.Note, e.Undone, e.Event}
}

type pointsShowCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" help:"成员|member"`
	paging
}

func (pointsShowCmd) Shape() any          { return rowsOf[earnedLine]() }
func (pointsShowCmd) Examples() []example { return nil }

// Do prints a member's ledger.
func (q *pointsShowCmd) Do(c *call, h *House) error {
	p, g, m, err := c.pointsAt(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	list, err := p.Entries(c.ctx, g.Key, m.Key, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfEarned), len(list))
}

type pointsGiveCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" help:"成员|member"`
	Amount int    `arg:"" help:"分数，负数是扣|points; a negative number takes some"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (pointsGiveCmd) Shape() any { return earnedLine{} }
func (pointsGiveCmd) Examples() []example {
	return []example{{"points give 产品交流群 张三 30 --reason 组织活动", [2]string{"points undo 可撤销", "points undo takes it back"}}}
}

// Do gives points by hand.
func (q *pointsGiveCmd) Do(c *call, h *House) error {
	p, g, m, err := c.pointsAt(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	e, err := p.Give(c.ctx, user, g.Key, m.ID, q.Amount, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfEarned(e))
}

type pointsUndoCmd struct {
	ID     string `arg:"" help:"一笔的编号|id of the entry"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (pointsUndoCmd) Shape() any          { return earnedLine{} }
func (pointsUndoCmd) Examples() []example { return nil }

// Do takes an entry back.
func (q *pointsUndoCmd) Do(c *call, h *House) error {
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	p, err := inOrg(c, h, h.Points)
	if err != nil {
		return err
	}
	e, err := p.Undo(c.ctx, user, id, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfEarned(e))
}

type pointsRulesCmd struct {
	Group  string `arg:"" help:"群|group"`
	On     bool   `help:"打开|switch on" xor:"switch"`
	Off    bool   `help:"关掉|switch off" xor:"switch"`
	Change string `placeholder:"JSON" help:"要改的几项，如 {\"sign\":10}|what to change, e.g. {\"sign\":10}"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (pointsRulesCmd) Shape() any { return points.Rules{} }
func (pointsRulesCmd) Examples() []example {
	return []example{{"points rules 产品交流群 --on --reason 开始积分", [2]string{"不带参数只看", "without flags it only shows"}}}
}

// changed is rules with what JSON says of them put in its place. They share nothing with those they came from.
func changed[T any](rules T, change string) (out T, err error) {
	raw, err := json.Marshal(rules)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil || change == "" {
		return out, err
	}
	if err := json.Unmarshal([]byte(change), &out); err != nil {
		return out, badUsage("--change 看不懂：%v", "--change: %v", err)
	}
	return out, nil
}

// Do shows the rules, changed where flags say so.
func (q *pointsRulesCmd) Do(c *call, h *House) error {
	p, g, _, err := c.pointsAt(h, q.Group, "")
	if err != nil {
		return err
	}
	was, err := p.Rules(c.ctx, g.Key)
	if err != nil {
		return err
	}
	r, err := changed(was, q.Change)
	if err != nil {
		return err
	}
	r.On = (r.On || q.On) && !q.Off
	if r != was {
		if err := p.SetRules(c.ctx, user, g.Key, r, q.Reason); err != nil {
			return err
		}
	}
	return c.printJSON(r)
}
