package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// attic keeps one invented handover with an item in every state.
type attic struct {
	h   *house
	did []string
}

func (a *attic) one() duty.Handover {
	from, to := a.h.users[0].ID.String(), a.h.users[1].ID.String()
	return duty.Handover{ID: fakeID(970), FromUser: from, ToUser: to, Reason: "\u202e离职<b>", Created: fakeNow.UnixMilli(), Items: []duty.HandItem{
		{N: 1, Kind: duty.HandTask, Name: "Go 语言学习交流群", State: duty.HandDone}, {N: 2, Kind: duty.HandShift, Name: "2", State: duty.HandFailed, Why: duty.Changed},
		{N: 3, Kind: duty.HandGroup, Name: "周末徒步群", Platform: "wecom", From: "ChenYi", To: "LinXiao", State: duty.HandFailed, Why: duty.SaidNo, Detail: duty.HandDetail{Say: [2]string{"共 1 个，失败 1 个。", "1 in all: 1 failed."}, Rows: [][]string{{"wrA-a-very-long-id-of-a-group-that-goes-on-and-on", "90500", "群主没有离职 · the owner has not left"}}}},
		{N: 4, Kind: duty.HandGroup, Name: "别处的群", Platform: "qq", From: "10001", State: duty.HandAsked, Action: fakeID(971)}, {N: 5, Kind: duty.HandContacts, Name: "ChenYi", Platform: "wecom", From: "ChenYi", To: "LinXiao", State: duty.HandOpen},
		{N: 6, Kind: duty.HandCode, Name: "海报", State: duty.HandDone}, {N: 8, Kind: duty.HandAlarm, Name: "account", State: duty.HandDone}}}
}

func (a *attic) Look(_ context.Context, h duty.Handover) (duty.Handover, error) {
	if h.Reason == "" {
		h.Reason = "-"
	}
	h.Items = a.one().Items
	return h, h.Check()
}

func (a *attic) Begin(_ context.Context, _ string, h duty.Handover) (duty.Handover, error) {
	if err := h.Check(); err != nil {
		return h, err
	}
	a.did = append(a.did, fmt.Sprintf("begin %s %s %d %d: %s", h.FromUser, h.ToUser, h.FromMember, h.ToMember, h.Reason))
	return a.one(), nil
}

func (a *attic) List(context.Context, community.Page) ([]duty.Handover, int, error) {
	return []duty.Handover{a.one()}, 1, nil
}

func (a *attic) ByID(_ context.Context, id community.ID) (duty.Handover, error) {
	if h := a.one(); h.ID == id {
		return h, nil
	}
	return duty.Handover{}, community.Errorf(community.CodeNotFound, "handover: not found")
}

func (a *attic) Retry(_ context.Context, _ string, id community.ID, n int) (duty.Handover, error) {
	a.did = append(a.did, fmt.Sprintf("retry %s %d", id, n))
	return a.one(), nil
}

// TestWhoLeavesIsHandedOverOnThePage works the form, the page of results and the retries.
func TestWhoLeavesIsHandedOverOnThePage(t *testing.T) {
	h := furnished()
	d := h.fullDeps()
	a := &attic{h: h}
	d.Handovers = func(community.OrgKey, []community.GroupKey) Handovers { return a }
	v := openWith(t, d).as("owner")
	from, to := h.users[0].ID.String(), h.users[1].ID.String()
	status, body := v.get("/handovers/new?from_user=" + from + "&to_user=" + to)
	if status != 200 || !strings.Contains(body, "周末徒步群") || len(a.did) != 0 {
		t.Errorf("the list of what would go = %d, did %q", status, a.did)
	}
	for _, bad := range []string{"?from_user=" + from + "&to_user=" + from, "?from=nobody-at-all", "?to_user=" + to, "?from=" + strings.Repeat("x", 3000)} {
		if status, body := v.get("/handovers/new" + bad); status != 200 || strings.Contains(body, "周末徒步群") {
			t.Errorf("%.40s = %d, want the form with a word", bad, status)
		}
	}
	if status, body := v.post("/handovers/new", "from_user", from, "to_user", to, "reason", "离职"); status != 200 || !strings.Contains(body, "90500") {
		t.Errorf("begin = %d, want the page of results with the platform's words", status)
	}
	v.post("/handovers/new", "from_user", from, "to_user", to) // no reason
	at := "/handovers/" + fakeID(970).String()
	v.post(at+"/retry?n=3", "x", "y")
	v.post(at+"/retry", "x", "y")
	want := []string{"begin " + from + " " + to + " 0 0: 离职", "retry " + fakeID(970).String() + " 0", "retry " + fakeID(970).String() + " 0"}
	want[1] = "retry " + fakeID(970).String() + " 3"
	if !slices.Equal(a.did, want) {
		t.Errorf("did %q, want %q", a.did, want)
	}
	if status, _ := v.get("/handovers/" + fakeID(999).String()); status != 404 {
		t.Errorf("a handover that is not there = %d", status)
	}
	mod := openWith(t, d).as("mod")
	if status, _ := mod.get("/handovers"); status != 403 {
		t.Errorf("a moderator's look = %d, want 403", status)
	}
}
