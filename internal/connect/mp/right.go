package mp

import (
	"context"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// right is something that accounts of some kinds may do (platforms document; which kinds is unverified here, the platform's
// own refusal counts).
type right struct {
	name string
	says [2]string
	who  [4]bool // subscription, subscription certified, service, service certified
	why  [2]string
}

// rights is the table of what kinds of accounts may do, as people are shown it.
func rights() []right {
	all, certified, full := [4]bool{true, true, true, true}, [4]bool{false, true, false, true}, [4]bool{false, false, false, true}
	needsCertified := [2]string{"要认证过的公众号（订阅号或服务号）", "for certified accounts of either kind"}
	needsFull := [2]string{"只有认证过的服务号才能用", "for certified service accounts (服务号) only"}
	return []right{
		{"events", [2]string{"关注、取消关注、菜单点击进入成员档案", "Follows, unfollows and menu clicks in the person's history"}, all, [2]string{}},
		{"reply", [2]string{"5 秒内自动回复", "Answers within 5 s"}, all, [2]string{}},
		{"links", [2]string{"经自己的短链按人统计阅读", "Readings per person through your own short links"}, all, [2]string{}},
		{"drafts", [2]string{"把文章放进草稿箱", "Putting articles into the draft box"}, all, [2]string{}},
		{"menu", [2]string{"改自定义菜单", "Changing the menu"}, [4]bool{false, true, true, true}, [2]string{"未认证的订阅号没有菜单接口，请到公众平台网页上改", "a 订阅号 that is not certified changes it on the platform's pages"}},
		{"followers", [2]string{"读全部关注者", "Reading the list of followers"}, certified, needsCertified},
		{"totals", [2]string{"平台的每日阅读合计", "The platform's daily totals of readings"}, certified, needsCertified},
		{"custom", [2]string{"48 小时内主动发消息", "Writing first within 48 h"}, full, needsFull},
		{"code", [2]string{"带标记的二维码，扫码进入档案", "Codes with your mark, scans in the history"}, full, needsFull},
		{"template", [2]string{"模板消息", "Template messages"}, full, needsFull},
	}
}

// column is a kind's place in the table.
func column(kind string, certified bool) int {
	at := 0
	if kind == service {
		at = 2
	}
	if certified {
		at++
	}
	return at
}

// need refuses what accounts of this kind may not do, with the table's reason.
func (s *Session) need(name string) error {
	for _, r := range rights() {
		if r.name == name && !r.who[s.column] {
			return connect.Trouble(community.CodeUnsupported, r.says[0]+"："+r.why[0]+"。", r.says[1]+": "+r.why[1]+".")
		}
	}
	return nil
}

// canList shows what this kind of account can and cannot do, and why.
func (s *Session) canList(context.Context, connect.Values) (connect.Outcome, error) {
	out := connect.Outcome{Columns: [][2]string{{"能力", "Ability"}, {"能不能", "Can it"}, {"原因", "Why not"}}}
	cannot := 0
	for _, r := range rights() {
		row := []string{r.says[0] + " · " + r.says[1], "✓", ""}
		if !r.who[s.column] {
			cannot++
			row[1], row[2] = "✗", r.why[0]+" · "+r.why[1]
		}
		out.Rows = append(out.Rows, row)
	}
	can, kind := len(out.Rows)-cannot, kindNames[s.column]
	out.Say = [2]string{fmt.Sprintf("%s：%d 项能做，%d 项不能。", kind[0], can, cannot), fmt.Sprintf("%s: %d can be done, %d cannot.", kind[1], can, cannot)}
	return out, nil
}

// kindNames are the kinds in the table's order.
var kindNames = [4][2]string{{"未认证的订阅号", "a subscription account (订阅号), not certified"}, {"认证的订阅号", "a certified subscription account (订阅号)"},
	{"未认证的服务号", "a service account (服务号), not certified"}, {"认证的服务号", "a certified service account (服务号)"}}
