package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
)

// Weeklies is what the command line asks and changes of the weekly report. Secrets are never given out.
type Weeklies interface {
	CanMail() bool
	Zone(ctx context.Context) (*time.Location, error)
	Orders(ctx context.Context) ([]measure.WeeklyOrder, error)
	Order(ctx context.Context, id community.ID) (measure.WeeklyOrder, error)
	SaveOrder(ctx context.Context, user string, v measure.WeeklyOrder, reason string) (measure.WeeklyOrder, error)
	DropOrder(ctx context.Context, user string, id community.ID, reason string) error
	PauseOrder(ctx context.Context, user string, id community.ID, on bool, reason string) error
	Runs(ctx context.Context, id community.ID) ([]measure.ReportRun, error)
	SendNow(ctx context.Context, user string, id community.ID) (measure.ReportRun, error)
	Preview(ctx context.Context, v measure.WeeklyOrder) (measure.Report, error)
	Text(r measure.Report) string
}

type weeklyCmd struct {
	List    weeklyListCmd    `cmd:"" help:"谁在收周报，最近一次怎样|who gets the weekly report, and how the last one went"`
	Order   weeklyOrderCmd   `cmd:"" help:"订一份周报，或改一份|order a weekly report, or change one"`
	Preview weeklyPreviewCmd `cmd:"" help:"现在发的话是什么样|what would be sent now"`
	Send    weeklySendCmd    `cmd:"" help:"现在就发一份|send one now"`
	Sent    weeklySentCmd    `cmd:"" help:"最近发过的和结果|what was sent lately, and what came of it"`
	Pause   weeklyPauseCmd   `cmd:"" help:"暂停|pause one"`
	Resume  weeklyResumeCmd  `cmd:"" help:"恢复|resume one"`
	Drop    weeklyDropCmd    `cmd:"" help:"退订|cancel one"`
}

// WeeklyLine is an order of the weekly report.
type WeeklyLine struct {
	ID      string `json:"id" col:"编号|id"`
	User    string `json:"user" col:"给谁|for"`
	Way     string `json:"way" col:"方式|way"` // mail, webhook
	Address string `json:"address" col:"地址|address"`
	Weekday int    `json:"weekday" col:"星期|weekday"` // 0 = Monday
	Hour    int    `json:"hour" col:"几点|hour"`
	Zone    string `json:"zone"`
	Lang    string `json:"lang" col:"语言|language"`
	Groups  int    `json:"groups" col:"群数|groups"` // 0 = all
	Paused  bool   `json:"paused" col:"暂停|paused"`
	Next    Moment `json:"next_at" col:"下一次|next"`
	Last    string `json:"last_result" col:"最近结果|last result"` // "", waits, sent, retry, failed, kept
	CanMail bool   `json:"can_mail"`
}

func (c *call) weeklyLine(w Weeklies, v measure.WeeklyOrder) (WeeklyLine, error) {
	zone, err := w.Zone(c.ctx)
	if err != nil {
		return WeeklyLine{}, err
	}
	line := WeeklyLine{ID: v.ID.String(), User: v.User, Way: v.Way, Address: v.Address, Weekday: v.Weekday, Hour: v.Hour, Zone: zone.String(), Lang: v.Lang, Groups: len(v.Groups), Paused: v.Paused, CanMail: w.CanMail()}
	if !v.Paused {
		line.Next = Moment(v.Next(time.Now().UnixMilli(), zone))
	}
	runs, err := w.Runs(c.ctx, v.ID)
	if len(runs) > 0 {
		line.Last = runs[0].State
	}
	return line, err
}

// weeklyOf finds an order by its id.
func (c *call) weeklyOf(h *House, text string) (Weeklies, measure.WeeklyOrder, error) {
	w, err := inOrg(c, h, h.Weeklies)
	if err != nil {
		return nil, measure.WeeklyOrder{}, err
	}
	id, err := community.ParseID(text)
	if err != nil {
		return nil, measure.WeeklyOrder{}, failed(nil, "没有周报 %s，见 insight weekly list", "there is no weekly report %s; see insight weekly list", text)
	}
	v, err := w.Order(c.ctx, id)
	return w, v, err
}

type weeklyListCmd struct {
	fresh `kong:"-"`
}

func (weeklyListCmd) Shape() any          { return rowsOf[WeeklyLine]() }
func (weeklyListCmd) Examples() []example { return nil }

// Do lists the orders.
func (weeklyListCmd) Do(c *call, h *House) error {
	w, err := inOrg(c, h, h.Weeklies)
	if err != nil {
		return err
	}
	list, err := w.Orders(c.ctx)
	if err != nil {
		return err
	}
	out := []WeeklyLine{}
	for _, v := range list {
		line, err := c.weeklyLine(w, v)
		if err != nil {
			return err
		}
		out = append(out, line)
	}
	return printList(c, out, len(out))
}

type weeklyOrderCmd struct {
	ID      string   `placeholder:"ID" help:"改这一份；不给就是新订|change this one; without it a new one is ordered"`
	User    string   `placeholder:"LOGIN" help:"给谁（登录名），默认是命令行|for whom (login), by default the command line"`
	Mail    string   `placeholder:"ADDRESS" help:"发邮件到|mail it to"`
	Webhook string   `placeholder:"URL" help:"发 webhook 到|post it to"`
	Secret  string   `placeholder:"TEXT" help:"webhook 的签名密钥（whsec_… 或任意文字）|what the webhook is signed with (whsec_… or any text)"`
	Weekday int      `default:"0" help:"星期，0 是周一|weekday, 0 = Monday"`
	Hour    int      `default:"9" help:"几点，按组织时区|hour, in the organisation's zone"`
	Report  string   `name:"report-lang" enum:"zh-CN,en" default:"zh-CN" help:"周报的语言：zh-CN 或 en|language of the report: zh-CN or en"`
	Group   []string `sep:"none" placeholder:"GROUP" help:"哪些群（可重复），默认全部|which groups (repeatable), by default all"`
	Reason  string   `placeholder:"TEXT" help:"原因|why"`
}

func (weeklyOrderCmd) Shape() any { return WeeklyLine{} }
func (weeklyOrderCmd) Examples() []example {
	return []example{
		{"insight weekly order --mail ops@example.com --weekday 0 --hour 9", [2]string{"每周一九点，全部群，发邮件", "all groups by mail, every Monday at nine"}},
		{"insight weekly order --webhook https://example.com/hook --secret whsec_c2VjcmV0 --group '#books' --report-lang en", [2]string{"一个群，签名的 webhook", "one group, by a signed webhook"}},
	}
}

// Do orders a report.
func (q *weeklyOrderCmd) Do(c *call, h *House) error {
	if q.Mail == "" == (q.Webhook == "") {
		return badUsage("--mail 和 --webhook 给一个", "give --mail or --webhook")
	}
	w, err := inOrg(c, h, h.Weeklies)
	if err != nil {
		return err
	}
	v := measure.WeeklyOrder{}
	if q.ID != "" {
		if w, v, err = c.weeklyOf(h, q.ID); err != nil {
			return err
		}
	}
	v.Way, v.Address, v.Secret, v.Weekday, v.Hour, v.Lang = "mail", q.Mail, q.Secret, q.Weekday, q.Hour, q.Report
	if q.Webhook != "" {
		v.Way, v.Address = "webhook", q.Webhook
	}
	if q.User != "" {
		u, err := c.userCalled(h, q.User)
		if err != nil {
			return err
		}
		v.User = u.ID.String()
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	if v.Groups, err = c.groupKeys(desk, q.Group); err != nil {
		return err
	}
	if v, err = w.SaveOrder(c.ctx, user, v, q.Reason); err != nil {
		return err
	}
	line, err := c.weeklyLine(w, v)
	if err != nil {
		return err
	}
	return printOne(c, line)
}

type weeklyPreviewCmd struct {
	fresh  `kong:"-"`
	Order  string   `arg:"" optional:"" help:"按哪一份；不给就是全部群|of which order; without it all groups"`
	Group  []string `sep:"none" placeholder:"GROUP" help:"哪些群（可重复）|which groups (repeatable)"`
	Report string   `name:"report-lang" enum:",zh-CN,en" default:"" help:"语言，默认随命令行|language, by default that of the command line"`
}

func (weeklyPreviewCmd) Shape() any { return measure.Report{} }
func (weeklyPreviewCmd) Examples() []example {
	return []example{{"insight weekly preview > weekly.txt", [2]string{"没有邮件服务器时，自己存成文件", "where there is no mail server, keep it as a file"}}}
}

// Do prints what would be sent now.
func (q *weeklyPreviewCmd) Do(c *call, h *House) error {
	w, err := inOrg(c, h, h.Weeklies)
	if err != nil {
		return err
	}
	v := measure.WeeklyOrder{Lang: q.Report}
	if q.Order != "" {
		if w, v, err = c.weeklyOf(h, q.Order); err != nil {
			return err
		}
	} else {
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		if v.Groups, err = c.groupKeys(desk, q.Group); err != nil {
			return err
		}
	}
	if v.Lang == "" {
		v.Lang = [2]string{i18n.Chinese, i18n.English}[c.lang]
	}
	r, err := w.Preview(c.ctx, v)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(r)
	}
	_, err = fmt.Fprint(c.out, strings.TrimLeft(w.Text(r), "\n"))
	return err
}

// weeklyNamed names an order.
type weeklyNamed struct {
	Order string `arg:"" help:"周报编号|id of the order"`
}

// SentLine is a report that was or is to be sent.
type SentLine struct {
	ID       string `json:"id" col:"编号|id"`
	From     string `json:"from" col:"从|from"`
	To       string `json:"to" col:"到|to"`
	State    string `json:"state" col:"结果|result"` // waits, sent, retry, failed, kept
	Attempts int    `json:"attempts" col:"次数|tries"`
	Error    string `json:"error" col:"原因|why"`
	Manual   bool   `json:"manual" col:"手动|by hand"`
	At       Moment `json:"at" col:"时间|at"`
	Done     Moment `json:"done_at"`
}

func sentLine(r measure.ReportRun) SentLine {
	return SentLine{r.ID.String(), (r.Until - 6).String(), r.Until.String(), r.State, r.Attempts, r.Error, r.Manual, Moment(r.At), Moment(r.Done)}
}

type weeklySendCmd struct {
	weeklyNamed
}

func (weeklySendCmd) Shape() any          { return SentLine{} }
func (weeklySendCmd) Examples() []example { return nil }

// Do asks for a report at once; the server sends it.
func (q *weeklySendCmd) Do(c *call, h *House) error {
	w, v, err := c.weeklyOf(h, q.Order)
	if err != nil {
		return err
	}
	run, err := w.SendNow(c.ctx, user, v.ID)
	if err != nil {
		return err
	}
	return printOne(c, sentLine(run))
}

type weeklySentCmd struct {
	weeklyNamed
}

func (weeklySentCmd) Shape() any          { return rowsOf[SentLine]() }
func (weeklySentCmd) Examples() []example { return nil }

// Do lists what was sent.
func (q *weeklySentCmd) Do(c *call, h *House) error {
	w, v, err := c.weeklyOf(h, q.Order)
	if err != nil {
		return err
	}
	runs, err := w.Runs(c.ctx, v.ID)
	if err != nil {
		return err
	}
	return printList(c, mapped(runs, sentLine), len(runs))
}

type weeklyPauseCmd struct {
	weeklyNamed
}

func (weeklyPauseCmd) Shape() any          { return WeeklyLine{} }
func (weeklyPauseCmd) Examples() []example { return nil }

// Do pauses an order.
func (q *weeklyPauseCmd) Do(c *call, h *House) error { return c.weeklyHold(h, q.Order, true) }

type weeklyResumeCmd struct {
	weeklyNamed
}

func (weeklyResumeCmd) Shape() any          { return WeeklyLine{} }
func (weeklyResumeCmd) Examples() []example { return nil }

// Do lets an order go on.
func (q *weeklyResumeCmd) Do(c *call, h *House) error { return c.weeklyHold(h, q.Order, false) }

func (c *call) weeklyHold(h *House, text string, on bool) error {
	w, v, err := c.weeklyOf(h, text)
	if err != nil {
		return err
	}
	if err := w.PauseOrder(c.ctx, user, v.ID, on, ""); err != nil {
		return err
	}
	if v, err = w.Order(c.ctx, v.ID); err != nil {
		return err
	}
	line, err := c.weeklyLine(w, v)
	if err != nil {
		return err
	}
	return printOne(c, line)
}

type weeklyDropCmd struct {
	weeklyNamed
}

func (weeklyDropCmd) Shape() any          { return WeeklyLine{} }
func (weeklyDropCmd) Examples() []example { return nil }

// Do forgets an order.
func (q *weeklyDropCmd) Do(c *call, h *House) error {
	w, v, err := c.weeklyOf(h, q.Order)
	if err != nil {
		return err
	}
	line, err := c.weeklyLine(w, v)
	if err != nil {
		return err
	}
	if err := w.DropOrder(c.ctx, user, v.ID, ""); err != nil {
		return err
	}
	return printOne(c, line)
}
