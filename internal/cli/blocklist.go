package cli

import (
	"context"
	"strings"

	"qunluo/internal/blocklist"
	"qunluo/internal/community"
)

// Blocklists is what the command line asks and changes of shared lists.
type Blocklists interface {
	// Own gives our own list and its entries; CodeNotFound (with the entries) before it was ever published.
	Own(ctx context.Context) (blocklist.Subscription, []blocklist.Mine, error)
	Publish(ctx context.Context, user, name string, hashed bool, reason string) (blocklist.Subscription, error)
	Put(ctx context.Context, user string, m blocklist.Mine, reason string) error
	PutMember(ctx context.Context, user string, id community.ID, class string, evidence, days int, reason string) error
	Withdraw(ctx context.Context, user string, platform community.Platform, external, reason string) error
	Subscriptions(ctx context.Context) ([]blocklist.Subscription, error)
	Subscribe(ctx context.Context, user string, s blocklist.Subscription, reason string) (blocklist.Subscription, error)
	Refresh(ctx context.Context, id community.ID) (blocklist.Subscription, error)
	Trust(ctx context.Context, user string, id community.ID, key, reason string) error
	Unsubscribe(ctx context.Context, user string, id community.ID, reason string) error
	Effects(ctx context.Context, id community.ID) (map[community.GroupKey]blocklist.Effect, error)
	Set(ctx context.Context, user string, id community.ID, g community.GroupKey, e blocklist.Effect, reason string) error
	LetIn(ctx context.Context, user string, id community.ID, on bool, reason string) error
	Hits(ctx context.Context, page community.Page) ([]blocklist.Hit, int, error)
}

type blocklistCmd struct {
	List        blocklistListCmd        `cmd:"" help:"订阅的名单|the lists we follow"`
	Subscribe   blocklistSubscribeCmd   `cmd:"" help:"订阅：地址和公钥|follow one: its address and public key"`
	Refresh     blocklistRefreshCmd     `cmd:"" help:"现在读一次|read one now"`
	On          blocklistOnCmd          `cmd:"" help:"在一个群里打开|switch one on in a group"`
	Off         blocklistOffCmd         `cmd:"" help:"在一个群里关掉|switch one off in a group"`
	Trust       blocklistTrustCmd       `cmd:"" help:"信任新公钥|trust a list's new key"`
	Unsubscribe blocklistUnsubscribeCmd `cmd:"" help:"退订|follow one no more"`
	Hits        blocklistHitsCmd        `cmd:"" help:"命中的人|who was found"`
	Let         blocklistLetCmd         `cmd:"" help:"一个人不受名单影响|let somebody in whatever lists say"`
	Show        blocklistShowCmd        `cmd:"" help:"我们的名单：地址、公钥、账号|our own list: address, key, accounts"`
	Put         blocklistPutCmd         `cmd:"" help:"加入我们的名单|put an account on our list"`
	Withdraw    blocklistWithdrawCmd    `cmd:"" help:"从我们的名单撤下|take an account off it"`
	Publish     blocklistPublishCmd     `cmd:"" help:"签名发布我们的名单|sign our list and hand it out"`
}

// followedLine is a list that we follow as verbs print it.
type followedLine struct {
	ID      string `json:"id" col:"编号|id"`
	Name    string `json:"name" col:"名称|name"`
	URL     string `json:"url" col:"地址|address"`
	State   string `json:"state" col:"状态|state"`
	Version int64  `json:"version" col:"版本|version"`
	Entries int    `json:"entries" col:"账号数|accounts"`
	Later   string `json:"later" col:"之后|later"`
	Created Moment `json:"created_at" col:"订阅|since"`
	Fetched Moment `json:"read_at" col:"读到|read"`
	Error   string `json:"error" col:"问题|fault"`
	Key     string `json:"key"`
	NewKey  string `json:"new_key"`
	Hashed  bool   `json:"hashed"`
}

func lineOfFollowed(s blocklist.Subscription) followedLine {
	return followedLine{s.ID.String(), s.Name, s.URL, s.State, s.Version, s.Entries, string(s.Later), Moment(s.Created), Moment(s.Fetched), s.Error, s.Key, s.NewKey, s.Hashed}
}

type blocklistListCmd struct{}

func (blocklistListCmd) Shape() any          { return rowsOf[followedLine]() }
func (blocklistListCmd) Examples() []example { return nil }

// Do lists the lists that we follow.
func (blocklistListCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return err
	}
	list, err := b.Subscriptions(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfFollowed), len(list))
}

type blocklistSubscribeCmd struct {
	URL    string `arg:"" help:"名单地址|address of the list"`
	Key    string `required:"" placeholder:"KEY" help:"公钥，43 个字符，从对方那里直接拿到|its public key, 43 characters, directly from them"`
	Name   string `required:"" help:"我们怎么叫它|what we call it"`
	Later  string `enum:"hold,dry" default:"hold" help:"头 7 天只记录，之后 hold 由人决定、dry 仍只记录|it only notes for 7 days; then hold: a person is asked, dry: it goes on noting"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (blocklistSubscribeCmd) Shape() any { return followedLine{} }
func (blocklistSubscribeCmd) Examples() []example {
	return []example{{"blocklist subscribe https://example.com/blocklist/0a1b --key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo --name 友社", [2]string{"先只记录", "it only notes at first"}}}
}

// Do follows a list.
func (q *blocklistSubscribeCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return err
	}
	s, err := b.Subscribe(c.ctx, user, blocklist.Subscription{Name: q.Name, URL: q.URL, Key: q.Key, Later: blocklist.Effect(q.Later)}, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfFollowed(s))
}

// followed finds a list by its id or name.
func (c *call) followed(h *House, text string) (Blocklists, blocklist.Subscription, error) {
	var none blocklist.Subscription
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return nil, none, err
	}
	list, err := b.Subscriptions(c.ctx)
	if err != nil {
		return nil, none, err
	}
	for _, s := range list {
		if s.ID.String() == text || s.Name == text {
			return b, s, nil
		}
	}
	return nil, none, failed(nil, "没有订阅叫 %s 的名单", "no list called %s is followed", text)
}

type blocklistRefreshCmd struct {
	List string `arg:"" help:"名单|list"`
}

func (blocklistRefreshCmd) Shape() any          { return followedLine{} }
func (blocklistRefreshCmd) Examples() []example { return nil }

// Do reads a list now.
func (q *blocklistRefreshCmd) Do(c *call, h *House) error {
	b, s, err := c.followed(h, q.List)
	if err != nil {
		return err
	}
	if s, err = b.Refresh(c.ctx, s.ID); err != nil {
		return err
	}
	return printOne(c, lineOfFollowed(s))
}

// listEffectLine is what a list does in a group.
type listEffectLine struct {
	List   string `json:"list" col:"名单|list"`
	Group  string `json:"group" col:"群|group"`
	Effect string `json:"effect" col:"作用|effect"`
}

type blocklistOnCmd struct {
	List   string `arg:"" help:"名单|list"`
	Group  string `arg:"" help:"群|group"`
	Effect string `enum:"dry,hold,refuse" default:"hold" help:"dry 只记录、hold 由人决定、refuse 拒绝申请|dry: only note; hold: ask a person; refuse: refuse requests"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (blocklistOnCmd) Shape() any { return listEffectLine{} }
func (blocklistOnCmd) Examples() []example {
	return []example{{"blocklist on 友社 产品交流群 --effect refuse --reason 核对过", [2]string{"已经在群里的人从不自动移出", "nobody who is in is ever put out by it"}}}
}

// Do switches a list on in a group.
func (q *blocklistOnCmd) Do(c *call, h *House) error {
	return c.setList(h, q.List, q.Group, q.Effect, q.Reason)
}

type blocklistOffCmd struct {
	List   string `arg:"" help:"名单|list"`
	Group  string `arg:"" help:"群|group"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (blocklistOffCmd) Shape() any          { return listEffectLine{} }
func (blocklistOffCmd) Examples() []example { return nil }

// Do switches a list off in a group.
func (q *blocklistOffCmd) Do(c *call, h *House) error {
	return c.setList(h, q.List, q.Group, "off", q.Reason)
}

func (c *call) setList(h *House, list, group, effect, reason string) error {
	b, s, err := c.followed(h, list)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, group)
	if err != nil {
		return err
	}
	if err := b.Set(c.ctx, user, s.ID, g.Key, blocklist.Effect(effect), reason); err != nil {
		return err
	}
	return printOne(c, listEffectLine{s.Name, g.Name, effect})
}

type blocklistTrustCmd struct {
	List   string `arg:"" help:"名单|list"`
	Key    string `arg:"" help:"新公钥|the new key"`
	Reason string `required:"" placeholder:"TEXT" help:"怎么核实的|how that was checked"`
}

// Effect says what is trusted.
func (q *blocklistTrustCmd) Effect() [2]string {
	return [2]string{"将信任名单 " + q.List + " 的新公钥 " + q.Key, "this trusts the new key " + q.Key + " of " + q.List}
}

func (blocklistTrustCmd) Shape() any          { return followedLine{} }
func (blocklistTrustCmd) Examples() []example { return nil }

// Do pins a list's new key.
func (q *blocklistTrustCmd) Do(c *call, h *House) error {
	b, s, err := c.followed(h, q.List)
	if err != nil {
		return err
	}
	if err := b.Trust(c.ctx, user, s.ID, q.Key, q.Reason); err != nil {
		return err
	}
	_, s, err = c.followed(h, s.ID.String())
	if err != nil {
		return err
	}
	return printOne(c, lineOfFollowed(s))
}

type blocklistUnsubscribeCmd struct {
	List   string `arg:"" help:"名单|list"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (blocklistUnsubscribeCmd) Shape() any          { return followedLine{} }
func (blocklistUnsubscribeCmd) Examples() []example { return nil }

// Do follows a list no more.
func (q *blocklistUnsubscribeCmd) Do(c *call, h *House) error {
	b, s, err := c.followed(h, q.List)
	if err != nil {
		return err
	}
	if err := b.Unsubscribe(c.ctx, user, s.ID, q.Reason); err != nil {
		return err
	}
	return printOne(c, lineOfFollowed(s))
}

// listHitLine is somebody who was found as verbs print it.
type listHitLine struct {
	At       Moment `json:"at" col:"时间|time"`
	Source   string `json:"list" col:"名单|list"`
	Class    string `json:"class" col:"原因|reason"`
	Effect   string `json:"effect" col:"结果|what came of it"`
	Request  bool   `json:"request" col:"申请|request"`
	Member   string `json:"member" col:"成员|member"`
	Group    string `json:"group" col:"群|group"`
	MemberID string `json:"member_id"`
	Decision string `json:"decision" col:"判定|decision"`
}

type blocklistHitsCmd struct{ paging }

func (blocklistHitsCmd) Shape() any          { return rowsOf[listHitLine]() }
func (blocklistHitsCmd) Examples() []example { return nil }

// Do lists who was found.
func (q *blocklistHitsCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return err
	}
	hits, total, err := b.Hits(c.ctx, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(hits, func(x blocklist.Hit) listHitLine {
		return listHitLine{Moment(x.At), x.Source, x.Class, x.Effect, x.Request, x.MemberName, x.GroupName, x.MemberID.String(), x.Decision.String()}
	}), total)
}

type blocklistLetCmd struct {
	Member string `arg:"" help:"编号、名称或平台号|id, name or the platform's id"`
	Back   bool   `help:"收回|take that back"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

// letLine is who is let in.
type letLine struct {
	Member string `json:"member" col:"成员|member"`
	Let    bool   `json:"let_in" col:"不受影响|let in"`
}

func (blocklistLetCmd) Shape() any          { return letLine{} }
func (blocklistLetCmd) Examples() []example { return nil }

// Do lets somebody in whatever lists say.
func (q *blocklistLetCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	m, err := c.member(desk, 0, q.Member)
	if err != nil {
		return err
	}
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return err
	}
	if err := b.LetIn(c.ctx, user, m.ID, !q.Back, q.Reason); err != nil {
		return err
	}
	return printOne(c, letLine{m.Name, !q.Back})
}

// mineLine is an account on our own list.
type mineLine struct {
	Account   string `json:"account" col:"账号|account"`
	Class     string `json:"class" col:"原因|reason"`
	Evidence  int    `json:"evidence" col:"次数|how often"`
	Added     Moment `json:"added_at" col:"加入|added"`
	Expires   Moment `json:"expires_at" col:"到期|expires"`
	Withdrawn Moment `json:"withdrawn_at" col:"撤下|withdrawn"`
	Why       string `json:"why" col:"说明|words"`
	Name      string `json:"name" col:"名称|name"`
}

// ourListLine is our own list.
type ourListLine struct {
	Name      string     `json:"name" col:"名称|name"`
	URL       string     `json:"url" col:"地址|address"`
	Key       string     `json:"key" col:"公钥|key"`
	Version   int64      `json:"version" col:"版本|version"`
	Published Moment     `json:"published_at" col:"发布|published"`
	Hashed    bool       `json:"hashed" col:"散列|hashed"`
	Entries   []mineLine `json:"entries"`
}

type blocklistShowCmd struct{}

func (blocklistShowCmd) Shape() any          { return ourListLine{} }
func (blocklistShowCmd) Examples() []example { return nil }

// Do shows our own list.
func (blocklistShowCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return err
	}
	own, mine, err := b.Own(c.ctx)
	if err != nil && community.CodeOf(err) != community.CodeNotFound {
		return err
	}
	line := lineOfOurs(own)
	line.Entries = mapped(mine, func(m blocklist.Mine) mineLine {
		return mineLine{string(m.Platform) + ":" + m.External, m.Class, m.Evidence, Moment(m.Added), Moment(m.Expires), Moment(m.Withdrawn), m.Why, m.Name}
	})
	if c.json {
		return c.printJSON(line)
	}
	if err := printOne(c, line); err != nil {
		return err
	}
	return printPart(c, line.Entries)
}

func lineOfOurs(s blocklist.Subscription) ourListLine {
	return ourListLine{s.Name, s.URL, s.Key, s.Version, Moment(s.Fetched), s.Hashed, []mineLine{}}
}

type blocklistPutCmd struct {
	Account  string `arg:"" help:"成员的编号，或 平台:平台号|id of a member, or platform:id"`
	Class    string `required:"" enum:"ads,fraud,porn,gambling,harassment,impersonation,raid,other" help:"原因：ads、fraud、porn、gambling、harassment、impersonation、raid、other|reason: ads, fraud, porn, gambling, harassment, impersonation, raid, other"`
	Evidence int    `default:"1" help:"次数|how often"`
	Days     int    `default:"180" help:"有效天数|days it stands"`
	Reason   string `required:"" placeholder:"TEXT" help:"说明，只留在这里|words; they stay here"`
}

// putLine is an account that was put on our list, or taken off.
type putLine struct {
	Account string `json:"account" col:"账号|account"`
	Class   string `json:"class" col:"原因|reason"`
}

func (blocklistPutCmd) Shape() any { return putLine{} }
func (blocklistPutCmd) Examples() []example {
	return []example{{"blocklist put qq:12345 --class fraud --evidence 3 --reason 骗押金", [2]string{"下次 publish 时发出", "handed out with the next publish"}}}
}

// Do puts an account on our list.
func (q *blocklistPutCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return err
	}
	if id, bad := community.ParseID(q.Account); bad == nil {
		err = b.PutMember(c.ctx, user, id, q.Class, q.Evidence, q.Days, q.Reason)
	} else {
		platform, external, _ := strings.Cut(q.Account, ":")
		now := c.program.now().UnixMilli()
		err = b.Put(c.ctx, user, blocklist.Mine{Platform: community.Platform(platform), External: external, Class: q.Class, Evidence: q.Evidence, Added: now, Expires: now + int64(q.Days)*24*3600_000}, q.Reason)
	}
	if err != nil {
		return err
	}
	return printOne(c, putLine{q.Account, q.Class})
}

type blocklistWithdrawCmd struct {
	Account string `arg:"" help:"平台:平台号|platform:id"`
	Reason  string `placeholder:"TEXT" help:"原因|why"`
}

func (blocklistWithdrawCmd) Shape() any          { return putLine{} }
func (blocklistWithdrawCmd) Examples() []example { return nil }

// Do takes an account off our list.
func (q *blocklistWithdrawCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return err
	}
	platform, external, _ := strings.Cut(q.Account, ":")
	if err := b.Withdraw(c.ctx, user, community.Platform(platform), external, q.Reason); err != nil {
		return err
	}
	return printOne(c, putLine{Account: q.Account})
}

type blocklistPublishCmd struct {
	Name   string `required:"" help:"名单名称，对方会看到|its name; the others see it"`
	Plain  bool   `help:"账号不散列|do not hash accounts"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

// Effect says that it leaves the house.
func (blocklistPublishCmd) Effect() [2]string {
	return [2]string{"将签名发布名单，知道地址的人都能读到", "this hands the list out to everybody who knows its address"}
}

func (blocklistPublishCmd) Shape() any { return ourListLine{} }
func (blocklistPublishCmd) Examples() []example {
	return []example{{"blocklist publish --name 徒步圈 --yes", [2]string{"输出地址和公钥", "prints address and public key"}}}
}

// Do publishes our list.
func (q *blocklistPublishCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Blocklists)
	if err != nil {
		return err
	}
	own, err := b.Publish(c.ctx, user, q.Name, !q.Plain, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfOurs(own))
}
