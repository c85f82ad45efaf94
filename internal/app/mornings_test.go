package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/morning"
	"qunluo/internal/plan"
)

// newsstand serves feeds: each path as its handler says.
func newsstand(t *testing.T, paths map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range paths {
		mux.HandleFunc(path, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func says(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		fmt.Fprint(w, body) //nolint:errcheck // who reads it looks
	}
}

func rssOf(items ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>茶报</title>` + strings.Join(items, "") + `</channel></rss>`
}

func rssItem(id, title string) string {
	return fmt.Sprintf(`<item><guid>%s</guid><title>%s</title><link>https://news.example/%s?utm_source=rss</link></item>`, id, title, id)
}

// TestHostileFeedsAreRefusedAndToldWhy: what lies inside a network, is too large, is no feed or is broken is not added; a feed that turns bad
// later says so and is left in peace; old encodings, empty feeds and markup are read.
func TestHostileFeedsAreRefusedAndToldWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", reachable)
		ctx, p := t.Context(), s.app.Mornings(s.org, nil)
		var inside atomic.Int64
		canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
		t.Cleanup(canary.Close)
		secret := strings.Replace(canary.URL, "127.0.0.1", "127.0.0.2", 1) // only 127.0.0.1 may be called
		old, err := simplifiedchinese.GB18030.NewEncoder().String(strings.Replace(rssOf(rssItem("g", "龙井怎么泡")), "UTF-8", "GB18030", 1))
		check(t, err)
		sick := new(atomic.Bool)
		endless := func(w http.ResponseWriter, _ *http.Request) {
			chunk := strings.Repeat("<item><title>x</title></item>", 1000)
			fmt.Fprint(w, `<rss version="2.0"><channel>`) //nolint:errcheck // the reader leaves
			for sent := 0; sent < 100<<20; sent += len(chunk) {
				if _, err := fmt.Fprint(w, chunk); err != nil {
					return
				}
			}
		}
		at := newsstand(t, map[string]http.HandlerFunc{
			"/old": says("text/xml", old), "/empty": says("text/xml", rssOf()), "/page": says("text/html", "<html><body>登录</body></html>"), "/huge": endless,
			"/promised": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "104857600") },
			"/inside":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, secret+"/feed", http.StatusFound) },
			"/loop":     func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) },
			"/gone":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
			"/busy":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
			"/broken":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
			"/laughs":   says("text/xml", `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss version="2.0"><channel><title>&c;</title><item><title>&c;</title>`),
			"/markup":   says("text/xml", rssOf(rssItem("m", "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;雨前茶&lt;/b&gt;"), rssItem("m", "同号"))),
			"/turns": func(w http.ResponseWriter, r *http.Request) {
				if sick.Load() {
					w.WriteHeader(http.StatusBadGateway)
					return
				}
				says("text/xml", rssOf(rssItem("t", "还好的时候")))(w, r)
			},
		})
		for path, want := range map[string]community.Code{
			"/page": community.CodeBadInput, "/huge": community.CodeTooLarge, "/promised": community.CodeTooLarge, "/inside": community.CodeForbidden, "/loop": community.CodeRefused, "/gone": community.CodeLate,
			"/busy": community.CodeLimited, "/broken": community.CodeUnreachable, "/laughs": community.CodeBadInput,
		} {
			_, err := p.AddFeed(ctx, "ming", morning.Source{URL: at + path}, "")
			wantCode(t, path, err, want)
		}
		for _, bad := range []string{secret + "/feed", "http://169.254.169.254/latest", "http://[::1]:80/", "ftp://a.example/", "file:///etc/passwd", ""} {
			if _, err := p.AddFeed(ctx, "ming", morning.Source{URL: bad}, ""); err == nil {
				t.Errorf("%q was added", bad)
			}
		}
		if inside.Load() != 0 {
			t.Error("what lies inside was reached")
		}
		list, err := p.Feeds(ctx)
		check(t, err)
		if len(list) != 0 {
			t.Fatalf("feeds = %+v, want none of those", list)
		}
		var turns morning.Source
		for path, entries := range map[string]int{"/old": 1, "/empty": 0, "/markup": 1, "/turns": 1} {
			f, err := p.AddFeed(ctx, "ming", morning.Source{URL: at + path, Every: 15}, "")
			if err != nil || f.Entries != entries || f.Name != "茶报" || f.Error != "" {
				t.Errorf("%s = %+v, %v; want %d entries", path, f, err, entries)
			}
			if path == "/turns" {
				turns = f
			}
		}
		_, err = p.AddFeed(ctx, "ming", morning.Source{URL: at + "/old"}, "")
		wantCode(t, "the same address again", err, community.CodeConflict)
		sick.Store(true)
		f, err := p.ReadFeed(ctx, turns.ID)
		wantCode(t, "a feed that turned bad", err, community.CodeUnreachable)
		if f.Failed != 1 || f.Error != "unreachable" || f.Entries != 1 || f.Fetched != turns.Fetched || f.Next < f.Tried+15*60_000 {
			t.Errorf("after it = %+v, want the failure noted and the entry kept", f)
		}
		some := s.app.Mornings(s.org, []community.GroupKey{s.group.Key})
		_, err = some.AddFeed(ctx, "ming", morning.Source{URL: at + "/empty"}, "")
		wantCode(t, "by somebody who sees some groups", err, community.CodeForbidden)
		wantCode(t, "removed by them", some.DropFeed(ctx, "ming", turns.ID, ""), community.CodeForbidden)
		r, err := p.Draft(ctx, "ming", s.group.Key, "", "zh-CN")
		check(t, err)
		var offered []string
		for _, piece := range r.Pieces {
			offered = append(offered, piece.Title)
		}
		slices.Sort(offered)
		if !slices.Equal(offered, []string{"还好的时候", "雨前茶", "龙井怎么泡"}) || strings.Contains(r.Text, "script") {
			t.Errorf("offered %q, worded %s", offered, r.Text)
		}
		check(t, p.DropFeed(ctx, "ming", turns.ID, "不用了"))
		_, err = p.ReadFeed(ctx, turns.ID)
		wantCode(t, "a feed that was removed", err, community.CodeNotFound)
	})
}

// startNewspaper is a planner whose house may call this machine and has a public address.
func startNewspaper(t *testing.T, dbURL string) *planner {
	p := startPlanner(t, dbURL)
	p.cfg.Notify = config.Notify{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	p.cfg.Server.PublicURL = "https://qun.example"
	p.later(0)
	return p
}

// TestAMorningReportGoesTheWholeWay: drafted of feeds and talk, picked, worded, laid into the calendar's slot, approved by a second person, said
// in its group and brought as a task where nothing can send; then openings and answers are counted.
func TestAMorningReportGoesTheWholeWay(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startNewspaper(t, dbURL)
		ctx, m := t.Context(), p.app.Mornings(p.org, nil)
		asked := new(atomic.Int64)
		at := newsstand(t, map[string]http.HandlerFunc{
			"/a": func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				w.Header().Set("ETag", `"1"`)
				if r.Header.Get("If-None-Match") == `"1"` {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				says("text/xml", rssOf(rssItem("1", "西湖龙井今年提前十天开采，首批茶农已经上山"), rssItem("2", "紫砂壶开壶要不要煮")))(w, r)
			},
			"/b": says("text/xml", strings.Replace(rssOf(rssItem("9", "西湖龙井今年提前十天开采 首批茶农已上山")), "茶报", "水报", 1)),
		})
		for _, path := range []string{"/a", "/b"} {
			_, err := m.AddFeed(ctx, "lin", morning.Source{URL: at + path, Every: 60}, "")
			check(t, err)
		}
		accounts, err := p.desk().Accounts(ctx)
		check(t, err)
		check(t, p.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, community.Inbound{Type: community.MessageCreated, Key: "asked", OccurredAt: p.app.Now(), Group: community.Ref{ID: "one"}, Actor: community.Who{ID: "lin", Name: "林晓"},
			Body: community.Body{Class: community.Text, Text: "谁有第三章的读书笔记可以分享一下吗？", Message: "asked"}}))
		r, err := m.Draft(ctx, p.lin, p.one, "", "zh-CN")
		check(t, err)
		zone, err := time.LoadLocation("Asia/Shanghai")
		check(t, err)
		tomorrow := time.UnixMilli(p.app.Now()).In(zone).AddDate(0, 0, 1).Format(time.DateOnly) // it is past noon
		var got []string
		for _, piece := range r.Pieces {
			got = append(got, fmt.Sprint(piece.Kind, " ", piece.Title, " ", len(piece.Same), " ", piece.Picked))
		}
		want := []string{"news 西湖龙井今年提前十天开采，首批茶农已经上山 1 true", "news 紫砂壶开壶要不要煮 0 true", "question  0 true"}
		if r.Day != tomorrow || !slices.Equal(got, want) && !slices.Equal(got, []string{strings.Replace(want[0], "，首批茶农已经上山", " 首批茶农已上山", 1), want[1], want[2]}) {
			t.Fatalf("offered for %s: %q, want %q", r.Day, got, want)
		}
		for _, part := range []string{"【早报】" + tomorrow, "https://news.example/2?utm_source=rss", "谁有第三章的读书笔记", "直接在群里回答"} {
			if !strings.Contains(r.Text, part) {
				t.Errorf("words lack %q:\n%s", part, r.Text)
			}
		}
		_, err = m.Pick(ctx, p.lin, r.ID, r.Version, []int{99})
		wantCode(t, "picking what is not there", err, community.CodeBadInput)
		picked, err := m.Pick(ctx, p.lin, r.ID, r.Version, []int{1, 2})
		check(t, err)
		if strings.Contains(picked.Text, "西湖龙井") || !strings.Contains(picked.Text, "紫砂壶") {
			t.Errorf("picked words = %s", picked.Text)
		}
		_, err = m.Pick(ctx, p.wu, r.ID, r.Version, []int{0})
		wantCode(t, "picking in what was read before", err, community.CodeConflict)
		_, err = m.Draft(ctx, p.lin, p.one, tomorrow, "zh-CN")
		wantCode(t, "drafting over what was picked", err, community.CodeConflict)
		_, err = m.Edit(ctx, p.lin, r.ID, picked.Version, " ")
		wantCode(t, "no words", err, community.CodeBadInput)
		edited, err := m.Edit(ctx, p.lin, r.ID, picked.Version, picked.Text+"\n小满编")
		check(t, err)
		_, err = m.Lay(ctx, p.lin, r.ID, edited.Version, "10:30", "")
		wantCode(t, "at half past ten", err, community.CodeBadInput)

		laid, err := m.Lay(ctx, p.lin, r.ID, edited.Version, "08:15", "")
		check(t, err)
		if laid.State != morning.Laid || laid.ItemState != string(plan.ItemAsked) || laid.Pieces[1].Slug == "" || laid.Pieces[0].Slug != "" {
			t.Fatalf("laid = %+v", laid)
		}
		_, err = m.Lay(ctx, p.lin, r.ID, laid.Version, "", "")
		wantCode(t, "laying it twice", err, community.CodeConflict)
		c := p.app.Calendars(p.org, nil)
		i, err := c.Item(ctx, laid.Item)
		check(t, err)
		short := "https://qun.example/l/" + laid.Pieces[1].Slug
		if i.Fixture != "morning" || i.Date != tomorrow || i.At != "08:15" || strings.Contains(i.Text, "news.example") || !strings.Contains(i.Text, short) || !strings.Contains(i.Text, "小满编") {
			t.Errorf("item = %+v", i)
		}
		_, err = c.ApproveItem(ctx, p.lin, i.ID, i.Version, "")
		wantCode(t, "approved by who laid it", err, community.CodeForbidden)
		_, err = c.ApproveItem(ctx, p.wu, i.ID, i.Version, "")
		check(t, err)

		// The group without a connection gets a task.
		hand, err := m.Draft(ctx, p.lin, p.hand, tomorrow, "zh-CN")
		check(t, err)
		hand, err = m.Lay(ctx, p.lin, hand.ID, hand.Version, "", "")
		check(t, err)
		byHand, err := c.Item(ctx, hand.Item)
		check(t, err)
		_, err = c.ApproveItem(ctx, p.wu, byHand.ID, byHand.Version, "")
		check(t, err)

		local := time.UnixMilli(p.app.Now()).In(zone)
		half := time.Date(local.Year(), local.Month(), local.Day()+1, 8, 40, 0, 0, zone)
		p.later(half.Sub(local))
		m = p.app.Mornings(p.org, nil)
		await(t, func() bool {
			r, _, err = m.Get(ctx, r.ID)
			check(t, err)
			return r.SentAt != 0 && p.said(i.Text) == 1
		})
		var tasks []community.TaskRow
		await(t, func() bool {
			tasks, _, err = p.desk().FindTasks(ctx, community.TaskFilter{State: "open"})
			check(t, err)
			return len(tasks) == 1
		})
		if tasks[0].Group != p.hand || tasks[0].Text != byHand.Text {
			t.Errorf("task = %+v, want the words to paste in the group without a connection", tasks[0])
		}

		// Who opens it and who answers.
		doors, err := p.app.Handler(app.Doors{})
		check(t, err)
		res := httptest.NewRecorder()
		doors.ServeHTTP(res, httptest.NewRequest(http.MethodGet, "https://qun.example/l/"+laid.Pieces[1].Slug, nil))
		if res.Code != http.StatusFound || res.Header().Get("Location") != "https://news.example/2?utm_source=rss" {
			t.Errorf("the short link answers %d to %q", res.Code, res.Header().Get("Location"))
		}
		message := ""
		for _, s := range p.world.Sent() {
			if s.Text == i.Text {
				message = s.ID
			}
		}
		_, err = p.world.Answer("one", "wu", message, "笔记我有，中午发")
		check(t, err)
		_, err = p.world.Say("one", "lin", "收到")
		check(t, err)
		await(t, func() bool {
			r, _, err = m.Get(ctx, r.ID)
			check(t, err)
			return r.Outcome == morning.Outcome{Replies: 1, Said: 2, People: 2} && r.Opened() == 1
		})
		if r.Counted != 0 {
			t.Error("it was counted for good before the day was over")
		}
		p.later(25 * time.Hour)
		m = p.app.Mornings(p.org, nil)
		await(t, func() bool {
			r, _, err = m.Get(ctx, r.ID)
			check(t, err)
			return r.Counted != 0
		})
		if want := (morning.Outcome{Replies: 1, Said: 2, People: 2}); r.Outcome != want || r.Opens[laid.Pieces[1].Slug] != 1 {
			t.Errorf("counted = %+v, opened %v", r.Outcome, r.Opens)
		}
		list, n, err := m.List(ctx, p.one, community.Page{})
		if err != nil || n != 1 || list[0].Opened() != 1 || list[0].Outcome.Replies != 1 || list[0].ItemState != string(plan.ItemSent) {
			t.Errorf("list = %+v, %v", list, err)
		}
		if _, n, err := p.app.Mornings(p.org, []community.GroupKey{p.two}).List(ctx, 0, community.Page{}); err != nil || n != 0 {
			t.Errorf("seen by who sees another group: %d, %v", n, err)
		}
		await(t, func() bool { return asked.Load() > 1 }) // the feed was read again by itself, and said that nothing changed
		again, err := m.Draft(ctx, p.lin, p.one, "", "zh-CN")
		check(t, err)
		for _, piece := range again.Pieces {
			if strings.Contains(piece.Title, "紫砂壶") {
				t.Error("what was told is offered again")
			}
		}
	})
}

// TestMorningReportsAreDraftedByThemselves: where it is switched on, once, at its hour; and none where there is nothing to tell.
func TestMorningReportsAreDraftedByThemselves(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startNewspaper(t, dbURL)
		ctx, m := t.Context(), p.app.Mornings(p.org, nil)
		at := newsstand(t, map[string]http.HandlerFunc{
			"/a": says("text/xml", rssOf(rssItem("1", "西湖龙井今年提前十天开采"))), "/quiet": says("text/xml", rssOf()),
		})
		news, err := m.AddFeed(ctx, "lin", morning.Source{URL: at + "/a"}, "")
		check(t, err)
		quiet, err := m.AddFeed(ctx, "lin", morning.Source{URL: at + "/quiet"}, "")
		check(t, err)
		for g, sources := range map[community.GroupKey][]community.ID{p.one: nil, p.two: {quiet.ID}} {
			check(t, m.SaveWatch(ctx, "lin", morning.Watch{Group: g, On: true, Hour: 6, At: "08:30", Lang: "zh-CN", Sources: sources}, ""))
		}
		wantCode(t, "a feed that is not there", m.SaveWatch(ctx, "lin", morning.Watch{Group: p.one, Hour: 6, At: "08:30", Sources: []community.ID{{1}}}, ""), community.CodeBadInput)
		wantCode(t, "at noon", m.SaveWatch(ctx, "lin", morning.Watch{Group: p.one, Hour: 6, At: "12:00"}, ""), community.CodeBadInput)
		zone, err := time.LoadLocation("Asia/Shanghai")
		check(t, err)
		local := time.UnixMilli(p.app.Now()).In(zone)
		p.later(time.Date(local.Year(), local.Month(), local.Day()+1, 6, 10, 0, 0, zone).Sub(local))
		m = p.app.Mornings(p.org, nil)
		var list []morning.Report
		await(t, func() bool {
			list, _, err = m.List(ctx, 0, community.Page{})
			check(t, err)
			return len(list) > 0
		})
		settle(t, p)
		list, _, err = m.List(ctx, 0, community.Page{})
		check(t, err)
		if len(list) != 1 || list[0].Group != p.one || list[0].User != "" || list[0].State != morning.Draft || len(list[0].Picked()) != 1 || list[0].Pieces[0].From != news.Name {
			t.Fatalf("drafted = %+v, want one, of the group that has something to tell", list)
		}
		dropped, err := m.Drop(ctx, p.lin, list[0].ID, list[0].Version, "今天不发")
		check(t, err)
		p.later(10 * time.Minute)
		m = p.app.Mornings(p.org, nil)
		settle(t, p)
		if r, _, err := m.Get(ctx, dropped.ID); err != nil || r.State != morning.Dropped {
			t.Errorf("after it was dropped: %+v, %v", r.State, err)
		}
		back, err := m.Restore(ctx, p.lin, dropped.ID)
		check(t, err)
		laid, err := m.Lay(ctx, p.lin, back.ID, back.Version, "", "")
		check(t, err)
		_, err = p.app.Calendars(p.org, nil).SkipItem(ctx, p.wu, laid.Item, "今天有别的事")
		check(t, err)
		again, err := m.Restore(ctx, p.lin, laid.ID)
		check(t, err)
		if again.State != morning.Draft || !again.Item.IsZero() || again.Pieces[0].Slug != "" {
			t.Errorf("restored after it was skipped = %+v", again)
		}
		if _, err := m.Lay(ctx, p.lin, again.ID, again.Version, "08:45", ""); err != nil {
			t.Errorf("laid again: %v", err)
		}
	})
}

// settle waits until a round that began now is over.
func settle(t *testing.T, p *planner) {
	t.Helper()
	check(t, p.app.RunMornings(context.WithoutCancel(t.Context())))
}

// TestMorningPagesWork: a feed is added and told why another is not; a report is made, picked, worded and laid in the console.
func TestMorningPagesWork(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", reachable)
		ctx := t.Context()
		_, err := s.app.Goals(s.org, nil).SetGoal(ctx, "test", s.group.Key, readingGoal(t), "")
		check(t, err)
		at := newsstand(t, map[string]http.HandlerFunc{"/a": says("text/xml", rssOf(rssItem("1", "&lt;b&gt;西湖龙井&lt;/b&gt;今年提前十天开采"), rssItem("2", "紫砂壶开壶要不要煮"))), "/page": says("text/html", "<html></html>")})
		feeds := "/morning/feeds"
		if _, page := s.get(feeds); !strings.Contains(page, "还没有订阅源") {
			t.Fatalf("feeds without any: %s", excerpt(page))
		}
		if page := s.does(feeds, feeds, url.Values{"url": {at + "/page"}, "every": {"60"}}); !strings.Contains(page, "这不是能读的订阅源") {
			t.Errorf("a page as a feed: %s", excerpt(page))
		}
		if page := s.does(feeds, feeds, url.Values{"url": {"http://10.0.0.1/feed"}, "every": {"60"}}); !strings.Contains(page, "这个地址不许连") {
			t.Errorf("an address inside: %s", excerpt(page))
		}
		if page := s.does(feeds, feeds, url.Values{"url": {at + "/a"}, "name": {"茶叶日报"}, "every": {"60"}}); !strings.Contains(page, "读到 2 条") || !strings.Contains(page, "茶叶日报") {
			t.Errorf("a feed: %s", excerpt(page))
		}
		list, err := s.app.Mornings(s.org, nil).Feeds(ctx)
		check(t, err)
		one := feeds + "/" + list[0].ID.String()
		if page := s.does(feeds, one+"/set", url.Values{"name": {"新名字"}, "every": {"30"}}); !strings.Contains(page, "新名字") {
			t.Errorf("another name: %s", excerpt(page))
		}
		if page := s.does(feeds, one+"/read", url.Values{}); !strings.Contains(page, "现有 2 条") {
			t.Errorf("read again: %s", excerpt(page))
		}
		g := s.group.ID.String()
		if page := s.does("/morning?g="+g, "/morning/watch", url.Values{"g": {g}, "on": {"1"}, "hour": {"7"}, "at": {"08:15"}, "source": {list[0].ID.String()}}); !strings.Contains(page, "自动起草：开，7 点起草，08:15 发") {
			t.Errorf("drafted by themselves: %s", excerpt(page))
		}
		page := s.does("/morning?g="+g, "/morning", url.Values{"g": {g}, "day": {tomorrowOf(t, s)}})
		if !strings.Contains(page, "西湖龙井今年提前十天开采") || !strings.Contains(page, "新名字") {
			t.Fatalf("drafted: %s", excerpt(page))
		}
		reports, _, err := s.app.Mornings(s.org, nil).List(ctx, s.group.Key, community.Page{})
		check(t, err)
		r := reports[0]
		report := "/morning/" + r.ID.String()
		page = s.does(report+"/pick", report+"/pick", url.Values{"version": {strconv.Itoa(r.Version)}, "pick": {"1"}})
		if !strings.Contains(page, "选了 1 / 2") {
			t.Errorf("picked: %s", excerpt(page))
		}
		if code, body := s.send(report+"/edit", report+"/edit", url.Values{"version": {strconv.Itoa(r.Version)}, "text": {"旧版本上的改动"}}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "旧版本上的改动") {
			t.Errorf("an edit of an older version = %d, want it refused and the words kept", code)
		}
		page = s.does(report+"/edit", report+"/edit", url.Values{"version": {strconv.Itoa(r.Version + 1)}, "text": {"手写的早报 https://news.example/2?utm_source=rss"}})
		if !strings.Contains(page, "手写的早报") {
			t.Errorf("edited: %s", excerpt(page))
		}
		page = s.does(report, report+"/lay", url.Values{"version": {strconv.Itoa(r.Version + 2)}, "at": {"08:45"}})
		if !strings.Contains(page, "等第二个人批准") || !strings.Contains(page, "/calendar/") {
			t.Errorf("laid: %s", excerpt(page))
		}
		if _, page := s.get("/morning"); !strings.Contains(page, "等第二个人批准") {
			t.Errorf("list: %s", excerpt(page))
		}
		if page := s.does(feeds, one+"/drop", url.Values{}); !strings.Contains(page, "还没有订阅源") {
			t.Errorf("removed: %s", excerpt(page))
		}
	})
}

func tomorrowOf(t *testing.T, s *shift) string {
	t.Helper()
	today, err := s.desk.Today(t.Context(), s.group.Key)
	check(t, err)
	return (today + 1).String()
}
