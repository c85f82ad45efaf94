package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// Plans is what is sent by plan: mass sends, SOPs, limits, rules about links.
type Plans interface {
	Estimate(ctx context.Context, b plan.Broadcast) (plan.Estimate, error)
	NewBroadcast(ctx context.Context, user string, b plan.Broadcast) (plan.Broadcast, error)
	Broadcasts(ctx context.Context, tag string, p community.Page) ([]plan.Broadcast, int, error)
	Broadcast(ctx context.Context, id community.ID) (plan.Broadcast, error)
	Targets(ctx context.Context, source community.ID, g community.GroupKey, p community.Page) ([]plan.Target, int, error)
	MoveBroadcast(ctx context.Context, user string, id community.ID, to plan.State, reason string) error
	Retry(ctx context.Context, user string, id community.ID, reason string) (int, error)
	Remind(ctx context.Context, user string, id community.ID) (reminded, enough int, err error)
	Override(ctx context.Context, user string, target community.ID, reason string) error
	KeepFile(ctx context.Context, user, name string, data []byte) (plan.Piece, error)
	SOPs(ctx context.Context, tag string) ([]plan.SOP, error)
	SOP(ctx context.Context, id community.ID) (plan.SOP, error)
	SaveSOP(ctx context.Context, user string, s plan.SOP, reason string) (plan.SOP, error)
	CheckSOP(ctx context.Context, s plan.SOP) ([]plan.StepFinding, error)
	MoveSOP(ctx context.Context, user string, id community.ID, to plan.State, reason string) error
	AddToSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	RemoveFromSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	SOPGroups(ctx context.Context, id community.ID) ([]plan.Member, error)
	CheckLinks(ctx context.Context, text string, platforms ...community.Platform) ([]plan.Finding, error)
	LinkRules(ctx context.Context) ([]plan.LinkRule, error)
	SaveLinkRules(ctx context.Context, user string, list []plan.LinkRule, reason string) error
	Limits(ctx context.Context) (plan.Limits, error)
	SaveLimits(ctx context.Context, user string, l plan.Limits, reason string) error
}

// plans is the handle of the call's organisation.
func (c *call) plans(h *House) (Plans, error) { return inOrg(c, h, h.Plans) }

type broadcastCmd struct {
	Estimate broadcastEstimateCmd `cmd:"" help:"会发给谁，有什么不妥|whom it would reach, and what is in the way"`
	New      broadcastNewCmd      `cmd:"" help:"新建并排期|make one and schedule it"`
	List     broadcastListCmd     `cmd:"" help:"列出群发|list mass sends"`
	Show     broadcastShowCmd     `cmd:"" help:"一个群发，逐群的结果|one mass send, group by group"`
	Pause    broadcastPauseCmd    `cmd:"" help:"暂停|pause"`
	Resume   broadcastResumeCmd   `cmd:"" help:"继续，或撤销取消|go on, or take a cancellation back"`
	Cancel   broadcastCancelCmd   `cmd:"" help:"取消|cancel"`
	Remind   broadcastRemindCmd   `cmd:"" help:"提醒要确认的人|remind those who must confirm"`
	Retry    broadcastRetryCmd    `cmd:"" help:"重试没发成的|try again what was not sent"`
	Let      broadcastLetCmd      `cmd:"" help:"放行一条被拦下的|let a blocked send pass"`
	Limits   broadcastLimitsCmd   `cmd:"" help:"看或改免打扰时段与频次|see or change quiet hours and caps"`
}

// audience says whom and what; embedded by estimate and new.
type audience struct {
	Text     string   `required:"" help:"正文|the text"`
	Title    string   `help:"标题，只给自己看|a title, for yourselves only"`
	Tag      []string `help:"有这个标签的群（可重复，任一）|groups with this tag (repeatable, any)"`
	Group    []string `placeholder:"GROUP" help:"只发这些群（可重复）|these groups only (repeatable)"`
	Platform string   `help:"只发这个平台|this platform only"`
	Link     string   `placeholder:"URL" help:"附上的链接|a link that goes with it"`
	LinkName string   `name:"link-title" help:"链接的标题|the link's title"`
	File     []string `placeholder:"FILE" help:"附件：图片、视频或文件（可重复，最多 9 个）|attachment: a picture, video or file (repeatable, at most 9)"`
	AppID    string   `name:"app-id" placeholder:"APPID" help:"小程序的 AppID|a mini program's AppID"`
	AppPage  string   `name:"app-page" placeholder:"PATH" help:"小程序的页面路径|the mini program's page"`
	AppTitle string   `name:"app-title" help:"小程序卡片的标题|the title on its card"`
	AppCover string   `name:"app-cover" placeholder:"FILE" help:"小程序卡片的封面|the picture on its card"`
	AppLink  string   `name:"app-link" placeholder:"URL" help:"平台发不了小程序时的替代链接|the link in its place where a platform takes none"`
	ByLink   bool     `name:"by-link" help:"平台发不了的附件改成文字加链接|where a platform cannot take an attachment, send the text with a link"`
	At       string   `placeholder:"TIME" help:"什么时候，默认现在|when, by default now"`
}

func (a audience) broadcast(c *call, h *House) (plan.Broadcast, error) {
	b := plan.Broadcast{Title: cmp.Or(a.Title, firstWords(a.Text)), Text: a.Text, Filter: plan.Filter{Tags: a.Tag, Platform: community.Platform(a.Platform)}}
	if a.Link != "" {
		b.Link = plan.Attached{URL: a.Link, Title: cmp.Or(a.LinkName, firstWords(a.Text))}
	}
	var err error
	if b.Pieces, err = a.pieces(c, h); err != nil {
		return b, err
	}
	b.ByLink = a.ByLink
	desk, err := c.desk(h)
	if err != nil {
		return b, err
	}
	if b.Filter.Groups, err = c.groupKeys(desk, a.Group); err != nil {
		return b, err
	}
	b.Start, err = c.when(a.At)
	return b, err
}

// firstWords is the beginning of a text, for a title.
func firstWords(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(line); len(r) > 20 {
		return string(r[:20])
	}
	return line
}

// whyLine is why a send does not go.
type whyLine struct {
	Code     string `json:"code"`
	Have     int    `json:"have"`
	Cap      int    `json:"cap"`
	Of       int    `json:"of"`
	Hours    string `json:"hours"`
	Possible Moment `json:"possible_at"`
	Rule     string `json:"rule,omitempty"`  // of a limit
	Found    string `json:"found,omitempty"` // what is beyond it
}

func linesOfWhy(list []plan.Reason) []whyLine {
	return mapped(list, func(r plan.Reason) whyLine {
		line := whyLine{Code: r.Code, Have: r.Have, Cap: r.Cap, Of: r.Of, Hours: r.Hours, Possible: Moment(r.Possible)}
		if r.Said != nil {
			line.Rule, line.Found = r.Said.Rule, r.Said.Found
		}
		return line
	})
}

// whyWords says reasons for people: the code with its figures.
func (c *call) whyWords(list []plan.Reason) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.Code
		switch {
		case r.Said != nil:
			out[i] += " " + c.lang.pick(r.Said.Why) + " (" + r.Said.Found + ")"
		case r.Hours != "":
			out[i] += " " + r.Hours
		case r.Of > 0:
			out[i] += fmt.Sprintf(" %d/%d", r.Have, r.Of)
		case r.Cap > 0:
			out[i] += fmt.Sprintf(" %d/%d", r.Have, r.Cap)
		}
		if r.Possible > 0 {
			out[i] += " → " + c.cell(Moment(r.Possible))
		}
	}
	return out
}

// findingLine is one thing wrong with a link.
type findingLine struct {
	Rule     string `json:"rule" col:"规则|rule"`
	Kind     string `json:"kind" col:"种类|kind"`
	Since    string `json:"since" col:"起始|since"`
	Link     string `json:"link" col:"链接|link"`
	Found    string `json:"found" col:"发现|found"`
	Refuse   bool   `json:"refuse" col:"不许发|refused"`
	Verified bool   `json:"verified" col:"已核实|verified"`
	Reason   string `json:"reason" col:"原因|reason"`
	Instead  string `json:"instead" col:"可以改成|instead"`
	Source   string `json:"source"`
}

func (c *call) lineOfFinding(f plan.Finding) findingLine {
	return findingLine{f.Rule, string(f.Kind), f.Since, f.Link, f.Found, f.Refuse, f.Verified, c.lang.pick(f.Reason), c.lang.pick(f.Instead), f.Source}
}

// estimateShape is an estimate as it is printed.
type estimateShape struct {
	Groups     int            `json:"groups" col:"群|groups"`
	People     int            `json:"people" col:"人|people"`
	Pieces     int            `json:"attachments" col:"附件|attachments"`
	Native     int            `json:"native" col:"自动发送|sent by itself"`
	Assisted   int            `json:"assisted" col:"群主确认|owner confirms"`
	Owners     int            `json:"owners" col:"要确认的群主|owners"`
	Human      int            `json:"human" col:"人工粘贴|pasted by a person"`
	Blocked    int            `json:"blocked" col:"会被拦下|blocked"`
	Ready      bool           `json:"ready" col:"可以发|ready"`
	Impossible bool           `json:"impossible"`
	At         Moment         `json:"at" col:"时间|time"`
	Why        []string       `json:"-" col:"原因|why"`
	Rows       []estimateLine `json:"rows"`
	Findings   []findingLine  `json:"findings"`
}

type estimateLine struct {
	Group   string    `json:"group"`
	Level   string    `json:"level"`
	People  int       `json:"people"`
	Owner   string    `json:"owner"`
	Blocked []whyLine `json:"blocked"`
}

func (c *call) shapeOfEstimate(e plan.Estimate, pieces int) estimateShape {
	out := estimateShape{Groups: e.Groups, People: e.People, Pieces: pieces, Native: e.Levels[community.Native], Assisted: e.Levels[community.Assisted], Owners: e.Owners, Human: e.Levels[community.Human],
		Blocked: e.Blocked, Ready: e.Ready(), Impossible: plan.Impossible(e.Findings), At: Moment(e.At), Rows: []estimateLine{}, Findings: mapped(e.Findings, c.lineOfFinding)}
	for _, r := range e.Rows {
		out.Rows = append(out.Rows, estimateLine{r.Group.Name, string(r.Level), r.Facts.Members, r.Owner, linesOfWhy(r.Verdict.Reasons)})
		if !r.Verdict.OK() && len(out.Why) < 10 {
			out.Why = append(out.Why, r.Group.Name+": "+strings.Join(c.whyWords(r.Verdict.Reasons), ", ")+";")
		}
	}
	return out
}

type broadcastEstimateCmd struct{ audience }

func (broadcastEstimateCmd) Shape() any { return estimateShape{} }
func (broadcastEstimateCmd) Examples() []example {
	return []example{{"broadcast estimate --tag 新人 --text 今晚八点直播", [2]string{"先看会发给谁", "see first whom it would reach"}},
		{"broadcast estimate --text 课程表 --file 海报.png --file 课程表.pdf --by-link", [2]string{"带附件，发不了的平台改成链接", "with attachments, by a link where a platform takes none"}}}
}

// Do estimates a mass send.
func (q *broadcastEstimateCmd) Do(c *call, h *House) error {
	plans, b, err := q.parts(c, h)
	if err != nil {
		return err
	}
	e, err := plans.Estimate(c.ctx, b)
	if err != nil {
		return err
	}
	if err := printOne(c, c.shapeOfEstimate(e, len(b.Pieces))); err != nil || c.json {
		return err
	}
	if len(e.Findings) > 0 {
		return printList(c, mapped(e.Findings, c.lineOfFinding), len(e.Findings))
	}
	return nil
}

func (a audience) parts(c *call, h *House) (Plans, plan.Broadcast, error) {
	plans, err := c.plans(h)
	if err != nil {
		return nil, plan.Broadcast{}, err
	}
	b, err := a.broadcast(c, h)
	return plans, b, err
}

// broadcastLine is a mass send as verbs print it.
type broadcastLine struct {
	ID      string      `json:"id" col:"编号|id"`
	Title   string      `json:"title" col:"标题|title"`
	State   string      `json:"state" col:"状态|state"`
	Start   Moment      `json:"start_at" col:"时间|time"`
	Groups  int         `json:"groups" col:"群|groups"`
	Sent    int         `json:"sent" col:"已发|sent"`
	Waiting int         `json:"waiting" col:"等待|waiting"`
	Blocked int         `json:"blocked" col:"拦下|blocked"`
	Sending int         `json:"sending" col:"进行中|under way"`
	Person  int         `json:"to_confirm" col:"等人|for a person"`
	Failed  int         `json:"failed" col:"失败|failed"`
	NotSent int         `json:"not_sent" col:"未发|not sent"`
	Text    string      `json:"text"`
	User    string      `json:"user" col:"由谁|by"`
	Files   []pieceLine `json:"attachments"`
	ByLink  bool        `json:"by_link"`
}

// pieceLine is something that goes with a mass send.
type pieceLine struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Bytes int64  `json:"bytes"`
	ID    string `json:"id"`
}

func lineOfBroadcast(b plan.Broadcast) broadcastLine {
	n := b.Counts
	return broadcastLine{b.ID.String(), b.Title, string(b.Now()), Moment(b.Start), n.All, n.Sent, n.Waiting, n.Blocked, n.Sending, n.Person, n.Failed, n.NotSent, b.Text, b.User,
		mapped(b.Pieces, func(p plan.Piece) pieceLine { return pieceLine{p.Kind, p.Called(), p.Type, p.Bytes, p.File.String()} }), b.ByLink}
}

type broadcastNewCmd struct {
	audience
	Draft bool   `help:"只存草稿|keep it as a draft"`
	Force string `placeholder:"REASON" help:"不顾拦截照发的原因|why it goes although it would be stopped"`
	named
}

func (broadcastNewCmd) Shape() any { return broadcastLine{} }
func (broadcastNewCmd) Examples() []example {
	return []example{{"broadcast new --tag 新人 --text 今晚八点直播 --at '2026-12-01 19:30' --yes", [2]string{"排好时间", "with its time"}}}
}

// Do makes a mass send, after saying whom it reaches.
func (q *broadcastNewCmd) Do(c *call, h *House) error {
	plans, b, err := q.parts(c, h)
	if err != nil {
		return err
	}
	e, err := plans.Estimate(c.ctx, b)
	if err != nil {
		return err
	}
	b.Force = q.Force
	if q.Draft {
		b.State = plan.Draft
	} else if err := c.confirm(fmt.Sprintf(c.lang.pick([2]string{"发给 %d 个群、%d 人", "it goes to %d groups, %d people"}), e.Groups, e.People)); err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	made, err := plans.NewBroadcast(c.ctx, who, b)
	if err != nil {
		return err
	}
	return printOne(c, lineOfBroadcast(made))
}

type broadcastListCmd struct {
	Tag string `help:"发给有这个标签的群|that go to groups with this tag"`
	paging
}

func (broadcastListCmd) Shape() any          { return rowsOf[broadcastLine]() }
func (broadcastListCmd) Examples() []example { return nil }

// Do lists mass sends.
func (q *broadcastListCmd) Do(c *call, h *House) error {
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	rows, total, err := plans.Broadcasts(c.ctx, q.Tag, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfBroadcast), total)
}

// targetLine is one send as verbs print it.
type targetLine struct {
	ID       string     `json:"id" col:"编号|id"`
	Group    string     `json:"group" col:"群|group"`
	Slot     string     `json:"slot"`
	State    string     `json:"state" col:"状态|state"`
	Mark     string     `json:"mark" col:"准时|on time"`
	Due      Moment     `json:"due_at" col:"应发|due"`
	Done     Moment     `json:"done_at" col:"实发|done"`
	Mode     string     `json:"mode" col:"方式|way"`
	Sender   string     `json:"sender" col:"谁确认|who confirms"`
	Missed   string     `json:"missed"`
	Why      []whyLine  `json:"blocked"`
	Words    []string   `json:"-" col:"原因|why"`
	Reminded int        `json:"reminded" col:"提醒|reminded"`
	Version  int        `json:"version"`
	Text     string     `json:"text"`
	Parts    []partLine `json:"attachments"`
}

func (c *call) linesOfTargets(list []plan.Target, l plan.Limits) []targetLine {
	return mapped(list, func(k plan.Target) targetLine {
		words := c.whyWords(k.Why)
		if k.Missed != "" {
			words = append(words, k.Missed)
		} else if k.Detail != "" {
			words = append(words, k.Detail)
		}
		for _, f := range k.Lost() {
			words = append(words, f.Kind+": "+string(f.Code))
		}
		return targetLine{k.ID.String(), k.GroupName, k.Slot, string(k.State()), string(k.Mark(l, c.program.now().UnixMilli())), Moment(k.Due), Moment(k.DidAt), string(k.Mode), cmp.Or(k.Name, k.Sender), k.Missed,
			linesOfWhy(k.Why), words, len(k.Reminded), k.Version, k.Text, linesOfParts(k.Parts)}
	})
}

type broadcastShowCmd struct {
	ID string `arg:"" help:"编号|id"`
	paging
}

func (broadcastShowCmd) Shape() any          { return rowsOf[targetLine]() }
func (broadcastShowCmd) Examples() []example { return nil }

// Do shows a mass send group by group.
func (q *broadcastShowCmd) Do(c *call, h *House) error {
	return c.onBroadcast(h, q.ID, func(plans Plans, id community.ID) error {
		if _, err := plans.Broadcast(c.ctx, id); err != nil {
			return err
		}
		return c.printTargets(plans, id, q.page())
	})
}

func (c *call) printTargets(plans Plans, id community.ID, p community.Page) error {
	limits, err := plans.Limits(c.ctx)
	if err != nil {
		return err
	}
	list, total, err := plans.Targets(c.ctx, id, 0, p)
	if err != nil {
		return err
	}
	return printList(c, c.linesOfTargets(list, limits), total)
}

func (c *call) onBroadcast(h *House, text string, do func(Plans, community.ID) error) error {
	id, err := idOf(text)
	if err != nil {
		return err
	}
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	return do(plans, id)
}

// moveArgs are those of verbs that change a state.
type moveArgs struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (q moveArgs) broadcast(c *call, h *House, to plan.State, who string) error {
	return c.onBroadcast(h, q.ID, func(plans Plans, id community.ID) error {
		if err := plans.MoveBroadcast(c.ctx, who, id, to, q.Reason); err != nil {
			return err
		}
		b, err := plans.Broadcast(c.ctx, id)
		if err != nil {
			return err
		}
		return printOne(c, lineOfBroadcast(b))
	})
}

type broadcastPauseCmd struct{ moveArgs }

func (broadcastPauseCmd) Shape() any          { return broadcastLine{} }
func (broadcastPauseCmd) Examples() []example { return nil }

// Do pauses a mass send.
func (q *broadcastPauseCmd) Do(c *call, h *House) error { return q.broadcast(c, h, plan.Paused, user) }

type broadcastResumeCmd struct {
	moveArgs
	named
}

func (broadcastResumeCmd) Shape() any          { return broadcastLine{} }
func (broadcastResumeCmd) Examples() []example { return nil }

// Do lets a mass send go on.
func (q *broadcastResumeCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return q.broadcast(c, h, plan.Running, who)
}

type broadcastCancelCmd struct{ moveArgs }

func (broadcastCancelCmd) Shape() any          { return broadcastLine{} }
func (broadcastCancelCmd) Examples() []example { return nil }

// Do cancels a mass send.
func (q *broadcastCancelCmd) Do(c *call, h *House) error {
	return q.broadcast(c, h, plan.Cancelled, user)
}

// countLine is how many sends something was done to.
type countLine struct {
	Done   int `json:"done" col:"已处理|done"`
	Enough int `json:"enough" col:"提醒够了|reminded enough"`
}

type broadcastRemindCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (broadcastRemindCmd) Shape() any          { return countLine{} }
func (broadcastRemindCmd) Examples() []example { return nil }

// Do reminds those who must confirm.
func (q *broadcastRemindCmd) Do(c *call, h *House) error {
	return c.onBroadcast(h, q.ID, func(plans Plans, id community.ID) error {
		done, enough, err := plans.Remind(c.ctx, user, id)
		if err != nil {
			return err
		}
		return printOne(c, countLine{done, enough})
	})
}

type broadcastRetryCmd struct{ moveArgs }

func (broadcastRetryCmd) Shape() any          { return countLine{} }
func (broadcastRetryCmd) Examples() []example { return nil }

// Do tries again what was not sent.
func (q *broadcastRetryCmd) Do(c *call, h *House) error {
	return c.onBroadcast(h, q.ID, func(plans Plans, id community.ID) error {
		n, err := plans.Retry(c.ctx, user, id, q.Reason)
		if err != nil {
			return err
		}
		return printOne(c, countLine{Done: n})
	})
}

type broadcastLetCmd struct {
	Target string `arg:"" help:"逐群结果里的编号|id of the send, as show lists it"`
	Reason string `required:"" placeholder:"TEXT" help:"为什么放行|why it may pass"`
}

func (broadcastLetCmd) Shape() any          { return countLine{} }
func (broadcastLetCmd) Examples() []example { return nil }

// Do lets a blocked send pass.
func (q *broadcastLetCmd) Do(c *call, h *House) error {
	return c.onBroadcast(h, q.Target, func(plans Plans, id community.ID) error {
		if err := plans.Override(c.ctx, user, id, q.Reason); err != nil {
			return err
		}
		return printOne(c, countLine{Done: 1})
	})
}

type broadcastLimitsCmd struct {
	Change string `name:"change" placeholder:"JSON" help:"要改的几项，如 {\"per_day\":3}|what to change, e.g. {\"per_day\":3}"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	LookAt string `placeholder:"GROUP" help:"在哪个群看这个数字|the group in which the figure is looked at"`
	moveFlags
}

func (broadcastLimitsCmd) Shape() any          { return plan.Limits{} }
func (broadcastLimitsCmd) Examples() []example { return nil }

// Do shows or changes the limits.
func (q *broadcastLimitsCmd) Do(c *call, h *House) error {
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	l, err := plans.Limits(c.ctx)
	if err != nil {
		return err
	}
	if q.Change != "" {
		if err := strict(q.Change, &l); err != nil {
			return err
		}
		ctx, err := q.aimAt(c, h)
		if err != nil {
			return err
		}
		if err := plans.SaveLimits(ctx, user, l, q.Reason); err != nil {
			return c.saidBy(err)
		}
	}
	return c.printJSON(l)
}

// aimAt is what the change should move, and in which group that is looked at.
func (q *broadcastLimitsCmd) aimAt(c *call, h *House) (context.Context, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	ctx := q.aim(c.ctx)
	if q.Moves == "" {
		return ctx, nil
	}
	if q.LookAt == "" {
		return nil, badUsage("发送上限对所有群有效：用 --look-at 写明在哪个群看", "limits hold for all groups: say with --look-at in which one the figure is looked at")
	}
	_, g, _, err := c.place(h, q.LookAt, "")
	a := measure.AimOf(ctx)
	a.Group = g.Key
	return measure.WithAim(ctx, a), err
}

// strict reads JSON that may hold nothing but the fields of v.
func strict(text string, v any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return badUsage("不是要的 JSON：%v", "not the JSON that is wanted: %v", err)
	}
	return nil
}
