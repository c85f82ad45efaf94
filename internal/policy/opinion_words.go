package policy

import (
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// The words of complaint: written for Qunluo, about goods, service and money. None is about politics.

// souring are words by which people complain.
var souring = strings.Fields(`
投诉 退款 退钱 退货 骗人 骗子 骗钱 被骗 受骗 上当 坑人 坑钱 坑爹 太坑 被坑 黑心 垃圾 差评 太差 很差 真差 好差 差劲 差得 失望 气死 气人 生气 火大 恼火 愤怒
受不了 忍不了 无语 太慢 慢死 崩了 崩溃 又崩 卡死 太卡 打不开 用不了 登不上 进不去 付不了 没人管 没人理 没人回 不处理 不解决 不回复 不理人 不退 拒退 不发货 没发货 没收到 收不到
坏了 又坏 破损 发霉 变质 假货 假的 质量差 服务差 态度差 太贵 乱收费 多收 多扣 乱扣 重复扣款 涨价 维权 曝光 举报 忽悠 不满 恶心 烦死 离谱 过分 敷衍 推卸 推脱 踢皮球 拖了 拖延
再也不 后悔 后悔买 不靠谱 不负责 不讲信用 说话不算话 虚假 货不对板 缩水 偷工减料 要个说法 给个说法 什么态度 什么破 太烂 很烂 真烂 烂透 吃相难看 割韭菜 霸王条款 欺负人 耍我们 糊弄
refund refunded scam scammed scammer fraud ripoff complaint complain complaining terrible awful horrible worst disappointed disappointing useless garbage trash rubbish unacceptable ridiculous
angry furious annoyed annoying pathetic cheated overcharged rude misleading disgusting outrageous appalling shoddy
`)

// souringPhrases are those of several words.
var souringPhrases = []string{"rip off", "fed up", "let down", "waste of money", "waste of time", "never again", "no response", "still waiting", "not acceptable", "keeps crashing", "stopped working", "does not work", "doesn't work", "poor quality", "poor service", "customer service is"}

// denying are what takes a word of complaint back when it stands right before it.
var denying = []string{"不", "没", "没有", "别", "不要", "不用", "不会", "不算", "不是", "并不", "并非", "毫不", "从不", "从没", "无需", "not ", "no ", "never ", "isn't ", "wasn't ", "not a ", "no need to ", "don't ", "didn't ", "hardly "}

var soured = func() *lexicon.Matcher {
	m, err := lexicon.Compile(append(append([]string{}, souring...), souringPhrases...))
	if err != nil {
		panic(err) // the words stand above: cannot happen
	}
	return m
}()

// souringSpans are where a text complains, words that are denied left out.
func souringSpans(text string) []community.Span {
	var out []community.Span
	for _, m := range soured.Find(text, nil) {
		if !denied(text[:m.Span.Start]) {
			out = append(out, m.Span)
		}
	}
	return out
}

// denied reports whether what stands before a word takes it back.
func denied(before string) bool {
	before = strings.ToLower(before)
	for _, d := range denying {
		if strings.HasSuffix(before, d) {
			return true
		}
	}
	return false
}

// isSour reports whether a text complains.
func isSour(text string) bool { return len(souringSpans(text)) > 0 }

// fillers are characters that name nothing: a pair with one of them is no subject.
var fillers = runeSet("的了吗呢吧啊呀哦哈嗯是我你他她它们在有就都也还很太真好又再不没别这那哪什么怎样为因所以如果但而且和与或个一二两三几多少点些次下上里外前后来去到过着把被让给对从向比跟说看想要能可以吃呵嘿么最")

func runeSet(s string) map[rune]bool {
	out := map[rune]bool{}
	for _, r := range s {
		out[r] = true
	}
	return out
}

// namesNothing are terms that everybody uses about everything.
var namesNothing = func() map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(`
大家 现在 今天 昨天 明天 时候 时间 知道 觉得 感觉 问题 东西 事情 已经 然后 其实 应该 只是 直接 自己 别人 有人 没人 谁知 真是 确实 起来 出来 怎么 什么 这样 那样 这么 那么 谢谢 你好 请问 求助 终于 居然 竟然 根本 完全 一直 突然 还是
the and you for that this with have not are was but what your can all just from they get has out how who its now one why when will would there then them some any got does did don been more were too our about like know think really very still again people please thanks yes lol
http https www com org net html php
`) {
		out[w] = true
	}
	return out
}()
