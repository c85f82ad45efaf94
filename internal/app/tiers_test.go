package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"qunluo/internal/browsertest"
	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/tier"
)

// livelyFile writes a ChatLab file of a hundred days up to yesterday: of 40 people the first speaks daily, each further one more
// seldom, and the last ten only at the beginning. Some turn to each other by name, some ask, some answer.
func livelyFile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767225600},"meta":{"name":"晨读一群","platform":"wechat","type":"group","groupId":"1@chatroom"}}` + "\n")
	zone, err := time.LoadLocation("Asia/Shanghai")
	check(t, err)
	first := time.Now().In(zone).AddDate(0, 0, -100)
	n := 0
	say := func(at time.Time, who int, text string) {
		n++
		fmt.Fprintf(&b, `{"_type":"message","platformMessageId":"m%d","sender":"u%d","accountName":"阿敏%d","timestamp":%d,"type":0,"content":%q}`+"\n", n, who, who, at.Unix(), text)
	}
	for day := range 100 {
		noon := time.Date(first.Year(), first.Month(), first.Day()+day, 12, 0, 0, 0, zone)
		for who := range 40 {
			if day%(1+who/2) != 0 || who >= 30 && day > 5 {
				continue
			}
			at := noon.Add(time.Duration(who) * time.Minute)
			switch {
			case who == 5 && day%3 == 0:
				say(at, who, fmt.Sprintf("第%d章怎么读？", day))
			case who == 6 && day%3 == 0:
				say(at, who, "阿敏5：先看注释")
			case who > 0 && day%2 == 0:
				say(at, who, fmt.Sprintf("阿敏%d：同意", who-1))
			default:
				say(at, who, fmt.Sprintf("读完第%d章", day))
			}
		}
	}
	return written(t, "lively.jsonl", b.String())
}

// reads imports the lively group and gives it.
func (s *shift) reads() community.GroupRow {
	s.t.Helper()
	_, _, err := s.app.Import(s.t.Context(), "cli", s.org, console.ImportOrder{}, []string{livelyFile(s.t)}, nil)
	check(s.t, err)
	var g community.GroupRow
	await(s.t, func() bool {
		rows, _, err := s.desk.FindGroups(s.t.Context(), community.GroupFilter{Text: "晨读"})
		if err != nil || len(rows) != 1 || rows[0].Members < 40 {
			return false
		}
		g = rows[0]
		return true
	})
	return g
}

// TestTiersAreReadPinnedTriedAndTold goes through tiers of a group as an operator does.
func TestTiersAreReadPinnedTriedAndTold(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, tiers, g := t.Context(), s.app.Tiers(s.org, nil), s.reads()
		page := "/tiers?g=" + g.ID.String()
		s.does(page, "/tiers/now", url.Values{"g": {g.ID.String()}})
		book, err := tiers.Book(ctx, g.Key)
		check(t, err)
		rows, err := tiers.Rows(ctx, g.Key, 0, tier.None)
		check(t, err)
		if len(rows) < 30 || rows[0].Name != "阿敏0" && rows[0].Name != "阿敏1" || rows[0].Tier != tier.Core || rows[0].Numbers.Partners == 0 || book.Day < 0 {
			t.Fatalf("%d rows, the first %+v; book %+v", len(rows), rows[0], book)
		}
		helped := false
		for _, r := range rows {
			helped = helped || r.Name == "阿敏6" && r.Numbers.Answers > 0
		}
		if !helped {
			t.Error("who answers questions gets nothing for it")
		}
		_, body := s.get(page)
		for _, want := range []string{"核心", "普通", "潜水", "28 天里活跃", "个往来", "排名前", "目标 5–10%", "在目标内", "第一次定层，按名次", "阿敏0"} {
			if !strings.Contains(body, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		last := rows[len(rows)-1]
		pin := url.Values{"g": {g.ID.String()}, "member": {last.MemberID.String()}, "tier": {"core"}, "reason": {"领读人"}}
		s.does(page, "/tiers/pin", pin)
		now, err := tiers.Rows(ctx, g.Key, last.Member, tier.None)
		if err != nil || now[0].Tier != tier.Core || now[0].Pin != tier.Core || now[0].PinNote != "领读人" {
			t.Errorf("pinned: %+v, %v", now, err)
		}
		if body := s.does(page, "/tiers/pin", pin); !strings.Contains(body, "alert") {
			t.Error("pinned twice, and nothing is said")
		}
		codeIs(t, "without a reason", tiers.Pin(ctx, "ming", g.Key, last.MemberID, tier.Normal, " "), community.CodeBadInput)
		codeIs(t, "somebody of another group", tiers.Pin(ctx, "ming", g.Key, s.member("大刘").ID, tier.Normal, "错群"), community.CodeNotFound)
		if _, body := s.get("/members/" + last.MemberID.String()); !strings.Contains(body, "分层历史") || !strings.Contains(body, "领读人") || !strings.Contains(body, "手动固定") {
			t.Errorf("the member's page does not tell: %s", excerpt(body))
		}
		s.triesRules(g)
		s.benefits(g)
		s.tellsMembers(g, last.Member)
		if _, body := s.get("/tiers/changes?g=" + g.ID.String()); !strings.Contains(body, "领读人") || !strings.Contains(body, "规则第 0 版") {
			t.Error("the changes do not name reason and version")
		}
		if _, body := s.get("/tiers"); !strings.Contains(body, "选一个群") {
			t.Error("without a group the page does not ask for one")
		}
		if _, body := s.get("/tiers?g=" + s.group.ID.String()); !strings.Contains(body, "还没有算过") || strings.Contains(body, "NaN") {
			t.Error("a group that was not read does not say so")
		}
		_, err = tiers.Now(ctx, s.group.Key)
		check(t, err)
		if _, body := s.get("/tiers?g=" + s.group.ID.String()); !strings.Contains(body, "人数太少") || strings.Contains(body, "NaN") {
			t.Error("a small group's page does not say so")
		}
		if code, _ := s.get("/tiers/rules"); code != http.StatusNotFound {
			t.Errorf("rules of no group = %d", code)
		}
	})
}

var numberField = regexp.MustCompile(`name="([a-z_]+)"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="([a-z_]+)"`)

// triesRules changes the rules by their form: what was not tried is tried first.
func (s *shift) triesRules(g community.GroupRow) {
	s.t.Helper()
	ctx, tiers, at := s.t.Context(), s.app.Tiers(s.org, nil), "/tiers/rules"
	fields := url.Values{"g": {g.ID.String()}, "base": {"0"}, "weekday": {"2"}, "keep_share": {"1"}, "reason": {"晚一点"}, "move_none": {"先试试"}}
	_, body := s.get(at + "?g=" + g.ID.String())
	for _, m := range numberField.FindAllStringSubmatch(body, -1) {
		fields.Set(m[1]+m[4], m[2]+m[3])
	}
	fields.Del("tell") // a box that is not ticked
	if fields.Get("core_in") != "8" || fields.Get("lurker_high") != "60" {
		s.t.Fatalf("fields = %v", fields)
	}
	fields.Set("grace", "3")
	if _, body := s.send(at+"?g="+g.ID.String(), at, fields); !strings.Contains(body, "规则不成立") {
		s.t.Errorf("a grace of three days is not refused: %s", excerpt(body))
	}
	fields.Set("grace", "21")
	fields.Set("tags", "志愿者 很多")
	if _, body := s.send(at+"?g="+g.ID.String(), at, fields); !strings.Contains(body, "标签写法不对") || !strings.Contains(body, "志愿者 很多") {
		s.t.Errorf("a tag without points is not refused: %s", excerpt(body))
	}
	fields.Set("tags", "志愿者 +5\r\n小号 -8")
	_, body = s.send(at+"?g="+g.ID.String(), at, fields)
	if !strings.Contains(body, "三层都在目标内的周") || !strings.Contains(body, "今天定层的话会动的人") {
		s.t.Fatalf("not tried: %s", excerpt(body))
	}
	if book, err := tiers.Book(ctx, g.Key); err != nil || book.Version != 0 {
		s.t.Fatalf("changed without a trial: %+v, %v", book, err)
	}
	rules := tier.Default()
	rules.Grace, rules.Weekday, rules.Tags = 21, 2, []tier.TagPoints{{Tag: "志愿者", Points: 5}, {Tag: "小号", Points: -8}}
	fields.Set("tried", tierJSON(s.t, rules))
	s.send(at+"?g="+g.ID.String(), at, fields)
	if book, err := tiers.Book(ctx, g.Key); err != nil || book.Version != 1 || !book.Rules.Equal(rules) {
		s.t.Errorf("the book: %+v, %v", book, err)
	}
	s.send(at+"?g="+g.ID.String(), at, fields) // from the old version
	if list, err := tiers.Versions(ctx, g.Key); err != nil || len(list) != 1 || list[0].Note != "晚一点" {
		s.t.Errorf("versions: %+v, %v", list, err)
	}
}

// benefits gives each tier what is usual, and proves a use.
func (s *shift) benefits(g community.GroupRow) {
	s.t.Helper()
	ctx, tiers, page := s.t.Context(), s.app.Tiers(s.org, nil), "/tiers/benefits?g="+g.ID.String()
	if _, body := s.get(page); !strings.Contains(body, "用常见的权益") {
		s.t.Errorf("no benefits are not offered: %s", excerpt(body))
	}
	body := s.does(page, "/tiers/benefits/usual", url.Values{"g": {g.ID.String()}})
	for _, want := range []string{"内测资格", "线下活动优先", "基础服务", "工作日内答复", "定期触达"} {
		if !strings.Contains(body, want) {
			s.t.Errorf("the table does not say %q", want)
		}
	}
	list, err := tiers.Benefits(ctx, g.Key)
	check(s.t, err)
	core, err := tiers.Rows(ctx, g.Key, 0, tier.Core)
	check(s.t, err)
	lurkers, err := tiers.Rows(ctx, g.Key, 0, tier.Lurker)
	check(s.t, err)
	beta := list[0]
	if beta.Tier != tier.Core || beta.Holders != len(core) {
		s.t.Fatalf("the first: %+v, want %d holders", beta, len(core))
	}
	use := url.Values{"g": {g.ID.String()}, "benefit": {beta.ID.String()}, "member": {core[0].MemberID.String()}, "what": {"装了测试版"}}
	if body := s.does(page, "/tiers/benefits/use", use); !strings.Contains(body, "已登记") || !strings.Contains(body, "装了测试版") {
		s.t.Errorf("not recorded: %s", excerpt(body))
	}
	use.Set("member", lurkers[0].MemberID.String())
	if body := s.does(page, "/tiers/benefits/use", use); !strings.Contains(body, "没有这项权益") {
		s.t.Errorf("a lurker uses what the core has: %s", excerpt(body))
	}
	check(s.t, tiers.Pin(ctx, "ming", g.Key, core[0].MemberID, tier.Normal, "换一换"))
	if _, body := s.get("/members/" + core[0].MemberID.String()); !strings.Contains(body, "基础服务") || !strings.Contains(body, "内测资格") || !strings.Contains(body, "收回") {
		s.t.Errorf("the member's page does not say what is held: %s", excerpt(body))
	}
	if _, body := s.get("/tiers/benefits/" + beta.ID.String()); !strings.Contains(body, "装了测试版") {
		s.t.Errorf("the benefit's page: %s", excerpt(body))
	}
	s.does(page, "/tiers/benefits/end", url.Values{"g": {g.ID.String()}, "benefit": {beta.ID.String()}, "reason": {"内测结束"}})
	if held, err := tiers.Holders(ctx, beta.ID, community.Page{}); err != nil || len(held) == 0 || held[0].Withdrawn == 0 {
		s.t.Errorf("an ended benefit is held: %+v, %v", held, err)
	}
}

// tellsMembers: a member sees their own tier where the rules let them, and only then.
func (s *shift) tellsMembers(g community.GroupRow, m community.MemberKey) {
	s.t.Helper()
	ctx, tiers := s.t.Context(), s.app.Tiers(s.org, nil)
	if link, err := tiers.Link(ctx, g.Key, m); err != nil || link != "" {
		s.t.Errorf("a link though the rules do not let members see: %q, %v", link, err)
	}
	book, err := tiers.Book(ctx, g.Key)
	check(s.t, err)
	book.Rules.Tell = true
	version, err := tiers.SetRules(plain(ctx), "ming", g.Key, book.Version, book.Rules, "让大家看自己的")
	check(s.t, err)
	link, err := tiers.Link(ctx, g.Key, m)
	check(s.t, err)
	path := link[strings.LastIndex(link, "/t/"):]
	code, body := s.stranger().get(path)
	for _, want := range []string{"你在这个群里：核心", "28 天里活跃", "手动固定", "潜水 → 核心"} {
		if code != http.StatusOK || !strings.Contains(body, want) {
			s.t.Errorf("%d: the member's own page does not say %q: %s", code, want, excerpt(body))
		}
	}
	if strings.Contains(body, "领读人") {
		s.t.Error("the operator's note is shown to the member")
	}
	forged := []byte(path)
	forged[8] ^= 1
	if code, _ := s.stranger().get(string(forged)); code != http.StatusNotFound {
		s.t.Errorf("a forged link answers %d", code)
	}
	book.Rules.Tell = false
	_, err = tiers.SetRules(plain(ctx), "ming", g.Key, version, book.Rules, "收回")
	check(s.t, err)
	if code, _ := s.stranger().get(path); code != http.StatusNotFound {
		s.t.Errorf("a link answers %d after the rules took it back", code)
	}
}

// TestReachGoesToLurkersOneByOneAndStops: each lurker is a task in private and nothing goes to the group; who speaks or declines is
// taken off people's lists; nobody is addressed twice.
func TestReachGoesToLurkersOneByOneAndStops(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, tiers := t.Context(), s.app.Tiers(s.org, nil)
		rows, _, err := s.desk.FindMembers(ctx, community.MemberFilter{Group: s.group.Key})
		check(t, err)
		var quiet []community.MemberRow
		for _, m := range rows {
			if !m.Role.Immune() && len(quiet) < 3 {
				quiet = append(quiet, m)
				check(t, tiers.Pin(ctx, "ming", s.group.Key, m.ID, tier.Lurker, "很久没说话"))
			}
		}
		page := "/tiers/reach?g=" + s.group.ID.String()
		if body := s.does(page, "/tiers/reach", url.Values{"g": {s.group.ID.String()}, "text": {""}, "wait": {"0"}, "days": {"14"}, "gap": {"30"}, "per_day": {"20"}}); !strings.Contains(body, "没有保存") {
			t.Errorf("an empty text is kept: %s", excerpt(body))
		}
		s.does(page, "/tiers/reach", url.Values{"g": {s.group.ID.String()}, "text": {"好久不见，周末去走走？"}, "wait": {"0"}, "days": {"14"}, "gap": {"30"}, "per_day": {"20"}})
		tasks := func() (open []community.TaskRow) {
			list, _, err := s.desk.FindTasks(ctx, community.TaskFilter{Group: s.group.Key, State: "open"})
			check(t, err)
			for _, k := range list {
				if k.Verb == community.Remind && strings.Contains(k.Text, "好久不见") {
					open = append(open, k)
				}
			}
			return open
		}
		await(t, func() bool { return len(tasks()) == 3 })
		sent, _, err := s.desk.FindActions(ctx, community.ActionFilter{Group: s.group.Key, Verb: community.Send})
		if err != nil || len(sent) != 0 {
			t.Errorf("something goes to the group: %+v, %v", sent, err)
		}
		list, err := tiers.Reaches(ctx, s.group.Key)
		check(t, err)
		r := list[0]
		s.does("/tiers/reach/"+r.ID.String(), "/tiers/reach/decline", url.Values{"g": {s.group.ID.String()}, "member": {quiet[0].ID.String()}, "reach": {r.ID.String()}, "reason": {"本人说的"}})
		await(t, func() bool { return len(tasks()) == 2 })
		s.says(quiet[1], "我回来了")
		_, err = tiers.AddReach(ctx, "ming", tier.Reach{Group: s.group.Key, Text: "再来一条", Starts: s.app.Now(), Ends: s.app.Now() + 1e6, Gap: 7, PerDay: 9})
		check(t, err)
		await(t, func() bool {
			check(t, s.app.TendReaches(ctx))
			_, souls, err := tiers.Souls(ctx, r.ID)
			states := map[string]int{}
			for _, one := range souls {
				states[one.State]++
			}
			return err == nil && len(tasks()) == 1 && states[tier.Asked] == 1 && states[tier.Spoke] == 1 && states[tier.Declined] == 1
		})
		check(t, tiers.StopReach(ctx, "ming", r.ID, "够了"))
		await(t, func() bool { return len(tasks()) == 0 })
		codeIs(t, "stopped twice", tiers.StopReach(ctx, "ming", r.ID, ""), community.CodeConflict)
		all, _, err := s.desk.FindTasks(ctx, community.TaskFilter{Group: s.group.Key})
		check(t, err)
		for _, k := range all {
			if strings.Contains(k.Text, "再来一条") {
				t.Errorf("addressed within the gap: %+v", k)
			}
		}
		if _, body := s.get(page); !strings.Contains(body, "已停") || !strings.Contains(body, "好久不见") {
			t.Errorf("page: %s", excerpt(body))
		}
	})
}

// TestTiersOnTheCommandLine does the same by verbs.
func TestTiersOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", livelyFile(t))
		var read cli.TierRead
		w.must(t, &read, "tier", "now", "晨读一群")
		if !read.Read || read.Day == "" {
			t.Fatalf("read = %+v", read)
		}
		w.must(t, &read, "tier", "now", "晨读一群")
		if read.Read {
			t.Error("read twice")
		}
		var list cli.TierReport
		w.must(t, &list, "tier", "list", "晨读一群", "--tier", "core")
		if len(list.Shares) != 3 || !list.Shares[0].Within || list.Total != list.Shares[0].Count || len(list.Members) != list.Total || !strings.Contains(list.Members[0].Reason, "active days of 28") {
			t.Fatalf("list = %+v", list)
		}
		var pinned cli.TierPinned
		w.must(t, &pinned, "tier", "pin", "晨读一群", "阿敏25", "normal", "--reason", "值日")
		if pinned.Tier != "normal" || pinned.Pin != "normal" {
			t.Errorf("pinned = %+v", pinned)
		}
		w.must(t, &pinned, "tier", "unpin", "晨读一群", "阿敏25", "--reason", "下班")
		if pinned.Pin != "" || pinned.Tier != "normal" {
			t.Errorf("unpinned = %+v", pinned)
		}
		var story rows[cli.TierChange]
		w.must(t, &story, "tier", "history", "晨读一群", "阿敏25")
		if len(story.Rows) != 3 || story.Rows[0].Why != "unpin" || story.Rows[0].Note != "下班" || story.Rows[2].Why != "first" {
			t.Errorf("history = %+v", story.Rows)
		}
		var trial cli.TierTrial
		w.must(t, &trial, "tier", "simulate", "晨读一群", "--weeks", "4", "--change", `{"normal_in":30}`)
		if trial.Weeks != 4 || len(trial.ByWeek) != 4 || trial.ByWeek[3].Members < 25 || trial.MemberWeeks < 100 {
			t.Errorf("trial = %+v", trial)
		}
		var v tier.Version
		w.must(t, &v, "tier", "set", "晨读一群", "--change", `{"grace":28}`, "--reason", "稳一点", "--moves", "speakers")
		if v.Version != 1 || v.Rules.Grace != 28 || v.Rules.CoreIn != 8 {
			t.Errorf("set = %+v", v)
		}
		var added cli.BenefitLine
		w.must(t, &added, "tier", "benefit", "add", "晨读一群", "core", "内测资格", "--means", "新功能先用")
		var used cli.UseLine
		w.must(t, &used, "tier", "benefit", "use", "晨读一群", added.ID, list.Members[0].Name, "--what", "装了测试版")
		if used.What != "装了测试版" || used.Name != list.Members[0].Name || used.Benefit != "内测资格" {
			t.Errorf("used = %+v", used)
		}
		if code, _, talk := w.types(t, "tier", "benefit", "use", "晨读一群", added.ID, "阿敏25", "--what", "也想装"); code == cli.ExitDone || !strings.Contains(talk, "not entitled") {
			t.Errorf("used by who is not entitled: %d, %s", code, talk)
		}
		var benefits rows[cli.BenefitLine]
		w.must(t, &benefits, "tier", "benefit", "list", "晨读一群")
		if len(benefits.Rows) != 1 || benefits.Rows[0].Uses != 1 || benefits.Rows[0].Holders != list.Total {
			t.Errorf("benefits = %+v", benefits)
		}
		w.must(t, nil, "tier", "benefit", "holders", "晨读一群", added.ID)
		w.must(t, nil, "tier", "benefit", "uses", "晨读一群")
		w.must(t, nil, "tier", "benefit", "end", "晨读一群", added.ID, "--reason", "结束")
		var reach cli.ReachLine
		w.must(t, &reach, "tier", "reach", "add", "晨读一群", "好久不见", "--per-day", "3")
		var souls rows[cli.SoulLine]
		w.must(t, &souls, "tier", "reach", "show", "晨读一群", reach.ID)
		asked := ""
		n := 0
		for _, one := range souls.Rows {
			if one.State == "asked" {
				asked, n = one.Name, n+1
			}
		}
		if n != 3 {
			t.Errorf("%d are addressed, want 3", n)
		}
		w.must(t, nil, "tier", "reach", "decline", "晨读一群", asked, "--reason", "本人说的")
		w.must(t, nil, "tier", "reach", "stop", "晨读一群", reach.ID)
		var reaches rows[cli.ReachLine]
		w.must(t, &reaches, "tier", "reach", "list", "晨读一群")
		if len(reaches.Rows) != 1 || reaches.Rows[0].Counts["declined"] != 1 || reaches.Rows[0].Counts["over"] != 2 || reaches.Rows[0].Stopped == 0 {
			t.Errorf("reaches = %+v", reaches)
		}
		var waiting rows[struct{ ID, Detail string }] // nothing was handed out here yet, and nothing ever is
		if w.must(t, &waiting, "action", "list", "--state", "queued"); len(waiting.Rows) != 0 {
			t.Errorf("still to be handed out: %+v", waiting.Rows)
		}
		if w.must(t, &waiting, "action", "list", "--state", "cancelled"); len(waiting.Rows) != 3 {
			t.Errorf("taken back = %+v, want three", waiting.Rows)
		}
		for _, bad := range [][]string{{"tier", "reach", "add", "晨读一群", "x", "--gap", "1"}, {"tier", "benefit", "end", "晨读一群", added.ID, "--reason", "again"}, {"tier", "set", "晨读一群", "--change", `{"grace":2}`, "--reason", "x"}, {"tier", "set", "晨读一群", "--change", `{"tags":[{"tag":"志愿者"}]}`, "--reason", "x"}, {"tier", "set", "晨读一群", "--change", "{", "--reason", "x"}, {"tier", "set", "晨读一群", "--change", `{"grace":15}`}, {"tier", "pin", "晨读一群", "阿敏25", "vip", "--reason", "x"},
			{"tier", "list", "#nowhere"}, {"tier", "simulate", "晨读一群", "--weeks", "99"}, {"tier", "unpin", "晨读一群", "阿敏25", "--reason", "x"}} {
			if code, _, _ := w.types(t, bad...); code == cli.ExitDone {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}

func tierJSON(t *testing.T, r tier.Rules) string {
	t.Helper()
	raw, err := json.Marshal(r)
	check(t, err)
	return string(raw)
}

// TestTierPagesWorkInABrowser looks at the pages of tiers at both widths: nothing may stick out, and the browser's console
// stays silent.
func TestTierPagesWorkInABrowser(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	for _, c := range []struct {
		lang  string
		width int64
	}{{"zh-CN", 1440}, {"en", 390}} {
		t.Run(fmt.Sprintf("%s %d", c.lang, c.width), func(t *testing.T) {
			s := startShift(t, "", "")
			ctx, tiers, g := t.Context(), s.app.Tiers(s.org, nil), s.reads()
			users, err := s.app.Store().Users(ctx, s.org)
			check(t, err)
			users[0].Lang = c.lang
			_, err = s.app.Store().SaveUser(ctx, "test", users[0], "")
			check(t, err)
			_, err = tiers.Now(ctx, g.Key)
			check(t, err)
			rows, err := tiers.Rows(ctx, g.Key, 0, tier.Lurker)
			check(t, err)
			check(t, tiers.Pin(ctx, users[0].ID.String(), g.Key, rows[0].MemberID, tier.Core, "领读人"))
			beta, err := tiers.AddBenefit(ctx, users[0].ID.String(), tier.Benefit{Group: g.Key, Tier: tier.Core, Name: "内测资格", Means: "新功能、新课程先试用，并可直接向负责人提意见。"})
			check(t, err)
			_, err = tiers.UseBenefit(ctx, users[0].ID.String(), beta.ID, rows[0].MemberID, "装了测试版")
			check(t, err)
			reach, err := tiers.AddReach(ctx, users[0].ID.String(), tier.Reach{Group: g.Key, Text: "好久不见，这周一起读《活着》？", Starts: s.app.Now(), Ends: s.app.Now() + 14*24*3600e3, Gap: 30, PerDay: 5})
			check(t, err)
			check(t, tiers.Decline(ctx, users[0].ID.String(), g.Key, rows[1].MemberID, "本人说的"))
			w := look(t, s.base, c.width, c.lang)
			w.signIn("ming")
			at := "g=" + g.ID.String()
			for _, page := range []struct{ name, at string }{
				{"page", "/tiers?" + at}, {"choose", "/tiers"}, {"few", "/tiers?g=" + s.group.ID.String()}, {"changes", "/tiers/changes?" + at}, {"rules", "/tiers/rules?" + at},
				{"benefits", "/tiers/benefits?" + at}, {"benefit", "/tiers/benefits/" + beta.ID.String()}, {"reaches", "/tiers/reach?" + at}, {"reach", "/tiers/reach/" + reach.ID.String()},
				{"member", "/members/" + rows[0].MemberID.String()}, {"glossary", "/glossary"},
			} {
				w.open(page.at)
				w.shot("tier-" + page.name)
			}
			w.open("/tiers/rules?" + at)
			w.press(`button[formaction="/tiers/rules/try"]`)
			w.shot("tier-tried")
			w.silent()
		})
	}
}
