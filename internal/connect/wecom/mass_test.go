package wecom

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wecom/wecomtest"
)

var actionID = community.DeriveID(community.ID{1}, "mass", 1)

func massAction(text string, groups ...string) community.Action {
	args, err := json.Marshal(community.MassOrder{Groups: groups})
	if err != nil {
		panic(err)
	}
	return community.Action{ID: actionID, Verb: community.MassSend, Text: text, Args: args, To: community.Address{Group: groupID}}
}

// outcomes are the receipts told as events.
func (l *living) outcomes() []community.ReceiptData {
	var all []community.ReceiptData
	for _, in := range l.host.Of(community.ActionReceipt) {
		var r community.ReceiptData
		if err := json.Unmarshal(in.Body.Data, &r); err != nil {
			l.t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func (l *living) mustDo(a community.Action) connect.Receipt {
	l.t.Helper()
	rc, err := l.Do(l.t.Context(), a)
	if err != nil {
		l.t.Fatalf("%s: %v", a.Verb, err)
	}
	return rc
}

func TestMassSendIsTrackedToEveryOwnersTap(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		l.corp.AddChat("wr2", "二群", "owner")
		l.corp.AddChat("wr3", "三群", "helper")
		rc := l.mustDo(massAction("周六八点集合", groupID, "wr2", "wr3"))
		masses := l.corp.Masses()
		if rc.State != community.Acked || len(masses) != 2 || rc.Message != masses[0].ID && rc.Message != masses[1].ID {
			t.Fatalf("receipt %+v for %+v, want acked, one part per owner", rc, masses)
		}
		time.Sleep(5 * time.Minute)
		if got := l.outcomes(); len(got) != 0 {
			t.Errorf("nobody tapped, yet %+v", got)
		}
		byOwner := map[string]string{masses[0].Sender: masses[0].ID, masses[1].Sender: masses[1].ID}
		l.corp.Tap(byOwner["owner"], "wr2")
		time.Sleep(3 * time.Minute)
		got := l.outcomes()
		if len(got) != 1 || got[0].State != community.HumanTask || got[0].Receipt.Detail != "sent 1, not sent 1, waiting 1" {
			t.Errorf("after the first tap %+v, want one interim word", got)
		}
		l.stop() // a restart in between forgets nothing
		again := live(t, l.corp, l.host, nil)
		l.corp.Tap(byOwner["helper"])
		time.Sleep(3 * time.Minute)
		got = again.outcomes()
		end := got[len(got)-1]
		var made community.MassMade
		if end.State != community.Confirmed || end.Action != actionID || json.Unmarshal(end.Receipt.Data, &made) != nil || len(made.Parts) != 2 {
			t.Fatalf("the end is %+v, want confirmed with both parts", end)
		}
		var sent, failed []string
		for _, p := range made.Parts {
			sent, failed = append(sent, p.Sent...), append(failed, p.Failed...)
		}
		slices.Sort(sent)
		if !slices.Equal(sent, []string{groupID, "wr3"}) && !slices.Equal(sent, []string{"wr3", groupID}) || !slices.Equal(failed, []string{"wr2"}) {
			t.Errorf("sent %v, failed %v; want two sent and wr2 not", sent, failed)
		}
		if kept, err := l.host.Kept(t.Context(), "mass/"); err != nil || len(kept) != 0 {
			t.Errorf("still kept: %v, %v", kept, err)
		}
	})
}

func TestQuotaHoldsOverARestartAndSaysUntilWhen(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		l.mustDo(massAction("一"))
		l.stop()
		l = live(t, l.corp, l.host, nil)
		_, err := l.Do(t.Context(), massAction("二"))
		if community.CodeOf(err) != community.CodeRefused || !strings.Contains(err.Error(), groupID) || !strings.Contains(err.Error(), "2000-01-02 00:00") {
			t.Errorf("the second on one day: %v, want refused, naming the group and midnight in Shanghai", err)
		}
		if n := len(l.corp.Masses()); n != 1 {
			t.Errorf("%d mass sends were made, want 1", n)
		}
		time.Sleep(12 * time.Hour)
		l.mustDo(massAction("明天"))
	})
}

// TestTwoSendsAtOnceNeverShareTheLastOfAQuota lets ten ask at the same moment.
func TestTwoSendsAtOnceNeverShareTheLastOfAQuota(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		done := make(chan error, 10)
		for i := range cap(done) {
			go func() {
				_, err := l.Do(t.Context(), massAction(fmt.Sprint("第", i)))
				done <- err
			}()
		}
		refused := 0
		for range cap(done) {
			if err := <-done; community.CodeOf(err) == community.CodeRefused {
				refused++
			}
		}
		if n := len(l.corp.Masses()); n != 1 || refused != 9 {
			t.Errorf("%d were made, %d refused; want 1 and 9", n, refused)
		}
	})
}

func TestQuotaRules(t *testing.T) {
	noon := time.Date(2026, 2, 10, 12, 0, 0, 0, shanghai)
	used := func(n int, step time.Duration, until time.Time) usage {
		u := usage{}
		for i := n; i > 0; i-- {
			u.use([]string{"g"}, until.Add(-time.Duration(i)*step).UnixMilli())
		}
		return u
	}
	for name, c := range map[string]struct {
		u    usage
		rule string
		want string
	}{
		"day, yesterday":         {used(1, 13*time.Hour, noon), quotaDay, ""},
		"day, this morning":      {used(1, time.Hour, noon), quotaDay, "2026-02-11 00:00"},
		"week, six":              {used(6, time.Hour, noon), quotaWeek, ""},
		"week, seven":            {used(7, time.Hour, noon), quotaWeek, "2026-02-17 05:00"},
		"week, seven in 8 days":  {used(7, 28*time.Hour, noon), quotaWeek, ""},
		"month, 27 of 28":        {used(27, time.Hour, noon), quotaMonth, ""},
		"month, 28 of 28":        {used(28, time.Hour, noon), quotaMonth, "2026-03-01 00:00"},
		"month, 28, some before": {used(28, 12*time.Hour, noon), quotaMonth, ""},
		"another group":          {usage{"x": {noon.UnixMilli()}}, quotaDay, ""},
	} {
		got := ""
		if until := c.u.free(c.rule, "g", noon); !until.IsZero() {
			got = until.In(shanghai).Format("2006-01-02 15:04")
		}
		if got != c.want {
			t.Errorf("%s: free from %q, want %q", name, got, c.want)
		}
	}
	u := used(3, time.Hour, noon)
	u.giveBack([]string{"g"}, noon.Add(-2*time.Hour).UnixMilli())
	if len(u["g"]) != 2 {
		t.Errorf("after one was given back %d are used, want 2", len(u["g"]))
	}
	u.forget(noon.Add(keepUsage))
	if len(u) != 0 {
		t.Errorf("two months later %v is remembered, want nothing", u)
	}
}

func TestRemindersAreThreeInADayAndHoldOverARestart(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		rc := l.mustDo(massAction("周六八点集合"))
		remind := community.Action{Verb: community.MassRemind, Message: rc.Message, To: community.Address{Group: groupID}}
		for range 3 {
			l.mustDo(remind)
			time.Sleep(time.Hour)
		}
		l.stop()
		l = live(t, l.corp, l.host, nil)
		if _, err := l.Do(t.Context(), remind); community.CodeOf(err) != community.CodeRefused || !strings.Contains(err.Error(), "2000-01-02 12:00") {
			t.Errorf("the fourth: %v, want refused, naming noon tomorrow", err)
		}
		if n := l.corp.Masses()[0].Reminded; n != 3 {
			t.Errorf("reminded %d times, want 3", n)
		}
		time.Sleep(22 * time.Hour)
		_, err := l.Do(t.Context(), remind)
		if community.CodeOf(err) != community.CodeLimited { // our stand-in counts per mass send for good
			t.Errorf("a day later the platform is asked again: %v, want its own no", err)
		}
		l.corp.Tap(rc.Message)
		time.Sleep(3 * time.Minute)
		if _, err := l.Do(t.Context(), remind); community.CodeOf(err) == community.CodeNone {
			t.Error("a mass send that everybody confirmed was reminded")
		}
	})
}

func TestCancelledMassSendGivesItsQuotaBack(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		rc := l.mustDo(massAction("写错了"))
		got := l.mustDo(community.Action{Verb: community.MassCancel, Message: rc.Message, To: community.Address{Group: groupID}})
		if all := l.outcomes(); got.State != community.Confirmed || len(all) != 1 || all[0].State != community.Cancelled || !l.corp.Masses()[0].Cancelled {
			t.Errorf("cancelled: %+v, told %+v; want confirmed, and the send told cancelled", got, all)
		}
		l.mustDo(massAction("写对了"))
	})
}

func TestMassSendWhoseAnswerIsLostIsReadBackAndNeverDoubled(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		l.corp.Fail("externalcontact/add_msg_template", wecomtest.Fault{Times: 1, Lose: true})
		rc := l.mustDo(massAction("答复丢了"))
		if masses := l.corp.Masses(); len(masses) != 1 || rc.Message != masses[0].ID {
			t.Fatalf("receipt %+v, made %+v; want the one that was made", rc, masses)
		}
		time.Sleep(24 * time.Hour)
		for name, f := range map[string]wecomtest.Fault{
			"lost": {Times: 1, Lose: true}, "a page": {Times: 1, Page: "<html>"}, "HTTP 502": {Times: 1, Status: 502, Page: "bad gateway"},
		} {
			l.corp.Fail("externalcontact/add_msg_template", f)
			l.corp.Fail("externalcontact/get_groupmsg_list_v2", wecomtest.Fault{Times: 1, Lose: true})
			if _, err := l.Do(t.Context(), massAction("读不回来"+name)); community.CodeOf(err) != community.CodeTimeout {
				t.Errorf("%s, and not to be read back: %v, want timeout: nobody knows", name, err)
			}
		}
		l.corp.Fail("externalcontact/add_msg_template", wecomtest.Fault{Times: 1, Refuse: true})
		if _, err := l.Do(t.Context(), massAction("没发出去")); community.CodeOf(err) != community.CodeUnreachable {
			t.Errorf("nobody listened: %v, want unreachable: certainly not done", err)
		}
		l.corp.Fail("externalcontact/add_msg_template", wecomtest.Fault{Times: 1, Errcode: 45009, Errmsg: "often"})
		if _, err := l.Do(t.Context(), massAction("太快")); community.CodeOf(err) != community.CodeLimited {
			t.Errorf("too often: %v, want limited", err)
		}
	})
}

func TestMassSendNobodyConfirmsEndsAfterTwoWeeks(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		l.mustDo(massAction("没人点"))
		time.Sleep(watchFor + 10*time.Minute)
		got := l.outcomes()
		if len(got) != 1 || got[0].State != community.Cancelled {
			t.Errorf("after two weeks %+v, want cancelled", got)
		}
	})
}

func TestBadOrdersAreRefusedBeforeAnythingIsMade(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		many := make([]string, maxMassGroups+1)
		for i := range many {
			many[i] = fmt.Sprint("wr", i)
		}
		to := community.Address{Group: groupID}
		args := func(text string) community.Action {
			return community.Action{Verb: community.MassSend, Text: "x", Args: json.RawMessage(text), To: to}
		}
		for name, c := range map[string]struct {
			a    community.Action
			want community.Code
		}{
			"empty":         {community.Action{Verb: community.MassSend, To: to}, community.CodeBadInput},
			"no group":      {community.Action{Verb: community.MassSend, Text: "x"}, community.CodeBadInput},
			"half":          {args(`{"groups":["a"`), community.CodeBadInput},
			"wrong type":    {args(`{"groups":7}`), community.CodeBadInput},
			"too many":      {massAction("x", many...), community.CodeBadInput},
			"unknown group": {massAction("x", "wrNOBODY"), community.CodeNotFound},
			"huge":          {community.Action{Verb: community.MassSend, Text: strings.Repeat("好", 5000), To: to}, community.CodeTooLarge},
			"a picture":     {community.Action{Verb: community.MassSend, Text: "x", Segments: []community.Segment{{Kind: "image", Ref: "http://h/a.png"}}, To: to}, community.CodeUnsupported},
			"to one member": {community.Action{Verb: community.Send, Text: "x", Target: 5, Mention: true, To: to}, community.CodeUnsupported},
			"remind nobody": {community.Action{Verb: community.MassRemind, To: to}, community.CodeBadInput},
			"unknown mass":  {community.Action{Verb: community.MassCancel, Message: "msg-none", To: to}, community.CodeBadInput},
			"long mark":     {community.Action{Verb: community.Invite, Args: json.RawMessage(`{"state":"` + strings.Repeat("长", 31) + `"}`), To: to}, community.CodeBadInput},
			"six groups":    {community.Action{Verb: community.Invite, Args: json.RawMessage(`{"groups":["1","2","3","4","5","6"]}`), To: to}, community.CodeBadInput},
			"ends itself":   {community.Action{Verb: community.Invite, Args: json.RawMessage(`{"expires":1}`), To: to}, community.CodeUnsupported},
			"removal":       {community.Action{Verb: community.Remove, To: to}, community.CodeUnsupported},
		} {
			if _, err := l.Do(t.Context(), c.a); community.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		if got := l.corp.Did(); len(got) != 0 || len(l.corp.Masses()) != 0 {
			t.Errorf("done all the same: %v", got)
		}
	})
}

func TestCodeOverflowsIntoNewGroupsAndCarriesItsMark(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		rc := l.mustDo(community.Action{Verb: community.Invite, To: community.Address{Group: groupID},
			Args: json.RawMessage(`{"kind":"qr","state":"poster-7","overflow":true,"base":"徒步群","base_id":3}`)})
		var made community.InviteMade
		if err := json.Unmarshal(rc.Data, &made); err != nil || made.ID != rc.Message || !strings.HasPrefix(made.Image, "https://code.example/") {
			t.Errorf("made %+v, %v; want the code's id and picture", made, err)
		}
		if got := l.corp.Did(); len(got) != 1 || got[0] != "add_join_way "+groupID+" poster-7 1" {
			t.Errorf("did %v", got)
		}
		out := l.chore("join.change", map[string]string{"code": made.ID, "groups": groupID + ", wr2", "state": "poster-7", "overflow": "true"})
		if out.Rows[0][0] != made.Image {
			t.Errorf("changed code leads to %q, want the same picture", out.Rows)
		}
		l.chore("join.delete", map[string]string{"code": made.ID})
		if _, err := l.tryChore("join.delete", map[string]string{"code": made.ID}); err == nil {
			t.Error("deleted twice without a word")
		}
	})
}

// tryChore does a chore as a door would: its arguments are checked against its fields.
func (l *living) tryChore(name string, args map[string]string) (connect.Outcome, error) {
	l.t.Helper()
	i := slices.IndexFunc(l.Chores(), func(c connect.Chore) bool { return c.Name == name })
	if i < 0 {
		l.t.Fatalf("no chore %s", name)
	}
	raw, err := json.Marshal(args)
	if err != nil {
		l.t.Fatal(err)
	}
	values, err := connect.ReadSettings(l.Chores()[i].Fields, raw)
	if err != nil {
		return connect.Outcome{}, err
	}
	return l.DoChore(l.t.Context(), name, values)
}

func (l *living) chore(name string, args map[string]string) connect.Outcome {
	l.t.Helper()
	out, err := l.tryChore(name, args)
	if err != nil {
		l.t.Fatalf("%s: %v", name, err)
	}
	return out
}

func TestWelcomeIsSentWithinTwentySecondsOrNotAtAll(t *testing.T) {
	bubble(t, map[string]any{"welcome": "欢迎，群规在公告里"}, func(t *testing.T, l *living) {
		add := func(id, code string) {
			if got := l.calls("change_external_contact", "add_external_contact", wecomtest.Field("UserID", "helper"), wecomtest.Field("ExternalUserID", id),
				wecomtest.Field("WelcomeCode", code)); got != http.StatusOK {
				t.Fatalf("callback = %d", got)
			}
		}
		add("wm1", "code-1")
		time.Sleep(time.Second)
		l.corp.Now = func() time.Time { return time.Now().Add(-30 * time.Second) }
		add("wm2", "code-2") // told half a minute late
		time.Sleep(time.Second)
		if got := l.corp.Did(); len(got) != 1 || got[0] != "send_welcome_msg code-1 欢迎，群规在公告里" {
			t.Errorf("did %v, want the first alone", got)
		}
		if got := l.said(); got.Code != community.CodeLate || got.State != "online" {
			t.Errorf("health = %+v, want online, late", got)
		}
		for _, in := range l.host.Of(community.FollowerAdded) {
			if raw, err := json.Marshal(in); err != nil || strings.Contains(string(raw), "code-1") {
				t.Errorf("the welcome code is in an event: %s", raw)
			}
		}
	})
}

func TestFetchedPicturesAreUploadedOnceAndAttached(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		a := massAction("海报来了", groupID)
		a.Segments = []community.Segment{{Kind: "text", Text: "海报来了"}, {Kind: "image", Ref: "https://a.example/p.png", File: &community.Medium{Hash: "h1", Name: "p.png", Data: []byte("PNG")}}}
		l.mustDo(a)
		l.corp.AddChat("wr2", "二群", "owner")
		a.Args = massAction("", "wr2").Args
		l.mustDo(a)
		masses := l.corp.Masses()
		if !slices.Equal(l.corp.Uploads, []string{"image p.png 3"}) || len(masses) != 2 {
			t.Fatalf("uploads = %v, %d mass sends; want one upload for two sends", l.corp.Uploads, len(masses))
		}
		for _, m := range masses {
			if got := fmt.Sprint(m.Attached); got != "[map[image:map[media_id:medium-1] msgtype:image]]" {
				t.Errorf("attached %s, want the uploaded picture", got)
			}
		}
		a.Segments = []community.Segment{{Kind: "image", Ref: "https://a.example/p.png"}}
		if _, err := l.Do(t.Context(), a); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("a bare address: %v, want it left to a person", err)
		}
	})
}
