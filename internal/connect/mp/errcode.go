package mp

import (
	"fmt"
	"regexp"

	"qunluo/internal/community"
	"qunluo/internal/connect/wxapi"
)

// meaningOf says what a number means for us; numbers that are not listed are refusals with the platform's words (numbers
// from the platform's document of global return codes, unverified beyond it).
func meaningOf(errcode int, text string) wxapi.Meaning {
	if m, ok := meanings()[errcode]; ok {
		if found := address.FindStringSubmatch(text); found != nil && errcode == 40164 {
			m.Say[0] += "（平台看到的是 " + found[1] + "）"
			m.Say[1] += " (the platform saw " + found[1] + ")"
		}
		return m
	}
	return wxapi.Meaning{Code: community.CodeRefused, Say: [2]string{
		fmt.Sprintf("公众平台拒绝了这次请求（错误码 %d）：%s", errcode, text), fmt.Sprintf("The platform refused this call (errcode %d): %s", errcode, text)}}
}

var address = regexp.MustCompile(`ip:? ?([0-9a-fA-F.:]{3,45})`)

func meanings() map[int]wxapi.Meaning {
	secret := wxapi.Meaning{Code: community.CodeForbidden, Account: true, Say: [2]string{
		"AppSecret 不对或已重置。请到公众平台重新生成并填到设置里。", "The AppSecret is wrong or was reset. Make a new one on the platform and enter it here."}}
	often := wxapi.Meaning{Code: community.CodeLimited, Say: [2]string{"调用太频繁或今天的次数用完了，会自动重试。", "Too many calls, or today's are used up; it is retried."}}
	return map[int]wxapi.Meaning{
		-1:    {Code: community.CodeLimited, Say: [2]string{"公众平台系统繁忙，会自动重试。", "The platform is busy; it is retried."}},
		40001: secret, 40125: secret, 41004: secret,
		40013: {Code: community.CodeForbidden, Account: true, Say: [2]string{"AppID 不对。请从公众平台复制。", "The AppID is wrong. Copy it from the platform."}},
		40164: {Code: community.CodeForbidden, Account: true, Say: [2]string{
			"这台服务器的出口 IP 不在公众号的 IP 白名单里。加进去后几分钟内自动恢复。",
			"This server's public address is not on the account's IP allow-list. Add it; it recovers by itself within minutes."}},
		50002: {Code: community.CodeRestricted, Account: true, Say: [2]string{"公众号的接口被平台限制了。请到公众平台查看原因。", "The platform restricts this account's interfaces. See why on the platform."}},
		50005: {Code: community.CodeNotFound, Say: [2]string{"这个人没有关注公众号。", "This person does not follow the account."}},
		40003: {Code: community.CodeNotFound, Say: [2]string{"没有这个粉丝。", "There is no such follower."}},
		45015: {Code: community.CodeRefused, Say: [2]string{"超过 48 小时没有互动，公众号不能主动发消息给他；等他再发来消息或点菜单。",
			"More than 48 hours without a word from them: the account may not write first. Wait until they write or use the menu."}},
		45047: {Code: community.CodeLimited, Say: [2]string{"对方没有新消息时，客服消息的条数已用完。", "No more customer-service messages until they write again."}},
		45009: often, 45011: often,
		48001: {Code: community.CodeUnsupported, Say: [2]string{"这个公众号没有这项接口权限（多为未认证或订阅号）。", "This account may not use the interface (mostly: not certified, or a 订阅号)."}},
		40007: {Code: community.CodeNotFound, Say: [2]string{"公众号里没有这份草稿或图片：可能已经发布，或被删掉了。", "The account has no such draft or picture: it may have been published, or deleted."}},
		45003: {Code: community.CodeTooLarge, Say: [2]string{"文章的标题太长。", "The article's title is too long."}},
		45004: {Code: community.CodeTooLarge, Say: [2]string{"文章的摘要太长。", "The article's digest is too long."}},
		45110: {Code: community.CodeTooLarge, Say: [2]string{"文章的作者太长。", "The article's author is too long."}},
		45166: {Code: community.CodeRefused, Say: [2]string{"公众平台不收这篇文章的内容：可能有它不允许的链接或标记。", "The platform does not take this article's text: it may hold a link or markup that is not allowed."}},
		40009: {Code: community.CodeTooLarge, Say: [2]string{"图片太大。", "The picture is too large."}},
		45002: {Code: community.CodeTooLarge, Say: [2]string{"内容太长。", "The text is too long."}},
	}
}
