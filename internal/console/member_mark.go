package console

import (
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// memberMarkings are what an owner may say a member is, with the icon of the button.
var memberMarkings = []struct {
	mark community.Role
	icon string
}{{community.RoleBot, "robot"}, {community.RoleStaff, "shield"}, {community.RoleMember, "user"}}

// memberMark takes an owner's word about what a member is.
func (c *Console) memberMark(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	m, err := k.Desk.MemberByID(k.ctx(), id)
	if err != nil {
		return err
	}
	to := k.back("/members/" + id.String())
	reason := k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	mark := community.Role(k.form("mark"))
	if err := k.Hands.Mark(k.ctx(), k.who(), id, mark, reason); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("mark.done", "name", named(m.Name, m.External), "mark", k.T("grouprole."+string(mark))))
}

// memberMarks says what somebody is held for, and lets an owner say otherwise.
func memberMarks(k *call, p *view.MemberPage, m community.Member) {
	now := m.Mark
	switch {
	case now != "":
		p.Standing = k.T("mark.said", "mark", k.T("grouprole."+string(now)))
	case m.Bot:
		p.Standing = k.T("mark.platform_bot")
	default:
		p.Standing = k.T("grouprole.member")
	}
	if !k.may(rights.Merge) {
		return
	}
	for _, one := range memberMarkings {
		if one.mark == now || one.mark == community.RoleMember && now == "" && !m.Bot {
			continue
		}
		name := string(one.mark)
		ask := ui.Confirm{ID: "ask-mark-" + name, Title: k.T("mark." + name), Object: named(m.Name, m.External), Action: "/members/" + m.ID.String() + "/mark",
			Button: k.T("mark." + name), Effect: k.T("mark." + name + "_effect"), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "mark", Text: name}}}
		p.Asks = append(p.Asks, ask)
		p.MarkButtons = append(p.MarkButtons, ui.Opener{Target: ask.ID, Text: ask.Title, Icon: one.icon, Small: true})
	}
}
