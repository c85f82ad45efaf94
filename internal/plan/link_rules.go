package plan

import "qunluo/internal/community"

// DefaultLinkRules is the list an organisation starts with: our own short reading of what platforms published, meant to be
// changed. Nothing in it was compared with the platform's text word for word; it says so of itself.
func DefaultLinkRules() []LinkRule {
	const wechat = "《微信外部链接内容管理规范》"
	induce := []string{"分享到朋友圈", "转发到群", "转发到朋友圈", "分享给好友", "集赞", "助力", "砍一刀", "分享领", "转发领", "邀请好友得", "关注后领", "关注领取", "红包",
		"share to get", "forward to get", "invite friends to get"}
	var list []LinkRule
	for _, p := range []community.Platform{"wechat", "wecom", "mp"} {
		list = append(list, LinkRule{ID: string(p) + "-inducement", Platform: p, Since: "2019-10-28", Kind: Inducement, Words: induce, Refuse: true, Source: wechat,
			Reason:  [2]string{"用利益诱导分享、关注或助力的文字与链接放在一起，链接可能被屏蔽，账号可能受限", "wording that rewards sharing, following or helping stands next to a link: the link may be blocked and the account limited"},
			Instead: [2]string{"去掉奖励与转发的因果，改为直接说明内容；奖励放到不要求分享的活动里", "say what the link holds without a reward for sharing; give rewards where no sharing is asked for"}},
			LinkRule{ID: string(p) + "-download", Platform: p, Since: "2019-10-28", Kind: Download, Ends: installers(), Refuse: true, Source: wechat,
				Reason:  [2]string{"链接直接下载安装包，打开时会被拦下", "the link downloads an installer: opening it is stopped"},
				Instead: [2]string{"改为链到应用商店页面或小程序", "link to a page of an app store or a mini program"}},
			LinkRule{ID: string(p) + "-short", Platform: p, Since: "2019-10-28", Kind: ShortLink, Hosts: shorteners(), Source: wechat,
				Reason:  [2]string{"短链接藏起了真正的去处，收到的人无从判断，也更容易被拦", "a short link hides where it leads: people cannot judge it, and it is stopped more often"},
				Instead: [2]string{"直接放目标页面的完整地址", "put the full address of the page"}})
	}
	return append(list,
		LinkRule{ID: "qq-download", Platform: "qq", Since: "2020-01-01", Kind: Download, Ends: installers(), Source: "经验",
			Reason:  [2]string{"链接直接下载安装包，QQ 会提示风险或拦下", "the link downloads an installer: QQ warns or stops it"},
			Instead: [2]string{"改为链到应用商店页面，或用群文件", "link to a page of an app store, or use the group's files"}},
		LinkRule{ID: "short", Since: "2020-01-01", Kind: ShortLink, Hosts: shorteners(), Source: "经验",
			Reason:  [2]string{"短链接藏起了真正的去处", "a short link hides where it leads"},
			Instead: [2]string{"直接放目标页面的完整地址", "put the full address of the page"}},
		LinkRule{ID: "abroad", Since: "2020-01-01", Kind: HostRule, Hosts: []string{"t.me", "telegram.me", "youtu.be", "youtube.com", "x.com", "twitter.com", "facebook.com"}, Source: "经验",
			Reason:  [2]string{"中国大陆的成员多半打不开这个网址", "most members in mainland China cannot open this address"},
			Instead: [2]string{"把内容放到大陆可以打开的页面", "put the content on a page that opens there"}},
		LinkRule{ID: "redirect", Since: "2020-01-01", Kind: Redirect, Source: "经验",
			Reason:  [2]string{"链接会跳到别的网站，或者没有查出它通向哪里", "the link leads to another site, or nobody could find out where it leads"},
			Instead: [2]string{"确认去处后直接放最终地址", "make sure where it leads and put the final address"}})
}

func installers() []string { return []string{".apk", ".exe", ".dmg", ".msi", ".ipa", ".pkg"} }

func shorteners() []string {
	return []string{"t.cn", "url.cn", "dwz.cn", "suo.im", "bit.ly", "tinyurl.com", "t.co", "is.gd", "goo.gl", "reurl.cc"}
}
