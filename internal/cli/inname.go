package cli

import (
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/rights"
)

// inName is a verb that may be done in the name of somebody who signs in: whose login that is ("" = whoever sits at the machine),
// and the power that it takes of them.
type inName interface {
	InName() string
	Needs() rights.Power
}

// perform does a verb. In somebody's name it does what that person may, and no more.
func (c *call) perform(cmd indoor, h *House) error {
	if v, ok := cmd.(inName); ok && v.InName() != "" {
		if err := c.entitled(h, v.InName(), v.Needs()); err != nil {
			return err
		}
	}
	return cmd.Do(c, h)
}

// entitled decides whether a verb may be done in somebody's name. Verbs see the whole organisation, so that somebody who does not is
// refused here and does it in the console. Who is not known is left to the verb: it says so.
func (c *call) entitled(h *House, login string, p rights.Power) error {
	u, err := c.userCalled(h, login)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	who := rights.Of(u)
	no := community.Errorf(community.CodeForbidden, "%s as %s: not theirs to do", p, login)
	if !u.Enabled {
		return failed(no, "%s 已停用", "%s may no longer sign in", login)
	}
	if r := who.Ask(p); r.Refused() {
		var roles []string
		for _, role := range r.Roles {
			roles = append(roles, string(role))
		}
		return failed(no, "%s（%s）没有这个权力：%s；有它的角色：%s", "%s (%s) does not have the power %s; roles that do: %s", login, who.Role, p, strings.Join(roles, ", "))
	}
	if who.Reach != rights.Whole {
		return failed(no, "%s 的数据范围是 %s，不是整个组织：请在后台里做", "the scope of %s is %s, not the whole organisation: do it in the console", login, who.Reach)
	}
	return nil
}

// userCalled finds a person by their login. community.CodeNotFound: there is nobody.
func (c *call) userCalled(h *House, login string) (community.User, error) {
	people, err := need(h.People)
	if err != nil {
		return community.User{}, err
	}
	return people.UserByLogin(c.ctx, login)
}

// InName is whose name was given.
func (n *named) InName() string { return n.As }

// What each verb takes of whoever it is done in the name of.

// Needs is what it takes.
func (*actionDoCmd) Needs() rights.Power { return rights.Judge }

// Needs is what it takes.
func (*bulkAim) Needs() rights.Power { return rights.Judge }

// Needs is what it takes.
func (*bulkWord) Needs() rights.Power { return rights.Judge }

// Needs is what it takes.
func (*bulkRulesCmd) Needs() rights.Power { return rights.Tune }

// Needs is what it takes.
func (*decisionJudgeCmd) Needs() rights.Power { return rights.Judge }

// Needs is what it takes.
func (*exportCmd) Needs() rights.Power { return rights.Export }

// Needs is what it takes.
func (*lockdownCmd) Needs() rights.Power { return rights.Freeze }

// Needs is what it takes.
func (*broadcastNewCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*broadcastResumeCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*sopEditCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*sopAddCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*sopResumeCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*strikeGiveCmd) Needs() rights.Power { return rights.Judge }

// Needs is what it takes.
func (*votePayCmd) Needs() rights.Power { return rights.Pay }

// Needs is what it takes.
func (*voteUnpayCmd) Needs() rights.Power { return rights.Pay }

// InName is whose name was given.
func (q *dutyAckCmd) InName() string { return q.As }

// Needs is what it takes.
func (*dutyAckCmd) Needs() rights.Power { return rights.RunDuty }

// InName is whose name was given.
func (q *dutyFinishCmd) InName() string { return q.As }

// Needs is what it takes.
func (*dutyFinishCmd) Needs() rights.Power { return rights.RunDuty }

// InName is whose name was given.
func (q *dutyFalseCmd) InName() string { return q.As }

// Needs is what it takes.
func (*dutyFalseCmd) Needs() rights.Power { return rights.Judge }

// InName is whose name was given.
func (q *taskHandOnCmd) InName() string { return q.As }

// Needs is what it takes.
func (*taskHandOnCmd) Needs() rights.Power { return rights.Work }

// InName is whose name was given.
func (q *dutyNoteCmd) InName() string { return q.As }

// Needs is what it takes.
func (*dutyNoteCmd) Needs() rights.Power { return rights.RunDuty }

// Needs is what it takes.
func (*calendarAddCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*itemArgs) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*calendarApproveCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*calendarFillCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*topicAddCmd) Needs() rights.Power { return rights.Write }

// Needs is what it takes.
func (*topicDropCmd) Needs() rights.Power { return rights.Write }
