package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/store"
)

// maxShieldFor is how long a shield lasts at most before it ends by itself, in milliseconds.
const maxShieldFor = 30 * day

// shields is what a person sees and changes of shields (防骚扰模式).
type shields struct{ *hands }

// Shields makes the handle for shields.
func (a *App) Shields(org community.OrgKey, groups []community.GroupKey) shields {
	return shields{a.Hands(org, groups)}
}

// Of lists a group's shields, the newest first; group 0: those that are on.
func (p shields) Of(ctx context.Context, g community.GroupKey) ([]community.Shield, error) {
	return p.desk().Shields(ctx, g, 50)
}

// On switches a group's shield on until a time (UTC ms), 0 = until somebody switches it off. CodeConflict: it is on.
func (p shields) On(ctx context.Context, user string, g community.GroupKey, until int64, reason string) (community.Shield, error) {
	var none community.Shield
	row, err := p.mine(ctx, g)
	if err != nil {
		return none, err
	}
	now := p.app.millis()
	switch {
	case strings.TrimSpace(reason) == "":
		return none, community.Errorf(community.CodeBadInput, "reason: say why")
	case row.Desk:
		return none, community.Errorf(community.CodeBadInput, "group: an account's desk has no shield")
	case until != 0 && (until <= now || until > now+maxShieldFor):
		return none, community.Errorf(community.CodeBadInput, "until: want within the next 30 days")
	}
	if list, err := p.Of(ctx, g); err != nil {
		return none, err
	} else if len(list) > 0 && list[0].On {
		return none, community.Errorf(community.CodeConflict, "the shield is on")
	}
	id := p.app.store.NewID()
	if err := p.set(ctx, g, community.ShieldData{ID: id, On: true, Until: until, User: user, Reason: reason}, "shield.on"); err != nil {
		return none, err
	}
	return p.app.store.ShieldNow(ctx, id)
}

// Off switches a group's shield off. CodeConflict: it is off.
func (p shields) Off(ctx context.Context, user string, g community.GroupKey, reason string) (community.Shield, error) {
	if err := p.sees(ctx, g); err != nil {
		return community.Shield{}, err
	}
	list, err := p.Of(ctx, g)
	if err != nil {
		return community.Shield{}, err
	}
	if len(list) == 0 || !list[0].On {
		return community.Shield{}, community.Errorf(community.CodeConflict, "the shield is off")
	}
	if err := p.set(ctx, g, community.ShieldData{ID: list[0].ID, User: user, Reason: reason}, "shield.off"); err != nil {
		return list[0], err
	}
	return p.app.store.ShieldNow(ctx, list[0].ID)
}

func (p shields) set(ctx context.Context, g community.GroupKey, data community.ShieldData, verb string) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	audit := p.audit(data.User, verb, subjectOf("group", int64(g)), data.Reason)
	audit.After = raw
	out, err := p.app.engine.Apply(ctx, community.Inbound{Type: community.ShieldSet, GroupKey: g, Key: fmt.Sprintf("%s:%v", data.ID, data.On), Body: community.Body{Data: raw}, Audit: &audit})
	if err != nil {
		return err
	}
	for _, d := range out[0].Decisions {
		if d.Verdict == community.Faulted {
			return community.Errorf(community.CodeConflict, "shield: %s", d.Why)
		}
	}
	p.app.jobs.Wake()
	return nil
}

// How says how each part of a shield is done in a group: by rules, as far as its connections recall and mute; by a person, where a
// platform's own settings are concerned.
func (p shields) How(ctx context.Context, g community.GroupKey) ([]community.ShieldHow, error) {
	row, err := p.mine(ctx, g)
	if err != nil {
		return nil, err
	}
	able := map[community.Verb]community.Level{}
	for _, v := range []community.Verb{community.RecallMsg, community.Mute} {
		able[v] = connect.ByHand(row.Platform).Level(v)
		for _, a := range row.Accounts {
			if has, err := p.app.wires.Abilities(ctx, a, g); err == nil && better(has.Level(v), able[v]) {
				able[v] = has.Level(v)
			}
		}
	}
	set := community.Human
	if len(shieldSteps(row.Platform)) == 0 {
		set = community.None
	}
	reports := community.Native
	if p.app.cfg.Server.PublicURL == "" {
		reports = community.Human // nobody outside reaches the page: an operator records what members say
	}
	level := map[community.ShieldPart]community.Level{community.ShieldLocks: able[community.RecallMsg], community.ShieldFlood: able[community.Mute], community.ShieldNew: able[community.RecallMsg],
		community.ShieldAtAll: able[community.RecallMsg], community.ShieldInvites: community.Assisted, community.ShieldReports: reports}
	var out []community.ShieldHow
	for _, part := range community.ShieldParts {
		out = append(out, community.ShieldHow{Part: part, Level: level[part], By: "rule"})
		switch part {
		case community.ShieldAtAll, community.ShieldInvites:
			out = append(out, community.ShieldHow{Part: part, Level: set, By: "setting"})
		case community.ShieldReports:
			out[len(out)-1].By = "page"
		}
	}
	return out, nil
}

// better reports whether a level is nearer to being done by itself.
func better(a, b community.Level) bool {
	rank := map[community.Level]int{community.Native: 3, community.Assisted: 2, community.Human: 1}
	return rank[a] > rank[b]
}

// shieldSteps are what a person sets in a platform's own app, where there is something to set: no connection can.
func shieldSteps(p community.Platform) []string {
	switch p {
	case "wechat":
		return []string{"群聊右上角“…” → 群管理 → 打开“群聊邀请确认”", "群管理 → 打开“仅群主／群管理员可修改群聊名称”"}
	case "wecom":
		return []string{"群聊右上角“…” → 群管理 → 打开“禁止互相添加为联系人”和“群聊邀请确认”", "手机端：工作台 → 客户群 → 防骚扰规则，选上本群要用的规则（管理员在后台建规则）"}
	case "qq":
		return []string{"群资料 → 群管理 → @全体成员：改为仅群主和管理员", "群管理 → 成员邀请他人：改为需要管理员审核；并关闭临时会话"}
	case "dingtalk":
		return []string{"群设置 → 群管理 → 仅群主／管理员可 @所有人", "群管理 → 新成员入群需群主确认，并打开“禁止群内私聊”"}
	case "lark":
		return []string{"群设置 → 群管理 → 谁可以 @所有人：仅群主和管理员", "群管理 → 谁可以添加群成员：仅群主和管理员"}
	case "telegram":
		return []string{"Group info → Edit → Permissions: switch off “Add members”", "Permissions: switch off “Send media” and “Embed links” if they are misused"}
	case "discord":
		return []string{"Server settings → Roles → @everyone: switch off “Mention @everyone” and “Create invite”"}
	}
	return nil
}

// shieldJob asks a person for what no connection can set: when a shield begins, and when it is over to put it back.
func (a *App) shieldJob(ctx context.Context, j store.Job) error {
	text, what, _ := strings.Cut(j.Key, ":")
	id, err := community.ParseID(text)
	if err != nil {
		return err
	}
	s, err := a.store.ShieldNow(ctx, id)
	if err != nil {
		return err
	}
	g, err := a.store.For(community.Scope{Org: s.Org}).GroupByKey(ctx, s.Group)
	if err != nil {
		return err
	}
	if what == "on" {
		return a.shieldAsk(ctx, s, g)
	}
	return a.shieldRestore(ctx, s)
}

func (a *App) shieldAsk(ctx context.Context, s community.Shield, g community.GroupRow) error {
	steps := shieldSteps(g.Platform)
	if len(steps) == 0 || !s.On {
		return nil
	}
	text := "防骚扰模式已打开，下面几项平台没有接口，请在手机上设置，并在完成时写下原来是怎样的（结束时要改回去）：\n1. " + strings.Join(steps, "\n2. ")
	task, err := a.shieldTodo(ctx, s, "on", text)
	if err != nil || task.IsZero() {
		return err
	}
	if err := a.store.ShieldAsked(ctx, s.ID, task); err != nil {
		return err
	}
	if s, err = a.store.ShieldNow(ctx, s.ID); err != nil || s.On {
		return err
	}
	return a.shieldRestore(ctx, s) // it was switched off meanwhile
}

// shieldRestore takes back what a person was asked for: what was not done is not wanted any more, what was done is to be put back as
// the person found it.
func (a *App) shieldRestore(ctx context.Context, s community.Shield) error {
	if s.Task.IsZero() {
		return nil
	}
	k, err := a.store.TaskNow(ctx, s.Task)
	if err != nil {
		return err
	}
	switch k.State {
	case "done":
		if err := a.store.ShieldBefore(ctx, s.ID, k.Note); err != nil {
			return err
		}
		before := k.Note
		if before == "" {
			before = "（没有写下来，请按打开前的习惯改回）"
		}
		_, err = a.shieldTodo(ctx, s, "off", "防骚扰模式已结束，请把当时改过的平台设置改回原样。原来是："+before)
		return err
	case "open", "claimed":
		p := community.PersonDecision{Kind: "dismiss", User: system, Action: s.Task, Reason: "shield"}
		_, err = a.engine.DecideOnce(ctx, s.Group, "shield:"+s.ID.String()+":drop", p, community.Audit{Org: s.Org, User: system, Verb: "shield.drop", Subject: subjectOf("group", int64(s.Group))})
	}
	return err
}

// shieldTodo asks a person once, and gives the task.
func (a *App) shieldTodo(ctx context.Context, s community.Shield, step, text string) (community.ID, error) {
	p := community.PersonDecision{Kind: "act", User: system, Reason: "shield", Actions: []community.Action{{Verb: community.Todo, Group: s.Group, Text: text, Until: a.millis() + day/24, Rule: community.WakeShield + s.ID.String()}}}
	made, err := a.engine.DecideOnce(ctx, s.Group, "shield:"+s.ID.String()+":"+step, p, community.Audit{Org: s.Org, User: system, Verb: "shield.ask", Subject: subjectOf("group", int64(s.Group))})
	if err != nil || len(made) == 0 || len(made[0].Actions) == 0 {
		return community.ID{}, err
	}
	return made[0].Actions[0].ID, nil
}
