package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// officialAccount is the REST side of an official account with its draft box, as the platform's documents describe it.
type officialAccount struct {
	*httptest.Server
	mu       sync.Mutex
	pictures int
	covers   int
	drafts   []map[string]any // in the box, the newest last
	adds     int
	fail     map[string]string // by path: the answer in place of the usual one, once
	lose     map[string]bool   // by path: it is done, and the answer is lost, once
}

func newOfficialAccount(t *testing.T) *officialAccount {
	o := &officialAccount{fail: map[string]string{}, lose: map[string]bool{}}
	o.Server = httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(o.Close)
	return o
}

func (o *officialAccount) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/cgi-bin/")
	if said := o.fail[path]; said != "" {
		delete(o.fail, path)
		_, _ = io.WriteString(w, said)
		return
	}
	said := o.answer(path, r)
	if o.lose[path] {
		delete(o.lose, path)
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_, _ = io.WriteString(w, said)
}

func (o *officialAccount) answer(path string, r *http.Request) string {
	switch path {
	case "token":
		return `{"access_token":"T","expires_in":7200}`
	case "media/uploadimg", "material/add_material":
		f, head, err := r.FormFile("media")
		if err != nil {
			return `{"errcode":41005,"errmsg":"media data missing"}`
		}
		data, _ := io.ReadAll(f)
		if kind := http.DetectContentType(data); kind != "image/png" && kind != "image/jpeg" {
			return `{"errcode":40137,"errmsg":"invalid image format"}`
		}
		if path == "media/uploadimg" {
			if len(data) >= 1<<20 || head.Size == 0 {
				return `{"errcode":40009,"errmsg":"invalid image size"}`
			}
			o.pictures++
			return fmt.Sprintf(`{"url":"http://mmbiz.qpic.cn/p%d"}`, o.pictures)
		}
		o.covers++
		return fmt.Sprintf(`{"media_id":"cover-%d","url":"http://mmbiz.qpic.cn/c%d"}`, o.covers, o.covers)
	case "draft/add", "draft/update":
		var asked struct {
			ID       string          `json:"media_id"`
			Articles json.RawMessage `json:"articles"`
		}
		raw, _ := io.ReadAll(r.Body)
		if json.Unmarshal(raw, &asked) != nil {
			return `{"errcode":47001,"errmsg":"data format error"}`
		}
		var one map[string]any
		if path == "draft/add" {
			var list []map[string]any
			if json.Unmarshal(asked.Articles, &list) != nil || len(list) != 1 {
				return `{"errcode":44003,"errmsg":"empty news data"}`
			}
			one = list[0]
		} else if json.Unmarshal(asked.Articles, &one) != nil {
			return `{"errcode":44003,"errmsg":"empty news data"}`
		}
		if cover, _ := one["thumb_media_id"].(string); !strings.HasPrefix(cover, "cover-") {
			return `{"errcode":40007,"errmsg":"invalid media_id"}`
		}
		if path == "draft/add" {
			o.adds++
			one["media_id"] = fmt.Sprintf("draft-%d", o.adds)
			o.drafts = append(o.drafts, one)
			return fmt.Sprintf(`{"media_id":"draft-%d"}`, o.adds)
		}
		i := slices.IndexFunc(o.drafts, func(d map[string]any) bool { return d["media_id"] == asked.ID })
		if i < 0 {
			return `{"errcode":40007,"errmsg":"invalid media_id"}`
		}
		one["media_id"] = asked.ID
		o.drafts[i] = one
		return `{"errcode":0,"errmsg":"ok"}`
	case "draft/batchget":
		type news struct {
			Cover any `json:"thumb_media_id"`
		}
		type content struct {
			News []news `json:"news_item"`
		}
		type item struct {
			ID      any     `json:"media_id"`
			Content content `json:"content"`
		}
		var list []item
		for _, d := range slices.Backward(o.drafts) {
			list = append(list, item{d["media_id"], content{[]news{{d["thumb_media_id"]}}}})
		}
		out, _ := json.Marshal(map[string]any{"total_count": len(list), "item_count": len(list), "item": list})
		return string(out)
	}
	return `{"errcode":0,"errmsg":"ok"}`
}

func (o *officialAccount) box() []map[string]any {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.drafts)
}

func (o *officialAccount) next(path, said string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail[path] = said
}

// connectBox connects the official account.
func (p *planner) connectBox(o *officialAccount) community.Account {
	p.t.Helper()
	account, err := p.app.Hands(p.org, nil).SaveAccount(p.t.Context(), "test", community.Account{Connector: "mp", Name: "读书公众号", Enabled: true,
		Settings: fmt.Appendf(nil, `{"app_id":"wx1","secret":"s","token":"tok","certified":true,"base_url":%q}`, o.URL)}, "")
	check(p.t, err)
	await(p.t, func() bool { return p.app.Intake().Health(account.Key).State == "online" })
	return account
}

// stand is where a draft stands in a channel.
func (p *planner) stand(id community.ID, c plan.Channel) plan.Stand {
	p.t.Helper()
	list, err := p.app.Manuscripts(p.org, nil).Stands(p.t.Context(), id)
	check(p.t, err)
	for _, s := range list {
		if s.Channel == c {
			return s
		}
	}
	return plan.Stand{}
}

// awaitStand waits until a draft stands so in a channel.
func (p *planner) awaitStand(id community.ID, c plan.Channel, want plan.ChannelState) plan.Stand {
	p.t.Helper()
	var last plan.Stand
	end := time.Now().Add(time.Minute)
	for last = p.stand(id, c); last.State != want; last = p.stand(id, c) {
		if time.Now().After(end) {
			p.t.Fatalf("%s stands %s (%v, %+v), want %s", c, last.State, last.Went.Why, last.Send.Counts, want)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return last
}

// picture keeps a picture.
func (p *planner) picture() plan.Piece {
	p.t.Helper()
	piece, err := p.app.Plans(p.org, nil).KeepFile(p.t.Context(), p.lin, "封面.png", posterPNG(p.t))
	check(p.t, err)
	return piece
}

// startPress is a planner whose server others reach, with an official account.
func startPress(t *testing.T, dbURL string) (*planner, *officialAccount, community.Account, *httptest.Server) {
	p := startPlanner(t, dbURL)
	p.stop()
	p.cfg.Server = config.Server{Listen: "127.0.0.1:0", PublicURL: "https://q.example"}
	p.open()
	o := newOfficialAccount(t)
	account := p.connectBox(o)
	doors, err := p.app.Handler(app.Doors{})
	check(t, err)
	web := httptest.NewServer(doors)
	t.Cleanup(web.Close)
	return p, o, account, web
}

// TestOneDraftGoesManyWays: one draft becomes a page, an article in the draft box and a message in groups, by the connection or a person's hand; each
// place says what came of it, and nothing goes twice however often it is sent.
func TestOneDraftGoesManyWays(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p, o, account, web := startPress(t, dbURL)
		ctx, m := t.Context(), p.app.Manuscripts(p.org, nil)
		box, sims, hand := plan.BoxChannel(account.ID), plan.GroupsChannel("sim"), plan.GroupsChannel("wechat")
		text := "读到第三章卡住了，怎么办？\n[图1]\n我们今晚一起读 <script>alert(1)</script> & 讨论\n更多看 https://other.example/x"
		w := plan.Writing{Title: "共读第三章 <b>", Author: "林晓", Text: text, Pictures: []plan.Piece{p.picture()}, Class: plan.Useful, To: plan.To{Groups: true, Page: true, Accounts: []community.ID{account.ID}}}
		d, err := m.Save(ctx, p.lin, community.ID{}, 0, w, "")
		check(t, err)

		looks, err := m.Looks(ctx, d.ID)
		check(t, err)
		var order []string
		for _, l := range looks {
			order = append(order, string(l.Channel))
			if l.Refused() {
				t.Errorf("%s is refused: %+v", l.Channel, l.Notes)
			}
			if l.Channel == box && !slices.ContainsFunc(l.Notes, func(n plan.Note) bool { return n.Rule == "mp-link" && strings.Contains(n.Sentence, "更多看") }) {
				t.Errorf("the draft box says nothing of the link that is dead there: %+v", l.Notes)
			}
		}
		if want := []string{"page", string(box), "groups:sim", "groups:wechat"}; !slices.Equal(order, want) {
			t.Errorf("channels = %v, want %v", order, want)
		}

		if _, err = m.Send(ctx, p.lin, d.ID, nil, ""); err != nil {
			t.Fatal(err)
		}
		p.awaitStand(d.ID, box, plan.ChannelSent)
		p.awaitStand(d.ID, sims, plan.ChannelSent)
		p.awaitStand(d.ID, hand, plan.ChannelTask)
		if s := p.stand(d.ID, plan.ChannelPage); s.State != plan.ChannelSent {
			t.Errorf("the page stands %s", s.State)
		}

		// The page: text stays text, the picture is there, who opens it by the short link is counted.
		page, short, err := m.Page(ctx, d.ID)
		check(t, err)
		open := phone(t, web)
		status, body := open("/l/" + short.Slug)
		if status != 200 || strings.Contains(body, "<script>alert") || !strings.Contains(body, "&lt;script&gt;alert(1)") || !strings.Contains(body, "共读第三章") || strings.Contains(body, "[图1]") {
			t.Errorf("the page = %d %s", status, body)
		}
		at := "/d/" + page.Code + "/" + w.Pictures[0].File.String()
		if status, data := open(at); !strings.Contains(body, at) || status != 200 || data != string(posterPNG(t)) {
			t.Errorf("its picture = %d, %d bytes", status, len(data))
		}
		await(t, func() bool { _, s, err := m.Page(ctx, d.ID); return err == nil && s.Unknown == 1 })

		// The article: escaped, its picture the platform's, its source our page.
		drafts := o.box()
		if len(drafts) != 1 {
			t.Fatalf("%d drafts in the box", len(drafts))
		}
		if html := drafts[0]["content"].(string); strings.Contains(html, "<script>") || !strings.Contains(html, "&lt;script&gt;") || !strings.Contains(html, `<img src="http://mmbiz.qpic.cn/p1"/>`) {
			t.Errorf("the article = %s", html)
		}
		if drafts[0]["content_source_url"] != "https://q.example/l/"+short.Slug || drafts[0]["thumb_media_id"] != "cover-1" {
			t.Errorf("the article = %v", drafts[0])
		}

		// The person pastes it: done by hand.
		tasks, _, err := p.desk().FindTasks(ctx, community.TaskFilter{Group: p.hand})
		check(t, err)
		if len(tasks) != 1 || !strings.Contains(tasks[0].Action.Text, "读到第三章卡住了") || strings.Contains(tasks[0].Action.Text, "[图1]") {
			t.Fatalf("tasks = %+v", tasks)
		}
		check(t, p.app.Hands(p.org, nil).TaskDone(ctx, p.lin, tasks[0].ID, ""))
		p.awaitStand(d.ID, hand, plan.ChannelHand)

		// Sent again, nothing goes twice.
		before := len(p.world.Sent())
		for _, c := range []plan.Channel{plan.ChannelPage, box, sims, hand} {
			_, err := m.Send(ctx, p.wu, d.ID, []plan.Channel{c}, "")
			wantCode(t, "again to "+string(c), err, community.CodeConflict)
		}
		if _, err := m.Send(ctx, p.wu, d.ID, nil, ""); err != nil {
			t.Errorf("all that is left: %v, want nothing to do", err)
		}
		if len(p.world.Sent()) != before || len(o.box()) != 1 {
			t.Errorf("something went twice")
		}

		// A later version takes the place of the earlier where that can be, and groups are left alone.
		d.Writing.Title = "共读第四章"
		d, err = m.Save(ctx, p.lin, d.ID, d.Changed, d.Writing, "改题")
		check(t, err)
		if _, err := m.Send(ctx, p.lin, d.ID, nil, ""); err != nil {
			t.Fatal(err)
		}
		await(t, func() bool { s := p.stand(d.ID, box); return s.State == plan.ChannelSent && s.Went.Version == 2 })
		if drafts := o.box(); len(drafts) != 1 || drafts[0]["title"] != "共读第四章" || o.covers != 1 || o.pictures != 1 {
			t.Errorf("%d drafts, %v, %d covers, %d pictures; want the one replaced and nothing uploaded anew", len(drafts), drafts[0]["title"], o.covers, o.pictures)
		}
		if _, body := open("/d/" + page.Code); !strings.Contains(body, "共读第四章") {
			t.Errorf("the page still shows the earlier version")
		}

		// Withdrawn, it is gone; its versions stay, and sent again it stands again.
		wantCode(t, "withdrawn without a reason", m.Withdraw(ctx, p.lin, d.ID, " "), community.CodeBadInput)
		check(t, m.Withdraw(ctx, p.lin, d.ID, "写错了"))
		wantCode(t, "withdrawn twice", m.Withdraw(ctx, p.wu, d.ID, "写错了"), community.CodeConflict)
		if status, body := open("/d/" + page.Code); status != http.StatusGone || strings.Contains(body, "共读") {
			t.Errorf("a withdrawn page = %d %s", status, body)
		}
		if status, _ := open(at); status != 404 {
			t.Errorf("its picture = %d", status)
		}
		if s := p.stand(d.ID, plan.ChannelPage); s.State != plan.ChannelWithdrawn || s.Went.Why[0] != "写错了" {
			t.Errorf("the page stands %+v", s)
		}
		versions, err := m.PageVersions(ctx, d.ID)
		if check(t, err); len(versions) != 2 || versions[1].Title != "共读第三章 <b>" {
			t.Errorf("versions of the page = %+v", versions)
		}
		_, err = m.Send(ctx, p.lin, d.ID, []plan.Channel{plan.ChannelPage}, "")
		check(t, err)
		if status, _ := open("/d/" + page.Code); status != 200 {
			t.Errorf("sent again it is %d", status)
		}
	})
}

// TestADraftBoxThatFailsHalfwayIsFilledOnce: whatever step breaks, sent again it goes on there; an answer that was lost is looked for.
func TestADraftBoxThatFailsHalfwayIsFilledOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p, o, account, _ := startPress(t, dbURL)
		ctx, m := t.Context(), p.app.Manuscripts(p.org, nil)
		box := plan.BoxChannel(account.ID)
		w := plan.Writing{Title: "第三章", Text: "正文", Pictures: []plan.Piece{p.picture()}, Class: plan.Useful, To: plan.To{Accounts: []community.ID{account.ID}}}
		d, err := m.Save(ctx, p.lin, community.ID{}, 0, w, "")
		check(t, err)
		send := func() {
			t.Helper()
			_, err := m.Send(ctx, p.lin, d.ID, []plan.Channel{box}, "")
			check(t, err)
		}
		o.next("material/add_material", `{"errcode":45009,"errmsg":"reach max api daily quota limit"}`)
		send()
		if s := p.awaitStand(d.ID, box, plan.ChannelFailed); s.Went.Code != community.CodeLimited || s.Went.Why[0] == "" {
			t.Errorf("failed with %+v", s.Went)
		}
		o.mu.Lock()
		o.lose["draft/add"] = true
		o.mu.Unlock()
		send()
		p.awaitStand(d.ID, box, plan.ChannelUnsure)
		send()
		s := p.awaitStand(d.ID, box, plan.ChannelSent)
		if o.adds != 1 || o.pictures != 1 || o.covers != 1 || s.Went.Handle != "draft-1" || s.Went.Tries != 3 {
			t.Errorf("%d drafts made, %d pictures, %d covers, %+v; want each once", o.adds, o.pictures, o.covers, s.Went)
		}

		// Published there, it is in the box no longer: a later version says so, and becomes a new one when it is sent again.
		o.mu.Lock()
		o.drafts = nil
		o.mu.Unlock()
		d.Writing.Text = "改过的正文"
		d, err = m.Save(ctx, p.lin, d.ID, d.Changed, d.Writing, "")
		check(t, err)
		send()
		if s := p.awaitStand(d.ID, box, plan.ChannelFailed); s.Went.Code != community.CodeNotFound || !strings.Contains(s.Went.Why[0], "已发布") {
			t.Errorf("failed with %+v", s.Went)
		}
		send()
		p.awaitStand(d.ID, box, plan.ChannelSent)
		if drafts := o.box(); len(drafts) != 1 || !strings.Contains(drafts[0]["content"].(string), "改过的正文") {
			t.Errorf("drafts = %v", drafts)
		}

		// An account that may not: a person is asked, with the words ready to copy.
		d, err = m.Save(ctx, p.lin, community.ID{}, 0, w, "")
		check(t, err)
		o.next("draft/add", `{"errcode":48001,"errmsg":"api unauthorized"}`)
		send()
		s = p.awaitStand(d.ID, box, plan.ChannelTask)
		var task community.Task
		await(t, func() bool { task, err = p.app.Store().TaskNow(ctx, s.Went.Ref); return err == nil })
		if !strings.Contains(task.Text, "读书公众号") || !strings.Contains(task.Text, "正文") {
			t.Errorf("task = %q", task.Text)
		}
		check(t, p.app.Hands(p.org, nil).TaskDone(ctx, p.lin, s.Went.Ref, ""))
		p.awaitStand(d.ID, box, plan.ChannelHand)
	})
}

// TestWhatIsWrongWithADraftIsSaid: bad input is refused in words, and what a place does not take is said there while the others go.
func TestWhatIsWrongWithADraftIsSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p, o, account, _ := startPress(t, dbURL)
		ctx, m := t.Context(), p.app.Manuscripts(p.org, nil)
		good := plan.Writing{Title: "第三章", Text: "正文", Class: plan.Useful, To: plan.To{Groups: true, Accounts: []community.ID{account.ID}, Filter: plan.Filter{Groups: []community.GroupKey{p.one}}}}
		paper, err := p.app.Plans(p.org, nil).KeepFile(ctx, p.lin, "a.png", []byte("<html>no picture</html>"))
		check(t, err)
		half, err := p.app.Plans(p.org, nil).KeepFile(ctx, p.lin, "b.png", posterPNG(t)[:20])
		check(t, err)
		for name, c := range map[string]struct {
			change func(w *plan.Writing)
			want   community.Code
		}{
			"no title":               {func(w *plan.Writing) { w.Title = " " }, community.CodeBadInput},
			"no text":                {func(w *plan.Writing) { w.Text = "\n" }, community.CodeBadInput},
			"200,000 characters":     {func(w *plan.Writing) { w.Text = strings.Repeat("长", 200_000) }, community.CodeTooLarge},
			"a picture that is none": {func(w *plan.Writing) { w.Pictures = []plan.Piece{paper} }, community.CodeBadInput},
			"half a picture":         {func(w *plan.Writing) { w.Cover = half }, community.CodeBadInput},
			"a picture not kept":     {func(w *plan.Writing) { w.Cover = plan.Piece{File: p.app.Store().NewID()} }, community.CodeNotFound},
			"a script as a link":     {func(w *plan.Writing) { w.Link = plan.Attached{URL: "javascript:alert(1)", Title: "x"} }, community.CodeBadInput},
			"no class":               {func(w *plan.Writing) { w.Class = "" }, community.CodeBadInput},
			"an unknown account":     {func(w *plan.Writing) { w.To.Accounts = []community.ID{p.app.Store().NewID()} }, community.CodeNotFound},
			"a NUL":                  {func(w *plan.Writing) { w.Text = "a\x00b" }, community.CodeBadInput},
		} {
			w := good
			c.change(&w)
			_, err := m.Save(ctx, p.lin, community.ID{}, 0, w, "")
			wantCode(t, name, err, c.want)
		}
		narrow := p.app.Manuscripts(p.org, []community.GroupKey{p.two})
		_, err = narrow.Save(ctx, p.wu, community.ID{}, 0, good, "")
		wantCode(t, "to groups that one does not see", err, community.CodeForbidden)

		// No cover: the draft box refuses in words, the group gets it.
		d, err := m.Save(ctx, p.lin, community.ID{}, 0, good, "")
		check(t, err)
		_, err = narrow.Send(ctx, p.wu, d.ID, nil, "")
		wantCode(t, "sent by who sees none of its groups", err, community.CodeNotFound)
		both, err := m.Save(ctx, p.lin, community.ID{}, 0, plan.Writing{Title: "两个群", Text: "正文", Class: plan.Useful, To: plan.To{Groups: true, Filter: plan.Filter{Groups: []community.GroupKey{p.one, p.two}}}}, "")
		check(t, err)
		_, err = narrow.Send(ctx, p.wu, both.ID, nil, "")
		wantCode(t, "sent by who sees one of its groups", err, community.CodeForbidden)
		_, err = m.Save(ctx, p.wu, d.ID, d.Changed+7, good, "")
		wantCode(t, "an edit of what it was not", err, community.CodeConflict)
		_, err = m.Send(ctx, p.lin, d.ID, nil, "")
		check(t, err)
		s := p.awaitStand(d.ID, plan.BoxChannel(account.ID), plan.ChannelFailed)
		if s.Went.Code != community.CodeRefused || !strings.Contains(s.Went.Why[0], "封面") || len(o.box()) != 0 {
			t.Errorf("without a cover: %+v", s.Went)
		}
		p.awaitStand(d.ID, plan.GroupsChannel("sim"), plan.ChannelSent)
		await(t, func() bool { return p.said("第三章\n正文") == 1 })

		// With a cover, sent again by two people at once: it is there once.
		d.Writing.Cover = p.picture()
		d, err = m.Save(ctx, p.lin, d.ID, d.Changed, d.Writing, "")
		check(t, err)
		var wg sync.WaitGroup
		codes := make([]community.Code, 2)
		for i, who := range []string{p.lin, p.wu} {
			wg.Go(func() {
				_, err := m.Send(ctx, who, d.ID, []plan.Channel{plan.BoxChannel(account.ID)}, "")
				codes[i] = community.CodeOf(err)
			})
		}
		wg.Wait()
		slices.Sort(codes)
		if !slices.Equal(codes, []community.Code{community.CodeNone, community.CodeConflict}) {
			t.Errorf("two at once: %v, want one of them told", codes)
		}
		p.awaitStand(d.ID, plan.BoxChannel(account.ID), plan.ChannelSent)
		if len(o.box()) != 1 {
			t.Errorf("%d drafts in the box", len(o.box()))
		}

		// Exclusive content does not become public, and an advertisement says so.
		item, err := p.app.Libraries(p.org, nil).Save(ctx, p.lin, community.ID{}, 0, shelf.Post, shelf.Content{Title: "白皮书", Text: "白皮书第一章：社群的留存从第一周开始，第一周里说过话的人三个月后留下的是没说过话的人的四倍，其余的做法都排在它后面"}, "")
		check(t, err)
		_, err = p.app.Libraries(p.org, nil).Exclusive(ctx, p.lin, item.ID, []community.GroupKey{p.one}, "只给一群")
		check(t, err)
		open := plan.Writing{Title: "公开", Text: item.Text, Class: plan.Useful, To: plan.To{Page: true}}
		d, err = m.Save(ctx, p.lin, community.ID{}, 0, open, "")
		check(t, err)
		_, err = m.Send(ctx, p.lin, d.ID, nil, "说了也不行")
		check(t, err)
		if s := p.stand(d.ID, plan.ChannelPage); s.State != plan.ChannelFailed || !strings.Contains(s.Went.Why[0], "专属") {
			t.Errorf("exclusive content on a page: %+v", s)
		}
		ad := plan.Writing{Title: "年卡", Text: "年卡 99元，今晚截止？", Class: plan.Useful, To: plan.To{Groups: true, Page: true, Filter: plan.Filter{Groups: []community.GroupKey{p.two}}}}
		d, err = m.Save(ctx, p.lin, community.ID{}, 0, ad, "")
		check(t, err)
		looks, err := m.Looks(ctx, d.ID)
		check(t, err)
		for _, l := range looks {
			if i := slices.IndexFunc(l.Parts, func(part plan.Part) bool { return part.Kind == "text" }); !strings.HasPrefix(l.Parts[i].Text, plan.Label) {
				t.Errorf("%s says %q, want the label first", l.Channel, l.Parts[i].Text)
			}
		}
	})
}

// TestALongDraftLeadsToItsPage: where the text does not fit, it is cut at a sentence and leads on to the page; without a page it is refused.
func TestALongDraftLeadsToItsPage(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p, _, _, _ := startPress(t, dbURL)
		ctx, m := t.Context(), p.app.Manuscripts(p.org, nil)
		w := plan.Writing{Title: "长文", Text: strings.Repeat("第三章我们怎么读，一句一句地读。", 400), Class: plan.Useful, To: plan.To{Groups: true, Filter: plan.Filter{Groups: []community.GroupKey{p.one}}}}
		d, err := m.Save(ctx, p.lin, community.ID{}, 0, w, "")
		check(t, err)
		_, err = m.Send(ctx, p.lin, d.ID, nil, "")
		check(t, err)
		if s := p.stand(d.ID, plan.GroupsChannel("sim")); s.State != plan.ChannelFailed || !strings.Contains(s.Went.Why[0], "放不下") {
			t.Fatalf("without a page: %+v", s)
		}
		d.Writing.To.Page = true
		d, err = m.Save(ctx, p.lin, d.ID, d.Changed, d.Writing, "")
		check(t, err)
		_, err = m.Send(ctx, p.lin, d.ID, nil, "随便写写")
		check(t, err)
		stand := p.awaitStand(d.ID, plan.GroupsChannel("sim"), plan.ChannelSent)
		if stand.Send.Force != "" {
			t.Errorf("a reason that nothing asked for lets it pass the guard: %q", stand.Send.Force)
		}
		_, short, err := m.Page(ctx, d.ID)
		check(t, err)
		sent := p.world.Sent()
		last := sent[len(sent)-1].Text
		if !strings.HasSuffix(last, "全文：长文 https://q.example/l/"+short.Slug) || !strings.Contains(last, "地读。…\n") || len([]rune(last)) > plan.MaxText+200 {
			t.Errorf("said %d characters: …%s", len([]rune(last)), last[max(0, len(last)-200):])
		}
		if bytes.Contains([]byte(last), []byte("----------")) {
			t.Errorf("a link that stands for another went out")
		}
	})
}

// TestAGroupClosedMeanwhileHoldsUpNothing: between the order and the send one of two groups is dissolved. The other gets the draft, the page stands, nothing is
// said to the one that is gone, and its channel says that it went to a part, and why.
func TestAGroupClosedMeanwhileHoldsUpNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p, _, _, _ := startPress(t, dbURL)
		ctx, sims := t.Context(), plan.GroupsChannel("sim")
		check(t, p.app.Hands(p.org, nil).Freeze(ctx, p.lin, p.two, true, "先等等"))
		d, err := p.app.Manuscripts(p.org, nil).Save(ctx, p.lin, community.ID{}, 0, plan.Writing{Title: "共读第五章", Text: "读到第五章卡住了，怎么办？今晚一起读", Class: plan.Useful, To: plan.To{Groups: true, Page: true}}, "")
		check(t, err)
		_, err = p.app.Manuscripts(p.org, nil).Send(ctx, p.lin, d.ID, []plan.Channel{plan.ChannelPage, sims}, "")
		check(t, err)
		reasons := func() map[community.GroupKey]plan.Target {
			out := map[community.GroupKey]plan.Target{}
			s := p.stand(d.ID, sims)
			list, _, err := p.app.Plans(p.org, nil).Targets(t.Context(), s.Went.Ref, 0, community.Page{Limit: 10})
			check(t, err)
			for _, k := range list {
				out[k.Group] = k
			}
			return out
		}
		await(t, func() bool { all := reasons(); return all[p.one].State() == plan.Sent && len(all[p.two].Why) > 0 })
		_, err = p.world.Happen(connect.Inbound{Type: community.GroupDissolved, Group: community.Ref{ID: "two"}})
		check(t, err)
		await(t, func() bool { closed, err := p.app.Store().Closed(t.Context(), p.two); return err == nil && closed })
		check(t, p.app.Hands(p.org, nil).Freeze(ctx, p.lin, p.two, false, "好了"))
		p.later(2 * time.Minute)
		await(t, func() bool { return len(reasons()[p.two].Why) > 0 && reasons()[p.two].Why[0].Code == plan.Closed })
		p.awaitStand(d.ID, sims, plan.ChannelPartly)
		if s := p.stand(d.ID, plan.ChannelPage); s.State != plan.ChannelSent {
			t.Errorf("the page stands %s", s.State)
		}
		for _, m := range p.world.Sent() {
			if m.Group == "two" {
				t.Errorf("the group that is gone was told %q", m.Text)
			}
		}
		_, err = p.app.Manuscripts(p.org, nil).Send(ctx, p.lin, d.ID, []plan.Channel{sims}, "再试一次")
		if err != nil {
			t.Errorf("sent again: %v", err)
		}
		await(t, func() bool {
			k := reasons()[p.two]
			return k.State() == plan.NotSent && len(k.Why) > 0 && k.Why[0].Code == plan.Closed
		})
	})
}
