package policy

import (
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
)

// across hits when one text, however it is changed, is put into several groups of the organisation (跨群复制). What it rests on was
// looked up when the message came in and stands in it (community.Body.Elsewhere): so it decides the same whenever it is asked
// again, whatever the other groups hold by then. A group takes part, with what is said in it too, as long as its own book has
// such a rule that is not switched off.
type across struct {
	Minutes int64 `json:"minutes"`
	Copies  int   `json:"copies"`  // from this one on
	Groups  int   `json:"groups"`  // in so many groups, this one counted
	Senders int   `json:"senders"` // by so many members
	Acts    bool  `json:"acts"`    // otherwise a person is asked
}

// Defaults of the kind, and how far back it can look.
const (
	acrossMinutes    = 30
	acrossMaxMinutes = 60
	acrossCopies     = 3
	acrossGroups     = 3
	acrossMost       = 20 // copies, groups and members that can be asked for
)

func acrossKind() kind {
	return kind{
		schema: Schema{
			Name: "across", Title: words("跨群复制", "Copies across groups"), Sanction: true,
			Summary: words("同一段话换着花样发进几个群，哪怕每个群只发一条、由不同的人发。本组织里用了这条规则（试运行也算）的群互相比对；群主、管理员、工作人员、机器人和转发来的内容不算。",
				"One text, changed here and there, is put into several groups, even if each group sees it once and from somebody else. The groups of the organisation that have this rule, dry run included, are compared; owners, admins, staff, bots and forwards do not count."),
			Reason: words("请不要把同样的内容发到多个群", "please do not post the same text into several groups"),
			Fields: []Field{
				{Name: "minutes", Title: words("多少分钟内", "Within minutes"), Type: typeInt, Min: 1, Max: acrossMaxMinutes, Default: acrossMinutes},
				{Name: "copies", Title: words("第几份起算违规", "From which copy on"), Type: typeInt, Min: 2, Max: acrossMost, Default: acrossCopies,
					Help: words("各群加起来数", "counted over all groups")},
				{Name: "groups", Title: words("至少在几个群", "In how many groups"), Type: typeInt, Min: 2, Max: acrossMost, Default: acrossGroups,
					Help: words("本群也算一个；一条通知发两个群不算刷屏", "this one counted; an announcement in two groups is no flood")},
				{Name: "senders", Title: words("至少出自几个人", "From how many members"), Type: typeInt, Min: 1, Max: acrossMost, Default: 1},
				{Name: "acts", Title: words("直接处罚", "A breach by itself"), Type: typeBool,
					Help: words("不选则只提请人看，不处罚", "otherwise a person is asked and nothing is done")},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			p := &across{Minutes: acrossMinutes, Copies: acrossCopies, Groups: acrossGroups, Senders: 1}
			json.Unmarshal(params, p)
			r.does = p
		},
	}
}

func (a *across) judge(l *look, r *rule) {
	if len(l.ev.Body.Elsewhere) == 0 || !l.counts() {
		return
	}
	n := a.count(l.ev)
	if n.copies < a.Copies || n.groups < a.Groups || n.senders < a.Senders {
		return
	}
	whole := community.Span{Start: quoted(&l.ev.Body), End: len(l.ev.Body.Text)}
	why := fmt.Sprintf("across %dm %d/%d/%d", a.Minutes, n.copies, n.groups, n.senders)
	if l.isAllowed(whole) {
		l.spare(r, why, whole)
		return
	}
	f := l.find(r, why)
	f.span(whole)
	f.suspect = !a.Acts
}

// spread is how far a text has come, the message itself counted.
type spread struct{ copies, groups, senders int }

func (a *across) count(ev *community.Event) spread {
	n := spread{1, 1, 1}
	groups, senders := []community.GroupKey{ev.Group}, []int{0}
	for _, e := range ev.Body.Elsewhere {
		if e.At <= ev.At-a.Minutes*60_000 {
			continue
		}
		n.copies++
		if groups = among(groups, e.Group); len(groups) > n.groups {
			n.groups++
		}
		if senders = among(senders, e.Who); len(senders) > n.senders {
			n.senders++
		}
	}
	return n
}

// among adds what is not there yet.
func among[T comparable](list []T, one T) []T {
	for _, x := range list {
		if x == one {
			return list
		}
	}
	return append(list, one)
}
