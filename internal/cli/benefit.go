package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/tier"
)

// Entitlements is what the command line asks and changes of benefits and of messages to lurkers.
type Entitlements interface {
	Benefits(ctx context.Context, g community.GroupKey) ([]tier.Benefit, error)
	AddBenefit(ctx context.Context, user string, b tier.Benefit) (tier.Benefit, error)
	EndBenefit(ctx context.Context, user string, id community.ID, reason string) error
	Holders(ctx context.Context, id community.ID, page community.Page) ([]tier.Grant, error)
	UseBenefit(ctx context.Context, user string, id, member community.ID, what string) (tier.Use, error)
	Uses(ctx context.Context, g community.GroupKey, id community.ID, page community.Page) ([]tier.Use, int, error)
	Reaches(ctx context.Context, g community.GroupKey) ([]tier.Reach, error)
	Souls(ctx context.Context, id community.ID) (tier.Reach, []tier.Soul, error)
	AddReach(ctx context.Context, user string, r tier.Reach) (tier.Reach, error)
	StopReach(ctx context.Context, user string, id community.ID, reason string) error
	Decline(ctx context.Context, user string, g community.GroupKey, member community.ID, reason string) error
}

type benefitCmd struct {
	List    benefitListCmd    `cmd:"" help:"三层各有什么权益|what each tier gives"`
	Add     benefitAddCmd     `cmd:"" help:"给一层添加权益|give a tier a benefit"`
	End     benefitEndCmd     `cmd:"" help:"停用并收回|end and withdraw one"`
	Holders benefitHoldersCmd `cmd:"" help:"谁有、谁有过|who holds it and who did"`
	Use     benefitUseCmd     `cmd:"" help:"登记使用|record a use"`
	Uses    benefitUsesCmd    `cmd:"" help:"使用记录|uses on record"`
}

// BenefitLine is a benefit as verbs print it.
type BenefitLine struct {
	Tier    string `json:"tier" col:"层|tier"`
	Name    string `json:"name" col:"权益|benefit"`
	Means   string `json:"means" col:"是什么|what it is"`
	Holders int    `json:"holders" col:"有的人|held by"`
	Uses    int    `json:"uses" col:"使用|uses"`
	Created Moment `json:"created"`
	Ended   Moment `json:"ended" col:"停用|ended"`
	ID      string `json:"id" col:"编号|id"`
}

func lineOfBenefit(b tier.Benefit) BenefitLine {
	return BenefitLine{string(b.Tier), b.Name, b.Means, b.Holders, b.Uses, Moment(b.Created), Moment(b.Ended), b.ID.String()}
}

type benefitListCmd struct {
	Group string `arg:"" help:"群|group"`
}

func (benefitListCmd) Shape() any { return rowsOf[BenefitLine]() }
func (benefitListCmd) Examples() []example {
	return []example{{"tier benefit list '#books' --json", [2]string{"权益表", "the table of benefits"}}}
}

// Do lists benefits.
func (q *benefitListCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	list, err := t.Benefits(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfBenefit), len(list))
}

type benefitAddCmd struct {
	Group string `arg:"" help:"群|group"`
	Tier  string `arg:"" enum:"core,normal,lurker" help:"core、normal 或 lurker|core, normal or lurker"`
	Name  string `arg:"" help:"权益的名字|name of the benefit"`
	Means string `placeholder:"TEXT" help:"具体是什么|what it is"`
}

func (benefitAddCmd) Shape() any { return BenefitLine{} }
func (benefitAddCmd) Examples() []example {
	return []example{{"tier benefit add '#books' core 内测资格 --means 新功能先用", [2]string{"这一层的人马上有", "who stands in the tier holds it at once"}}}
}

// Do adds a benefit.
func (q *benefitAddCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	b, err := t.AddBenefit(c.ctx, user, tier.Benefit{Group: g.Key, Tier: tier.Tier(q.Tier), Name: q.Name, Means: q.Means})
	if err != nil {
		return err
	}
	return printOne(c, lineOfBenefit(b))
}

type benefitEndCmd struct {
	Group  string `arg:"" help:"群|group"`
	ID     string `arg:"" help:"权益的编号|id of the benefit"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (benefitEndCmd) Shape() any          { return rowsOf[BenefitLine]() }
func (benefitEndCmd) Examples() []example { return nil }

// Do ends a benefit.
func (q *benefitEndCmd) Do(c *call, h *House) error {
	t, id, err := c.tiersOf(h, q.Group, q.ID)
	if err != nil {
		return err
	}
	if err := t.EndBenefit(c.ctx, user, id, q.Reason); err != nil {
		return err
	}
	return (&benefitListCmd{Group: q.Group}).Do(c, h)
}

// HolderLine is who holds a benefit.
type HolderLine struct {
	Name      string `json:"name" col:"名称|name"`
	Granted   Moment `json:"granted" col:"给出|given"`
	Withdrawn Moment `json:"withdrawn" col:"收回|withdrawn"`
	Member    string `json:"member"`
}

type benefitHoldersCmd struct {
	Group string `arg:"" help:"群|group"`
	ID    string `arg:"" help:"权益的编号|id of the benefit"`
	paging
}

func (benefitHoldersCmd) Shape() any          { return rowsOf[HolderLine]() }
func (benefitHoldersCmd) Examples() []example { return nil }

// Do lists who holds a benefit.
func (q *benefitHoldersCmd) Do(c *call, h *House) error {
	t, id, err := c.tiersOf(h, q.Group, q.ID)
	if err != nil {
		return err
	}
	list, err := t.Holders(c.ctx, id, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(x tier.Grant) HolderLine {
		return HolderLine{x.Called, Moment(x.Granted), Moment(x.Withdrawn), x.MemberID.String()}
	}), len(list))
}

// UseLine is a use of a benefit.
type UseLine struct {
	At      Moment `json:"at" col:"时间|time"`
	Name    string `json:"name" col:"名称|name"`
	Benefit string `json:"benefit" col:"权益|benefit"`
	Tier    string `json:"tier" col:"层|tier"`
	What    string `json:"what" col:"用了什么|what"`
	User    string `json:"user" col:"谁登记|recorded by"`
	ID      string `json:"id"`
}

func lineOfUse(u tier.Use) UseLine {
	return UseLine{Moment(u.At), u.Called, u.Name, string(u.Tier), u.What, u.User, u.ID.String()}
}

type benefitUseCmd struct {
	Group  string `arg:"" help:"群|group"`
	ID     string `arg:"" help:"权益的编号|id of the benefit"`
	Member string `arg:"" help:"成员|member"`
	What   string `required:"" placeholder:"TEXT" help:"用了什么|what was used"`
}

func (benefitUseCmd) Shape() any { return UseLine{} }
func (benefitUseCmd) Examples() []example {
	return []example{{"tier benefit use '#books' ID 张三 --what '报名 5 月线下读书会'", [2]string{"没有权益的人登记不了", "refused to who is not entitled"}}}
}

// Do records a use.
func (q *benefitUseCmd) Do(c *call, h *House) error {
	t, _, m, err := c.tiersAt(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	u, err := t.UseBenefit(c.ctx, user, id, m.ID, q.What)
	if community.CodeOf(err) == community.CodeForbidden {
		return failed(err, "这个人现在没有这项权益", "this member is not entitled to it")
	}
	if err != nil {
		return err
	}
	u.Called = m.Name
	return printOne(c, lineOfUse(u))
}

type benefitUsesCmd struct {
	Group string `arg:"" help:"群|group"`
	paging
}

func (benefitUsesCmd) Shape() any          { return rowsOf[UseLine]() }
func (benefitUsesCmd) Examples() []example { return nil }

// Do lists uses.
func (q *benefitUsesCmd) Do(c *call, h *House) error {
	t, g, _, err := c.tiersAt(h, q.Group, "")
	if err != nil {
		return err
	}
	list, total, err := t.Uses(c.ctx, g.Key, community.ID{}, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfUse), total)
}
