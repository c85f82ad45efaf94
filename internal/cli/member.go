package cli

import "qunluo/internal/community"

type memberCmd struct {
	List memberListCmd `cmd:"" help:"列出成员|list members"`
	Show memberShowCmd `cmd:"" help:"一个成员的在群记录和曾用名|one member: stays and names over time"`
	Mark memberMarkCmd `cmd:"" help:"标为机器人、工作人员或普通成员|mark as a bot, as staff, or as an ordinary member"`
}

// memberLine is a member of a group as verbs print it.
type memberLine struct {
	ID       string `json:"id" col:"编号|id"`
	Name     string `json:"name" col:"名称|name"`
	Card     string `json:"card" col:"群昵称|name in group"`
	External string `json:"external_id" col:"平台号|platform id"`
	Group    string `json:"group" col:"群|group"`
	Role     string `json:"role" col:"角色|role"`
	Mark     string `json:"mark" col:"标记|mark"`
	Joined   Moment `json:"joined_at" col:"入群|joined"`
	Scene    string `json:"scene" col:"来源|source"`
	Inviter  string `json:"inviter" col:"邀请人|invited by"`
	Left     Moment `json:"left_at" col:"离群|left"`
	Last     Moment `json:"last_word" col:"最后发言|last word"`
	Messages int64  `json:"messages" col:"消息|messages"`
	Strikes  int    `json:"strikes" col:"违规|strikes"`
	Muted    Moment `json:"muted_until" col:"禁言至|muted until"`
}

func lineOfMember(m community.MemberRow) memberLine {
	return memberLine{m.ID.String(), m.Name, m.Card, m.External, m.GroupName, string(m.Role), string(m.Mark), Moment(m.JoinedAt), m.Scene, m.Inviter,
		Moment(m.LeftAt), Moment(m.LastWord), m.Messages, m.Strikes, Moment(m.MutedTill)}
}

type memberListCmd struct {
	Text        string `arg:"" optional:"" help:"名称里的字，或平台号|part of a name, or the platform's id"`
	Group       string `placeholder:"GROUP" help:"在这个群|in this group"`
	Tag         string `help:"在有这个标签的群|in groups with this tag"`
	NeverSpoke  bool   `help:"从未发言|who never spoke"`
	SilentSince string `placeholder:"TIME" help:"自某时起没有发言，如 30d|silent since a time, e.g. 30d"`
	Source      string `help:"入群来源|how they joined"`
	Present     bool   `help:"现在在群|in the group now" xor:"where"`
	Left        bool   `help:"已离群|who left" xor:"where"`
	paging
}

func (memberListCmd) Shape() any { return rowsOf[memberLine]() }
func (memberListCmd) Examples() []example {
	return []example{
		{"member list --group 产品交流群 --never-spoke --present --sort joined", [2]string{"从未发言的人和入群日期", "who never spoke, with the date of joining"}},
		{"member list --silent-since 30d --json", [2]string{"一个月没说话的人，给程序用", "a month without a word, for a program"}},
	}
}

// Do lists members.
func (q *memberListCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	since, err := c.when(q.SilentSince)
	if err != nil {
		return err
	}
	f := community.MemberFilter{Group: g.Key, Tag: q.Tag, Text: q.Text, NeverSpoke: q.NeverSpoke, SilentSince: since, Source: q.Source, Page: q.page()}
	if q.Present || q.Left {
		f.Present = &q.Present
	}
	rows, total, err := desk.FindMembers(c.ctx, f)
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfMember), total)
}

type memberShowCmd struct {
	Member string `arg:"" help:"编号、名称或平台号|id, name or the platform's id"`
	Group  string `placeholder:"GROUP" help:"在这个群里找|look in this group"`
}

// memberPage is everything about one member.
type memberPage struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Platform string       `json:"platform"`
	External string       `json:"external_id"`
	Bot      bool         `json:"bot"`
	Mark     string       `json:"mark"`      // "bot", "staff", "member": what one of us said; "" = nobody did
	NameOnly bool         `json:"name_only"` // known by name alone
	Stays    []stayLine   `json:"stays"`
	Names    []nameLine   `json:"names"`
	Strikes  []strikeLine `json:"strikes"`
}

type stayLine struct {
	Group   string `json:"group" col:"群|group"`
	Joined  Moment `json:"joined_at" col:"入群|joined"`
	Scene   string `json:"scene" col:"来源|source"`
	State   string `json:"state" col:"活码|code"`
	Inviter string `json:"inviter" col:"邀请人|invited by"`
	Left    Moment `json:"left_at" col:"离群|left"`
	Reason  string `json:"left_reason" col:"离群原因|why"`
}

type nameLine struct {
	Name string `json:"name" col:"名称|name"`
	From Moment `json:"from" col:"从|from"`
	To   Moment `json:"to" col:"到|to"`
}

func (memberShowCmd) Shape() any          { return memberPage{} }
func (memberShowCmd) Examples() []example { return nil }

// Do shows one member's stays, names and strikes.
func (q *memberShowCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
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
	p, err := c.memberPage(desk, m)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(p)
	}
	if err := printOne(c, struct {
		ID       string `col:"编号|id"`
		Name     string `col:"名称|name"`
		Platform string `col:"平台|platform"`
		External string `col:"平台号|platform id"`
	}{p.ID, p.Name, p.Platform, p.External}); err != nil {
		return err
	}
	return printParts(c, p.Stays, p.Names, p.Strikes)
}

// printParts prints tables below each other, leaving out empty ones.
func printParts[A, B, C any](c *call, a []A, b []B, d []C) error {
	parts := []func() error{
		func() error { return printPart(c, a) }, func() error { return printPart(c, b) }, func() error { return printPart(c, d) },
	}
	for _, p := range parts {
		if err := p(); err != nil {
			return err
		}
	}
	return nil
}

func printPart[T any](c *call, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := c.out.Write([]byte("\n")); err != nil {
		return err
	}
	return printList(c, rows, len(rows))
}

func (c *call) memberPage(desk Desk, m community.Member) (memberPage, error) {
	p := memberPage{ID: m.ID.String(), Name: m.Name, Platform: string(m.Platform), External: m.External, Bot: m.Bot, Mark: string(m.Mark), NameOnly: m.Certainty == community.NameOnly}
	stays, err := desk.Stays(c.ctx, m.Key)
	if err != nil {
		return p, err
	}
	names, err := desk.Names(c.ctx, m.Key)
	if err != nil {
		return p, err
	}
	strikes, _, err := desk.FindStrikes(c.ctx, community.StrikeFilter{Member: m.Key, Page: community.Page{Limit: 200}})
	if err != nil {
		return p, err
	}
	p.Stays = mapped(stays, func(s community.Stay) stayLine {
		return stayLine{s.GroupName, Moment(s.JoinedAt), s.Scene, s.State, s.InviterName, Moment(s.LeftAt), s.LeftReason}
	})
	p.Names = mapped(names, func(n community.NameSpan) nameLine { return nameLine{n.Name, Moment(n.From), Moment(n.To)} })
	p.Strikes = mapped(strikes, lineOfStrike)
	return p, nil
}
