package wecom

import (
	"fmt"
	"regexp"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// meaning is what an errcode means for us; account: it concerns the whole account, not this call.
type meaning struct {
	code    community.Code
	account bool
	say     [2]string
}

// meaningOf looks a number up; numbers that are not listed are refusals with the platform's words. Where the sentence
// names our address, it is the one that the platform saw.
func meaningOf(errcode int, text string) wxapi.Meaning {
	m, ok := meanings()[errcode]
	if !ok {
		return wxapi.Meaning{Code: community.CodeRefused, Say: [2]string{
			fmt.Sprintf("企业微信拒绝了这次请求(错误码 %d):%s", errcode, text), fmt.Sprintf("WeCom refused this call (errcode %d): %s", errcode, text)}}
	}
	ip := [2]string{"这台服务器的出口 IP", "this server's public address"}
	if found := address.FindStringSubmatch(text); found != nil {
		ip = [2]string{" " + found[1] + " ", found[1]}
	}
	for i := range m.say {
		m.say[i] = placeIP.ReplaceAllString(m.say[i], ip[i])
	}
	return wxapi.Meaning{Code: m.code, Account: m.account, Say: m.say}
}

// meanings are the platform's numbers that we know what to do about (document 90313; unverified beyond it).
func meanings() map[int]meaning {
	badToken := meaning{community.CodeForbidden, true, [2]string{
		"企业微信不认可刚换到的凭证。请在管理后台重新查看应用的 Secret，填到这里的设置里。",
		"WeCom does not accept the token it has just issued. Look up the app's Secret in the admin console and enter it here."}}
	nobody := meaning{community.CodeNotFound, false, [2]string{"企业里没有这个成员，或者不在应用的可见范围里。", "No such employee, or outside the app's visible range."}}
	noContact := meaning{community.CodeNotFound, false, [2]string{"没有这个客户，或者该成员没有添加他。", "No such contact, or this employee has not added them."}}
	noGroup := meaning{community.CodeNotFound, false, [2]string{"没有这个客户群：可能已解散，或者群主不在应用的可见范围里。",
		"No such customer group: dissolved, or its owner is outside the app's visible range."}}
	often := meaning{community.CodeLimited, false, [2]string{"调用太频繁，企业微信要求稍后再试；会自动重试。", "Too many calls: WeCom asks to try later; it is retried."}}
	return map[int]meaning{
		-1:    {community.CodeLimited, false, [2]string{"企业微信系统繁忙，会自动重试。", "WeCom is busy; it is retried."}},
		40001: {community.CodeForbidden, true, [2]string{"应用的 Secret 不对或已重置。请到管理后台重新查看并填到设置里。", "The app's Secret is wrong or was reset. Look it up in the admin console and enter it."}},
		40013: {community.CodeForbidden, true, [2]string{"企业 ID 不对。请到管理后台“我的企业”里复制。", "The corp id is wrong. Copy it from My Company in the admin console."}},
		40014: badToken, 42001: badToken, 41001: badToken,
		40056: {community.CodeForbidden, true, [2]string{"AgentId 不对，或者应用已停用。", "The AgentId is wrong, or the app is disabled."}},
		40003: nobody, 60111: nobody, 40031: nobody, 81013: nobody, 82001: nobody,
		40096: noContact, 84061: noContact,
		40050: noGroup, 86001: noGroup, 86003: noGroup, 90501: noGroup,
		40058: {community.CodeBadInput, false, [2]string{"参数不符合企业微信的要求。", "A parameter is not as WeCom wants it."}},
		40063: {community.CodeBadInput, false, [2]string{"参数为空。", "A parameter is empty."}},
		45002: {community.CodeTooLarge, false, [2]string{"内容太长。", "The text is too long."}},
		45009: often, 45033: often, 45034: often,
		45028: {community.CodeRefused, false, [2]string{"这些客户或客户群的群发次数已用完。", "The mass-send quota of these customers or groups is used up."}},
		48002: {community.CodeForbidden, true, [2]string{
			"应用没有调用客户联系接口的权限。请在管理后台“客户联系 → API → 可调用接口的应用”里加上它。",
			"The app may not call the customer-contact interfaces. Add it under Customer Contact → API → apps that may call."}},
		60011: {community.CodeForbidden, false, [2]string{"该成员或部门不在应用的可见范围里。请在管理后台扩大可见范围。", "The employee or department is outside the app's visible range. Widen it in the admin console."}},
		60020: {community.CodeForbidden, true, [2]string{
			"我们的出口 IP 不在应用的“企业可信 IP”里。请把{ip}加进去，几分钟后自动恢复。",
			"Our address is not on the app's allow-list (企业可信 IP). Add {ip}; it recovers by itself within minutes."}},
		81017:  {community.CodeTooLarge, false, [2]string{"应用可见的群主超过 1000 人，需要按群主分批读取；已自动改为分批。", "More than 1000 owners are visible: groups are read owner by owner."}},
		84074:  {community.CodeForbidden, false, [2]string{"该成员没有“客户联系”权限。请在管理后台“客户联系 → 权限配置”里开通。", "The employee lacks the customer-contact permission. Grant it in the admin console."}},
		90500:  {community.CodeConflict, false, [2]string{"这个群的群主没有离职，不能用离职继承。", "The owner of this group has not left: it cannot be inherited."}},
		301002: {community.CodeForbidden, true, [2]string{"应用没有这项权限。", "The app lacks this permission."}},
	}
}

var address = regexp.MustCompile(`from ip: ?([0-9a-fA-F.:]{3,45})`)

// say is what a person is told about an error of the platform; empty when it is none of the platform's.
func say(err error) [2]string { return connect.SayOf(err) }

var placeIP = regexp.MustCompile(`\{ip\}`)
