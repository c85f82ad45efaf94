package cli

import (
	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// alarmLine is an alarm as verbs print it.
type alarmLine struct {
	ID      string `json:"id" col:"编号|id"`
	State   string `json:"state" col:"状态|state"` // waiting, taken, over
	Kind    string `json:"kind" col:"类型|kind"`   // task, account, hook, raid, test
	Subject string `json:"subject" col:"关于|about"`
	Opened  Moment `json:"opened_at" col:"出现|opened"`
	Holder  string `json:"holder" col:"谁在处理|who has it"`
	Due     Moment `json:"due_at"`
	Detail  string `json:"detail"`
}

func lineOfAlarm(a duty.Alarm, names logins) alarmLine {
	return alarmLine{a.ID.String(), a.State, a.Kind, a.Subject, Moment(a.Opened), names.of(a.Holder), Moment(a.Due), a.Detail}
}

type dutyAlarmsCmd struct {
	All bool   `help:"也列出已结束的|those that are over, too"`
	Tag string `help:"关于有这个标签的群|about groups with this tag"`
	paging
}

func (dutyAlarmsCmd) Shape() any          { return rowsOf[alarmLine]() }
func (dutyAlarmsCmd) Examples() []example { return nil }

// Do lists alarms, the newest first.
func (q *dutyAlarmsCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	list, total, err := d.Alarms(c.ctx, !q.All, q.Tag, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(a duty.Alarm) alarmLine { return lineOfAlarm(a, names) }), total)
}

type dutyShowCmd struct {
	ID string `arg:"" help:"告警的编号|id of the alarm"`
}

// alarmStep is one timed step.
type alarmStep struct {
	At    Moment `json:"at" col:"时间|time"`
	After int64  `json:"after_s" col:"秒|s"` // since the alarm opened
	What  string `json:"what" col:"经过|what"`
	Login string `json:"login" col:"登录名|login"`
	Way   string `json:"way" col:"方式|way"`
	Note  string `json:"note" col:"备注|note"`
	Until Moment `json:"until" col:"期限|until"`
}

func (dutyShowCmd) Shape() any          { return rowsOf[alarmStep]() }
func (dutyShowCmd) Examples() []example { return nil }

// Do lists the steps of an alarm.
func (q *dutyShowCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	a, err := d.Alarm(c.ctx, id)
	if err != nil {
		return err
	}
	return printList(c, mapped(a.Steps, func(s duty.Step) alarmStep {
		return alarmStep{Moment(s.At), (s.At - a.Opened) / 1000, s.What, names.of(s.User), s.Way, s.Note, Moment(s.Until)}
	}), len(a.Steps))
}

type dutyAckCmd struct {
	ID string `arg:"" help:"告警的编号|id of the alarm"`
	As string `placeholder:"LOGIN" help:"以谁的名义|in whose name"`
}

func (dutyAckCmd) Shape() any { return alarmLine{} }
func (dutyAckCmd) Examples() []example {
	return []example{{"duty ack 0Gm… --as linxiao", [2]string{"林晓收到了", "linxiao has it"}}}
}

// Do acknowledges an alarm.
func (q *dutyAckCmd) Do(c *call, h *House) error {
	return c.onAlarm(h, q.ID, q.As, func(d Duty, who string, id community.ID) error { return d.Ack(c.ctx, who, id) })
}

type dutyFinishCmd struct {
	ID   string `arg:"" help:"告警的编号|id of the alarm"`
	As   string `placeholder:"LOGIN" help:"以谁的名义|in whose name"`
	Note string `placeholder:"TEXT" help:"备注|note"`
}

func (dutyFinishCmd) Shape() any          { return alarmLine{} }
func (dutyFinishCmd) Examples() []example { return nil }

// Do ends an alarm that no task ends.
func (q *dutyFinishCmd) Do(c *call, h *House) error {
	return c.onAlarm(h, q.ID, q.As, func(d Duty, who string, id community.ID) error { return d.Finish(c.ctx, who, id, q.Note) })
}

type dutyFalseCmd struct {
	ID     string `arg:"" help:"舆情告警的编号|id of an alarm about public opinion"`
	As     string `placeholder:"LOGIN" help:"以谁的名义|in whose name"`
	Reason string `required:"" placeholder:"TEXT" help:"为什么|why"`
}

func (dutyFalseCmd) Shape() any { return alarmLine{} }
func (dutyFalseCmd) Examples() []example {
	return []example{{"duty false 0Gm… --reason 只是在聊天", [2]string{"舆情误报：结束，并记成标注案例", "a false alarm: it ends and becomes a labelled case"}}}
}

// Do ends an alarm about public opinion as a false one.
func (q *dutyFalseCmd) Do(c *call, h *House) error {
	hands, err := inOrg(c, h, h.Hands)
	if err != nil {
		return err
	}
	return c.onAlarm(h, q.ID, q.As, func(d Duty, who string, id community.ID) error {
		a, err := d.Alarm(c.ctx, id)
		if err != nil {
			return err
		}
		decision, is := a.OpinionDecision()
		if !is {
			return community.Errorf(community.CodeNotFound, "alarm %s is not about public opinion", id)
		}
		if err := hands.Judge(c.ctx, who, decision, "false_hit", q.Reason); err != nil {
			return err
		}
		return d.Finish(c.ctx, who, id, q.Reason)
	})
}

func (c *call) onAlarm(h *House, text, as string, do func(Duty, string, community.ID) error) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	id, err := idOf(text)
	if err != nil {
		return err
	}
	who, err := names.actor(as)
	if err != nil {
		return err
	}
	if err := do(d, who, id); err != nil {
		return err
	}
	a, err := d.Alarm(c.ctx, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfAlarm(a, names))
}

type dutyTestCmd struct{}

func (dutyTestCmd) Shape() any          { return alarmLine{} }
func (dutyTestCmd) Examples() []example { return nil }

// Do opens a test alarm; a running server tells people.
func (dutyTestCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	a, err := d.Test(c.ctx, user)
	if err != nil {
		return err
	}
	if !c.served {
		c.say("没有运行中的服务：serve 启动后才会通知人", "no server runs: people are told once serve runs")
	}
	return printOne(c, lineOfAlarm(a, names))
}

type taskHandOnCmd struct {
	ID   string `arg:"" help:"待办的编号|id of the task"`
	As   string `placeholder:"LOGIN" help:"以谁的名义|in whose name"`
	Note string `placeholder:"TEXT" help:"备注|note"`
}

func (taskHandOnCmd) Shape() any          { return taskDone{} }
func (taskHandOnCmd) Examples() []example { return nil }

// Do gives a task to the next on duty.
func (q *taskHandOnCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	who, err := names.actor(q.As)
	if err != nil {
		return err
	}
	if err := d.TaskHandOn(c.ctx, who, id, q.Note); err != nil {
		return err
	}
	return printOne(c, taskDone{id.String(), "open"})
}

type userNotifyCmd struct {
	Login  string   `arg:"" help:"登录名|login"`
	Ways   []string `arg:"" optional:"" help:"按顺序的方式：mail:地址、webhook:网址、group:群、wecom:成员账号|ways in order: mail:ADDRESS, webhook:URL, group:GROUP, wecom:MEMBER"`
	Clear  bool     `help:"去掉所有方式|remove every way"`
	Secret string   `placeholder:"FILE" help:"存放 webhook 签名密钥的文件|file with the webhooks' signing secret"`
	Reason string   `placeholder:"TEXT" help:"原因|why"`
}

// wayLine is one way by which a person is told; secrets are not shown.
type wayLine struct {
	Order   int    `json:"order" col:"次序|order"`
	Kind    string `json:"kind" col:"方式|way"`
	Address string `json:"address" col:"地址|address"`
	Signed  bool   `json:"signed" col:"有签名|signed"`
}

func (userNotifyCmd) Shape() any { return rowsOf[wayLine]() }
func (userNotifyCmd) Examples() []example {
	return []example{
		{"user notify linxiao", [2]string{"现在怎样通知林晓", "how linxiao is told now"}},
		{"user notify linxiao wecom:LinXiao mail:lin@example.com", [2]string{"先企业微信，不成再邮件", "WeCom first, then mail"}},
		{"user notify linxiao webhook:https://example.com/hook --secret hook.key", [2]string{"签名的 webhook", "a signed webhook"}},
	}
}

// Do lists how a person is told, or changes it.
func (q *userNotifyCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	of, err := names.id(q.Login)
	if err != nil {
		return err
	}
	if len(q.Ways) > 0 || q.Clear {
		ways, err := c.readWays(h, d, of, q)
		if err != nil {
			return err
		}
		if err := d.SetWays(c.ctx, user, of, ways, q.Reason); err != nil {
			return err
		}
	}
	ways, err := d.Ways(c.ctx, of)
	if err != nil {
		return err
	}
	rows := make([]wayLine, len(ways))
	for i, w := range ways {
		rows[i] = wayLine{i + 1, w.Kind, w.Address, w.Secret != ""}
	}
	return printList(c, rows, len(rows))
}
