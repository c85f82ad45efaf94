package policy

import (
	"encoding/json"

	"qunluo/internal/community"
)

// Names of presets.
const (
	PresetGeneral    = "general"
	PresetCommercial = "commercial"
)

// Preset is a book to begin with.
type Preset struct {
	Name    string    `json:"name"`
	Title   [2]string `json:"title"`
	Summary [2]string `json:"summary"`
}

// Presets lists the presets. The ladder and the memory of strikes are the same in all of them.
func Presets() []Preset {
	return []Preset{
		{PresetGeneral, words("通用", "General"),
			words("广告引流、刷屏、新人观察期、欢迎语；第三次违规移出。", "Advertising, flood, probation, welcome; the third strike removes.")},
		{PresetCommercial, words("商业社群", "Commercial"),
			words("在通用之上，广告刷屏第一次就禁言；链接须在白名单，先试运行。", "On top of general: ad flooding mutes at the first hit; links must be on the allowlist, as a dry run first.")},
	}
}

// Default makes the book of a preset, observing; community.CodeNotFound for another name.
func Default(preset string) (Book, error) {
	book := blank()
	book.Ladder, book.Immune = DefaultLadder(), DefaultImmune()
	switch preset {
	case PresetGeneral:
		book.Name = "通用群规"
		book.Rules = generalRules()
	case PresetCommercial:
		book.Name = "商业社群群规"
		book.Rules = commercialRules()
	default:
		return Book{}, community.Errorf(community.CodeNotFound, "no preset %q", preset)
	}
	return book, nil
}

func mustDefault(preset string) Book {
	book, err := Default(preset)
	if err != nil {
		panic(err)
	}
	return book
}

func generalRules() []Rule {
	return []Rule{
		adWords(1), probationRule(), floodRule(), welcomeRule(), helpRule(),
	}
}

func commercialRules() []Rule {
	ads := adWords(1)
	flood := Rule{
		ID: "ad-flood", Name: "广告刷屏", Kind: "flood", Mode: RuleLive, StartRung: 2,
		Reason: "本群禁止刷屏式广告",
		Ladder: []Rung{
			{Actions: []string{ActRecall, ActWarn}},
			{Actions: []string{ActRecall, ActMute}, MuteSeconds: daySeconds},
			{Actions: []string{ActRecall, ActRemove}},
		},
		Params: params(map[string]any{"windows": []floodWindow{
			{Seconds: 1, Messages: 5, NightMessages: 3},
			{Seconds: 60, Messages: 15, Same: 2, NightMessages: 8, NightSame: 1},
			{Seconds: 3600, Messages: 300, Same: 5, NightMessages: 100, NightSame: 3},
		}}),
	}
	links := Rule{
		ID: "links", Name: "站外链接", Kind: "link", Mode: RuleDry, Reason: "请勿发送未经允许的链接",
		Params: params(map[string]any{"allow": []string{"qq.com", "weixin.qq.com", "gov.cn", "edu.cn"}}),
	}
	return []Rule{ads, flood, links, probationRule(), welcomeRule(), helpRule()}
}

// adWords are advertisements as every group knows them. Written for this project; few, so that ordinary talk is safe.
func adWords(level int) Rule {
	return Rule{
		ID: "ads", Name: "广告引流", Kind: "keyword", Mode: RuleLive, Reason: "本群禁止广告引流",
		Params: params(map[string]any{"lists": []wordList{
			{Name: "引流", Level: level, Words: []string{
				"加我微信领", "加V领取", "加薇领取", "扫码进群领", "私我领资料", "免费领取资料加", "加微信看片", "主页有联系方式", "点我头像加",
			}},
			{Name: "刷单兼职", Level: level, Words: []string{
				"兼职刷单", "刷单返利", "手机兼职日结", "日入过千", "日结兼职", "在家兼职", "动动手指赚钱", "垫付返佣", "招打字员", "招点赞员",
			}},
			{Name: "贷款套现", Level: level, Words: []string{
				"无抵押秒批", "黑户可贷", "信用卡套现", "花呗套现", "代开发票", "低息贷款加",
			}},
			{Name: "赌博色情", Level: level, Words: []string{
				"网上赌场", "真人荷官", "澳门新葡京", "稳赚不赔带你", "六合彩内幕", "同城约炮", "上门服务小妹", "裸聊视频加",
			}},
		}}),
	}
}

func probationRule() Rule {
	return Rule{
		ID: "newcomer", Name: "新人观察期", Kind: "probation", Mode: RuleLive, Reason: "进群 24 小时内且发言未满 3 条时，暂时不能发链接和联系方式",
		Params: params(probation{Hours: 24, Messages: 3, NoLinks: true, NoContact: true}),
	}
}

func floodRule() Rule {
	return Rule{
		ID: "flood", Name: "刷屏", Kind: "flood", Mode: RuleLive, Reason: "请不要刷屏",
		Params: params(map[string]any{"windows": []floodWindow{
			{Seconds: 1, Messages: 5, NightMessages: 4},
			{Seconds: 60, Messages: 20, Same: 5, NightMessages: 15, NightSame: 4},
			{Seconds: 3600, Messages: 500, Same: 20, NightMessages: 300, NightSame: 12},
		}}),
	}
}

func welcomeRule() Rule {
	return Rule{
		ID: "welcome", Name: "欢迎新人", Kind: "welcome", Mode: RuleLive,
		Params: params(welcome{Coalesce: 5, Entries: []greeting{
			{Scene: "invite", Text: "欢迎 {name} 应朋友之邀来到{group}！先看看群规，有问题随时说。"},
			{Text: "欢迎 {name} 来到{group}！先看看群规，再和大家打个招呼吧。"},
		}}),
	}
}

func helpRule() Rule {
	return Rule{
		ID: "rules-reply", Name: "问群规", Kind: "reply", Mode: RuleLive,
		Params: params(reply{
			Match: matchExact, Patterns: []string{"群规", "看群规", "群规是什么"}, GroupCool: 30, MemberCool: 120,
			Text: "{group}的规则：不发广告和引流信息，不刷屏，友善交流。累计三次违规将被移出。",
		}),
	}
}

// params writes a kind's params. Empty fields are left out, as a person would.
func params(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values only
	}
	return raw
}
