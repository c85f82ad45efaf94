package cli

import (
	"slices"
	"time"

	"qunluo/internal/community"
)

type groupCmd struct {
	List groupListCmd `cmd:"" help:"列出群|list groups"`
	Show groupShowCmd `cmd:"" help:"一个群|one group"`
	Add  groupAddCmd  `cmd:"" help:"添加由人粘贴的微信群|add a WeChat group that people bring by hand"`
	Tag  groupTagCmd  `cmd:"" help:"加上或去掉标签|add or take away tags"`
	Mode groupModeCmd `cmd:"" help:"observe 只记录；live 执行|observe only records; live acts"`
	Zone groupZoneCmd `cmd:"" help:"按哪个时区切日期|the zone in which days are cut"`
	Main groupMainCmd `cmd:"" help:"设置主群，空为取消|set the main group; none: take away"`
	Cap  groupCapCmd  `cmd:"" help:"满员预测与上限|when it is full, and its limit"`

	Shield     groupShieldCmd     `cmd:"" help:"防骚扰模式：一个开关，到时恢复原样|shield: one switch, timed, everything as before afterwards"`
	Standby    standbyCmd         `cmd:"" help:"备用群：账号出事时去哪|standby: where the group goes when its account is lost"`
	Overlap    groupOverlapCmd    `cmd:"" help:"开群前：和别的群重合多少，这个群有什么不同|before opening: what it shares with other groups, and what it gives that they do not"`
	Paste      groupPasteCmd      `cmd:"" help:"粘贴聊天记录，重复的不会重复|paste copied talk; again repeats nothing"`
	Roster     groupRosterCmd     `cmd:"" help:"粘贴完整的成员名单|paste the whole list of members"`
	Duplicates groupDuplicatesCmd `cmd:"" help:"同时在几个子群里的人|people in several sub groups"`
}

// groupLine is a group as verbs print it.
type groupLine struct {
	ID       string   `json:"id" col:"编号|id"`
	Name     string   `json:"name" col:"名称|name"`
	Platform string   `json:"platform" col:"平台|platform"`
	External string   `json:"external_id"`
	Mode     string   `json:"mode" col:"方式|mode"`
	Frozen   bool     `json:"frozen" col:"冻结|frozen"`
	Zone     string   `json:"zone"`
	Parent   string   `json:"main" col:"主群|main group"`
	Members  int      `json:"members" col:"成员|members"`
	Week     int64    `json:"messages_7d" col:"近7天消息|messages 7d"`
	Speakers int64    `json:"speakers_7d" col:"近7天发言人|speakers 7d"`
	Last     Moment   `json:"last_at" col:"最近|last"`
	Book     int      `json:"rulebook" col:"群规版本|rulebook"`
	Tasks    int      `json:"open_tasks" col:"待办|tasks"`
	Review   int      `json:"open_review" col:"待审|review"`
	Tags     []string `json:"tags" col:"标签|tags"`
}

func lineOfGroup(g community.GroupRow) groupLine {
	if g.Tags == nil {
		g.Tags = []string{}
	}
	return groupLine{g.ID.String(), g.Name, string(g.Platform), g.External, string(g.Mode), g.Frozen, g.Zone, g.ParentName, g.Members,
		g.Messages7, g.Speakers7, Moment(g.LastAt), g.Book, g.OpenTasks, g.OpenReview, g.Tags}
}

// mapped turns rows into lines.
func mapped[A, B any](rows []A, f func(A) B) []B {
	out := make([]B, len(rows))
	for i, r := range rows {
		out[i] = f(r)
	}
	return out
}

type groupListCmd struct {
	fresh `kong:"-"`

	Text     string `arg:"" optional:"" help:"名称里的字|part of the name"`
	Tag      string `help:"有这个标签|with this tag"`
	Platform string `help:"平台：qq、sim、irc…|platform: qq, sim, irc …"`
	Mode     string `enum:",observe,live" default:"" help:"observe 或 live|observe or live"`
	paging
}

func (groupListCmd) Shape() any { return rowsOf[groupLine]() }
func (groupListCmd) Examples() []example {
	return []example{{"group list --tag 产品 --sort=-messages", [2]string{"某个标签的群，最热闹的在前", "groups with a tag, the liveliest first"}}}
}

// Do lists groups.
func (q *groupListCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	rows, total, err := desk.FindGroups(c.ctx, community.GroupFilter{
		Text: q.Text, Tag: q.Tag, Platform: community.Platform(q.Platform), Mode: community.Mode(q.Mode), Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfGroup), total)
}

type groupShowCmd struct {
	fresh `kong:"-"`

	Group string `arg:"" help:"编号、名称或平台群号|id, name or the platform's id"`
}

func (groupShowCmd) Shape() any          { return groupLine{} }
func (groupShowCmd) Examples() []example { return nil }

// Do shows one group.
func (q *groupShowCmd) Do(c *call, h *House) error {
	return c.changeGroup(h, q.Group, func(Hands, *community.GroupRow) error { return nil })
}

// changeGroup finds a group, changes it and prints it as it is then.
func (c *call) changeGroup(h *House, name string, change func(Hands, *community.GroupRow) error) error {
	desk, hands, err := c.both(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, name)
	if err != nil {
		return err
	}
	if err := change(hands, &g); err != nil {
		return err
	}
	now, err := c.group(desk, g.ID.String())
	if err != nil {
		return err
	}
	return printOne(c, lineOfGroup(now))
}

type groupTagCmd struct {
	Group  string   `arg:"" help:"编号、名称或平台群号|id, name or the platform's id"`
	Add    []string `help:"加上的标签（可重复）|tags to add (repeatable)"`
	Remove []string `help:"去掉的标签（可重复）|tags to take away (repeatable)"`
	Reason string   `placeholder:"TEXT" help:"原因|why"`
}

func (groupTagCmd) Shape() any { return groupLine{} }
func (groupTagCmd) Examples() []example {
	return []example{{"group tag 产品交流群 --add 重点 --remove 试运行", [2]string{"换标签", "change tags"}}}
}

// Do changes a group's tags.
func (q *groupTagCmd) Do(c *call, h *House) error {
	return c.changeGroup(h, q.Group, func(hands Hands, g *community.GroupRow) error {
		for _, tag := range q.Add {
			if !slices.Contains(g.Tags, tag) {
				g.Tags = append(g.Tags, tag)
			}
		}
		g.Tags = slices.DeleteFunc(g.Tags, func(tag string) bool { return slices.Contains(q.Remove, tag) })
		return hands.SetGroup(c.ctx, user, g.Group, q.Reason)
	})
}

type groupModeCmd struct {
	Group  string `arg:"" help:"编号、名称或平台群号|id, name or the platform's id"`
	Mode   string `arg:"" enum:"observe,live" help:"observe 只记录；live 执行|observe only records; live acts"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

// Effect is what switching on means.
func (q *groupModeCmd) Effect() [2]string {
	if q.Mode != string(community.Live) {
		return [2]string{}
	}
	return [2]string{"群 " + q.Group + " 的规则将真正执行（撤回、禁言、移出）", "the rules of group " + q.Group + " will act (recall, mute, remove)"}
}

func (groupModeCmd) Shape() any { return groupLine{} }
func (groupModeCmd) Examples() []example {
	return []example{{"group mode 产品交流群 live", [2]string{"回放过之后再打开", "switch on, after a replay"}}}
}

// Do switches a group between observing and acting.
func (q *groupModeCmd) Do(c *call, h *House) error {
	return c.changeGroup(h, q.Group, func(hands Hands, g *community.GroupRow) error {
		return hands.SetMode(c.ctx, user, g.Key, community.Mode(q.Mode), q.Reason)
	})
}

type groupZoneCmd struct {
	Group  string `arg:"" help:"编号、名称或平台群号|id, name or the platform's id"`
	Zone   string `arg:"" help:"如 Asia/Shanghai|e.g. Asia/Shanghai"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (groupZoneCmd) Shape() any          { return groupLine{} }
func (groupZoneCmd) Examples() []example { return nil }

// Do sets the zone in which a group's days are cut.
func (q *groupZoneCmd) Do(c *call, h *House) error {
	if _, err := time.LoadLocation(q.Zone); err != nil {
		return badUsage("没有时区 %q", "there is no time zone %q", q.Zone)
	}
	return c.changeGroup(h, q.Group, func(hands Hands, g *community.GroupRow) error {
		g.Zone = q.Zone
		return hands.SetGroup(c.ctx, user, g.Group, q.Reason)
	})
}

type groupMainCmd struct {
	Group  string `arg:"" help:"子群|the sub group"`
	Main   string `arg:"" optional:"" help:"主群；省略为取消|the main group; left out: none"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (groupMainCmd) Shape() any          { return groupLine{} }
func (groupMainCmd) Examples() []example { return nil }

// Do sets a group's main group.
func (q *groupMainCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	main, err := c.group(desk, q.Main)
	if err != nil {
		return err
	}
	return c.changeGroup(h, q.Group, func(hands Hands, g *community.GroupRow) error {
		g.Parent = main.Key
		return hands.SetGroup(c.ctx, user, g.Group, q.Reason)
	})
}
