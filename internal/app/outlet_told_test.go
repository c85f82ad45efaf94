package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunluo/client"
	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/digest"
)

// tellTo lets a receiver be told of kinds in everything of an organisation, in somebody's name.
func tellTo(t *testing.T, a *app.App, u community.User, r *receiver, texts bool, kinds ...community.OutletKind) {
	t.Helper()
	_, secret, err := a.Outlets(u.Org).Add(t.Context(), u.ID.String(), community.Outlet{Name: "出口" + r.URL[len(r.URL)-5:], User: u.ID, Kinds: kinds, Texts: texts}, r.URL+"/in", "试")
	check(t, err)
	r.set(func() { r.secrets = append(r.secrets, secret) })
}

// signedAt verifies a call as Standard Webhooks 1.0 says, by a clock of the test's: the client's own goes by that of the machine.
func signedAt(q *http.Request, now time.Time, secrets []string) (h client.Hook, err error) {
	raw, err := io.ReadAll(q.Body)
	if err != nil {
		return h, err
	}
	id, at := q.Header.Get("webhook-id"), q.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return h, client.ErrHook
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return h, err
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, at, raw)
		if slices.Contains(strings.Fields(q.Header.Get("webhook-signature")), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))) {
			h.ID = id
			return h, json.Unmarshal(raw, &h)
		}
	}
	return h, client.ErrHook
}

// hears waits until a receiver was told of a kind as often as wanted, and gives what it was told, in the order in which it came.
func (r *receiver) hears(t *testing.T, kind community.OutletKind, n int) (out []community.OutletData) {
	t.Helper()
	for end := time.Now().Add(time.Minute); len(r.told(kind)) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("told of %s %d times within a minute, want %d", kind, len(r.told(kind)), n)
		}
	}
	for _, h := range r.told(kind) {
		if h.At.IsZero() || h.ID == "" {
			t.Errorf("%s = id %q at %s, want both", kind, h.ID, h.At)
		}
		out = append(out, data(t, h))
	}
	return out
}

// onlyOnce wants that a receiver was told exactly so often of each kind, under as many ids, and of nothing unsigned.
func (r *receiver) onlyOnce(t *testing.T, want map[community.OutletKind]int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	got, ids := map[community.OutletKind]int{}, map[string]bool{}
	for _, h := range r.got {
		got[community.OutletKind(h.Type)]++
		ids[h.ID] = true
	}
	for kind, n := range got {
		if want[kind] != n {
			t.Errorf("told of %s %d times, want %d", kind, n, want[kind])
		}
	}
	for kind, n := range want {
		if got[kind] != n {
			t.Errorf("told of %s %d times, want %d", kind, got[kind], n)
		}
	}
	if len(ids) != len(r.got) || r.forged != 0 {
		t.Errorf("%d ids of %d, %d forged; want each its own, and none forged", len(ids), len(r.got), r.forged)
	}
}

// TestReportsAndAppealsAreTold: a member reports by answering and on the page of their own link, another appeals by the link of the
// notice. Who reports is not told, and words only to whom texts are told.
func TestReportsAndAppealsAreTold(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public, func(c *config.Config) { c.Notify = loopback })
		ctx := t.Context()
		owner, err := s.app.Store().UserByLogin(ctx, "ming")
		check(t, err)
		plainly, wordy := newReceiver(t), newReceiver(t)
		kinds := []community.OutletKind{community.OutReport, community.OutAppeal, community.OutTask, community.OutTaskDone}
		tellTo(t, s.app, owner, plainly, false, kinds...)
		tellTo(t, s.app, owner, wordy, true, kinds...)

		_, err = s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "团购"), "第一版")
		check(t, err)
		d, path := s.struck("团购一折")
		m := s.stranger()
		if code, body := m.send(path, path, url.Values{"words": {"不是我发的"}}); code != http.StatusOK {
			t.Fatalf("appealing = %d: %s", code, excerpt(body))
		}
		appeals, _, err := s.app.Appeals(s.org, nil).Find(ctx, community.AppealFilter{})
		check(t, err)
		for r, text := range map[*receiver]string{plainly: "", wordy: "不是我发的"} {
			got := r.hears(t, community.OutAppeal, 1)[0]
			if got.Group != s.group.ID.String() || got.Member != d.MemberID.String() || got.Event != appeals[0].Statements[0].Event || got.Subject != "appeal:"+appeals[0].ID.String() || got.Text != text {
				t.Errorf("appeal = %+v, want %s of event %d with text %q", got, appeals[0].ID, appeals[0].Statements[0].Event, text)
			}
		}
		task := s.becomes(community.Todo, community.HumanTask)
		if got := plainly.hears(t, community.OutTask, 1)[0]; got.Task != task.ID.String() || got.Verb != string(community.Todo) || got.State != "open" || got.Due == 0 {
			t.Errorf("the task of the appeal = %+v", got)
		}
		page := "/appeals/" + appeals[0].ID.String()
		s.does(page, page+"/decide", url.Values{"do": {"overturn"}, "reason": {"确实不是"}})
		if got := plainly.hears(t, community.OutTaskDone, 1)[0]; got.Task != task.ID.String() || got.State != "done" {
			t.Errorf("the task after the decision = %+v", got)
		}

		_, err = s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, reportBook(t, 3), "第二版")
		check(t, err)
		bad := s.says(s.member("大刘"), "进群领红包，先交押金")
		who := someMembers(s, 2, "大刘")
		s.answers(who[0], bad, "举报：骗人的")
		_, own, err := s.app.Reports(s.org, nil).Links(ctx, s.group.Key, who[1].Key)
		check(t, err)
		mine := ownLink.FindString(own)
		if code, body := m.send(mine, mine, url.Values{"said": {bad.Text}, "words": {"骗过我两百"}}); code != http.StatusOK || !strings.Contains(body, "已收到举报") {
			t.Fatalf("reporting = %d: %s", code, excerpt(body))
		}
		row := s.reported(func(r community.ReportRow) bool { return r.Count == 2 })
		for _, r := range []*receiver{plainly, wordy} {
			got := r.hears(t, community.OutReport, 2)
			for _, one := range got {
				if one.Group != s.group.ID.String() || one.Event == 0 || one.Event == bad.Number || one.Subject != "report:"+row.ID.String() || one.Member != "" || one.Text != "" {
					t.Errorf("report = %+v, want the case %s, and nobody named", one, row.ID)
				}
			}
			if got[0].Event == got[1].Event {
				t.Errorf("told twice of event %d", got[0].Event)
			}
		}
		told := s.becomes(community.Remind, community.HumanTask) // somebody tells the second that it came in
		for _, r := range []*receiver{plainly, wordy} {
			if got := r.hears(t, community.OutTask, 2)[1]; got.Task != told.ID.String() {
				t.Errorf("the second task = %+v, want %s", got, told.ID)
			}
			r.onlyOnce(t, map[community.OutletKind]int{community.OutReport: 2, community.OutAppeal: 1, community.OutTask: 2, community.OutTaskDone: 1})
		}
	})
}

// overheard is a night whose happenings are told to a receiver, and somebody signed in as its owner.
type overheard struct {
	*night
	*person
	r *receiver
}

func overhear(t *testing.T, dbURL, settings string, kinds ...community.OutletKind) overheard {
	n := startNight(t, dbURL, settings)
	o := overheard{n, newPerson(t, n.url), newReceiver(t)}
	o.r.clock = func() time.Time { return time.UnixMilli(n.app.Now()) }
	tellTo(t, n.app, n.users["ming"], o.r, false, kinds...)
	o.signs()
	return o
}

// signs in the owner; a session ends after half an hour without a request, and none begins twelve hours ahead of the machine.
func (o overheard) signs() {
	o.night.t.Helper()
	o.http.Jar, _ = cookiejar.New(nil)
	if code, body := o.send("/signin", "/signin", url.Values{"login": {"ming"}, "password": {aPassword}}); code != http.StatusOK || strings.Contains(body, `action="/signin"`) {
		o.night.t.Fatalf("sign-in = %d: %s", code, excerpt(body))
	}
}

// read waits until what happened so far was read for outlets.
func (o overheard) read() {
	o.night.t.Helper()
	now := o.app.Now()
	await(o.night.t, func() bool {
		_, at, err := o.app.Store().OutletRead(o.night.t.Context())
		return err == nil && at >= now
	})
}

// does posts a form of a page.
func (o overheard) does(page, to string, fields url.Values) {
	o.night.t.Helper()
	if code, body := o.send(page, to, fields); code != http.StatusOK || strings.Contains(body, "alert-danger") || strings.Contains(body, `action="/signin"`) {
		o.night.t.Fatalf("POST %s = %d: %s", to, code, excerpt(body))
	}
}

// TestFailedActionIsTold: the platform refuses to mute, so that a person is asked, who will not either; and it knows no message that is
// to be recalled. Each is told once as failed, with whom it was about, and never as done.
func TestFailedActionIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		o := overhear(t, dbURL, `{"scene":"quiet","failures":"member.mute=refuse"}`, community.OutFailed, community.OutDone, community.OutTask)
		ctx, m := t.Context(), o.member("大刘")
		page := "/members/" + m.ID.String()
		o.does(page, page+"/mute", url.Values{"g": {o.group.ID.String()}, "seconds": {"600"}, "reason": {"连发广告"}})
		asked := o.r.hears(t, community.OutTask, 1)[0]
		if n := len(o.r.told(community.OutFailed)); asked.Verb != string(community.Mute) || n != 0 {
			t.Errorf("a person is asked for %s, %d failed; want to mute, and none: a person may still do it", asked.Verb, n)
		}
		o.does("/inbox", "/inbox/"+asked.Task+"/refuse", url.Values{"reason": {"不该禁言"}})
		got := o.r.hears(t, community.OutFailed, 1)[0]
		want := community.OutletData{Group: o.group.ID.String(), Member: m.ID.String(), Event: got.Event, Action: asked.Task, Verb: string(community.Mute), State: string(community.Failed)}
		if got.Event == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("failed = %+v, want %+v", got, want)
		}

		_, err := o.app.Engine().Apply(ctx, community.Inbound{Type: community.MessageCreated, Account: o.group.Accounts[0], Key: "ghost", OccurredAt: o.app.Now(), Group: community.Ref{ID: o.group.External},
			Actor: community.Who{ID: m.External, Name: m.Name}, Body: community.Body{Class: community.Text, Text: "平台上没有这一条", Message: "ghost"}})
		check(t, err)
		await(t, func() bool {
			said, _, err := o.desk.FindMessages(ctx, community.MessageFilter{Group: o.group.Key, Member: m.Key})
			if err == nil && len(said) == 1 {
				page = fmt.Sprintf("/messages/%s/%d", o.group.ID, said[0].Number)
			}
			return err == nil && len(said) == 1
		})
		o.does(page, page+"/recall", url.Values{"reason": {"广告"}})
		if got := o.r.hears(t, community.OutFailed, 2)[1]; got.Verb != string(community.RecallMsg) || got.Action == asked.Task || got.State != string(community.Failed) {
			t.Errorf("the recall = %+v", got)
		}
		at := "/groups/" + o.group.ID.String()
		o.does(at, at+"/send", url.Values{"text": {"明早八点集合"}})
		if done := o.r.hears(t, community.OutDone, 1)[0]; done.Verb != string(community.Send) {
			t.Errorf("done = %+v, want what was sent", done)
		}
		o.r.onlyOnce(t, map[community.OutletKind]int{community.OutFailed: 2, community.OutTask: 1, community.OutDone: 1})
	})
}

// TestTasksAreToldAsTheyOpenEndAndLie: one is taken and done, one is refused, one lies past its time and is told to be late, once.
func TestTasksAreToldAsTheyOpenEndAndLie(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		o := overhear(t, dbURL, noHands, community.OutTask, community.OutTaskDone, community.OutTaskLate)
		first := o.asks("米粒")
		got := o.r.hears(t, community.OutTask, 1)[0]
		if got.Task != first.ID.String() || got.Verb != string(community.Remove) || got.State != "open" || got.Member != o.member("米粒").ID.String() || got.Due != first.Due || got.Group != o.group.ID.String() {
			t.Errorf("opened = %+v, want %+v", got, first)
		}
		at := "/inbox/" + first.ID.String()
		o.does("/inbox", at+"/claim", url.Values{})
		o.does("/inbox", at+"/done", url.Values{"reason": {"踢了"}})
		if got := o.r.hears(t, community.OutTaskDone, 1)[0]; got.Task != first.ID.String() || got.State != "done" {
			t.Errorf("done = %+v", got)
		}
		two := o.another("大刘")
		o.does("/inbox", "/inbox/"+two.ID.String()+"/refuse", url.Values{"reason": {"不该踢"}})
		if got := o.r.hears(t, community.OutTaskDone, 2)[1]; got.Task != two.ID.String() || got.State != "refused" {
			t.Errorf("refused = %+v", got)
		}
		three := o.another("老周")
		o.r.hears(t, community.OutTask, 3)
		for o.app.Now() <= three.Due {
			o.pass(time.Duration(three.Due-o.app.Now()+1000) * time.Millisecond)
		}
		o.signs()
		if got := o.r.hears(t, community.OutTaskLate, 1)[0]; got.Task != three.ID.String() || got.State != "open" || got.Due != three.Due {
			t.Errorf("late = %+v", got)
		}
		o.does("/inbox", "/inbox/"+three.ID.String()+"/done", url.Values{"reason": {"晚了"}})
		o.r.hears(t, community.OutTaskDone, 3)
		o.r.onlyOnce(t, map[community.OutletKind]int{community.OutTask: 3, community.OutTaskDone: 3, community.OutTaskLate: 1})
	})
}

// another is asks where there were tasks before.
func (n *night) another(name string) community.TaskRow {
	n.t.Helper()
	ctx, m := n.t.Context(), n.member(name)
	_, err := n.app.Hands(n.org, nil).Act(ctx, n.id("ming"), []community.Action{{Verb: community.Remove, Group: n.group.Key, Target: m.Key}}, "屡劝不改")
	check(n.t, err)
	var task community.TaskRow
	await(n.t, func() bool {
		rows, _, err := n.desk.FindTasks(ctx, community.TaskFilter{State: "open"})
		i := slices.IndexFunc(rows, func(k community.TaskRow) bool { return k.TargetRef == m.External })
		if err != nil || i < 0 {
			return false
		}
		task = rows[i]
		return true
	})
	return task
}

// TestFinishedBroadcastIsTold: a mass send from the console's form is told when nothing of it waits any more, not before; its repetition
// is told again.
func TestFinishedBroadcastIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		o := overhear(t, dbURL, `{"scene":"quiet","abilities":"message.send=human"}`, community.OutBroadcast)
		ctx := t.Context()
		limits, err := o.app.Plans(o.org, nil).Limits(ctx)
		check(t, err)
		limits.QuietTo = limits.QuietFrom // whatever the hour: nothing waits for the end of a night
		check(t, o.app.Plans(o.org, nil).SaveLimits(plain(ctx), "test", limits, "试"))
		o.does("/broadcasts/new", "/broadcasts", url.Values{"title": {"集合"}, "text": {"明早八点西门集合"}, "g": {o.group.ID.String()}})
		list, _, err := o.app.Plans(o.org, nil).Broadcasts(ctx, "", community.Page{})
		check(t, err)
		if len(list) != 1 {
			t.Fatalf("%d mass sends, want one", len(list))
		}
		var task community.TaskRow
		await(t, func() bool {
			rows, _, err := o.desk.FindTasks(ctx, community.TaskFilter{})
			if err != nil || len(rows) != 1 {
				return false
			}
			task = rows[0]
			return true
		})
		o.pass(2 * time.Minute) // looked at once more while it waits for a person
		o.read()
		if n := len(o.r.told(community.OutBroadcast)); n != 0 {
			t.Errorf("told %d times while it waits for a person", n)
		}
		o.does("/inbox", "/inbox/"+task.ID.String()+"/done", url.Values{"reason": {"发了"}})
		o.pass(2 * time.Minute)
		got := o.r.hears(t, community.OutBroadcast, 1)[0]
		if got.Broadcast != list[0].ID.String() || got.Group != "" || got.Text != "" {
			t.Errorf("finished = %+v, want %s", got, list[0].ID)
		}
		for range 3 { // looked at again and again
			o.pass(2 * time.Minute)
			o.read()
		}
		o.r.onlyOnce(t, map[community.OutletKind]int{community.OutBroadcast: 1})
	})
}

// TestReadyDigestIsTold: made by a person on the page, made anew by them, and of the day after drafted by itself.
func TestReadyDigestIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		o := overhear(t, dbURL, `{"scene":"quiet"}`, community.OutDigest)
		ctx, g := t.Context(), o.group.ID.String()
		talk := func(n int) {
			asked := fmt.Sprint("asked", n)
			for i, said := range []community.Body{{Text: "谁有第二章的笔记吗？", Message: asked}, {Text: "在群文件里，名字叫第二章笔记", Message: asked + "-answer", ReplyTo: asked}} {
				said.Class = community.Text
				_, err := o.app.Engine().Apply(ctx, community.Inbound{Type: community.MessageCreated, Account: o.group.Accounts[0], Key: said.Message, OccurredAt: o.app.Now(), Group: community.Ref{ID: o.group.External},
					Actor: community.Who{ID: fmt.Sprint(20001 + i), Name: []string{"阿青", "老周"}[i]}, Body: said})
				check(t, err)
			}
			check(t, o.app.Store().CatchUp(ctx))
		}
		made := func(n int) community.OutletData {
			got := o.r.hears(t, community.OutDigest, n)[n-1]
			list, _, err := o.app.Digests(o.org, nil).List(ctx, o.group.Key, community.Page{})
			check(t, err)
			if !slices.ContainsFunc(list, func(d digest.Record) bool {
				return reflect.DeepEqual(got, community.OutletData{Group: g, Subject: "digest:" + d.ID.String()})
			}) {
				t.Errorf("digest %d = %+v, want one of %d, and no words", n, got, len(list))
			}
			return got
		}
		talk(1)
		day, err := o.desk.Today(ctx, o.group.Key)
		check(t, err)
		form := url.Values{"g": {g}, "day": {day.String()}, "span": {"day"}}
		o.does("/digests?g="+g, "/digests", form)
		first := made(1)
		o.pass(time.Minute)
		o.does("/digests?g="+g, "/digests", form)
		if again := made(2); again.Subject != first.Subject {
			t.Errorf("made anew = %+v, was %+v", again, first)
		}
		o.does("/digests?g="+g, "/digests/watch", url.Values{"g": {g}, "daily": {"1"}, "hour": {"0"}})
		o.pass(24 * time.Hour)
		talk(2)
		o.pass(24 * time.Hour)
		if own := made(3); own.Subject == first.Subject {
			t.Errorf("of the next day = %+v, want another", own)
		}
		o.r.onlyOnce(t, map[community.OutletKind]int{community.OutDigest: 3})
	})
}
