package cli

import (
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
)

type messageCmd struct {
	Search   messageSearchCmd   `cmd:"" help:"搜索消息（两个汉字起）|search messages"`
	Around   messageAroundCmd   `cmd:"" help:"一条消息的前后文|what stands around a message"`
	Pictures messagePicturesCmd `cmd:"" help:"一条消息的图片里读出了什么|what was read in a message's pictures"`
	Recall   messageRecallCmd   `cmd:"" help:"一条消息还能不能撤回、到什么时候|whether and until when a message can be recalled"`
}

// messageLine is a message as verbs print it.
type messageLine struct {
	Number   int64  `json:"number" col:"序号|number"`
	At       Moment `json:"at" col:"时间|time"`
	Group    string `json:"group" col:"群|group"`
	Member   string `json:"member" col:"成员|member"`
	MemberID string `json:"member_id"`
	Text     string `json:"text" col:"消息|message"`
	Type     string `json:"type"`
	Class    int    `json:"class"`
	Recalled bool   `json:"recalled" col:"已撤回|recalled"`
	Origin   string `json:"origin"`
	Erased   bool   `json:"erased"`
	ID       string `json:"id"`
	Message  string `json:"message_id"`
}

func lineOfMessage(m community.MessageRow) messageLine {
	return messageLine{Number: m.Number, At: Moment(m.OccurredAt), Group: m.GroupName, Member: m.Name, MemberID: m.MemberID.String(), Text: m.Text,
		Type: string(m.Type), Class: int(m.Class), Recalled: m.Recalled, Origin: m.Origin.String(), Erased: m.Erased, ID: m.ID.String(), Message: m.Message}
}

type messageSearchCmd struct {
	fresh `kong:"-"`

	Text   string `arg:"" optional:"" help:"要找的字|what to look for"`
	Group  string `placeholder:"GROUP" help:"在这个群|in this group"`
	Tag    string `help:"在有这个标签的群|in groups with this tag"`
	Member string `placeholder:"MEMBER" help:"这个成员说的|said by this member"`
	From   string `placeholder:"TIME" help:"从（含）|from (included)"`
	To     string `placeholder:"TIME" help:"到（不含）|to (not included)"`
	Only   string `enum:",counted,recalled" default:"" help:"只看 counted 计入数字的，或 recalled 被撤回的；日期按各群的时区切|only what figures count (counted), or what was recalled; days are cut in each group's zone"`
	Hits   bool   `help:"只看被规则命中的|only those that a rule hit"`
	Before int64  `placeholder:"NUMBER" help:"只看序号更小的（翻页）|only numbers below this one (turns pages)"`
	Limit  int    `default:"50" help:"最多几行，1 到 200|how many rows at most, 1 to 200"`
}

func (messageSearchCmd) Shape() any { return rowsOf[messageLine]() }
func (messageSearchCmd) Examples() []example {
	return []example{{"message search 押金 --group 产品交流群 --from 30d", [2]string{"近 30 天谁说过押金", "who spoke of it in the last 30 days"}}}
}

// Validate bounds the rows; called by the parser.
func (q *messageSearchCmd) Validate() error { return paging{Limit: q.Limit}.Validate() }

// Do searches messages, newest first.
func (q *messageSearchCmd) Do(c *call, h *House) error {
	desk, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	from, to, err := c.span(q.From, q.To)
	if err != nil {
		return err
	}
	f := community.MessageFilter{Text: q.Text, Group: g.Key, Tag: q.Tag, Member: m.Key, From: from, To: to, Hits: q.Hits, Before: q.Before, Limit: q.Limit}
	if f.Counted, f.Recalled = q.Only == "counted", q.Only == "recalled"; q.Only != "" && from != 0 {
		f.Days, f.From, f.To = c.days(from, to), 0, 0
	}
	rows, total, err := desk.FindMessages(c.ctx, f)
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfMessage), total)
}

// days are the days that [from, to) touches (UTC ms, to 0 = now), as the person's calendar or the group's has them.
func (c *call) days(from, to int64) community.DaySpan {
	if to == 0 {
		to = c.program.now().UnixMilli()
	}
	first, _ := measure.DayOf(from, c.zone())
	last, _ := measure.DayOf(to-1, c.zone())
	return community.DaySpan{From: int64(first), To: int64(max(first, last))}
}

// span reads two times; 0 where one was left out.
func (c *call) span(from, to string) (int64, int64, error) {
	a, err := c.when(from)
	if err != nil {
		return 0, 0, err
	}
	b, err := c.when(to)
	if err != nil {
		return 0, 0, err
	}
	if a != 0 && b != 0 && a >= b {
		return 0, 0, badUsage("--from 应早于 --to", "--from must be before --to")
	}
	return a, b, nil
}

type messageAroundCmd struct {
	Group  string `arg:"" help:"群|group"`
	Number int64  `arg:"" help:"消息的序号|number of the message"`
	Before int    `default:"10" help:"之前几条|how many before"`
	After  int    `default:"10" help:"之后几条|how many after"`
}

func (messageAroundCmd) Shape() any          { return rowsOf[messageLine]() }
func (messageAroundCmd) Examples() []example { return nil }

// Do prints the neighbourhood of a message.
func (q *messageAroundCmd) Do(c *call, h *House) error {
	if q.Before < 0 || q.Before > 200 || q.After < 0 || q.After > 200 {
		return badUsage("--before 和 --after 应在 0 到 200 之间", "--before and --after must be 0 to 200")
	}
	desk, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	rows, err := desk.Around(c.ctx, g.Key, q.Number, q.Before, q.After)
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfMessage), len(rows))
}

type messageRecallCmd struct {
	Group  string `arg:"" help:"群|group"`
	Number int64  `arg:"" help:"消息的序号|number of the message"`
}

// recallLine is what can still be done about a message.
type recallLine struct {
	Number int64  `json:"number" col:"序号|number"`
	Step   string `json:"step" col:"下一步|next step"` // recall, by_hand, correct
	Until  Moment `json:"until" col:"撤回期限|until"`   // the platform's; none = no limit, or it recalls nothing
	Left   int64  `json:"left_seconds" col:"还剩秒数|seconds left"`
}

func (messageRecallCmd) Shape() any { return recallLine{} }
func (messageRecallCmd) Examples() []example {
	return []example{{"message recall 产品交流群 1204", [2]string{"还能撤回多久；真的撤回用 action do", "how long it can be recalled; action do really does it"}}}
}

// Do says the deadline; it recalls nothing.
func (q *messageRecallCmd) Do(c *call, h *House) error {
	desk, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	wires, err := need(h.Wires)
	if err != nil {
		return err
	}
	rows, err := desk.Around(c.ctx, g.Key, q.Number, 0, 0)
	if err != nil {
		return err
	}
	if len(rows) != 1 || rows[0].Number != q.Number {
		return failed(nil, "群里没有序号为 %d 的消息", "the group has no message numbered %d", q.Number)
	}
	able := community.Ability{Level: community.None}
	for _, a := range g.Accounts {
		can, err := wires.Abilities(c.ctx, a, g.Key)
		if err == nil && can.Level(community.RecallMsg) == community.Native {
			able = can.Of(community.RecallMsg)
		}
	}
	now := c.program.now().UnixMilli()
	chance := community.RecallOf(able, connect.ByHand(g.Platform).Level(community.RecallMsg), rows[0].OccurredAt, now)
	line := recallLine{Number: q.Number, Step: string(chance.Step), Until: Moment(chance.Until)}
	if chance.Step == community.RecallNow && chance.Until > 0 {
		line.Left = (chance.Until - now + 999) / 1000
	}
	return printOne(c, line)
}
