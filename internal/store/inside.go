package store

import (
	"context"

	"qunluo/internal/community"
)

// outward refuses what would lead out of a demonstration.
type outward struct{}

func (outward) Error() string { return outward{}.Say()[1] }

// Say is the text for operators, in Chinese and English.
func (outward) Say() [2]string {
	return [2]string{"演示空间里的东西不会真的发出去：这里不能接外面的平台、机器人、推送、邮箱或网址。", "Nothing of the demo space is really sent: no outside platform, bot, outlet, mailbox or address can be connected here."}
}

// As gives the code to community.CodeOf.
func (outward) As(target any) bool {
	e, ok := target.(**community.Error)
	if ok {
		*e = &community.Error{Code: community.CodeForbidden, Msg: outward{}.Error()}
	}
	return ok
}

// mayLeadOut refuses for a demonstration beside a real organisation: its rows must lead nowhere, so that nothing is sent whatever else runs.
// community.CodeForbidden.
func (t *Tx) mayLeadOut(ctx context.Context, org community.OrgKey) error {
	var demo int
	if err := t.one(ctx, `SELECT count(*) FROM demo_space WHERE org_key = $1`, []any{int64(org)}, &demo); err != nil || demo == 0 {
		return err
	}
	return outward{}
}
