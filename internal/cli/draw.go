package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/draw"
	"qunluo/internal/rights"
)

// Draws is what the command line asks and changes of draws.
type Draws interface {
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]draw.Draw, int, error)
	ByID(ctx context.Context, id community.ID) (draw.Draw, draw.Sums, error)
	Entries(ctx context.Context, id community.ID, page community.Page) ([]draw.Entry, int, error)
	New(ctx context.Context, user string, g community.GroupKey, t draw.Terms, budget int64, slot, reason string) (draw.Draw, error)
	Edit(ctx context.Context, user string, id community.ID, version int, t draw.Terms, budget int64, slot, reason string) (draw.Draw, error)
	Publish(ctx context.Context, user string, id community.ID, version int, override, reason string) (draw.Draw, error)
	Cancel(ctx context.Context, user string, id community.ID, reason string) (draw.Draw, error)
	Mix(ctx context.Context, user string, id community.ID, number, source string) (draw.Draw, error)
	Address(d draw.Draw) string
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
	Proof(ctx context.Context, id community.ID) (draw.Proof, error)
	Payouts(ctx context.Context, g community.GroupKey, id community.ID, state string, page community.Page) ([]draw.Payout, int, error)
	Pay(ctx context.Context, user string, id community.ID, receipt string) (draw.Payout, error)
	Lapse(ctx context.Context, user string, id community.ID, reason string) (draw.Payout, error)
	Unpay(ctx context.Context, user string, id community.ID, reason string) (draw.Payout, error)
}

type drawCmd struct {
	List    drawListCmd    `cmd:"" help:"列出抽奖|list draws"`
	Show    drawShowCmd    `cmd:"" help:"一次抽奖：规则、承诺值、奖金|one: its terms, what was committed to, its money"`
	New     drawNewCmd     `cmd:"" help:"起草一次抽奖|draft one"`
	Edit    drawEditCmd    `cmd:"" help:"改草稿|write a draft anew"`
	Publish drawPublishCmd `cmd:"" help:"公布：从此规则不能改|publish it: from then on its terms cannot change"`
	Cancel  drawCancelCmd  `cmd:"" help:"报名截止前取消|call it off before entries close"`
	Number  drawNumberCmd  `cmd:"" help:"填规则里说的公开数字，然后开奖|enter the public number that the terms name, and draw"`
	Entries drawEntriesCmd `cmd:"" help:"名单：谁参加、谁没有、为什么|the list: who takes part, who does not, and why"`
	Link    drawLinkCmd    `cmd:"" help:"某个成员的参加链接|the link by which a member enters"`
	Proof   drawProofCmd   `cmd:"" help:"开奖证明（JSON）|the proof of a draw (JSON)"`
	Verify  drawVerifyCmd  `cmd:"" help:"核对一份开奖证明|check a proof"`
	Prizes  drawPrizesCmd  `cmd:"" help:"兑付清单|prizes that were won"`
	Pay     drawPayCmd     `cmd:"" help:"登记奖品已发，附凭据|say that a prize was handed over, by which receipt"`
	Lapse   drawLapseCmd   `cmd:"" help:"登记过期未领|say that nobody fetched a prize in time"`
	Unpay   drawUnpayCmd   `cmd:"" help:"撤销已发或过期的登记|take either back"`
}

// DrawLine is a draw as verbs print it.
type DrawLine struct {
	ID         string `json:"id" col:"编号|id"`
	Group      string `json:"group" col:"群|group"`
	Title      string `json:"title" col:"标题|title"`
	State      string `json:"state" col:"状态|state"` // draft, published, closed, drawn, settled, cancelled
	Entries    int    `json:"entries" col:"参加|entrants"`
	Prizes     int    `json:"prizes" col:"奖品|prizes"`
	Closes     Moment `json:"closes" col:"截止|closes"`
	Draws      Moment `json:"draws" col:"开奖|draws"`
	Slot       string `json:"slot"`
	Address    string `json:"address"` // "" = a draft
	Commitment string `json:"commitment"`
	List       string `json:"list_hash"`
	Version    int    `json:"version"`
}

// DrawWhole is a draw with everything about it; money in fen.
type DrawWhole struct {
	DrawLine
	Terms  draw.Terms `json:"terms"`
	Text   string     `json:"terms_text"` // byte for byte as published
	Seed   string     `json:"seed"`       // "" until it is drawn
	Beacon string     `json:"beacon"`
	Source string     `json:"beacon_source"`
	Why    string     `json:"why"` // it was called off
	Sums   DrawSums   `json:"money"`
}

// DrawSums are what came of the prizes, in fen.
type DrawSums struct {
	Budget    int64 `json:"budget"`
	Worth     int64 `json:"worth"`
	Awarded   int64 `json:"awarded"`
	Paid      int64 `json:"paid"`
	Open      int64 `json:"open"`
	Unclaimed int64 `json:"unclaimed"`
	Lapsed    int64 `json:"lapsed"`
	Left      int64 `json:"left"` // nobody won it
}

func (c *call) printDraw(v Draws, d draw.Draw, err error) error {
	if err != nil {
		return err
	}
	d, sums, err := v.ByID(c.ctx, d.ID)
	if err != nil {
		return err
	}
	line := lineOfDraw(v, d)
	if c.json {
		return c.printJSON(DrawWhole{line, d.Terms, d.Text, d.Seed, d.Beacon, d.Source, d.Why, DrawSums(sums)})
	}
	return printOne(c, line)
}

func lineOfDraw(v Draws, d draw.Draw) DrawLine {
	return DrawLine{d.ID.String(), d.GroupName, d.Terms.Title, string(d.Shown()), d.Entries, d.Terms.Winners(), Moment(d.Terms.Closes), Moment(d.Terms.Draws), d.Slot, v.Address(d), d.Commitment, d.List, d.Version}
}

// drawsOf opens the draws, for a verb that names one thing by its id.
func (c *call) drawsOf(h *House, text string) (Draws, community.ID, error) {
	id, err := idOf(text)
	if err != nil {
		return nil, id, err
	}
	v, err := inOrg(c, h, h.Draws)
	return v, id, err
}

type drawListCmd struct {
	Group string `placeholder:"GROUP" help:"在这个群|in this group"`
	paging
}

func (drawListCmd) Shape() any          { return rowsOf[DrawLine]() }
func (drawListCmd) Examples() []example { return nil }

// Do lists draws, the newest first.
func (q *drawListCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	v, err := inOrg(c, h, h.Draws)
	if err != nil {
		return err
	}
	list, total, err := v.List(c.ctx, g.Key, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(d draw.Draw) DrawLine { return lineOfDraw(v, d) }), total)
}

type drawShowCmd struct {
	ID string `arg:"" help:"抽奖的编号|id of the draw"`
}

func (drawShowCmd) Shape() any          { return DrawWhole{} }
func (drawShowCmd) Examples() []example { return nil }

// Do shows one draw.
func (q *drawShowCmd) Do(c *call, h *House) error {
	v, id, err := c.drawsOf(h, q.ID)
	if err != nil {
		return err
	}
	return c.printDraw(v, draw.Draw{ID: id}, nil)
}

// drawTerms are the flags by which terms are written.
type drawTerms struct {
	Title   string   `placeholder:"TEXT" help:"标题|title"`
	Prize   []string `sep:"none" placeholder:"NAME:COUNT:YUAN" help:"一行奖品，如 红包:5:20；实物在后面加 :thing（可重复）|a line of prizes, e.g. Tea:1:80:thing; without :thing it is a red packet (repeatable)"`
	Closes  string   `placeholder:"TIME" help:"报名截止，群的时区，2006-01-02 15:04|when entries close, in the group's zone, 2006-01-02 15:04"`
	Draws   string   `placeholder:"TIME" help:"开奖时间，默认同截止|when it is drawn, by default when entries close"`
	Sponsor string   `placeholder:"TEXT" help:"主办方|who gives the prizes"`
	Contact string   `placeholder:"TEXT" help:"联系方式|whom to ask"`
	Redeem  string   `placeholder:"TEXT" help:"怎么领奖|how prizes are fetched"`
	Budget  string   `placeholder:"YUAN" help:"预算（元），默认等于奖品总值|what may be spent, by default what the prizes are worth"`
	Slot    string   `placeholder:"SLOT" help:"内容日历里的档期，开奖后自动起草下一次|slot of the calendar; the next one is drafted by itself"`
	Change  string   `placeholder:"JSON" help:"规则里的其他项，如 {\"who\":{\"standing\":true,\"days\":30}}|anything else of the terms, e.g. {\"who\":{\"standing\":true,\"days\":30}}"`
	Reason  string   `placeholder:"TEXT" help:"原因|why"`
}

// onto writes what the flags say over terms, and gives the budget.
func (q *drawTerms) onto(t draw.Terms, budget int64, zone *time.Location) (draw.Terms, int64, error) {
	t, err := changed(t, q.Change)
	if err != nil {
		return t, 0, err
	}
	t.Title, t.Sponsor, t.Contact, t.Redeem = cmp.Or(q.Title, t.Title), cmp.Or(q.Sponsor, t.Sponsor), cmp.Or(q.Contact, t.Contact), cmp.Or(q.Redeem, t.Redeem)
	for _, f := range []struct {
		text string
		to   *int64
	}{{q.Closes, &t.Closes}, {q.Draws, &t.Draws}} {
		if f.text == "" {
			continue
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", f.text, zone)
		if err != nil {
			return t, 0, badUsage("时间要写成 2006-01-02 15:04", "times: want 2006-01-02 15:04")
		}
		*f.to = at.UnixMilli()
	}
	if q.Closes != "" && q.Draws == "" {
		t.Draws = t.Closes
	}
	if len(q.Prize) > 0 {
		if t.Prizes, err = readPrizeFlags(q.Prize); err != nil {
			return t, 0, err
		}
	}
	switch {
	case q.Budget != "":
		if budget, err = fenOf(q.Budget); err != nil {
			return t, 0, err
		}
	case budget == 0:
		budget = t.Worth()
	}
	return t, budget, nil
}

// fenOf reads an amount of yuan with at most two decimals.
func fenOf(text string) (int64, error) {
	fen, err := community.ParseAmount(text)
	if err != nil || fen < 0 {
		return 0, badUsage("金额要写成元，最多两位小数", "money: want yuan with at most two decimals")
	}
	return fen, nil
}

func readPrizeFlags(list []string) ([]draw.Prize, error) {
	var out []draw.Prize
	for _, text := range list {
		parts := strings.Split(text, ":")
		kind := draw.RedPacket
		if n := len(parts); n == 4 && parts[3] == "thing" {
			kind, parts = draw.Thing, parts[:3]
		}
		if len(parts) != 3 {
			return nil, badUsage("--prize 要写成 名称:数量:每份多少元", "--prize: want NAME:COUNT:YUAN")
		}
		n, err := strconv.Atoi(parts[1])
		if err != nil {
			return nil, badUsage("--prize 的数量看不懂", "--prize: the count cannot be read")
		}
		fen, err := fenOf(parts[2])
		if err != nil {
			return nil, err
		}
		out = append(out, draw.Prize{Name: strings.TrimSpace(parts[0]), Kind: kind, Count: n, Fen: fen})
	}
	return out, nil
}

type drawNewCmd struct {
	Group string `arg:"" help:"群|group"`
	drawTerms
}

func (drawNewCmd) Shape() any { return DrawWhole{} }
func (drawNewCmd) Examples() []example {
	return []example{{"draw new 读书群 --title 十二月抽奖 --prize 红包:5:20 --closes '2026-12-31 20:00' --sponsor 读书社 --contact 群主 --redeem 联系群主领取", [2]string{"起草，公布前都能改", "a draft, which can be changed until it is published"}}}
}

// Do drafts a draw.
func (q *drawNewCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	v, err := inOrg(c, h, h.Draws)
	if err != nil {
		return err
	}
	t := draw.Default()
	t.Sponsor = g.Name
	t, budget, err := q.onto(t, 0, zoneNamed(g.Zone))
	if err != nil {
		return err
	}
	d, err := v.New(c.ctx, user, g.Key, t, budget, q.Slot, q.Reason)
	return c.printDraw(v, d, err)
}

type drawEditCmd struct {
	ID string `arg:"" help:"抽奖的编号|id of the draw"`
	drawTerms
}

func (drawEditCmd) Shape() any          { return DrawWhole{} }
func (drawEditCmd) Examples() []example { return nil }

// Do writes a draft anew.
func (q *drawEditCmd) Do(c *call, h *House) error {
	v, id, err := c.drawsOf(h, q.ID)
	if err != nil {
		return err
	}
	d, _, err := v.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	t, budget, err := q.onto(d.Terms, d.Budget, zoneNamed(d.Terms.Zone))
	if err != nil {
		return err
	}
	d, err = v.Edit(c.ctx, user, id, d.Version, t, budget, cmp.Or(q.Slot, d.Slot), q.Reason)
	return c.printDraw(v, d, err)
}

type drawPublishCmd struct {
	ID       string `arg:"" help:"抽奖的编号|id of the draw"`
	Override string `placeholder:"TEXT" help:"规则里有让人分享的字样时，为什么仍要公布|why words about sharing go out all the same"`
	Reason   string `placeholder:"TEXT" help:"原因|why"`
}

func (drawPublishCmd) Shape() any          { return DrawWhole{} }
func (drawPublishCmd) Examples() []example { return nil }

// Effect says what it does.
func (drawPublishCmd) Effect() [2]string {
	return [2]string{"公布后规则、奖品和时间都不能再改，并会发到群里", "nothing of the terms, prizes and times can change afterwards, and the group is told"}
}

// Do publishes a draw.
func (q *drawPublishCmd) Do(c *call, h *House) error {
	v, id, err := c.drawsOf(h, q.ID)
	if err != nil {
		return err
	}
	d, err := v.Publish(c.ctx, user, id, 0, q.Override, q.Reason)
	return c.printDraw(v, d, err)
}

type drawCancelCmd struct {
	ID     string `arg:"" help:"抽奖的编号|id of the draw"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，所有人看得到|why; everybody reads it"`
}

func (drawCancelCmd) Shape() any          { return DrawWhole{} }
func (drawCancelCmd) Examples() []example { return nil }

// Effect says what it does.
func (drawCancelCmd) Effect() [2]string {
	return [2]string{"这次抽奖会取消，没有人得奖", "the draw is called off, and nobody gets anything"}
}

// Do calls a draw off.
func (q *drawCancelCmd) Do(c *call, h *House) error {
	v, id, err := c.drawsOf(h, q.ID)
	if err != nil {
		return err
	}
	d, err := v.Cancel(c.ctx, user, id, q.Reason)
	return c.printDraw(v, d, err)
}

type drawNumberCmd struct {
	ID     string `arg:"" help:"抽奖的编号|id of the draw"`
	Number string `arg:"" help:"公开数字|the public number"`
	Source string `required:"" placeholder:"URL" help:"从哪里查得到|where everybody can read it"`
}

func (drawNumberCmd) Shape() any          { return DrawWhole{} }
func (drawNumberCmd) Examples() []example { return nil }

// Do enters the public number.
func (q *drawNumberCmd) Do(c *call, h *House) error {
	v, id, err := c.drawsOf(h, q.ID)
	if err != nil {
		return err
	}
	d, err := v.Mix(c.ctx, user, id, q.Number, q.Source)
	return c.printDraw(v, d, err)
}

// DrawEntryLine is somebody of the list as verbs print it.
type DrawEntryLine struct {
	Name    string `json:"name" col:"成员|member"`
	Code    string `json:"code" col:"抽奖码|code"`
	Entered Moment `json:"entered" col:"参加时间|entered"` // 0 = by standing
	Out     string `json:"out" col:"不参加的原因|left out"`  // left, staff, bot, days, active, tier, strike, twice
	Place   int    `json:"place" col:"名次|place"`
	Member  string `json:"member"`
}

type drawEntriesCmd struct {
	ID string `arg:"" help:"抽奖的编号|id of the draw"`
	paging
}

func (drawEntriesCmd) Shape() any          { return rowsOf[DrawEntryLine]() }
func (drawEntriesCmd) Examples() []example { return nil }

// Do lists who takes part.
func (q *drawEntriesCmd) Do(c *call, h *House) error {
	v, id, err := c.drawsOf(h, q.ID)
	if err != nil {
		return err
	}
	list, total, err := v.Entries(c.ctx, id, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(e draw.Entry) DrawEntryLine {
		return DrawEntryLine{e.Name, e.Code, Moment(e.Entered), e.Out, e.Place, e.MemberID.String()}
	}), total)
}

type drawLinkCmd struct {
	ID     string `arg:"" help:"抽奖的编号|id of the draw"`
	Member string `arg:"" help:"成员|member"`
}

// drawLinkLine is where a member enters.
type drawLinkLine struct {
	Link string `json:"link" col:"链接|link"`
}

func (drawLinkCmd) Shape() any { return drawLinkLine{} }
func (drawLinkCmd) Examples() []example {
	return []example{{"draw link 0C8xQ 张三", [2]string{"私下发给本人", "give it to them in private"}}}
}

// Do prints where a member enters.
func (q *drawLinkCmd) Do(c *call, h *House) error {
	v, id, err := c.drawsOf(h, q.ID)
	if err != nil {
		return err
	}
	d, _, err := v.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	m, err := c.member(desk, d.Group, q.Member)
	if err != nil {
		return err
	}
	link, err := v.Link(c.ctx, id, m.Key)
	if err != nil {
		return err
	}
	return printOne(c, drawLinkLine{link})
}

type drawProofCmd struct {
	ID string `arg:"" help:"抽奖的编号|id of the draw"`
}

func (drawProofCmd) Shape() any          { return draw.Proof{} }
func (drawProofCmd) Examples() []example { return nil }

// Do prints the proof, with or without --json.
func (q *drawProofCmd) Do(c *call, h *House) error {
	v, id, err := c.drawsOf(h, q.ID)
	if err != nil {
		return err
	}
	p, err := v.Proof(c.ctx, id)
	if err != nil {
		return err
	}
	return c.printJSON(p)
}

type drawVerifyCmd struct {
	File       string `arg:"" help:"证明文件|file with the proof"`
	Commitment string `placeholder:"HEX" help:"公布时发在群里的承诺值|the commitment that was told when it was published"`
	List       string `placeholder:"HEX" help:"截止时发在群里的名单哈希|the hash of the list that was told when entries closed"`
}

// maxProof bounds the file of a proof, in bytes.
const maxProof = 8 << 20

func (drawVerifyCmd) Shape() any { return rowsOf[DrawWinnerLine]() }
func (drawVerifyCmd) Examples() []example {
	return []example{{"draw verify draw.json --commitment 3f9a…", [2]string{"不成立时退出码是 1", "exit 1 when it does not hold"}}}
}

// DrawWinnerLine is a winner as verbs print it.
type DrawWinnerLine struct {
	Place int    `json:"place" col:"名次|place"`
	Code  string `json:"code" col:"抽奖码|code"`
	Prize string `json:"prize" col:"奖品|prize"`
}

// Run checks a proof; nothing of the installation is needed.
func (q *drawVerifyCmd) Run(c *call) error {
	raw, err := readAtMost(c.path(q.File), maxProof)
	if err != nil {
		return err
	}
	var p draw.Proof
	if err := json.Unmarshal(raw, &p); err != nil || len(raw) > maxProof {
		return failed(os.ErrInvalid, "这不是一份开奖证明", "that is no proof of a draw")
	}
	if err := p.Verify(q.Commitment, q.List); err != nil {
		return failed(err, "证明不成立", "the proof does not hold")
	}
	return printList(c, mapped(p.Winners, func(w draw.Winner) DrawWinnerLine { return DrawWinnerLine{w.Place, w.Code, w.Prize} }), len(p.Winners))
}

// DrawPrizeLine is a prize that was won as verbs print it; money in fen.
type DrawPrizeLine struct {
	ID      string `json:"id" col:"编号|id"`
	Group   string `json:"group" col:"群|group"`
	Title   string `json:"title" col:"抽奖|draw"`
	Place   int    `json:"place" col:"名次|place"`
	Name    string `json:"name" col:"得奖人|winner"`
	Prize   string `json:"prize" col:"奖品|prize"`
	Kind    string `json:"kind"` // red_packet, thing
	Fen     int64  `json:"fen" col:"分|fen"`
	State   string `json:"state" col:"状态|state"` // open, paid, lapsed
	Until   Moment `json:"until" col:"领取截止|until"`
	PaidBy  string `json:"paid_by" col:"经手人|by"`
	PaidAt  Moment `json:"paid_at"`
	Receipt string `json:"receipt" col:"凭据|receipt"`
	Code    string `json:"code"`
	Member  string `json:"member"`
	Draw    string `json:"draw"`
}

func lineOfPrize(p draw.Payout, names logins) DrawPrizeLine {
	return DrawPrizeLine{p.ID.String(), p.GroupName, p.Title, p.Place, p.Name, p.Prize, p.Kind, p.Fen, p.State, Moment(p.Until), names.of(p.PaidBy), Moment(p.PaidAt), p.Receipt, p.Code, p.MemberID.String(), p.Draw.String()}
}

type drawPrizesCmd struct {
	Group string `placeholder:"GROUP" help:"在这个群|in this group"`
	Draw  string `placeholder:"ID" help:"这次抽奖的|of this draw"`
	State string `enum:",open,paid,lapsed,unclaimed" default:"" help:"open 待发、paid 已发、lapsed 作废、unclaimed 过期未领|open, paid, lapsed, or unclaimed: open beyond its time"`
	paging
}

func (drawPrizesCmd) Shape() any { return rowsOf[DrawPrizeLine]() }
func (drawPrizesCmd) Examples() []example {
	return []example{{"draw prizes --state unclaimed", [2]string{"过期没领的", "what nobody fetched in time"}}}
}

// Do lists prizes.
func (q *drawPrizesCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	v, err := inOrg(c, h, h.Draws)
	if err != nil {
		return err
	}
	var id community.ID
	if q.Draw != "" {
		if id, err = idOf(q.Draw); err != nil {
			return err
		}
	}
	list, total, err := v.Payouts(c.ctx, g.Key, id, q.State, q.page())
	if err != nil {
		return err
	}
	names, err := c.logins(h)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(p draw.Payout) DrawPrizeLine { return lineOfPrize(p, names) }), total)
}

// movePrize does something with a prize in somebody's name.
func (c *call) movePrize(h *House, text string, n *named, do func(v Draws, who string, id community.ID) (draw.Payout, error)) error {
	v, id, err := c.drawsOf(h, text)
	if err != nil {
		return err
	}
	who, err := n.who(c, h)
	if err != nil {
		return err
	}
	p, err := do(v, who, id)
	if err != nil {
		return err
	}
	names, err := c.logins(h)
	if err != nil {
		return err
	}
	return printOne(c, lineOfPrize(p, names))
}

type drawPayCmd struct {
	ID      string `arg:"" help:"奖品的编号|id of the prize"`
	Receipt string `required:"" placeholder:"TEXT" help:"凭据，如转账单号|receipt, e.g. the number of the transfer"`
	named
}

func (drawPayCmd) Shape() any { return DrawPrizeLine{} }
func (drawPayCmd) Examples() []example {
	return []example{{"draw pay 0C8xQ --receipt 转账单10023", [2]string{"钱由人转，这里只登记", "a person sends the money; this only notes it"}}}
}

// Needs is what it takes.
func (*drawPayCmd) Needs() rights.Power { return rights.Pay }

// Do notes that a prize was handed over.
func (q *drawPayCmd) Do(c *call, h *House) error {
	return c.movePrize(h, q.ID, &q.named, func(v Draws, who string, id community.ID) (draw.Payout, error) {
		return v.Pay(c.ctx, who, id, q.Receipt)
	})
}

type drawLapseCmd struct {
	ID     string `arg:"" help:"奖品的编号|id of the prize"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
	named
}

func (drawLapseCmd) Shape() any          { return DrawPrizeLine{} }
func (drawLapseCmd) Examples() []example { return nil }

// Needs is what it takes.
func (*drawLapseCmd) Needs() rights.Power { return rights.Pay }

// Do notes that nobody fetched a prize.
func (q *drawLapseCmd) Do(c *call, h *House) error {
	return c.movePrize(h, q.ID, &q.named, func(v Draws, who string, id community.ID) (draw.Payout, error) {
		return v.Lapse(c.ctx, who, id, q.Reason)
	})
}

type drawUnpayCmd struct {
	ID     string `arg:"" help:"奖品的编号|id of the prize"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
	named
}

func (drawUnpayCmd) Shape() any          { return DrawPrizeLine{} }
func (drawUnpayCmd) Examples() []example { return nil }

// Needs is what it takes.
func (*drawUnpayCmd) Needs() rights.Power { return rights.Pay }

// Do takes the mark back.
func (q *drawUnpayCmd) Do(c *call, h *House) error {
	return c.movePrize(h, q.ID, &q.named, func(v Draws, who string, id community.ID) (draw.Payout, error) {
		return v.Unpay(c.ctx, who, id, q.Reason)
	})
}
