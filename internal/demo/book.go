package demo

import "strings"

// WordList is a category of phrases for the demo's keyword rules.
type WordList struct {
	Category string    // ad, fraud, contact, gamble
	Title    [2]string // Chinese, English
	Words    []string
}

// Reply answers a question that contains one of Keys.
type Reply struct {
	Name string // stable, for a rule id
	Keys []string
	Text string
}

// Welcome greets those who came in by a way. The greeting mentions the newcomer before Text, so Text names nobody.
type Welcome struct {
	Scene string // qr, invite, link; "" = every other
	State string // the code's mark; "" = any
	Text  string
}

// Keywords are the phrases that the demo's rulebook forbids, about two hundred, written for this project. No ordinary
// sentence of the demo contains one of them, except where a false hit is part of the story.
func Keywords() []WordList {
	lists := parseLists(read("words.txt"))
	out := []WordList{
		{Category: "ad", Title: [2]string{"广告推广", "Advertising"}},
		{Category: "fraud", Title: [2]string{"诈骗话术", "Fraud"}},
		{Category: "contact", Title: [2]string{"私下引流", "Luring away"}},
		{Category: "gamble", Title: [2]string{"赌博", "Gambling"}},
	}
	for i := range out {
		for _, row := range lists[out[i].Category] {
			out[i].Words = append(out[i].Words, strings.Fields(row)...)
		}
	}
	return out
}

// AllowedDomains are the demo's own link targets.
func AllowedDomains() []string { return []string{"qingwu.example", "bijixia.example"} }

// Replies are the demo's keyword replies, most specific first.
func Replies() []Reply {
	return []Reply{
		{"rules", []string{"入群须知", "群规", "有什么要注意"}, "【入群须知】\n1. 改群昵称：昵称_城市_职业\n2. 平时不发推广，周五 20:00 自荐时间随意\n3. 违规第一次撤回并提醒，第二次禁言一天，第三次移出；判错了 @小满 或 @老周，可以撤销\n4. 可以潜水，可以冒泡，不可以吵架过夜"},
		{"live", []string{"直播时间", "几点直播", "周三直播"}, "【直播答疑】每周三 20:00，主群文字直播，社长逐条回答。来不了的可以提前把问题发在群里，整理版次日放资料库：https://qingwu.example/live"},
		{"library", []string{"资料在哪", "领资料", "资料库在哪", "有合集吗", "翻往期"}, "【资料库】书单、笔记模板、早报往期、直播整理都在这里：https://qingwu.example/library\n找不到的直接在群里问，总有人记得"},
		{"checkin", []string{"怎么打卡", "打卡格式"}, "【打卡格式】Day 几｜书名 页码｜一句话。断了不用补，接着写就行。打卡在「每日练笔打卡营」，想进的找小满拉"},
		{"submit", []string{"往哪儿投", "投稿邮箱", "怎么投稿"}, "【投稿】习作选每两周一期，稿子发到 https://qingwu.example/submit ，写清标题和群昵称。老周会用红笔回复，请有心理准备"},
		{"refund", []string{"收费吗", "要交钱吗"}, "本群不收费，也没有内部群。任何人以本社名义找你收钱，都是骗子，请直接 @小满"},
		{"bot", []string{"你是机器人吗", "小助手是谁"}, "我是青梧小助手，负责欢迎、答疑和维持秩序。写诗不会，撤回很快。"},
	}
}

// Welcomes are the demo's greetings by source; the first that fits is meant.
func Welcomes() []Welcome {
	return []Welcome{
		{"qr", "campaign-7days", "欢迎加入七日共读营！每天读一点、说一句就算完成，跟不上不要紧。先发「入群须知」看看规则，今晚 19:30 开读～"},
		{"qr", "live-wed", "欢迎！在直播里见过的朋友，终于坐到一张桌子上了。下一场还是周三 20:00，问题可以先攒着"},
		{"qr", "poster-reading", "欢迎！被海报上那句「慢慢写好」带来的人，都是同路人。先改个群昵称：昵称_城市_职业，再发「入群须知」看看"},
		{"qr", "", "欢迎来到青梧读写社！先改群昵称：昵称_城市_职业，发「入群须知」看规则，发「怎么打卡」看格式。不用急着说话，先坐会儿"},
		{"invite", "", "欢迎！朋友带来的朋友，直接坐前排。发「入群须知」看规则，周三 20:00 有直播答疑"},
		{"link", "", "欢迎，从文章走到群里不容易。本群平时不发推广，周五 20:00 是自荐时间；规则请发「入群须知」"},
		{"", "", "欢迎新朋友！发「入群须知」看规则，早报每天 8:00，直播每周三 20:00"},
	}
}
