package app_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/client"
	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/duty"
	"qunluo/internal/store/storetest"
)

// receiver is an outside system that is told of things; it takes only what is signed with one of its secrets.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	secrets []string
	got     []client.Hook
	forged  int
	tries   int
	status  int              // what it answers; 0 = 204 where it is signed
	clock   func() time.Time // of a house whose clock the test moves; nil = that of the machine
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tries++
		if r.status != 0 {
			w.WriteHeader(r.status)
			return
		}
		verify := client.VerifyHook
		if r.clock != nil {
			verify = func(q *http.Request, secrets ...string) (client.Hook, error) { return signedAt(q, r.clock(), secrets) }
		}
		h, err := verify(q, r.secrets...)
		if err != nil {
			r.forged++
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.got = append(r.got, h)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	return r
}

// set changes the receiver between calls.
func (r *receiver) set(change func()) { r.mu.Lock(); defer r.mu.Unlock(); change() }

// told gives what came of a kind.
func (r *receiver) told(kind community.OutletKind) (out []client.Hook) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range r.got {
		if h.Type == string(kind) {
			out = append(out, h)
		}
	}
	return out
}

// loopback is the one range inside a network that these houses may call.
var loopback = config.Notify{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}

// openSite is a site that may call receivers on this machine, with an owner.
func openSite(t *testing.T, dbURL string) (*site, community.User) {
	s := startSite(t, dbURL, "", func(o *app.Options) { o.Config.Notify = loopback })
	u, err := s.app.Store().SaveUser(t.Context(), "test", community.User{Org: s.org, Login: "owner", Name: "林", Role: "owner", Enabled: true}, "")
	check(t, err)
	return s, u
}

func (s *site) outlet(u community.User, r *receiver, groups []community.GroupKey, texts bool, kinds ...community.OutletKind) community.Outlet {
	s.t.Helper()
	o, secret, err := s.app.Outlets(s.org).Add(s.t.Context(), u.ID.String(), community.Outlet{Name: "出口" + r.URL[len(r.URL)-4:], User: u.ID, Kinds: kinds, Groups: groups, Texts: texts}, r.URL+"/in?key=s3cret", "试")
	check(s.t, err)
	r.set(func() { r.secrets = append(r.secrets, secret) })
	return o
}

func data(t *testing.T, h client.Hook) (d community.OutletData) {
	t.Helper()
	check(t, json.Unmarshal(h.Data, &d))
	return d
}

func TestOutletIsToldWhatItChoseOnceAndNoTexts(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s, u := openSite(t, dbURL)
		plain, wordy := newReceiver(t), newReceiver(t)
		s.outlet(u, plain, nil, false, community.OutJoined, community.OutRequest, community.OutTask, community.OutAlarm)
		s.outlet(u, wordy, []community.GroupKey{s.group.Key}, true, community.OutRequest)
		_, err := s.world.Ask(simGroup, community.Who{ID: "30001", Name: "小满"}, "朋友介绍来的")
		check(t, err)
		_, err = s.world.Join(simGroup, community.Who{ID: "30002", Name: "阿敏"}, "qr", "", "")
		check(t, err)
		_, err = s.world.Leave(simGroup, "20003")
		check(t, err)
		await(t, func() bool {
			return len(plain.told(community.OutRequest)) > 0 && len(plain.told(community.OutJoined)) > 0 && len(wordy.told(community.OutRequest)) > 0
		})
		asked := data(t, plain.told(community.OutRequest)[0])
		if asked.Group != s.group.ID.String() || asked.Member == "" || asked.Event == 0 || asked.Text != "" {
			t.Errorf("request = %+v, want ids and no text", asked)
		}
		if got := data(t, wordy.told(community.OutRequest)[0]); got.Text != "朋友介绍来的" || got.Event != asked.Event {
			t.Errorf("request with texts = %+v", got)
		}
		token := s.hookAlarm("支付回调失败")
		await(t, func() bool { return len(plain.told(community.OutAlarm)) > 0 })
		if got := data(t, plain.told(community.OutAlarm)[0]); got.Alarmed != duty.KindHook || got.Alarm != token || got.Text != "" {
			t.Errorf("alarm = %+v", got)
		}
		if n := len(plain.told(community.OutJoined)); n != 1 || plain.forged != 0 || len(plain.told(community.OutLeft)) != 0 || len(wordy.got) != 1 {
			t.Errorf("told %d joins, %d forged, %d leaves, %d to the other; want 1, 0, 0, 1", n, plain.forged, len(plain.told(community.OutLeft)), len(wordy.got))
		}
		list, err := s.app.Outlets(s.org).List(t.Context())
		check(t, err)
		if len(list) != 2 || list[0].Good == 0 || strings.Contains(list[0].Host, "s3cret") || strings.Contains(string(list[0].Sealed), "s3cret") {
			t.Errorf("outlets = %+v, want the address sealed", list)
		}
	})
}

// hookAlarm lets an outside system raise an alarm and gives its id.
func (s *site) hookAlarm(text string) string {
	s.t.Helper()
	_, token := s.hook(false, community.HookScopes...)
	got := s.calls("/hook/"+token, `{"kind":"alarm","text":"`+text+`"}`)
	if got.Posted.Alarm == "" {
		s.t.Fatalf("no alarm: %+v", got)
	}
	return got.Posted.Alarm
}

func TestFlaggedMessageAndItsActionsAreTold(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s, u := openSite(t, dbURL)
		r := newReceiver(t)
		s.outlet(u, r, nil, true, community.OutFlagged, community.OutDone, community.OutRules)
		ctx := t.Context()
		hands := s.app.Hands(s.org, nil)
		_, err := hands.Publish(ctx, "test", s.group.Key, json.RawMessage(`{"mode":"live","rules":[{"id":"ad","name":"广告","kind":"keyword","mode":"live","params":{"lists":[{"words":["加微信"]}]}}]}`), "试")
		check(t, err)
		check(t, hands.SetMode(ctx, "test", s.group.Key, community.Live, "试"))
		s.say("20001", "想赚钱加微信")
		await(t, func() bool {
			return len(r.told(community.OutFlagged)) > 0 && len(r.told(community.OutDone)) > 0 && len(r.told(community.OutRules)) > 0
		})
		got := data(t, r.told(community.OutFlagged)[0])
		if !slices.Contains(got.Rules, "ad") || got.Decision == "" || got.Text != "想赚钱加微信" || got.Member == "" {
			t.Errorf("flagged = %+v", got)
		}
		if done := data(t, r.told(community.OutDone)[0]); done.Verb == "" || done.Action == "" || done.State == "" {
			t.Errorf("done = %+v", done)
		}
	})
}

func TestOutletOfAnotherOrganisationOrOfSomebodyWhoMayNoMoreIsToldNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s, u := openSite(t, dbURL)
		ctx := t.Context()
		other, err := s.app.Store().Org(ctx, "别家", true)
		check(t, err)
		stranger, err := s.app.Store().SaveUser(ctx, "test", community.User{Org: other, Login: "stranger", Name: "别人", Role: "owner", Enabled: true}, "")
		check(t, err)
		admin, err := s.app.Store().SaveUser(ctx, "test", community.User{Org: s.org, Login: "admin", Name: "管", Role: "admin", Enabled: true}, "")
		check(t, err)
		theirs, lost, ours := newReceiver(t), newReceiver(t), newReceiver(t)
		_, _, err = s.app.Outlets(other).Add(ctx, "test", community.Outlet{Name: "别家的", User: stranger.ID, Kinds: community.OutletKinds}, theirs.URL, "")
		check(t, err)
		if _, _, err := s.app.Outlets(other).Add(ctx, "test", community.Outlet{Name: "偷看", User: u.ID, Kinds: community.OutletKinds}, theirs.URL, ""); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("in the name of another organisation's user: %v, want not found", err)
		}
		if _, _, err := s.app.Outlets(other).Add(ctx, "test", community.Outlet{Name: "偷看", User: stranger.ID, Kinds: community.OutletKinds, Groups: []community.GroupKey{s.group.Key}}, theirs.URL, ""); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("a group of another organisation: %v, want not found", err)
		}
		s.outlet(admin, lost, nil, false, community.OutJoined)
		s.outlet(u, ours, nil, false, community.OutJoined)
		admin.Role = "editor"
		_, err = s.app.Store().SaveUser(ctx, "test", admin, "")
		check(t, err)
		if _, _, err := s.app.Outlets(s.org).Add(ctx, "test", community.Outlet{Name: "编辑的", User: admin.ID, Kinds: community.OutletKinds}, ours.URL, ""); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("an editor answers for an outlet: %v, want forbidden", err)
		}
		_, err = s.world.Join(simGroup, community.Who{ID: "30002", Name: "阿敏"}, "qr", "", "")
		check(t, err)
		await(t, func() bool { return len(ours.told(community.OutJoined)) == 1 }) // all are read for in one go
		if theirs.tries != 0 || lost.tries != 0 {
			t.Errorf("told: another organisation %d, one who may no more %d; want nothing", theirs.tries, lost.tries)
		}
	})
}

func TestOutletAddressIsHTTPSAndNotInside(t *testing.T) {
	a := house(t, "") // nothing inside may be called
	ctx := t.Context()
	org, err := a.Store().Org(ctx, "测试", false)
	check(t, err)
	u, err := a.Store().SaveUser(ctx, "test", community.User{Org: org, Login: "owner", Role: "owner", Enabled: true}, "")
	check(t, err)
	add := func(address string) (community.Outlet, error) {
		o, _, err := a.Outlets(org).Add(ctx, "test", community.Outlet{Name: "出口", User: u.ID, Kinds: []community.OutletKind{community.OutAlarm}}, address, "")
		return o, err
	}
	for _, bad := range []string{"", "http://example.org/in", "http://127.0.0.1/in", "ftp://example.org", "https://me:pw@example.org/", "https:///in", "example.org", "https://example.org/#x", "https://" + strings.Repeat("x", 1000) + ".org"} {
		if _, err := add(bad); community.CodeOf(err) != community.CodeBadInput || !strings.HasPrefix(err.Error(), "url") {
			t.Errorf("%.40q: %v, want bad input of the url", bad, err)
		}
	}
	o, err := add("https://127.0.0.1/in")
	check(t, err)
	p, err := a.Outlets(org).Test(ctx, "test", o.ID)
	if err != nil || p.State != community.ParcelDead || p.Code != community.CodeForbidden {
		t.Errorf("an address inside: %+v, %v; want it refused", p, err)
	}
	if _, err := a.Store().AlarmOf(ctx, org, "outlet:"+o.ID.String()); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a test that failed before somebody's eyes is an alarm: %v", err)
	}
}

func TestOutletTestsRotatesPausesAndSendsAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s, u := openSite(t, dbURL)
		r := newReceiver(t)
		ctx, outlets := t.Context(), s.app.Outlets(s.org)
		o := s.outlet(u, r, nil, false, community.OutJoined)
		if p, err := outlets.Test(ctx, "test", o.ID); err != nil || p.State != community.ParcelSent || p.Status != 204 || len(r.told(community.OutTest)) != 1 {
			t.Fatalf("test = %+v, %v", p, err)
		}
		_, fresh, err := outlets.Rotate(ctx, "test", o.ID, "换")
		check(t, err)
		if p, err := outlets.Test(ctx, "test", o.ID); err != nil || p.State != community.ParcelSent {
			t.Errorf("with the secret before, for a day: %+v, %v", p, err)
		}
		r.set(func() { r.secrets = []string{fresh} })
		if p, err := outlets.Test(ctx, "test", o.ID); err != nil || p.State != community.ParcelSent || len(r.told(community.OutTest)) != 3 {
			t.Errorf("with the new secret: %+v, %v", p, err)
		}
		_, err = outlets.Pause(ctx, "test", o.ID, true, "停")
		check(t, err)
		_, err = s.world.Join(simGroup, community.Who{ID: "30002", Name: "阿敏"}, "qr", "", "")
		check(t, err)
		waiting := func(state community.ParcelState) (list []community.Parcel) {
			all, _, err := outlets.Parcels(ctx, o.ID, state, community.Page{})
			check(t, err)
			for _, p := range all {
				if p.Kind == community.OutJoined {
					list = append(list, p)
				}
			}
			return list
		}
		await(t, func() bool { return len(waiting(community.ParcelWaiting)) == 1 })
		if n := len(r.told(community.OutJoined)); n != 0 {
			t.Errorf("told %d while it is paused", n)
		}
		_, err = outlets.Pause(ctx, "test", o.ID, false, "好了")
		check(t, err)
		await(t, func() bool { return len(waiting(community.ParcelSent)) == 1 })
		check(t, outlets.Again(ctx, "test", o.ID, waiting(community.ParcelSent)[0].ID, "对方丢了"))
		await(t, func() bool { return len(r.told(community.OutJoined)) == 2 })
		if got := r.told(community.OutJoined); got[0].ID != got[1].ID {
			t.Errorf("ids = %s, %s; want the same, so that it is seen to be the same", got[0].ID, got[1].ID)
		}
		check(t, outlets.Drop(ctx, "test", o.ID, "不用了"))
		if _, err := outlets.Get(ctx, o.ID); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("after it was dropped: %v", err)
		}
	})
}

// TestOutletThatFailsIsTriedAgainAndGivenUpWithAnAlarm moves the clock from pause to pause.
func TestOutletThatFailsIsTriedAgainAndGivenUpWithAnAlarm(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		var ahead atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		a, err := app.Open(t.Context(), app.Options{Config: config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}, Notify: loopback}, Clock: clock, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		check(t, err)
		ctx := context.WithoutCancel(t.Context())
		runCtx, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- a.Run(runCtx) }()
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			check(t, a.Close())
		})
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		u, err := a.Store().SaveUser(ctx, "test", community.User{Org: org, Login: "owner", Role: "owner", Enabled: true}, "")
		check(t, err)
		r := newReceiver(t)
		r.set(func() { r.status = http.StatusInternalServerError })
		o, _, err := a.Outlets(org).Add(ctx, "test", community.Outlet{Name: "出口", User: u.ID, Kinds: []community.OutletKind{community.OutAlarm}}, r.URL, "")
		check(t, err)
		_, err = a.Store().OpenAlarm(ctx, duty.Alarm{Org: org, Kind: duty.KindTest, Subject: "test:1"}, community.Audit{})
		check(t, err)
		the := func() community.Parcel {
			list, _, err := a.Outlets(org).Parcels(ctx, o.ID, "", community.Page{})
			check(t, err)
			if len(list) == 0 {
				return community.Parcel{}
			}
			return list[0]
		}
		for n := 1; n <= community.ParcelTries; n++ {
			await(t, func() bool { return the().Attempts == n })
			if got := the(); n < community.ParcelTries && (got.State != community.ParcelWaiting || got.Status != 500 || got.Next < got.Tried+community.ParcelPause(n)) {
				t.Fatalf("after try %d: %+v", n, got)
			}
			ahead.Add(int64(time.Duration(community.ParcelPause(n)) * time.Millisecond))
		}
		if got := the(); got.State != community.ParcelDead || got.Code != community.CodeUnreachable {
			t.Fatalf("after the last try: %+v", got)
		}
		al, err := a.Store().AlarmOf(ctx, org, "outlet:"+o.ID.String())
		if err != nil || al.Kind != duty.KindOutlet || al.Detail != "出口" {
			t.Errorf("alarm = %+v, %v", al, err)
		}
		await(t, func() bool {
			al, err := a.Store().AlarmNow(ctx, al.ID)
			return err == nil && slices.ContainsFunc(al.Steps, func(st duty.Step) bool { return st.What == duty.Asked && st.User == u.ID.String() })
		})
		r.set(func() { r.status, r.tries = http.StatusNoContent, 0 }) // it cannot tell what is signed hours ahead
		check(t, a.Outlets(org).Again(ctx, "test", o.ID, the().ID, "对方好了"))
		await(t, func() bool { return the().State == community.ParcelSent })
		if got := the(); got.Status != http.StatusNoContent || got.Attempts != 1 || r.tries != 1 {
			t.Errorf("again: %+v in %d tries, want one", got, r.tries)
		}
	})
}
