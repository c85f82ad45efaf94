package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/console"
	"qunluo/internal/duty"
	"qunluo/internal/notify"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// night is a house on duty: its clock can be put forward, its people are told by webhooks.
type night struct {
	t     *testing.T
	ahead atomic.Int64
	cfg   config.Config
	app   *app.App
	url   string
	end   func()
	org   community.OrgKey
	desk  *store.Desk
	users map[string]community.User
	bells map[string]*bell
	group community.GroupRow
}

// bell is where one person is told: it keeps what was posted.
type bell struct {
	mu     sync.Mutex
	srv    *httptest.Server
	rings  []ring
	broken bool
}

type ring struct {
	ID, Text, URL string
}

const bellSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func newBell(t *testing.T) *bell {
	b := &bell{}
	b.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		if b.broken || r.Header.Get("webhook-signature") != notify.Sign(bellSecret, id, at, body) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var said struct{ Data struct{ Text, URL string } }
		if err := json.Unmarshal(body, &said); err != nil {
			t.Error(err)
		}
		b.rings = append(b.rings, ring{id, said.Data.Text, said.Data.URL})
	}))
	t.Cleanup(b.srv.Close)
	return b
}

func (b *bell) heard() []ring {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.rings)
}

func startNight(t *testing.T, dbURL, settings string) *night {
	n := &night{t: t, users: map[string]community.User{}, bells: map[string]*bell{}}
	n.cfg = config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}, Server: config.Server{Listen: "127.0.0.1:0"},
		Notify: config.Notify{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}}
	n.open()
	t.Cleanup(func() { n.end() })
	ctx := t.Context()
	var err error
	n.org, err = n.app.Store().Org(ctx, "徒步社", false)
	check(t, err)
	for _, who := range []struct{ login, role string }{{"ming", "owner"}, {"anna", "moderator"}, {"ben", "moderator"}} {
		u, err := n.app.Store().SaveUser(ctx, "test", community.User{Org: n.org, Login: who.login, Name: who.login, Role: who.role, Lang: "zh-CN", Enabled: true, Hash: cheapHash}, "")
		check(t, err)
		n.users[who.login], n.bells[who.login] = u, newBell(t)
		n.pass(time.Millisecond) // who was there first is told by the clock
		check(t, n.duty().SetWays(ctx, "test", u.ID.String(), []duty.Way{{Kind: duty.ByWebhook, Address: n.bells[who.login].srv.URL, Secret: bellSecret}}, ""))
	}
	for _, login := range []string{"anna", "ben"} { // both the whole week; anna was there first
		n.pass(time.Millisecond)
		for day := range 7 {
			_, err := n.duty().AddShift(ctx, "test", duty.Shift{User: n.id(login), Weekday: day}, "")
			check(t, err)
		}
	}
	_, err = n.app.Hands(n.org, nil).SaveAccount(ctx, "test", community.Account{Connector: "sim", Name: "群助手", Enabled: true, Settings: []byte(settings)}, "")
	check(t, err)
	n.look()
	await(t, func() bool {
		rows, _, err := n.desk.FindGroups(ctx, community.GroupFilter{})
		if err != nil || len(rows) != 1 || rows[0].Members < 8 {
			return false
		}
		n.group = rows[0]
		return true
	})
	return n
}

func (n *night) open() {
	n.t.Helper()
	a, err := app.Open(n.t.Context(), app.Options{Config: n.cfg, Clock: func() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) }})
	check(n.t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(n.t.Context()))
	ready, ended := make(chan app.Served, 1), make(chan error, 1)
	go func() { ended <- a.Serve(ctx, app.Doors{}, func(s app.Served) { ready <- s }) }()
	n.app, n.url = a, (<-ready).URL
	n.end = func() {
		stop()
		check(n.t, <-ended)
		check(n.t, a.Close())
	}
	n.look()
}

func (n *night) look() { n.desk = n.app.Store().For(community.Scope{Org: n.org}) }

func (n *night) id(login string) string { return n.users[login].ID.String() }

func (n *night) pass(d time.Duration) { n.ahead.Add(int64(d)) }

// duties is what the tests use of who is on duty.
type duties interface {
	console.Duty
}

func (n *night) duty() duties { return n.app.Duty(n.org, nil) }

func (n *night) member(name string) community.MemberRow {
	n.t.Helper()
	rows, _, err := n.desk.FindMembers(n.t.Context(), community.MemberFilter{Group: n.group.Key, Text: name})
	check(n.t, err)
	if len(rows) != 1 {
		n.t.Fatalf("members called %s = %d, want 1", name, len(rows))
	}
	return rows[0]
}

// asks makes a task: to remove somebody, where no connection can.
func (n *night) asks(name string) community.TaskRow {
	n.t.Helper()
	ctx := n.t.Context()
	m := n.member(name)
	_, err := n.app.Hands(n.org, nil).Act(ctx, n.id("ming"), []community.Action{{Verb: community.Remove, Group: n.group.Key, Target: m.Key}}, "屡劝不改")
	check(n.t, err)
	var task community.TaskRow
	await(n.t, func() bool {
		rows, _, err := n.desk.FindTasks(ctx, community.TaskFilter{})
		if err != nil || len(rows) == 0 {
			return false
		}
		task = rows[0]
		return true
	})
	return task
}

func (n *night) alarm(subject string) duty.Alarm {
	n.t.Helper()
	a, err := n.app.Store().AlarmOf(n.t.Context(), n.org, subject)
	check(n.t, err)
	return a
}

// story is the steps of an alarm: what and who, without the times.
func (n *night) story(a duty.Alarm) []string {
	names := map[string]string{}
	for login, u := range n.users {
		names[u.ID.String()] = login
	}
	var out []string
	for _, s := range a.Steps {
		out = append(out, strings.TrimSpace(s.What+" "+names[s.User]))
	}
	return out
}

// tells waits until an alarm's steps are those.
func (n *night) tells(subject string, want []string) {
	n.t.Helper()
	for range 500 {
		if slices.Equal(n.story(n.alarm(subject)), want) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	n.t.Fatalf("steps = %q, want %q", n.story(n.alarm(subject)), want)
}

// enters opens the link that somebody was sent, as on their phone.
func (n *night) enters(link string) *person {
	n.t.Helper()
	p := newPerson(n.t, n.url)
	path := strings.TrimPrefix(link, n.url)
	for range 2 { // whatever looks at it before the person does
		if code, body := p.get(path); code != http.StatusOK {
			n.t.Fatalf("GET %s = %d: %s", path, code, excerpt(body))
		}
	}
	if code, body := p.send(path, path, url.Values{}); code != http.StatusOK || !strings.Contains(body, "m-tabs") {
		n.t.Fatalf("entering = %d: %s", code, excerpt(body))
	}
	return p
}

const noHands = `{"scene":"quiet","abilities":"*=none,member.list=native"}`

// TestTaskReachesWhoIsOnDutyAndIsPassedOn: a task opens, anna is told within the minute and says nothing, ben is told,
// takes it on his phone, and does it. Every step is timed; nobody is told twice.
func TestTaskReachesWhoIsOnDutyAndIsPassedOn(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, noHands)
		began := time.Now()
		task := n.asks("米粒")
		await(t, func() bool { return len(n.bells["anna"].heard()) == 1 })
		if took := time.Since(began); took > time.Minute {
			t.Errorf("told after %v, want within a minute", took)
		}
		if text := n.bells["anna"].heard()[0].Text; !strings.Contains(text, "米粒") || !strings.Contains(text, "移出") {
			t.Errorf("anna was told %q", text)
		}
		n.pass(11 * time.Minute)
		await(t, func() bool { return len(n.bells["ben"].heard()) == 1 })
		want := []string{"opened", "asked anna", "told anna", "passed_on anna", "asked ben", "told ben"}
		n.tells(store.TaskAlarm(task.ID), want)
		al := n.alarm(store.TaskAlarm(task.ID))
		phone := n.enters(n.bells["ben"].heard()[0].URL)
		_, page := phone.get("/m")
		for _, word := range []string{"米粒", "移出群聊", "收到", "转交下一位", "做不到"} {
			if !strings.Contains(page, word) {
				t.Errorf("the phone does not show %q", word)
			}
		}
		step := "/m/alarms/" + al.ID.String() + "/ack"
		for range 2 { // the line broke, so he says it again
			if code, body := phone.send("/m", step, url.Values{}); code != http.StatusOK || !strings.Contains(body, "已收到") {
				t.Errorf("acknowledging = %d: %s", code, excerpt(body))
			}
		}
		if k, err := n.desk.TaskByID(t.Context(), task.ID); err != nil || k.State != "claimed" || k.Assignee != n.id("ben") {
			t.Errorf("the task is %q of %q, want claimed by ben (%v)", k.State, k.Assignee, err)
		}
		for range 2 {
			if code, body := phone.send("/m/duty", "/m/tasks/"+task.ID.String()+"/done", url.Values{}); code != http.StatusOK || !strings.Contains(body, "已记为完成") {
				t.Errorf("done = %d: %s", code, excerpt(body))
			}
		}
		al = n.alarm(store.TaskAlarm(task.ID))
		if want = append(want, "acknowledged ben", "done ben"); !slices.Equal(n.story(al), want) || al.State != duty.Over {
			t.Errorf("steps = %q (%s), want %q", n.story(al), al.State, want)
		}
		for _, s := range al.Steps {
			if s.At == 0 {
				t.Errorf("step %s has no time", s.What)
			}
		}
		if a, b := len(n.bells["anna"].heard()), len(n.bells["ben"].heard()); a != 1 || b != 1 {
			t.Errorf("anna was told %d times, ben %d times; want once each", a, b)
		}
	})
}

// TestPhoneHasAModeratorsRightsAndALinkWorksOnce looks at what a link opens and what it does not.
func TestPhoneHasAModeratorsRightsAndALinkWorksOnce(t *testing.T) {
	n := startNight(t, "", noHands)
	n.asks("米粒")
	await(t, func() bool { return len(n.bells["anna"].heard()) == 1 })
	link := n.bells["anna"].heard()[0].URL
	phone := n.enters(link)
	path := strings.TrimPrefix(link, n.url)
	if code, _ := newPerson(t, n.url).get(path); code != http.StatusForbidden {
		t.Errorf("the spent link answers %d, want 403", code)
	}
	made, other := path[:len(path)-4]+"AAAA", "/m/in/"+strings.Repeat("A", 43)
	for _, bad := range []string{made, other, "/m/in/x", "/m/in/" + strings.Repeat("é", 300)} {
		if code, _ := newPerson(t, n.url).get(bad); code != http.StatusForbidden {
			t.Errorf("GET %.30s = %d, want 403", bad, code)
		}
	}
	for _, page := range []string{"/m", "/m/review", "/m/duty"} {
		if code, body := phone.get(page); code != http.StatusOK || !strings.Contains(body, "m-tabs") {
			t.Errorf("GET %s = %d: %s", page, code, excerpt(body))
		}
	}
	for _, page := range []string{"/", "/inbox", "/users", "/connections", "/duty"} {
		if code, body := phone.get(page); code != http.StatusOK || !strings.Contains(body, `name="password"`) {
			t.Errorf("a phone's GET %s = %d, want to be asked to sign in", page, code)
		}
	}
	u := n.users["anna"]
	u.Hash = console.HashPassword("another-long-password-2")
	_, err := n.app.Store().SaveUser(t.Context(), "test", u, "")
	check(t, err)
	if _, body := phone.get("/m"); !strings.Contains(body, `name="password"`) {
		t.Error("a device stays in after its person got a new password")
	}
}

// TestWhoTookATaskAndLetsItLieLosesIt: the deadline of a taken task passes, the next on duty has it.
func TestWhoTookATaskAndLetsItLieLosesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, noHands)
		task := n.asks("米粒")
		await(t, func() bool { return len(n.bells["anna"].heard()) == 1 })
		check(t, n.app.Hands(n.org, nil).TaskClaim(t.Context(), n.id("anna"), task.ID, ""))
		n.end() // the alarm waits on disk
		n.pass(62 * time.Minute)
		n.open()
		await(t, func() bool { return len(n.bells["ben"].heard()) == 1 })
		k, err := n.desk.TaskByID(t.Context(), task.ID)
		if err != nil || k.State != "open" || k.Assignee != "" || k.Due <= task.Due {
			t.Errorf("the task is %q of %q, due %d; want open, of nobody, later than %d (%v)", k.State, k.Assignee, k.Due, task.Due, err)
		}
		n.tells(store.TaskAlarm(task.ID), []string{"opened", "asked anna", "told anna", "acknowledged anna", "expired anna", "asked ben", "told ben"})
	})
}

// TestOwnerIsCalledAtLastAndAFailedWayIsSaid: anna's webhook is broken, she is passed over at once; nobody answers.
func TestOwnerIsCalledAtLastAndAFailedWayIsSaid(t *testing.T) {
	n := startNight(t, "", noHands)
	n.bells["anna"].broken = true
	task := n.asks("米粒")
	await(t, func() bool { return len(n.bells["ben"].heard()) == 1 })
	n.pass(11 * time.Minute)
	await(t, func() bool { return len(n.bells["ming"].heard()) == 1 })
	n.pass(11 * time.Minute)
	want := []string{"opened", "asked anna", "failed anna", "passed_on anna", "asked ben", "told ben", "passed_on ben", "asked ming", "told ming", "passed_on ming", "exhausted"}
	n.tells(store.TaskAlarm(task.ID), want)
	for _, s := range n.alarm(store.TaskAlarm(task.ID)).Steps {
		if s.What == duty.Failed && (!strings.HasPrefix(s.Note, "refused") || strings.Contains(s.Note, "127.0.0.1")) {
			t.Errorf("the failed way says %q", s.Note)
		}
	}
}

// TestHandedOnTaskGoesToTheNext: by the person's own word.
func TestHandedOnTaskGoesToTheNext(t *testing.T) {
	n := startNight(t, "", noHands)
	task := n.asks("米粒")
	await(t, func() bool { return len(n.bells["anna"].heard()) == 1 })
	check(t, n.app.Hands(n.org, nil).TaskClaim(t.Context(), n.id("anna"), task.ID, ""))
	if err := n.duty().TaskHandOn(t.Context(), n.id("ben"), task.ID, ""); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("handed on by who does not have it: %v, want a conflict", err)
	}
	check(t, n.duty().TaskHandOn(t.Context(), n.id("anna"), task.ID, "要出门"))
	await(t, func() bool { return len(n.bells["ben"].heard()) == 1 })
	if k, err := n.desk.TaskByID(t.Context(), task.ID); err != nil || k.State != "open" {
		t.Errorf("the task is %q (%v), want open", k.State, err)
	}
}

// TestRemovalTaskClosesWhenTheNextReadingConfirmsIt: nobody presses anything; the member is gone from the list.
func TestRemovalTaskClosesWhenTheNextReadingConfirmsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, noHands)
		task := n.asks("米粒")
		rows, _, err := n.desk.FindMembers(t.Context(), community.MemberFilter{Group: n.group.Key, Page: community.Page{Limit: 100}})
		check(t, err)
		reads := func(without string) {
			var list []community.Who
			for _, m := range rows {
				if m.External != without {
					list = append(list, community.Who{ID: m.External, Name: m.Name})
				}
			}
			data, err := json.Marshal(list)
			check(t, err)
			_, err = n.app.Engine().Apply(t.Context(), community.Inbound{Type: community.RosterRead, Account: n.group.Accounts[0], Group: community.Ref{ID: n.group.External}, Key: "read" + without, Body: community.Body{Data: data}})
			check(t, err)
		}
		reads("")
		if k, err := n.desk.TaskByID(t.Context(), task.ID); err != nil || k.State != "open" {
			t.Fatalf("a reading that shows the member made the task %q (%v)", k.State, err)
		}
		reads(task.TargetRef)
		k, err := n.desk.TaskByID(t.Context(), task.ID)
		if err != nil || k.State != "done" {
			t.Errorf("the task is %q (%v), want done", k.State, err)
		}
		acts, _, err := n.desk.FindActions(t.Context(), community.ActionFilter{Group: n.group.Key, Verb: community.Remove})
		if err != nil || acts[0].State != community.Confirmed {
			t.Errorf("the action is %q (%v), want confirmed", acts[0].State, err)
		}
		if al := n.alarm(store.TaskAlarm(task.ID)); al.State != duty.Over {
			t.Errorf("the alarm is %q, want over", al.State)
		}
	})
}

// TestNoticeThatNobodyCanSendMakesNoAlarm: telling people in a group that cannot be written to is a way that failed, not
// one more task.
func TestNoticeThatNobodyCanSendMakesNoAlarm(t *testing.T) {
	n := startNight(t, "", noHands)
	check(t, n.duty().SetWays(t.Context(), "test", n.id("anna"), []duty.Way{{Kind: duty.ByGroup, Address: n.group.ID.String()}, {Kind: duty.ByWebhook, Address: n.bells["anna"].srv.URL, Secret: bellSecret}}, ""))
	task := n.asks("米粒")
	await(t, func() bool { return len(n.bells["anna"].heard()) == 1 })
	n.tells(store.TaskAlarm(task.ID), []string{"opened", "asked anna", "failed anna", "told anna"})
	if _, total, err := n.desk.FindTasks(t.Context(), community.TaskFilter{}); err != nil || total != 1 {
		t.Errorf("%d tasks (%v), want 1", total, err)
	}
}

// TestOwnGroupIsTold: the message goes through the belt, and holds no way in.
func TestOwnGroupIsTold(t *testing.T) {
	n := startNight(t, "", `{"scene":"quiet","abilities":"member.remove=none"}`)
	check(t, n.duty().SetWays(t.Context(), "test", n.id("anna"), []duty.Way{{Kind: duty.ByGroup, Address: n.group.ID.String()}}, ""))
	n.asks("米粒")
	var sent community.ActionRow
	await(t, func() bool {
		rows, _, err := n.desk.FindActions(t.Context(), community.ActionFilter{Group: n.group.Key, Verb: community.Send})
		if err != nil || len(rows) == 0 {
			return false
		}
		sent = rows[0]
		return sent.State == community.Confirmed || sent.State == community.Acked
	})
	if !strings.Contains(sent.Text, "米粒") || strings.Contains(sent.Text, "/m/in/") || !strings.Contains(sent.Text, n.url+"/m") {
		t.Errorf("the group was told %q", sent.Text)
	}
}

// TestLostAccountIsNoticedAndItsGroupsAreHandedOver: the platform says so; the alarm, the task with co-owners, the missing
// minutes; all of it ends when the account is back.
func TestLostAccountIsNoticedAndItsGroupsAreHandedOver(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		account := n.group.Accounts[0]
		say := func(what community.Type, key string) {
			_, err := n.app.Engine().Apply(t.Context(), community.Inbound{Type: what, Account: account, Group: community.Ref{ID: n.group.External}, Key: key, OccurredAt: n.app.Now(), Body: community.Body{Text: "封号 7 天"}})
			check(t, err)
		}
		say(community.AccountOffline, "down")
		await(t, func() bool { return len(n.bells["anna"].heard()) == 1 })
		var task community.TaskRow
		await(t, func() bool {
			rows, _, err := n.desk.FindTasks(t.Context(), community.TaskFilter{})
			if err != nil || len(rows) == 0 {
				return false
			}
			task = rows[0]
			return true
		})
		if task.Verb != community.TakeOver || task.Text == "" {
			t.Errorf("the task is %s with %q, want a take-over that names co-owners", task.Verb, task.Text)
		}
		n.pass(5 * time.Minute)
		al := n.alarm(store.AccountAlarm(account))
		missing, err := n.duty().Missing(t.Context(), al)
		check(t, err)
		if len(missing) != 1 || len(missing[0].Spans) != 1 || missing[0].Spans[0].To-missing[0].Spans[0].From < 5*60_000 {
			t.Errorf("missing = %+v, want one group with 5 minutes", missing)
		}
		say(community.AccountOnline, "up")
		if al = n.alarm(store.AccountAlarm(account)); al.State != duty.Over {
			t.Errorf("the alarm is %q after the account came back", al.State)
		}
		if k, err := n.desk.TaskByID(t.Context(), task.ID); err != nil || k.State != "expired" {
			t.Errorf("the task is %q (%v), want it gone", k.State, err)
		}
	})
}

// TestBrokenConnectionIsNoticedWithinAMinute: nobody says anything, the line is just gone.
func TestBrokenConnectionIsNoticedWithinAMinute(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) { brokenConnection(t, dbURL) })
}

func brokenConnection(t *testing.T, dbURL string) {
	n := startNight(t, dbURL, noHands)
	q := newQQ(t)
	acc, err := n.app.Hands(n.org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "onebot", Name: "小助手", Enabled: true, Settings: []byte(`{"mode":"forward","url":"` + q.url() + `"}`)}, "")
	check(t, err)
	await(t, func() bool {
		known, err := n.app.Store().Watched(t.Context(), acc.Key)
		return err == nil && known
	})
	q.srv.CloseClientConnections()
	q.srv.Close()
	q.mu.Lock()
	if q.conn != nil {
		_ = q.conn.CloseNow()
	}
	q.mu.Unlock()
	await(t, func() bool {
		jobs, _, err := n.app.Store().For(community.Scope{}).FindJobs(t.Context(), "ready", community.Page{})
		return err == nil && slices.ContainsFunc(jobs, func(j community.JobRow) bool { return j.Kind == "account-deaf" })
	})
	n.pass(50 * time.Second) // beyond the time that connections have after the start
	await(t, func() bool {
		al, err := n.app.Store().AlarmOf(t.Context(), n.org, store.AccountAlarm(acc.Key))
		return err == nil && al.State == duty.Waiting
	})
}
