package bulk

import (
	"fmt"

	"qunluo/internal/community"
)

// Refusal is why the guard says no, in both languages.
type Refusal struct {
	Code  community.Code
	Words [2]string // Chinese and English
}

// Error is the English text.
func (r *Refusal) Error() string { return r.Words[1] }

// As gives the code to community.CodeOf.
func (r *Refusal) As(target any) bool {
	e, ok := target.(**community.Error)
	if ok {
		*e = &community.Error{Code: r.Code, Msg: r.Words[1]}
	}
	return ok
}

// Say is the text in both languages, for the door.
func (r *Refusal) Say() [2]string { return r.Words }

func refuse(code community.Code, zh, en string, args ...any) error {
	return &Refusal{code, [2]string{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}}
}

// stateWords are the states in Chinese, as they stand behind 它.
var stateWords = map[State]string{Waiting: "在等人确认", Approved: "已同意、等着开始", Running: "正在进行", Done: "已完成", Stopped: "已中止", Refused: "被拒绝了", Expired: "已过期", Withdrawn: "已撤回", Undoing: "正在撤销", Undone: "已撤销"}

func refuseIn(s State, zh, en string) error {
	return &Refusal{community.CodeConflict, [2]string{fmt.Sprintf(zh, stateWords[s]), fmt.Sprintf(en, s)}}
}

// Alone refuses what needs a second person where there is none: nobody could ever confirm it. community.CodeForbidden.
func Alone(k Kind, need Need, others int) error {
	if !need.Second || others > 0 {
		return nil
	}
	if OwnersOnly(k) {
		return refuse(community.CodeForbidden, "这要由另一位所有者确认，而现在没有别的所有者：没有提交。请先加一位所有者，或减少到可以独自确认的数量。",
			"another owner must confirm this and there is none, so it was not proposed: add an owner first, or narrow it down to what one person may confirm alone")
	}
	return refuse(community.CodeForbidden, "这么多要由第二个人确认，而现在只有你一个用户：没有提交。请先加一位用户，或减少到可以独自确认的数量。",
		"so many need a second person and you are the only user, so it was not proposed: add a user first, or narrow it down to what one person may confirm alone")
}
