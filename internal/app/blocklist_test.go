package app_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/blocklist"
	"qunluo/internal/community"
	"qunluo/internal/config"
)

// reachable lets a house call others on this machine.
func reachable(c *config.Config) {
	c.Notify = config.Notify{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
}

// comes lets somebody ask to be let in, or (no flag) join.
func (s *shift) comes(external, flag string) {
	s.t.Helper()
	accounts, err := s.desk.Accounts(s.t.Context())
	check(s.t, err)
	in := community.Inbound{Type: community.MemberJoined, Key: "come-" + external + flag, OccurredAt: s.app.Now(), Group: community.Ref{ID: s.external()}, Actor: community.Who{ID: external, Name: "来人" + external}}
	if flag != "" {
		in.Type, in.Body = community.JoinRequested, community.Body{Text: "让我进来", Message: flag}
	}
	check(s.t, s.app.Intake().Host(accounts[0].Key, "sim").Receive(s.t.Context(), in))
}

func (s *shift) found(n int) []blocklist.Hit {
	s.t.Helper()
	var hits []blocklist.Hit
	await(s.t, func() bool {
		list, _, err := s.app.Blocklists(s.org, nil).Hits(s.t.Context(), community.Page{})
		hits = list
		return err == nil && len(list) == n
	})
	return hits
}

func (s *shift) live() {
	s.t.Helper()
	check(s.t, s.app.Hands(s.org, nil).SetMode(s.t.Context(), "test", s.group.Key, community.Live, ""))
}

// TestTwoInstallationsShareAListDryFirst: what one publishes the other notes; switched on it refuses a request and asks a person
// about who is in; whoever is let in here is let in; withdrawn and unsubscribed it has no effect any more.
func TestTwoInstallationsShareAListDryFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		one, two := startShift(t, "", "", reachable), startShift(t, dbURL, "", reachable, public)
		ctx := t.Context()
		pub, sub := one.app.Blocklists(one.org, nil), two.app.Blocklists(two.org, nil)
		platform := two.group.Platform
		put := func(external string) {
			t.Helper()
			check(t, pub.Put(ctx, "ming", blocklist.Mine{Platform: platform, External: external, Class: "fraud", Evidence: 3, Expires: one.app.Now() + 30*24*3600_000}, "骗押金"))
		}
		for _, external := range []string{"bad1", "bad2", "bad3", "bad4"} {
			put(external)
		}
		own, err := pub.Publish(plain(ctx), "ming", "徒步圈黑名单", true, "")
		check(t, err)
		resp, err := http.Get(own.URL)
		check(t, err)
		var handed struct{ Document []byte }
		check(t, json.NewDecoder(resp.Body).Decode(&handed))
		check(t, resp.Body.Close())
		if text := string(handed.Document); strings.Contains(text, "bad1") || strings.Contains(text, "骗押金") || !strings.Contains(text, "fraud") {
			t.Errorf("the list tells too much, or too little: %s", text)
		}
		s, err := sub.Subscribe(ctx, "ming", blocklist.Subscription{Name: "友社", URL: own.URL, Key: own.Key}, "")
		check(t, err)
		if s.Entries != 4 || s.Version != 1 {
			t.Errorf("subscribed = %+v", s)
		}
		_, err = sub.Subscribe(ctx, "ming", blocklist.Subscription{Name: "友社", URL: own.URL, Key: own.Key}, "")
		codeIs(t, "followed twice", err, community.CodeConflict)
		two.live()
		two.comes("bad1", "")
		two.comes("nobody", "")
		if hit := two.found(1)[0]; hit.Effect != "dry" || hit.Class != "fraud" || hit.Source != "友社" || hit.Request {
			t.Errorf("hit = %+v, want it only noted", hit)
		}
		check(t, sub.Set(ctx, "ming", s.ID, two.group.Key, blocklist.Refuse, "信得过"))
		two.comes("bad2", "flag2")
		var refused community.ActionRow // the simulator knows nothing of the request, so how it ends does not matter
		await(t, func() bool {
			rows, _, err := two.desk.FindActions(ctx, community.ActionFilter{Group: two.group.Key, Verb: community.Approve})
			if len(rows) > 0 {
				refused = rows[0]
			}
			return err == nil && len(rows) == 1
		})
		if !refused.Action.Refuse || refused.Rule != "blocklist" {
			t.Errorf("refusal = %+v", refused)
		}
		if at := strings.Index(refused.Text, "/a/"); at < 0 || !strings.Contains(refused.Text, "申诉") {
			t.Errorf("whoever is refused is not told where to appeal: %q", refused.Text)
		} else if code, body := two.stranger().get(strings.Fields(refused.Text[at:])[0]); code != http.StatusOK || !strings.Contains(body, "<textarea") {
			t.Errorf("the page of the appeal = %d: %s", code, excerpt(body))
		}
		if _, until, err := two.app.Appeals(two.org, nil).Link(ctx, two.found(2)[0].Decision); err != nil || until == 0 {
			t.Errorf("a refusal by a list cannot be appealed: %v", err)
		}
		two.comes("bad3", "")
		two.found(3)
		var tasks []community.TaskRow
		await(t, func() bool {
			tasks, _, err = two.desk.FindTasks(ctx, community.TaskFilter{})
			return err == nil && len(tasks) > 0
		})
		if len(tasks) != 1 || tasks[0].Why != "blocklist" || tasks[0].Verb != community.Remove {
			t.Errorf("tasks = %+v, want a person asked: nobody is put out by a list", tasks)
		}
		two.comes("bad4", "flag4")
		hits := two.found(4)
		check(t, sub.LetIn(ctx, "ming", hits[0].MemberID, true, "认识"))
		two.comes("bad4", "flag5")
		if hit := two.found(5)[0]; hit.Effect != "allowed" {
			t.Errorf("let in here = %+v", hit)
		}
		check(t, pub.Withdraw(ctx, "ming", platform, "bad1", "误会"))
		_, err = pub.Publish(plain(ctx), "ming", "徒步圈黑名单", true, "")
		check(t, err)
		s, err = sub.Refresh(ctx, s.ID)
		if err != nil || s.Entries != 3 || s.Version != 2 {
			t.Errorf("refreshed = %+v, %v", s, err)
		}
		check(t, sub.Unsubscribe(ctx, "ming", s.ID, "不合适"))
		two.comes("bad3", "flag6")
		two.says(two.member("大刘"), "早")
		two.found(5)
	})
}

// TestAListThatCannotBeBelievedChangesNothing: a wrong signature, half a file, an older version, another key, a clock off, an
// address inside, a huge answer.
func TestAListThatCannotBeBelievedChangesNothing(t *testing.T) {
	s := startShift(t, "", "", reachable)
	ctx, b := t.Context(), s.app.Blocklists(s.org, nil)
	key, other := ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32)))
	sign := func(version, made int64, k ed25519.PrivateKey, entries ...blocklist.Entry) []byte {
		raw, err := blocklist.Sign(blocklist.Document{List: "l", Name: "x", Version: version, Made: made, Salt: "s", Entries: entries}, k)
		check(t, err)
		return raw
	}
	now := s.app.Now()
	entry := blocklist.Entry{ID: "sim:bad", Class: "ads", Evidence: 1, Added: now, Expires: now + 3600_000}
	var answer atomic.Value
	answer.Store(sign(2, now, key, entry))
	away := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, away, http.StatusFound)
			return
		}
		if _, err := w.Write(answer.Load().([]byte)); err != nil {
			return
		}
	}))
	t.Cleanup(srv.Close)
	pinned := blocklist.KeyText(key.Public().(ed25519.PublicKey))
	sub, err := b.Subscribe(ctx, "ming", blocklist.Subscription{Name: "友社", URL: srv.URL + "/list", Key: pinned}, "")
	check(t, err)
	good := sign(3, now, key, entry)
	forged := []byte(strings.Replace(string(good), `"signature":"`, `"signature":"AAAA`, 1))
	for _, c := range []struct {
		what string
		body []byte
		want community.Code
	}{
		{"older", sign(1, now, key), community.CodeLate},
		{"the same number, other words", sign(2, now, key), community.CodeLate},
		{"forged", forged, community.CodeForbidden},
		{"half", good[:len(good)/2], community.CodeBadInput},
		{"nothing", nil, community.CodeBadInput},
		{"tomorrow", sign(3, now+24*3600_000, key), community.CodeClock},
		{"bad entry", sign(3, now, key, blocklist.Entry{ID: "x", Class: "rude", Expires: now + 1}), community.CodeBadInput},
		{"huge", []byte(strings.Repeat("x", blocklist.MaxBytes+1)), community.CodeTooLarge},
	} {
		answer.Store(append([]byte{}, c.body...))
		_, err := b.Refresh(ctx, sub.ID)
		codeIs(t, c.what, err, c.want)
		if list, err := b.Subscriptions(ctx); err != nil || list[0].Version != 2 || list[0].Entries != 1 || list[0].State != "on" || list[0].Error != string(c.want) {
			t.Errorf("after %s: %+v, %v", c.what, list[0], err)
		}
	}
	answer.Store(sign(4, now, other, entry))
	_, err = b.Refresh(ctx, sub.ID)
	codeIs(t, "another key", err, community.CodeConflict)
	list, err := b.Subscriptions(ctx)
	check(t, err)
	if list[0].State != "stopped" || list[0].NewKey != blocklist.KeyText(other.Public().(ed25519.PublicKey)) {
		t.Errorf("after another key: %+v, want it to stop and ask", list[0])
	}
	codeIs(t, "a key nobody showed", b.Trust(ctx, "ming", sub.ID, pinned, ""), community.CodeConflict)
	check(t, b.Trust(ctx, "ming", sub.ID, list[0].NewKey, "问过他们"))
	if list, err = b.Subscriptions(ctx); err != nil || list[0].State != "on" || list[0].Version != 4 {
		t.Errorf("trusted = %+v, %v", list[0], err)
	}
	away = "http://10.0.0.1/list"
	for _, url := range []string{srv.URL + "/away", "http://10.0.0.1/x", "file:///etc/passwd", "not an address"} {
		_, err = b.Subscribe(ctx, "ming", blocklist.Subscription{Name: "x", URL: url, Key: pinned}, "")
		codeIs(t, url, err, community.CodeForbidden)
	}
	_, err = b.Subscribe(ctx, "ming", blocklist.Subscription{Name: "x", URL: srv.URL, Key: "short"}, "")
	codeIs(t, "no key", err, community.CodeBadInput)
}

// TestDryDaysEndByThemselvesInAskingOnly: after a week a person is asked, nothing is refused.
func TestDryDaysEndByThemselvesInAskingOnly(t *testing.T) {
	day := 24 * time.Hour.Milliseconds()
	for _, c := range []struct {
		set, later blocklist.Effect
		after      int64
		want       blocklist.Effect
	}{
		{"", blocklist.Hold, 0, blocklist.Dry}, {"", blocklist.Hold, 7*day - 1, blocklist.Dry}, {"", blocklist.Hold, 7 * day, blocklist.Hold},
		{"", blocklist.Dry, 30 * day, blocklist.Dry}, {blocklist.Refuse, blocklist.Hold, 0, blocklist.Refuse}, {blocklist.Off, blocklist.Hold, 9 * day, blocklist.Off},
	} {
		if got := blocklist.In(c.set, c.later, 1000, 1000+c.after); got != c.want {
			t.Errorf("set %q, later %q, after %d days = %q, want %q", c.set, c.later, c.after/day, got, c.want)
		}
	}
}

// TestSharedListsAreKeptInTheConsole: an owner puts an account on the list, publishes it, and sees address and key.
func TestSharedListsAreKeptInTheConsole(t *testing.T) {
	s := startShift(t, "", "", reachable)
	s.get("/blocklists")
	s.does("/blocklists", "/blocklists/entries", url.Values{"account": {s.member("大刘").ID.String()}, "class": {"ads"}, "evidence": {"2"}, "days": {"30"}, "reason": {"刷广告"}})
	body := s.does("/blocklists", "/blocklists/publish", url.Values{"name": {"徒步圈"}})
	own, mine, err := s.app.Blocklists(s.org, nil).Own(t.Context())
	if err != nil || len(mine) != 1 || mine[0].Evidence != 2 || !strings.Contains(body, own.Key) || !strings.Contains(body, own.URL) {
		t.Fatalf("own list = %+v %+v %v; page: %s", own, mine, err, excerpt(body))
	}
	if body = s.does("/blocklists", "/blocklists", url.Values{"name": {"自己"}, "url": {"http://10.0.0.1/x"}, "key": {own.Key}}); !strings.Contains(body, "地址不允许") {
		t.Errorf("an address inside: %s", excerpt(body))
	}
	body = s.does("/blocklists", "/blocklists", url.Values{"name": {"自己"}, "url": {own.URL}, "key": {own.Key}, "later": {"hold"}})
	list, err := s.app.Blocklists(s.org, nil).Subscriptions(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("subscriptions = %+v, %v: %s", list, err, excerpt(body))
	}
	page := "/blocklists/" + list[0].ID.String()
	if _, body := s.get(page); !strings.Contains(body, "只记录") {
		t.Errorf("page: %s", excerpt(body))
	}
	s.does(page, page+"/set", url.Values{"g": {s.group.ID.String()}, "effect": {"refuse"}})
	if _, body := s.get(page); !strings.Contains(body, "拒绝申请") {
		t.Errorf("page: %s", excerpt(body))
	}
	s.does(page, page+"/drop", url.Values{})
}
