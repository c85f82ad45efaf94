package policy

import (
	"qunluo/internal/community"
	"qunluo/internal/learn"
)

// Starter is the book that people begin with: a preset with its charter, with what finds copies, complaints and what is learned in
// dry run, with members' reports, which only ask people, and with the question to newcomers ready to be switched on.
// community.CodeNotFound for an unknown name.
//
// A group that never published a book keeps to the preset's own rules (see [Library.Default]).
func Starter(preset string) (Book, error) {
	book, err := Default(preset)
	if err != nil {
		return Book{}, err
	}
	book.Rules = append(book.Rules,
		Rule{ID: "copies", Name: "复制刷屏", Kind: "copies", Mode: RuleDry, Reason: "请不要反复发同样的内容",
			Params: params(map[string]any{"minutes": copiesMinutes, "copies": copiesDefault, "senders": copiesSenders, "alone": copiesAlone})},
		Rule{ID: "across", Name: "跨群复制", Kind: "across", Mode: RuleDry, Reason: "请不要把同样的内容发到多个群",
			Params: params(map[string]any{"minutes": acrossMinutes, "copies": acrossCopies, "groups": acrossGroups, "senders": 1, "acts": false})},
		Rule{ID: "learned", Name: "学习判断", Kind: "learned", Mode: RuleDry, Reason: "请勿发广告或引流信息",
			Params: params(map[string]any{"model": learn.ShippedHash, "caution": cautionNormal, "acts": true, "hours": 24})},
		Rule{ID: "agree", Name: "群规确认", Kind: "confirm", Mode: RuleOff, Remind: true, Ladder: []Rung{{Actions: []string{ActRecall, ActWarn}}},
			Params: params(map[string]any{"keywords": []string{DefaultKeyword}, "text": DefaultConfirmText, "no_links": true, "no_media": true, "no_contact": true, "after": afterLimited, "again": againNone})},
		Rule{ID: "report", Name: "成员举报", Kind: "report", Mode: RuleLive, Params: params(defaultReport())}, // it only asks people
		Rule{ID: "opinion", Name: "舆情", Kind: "opinion", Mode: RuleDry, Params: params(map[string]any{})},
	)
	book.Charter = charters()[preset]
	return book, nil
}

// charters are the charters of the presets. Written for this project.
func charters() map[string]Charter {
	newcomer := Article{ID: "newcomer", Level: LevelBase, Title: "新人先熟悉一下", Body: "进群 24 小时内且发言未满 3 条时，暂时不能发链接和联系方式。先看看大家在聊什么，打个招呼吧。", Rules: []string{"newcomer"}}
	privacy := Article{ID: "privacy", Level: LevelExit, Title: "不泄露别人的隐私", Body: "未经本人同意，把别人的联系方式、照片或聊天截图发到群里群外的，移出。"}
	return map[string]Charter{
		PresetGeneral: {
			Intro: "这里是大家一起交流的地方。下面的规则对每个人都一样，每次处罚都会写明依据哪一版、哪一条。",
			Articles: []Article{
				{ID: "no-ads", Level: LevelBase, Title: "不发广告和引流信息", Body: "包括拉人、兼职刷单、贷款套现、要大家加微信领东西。想推荐什么，先问管理员。", Rules: []string{"ads", "learned"}},
				{ID: "no-flood", Level: LevelBase, Title: "不刷屏", Body: "不连续发大量消息，不换着花样反复发同一段话；夜里更要安静一些。", Rules: []string{"flood", "copies", "across"}},
				newcomer,
				{ID: "kind", Level: LevelValue, Title: "友善交流", Body: "对事不对人。不同意可以讲道理，不嘲讽，不攻击。"},
				{ID: "give", Level: LevelValue, Title: "得到帮助，也帮别人一次", Body: "提问说清背景，回答说清依据；问题解决了，回来说一声。"},
				{ID: "fraud", Level: LevelExit, Title: "不骗人，不违法", Body: "为诈骗、赌博、色情而来的，核实后移出，不再接受申请。"},
				privacy,
			},
		},
		PresetCommercial: {
			Intro: "欢迎来到我们的会员群。群里有优惠、有服务，也请一起守住安静和真实。",
			Articles: []Article{
				{ID: "no-ads", Level: LevelBase, Title: "不发与本群无关的广告和链接", Body: "包括其他商家的推广、拉人、刷单和未经允许的站外链接。", Rules: []string{"ads", "links", "learned"}},
				{ID: "no-flood", Level: LevelBase, Title: "不用广告刷屏", Body: "反复发同样的推广内容，第一次就会禁言。", Rules: []string{"ad-flood", "copies", "across"}},
				newcomer,
				{ID: "true", Level: LevelValue, Title: "说真实的体验", Body: "好的差的都可以说，请说自己用过的；有问题先找客服，我们会在群里回应。"},
				{ID: "help", Level: LevelValue, Title: "互相参考，互相帮忙", Body: "晒单、答疑、提建议，都是在帮后来的人。"},
				{ID: "poach", Level: LevelExit, Title: "不在群里挖人", Body: "私下加群友推销、拉到别的群的，核实后移出。"},
				privacy,
			},
		},
	}
}

// LadderPreset is a ladder that one click takes.
type LadderPreset struct {
	Name   string    `json:"name"`
	Title  [2]string `json:"title"`
	Ladder []Rung    `json:"ladder"`
}

// LadderPresets lists ready ladders: the four that operators know from 企业微信, and ours.
func LadderPresets() []LadderPreset {
	warn := Rung{Actions: []string{ActWarn}}
	return []LadderPreset{
		{"kick", words("踢出", "Remove"), []Rung{{Actions: []string{ActRemove}}}},
		{"warn-kick", words("警告并踢出", "Warn and remove"), []Rung{{Actions: []string{ActWarn, ActRemove}}}},
		{"warn3-kick", words("警告三次后踢出", "Three warnings, then remove"), []Rung{warn, warn, warn, {Actions: []string{ActRemove}}}},
		{"warn", words("仅警告", "Warn only"), []Rung{warn}},
		{"default", words("撤回并警告、禁言一天、移出", "Recall and warn, mute a day, remove"), DefaultLadder()},
	}
}

// LadderPresetNamed finds a ready ladder; community.CodeNotFound.
func LadderPresetNamed(name string) (LadderPreset, error) {
	for _, p := range LadderPresets() {
		if p.Name == name {
			return p, nil
		}
	}
	return LadderPreset{}, community.Errorf(community.CodeNotFound, "no ladder %q", name)
}
