package app_test

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// charterBook is the word book with articles.
func charterBook(t *testing.T, change func(*policy.Book)) json.RawMessage {
	t.Helper()
	var b policy.Book
	check(t, json.Unmarshal(wordBook(t, "团购"), &b))
	b.Charter = policy.Charter{Intro: "欢迎来徒步。", Articles: []policy.Article{
		{ID: "safe", Level: policy.LevelExit, Title: "不隐瞒病情"},
		{ID: "ads", Level: policy.LevelBase, Title: "不发广告", Body: "包括团购。\n朋友圈也算。", Rules: []string{b.Rules[0].ID}},
		{ID: "share", Level: policy.LevelValue, Title: "分享路线 <script>alert(1)</script>"},
	}}
	if change != nil {
		change(&b)
	}
	raw, err := json.Marshal(b)
	check(t, err)
	return raw
}

// TestPublishingTellsTheGroupAndThePublicPageShowsTheRules: the notice goes with the version, with the address; whoever has it
// reads the rules; sanctions cite the article; shut, and under its former address, the page shows nothing.
func TestPublishingTellsTheGroupAndThePublicPageShowsTheRules(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "group.announce=none", public)
		ctx, rules := t.Context(), s.app.Charters(s.org, nil)
		first := charterBook(t, nil)
		n, err := rules.Notice(ctx, s.group.Key, first)
		check(t, err)
		if n.Verb != community.Send || n.Level != community.Native || !n.Changed || n.Version != 1 || !strings.Contains(n.Text, "第 1 版已发布：共 3 条") || !strings.HasSuffix(n.Text, "{rules}") {
			t.Fatalf("what would be said: %+v", n)
		}
		v, err := rules.Publish(plain(ctx), "ming", s.group.Key, first, "第一版", "", n.Text)
		check(t, err)
		page, at, err := rules.Page(ctx, s.group.Key)
		check(t, err)
		if v != 1 || page.Slug == "" || !strings.HasSuffix(at, "/g/"+page.Slug) {
			t.Fatalf("version %d, page %+v at %q", v, page, at)
		}
		told := s.becomes(community.Send, community.Confirmed)
		if !strings.HasSuffix(told.Text, "全文："+at) || told.Cause != community.ByPerson {
			t.Errorf("the group was told %q", told.Text)
		}
		m := s.stranger()
		code, body := m.get("/g/" + page.Slug)
		for _, want := range []string{"欢迎来徒步", "第 1 版", "基础规则", "价值规则", "退出规则", "第 1 条", "不发广告", "朋友圈也算", "由管理员判断", "怎样申诉", "noindex", "第一次发布", "&lt;script&gt;"} {
			if code != 200 || !strings.Contains(body, want) {
				t.Errorf("the page (%d) does not say %q", code, want)
			}
		}
		if strings.Contains(body, "<script") {
			t.Error("a title became markup")
		}

		d, path := s.struck("团购一折")
		if d.Article != 1 || d.Strikes[0].Article != 1 {
			t.Errorf("the strike cites article %d", d.Article)
		}
		rows, _, err := s.desk.FindActions(ctx, community.ActionFilter{Group: s.group.Key, Decision: d.ID, Verb: community.Send})
		check(t, err)
		if len(rows) != 1 || !strings.Contains(rows[0].Text, "依据：《群规》第 1 版第 1 条") {
			t.Errorf("the warning says %+v", rows)
		}
		if _, body := m.get(path); !strings.Contains(body, "第 1 条 不发广告") {
			t.Errorf("the appeal's page names no article: %s", excerpt(body))
		}
		strikes, _, err := s.desk.FindStrikes(ctx, community.StrikeFilter{Group: s.group.Key})
		check(t, err)
		if len(strikes) != 1 || strikes[0].Article != 1 || strikes[0].Book != 1 {
			t.Errorf("ledger = %+v", strikes)
		}

		second := charterBook(t, func(b *policy.Book) { b.Charter.Articles[2].Title = "分享路线和照片" })
		n, err = rules.Notice(ctx, s.group.Key, second)
		check(t, err)
		if !strings.Contains(n.Text, "修改第 2 条") || !strings.HasSuffix(n.Text, at) {
			t.Errorf("what would be said of the second: %q", n.Text)
		}
		_, err = rules.Publish(plain(ctx), "ming", s.group.Key, second, "第二版", "", "")
		check(t, err)
		if _, body = m.get("/g/" + page.Slug); !strings.Contains(body, "第 2 版 ") || !strings.Contains(body, "修改第 2 条 分享路线和照片") || !strings.Contains(body, "/g/"+page.Slug+"/1") {
			t.Errorf("the second version: %s", excerpt(body))
		}
		if _, body = m.get("/g/" + page.Slug + "/1"); !strings.Contains(body, "以前的第 1 版") {
			t.Errorf("the first version: %s", excerpt(body))
		}
		for _, bad := range []string{"/g/" + page.Slug + "/3", "/g/" + page.Slug + "/0", "/g/" + page.Slug + "/01", "/g/" + page.Slug + "/x", "/g/nonsense", "/g/" + s.group.ID.String()} {
			if code, _ := m.get(bad); code != 404 {
				t.Errorf("%s = %d, want 404", bad, code)
			}
		}
		moved, err := rules.SetPage(ctx, "ming", s.group.Key, false, true, "外传了")
		check(t, err)
		if code, _ := m.get("/g/" + page.Slug); code != 404 || moved.Slug == page.Slug {
			t.Errorf("the former address = %d", code)
		}
		_, err = rules.SetPage(ctx, "ming", s.group.Key, true, false, "先关")
		check(t, err)
		if code, _ := m.get("/g/" + moved.Slug); code != 404 {
			t.Errorf("a shut page = %d", code)
		}
		rep, err := s.app.AsDecided(ctx, s.group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %+v", rep)
		}
	})
}

// TestNoticeOfNewRulesIsACardWhereNobodyCanAnnounce: on a group that no connection serves, a person has the text ready, with the
// articles in it, since nobody outside reaches this server.
func TestNoticeOfNewRulesIsACardWhereNobodyCanAnnounce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := byHand(t, dbURL)
		rules := h.app.Charters(h.org, nil)
		book := charterBook(t, func(b *policy.Book) {
			b.Ladder, b.Rules[0].Ladder = []policy.Rung{{Actions: []string{policy.ActWarn}}, {Actions: []string{policy.ActRemove}}}, nil
		})
		n, err := rules.Notice(t.Context(), h.group.Key, book)
		check(t, err)
		if n.Level != community.Human || !strings.Contains(n.Text, "1. 不发广告\n2. 分享路线") {
			t.Fatalf("what would be said: %+v", n)
		}
		_, err = rules.Publish(plain(t.Context()), "ming", h.group.Key, book, "第一版", "", n.Text)
		check(t, err)
		h.until("group.announce ")
		if _, err := rules.Publish(plain(t.Context()), "ming", h.group.Key, book, "再来", "", strings.Repeat("长", 2001)); community.CodeOf(err) != community.CodeTooLarge {
			t.Errorf("a notice without end: %v", err)
		}
	})
}

// TestPastedRosterMakesARemovalPublic: where people remove, the next pasted list is the only proof, and the notice follows it once.
func TestPastedRosterMakesARemovalPublic(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := byHand(t, dbURL)
		raw, err := h.app.Store().BookBody(t.Context(), h.group.Key, 1)
		check(t, err)
		var b policy.Book
		check(t, json.Unmarshal(raw, &b))
		b.RemovedText, b.MaskNames = "公示：{name} 因{reason}被移出", true
		raw, err = json.Marshal(b)
		check(t, err)
		_, err = h.app.Hands(h.org, nil).Publish(plain(t.Context()), "ming", h.group.Key, raw, "公示")
		check(t, err)
		h.take("roster-names", "小满妈\n发票王\n大刘\n", nil)
		h.take("wechat-paste", "发票王 2026-11-02 09:31\n代开发票，加我\n\n发票王 2026-11-02 09:40\n代开发票，量大从优\n", nil)
		h.until("member.remove 发票王, message.send 发票王")
		h.caughtUp()
		h.ms.Add(60_000)
		h.take("roster-names", "小满妈\n发票王\n大刘\n", nil)
		h.until("member.remove 发票王, message.send 发票王") // still there: nothing is public
		h.ms.Add(60_000)
		h.caughtUp()
		h.take("roster-names", "小满妈\n大刘\n", nil)
		h.until("message.send , message.send 发票王")
		rows, _, err := h.gate.desk.FindTasks(t.Context(), community.TaskFilter{Page: community.Page{Limit: 9}})
		check(t, err)
		notices := 0
		for _, k := range rows {
			if strings.HasPrefix(k.Text, "公示：发** 因") && strings.Contains(k.Text, "《群规》第 2 版") {
				notices++
			}
		}
		if notices != 1 {
			t.Errorf("notices = %d of %+v, want one", notices, rows)
		}
		rep, err := h.app.AsDecided(t.Context(), h.group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %+v", rep)
		}
	})
}

// TestCharterIsWrittenAndPublishedInTheConsole: articles are added, ordered and deleted in the draft; what is wrong is said at the
// field; publishing shows the words first and sends what was left in the box; the page can be shut.
func TestCharterIsWrittenAndPublishedInTheConsole(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public)
		ctx, at := t.Context(), "/rules/"+s.group.ID.String()
		_, err := s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "团购"), "第一版")
		check(t, err)
		desk := at + "/charter"
		stamp := func() string {
			_, body := s.get(desk + "/words")
			i := strings.Index(body, `name="stamp" value="`) + len(`name="stamp" value="`)
			return body[i : i+strings.IndexByte(body[i:], '"')]
		}
		add := func(id, level, title string, rules ...string) string {
			return s.does(desk+"/new", desk+"/new", url.Values{"stamp": {stamp()}, "id": {id}, "level": {level}, "title": {title}, "rules": rules})
		}
		add("one", "base", "不发广告", "ads")
		add("two", "base", "不刷屏")
		add("three", "exit", "不骗人")
		code, body := s.send(desk+"/new", desk+"/new", url.Values{"stamp": {stamp()}, "id": {"four"}, "level": {"exit"}, "title": {"不刷屏"}})
		if code != 422 || !strings.Contains(body, "标题相同") {
			t.Errorf("the same title twice: %d %s", code, excerpt(body))
		}
		s.does(desk, desk+"/article/two/move", url.Values{"stamp": {stamp()}, "dir": {"up"}})
		s.does(desk+"/article/three", desk+"/article/three", url.Values{"stamp": {stamp()}, "level": {"exit"}, "title": {"不骗人不诈骗"}})
		s.does(desk+"/words", desk+"/words", url.Values{"stamp": {stamp()}, "intro": {"欢迎来徒步"}, "notice": {"新群规第 {version} 版：{changes}"}})
		body = s.does(desk, desk+"/article/three/move", url.Values{"stamp": {stamp()}, "dir": {"down"}})
		for _, want := range []string{"第 1 条 ", "不刷屏", "由规则执行", "还没有", "欢迎来徒步", "新群规第 2 版：共 3 条", "通知群里"} {
			if !strings.Contains(body, want) {
				t.Errorf("the desk does not say %q", want)
			}
		}
		if code, body := s.get(desk + "/preview"); code != 200 || !strings.Contains(body, "预览：还没有发布") || !strings.Contains(body, "不骗人不诈骗") || strings.Contains(body, "<script") {
			t.Errorf("preview = %d: %s", code, excerpt(body))
		}
		s.does(desk, at+"/publish", url.Values{"stamp": {stamp()}, "reason": {"写给大家看"}, "tell": {"1"}, "notice": {"新群规来了：{rules}"}, "move_none": {"只是写清楚"}})
		told := s.becomes(community.Announce, community.Acked)
		page, address, err := s.app.Charters(s.org, nil).Page(ctx, s.group.Key)
		check(t, err)
		if told.Text != "新群规来了："+address || address == "" {
			t.Errorf("told %q, page %+v", told.Text, page)
		}
		if _, body := s.get(desk); !strings.Contains(body, address) || !strings.Contains(body, "公开页已打开") {
			t.Errorf("the desk does not show the address: %s", excerpt(body))
		}
		m := s.says(s.member("大刘"), "随便说一句")
		where := "/messages/" + s.group.ID.String() + "/" + strconv.FormatInt(m.Number, 10)
		if _, body := s.get(where); !strings.Contains(body, "第 3 条 不骗人不诈骗") {
			t.Errorf("no article to choose: %s", excerpt(body))
		}
		s.does(where, where+"/strike", url.Values{"article": {"one"}, "reason": {"当面说过"}})
		if _, body := s.get("/strikes"); !strings.Contains(body, "第 2 版 第 2 条") {
			t.Errorf("the ledger names no article: %s", excerpt(body))
		}
		s.does(desk, desk+"/page", url.Values{"do": {"shut"}, "reason": {"先关"}})
		if code, _ := s.stranger().get("/g/" + page.Slug); code != 404 {
			t.Errorf("the shut page = %d", code)
		}
		rep, err := s.app.AsDecided(ctx, s.group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %d different", rep.Different)
		}
	})
}

// TestNewcomersAgreeInTheGroupOnTheirPageOrAloud: whoever comes is told how, with an address of their own; until they agree they are
// limited; every way is on record with version and time; the box must be ticked; once and again are the same.
func TestNewcomersAgreeInTheGroupOnTheirPageOrAloud(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public)
		ctx, rules := t.Context(), s.app.Charters(s.org, nil)
		book := charterBook(t, func(b *policy.Book) {
			b.Rules = append(b.Rules, policy.Rule{ID: "agree", Name: "群规确认", Kind: "confirm", Mode: policy.RuleLive, Remind: true, Ladder: []policy.Rung{{Actions: []string{policy.ActRecall}}},
				Params: json.RawMessage(`{"text":"请看 {rules} ，回复“{keyword}”或打开 {confirm}","no_links":true,"no_media":true,"no_contact":true}`)})
		})
		_, err := rules.Publish(plain(ctx), "ming", s.group.Key, book, "第一版", "", "")
		check(t, err)
		joins := func(id, name string) community.MemberRow {
			_, err := s.app.Engine().Apply(ctx, community.Inbound{Type: community.MemberJoined, GroupKey: s.group.Key, Key: "join-" + id, Account: s.group.Accounts[0],
				Actor: community.Who{ID: id, Name: name}, OccurredAt: s.app.Now(), Body: community.Body{Scene: "qr"}})
			check(t, err)
			check(t, s.app.Store().CatchUp(ctx))
			return s.member(name)
		}
		says := func(m community.MemberRow, text string) community.Decision {
			out, err := s.app.Engine().Apply(ctx, community.Inbound{Type: community.MessageCreated, GroupKey: s.group.Key, Key: text + m.Name, Account: s.group.Accounts[0],
				Actor: community.Who{ID: m.External, Name: m.Name}, OccurredAt: s.app.Now(), Body: community.Body{Text: text, Message: text + m.Name}})
			check(t, err)
			if len(out[0].Decisions) == 0 {
				return community.Decision{}
			}
			return out[0].Decisions[0]
		}
		yu, he, su := joins("n1", "新人小于"), joins("n2", "新人小何"), joins("n3", "新人小苏")
		var link string
		await(t, func() bool {
			rows, _, err := s.desk.FindActions(ctx, community.ActionFilter{Group: s.group.Key, Verb: community.Send})
			for _, a := range rows {
				if i := strings.Index(a.Text, "/y/"); err == nil && i >= 0 && a.Target == he.Key {
					link = a.Text[i:]
				}
			}
			return link != ""
		})
		if d := says(yu, "看 evil.example/x"); d.Verdict != community.Hit || len(d.Strikes) != 0 {
			t.Fatalf("a newcomer's link: %+v", d)
		}
		if d := says(yu, "我已阅读并同意"); d.Confirmed != 1 {
			t.Errorf("agreed in the group: %+v", d)
		}
		if d := says(yu, "再看 evil.example/y"); d.Verdict != "" {
			t.Errorf("after agreeing: %+v", d)
		}
		m := s.stranger()
		code, body := m.get(link)
		if code != 200 || !strings.Contains(body, "新**") || strings.Contains(body, "小何") || strings.Contains(body, "checked") || !strings.Contains(body, "不发广告") {
			t.Errorf("the member's page = %d: %s", code, excerpt(body))
		}
		post := func(fields url.Values) int {
			t.Helper()
			res, err := m.http.PostForm(m.base+link, fields)
			check(t, err)
			res.Body.Close()
			return res.StatusCode
		}
		for want, fields := range map[int]url.Values{422: {"version": {"1"}}, 409: {"version": {"7"}, "agree": {"1"}}} {
			if got := post(fields); got != want {
				t.Errorf("%v = %d, want %d", fields, got, want)
			}
		}
		for range 2 {
			if got := post(url.Values{"version": {"1"}, "agree": {"1"}}); got != 200 {
				t.Errorf("agreed on the page = %d", got)
			}
		}
		if _, body := m.get(link); !strings.Contains(body, "已确认第 1 版") {
			t.Errorf("the page afterwards: %s", excerpt(body))
		}
		for _, bad := range []string{"/y/", "/y/nonsense", link[:len(link)-2] + "xx", "/y/" + strings.Repeat("A", 400)} {
			if code, _ := m.get(bad); code != 404 {
				t.Errorf("%s = %d, want 404", bad, code)
			}
		}
		page := "/members/" + su.ID.String()
		if body := s.does(page, "/rules/"+s.group.ID.String()+"/confirmed", url.Values{"member": {su.ID.String()}, "reason": {"当面答应"}}); !strings.Contains(body, "已登记") {
			t.Errorf("noted by hand: %s", excerpt(body))
		}
		if _, err := rules.Confirm(ctx, "ming", s.group.Key, su.ID, "又一次"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("noted twice: %v", err)
		}
		if _, err := rules.Confirm(ctx, "ming", s.group.Key, he.ID, " "); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("noted without a word: %v", err)
		}
		if d := says(su, "看 evil.example/z"); d.Verdict != "" {
			t.Errorf("after it was noted by hand: %+v", d)
		}
		list, n, err := rules.Confirmations(ctx, community.ConfirmationFilter{Group: s.group.Key, Page: community.Page{Sort: "at"}})
		check(t, err)
		got := ""
		for _, r := range list {
			got += r.MemberName + " " + string(r.Way) + " " + strconv.Itoa(r.Version) + " " + r.Note + ";"
		}
		if want := "新人小于 chat 1 ;新人小何 page 1 ;新人小苏 hand 1 当面答应;"; n != 3 || got != want {
			t.Errorf("on record: %q, want %q", got, want)
		}
		at := "/rules/" + s.group.ID.String() + "/confirmed"
		if _, body := s.get(at); !strings.Contains(body, "群里回复") || !strings.Contains(body, "网页勾选") || !strings.Contains(body, "当面答应") {
			t.Errorf("the list: %s", excerpt(body))
		}
		if _, body := s.get(at + "?missing=1"); !strings.Contains(body, "大刘") || strings.Contains(body, "新人小何") {
			t.Errorf("who has not: %s", excerpt(body))
		}
		if _, body := s.get(at + "?format=csv"); strings.Count(body, "\n") != 4 || !strings.Contains(body, "当面答应") {
			t.Errorf("the sheet: %q", body)
		}
		rep, err := s.app.AsDecided(ctx, s.group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %d different", rep.Different)
		}
	})
}
