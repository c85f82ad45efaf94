package importer

// Reasons of bad rows: codes in BadRow.Why, worded for people by badWords.
const (
	badBefore  = "before_first_message"
	badColumns = "wrong_columns"
	badDepth   = "nested_too_deep"
	badHeader  = "second_header"
	badID      = "no_id"
	badJSON    = "not_json"
	badKind    = "unknown_kind"
	badLong    = "too_long"
	badNumber  = "not_a_number"
	badQuote   = "open_quote"
	badRounded = "rounded_by_spreadsheet"
	badSender  = "no_sender"
	badShape   = "unknown_shape"
	badText    = "not_a_text"
	badTime    = "impossible_time"
	badType    = "type_not_importable"
)

// badWords are the reasons in Chinese and English.
var badWords = map[string][2]string{
	badBefore:  {"在第一条消息之前的文字", "words before the first message"},
	badColumns: {"列数不对", "wrong number of columns"},
	badDepth:   {"嵌套过深", "nested too deep"},
	badHeader:  {"又一个文件头", "a second header"},
	badID:      {"缺少编号", "no id"},
	badJSON:    {"不是有效的 JSON 对象", "no valid JSON object"},
	badKind:    {"未知的 _type", "unknown _type"},
	badLong:    {"超过 1 MiB", "longer than 1 MiB"},
	badNumber:  {"应为整数", "not a whole number"},
	badQuote:   {"引号没有闭合，或其后还有文字", "a quoted cell is not closed, or text follows it"},
	badRounded: {"时间被电子表格改成了近似值", "the time was rounded by a spreadsheet"},
	badSender:  {"缺少发送者编号", "no sender id"},
	badShape:   {"看不懂的一行", "a line of unknown shape"},
	badText:    {"应为文字", "not a text"},
	badTime:    {"时间缺失或不可能", "the time is missing or impossible"},
	badType:    {"不可导入的事件类型", "a kind of event that is not imported"},
}

// fixWords are what was put right on the way (UnitReport.Fixes), in Chinese and English.
var fixWords = map[string][2]string{
	"cut":              {"过长文字截断", "long texts cut"},
	"doubtful_header":  {"疑似伪造的消息头", "words that imitate a message header"},
	"gb18030":          {"按 GB18030 解码的行", "lines decoded as GB18030"},
	"id_spoiled":       {"被电子表格损坏的编号", "ids spoiled by a spreadsheet"},
	"invalid_replaced": {"替换无效字符", "invalid characters replaced"},
	"latin1":           {"按 Latin-1 解码的行", "lines decoded as Latin-1"},
	"name_cut":         {"过长名称截断", "long names cut"},
	"nul_replaced":     {"替换空字符", "NUL characters replaced"},
	"time_of_file":     {"名单没有写时间：用文件的修改时间（--at 可指定）", "lists without a time: when the file was last written (--at says otherwise)"},
	"number_as_text":   {"写成文字或小数的整数", "whole numbers written as text or with a fraction"},
	"type_missing":     {"缺少类型", "types missing"},
}
