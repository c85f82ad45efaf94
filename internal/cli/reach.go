package cli

import (
	"qunluo/internal/community"
	"qunluo/internal/tier"
)

type reachCmd struct {
	List    reachListCmd    `cmd:"" help:"触达列表|reaches"`
	Add     reachAddCmd     `cmd:"" help:"给潜水的人发一条，一人一条|a message to lurkers, one to each"`
	Show    reachShowCmd    `cmd:"" help:"发给了谁、停在哪|whom it addressed, and what became of it"`
	Stop    reachStopCmd    `cmd:"" help:"停止|stop one"`
	Decline reachDeclineCmd `cmd:"" help:"登记一个人不再接收|note that somebody wants no more of it"`
}

// ReachLine is a reach as verbs print it.
type ReachLine struct {
	Text    string         `json:"text" col:"内容|text"`
	Starts  Moment         `json:"starts" col:"开始|starts"`
	Ends    Moment         `json:"ends" col:"结束|ends"`
	Gap     int            `json:"gap_days" col:"间隔（天）|gap (days)"`
	PerDay  int            `json:"per_day" col:"每天|a day"`
	Stopped Moment         `json:"stopped" col:"停止|stopped"`
	Counts  map[string]int `json:"counts"` // by state: asked, spoke, declined, moved, over
	ID      string         `json:"id" col:"编号|id"`
}

func lineOfReach(r tier.Reach) ReachLine {
	if r.Counts == nil {
		r.Counts = map[string]int{}
	}
	return ReachLine{r.Text, Moment(r.Starts), Moment(r.Ends), r.Gap, r.PerDay, Moment(r.Stopped), r.Counts, r.ID.String()}
}

type reachListCmd struct {
	Group string `arg:"" help:"群|group"`
}

func (reachListCmd) Shape() any          { return rowsOf[ReachLine]() }
func (reachListCmd) Examples() []example { return nil }

// Do lists reaches.
func (q *reachListCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	list, err := t.Reaches(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfReach), len(list))
}

type reachAddCmd struct {
	Group  string `arg:"" help:"群|group"`
	Text   string `arg:"" help:"内容|text"`
	At     string `placeholder:"TIME" help:"什么时候开始，默认现在|when it starts, by default now"`
	Days   int    `default:"14" help:"持续几天，1 到 90|for how many days, 1 to 90"`
	Gap    int    `default:"30" help:"同一个人至少隔几天，7 到 180|days between two messages to one member, 7 to 180"`
	PerDay int    `default:"20" help:"每天最多几人，1 到 200|members a day at most, 1 to 200"`
}

func (reachAddCmd) Shape() any { return ReachLine{} }
func (reachAddCmd) Examples() []example {
	return []example{{"tier reach add '#books' 好久不见，这周读《活着》 --days 14 --gap 30", [2]string{"只发潜水的人，不发群", "to lurkers only, never to the group"}}}
}

// Do plans a reach.
func (q *reachAddCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	starts, err := c.when(q.At)
	if err != nil {
		return err
	}
	if starts == 0 {
		starts = c.program.now().UnixMilli()
	}
	r, err := t.AddReach(c.ctx, user, tier.Reach{Group: g.Key, Text: q.Text, Starts: starts, Ends: starts + int64(q.Days)*24*3600e3, Gap: q.Gap, PerDay: q.PerDay})
	if err != nil {
		return err
	}
	return printOne(c, lineOfReach(r))
}

// SoulLine is a member of a reach.
type SoulLine struct {
	Name     string `json:"name" col:"名称|name"`
	State    string `json:"state" col:"状态|state"` // "" = not addressed yet; asked, spoke, declined, moved, over
	Asked    Moment `json:"asked" col:"发出|sent"`
	Declined bool   `json:"declined" col:"不再接收|declined"`
	Action   string `json:"action"` // its task, where a person sends it
	Member   string `json:"member"`
}

type reachShowCmd struct {
	Group string `arg:"" help:"群|group"`
	ID    string `arg:"" help:"触达的编号|id of the reach"`
}

func (reachShowCmd) Shape() any          { return rowsOf[SoulLine]() }
func (reachShowCmd) Examples() []example { return nil }

// Do lists the members of a reach.
func (q *reachShowCmd) Do(c *call, h *House) error {
	t, id, err := c.tiersOf(h, q.Group, q.ID)
	if err != nil {
		return err
	}
	_, list, err := t.Souls(c.ctx, id)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(s tier.Soul) SoulLine {
		line := SoulLine{Name: s.Called, State: s.State, Asked: Moment(s.Asked), Declined: s.Declined, Member: s.MemberID.String()}
		if !s.Action.IsZero() {
			line.Action = s.Action.String()
		}
		return line
	}), len(list))
}

type reachStopCmd struct {
	Group  string `arg:"" help:"群|group"`
	ID     string `arg:"" help:"触达的编号|id of the reach"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (reachStopCmd) Shape() any          { return rowsOf[ReachLine]() }
func (reachStopCmd) Examples() []example { return nil }

// Do stops a reach.
func (q *reachStopCmd) Do(c *call, h *House) error {
	t, id, err := c.tiersOf(h, q.Group, q.ID)
	if err != nil {
		return err
	}
	if err := t.StopReach(c.ctx, user, id, q.Reason); err != nil {
		return err
	}
	return (&reachListCmd{Group: q.Group}).Do(c, h)
}

// ReachDeclined is who wants no more of it.
type ReachDeclined struct {
	Name   string `json:"name" col:"名称|name"`
	Member string `json:"member"`
}

type reachDeclineCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" help:"成员|member"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (reachDeclineCmd) Shape() any          { return ReachDeclined{} }
func (reachDeclineCmd) Examples() []example { return nil }

// Do notes that somebody wants no more of it.
func (q *reachDeclineCmd) Do(c *call, h *House) error {
	t, g, m, err := c.tiersAt(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	if m.ID == (community.ID{}) {
		return badUsage("请给出成员", "name a member")
	}
	if err := t.Decline(c.ctx, user, g.Key, m.ID, q.Reason); err != nil {
		return err
	}
	return printOne(c, ReachDeclined{m.Name, m.ID.String()})
}
