package cli

import (
	"context"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/tier"
)

// Tiers is what the command line asks and changes of tiers.
type Tiers interface {
	Book(ctx context.Context, g community.GroupKey) (tier.Book, error)
	Rows(ctx context.Context, g community.GroupKey, m community.MemberKey, of tier.Tier) ([]tier.Row, error)
	Changes(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]tier.Change, int, error)
	Link(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error)
	Now(ctx context.Context, g community.GroupKey) (bool, error)
	Pin(ctx context.Context, user string, g community.GroupKey, member community.ID, to tier.Tier, reason string) error
	SetRules(ctx context.Context, user string, g community.GroupKey, base int, r tier.Rules, reason string) (int, error)
	Try(ctx context.Context, g community.GroupKey, r tier.Rules, weeks int) (tier.Comparison, error)
	Entitlements
}

type tierCmd struct {
	List     tierListCmd     `cmd:"" help:"各层占比与每个人的理由|shares, and where everybody stands, with reasons"`
	History  tierHistoryCmd  `cmd:"" help:"变动记录：规则、数字、时间|changes: rule, numbers, time"`
	Now      tierNowCmd      `cmd:"" help:"现在就算到昨天|read up to yesterday at once"`
	Pin      tierPinCmd      `cmd:"" help:"手动固定一个人|pin somebody by hand"`
	Unpin    tierUnpinCmd    `cmd:"" help:"取消固定|take a pin away"`
	Link     tierLinkCmd     `cmd:"" help:"给本人看的链接|the link at which a member sees their own tier"`
	Set      tierSetCmd      `cmd:"" help:"看或改规则|show or change the rules"`
	Benefit  benefitCmd      `cmd:"" help:"权益：给了谁、用过什么|benefits: who holds them, what was used"`
	Reach    reachCmd        `cmd:"" help:"潜水触达|reach lurkers"`
	Simulate tierSimulateCmd `cmd:"" help:"规则在过去几周会怎样|what rules would have done over the last weeks"`
}

// tiersAt opens tiers for a group, and finds a member there if one is named.
func (c *call) tiersAt(h *House, group, member string) (Tiers, community.GroupRow, community.Member, error) {
	_, g, m, err := c.place(h, group, member)
	if err != nil {
		return nil, g, m, err
	}
	t, err := inOrg(c, h, h.Tiers)
	return t, g, m, err
}

// tierWords are the words that pages use, in the language of the call.
func (c *call) tierWords() (func(key string, args ...any) string, error) {
	catalogue, err := i18n.New()
	if err != nil {
		return nil, err
	}
	return catalogue.In([2]string{i18n.Chinese, i18n.English}[c.lang]).T, nil
}

// reasonOf prints what a rank rests on.
func reasonOf(say func(string, ...any) string, n tier.Numbers, percent float64) string {
	out := say("tier.reason", "days", n.Days, "partners", n.Partners, "replies", n.Replies, "answers", n.Answers, "strikes", n.Strikes)
	if percent > 0 {
		out += say("tier.rank", "percent", strconv.FormatFloat(percent, 'f', 1, 64))
	}
	if n.Tags != "" {
		out += say("tier.reason_tags", "tags", n.Tags)
	}
	return out
}

// calledBy is what somebody is called, or the platform's id.
func calledBy(name, external string) string {
	if name == "" {
		return external
	}
	return name
}

func tierDay(day int64) string {
	if day < 0 {
		return ""
	}
	return measure.Day(day).String()
}

// TierReport is how a group is divided.
type TierReport struct {
	Group   string     `json:"group" col:"群|group"`
	Read    string     `json:"read" col:"算到|read up to"`
	Decided string     `json:"decided" col:"定层|decided"`
	Version int        `json:"version" col:"规则版本|version of rules"`
	Least   int        `json:"least_members"`
	Shares  []TierPart `json:"shares"`
	Members []TierLine `json:"members"`
	Total   int        `json:"total"`
}

// TierPart is the share of a tier.
type TierPart struct {
	Tier   string  `json:"tier" col:"层|tier"`
	Count  int     `json:"count" col:"人数|members"`
	Of     int     `json:"of" col:"参与|of"`
	Share  float64 `json:"share_percent" col:"占比 %|share %"`
	Low    int     `json:"target_low" col:"目标下限|target from"`
	High   int     `json:"target_high" col:"目标上限|to"`
	Within bool    `json:"within" col:"在目标内|within"`
}

// TierLine is where a member stands.
type TierLine struct {
	Name    string       `json:"name" col:"名称|name"`
	Tier    string       `json:"tier" col:"层|tier"`
	Percent float64      `json:"rank_percent" col:"名次 %|rank %"`
	Why     string       `json:"why"` // first, in, out, silent, share, pin, unpin, few, stay, grace, week, gone
	Reason  string       `json:"reason" col:"理由|reason"`
	Since   string       `json:"since" col:"从|since"`
	Pin     string       `json:"pin" col:"固定|pinned"`
	Numbers tier.Numbers `json:"numbers"`
	Member  string       `json:"member"`
}

func partsOf(list []tier.Share) []TierPart {
	return mapped(list, func(s tier.Share) TierPart {
		return TierPart{string(s.Tier), s.Count, s.Of, s.Share, s.Target.Low, s.Target.High, s.Within}
	})
}

// tiersOf opens tiers for a group with the id of something of theirs.
func (c *call) tiersOf(h *House, group, id string) (Tiers, community.ID, error) {
	t, _, _, err := c.tiersAt(h, group, "")
	if err != nil {
		return nil, community.ID{}, err
	}
	of, err := idOf(id)
	return t, of, err
}

type tierListCmd struct {
	fresh `kong:"-"`
	Group string `arg:"" help:"群|group"`
	Tier  string `enum:",core,normal,lurker" default:"" help:"只看一层：core、normal、lurker|only one: core, normal, lurker"`
	paging
}

func (tierListCmd) Shape() any { return TierReport{} }
func (tierListCmd) Examples() []example {
	return []example{{"tier list '#books' --tier core --json", [2]string{"核心层的人和理由", "the core, and why"}}}
}

// Do prints where everybody stands.
func (q *tierListCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	book, err := t.Book(c.ctx, g.Key)
	if err != nil {
		return err
	}
	all, err := t.Rows(c.ctx, g.Key, 0, tier.None)
	if err != nil {
		return err
	}
	say, err := c.tierWords()
	if err != nil {
		return err
	}
	out := TierReport{Group: g.Name, Read: tierDay(book.Day), Decided: tierDay(book.Decided), Version: book.Version, Least: book.Rules.Least, Members: []TierLine{}}
	var placed []tier.Tier
	for _, r := range all {
		if r.Tier != tier.None {
			placed = append(placed, r.Tier)
		}
		if r.Why == tier.Gone || q.Tier != "" && string(r.Tier) != q.Tier {
			continue
		}
		if out.Total++; out.Total > q.Offset && len(out.Members) < q.Limit {
			out.Members = append(out.Members, TierLine{calledBy(r.Name, r.External), string(r.Tier), r.Percent(), r.Why, reasonOf(say, r.Numbers, r.Percent()), tierDay(r.Since), string(r.Pin), r.Numbers, r.MemberID.String()})
		}
	}
	out.Shares = partsOf(book.Rules.Shares(placed))
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	if err := printPart(c, out.Shares); err != nil {
		return err
	}
	return printPart(c, out.Members)
}

// TierChange is a change as verbs print it.
type TierChange struct {
	At      Moment       `json:"at" col:"时间|time"`
	Name    string       `json:"name" col:"名称|name"`
	Was     string       `json:"was" col:"原来|was"`
	Tier    string       `json:"tier" col:"现在|is"`
	Why     string       `json:"why"`
	Reason  string       `json:"reason" col:"理由|reason"`
	Version int          `json:"version" col:"规则版本|version"`
	Day     string       `json:"day"`
	User    string       `json:"user" col:"谁|who"`
	Note    string       `json:"note" col:"说明|words"`
	Percent float64      `json:"rank_percent"`
	Numbers tier.Numbers `json:"numbers"`
	Member  string       `json:"member"`
}

type tierHistoryCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" optional:"" help:"成员，默认所有人|member, by default all"`
	paging
}

func (tierHistoryCmd) Shape() any { return rowsOf[TierChange]() }
func (tierHistoryCmd) Examples() []example {
	return []example{{"tier history '#books' 张三", [2]string{"一个人的分层历史", "how somebody came where they are"}}}
}

// Do prints changes, the latest first.
func (q *tierHistoryCmd) Do(c *call, h *House) error {
	t, g, m, err := c.tiersAt(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	list, total, err := t.Changes(c.ctx, g.Key, m.Key, q.page())
	if err != nil {
		return err
	}
	say, err := c.tierWords()
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(x tier.Change) TierChange {
		return TierChange{Moment(x.At), calledBy(x.Name, x.External), string(x.Was), string(x.Tier), x.Why, say("tier.why_"+x.Why) + say("tier.colon") + reasonOf(say, x.Numbers, x.Percent()), x.Version, tierDay(x.Day), x.User, x.Note, x.Percent(), x.Numbers, x.MemberID.String()}
	}), total)
}

// TierRead says whether there was anything to read.
type TierRead struct {
	Read bool   `json:"read" col:"算了|read"`
	Day  string `json:"day" col:"算到|up to"`
}

type tierNowCmd struct {
	fresh `kong:"-"`
	Group string `arg:"" help:"群|group"`
}

func (tierNowCmd) Shape() any { return TierRead{} }
func (tierNowCmd) Examples() []example {
	return []example{{"tier now '#books'", [2]string{"平时每天自动算", "it happens daily by itself"}}}
}

// Do reads a group at once.
func (q *tierNowCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	read, err := t.Now(c.ctx, g.Key)
	if err != nil {
		return err
	}
	book, err := t.Book(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return printOne(c, TierRead{read, tierDay(book.Day)})
}

// TierPinned is what became of a pin.
type TierPinned struct {
	Name string `json:"name" col:"名称|name"`
	Tier string `json:"tier" col:"层|tier"`
	Pin  string `json:"pin" col:"固定|pinned"`
}

type tierPinCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" help:"成员|member"`
	Tier   string `arg:"" enum:"core,normal,lurker" help:"core、normal 或 lurker|core, normal or lurker"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (tierPinCmd) Shape() any { return TierPinned{} }
func (tierPinCmd) Examples() []example {
	return []example{{"tier pin '#books' 张三 core --reason 领读人", [2]string{"tier unpin 可取消", "tier unpin takes it away"}}}
}

// Do pins somebody.
func (q *tierPinCmd) Do(c *call, h *House) error {
	to, err := tier.Parse(q.Tier)
	if err != nil {
		return err
	}
	return c.pinTier(h, q.Group, q.Member, to, q.Reason)
}

type tierUnpinCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" help:"成员|member"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (tierUnpinCmd) Shape() any          { return TierPinned{} }
func (tierUnpinCmd) Examples() []example { return nil }

// Do takes a pin away.
func (q *tierUnpinCmd) Do(c *call, h *House) error {
	return c.pinTier(h, q.Group, q.Member, tier.None, q.Reason)
}

func (c *call) pinTier(h *House, group, member string, to tier.Tier, reason string) error {
	t, g, m, err := c.tiersAt(h, group, member)
	if err != nil {
		return err
	}
	if err := t.Pin(c.ctx, user, g.Key, m.ID, to, reason); err != nil {
		return err
	}
	rows, err := t.Rows(c.ctx, g.Key, m.Key, tier.None)
	if err != nil || len(rows) == 0 {
		return err
	}
	return printOne(c, TierPinned{calledBy(rows[0].Name, rows[0].External), string(rows[0].Tier), string(rows[0].Pin)})
}

// TierLink is where a member sees their own tier.
type TierLink struct {
	Link string `json:"link" col:"链接|link"`
}

type tierLinkCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" help:"成员|member"`
}

func (tierLinkCmd) Shape() any          { return TierLink{} }
func (tierLinkCmd) Examples() []example { return nil }

// Do prints the link of a member; it fails where the group's rules do not let members see it.
func (q *tierLinkCmd) Do(c *call, h *House) error {
	t, g, m, err := c.tiersAt(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	link, err := t.Link(c.ctx, g.Key, m.Key)
	if err != nil {
		return err
	}
	if link == "" {
		return failed(nil, "这个群没有让成员看自己的层：tier set --change '{\"tell_member\":true}'", "this group does not let members see their tier: tier set --change '{\"tell_member\":true}'")
	}
	return printOne(c, TierLink{link})
}

// TierRules are a group's rules in force.
type TierRules struct {
	Version int        `json:"version"` // 0 = what every group begins with
	Rules   tier.Rules `json:"rules"`
}

type tierSetCmd struct {
	Group  string `arg:"" help:"群|group"`
	Change string `placeholder:"JSON" help:"要改的几项，如 {\"core_in\":6,\"core\":{\"low\":5,\"high\":8}}；不给就只看|what to change, e.g. {\"core_in\":6,\"core\":{\"low\":5,\"high\":8}}; without it the rules are shown"`
	Reason string `placeholder:"TEXT" help:"原因，改时必填|why, needed for a change"`
	moveFlags
}

func (tierSetCmd) Shape() any { return TierRules{} }
func (tierSetCmd) Examples() []example {
	return []example{
		{"tier set '#books'", [2]string{"看规则", "show the rules"}},
		{"tier set '#books' --change '{\"tags\":[{\"tag\":\"志愿者\",\"points\":5},{\"tag\":\"小号\",\"points\":-8}]}' --reason 志愿者算进来 --moves speakers", [2]string{"标签也算分", "tags count too"}},
		{"tier set '#books' --change '{\"grace\":21}' --reason 太急了 --moves speakers", [2]string{"先用 tier simulate 试算", "try it with tier simulate first"}},
	}
}

// Do shows the rules, or makes a new version of them.
func (q *tierSetCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	book, rules, err := c.tierRules(t, g.Key, q.Change)
	if err != nil {
		return err
	}
	version := book.Version
	if !rules.Equal(book.Rules) {
		if err := q.check(); err != nil {
			return err
		}
		if version, err = t.SetRules(q.aim(c.ctx), user, g.Key, book.Version, rules, q.Reason); err != nil {
			return err
		}
	}
	return c.printJSON(TierRules{version, rules})
}

// tierRules are a group's rules with what is to change.
func (c *call) tierRules(t Tiers, g community.GroupKey, change string) (tier.Book, tier.Rules, error) {
	book, err := t.Book(c.ctx, g)
	if err != nil {
		return book, book.Rules, err
	}
	rules, err := changed(book.Rules, change)
	return book, rules, err
}

// TierTrial is what rules would have done.
type TierTrial struct {
	Weeks       int        `json:"weeks" col:"有分层的周|weeks with tiers"`
	Within      int        `json:"weeks_within" col:"在目标内的周|within all targets"`
	MemberWeeks int        `json:"member_weeks" col:"人·周|member-weeks"`
	Changes     int        `json:"changes" col:"变动|changes"`
	Needless    int        `json:"needless" col:"白变|needless"`
	WithinNow   int        `json:"present_weeks_within" col:"现行规则在目标内|within, by the present rules"`
	ChangesNow  int        `json:"present_changes" col:"现行规则变动|changes, by the present rules"`
	NeedlessNow int        `json:"present_needless" col:"现行规则白变|needless, by the present rules"`
	ByWeek      []TierWeek `json:"by_week"`
	Today       []TierMove `json:"today"`
}

// TierWeek is a week of a trial.
type TierWeek struct {
	Day      string     `json:"day" col:"到|up to"`
	Members  int        `json:"members" col:"参与|ranked"`
	Core     int        `json:"core" col:"核心|core"`
	Normal   int        `json:"normal" col:"普通|normal"`
	Lurker   int        `json:"lurker" col:"潜水|lurker"`
	Within   bool       `json:"within" col:"在目标内|within"`
	Changes  int        `json:"changes" col:"变动|changes"`
	Needless int        `json:"needless" col:"白变|needless"`
	Shares   []TierPart `json:"shares"`
}

// TierMove is somebody who would move, were it decided today.
type TierMove struct {
	Name    string       `json:"name" col:"名称|name"`
	Was     string       `json:"was" col:"现在|is"`
	Tier    string       `json:"tier" col:"会是|would be"`
	Why     string       `json:"why"`
	Reason  string       `json:"reason" col:"理由|reason"`
	Numbers tier.Numbers `json:"numbers"`
	Member  string       `json:"member"`
}

type tierSimulateCmd struct {
	fresh  `kong:"-"`
	Group  string `arg:"" help:"群|group"`
	Change string `placeholder:"JSON" help:"要改的几项，同 tier set；不给就试现行规则|what to change, as for tier set; without it the present rules are tried"`
	Weeks  int    `default:"12" help:"看过去几周，1 到 26|how many weeks back, 1 to 26"`
}

func (tierSimulateCmd) Shape() any { return TierTrial{} }
func (tierSimulateCmd) Examples() []example {
	return []example{{"tier simulate '#books' --change '{\"normal_in\":40}' --weeks 12 --json", [2]string{"不改动任何人", "nobody is moved"}}}
}

// Do runs rules over the past.
func (q *tierSimulateCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	_, rules, err := c.tierRules(t, g.Key, q.Change)
	if err != nil {
		return err
	}
	was, err := t.Try(c.ctx, g.Key, rules, q.Weeks)
	if err != nil {
		return err
	}
	say, err := c.tierWords()
	if err != nil {
		return err
	}
	out := TierTrial{ByWeek: mapped(was.New.Weeks, tierWeekOf), Today: mapped(was.Today, func(d tier.Ruling) TierMove {
		m := was.People[d.Member]
		return TierMove{calledBy(m.Name, m.External), string(d.Was), string(d.Tier), d.Why, reasonOf(say, d.Numbers, d.Percent()), d.Numbers, m.ID.String()}
	})}
	out.Weeks, out.Within, out.MemberWeeks, out.Changes, out.Needless = was.New.Sum()
	_, out.WithinNow, _, out.ChangesNow, out.NeedlessNow = was.Now.Sum()
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	if err := printPart(c, out.ByWeek); err != nil {
		return err
	}
	return printPart(c, out.Today)
}

func tierWeekOf(w tier.Week) TierWeek {
	out := TierWeek{Day: tierDay(w.Day), Members: w.Members, Within: w.Within, Changes: w.Changes, Needless: w.Needless, Shares: partsOf(w.Shares)}
	for _, s := range w.Shares {
		*map[tier.Tier]*int{tier.Core: &out.Core, tier.Normal: &out.Normal, tier.Lurker: &out.Lurker}[s.Tier] = s.Count
	}
	return out
}
