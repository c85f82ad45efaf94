package app_test

import (
	"context"
	"fmt"
	"image/color"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect/wecom/wecomtest"
	"qunluo/internal/plan"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// company is a house with a corp of 企业微信: 王 owns three groups, 赵 two, 李 one. The house's and the corp's clock begin at
// noon in Shanghai and can be moved on.
type company struct {
	*sender
	corp    *wecomtest.Corp
	account community.AccountKey
}

func startCompany(t *testing.T, dbURL, quota string) *company {
	s := &sender{t: t, cfg: config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}, Server: config.Server{Listen: "127.0.0.1:0", PublicURL: "https://q.example"},
		Notify: config.Notify{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}, keys: map[string]community.GroupKey{}}
	s.shift = time.Until(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	c := &company{sender: s, corp: wecomtest.New()}
	c.corp.Now = func() time.Time { return time.Now().Add(s.shift) }
	for i, owner := range []string{"wang", "wang", "wang", "zhao", "zhao", "li"} {
		id := fmt.Sprint("wr", i+1)
		c.corp.AddChat(id, fmt.Sprint("读书", i+1, "群"), owner, wecomtest.Member{ID: fmt.Sprint("wm", i), Name: fmt.Sprint("书友", i), Joined: time.Now().Unix() - 86400, Scene: 1})
	}
	srv := httptest.NewServer(c.corp)
	t.Cleanup(srv.Close)
	a, err := app.Open(t.Context(), app.Options{Config: s.cfg, Clock: func() time.Time { return time.Now().Add(s.shift) }})
	check(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	s.app = a
	t.Cleanup(func() { stop(); <-ended; check(t, a.Close()) })
	s.org, err = a.Store().Org(t.Context(), "读书会", false)
	check(t, err)
	account, err := a.Hands(s.org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "wecom", Name: "企业微信", Enabled: true,
		Settings: wecomtest.Settings(srv.URL, map[string]any{"contacts": false, "quota": quota})}, "")
	check(t, err)
	c.account = account.Key
	await(t, func() bool {
		rows, _, err := s.desk().FindGroups(t.Context(), community.GroupFilter{})
		whole := 0
		for _, g := range rows {
			s.keys[g.External] = g.Key
			if g.Members == 2 {
				whole++
			}
		}
		return err == nil && whole == 6
	})
	return c
}

// look lets the connection ask the platform now who has confirmed.
func (c *company) look() {
	c.t.Helper()
	_, err := c.app.Hands(c.org, nil).DoChore(c.t.Context(), "test", c.account, "mass.list", nil, "")
	check(c.t, err)
}

// tend runs the work that reminds and takes back, and waits for what comes of it.
func (c *company) tend(key string) {
	c.t.Helper()
	check(c.t, c.app.Store().AddJob(c.t.Context(), store.Job{Kind: "plan-masses", Key: key, RunAt: c.app.Now()}))
	c.app.Jobs().Wake()
	await(c.t, func() bool {
		rows, _, err := c.desk().FindJobs(c.t.Context(), "", community.Page{Limit: 200})
		return err == nil && !slices.ContainsFunc(rows, func(j community.JobRow) bool {
			return j.Kind == "plan-masses" && j.Key == key || j.Kind == store.JobAction
		})
	})
}

// asked says who was asked to confirm for which groups, in order of names.
func (c *company) asked(text string) string {
	var out []string
	for _, m := range c.corp.Masses() {
		if m.Text == text {
			out = append(out, m.Sender+" "+strings.Join(m.Chats, ","))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// of is the mass send that a sender was asked for.
func (c *company) of(sender, text string) wecomtest.Mass {
	for _, m := range c.corp.Masses() {
		if m.Sender == sender && m.Text == text {
			return m
		}
	}
	return wecomtest.Mass{}
}

// marks says where each group's send stands and whether it kept its time.
func (c *company) marks(id community.ID) string {
	l, err := c.app.Plans(c.org, nil).Limits(c.t.Context())
	check(c.t, err)
	var out []string
	for _, k := range c.targets(id) {
		out = append(out, fmt.Sprint(k.GroupName, " ", k.State(), " ", k.Mark(l, c.app.Now())))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestOwnersConfirmOneByOne is the whole way of a mass send through 企业微信: estimate, one request per owner, a tap in time, a
// tap after a reminder, and one that never comes.
func TestOwnersConfirmOneByOne(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, plans := t.Context(), c.app.Plans(c.org, nil)
		const text = "周六八点西门集合"
		order := plan.Broadcast{Title: "周末活动", Text: text, Link: plan.Attached{URL: "https://q.example/route", Title: "路线"}}
		e, err := plans.Estimate(ctx, order)
		check(t, err)
		if e.Groups != 6 || e.Levels[community.Assisted] != 6 || e.Owners != 3 || e.Blocked != 0 {
			t.Fatalf("estimate = %+v, want 6 groups that 3 owners confirm", e)
		}
		b, err := plans.NewBroadcast(ctx, "lin", order)
		check(t, err)
		await(t, func() bool {
			got, err := plans.Broadcast(ctx, b.ID)
			return err == nil && got.Counts.Person == 6
		})
		if got := c.asked(text); got != "li wr6; wang wr1,wr2,wr3; zhao wr4,wr5" {
			t.Fatalf("asked: %s; want each owner once, for all their groups", got)
		}
		if m := c.of("wang", text); len(m.Links) != 1 || m.Links[0] != "路线 https://q.example/route" {
			t.Errorf("links = %q, want the card", m.Links)
		}
		if tasks, n, err := c.desk().FindTasks(ctx, community.TaskFilter{}); err != nil || n != 3 {
			t.Fatalf("%d tasks %+v, %v; want one per owner", n, tasks, err)
		}

		c.corp.Tap(c.of("wang", text).ID, "wr2") // one of the groups does not get it
		c.look()
		want := "读书1群 sent on_time, 读书2群 failed not_sent, 读书3群 sent on_time, 读书4群 sending , 读书5群 sending , 读书6群 sending "
		await(t, func() bool { return c.marks(b.ID) == want })
		for _, k := range c.targets(b.ID) {
			if k.GroupName == "读书2群" && (k.Missed != community.MassMissed || k.Sender != "wang") {
				t.Errorf("the group that missed it: %+v, want why and who sent it", k)
			}
		}

		c.shift += 3 * time.Hour
		c.tend("a")
		c.tend("b") // at once again: nobody is reminded twice
		if w, z, l := c.of("wang", text).Reminded, c.of("zhao", text).Reminded, c.of("li", text).Reminded; w != 0 || z != 1 || l != 1 {
			t.Fatalf("reminded %d, %d, %d times; want those who have not confirmed, once", w, z, l)
		}
		c.corp.Tap(c.of("zhao", text).ID)
		c.look()
		want = "读书1群 sent on_time, 读书2群 failed not_sent, 读书3群 sent on_time, 读书4群 sent late, 读书5群 sent late, 读书6群 sending overdue"
		await(t, func() bool { return c.marks(b.ID) == want })

		for i := range 3 {
			c.shift += 2*time.Hour + time.Minute
			c.tend(fmt.Sprint("c", i))
		}
		if n := c.of("li", text).Reminded; n != 3 {
			t.Errorf("reminded %d times, want 3 and then no more", n)
		}
		if reminded, enough, err := plans.Remind(ctx, "lin", b.ID); err != nil || reminded != 0 || enough != 1 {
			t.Errorf("by hand: %d reminded, %d enough, %v; want enough", reminded, enough, err)
		}
		c.shift += 24 * time.Hour
		c.tend("d")
		want = "读书1群 sent on_time, 读书2群 failed not_sent, 读书3群 sent on_time, 读书4群 sent late, 读书5群 sent late, 读书6群 not_sent not_sent"
		await(t, func() bool { return c.marks(b.ID) == want })
		if !c.of("li", text).Cancelled {
			t.Error("what was given up may still be confirmed on the platform")
		}
		got, err := plans.Broadcast(ctx, b.ID)
		check(t, err)
		if got.Now() != plan.Finished || got.Counts.Sent != 4 || got.Counts.Failed != 1 || got.Counts.NotSent != 1 {
			t.Errorf("the mass send is %s with %+v, want finished: 4 sent, 1 failed, 1 not sent", got.Now(), got.Counts)
		}
		if tasks, n, err := c.desk().FindTasks(ctx, community.TaskFilter{}); err != nil || n != 0 {
			t.Errorf("%d tasks still open %+v, %v", n, tasks, err)
		}
	})
}

// TestSOPStepAsksEachOwnerOnce: the turns of several groups that come at one time are one request to their owner, and a group
// that used up what the platform allows is held with the reason and the time.
func TestSOPStepAsksEachOwnerOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "day")
		ctx, plans := t.Context(), c.app.Plans(c.org, nil)
		soon := time.UnixMilli(c.app.Now()).In(time.FixedZone("", 8*3600)).Add(30 * time.Minute)
		made, err := plans.SaveSOP(plain(ctx), "lin", plan.SOP{Name: "新群七天", Steps: []plan.Step{{Kind: plan.ByDay, Day: 0, At: soon.Format("15:04"), Text: "欢迎"}}}, "")
		check(t, err)
		for _, id := range []string{"wr1", "wr2", "wr4"} {
			check(t, plans.AddToSOP(ctx, "lin", made.ID, c.keys[id], ""))
		}
		c.shift += 31 * time.Minute
		c.app.Jobs().Wake()
		await(t, func() bool { return c.asked("欢迎") == "wang wr1,wr2; zhao wr4" })
		c.corp.Tap(c.of("wang", "欢迎").ID)
		c.look()
		await(t, func() bool {
			return c.marks(made.ID) == "读书1群 sent on_time, 读书2群 sent on_time, 读书4群 sending "
		})

		b, err := plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "同日再发", Text: "同日再发"})
		check(t, err)
		await(t, func() bool { return c.asked("同日再发") == "li wr6; wang wr3; zhao wr5" })
		await(t, func() bool {
			got, err := plans.Broadcast(ctx, b.ID)
			return err == nil && got.Counts.Blocked == 3 && got.Counts.Person == 3
		})
		for _, k := range c.targets(b.ID) {
			if k.State() == plan.Blocked && (len(k.Why) == 0 || k.Why[0].Code != plan.Platform || k.Why[0].Possible <= time.Now().UnixMilli()) {
				t.Errorf("%s is held by %+v, want the platform's quota and from when on it is possible", k.GroupName, k.Why)
			}
		}
		check(t, plans.MoveBroadcast(ctx, "lin", b.ID, plan.Cancelled, "不发了"))
		await(t, func() bool {
			return c.of("li", "同日再发").Cancelled && c.of("wang", "同日再发").Cancelled && c.of("zhao", "同日再发").Cancelled
		})
		await(t, func() bool { got, err := plans.Broadcast(ctx, b.ID); return err == nil && got.Counts.NotSent == 6 })
	})
}

// TestRequestThatFellBetweenTwoLinesIsMadeOnce: the process ended after the groups of an owner were taken, before what was
// asked for was noted.
func TestRequestThatFellBetweenTwoLinesIsMadeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, plans := t.Context(), c.app.Plans(c.org, nil)
		b, err := plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "一", Text: "只问一次"})
		check(t, err)
		await(t, func() bool { got, err := plans.Broadcast(ctx, b.ID); return err == nil && got.Counts.Person == 6 })
		await(t, func() bool { // the followers' own work is over too
			rows, _, err := c.desk().FindJobs(ctx, "", community.Page{Limit: 200})
			return err == nil && !slices.ContainsFunc(rows, func(j community.JobRow) bool { return j.Kind == store.JobTarget })
		})
		before := map[community.ID]community.ID{}
		for _, k := range c.targets(b.ID) {
			before[k.ID] = k.Action
			check(t, c.app.Store().NoteTarget(ctx, k, community.ID{}))
			check(t, c.app.Store().AddJob(ctx, store.Job{Kind: store.JobTarget, Key: fmt.Sprintf("%s:%d", k.ID, k.Round), RunAt: c.app.Now()}))
		}
		c.app.Jobs().Wake()
		await(t, func() bool {
			return !slices.ContainsFunc(c.targets(b.ID), func(k plan.Target) bool { return k.Action != before[k.ID] })
		})
		if n := len(c.corp.Masses()); n != 3 {
			t.Errorf("%d requests at the platform, want three", n)
		}
	})
}

// TestPictureOfAJoinCodeIsShownFromHere: a join code of 企业微信 comes as the address of a picture; it is fetched once and the
// fixed address shows it. What is no picture becomes a person's task.
func TestPictureOfAJoinCodeIsShownFromHere(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, codes := t.Context(), c.app.Codes(c.org, nil)
		good := true
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if good {
				_, _ = w.Write(picture(t, color.Black))
			} else {
				_, _ = w.Write([]byte("<html>not here</html>"))
			}
		}))
		t.Cleanup(srv.Close)
		c.corp.Pictures = srv.URL
		code, err := codes.Save(ctx, "lin", admit.Code{Kind: admit.Channel, Name: "海报", State: "poster-1"}, "")
		check(t, err)
		for _, g := range c.keys {
			mayOpen(t, c.app, c.org, g)
		}
		_, err = codes.Order(ctx, "lin", code.ID, c.keys["wr1"])
		check(t, err)
		var row admit.Row
		await(t, func() bool {
			row, err = codes.ByID(ctx, code.ID)
			return err == nil && row.Now.Found && row.Now.Entry.Picture != ""
		})
		doors, err := c.app.Handler(app.Doors{})
		check(t, err)
		web := httptest.NewServer(doors)
		t.Cleanup(web.Close)
		res, err := http.Get(web.URL + "/j/" + code.Slug + "/" + row.Now.Entry.ID.String() + "/qr")
		check(t, err)
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/jpeg" || len(body) < 100 {
			t.Errorf("the picture = %d %s, %d bytes, %v", res.StatusCode, res.Header.Get("Content-Type"), len(body), err)
		}
		if _, body := page(t, web.URL+"/j/"+code.Slug); !strings.Contains(body, "/qr") || strings.Contains(body, srv.URL) {
			t.Error("the page does not show the picture from here, or sends people elsewhere")
		}

		good = false
		_, err = codes.Order(ctx, "lin", code.ID, c.keys["wr2"])
		check(t, err)
		await(t, func() bool {
			tasks, _, err := c.desk().FindTasks(ctx, community.TaskFilter{})
			return err == nil && slices.ContainsFunc(tasks, func(k community.TaskRow) bool {
				return k.Verb == community.RenewCode && strings.Contains(k.Text, srv.URL)
			})
		})
	})
}

// page gets a page.
func page(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	check(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	check(t, err)
	return res.StatusCode, string(body)
}
