package cli

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"qunluo/internal/community"
)

// Payments is what the command line asks and changes of payments.
type Payments interface {
	// Find lists payments, the latest first.
	Find(ctx context.Context, f community.PaymentFilter) ([]community.PaymentRow, int, error)
	// Add enters payments, all or none; those whose number stands already are left out.
	Add(ctx context.Context, user string, list []community.Payment) ([]community.Payment, error)
	// AddFile enters a CSV of payments in a group, all or none; known were entered before. With faults nothing was entered.
	AddFile(ctx context.Context, user string, g community.GroupKey, file io.Reader) (added []community.Payment, known int, faults []community.PaymentFault, err error)
	// Void says that a payment was entered wrongly.
	Void(ctx context.Context, user string, id community.ID, why string) error
}

type paymentCmd struct {
	List   paymentListCmd   `cmd:"" help:"列出|list"`
	Add    paymentAddCmd    `cmd:"" help:"记一笔；退款写负数|enter one; refunds are negative"`
	Import paymentImportCmd `cmd:"" help:"从 CSV 记|enter from a CSV"`
	Void   paymentVoidCmd   `cmd:"" help:"作废一笔：留在记录里，不再算进数字|void one: it stays on record and counts no more"`
}

// paymentLine is a payment as verbs print it.
type paymentLine struct {
	ID       string `json:"id" col:"编号|id"`
	At       Moment `json:"at" col:"时间|paid"`
	Group    string `json:"group" col:"群|group"`
	Member   string `json:"member"`
	Name     string `json:"name" col:"名称|name"`
	Amount   Amount `json:"amount" col:"金额|amount"`
	Currency string `json:"currency" col:"币种|currency"`
	What     string `json:"what" col:"买了什么|for what"`
	Ref      string `json:"ref" col:"单号|number"`
	User     string `json:"user" col:"谁记的|entered by"`
	Voided   Moment `json:"voided"` // 0 = it stands
	Why      string `json:"void_why" col:"作废原因|void because"`
}

func lineOfPayment(r community.PaymentRow) paymentLine {
	return paymentLine{r.ID.String(), Moment(r.At), r.GroupName, r.MemberID.String(), r.Name, Amount(r.Amount), r.Currency, r.What, r.Ref, r.User, Moment(r.Voided), r.VoidWhy}
}

type paymentListCmd struct {
	Group  string `arg:"" optional:"" help:"群，默认全部|group, by default all"`
	Member string `placeholder:"MEMBER" help:"只看这个成员|only this member's"`
	paging
}

func (paymentListCmd) Shape() any { return rowsOf[paymentLine]() }
func (paymentListCmd) Examples() []example {
	return []example{{"payment list '#books' --json", [2]string{"一个群的付款", "the payments of a group"}}}
}

// Do lists payments.
func (q *paymentListCmd) Do(c *call, h *House) error {
	_, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	p, err := inOrg(c, h, h.Payments)
	if err != nil {
		return err
	}
	rows, total, err := p.Find(c.ctx, community.PaymentFilter{Group: g.Key, Member: m.Key, Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfPayment), total)
}

type paymentAddCmd struct {
	Group    string `arg:"" help:"群|group"`
	Member   string `arg:"" help:"成员|member"`
	Amount   string `arg:"" help:"金额，如 99 或 -12.50（退款）|amount, e.g. 99 or -12.50 (a refund)"`
	At       string `placeholder:"TIME" help:"何时付的（群的时区，2006-01-02 15:04），默认现在|when it was paid (group's zone, 2006-01-02 15:04), by default now"`
	Currency string `default:"CNY" help:"币种|currency"`
	What     string `placeholder:"TEXT" help:"买了什么|for what"`
	Ref      string `placeholder:"TEXT" help:"单号：同一个只记一次|number of the order: the same is entered once"`
}

func (paymentAddCmd) Shape() any { return paymentLine{} }
func (paymentAddCmd) Examples() []example {
	return []example{
		{"payment add '#books' 小满 99 --what 年卡 --ref A1", [2]string{"押金不是收入，不要记", "a deposit is no revenue: do not enter it"}},
		{"payment add '#books' 小满 --ref A1-R -- -99", [2]string{"退款", "a refund"}},
	}
}

// Do enters a payment.
func (q *paymentAddCmd) Do(c *call, h *House) error {
	_, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	p, err := inOrg(c, h, h.Payments)
	if err != nil {
		return err
	}
	amount, err := community.ParseAmount(q.Amount)
	if err != nil {
		return badUsage("金额 %q：要写成 12、12.5 或 -0.99", "amount %q: want 12, 12.5 or -0.99", q.Amount)
	}
	at := time.Now().UnixMilli()
	if q.At != "" {
		zone, err := time.LoadLocation(g.Zone)
		if err != nil {
			return err
		}
		if at, err = community.ParsePaid(q.At, zone); err != nil {
			return badUsage("--at 要写成 2006-01-02 或 2006-01-02 15:04", "--at: want 2006-01-02 or 2006-01-02 15:04")
		}
	}
	added, err := p.Add(c.ctx, user, []community.Payment{{Group: g.Key, Member: m.Key, At: at, Amount: amount, Currency: strings.ToUpper(q.Currency), What: q.What, Ref: q.Ref}})
	if err != nil {
		return err
	}
	if len(added) == 0 {
		return community.Errorf(community.CodeConflict, "the number %q was entered before", q.Ref)
	}
	return printOne(c, lineOfPayment(community.PaymentRow{Payment: added[0], GroupName: g.Name, MemberID: m.ID, Name: m.Name}))
}

type paymentImportCmd struct {
	Group string `arg:"" help:"群|group"`
	File  string `arg:"" help:"CSV，- 是标准输入；表头 member,amount,at,currency,what,ref|CSV, - is standard input; head line member,amount,at,currency,what,ref"`
}

// PaymentImport is what a file brought.
type PaymentImport struct {
	Added  int         `json:"added" col:"记了|entered"`
	Known  int         `json:"known" col:"早已记过|entered before"`
	Faults []FaultLine `json:"faults"`
}

// FaultLine is what is wrong with a line of a file.
type FaultLine struct {
	Line int    `json:"line" col:"行|line"`
	What string `json:"what" col:"哪里不对|what is wrong"`
}

func (paymentImportCmd) Shape() any { return PaymentImport{} }
func (paymentImportCmd) Examples() []example {
	return []example{{"payment import '#books' orders.csv --json", [2]string{"传两遍也不会重复；有一行不对就一行都不记", "twice does not double; with one bad line nothing is entered"}}}
}

// Do enters a file of payments.
func (q *paymentImportCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	p, err := inOrg(c, h, h.Payments)
	if err != nil {
		return err
	}
	var in io.Reader = c.in
	if q.File != "-" {
		f, err := os.Open(q.File)
		if err != nil {
			return badUsage("打不开 %s：%v", "cannot open %s: %v", q.File, err)
		}
		defer f.Close()
		in = f
	}
	added, known, faults, err := p.AddFile(c.ctx, user, g.Key, in)
	if err != nil {
		return err
	}
	out := PaymentImport{Added: len(added), Known: known, Faults: []FaultLine{}}
	for _, f := range faults {
		out.Faults = append(out.Faults, FaultLine(f))
	}
	if err := printOne(c, out); err != nil || len(faults) == 0 {
		return err
	}
	return community.Errorf(community.CodeBadInput, "nothing was entered: line %d: %s", faults[0].Line, faults[0].What)
}

type paymentVoidCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (paymentVoidCmd) Shape() any { return paymentLine{} }
func (paymentVoidCmd) Examples() []example {
	return []example{{"payment void 0f3a… --reason 记错了人", [2]string{"留在记录里", "it stays on record"}}}
}

// Do voids a payment.
func (q *paymentVoidCmd) Do(c *call, h *House) error {
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	p, err := inOrg(c, h, h.Payments)
	if err != nil {
		return err
	}
	if err := p.Void(c.ctx, user, id, q.Reason); err != nil {
		return err
	}
	rows, _, err := p.Find(c.ctx, community.PaymentFilter{ID: id, Page: community.Page{Limit: 1}})
	if err != nil || len(rows) == 0 {
		return err
	}
	return printOne(c, lineOfPayment(rows[0]))
}
