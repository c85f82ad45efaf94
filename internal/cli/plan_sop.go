package cli

import (
	"os"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

type sopCmd struct {
	List   sopListCmd   `cmd:"" help:"列出 SOP|list SOPs"`
	New    sopNewCmd    `cmd:"" help:"新建|make one"`
	Edit   sopEditCmd   `cmd:"" help:"改步骤，成为新版本|change the steps: a new version"`
	Check  sopCheckCmd  `cmd:"" help:"各群收不收得到每一步|whether the groups in it can get every step"`
	Show   sopShowCmd   `cmd:"" help:"步骤和其中的群|steps, and the groups in it"`
	Sends  sopSendsCmd  `cmd:"" help:"逐次发送的结果|the sends, one by one"`
	Add    sopAddCmd    `cmd:"" name:"add-group" help:"让一个群进入|let a group enter"`
	Remove sopRemoveCmd `cmd:"" name:"remove-group" help:"让一个群离开|take a group out"`
	Pause  sopPauseCmd  `cmd:"" help:"暂停|pause"`
	Resume sopResumeCmd `cmd:"" help:"继续|go on"`
}

// sopLine is an SOP as verbs print it.
type sopLine struct {
	ID      string      `json:"id" col:"编号|id"`
	Name    string      `json:"name" col:"名称|name"`
	State   string      `json:"state" col:"状态|state"`
	Version int         `json:"version" col:"版本|version"`
	Count   int         `json:"-" col:"步骤|steps"`
	Groups  int         `json:"groups" col:"群|groups"`
	Sent    int         `json:"sent" col:"已发|sent"`
	Open    int         `json:"open" col:"未完|open"`
	NotSent int         `json:"not_sent" col:"未发|not sent"`
	Steps   []plan.Step `json:"steps"`
}

func lineOfSOP(s plan.SOP) sopLine {
	return sopLine{s.ID.String(), s.Name, string(s.State), s.Version, len(s.Steps), s.Groups, s.Counts.Sent, s.Counts.Open(), s.Counts.Failed + s.Counts.NotSent, s.Steps}
}

type sopListCmd struct {
	Tag string `help:"有这个标签的群在里面|with groups that have this tag"`
}

func (sopListCmd) Shape() any          { return rowsOf[sopLine]() }
func (sopListCmd) Examples() []example { return nil }

// Do lists SOPs.
func (q *sopListCmd) Do(c *call, h *House) error {
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	list, err := plans.SOPs(c.ctx, q.Tag)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfSOP), len(list))
}

type sopNewCmd struct {
	Name  string `arg:"" help:"名称|name"`
	Steps string `required:"" placeholder:"FILE" help:"步骤（JSON 数组）：kind 为 day、weekly 或 date；附件写在 files、app、link 里|the steps (a JSON array): kind is day, weekly or date; what goes with them stands in files, app, link"`
	Force string `placeholder:"REASON" help:"外链检查不许发也照存的原因|why it is kept although the link check stops it"`
}

func (sopNewCmd) Shape() any { return sopLine{} }
func (sopNewCmd) Examples() []example {
	return []example{{"sop new 新群七天 --steps steps.json", [2]string{`文件如 [{"kind":"day","day":0,"at":"20:00","text":"欢迎"}]`, `the file e.g. [{"kind":"day","day":0,"at":"20:00","text":"welcome"}]`}},
		{"sop new 开课 --steps steps.json", [2]string{`带附件 [{"kind":"weekly","weekday":1,"at":"09:00","text":"本周","files":["海报.png"],"by_link":true}]`, `with attachments [{"kind":"weekly","weekday":1,"at":"09:00","text":"this week","files":["poster.png"],"by_link":true}]`}}}
}

// Do makes an SOP.
func (q *sopNewCmd) Do(c *call, h *House) error {
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	steps, err := c.steps(plans, q.Steps)
	if err != nil {
		return err
	}
	s, err := plans.SaveSOP(c.ctx, user, plan.SOP{Name: q.Name, Steps: steps, Force: q.Force}, "")
	if err != nil {
		return err
	}
	return printOne(c, lineOfSOP(s))
}

type sopEditCmd struct {
	ID     string `arg:"" help:"编号或名称|id or name"`
	Name   string `help:"新名称|a new name"`
	Steps  string `placeholder:"FILE" help:"步骤（JSON 数组）|the steps (a JSON array)"`
	Force  string `placeholder:"REASON" help:"外链检查不许发也照存的原因|why it is kept although the link check stops it"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
	moveFlags
}

func (sopEditCmd) Shape() any          { return sopLine{} }
func (sopEditCmd) Examples() []example { return nil }

// Do makes a new version of an SOP.
func (q *sopEditCmd) Do(c *call, h *House) error {
	if err := q.check(); err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return c.onSOP(h, q.ID, func(plans Plans, s plan.SOP) (plan.SOP, error) {
		if q.Name != "" {
			s.Name = q.Name
		}
		if q.Steps != "" {
			steps, err := c.steps(plans, q.Steps)
			if err != nil {
				return s, err
			}
			s.Steps = steps
		}
		s.Force = q.Force
		return plans.SaveSOP(q.aim(c.ctx), who, s, q.Reason)
	})
}

type sopCheckCmd struct {
	ID    string `arg:"" help:"编号或名称|id or name"`
	Steps string `placeholder:"FILE" help:"换成这些步骤来检查，不保存|check these steps instead, saving nothing"`
}

// stepFindingLine is what is wrong with a step.
type stepFindingLine struct {
	Step int `json:"step" col:"步|step"`
	findingLine
}

func (sopCheckCmd) Shape() any          { return rowsOf[stepFindingLine]() }
func (sopCheckCmd) Examples() []example { return nil }

// Do judges the steps of an SOP for the groups in it.
func (q *sopCheckCmd) Do(c *call, h *House) error {
	plans, s, err := c.sop(h, q.ID)
	if err != nil {
		return err
	}
	if q.Steps != "" {
		if s.Steps, err = c.steps(plans, q.Steps); err != nil {
			return err
		}
	}
	found, err := plans.CheckSOP(c.ctx, s)
	if err != nil {
		return err
	}
	return printList(c, mapped(found, func(f plan.StepFinding) stepFindingLine { return stepFindingLine{f.Step, c.lineOfFinding(f.Finding)} }), len(found))
}

// sop finds an SOP by its id or name.
func (c *call) sop(h *House, text string) (Plans, plan.SOP, error) {
	plans, err := c.plans(h)
	if err != nil {
		return nil, plan.SOP{}, err
	}
	if id, err := community.ParseID(text); err == nil {
		s, err := plans.SOP(c.ctx, id)
		return plans, s, err
	}
	all, err := plans.SOPs(c.ctx, "")
	if err != nil {
		return nil, plan.SOP{}, err
	}
	var named []plan.SOP
	for _, s := range all {
		if s.Name == text {
			named = append(named, s)
		}
	}
	switch len(named) {
	case 0:
		return nil, plan.SOP{}, badUsage("没有 SOP %q，qunluo sop list 可列出", "there is no SOP %q; qunluo sop list shows them", text)
	case 1:
		return plans, named[0], nil
	}
	return nil, plan.SOP{}, badUsage("有 %d 个 SOP 叫 %q，请用编号", "%d SOPs are called %q; use the id", len(named), text)
}

// onSOP finds an SOP, does something and prints it as it is then.
func (c *call) onSOP(h *House, text string, do func(Plans, plan.SOP) (plan.SOP, error)) error {
	plans, s, err := c.sop(h, text)
	if err != nil {
		return err
	}
	if s, err = do(plans, s); err != nil {
		return err
	}
	return printOne(c, lineOfSOP(s))
}

// sopGroupLine is a group in an SOP.
type sopGroupLine struct {
	Group   string `json:"group" col:"群|group"`
	People  int    `json:"people" col:"人|people"`
	Entered Moment `json:"entered_at" col:"进入|entered"`
	Left    Moment `json:"left_at" col:"离开|left"`
	Next    Moment `json:"next_at" col:"下一次|next"`
	Sent    int    `json:"sent" col:"已发|sent"`
	NotSent int    `json:"not_sent" col:"未发|not sent"`
}

// sopShape is an SOP with its groups.
type sopShape struct {
	sopLine
	In []sopGroupLine `json:"in"`
}

type sopShowCmd struct {
	ID string `arg:"" help:"编号或名称|id or name"`
}

func (sopShowCmd) Shape() any          { return sopShape{} }
func (sopShowCmd) Examples() []example { return nil }

// Do shows an SOP and its groups.
func (q *sopShowCmd) Do(c *call, h *House) error {
	plans, s, err := c.sop(h, q.ID)
	if err != nil {
		return err
	}
	list, err := plans.SOPGroups(c.ctx, s.ID)
	if err != nil {
		return err
	}
	in := mapped(list, func(m plan.Member) sopGroupLine {
		return sopGroupLine{m.GroupName, m.People, Moment(m.Entered), Moment(m.Left), Moment(m.Next), m.Counts.Sent, m.Counts.Failed + m.Counts.NotSent}
	})
	if err := printOne(c, sopShape{lineOfSOP(s), in}); err != nil || c.json {
		return err
	}
	return printList(c, in, len(in))
}

type sopSendsCmd struct {
	ID string `arg:"" help:"编号或名称|id or name"`
	paging
}

func (sopSendsCmd) Shape() any          { return rowsOf[targetLine]() }
func (sopSendsCmd) Examples() []example { return nil }

// Do lists an SOP's sends with their marks.
func (q *sopSendsCmd) Do(c *call, h *House) error {
	plans, s, err := c.sop(h, q.ID)
	if err != nil {
		return err
	}
	return c.printTargets(plans, s.ID, q.page())
}

// sopGroupArgs name an SOP and a group.
type sopGroupArgs struct {
	ID     string `arg:"" help:"编号或名称|id or name"`
	Group  string `arg:"" help:"群的编号、名称或平台群号|the group's id, name or the platform's id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (q sopGroupArgs) on(c *call, h *House, do func(Plans, plan.SOP, community.GroupKey) error) error {
	return c.onSOP(h, q.ID, func(plans Plans, s plan.SOP) (plan.SOP, error) {
		desk, err := c.desk(h)
		if err != nil {
			return s, err
		}
		g, err := c.group(desk, q.Group)
		if err != nil {
			return s, err
		}
		if err := do(plans, s, g.Key); err != nil {
			return s, err
		}
		return plans.SOP(c.ctx, s.ID)
	})
}

type sopAddCmd struct {
	sopGroupArgs
	named
}

func (sopAddCmd) Shape() any          { return sopLine{} }
func (sopAddCmd) Examples() []example { return nil }

// Do lets a group enter.
func (q *sopAddCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return q.on(c, h, func(plans Plans, s plan.SOP, g community.GroupKey) error {
		return plans.AddToSOP(c.ctx, who, s.ID, g, q.Reason)
	})
}

type sopRemoveCmd struct{ sopGroupArgs }

func (sopRemoveCmd) Shape() any          { return sopLine{} }
func (sopRemoveCmd) Examples() []example { return nil }

// Do takes a group out.
func (q *sopRemoveCmd) Do(c *call, h *House) error {
	return q.on(c, h, func(plans Plans, s plan.SOP, g community.GroupKey) error {
		return plans.RemoveFromSOP(c.ctx, user, s.ID, g, q.Reason)
	})
}

func (q moveArgs) sop(c *call, h *House, to plan.State, who string) error {
	return c.onSOP(h, q.ID, func(plans Plans, s plan.SOP) (plan.SOP, error) {
		if err := plans.MoveSOP(c.ctx, who, s.ID, to, q.Reason); err != nil {
			return s, err
		}
		return plans.SOP(c.ctx, s.ID)
	})
}

type sopPauseCmd struct{ moveArgs }

func (sopPauseCmd) Shape() any          { return sopLine{} }
func (sopPauseCmd) Examples() []example { return nil }

// Do pauses an SOP.
func (q *sopPauseCmd) Do(c *call, h *House) error { return q.sop(c, h, plan.Paused, user) }

type sopResumeCmd struct {
	moveArgs
	named
}

func (sopResumeCmd) Shape() any          { return sopLine{} }
func (sopResumeCmd) Examples() []example { return nil }

// Do lets an SOP go on.
func (q *sopResumeCmd) Do(c *call, h *House) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return q.sop(c, h, plan.Running, who)
}

type linksCmd struct {
	Check linksCheckCmd `cmd:"" help:"一段话里的链接有没有不妥|what is wrong with the links of a text"`
	Rules linksRulesCmd `cmd:"" help:"看或改外链规则|see or change the rules about links"`
}

type linksCheckCmd struct {
	Text     string `arg:"" help:"正文|the text"`
	Platform string `help:"目标平台：wechat、wecom、mp、qq…|target platform: wechat, wecom, mp, qq …"`
}

func (linksCheckCmd) Shape() any { return rowsOf[findingLine]() }
func (linksCheckCmd) Examples() []example {
	return []example{{"links check '报名 https://t.cn/abc' --platform wechat", [2]string{"发到微信群之前", "before it goes to a WeChat group"}}}
}

// Do judges the links of a text.
func (q *linksCheckCmd) Do(c *call, h *House) error {
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	found, err := plans.CheckLinks(c.ctx, q.Text, community.Platform(q.Platform))
	if err != nil {
		return err
	}
	return printList(c, mapped(found, c.lineOfFinding), len(found))
}

type linksRulesCmd struct {
	File   string `name:"save" placeholder:"FILE" help:"换成这个文件里的（JSON 数组）|take those of a file instead (a JSON array)"`
	Own    bool   `name:"default" help:"恢复程序自带的|take the program's own again"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (linksRulesCmd) Shape() any          { return []plan.LinkRule{} }
func (linksRulesCmd) Examples() []example { return nil }

// Do shows or changes the rules about links.
func (q *linksRulesCmd) Do(c *call, h *House) error {
	plans, err := c.plans(h)
	if err != nil {
		return err
	}
	if q.File != "" || q.Own {
		var list []plan.LinkRule
		if q.File != "" {
			raw, err := os.ReadFile(c.path(q.File))
			if err != nil {
				return badUsage("读不到 %s：%v", "cannot read %s: %v", q.File, err)
			}
			list = []plan.LinkRule{}
			if err := strict(string(raw), &list); err != nil {
				return err
			}
		}
		if err := plans.SaveLinkRules(c.ctx, user, list, q.Reason); err != nil {
			return err
		}
	}
	list, err := plans.LinkRules(c.ctx)
	if err != nil {
		return err
	}
	return c.printJSON(list)
}
