package bench

import (
	"math/rand/v2"
	"strings"
)

// speaker makes chat lines: words by rank frequency out of a small vocabulary, about 29 characters a line, with marks,
// digits, Latin words and faces as they occur in groups. The same seed gives the same lines.
type speaker struct {
	chance *rand.Rand
	ranks  *rand.Zipf
	words  []string
	banned []string
	b      strings.Builder
}

func newSpeaker(seed uint64) *speaker {
	chance := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	words := vocabulary()
	return &speaker{chance: chance, ranks: rand.NewZipf(chance, 1.15, 6, uint64(len(words)-1)), words: words, banned: bannedWords()}
}

// line is one message; banned puts a word of the rulebook's list in its middle.
func (s *speaker) line(banned bool) string {
	s.b.Reset()
	n := 4 + s.chance.IntN(19)
	for i := range n {
		if banned && i == n/2 {
			s.b.WriteString(s.banned[s.chance.IntN(len(s.banned))])
		}
		s.word(i, n)
	}
	s.b.WriteString(endings()[s.chance.IntN(len(endings()))])
	return s.b.String()
}

func (s *speaker) word(i, n int) {
	switch r := s.chance.IntN(100); {
	case r < 5 && i > 1 && i < n-2:
		s.b.WriteString("，")
	case r < 7:
		s.b.WriteByte(byte('1' + s.chance.IntN(9)))
		s.b.WriteByte(byte('0' + s.chance.IntN(10)))
	case r < 9:
		s.b.WriteString(latin()[s.chance.IntN(len(latin()))])
	default:
		s.b.WriteString(s.words[s.ranks.Uint64()])
	}
}

func endings() []string {
	return []string{"", "", "", "", "。", "？", "！", "哈哈哈", "😂", "[捂脸]", "~", "……", "👍"}
}

func latin() []string {
	return []string{"ok", "PPT", "Go", "wifi", "APP", "vlog", "offer", "bug", "Excel", "demo"}
}

// vocabulary is in the order of rank: little words first.
func vocabulary() []string {
	return strings.Fields(`的 我 了 是 你 不 在 有 就 吧 吗 这个 都 也 还 大家 今天 没有 一下 可以 什么 怎么 知道 那个 现在 我们 他们
 觉得 时候 明天 一个 已经 还是 自己 因为 所以 但是 如果 应该 真的 好像 昨天 晚上 早上 中午 下午 周末 孩子 老师 同学 朋友 家里 公司
 上班 下班 吃饭 睡觉 回家 出门 地铁 公交 开车 下雨 天气 好吃 便宜 好看 喜欢 想要 需要 准备 开始 结束 以后 之前 后来 刚才 马上 一起
 谢谢 辛苦 请问 麻烦 帮忙 看看 试试 问问 说说 听说 记得 忘了 找到 收到 发给 打开 下载 手机 电脑 图片 视频 文件 表格 链接里 群里 通知
 活动 报名 时间 地点 集合 路线 装备 徒步 爬山 跑步 读书 写作 打卡 作业 课程 直播 回放 资料 练习 考试 成绩 项目 方案 需求 客户 开会
 讨论 问题 办法 经验 分享 推荐 总结 计划 目标 习惯 坚持 进步 加油 厉害 不错 有意思 没关系 不客气 随便 差不多 一般 可能 大概 其实
 确实 当然 反正 突然 终于 一直 经常 偶尔 从来 越来越 特别 非常 比较 有点 稍微 几乎 完全 根本 到底 究竟 难道 居然 果然 毕竟 幸好
 北京 上海 杭州 成都 深圳 西湖 灵隐 龙井 茶园 山顶 湖边 公园 超市 菜场 医院 学校 图书馆 咖啡 奶茶 火锅 面条 米饭 水果 西瓜 苹果
 小猫 小狗 阳台 种花 多肉 月季 绿萝 浇水 施肥 换盆 拍照 相机 镜头 光线 构图 后期 滤镜 音乐 电影 小说 历史 哲学 心理 经济 新闻`)
}

// bannedWords is the list of a thousand: what advertisements offer, in what way. None of it occurs in ordinary lines.
func bannedWords() []string {
	how := strings.Fields(`代办 代开 低价 高价 私聊 专业 正规 快速 当天 秒批 包过 内部 独家 渠道 团队 全网 诚信 上门 免押 长期`)
	what := strings.Fields(`刷单 套现 贷款 提额 发票 办证 学历 职称 挂靠 返利 彩票 博彩 投注 荷官 棋牌 外围 约会 陪聊 信用卡 花呗 白条 解冻 洗白
 跑分 开户 引流 涨粉 刷赞 买量 代购烟 仿表 高仿包 假币 迷药 窃听 定位查 开房记录 查档 私家侦探 替考 助考 论文枪手 减肥药 增高药 壮阳 祛斑
 股票群 牛股 外汇群 期货群`)
	list := make([]string, 0, len(how)*len(what))
	for _, h := range how {
		for _, w := range what {
			list = append(list, h+w)
		}
	}
	return list
}
