package cli

import "qunluo/internal/community"

type strikeCmd struct {
	List strikeListCmd `cmd:"" help:"列出违规记分|list strikes"`
}

// strikeLine is a strike as verbs print it.
type strikeLine struct {
	ID      string `json:"id" col:"编号|id"`
	At      Moment `json:"at" col:"时间|time"`
	Group   string `json:"group" col:"群|group"`
	Member  string `json:"member" col:"成员|member"`
	Rule    string `json:"rule" col:"规则|rule"`
	Book    int    `json:"rulebook" col:"版本|version"`
	Expires Moment `json:"expires_at" col:"到期|expires"`
	Revoked Moment `json:"revoked_at" col:"撤销|revoked"`
	By      string `json:"revoked_by" col:"撤销人|revoked by"`
}

func lineOfStrike(s community.StrikeRow) strikeLine {
	return strikeLine{s.ID.String(), Moment(s.At), s.GroupName, s.MemberName, s.Rule, s.Book, Moment(s.Expires), Moment(s.Revoked), s.RevokedBy}
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
