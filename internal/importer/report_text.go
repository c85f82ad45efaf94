package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
)

// words are the report's words in one language.
type words struct {
	lang int // 0 Chinese, 1 English
	unit, format, span, zone, rows, kinds, events, members, own, bad, gaps, sentences, fixes, skips, ignored, reserved,
	completed, needZone, needGroup, total, dry, stopped, ambiguous, place, into, near, nearKept, nearRow, live, roster, firstRoster string
	hows    map[string]string
	targets map[string]string
	reasons map[string]string
	skip    map[string]string
	types   map[string]string
}

func reportWords(lang string) words {
	if strings.HasPrefix(lang, "zh") {
		return words{
			completed: "补全：%d 条，上次复制时断在中间；不算新消息",
			near:      "相近：%d 条没有写入。别的工具（或连接）已带来同一人、同一秒、同类内容的记录，只是写法不同；用 --near keep 可以都留下",
			nearKept:  "相近：%d 条，已按要求全部留下", nearRow: "%s %s：%s ｜ 已有（%s）：%s", live: "连接",
			roster: "名单（%s）：%d 人；与 %s 的名单相比，新来 %d，不见了 %d，存疑 %d", firstRoster: "名单（%s）：%d 人，是这个群的第一份名单",
			into: "放进群", targets: map[string]string{TargetChosen: "操作者选定", TargetNew: "新建", TargetRemembered: "沿用上次导入的选择"},
			unit: "会话", format: "格式", span: "时间范围", zone: "时区", rows: "共 %d 行，另派生 %d 个事件 = 新增 %d + 重复 %d + 相近 %d + 有意跳过 %d + 坏行 %d",
			kinds: "原始类型", events: "事件", members: "成员：%d 人有稳定编号，%d 人只知其名", own: "导出工具自报 %d 条消息，实读 %d 条", bad: "坏行", gaps: "沉默过长：%d 处（中位间隔的 10 倍以上）",
			sentences: "系统提示：%d 条未识别，%d 条不能确定是谁", fixes: "顺手修正", skips: "跳过", ignored: "未导入的文件和会话", reserved: "有保留",
			needZone: "文件没有时区，暂按 %s 计算并注明为猜测；可用 --zone 指定", needGroup: "文件没有群编号，以名称代替；可用 --group 指定",
			total: "合计", dry: "试运行：未写入任何内容", stopped: "读取中断", ambiguous: "有 %d 个本地时间出现两次，取第一次", place: "第 %d 行",
			hows:    map[string]string{"file": "文件给出", "given": "操作者指定", "dialect": "该格式的约定", "derived": "由文件中的两种时间推出", "guessed": "猜测"},
			reasons: map[string]string{ReservedBad: "坏行超过 1%", ReservedTotal: "与导出工具自报的总数不符", ReservedError: "没有读完", ReservedNear: "有相近的记录等人决定", ReservedFiles: "少了文件"},
			skip: map[string]string{"empty": "空行", "header": "表头", "comment": "注释", "private": "私聊", "own_export": "本系统导出的成员表", "other_chat": "其他会话",
				"no_export_time": "没有导出时间的成员", "too_many_members": "成员过多", skipRejoin: "离开后 24 小时内回来（在线状态）", skipNetsplit: "一分钟内多人掉线（网络分裂）", "mark": "日期标记", "listed": "名单上的成员", "same_member": "名单上重复的"},
			types: map[string]string{string(community.MessageCreated): "消息", string(community.MessageDeleted): "撤回", string(community.MessageEdited): "编辑",
				string(community.MemberJoined): "入群", string(community.MemberLeft): "离群", string(community.MemberUpdated): "成员资料", string(community.MemberInvited): "邀请",
				string(community.MemberMuted): "禁言", string(community.GroupUpdated): "群资料", string(community.SystemText): "系统提示", string(community.RosterRead): "成员名单",
				string(community.JoinRequested): "入群申请", string(community.JoinHandled): "申请处理"},
		}
	}
	return words{
		lang: 1, place: " row %d",
		completed: "completed: %d that an earlier copy had cut; they are no new messages",
		near:      "near-matches: %d, not written. Another program (or a connection) brought the same person's words of that second and kind, rendered differently; --near keep takes them too",
		nearKept:  "near-matches: %d, taken as asked", nearRow: "%s %s: %s | there (%s): %s", live: "connection",
		roster: "list of members (%s): %d; against that of %s: %d new, %d gone, %d doubtful", firstRoster: "list of members (%s): %d, the first of this group",
		into: "into the group", targets: map[string]string{TargetChosen: "chosen by the operator", TargetNew: "new", TargetRemembered: "as chosen at an earlier import"},
		unit: "Chat", format: "format", span: "span", zone: "zone", rows: "%d rows and %d further events = %d added + %d duplicates + %d near-matches + %d skipped on purpose + %d bad",
		kinds: "original types", events: "events", members: "members: %d with a stable id, %d known by name only", own: "the exporter counts %d messages, we read %d", bad: "bad rows",
		gaps: "long silences: %d (over 10 times the median)", sentences: "system sentences: %d not understood, %d without certainty about who", fixes: "put right",
		skips: "skipped", ignored: "files and chats not imported", reserved: "with reservations",
		needZone:  "the file gives no zone: read as %s and marked as guessed; set it with --zone",
		needGroup: "the file gives no group id: the name stands for it; set it with --group",
		total:     "total", dry: "dry run: nothing was written", stopped: "stopped", ambiguous: "%d local times exist twice; the first reading was taken",
		hows:    map[string]string{"file": "given by the file", "given": "given by the operator", "dialect": "documented for the format", "derived": "derived from two kinds of time in the file", "guessed": "guessed"},
		reasons: map[string]string{ReservedBad: "more than 1 % bad rows", ReservedTotal: "differs from the exporter's own total", ReservedError: "not read to the end", ReservedNear: "near-matches wait for a decision", ReservedFiles: "files are missing"},
		skip: map[string]string{"empty": "blank", "header": "head", "comment": "comment", "private": "private chat", "own_export": "member list of our own export",
			"other_chat": "other chat", "no_export_time": "members without an export time", "too_many_members": "too many members", skipRejoin: "back within 24 h (presence)", skipNetsplit: "many gone within a minute (netsplit)", "mark": "date mark", "listed": "members on the list", "same_member": "on the list twice"},
	}
}

// Text is the report for people, Chinese for lang "zh…", else English. Times are shown in the unit's zone where it is
// known, else in UTC.
func (r *Report) Text(lang string) string {
	w := reportWords(lang)
	var b strings.Builder
	if r.DryRun {
		b.WriteString(w.dry + "\n")
	}
	for i := range r.Units {
		r.Units[i].text(&b, w, strings.HasPrefix(lang, "zh"))
	}
	for i, f := range r.Ignored {
		if i == 0 {
			fmt.Fprintf(&b, "%s: %d\n", w.ignored, len(r.Ignored))
		}
		if i == 10 {
			b.WriteString("  …\n")
			break
		}
		fmt.Fprintf(&b, "  %s (%s)\n", oneLine(f.Path), oneLine(faultText(f.Why, "")[w.lang]))
	}
	if len(r.Units) != 1 {
		fmt.Fprintf(&b, "%s: %s\n", w.total, r.Counts.text(w))
	}
	return b.String()
}

func (c Counts) text(w words) string {
	return fmt.Sprintf(w.rows, c.Rows, c.Extra, c.Added, c.Duplicates, c.Near, c.Skipped, c.Bad)
}

func (u *UnitReport) text(b *strings.Builder, w words, chinese bool) {
	f, _ := FormatNamed(u.Run.Format)
	title := f.Title[1]
	if chinese {
		title = f.Title[0]
	}
	line := func(format string, args ...any) { b.WriteString("  " + oneLine(fmt.Sprintf(format, args...)) + "\n") }
	b.WriteString(oneLine(fmt.Sprintf("%s %s (%s)", w.unit, cmp.Or(u.Run.Group.Name, u.Run.Group.ID, u.Run.Name), u.Run.Name)) + "\n")
	if u.GroupHow != "" {
		line("%s: %s (%s)", w.into, cmp.Or(u.Run.Group.Name, u.Run.Group.ID), w.targets[u.GroupHow])
	}
	line("%s: %s", w.format, strings.Join(slices.DeleteFunc([]string{title, u.Version, u.Exporter}, func(s string) bool { return s == "" }), " · "))
	if u.From != 0 {
		loc := u.location()
		line("%s: %s – %s", w.span, time.UnixMilli(u.From).In(loc).Format("2006-01-02 15:04:05"), time.UnixMilli(u.To).In(loc).Format("2006-01-02 15:04:05 -07:00"))
	}
	if u.Zone != "" {
		line("%s: %s (%s)", w.zone, u.Zone, w.hows[u.ZoneHow])
	}
	line("%s", u.Counts.text(w))
	line("%s: %s", w.kinds, listed(u.Types, nil))
	line("%s: %s", w.events, listed(u.Events, w.types))
	line(w.members, u.Members.Stable, u.Members.NameOnly)
	u.details(line, w)
}

func (u *UnitReport) details(line func(string, ...any), w words) {
	if u.OwnTotal != nil {
		line(w.own, *u.OwnTotal, u.Messages)
	}
	if len(u.Skips) > 0 {
		line("%s: %s", w.skips, listed(u.Skips, w.skip))
	}
	if len(u.Fixes) > 0 {
		line("%s: %s", w.fixes, listed(u.Fixes, inLanguage(fixWords, w.lang)))
	}
	if u.Sentences.Unparsed+u.Sentences.Doubtful > 0 {
		line(w.sentences, u.Sentences.Unparsed, u.Sentences.Doubtful)
		for _, s := range u.Sentences.Samples[:min(3, len(u.Sentences.Samples))] {
			line("  %s", s)
		}
	}
	if u.Gaps.Count > 0 {
		line(w.gaps, u.Gaps.Count)
	}
	if u.Ambiguous > 0 {
		line(w.ambiguous, u.Ambiguous)
	}
	if u.Bad > 0 {
		line("%s: %d", w.bad, u.Bad)
		for _, bad := range u.BadRows[:min(5, len(u.BadRows))] {
			line("  %s"+w.place+" %s: %s", bad.File, bad.Place, cmp.Or(badWords[bad.Why][w.lang], bad.Why), clipRunes(bad.Text, 60))
		}
	}
	u.nearText(line, w)
	u.rosterText(line, w)
	if u.NeedZone {
		line(w.needZone, u.Zone)
	}
	if u.NeedGroup {
		line("%s", w.needGroup)
	}
	for _, code := range u.Reserved {
		line("%s: %s", w.reserved, cmp.Or(w.reasons[code], code))
	}
	for _, name := range u.Missing[:min(5, len(u.Missing))] {
		line("  %s", name)
	}
	if u.Why != "" {
		line("%s: %s", w.stopped, faultText(u.Why, u.What)[w.lang])
	}
}

func (u *UnitReport) nearText(line func(string, ...any), w words) {
	if u.Completed > 0 {
		line(w.completed, u.Completed)
	}
	if u.Nears.Found == 0 {
		return
	}
	how := w.near
	if u.Nears.Kept {
		how = w.nearKept
	}
	line(how, u.Nears.Found)
	for _, n := range u.Nears.Samples[:min(5, len(u.Nears.Samples))] {
		at := time.UnixMilli(n.At).In(u.location()).Format("2006-01-02 15:04:05")
		line("  "+w.nearRow, at, n.Name, clipRunes(n.Text, 60), cmp.Or(n.From, w.live), clipRunes(n.Old, 60))
	}
}

func (u *UnitReport) rosterText(line func(string, ...any), w words) {
	day := func(at int64) string { return time.UnixMilli(at).In(u.location()).Format("2006-01-02 15:04") }
	for _, c := range u.Rosters {
		if c.Before == 0 {
			line(w.firstRoster, day(c.At), c.Members)
			continue
		}
		line(w.roster, day(c.At), c.Members, day(c.Before), c.Joined, c.Gone, c.Doubtful)
		for _, s := range c.Samples[:min(5, len(c.Samples))] {
			line("  %s", s)
		}
	}
}

// location is the zone times are shown in.
func (u *UnitReport) location() *time.Location {
	if loc, err := LoadZone(u.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// listed writes counts, largest first, then by name.
func listed(m map[string]int64, names map[string]string) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%s %d", cmp.Or(names[k], k), m[k])
	}
	return strings.Join(keys, ", ")
}

// inLanguage takes one language out of a table of two.
func inLanguage(table map[string][2]string, lang int) map[string]string {
	out := make(map[string]string, len(table))
	for code, both := range table {
		out[code] = both[lang]
	}
	return out
}

// oneLine makes control and direction characters visible: what a file says goes to a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF {
			return '·'
		}
		return r
	}, s)
}
