package cli

import (
	"context"
	"encoding/json"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// Charters is what the command line asks and changes of rules as members read them, and of who agreed to them.
type Charters interface {
	// OnDesk is the group's draft, or else its book in force; CodeNotFound when it has neither.
	OnDesk(ctx context.Context, g community.GroupKey) (json.RawMessage, error)
	Page(ctx context.Context, g community.GroupKey) (p community.CharterPage, address string, err error)
	SetPage(ctx context.Context, user string, g community.GroupKey, closed, another bool, reason string) (community.CharterPage, error)
	// Preview is the public page of a book that is not published, as HTML.
	Preview(ctx context.Context, g community.GroupKey, book json.RawMessage, lang string) ([]byte, error)
	// Notice is what the group would be told if the book were published now.
	Notice(ctx context.Context, g community.GroupKey, book json.RawMessage) (community.CharterNotice, error)
	Publish(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note, despite, notice string) (int, error)
	Confirmations(ctx context.Context, f community.ConfirmationFilter) ([]community.ConfirmationRow, int, error)
	Sums(ctx context.Context, g community.GroupKey, version int) (community.ConfirmationSums, error)
	Confirm(ctx context.Context, user string, g community.GroupKey, member community.ID, note string) (int, error)
	ConfirmLink(ctx context.Context, g community.GroupKey, member community.ID) (string, error)
}

type charterCmd struct {
	Show      charterShowCmd      `cmd:"" help:"条文和违反的后果|the articles and what a breach means"`
	Add       charterAddCmd       `cmd:"" help:"在草稿里加一条|add an article to the draft"`
	Set       charterSetCmd       `cmd:"" help:"在草稿里改一条|change an article of the draft"`
	Move      charterMoveCmd      `cmd:"" help:"在草稿里把一条上移或下移|move an article of the draft up or down"`
	Remove    charterRemoveCmd    `cmd:"" help:"从草稿里删一条|take an article out of the draft"`
	Words     charterWordsCmd     `cmd:"" help:"开头的话、怎样申诉、发布时的通知|opening words, how to appeal, notice of a new version"`
	Advice    charterAdviceCmd    `cmd:"" help:"条文里会误导成员的地方|what may mislead members"`
	Diff      charterDiffCmd      `cmd:"" help:"两个版本的条文差别|which articles differ between two versions"`
	Notice    charterNoticeCmd    `cmd:"" help:"现在发布会对群里说什么|what the group would be told now"`
	Preview   charterPreviewCmd   `cmd:"" help:"打印公开页的预览（HTML）|print a preview of the public page (HTML)"`
	Publish   charterPublishCmd   `cmd:"" help:"发布草稿并通知群里|put the draft in force and tell the group"`
	Page      charterPageCmd      `cmd:"" help:"公开页：地址、打开、关闭、换地址|the public page: its address; open it, shut it, change the address"`
	Confirmed charterConfirmedCmd `cmd:"" help:"谁在什么时候怎样确认了哪一版|who agreed to which version, when and how"`
	Sums      charterSumsCmd      `cmd:"" help:"多少人确认了|how many agreed"`
	Confirm   charterConfirmCmd   `cmd:"" help:"登记成员口头的确认|note that a member said they agree"`
	Link      charterLinkCmd      `cmd:"" help:"一位成员自己的确认链接|a member's own link to agree by"`
}

// charterAt opens the charters and finds the group.
func (c *call) charterAt(h *House, group string) (Charters, community.GroupRow, error) {
	charters, err := inOrg(c, h, h.Charters)
	if err != nil {
		return nil, community.GroupRow{}, err
	}
	_, g, _, err := c.place(h, group, "")
	if err == nil && g.Key == 0 {
		err = badUsage("请指明群", "say which group")
	}
	return charters, g, err
}

// onDesk reads the book that is worked on.
func (c *call) onDesk(charters Charters, g community.GroupRow) (policy.Book, error) {
	raw, err := charters.OnDesk(c.ctx, g.Key)
	if err != nil {
		return policy.Book{}, err
	}
	return policy.Read(raw)
}

// ruleArticleLine is an article as verbs print it.
type ruleArticleLine struct {
	Number  int      `json:"number" col:"条|no"`
	Level   string   `json:"level" col:"层级|level"`
	ID      string   `json:"id" col:"编号|id"`
	Title   string   `json:"title" col:"标题|title"`
	Body    string   `json:"body"`
	Rules   []string `json:"rules"`
	By      string   `json:"-" col:"执行|enforced by"`
	Follows string   `json:"follows" col:"违反时|a breach means"`
}

func (c *call) articleLines(book policy.Book) []ruleArticleLine {
	var out []ruleArticleLine
	for i, a := range book.Charter.Ordered() {
		rules := a.Rules
		if rules == nil {
			rules = []string{}
		}
		out = append(out, ruleArticleLine{i + 1, a.Level, a.ID, a.Title, a.Body, rules, strings.Join(rules, ", "), c.lang.pick(book.Says(a))})
	}
	return out
}

type charterShowCmd struct {
	Group   string `arg:"" help:"群|group"`
	Version int    `placeholder:"N" help:"版本，默认草稿或现行版本|version, by default the draft or the one in force"`
}

func (charterShowCmd) Shape() any { return rowsOf[ruleArticleLine]() }
func (charterShowCmd) Examples() []example {
	return []example{{"rule charter show 产品交流群", [2]string{"后果按规则的处罚阶梯写出", "the consequences are told from the rules' ladders"}}}
}

// Do lists the articles.
func (q *charterShowCmd) Do(c *call, h *House) error {
	charters, g, err := c.charterAt(h, q.Group)
	if err != nil {
		return err
	}
	book, err := c.charterVersion(h, charters, g, q.Version)
	if err != nil {
		return err
	}
	lines := c.articleLines(book)
	return printList(c, lines, len(lines))
}

// charterVersion reads a version of a group's book; 0 = the draft, or the one in force.
func (c *call) charterVersion(h *House, charters Charters, g community.GroupRow, version int) (policy.Book, error) {
	if version == 0 {
		return c.onDesk(charters, g)
	}
	books, err := need(h.Books)
	if err != nil {
		return policy.Book{}, err
	}
	raw, err := books.Body(c.ctx, g.Key, version)
	if err != nil {
		return policy.Book{}, err
	}
	return policy.Read(raw)
}

type charterAdviceCmd struct {
	Group string `arg:"" help:"群|group"`
}

// adviceLine is one thing that may mislead.
type adviceLine struct {
	Path string `json:"path" col:"位置|place"`
	Code string `json:"code"`
	Text string `json:"text" col:"说明|what"`
}

func (charterAdviceCmd) Shape() any          { return rowsOf[adviceLine]() }
func (charterAdviceCmd) Examples() []example { return nil }

// Do lists what is not wrong and yet may mislead.
func (q *charterAdviceCmd) Do(c *call, h *House) error {
	charters, g, err := c.charterAt(h, q.Group)
	if err != nil {
		return err
	}
	book, err := c.onDesk(charters, g)
	if err != nil {
		return err
	}
	list := book.Advice()
	return printList(c, mapped(list, func(p policy.Problem) adviceLine {
		return adviceLine{p.Path, p.Code, strings.TrimSpace(strings.TrimPrefix(c.lang.pick(p.Words()), p.Path))}
	}), len(list))
}

type charterDiffCmd struct {
	Group string `arg:"" help:"群|group"`
	Old   int    `arg:"" help:"较早的版本|the earlier version"`
	New   int    `arg:"" optional:"" help:"较晚的版本，默认草稿或现行版本|the later version, by default the draft or the one in force"`
}

// articleChangeLine is what became of one article.
type articleChangeLine struct {
	policy.ArticleChange
	Did   string `json:"-" col:"变化|change"`
	No    int    `json:"-" col:"条|no"`
	Title string `json:"-" col:"标题|title"`
}

func (charterDiffCmd) Shape() any { return rowsOf[articleChangeLine]() }
func (charterDiffCmd) Examples() []example {
	return []example{{"rule charter diff 产品交流群 3", [2]string{"第 3 版以来改了哪些条文", "which articles changed since version 3"}}}
}

// Do lists what became of the articles.
func (q *charterDiffCmd) Do(c *call, h *House) error {
	charters, g, err := c.charterAt(h, q.Group)
	if err != nil {
		return err
	}
	if q.Old < 1 || q.New < 0 {
		return badUsage("版本从 1 开始", "versions begin at 1")
	}
	before, err := c.charterVersion(h, charters, g, q.Old)
	if err != nil {
		return err
	}
	after, err := c.charterVersion(h, charters, g, q.New)
	if err != nil {
		return err
	}
	list := policy.DiffCharters(before, after)
	return printList(c, mapped(list, func(ch policy.ArticleChange) articleChangeLine {
		line := articleChangeLine{ch, ch.Kind, ch.Number, ""}
		if ch.After != nil {
			line.Title = ch.After.Title
		} else {
			line.Title, line.No = ch.Before.Title, ch.Was
		}
		return line
	}), len(list))
}

type charterNoticeCmd struct {
	Group string `arg:"" help:"群|group"`
}

// noticeLine is what a group would be told.
type noticeLine struct {
	Version int    `json:"version" col:"版本|version"`
	Changed bool   `json:"changed" col:"条文变了|changed"`
	Verb    string `json:"verb" col:"怎样|how"`
	Level   string `json:"level" col:"能力|level"`
	Text    string `json:"text" col:"文字|words"`
}

func (charterNoticeCmd) Shape() any          { return noticeLine{} }
func (charterNoticeCmd) Examples() []example { return nil }

// Do shows what the group would be told if the draft were published now.
func (q *charterNoticeCmd) Do(c *call, h *House) error {
	charters, g, err := c.charterAt(h, q.Group)
	if err != nil {
		return err
	}
	raw, err := charters.OnDesk(c.ctx, g.Key)
	if err != nil {
		return err
	}
	n, err := charters.Notice(c.ctx, g.Key, raw)
	if err != nil {
		return c.saidBy(err)
	}
	return printOne(c, noticeLine{n.Version, n.Changed, string(n.Verb), string(n.Level), n.Text})
}

type charterPreviewCmd struct {
	Group string `arg:"" help:"群|group"`
}

// previewed is a page.
type previewed struct {
	HTML string `json:"html"`
}

func (charterPreviewCmd) Shape() any { return previewed{} }
func (charterPreviewCmd) Examples() []example {
	return []example{{"rule charter preview 产品交流群 > page.html", [2]string{"发布前看看成员会看到什么", "see what members will see before it is published"}}}
}

// Do prints the public page as it would be.
func (q *charterPreviewCmd) Do(c *call, h *House) error {
	charters, g, err := c.charterAt(h, q.Group)
	if err != nil {
		return err
	}
	raw, err := charters.OnDesk(c.ctx, g.Key)
	if err != nil {
		return err
	}
	body, err := charters.Preview(c.ctx, g.Key, raw, c.lang.pick([2]string{"zh-CN", "en"}))
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(previewed{string(body)})
	}
	_, err = c.out.Write(body)
	return err
}

// noticeFlags choose what a group is told of new rules.
type noticeFlags struct {
	Notice   string `placeholder:"TEXT" help:"对群里说的话，默认见 rule charter notice|what the group is told, by default as rule charter notice says"`
	NoNotice bool   `help:"不通知群里|do not tell the group"`
}

// text is what the group is told: by default only where members read a difference.
func (f noticeFlags) text(c *call, charters Charters, g community.GroupRow, raw json.RawMessage) (string, error) {
	switch {
	case f.NoNotice && f.Notice != "":
		return "", badUsage("--notice 和 --no-notice 只能选一个", "--notice and --no-notice exclude each other")
	case f.NoNotice:
		return "", nil
	case f.Notice != "":
		return f.Notice, nil
	}
	n, err := charters.Notice(c.ctx, g.Key, raw)
	if err != nil {
		return "", c.saidBy(err)
	}
	if !n.Changed {
		return "", nil
	}
	return n.Text, nil
}

type charterPublishCmd struct {
	Group string `arg:"" help:"群|group"`
	Note  string `required:"" placeholder:"TEXT" help:"改了什么、为什么|what was changed and why"`
	noticeFlags
	despiteFlag
	moveFlags
}

// Effect is what publishing means.
func (q *charterPublishCmd) Effect() [2]string {
	return [2]string{"将发布群 " + q.Group + " 的草稿，条文有变化时通知群里", "this puts the draft of group " + q.Group + " in force and, where articles changed, tells the group"}
}

func (charterPublishCmd) Shape() any { return publishedLine{} }
func (charterPublishCmd) Examples() []example {
	return []example{{"rule charter publish 产品交流群 --note 加了隐私条款 --no-figure 写得更清楚 --yes", [2]string{"先用 rule charter notice 看会说什么", "see with rule charter notice what would be said"}}}
}

// publishedLine is a version that came into force, and what was said of it.
type publishedLine struct {
	Version int    `json:"version" col:"版本|version"`
	Notice  string `json:"notice" col:"通知|notice"`
	Address string `json:"address" col:"公开页|public page"`
}

// Do publishes the draft.
func (q *charterPublishCmd) Do(c *call, h *House) error {
	charters, g, err := c.charterAt(h, q.Group)
	if err != nil {
		return err
	}
	raw, err := charters.OnDesk(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return c.publishTold(charters, g, raw, q.Note, q.Despite, q.noticeFlags, q.moveFlags)
}

func (c *call) publishTold(charters Charters, g community.GroupRow, raw json.RawMessage, note, despite string, f noticeFlags, moves moveFlags) error {
	if g.Book > 0 {
		if err := moves.check(); err != nil {
			return err
		}
	}
	if _, err := parseBook(raw); err != nil {
		return err
	}
	notice, err := f.text(c, charters, g, raw)
	if err != nil {
		return err
	}
	version, err := charters.Publish(moves.aim(c.ctx), user, g.Key, raw, note, despite, notice)
	if err != nil {
		return c.saidBy(err)
	}
	_, address, err := charters.Page(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return printOne(c, publishedLine{version, notice, address})
}

type charterPageCmd struct {
	Group  string `arg:"" help:"群|group"`
	Open   bool   `help:"打开|open it"`
	Shut   bool   `help:"关闭|shut it"`
	Renew  bool   `help:"换一个地址，原来的失效|give it another address; the one before ends"`
	Reason string `placeholder:"TEXT" help:"为什么|why"`
}

// charterPageLine is the public page of a group's rules.
type charterPageLine struct {
	Open    bool   `json:"open" col:"打开|open"`
	Address string `json:"address" col:"地址|address"` // "" = nobody outside reaches it
	Since   Moment `json:"since" col:"自|since"`
}

func (charterPageCmd) Shape() any { return charterPageLine{} }
func (charterPageCmd) Examples() []example {
	return []example{{"rule charter page 产品交流群 --renew --reason 地址外传", [2]string{"不带参数只看", "without flags it only shows"}}}
}

// Do shows or changes the public page.
func (q *charterPageCmd) Do(c *call, h *House) error {
	charters, g, err := c.charterAt(h, q.Group)
	if err != nil {
		return err
	}
	if q.Shut && (q.Open || q.Renew) {
		return badUsage("--shut 不能与 --open、--renew 同用", "--shut excludes --open and --renew")
	}
	if q.Open || q.Shut || q.Renew {
		if _, err := charters.SetPage(c.ctx, user, g.Key, q.Shut, q.Renew, q.Reason); err != nil {
			return err
		}
	}
	p, address, err := charters.Page(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return printOne(c, charterPageLine{p.Slug != "" && p.Closed == 0, address, Moment(p.Created)})
}
