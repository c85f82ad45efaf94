package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// talks lets members say things, an hour apart from the beginning of a day on, with questions and answers on record.
func (g *gate) talks(day string, lines ...[3]string) {
	g.t.Helper()
	for i, l := range lines {
		body := community.Body{Class: community.Text, Text: l[1], Message: fmt.Sprint(day, i)}
		if l[2] != "" {
			body.ReplyTo = day + l[2]
		}
		g.apply(community.Inbound{Type: community.MessageCreated, Key: fmt.Sprint(day, i), Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-" + l[0], Name: l[0]}, Body: body})
		g.pass(time.Minute)
	}
}

// TestADigestIsMadeEditedSentAndKept: what was talked about and answered is found, leads back to its messages, is edited, sent as a mass send,
// dropped and restored; two people at once, recalled messages, days without talk and days to come are told apart.
func TestADigestIsMadeEditedSentAndKept(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, p, key := t.Context(), g.app.Digests(g.org, nil), g.group.Key
		for i := range 220 { // the usual talk
			g.talks(fmt.Sprint("u", i, "-"), [3]string{"老周", "今天读到第三章", ""})
		}
		g.pass(24 * time.Hour)
		g.talks("d", [3]string{"阿敏", "周六徒步路线改走香山吗？", ""}, [3]string{"老周", "徒步路线不难，九点地铁口见，风雨无阻", "0"}, [3]string{"阿敏", "谢谢老周", "1"},
			[3]string{"小林", "徒步路线我标在 https://example.com/map 上了", ""}, [3]string{"小林", "有人带急救包吗？", ""})
		today, err := g.desk.Today(ctx, key)
		check(t, err)
		r, err := p.Make(ctx, "ming", key, today, today, "zh-CN")
		check(t, err)
		if r.State != digest.Draft || r.Found.Messages != 5 || r.Found.Usual < digest.Scarce || len(r.Found.Topics) != 1 || r.Found.Topics[0].Phrases[0] != "徒步路线" {
			t.Fatalf("digest = %+v", r)
		}
		if len(r.Found.Answers) != 1 || !r.Found.Answers[0].Certain || r.Found.Answers[0].Thanks == 0 || len(r.Found.Links) != 1 || r.Found.OpenAll != 1 {
			t.Errorf("found = %+v", r.Found)
		}
		for _, want := range []string{"徒步路线（3 条，3 人）", "问 阿敏", "答 老周", "https://example.com/map（小林）", "有人带急救包吗？", "老周（1 人感谢）"} {
			if !strings.Contains(r.Text, want) {
				t.Errorf("words lack %q:\n%s", want, r.Text)
			}
		}
		_, said, err := p.Get(ctx, r.ID)
		check(t, err)
		if m := said[r.Found.Answers[0].Answer]; m.Name != "老周" || m.Number != r.Found.Answers[0].Answer {
			t.Errorf("answer leads to %+v", m)
		}

		// Made anew while nobody edited; not over somebody's words.
		again, err := p.Make(ctx, "ming", key, today, today, "en")
		check(t, err)
		if again.ID != r.ID || again.Version != r.Version+1 || !strings.Contains(again.Text, "Good answers") {
			t.Errorf("made anew = %+v", again)
		}
		edited, err := p.Edit(ctx, "ming", r.ID, again.Version, "我改过的文字")
		check(t, err)
		if _, err := p.Edit(ctx, "hong", r.ID, again.Version, "另一个人的"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("an edit of what was read before = %v, want conflict", err)
		}
		if kept, err := p.Make(ctx, "ming", key, today, today, "zh-CN"); community.CodeOf(err) != community.CodeConflict || kept.ID != r.ID {
			t.Errorf("made over an edited one = %v", err)
		}

		// Two people send at once: it goes once.
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := p.Send(ctx, "ming", r.ID, edited.Version, 0)
				errs <- err
			}()
		}
		one, other := <-errs, <-errs
		if (one == nil) == (other == nil) || community.CodeOf(one) != community.CodeConflict && community.CodeOf(other) != community.CodeConflict {
			t.Fatalf("sent twice at once: %v, %v", one, other)
		}
		sent, _, err := p.Get(ctx, r.ID)
		check(t, err)
		id, err := community.ParseID(sent.Sent)
		check(t, err)
		b, err := g.app.Plans(g.org, nil).Broadcast(ctx, id)
		check(t, err)
		if sent.State != digest.Sent || b.Text != "我改过的文字" || len(b.Filter.Groups) != 1 || b.Filter.Groups[0] != key || b.State == plan.Draft {
			t.Errorf("sent = %+v as %+v", sent.State, b)
		}
		if _, err := p.Drop(ctx, "ming", r.ID, sent.Version, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("dropped after it was sent: %v", err)
		}

		// Days without talk, and days to come.
		quiet, err := p.Make(ctx, "ming", key, today-20, today-20, "zh-CN")
		check(t, err)
		if !quiet.Found.Empty() || !strings.Contains(quiet.Text, "没有特别的内容") {
			t.Errorf("of a quiet day = %+v", quiet)
		}
		dropped, err := p.Drop(ctx, "ming", quiet.ID, quiet.Version, "没内容")
		check(t, err)
		if back, err := p.Restore(ctx, "ming", dropped.ID); err != nil || back.State != digest.Draft {
			t.Errorf("restored = %s, %v", back.State, err)
		}
		for _, span := range [][2]measure.Day{{today, today + 1}, {today, today - 1}, {today - 7, today}} {
			if _, err := p.Make(ctx, "ming", key, span[0], span[1], "zh-CN"); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("of %v = %v, want bad input", span, err)
			}
		}
		if _, err := g.app.Digests(g.org, []community.GroupKey{key + 1000}).Make(ctx, "ming", key, today, today, "zh-CN"); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("of a group out of reach = %v", err)
		}
		if list, n, err := g.app.Digests(g.org, []community.GroupKey{key + 1000}).List(ctx, 0, community.Page{}); err != nil || n != 0 || len(list) != 0 {
			t.Errorf("list out of reach = %d of %d, %v", len(list), n, err)
		}
	})
}

// TestDigestsAreDraftedByThemselves: each once, of yesterday and of last week, and none of what nobody said.
func TestDigestsAreDraftedByThemselves(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, p, key := t.Context(), g.app.Digests(g.org, nil), g.group.Key
		check(t, p.SaveWatch(ctx, "ming", digest.Watch{Group: key, Daily: true, Weekly: true, Hour: 7, Lang: "zh-CN"}, "每天看"))
		if w, err := p.Watch(ctx, key); err != nil || !w.Daily || !w.Weekly || w.Hour != 7 {
			t.Fatalf("watch = %+v, %v", w, err)
		}
		if err := p.SaveWatch(ctx, "ming", digest.Watch{Group: key, Hour: 24}, ""); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("hour 24 = %v", err)
		}
		zone, err := time.LoadLocation(g.group.Zone)
		check(t, err)
		until := func(weekday time.Weekday, hour int) { // the next such moment
			for {
				now := time.UnixMilli(g.app.Now()).In(zone)
				if now.Weekday() == weekday && now.Hour() == hour {
					return
				}
				g.pass(time.Hour)
			}
		}
		until(time.Tuesday, 12)
		g.talks("d", [3]string{"阿敏", "谁有第二章的笔记吗？", ""}, [3]string{"老周", "在群文件里，名字叫第二章笔记", "0"})
		drafted := func(n int) (list []digest.Record) {
			t.Helper()
			await(t, func() bool {
				var err error
				list, _, err = p.List(ctx, key, community.Page{})
				check(t, err)
				return len(list) >= n
			})
			return list
		}
		until(time.Wednesday, 8)
		list := drafted(1)
		if len(list) != 1 || list[0].Weekly() || list[0].Found.Messages != 2 || list[0].User != "" || !strings.Contains(list[0].Text, "第二章") {
			t.Fatalf("drafted = %+v, want one of Tuesday and none of the days before it", list)
		}
		until(time.Monday, 8)
		list = drafted(2)
		if len(list) != 2 || !list[0].Weekly() || list[0].Found.Messages != 2 || list[1].From != list[0].From+1 {
			t.Fatalf("drafted = %+v, want one of the week besides, and none of quiet days", list)
		}
	})
}

// TestDigestPagesWork: made, read, edited and sent in the console.
func TestDigestPagesWork(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ming := s.member("大刘")
		for i := range 3 {
			s.says(ming, fmt.Sprint("周六去香山徒步吧，第", i, "次说"))
		}
		s.says(s.member("阿青"), "香山徒步我去")
		_, err := s.app.Hands(s.org, nil).Publish(plain(t.Context()), "ming", s.group.Key, wordBook(t, "团购"), "第一版")
		check(t, err)
		s.says(ming, "团购看 https://spam.example/a")
		check(t, s.app.Store().CatchUp(context.WithoutCancel(t.Context())))
		g := s.group.ID.String()
		today, err := s.desk.Today(t.Context(), s.group.Key)
		check(t, err)
		_, page := s.get("/digests?g=" + g)
		if !strings.Contains(page, "做一份") || !strings.Contains(page, "还没有群精华") {
			t.Fatalf("list without any: %s", excerpt(page))
		}
		page = s.does("/digests?g="+g, "/digests", url.Values{"g": {g}, "day": {today.String()}, "span": {"day"}})
		if strings.Contains(page, "spam.example") {
			t.Error("what a rule hit stands in the digest")
		}
		if !strings.Contains(page, "香山") || !strings.Contains(page, "/messages/"+g+"/") {
			t.Errorf("page of the digest: %s", excerpt(page))
		}
		list, _, err := s.app.Digests(s.org, nil).List(t.Context(), s.group.Key, community.Page{})
		check(t, err)
		at := "/digests/" + list[0].ID.String()
		version := strconv.Itoa(list[0].Version)
		if code, body := s.send(at+"/edit", at+"/edit", url.Values{"version": {version}, "text": {""}}); code != http.StatusUnprocessableEntity {
			t.Errorf("no words = %d: %s", code, excerpt(body))
		}
		page = s.does(at+"/edit", at+"/edit", url.Values{"version": {version}, "text": {"本周精华：香山徒步"}})
		if !strings.Contains(page, "本周精华：香山徒步") {
			t.Errorf("edited: %s", excerpt(page))
		}
		if code, body := s.send(at+"/edit", at+"/edit", url.Values{"version": {version}, "text": {"旧版本上的改动"}}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "旧版本上的改动") {
			t.Errorf("an edit of an older version = %d, want it refused and the words kept", code)
		}
		page = s.does(at, at+"/send", url.Values{"version": {strconv.Itoa(list[0].Version + 1)}})
		if !strings.Contains(page, "已交给群发") || !strings.Contains(page, "/broadcasts/") {
			t.Errorf("sent: %s", excerpt(page))
		}
		page = s.does("/digests?g="+g, "/digests/watch", url.Values{"g": {g}, "daily": {"1"}, "hour": {"6"}})
		if !strings.Contains(page, "每天 开") || !strings.Contains(page, "6 点") {
			t.Errorf("drafted by themselves: %s", excerpt(page))
		}
	})
}

// TestADigestThatWasSentMayBecomeAPublicPage: a draft may not; the page shows what was sent, without a way back to the messages, loses what is recalled
// later, is told to the group once, and is gone when it is withdrawn.
func TestADigestThatWasSentMayBecomeAPublicPage(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL, func(o *app.Options) { o.Config.Server.PublicURL = "https://q.example" })
		ctx, p, key := t.Context(), g.app.Digests(g.org, nil), g.group.Key
		g.talks("d", [3]string{"阿敏", "周六徒步路线改走香山吗？", ""}, [3]string{"老周", "徒步路线不难，九点地铁口见，风雨无阻 <script>alert(1)</script>", "0"}, [3]string{"阿敏", "谢谢老周", "1"},
			[3]string{"小林", "有人带急救包吗？", ""})
		today, err := g.desk.Today(ctx, key)
		check(t, err)
		r, err := p.Make(ctx, "ming", key, today, today, "zh-CN")
		check(t, err)
		if _, _, err := p.Publish(ctx, "ming", r.ID, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("a draft was made public: %v", err)
		}
		r, err = p.Send(ctx, "ming", r.ID, r.Version, 0)
		check(t, err)
		page, short, err := p.Publish(ctx, "ming", r.ID, "给没进群的人看")
		check(t, err)
		if _, _, err := p.Publish(ctx, "hong", r.ID, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("made public twice: %v", err)
		}
		doors, err := g.app.Handler(app.Doors{})
		check(t, err)
		web := httptest.NewServer(doors)
		t.Cleanup(web.Close)
		open := phone(t, web)
		status, body := open("/l/" + short.Slug)
		if status != 200 || !strings.Contains(body, "问 阿敏") || !strings.Contains(body, "九点地铁口见") || strings.Contains(body, "<script>alert") || strings.Contains(body, "/messages/") {
			t.Errorf("the page = %d %s", status, body)
		}
		b, err := p.SendPage(ctx, "ming", r.ID)
		check(t, err)
		if b.Link.URL != "https://q.example/l/"+short.Slug || len(b.Filter.Groups) != 1 || b.Filter.Groups[0] != key {
			t.Errorf("told by %+v", b)
		}
		if _, err := p.SendPage(ctx, "hong", r.ID); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("told twice: %v", err)
		}
		if _, _, err := g.app.Digests(g.org, []community.GroupKey{}).Page(ctx, r.ID); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("seen by who does not see the group: %v", err)
		}

		// What is recalled afterwards is on it no longer.
		g.apply(community.Inbound{Type: community.MessageDeleted, Key: "recall", Group: community.Ref{ID: g.group.External}, Body: community.Body{Message: "d1"}})
		await(t, func() bool { _, body := open("/d/" + page.Code); return !strings.Contains(body, "九点地铁口见") })
		if status, body := open("/d/" + page.Code); status != 200 || !strings.Contains(body, "有人带急救包吗") {
			t.Errorf("without what was recalled the page = %d %s", status, body)
		}
		check(t, p.Withdraw(ctx, "ming", r.ID, "有人不愿意"))
		if status, body := open("/d/" + page.Code); status != http.StatusGone || strings.Contains(body, "急救包") {
			t.Errorf("withdrawn, the page = %d", status)
		}
		if _, err := p.SendPage(ctx, "ming", r.ID); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("a page that is off was told: %v", err)
		}
	})
}
