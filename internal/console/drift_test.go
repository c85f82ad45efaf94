package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"qunluo/internal/community"
	"qunluo/internal/drift"
)

// scales answers for differences as the tests want.
type scales struct {
	h      *house
	report drift.Report
	err    error
}

func (s *scales) Report(context.Context, community.AccountKey) (drift.Report, error) {
	return s.report, nil
}

func (s *scales) ReadSoon(_ context.Context, a community.AccountKey) error {
	s.h.note("drift read %d", a)
	return s.err
}

func (s *scales) Settle(_ context.Context, _ string, a community.AccountKey, line community.ID, way drift.WayKind, reason string) ([2]string, error) {
	s.h.note("drift %s %s: %s", line, way, reason)
	return [2]string{}, s.err
}

// weighed is a report with a line of every kind and a part in every state.
func weighed(h *house) *scales {
	at := h.now.UnixMilli()
	take, push, ask := drift.Way{Kind: drift.Take}, drift.Way{Kind: drift.Push}, drift.Way{Kind: drift.Ask}
	return &scales{h: h, report: drift.Report{
		Readings: []drift.Reading{{Part: drift.Contacts, State: drift.Partly, At: at - 60_000, Looked: 1204, Lines: 3, Unread: []string{"chenyi"}}, {Part: drift.Tags, State: drift.Read, At: at - 60_000, Looked: 1204},
			{Part: drift.Groups, State: drift.Read, At: at - 60_000, Looked: 12, Lines: 3}, {Part: drift.Welcomes, State: drift.Failed, At: at - 60_000, Why: [2]string{"应用没有这项权限。", "The app lacks this permission."}}},
		Lines: []drift.Line{
			{ID: fakeID(801), Part: drift.Contacts, Subject: "wmAZx9", Field: drift.Follow, Name: "老周", Here: "chenyi", There: "linxiao", Why: drift.Differs, Since: at - 86_400_000, Seen: at - 60_000, Ways: []drift.Way{take, ask}},
			{ID: fakeID(802), Part: drift.Contacts, Subject: "wmBBq1", Field: drift.Remark, Owner: "linxiao", Name: "<b>阿敏", Here: "读书-阿敏", There: "\u202e阿敏", Why: drift.Differs, Since: at - 3_600_000, Seen: at - 60_000, Ways: []drift.Way{take, push}},
			{ID: fakeID(803), Part: drift.Contacts, Subject: "wmCC", Field: drift.Follow, Name: "小何", Here: "chenyi", Why: drift.OnlyHere, Since: at - 9_000_000, Seen: at - 9_000_000, Ways: []drift.Way{take, ask}, Task: fakeID(900)},
			{ID: fakeID(804), Part: drift.Groups, Subject: "wrHIKE", Field: drift.Members, Name: "周末徒步群", Here: "老周, 阿敏", There: "小丁", Why: drift.Differs, Since: at - 3_600_000, Seen: at - 60_000, Ways: []drift.Way{take, ask}},
			{ID: fakeID(805), Part: drift.Groups, Subject: "wrOTHER", Field: drift.Known, Owner: "helper", Name: "别人的群", There: "别人的群", Why: drift.Unchosen, Since: at - 3_600_000, Seen: at - 60_000, Ways: []drift.Way{take}},
			{ID: fakeID(806), Part: drift.Transfers, Subject: "wm7", Field: drift.Handed, Owner: "linxiao", Name: "小丁", Here: "chenyi", There: "chenyi → linxiao", Why: "waiting", Since: at - 7_200_000, Seen: at - 60_000, Ways: []drift.Way{ask}},
		}}}
}

func openScales(t *testing.T, role string) (*visitor, *scales, string) {
	t.Helper()
	h := furnished()
	s := weighed(h)
	d := h.fullDeps()
	d.Drifts = func(community.OrgKey, []community.GroupKey) Drifts { return s }
	return openWith(t, d).as(role), s, "/connections/" + h.accounts[0].ID.String()
}

func TestDriftSaysBothSidesSinceWhenAndTheWaysOut(t *testing.T) {
	v, _, at := openScales(t, "owner")
	_, page := v.get(at + "/drift")
	for _, want := range []string{"老周 (wmAZx9)", "是谁的客户", "读书-阿敏", "&lt;b&gt;阿敏", "以平台为准", "写到平台", "请人去办", "已请人去办", "没有读到：chenyi", "比过 1,204 项", "应用没有这项权限。", "两边一致",
		"没有接入：连接只管指定群主的群", "chenyi → linxiao", "（上次没有再读到）", "还没有比过", at + "/drift/" + fakeID(802).String() + "/push"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report does not hold %q", want)
		}
	}
	if strings.Contains(page, "<b>阿敏") || strings.Contains(page, "\u202e") {
		t.Error("a hostile name reached the page")
	}
	if _, page := v.get(at + "/chores"); !strings.Contains(page, at+"/drift") {
		t.Error("the chores do not lead to the report")
	}
	if mod, _, at := openScales(t, "mod"); true {
		if status, _ := mod.get(at + "/drift"); status != http.StatusForbidden {
			t.Errorf("a moderator sees it: %d", status)
		}
	}
}

func TestDriftIsSettledWithAReasonAndRefusedInWords(t *testing.T) {
	v, s, at := openScales(t, "owner")
	v.post(at+"/drift/"+fakeID(802).String()+"/push", "reason", "以我们为准")
	v.post(at + "/drift/read")
	want := "drift " + fakeID(802).String() + " push: 以我们为准"
	if !slices.Contains(s.h.did, want) || !slices.ContainsFunc(s.h.did, func(n string) bool { return strings.HasPrefix(n, "drift read") }) {
		t.Errorf("notes = %q, want %q and the reading", s.h.did, want)
	}
	for code, said := range map[community.Code]string{community.CodeNotFound: "已经不在了", community.CodeUnreachable: ""} {
		s.err = community.Errorf(code, "no")
		if _, page := v.post(at + "/drift/" + fakeID(802).String() + "/take"); said != "" && !strings.Contains(page, said) {
			t.Errorf("%s is not said as %q", code, said)
		}
	}
	if status, _ := v.post(at + "/drift/none/take"); status != http.StatusNotFound {
		t.Errorf("no such line = %d, want 404", status)
	}
}

// TestDriftPageFollowsItsReading: a page that was opened while the platform was being read shows by itself what came of it,
// then rests; a difference that came after the page asks before it is settled, as any.
func TestDriftPageFollowsItsReading(t *testing.T) {
	browser := browse(t)
	h := furnished()
	s := weighed(h)
	read := s.report
	s.report = drift.Report{Readings: []drift.Reading{{Part: drift.Contacts, State: drift.Busy}}}
	d := h.fullDeps()
	var mu sync.Mutex
	d.Drifts = func(community.OrgKey, []community.GroupKey) Drifts {
		mu.Lock()
		defer mu.Unlock()
		now := *s
		return &now
	}
	v := openWith(t, d)
	signIn(t, browser, v.base, "owner")
	tab, stop := context.WithTimeout(browser, 30*time.Second)
	defer stop()
	if err := chromedp.Do(tab, chromedp.Navigate(v.base+driftAt(h.accounts[0])), chromedp.WaitVisible(chromedp.CSS(`#plan-now[hx-trigger*="every"]`))); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	s.report = read
	mu.Unlock()
	ask := "way-" + fakeID(801).String() + "-take"
	err := chromedp.Do(tab, chromedp.WaitVisible(chromedp.CSS(`#plan-now:not([hx-trigger*="every"]) [popovertarget="`+ask+`"]`)), chromedp.Click(chromedp.CSS(`[popovertarget="`+ask+`"]`)),
		chromedp.WaitVisible(chromedp.CSS("#"+ask)))
	if err != nil {
		t.Fatalf("the line or its question never came: %v", err)
	}
	if err := chromedp.Do(tab, chromedp.Click(chromedp.CSS("#"+ask+" button[type=submit]")), chromedp.WaitReady(chromedp.CSS("#"+ask+":not(:popover-open)")), chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	if want := "drift " + fakeID(801).String() + " take: "; !slices.Contains(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
}
