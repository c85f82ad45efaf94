package view

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

// Gallery holds one value of each component of the kit, with awkward words: long, without spaces, reversing.
type Gallery struct {
	Head    ui.Head
	Filters ui.Filters
	Table   ui.Table
	None    ui.Table
	Failed  ui.Table
	Stats   []ui.Number
	Lines   ui.Graph
	Heat    ui.Graph
	Flat    ui.Graph
	Steps   []ui.Step
	Talk    []ui.Line
	Diff    []ui.Change
	Reasons []ui.Reason
	Tasks   []ui.Task
	Marks   []ui.Ability
	Confirm ui.Confirm
	Flashes []ui.Flash
	Drop    ui.FileDrop
	Inputs  []ui.Input
	Range   ui.Range
	Tabs    []ui.Tab
	Facts   []ui.Option
}

// NewGallery invents the values; now in UTC ms.
func NewGallery(now int64) Gallery {
	const minute, long = 60_000, "Qunluo-一个很长很长而且没有空格的名字ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	reason := ui.Reason{Rule: "no-ads", Kind: "keyword", Version: 3, Why: "“加微信”"}
	hour := make([]string, 24)
	heat := make([][]int64, 7)
	for d := range heat {
		heat[d] = make([]int64, 24)
		for h := range hour {
			hour[h] = string(rune('0'+h/10)) + string(rune('0'+h%10))
			heat[d][h] = int64((d*7 + h*h*3) % 40)
		}
	}
	days := []string{"11-17", "11-18", "11-19", "11-20", "11-21", "11-22", "11-23"}
	rows := []ui.Row{
		{ID: "1", Link: "#", Cells: []templ.Component{ui.Two("老周", "产品交流群"), ui.Figure(1234), ui.When(now - 5*minute), ui.AbilityMark(ui.Ability{Level: "native"})}, Actions: ui.ConfirmButton(ui.Opener{Target: "ask", Text: "移出", Icon: "user-minus", Danger: true, Small: true})},
		{ID: "2", Link: "#", Cells: []templ.Component{ui.Name("\u202eevil\u202c <b>" + long), ui.Figure(0), ui.When(now - 3*86400_000), ui.AbilityMark(ui.Ability{Level: "human", Note: "机器人不是管理员"})}},
	}
	columns := []ui.Column{{Title: "成员", Sort: "#", Dir: "asc"}, {Title: "消息数", Sort: "#", Num: true}, {Title: "最后发言", Hide: true}, {Title: "能力"}}
	return Gallery{
		Head:    ui.Head{Title: "UI " + long, Back: "#", Sub: "sub"},
		Filters: ui.Filters{Action: "/dev/ui", Clear: "#", Fields: []ui.Filter{{Kind: "text", Name: "a", Label: "名字"}, {Kind: "select", Name: "b", Label: "群", Options: []ui.Option{{Text: "不限"}, {Value: "1", Text: long}}}, {Kind: "date", Name: "c", Label: "从"}, {Kind: "check", Name: "d", Label: "从未发言", Value: "1"}}},
		Table:   ui.Table{Label: "rows", Columns: columns, Rows: rows, Select: "m", Form: "ask-form", Pager: &ui.Pager{From: 1, To: 2, Total: 20000, Over: true, Next: "#", Prev: "#", Export: "#"}},
		None:    ui.Table{Empty: ui.Empty{Icon: "users", Title: "还没有成员", Text: "连接一个平台，或导入聊天记录。", Button: "导入", Link: "#"}},
		Failed:  ui.Table{Err: &ui.Panel{Title: "读不出来", Text: "数据库正忙，请稍后再试。", Code: "busy", Request: "ABC", Button: "重试", Link: "#"}},
		Stats:   []ui.Number{{Label: "消息", Value: "12,345", Unit: "条", Note: "近 7 天"}, {Label: "发言人数", Value: "321", Unit: "人", Note: "近 7 天，+12%", Tone: "good", Link: "#"}, {Label: "待审", Value: "3", Tone: "bad"}},
		Lines:   ui.Graph{ID: "g-lines", Title: "趋势", Kind: "lines", Labels: days, Unit: "条", Series: []ui.Series{{Name: "消息（条）", Data: []int64{120, 80, 200, 150, 90, 300, 170}}, {Name: "发言人数（人）", Data: []int64{12, 9, 21, 15, 11, 25, 19}, Right: true}}},
		Heat:    ui.Graph{ID: "g-heat", Title: "热力图", Kind: "heat", Labels: hour, Rows: []string{"周一", "周二", "周三", "周四", "周五", "周六", "周日"}, Heat: heat, Unit: "条"},
		Flat:    ui.Graph{ID: "g-flat", Title: "空", Kind: "lines", Labels: days, Series: []ui.Series{{Name: "消息", Data: make([]int64, 7)}}, Empty: ui.Empty{Title: "这 7 天没有消息"}},
		Steps:   []ui.Step{{At: now, Icon: "volume-off", Title: "禁言 10 分钟", Actor: "规则", Text: "原文在上一条", Reason: &reason, Tone: "warning"}, {At: now - 9*minute, Icon: "message", Title: "发言", Text: long}},
		Talk:    []ui.Line{{ID: "m1", At: now - 2*minute, Name: "阿明", Parts: []ui.Part{{Text: "今晚直播几点？"}}}, {ID: "m2", At: now, Name: long, Focus: true, Recalled: true, Parts: []ui.Part{{Text: "想赚钱的"}, {Text: "加微信", Hit: true}, {Text: " abc123 " + long}}}, {ID: "m3", At: now, Name: "小林", Erased: true}},
		Diff:    []ui.Change{{Op: " ", Text: "rules:"}, {Op: "-", Text: "  mute 600"}, {Op: "+", Text: "  mute 86400"}},
		Reasons: []ui.Reason{reason, {Rule: long, Kind: "flood", Version: 12, Why: "60s 12>10", Dry: true}},
		Tasks: []ui.Task{
			{ID: "t1", What: "从 产品交流3群 移出 张三", Why: "这个平台不让程序移出成员。", Reason: &reason, Text: "请遵守群规，多次发广告已移出。", TextLabel: "发给本人的话", Target: "张三 (10086)", Group: "产品交流3群", Platform: "微信", Evidence: []ui.Part{{Text: "想赚钱的"}, {Text: "加微信", Hit: true}}, Asked: 2, Created: now, Due: now + 5*minute, Left: "还剩 5 分钟", Share: 80, State: "open", Done: "#", Refuse: "#", Claim: "#"},
			{ID: "t2", What: "发公告 " + long, Why: long, Group: long, State: "done", Closed: "林晓 完成于 2026-11-23 16:00"},
		},
		Marks:   []ui.Ability{{Level: "native"}, {Level: "assisted"}, {Level: "human", Note: "机器人不是管理员"}, {Level: "none"}},
		Confirm: ui.Confirm{ID: "ask", Title: "移出成员", Object: long, Effect: "将移出 3 人，其中 1 人为核心成员。移出后可以撤销记分，但人要重新入群。", Action: "#", Button: "移出 3 人", Danger: true, Reason: "原因", Need: true},
		Flashes: []ui.Flash{{Kind: "ok", Text: "已禁言 张三 10 分钟。", Undo: "#"}, {Kind: "warning", Text: "已生成待办给 林晓。"}, {Kind: "danger", Text: long}},
		Drop:    ui.FileDrop{Action: "#", Name: "file", Label: "聊天记录文件", Help: "最大 512 MB", Button: "上传并预览"},
		Inputs:  []ui.Input{{Name: "x", Label: "名字", Value: long, Err: "太长了", Help: "最多 20 个字"}, {Kind: "select", Name: "y", Label: "选择", Options: []ui.Option{{Value: "1", Text: "一"}}}, {Kind: "area", Name: "z", Label: "正文", Value: "{}", Mono: true}, {Kind: "check", Name: "w", Label: "同意", Value: "1"}},
		Range:   ui.Range{Label: "days", Options: []ui.Tab{{Text: "今天", Link: "#"}, {Text: "近 7 天", Link: "#", Here: true}, {Text: "近 30 天", Link: "#"}}},
		Tabs:    []ui.Tab{{Text: "概况", Link: "#", Here: true}, {Text: "成员", Link: "#", Count: 3}, {Text: "群规", Link: "#"}},
		Facts:   []ui.Option{{Value: "平台", Text: "QQ"}, {Value: "名字", Text: long}},
	}
}
