package cli

import (
	"fmt"

	"qunluo/internal/community"
)

type strikeCmd struct {
	List strikeListCmd `cmd:"" help:"列出违规记分|list strikes"`
	Give strikeGiveCmd `cmd:"" help:"凭一条消息记一次违规|give a strike on the evidence of a message"`
}

// strikeLine is a strike as verbs print it.
type strikeLine struct {
	ID      string `json:"id" col:"编号|id"`
	At      Moment `json:"at" col:"时间|time"`
	Group   string `json:"group" col:"群|group"`
	Member  string `json:"member" col:"成员|member"`
	Rule    string `json:"rule"`
	Called  string `json:"rule_called" col:"规则|rule"`     // its name with the id
	User    string `json:"moderator" col:"记分人|moderator"` // "" = by a rule
	Book    int    `json:"rulebook" col:"版本|version"`
	Article int    `json:"article" col:"条|article"` // of that version; 0 = none
	Expires Moment `json:"expires_at" col:"到期|expires"`
	Revoked Moment `json:"revoked_at" col:"撤销|revoked"`
	By      string `json:"revoked_by" col:"撤销人|revoked by"`
	Event   int64  `json:"event" col:"序号|event"`
	Text    string `json:"text" col:"证据|evidence"`
	Appeal  string `json:"appeal" col:"申诉|appeal"` // "", open, upheld, overturned
}

func lineOfStrike(s community.StrikeRow) strikeLine {
	return strikeLine{s.ID.String(), Moment(s.At), s.GroupName, s.MemberName, s.Rule, s.RuleCalled(), s.User, s.Book, s.Article, Moment(s.Expires), Moment(s.Revoked), s.RevokedBy,
		s.Event, s.Message.Text, string(s.Appeal)}
}

type strikeListCmd struct {
	Group  string `placeholder:"GROUP" help:"在这个群|in this group"`
	Tag    string `placeholder:"TAG" help:"在带这个标签的群|in groups with this tag"`
	Member string `placeholder:"MEMBER" help:"这个成员的|of this member"`
	Live   bool   `help:"只看仍然有效的|only those that still count"`
	paging
}

func (strikeListCmd) Shape() any          { return rowsOf[strikeLine]() }
func (strikeListCmd) Examples() []example { return nil }

// Do lists strikes.
func (q *strikeListCmd) Do(c *call, h *House) error {
	desk, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	rows, total, err := desk.FindStrikes(c.ctx, community.StrikeFilter{Group: g.Key, Tag: q.Tag, Member: m.Key, Live: q.Live, Now: c.program.now().UnixMilli(), Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfStrike), total)
}

type strikeGiveCmd struct {
	Group   string `arg:"" help:"群|group"`
	Number  int64  `arg:"" help:"作为证据的消息的序号|number of the message that is the evidence"`
	Rule    string `placeholder:"RULE" help:"按这条规则的阶梯，默认按群规的|under this rule's ladder, by default the book's"`
	Article string `placeholder:"ARTICLE" help:"依据哪一条（rule charter show 里的编号），处罚会引用它|under which article (id, see rule charter show); it is cited"`
	Reason  string `required:"" placeholder:"TEXT" help:"原因，当事人可能会问|why; the person concerned may ask"`
	named
}

// Effect says that the ladder follows.
func (q *strikeGiveCmd) Effect() [2]string {
	return [2]string{fmt.Sprintf("将为群 %s 第 %d 条消息的作者记一次违规，阶梯上的处罚随之执行，第三次会移出", q.Group, q.Number),
		fmt.Sprintf("this gives the author of message %d in group %s a strike; what the ladder says follows, the third removes", q.Number, q.Group)}
}

func (strikeGiveCmd) Shape() any { return actedLine{} }
func (strikeGiveCmd) Examples() []example {
	return []example{{"strike give 产品交流群 8123 --rule ads --reason 变体广告 --yes", [2]string{"规则没抓到的广告，人来记；decision undo 可撤销", "an advertisement that no rule caught; decision undo takes it back"}}}
}

// Validate bounds the number; called by the parser.
func (q *strikeGiveCmd) Validate() error {
	if q.Number <= 0 {
		return badUsage("<number> 应大于 0", "<number> must be above 0")
	}
	return nil
}

// Do gives the strike.
func (q *strikeGiveCmd) Do(c *call, h *House) error {
	desk, hands, err := c.both(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	m, err := c.messageAt(desk, g, q.Number)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	id, err := hands.Strike(c.ctx, who, g.Key, community.PersonStrike{Member: m.Member, Name: m.Name, Event: m.Number, Message: m.Message, Rule: q.Rule, Article: q.Article}, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, actedLine{Decision: id.String()})
}

// messageAt finds the message of a group by its number.
func (c *call) messageAt(desk Desk, g community.GroupRow, number int64) (community.MessageRow, error) {
	rows, err := desk.Around(c.ctx, g.Key, number, 0, 0)
	if err != nil {
		return community.MessageRow{}, err
	}
	if len(rows) != 1 {
		return community.MessageRow{}, failed(nil, "群里没有序号为 %d 的消息", "the group has no message with number %d", number)
	}
	return rows[0], nil
}

// place finds the group and the member that a question is about; both may be left out.
func (c *call) place(h *House, group, member string) (Desk, community.GroupRow, community.Member, error) {
	desk, err := c.desk(h)
	if err != nil {
		return nil, community.GroupRow{}, community.Member{}, err
	}
	g, err := c.group(desk, group)
	if err != nil {
		return nil, g, community.Member{}, err
	}
	m, err := c.member(desk, g.Key, member)
	return desk, g, m, err
}
