package app_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/measure"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// gate is a house at work whose clock is held: a group on a platform that can do nothing by itself, and its public door.
type gate struct {
	t      *testing.T
	app    *app.App
	ms     atomic.Int64
	org    community.OrgKey
	desk   *store.Desk
	door   *httptest.Server
	group  community.GroupRow
	second community.GroupRow
	acct   community.AccountKey
}

func openGate(t *testing.T, dbURL string, changes ...func(*config.Config)) *gate {
	t.Helper()
	g := &gate{t: t}
	g.ms.Store(time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC).UnixMilli())
	cfg := config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}, Server: config.Server{Listen: "127.0.0.1:0"}}
	for _, change := range changes {
		change(&cfg)
	}
	a, err := app.Open(t.Context(), app.Options{Config: cfg,
		Clock: func() time.Time { return time.UnixMilli(g.ms.Load()) }})
	check(t, err)
	g.app = a
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	h, err := a.Handler(app.Doors{})
	check(t, err)
	g.door = httptest.NewServer(h)
	t.Cleanup(func() {
		g.door.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		check(t, a.Close())
	})
	g.org, err = a.Store().Org(t.Context(), "读书会", false)
	check(t, err)
	acct, err := a.Hands(g.org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "sim", Name: "群助手", Enabled: true, Settings: []byte(`{"scene":"quiet","abilities":"*=none"}`)}, "")
	check(t, err)
	g.acct, g.desk = acct.Key, a.Store().For(community.Scope{Org: g.org})
	g.group, g.second = g.newGroup("读书1群"), g.newGroup("读书2群")
	mayOpen(t, a, g.org, g.group.Key)
	mayOpen(t, a, g.org, g.second.Key)
	return g
}

// mayOpen lets codes lead to a group that has no goal.
func mayOpen(t *testing.T, a *app.App, org community.OrgKey, g community.GroupKey) {
	t.Helper()
	check(t, a.Goals(org, nil).Waive(t.Context(), "ming", g, "试运行"))
}

// newGroup lets a group be known.
func (g *gate) newGroup(name string) community.GroupRow {
	g.t.Helper()
	g.apply(community.Inbound{Type: community.GroupCreated, Key: name, Group: community.Ref{ID: "g-" + name, Name: name}})
	rows, _, err := g.desk.FindGroups(g.t.Context(), community.GroupFilter{Text: name})
	check(g.t, err)
	if len(rows) != 1 {
		g.t.Fatalf("groups called %s = %d, want 1", name, len(rows))
	}
	return rows[0]
}

func (g *gate) apply(in ...community.Inbound) {
	g.t.Helper()
	for i := range in {
		in[i].Account = g.acct
		if in[i].OccurredAt == 0 {
			in[i].OccurredAt = g.ms.Load()
		}
	}
	_, err := g.app.Engine().Apply(g.t.Context(), in...)
	check(g.t, err)
}

func (g *gate) join(group community.GroupRow, name, state string) {
	g.t.Helper()
	g.apply(community.Inbound{Type: community.MemberJoined, Key: fmt.Sprintf("j-%s-%s-%d", group.Name, name, g.ms.Load()), Group: community.Ref{ID: group.External},
		Actor: community.Who{ID: "u-" + name, Name: name}, Body: community.Body{Scene: "qr", State: state}})
}

// roster lets a full member list be read.
func (g *gate) roster(group community.GroupRow, n int) {
	g.t.Helper()
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"id":"r-%s-%d","name":"组员%d","role":"member"}`, group.External, i, i))
	}
	g.apply(community.Inbound{Type: community.RosterRead, Key: fmt.Sprintf("r-%s-%d", group.Name, g.ms.Load()), Group: community.Ref{ID: group.External},
		Body: community.Body{Data: []byte("[" + strings.Join(list, ",") + "]")}})
	check(g.t, g.app.Store().CatchUp(g.t.Context()))
}

// pass lets time go by once nobody is at work: a lease does not survive a jump of the clock.
func (g *gate) pass(d time.Duration) {
	g.t.Helper()
	await(g.t, g.still)
	g.ms.Add(d.Milliseconds())
}

// still tells whether nobody is at work and nothing is due.
func (g *gate) still() bool {
	leased, _, err := g.desk.FindJobs(g.t.Context(), "leased", community.Page{})
	check(g.t, err)
	ready, _, err := g.desk.FindJobs(g.t.Context(), "ready", community.Page{Limit: 200})
	check(g.t, err)
	return len(leased) == 0 && !slices.ContainsFunc(ready, func(j community.JobRow) bool { return j.RunAt <= g.ms.Load() })
}

// open waits until exactly the wanted number of tasks of a verb waits for people and gives them. Its clock only moves
// while nobody is at work: on a busy machine it would outrun the leases, and the same jobs would be done for ever.
func (g *gate) open(verb community.Verb, want int) []community.TaskRow {
	g.t.Helper()
	var got []community.TaskRow
	await(g.t, func() bool {
		rows, _, err := g.desk.FindTasks(g.t.Context(), community.TaskFilter{Page: community.Page{Limit: 200}})
		if g.still() {
			g.ms.Add(time.Second.Milliseconds()) // what waits a moment goes on
		}
		got = slices.DeleteFunc(rows, func(k community.TaskRow) bool { return k.Verb != verb })
		return err == nil && len(got) == want
	})
	return got
}

// scan opens the public page like a phone of a certain kind.
func (g *gate) scan(slug, phone string) (int, string) {
	g.t.Helper()
	req, err := http.NewRequest(http.MethodGet, g.door.URL+"/j/"+slug, nil)
	check(g.t, err)
	req.Header.Set("User-Agent", phone)
	p := newPerson(g.t, g.door.URL)
	res, err := p.http.Do(req)
	check(g.t, err)
	defer res.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(res.Body)
	check(g.t, err)
	return res.StatusCode, body.String()
}

// picture is a small QR-like picture of one colour.
func picture(t *testing.T, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 200, 200))
	for i := range 200 * 200 {
		img.Set(i%200, i/200, c)
	}
	var b bytes.Buffer
	check(t, png.Encode(&b, img))
	return b.Bytes()
}

// TestScanJoinAndStayAreCountedByTheMark goes from the scan to the numbers and the people behind them.
func TestScanJoinAndStayAreCountedByTheMark(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "公众号菜单", State: "gzh", Line: "每周一本书", Tags: []string{"公众号"}, Welcome: "{{name}}，欢迎！"}, "")
		check(t, err)
		if code, body := g.scan(c.Slug, "a"); code != http.StatusOK || !strings.Contains(body, "正在更换") {
			t.Fatalf("a code without entries shows %d: %s", code, excerpt(body))
		}
		_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key, Link: "https://chat.example/+abc"}, nil)
		check(t, err)
		for _, phone := range []string{"a", "a", "b"} {
			if code, body := g.scan(c.Slug, phone); code != http.StatusOK || !strings.Contains(body, "读书1群") || !strings.Contains(body, "每周一本书") || !strings.Contains(body, "https://chat.example/+abc") {
				t.Fatalf("the page = %d: %s", code, excerpt(body))
			}
		}
		g.join(g.group, "老周", "gzh")
		g.join(g.group, "阿敏", "gzh")
		g.join(g.group, "路人", "")
		g.apply(community.Inbound{Type: community.MemberLeft, Key: "l", Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-阿敏"}, Body: community.Body{Reason: "left"}})
		check(t, g.app.Store().CatchUp(ctx))
		r, err := codes.ByID(ctx, c.ID)
		check(t, err)
		if want := (admit.Flow{Scans: 2, Joins: 2, Leaves: 1, Here: 1}); r.Flow != want || r.Net() != 1 {
			t.Errorf("flow = %+v, want %+v", r.Flow, want)
		}
		people, n, err := g.desk.FindMembers(ctx, community.MemberFilter{Source: "gzh"})
		if err != nil || n != 2 {
			t.Errorf("people behind the number = %d %v (%v), want 2", n, people, err)
		}
		days, err := codes.Days(ctx, c.ID, 3)
		if err != nil || days[2].Flow != (admit.Flow{Scans: 2, Joins: 2, Leaves: 1}) || days[1].Flow != (admit.Flow{}) {
			t.Errorf("days = %+v (%v)", days, err)
		}
		g.pass(time.Minute) // the job that greets
		await(t, func() bool {
			acts, _, err := g.desk.FindActions(ctx, community.ActionFilter{Group: g.group.Key, Verb: community.Send})
			return err == nil && len(acts) == 1 && acts[0].Text == "老周，欢迎！"
		})
		for _, m := range people {
			tags, err := codes.MemberTags(ctx, m.Key)
			if here := m.Name == "老周"; err != nil || slices.Contains(tags, "公众号") != here {
				t.Errorf("tags of %s = %v (%v)", m.Name, tags, err)
			}
		}
		if acts, _, err := g.desk.FindActions(ctx, community.ActionFilter{Group: g.group.Key, Verb: community.Send}); err != nil || len(acts) != 1 {
			t.Errorf("greetings = %d (%v), want one for the one who stayed", len(acts), err)
		}
	})
}

// TestEndingGroupQRWarnsIsReplacedAndTheAddressStays follows a seven-day QR code of plain WeChat behind one address.
func TestEndingGroupQRWarnsIsReplacedAndTheAddressStays(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: "海报"}, "")
		check(t, err)
		week := func() int64 { return g.ms.Load() + 7*24*time.Hour.Milliseconds() }
		first, err := codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key, Expires: week()}, picture(t, color.Black))
		check(t, err)
		_, body := g.scan(c.Slug, "a")
		if !strings.Contains(body, first.ID.String()) {
			t.Fatalf("the page does not show the first picture: %s", excerpt(body))
		}
		res, err := http.Get(g.door.URL + "/j/" + c.Slug + "/" + first.ID.String() + "/qr")
		check(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("its picture = %d %s", res.StatusCode, res.Header.Get("Content-Type"))
		}
		g.pass(5 * 24 * time.Hour)
		g.open(community.RenewCode, 0)
		g.pass(24 * time.Hour) // one day left
		task := g.open(community.RenewCode, 1)[0]
		if !strings.Contains(task.Text, "海报") || !strings.Contains(task.Text, "读书1群") || task.Due != first.Expires {
			t.Errorf("the task says %q until %d, want code, group and %d", task.Text, task.Due, first.Expires)
		}
		g.pass(13 * time.Hour) // nobody did anything: asked again, not doubled
		await(t, func() bool { k, err := g.app.Store().TaskNow(ctx, task.ID); return err == nil && k.Evidence == 2 })
		g.open(community.RenewCode, 1)
		g.pass(24 * time.Hour) // over
		if code, body := g.scan(c.Slug, "b"); code != http.StatusOK || !strings.Contains(body, "已经通知管理员") {
			t.Errorf("nothing valid is left: %d %s", code, excerpt(body))
		}
		g.open(community.RenewCode, 1)
		next, err := codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key, Expires: week()}, picture(t, color.White))
		check(t, err)
		g.open(community.RenewCode, 0)
		if k, err := g.app.Store().TaskNow(ctx, task.ID); err != nil || k.State != "done" {
			t.Errorf("the task is %s (%v), want done", k.State, err)
		}
		if _, body := g.scan(c.Slug, "b"); !strings.Contains(body, next.ID.String()) || strings.Contains(body, first.ID.String()) {
			t.Errorf("the page does not show the new picture: %s", excerpt(body))
		}
		for name, raw := range map[string][]byte{"empty": {}, "text": []byte("hello"), "half": picture(t, color.White)[:60]} {
			if _, err := codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key}, raw); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("%s picture: %v, want bad input", name, err)
			}
		}
		check(t, codes.Close(ctx, "ming", c.ID, "活动结束"))
		if code, _ := g.scan(c.Slug, "b"); code != http.StatusGone {
			t.Errorf("a closed code = %d, want 410", code)
		}
		if code, _ := g.scan("nothing", "b"); code != http.StatusNotFound {
			t.Errorf("an unknown code = %d, want 404", code)
		}
	})
}

// TestFullGroupHandsOverToTheNext: before a group is full a person is asked for the next; once that is in the code the
// question closes and the address leads on by itself.
func TestFullGroupHandsOverToTheNext(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		check(t, codes.SetCap(plain(ctx), "ming", g.group.Key, 60, 0, "小群"))
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: "海报", Overflow: true}, "") // a tick that this platform does not know
		check(t, err)
		_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key, Link: "https://chat.example/one"}, nil)
		check(t, err)
		for day := range 12 {
			g.roster(g.group, 18+2*day)
			g.pass(24 * time.Hour)
		}
		g.roster(g.group, 42)
		caps, err := codes.Caps(ctx, []community.GroupRow{g.group})
		check(t, err)
		one := caps[g.group.Key]
		today, err := g.desk.Today(ctx, 0)
		check(t, err)
		if one.State != measure.CapDay || one.Size != 42 || one.Limit != 60 || one.Day != today+9 {
			t.Fatalf("forecast = %+v on day %d, want day %d", one, today, today+9)
		}
		g.open(community.OpenNext, 0)
		g.pass(24 * time.Hour)
		g.roster(g.group, 46)
		g.pass(24 * time.Hour)
		task := g.open(community.OpenNext, 1)[0]
		if !strings.Contains(task.Text, "读书1群") || !strings.Contains(task.Text, "60") {
			t.Errorf("the task says %q", task.Text)
		}
		_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.second.Key, Link: "https://chat.example/two"}, nil)
		check(t, err)
		g.pass(24 * time.Hour)
		g.open(community.OpenNext, 0)
		if _, body := g.scan(c.Slug, "a"); !strings.Contains(body, "chat.example/one") {
			t.Errorf("the first group has room, the page says %s", excerpt(body))
		}
		g.roster(g.group, 60)
		if _, body := g.scan(c.Slug, "a"); !strings.Contains(body, "chat.example/two") {
			t.Errorf("the first group is full, the page says %s", excerpt(body))
		}
	})
}

// TestPersonInTwoSubGroupsIsAskedPolitely and never removed.
func TestPersonInTwoSubGroupsIsAskedPolitely(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		main := g.newGroup("读书总群")
		for _, sub := range []community.GroupRow{g.group, g.second} {
			set := sub.Group
			set.Parent = main.Key
			check(t, g.app.Hands(g.org, nil).SetGroup(ctx, "test", set, ""))
			g.join(sub, "老周", "")
		}
		g.join(g.group, "阿敏", "")
		check(t, g.app.Store().CatchUp(ctx))
		list, n, err := codes.Doubles(ctx, main.Key, community.Page{})
		if err != nil || n != 1 || list[0].Member.Name != "老周" {
			t.Fatalf("doubles = %v, %d (%v), want 老周", list, n, err)
		}
		check(t, codes.AskDouble(ctx, "ming", main.Key, list[0].Member.ID))
		task := g.open(community.Remind, 1)[0]
		if !strings.Contains(task.Text, "老周") || !strings.Contains(task.Text, "读书2群") || task.TargetName != "老周" {
			t.Errorf("the task says %q to %s", task.Text, task.TargetName)
		}
		if err := codes.AskDouble(ctx, "ming", main.Key, list[0].Member.ID); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("asked twice: %v, want conflict", err)
		}
		if acts, _, err := g.desk.FindActions(ctx, community.ActionFilter{Verb: community.Remove}); err != nil || len(acts) != 0 {
			t.Errorf("removals = %d (%v), want none", len(acts), err)
		}
	})
}

// TestPlatformMakesACodeOrAPersonDoes: an order becomes a task where nothing can make codes; what a platform makes
// appears in the entry.
func TestPlatformMakesACodeOrAPersonDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "菜单", State: "menu"}, "")
		check(t, err)
		e, err := codes.Order(ctx, "ming", c.ID, g.group.Key)
		check(t, err)
		task := g.open(community.Invite, 1)[0]
		if task.ID != e.Action || !strings.Contains(task.Text, "菜单") {
			t.Errorf("task %s says %q, want that of %s", task.ID, task.Text, e.Action)
		}
		data := fmt.Sprintf(`{"action":"%s","state":"acked","receipt":{"state":"acked","data":{"id":"7","url":"https://t.example/+made"}}}`, e.Action)
		g.apply(community.Inbound{Type: community.ActionReceipt, Key: "made", Group: community.Ref{ID: g.group.External}, Body: community.Body{Data: []byte(data)}})
		g.open(community.Invite, 0)
		if _, body := g.scan(c.Slug, "a"); !strings.Contains(body, "https://t.example/+made") {
			t.Errorf("what was made is not shown: %s", excerpt(body))
		}
	})
}

// TestCodesAreMadeInTheConsole goes through the pages by hand.
func TestCodesAreMadeInTheConsole(t *testing.T) {
	s := startShift(t, "", "")
	if code, body := s.send("/codes/new", "/codes", url.Values{"kind": {"channel"}, "name": {"菜单"}, "state": {"bad mark!"}}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "bad mark!") {
		t.Errorf("a bad mark = %d: %s", code, excerpt(body))
	}
	s.does("/codes/new", "/codes", url.Values{"kind": {"channel"}, "name": {"菜单"}, "state": {"menu"}, "tags": {"甲 乙"}})
	rows, _, err := s.app.Codes(s.org, nil).Find(t.Context(), admit.Filter{})
	check(t, err)
	if len(rows) != 1 || !slices.Equal(rows[0].Tags, []string{"甲", "乙"}) {
		t.Fatalf("codes = %+v, want one with two tags", rows)
	}
	at := "/codes/" + rows[0].ID.String()
	file := filepath.Join(t.TempDir(), "qr.png")
	mayOpen(t, s.app, s.org, s.group.Key)
	check(t, os.WriteFile(file, picture(t, color.Black), 0o600))
	fields := map[string]string{"g": s.group.ID.String(), "days": "7", "most": "0"}
	if body := s.upload(at, at+"/upload", file, fields); !strings.Contains(body, "正在显示") {
		t.Errorf("the uploaded picture is not shown: %s", excerpt(body))
	}
	check(t, os.WriteFile(file, []byte("no picture"), 0o600))
	if body := s.upload(at, at+"/upload", file, fields); strings.Contains(body, "已放入") {
		t.Errorf("a text was taken for a picture: %s", excerpt(body))
	}
	s.does(at, at+"/link", url.Values{"g": {s.group.ID.String()}, "link": {"javascript:alert(1)"}, "days": {"0"}, "most": {"0"}})
	s.does(at, at+"/link", url.Values{"g": {s.group.ID.String()}, "link": {"https://chat.example/x"}, "days": {"0"}, "most": {"5"}})
	s.does(at, at+"/rotate", url.Values{})
	r, err := s.app.Codes(s.org, nil).ByID(t.Context(), rows[0].ID)
	check(t, err)
	if len(r.Entries) != 2 || r.Now.Entry.Link != "https://chat.example/x" {
		t.Errorf("entries = %d, shown %q; want two, the link first", len(r.Entries), r.Now.Entry.Link)
	}
	s.does(at, at, url.Values{"name": {"菜单二"}, "state": {"menu"}, "move_none": {"只是改名"}})
	s.does(at, at+"/remove", url.Values{"entry": {r.Now.Entry.ID.String()}})
	for _, page := range []string{"/codes", "/codes.csv", "/codes?closed=1", at, at + "/qr", "/doubles", "/groups", "/groups/" + s.group.ID.String()} {
		if code, body := s.get(page); code != http.StatusOK {
			t.Errorf("GET %s = %d: %s", page, code, excerpt(body))
		}
	}
	s.does(at, at+"/close", url.Values{"reason": {"活动结束"}})
	if code, body := s.get("/codes?closed=1"); code != http.StatusOK || !strings.Contains(body, "菜单二") {
		t.Errorf("the closed codes = %d: %s", code, excerpt(body))
	}
}
