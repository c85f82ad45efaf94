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

// harbour keeps one standby: the first invented group goes on in the second.
type harbour struct {
	h *house

	did []string
}

func (a *harbour) one() duty.Standby {
	return duty.Standby{Group: a.h.groups[0].Key, GroupID: a.h.groups[0].ID, GroupName: a.h.groups[0].Name, To: a.h.groups[1].Key, ToID: a.h.groups[1].ID, ToName: a.h.groups[1].Name + "\u202e<b>", ToOn: "irc",
		Invite: "来备用群继续：https://chat.example/+a-very-long-link-that-goes-on-and-on-and-on-and-on"}
}

func (a *harbour) List(_ context.Context, g community.GroupKey) ([]duty.Standby, error) {
	if one := a.one(); g == 0 || g == one.Group {
		return []duty.Standby{one}, nil
	}
	return nil, nil
}

func (a *harbour) note(format string, args ...any) error {
	a.did = append(a.did, fmt.Sprintf(format, args...))
	return nil
}

func (a *harbour) Set(_ context.Context, _ string, s duty.Standby, reason string) error {
	if err := s.Check(); err != nil {
		return err
	}
	return a.note("set %d %d %s: %s", s.Group, s.To, s.Invite, reason)
}

func (a *harbour) Clear(_ context.Context, _ string, g community.GroupKey, reason string) error {
	return a.note("clear %d: %s", g, reason)
}

func (a *harbour) Begin(_ context.Context, _ string, g community.GroupKey, reason string) error {
	if g != a.one().Group {
		return community.Errorf(community.CodeNotFound, "no standby")
	}
	return a.note("begin %d: %s", g, reason)
}

func (a *harbour) End(_ context.Context, _ string, g community.GroupKey, reason string) error {
	return a.note("end %d: %s", g, reason)
}

func (a *harbour) Detours(_ context.Context, g community.GroupKey, _ community.Page) ([]duty.Detour, int, error) {
	one := a.one()
	if g != 0 && g != one.Group {
		return nil, 0, nil
	}
	at := fakeNow.UnixMilli()
	return []duty.Detour{{ID: fakeID(960), Standby: one, Began: at - 3600_000, BegunBy: "system", Members: 412}, {ID: fakeID(961), Standby: one, Began: at - 90*86400_000, Ended: at - 89*86400_000, Why: "online", EndedBy: "system", Members: 380}}, 2, nil
}

func (a *harbour) Roll(_ context.Context, s duty.Standby) (duty.Roll, error) {
	if s.To == 0 {
		return duty.Roll{Expected: 12}, nil
	}
	r := duty.Roll{Expected: 412, Here: 3, ByName: 1, New: 2}
	for i := range 230 {
		one := duty.Arrived{Soul: duty.Soul{MemberID: fakeID(43), Name: fmt.Sprint("成员", i), External: fmt.Sprint(860000 + i)}}
		if i < 3 {
			one.How, one.As = []string{duty.BySelf, duty.ByPerson, duty.ByName}[i], duty.Soul{Name: "那边的" + one.Name}
		}
		r.People = append(r.People, one)
	}
	return r, nil
}

func (a *harbour) Unheard(context.Context, community.GroupKey, int64, int64) ([]duty.Span, error) {
	at := fakeNow.UnixMilli()
	return []duty.Span{{From: at - 3600_000, To: at}}, nil
}

// TestStandbyIsSetMovedAndBroughtBackOnItsPage works every form of the page.
func TestStandbyIsSetMovedAndBroughtBackOnItsPage(t *testing.T) {
	h := furnished()
	d := h.fullDeps()
	a := &harbour{h: h}
	d.Standbys = func(community.OrgKey, []community.GroupKey) Standbys { return a }
	v := openWith(t, d).as("owner")
	g, to := h.groups[0], h.groups[1]
	at := "/groups/" + g.ID.String() + "/standby"
	if status, body := v.get(at); status != 200 || !strings.Contains(body, "412") || !strings.Contains(body, "成员0") || strings.Contains(body, "成员99") {
		t.Errorf("the page = %d, and does not show the roll page by page", status)
	}
	if _, body := v.get(at + "?who=missing&p=2"); strings.Contains(body, "成员0<") || !strings.Contains(body, "成员60") {
		t.Error("the second page of who is not there shows others")
	}
	v.post(at, "to", to.ID.String(), "invite", "来这里", "reason", "防封号")
	v.post(at+"/move", "reason", "演练")
	v.post(at+"/back", "reason", "演练完")
	v.post(at+"/clear", "reason", "不用了")
	want := []string{fmt.Sprintf("set %d %d 来这里: 防封号", g.Key, to.Key), fmt.Sprintf("begin %d: 演练", g.Key), fmt.Sprintf("end %d: 演练完", g.Key), fmt.Sprintf("clear %d: 不用了", g.Key)}
	if !slices.Equal(a.did, want) {
		t.Errorf("did %q, want %q", a.did, want)
	}
	for _, f := range [][]string{{at, "to", g.ID.String()}, {at, "to", "", "invite", "  "}, {at, "to", to.ID.String(), "invite", strings.Repeat("长", 1001)}, {at + "/move"}, {"/groups/" + to.ID.String() + "/standby/move", "reason", "x"}} {
		if status, body := v.post(f[0], f[1:]...); status != 200 || !strings.Contains(body, "alert-danger") {
			t.Errorf("%.60v = %d, want the page with a word", f, status)
		}
	}
	if len(a.did) != len(want) {
		t.Errorf("bad input did %q", a.did[len(want):])
	}
	mod := openWith(t, d).as("mod")
	if status, _ := mod.post(at, "to", to.ID.String()); status != 403 {
		t.Errorf("a moderator sets a standby: %d, want 403", status)
	}
	if status, _ := mod.post(at+"/move", "reason", "账号没了"); status != 200 || a.did[len(a.did)-1] != fmt.Sprintf("begin %d: 账号没了", g.Key) {
		t.Errorf("a moderator on duty moves the group: %d, did %q", status, a.did)
	}
}
