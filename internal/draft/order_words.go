package draft

import (
	"sync"

	"qunluo/internal/lexicon"
)

// orderWords are words by which texts speak to a model instead of to people, and by which people hardly ever speak to each other: groups talk of models, too.
// Written for Qunluo.
var orderWords = []string{
	"忽略以上", "忽略上面", "忽略之前", "忽略前面", "忽略所有", "忽略你", "无视以上", "无视上面", "无视之前", "无视前面", "无视规则", "不要理会上面", "不用管上面", "忘记之前", "忘掉前面", "忘掉之前", "忘记上面", "推翻前面", "作废以上", "以上作废",
	"新的指令", "新指令", "最高指令", "系统指令", "系统提示", "开发者模式", "管理员模式", "越狱模式", "解除限制", "取消限制",
	"你现在是", "从现在起你", "从现在开始你", "请扮演", "你是一个ai", "作为一个ai", "作为语言模型", "给ai的", "给人工智能", "给模型的", "致ai", "致模型", "机器人听令", "总结机器人", "摘要机器人",
	"总结里写", "总结里加", "总结时", "摘要里写", "摘要里加", "精华里写", "精华里加", "日报里写", "日报里加", "写进精华", "写进日报", "写进总结", "写进摘要",
	"打印所有", "列出所有成员", "输出所有", "输出你", "重复上面", "复述上面", "原样输出", "逐字输出",
	"ignore previous", "ignore all", "ignore the above", "ignore above", "ignore your", "ignore these", "disregard", "forget everything", "forget the above", "forget previous", "forget your", "override your", "system prompt",
	"developer mode", "jailbreak", "you are now", "from now on you", "dear model", "dear ai", "note to ai", "attention ai", "hey ai",
	"in the summary", "in your summary", "in the digest", "in your digest", "in your answer", "in your output", "print all", "print the names", "list all members", "repeat the above", "repeat your", "your rules", "your instructions",
	"<|im_start|>", "end of data", "end of messages", "数据结束", "消息结束",
}

var orderMatcher = sync.OnceValue(func() *lexicon.Matcher {
	m, err := lexicon.Compile(orderWords)
	if err != nil {
		panic(err) // the list above is wrong
	}
	return m
})

// Orders reports whether a message looks as if it gave a model orders. It is left out of what a model is asked: a second wall only, for whoever writes an order in
// words of their own comes through it, and is stopped by what an answer may hold.
func Orders(text string) bool {
	var room [4]lexicon.Match
	return len(orderMatcher().Find(text, room[:0])) > 0
}
