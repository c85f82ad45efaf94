package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// roomPages are the pages of groups, members, messages, rules, review, strikes and imports, as the furnished house has
// them; name → path.
func roomPages() map[string]string {
	g, m, d := fakeID(20).String(), fakeID(43).String(), fakeID(200).String()
	return map[string]string{
		"groups": "/groups", "groups-filtered": "/groups?q=nothing-like-this", "group": "/groups/" + g, "group-observing": "/groups/" + fakeID(22).String(),
		"members": "/members", "members-never": "/members?never=1&g=" + g, "members-spoke": "/members?spoke_from=2026-11-17&spoke_to=2026-11-23&said_first=9&g=" + g, "messages-counted": "/messages?only=counted&from=2026-11-17&to=2026-11-23", "member": "/members/" + m, "member-silent": "/members/" + fakeID(44).String(),
		"standbys": "/standbys", "standby": "/groups/" + g + "/standby", "standby-none": "/groups/" + fakeID(22).String() + "/standby", "handovers": "/handovers", "handover": "/handovers/" + fakeID(970).String(), "handover-new": "/handovers/new", "handover-look": "/handovers/new?from_user=" + fakeID(1).String() + "&to_user=" + fakeID(2).String(),
		"members-persons": "/members?by=person", "person-suggested": "/members/links", "person-log": "/members/links/log", "messages-person": "/messages?m=" + m + "&person=1",
		"messages": "/messages", "messages-found": "/messages?q=" + "%E5%8A%A0%E5%BE%AE%E4%BF%A1" + "&g=" + g, "messages-none": "/messages?q=zzzz", "message": "/messages/" + g + "/1003",
		"review": "/review", "review-held": "/review?d=" + fakeID(201).String(), "review-dry": "/review?d=" + fakeID(202).String(), "review-closed": "/review?all=1&d=" + fakeID(209).String(), "review-open": "/review?d=" + d,
		"strikes": "/strikes", "strikes-tag": "/strikes?tag=none", "activity": "/activity", "activity-group": "/activity?g=" + g + "&days=30", "activity-nothing": "/activity?tag=none", "strikes-mutes": "/strikes?view=mutes", "strikes-all": "/strikes?view=all",
		"rules": "/rules", "rules-group": "/rules/" + g, "rules-begin": "/rules/" + fakeID(22).String(), "rules-book": "/rules/" + g + "/book", "rules-new-keyword": "/rules/" + g + "/new?kind=keyword",
		"rules-new-flood": "/rules/" + g + "/new?kind=flood", "rules-edit": "/rules/" + g + "/rule/ads", "rules-edit-welcome": "/rules/" + g + "/rule/welcome", "rules-test": "/rules/" + g + "/test",
		"rules-replay": "/rules/" + g + "/replay", "rules-replayed": "/rules/" + g + "/replay?run=1&days=30&against=force", "rules-versions": "/rules/" + g + "/versions", "rules-json": "/rules/" + g + "/json",
		"imports": "/imports", "import-dry": "/imports/" + fakeID(500).String(), "import-done": "/imports/" + fakeID(501).String(), "import-running": "/imports/" + fakeID(502).String(), "import-failed": "/imports/" + fakeID(504).String(),
		"import-near": "/imports/" + fakeID(506).String(), "import-several": "/imports/" + fakeID(507).String(), "import-unread": "/imports/" + fakeID(508).String(), "import-roster": "/imports/" + fakeID(509).String(),
	}
}

func furnished() *house {
	h := newHouse()
	furnish(h)
	return h
}

var unsaid = regexp.MustCompile(`\[[a-z_]+\.[a-zA-Z0-9_.]+\]|%!|&lt;no value&gt;`)

func TestRoomsSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h).as("owner")
		for name, path := range roomPages() {
			status, body := v.get(path)
			if status != 200 {
				t.Errorf("%s (%s) = %d", name, path, status)
			}
			if got := unsaid.FindAllString(body, 5); got != nil {
				t.Errorf("%s in %s leaves unsaid: %v", name, lang, got)
			}
		}
	}
}

func TestRoomsFailAndRefuseInWords(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	for _, path := range []string{"/groups/" + fakeID(999).String(), "/members/none", "/messages/" + fakeID(20).String() + "/99999", "/rules/" + fakeID(999).String(), "/review?d=" + fakeID(999).String(), "/imports/" + fakeID(999).String(), "/groups?x", "/messages?g=nobody"} {
		status, body := v.get(path)
		if want := 404; status != want && path != "/groups?x" {
			t.Errorf("%s = %d, want %d", path, status, want)
		}
		if strings.Contains(body, "goroutine") {
			t.Errorf("%s shows its inside", path)
		}
	}
	mod := open(t, furnished()).as("mod")
	for _, path := range []string{"/groups.csv", "/members.csv", "/messages.csv", "/imports"} {
		if status, _ := mod.get(path); status != 403 {
			t.Errorf("a moderator gets %s: %d, want 403", path, status)
		}
	}
}

func TestEmptyRoomsSayWhatToDoNext(t *testing.T) {
	h := newHouse()
	h.groups, h.members, h.messages, h.decided, h.strikes, h.imports = nil, nil, nil, nil, nil, nil
	v := open(t, h).as("owner")
	for path, want := range map[string]string{"/groups": "还没有群", "/members": "还没有成员", "/messages": "还没有消息", "/review": "没有等待审核的", "/strikes": "没有违规记分", "/strikes?view=mutes": "没有人被禁言", "/imports": "还没有导入过", "/rules": "还没有群"} {
		if _, body := v.get(path); !strings.Contains(body, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
}

func (h *house) last(t *testing.T) string {
	t.Helper()
	if len(h.did) == 0 {
		return ""
	}
	return h.did[len(h.did)-1]
}

func TestDeedsByHandReachTheBeltWithTheirReason(t *testing.T) {
	g, m := fakeID(20).String(), fakeID(43).String()
	for _, x := range []struct {
		name, path string
		form       []string
		want       string
	}{
		{"mute", "/members/" + m + "/mute", []string{"g", g, "seconds", "3600", "reason", "吵"}, "act member.mute group 1 target 4 seconds 3600: 吵"},
		{"mute of another length", "/members/" + m + "/mute", []string{"g", g, "seconds", "61", "reason", "吵"}, ""},
		{"mute without a reason", "/members/" + m + "/mute", []string{"g", g, "seconds", "3600"}, ""},
		{"mute in a group they are not in", "/members/" + m + "/mute", []string{"g", fakeID(21).String(), "seconds", "3600", "reason", "吵"}, ""},
		{"unmute", "/members/" + m + "/unmute", []string{"g", g, "reason", "好"}, "act member.unmute group 1 target 4 seconds 0: 好"},
		{"remove", "/members/" + m + "/remove", []string{"g", g, "reason", "广告"}, "act member.remove group 1 target 4 seconds 0: 广告"},
		{"mark", "/members/" + m + "/mark", []string{"mark", "bot", "reason", "是机器人"}, "mark " + m + " bot: 是机器人"},
		{"mark without a reason", "/members/" + m + "/mark", []string{"mark", "bot"}, ""},
		{"mark as something else", "/members/" + m + "/mark", []string{"mark", "king", "reason", "x"}, ""},
		{"warn", "/members/" + m + "/warn", []string{"g", g, "text", "别发广告", "reason", "广告"}, "act message.send group 1 target 4 seconds 0: 广告"},
		{"warn with nothing to say", "/members/" + m + "/warn", []string{"g", g, "text", " ", "reason", "广告"}, ""},
		{"recall", "/messages/" + g + "/1003/recall", []string{"reason", "广告"}, "act message.recall group 1 target 4 seconds 0: 广告"},
		{"send", "/groups/" + g + "/send", []string{"text", "大家好"}, "act message.send group 1 target 0 seconds 0: 在后台手动发送"},
		{"send nothing", "/groups/" + g + "/send", []string{"text", "  "}, ""},
		{"mode", "/groups/" + g + "/mode", []string{"mode", "observe", "reason", "先看看"}, "mode 1 observe: 先看看"},
		{"freeze", "/groups/" + g + "/freeze", []string{"on", "1", "reason", "误判多"}, "freeze 1 true: 误判多"},
		{"settings", "/groups/" + g + "/settings", []string{"tags", "学习，编程", "zone", "Asia/Shanghai", "parent", "", "reason", "归类"}, "group 1: 归类"},
		{"settings with a wrong zone", "/groups/" + g + "/settings", []string{"tags", "", "zone", "Mars/Base"}, ""},
		{"own main group", "/groups/" + g + "/settings", []string{"zone", "Asia/Shanghai", "parent", g}, ""},
		{"lift a strike", "/strikes/" + fakeID(200).String() + "/lift", []string{"reason", "误判"}, "undo " + fakeID(200).String() + ": 误判"},
		{"agree", "/review/" + fakeID(200).String() + "/judge", []string{"kind", "kept"}, "judge " + fakeID(200).String() + " kept: "},
		{"false hit", "/review/" + fakeID(200).String() + "/judge", []string{"kind", "false_hit"}, "judge " + fakeID(200).String() + " false_hit: "},
		{"release", "/review/" + fakeID(201).String() + "/judge", []string{"kind", "release", "reason", "看过了"}, "judge " + fakeID(201).String() + " release: 看过了"},
		{"release without a reason", "/review/" + fakeID(201).String() + "/judge", []string{"kind", "release"}, ""},
		{"review: remove without a reason", "/review/" + fakeID(200).String() + "/act", []string{"do", "remove"}, ""},
		{"review: something else", "/review/" + fakeID(200).String() + "/act", []string{"do", "explode"}, ""},
	} {
		h := furnished()
		v := open(t, h).as("owner")
		v.post(x.path, x.form...)
		if got := h.last(t); got != x.want {
			t.Errorf("%s: asked of the belt: %q, want %q", x.name, got, x.want)
		}
	}
}

func TestReviewActsClosesAndOpensTheNext(t *testing.T) {
	h := furnished()
	v := open(t, h).as("mod")
	_, body := v.post("/review/"+fakeID(200).String()+"/act", "do", "mute", "next", fakeID(201).String())
	want := []string{"act member.mute group 1 target 4 seconds 86400: 审核队列：no-ads", "judge " + fakeID(200).String() + " kept: 审核队列：no-ads"}
	if !slices.Equal(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
	if !strings.Contains(body, "在等人放行") {
		t.Error("the next item (a held removal) is not open")
	}
	if !strings.Contains(body, "/decisions/"+fakeID(200).String()+"/undo") {
		t.Error("no way back is offered")
	}
}

func TestReviewMarksWhatTheRuleFound(t *testing.T) {
	v := open(t, furnished()).as("mod")
	_, body := v.get("/review?d=" + fakeID(200).String())
	if !strings.Contains(body, `<mark class="wrap">加微信</mark>`) {
		t.Error("the matched span is not marked")
	}
	if strings.Contains(body, "<script>alert") || strings.Contains(body, "\u202e") {
		t.Error("a nickname reaches the page raw")
	}
	for _, key := range []string{"a", "d", "w", "m", "r", "j", "f"} {
		if !strings.Contains(body, `data-key="`+key+`"`) {
			t.Errorf("no key %s", key)
		}
	}
}

func TestSpansThatDoNotFitMarkNothing(t *testing.T) {
	for _, s := range []community.Span{{Start: 1, End: 3}, {Start: 0, End: 99}, {Start: 3, End: 3}, {Start: 4, End: 5}} {
		parts := marked("加微信", []community.Span{s})
		if len(parts) != 1 || parts[0].Hit || parts[0].Text != "加微信" {
			t.Errorf("span %v gives %v", s, parts)
		}
	}
}

func TestSearchedWordsAreMarkedWhateverTheirWidth(t *testing.T) {
	var hit []string
	for _, p := range found("加Ｖ信 abc ABC", "abc v") {
		if p.Hit {
			hit = append(hit, p.Text)
		}
	}
	if want := []string{"Ｖ", "abc", "ABC"}; !slices.Equal(hit, want) {
		t.Errorf("marked %q, want %q", hit, want)
	}
}

func TestSheetsAreNeverFormulas(t *testing.T) {
	h := furnished()
	h.members[0].Card = "=HYPERLINK(\"http://x\")"
	h.members[1].Card = "＠全体"
	v := open(t, h).as("owner")
	status, body := v.get("/members.csv?there=all")
	if status != 200 || !strings.HasPrefix(body, "\xef\xbb\xbf") {
		t.Fatalf("status %d, head %q", status, body[:min(len(body), 20)])
	}
	if !strings.Contains(body, "'=HYPERLINK") || !strings.Contains(body, "'＠全体") {
		t.Error("a cell begins like a formula")
	}
	if n := strings.Count(body, "\n"); n != len(h.members)+1 {
		t.Errorf("%d lines, want %d", n, len(h.members)+1)
	}
}

var stampField = regexp.MustCompile(`name="stamp" value="([^"]+)"`)

func (v *visitor) stamp(path string) string {
	v.t.Helper()
	_, body := v.get(path)
	m := stampField.FindStringSubmatch(body)
	if m == nil {
		v.t.Fatalf("no stamp on %s", path)
	}
	return m[1]
}

func TestRuleFormsSaveWhatWasEntered(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	h.keep = true
	v := open(t, h).as("mod")
	_, body := v.post(at+"/new", "stamp", v.stamp(at), "kind", "keyword", "id", "spam", "name", "引流", "mode", "dry", "reason", "别发",
		"params.lists.n", "1", "params.lists[0].name", "广告", "params.lists[0].level", "2", "params.lists[0].words", "加微信\r\n\r\n 领资料 ", "ladder.n", "0", "start_rung", "1")
	if !strings.Contains(body, "已存进草稿") {
		t.Fatalf("not saved: %s", h.last(t))
	}
	book := typed(h.books[0].Body)
	r := book.Rules[len(book.Rules)-1]
	var params struct {
		Lists []struct {
			Name  string
			Level int
			Words []string
		}
	}
	if err := json.Unmarshal(r.Params, &params); err != nil {
		t.Fatal(err)
	}
	if r.ID != "spam" || r.Mode != "dry" || len(params.Lists) != 1 || params.Lists[0].Level != 2 || !slices.Equal(params.Lists[0].Words, []string{"加微信", "领资料"}) {
		t.Errorf("saved %+v with %+v", r, params)
	}
	if book.Rules[0].ID != "ads" || len(book.Rules) != 6 {
		t.Errorf("other rules changed: %d rules", len(book.Rules))
	}
}

func TestRuleFaultsStandAtTheirField(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	h.keep = true
	v := open(t, h).as("mod")
	before := string(h.books[0].Body)
	status, body := v.post(at+"/rule/flood", "stamp", v.stamp(at), "id", "flood", "name", "刷屏", "mode", "live", "params.windows.n", "1", "params.windows[0].seconds", "0", "params.windows[0].messages", "many")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("status = %d, want 422", status)
	}
	for _, want := range []string{`id="n-params.windows[0].seconds"><div class="text-danger`, `id="n-params.windows[0].messages"><div class="text-danger`, "1 到 86400"} {
		if !strings.Contains(strings.Join(strings.Fields(body), " "), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if string(h.books[0].Body) != before {
		t.Error("a rule with faults was saved")
	}
}

func TestItemsAreAddedAndDroppedWithoutSaving(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	v := open(t, h).as("mod")
	stamp := v.stamp(at)
	form := []string{"stamp", stamp, "id", "flood", "name", "刷屏", "mode", "live", "params.windows.n", "2", "params.windows[0].seconds", "1", "params.windows[0].messages", "5", "params.windows[1].seconds", "60", "params.windows[1].messages", "20"}
	_, added := v.post(at+"/rule/flood", append(form, "do", "add:params.windows")...)
	if !strings.Contains(added, `name="params.windows.n" value="3"`) {
		t.Error("no third window")
	}
	_, dropped := v.post(at+"/rule/flood", append(form, "do", "drop:params.windows[0]")...)
	if !strings.Contains(dropped, `name="params.windows.n" value="1"`) || !strings.Contains(dropped, `name="params.windows[0].seconds" type="number" class="form-control" value="60"`) {
		t.Error("the first window is not gone, or the second did not move up")
	}
	if len(h.did) != 0 {
		t.Errorf("something was saved: %v", h.did)
	}
}

func TestEveryKindAndFieldSurvivesItsForm(t *testing.T) {
	for _, preset := range []string{policy.PresetGeneral, policy.PresetCommercial} {
		h := furnished()
		h.keep = true
		book, _ := policy.Default(preset)
		raw, _ := json.Marshal(book)
		h.books[0].Body = raw
		v := open(t, h).as("owner")
		at := "/rules/" + fakeID(20).String()
		for _, path := range append([]string{"/book"}, rulePaths(book)...) {
			_, body := v.get(at + path)
			v.post(at+path, formOf(body)...)
		}
		if diff := policy.DiffBooks(typed(bare(raw)), typed(bare(h.books[0].Body))); len(diff) > 0 {
			for _, d := range diff {
				t.Errorf("%s: opening and saving changed %s %s: %s → %s", preset, d.Rule, d.Field, d.Before, d.After)
			}
		}
	}
}

func rulePaths(b policy.Book) (out []string) {
	for _, r := range b.Rules {
		out = append(out, "/rule/"+r.ID)
	}
	return out
}

var (
	formPart  = regexp.MustCompile(`(?s)<form method="post" action="/rules/[^"]+/(?:book|rule/[^"/]+)">(.*?)</form>`)
	inputPart = regexp.MustCompile(`(?s)<input([^>]*)>`)
	areaPart  = regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>`)
	pickPart  = regexp.MustCompile(`(?s)<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>`)
	nameAttr  = regexp.MustCompile(` name="([^"]*)"`)
	valueAttr = regexp.MustCompile(` value="([^"]*)"`)
)

// formOf fills in the editor's form as a browser would send it back untouched.
func formOf(page string) (out []string) {
	form := formPart.FindStringSubmatch(page)[1]
	clean := strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&")
	for _, m := range inputPart.FindAllStringSubmatch(form, -1) {
		name, value := nameAttr.FindStringSubmatch(m[1]), valueAttr.FindStringSubmatch(m[1])
		if name == nil || strings.Contains(m[1], "checkbox") && !strings.Contains(m[1], "checked") {
			continue
		}
		v := ""
		if value != nil {
			v = clean.Replace(value[1])
		}
		out = append(out, name[1], v)
	}
	for _, m := range areaPart.FindAllStringSubmatch(form, -1) {
		out = append(out, m[1], clean.Replace(m[2]))
	}
	for _, m := range pickPart.FindAllStringSubmatch(form, -1) {
		if at := regexp.MustCompile(`value="([^"]*)"\s+selected`).FindStringSubmatch(m[2]); at != nil {
			out = append(out, m[1], at[1])
		}
	}
	return out
}

// A number that JSON writes otherwise must not upset the form.
func TestNumbersAreReadAsPeopleWriteThem(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	h.keep = true
	v := open(t, h).as("mod")
	v.post(at+"/rule/flood", "stamp", v.stamp(at), "id", "flood", "name", "刷屏", "mode", "live", "params.windows.n", "1", "params.windows[0].seconds", "060", "params.windows[0].messages", "+9")
	if got, want := string(typed(h.books[0].Body).Rules[2].Params), `{"windows":[{"messages":9,"seconds":60}]}`; got != want {
		t.Errorf("params = %s, want %s", got, want)
	}
}

func TestStaleRuleFormChangesNothing(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	v := open(t, h).as("mod")
	stamp := v.stamp(at)
	h.books[0].At++ // somebody else saved meanwhile
	_, body := v.post(at+"/rule/ads/mode", "stamp", stamp, "mode", "off", "back", at)
	if len(h.did) != 0 || !strings.Contains(body, "别人先了一步") {
		t.Errorf("did %v", h.did)
	}
}

func TestDraftIsPublishedInTheGroupsModeAndThenGone(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	h.keep = true
	v := open(t, h).as("owner")
	v.post(at+"/publish", "stamp", v.stamp(at), "reason", "放宽刷屏", "move_none", "只放宽")
	want := []string{"publish 1: 放宽刷屏", "draft 1: 已发布为第 4 版"}
	if !slices.Equal(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
	if mode := typed(h.published).Mode; mode != community.Live {
		t.Errorf("published in mode %q although the group is live", mode)
	}
	mod := open(t, furnished()).as("mod")
	if status, _ := mod.post(at+"/publish", "stamp", "x", "reason", "y"); status != 403 {
		t.Errorf("a moderator publishes: %d", status)
	}
}

func TestTeachingSaysWhatChangesAndLeadsToTheReplay(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	v := open(t, h).as("mod")
	if _, page := v.get(at); !strings.Contains(page, "训练模型") {
		t.Error("the rulebook's page offers no teaching")
	}
	_, body := v.post(at+"/learn", "stamp", v.stamp(at), "days", "14")
	if want := []string{"learn 1, 14 days: 训练了新的模型", "replay 1 against true over 30 days"}; !slices.Equal(h.did, want) { // the laboratory shows its newest trial
		t.Errorf("did %q, want %q", h.did, want)
	}
	for _, want := range []string{"812 条日常发言", "原来命中 7，现在 4", "推演"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page that follows lacks %q", want)
		}
	}
	h.did = nil
	if v.post(at+"/learn", "stamp", "old", "days", "14"); len(h.did) != 0 {
		t.Errorf("an old form taught: %q", h.did)
	}
}

func TestHitsOfCopiesAndModelsAreSaidInWords(t *testing.T) {
	h := furnished()
	for why, want := range map[string]string{
		"copies 15m 3/2": "15 分钟内同一段话的第 3 份，出自 2 人", "learned 3.20>2.80": "学习判断得分 3.20&gt;2.80", "suspect 1.60<2.80 100%": "像是广告，把握不大：请人看",
		"copies x": "copies x", "allowed text: copies 15m 4/4": "15 分钟内同一段话的第 4 份",
	} {
		h.decided[0].Hits = []community.RuleHit{{Rule: "x", Kind: "copies", Why: why}}
		if _, body := open(t, h).as("mod").get("/review?all=1&d=" + h.decided[0].ID.String()); !strings.Contains(body, want) {
			t.Errorf("%q is not said as %q", why, want)
		}
	}
}

func TestRollbackPublishesTheOldBookAnew(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	h.keep = true
	h.books = h.books[1:] // no draft
	v := open(t, h).as("owner")
	v.post(at+"/rollback", "version", "2", "reason", "误判多", "move_none", "只是退回")
	if len(h.did) == 0 || h.did[0] != "publish 1: 回到第 2 版：误判多" || typed(h.published).MemoryDays != 30 {
		t.Errorf("did %q", h.did)
	}
}

func TestTestBoxAsksTheRealRules(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	v := open(t, furnished()).as("mod")
	_, body := v.post(at+"/test", "text", "大家好，手机兼职日结找我", "joined", "30", "repeat", "1", "strikes", "0", "role", "member")
	for _, want := range []string{`<mark class="wrap">手机兼职日结</mark>`, "命中：", "记 1 分"} {
		if !strings.Contains(body, want) {
			t.Errorf("the test box does not say %s", want)
		}
	}
	_, body = v.post(at+"/test", "text", "今晚直播几点？", "joined", "30", "repeat", "1", "strikes", "0", "role", "member")
	if !strings.Contains(body, "什么都不会发生") {
		t.Error("an innocent message is not innocent")
	}
}

func TestReplayIsAskedWithTheBookOnTheDesk(t *testing.T) {
	h := furnished()
	v := open(t, h).as("mod")
	_, body := v.get("/rules/" + fakeID(20).String() + "/replay?run=1&days=90&against=force")
	if got := h.last(t); got != "replay 1 against true over 90 days" {
		t.Errorf("asked %q", got)
	}
	for _, want := range []string{"41,234", "改后不会的", "/messages/" + fakeID(20).String() + "/1003"} {
		if !strings.Contains(body, want) {
			t.Errorf("the report lacks %s", want)
		}
	}
}

// uploads posts the import form with a file of five bytes.
func uploads(t *testing.T, v *visitor, fields ...string) (int, string) {
	t.Helper()
	_, page := v.get("/imports")
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("_token", tokenField.FindStringSubmatch(page)[1])
	for i := 0; i+1 < len(fields); i += 2 {
		w.WriteField(fields[i], fields[i+1])
	}
	part, _ := w.CreateFormFile("file", "记录.txt")
	io.WriteString(part, "hello")
	w.Close()
	req, _ := http.NewRequest("POST", v.base+"/imports", &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.send(req)
}

func TestImportTriesFirstThenCommits(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	if status, _ := uploads(t, v, "group", fakeID(21).String()); status != 200 {
		t.Fatalf("upload = %d", status)
	}
	if got, want := h.last(t), `import 记录.txt  zone "" group 2 "" chats [] keep false dry true: 5 bytes`; got != want {
		t.Errorf("asked %q, want %q", got, want)
	}
	_, page := v.get("/imports/" + fakeID(500).String())
	for _, want := range []string{"对得上：", "不是有效的 JSON 对象", "⟦202E⟧", "正式导入"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %s", want)
		}
	}
	v.post("/imports/" + fakeID(500).String() + "/commit")
	if got := h.last(t); got != "commit "+fakeID(500).String() {
		t.Errorf("asked %q", got)
	}
	v.post("/imports/"+fakeID(501).String()+"/undo", "reason", "导错了")
	if got := h.last(t); got != fmt.Sprintf("undo import %s: 导错了", fakeID(501)) {
		t.Errorf("asked %q", got)
	}
}

func TestImportTakesAGroupThatIsThereOrANewName(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	uploads(t, v, "new_group", " #ubuntu-cn ", "zone", "+08:00")
	if got, want := h.last(t), `import 记录.txt  zone "+08:00" group 0 "#ubuntu-cn" chats [] keep false dry true: 5 bytes`; got != want {
		t.Errorf("asked %q, want %q", got, want)
	}
	before := len(h.did)
	for _, fields := range [][]string{{"new_group", "x", "group", fakeID(21).String()}, {"zone", "北京"}, {"zone", "Local"}} {
		if _, body := uploads(t, v, fields...); len(h.did) != before {
			t.Errorf("%q was taken: %q", fields, h.did[before:])
		} else if !strings.Contains(body, "没有时区") && !strings.Contains(body, "只能填一个") {
			t.Errorf("%q: nothing is said", fields)
		}
	}
}

// TestZoneIsAskedForAndAGuessIsMarked: the upload form fills no zone in; the trial of a file without one says so, asks,
// and marks what is preselected as a guess.
func TestZoneIsAskedForAndAGuessIsMarked(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	if _, body := v.get("/imports"); strings.Contains(body, `value="Asia/Shanghai"`) {
		t.Error("the form comes filled with a zone")
	}
	at := "/imports/" + fakeID(506).String()
	_, body := v.get(at)
	for _, want := range []string{"猜的", "文件里的时间没有时区，这次按 Asia/Shanghai 读", `<option value="" selected>不清楚：先按 Asia/Shanghai，注明是猜的`, "时区是猜的（Asia/Shanghai），记录里会注明", "沿用上次为它选的群"} {
		if !strings.Contains(body, want) {
			t.Errorf("the trial lacks %s", want)
		}
	}
	v.post(at+"/again", "zone", "Asia/Shanghai")
	if got, want := h.last(t), "again "+fakeID(506).String()+` zone "Asia/Shanghai" group 0 "" chats [] keep false dry true`; got != strings.Replace(want, " zone", "  zone", 1) {
		t.Errorf("asked %q, want %q", got, want)
	}
	if _, body := v.get("/imports/" + fakeID(507).String()); strings.Contains(body, "没有时区") || !strings.Contains(body, "Europe/Berlin") {
		t.Error("a zone that was stated is called a guess, or is forgotten")
	}
}

func TestNearMatchesAreListedAndDecided(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	at := "/imports/" + fakeID(506).String()
	_, body := v.get(at)
	for _, want := range []string{"相近的记录", "wechatmsg-csv WeChatMsg", "[图片]", "列出 2 条，共 40 条", "不写（默认）", "有相近的记录没有写入", "⟦202E⟧老周"} {
		if !strings.Contains(body, want) {
			t.Errorf("the trial lacks %s", want)
		}
	}
	v.post(at+"/again", "near", "keep", "zone_other", "Europe/Berlin", "zone", "UTC")
	if got := h.last(t); !strings.HasSuffix(got, `zone "Europe/Berlin" group 0 "" chats [] keep true dry true`) {
		t.Errorf("asked %q", got)
	}
}

func TestListOfMembersIsComparedBeforeItIsTaken(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	at := "/imports/" + fakeID(509).String()
	_, body := v.get(at)
	for _, want := range []string{"成员名单", "新来", "+ 小何", "⟦202E⟧老周", `value="2025-11-22 16:27"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the trial lacks %s", want)
		}
	}
	v.post(at+"/again", "at", "2024-05-01 08:00")
	if got := h.last(t); !strings.HasSuffix(got, "dry true at 1714521600000") {
		t.Errorf("asked %q", got)
	}
	before := len(h.did)
	if v.post(at+"/again", "at", "昨天"); len(h.did) != before {
		t.Errorf("a time that is none was taken: %q", h.last(t))
	}
}

func TestSeveralChatsAreTickedBeforeAnImport(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	at := "/imports/" + fakeID(507).String()
	_, body := v.get(at)
	if strings.Contains(body, `popovertarget="commit"`) || !strings.Contains(body, "文件里不止一个会话") || !strings.Contains(body, "#a, #b") {
		t.Error("an import that is not decided can be committed, or nobody says why not")
	}
	v.post(at+"/again", "chat:#b", "1", "chat:#a", "1", "new_group", "读书")
	if got := h.last(t); !strings.HasSuffix(got, `"读书" chats ["#a" "#b"] keep false dry true`) {
		t.Errorf("asked %q", got)
	}
}

func TestWhatCouldNotBeReadIsSaidInWords(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	if _, body := v.get("/imports/" + fakeID(508).String()); !strings.Contains(body, "认不出格式：照片.png") {
		t.Error("the reason is not said in Chinese")
	}
}

func TestReportThatDoesNotAddUpIsSaidSo(t *testing.T) {
	h := furnished()
	h.imports[1].Report = json.RawMessage(`{"rows":10,"added":3}`)
	v := open(t, h).as("owner")
	if _, body := v.get("/imports/" + fakeID(501).String()); !strings.Contains(body, "对不上") {
		t.Error("10 ≠ 3 passes")
	}
}

func TestLineDiffShowsWhatChanged(t *testing.T) {
	var got []string
	for _, c := range lineDiff([]string{"a", "b", "c", "d"}, []string{"a", "x", "c", "d", "e"}) {
		got = append(got, c.Op+c.Text)
	}
	if want := []string{" a", "-b", "+x", " c", " d", "+e"}; !slices.Equal(got, want) {
		t.Errorf("diff = %q, want %q", got, want)
	}
}
