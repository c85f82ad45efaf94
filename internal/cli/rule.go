package cli

import (
	"encoding/json"
	"io"
	"os"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

type ruleCmd struct {
	Kinds    ruleKindsCmd    `cmd:"" help:"有哪些种类的规则|which kinds of rules there are"`
	Limits   ruleLimitsCmd   `cmd:"" help:"群规能写多少、规则能算多少|what a book may hold and its rules may compute"`
	Presets  rulePresetsCmd  `cmd:"" help:"有哪些现成的群规|which ready rulebooks there are"`
	Preset   rulePresetCmd   `cmd:"" help:"打印一份现成的群规|print a ready rulebook"`
	Show     ruleShowCmd     `cmd:"" help:"打印群规，默认现行版本|print a rulebook, by default the one in force"`
	History  ruleHistoryCmd  `cmd:"" help:"各个版本|the versions"`
	Check    ruleCheckCmd    `cmd:"" help:"检查文件里的群规|check the rulebook in a file"`
	Test     ruleTestCmd     `cmd:"" help:"试一条消息|try a message"`
	Diff     ruleDiffCmd     `cmd:"" help:"两份群规的差别|what is different between two rulebooks"`
	Draft    ruleDraftCmd    `cmd:"" help:"存为草稿|keep as the draft"`
	Publish  rulePublishCmd  `cmd:"" help:"发布|put in force"`
	Rollback ruleRollbackCmd `cmd:"" help:"重新发布以前的版本|put an earlier version in force again"`
	Charter  charterCmd      `cmd:"" help:"公开的群规：条文、公开页、成员的确认|rules as members read them: articles, public page, agreements"`
	Ladders  ruleLaddersCmd  `cmd:"" help:"有哪些现成的处罚阶梯|which ready ladders there are"`
	Ladder   ruleLadderCmd   `cmd:"" help:"给草稿换上现成的处罚阶梯|take a ready ladder into the draft"`
	Mode     ruleModeCmd     `cmd:"" help:"启用、试运行或停用一条规则，发布为新版本|switch one rule live, dry or off, as a new version"`
	Lab      ruleLabCmd      `cmd:"" help:"规则实验室：用标注案例和本群的过去检验一份群规|the rule lab: try a rulebook on labelled cases and the group's past"`
	Trials   ruleTrialsCmd   `cmd:"" help:"在本群的过去上试过哪些|what was tried on the group's past"`
	Stop     ruleStopCmd     `cmd:"" help:"取消正在进行的检验|cancel a trial under way"`
	Learn    ruleLearnCmd    `cmd:"" help:"用本群的发言和人的判断训练，放进草稿|teach a model with the group's talk and people's judgements; it goes into the draft"`
	Hits     ruleHitsCmd     `cmd:"" help:"各条规则的命中|how often each rule hit"`
}

// maxBook bounds a rulebook file, in bytes.
const maxBook = 8 << 20

// book reads a rulebook argument. A file may call groups and members by name or id; without a house they are not looked
// up.
func (c *call) book(h *House, arg string) (json.RawMessage, error) {
	if arg == "-" {
		return c.readBook(h, c.in)
	}
	f, err := os.Open(c.path(arg))
	if err == nil {
		defer f.Close()
		return c.readBook(h, f)
	}
	group, version, ok := cutVersion(arg)
	if !ok || h == nil {
		return nil, err
	}
	books, missing := need(h.Books)
	if missing != nil {
		return nil, missing
	}
	desk, err := c.desk(h)
	if err != nil {
		return nil, err
	}
	g, err := c.group(desk, group)
	if err != nil {
		return nil, err
	}
	return books.Body(c.ctx, g.Key, version)
}

func (c *call) readBook(h *House, r io.Reader) (json.RawMessage, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBook+1))
	if len(raw) > maxBook {
		return nil, failed(nil, "群规超过 %d 字节", "the rulebook is larger than %d bytes", maxBook)
	}
	if err != nil {
		return nil, err
	}
	if h == nil {
		var n int64
		unknown := func(string) (int64, error) { n++; return n, nil }
		return policy.Named(raw, unknown, unknown)
	}
	desk, err := c.desk(h)
	if err != nil {
		return nil, err
	}
	group := func(name string) (int64, error) {
		g, err := c.findGroup(desk, name)
		return int64(g.Key), err
	}
	member := func(name string) (int64, error) {
		m, err := c.member(desk, 0, name)
		return int64(m.Key), err
	}
	return policy.Named(raw, group, member)
}

type ruleKindsCmd struct{}

func (ruleKindsCmd) Tolerates() {}
func (ruleKindsCmd) Shape() any { return []policy.Schema{} }
func (ruleKindsCmd) Examples() []example {
	return []example{{"rule kinds --json", [2]string{"每种规则的全部字段、范围和默认值", "every field of every kind, its bounds and its default"}}}
}

// kindLine is a kind of rule.
type kindLine struct {
	Name    string `col:"种类|kind"`
	Title   string `col:"名称|title"`
	Summary string `col:"说明|what it does"`
}

// Run lists the kinds of rules.
func (ruleKindsCmd) Run(c *call) error {
	kinds := policy.Kinds()
	if c.json {
		return c.printJSON(kinds)
	}
	return printList(c, mapped(kinds, func(k policy.Schema) kindLine {
		return kindLine{k.Name, c.lang.pick(k.Title), c.lang.pick(k.Summary)}
	}), len(kinds))
}

type rulePresetCmd struct {
	Name string `arg:"" help:"名称，见 rule presets|name; see rule presets"`
}

func (rulePresetCmd) Tolerates() {}
func (rulePresetCmd) Shape() any { return policy.Book{} }
func (rulePresetCmd) Examples() []example {
	return []example{{"rule preset general > book.json", [2]string{"从通用群规开始改", "begin with the general rulebook"}}}
}

// Run prints a preset as JSON, ready to be changed and published.
func (q *rulePresetCmd) Run(c *call) error {
	b, err := policy.Starter(q.Name)
	if err != nil {
		return err
	}
	return c.printJSON(b)
}

type rulePresetsCmd struct{}

// presetLine is a ready rulebook.
type presetLine struct {
	Name    string `json:"name" col:"名称|name"`
	Title   string `json:"title" col:"标题|title"`
	Summary string `json:"summary" col:"说明|what it does"`
}

func (rulePresetsCmd) Tolerates()          {}
func (rulePresetsCmd) Shape() any          { return rowsOf[presetLine]() }
func (rulePresetsCmd) Examples() []example { return nil }

// Run lists the presets.
func (rulePresetsCmd) Run(c *call) error {
	presets := policy.Presets()
	return printList(c, mapped(presets, func(p policy.Preset) presetLine {
		return presetLine{p.Name, c.lang.pick(p.Title), c.lang.pick(p.Summary)}
	}), len(presets))
}

type ruleShowCmd struct {
	Group   string `arg:"" help:"群|group"`
	Version int    `placeholder:"N" help:"版本，默认现行|version, by default the one in force"`
}

func (ruleShowCmd) Shape() any { return policy.Book{} }
func (ruleShowCmd) Examples() []example {
	return []example{{"rule show 产品交流群 > book.json", [2]string{"取出来修改，再 rule publish", "take it out, change it, then rule publish"}}}
}

// Do prints a rulebook as JSON, ready to be changed and published.
func (q *ruleShowCmd) Do(c *call, h *House) error {
	books, err := need(h.Books)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	raw, err := books.Body(c.ctx, g.Key, q.Version)
	if err != nil {
		return err
	}
	return c.printJSON(raw)
}

type ruleHistoryCmd struct {
	Group string `arg:"" help:"群|group"`
	paging
}

// bookLine is a version of a rulebook.
type bookLine struct {
	Version int    `json:"version" col:"版本|version"`
	State   string `json:"state" col:"状态|state"`
	At      Moment `json:"at" col:"时间|time"`
	User    string `json:"user" col:"谁|who"`
	Note    string `json:"note" col:"备注|note"`
}

func (ruleHistoryCmd) Shape() any          { return rowsOf[bookLine]() }
func (ruleHistoryCmd) Examples() []example { return nil }

// Do lists a group's versions.
func (q *ruleHistoryCmd) Do(c *call, h *House) error {
	desk, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	rows, total, err := desk.FindBooks(c.ctx, g.Key, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, func(b community.BookRow) bookLine {
		return bookLine{b.Version, b.State, Moment(b.At), b.User, b.Note}
	}), total)
}

type ruleCheckCmd struct {
	File string `arg:"" help:"文件，- 为标准输入|file, - for stdin"`
}

// checked is the answer for a good rulebook.
type checked struct {
	Rules   int         `json:"rules" col:"规则|rules"`
	Good    bool        `json:"good" col:"可用|good"`
	Clashes []clashLine `json:"clashes"` // what it asks for and takes back
}

// clashLine is one thing that a rulebook asks for and takes back.
type clashLine struct {
	Code  string   `json:"code"`
	Rules []string `json:"rules"`
	Says  string   `json:"says"`
}

// clashes lists what a rulebook asks for and takes back, and says it to the person.
func (c *call) clashes(raw json.RawMessage) []clashLine {
	lines := []clashLine{}
	for _, x := range policy.Contradictions(raw) {
		l := clashLine{x.Code, x.Rules, c.lang.pick(x.Words())}
		c.say("请看一眼：%s：%s", "please look: %s: %s", strings.Join(l.Rules, ", "), l.Says)
		lines = append(lines, l)
	}
	return lines
}

func (ruleCheckCmd) Tolerates()          {}
func (ruleCheckCmd) Shape() any          { return checked{} }
func (ruleCheckCmd) Examples() []example { return nil }

// Run says everything that is wrong with a rulebook.
func (q *ruleCheckCmd) Run(c *call) error {
	raw, err := c.book(nil, q.File)
	if err != nil {
		return err
	}
	b, err := parseBook(raw)
	if err != nil {
		return err
	}
	return printOne(c, checked{len(b.Rules), true, c.clashes(raw)})
}

// parseBook reads a rulebook as people wrote it, if nothing is wrong with it; word lists that it names are taken on trust.
func parseBook(raw json.RawMessage) (policy.Book, error) {
	if _, err := policy.Sound(raw); err != nil {
		return policy.Book{}, err
	}
	var b policy.Book
	return b, json.Unmarshal(raw, &b)
}

type ruleDiffCmd struct {
	Old string `arg:"" help:"文件、- 或 群@版本|a file, - or GROUP@VERSION"`
	New string `arg:"" help:"同上|the same"`
}

// changeLine is one difference.
type changeLine struct {
	Rule   string          `json:"rule" col:"规则|rule"`
	Field  string          `json:"field" col:"字段|field"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
	Was    string          `json:"-" col:"原来|before"`
	Is     string          `json:"-" col:"现在|after"`
}

func (ruleDiffCmd) Shape() any { return rowsOf[changeLine]() }
func (ruleDiffCmd) Examples() []example {
	return []example{{"rule diff 产品交流群@3 book.json", [2]string{"与第 3 版相比改了什么", "what was changed since version 3"}}}
}

// Do lists the differences of two rulebooks.
func (q *ruleDiffCmd) Do(c *call, h *House) error {
	var books [2]policy.Book
	for i, arg := range []string{q.Old, q.New} {
		raw, err := c.book(h, arg)
		if err != nil {
			return err
		}
		if books[i], err = parseBook(raw); err != nil {
			return err
		}
	}
	changes := policy.DiffBooks(books[0], books[1])
	return printList(c, mapped(changes, func(d policy.Change) changeLine {
		return changeLine{d.Rule, d.Field, d.Before, d.After, short(string(d.Before)), short(string(d.After))}
	}), len(changes))
}

// short cuts a text for a table, at 60 characters.
func short(s string) string {
	r := []rune(s)
	if len(r) <= 60 {
		return s
	}
	return string(r[:59]) + "…"
}

type ruleDraftCmd struct {
	Group string `arg:"" help:"群|group"`
	File  string `arg:"" help:"文件，- 为标准输入；空字符串删除草稿|file, - for stdin; an empty text deletes the draft"`
	Note  string `placeholder:"TEXT" help:"备注|note"`
}

// Feeds says that stdin may be the rulebook.
func (q *ruleDraftCmd) Feeds() bool { return q.File == "-" }

func (ruleDraftCmd) Shape() any          { return bookLine{} }
func (ruleDraftCmd) Examples() []example { return nil }

// Do keeps a rulebook as the group's one draft.
func (q *ruleDraftCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if q.File != "" {
		if raw, err = c.book(h, q.File); err != nil {
			return err
		}
		if _, err := parseBook(raw); err != nil {
			return err
		}
	}
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	if err := hands.SaveDraft(c.ctx, user, g.Key, raw, q.Note); err != nil {
		return err
	}
	return printOne(c, bookLine{State: "draft", User: user, Note: q.Note, At: Moment(c.program.now().UnixMilli())})
}

type rulePublishCmd struct {
	Group string `arg:"" help:"群|group"`
	File  string `arg:"" help:"文件、- 或 群@版本|a file, - or GROUP@VERSION"`
	Note  string `required:"" placeholder:"TEXT" help:"改了什么、为什么|what was changed and why"`
	noticeFlags
	despiteFlag
	moveFlags
}

// Feeds says that stdin may be the rulebook.
func (q *rulePublishCmd) Feeds() bool { return q.File == "-" }

// Effect is what publishing means.
func (q *rulePublishCmd) Effect() [2]string {
	return [2]string{"将在群 " + q.Group + " 发布新的群规", "this puts a new rulebook in force in group " + q.Group}
}

func (rulePublishCmd) Shape() any { return bookLine{} }
func (rulePublishCmd) Examples() []example {
	return []example{{"rule publish 产品交流群 book.json --note 链接放宽 --moves leaves --falls --review-days 28", [2]string{"先用 replay 看它会做什么；文件里的群和成员可以写名称或编号", "see with replay what it would do first; groups and members in the file may be names or ids"}}}
}

// Do puts a rulebook in force.
func (q *rulePublishCmd) Do(c *call, h *House) error {
	raw, err := c.book(h, q.File)
	if err != nil {
		return err
	}
	return c.publish(h, q.Group, raw, q.Note, q.Despite, q.noticeFlags, q.moveFlags)
}

// publish puts a book in force. A group's first is no change, and need move no figure.
func (c *call) publish(h *House, group string, raw json.RawMessage, note, despite string, tell noticeFlags, moves moveFlags) error {
	if _, err := parseBook(raw); err != nil {
		return err
	}
	_, g, _, err := c.place(h, group, "")
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return badUsage("请指明群", "say which group")
	}
	if g.Book > 0 {
		if err := moves.check(); err != nil {
			return err
		}
	}
	charters, err := inOrg(c, h, h.Charters)
	if err != nil {
		return err
	}
	notice, err := tell.text(c, charters, g, raw)
	if err != nil {
		return err
	}
	version, err := charters.Publish(moves.aim(c.ctx), user, g.Key, raw, note, despite, notice)
	if err != nil {
		return c.saidBy(err)
	}
	c.clashes(raw)
	return printOne(c, bookLine{version, "published", Moment(c.program.now().UnixMilli()), user, note})
}

type ruleRollbackCmd struct {
	Group   string `arg:"" help:"群|group"`
	Version int    `arg:"" help:"回到哪个版本|which version to go back to"`
	Note    string `required:"" placeholder:"TEXT" help:"为什么|why"`
	noticeFlags
	despiteFlag
	moveFlags
}

// Effect is what rolling back means.
func (q *ruleRollbackCmd) Effect() [2]string {
	return [2]string{"将在群 " + q.Group + " 重新发布以前的群规", "this puts an earlier rulebook in force again in group " + q.Group}
}

func (ruleRollbackCmd) Shape() any          { return bookLine{} }
func (ruleRollbackCmd) Examples() []example { return nil }

// Do publishes an earlier version as a new one.
func (q *ruleRollbackCmd) Do(c *call, h *House) error {
	books, err := need(h.Books)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	if q.Version < 1 {
		return badUsage("版本从 1 开始", "versions begin at 1")
	}
	raw, err := books.Body(c.ctx, g.Key, q.Version)
	if err != nil {
		return err
	}
	return c.publish(h, g.ID.String(), raw, q.Note, q.Despite, q.noticeFlags, q.moveFlags)
}

type ruleHitsCmd struct {
	Group string `arg:"" help:"群|group"`
	Since string `default:"30d" placeholder:"TIME" help:"从何时起|since when"`
}

// hitsLine is one rule's share.
type hitsLine struct {
	Rule   string `json:"rule" col:"规则|rule"`
	Hits   int64  `json:"hits" col:"命中|hits"`
	Dry    int64  `json:"dry" col:"试算命中|dry"`
	Undone int64  `json:"undone" col:"误判|false"`
	Last   Moment `json:"last_at" col:"最近|last"`
}

func (ruleHitsCmd) Shape() any          { return rowsOf[hitsLine]() }
func (ruleHitsCmd) Examples() []example { return nil }

// Do counts what each rule did.
func (q *ruleHitsCmd) Do(c *call, h *House) error {
	desk, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	since, err := c.when(q.Since)
	if err != nil {
		return err
	}
	rows, err := desk.RuleHits(c.ctx, g.Key, since)
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, func(r community.RuleHits) hitsLine {
		return hitsLine{r.Rule, r.Hits, r.Dry, r.Undone, Moment(r.Last)}
	}), len(rows))
}
