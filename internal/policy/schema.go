package policy

import "qunluo/internal/community"

// BookFields describes a book. Rules hold RuleFields; a rule's params hold the Fields of its kind.
func BookFields() []Field {
	return []Field{
		{Name: "version", Title: words("版本", "Version"), Type: typeInt, Max: 1 << 31},
		{Name: "name", Title: words("名称", "Name"), Type: typeText, Max: 100},
		{Name: "mode", Title: words("模式", "Mode"), Type: typeChoice, Required: true, Default: "observe", Choices: []Choice{
			{string(community.Observe), words("观察：只记录，不处理", "Observe: record only")},
			{string(community.Live), words("启用", "Live")},
		}},
		{Name: "group", Title: words("群的叫法", "Name of the group"), Type: typeText, Max: 100,
			Help: words("文字中的 {group}", "stands for {group} in texts")},
		{Name: "zone", Title: words("时区", "Time zone"), Type: typeZone, Default: DefaultZone},
		{Name: "night", Title: words("夜间", "Night"), Type: typeObject, Fields: hoursFields()},
		{Name: "memory_days", Title: words("记分有效天数", "Days a strike lives"), Type: typeInt, Min: 1, Max: 3650, Default: DefaultMemoryDays},
		{Name: "removals_max", Title: words("每小时最多自动移出人数", "Automatic removals per hour"), Type: typeInt, Max: 1000, Default: DefaultRemovalsMax,
			Help: words("超过后需要有人确认；0 表示每次都要确认", "beyond it a person must confirm; 0 = always")},
		{Name: "removals_pct", Title: words("每小时最多自动移出成员的百分比", "Automatic removals per hour, percent of members"), Type: typeInt, Max: 100, Default: DefaultRemovalsPct,
			Help: words("至少允许一人；0 表示不按比例限制", "one is always allowed; 0 = no such limit")},
		{Name: "trust_gateway", Title: words("信任非官方接入：移出不等人放行", "Trust the unofficial gateway: remove unasked"), Type: typeBool, Help: words(
			"消息由第三方客户端转述，平台没有签名，群落无法核实。一条伪造或出错的消息就可能让无辜的人被移出，而移出收不回来。不勾选时，这类移出都等人点一下放行；对官方接入没有影响。",
			"What such a client says is signed by nobody and cannot be checked: one forged or broken message may remove an innocent member, and a removal cannot be taken back. Unless ticked, every such removal waits for a person's tap; official connections are not concerned.")},
		{Name: "ladder", Title: words("处罚阶梯", "Ladder"), Type: typeObjects, Max: maxRungs, Fields: rungFields()},
		{Name: "warn_text", Title: words("警告的文字", "Text of a warning"), Type: typeLong, Max: 500, Default: DefaultWarnText,
			Help: words("可用 {reason} {rung} {name} {group} {version} {article}；{article} 是条文的编号，如“第 2 条”", "may hold {reason} {rung} {name} {group} {version} {article}; {article} is the article's number, e.g. 第 2 条")},
		{Name: "removed_text", Title: words("移出后公示的文字", "Public notice of a removal"), Type: typeLong, Max: 500,
			Help: words("确认移出后才发；没做成就不发。可用 {name} {reason} {group} {version} {article}，留空不公示", "sent only once the removal is confirmed, never when it failed; may hold {name} {reason} {group} {version} {article}; empty = none")},
		{Name: "mask_names", Title: words("公示时隐去名字", "Mask names in public notices"), Type: typeBool},
		{Name: "allow", Title: words("白名单", "Allowlist"), Type: typeObject, Fields: []Field{
			{Name: "phrases", Title: words("词语", "Phrases"), Type: typeWords, Max: 10000},
			{Name: "hosts", Title: words("域名", "Domains"), Type: typeHosts, Max: 10000},
			{Name: "members", Title: words("成员", "Members"), Type: typeMembers, Max: 10000},
			{Name: "apps", Title: words("小程序 appid", "Mini-programs (appid)"), Type: typeApps, Max: 1000,
				Help: words("只对平台告诉了 appid 的小程序有效", "only where the platform tells the appid")},
		}},
		{Name: "read_pictures", Title: words("读图片里的二维码", "Read QR codes in pictures"), Type: typeBool, Help: words(
			"图片里的二维码（以及外部识别程序交来的文字）按同样的规则判断；锁了“图片里的二维码”时总是读",
			"QR codes in pictures (and words that an outside reader hands in) are judged by the same rules; a lock on QR codes reads them in any case")},
		{Name: "immune", Title: words("不受处罚的角色", "Immune roles"), Type: typeChoices, Choices: []Choice{
			{string(community.RoleOwner), words("群主", "Owner")},
			{string(community.RoleAdmin), words("管理员", "Admin")},
			{string(community.RoleStaff), words("工作人员", "Staff")},
			{string(community.RoleSelf), words("本系统账号", "Own accounts")},
			{string(community.RoleBot), words("机器人", "Bots")},
		}},
		{Name: "staff", Title: words("工作人员", "Staff members"), Type: typeMembers, Max: 1000},
		{Name: "charter", Title: words("公开的群规", "Charter"), Type: typeObject, Fields: CharterFields()},
		{Name: "rules", Title: words("规则", "Rules"), Type: typeObjects, Max: MaxRules, Fields: RuleFields()},
	}
}

// RuleFields describes what every rule has.
func RuleFields() []Field {
	return []Field{
		{Name: "id", Title: words("编号", "Id"), Type: typeID, Required: true},
		{Name: "name", Title: words("名称", "Name"), Type: typeText, Max: 100, Required: true},
		{Name: "kind", Title: words("种类", "Kind"), Type: typeText, Max: 40, Required: true},
		{Name: "mode", Title: words("状态", "Mode"), Type: typeChoice, Required: true, Default: RuleDry, Choices: []Choice{
			{RuleLive, words("启用", "Live")}, {RuleDry, words("试运行", "Dry run")}, {RuleOff, words("停用", "Off")},
		}},
		{Name: "ladder", Title: words("自己的处罚阶梯", "Its own ladder"), Type: typeObjects, Max: maxRungs, Fields: rungFields()},
		{Name: "start_rung", Title: words("从第几级开始", "Start at rung"), Type: typeInt, Max: maxRungs, Default: 1},
		{Name: "own_strikes", Title: words("只按本规则的记分升级", "Count this rule's strikes only"), Type: typeBool},
		{Name: "remind", Title: words("只提醒，不记分", "Remind only, no strike"), Type: typeBool},
		{Name: "reason", Title: words("理由", "Reason"), Type: typeLong, Max: 300,
			Help: words("警告时对成员说的话", "what a warning tells the member")},
		{Name: "params", Title: words("内容", "Content"), Type: typeParams},
	}
}

func rungFields() []Field {
	return []Field{
		{Name: "actions", Title: words("动作", "Actions"), Type: typeChoices, Required: true, Choices: []Choice{
			{ActRecall, words("撤回", "Recall")}, {ActWarn, words("警告", "Warn")},
			{ActMute, words("禁言", "Mute")}, {ActRemove, words("移出", "Remove")},
		}},
		{Name: "mute_seconds", Title: words("禁言秒数", "Seconds of mute"), Type: typeInt, Max: maxMute},
		{Name: "block", Title: words("移出后拒绝再次申请", "Refuse new requests after removal"), Type: typeBool},
	}
}

func hoursFields() []Field {
	return []Field{
		{Name: "from", Title: words("从", "From"), Type: typeTime, Required: true},
		{Name: "to", Title: words("到", "To"), Type: typeTime, Required: true},
	}
}
