package cli

import (
	"context"

	"qunluo/internal/community"
)

// Veil keeps who wanted to know who stands behind a pseudonym.
type Veil interface {
	Wishes(ctx context.Context, org community.OrgKey) ([]community.Reveal, error)
	// Answer opens the name for an hour to whoever asked, or not. CodeConflict: answered before.
	Answer(ctx context.Context, by string, org community.OrgKey, id community.ID, agree bool, why string) error
}

type auditRevealCmd struct {
	List   revealListCmd   `cmd:"" help:"谁想知道化名后面是谁|who wanted to know who stands behind a pseudonym"`
	Answer revealAnswerCmd `cmd:"" help:"同意（一小时）或不同意|agree, for an hour, or refuse"`
}

// revealLine is a wish to know a name.
type revealLine struct {
	ID      string `json:"id" col:"编号|id"`
	Member  string `json:"member" col:"成员|member"`
	By      string `json:"asked_by" col:"申请人|asked by"` // id of a user
	Reason  string `json:"reason" col:"原因|why"`
	At      Moment `json:"at" col:"时间|at"`
	State   string `json:"state" col:"状态|state"` // asked, agreed, refused
	Decided string `json:"decided_by" col:"谁决定|decided by"`
	Why     string `json:"why"`
	Until   Moment `json:"until" col:"打开到|open until"`
	Seen    Moment `json:"seen_at" col:"查看|looked at"`
}

type revealListCmd struct{}

func (revealListCmd) Shape() any          { return rowsOf[revealLine]() }
func (revealListCmd) Examples() []example { return nil }

// Do lists the wishes.
func (revealListCmd) Do(c *call, h *House) error {
	veil, err := need(h.Veil)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	list, err := veil.Wishes(c.ctx, org)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfReveal), len(list))
}

func lineOfReveal(r community.Reveal) revealLine {
	return revealLine{r.ID.String(), r.MemberID.String(), r.AskedBy, r.Reason, Moment(r.At), r.State, r.DecidedBy, r.Why, Moment(r.Until), Moment(r.Seen)}
}

type revealAnswerCmd struct {
	Wish   string `arg:"" help:"申请的编号|id of the wish"`
	Answer string `arg:"" enum:"agree,refuse" help:"agree 同意、refuse 不同意|agree or refuse"`
	Reason string `placeholder:"TEXT" help:"为什么|why"`
}

func (revealAnswerCmd) Shape() any          { return revealLine{} }
func (revealAnswerCmd) Examples() []example { return nil }

// Do answers a wish.
func (q *revealAnswerCmd) Do(c *call, h *House) error {
	veil, err := need(h.Veil)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	id, err := community.ParseID(q.Wish)
	if err != nil {
		return community.Errorf(community.CodeNotFound, "wish %q: not found", q.Wish)
	}
	if err := veil.Answer(c.ctx, user, org, id, q.Answer == "agree", q.Reason); err != nil {
		return err
	}
	list, err := veil.Wishes(c.ctx, org)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.ID == id {
			return printOne(c, lineOfReveal(r))
		}
	}
	return community.Errorf(community.CodeNotFound, "wish %s: not found", id)
}
