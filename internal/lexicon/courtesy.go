package lexicon

import (
	"strconv"
	"strings"
	"sync"
)

// courtesies are what many people say in the same words, one after the other, without anybody flooding: thanks, wishes,
// answers to a roll call. A text that consists
// of little else has no print.
var courtesies = sync.OnceValue(func() *Matcher {
	m, err := Compile(strings.Fields(courtesyWords))
	if err != nil {
		panic(err) // the list below is wrong
	}
	return m
})

const courtesyWords = `
收到 已收到 已阅 已读 知道了 明白 明白了 了解 了解了 好的 好滴 好嘞 没问题 确认 同意 赞成 不同意 已完成 已填 已填写 已提交 已交 已接龙 已打卡 已报名 已签到 已投 已投票
打卡 签到 报到 接龙 报名 加一 不参加 请假 谢谢 感谢 多谢 非常感谢 谢啦 谢谢您 感谢分享 谢谢分享 感谢老师 辛苦 辛苦了 您辛苦了 麻烦了 费心 费心了 不客气 客气了
老师 家长 班主任 校长 群主 管理员 大家 各位 亲们 朋友们 小伙伴们 同学们 家人们 邻居们 物业 领导 大佬 前辈 师傅 医生 教练
你好 您好 大家好 各位好 早上好 早安 上午好 中午好 下午好 晚上好 晚安 周末愉快 欢迎 热烈欢迎 欢迎欢迎 欢迎新人 欢迎加入 新人 新朋友 新成员 本群 我们群 大家庭
恭喜 恭喜恭喜 祝贺 祝福 祝愿 祝您 祝你 祝大家 快乐 生日快乐 节日快乐 新年快乐 新年好 春节快乐 过年好 元旦快乐 元宵节快乐 端午安康 端午节快乐 中秋快乐 中秋节快乐 国庆快乐 国庆节快乐
教师节快乐 母亲节快乐 父亲节快乐 儿童节快乐 妇女节快乐 女神节快乐 圣诞快乐 劳动节快乐 万事如意 身体健康 阖家幸福 阖家欢乐 合家欢乐 平安 平安喜乐 心想事成 恭喜发财 大吉大利 吉祥如意
岁岁平安 年年有余 龙马精神 步步高升 财源广进 学业有成 学业进步 金榜题名 旗开得胜 马到成功 一切顺利 顺顺利利 早日康复 美满 百年好合 早生贵子 新婚快乐 越来越好 越来越漂亮
加油 加油加油 厉害 太厉害了 真棒 太棒了 棒棒的 优秀 太优秀了 点赞 鼓掌 撒花 抱抱 一路走好 节哀 节哀顺变 默哀 致敬 永远怀念 哈哈 哈哈哈 呵呵 嘻嘻 嘿嘿 嗯嗯 哦哦 啊啊 呜呜
 谢谢红包 谢谢老板 感谢群主 已转发 已关注 学习了 收藏了 完成`

// IsRollCall reports whether a text is a list that grows from one member's message to the next (接龙): a line that says so,
// and numbered entries below it.
func IsRollCall(text string) bool {
	head, rest, ok := strings.Cut(text, "\n")
	if !ok || !strings.Contains(head, "接龙") {
		return false
	}
	next := 1
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
		if n, err := strconv.Atoi(line[:digits]); err == nil && n == next && len(line) > digits {
			next++
		}
	}
	return next > 1
}
