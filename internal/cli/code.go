package cli

import (
	"context"
	"os"
	"slices"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Codes is what the command line asks and changes of codes and groups' sizes.
type Codes interface {
	Find(ctx context.Context, f admit.Filter) ([]admit.Row, int, error)
	ByID(ctx context.Context, id community.ID) (admit.Row, error)
	Save(ctx context.Context, user string, c admit.Code, reason string) (admit.Code, error)
	AddEntry(ctx context.Context, user string, code community.ID, e admit.Entry, picture []byte) (admit.Entry, error)
	Order(ctx context.Context, user string, code community.ID, g community.GroupKey) (admit.Entry, error)
	Rotate(ctx context.Context, user string, code community.ID) error
	RemoveEntry(ctx context.Context, user string, code, entry community.ID, reason string) error
	Close(ctx context.Context, user string, code community.ID, reason string) error
	Caps(ctx context.Context, groups []community.GroupRow) (map[community.GroupKey]measure.Cap, error)
	SetCap(ctx context.Context, user string, g community.GroupKey, most, lead int64, reason string) error
	Doubles(ctx context.Context, main community.GroupKey, p community.Page) ([]admit.Double, int, error)
	AskDouble(ctx context.Context, user string, main community.GroupKey, member community.ID) error
}

type codeCmd struct {
	List     codeListCmd   `cmd:"" help:"列出活码|list codes"`
	New      codeNewCmd    `cmd:"" help:"新建活码|make a code"`
	Show     codeShowCmd   `cmd:"" help:"一个活码和它的二维码|one code with its entries"`
	Set      codeSetCmd    `cmd:"" help:"修改活码；没有给的不变|change a code; what is not given stays"`
	AddEntry codeAddCmd    `cmd:"" name:"add-entry" help:"放入下一个二维码图片或链接|add the next QR picture or link"`
	Rotate   codeRotateCmd `cmd:"" help:"换到下一个|show the next entry"`
	Remove   codeRemoveCmd `cmd:"" help:"撤下一个二维码，或停用整个活码|take an entry out, or close the code"`
}

// codeLine is a code as verbs print it. Joins, leaves and the rest are null without a mark.
type codeLine struct {
	ID       string   `json:"id" col:"编号|id"`
	Name     string   `json:"name" col:"名称|name"`
	Kind     string   `json:"kind" col:"类型|kind"`
	Path     string   `json:"path" col:"地址|path"`
	State    string   `json:"state" col:"标记|mark"`
	Now      string   `json:"shows" col:"现在显示|shows"`
	Away     *string  `json:"leads_to"` // the group is away and goes on there; "" = by the invitation alone, null = it is not away
	Scans    int64    `json:"scans" col:"扫码|scans"`
	Joins    *int64   `json:"joins" col:"进群|joins"`
	Leaves   *int64   `json:"leaves" col:"退群|leaves"`
	Net      *int64   `json:"net" col:"净增|net"`
	Here     *int64   `json:"here" col:"仍在群|still here"`
	Warnings []string `json:"warnings" col:"提醒|warnings"`
	Tags     []string `json:"tags"`
	Closed   Moment   `json:"closed_at"`
}

func lineOfCode(r admit.Row) codeLine {
	l := codeLine{ID: r.ID.String(), Name: r.Name, Kind: r.Kind, Path: "/j/" + r.Slug, State: r.State, Scans: r.Scans, Warnings: []string{}, Tags: r.Tags, Closed: Moment(r.Closed)}
	if r.Now.Found {
		l.Now = r.Now.Entry.GroupName
	}
	if away, ok := r.Away(); ok {
		l.Away = &away.To
	}
	if r.Marked() {
		net := r.Net()
		l.Joins, l.Leaves, l.Net, l.Here = &r.Joins, &r.Leaves, &net, &r.Here
	}
	for _, w := range r.Warnings {
		l.Warnings = append(l.Warnings, w.Why)
	}
	return l
}

// entryLine is an entry as verbs print it.
type entryLine struct {
	ID      string `json:"id" col:"编号|id"`
	Group   string `json:"group" col:"群|group"`
	State   string `json:"state" col:"状态|state"` // shown, away, fits, bare, expired, used_up, full, scanned, removed
	Until   Moment `json:"expires_at" col:"有效至|until"`
	Scans   int64  `json:"scans" col:"扫码|scans"`
	Most    int64  `json:"most" col:"上限|most"`
	Link    string `json:"link" col:"链接|link"`
	Picture string `json:"picture"`
}

func (c *call) codes(h *House) (Codes, Desk, error) {
	org, err := c.orgOf(h)
	if err != nil {
		return nil, nil, err
	}
	if h.Codes == nil {
		return nil, nil, errNotHere()
	}
	return h.Codes(org), h.Desk(org), nil
}

// code finds a code by id or whole name.
func (c *call) code(codes Codes, text string) (admit.Row, error) {
	if id, err := community.ParseID(text); err == nil {
		return codes.ByID(c.ctx, id)
	}
	rows, _, err := codes.Find(c.ctx, admit.Filter{Text: text})
	if err != nil {
		return admit.Row{}, err
	}
	for _, r := range rows {
		if r.Name == text || r.State == text {
			return r, nil
		}
	}
	return admit.Row{}, community.Errorf(community.CodeNotFound, "code %q: not found", text)
}

type codeListCmd struct {
	Text   string `arg:"" optional:"" help:"名称或标记里的字|part of the name or mark"`
	Kind   string `enum:",channel,group" default:"" help:"channel 或 group|channel or group"`
	Tag    string `help:"通往有这个标签的群|that lead to groups with this tag"`
	Closed bool   `help:"已停用的|those closed"`
	paging
}

func (codeListCmd) Shape() any          { return rowsOf[codeLine]() }
func (codeListCmd) Examples() []example { return nil }

// Do lists codes.
func (q *codeListCmd) Do(c *call, h *House) error {
	codes, _, err := c.codes(h)
	if err != nil {
		return err
	}
	rows, total, err := codes.Find(c.ctx, admit.Filter{Text: q.Text, Kind: q.Kind, Tag: q.Tag, Closed: q.Closed, Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfCode), total)
}

type codeNewCmd struct {
	Name     string   `arg:"" help:"名称，最多 60 字|name, at most 60 characters"`
	Kind     string   `enum:"channel,group" default:"channel" help:"channel 或 group|channel or group"`
	State    string   `placeholder:"MARK" help:"来源标记，渠道活码必填|the source's mark, needed for a channel"`
	Line     string   `placeholder:"TEXT" help:"给扫码的人看的一句话|one sentence for those who scan"`
	Tag      []string `help:"自动标签（可重复）|tags given (repeatable)"`
	Welcome  string   `placeholder:"TEXT" help:"欢迎语，{{name}} 是对方的名字|welcome; {{name}} is their name"`
	Overflow bool     `help:"群满时接上新群：平台能建就自动建，不能就请人建|when full, go on with a new group: the platform opens it, else a person"`
	Base     string   `placeholder:"TEXT" help:"新群名前缀|how new groups are called"`
}

func (codeNewCmd) Shape() any { return codeLine{} }
func (codeNewCmd) Examples() []example {
	return []example{{"code new 公众号菜单 --state gzh-menu --tag 公众号", [2]string{"公众号菜单来的人", "those who come by the account's menu"}}}
}

// Do makes a code.
func (q *codeNewCmd) Do(c *call, h *House) error {
	codes, _, err := c.codes(h)
	if err != nil {
		return err
	}
	made, err := codes.Save(c.ctx, user, admit.Code{Kind: q.Kind, Name: q.Name, State: q.State, Line: q.Line, Tags: q.Tag, Welcome: q.Welcome, Overflow: q.Overflow, Base: q.Base}, "")
	if err != nil {
		return err
	}
	return c.printCode(codes, made.ID)
}

func (c *call) printCode(codes Codes, id community.ID) error {
	r, err := codes.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfCode(r))
}

type codeShowCmd struct {
	Code string `arg:"" help:"编号、名称或标记|id, name or mark"`
}

func (codeShowCmd) Shape() any          { return rowsOf[entryLine]() }
func (codeShowCmd) Examples() []example { return nil }

// Do lists a code's entries in the order of showing.
func (q *codeShowCmd) Do(c *call, h *House) error {
	codes, _, err := c.codes(h)
	if err != nil {
		return err
	}
	r, err := c.code(codes, q.Code)
	if err != nil {
		return err
	}
	now := c.program.now().UnixMilli()
	lines := mapped(r.Entries, func(e admit.Entry) entryLine {
		l := entryLine{ID: e.ID.String(), Group: e.GroupName, State: r.Fit(e, r.Sizes[e.Group], now), Until: Moment(e.Expires), Scans: e.Scans, Most: e.Most, Link: e.Link, Picture: e.Picture}
		_, away := r.Aways[e.Group]
		switch {
		case away && e.Removed == 0:
			l.State = "away"
		case r.Now.Found && r.Now.Entry.ID == e.ID:
			l.State = "shown"
		case l.State == "":
			l.State = "fits"
		}
		return l
	})
	return printList(c, lines, len(lines))
}

type codeSetCmd struct {
	Code     string   `arg:"" help:"编号、名称或标记|id, name or mark"`
	Name     string   `placeholder:"TEXT" help:"名称，最多 60 字|name, at most 60 characters"`
	State    string   `placeholder:"MARK" help:"来源标记|the source's mark"`
	Line     string   `placeholder:"TEXT" help:"给扫码的人看的一句话|one sentence for those who scan"`
	Tag      []string `help:"自动标签（可重复），代替原来的|tags given (repeatable), in place of those before"`
	Welcome  string   `placeholder:"TEXT" help:"欢迎语，{{name}} 是对方的名字|welcome; {{name}} is their name"`
	Overflow *bool    `negatable:"" help:"群满时接上新群|go on with a new group when full"`
	Base     string   `placeholder:"TEXT" help:"新群名前缀|how new groups are called"`
	Clear    []string `placeholder:"FIELD" help:"清空（可重复）：state、line、tags、welcome、base|empty these (repeatable): state, line, tags, welcome, base"`
	Reason   string   `placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`

	moveFlags
}

func (codeSetCmd) Shape() any { return codeLine{} }
func (codeSetCmd) Examples() []example {
	return []example{{"code set 读书群 --overflow --base 读书 --no-figure 只是接上新群", [2]string{"满了接上“读书2”“读书3”", "when full, go on with 读书2, 读书3"}}}
}

// Do changes a code.
func (q *codeSetCmd) Do(c *call, h *House) error {
	codes, _, err := c.codes(h)
	if err != nil {
		return err
	}
	r, err := c.code(codes, q.Code)
	if err != nil {
		return err
	}
	texts := map[string]*string{"state": &r.State, "line": &r.Line, "welcome": &r.Welcome, "base": &r.Base}
	for _, name := range q.Clear {
		switch into, ok := texts[name]; {
		case ok:
			*into = ""
		case name == "tags":
			r.Tags = nil
		default:
			return badUsage("--clear 没有 %q", "--clear: no %q", name)
		}
	}
	texts["name"] = &r.Name
	for name, given := range map[string]string{"name": q.Name, "state": q.State, "line": q.Line, "welcome": q.Welcome, "base": q.Base} {
		if given != "" {
			*texts[name] = given
		}
	}
	if q.Overflow != nil {
		r.Overflow = *q.Overflow
	}
	if len(q.Tag) > 0 {
		r.Tags = q.Tag
	}
	return q.save(c, codes, r)
}

// save keeps the change with what it should move; a code that leads nowhere yet moves nothing.
func (q *codeSetCmd) save(c *call, codes Codes, r admit.Row) error {
	if r.Now.Found {
		if err := q.check(); err != nil {
			return err
		}
	}
	if _, err := codes.Save(q.aim(c.ctx), user, r.Code, q.Reason); err != nil {
		return err
	}
	return c.printCode(codes, r.ID)
}

type codeAddCmd struct {
	Code  string        `arg:"" help:"编号、名称或标记|id, name or mark"`
	Group string        `arg:"" help:"通向哪个群|the group it leads to"`
	File  string        `placeholder:"FILE" help:"二维码图片，PNG 或 JPEG，最多 1 MB|picture of the QR code, PNG or JPEG, at most 1 MB"`
	Link  string        `placeholder:"URL" help:"群链接|a link"`
	Order bool          `help:"让平台生成；做不到就成为待办|let the platform make one; else a task"`
	For   time.Duration `placeholder:"168h" help:"有效多久，0 为长期|how long it lives; 0 = does not end"`
	Most  int64         `help:"扫码上限，0 为不限|most scans, 0 = no bound"`
}

func (codeAddCmd) Shape() any { return codeLine{} }
func (codeAddCmd) Examples() []example {
	return []example{{"code add-entry 读书群 读书1群 --file qr.png --for 168h", [2]string{"换上七天有效的群二维码", "the next QR code, good for seven days"}}}
}

// Do adds an entry to a code.
func (q *codeAddCmd) Do(c *call, h *House) error {
	codes, desk, err := c.codes(h)
	if err != nil {
		return err
	}
	r, err := c.code(codes, q.Code)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	if q.Order {
		if _, err := codes.Order(c.ctx, user, r.ID, g.Key); err != nil {
			return notOpened(g.Name, err)
		}
		return c.printCode(codes, r.ID)
	}
	e := admit.Entry{Group: g.Key, Link: q.Link, Most: q.Most}
	if q.For > 0 {
		e.Expires = c.program.now().Add(q.For).UnixMilli()
	}
	picture, err := c.picture(q.File)
	if err != nil {
		return err
	}
	if _, err := codes.AddEntry(c.ctx, user, r.ID, e, picture); err != nil {
		return notOpened(g.Name, err)
	}
	return c.printCode(codes, r.ID)
}

// maxPicture is how large a picture may be, in bytes.
const maxPicture = 1 << 20

// picture reads a picture's file; nil for none.
func (c *call) picture(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	info, err := os.Stat(c.path(name))
	if err != nil {
		return nil, community.Errorf(community.CodeNotFound, "file %s: %w", name, err)
	}
	if info.Size() > maxPicture || info.IsDir() {
		return nil, community.Errorf(community.CodeTooLarge, "file %s: want a picture of at most %d bytes", name, maxPicture)
	}
	raw, err := os.ReadFile(c.path(name))
	if raw == nil {
		raw = []byte{}
	}
	return raw, err
}

type codeRotateCmd struct {
	Code string `arg:"" help:"编号、名称或标记|id, name or mark"`
}

func (codeRotateCmd) Shape() any          { return codeLine{} }
func (codeRotateCmd) Examples() []example { return nil }

// Do shows the next entry.
func (q *codeRotateCmd) Do(c *call, h *House) error {
	codes, _, err := c.codes(h)
	if err != nil {
		return err
	}
	r, err := c.code(codes, q.Code)
	if err != nil {
		return err
	}
	if err := codes.Rotate(c.ctx, user, r.ID); err != nil {
		return err
	}
	return c.printCode(codes, r.ID)
}

type codeRemoveCmd struct {
	Code   string `arg:"" help:"编号、名称或标记|id, name or mark"`
	Entry  string `arg:"" optional:"" help:"只撤下这个二维码；省略则停用整个活码|only this entry; left out: close the code"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

// Effect is what closing means.
func (q *codeRemoveCmd) Effect() [2]string {
	if q.Entry != "" {
		return [2]string{}
	}
	return [2]string{"活码 " + q.Code + " 停用，印出去的地址会显示“入口已关闭”，不能恢复", "code " + q.Code + " is closed for good: its printed address will say so"}
}

func (codeRemoveCmd) Shape() any          { return codeLine{} }
func (codeRemoveCmd) Examples() []example { return nil }

// Do takes an entry out or closes the code.
func (q *codeRemoveCmd) Do(c *call, h *House) error {
	codes, _, err := c.codes(h)
	if err != nil {
		return err
	}
	r, err := c.code(codes, q.Code)
	if err != nil {
		return err
	}
	if q.Entry == "" {
		err = codes.Close(c.ctx, user, r.ID, q.Reason)
	} else {
		entry, bad := community.ParseID(q.Entry)
		if bad != nil {
			return community.Errorf(community.CodeBadInput, "entry: %w", bad)
		}
		err = codes.RemoveEntry(c.ctx, user, r.ID, entry, q.Reason)
	}
	if err != nil {
		return err
	}
	return c.printCode(codes, r.ID)
}

type groupCapCmd struct {
	Group  string `arg:"" help:"编号、名称或平台群号|id, name or the platform's id"`
	Most   *int64 `help:"群上限，0 为按平台|how many it holds, 0 = as the platform says"`
	Lead   *int64 `help:"提前几天提醒，0 为 7 天|days ahead, 0 = 7"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	moveFlags
}

// capLine is a forecast as verbs print it.
type capLine struct {
	Group   string  `json:"group" col:"群|group"`
	Size    int64   `json:"size" col:"人数|members"` // -1 = not known
	Limit   int64   `json:"limit" col:"上限|limit"`
	State   string  `json:"state" col:"状态|state"` // none, full, day, far, few_days, unknown
	Day     string  `json:"day" col:"预计满员|full about"`
	Early   string  `json:"early" col:"最早|early"`
	Late    string  `json:"late" col:"最晚|late"`
	Growth  float64 `json:"growth_per_day"`
	Known   int     `json:"days_known" col:"依据天数|days known"`
	Covered int     `json:"days_covered"`
	Of      int     `json:"days_of"`
}

func (groupCapCmd) Shape() any { return capLine{} }
func (groupCapCmd) Examples() []example {
	return []example{{"group cap 读书1群 --most 200 --lead 10 --moves joins", [2]string{"上限 200，提前十天提醒", "holds 200, ask ten days ahead"}}}
}

// Do forecasts when a group is full, after setting its limit where asked to.
func (q *groupCapCmd) Do(c *call, h *House) error {
	codes, desk, err := c.codes(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	if (q.Most == nil) != (q.Lead == nil) {
		return badUsage("--most 和 --lead 要一起给", "give --most and --lead together")
	}
	if q.Most != nil {
		if err := q.check(); err != nil {
			return err
		}
		if err := codes.SetCap(q.aim(c.ctx), user, g.Key, *q.Most, *q.Lead, q.Reason); err != nil {
			return err
		}
	}
	caps, err := codes.Caps(c.ctx, []community.GroupRow{g})
	if err != nil {
		return err
	}
	one := caps[g.Key]
	day := func(d measure.Day) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	return printOne(c, capLine{g.Name, one.Size, one.Limit, one.State, day(one.Day), day(one.Early), day(one.Late), one.Growth, one.Known, one.Coverage.Covered, one.Coverage.Of})
}

type groupDuplicatesCmd struct {
	Main string `arg:"" optional:"" help:"主群；省略为全部|the main group; left out: any"`
	Ask  bool   `help:"给列出的每个人生成一条私下提醒的待办|make a task for each person listed: a private word"`
	paging
}

// doubleLine is a person in several sub groups as verbs print it.
type doubleLine struct {
	ID    string   `json:"id" col:"编号|id"`
	Name  string   `json:"name" col:"成员|member"`
	Stay  string   `json:"stay" col:"建议留在|could stay in"`
	Leave []string `json:"leave" col:"可以离开|could leave"`
	Asked bool     `json:"asked" col:"已提醒|asked"`
	// Accounts are the accounts by which they are in those groups, where there is more than one.
	Accounts []string `json:"accounts" col:"账号|accounts"`
	member   community.ID
	main     community.GroupKey
}

func (groupDuplicatesCmd) Shape() any          { return rowsOf[doubleLine]() }
func (groupDuplicatesCmd) Examples() []example { return nil }

// Do lists who is in several sub groups of one main group. Nobody is removed.
func (q *groupDuplicatesCmd) Do(c *call, h *House) error {
	codes, desk, err := c.codes(h)
	if err != nil {
		return err
	}
	main, err := c.group(desk, q.Main)
	if err != nil {
		return err
	}
	rows, total, err := codes.Doubles(c.ctx, main.Key, q.page())
	if err != nil {
		return err
	}
	lines := mapped(rows, lineOfDouble)
	for i := range lines {
		if !q.Ask || lines[i].Asked {
			continue
		}
		if err := codes.AskDouble(c.ctx, user, lines[i].main, lines[i].member); err != nil {
			return err
		}
		lines[i].Asked = true
	}
	return printList(c, lines, total)
}

func lineOfDouble(d admit.Double) doubleLine {
	l := doubleLine{ID: d.Member.ID.String(), Name: d.Member.Name, Stay: d.Places[0].Name, Asked: !d.Task.IsZero(), member: d.Member.ID, main: d.Main}
	for _, p := range d.Places[1:] {
		l.Leave = append(l.Leave, p.Name)
	}
	for _, p := range d.Places {
		if account := p.Shown + " (" + string(p.Platform) + ")"; !slices.Contains(l.Accounts, account) {
			l.Accounts = append(l.Accounts, account)
		}
	}
	if len(l.Accounts) == 1 {
		l.Accounts = nil
	}
	return l
}
