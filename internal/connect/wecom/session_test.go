package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/wecom/wecomtest"
)

// keeping is a host that remembers events and keeps notes over sessions.
type keeping struct {
	*conntest.Host
	connect.Keeper
}

func newKeeping() *keeping {
	return &keeping{conntest.NewHost(), connect.KeeperOf(conntest.NewHost())}
}

// living is a session at work in a bubble of time.
type living struct {
	*Session
	t    *testing.T
	corp *wecomtest.Corp
	host *keeping
	stop func()
}

// bubble runs a test against a corp with one group, in a bubble of time that begins at a noon in Shanghai.
func bubble(t *testing.T, more map[string]any, run func(t *testing.T, l *living)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(4 * time.Hour) // 2000-01-01 12:00 in Shanghai
		corp := corpWithGroup()
		l := live(t, corp, newKeeping(), more)
		run(t, l)
	})
}

func live(t *testing.T, corp *wecomtest.Corp, host *keeping, more map[string]any) *living {
	t.Helper()
	settings := map[string]any{"contacts": false}
	for k, v := range more {
		settings[k] = v
	}
	s, err := New(corp.Client()).Open(t.Context(), wecomtest.Settings(base, settings), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = s.Run(ctx)
	}()
	l := &living{s.(*Session), t, corp, host, func() { cancel(); <-over }}
	t.Cleanup(l.stop)
	synctest.Wait()
	return l
}

// calls lets the platform call back and gives the status.
func (l *living) calls(event, change string, fields ...string) int {
	return l.corp.Call(l.Session, l.corp.Event(event, change, fields...))
}

func (l *living) changed(detail string, fields ...string) {
	l.t.Helper()
	if got := l.calls("change_external_chat", "update", append([]string{wecomtest.Field("ChatId", groupID), wecomtest.Field("UpdateDetail", detail)}, fields...)...); got != http.StatusOK {
		l.t.Fatalf("callback = %d, want 200", got)
	}
}

func (l *living) said() connect.Health {
	all := l.host.Healths()
	return all[len(all)-1]
}

// memChange is the list of members that a callback names.
func memChange(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(wecomtest.Field("Item", id))
	}
	return "<MemChangeList>" + b.String() + "</MemChangeList>"
}

func TestHintIsFollowedByOneReadingThatTellsWhatChanged(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		if _, err := l.Members(t.Context(), groupID); err != nil { // as the app does when the account comes online
			t.Fatal(err)
		}
		reads := l.corp.Calls("externalcontact/groupchat/get")
		l.corp.Join(groupID, wecomtest.Member{ID: "wmNEW", Name: "新人", Joined: time.Now().Unix(), Scene: 3, State: "poster-7", Inviter: "helper"})
		l.corp.Leave(groupID, guestID)
		for range 20 {
			l.changed("add_member")
		}
		l.changed("del_member", wecomtest.Field("QuitScene", "1"), memChange(guestID))
		time.Sleep(2 * time.Second)
		if n := len(l.host.Of(community.RosterRead)); n != 0 {
			t.Errorf("%d readings before the platform has settled, want none", n)
		}
		time.Sleep(2 * time.Second)
		if n := l.corp.Calls("externalcontact/groupchat/get") - reads; n != 1 {
			t.Errorf("21 hints made %d readings, want 1", n)
		}
		joined, left, lists := l.host.Of(community.MemberJoined), l.host.Of(community.MemberLeft), l.host.Of(community.RosterRead)
		if len(joined) != 1 || joined[0].Actor.ID != "wmNEW" || joined[0].Body.State != "poster-7" || joined[0].Body.Scene != "qr" || joined[0].By.ID != "helper" {
			t.Errorf("joined = %+v, want wmNEW by the code poster-7", joined)
		}
		if len(left) != 1 || left[0].Actor.ID != guestID || left[0].Body.Reason != "kicked" {
			t.Errorf("left = %+v, want the guest, kicked", left)
		}
		if len(lists) != 1 || !bytes.Contains(lists[0].Body.Data, []byte(`"state":"poster-7"`)) || bytes.Contains(lists[0].Body.Data, []byte(guestID)) {
			t.Errorf("lists = %+v, want one with the new member and without the guest", lists)
		}
	})
}

func TestLostAndReorderedCallbacksAreHealedByTheNextReading(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		if _, err := l.Members(t.Context(), groupID); err != nil {
			t.Fatal(err)
		}
		l.corp.Join(groupID, wecomtest.Member{ID: "wmA", Joined: time.Now().Unix(), Scene: 1})
		l.corp.Leave(groupID, "wmA") // in and out: nobody told us of either
		l.corp.Join(groupID, wecomtest.Member{ID: "wmB", Joined: time.Now().Unix(), Scene: 2})
		l.changed("del_member", wecomtest.Field("QuitScene", "0"), memChange("wmB")) // told late: wmB is back already
		time.Sleep(5 * time.Second)
		if joined, left := l.host.Of(community.MemberJoined), l.host.Of(community.MemberLeft); len(joined) != 1 || joined[0].Actor.ID != "wmB" || len(left) != 0 {
			t.Errorf("joined %d, left %d; want only wmB joined: what stands on the list counts", len(joined), len(left))
		}
		reads := l.corp.Calls("externalcontact/groupchat/get")
		l.changed("add_member", wecomtest.Field("CurMemVer", l.corp.Version(groupID)))
		time.Sleep(5 * time.Second)
		if n := l.corp.Calls("externalcontact/groupchat/get") - reads; n != 0 {
			t.Errorf("a hint about the version we have made %d readings, want none", n)
		}
	})
}

func TestReadingThatFailsIsTriedAgainWithWhatWasTold(t *testing.T) {
	for name, fault := range map[string]wecomtest.Fault{
		"busy":         {Times: 3, Errcode: -1, Errmsg: "system busy"},
		"too often":    {Times: 3, Errcode: 45009, Errmsg: "api freq out of limit"},
		"a page":       {Times: 3, Page: "<html>502 Bad Gateway</html>"},
		"HTTP 503":     {Times: 3, Status: 503, Page: "down"},
		"lost answers": {Times: 3, Lose: true},
		"refused line": {Times: 3, Refuse: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, l *living) {
				if _, err := l.Members(t.Context(), groupID); err != nil {
					t.Fatal(err)
				}
				l.corp.Leave(groupID, guestID)
				l.corp.Fail("externalcontact/groupchat/get", fault)
				l.changed("del_member", wecomtest.Field("QuitScene", "1"), memChange(guestID))
				time.Sleep(5 * time.Minute)
				if left := l.host.Of(community.MemberLeft); len(left) != 1 || left[0].Body.Reason != "kicked" {
					t.Errorf("left = %+v, want the guest, kicked", left)
				}
				if got := l.said(); got.State != "online" || got.Code != "" {
					t.Errorf("afterwards the connection is %+v, want well", got)
				}
			})
		})
	}
}

func TestTokenIsAskedForOnceAndOnceMoreWhenItExpires(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		done := make(chan error, 50)
		ask := func() {
			for range cap(done) {
				go func() {
					_, err := l.Members(t.Context(), groupID)
					done <- err
				}()
			}
			for range cap(done) {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		ask()
		if n := l.corp.Issued(); n != 1 {
			t.Errorf("50 calls asked for %d tokens, want 1", n)
		}
		l.corp.Expire()
		ask()
		if n := l.corp.Issued(); n != 2 {
			t.Errorf("after it expired %d tokens were asked for, want 2", n)
		}
		l.corp.Fail("externalcontact/groupchat/get", wecomtest.Fault{Times: 2, Errcode: 42001, Errmsg: "access_token expired"})
		if _, err := l.Members(t.Context(), groupID); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("refused twice for its token: %v, want forbidden: once more is enough", err)
		}
		time.Sleep(3 * time.Hour)
		if n := l.corp.Issued(); n < 4 || n > 5 {
			t.Errorf("after three hours %d tokens were asked for, want one per two hours", n)
		}
	})
}

func TestOperatorIsToldWhatIsWrongAndWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		fault wecomtest.Fault
		code  community.Code
		says  [2]string
	}{
		"wrong secret":     {wecomtest.Fault{Errcode: 40001, Errmsg: "invalid credential"}, community.CodeForbidden, [2]string{"Secret 不对", "Secret is wrong"}},
		"not allow-listed": {wecomtest.Fault{Errcode: 60020, Errmsg: "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info"}, community.CodeForbidden, [2]string{"203.0.113.7", "203.0.113.7"}},
		"no permission":    {wecomtest.Fault{Errcode: 48002, Errmsg: "api forbidden"}, community.CodeForbidden, [2]string{"可调用接口的应用", "Customer Contact"}},
		"wrong agent":      {wecomtest.Fault{Errcode: 40056, Errmsg: "invalid agentid"}, community.CodeForbidden, [2]string{"AgentId", "AgentId"}},
		"a page":           {wecomtest.Fault{Page: "<html>"}, community.CodeUnreachable, [2]string{"连不上", "cannot be reached"}},
		"nobody listens":   {wecomtest.Fault{Refuse: true}, community.CodeUnreachable, [2]string{"连不上", "cannot be reached"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, l *living) {
				c.fault.Times = 3
				l.corp.Fail("agent/get", c.fault)
				time.Sleep(pulse + time.Second)
				got := l.said()
				if got.State != "failed" || got.Code != c.code || !strings.Contains(got.Say[0], c.says[0]) || !strings.Contains(got.Say[1], c.says[1]) {
					t.Errorf("health = %+v, want failed, %s, saying %q", got, c.code, c.says)
				}
				for _, h := range l.host.Healths() {
					if strings.Contains(h.Detail, wecomtest.Secret) || strings.Contains(h.Detail, "access-token-") {
						t.Errorf("a report holds a secret: %s", h.Detail)
					}
				}
				time.Sleep(5 * time.Minute)
				if got := l.said(); got.State != "online" || got.Code != "" {
					t.Errorf("once mended it is %+v, want online", got)
				}
			})
		})
	}
}

// TestAccountWithoutItsPermissionIsNotOnlineNowAndThen: the app still knows itself but may call no customer interface. It
// has failed until it may again, not for seconds at a time.
func TestAccountWithoutItsPermissionIsNotOnlineNowAndThen(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		gone := wecomtest.Fault{Times: 1 << 20, Errcode: 48002, Errmsg: "api forbidden"}
		paths := []string{"externalcontact/groupchat/get", "externalcontact/get_follow_user_list"}
		for _, path := range paths {
			l.corp.Fail(path, gone)
		}
		if _, err := l.Members(t.Context(), groupID); community.CodeOf(err) != community.CodeForbidden {
			t.Fatalf("members without the permission: %v", err)
		}
		before := len(l.host.Healths())
		time.Sleep(10 * time.Minute)
		for _, h := range l.host.Healths()[before:] {
			if h.State != "failed" {
				t.Errorf("meanwhile it said %+v", h)
			}
		}
		if got := l.said(); got.State != "failed" || got.Code != community.CodeForbidden {
			t.Errorf("after ten minutes it is %+v, want failed", got)
		}
		for _, path := range paths {
			l.corp.Fail(path, wecomtest.Fault{})
		}
		time.Sleep(2 * time.Minute)
		if got := l.said(); got.State != "online" {
			t.Errorf("once it may again it is %+v, want online", got)
		}
	})
}

func TestClockOffByAnHourIsSaid(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		l.corp.Now = func() time.Time { return time.Now().Add(time.Hour) }
		if got := l.calls("change_external_chat", "create", wecomtest.Field("ChatId", "wr2")); got != http.StatusForbidden {
			t.Errorf("a callback from an hour ahead = %d, want 403", got)
		}
		if got := l.said(); got.State != "online" || got.Code != community.CodeClock || !strings.Contains(got.Say[0], "校准") {
			t.Errorf("health = %+v, want online with the code clock and a sentence", got)
		}
		if len(l.host.Of(community.GroupCreated)) != 0 {
			t.Error("it was taken")
		}
		l.corp.Now = time.Now
		time.Sleep(11 * time.Minute)
		if got := l.said(); got.Code != "" {
			t.Errorf("eleven minutes later it still says %+v", got)
		}
	})
}

func TestCallbackIsAnsweredOnlyOnceItIsOnDisk(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		l.host.Refuse(community.Errorf(community.CodeBusy, "disk full"))
		req := l.corp.Request("/connect/x/", l.corp.Event("change_external_chat", "dismiss", wecomtest.Field("ChatId", groupID)))
		body, again := copyOf(t, req)
		rec := httptest.NewRecorder()
		l.ServeConnect(rec, req)
		if rec.Code != http.StatusServiceUnavailable {
			t.Errorf("while the disk is full = %d, want 503: try again", rec.Code)
		}
		l.host.Refuse(nil)
		for range 3 { // the platform tries again with the very same call, and once more because our answer was late
			rec = httptest.NewRecorder()
			l.ServeConnect(rec, again(body))
			if rec.Code != http.StatusOK || rec.Body.String() != "success" {
				t.Errorf("tried again = %d %q, want 200 success", rec.Code, rec.Body)
			}
		}
		if n := len(l.host.Of(community.GroupDissolved)); n != 1 {
			t.Errorf("it was taken %d times, want once", n)
		}
		l.stop()
		if got := l.calls("change_external_chat", "create", wecomtest.Field("ChatId", "wr3")); got != http.StatusServiceUnavailable {
			t.Errorf("after the session ended = %d, want 503", got)
		}
	})
}

// copyOf lets a request be made again.
func copyOf(t *testing.T, r *http.Request) ([]byte, func(body []byte) *http.Request) {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	r.Body = http.NoBody
	*r = *httptest.NewRequest(r.Method, r.URL.String(), bytes.NewReader(b.Bytes()))
	return b.Bytes(), func(body []byte) *http.Request {
		return httptest.NewRequest(http.MethodPost, r.URL.String(), bytes.NewReader(body))
	}
}

func TestBadCallsAreRefusedByStatus(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		serve := func(r *http.Request) int {
			rec := httptest.NewRecorder()
			l.ServeConnect(rec, r)
			return rec.Code
		}
		sealed := func(xml string) *http.Request { return l.corp.Request("/connect/x/", xml) }
		long := strings.Repeat("x", 200)
		for name, c := range map[string]struct {
			req  *http.Request
			want int
		}{
			"PUT":             {httptest.NewRequest(http.MethodPut, "/connect/x/", nil), http.StatusMethodNotAllowed},
			"nothing":         {httptest.NewRequest(http.MethodPost, "/connect/x/", nil), http.StatusBadRequest},
			"no signature":    {httptest.NewRequest(http.MethodPost, "/connect/x/", strings.NewReader("<xml><Encrypt>AAAA</Encrypt></xml>")), http.StatusForbidden},
			"doctype":         {httptest.NewRequest(http.MethodPost, "/connect/x/", strings.NewReader(`<!DOCTYPE x><xml></xml>`)), http.StatusBadRequest},
			"huge":            {httptest.NewRequest(http.MethodPost, "/connect/x/", strings.NewReader(strings.Repeat("x", 2<<20))), http.StatusRequestEntityTooLarge},
			"greeting forged": {httptest.NewRequest(http.MethodGet, "/connect/x/?msg_signature=1&echostr=2", nil), http.StatusForbidden},
			"twice":           {httptest.NewRequest(http.MethodGet, "/connect/x/?nonce=1&nonce=2", nil), http.StatusBadRequest},
			"doctype inside":  {sealed(`<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>`), http.StatusBadRequest},
			"half inside":     {sealed(`<xml><MsgType>event`), http.StatusBadRequest},
			"no chat":         {sealed(l.corp.Event("change_external_chat", "create")), http.StatusBadRequest},
			"long id":         {sealed(l.corp.Event("change_external_chat", "create", wecomtest.Field("ChatId", long))), http.StatusBadRequest},
			"time of nobody":  {sealed(strings.Replace(l.corp.Event("change_external_chat", "create", wecomtest.Field("ChatId", "x")), "<CreateTime>", "<CreateTime>9999999", 1)), http.StatusBadRequest},
			"unknown kind":    {sealed(l.corp.Event("change_something", "new")), http.StatusOK},
			"a message":       {sealed("<xml><MsgType>text</MsgType><Content>你好</Content></xml>"), http.StatusOK},
		} {
			if got := serve(c.req); got != c.want {
				t.Errorf("%s = %d, want %d", name, got, c.want)
			}
		}
		for _, kind := range []community.Type{community.GroupCreated, community.RosterRead, community.FollowerAdded} {
			if got := l.host.Of(kind); len(got) != 0 {
				t.Errorf("taken: %+v", got)
			}
		}
	})
}

func TestHostileNamesAreTakenAndBounded(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		l.corp.Rename(groupID, strings.Repeat("群", 5000))
		l.corp.Join(groupID, wecomtest.Member{ID: "wmRTL", Name: "\u202e\u0000" + strings.Repeat("名", 5000), Card: "<script>alert(1)</script>", State: strings.Repeat("s", 5000), Scene: 99})
		l.changed("add_member")
		time.Sleep(5 * time.Second)
		lists := l.host.Of(community.RosterRead)
		var people []community.Who
		if len(lists) != 1 || json.Unmarshal(lists[0].Body.Data, &people) != nil {
			t.Fatalf("lists = %d, want one", len(lists))
		}
		i := slices.IndexFunc(people, func(w community.Who) bool { return w.ID == "wmRTL" })
		if i < 0 || len(people[i].Name) > maxName || len(people[i].State) > maxState || people[i].Scene != "scene_99" || people[i].Card != "<script>alert(1)</script>" {
			t.Errorf("people = %+v, want the hostile one, bounded", people)
		}
		if len(lists[0].Group.Name) > maxName {
			t.Errorf("the group's name has %d bytes", len(lists[0].Group.Name))
		}
	})
}

func TestDissolvedGroupIsToldAndTheRestGoesOn(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		l.corp.AddChat("wr2", "二群", "owner")
		l.corp.Dissolve(groupID)
		l.calls("change_external_chat", "dismiss", wecomtest.Field("ChatId", groupID))
		l.changed("del_member") // late news of a group that is no more
		if _, err := l.Members(t.Context(), groupID); community.CodeOf(err) != community.CodeNotFound || say(err)[0] == "" {
			t.Errorf("members of a dissolved group: %v, want not found, with a sentence", err)
		}
		time.Sleep(time.Minute)
		if n := l.hints.waiting(); n != 0 {
			t.Errorf("%d groups still wait to be read, want none: it will not come back", n)
		}
		refs, err := l.Groups(t.Context())
		if err != nil || len(refs) != 1 || refs[0].Name != "二群" || len(l.host.Of(community.GroupDissolved)) != 1 {
			t.Errorf("groups = %+v, %v; want 二群 alone, and the other told dissolved", refs, err)
		}
	})
}

func TestGroupsAreReadToTheEndOwnerByOwner(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		for i := range 2300 {
			l.corp.AddChat(fmt.Sprintf("wr%04d", i), fmt.Sprintf("群%d", i), []string{"owner", "helper"}[i%2])
		}
		l.corp.Fail("externalcontact/groupchat/list", wecomtest.Fault{Times: 1, Errcode: 81017, Errmsg: "too many owners"})
		refs, err := l.Groups(t.Context())
		if err != nil || len(refs) != 2301 || slices.ContainsFunc(refs, func(r community.Ref) bool { return r.Name == "" }) {
			t.Errorf("%d groups, %v; want 2301, all with names", len(refs), err)
		}
	})
}
