package cli

import (
	"cmp"
	"qunluo/internal/community"
	"qunluo/internal/measure"
	"strings"
)

type memberCmd struct {
	List memberListCmd `cmd:"" help:"列出成员|list members"`
	Show memberShowCmd `cmd:"" help:"一个成员的在群记录和曾用名|one member: stays and names over time"`
	Mark memberMarkCmd `cmd:"" help:"标为机器人、工作人员或普通成员|mark as a bot, as staff, or as an ordinary member"`

	Merge   memberMergeCmd   `cmd:"" help:"合并：两个账号是同一个人|say that two accounts are one person"`
	Split   memberSplitCmd   `cmd:"" help:"拆分：这个账号是另一个人|say that an account is a person of its own"`
	Unmerge memberUnmergeCmd `cmd:"" help:"撤销一次合并或拆分|take a merge or a split back"`
	Links   memberLinksCmd   `cmd:"" help:"合并与拆分的记录|what was merged and split"`
	Suggest memberSuggestCmd `cmd:"" help:"可能是同一个人的账号，不会自动合并|accounts that may be one person; never merged by themselves"`
	Apart   memberApartCmd   `cmd:"" help:"不是同一个人：不再提示|not one person: suggested no more"`
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
	Said     int64  `json:"said"` // own messages in the span, with --spoke-from
	SaidDays int    `json:"said_days"`
	Platform string `json:"platform"`

	Tags     []string `json:"tags" col:"标签|tags"`
	Accounts int      `json:"accounts"` // of the person; 0 = only this one
}

// spokenLine is a member in a list of those who spoke on days, as people read it.
type spokenLine struct {
	ID       string `col:"编号|id"`
	Name     string `col:"名称|name"`
	External string `col:"平台号|platform id"`
	Said     int64  `col:"期间消息|messages in the span"`
	SaidDays int    `col:"期间发言天数|days in the span"`
	Messages int64  `col:"消息|messages"`
	Last     Moment `col:"最后发言|last word"`
	Left     Moment `col:"离群|left"`
}

func spokenOf(m memberLine) spokenLine {
	return spokenLine{m.ID, m.Name, m.External, m.Said, m.SaidDays, m.Messages, m.Last, m.Left}
}

func lineOfMember(m community.MemberRow) memberLine {
	return memberLine{m.ID.String(), m.Name, m.Card, m.External, cmp.Or(m.GroupName, strings.Join(m.In, ", ")), string(m.Role), string(m.Mark), Moment(m.JoinedAt), m.Scene, m.Inviter,
		Moment(m.LeftAt), Moment(m.LastWord), m.Messages, m.Strikes, Moment(m.MutedTill), m.Said, m.SaidDays, string(m.Platform), m.Tags, m.Accounts}
}

type memberListCmd struct {
	fresh `kong:"-"`

	Text        string `arg:"" optional:"" help:"名称里的字，或平台号|part of a name, or the platform's id"`
	Group       string `placeholder:"GROUP" help:"在这个群|in this group"`
	Tag         string `help:"在有这个标签的群|in groups with this tag"`
	NeverSpoke  bool   `help:"从未发言|who never spoke"`
	SilentSince string `placeholder:"TIME" help:"自某时起没有发言，如 30d|silent since a time, e.g. 30d"`
	Source      string `help:"入群来源|how they joined"`
	Present     bool   `help:"现在在群|in the group now" xor:"where"`
	Left        bool   `help:"已离群|who left" xor:"where"`
	Persons     bool   `help:"按人：合并了的账号一行，数字相加|by person: merged accounts are one row, added up"`
	SpokeFrom   string `placeholder:"DATE" help:"从这天起发过言（含）|who spoke from this day (included)"`
	SpokeTo     string `placeholder:"DATE" help:"到这天为止（含）|to this day (included)"`
	Most        int64  `placeholder:"N" help:"配合 --spoke-from：期间最多说过几条|with --spoke-from: who said so many at most"`
	First       int    `placeholder:"N" help:"配合 --spoke-from：只要说得最多的几人|with --spoke-from: only so many who said most"`
	JoinedFrom  string `placeholder:"DATE" help:"从这天起入群（含）|who joined from this day (included)"`
	JoinedTo    string `placeholder:"DATE" help:"到这天为止（含）|to this day (included)"`
	LeftFrom    string `placeholder:"DATE" help:"从这天起离群（含）|who left from this day (included)"`
	LeftTo      string `placeholder:"DATE" help:"到这天为止（含）|to this day (included)"`
	paging
}

func (memberListCmd) Shape() any { return rowsOf[memberLine]() }
func (memberListCmd) Examples() []example {
	return []example{
		{"member list --group 产品交流群 --never-spoke --present --sort joined", [2]string{"从未发言的人和入群日期", "who never spoke, with the date of joining"}},
		{"member list --spoke-from 2026-11-17 --spoke-to 2026-11-23 --json", [2]string{"周活跃的人，一个不多一个不少", "exactly the weekly active"}},
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
	f := community.MemberFilter{Group: g.Key, Tag: q.Tag, Text: q.Text, NeverSpoke: q.NeverSpoke, SilentSince: since, Source: q.Source, Persons: q.Persons, Page: q.page()}
	if err := q.spans(&f); err != nil {
		return err
	}
	if q.Present || q.Left {
		f.Present = &q.Present
	}
	rows, total, err := desk.FindMembers(c.ctx, f)
	if err != nil {
		return err
	}
	lines := mapped(rows, lineOfMember)
	if !f.Spoke.IsZero() && !c.json {
		return printList(c, mapped(lines, spokenOf), total)
	}
	return printList(c, lines, total)
}

// spans reads the days that people spoke, joined or left on.
func (q *memberListCmd) spans(f *community.MemberFilter) error {
	for _, s := range []struct {
		name, from, to string
		into           *community.DaySpan
	}{{"spoke", q.SpokeFrom, q.SpokeTo, &f.Spoke}, {"joined", q.JoinedFrom, q.JoinedTo, &f.Joined}, {"left", q.LeftFrom, q.LeftTo, &f.Left}} {
		if s.from+s.to == "" {
			continue
		}
		from, err := measure.ParseDay(s.from)
		if err != nil {
			return badUsage("--%s-from %q 应是 2024-05-01 这样的日期", "--%s-from %q: want a date like 2024-05-01", s.name, s.from)
		}
		to, err := measure.ParseDay(s.to)
		if err != nil || to < from {
			return badUsage("--%s-to %q 应是 2024-05-01 这样的日期，不早于 --%s-from", "--%s-to %q: want a date like 2024-05-01, not before --%s-from", s.name, s.to, s.name)
		}
		*s.into = community.DaySpan{From: int64(from), To: int64(to)}
	}
	if f.Spoke.IsZero() && (q.Most != 0 || q.First != 0) || q.Most < 0 || q.First < 0 {
		return badUsage("--most 和 --first 要配合 --spoke-from 与 --spoke-to，且为正数", "--most and --first go with --spoke-from and --spoke-to, and are positive")
	}
	f.Most, f.First = q.Most, q.First
	return nil
}

type memberShowCmd struct {
	fresh `kong:"-"`

	Member string `arg:"" help:"编号、名称或平台号|id, name or the platform's id"`
	Group  string `placeholder:"GROUP" help:"在这个群里找|look in this group"`
}

// memberPage is everything about one member.
type memberPage struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Platform string        `json:"platform"`
	External string        `json:"external_id"`
	Bot      bool          `json:"bot"`
	Mark     string        `json:"mark"`      // "bot", "staff", "member": what one of us said; "" = nobody did
	NameOnly bool          `json:"name_only"` // known by name alone
	Stays    []stayLine    `json:"stays"`
	Names    []nameLine    `json:"names"`
	Tags     []string      `json:"tags"`
	Strikes  []strikeLine  `json:"strikes"`
	Invited  []guestLine   `json:"invited"`  // the latest 200 whom they brought
	Payments []paymentLine `json:"payments"` // the latest 200
	// Accounts are all accounts of the person, this one first; empty where nothing was merged. Stays, names and strikes above
	// are this account's: no strike counts for another one.
	Accounts []accountOfPerson `json:"accounts"`
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

// guestLine is somebody a member brought.
type guestLine struct {
	ID     string `json:"id"`
	Name   string `json:"name" col:"带来的人|brought"`
	Group  string `json:"group" col:"群|group"`
	Joined Moment `json:"joined_at" col:"入群|joined"`
	Left   Moment `json:"left_at" col:"离群|left"` // 0 = still there
}

// profile adds whom a member brought and what they paid.
func (c *call) profile(h *House, desk Desk, p *memberPage, m community.Member) error {
	guests, _, err := desk.Invited(c.ctx, m.Key, community.Page{Limit: 200})
	if err != nil {
		return err
	}
	p.Invited, p.Payments = []guestLine{}, []paymentLine{}
	for _, r := range guests {
		p.Invited = append(p.Invited, guestLine{r.ID.String(), r.Name, r.GroupName, Moment(r.JoinedAt), Moment(r.LeftAt)})
	}
	if h.Payments == nil {
		return nil
	}
	kept, err := inOrg(c, h, h.Payments)
	if err != nil {
		return err
	}
	paid, _, err := kept.Find(c.ctx, community.PaymentFilter{Member: m.Key, Page: community.Page{Limit: 200}})
	p.Payments = mapped(paid, lineOfPayment)
	return err
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
	if err := c.accountsOf(h, &p, m); err != nil {
		return err
	}
	if err := c.profile(h, desk, &p, m); err != nil {
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
	if err := printParts(c, p.Stays, p.Names, p.Strikes); err != nil {
		return err
	}
	return printParts(c, p.Accounts, p.Invited, p.Payments)
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
